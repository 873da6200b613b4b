package evidence

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tickmark/ledger"
	"tickmark/review"
)

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hasState(r *Report, code string) bool {
	return slices.ContainsFunc(r.States, func(s State) bool { return s.Code == code })
}

func hasCode(r *Report, code ledger.Code) bool {
	return slices.ContainsFunc(r.Codes, func(c Code) bool { return c.Code == string(code) })
}

func TestTwoExportsAreEqual(t *testing.T) {
	f := smallLedger(t)
	one, two := mustWrite(t, f, f.options(), "a.zip", f.signer()), mustWrite(t, f, f.options(), "b.zip", f.signer())
	if !bytes.Equal(mustRead(t, one), mustRead(t, two)) {
		t.Error("two exports of the same ledger differ")
	}
	var stream bytes.Buffer
	if _, err := WriteZip(context.Background(), f, f.options(), &stream, f.signer()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(mustRead(t, one), stream.Bytes()) {
		t.Error("WriteZip gives other bytes than Write")
	}
	folder := mustWrite(t, f, f.options(), "c", f.signer())
	if !bytes.Equal(mustRead(t, filepath.Join(folder, fileManifest)), manifestOf(t, one)) {
		t.Error("folder and zip have different manifests")
	}
}

func manifestOf(t testing.TB, path string) []byte {
	t.Helper()
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	b, err := read(p.fsys, fileManifest, coreFileLimit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWriteRefuses(t *testing.T) {
	f := smallLedger(t)
	there := filepath.Join(t.TempDir(), "there.zip")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		kind review.ErrorKind
		dest string
		set  func(*Options)
	}{
		{"existing destination", review.KindExists, there, func(*Options) {}},
		{"unknown view", review.KindUsage, "", func(o *Options) { o.For = "soc3" }},
		{"view without type", review.KindUsage, "", func(o *Options) { o.For = "soc2" }},
		{"type without view", review.KindUsage, "", func(o *Options) { o.Type = 2 }},
		{"sample without seed", review.KindUsage, "", func(o *Options) { o.Sample = 3 }},
		{"no such day", review.KindUsage, "", func(o *Options) { o.From, o.To = "2026-02-30", "2026-12-31" }},
		{"window backwards", review.KindUsage, "", func(o *Options) { o.From, o.To = "2026-12-31", "2026-01-01" }},
		{"unknown campaign", review.KindNotFound, "", func(o *Options) { o.Campaigns = []string{"nope"} }},
		{"empty window", review.KindRefused, "", func(o *Options) { o.From, o.To = "2020-01-01", "2020-12-31" }},
		{"exporter without the role", review.KindNotAllowed, "", func(o *Options) {
			o.Exporter = "alice@corp.example"
			o.Key = review.Fingerprint(f.fingerprint("alice@corp.example"))
		}},
		{"unknown control", review.KindUsage, "", func(o *Options) { o.Controls = []string{"soc2:CC9.9"} }},
		{"unknown item", review.KindNotFound, "", func(o *Options) { o.Items = []string{ledger.Sum([]byte("x")).String()} }},
	} {
		o := f.options()
		c.set(&o)
		dest := c.dest
		if dest == "" {
			dest = filepath.Join(t.TempDir(), "out.zip")
		}
		_, err := Write(context.Background(), f, o, dest, f.signer())
		if review.KindOf(err) != c.kind {
			t.Errorf("%s: error of kind %s, want %s: %v", c.name, review.KindOf(err), c.kind, err)
		}
		var e *review.Error
		if errors.As(err, &e) && e.Hint == "" {
			t.Errorf("%s: no hint: %v", c.name, err)
		}
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(dest), ".tickmark*"))
		if len(left) > 0 {
			t.Errorf("%s: left behind %v", c.name, left)
		}
	}
	if string(mustRead(t, there)) != "mine" {
		t.Error("an existing file was overwritten")
	}
}

func TestWriteIsCancelled(t *testing.T) {
	f := smallLedger(t)
	ctx, cancel := context.WithCancel(context.Background())
	o := f.options()
	o.Progress = func(review.Progress) { cancel() }
	dir := t.TempDir()
	_, err := Write(ctx, f, o, filepath.Join(dir, "out"), f.signer())
	if review.KindOf(err) != review.KindCancelled {
		t.Errorf("error of kind %s: %v", review.KindOf(err), err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
}

func TestWrongSignerIsRefused(t *testing.T) {
	f := smallLedger(t)
	sign := func(_ context.Context, namespace string, message []byte) ([]byte, error) {
		return f.sshsig("alice@corp.example", namespace, message), nil
	}
	_, err := Write(context.Background(), f, f.options(), filepath.Join(t.TempDir(), "out"), sign)
	if review.KindOf(err) != review.KindKey {
		t.Errorf("a manifest signed by another key: %v", err)
	}
}

func TestSampledPack(t *testing.T) {
	f := smallLedger(t)
	o := f.options()
	o.Sample, o.Seed = 2, "Q4 / dice 4-1-6-3"
	path := mustWrite(t, f, o, "sample", f.signer())
	r := mustVerify(t, path, VerifyOptions{})
	if !r.OK {
		t.Fatal(reportText(r))
	}
	for _, s := range []string{ledger.StateWithheld, ledger.StateMembersWithheld, ledger.StateRowsWithheld} {
		if !hasState(r, s) {
			t.Errorf("no state %s:\n%s", s, reportText(r))
		}
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.stmt.Disclosure != "sampled" || p.stmt.SampleSize != 2 || p.stmt.SampleSeed != o.Seed {
		t.Errorf("pack.txt: %+v", p.stmt)
	}
	population := string(mustRead(t, filepath.Join(path, tableFile("population"))))
	for _, id := range []string{"2026q3", "2026q4"} {
		var items []ledger.Hash
		for _, m := range f.members[id] {
			h, _ := ledger.ParseSHA(field(m, "item"))
			items = append(items, h)
		}
		b, err := readBook(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		c := b.byID[id]
		for i, h := range ledger.Rank(o.Seed, c.stmt.PopulationRoot, items) {
			if drawn := i < 2; strings.Contains(population, h.String()) != drawn {
				t.Errorf("item %d of the draw of %s: disclosed is %t", i+1, id, !drawn)
			}
			if _, err := os.Stat(filepath.Join(path, dossierFile(id, h))); (err == nil) != (i < 2) {
				t.Errorf("dossier of item %d of %s: %v", i+1, id, err)
			}
		}
	}
	// What is withheld must be nowhere: the reason of a decision that was not drawn is a secret.
	if _, err := os.Stat(filepath.Join(path, "imports", "000002", "original")); err == nil {
		t.Error("a sampled pack holds an original")
	}
	// A larger sample begins with the smaller one.
	o.Sample = 3
	if _, err := Write(context.Background(), f, o, filepath.Join(t.TempDir(), "more"), f.signer()); err != nil {
		t.Error(err)
	}
}

func TestSampleWithFullDisclosure(t *testing.T) {
	f := smallLedger(t)
	o := f.options()
	o.Sample, o.Seed, o.Disclose = 2, "dice", "all"
	path := mustWrite(t, f, o, "pack.zip", f.signer())
	if r := mustVerify(t, path, VerifyOptions{}); !r.OK || hasState(r, ledger.StateWithheld) {
		t.Error(reportText(r))
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if n := len(under(p.fsys.list(), "samples/")); n != 4 {
		t.Errorf("%d dossiers, want 4", n)
	}
}

func TestRedactedPack(t *testing.T) {
	f := smallLedger(t)
	o := f.options()
	o.IncludeOriginals, o.Redact = false, true
	dest := filepath.Join(t.TempDir(), "red.zip")
	res, err := Write(context.Background(), f, o, dest, f.signer())
	if err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, dest, VerifyOptions{})
	if !r.OK || !hasState(r, ledger.StateWithheld) {
		t.Error(reportText(r))
	}
	b := mustRead(t, dest)
	for _, secret := range []string{"ACC00001", "person1@corp.example", "moved to another team", "weekly log review"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("a redacted pack holds %q", secret)
		}
	}
	if len(res.Beside) != 4 {
		t.Fatal(res.Beside)
	}
	for _, name := range res.Beside {
		text := string(mustRead(t, name))
		isKey := strings.HasSuffix(name, ".key.csv")
		if strings.Contains(text, "alice@corp.example") != isKey {
			t.Errorf("%s: names of people\n%s", name, text)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if isKey && info.Mode().Perm() != 0o600 {
			t.Errorf("the key file has mode %v", info.Mode())
		}
	}
}

func TestViews(t *testing.T) {
	f := smallLedger(t)
	for _, c := range []struct {
		name                 string
		set                  func(*Options)
		campaigns            string
		disclosure, from, to string
		ids                  []string // of controls.csv
		without              []string
	}{
		{"full", func(*Options) {}, "2026q3 2026q4", "full", "2026-07-01", "2026-12-31", []string{"CC6.3", "OBJ-7", "PR.AA-01", "PR.AA-05"}, nil},
		{"soc2 type 2", func(o *Options) { o.For, o.Type = "soc2", 2 }, "2026q3 2026q4", "full", "2026-07-01", "2026-12-31", []string{"CC6.2", "CC6.3"}, []string{"OBJ-7", "PR.AA-01"}},
		{"soc1 type 2", func(o *Options) { o.For, o.Type = "soc1", 2 }, "2026q3 2026q4", "full", "2026-07-01", "2026-12-31", []string{"OBJ-7"}, []string{"CC6.3"}},
		{"soc2 type 1 by default", func(o *Options) { o.For, o.Type = "soc2", 1 }, "2026q4", "view", "2026-12-01", "2026-12-01", []string{"CC6.2"}, []string{"OBJ-7"}},
		{"soc2 type 1 at a day", func(o *Options) { o.For, o.Type, o.From, o.To = "soc2", 1, "2026-08-15", "2026-08-15" }, "2026q3", "view", "2026-08-15", "2026-08-15", []string{"CC6.3"}, []string{"CC6.2"}},
		{"soc2 type 2 of one quarter takes in what reaches into it", func(o *Options) { o.For, o.Type, o.From, o.To = "soc2", 2, "2026-10-01", "2026-12-31" }, "2026q3 2026q4", "full", "2026-10-01", "2026-12-31", nil, nil},
		{"one campaign", func(o *Options) { o.Campaigns = []string{"2026q4"} }, "2026q4", "view", "2026-10-01", "2026-12-31", []string{"CC6.2"}, nil},
	} {
		o := f.options()
		c.set(&o)
		path := mustWrite(t, f, o, "pack", f.signer())
		r := mustVerify(t, path, VerifyOptions{})
		if !r.OK {
			t.Errorf("%s:\n%s", c.name, reportText(r))
			continue
		}
		if got := strings.Join(r.Pack.Campaigns, " "); got != c.campaigns || r.Pack.Disclosure != c.disclosure || r.Pack.Window != [2]string{c.from, c.to} {
			t.Errorf("%s: campaigns %s, disclosure %s, window %v", c.name, got, r.Pack.Disclosure, r.Pack.Window)
		}
		controls := string(mustRead(t, filepath.Join(path, tableFile("controls"))))
		for _, id := range c.ids {
			if !strings.Contains(controls, `"`+id+`"`) {
				t.Errorf("%s: controls.csv lacks %s:\n%s", c.name, id, controls)
			}
		}
		for _, id := range c.without {
			if strings.Contains(controls, `"`+id+`"`) {
				t.Errorf("%s: controls.csv holds %s", c.name, id)
			}
		}
		if hasState(r, StateNotInView) != (c.disclosure == "view") {
			t.Errorf("%s: state %s\n%s", c.name, StateNotInView, reportText(r))
		}
	}
}

func TestVerifySource(t *testing.T) {
	f := smallLedger(t)
	r, err := VerifySource(context.Background(), f, VerifyOptions{})
	if err != nil || !r.OK || r.Pack != nil {
		t.Fatal(err, reportText(r))
	}
	if text := reportText(r); strings.Contains(strings.ToLower(text), " valid") {
		t.Error("the report prints the bare word valid")
	}
	f.entries[5] = bytes.Replace(f.entries[5], []byte("verdict: revoke"), []byte("verdict: keep"), 1)
	r, err = VerifySource(context.Background(), f, VerifyOptions{})
	if err != nil || r.OK || r.Exit(false) != 4 {
		t.Error("an edited verdict is not found:", err)
	}
}

func TestTrustInputs(t *testing.T) {
	f := smallLedger(t)
	path := mustWrite(t, f, f.options(), "pack.zip", f.signer())
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	roster, _ := read(p.fsys, fileSigners, coreFileLimit)
	note, _ := read(p.fsys, fileCheckpoint, coreFileLimit)
	p.Close()
	if r := mustVerify(t, path, VerifyOptions{}); r.Exit(true) != 5 || !hasState(r, ledger.StateRosterUnconfirmed) {
		t.Errorf("strict without inputs: exit %d", r.Exit(true))
	}
	if r := mustVerify(t, path, VerifyOptions{Signers: roster, VKey: f.vkey, Checkpoint: note}); !r.OK || hasState(r, ledger.StateRosterUnconfirmed) {
		t.Error(reportText(r))
	}
	line := strings.ReplaceAll(string(roster), strings.Fields(string(roster))[3], strings.Fields(string(f.person("mallory@corp.example").line()))[1])
	if r := mustVerify(t, path, VerifyOptions{Signers: []byte(line)}); r.OK || !hasCode(r, ledger.CodeRoster) && !hasCode(r, ledger.CodeKey) || !hasCode(r, ledger.CodeManifest) {
		t.Error("a foreign roster is accepted:\n" + reportText(r))
	}
	if later := laterExporter(t); !mustVerify(t, later.path, VerifyOptions{Signers: later.first}).OK {
		t.Error("an exporter enrolled after the roster that the verifier knows is refused:\n" + reportText(mustVerify(t, later.path, VerifyOptions{Signers: later.first})))
	}
	if _, err := Verify(context.Background(), path, VerifyOptions{Signers: []byte("no roster")}); review.KindOf(err) != review.KindUsage {
		t.Errorf("a broken trust input: %v", err)
	}
	if r := mustVerify(t, path, VerifyOptions{Log: "another.example/log/1"}); !hasCode(r, ledger.CodeReplay) {
		t.Error("another name of the ledger is accepted")
	}
}

// laterExporter is a pack whose exporter is on the second roster only, and the first roster.
func laterExporter(t testing.TB) (out struct {
	path  string
	first []byte
}) {
	t.Helper()
	f := smallLedger(t)
	v, _, _, err := ledger.ParseEntry(f.entries[1])
	if err != nil {
		t.Fatal(err)
	}
	out.first = f.files[v.(*ledger.Roster).SignersSHA256]
	old, err := ledger.ParseRosterFile(out.first)
	if err != nil {
		t.Fatal(err)
	}
	dave := "dave@corp.example"
	now, err := old.Add(ledger.RosterLine{Principal: dave, Namespaces: []string{namespaceExport}, Key: f.person(dave).signer.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	f.sign(forgeManager, &ledger.Roster{Log: f.log, Version: 2, Previous: 1, SignerLines: now.LineCount(), SignersSHA256: f.file(string(now.Format()))}, "agent")
	f.note()
	o := f.options()
	o.Exporter, o.Key = review.Principal(dave), review.Fingerprint(f.fingerprint(dave))
	out.path = mustWrite(t, f, o, "pack.zip", func(_ context.Context, namespace string, message []byte) ([]byte, error) {
		return f.sshsig(dave, namespace, message), nil
	})
	return out
}
