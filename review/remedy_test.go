package review

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRemedyFor(t *testing.T) {
	sso := "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
	for _, c := range []struct {
		name string
		a    Access
		want string // commands, or "by hand: ..." with the beginning of why
	}{
		{"managed policy of a user", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/dev/ann", Entitlement: "arn:aws:iam::aws:policy/AdministratorAccess"},
			"aws iam detach-user-policy --user-name=ann --policy-arn=arn:aws:iam::aws:policy/AdministratorAccess"},
		{"managed policy of a role", Access{Platform: AWS, Account: "arn:aws-cn:iam::1111:role/batch", Entitlement: "arn:aws-cn:iam::aws:policy/X"},
			"aws iam detach-role-policy --role-name=batch --policy-arn=arn:aws-cn:iam::aws:policy/X"},
		{"inline policy of a group", Access{Platform: AWS, Account: "arn:aws:iam::1111:group/ops", Entitlement: "inline:x", EntName: "AllowAll"},
			"aws iam delete-group-policy --group-name=ops --policy-name=AllowAll"},
		{"group of a user", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/ann", Entitlement: "arn:aws:iam::1111:group/ops"},
			"aws iam remove-user-from-group --group-name=ops --user-name=ann"},
		{"password", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/ann", Entitlement: "console-password", EntKind: "credential"},
			"aws iam delete-login-profile --user-name=ann"},
		{"known access key", Access{Platform: AWS, Account: "ann", Entitlement: "AKIAEXAMPLE", EntKind: "credential"},
			"aws iam update-access-key --user-name=ann --access-key-id=AKIAEXAMPLE --status=Inactive"},
		{"access key of a report", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/ann", Entitlement: "access-key-1", EntKind: "credential"},
			"aws iam list-access-keys --user-name=ann"},
		{"certificate of a report", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/ann", Entitlement: "certificate-2", EntKind: "credential"},
			"aws iam list-signing-certificates --user-name=ann"},
		{"permission set", Access{Platform: AWS, Account: "g-1", AccountKind: Group, Entitlement: sso, Resource: "222"},
			`aws sso-admin delete-account-assignment --instance-arn="${SSO_INSTANCE_ARN:?}" --target-id=222 --target-type=AWS_ACCOUNT --permission-set-arn=` + sso + " --principal-type=GROUP --principal-id=g-1"},
		{"inline policy by its id", Access{Platform: AWS, Account: "arn:aws:iam::1111:group/Finance", Entitlement: "arn:aws:iam::1111:group/Finance#policygen-1", EntName: "policygen-1"},
			"aws iam delete-group-policy --group-name=Finance --policy-name=policygen-1"},
		{"who a policy is attached to", Access{Platform: AWS, Account: "role/DevRole", Entitlement: "arn:aws:iam::1111:policy/T"},
			"aws iam detach-role-policy --role-name=DevRole --policy-arn=arn:aws:iam::1111:policy/T"},
		{"a name with a slash of no kind", Access{Platform: AWS, Account: "team/x", Entitlement: "arn:aws:iam::1111:policy/T"}, "by hand: the account"},
		{"a name the command would read from a file", Access{Platform: AWS, Account: "file://etc", Entitlement: "console-password"}, "by hand: the AWS CLI would"},
		{"a whole account", Access{Platform: AWS, Account: "arn:aws:iam::1111:user/ann"}, "by hand: the account itself"},
		{"root", Access{Platform: AWS, Account: "arn:aws:iam::1111:root", Entitlement: "access-key-1", EntKind: "credential"}, "by hand: credentials of the root user"},

		{"a principal the command would read from a file", Access{Platform: Azure, Account: "@p", Entitlement: "8e3af657", Resource: "/"}, "by hand: the Azure CLI would"},
		{"role assignment", Access{Platform: Azure, Account: "p-1", Entitlement: "8e3af657", Resource: "/subscriptions/1/resourcegroups/a b"},
			"az role assignment delete --assignee=p-1 --role=8e3af657 '--scope=/subscriptions/1/resourcegroups/a b'"},
		{"role assignment without a scope", Access{Platform: Azure, Account: "p-1", Entitlement: "8e3af657"}, "by hand: role, principal and scope"},

		{"group membership", Access{Platform: Entra, Account: "11111111-2222-3333-4444-555555555555", Entitlement: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", EntKind: "group"},
			"az ad group member remove --group=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --member-id=11111111-2222-3333-4444-555555555555"},
		{"group membership in a file of Azure", Access{Platform: Azure, Account: "11111111-2222-3333-4444-555555555555", Entitlement: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", EntKind: "membership"},
			"az ad group member remove --group=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --member-id=11111111-2222-3333-4444-555555555555"},
		{"group by its name", Access{Platform: Entra, Account: "11111111-2222-3333-4444-555555555555", Entitlement: "Admins", EntKind: "group"}, "by hand: az ad group member remove takes"},
		{"member by name", Access{Platform: Entra, Account: "ann@x.example", Entitlement: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", EntKind: "group"}, "by hand: az ad group member remove takes"},
		{"secret of an application", Access{Platform: Entra, Account: "11111111-2222-3333-4444-555555555555", Entitlement: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", EntKind: "credential"},
			"az ad app credential delete --id=11111111-2222-3333-4444-555555555555 --key-id=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
		{"secret without an id", Access{Platform: Azure, Account: "11111111-2222-3333-4444-555555555555", Entitlement: "secret 1", EntKind: "credential"}, "by hand: az ad app credential delete takes"},
		{"directory role", Access{Platform: Entra, Account: "ann@x.example", Entitlement: "Global Administrator", EntKind: "role"}, "by hand: the Azure CLI has no command for directory roles"},
		{"app role", Access{Platform: Entra, Account: "ann@x.example", Entitlement: "Mail.Read", EntKind: "role", Resource: "g", ResourceKind: "application"}, "by hand: the Azure CLI has no command for app roles"},

		{"project", Access{Platform: GCP, Account: "user:ann@x.example", Entitlement: "roles/owner", Resource: "//cloudresourcemanager.googleapis.com/projects/pay"},
			"gcloud projects remove-iam-policy-binding pay --member=user:ann@x.example --role=roles/owner --condition=None"},
		{"folder", Access{Platform: GCP, Account: "ann@x.example", AccountKind: Human, Entitlement: "roles/editor", Resource: "folders/12"},
			"gcloud resource-manager folders remove-iam-policy-binding 12 --member=user:ann@x.example --role=roles/editor --condition=None"},
		{"organization", Access{Platform: GCP, Account: "g@x.example", AccountKind: Group, Entitlement: "roles/viewer", Resource: "organizations/9"},
			"gcloud organizations remove-iam-policy-binding 9 --member=group:g@x.example --role=roles/viewer --condition=None"},
		{"bucket open to all", Access{Platform: GCP, Account: "allusers", Entitlement: "roles/storage.objectViewer", Resource: "//storage.googleapis.com/projects/_/buckets/pics"},
			"gcloud storage buckets remove-iam-policy-binding gs://pics --member=allUsers --role=roles/storage.objectViewer --condition=None"},
		{"service account", Access{Platform: GCP, Account: "serviceaccount:a@p.iam.gserviceaccount.com", Entitlement: "roles/iam.serviceAccountUser",
			Resource: "//iam.googleapis.com/projects/p/serviceAccounts/b@p.iam.gserviceaccount.com"},
			"gcloud iam service-accounts remove-iam-policy-binding b@p.iam.gserviceaccount.com --member=serviceAccount:a@p.iam.gserviceaccount.com --role=roles/iam.serviceAccountUser --condition=None --project=p"},
		{"billing account", Access{Platform: GCP, Account: "user:a@x.example", Entitlement: "roles/billing.admin", Resource: "//cloudbilling.googleapis.com/billingAccounts/0-A-D"},
			"gcloud billing accounts remove-iam-policy-binding 0-A-D --member=user:a@x.example --role=roles/billing.admin"},
		{"resource of an unsaid kind", Access{Platform: GCP, Account: "user:a@x", Entitlement: "roles/owner", Resource: "project2"}, "by hand: the export does not say what project2 is"},
		{"conditional binding", Access{Platform: GCP, Account: "user:a@x", Entitlement: "roles/owner", Resource: "projects/p if sha256:" + strings.Repeat("0", 64)}, "by hand: the binding has a condition"},
		{"another service", Access{Platform: GCP, Account: "user:a@x", Entitlement: "roles/x", Resource: "//pubsub.googleapis.com/projects/p/topics/t"}, "by hand: remove user:a@x"},
		{"member of an unknown kind", Access{Platform: GCP, Account: "a@x", Entitlement: "roles/x", Resource: "projects/p"}, "by hand: the export does not say"},
		{"resource like a flag", Access{Platform: GCP, Account: "user:a@x", Entitlement: "roles/x", Resource: "projects/--quiet"}, "by hand:"},

		{"repository", Access{Platform: GitHub, Account: "ann", Entitlement: "admin", Resource: "acme/pay"}, "gh api --method=DELETE /repos/acme/pay/collaborators/ann"},
		{"organization owner", Access{Platform: GitHub, Account: "ann", Entitlement: "acme:Owner"}, "gh api --method=PUT /orgs/acme/memberships/ann --raw-field=role=member"},
		{"organization member", Access{Platform: GitHub, Account: "ann", Entitlement: "acme:Member"}, "gh api --method=DELETE /orgs/acme/memberships/ann"},
		{"enterprise role", Access{Platform: GitHub, Account: "ann", Entitlement: "acme:Billing"}, "by hand: the role Billing"},
		{"owner of an enterprise", Access{Platform: GitHub, Account: "ann", Entitlement: "Owner", Resource: "enterprise", ResourceKind: "enterprise"}, "by hand: the role Owner is changed in the settings of the enterprise"},
		{"a repository that climbs", Access{Platform: GitHub, Account: "ann", Entitlement: "admin", Resource: "acme/.."}, "by hand: acme/.. is no"},
		{"a login that climbs", Access{Platform: GitHub, Account: "../../user", Entitlement: "admin", Resource: "acme/pay"}, "gh api --method=DELETE /repos/acme/pay/collaborators/..%2F..%2Fuser"},

		{"group member", Access{Platform: Okta, Account: "00u1", Entitlement: "00g1", EntKind: "group"},
			`curl --fail --silent --show-error --request DELETE --header "Authorization: SSWS ${OKTA_API_TOKEN:?}" "${OKTA_ORG_URL:?}"/api/v1/groups/00g1/users/00u1`},
		{"application user", Access{Platform: Okta, Account: "00u1", Entitlement: "0oa1", EntKind: "license"},
			`curl --fail --silent --show-error --request DELETE --header "Authorization: SSWS ${OKTA_API_TOKEN:?}" "${OKTA_ORG_URL:?}"/api/v1/apps/0oa1/users/00u1`},
		{"administrator role", Access{Platform: Okta, Account: "00g1", AccountKind: Group, Entitlement: "SUPER_ADMIN", EntKind: "role"},
			`curl --fail --silent --show-error --request GET --header "Authorization: SSWS ${OKTA_API_TOKEN:?}" "${OKTA_ORG_URL:?}"/api/v1/groups/00g1/roles |
  jq --raw-output --arg role SUPER_ADMIN '.[] | select(.type == $role or .role == $role or .id == $role) | .id' |
  while IFS= read -r id; do curl --fail --silent --show-error --request DELETE --header "Authorization: SSWS ${OKTA_API_TOKEN:?}" "${OKTA_ORG_URL:?}"/api/v1/groups/00g1/roles/"$id"; done`},
		{"report of logins and labels", Access{Platform: Okta, Account: "ann@x.example", Entitlement: "Payroll", EntKind: "license"}, "by hand: the export names ann@x.example"},
		{"application by its label", Access{Platform: Okta, Account: "00u1", Entitlement: "Payroll", EntKind: "license"}, "by hand: the export names Payroll"},

		{"role", Access{Platform: Postgres, Account: `An"n`, Entitlement: "pay"}, `psql --no-psqlrc --set=ON_ERROR_STOP=1 '--command=REVOKE "pay" FROM "An""n"'`},
		{"attribute", Access{Platform: Postgres, Account: "ann", Entitlement: "superuser"}, `psql --no-psqlrc --set=ON_ERROR_STOP=1 '--command=ALTER ROLE "ann" NOSUPERUSER'`},
		{"privilege", Access{Platform: Postgres, Account: "ann", Entitlement: "SELECT", EntKind: "permission", Resource: "t"}, "by hand: REVOKE"},

		{"role of a user, as exported", Access{Platform: Snowflake, Account: "USER/BURNS", Entitlement: "ACCOUNTADMIN"}, `snow sql '--query=REVOKE ROLE "ACCOUNTADMIN" FROM USER "BURNS"'`},
		{"role of a role, as exported", Access{Platform: Snowflake, Account: "ROLE/ACCOUNTADMIN", AccountKind: Group, Entitlement: "SYSADMIN"}, `snow sql '--query=REVOKE ROLE "SYSADMIN" FROM ROLE "ACCOUNTADMIN"'`},
		{"privilege as exported", Access{Platform: Snowflake, Account: "ROLE/ETL", AccountKind: Group, Entitlement: "SELECT", Resource: `TABLE/DB."my schema".T`, ResourceKind: "table"},
			`snow sql '--query=REVOKE SELECT ON TABLE DB."my schema".T FROM ROLE "ETL"'`},
		{"privilege on the account", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "MANAGE GRANTS", Resource: "ACCOUNT/AB12345", ResourceKind: "account"},
			`snow sql '--query=REVOKE MANAGE GRANTS ON ACCOUNT FROM ROLE "ETL"'`},
		{"privilege of a database role", Access{Platform: Snowflake, Account: "DATABASE_ROLE/DB.READER", Entitlement: "USAGE", Resource: "SCHEMA/DB.S"},
			`snow sql '--query=REVOKE USAGE ON SCHEMA DB.S FROM DATABASE ROLE DB.READER'`},
		{"database role of a role, as GRANTS_TO_ROLES lists it", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "USAGE", Resource: "DATABASE_ROLE/DB.READER"},
			`snow sql '--query=REVOKE DATABASE ROLE DB.READER FROM ROLE "ETL"'`},
		{"database role of a database role", Access{Platform: Snowflake, Account: "DATABASE_ROLE/DB.READER", Entitlement: "USAGE", Resource: "DATABASE_ROLE/DB.my_base"},
			`snow sql '--query=REVOKE DATABASE ROLE DB."my_base" FROM DATABASE ROLE DB.READER'`},
		{"database role, as SHOW GRANTS OF DATABASE ROLE lists it", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: `DB."read er"`},
			`snow sql '--query=REVOKE DATABASE ROLE DB."read er" FROM ROLE "ETL"'`},
		{"database role of a user", Access{Platform: Snowflake, Account: "USER/ANN", Entitlement: "DB.READER"}, "by hand: REVOKE DATABASE ROLE takes a role from roles of the account"},
		{"database role without its database", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "USAGE", Resource: "DATABASE_ROLE/READER"}, "by hand: the export does not name the database"},
		{"application role of a role", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "USAGE", Resource: "APPLICATION_ROLE/APP.viewer"},
			`snow sql '--query=REVOKE APPLICATION ROLE APP."viewer" FROM ROLE "ETL"'`},
		{"application role of an application", Access{Platform: Snowflake, Account: "APPLICATION/HELLO", Entitlement: "USAGE", Resource: "APPLICATION_ROLE/APP.VIEWER"},
			`snow sql '--query=REVOKE APPLICATION ROLE APP.VIEWER FROM APPLICATION "HELLO"'`},
		{"application role of an application role", Access{Platform: Snowflake, Account: "APPLICATION_ROLE/APP.ADMIN", Entitlement: "USAGE", Resource: "APPLICATION_ROLE/APP.VIEWER"},
			"by hand: REVOKE APPLICATION ROLE takes a role from roles of the account and from applications"},
		{"application role without its application", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "USAGE", Resource: "APPLICATION_ROLE/VIEWER"}, "by hand: the export does not name the application"},
		{"privilege of an application", Access{Platform: Snowflake, Account: "APPLICATION/HELLO", Entitlement: "SELECT", Resource: "TABLE/DB.S.T"},
			`snow sql '--query=REVOKE SELECT ON TABLE DB.S.T FROM APPLICATION "HELLO"'`},
		{"privilege of an application on the account", Access{Platform: Snowflake, Account: "APPLICATION/HELLO", Entitlement: "CREATE COMPUTE POOL", Resource: "ACCOUNT/AB12345"},
			`snow sql '--query=REVOKE CREATE COMPUTE POOL ON ACCOUNT FROM APPLICATION "HELLO"'`},
		{"database role of an application", Access{Platform: Snowflake, Account: "APPLICATION/HELLO", Entitlement: "USAGE", Resource: "DATABASE_ROLE/DB.READER"},
			`snow sql '--query=REVOKE DATABASE ROLE DB.READER FROM APPLICATION "HELLO"'`},
		{"role of the account of an application", Access{Platform: Snowflake, Account: "APPLICATION/HELLO", Entitlement: "USAGE", Resource: "ROLE/SYSADMIN"}, "by hand: REVOKE ROLE takes a role from users and roles alone"},
		{"role of a role, as GRANTS_TO_ROLES lists it", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "USAGE", Resource: "ROLE/SYSADMIN"},
			`snow sql '--query=REVOKE ROLE "SYSADMIN" FROM ROLE "ETL"'`},
		{"an object in lower case, as ACCOUNT_USAGE prints it", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "SELECT", Resource: "TABLE/DB.raw.orders"},
			`snow sql '--query=REVOKE SELECT ON TABLE DB."raw"."orders" FROM ROLE "ETL"'`},
		{"ownership", Access{Platform: Snowflake, Account: "ROLE/ETL", Entitlement: "OWNERSHIP", Resource: "TABLE/DB.S.T"}, "by hand: ownership cannot be revoked"},
		{"a name like a template", Access{Platform: Snowflake, Account: "USER/&{x}", Entitlement: "R"}, `snow sql --enable-templating=NONE '--query=REVOKE ROLE "R" FROM USER "&{x}"'`},
		{"role of a user", Access{Platform: Snowflake, Account: "ANN", AccountKind: Human, Entitlement: "SYSADMIN"}, `snow sql '--query=REVOKE ROLE "SYSADMIN" FROM USER "ANN"'`},
		{"role of a role", Access{Platform: Snowflake, Account: "ETL", AccountKind: Group, Entitlement: "SYSADMIN"}, `snow sql '--query=REVOKE ROLE "SYSADMIN" FROM ROLE "ETL"'`},
		{"privilege on a table", Access{Platform: Snowflake, Account: "ETL", AccountKind: Group, Entitlement: "SELECT", Resource: `DB."my schema".T`, ResourceKind: "TABLE"},
			`snow sql '--query=REVOKE SELECT ON TABLE DB."my schema".T FROM ROLE "ETL"'`},
		{"privilege on something strange", Access{Platform: Snowflake, Account: "ETL", AccountKind: Group, Entitlement: "SELECT", Resource: "T; DROP TABLE X", ResourceKind: "TABLE"}, "by hand: REVOKE"},
		{"grantee of an unknown kind", Access{Platform: Snowflake, Account: "X", Entitlement: "R"}, "by hand: it is not known"},

		{"another system", Access{Platform: Slack, Account: "U1", Entitlement: "admin"}, "by hand: no command line"},
		{"a name that cannot be seen", Access{Platform: AWS, Account: "arn:aws:iam::1:user/a\u202en", Entitlement: "console-password"}, "by hand: a name holds characters"},
		{"a name with a line break", Access{Platform: AWS, Account: "arn:aws:iam::1:user/a\nrm", Entitlement: "console-password"}, "by hand: a name holds characters"},
	} {
		r := RemedyFor(c.a)
		got := strings.Join(r.Commands, "\n")
		if r.Manual != "" {
			got += "by hand: " + r.Manual
		}
		if got != c.want && !(strings.HasPrefix(c.want, "by hand:") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestKubernetesRemedyAsksAllBindings(t *testing.T) {
	for _, c := range []struct {
		a    Access
		want []string
	}{
		{Access{Account: "User/ann", Entitlement: "ClusterRole/admin", Resource: "cluster"}, []string{"kubectl get clusterrolebindings", "--arg kind User --arg name ann --arg space ''", "--arg rolekind ClusterRole --arg role admin"}},
		{Access{Account: "ServiceAccount/ci/robot", Entitlement: "Role/deploy", Resource: "namespace/pay"}, []string{"kubectl get rolebindings --namespace=pay", "--arg kind ServiceAccount --arg name robot --arg space ci"}},
		{Access{Account: "ann", Entitlement: "ClusterRole/admin"}, nil},
		{Access{Account: "ServiceAccount/robot", Entitlement: "Role/deploy"}, nil},
		{Access{Account: "User/ann", Entitlement: "ClusterRole/admin", Resource: "elsewhere"}, nil},
	} {
		c.a.Platform = Kubernetes
		r := RemedyFor(c.a)
		if (r.Manual != "") != (c.want == nil) {
			t.Errorf("%+v: %+v", c.a, r)
		}
		for _, w := range c.want {
			if !strings.Contains(r.Commands[0], w) {
				t.Errorf("%q is missing in %s", w, r.Commands[0])
			}
		}
	}
}

// TestCommandsSurviveHostileNames writes the script of revokes with hostile names, runs it in a real shell whose programs are
// stubs that note their arguments, and compares every argument byte for byte with what is meant.
func TestCommandsSurviveHostileNames(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	const okta = "https://o.example"
	curl := func(method, path string) []string {
		return []string{"curl", "--fail", "--silent", "--show-error", "--request", method, "--header", "Authorization: SSWS t", okta + path}
	}
	quoted := func(n string) string { return `"` + strings.ReplaceAll(n, `"`, `""`) + `"` }
	snow := func(n, statement string) []string {
		if strings.ContainsAny(n, "&{") || strings.Contains(n, "<%") {
			return []string{"snow", "sql", "--enable-templating=NONE", "--query=" + statement}
		}
		return []string{"snow", "sql", "--query=" + statement}
	}
	names := []string{"'; touch owned; '", "$(touch owned)", "`touch owned`", "-x", "--help", "--", "a b", `a"b`, `a\b`, `a\`, "a'b", "''", "*", "~", "a;b|c&d", "é山", "=x", "#x", "!x", "$HOME",
		"a=b", "<%x%>", "&{x}", ">owned", "(a)", "{a,b}", "%s%n"}
	type revoke struct {
		a    Access
		want [][]string // the programs it runs with all their arguments
	}
	for _, n := range names {
		revokes := []revoke{
			{Access{Platform: AWS, Account: "arn:aws:iam::1:user/x", Entitlement: "i", EntName: n}, [][]string{{"aws", "iam", "delete-user-policy", "--user-name=x", "--policy-name=" + n}}},
			{Access{Platform: AWS, Account: "arn:aws:iam::1:user/" + n, Entitlement: "console-password"}, [][]string{{"aws", "iam", "delete-login-profile", "--user-name=" + n}}},
			{Access{Platform: Azure, Account: n, Entitlement: n, Resource: n}, [][]string{{"az", "role", "assignment", "delete", "--assignee=" + n, "--role=" + n, "--scope=" + n}}},
			{Access{Platform: GCP, Account: "user:" + n, Entitlement: n, Resource: "projects/p"}, [][]string{{"gcloud", "projects", "remove-iam-policy-binding", "p", "--member=user:" + n, "--role=" + n, "--condition=None"}}},
			{Access{Platform: Kubernetes, Account: "User/" + n, Entitlement: "Role/" + n, Resource: "namespace/" + n}, [][]string{
				{"kubectl", "get", "rolebindings", "--namespace=" + n, "--output=json"}, {"kubectl", "replace", "--filename=-"},
				{"jq", "--arg", "kind", "User", "--arg", "name", n, "--arg", "space", "", "--arg", "rolekind", "Role", "--arg", "role", n,
					`def mine: .kind == $kind and .name == $name and (.namespace // "") == $space; .items[] | select(.roleRef.kind == $rolekind and .roleRef.name == $role and any(.subjects[]?; mine)) | .subjects |= map(select(mine | not))`}}},
			{Access{Platform: Postgres, Account: n, Entitlement: n}, [][]string{{"psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command=REVOKE " + quoted(n) + " FROM " + quoted(n)}}},
			{Access{Platform: Snowflake, Account: "USER/" + n, Entitlement: n}, [][]string{snow(n, "REVOKE ROLE "+quoted(n)+" FROM USER "+quoted(n))}},
			{Access{Platform: Snowflake, Account: "APPLICATION/" + n, Entitlement: "USAGE", Resource: "APPLICATION_ROLE/APP." + quoted(n)}, [][]string{snow(n, "REVOKE APPLICATION ROLE APP."+quoted(n)+" FROM APPLICATION "+quoted(n))}},
			{Access{Platform: Snowflake, Account: "ROLE/" + n, Entitlement: "USAGE", Resource: "DATABASE_ROLE/DB." + quoted(n)}, [][]string{snow(n, "REVOKE DATABASE ROLE DB."+quoted(n)+" FROM ROLE "+quoted(n))}},
			{Access{Platform: Snowflake, Account: "ROLE/" + n, Entitlement: "SELECT", Resource: "TABLE/DB.S." + quoted(n)}, [][]string{snow(n, "REVOKE SELECT ON TABLE DB.S."+quoted(n)+" FROM ROLE "+quoted(n))}},
			{Access{Platform: GitHub, Account: n, Resource: "acme/pay", Entitlement: "admin"}, [][]string{{"gh", "api", "--method=DELETE", "/repos/acme/pay/collaborators/" + pathPart(n)}}},
			{Access{Platform: Okta, Account: "00u" + n, Entitlement: "00g" + n}, [][]string{curl("DELETE", "/api/v1/groups/00g"+pathPart(n)+"/users/00u"+pathPart(n))}},
			{Access{Platform: Okta, Account: "00u" + n, Entitlement: n, EntKind: "role"}, [][]string{
				curl("GET", "/api/v1/users/00u"+pathPart(n)+"/roles"), curl("DELETE", "/api/v1/users/00u"+pathPart(n)+"/roles/jq-says"),
				{"jq", "--raw-output", "--arg", "role", n, ".[] | select(.type == $role or .role == $role or .id == $role) | .id"}}},
		}
		var lines []RemedyLine
		var want []string
		for i, r := range revokes {
			remedy := RemedyFor(r.a)
			if remedy.Manual != "" {
				t.Errorf("%s with %q: %s", r.a.Platform, n, remedy.Manual)
				continue
			}
			lines = append(lines, RemedyLine{&Remediation{ID: EntryIndex(i), System: n, Account: r.a.Account, Entitlement: r.a.Entitlement, Resource: n, Reason: n}, remedy})
			for _, argv := range r.want {
				want = append(want, strings.Join(argv, "\x00"))
			}
		}
		if got := runStubbed(t, shell, RemedyScript(lines, filterNow), okta); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("with %q the script ran\n%q\nwant\n%q", n, got, slices.Sorted(slices.Values(want)))
		}
	}
	for _, n := range names {
		for _, a := range []Access{{Platform: Entra, Account: n, Entitlement: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", EntKind: "group"}, {Platform: Entra, Account: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", Entitlement: n, EntKind: "credential"}} {
			if r := RemedyFor(a); len(r.Commands) > 0 || r.Manual == "" {
				t.Errorf("%s with %q: %+v", a.Platform, n, r)
			}
		}
	}
	for _, n := range []string{"a\nrm -rf x", "a\r", "a\x00b", "a\x1b[31m", "a\u202eb", "a\u200bb", "\xff", "a\tb"} {
		var lines []RemedyLine
		for _, a := range []Access{
			{Platform: AWS, Account: "arn:aws:iam::1:user/" + n, Entitlement: "console-password"}, {Platform: Azure, Account: n, Entitlement: "r", Resource: "/"},
			{Platform: GCP, Account: "user:a@x", Entitlement: n, Resource: "projects/p"}, {Platform: Kubernetes, Account: "User/" + n, Entitlement: "Role/r", Resource: "cluster"},
			{Platform: Postgres, Account: n, Entitlement: "r"}, {Platform: Snowflake, Account: "USER/" + n, Entitlement: "r"},
			{Platform: GitHub, Account: n, Resource: "acme/pay", Entitlement: "admin"}, {Platform: Okta, Account: "00u" + n, Entitlement: "00g1"},
		} {
			r := RemedyFor(a)
			if len(r.Commands) > 0 || r.Manual == "" {
				t.Errorf("%s with %q: %+v", a.Platform, n, r)
			}
			lines = append(lines, RemedyLine{&Remediation{ID: 1, System: n, Account: n, Entitlement: n, Resource: n, Reason: n, Effective: n}, r})
		}
		if got := runStubbed(t, shell, RemedyScript(lines, filterNow), okta); len(got) != 0 {
			t.Errorf("with %q the script ran %q", n, got)
		}
	}
}

// runStubbed runs a script in an empty folder with stubs for all programs it may name, and gives each call with its arguments
// between NULs, sorted. Nothing but the stubs' notes may appear in the folder.
func runStubbed(t *testing.T, shell, script, okta string) []string {
	t.Helper()
	bin, work, notes := t.TempDir(), t.TempDir(), t.TempDir()
	const stub = `#!/bin/sh
note=$NOTES/$$
printf '%s' "${0##*/}" >"$note"
for a in "$@"; do printf '\000%s' "$a" >>"$note"; done
case ${0##*/} in
jq) while read -r _; do :; done; echo jq-says;;
kubectl) [ "$1" = get ] || while read -r _; do :; done;;
esac
exit 0
`
	for _, name := range []string{"aws", "az", "gcloud", "kubectl", "jq", "psql", "snow", "gh", "curl"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(stub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(bin, "revoke.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, file)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NOTES="+notes, "OKTA_API_TOKEN=t", "OKTA_ORG_URL="+okta)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the script failed: %v\n%s\n%s", err, out, script)
	}
	if left, err := os.ReadDir(work); err != nil || len(left) > 0 {
		t.Errorf("the script left %v (%v)", left, err)
	}
	files, err := filepath.Glob(filepath.Join(notes, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, string(b))
	}
	slices.Sort(calls)
	return calls
}

func TestRemedyScript(t *testing.T) {
	lines := []RemedyLine{
		{&Remediation{ID: 7, System: "aws", Account: "ann\nrm -rf /", Entitlement: "x", Reason: "left\r\nexit", Effective: "2026-08-01"}, Remedy{Commands: []string{"aws iam x |\n  jq"}, Notes: []string{"n\nm"}}},
		{&Remediation{ID: 9, System: "aws", Account: "bob", Entitlement: "x", Effective: "2026-07-01"}, Remedy{Commands: []string{"aws iam y"}}},
		{&Remediation{ID: 8, System: "erp", Resource: "R"}, Remedy{Manual: "no command\nreboot"}},
	}
	script := RemedyScript(lines, filterNow)
	var live []string
	for line := range strings.Lines(script) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			live = append(live, line)
		}
	}
	if !slices.Equal(live, []string{"set -u", "aws iam y"}) {
		t.Errorf("live lines %q in\n%s", live, script)
	}
	for _, want := range []string{"# 7  aws  ann␊rm -rf /  x\n", "# not before 2026-08-01\n", "# aws iam x |\n#   jq\n", "# by hand: no command␊reboot\n", "  on R\n"} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is missing in\n%s", want, script)
		}
	}
}

func TestAccessOf(t *testing.T) {
	a := AccessOf(&Remediation{System: "prod", Account: "A", Entitlement: "E", Resource: "R", Replace: "less"}, "aws-account-authorization")
	if a.Platform != AWS || a.Account != "A" || a.Entitlement != "E" || a.Resource != "R" {
		t.Errorf("%+v", a)
	}
	if r := RemedyFor(a); len(r.Notes) != 1 || r.Notes[0] != "give instead: less" {
		t.Errorf("%+v", r)
	}
}

// TestKubernetesProgram runs the jq program over two bindings, one of which names the subject.
func TestKubernetesProgram(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("no jq on this machine")
	}
	const bindings = `{"items":[
		{"metadata":{"name":"b1"},"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[{"kind":"User","name":"ann"},{"kind":"Group","name":"ann"},{"kind":"ServiceAccount","name":"ann","namespace":"x"}]},
		{"metadata":{"name":"b2"},"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[{"kind":"User","name":"bob"}]},
		{"metadata":{"name":"b3"},"roleRef":{"kind":"ClusterRole","name":"view"},"subjects":[{"kind":"User","name":"ann"}]},
		{"metadata":{"name":"b4"},"roleRef":{"kind":"ClusterRole","name":"admin"}}]}`
	for account, want := range map[string]string{
		"User/ann":             `{"metadata":{"name":"b1"},"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[{"kind":"Group","name":"ann"},{"kind":"ServiceAccount","name":"ann","namespace":"x"}]}`,
		"ServiceAccount/x/ann": `{"metadata":{"name":"b1"},"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[{"kind":"User","name":"ann"},{"kind":"Group","name":"ann"}]}`,
		"User/zoe":             "",
	} {
		r := RemedyFor(Access{Platform: Kubernetes, Account: account, Entitlement: "ClusterRole/admin", Resource: "cluster"})
		const stub = `kubectl() { case "$1" in get) cat;; replace) jq --compact-output .;; esac; }` + "\n"
		cmd := exec.Command("sh", "-c", stub+r.Commands[0])
		cmd.Stdin = strings.NewReader(bindings)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", account, err, out, want)
		}
	}
}
