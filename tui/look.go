package tui

import (
	"github.com/charmbracelet/x/ansi"

	"tickmark/tui/grid"
)

// tone is what a piece of text means. Screens use meanings; look says what they look like.
type tone uint8

const (
	plain tone = iota
	bold
	faint
	accent   // keys, what can be done
	heading  // names of screens and sections
	ruled    // lines
	inverse  // the cursor
	field    // a line being edited
	kept     // verdicts
	revoked  //
	excepted //
	unsure   //
	undone   // open, undecided
	good     // done, verified
	bad      // failed, came back
	careful  // warnings
	critical // severities
	high     //
	medium   //
	low      //
	barDone  // progress
	barRest  //
	tones    // how many there are
)

// look is how one person's screen is drawn: colours, glyphs and how the terminal counts cells.
type look struct {
	theme   string // dark, light, plain
	noColor bool
	ascii   bool
	spoken  bool // to be read aloud: no rules, no columns, no signs, only their words
	method  ansi.Method
	sgr     [tones]grid.SGR
	glyph   glyphs
	table   grid.Look // the same for tables
}

// glyphs are one cell wide under every rule of counting.
type glyphs struct {
	cursor, mark, ellipsis, dot, dash, rule, bar, rest, up, down, left, right, arrow, bullet, tick string
}

const reset = "\x1b[m"

func newLook(theme string, ascii, noColor bool) *look {
	l := &look{theme: theme, ascii: ascii, noColor: noColor}
	colours := palettes()[theme]
	for t := range tones {
		on := attributes[t]
		if !noColor && colours[t] != "" {
			if on != "" {
				on += ";"
			}
			on += colours[t]
		}
		if on != "" {
			l.sgr[t] = grid.SGR{On: "\x1b[" + on + "m", Off: reset}
		}
	}
	l.glyph = glyphs{cursor: "▸", mark: "•", ellipsis: "…", dot: "·", dash: "–", rule: "─", bar: "█", rest: "░", up: "▲", down: "▼",
		left: "‹", right: "›", arrow: "→", bullet: "•", tick: "✓"}
	if ascii {
		l.glyph = glyphs{cursor: ">", mark: "*", ellipsis: "~", dot: "-", dash: "-", rule: "-", bar: "#", rest: ".", up: "^", down: "v",
			left: "<", right: ">", arrow: "->", bullet: "*", tick: "+"}
	}
	l.table = l.gridLook()
	return l
}

// attributes carry meaning where colour does not: they hold in every theme and without colour.
var attributes = [tones]string{bold: "1", faint: "2", accent: "1", heading: "1", ruled: "2", inverse: "7", revoked: "1", bad: "1", critical: "1;4",
	high: "1", barRest: "2", undone: "2"}

// palettes give SGR colours by theme. Plain is for a background nobody knows: the middle colours that show on black and
// on white, and none where there is no such one (blue is dark on black, cyan pale on white). Bright black and white are used nowhere: in some palettes they are the background.
func palettes() map[string][tones]string {
	return map[string][tones]string{
		"dark": {accent: "36", heading: "", kept: "32", revoked: "91", excepted: "33", unsure: "95", good: "32", bad: "91",
			careful: "33", critical: "91", high: "91", medium: "33", low: "36", barDone: "32"},
		"light": {accent: "34", kept: "38;5;28", revoked: "38;5;124", excepted: "38;5;130", unsure: "38;5;90", good: "38;5;28",
			bad: "38;5;124", careful: "38;5;130", critical: "38;5;124", high: "38;5;124", medium: "38;5;130", low: "38;5;25", barDone: "38;5;28"},
		"plain": {accent: "36", kept: "32", revoked: "31", excepted: "35", good: "32", bad: "31", careful: "35",
			critical: "31", high: "31", medium: "35", low: "36", barDone: "32"},
	}
}

func (l *look) gridLook() grid.Look {
	styles := make([]grid.SGR, tones)
	copy(styles, l.sgr[:])
	return grid.Look{
		Styles: styles, Header: l.sgr[faint], Cursor: l.sgr[inverse], Mark: l.sgr[accent], Faint: l.sgr[faint],
		Glyphs: grid.Glyphs{Cursor: l.glyph.cursor, Mark: l.glyph.mark, Ellipsis: l.glyph.ellipsis, Placeholder: l.glyph.dot,
			Up: l.glyph.up, Down: l.glyph.down, Left: l.glyph.left, Right: l.glyph.right},
	}
}
