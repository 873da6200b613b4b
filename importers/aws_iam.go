package importers

import (
	"tickmark/review"
)

var awsIAMUsers = &format{
	FormatInfo: FormatInfo{
		ID: "aws-iam-users", Title: "AWS IAM users", Mark: "S",
		Steps:   []string{"Sign in to the account with permission for iam:ListUsers.", "Run the command below; the client joins the pages itself."},
		Command: "aws iam list-users > iam-users.json",
		Gaps:    []string{"what users may do: add aws-account-authorization", "keys and MFA: add aws-credential-report"},
	},
	version: 1, full: true, facts: []string{"passwordlastused"},
	shapes: []shape{{json: true, top: []string{"users"}, lists: []string{"users"}, known: []string{"istruncated", "marker"}, check: func(p *probe) bool {
		m := p.outline.objs[0].member("users")
		return m.key == "Users" && m.n == 0 && m.kind == '[' || p.paths["users.username"] && (p.paths["users.arn"] || p.paths["users.userid"])
	}}},
	start: func(x *run) mapper {
		x.defaults("aws")
		created, used := x.date(pastTime, review.Unknown, "createdate"), x.date(usedTime, review.Unknown, "passwordlastused")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.v.get("arn").text(), Login: r.v.get("username").text(), Created: r.time(created), LastLogin: r.time(used), Kind: review.UnknownKind, Status: review.Active}
			if a.NativeID == "" {
				if a.NativeID = a.Login; a.NativeID == "" {
					r.refuse("missing-identity", col{label: "/UserName"}, "a user name was expected, none was found; make the export again")
					return
				}
			}
			if a.LastLogin.Norm() == review.NotCollected {
				a.LastLogin.State = review.Unknown // absent: no password, or it was never used
			}
			if looksLikeEmail(a.Login) {
				a.Kind, a.KindInferred = review.Human, true
			}
			x.sawInstance(arnAccount(a.NativeID))
			x.account(&a)
		}}
	},
}

var awsAccessKeys = &format{
	FormatInfo: FormatInfo{
		ID: "aws-access-keys", Title: "AWS IAM access keys", Mark: "S",
		Steps:   []string{"Sign in to the account with permission for iam:ListAccessKeys.", "Run the command below for every user; without --user-name it lists only your own keys."},
		Command: "aws iam list-access-keys --user-name NAME > access-keys.json",
		Gaps:    []string{"when a key was last used: add aws-credential-report", "keys of other users"},
	},
	version: 1,
	shapes:  []shape{{json: true, top: []string{"accesskeymetadata"}, lists: []string{"accesskeymetadata"}, known: []string{"istruncated", "marker"}}},
	start: func(x *run) mapper {
		x.defaults("aws")
		created := x.date(pastTime, review.Unknown, "createdate")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.v.get("username").text(), Kind: review.UnknownKind}
			id := r.v.get("accesskeyid").text()
			if a.NativeID == "" || id == "" {
				r.refuse("missing-identity", col{label: "/UserName"}, "a user name and a key id were expected, none was found; make the export again")
				return
			}
			a.Login = a.NativeID
			active := statusWord(r.v.get("status").text()) == review.Active
			c := review.Credential{NativeID: id, Kind: "access_key", Status: "inactive", Created: r.time(created)}
			if active {
				c.Status = "active"
			}
			a.Credentials = []review.Credential{c}
			x.account(&a)
			if active {
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: named(id, "Access key "+id, "credential"), Granted: c.Created})
			}
		}}
	},
}

var awsPolicyEntities = &format{
	FormatInfo: FormatInfo{
		ID: "aws-policy-entities", Title: "AWS IAM: who a policy is attached to", Mark: "S",
		Steps:   []string{"Sign in to the account with permission for iam:ListEntitiesForPolicy.", "Run the command below for the policy you review.", "The file does not name the policy: give its ARN with --entitlement when you import."},
		Command: "aws iam list-entities-for-policy --policy-arn ARN > entities.json",
		Gaps:    []string{"which policy it is about", "other policies, inline policies, and who is in the groups"},
	},
	version: 1,
	shapes:  []shape{{json: true, top: []string{"policygroups", "policyusers", "policyroles"}, known: []string{"istruncated", "marker"}, lists: []string{"policygroups", "policyusers", "policyroles"}}},
	start: func(x *run) mapper {
		x.defaults("aws")
		if !x.needs("needs-entitlement", "--entitlement ARN", x.o.Entitlement, "which policy it is about") {
			return mapper{}
		}
		e := named(x.o.Entitlement, lastPart(x.o.Entitlement), "policy")
		if why := awsPrivilegedName(e.Name); why != "" {
			e.Privilege, e.PrivilegeReason = review.Admin, why
		}
		return mapper{each: func(r *row) {
			a := review.Account{Status: review.Active}
			switch r.list {
			case "policygroups":
				a.Login, a.Kind, a.NativeID = r.v.get("groupname").text(), review.Group, "group/"
			case "policyusers":
				a.Login, a.NativeID = r.v.get("username").text(), "user/"
				if looksLikeEmail(a.Login) {
					a.Kind, a.KindInferred = review.Human, true
				}
			default:
				a.Login, a.Kind, a.NativeID = r.v.get("rolename").text(), review.Workload, "role/"
			}
			if a.Login == "" {
				r.refuse("missing-identity", col{}, "the name of a user, group or role was expected, none was found; make the export again")
				return
			}
			a.NativeID += a.Login
			x.account(&a)
			x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
		}}
	},
}

var awsIdentityCenter = &format{
	FormatInfo: FormatInfo{
		ID: "aws-identity-center", Title: "AWS IAM Identity Center account assignments", Mark: "D",
		Steps: []string{
			"Sign in to the management account, or the delegated administrator of Identity Center.",
			"List the permission sets (aws sso-admin list-permission-sets) and run the command below for every account and permission set; concatenate the answers.",
		},
		Command: "aws sso-admin list-account-assignments --instance-arn ARN --account-id ID --permission-set-arn ARN >> assignments.json",
		Gaps:    []string{"the names of people, groups and permission sets, which are ids here: aws identitystore describe-user and describe-group tell", "who is in the groups"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"permissionsetarn", "principalid", "principaltype"}, known: []string{"accountid", "principalname", "permissionsetname", "targetid"}}},
	start: func(x *run) mapper {
		x.defaults("aws")
		set, name := x.bound("entitlement", "permissionsetarn"), x.col("permissionsetname")
		who, whoName, typ, account := x.bound("account", "principalid"), x.col("principalname"), x.bound("type", "principaltype"), x.bound("resource", "accountid", "targetid")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(who)), Login: r.text(whoName), DisplayName: r.text(whoName), Kind: azureKind(r.text(typ))}
			if a.NativeID == "" {
				r.reject("missing-identity", who, "the id of a principal", "list the assignments again")
				return
			}
			if a.Login == "" {
				a.Unresolved = true
				x.warn("unresolved-principal-names")
			}
			x.account(&a)
			if r.text(set) == "" {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(r.text(set), r.text(name), "policy")}
			if id := r.text(account); id != "" {
				g.Resource = review.Resource{NativeID: id, Kind: "account"}
			} else if x.o.Resource != "" {
				g.Resource = review.Resource{NativeID: x.o.Resource, Kind: "account"}
			}
			if why := awsPrivilegedName(g.Entitlement.Name); why != "" {
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, why
			}
			x.grant(&g)
		}}
	},
}
