package spill

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// TestTexts keeps strings that grow in random order, far beyond what stays in memory.
func TestTexts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := Texts{Open: unnamed}
	defer s.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	want := make([][]byte, 3000)
	places := make([]uint32, len(want))
	total := 0
	for round := range 40_000 {
		i := rnd.IntN(len(want))
		b := append(want[i], bytes.Repeat([]byte{byte(round)}, rnd.IntN(900))...)
		if len(b) > TextMost {
			b = b[:10]
		}
		var err error
		if places[i] == 0 {
			places[i], err = s.Put(b)
		} else {
			places[i], err = s.Replace(places[i], b)
		}
		if err != nil || places[i] == 0 {
			t.Fatalf("round %d: place %d, %v", round, places[i], err)
		}
		want[i] = bytes.Clone(b)
		total += len(b)
		if j := rnd.IntN(len(want)); places[j] != 0 {
			got, err := s.At(places[j])
			if err != nil || !bytes.Equal(got, want[j]) {
				t.Fatalf("round %d: string %d came back changed: %v", round, j, err)
			}
		}
	}
	if s.base < 3*textMemory {
		t.Errorf("only %d bytes went to the file, so nothing was tried", s.base)
	}
	if s.base > int64(total)/2 {
		t.Errorf("%d bytes of file for strings that were replaced in place where they fit: too much", s.base)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 && os.PathSeparator == '/' {
		t.Errorf("the temporary file has a name: %v %v", left, err)
	}
	if at, err := s.Put(make([]byte, TextMost+1)); at != 0 || err != nil {
		t.Errorf("a string too long was given place %d, %v", at, err)
	}
}

func unnamed() (File, error) {
	f, err := os.CreateTemp("", "scratch-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}
