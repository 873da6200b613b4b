package review

import (
	"regexp"
	"strings"
)

// kubernetesRemedy takes a subject out of every binding of a role in one place. An export of bindings names no binding for a
// grant, because several may give the same, so all of them are asked.
func kubernetesRemedy(a Access) Remedy {
	subjectKind, name, ok := strings.Cut(a.Account, "/")
	roleKind, role, ok2 := strings.Cut(a.Entitlement, "/")
	if !ok || !ok2 {
		return manual("subject and role are needed as kind and name, such as User/ann and ClusterRole/admin")
	}
	space := ""
	if subjectKind == "ServiceAccount" {
		if space, name, ok = strings.Cut(name, "/"); !ok {
			return manual("a service account is named with its namespace")
		}
	}
	list := "kubectl get clusterrolebindings --output=json"
	switch namespace, ok := strings.CutPrefix(a.Resource, "namespace/"); {
	case ok:
		list = command("kubectl get rolebindings", flag("namespace", namespace), "--output=json")
	case a.Resource != "cluster" && a.Resource != "":
		return manual("%s is neither the cluster nor a namespace", Safe(a.Resource))
	}
	const program = `'def mine: .kind == $kind and .name == $name and (.namespace // "") == $space; ` +
		`.items[] | select(.roleRef.kind == $rolekind and .roleRef.name == $role and any(.subjects[]?; mine)) | .subjects |= map(select(mine | not))'`
	edit := command("jq", "--arg kind", sh(subjectKind), "--arg name", sh(name), "--arg space", sh(space), "--arg rolekind", sh(roleKind),
		"--arg role", sh(role), program)
	r := commands(list + " |\n  " + edit + " |\n  kubectl replace --filename=-")
	r.Notes = []string{"needs jq; kubectl says that no objects were passed where no binding names the subject any more"}
	return r
}

// githubRemedy follows the GitHub REST API through gh: repository collaborators and organization memberships.
func githubRemedy(a Access) Remedy {
	login := a.Account
	if login == "" {
		login = a.Login
	}
	if owner, repo, ok := strings.Cut(a.Resource, "/"); ok {
		if climbs(owner, repo, login) || strings.Contains(repo, "/") {
			return manual("%s is no OWNER/REPO", Safe(a.Resource))
		}
		return commands(command("gh api --method=DELETE", sh("/repos/"+pathPart(owner)+"/"+pathPart(repo)+"/collaborators/"+pathPart(login))))
	}
	if a.ResourceKind == "enterprise" {
		return manual("the role %s is changed in the settings of the enterprise", Safe(a.Entitlement))
	}
	org, role := a.Resource, a.Entitlement
	if i := strings.LastIndexByte(a.Entitlement, ':'); i > 0 {
		org, role = a.Entitlement[:i], a.Entitlement[i+1:]
	}
	if climbs(org, login) {
		return manual("the export does not say in which organization")
	}
	membership := sh("/orgs/" + pathPart(org) + "/memberships/" + pathPart(login))
	if strings.EqualFold(role, "owner") {
		r := commands(command("gh api --method=PUT", membership, "--raw-field=role=member"))
		r.Notes = []string{"the person stays a member; to remove them: gh api --method=DELETE " + membership}
		return r
	}
	if strings.EqualFold(role, "member") {
		return commands(command("gh api --method=DELETE", membership))
	}
	return manual("the role %s is changed in the organization's settings", Safe(role))
}

// oktaRemedy follows the Okta management API: group members, application users, administrator roles.
func oktaRemedy(a Access) Remedy {
	if climbs(a.Account, a.Entitlement) {
		return manual("user and group, application or role are needed")
	}
	call := func(method, path string) string {
		return command("curl --fail --silent --show-error --request", method, `--header "Authorization: SSWS ${OKTA_API_TOKEN:?}"`, `"${OKTA_ORG_URL:?}"`+sh(path))
	}
	user := pathPart(a.Account)
	r := Remedy{Notes: []string{"set OKTA_ORG_URL (https://ORG.okta.com) and OKTA_API_TOKEN first"}}
	// Addresses take ids, and a report that names people and applications has none: 00u is a user, 00g a group, 0oa an application.
	holder := map[string]string{"00u": "users", "00g": "groups"}[a.Account[:min(3, len(a.Account))]]
	if holder == "" {
		return manual("the export names %s, and the interface takes ids: find the user's", Safe(a.Account))
	}
	switch {
	case strings.HasPrefix(a.Entitlement, "00g") && holder == "users":
		r.Commands = []string{call("DELETE", "/api/v1/groups/"+pathPart(a.Entitlement)+"/users/"+user)}
	case strings.HasPrefix(a.Entitlement, "0oa"):
		r.Commands = []string{call("DELETE", "/api/v1/apps/"+pathPart(a.Entitlement)+"/"+holder+"/"+user)}
	case a.EntKind == "license" || a.EntKind == "group" || a.EntKind == "membership":
		return manual("the export names %s, and the interface takes ids: find it", Safe(a.Entitlement))
	case a.EntKind == "role" || strings.HasSuffix(a.Entitlement, "_ADMIN"):
		roles := "/api/v1/" + holder + "/" + user + "/roles"
		pick := command("jq --raw-output --arg role", sh(a.Entitlement), `'.[] | select(.type == $role or .role == $role or .id == $role) | .id'`)
		r.Commands = []string{call("GET", roles) + " |\n  " + pick + " |\n  while IFS= read -r id; do " + call("DELETE", roles+"/") + `"$id"; done`}
		r.Notes = append(r.Notes, "needs jq, which finds the id of the assignment")
	default:
		return manual("it is not known whether %s is a group, an application or a role", Safe(a.Entitlement))
	}
	return r
}

// postgresRemedy follows REVOKE and ALTER ROLE of PostgreSQL.
func postgresRemedy(a Access) Remedy {
	if a.Account == "" || a.Entitlement == "" {
		return manual("role and member are needed")
	}
	attribute := map[string]string{"superuser": "NOSUPERUSER", "createrole": "NOCREATEROLE", "createdb": "NOCREATEDB", "replication": "NOREPLICATION",
		"bypassrls": "NOBYPASSRLS", "login": "NOLOGIN"}[strings.ToLower(a.Entitlement)]
	statement := "REVOKE " + sqlName(a.Entitlement) + " FROM " + sqlName(a.Account)
	switch {
	case attribute != "":
		statement = "ALTER ROLE " + sqlName(a.Account) + " " + attribute
	case a.EntKind == "permission" || a.EntKind == "privilege":
		return manual("REVOKE the privilege %s on %s from %s", Safe(a.Entitlement), Safe(a.Resource), Safe(a.Account))
	}
	return commands(command("psql --no-psqlrc --set=ON_ERROR_STOP=1", flag("command", statement)))
}

// snowflakeObject is a name as SHOW GRANTS prints it: up to three identifiers, quoted where they need it.
const snowflakeObject = `^(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)(?:\.(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)){0,3}$`

// snowflakeRemedy follows REVOKE ROLE and REVOKE privilege of Snowflake.
func snowflakeRemedy(a Access) Remedy {
	if a.Account == "" || a.Entitlement == "" {
		return manual("role and grantee are needed")
	}
	// The importer names a grantee by kind and name, USER/ANN; without the kind, what it knows of the account must do.
	kind, name, ok := strings.Cut(a.Account, "/")
	kind = strings.ReplaceAll(strings.ToUpper(kind), "_", " ")
	if !ok || kind != "USER" && kind != "ROLE" && kind != "DATABASE ROLE" && kind != "APPLICATION ROLE" {
		kind, name = "", a.Account
		switch a.AccountKind {
		case Group:
			kind = "ROLE"
		case Human, Service, External:
			kind = "USER"
		}
	}
	if kind == "" || name == "" {
		return manual("it is not known whether %s is a user or a role", Safe(a.Account))
	}
	grantee := kind + " " + sqlName(name)
	if kind != "USER" && kind != "ROLE" { // named within a database or an application
		if !regexp.MustCompile(snowflakeObject).MatchString(name) {
			return manual("REVOKE %s from the %s %s", Safe(a.Entitlement), strings.ToLower(kind), Safe(name))
		}
		grantee = kind + " " + name
	}
	run := func(statement string) Remedy {
		if strings.ContainsAny(statement, "&{") || strings.Contains(statement, "<%") { // what the command would fill in as a template
			return commands(command("snow sql --enable-templating=NONE", flag("query", statement)))
		}
		return commands(command("snow sql", flag("query", statement)))
	}
	if a.Resource == "" {
		return run("REVOKE ROLE " + sqlName(a.Entitlement) + " FROM " + grantee)
	}
	words := func(s string) bool { return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_ ") == "" }
	on, object, ok := strings.Cut(a.Resource, "/")
	if !ok {
		on, object = a.ResourceKind, a.Resource
	}
	privilege := strings.ToUpper(a.Entitlement)
	on = strings.ReplaceAll(strings.ToUpper(on), "_", " ")
	switch {
	case kind == "USER" || !words(privilege) || !words(on):
	case privilege == "OWNERSHIP":
		return manual("ownership cannot be revoked, only passed on: GRANT OWNERSHIP ON %s %s TO another role", on, Safe(object))
	case on == "ACCOUNT":
		return run("REVOKE " + privilege + " ON ACCOUNT FROM " + grantee)
	case regexp.MustCompile(snowflakeObject).MatchString(object):
		return run("REVOKE " + privilege + " ON " + on + " " + object + " FROM " + grantee)
	}
	return manual("REVOKE %s on %s from %s", Safe(a.Entitlement), Safe(a.Resource), Safe(a.Account))
}
