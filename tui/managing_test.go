package tui

import (
	"testing"

	"tickmark/review"
)

// What was left out of a bulk act is not all said to have the reason of the first.
func TestReasonsForLeavingOutAreCounted(t *testing.T) {
	skip := func(reasons ...string) (out []review.Skip) {
		for _, r := range reasons {
			out = append(out, review.Skip{Reason: r})
		}
		return out
	}
	for _, c := range []struct {
		skipped []review.Skip
		want    string
	}{
		{skip("own", "own"), "own"},
		{skip("rare", "own", "own"), "2: own; 1: rare"},
		{skip("a", "b", "c", "d", "e", "e"), "2: e; 1: a; 1: b; and 2 more reasons"},
	} {
		if got := whyLeftOut(c.skipped); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
