package store

import (
	"context"
	"slices"
	"strings"

	"tickmark/review"
)

// query is a review.Query translated for one population.
type query struct {
	p     *population
	conds []cond
	order order
	now   bool // item_now is needed whatever conditions and order say
}

func (db *DB) query(ctx context.Context, q review.Query) (*query, error) {
	p, err := db.population(ctx, q.Campaign)
	if err != nil {
		return nil, err
	}
	f, err := review.ParseFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	out := &query{p: p}
	if out.order, err = orderOf(q.Sort); err != nil {
		return nil, err
	}
	if out.conds, err = p.where(ctx, f, db.opt.Now()); err != nil {
		return nil, err
	}
	if q.Reviewer != "" {
		numbers, _, err := p.matching(ctx, wordReviewer, func(w word) bool { return w.text == string(q.Reviewer) })
		if err != nil {
			return nil, err
		}
		c, err := p.reviewers(ctx, numbers)
		if err != nil {
			return nil, err
		}
		if c.items < p.items { // else the person decides everything
			out.conds = append(out.conds, c)
		}
	}
	if q.Identity != "" {
		c, err := p.subjectIs(ctx, q.Identity)
		if err != nil {
			return nil, err
		}
		out.conds = append(out.conds, c)
	}
	return out, nil
}

// subjectIs is the condition that an item belongs to an identity.
func (p *population) subjectIs(ctx context.Context, key string) (cond, error) {
	var m matched
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		var id, items int64
		err := scan(&id, &items)
		m.numbers = append(m.numbers, id&0xffffffff)
		m.items += items
		return err
	}, "SELECT id, items FROM subjects WHERE population = ? AND key = ? AND key = ? COLLATE BINARY", p.id, key, key)
	return p.inList("i.subject", facetSubject, m), err
}

// nothing reports whether a condition can never hold.
func (q *query) nothing() bool {
	for _, c := range q.conds {
		if c.sql == "0" {
			return true
		}
	}
	return false
}

// narrowest is the condition with the fewest items that has an index; -1 if none has.
func (q *query) narrowest() (at int, items int64) {
	at, items = -1, q.p.items
	for i, c := range q.conds {
		if c.ids != "" && c.items >= 0 && c.items < items {
			at, items = i, c.items
		}
	}
	return at, items
}

// plan is a way to read the items of a query: SQL behind SELECT ... FROM.
type plan struct {
	with  string // a common table the plan starts from; empty: none
	from  string
	where []string
	args  []any
	terms []orderTerm // the order of the query in what the plan reads
}

func (pl *plan) and(sql string, args ...any) {
	pl.where = append(pl.where, sql)
	pl.args = append(pl.args, args...)
}

// walk reads along the order and leaves out what does not match: good where much matches.
func (q *query) walk() plan {
	pl := plan{terms: q.order.leadTerms}
	l := q.order.lead
	if l == nil {
		l = byID()
	}
	pl.from = l.from
	if l.where == "" {
		pl.and("i.id > ? << 32", q.p.id)
		pl.and("i.id < (? + 1) << 32", q.p.id)
	} else {
		pl.and(l.where, q.p.id)
	}
	q.restrict(&pl, -1)
	q.join(&pl, l.alias)
	return pl
}

// collect reads what one condition lets through and sorts it: good where little matches.
func (q *query) collect(at int) plan {
	pl := plan{with: "WITH c(id) AS (" + q.conds[at].ids + ") ", from: "c CROSS JOIN items AS i ON i.id = c.id", args: slices.Clone(q.conds[at].idsArgs), terms: q.order.terms}
	q.restrict(&pl, at)
	q.join(&pl, "")
	return pl
}

// restrict adds all conditions but one that the plan starts from.
func (q *query) restrict(pl *plan, but int) {
	for i, c := range q.conds {
		if i != but {
			pl.and(c.sql, c.args...)
		}
	}
}

// join adds item_now where it is needed, and the dictionaries the order needs and the plan does not start from.
func (q *query) join(pl *plan, has string) {
	needed := strings.Join(pl.where, " ")
	for _, t := range q.order.terms {
		needed += " " + t.expr
	}
	for _, j := range q.order.joins {
		needed += " " + j.sql
	}
	if q.now || usesNow(needed) {
		pl.from += " CROSS JOIN item_now AS n ON n.id = i.id"
	}
	for _, j := range q.order.joins {
		if j.alias != has {
			pl.from += " CROSS " + j.sql
		}
	}
}

// usesNow reports whether SQL names a column of item_now.
func usesNow(sql string) bool {
	sql = " " + sql
	return strings.Contains(sql, " n.") || strings.Contains(sql, "(n.")
}

func (pl plan) sql(what, tail string) string {
	where := ""
	if len(pl.where) > 0 {
		where = " WHERE " + strings.Join(pl.where, " AND ")
	}
	return pl.with + "SELECT " + what + " FROM " + pl.from + where + tail
}

const (
	// few items are always collected and sorted.
	few = 3000
	// manyShare: where one item in so many matches at least, reading along the order finds a page soon.
	manyShare = 4
)

// pageRead is one request for ids along the order of a query.
type pageRead struct {
	anchor          []any // nil: from the start, or, back, from the end
	back, including bool
	limit           int
}

// ids gives ids of items in the order of the query or, back, its reverse.
func (q *query) ids(ctx context.Context, r pageRead) ([]int64, error) {
	if q.nothing() {
		return nil, nil
	}
	walk := func(ctx context.Context) ([]int64, error) { return q.readAlong(ctx, r) }
	at, items := q.narrowest()
	collect := func(ctx context.Context) ([]int64, error) { return q.read(ctx, q.collect(at), r) }
	if q.order.column != "" && (at < 0 || items > few) {
		values, err := q.p.values(ctx, q.order.column)
		if err != nil {
			return nil, err
		}
		if values != nil {
			return q.idsByValue(ctx, values, r)
		}
	}
	switch {
	case at < 0 || items > q.p.items/manyShare && q.order.lead != nil:
		return walk(ctx)
	case items <= few || q.order.lead == nil:
		return collect(ctx)
	}
	return race(ctx, walk, collect)
}

// read runs a plan.
func (q *query) read(ctx context.Context, pl plan, r pageRead) ([]int64, error) {
	if r.anchor != nil {
		sql, args := after(pl.terms, r.anchor, r.back, r.including)
		pl.and(sql, args...)
	}
	pl.args = append(pl.args, r.limit)
	return idList(ctx, q.p.db.r, pl.sql("i.id", orderBy(pl.terms, r.back)+" LIMIT ?"), pl.args...)
}

// readAlong runs walk. An entry of a dictionary may have very many items, so behind an anchor the rest of its entry is
// read by the index of items, and only then the entries after it.
func (q *query) readAlong(ctx context.Context, r pageRead) ([]int64, error) {
	l := q.order.lead
	if r.anchor == nil || l == nil || l.alias == "" || q.order.terms[1].expr != l.alias+".id" {
		pl := q.walk()
		if r.anchor != nil && l != nil && len(q.order.terms) == 1 {
			// Of two bounds on the same side SQLite may start at the wrong one.
			side := 0
			if q.order.terms[0].afterOp(r.back) == "<" {
				side = 1
			}
			pl.where[side] = "+" + pl.where[side]
		}
		return q.read(ctx, pl, r)
	}
	entry, item := q.order.leadTerms[:2], q.order.leadTerms[2:]
	one := byFacet(l.facet)
	same := plan{from: one.from, terms: item}
	same.and(one.where+" AND x.value = ? & 4294967295", q.p.id, r.anchor[1])
	q.restrict(&same, -1)
	if usesNow(strings.Join(same.where, " ")) {
		same.from += " CROSS JOIN item_now AS n ON n.id = i.id"
	}
	ids, err := q.read(ctx, same, pageRead{r.anchor[2:], r.back, r.including, r.limit})
	if err != nil || len(ids) == r.limit {
		return ids, err
	}
	pl := q.walk()
	sql, args := after(entry, r.anchor, r.back, false)
	pl.and(sql, args...)
	rest, err := q.read(ctx, pl, pageRead{nil, r.back, false, r.limit - len(ids)})
	return append(ids, rest...), err
}

func idList(ctx context.Context, q querier, sql string, args ...any) ([]int64, error) {
	var ids []int64
	err := each(ctx, q, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, sql, args...)
	return ids, err
}

// race runs two ways to the same answer and takes the one that is there first: which it is depends on where in the order
// the matching items lie, and nothing knows that beforehand.
func race[T any](ctx context.Context, ways ...func(context.Context) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, len(ways))
	for _, way := range ways {
		go func() {
			v, err := way(ctx)
			answers <- answer{v, err}
		}()
	}
	first := <-answers
	return first.v, first.err
}

// anchor gives the values of an item in the terms of the order.
func (q *query) anchor(ctx context.Context, item int64) ([]any, error) {
	exprs := make([]string, len(q.order.terms))
	values := make([]any, len(exprs))
	dest := make([]any, len(exprs))
	for i, t := range q.order.terms {
		exprs[i], dest[i] = t.expr, &values[i]
	}
	pl := plan{from: "items AS i"}
	pl.and("i.id = ?", item)
	q.join(&pl, "")
	err := q.p.db.r.QueryRowContext(ctx, pl.sql(strings.Join(exprs, ", "), ""), pl.args...).Scan(dest...)
	return values, wrap(err)
}

// Page gives up to limit items around an anchor, in the order of the query. usage for a bad filter or sort column,
// not-found for an anchor that is no item of the campaign. Blocked is left to the caller.
func (db *DB) Page(ctx context.Context, rq review.Query, at review.Anchor, limit int) (review.Page, error) {
	var page review.Page
	if limit <= 0 {
		return page, nil
	}
	q, err := db.query(ctx, rq)
	if err != nil {
		return page, err
	}
	var anchor []any
	if at.From != "" {
		item, err := q.item(ctx, at.From)
		if err != nil {
			return page, err
		}
		if anchor, err = q.anchor(ctx, item); err != nil {
			return page, err
		}
	}
	ids, err := q.ids(ctx, pageRead{anchor, at.Back, at.Incl, limit + 1})
	if err != nil {
		return page, err
	}
	more := len(ids) > limit
	if more {
		ids = ids[:limit]
	}
	if at.Back {
		slices.Reverse(ids)
		page.First, page.Last = !more, at.From == ""
	} else {
		page.First, page.Last = at.From == "", !more
	}
	if page.Items, err = q.p.items_(ctx, ids); err != nil {
		return page, err
	}
	page.Offset, err = q.offset(ctx, rq, at, ids, page)
	return page, err
}

// offset is the rank of the first item of a page where it is cheaply known.
func (q *query) offset(ctx context.Context, rq review.Query, at review.Anchor, ids []int64, page review.Page) (int64, error) {
	whole := len(q.conds) == 0
	switch {
	case page.First:
		return 0, nil
	case whole && len(rq.Sort) == 1 && rq.Sort[0] == (review.SortKey{Column: "ord"}) && len(ids) > 0:
		return ids[0]&0xffffffff - 1, nil
	case at.Back && at.From == "" && whole:
		return q.p.items - int64(len(ids)), nil
	}
	return -1, nil
}

// item finds an item of the query's campaign; not-found.
func (q *query) item(ctx context.Context, id review.ItemID) (int64, error) {
	item, err := itemOf(ctx, q.p.db.r, id)
	if err == nil && item>>32 != q.p.id {
		err = notFound("campaign %s has no item %s", review.Quote(string(q.p.campaign)), review.Quote(id.Short()))
	}
	return item, err
}

// Count counts the items of a query.
func (db *DB) Count(ctx context.Context, rq review.Query) (int64, error) {
	rq.Sort = []review.SortKey{{Column: "ord"}}
	q, err := db.query(ctx, rq)
	if err != nil || q.nothing() {
		return 0, err
	}
	if len(q.conds) == 0 {
		return q.p.items, nil
	}
	if len(q.conds) == 1 && rq.Filter == "" && rq.Identity == "" {
		return q.conds[0].items, nil
	}
	if len(q.conds) == 1 {
		if c := q.conds[0]; c.ids != "" {
			return q.p.countIDs(ctx, c)
		} else if o := c.opposite; o != nil && o.ids != "" {
			n, err := q.p.countIDs(ctx, *o)
			return q.p.items - n, err
		}
	}
	var n int64
	pl := q.cheapest()
	err = db.r.QueryRowContext(ctx, pl.sql("count(*)", ""), pl.args...).Scan(&n)
	return n, wrap(err)
}

// countIDs counts what an index knows of a condition.
func (p *population) countIDs(ctx context.Context, c cond) (int64, error) {
	var n int64
	err := p.db.r.QueryRowContext(ctx, "SELECT count(*) FROM ("+c.ids+")", c.idsArgs...).Scan(&n)
	return n, wrap(err)
}

// cheapest is the plan that reads all items of a query soonest.
func (q *query) cheapest() plan {
	if at, items := q.narrowest(); at >= 0 && items < q.p.items/3 {
		return q.collect(at)
	}
	return q.walk()
}

// Items calls fn with every item of a query in its order. The pointer is valid only during the call; fn may use the
// database.
func (db *DB) Items(ctx context.Context, rq review.Query, fn func(*review.Item) error) error {
	q, err := db.query(ctx, rq)
	if err != nil || q.nothing() {
		return err
	}
	pl := q.cheapest()
	ids, err := idList(ctx, db.r, pl.sql("i.id", orderBy(pl.terms, false)), pl.args...)
	if err != nil {
		return err
	}
	const page = 512
	for len(ids) > 0 {
		n := min(page, len(ids))
		items, err := q.p.items_(ctx, ids[:n])
		if err != nil {
			return err
		}
		for i := range items {
			if err := fn(&items[i]); err != nil {
				return err
			}
		}
		ids = ids[n:]
	}
	return nil
}

// NextUndecided gives the next item of q without a verdict, staged or signed, after one, wrapping round; "" if none.
func (db *DB) NextUndecided(ctx context.Context, rq review.Query, after review.ItemID) (review.ItemID, error) {
	q, err := db.query(ctx, rq)
	if err != nil {
		return "", err
	}
	open, err := q.p.verdictIs(ctx, review.NoVerdict)
	if err != nil {
		return "", err
	}
	q.conds = append(q.conds, open)
	var anchor []any
	if after != "" {
		item, err := q.item(ctx, after)
		if err != nil {
			return "", err
		}
		if anchor, err = q.anchor(ctx, item); err != nil {
			return "", err
		}
	}
	ids, err := q.ids(ctx, pageRead{anchor: anchor, limit: 1})
	if err == nil && len(ids) == 0 && anchor != nil {
		ids, err = q.ids(ctx, pageRead{limit: 1})
	}
	if err != nil || len(ids) == 0 {
		return "", err
	}
	h, err := itemHash(db.r.QueryRowContext(ctx, itemHashQuery, ids[0]))
	return review.ItemID(h.String()), wrap(err)
}
