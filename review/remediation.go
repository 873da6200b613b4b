package review

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Settling is what an import knows of one open revoke.
type Settling struct {
	Present      bool         // the grant key is among the rows of the import
	Completeness Completeness // of the import
	Extracted    time.Time    // from the file or the flag, never from a file time; zero if not known
	Decided      time.Time    // of the bundle that holds the revoke
	Effective    string       // the day the revoke was to take effect; empty: at once
	State        RemediationState
	EverGone     bool      // an earlier import showed it gone
	Shown        time.Time // when the import was extracted that showed State; zero if none did
	Claimed      time.Time // when it is said to have been done; zero if nobody says so
	Of           string    // what is settled, in a word; empty: a revoke
}

// SettleRevoke says which record an import proves about a revoke, or why it proves none (ledger.md 3.7, rulings 25). Without a
// state and without a reason there is nothing to record: the import shows what is recorded already, or the revoke is not
// due yet.
func SettleRevoke(s Settling) (RemediationState, string) {
	switch {
	case s.Extracted.IsZero():
		return "", "the import does not say when it was extracted"
	case !s.Extracted.After(s.Decided):
		return "", "the import was extracted before the " + cmp.Or(s.Of, "revoke") + " was signed"
	case s.Extracted.Before(s.Shown):
		return "", "the import was extracted before the one that showed the present state"
	case s.Present && !s.EverGone && s.State == ClaimedDone && s.Extracted.Before(s.Claimed):
		return "", "the import was extracted before the day on which the revoke is said to be done"
	case s.Present && s.EverGone:
		return unlessAlready(s.State, Returned)
	case s.Present && s.notDue():
		return "", ""
	case s.Present:
		return unlessAlready(s.State, StillPresent)
	case s.Completeness == Full || s.Completeness == Scoped:
		return unlessAlready(s.State, VerifiedGone)
	}
	return "", "it is absent from an import that is not known to be complete"
}

func unlessAlready(is, proven RemediationState) (RemediationState, string) {
	if is == proven {
		return "", ""
	}
	return proven, ""
}

// notDue reports whether the import was extracted before the day the revoke was to take effect.
func (s Settling) notDue() bool {
	day, err := time.Parse(time.DateOnly, s.Effective)
	return err == nil && s.Extracted.Before(day)
}

// DueDay is the last day on which a revoke may still be open.
func DueDay(p Policy, r *Remediation) time.Time {
	from := today(r.Decided)
	if day, err := time.Parse(time.DateOnly, r.Effective); err == nil && day.After(from) {
		from = day
	}
	return from.AddDate(0, 0, p.RemediationDays)
}

// Overdue reports whether a revoke should have been proven gone by now.
func Overdue(p Policy, now time.Time, r *Remediation) bool {
	return r.Pending() && today(now).After(DueDay(p, r))
}

// DaysOpen is how long a revoke waits for its proof, or waited: from the decision until it was seen gone, else until now.
func (m *Remediation) DaysOpen(now time.Time) int {
	if m.State == VerifiedGone {
		now = m.Since
	}
	return int(max(now.Sub(m.Decided), 0) / (24 * time.Hour))
}

// CheckClaim tells why a revoke may not be claimed as carried out like this; nil if it may.
func CheckClaim(now time.Time, r *Remediation, d ClaimDraft) *Error {
	if r.State == VerifiedGone {
		return Errorf(KindRefused, "revoke %d is proven gone already", r.ID).WithReason("gone").WithHint("there is nothing left to claim")
	}
	if r.Moot() {
		return Errorf(KindRefused, "revoke %d is %s", r.ID, Safe(r.Superseded.String())).WithReason("superseded").WithHint("the access is meant to stay; to have it removed, revoke it in a campaign")
	}
	if strings.TrimSpace(d.Ticket) == "" {
		return Errorf(KindUsage, "a claim needs a ticket").WithReason("needs-ticket").WithHint("name the ticket or change under which it was done")
	}
	if strings.TrimSpace(d.Done) == "" {
		return Errorf(KindUsage, "a claim needs the day it was done").WithReason("needs-done").WithHint("write it as YYYY-MM-DD")
	}
	for _, f := range []struct{ name, text string }{{"ticket", d.Ticket}, {"note", d.Note}} {
		if len(f.text) > maxText {
			return Errorf(KindUsage, "the %s is %d bytes long, at most %d are kept", f.name, len(f.text), maxText).WithHint("shorten it")
		}
	}
	done, err := ParseDone(d.Done)
	if err != nil {
		return err
	}
	if done.After(now) {
		return Errorf(KindUsage, "it cannot have been done on %s, which is to come", Safe(d.Done)).WithReason("done-future").WithHint("give the day it was done")
	}
	if done.Before(today(r.Decided)) {
		return Errorf(KindUsage, "it cannot have been done on %s, before it was revoked on %s", Safe(d.Done), r.Decided.UTC().Format(time.DateOnly)).
			WithReason("done-early").WithHint("give the day it was done")
	}
	return nil
}

// ParseDone reads when something was done: a day, or an instant in RFC 3339.
func ParseDone(s string) (time.Time, *Error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, Errorf(KindUsage, "%s is no day and no time", Quote(s)).WithHint("write 2026-12-31 or 2026-12-31T14:30:00Z")
	}
	return at.UTC(), nil
}

// Measure says what became of revokes and exceptions: the share proven gone, and in how many days half of those were.
func Measure(by string, now time.Time, revokes []Remediation, exceptions []Exception) Outcomes {
	t := NewTally(by, now)
	for i := range revokes {
		t.Revoke(&revokes[i])
	}
	for i := range exceptions {
		t.Exception(&exceptions[i])
	}
	return t.Outcomes()
}

// Tally is Measure over revokes and exceptions that come one after another.
type Tally struct {
	now  time.Time
	o    Outcomes
	days []float64
}

// NewTally counts from nothing.
func NewTally(by string, now time.Time) *Tally { return &Tally{now: now, o: Outcomes{By: by}} }

// Revoke counts a work item.
func (t *Tally) Revoke(r *Remediation) {
	if r.Moot() {
		t.o.Superseded++
		return
	}
	t.o.Revokes++
	if r.Overdue {
		t.o.Overdue++
	}
	if r.State == VerifiedGone {
		t.o.Gone++
		t.days = append(t.days, max(r.Since.Sub(r.Decided).Hours()/24, 0))
	}
}

// Exception counts an exception.
func (t *Tally) Exception(e *Exception) {
	until, err := time.Parse(time.DateOnly, e.Until)
	if !e.closed() && err == nil && until.Before(today(t.now)) {
		t.o.Expired++
	}
}

// Outcomes is what was counted so far.
func (t *Tally) Outcomes() Outcomes {
	o := t.o
	if o.Revokes > 0 {
		o.ShareGone = float64(o.Gone) / float64(o.Revokes)
	}
	if len(t.days) > 0 {
		half := median(t.days)
		o.MedianDays = &half
	}
	return o
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	half := len(xs) / 2
	if len(xs)%2 == 1 {
		return xs[half]
	}
	return (xs[half-1] + xs[half]) / 2
}
