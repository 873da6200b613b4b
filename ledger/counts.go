package ledger

import (
	"cmp"
	"slices"
	"sort"
)

// Counts are the numbers a sign-off states.
type Counts struct {
	Items   int64
	Decided int64 // decisions in force that are not abstentions
	Tally   map[string]int64
}

// Open is the number of items that nobody has decided.
func (n Counts) Open() int64 { return n.Items - n.Decided }

// Count counts the decisions in force at an earlier size of the ledger, as a manager's sign-off does: over all items of
// the campaign. A record is in force at a size that includes its bundle.
func (c *CampaignState) Count(size int64) Counts {
	n := c.counted().all.at(size).counts()
	n.Items = c.Campaign.Items
	return n
}

// CountFor counts as a reviewer's sign-off does: over the items assigned to the person at that size. First assignments
// must have been fed.
func (c *CampaignState) CountFor(person string, size int64) Counts {
	if p, ok := c.byPerson[person]; ok {
		if mine := c.counted().mine[p]; mine != nil {
			return mine.at(size).counts()
		}
	}
	return standing{}.counts()
}

// tallyWords are the verdicts as places in a standing.
var tallyWords = [...]string{VerdictKeep, VerdictRevoke, VerdictException, VerdictAbstain}

const noVerdict int8 = -1

// standing is how many items there are, and how many are decided how, after the bundle.
type standing struct {
	bundle, items int64
	tally         [len(tallyWords)]int64
}

func (s standing) counts() Counts {
	n := Counts{Items: s.items, Tally: make(map[string]int64, len(tallyWords))}
	for i, word := range tallyWords {
		if s.tally[i] == 0 {
			continue
		}
		n.Tally[word] = s.tally[i]
		if word != VerdictAbstain {
			n.Decided += s.tally[i]
		}
	}
	return n
}

// course is a standing after each bundle that changed it, in ledger order.
type course []standing

func (l course) at(size int64) standing {
	i := sort.Search(len(l), func(i int) bool { return l[i].bundle >= size })
	if i == 0 {
		return standing{}
	}
	return l[i-1]
}

// after gives the standing to change for a bundle.
func (l *course) after(bundle int64) *standing {
	switch n := len(*l); {
	case n == 0:
		*l = append(*l, standing{bundle: bundle})
	case (*l)[n-1].bundle != bundle:
		next := (*l)[n-1]
		next.bundle = bundle
		*l = append(*l, next)
	}
	return &(*l)[len(*l)-1]
}

// counting answers for every earlier size what stood then, so that any number of sign-offs cost no more than the
// assignments and decisions they count. It follows them when it is asked.
type counting struct {
	all       course
	mine      map[int32]*course // by person
	now       []itemCount       // by item
	assigns   int               // followed so far
	decisions int
}

// itemCount is how an item stands in the counts.
type itemCount struct {
	person  int32
	verdict int8
}

func (c *CampaignState) counted() *counting {
	n := c.counts
	if n == nil {
		n = &counting{mine: map[int32]*course{}}
		c.counts = n
		// First assignments may have been fed late.
		if earlier := func(a, b assign) int { return cmp.Compare(a.bundle, b.bundle) }; !slices.IsSortedFunc(c.assigns, earlier) {
			sorted := slices.Clone(c.assigns)
			slices.SortStableFunc(sorted, earlier)
			n.follow(c, sorted)
			return n
		}
	}
	n.follow(c, c.assigns)
	return n
}

func (n *counting) follow(c *CampaignState, assigns []assign) {
	for len(n.now) < len(c.items) {
		n.now = append(n.now, itemCount{none, noVerdict})
	}
	for n.assigns < len(assigns) || n.decisions < len(c.decisions) {
		if n.decisions == len(c.decisions) || n.assigns < len(assigns) && assigns[n.assigns].bundle < c.decisions[n.decisions].bundle.Index {
			a := &assigns[n.assigns]
			n.assigns++
			n.assign(a.item, a.person, a.bundle)
			continue
		}
		d := &c.decisions[n.decisions]
		n.decisions++
		n.decide(d.item, int8(slices.Index(tallyWords[:], d.verdict)), d.bundle.Index)
	}
}

func (n *counting) of(person int32) *course {
	if n.mine[person] == nil {
		n.mine[person] = new(course)
	}
	return n.mine[person]
}

func (n *counting) assign(item, person int32, bundle int64) {
	x := &n.now[item]
	if x.person == person {
		return
	}
	if x.person != none {
		was := n.of(x.person).after(bundle)
		was.items--
		was.count(x.verdict, -1)
	}
	x.person = person
	is := n.of(person).after(bundle)
	is.items++
	is.count(x.verdict, 1)
}

func (n *counting) decide(item int32, verdict int8, bundle int64) {
	x := &n.now[item]
	lists := []*course{&n.all}
	if x.person != none {
		lists = append(lists, n.of(x.person))
	}
	for _, l := range lists {
		s := l.after(bundle)
		s.count(x.verdict, -1)
		s.count(verdict, 1)
	}
	x.verdict = verdict
}

func (s *standing) count(verdict int8, by int64) {
	if verdict != noVerdict {
		s.tally[verdict] += by
	}
}
