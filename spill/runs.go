package spill

import (
	"encoding/binary"
	"math/bits"
)

const (
	slotBytes = 16
	bucket    = 32 // keys that one read brings in, about
	lineWords = 8  // 64-bit words of a line of a filter: one line of the processor's cache
	lineKeys  = 50 // keys a line is meant for: ten bits a key, of which one in a hundred foreign keys finds its own set
	probes    = 6
	flushAt   = 1 << 16
)

// run is a sorted part of the file.
type run struct {
	at     int64    // where it begins in the file
	n      int      // keys
	starts []uint32 // the key each bucket begins with; buckets part the space of hashes evenly
	filter []uint64 // lines; a key that is not in it is not in the run
	filled int      // buckets begun, while writing
}

// bucketOf gives the bucket of a hash.
func (r *run) bucketOf(hi uint64) int {
	b, _ := bits.Mul64(hi, uint64(len(r.starts)-1))
	return int(b)
}

// line gives a key's line of the filter, and the bits to look at: nine of them each.
func (r *run) line(hi uint64, lo uint32) (line []uint64, where uint64) {
	h := (hi ^ uint64(lo)<<32 ^ uint64(lo)) * 0x9E3779B97F4A7C15
	i, _ := bits.Mul64(h, uint64(len(r.filter)/lineWords))
	return r.filter[i*lineWords:][:lineWords], (h ^ h>>29) * 0xBF58476D1CE4E5B9
}

func (r *run) remember(hi uint64, lo uint32) {
	line, where := r.line(hi, lo)
	for range probes {
		line[where>>61] |= 1 << (where >> 55 & 63)
		where <<= 9
	}
}

func (r *run) mayHold(hi uint64, lo uint32) bool {
	line, where := r.line(hi, lo)
	for range probes {
		if line[where>>61]&(1<<(where>>55&63)) == 0 {
			return false
		}
		where <<= 9
	}
	return true
}

// startRun begins a run of n keys at the end of the file.
func (s *Numbers) startRun(n int) error {
	if s.file == nil {
		f, err := s.Open()
		if err != nil {
			return err
		}
		s.file = f
	}
	s.runs = append(s.runs, run{at: s.end, starts: make([]uint32, (n+bucket-1)/bucket+1), filter: make([]uint64, (n+lineKeys-1)/lineKeys*lineWords)})
	s.buf = s.buf[:0]
	return nil
}

// writeRun adds sorted keys to the run that was begun.
func (s *Numbers) writeRun(keys []slot) error {
	r := &s.runs[len(s.runs)-1]
	for i := range keys {
		k := &keys[i]
		for b := r.bucketOf(k.hi); r.filled <= b; r.filled++ {
			r.starts[r.filled] = uint32(r.n)
		}
		r.remember(k.hi, k.lo)
		r.n++
		s.buf = binary.LittleEndian.AppendUint64(s.buf, k.hi)
		s.buf = binary.LittleEndian.AppendUint32(s.buf, k.lo)
		s.buf = binary.LittleEndian.AppendUint32(s.buf, k.num)
		if len(s.buf) >= flushAt {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Numbers) endRun() error {
	r := &s.runs[len(s.runs)-1]
	for ; r.filled < len(r.starts); r.filled++ {
		r.starts[r.filled] = uint32(r.n)
	}
	return s.flush()
}

func (s *Numbers) flush() error {
	n, err := s.file.WriteAt(s.buf, s.end)
	s.end += int64(n)
	s.buf = s.buf[:0]
	return err
}

// inRuns looks a key up in the file, in the newest run first.
func (s *Numbers) inRuns(hi uint64, lo uint32) (num uint32, ok bool, err error) {
	for i := len(s.runs) - 1; i >= 0; i-- {
		r := &s.runs[i]
		if !r.mayHold(hi, lo) {
			continue
		}
		b := r.bucketOf(hi)
		from, to := r.starts[b], r.starts[b+1]
		if from == to {
			continue
		}
		size := int(to-from) * slotBytes
		if cap(s.buf) < size {
			s.buf = make([]byte, size)
		}
		got := s.buf[:size]
		if _, err := s.file.ReadAt(got, r.at+int64(from)*slotBytes); err != nil {
			return 0, false, err
		}
		for ; len(got) > 0; got = got[slotBytes:] {
			if binary.LittleEndian.Uint64(got) == hi && binary.LittleEndian.Uint32(got[8:]) == lo {
				return binary.LittleEndian.Uint32(got[12:])&^copied - 1, true, nil
			}
		}
	}
	return 0, false, nil
}
