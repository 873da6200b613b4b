package importers

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"tickmark/review"
)

const (
	maxDepth   = 64       // importers.md 11
	maxKeys    = 65_536   // in one object
	maxElement = 64 << 20 // bytes of one record: beyond it a file is refused rather than held in memory
	maxNodes   = 4 << 20  // values in one record, likewise
)

// jsonScanner reads strict RFC 8259 text from a buffer (importers.md 2.4). A value is either passed over or built into a
// doc; what is passed over is checked just the same.
type jsonScanner struct {
	buffer
	name string
	keys *keyTable

	mark      int   // where the value being built begins; it stays in the buffer while building
	build     *doc  // nil: pass over
	line      int64 // of buf[0]
	column    int64 // characters before buf[0] in that line
	maxString int
	inString  bool // between two quotes
	kept      int  // bytes kept by small
}

func newJSONScanner(f *feed, name string, keys *keyTable, p *progress) *jsonScanner {
	return &jsonScanner{buffer: buffer{f: f, progress: p}, name: name, keys: keys, line: 1, maxString: maxCell}
}

// fill reads on; it is false at the end of the file.
func (s *jsonScanner) fill() (bool, error) {
	if s.eof {
		return false, nil
	}
	mark := s.pos
	if s.build != nil {
		if mark = s.mark; s.end-mark > maxElement {
			return false, limitError(s.place(mark), "a record of at most %d bytes was expected, a longer one was found", maxElement).
				WithHint("export fewer members a record, or split the export")
		}
	}
	s.pass(mark)
	mark, ok, err := s.more(mark)
	if s.build != nil {
		s.mark = mark
	}
	return ok && s.pos < s.end, err
}

// pass counts the lines that leave the buffer.
func (s *jsonScanner) pass(n int) {
	gone := s.buf[:n]
	if i := bytes.LastIndexByte(gone, '\n'); i >= 0 {
		s.line += int64(bytes.Count(gone, []byte{'\n'}))
		s.column = 0
		gone = gone[i+1:]
	}
	s.column += int64(utf8.RuneCount(gone))
}

func (s *jsonScanner) lineAt(pos int) int64 {
	return s.line + int64(bytes.Count(s.buf[:pos], []byte{'\n'}))
}

// peek gives the next byte after white space, 0 at the end of the file (and 1, which fits nowhere either, for a NUL).
func (s *jsonScanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
				s.pos++
			case 0:
				return 1, nil
			default:
				return c, nil
			}
		}
		if ok, err := s.fill(); !ok {
			return 0, err
		}
	}
}

// place is file:line:column of a place in the buffer.
func (s *jsonScanner) place(pos int) string {
	before, column := s.buf[:pos], s.column
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		before, column = before[i+1:], 0
	}
	return fmt.Sprintf("%s:%d:%d", review.Safe(s.name), s.lineAt(pos), column+int64(utf8.RuneCount(before))+1)
}

// syntax refuses what stands at the present place.
func (s *jsonScanner) syntax(expected string) error {
	return review.Errorf(review.KindRefused, "%s: %s was expected, %s was found", s.place(s.pos), expected, s.found()).
		WithReason("invalid-json").WithHint("export the file again: it is not complete, valid JSON")
}

// found says what stands at the present place. It quotes punctuation and the words people write by mistake, and nothing
// that may be a secret.
func (s *jsonScanner) found() string {
	switch {
	case s.pos >= s.end:
		return "the end of the file"
	case s.inString:
		return "something else"
	}
	rest := s.buf[s.pos:min(s.end, s.pos+12)]
	for _, word := range [...]string{"NaN", "Infinity", "-Infinity", "undefined", "None", "True", "False", "...", "//", "/*"} {
		if bytes.HasPrefix(rest, []byte(word)) {
			return review.Quote(word)
		}
	}
	r, n := utf8.DecodeRune(rest)
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return "a bare word or number"
	}
	return review.Quote(string(validUTF8(rest[:n])))
}

// value reads one value. With s.build set it becomes the node whose index is returned.
func (s *jsonScanner) value(depth int) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if s.build != nil && len(s.build.nodes) >= maxNodes {
		return limitError(s.place(s.mark), "a record of at most %d values was expected, one with more was found", maxNodes).
			WithHint("export fewer members a record, or split the export")
	}
	switch c {
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case '"':
		n := s.open('"')
		escaped, err := s.str()
		if err != nil {
			return err
		}
		s.shut(n)
		if s.build != nil {
			s.build.nodes[n].escaped = escaped
		}
		return nil
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	if c == '-' || '0' <= c && c <= '9' {
		return s.number()
	}
	return s.syntax("a JSON value")
}

// open begins a node at the present place.
func (s *jsonScanner) open(kind byte) int {
	if s.build == nil {
		return 0
	}
	s.build.nodes = append(s.build.nodes, node{kind: kind, start: uint32(s.pos - s.mark), key: -1})
	return len(s.build.nodes) - 1
}

// shut ends it.
func (s *jsonScanner) shut(n int) {
	if s.build != nil {
		s.build.nodes[n].end = uint32(s.pos - s.mark)
	}
}

func (s *jsonScanner) literal(word string) error {
	n := s.open(word[0])
	for i := range len(word) {
		if s.pos == s.end {
			if _, err := s.fill(); err != nil {
				return err
			}
		}
		if s.pos == s.end || s.buf[s.pos] != word[i] {
			return s.syntax(word)
		}
		s.pos++
	}
	s.shut(n)
	return nil
}

// byte gives the byte at the present place, 0 at the end.
func (s *jsonScanner) byte() (byte, error) {
	if s.pos == s.end {
		if ok, err := s.fill(); !ok {
			return 0, err
		}
	}
	return s.buf[s.pos], nil
}

func (s *jsonScanner) digits() (int, error) {
	for n := 0; ; n++ {
		c, err := s.byte()
		if err != nil || c < '0' || c > '9' {
			return n, err
		}
		s.pos++
	}
}

func (s *jsonScanner) number() error {
	node := s.open('0')
	c, err := s.byte()
	if c == '-' {
		s.pos++
		c, err = s.byte()
	}
	if err != nil {
		return err
	}
	if c == '0' {
		s.pos++
	} else if n, err := s.digits(); err != nil {
		return err
	} else if n == 0 {
		return s.syntax("a digit")
	}
	if c, err = s.byte(); err != nil {
		return err
	}
	if c == '.' {
		s.pos++
		if n, err := s.digits(); err != nil {
			return err
		} else if n == 0 {
			return s.syntax("a digit")
		}
		if c, err = s.byte(); err != nil {
			return err
		}
	}
	if c|0x20 == 'e' {
		s.pos++
		if c, err = s.byte(); c == '+' || c == '-' {
			s.pos++
		}
		if err != nil {
			return err
		}
		if n, err := s.digits(); err != nil {
			return err
		} else if n == 0 {
			return s.syntax("a digit")
		}
	}
	s.shut(node)
	return nil
}

func (s *jsonScanner) array(depth int) error {
	if depth >= maxDepth {
		return s.tooDeep()
	}
	n := s.open('[')
	s.pos++
	last := -1
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == ']' && last < 0 {
			break
		}
		at := s.nodeCount()
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.chain(&last, at)
		if c, err = s.peek(); err != nil {
			return err
		}
		if c == ']' {
			break
		}
		if c != ',' {
			return s.syntax("a comma or ]")
		}
		s.pos++
	}
	s.pos++
	s.shut(n)
	return nil
}

func (s *jsonScanner) nodeCount() int {
	if s.build == nil {
		return 0
	}
	return len(s.build.nodes)
}

// chain links the node at index at behind its elder sibling.
func (s *jsonScanner) chain(last *int, at int) {
	if s.build == nil {
		*last = 0
		return
	}
	if *last >= 0 {
		s.build.nodes[*last].next = int32(at)
	}
	*last = at
}

func (s *jsonScanner) tooDeep() error {
	return limitError(s.place(s.pos), "JSON of at most %d levels was expected, a deeper one was found", maxDepth).
		WithHint("export the list of records alone")
}

func (s *jsonScanner) object(depth int) error {
	if depth >= maxDepth {
		return s.tooDeep()
	}
	n := s.open('{')
	s.pos++
	id := uint32(0)
	if s.keys != nil {
		s.keys.objects++
		id = s.keys.objects
	}
	last, count := -1, 0
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == '}' && last < 0 {
			break
		}
		key, err := s.key(depth, id)
		if err != nil {
			return err
		}
		at := s.nodeCount()
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if s.build != nil {
			s.build.nodes[at].key = key
		}
		s.chain(&last, at)
		if count++; count > maxKeys {
			return limitError(s.place(s.pos), "an object of at most %d keys was expected, one with more was found", maxKeys).
				WithHint("export a list of records instead of one object")
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		if c == '}' {
			break
		}
		if c != ',' {
			return s.syntax("a comma or }")
		}
		s.pos++
	}
	s.pos++
	s.shut(n)
	return nil
}

// key reads a key and its colon.
func (s *jsonScanner) key(depth int, object uint32) (int32, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	if c != '"' {
		return 0, s.syntax("a quoted key")
	}
	start := s.pos
	if s.build != nil {
		start = s.pos - s.mark
	}
	keeping := s.build != nil
	escaped, err := s.str()
	if err != nil {
		return 0, err
	}
	id := int32(-1)
	if keeping {
		id = s.build.key(s.buf[s.mark+start+1:s.pos-1], escaped)
		k := s.build.keyInfo(id)
		if k.secret || k.personal || k.credentials {
			s.build.secrets = true
		}
		if depth < len(k.stamp) {
			if k.stamp[depth] == object {
				s.build.doubled = true
			}
			k.stamp[depth] = object
		}
	}
	if c, err = s.peek(); err != nil {
		return 0, err
	}
	if c != ':' {
		return 0, s.syntax("a colon")
	}
	s.pos++
	return id, nil
}

// doc reads one value into d and keeps it in the buffer until the next read.
func (s *jsonScanner) doc(d *doc, depth int) error {
	if _, err := s.peek(); err != nil {
		return err
	}
	d.nodes, d.extra = d.nodes[:0], d.extra[:0]
	d.tooLarge, d.doubled, d.secrets, d.controls = false, false, false, false
	d.keys, d.charset = s.keys, &s.f.charset
	s.build, s.mark = d, s.pos
	err := s.value(depth)
	s.build = nil
	d.raw = s.buf[s.mark:s.pos]
	d.armoured = s.marks&hasKey != 0
	return err
}
