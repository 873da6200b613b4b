package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Reading a pack: the ledger once from its first entry to its last, populations as their campaigns come by, then the rows
// and facts of the items that are disclosed.

// packMove is a reassignment of an item, and the bundle that signed it.
type packMove struct {
	index  int64
	bundle *ledger.BundleState
	*ledger.Reassign
}

// maxTroubles is how many things that could not be read are named; the rest are counted.
const maxTroubles = 20

// trouble notes that something of the pack cannot be read.
func (p *Pack) trouble(format string, args ...any) {
	if len(p.broken) == maxTroubles {
		p.broken = append(p.broken, review.Notice{Code: "unreadable", Text: "more of the pack cannot be read", Hint: "`tickmark verify` lists what is wrong with it"})
	}
	if len(p.broken) < maxTroubles {
		p.broken = append(p.broken, review.Notice{Code: "unreadable", Text: fmt.Sprintf(format, args...), Hint: "ask the sender for the pack again"})
	}
}

func (p *Pack) read(ctx context.Context, progress func(review.Progress)) error {
	steps := []func(context.Context, func(review.Progress)) error{p.readLedger, p.readRows, p.readFacts}
	for _, step := range steps {
		if err := step(ctx, progress); err != nil {
			return err
		}
	}
	for _, c := range p.reviews {
		c.draw(p)
	}
	p.words = packWords{}
	p.closing, p.revokes = p.listExceptions(), p.listRevokes()
	return p.listCampaigns()
}

// packWords keeps one copy of each text that many items share, apart from the text of the pack it was cut from.
type packWords struct{ seen map[string]string }

func (w *packWords) one(s string) string {
	if have, ok := w.seen[s]; ok || s == "" {
		return have
	}
	if w.seen == nil {
		w.seen = map[string]string{}
	}
	s = strings.Clone(s)
	w.seen[s] = s
	return s
}

// clone copies a text that is likely to be there once.
func (w *packWords) clone(s string) string { return strings.Clone(s) }

// stopped is the error of a reading that was cancelled; nil while it was not.
func stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return review.Errorf(review.KindCancelled, "opening the pack was stopped").WithHint("open it again")
}

func (p *Pack) readLedger(ctx context.Context, progress func(review.Progress)) error {
	var index int64
	for t, err := range p.pack.Entries(ctx, 0, math.MaxInt64) {
		if err != nil {
			if stop := stopped(ctx); stop != nil {
				return stop
			}
			p.trouble("entry %d cannot be read, and nothing after it is shown: %s", index, review.Safe(err.Error()))
			break
		}
		if t.Bytes == nil {
			p.leaves = append(p.leaves, t.Leaf)
			p.withheld++
			p.replay.Withheld(t.Leaf)
		} else {
			p.leaves = append(p.leaves, ledger.LeafHash(t.Bytes))
			applied, err := p.replay.Apply(t.Bytes)
			if err != nil {
				p.trouble("entry %d is not in the form of the ledger", index)
			}
			if err := p.take(ctx, applied); err != nil {
				return err
			}
		}
		if index++; progress != nil && index%512 == 0 {
			progress(review.Progress{Stage: "opening", Done: index, Total: p.stmt.Size, Unit: "entries"})
		}
	}
	if p.now.IsZero() {
		p.now = p.stmt.AsOf.Time()
	}
	return nil
}

// take keeps what an entry has brought.
func (p *Pack) take(ctx context.Context, a *ledger.Applied) error {
	if sig := ledger.SigOf(a.Value); sig != nil && sig.Time.After(p.now) {
		p.now = sig.Time
	}
	for _, r := range a.Records {
		switch v := r.Value.(type) {
		case *ledger.Decision:
			p.byGrant[v.Grant] = append(p.byGrant[v.Grant], r.Index)
			p.decide(v)
		case *ledger.Reassign:
			bundles := p.replay.Bundles()
			p.moves[v.Item] = append(p.moves[v.Item], packMove{r.Index, bundles[len(bundles)-1], v})
		}
	}
	if stmt, ok := a.Value.(*ledger.Campaign); ok && p.byName[review.CampaignID(stmt.Campaign)] == nil {
		return p.startReview(ctx, stmt)
	}
	return nil
}

// decide puts a decision in force on its item, if that is disclosed. A later one takes its place.
func (p *Pack) decide(d *ledger.Decision) {
	c, i, ok := p.itemOf(d)
	if !ok {
		return
	}
	it := &c.items[i]
	it.Verdict, it.State, it.Reason, it.Until = review.Verdict(p.words.one(d.Verdict)), review.ItemSigned, p.words.clone(d.Reason), p.words.one(string(d.Until))
	it.Identity, it.Account, it.Entitlement = p.words.one(firstOf(d.Identity, d.Account)), p.words.one(d.Account), p.words.one(d.Entitlement) // its row says more
	c.source[i].shown, c.source[i].opened, c.source[i].bulk = d.ShownSHA256, d.Opened, d.Bulk
}

// packReview is a campaign of a pack and what is disclosed of its population.
type packReview struct {
	name   review.CampaignID
	state  *ledger.CampaignState
	stmt   *ledger.Campaign
	inView bool
	policy review.Policy
	stated bool // the policy is the campaign's own, and could be read

	items  []review.Item // disclosed ones, in population order; their Ord is the position in it
	ids    []ledger.Hash // of items
	source []packSource  // of items
	leaves []ledger.Hash // of the whole population, in its order; nil where the pack does not list them
	size   int64         // items of the population
	basis  map[review.ItemID]string
	rank   map[review.ItemID]int // place in the draw, from 1
	drawn  bool

	orders packCache[[]int64]
	walks  packCache[[]packStep]
}

// packSource is what stands behind an item: its row, where that is disclosed, and what was shown for its decision in force.
type packSource struct {
	locator      string // of the row; empty: it is not disclosed
	leaf         ledger.Hash
	shown        ledger.Hash // zero: nobody has decided
	opened, bulk bool
}

// withheld is how many items the pack does not show.
func (c *packReview) withheld() int64 { return max(c.size-int64(len(c.items)), 0) }

// listedAtMost bounds the lines for items of a campaign whose population the pack does not even list.
const listedAtMost = 1 << 20

func (p *Pack) startReview(ctx context.Context, stmt *ledger.Campaign) error {
	c := &packReview{name: review.CampaignID(stmt.Campaign), state: p.replay.Campaign(stmt.Campaign), stmt: stmt,
		inView: slices.Contains(p.stmt.Campaigns, stmt.Campaign), policy: review.DefaultPolicy(), basis: map[review.ItemID]string{}, rank: map[review.ItemID]int{}}
	p.reviews = append(p.reviews, c)
	p.byName[c.name] = c
	text, err := p.pack.File(ctx, stmt.PolicySHA256)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		p.trouble("the policy of campaign %s cannot be read: %s", c.name, review.Safe(err.Error()))
	case err == nil && review.ReadablePolicy(text):
		if own, err := review.ParsePolicy(text); err == nil {
			c.policy, c.stated = own, true
		}
	}
	if c.inView {
		if err := p.readMembers(ctx, c); err != nil {
			return err
		}
		if err := p.readAssignments(ctx, c); err != nil {
			return err
		}
	}
	if c.size = int64(len(c.leaves)); c.leaves == nil {
		c.size = min(stmt.Items, listedAtMost)
	}
	return nil
}

func (p *Pack) readMembers(ctx context.Context, c *packReview) error {
	for t, err := range p.pack.Members(ctx, string(c.name)) {
		if err != nil {
			return p.partial(ctx, err, "the population of campaign "+string(c.name))
		}
		if t.Bytes == nil {
			c.leaves = append(c.leaves, t.Leaf)
			continue
		}
		c.leaves = append(c.leaves, ledger.LeafHash(t.Bytes))
		v, err := ledger.Parse(t.Bytes)
		m, ok := v.(*ledger.Member)
		if err != nil || !ok {
			p.trouble("member %d of campaign %s is not in the form of the ledger", len(c.leaves), c.name)
			continue
		}
		id := review.ItemID(m.Item.String())
		if _, twice := p.byItem[id]; twice {
			p.trouble("item %s stands in a population twice", id.Short())
			continue
		}
		c.state.AddMember(m)
		it := review.Item{ID: id, Campaign: c.name, Ord: int64(len(c.leaves)), Stage: stageOf(c.stmt, m), Import: review.ImportID(m.Import), Row: m.Row,
			Grant: review.GrantKey(m.Grant.String()), Verdict: review.NoVerdict, State: review.ItemOpen}
		p.byItem[id] = packPlace{c, it.Ord}
		c.items, c.ids, c.source = append(c.items, it), append(c.ids, m.Item), append(c.source, packSource{})
	}
	return nil
}

// stageOf finds the stage an item id was made for.
func stageOf(stmt *ledger.Campaign, m *ledger.Member) int {
	const most = 16
	for s := int64(1); s <= min(stmt.Stages, most); s++ {
		if ledger.ItemID(stmt.Log, stmt.Campaign, s, m.Grant) == m.Item {
			return int(s)
		}
	}
	return 0
}

func (p *Pack) readAssignments(ctx context.Context, c *packReview) error {
	for t, err := range p.pack.Assignments(ctx, string(c.name)) {
		if err != nil {
			return p.partial(ctx, err, "the assignments of campaign "+string(c.name))
		}
		if t.Bytes == nil {
			continue
		}
		v, err := ledger.Parse(t.Bytes)
		a, ok := v.(*ledger.Assignment)
		if err != nil || !ok {
			p.trouble("an assignment of campaign %s is not in the form of the ledger", c.name)
			continue
		}
		id := review.ItemID(a.Item.String())
		if at, known := p.byItem[id]; known && at.review == c {
			c.state.Assign(a.Item, a.Reviewer)
			c.basis[id] = p.words.one(a.Basis)
		}
	}
	return nil
}

// partial decides about a list that ended with an error: one that is not there is withheld, a damaged one is cut and named.
func (p *Pack) partial(ctx context.Context, err error, what string) error {
	if stop := stopped(ctx); stop != nil {
		return stop
	}
	if !errors.Is(err, fs.ErrNotExist) {
		p.trouble("%s cannot be read to its end: %s", what, review.Safe(err.Error()))
	}
	return nil
}

// readRows counts the rows of every import and fills items with theirs.
func (p *Pack) readRows(ctx context.Context, progress func(review.Progress)) error {
	type place struct {
		c *packReview
		i int
	}
	wanted := map[int64]map[int64][]place{}
	for _, c := range p.reviews {
		for i := range c.items {
			it := &c.items[i]
			rows := wanted[int64(it.Import)]
			if rows == nil {
				rows = map[int64][]place{}
				wanted[int64(it.Import)] = rows
			}
			rows[it.Row] = append(rows[it.Row], place{c, i})
		}
	}
	imports := p.replay.Imports()
	for i, imp := range imports {
		if progress != nil {
			progress(review.Progress{Stage: "opening", Done: int64(i), Total: int64(len(imports)), Unit: "imports"})
		}
		var n rowCount
		for t, err := range p.pack.Rows(ctx, imp.Index) {
			if err != nil {
				if err := p.partial(ctx, err, fmt.Sprintf("the rows of import %d", imp.Index)); err != nil {
					return err
				}
				break
			}
			n.all++
			if t.Bytes == nil {
				continue
			}
			n.shown++
			items := wanted[imp.Index][n.all]
			if len(items) == 0 {
				continue
			}
			v, err := ledger.Parse(t.Bytes)
			row, ok := v.(*ledger.Row)
			if err != nil || !ok {
				p.trouble("row %d of import %d is not in the form of the ledger", n.all, imp.Index)
				continue
			}
			for _, at := range items {
				p.fillRow(&at.c.items[at.i], row)
				at.c.source[at.i].locator, at.c.source[at.i].leaf = p.words.clone(row.Locator), ledger.LeafHash(t.Bytes)
			}
		}
		if n.all == 0 {
			n.all = imp.Import.Grants // no list at all: none is disclosed
		}
		p.rows[imp.Index] = n
	}
	return nil
}

func (p *Pack) fillRow(it *review.Item, row *ledger.Row) {
	w := &p.words
	it.Identity = w.one(firstOf(row.Identity, row.Account))
	it.Account, it.Entitlement, it.Resource, it.Path = w.one(row.Account), w.one(row.Entitlement), w.one(row.Resource), w.one(row.Path)
	it.GrantKind, it.Privilege = w.one(row.Kind), review.Privilege(w.one(row.Privilege))
}

// readFacts fills items with their decision in force and what was shown for it.
func (p *Pack) readFacts(ctx context.Context, progress func(review.Progress)) error {
	var done, all int64
	for _, c := range p.reviews {
		all += int64(len(c.items))
	}
	for _, c := range p.reviews {
		for i := range c.items {
			if done++; done%512 == 0 {
				if stop := stopped(ctx); stop != nil {
					return stop
				}
				if progress != nil {
					progress(review.Progress{Stage: "opening", Done: done, Total: all, Unit: "items"})
				}
			}
			if err := p.fill(ctx, c, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Pack) fill(ctx context.Context, c *packReview, i int) error {
	it := &c.items[i]
	it.Kind, it.Status = review.NotInPack, review.NotInPack
	none := review.Time{State: review.NotInPack}
	it.Granted, it.LastUsed, it.Expires = none, none, none
	it.System, it.Source = review.NotInPack, review.NotInPack
	if imp := p.replay.Import(int64(it.Import)); imp != nil {
		it.System, it.Source = imp.Import.System, review.SourceID(imp.Import.Source)
	}
	state, _ := c.state.Item(c.ids[i])
	it.Reviewer = review.Principal(state.Assignee)
	if it.Account == "" {
		it.Identity, it.Account, it.Privilege = review.NotInPack, review.NotInPack, review.NotInPack
	}
	if it.State == review.ItemSigned {
		f, err := p.facts(ctx, c.source[i].shown, it.ID)
		if err != nil {
			return err
		}
		if f != nil {
			p.fillFacts(it, f)
			return nil
		}
	}
	it.Findings = unknownFindings()
	return nil
}

// unknownFindings stands where the pack cannot say what rules found.
func unknownFindings() []review.Finding {
	return []review.Finding{{Rule: review.NotInPack, Reason: "a pack says what rules found only with what was shown for a decision"}}
}

// facts reads what was shown for a decision; nil where the pack does not hold it.
func (p *Pack) facts(ctx context.Context, shown ledger.Hash, item review.ItemID) (*ledger.Facts, error) {
	text, err := p.pack.FactsText(shown)
	if err != nil {
		return nil, p.partial(ctx, err, "what was shown for decisions")
	}
	v, err := ledger.Parse(text)
	f, ok := v.(*ledger.Facts)
	if err != nil || !ok {
		p.trouble("what was shown for item %s is not in the form of the ledger", item.Short())
		return nil, nil
	}
	return f, nil
}

func (p *Pack) fillFacts(it *review.Item, f *ledger.Facts) {
	w := &p.words
	it.AccountStatus, it.EntName = review.Status(w.one(f.AccountStatus)), w.one(f.EntitlementName)
	it.Privilege = review.Privilege(w.one(f.Privilege))
	it.Kind, it.Status, it.Owner, it.Manager = review.Kind(w.one(f.IdentityKind)), w.one(f.IdentityStatus), w.one(f.Owner), w.one(f.Manager)
	it.GrantedBy, it.PrevVerdict = w.one(f.GrantedBy), review.Verdict(w.one(f.PreviousVerdict))
	for _, t := range []struct {
		to   *review.Time
		said string
	}{{&it.Granted, f.Granted}, {&it.LastUsed, f.LastUsed}, {&it.Expires, f.Expires}} {
		if at, ok := review.ParseStated(t.said); ok {
			at.State = review.TimeState(w.one(string(at.State)))
			*t.to = at
		}
	}
	for _, x := range f.Findings {
		it.Findings = append(it.Findings, review.Finding{Rule: w.one(x.Rule), Version: int(x.Version), Severity: review.Severity(w.one(x.Severity)), Reason: w.clone(x.Text)})
		switch change := review.Change(x.Rule); change {
		case review.New, review.Changed, review.CameBack: // the rules of that name say what changed since the review before
			it.Change = change
		}
	}
	it.MaxSeverity = review.Worst(it.Findings)
}

// draw finds the place of each disclosed item in the auditor's draw: the sample of a sampled pack is the beginning of the
// ranked list (evidence-pack.md 8), so ranking what is disclosed gives the places. Other packs mark what has a dossier.
func (c *packReview) draw(p *Pack) {
	if p.stmt.SampleSize > 0 {
		for i, id := range ledger.Rank(p.stmt.SampleSeed, c.stmt.PopulationRoot, c.ids) {
			c.rank[review.ItemID(id.String())] = i + 1
		}
	}
	for i := range c.items {
		it := &c.items[i]
		if n := c.rank[it.ID]; n > 0 {
			it.Sample = fmt.Sprintf("#%d", n)
		} else if _, ok := p.pack.Dossier(string(c.name), c.ids[i]); ok {
			it.Sample = "dossier"
			c.rank[it.ID] = 1
		}
		c.drawn = c.drawn || it.Sample != ""
	}
}

// importAt is the statement of an import; nil if the pack has none of that index.
func (p *Pack) importAt(id review.ImportID) *ledger.Import {
	if imp := p.replay.Import(int64(id)); imp != nil {
		return imp.Import
	}
	return nil
}

// bundleOf is the bundle that covers a record; nil for an entry that is none.
func (p *Pack) bundleOf(record int64) *ledger.BundleState {
	bundles := p.replay.Bundles()
	i, _ := slices.BinarySearchFunc(bundles, record, func(b *ledger.BundleState, i int64) int { return int(b.Index - i) })
	if i == len(bundles) || record < bundles[i].First || record == bundles[i].Index {
		return nil
	}
	return bundles[i]
}
