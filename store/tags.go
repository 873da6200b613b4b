package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"modernc.org/sqlite/vtab"

	"tickmark/review"
)

// Columns of closed vocabularies have few values, and an index over all of them would find what a walk finds as soon. What a
// walk does not find soon is a rare value: those alone are indexed, in item_tags, and all are counted when the population
// is prepared, so that a value nobody has is known to have no items.

// tagColumn is a column of items whose values are counted.
type tagColumn int

const (
	tagKind tagColumn = iota + 1
	tagStatus
	tagAccountStatus
	tagPrivilege
	tagSeverity
	tagChange
	tagPrevious
	tagStage
	tagGranted // the state of the time, see stateCode
	tagLastUsed
	tagExpires
)

// rareItems is how many items a value has at most to be indexed.
const rareItems = 50000

type tag struct {
	column tagColumn
	code   int64
}

func (t tag) key() string { return t.prefix() + strconv.FormatInt(t.code, 10) }

// prefix is what the keys of all values of a column begin with.
func (t tag) prefix() string { return strconv.Itoa(int(t.column)) + ":" }

// tagged is the items of a value: how many, and, while they are few, which.
type tagged struct {
	items int64
	ords  []uint32
}

// tag counts the values of an item.
func (l *Launcher) tag(r *itemRow) {
	for _, t := range [...]tag{{tagKind, r.kind}, {tagStatus, r.status}, {tagAccountStatus, r.accountStatus}, {tagPrivilege, r.privilege}, {tagSeverity, r.severity},
		{tagChange, r.change}, {tagPrevious, r.previousVerdict}, {tagStage, r.stage}, {tagGranted, stateCode(r.granted)}, {tagLastUsed, stateCode(r.lastUsed)},
		{tagExpires, stateCode(r.expires)}} {
		known := l.tagged[t]
		if known == nil {
			known = &tagged{}
			l.tagged[t] = known
		}
		known.items++
		switch {
		case known.items <= rareItems:
			known.ords = append(known.ords, uint32(r.id))
		case known.ords != nil:
			known.ords = nil
		}
	}
}

// stateCode numbers the state of a coded time: 0 not collected, 1 known, 2 never, 3 unknown, 4 not applicable.
func stateCode(code any) int64 {
	n, ok := code.(int64)
	switch {
	case !ok, n == codeNotCollected:
		return 0
	case n == codeNever:
		return 2
	case n == codeUnknown:
		return 3
	case n == codeNotApplicable:
		return 4
	}
	return 1
}

type tagRow struct{ population, column, code, item int64 }

func tagColumns() []string { return []string{"population", "tag", "code", "item"} }

func tagValue(r *tagRow, column int) vtab.Value {
	return [...]vtab.Value{r.population, r.column, r.code, r.item}[column]
}

// loadTags writes the rare values.
func (p *itemPipe) loadTags() error {
	for t, known := range p.l.tagged {
		rows := make([]tagRow, len(known.ords))
		for i, ord := range known.ords {
			rows[i] = tagRow{p.l.id, int64(t.column), t.code, p.l.wide(ord)}
		}
		if err := fillAll(&p.batcher, p.tags, rows); err != nil {
			return err
		}
	}
	return nil
}

// tagIn is the condition that a column has one of some values.
func (p *population) tagIn(column tagColumn, expr string, values ...int64) cond {
	var c cond
	var ids []string
	rare := true
	for _, v := range values {
		n := p.stats.Tags[tag{column, v}.key()]
		if n == 0 {
			continue
		}
		c.items += n
		rare = rare && n <= rareItems
		c.args = append(c.args, v)
		ids = append(ids, "SELECT x.item FROM item_tags AS x WHERE x.population = ? AND x.tag = ? AND x.code = ?")
		c.idsArgs = append(c.idsArgs, p.id, int64(column), v)
	}
	if len(c.args) == 0 {
		return never()
	}
	c.sql = expr + " IN (?" + strings.Repeat(", ?", len(c.args)-1) + ")"
	if rare {
		c.ids = strings.Join(ids, " UNION ALL ")
		return c
	}
	c.ids, c.idsArgs, c.items = "", nil, -1
	return c
}

// timeState is the condition that a time is in a state.
func (p *population) timeState(column tagColumn, expr string, s review.TimeState) cond {
	code := map[review.TimeState]int64{review.NotCollected: 0, review.Known: 1, review.Never: 2, review.Unknown: 3, review.NotApplicable: 4}[s]
	c := p.tagIn(column, expr, code)
	if c.sql == "0" {
		return c
	}
	switch s {
	case review.Known:
		c.sql, c.args = expr+" > ?", []any{int64(knownFloor)}
	case review.NotCollected:
		c.sql, c.args = fmt.Sprintf("(%s IS NULL OR %s = ?)", expr, expr), []any{int64(codeNotCollected)}
	case review.Never:
		c.args = []any{int64(codeNever)}
	case review.Unknown:
		c.args = []any{int64(codeUnknown)}
	case review.NotApplicable:
		c.args = []any{int64(codeNotApplicable)}
	}
	return c
}

// subjectsWhere is the condition that the identity of an item is among some.
func (p *population) subjectsWhere(ctx context.Context, where string, args ...any) (cond, error) {
	return p.dictWhere(ctx, subjectsDict(), where, args)
}
