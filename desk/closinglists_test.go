package desk

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickmark/review"
)

// agree checks that exceptions and work items counted one by one are those of the lists, and that pages of the lists make up the
// whole. Stories call it wherever they verify.
func (o *office) agree() {
	o.t.Helper()
	ctx := o.t.Context()
	es, err := o.desk.Exceptions(ctx, "")
	o.must(err)
	told := map[review.EntryIndex]review.Exception{}
	o.must(o.desk.eachException(ctx, func(e *review.Exception) {
		if _, twice := told[e.ID]; twice {
			o.t.Errorf("exception %d is counted twice", e.ID)
		}
		told[e.ID] = *e
	}))
	for _, e := range es {
		brief := func(e review.Exception) review.Exception {
			return review.Exception{ID: e.ID, Campaign: e.Campaign, Source: e.Source, State: e.State, Outcome: e.Outcome, Until: e.Until, Days: e.Days, Owner: e.Owner, Control: e.Control,
				Reviewer: e.Reviewer, Approver: e.Approver, Decided: e.Decided, Renewals: e.Renewals, Superseded: e.Superseded, MaxDays: e.MaxDays, MaxRenewals: e.MaxRenewals}
		}
		if diff := cmp.Diff(brief(e), brief(told[e.ID])); diff != "" {
			o.t.Errorf("exception %d, listed and counted:\n%s", e.ID, diff)
		}
	}
	if len(told) != len(es) {
		o.t.Errorf("%d exceptions are listed, %d counted", len(es), len(told))
	}
	rs, err := o.desk.Remediations(ctx, "")
	o.must(err)
	work := map[review.EntryIndex]review.Remediation{}
	o.must(o.desk.eachWorkItem(ctx, func(r *review.Remediation) { work[r.ID] = *r }))
	for _, r := range rs {
		brief := func(r review.Remediation) review.Remediation {
			b := review.Remediation{ID: r.ID, Campaign: r.Campaign, Source: r.Source, State: r.State, Owner: r.Owner, Reviewer: r.Reviewer, Effective: r.Effective,
				Decided: r.Decided, Since: r.Since, Days: r.Days, Overdue: r.Overdue}
			if r.Superseded != nil {
				b.Superseded = &review.LaterAnswer{Decision: r.Superseded.Decision}
			}
			return b
		}
		if diff := cmp.Diff(brief(r), brief(work[r.ID])); diff != "" {
			o.t.Errorf("revoke %d, listed and counted:\n%s", r.ID, diff)
		}
	}
	if len(work) != len(rs) {
		o.t.Errorf("%d revokes are listed, %d counted", len(rs), len(work))
	}
	var pagedEs []review.Exception
	for after := review.EntryIndex(0); ; after = pagedEs[len(pagedEs)-1].ID {
		page, err := o.desk.ExceptionsAfter(ctx, "", after, 1)
		o.must(err)
		if pagedEs = append(pagedEs, page...); len(page) == 0 {
			break
		}
	}
	var pagedRs []review.Remediation
	for after := review.EntryIndex(0); ; after = pagedRs[len(pagedRs)-1].ID {
		page, err := o.desk.RemediationsAfter(ctx, "", after, 1)
		o.must(err)
		if pagedRs = append(pagedRs, page...); len(page) == 0 {
			break
		}
	}
	if diff := cmp.Diff(append([]review.Exception{}, es...), append([]review.Exception{}, pagedEs...)); diff != "" {
		o.t.Errorf("exceptions, whole and in pages:\n%s", diff)
	}
	if diff := cmp.Diff(append([]review.Remediation{}, rs...), append([]review.Remediation{}, pagedRs...)); diff != "" {
		o.t.Errorf("revokes, whole and in pages:\n%s", diff)
	}
}

func TestChunksAfter(t *testing.T) {
	ids := make([]review.EntryIndex, 2500)
	for i := range ids {
		ids[i] = review.EntryIndex(10 + 2*i)
	}
	for _, c := range []struct {
		after review.EntryIndex
		limit int
		want  []int
	}{{0, 0, []int{1000, 1000, 500}}, {0, 20, []int{20, 1000, 1000, 480}}, {9, 0, []int{1000, 1000, 500}}, {10, 0, []int{1000, 1000, 499}}, {11, 0, []int{1000, 1000, 499}}, {5008, 0, nil}, {9999, 5, nil}} {
		var got []int
		var all []review.EntryIndex
		for chunk := range chunksAfter(ids, c.after, c.limit) {
			got, all = append(got, len(chunk)), append(all, chunk...)
		}
		if !slices.Equal(got, c.want) || len(all) > 0 && (all[0] <= c.after || all[len(all)-1] != ids[len(ids)-1]) {
			t.Errorf("after %d, at most %d: %v", c.after, c.limit, got)
		}
	}
}
