package detect

import (
	"strings"
	"testing"

	"tickmark/review"
)

func TestBuiltInPrivilegedNames(t *testing.T) {
	table := readPrivileged(privilegedNames)
	for _, c := range []struct {
		platform     review.Platform
		nativeID, nm string
		want         string
	}{
		{review.AWS, "arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess", "all rights in the account"},
		{review.AWS, "arn:aws:iam::1:policy/x", "iamfullaccess", "can give itself any right"},
		{review.AWS, "arn:aws:iam::aws:policy/job-function/SystemAdministrator", "", "job function with wide rights"},
		{review.AWS, "arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess", ""},
		{review.Entra, "62E90394-69F5-4237-9190-012177145E10", "", "controls the whole tenant"},
		{review.Entra, "", "User Administrator", "Microsoft marks the role as privileged"},
		{review.Entra, "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "", "an application permission that can take over the tenant"},
		{review.Entra, "", "Directory Readers", ""},
		{review.Azure, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "all rights, or the right to give them"},
		{review.Azure, "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", ""},
		{review.GCP, "roles/owner", "", "a basic role over everything"},
		{review.GCP, "roles/bigquery.admin", "", "administers a whole service"},
		{review.GCP, "roles/compute.instanceAdmin", "", "named admin"},
		{review.GCP, "roles/apigee.readOnlyAdmin", "", ""},
		{review.GCP, "roles/viewer", "", ""},
		{review.Google, "super-admin", "", "administers the whole domain"},
		{review.Kubernetes, "ClusterRole/cluster-admin", "", "all rights in the cluster"},
		{review.Kubernetes, "ClusterRole cluster-admin", "", "all rights in the cluster"},
		{review.Kubernetes, "ClusterRole/view", "view", ""},
		{review.GitHub, "acme:Owner", "", "owns the organization or enterprise"},
		{review.GitHub, "admin", "", "administers the repository"},
		{review.GitHub, "push", "", ""},
		{review.Okta, "SUPER_ADMIN", "Super Administrator", "administers the whole org"},
		{review.Okta, "READ_ONLY_ADMIN", "Read-only Administrator", ""},
		{review.Salesforce, "00e", "System Administrator", "administers the org"},
		{review.Snowflake, "ACCOUNTADMIN", "", "a system role over the account"},
		{review.SAP, "SAP_ALL", "", "all rights in the client"},
		{review.SAP, "Z_BASIS_ADMIN", "", "named admin"},
		{review.Postgres, "superuser", "", "bypasses every permission check"},
		{review.ActiveDir, "CN=Domain Admins,CN=Users,DC=corp,DC=example", "", "controls the domain or forest"},
		{review.ActiveDir, "S-1-5-21-1-2-3-512", "", "controls the domain or forest"},
		{"", "root", "", "named after an administrator"},
		{"", "billing-administrator", "", "named administrator"},
		{"", "Owner", "", ""}, // of what?
		{"", "Non-admin users", "", ""},
		{"", "badminton", "Administrative staff", ""},
		{"", "", "", ""},
	} {
		if got := table.why(c.platform, c.nativeID, c.nm); got != c.want {
			t.Errorf("%s %q %q: %q, want %q", c.platform, c.nativeID, c.nm, got, c.want)
		}
	}
}

func TestBuiltInTableIsWellFormed(t *testing.T) {
	for line := range strings.Lines(privilegedNames) {
		line = strings.TrimSuffix(line, "\n")
		if line != strings.TrimSpace(line) || strings.Contains(line, ";;") || strings.HasSuffix(line, ";") {
			t.Errorf("%q", line)
		}
		if rest, ok := strings.CutPrefix(line, "@ "); ok {
			platform, source, _ := strings.Cut(rest, ": ")
			if source == "" {
				t.Errorf("%s names no source", platform)
			}
			if platform != string(anyPlatform) && review.PlatformOf(prefixOf(platform), "") != review.Platform(platform) {
				t.Errorf("no format leads to platform %s", platform)
			}
		}
	}
	table := readPrivileged(privilegedNames)
	if len(table.names) != 21 {
		t.Errorf("%d platforms", len(table.names))
	}
}

// prefixOf gives a format id of a platform.
func prefixOf(platform string) string {
	switch platform {
	case "google-workspace":
		return "google-users"
	case "kubernetes":
		return "k8s-role-bindings"
	case "postgresql":
		return "postgres-roles"
	case "active-directory":
		return "ad-users"
	}
	return platform + "-x"
}
