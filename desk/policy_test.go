package desk

import (
	"fmt"
	"strings"
	"testing"

	"tickmark/review"
)

// A campaign's own policy, pinned when it was launched, is what its items are held to, in bulk too; the configuration of
// whoever looks is not.
func TestItemsAreHeldToThePolicyOfTheirCampaign(t *testing.T) {
	o := newOffice(t)
	var rows strings.Builder
	for i := range 4 {
		fmt.Fprintf(&rows, "p%d@corp.example,PAY\n", i)
	}
	o.imports("erp.csv", "identity,entitlement\n"+rows.String(), review.ImportOptions{Source: "erp", Completeness: review.Full})
	spec := review.CampaignSpec{ID: "strict", PolicyFile: "exception-max-days = 30\nbulk-type-count = 3\n"}
	o.launchAs(spec)
	policy, err := o.desk.Policy(t.Context(), "strict")
	o.must(err)
	if policy.ExceptionMaxDays != 30 {
		t.Errorf("an exception may run %d days", policy.ExceptionMaxDays)
	}
	b, err := o.desk.PreviewStage(t.Context(), review.Query{Campaign: "strict"}, nil, review.Draft{Verdict: review.Keep})
	o.must(err)
	if b.Eligible != 4 || !b.TypeCount {
		t.Errorf("%d items at once need no count: %+v", b.Eligible, b)
	}
	var ids []review.ItemID
	for _, it := range o.items("strict") {
		ids = append(ids, it.ID)
	}
	_, err = o.desk.Stage(t.Context(), review.Query{}, ids[:1], review.Draft{Verdict: review.Keep}, nil)
	o.must(err)
	// A verdict that is left alone is among those left out, and not among those the act would replace.
	b, err = o.desk.PreviewStage(t.Context(), review.Query{Campaign: "strict"}, nil, review.Draft{Verdict: review.Keep})
	o.must(err)
	if b.Eligible != 3 || b.Decided != 0 || len(b.LeftOut) != 1 {
		t.Errorf("all that match: %+v", b)
	}
	b, err = o.desk.PreviewStage(t.Context(), review.Query{}, ids, review.Draft{Verdict: review.Keep})
	o.must(err)
	if b.Eligible != 4 || b.Decided != 1 {
		t.Errorf("named one by one: %+v", b)
	}
}
