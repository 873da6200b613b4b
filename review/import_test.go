package review

import (
	"slices"
	"testing"
)

func TestUnusedColumns(t *testing.T) {
	r := ImportReport{Columns: []string{"login", "role", "note", "password", "groups"},
		Mapping: []Assign{{Name: "identity", Value: "login"}, {Name: "split:groups", Value: ";"}, {Name: "entitlement", Value: "groups"}},
		Dropped: []Dropped{{Column: "password", Count: 3, Secret: true}}}
	if got, want := r.Unused(), []string{"role", "note"}; !slices.Equal(got, want) {
		t.Errorf("unused are %q, want %q", got, want)
	}
	r.Mapping[2].Value = "*" // every other column is an entitlement
	if got := r.Unused(); len(got) > 0 {
		t.Errorf("of a wide file %q are unused", got)
	}
}

func TestControlTotalsPrintAsTheyAreRead(t *testing.T) {
	for _, s := range []string{"", "rows=0", "rows=812,accounts=790,grants=2304"} {
		totals, err := ParseTotals(s)
		if err != nil || FormatTotals(totals) != s {
			t.Errorf("%q is read as %v, %v", s, totals, err)
		}
	}
	for _, s := range []string{"rows", "rows=", "rows=-1", "users=3", "rows=1,", "rows=1;grants=2"} {
		if totals, err := ParseTotals(s); KindOf(err) != KindUsage {
			t.Errorf("%q is read as %v, %v", s, totals, err)
		}
	}
}
