package importers

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// zeros is a gzip file that unpacks to n blanks.
func zeros(t *testing.T, n int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range n >> 20 {
		if _, err := z.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// nestedGzip is a gzip file in a gzip file.
func nestedGzip(t *testing.T) string {
	text := people
	for range 2 {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		text = b.String()
	}
	return text
}
