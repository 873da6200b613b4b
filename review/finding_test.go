package review

import (
	"slices"
	"testing"
)

func TestWhatIsReviewedFirst(t *testing.T) {
	type item struct {
		kind   Kind
		worst  Severity
		change Change
	}
	order := []item{
		{Public, High, New}, {Public, High, Unchanged}, {Public, "", Unchanged},
		{Human, Critical, Unchanged}, {Service, High, CameBack}, {Human, High, New}, {"", High, Unchanged},
		{Human, Medium, CameBack}, {Human, Medium, Changed}, {Human, Low, New}, {Group, Info, New}, {Human, "", New}, {Human, "", Changed},
		{Human, Medium, Unchanged}, {Human, Low, Unchanged}, {Human, Info, Unchanged}, {Human, "", Unchanged},
	}
	got := slices.Clone(order)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b item) int { return Urgency(a.kind, a.worst, a.change) - Urgency(b.kind, b.worst, b.change) })
	if !slices.Equal(got, order) {
		t.Errorf("the order is\n%v\nwant\n%v", got, order)
	}
}
