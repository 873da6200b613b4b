package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

// Walk goes from identity to identity. They stand in the order of q: by urgency of their most urgent item in the whole
// campaign, or by the first column of the sort where that is one of identities; else by key. So a step stays a step while
// items are decided.

// Card gives the identity at step positions from the one with key identity among those with items in q, in the order of q;
// "" and 0 is the first with something undecided, else the first. A step past either end stays at the end. not-found
// where q has no items. EarlierBy is left to the caller.
func (db *DB) Card(ctx context.Context, rq review.Query, identity string, step int) (review.Card, error) {
	var card review.Card
	rq.Identity = ""
	by := cardOrder(rq.Sort)
	rq.Sort = []review.SortKey{{Column: "ord"}}
	q, err := db.query(ctx, rq)
	if err != nil {
		return card, err
	}
	var list *subjectList
	if q.nothing() {
		list = &subjectList{}
	} else if list, err = q.subjects(ctx, by, rq); err != nil {
		return card, err
	}
	if len(list.ids) == 0 {
		return card, notFound("no identity has items here").WithHint("change the filter")
	}
	at := 0
	if identity != "" {
		if id, err := q.p.subjectID(ctx, identity); err != nil {
			return card, err
		} else if i, ok := list.at[id]; ok {
			at = int(i)
		}
	} else if id, err := q.firstOpen(ctx, by); err != nil {
		return card, err
	} else if i, ok := list.at[id]; ok {
		at = int(i)
	}
	at = min(max(at+step, 0), len(list.ids)-1)
	card.Position, card.Of = int64(at+1), int64(len(list.ids))
	var data string
	if err := db.r.QueryRowContext(ctx, "SELECT data FROM subject_data WHERE id = ?", list.ids[at]).Scan(&data); err != nil {
		return card, wrap(err)
	}
	if err := json.Unmarshal([]byte(data), &card.Identity); err != nil {
		return card, err
	}
	rq.Identity = card.Key
	return card, db.fillCard(ctx, rq, &card)
}

// cardOrder is how identities are ordered: terms over the alias s.
func cardOrder(sort []review.SortKey) []orderTerm {
	column, desc := "risk", false
	if len(sort) > 0 {
		column, desc = "key", false
		switch sort[0].Column {
		case "risk", "name", "manager", "department":
			column, desc = sort[0].Column, sort[0].Desc
		case "identity":
			desc = sort[0].Desc
		}
	}
	terms := []orderTerm{{"s." + column, desc}}
	if column == "risk" {
		terms = append(terms, orderTerm{"s.key", desc})
	}
	return append(terms, orderTerm{"s.id", desc})
}

// subjectList is the identities of a query in order.
type subjectList struct {
	ids []int64
	at  map[int64]int32
}

// keptLists is how many lists of identities a campaign remembers.
const keptLists = 8

// subjects lists the identities with items in the query. The list is remembered unless it may change with every verdict.
func (q *query) subjects(ctx context.Context, by []orderTerm, rq review.Query) (*subjectList, error) {
	key, err := q.listKey(ctx, by, rq)
	if err != nil {
		return nil, err
	}
	p := q.p
	p.mu.Lock()
	known := p.lists[key]
	p.mu.Unlock()
	if known != nil && key != "" {
		return known, nil
	}
	var pl plan
	if at, items := q.narrowest(); len(q.conds) == 0 {
		pl = plan{from: "subjects AS s", where: []string{"s.population = ?"}, args: []any{p.id}}
	} else if at >= 0 && items < p.items/manyShare {
		inner := q.collect(at)
		pl = plan{from: "subjects AS s", where: []string{"s.id IN (" + inner.sql("(i.population << 32) + i.subject", "") + ")"}, args: inner.args}
	} else {
		pl = q.havingItems()
	}
	list := &subjectList{at: map[int64]int32{}}
	if list.ids, err = idList(ctx, p.db.r, pl.sql("s.id", orderBy(by, false)), pl.args...); err != nil {
		return nil, err
	}
	for i, id := range list.ids {
		list.at[id] = int32(i)
	}
	if key != "" {
		p.mu.Lock()
		if len(p.lists) >= keptLists || p.lists == nil {
			p.lists = map[string]*subjectList{}
		}
		p.lists[key] = list
		p.mu.Unlock()
	}
	return list, nil
}

// havingItems reads identities that have an item in the query.
func (q *query) havingItems() plan {
	inner := plan{from: "item_facets AS x CROSS JOIN items AS i ON i.id = x.item CROSS JOIN item_now AS n ON n.id = i.id"}
	inner.and(fmt.Sprintf("x.population = s.population AND x.facet = %d AND x.value = (s.id & 4294967295)", facetSubject))
	q.restrict(&inner, -1)
	return plan{from: "subjects AS s", where: []string{"s.population = ?", "EXISTS (" + inner.sql("1", "") + ")"}, args: append([]any{q.p.id}, inner.args...)}
}

// listKey names a list of identities for as long as it is the same: those that depend on verdicts have no name, those that
// depend on the reviewer hold until the next reassignment.
func (q *query) listKey(ctx context.Context, by []orderTerm, rq review.Query) (string, error) {
	f, err := review.ParseFilter(rq.Filter)
	if err != nil {
		return "", err
	}
	people := rq.Reviewer != ""
	for _, t := range f.Terms {
		switch t.Field {
		case "verdict", "state":
			return "", nil
		case "last-used", "granted", "expires":
			return "", nil // an age depends on the time
		case "reviewer":
			people = true
		}
	}
	var version int64
	if people {
		if err := q.p.db.r.QueryRowContext(ctx, "SELECT coalesce(max(idx), 0) FROM reassignments").Scan(&version); err != nil {
			return "", wrap(err)
		}
	}
	return fmt.Sprint(by, "|", rq.Reviewer, "|", version, "|", f.String()), nil
}

// firstOpen is the first identity of the query with an item that is not decided; 0 if all are.
func (q *query) firstOpen(ctx context.Context, by []orderTerm) (int64, error) {
	open, err := q.p.verdictIn(ctx, review.NoVerdict, review.Abstain)
	if err != nil {
		return 0, err
	}
	with := *q
	with.conds = append(slices.Clone(q.conds), open)
	first := func(pl plan) func(context.Context) ([]int64, error) {
		return func(ctx context.Context) ([]int64, error) {
			return idList(ctx, q.p.db.r, pl.sql("s.id", orderBy(by, false)+" LIMIT 1"), pl.args...)
		}
	}
	at, items := with.narrowest()
	if at < 0 {
		at = len(with.conds) - 1
	}
	collect := with.collect(at)
	collect.from += " CROSS JOIN subjects AS s ON s.id = (i.population << 32) + i.subject"
	ways := []func(context.Context) ([]int64, error){first(with.havingItems()), first(collect)}
	if items <= few {
		ways = ways[1:]
	}
	ids, err := race(ctx, ways...)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// subjectID finds an identity by its key; 0 if there is none.
func (p *population) subjectID(ctx context.Context, key string) (int64, error) {
	var id int64
	err := p.db.r.QueryRowContext(ctx, "SELECT id FROM subjects WHERE population = ? AND key = ? AND key = ? COLLATE BINARY", p.id, key, key).Scan(&id)
	if isNoRows(err) {
		return 0, nil
	}
	return id, wrap(err)
}

// fillCard adds what the items of one identity show together.
func (db *DB) fillCard(ctx context.Context, rq review.Query, card *review.Card) error {
	accounts := map[string]bool{}
	worst := map[string]review.Finding{}
	err := db.Items(ctx, rq, func(it *review.Item) error {
		card.Items++
		if it.Verdict == review.Keep || it.Verdict == review.Revoke || it.Verdict == review.Except {
			card.Decided++
		}
		accounts[string(it.Source)+wordGap+it.Account] = true
		if !slices.Contains(card.Systems, it.System) {
			card.Systems = append(card.Systems, it.System)
		}
		if it.LastUsed.IsKnown() && (!card.LastSeen.IsKnown() || it.LastUsed.At.After(card.LastSeen.At)) {
			card.LastSeen = it.LastUsed
		}
		for _, f := range it.Findings {
			if known, ok := worst[f.Rule]; !ok || f.Severity.Rank() > known.Severity.Rank() {
				worst[f.Rule] = f
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(card.Systems)
	card.Accounts = int64(len(accounts))
	for _, f := range worst {
		card.Findings = append(card.Findings, f)
	}
	slices.SortFunc(card.Findings, func(a, b review.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), strings.Compare(a.Rule, b.Rule))
	})
	login, err := db.lastLogin(ctx, rq)
	if err == nil && login.IsKnown() && (!card.LastSeen.IsKnown() || login.At.After(card.LastSeen.At)) {
		card.LastSeen = login
	}
	return err
}

// lastLogin is the newest login of the accounts of an identity in a campaign.
func (db *DB) lastLogin(ctx context.Context, rq review.Query) (review.Time, error) {
	p, err := db.population(ctx, rq.Campaign)
	if err != nil {
		return review.Time{}, err
	}
	var code *int64
	id, err := p.subjectID(ctx, rq.Identity)
	if err != nil {
		return review.Time{}, err
	}
	err = db.r.QueryRowContext(ctx, `SELECT max(a.last_login) FROM item_facets AS x CROSS JOIN items AS i ON i.id = x.item
		CROSS JOIN holders AS h ON h.id = (i.population << 32) + i.holder CROSS JOIN accounts AS a ON a.id = h.account
		WHERE x.population = ? AND x.facet = ? AND x.value = ? & 4294967295 AND a.last_login > ?`, p.id, int(facetSubject), id, int64(knownFloor)).Scan(&code)
	if err != nil || code == nil {
		return review.Time{}, wrap(err)
	}
	return decodeTime(*code, true, ""), nil
}
