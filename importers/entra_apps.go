package importers

import (
	"strings"

	"tickmark/review"
)

var entraAppRoles = &format{
	FormatInfo: FormatInfo{
		ID: "entra-app-role-assignments", Title: "Microsoft Entra ID app role assignments", Mark: "S",
		Steps: []string{
			"Sign in to Microsoft Graph PowerShell with Application.Read.All.",
			"Run the command below: it lists who was assigned to each enterprise application, and which application permissions each one holds.",
			"An export of one application's own permissions names no principal: give it with --identity when you import.",
		},
		Command: `Get-MgServicePrincipal -All | ForEach-Object { Get-MgServicePrincipalAppRoleAssignedTo -ServicePrincipalId $_.Id -All } | ConvertTo-Json -Depth 3 > app-roles.json`,
		Gaps:    []string{"the names of app roles, which are ids here", "delegated permissions: add entra-oauth2-grants"},
	},
	version: 1,
	shapes: []shape{{csv: true, json: true, need: []string{"approleid", "resourcedisplayname"}, known: []string{"id", "principalid", "principaldisplayname", "principaltype",
		"resourceid", "createddatetime", "roledisplayname", "applicationappid"}}},
	start: func(x *run) mapper {
		x.defaults("entra")
		who, name, typ := x.bound("account", "principalid"), x.bound("display_name", "principaldisplayname"), x.bound("type", "principaltype")
		role, roleName := x.bound("entitlement", "approleid"), x.col("roledisplayname", "approlename", "approledisplayname")
		resource, resourceName := x.bound("resource", "resourceid"), x.bound("resource_name", "resourcedisplayname")
		created := x.date(pastTime, review.Unknown, "createddatetime", "creationtimestamp")
		if !x.plan.hasAny("principalid") && !x.needs("needs-identity", "--identity NAME", x.o.Identity, "who holds the app roles") {
			return mapper{}
		}
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(who)), Login: r.text(name), DisplayName: r.text(name), Kind: azureKind(r.text(typ))}
			if a.NativeID == "" {
				if x.o.Identity == "" {
					r.reject("missing-identity", who, "the id of a principal", "export the assignments again, or name the principal with --identity")
					return
				}
				a.NativeID, a.Login, a.Kind = loginKey(x.o.Identity), x.o.Identity, review.Service
			}
			x.account(&a)
			g := review.Grant{Account: a.NativeID, Entitlement: named(lower(r.text(role)), r.text(roleName), "role"), Granted: r.time(created)}
			if strings.Trim(g.Entitlement.NativeID, "0-") == "" && g.Entitlement.NativeID != "" {
				g.Entitlement.Name = "default access"
			}
			g.Resource = review.Resource{NativeID: lower(r.text(resource)), Name: r.text(resourceName), Kind: "application"}
			if g.Resource.NativeID == "" {
				g.Resource.NativeID = g.Resource.Name
			}
			g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = graphPrivilege(g.Entitlement.Name)
			x.grant(&g)
		}}
	},
}

// graphPrivilege judges an application permission by its name.
func graphPrivilege(name string) (review.Privilege, string) {
	n := lower(name)
	switch {
	case strings.HasPrefix(n, "rolemanagement.readwrite"), strings.HasPrefix(n, "approleassignment.readwrite"), strings.HasPrefix(n, "application.readwrite.all"),
		strings.HasPrefix(n, "directory.readwrite"), strings.HasPrefix(n, "privilegedaccess.readwrite"), strings.Contains(n, "fullcontrol"), strings.Contains(n, "full_access"):
		return review.Admin, "a permission that can raise its own rights or reads and writes everything"
	case strings.Contains(n, "write"), strings.Contains(n, ".send"), strings.Contains(n, "manage"):
		return review.Write, "a permission that writes"
	case strings.Contains(n, ".read"):
		return review.Read, "a permission that reads"
	}
	return review.UnknownPrivilege, ""
}

var entraOAuth2Grants = &format{
	FormatInfo: FormatInfo{
		ID: "entra-oauth2-grants", Title: "Microsoft Entra ID delegated permissions (OAuth2 grants)", Mark: "D",
		Steps: []string{
			"Sign in to Microsoft Graph PowerShell with Directory.Read.All.",
			"Run the command below; it lists what applications may do on behalf of one user or of all.",
		},
		Command: `Get-MgOauth2PermissionGrant -All | ConvertTo-Json > oauth2-grants.json`,
		Gaps:    []string{"the names of clients and resources, which are ids here: add entra-service-principals", "when a grant was last used"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"clientid", "consenttype", "scope", "resourceid"}, known: []string{"id", "principalid", "expirytime", "starttime"}}},
	start: func(x *run) mapper {
		x.defaults("entra")
		client, consent, scope := x.bound("account", "clientid"), x.col("consenttype"), x.bound("entitlement", "scope")
		resource, principal := x.bound("resource", "resourceid"), x.col("principalid")
		start, end := x.date(pastTime, review.Unknown, "starttime"), x.date(endTime, review.NotApplicable, "expirytime")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(client)), Login: r.text(client), Kind: review.Service, Unresolved: true}
			if a.NativeID == "" {
				r.reject("missing-identity", client, "the id of a client", "export the grants again")
				return
			}
			x.account(&a)
			scopes := strings.Fields(r.text(scope))
			if len(scopes) > maxValues {
				r.refuse("cell-too-large", scope, "at most 10000 scopes were expected, more were found; export the grants again")
				return
			}
			behalf := lower(r.text(principal))
			for _, s := range scopes {
				g := review.Grant{Account: a.NativeID, Entitlement: named(s, s, "permission"), Granted: r.time(start), Expires: r.time(end)}
				g.Resource = review.Resource{NativeID: lower(r.text(resource)), Kind: "application"}
				g.Level = "on behalf of every user of the tenant"
				if behalf != "" && norm(r.text(consent)) != "allprincipals" {
					g.Resource.NativeID += "/on-behalf-of/" + behalf
					g.Level = "on behalf of " + behalf
				}
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = graphPrivilege(s)
				x.grant(&g)
			}
		}}
	},
}

var entraServicePrincipals = &format{
	FormatInfo: FormatInfo{
		ID: "entra-service-principals", Title: "Microsoft Entra ID service principals and applications", Mark: "S",
		Steps: []string{
			"Sign in to Microsoft Graph PowerShell with Application.Read.All.",
			"Run the command below; it lists service principals with the dates of their keys and secrets (never the secrets).",
			"Get-MgApplication gives the same for app registrations, which hold most secrets.",
		},
		Command: `Get-MgServicePrincipal -All | ConvertTo-Json -Depth 4 > service-principals.json`,
		Gaps:    []string{"what they may do: add entra-app-role-assignments, entra-oauth2-grants and azure-role-assignments", "who owns them: add an owners file"},
	},
	version: 1, facts: []string{"passwordcredentials", "tokenencryptionkeyid", "preferredtokensigningkeythumbprint"},
	shapes: []shape{{json: true, need: []string{"appid", "keycredentials"}, known: []string{"id", "displayname", "passwordcredentials", "serviceprincipaltype", "accountenabled",
		"appownerorganizationid", "createddatetime", "signinaudience", "federatedcredentials", "publishername"}}},
	start: func(x *run) mapper {
		x.defaults("entra")
		id, app, name := x.col("id", "objectid"), x.col("appid"), x.col("displayname")
		typ, enabled := x.col("serviceprincipaltype"), x.col("accountenabled")
		created := x.date(pastTime, review.Unknown, "createddatetime")
		start, end := x.date(pastTime, review.Unknown, "startdatetime"), x.date(endTime, review.NotApplicable, "enddatetime")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: lower(r.id(id)), Login: r.text(app), DisplayName: r.text(name), Kind: review.Service, Status: activeWhen(r.tri(enabled)), Created: r.time(created)}
			if a.NativeID == "" {
				a.NativeID = lower(a.Login)
			}
			if a.NativeID == "" {
				r.reject("missing-identity", app, "the id of an application", "export the service principals again")
				return
			}
			if norm(r.text(typ)) == "managedidentity" {
				a.Kind = review.Workload
			}
			a.Attributes = map[string]string{"app_id": a.Login}
			for _, list := range [...]struct{ key, kind string }{{"keycredentials", "certificate"}, {"passwordcredentials", "secret"}} {
				r.items(r.v.get(list.key), func(c val) {
					k := review.Credential{NativeID: c.get("keyid").text(), Kind: list.kind, Status: "active", Created: r.timeOf(start, c.get("startdatetime")), Expires: r.timeOf(end, c.get("enddatetime"))}
					if k.Expires.IsKnown() && !x.cal.now.IsZero() && k.Expires.At.Before(x.cal.now) {
						k.Status = "expired"
					}
					a.Credentials = append(a.Credentials, k)
				})
			}
			x.account(&a)
		}}
	},
}
