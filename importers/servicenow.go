package importers

import (
	"tickmark/review"
)

var servicenowRoles = &format{
	FormatInfo: FormatInfo{
		ID: "servicenow-roles", Title: "ServiceNow user roles (sys_user_has_role)", Mark: "U",
		Steps: []string{
			"Open the list sys_user_has_role.list as somebody with the role admin or user_admin; show the columns User, Role, Inherited, State, Granted by.",
			"Right-click a column heading, Export, CSV or JSON. Or use the table API with the command below (10,000 records an answer at most).",
		},
		Command: `curl -su USER "https://INSTANCE.service-now.com/api/now/table/sys_user_has_role?sysparm_display_value=all&sysparm_fields=user,role,inherited,state,granted_by" > roles.json`,
		Gaps:    []string{"which users are active: export sys_user", "whether all records were fetched: the answer does not say"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"user", "role", "inherited"}, known: []string{"state", "grantedby", "syscreatedon", "sysid", "includedinrole", "includedinroleinstance"}}},
	start: func(x *run) mapper {
		x.defaults("servicenow")
		user, userID := x.bound("account", "user", "user.displayvalue", "user.value"), x.col("user.value", "user.link")
		held, heldID := x.bound("entitlement", "role", "role.displayvalue", "role.value"), x.col("role.value")
		inherited, state, by := x.bound("path", "inherited", "inherited.value", "inherited.displayvalue"), x.col("state", "state.value"), x.col("grantedby", "grantedby.displayvalue")
		created := x.date(pastTime, review.Unknown, "syscreatedon", "syscreatedon.value")
		return mapper{each: func(r *row) {
			name := servicenowText(r, user)
			id := lastPart(r.text(userID))
			if id == "" {
				id = loginKey(name)
			}
			if id == "" {
				r.reject("missing-identity", user, "a user", "export the list again")
				return
			}
			a := review.Account{NativeID: id, Login: name, DisplayName: name, Kind: review.UnknownKind}
			if looksLikeEmail(name) {
				a.Emails = emails(name)
			}
			if name == "" {
				a.Unresolved = true
				x.warn("unresolved-principal-names")
			}
			x.account(&a)
			title := servicenowText(r, held)
			rid := r.text(heldID)
			fill(&rid, title)
			if rid == "" {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(rid, title, "role"), Granted: r.time(created), GrantedBy: servicenowText(r, by)}
			switch g.Entitlement.Name {
			case "admin", "security_admin", "user_admin", "impersonator", "maint":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "the role "+g.Entitlement.Name+" administers the instance"
			}
			if r.isTrue(inherited) || parseTri(servicenowText(r, inherited)) == review.Yes {
				g.How, g.Irrevocable = "inherited", "comes with another role or a group: revoke that"
			}
			if s := lower(servicenowText(r, state)); s == "requested" || s == "pending" {
				g.State = "pending"
			}
			x.grant(&g)
		}}
	},
}

// servicenowText reads a value that may be an object with a display value.
func servicenowText(r *row, c col) string {
	if s := r.text(c); s != "" || r.cells != nil {
		return s
	}
	v := r.val(c)
	if s := v.get("displayvalue").text(); s != "" {
		return s
	}
	return v.get("value").text()
}
