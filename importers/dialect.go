package importers

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tickmark/review"
)

const (
	settleRecords = 1000 // the dialect is settled on so many records (rulings 9)
	maxLeading    = 10   // title lines above a header (importers.md 2.7)
	maxColumns    = 4096
	maxName       = 1024
)

// delimiters are what can part cells, in order of preference.
var delimiters = []byte{',', ';', '\t', '|'}

// delimiterNames are the words reports use.
var delimiterNames = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "space", ':': "colon"}

func delimiterName(c byte) string {
	if n, ok := delimiterNames[c]; ok {
		return n
	}
	return string(rune(c))
}

// parseDelimiter reads --delimiter: one ASCII character, or its name.
func parseDelimiter(s string) (byte, *review.Error) {
	if s == `\t` {
		return '\t', nil
	}
	for c, n := range delimiterNames {
		if lower(s) == n {
			return c, nil
		}
	}
	if len(s) == 1 && s[0] < utf8.RuneSelf && s[0] != '"' && s[0] != '\n' && s[0] != '\r' {
		return s[0], nil
	}
	return 0, review.Errorf(review.KindUsage, "--delimiter %s is not one character", review.Quote(s)).
		WithHint("give comma, semicolon, tab, pipe or a single ASCII character")
}

// dialect is how the records of a CSV file are cut (importers.md 2.6, 2.7).
type dialect struct {
	csv      bool
	delim    byte
	skip     int // records before the header, from the first
	header   []string
	names    []string // normalised
	headRow  [][]byte // the header's cells as they stand
	headLine int64
	glued    byte // a delimiter of another sort glued to the last cell of every record
	dropLast bool // the header ends with an empty cell that is empty everywhere
	typeLine string
	leading  []string // title lines that were skipped
	blank    []int
	doubled  []string
	cut      int // names that were longer than maxName
}

// column finds the first column that has one of the names.
func (d *dialect) column(names ...string) int {
	for _, want := range names {
		if prefix, ok := strings.CutSuffix(want, "*"); ok {
			if i := slices.IndexFunc(d.names, func(n string) bool { return strings.HasPrefix(n, prefix) }); i >= 0 {
				return i
			}
			continue
		}
		if i := slices.Index(d.names, want); i >= 0 {
			return i
		}
	}
	return -1
}

// columns finds all columns whose name begins with a prefix.
func (d *dialect) columns(prefix string) []int {
	var out []int
	for i, n := range d.names {
		if strings.HasPrefix(n, prefix) {
			out = append(out, i)
		}
	}
	return out
}

// settleDialect finds delimiter and header in the first bytes of a file. whole says that there are no more; ready is
// false when more are needed.
func settleDialect(name string, cs *charset, sample []byte, whole bool, forced byte) (d *dialect, ready bool, err error) {
	d = &dialect{csv: true, delim: forced}
	pos := 0
	scan := func(delim byte, at int) (*csvScanner, bool, error) {
		s := &csvScanner{buffer: buffer{buf: sample, pos: at, end: len(sample), eof: true}, delim: delim, name: name, line: 1 + countLines(sample[:at], 0)}
		ok, err := s.next()
		return s, ok, err
	}
	for { // sep= and #TYPE lines
		s, ok, err := scan(',', pos)
		if !ok || err != nil {
			break
		}
		line := string(trim(cs.decoded(s.raw)))
		if sep, is := strings.CutPrefix(line, "sep="); is && len(sep) <= 1 || strings.TrimRight(line, " ") == "sep=" {
			if sep == "" {
				sep = "\t"
			}
			if d.delim == 0 {
				d.delim = sep[0]
			}
		} else if rest, is := strings.CutPrefix(strings.TrimPrefix(line, `"`), "#TYPE "); is && d.typeLine == "" {
			d.typeLine = strings.TrimRight(rest, `"`)
		} else {
			break
		}
		d.skip++
		pos = s.pos
	}
	first, firstSkip := pos, d.skip
	var titles []string
	found := false
	for at, skip := pos, d.skip; ; {
		best, bestCells, end, err := widest(scan, at, d.delim)
		if err != nil {
			if !whole {
				return nil, false, nil
			}
			return nil, true, err
		}
		if best == nil {
			break
		}
		if end == len(sample) && !whole {
			if bestCells > maxColumns {
				return nil, true, tooManyColumns(name, best.at)
			}
			return nil, false, nil
		}
		filled := nonBlank(cs, best.cells)
		switch {
		case filled >= 2:
			d.delim, d.skip, pos, found = best.delim, skip, at, true
		case filled == 1:
			titles = append(titles, string(trim(cs.decoded(best.raw))))
		}
		if found || len(titles) > maxLeading {
			break
		}
		at, skip = end, skip+1
	}
	if found {
		d.leading = titles
	} else {
		pos, d.skip = first, firstSkip
	}
	if d.delim == 0 {
		d.delim = ','
	}
	return d, true, d.readHeader(name, cs, sample, pos, whole)
}

// widest reads the record at a place under every delimiter and takes the one that parts most cells.
func widest(scan func(byte, int) (*csvScanner, bool, error), at int, forced byte) (best *csvScanner, cells, end int, err error) {
	candidates := delimiters
	if forced != 0 {
		candidates = []byte{forced}
	}
	var failed error
	for _, delim := range candidates {
		s, ok, err := scan(delim, at)
		if err != nil {
			failed = err
			continue
		}
		if !ok {
			continue
		}
		if n := len(s.cells); best == nil || n > cells {
			best, cells, end = s, n, s.pos
		}
	}
	if best == nil {
		return nil, 0, at, failed
	}
	return best, cells, end, nil
}

func tooManyColumns(name string, line int64) error {
	return review.Errorf(review.KindRefused, "%s:%d:1: at most %d columns were expected, more were found", review.Safe(name), line, maxColumns).
		WithReason("limit").WithHint("export fewer columns, or check the delimiter with --delimiter")
}

func nonBlank(cs *charset, cells [][]byte) int {
	n := 0
	for _, c := range cells {
		if len(trim(cs.decoded(c))) > 0 {
			n++
		}
	}
	return n
}

// readHeader names the columns and looks at the records below for glued delimiters and an empty last column.
func (d *dialect) readHeader(name string, cs *charset, sample []byte, pos int, whole bool) error {
	s := &csvScanner{buffer: buffer{buf: sample, pos: pos, end: len(sample), eof: true}, delim: d.delim, name: name, line: 1 + countLines(sample[:pos], 0)}
	for {
		ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if s.tooLong {
			return limitError(s.place(), "a header of at most %d bytes was expected, a longer one was found", maxRecord).WithHint("check the delimiter with --delimiter")
		}
		if nonBlank(cs, s.cells) > 0 {
			break
		}
		d.skip++
	}
	if len(s.cells) > maxColumns {
		return tooManyColumns(name, s.at)
	}
	d.headLine = s.at
	for _, c := range s.cells {
		d.headRow = append(d.headRow, bytes.Clone(c))
	}
	last := d.headRow[len(d.headRow)-1]
	if n := len(last); n > 1 && last[n-1] != d.delim && bytes.IndexByte(delimiters, last[n-1]) >= 0 {
		d.glued = last[n-1]
	}
	d.dropLast = len(d.headRow) > 1 && len(trim(last)) == 0
	records, glued := 0, 0
	for records < settleRecords {
		ok, err := s.next()
		if err != nil || !ok || !whole && s.pos == s.end {
			break
		}
		if s.tooLong || nonBlank(cs, s.cells) == 0 {
			continue
		}
		records++
		tail := s.cells[len(s.cells)-1]
		if d.glued != 0 && len(tail) > 0 && tail[len(tail)-1] == d.glued {
			glued++
		}
		if len(s.cells) >= len(d.headRow) && len(trim(s.cells[len(d.headRow)-1])) > 0 {
			d.dropLast = false
		}
	}
	if d.glued != 0 && glued*100 < records*99 {
		d.glued = 0
	}
	d.nameColumns(cs)
	return nil
}

// nameColumns gives every column a name of its own.
func (d *dialect) nameColumns(cs *charset) {
	seen := map[string]int{}
	cells := d.headRow
	if d.dropLast {
		cells = cells[:len(cells)-1]
	}
	for i, c := range cells {
		if i == len(cells)-1 && d.glued != 0 {
			c = bytes.TrimSuffix(c, []byte{d.glued})
		}
		title := strings.Join(strings.Fields(string(trim(cs.decoded(c)))), " ")
		if len(title) > maxName {
			d.cut++
			title = strings.ToValidUTF8(title[:maxName], "")
		}
		if title == "" {
			title = fmt.Sprintf("column%d", i+1)
			d.blank = append(d.blank, i+1)
		}
		plain := norm(title)
		if plain == "" {
			plain = title
		}
		if seen[plain]++; seen[plain] > 1 {
			d.doubled = append(d.doubled, title)
			title = fmt.Sprintf("%s#%d", title, seen[plain])
			plain = title
		}
		d.header = append(d.header, title)
		d.names = append(d.names, plain)
	}
}

// isFooter reads "12 rows selected." and "(3 rows)" and "5 row(s) affected" (importers.md 2.7).
func isFooter(b []byte) bool {
	if len(b) > 64 {
		return false
	}
	s := strings.TrimRight(strings.TrimLeft(lower(string(b)), "("), ".)")
	n := digits([]byte(s))
	if n == 0 {
		if !strings.HasPrefix(s, "no ") {
			return false
		}
		n = 2
	}
	switch strings.TrimSpace(s[n:]) {
	case "rows", "row", "rows selected", "row selected", "row(s", "row(s) affected", "rows affected", "row affected", "row(s) selected", "rows returned":
		return true
	}
	return false
}
