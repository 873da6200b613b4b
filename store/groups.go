package store

import (
	"cmp"
	"slices"

	"tickmark/review"
)

// regroup counts groups under the keys that fn gives for each.
func regroup(list []review.GroupCount, fn func(key string) []string) []review.GroupCount {
	at := map[string]int{}
	var out []review.GroupCount
	for _, g := range list {
		for _, key := range fn(g.Key) {
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, review.GroupCount{Key: key, Label: key})
			}
			out[i].Items += g.Items
			out[i].Decided += g.Decided
			if g.Severity.Rank() > out[i].Severity.Rank() {
				out[i].Severity = g.Severity
			}
		}
	}
	slices.SortStableFunc(out, func(a, b review.GroupCount) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.Key, b.Key))
	})
	return out
}
