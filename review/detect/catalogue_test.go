package detect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickmark/review"
)

// catalogue reads a list of roles from the shared samples; the built-in table is held against the vendors' own lists there.
func catalogue[T any](t *testing.T, name string) []T {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "samples", "reference", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the shared samples are not here: %v", err)
	}
	var out []T
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return out
}

func TestEntraRolesThatMicrosoftMarks(t *testing.T) {
	type role struct {
		RoleID       string `json:"RoleId"`
		RoleName     string
		IsPrivileged bool `json:"isPrivileged"`
	}
	table := readPrivileged(privilegedNames)
	for _, r := range catalogue[role](t, "Classification_EntraIdDirectoryRoles.json") {
		if !r.IsPrivileged {
			continue
		}
		if table.why(review.Entra, "", r.RoleName) == "" {
			t.Errorf("%s is marked as privileged and not in the table", r.RoleName)
		}
		if table.why(review.Entra, strings.ToUpper(r.RoleID), "") == "" {
			t.Errorf("%s %s is marked as privileged and its id is not in the table", r.RoleID, r.RoleName)
		}
	}
}

func TestAzureRolesThatGiveRights(t *testing.T) {
	type role struct {
		Name        string `json:"name"`
		RoleName    string `json:"roleName"`
		Permissions []struct {
			Actions    []string `json:"actions"`
			NotActions []string `json:"notActions"`
		} `json:"permissions"`
	}
	table := readPrivileged(privilegedNames)
	for _, r := range catalogue[role](t, "azure-built-in-roles-raw.json") {
		for _, p := range r.Permissions {
			for _, a := range p.Actions {
				if a == "*" && table.why(review.Azure, r.Name, r.RoleName) == "" {
					t.Errorf("%s allows * and is not in the table", r.RoleName)
				}
			}
		}
		if strings.HasSuffix(r.RoleName, " Reader") && !strings.Contains(r.RoleName, "Admin") {
			if why := table.why(review.Azure, r.Name, r.RoleName); why != "" {
				t.Errorf("%s: %s", r.RoleName, why)
			}
		}
	}
}

func TestGoogleRolesThatRead(t *testing.T) {
	type role struct {
		Name string `json:"name"`
	}
	table := readPrivileged(privilegedNames)
	seen := map[string]bool{}
	for _, r := range catalogue[role](t, "gcp-predefined_roles.json") {
		seen[r.Name] = true
		low := strings.ToLower(r.Name)
		if why := table.why(review.GCP, r.Name, ""); why != "" && (strings.HasSuffix(low, "viewer") || strings.HasSuffix(low, "reader")) {
			t.Errorf("%s: %s", r.Name, why)
		}
		if strings.HasSuffix(low, ".admin") && table.why(review.GCP, r.Name, "") == "" {
			t.Errorf("%s is not privileged", r.Name)
		}
	}
	for name := range table.names[review.GCP] {
		known := false
		for s := range seen {
			known = known || strings.EqualFold(s, name)
		}
		if !known {
			t.Errorf("the table has %s, which Google does not", name)
		}
	}
}
