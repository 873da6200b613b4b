package evidence

import (
	"hash/maphash"

	"tickmark/ledger"
)

// hashIndex finds hashes that lie in a slice elsewhere by their value. It holds four bytes for each slot and no hash, so
// that what grows with the population grows by little. The seed keeps hashes that somebody chose from falling together.
type hashIndex struct {
	slots []int32 // number of the hash + 1, 0 if free; a power of two of them, at most three quarters in use
	used  int
	seed  maphash.Seed
}

// add enters hash number i, which must not be there yet. at gives the hash of a number.
func (x *hashIndex) add(i int32, at func(int32) ledger.Hash) {
	if x.used*4 >= len(x.slots)*3 {
		old := x.slots
		if old == nil {
			x.seed = maphash.MakeSeed()
		}
		x.slots = make([]int32, max(2*len(old), 16))
		for _, n := range old {
			if n != 0 {
				x.put(n, at(n-1))
			}
		}
	}
	x.put(i+1, at(i))
	x.used++
}

func (x *hashIndex) put(n int32, h ledger.Hash) {
	s := x.start(h)
	for x.slots[s] != 0 {
		s = (s + 1) & (len(x.slots) - 1)
	}
	x.slots[s] = n
}

func (x *hashIndex) start(h ledger.Hash) int {
	return int(maphash.Bytes(x.seed, h[:])) & (len(x.slots) - 1)
}

// find gives the number of a hash, -1 if it is not there.
func (x *hashIndex) find(h ledger.Hash, at func(int32) ledger.Hash) int32 {
	if len(x.slots) == 0 {
		return -1
	}
	for s := x.start(h); x.slots[s] != 0; s = (s + 1) & (len(x.slots) - 1) {
		if n := x.slots[s] - 1; at(n) == h {
			return n
		}
	}
	return -1
}
