package store

import (
	"context"
	"encoding/json"

	"modernc.org/sqlite/vtab"

	"tickmark/review"
)

// Peers of an entitlement that many hold are counted when a population is prepared, where all of it is in memory: counting
// them when somebody looks takes a read for each of its items.

const (
	// countedFrom is how many items an entitlement has for its peers to be counted at launch.
	countedFrom = 256
	// countedMost is how many groups are kept for one entitlement.
	countedMost = 4096
)

// groupNumbers numbers the departments and titles of a population's identities as they come.
type groupNumbers struct {
	numbers map[peerGroup]uint32
	groups  []peerGroup
	of      []uint32 // of each identity, by its number - 1
}

func (g *groupNumbers) add(group peerGroup) {
	if g.numbers == nil {
		g.numbers = map[peerGroup]uint32{}
	}
	n, met := g.numbers[group]
	if !met {
		n = uint32(len(g.groups))
		g.numbers[group] = n
		g.groups = append(g.groups, group)
	}
	g.of = append(g.of, n)
}

// peerCount is an element of the JSON in targets.peers.
type peerCount struct {
	peerGroup
	have int64
}

// MarshalJSON implements json.Marshaler.
func (c peerCount) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{c.department, c.title, c.have})
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *peerCount) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&c.department, &c.title, &c.have})
}

type peersRow struct {
	id   int64
	text vtab.Value
}

func openPeers(b *batcher) *inlet[peersRow] {
	return openFeed(b, "peers", []string{"id", "peers"}, func(r *peersRow, column int) vtab.Value {
		return [...]vtab.Value{r.id, r.text}[column]
	}, func(feed string) string {
		return "UPDATE main.targets AS t SET peers = f.peers FROM temp." + feed + " AS f WHERE t.id = f.id"
	})
}

// loadPeers counts the groups of every entitlement that many items name.
func (p *itemPipe) loadPeers() error {
	targets, subjects := p.l.facets[facetTarget-1], p.l.facets[facetSubject-1]
	groups := &p.l.groups
	seen := make([]uint32, len(groups.of)) // the entitlement an identity was counted for last
	var rows []peersRow
	for ords := byValue(targets); len(ords) > 0; {
		target, n := targets[ords[0]], 1
		for n < len(ords) && targets[ords[n]] == target {
			n++
		}
		if n >= countedFrom {
			have := map[uint32]int64{}
			var order []uint32
			for _, ord := range ords[:n] {
				who := subjects[ord] - 1
				if seen[who] == target {
					continue
				}
				seen[who] = target
				group := groups.of[who]
				if have[group]++; have[group] == 1 {
					order = append(order, group)
				}
			}
			if len(order) <= countedMost {
				counts := make([]peerCount, len(order))
				for i, group := range order {
					counts[i] = peerCount{groups.groups[group], have[group]}
				}
				rows = append(rows, peersRow{p.l.wide(target), jsonText(counts)})
			}
		}
		ords = ords[n:]
	}
	return fillAll(&p.batcher, p.peers, rows)
}

// holdersCounted gives what was counted at launch, and remembers it for every group.
func (p *population) holdersCounted(g peerGroup, target int64, text string) (int64, error) {
	var counts []peerCount
	if err := json.Unmarshal([]byte(text), &counts); err != nil {
		return 0, review.Errorf(review.KindIO, "the peers of an entitlement of campaign %s are damaged: %w", review.Quote(string(p.campaign)), err).
			WithHint("run tickmark doctor")
	}
	found := make(map[holding]int64, len(counts))
	for _, c := range counts {
		found[holding{c.peerGroup, target}] = c.have
	}
	p.rememberHolders(found)
	return found[holding{g, target}], nil
}

// holdersIn counts the identities of a group that hold an entitlement: it was done at launch, or is done by whoever holds it,
// or by the items of the group, whichever are fewer.
func (p *population) holdersIn(ctx context.Context, g peerGroup, size, target int64) (int64, error) {
	var items int64
	var counted *string
	if err := p.db.r.QueryRowContext(ctx, "SELECT items, peers FROM targets WHERE id = ?", p.base()|target).Scan(&items, &counted); err != nil {
		return 0, wrap(err)
	}
	if counted != nil {
		return p.holdersCounted(g, target, *counted)
	}
	if perIdentity := p.items / max(p.subjects, 1); size*(perIdentity+1) < items {
		return p.holdersByGroup(ctx, g, target)
	}
	return p.holdersByTarget(ctx, g, target)
}
