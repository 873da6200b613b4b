package importers

import (
	"strings"

	"tickmark/review"
)

var batonGrants = &format{
	FormatInfo: FormatInfo{
		ID: "baton-grants", Title: "Baton connector grants", Mark: "D",
		Steps:   []string{"Run the connector of the system: it writes sync.c1z.", "Print its grants as JSON with the command below. The container itself is not read."},
		Command: "baton grants -f sync.c1z -o json > grants.json",
		Gaps:    []string{"when access was last used", "facts of accounts beyond the name: baton principals prints them"},
	},
	version: 1,
	shapes: []shape{{json: true, top: []string{"grants"}, known: []string{"nextpagetoken"}, lists: []string{"grants"}, check: func(p *probe) bool {
		return p.paths["grants.grant.entitlement.id"] || p.paths["grants.entitlement.id"]
	}}},
	start: func(x *run) mapper {
		x.defaults("baton")
		return mapper{each: func(r *row) {
			v := r.v.get("grant")
			if !v.ok() {
				v = r.v
			}
			p, e := v.get("principal"), v.get("entitlement")
			if !p.ok() {
				p = r.v.get("principal")
			}
			typ := p.get("id", "resourcetype").text()
			a := review.Account{NativeID: p.get("id", "resource").text(), DisplayName: p.get("displayname").text(), Login: p.get("displayname").text(), Kind: kindWord(typ)}
			if a.NativeID == "" {
				r.refuse("missing-identity", col{label: "/grant/principal/id"}, "the id of a principal was expected, none was found; print the grants again")
				return
			}
			if typ != "" && a.Kind != review.Human {
				a.NativeID = typ + "/" + a.NativeID
			}
			if looksLikeEmail(a.Login) {
				a.Emails = emails(a.Login)
			}
			x.account(&a)
			id := e.get("id").text()
			if id == "" {
				return
			}
			on := e.get("resource")
			if !on.ok() {
				on = r.v.get("resource")
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(id, e.get("displayname").text(), baton(e.get("slug").text(), id))}
			g.Entitlement.Description = e.get("description").text()
			g.Resource = review.Resource{NativeID: on.get("id", "resource").text(), Name: on.get("displayname").text(), Kind: on.get("id", "resourcetype").text()}
			if g.Resource.NativeID != "" && g.Resource.Kind != "" {
				g.Resource.NativeID = g.Resource.Kind + "/" + g.Resource.NativeID
			}
			if s := lower(g.Entitlement.NativeID); strings.HasSuffix(s, ":admin") || strings.HasSuffix(s, ":owner") {
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "an administrator entitlement by its name"
			}
			if x.row.v.get("sources").first().ok() || v.get("sources").first().ok() {
				g.How = "inherited"
			}
			x.grant(&g)
		}}
	},
}

// baton gives the kind of an entitlement from its slug or id, such as group:G1:member.
func baton(slug, id string) string {
	switch {
	case slug == "member" || strings.HasSuffix(id, ":member"):
		return "membership"
	case strings.HasPrefix(id, "role:"):
		return "role"
	}
	return "permission"
}
