package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

// Groups counts the items of a query by a column of review.ItemColumns, or by source, finding, mark, how or campaign, largest
// first. An item with several findings or marks counts for each.
//
// Items are counted by the number of their dictionary entry, and only then do entries get their names and those of the
// same name come together. Without conditions the entries know their counts, and only the decided items are read.
func (db *DB) Groups(ctx context.Context, rq review.Query, column string) ([]review.GroupCount, error) {
	rq.Sort = []review.SortKey{{Column: "ord"}}
	q, err := db.query(ctx, rq)
	if err != nil {
		return nil, err
	}
	g, ok := groupings()[column]
	if !ok {
		return nil, review.Errorf(review.KindUsage, "items are not grouped by %s", review.Quote(column)).
			WithHint("group by identity, entitlement, system, finding, reviewer, department, kind, verdict or another column of words")
	}
	if q.nothing() {
		return nil, nil
	}
	var counts map[int64]groupSum
	if len(q.conds) == 0 && g.table != "" {
		counts, err = q.p.wholeGroups(ctx, g)
	} else {
		counts, err = q.countGroups(ctx, g)
	}
	if err != nil {
		return nil, err
	}
	names, err := q.p.groupNames(ctx, g, counts)
	if err != nil {
		return nil, err
	}
	return mergeGroups(counts, names), nil
}

type groupSum struct{ items, decided, severity int64 }

// grouping is how a column is grouped by.
type grouping struct {
	expr  string // a number of each item
	join  string // what expr needs beside items and item_now
	table string // dictionary the number is of; empty: word says what it means
	key   string // column of the dictionary that is the group's name
	label string // and one to show beside it
	word  func(int64) string
	split bool // a name is several marks
}

// howNumber is 0 where nothing is said.
const howNumber = "coalesce(i.how, 0)"

func groupings() map[string]grouping {
	code := func(expr string, word func(int64) string) grouping { return grouping{expr: expr, word: word} }
	return map[string]grouping{
		"identity":    {expr: "i.subject", table: "subjects", key: "key", label: "name"},
		"name":        {expr: "i.subject", table: "subjects", key: "name"},
		"manager":     {expr: "i.subject", table: "subjects", key: "manager"},
		"department":  {expr: "i.subject", table: "subjects", key: "department"},
		"account":     {expr: "i.holder", table: "holders", key: "native_id", label: "login"},
		"entitlement": {expr: "i.target", table: "targets", key: "native_id", label: "name"},
		"resource":    {expr: "i.place", table: "places", key: "native_id"},
		"owner":       {expr: "i.owner", table: "words", key: "text"},
		"system":      {expr: "i.origin", table: "words", key: "text"},
		"source":      {expr: "i.origin", table: "words", key: "more"},
		"how":         {expr: howNumber, table: "words", key: "text"},
		"reviewer":    {expr: "n.reviewer", table: "words", key: "text"},
		"finding":     {expr: "gf.rule", join: " CROSS JOIN item_findings AS gf ON gf.item = i.id", table: "words", key: "text"},
		"mark":        {expr: "gs.marks", join: " CROSS JOIN subjects AS gs ON gs.id = (i.population << 32) + i.subject AND gs.marks IS NOT NULL", table: "words", key: "text", split: true},
		"kind":        code("i.kind", func(n int64) string { return string(kinds().word(n)) }),
		"status":      code("i.status", func(n int64) string { return itemStatuses().word(n) }),
		"privilege":   code("i.privilege", func(n int64) string { return string(privileges().word(n)) }),
		"severity":    code("i.severity", func(n int64) string { return string(severities().word(n)) }),
		"change":      code("i.change", func(n int64) string { return string(changes().word(n)) }),
		"verdict":     code("n.verdict", func(n int64) string { return string(verdicts().word(n)) }),
		"state": code("CASE WHEN n.staged <> 0 THEN 1 WHEN n.signed <> 0 THEN 2 ELSE 0 END", func(n int64) string {
			return string([...]review.ItemState{review.ItemOpen, review.ItemStaged, review.ItemSigned}[n])
		}),
		"campaign": {expr: "i.population", table: "populations", key: "campaign"},
	}
}

// countGroups reads the items of the query.
func (q *query) countGroups(ctx context.Context, g grouping) (map[int64]groupSum, error) {
	q.now = true
	pl := q.cheapest()
	pl.from += g.join
	counts := map[int64]groupSum{}
	err := each(ctx, q.p.db.r, func(scan func(...any) error) error {
		var n int64
		var s groupSum
		err := scan(&n, &s.items, &s.decided, &s.severity)
		counts[n] = s
		return err
	}, pl.sql(g.expr+", count(*), count(*) FILTER (WHERE n.verdict BETWEEN 1 AND 3), max(i.severity)", " GROUP BY 1"), pl.args...)
	return counts, err
}

// wholeGroups takes what the dictionary knows of all items, and counts those that are decided.
func (p *population) wholeGroups(ctx context.Context, g grouping) (map[int64]groupSum, error) {
	counts := map[int64]groupSum{}
	if g.expr == "n.reviewer" || g.expr == howNumber || g.split || g.table == "populations" {
		q := query{p: p, now: true}
		return q.countGroups(ctx, g)
	}
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		var n, risk int64
		var s groupSum
		err := scan(&n, &s.items, &risk)
		s.severity = severityOfRisk(risk)
		counts[n] = s
		return err
	}, "SELECT id & 4294967295, items, risk FROM "+g.table+" WHERE population = ? AND items > 0"+g.sort(), p.id)
	if err != nil {
		return nil, err
	}
	decided, err := p.verdictIn(ctx, review.Keep, review.Revoke, review.Except)
	if err != nil {
		return nil, err
	}
	return counts, each(ctx, p.db.r, func(scan func(...any) error) error {
		var n, items int64
		if err := scan(&n, &items); err != nil {
			return err
		}
		s := counts[n]
		s.decided = items
		counts[n] = s
		return nil
	}, "WITH c(id) AS ("+decided.ids+") SELECT "+g.expr+", count(*) FROM c CROSS JOIN items AS i ON i.id = c.id"+g.join+" GROUP BY 1", decided.idsArgs...)
}

// sort narrows words to those of the grouping.
func (g grouping) sort() string {
	if g.table != "words" {
		return ""
	}
	n := map[string]int{"i.owner": wordOwner, "i.origin": wordOrigin, "gf.rule": wordRule}[g.expr]
	return fmt.Sprintf(" AND sort = %d", n)
}

// groupNames gives the names of groups: key and label.
func (p *population) groupNames(ctx context.Context, g grouping, counts map[int64]groupSum) (func(n int64) []review.GroupCount, error) {
	if g.word != nil {
		return func(n int64) []review.GroupCount { return []review.GroupCount{{Key: g.word(n), Label: g.word(n)}} }, nil
	}
	if g.table == "populations" {
		return func(int64) []review.GroupCount {
			return []review.GroupCount{{Key: string(p.campaign), Label: string(p.campaign)}}
		}, nil
	}
	label := "''"
	if g.label != "" {
		label = g.label
	}
	ids := make([]int64, 0, len(counts))
	for n := range counts {
		ids = append(ids, p.base()|n)
	}
	names := map[int64]review.GroupCount{}
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		var id int64
		var c review.GroupCount
		err := scan(&id, &c.Key, &c.Label)
		names[id&0xffffffff] = c
		return err
	}, "SELECT id, "+g.key+", "+label+" FROM "+g.table+" WHERE id IN (SELECT value FROM json_each(?))", jsonInts(ids))
	if err != nil {
		return nil, err
	}
	return func(n int64) []review.GroupCount {
		c := names[n]
		if !g.split {
			return []review.GroupCount{c}
		}
		var list []review.GroupCount
		for _, m := range strings.Split(c.Key, wordGap) {
			list = append(list, review.GroupCount{Key: m})
		}
		return list
	}, nil
}

// mergeGroups puts groups of one name together, largest first.
func mergeGroups(counts map[int64]groupSum, names func(int64) []review.GroupCount) []review.GroupCount {
	at := map[string]int{}
	var out []review.GroupCount
	for n, s := range counts {
		for _, g := range names(n) {
			i, ok := at[g.Key]
			if !ok {
				i = len(out)
				at[g.Key] = i
				out = append(out, review.GroupCount{Key: g.Key})
			}
			out[i].Items += s.items
			out[i].Decided += s.decided
			if w := severities().word(s.severity); w.Rank() > out[i].Severity.Rank() {
				out[i].Severity = w
			}
			out[i].Label = max(out[i].Label, g.Label)
		}
	}
	for i := range out {
		if out[i].Label == "" {
			out[i].Label = out[i].Key
		}
	}
	slices.SortFunc(out, func(a, b review.GroupCount) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.Key, b.Key))
	})
	return out
}
