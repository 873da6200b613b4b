package grid

import (
	"slices"
	"strings"
)

// Column describes one column. Widths are in cells.
type Column struct {
	Name   string // stable: sorts and saved layouts use it
	Title  string
	Min    int // narrower makes no sense
	Max    int // wider is a waste; 0 is no limit
	Grow   int // share of the space that is left over
	Read   int // up to this width its texts are worth more than the extra width of others, and than columns of a spare rank
	Rank   int // columns of the highest rank go first when space is short; rank 0 never goes
	Right  bool
	Whole  bool // its texts are not cut as long as another column can go instead
	Tight  int  // what a whole column gives way to before a column that must stay goes; 0: it does not
	NoSort bool
	Hidden bool // hidden until the user asks for it
}

// Layout is what a user may change: which columns, in which order, how many stay in sight, and the sort.
type Layout struct {
	Columns []string // names of the columns shown, in order
	Frozen  int      // this many of them stay when the rest is scrolled sideways
	Order   []Order
}

// FormatLayout writes a layout as one line for a settings store, as in "name,system;1;-severity,name".
func FormatLayout(l Layout) string {
	keys := make([]string, len(l.Order))
	for i, o := range l.Order {
		keys[i] = o.Column
		if o.Desc {
			keys[i] = "-" + o.Column
		}
	}
	frozen := string(rune('0' + min(max(l.Frozen, 0), 9)))
	return strings.Join(l.Columns, ",") + ";" + frozen + ";" + strings.Join(keys, ",")
}

// ParseLayout reads what FormatLayout wrote.
func ParseLayout(s string) (Layout, bool) {
	parts := strings.Split(s, ";")
	if len(parts) != 3 || len(parts[1]) != 1 || parts[1][0] < '0' || parts[1][0] > '9' || parts[0] == "" {
		return Layout{}, false
	}
	l := Layout{Columns: strings.Split(parts[0], ","), Frozen: int(parts[1][0] - '0')}
	if parts[2] == "" {
		return l, true
	}
	for key := range strings.SplitSeq(parts[2], ",") {
		name, desc := strings.CutPrefix(key, "-")
		l.Order = append(l.Order, Order{Column: name, Desc: desc})
	}
	return l, true
}

// placed is a column on the screen.
type placed struct {
	col   int // index into Grid.cols
	width int
}

// Layout tells what is shown now.
func (g *Grid) Layout() Layout {
	l := Layout{Frozen: g.frozen, Order: slices.Clone(g.order)}
	for _, i := range g.shown {
		l.Columns = append(l.Columns, g.cols[i].Name)
	}
	return l
}

// SetLayout shows these columns. Names the grid does not have are ignored; a layout that would show nothing is ignored
// whole. The sort changes only with SetOrder.
func (g *Grid) SetLayout(l Layout) {
	var shown []int
	for _, name := range l.Columns {
		if i := g.column(name); i >= 0 && !slices.Contains(shown, i) {
			shown = append(shown, i)
		}
	}
	if len(shown) == 0 {
		return
	}
	g.shown = shown
	g.frozen = min(max(l.Frozen, 0), len(shown)-1)
	g.side = 0
	g.place()
}

// Columns gives every column, shown or not.
func (g *Grid) Columns() []Column { return slices.Clone(g.cols) }

// Sideways scrolls by n columns behind the frozen ones.
func (g *Grid) Sideways(n int) {
	most := len(g.shown) - g.frozen - 1
	if n > 0 && g.allPlaced() {
		return
	}
	g.side = min(max(g.side+n, 0), max(most, 0))
	g.place()
}

// More reports whether columns are out of sight on the left and on the right (or dropped for want of space).
func (g *Grid) More() (left, right bool) {
	return g.side > 0, !g.allPlaced()
}

func (g *Grid) allPlaced() bool { return len(g.placed)+g.side == len(g.shown) }

func (g *Grid) column(name string) int {
	return slices.IndexFunc(g.cols, func(c Column) bool { return c.Name == name })
}

// measure notes how wide the texts of each column are. It is called when the window is replaced, not while scrolling, so
// that columns do not dance.
func (g *Grid) measure() {
	if len(g.win) == 0 {
		return
	}
	g.natural = make([]int, len(g.cols))
	clear(g.empty)
	texts := make([]bool, len(g.cols))
	for i, c := range g.cols {
		g.natural[i] = Width(g.method, c.Title)
		if !c.NoSort {
			g.natural[i] += 2
		}
	}
	for r := range min(len(g.win), PageSize) {
		for i, cell := range g.win[r].Cells {
			if i < len(g.natural) {
				g.natural[i] = max(g.natural[i], Width(g.method, cell.Text))
				texts[i] = texts[i] || cell.Text != ""
			}
		}
	}
	for i, any := range texts {
		g.empty[i] = !any
	}
	g.place()
}

// place settles which columns are on the screen and how wide they are.
func (g *Grid) place() {
	space := g.w - g.gutter()
	gap := g.gap()
	var candidates []int
	for i, c := range g.shown {
		if i < g.frozen || i >= g.frozen+g.side {
			candidates = append(candidates, c)
		}
	}
	need := func(width func(int) int) int {
		n := gap * (len(candidates) - 1)
		for _, c := range candidates {
			n += width(c)
		}
		return n
	}
	width := g.comfortable
	for len(candidates) > 1 && need(width) > space {
		i := g.dispensable(candidates)
		if i < 0 { // only columns that must stay: squeeze them before any is dropped
			if need(g.narrow) <= space {
				width = g.narrow
				break
			}
			if need(g.tight) <= space {
				width = g.tight
				break
			}
			i = len(candidates) - 1
		}
		candidates = slices.Delete(candidates, i, i+1)
	}
	for need(func(c int) int { return max(width(c), g.readable(c)) }) > space { // names are read before what is spare
		i := g.dispensable(candidates)
		if i < 0 || g.cols[candidates[i]].Rank < spare {
			break
		}
		candidates = slices.Delete(candidates, i, i+1)
	}
	if need(width) > space {
		width = g.narrow
	}
	g.placed = g.placed[:0]
	for _, c := range candidates {
		g.placed = append(g.placed, placed{c, width(c)})
	}
	g.spread(space, gap)
}

// dispensable is the place of the column that goes first when space is short: the last one where the user has scrolled
// sideways, else the last of the highest rank; -1 if only rank 0 is left.
func (g *Grid) dispensable(columns []int) int {
	if g.side > 0 {
		return len(columns) - 1
	}
	worst, at := 0, -1
	for i, c := range columns {
		r := g.cols[c].Rank
		if r > 0 && g.empty[c] {
			r += 1000 // a column without a text goes before any with one
		}
		if r > 0 && r >= worst {
			worst, at = r, i
		}
	}
	return at
}

// comfortable is a width at which the texts of a column can still be told apart: three quarters of what they want, and no
// more than enough for a few words.
func (g *Grid) comfortable(col int) int {
	if g.cols[col].Whole {
		return g.wanted(col)
	}
	const fewWords = 15
	return max(g.narrow(col), min(g.wanted(col)*3/4, fewWords))
}

// spare is the rank from which on columns go where the texts of columns worth reading would be cut.
const spare = 7

// readable is the width up to which the texts of a column are worth reading; 0 for one that has no such width. Where there is
// little room it is that of a short name.
func (g *Grid) readable(col int) int {
	const short = 18
	n := min(g.wanted(col), g.cols[col].Read)
	if !g.wide() {
		n = min(n, short)
	}
	return n
}

func (g *Grid) wide() bool { return g.w >= 100 }

// spread gives the space that is left: first to what is worth reading, then to texts that are cut, evenly, then to columns
// that grow.
func (g *Grid) spread(space, gap int) {
	left := space - gap*max(len(g.placed)-1, 0)
	for _, p := range g.placed {
		left -= p.width
	}
	give := func(upTo func(col int) int) {
		for given := true; given && left > 0; {
			given = false
			for i := range g.placed {
				p := &g.placed[i]
				if left > 0 && p.width < upTo(p.col) {
					p.width++
					left--
					given = true
				}
			}
		}
	}
	give(g.readable)
	give(g.wanted)
	for grown := true; grown && left > 0; {
		grown = false
		for i := range g.placed {
			p := &g.placed[i]
			for range g.cols[p.col].Grow {
				if left > 0 && p.width < g.roomy(p.col) {
					p.width++
					left--
					grown = true
				}
			}
		}
	}
}

// roomy is how wide a column that grows may get where there is space: enough for texts longer than those seen so far, and no
// more, since every blank under the cursor is sent with every move of it.
func (g *Grid) roomy(col int) int {
	const longer = 12
	return g.wanted(col) + longer
}

// narrow is the least width of a column: its minimum, or less if no text needs that much. A whole column keeps its minimum
// when its texts are still short, so that the others stay where they are when one grows.
func (g *Grid) narrow(col int) int {
	least := max(g.cols[col].Min, 1)
	if g.natural != nil && (!g.cols[col].Whole || g.empty[col]) {
		least = max(min(least, g.natural[col]), 1)
	}
	return least
}

// tight is narrow for a terminal on which even the columns that must stay have hardly room.
func (g *Grid) tight(col int) int {
	if n := g.cols[col].Tight; n > 0 {
		return min(n, g.narrow(col))
	}
	return g.narrow(col)
}

// wanted is the width at which nothing of a column is cut.
func (g *Grid) wanted(col int) int {
	if g.natural == nil {
		return g.narrow(col)
	}
	n := g.natural[col]
	if g.cols[col].Whole && !g.empty[col] {
		n = max(n, g.cols[col].Min)
	}
	if most := g.cols[col].Max; most > 0 {
		n = min(n, most)
	}
	return n
}

func (g *Grid) gap() int {
	if g.wide() {
		return 2
	}
	return 1
}

func (g *Grid) gutter() int { return 2 }
