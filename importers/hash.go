package importers

import "hash/maphash"

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
