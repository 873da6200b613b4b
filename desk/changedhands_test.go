package desk

import (
	"fmt"
	"strings"
	"testing"

	"tickmark/review"
)

// Two managers give one item to two people: the second is told when they stage it, and what the first has signed is not
// replaced by what the second staged before it.
func TestTwoManagersDoNotReassignOneItemUnseen(t *testing.T) {
	o := newOffice(t)
	bobs := o.joined(bob, "review", "manage")
	o.joined(carol, "review")
	o.joined(dave, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\nfred@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}})
	emma, fred := o.items("q4")["emma@corp.example FI_POST"], o.items("q4")["fred@corp.example FI_POST"]
	give := func(d *Desk, to review.Principal, ids ...review.ItemID) {
		t.Helper()
		res, err := d.Reassign(t.Context(), ids, to, "", "knows them")
		o.must(err)
		if res.Staged != len(ids) {
			t.Fatalf("%+v", res)
		}
	}
	give(o.desk, carol, emma.ID)
	if len(o.said) != 0 {
		t.Errorf("the first is told %q", o.said)
	}
	give(bobs, dave, emma.ID, fred.ID)
	if len(o.said) != 1 || !strings.Contains(o.said[0], "whoever signs first") {
		t.Errorf("the second is told %q", o.said)
	}
	shown, err := bobs.Staged(t.Context())
	o.must(err)
	o.signs(o.desk)
	_, err = bobs.ConfirmShown(t.Context(), shown, nil)
	o.refused(err, review.KindConflict)
	if last := o.said[len(o.said)-1]; !strings.Contains(last, "somebody else was given") {
		t.Errorf("the second is told %q", last)
	}
	left, err := bobs.Staged(t.Context())
	o.must(err)
	if len(left) != 1 || left[0].Records != 1 || left[0].Lines[0].Item != fred.ID {
		t.Errorf("staged is %+v", left)
	}
	o.signs(bobs)
	if e, f := o.items("q4")["emma@corp.example FI_POST"].Reviewer, o.items("q4")["fred@corp.example FI_POST"].Reviewer; e != carol || f != dave {
		t.Errorf("%s decides on emma, %s on fred", e, f)
	}
	o.verifies()
}

// Confirm can show each record that the next signature covers.
func TestStagedListsEveryRecord(t *testing.T) {
	o := newOffice(t)
	o.joined(bob, "review")
	var b strings.Builder
	b.WriteString("identity,entitlement\n")
	for i := range 450 {
		fmt.Fprintf(&b, "p%d@corp.example,FI_POST\n", i)
	}
	o.imports("erp.csv", b.String(), review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}})
	var ids []review.ItemID
	for _, it := range o.items("q4") {
		ids = append(ids, it.ID)
	}
	_, err := o.desk.Stage(t.Context(), review.Query{}, ids[:220], review.Draft{Verdict: review.Keep}, nil)
	o.must(err)
	_, err = o.desk.Reassign(t.Context(), ids[220:], bob, "", "his people")
	o.must(err)
	staged, err := o.desk.Staged(t.Context())
	o.must(err)
	if len(staged) != 2 {
		t.Fatalf("%d bundles", len(staged))
	}
	for _, s := range staged {
		of := map[review.ItemID]bool{}
		for _, l := range s.Lines {
			of[l.Item] = true
		}
		if len(of) != s.Records {
			t.Errorf("%s: %d of %d records are shown", s.Act, len(of), s.Records)
		}
	}
}
