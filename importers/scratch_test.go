package importers

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

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
