package tui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// edit is one line being typed. It is drawn safe whatever has been put into it, never reads a clipboard by itself (the
// clipboard of this computer may be somebody else's), and can be wiped.
type edit struct {
	text   []rune
	at     int
	secret bool
}

func (e *edit) set(s string) {
	e.text = []rune(s)
	e.at = len(e.text)
}

func (e *edit) value() string { return strings.TrimSpace(string(e.text)) }

// take gives the bytes of a secret and forgets them.
func (e *edit) take() []byte {
	var b []byte
	for _, r := range e.text {
		b = utf8.AppendRune(b, r)
	}
	e.wipe()
	return b
}

func (e *edit) wipe() {
	clear(e.text[:cap(e.text)])
	e.text, e.at = nil, 0
}

// paste puts text in; line ends and tabs become blanks, other controls are left out.
func (e *edit) paste(s string) {
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			e.insert(' ')
		case !unicode.IsControl(r):
			e.insert(r)
		}
	}
}

const maxEdit = 8192 // runes; reasons hold at most 8,192 bytes (rulings 10)

func (e *edit) insert(r rune) {
	if len(e.text) >= maxEdit {
		return
	}
	if e.secret && cap(e.text) == len(e.text) { // grow without leaving a copy behind
		grown := make([]rune, len(e.text), 2*len(e.text)+64)
		copy(grown, e.text)
		clear(e.text)
		e.text = grown
	}
	e.text = slices.Insert(e.text, e.at, r)
	e.at++
}

// key edits; it reports whether the key was one it knows.
func (e *edit) key(k tea.KeyPressMsg) bool {
	switch name(k) {
	case "left", "ctrl+b":
		e.at = e.before()
	case "right", "ctrl+f":
		e.at = e.behind()
	case "alt+left", "ctrl+left", "alt+b":
		e.at = e.wordBefore()
	case "alt+right", "ctrl+right", "alt+f":
		e.at = e.wordBehind()
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.text)
	case "backspace", "ctrl+h":
		e.cut(e.before(), e.at)
	case "delete", "ctrl+d":
		e.cut(e.at, e.behind())
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		e.cut(e.wordBefore(), e.at)
	case "ctrl+u":
		e.cut(0, e.at)
	case "ctrl+k":
		e.cut(e.at, len(e.text))
	default:
		text := k.Key().Text
		if text == "" || k.Mod&^(tea.ModShift|tea.ModCapsLock) != 0 {
			return false
		}
		e.paste(text)
	}
	return true
}

func (e *edit) cut(from, to int) {
	e.text = slices.Delete(e.text, from, to)
	e.at = from
}

// before and behind step over whole characters, marks included.
func (e *edit) before() int {
	i := e.at
	for i > 0 {
		i--
		if !unicode.Is(unicode.M, e.text[i]) {
			break
		}
	}
	return i
}

func (e *edit) behind() int {
	i := min(e.at+1, len(e.text))
	for i < len(e.text) && unicode.Is(unicode.M, e.text[i]) {
		i++
	}
	return i
}

func (e *edit) wordBefore() int {
	i := e.at
	for i > 0 && e.text[i-1] == ' ' {
		i--
	}
	for i > 0 && e.text[i-1] != ' ' {
		i--
	}
	return i
}

func (e *edit) wordBehind() int {
	i := e.at
	for i < len(e.text) && e.text[i] == ' ' {
		i++
	}
	for i < len(e.text) && e.text[i] != ' ' {
		i++
	}
	return i
}

// view draws the line in w cells and says in which of them the cursor stands. A line too long is scrolled to it.
func (e *edit) view(l *look, w int) (string, int) {
	if w <= 0 {
		return "", 0
	}
	before, behind := string(e.text[:e.at]), string(e.text[e.at:])
	if e.secret {
		dots := func(n int) string { return strings.Repeat(l.glyph.bullet, n) }
		before, behind = dots(e.at), dots(len(e.text)-e.at)
	} else {
		before, behind = l.clean(before), l.clean(behind)
	}
	room := w - 1 // the cursor may stand behind the last character
	if n := l.width(before); n > room {
		before = l.method.TruncateLeft(before, n-room+1, l.glyph.ellipsis)
		for l.width(before) > room {
			before = ansi.TruncateLeft(before, 1, "")
		}
	}
	at := l.width(before)
	return l.line(w, say(field, before+behind)), min(at, w-1)
}
