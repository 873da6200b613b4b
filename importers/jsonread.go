package importers

import (
	"slices"
	"strconv"
	"strings"

	"tickmark/review"
)

// jsonShape is how records lie in a JSON file.
type jsonShape struct {
	array  bool     // a bare array
	stream bool     // values one after another
	nested bool     // an array of arrays, flattened once
	pages  bool     // each element or value is a wrapper
	keyed  bool     // a map of objects keyed by id
	whole  bool     // the top-level object is the record
	lists  []string // normalised keys of the lists inside a wrapper
	wrap   *wrapper
}

// jsonReader hands the records of a JSON file to a mapper, one in memory at a time.
type jsonReader struct {
	s     *jsonScanner
	x     *run
	each  func(*row)
	shape *jsonShape
	ahead bool // the turn before the others: only the lists that must be known first, not counted
	doc   doc
	row   row
	n     int64
	limit int64
}

// errEnough ends a rehearsal.
var errEnough = &review.Error{Kind: review.KindInternal, Message: "enough records"}

// read reads the whole file.
func (j *jsonReader) read() error {
	c, err := j.s.peek()
	if err != nil {
		return err
	}
	switch {
	case c == '[':
		err = j.array()
	default:
		err = j.values()
	}
	if err != nil {
		return err
	}
	if c, err = j.s.peek(); err != nil {
		return err
	}
	if c != 0 {
		return j.s.syntax("the end of the file")
	}
	return nil
}

// array reads a bare array of records, of arrays of records, or of pages.
func (j *jsonReader) array() error {
	j.s.pos++
	i := 0
	if err := j.s.elements(func(c byte) (bool, error) {
		at := "/" + strconv.Itoa(i)
		i++
		switch {
		case c == '[' && j.shape.nested:
			j.s.pos++
			k := 0
			return true, j.s.elements(func(byte) (bool, error) {
				k++
				return true, j.record(at, k-1, 2, "")
			})
		case c == '{' && j.shape.pages:
			return true, j.page(at, 1)
		}
		return true, j.record("", i-1, 1, "")
	}); err != nil {
		return err
	}
	if j.shape.array && !j.shape.pages {
		switch j.n {
		case 30, 50, 100, 200, 999, 1000:
			j.x.warnings.set("round-count", 1, "")
		}
	}
	return nil
}

// values reads one value or several.
func (j *jsonReader) values() error {
	for i := 0; ; i++ {
		c, err := j.s.peek()
		if err != nil {
			return err
		}
		switch {
		case c == 0:
			return nil
		case c != '{' && i > 0:
			return j.s.syntax("an object or the end of the file")
		}
		prefix := ""
		if j.shape.stream {
			prefix = "/" + strconv.Itoa(i)
		}
		switch {
		case j.shape.keyed:
			err = j.keyed()
		case j.shape.wrap != nil || j.shape.lists != nil:
			err = j.page(prefix, 0)
		case j.shape.stream:
			err = j.record("", i, 0, "")
		default:
			err = j.record("#", -1, 0, "") // the whole document: its pointer would be empty
		}
		if err != nil {
			return err
		}
	}
}

// keyed reads a map of objects keyed by id.
func (j *jsonReader) keyed() error {
	j.s.pos++
	return j.s.pairs(func(k *keyInfo) error {
		j.row.key = k.raw
		return j.record("/"+pointerPart(k.raw), -1, 1, "")
	})
}

// pointerPart writes a key as JSON pointers do.
func pointerPart(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// page reads one wrapper. Its lists hold records, its other members tell whether more pages follow.
func (j *jsonReader) page(at string, depth int) error {
	j.s.pos++
	p := page{members: map[string]val{}}
	j.s.kept = 0
	before := j.n
	err := j.s.pairs(func(k *keyInfo) error {
		c, err := j.s.peek()
		if err != nil {
			return err
		}
		if !slices.Contains(j.shape.lists, k.norm) || c != '[' && c != '{' && c != 'n' {
			v, err := j.s.small(depth + 1)
			if err == nil && len(p.members) < maxKeys {
				p.members[k.norm] = v
				if v.d.secrets && !j.ahead {
					j.x.scratch = j.x.keptJSON(j.x.scratch[:0], v) // counts what is dropped
				}
			}
			return err
		}
		if j.ahead != slices.Contains(j.x.plan.shape.first, k.norm) && (j.ahead || !slices.Contains(j.x.plan.shape.again, k.norm)) {
			return j.s.value(depth + 1)
		}
		key := k.norm
		where := at + "/" + pointerPart(k.raw)
		switch c {
		case '[':
			j.s.pos++
			i := 0
			return j.s.elements(func(byte) (bool, error) {
				i++
				return true, j.record(where, i-1, depth+2, key)
			})
		case '{':
			j.x.warnings.add("single-object-as-list", func() string { return where })
			return j.record(where, -1, depth+1, key)
		}
		return j.s.value(depth + 1)
	})
	if err != nil {
		return err
	}
	if j.ahead {
		return nil
	}
	p.records = j.n - before
	j.x.page = &p
	if j.shape.wrap != nil {
		j.x.complete = j.shape.wrap.complete(&p)
	}
	return nil
}

// record reads one element and maps it; i is its place in the list, or -1 where where is the whole pointer.
func (j *jsonReader) record(where string, i, depth int, list string) error {
	x := j.x
	if j.limit > 0 && j.n >= j.limit {
		return errEnough
	}
	j.n++
	if j.n > maxRecords {
		return limitError(j.s.place(j.s.pos), "at most %d records were expected, more were found", maxRecords).WithHint("split the export")
	}
	x.progress.rows.Store(j.n)
	if err := j.s.doc(&j.doc, depth); err != nil {
		return err
	}
	r := &j.row
	key := r.key
	*r = row{x: x, line: j.n, v: j.doc.root(), list: list, key: key, raw: j.doc.raw}
	r.at = func() string {
		if i < 0 {
			return where
		}
		return where + "/" + strconv.Itoa(i)
	}
	switch {
	case j.ahead:
		if r.v.kind() == '{' {
			x.row = r
			j.each(r)
			x.row = nil
		}
	case j.doc.tooLarge:
		x.record(r, func(r *row) { r.tooLarge() })
	case r.v.kind() != '{':
		x.record(r, func(r *row) {
			r.refuse("unknown-resource", col{}, "an object was expected, "+review.Quote(string(r.v.raw()[:min(len(r.v.raw()), 200)]))+" was found; export objects only")
		})
	default:
		x.buffer = &j.s.buffer
		if x.plan.shape.counted {
			x.row = r
			j.each(r)
		} else {
			x.record(r, j.each)
		}
		x.row = r
		if j.doc.doubled {
			x.warn("duplicate-header")
		}
		if j.doc.controls {
			x.warn("control-characters")
		} else {
			x.unusual(r.raw)
		}
		x.row = nil
	}
	return x.err
}

func (r *row) tooLarge() {
	r.refuse("cell-too-large", col{}, "text of at most 1 MiB was expected, more was found; leave the column out of the export")
}
