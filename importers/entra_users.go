package importers

import (
	"strings"

	"tickmark/review"
)

var entraUsers = &format{
	FormatInfo: FormatInfo{
		ID: "entra-users", Title: "Microsoft Entra ID users", Mark: "S",
		Steps: []string{
			"Entra admin centre: Users, All users, Download users, Start; the file lists every user of the tenant.",
			"Or with the command below; Microsoft Graph answers in pages, --all (PowerShell) or az rest with paging joins them.",
			"Or in the Microsoft 365 admin centre: Users, Active users, Export users.",
		},
		Command: `Get-MgUser -All -Property Id,UserPrincipalName,DisplayName,Mail,UserType,AccountEnabled,CreatedDateTime,Department,JobTitle,EmployeeId | ConvertTo-Json -Depth 3 > entra-users.json`,
		Gaps:    []string{"when users last signed in, unless signInActivity was asked for", "roles, groups and licences: add entra-role-assignments and others"},
	},
	version: 1, facts: []string{"lastpasswordchangedatetime", "lastpasswordchangetimestamp", "passwordneverexpires", "strongpasswordrequired"},
	shapes: []shape{
		{csv: true, json: true, need: []string{"userprincipalname", "usertype", "accountenabled"}, known: []string{"id", "objectid", "displayname", "mail", "givenname", "surname", "jobtitle",
			"department", "usagelocation", "createddatetime", "employeeid", "companyname", "manager", "signinactivity", "alternateemailaddress", "directorysynced", "identityissuer", "creationtype", "invitationstate"}},
		{csv: true, need: []string{"userprincipalname", "blockcredential"}, known: []string{"displayname", "objectid", "firstname", "lastname", "licenses", "department", "title", "whencreated", "usertype"}},
	},
	start: func(x *run) mapper {
		x.defaults("entra")
		id, upn := x.bound("account", "id", "objectid"), x.bound("login", "userprincipalname")
		name, mail := x.bound("display_name", "displayname"), x.bound("email", "mail")
		enabled, blocked, typ := x.bound("status", "accountenabled"), x.bound("status", "blockcredential"), x.bound("type", "usertype")
		department, title, worker := x.bound("department", "department"), x.bound("title", "jobtitle", "title"), x.bound("worker_id", "employeeid")
		created := x.date(pastTime, review.Unknown, "createddatetime", "whencreated")
		created.dates.native = monthFirst
		login := x.date(usedTime, review.Unknown, "signinactivity.lastsignindatetime", "lastsignindatetime")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(id)), Login: r.text(upn), DisplayName: r.text(name), Emails: emails(r.text(mail)), Kind: review.Human,
				Department: r.text(department), Title: r.text(title), WorkerID: r.text(worker), Created: r.time(created), LastLogin: r.time(login), External: review.No}
			if a.NativeID == "" {
				a.NativeID = lower(a.Login)
			}
			if a.NativeID == "" {
				r.reject("missing-identity", upn, "a user principal name", "export the column userPrincipalName")
				return
			}
			if norm(r.text(typ)) == "guest" || strings.Contains(strings.ToUpper(a.Login), "#EXT#") {
				a.Kind, a.External = review.External, review.Yes
			}
			if a.Status = activeWhen(r.tri(enabled)); r.has(blocked) && !r.has(enabled) {
				switch r.tri(blocked) {
				case review.Yes:
					a.Status = review.Disabled
				case review.No:
					a.Status = review.Active
				}
			}
			x.account(&a)
		}}
	},
}

var entraRoleAssignments = &format{
	FormatInfo: FormatInfo{
		ID: "entra-role-assignments", Title: "Microsoft Entra ID role assignments", Mark: "U",
		Steps: []string{
			"Entra admin centre: Identity, Roles & admins, All roles, Download assignments; or Privileged Identity Management, Microsoft Entra roles, Assignments, Export.",
			"The file lists active and eligible assignments of every directory role.",
		},
		Gaps: []string{"who is in the groups that hold roles", "when a role was last activated: the PIM audit history knows"},
	},
	version: 1,
	shapes: []shape{{csv: true, json: true, need: []string{"rolename", "principalname", "assignmentstate"}, known: []string{"membertype", "principaltype", "principalid", "email", "scope",
		"assignmentstarttime*", "assignmentendtime*", "groupname", "permanent"}}},
	start: func(x *run) mapper {
		x.defaults("entra")
		who, id := x.bound("account", "principalname"), x.col("principalid")
		mail, typ, role := x.col("email", "useremail"), x.col("principaltype"), x.bound("entitlement", "rolename")
		state, member, group, scope := x.bound("state", "assignmentstate"), x.col("membertype"), x.col("groupname", "membershipgroup"), x.col("scope", "scopename", "directoryscope")
		start, end := x.date(pastTime, review.Unknown, "assignmentstarttime*", "starttime*"), x.date(endTime, review.NotApplicable, "assignmentendtime*", "endtime*")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: loginKey(r.id(who)), Login: r.text(who), Emails: emails(r.text(mail)), Kind: azureKind(r.text(typ))}
			if a.NativeID == "" {
				if a.NativeID = lower(r.text(id)); a.NativeID == "" {
					r.reject("missing-identity", who, "the name of a principal", "export the assignments again")
					return
				}
				a.Unresolved = true
				x.warn("unresolved-principal-names")
			}
			x.account(&a)
			name := r.text(role)
			if name == "" {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(name, name, "role"), Granted: r.time(start), Expires: r.time(end)}
			if s := r.text(scope); s != "" {
				g.Resource = review.Resource{NativeID: s, Name: s, Kind: "scope"}
			}
			if norm(r.text(state)) == "eligible" {
				g.State, g.How = "eligible", "eligible"
			}
			if norm(r.text(member)) == "group" {
				g.How, g.Path = "group", r.text(group)
			}
			switch norm(name) {
			case "globaladministrator", "companyadministrator", "privilegedroleadministrator", "privilegedauthenticationadministrator", "applicationadministrator",
				"cloudapplicationadministrator", "hybrididentityadministrator", "useradministrator", "securityadministrator", "exchangeadministrator":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "a directory role that can raise its own rights"
			case "globalreader", "directoryreaders", "securityreader", "reportsreader", "messagecenterreader":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Read, "a reader role"
			}
			x.grant(&g)
		}}
	},
}
