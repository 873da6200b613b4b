package review

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultPolicyIsValidAndReadsBack(t *testing.T) {
	p := DefaultPolicy()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	text := p.Text()
	if !ReadablePolicy(text) {
		t.Errorf("head line missing:\n%s", text)
	}
	got, err := ParsePolicy(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !bytes.Equal(got.Text(), text) {
		t.Errorf("read back:\n%s\nwant:\n%s", got.Text(), text)
	}
	if ReadablePolicy([]byte("# policy of campaign x\n")) {
		t.Error("a foreign policy counts as readable")
	}
}

func TestPolicyOverlaysTheDefaults(t *testing.T) {
	p, err := ParsePolicy([]byte(`
dormant-days = 45
shared-patterns = ["desk-*"]
periods = "month"
controls = ["csf:PR.AC-1"]

[[sod]]
id = "pay-1"
severity = "critical"
a = ["sap:Z_PAY*"]
b = ["sap:Z_INVOICE", "bank:approve"]
control = "four eyes in the bank"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultPolicy()
	want.DormantDays, want.Periods = 45, "month"
	want.SharedPatterns, want.Controls = []string{"desk-*"}, []string{"csf:PR.AC-1"}
	want.SoD = []SoDPair{{ID: "pay-1", Severity: Critical, A: []string{"sap:Z_PAY*"}, B: []string{"sap:Z_INVOICE", "bank:approve"},
		Control: "four eyes in the bank"}}
	want.tidy()
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v\nwant %+v", p, want)
	}
	empty, err := ParsePolicy([]byte("break-glass-patterns = []\n"))
	if err != nil || len(empty.BreakGlassPatterns) != 0 {
		t.Errorf("an empty list leaves %v, %v", empty.BreakGlassPatterns, err)
	}
}

func TestEqualPoliciesHaveEqualTexts(t *testing.T) {
	a, b := Policy{}, Policy{Controls: []string{}, SoD: []SoDPair{}}
	if !bytes.Equal(a.Text(), b.Text()) {
		t.Errorf("%s\ndiffers from\n%s", a.Text(), b.Text())
	}
}

func TestPolicyErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ in, place, says, hint string }{
		{"dormant-day = 3", "1:1", `no setting "dormant-day"`, "dormant-days"},
		{"# x\n\n  nonsense = 3", "3:3", "no setting", "settings are"},
		{"\ndormant-days = 0", "2:1", "from 1 to 3650 days", ""},
		{"bulk-type-count = -1", "1:1", "from 1 to", ""},
		{"dormant-days = \"x\"", "1:16", "takes no string", "TOML"},
		{"dormant-days = 1\ndormant-days = 2", "2:1", "", "TOML"},
		{"dormant-days = ", "1:", "", "TOML"},
		{`exception-approval = "boss"`, "1:1", "none or manager", ""},
		{`periods = "week"`, "1:1", "month, quarter, half-year or year", ""},
		{"revoke-needs-reason = false", "1:1", "cannot be false", ""},
		{`privileged-patterns = [":x"]`, "1:1", "is no pattern", "system:name"},
		{"\ncontrols = [\"soc2:CC99\"]", "2:1", "no control", "CC6.3"},
		{`financial-sources = ["SAP"]`, "1:1", "no source id", ""},
		{`rules-off = ["Bad Rule"]`, "1:1", "no rule id", ""},
		{"[[sod]]\na = [\"x\"]", "1:3", "has no id", ""},
		{"[[sod]]\nid = \"1\"", "1:3", "nothing on side a", ""},
		{"[[sod]]\nid = \"1\"\nseverity = \"huge\"\na = [\"x\"]", "3:1", "severity is", ""},
		{"[[sod]]\nid=\"1\"\na=[\"x\"]\n[[sod]]\nid=\"1\"\na=[\"x\"]", "1:3", "used twice", ""},
		{"[[sod]]\nid=\"1\"\na=[\"\"]", "3:1", "is no pattern", ""},
		{"[[sod]]\nid=\"1\"\nc=[\"\"]", "3:1", "no setting", ""},
	} {
		_, err := ParsePolicy([]byte(c.in))
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindUsage {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if !strings.HasPrefix(e.Message, c.place) || !strings.Contains(e.Message, c.says) || e.Hint == "" || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s:\n%s\n(%s)\nwant %s ... %s (%s)", c.in, e.Message, e.Hint, c.place, c.says, c.hint)
		}
	}
	if _, err := ParsePolicy(make([]byte, maxPolicy+1)); KindOf(err) != KindUsage {
		t.Errorf("an endless policy: %v", err)
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, f := range PolicyFields() {
		if !strings.HasSuffix(f.Help, ".") {
			t.Errorf("%s: help %q", f.Name, f.Help)
		}
		explained[f.Name] = true
	}
	typ := reflect.TypeFor[Policy]()
	for i := range typ.NumField() {
		name := typ.Field(i).Tag.Get("toml")
		if !explained[name] {
			t.Errorf("setting %s is not explained", name)
		}
		delete(explained, name)
	}
	for name := range explained {
		t.Errorf("%s is explained and is no setting", name)
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, system, name string
		want                  bool
	}{
		{"aws:Admin*", "AWS", "administrator", true},
		{"aws:Admin*", "gcp", "administrator", false},
		{"aws*:x", "aws-prod", "x", true},
		{"root", "", "root", true},
		{"root", "unix", "rooted", false},
		{"*root*", "unix", "chroot", true},
		{"*:arn:aws:iam::aws:policy/X", "aws", "arn:aws:iam::aws:policy/x", true},
		{"aws:x", "aws", "", false},
		{"!aws:x", "aws", "x", true},
	} {
		p, err := ParsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(c.system, c.name); got != c.want {
			t.Errorf("%s covers %s:%s: %v", c.pattern, c.system, c.name, got)
		}
	}
	ps, err := ParsePatterns([]string{"aws:*", "!aws:ReadOnly*"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := ps.Find("aws", "ReadOnlyAccess"); ok {
		t.Error("an exception does not except")
	}
	if p, ok := ps.Find("aws", "", "Admin"); !ok || p.String() != "aws:*" {
		t.Errorf("found %v %v", p, ok)
	}
}

func TestGrammarOfIDs(t *testing.T) {
	for s, want := range map[string]bool{"a": true, "2026-q1.x": true, "": false, "-a": false, "A": false, "a_b": false,
		strings.Repeat("a", 64): true, strings.Repeat("a", 65): false} {
		if IsID(s) != want {
			t.Errorf("IsID(%q) is %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"a@b": true, "a.b+c_d-e@x.y": true, "a": false, "@b": false, "a@": false, "a@b@c": false, "A@b": false, "a*@b": false} {
		if IsPrincipal(s) != want {
			t.Errorf("IsPrincipal(%q) is %v", s, !want)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add(DefaultPolicy().Text())
	f.Add([]byte("dormant-days = 3\n[[sod]]\nid=\"x\"\na=[\"s:*\"]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			if KindOf(err) != KindUsage {
				t.Fatalf("%v", err)
			}
			return
		}
		q, err := ParsePolicy(p.Text())
		if err != nil {
			t.Fatalf("%v in\n%s", err, p.Text())
		}
		if !bytes.Equal(p.Text(), q.Text()) {
			t.Fatalf("%s\nthen\n%s", p.Text(), q.Text())
		}
	})
}
