package importers

import (
	"strings"

	"tickmark/review"
)

func bloodhoundShape(kind string) shape {
	return shape{json: true, top: []string{"data", "meta"}, lists: []string{"data"}, check: func(p *probe) bool {
		m := p.outline.objs[0].member("meta")
		return m.v.get("type").text() == kind
	}}
}

// objectPermissions hands on the access control entries of an object as evidence.
func objectPermissions(x *run, r *row, object string) {
	r.items(r.v.get("aces"), func(e val) {
		x.evidence(review.Evidence{Kind: "object_permission", Account: lower(e.get("principalsid").text()), Subject: object, Value: e.get("rightname").text()})
	})
}

var bloodhoundUsers = &format{
	FormatInfo: FormatInfo{
		ID: "bloodhound-users", Title: "BloodHound users (SharpHound and compatible collectors)", Mark: "S",
		Steps:   []string{"Run the collector with at least the ObjectProps method, for example the command below.", "Unpack the zip and import *_users.json."},
		Command: "SharpHound.exe -c Group,ObjectProps --zipfilename ad.zip",
		Gaps:    []string{"group memberships: add bloodhound-groups", "departments and managers"},
	},
	version: 1, facts: []string{"passwordnotreqd", "pwdlastset", "pwdneverexpires", "unixpassword", "haslaps"},
	shapes: []shape{bloodhoundShape("users")},
	start: func(x *run) mapper {
		x.defaults("active-directory")
		created := x.date(pastTime, review.Unknown, "properties.whencreated")
		logon, stamp := x.date(usedTime, review.Unknown, "properties.lastlogon"), x.date(usedTime, review.Unknown, "properties.lastlogontimestamp")
		set := x.date(pastTime, review.Unknown, "properties.pwdlastset")
		return mapper{each: func(r *row) {
			if r.v.get("isdeleted").isTrue() {
				return
			}
			p := r.v.get("properties")
			a := review.Account{NativeID: lower(r.v.get("objectidentifier").text()), Login: p.get("samaccountname").text(), DisplayName: p.get("displayname").text(), Kind: review.Human, KindInferred: true,
				Emails: emails(p.get("email").text()), Title: p.get("title").text(), Created: r.time(created), LastLogin: betterTime(r.time(logon), r.time(stamp), true)}
			if a.NativeID == "" {
				r.refuse("missing-identity", col{label: "/ObjectIdentifier"}, "an object identifier was expected, none was found; collect again")
				return
			}
			fill(&a.Login, p.get("name").text())
			x.sawInstance(lower(p.get("domain").text()))
			if e := p.get("enabled"); e.ok() && !e.isNull() {
				a.Status = activeWhen(triOf(e.isTrue()))
			}
			if serviceName(a.Login) || p.get("hasspn").isTrue() || p.get("serviceprincipalnames").first().ok() {
				a.Kind = review.Service
			}
			if t := r.time(set); t.Norm() != review.NotCollected {
				a.Credentials = []review.Credential{{Kind: "password", Status: "active", Created: t}}
			}
			if p.get("admincount").isTrue() {
				a.Attributes = map[string]string{"admin_count": "true"}
			}
			x.account(&a)
			objectPermissions(x, r, a.NativeID)
		}}
	},
}

var bloodhoundGroups = &format{
	FormatInfo: FormatInfo{
		ID: "bloodhound-groups", Title: "BloodHound groups (SharpHound and compatible collectors)", Mark: "S",
		Steps:   []string{"Run the collector with the Group method, for example the command below.", "Unpack the zip and import *_groups.json."},
		Command: "SharpHound.exe -c Group,ObjectProps --zipfilename ad.zip",
		Gaps:    []string{"facts of the members: add bloodhound-users", "the primary group of users, which Active Directory keeps apart"},
	},
	version: 1,
	shapes:  []shape{bloodhoundShape("groups")},
	start: func(x *run) mapper {
		x.defaults("active-directory")
		return mapper{each: func(r *row) {
			if r.v.get("isdeleted").isTrue() {
				return
			}
			p := r.v.get("properties")
			id := lower(r.v.get("objectidentifier").text())
			if id == "" {
				r.refuse("missing-identity", col{label: "/ObjectIdentifier"}, "an object identifier was expected, none was found; collect again")
				return
			}
			x.sawInstance(lower(p.get("domain").text()))
			name, _, _ := strings.Cut(p.get("name").text(), "@")
			e := adGroup(id, name)
			e.Description = p.get("description").text()
			if p.get("highvalue").isTrue() || p.get("admincount").isTrue() {
				e.Privilege, e.PrivilegeReason = review.Admin, "marked as a group of administrators"
			}
			none := true
			r.items(r.v.get("members"), func(m val) {
				a := review.Account{NativeID: lower(m.get("objectidentifier").text()), Kind: review.UnknownKind}
				fill(&a.NativeID, lower(m.get("memberid").text()))
				if a.NativeID == "" {
					return
				}
				none = false
				typ := m.get("objecttype").text()
				fill(&typ, m.get("membertype").text())
				switch lower(typ) {
				case "user":
					a.Kind = review.Human
				case "group":
					a.Kind = review.Group
				case "computer":
					a.Kind = review.Workload
				}
				x.account(&a)
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: e})
			})
			if none {
				x.entitlement(&e)
			}
			objectPermissions(x, r, id)
		}}
	},
}
