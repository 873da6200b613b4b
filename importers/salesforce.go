package importers

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tickmark/review"
)

// sfID is a Salesforce id as it is compared: its first 15 characters, in which case counts (the last three of the long
// form are a checksum). Ids are ASCII letters and digits; other text in their column stays as it is.
func sfID(s string) string {
	other := func(r rune) bool { return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	if len(s) == 18 && !strings.ContainsFunc(s, other) {
		return s[:15]
	}
	return s
}

var salesforceUsers = &format{
	FormatInfo: FormatInfo{
		ID: "salesforce-users", Title: "Salesforce users and their profiles", Mark: "S",
		Steps: []string{
			"Sign in with sf org login web as somebody who may view all users.",
			"Run the command below; with the REST API follow nextRecordsUrl until done is true.",
			"Or Setup, Data Export, User (CSV).",
		},
		Command: `sf data query -q "SELECT Id, Username, Name, Email, IsActive, UserType, ProfileId, Profile.Name, UserRoleId, ManagerId, Department, Title, CreatedDate, LastLoginDate FROM User" --json | jq .result > users.json`,
		Gaps:    []string{"permission sets: add salesforce-permission-sets", "what a profile allows", "MFA"},
	},
	version: 1, facts: []string{"lastpasswordchangedate"},
	shapes: []shape{{csv: true, json: true, need: []string{"profileid"}, any: [][]string{{"isactive", "username"}}, known: []string{"id", "name", "firstname", "lastname", "email", "alias", "usertype",
		"userroleid", "managerid", "department", "title", "federationidentifier", "createddate", "lastlogindate", "lastpasswordchangedate", "employeenumber", "profile.name", "profilename"}}},
	start: func(x *run) mapper {
		x.defaults("salesforce")
		id, login, name := x.bound("account", "id", "userid"), x.bound("login", "username"), x.bound("display_name", "name")
		first, last, mail, worker := x.col("firstname"), x.col("lastname"), x.bound("email", "email"), x.bound("worker_id", "employeenumber")
		active, typ, manager := x.bound("status", "isactive"), x.bound("type", "usertype"), x.bound("manager", "managerid")
		department, title := x.bound("department", "department"), x.bound("title", "title")
		profile, profileName := x.bound("entitlement", "profileid"), x.col("profile.name", "profilename")
		created, seen := x.date(pastTime, review.Unknown, "createddate"), x.date(usedTime, review.Never, "lastlogindate")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: sfID(r.id(id)), Login: r.text(login), DisplayName: r.text(name), Emails: emails(r.text(mail)), WorkerID: r.text(worker), Status: activeWhen(r.tri(active)),
				Manager: sfID(r.text(manager)), Department: r.text(department), Title: r.text(title), Created: r.time(created), LastLogin: r.time(seen), Kind: review.Human}
			if a.NativeID == "" {
				if a.NativeID = lower(a.Login); a.NativeID == "" {
					r.reject("missing-identity", id, "the id of a user", "export the column Id")
					return
				}
			}
			if a.DisplayName == "" {
				a.DisplayName = squeeze(r.text(first) + " " + r.text(last))
			}
			switch t := norm(r.text(typ)); t {
			case "", "standard":
			case "automatedprocess", "cloudintegrationuser", "integration", "selfservice":
				a.Kind = review.Service
			case "guest":
				a.Kind = review.Public
			default:
				a.Kind, a.External = review.External, review.Yes
			}
			x.account(&a)
			p := sfID(r.text(profile))
			if p == "" {
				return
			}
			e := named(p, r.text(profileName), "profile")
			if e.Name == "System Administrator" {
				e.Privilege, e.PrivilegeReason = review.Admin, "the profile System Administrator"
			}
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
		}}
	},
}

var salesforcePermissionSets = &format{
	FormatInfo: FormatInfo{
		ID: "salesforce-permission-sets", Title: "Salesforce permission set assignments", Mark: "S",
		Steps: []string{
			"Sign in with sf org login web as somebody who may view setup.",
			"Run the command below; with the REST API follow nextRecordsUrl until done is true.",
		},
		Command: `sf data query -q "SELECT Id, AssigneeId, Assignee.Username, Assignee.Name, PermissionSetId, PermissionSet.Name, PermissionSet.Label, ExpirationDate FROM PermissionSetAssignment" --json | jq .result > permission-sets.json`,
		Gaps:    []string{"what a permission set allows", "which users are active: add salesforce-users"},
	},
	version: 1,
	shapes: []shape{{csv: true, json: true, any: [][]string{{"assigneeid", "assignee.username", "assigneeusername"}, {"permissionsetid", "permissionset.name", "permissionset.label", "permissionsetname", "permissionsetlabel"}},
		known: []string{"id", "expirationdate", "isactive", "permissionsetgroupid", "assignee.name", "assigneename", "assignee.email", "systemmodstamp"}}},
	start: func(x *run) mapper {
		x.defaults("salesforce")
		id, login, name := x.bound("account", "assigneeid"), x.bound("login", "assignee.username", "assigneeusername"), x.col("assignee.name", "assigneename")
		mail, set := x.col("assignee.email", "assigneeemail"), x.bound("entitlement", "permissionsetid")
		setName, label := x.col("permissionset.label", "permissionsetlabel"), x.col("permissionset.name", "permissionsetname")
		expires := x.date(endTime, review.NotApplicable, "expirationdate")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: sfID(r.id(id)), Login: r.text(login), DisplayName: r.text(name), Emails: emails(r.text(mail))}
			if a.NativeID == "" {
				if a.NativeID = lower(a.Login); a.NativeID == "" {
					r.reject("missing-identity", id, "the id of an assignee", "export the column AssigneeId")
					return
				}
			}
			if a.Login == "" {
				a.Unresolved = true
				x.warn("unresolved-principal-names")
			}
			x.account(&a)
			e := named(sfID(r.text(set)), r.text(setName), "permission")
			if e.Name == e.NativeID {
				e.Name = r.text(label)
			}
			fill(&e.NativeID, r.text(label))
			fill(&e.NativeID, e.Name)
			fill(&e.Name, e.NativeID)
			if e.NativeID == "" {
				return
			}
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: e, Expires: r.time(expires)})
		}}
	},
}
