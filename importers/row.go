package importers

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tickmark/review"
)

// row is one record of the file, a line of CSV or an object of JSON, behind the same calls. It is reused: nothing of it
// may be kept, except strings.
type row struct {
	x     *run
	line  int64 // CSV: the record's first physical line; JSON: the record's number from 1
	cells [][]byte
	v     val           // JSON: the object
	list  string        // JSON: the normalised key of the list the record stands in
	key   string        // JSON: the key of the record in a map keyed by id
	at    func() string // JSON: its pointer
	raw   []byte

	made     int // grants
	rejected bool
	sum      [32]byte
	summed   bool
	pointer  string
}

// col is a column of CSV or a key of JSON, found under the first of several names.
type col struct {
	i     int      // CSV: the column; -1 where the file has none
	names []string // JSON: dotted normal names
	label string   // the name for people
	csv   bool
	cache *intern
}

// col binds names in order of preference.
func (x *run) col(names ...string) col {
	c := col{i: -1, names: names, label: names[0], csv: x.plan.csv}
	if !x.plan.csv {
		return c
	}
	c.i = x.plan.column(names...)
	if c.i >= 0 {
		c.label = x.plan.header[c.i]
		c.cache = x.newIntern()
	}
	return c
}

// bound is col for a column that stands for a field; the mapping is reported.
func (x *run) bound(field string, names ...string) col {
	c := x.col(names...)
	if !x.plan.csv {
		c.label = x.plan.keyLabel(names)
	}
	if c.i >= 0 || !x.plan.csv && c.label != "" {
		x.mapping = append(x.mapping, review.Assign{Name: field, Value: c.label})
	}
	fill(&c.label, names[0])
	return c
}

// keyLabel is the first of several normal names that the sample records have, as they write it.
func (p *plan) keyLabel(names []string) string {
	for _, n := range names {
		if !p.paths[n] {
			continue
		}
		for _, raw := range p.columnNames {
			if norm(raw) == n {
				return raw
			}
		}
		return n
	}
	return ""
}

// there reports whether the file can have the column at all.
func (c col) there() bool { return c.i >= 0 || !c.csv }

// val is the value of a column in a JSON record.
func (r *row) val(c col) val {
	if c.i >= 0 || r.v.d == nil {
		return val{}
	}
	for _, n := range c.names {
		if n == "_key" {
			continue
		}
		if v := r.v.path(n); v.ok() {
			return v
		}
	}
	return val{}
}

// has reports whether the record has the column, be it empty.
func (r *row) has(c col) bool {
	if r.cells != nil {
		return c.i >= 0
	}
	return r.val(c).ok()
}

// bytes is a value, trimmed, valid only during the record. Empty words are kept.
func (r *row) bytes(c col) []byte {
	if r.cells == nil {
		if len(c.names) == 1 && c.names[0] == "_key" {
			return []byte(r.key)
		}
		return r.val(c).bytes()
	}
	if c.i < 0 || c.i >= len(r.cells) {
		return nil
	}
	b := r.cells[c.i]
	if r.x.decode {
		b = r.x.plan.cells.decoded(b)
	}
	if r.x.keyMarks() {
		b = withoutKeys(b)
	}
	return trim(b)
}

// text is a value as a string, empty where it is one of the empty words of importers.md 5.1.
func (r *row) text(c col) string {
	b := r.bytes(c)
	if noValue(b) {
		return ""
	}
	if c.cache != nil {
		return c.cache.string(b)
	}
	return r.x.keep(b)
}

// str is a value as a string with empty words kept.
func (r *row) str(c col) string {
	b := r.bytes(c)
	if c.cache != nil {
		return c.cache.string(b)
	}
	return r.x.keep(b)
}

// id is text for an id that identifies somebody: ids a spreadsheet damaged are noticed.
func (r *row) id(c col) string {
	s := r.text(c)
	if damagedID(s) {
		r.x.warn("damaged-ids")
	}
	return s
}

// tri is a value as yes, no or unknown; absent is unknown, never no (5.6).
func (r *row) tri(c col) review.Tri {
	if !r.has(c) {
		return review.Maybe
	}
	return parseTri(string(r.bytes(c)))
}

// isTrue reports a value that says yes.
func (r *row) isTrue(c col) bool { return r.tri(c) == review.Yes }

// when is a bound date column.
type when struct {
	col
	dates *dateColumn
}

// date binds a date column with the state an empty cell stands for.
func (x *run) date(role timeRole, empty review.TimeState, names ...string) when {
	c := x.col(names...)
	d := x.cal.column(c.label, role)
	d.empty = empty
	return when{c, d}
}

// boundDate is date for a column that stands for a field; the mapping is reported.
func (x *run) boundDate(field string, role timeRole, empty review.TimeState, names ...string) when {
	c := x.bound(field, names...)
	d := x.cal.column(c.label, role)
	d.empty = empty
	return when{c, d}
}

// time reads a date; a column the record does not have is not collected.
func (r *row) time(w when) review.Time {
	if !r.has(w.col) {
		return review.Time{State: review.NotCollected}
	}
	return r.x.cal.time(w.dates, r.bytes(w.col), r.x)
}

// timeOf reads a date found elsewhere in the record.
func (r *row) timeOf(w when, v val) review.Time {
	if !v.ok() {
		return review.Time{State: review.NotCollected}
	}
	return r.x.cal.time(w.dates, v.bytes(), r.x)
}

// items calls f for every element of a list. Null is an empty list; a single value counts as a list of one, with a
// warning where it is an object.
func (r *row) items(v val, f func(val)) {
	switch v.kind() {
	case 0, 'n':
	case '[':
		for c := v.first(); c.ok(); c = c.sibling() {
			f(c)
		}
	case '{':
		r.x.warn("single-object-as-list")
		f(v)
	default:
		if v.text() != "" {
			f(v)
		}
	}
}

// locator is where the record stands: a line of CSV or a JSON pointer.
func (r *row) locator() string {
	if r.pointer == "" {
		if r.at != nil {
			r.pointer = r.at()
		} else {
			var b [32]byte
			r.pointer = string(strconv.AppendInt(append(b[:0], "line "...), r.line, 10))
		}
	}
	return r.pointer
}

// rawSum is the hash of the record's bytes, or of what is kept of it (rulings 7).
func (r *row) rawSum() [32]byte {
	if r.summed {
		return r.sum
	}
	r.summed = true
	x := r.x
	switch {
	case r.cells != nil && x.dropsHere(r.raw):
		r.sum = sha256.Sum256(x.keptCells(r.cells))
	case r.v.d != nil && (r.v.d.secrets || x.keyMarks()):
		x.scratch = x.keptJSON(x.scratch[:0], r.v)
		r.sum = sha256.Sum256(x.scratch)
	default:
		r.sum = sha256.Sum256(x.plan.cells.raw(r.raw))
	}
	return r.sum
}

// sub is a record inside a record, such as a binding inside a policy: it is counted and named on its own.
func (r *row) sub(v val, pointer string, each func(*row)) {
	s := row{x: r.x, line: r.line, v: v, list: r.list, key: r.key, raw: v.raw(), at: func() string { return r.locator() + pointer }}
	r.x.record(&s, each)
	r.made += s.made
}

// reject gives the record up. c may be the zero col.
func (r *row) reject(keyword string, c col, expected, hint string) {
	found := "nothing"
	if b := r.bytes(c); len(b) > 0 && !secretName(norm(c.label)) {
		found = review.Quote(string(b))
	}
	r.refuse(keyword, c, fmt.Sprintf("%s was expected, %s was found; %s", expected, found, hint))
}

// refuse gives the record up with a whole sentence.
func (r *row) refuse(keyword string, c col, sentence string) {
	r.rejected = true
	x := r.x
	j := review.Reject{Line: r.line, Column: c.label, Reason: keyword}
	name := review.Safe(x.plan.in.Name)
	if r.at != nil {
		j.Text = fmt.Sprintf("%s: %s: %s", name, review.Safe(r.locator()), sentence)
	} else {
		j.Text = fmt.Sprintf("%s:%d:%d: %s", name, r.line, r.columnAt(c.i), sentence)
	}
	x.warnings.add(keyword, r.locator)
	x.rejectCount[keyword]++
	if x.rejectCount[keyword] <= listed {
		x.rejects = append(x.rejects, j)
	}
	if !x.muted && x.err == nil {
		x.fail(x.sink.Reject(j))
	}
}

// columnAt is where a cell begins in its line, in characters from 1.
func (r *row) columnAt(i int) int {
	if i < 0 || len(r.cells) == 0 {
		return 1
	}
	s := csvScanner{delim: r.x.plan.delim}
	at, quoted := 0, cellStart
	for n := 0; at < len(r.raw) && n < i; at++ {
		if quoted, _ = s.step(quoted, r.raw[at]); quoted == cellStart {
			n++
		}
	}
	before := r.raw[:at]
	if j := strings.LastIndexAny(string(before), "\r\n"); j >= 0 {
		before = before[j+1:]
	}
	return utf8.RuneCount(before) + 1
}
