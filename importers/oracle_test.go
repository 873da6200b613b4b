package importers

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickmark/review"
)

var oracles = flag.String("oracles", "", "write the table of oracles, expected beside got, into this page")

// TestOracles imports every file of the shared samples and compares the report with ORACLES.tsv, one subtest a line.
func TestOracles(t *testing.T) {
	samples := filepath.Join("..", "..", "shared", "samples")
	table, err := os.ReadFile(filepath.Join(samples, "ORACLES.tsv"))
	if err != nil {
		t.Skipf("no samples of real exports beside the checkout: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	var page strings.Builder
	page.WriteString("| file | flags | expected | got | |\n|---|---|---|---|---|\n")
	for n, line := range lines[1:] {
		f := strings.Split(line, "\t")
		file, expected, want, mustWarn := f[0], f[2], strings.Join(f[3:10], " "), f[10]
		args, err := shellWords(f[1])
		if err != nil {
			t.Fatalf("line %d: %v", n+2, err)
		}
		t.Run(file+" "+f[1], func(t *testing.T) {
			m := newMemory()
			in := fromFile(filepath.Join(samples, file))
			in.Name = file
			rep, err := Read(context.Background(), in, options(args...), m)
			defer func() { oracleLine(t, &page, f, rep, err) }()
			if expected == "refused" {
				if review.KindOf(err) != review.KindRefused || rep.Reason != mustWarn {
					t.Fatalf("got %v, reason %q, format %q; want the refusal %q", err, rep.Reason, rep.Format, mustWarn)
				}
				if f[3] != "-" && rep.Format != f[3] {
					t.Errorf("it was taken for %q, not %q, before it was refused", rep.Format, f[3])
				}
				return
			}
			if err != nil {
				t.Fatalf("%v (%s)", err, rep.Reason)
			}
			got := fmt.Sprintf("%s %d %d %d %d %d %s", rep.Format, rep.RowsRead, rep.RowsReject, rep.Accounts, rep.Identities, rep.Grants, rep.Complete)
			if got != want {
				t.Errorf("format rows_read rows_rejected accounts identities grants complete:\n got %s\nwant %s\n%s", got, want, f[11])
			}
			if mustWarn != "-" {
				for _, k := range strings.Split(mustWarn, ",") {
					if warned(rep, k) == nil {
						t.Errorf("no warning %s in %v", k, keywordsOf(rep))
					}
				}
			}
			checkSink(t, rep, m)
		})
	}
	if *oracles != "" {
		writeBetween(t, *oracles, "oracles", page.String())
	}
}

// oracleLine writes what was expected of a file beside what was got.
func oracleLine(t *testing.T, page *strings.Builder, f []string, rep *review.ImportReport, err error) {
	want := "refused: " + f[10]
	if f[2] != "refused" {
		want = strings.Join(f[3:10], " ")
		if f[10] != "-" {
			want += "; " + strings.ReplaceAll(f[10], ",", ", ")
		}
	}
	got := "refused: " + rep.Reason
	if err == nil {
		got = fmt.Sprintf("%s %d %d %d %d %d %s", rep.Format, rep.RowsRead, rep.RowsReject, rep.Accounts, rep.Identities, rep.Grants, rep.Complete)
		if k := keywordsOf(rep); len(k) > 0 {
			got += "; " + strings.Join(k, ", ")
		}
	}
	mark := "✓"
	if t.Failed() {
		mark = "✗"
	}
	flags := ""
	if f[1] != "-" {
		flags = "`" + f[1] + "`"
	}
	fmt.Fprintf(page, "| %s | %s | %s | %s | %s |\n", f[0], flags, want, got, mark)
}

// writeBetween replaces what stands between the marks of a name in a page.
func writeBetween(t *testing.T, path, name, text string) {
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks of %s", path, name)
	}
	if err := os.WriteFile(path, []byte(head+begin+text+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkSink compares what a sink took with the report about it.
func checkSink(t *testing.T, rep *review.ImportReport, m *memory) {
	t.Helper()
	rows := int64(0)
	keys := map[string]bool{}
	for _, g := range m.grants {
		key := fmt.Sprintf("%q %q %q %q %q", g.Kind, g.Account, g.Entitlement.NativeID, g.Resource.NativeID, g.Path)
		if keys[key] {
			t.Errorf("the grant %s came twice", key)
		}
		keys[key] = true
		if g.Locator == "" || g.RawSHA256 == [32]byte{} || g.How == "" || g.State == "" || g.Entitlement.Privilege == "" {
			t.Fatalf("the grant %s lacks locator, hash, how, state or privilege: %+v", key, g)
		}
	}
	people := map[string]bool{}
	for _, a := range m.accounts {
		if a.Status != review.Disabled && a.Status != review.Deleted && rep.Grants == 0 {
			rows++
		}
		if a.Locator == "" || a.RawSHA256 == [32]byte{} {
			t.Fatalf("the account %q does not say where it stands", a.NativeID)
		}
		if a.IdentityKey == "" || a.KeySource == "" || a.Kind == "" || a.Status == "" {
			t.Fatalf("the account %q lacks identity key, kind or status: %+v", a.NativeID, a)
		}
		people[fmt.Sprint(a.KeySource == "account", a.IdentityKey)] = true
	}
	if len(m.workers) == 0 && int64(len(people)) != rep.Identities {
		t.Errorf("identities: report %d, sink %d", rep.Identities, len(people))
	}
	if int64(len(m.grants)) != rep.Grants || rows != rep.AccountRows || int64(len(m.accounts)) != rep.Accounts || int64(len(m.rejects)) != rep.RowsReject {
		t.Errorf("report: %d grants, %d account rows, %d accounts, %d rejects; sink: %d, %d, %d, %d", rep.Grants, rep.AccountRows, rep.Accounts, rep.RowsReject,
			len(m.grants), rows, len(m.accounts), len(m.rejects))
	}
	if rep.NotAGrant+rep.RowsReject > rep.RowsRead {
		t.Errorf("%d records, but %d rejected and %d without a grant", rep.RowsRead, rep.RowsReject, rep.NotAGrant)
	}
	if rep.SHA256 == "" || rep.Bytes == 0 || len(rep.Evidence) == 0 && rep.Format[:7] != "generic" {
		t.Errorf("the report lacks hash, size or evidence: %+v", rep)
	}
}

// shellWords splits a line as a shell does, with single and double quotes.
func shellWords(s string) ([]string, error) {
	if s == "-" {
		return nil, nil
	}
	var words []string
	var word strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ':
			if in {
				words = append(words, word.String())
				word.Reset()
				in = false
			}
		case '\'', '"':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return nil, fmt.Errorf("an open quote in %s", s)
			}
			word.WriteString(s[i+1 : i+1+end])
			i, in = i+1+end, true
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}
