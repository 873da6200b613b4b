package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tickmark/review"
	"tickmark/tui/grid"
)

// seg is a piece of a line: a text, safe or not, and what it means.
type seg struct {
	tone tone
	text string
}

func say(t tone, text string) seg { return seg{t, text} }

func sayf(t tone, format string, args ...any) seg { return seg{t, fmt.Sprintf(format, args...)} }

func quoted(text string) string { return "“" + text + "”" }

// clean makes any text safe to draw. Every text on the screen passes through here, in line or in cell.
func (l *look) clean(s string) string {
	s = review.Safe(s)
	if l.ascii {
		s = asciiOnly(s)
	}
	return s
}

// cell is a piece of a table row.
func (l *look) cell(t tone, s string) grid.Cell { return grid.Cell{Text: l.clean(s), Style: uint8(t)} }

// asciiOnly spells out what a terminal without Unicode cannot show. Signs of our own sentences have ASCII twins, control
// pictures become carets, everything else its code point, because guessing at letters would change names.
func asciiOnly(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for _, r := range s[i:] {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r >= '␀' && r < '␠':
			b.WriteByte('^')
			b.WriteRune(r - '␀' + '@')
		case r == '␡':
			b.WriteString("^?")
		default:
			if twin := asciiTwin(r); twin != "" {
				b.WriteString(twin)
			} else {
				fmt.Fprintf(&b, "<U+%04X>", r)
			}
		}
	}
	return b.String()
}

func asciiTwin(r rune) string {
	switch r {
	case '…':
		return "..."
	case '·', '–', '—', '•':
		return "-"
	case '→':
		return "->"
	case '“', '”':
		return `"`
	case '’':
		return "'"
	case '‹':
		return "<"
	case '›':
		return ">"
	case '×':
		return "x"
	}
	return ""
}

func (l *look) width(s string) int { return grid.Width(l.method, s) }

// cells is how wide the segments are.
func (l *look) cells(segs []seg) int {
	n := 0
	for _, s := range segs {
		n += l.width(l.clean(s.text))
	}
	return n
}

// line puts segments on one line of exactly w cells. What does not fit is cut, and the cut is shown.
func (l *look) line(w int, segs ...seg) string {
	if w <= 0 {
		return ""
	}
	var b strings.Builder
	room := l.put(&b, w, segs)
	b.WriteString(grid.Blank(room))
	return b.String()
}

// put writes segments into at most room cells and returns what is left.
func (l *look) put(b *strings.Builder, room int, segs []seg) int {
	over := l.cells(segs) > room
	for _, s := range segs {
		text := l.clean(s.text)
		n := l.width(text)
		if over && n >= room {
			text = grid.Fit(l.method, text, max(room-1, 0), "") + l.glyph.ellipsis
			l.styled(b, s.tone, text)
			return 0
		}
		l.styled(b, s.tone, text)
		room -= n
	}
	return room
}

func (l *look) styled(b *strings.Builder, t tone, text string) {
	if text == "" {
		return
	}
	sgr := l.sgr[t]
	b.WriteString(sgr.On)
	b.WriteString(text)
	b.WriteString(sgr.Off)
}

// split puts left and right on one line, right against the right edge. Right gives way if both do not fit.
func (l *look) split(w int, left, right []seg) string {
	rw := l.cells(right)
	if rw == 0 || rw+1 > w/2 && l.cells(left)+rw+1 > w {
		return l.line(w, left...)
	}
	var b strings.Builder
	room := l.put(&b, max(w-rw-1, 0), left)
	b.WriteString(grid.Blank(room + 1))
	l.put(&b, rw, right)
	return b.String()
}

// bar draws done out of total in w cells.
func (l *look) bar(w int, done, total int64) []seg {
	if w <= 0 {
		return nil
	}
	full := 0
	if total > 0 {
		full = int(min(max(done*int64(w)/total, 0), int64(w)))
		if full == 0 && done > 0 {
			full = 1
		}
		if full == w && done < total {
			full = w - 1
		}
	}
	return []seg{say(barDone, strings.Repeat(l.glyph.bar, full)), say(barRest, strings.Repeat(l.glyph.rest, w-full))}
}

// share is a part of a bar: how many, and the tone and sign it is drawn with.
type share struct {
	n    int64
	tone tone
	sign string
}

// shares draws parts of a whole in w cells; what is left of it is empty. A part that is not nothing gets at least a cell.
func (l *look) shares(w int, total int64, parts ...share) []seg {
	var segs []seg
	room := w
	for _, p := range parts {
		n := 0
		if total > 0 && p.n > 0 {
			n = min(max(int(p.n*int64(w)/total), 1), room)
		}
		room -= n
		segs = append(segs, say(p.tone, strings.Repeat(p.sign, n)))
	}
	return append(segs, say(barRest, strings.Repeat(l.glyph.rest, room)))
}

// block gathers lines of one width.
type block struct {
	l     *look
	w     int
	outer int // the lines are padded to this when drawn
	lines []string
}

func (l *look) block(w int) *block { return &block{l: l, w: max(w, 0)} }

// readable is how long a line of reading may get.
const readable = 120

// column is a block for reading: on wide screens it takes only the left part of w cells.
func (l *look) column(w int) *block {
	if l.spoken {
		return l.block(w)
	}
	return &block{l: l, w: max(min(w, readable), 0), outer: w}
}

func (b *block) add(segs ...seg) { b.lines = append(b.lines, b.l.line(b.w, segs...)) }

func (b *block) raw(lines ...string) { b.lines = append(b.lines, lines...) }

func (b *block) split(left, right []seg) { b.lines = append(b.lines, b.l.split(b.w, left, right)) }

func (b *block) blank() { b.add() }

// section is a rule with a title in it, and something at its right end.
func (b *block) section(title string, right ...seg) { b.raw(b.l.rule(b.w, title, right...)) }

func (l *look) rule(w int, title string, right ...seg) string {
	if l.spoken {
		return l.line(w, say(plain, title+":"))
	}
	left := []seg{say(ruled, l.glyph.rule)}
	if title != "" {
		left = append(left, say(heading, " "+title+" "))
	}
	rw := l.cells(right)
	if rw > 0 {
		rw += 3
	}
	fill := w - l.cells(left) - rw
	if fill < 0 {
		return l.line(w, left...)
	}
	line := append(left, say(ruled, strings.Repeat(l.glyph.rule, fill)))
	if rw > 0 {
		line = append(append(append(line, say(plain, " ")), right...), say(plain, " "), say(ruled, l.glyph.rule))
	}
	return l.line(w, line...)
}

// text wraps words into lines, the first indented by indent cells, the rest by hang.
func (b *block) text(t tone, indent, hang int, s string) {
	for i, line := range b.l.wrap(s, b.w-max(indent, hang)) {
		in := hang
		if i == 0 {
			in = indent
		}
		b.add(say(plain, grid.Blank(in)), say(t, line))
	}
}

// wrap breaks a text into lines of at most w cells. Line ends of the text are kept.
func (l *look) wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var out []string
	for para := range strings.SplitSeq(s, "\n") {
		para = l.clean(para)
		if l.width(para) <= w {
			out = append(out, para)
			continue
		}
		para = strings.ReplaceAll(para, " %", "\u00a0%") // a number stays with its percent sign
		out = append(out, strings.Split(strings.ReplaceAll(l.method.Wrap(para, w, ",;"), "\u00a0%", " %"), "\n")...)
	}
	return out
}

// labelWidth is the column of labels beside facts.
const labelWidth = 14

// fact is a label and what it names; long values go on below.
func (b *block) fact(label string, segs ...seg) {
	if b.l.spoken {
		if label = strings.TrimSpace(label); label != "" {
			segs = append([]seg{say(plain, label+": ")}, segs...)
		}
		b.add(segs...)
		return
	}
	lead := say(faint, " "+grid.Fit(b.l.method, label, labelWidth-2, b.l.glyph.ellipsis)+" ")
	if b.l.cells(segs)+labelWidth <= b.w || b.w < labelWidth+12 {
		b.add(append([]seg{lead}, segs...)...)
		return
	}
	for i, line := range b.l.flow(segs, b.w-labelWidth) {
		if i > 0 {
			lead = say(plain, grid.Blank(labelWidth))
		}
		b.add(append([]seg{lead}, line...)...)
	}
}

// word is a run of text without a blank, in one or more tones.
type word struct {
	lead string // blanks before it
	segs []seg
	n    int // cells
}

// words cuts segments at their blanks. Segments that touch without a blank are one word.
func (l *look) words(segs []seg) []word {
	var out []word
	cur := word{}
	for _, s := range segs {
		text := l.clean(s.text)
		for text != "" {
			blank := len(text) - len(strings.TrimLeft(text, " "))
			if blank > 0 {
				if len(cur.segs) > 0 {
					out = append(out, cur)
					cur = word{}
				}
				cur.lead += text[:blank]
				text = text[blank:]
				continue
			}
			end := strings.IndexByte(text, ' ')
			if end < 0 {
				end = len(text)
			}
			cur.segs = append(cur.segs, seg{s.tone, text[:end]})
			cur.n += l.width(text[:end])
			text = text[end:]
		}
	}
	if len(cur.segs) > 0 {
		out = append(out, cur)
	}
	return out
}

// flow wraps segments of different tones at blanks into lines of at most w cells.
func (l *look) flow(segs []seg, w int) [][]seg {
	var lines [][]seg
	var line []seg
	used := 0
	words := l.words(segs)
	for i, x := range words {
		need := len(x.lead) + x.n
		if i+1 < len(words) && strings.HasPrefix(words[i+1].segs[0].text, "%") { // a number stays with its percent sign
			need += len(words[i+1].lead) + words[i+1].n
		}
		if used > 0 && used+need > w {
			lines = append(lines, line)
			line, used = nil, 0
		}
		if used > 0 || len(lines) == 0 {
			line = append(line, seg{plain, x.lead})
			used += len(x.lead)
		}
		for _, s := range x.segs {
			for n := l.width(s.text); used+n > w; n = l.width(s.text) { // one word longer than a line
				head := grid.Cut(l.method, s.text, w-used, "")
				if i := strings.LastIndexAny(head, ",;|/"); i >= len(head)/2 { // between two values rather than in one
					head = head[:i+1]
				}
				if head == "" && used == 0 {
					break
				}
				lines = append(lines, append(line, seg{s.tone, head}))
				line, used = nil, 0
				s.text = s.text[len(head):]
			}
			line = append(line, s)
			used += l.width(s.text)
		}
	}
	return append(lines, line)
}

// joined puts facts one behind the other with dots between, and begins a new line between two of them where the line is
// full; at most so many lines.
func (b *block) joined(most int, facts ...[]seg) {
	sep := say(faint, " "+b.l.glyph.dot+" ")
	line, n := []seg{say(plain, " ")}, 0
	used := 1
	for _, f := range facts {
		c := b.l.cells(f)
		if c == 0 {
			continue
		}
		if used > 1 && used+3+c > b.w && n+1 < most {
			b.add(line...)
			line, used = []seg{say(plain, " ")}, 1
			n++
		}
		if used > 1 {
			line = append(line, sep)
			used += 3
		}
		line = append(line, f...)
		used += c
	}
	b.add(line...)
}

// window gives h lines from top on, padded with blank ones.
func (b *block) window(top, h int) string {
	if h <= 0 || b.w <= 0 {
		return ""
	}
	top = min(max(top, 0), max(len(b.lines)-h, 0))
	lines := make([]string, 0, h)
	pad := grid.Blank(b.outer - b.w)
	for i := top; i < len(b.lines) && len(lines) < h; i++ {
		lines = append(lines, b.lines[i]+pad)
	}
	for len(lines) < h {
		lines = append(lines, grid.Blank(max(b.w, b.outer)))
	}
	return strings.Join(lines, "\n")
}

func (b *block) view(h int) string { return b.window(0, h) }

// beside joins two views of h lines with a line between them.
func (l *look) beside(left, right string, h int) string {
	if h <= 0 {
		return ""
	}
	a, b := strings.Split(left, "\n"), strings.Split(right, "\n")
	bar := "│"
	if l.ascii {
		bar = "|"
	}
	lines := make([]string, h)
	for i := range lines {
		lines[i] = a[i] + l.sgr[ruled].On + bar + l.sgr[ruled].Off + b[i]
	}
	return strings.Join(lines, "\n")
}

// stack joins views; those of no height are left out.
func stack(views ...string) string {
	kept := views[:0:0]
	for _, v := range views {
		if v != "" {
			kept = append(kept, v)
		}
	}
	return strings.Join(kept, "\n")
}
