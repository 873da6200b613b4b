package evidence

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
)

// inMemory is the files of a pack that somebody changed.
type inMemory struct {
	files    []file
	contents map[string][]byte
}

func (m *inMemory) list() []file               { return m.files }
func (m *inMemory) base() (io.ReaderAt, error) { return nil, nil }
func (m *inMemory) Close() error               { return nil }
func (m *inMemory) open(f file) (content, error) {
	b := m.contents[f.name]
	return newSection(bytes.NewReader(b), 0, int64(len(b))), nil
}

// hostilePack is an honest pack in memory, whose files tests change one at a time.
func hostilePack(t testing.TB) *inMemory {
	t.Helper()
	f := smallLedger(t)
	o := f.options()
	o.Sample, o.Seed = 2, "dice 4"
	dir := mustWrite(t, f, o, "pack", f.signer())
	d, troubles, err := openFolder(dir)
	if err != nil || len(troubles) > 0 {
		t.Fatal(err, troubles)
	}
	defer d.Close()
	m := &inMemory{contents: map[string][]byte{}}
	for _, f := range d.list() {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.name)))
		if err != nil {
			t.Fatal(err)
		}
		m.put(f.name, b)
	}
	return m
}

// with gives the pack with one file changed, and with the leaf hashes that fit it, so that what reads texts reads them.
func (m *inMemory) with(name string, b []byte) *inMemory {
	c := &inMemory{files: slices.Clone(m.files), contents: map[string][]byte{}}
	for n, old := range m.contents {
		c.contents[n] = old
	}
	c.put(name, b)
	leavesOf := func(texts [][]byte) []byte {
		var leaves []ledger.Hash
		for _, text := range texts {
			leaves = append(leaves, ledger.LeafHash(text))
		}
		return ledger.FormatHashes(leaves)
	}
	switch {
	case strings.HasPrefix(name, dirEntries):
		var entries [][]byte
		for _, f := range under(c.files, dirEntries) {
			entries = append(entries, c.contents[f.name])
		}
		c.put(fileLeafHashes, leavesOf(entries))
	case strings.HasSuffix(name, "/rows.txt"):
		c.put(strings.TrimSuffix(name, "rows.txt")+"leafhashes.txt", leavesOf(ledger.SplitTexts(b)))
	case strings.HasSuffix(name, "/members.txt"), strings.HasSuffix(name, "/assignments.txt"):
		c.put(strings.TrimSuffix(name, "txt")+"leafhashes.txt", leavesOf(ledger.SplitTexts(b)))
	}
	return c
}

func (m *inMemory) put(name string, b []byte) {
	m.contents[name] = b
	if i := slices.IndexFunc(m.files, func(f file) bool { return f.name == name }); i >= 0 {
		m.files[i].size = int64(len(b))
		return
	}
	m.files = append(m.files, file{name: name, size: int64(len(b))})
	sortFiles(m.files)
}

// readAll reads a pack in every way there is.
func (m *inMemory) readAll(t testing.TB) *Report {
	t.Helper()
	ctx := context.Background()
	r, err := verifyFiles(ctx, m, nil, VerifyOptions{})
	if err != nil {
		return nil
	}
	p, err := newPack(m)
	if err != nil {
		return r
	}
	for _, table := range p.Tables() {
		if _, rows, err := p.Table(ctx, table); err == nil {
			for range rows {
			}
		}
	}
	p.Supports()       //nolint:errcheck // any answer will do
	p.Checkpoints(ctx) //nolint:errcheck
	for _, f := range p.fsys.list() {
		if strings.HasSuffix(f.name, "/rejects.csv") {
			Rejects(m.contents[f.name]) //nolint:errcheck
		}
	}
	return r
}

var aNumber = regexp.MustCompile(`(?m)^[a-z-]+: ([0-9]+)( |$)`)

// TestHostileNumbers puts the largest number there is in the place of every number of texts of every kind: nothing that
// reads a pack may believe a number that it did not count itself.
func TestHostileNumbers(t *testing.T) {
	m := hostilePack(t)
	if r := m.readAll(t); r == nil || !r.OK {
		t.Fatalf("the pack is not good to begin with: %v", r)
	}
	tried, of := 0, map[ledger.Kind]int{}
	for _, f := range slices.Clone(m.files) {
		b := m.contents[f.name]
		if !bytes.HasPrefix(b, []byte(textStart)) || strings.HasPrefix(f.name, dirBundles) {
			continue
		}
		// One text is as good as all of its kind, or nearly.
		if of[ledger.KindOf(b)]++; of[ledger.KindOf(b)] > 2 {
			continue
		}
		first := len(ledger.SplitTexts(b)[0])
		for _, at := range aNumber.FindAllSubmatchIndex(b[:first], -1) {
			m.with(f.name, slices.Concat(b[:at[2]], []byte("999999999999999999"), b[at[3]:])).readAll(t)
			tried++
		}
	}
	if tried < 60 {
		t.Errorf("only %d numbers were tried", tried)
	}
}

// FuzzPack: a pack in which any piece of any file was changed is read to its end without harm, and is not called good.
func FuzzPack(f *testing.F) {
	m := hostilePack(f)
	for i := range m.files {
		f.Add(uint16(i), uint32(0), uint16(1), []byte("x"))
		f.Add(uint16(i), uint32(40), uint16(200), []byte(""))
	}
	f.Fuzz(func(t *testing.T, which uint16, at uint32, drop uint16, put []byte) {
		name := m.files[int(which)%len(m.files)].name
		b := m.contents[name]
		from := int(at) % (len(b) + 1)
		changed := slices.Concat(b[:from], put, b[min(len(b), from+int(drop)):])
		if bytes.Equal(changed, b) {
			return
		}
		if r := m.with(name, changed).readAll(t); r != nil && r.OK {
			t.Errorf("%s was changed at %d, and the pack is called good", name, from)
		}
	})
}

// inTime fails where a hostile input makes work that grows with its square.
func inTime(t *testing.T, what string, work func()) {
	t.Helper()
	start := time.Now()
	work()
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%s took %s", what, took)
	}
}

func TestHostileTime(t *testing.T) {
	page := []byte("<!DOCTYPE html>\n" + contentPolicy + strings.Repeat("<style></style>", 400_000))
	inTime(t, "a page of many style sheets", func() { checkPage("report.html", page, func(string) bool { return true }) })

	text := []byte("tickmark/x v1\n")
	leaves := make([]ledger.Hash, 400_000)
	leaves[0] = ledger.LeafHash(text)
	l, err := newTextList(newSection(bytes.NewReader(text), 0, int64(len(text))), int64(len(text)), leaves)
	if err != nil {
		t.Fatal(err)
	}
	inTime(t, "a text before many that are withheld", func() {
		for range leaves {
			if b, err := l.text(0); err != nil || !bytes.Equal(b, text) {
				t.Fatalf("%q %v", b, err)
			}
		}
	})
}

// TestDeepFolders: a chain of folders too deep for any file of a pack is not gone into.
func TestDeepFolders(t *testing.T) {
	dir := mustWrite(t, smallLedger(t), smallLedger(t).options(), "pack", smallLedger(t).signer())
	deep := filepath.Join(dir, strings.Repeat("d/", 300))
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Skip("no such deep folders here: ", err)
	}
	r := mustVerify(t, dir, VerifyOptions{})
	if r.OK || !hasCode(r, ledger.CodeManifest) {
		t.Errorf("a chain of 300 folders is no matter:\n%s", reportText(r))
	}
}

// TestHostileOSCAL: a list of empty elements does not take many times its own size in memory.
func TestHostileOSCAL(t *testing.T) {
	doc := []byte(`{"assessment-results":{"results":[{"observations":[` + strings.Repeat("{},", 4_000_000) + `{}]}]}}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wrong := checkOSCAL(doc, &book{pack: &Pack{}})
	runtime.ReadMemStats(&after)
	if len(wrong) == 0 {
		t.Error("it is accepted")
	}
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 300 {
		t.Errorf("%d MiB were allocated for %d MiB of document", got, len(doc)>>20)
	}
}

// A changed file is named before all that follows from it.
func TestChangedFileIsNamedFirst(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	path := filepath.Join(dir, entryFile(8))
	mustPut(t, path, bytes.Replace(mustRead(t, path), []byte("tickmark"), []byte("tackmark"), 1))
	r := mustVerify(t, dir, VerifyOptions{})
	if len(r.Codes) < 2 || r.Codes[0].File != entryFile(8) || !strings.Contains(reportText(r), "the other failures may follow from that") {
		t.Errorf("%s", reportText(r))
	}
}

// Failures of one code are listed up to a number, and the rest counted: who makes a pack says how many there are.
func TestManyFailuresAreCountedNotListed(t *testing.T) {
	m := hostilePack(t)
	const extra = 250
	for i := range extra {
		m.put(fmt.Sprintf("tables/x%03d", i), nil)
	}
	r := m.readAll(t)
	if r.OK || r.Failures != extra || len(r.Codes) != ledger.MostOfACode+1 || r.Codes[ledger.MostOfACode].String() != "MANIFEST: 150 more with this code, which are not listed" ||
		!strings.Contains(reportText(r), "\n250 failures in ") {
		t.Errorf("%d failures\n%s", r.Failures, reportText(r))
	}
}

// Names that differ by case only are refused: where a file system does not tell them apart, one file takes the other's place.
func TestNamesThatDifferByCaseOnly(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	for name, named := range map[string]string{"readme.txt": "readme.txt: differs by upper and lower case only from README.txt",
		"TABLES/decisions.csv": "tables/decisions.csv: differs by upper and lower case only from TABLES/decisions.csv"} {
		changed := copyPack(t, dir)
		if err := os.MkdirAll(filepath.Dir(filepath.Join(changed, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		mustPut(t, filepath.Join(changed, name), []byte("x"))
		if len(under(mustList(t, changed), name)) == 0 {
			t.Skip("this file system does not tell upper from lower case")
		}
		resign(t, f, changed)
		if r := mustVerify(t, changed, VerifyOptions{}); !strings.Contains(reportText(r), "MANIFEST in "+named) {
			t.Errorf("%s: %s", name, reportText(r))
		}
		if p, err := Open(changed); err == nil || !strings.Contains(err.Error(), "upper and lower case") {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
}

func mustList(t *testing.T, dir string) []file {
	t.Helper()
	d, _, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return d.list()
}

// What the ledger's checks find in a file of a pack is reported with the place of the file in the pack.
func TestFailuresNamePlacesInThePack(t *testing.T) {
	f := smallLedger(t)
	o := f.options()
	o.IncludeOriginals = true
	dir := mustWrite(t, f, o, "pack", f.signer())
	for name, code := range map[string]ledger.Code{rosterFile(1): ledger.CodeRoster, importFile(2, "original"): ledger.CodeImport,
		importFile(2, "rejects.csv"): ledger.CodeImport, fileCheckpoint: ledger.CodeCheckpoint} {
		changed := copyPack(t, dir)
		mustPut(t, filepath.Join(changed, name), append(mustRead(t, filepath.Join(changed, name)), "# more\n"...))
		resign(t, f, changed)
		r := mustVerify(t, changed, VerifyOptions{})
		if !slices.ContainsFunc(r.Codes, func(c Code) bool { return c.Code == string(code) && c.File == name }) {
			t.Errorf("%s in %s:\n%s", code, name, reportText(r))
		}
	}
}
