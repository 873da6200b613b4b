package importers

import (
	"strings"

	"tickmark/review"
)

var scimResources = &format{
	FormatInfo: FormatInfo{
		ID: "scim", Title: "SCIM 2.0 users and groups", Mark: "S",
		Steps: []string{
			"Make a token for the service's SCIM interface.",
			"Fetch the users with the command below and go on with startIndex until totalResults is reached; the same for /Groups. Pages can be concatenated.",
		},
		Command: `curl -sH "Authorization: Bearer $TOKEN" "https://HOST/scim/v2/Users?count=200&startIndex=1" >> scim.json`,
		Gaps:    []string{"what groups, roles and entitlements allow", "when users last signed in", "whether all pages were fetched, unless totalResults says so"},
	},
	version: 1,
	shapes: []shape{
		{json: true, top: []string{"resources"}, known: []string{"schemas", "totalresults", "itemsperpage", "startindex"}, lists: []string{"resources"}},
		{json: true, need: []string{"schemas"}, known: []string{"id", "externalid", "username", "name", "displayname", "emails", "active", "groups", "roles", "entitlements", "members", "meta"}, check: func(p *probe) bool {
			for _, o := range p.sample {
				m := o.member("schemas")
				if m != nil && m.scim {
					return true
				}
			}
			return false
		}},
	},
	start: func(x *run) mapper {
		x.defaults("scim")
		created := x.date(pastTime, review.Unknown, "meta.created")
		return mapper{each: func(r *row) {
			schemas := r.v.get("schemas")
			is := func(kind string) bool {
				return anyText(schemas, func(s string) bool {
					return strings.HasSuffix(s, ":core:2.0:"+kind) || strings.HasSuffix(s, ":core:1.0:"+kind)
				})
			}
			switch {
			case is("User") || !is("Group") && r.v.get("username").ok():
				scimUser(x, r, created)
			case is("Group") || r.v.get("members").ok():
				scimGroup(x, r)
			default:
				r.refuse("unknown-resource", col{label: "/schemas"}, "a User or Group was expected, neither was found; fetch /Users and /Groups")
			}
		}}
	},
}

const scimEnterprise = "urnietfparamsscimschemasextensionenterprise20user"

func scimUser(x *run, r *row, created when) {
	work := r.v.get(scimEnterprise)
	a := review.Account{NativeID: r.v.get("id").text(), Login: r.v.get("username").text(), DisplayName: r.v.get("displayname").text(), Kind: review.Human, KindInferred: true,
		WorkerID: work.get("employeenumber").text(), Department: work.get("department").text(), Title: r.v.get("title").text(), Created: r.time(created)}
	fill(&a.DisplayName, r.v.get("name", "formatted").text())
	fill(&a.Manager, work.get("manager", "value").text())
	fill(&a.Manager, work.get("manager", "displayname").text())
	fill(&a.NativeID, lower(a.Login))
	if a.NativeID == "" {
		r.refuse("missing-identity", col{label: "/id"}, "the id of a user was expected, none was found; fetch the users again")
		return
	}
	var others []string
	r.items(r.v.get("emails"), func(e val) {
		mail := e.get("value").text()
		if e.kind() == '"' {
			mail = e.text()
		}
		if e.get("primary").isTrue() {
			a.Emails = append(a.Emails, emails(mail)...)
		} else {
			others = append(others, emails(mail)...)
		}
	})
	a.Emails = append(a.Emails, others...)
	if active := r.v.get("active"); active.ok() {
		a.Status = activeWhen(parseTri(active.str()))
	}
	if serviceName(a.Login) {
		a.Kind = review.Service
	}
	x.account(&a)
	for _, list := range [...]struct{ key, kind string }{{"groups", "group"}, {"entitlements", "permission"}, {"roles", "role"}} {
		r.items(r.v.get(list.key), func(e val) {
			id, name := e.get("value").text(), e.get("display").text()
			if e.kind() == '"' {
				id = e.text()
			}
			fill(&id, name)
			if id == "" {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(id, name, list.kind)}
			if list.kind == "group" && strings.EqualFold(e.get("type").text(), "indirect") {
				g.How, g.Irrevocable = "inherited", "comes from a group inside a group: revoke it there"
			}
			x.grant(&g)
		})
	}
}

func scimGroup(x *run, r *row) {
	e := named(r.v.get("id").text(), r.v.get("displayname").text(), "group")
	fill(&e.NativeID, e.Name)
	if e.NativeID == "" {
		r.refuse("missing-identity", col{label: "/id"}, "the id of a group was expected, none was found; fetch the groups again")
		return
	}
	none := true
	r.items(r.v.get("members"), func(m val) {
		id := m.get("value").text()
		if id == "" {
			return
		}
		none = false
		a := review.Account{NativeID: id, DisplayName: m.get("display").text()}
		if strings.EqualFold(m.get("type").text(), "group") {
			a.Kind = review.Group
		}
		x.account(&a)
		x.grant(&review.Grant{Account: id, Entitlement: e})
	})
	if none {
		x.entitlement(&e)
	}
}
