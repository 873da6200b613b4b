package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// grace is how long after a question has come up its confirming key does nothing: long enough that the rest of a burst
// of keys meant for the screen below cannot answer it, too short to notice.
const grace = 150 * time.Millisecond

// panel is a question at the bottom of the screen. It takes every key.
type panel interface {
	key(k tea.KeyPressMsg) tea.Cmd
	paste(s string) tea.Cmd
	// height is how many lines it wants of at most room, at width w.
	height(w, room int) int
	view(w, h int) (string, *tea.Cursor)
	hints() []hint
	close()
}

// openPanel puts a panel up, inside Update. One that takes text takes the very next key; one that takes a confirming key
// asks a.tooSoon.
func (a *app) openPanel(p panel) {
	if a.panel != nil {
		a.panel.close()
	}
	a.panel = p
	a.opened = a.now()
	a.note = note{}
}

func (a *app) closePanel() {
	if a.panel != nil {
		a.panel.close()
		a.panel = nil
	}
}

// tooSoon reports, and says, that a confirming key came with the question rather than after it.
func (a *app) tooSoon(k tea.KeyPressMsg) bool {
	if d := a.now().Sub(a.opened); d >= grace && !k.IsRepeat {
		return false
	}
	a.warn("the question had only just come up; press the key again")
	return true
}

func (a *app) panelKey(k tea.KeyPressMsg) tea.Cmd {
	a.note = note{}
	if a.keys.is(k, "interrupt") {
		k = tea.KeyPressMsg{Code: tea.KeyEscape}
	}
	return a.panel.key(k)
}

func (a *app) paste(s string) tea.Cmd {
	if a.panel != nil {
		return a.panel.paste(s)
	}
	a.warn("pasted text was ignored: it is not keys")
	return nil
}

// confirmKey is the key that confirms what the action opened; never a key of that action.
func (a *app) confirmKey(opener action) string {
	for _, k := range append(slices.Clone(a.keys.bindings["confirm"].Keys), "y", "!") {
		if !slices.Contains(a.keys.bindings[opener].Keys, k) {
			return k
		}
	}
	return "!"
}

// choice is one more answer to a question.
type choice struct {
	key, words string
	then       func() tea.Cmd
}

// question asks for one key. Esc always means no.
type question struct {
	title    string
	about    []string // sentences
	warnings []string
	yes      string // the key that does it
	yesWords string
	then     func() tea.Cmd
	more     []choice
	typed    string // if set, this must be typed, then Enter, in place of the key
	why      string // if set, yes is blocked, and why
}

type questionPanel struct {
	a *app
	question
	line edit
	bad  string
}

func newQuestion(a *app, q question) *questionPanel { return &questionPanel{a: a, question: q} }

func (p *questionPanel) close() {}

func (p *questionPanel) paste(string) tea.Cmd {
	if p.typed != "" {
		p.bad = "type it; pasting does not count"
	}
	return nil
}

func (p *questionPanel) key(k tea.KeyPressMsg) tea.Cmd {
	pressed := name(k)
	switch {
	case pressed == "esc" || p.a.keys.is(k, "back"):
		p.a.closePanel()
		return nil
	case p.why != "":
		return nil
	case p.typed != "":
		return p.typing(k)
	case pressed == p.yes:
		if p.a.tooSoon(k) {
			return nil
		}
		p.a.closePanel()
		return p.then()
	}
	for _, c := range p.more {
		if pressed == c.key {
			p.a.closePanel()
			return c.then()
		}
	}
	return nil
}

func (p *questionPanel) typing(k tea.KeyPressMsg) tea.Cmd {
	if name(k) != "enter" {
		p.bad = ""
		p.line.key(k)
		return nil
	}
	if p.line.value() != p.typed {
		p.bad = "that is not " + p.typed
		p.line.set("")
		return nil
	}
	if p.a.tooSoon(k) {
		return nil
	}
	p.a.closePanel()
	return p.then()
}

func (p *questionPanel) lines(w int) *block {
	b := p.a.look.block(w)
	b.section(p.title)
	for _, s := range p.warnings {
		b.text(careful, 1, 3, p.a.look.warning()+" "+s)
	}
	for _, s := range p.about {
		b.text(plain, 1, 1, s)
	}
	if p.why != "" {
		b.text(bad, 1, 1, p.why)
	}
	return b
}

func (l *look) warning() string {
	if l.ascii {
		return "!"
	}
	return "▲"
}

func (p *questionPanel) height(w, room int) int {
	n := len(p.lines(w).lines) + 1
	if p.typed != "" {
		n++
	}
	return n
}

func (p *questionPanel) view(w, h int) (string, *tea.Cursor) {
	b := p.lines(w)
	foot := p.a.look.block(w)
	var cursor *tea.Cursor
	if p.typed != "" && p.why == "" {
		lead := " Type " + p.typed + " and press Enter: "
		lw := min(p.a.look.width(lead), w)
		text, x := p.line.view(p.a.look, w-lw)
		foot.raw(p.a.look.line(lw, say(bold, lead)) + text)
		cursor = tea.NewCursor(min(lw+x, w-1), 0)
	}
	foot.add(say(bad, " "+p.bad))
	if note := p.a.note; note.text != "" {
		foot.lines[len(foot.lines)-1] = p.a.look.line(w, say(note.tone, " "+note.text))
	}
	top := max(h-len(foot.lines), 0)
	if cursor != nil {
		cursor.Y = top
		if top >= h {
			cursor = nil
		}
	}
	return stack(b.view(top), foot.view(h-top)), cursor
}

func (p *questionPanel) hints() []hint {
	var hs []hint
	if p.why == "" {
		if p.typed != "" {
			hs = append(hs, hint{key: "enter", word: p.yesWords})
		} else {
			hs = append(hs, hint{key: p.yes, word: p.yesWords})
		}
		for _, c := range p.more {
			hs = append(hs, hint{key: c.key, word: c.words})
		}
	}
	return append(hs, hint{key: "esc", word: "no, go back"})
}
