package store

import (
	"cmp"
	"context"
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
	column, desc := cardOrder(rq.Sort)
	rq.Sort = []review.SortKey{{Column: "ord"}}
	q, err := db.query(ctx, rq)
	if err != nil {
		return card, err
	}
	walk, err := q.subjects(ctx, column, desc)
	if err != nil {
		return card, err
	}
	if len(walk) == 0 {
		return card, notFound("no identity has items here").WithHint("change the filter")
	}
	at := -1
	for i := range walk {
		if identity != "" && walk[i].key == identity {
			at = i
			break
		}
		if identity == "" && at < 0 && walk[i].decided < walk[i].items {
			at = i
		}
	}
	if at < 0 {
		at = 0
	}
	at = min(max(at+step, 0), len(walk)-1)
	card.Position, card.Of = int64(at+1), int64(len(walk))
	card.Items, card.Decided = walk[at].items, walk[at].decided
	if card.Identity, err = db.Subject(ctx, rq.Campaign, walk[at].key); err != nil {
		return card, err
	}
	rq.Identity = walk[at].key
	return card, db.fillCard(ctx, rq, &card)
}

// cardOrder is the column of subjects that identities are ordered by.
func cardOrder(sort []review.SortKey) (column string, desc bool) {
	if len(sort) == 0 {
		return "risk", false
	}
	switch sort[0].Column {
	case "risk", "name", "manager", "department":
		return sort[0].Column, sort[0].Desc
	case "identity":
		return "key", sort[0].Desc
	}
	return "key", false
}

type walkStep struct {
	key            string
	items, decided int64
}

// subjects lists the identities with items in the query, in order.
func (q *query) subjects(ctx context.Context, column string, desc bool) ([]walkStep, error) {
	if q.nothing() {
		return nil, nil
	}
	direction := ""
	if desc {
		direction = " DESC"
	}
	pl := q.cheapest()
	pl.from += " CROSS JOIN subjects AS s ON s.id = (i.population << 32) + i.subject"
	var list []walkStep
	err := each(ctx, q.p.db.r, func(scan func(...any) error) error {
		var w walkStep
		err := scan(&w.key, &w.items, &w.decided)
		list = append(list, w)
		return err
	}, pl.sql("s.key, count(*), count(*) FILTER (WHERE n.verdict BETWEEN 1 AND 3)",
		" GROUP BY i.subject ORDER BY s."+column+direction+", s.key, s.id"), pl.args...)
	return list, err
}

// fillCard adds what the items of one identity show together.
func (db *DB) fillCard(ctx context.Context, rq review.Query, card *review.Card) error {
	accounts := map[string]bool{}
	worst := map[string]review.Finding{}
	err := db.Items(ctx, rq, func(it *review.Item) error {
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
	err = db.r.QueryRowContext(ctx, `SELECT max(a.last_login) FROM items i JOIN subjects s ON s.id = (i.population << 32) + i.subject
		JOIN holders h ON h.id = (i.population << 32) + i.holder JOIN accounts a ON a.id = h.account
		WHERE s.population = ? AND s.key = ? AND s.key = ? COLLATE BINARY AND i.population = s.population AND i.subject = (s.id & 4294967295)
		AND a.last_login > ?`, p.id, rq.Identity, rq.Identity, int64(knownFloor)).Scan(&code)
	if err != nil || code == nil {
		return review.Time{}, wrap(err)
	}
	return decodeTime(*code, true, ""), nil
}
