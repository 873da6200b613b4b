package grid

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// PageSize is how many rows a request asks for.
const PageSize = 256

const (
	maxWindow = 2048 // rows kept in memory
	readAhead = 3    // screens before an edge at which more is asked for
)

// Grid is the state of one table. Make it with New.
type Grid struct {
	ctx    context.Context
	src    Source
	look   Look
	method ansi.Method
	w, h   int

	// columns
	cols    []Column
	shown   []int // indexes into cols, in screen order
	frozen  int
	side    int // columns scrolled out of sight behind the frozen ones
	natural []int
	empty   map[int]bool // columns without a text
	placed  []placed
	order   []Order

	// the window
	win         []Row
	base        int64 // rank of win[0]; negative: unknown
	first, last bool  // the window touches the first, the last row
	cur, top    int   // indexes into win
	total       int64 // negative: unknown
	head, tail  []Row // the first and last page, kept so that jumps to either end need no waiting

	// requests
	gen                 uint64
	cancel              context.CancelFunc
	reqCtx              context.Context
	busyFwd, busyBack   bool
	waiting             bool // a jump is under way and the window is not what will be shown
	pending             kind // that jump
	pendingID           string
	countGen, collected uint64
	countCancel         context.CancelFunc
	loaded              bool
	err                 error
	holes               int

	// the cursor's owner
	displaced bool
	asked     uint64 // the generation whose answer may take the cursor's row away
	onCursor  func() tea.Cmd
	onLoad    func()
	lastID    string

	// marks
	marks      map[string]struct{}
	all        bool
	rangeFrom  string
	rangeSide  int // where rangeFrom is when it is not in the window: -1 before it, +1 behind it
	collecting bool
}

// New makes a grid over src. Nothing is loaded until Start. ctx ends every request.
func New(ctx context.Context, src Source, cols []Column, look Look) *Grid {
	g := &Grid{ctx: ctx, src: src, cols: slices.Clone(cols), look: look, base: -1, total: -1, marks: map[string]struct{}{}, empty: map[int]bool{}}
	for i, c := range cols {
		if !c.Hidden {
			g.shown = append(g.shown, i)
		}
	}
	g.renew()
	return g
}

// size notes the place the grid is drawn in; the header takes one line of it.
func (g *Grid) size(w, h int) {
	w, h = max(w, 0), max(h, 0)
	if w == g.w && h == g.h {
		return
	}
	wide := w != g.w
	g.w, g.h = w, h
	if wide {
		g.place()
	}
	g.reveal()
}

// SetMethod sets how the terminal counts cells.
func (g *Grid) SetMethod(m ansi.Method) {
	if g.method != m {
		g.method = m
		g.measure()
	}
}

// SetLook changes styles and glyphs.
func (g *Grid) SetLook(l Look) { g.look = l }

// OnLoad calls f, inside Update, after an answer has changed the loaded rows: the place to Patch what the source cannot
// know yet.
func (g *Grid) OnLoad(f func()) { g.onLoad = f }

// OnCursor calls f, inside Update, whenever another row has come under the cursor or its row was replaced by a load.
func (g *Grid) OnCursor(f func() tea.Cmd) { g.onCursor = f }

// SetSource shows the same rows afresh. The cursor stays on its row; if that is gone, it is displaced.
func (g *Grid) SetSource(src Source) tea.Cmd {
	g.src = src
	g.total = -1
	return g.Reload()
}

// Show shows other rows because the user asked for them: a filter, say. The cursor stays on its row if it is among them;
// if not, that is what the user asked for and nothing is displaced.
func (g *Grid) Show(src Source) tea.Cmd {
	cmd := g.SetSource(src)
	g.asked = g.gen
	g.displaced = false
	return cmd
}

// SetOrder sorts; the cursor stays on its row.
func (g *Grid) SetOrder(order []Order) tea.Cmd {
	g.order = slices.Clone(order)
	g.head, g.tail = nil, nil
	return g.jump(kindAround, g.currentID())
}

// Current is the row under the cursor. There is none while a jump is under way or the table is empty.
func (g *Grid) Current() (Row, bool) {
	if g.waiting || g.cur < 0 || g.cur >= len(g.win) {
		return Row{}, false
	}
	return g.win[g.cur], true
}

func (g *Grid) currentID() string {
	if g.cur >= 0 && g.cur < len(g.win) {
		return g.win[g.cur].ID
	}
	return ""
}

// Rows gives the loaded rows and the index of the cursor among them; complete means that there are no others. The slice
// is the grid's own and must not be changed.
func (g *Grid) Rows() (rows []Row, cursor int, complete bool) {
	return g.win, g.cur, g.first && g.last && !g.waiting
}

// Total is the number of rows, negative while unknown.
func (g *Grid) Total() int64 {
	if g.total < 0 && g.loaded && g.first && g.last {
		return int64(len(g.win))
	}
	return g.total
}

// Rank is the position of the cursor from 1; 0 while unknown.
func (g *Grid) Rank() int64 {
	if g.base < 0 || len(g.win) == 0 {
		return 0
	}
	return g.base + int64(g.cur) + 1
}

// Loaded reports whether the first answer has come.
func (g *Grid) Loaded() bool { return g.loaded }

// Waiting reports whether a jump is under way.
func (g *Grid) Waiting() bool { return g.waiting }

// Err is the failure of the last request, nil after one that went well.
func (g *Grid) Err() error { return g.err }

// Holes counts moves that ran past the loaded rows and were clamped.
func (g *Grid) Holes() int { return g.holes }

// Displaced reports that a refresh took the row under the cursor away, so that the cursor now stands on a row the user
// has not chosen. It holds until the user moves or Acknowledge is called.
func (g *Grid) Displaced() bool { return g.displaced }

// Acknowledge accepts the row the cursor was displaced to.
func (g *Grid) Acknowledge() { g.displaced = false }

// Body is the number of rows on the screen.
//
// It is that of the last View; before it, a usual screen is assumed.
func (g *Grid) Body() int {
	switch {
	case g.h == 0:
		return 24
	case g.h < leastForHeader:
		return g.h
	}
	return g.h - 1
}

// leastForHeader is the height below which every line is a row.
const leastForHeader = 2

// Move moves the cursor by n rows, as far as rows are loaded, and asks for more before they run out.
func (g *Grid) Move(n int) tea.Cmd {
	g.displaced = false
	if g.waiting || len(g.win) == 0 || n == 0 {
		return nil
	}
	want := g.cur + n
	g.cur = min(max(want, 0), len(g.win)-1)
	if want != g.cur && (want < 0 && !g.first || want > 0 && !g.last) {
		g.holes++
	}
	g.reveal()
	return tea.Batch(g.refill(), g.moved())
}

// Half and Screen are the distances of half and whole page moves.
func (g *Grid) Half() int { return max(g.Body()/2, 1) }

// Screen is the distance of a whole page move.
func (g *Grid) Screen() int { return max(g.Body()-1, 1) }

// ToID puts the cursor on a row, loading around it if need be.
func (g *Grid) ToID(id string) tea.Cmd {
	if !g.waiting {
		if i := g.index(id); i >= 0 {
			return g.Move(i - g.cur)
		}
	}
	return g.jump(kindAround, id)
}

// Click puts the cursor on the row drawn at line y of the view, counted from 0 with the header.
func (g *Grid) Click(y int) tea.Cmd {
	if g.h >= leastForHeader {
		y--
	}
	i := g.top + y
	if y < 0 || y >= g.Body() || i < 0 || i >= len(g.win) {
		return nil
	}
	return g.Move(i - g.cur)
}

// Patch changes a loaded row in place, before the source knows: the owner undoes it if the act fails.
func (g *Grid) Patch(id string, f func(*Row)) {
	for _, rows := range [][]Row{g.win, g.head, g.tail} {
		for i := range rows {
			if rows[i].ID == id {
				f(&rows[i])
			}
		}
	}
}

func (g *Grid) index(id string) int {
	return slices.IndexFunc(g.win, func(r Row) bool { return r.ID == id })
}

// reveal scrolls just enough to have the cursor on the screen.
func (g *Grid) reveal() {
	body := max(g.Body(), 1)
	if g.cur < g.top {
		g.top = g.cur
	}
	if g.cur >= g.top+body {
		g.top = g.cur - body + 1
	}
	g.top = min(g.top, max(len(g.win)-body, 0))
	g.top = max(g.top, 0)
}

// moved tells the owner when another row is under the cursor.
func (g *Grid) moved() tea.Cmd {
	id := g.currentID()
	if id == g.lastID {
		return nil
	}
	return g.tell()
}

func (g *Grid) tell() tea.Cmd {
	g.lastID = g.currentID()
	if g.onCursor == nil {
		return nil
	}
	return g.onCursor()
}
