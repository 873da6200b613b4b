package review

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var filterNow = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func day(s string) Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return Time{State: Known, At: at, Day: true}
}

func sampleItem() *Item {
	return &Item{
		ID: "sha256:00c0ffee" + ItemID(strings.Repeat("0", 56)), Campaign: "q2-2026", Stage: 1,
		Identity: "jane.doe@example.com", Name: "Jane Doe", Kind: BreakGlass, BaseKind: Service, Marks: []Mark{"break-glass"},
		Status: "active", AccountStatus: Locked, Owner: "J. Doe", Department: "Finance", Source: "aws-1111", System: "aws",
		Account: "AIDA1", Login: `CORP\jdoe`, Entitlement: "arn:aws:iam::aws:policy/AdministratorAccess", EntName: "AdministratorAccess",
		Privilege: Admin, Granted: day("2026-06-15"), LastUsed: day("2026-04-01"), Expires: day("2026-07-20"), Verdict: Keep,
		State: ItemStaged, Reviewer: "rev@example.com", Change: Changed, How: "direct",
		Findings: []Finding{{Rule: "sod", Severity: High}, {Rule: "owner-gone", Severity: Medium}}, MaxSeverity: High,
	}
}

func TestFilterMatch(t *testing.T) {
	item := sampleItem()
	unknown := &Item{LastUsed: Time{State: Unknown}, Granted: Time{State: Never}}
	for _, c := range []struct {
		filter        string
		item, unknown bool
	}{
		{"", true, true},
		{"jane", true, false},
		{"JANE aws", true, false},
		{"jane bob", false, false},
		{`"jane doe"`, true, false},
		{"-jane", false, true},
		{"Administrator*", true, false},
		{"*Access", true, false},
		{"*policy/Admin*s", true, false},
		{"Admin*x", false, false},
		{`CORP\jdoe`, true, false},
		{`account:CORP\jdoe`, true, false},
		{"account:jdoe", true, false},
		{"account:=jdoe", false, false},
		{`account:="CORP\\jdoe"`, true, false},
		{"kind:service", true, false},
		{"-verdict:dont-know", true, true},
		{"verdict:keep,dont-know", true, false},
		{"kind:human,break-glass", true, false},
		{"kind:human", false, false},
		{"-kind:human", true, true},
		{"status:active", true, false},
		{"status:locked", true, false},
		{"finding:sod", true, false},
		{"finding:so", false, false},
		{"finding:owner*", true, false},
		{"finding:none", false, true},
		{"finding:*", true, false},
		{"severity:high", true, false},
		{"severity:>=medium", true, false},
		{"severity:>high", false, false},
		{"severity:none", false, true},
		{"severity:<low", false, true},
		{"verdict:keep", true, false},
		{"verdict:none", false, true},
		{"previous:none", true, true},
		{"state:staged", true, false},
		{"state:open", false, true},
		{"privileged:yes", true, false},
		{"privileged:no", false, false},
		{"privileged:unknown", false, true},
		{"privilege:admin,write", true, false},
		{"system:aws", true, false},
		{"source:aws", true, false},
		{"source:=aws", false, false},
		{"source:aws-*", true, false},
		{`owner:"J. Doe"`, true, false},
		{"owner:none", false, true},
		{`owner:""`, false, true},
		{"-owner:none", true, false},
		{"owner:*", true, false},
		{"department:fin", true, false},
		{"manager:none", true, true},
		{"reviewer:rev@example.com", true, false},
		{"change:changed", true, false},
		{"tag:break-glass", true, false},
		{"mark:none", false, true},
		{"how:direct", true, false},
		{"campaign:q2", true, false},
		{"stage:1", true, false},
		{"stage:>=2", false, false},
		{"id:00c0ffee", true, false},
		{"id:sha256:00C0", true, false},
		{"last-used:>90d", true, false},
		{"last-used:>=91d", true, false},
		{"last-used:>92d", false, false},
		{"last-used:<90d", false, false},
		{"last-used:<3m", false, false},
		{"last-used:>3m", true, false}, // three months ago it was noon of that day
		{"last-used:2026-04-01", true, false},
		{"last-used:<2026-04-01", false, false},
		{"last-used:<=2026-04-01", true, false},
		{"last-used:>2026-03-31", true, false},
		{"last-used:>=2026-04-02", false, false},
		{"last-used:never", false, false},
		{"last-used:unknown", false, true},
		{"granted:never", false, true},
		{"last-used:known", true, false},
		{"expires:not_collected", false, true},
		{"last-used:unknown,>90d", true, true},
		{"granted:<30d", true, false},
		{"expires:<30d", true, false},
		{"expires:<2w", false, false},
		{"expires:>2w", true, false},
	} {
		f, err := ParseFilter(c.filter)
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		if got := f.Match(item, filterNow); got != c.item {
			t.Errorf("%s: item matches %v, want %v", c.filter, got, c.item)
		}
		if got := f.Match(unknown, filterNow); got != c.unknown {
			t.Errorf("%s: unknown item matches %v, want %v", c.filter, got, c.unknown)
		}
	}
}

func TestFilterNeverTakesUnknownForOld(t *testing.T) {
	f, err := ParseFilter("last-used:>1d")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []TimeState{"", Never, Unknown, NotCollected, NotApplicable} {
		if f.Match(&Item{LastUsed: Time{State: s}}, filterNow) {
			t.Errorf("%q matches an age", s)
		}
	}
}

func TestFilterPrintsCanonically(t *testing.T) {
	for _, word := range []string{"dont-know", "don't-know", "abstain"} {
		if f, err := ParseFilter("verdict:" + word); err != nil || f.String() != "verdict:abstain" {
			t.Errorf("verdict:%s reads as %q, %v", word, f.String(), err)
		}
	}
	for in, want := range map[string]string{
		"  a   b ":                   "a b",
		"TAG:x":                      "mark:x",
		"last_used:NEVER":            "last-used:never",
		"system:=aws":                "system:=aws",
		`owner:"plain"`:              "owner:plain",
		`owner:"J. Doe",None`:        `owner:"J. Doe",none`,
		`owner:"none"`:               `owner:"none"`,
		`"-x"`:                       `"-x"`,
		`-"-x"`:                      `-"-x"`,
		`"arn:aws"`:                  `"arn:aws"`,
		`"a*b"`:                      `a*b`,
		`"a\*b"`:                     `"a\*b"`,
		"a**b":                       "a*b",
		`"say \"hi\" \\ \n"`:         `"say \"hi\" \\ \\n"`,
		"severity:=HIGH":             "severity:high",
		"last-used:>090d":            "last-used:>90d",
		"finding:SoD":                "finding:sod",
		`kind:"service"`:             "kind:service",
		"account:a,b,*c":             "account:a,b,*c",
		`resource:"a,b"`:             `resource:"a,b"`,
		"id:SHA256:AB":               "id:ab",
		"10:30":                      `"10:30"`,
		"expires:>=2026-01-31,never": "expires:>=2026-01-31,never",
	} {
		f, err := ParseFilter(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%s prints %s, want %s", in, got, want)
		}
	}
}

func TestFilterErrorsPointAtTheWord(t *testing.T) {
	for _, c := range []struct{ in, word, says, hint string }{
		{"jane knd:human", "knd", "there is no field", "did you mean kind:?"},
		{"arn:aws:iam", "arn", "there is no field", "quotes"},
		{"kind:robot", "robot", "kind does not take", "human"},
		{"é severity:>x", ">x", "character 12", ">="},
		{"last-used:90d", "90d", "does not take", "last-used:>90d"},
		{"last-used:>never", ">never", "does not take", "last-used:never"},
		{"last-used:>2026-02-30", ">2026-02-30", "does not take", ""},
		{"last-used:>99999d", ">99999d", "does not take", ""},
		{"owner:", "", "a value is missing", "owner:none"},
		{"kind:human,", "", "a value is missing", ""},
		{"owner:>x", ">", "cannot be compared", ""},
		{`owner:"J. Doe`, `"J. Doe`, "never closed", `"`},
		{`"a"b`, `"a"`, "a blank is missing", ""},
		{"- x", "-", "nothing follows", ""},
		{`""`, `""`, "nothing between", ""},
		{"stage:x", "x", "does not take", ""},
		{"id:xyz", "xyz", "does not take", ""},
		{"finding:a_b", "a_b", "does not take", "finding:sod"},
	} {
		_, err := ParseFilter(c.in)
		var fe *FilterError
		if !errors.As(err, &fe) || KindOf(err) != KindUsage {
			t.Errorf("%s: error %v", c.in, err)
			continue
		}
		if got := c.in[fe.Pos : fe.Pos+fe.Len]; got != c.word || fe.Word != c.word {
			t.Errorf("%s: points at %q (%q), want %q", c.in, got, fe.Word, c.word)
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: says %q, want %q", c.in, err, c.says)
		}
		var e *Error
		if errors.As(err, &e); e.Hint == "" || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: hint %q, want %q", c.in, e.Hint, c.hint)
		}
	}
	if _, err := ParseFilter(strings.Repeat("a ", maxFilter)); KindOf(err) != KindUsage {
		t.Errorf("an endless filter: %v", err)
	}
}

func TestEveryFieldHasHelpAndWorks(t *testing.T) {
	for _, f := range FilterFields() {
		if f.Help == "" || strings.Contains(f.Help, "\n") {
			t.Errorf("%s: help %q", f.Name, f.Help)
		}
		for _, v := range f.Values {
			got, err := ParseFilter(f.Name + ":" + v)
			if err != nil {
				t.Errorf("%s:%s: %v", f.Name, v, err)
			} else if got.Terms[0].Field != f.Name {
				t.Errorf("%s:%s is of field %s", f.Name, v, got.Terms[0].Field)
			}
		}
		for _, a := range f.Aliases {
			if g, ok := findField(FilterFields(), a); !ok || g.Name != f.Name {
				t.Errorf("alias %s leads to %s, want %s", a, g.Name, f.Name)
			}
		}
	}
}

func TestCompleteFilter(t *testing.T) {
	extra := map[string][]string{"system": {"aws", "Google Workspace"}}
	for _, c := range []struct {
		in       string
		from     int
		has, not string
	}{
		{"", 0, "kind:", ""},
		{"jane ver", 5, "verdict:", "kind:"},
		{"-ver", 1, "verdict:", "kind:"},
		{"kind:s", 5, "service", "human"},
		{"kind:human,s", 11, "service", "human"},
		{"system:g", 7, `"Google Workspace"`, "aws"},
		{`system:"goo`, 7, `"Google Workspace"`, "aws"},
		{"nosuch:", 0, "", ""},
	} {
		got := CompleteFilter(c.in, len(c.in), extra)
		if got.From != c.from || got.To != len(c.in) {
			t.Errorf("%s: replaces %d to %d", c.in, got.From, got.To)
		}
		if c.has != "" && !slices.Contains(got.Options, c.has) || slices.Contains(got.Options, c.not) {
			t.Errorf("%s: proposes %q", c.in, got.Options)
		}
	}
}

func TestCompleteFieldsOfAnotherList(t *testing.T) {
	got := CompleteFields(ExceptionFields(), "state:exp", 9, nil)
	if !slices.Equal(got.Options, []string{"expiring", "expired"}) || got.From != 6 {
		t.Errorf("%+v", got)
	}
}

func TestLike(t *testing.T) {
	for in, want := range map[string]string{
		"account:a_b":  `%a\_b%`,
		"account:=A%":  `a\%`,
		"account:a*B":  `a%b`,
		`account:\x`:   `%\\x%`,
		"account:*tmp": `%tmp`,
	} {
		f, err := ParseFilter(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Terms[0].Values[0].Like(); got != want {
			t.Errorf("%s is like %s, want %s", in, got, want)
		}
	}
}

func TestExceptionAndRemediationFilters(t *testing.T) {
	e := &Exception{ID: 7, State: Expiring, Owner: "Ann", Until: "2026-07-10", Renewals: 2}
	for in, want := range map[string]bool{
		"state:expiring": true, "state:closed": false, "until:<30d": true, "until:<3d": false, "until:2026-07-10": true,
		"renewals:>=2": true, "id:7": true, "id:8": false, "ann": true, "-owner:ann": false, "approver:none": true,
	} {
		f, err := ParseExceptionFilter(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.MatchException(e, filterNow); got != want {
			t.Errorf("exception %s: %v", in, got)
		}
	}
	r := &Remediation{ID: 9, State: StillPresent, System: "okta", Days: 20, Overdue: true}
	for in, want := range map[string]bool{
		"state:still-present": true, "state:open": false, "overdue:yes": true, "overdue:no": false, "days:>14": true,
		"ticket:none": true, "okta": true, "system:=okt": false, "id:9": true,
	} {
		f, err := ParseRemediationFilter(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.MatchRemediation(r, filterNow); got != want {
			t.Errorf("remediation %s: %v", in, got)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`kind:service,token -finding:sod* owner:"J. \"D\" Doe",none`, "last-used:never,>90d x*y", `-"-a:b"`,
		`account:CORP\x resource:="a,b"`, "severity:>=high stage:<2 id:ab expires:<2026-01-31", "privileged:yes \xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseFilter(s)
		if err != nil {
			var fe *FilterError
			if len(s) <= maxFilter && (!errors.As(err, &fe) || fe.Pos < 0 || fe.Pos+fe.Len > len(s)) {
				t.Fatalf("%q: error %#v", s, err)
			}
			return
		}
		printed := a.String()
		b, err := ParseFilter(printed)
		if err != nil {
			t.Fatalf("%q prints %q, which does not parse: %v", s, printed, err)
		}
		if b.String() != printed {
			t.Fatalf("%q prints %q, then %q", s, printed, b.String())
		}
		if it := sampleItem(); a.Match(it, filterNow) != b.Match(it, filterNow) {
			t.Fatalf("%q and %q differ", s, printed)
		}
		CompleteFilter(s, len(s)/2, nil)
	})
}

func BenchmarkFilterMatch(b *testing.B) {
	f, err := ParseFilter("kind:service -verdict:revoke last-used:>90d administrator")
	if err != nil {
		b.Fatal(err)
	}
	it := sampleItem()
	b.ReportAllocs()
	for b.Loop() {
		f.Match(it, filterNow)
	}
}
