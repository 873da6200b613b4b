package evidence

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"testing"
)

// listed files have names and contents that are made as they are read, so that a zip of any size costs no room.
type listedFiles []file

func (l listedFiles) list() []file                 { return l }
func (l listedFiles) base() (io.ReaderAt, error)   { return nil, nil }
func (l listedFiles) Close() error                 { return nil }
func (l listedFiles) open(f file) (content, error) { return newSection(zeros{}, 0, f.size), nil }

type zeros struct{}

func (zeros) ReadAt(b []byte, _ int64) (int, error) { clear(b); return len(b), nil }

func (l listedFiles) sums() listedFiles {
	known := map[int64]uint32{}
	for i := range l {
		crc, ok := known[l[i].size]
		if !ok {
			sum := crc32.NewIEEE()
			io.Copy(sum, io.NewSectionReader(zeros{}, 0, l[i].size))
			crc = sum.Sum32()
			known[l[i].size] = crc
		}
		l[i].crc = crc
	}
	return l
}

// What this package writes must be what archive/zip writes, to the byte, beyond 65,535 entries and 4 GB as well: that is
// the form the published vectors have.
func TestZipFormIsThatOfArchiveZip(t *testing.T) {
	many := func(n int, size int64) (l listedFiles) {
		for i := range n {
			l = append(l, file{name: fmt.Sprintf("log/entries/%06d.txt", i), size: size})
		}
		return l
	}
	cases := map[string]listedFiles{
		"none":  {},
		"one":   {{name: "a", size: 0}},
		"few":   many(3, 300_000),
		"65534": many(65_534, 1),
		"65535": many(65_535, 1),
		"70000": many(70_000, 3),
	}
	if testing.Short() {
		t.Log("short: not beyond 4 GB")
	} else {
		cases["one beyond 4 GB"] = listedFiles{{name: "a", size: 5}, {name: "b", size: 1<<32 + 5}, {name: "c", size: 6}}
	}
	for name, files := range cases {
		files.sums()
		want, got := crc32.NewIEEE(), crc32.NewIEEE()
		z := zip.NewWriter(want)
		for _, f := range files {
			part, err := zipEntry(z, f.name)
			if err == nil {
				_, err = io.Copy(part, io.NewSectionReader(zeros{}, 0, f.size))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := writeZip(got, files); err != nil {
			t.Fatal(name, err)
		}
		if want.Sum32() != got.Sum32() {
			t.Errorf("%s: other bytes than archive/zip's", name)
		}
	}
}

// Whatever zip is in the form must be read the same way by both readers.
func TestZipIsReadTheSameWayTwice(t *testing.T) {
	for _, n := range []int{0, 1, 5, 65_540} {
		var files listedFiles
		for i := range n {
			files = append(files, file{name: fmt.Sprintf("d/%06d", i), size: int64(i % 7)})
		}
		var b bytes.Buffer
		if err := writeZip(&b, files.sums()); err != nil {
			t.Fatal(err)
		}
		r := bytes.NewReader(b.Bytes())
		fast, _ := readCanonical(r, r.Size(), checkName)
		if fast == nil || len(fast.files) != n {
			t.Fatalf("%d files: not read as the form of packs", n)
		}
		slow, err := zip.NewReader(r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range slow.File {
			at, err := f.DataOffset()
			if got := fast.files[i]; err != nil || got.name != f.Name || got.at != at || got.size != int64(f.UncompressedSize64) || got.crc != f.CRC32 {
				t.Fatalf("file %d: %+v", i, got)
			}
		}
		if ok, err := fast.canonical(); !ok || err != nil {
			t.Errorf("%d files: not in the form of packs: %v", n, err)
		}
	}
}
