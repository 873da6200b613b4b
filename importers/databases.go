package importers

import (
	"strings"

	"tickmark/review"
)

// grantOption raises a privilege whose holder may pass it on.
func grantOption(e *review.Entitlement, option review.Tri) {
	if option == review.Yes {
		e.Privilege, e.PrivilegeReason = review.Admin, "may be granted on to others"
	}
}

var snowflakeGrants = &format{
	FormatInfo: FormatInfo{
		ID: "snowflake-grants", Title: "Snowflake grants of roles and privileges", Mark: "S",
		Steps: []string{
			"Use the role SECURITYADMIN or ACCOUNTADMIN.",
			"Run SHOW GRANTS OF ROLE name for each role (who holds it), and SHOW GRANTS TO ROLE name (what it may do), or query SNOWFLAKE.ACCOUNT_USAGE.GRANTS_TO_USERS and GRANTS_TO_ROLES where DELETED_ON IS NULL.",
			"Save the result as CSV or JSON, for example with the command below.",
		},
		Command: `snow sql -q "select * from snowflake.account_usage.grants_to_users where deleted_on is null" --format json > grants.json`,
		Gaps:    []string{"which users are disabled and when they signed in: SNOWFLAKE.ACCOUNT_USAGE.USERS knows", "roles inside roles are shown as grants of a role to a role"},
	},
	version: 1,
	shapes: []shape{
		{csv: true, json: true, need: []string{"role", "grantedto", "granteename"}, known: []string{"createdon", "deletedon", "grantedby"}},
		{csv: true, json: true, need: []string{"privilege", "grantedon", "granteename"}, known: []string{"createdon", "deletedon", "modifiedon", "name", "tablecatalog", "tableschema", "grantedto", "grantoption", "grantedby"}},
	},
	start: func(x *run) mapper {
		x.defaults("snowflake")
		who, typ, held, privilege := x.bound("account", "granteename"), x.bound("type", "grantedto"), x.bound("entitlement", "role"), x.bound("entitlement", "privilege")
		on, name, catalog, schema := x.col("grantedon"), x.bound("resource", "name"), x.col("tablecatalog"), x.col("tableschema")
		gone, by, option := x.col("deletedon"), x.col("grantedby"), x.col("grantoption")
		created := x.date(pastTime, review.Unknown, "createdon")
		return mapper{each: func(r *row) {
			if r.text(gone) != "" {
				return // history
			}
			grantee, kind := r.id(who), strings.ToUpper(r.text(typ))
			if grantee == "" {
				r.reject("missing-identity", who, "the name of a grantee", "run the query again")
				return
			}
			a := review.Account{NativeID: kind + "/" + grantee, Login: grantee, Kind: review.UnknownKind}
			switch {
			case strings.Contains(kind, "ROLE"):
				a.Kind = review.Group
			case serviceName(grantee):
				a.Kind, a.KindInferred = review.Service, true
			case looksLikeEmail(grantee):
				a.Kind, a.KindInferred, a.Emails = review.Human, true, emails(grantee)
			}
			if kind == "" {
				a.NativeID = grantee
			}
			x.account(&a)
			g := review.Grant{Account: a.NativeID, Granted: r.time(created), GrantedBy: r.text(by)}
			if held := r.text(held); held != "" {
				g.Entitlement = role(held)
				switch held {
				case "ACCOUNTADMIN", "SECURITYADMIN", "ORGADMIN", "USERADMIN", "SYSADMIN":
					g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "a system role that administers the account"
				}
			} else if p := r.text(privilege); p != "" {
				g.Entitlement = named(p, p, "permission")
				object := r.text(name)
				for _, c := range [...]col{schema, catalog} {
					if s := r.text(c); s != "" {
						object = s + "." + object
					}
				}
				g.Resource = review.Resource{NativeID: r.text(on) + "/" + object, Name: object, Kind: lower(r.text(on))}
				if p == "OWNERSHIP" || p == "MANAGE GRANTS" {
					g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, p+" rules the object"
				}
			} else {
				return
			}
			grantOption(&g.Entitlement, r.tri(option))
			x.grant(&g)
		}}
	},
}

var oracleRolePrivs = &format{
	FormatInfo: FormatInfo{
		ID: "oracle-role-privs", Title: "Oracle Database role grants (DBA_ROLE_PRIVS)", Mark: "D",
		Steps: []string{
			"Connect as somebody who may read DBA_ROLE_PRIVS.",
			"In SQLcl or SQL*Plus: SET MARKUP CSV ON, SET FEEDBACK OFF, SPOOL role-privs.csv, the query below, SPOOL OFF.",
		},
		Command: "SELECT grantee, granted_role, admin_option, delegate_option, default_role FROM dba_role_privs ORDER BY grantee, granted_role;",
		Gaps:    []string{"whether a grantee is a user or a role, and which users are locked: DBA_USERS knows", "system and object privileges: DBA_SYS_PRIVS, DBA_TAB_PRIVS"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"grantee", "grantedrole"}, known: []string{"adminoption", "delegateoption", "defaultrole", "common", "inherited"}}},
	start: func(x *run) mapper {
		x.defaults("oracle")
		who, held, option, inherited := x.bound("account", "grantee"), x.bound("entitlement", "grantedrole"), x.bound("privileged", "adminoption"), x.col("inherited")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.id(who), Login: r.id(who), Kind: review.UnknownKind}
			if a.NativeID == "" {
				r.reject("missing-identity", who, "a grantee", "run the query again")
				return
			}
			switch a.NativeID {
			case "SYS", "SYSTEM", "DBSNMP", "XDB":
				a.Kind, a.Irrevocable = review.System, "an account of the database itself"
			case "PUBLIC":
				a.Kind = review.Public
				x.warn("public-principal")
			}
			x.account(&a)
			name := r.text(held)
			if name == "" {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: role(name), Irrevocable: a.Irrevocable}
			switch name {
			case "DBA", "SYSDBA", "IMP_FULL_DATABASE", "DATAPUMP_IMP_FULL_DATABASE", "EXP_FULL_DATABASE":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, "a role that rules the database"
			}
			grantOption(&g.Entitlement, r.tri(option))
			if r.isTrue(inherited) {
				g.How, g.Irrevocable = "inherited", "granted in the container database: revoke it there"
			}
			x.grant(&g)
		}}
	},
}

var postgresRoles = &format{
	FormatInfo: FormatInfo{
		ID: "postgres-roles", Title: "PostgreSQL roles", Mark: "D",
		Steps: []string{
			"Connect with psql as any user.",
			"Run the command below; pg_roles hides password hashes, pg_authid does not: do not export that one.",
		},
		Command: `psql -c "\copy (SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolvaliduntil FROM pg_roles) TO 'pg-roles.csv' CSV HEADER"`,
		Gaps:    []string{"membership in roles: query pg_auth_members", "privileges on schemas and tables", "when a role last signed in"},
	},
	version: 1, facts: nil,
	shapes: []shape{{csv: true, json: true, need: []string{"rolname"}, known: []string{"oid", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication", "rolbypassrls", "rolconnlimit", "rolvaliduntil", "rolconfig"}}},
	start: func(x *run) mapper {
		x.defaults("postgres")
		name, login, super := x.bound("account", "rolname"), x.bound("type", "rolcanlogin"), x.bound("entitlement", "rolsuper")
		until := x.date(endTime, review.NotApplicable, "rolvaliduntil")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.id(name), Login: r.id(name), Status: review.Active, Kind: review.UnknownKind}
			if a.NativeID == "" {
				r.reject("missing-identity", name, "the name of a role", "run the query again")
				return
			}
			switch {
			case r.tri(login) == review.No:
				a.Kind = review.Group
			case serviceName(a.Login):
				a.Kind, a.KindInferred = review.Service, true
			}
			if strings.HasPrefix(a.NativeID, "pg_") {
				a.Kind, a.Irrevocable = review.System, "a role of PostgreSQL itself"
			}
			expires := r.time(until)
			if expires.IsKnown() && !x.cal.now.IsZero() && expires.At.Before(x.cal.now) {
				a.Status = review.Expired
			}
			x.account(&a)
			if r.isTrue(super) {
				e := role("superuser")
				e.Privilege, e.PrivilegeReason = review.Admin, "a superuser bypasses every check"
				x.grant(&review.Grant{Account: a.NativeID, Entitlement: e, Expires: expires})
			}
		}}
	},
}

var mysqlPrivileges = &format{
	FormatInfo: FormatInfo{
		ID: "mysql-privileges", Title: "MySQL and MariaDB privileges", Mark: "D",
		Steps: []string{
			"Connect as somebody who may read all grants.",
			"Run the command below for information_schema.user_privileges, and again for schema_privileges and table_privileges.",
		},
		Command: `mysql --batch -e "SELECT * FROM information_schema.user_privileges" > privileges.tsv`,
		Gaps:    []string{"roles, and which accounts are locked: mysql.user knows", "when an account last signed in"},
	},
	version: 1,
	shapes:  []shape{{csv: true, json: true, need: []string{"grantee", "privilegetype", "isgrantable"}, known: []string{"tablecatalog", "tableschema", "tablename", "columnname"}}},
	start: func(x *run) mapper {
		x.defaults("mysql")
		who, privilege, option := x.bound("account", "grantee"), x.bound("entitlement", "privilegetype"), x.col("isgrantable")
		schema, table, column := x.bound("resource", "tableschema"), x.col("tablename"), x.col("columnname")
		return mapper{each: func(r *row) {
			a := review.Account{NativeID: r.id(who), Login: r.id(who), Kind: review.UnknownKind}
			if a.NativeID == "" {
				r.reject("missing-identity", who, "a grantee", "run the query again")
				return
			}
			user, _, _ := strings.Cut(strings.TrimPrefix(a.NativeID, "'"), "'")
			switch {
			case user == "":
				a.Kind = review.Public
				x.warn("public-principal")
			case strings.HasPrefix(user, "mysql."):
				a.Kind, a.Irrevocable = review.System, "an account of the database itself"
			case serviceName(user):
				a.Kind, a.KindInferred = review.Service, true
			}
			x.account(&a)
			p := r.text(privilege)
			if p == "" || strings.EqualFold(p, "USAGE") {
				return
			}
			g := review.Grant{Account: a.NativeID, Entitlement: named(p, p, "permission"), Irrevocable: a.Irrevocable}
			var object []string
			for _, c := range [...]col{schema, table, column} {
				if s := r.text(c); s != "" {
					object = append(object, s)
				}
			}
			name := strings.Join(object, ".")
			fill(&name, "*.*")
			g.Resource = review.Resource{NativeID: name, Name: name, Kind: "database"}
			switch strings.ToUpper(p) {
			case "SUPER", "CREATE USER", "SYSTEM_USER", "FILE", "SHUTDOWN", "GRANT OPTION":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Admin, p+" rules the server"
			case "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Write, p+" writes"
			case "SELECT", "SHOW VIEW", "SHOW DATABASES":
				g.Entitlement.Privilege, g.Entitlement.PrivilegeReason = review.Read, p+" reads"
			}
			grantOption(&g.Entitlement, r.tri(option))
			x.grant(&g)
		}}
	},
}
