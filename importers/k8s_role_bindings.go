package importers

import (
	"strings"

	"tickmark/review"
)

var k8sRoleBindings = &format{
	FormatInfo: FormatInfo{
		ID: "k8s-role-bindings", Title: "Kubernetes role bindings and cluster role bindings", Mark: "S",
		Steps: []string{
			"Choose the cluster: kubectl config use-context NAME.",
			"Print both kinds of bindings of all namespaces as JSON with the command below; it needs permission to list them.",
			"Name the cluster when you import: --system kubernetes --instance NAME.",
		},
		Command: "kubectl get clusterrolebindings,rolebindings --all-namespaces -o json > bindings.json",
		Gaps: []string{
			"who is in a group: the identity provider or the client certificates know",
			"what a role allows: add the roles' rules by hand where it matters",
			"when access was last used: audit logs know",
		},
	},
	version: 1,
	shapes: []shape{
		{json: true, need: []string{"roleref"}, known: []string{"kind", "apiversion", "metadata", "metadata.name", "metadata.namespace", "metadata.creationtimestamp",
			"metadata.labels", "subjects", "subjects.kind", "subjects.name", "subjects.namespace", "roleref.kind", "roleref.name", "roleref.apigroup"}, check: isBinding},
		{json: true, top: []string{"items", "kind"}, check: isBindingList},
	},
	start: startK8sRoleBindings,
}

// isBinding looks at the kind of the first record, which a list may leave out.
func isBinding(p *probe) bool {
	k := p.text("kind")
	return k == "" || k == "RoleBinding" || k == "ClusterRoleBinding" || p.paths["subjects"]
}

// isBindingList recognises lists of one kind also when they are empty.
func isBindingList(p *probe) bool {
	switch p.outline.objs[0].text("kind") {
	case "RoleBindingList", "ClusterRoleBindingList":
		return true
	}
	return false
}

func startK8sRoleBindings(x *run) mapper {
	x.defaults("kubernetes")
	created := x.date(pastTime, review.Unknown, "metadata.creationtimestamp")
	listed := ""
	if o := x.plan.outline; len(o.objs) > 0 {
		listed = strings.TrimSuffix(o.objs[0].text("kind"), "List")
	}
	return mapper{each: func(r *row) {
		kind := r.v.get("kind").text()
		if kind == "" {
			kind = listed
		}
		role := r.v.get("roleref")
		if kind != "RoleBinding" && kind != "ClusterRoleBinding" || role.get("name").text() == "" {
			r.refuse("unknown-resource", col{label: "kind"}, "a RoleBinding or ClusterRoleBinding with a roleRef was expected, "+review.Quote(kind)+" was found; export bindings only")
			return
		}
		g := review.Grant{Granted: r.time(created)}
		g.Entitlement = review.Entitlement{NativeID: role.get("kind").str() + "/" + role.get("name").str(), Name: role.get("name").str(), Kind: "role"}
		g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = k8sPrivilege(role.get("name").str())
		space := r.v.get("metadata", "namespace").str()
		if kind == "ClusterRoleBinding" {
			g.Resource = review.Resource{NativeID: "cluster", Name: "whole cluster", Kind: "cluster"}
		} else {
			g.Resource = review.Resource{NativeID: "namespace/" + space, Name: space, Kind: "namespace"}
		}
		if r.v.get("metadata", "labels", "kubernetesiobootstrapping").str() == "rbac-defaults" {
			g.Irrevocable = "a default binding that the cluster restores when it is removed"
		}
		subjects := r.v.get("subjects")
		if subjects.first().kind() == 0 {
			x.warn("binding-without-subjects")
			return
		}
		nameless := 0
		r.items(subjects, func(s val) {
			a, ok := k8sSubject(s, space)
			if !ok {
				nameless++
				return
			}
			x.account(&a)
			one := g
			one.Account = a.NativeID
			if a.Kind == review.Public {
				x.warn("public-principal")
			}
			x.grant(&one)
		})
		switch {
		case nameless > 0 && r.made == 0:
			r.refuse("missing-identity", col{label: "/subjects"}, "subjects with a kind and a name were expected, none was found; mend the binding")
		case nameless > 0:
			x.warn("missing-identity")
		}
	}}
}

// k8sSubject is the account a subject names. Names are case-sensitive; a service account belongs to a namespace.
func k8sSubject(s val, bindingSpace string) (review.Account, bool) {
	kind, name := s.get("kind").str(), s.get("name").str()
	a := review.Account{Login: name, Status: review.UnknownStatus}
	if name == "" {
		return a, false
	}
	switch kind {
	case "User":
		a.Kind = review.Human
		if strings.HasPrefix(name, "system:") {
			a.Kind = review.System
		}
		if looksLikeEmail(name) {
			a.Emails = []string{name}
		}
	case "Group":
		a.Kind = review.Group
		if name == "system:unauthenticated" || name == "system:authenticated" {
			a.Kind = review.Public
		}
	case "ServiceAccount":
		space := s.get("namespace").str()
		if space == "" {
			space = bindingSpace
		}
		a.Kind, a.Login = review.Workload, "system:serviceaccount:"+space+":"+name
		name = space + "/" + name
	default:
		return a, false
	}
	a.NativeID = kind + "/" + name
	return a, true
}

func k8sPrivilege(role string) (review.Privilege, string) {
	switch role {
	case "cluster-admin", "admin", "system:master", "system:masters":
		return review.Admin, "the role " + role + " allows everything in its scope"
	case "edit":
		return review.Write, "the role edit changes workloads and secrets"
	case "view":
		return review.Read, "the role view reads"
	}
	return review.UnknownPrivilege, ""
}
