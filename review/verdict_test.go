package review

import (
	"strings"
	"testing"
)

func TestStrictest(t *testing.T) {
	for _, c := range []struct {
		in   []Verdict
		want Verdict
	}{
		{nil, NoVerdict},
		{[]Verdict{Keep, Revoke}, Revoke},
		{[]Verdict{Revoke, Except, Keep}, Revoke},
		{[]Verdict{Keep, Except}, Except},
		{[]Verdict{Keep, NoVerdict}, Keep},
		{[]Verdict{Abstain, NoVerdict}, Abstain},
		{[]Verdict{Abstain, Keep}, Keep},
		{[]Verdict{""}, NoVerdict},
	} {
		if got := Strictest(c.in...); got != c.want {
			t.Errorf("%q: %s, want %s", c.in, got, c.want)
		}
	}
	for v, want := range map[Verdict]bool{Keep: true, Revoke: true, Except: true, Abstain: false, NoVerdict: false, "": false} {
		if v.Decides() != want {
			t.Errorf("%s decides: %v", v, !want)
		}
	}
}

func TestCheckDraft(t *testing.T) {
	plain := &Item{}
	grave := &Item{Findings: []Finding{{Rule: "sod", Severity: High}}}
	mine := &Item{Blocked: "it is your own access"}
	inherited := &Item{Irrevocable: "it comes from the group Admins"}
	exception := Draft{Verdict: Except, Reason: "r", Until: "2026-12-31", Owner: "o", Control: "c"}
	with := func(d Draft, change func(*Draft)) Draft { change(&d); return d }
	for _, c := range []struct {
		name   string
		item   *Item
		draft  Draft
		kind   ErrorKind // empty: it may be staged
		reason string
	}{
		{"keep", plain, Draft{Verdict: Keep}, "", ""},
		{"keep in bulk", plain, Draft{Verdict: Keep, Bulk: true}, "", ""},
		{"keep a grave one", grave, Draft{Verdict: Keep}, "", ""},
		{"keep a grave one with a reason", grave, Draft{Verdict: Keep, Reason: "r"}, "", ""},
		{"keep a grave one in bulk", grave, Draft{Verdict: Keep, Reason: "r", Bulk: true}, KindRefused, "high-finding"},
		{"revoke a grave one in bulk", grave, Draft{Verdict: Revoke, Reason: "r", Bulk: true}, "", ""},
		{"keep until", plain, Draft{Verdict: Keep, Until: "2026-12-31"}, KindUsage, ""},
		{"keep with an owner", plain, Draft{Verdict: Keep, Owner: "o"}, KindUsage, ""},
		{"revoke", plain, Draft{Verdict: Revoke, Reason: "r"}, "", ""},
		{"revoke without a reason", plain, Draft{Verdict: Revoke, Reason: " "}, KindUsage, "needs-reason"},
		{"revoke for less, later", plain, Draft{Verdict: Revoke, Reason: "r", Replace: "read", Effective: "2026-07-01"}, "", ""},
		{"revoke in the past", plain, Draft{Verdict: Revoke, Reason: "r", Effective: "2026-06-30"}, KindUsage, ""},
		{"revoke on no day", plain, Draft{Verdict: Revoke, Reason: "r", Effective: "soon"}, KindUsage, ""},
		{"revoke with a control", plain, Draft{Verdict: Revoke, Reason: "r", Control: "c"}, KindUsage, ""},
		{"revoke what is inherited", inherited, Draft{Verdict: Revoke, Reason: "r"}, KindRefused, "irrevocable"},
		{"keep what is inherited", inherited, Draft{Verdict: Keep}, "", ""},
		{"exception", plain, exception, "", ""},
		{"exception without a reason", plain, with(exception, func(d *Draft) { d.Reason = "" }), KindUsage, "needs-reason"},
		{"exception without an end", plain, with(exception, func(d *Draft) { d.Until = "" }), KindUsage, "needs-until"},
		{"exception without an owner", plain, with(exception, func(d *Draft) { d.Owner = "\t" }), KindUsage, "needs-owner"},
		{"exception without a control", plain, with(exception, func(d *Draft) { d.Control = "" }), KindUsage, "needs-control"},
		{"exception until today", plain, with(exception, func(d *Draft) { d.Until = "2026-07-01" }), KindUsage, "until-past"},
		{"exception until tomorrow", plain, with(exception, func(d *Draft) { d.Until = "2026-07-02" }), "", ""},
		{"exception until the cap", plain, with(exception, func(d *Draft) { d.Until = "2027-07-01" }), "", ""},
		{"exception past the cap", plain, with(exception, func(d *Draft) { d.Until = "2027-07-02" }), KindRefused, "until-cap"},
		{"exception until no day", plain, with(exception, func(d *Draft) { d.Until = "31.12.2026" }), KindUsage, ""},
		{"exception for less", plain, with(exception, func(d *Draft) { d.Replace = "read" }), KindUsage, ""},
		{"abstain", plain, Draft{Verdict: Abstain, Reason: "not my system"}, "", ""},
		{"abstain without a reason", plain, Draft{Verdict: Abstain}, KindUsage, "needs-reason"},
		{"no verdict", plain, Draft{Verdict: NoVerdict}, KindUsage, ""},
		{"no word", plain, Draft{}, KindUsage, ""},
		{"one's own access", mine, Draft{Verdict: Revoke, Reason: "r"}, KindNotAllowed, "blocked"},
		{"a long reason", plain, Draft{Verdict: Keep, Reason: strings.Repeat("x", maxText)}, "", ""},
		{"an endless reason", plain, Draft{Verdict: Keep, Reason: strings.Repeat("x", maxText+1)}, KindUsage, ""},
	} {
		err := CheckDraft(DefaultPolicy(), filterNow, c.item, c.draft)
		switch {
		case err == nil && c.kind == "":
		case err == nil:
			t.Errorf("%s: nothing is wrong", c.name)
		case err.Kind != c.kind || err.Reason != c.reason || err.Hint == "" || err.Message == "":
			t.Errorf("%s: %s %q %q (%s)", c.name, err.Kind, err.Reason, err.Message, err.Hint)
		}
	}
	p := DefaultPolicy()
	p.KeepReasonAtHigh = true
	if err := CheckDraft(p, filterNow, grave, Draft{Verdict: Keep}); err == nil || err.Reason != "needs-reason" {
		t.Errorf("the policy asks for a reason: %v", err)
	}
}
