package review

import (
	"slices"
	"testing"
)

func TestWhatIsReviewedFirst(t *testing.T) {
	type item struct {
		worst  Severity
		change Change
	}
	order := []item{
		{Critical, Unchanged}, {High, CameBack}, {High, New}, {High, Unchanged},
		{Medium, CameBack}, {Medium, Changed}, {Low, New}, {Info, New}, {"", New}, {"", Changed},
		{Medium, Unchanged}, {Low, Unchanged}, {Info, Unchanged}, {"", Unchanged},
	}
	got := slices.Clone(order)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b item) int { return Urgency(a.worst, a.change) - Urgency(b.worst, b.change) })
	if !slices.Equal(got, order) {
		t.Errorf("the order is\n%v\nwant\n%v", got, order)
	}
}
