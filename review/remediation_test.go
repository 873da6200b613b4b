package review

import (
	"strings"
	"testing"
	"time"
)

func TestSettleRevoke(t *testing.T) {
	decided := filterNow.AddDate(0, -1, 0)
	later := Settling{Present: true, Completeness: Full, Extracted: filterNow, Decided: decided, State: RevokeOpen}
	with := func(change func(*Settling)) Settling { s := later; change(&s); return s }
	for _, c := range []struct {
		name  string
		in    Settling
		state RemediationState
		why   string
	}{
		{"there", later, StillPresent, ""},
		{"there in a partial import", with(func(s *Settling) { s.Completeness = Truncated }), StillPresent, ""},
		{"there after a claim", with(func(s *Settling) { s.State = ClaimedDone }), StillPresent, ""},
		{"there, as recorded", with(func(s *Settling) { s.State = StillPresent }), "", ""},
		{"there after it was gone", with(func(s *Settling) { s.State, s.EverGone = VerifiedGone, true }), Returned, ""},
		{"there after it was gone and claimed again", with(func(s *Settling) { s.State, s.EverGone = ClaimedDone, true }), Returned, ""},
		{"back, as recorded", with(func(s *Settling) { s.State, s.EverGone = Returned, true }), "", ""},
		{"gone", with(func(s *Settling) { s.Present = false }), VerifiedGone, ""},
		{"gone within the query", with(func(s *Settling) { s.Present, s.Completeness = false, Scoped }), VerifiedGone, ""},
		{"gone again", with(func(s *Settling) { s.Present, s.State, s.EverGone = false, Returned, true }), VerifiedGone, ""},
		{"gone, as recorded", with(func(s *Settling) { s.Present, s.State, s.EverGone = false, VerifiedGone, true }), "", ""},
		{"absent from a truncated import", with(func(s *Settling) { s.Present, s.Completeness = false, Truncated }), "", "not known to be complete"},
		{"absent, completeness unknown", with(func(s *Settling) { s.Present, s.Completeness = false, UnknownScope }), "", "not known to be complete"},
		{"no day of extraction", with(func(s *Settling) { s.Extracted = time.Time{} }), "", "does not say when"},
		{"extracted before", with(func(s *Settling) { s.Extracted = decided.Add(-time.Hour) }), "", "before the revoke"},
		{"extracted before an exception", with(func(s *Settling) { s.Extracted, s.Of = decided.Add(-time.Hour), "exception" }), "", "before the exception"},
		{"extracted at the same second", with(func(s *Settling) { s.Extracted = decided }), "", "before the revoke"},
		{"older than what shows its state", with(func(s *Settling) { s.State, s.EverGone, s.Shown = VerifiedGone, true, filterNow.Add(time.Hour) }), "", "before the one that showed"},
		{"present before the day it is said to be done", with(func(s *Settling) { s.State, s.Claimed = ClaimedDone, filterNow.AddDate(0, 0, 1) }), "", "said to be done"},
		{"present on the day it is said to be done", with(func(s *Settling) { s.State, s.Claimed = ClaimedDone, filterNow.Truncate(24*time.Hour) }), StillPresent, ""},
		{"absent before the day it is said to be done", with(func(s *Settling) { s.Present, s.State, s.Claimed = false, ClaimedDone, filterNow.AddDate(0, 0, 1) }), VerifiedGone, ""},
		{"not due yet", with(func(s *Settling) { s.Effective = "2026-07-02" }), "", ""},
		{"due today", with(func(s *Settling) { s.Effective = "2026-07-01" }), StillPresent, ""},
		{"gone before it was due", with(func(s *Settling) { s.Effective, s.Present = "2026-08-01", false }), VerifiedGone, ""},
	} {
		state, why := SettleRevoke(c.in)
		if state != c.state || (why != "") != (c.why != "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q %q, want %q %q", c.name, state, why, c.state, c.why)
		}
	}
}

func TestOverdue(t *testing.T) {
	decided := time.Date(2026, 6, 17, 15, 0, 0, 0, time.UTC) // 14 days before
	for _, c := range []struct {
		r    Remediation
		days int
		want bool
	}{
		{Remediation{Decided: decided}, 0, false},
		{Remediation{Decided: decided}, 1, true},
		{Remediation{Decided: decided, State: ClaimedDone}, 1, true},
		{Remediation{Decided: decided, State: VerifiedGone}, 100, false},
		{Remediation{Decided: decided, State: Returned}, 1, true},
		{Remediation{Decided: decided, Effective: "2026-08-01"}, 31 + 14, false},
		{Remediation{Decided: decided, Effective: "2026-08-01"}, 31 + 15, true},
		{Remediation{Decided: decided, Effective: "2026-01-01"}, 1, true},
	} {
		if got := Overdue(DefaultPolicy(), filterNow.AddDate(0, 0, c.days), &c.r); got != c.want {
			t.Errorf("%+v after %d days: %v", c.r, c.days, got)
		}
	}
}

func TestCheckClaim(t *testing.T) {
	open := Remediation{ID: 7, State: RevokeOpen, Decided: filterNow.AddDate(0, 0, -10)}
	gone := open
	gone.State = VerifiedGone
	for _, c := range []struct {
		name   string
		r      *Remediation
		d      ClaimDraft
		kind   ErrorKind
		reason string
	}{
		{"claimed", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-06-30"}, "", ""},
		{"claimed today", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-07-01T08:00:00+02:00"}, "", ""},
		{"on the day it was revoked", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-06-21"}, "", ""},
		{"without a ticket", &open, ClaimDraft{Done: "2026-06-30"}, KindUsage, "needs-ticket"},
		{"without a day", &open, ClaimDraft{Ticket: "CHG-1"}, KindUsage, "needs-done"},
		{"on no day", &open, ClaimDraft{Ticket: "CHG-1", Done: "yesterday"}, KindUsage, ""},
		{"in the future", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-07-02"}, KindUsage, "done-future"},
		{"before the revoke", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-06-20"}, KindUsage, "done-early"},
		{"proven gone", &gone, ClaimDraft{Ticket: "CHG-1", Done: "2026-06-30"}, KindRefused, "gone"},
		{"an endless note", &open, ClaimDraft{Ticket: "CHG-1", Done: "2026-06-30", Note: strings.Repeat("x", maxText+1)}, KindUsage, ""},
	} {
		err := CheckClaim(filterNow, c.r, c.d)
		switch {
		case err == nil && c.kind == "":
		case err == nil:
			t.Errorf("%s: nothing is wrong", c.name)
		case err.Kind != c.kind || err.Reason != c.reason || err.Hint == "":
			t.Errorf("%s: %s %q %q (%s)", c.name, err.Kind, err.Reason, err.Message, err.Hint)
		}
	}
}

func TestMeasure(t *testing.T) {
	at := filterNow.AddDate(0, 0, -30)
	gone := func(days int) Remediation {
		return Remediation{State: VerifiedGone, Decided: at, Since: at.AddDate(0, 0, days)}
	}
	o := Measure("aws", filterNow, []Remediation{gone(9), gone(3), gone(4), {State: RevokeOpen, Decided: at, Overdue: true}},
		[]Exception{{Until: "2026-06-30"}, {Until: "2026-07-01"}, {Until: "2026-06-30", Outcome: OutcomeWithdrawn}})
	half := func(o Outcomes) float64 {
		if o.MedianDays == nil {
			return -1
		}
		return *o.MedianDays
	}
	four := o.MedianDays
	if o != (Outcomes{By: "aws", Revokes: 4, Gone: 3, ShareGone: 0.75, MedianDays: four, Overdue: 1, Expired: 1}) || half(o) != 4 {
		t.Errorf("%+v", o)
	}
	if o := Measure("", filterNow, []Remediation{gone(2), gone(5)}, nil); half(o) != 3.5 {
		t.Errorf("median of two is %v", half(o))
	}
	if o := Measure("", filterNow, nil, nil); o.ShareGone != 0 || half(o) != -1 {
		t.Errorf("of nothing: %+v", o)
	}
}

func TestDaysOpenEndWhenTheAccessIsSeenGone(t *testing.T) {
	m := Remediation{State: StillPresent, Decided: filterNow.AddDate(0, 0, -90), Since: filterNow.AddDate(0, 0, -60)}
	if got := m.DaysOpen(filterNow); got != 90 {
		t.Errorf("still present for %d days, want 90", got)
	}
	m.State = VerifiedGone
	if got := m.DaysOpen(filterNow); got != 30 {
		t.Errorf("gone after %d days, want 30", got)
	}
}
