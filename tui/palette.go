package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// entryOf is a line of the palette: a screen or a command by name.
type paletteEntry struct {
	name, words string
	do          func(args string) tea.Cmd
}

// paletteEntries are the screens, then the commands that have no key of their own.
func (a *app) paletteEntries() []paletteEntry {
	var es []paletteEntry
	for _, p := range places() {
		es = append(es, paletteEntry{p.name, p.words, func(string) tea.Cmd { return a.goTo(p.name, "") }})
	}
	theme := func(name string) func(string) tea.Cmd {
		return func(string) tea.Cmd {
			a.restyle(newLook(name, a.look.ascii, a.look.noColor))
			a.tell(fmt.Sprintf("theme %s until you leave; theme = %q in the configuration keeps it", name, name))
			return nil
		}
	}
	es = append(es,
		paletteEntry{"theme dark", "colours for a dark background", theme("dark")},
		paletteEntry{"theme light", "colours for a light background", theme("light")},
		paletteEntry{"theme plain", "colours for any background", theme("plain")},
		paletteEntry{"mouse on", "wheel and clicks; shift-drag still selects text", func(string) tea.Cmd {
			a.mouse = true
			a.tell("mouse on until you leave; mouse = true in the configuration keeps it")
			return nil
		}},
		paletteEntry{"mouse off", "leave the mouse to the terminal", func(string) tea.Cmd {
			a.mouse = false
			a.tell("mouse off until you leave; mouse = false in the configuration keeps it")
			return nil
		}},
		paletteEntry{"save", "save the filter of this list under a name: save NAME", a.saveFilter},
		paletteEntry{"finish", "say that you are done with the campaign in hand", func(string) tea.Cmd {
			c := a.campaign()
			if c == "" {
				a.warn("open a campaign first")
				return nil
			}
			return a.open(newSignOff(a, c))
		}},
		paletteEntry{"quit", "leave the workstation", func(string) tea.Cmd { return a.leave() }},
	)
	return es
}

func (a *app) saveFilter(name string) tea.Cmd {
	s, ok := a.top().(*list)
	switch {
	case !ok || s.q.Filter == "":
		a.warn("open a list and filter it first")
	case name == "" || strings.ContainsAny(name, " @\""):
		a.warn("give the filter a name of one word: save NAME")
	default:
		return s.saveFilter(name)
	}
	return nil
}

// palette takes the beginning of a name and Enter.
type palette struct {
	a       *app
	line    edit
	at      int
	entries []paletteEntry
}

func (a *app) openPalette() tea.Cmd {
	a.openPanel(&palette{a: a, entries: a.paletteEntries()})
	return nil
}

func (p *palette) close() {}

func (p *palette) paste(s string) tea.Cmd {
	p.line.paste(s)
	p.at = 0
	return nil
}

// matches are the entries that fit what is typed: those that begin with it first, then those that hold it.
func (p *palette) matches() []paletteEntry {
	typed := strings.ToLower(p.line.value())
	typed = strings.TrimPrefix(typed, ":")
	var begin, hold []paletteEntry
	for _, e := range p.entries {
		switch {
		case strings.HasPrefix(e.name, typed), strings.HasPrefix(typed, e.name+" "):
			begin = append(begin, e)
		case strings.Contains(e.name+" "+e.words, typed):
			hold = append(hold, e)
		}
	}
	return append(begin, hold...)
}

func (p *palette) key(k tea.KeyPressMsg) tea.Cmd {
	switch name(k) {
	case "esc":
		p.a.closePanel()
	case "down", "ctrl+n":
		p.at = min(p.at+1, max(len(p.matches())-1, 0))
	case "up", "ctrl+p":
		p.at = max(p.at-1, 0)
	case "tab":
		if ms := p.matches(); len(ms) > 0 {
			p.line.set(ms[p.at].name)
			p.at = 0
		}
	case "backspace":
		if len(p.line.text) == 0 {
			p.a.closePanel()
			return nil
		}
		p.line.key(k)
		p.at = 0
	case "enter":
		return p.run()
	default:
		if p.line.key(k) {
			p.at = 0
		}
	}
	return nil
}

func (p *palette) run() tea.Cmd {
	ms := p.matches()
	typed := p.line.value()
	p.a.closePanel()
	if len(ms) == 0 {
		hint := ""
		if near := review.Nearest(strings.ToLower(typed), screenNames()); near != "" {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		p.a.warn("nothing is called " + quoted(typed) + hint)
		return nil
	}
	e := ms[min(p.at, len(ms)-1)]
	args := ""
	if rest, ok := strings.CutPrefix(typed, e.name+" "); ok {
		args = strings.TrimSpace(rest)
	}
	return e.do(args)
}

func (p *palette) height(_, room int) int { return min(10, room) }

func (p *palette) view(w, h int) (string, *tea.Cursor) {
	l := p.a.look
	b := l.block(w)
	ms := p.matches()
	space := max(h-2, 0)
	top := max(p.at-space+1, 0)
	var more []seg
	if n := len(ms) - space; n > 0 {
		more = []seg{sayf(faint, "%d to %d of %d", top+1, top+space, len(ms))}
	}
	b.section("Go to a screen, or give a command", more...)
	if len(ms) == 0 {
		b.text(faint, 3, 3, "nothing is called that; "+p.a.keys.key("help")+" lists the keys of this screen")
	}
	for i := top; i < len(ms) && i < top+space; i++ {
		t, lead := plain, "   "
		if i == p.at {
			t, lead = inverse, " "+l.glyph.cursor+" "
		}
		b.add(say(t, lead+padded(ms[i].name, 14)), say(faint, ms[i].words))
	}
	for len(b.lines) < h-1 {
		b.blank()
	}
	text, x := p.line.view(l, w-3)
	b.raw(l.line(min(3, w), say(bold, " : ")) + text)
	return b.view(h), tea.NewCursor(min(3+x, max(w-1, 0)), max(h-1, 0))
}

func (p *palette) hints() []hint {
	return []hint{{key: "enter", word: "go"}, {key: "tab", word: "complete"}, {key: "up down", word: "choose"}, {key: "esc", word: "no"}}
}
