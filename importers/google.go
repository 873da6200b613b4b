package importers

import (
	"strings"

	"tickmark/review"
)

var googleUsers = &format{
	FormatInfo: FormatInfo{
		ID: "google-users", Title: "Google Workspace users", Mark: "S",
		Steps: []string{
			"Admin console: Directory, Users, Download users, All user info columns, CSV.",
			"Or fetch every page of the Directory API with the command below, following nextPageToken; the JSON also tells who is an administrator.",
		},
		Command: `curl -sH "Authorization: Bearer $TOKEN" "https://admin.googleapis.com/admin/directory/v1/users?customer=my_customer&maxResults=500" > users.json`,
		Gaps:    []string{"administrator roles, in the CSV of the admin console", "groups: add google-group-members", "apps users gave access to: add google-tokens"},
	},
	version: 1, facts: []string{"changepasswordatnextlogin", "changepasswordatnextsignin"},
	shapes: []shape{
		{json: true, need: []string{"primaryemail"}, known: []string{"id", "suspended", "archived", "isadmin", "isdelegatedadmin", "lastlogintime", "creationtime", "isenrolledin2sv", "isenforcedin2sv",
			"name.fullname", "orgunitpath", "organizations", "relations", "externalids", "aliases", "customerid", "kind"}},
		{csv: true, need: []string{"emailaddressrequired"}, known: []string{"firstnamerequired", "lastnamerequired", "orgunitpathrequired", "statusreadonly", "lastsigninreadonly", "employeeid",
			"employeetitle", "manageremail", "department", "2svenrolledreadonly", "2svenforcedreadonly", "orgunitpathreadonly"}},
	},
	start: func(x *run) mapper {
		x.defaults("google-workspace")
		mail, id := x.bound("account", "primaryemail", "emailaddressrequired"), x.col("id")
		first, last, full := x.col("firstnamerequired"), x.col("lastnamerequired"), x.col("name.fullname")
		status, suspended, archived := x.bound("status", "statusreadonly", "status"), x.col("suspended"), x.col("archived")
		login := x.date(usedTime, review.Unknown, "lastlogintime", "lastsigninreadonly", "lastsignin")
		created := x.date(pastTime, review.Unknown, "creationtime")
		mfa, manager := x.bound("mfa", "isenrolledin2sv", "2svenrolledreadonly", "2svenrolled"), x.bound("manager", "manageremail")
		department, title, worker := x.bound("department", "department", "organizations.department"), x.bound("title", "employeetitle", "organizations.title"), x.bound("worker_id", "employeeid")
		admin, delegated, customer := x.col("isadmin"), x.col("isdelegatedadmin"), x.col("customerid")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(mail)), Login: r.text(mail), DisplayName: r.text(full), Kind: review.Human, KindInferred: true, LastLogin: r.time(login), Created: r.time(created),
				MFA: r.tri(mfa), Manager: r.text(manager), Department: r.text(department), Title: r.text(title), WorkerID: r.text(worker)}
			if a.NativeID == "" {
				if a.NativeID = r.text(id); a.NativeID == "" {
					r.reject("missing-identity", mail, "an e-mail address", "export the users again")
					return
				}
			}
			a.Emails = emails(r.text(mail))
			x.sawInstance(r.text(customer))
			if a.DisplayName == "" {
				a.DisplayName = squeeze(r.text(first) + " " + r.text(last))
			}
			a.StatusRaw = r.text(status)
			if a.StatusRaw != "" {
				a.Status = statusWord(a.StatusRaw)
			}
			for _, c := range [...]col{suspended, archived} {
				switch r.tri(c) {
				case review.Yes:
					a.Status = review.Disabled
				case review.No:
					a.Status = worse(a.Status, review.Active)
				}
			}
			r.items(r.v.get("relations"), func(v val) {
				if v.get("type").text() == "manager" {
					fill(&a.Manager, v.get("value").text())
				}
			})
			x.account(&a)
			for _, g := range [...]struct {
				col  col
				name string
			}{{admin, "super-admin"}, {delegated, "delegated-admin"}} {
				if r.isTrue(g.col) {
					e := named(g.name, g.name, "role")
					e.Privilege, e.PrivilegeReason = review.Admin, "an administrator of the whole domain"
					x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
				}
			}
		}}
	},
}

var googleGroupMembers = &format{
	FormatInfo: FormatInfo{
		ID: "google-group-members", Title: "Google Workspace group members", Mark: "D",
		Steps:   []string{"Install GAM and authorise it for the domain.", "Run the command below; it lists every member of every group with their role."},
		Command: "gam print group-members > group-members.csv",
		Gaps:    []string{"what the groups open", "who is behind a group that is a member: its own lines tell"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"group", "type", "role", "email"}, known: []string{"id", "status", "name", "deliverysettings"}}},
	start: func(x *run) mapper {
		x.defaults("google-workspace")
		group, typ, role := x.bound("entitlement", "group"), x.bound("type", "type"), x.bound("level", "role")
		mail, id, status := x.bound("account", "email"), x.col("id"), x.bound("status", "status")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(mail)), Login: r.text(mail), Emails: emails(r.text(mail)), StatusRaw: r.text(status)}
			switch strings.ToUpper(r.text(typ)) {
			case "USER":
				a.Kind = review.Human
			case "GROUP":
				a.Kind = review.Group
			case "CUSTOMER":
				a.Kind = review.Public
				x.warn("public-principal")
			}
			if a.NativeID == "" {
				if a.NativeID = r.text(id); a.NativeID == "" {
					r.reject("missing-identity", mail, "the address of a member", "export the members again")
					return
				}
				a.Unresolved = a.Kind != review.Public
			}
			if a.StatusRaw != "" {
				a.Status = statusWord(a.StatusRaw)
			}
			x.account(&a)
			g, level := lower(r.text(group)), strings.ToUpper(r.text(role))
			if g == "" {
				return
			}
			e := named(g+"/"+level, g+" ("+lower(level)+")", "membership")
			if level == "OWNER" || level == "MANAGER" {
				e.Privilege, e.PrivilegeReason = review.Write, "may change who is in the group"
			}
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: e, Level: level})
		}}
	},
}

var googleTokens = &format{
	FormatInfo: FormatInfo{
		ID: "google-tokens", Title: "Google Workspace access that users gave to apps", Mark: "D",
		Steps:   []string{"Install GAM and authorise it for the domain.", "Run the command below; it lists every app each user let in, and the scopes."},
		Command: "gam all users print tokens > tokens.csv",
		Gaps:    []string{"when an app was last used", "apps that were installed for the whole domain"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"clientid", "displaytext", "scopes"}, known: []string{"user", "userkey", "anonymous", "nativeapp"}}},
	start: func(x *run) mapper {
		x.defaults("google-workspace")
		user, client, name, scopes := x.bound("account", "user", "userkey"), x.bound("entitlement", "clientid"), x.bound("entitlement_name", "displaytext"), x.bound("resource", "scopes")
		return mapper{each: func(r *row) {
			who := r.id(user)
			if who == "" {
				if who = x.o.Identity; who == "" {
					r.reject("missing-identity", user, "a user", "export the column user, or name the user with --identity")
					return
				}
			}
			a := review.Account{NativeID: lower(who), Login: who, Emails: emails(who), Kind: review.Human}
			x.account(&a)
			hold := func(scope string) {
				g := review.Grant{Account: a.NativeID, Entitlement: named(r.text(client), r.text(name), "permission")}
				g.Resource = review.Resource{NativeID: scope, Name: lastPart(scope), Kind: "scope"}
				x.grant(&g)
			}
			if v := r.val(scopes); v.kind() == '[' {
				r.items(v, func(e val) {
					if s := e.text(); s != "" {
						hold(s)
					}
				})
				return
			}
			list := strings.Fields(r.text(scopes))
			if len(list) > maxValues {
				r.refuse("cell-too-large", scopes, "at most 10000 scopes were expected, more were found; export the tokens again")
				return
			}
			for _, s := range list {
				hold(s)
			}
		}}
	},
}
