package grid

import (
	"slices"
	"strconv"
	"strings"
)

// SGR is a style as the escape sequences that begin and end it, worked out once.
type SGR struct{ On, Off string }

// Look is how a grid is drawn.
type Look struct {
	Styles []SGR // for cells; index 0 is plain
	Header SGR
	Cursor SGR // the whole row under the cursor
	Mark   SGR // gutter of marked rows
	Faint  SGR // placeholders
	Glyphs Glyphs
}

// Glyphs are the signs a grid draws; each takes one cell.
type Glyphs struct {
	Cursor, Mark, Ellipsis, Placeholder, Up, Down, Left, Right string
}

// View draws header and rows in exactly h lines of exactly w cells, without a last line end.
func (g *Grid) View(w, h int) string {
	g.size(w, h)
	if g.h <= 0 || g.w <= 0 {
		return ""
	}
	var b strings.Builder
	b.Grow((g.w + 40) * g.h)
	if g.h >= leastForHeader {
		g.header(&b)
		b.WriteByte('\n')
	}
	for line := range g.Body() {
		if line > 0 {
			b.WriteByte('\n')
		}
		i := g.top + line
		switch {
		case g.waiting:
			g.placeholder(&b)
		case i < len(g.win):
			g.row(&b, i)
		default:
			b.WriteString(Blank(g.w))
		}
	}
	return b.String()
}

func (g *Grid) header(b *strings.Builder) {
	b.WriteString(g.look.Header.On)
	left, right := g.More()
	pre := Blank(g.gutter())
	if left {
		pre = Fit(g.method, g.look.Glyphs.Left, g.gutter(), "")
	}
	b.WriteString(Fit(g.method, pre, min(g.w, g.gutter()), ""))
	room := g.w - g.gutter()
	for n, p := range g.placed {
		if n > 0 {
			b.WriteString(Blank(min(g.gap(), room)))
			room -= g.gap()
		}
		c := g.cols[p.col]
		title := c.Title
		if i := slices.IndexFunc(g.order, func(o Order) bool { return o.Column == c.Name }); i >= 0 {
			arrow := g.look.Glyphs.Up
			if g.order[i].Desc {
				arrow = g.look.Glyphs.Down
			}
			if len(g.order) > 1 {
				arrow += strconv.Itoa(i + 1)
			}
			title = Cut(g.method, title, max(p.width-Width(g.method, arrow)-1, 1), g.look.Glyphs.Ellipsis) + " " + arrow
		}
		w := min(p.width, max(room, 0))
		if n == len(g.placed)-1 {
			more := 0
			if right && room > 2 {
				more = 2
			}
			if !c.Right { // a title may be longer than what is below it
				w = room
			}
			w = max(min(w, room-more), 0)
			b.WriteString(g.fit(c, title, w))
			room -= w
			if more > 0 {
				b.WriteString(FitRight(g.method, g.look.Glyphs.Right, room, ""))
				room = 0
			}
			break
		}
		b.WriteString(g.fit(c, title, w))
		room -= w
	}
	b.WriteString(Blank(room))
	b.WriteString(g.look.Header.Off)
}

func (g *Grid) row(b *strings.Builder, i int) {
	row := &g.win[i]
	here := i == g.cur
	_, marked := g.marks[row.ID]
	marked = marked || g.all || g.inRange(i)
	cursor, mark := " ", " "
	if here {
		cursor = g.look.Glyphs.Cursor
		b.WriteString(g.look.Cursor.On)
	}
	if marked {
		mark = g.look.Glyphs.Mark
	}
	switch {
	case g.w < 2:
		b.WriteString(Fit(g.method, cursor, g.w, ""))
	case marked && !here:
		b.WriteString(cursor + g.look.Mark.On + mark + g.look.Mark.Off)
	default:
		b.WriteString(cursor + mark)
	}
	room := g.w - g.gutter()
	for n, p := range g.placed {
		if here && g.w-room >= g.bar() {
			here = false
			b.WriteString(g.look.Cursor.Off)
		}
		if n > 0 {
			b.WriteString(Blank(min(g.gap(), room)))
			room -= g.gap()
		}
		w := min(p.width, max(room, 0))
		if w <= 0 {
			break
		}
		var cell Cell
		if p.col < len(row.Cells) {
			cell = row.Cells[p.col]
		}
		text := g.fitCell(g.cols[p.col], cell.Text, w)
		if st := int(cell.Style); !here && st > 0 && st < len(g.look.Styles) {
			b.WriteString(g.look.Styles[st].On)
			b.WriteString(text)
			b.WriteString(g.look.Styles[st].Off)
		} else {
			b.WriteString(text)
		}
		room -= w
	}
	if here {
		b.WriteString(g.look.Cursor.Off)
	}
	b.WriteString(Blank(room))
}

// bar is the cell from which on no column begins that the cursor covers: on wide screens it covers what names a row and
// leaves the rest as it is, because all it covers is sent twice with every move.
func (g *Grid) bar() int {
	if g.w < 120 {
		return g.w
	}
	return 60
}

func (g *Grid) placeholder(b *strings.Builder) {
	b.WriteString(g.look.Faint.On)
	room := g.w
	b.WriteString(Blank(min(g.gutter(), room)))
	room -= g.gutter()
	for n, p := range g.placed {
		if n > 0 {
			b.WriteString(Blank(min(g.gap(), room)))
			room -= g.gap()
		}
		w := min(p.width, max(room, 0))
		b.WriteString(Fit(g.method, g.look.Glyphs.Placeholder, w, ""))
		room -= w
	}
	b.WriteString(Blank(room))
	b.WriteString(g.look.Faint.Off)
}

// fitCell is fit, but one long word keeps its end too: names such as arn:aws:iam::1:user/x and ROLE_POST are told apart
// there.
func (g *Grid) fitCell(c Column, s string, w int) string {
	if len(s) > w && !c.Right {
		if cut, ok := CutMiddle(s, w, g.look.Glyphs.Ellipsis); ok {
			return Fit(g.method, cut, w, "")
		}
	}
	return g.fit(c, s, w)
}

func (g *Grid) fit(c Column, s string, w int) string {
	if c.Right {
		return FitRight(g.method, s, w, g.look.Glyphs.Ellipsis)
	}
	return Fit(g.method, s, w, g.look.Glyphs.Ellipsis)
}
