package evidence

import (
	"fmt"
	"testing"

	"tickmark/ledger"
)

func TestHashIndex(t *testing.T) {
	var hashes []ledger.Hash
	at := func(i int32) ledger.Hash { return hashes[i] }
	var x hashIndex
	if x.find(ledger.Hash{}, at) != -1 {
		t.Error("an empty index finds something")
	}
	for i := range 10_000 {
		h := ledger.Sum(fmt.Append(nil, i))
		if i%2 == 1 {
			h = ledger.Hash{31: byte(i), 30: byte(i >> 8)} // chosen, not drawn
		}
		if x.find(h, at) != -1 {
			t.Fatalf("hash %d is found before it is there", i)
		}
		hashes = append(hashes, h)
		x.add(int32(i), at)
	}
	for i, h := range hashes {
		if got := x.find(h, at); got != int32(i) {
			t.Fatalf("hash %d is found as %d", i, got)
		}
	}
	if n := len(x.slots); n > 4*len(hashes) {
		t.Errorf("%d slots for %d hashes", n, len(hashes))
	}
}
