package spill

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"
)

func tempFile(t testing.TB) func() (File, error) {
	return func() (File, error) { return os.CreateTemp(t.TempDir(), "") }
}

// hashOf spreads i over 96 bits.
func hashOf(i uint64) (uint64, uint32) {
	h := (i + 1) * 0x9E3779B97F4A7C15
	h ^= h >> 31
	h *= 0xD6E8FEB86659FD93
	return h, uint32(h>>17) ^ uint32(i)
}

// A set that spills gives the numbers of one that does not, whatever is asked for in whatever order.
func TestNumbersSpilledAreThoseInMemory(t *testing.T) {
	spilled := Numbers{Open: tempFile(t), Most: 1000}
	defer spilled.Close()
	var plain Numbers
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 60_000 {
		id := uint64(dice.IntN(1 + i/2)) // half of them are new, the others old
		if dice.IntN(3) == 0 {
			id = uint64(dice.IntN(20)) // a few are asked for all the time
		}
		hi, lo := hashOf(id)
		got, fresh, err := spilled.Add(hi, lo)
		want, wantFresh, _ := plain.Add(hi, lo)
		if err != nil || got != want || fresh != wantFresh {
			t.Fatalf("key %d at step %d: %d %v %v, want %d %v", id, i, got, fresh, err, want, wantFresh)
		}
		hi, lo = hashOf(uint64(dice.IntN(200_000)))
		got, ok, err := spilled.Lookup(hi, lo)
		want, wantOK, _ := plain.Lookup(hi, lo)
		if err != nil || ok != wantOK || ok && got != want {
			t.Fatalf("lookup at step %d: %d %v %v, want %d %v", i, got, ok, err, want, wantOK)
		}
	}
	if spilled.Len() != plain.Len() || len(spilled.runs) < 10 {
		t.Errorf("%d keys in %d runs, want %d keys in ten runs or more", spilled.Len(), len(spilled.runs), plain.Len())
	}
	if spilled.used > 1000 {
		t.Errorf("%d keys are in memory, 1000 were allowed", spilled.used)
	}
}

// Two keys that share all but the last bits are two, also within a bucket and across runs.
func TestNumbersAlikeKeysAreApart(t *testing.T) {
	s := Numbers{Open: tempFile(t), Most: 8}
	defer s.Close()
	for round := range 2 {
		for i := range 100 {
			num, fresh, err := s.Add(^uint64(0), uint32(i))
			if err != nil || num != uint32(i) || fresh != (round == 0) {
				t.Fatalf("key %d, round %d: %d %v %v", i, round, num, fresh, err)
			}
		}
	}
}

// The filter lets through about one foreign key in a hundred, so that a new key costs no read.
func TestNumbersFilterKeepsForeignKeysOut(t *testing.T) {
	s := Numbers{Open: tempFile(t), Most: 20_000}
	defer s.Close()
	for i := range uint64(20_001) {
		hi, lo := hashOf(i)
		if _, _, err := s.Add(hi, lo); err != nil {
			t.Fatal(err)
		}
	}
	through := 0
	for i := range uint64(100_000) {
		if hi, lo := hashOf(1_000_000 + i); s.runs[0].mayHold(hi, lo) {
			through++
		}
	}
	if through > 3000 {
		t.Errorf("%d of 100,000 foreign keys pass the filter", through)
	}
}

type full struct{ File }

func (full) WriteAt([]byte, int64) (int, error) { return 0, errors.New("disk full") }

func TestNumbersSaySoWhenTheFileIsFull(t *testing.T) {
	s := Numbers{Most: 10, Open: func() (File, error) {
		f, err := os.CreateTemp(t.TempDir(), "")
		return full{f}, err
	}}
	defer s.Close()
	for i := range uint64(11) {
		hi, lo := hashOf(i)
		if _, _, err := s.Add(hi, lo); err != nil {
			if i != 10 {
				t.Fatalf("key %d: %v", i, err)
			}
			return
		}
	}
	t.Error("nothing was said")
}

func BenchmarkNumbers(b *testing.B) {
	for _, most := range []int{0, 1 << 18} {
		name, open := "memory", (func() (File, error))(nil)
		if most > 0 {
			name, open = "spilled", tempFile(b)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := Numbers{Open: open, Most: most}
				for i := range uint64(1 << 21) {
					hi, lo := hashOf(i)
					s.Add(hi, lo) //nolint:errcheck // measured only
				}
				s.Close()
			}
		})
	}
}
