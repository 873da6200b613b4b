package evidence

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// check runs verify/check.sh with stock tools in a pack's folder.
func check(t testing.TB, dir string, args ...string) (string, bool) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("check.sh needs a POSIX shell")
	}
	for _, tool := range []string{"sh", "ssh-keygen", "sed", "find"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("check.sh is tried with stock tools, and there is no ", tool)
		}
	}
	c := exec.Command("sh", append([]string{"verify/check.sh"}, args...)...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

func TestCheckSh(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	good := mustWrite(t, f, f.options(), "pack", f.signer())
	out, ok := check(t, good)
	if !ok || !strings.Contains(out, `Good "review.v1@tickmark" signature for alice@corp.example`) || !strings.Contains(out, "All digests and signatures fit") {
		t.Fatalf("a good pack fails:\n%s", out)
	}
	roster := filepath.Join(t.TempDir(), "signers")
	mustPut(t, roster, mustRead(t, filepath.Join(good, fileSigners)))
	if out, ok := check(t, good, roster); !ok {
		t.Errorf("with a roster of the auditor's own:\n%s", out)
	}
	if out, ok := check(t, good, fileNoDates); !ok {
		t.Errorf("with the undated roster:\n%s", out)
	}
	mustPut(t, roster, bytes.ReplaceAll(mustRead(t, roster), []byte("alice@corp.example"), []byte("alicia@corp.example")))
	if out, ok := check(t, good, roster); ok {
		t.Errorf("a foreign roster passes:\n%s", out)
	}
}

func TestCheckShFindsTampering(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	good := mustWrite(t, f, f.options(), "pack", f.signer())
	flip := func(name string) func(string) {
		return func(dir string) {
			path := filepath.Join(dir, name)
			b := mustRead(t, path)
			b[len(b)/2] ^= 1
			mustPut(t, path, b)
		}
	}
	rewrite := func(name, old, new string) func(string) {
		return func(dir string) {
			path := filepath.Join(dir, name)
			mustPut(t, path, bytes.Replace(mustRead(t, path), []byte(old), []byte(new), 1))
			resign(t, f, dir)
		}
	}
	for _, c := range []struct {
		name string
		do   func(dir string)
	}{
		{"a table", flip("tables/decisions.csv")},
		{"a statement", flip("bundles/000010.txt")},
		{"a signature", flip("bundles/000010.txt.sig")},
		{"records", flip("bundles/000010.records.txt")},
		{"the manifest", flip(fileManifest)},
		{"the manifest's signature", flip(fileManifestSig)},
		{"an entry", flip("log/entries/000005.txt")},
		{"a missing file", func(dir string) { os.Remove(filepath.Join(dir, "tables/reviewers.csv")) }},
		{"an extra file", func(dir string) { mustPut(t, filepath.Join(dir, "tables/more.csv"), []byte("x\n")) }},
		{"records, signed again by the exporter", rewrite("bundles/000010.records.txt", "verdict: revoke", "verdict: keep")},
		{"a statement, signed again by the exporter", rewrite("bundles/000010.txt", "keep 3", "keep 4")},
		{"another person in the index, signed again", rewrite("bundles/index.txt", "alice@corp.example", "bob@corp.example")},
		{"another time in the index, signed again", rewrite("bundles/index.txt", "20261001080700Z", "20261001080800Z")},
		{"one statement listed in the place of another, signed again", func(dir string) {
			path := filepath.Join(dir, fileBundleIndex)
			lines := strings.SplitAfter(string(mustRead(t, path)), "\n")
			lines[0] = lines[1]
			mustPut(t, path, []byte(strings.Join(lines, "")))
			resign(t, f, dir)
		}},
		{"a statement struck from the index, signed again", rewrite("bundles/index.txt", "000001 roster roster.v1@tickmark carol@corp.example 20261001080700Z\n", "")},
	} {
		dir := copyPack(t, good)
		c.do(dir)
		if out, ok := check(t, dir); ok || !strings.Contains(out, "CHECK FAILED") {
			t.Errorf("%s changed: check.sh passes:\n%s", c.name, out)
		}
	}
}

// What is too much or too little is named, so that a file which a system put there is found.
func TestCheckShNamesFiles(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	mustPut(t, filepath.Join(dir, ".DS_Store"), []byte("x"))
	if runtime.GOOS != "windows" {
		mustPut(t, filepath.Join(dir, "x\x1b[31m *\n"), []byte("x"))
	}
	os.Remove(filepath.Join(dir, "tables/reviewers.csv"))
	out, ok := check(t, dir)
	if ok || !strings.Contains(out, "not in the manifest: .DS_Store tables/reviewers.csv") || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
	if out, ok = check(t, dir, "none/such"); ok || out != "There is no file none/such\n" {
		t.Errorf("without signers: %q", out)
	}
}

// TestCheckShInBusybox runs the script where the shell and every tool but ssh-keygen are those of BusyBox.
func TestCheckShInBusybox(t *testing.T) {
	t.Parallel()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("there is no busybox")
	}
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("there is no ssh-keygen")
	}
	tools := t.TempDir()
	for _, tool := range []string{"sha256sum", "sed", "find", "cut", "tr", "wc", "grep", "sort", "uniq"} {
		if err := os.Symlink(busybox, filepath.Join(tools, tool)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(keygen, filepath.Join(tools, "ssh-keygen")); err != nil {
		t.Fatal(err)
	}
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	run := func() (string, bool) {
		c := exec.Command(busybox, "sh", "verify/check.sh")
		c.Dir, c.Env = dir, []string{"PATH=" + tools}
		out, err := c.CombinedOutput()
		return string(out), err == nil
	}
	if out, ok := run(); !ok {
		t.Errorf("a good pack fails:\n%s", out)
	}
	mustPut(t, filepath.Join(dir, "tables/decisions.csv"), []byte("x"))
	if out, ok := run(); ok || !strings.Contains(out, "tables/decisions.csv: FAILED") {
		t.Errorf("a changed table passes:\n%s", out)
	}
}

// TestReadmeCommand runs the example of README.txt as it is printed.
func TestReadmeCommand(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("there is no ssh-keygen")
	}
	readme := string(mustRead(t, filepath.Join(dir, fileReadme)))
	i := strings.Index(readme, "ssh-keygen -Y verify")
	j := strings.Index(readme[i:], "\n\n")
	c := exec.Command("sh", "-c", readme[i:i+j])
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Good ")) {
		t.Errorf("%s\n%v\n%s", readme[i:i+j], err, out)
	}
	for n, line := range slices.Collect(strings.SplitSeq(readme, "\n")) {
		if len(line) > 132 {
			t.Errorf("README.txt line %d is %d characters long", n+1, len(line))
		}
	}
}

func TestVectorPackWithOurCheckSh(t *testing.T) {
	dir := copyPack(t, vectors(t, "pack"))
	if out, ok := check(t, dir); !ok {
		t.Errorf("the example pack with its own check.sh:\n%s", out)
	}
	script := filepath.Join(t.TempDir(), "check.sh")
	mustPut(t, script, checkSh)
	c := exec.Command("sh", script)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("the example pack with ours:\n%s", out)
	}
}

// The index is the sender's word: it must not be able to hand ssh-keygen another list of signers than the auditor's.
func TestCheckShTakesNoOptionsFromThePack(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	signers := mustRead(t, filepath.Join(dir, fileSigners))
	mustPut(t, filepath.Join(dir, "trust/other"), signers)
	own := filepath.Join(t.TempDir(), "signers")
	mustPut(t, own, bytes.ReplaceAll(signers, []byte("alice@corp.example"), []byte("alicia@corp.example")))
	var index strings.Builder
	for line := range strings.Lines(string(mustRead(t, filepath.Join(dir, fileBundleIndex)))) {
		if strings.Contains(line, " alice@corp.example ") {
			line = strings.TrimSuffix(line, "\n") + " -f trust/other\n"
		}
		index.WriteString(line)
	}
	mustPut(t, filepath.Join(dir, fileBundleIndex), []byte(index.String()))
	resign(t, f, dir)
	if out, ok := check(t, dir, own); ok || strings.Contains(out, `signature for alice@corp.example`) {
		t.Errorf("the pack chose who may sign:\n%s", out)
	}
}
