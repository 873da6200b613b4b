package evidence

import (
	"cmp"
	"context"
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
