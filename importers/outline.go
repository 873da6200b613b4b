package importers

import "strings"

const (
	sampleRecords = 20      // fingerprints look at so many records (importers.md 2.5)
	sampleBytes   = 1 << 20 // of one value kept for a closer look
)

// outline is what a look over a JSON file finds: enough to tell its shape without holding it.
type outline struct {
	kind   byte        // of the first value
	objs   []*outlined // the first objects: elements of an array, or values one after another
	stream bool        // several values
	nested bool        // an array of arrays
	others bool        // an array that holds something that is no object
}

// outlined is the look at one object.
type outlined struct {
	members    []*member // in order; of a long map of objects only the first
	count      int
	allObjects bool
}

// member is one key of an outlined object.
type member struct {
	key, norm string
	kind      byte
	n         int64       // elements of a list
	first     byte        // kind of its first element
	sample    []*outlined // its first objects
	scim      bool        // a list with a schema of SCIM
	v         val         // a value that is no list, empty where it is too large to keep
}

// objects reports a list of objects, or an empty one.
func (m *member) objects() bool { return m.n == 0 || m.first == '{' }

// member finds a key; of equal ones the last.
func (o *outlined) member(n string) *member {
	for i := len(o.members) - 1; i >= 0; i-- {
		if o.members[i].norm == n {
			return o.members[i]
		}
	}
	return nil
}

// text is a scalar member's text.
func (o *outlined) text(n string) string {
	if m := o.member(n); m != nil {
		return m.v.text()
	}
	return ""
}

// look reads as much of a JSON file as its shape needs: an object whole (holding it only in parts), the first elements
// of an array, the first values of a stream.
func (s *jsonScanner) look() (*outline, error) {
	out := &outline{}
	var err error
	if out.kind, err = s.peek(); err != nil {
		return nil, err
	}
	if out.kind == '[' {
		return out, s.lookArray(out, 0)
	}
	for len(out.objs) < sampleRecords {
		c, err := s.peek()
		if err != nil {
			return nil, err
		}
		if c == 0 {
			break
		}
		if c != '{' {
			return nil, s.syntax("an object or the end of the file")
		}
		o, err := s.lookObject(0)
		if err != nil {
			return nil, err
		}
		out.objs = append(out.objs, o)
	}
	out.stream = len(out.objs) > 1
	return out, nil
}

// lookArray looks at the first elements of an array, and one level into an array of arrays.
func (s *jsonScanner) lookArray(out *outline, depth int) error {
	s.pos++
	return s.elements(func(c byte) (bool, error) {
		switch {
		case c == '{':
			o, err := s.lookObject(depth + 1)
			out.objs = append(out.objs, o)
			return len(out.objs) < sampleRecords, err
		case c == '[' && depth == 0 && (out.nested || len(out.objs) == 0):
			out.nested = true
			err := s.lookArray(out, 1)
			return len(out.objs) < sampleRecords, err
		}
		out.others = true
		return true, s.value(depth + 1)
	})
}

// elements calls f at the start of every element of the array whose bracket was read. It ends behind the closing
// bracket, or where f says so.
func (s *jsonScanner) elements(f func(c byte) (more bool, err error)) error {
	for n := 0; ; n++ {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == ']' && n == 0 {
			s.pos++
			return nil
		}
		if more, err := f(c); err != nil || !more {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		if c == ']' {
			s.pos++
			return nil
		}
		if c != ',' {
			return s.syntax("a comma or ]")
		}
		s.pos++
	}
}

// pairs calls f with every key of the object whose brace was read, at the start of its value.
func (s *jsonScanner) pairs(f func(k *keyInfo) error) error {
	d := &doc{keys: s.keys, charset: &s.f.charset}
	for n := 0; ; n++ {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == '}' && n == 0 {
			s.pos++
			return nil
		}
		d.extra = d.extra[:0]
		s.build, s.mark = d, s.pos
		id, err := s.key(maxDepth, 0)
		s.build = nil
		if err != nil {
			return err
		}
		k := *d.keyInfo(id)
		if err := f(&k); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		if c == '}' {
			s.pos++
			return nil
		}
		if c != ',' {
			return s.syntax("a comma or }")
		}
		s.pos++
	}
}

// lookObject looks at one object, keeping its small values.
func (s *jsonScanner) lookObject(depth int) (*outlined, error) {
	o := &outlined{allObjects: true}
	s.pos++
	return o, s.pairs(func(k *keyInfo) error {
		c, err := s.peek()
		if err != nil {
			return err
		}
		m := &member{key: k.raw, norm: k.norm, kind: c}
		o.count++
		o.allObjects = o.allObjects && c == '{'
		switch {
		case c == '[':
			s.pos++
			err = s.elements(func(c byte) (bool, error) {
				if m.n++; m.n == 1 {
					m.first = c
				}
				if c == '"' && m.norm == "schemas" && m.n < sampleRecords {
					v, err := s.small(depth + 2)
					m.scim = m.scim || strings.Contains(v.text(), "urn:ietf:params:scim") || strings.Contains(v.text(), "urn:scim:schemas")
					return true, err
				}
				if c != '{' || len(m.sample) >= sampleRecords || depth > 4 {
					return true, s.value(depth + 2)
				}
				e, err := s.lookObject(depth + 2)
				m.sample = append(m.sample, e)
				return true, err
			})
		case len(o.members) < 2*sampleRecords || !o.allObjects && len(o.members) < maxKeys:
			m.v, err = s.small(depth + 1)
		default:
			return s.value(depth + 1) // one more of a map of objects
		}
		o.members = append(o.members, m)
		return err
	})
}

// small reads a value and keeps it, or an empty object in its place where it is too large.
func (s *jsonScanner) small(depth int) (val, error) {
	d := &doc{}
	if err := s.doc(d, depth); err != nil {
		return val{}, err
	}
	if s.kept += len(d.raw); len(d.raw) > sampleBytes || s.kept > 16*sampleBytes {
		d.nodes, d.raw = []node{{kind: d.nodes[0].kind, key: -1, end: 2}}, []byte("{}")
	}
	return d.clone().root(), nil
}

// paths gathers the dotted normal names of an object and what it holds; lists are entered as if they were not there.
func (o *outlined) paths(into map[string]bool, prefix string) {
	for _, m := range o.members {
		into[prefix+m.norm] = true
		valPaths(m.v, into, prefix+m.norm+".", 0)
		for _, e := range m.sample {
			e.paths(into, prefix+m.norm+".")
		}
	}
}

func valPaths(v val, into map[string]bool, prefix string, depth int) {
	if k := v.kind(); depth > 3 || k != '{' && k != '[' {
		return
	}
	n := 0
	for c := v.first(); c.ok() && n < 10*sampleRecords; c = c.sibling() {
		n++
		if v.kind() == '[' {
			valPaths(c, into, prefix, depth+1)
			continue
		}
		name := prefix + c.normKey()
		into[name] = true
		valPaths(c, into, name+".", depth+1)
	}
}
