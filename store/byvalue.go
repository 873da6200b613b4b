package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tickmark/review"
)

// A column of a closed vocabulary has few values and no index to read along. A page in its order is read value by value:
// the items of one in the order of the population, which is found soon where a value is common and indexed where it is
// rare (tags.go), then those of the next. Sorting all items for every page would take as long as reading them all.

// valueOf is a value of a column and the condition that an item has it.
type valueOf struct {
	code int64
	cond
}

// vocabularies are the columns of closed vocabularies that are counted at launch.
func vocabularies() map[string]struct {
	tag  tagColumn
	expr string
} {
	return map[string]struct {
		tag  tagColumn
		expr string
	}{
		"kind":      {tagKind, "i.kind"},
		"status":    {tagStatus, "i.status"},
		"privilege": {tagPrivilege, "i.privilege"},
		"severity":  {tagSeverity, "i.severity"},
		"change":    {tagChange, "i.change"},
	}
}

// values gives the values of a column that items have, in ascending order; nil where the column has no closed vocabulary.
func (p *population) values(ctx context.Context, column string) ([]valueOf, error) {
	var list []valueOf
	switch column {
	case "verdict":
		for code, v := range verdicts() {
			c, err := p.verdictIn(ctx, v)
			if err != nil {
				return nil, err
			}
			list = append(list, valueOf{int64(code), c})
		}
		return list, nil
	case "state":
		for code, s := range []review.ItemState{review.ItemOpen, review.ItemStaged, review.ItemSigned} {
			c, err := p.stateIs(ctx, s)
			if err != nil {
				return nil, err
			}
			list = append(list, valueOf{int64(code), c})
		}
		return list, nil
	}
	v, ok := vocabularies()[column]
	if !ok {
		return nil, nil
	}
	for key := range p.stats.Tags {
		if text, ok := strings.CutPrefix(key, tag{column: v.tag}.prefix()); ok {
			code, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, err
			}
			list = append(list, valueOf{code, p.tagIn(v.tag, v.expr, code)})
		}
	}
	slices.SortFunc(list, func(a, b valueOf) int { return int(a.code - b.code) })
	return list, nil
}

// idsByValue is ids along the values of the column the query is sorted by.
func (q *query) idsByValue(ctx context.Context, values []valueOf, r pageRead) ([]int64, error) {
	desc := q.order.terms[0].desc
	if desc != r.back {
		slices.Reverse(values)
	}
	inner, err := orderOf([]review.SortKey{{Column: "ord", Desc: q.order.terms[1].desc}})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, v := range values {
		part := pageRead{back: r.back, limit: r.limit - len(ids)}
		if r.anchor != nil {
			at, _ := r.anchor[0].(int64)
			switch {
			case v.code == at:
				part.anchor, part.including = r.anchor[1:], r.including
			case (v.code < at) != (desc != r.back):
				continue
			}
		}
		of := query{p: q.p, conds: append(slices.Clone(q.conds), v.cond), order: inner}
		some, err := of.ids(ctx, part)
		if err != nil {
			return nil, err
		}
		if ids = append(ids, some...); len(ids) == r.limit {
			break
		}
	}
	return ids, nil
}
