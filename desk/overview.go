package desk

import (
	"context"
	"fmt"
	"sort"
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
	exceptions, err := d.exceptions(ctx, store.ClosingQuery{})
	if err != nil {
		return o, err
	}
	for _, e := range exceptions {
		o.Exceptions[e.State]++
	}
	revokes, err := d.remediations(ctx)
	if err != nil {
		return o, err
	}
	var overdue int64
	for i := range revokes {
		if !revokes[i].Moot() {
			o.Remediation[revokes[i].State]++
		}
		overdue += one(revokes[i].Overdue)
	}
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
	all := review.Measure("all", d.Now(), revokes, exceptions)
	o.Outcomes = &all
	waiting, err := d.waitingReassignments(ctx)
	if err != nil {
		return o, err
	}
	if o.StagedActs, err = d.db.CountClosing(ctx, d.Me()); err != nil {
		return o, err
	}
	o.Blocking = d.blocking(o, overdue, len(waiting))
	return o, nil
}

// blocking says what stands in the way of being done.
func (d *Desk) blocking(o review.Overview, overdue int64, reassign int) []review.Notice {
	var out []review.Notice
	now := d.Now()
	for i := range o.Campaigns {
		if c := &o.Campaigns[i]; c.State == review.ActiveState || c.State == review.Closing {
			out = append(out, inTheWay(c, now)...)
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

// inTheWay says what keeps a running campaign from being closed.
func inTheWay(c *review.Campaign, now time.Time) []review.Notice {
	var out []review.Notice
	say := func(code, hint, text string, args ...any) {
		out = append(out, review.Notice{Code: code, Text: string(c.Name) + ": " + fmt.Sprintf(text, args...), Hint: hint})
	}
	done := true
	for _, r := range c.Reviewers {
		done = done && (r.Items == 0 || !r.SignedOff.IsZero())
		if r.GaveUp > 0 {
			say("abstained", "`tickmark staged` shows who is proposed; `tickmark campaign reassign` names somebody", "%s could not judge %d %s; nobody else has %s",
				r.Principal, r.GaveUp, plural(r.GaveUp, "item", "items"), plural(r.GaveUp, "it", "them"))
		}
		switch {
		case r.Left > 0 && now.After(c.Due):
			days := max(1, int64(now.Sub(c.Due)/(24*time.Hour)))
			say("late", "`tickmark status --remind` writes a reminder", "%s is %d %s late with %d of %d items", r.Principal, days, plural(days, "day", "days"), r.Left, r.Items)
		case r.Left == 0 && r.Items > 0 && r.SignedOff.IsZero():
			say("sign-off", fmt.Sprintf("%s runs `tickmark signoff %s`", r.Principal, c.Name), "%s has answered all %d items and has not signed off", r.Principal, r.Items)
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
	revokes, err := d.remediations(ctx)
	if err != nil {
		return nil, err
	}
	exceptions, err := d.exceptions(ctx, store.ClosingQuery{})
	if err != nil {
		return nil, err
	}
	return outcomesBy(by, d.Now(), revokes, exceptions)
}

// outcomesBy measures revokes and exceptions, by all, campaign, source or owner.
func outcomesBy(by string, now time.Time, revokes []review.Remediation, exceptions []review.Exception) ([]review.Outcomes, error) {
	var ofRevoke func(*review.Remediation) string
	var ofException func(*review.Exception) string
	switch by {
	case "", "all":
		return []review.Outcomes{review.Measure("all", now, revokes, exceptions)}, nil
	case "campaign":
		ofRevoke, ofException = func(r *review.Remediation) string { return string(r.Campaign) }, func(e *review.Exception) string { return string(e.Campaign) }
	case "source":
		ofRevoke, ofException = func(r *review.Remediation) string { return string(r.Source) }, func(e *review.Exception) string { return string(e.Source) }
	case "owner":
		ofRevoke, ofException = func(r *review.Remediation) string { return r.Owner }, func(e *review.Exception) string { return e.Owner }
	default:
		return nil, review.Errorf(review.KindUsage, "outcomes are not measured by %q", review.Safe(by)).WithHint("by all, campaign, source or owner")
	}
	rs, es := map[string][]review.Remediation{}, map[string][]review.Exception{}
	names := map[string]bool{}
	for i := range revokes {
		k := ofRevoke(&revokes[i])
		rs[k], names[k] = append(rs[k], revokes[i]), true
	}
	for i := range exceptions {
		k := ofException(&exceptions[i])
		es[k], names[k] = append(es[k], exceptions[i]), true
	}
	var out []review.Outcomes
	for k := range names {
		out = append(out, review.Measure(k, now, rs[k], es[k]))
	}
	sort.Slice(out, func(i, j int) bool { return out[i].By < out[j].By })
	return out, nil
}
