package spill

import (
	"cmp"
	"math/bits"
	"slices"
)

// Numbers numbers distinct 96-bit hashes from 0 in the order they are first met. Make the hashes with a secret seed, so
// that no file can be made to collide on purpose; two keys are taken for one with a chance of 2^-57 for a million of them.
//
// Memory holds Most keys, 16 bytes a slot, in shards that grow one by one, so that there is no peak while growing. Beyond
// that they go to the file as sorted runs, and memory keeps 11 bits a key. A key found in a run is remembered in memory
// again, so that what is met often costs no read.
//
// The zero value keeps everything in memory.
type Numbers struct {
	Open func() (File, error) // nil: all stays in memory
	Most int                  // keys in memory; with Open only

	shards  [64]shard
	n       uint32
	used    int // slots in memory
	file    File
	end     int64 // of file
	runs    []run
	buf     []byte
	written []slot
}

type shard struct {
	slots []slot
	used  int
}

type slot struct {
	hi  uint64
	lo  uint32
	num uint32 // the number plus one; 0 is a free slot; the top bit marks a copy of what is in the file
}

const copied = 1 << 31

func (s *slot) number() uint32 { return s.num&^copied - 1 }

// Len is how many distinct keys were added.
func (s *Numbers) Len() uint32 { return s.n }

// Add gives the number of a key and whether it is new.
func (s *Numbers) Add(hi uint64, lo uint32) (num uint32, fresh bool, err error) {
	num, ok, err := s.Lookup(hi, lo)
	if ok || err != nil {
		return num, false, err
	}
	s.n++
	return s.n - 1, true, s.insert(slot{hi, lo, s.n})
}

// Lookup gives the number of a key that was added.
func (s *Numbers) Lookup(hi uint64, lo uint32) (num uint32, ok bool, err error) {
	if sh := &s.shards[hi>>58]; sh.used > 0 {
		if at := sh.find(hi, lo); at.num != 0 {
			return at.number(), true, nil
		}
	}
	if len(s.runs) == 0 {
		return 0, false, nil
	}
	num, ok, err = s.inRuns(hi, lo)
	if ok && err == nil {
		err = s.insert(slot{hi, lo, num + 1 | copied})
	}
	return num, ok, err
}

// insert puts a key that is not there into memory.
func (s *Numbers) insert(k slot) error {
	if s.Open != nil && s.used >= s.Most {
		if err := s.spill(); err != nil {
			return err
		}
	}
	sh := &s.shards[k.hi>>58]
	if sh.used*8 >= len(sh.slots)*7 {
		sh.grow()
	}
	*sh.find(k.hi, k.lo) = k
	sh.used++
	s.used++
	return nil
}

// find gives the slot of a key, or the free slot where it belongs. The bits below the shard's scale to any number of
// slots, so that a shard need not double to grow.
func (sh *shard) find(hi uint64, lo uint32) *slot {
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

func (sh *shard) grow() {
	old := sh.slots
	sh.slots = make([]slot, max(8, len(old)+len(old)/2))
	for i := range old {
		if old[i].num != 0 {
			*sh.find(old[i].hi, old[i].lo) = old[i]
		}
	}
}

// Close gives back memory and the file.
func (s *Numbers) Close() {
	if s.file != nil {
		s.file.Close()
	}
	*s = Numbers{Open: s.Open, Most: s.Most}
}

// spill moves what the file does not hold yet into a new run, and forgets what it does.
func (s *Numbers) spill() error {
	fresh := 0
	for i := range s.shards {
		for _, k := range s.shards[i].slots {
			if k.num != 0 && k.num&copied == 0 {
				fresh++
			}
		}
	}
	if fresh > 0 {
		if err := s.startRun(fresh); err != nil {
			return err
		}
	}
	for i := range s.shards {
		sh := &s.shards[i]
		if fresh > 0 {
			s.written = s.written[:0]
			for _, k := range sh.slots {
				if k.num != 0 && k.num&copied == 0 {
					s.written = append(s.written, k)
				}
			}
			slices.SortFunc(s.written, func(a, b slot) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) })
			if err := s.writeRun(s.written); err != nil {
				return err
			}
		}
		clear(sh.slots)
		sh.used = 0
	}
	s.used = 0
	if fresh > 0 {
		return s.endRun()
	}
	return nil
}
