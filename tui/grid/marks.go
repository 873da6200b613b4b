package grid

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// maxCollect bounds how many IDs a range may gather one by one; all that match needs no list.
const maxCollect = 100_000

// Selection is what the user has chosen.
type Selection struct {
	All bool     // every row of the source
	IDs []string // else these, in no particular order
}

// Len is how many rows are chosen, given the total of the source.
func (s Selection) Len(total int64) int64 {
	if s.All {
		return total
	}
	return int64(len(s.IDs))
}

// Selection gives the marked rows, or none: the owner then acts on the current row.
func (g *Grid) Selection() Selection {
	if g.all {
		return Selection{All: true}
	}
	ids := make([]string, 0, len(g.marks))
	for id := range g.marks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return Selection{IDs: ids}
}

// Marked is the number of marked rows; negative when all are.
func (g *Grid) Marked() int {
	if g.all {
		return -1
	}
	return len(g.marks)
}

// Ranging reports whether a range has been begun and not ended.
func (g *Grid) Ranging() bool { return g.rangeFrom != "" }

// Collecting reports whether a range is being gathered beyond the loaded rows.
func (g *Grid) Collecting() bool { return g.collecting }

// ToggleMark marks or unmarks the current row. When all rows are marked, they are all unmarked first: a single row
// cannot be taken out of a choice that was never a list.
func (g *Grid) ToggleMark() {
	row, ok := g.Current()
	if !ok {
		return
	}
	if g.all {
		g.all = false
		return
	}
	if _, on := g.marks[row.ID]; on {
		delete(g.marks, row.ID)
		return
	}
	g.marks[row.ID] = struct{}{}
}

// MarkAll marks every row of the source, loaded or not; again, none.
func (g *Grid) MarkAll() {
	all := !g.all
	g.ClearMarks()
	g.all = all
}

// ClearMarks unmarks everything and drops a range.
func (g *Grid) ClearMarks() {
	clear(g.marks)
	g.all = false
	g.rangeFrom, g.rangeSide = "", 0
	g.collecting = false
	g.collected++
}

// Range begins a range at the cursor, or ends one: all rows between are marked. The command is for rows that are not
// loaded; until its answer is there Collecting holds.
func (g *Grid) Range() tea.Cmd {
	row, ok := g.Current()
	if !ok {
		return nil
	}
	if g.rangeFrom == "" {
		g.all = false
		g.rangeFrom, g.rangeSide = row.ID, 0
		return nil
	}
	from := g.rangeFrom
	if i := g.index(from); i >= 0 {
		lo, hi := min(i, g.cur), max(i, g.cur)
		for _, r := range g.win[lo : hi+1] {
			g.marks[r.ID] = struct{}{}
		}
		g.rangeFrom = ""
		return nil
	}
	back := g.rangeSide > 0
	g.rangeFrom, g.rangeSide = "", 0
	g.collecting = true
	g.collected++
	ctx, src, order := g.ctx, g.src, slices.Clone(g.order)
	m := Msg{grid: g, gen: g.collected, kind: kindCollect}
	return func() tea.Msg {
		m.ids, m.more, m.err = collect(ctx, src, order, from, row.ID, back)
		return m
	}
}

// collect gathers the IDs from one row to another, both included.
func collect(ctx context.Context, src Source, order []Order, from, to string, back bool) (ids []string, more bool, err error) {
	at := Anchor{From: from, Incl: true, Back: back}
	for len(ids) < maxCollect {
		p, err := src.Page(ctx, order, at, PageSize)
		if err != nil {
			return nil, false, err
		}
		if back {
			slices.Reverse(p.Rows)
		}
		for _, r := range p.Rows {
			ids = append(ids, r.ID)
			if r.ID == to {
				return ids, false, nil
			}
		}
		end := p.Last
		if back {
			end = p.First
		}
		if end || len(p.Rows) == 0 {
			return ids, false, nil
		}
		at = Anchor{From: p.Rows[len(p.Rows)-1].ID, Back: back}
	}
	return ids, true, nil
}

func (g *Grid) collectedAll(m Msg) {
	if m.gen != g.collected {
		return
	}
	g.collecting = false
	if m.err != nil {
		g.err = m.err
		return
	}
	for _, id := range m.ids {
		g.marks[id] = struct{}{}
	}
}

// trimmed notes on which side the beginning of a range went out of the window.
func (g *Grid) trimmed(rows []Row, side int) {
	if g.rangeFrom != "" && slices.ContainsFunc(rows, func(r Row) bool { return r.ID == g.rangeFrom }) {
		g.rangeSide = side
	}
}

// noteJump does the same for a jump that replaces the window.
func (g *Grid) noteJump(k kind) {
	if g.rangeFrom == "" {
		return
	}
	switch k {
	case kindFirst:
		g.rangeSide = +1
	case kindLast:
		g.rangeSide = -1
	default: // a sort or a search: the range makes no sense any more
		g.rangeFrom, g.rangeSide = "", 0
	}
}

// inRange reports whether the row at index i of the window lies in the range being made.
func (g *Grid) inRange(i int) bool {
	if g.rangeFrom == "" {
		return false
	}
	from := g.index(g.rangeFrom)
	switch {
	case from >= 0:
		return i >= min(from, g.cur) && i <= max(from, g.cur)
	case g.rangeSide < 0:
		return i <= g.cur
	default:
		return i >= g.cur
	}
}
