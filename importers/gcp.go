package importers

import (
	"strconv"
	"strings"

	"tickmark/review"
)

var gcpIAMPolicy = &format{
	FormatInfo: FormatInfo{
		ID: "gcp-iam-policy", Title: "Google Cloud IAM policy of one resource", Mark: "S",
		Steps: []string{
			"Sign in with gcloud auth login as somebody who may read IAM policies.",
			"Run the command below (or the same for organizations, resource-manager folders, storage buckets, and so on).",
			"The file does not name the resource: give it with --resource when you import.",
		},
		Command: "gcloud projects get-iam-policy PROJECT --format=json > policy.json",
		Gaps:    []string{"which resource it is about", "policies of folders and organisation above, and of resources below: add gcp-asset-policies", "who is in the groups", "when access was last used: IAM recommender knows"},
	},
	version: 1, full: true,
	shapes: []shape{{json: true, top: []string{"bindings"}, known: []string{"etag", "version", "auditconfigs"}, lists: []string{"bindings"}, check: func(p *probe) bool {
		m := p.outline.objs[0].member("bindings")
		return p.paths["bindings.members"] || m.kind == 'n' || m.kind == '[' && m.n == 0
	}}},
	start: func(x *run) mapper {
		x.defaults("gcp")
		if !x.needs("needs-resource", "--resource NAME", x.o.Resource, "which project, folder or resource it is about") {
			return mapper{}
		}
		res := review.Resource{NativeID: x.o.Resource, Name: x.o.Resource}
		expires := x.date(endTime, review.NotApplicable, "condition.expression")
		return mapper{each: func(r *row) { gcpBinding(x, r, r.v, res, expires) }}
	},
}

var gcpAssetPolicies = &format{
	FormatInfo: FormatInfo{
		ID: "gcp-asset-policies", Title: "Google Cloud IAM policies of all assets", Mark: "S",
		Steps: []string{
			"Enable the Cloud Asset API and sign in as somebody with cloudasset.assets.searchAllIamPolicies on the organisation.",
			"Run the command below; it lists every policy of the organisation.",
			"gcloud asset export --content-type=iam-policy writes the same facts as one object a line; both are read.",
		},
		Command: "gcloud asset search-all-iam-policies --scope=organizations/NUMBER --format=json > policies.json",
		Gaps:    []string{"who is in the groups", "whether the scope was the whole organisation: declare it with --completeness", "when access was last used"},
	},
	version: 1,
	shapes: []shape{
		{json: true, need: []string{"iampolicy", "assettype"}, known: []string{"name", "ancestors", "iampolicy.bindings", "updatetime"}, counted: true},
		{json: true, need: []string{"policy", "assettype", "resource"}, known: []string{"project", "folders", "organization", "policy.bindings"}, counted: true},
	},
	start: func(x *run) mapper {
		x.defaults("gcp")
		expires := x.date(endTime, review.NotApplicable, "condition.expression")
		return mapper{each: func(r *row) {
			policy, at := r.v.get("iampolicy"), ""
			if !policy.ok() {
				policy = r.v.get("policy")
			}
			at = "/" + pointerPart(policy.key()) + "/bindings"
			name := r.v.get("name").text()
			fill(&name, r.v.get("resource").text())
			res := review.Resource{NativeID: name, Name: strings.TrimPrefix(name, "//"), Kind: lower(lastPart(r.v.get("assettype").text()))}
			list := policy.get("bindings")
			if list.kind() == '{' {
				x.warn("single-object-as-list")
				r.sub(list, at, func(b *row) { gcpBinding(x, b, list, res, expires) })
				return
			}
			i := 0
			for c := list.first(); c.ok(); c = c.sibling() {
				r.sub(c, at+"/"+strconv.Itoa(i), func(b *row) { gcpBinding(x, b, c, res, expires) })
				i++
			}
		}}
	},
}

// gcpBinding makes a grant of every member of a binding.
func gcpBinding(x *run, r *row, b val, res review.Resource, expires when) {
	name := b.get("role").text()
	if name == "" {
		r.refuse("unknown-resource", col{label: "/role"}, "the role of a binding was expected, none was found; make the export again")
		return
	}
	condition := b.get("condition", "expression").text()
	end := review.Time{State: review.NotApplicable}
	if until := gcpUntil(condition); until != "" {
		end = x.cal.time(expires.dates, []byte(until), x)
	}
	r.items(b.get("members"), func(v val) {
		member := v.text()
		if member == "" {
			return
		}
		a, how := gcpMember(member)
		x.account(&a)
		g := review.Grant{Account: a.NativeID, Entitlement: named(name, lastPart(name), "role"), Resource: res, How: how, Condition: condition, Expires: end}
		g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = gcpPrivilege(name)
		if a.Kind == review.Public {
			x.warn("public-principal")
		}
		if how == "convenience" {
			g.Irrevocable = "given by a basic role of the project: revoke that role"
		}
		x.grant(&g)
	})
}

// gcpMember is the account behind a member such as user:anna@example.com (split at the first colon).
func gcpMember(member string) (review.Account, string) {
	a := review.Account{NativeID: lower(member), Login: member}
	if strings.HasPrefix(member, "principal://") || strings.HasPrefix(member, "principalSet://") {
		a.Kind, a.NativeID = review.Workload, member
		return a, "direct"
	}
	kind, id, _ := strings.Cut(member, ":")
	if kind == "deleted" {
		a.Status, a.StatusRaw = review.Deleted, "deleted"
		kind, id, _ = strings.Cut(id, ":")
		id, _, _ = strings.Cut(id, "?uid=")
	}
	if id != "" {
		a.Login = id
	}
	how := "direct"
	switch kind {
	case "user":
		a.Kind, a.Emails = review.Human, emails(id)
	case "serviceAccount":
		a.Kind = review.Service
	case "group", "domain":
		a.Kind = review.Group
	case "projectOwner", "projectEditor", "projectViewer":
		a.Kind, how = review.Group, "convenience"
		a.Login = kind + " of " + id
	case "allUsers", "allAuthenticatedUsers":
		a.Kind = review.Public
	}
	return a, how
}

// gcpUntil finds the instant in a condition such as request.time < timestamp("2026-01-01T00:00:00Z").
func gcpUntil(condition string) string {
	_, rest, ok := strings.Cut(condition, "request.time <")
	if !ok {
		return ""
	}
	_, rest, ok = strings.Cut(rest, "timestamp(")
	if !ok || rest == "" {
		return ""
	}
	quote := rest[0]
	if quote != '"' && quote != '\'' {
		return ""
	}
	until, _, _ := strings.Cut(rest[1:], string(quote))
	return until
}

func gcpPrivilege(name string) (review.Privilege, string) {
	n := lower(name)
	switch {
	case n == "roles/owner", strings.HasSuffix(n, "admin"), strings.HasPrefix(n, "roles/iam.serviceaccount") && !strings.HasSuffix(n, "viewer"), strings.HasSuffix(n, "securityadmin"):
		return review.Admin, "the role " + name + " administers, or can act as others"
	case n == "roles/editor", strings.HasSuffix(n, "editor"), strings.HasSuffix(n, "writer"), strings.HasSuffix(n, "creator"), strings.HasSuffix(n, "developer"):
		return review.Write, "the role " + name + " writes"
	case n == "roles/viewer", strings.HasSuffix(n, "viewer"), strings.HasSuffix(n, "reader"), strings.HasSuffix(n, "browser"):
		return review.Read, "the role " + name + " reads"
	}
	return review.UnknownPrivilege, ""
}
