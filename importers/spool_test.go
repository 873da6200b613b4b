package importers

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestSpool keeps strings that grow in random order, far beyond what stays in memory.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := spool{open: scratch}
	defer s.close()
	rnd := rand.New(rand.NewPCG(1, 2))
	want := make([][]byte, 3000)
	places := make([]uint32, len(want))
	total := 0
	for round := range 40_000 {
		i := rnd.IntN(len(want))
		b := append(want[i], bytes.Repeat([]byte{byte(round)}, rnd.IntN(900))...)
		if len(b) > spoolMost {
			b = b[:10]
		}
		var err error
		if places[i] == 0 {
			places[i], err = s.put(b)
		} else {
			places[i], err = s.replace(places[i], b)
		}
		if err != nil || places[i] == 0 {
			t.Fatalf("round %d: place %d, %v", round, places[i], err)
		}
		want[i] = bytes.Clone(b)
		total += len(b)
		if j := rnd.IntN(len(want)); places[j] != 0 {
			got, err := s.at(places[j])
			if err != nil || !bytes.Equal(got, want[j]) {
				t.Fatalf("round %d: string %d came back changed: %v", round, j, err)
			}
		}
	}
	if s.base < 3*spoolMemory {
		t.Errorf("only %d bytes went to the file, so nothing was tried", s.base)
	}
	if s.base > int64(total)/2 {
		t.Errorf("%d bytes of file for strings that were replaced in place where they fit: too much", s.base)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 && os.PathSeparator == '/' {
		t.Errorf("the temporary file has a name: %v %v", left, err)
	}
	if at, err := s.put(make([]byte, spoolMost+1)); at != 0 || err != nil {
		t.Errorf("a string too long was given place %d, %v", at, err)
	}
}

// TestFactsMergeInAFileOfAnySize has more accounts than fit in memory, whose facts come in two records far apart.
func TestFactsMergeInAFileOfAnySize(t *testing.T) {
	const accounts = 40_000 // about 200 bytes each
	var b strings.Builder
	b.WriteString("identity,entitlement,display_name,email,department,manager\n")
	for i := range accounts {
		fmt.Fprintf(&b, "u%05d,reader,Person %05d %s,,,\n", i, i, strings.Repeat("x", 100))
	}
	for i := range accounts {
		fmt.Fprintf(&b, "u%05d,writer,,p%05d@corp.example,Dept %d,\n", i, i, i%40)
	}
	sink := newMemory()
	o := options()
	o.Scratch = scratch
	rep, err := Read(context.Background(), fromBytes("facts.csv", []byte(b.String())), o, sink)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Notes) > 0 {
		t.Errorf("notes: %v", rep.Notes)
	}
	for i := range accounts {
		a := sink.accounts[fmt.Sprintf("u%05d", i)]
		if !strings.HasPrefix(a.DisplayName, fmt.Sprintf("Person %05d", i)) || len(a.Emails) != 1 || a.Department != fmt.Sprintf("Dept %d", i%40) {
			t.Fatalf("account %d was not merged: %+v", i, a)
		}
	}
}

// unnamed is a file without a name.
type unnamed struct{ *os.File }

func scratch() (Scratch, error) {
	f, err := os.CreateTemp("", "scratch-*")
	if err != nil {
		return nil, err
	}
	return unnamed{f}, os.Remove(f.Name())
}
