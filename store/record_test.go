package store

import (
	"slices"
	"testing"

	"tickmark/review"
)

// Records come in the order asked, also when an item is asked for twice; an id that only begins like one is no item.
func TestRecordsOfManyItems(t *testing.T) {
	k := colourful(t, 64)
	var ids []review.ItemID
	for _, it := range k.items(review.Query{Campaign: "q4"}) {
		ids = append(ids, it.ID)
	}
	slices.Reverse(ids)
	ids = append(ids, ids[0])
	list, err := k.db.Record(t.Context(), ids)
	k.must(err)
	for i, r := range list {
		if r.ID != ids[i] {
			t.Errorf("record %d is of %s, not of %s", i, r.ID.Short(), ids[i].Short())
		}
	}
	last := byte('0')
	if ids[1][len(ids[1])-1] == last {
		last = '1'
	}
	near := ids[1][:len(ids[1])-1] + review.ItemID(last)
	_, err = k.db.Record(t.Context(), []review.ItemID{ids[0], near})
	if review.KindOf(err) != review.KindNotFound {
		t.Errorf("an id that differs in its last digit: %v", err)
	}
}
