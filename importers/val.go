package importers

import (
	"strings"
)

// val is one value inside a JSON record; the zero val is absent. Keys are given in normal form (2.8).
type val struct {
	d *doc
	i int32
}

func (d *doc) root() val {
	if len(d.nodes) == 0 {
		return val{}
	}
	return val{d, 0}
}

func (v val) node() *node { return &v.d.nodes[v.i] }

// ok reports that the value is there, null included.
func (v val) ok() bool { return v.d != nil }

// kind is one of { [ " 0 t f n, or 0 where the value is absent.
func (v val) kind() byte {
	if v.d == nil {
		return 0
	}
	return v.node().kind
}

func (v val) isNull() bool { return v.kind() == 'n' }

// raw is the value as it stands in the text.
func (v val) raw() []byte {
	n := v.node()
	return v.d.raw[n.start:n.end]
}

// get follows keys downwards. Of equal keys the last wins.
func (v val) get(path ...string) val {
	for _, name := range path {
		v = v.member(name)
	}
	return v
}

func (v val) member(name string) val {
	if v.kind() == '[' { // a list of one, or the first of several, stands for what it holds
		v = v.first()
	}
	if v.kind() != '{' {
		return val{}
	}
	found := val{}
	for c := v.first(); c.d != nil; c = c.sibling() {
		if c.d.keyInfo(c.node().key).norm == name {
			found = c
		}
	}
	return found
}

// path follows a dotted path of normal names.
func (v val) path(dotted string) val {
	for dotted != "" && v.d != nil {
		name, rest, _ := strings.Cut(dotted, ".")
		v = v.member(name)
		dotted = rest
	}
	return v
}

// first is the first child.
func (v val) first() val {
	if k := v.kind(); k != '{' && k != '[' || int(v.i)+1 >= len(v.d.nodes) {
		return val{}
	}
	if c := v.d.nodes[v.i+1]; c.start >= v.node().end {
		return val{}
	}
	return val{v.d, v.i + 1}
}

func (v val) sibling() val {
	if n := v.node().next; n != 0 {
		return val{v.d, n}
	}
	return val{}
}

// key is the key under which the value stands, as written.
func (v val) key() string {
	if v.d == nil || v.node().key == -1 {
		return ""
	}
	return v.d.keyInfo(v.node().key).raw
}

func (v val) normKey() string {
	if v.d == nil || v.node().key == -1 {
		return ""
	}
	return v.d.keyInfo(v.node().key).norm
}

// bytes is a scalar's text without quotes and escapes, trimmed: numbers and booleans as written, nothing for null,
// lists and objects. The result is valid only as long as the record.
func (v val) bytes() []byte {
	switch v.kind() {
	case '"':
		b := v.raw()
		b = v.d.charset.decoded(b[1 : len(b)-1])
		if v.node().escaped {
			b = unescape(b)
		}
		if v.d.armoured {
			b = withoutKeys(b)
		}
		return trim(b)
	case '0', 't', 'f':
		return v.raw()
	}
	return nil
}

// str is a scalar's text; empty words are kept.
func (v val) str() string { return string(v.bytes()) }

// text is a scalar's text, empty where it is one of the empty words of importers.md 5.1.
func (v val) text() string {
	b := v.bytes()
	if noValue(b) {
		return ""
	}
	return string(b)
}

// isTrue reads a boolean, also one written as text; absent and unclear are false.
func (v val) isTrue() bool {
	t, _ := parseBool(v.str())
	return t
}

// len counts the children.
func (v val) len() int {
	n := 0
	for c := v.first(); c.d != nil; c = c.sibling() {
		n++
	}
	return n
}

// lastPart is what follows the last slash of a path or address.
func lastPart(s string) string {
	s = strings.TrimRight(s, "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}
