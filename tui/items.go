package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	"tickmark/review"
	"tickmark/tui/grid"
)

// verdictWidth holds the longest verdict with its state, "? don't know staged": the column is as wide before the first
// verdict as after it, so that staging moves nothing.
const verdictWidth = 19

// itemColumns are the columns of item tables, named like review.ItemColumns where they sort by one. Ranks say which go
// first when space is short.
func itemColumns() []grid.Column {
	return []grid.Column{
		{Name: "verdict", Title: "Verdict", Min: verdictWidth, Max: verdictWidth, Whole: true, Tight: 6},
		{Name: "name", Title: "Identity", Min: 15, Max: 32, Read: 20, Rank: 1},
		{Name: "entitlement", Title: "Entitlement", Min: 10, Max: 48, Read: 24, Grow: 2},
		{Name: "resource", Title: "Resource", Min: 16, Max: 32, Rank: 5, Grow: 1},
		{Name: "system", Title: "System", Min: 8, Max: 20, Rank: 3},
		{Name: "privilege", Title: "Access", Min: 7, Max: 7, Rank: 4},
		{Name: "last-used", Title: "Last used", Min: 9, Max: 10, Rank: 2},
		{Name: "severity", Title: "Findings", Min: 12, Max: 48, Rank: 1, Grow: 1},
		{Name: "change", Title: "Change", Min: 11, Max: 11, Rank: 7},
		{Name: "granted", Title: "Granted", Min: 9, Max: 10, Rank: 8},
		{Name: "previous", Title: "Last time", Min: 9, Max: 12, Rank: 9, NoSort: true},
		{Name: "account", Title: "Account", Min: 8, Max: 32, Rank: 10, Hidden: true},
		{Name: "kind", Title: "Kind", Min: 5, Max: 11, Rank: 10, Hidden: true},
		{Name: "status", Title: "Status", Min: 6, Max: 9, Rank: 10, Hidden: true},
		{Name: "owner", Title: "Owner", Min: 8, Max: 28, Rank: 10, Hidden: true},
		{Name: "manager", Title: "Manager", Min: 8, Max: 28, Rank: 10, Hidden: true},
		{Name: "department", Title: "Department", Min: 8, Max: 20, Rank: 10, Hidden: true},
		{Name: "reviewer", Title: "Reviewer", Min: 8, Max: 28, Rank: 10, Hidden: true},
		{Name: "stage", Title: "Stage", Min: 5, Max: 5, Rank: 10, Hidden: true, NoSort: true, Right: true},
		{Name: "ord", Title: "No.", Min: 3, Max: 9, Rank: 10, Hidden: true, Right: true},
	}
}

// itemRow is an item as a line of itemColumns.
func (l *look) itemRow(it review.Item, now time.Time) grid.Row {
	s := stateSign(it.Verdict, it.State)
	if it.Blocked != "" && it.State == review.ItemOpen {
		s = find("verdict", "not yours")
	}
	change := changeSign(it.Change)
	prev := grid.Cell{}
	if it.PrevVerdict != "" && it.PrevVerdict != review.NoVerdict {
		p := verdictSign(it.PrevVerdict)
		prev = l.cell(faint, l.glyphOf(p)+" "+p.word)
	}
	return grid.Row{ID: string(it.ID), Data: it, Cells: []grid.Cell{
		l.cell(s.tone, l.glyphOf(s)+" "+s.word),
		l.cell(plain, who(it.Name, it.Identity)),
		l.cell(plain, entitlementWords(it)),
		l.cell(faint, it.Resource),
		l.cell(plain, it.System),
		l.cell(privilegeTone(it.Privilege), string(it.Privilege)),
		l.cell(usedTone(it.LastUsed), short(it.LastUsed, now)),
		l.findingsCell(it),
		l.cell(change.tone, l.glyphOf(change)+" "+change.word),
		l.cell(faint, short(it.Granted, now)),
		prev,
		l.cell(plain, accountWords(it)),
		l.cell(plain, string(it.Kind)),
		l.cell(plain, it.Status),
		l.cell(plain, orDash(it.Owner)),
		l.cell(plain, orDash(it.Manager)),
		l.cell(plain, orDash(it.Department)),
		l.cell(plain, string(it.Reviewer)),
		l.cell(plain, number(int64(it.Stage))),
		l.cell(faint, number(it.Ord)),
		l.cell(accent, it.Sample), // shown where there is a draw
	}}
}

func entitlementWords(it review.Item) string {
	return accessWords(it.EntName, it.Entitlement, accountWords(it))
}

// accessWords is what is held, for people: its name, else its id, else the account as such.
func accessWords(name, id, account string) string {
	switch {
	case name != "":
		return name
	case id != "":
		return id
	}
	return "account " + account
}

func accountWords(it review.Item) string {
	if it.Login != "" {
		return it.Login
	}
	return it.Account
}

func privilegeTone(p review.Privilege) tone {
	if p == review.Admin {
		return careful
	}
	return plain
}

// usedTone sets what nobody knows apart from what is known not to be used.
func usedTone(t review.Time) tone {
	switch t.Norm() {
	case review.Known, review.Never:
		return plain
	}
	return faint
}

func (l *look) findingsCell(it review.Item) grid.Cell {
	if len(it.Findings) == 0 {
		return grid.Cell{}
	}
	s := severitySign(it.MaxSeverity)
	rules := make([]string, 0, len(it.Findings))
	for _, f := range worstFirst(it.Findings) {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return l.cell(s.tone, l.glyphOf(s)+" "+shortSeverity(s.word)+" "+strings.Join(rules, ", "))
}

// itemSource pages through the items of a query. It keeps its own copy of the look: pages are made by commands.
type itemSource struct {
	desk Desk
	q    review.Query
	look look
	now  func() time.Time
}

func (a *app) itemSource(q review.Query) *itemSource {
	return &itemSource{desk: a.desk, q: q, look: *a.look, now: a.now}
}

func (s *itemSource) Count(ctx context.Context) (int64, error) { return s.desk.Count(ctx, s.q) }

func (s *itemSource) Page(ctx context.Context, order []grid.Order, at grid.Anchor, limit int) (grid.Page, error) {
	q := s.q
	if len(order) > 0 {
		q.Sort = nil
		for _, o := range order {
			q.Sort = append(q.Sort, review.SortKey{Column: o.Column, Desc: o.Desc})
		}
	}
	p, err := s.desk.Page(ctx, q, review.Anchor{From: review.ItemID(at.From), Back: at.Back, Incl: at.Incl}, limit)
	if err != nil {
		return grid.Page{}, err
	}
	out := grid.Page{Rows: make([]grid.Row, len(p.Items)), First: p.First, Last: p.Last, Offset: p.Offset}
	now := s.now()
	for i, it := range p.Items {
		out.Rows[i] = s.look.itemRow(it, now)
	}
	return out, nil
}

// itemGrid is a table of items that shows verdicts the store does not know yet.
func (a *app) itemGrid(q review.Query) *grid.Grid {
	g := a.drawnGrid(q)
	g.OnLoad(func() {
		for id, d := range a.acts.overlay {
			a.patch(g, id, d)
		}
	})
	return g
}

// patch shows a verdict on a line.
func (a *app) patch(g *grid.Grid, id review.ItemID, d review.Draft) {
	g.Patch(string(id), func(r *grid.Row) {
		it := r.Data.(review.Item)
		it.Verdict, it.State, it.Reason, it.Until = d.Verdict, review.ItemStaged, d.Reason, d.Until
		*r = a.look.itemRow(it, a.now())
	})
}

// currentItem is the item under the cursor of a table of items.
func currentItem(g *grid.Grid) (review.Item, bool) {
	if g == nil {
		return review.Item{}, false
	}
	r, ok := g.Current()
	if !ok {
		return review.Item{}, false
	}
	return r.Data.(review.Item), true
}

// undecidedAfter finds the next line behind the cursor, wrapping round, that is open and may be decided. It finds nothing
// when lines that are not loaded might hold a nearer one.
func undecidedAfter(g *grid.Grid) string {
	rows, cur, complete := g.Rows()
	for n := 1; n < len(rows); n++ {
		i := (cur + n) % len(rows)
		if i == 0 && !complete {
			return ""
		}
		if it := rows[i].Data.(review.Item); it.State == review.ItemOpen && it.Blocked == "" {
			return rows[i].ID
		}
	}
	return ""
}
