package importers

import (
	"strings"

	"tickmark/review"
)

var githubCollaborators = &format{
	FormatInfo: FormatInfo{
		ID: "github-collaborators", Title: "GitHub repository collaborators", Mark: "S",
		Steps: []string{
			"Sign in with gh auth login as somebody who administers the repository.",
			"Run the command below for every repository; --paginate fetches all pages and --slurp joins them.",
			"The file does not name the repository: give it with --resource OWNER/REPO when you import.",
		},
		Command: "gh api --paginate --slurp repos/OWNER/REPO/collaborators > collaborators.json",
		Gaps:    []string{"which repository it is about", "through which team access is given", "when it was last used", "deploy keys and apps"},
	},
	version: 1,
	shapes:  []shape{{json: true, need: []string{"login", "permissions.admin"}, known: []string{"id", "nodeid", "type", "siteadmin", "rolename", "permissions.push", "permissions.pull", "permissions.maintain", "permissions.triage", "htmlurl"}}},
	start: func(x *run) mapper {
		x.defaults("github")
		if !x.needs("needs-resource", "--resource OWNER/REPO", x.o.Resource, "which repository it is about") {
			return mapper{}
		}
		repo := review.Resource{NativeID: lower(x.o.Resource), Name: x.o.Resource, Kind: "repository"}
		return mapper{each: func(r *row) {
			login := r.v.get("login").text()
			if login == "" {
				r.refuse("missing-identity", col{label: "/login"}, "a login was expected, none was found; make the export again")
				return
			}
			a := review.Account{NativeID: lower(login), Login: login, Kind: review.Human, Status: review.Active, Emails: emails(r.v.get("email").text())}
			if r.v.get("type").text() == "Bot" || strings.HasSuffix(login, "[bot]") {
				a.Kind = review.Service
			}
			x.account(&a)
			name := r.v.get("rolename").text()
			for _, p := range [...]string{"admin", "maintain", "push", "triage", "pull"} {
				if name == "" && r.v.get("permissions", p).isTrue() {
					name = p
				}
			}
			if name == "" {
				return
			}
			e := role(name)
			e.Privilege, e.PrivilegeReason = githubPrivilege(name)
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: e, Resource: repo})
		}}
	},
}

func githubPrivilege(role string) (review.Privilege, string) {
	switch lower(role) {
	case "admin", "owner":
		return review.Admin, "the role " + role + " rules the repository or organisation"
	case "maintain", "push", "write":
		return review.Write, "the role " + role + " writes"
	case "triage", "pull", "read", "member":
		return review.Read, "the role " + role + " reads"
	}
	return review.UnknownPrivilege, ""
}

var githubLicenses = &format{
	FormatInfo: FormatInfo{
		ID: "github-consumed-licenses", Title: "GitHub Enterprise consumed licences", Mark: "S",
		Steps:   []string{"Sign in with gh auth login as an enterprise owner or billing manager (scope read:enterprise).", "Run the command below; it lists everybody who takes a seat, with their organisations."},
		Command: "gh api --paginate --slurp enterprises/ENTERPRISE/consumed-licenses > licences.json",
		Gaps:    []string{"access to repositories: add github-collaborators", "when people were last active"},
	},
	version: 1,
	shapes:  []shape{{json: true, top: []string{"users", "totalseatsconsumed"}, lists: []string{"users"}, known: []string{"totalseatspurchased"}}},
	start: func(x *run) mapper {
		x.defaults("github")
		return mapper{each: func(r *row) {
			login := r.v.get("githubcomlogin").text()
			mail := r.v.get("githubcomsamlnameid").text()
			a := review.Account{NativeID: lower(login), Login: login, DisplayName: r.v.get("githubcomname").text(), Kind: review.Human, MFA: parseTri(r.v.get("githubcomtwofactorauth").str())}
			if looksLikeEmail(mail) {
				a.Emails = emails(mail)
			}
			if a.NativeID == "" {
				r.items(r.v.get("enterpriseserveruserids"), func(v val) { fill(&a.NativeID, lower(v.text())) })
				fill(&a.NativeID, lower(mail))
			}
			if a.NativeID == "" {
				r.refuse("missing-identity", col{label: "/github_com_login"}, "a login was expected, none was found; make the export again")
				return
			}
			if t := r.v.get("licensetype").text(); t != "" {
				a.Attributes = map[string]string{"license_type": t}
			}
			x.account(&a)
			r.items(r.v.get("githubcommemberroles"), func(v val) {
				org, name := v.text(), ""
				if i := strings.LastIndexByte(org, ':'); i >= 0 {
					org, name = org[:i], org[i+1:]
				}
				githubSeat(x, a.NativeID, org, "organization", name)
			})
			r.items(r.v.get("githubcomenterpriseroles"), func(v val) { githubSeat(x, a.NativeID, "enterprise", "enterprise", v.text()) })
		}}
	},
}

// githubSeat makes a grant of a role in an organisation or the enterprise.
func githubSeat(x *run, account, where, kind, name string) {
	if name == "" {
		name = "Member"
	}
	g := review.Grant{Account: account, Entitlement: role(name), Resource: review.Resource{NativeID: where, Name: where, Kind: kind}}
	g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = githubPrivilege(name)
	if strings.HasPrefix(name, "Pending") {
		g.State = "pending"
	}
	x.grant(&g)
}

var githubPeople = &format{
	FormatInfo: FormatInfo{
		ID: "github-enterprise-people", Title: "GitHub Enterprise people (CSV)", Mark: "D",
		Steps: []string{"On GitHub: your enterprise, People, Export, CSV report of members."},
		Gaps:  []string{"access to repositories: add github-collaborators", "pending invitations in some versions of the report"},
	},
	version: 1,
	shapes:  []shape{{csv: true, need: []string{"githubcomlogin"}, known: []string{"githubcomname", "name", "githubcomsamlnameid", "githubcomtwofactorauth", "githubcomverifieddomainemails", "role", "email", "licensetype"}}},
	start: func(x *run) mapper {
		x.defaults("github")
		login, name, mail, mfa := x.bound("account", "githubcomlogin"), x.bound("display_name", "githubcomname", "name"), x.bound("email", "githubcomsamlnameid", "email"), x.bound("mfa", "githubcomtwofactorauth")
		type pair struct {
			col       col
			org, role string
		}
		var pairs []pair
		for i, h := range x.plan.header {
			for _, suffix := range [...]string{" owner", " member"} {
				if org, ok := strings.CutSuffix(lower(h), suffix); ok && org != "" {
					pairs = append(pairs, pair{col{i: i, label: h, csv: true}, h[:len(org)], strings.TrimSpace(suffix)})
				}
			}
		}
		return mapper{each: func(r *row) {
			who := r.id(login)
			if who == "" {
				r.reject("missing-identity", login, "a login", "export the people again")
				return
			}
			a := review.Account{NativeID: lower(who), Login: who, DisplayName: r.text(name), Kind: review.Human, MFA: r.tri(mfa)}
			if m := r.text(mail); looksLikeEmail(m) {
				a.Emails = emails(m)
			}
			x.account(&a)
			for _, p := range pairs {
				if r.isTrue(p.col) {
					githubSeat(x, a.NativeID, p.org, "organization", p.role)
				}
			}
		}}
	},
}

var ghesUsers = &format{
	FormatInfo: FormatInfo{
		ID: "ghes-users", Title: "GitHub Enterprise Server users (all_users.csv)", Mark: "D",
		Steps:   []string{"Sign in as a site administrator.", "Open https://HOSTNAME/stafftools/reports/all_users.csv (the report may take some minutes to be ready), or use the command below."},
		Command: "curl -L -u USER:TOKEN https://HOSTNAME/stafftools/reports/all_users.csv > all_users.csv",
		Gaps:    []string{"access to organisations and repositories"},
	},
	version: 1,
	shapes:  []shape{{csv: true, need: []string{"login", "suspended", "dormant", "lastactive"}, known: []string{"createdat", "id", "email", "role", "lastloggedip", "repos", "sshkeys", "orgmemberships", "rawlogin", "2faenabled"}}},
	start: func(x *run) mapper {
		x.defaults("github-enterprise-server")
		login, mail, site := x.bound("account", "login"), x.bound("email", "email"), x.bound("entitlement", "role")
		suspended, mfa := x.bound("status", "suspended"), x.bound("mfa", "2faenabled")
		created, active := x.date(pastTime, review.Unknown, "createdat"), x.date(usedTime, review.Unknown, "lastactive")
		return mapper{each: func(r *row) {
			who := r.id(login)
			if who == "" {
				r.reject("missing-identity", login, "a login", "export the users again")
				return
			}
			a := review.Account{NativeID: lower(who), Login: who, Emails: emails(r.text(mail)), Kind: review.Human, KindInferred: true, MFA: r.tri(mfa), Created: r.time(created), LastLogin: r.time(active)}
			if serviceName(who) {
				a.Kind = review.Service
			}
			switch r.tri(suspended) {
			case review.Yes:
				a.Status = review.Disabled
			case review.No:
				a.Status = review.Active
			}
			x.account(&a)
			if name := r.text(site); name != "" {
				e := role(name)
				e.Privilege, e.PrivilegeReason = githubPrivilege(name)
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
			}
		}}
	},
}
