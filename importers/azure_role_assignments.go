package importers

import (
	"strings"

	"tickmark/review"
)

var azureRoleAssignments = &format{
	FormatInfo: FormatInfo{
		ID: "azure-role-assignments", Title: "Azure role assignments (RBAC)", Mark: "S",
		Steps: []string{
			"Sign in with az login as somebody who may read role assignments at the scope you review, and who may read the directory, so that principals have names.",
			"Run the command below once for each subscription, or at a management group with --scope /providers/Microsoft.Management/managementGroups/NAME.",
			"Without --all only assignments at the subscription itself are listed; without --include-inherited those made above it are missing.",
			"PowerShell does the same: Get-AzRoleAssignment | ConvertTo-Json, or | Export-Csv.",
		},
		Command: "az role assignment list --all --include-inherited -o json > role-assignments.json",
		Gaps: []string{
			"who is in the groups: add a directory export such as entra-users",
			"eligible assignments of Privileged Identity Management: add entra-role-assignments or the PIM export",
			"whether every subscription was listed: declare it with --completeness",
		},
	},
	version: 1,
	shapes: []shape{{csv: true, json: true, need: []string{"scope"},
		any: [][]string{{"roledefinitionname", "roledefinitionid"}, {"principaltype", "objecttype", "principalid", "objectid"}},
		known: []string{"principalname", "signinname", "displayname", "condition", "conditionversion", "createdby", "createdon", "updatedby", "updatedon",
			"id", "name", "roleassignmentid", "roleassignmentname", "candelegate", "description", "delegatedmanagedidentityresourceid", "type"}}},
	start: startAzureRoleAssignments,
}

// azureAdmin are the roles that can give themselves anything in their scope.
var azureAdmin = map[string]bool{"owner": true, "contributor": true, "useraccessadministrator": true, "rolebasedaccesscontroladministrator": true}

func startAzureRoleAssignments(x *run) mapper {
	x.defaults("azure")
	id, login, name := x.bound("account", "principalid", "objectid"), x.bound("login", "principalname", "signinname"), x.bound("display_name", "displayname")
	kind := x.bound("type", "principaltype", "objecttype")
	role, roleID := x.bound("entitlement", "roledefinitionname"), x.col("roledefinitionid")
	scope, condition, by := x.bound("resource", "scope"), x.col("condition"), x.col("createdby")
	on := x.date(pastTime, review.Unknown, "createdon")
	subscriptions := map[string]bool{}
	return mapper{each: func(r *row) {
		native := lower(r.id(id))
		if native == "" {
			r.reject("missing-identity", id, "the id of a principal", "list the assignments again; one whose principal was deleted keeps its id")
			return
		}
		a := review.Account{NativeID: native, Login: r.text(login), DisplayName: r.text(name), Kind: azureKind(r.text(kind))}
		if strings.Contains(a.Login, "#EXT#") {
			a.Kind, a.External = review.External, review.Yes
		}
		if looksLikeEmail(a.Login) && a.Kind != review.Group {
			a.Emails = []string{a.Login}
		}
		if a.Login == "" && a.DisplayName == "" {
			a.Unresolved = true
			x.warn("unresolved-principal-names")
		}
		x.account(&a)
		g := review.Grant{Account: native, GrantedBy: r.text(by), Granted: r.time(on), Condition: r.text(condition)}
		g.Entitlement = review.Entitlement{NativeID: lower(lastPart(r.text(roleID))), Name: r.text(role), Kind: "role"}
		if g.Entitlement.Name == "" {
			x.warn("unresolved-role-names")
		}
		if g.Entitlement.NativeID == "" {
			g.Entitlement.NativeID = g.Entitlement.Name
		}
		where := lower(strings.TrimSpace(r.str(scope)))
		g.Resource = review.Resource{NativeID: where, Name: where, Kind: azureScope(where)}
		g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = azurePrivilege(g.Entitlement.Name, g.Resource.Kind)
		if g.Resource.Kind == "root" || g.Resource.Kind == "management-group" {
			subscriptions[where] = true
		} else if parts := strings.SplitN(where, "/", 4); len(parts) > 2 && len(subscriptions) < 2 {
			subscriptions[parts[2]] = true
		}
		x.grant(&g)
	}, done: func() {
		if len(subscriptions) == 1 {
			for s := range subscriptions {
				x.notes = append(x.notes, "all assignments lie in one scope, "+review.Safe(s)+": other subscriptions need exports of their own")
			}
		}
	}}
}

func azureKind(s string) review.Kind {
	switch norm(s) {
	case "user":
		return review.Human
	case "group", "foreigngroup":
		return review.Group
	case "serviceprincipal":
		return review.Service
	}
	return review.UnknownKind
}

// azureScope tells how wide a scope is.
func azureScope(s string) string {
	switch {
	case s == "/":
		return "root"
	case strings.HasPrefix(s, "/providers/microsoft.management/managementgroups/"):
		return "management-group"
	case !strings.HasPrefix(s, "/subscriptions/"):
		return "resource"
	}
	switch strings.Count(strings.TrimRight(s, "/"), "/") {
	case 2:
		return "subscription"
	case 4:
		if strings.Contains(s, "/resourcegroups/") {
			return "resource-group"
		}
	}
	return "resource"
}

func azurePrivilege(role, scope string) (review.Privilege, string) {
	switch n := norm(role); {
	case n == "":
		return review.UnknownPrivilege, ""
	case azureAdmin[n] && (scope == "root" || scope == "management-group" || scope == "subscription"):
		return review.Admin, role + " at a " + scope + " scope"
	case azureAdmin[n]:
		return review.Write, role + " below a subscription"
	case n == "reader" || strings.HasSuffix(n, "reader"):
		return review.Read, "a reader role"
	}
	return review.UnknownPrivilege, ""
}
