package ledger

import "iter"

// CampaignState is a campaign, its items and its decisions.
type CampaignState struct {
	Index    int64
	Campaign *Campaign

	items     []item
	byItem    map[Hash]int32
	decisions []decision
	assigns   []assign
	people    []string
	byPerson  map[string]int32
	signoffs  []SignoffState
	withheld  map[string]int64 // act -> records
	imports   map[int64]bool   // those the statement names
	counts    *counting        // nil until it is asked, or if something came late
}

// none marks the end of a chain, and an unknown person.
const none int32 = -1

type item struct {
	id, grant  Hash
	imp, row   int64
	last       int32 // decision in force
	lastAssign int32
}

type decision struct {
	index   int64
	bundle  *BundleState
	item    int32
	before  int32 // decision it came after on the same item
	after   int32 // decision that came after it
	verdict string
	person  int32
}

type assign struct {
	index  int64 // of the record; of the campaign for the first assignment
	bundle int64 // of its bundle; of the campaign for the first assignment
	item   int32
	before int32
	person int32
}

// ItemState is an item as it stands.
type ItemState struct {
	Item, Grant Hash
	Import, Row int64
	Assignee    string // who is to decide, "" if that was not fed
	Decision    DecisionState
	Decided     bool // whether there is a Decision in force, an abstention too
}

// DecisionState is a decision on an item.
type DecisionState struct {
	Index        int64
	Bundle       *BundleState
	Item         Hash
	Verdict      string
	Reviewer     string
	Supersedes   int64 // index of the decision that was in force before, 0 if none
	SupersededBy int64 // index of the decision that came after, 0 if this one is in force
}

// AddMember feeds a member of the population. Members are to be fed in population order; an item that is there already is
// left alone.
func (c *CampaignState) AddMember(m *Member) {
	if _, ok := c.byItem[m.Item]; !ok {
		c.addItem(m.Item, m.Grant, m.Import, m.Row)
	}
}

// reserve makes room for items that are about to be fed.
func (c *CampaignState) reserve(items int64) {
	if len(c.items) == 0 {
		c.items, c.byItem = make([]item, 0, items), make(map[Hash]int32, items)
		c.assigns, c.decisions = make([]assign, 0, items), make([]decision, 0, items)
	}
}

func (c *CampaignState) addItem(id, grant Hash, imp, row int64) int32 {
	at := int32(len(c.items))
	c.items = append(c.items, item{id: id, grant: grant, imp: imp, row: row, last: none, lastAssign: none})
	c.byItem[id] = at
	return at
}

// Assign feeds a first assignment. A reassign that came meanwhile is not undone.
func (c *CampaignState) Assign(itemID Hash, reviewer string) {
	at, ok := c.byItem[itemID]
	if !ok {
		at = c.addItem(itemID, Hash{}, 0, 0)
	}
	if c.items[at].lastAssign == none {
		c.addAssign(at, reviewer, c.Index, c.Index)
	}
}

func (c *CampaignState) reassign(itemID Hash, to string, index, bundle int64) {
	at, ok := c.byItem[itemID]
	if !ok {
		at = c.addItem(itemID, Hash{}, 0, 0)
	}
	c.addAssign(at, to, index, bundle)
}

func (c *CampaignState) addAssign(at int32, to string, index, bundle int64) {
	p := c.person(to)
	c.assigns = append(c.assigns, assign{index, bundle, at, c.items[at].lastAssign, p})
	c.items[at].lastAssign = int32(len(c.assigns) - 1)
	if index == c.Index {
		c.counts = nil // what was counted may already be past it
	}
}

func (c *CampaignState) person(name string) int32 {
	p, ok := c.byPerson[name]
	if !ok {
		p = int32(len(c.people))
		c.people = append(c.people, name)
		c.byPerson[name] = p
	}
	return p
}

func (c *CampaignState) decide(index int64, d *Decision, b *BundleState) int32 {
	at, ok := c.byItem[d.Item]
	if !ok {
		at = c.addItem(d.Item, d.Grant, d.Import, d.Row)
	}
	if it := &c.items[at]; it.imp == 0 {
		it.grant, it.imp, it.row = d.Grant, d.Import, d.Row // only its assignment was fed
	}
	pos := int32(len(c.decisions))
	before := c.items[at].last
	c.decisions = append(c.decisions, decision{index, b, at, before, none, verdictWord(d.Verdict), c.person(d.Reviewer)})
	if before != none {
		c.decisions[before].after = pos
	}
	c.items[at].last = pos
	return pos
}

// verdictWord gives the verdict without the text it was cut from, which would stay in memory with it.
func verdictWord(v string) string {
	for _, word := range [...]string{VerdictKeep, VerdictRevoke, VerdictException, VerdictAbstain} {
		if v == word {
			return word
		}
	}
	return v
}

func (c *CampaignState) decision(pos int32) DecisionState {
	d := &c.decisions[pos]
	s := DecisionState{Index: d.index, Bundle: d.bundle, Item: c.items[d.item].id, Verdict: d.verdict, Reviewer: c.people[d.person]}
	if d.before != none {
		s.Supersedes = c.decisions[d.before].index
	}
	if d.after != none {
		s.SupersededBy = c.decisions[d.after].index
	}
	return s
}

func (c *CampaignState) itemState(at int32) ItemState {
	it := &c.items[at]
	s := ItemState{Item: it.id, Grant: it.grant, Import: it.imp, Row: it.row}
	if it.lastAssign != none {
		s.Assignee = c.people[c.assigns[it.lastAssign].person]
	}
	if it.last != none {
		s.Decision, s.Decided = c.decision(it.last), true
	}
	return s
}

// Item gives an item of the campaign. ok is false for one that was neither fed nor named by a record.
func (c *CampaignState) Item(id Hash) (s ItemState, ok bool) {
	at, ok := c.byItem[id]
	if !ok {
		return ItemState{}, false
	}
	return c.itemState(at), true
}

// Items goes through the items that are known: in population order if members were fed, then others in the order in which
// records named them.
func (c *CampaignState) Items() iter.Seq[ItemState] {
	return func(yield func(ItemState) bool) {
		for at := range c.items {
			if !yield(c.itemState(int32(at))) {
				return
			}
		}
	}
}

// History gives all decisions on an item in ledger order; the last is in force.
func (c *CampaignState) History(id Hash) []DecisionState {
	at, ok := c.byItem[id]
	if !ok {
		return nil
	}
	var list []DecisionState
	for pos := c.items[at].last; pos != none; pos = c.decisions[pos].before {
		list = append(list, c.decision(pos))
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Signoffs gives all sign-offs in ledger order.
func (c *CampaignState) Signoffs() []SignoffState { return c.signoffs }

// ManagerSignoff gives the first sign-off of a manager, nil if there is none. No decision may follow it.
func (c *CampaignState) ManagerSignoff() *SignoffState {
	for i := range c.signoffs {
		if c.signoffs[i].Signoff.Role == RoleManager {
			return &c.signoffs[i]
		}
	}
	return nil
}

// looksAt reports whether the campaign names an import.
func (c *CampaignState) looksAt(imp int64) bool { return c.imports[imp] }

// Withheld is the number of the campaign's records of an act that are withheld or not canonical. Counts cannot be
// recomputed while decisions are among them.
func (c *CampaignState) Withheld(act string) int64 { return c.withheld[act] }
