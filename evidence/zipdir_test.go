package evidence

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"testing"
)

// A zip that another program made is read as archive/zip reads it, so that what is wrong with it can be named.
func TestAnyZipIsReadLikeArchiveZip(t *testing.T) {
	for name, make := range map[string]func(*zip.Writer){
		"empty":    func(*zip.Writer) {},
		"deflated": func(w *zip.Writer) { f, _ := w.Create("a"); io.WriteString(f, "aaaaaaaaaaaaaaaaaaa") },
		"a folder": func(w *zip.Writer) { w.Create("d/"); f, _ := w.Create("d/b"); io.WriteString(f, "b") },
		"a link": func(w *zip.Writer) {
			h := &zip.FileHeader{Name: "l", Method: zip.Store}
			h.SetMode(fs.ModeSymlink | 0o777)
			f, _ := w.CreateHeader(h)
			io.WriteString(f, "/etc/passwd")
		},
		"modes, extras and comments": func(w *zip.Writer) {
			h := &zip.FileHeader{Name: "x", Method: zip.Store, Comment: "c", Extra: []byte{9, 9, 2, 0, 1, 1}}
			h.SetMode(0o644)
			f, _ := w.CreateHeader(h)
			io.WriteString(f, "x")
			w.SetComment("a comment\nPK")
		},
		"more than 65,535": func(w *zip.Writer) {
			for i := range 70_000 {
				w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store})
			}
		},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		make(w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r := bytes.NewReader(b.Bytes())
		want, err := zip.NewReader(r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		err = eachZipRecord(r, r.Size(), func(x *zipRecord) error {
			f := want.File[i]
			i++
			at, ok := x.dataAt(r, r.Size())
			if wantAt, err := f.DataOffset(); err != nil || !ok || at != wantAt || x.name != f.Name || x.method != f.Method || x.size != int64(f.UncompressedSize64) ||
				x.packed != int64(f.CompressedSize64) || x.crc != f.CRC32 || x.irregular == f.Mode().IsRegular() {
				t.Errorf("%s: %+v at %d, want %+v at %d", name, x, at, f.FileHeader, wantAt)
			}
			return nil
		})
		if err != nil || i != len(want.File) {
			t.Errorf("%s: %d records, want %d: %v", name, i, len(want.File), err)
		}
	}
}

// A name that stands in a zip twice is read once, so that no two checks see different files.
func TestTwoMembersOfOneName(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, body := range []string{"first", "second"} {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: "a", Method: zip.Store})
		io.WriteString(f, body)
	}
	w.Close()
	z, troubles, err := readZip(bytes.NewReader(b.Bytes()), int64(b.Len()), checkName)
	if err != nil || len(z.list()) != 1 || len(troubles) != 1 || troubles[0] != (trouble{"a", "stands in the zip twice"}) {
		t.Errorf("%v %v %v", z, troubles, err)
	}
}

// A zip in another form than that of packs must not cost many times its directory before it is refused.
func TestStrangeZipCostsNoMoreThanItsDirectory(t *testing.T) {
	const n = 200_000
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%06d", n-i), Method: zip.Deflate})
	}
	w.Close()
	r := bytes.NewReader(b.Bytes())
	from, to, err := zipDirectory(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, troubles, err := readZip(r, r.Size(), checkName)
	runtime.ReadMemStats(&after)
	if err != nil || len(troubles) != mostTroubles {
		t.Fatalf("%d troubles: %v", len(troubles), err)
	}
	if cost := int64(after.TotalAlloc - before.TotalAlloc); cost > 2*(to-from) {
		t.Errorf("a directory of %d bytes took %d to read", to-from, cost)
	}
}
