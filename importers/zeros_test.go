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
