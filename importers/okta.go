package importers

import (
	"strings"

	"tickmark/review"
)

const oktaSteps = "Make an API token (Security, API, Tokens) as a read-only administrator, and follow the Link headers: every answer is one page."

// oktaStatus reads the life cycle words of users and assignments.
func oktaStatus(s string) review.Status {
	switch strings.ToUpper(s) {
	case "STAGED", "PROVISIONED", "RECOVERY", "PENDING", "IMPORTED":
		return review.Pending
	case "ACTIVE":
		return review.Active
	case "PASSWORD_EXPIRED":
		return review.Expired
	case "LOCKED_OUT":
		return review.Locked
	case "SUSPENDED", "INACTIVE", "REVOKED", "IMPLICIT":
		return review.Disabled
	case "DEPROVISIONED":
		return review.Deleted
	}
	return review.UnknownStatus
}

var oktaUsers = &format{
	FormatInfo: FormatInfo{
		ID: "okta-users", Title: "Okta users", Mark: "S",
		Steps:   []string{oktaSteps, "Fetch all users with the command below; deprovisioned users need a second call with filter=status eq \"DEPROVISIONED\"."},
		Command: `curl -sH "Authorization: SSWS $TOKEN" "https://ORG.okta.com/api/v1/users?limit=200" > page-1.json   # follow the next links, then: jq -s add page-*.json > okta-users.json`,
		Gaps:    []string{"groups, applications and administrator roles: add okta-app-users and okta-admin-roles", "whether all pages were fetched: declare it with --completeness"},
	},
	version: 1, facts: []string{"passwordchanged", "credentials"},
	shapes: []shape{{json: true, need: []string{"status", "profile.login"}, known: []string{"id", "created", "activated", "statuschanged", "lastlogin", "lastupdated", "passwordchanged", "type",
		"credentials", "links", "profile.email", "profile.firstname", "profile.lastname"}, check: func(p *probe) bool { return !p.paths["syncstate"] }}},
	start: func(x *run) mapper {
		x.defaults("okta")
		created, login := x.date(pastTime, review.Unknown, "created"), x.date(usedTime, review.Never, "lastlogin")
		changed := x.date(pastTime, review.Never, "passwordchanged")
		return mapper{each: func(r *row) {
			p := r.v.get("profile")
			a := review.Account{NativeID: r.v.get("id").text(), Login: p.get("login").text(), Emails: emails(p.get("email").text()), Kind: review.Human, KindInferred: true,
				StatusRaw: r.v.get("status").text(), Created: r.time(created), LastLogin: r.time(login), WorkerID: p.get("employeenumber").text(),
				DisplayName: p.get("displayname").text(), Department: p.get("department").text(), Title: p.get("title").text(), Manager: p.get("managerid").text()}
			if a.NativeID == "" {
				if a.NativeID = lower(a.Login); a.NativeID == "" {
					r.refuse("missing-identity", col{label: "/id"}, "the id of a user was expected, none was found; export the users again")
					return
				}
			}
			if a.DisplayName == "" {
				a.DisplayName = squeeze(p.get("firstname").text() + " " + p.get("lastname").text())
			}
			fill(&a.Manager, p.get("manager").text())
			a.Status = oktaStatus(a.StatusRaw)
			if serviceName(a.Login) {
				a.Kind = review.Service
			}
			if t := r.time(changed); t.IsKnown() {
				a.Credentials = []review.Credential{{Kind: "password", Status: "active", Created: t}}
			}
			x.account(&a)
		}}
	},
}

var oktaAppUsers = &format{
	FormatInfo: FormatInfo{
		ID: "okta-app-users", Title: "Okta application assignments", Mark: "S",
		Steps:   []string{oktaSteps, "List the applications (/api/v1/apps), then the users of each one with the command below."},
		Command: `curl -sH "Authorization: SSWS $TOKEN" "https://ORG.okta.com/api/v1/apps/APPID/users?limit=500" > okta-app-users.json`,
		Gaps:    []string{"the name of the application, which is an id here", "when it was last used: the system log knows"},
	},
	version: 1, facts: []string{"credentials", "passwordchanged"},
	shapes: []shape{{json: true, need: []string{"scope", "syncstate", "credentials"}, known: []string{"id", "externalid", "created", "lastupdated", "status", "statuschanged", "passwordchanged",
		"credentials.username", "profile", "links", "links.app.href", "lastsync"}}},
	start: func(x *run) mapper {
		x.defaults("okta")
		created := x.date(pastTime, review.Unknown, "created")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.v.get("id").text(), Login: r.v.get("credentials", "username").text(), Kind: review.Human, KindInferred: true, StatusRaw: r.v.get("status").text()}
			if a.NativeID == "" {
				r.refuse("missing-identity", col{label: "/id"}, "the id of a user was expected, none was found; export the assignments again")
				return
			}
			a.Status = oktaStatus(a.StatusRaw)
			profile := r.v.get("profile")
			a.Emails, a.DisplayName = emails(profile.get("email").text()), profile.get("displayname").text()
			x.account(&a)
			app := lastPart(r.v.get("links", "app", "href").text())
			if app == "" {
				if app = x.o.Entitlement; app == "" {
					r.refuse("unknown-resource", col{label: "/_links/app/href"}, "the application was expected, none was found; name it with --entitlement")
					return
				}
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(app, profile.get("appname").text(), "license"), Level: profile.get("role").text(), Granted: r.time(created)}
			if strings.EqualFold(r.v.get("scope").text(), "group") {
				g.How, g.Path = "group", lastPart(r.v.get("links", "group", "href").text())
			}
			if a.Status == review.Pending {
				g.State = "pending"
			}
			x.grant(&g)
		}}
	},
}

var oktaAdminRoles = &format{
	FormatInfo: FormatInfo{
		ID: "okta-admin-roles", Title: "Okta administrator roles", Mark: "S",
		Steps:   []string{oktaSteps, "List who has roles (/api/v1/iam/assignees/users), then the roles of each user or group with the command below."},
		Command: `curl -sH "Authorization: SSWS $TOKEN" "https://ORG.okta.com/api/v1/users/USERID/roles" > okta-admin-roles.json   # groups: /api/v1/groups/GROUPID/roles`,
		Gaps:    []string{"the names of the holders, which are ids here: add okta-users", "what a custom role allows and where"},
	},
	version: 1,
	shapes: []shape{{json: true, need: []string{"assignmenttype", "label"}, known: []string{"id", "type", "status", "created", "lastupdated", "links", "links.assignee.href", "resourceset", "role"},
		check: func(p *probe) bool { return p.paths["type"] }}},
	start: func(x *run) mapper {
		x.defaults("okta")
		created := x.date(pastTime, review.Unknown, "created")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lastPart(r.v.get("links", "assignee", "href").text()), Unresolved: true}
			if a.NativeID == "" {
				if a.NativeID = x.o.Identity; a.NativeID == "" {
					r.refuse("missing-identity", col{label: "/_links/assignee/href"}, "the holder of the role was expected, none was found; name it with --identity")
					return
				}
			}
			switch r.v.get("assignmenttype").text() {
			case "USER":
				a.Kind = review.Human
			case "GROUP":
				a.Kind = review.Group
			case "CLIENT":
				a.Kind = review.Service
			}
			x.warn("unresolved-principal-names")
			x.account(&a)
			id := r.v.get("type").text()
			if custom := r.v.get("role").text(); id == "CUSTOM" && custom != "" {
				id = custom
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(id, r.v.get("label").text(), "role"), Granted: r.time(created)}
			g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "an administrator role"
			if set := lastPart(r.v.get("resourceset").text()); set != "" {
				g.Resource = review.Resource{NativeID: set, Kind: "resource-set"}
			}
			x.grant(&g)
		}}
	},
}

var oktaGroups = &format{
	FormatInfo: FormatInfo{
		ID: "okta-groups", Title: "Okta groups (catalogue)", Mark: "S",
		Steps:   []string{oktaSteps, "Fetch the groups with the command below."},
		Command: `curl -sH "Authorization: SSWS $TOKEN" "https://ORG.okta.com/api/v1/groups?limit=200" > okta-groups.json`,
		Gaps:    []string{"who is in the groups: the file is a catalogue"},
	},
	version: 1,
	shapes:  []shape{{json: true, need: []string{"lastmembershipupdated"}, known: []string{"id", "created", "lastupdated", "objectclass", "type", "profile.name", "profile.description", "links"}}},
	start: func(x *run) mapper {
		x.defaults("okta")
		return mapper{each: func(r *row) {
			id := r.v.get("id").text()
			if id == "" {
				r.refuse("missing-identity", col{label: "/id"}, "the id of a group was expected, none was found; export the groups again")
				return
			}
			e := named(id, r.v.get("profile", "name").text(), "group")
			e.Description = r.v.get("profile", "description").text()
			x.entitlement(&e)
		}, done: func() { x.warnings.set("catalogue-only", max(x.rowsRead, 1), "") }}
	},
}

var oktaAssignments = &format{
	FormatInfo: FormatInfo{
		ID: "okta-assignments", Title: "Okta application access report", Mark: "U",
		Steps: []string{"Admin console: Reports, Reports, Current Assignments (or Application Access Audit), choose the applications, Request report.", "Download the CSV from the message that follows."},
		Gaps:  []string{"administrator roles", "groups through which an application was assigned"},
	},
	version: 1,
	shapes:  []shape{{csv: true, need: []string{"applicationinstance", "applicationlogin"}, known: []string{"login", "email", "firstname", "lastname", "status", "userstatus", "assignedon", "unassignedon", "lastlogin*"}}},
	start: func(x *run) mapper {
		x.defaults("okta")
		login, appLogin, mail := x.bound("account", "login", "userlogin", "username"), x.col("applicationlogin"), x.bound("email", "email", "primaryemail")
		app, status := x.bound("entitlement", "applicationinstance"), x.bound("status", "userstatus", "status")
		first, last := x.col("firstname"), x.col("lastname")
		granted, gone := x.date(pastTime, review.Unknown, "assignedon"), x.col("unassignedon")
		return mapper{each: func(r *row) {
			who := r.id(login)
			if who == "" {
				if who = r.id(appLogin); who == "" {
					r.reject("missing-identity", login, "a login", "export the report again")
					return
				}
			}
			if r.text(gone) != "" {
				return // history
			}
			a := review.Account{NativeID: loginKey(who), Login: who, Emails: emails(r.text(mail)), DisplayName: squeeze(r.text(first) + " " + r.text(last)), Kind: review.Human, KindInferred: true, StatusRaw: r.text(status)}
			if a.StatusRaw != "" {
				if a.Status = oktaStatus(a.StatusRaw); a.Status == review.UnknownStatus {
					a.Status = statusWord(a.StatusRaw)
				}
			}
			x.account(&a)
			if name := r.text(app); name != "" {
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: named(name, name, "license"), Granted: r.time(granted)})
			}
		}}
	},
}
