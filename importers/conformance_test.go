package importers

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"tickmark/review"
)

// TestEveryFormatHasAFixture keeps formats and fixtures together.
func TestEveryFormatHasAFixture(t *testing.T) {
	for _, f := range formats() {
		if !slices.ContainsFunc(fixtures, func(x fixture) bool { return x.id() == f.ID }) {
			t.Errorf("%s has no fixture in testdata/formats", f.ID)
		}
	}
	files, err := os.ReadDir("testdata/formats")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range files {
		if !slices.ContainsFunc(fixtures, func(x fixture) bool { return x.file == e.Name() }) {
			t.Errorf("testdata/formats/%s is not among the fixtures", e.Name())
		}
	}
}

// TestFormatsAreDescribed: whoever asks `formats ID` gets steps, and learns what the file cannot say.
func TestFormatsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		if f.ID == "" || f.Title == "" || !strings.Contains("SDU", f.Mark) || len(f.Steps) == 0 || len(f.Gaps) == 0 {
			t.Errorf("%s lacks title, mark, steps or gaps: %+v", f.ID, f)
		}
		for _, id := range append(f.Aliases, f.ID) {
			if seen[id] {
				t.Errorf("the id %s is taken twice", id)
			}
			seen[id] = true
			if got, ok := LookupFormat(id); !ok || got.ID != f.ID {
				t.Errorf("LookupFormat(%q) gives %v, %v", id, got.ID, ok)
			}
		}
		if len(f.Required) == 0 && !strings.HasPrefix(f.ID, "generic-") && f.ID != "hr-roster" {
			t.Errorf("%s names nothing it requires", f.ID)
		}
	}
}

// TestConformance reads every fixture as it is, and in the disguises real exports come in.
func TestConformance(t *testing.T) {
	for _, f := range fixtures {
		t.Run(f.file, func(t *testing.T) {
			c := &conformance{fixture: f, t: t}
			c.plain()
			if f.isCSV() {
				c.csv()
			} else {
				c.json()
			}
			c.encodings()
			c.truncations()
			c.cancelled()
			c.failingSink()
		})
	}
}

type conformance struct {
	fixture
	t    *testing.T
	base string // summary of the plain file
	rep  *review.ImportReport
}

func (c *conformance) read(b []byte, extra ...string) (*review.ImportReport, *memory, error) {
	m := newMemory()
	rep, err := Read(context.Background(), fromBytes(c.file, b), options(append(slices.Clone(c.args), extra...)...), m)
	return rep, m, err
}

func (c *conformance) plain() {
	c.t.Helper()
	rep, m, err := c.read(c.bytes(c.t))
	if err != nil {
		c.t.Fatalf("%v (%s)", err, rep.Reason)
	}
	if rep.Format != c.id() || counts(rep) != c.want {
		c.t.Fatalf("%s: rows rejected accounts identities grants complete:\n got %s\nwant %s\n%v\n%s", rep.Format, counts(rep), c.want, rep.Rejects, m.summary())
	}
	for _, k := range strings.Fields(c.warn) {
		if warned(rep, k) == nil {
			c.t.Errorf("no warning %s in %v", k, keywordsOf(rep))
		}
	}
	checkSink(c.t, rep, m)
	c.base, c.rep = m.summary(), rep
	if strings.Contains(fmt.Sprintf("%+v %+v", rep, m), "not-kept") {
		c.t.Error("a secret reached the report or the sink")
	}
}

// same reads a disguise that must give the same content.
func (c *conformance) same(name string, b []byte, extra ...string) *review.ImportReport {
	c.t.Helper()
	rep, m, err := c.read(b, extra...)
	if err != nil {
		c.t.Errorf("%s: %v (%s)\n%s", name, err, rep.Reason, firstBytes(b))
		return rep
	}
	if rep.Format != c.id() || counts(rep) != c.want {
		c.t.Errorf("%s: got %s %s, want %s\n%s", name, rep.Format, counts(rep), c.want, firstBytes(b))
		return rep
	}
	if d := cmp.Diff(c.base, m.summary()); d != "" {
		c.t.Errorf("%s: the content differs:\n%s", name, d)
	}
	return rep
}

func firstBytes(b []byte) string { return fmt.Sprintf("%q", b[:min(len(b), 300)]) }

func (c *conformance) csv() {
	t := c.table(c.t)
	width := len(t[0])
	c.same("rewritten", csvText(t, ",", "\n", false))
	c.same("CRLF", csvText(t, ",", "\r\n", false))
	c.same("lone CR", csvText(t, ",", "\r", false))
	c.same("no final line end", bytes.TrimRight(csvText(t, ",", "\n", false), "\n"))
	c.same("every cell quoted", csvText(t, ",", "\n", true))
	for _, d := range []string{";", "\t", "|"} {
		c.same("delimiter "+d, csvText(t, d, "\r\n", false))
		c.same("sep="+d, append([]byte("sep="+d+"\r\n"), csvText(t, d, "\r\n", false)...))
	}
	c.same("blank lines", bytes.ReplaceAll(csvText(t, ",", "\n", false), []byte("\n"), []byte("\n\n")))
	c.same("#TYPE", append([]byte("#TYPE Selected.Example\n"), csvText(t, ",", "\n", false)...))
	c.same("title lines", append([]byte("Access report\n\nmade for the review\n"), csvText(t, ",", "\n", false)...))
	c.same("footer", append(csvText(t, ",", "\n", false), []byte("\n3 rows selected.\n")...))
	c.same("header again", csvText(append(slices.Clone(t), t[0]), ",", "\n", false))

	reversed := make([][]string, len(t))
	wider := make([][]string, len(t))
	padded := make([][]string, len(t))
	for i, rec := range t {
		full := append(slices.Clone(rec), make([]string, max(0, width-len(rec)))...)
		reversed[i] = slices.Clone(full)
		slices.Reverse(reversed[i])
		extra := "zz extra column"
		if i > 0 {
			extra = fmt.Sprint("x", i)
		}
		wider[i] = append([]string{extra}, full...)
		for _, cell := range full {
			padded[i] = append(padded[i], " \t"+cell+"\u00a0 ")
		}
	}
	c.same("reordered columns", csvText(reversed, ",", "\n", false))
	c.same("an extra column", csvText(wider, ",", "\n", false))
	c.same("padded cells", csvText(padded, ",", "\n", false))
	c.same("trailing delimiter", bytes.ReplaceAll(csvText(t, ",", "\n", true), []byte("\n"), []byte(",\n")))

	if rep, m, err := c.read(csvText(t[:1], ",", "\n", false)); err != nil || rep.RowsRead != 0 || len(m.accounts)+len(m.grants) > 0 {
		c.t.Errorf("a header alone: %v, %d rows", err, rep.RowsRead)
	} else if warned(rep, "no-records") == nil && !strings.HasPrefix(rep.Format, "hr") && len(c.args) == 0 && rep.Format != "sod-rules" && rep.Format != "entra-access-review-history" {
		c.t.Errorf("a header alone: no warning no-records in %v", keywordsOf(rep))
	}
	c.withoutColumns(t)
}

// withoutColumns drops one column after the other: an optional one changes no number of records, a required one is
// refused by name under --as.
func (c *conformance) withoutColumns(t [][]string) {
	for i := range t[0] {
		var less [][]string
		for _, rec := range t {
			cut := slices.Clone(rec)
			if i < len(cut) {
				cut = slices.Delete(cut, i, i+1)
			}
			less = append(less, cut)
		}
		b := csvText(less, ",", "\n", true)
		rep, _, err := c.read(b, "--as", c.id())
		switch {
		case err != nil && (review.KindOf(err) != review.KindRefused || !slices.Contains([]string{"missing-columns", "unknown-shape", "needs-entitlement"}, rep.Reason)):
			c.t.Errorf("without %s: %v (%s)", t[0][i], err, rep.Reason)
		case err == nil && rep.RowsRead != c.rep.RowsRead:
			c.t.Errorf("without %s: %d records, want %d", t[0][i], rep.RowsRead, c.rep.RowsRead)
		}
		if rep, _, err := c.read(b); err != nil && review.KindOf(err) != review.KindRefused {
			c.t.Errorf("without %s, guessing: %v (%s)", t[0][i], err, rep.Reason)
		}
	}
}

func (c *conformance) json() {
	trees := parseTrees(c.t, c.bytes(c.t))
	join := func(list []tree, sep string, pretty bool) []byte {
		var parts [][]byte
		for _, n := range list {
			parts = append(parts, n.text(pretty))
		}
		return bytes.Join(parts, []byte(sep))
	}
	each := func(f func(n *tree, depth int)) []byte {
		var out []tree
		for _, n := range trees {
			out = append(out, n.mapped(0, f))
		}
		return join(out, "\n", false)
	}
	c.same("compact", join(trees, "\n", false))
	c.same("pretty", join(trees, "\n", true))
	c.same("CRLF", bytes.ReplaceAll(join(trees, "\n", true), []byte("\n"), []byte("\r\n")))
	c.same("surrounding white space", append([]byte(" \r\n\t"), append(join(trees, "\n", false), " \n\n"...)...))
	c.same("reversed keys", each(func(n *tree, _ int) { slices.Reverse(n.keys); slices.Reverse(n.list) }))
	c.same("extra keys", each(func(n *tree, depth int) {
		if depth < 3 && !c.mapKey {
			n.keys = append([]string{"zzExtra"}, n.keys...)
			n.list = append([]tree{{isArr: true, list: []tree{{leaf: "12345678901234567890"}, {leaf: "null"}}}}, n.list...)
		}
	}))
	if !c.mapKey {
		c.same("upper-case keys", each(func(n *tree, _ int) {
			for i, k := range n.keys {
				if !strings.HasPrefix(k, "_") && !strings.ContainsAny(k, ".:@") {
					n.keys[i] = strings.ToUpper(strings.ReplaceAll(k, "_", "-"))
				}
			}
		}))
	}
	if len(trees) > 1 {
		c.same("nothing between values", join(trees, "", false))
	}
	if top := trees[0]; len(trees) == 1 && top.isArr {
		if c.id() != "generic-json" { // a stream is generic-ndjson
			c.same("one object a line", join(top.list, "\n", false))
		}
		c.same("an array of arrays", tree{isArr: true, list: []tree{{isArr: true, list: top.list[:1]}, {isArr: true, list: top.list[1:]}}}.text(false))
		c.collapsed(top)
	} else if len(trees) == 1 {
		c.wrapped(top)
	}
}

// collapsed compares a list of one with the bare object that PowerShell makes of it.
func (c *conformance) collapsed(top tree) {
	one, m1, err1 := c.read(tree{isArr: true, list: top.list[:1]}.text(false))
	bare, m2, err2 := c.read(top.list[0].text(false))
	if c.id() == "generic-json" {
		if bare.Reason != "unknown-shape" {
			c.t.Errorf("one object of an unknown sort: %v (%s), want unknown-shape", err2, bare.Reason)
		}
		return
	}
	if err1 != nil || err2 != nil || counts(one) != counts(bare) || m1.summary() != m2.summary() {
		c.t.Errorf("one element collapsed to an object: %v %v\n got %s\nwant %s", err1, err2, counts(bare), counts(one))
	}
	if _, _, err := c.read([]byte("[]")); review.KindOf(err) != review.KindRefused {
		c.t.Errorf("an empty array: %v, want unknown-shape", err)
	}
}

// wrapped puts marks of further pages on a wrapper, joins pages, and empties or collapses its list.
func (c *conformance) wrapped(top tree) {
	marks := map[string]tree{
		"aws":        {keys: []string{"NextToken"}, list: []tree{{leaf: `"t"`}}},
		"k8s":        {keys: []string{"metadata"}, list: []tree{{isObj: true, keys: []string{"continue"}, list: []tree{{leaf: `"t"`}}}}},
		"google":     {keys: []string{"nextPageToken"}, list: []tree{{leaf: `"t"`}}},
		"baton":      {keys: []string{"nextPageToken"}, list: []tree{{leaf: `"t"`}}},
		"slack":      {keys: []string{"response_metadata"}, list: []tree{{isObj: true, keys: []string{"next_cursor"}, list: []tree{{leaf: `"t"`}}}}},
		"salesforce": {keys: []string{"done"}, list: []tree{{leaf: "false"}}},
		"scim":       {keys: []string{"totalResults"}, list: []tree{{leaf: "99"}}},
		"github":     {keys: []string{"total_seats_consumed"}, list: []tree{{leaf: "99"}}},
		"bloodhound": {keys: []string{"meta"}, list: []tree{{isObj: true, keys: []string{"type", "count"}, list: []tree{{leaf: `"` + strings.TrimPrefix(c.id(), "bloodhound-") + `"`}, {leaf: "99"}}}}},
	}
	family, _, _ := strings.Cut(c.id(), "-")
	mark, ok := marks[family]
	if !ok && !slices.Contains([]string{"gcp", "keycloak", "hr", "servicenow", "azurehound"}, family) {
		c.t.Errorf("no mark of further pages is known for %s", family)
	}
	if ok {
		more := tree{isObj: true, keys: slices.Concat(top.keys, mark.keys), list: slices.Concat(top.list, mark.list)}
		rep, _, err := c.read(more.text(false))
		if err != nil || rep.Complete != review.Truncated || warned(rep, "truncated") == nil {
			c.t.Errorf("a mark of further pages: %v, complete %s", err, rep.Complete)
		}
		for name, b := range map[string][]byte{"concatenated": slices.Concat(more.text(false), top.text(false)), "jq -s": tree{isArr: true, list: []tree{more, top}}.text(false)} {
			rep, m, err := c.read(b)
			if err != nil || rep.Complete != c.rep.Complete || rep.RowsRead != 2*c.rep.RowsRead || rep.Accounts != c.rep.Accounts || rep.Grants != c.rep.Grants {
				c.t.Errorf("pages %s: %v %s %s, want twice the rows of %s", name, err, rep.Format, counts(rep), c.want)
			}
			if d := cmp.Diff(uniqueLines(c.base), uniqueLines(m.summary())); d != "" {
				c.t.Errorf("pages %s: the content differs:\n%s", name, d)
			}
		}
	}
	for i, key := range top.keys {
		v := top.list[i]
		if !v.isArr || len(v.list) == 0 || !v.list[0].isObj {
			continue
		}
		with := func(n tree) tree {
			t := tree{isObj: true, keys: top.keys, list: slices.Clone(top.list)}
			t.list[i] = n
			return t
		}
		list, m1, err1 := c.read(with(tree{isArr: true, list: v.list[:1]}).text(false))
		one, m2, err2 := c.read(with(v.list[0]).text(false))
		if err1 != nil || err2 != nil || m1.summary() != m2.summary() || list.RowsRead != one.RowsRead {
			c.t.Errorf("%s collapsed to an object: %v %v\n%s\n%s", key, err1, err2, list.Message, one.Message)
		}
		for name, n := range map[string]tree{"empty": {isArr: true}, "null": {leaf: "null"}} {
			if rep, _, err := c.read(with(n).text(false)); err != nil {
				c.t.Errorf("%s %s: %v (%s)", key, name, err, rep.Reason)
			}
		}
	}
}

// uniqueLines drops the repeated lines of a summary: catalogue entries and evidence of a page that is read twice.
func uniqueLines(s string) []string {
	return slices.Compact(strings.Split(s, "\n"))
}

// encodings writes the file in every encoding that is recognised.
func (c *conformance) encodings() {
	b := c.bytes(c.t)
	utf16Bytes := func(bom, big bool) []byte {
		units := utf16.Encode([]rune(string(b)))
		if bom {
			units = append([]uint16{0xFEFF}, units...)
		}
		var out []byte
		for _, u := range units {
			if big {
				out = append(out, byte(u>>8), byte(u))
			} else {
				out = append(out, byte(u), byte(u>>8))
			}
		}
		return out
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(b)
	z.Close()
	for _, e := range []struct {
		name, encoding string
		b              []byte
	}{
		{"UTF-8 with BOM", "utf-8-bom", append([]byte("\xEF\xBB\xBF"), b...)},
		{"UTF-16LE with BOM", "utf-16le", utf16Bytes(true, false)}, {"UTF-16BE with BOM", "utf-16be", utf16Bytes(true, true)},
		{"UTF-16LE", "utf-16le", utf16Bytes(false, false)}, {"UTF-16BE", "utf-16be", utf16Bytes(false, true)},
		{"gzip", "utf-8", zipped.Bytes()},
	} {
		if rep := c.same(e.name, e.b); rep.Encoding != e.encoding {
			c.t.Errorf("%s: reported as %q", e.name, rep.Encoding)
		}
	}
}

// truncations cuts the file at every byte: the cut is refused or read, and nothing worse.
func (c *conformance) truncations() {
	b := c.bytes(c.t)
	wholeEnds := map[int]bool{}
	if !c.isCSV() {
		for end := range b {
			wholeEnds[end] = b[max(0, end-1)] == '}' || b[max(0, end-1)] == '\n' // between the values of a stream
		}
	}
	for end := 1; end < len(bytes.TrimRight(b, " \r\n")); end++ {
		rep, _, err := c.read(b[:end])
		if err != nil && review.KindOf(err) != review.KindRefused {
			c.t.Fatalf("cut after %d bytes: %v", end, err)
		}
		if err == nil && !c.isCSV() && !wholeEnds[end] {
			c.t.Fatalf("cut after %d bytes: half a JSON document was imported: %s", end, counts(rep))
		}
		if err != nil && (rep.Message == "" || rep.Hint == "" || rep.Reason == "") {
			c.t.Fatalf("cut after %d bytes: a refusal without sentence, hint or reason: %+v", end, rep)
		}
	}
}

// cancelled ends the context in the middle of the read.
func (c *conformance) cancelled() {
	b := c.bytes(c.t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := 0
	in := Input{Name: c.file, Size: int64(len(b)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&countingReader{bytes.NewReader(b), func() {
			if served++; served > 2*len(b)+len(b)/2 {
				cancel()
			}
		}}), nil
	}}
	_, err := Read(ctx, in, options(c.args...), newMemory())
	if review.KindOf(err) != review.KindCancelled {
		c.t.Errorf("cancelled midway: %v", err)
	}
}

// countingReader gives one byte at a time.
type countingReader struct {
	r    *bytes.Reader
	tick func()
}

func (r *countingReader) Read(p []byte) (int, error) {
	r.tick()
	return r.r.Read(p[:1])
}

// failingSink fails on its first call: the error comes back as it is.
func (c *conformance) failingSink() {
	m := newMemory()
	m.fail = errors.New("the disk is full")
	_, err := Read(context.Background(), fromBytes(c.file, c.bytes(c.t)), options(c.args...), m)
	if err != m.fail {
		c.t.Errorf("a sink that fails: %v", err)
	}
}
