package review

import (
	"slices"
	"strings"
)

// People knows which names mean one person: e-mail addresses, worker ids, identity keys and principals. It is what
// self-review and independence compare by (rulings 5). The zero value knows nobody; a nil *People compares names alone.
type People struct {
	node       map[string]int32 // folded name -> node
	names      []string         // node -> folded name
	parent     []int32
	size       []int32
	principals map[int32][]Principal // by root
	enrolled   map[Principal]bool
}

// Know says that all these names are one person's. Empty names are skipped; case does not matter.
func (p *People) Know(names ...string) {
	first := int32(-1)
	for _, n := range names {
		if n = personName(n); n == "" {
			continue
		}
		x := p.add(n)
		if first < 0 {
			first = x
			continue
		}
		p.join(first, x)
	}
}

// KnowIdentity says that an identity's key, addresses and worker id are one person's, if the identity is a person.
func (p *People) KnowIdentity(id *Identity) {
	if id.Kind.NonHuman() || id.Kind == Group || id.Kind == Public || id.Kind == System {
		return
	}
	p.Know(append([]string{id.Key, id.WorkerID}, id.Emails...)...)
}

// Enrol says that a principal can sign, and which further names are theirs ([people] of the configuration).
func (p *People) Enrol(who Principal, names ...string) {
	if p.enrolled == nil {
		p.enrolled = map[Principal]bool{}
	}
	p.enrolled[who] = true
	p.Know(append([]string{string(who)}, names...)...)
	root := p.find(p.node[personName(string(who))])
	p.own(root, who)
}

// Principal gives the enrolled principal behind a name; of several, the first enrolled that has the name, else the first.
func (p *People) Principal(name string) (Principal, bool) {
	if p == nil || name == "" {
		return "", false
	}
	x, ok := p.node[personName(name)]
	if !ok {
		return "", false
	}
	own := p.principals[p.find(x)]
	for _, who := range own {
		if personName(string(who)) == personName(name) {
			return who, true
		}
	}
	if len(own) == 0 {
		return "", false
	}
	return own[0], true
}

// Enrolled reports whether a principal can sign.
func (p *People) Enrolled(who Principal) bool { return p != nil && p.enrolled[who] }

// Same reports whether two names mean one person. An empty name is nobody's.
func (p *People) Same(a, b string) bool {
	a, b = personName(a), personName(b)
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	if p == nil {
		return false
	}
	x, ok := p.node[a]
	y, ok2 := p.node[b]
	return ok && ok2 && p.find(x) == p.find(y)
}

// One gives one name for all of a person's names, to key maps by. It may change when more is learnt of a person, so maps are
// made once everybody is known.
func (p *People) One(name string) string {
	name = personName(name)
	if p == nil {
		return name
	}
	x, ok := p.node[name]
	if !ok {
		return name
	}
	return p.names[p.find(x)]
}

// SameAs reports whether a name is that of an identity: its key, one of its addresses or its worker id.
func (p *People) SameAs(name string, id *Identity) bool {
	if id == nil {
		return false
	}
	return p.Same(name, id.Key) || p.Same(name, id.WorkerID) ||
		slices.ContainsFunc(id.Emails, func(e string) bool { return p.Same(name, e) })
}

func personName(s string) string { return Fold(strings.TrimSpace(s)) }

func (p *People) add(name string) int32 {
	if x, ok := p.node[name]; ok {
		return x
	}
	if p.node == nil {
		p.node = map[string]int32{}
	}
	x := int32(len(p.parent))
	p.parent, p.size, p.names = append(p.parent, x), append(p.size, 1), append(p.names, name)
	p.node[name] = x
	return x
}

// find does not shorten paths, so that reading is safe from several goroutines; join hangs the smaller tree under the larger.
func (p *People) find(x int32) int32 {
	for p.parent[x] != x {
		x = p.parent[x]
	}
	return x
}

func (p *People) join(a, b int32) {
	a, b = p.find(a), p.find(b)
	if a == b {
		return
	}
	if p.size[a] < p.size[b] {
		a, b = b, a
	}
	p.parent[b] = a
	p.size[a] += p.size[b]
	for _, who := range p.principals[b] {
		p.own(a, who)
	}
	delete(p.principals, b) // nothing reads it once b is no root
}

func (p *People) own(root int32, who Principal) {
	if p.principals == nil {
		p.principals = map[int32][]Principal{}
	}
	if !slices.Contains(p.principals[root], who) {
		p.principals[root] = append(p.principals[root], who)
	}
}
