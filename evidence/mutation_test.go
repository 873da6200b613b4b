package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tickmark/ledger"
	"tickmark/review"
)

// resign makes a new manifest and signature over a changed folder, as a dishonest exporter would.
func resign(t testing.TB, f *forge, dir string) {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			name, _ := filepath.Rel(dir, path)
			if name != fileManifest && name != fileManifestSig {
				names = append(names, filepath.ToSlash(name))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var manifest []byte
	for _, n := range names {
		sum := ledger.Sum(mustRead(t, filepath.Join(dir, n)))
		manifest = fmt.Appendf(manifest, "%s  %s\n", hex.EncodeToString(sum[:]), n)
	}
	mustPut(t, filepath.Join(dir, fileManifest), manifest)
	mustPut(t, filepath.Join(dir, fileManifestSig), f.sshsig(forgeManager, namespaceExport, manifest))
}

func mustPut(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyPack(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "pack")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func names(r *Report, file string) bool {
	return slices.ContainsFunc(r.Codes, func(c Code) bool { return c.File == file })
}

// TestEveryFileCounts changes a byte of every file, and takes every file away.
func TestEveryFileCounts(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	good := mustWrite(t, f, f.options(), "pack", f.signer())
	p, err := Open(good)
	if err != nil {
		t.Fatal(err)
	}
	list := slices.Clone(p.fsys.list())
	p.Close()
	for i, file := range list {
		if testing.Short() && i%7 != 0 {
			continue
		}
		path := filepath.Join(good, file.name)
		b := mustRead(t, path)
		// One place in each file: its beginning, its middle or its end, so that each kind of file meets all three.
		if len(b) > 0 {
			at := []int{0, len(b) / 2, len(b) - 1}[i%3]
			bad := slices.Clone(b)
			bad[at] ^= 0x01
			mustPut(t, path, bad)
			blamed := file.name
			if blamed == fileManifest {
				blamed = fileManifestSig // which no longer fits
			}
			if r := mustVerify(t, good, VerifyOptions{}); r.OK || r.Exit(false) != 4 || !names(r, blamed) || strings.Contains(reportText(r), "have not changed") {
				t.Errorf("byte %d of %s changed: exit %d\n%s", at, file.name, r.Exit(false), reportText(r))
			}
		}
		if i%3 > 0 && !slices.Contains(required(), file.name) {
			mustPut(t, path, b)
			continue
		}
		os.Remove(path)
		if r := mustVerify(t, good, VerifyOptions{}); r.OK || !names(r, file.name) {
			t.Errorf("%s is missing:\n%s", file.name, reportText(r))
		}
		mustPut(t, path, b)
	}
	if r := mustVerify(t, good, VerifyOptions{}); !r.OK {
		t.Fatal("the pack was not put back:", reportText(r))
	}
	for _, extra := range []string{"extra.txt", "tables/more.csv", "proofs/000999.tlog-proof", "log/entries/notes.txt", "bundles/000000.txt", ".DS_Store"} {
		path := filepath.Join(good, extra)
		mustPut(t, path, []byte("extra\n"))
		if r := mustVerify(t, good, VerifyOptions{}); r.OK || !hasCode(r, ledger.CodeManifest) || !names(r, extra) {
			t.Errorf("extra file %s:\n%s", extra, reportText(r))
		}
		os.Remove(path)
	}
}

// TestDishonestExporter changes derived or copied files and signs a fresh manifest over them.
func TestDishonestExporter(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	good := mustWrite(t, f, f.options(), "pack", f.signer())
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("nothing to replace: %s", old)
			}
			return bytes.Replace(b, []byte(old), []byte(new), 1)
		}
	}
	add := func(s string) func([]byte) []byte { return func(b []byte) []byte { return append(b, s...) } }
	drop := func([]byte) []byte { return nil }
	swapLines := func(b []byte) []byte {
		lines := bytes.SplitAfter(b, []byte("\n"))
		lines[1], lines[2] = lines[2], lines[1]
		return bytes.Join(lines, nil)
	}
	var cases = []struct {
		name, file string
		change     func([]byte) []byte
		code       ledger.Code
	}{
		{"verdict in a table", "tables/decisions.csv", replace(`"revoke"`, `"keep"`), ledger.CodeTable},
		{"row missing", "tables/decisions.csv", func(b []byte) []byte {
			return append(bytes.SplitAfterN(b, []byte("\n"), 2)[0], bytes.SplitAfterN(b, []byte("\n"), 3)[2]...)
		}, ledger.CodeTable},
		{"row too many", "tables/findings.csv", add("\"2026q4\",\"x\",\"y\",\"1\",\"low\",\"z\",\"1\",\"keep\"\n"), ledger.CodeTable},
		{"rows in another order", "tables/population.csv", swapLines, ledger.CodeTable},
		{"cell without quotes", "tables/exceptions.csv", replace(`"active"`, `active`), ledger.CodeTable},
		{"formula let loose", "tables/decisions.csv", replace(`"'=HYPERLINK`, `"=HYPERLINK`), ledger.CodeTable},
		{"state of a revoke", "tables/remediation.csv", replace(`"claimed-done"`, `"verified-gone"`), ledger.CodeTable},
		{"a late campaign covered", "tables/coverage.csv", replace(`"incomplete"`, `"covered"`), ledger.CodeTable},
		{"attention figures", "tables/reviewers.csv", replace(`"3","2"`, `"9","2"`), ledger.CodeTable},
		{"rows of an import", "tables/imports.csv", replace(`"6","6","0"`, `"9","9","0"`), ledger.CodeTable},
		{"a control of another campaign", "tables/controls.csv", add("\"PCI DSS\",\"4.0.1\",\"7.2.4\",\"2026q3\",\"\"\n"), ledger.CodeTable},
		{"jsonl", "tables/decisions.jsonl", replace(`"verdict":"revoke"`, `"verdict":"keep"`), ledger.CodeTable},
		{"script in the report", "report.html", replace("<main>", "<main><script>alert(1)</script>"), ledger.CodeReport},
		{"event handler", "report.html", replace("<main>", `<main onclick="x()">`), ledger.CodeReport},
		{"remote picture", "report.html", replace("<main>", `<main><img src="https://evil.example/x.png">`), ledger.CodeReport},
		{"no content policy", "report.html", replace("Content-Security-Policy", "X-Policy"), ledger.CodeReport},
		{"another root in the report", "report.html", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(f.nodes.Head().Root.Base64()), []byte("AAAA"))
		}, ledger.CodeReport},
		{"instructions with a control character", "README.txt", add("\x1b[2J"), ledger.CodeReport},
		{"OSCAL deadline", "oscal/assessment-results.json", replace("2027-06-30T23:59:59Z", "2029-06-30T23:59:59Z"), ledger.CodeOSCAL},
		{"OSCAL root", "oscal/assessment-results.json", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(f.nodes.Head().Root.Base64()), []byte("AAAA"))
		}, ledger.CodeOSCAL},
		{"OSCAL control", "oscal/assessment-results.json", replace(`"cc6.3"`, `"cc6.9"`), ledger.CodeOSCAL},
		{"OSCAL without an observation", "oscal/assessment-results.json", replace(`"methods":["EXAMINE"]`, `"methods":["INTERVIEW"]`), ledger.CodeOSCAL},
		{"copy of a statement", "bundles/000002.txt", replace("rows-read: 6", "rows-read: 7"), ledger.CodeBundle},
		{"copy of a signature", "bundles/000002.txt.sig", replace("SSH SIGNATURE", "SSH  SIGNATURE"), ledger.CodeBundle},
		{"list of statements", "bundles/index.txt", replace("000003 campaign", "000003 import"), ledger.CodeBundle},
		{"list of statements too short", "bundles/index.txt", func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] }, ledger.CodeBundle},
		{"records of a bundle", "bundles/000010.records.txt", replace("verdict: revoke", "verdict: keep"), ledger.CodeBundle},
		{"records missing", "bundles/000010.records.txt", drop, ledger.CodeBundle},
		{"member", "campaigns/2026q3/members.txt", replace("row: 1", "row: 2"), ledger.CodePopulation},
		{"members missing", "campaigns/2026q3/members.txt", drop, ledger.CodePopulation},
		{"assignment", "campaigns/2026q3/assignments.txt", replace("alice@", "mallory@"), ledger.CodePopulation},
		{"facts", "campaigns/2026q3/facts.txt", replace("Not used for 120 days", "Not used for 20 days"), ledger.CodePopulation},
		{"facts nobody was shown", "campaigns/2026q3/facts.txt", add("tickmark/facts v1\nlog: x\n"), ledger.CodePopulation},
		{"leaf hashes of members", "campaigns/2026q3/members.leafhashes.txt", swapLines, ledger.CodePopulation},
		{"row", "imports/000002/rows.txt", replace("ACC00001", "ACC00009"), ledger.CodePopulation},
		{"original", "imports/000002/original", replace("ACC00001", "ACC00009"), ledger.CodeImport},
		{"rejects", "imports/000002/rejects.csv", add("\"9\",\"x\",\"y\"\n"), ledger.CodeImport},
		{"policy", "campaigns/2026q3/policy.txt", replace("periods = 'quarter'", "periods = 'year'"), ledger.CodeImport},
		{"proof", "proofs/000004.tlog-proof", replace("index 4", "index 5"), ledger.CodeCheckpoint},
		{"proof missing", "proofs/000004.tlog-proof", drop, ledger.CodeCheckpoint},
		{"consistency proof", "proofs/consistency-13-31.txt", swapLines, ledger.CodeCheckpoint},
		{"earlier head", "proofs/checkpoint-13", replace("\n13\n", "\n12\n"), ledger.CodeCheckpoint},
		{"head", "log/checkpoint", replace("\n31\n", "\n30\n"), ledger.CodeCheckpoint},
		{"leaf hash of a disclosed entry", "log/leafhashes.txt", swapLines, ledger.CodeCheckpoint},
		{"entry", "log/entries/000005.txt", replace("verdict: revoke", "verdict: keep"), ledger.CodeBundle},
		{"roster on top", "trust/allowed_signers", replace("alice@corp.example", "alice@corp.exampl"), ledger.CodeRoster},
		{"roster version", "trust/rosters/000001.allowed_signers", replace("20280101Z", "20290101Z"), ledger.CodeRoster},
		{"undated roster", "trust/allowed_signers.nodates", add("# more\n"), ledger.CodeRoster},
		{"window", "pack.txt", replace("window-start: 2026-07-01", "window-start: 2027-07-01"), ledger.CodeManifest},
		{"as-of", "pack.txt", replace("as-of: 2026-12-01", "as-of: 2026-12-02"), ledger.CodeManifest},
		{"a campaign left out", "pack.txt", replace("campaigns: 2\ncampaign: 2026q3\n", "campaigns: 1\n"), ledger.CodeTable},
		{"a campaign that is none", "pack.txt", replace("campaign: 2026q3", "campaign: 2026q2"), ledger.CodeManifest},
		{"size", "pack.txt", replace("size: 31", "size: 30"), ledger.CodeCheckpoint},
		{"name of the ledger", "pack.txt", replace("log: reviews.example", "log: reviewz.example"), ledger.CodeReplay},
		{"workbook", "workbook.xlsx", replace("still needed", "never needed"), ledger.CodeWorkbook},
	}
	for _, c := range cases {
		path := filepath.Join(good, c.file)
		before := mustRead(t, path)
		if b := c.change(slices.Clone(before)); b != nil {
			mustPut(t, path, b)
		} else {
			os.Remove(path)
		}
		resign(t, f, good)
		if r := mustVerify(t, good, VerifyOptions{}); r.OK || !hasCode(r, c.code) {
			t.Errorf("%s (%s): want %s\n%s", c.name, c.file, c.code, reportText(r))
		}
		mustPut(t, path, before)
	}
	resign(t, f, good)
	if r := mustVerify(t, good, VerifyOptions{}); !r.OK {
		t.Error("the pack was not put back:", reportText(r))
	}
}

// TestWithheldThoughFull takes entries away and says that nothing is withheld.
func TestWithheldThoughFull(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	os.Remove(filepath.Join(dir, entryFile(5)))
	resign(t, f, dir)
	if r := mustVerify(t, dir, VerifyOptions{}); r.OK || !hasCode(r, ledger.CodeManifest) {
		t.Error(reportText(r))
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	path := mustWrite(t, f, f.options(), "pack.zip", f.signer())
	whole := mustRead(t, path)
	add := func(header *zip.FileHeader, content string) string {
		t.Helper()
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.File {
			if err := w.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
		p, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		p.Write([]byte(content))
		w.Close()
		name := filepath.Join(t.TempDir(), "bad.zip")
		mustPut(t, name, out.Bytes())
		return name
	}
	link := &zip.FileHeader{Name: "link"}
	link.SetMode(os.ModeSymlink | 0o777)
	for _, c := range []struct {
		name   string
		header *zip.FileHeader
		data   string
	}{
		{"path traversal", &zip.FileHeader{Name: "../evil.txt"}, "x"},
		{"hidden traversal", &zip.FileHeader{Name: "tables/../../evil.txt"}, "x"},
		{"absolute", &zip.FileHeader{Name: "/etc/passwd"}, "x"},
		{"windows", &zip.FileHeader{Name: `..\evil.txt`}, "x"},
		{"drive", &zip.FileHeader{Name: "C:evil.txt"}, "x"},
		{"blank", &zip.FileHeader{Name: "a b.txt"}, "x"},
		{"control", &zip.FileHeader{Name: "a\x1b[2J.txt"}, "x"},
		{"link", link, "/etc/passwd"},
		{"folder", &zip.FileHeader{Name: "folder/"}, ""},
		{"bomb", &zip.FileHeader{Name: "bomb.txt", Method: zip.Deflate}, strings.Repeat("0", 50_000_000)},
		{"twice", &zip.FileHeader{Name: "pack.txt"}, "x"},
	} {
		bad := add(c.header, c.data)
		r := mustVerify(t, bad, VerifyOptions{})
		if r.OK || !hasCode(r, ledger.CodeManifest) {
			t.Errorf("%s: accepted\n%s", c.name, reportText(r))
		}
		if strings.Contains(reportText(r), "\x1b") {
			t.Errorf("%s: a control character is printed", c.name)
		}
		if _, err := Open(bad); review.KindOf(err) != review.KindRefused {
			t.Errorf("%s: Open: %v", c.name, err)
		}
	}
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "tables", "link.csv")); err == nil {
		if r := mustVerify(t, dir, VerifyOptions{}); r.OK || !hasCode(r, ledger.CodeManifest) {
			t.Error("a link in a folder is accepted")
		}
	}
}

// TestZipBytes changes single bytes of a zipped pack, those of its own form too.
func TestZipBytes(t *testing.T) {
	t.Parallel()
	f := smallLedger(t)
	path := mustWrite(t, f, f.options(), "pack.zip", f.signer())
	b := mustRead(t, path)
	var at []int
	for i := range 46 {
		at = append(at, i, len(b)-1-i)
	}
	step := len(b)/60 + 1
	for i := 64; i < len(b)-64; i += step {
		at = append(at, i)
	}
	for _, i := range at {
		if testing.Short() && i%11 != 0 {
			continue
		}
		bad := slices.Clone(b)
		bad[i] ^= 0x20
		mustPut(t, path, bad)
		r, err := Verify(context.Background(), path, VerifyOptions{})
		if err != nil || r.OK || r.Exit(false) != 4 {
			t.Errorf("byte %d of %d changed: %v", i, len(b), err)
		}
	}
	for _, n := range []int{0, 1, 100, len(b) / 2, len(b) - 1} {
		mustPut(t, path, b[:n])
		if r, err := Verify(context.Background(), path, VerifyOptions{}); err == nil && r.OK {
			t.Errorf("cut to %d bytes: accepted", n)
		}
	}
	mustPut(t, path, append(slices.Clone(b), 'x'))
	if r := mustVerify(t, path, VerifyOptions{}); r.OK {
		t.Error("a byte after the zip is accepted")
	}
}

func TestNotAPack(t *testing.T) {
	dir := t.TempDir()
	mustPut(t, filepath.Join(dir, "export.csv"), []byte("a,b\n"))
	for _, path := range []string{filepath.Join(dir, "nothing"), filepath.Join(dir, "export.csv")} {
		if IsPack(path) {
			t.Errorf("%s is called a pack", path)
		}
		if _, err := Verify(context.Background(), path, VerifyOptions{}); err == nil {
			t.Errorf("%s is verified", path)
		}
	}
	if IsPack(dir) {
		t.Error("a folder of exports is called a pack")
	}
	f := smallLedger(t)
	for _, name := range []string{"pack", "pack.zip"} {
		if path := mustWrite(t, f, f.options(), name, f.signer()); !IsPack(path) {
			t.Errorf("%s is not called a pack", name)
		}
	}
}
