package store

import (
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

// An order is how a page is sorted: terms, the last of which tells any two items apart. Where the first term is a column
// of a dictionary, reading can start there: its entries in order, and the items of each.

type orderTerm struct {
	expr string
	desc bool
}

type order struct {
	column string // the only one sorted by; empty: several
	terms  []orderTerm
	joins  []join // dictionaries the terms need
	// lead says how to read in the order of the terms without sorting all items; nil: there is no such way. Its terms say
	// the same of the tables it reads.
	lead      *lead
	leadTerms []orderTerm
}

// join adds a dictionary to items.
type join struct{ alias, sql string }

// lead is a table to begin reading at.
type lead struct {
	from  string // FROM clause up to i
	where string // its condition; ? is the population
	alias string // of a dictionary
	facet facet  // of its items
}

// byID reads items in population order.
func byID() *lead { return &lead{from: "items AS i"} }

// byFacet reads items by a number they hold.
func byFacet(f facet) *lead {
	return &lead{from: "item_facets AS x CROSS JOIN items AS i ON i.id = x.item", where: fmt.Sprintf("x.population = ? AND x.facet = %d", f), facet: f}
}

// sortColumn says what a column of review.ItemColumns is in SQL.
type sortColumn struct {
	expr string
	join join // what has to be joined for expr
	lead *lead
}

func sortColumns() map[string]sortColumn {
	dictionary := func(alias, table, column, index, item string, f facet, where string) sortColumn {
		return sortColumn{alias + "." + column, join{alias, "JOIN " + table + " AS " + alias + " ON " + alias + ".id = (i.population << 32) + i." + item},
			&lead{from: fmt.Sprintf("%[2]s AS %[1]s INDEXED BY %[3]s CROSS JOIN item_facets AS x ON x.population = %[1]s.population AND x.facet = %[4]d AND x.value = (%[1]s.id & 4294967295)"+
				" CROSS JOIN items AS i ON i.id = x.item", alias, table, index, f), where: alias + ".population = ?" + where, alias: alias, facet: f}}
	}
	subject := func(column string) sortColumn {
		return dictionary("s", "subjects", column, "subjects_by_"+column, "subject", facetSubject, "")
	}
	name := func(alias, table, item string, f facet) sortColumn {
		return dictionary(alias, table, "native_id", table+"_by_native_id", item, f, "")
	}
	const least = "-9223372036854775807"
	return map[string]sortColumn{
		"ord":         {expr: "i.id", lead: byID()},
		"risk":        {expr: "i.risk", lead: byFacet(facetRisk)},
		"identity":    subject("key"),
		"name":        subject("name"),
		"manager":     subject("manager"),
		"department":  subject("department"),
		"owner":       dictionary("wo", "words", "text", "words_by_text", "owner", facetOwner, " AND wo.sort = 1"),
		"system":      dictionary("wy", "words", "text", "words_by_text", "origin", facetOrigin, " AND wy.sort = 3"),
		"account":     name("h", "holders", "holder", facetHolder),
		"entitlement": name("t", "targets", "target", facetTarget),
		"resource":    name("p", "places", "place", facetPlace),
		"reviewer":    {expr: "wr.text", join: join{"wr", "JOIN words AS wr ON wr.id = (i.population << 32) + n.reviewer"}},
		"kind":        {expr: "i.kind"},
		"status":      {expr: "i.status"},
		"privilege":   {expr: "i.privilege"},
		"granted":     {expr: "coalesce(i.granted, " + least + ")"},
		"last-used":   {expr: "coalesce(i.last_used, " + least + ")"},
		"verdict":     {expr: "n.verdict"},
		"state":       {expr: "CASE WHEN n.staged <> 0 THEN 1 WHEN n.signed <> 0 THEN 2 ELSE 0 END"},
		"severity":    {expr: "i.severity"},
		"change":      {expr: "i.change"},
	}
}

// orderOf translates a sort; the empty one is by urgency, then by population. The last key decides in which direction
// items that are otherwise equal follow.
func orderOf(keys []review.SortKey) (order, error) {
	if len(keys) == 0 {
		keys = []review.SortKey{{Column: "risk"}}
	}
	var o order
	all := sortColumns()
	for i, k := range keys {
		c, ok := all[k.Column]
		if !ok {
			return o, review.Errorf(review.KindUsage, "items are not sorted by %s", review.Quote(k.Column)).
				WithHint("sort by one of %s", strings.Join(review.ItemColumns[:], ", "))
		}
		o.terms = append(o.terms, orderTerm{c.expr, k.Desc})
		if c.join.sql != "" && !slices.Contains(o.joins, c.join) {
			o.joins = append(o.joins, c.join)
		}
		if i > 0 {
			continue
		}
		switch {
		case len(keys) == 1:
			o.column, o.lead = k.Column, c.lead
			// Equal names of different entries stay apart, so that the index of items can follow that of the dictionary.
			if c.lead != nil && c.lead.alias != "" {
				o.terms = append(o.terms, orderTerm{c.lead.alias + ".id", k.Desc})
			}
		case c.lead != nil && c.lead.alias != "":
			// SQLite then sorts only within equal first values, which pays where those have few items each.
			o.lead = c.lead
		}
	}
	if o.terms[0].expr != "i.id" {
		o.terms = append(o.terms, orderTerm{"i.id", keys[len(keys)-1].Desc})
	}
	o.leadTerms = slices.Clone(o.terms)
	if o.lead != nil && o.lead.facet != 0 && len(keys) == 1 {
		o.leadTerms[len(o.terms)-1].expr = "x.item"
		if o.lead.alias == "" {
			o.leadTerms[0].expr = "x.value"
		}
	}
	return o, nil
}

// orderBy writes ORDER BY; back turns it round.
func orderBy(terms []orderTerm, back bool) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.expr
		if t.desc != back {
			parts[i] += " DESC"
		}
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

// afterOp is what follows an anchor in the direction of reading.
func (t orderTerm) afterOp(back bool) string {
	if t.desc != back {
		return "<"
	}
	return ">"
}

// after is the keyset condition: what follows the values of an anchor in some terms, or, back, precedes it.
func after(terms []orderTerm, values []any, back, including bool) (string, []any) {
	uniform := true
	for _, t := range terms {
		uniform = uniform && t.desc == terms[0].desc
	}
	// Where the terms are of several tables, the first comparison alone lets an index start there; where they are of one, it
	// would let SQLite start too early.
	start, startArgs := "", []any(nil)
	if tableOf(terms[0]) != tableOf(terms[1%len(terms)]) {
		start, startArgs = terms[0].expr+" "+terms[0].afterOp(back)+"= ? AND ", values[:1]
	}
	last := len(terms) - 1
	if uniform {
		cmp := terms[0].afterOp(back)
		if including {
			cmp += "="
		}
		if last == 0 {
			return terms[0].expr + " " + cmp + " ?", values[:1]
		}
		exprs, marks := make([]string, len(terms)), make([]string, len(terms))
		for i, t := range terms {
			exprs[i], marks[i] = t.expr, "?"
		}
		return start + "(" + strings.Join(exprs, ", ") + ") " + cmp + " (" + strings.Join(marks, ", ") + ")", slices.Concat(startArgs, values[:len(terms)])
	}
	var alternatives []string
	var args []any
	for i := range terms {
		var parts []string
		for j := range i {
			parts = append(parts, terms[j].expr+" = ?")
			args = append(args, values[j])
		}
		cmp := terms[i].afterOp(back)
		if including && i == last {
			cmp += "="
		}
		parts = append(parts, terms[i].expr+" "+cmp+" ?")
		args = append(args, values[i])
		alternatives = append(alternatives, "("+strings.Join(parts, " AND ")+")")
	}
	return start + "(" + strings.Join(alternatives, " OR ") + ")", slices.Concat(startArgs, args)
}

// tableOf is the alias a term is of, empty for an expression.
func tableOf(t orderTerm) string {
	alias, _, ok := strings.Cut(t.expr, ".")
	if !ok || strings.ContainsAny(alias, " (") {
		return ""
	}
	return alias
}
