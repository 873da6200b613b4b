package importers

import (
	"math"
)

// node is one value of a doc. Children follow their parent; next leads to the next sibling.
type node struct {
	kind    byte // one of { [ " 0 t f n
	escaped bool // a string with escapes
	key     int32
	next    int32
	start   uint32 // from the mark
	end     uint32
}

// doc is one value with everything in it.
type doc struct {
	nodes    []node
	raw      []byte
	keys     *keyTable
	extra    []keyInfo // keys beyond the table's room
	charset  *charset
	tooLarge bool // a string is longer than a cell may be
	doubled  bool // a key occurs twice in one object
	secrets  bool // a key names secrets or personal data
	controls bool // a string holds an escaped control character
	armoured bool // the text may hold a private key block
}

// clone gives a copy that stays valid.
func (d *doc) clone() *doc {
	c := *d
	c.nodes = append([]node(nil), d.nodes...)
	c.raw = append([]byte(nil), d.raw...)
	c.extra = append([]keyInfo(nil), d.extra...)
	return &c
}

// keyTable knows every key name of a file once.
type keyTable struct {
	ids     map[string]int32
	info    []keyInfo
	keep    map[string]bool // normalised names that are facts although they read like secrets
	objects uint32          // met so far in all passes; numbers them for keyInfo.stamp
}

type keyInfo struct {
	raw, norm        string
	secret, personal bool
	credentials      bool      // the members of a list of this name are secrets
	stamp            [8]uint32 // the last object of each depth that held the key
}

func newKeyTable() *keyTable { return &keyTable{ids: map[string]int32{}} }

func (t *keyTable) make(name string) keyInfo {
	n := norm(name)
	k := keyInfo{raw: name, norm: n}
	if !t.keep[n] {
		k.secret, k.personal, k.credentials = secretName(n), personalName(n), n == "credentials"
	}
	return k
}

// key gives the id of a key as it stands in the text.
func (d *doc) key(b []byte, escaped bool) int32 {
	if id, ok := d.keys.ids[string(b)]; ok && !escaped {
		return id
	}
	name := string(d.charset.text(b))
	if escaped {
		name = string(unescape(d.charset.text(b)))
	}
	info := d.keys.make(name)
	if len(d.keys.info) >= maxKeys || escaped {
		d.extra = append(d.extra, info)
		return math.MinInt32 + int32(len(d.extra)-1)
	}
	id := int32(len(d.keys.info))
	d.keys.info = append(d.keys.info, info)
	d.keys.ids[string(b)] = id
	return id
}

func (d *doc) keyInfo(id int32) *keyInfo {
	if id < -1 {
		return &d.extra[id-math.MinInt32]
	}
	return &d.keys.info[id]
}
