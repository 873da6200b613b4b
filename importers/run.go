package importers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	unicodenorm "golang.org/x/text/unicode/norm"

	"tickmark/review"
	"tickmark/spill"
)

// run is one pass over one file. A format's mapper speaks to it.
type run struct {
	plan  *plan
	o     *Options
	sink  Sink
	cal   *calendar
	muted bool  // learn and count, hand nothing on
	err   error // the first failure; everything after it is idle

	decode   bool // cells may hold bytes that need decoding
	system   string
	instance string

	row      *row
	progress *progress
	page     *page   // the last wrapper that was read
	buffer   *buffer // for the marks of what is being read
	accounts accountBook

	seenWorkers *spill.Numbers // of a roster
	grants      spill.Numbers
	held        map[string]bool // native ids of entitlements that are held, where a catalogue asks
	catalog     []review.Entitlement
	confused    map[uint64]uint64 // folded identity key -> key, for keys that are not their own folded form
	strings     *intern
	scratch     []byte

	mapping     []review.Assign
	warnings    *warnings
	drops       dropList
	rejects     []review.Reject
	rejectCount map[string]int
	samples     []map[string]string
	notes       []string

	rowsRead, rowsRejected, notAGrant  int64
	grantCount, duplicates, accountNum int64
	names, lostNames, alike            int64
	workers                            int64 // distinct, for rosters
	identityNum                        int64 // distinct, at the end
	complete                           review.Completeness
}

func newRun(p *plan, cal *calendar, sink Sink) *run {
	h := newHasher()
	x := &run{plan: p, o: p.o, sink: sink, cal: cal, warnings: newWarnings(p.place()), rejectCount: map[string]int{},
		confused: map[uint64]uint64{}, complete: review.UnknownScope, system: p.o.System, instance: p.o.Instance}
	x.accounts.hash = h
	x.accounts.packed = spill.Texts{Open: p.o.Scratch, Memory: p.o.InMemory << 10}
	x.accounts.seen = spill.Numbers{Open: p.o.Scratch, Most: x.o.inMemory(accountsInMemory)}
	x.grants = spill.Numbers{Open: p.o.Scratch, Most: x.o.inMemory(grantsInMemory)}
	x.strings = x.newIntern()
	x.decode = !p.cells.strict()
	return x
}

// closeScratch gives back what a pass needed to tell grants and accounts apart.
func (x *run) closeScratch() {
	x.grants.Close()
	x.accounts.seen.Close()
	x.accounts.packed.Close()
	if x.seenWorkers != nil {
		x.seenWorkers.Close()
	}
}

// defaults names the system of a format, where --system does not.
func (x *run) defaults(system string) {
	fill(&x.system, system)
}

// sawInstance notes the account, tenant, org or project a record names: the first is the file's, where --instance names none.
func (x *run) sawInstance(id string) { fill(&x.instance, id) }

// fail keeps the first error.
func (x *run) fail(err error) {
	if x.err == nil && err != nil {
		x.err = err
	}
}

// here is where the present record stands.
func (x *run) here() string {
	if x.row == nil {
		return ""
	}
	return x.row.locator()
}

// warn counts a warning at the present record.
func (x *run) warn(keyword string) { x.warnings.add(keyword, x.here) }

func (x *run) ctxDone() bool { return x.buffer.f.raw.ctx.Err() != nil }

func (x *run) newIntern() *intern {
	return &intern{hash: x.accounts.hash, slots: make([]string, internSize(x.plan.in.Size))}
}

// keep gives a string of its own for bytes.
func (x *run) keep(b []byte) string { return x.strings.string(b) }

// keyMarks reports that the text being read may hold a private key block.
func (x *run) keyMarks() bool { return x.buffer != nil && x.buffer.marks&hasKey != 0 }

// record maps one record and keeps the counts of importers.md 6.
func (x *run) record(r *row, each func(*row)) {
	if x.err != nil {
		return
	}
	outer := x.row
	x.row = r
	x.rowsRead++
	x.muted = x.muted || x.cal.unsettled // what follows will be read again
	each(r)
	switch {
	case r.rejected:
		x.rowsRejected++
	case r.made == 0:
		x.notAGrant++
	}
	if r.v.d != nil && r.v.d.secrets && !r.summed {
		r.rawSum() // counts what is dropped
	}
	x.row = outer
}

// account hands an account on: when it is new, and when the record adds to what was known of it.
//
// What the format leaves out is filled in: the identity key by importers.md 6, unknown where nothing is said.
func (x *run) account(a *review.Account) { x.accountFacts(a, 0) }

// accountFacts is account for a mapper that hashes the record's facts itself.
func (x *run) accountFacts(a *review.Account, facts uint64) {
	if x.err != nil {
		return
	}
	if a.System == "" {
		a.System = x.system
	}
	if a.Kind == "" {
		a.Kind = review.UnknownKind
	}
	if a.Status == "" {
		a.Status = review.UnknownStatus
	}
	for i, e := range a.Emails {
		a.Emails[i] = lower(e)
	}
	identityKey(a)
	a.Locator, a.RawSHA256 = "", [32]byte{}
	news, err := x.accounts.put(a, facts, x.whence)
	x.fail(err)
	switch news {
	case known:
		return
	case fresh:
		x.accountNum++
		x.confusable(a)
		x.lost(a.DisplayName)
	}
	x.send(func() error { return x.sink.Account(a) })
}

// whence says in an account which record first named it.
func (x *run) whence(a *review.Account) {
	if !x.muted && x.row != nil {
		a.Locator, a.RawSHA256 = x.row.locator(), x.row.rawSum()
	}
}

// send hands something on unless the pass is muted.
func (x *run) send(f func() error) {
	if !x.muted && x.err == nil {
		x.fail(f())
	}
}

// identityKey fills in the key of the identity behind an account (importers.md 6).
func identityKey(a *review.Account) {
	if a.IdentityKey != "" && a.KeySource != "" {
		return
	}
	if a.WorkerID != "" {
		a.IdentityKey, a.KeySource = a.WorkerID, "worker"
		return
	}
	if a.Kind == review.Human || a.Kind == review.External || a.Kind == review.UnknownKind {
		for _, e := range append(a.Emails, a.Login) {
			if looksLikeEmail(e) {
				a.IdentityKey, a.KeySource = lower(e), "email"
				return
			}
		}
	}
	a.IdentityKey, a.KeySource = a.NativeID, "account"
}

// confusable remembers identity keys that are not their own folded form, to compare them with the others at the end.
func (x *run) confusable(a *review.Account) {
	f := foldKey(a.IdentityKey)
	if f == a.IdentityKey {
		return
	}
	own, folded := x.accounts.identityHash(a), x.accounts.keyHash(f, a.KeySource)
	if other, met := x.confused[folded]; met && other != own {
		x.alike++
	}
	x.confused[folded] = own
}

// foldKey is a key without what the eye cannot see: composed, no zero-width characters, plain blanks.
func foldKey(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			s = strings.Map(func(r rune) rune {
				switch {
				case r == 0xA0 || 0x2000 <= r && r <= 0x200A || r == 0x202F || r == 0x3000:
					return ' '
				case unusualRune(r):
					return -1
				}
				return r
			}, s)
			return unicodenorm.NFC.String(s)
		}
	}
	return s
}

// lost counts names, and those that lost an accent.
func (x *run) lost(name string) {
	if name == "" {
		return
	}
	x.names++
	if lostAccent(name) {
		x.lostNames++
	}
}

// grant hands a grant on, if its key is new. Its account must have been handed on before. What the format leaves out is
// filled in: kind, how, state, locator and hash of the record, the condition in the resource (rulings 1).
func (x *run) grant(g *review.Grant) {
	if x.err != nil {
		return
	}
	x.row.made++
	x.fillGrant(g)
	if x.held != nil {
		x.held[g.Entitlement.NativeID] = true
	}
	if !x.isNew(g) {
		x.duplicates++
		x.warn("duplicate-grants")
		return
	}
	x.grantCount++
	if !x.muted && x.err == nil {
		g.Locator, g.RawSHA256 = x.row.locator(), x.row.rawSum()
		x.fail(x.sink.Grant(g))
	}
}

// fillGrant fills in what the format left out.
func (x *run) fillGrant(g *review.Grant) {
	if g.Kind == "" {
		g.Kind = "grant"
		if g.Entitlement.Kind == "credential" {
			g.Kind = "credential"
		}
	}
	if g.Condition != "" {
		sum := sha256.Sum256([]byte(g.Condition))
		g.Resource.NativeID = strings.TrimPrefix(g.Resource.NativeID+" if sha256:"+hex.EncodeToString(sum[:]), " ")
	}
	if g.How == "" {
		g.How = "direct"
	}
	if g.State == "" {
		g.State = "active"
	}
	if g.Entitlement.Privilege == "" {
		g.Entitlement.Privilege = review.UnknownPrivilege
	}
}

// isNew enters what the ledger's grant key is made of, apart from the source, which is one for the whole file: two grants
// of a file have the same key just if these are the same.
func (x *run) isNew(g *review.Grant) bool {
	x.scratch = packString(x.scratch[:0], g.Kind)
	for _, s := range [...]string{g.Account, g.Entitlement.NativeID, g.Resource.NativeID, g.Path} {
		x.scratch = packString(x.scratch, s)
	}
	_, fresh, err := x.grants.Add(x.accounts.hash.pair(x.scratch))
	if err != nil {
		x.fail(scratchError(err))
	}
	return fresh
}

// catalogue notes an entitlement that exists. At the end those that nobody holds are handed on.
func (x *run) catalogue(e review.Entitlement) {
	if x.held == nil {
		x.held = map[string]bool{}
	}
	if _, met := x.held[e.NativeID]; !met {
		x.held[e.NativeID] = false
		x.catalog = append(x.catalog, e)
	}
}

// entitlement hands on an entitlement of a file that knows no holders.
func (x *run) entitlement(e *review.Entitlement) {
	if e.Privilege == "" {
		e.Privilege = review.UnknownPrivilege
	}
	x.send(func() error { return x.sink.Entitlement(e, x.system) })
}

// evidence hands on a fact that is not a grant.
func (x *run) evidence(e review.Evidence) {
	e.Locator = x.here()
	x.send(func() error { return x.sink.Evidence(&e) })
}

// dropsHere reports that something of a CSV record is not kept.
func (x *run) dropsHere(raw []byte) bool {
	return x.plan.drops || x.keyMarks() && strings.Contains(string(raw), keyWords)
}

// keptCells is what is kept of a CSV record, as JSON (rulings 7).
func (x *run) keptCells(cells [][]byte) []byte {
	out := append(x.scratch[:0], '{')
	first := true
	for i, name := range x.plan.header {
		if x.plan.dropped[i] != 0 {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(appendJSON(out, name), ':')
		var b []byte
		if i < len(cells) {
			b = x.plan.cells.decoded(cells[i])
			if x.keyMarks() {
				b = withoutKeys(b)
			}
		}
		out = appendJSON(out, string(b))
	}
	x.scratch = append(out, '}')
	return x.scratch
}

// unusual warns of control and invisible characters in a record.
func (x *run) unusual(raw []byte) {
	if x.buffer.marks&(hasControl|hasHigh) == 0 || markBytes(raw) == 0 {
		return
	}
	if n := countUnusual(x.plan.cells.decoded(raw)); n > 0 {
		x.warn("control-characters")
		x.warnings.by["control-characters"].Count += n - 1
	}
}

// finish ends a complete pass: what only the whole file can tell.
func (x *run) finish(m mapper) {
	if m.done != nil && x.err == nil {
		x.row = nil
		m.done()
	}
	for i := range x.catalog {
		if e := &x.catalog[i]; !x.held[e.NativeID] {
			if e.Privilege == "" {
				e.Privilege = review.UnknownPrivilege
			}
			x.send(func() error { return x.sink.Entitlement(e, x.system) })
		}
	}
	x.identityNum = x.identities()
	x.cal.finish(x.warnings)
	if x.names > 0 && x.lostNames*100 > x.names {
		x.warnings.set("lost-accents", x.lostNames, "")
	}
	if n := x.confusables(); n > 0 {
		x.warnings.set("confusable-identities", n, "")
	}
	if n, first := x.drops.secrets(); n > 0 {
		x.warnings.set("secrets-dropped", n, first)
	}
	if x.rowsRead == 0 && !x.plan.format.rules {
		x.warnings.set("no-records", 1, "")
	}
	if x.plan.format.Mark == "U" {
		x.warnings.set("unverified-format", 1, "")
	}
	if x.accounts.passed > 0 {
		x.notes = append(x.notes, fmt.Sprintf("what %d later records add to their account was not merged: more than %d KiB were said of it", x.accounts.passed, spill.TextMost>>10))
	}
	if x.complete == review.Truncated {
		x.warnings.set("truncated", 1, "")
	}
}

// confusables counts pairs of identity keys that fold to the same text.
func (x *run) confusables() int64 {
	if len(x.confused) == 0 {
		return 0
	}
	n := x.alike
	x.accounts.each(func(e *entry) {
		if _, ok := x.confused[e.identity]; ok {
			n++
		}
	})
	return n
}

// identities counts distinct identity keys over the accounts.
func (x *run) identities() int64 {
	if x.workers > 0 {
		return x.workers
	}
	people := spill.Numbers{Open: x.o.Scratch, Most: x.o.inMemory(accountsInMemory)}
	defer people.Close()
	x.accounts.each(func(e *entry) {
		if _, _, err := people.Add(e.identity, 0); err != nil {
			x.fail(scratchError(err))
		}
	})
	return int64(people.Len())
}

// sample keeps the mapped fields of the first three records, for people to look at.
func (x *run) sample(fields map[string]string) {
	if len(x.samples) < 3 && !slices.ContainsFunc(x.samples, func(s map[string]string) bool { return fmt.Sprint(s) == fmt.Sprint(fields) }) {
		x.samples = append(x.samples, fields)
	}
}
