package store

import (
	"context"
	"maps"
	"strings"

	"tickmark/review"
)

// peerGroup is the identities of a department and a title.
type peerGroup struct{ department, title string }

// holding is an entitlement in the hands of a group.
type holding struct {
	peerGroup
	target int64
}

// peers says how many identities of the same department and title hold the same entitlement here. A population does not
// change, so what was counted once is remembered.
func (p *population) peers(ctx context.Context, who review.Identity, it listedItem) (review.Peers, error) {
	var out review.Peers
	if who.Department == "" && who.Title == "" {
		return out, nil
	}
	group := peerGroup{who.Department, who.Title}
	out.Group = strings.Trim(who.Department+", "+who.Title, ", ")
	var err error
	if out.Of, err = remembered(ctx, p, &p.groupSizes, group, func(ctx context.Context) (int64, error) { return p.groupSize(ctx, group) }); err != nil {
		return out, err
	}
	out.Have, err = remembered(ctx, p, &p.holders, holding{group, it.target}, func(ctx context.Context) (int64, error) {
		return p.holdersIn(ctx, group, out.Of, it.target)
	})
	return out, err
}

// remembered gives what is in a map of the population, or counts it and puts it there. One count runs at a time, and to its
// end whoever asked for it: while keys come faster than it, nothing would ever be remembered.
func remembered[K comparable](ctx context.Context, p *population, m *map[K]int64, key K, count func(context.Context) (int64, error)) (int64, error) {
	known := func() (int64, bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		n, ok := (*m)[key]
		return n, ok
	}
	if n, ok := known(); ok {
		return n, nil
	}
	select {
	case p.counting <- struct{}{}:
	case <-ctx.Done():
		return 0, wrap(ctx.Err())
	}
	if n, ok := known(); ok {
		<-p.counting
		return n, nil
	}
	type answer struct {
		n   int64
		err error
	}
	counted := make(chan answer, 1)
	go func() {
		defer func() { <-p.counting }()
		n, err := count(context.WithoutCancel(ctx))
		if err == nil {
			p.mu.Lock()
			if *m == nil || len(*m) >= lazyMost {
				*m = map[K]int64{}
			}
			(*m)[key] = n
			p.mu.Unlock()
		}
		counted <- answer{n, err}
	}()
	select {
	case a := <-counted:
		return a.n, a.err
	case <-ctx.Done():
		return 0, wrap(ctx.Err())
	}
}

func (p *population) groupSize(ctx context.Context, g peerGroup) (n int64, err error) {
	err = p.db.r.QueryRowContext(ctx, `SELECT count(*) FROM subjects INDEXED BY subjects_by_department
		WHERE population = ?1 AND department = ?2 AND department = ?2 COLLATE BINARY AND title = ?3`, p.id, g.department, g.title).Scan(&n)
	return n, wrap(err)
}

// holdersByTarget reads whoever holds the entitlement, and remembers all groups: the next one asks for nothing.
func (p *population) holdersByTarget(ctx context.Context, g peerGroup, target int64) (int64, error) {
	found := map[holding]int64{}
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		h := holding{target: target}
		var n int64
		err := scan(&h.department, &h.title, &n)
		found[h] = n
		return err
	}, `SELECT s.department COLLATE BINARY, s.title, count(DISTINCT i.subject) FROM item_facets AS x CROSS JOIN items AS i ON i.id = x.item
		CROSS JOIN subjects AS s ON s.id = (?1 << 32) + i.subject
		WHERE x.population = ?1 AND x.facet = ?2 AND x.value = ?3 GROUP BY 1, 2`, p.id, int(facetTarget), target)
	if err != nil {
		return 0, err
	}
	p.rememberHolders(found)
	return found[holding{g, target}], nil
}

func (p *population) rememberHolders(found map[holding]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.holders)+len(found) > lazyMost {
		p.holders = nil
	}
	if p.holders == nil {
		p.holders = map[holding]int64{}
	}
	maps.Copy(p.holders, found)
}

func (p *population) holdersByGroup(ctx context.Context, g peerGroup, target int64) (n int64, err error) {
	err = p.db.r.QueryRowContext(ctx, `SELECT count(*) FROM subjects AS s INDEXED BY subjects_by_department
		WHERE s.population = ?1 AND s.department = ?2 AND s.department = ?2 COLLATE BINARY AND s.title = ?3 AND EXISTS (
			SELECT 1 FROM item_facets AS o CROSS JOIN item_facets AS x ON x.population = ?1 AND x.facet = ?4 AND x.value = ?5 AND x.item = o.item
			WHERE o.population = ?1 AND o.facet = ?6 AND o.value = s.id & 4294967295)`,
		p.id, g.department, g.title, int(facetTarget), target, int(facetSubject)).Scan(&n)
	return n, wrap(err)
}
