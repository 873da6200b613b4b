package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickmark/review"
)

// hostile is text that would move a cursor, set a title, reorder or hide, if a stream showed it raw.
const hostile = "a\x1b[2J\x1b]0;x\x07\u009b31m\u202etxt\u200b\x7f\U000e0041z"

func TestJSONIsSafeToLookAtAndDecodesToTheSame(t *testing.T) {
	var out bytes.Buffer
	a := newApp(nil, strings.NewReader(""), &out, io.Discard)
	want := map[string]string{"name": hostile, "plain": "Zoë 山田 <b>&"}
	if err := a.json(want); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if r != '\n' && (r < ' ' || r == 0x7f || review.Safe(string(r)) != string(r)) {
			t.Errorf("the document holds %U", r)
		}
	}
	if !strings.Contains(out.String(), "Zoë 山田 <b>&") {
		t.Error("harmless text was escaped")
	}
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTextIsMadeSafe(t *testing.T) {
	var out, errs bytes.Buffer
	a := newApp(nil, strings.NewReader(""), &out, &errs)
	tb := newTable("Name", ">N")
	tb.row(hostile, "1")
	a.table(tb)
	a.facts("  name", hostile)
	a.notices([]review.Notice{{Code: hostile, Text: hostile, Hint: hostile}}, "note")
	a.receipt(review.Receipt{Receipt: hostile, Campaign: hostile})
	a.importReport(review.ImportReport{File: hostile, ID: 1, Format: hostile, Warnings: []review.Warning{{Keyword: hostile, First: hostile, Text: hostile}},
		Rejects: []review.Reject{{Text: hostile}}, Notes: []string{hostile}, Dropped: []review.Dropped{{Column: hostile}}})
	a.importReport(review.ImportReport{File: hostile, Reason: hostile, Message: hostile, Hint: hostile})
	a.campaignPage(review.Campaign{Name: hostile, Title: hostile, Excluded: []review.Exclusion{{Reason: hostile}}})
	a.previewPage(review.Preview{Campaign: hostile, Signs: hostile, Imports: []review.ImportReport{{File: hostile}}})
	a.bundlePage(review.StagedBundle{Campaign: hostile, Lines: []review.StagedLine{{Identity: hostile, Reason: hostile}}})
	a.say("%s", hostile)
	a.fail(review.Errorf(review.KindUsage, "%s", hostile).WithHint("%s", hostile))
	for name, text := range map[string]string{"out": out.String(), "err": errs.String()} {
		for i, r := range text {
			if r != '\n' && review.Safe(string(r)) != string(r) {
				t.Fatalf("%s holds %U: %+q", name, r, text[max(0, i-30):min(len(text), i+30)])
			}
		}
	}
}

func TestTableAligns(t *testing.T) {
	var out bytes.Buffer
	a := newApp(nil, strings.NewReader(""), &out, io.Discard)
	tb := newTable("Name", ">Items", "Note")
	tb.row("anna", "5", "x")
	tb.row("山田太郎", "1200", "")
	a.table(tb)
	want := "Name      Items  Note\n" +
		"anna          5  x\n" +
		"山田太郎   1200  -\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestGuardNeutralisesFormulasAndGivesThemBack(t *testing.T) {
	for _, cell := range []string{"=1+1", "+1", "-1", "@x", "'quoted", "\tx", "\rx", "＝x", "plain", "", "a=b"} {
		g := guard(cell)
		if g != "" && strings.ContainsAny(g[:1], "=+-@\t\r") {
			t.Errorf("guard(%q) = %q", cell, g)
		}
		if g != cell && unguard(g) != cell {
			t.Errorf("%q came back as %q", cell, unguard(g))
		}
	}
}

func TestExitCodes(t *testing.T) {
	for kind, want := range map[review.ErrorKind]int{
		review.KindUsage: 2, review.KindNotFound: 2, review.KindExists: 2,
		review.KindRefused: 4, review.KindNotAllowed: 4, review.KindKey: 4, review.KindConflict: 4,
		review.KindIO: 1, review.KindLocked: 1, review.KindNewer: 1, review.KindAgent: 1, review.KindPassphrase: 1,
		review.KindCancelled: 130, review.KindInternal: 70,
	} {
		if got := exitCode(fmt.Errorf("at work: %w", review.Errorf(kind, "x"))); got != want {
			t.Errorf("%s gives %d, not %d", kind, got, want)
		}
	}
	if got := exitCode(errors.New("surprise")); got != exitInternal {
		t.Errorf("an unknown error gives %d", got)
	}
}

func TestUnknownErrorsAndInterruptsGetASentence(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if e := asError(ctx, errors.New("disk \x1b[31m on fire")); e.Kind != review.KindInternal || e.Hint == "" || strings.ContainsRune(e.Message, 0x1b) {
		t.Errorf("%+v", e)
	}
	cancel()
	if e := asError(ctx, fmt.Errorf("reading: %w", context.Canceled)); e.Kind != review.KindCancelled || exitCode(e) != exitInterrupted {
		t.Errorf("%+v", e)
	}
}

func TestPanicIsAFaultWithExitCode70(t *testing.T) {
	var out, errs bytes.Buffer
	a := newApp([]string{"--json"}, strings.NewReader(""), &out, &errs)
	if code := a.crashed("boom \x1b[2J", []byte("stack")); code != exitInternal {
		t.Errorf("exit code %d", code)
	}
	var doc struct{ Error errorBody }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Error.Kind != review.KindInternal {
		t.Errorf("%s %v", out.String(), err)
	}
}

func TestSheetReadsWhatSpreadsheetsSave(t *testing.T) {
	want := []sheetRow{
		{2, "sha256:aa", review.Draft{Verdict: review.Keep, Reason: "=as before"}},
		{4, "sha256:cc", review.Draft{Verdict: review.Revoke, Reason: "gone, left the café"}},
	}
	for name, text := range map[string]string{
		"comma":                       "id,verdict,reason\nsha256:aa,keep,'=as before\nsha256:bb,none,\nsha256:cc,Revoke,\"gone, left the café\"\n",
		"semicolon":                   "id;verdict;reason\nsha256:aa;KEEP;'=as before\nsha256:bb;;\nsha256:cc;revoke;gone, left the café\n",
		"tab and CRLF":                "ID\tVerdict\tReason\r\nsha256:aa\tkeep\t'=as before\r\nsha256:bb\tnone\t\r\nsha256:cc\trevoke\tgone, left the café\r\n",
		"BOM":                         "\ufeffid,verdict,reason\nsha256:aa,keep,'=as before\nsha256:bb,none,\nsha256:cc,revoke,\"gone, left the café\"\n",
		"Windows-1252":                "id,verdict,reason\nsha256:aa,keep,'=as before\nsha256:bb,none,\nsha256:cc,revoke,\"gone, left the caf\xe9\"\n",
		"short rows":                  "id,verdict,reason,until\nsha256:aa,keep,'=as before\nsha256:bb\nsha256:cc,revoke,\"gone, left the café\"\n",
		"another order, more columns": "name,reason,verdict,id\nx,'=as before,keep,sha256:aa\ny,,,sha256:bb\nz,\"gone, left the café\",revoke,sha256:cc\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sheet.csv")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := readSheet(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(sheetRow{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzSheet(f *testing.F) {
	f.Add([]byte("id,verdict,reason\nsha256:aa,keep,x\n"))
	f.Add([]byte("\xef\xbb\xbfid;verdict\n\"a;revoke\n"))
	f.Add([]byte("id\tverdict\n\xff\tkeep\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(dir, "sheet.csv")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := readSheet(file)
		var e *review.Error
		if err != nil && (!errors.As(err, &e) || e.Hint == "") {
			t.Fatalf("an error without a hint: %v", err)
		}
		for _, r := range rows {
			if r.draft.Verdict == "" || r.draft.Verdict == review.NoVerdict {
				t.Fatalf("a row without a verdict: %+v", r)
			}
		}
	})
}

func TestDates(t *testing.T) {
	if got, err := dueTime("--due", "2026-12-31"); err != nil || got.Format(time.RFC3339) != "2026-12-31T23:59:59Z" {
		t.Errorf("%v %v", got, err)
	}
	for _, s := range []string{"", "tomorrow", "31.12.2026", "2026-02-30"} {
		if _, err := dueTime("--due", s); err == nil {
			t.Errorf("%q was taken for a day", s)
		}
	}
	if from, to, err := window("--window", "2026-01-01..2026-12-31"); err != nil || from != "2026-01-01" || to != "2026-12-31" {
		t.Errorf("%s %s %v", from, to, err)
	}
	for _, s := range []string{"2026", "2026-12-31..2026-01-01", "..", "2026-01-01..", "a..b"} {
		if _, _, err := window("--window", s); err == nil {
			t.Errorf("%q was taken for a window", s)
		}
	}
}

func TestImportFlags(t *testing.T) {
	f := importFlags{maps: []string{"identity=USER_ID,entitlement=Role, long", "system=#3"}, splits: []string{"Roles=;", "Kinds=="},
		consts: []string{"system=erp"}, expect: "rows=4,grants=9", maxBytes: "2G"}
	o, err := f.options()
	if err != nil {
		t.Fatal(err)
	}
	want := review.ImportOptions{
		Map:    []review.Assign{{Name: "identity", Value: "USER_ID"}, {Name: "entitlement", Value: "Role, long"}, {Name: "system", Value: "#3"}},
		Split:  []review.Assign{{Name: "Roles", Value: ";"}, {Name: "Kinds", Value: "="}},
		Const:  []review.Assign{{Name: "system", Value: "erp"}},
		Expect: []review.ControlTotal{{Name: "rows", Declared: 4}, {Name: "grants", Declared: 9}}, MaxBytes: 2 << 30,
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []importFlags{
		{maps: []string{"identity"}}, {maps: []string{"=x"}}, {splits: []string{"Roles"}}, {splits: []string{"=;"}}, {expect: "rows"}, {expect: "cats=4"},
		{expect: "rows=-1"}, {maxBytes: "big"}, {maxBytes: "0"}, {maxBytes: "9999999999999G"}, {completeness: "most"}, {dateOrder: "ydm"}, {query: "@nothing.here"},
	} {
		if _, err := bad.options(); review.KindOf(err) != review.KindUsage {
			t.Errorf("%+v gave %v", bad, err)
		}
	}
}

func TestProgressLine(t *testing.T) {
	got := progressLine("big.csv", review.Progress{Stage: "reading", Done: 25 << 20, Total: 100 << 20, Unit: "bytes", Rows: 160000}, 2*time.Second)
	if want := "big.csv: reading 25 %, 25.0 of 100.0 MB, 160000 rows, 80000/s, 6s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = progressLine("verify", review.Progress{Stage: "signatures", Done: 3, Unit: "entries"}, time.Second)
	if want := "verify: signatures 3 entries"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGuessedPrincipalIsOne(t *testing.T) {
	p := string(guessPrincipal())
	name, host, ok := strings.Cut(p, "@")
	if !ok || name == "" || host == "" || strings.ToLower(p) != p || strings.ContainsAny(host, "_+@ ") {
		t.Errorf("%q", p)
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"/tmp/x-1.db": "/tmp/x-1.db", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'"} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// An interrupt ends a verb with 130, one JSON document where one was asked for, and nothing half done.
func TestInterruptedImportStoresNothing(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "x.db")
	t.Setenv("XDG_DATA_HOME", dir)
	do := func(ctx context.Context, args ...string) (int, string) {
		var out bytes.Buffer
		code := run(ctx, append(args, "--db", db), strings.NewReader(""), &out, io.Discard)
		return code, out.String()
	}
	if code, out := do(t.Context(), "init", "--principal", "a@b.example", "--generate"); code != 0 {
		t.Fatal(out)
	}
	file := filepath.Join(dir, "export.csv")
	if err := os.WriteFile(file, []byte("user,role\n"+strings.Repeat("anna,AP_POST\n", 50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, out := do(ctx, "import", file, "--json")
	var doc struct{ Error errorBody }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitInterrupted || doc.Error.Kind != review.KindCancelled {
		t.Errorf("%d %s %v", code, out, err)
	}
	if code, out := do(t.Context(), "imports", "--json"); code != 0 || strings.TrimSpace(out) != "[]" {
		t.Errorf("%d %s", code, out)
	}
}

// A value that is wider than the terminal goes on at words below its beginning; piped it stays one line.
func TestLongValuesGoOnBelowTheirBeginning(t *testing.T) {
	value := strings.TrimSpace(strings.Repeat("word ", 30))
	for term, want := range map[bool]string{true: "a     x\nlong  word", false: "a     x\nlong  " + value + "\n"} {
		var out strings.Builder
		a := newApp(nil, strings.NewReader(""), &out, io.Discard)
		a.outTerm = term
		a.facts("a", "x", "long", value)
		if !strings.HasPrefix(out.String(), want) || strings.Join(strings.Fields(out.String()), " ") != "a x long "+value {
			t.Errorf("on a terminal %v: %q", term, out.String())
		}
		for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if term && (len(line) > 80 || i > 1 && !strings.HasPrefix(line, "      word")) {
				t.Errorf("line %d: %q", i, line)
			}
		}
	}
}
