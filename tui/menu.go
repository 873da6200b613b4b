package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// menuLine is a line of a menu: something to go to, or, without an id, a heading or a sentence between.
type menuLine struct {
	id    string
	left  []seg
	right []seg  // at the right end
	brief []seg  // in place of right where that does not fit
	title string // a section, if set
	open  func() tea.Cmd
}

// menu is a short list of unlike lines with a cursor that stays on its line when others come and go.
type menu struct {
	at  string
	top int
}

func (m *menu) index(lines []menuLine) int {
	i := slices.IndexFunc(lines, func(l menuLine) bool { return l.id != "" && l.id == m.at })
	if i < 0 {
		i = slices.IndexFunc(lines, func(l menuLine) bool { return l.id != "" })
	}
	return i
}

// move goes n lines on, over those that lead nowhere.
func (m *menu) move(lines []menuLine, n int) {
	i := m.index(lines)
	if i < 0 {
		return
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for j := i + step; j >= 0 && j < len(lines) && n > 0; j += step {
		if lines[j].id != "" {
			i = j
			n--
		}
	}
	m.at = lines[i].id
}

// commands of a menu.
func (m *menu) commands(lines func() []menuLine) []command {
	move := func(n int) func() tea.Cmd { return func() tea.Cmd { m.move(lines(), n); return nil } }
	return []command{
		{action: "down", do: move(1)}, {action: "up", do: move(-1)}, {action: "page-down", do: move(10)}, {action: "page-up", do: move(-10)},
		{action: "screen-down", do: move(20)}, {action: "screen-up", do: move(-20)},
		{action: "first", do: move(-1 << 20)}, {action: "last", do: move(1 << 20)},
		{action: "open", do: func() tea.Cmd {
			ls := lines()
			if i := m.index(ls); i >= 0 && ls[i].open != nil {
				return ls[i].open()
			}
			return nil
		}},
	}
}

// view draws the lines in exactly w×h.
func (m *menu) view(l *look, lines []menuLine, w, h int) string {
	if h <= 0 {
		return ""
	}
	at := m.index(lines)
	if at >= 0 {
		first := at
		for first > 0 && lines[first-1].id == "" { // headings above the cursor come along
			first--
		}
		if first < m.top {
			m.top = first
		}
		if at >= m.top+h {
			m.top = at - h + 1
		}
	}
	m.top = max(min(m.top, len(lines)-h), 0)
	b := l.column(w)
	w = b.w
	for i := m.top; i < len(lines) && len(b.lines) < h; i++ {
		ml := lines[i]
		if l.cells(ml.left)+l.cells(ml.right)+4 > w && ml.brief != nil {
			ml.right = ml.brief
		}
		switch {
		case ml.title != "":
			b.section(ml.title, ml.right...)
		case i == at:
			text := func(segs []seg) []seg {
				var parts []string
				for _, s := range segs {
					parts = append(parts, s.text)
				}
				return []seg{say(plain, strings.Join(parts, ""))}
			}
			line := l.split(w, append([]seg{say(plain, l.glyph.cursor+" ")}, text(ml.left)...), text(ml.right))
			b.raw(l.sgr[inverse].On + line + l.sgr[inverse].Off)
		default:
			b.split(append([]seg{say(plain, "  ")}, ml.left...), ml.right)
		}
	}
	return b.view(h)
}

// clicked is the line of the menu at y of its view.
func (m *menu) clicked(lines []menuLine, y int) {
	if i := m.top + y; i >= 0 && i < len(lines) && lines[i].id != "" {
		m.at = lines[i].id
	}
}
