package importers

import (
	"strings"

	"tickmark/review"
)

var gitlabMembers = &format{
	FormatInfo: FormatInfo{
		ID: "gitlab-members", Title: "GitLab members of a group or project", Mark: "S",
		Steps: []string{
			"Make a token with read_api and run the command below for every group and project; members/all includes inherited members, --paginate fetches all pages, jq joins them.",
			"The file does not name the group: give it with --resource when you import.",
			"Or in GitLab: the group, Manage, Members, Export as CSV.",
		},
		Command: `glab api --paginate "groups/GROUP/members/all?per_page=100" | jq -s add > members.json`,
		Gaps:    []string{"which group or project it is about, in the JSON", "when members were last active", "tokens and deploy keys"},
	},
	version: 1,
	shapes: []shape{
		{json: true, need: []string{"accesslevel", "username"}, known: []string{"id", "name", "state", "email", "weburl", "isadmin", "expiresat", "createdat", "createdby", "membershipstate", "groupsamlidentity", "avatarurl", "publicemail", "memberrole"}},
		{csv: true, need: []string{"username", "membershiptype"}, known: []string{"name", "fullname", "email", "path", "grouppath", "source", "accesslevel", "maxrole", "role", "accessgranted", "accessexpiration", "lastactivity", "usercreatedat", "state"}},
	},
	start: func(x *run) mapper {
		x.defaults("gitlab")
		login, id, name := x.bound("login", "username"), x.col("id", "userid"), x.bound("display_name", "name", "fullname")
		mail, state := x.bound("email", "email", "publicemail"), x.bound("status", "state", "membershipstate")
		level, path, typ := x.bound("entitlement", "accesslevel", "maxrole", "role"), x.bound("resource", "path", "grouppath", "source"), x.col("membershiptype")
		granted, ends := x.date(pastTime, review.Unknown, "createdat", "accessgranted"), x.date(endTime, review.NotApplicable, "expiresat", "accessexpiration")
		seen := x.date(usedTime, review.Unknown, "lastactivity", "lastactivityon")
		if !x.plan.csv && !x.needs("needs-resource", "--resource GROUP", x.o.Resource, "which group or project it is about") {
			return mapper{}
		}
		return mapper{each: func(r *row) {
			who := r.id(login)
			if who == "" {
				r.reject("missing-identity", login, "a user name", "make the export again")
				return
			}
			a := review.Account{NativeID: lower(who), Login: who, DisplayName: r.text(name), Emails: emails(r.text(mail)), Kind: review.Human, StatusRaw: r.text(state), LastLogin: r.time(seen)}
			if n := r.text(id); n != "" {
				a.Attributes = map[string]string{"id": n}
			}
			if strings.HasPrefix(a.NativeID, "project_") || strings.HasPrefix(a.NativeID, "group_") && strings.Contains(a.NativeID, "_bot") {
				a.Kind, a.KindInferred = review.Service, true
			}
			if a.StatusRaw != "" {
				a.Status = statusWord(a.StatusRaw)
			}
			x.account(&a)
			held := gitlabRole(r.text(level))
			if held == "" {
				return
			}
			where := r.text(path)
			fill(&where, x.o.Resource)
			g := review.Grant{Account: a.NativeID, Entitlement: role(held), Granted: r.time(granted), Expires: r.time(ends), Resource: review.Resource{NativeID: where, Name: where, Kind: "group"}}
			switch held {
			case "owner", "maintainer":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "the role "+held+" rules the group or project"
			case "developer":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Write, "the role developer writes"
			case "guest", "reporter", "planner":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Read, "the role "+held+" reads"
			}
			if t := lower(r.text(typ)); strings.Contains(t, "inherited") {
				g.How, g.Irrevocable = "inherited", "comes from a group above: revoke it there"
			} else if strings.Contains(t, "shared") || strings.Contains(t, "invited") {
				g.How = "group"
			}
			x.grant(&g)
		}}
	},
}

// gitlabRole names the numbers of access levels.
func gitlabRole(level string) string {
	switch level {
	case "5":
		return "minimal-access"
	case "10":
		return "guest"
	case "15":
		return "planner"
	case "20":
		return "reporter"
	case "30":
		return "developer"
	case "40":
		return "maintainer"
	case "50":
		return "owner"
	case "0", "":
		return ""
	}
	return lower(level)
}
