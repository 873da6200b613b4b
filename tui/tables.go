package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/tui/grid"
)

// moves are the commands every table has.
func moves(g *grid.Grid) []command {
	if g == nil {
		return nil
	}
	return []command{
		{action: "down", do: func() tea.Cmd { return g.Move(1) }},
		{action: "up", do: func() tea.Cmd { return g.Move(-1) }},
		{action: "page-down", do: func() tea.Cmd { return g.Move(g.Half()) }},
		{action: "page-up", do: func() tea.Cmd { return g.Move(-g.Half()) }},
		{action: "screen-down", do: func() tea.Cmd { return g.Move(g.Screen()) }},
		{action: "screen-up", do: func() tea.Cmd { return g.Move(-g.Screen()) }},
		{action: "first", do: g.Home},
		{action: "last", do: g.End},
		{action: "left", do: func() tea.Cmd { g.Sideways(-1); return nil }},
		{action: "right", do: func() tea.Cmd { g.Sideways(+1); return nil }},
	}
}

// marking are the commands of tables with marks.
func marking(g *grid.Grid) []command {
	return []command{
		{action: "mark", do: func() tea.Cmd { g.ToggleMark(); return g.Move(1) }},
		{action: "range", do: g.Range},
		{action: "all", do: func() tea.Cmd { g.MarkAll(); return nil }},
	}
}

// copyCommand copies what f gives, and shows it. What is copied is the text as it is drawn: what one sees is what one
// pastes.
func (a *app) copyCommand(f func() string) command {
	return command{action: "copy", do: func() tea.Cmd {
		text := a.look.clean(f())
		if text == "" {
			a.warn("there is nothing to copy here")
			return nil
		}
		a.tell("copied: " + text)
		return tea.SetClipboard(text)
	}}
}

// sortCommand lets a person choose one or more columns to sort by, columnsCommand which are shown, in which order.
func (a *app) sortCommand(g *grid.Grid) command {
	return command{action: "sort", do: func() tea.Cmd {
		a.openPanel(newColumnPanel(a, g, true))
		return nil
	}}
}

func (a *app) columnsCommand(g *grid.Grid) command {
	return command{action: "columns", do: func() tea.Cmd {
		a.openPanel(newColumnPanel(a, g, false))
		return nil
	}}
}

// columnPanel lists the columns of a table: to sort by, or to show, move and freeze.
type columnPanel struct {
	a    *app
	g    *grid.Grid
	sort bool
	cols []grid.Column // shown ones first, in their order
	at   int
	lay  grid.Layout
	done func() tea.Cmd // when the panel closes
}

func newColumnPanel(a *app, g *grid.Grid, sort bool) *columnPanel {
	p := &columnPanel{a: a, g: g, sort: sort, lay: g.Layout()}
	all := g.Columns()
	for _, name := range p.lay.Columns {
		i := slices.IndexFunc(all, func(c grid.Column) bool { return c.Name == name })
		p.cols = append(p.cols, all[i])
		all = slices.Delete(all, i, i+1)
	}
	p.cols = append(p.cols, all...)
	if sort {
		p.cols = slices.DeleteFunc(p.cols, func(c grid.Column) bool { return c.NoSort })
		if len(p.lay.Order) > 0 { // enter then turns the sort round
			p.at = max(slices.IndexFunc(p.cols, func(c grid.Column) bool { return c.Name == p.lay.Order[0].Column }), 0)
		}
	}
	return p
}

func (p *columnPanel) close()               {}
func (p *columnPanel) paste(string) tea.Cmd { return nil }

func (p *columnPanel) key(k tea.KeyPressMsg) tea.Cmd {
	keys := p.a.keys
	pressed := name(k)
	switch {
	case pressed == "esc" || keys.is(k, "quit"):
		return p.leave()
	case keys.is(k, "down"):
		p.at = min(p.at+1, len(p.cols)-1)
	case keys.is(k, "up"):
		p.at = max(p.at-1, 0)
	case p.sort:
		return p.sortKey(pressed)
	default:
		p.layoutKey(pressed)
	}
	return nil
}

func (p *columnPanel) leave() tea.Cmd {
	p.a.closePanel()
	if p.done != nil {
		return p.done()
	}
	return nil
}

// sortKey: enter sorts by the column alone (again: the other way round), + adds it behind the others, - takes it out.
func (p *columnPanel) sortKey(pressed string) tea.Cmd {
	col := p.cols[p.at].Name
	i := slices.IndexFunc(p.lay.Order, func(o grid.Order) bool { return o.Column == col })
	switch pressed {
	case "enter":
		desc := i >= 0 && len(p.lay.Order) == 1 && !p.lay.Order[i].Desc
		p.lay.Order = []grid.Order{{Column: col, Desc: desc}}
		return tea.Batch(p.g.SetOrder(p.lay.Order), p.leave())
	case "+", "space":
		if i >= 0 {
			p.lay.Order[i].Desc = !p.lay.Order[i].Desc
		} else {
			p.lay.Order = append(p.lay.Order, grid.Order{Column: col})
		}
	case "-", "backspace", "delete":
		if i < 0 {
			return nil
		}
		p.lay.Order = slices.Delete(p.lay.Order, i, i+1)
	case "0":
		p.lay.Order = nil
		return tea.Batch(p.g.SetOrder(nil), p.leave())
	default:
		return nil
	}
	return p.g.SetOrder(p.lay.Order)
}

// layoutKey: space shows or hides, < and > move, f freezes everything up to here.
func (p *columnPanel) layoutKey(pressed string) {
	col := p.cols[p.at]
	i := slices.Index(p.lay.Columns, col.Name)
	swap := func(to int) {
		if i < 0 || to < 0 || to >= len(p.lay.Columns) {
			return
		}
		p.lay.Columns[i], p.lay.Columns[to] = p.lay.Columns[to], p.lay.Columns[i]
		p.cols[i], p.cols[to] = p.cols[to], p.cols[i]
		p.at = to
	}
	switch pressed {
	case "space", "enter":
		switch {
		case i >= 0 && len(p.lay.Columns) > 1:
			p.lay.Columns = slices.Delete(p.lay.Columns, i, i+1)
			p.lay.Frozen = min(p.lay.Frozen, len(p.lay.Columns)-1)
		case i < 0:
			p.lay.Columns = append(p.lay.Columns, col.Name)
		}
		p.reorder(col.Name)
	case "<", "left":
		swap(i - 1)
	case ">", "right":
		swap(i + 1)
	case "f":
		if i < 0 {
			return
		}
		if p.lay.Frozen == i+1 {
			p.lay.Frozen = 0
		} else {
			p.lay.Frozen = i + 1
		}
	default:
		return
	}
	p.g.SetLayout(p.lay)
	p.lay.Columns, p.lay.Frozen = p.g.Layout().Columns, p.g.Layout().Frozen
}

// reorder lists the shown columns first again and keeps the cursor on the same one.
func (p *columnPanel) reorder(at string) {
	slices.SortStableFunc(p.cols, func(x, y grid.Column) int {
		i, j := slices.Index(p.lay.Columns, x.Name), slices.Index(p.lay.Columns, y.Name)
		if i < 0 {
			i = 1000
		}
		if j < 0 {
			j = 1000
		}
		return i - j
	})
	p.at = max(slices.IndexFunc(p.cols, func(c grid.Column) bool { return c.Name == at }), 0)
}

func (p *columnPanel) height(_, room int) int { return min(len(p.cols)+1, room) }

func (p *columnPanel) view(w, h int) (string, *tea.Cursor) {
	l := p.a.look
	b := l.block(w)
	title := "Columns"
	if p.sort {
		title = "Sort by"
	}
	b.section(title)
	space := max(h-1, 1)
	top := max(p.at-space+1, 0)
	for i := top; i < len(p.cols) && i < top+space; i++ {
		c := p.cols[i]
		t, lead := plain, "  "
		if i == p.at {
			t, lead = inverse, l.glyph.cursor+" "
		}
		b.add(say(t, lead+grid.Fit(l.method, cmp.Or(c.Title, c.Name), 16, l.glyph.ellipsis)+p.state(c)))
	}
	return b.view(h), nil
}

// state says in words how a column takes part.
func (p *columnPanel) state(c grid.Column) string {
	if p.sort {
		i := slices.IndexFunc(p.lay.Order, func(o grid.Order) bool { return o.Column == c.Name })
		if i < 0 {
			return ""
		}
		way := "ascending"
		if p.lay.Order[i].Desc {
			way = "descending"
		}
		return strings.Join([]string{[]string{"first", "second", "third", "then"}[min(i, 3)], way}, ", ")
	}
	i := slices.Index(p.lay.Columns, c.Name)
	switch {
	case i < 0:
		return "hidden"
	case i < p.lay.Frozen:
		return "shown, stays in sight"
	}
	return "shown"
}

func (p *columnPanel) hints() []hint {
	if p.sort {
		return []hint{{key: "enter", word: "sort, reverse"}, {key: "+", word: "add"}, {key: "-", word: "take out"}, {key: "0", word: "usual"}, {key: "esc", word: "done"}}
	}
	return []hint{{key: "space", word: "show or hide"}, {key: "< >", word: "move"}, {key: "f", word: "freeze up to here"}, {key: "esc", word: "done"}}
}
