package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/tui/grid"
)

const (
	minWidth, minHeight     = 20, 5 // below this there is one line
	smallWidth, smallHeight = 60, 15
	roomyHeight             = 22 // from here on the keys of a screen may take two lines
	headerLines             = 1
)

// small reports a terminal on which a screen shows one part of itself at a time.
func small(w, h int) bool { return w < smallWidth || h < smallHeight-headerLines-2 }

// frame draws everything: exactly h lines of exactly w cells.
func (a *app) frame(w, h int) (string, *tea.Cursor) {
	if w <= 0 || h <= 0 {
		return "", nil
	}
	if w < minWidth || h < minHeight {
		b := a.look.block(w)
		b.add(say(plain, "tickmark needs 20×5"))
		return b.view(h), nil
	}
	header := a.header(w)
	if a.panel != nil {
		return a.framePanel(header, w, h)
	}
	hints := a.footerCommands()
	lines := a.footerLines(w, h, hints)
	body := max(bodyHeight(h, lines)-a.noteLines(w, h)+1, 0)
	view := a.top().view(w, body) // before the status, which says how much of it is in sight
	return stack(header, view, a.status(w, h), a.footer(w, lines, hints)), nil
}

// bodyHeight is what is left for a screen between the header, and the status and the footer.
func bodyHeight(h, footer int) int { return max(h-headerLines-1-footer, 0) }

// footerLines is two where the keys of a screen do not fit on one line and the terminal has lines to spare.
func (a *app) footerLines(w, h int, hints []hint) int {
	if h < roomyHeight || a.hintsWidth(hints)+1 <= w {
		return 1
	}
	return 2
}

// framePanel draws the panel under what is left of the screen.
func (a *app) framePanel(header string, w, h int) (string, *tea.Cursor) {
	room := h - headerLines - 1 // the footer
	ph := min(a.panel.height(w, room), room)
	if room-ph < 3 {
		ph = room
	}
	view, cursor := a.panel.view(w, ph)
	if cursor != nil {
		cursor.Y += headerLines + room - ph
	}
	above := ""
	if room > ph {
		above = a.top().view(w, room-ph)
	}
	return stack(header, above, view, a.hints(w, a.panel.hints())), cursor
}

// header says where we are and how far.
func (a *app) header(w int) string {
	s := a.top()
	name := strings.ToUpper(s.name()[:1]) + s.name()[1:]
	left := []seg{say(faint, " tickmark "), say(heading, name)}
	if a.o.Alarm != "" {
		left = []seg{say(bad, " "+a.look.warning()+" "+a.o.Alarm+" "), say(heading, name)}
	}
	if t := s.title(); len(t) > 0 {
		left = append(append(left, say(faint, " "+a.look.glyph.dot+" ")), t...)
	}
	right := s.aside(w)
	if len(right) > 0 {
		right = append(right, say(plain, " "))
	} else if a.o.Title != "" {
		right = []seg{say(faint, a.o.Title+" ")}
	}
	return a.look.split(w, left, right)
}

// status is the line of sentences. A note that is longer takes lines from the screen rather than being cut.
func (a *app) status(w, h int) string {
	switch {
	case a.note.also:
		segs := []seg{say(a.note.tone, " "+a.note.text)}
		if hint := a.top().hint(); len(hint) > 0 {
			segs = append(append(segs, a.look.between()), hint...)
		}
		return a.look.sentences(w, segs)
	case a.note.text != "":
		return a.noted(w, h)
	case a.acts.busy():
		return a.look.line(w, say(faint, " working"+a.look.glyph.ellipsis))
	}
	return a.look.sentences(w, append([]seg{say(plain, " ")}, a.top().hint()...))
}

// noteLines is how many lines the status takes.
func (a *app) noteLines(w, h int) int {
	if a.note.also || a.note.text == "" {
		return 1
	}
	return strings.Count(a.noted(w, h), "\n") + 1
}

// noted is the note on as many lines as it needs, up to a few.
func (a *app) noted(w, h int) string {
	most := 1
	if h >= smallHeight {
		most = 3
	}
	lines := a.look.wrap(a.note.text, max(w-2, 1))
	if len(lines) > most { // the last one is cut, and shows it
		lines = append(lines[:most-1], strings.Join(lines[most-1:], " "))
	}
	for i, line := range lines {
		lines[i] = a.look.line(w, say(a.note.tone, " "+line))
	}
	return strings.Join(lines, "\n")
}

// between parts the sentences of a status line.
func (l *look) between() seg { return say(faint, " "+l.glyph.dot+" ") }

// sentences puts sentences parted by between on one line; of those that do not fit the last are left out rather than cut.
func (l *look) sentences(w int, segs []seg) string {
	for l.cells(segs) > w {
		i := len(segs) - 1
		for i > 0 && segs[i] != l.between() {
			i--
		}
		if i == 0 {
			break
		}
		segs = segs[:i]
	}
	return l.line(w, segs...)
}

// hint is a key and its word in the footer.
type hint struct {
	key, word string
	blocked   bool
}

func (a *app) footerCommands() []hint {
	cs := a.commands()
	if len(a.screens) > 1 {
		cs = slices.DeleteFunc(cs, func(c command) bool { return c.action == "back" && c.words == "" }) // quit says it
	}
	acting := slices.ContainsFunc(cs, func(c command) bool { return c.action == "keep" || c.action == "renew" || c.action == "claim" })
	slices.SortStableFunc(cs, func(x, y command) int {
		return cmp.Compare(a.footerPlace(x, acting), a.footerPlace(y, acting))
	})
	var hints []hint
	shown := map[action]bool{}
	for _, c := range cs {
		b := a.keys.bindings[c.action]
		first := !shown[c.action]
		shown[c.action] = true
		if b.visible == 0 && c.footer == 0 || c.why != "" || !first {
			continue
		}
		word := b.Short
		if c.words != "" {
			word = c.words
		}
		hints = append(hints, hint{key: a.keys.key(c.action), word: word})
	}
	return hints
}

func (a *app) footerPlace(c command, acting bool) int {
	switch {
	case c.footer != 0:
		return c.footer
	case acting && c.action == "undo":
		return 5
	case acting && c.action == "sign":
		return 6
	}
	return a.keys.bindings[c.action].visible
}

// footer shows as many keys as fit on so many lines; the last of them (help and quit, on two lines the screens too) are
// always there, at the end.
func (a *app) footer(w, lines int, hints []hint) string {
	always := 1 + lines
	if len(hints) <= always {
		drawn := []string{a.hints(w, hints)}
		for len(drawn) < lines {
			drawn = append(drawn, a.look.line(w))
		}
		return strings.Join(drawn, "\n")
	}
	tail := hints[len(hints)-always:]
	rest := hints[:len(hints)-always]
	var drawn []string
	for n := range lines {
		last := n == lines-1
		room := w - 1
		if last {
			room -= a.hintsWidth(tail)
		}
		var shown, left []hint
		for i, h := range rest {
			n := a.hintsWidth([]hint{h})
			if n-hintGap > room {
				if !last { // the order stays: what does not fit begins the next line
					left = rest[i:]
					break
				}
				continue
			}
			room -= n
			shown = append(shown, h)
		}
		rest = left
		if last {
			shown = append(shown, tail...)
		}
		drawn = append(drawn, a.hints(w, shown))
	}
	return strings.Join(drawn, "\n")
}

const hintGap = 2

func (a *app) hintsWidth(hs []hint) int {
	n := 0
	for _, h := range hs {
		n += a.look.width(a.look.clean(h.key)) + 1 + a.look.width(a.look.clean(h.word)) + hintGap
	}
	return n
}

func (a *app) hints(w int, hs []hint) string {
	segs := []seg{say(plain, " ")}
	for i, h := range hs {
		if i > 0 {
			segs = append(segs, say(plain, grid.Blank(hintGap)))
		}
		t := accent
		if h.blocked {
			t = faint
		}
		segs = append(segs, say(t, h.key), say(faint, " "+h.word))
	}
	return a.look.line(w, segs...)
}

// gridView puts a table into a screen, or says why there is none.
func (a *app) gridView(g *grid.Grid, w, h int, empty string) string {
	if h <= 0 || w <= 0 {
		return ""
	}
	rows, _, _ := g.Rows()
	if len(rows) > 0 || g.Waiting() || !g.Loaded() {
		g.SetLook(a.look.table)
		g.SetMethod(a.look.method)
		return g.View(w, h)
	}
	b := a.look.block(w)
	b.blank()
	if err := g.Err(); err != nil {
		message, hint := explain(err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
	} else {
		b.text(faint, 2, 2, empty)
	}
	return b.view(h)
}

// scrolled says which lines of a text are on the screen, and how to see the others.
func (a *app) scrolled(top, body, drawn int) []seg {
	to := min(top+body, drawn)
	segs := []seg{sayf(faint, "lines %d to %d of %d", top+1, to, drawn)}
	if to < drawn {
		return append(segs, say(faint, ": "), say(accent, a.keys.key("page-down")), say(faint, " goes on"))
	}
	return append(segs, say(faint, ", the end: "), say(accent, a.keys.key("page-up")), say(faint, " goes back"))
}
