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
	terms []orderTerm
	joins []string // dictionaries the terms need, as joins from i
	// lead reads in the order of the terms without sorting: a FROM clause up to i, with its condition. Empty: none does.
	lead      string
	leadWhere string
}

// sortColumn says what a column of review.ItemColumns is in SQL.
type sortColumn struct {
	expr string
	join string // what has to be joined for expr
	lead string // FROM clause that yields items in this order
	on   string // condition of lead; ? is the population
}

func sortColumns() map[string]sortColumn {
	subject := func(column string) sortColumn {
		return sortColumn{"s." + column, joinSubject, "subjects AS s INDEXED BY subjects_by_" + column +
			" CROSS JOIN items AS i INDEXED BY items_by_subject ON i.population = s.population AND i.subject = (s.id & 4294967295)", "s.population = ?"}
	}
	name := func(alias, table, item string) sortColumn {
		return sortColumn{alias + ".native_id", "JOIN " + table + " AS " + alias + " ON " + alias + ".id = (i.population << 32) + i." + item,
			fmt.Sprintf("%[2]s AS %[1]s INDEXED BY %[2]s_by_native_id CROSS JOIN items AS i INDEXED BY items_by_%[3]s ON i.population = %[1]s.population AND i.%[3]s = (%[1]s.id & 4294967295)",
				alias, table, item), alias + ".population = ?"}
	}
	word := func(alias, item string, sort int) sortColumn {
		return sortColumn{alias + ".text", "JOIN words AS " + alias + " ON " + alias + ".id = (i.population << 32) + i." + item,
			fmt.Sprintf("words AS %[1]s INDEXED BY words_by_text CROSS JOIN items AS i INDEXED BY items_by_%[2]s ON i.population = %[1]s.population AND i.%[2]s = (%[1]s.id & 4294967295)",
				alias, item), fmt.Sprintf("%s.population = ? AND %s.sort = %d", alias, alias, sort)}
	}
	const least = "-9223372036854775807"
	return map[string]sortColumn{
		"ord":         {expr: "i.id", lead: "items AS i", on: "i.id > ? << 32 AND i.id < (? + 1) << 32"},
		"risk":        {expr: "i.risk", lead: "items AS i INDEXED BY items_by_risk", on: "i.population = ?"},
		"identity":    subject("key"),
		"name":        subject("name"),
		"manager":     subject("manager"),
		"department":  subject("department"),
		"owner":       word("wo", "owner", wordOwner),
		"system":      word("wy", "origin", wordOrigin),
		"account":     name("h", "holders", "holder"),
		"entitlement": name("t", "targets", "target"),
		"resource":    name("p", "places", "place"),
		"reviewer":    {expr: "wr.text", join: "JOIN words AS wr ON wr.id = (i.population << 32) + n.reviewer"},
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

const joinSubject = "JOIN subjects AS s ON s.id = (i.population << 32) + i.subject"

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
		if c.join != "" && !slices.Contains(o.joins, c.join) {
			o.joins = append(o.joins, c.join)
		}
		if i == 0 && c.lead != "" {
			o.lead, o.leadWhere = c.lead, c.on
			// Equal names of different entries stay apart, so that the index of items can follow that of the dictionary.
			if alias, _, ok := strings.Cut(c.expr, "."); ok && alias != "i" && len(keys) == 1 {
				o.terms = append(o.terms, orderTerm{alias + ".id", k.Desc})
			}
		}
	}
	desc := keys[len(keys)-1].Desc
	if len(keys) > 1 {
		o.lead = leadIfUniform(o, keys)
	}
	if o.terms[0].expr != "i.id" {
		o.terms = append(o.terms, orderTerm{"i.id", desc})
	}
	return o, nil
}

// leadIfUniform keeps the lead of a sort by several columns: SQLite then sorts only within equal first values, which pays
// where those are few items each; urgency has too many.
func leadIfUniform(o order, keys []review.SortKey) string {
	if keys[0].Column == "risk" || keys[0].Column == "ord" {
		return ""
	}
	return o.lead
}

// sql writes ORDER BY; back turns it round.
func (o order) sql(back bool) string {
	parts := make([]string, len(o.terms))
	for i, t := range o.terms {
		parts[i] = t.expr
		if t.desc != back {
			parts[i] += " DESC"
		}
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

// after is the keyset condition: what follows the values of an anchor, or, back, precedes it.
func (o order) after(values []any, back, including bool) (string, []any) {
	uniform := true
	for _, t := range o.terms {
		uniform = uniform && t.desc == o.terms[0].desc
	}
	op := func(t orderTerm) string {
		if t.desc != back {
			return "<"
		}
		return ">"
	}
	last := len(o.terms) - 1
	if uniform {
		cmp := op(o.terms[0])
		if including {
			cmp += "="
		}
		exprs, marks := make([]string, len(o.terms)), make([]string, len(o.terms))
		for i, t := range o.terms {
			exprs[i], marks[i] = t.expr, "?"
		}
		// The first comparison alone lets an index start there also where the terms are of several tables.
		return o.terms[0].expr + " " + op(o.terms[0]) + "= ? AND (" + strings.Join(exprs, ", ") + ") " + cmp + " (" + strings.Join(marks, ", ") + ")",
			append([]any{values[0]}, values...)
	}
	var alternatives []string
	var args []any
	for i := range o.terms {
		var parts []string
		for j := range i {
			parts = append(parts, o.terms[j].expr+" = ?")
			args = append(args, values[j])
		}
		cmp := op(o.terms[i])
		if including && i == last {
			cmp += "="
		}
		parts = append(parts, o.terms[i].expr+" "+cmp+" ?")
		args = append(args, values[i])
		alternatives = append(alternatives, "("+strings.Join(parts, " AND ")+")")
	}
	return o.terms[0].expr + " " + op(o.terms[0]) + "= ? AND (" + strings.Join(alternatives, " OR ") + ")", append([]any{values[0]}, args...)
}
