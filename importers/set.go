package importers

import (
	"hash/maphash"
	"math/bits"
)

// idSet numbers distinct 96-bit hashes in the order they are first seen. It costs 16 bytes a slot and grows shard by
// shard, so that a million keys stay below 28 MB with no peak while growing. The hashes are of a secret
// seed, so that no file can be made to collide on purpose.
type idSet struct {
	shards [64]idShard
	n      uint32
}

type idShard struct {
	slots []idSlot
	used  int
}

type idSlot struct {
	hi  uint64
	lo  uint32
	num uint32 // the number plus one; 0 is a free slot
}

// add gives the number of a hash, from 0, and whether it is new.
func (s *idSet) add(hi uint64, lo uint32) (num uint32, fresh bool) {
	sh := &s.shards[hi>>58]
	if sh.used*8 >= len(sh.slots)*7 {
		sh.grow()
	}
	slot := sh.find(hi, lo)
	if slot.num != 0 {
		return slot.num - 1, false
	}
	s.n++
	sh.used++
	*slot = idSlot{hi, lo, s.n}
	return s.n - 1, true
}

// lookup gives the number of a hash that was added.
func (s *idSet) lookup(hi uint64, lo uint32) (num uint32, ok bool) {
	sh := &s.shards[hi>>58]
	if sh.used == 0 {
		return 0, false
	}
	slot := sh.find(hi, lo)
	return slot.num - 1, slot.num != 0
}

// find gives the slot of a hash, or the free slot where it belongs. The bits below the shard's scale to any number of
// slots, so that a shard need not double to grow.
func (sh *idShard) find(hi uint64, lo uint32) *idSlot {
	i, _ := bits.Mul64(hi<<6, uint64(len(sh.slots)))
	for {
		slot := &sh.slots[i]
		if slot.num == 0 || slot.hi == hi && slot.lo == lo {
			return slot
		}
		if i++; i == uint64(len(sh.slots)) {
			i = 0
		}
	}
}

func (sh *idShard) grow() {
	old := sh.slots
	sh.slots = make([]idSlot, max(8, len(old)+len(old)/2))
	for i := range old {
		if old[i].num != 0 {
			*sh.find(old[i].hi, old[i].lo) = old[i]
		}
	}
}

// hasher hashes text under two secret seeds. Results never depend on the seeds, short of a collision.
type hasher struct{ a, b maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed(), maphash.MakeSeed()} }

func (h hasher) sum(b []byte) uint64  { return maphash.Bytes(h.a, b) }
func (h hasher) text(s string) uint64 { return maphash.String(h.a, s) }
func (h hasher) pair(b []byte) (uint64, uint32) {
	return maphash.Bytes(h.a, b), uint32(maphash.Bytes(h.b, b))
}
func (h hasher) id(s string) (uint64, uint32) {
	return maphash.String(h.a, s), uint32(maphash.String(h.b, s))
}
