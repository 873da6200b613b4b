package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tickmark/review"
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

func TestRemainsOfKilledExportsAreCleared(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	place := func(name string, folder bool) string {
		path := filepath.Join(dir, name)
		file := path
		if folder {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
			file = filepath.Join(path, "README.txt")
		}
		if err := os.WriteFile(file, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, folder := place(".tickmark-pack-17.tmp", false), place(".tickmark-pack-18.tmp", true)
	kept := []string{place(".tickmark-pack-19.tmp", true), place(".tickmark-pack-x.tmp", false), place(".tickmark-pack-20.tmp.txt", false), place("tickmark-pack-21.tmp", false)}
	young := place(".tickmark-pack-22.tmp", false)
	if err := os.Chtimes(young, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	kept = append(kept, young)
	used, err := os.Open(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	locks := inUse(used)

	f := smallLedger(t)
	res, err := Write(t.Context(), f, f.options(), filepath.Join(dir, "pack.zip"), f.signer())
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(res.Notes, "\n")
	for _, path := range []string{file, folder} {
		_, err := os.Stat(path)
		if locks && err == nil || !strings.Contains(said, filepath.Base(path)) {
			t.Errorf("%s is still there (%v), or nothing says so: %s", path, err == nil, said)
		}
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone", path)
		}
	}
	if !strings.Contains(said, filepath.Base(kept[0])) || strings.Contains(said, filepath.Base(young)) {
		t.Error(said)
	}
}

func TestCancelledExportSaysSo(t *testing.T) {
	err := writeError("pack", review.Errorf(review.KindCancelled, "cancelled: %w", context.Canceled).WithHint("nothing was changed"))
	if review.KindOf(err) != review.KindCancelled || strings.Contains(err.Error(), "context") {
		t.Error(err)
	}
}

// TestFullDiskSaysSo: what failed is said once, without the name of a temporary file.
func TestFullDiskSaysSo(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/x/.tickmark-pack-1.tmp", Err: syscall.ENOSPC}
	if got, want := writeError("pack", errors.Join(full, full)).Error(), `"pack" cannot be written: `+syscall.ENOSPC.Error(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	f := smallLedger(t)
	_, err := WriteZip(context.Background(), f, f.options(), fullAfter{&bytes.Buffer{}, 100_000}, f.signer())
	if review.KindOf(err) != review.KindIO || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "the pack cannot be written: ") {
		t.Errorf("a stream that ends: %v", err)
	}
}

// What is said of many entries is printed once, with all of them; and what lies behind it is not laid to the files.
func TestTheSameOfManyEntriesIsSaidOnce(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	other := newForge(t)
	foreign := regexp.MustCompile(`ssh-ed25519 \S+`).ReplaceAllStringFunc(string(mustRead(t, filepath.Join(dir, fileSigners))), func(string) string {
		stranger := other.person(fmt.Sprintf("stranger-%d@corp.example", len(other.people)))
		return strings.TrimSpace(string(stranger.line()))
	})
	r := mustVerify(t, dir, VerifyOptions{Signers: []byte(foreign), SignersFrom: "their list"})
	text := reportText(r)
	if n := len(r.Codes); n < 8 || strings.Count(text, "ROSTER at ") >= n-1 {
		t.Errorf("%d failures are printed as\n%s", n, text)
	}
	for _, c := range r.Codes {
		if c.Entry != nil && !regexp.MustCompile(fmt.Sprintf(`\b%d\b| to `, *c.Entry)).MatchString(text) {
			t.Errorf("entry %d is not named", *c.Entry)
		}
	}
	if !strings.Contains(text, "the roster you brought does not know these keys") || strings.Contains(text, "Ask for the pack again") {
		t.Error(text)
	}
	mustPut(t, filepath.Join(dir, tableFile("decisions")), []byte("x\n"))
	if text := reportText(mustVerify(t, dir, VerifyOptions{})); !strings.Contains(text, "Ask for the pack again") || strings.Contains(text, "the roster you brought") {
		t.Error(text)
	}
}

func TestRanges(t *testing.T) {
	for want, list := range map[string][]int64{"": nil, "4": {4}, "4, 5": {4, 5}, "1, 4 to 6, 9": {1, 4, 5, 6, 9}, "1 to 3, 5, 6": {1, 2, 3, 5, 6}} {
		if got := ranges(list); got != want {
			t.Errorf("%v is %q, want %q", list, got, want)
		}
	}
}

// fullAfter is a disk with little room.
type fullAfter struct {
	*bytes.Buffer
	room int
}

func (d fullAfter) Write(b []byte) (int, error) {
	if d.Len()+len(b) > d.room {
		return 0, syscall.ENOSPC
	}
	return d.Buffer.Write(b)
}
