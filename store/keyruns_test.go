package store

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestKeyRuns sorts more keys than stay in memory and leaves no file behind.
func TestKeyRuns(t *testing.T) {
	for _, n := range []int{0, 1, keyStep + 1, keyRun, 2*keyRun + 77} {
		t.Setenv("TMPDIR", t.TempDir())
		rnd := rand.New(rand.NewPCG(uint64(n), 7))
		var k keyRuns
		want := make([]keyRow, n)
		for i := range want {
			binary.BigEndian.PutUint64(want[i].key[:], rnd.Uint64N(1<<40)) // some are met twice
			binary.BigEndian.PutUint64(want[i].key[8:], rnd.Uint64())
			want[i].row, want[i].shape = uint32(i+1), int64(rnd.Uint64())
			if err := k.add(want[i]); err != nil {
				t.Fatal(err)
			}
		}
		if spilled := len(k.runs) > 0; spilled != (n >= keyRun) {
			t.Errorf("%d keys: %d runs were spilled", n, len(k.runs))
		}
		slices.SortFunc(want, func(a, b keyRow) int { return a.less(&b) })
		var got []keyRow
		if err := k.each(func(part []keyRow) bool {
			got = append(got, part...)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d keys came back as %d, or out of order", n, len(got))
		}
		k.close()
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("%d keys left %v behind: %v", n, left, err)
		}
	}
}
