package evidence

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mustWrite exports to a new place and gives its path.
func mustWrite(t testing.TB, src Source, o Options, name string, sign Sign) string {
	t.Helper()
	dest := filepath.Join(t.TempDir(), name)
	if _, err := Write(context.Background(), src, o, dest, sign); err != nil {
		t.Fatal(err)
	}
	return dest
}

func mustVerify(t testing.TB, path string, o VerifyOptions) *Report {
	t.Helper()
	r, err := Verify(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func reportText(r *Report) string {
	var b strings.Builder
	r.WriteText(&b)
	return b.String()
}

func TestWriteVerify(t *testing.T) {
	f := smallLedger(t)
	for _, name := range []string{"pack", "pack.zip"} {
		path := mustWrite(t, f, f.options(), name, f.signer())
		r := mustVerify(t, path, VerifyOptions{})
		if !r.OK {
			t.Errorf("%s: a pack just written is not accepted:\n%s", name, reportText(r))
		}
		if out := os.Getenv("TICKMARK_KEEP"); out != "" && name == "pack" {
			os.RemoveAll(out)
			if err := os.CopyFS(out, os.DirFS(path)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestVectorPackVerifies(t *testing.T) {
	for _, name := range []string{"pack", "pack.zip"} {
		if r := mustVerify(t, vectors(t, name), VerifyOptions{}); !r.OK || r.Exit(false) != 0 {
			t.Errorf("%s:\n%s", name, reportText(r))
		}
	}
}
