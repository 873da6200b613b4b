package store

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"

	"tickmark/spill"
)

// dict numbers distinct keys from 1 in the order first met. It keeps 96 bits of two seeded hashes instead of the key, so
// that a million long names cost as much as short ones; two keys are taken for one with a chance of 2^-57 for a million of
// them, and nobody outside can aim at it.
//
// When its temporary file fails err is set, and numbers mean nothing any more.
type dict struct {
	a, b maphash.Seed
	of   spill.Numbers
	key  []byte
	err  error
}

// dictMemory is how many keys of a dictionary of an import stay in memory.
const dictMemory = 1 << 19

// newDict keeps all keys in memory.
func newDict() *dict { return &dict{a: maphash.MakeSeed(), b: maphash.MakeSeed()} }

// newSpilledDict keeps most of many keys in a temporary file, all but inMemory (0: dictMemory). Close it.
func newSpilledDict(inMemory int) *dict {
	d := newDict()
	d.of.Open, d.of.Most = spillFile, cmp.Or(inMemory, dictMemory)
	return d
}

// number gives the number of the key made of parts, and whether it is new.
func (d *dict) number(parts ...string) (n uint32, fresh bool) {
	var hi, lo uint64
	if len(parts) == 1 {
		hi, lo = maphash.String(d.a, parts[0]), maphash.String(d.b, parts[0])
	} else {
		d.key = d.key[:0]
		for _, p := range parts {
			d.key = binary.AppendUvarint(d.key, uint64(len(p)))
			d.key = append(d.key, p...)
		}
		hi, lo = maphash.Bytes(d.a, d.key), maphash.Bytes(d.b, d.key)
	}
	n, fresh, err := d.of.Add(hi, uint32(lo))
	if err != nil {
		d.fail(err)
		return 1, false
	}
	return n + 1, fresh
}

// lookup gives the number of a key, 0 if it was never met.
func (d *dict) lookup(key string) uint32 {
	n, ok, err := d.of.Lookup(maphash.String(d.a, key), uint32(maphash.String(d.b, key)))
	if err != nil {
		d.fail(err)
		return 1
	}
	if !ok {
		return 0
	}
	return n + 1
}

func (d *dict) fail(err error) {
	if d.err == nil {
		d.err = spillError(err)
	}
}

func (d *dict) len() int { return int(d.of.Len()) }

func (d *dict) close() { d.of.Close() }

// lastMet remembers what was numbered last: neighbouring rows of an export are much alike, and comparing is cheaper than
// hashing.
type lastMet struct {
	account lastAccount
	manner  numbered[[7]string]
}

type lastAccount struct {
	n                uint32 // 0 is none
	native, identity string
}

type numbered[T any] struct {
	n uint32 // 0 is none
	v T
}
