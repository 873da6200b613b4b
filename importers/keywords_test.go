package importers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tickmark/review"
)

// TestEveryWarning makes every keyword a reader can report, and says whether it is serious (importers.md 13.3).
func TestEveryWarning(t *testing.T) {
	serious := strings.Fields("truncated invalid-utf8 missing-identity public-principal root-access-key ambiguous-dates cell-too-large")
	rows := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"user":"anna","role":"x"},`, n), ",") + "]"
	}
	cases := map[string][]string{ // keyword: text, flags...
		"truncated":                  {`{"Users":[{"UserName":"a","Arn":"arn:aws:iam::1:user/a"}],"Marker":"m"}`},
		"round-count":                {rows(50)},
		"guessed-mapping":            {"login,role\nanna,x\n"},
		"no-entitlement-column":      {"login\nanna\n"},
		"multi-valued-cells":         {"login,role\nanna,a|b\n"},
		"secrets-dropped":            {"login,role,api_key\nanna,a,k\n"},
		"control-characters":         {"login,role\nanna,a\x00\n"},
		"invalid-utf8":               {"login,role\nanna,äöüß\xff\n"},
		"encoding-guessed":           {"login,role\nanna,\xe4\n"},
		"lost-accents":               {"login,role,name\nanna,a,K?fer\n"},
		"dialect-changed":            {"login,role,\n" + strings.Repeat("anna,a,\n", 1001) + "anna,a,extra\n"},
		"duplicate-header":           {"login,role,role\nanna,a,b\n"},
		"blank-header":               {"login,,role\nanna,,a\n"},
		"leading-lines":              {"A title\nlogin,role\nanna,a\n"},
		"repeated-header":            {"login,role\nlogin,role\nanna,a\n"},
		"short-row":                  {"login,role,x\nanna,a\n"},
		"long-row":                   {"login,role\nanna,a,b\n"},
		"missing-identity":           {"login,role\n,a\n"},
		"unknown-resource":           {`{"Resources":[{"id":"1"}],"totalResults":1}`},
		"duplicate-grants":           {"login,role\nanna,a\nanna,a\n"},
		"no-records":                 {"login,role\n"},
		"catalogue-only":             {`[{"id":"g","lastMembershipUpdated":"2025-01-01T00:00:00Z","profile":{"name":"n"}}]`},
		"single-object-as-list":      {`{"Users":{"UserName":"a","Arn":"arn:aws:iam::1:user/a"}}`},
		"missing-list":               {`{"UserDetailList":[{"UserName":"a","Arn":"arn:aws:iam::1:user/a"}],"Policies":[]}`},
		"unresolved-principal-names": {`[{"scope":"/","roleDefinitionName":"Reader","principalId":"p"}]`},
		"unresolved-role-names":      {`[{"scope":"/","roleDefinitionId":"r","principalId":"p"}]`},
		"public-principal":           {`{"bindings":[{"role":"r","members":["allUsers"]}]}`, "--resource", "x"},
		"root-access-key":            {"user,arn,password_enabled,access_key_1_active\n<root_account>,arn:aws:iam::1:root,false,true\n"},
		"binding-without-subjects":   {`[{"kind":"RoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"Role","name":"r"}}]`},
		"collection-type-name":       {"SamAccountName,MemberOf\nanna,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection\n"},
		"ambiguous-dates":            {"login,role,granted\nanna,a,1/2/2024\n"},
		"mixed-date-order":           {"login,role,granted\nanna,a,1/20/2024\nanna,b,20/1/2024\n"},
		"no-dates":                   {"login,role,granted\nanna,a,soon\n"},
		"serial-dates":               {"login,role,granted\nanna,a,45000\n"},
		"future-time":                {"login,role,granted\nanna,a,2030-01-01\n"},
		"damaged-ids":                {"login,role\n1.5E+12,a\n"},
		"confusable-identities":      {"login,role\nanna,a\nan\u200bna,a\n"},
		"one-sided-rule":             {"role1,role2\na,\n"},
		"duplicate-worker":           {"employee_id,hire_date\n1,2020-01-01\n1,2020-01-01\n"},
		"unverified-format":          {"user,role,inherited\nanna,a,false\n"},
		"cell-too-large":             {"login,role\nanna,a" + strings.Repeat("x", 1<<20) + "\n"},
	}
	for _, e := range warningTexts {
		c, ok := cases[e.keyword]
		if !ok {
			t.Errorf("no file warns of %s", e.keyword)
			continue
		}
		rep, err := Read(t.Context(), fromBytes("a", []byte(c[0])), options(c[1:]...), newMemory())
		w := warned(rep, e.keyword)
		if err != nil || w == nil {
			t.Errorf("%s: %v, warnings %v", e.keyword, err, keywordsOf(rep))
			continue
		}
		if w.Count < 1 || w.Text == "" || w.First == "" || len(w.Where) > listed || w.Serious != slices.Contains(serious, e.keyword) {
			t.Errorf("%s: %+v", e.keyword, w)
		}
		delete(cases, e.keyword)
	}
	for k := range cases {
		t.Errorf("%s is no keyword", k)
	}
}

// TestWarningCounts: positions are listed up to twenty, counts are exact.
func TestWarningCounts(t *testing.T) {
	rep, m := read(t, "a.csv", "login,role\n"+strings.Repeat(",a\n", 30)+"anna,a\n")
	w := warned(rep, "missing-identity")
	if w == nil || w.Count != 30 || len(w.Where) != 20 || w.First != "line 2" || len(rep.Rejects) != 20 || len(m.rejects) != 30 {
		t.Errorf("%+v, %d rejects listed, %d handed on", w, len(rep.Rejects), len(m.rejects))
	}
}

// sentence is what every refusal says before its hint (importers.md 13.1): the place, what was expected, what was found.
var sentence = regexp.MustCompile(`^a(:[0-9]+:[0-9]+|: /.*): .+ (was|were) expected.*, .+ (was|were) found(: .+|; .+)?$|^a:1:1: .+ was expected, it (unpacks to|grows) more$`)

// TestEveryReject makes records that are given up for every reason, in CSV and in JSON.
func TestEveryReject(t *testing.T) {
	long := strings.Repeat("x", 1<<20+1)
	cases := []struct {
		reason, text, at string
		flags            []string
	}{
		{"long-row", "login,role\nanna,a,b\n", "a:2:8: ", nil},
		{"missing-identity", "login,role\n,a\n", "a:2:1: ", nil},
		{"missing-identity", `[{"login":"","role":"x"}]`, "a: /0: ", []string{"--map", "identity=login,entitlement=role"}},
		{"missing-identity", `{"Users":[{"UserName":"","Arn":""}]}`, "a: /Users/0: ", nil},
		{"cell-too-large", "login,role\nanna," + long + "\n", "a:2:6: ", nil},
		{"cell-too-large", "login,role\nanna,\"" + strings.Repeat("y\n", 5<<20) + "\"\n", "a:2:1: ", nil},
		{"cell-too-large", `[{"login":"anna","role":"` + long + `"}]`, "a: /0: ", []string{"--map", "identity=login,entitlement=role"}},
		{"unknown-resource", `{"Resources":[{"id":"1"}],"totalResults":1}`, "a: /Resources/0: ", nil},
		{"unknown-resource", `[{"login":"anna","role":"x"},7]`, "a: /1: ", []string{"--map", "identity=login,entitlement=role"}},
	}
	for _, c := range cases {
		rep, _ := read(t, "a", c.text, c.flags...)
		if len(rep.Rejects) == 0 {
			t.Errorf("%s: nothing was rejected: %+v", c.reason, rep)
			continue
		}
		j := rep.Rejects[0]
		if j.Reason != c.reason || !strings.HasPrefix(j.Text, c.at) || !sentence.MatchString(j.Text) || !strings.Contains(j.Text, "; ") {
			t.Errorf("%s at %s: %+v", c.reason, c.at, j)
		}
	}
}

// TestPlaceInLimits: what is beyond a limit is found by line and column.
func TestPlaceInLimits(t *testing.T) {
	for text, at := range map[string]string{
		"[{\"a\":1},\n {\"b\":" + strings.Repeat("[", 70): "a:2:69: ",
		"{\n  \"é\":" + strings.Repeat("[", 70):           "a:2:70: ",
		"a" + strings.Repeat(",b", 5000) + "\n":           "a:1:1: ",
	} {
		if rep := refused(t, "a", text, "limit"); !strings.HasPrefix(rep.Message, at) {
			t.Errorf("%q, want %s", rep.Message, at)
		}
	}
	wide := []byte("[")
	for range 3 {
		wide = append(wide, "{},\n"...)
	}
	wide = append(wide, `{"user":"anna","role":"x",`...)
	for i := range 70_000 {
		wide = fmt.Appendf(wide, "\"k%d\":1,", i)
	}
	if rep := refused(t, "a", string(wide)+`"z":1}]`, "limit", "--map", "identity=user,entitlement=role"); !strings.HasPrefix(rep.Message, "a:4:") {
		t.Errorf("%q, want line 4", rep.Message)
	}
}

// TestEveryRefusal makes every reason this room can refuse a file for; wrong-instance needs the imports before.
func TestEveryRefusal(t *testing.T) {
	realm := `{"realm":"r","clients":[]}`
	cases := map[string][]string{
		"empty": {"\n"}, "invalid-json": {"[{]"}, "unknown-shape": {"{}"}, "xls": {"\xD0\xCF\x11\xE0"}, "zip": {"PK\x05\x06"}, "sqlite": {"SQLite format 3\x00"}, "baton-container": {"C1ZF"},
		"html": {"<html>"}, "xml": {"<a/>"}, "yaml": {"---\na: b\n"}, "ldif": {"dn: x\n"}, "not-text": {"%PDF"}, "error-document": {`{"error":"x"}`}, "unbalanced-quote": {"login,role\n\"x"},
		"missing-columns": {"a,b\n1,2\n", "--as", "links"}, "needs-resource": {`[{"login":"a","permissions":{"admin":true}}]`}, "needs-entitlement": {`{"PolicyGroups":[],"PolicyUsers":[],"PolicyRoles":[]}`},
		"needs-identity": {`[{"AppRoleId":"r","ResourceDisplayName":"g"}]`}, "no-users": {realm}, "limit": {strings.Repeat("[", 70)}, "xlsx": {"PK\x03\x04 xl/workbook.xml"}, "nested-archive": {nestedGzip(t)},
	}
	for reason, c := range cases {
		rep := refused(t, "a", c[0], reason, c[1:]...)
		if !sentence.MatchString(rep.Message) || rep.Hint == "" {
			t.Errorf("%s: position, what was expected and what was found are said in %q, what to do in %q?", reason, rep.Message, rep.Hint)
		}
		if review.Safe(rep.Message) != rep.Message || strings.HasSuffix(rep.Message, ".") {
			t.Errorf("%s: the sentence %q", reason, rep.Message)
		}
	}
	for _, reason := range strings.Fields("empty invalid-json unknown-shape xlsx xls zip nested-archive sqlite baton-container html xml yaml ldif not-text error-document unbalanced-quote missing-columns needs-resource needs-entitlement needs-identity no-users limit") {
		if _, ok := cases[reason]; !ok {
			t.Errorf("no file is refused for %s", reason)
		}
	}
}
