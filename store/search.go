package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"tickmark/review"
)

// dictionary is a table texts are sought in.
type dictionary struct {
	table   string
	columns []string // raw columns; <column>_fold beside each
	item    string   // column of items that holds its number
	facet   facet    // of that column
	extra   string   // further condition
}

func subjectsDict() dictionary {
	return dictionary{"subjects", []string{"key", "name"}, "subject", facetSubject, ""}
}
func managersDict() dictionary {
	return dictionary{"subjects", []string{"manager"}, "subject", facetSubject, ""}
}
func departmentsDict() dictionary {
	return dictionary{"subjects", []string{"department"}, "subject", facetSubject, ""}
}
func holdersDict() dictionary {
	return dictionary{"holders", []string{"native_id", "login"}, "holder", facetHolder, ""}
}
func targetsDict() dictionary {
	return dictionary{"targets", []string{"native_id", "name"}, "target", facetTarget, ""}
}
func placesDict() dictionary {
	return dictionary{"places", []string{"native_id"}, "place", facetPlace, ""}
}
func ownersDict() dictionary {
	return dictionary{"words", []string{"text"}, "owner", facetOwner, fmt.Sprintf("sort = %d", wordOwner)}
}

func (d dictionary) foldOf(column string) string {
	switch column {
	case "text":
		return "fold"
	case "native_id":
		return "native_fold"
	}
	return column + "_fold"
}

// matched is what a text matches in a dictionary.
type matched struct {
	numbers []int64
	items   int64
	broad   bool // more entries than are worth listing
}

const (
	// listed is how many dictionary entries a condition lists; a broader one searches the dictionary as it goes.
	listed = 20000
	// keptMatches bounds what is remembered of earlier searches.
	keptMatches = 64
)

// dictText finds the items whose entry in a dictionary matches.
func (p *population) dictText(ctx context.Context, d dictionary, v review.Value) (cond, error) {
	match, args := d.match(v)
	return p.dictWhere(ctx, d, match, args)
}

// dictWhere finds the items whose entry in a dictionary fulfils a condition.
func (p *population) dictWhere(ctx context.Context, d dictionary, match string, args []any) (cond, error) {
	m, err := p.match(ctx, d, match, args)
	if err != nil {
		return cond{}, err
	}
	column := "i." + d.item
	if m.broad {
		// So many match that reading along the order soon finds a page; asking per item lets it stop there.
		return cond{sql: "EXISTS (SELECT 1 FROM " + d.table + " WHERE id = (i.population << 32) + " + column + " AND " + match + ")", args: args, items: -1}, nil
	}
	return p.inList(column, d.facet, m), nil
}

// inList is the condition that a dictionary column of items is among some numbers.
func (p *population) inList(column string, f facet, m matched) cond {
	if len(m.numbers) == 0 {
		return never()
	}
	list := jsonInts(m.numbers)
	return cond{sql: column + " IN (SELECT value FROM json_each(?))", args: []any{list}, items: m.items,
		ids:     "SELECT x.item FROM json_each(?) AS j CROSS JOIN item_facets AS x WHERE x.population = ? AND x.facet = ? AND x.value = j.value",
		idsArgs: []any{list, p.id, int(f)}}
}

func (d dictionary) where() string {
	w := "population = ? AND "
	if d.extra != "" {
		w += d.extra + " AND "
	}
	return w
}

// match is the condition on the dictionary itself.
func (d dictionary) match(v review.Value) (string, []any) {
	var parts []string
	var args []any
	for _, c := range d.columns {
		if v.None {
			parts = append(parts, c+" = ''")
			continue
		}
		parts = append(parts, "("+c+" <> '' AND coalesce("+d.foldOf(c)+", "+c+") LIKE ? ESCAPE '\\')")
		args = append(args, strings.ReplaceAll(v.Like(), "\x00", nulStandIn))
	}
	if v.None {
		return "(" + strings.Join(parts, " AND ") + ")", nil
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// match searches a dictionary, or remembers.
func (p *population) match(ctx context.Context, d dictionary, match string, args []any) (matched, error) {
	key := fmt.Sprint(d.table, d.extra, match, args)
	p.mu.Lock()
	m, ok := p.matches[key]
	p.mu.Unlock()
	if ok {
		return m, nil
	}
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		var n, items int64
		if err := scan(&n, &items); err != nil {
			return err
		}
		if len(m.numbers) == listed {
			m = matched{broad: true}
			return errStop
		}
		m.numbers = append(m.numbers, n)
		m.items += items
		return nil
	}, "SELECT id & 4294967295, items FROM "+d.table+" WHERE "+d.where()+match, append([]any{p.id}, args...)...)
	if err != nil && err != errStop {
		return m, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.matches) >= keptMatches {
		clear(p.matches)
	}
	p.matches[key] = m
	return m, nil
}

// errStop ends an iteration that has seen enough.
var errStop = errors.New("seen enough")

// anyText finds a word in any of the fields people look at.
func (p *population) anyText(ctx context.Context, v review.Value) (cond, error) {
	dictionaries := []dictionary{subjectsDict(), holdersDict(), targetsDict(), placesDict(), ownersDict()}
	list := make([]cond, len(dictionaries)+1)
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, d := range dictionaries {
		wg.Go(func() { list[i], errs[i] = p.dictText(ctx, d, v) })
	}
	last := len(dictionaries)
	list[last], errs[last] = p.originText(ctx, "system", v)
	wg.Wait()
	return or(list), wrap(errors.Join(errs...))
}
