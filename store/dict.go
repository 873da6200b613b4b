package store

import (
	"encoding/binary"
	"hash/maphash"
)

// dict numbers distinct keys from 1 in the order first met. It keeps 128 bits of two seeded hashes instead of the key, so
// that a million long names cost as much as short ones; two keys are taken for one with a chance below 2^-80 for a
// million of them, and nobody outside can aim at it.
type dict struct {
	a, b maphash.Seed
	m    map[[2]uint64]uint32
	key  []byte
}

func newDict() *dict {
	return &dict{a: maphash.MakeSeed(), b: maphash.MakeSeed(), m: map[[2]uint64]uint32{}}
}

// number gives the number of the key made of parts, and whether it is new.
func (d *dict) number(parts ...string) (n uint32, fresh bool) {
	var h [2]uint64
	if len(parts) == 1 {
		h = [2]uint64{maphash.String(d.a, parts[0]), maphash.String(d.b, parts[0])}
	} else {
		d.key = d.key[:0]
		for _, p := range parts {
			d.key = binary.AppendUvarint(d.key, uint64(len(p)))
			d.key = append(d.key, p...)
		}
		h = [2]uint64{maphash.Bytes(d.a, d.key), maphash.Bytes(d.b, d.key)}
	}
	if n, ok := d.m[h]; ok {
		return n, false
	}
	n = uint32(len(d.m) + 1)
	d.m[h] = n
	return n, true
}

// lookup gives the number of a key, 0 if it was never met.
func (d *dict) lookup(key string) uint32 {
	return d.m[[2]uint64{maphash.String(d.a, key), maphash.String(d.b, key)}]
}

func (d *dict) len() int { return len(d.m) }

// lastMet remembers what was numbered last: neighbouring rows of an export are much alike, and comparing is cheaper than
// hashing.
type lastMet struct {
	account numbered[string]
	manner  numbered[[7]string]
}

type numbered[T any] struct {
	n uint32 // 0 is none
	v T
}
