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

// A name as Snowflake prints it: identifiers joined by dots, quoted where they need it.
const (
	snowflakeIdentifier = `(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)`
	snowflakeObject     = `^` + snowflakeIdentifier + `(?:\.` + snowflakeIdentifier + `){0,3}$`
	snowflakeScoped     = `^` + snowflakeIdentifier + `\.` + snowflakeIdentifier + `$` // a database role or an application role
)

// snowflakePath is a dotted name for SQL, if it is one. SHOW quotes whatever is not upper case and ACCOUNT_USAGE quotes nothing, so
// an identifier in lower case has to be quoted here: bare, it would name another object.
func snowflakePath(form, name string) (string, bool) {
	if !regexp.MustCompile(form).MatchString(name) {
		return "", false
	}
	return regexp.MustCompile(snowflakeIdentifier).ReplaceAllStringFunc(name, func(id string) string {
		if id[0] != '"' && strings.ToUpper(id) != id {
			return sqlName(id)
		}
		return id
	}), true
}

// snowflakeRemedy follows REVOKE ROLE, REVOKE DATABASE ROLE, REVOKE APPLICATION ROLE and REVOKE privileges FROM ROLE, FROM
// APPLICATION ROLE and FROM APPLICATION of Snowflake.
func snowflakeRemedy(a Access) Remedy {
	if a.Account == "" || a.Entitlement == "" {
		return manual("role and grantee are needed")
	}
	// The importer names a grantee by kind and name, USER/ANN; without the kind, what it knows of the account must do.
	kind, name, ok := strings.Cut(a.Account, "/")
	kind = strings.ReplaceAll(strings.ToUpper(kind), "_", " ")
	if !ok || kind != "USER" && kind != "ROLE" && kind != "DATABASE ROLE" && kind != "APPLICATION ROLE" && kind != "APPLICATION" {
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
	if kind == "DATABASE ROLE" || kind == "APPLICATION ROLE" { // named within a database or an application
		path, ok := snowflakePath(snowflakeScoped, name)
		if !ok {
			return manual("REVOKE %s from the %s %s", Safe(a.Entitlement), strings.ToLower(kind), Safe(name))
		}
		grantee = kind + " " + path
	}
	if a.Resource == "" {
		return snowflakeRole(a.Entitlement, kind, grantee)
	}
	words := func(s string) bool { return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_ ") == "" }
	on, object, ok := strings.Cut(a.Resource, "/")
	if !ok {
		on, object = a.ResourceKind, a.Resource
	}
	privilege := strings.ToUpper(a.Entitlement)
	on = strings.ReplaceAll(strings.ToUpper(on), "_", " ")
	path, named := snowflakePath(snowflakeObject, object)
	switch {
	case kind == "USER" || !words(privilege) || !words(on):
	case privilege == "OWNERSHIP":
		return manual("ownership cannot be revoked, only passed on: GRANT OWNERSHIP ON %s %s TO another role", on, Safe(object))
	case privilege == "USAGE" && on == "ROLE": // how GRANTS_TO_ROLES lists a role inside a role
		return snowflakeAccountRole(object, kind, grantee)
	case privilege == "USAGE" && on == "DATABASE ROLE":
		return snowflakeDatabaseRole(object, kind, grantee)
	case privilege == "USAGE" && on == "APPLICATION ROLE":
		return snowflakeApplicationRole(object, kind, grantee)
	case on == "APPLICATION ROLE":
	case on == "ACCOUNT":
		return snowflakeSQL("REVOKE " + privilege + " ON ACCOUNT FROM " + grantee)
	case named:
		return snowflakeSQL("REVOKE " + privilege + " ON " + on + " " + path + " FROM " + grantee)
	}
	return manual("REVOKE %s on %s from %s", Safe(a.Entitlement), Safe(a.Resource), Safe(a.Account))
}

// snowflakeRole takes a role from who holds it. SHOW GRANTS OF DATABASE ROLE names the role within its database; a dot in the name
// of an account role is rare and looks the same, so the note tells of it.
func snowflakeRole(role, kind, grantee string) Remedy {
	if !regexp.MustCompile(snowflakeScoped).MatchString(role) {
		return snowflakeAccountRole(role, kind, grantee)
	}
	r := snowflakeDatabaseRole(role, kind, grantee)
	if r.Manual == "" {
		r.Notes = append(r.Notes, "the name holds a dot, so it is taken for a database role; were it a role of the account: REVOKE ROLE "+sqlName(role))
	}
	return r
}

func snowflakeAccountRole(role, kind, grantee string) Remedy {
	if kind != "USER" && kind != "ROLE" {
		return manual("REVOKE ROLE takes a role from users and roles alone: %s from %s", Safe(role), Safe(grantee))
	}
	return snowflakeSQL("REVOKE ROLE " + sqlName(role) + " FROM " + grantee)
}

// snowflakeApplicationRole takes a role of an application from who holds it; among its own roles only the application can.
func snowflakeApplicationRole(role, kind, grantee string) Remedy {
	path, ok := snowflakePath(snowflakeScoped, role)
	if !ok {
		return manual("the export does not name the application of the application role %s: REVOKE it from %s", Safe(role), Safe(grantee))
	}
	if kind != "ROLE" && kind != "APPLICATION" {
		return manual("REVOKE APPLICATION ROLE takes a role from roles of the account and from applications: %s from %s", Safe(role), Safe(grantee))
	}
	return snowflakeSQL("REVOKE APPLICATION ROLE " + path + " FROM " + grantee)
}

func snowflakeDatabaseRole(role, kind, grantee string) Remedy {
	path, ok := snowflakePath(snowflakeScoped, role)
	if !ok {
		return manual("the export does not name the database of the database role %s: REVOKE it from %s", Safe(role), Safe(grantee))
	}
	if kind != "ROLE" && kind != "DATABASE ROLE" && kind != "APPLICATION" {
		return manual("REVOKE DATABASE ROLE takes a role from roles of the account, roles of databases and applications: %s from %s", Safe(role), Safe(grantee))
	}
	return snowflakeSQL("REVOKE DATABASE ROLE " + path + " FROM " + grantee)
}

// snowflakeSQL runs one statement. What the command would fill in as a template has to stay what it is.
func snowflakeSQL(statement string) Remedy {
	if strings.ContainsAny(statement, "&{") || strings.Contains(statement, "<%") {
		return commands(command("snow sql --enable-templating=NONE", flag("query", statement)))
	}
	return commands(command("snow sql", flag("query", statement)))
}
