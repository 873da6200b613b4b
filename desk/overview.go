package desk

import (
	"context"
	"fmt"
	"sort"
	"strings"
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
	revokes, err := d.remediations(ctx, store.ClosingQuery{})
	if err != nil {
		return o, err
	}
	var overdue int64
	for i := range revokes {
		o.Remediation[revokes[i].State]++
		overdue += one(revokes[i].Overdue)
	}
	head, err := d.db.Head(ctx)
	if err != nil {
		return o, err
	}
	o.Ledger = review.LedgerHead{Log: d.log, Size: head.Size, Root: head.Root.Base64()}
	all := review.Measure("all", d.Now(), revokes, exceptions)
	o.Outcomes = &all
	o.Blocking = d.blocking(o, overdue)
	return o, nil
}

// blocking says what stands in the way of being done.
func (d *Desk) blocking(o review.Overview, overdue int64) []review.Notice {
	var out []review.Notice
	now := d.Now()
	for _, c := range o.Campaigns {
		switch c.State {
		case review.ActiveState, review.Closing:
		default:
			continue
		}
		for _, r := range c.Reviewers {
			if r.Items > r.Signed && now.After(c.Due) {
				out = append(out, review.Notice{Code: "late", Text: fmt.Sprintf("%s: %s is late with %d of %d items", c.Name, r.Principal, r.Items-r.Signed, r.Items), Hint: "`tickmark status --remind` writes a reminder"})
			}
		}
		if c.Staged > 0 {
			out = append(out, review.Notice{Code: "unsigned", Text: fmt.Sprintf("%s: %d %s staged and not signed", c.Name, c.Staged, plural(c.Staged, "verdict is", "verdicts are")), Hint: "`tickmark sign`"})
		}
	}
	if n := o.Exceptions[review.ExceptionExpired]; n > 0 {
		out = append(out, review.Notice{Code: "exceptions-expired", Text: fmt.Sprintf("%d %s expired and not closed", n, plural(n, "exception is", "exceptions are")), Hint: "`tickmark exceptions --filter state:expired`"})
	}
	if n := o.Remediation[review.Returned]; n > 0 {
		out = append(out, review.Notice{Code: "came-back", Text: fmt.Sprintf("%d revoked %s came back", n, plural(n, "access", "accesses")), Hint: "`tickmark remediation --filter state:came-back`"})
	}
	if overdue > 0 {
		out = append(out, review.Notice{Code: "overdue", Text: fmt.Sprintf("%d %s overdue", overdue, plural(overdue, "revoke is", "revokes are")), Hint: "`tickmark remediation --filter state:open`"})
	}
	return out
}

// Outcomes measures what became of revokes and exceptions, by all, campaign, source or owner.
func (d *Desk) Outcomes(ctx context.Context, by string) ([]review.Outcomes, error) {
	revokes, err := d.remediations(ctx, store.ClosingQuery{})
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

// Reminder is mail-ready text for one reviewer: tickmark sends nothing itself.
type Reminder struct {
	Principal review.Principal `json:"principal"`
	Subject   string           `json:"subject"`
	Text      string           `json:"text"`
}

// Remind writes a reminder for every reviewer with something undecided, of one campaign or, with "", of all.
func (d *Desk) Remind(ctx context.Context, c review.CampaignID) ([]Reminder, error) {
	all, err := d.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	var out []Reminder
	for _, camp := range all {
		if c != "" && camp.Name != c || camp.State != review.ActiveState && camp.State != review.Closing {
			continue
		}
		for _, r := range camp.Reviewers {
			left := r.Items - r.Signed
			if left <= 0 {
				continue
			}
			when := "is due on " + camp.Due.Format("2 January 2006")
			if d.Now().After(camp.Due) {
				when = "was due on " + camp.Due.Format("2 January 2006")
			}
			var b strings.Builder
			fmt.Fprintf(&b, "Dear reviewer,\n\nthe access review \"%s\" %s.\n", camp.Title, when)
			fmt.Fprintf(&b, "%d of your %d items wait for your signed decision", left, r.Items)
			if r.Staged > 0 {
				fmt.Fprintf(&b, "; %d of them are decided but not signed yet", r.Staged)
			}
			fmt.Fprintf(&b, ".\n\nOpen it with:  tickmark review %s\n\nAn item you cannot judge can be answered with \"don't know\"; it goes to somebody else.\n", camp.Name)
			out = append(out, Reminder{Principal: r.Principal, Subject: fmt.Sprintf("Access review %s %s: %d items left", camp.Name, when, left), Text: b.String()})
		}
	}
	return out, nil
}
