package grid

import (
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"
)

type kind uint8

const (
	kindFirst kind = iota
	kindLast
	kindAround
	kindReload
	kindForward
	kindBack
	kindCount
	kindCollect
)

// Msg is an answer to a request of a grid. Hand it back with Apply.
type Msg struct {
	grid  *Grid
	gen   uint64
	kind  kind
	at    string // the row asked for
	index int    // of that row, or of the row in its place
	found bool
	page  Page
	count int64
	ids   []string
	more  bool // the collection was cut at its limit
	err   error
}

// Apply takes the answer in; late answers change nothing.
func (m Msg) Apply() tea.Cmd { return m.grid.apply(m) }

// renew cancels every request under way and starts a new generation.
func (g *Grid) renew() {
	if g.cancel != nil {
		g.cancel()
	}
	g.gen++
	g.reqCtx, g.cancel = context.WithCancel(g.ctx)
	g.busyFwd, g.busyBack = false, false
}

func (g *Grid) stopCount() {
	g.countGen++
	if g.countCancel != nil {
		g.countCancel()
	}
}

// Close cancels what is under way. The grid asks for nothing more.
func (g *Grid) Close() {
	g.cancel()
	g.stopCount()
	g.gen++
	g.busyFwd, g.busyBack = true, true
}

// Start loads the first rows and the count.
func (g *Grid) Start() tea.Cmd {
	g.head, g.tail = nil, nil
	return tea.Batch(g.jump(kindFirst, ""), g.count())
}

// StartAt loads the rows around one, and the count.
func (g *Grid) StartAt(id string) tea.Cmd {
	if id == "" {
		return g.Start()
	}
	return tea.Batch(g.jump(kindAround, id), g.count())
}

// Begin shows a first page that was read before the grid was there, with the cursor on one of its rows, and asks for what is
// missing.
func (g *Grid) Begin(p Page, index int) tea.Cmd {
	g.head, g.tail = nil, nil
	g.renew()
	g.replace(p, index)
	g.patchRows()
	cmds := []tea.Cmd{g.refill(), g.tell()}
	if !p.First || !p.Last {
		cmds = append(cmds, g.count())
	}
	return tea.Batch(cmds...)
}

// Home jumps to the first row.
func (g *Grid) Home() tea.Cmd {
	if !g.waiting && g.first {
		return g.Move(-g.cur)
	}
	if g.head != nil && g.rangeFrom == "" {
		g.renew()
		g.replace(Page{Rows: g.head, First: true, Last: len(g.head) < PageSize, Offset: 0}, 0)
		return tea.Batch(g.refill(), g.moved())
	}
	return g.jump(kindFirst, "")
}

// End jumps to the last row.
func (g *Grid) End() tea.Cmd {
	if !g.waiting && g.last {
		return g.Move(len(g.win) - 1 - g.cur)
	}
	if g.tail != nil && g.rangeFrom == "" {
		g.renew()
		g.replace(Page{Rows: g.tail, Last: true, First: len(g.tail) < PageSize, Offset: -1}, len(g.tail)-1)
		return tea.Batch(g.refill(), g.moved())
	}
	return g.jump(kindLast, "")
}

// Reload reads the rows around the cursor again and counts again; what is on the screen stays until the answer is there.
func (g *Grid) Reload() tea.Cmd {
	g.head, g.tail = nil, nil
	switch {
	case g.waiting:
		return tea.Batch(g.jump(g.pending, g.pendingID), g.count())
	case len(g.win) == 0:
		return g.Start()
	}
	g.renew()
	return tea.Batch(g.fetch(kindReload, g.currentID()), g.count())
}

// jump replaces the window. Until the answer is there no row is current and placeholders are drawn.
func (g *Grid) jump(k kind, id string) tea.Cmd {
	g.noteJump(k)
	g.renew()
	g.waiting = true
	g.displaced = false
	if k == kindAround && id == "" {
		k = kindFirst
	}
	g.pending, g.pendingID = k, id
	return g.fetch(k, id)
}

func (g *Grid) fetch(k kind, id string) tea.Cmd {
	ctx, src, order := g.reqCtx, g.src, slices.Clone(g.order)
	m := Msg{grid: g, gen: g.gen, kind: k, at: id}
	near, body := g.near(), g.Body()
	return func() tea.Msg {
		switch k {
		case kindFirst:
			m.page, m.err = src.Page(ctx, order, Anchor{}, PageSize)
		case kindLast:
			m.page, m.err = src.Page(ctx, order, Anchor{Back: true}, PageSize)
			m.index = len(m.page.Rows) - 1
		case kindForward:
			m.page, m.err = src.Page(ctx, order, Anchor{From: id}, PageSize)
		case kindBack:
			m.page, m.err = src.Page(ctx, order, Anchor{From: id, Back: true}, PageSize)
		case kindAround, kindReload:
			m.around(ctx, src, order, near, near+body)
		}
		return m
	}
}

// near is how close to an edge of the window the cursor comes before more is asked for.
func (g *Grid) near() int { return readAhead * max(g.Body(), 1) }

// around reads some rows before a row and some from it on, as one answer: as many as keep the cursor from being near an edge,
// because it is asked for after every verdict. If the source does not know the row any more, the first page takes its place.
func (m *Msg) around(ctx context.Context, src Source, order []Order, behind, on int) {
	ahead, err := src.Page(ctx, order, Anchor{From: m.at, Incl: true}, on)
	var before Page
	if err == nil {
		before, err = src.Page(ctx, order, Anchor{From: m.at, Back: true}, behind)
	}
	if err != nil {
		if ctx.Err() != nil {
			m.err = err
			return
		}
		m.page, m.err = src.Page(ctx, order, Anchor{}, PageSize)
		return
	}
	m.page = Page{Rows: slices.Concat(before.Rows, ahead.Rows), First: before.First || len(before.Rows) == 0, Last: ahead.Last, Offset: -1}
	switch {
	case len(before.Rows) > 0 && before.Offset >= 0:
		m.page.Offset = before.Offset
	case len(ahead.Rows) > 0 && ahead.Offset >= 0:
		m.page.Offset = ahead.Offset - int64(len(before.Rows))
	}
	if m.page.First {
		m.page.Offset = 0
	}
	m.index = min(len(before.Rows), max(len(m.page.Rows)-1, 0))
	m.found = m.index < len(m.page.Rows) && m.page.Rows[m.index].ID == m.at
}

// count counts anew. It outlives jumps, which change nothing about it, but not a count that comes after it: one over what
// was filtered before may take seconds.
func (g *Grid) count() tea.Cmd {
	g.stopCount()
	var ctx context.Context
	ctx, g.countCancel = context.WithCancel(g.ctx)
	src, m := g.src, Msg{grid: g, gen: g.countGen, kind: kindCount}
	return func() tea.Msg {
		m.count, m.err = src.Count(ctx)
		return m
	}
}

func (g *Grid) apply(m Msg) tea.Cmd {
	switch m.kind {
	case kindCount:
		if m.gen != g.countGen {
			return nil
		}
		g.countCancel()
		if m.err == nil {
			g.total = m.count
			g.rebase()
		}
		return nil
	case kindCollect:
		g.collectedAll(m)
		return nil
	}
	if m.gen != g.gen {
		return nil
	}
	if m.err != nil {
		g.failed(m)
		return nil
	}
	g.err = nil
	switch m.kind {
	case kindForward:
		g.busyFwd = false
		defer g.patchRows()
		if n := len(g.win); n > 0 && g.win[n-1].ID == m.at { // else the edge it continues was trimmed away meanwhile
			g.append(m.page)
		}
		return g.refill()
	case kindBack:
		g.busyBack = false
		defer g.patchRows()
		if len(g.win) > 0 && g.win[0].ID == m.at {
			g.prepend(m.page)
		}
		return g.refill()
	case kindReload:
		return g.reloaded(m)
	}
	g.replace(m.page, max(m.index, 0))
	g.patchRows()
	return tea.Batch(g.refill(), g.tell())
}

func (g *Grid) patchRows() {
	if g.onLoad != nil {
		g.onLoad()
	}
}

func (g *Grid) failed(m Msg) {
	g.busyFwd, g.busyBack = false, false
	if errors.Is(m.err, context.Canceled) {
		return
	}
	g.err = m.err
	g.loaded = true
	if g.waiting {
		g.waiting = false
		g.replace(Page{Offset: -1}, 0)
		g.loaded = true
	}
}

// reloaded swaps the rows while keeping the cursor's row at its line on the screen. If the user has moved on meanwhile, to
// a row the answer does not hold, it asks again around that row.
func (g *Grid) reloaded(m Msg) tea.Cmd {
	line, want := g.cur-g.top, g.currentID()
	index, found := m.index, m.found
	if want != m.at {
		index = slices.IndexFunc(m.page.Rows, func(r Row) bool { return r.ID == want })
		if index < 0 {
			return g.fetch(kindReload, want)
		}
		found = true
	}
	g.replace(m.page, index)
	g.displaced = (g.displaced || !found && g.asked != m.gen) && len(g.win) > 0
	g.top = g.cur - line
	g.reveal()
	g.patchRows()
	return tea.Batch(g.refill(), g.tell())
}

// replace makes p the window with the cursor at index.
func (g *Grid) replace(p Page, index int) {
	g.win = slices.Clone(p.Rows)
	g.first, g.last = p.First, p.Last
	g.base = p.Offset
	if p.First {
		g.base = 0
	}
	g.cur = min(max(index, 0), max(len(g.win)-1, 0))
	g.top = max(g.cur-g.Body()/3, 0)
	g.waiting, g.loaded = false, true
	g.keepEnds()
	g.rebase()
	g.measure()
	g.reveal()
}

// rebase works out the rank of the window from the total where only the end is known.
func (g *Grid) rebase() {
	switch {
	case g.first:
		g.base = 0
	case g.last && g.total >= int64(len(g.win)):
		g.base = g.total - int64(len(g.win))
	}
}

func (g *Grid) append(p Page) {
	g.last = p.Last
	g.win = append(g.win, p.Rows...)
	if over := len(g.win) - maxWindow; over > 0 {
		over = min(over, g.top)
		g.trimmed(g.win[:over], -1)
		g.win = slices.Clone(g.win[over:])
		g.cur -= over
		g.top -= over
		if over > 0 {
			g.first = false
			if g.base >= 0 {
				g.base += int64(over)
			}
		}
	}
	g.keepEnds()
	g.rebase()
}

// keepEnds notes the first and the last page when the window holds them whole.
func (g *Grid) keepEnds() {
	whole := len(g.win) >= PageSize || g.first && g.last
	if g.first && whole {
		g.head = slices.Clone(g.win[:min(len(g.win), PageSize)])
	}
	if g.last && whole {
		g.tail = slices.Clone(g.win[max(len(g.win)-PageSize, 0):])
	}
}

func (g *Grid) prepend(p Page) {
	g.first = p.First || len(p.Rows) == 0
	n := len(p.Rows)
	g.win = slices.Concat(p.Rows, g.win)
	g.cur += n
	g.top += n
	if g.base >= 0 {
		g.base = max(g.base-int64(n), 0)
	}
	if len(g.win) > maxWindow {
		keep := max(maxWindow, g.top+g.Body())
		if keep < len(g.win) {
			g.trimmed(g.win[keep:], +1)
			g.win = slices.Clone(g.win[:keep])
			g.last = false
		}
	}
	g.rebase()
}

// refill asks for more rows when the cursor is near an edge of the window.
func (g *Grid) refill() tea.Cmd {
	if g.waiting || len(g.win) == 0 {
		return nil
	}
	near := g.near()
	var cmds []tea.Cmd
	if !g.last && !g.busyFwd && g.cur+near >= len(g.win) {
		g.busyFwd = true
		cmds = append(cmds, g.fetch(kindForward, g.win[len(g.win)-1].ID))
	}
	if !g.first && !g.busyBack && g.cur < near {
		g.busyBack = true
		cmds = append(cmds, g.fetch(kindBack, g.win[0].ID))
	}
	return tea.Batch(cmds...)
}
