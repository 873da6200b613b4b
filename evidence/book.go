package evidence

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// book is what the disclosed texts of a pack say, read once in ledger order: who decided what in force, what became of
// exceptions and revokes. Tables and report are written from it.
//
// It holds numbers per item and no texts, so its size is small and grows with the items only. It trusts nothing to be
// right: references that lead nowhere leave cells empty, and the verifier says why.
type book struct {
	pack      *Pack
	entries   int64 // in the ledger
	withheld  int64 // of them, leaf hashes only
	samples   int   // dossiers in the pack
	newest    time.Time
	opened    ledger.Open
	rosters   []indexed[*ledger.Roster]
	imports   []indexed[*ledger.Import]
	campaigns []*campaign // all, in ledger order
	view      []*campaign // those of pack.txt, in ledger order
	anchors   []indexed[*ledger.Anchor]
	bundles   []bundle // all, by index
	signers   map[signerKey]*signerCount

	byID         map[string]*campaign
	supersededBy map[int64]int64
	controls     []controlRow // of campaigns whose policy names none
	names        []string     // principals and other words that recur, interned
	nameIDs      map[string]int32
}

type indexed[T any] struct {
	index int64
	v     T
}

type signerKey struct{ signer, key, via string }

type signerCount struct {
	statements  int64
	first, last time.Time
}

// bundle is one confirmed act: the records from first to index-1.
type bundle struct {
	first, index     int64
	campaign         *campaign // nil if unknown
	act              string
	actor            string
	signer, via, key string
	time             time.Time
	records, elapsed int64
	opened, bulk     int64
	tally            string
}

// campaign is a campaign and how it stands.
type campaign struct {
	index       int64
	stmt        *ledger.Campaign
	inView      bool
	policy      *review.Policy // nil if opaque
	items       []item         // disclosed members, in population order
	byItem      hashIndex      // of items, by id
	people      map[string]*person
	closed      *signoff // the manager's first sign-off
	signoffs    []signoff
	exception   map[int64]*exceptionState
	revoke      map[int64]*revokeState
	decisions   int64                  // disclosed records
	undisclosed bool                   // members are withheld
	facts       *factList              // what was shown for its decisions, nil if the pack has none
	shares      map[string]sourceShare // nil until asked for
}

type signoff struct {
	index                int64
	role, signer         string
	time                 time.Time
	items, decided, open int64
	tally                string
}

// item is a member of the population.
type item struct {
	id        ledger.Hash
	leaf      int64 // number in the members' list
	imp       int64 // index of the import's statement
	row       int64
	decision  int64 // index of the decision in force, 0 if none
	reviewer  int32 // current assignee, an index of names; -1 unknown
	decider   int32 // reviewer of the decision in force
	shown     int32 // facts of the decision in force, number in the campaign's list; -1 if not in the pack
	stage     uint8
	verdict   verdict
	privilege uint8
	opened    bool
	bulk      bool
}

type verdict uint8

const (
	noVerdict verdict = iota
	keep
	revoke
	exception
	abstain
)

var verdictWords = [...]string{"", ledger.VerdictKeep, ledger.VerdictRevoke, ledger.VerdictException, ledger.VerdictAbstain}

func (v verdict) String() string { return verdictWords[v] }

func verdictOf(word string) verdict {
	return verdict(max(slices.Index(verdictWords[:], word), 0))
}

// person is someone's share of a campaign, for reviewers.csv.
type person struct {
	bundles, elapsed int64
	first, last      time.Time
	via, keys        []string
	signedOff        time.Time
}

// exceptionState is what closures made of an exception.
type exceptionState struct {
	renewals int64
	until    ledger.Date
	owner    string // in display form, like control
	control  string
	closure  int64 // index of the last closure
	outcome  string
	time     time.Time // of the last closure's bundle
	evidence ledger.Hash
	named    []ledger.Hash // evidence of all closures
}

// revokeState is what remediation records made of a revoke.
type revokeState struct {
	ticket   string
	done     time.Time
	claimed  int64 // index of the last claim
	verified int64 // index of the last record that names an import
	imp      int64 // that import
	state    string
}

// readBook reads the entries, members, assignments and rows of a pack.
func readBook(ctx context.Context, p *Pack) (*book, error) {
	b := &book{pack: p, entries: int64(len(p.leaves)), byID: map[string]*campaign{}, supersededBy: map[int64]int64{},
		nameIDs: map[string]int32{}, signers: map[signerKey]*signerCount{}}
	inView := map[string]bool{}
	for _, c := range p.stmt.Campaigns {
		inView[c] = true
	}
	var pending []indexed[any] // records that wait for their bundle
	var index int64 = -1
	for t, err := range p.entries(ctx, 0, b.entries) {
		if err != nil {
			return nil, err
		}
		index++
		if t.Bytes == nil {
			b.withheld++
			continue
		}
		if ledger.KindOf(t.Bytes) == ledger.KindDecision {
			d := make([]string, decisionValues)
			if _, ok := values(t.Bytes, ledger.KindDecision, d); ok {
				pending = append(pending, indexed[any]{index, d})
			}
			continue
		}
		v, _, _, err := ledger.ParseEntry(t.Bytes)
		if err != nil {
			continue // FORMAT, reported by the verifier
		}
		switch v := v.(type) {
		case *ledger.Open:
			b.opened = *v
		case *ledger.Roster:
			b.rosters = append(b.rosters, indexed[*ledger.Roster]{index, v})
			b.signed(v.Sig)
		case *ledger.Import:
			b.imports = append(b.imports, indexed[*ledger.Import]{index, v})
			b.signed(v.Sig)
		case *ledger.Campaign:
			b.signed(v.Sig)
			if err := b.startCampaign(ctx, index, v, inView[v.Campaign]); err != nil {
				return nil, err
			}
		case *ledger.Reassign, *ledger.Closure, *ledger.Remediation:
			pending = append(pending, indexed[any]{index, v})
		case *ledger.Bundle:
			b.signed(v.Sig)
			b.closeBundle(index, v, pending)
			pending = pending[:0]
		case *ledger.Signoff:
			b.signed(v.Sig)
			b.signOff(index, v)
		case *ledger.Anchor:
			b.anchors = append(b.anchors, indexed[*ledger.Anchor]{index, v})
		}
	}
	for _, c := range b.campaigns {
		if c.inView {
			b.view = append(b.view, c)
		}
	}
	return b, nil
}

func (b *book) signed(s ledger.Sig) {
	if s.Time.After(b.newest) {
		b.newest = s.Time
	}
	k := signerKey{s.Signer, s.Key, s.Via}
	n := b.signers[k]
	if n == nil {
		n = &signerCount{first: s.Time, last: s.Time}
		b.signers[k] = n
	}
	n.statements++
	n.first, n.last = earlier(n.first, s.Time), later(n.last, s.Time)
}

// hostSigned counts statements that the review host signed for somebody (ledger.md 4.2).
func (b *book) hostSigned() (n int64) {
	for k, c := range b.signers {
		if k.via == ledger.ViaHost {
			n += c.statements
		}
	}
	return n
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// asOf is the day of the newest statement: "now" in a pack (1).
func (b *book) asOf() ledger.Date { return ledger.DateOf(b.newest) }

func (b *book) importAt(index int64) *ledger.Import {
	i, ok := slices.BinarySearchFunc(b.imports, index, func(e indexed[*ledger.Import], i int64) int { return cmp.Compare(e.index, i) })
	if !ok {
		return nil
	}
	return b.imports[i].v
}

// bundleOf gives the bundle that covers a record.
func (b *book) bundleOf(record int64) *bundle {
	i, _ := slices.BinarySearchFunc(b.bundles, record, func(e bundle, i int64) int { return cmp.Compare(e.index, i) })
	if i == len(b.bundles) || record < b.bundles[i].first {
		return nil
	}
	return &b.bundles[i]
}

func (b *book) name(principal string) int32 {
	id, ok := b.nameIDs[principal]
	if !ok {
		id = int32(len(b.names))
		principal = strings.Clone(principal) // it may be a part of a whole text
		b.names = append(b.names, principal)
		b.nameIDs[principal] = id
	}
	return id
}

func (b *book) nameOf(id int32) string {
	if id < 0 {
		return ""
	}
	return b.names[id]
}

// startCampaign reads the population and the first assignments of a campaign in view.
func (b *book) startCampaign(ctx context.Context, index int64, stmt *ledger.Campaign, inView bool) error {
	if b.byID[stmt.Campaign] != nil {
		return nil // a second campaign of the same name is reported by the verifier
	}
	c := &campaign{index: index, stmt: stmt, inView: inView, people: map[string]*person{},
		exception: map[int64]*exceptionState{}, revoke: map[int64]*revokeState{}}
	var err error
	b.byID[stmt.Campaign] = c
	b.campaigns = append(b.campaigns, c)
	if !inView {
		return nil
	}
	if text, err := b.pack.File(ctx, stmt.PolicySHA256); err == nil && review.ReadablePolicy(text) {
		if p, err := review.ParsePolicy(text); err == nil {
			c.policy = &p
		}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.facts, err = b.pack.factsOf(stmt.Campaign); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.readMembers(c); err != nil {
		return err
	}
	return b.readAssignments(c)
}

func (b *book) readMembers(c *campaign) error {
	list, err := b.pack.memberList(c.stmt.Campaign)
	if errors.Is(err, fs.ErrNotExist) {
		c.undisclosed = true
		return nil
	}
	if err != nil {
		return err
	}
	c.undisclosed = list.shown < list.length()
	c.items = make([]item, 0, list.shown)
	leaf, m := int64(-1), make([]string, memberValues)
	for t, err := range list.all() {
		if err != nil {
			return err
		}
		leaf++
		if t.Bytes == nil {
			continue
		}
		if _, ok := values(t.Bytes, ledger.KindMember, m); !ok {
			continue
		}
		id, err1 := ledger.ParseSHA(m[memberItem])
		grant, err2 := ledger.ParseSHA(m[memberGrant])
		if c.item(id) != nil || err1 != nil || err2 != nil {
			continue
		}
		it := item{id: id, shown: -1, leaf: leaf, imp: parseDigits(m[memberImport]), row: parseDigits(m[memberRow]), reviewer: -1, decider: -1}
		for s := int64(1); s <= min(c.stmt.Stages, 16); s++ {
			if ledger.ItemID(c.stmt.Log, c.stmt.Campaign, s, grant) == id {
				it.stage = uint8(s)
				break
			}
		}
		row, err := b.rowText(it.imp, it.row)
		if err != nil {
			return err
		}
		it.privilege = privilegeOf(field(row, "privilege"))
		c.items = append(c.items, it)
		c.byItem.add(int32(len(c.items)-1), c.idOf)
	}
	return nil
}

func (b *book) readAssignments(c *campaign) error {
	list, err := b.pack.assignmentList(c.stmt.Campaign)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	a := make([]string, assignmentValues)
	for t, err := range list.all() {
		if err != nil {
			return err
		}
		if t.Bytes == nil {
			continue
		}
		if _, ok := values(t.Bytes, ledger.KindAssignment, a); !ok {
			continue
		}
		if it := c.itemNamed(a[assignmentItem]); it != nil {
			it.reviewer = b.name(a[assignmentReviewer])
		}
	}
	return nil
}

// rowText gives the text of a row, nil if it is withheld or there is none.
func (b *book) rowText(imp, row int64) ([]byte, error) {
	list, err := b.pack.rowList(imp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return list.text(row - 1)
}

// row parses the row of an item; nil if it is withheld or broken.
func (b *book) row(imp, row int64) (*ledger.Row, error) {
	text, err := b.rowText(imp, row)
	if err != nil || text == nil {
		return nil, err
	}
	v, err := ledger.Parse(text)
	if err != nil {
		return nil, nil
	}
	r, _ := v.(*ledger.Row)
	return r, nil
}

// facts parses what was shown for a decision; nil if it is withheld or broken.
func (b *book) facts(ctx context.Context, shown ledger.Hash) (*ledger.Facts, error) {
	text, err := b.factsText(ctx, shown)
	if err != nil || text == nil {
		return nil, err
	}
	v, err := ledger.Parse(text)
	if err != nil {
		return nil, nil
	}
	f, _ := v.(*ledger.Facts)
	return f, nil
}

// factsText gives what was shown for a decision; nil if it is withheld.
func (b *book) factsText(ctx context.Context, shown ledger.Hash) ([]byte, error) {
	text, err := b.pack.Facts(ctx, shown)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// decision parses the decision record at an index; nil if it is withheld or something else.
func (b *book) decision(ctx context.Context, index int64) (*ledger.Decision, error) {
	text, err := b.pack.entry(index)
	if err != nil || text == nil {
		return nil, errors.Join(err, ctx.Err())
	}
	v, _, _, err := ledger.ParseEntry(text)
	if err != nil {
		return nil, nil
	}
	d, _ := v.(*ledger.Decision)
	return d, nil
}

func (c *campaign) item(id ledger.Hash) *item {
	i := c.byItem.find(id, c.idOf)
	if i < 0 {
		return nil
	}
	return &c.items[i]
}

func (c *campaign) idOf(i int32) ledger.Hash { return c.items[i].id }

// shownFor gives the hash of what was shown for the decision in force on an item; zero if the pack does not have it.
func (c *campaign) shownFor(it *item) ledger.Hash {
	if it.shown < 0 {
		return ledger.Hash{}
	}
	return c.facts.texts[it.shown].sum
}

// grantOf reads the grant key of an item in its member text.
func (b *book) grantOf(list *textList, it *item) (string, error) {
	text, err := list.text(it.leaf)
	return field(text, "grant"), err
}

// itemNamed finds an item by its id as written.
func (c *campaign) itemNamed(id string) *item {
	h, err := ledger.ParseSHA(id)
	if err != nil {
		return nil
	}
	return c.item(h)
}

func (c *campaign) person(principal string) *person {
	p := c.people[principal]
	if p == nil {
		p = &person{}
		c.people[principal] = p
	}
	return p
}

var privilegeWords = [...]string{"", "admin", "write", "read", "unknown"}

func privilegeOf(word string) uint8 { return uint8(max(slices.Index(privilegeWords[:], word), 0)) }
