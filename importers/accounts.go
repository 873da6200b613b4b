package importers

import (
	"encoding/binary"
	"slices"
	"time"

	"tickmark/review"
	"tickmark/spill"
)

// accountBook numbers the accounts of one file and remembers their facts in packed form.
type accountBook struct {
	hash    hasher
	seen    spill.Numbers
	pages   [][]entry // by number, accountPage to a page: pages never move
	packed  spill.Texts
	scratch []byte
	last    string // the account that knows was last asked for, and its number
	lastNum uint32
	num     uint32 // accounts
	passed  int64  // later facts that could not be merged: the account says more than is kept
}

const accountPage = 512

// entry is what is kept of every account.
type entry struct {
	facts    uint64 // hash of the facts last seen
	identity uint64 // hash of the identity key
	at       uint32 // place in packed; 0 is not kept
	idle     bool   // disabled or deleted: no row under review
}

func (k *accountBook) entry(num uint32) *entry { return &k.pages[num/accountPage][num%accountPage] }

// outcome of putting an account into the book.
type outcome uint8

const (
	known   outcome = iota // nothing new
	fresh                  // first seen
	changed                // a now holds more than before
)

// knows reports an account whose facts, hashed by the caller, are those last seen.
func (k *accountBook) knows(native string, facts uint64) (bool, error) {
	if native != k.last || native == "" {
		hi, lo := k.hash.id(native)
		num, ok, err := k.seen.Lookup(hi, lo)
		if err != nil {
			return false, scratchError(err)
		}
		if !ok {
			return false, nil
		}
		k.last, k.lastNum = native, num // neighbouring records are often of one account
	}
	return k.entry(k.lastNum).facts == facts, nil
}

// put enters an account. When it was known and a adds to it, a becomes the merged account. facts is a hash of all the
// record says of it, or 0 to take one of a; whence fills in the record that first named it.
func (k *accountBook) put(a *review.Account, facts uint64, whence func(*review.Account)) (outcome, error) {
	k.scratch = packAccount(k.scratch[:0], a)
	if facts == 0 {
		facts = k.hash.sum(k.scratch)
	}
	hi, lo := k.hash.id(a.NativeID)
	num, isNew, err := k.seen.Add(hi, lo)
	if err != nil {
		return known, scratchError(err)
	}
	if isNew {
		k.num++
		whence(a)
		if num%accountPage == 0 {
			k.pages = append(k.pages, make([]entry, accountPage))
		}
		e := k.entry(num)
		e.facts, e.identity, e.idle = facts, k.identityHash(a), idle(a)
		if e.at, err = k.packed.Put(packWhence(k.scratch, a)); err != nil {
			return fresh, scratchError(err)
		}
		return fresh, nil
	}
	e := k.entry(num)
	if e.facts == facts {
		return known, nil
	}
	e.facts = facts
	if e.at == 0 {
		k.passed++
		return known, nil
	}
	b, err := k.packed.At(e.at)
	if err != nil {
		return known, scratchError(err)
	}
	old := unpackAccount(b)
	before := string(packAccount(k.scratch[:0], &old))
	mergeAccount(&old, a)
	k.scratch = packAccount(k.scratch[:0], &old)
	if string(k.scratch) == before {
		return known, nil
	}
	at, err := k.packed.Replace(e.at, packWhence(k.scratch, &old))
	if err != nil {
		return known, scratchError(err)
	}
	if at == 0 {
		k.passed++
		return known, nil
	}
	*a = old
	e.identity, e.idle, e.at = k.identityHash(a), idle(a), at
	return changed, nil
}

func idle(a *review.Account) bool { return a.Status == review.Disabled || a.Status == review.Deleted }

// each calls f for every account's entry.
func (k *accountBook) each(f func(*entry)) {
	for num := range k.num {
		f(k.entry(num))
	}
}

// rows counts the accounts that would be rows under review (rulings 3).
func (k *accountBook) rows() int64 {
	n := int64(0)
	k.each(func(e *entry) {
		if !e.idle {
			n++
		}
	})
	return n
}

func (k *accountBook) identityHash(a *review.Account) uint64 {
	return k.keyHash(a.IdentityKey, a.KeySource)
}

// keyHash tells an account that is its own identity from a person whose key reads the same.
func (k *accountBook) keyHash(key, source string) uint64 {
	h := k.hash.text(key)
	if source == "account" {
		h = ^h
	}
	return h
}

// mergeAccount adds what b states and a does not. Of two statuses the worse one wins, of two logins the later one.
func mergeAccount(a, b *review.Account) {
	fill(&a.Login, b.Login)
	fill(&a.DisplayName, b.DisplayName)
	for _, e := range b.Emails {
		if !slices.Contains(a.Emails, e) {
			a.Emails = append(a.Emails, e)
		}
	}
	fill(&a.WorkerID, b.WorkerID)
	if keyRank(b.KeySource) < keyRank(a.KeySource) {
		a.IdentityKey, a.KeySource = b.IdentityKey, b.KeySource
	}
	if a.Kind == review.UnknownKind || a.KindInferred && !b.KindInferred && b.Kind != review.UnknownKind {
		a.Kind, a.KindInferred = b.Kind, b.KindInferred
	}
	for _, m := range b.Marks {
		if !slices.Contains(a.Marks, m) {
			a.Marks = append(a.Marks, m)
		}
	}
	if a.Status == review.UnknownStatus || statusRank(b.Status) > statusRank(a.Status) {
		a.Status = b.Status
		if b.StatusRaw != "" {
			a.StatusRaw = b.StatusRaw
		}
	}
	a.Created = betterTime(a.Created, b.Created, false)
	a.LastLogin = betterTime(a.LastLogin, b.LastLogin, true)
	a.MFA = betterTri(a.MFA, b.MFA)
	a.External = betterTri(a.External, b.External)
	fill(&a.Manager, b.Manager)
	fill(&a.Owner, b.Owner)
	fill(&a.Department, b.Department)
	fill(&a.Title, b.Title)
	for key, v := range b.Attributes {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		if a.Attributes[key] == "" {
			a.Attributes[key] = v
		}
	}
	for _, c := range b.Credentials {
		if !slices.ContainsFunc(a.Credentials, func(o review.Credential) bool { return o.Kind == c.Kind && o.NativeID == c.NativeID }) {
			a.Credentials = append(a.Credentials, c)
		}
	}
	a.Unresolved = a.Unresolved && b.Unresolved
	fill(&a.Irrevocable, b.Irrevocable)
}

func fill(a *string, b string) {
	if *a == "" {
		*a = b
	}
}

// keyRank orders the sources of identity keys by importers.md 6.
func keyRank(source string) int {
	return slices.Index([]string{"column", "worker", "email", "account"}, source)
}

// betterTime prefers what is known; of two known times the earlier creation, the later login.
func betterTime(a, b review.Time, later bool) review.Time {
	switch {
	case !b.IsKnown():
		if a.Norm() == review.NotCollected || a.Norm() == review.Unknown && b.Norm() == review.Never {
			return b
		}
		return a
	case !a.IsKnown(), later == b.At.After(a.At) && !a.At.Equal(b.At):
		return b
	}
	return a
}

func betterTri(a, b review.Tri) review.Tri {
	if a == "" || a == review.Maybe {
		if b != "" {
			return b
		}
	}
	return a
}

// packAccount appends every fact of an account; with packWhence behind it unpackAccount reads it back.
func packAccount(b []byte, a *review.Account) []byte {
	for _, s := range [...]string{a.NativeID, a.Login, a.DisplayName, a.WorkerID, a.IdentityKey, a.KeySource, string(a.Kind),
		string(a.Status), a.StatusRaw, string(a.MFA), string(a.External), a.System, a.Manager, a.Owner, a.Department, a.Title, a.Irrevocable} {
		b = packString(b, s)
	}
	flags := byte(0)
	if a.KindInferred {
		flags |= 1
	}
	if a.Unresolved {
		flags |= 2
	}
	b = append(b, flags)
	b = packTime(packTime(b, a.Created), a.LastLogin)
	b = packStrings(b, a.Emails)
	b = binary.AppendUvarint(b, uint64(len(a.Marks)))
	for _, m := range a.Marks {
		b = packString(b, string(m))
	}
	names := make([]string, 0, len(a.Attributes))
	for name := range a.Attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = packString(packString(b, name), a.Attributes[name])
	}
	b = binary.AppendUvarint(b, uint64(len(a.Credentials)))
	for i := range a.Credentials {
		c := &a.Credentials[i]
		b = packString(packString(packString(b, c.NativeID), c.Kind), c.Status)
		b = packTime(packTime(packTime(b, c.Created), c.LastUsed), c.Expires)
	}
	return b
}

// packWhence appends what is no fact of the account: where it was first named.
func packWhence(b []byte, a *review.Account) []byte {
	return append(packString(b, a.Locator), a.RawSHA256[:]...)
}

func packString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func packStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = packString(b, s)
	}
	return b
}

func packTime(b []byte, t review.Time) []byte {
	b = packString(packString(b, string(t.State)), t.Raw)
	flags := byte(0)
	if t.Day {
		flags |= 1
	}
	if t.ZoneAssumed {
		flags |= 2
	}
	b = append(b, flags)
	if t.IsKnown() {
		b = binary.AppendVarint(b, t.At.Unix())
	}
	return b
}

// unpackAccount reads what packAccount and packWhence wrote.
func unpackAccount(b []byte) review.Account {
	u := unpacker(b)
	var a review.Account
	for _, p := range [...]*string{&a.NativeID, &a.Login, &a.DisplayName, &a.WorkerID, &a.IdentityKey, &a.KeySource, (*string)(&a.Kind),
		(*string)(&a.Status), &a.StatusRaw, (*string)(&a.MFA), (*string)(&a.External), &a.System, &a.Manager, &a.Owner, &a.Department, &a.Title, &a.Irrevocable} {
		*p = u.string()
	}
	flags := u.byte()
	a.KindInferred, a.Unresolved = flags&1 != 0, flags&2 != 0
	a.Created, a.LastLogin = u.time(), u.time()
	for range u.uvarint() {
		a.Emails = append(a.Emails, u.string())
	}
	for range u.uvarint() {
		a.Marks = append(a.Marks, review.Mark(u.string()))
	}
	if n := u.uvarint(); n > 0 {
		a.Attributes = make(map[string]string, n)
		for range n {
			name := u.string()
			a.Attributes[name] = u.string()
		}
	}
	for range u.uvarint() {
		a.Credentials = append(a.Credentials, review.Credential{NativeID: u.string(), Kind: u.string(), Status: u.string(),
			Created: u.time(), LastUsed: u.time(), Expires: u.time()})
	}
	a.Locator = u.string()
	copy(a.RawSHA256[:], u)
	return a
}

type unpacker []byte

func (u *unpacker) uvarint() int {
	v, n := binary.Uvarint(*u)
	*u = (*u)[n:]
	return int(v)
}

func (u *unpacker) byte() byte {
	c := (*u)[0]
	*u = (*u)[1:]
	return c
}

func (u *unpacker) string() string {
	n := u.uvarint()
	s := string((*u)[:n])
	*u = (*u)[n:]
	return s
}

func (u *unpacker) time() review.Time {
	t := review.Time{State: review.TimeState(u.string()), Raw: u.string()}
	flags := u.byte()
	t.Day, t.ZoneAssumed = flags&1 != 0, flags&2 != 0
	if t.State == review.Known {
		sec, n := binary.Varint(*u)
		*u = (*u)[n:]
		t.At = time.Unix(sec, 0).UTC()
	}
	return t
}
