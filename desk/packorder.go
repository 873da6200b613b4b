package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tickmark/review"
)

// withheldWord stands in every field of an item that is not disclosed, so that it is found, grouped and shown as what it is
// and never passes for an undecided one.
const withheldWord = "withheld"

// line gives the item at a position of the population, or what stands for it.
func (c *packReview) line(ord int64) review.Item { return *c.item(ord) }

// item is line without copying what is disclosed, which must not be changed.
func (c *packReview) item(ord int64) *review.Item {
	if i, ok := c.disclosed(ord); ok {
		return &c.items[i]
	}
	it := c.placeholder()
	it.Name = fmt.Sprintf("member %d of %d", ord, c.size)
	it.ID, it.Ord = review.ItemID(fmt.Sprintf("%s:%s:%d", withheldWord, c.name, ord)), ord
	if ord <= int64(len(c.leaves)) {
		it.Withheld = fmt.Sprintf("the pack holds only its leaf hash: member %d of %d of campaign %s, %s", ord, c.size, c.name, c.leaves[ord-1].Base64())
	}
	return &it
}

// placeholder is what all items of a campaign that are not disclosed have in common.
func (c *packReview) placeholder() review.Item {
	it := review.Item{Campaign: c.name, Identity: withheldWord, Kind: withheldWord, Status: withheldWord, Source: withheldWord,
		System: withheldWord, Account: withheldWord, Entitlement: withheldWord, Privilege: withheldWord, Verdict: withheldWord, State: withheldWord,
		Reviewer: withheldWord, Owner: withheldWord, Change: withheldWord, Withheld: fmt.Sprintf("campaign %s is not in the view of this pack: it has %d items, and none of them is disclosed", c.name, c.stmt.Items),
		Findings: []review.Finding{{Rule: withheldWord, Reason: "whether a rule fired is not disclosed"}}}
	if c.inView {
		it.Withheld = "the pack does not hold the population of campaign " + string(c.name)
	}
	none := review.Time{State: review.NotInPack}
	it.Granted, it.LastUsed, it.Expires = none, none, none
	return it
}

// disclosed finds the item at a position of the population.
func (c *packReview) disclosed(ord int64) (int, bool) {
	return slices.BinarySearchFunc(c.items, ord, func(it review.Item, ord int64) int { return cmp.Compare(it.Ord, ord) })
}

// packCache keeps the last answers to queries: lists are read page by page, and walks step by step.
type packCache[T any] struct {
	mu   sync.Mutex
	kept map[string]T
}

const answersKept = 8

func (c *packCache[T]) get(q review.Query, make func() (T, error)) (T, error) {
	key := fmt.Sprintf("%q", []any{q.Reviewer, q.Filter, q.Sort, q.Identity})
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.kept[key]; ok {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	if c.kept == nil || len(c.kept) >= answersKept {
		c.kept = map[string]T{}
	}
	c.kept[key] = v
	return v, nil
}

// ordered gives the positions of the items that match a query, in its order: by urgency where it has none, those that were
// drawn first. What is withheld comes last, but for the order of the population itself.
func (p *Pack) ordered(c *packReview, q review.Query) ([]int64, error) {
	return c.orders.get(q, func() ([]int64, error) {
		f, err := review.ParseFilter(q.Filter)
		if err != nil {
			return nil, err
		}
		less, err := packOrder(c, q.Sort)
		if err != nil {
			return nil, err
		}
		matches := func(it *review.Item) bool {
			return (q.Reviewer == "" || it.Reviewer == q.Reviewer) && (q.Identity == "" || it.Identity == q.Identity) && f.Match(it, p.now)
		}
		var list []int64
		shown := make([]*review.Item, 0, len(c.items))
		for i := range c.items {
			if it := &c.items[i]; matches(it) {
				shown = append(shown, it)
			}
		}
		slices.SortFunc(shown, less)
		for _, it := range shown {
			list = append(list, it.Ord)
		}
		hidden := c.placeholder()
		if c.withheld() > 0 && matches(&hidden) {
			list = c.appendWithheld(list)
		}
		if len(q.Sort) == 1 && q.Sort[0].Column == "ord" {
			slices.Sort(list)
			if q.Sort[0].Desc {
				slices.Reverse(list)
			}
		}
		return list, nil
	})
}

func (c *packReview) appendWithheld(list []int64) []int64 {
	next := 0
	for ord := int64(1); ord <= c.size; ord++ {
		if next < len(c.items) && c.items[next].Ord == ord {
			next++
			continue
		}
		list = append(list, ord)
	}
	return list
}

// packOrder compares items by the columns of a sort, and by their place in the population where those say nothing.
func packOrder(c *packReview, keys []review.SortKey) (func(a, b *review.Item) int, error) {
	if len(keys) == 0 {
		keys = []review.SortKey{{Column: "risk"}}
	}
	var by []func(a, b *review.Item) int
	for _, k := range keys {
		f := packColumn(c, k.Column)
		if f == nil {
			return nil, review.Errorf(review.KindUsage, "items are not sorted by %s", review.Quote(k.Column)).
				WithHint("sort by one of %s", strings.Join(review.ItemColumns[:], ", "))
		}
		if k.Desc {
			up := f
			f = func(a, b *review.Item) int { return up(b, a) }
		}
		by = append(by, f)
	}
	back := keys[len(keys)-1].Desc
	return func(a, b *review.Item) int {
		for _, f := range by {
			if n := f(a, b); n != 0 {
				return n
			}
		}
		if back {
			a, b = b, a
		}
		return cmp.Compare(a.Ord, b.Ord)
	}, nil
}

// packColumn compares by one column of review.ItemColumns; nil for another.
func packColumn(c *packReview, column string) func(a, b *review.Item) int {
	text := func(f func(*review.Item) string) func(a, b *review.Item) int {
		return func(a, b *review.Item) int { return cmp.Compare(review.Fold(f(a)), review.Fold(f(b))) }
	}
	word := func(f func(*review.Item) string, words ...string) func(a, b *review.Item) int {
		place := func(it *review.Item) int {
			if i := slices.Index(words, f(it)); i >= 0 {
				return i
			}
			return len(words)
		}
		return func(a, b *review.Item) int { return cmp.Compare(place(a), place(b)) }
	}
	at := func(f func(*review.Item) review.Time) func(a, b *review.Item) int {
		return func(a, b *review.Item) int {
			x, y := f(a), f(b)
			if x.IsKnown() != y.IsKnown() {
				if y.IsKnown() {
					return -1
				}
				return 1
			}
			return x.At.Compare(y.At)
		}
	}
	switch column {
	case "ord":
		return func(a, b *review.Item) int { return cmp.Compare(a.Ord, b.Ord) }
	case "risk":
		return c.urgency
	case "identity":
		return text(func(it *review.Item) string { return it.Identity })
	case "name":
		return text(func(it *review.Item) string { return firstOf(it.Name, it.Identity) })
	case "owner":
		return text(func(it *review.Item) string { return it.Owner })
	case "manager":
		return text(func(it *review.Item) string { return it.Manager })
	case "department":
		return text(func(it *review.Item) string { return it.Department })
	case "system":
		return text(func(it *review.Item) string { return it.System })
	case "account":
		return text(func(it *review.Item) string { return it.Account })
	case "entitlement":
		return text(func(it *review.Item) string { return firstOf(it.EntName, it.Entitlement) })
	case "resource":
		return text(func(it *review.Item) string { return it.Resource })
	case "reviewer":
		return text(func(it *review.Item) string { return string(it.Reviewer) })
	case "kind":
		return text(func(it *review.Item) string { return string(it.Kind) })
	case "status":
		return text(func(it *review.Item) string { return it.Status })
	case "privilege":
		return word(func(it *review.Item) string { return string(it.Privilege) }, string(review.Admin), string(review.Write), string(review.Read))
	case "verdict":
		return word(func(it *review.Item) string { return string(it.Verdict) }, string(review.NoVerdict), string(review.Keep), string(review.Revoke),
			string(review.Except), string(review.Abstain))
	case "state":
		return word(func(it *review.Item) string { return string(it.State) }, string(review.ItemOpen), string(review.ItemSigned))
	case "change":
		return word(func(it *review.Item) string { return string(it.Change) }, changesByUrgency()...)
	case "severity":
		return func(a, b *review.Item) int { return cmp.Compare(a.MaxSeverity.Rank(), b.MaxSeverity.Rank()) }
	case "granted":
		return at(func(it *review.Item) review.Time { return it.Granted })
	case "last-used":
		return at(func(it *review.Item) review.Time { return it.LastUsed })
	}
	return nil
}

func changesByUrgency() []string {
	return []string{string(review.CameBack), string(review.New), string(review.Changed)}
}

// urgency puts what was drawn first, in the order of the draw, then the rest as the reviewers had it.
func (c *packReview) urgency(a, b *review.Item) int {
	place := func(it *review.Item) int {
		if n := c.rank[it.ID]; n > 0 {
			return n
		}
		return int(^uint(0) >> 1)
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(review.Urgency(a.Kind, a.MaxSeverity, a.Change), review.Urgency(b.Kind, b.MaxSeverity, b.Change)))
}

// place finds where an item id stands: the campaign and the position in its population. Withheld items have ids that name both.
func (p *Pack) place(id review.ItemID) (packPlace, error) {
	if at, ok := p.byItem[id]; ok {
		return at, nil
	}
	if rest, ok := strings.CutPrefix(string(id), withheldWord+":"); ok {
		name, number, _ := strings.Cut(rest, ":")
		ord, err := strconv.ParseInt(number, 10, 64)
		c := p.byName[review.CampaignID(name)]
		if err == nil && c != nil && ord >= 1 && ord <= c.size {
			if _, shown := c.disclosed(ord); !shown {
				return packPlace{c, ord}, nil
			}
		}
	}
	return packPlace{}, review.Errorf(review.KindNotFound, "the pack has no item %s", review.Quote(id.Short())).
		WithHint("items are named by their whole id, as in tables/population.csv")
}

// review finds a campaign.
func (p *Pack) review(name review.CampaignID) (*packReview, error) {
	c, ok := p.byName[name]
	if !ok {
		return nil, review.Errorf(review.KindNotFound, "the pack has no campaign %s", review.Quote(string(name))).WithHint("the screen campaigns lists those there are")
	}
	return c, nil
}
