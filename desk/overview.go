package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tickmark/review"
	"tickmark/store"
)

// Overview is how far everything is: campaigns, exceptions, revokes, the head of the ledger.
func (d *Desk) Overview(ctx context.Context) (review.Overview, error) {
	o := review.Overview{Exceptions: map[review.ExceptionState]int64{}, Remediation: map[review.RemediationState]int64{}}
	var err error
	if o.Campaigns, err = d.Campaigns(ctx); err != nil {
		return o, err
	}
	all := review.NewTally("all", d.Now())
	err = d.eachException(ctx, func(e *review.Exception) {
		o.Exceptions[e.State]++
		all.Exception(e)
	})
	if err != nil {
		return o, err
	}
	err = d.eachWorkItem(ctx, func(r *review.Remediation) {
		if !r.Moot() {
			o.Remediation[r.State]++
		}
		all.Revoke(r)
	})
	if err != nil {
		return o, err
	}
	outcomes := all.Outcomes()
	o.Outcomes = &outcomes
	head, err := d.db.Head(ctx)
	if err != nil {
		return o, err
	}
	o.Ledger = review.LedgerHead{Log: d.log, Size: head.Size, Root: head.Root.Base64()}
	anchors, err := d.Anchors(ctx)
	if err != nil {
		return o, err
	}
	for _, a := range anchors {
		o.Ledger.Outside = furthest(o.Ledger.Outside, a)
	}
	waiting, err := d.waitingReassignments(ctx)
	if err != nil {
		return o, err
	}
	if o.StagedActs, err = d.db.CountClosing(ctx, d.Me()); err != nil {
		return o, err
	}
	unsigned, err := d.db.UnsignedImports(ctx)
	if err != nil {
		return o, err
	}
	o.Blocking = append(unsignedNotices(unsigned), d.blocking(o, outcomes.Overdue, len(waiting))...)
	return o, nil
}

// unsignedNotices name imports that nothing can be built on before they are signed.
func unsignedNotices(imports []store.Import) []review.Notice {
	var out []review.Notice
	for i := range imports {
		im := &imports[i]
		out = append(out, review.Notice{Code: "unsigned-import", Import: im.ID, Text: fmt.Sprintf("import %d of %s is stored and not signed: no campaign can use it", im.ID, im.Source),
			Hint: fmt.Sprintf("`tickmark sign --import %d`", im.ID)})
	}
	return out
}

// blocking says what stands in the way of being done.
func (d *Desk) blocking(o review.Overview, overdue int64, reassign int) []review.Notice {
	var out []review.Notice
	now := d.Now()
	for i := range o.Campaigns {
		if c := &o.Campaigns[i]; c.State == review.ActiveState || c.State == review.Closing {
			out = append(out, inTheWay(c, d.Me(), now)...)
		}
	}
	if reassign > 0 {
		out = append(out, review.Notice{Code: "reassign", Text: fmt.Sprintf("%d %s of items wait for a manager's signature", reassign, plural(reassign, "reassignment", "reassignments")), Hint: "`tickmark staged`, then `tickmark sign`"})
	}
	if n := o.StagedActs; n > 0 {
		out = append(out, review.Notice{Code: "unsigned-acts", Text: fmt.Sprintf("%d %s of exceptions and revokes not signed", n, plural(n, "change", "changes")), Hint: "`tickmark staged` shows them, `tickmark sign` signs"})
	}
	for _, c := range o.Campaigns {
		if c.State == review.DraftState && review.IsEvent(c.Name) {
			out = append(out, review.Notice{Code: "event-draft", Text: fmt.Sprintf("%s is drafted and not launched: %s", c.Name, c.Title), Hint: fmt.Sprintf("`tickmark campaign launch %s` shows what it would freeze", c.Name)})
		}
	}
	if n := o.Exceptions[review.ExceptionExpired]; n > 0 {
		out = append(out, review.Notice{Code: "exceptions-expired", Text: fmt.Sprintf("%d %s expired and not closed", n, plural(n, "exception is", "exceptions are")), Hint: "`tickmark exceptions --filter state:expired`"})
	}
	if n := o.Remediation[review.Returned]; n > 0 {
		out = append(out, review.Notice{Code: "came-back", Text: fmt.Sprintf("%d revoked %s came back", n, plural(n, "access", "accesses")), Hint: "`tickmark remediation --filter state:came-back`"})
	}
	if overdue > 0 {
		out = append(out, review.Notice{Code: "overdue", Text: fmt.Sprintf("%d %s overdue", overdue, plural(overdue, "revoke is", "revokes are")), Hint: "`tickmark remediation --filter overdue:yes`"})
	}
	return out
}

// inTheWay says to a person what keeps a running campaign from being closed.
func inTheWay(c *review.Campaign, me review.Principal, now time.Time) []review.Notice {
	var out []review.Notice
	say := func(code, hint, text string, args ...any) {
		out = append(out, review.Notice{Code: code, Text: string(c.Name) + ": " + fmt.Sprintf(text, args...), Hint: hint})
	}
	done := true
	for _, r := range c.Reviewers {
		done = done && (r.Items == 0 || !r.SignedOff.IsZero())
		who, is, has, runs := string(r.Principal), "is", "has", fmt.Sprintf("%s runs `tickmark signoff %s`", r.Principal, c.Name)
		if r.Principal == me {
			who, is, has, runs = "you", "are", "have", fmt.Sprintf("`tickmark signoff %s` says that you are done", c.Name)
		}
		if r.GaveUp > 0 {
			say("abstained", "`tickmark staged` shows who is proposed; `tickmark campaign reassign` names somebody", "%s answered don't know on %d %s, and nobody else was given %s",
				who, r.GaveUp, plural(r.GaveUp, "item", "items"), plural(r.GaveUp, "it", "them"))
		}
		switch {
		case r.Left > 0 && now.After(c.Due):
			days := max(1, int64(now.Sub(c.Due)/(24*time.Hour)))
			say("late", "`tickmark status --remind` writes a reminder", "%s %s %d %s late with %d of %d items", who, is, days, plural(days, "day", "days"), r.Left, r.Items)
		case r.Left == 0 && r.Items > 0 && r.SignedOff.IsZero():
			say("sign-off", runs, "%s %s answered all %d %s and %s not signed off", who, has, r.Items, plural(r.Items, "item", "items"), has)
		}
	}
	if c.Staged > 0 {
		say("unsigned", "`tickmark sign`, by those who staged them", "%d %s staged and not signed", c.Staged, plural(c.Staged, "verdict is", "verdicts are"))
	}
	if done && c.Items > 0 {
		say("close", fmt.Sprintf("%s runs `tickmark campaign close %s`", c.Owner, c.Name), "every reviewer has signed off; it can be closed")
	}
	return out
}

// Outcomes measures what became of revokes and exceptions, by all, campaign, source or owner.
func (d *Desk) Outcomes(ctx context.Context, by string) ([]review.Outcomes, error) {
	m, err := measureBy(by, d.Now())
	if err != nil {
		return nil, err
	}
	if err := d.eachWorkItem(ctx, m.revoke); err != nil {
		return nil, err
	}
	if err := d.eachException(ctx, m.exception); err != nil {
		return nil, err
	}
	return m.outcomes(), nil
}

// measures are outcomes by all, campaign, source or owner.
type measures struct {
	by          string
	now         time.Time
	ofRevoke    func(*review.Remediation) string
	ofException func(*review.Exception) string
	tallies     map[string]*review.Tally
}

func measureBy(by string, now time.Time) (*measures, error) {
	m := &measures{by: by, now: now, tallies: map[string]*review.Tally{}}
	switch by {
	case "", "all":
		m.ofRevoke, m.ofException = func(*review.Remediation) string { return "all" }, func(*review.Exception) string { return "all" }
		m.tally("all")
	case "campaign":
		m.ofRevoke, m.ofException = func(r *review.Remediation) string { return string(r.Campaign) }, func(e *review.Exception) string { return string(e.Campaign) }
	case "source":
		m.ofRevoke, m.ofException = func(r *review.Remediation) string { return string(r.Source) }, func(e *review.Exception) string { return string(e.Source) }
	case "owner":
		m.ofRevoke, m.ofException = func(r *review.Remediation) string { return r.Owner }, func(e *review.Exception) string { return e.Owner }
	default:
		return nil, review.Errorf(review.KindUsage, "outcomes are not measured by %q", review.Safe(by)).WithHint("by all, campaign, source or owner")
	}
	return m, nil
}

func (m *measures) tally(name string) *review.Tally {
	t := m.tallies[name]
	if t == nil {
		t = review.NewTally(name, m.now)
		m.tallies[name] = t
	}
	return t
}

func (m *measures) revoke(r *review.Remediation)  { m.tally(m.ofRevoke(r)).Revoke(r) }
func (m *measures) exception(e *review.Exception) { m.tally(m.ofException(e)).Exception(e) }

func (m *measures) outcomes() []review.Outcomes {
	var out []review.Outcomes
	for _, name := range slices.Sorted(maps.Keys(m.tallies)) {
		out = append(out, m.tallies[name].Outcomes())
	}
	return out
}
