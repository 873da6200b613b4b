package desk

import (
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// Two logins of one person on one database, each with what it was shown: neither replaces nor signs what it has not seen.
func TestTwoLoginsShareTheDraftsAndDoNotForkThem(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nfinn@corp.example,PAY\ngrace@corp.example,PAY\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.launch("q4")
	second, err := Open(t.Context(), o.options())
	o.must(err)
	defer second.Close()
	if second.Me() != alice {
		t.Fatalf("the second login is %s", second.Me())
	}
	ctx := t.Context()
	see := func(d *Desk, name string) review.Item {
		t.Helper()
		it, err := d.Item(ctx, o.items("q4")[name+"@corp.example PAY"].ID)
		o.must(err)
		return it
	}
	give := func(d *Desk, it review.Item, v review.Verdict, seen review.Drafts) error {
		_, err := d.Stage(ctx, review.Query{}, []review.ItemID{it.ID}, review.Draft{Verdict: v, Reason: "as " + string(v)}, seen)
		return err
	}
	pulse := func(d *Desk) review.Pulse {
		t.Helper()
		p, err := d.Pulse(ctx)
		o.must(err)
		return p
	}
	first := o.desk

	emma := see(second, "emma") // open, as both see it
	before := pulse(second)
	o.must(give(first, emma, review.Keep, review.DraftsOn(emma)))
	if pulse(second) == before {
		t.Error("the second login cannot tell that something was staged")
	}
	err = give(second, emma, review.Revoke, review.DraftsOn(emma))
	o.refused(err, review.KindConflict)
	if !strings.Contains(err.Error(), "keep (as keep)") {
		t.Errorf("the refusal does not say what is staged: %v", err)
	}
	if it := see(first, "emma"); it.Verdict != review.Keep {
		t.Fatalf("the draft was replaced: %+v", it)
	}
	o.must(give(second, emma, review.Revoke, review.DraftsOn(see(second, "emma")))) // looked again
	o.must(give(second, emma, review.Keep, review.DraftsOn(emma)))                  // its own act stands there: no news to it
	o.refused(give(first, emma, review.Abstain, review.DraftsOn(emma)), review.KindConflict)
	_, err = first.Unstage(ctx, []review.ItemID{emma.ID}, review.DraftsOn(emma))
	o.refused(err, review.KindConflict)

	// In bulk what changed since the question is left out, and only that.
	finn, grace := see(first, "finn"), see(first, "grace")
	ids := []review.ItemID{finn.ID, grace.ID}
	p, err := first.PreviewStage(ctx, review.Query{}, ids, review.Draft{Verdict: review.Keep})
	o.must(err)
	o.must(give(second, grace, review.Revoke, review.DraftsOn(grace)))
	res, err := first.Stage(ctx, review.Query{}, ids, review.Draft{Verdict: review.Keep}, p.Drafts)
	o.must(err)
	if res.Staged != 1 || len(res.Skipped) != 1 || res.Skipped[0].ID != grace.ID {
		t.Fatalf("%+v", res)
	}

	// Undo says whose act it takes back.
	words, _, err := second.Undo(ctx)
	o.must(err)
	if !strings.Contains(words, "staged in another session") {
		t.Errorf("undo of another session's act says %q", words)
	}
	o.must(give(second, finn, review.Keep, nil))

	// A signature covers what was shown, or nothing.
	bundles, err := first.Staged(ctx)
	o.must(err)
	o.must(give(second, finn, review.Revoke, nil))
	_, err = first.ConfirmShown(ctx, bundles, nil)
	o.refused(err, review.KindConflict)
	if n := pulse(first); n.Entries != before.Entries {
		t.Fatal("something was signed")
	}
	bundles, err = first.Staged(ctx)
	o.must(err)
	receipts, err := first.ConfirmShown(ctx, bundles, nil)
	o.must(err)
	if len(receipts) != 1 || receipts[0].Records != 3 || pulse(second).Entries == before.Entries {
		t.Fatalf("%+v", receipts)
	}
	// What was signed meanwhile is not superseded by who has not seen that it was.
	o.refused(give(second, emma, review.Revoke, review.DraftsOn(emma)), review.KindNotAllowed)
	o.must(give(second, emma, review.Revoke, review.DraftsOn(see(second, "emma"))))
	_, _, err = second.Undo(ctx)
	o.must(err)
	if left, err := second.Staged(ctx); err != nil || len(left) != 0 {
		t.Fatalf("%v %+v", err, left)
	}
	o.verifies()
}

// Managers' acts of two logins on one exception: the later is told, and can be done again once it was seen.
func TestTwoLoginsDoNotReplaceEachOthersClosures(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nfinn@corp.example,PAY\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.launch("q4")
	for name, it := range o.items("q4") {
		d := review.Draft{Verdict: review.Except, Reason: "needed", Owner: "bob@corp.example", Control: "weekly log review", Until: "2027-01-31", Opened: true}
		if strings.HasPrefix(name, "finn") {
			d = review.Draft{Verdict: review.Revoke, Reason: "left", Opened: true}
		}
		o.decide(it, d)
	}
	o.confirm()
	o.later(time.Hour)
	second, err := Open(t.Context(), o.options())
	o.must(err)
	defer second.Close()
	ctx := t.Context()
	see := func(d *Desk) review.Exception {
		t.Helper()
		es, err := d.Exceptions(ctx, "")
		o.must(err)
		return es[0]
	}
	shown := func(acts []int64) []int64 { return append([]int64{}, acts...) }
	act := func(d *Desk, e review.Exception, reason string) error {
		_, err := d.StageClosure(ctx, []review.EntryIndex{e.ID}, review.ClosureDraft{Outcome: review.OutcomeWithdrawn, Reason: reason, Shown: shown(e.Acts)})
		return err
	}
	e := see(o.desk)
	o.must(act(o.desk, e, "first"))
	o.refused(act(second, e, "second"), review.KindConflict)
	o.must(act(o.desk, e, "first, in other words")) // its own act stands there: no news to it
	o.must(act(second, see(second), "second"))      // looked again

	claim := func(d *Desk, r review.Remediation) error {
		_, err := d.StageClaim(ctx, []review.EntryIndex{r.ID}, review.ClaimDraft{Ticket: "CHG-7", Done: o.now.Format(time.DateOnly), Shown: shown(r.Acts)})
		return err
	}
	rs, err := o.desk.Remediations(ctx, "")
	o.must(err)
	o.must(claim(second, rs[0]))
	o.refused(claim(o.desk, rs[0]), review.KindConflict)
	rs, err = o.desk.Remediations(ctx, "")
	o.must(err)
	o.must(claim(o.desk, rs[0]))
}
