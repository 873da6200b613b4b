package evidence

import (
	"bytes"
	"io"
	"testing"

	"tickmark/ledger"
)

// FuzzSplitTexts: a stream splits where package ledger splits, and nothing is lost.
func FuzzSplitTexts(f *testing.F) {
	f.Add([]byte("tickmark/a v1\nx: y\ntickmark/b v1\n"))
	f.Add([]byte("x\ntickmark/"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole []byte
		var parts [][]byte
		for p, err := range splitTexts(bytes.NewReader(b)) {
			if err != nil {
				return
			}
			if p.at != int64(len(whole)) {
				t.Fatalf("a text at %d is said to be at %d", len(whole), p.at)
			}
			whole = append(whole, p.text...)
			parts = append(parts, bytes.Clone(p.text))
		}
		if !bytes.Equal(whole, b) {
			t.Errorf("%q became %q", b, whole)
		}
		if want := ledger.SplitTexts(b); len(want) != len(parts) {
			t.Errorf("%d parts, package ledger gives %d", len(parts), len(want))
		}
	})
}

// FuzzReadZip: any bytes are read without harm, and only canonical ones are called so.
func FuzzReadZip(f *testing.F) {
	var good bytes.Buffer
	sp, err := newSpool(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	sp.add("b/c.txt", []byte("hello"))
	sp.add("a.txt", []byte("x"))
	if err := writeZip(&good, sp); err != nil {
		f.Fatal(err)
	}
	sp.Close()
	f.Add(good.Bytes())
	// An end record that names a zip64 end, in a file too short to hold one: of every length.
	end64 := appendEnd(nil, zipMost16, 0, 0)
	for from := range end64 {
		f.Add(end64[from:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		z, troubles, err := readZip(bytes.NewReader(b), int64(len(b)), checkName)
		if err != nil {
			return
		}
		total := int64(0)
		for _, x := range z.list() {
			c, err := z.open(x)
			if err != nil {
				t.Fatal(err)
			}
			n, _ := io.Copy(io.Discard, c)
			total += n
		}
		if total > int64(len(b)) {
			t.Errorf("%d bytes unpack to %d", len(b), total)
		}
		if same, err := z.canonical(); same && err == nil && len(troubles) == 0 {
			var again bytes.Buffer
			if err := writeZip(&again, z); err != nil || !bytes.Equal(again.Bytes(), b) {
				t.Errorf("called canonical, but it is not: %v", err)
			}
		}
	})
}

// FuzzSheet: any bytes are read without harm, and reading ends.
func FuzzSheet(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row><c t="inlineStr"><is><t>a</t></is></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<?xml version="1.0"?><worksheet><sheetData/></worksheet>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newSheetReader(bytes.NewReader(b))
		for n := 0; ; n++ {
			if _, err := r.next(); err != nil {
				return
			}
			if n > len(b) {
				t.Fatal("more rows than bytes")
			}
		}
	})
}
