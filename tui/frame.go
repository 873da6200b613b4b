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
	body := h - headerLines - 2
	return stack(header, a.top().view(w, body), a.status(w), a.footer(w, a.footerCommands())), nil
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

// status is the line of sentences.
func (a *app) status(w int) string {
	switch {
	case a.note.also:
		segs := []seg{say(a.note.tone, " "+a.note.text), say(faint, " "+a.look.glyph.dot+" ")}
		return a.look.line(w, append(segs, a.top().hint()...)...)
	case a.note.text != "":
		return a.look.line(w, say(a.note.tone, " "+a.note.text))
	case a.acts.busy():
		return a.look.line(w, say(faint, " working"+a.look.glyph.ellipsis))
	}
	return a.look.line(w, append([]seg{say(plain, " ")}, a.top().hint()...)...)
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
		if b.visible == 0 || c.why != "" || !first {
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

// footer shows as many keys as fit; help and quit are always among them.
func (a *app) footer(w int, hints []hint) string {
	const always = 2
	if len(hints) <= always {
		return a.hints(w, hints)
	}
	tail := hints[len(hints)-always:]
	room := w - 1 - a.hintsWidth(tail)
	var shown []hint
	for _, h := range hints[:len(hints)-always] {
		n := a.hintsWidth([]hint{h})
		if n > room {
			continue
		}
		room -= n
		shown = append(shown, h)
	}
	return a.hints(w, append(shown, tail...))
}

func (a *app) hintsWidth(hs []hint) int {
	n := 0
	for _, h := range hs {
		n += a.look.width(a.look.clean(h.key)) + 1 + a.look.width(a.look.clean(h.word)) + 2
	}
	return n
}

func (a *app) hints(w int, hs []hint) string {
	segs := []seg{say(plain, " ")}
	for i, h := range hs {
		if i > 0 {
			segs = append(segs, say(plain, "  "))
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
