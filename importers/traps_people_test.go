package importers

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickmark/review"
)

func TestTrap36OnePersonSeveralAccounts(t *testing.T) {
	rep, _ := read(t, "a.json", `[{"id":"1","status":"ACTIVE","profile":{"login":"anna","email":"Anna@lumen.example","displayName":"Anna Fisch"}},
		{"id":"2","status":"ACTIVE","profile":{"login":"anna.adm","email":"anna@lumen.example","displayName":"Anna Fisch"}},
		{"id":"3","status":"ACTIVE","profile":{"login":"anna2","email":"fisch@lumen.example","displayName":"Anna Fisch"}},
		{"id":"4","status":"ACTIVE","profile":{"login":"a4","email":"x@lumen.example","employeeNumber":"E1"}},
		{"id":"5","status":"ACTIVE","profile":{"login":"a5","email":"y@lumen.example","employeeNumber":"E1"}}]`)
	if rep.Accounts != 5 || rep.Identities != 3 {
		t.Errorf("%s", counts(rep))
	}
	// An account whose e-mail comes with a later record belongs to its person, not to itself.
	rep, m := read(t, "a.json", `{"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g","members":[{"value":"u1"}]},{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u1","userName":"anna","emails":[{"value":"anna@lumen.example"}]},{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u2","userName":"anna2","emails":[{"value":"anna@lumen.example"}]}]}`)
	if rep.Accounts != 2 || rep.Identities != 1 || m.accounts["u1"].IdentityKey != "anna@lumen.example" || m.accounts["u1"].Locator != "/Resources/0" {
		t.Errorf("%s %+v", counts(rep), m.accounts)
	}
	rep, _ = read(t, "a.csv", "identity,entitlement\nzo\u00eb,x\nzoe\u0308,x\n")
	mustWarn(t, rep, "confusable-identities")
	if rep.Identities != 2 {
		t.Errorf("no normalisation of keys: %s", counts(rep))
	}
}

func TestTrap37Unresolved(t *testing.T) {
	rep, m := read(t, "a.json", `[{"scope":"/","roleDefinitionId":"/x/r1","principalId":"P1","principalType":"Unknown"},{"scope":"/","roleDefinitionId":"/x/r1","principalId":"p2","principalName":"bo@lumen.example"}]`)
	if w := warned(rep, "unresolved-principal-names"); w == nil || w.Count != 1 || !m.accounts["p1"].Unresolved || m.accounts["p2"].Unresolved || rep.Grants != 2 {
		t.Errorf("%+v %+v", w, m.accounts)
	}
	mustWarn(t, rep, "unresolved-role-names")
}

func TestTrap38GroupsAreCountedOnce(t *testing.T) {
	// anna is in a, a is in b, b is in a: three grants, whoever reaches whom.
	rep, m := read(t, "g.csv", "GroupName,SamAccountName,objectClass\na,anna,user\nb,a,group\na,b,group\na,anna,user\n")
	if rep.Grants != 3 || rep.Accounts != 3 || rep.Duplicates != 1 || m.accounts["a"].Kind != review.Group {
		t.Errorf("%s %+v", counts(rep), m.accounts)
	}
	mustWarn(t, rep, "duplicate-grants")
}

func TestTrap39WhatIsNotRevokedDirectly(t *testing.T) {
	for _, c := range []struct{ file, how string }{
		{"servicenow-roles.csv", "inherited"}, {"gitlab-members.csv", "inherited"}, {"entra-role-assignments.csv", "eligible"}, {"gcp-asset-policies.ndjson", "convenience"},
	} {
		_, m := read(t, c.file, string(fixture{file: c.file}.bytes(t)))
		found := false
		for _, g := range m.grants {
			if g.How == c.how {
				found = true
				if g.Irrevocable == "" && c.how != "eligible" {
					t.Errorf("%s: a grant that is %s does not say why it cannot be revoked here: %+v", c.file, c.how, g)
				}
			}
		}
		if !found {
			t.Errorf("%s: no grant is %s: %+v", c.file, c.how, m.grants)
		}
	}
	_, m := read(t, "p.json", string(fixture{file: "gcp-iam-policy.json"}.bytes(t)), "--resource", "lumen")
	sum := sha256.Sum256([]byte(m.grants[5].Condition))
	if g := m.grants[5]; g.Resource.NativeID != fmt.Sprintf("lumen if sha256:%x", sum) || g.Expires.Stated() != "known 2026-03-01T00:00:00Z" {
		t.Errorf("a condition is part of the resource: %+v", g)
	}
}

func TestTrap40RootAndBootstrap(t *testing.T) {
	_, m := read(t, "c.csv", string(fixture{file: "aws-credential-report.csv"}.bytes(t)))
	if a := m.accounts["arn:aws:iam::444455556666:root"]; a.Kind != review.System || a.Irrevocable == "" {
		t.Errorf("%+v", a)
	}
	_, m = read(t, "k.json", string(fixture{file: "k8s-role-bindings.json"}.bytes(t)))
	if m.grants[0].Irrevocable == "" || m.grants[2].Irrevocable != "" {
		t.Errorf("%+v", m.grants)
	}
	_, m = read(t, "a.json", string(fixture{file: "aws-account-authorization.json"}.bytes(t)))
	if a := m.accounts["arn:aws:iam::444455556666:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"]; a.Irrevocable == "" || a.LastLogin.State != review.Unknown {
		t.Errorf("%+v", a)
	}
	rep, _ := read(t, "c.csv", strings.Replace(string(fixture{file: "aws-credential-report.csv"}.bytes(t)), "true,false,N/A,N/A,N/A", "true,true,2019-01-07T10:00:00+00:00,N/A,N/A", 1))
	if w := warned(rep, "root-access-key"); w == nil || !w.Serious {
		t.Errorf("an active root key: %v", keywordsOf(rep))
	}
}

func TestTrap41PublicPrincipals(t *testing.T) {
	rep, m := read(t, "p.json", `{"bindings":[{"role":"roles/viewer","members":["allUsers","allAuthenticatedUsers","user:anna@lumen.example"]}]}`, "--resource", "lumen")
	if w := warned(rep, "public-principal"); w == nil || !w.Serious || w.Count != 2 {
		t.Errorf("%+v", w)
	}
	if m.accounts["allusers"].Kind != review.Public || m.accounts["allauthenticatedusers"].Kind != review.Public {
		t.Errorf("%+v", m.accounts)
	}
}

func TestTrap42AbsentIsNotFalse(t *testing.T) {
	_, m := read(t, "u.json", `[{"id":"1","username":"anna","access_level":10}]`, "--resource", "g")
	if a := m.accounts["anna"]; a.Status != review.UnknownStatus || a.MFA == review.No || a.External == review.No || a.LastLogin.Norm() != review.NotCollected || a.Created.Norm() != review.NotCollected {
		t.Errorf("%+v", a)
	}
	_, m = read(t, "u.csv", "SamAccountName,Enabled,LastLogonDate\nanna,True,\n")
	if a := m.accounts["anna"]; a.LastLogin.State != review.Never || a.Created.Norm() != review.NotCollected {
		t.Errorf("an empty last logon is never, a missing column not collected: %+v", a)
	}
	_, m = read(t, "s.json", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"anna"}`)
	if m.accounts["1"].Status != review.UnknownStatus {
		t.Errorf("no active member: %+v", m.accounts)
	}
}

func TestTrap43OneGrantTwoRecords(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement,granted\nanna,ledger,2024-01-01\nbo,ledger,\nanna,ledger,2025-01-01\n")
	if rep.Grants != 2 || rep.Duplicates != 1 || m.grants[0].Locator != "line 2" || rep.NotAGrant != 0 {
		t.Errorf("%s %+v", counts(rep), m.grants)
	}
	if w := warned(rep, "duplicate-grants"); w == nil || w.First != "line 4" {
		t.Errorf("%+v", w)
	}
}

// TestTrap44ExportTime: pairs of files can only be compared by age where a report says when its file was made, and by whom it was said.
func TestTrap44ExportTime(t *testing.T) {
	rep, _ := read(t, "a.json", `{"Content":"user,arn,password_enabled,access_key_1_active\nanna,arn:aws:iam::1:user/anna,true,false\n","GeneratedTime":"2025-12-01T03:04:05+01:00","ReportFormat":"text/csv"}`)
	if rep.ExportedFrom != "file" || rep.ExportedAt.Format("2006-01-02T15:04:05Z") != "2025-12-01T02:04:05Z" {
		t.Errorf("%s %s", rep.ExportedFrom, rep.ExportedAt)
	}
	if rep, _ := read(t, "a.csv", people); rep.ExportedFrom != "" || !rep.ExportedAt.IsZero() {
		t.Error("a file that does not say when it was made is not dated")
	}
}

func TestTrap45Instance(t *testing.T) {
	for file, want := range map[string]string{"aws-credential-report.csv": "aws 444455556666", "slack-members.json": "slack T0000LUMEN", "keycloak-realm.json": "keycloak lumen", "sap-agr-users.csv": "sap 100", "bloodhound-users.json": "active-directory lumen.example"} {
		rep, _ := read(t, file, string(fixture{file: file}.bytes(t)))
		if got := rep.System + " " + rep.Instance; got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
		rep, _ = read(t, file, string(fixture{file: file}.bytes(t)), "--system", "other", "--instance", "elsewhere")
		if rep.System != "other" || rep.Instance != "elsewhere" {
			t.Errorf("%s: the flags win: %q %q", file, rep.System, rep.Instance)
		}
	}
}

// TestTrap46Counts: a change of counts can only be seen where rows read are rows accepted and rows rejected, and every row without a grant is counted.
func TestTrap46Counts(t *testing.T) {
	rep, m := read(t, "a.csv", "identity,entitlement\nanna,ledger\n,ledger\nbo,\ncy,ledger,x\nanna,ledger\n")
	if rep.RowsRead != 5 || rep.RowsReject != 2 || rep.NotAGrant != 1 || rep.Grants != 1 || rep.Duplicates != 1 || len(m.rejects) != 2 {
		t.Errorf("%+v", rep)
	}
}

func TestTrap47Secrets(t *testing.T) {
	const secret = "hunter2-s3cr3t"
	key := "-----BEGIN RSA PRIVATE KEY-----\\n" + secret + "\\n-----END RSA PRIVATE KEY-----"
	for name, text := range map[string]string{
		"a.csv":  "identity,entitlement,password,API-Key,note\nanna,ledger," + secret + "," + secret + ",\"" + strings.ReplaceAll(key, `\n`, "\n") + "\"\nbo,ledger," + secret + ",x,y,z," + secret + "\n",
		"a.json": `[{"user":"anna","role":"ledger","client_secret":"` + secret + `","nested":{"tokens":["` + secret + `"]},"credentials":[{"type":"password","value":"` + secret + `"}],"display_name":"` + key + `"}]`,
		"k.json": string(fixture{file: "keycloak-realm.json"}.bytes(t)),
	} {
		for _, args := range [][]string{nil, {"--as", "generic-" + filepath.Ext(name)[1:]}} {
			m := newMemory()
			rep, _ := Read(t.Context(), fromBytes(name, []byte(text)), options(args...), m)
			if all := fmt.Sprintf("%+v %+v", rep, m); strings.Contains(all, secret) || strings.Contains(all, "not-kept") {
				t.Errorf("%s %v: a secret was let through: %s", name, args, all)
			}
			if rep.Reason == "" {
				mustWarn(t, rep, "secrets-dropped")
			}
		}
	}
	for _, text := range []string{"[{\"password\":\"" + secret + "\x01\"}]", "[{\"password\":\"x\\" + secret + "\"}]", "[{\"password\": " + secret + "}]", "identity,password\nanna,\"" + secret,
		"identity,password\nanna,x," + secret + "\nbo,x\n"} {
		m := newMemory()
		rep, err := Read(t.Context(), fromBytes("a", []byte(text)), options(), m)
		if all := fmt.Sprintf("%+v %+v %v", rep, m, err); strings.Contains(all, secret) {
			t.Errorf("%q: a secret reached a message: %s", text, all)
		}
	}
	_, m := read(t, "a.json", `[{"id":"1","status":"ACTIVE","profile":{"login":"anna","displayName":"`+key+`"}}]`)
	if got := m.accounts["1"].DisplayName; got != "[removed]" {
		t.Errorf("a private key as a name: %q", got)
	}
	for _, column := range strings.Fields("password user_passwd client_secret api_token hash private_key API-Key credential_value") {
		if rep, _ := read(t, "a.csv", "identity,entitlement,"+column+"\nanna,ledger,x\n"); len(rep.Dropped) != 1 || !rep.Dropped[0].Secret {
			t.Errorf("%s is kept: %+v", column, rep.Dropped)
		}
	}
	rep, m := read(t, "a.csv", "identity,entitlement,password\nanna,ledger,\n")
	if rep.Dropped[0].Column != "password" || !rep.Dropped[0].Secret {
		t.Errorf("an empty column counts too: %+v", rep.Dropped)
	}
	if want := sha256.Sum256([]byte(`{"identity":"anna","entitlement":"ledger"}`)); m.grants[0].RawSHA256 != want {
		t.Error("what is kept of the record is hashed, as JSON")
	}
	rep, _ = read(t, "a.csv", "identity,entitlement,phone\nanna,ledger,+49\n")
	if warned(rep, "secrets-dropped") != nil || rep.Dropped[0].Column != "phone" || rep.Dropped[0].Secret {
		t.Errorf("personal data is listed, not warned of: %v %v", keywordsOf(rep), rep.Dropped)
	}
	if _, err := Read(t.Context(), fromBytes("a.csv", []byte("identity,password\nanna,x\n")), options("--map", "identity=identity,entitlement=password"), newMemory()); review.KindOf(err) != review.KindUsage {
		t.Errorf("mapping a column of secrets: %v", err)
	}
}

func TestTrap48TheSameFileTwice(t *testing.T) {
	for _, f := range fixtures {
		var reports [2]*review.ImportReport
		var sinks [2]*memory
		for i := range reports {
			reports[i], sinks[i] = read(t, f.file, string(f.bytes(t)), f.args...)
		}
		if a, b := fmt.Sprintf("%+v %+v", *reports[0], sinks[0]), fmt.Sprintf("%+v %+v", *reports[1], sinks[1]); a != b {
			t.Errorf("%s: two reads differ:\n%s\n%s", f.file, a, b)
		}
	}
}

func TestTrap49ContentAndBytes(t *testing.T) {
	text := `[{"user":"anna","role":"ledger"},{"user":"bo","role":"ledger"}]`
	spaced := "[ {\"role\": \"ledger\",\n \"user\": \"anna\"},\n{\"user\":\"bo\",\"role\":\"ledger\"} ]"
	a, ma := read(t, "a.json", text)
	b, mb := read(t, "a.json", spaced)
	if a.SHA256 == b.SHA256 || ma.summary() != mb.summary() {
		t.Error("spacing and order make other bytes, not another population")
	}
	if ma.grants[1].RawSHA256 != mb.grants[1].RawSHA256 || ma.grants[1].RawSHA256 != sha256.Sum256([]byte(`{"user":"bo","role":"ledger"}`)) || ma.grants[0].RawSHA256 == mb.grants[0].RawSHA256 {
		t.Error("a record's hash is that of its bytes from { to }")
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); a.SHA256 != want || a.Bytes != int64(len(text)) {
		t.Errorf("%s, want %s", a.SHA256, want)
	}
	_, m := read(t, "a.csv", "identity,entitlement\r\nanna,\"led\r\nger\"\r\n")
	if m.grants[0].RawSHA256 != sha256.Sum256([]byte("anna,\"led\r\nger\"")) {
		t.Error("a CSV record's hash is that of its bytes without the line end")
	}
	wide := utf16Text("identity,entitlement\nannä,ledger\n", false, true)
	_, m = read(t, "a.csv", wide)
	if m.grants[0].RawSHA256 != sha256.Sum256([]byte(utf16Text("annä,ledger", false, false))) {
		t.Error("a record of a UTF-16 file is hashed as it lies in the file")
	}
	// stdin and other inputs of unknown size are read alike
	in := Input{Name: "stdin", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	rep, err := Read(t.Context(), in, options(), newMemory())
	if err != nil || rep.SHA256 != a.SHA256 {
		t.Errorf("%v %s", err, rep.SHA256)
	}
	if _, err := Read(t.Context(), fromFile(filepath.Join(t.TempDir(), "missing.csv")), options(), newMemory()); review.KindOf(err) != review.KindIO || !os.IsNotExist(err.(*review.Error).Err) {
		t.Errorf("a missing file: %v", err)
	}
}
