package importers

import (
	"strconv"
	"strings"

	"tickmark/review"
)

var adNames = []string{"name", "displayname", "userprincipalname", "sid", "objectsid", "objectguid", "givenname", "surname", "emailaddress", "mail",
	"enabled", "distinguishedname", "memberof", "lastlogondate", "lastlogontimestamp", "lastlogon", "useraccountcontrol", "whencreated", "created",
	"manager", "department", "title", "company", "employeeid", "employeenumber", "description", "objectclass", "lockedout", "accountexpirationdate",
	"accountexpires", "passwordlastset", "passwordneverexpires", "passwordnotrequired", "passwordexpired", "pwdlastset", "admincount",
	"serviceprincipalname", "serviceprincipalnames", "primarygroup"}

var adFacts = []string{"passwordlastset", "passwordneverexpires", "passwordnotrequired", "passwordexpired", "cannotchangepassword", "badpasswordtime", "lastbadpasswordattempt"}

var adUsers = &format{
	FormatInfo: FormatInfo{
		ID: "ad-users", Title: "Active Directory users", Mark: "S",
		Steps: []string{
			"Open PowerShell with the ActiveDirectory module as somebody who may read the directory.",
			"Run the command below. The expression expands group memberships, which Export-Csv would otherwise write as the name of a type.",
			"Add -SearchBase OU=... for a part of the directory, and say so with --completeness scoped.",
		},
		Command: `Get-ADUser -Filter * -Properties * | Select-Object SID,SamAccountName,UserPrincipalName,DisplayName,EmailAddress,Enabled,LockedOut,whenCreated,LastLogonDate,AccountExpirationDate,PasswordLastSet,PasswordNeverExpires,Manager,Department,Title,EmployeeID,DistinguishedName,@{n='MemberOf';e={$_.MemberOf -join ';'}} | Export-Csv ad-users.csv -NoTypeInformation -Encoding utf8`,
		Gaps: []string{
			"the primary group (Domain Users), which MemberOf leaves out",
			"groups inside groups: add ad-group-members for the groups that matter",
			"last logon may lag 14 days: lastLogonTimestamp is replicated rarely",
		},
	},
	version: 1, facts: adFacts,
	shapes: []shape{
		{csv: true, json: true, need: []string{"samaccountname"}, any: [][]string{{"enabled", "distinguishedname", "memberof", "lastlogondate", "useraccountcontrol"}}, known: adNames,
			check: func(p *probe) bool { return !p.has("groupname") && !p.has("groupdn") }},
		{csv: true, need: []string{"samaccountname"}, known: adNames, check: func(p *probe) bool {
			return p.dialect != nil && strings.Contains(p.dialect.typeLine, "ActiveDirectory") && !p.has("groupname") && !p.has("groupdn")
		}},
	},
	start: startADUsers,
}

var adGroupMembers = &format{
	FormatInfo: FormatInfo{
		ID: "ad-group-members", Title: "Active Directory group members", Mark: "S",
		Steps: []string{
			"Open PowerShell with the ActiveDirectory module.",
			"Run the command below for the groups you review; it writes one line for each group and member.",
			"A plain Get-ADGroupMember export names no group: give it with --entitlement when you import.",
		},
		Command: `Get-ADGroup -Filter * | ForEach-Object { $g = $_; Get-ADGroupMember $g | Select-Object @{n='GroupName';e={$g.Name}},@{n='GroupDN';e={$g.DistinguishedName}},SamAccountName,SID,objectClass,name,distinguishedName } | Export-Csv members.csv -NoTypeInformation -Encoding utf8`,
		Gaps:    []string{"whether the members' accounts are enabled and when they last signed in: add ad-users", "groups larger than the limit of Get-ADGroupMember (5,000 members by default) end in an error, not in a short list"},
	},
	version: 1, facts: adFacts,
	shapes: []shape{
		{csv: true, json: true, need: []string{"samaccountname"}, any: [][]string{{"groupname", "groupdn"}},
			known: []string{"sid", "objectguid", "objectclass", "name", "distinguishedname", "userprincipalname", "displayname"}},
		{csv: true, json: true, need: []string{"samaccountname", "objectclass", "distinguishedname"}, known: []string{"sid", "objectguid", "name"}, check: func(p *probe) bool {
			for _, n := range []string{"enabled", "memberof", "lastlogondate", "useraccountcontrol", "userprincipalname", "whencreated", "groupname", "groupdn"} {
				if p.has(n) {
					return false
				}
			}
			return true
		}},
	},
	start: startADGroupMembers,
}

// adID binds the columns a native id is taken from, in order.
type adID struct{ sid, guid, sam col }

func bindAD(x *run) adID {
	return adID{x.bound("account", "sid", "objectsid"), x.col("objectguid"), x.bound("login", "samaccountname")}
}

func (c adID) native(r *row) string {
	for _, id := range [...]col{c.sid, c.guid, c.sam} {
		if s := lower(r.id(id)); s != "" {
			return s
		}
	}
	return ""
}

func startADUsers(x *run) mapper {
	x.defaults("active-directory")
	ids := bindAD(x)
	upn, display, name := x.bound("login", "userprincipalname"), x.bound("display_name", "displayname", "name"), x.col("name")
	mail, enabled, control := x.bound("email", "emailaddress", "mail"), x.bound("status", "enabled"), x.col("useraccountcontrol")
	locked, expired, class := x.col("lockedout"), x.col("passwordexpired"), x.col("objectclass")
	created := x.date(pastTime, review.Unknown, "whencreated", "created")
	login := x.date(usedTime, review.Never, "lastlogondate", "lastlogontimestamp", "lastlogon")
	ends := x.date(endTime, review.NotApplicable, "accountexpirationdate", "accountexpires")
	set := x.date(pastTime, review.Unknown, "passwordlastset", "pwdlastset")
	manager, department, title := x.bound("manager", "manager"), x.bound("department", "department"), x.bound("title", "title")
	worker, spn, member := x.bound("worker_id", "employeeid", "employeenumber"), x.col("serviceprincipalname", "serviceprincipalnames"), x.bound("entitlement", "memberof")
	never := x.col("passwordneverexpires")
	return mapper{each: func(r *row) {
		a := review.Account{NativeID: ids.native(r), Login: r.text(upn), DisplayName: r.text(display), Emails: emails(r.text(mail)), WorkerID: r.text(worker),
			Manager: commonName(r.text(manager)), Department: r.text(department), Title: r.text(title), Created: r.time(created), LastLogin: r.time(login)}
		if a.NativeID == "" {
			r.reject("missing-identity", ids.sam, "a SID or SamAccountName", "export the column SamAccountName")
			return
		}
		if sam := r.text(ids.sam); a.Login == "" {
			a.Login = sam
		}
		if a.DisplayName == "" {
			a.DisplayName = r.text(name)
		}
		a.Status = activeWhen(r.tri(enabled))
		if n, err := strconv.ParseInt(r.text(control), 10, 64); err == nil && !r.has(enabled) {
			a.Status = activeWhen(triOf(n&2 == 0))
		}
		if r.isTrue(locked) {
			a.Status = worse(a.Status, review.Locked)
		}
		if r.isTrue(expired) {
			a.Status = worse(a.Status, review.Expired)
		}
		if t := r.time(ends); t.IsKnown() {
			a.Attributes = map[string]string{"expires": t.Stated()}
			if !x.cal.now.IsZero() && t.At.Before(x.cal.now) {
				a.Status = worse(a.Status, review.Expired)
			}
		}
		a.Kind = review.Human
		sam := r.text(ids.sam)
		switch c := norm(r.text(class)); {
		case strings.Contains(c, "managedserviceaccount"), c == "computer", strings.HasSuffix(sam, "$"):
			a.Kind, a.KindInferred = review.Service, true
		case serviceName(sam), strings.HasPrefix(lower(sam), "srv"), r.text(spn) != "" || r.val(spn).first().ok():
			a.Kind, a.KindInferred = review.Service, true
		}
		if t := r.time(set); t.Norm() != review.NotCollected {
			c := review.Credential{Kind: "password", Status: "active", Created: t}
			if r.isTrue(never) {
				c.Expires = review.Time{State: review.NotApplicable}
			}
			a.Credentials = []review.Credential{c}
		}
		x.account(&a)
		adMemberships(x, r, member, a.NativeID)
	}}
}

// adMemberships makes a grant of every group in MemberOf.
func adMemberships(x *run, r *row, member col, account string) {
	hold := func(dn string) {
		x.grant(&review.Grant{Account: account, Entitlement: adGroup(dn, commonName(dn))})
	}
	if v := r.val(member); v.kind() == '[' {
		r.items(v, func(e val) {
			if dn := e.text(); dn != "" {
				hold(dn)
			}
		})
		return
	}
	s := r.text(member)
	if strings.Contains(s, "ADPropertyValueCollection") || strings.HasPrefix(s, "System.") {
		x.warn("collection-type-name")
		return
	}
	list := splitDNs(s)
	if len(list) > maxValues {
		r.refuse("cell-too-large", member, "at most 10000 groups in one cell were expected, more were found; export one line for each membership")
		return
	}
	for _, dn := range list {
		hold(dn)
	}
}

// splitDNs parts distinguished names at semicolons and line breaks between them, never at a comma.
func splitDNs(s string) []string {
	var out []string
	start := 0
	add := func(end int) {
		if dn := strings.TrimSpace(s[start:end]); dn != "" {
			out = append(out, dn)
		}
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ';', '\n', '\r', '|':
			rest := strings.TrimLeft(s[i+1:], " \r\n;|")
			if eq := strings.IndexByte(rest, '='); eq > 0 && eq <= 3 || rest == "" {
				add(i)
				start = i + 1
			}
		}
	}
	add(len(s))
	for i := range out {
		out[i] = strings.Trim(out[i], ";| \r\n")
	}
	return out
}

// commonName is the unescaped value of a DN's first part; text that is no DN is itself.
func commonName(dn string) string {
	_, rest, ok := strings.Cut(dn, "=")
	if !ok || strings.IndexByte(dn, '=') > 4 {
		return dn
	}
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if c == ',' {
			break
		}
		if c == '\\' && i+1 < len(rest) {
			i++
			if h, l := unhex(rest[i]), -1; h >= 0 && i+1 < len(rest) {
				if l = unhex(rest[i+1]); l >= 0 {
					b.WriteByte(byte(h<<4 | l))
					i++
					continue
				}
			}
			c = rest[i]
		}
		b.WriteByte(c)
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// adGroup is a group as an entitlement; the built-in groups that rule a domain are privileged.
func adGroup(id, name string) review.Entitlement {
	e := named(id, name, "group")
	switch norm(e.Name) {
	case "domainadmins", "enterpriseadmins", "schemaadmins", "administrators", "accountoperators", "backupoperators", "serveroperators",
		"printoperators", "dnsadmins", "grouppolicycreatorowners", "keyadmins", "enterprisekeyadmins":
		e.Privilege, e.PrivilegeReason = review.Admin, "a built-in group that rules the domain"
	}
	return e
}

func startADGroupMembers(x *run) mapper {
	x.defaults("active-directory")
	ids := bindAD(x)
	dn, group := x.bound("entitlement", "groupdn"), x.bound("entitlement_name", "groupname")
	class, upn, name, member := x.col("objectclass"), x.col("userprincipalname"), x.bound("display_name", "displayname", "name"), x.col("distinguishedname")
	if !dn.there() && !group.there() || !x.plan.csv && !x.plan.hasAny("groupdn", "groupname") {
		if !x.needs("needs-entitlement", "--entitlement GROUP", x.o.Entitlement, "which group the members belong to") {
			return mapper{}
		}
	}
	return mapper{each: func(r *row) {
		a := review.Account{NativeID: ids.native(r), Login: r.text(upn), DisplayName: r.text(name)}
		if a.NativeID == "" {
			if a.NativeID = lower(r.text(member)); a.NativeID == "" {
				r.reject("missing-identity", ids.sam, "a SID or SamAccountName", "export the column SamAccountName")
				return
			}
		}
		if a.Login == "" {
			a.Login = r.text(ids.sam)
		}
		switch c := norm(r.text(class)); {
		case c == "group":
			a.Kind = review.Group
		case c == "computer", strings.Contains(c, "managedserviceaccount"):
			a.Kind = review.Workload
		case serviceName(a.Login):
			a.Kind, a.KindInferred = review.Service, true
		case c == "user" || c == "inetorgperson":
			a.Kind = review.Human
		}
		x.account(&a)
		id, title := r.text(dn), r.text(group)
		if id == "" {
			id = title
		}
		if id == "" {
			id = x.o.Entitlement
		}
		if title == "" {
			title = commonName(id)
		}
		if id == "" {
			return
		}
		g := review.Grant{Account: a.NativeID, Entitlement: adGroup(id, title)}
		x.grant(&g)
	}}
}
