package detect

import (
	"strings"
	"unicode"

	"tickmark/review"
)

// privilegedNames is the built-in knowledge of privileged names, as facts from the vendors' own documentation. A line
// "@ platform: source" opens a section, "+ reason" the names below it, which are parted by semicolons. Names are compared
// without regard to case; * stands for anything. The policy's privileged-patterns add to it and take off it.
const privilegedNames = `
@ aws: AWS managed policy reference; IAM user guide
+ all rights in the account
AdministratorAccess; arn:aws:iam::aws:policy/AdministratorAccess
+ can give itself any right
IAMFullAccess; PowerUserAccess; AWSSSOMasterAccountAdministrator; AWSSSOMemberAccountAdministrator; AWSSSODirectoryAdministrator
+ administers the organization
AWSOrganizationsFullAccess
+ job function with wide rights
SystemAdministrator; DatabaseAdministrator; NetworkAdministrator
+ reads or changes secrets and keys
SecretsManagerReadWrite; AWSKeyManagementServicePowerUser
+ can switch off the audit trail
AWSCloudTrail_FullAccess

@ entra: Microsoft Entra built-in roles (the PRIVILEGED label); Microsoft Graph permissions reference
+ controls the whole tenant
Global Administrator; 62e90394-69f5-4237-9190-012177145e10; Company Administrator; Privileged Role Administrator; e8611ab8-c189-46e8-94e1-60213ab1f814; Privileged Authentication Administrator; 7be44c8a-adaf-4e2a-84d6-ab2649e08a13; Partner Tier2 Support; e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8
+ Microsoft marks the role as privileged
AI Administrator; d2562ede-74db-457e-a7b6-544e236ebb61; AI Reader; 1fe13547-53f6-408d-ac04-7f8eed167b38; Tenant Governance Administrator; 1981f584-96e9-4a6f-95b0-f522373f8fae; Entra SOC Identity Responder; 58f930cc-fcf4-4152-852c-1d7dbf502139; Authentication Extensibility Password Administrator; 0b00bede-4072-4d22-b441-e7df02a1ef63; Agent ID Administrator; db506228-d27e-4b7d-95e5-295956d6615f; Application Administrator; 9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3; Application Developer; cf1c38e5-3621-4004-a7cb-879624dced7c; Attribute Provisioning Administrator; ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe; Attribute Provisioning Reader; 422218e4-db15-4ef9-bbe0-8afb41546d79; Authentication Administrator; c4e39bd9-1100-46d3-8c65-fb160da0071f; Authentication Extensibility Administrator; 25a516ed-2fa0-40ea-a2d0-12923a21473a; B2C IEF Keyset Administrator; aaf43236-0c0d-4d5f-883a-6955382ac081; Cloud Application Administrator; 158c047a-c907-4556-b7ef-446551a6b5f7; Cloud Device Administrator; 7698a772-787b-4ac8-901f-60d6b08affd2; Conditional Access Administrator; b1be1c3e-b65d-4f19-8427-f6fa0d97feb9; Directory Writers; 9360feb5-f418-4baa-8175-e2a00bac4301; Domain Name Administrator; 8329153b-31d0-4727-b945-745eb3bc5f31; External Identity Provider Administrator; be2f45a1-457d-42af-a067-6ec1fa63bc45; Global Reader; f2ef992c-3afb-46b9-b7cf-a126ee74c451; Helpdesk Administrator; 729827e3-9c14-49f7-bb1b-9608f156bbb8; Hybrid Identity Administrator; 8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2; Identity Governance Administrator; 45d8d3c5-c802-45c6-b32a-1d70b5e1e86e; Intune Administrator; 3a2c62db-5318-420d-8d74-23affee5d9d5; Lifecycle Workflows Administrator; 59d46f88-662b-457b-bceb-5c3809e5908f; Partner Tier1 Support; 4ba39ca4-527c-499a-b93d-d9b492c50246; Password Administrator; 966707d0-3269-4727-9be2-8c3a10f19b9d; Security Administrator; 194ae4cb-b126-40b2-bd5b-6091b380977d; Security Operator; 5f2222b1-57c3-48ba-8ad5-d4759f1fde6f; Security Reader; 5d6b6bb7-de71-4623-b4af-96380a352509; User Administrator; fe930be7-5e62-47db-91af-98c3a49a38b1
+ administers a whole workload
Exchange Administrator; 29232cdf-9323-42fd-ade2-1d097af3e4de; SharePoint Administrator; f28a1f50-f6e7-4571-818b-6a12f2af6b6c; Teams Administrator; 69091246-20e8-4a56-aa4d-066075b2a7a8
+ an application permission that can take over the tenant
RoleManagement.ReadWrite.Directory; 9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8; AppRoleAssignment.ReadWrite.All; 06b708a9-e830-4db3-a914-8e69da51d44f; Application.ReadWrite.All; 1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9; Directory.ReadWrite.All; 19dbc75e-c2e2-444c-a770-ec69d8559fc7; Domain.ReadWrite.All; 7e05723c-0bb0-42da-be95-ae9f08a6e53c; Policy.ReadWrite.ConditionalAccess; 01c0a623-fc9b-48e9-b794-0756f8e8f067; UserAuthenticationMethod.ReadWrite.All; 50483e42-d915-4231-9639-7fdb7fd190e5; User.ReadWrite.All; 741f803b-c850-494e-b5df-cde7c675a1ca; DelegatedPermissionGrant.ReadWrite.All; 8e8e4742-1d95-4f68-9d56-6ee75648c72a
+ an application permission over everyone's mail or files
full_access_as_app; dc890d15-9560-4a4c-9b7f-a736ec74ec40; Exchange.ManageAsApp; dc50a0fb-09a3-484d-be87-e023b12c6440; Mail.ReadWrite; e2a3a72e-5f79-4c64-b1b1-878b674786c9; Files.ReadWrite.All; 75359482-378d-4052-8f01-80520e7db3cd; Sites.FullControl.All; a82116e5-55eb-4c41-a434-62fe8a61c773; Sites.ReadWrite.All; 9492366f-7969-46a4-8d15-ed1a20078fff

@ azure: Azure built-in roles
+ all rights, or the right to give them
Owner; 8e3af657-a8ff-443c-a75c-2fe8c4bcb635; User Access Administrator; 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9; Role Based Access Control Administrator; f58310d9-a9f6-439a-9e8d-f62e7b41a168; Contributor; b24988ac-6180-42a0-ab88-20f7382dd24c; Co-Administrator; CoAdministrator; Service Administrator; Account Administrator
+ controls secrets, machines, clusters or identities
Key Vault Administrator; 00482a5a-887f-4fb3-b363-3b7fe8e74483; Key Vault Data Access Administrator; 8b54135c-b56d-4d72-a534-26097cfdc8d8; Virtual Machine Administrator Login; 1c0163c0-47e6-4577-8991-ea5c82e286e4; Azure Kubernetes Service RBAC Cluster Admin; b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b; Azure Kubernetes Service Cluster Admin Role; 0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8; Managed Identity Contributor; e40ec5ca-96e0-45a2-b4ff-59039f2c2b59; Automation Contributor; f353d9bd-d4a6-484e-a77a-8050b599b867; Management Group Contributor; 5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c

@ gcp: Google Cloud IAM basic and predefined roles
+ a basic role over everything
roles/owner; roles/editor; roles/admin; roles/writer
+ can give itself any right
roles/resourcemanager.organizationAdmin; roles/resourcemanager.projectIamAdmin; roles/resourcemanager.folderAdmin; roles/resourcemanager.folderIamAdmin; roles/iam.securityAdmin; roles/iam.organizationRoleAdmin; roles/iam.roleAdmin; roles/iam.denyAdmin; roles/iam.workloadIdentityPoolAdmin; roles/iam.workforcePoolAdmin; roles/orgpolicy.policyAdmin; roles/deploymentmanager.editor; roles/iam.infrastructureAdmin
+ can act as service accounts
roles/iam.serviceAccountTokenCreator; roles/iam.serviceAccountOpenIdTokenCreator; roles/iam.serviceAccountKeyAdmin; roles/iam.serviceAccountAdmin; roles/iam.serviceAccountUser; roles/cloudbuild.builds.editor; roles/dataproc.editor
+ administers billing, secrets or keys
roles/billing.admin; roles/secretmanager.admin; roles/cloudkms.admin
+ administers a whole service
roles/*.admin

@ google-workspace: Google Workspace administrator roles; OAuth scopes of the Admin SDK
+ administers the whole domain
super-admin; super admin; _SEED_ADMIN_ROLE
+ administers users, groups or services
delegated-admin; _USER_MANAGEMENT_ADMIN_ROLE; _GROUPS_ADMIN_ROLE; _HELP_DESK_ADMIN_ROLE; _SERVICE_ADMIN_ROLE; _MOBILE_ADMIN_ROLE
+ a scope that administers the domain or opens everyone's mail and files
https://www.googleapis.com/auth/admin.directory.user; https://www.googleapis.com/auth/admin.directory.group; https://www.googleapis.com/auth/admin.directory.rolemanagement; https://www.googleapis.com/auth/admin.directory.domain; https://mail.google.com/; https://www.googleapis.com/auth/drive; https://www.googleapis.com/auth/cloud-platform

@ kubernetes: Kubernetes RBAC, user-facing roles
+ all rights in the cluster
cluster-admin; system:masters
+ all rights in a namespace
admin

@ github: GitHub organization, repository and enterprise roles
+ owns the organization or enterprise
owner; *:owner; enterprise owner; enterprise_owner; * owner; site_admin; site administrator
+ administers the repository
admin
+ sees and changes billing
billing manager; billing_manager; *:billing manager

@ gitlab: GitLab permissions and roles
+ administers the group or project
owner; 50; maintainer; 40; administrator

@ okta: Okta standard administrator roles
+ administers the whole org
SUPER_ADMIN; Super Administrator; ORG_ADMIN; Organizational Administrator; Organization Administrator
+ administers users, groups, applications or keys
APP_ADMIN; Application Administrator; USER_ADMIN; Group Administrator; GROUP_MEMBERSHIP_ADMIN; Group Membership Administrator; HELP_DESK_ADMIN; Help Desk Administrator; API_ACCESS_MANAGEMENT_ADMIN; API Access Management Administrator; MOBILE_ADMIN; Mobile Administrator; API_ADMIN

@ salesforce: Salesforce standard profiles and administrative permissions
+ administers the org
System Administrator
+ reads or changes all data, users or code
Modify All Data; View All Data; Manage Users; Customize Application; Author Apex; PermissionsModifyAllData; PermissionsViewAllData; PermissionsManageUsers; PermissionsAuthorApex

@ snowflake: Snowflake system-defined roles and global privileges
+ a system role over the account
ACCOUNTADMIN; ORGADMIN; GLOBALORGADMIN; SECURITYADMIN; USERADMIN; SYSADMIN
+ can give rights away
MANAGE GRANTS; OWNERSHIP

@ sap: SAP authorization profiles
+ all rights in the client
SAP_ALL; SAP_NEW
+ system administration or development
S_A.SYSTEM; S_A.ADMIN; S_A.DEVELOP; S_A.CUSTOMIZ; SAP_J2EE_ADMIN; Administrator; SAP_BC_USER_ADMIN; SAP_BC_AUTH_DATA_ADMIN; SAP_BC_AUTH_PROFILE_ADMIN

@ postgresql: PostgreSQL role attributes and predefined roles; cloud providers' administrator roles
+ bypasses every permission check
superuser; rds_superuser; cloudsqlsuperuser; azure_pg_admin; alloydbsuperuser
+ can make roles, or reach the server's files and programs
createrole; bypassrls; replication; pg_execute_server_program; pg_read_server_files; pg_write_server_files

@ mysql: MySQL static and dynamic privileges
+ administers the server
ALL PRIVILEGES; ALL; SUPER; GRANT OPTION; CREATE USER; SYSTEM_USER; ROLE_ADMIN; SYSTEM_VARIABLES_ADMIN; CONNECTION_ADMIN; FILE; cloudsqlsuperuser

@ oracle: Oracle Database administrative privileges and predefined roles
+ administers the database
SYSDBA; SYSOPER; SYSBACKUP; SYSKM; SYSDG; DBA; DATAPUMP_EXP_FULL_DATABASE; DATAPUMP_IMP_FULL_DATABASE; EXP_FULL_DATABASE; IMP_FULL_DATABASE
+ can give itself any right
GRANT ANY ROLE; GRANT ANY PRIVILEGE; ALTER USER; BECOME USER; EXECUTE ANY PROCEDURE; SELECT ANY TABLE

@ active-directory: Active Directory privileged accounts and groups
+ controls the domain or forest
Domain Admins; Enterprise Admins; Schema Admins; Administrators; S-1-5-32-544; S-1-5-21-*-512; S-1-5-21-*-518; S-1-5-21-*-519; Key Admins; Enterprise Key Admins; S-1-5-21-*-526; S-1-5-21-*-527; Domain Controllers; S-1-5-21-*-516
+ can reach control of the domain
Account Operators; S-1-5-32-548; Server Operators; S-1-5-32-549; Print Operators; S-1-5-32-550; Backup Operators; S-1-5-32-551; DnsAdmins; Group Policy Creator Owners; S-1-5-21-*-520; Exchange Windows Permissions; Organization Management

@ slack: Slack roles
+ administers the workspace
primary-owner; owner; admin; primary owner; workspace owner; workspace admin; org owner; org admin

@ atlassian: Atlassian default groups and roles
+ administers the site or organization
site-admins; org-admins; system-administrators; jira-administrators; confluence-administrators; administrators; Organization admin; Site admin; User access admin

@ servicenow: ServiceNow base system roles
+ administers the instance
admin; security_admin; user_admin; role_delegator; impersonator; maint; oauth_admin; delegated_developer

@ keycloak: Keycloak realm and realm-management roles
+ administers the realm
admin; realm-admin; manage-realm; manage-users; manage-clients; create-realm; impersonation; manage-authorization; manage-identity-providers

@ any: names that mean the same everywhere
+ named after an administrator
root; superuser; super user; superadmin; super admin; sudo; wheel; sysadmin; dba; system administrator; global administrator; domain admin; domain admins; full control; full access; all privileges
`

// privilegedTable is privilegedNames in the form that is asked.
type privilegedTable struct {
	names    map[review.Platform]map[string]string // folded name -> reason
	patterns map[review.Platform][]privilegedPattern
}

type privilegedPattern struct {
	pattern review.Pattern
	reason  string
}

// anyPlatform is the section that holds for all.
const anyPlatform review.Platform = "any"

func readPrivileged(text string) *privilegedTable {
	t := &privilegedTable{names: map[review.Platform]map[string]string{}, patterns: map[review.Platform][]privilegedPattern{}}
	var platform review.Platform
	var reason string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "@ "); ok {
			name, _, _ := strings.Cut(rest, ":")
			platform = review.Platform(name)
			t.names[platform] = map[string]string{}
			continue
		}
		if rest, ok := strings.CutPrefix(line, "+ "); ok {
			reason = rest
			continue
		}
		for _, name := range strings.Split(line, "; ") {
			t.add(platform, name, reason)
		}
	}
	return t
}

func (t *privilegedTable) add(platform review.Platform, name, reason string) {
	switch {
	case name == "":
	case strings.Contains(name, "*"):
		p, err := review.ParsePattern("*:" + name)
		if err != nil {
			panic("detect: the built-in table: " + err.Error())
		}
		t.patterns[platform] = append(t.patterns[platform], privilegedPattern{p, reason})
	default:
		t.names[platform][review.Fold(name)] = reason
	}
}

// why says why an entitlement is privileged on a platform, or nothing. Beside the native id and the name their last parts are
// asked ("policy/X", "ClusterRole X", "CN=X,..."), and last whether one of their words is admin.
func (t *privilegedTable) why(platform review.Platform, nativeID, name string) string {
	for _, s := range [...]string{nativeID, name} {
		if s == "" {
			continue
		}
		for _, form := range [...]string{s, lastPart(s)} {
			if reason := t.lookup(platform, form); reason != "" {
				return reason
			}
		}
	}
	for _, s := range [...]string{name, nativeID} {
		if word := adminWord(s); word != "" {
			return "named " + word
		}
	}
	return ""
}

func (t *privilegedTable) lookup(platform review.Platform, name string) string {
	folded := review.Fold(name)
	if reason := t.names[platform][folded]; reason != "" {
		return reason
	}
	for _, p := range t.patterns[platform] {
		if p.pattern.Match("", name) {
			return p.reason
		}
	}
	return t.names[anyPlatform][folded]
}

// lastPart is the common name of a DN, else what follows the last slash, else the last word.
func lastPart(s string) string {
	if len(s) > 3 && strings.EqualFold(s[:3], "CN=") {
		name, _, _ := strings.Cut(s[3:], ",")
		return name
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		return s[i+1:]
	}
	kind, rest, ok := strings.Cut(s, " ")
	if ok && (kind == "ClusterRole" || kind == "Role") {
		return rest
	}
	return s
}

// adminWord finds admin or administrator among the words of a name, unless the name says that it only reads.
func adminWord(s string) string {
	found := ""
	for _, w := range wordsOf(lastPart(s)) {
		switch w {
		case "admin", "admins", "administrator", "administrators", "sysadmin", "superuser":
			found = w
		case "read", "reader", "readonly", "view", "viewer", "non", "no", "not":
			return ""
		}
	}
	return found
}

// wordsOf splits a name at signs and where a capital follows a small letter, in lower case.
func wordsOf(s string) []string {
	var words []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	lower := false
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if lower && unicode.IsUpper(r) {
			flush()
		}
		lower = unicode.IsLower(r)
		word.WriteRune(unicode.ToLower(r))
	}
	flush()
	return words
}
