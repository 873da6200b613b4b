package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// lists reports texts that do not fit their leaf hashes, and reads the book that tables are recomputed from.
func (v *verifier) lists() error {
	b, err := readBook(v.ctx, v.pack)
	if err != nil {
		return err
	}
	v.book = b
	for _, i := range b.imports {
		v.need(importFile(i.index, "leafhashes.txt"))
		if _, err := v.pack.rowList(i.index); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	v.campaigns()
	for _, c := range b.view {
		id := c.stmt.Campaign
		for _, name := range []string{"members.leafhashes.txt", "assignments.leafhashes.txt", "policy.txt", "rules.txt"} {
			v.need(campaignFile(id, name))
		}
		if err := v.usedFacts(c); err != nil {
			return err
		}
	}
	for _, f := range v.pack.faults {
		v.report.Fail(*f)
	}
	if s := v.pack.stmt; s.AsOf != b.asOf() {
		v.fail(ledger.CodeManifest, filePack, "as-of is %s, the newest statement is of %s", s.AsOf, b.asOf())
	}
	if v.pack.stmt.Disclosure == "full" && b.withheld > 0 {
		v.fail(ledger.CodeManifest, filePack, "disclosure is full, but %d entries are withheld", b.withheld)
	}
	if v.pack.stmt.Disclosure == "full" || v.pack.stmt.Disclosure == "view" {
		for _, c := range b.view {
			if c.undisclosed {
				v.fail(ledger.CodePopulation, campaignFile(c.stmt.Campaign, "members.txt"), "members are withheld, which a disclosure of %s does not allow", v.pack.stmt.Disclosure)
			}
		}
	}
	return v.draw()
}

func (v *verifier) need(name string) {
	if _, ok := find(v.fsys.list(), name); !ok {
		v.fail(ledger.CodeManifest, name, "the file is missing")
	}
}

// campaigns holds the campaigns of pack.txt against the ledger, and says which are not in view.
func (v *verifier) campaigns() {
	var known []string
	for _, c := range v.book.view {
		known = append(known, c.stmt.Campaign)
	}
	if !slices.Equal(known, v.pack.stmt.Campaigns) {
		v.fail(ledger.CodeManifest, filePack, "its campaigns are not campaigns of the ledger, in the order of the ledger")
	}
	var others []string
	for _, c := range v.book.campaigns {
		if !c.inView {
			others = append(others, c.stmt.Campaign)
		}
	}
	v.report.State(StateNotInView, int64(len(others)), "campaigns of the ledger are not in the view of this pack: "+strings.Join(others, ", "))
}

// StateNotInView says that the ledger holds campaigns that the pack leaves out.
const StateNotInView = "CAMPAIGNS-NOT-IN-VIEW"

// usedFacts reports facts that no disclosed decision shows: they would be padding or a leak.
func (v *verifier) usedFacts(c *campaign) error {
	l, err := v.pack.factsOf(c.stmt.Campaign)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	unused := 0
	for i := range l.texts {
		if !l.texts[i].used {
			unused++
		}
	}
	if unused > 0 {
		v.fail(ledger.CodePopulation, campaignFile(c.stmt.Campaign, "facts.txt"), "%d of its texts were shown for no decision in the pack", unused)
	}
	return nil
}

// originals reads raw exports again and compares what they give with the rows that were signed.
func (v *verifier) originals() error {
	if v.o.Reparse == nil {
		return nil
	}
	var unread []string
	missing := int64(0)
	for _, i := range v.book.imports {
		original, err := v.pack.Original(v.ctx, i.index)
		if errors.Is(err, fs.ErrNotExist) {
			missing++
			continue
		}
		if err != nil {
			return err
		}
		var mapping []byte
		if !i.v.MappingSHA256.IsZero() {
			mapping, _ = read(v.fsys, importFile(i.index, "mapping.txt"), coreFileLimit)
		}
		err = v.reparse(i, v.o.Reparse(v.ctx, i.v, mapping, original))
		original.Close()
		if why := Unread(""); errors.As(err, &why) {
			unread = append(unread, "entry "+number(i.index)+": "+plainWords(why))
		} else if err != nil {
			return err
		}
	}
	detail := strings.Join(unread[:min(len(unread), 3)], "; ")
	if more := len(unread) - 3; more > 0 {
		detail += fmt.Sprintf("; and %d more", more)
	}
	v.report.State(ledger.StateNotReparsed, missing, plural(missing, "import")+" could not be compared: the original is not in the pack")
	v.report.State(ledger.StateNotReparsed, int64(len(unread)), "originals were only hashed, not read again: "+detail)
	return nil
}

// reparse compares rows in file order: all that comes from the file itself.
func (v *verifier) reparse(imp indexed[*ledger.Import], rows iter.Seq2[ledger.Row, error]) error {
	name := importFile(imp.index, "original")
	n := int64(0)
	for have, err := range rows {
		if why := Unread(""); errors.As(err, &why) || v.ctx.Err() != nil {
			return errors.Join(err, v.ctx.Err())
		}
		if err != nil {
			v.failAt(imp.index, ledger.CodeImport, name, "the original cannot be read again: %s", plainWords(err))
			return nil
		}
		n++
		want, err := v.book.row(imp.index, n)
		if err != nil {
			return err
		}
		if want == nil {
			continue // withheld, or one too many: counted below
		}
		for _, f := range [...]struct{ name, have, want string }{{"kind", have.Kind, want.Kind}, {"account", have.Account, want.Account},
			{"entitlement", have.Entitlement, want.Entitlement}, {"resource", have.Resource, want.Resource}, {"path", have.Path, want.Path},
			{"privilege", have.Privilege, want.Privilege}, {"locator", have.Locator, want.Locator}} {
			if f.have != f.want {
				v.failAt(imp.index, ledger.CodeImport, name, "row %d: the original gives the %s %s, the ledger has %s", n, f.name, review.Quote(f.have), review.Quote(f.want))
				break
			}
		}
	}
	if n != imp.v.Grants {
		v.failAt(imp.index, ledger.CodeImport, name, "the original gives %d rows, the ledger has %d", n, imp.v.Grants)
	}
	return nil
}

// tables recomputes every cell (5).
func (v *verifier) tables() error {
	if _, there := find(v.fsys.list(), tableFile("controls")); there {
		rows, err := readControls(v.pack, v.book)
		if err != nil {
			v.fail(ledger.CodeTable, tableFile("controls"), "%s", plainWords(err))
		}
		v.book.controls = rows
	}
	for _, t := range tables() {
		f, ok := find(v.fsys.list(), tableFile(t.name))
		if !ok {
			continue // reported as missing
		}
		c, err := v.fsys.open(f)
		if err != nil {
			return err
		}
		err = v.table(t, f.name, c)
		c.Close()
		if err != nil {
			return err
		}
	}
	return v.found(v.alone.jsonl)
}

var errEnough = errors.New("enough differences")

func (v *verifier) table(t table, name string, from io.Reader) error {
	have := newCSVReader(from)
	n := 0
	var want []byte
	differences := 0
	compare := func(cells []string) error {
		n++
		want = appendCSV(want[:0], cells)
		line, err := have.bytes()
		if err == io.EOF {
			v.fail(ledger.CodeTable, name, "the table ends before line %d: %s", n, review.Quote(string(want)))
			return errEnough
		}
		if err != nil {
			return err
		}
		if bytes.Equal(line, want) {
			return nil
		}
		v.fail(ledger.CodeTable, name, "line %d: %s", n, cellDifference(t.header, string(line), cells))
		if differences++; differences > mostOfAKind {
			return errEnough
		}
		return nil
	}
	err := compare(t.header)
	if err == nil {
		err = t.rows(v.book, v.ctx, compare)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	if line, err := have.line(); err == nil {
		v.fail(ledger.CodeTable, name, "line %d is more than the ledger gives: %s", n+1, review.Quote(line))
	}
	return nil
}

// cellDifference names the first cell of a line that is not what it must be.
func cellDifference(header []string, line string, want []string) string {
	have, err := parseCSV(line, nil)
	if err != nil {
		return "it is " + errCSV.Error()
	}
	if len(have) != len(want) {
		return fmt.Sprintf("it has %d cells, the table has %d columns", len(have), len(want))
	}
	for i := range want {
		if have[i] != guard(want[i]) {
			return fmt.Sprintf("the column %s says %s, the signed texts say %s", header[i], review.Quote(have[i]), review.Quote(guard(want[i])))
		}
	}
	return "it is " + errCSV.Error()
}

// jsonl compares decisions.jsonl with decisions.csv.
func (v *verifier) jsonl() error {
	csv, err := openTable(v.fsys, "decisions")
	f, ok := find(v.fsys.list(), fileJSONL)
	if err != nil || !ok {
		return nil // reported as missing
	}
	defer csv.Close()
	c, err := v.fsys.open(f)
	if err != nil {
		return err
	}
	defer c.Close()
	have, n := newCSVReader(c), 0
	err = eachJSONL(csv, func(want []byte) error {
		n++
		line, err := have.bytes()
		if err != nil || !bytes.Equal(line, want) {
			v.fail(ledger.CodeTable, fileJSONL, "line %d is not the row of decisions.csv", n)
			return errEnough
		}
		return nil
	})
	if err == nil {
		if _, err := have.line(); err == nil {
			v.fail(ledger.CodeTable, fileJSONL, "line %d is more than decisions.csv has", n+1)
		}
	}
	return nil
}

func (v *verifier) workbook() error {
	f, ok := find(v.fsys.list(), fileWorkbook)
	if !ok {
		return nil
	}
	c, err := v.fsys.open(f)
	if err != nil {
		return err
	}
	defer c.Close()
	csv := func(table string) (io.ReadCloser, error) { return openTable(v.fsys, table) }
	return checkWorkbook(c, f.size, csv, func(format string, args ...any) {
		v.fail(ledger.CodeWorkbook, fileWorkbook, format, args...)
	})
}

// pages holds report.html and every other page against the rules of section 6, and README.txt against those for text.
func (v *verifier) pages() error {
	s := &v.pack.stmt
	for _, f := range v.fsys.list() {
		if !strings.HasSuffix(f.name, ".html") {
			continue
		}
		b, err := readFile(v.fsys, f, pageLimit)
		if err != nil {
			v.fail(ledger.CodeReport, f.name, "the page cannot be read: %s", plainWords(err))
			continue
		}
		for _, words := range checkPage(f.name, b, v.exists) {
			v.fail(ledger.CodeReport, f.name, "%s", words)
		}
		if f.name != filePage {
			continue
		}
		roster, _ := read(v.fsys, fileSigners, coreFileLimit)
		for _, must := range [...]struct{ what, text string }{{"the name of the ledger", s.Log}, {"the size of the ledger", num(s.Size)},
			{"the root of the ledger", s.Root.Base64()}, {"the digest of the roster", ledger.Sum(roster).String()}} {
			if !holdsText(b, must.text) {
				v.fail(ledger.CodeReport, f.name, "the report does not state %s, %s", must.what, must.text)
			}
		}
	}
	if b, err := read(v.fsys, fileReadme, coreFileLimit); err == nil {
		if words := checkText(b); words != "" {
			v.fail(ledger.CodeReport, fileReadme, "%s", words)
		}
	}
	return nil
}

func (v *verifier) exists(name string) bool {
	_, ok := find(v.fsys.list(), name)
	return ok
}

func (v *verifier) oscal() error {
	b, err := read(v.fsys, fileOSCAL, pageLimit)
	if err != nil {
		return nil // reported as missing
	}
	for _, words := range checkOSCAL(b, v.book) {
		v.fail(ledger.CodeOSCAL, fileOSCAL, "%s", words)
	}
	return nil
}
