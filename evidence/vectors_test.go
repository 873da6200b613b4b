package evidence

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vectors is the folder of published test vectors, which live beside the repository. Tests over them are skipped where
// it is absent; what they show is shown on a ledger made here, too.
func vectors(t testing.TB, name ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "shared", "spec", "vectors"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the published vectors are not beside this checkout: ", err)
	}
	return path
}

func openVectorPack(t testing.TB, name string) *Pack {
	t.Helper()
	p, err := Open(vectors(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestVectorTables(t *testing.T) {
	for _, form := range []string{"pack", "pack.zip"} {
		p := openVectorPack(t, form)
		b, err := readBook(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		// The example's policy is opaque, so its controls are its own.
		if b.controls, err = readControls(p, b); err != nil {
			t.Fatal(err)
		}
		for _, table := range tables() {
			want, err := read(p.fsys, tableFile(table.name), coreFileLimit)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := writeTable(context.Background(), b, table, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s: %s differs (-pack +recomputed):\n%s", form, table.name, diff)
			}
		}
	}
}

func TestVectorZipIsCanonical(t *testing.T) {
	for _, name := range []string{"pack.zip", "pack/workbook.xlsx"} {
		b, err := os.ReadFile(vectors(t, name))
		if err != nil {
			t.Fatal(err)
		}
		z, troubles, err := readZip(bytes.NewReader(b), int64(len(b)), func(string) string { return "" })
		if err != nil || len(troubles) > 0 {
			t.Fatal(name, err, troubles)
		}
		if ok, err := z.canonical(); !ok || err != nil {
			t.Errorf("%s is not byte for byte what writeZip makes: %v", name, err)
		}
	}
}
