package importers

import (
	"strings"

	"tickmark/review"
)

var azurehound = &format{
	FormatInfo: FormatInfo{
		ID: "azurehound", Title: "AzureHound collection", Mark: "D",
		Steps:   []string{"Run AzureHound with an account that may read the tenant, for example the command below.", "Import the JSON file it writes."},
		Command: `azurehound -r "$REFRESH_TOKEN" list --tenant TENANT -o azurehound.json`,
		Gaps:    []string{"when access was last used", "what custom roles allow"},
	},
	version: 1,
	shapes: []shape{{json: true, top: []string{"data"}, known: []string{"meta"}, lists: []string{"data"}, check: func(p *probe) bool {
		m := p.outline.objs[0].member("data")
		if strings.HasPrefix(m.v.get("kind").text(), "AZ") {
			return true
		}
		for _, o := range m.sample {
			if strings.HasPrefix(o.text("kind"), "AZ") {
				return true
			}
		}
		return false
	}}},
	start: func(x *run) mapper {
		x.defaults("azure")
		created := x.date(pastTime, review.Unknown, "createddatetime")
		return mapper{each: func(r *row) {
			d := r.v.get("data")
			switch kind := r.v.get("kind").text(); kind {
			case "AZUser", "AZServicePrincipal":
				azureHoundAccount(x, r, d, created)
			case "AZRoleAssignment":
				r.items(d.get("roleassignments"), func(e val) { azureHoundRole(x, e, d) })
			case "AZGroupMember":
				azureHoundMembers(x, r, d)
			default:
				if !strings.HasPrefix(kind, "AZ") {
					r.refuse("unknown-resource", col{label: "/kind"}, "an object whose kind begins with AZ was expected, "+review.Quote(kind)+" was found; import AzureHound's own file")
				}
			}
		}}
	},
}

// azureHoundAccount maps a user or service principal. GUIDs are compared without regard to case.
func azureHoundAccount(x *run, r *row, d val, created when) {
	a := review.Account{NativeID: lower(d.get("id").text()), Login: d.get("userprincipalname").text(), DisplayName: d.get("displayname").text(), Emails: emails(d.get("mail").text()),
		Kind: review.Human, Created: r.timeOf(created, d.get("createddatetime")), Department: d.get("department").text(), Title: d.get("jobtitle").text()}
	if a.NativeID == "" {
		r.refuse("missing-identity", col{label: "/data/id"}, "the id of a principal was expected, none was found; collect again")
		return
	}
	x.sawInstance(lower(d.get("tenantid").text()))
	if e := d.get("accountenabled"); e.ok() && !e.isNull() {
		a.Status = activeWhen(triOf(e.isTrue()))
	}
	if r.v.get("kind").text() == "AZServicePrincipal" {
		a.Kind, a.Login = review.Service, d.get("appid").text()
		if norm(d.get("serviceprincipaltype").text()) == "managedidentity" {
			a.Kind = review.Workload
		}
	} else if norm(d.get("usertype").text()) == "guest" || strings.Contains(strings.ToUpper(a.Login), "#EXT#") {
		a.Kind, a.External = review.External, review.Yes
	}
	x.account(&a)
}

func azureHoundRole(x *run, e, d val) {
	who := lower(e.get("principalid").text())
	held := lower(lastPart(e.get("roledefinitionid").text()))
	fill(&held, lower(lastPart(d.get("roledefinitionid").text())))
	if who == "" || held == "" {
		return
	}
	x.account(&review.Account{NativeID: who, Unresolved: true})
	scope := e.get("directoryscopeid").text()
	fill(&scope, e.get("scope").text())
	fill(&scope, "/")
	g := review.Grant{Account: who, Entitlement: named(held, d.get("roledefinitionname").text(), "role"), Resource: review.Resource{NativeID: lower(scope), Name: scope, Kind: azureScope(lower(scope))}}
	x.grant(&g)
}

func azureHoundMembers(x *run, r *row, d val) {
	group := lower(d.get("groupid").text())
	r.items(d.get("members"), func(m val) {
		o := m.get("member")
		if !o.ok() {
			o = m
		}
		a := review.Account{NativeID: lower(o.get("id").text()), DisplayName: o.get("displayname").text(), Login: o.get("userprincipalname").text()}
		if a.NativeID == "" || group == "" {
			return
		}
		switch lower(o.get("odatatype").text()) {
		case "#microsoft.graph.user":
			a.Kind = review.Human
		case "#microsoft.graph.group":
			a.Kind = review.Group
		case "#microsoft.graph.serviceprincipal":
			a.Kind = review.Service
		}
		x.account(&a)
		x.grant(&review.Grant{Account: a.NativeID, Entitlement: named(group, d.get("groupname").text(), "group")})
	})
}
