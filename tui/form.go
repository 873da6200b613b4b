package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/tui/grid"
)

// formField is one line of a form.
type formField struct {
	label    string
	help     string                     // one line, shown while the field is typed
	notes    [][]seg                    // lines above the fields while it is in hand, where there is room
	value    string                     // to begin with
	optional bool                       //
	secret   bool                       // masked, and wiped
	check    func(string) string        // what is wrong, or nothing
	echo     func(string) string        // what the value means, shown beside it
	suggest  func(string) []string      // completions, best first; tab takes the first
	options  []string                   // if set, the value is one of these; left and right choose
	hidden   func(values []string) bool // not asked for, given the values so far
}

// form asks for its fields one by one: Enter goes to the next, and behind the last one it is done. Shift+tab and up go
// back, esc gives up. What the form is about is fixed when it opens: a refresh below cannot change it.
type form struct {
	a       *app
	title   string
	about   []seg
	fields  []formField
	extra   int // fields from here on are asked for only after tab on the last one before them
	history []string
	keep    string // the setting that keeps it while it is half filled (see formName); empty: it is not kept
	then    func(values []string) tea.Cmd
	secret  func([]byte) tea.Cmd // for a form whose only field is secret
	lines   []edit
	at      int
	shown   int
	wrong   string
	point   int // how many cells behind the cursor are what is wrong
	recall  int
	cancel  func() tea.Cmd
	back    string // that what was typed before is back
	kept    bool   // something of it may be in the setting
	soon    bool   // it will be kept in a moment
}

func newForm(a *app, f form) *form {
	f.a = a
	f.lines = make([]edit, len(f.fields))
	for i, fl := range f.fields {
		f.lines[i].secret = fl.secret
		f.lines[i].set(fl.value)
	}
	f.shown = len(f.fields)
	if f.extra > 0 {
		f.shown = f.extra
	}
	f.recall = len(f.history)
	for f.at < len(f.fields)-1 && f.hiddenField(f.at) {
		f.at++
	}
	return &f
}

// again puts the form up as it was typed, with what was wrong with it, unless the person has gone on to something else.
func (f *form) again(on screen, wrong string) (again bool, keep tea.Cmd) {
	if f.a.panel != nil || f.a.top() != on {
		return false, nil
	}
	f.a.openPanel(f)
	f.wrong = wrong
	return true, f.keepSoon()
}

func (f *form) close() {
	for i := range f.lines {
		if f.fields[i].secret {
			f.lines[i].wipe()
		}
	}
}

func (f *form) paste(s string) tea.Cmd {
	f.rights()
	f.lines[f.at].paste(s)
	return f.keepSoon()
}

func (f *form) values() []string {
	out := make([]string, len(f.fields))
	for i := range f.fields {
		if i < f.shown && !f.fields[i].secret {
			out[i] = f.lines[i].value()
		}
	}
	return out
}

func (f *form) hiddenField(i int) bool {
	return f.fields[i].hidden != nil && f.fields[i].hidden(f.values())
}

func (f *form) key(k tea.KeyPressMsg) tea.Cmd {
	cmd := f.press(k)
	if f.a.panel == panel(f) {
		cmd = tea.Batch(cmd, f.keepSoon())
	}
	return cmd
}

func (f *form) press(k tea.KeyPressMsg) tea.Cmd {
	fl, line := &f.fields[f.at], &f.lines[f.at]
	pressed := name(k)
	switch {
	case pressed == "esc":
		f.a.closePanel()
		if f.cancel != nil {
			return f.cancel()
		}
		return f.forget()
	case pressed == "enter":
		return f.enter()
	case pressed == "shift+tab":
		f.step(-1)
		return nil
	case len(fl.options) > 0 && (pressed == "left" || pressed == "right" || pressed == "space" || pressed == "up" || pressed == "down"):
		f.cycle(pressed == "left" || pressed == "up")
		return nil
	case pressed == "tab":
		return f.tab()
	case pressed == "up" || pressed == "down":
		f.vertical(pressed == "up")
		return nil
	}
	f.rights()
	if len(fl.options) > 0 { // the first letter chooses too
		if text := k.Key().Text; text != "" {
			for _, o := range fl.options {
				if strings.HasPrefix(o, strings.ToLower(text)) {
					line.set(o)
					break
				}
			}
		}
		return nil
	}
	line.key(k)
	return nil
}

// cycle goes through the options of a field.
func (f *form) cycle(back bool) {
	options := f.fields[f.at].options
	i := slices.Index(options, f.lines[f.at].value())
	if back {
		i += len(options) - 1
	} else {
		i++
	}
	f.lines[f.at].set(options[(i+len(options))%len(options)])
}

// tab takes a completion, else shows the fields that are not always asked for, else goes on.
func (f *form) tab() tea.Cmd {
	fl, line := f.fields[f.at], &f.lines[f.at]
	if fl.suggest != nil {
		if s := fl.suggest(string(line.text)); len(s) > 0 && s[0] != line.value() {
			line.set(s[0])
			return nil
		}
	}
	if f.shown < len(f.fields) {
		f.shown = len(f.fields)
		return nil
	}
	f.step(+1)
	return nil
}

// vertical goes between fields; in a form with one field it goes through what was typed before.
func (f *form) vertical(up bool) {
	if f.shown > 1 || len(f.history) == 0 {
		if up {
			f.step(-1)
		} else {
			f.step(+1)
		}
		return
	}
	if up {
		f.recall = max(f.recall-1, 0)
	} else {
		f.recall = min(f.recall+1, len(f.history))
	}
	text := ""
	if f.recall < len(f.history) {
		text = f.history[f.recall]
	}
	f.lines[f.at].set(text)
}

// rights forgets what was wrong.
func (f *form) rights() { f.wrong, f.point = "", 0 }

func (f *form) step(n int) {
	f.rights()
	for i := f.at + n; i >= 0 && i < f.shown; i += n {
		if !f.hiddenField(i) {
			f.at = i
			return
		}
	}
}

// enter checks the field and goes on; behind the last field the whole form is checked once more and done.
func (f *form) enter() tea.Cmd {
	if f.wrong = f.complain(f.at); f.wrong != "" {
		return nil
	}
	before := f.at
	f.step(+1)
	if f.at != before {
		return nil
	}
	for i := range f.shown {
		if f.hiddenField(i) {
			continue
		}
		if f.wrong = f.complain(i); f.wrong != "" {
			f.at = i
			return nil
		}
	}
	if f.secret != nil {
		secret := f.lines[0].take()
		f.a.closePanel()
		return f.secret(secret)
	}
	values := f.values()
	f.a.closePanel()
	done := f.then(values)
	return tea.Batch(done, f.forget())
}

func (f *form) complain(i int) string {
	fl := f.fields[i]
	if fl.secret {
		return ""
	}
	v := f.lines[i].value()
	if v == "" {
		if fl.optional {
			return ""
		}
		return fl.label + " is needed"
	}
	if len(fl.options) > 0 && !slices.Contains(fl.options, v) {
		return fl.label + " is one of " + strings.Join(fl.options, ", ")
	}
	if fl.check != nil {
		return fl.check(v)
	}
	return ""
}

func (f *form) height(w, room int) int {
	n := 2 + len(f.complaint(w)) // title, help
	if len(f.about) > 0 {
		n++
	}
	n += len(f.fields[f.at].notes)
	for i := range f.shown {
		if !f.hiddenField(i) {
			n++
		}
	}
	return min(n, room)
}

func (f *form) view(w, h int) (string, *tea.Cursor) {
	l := f.a.look
	labels := 0
	for i := range f.shown {
		labels = max(labels, l.width(f.fields[i].label))
	}
	labels = min(labels+4, w/2)
	var rows []string
	at, x := 0, 0
	for i := range f.shown {
		if f.hiddenField(i) {
			continue
		}
		tone := faint
		lead := "  "
		if i == f.at {
			tone, lead, at = bold, l.glyph.cursor+" ", len(rows)
		}
		label := l.line(labels, say(tone, lead+f.fields[i].label+": "))
		text, cx := f.lines[i].view(l, w-labels)
		if i == f.at {
			x = labels + cx
		}
		if e := f.fields[i].echo; e != nil {
			if s := e(f.lines[i].value()); s != "" {
				typed := min(l.width(l.clean(string(f.lines[i].text)))+2, max(w-labels, 0))
				text = l.line(typed, say(field, string(f.lines[i].text))) + l.line(w-labels-typed, say(faint, s))
			}
		}
		rows = append(rows, label+text)
	}
	b := l.block(w)
	b.section(f.title)
	if len(f.about) > 0 && h > len(rows)+2 {
		b.add(append([]seg{say(plain, " ")}, f.about...)...)
	}
	if notes := f.fields[f.at].notes; h >= len(b.lines)+len(notes)+len(rows)+1 {
		for _, note := range notes {
			b.add(append([]seg{say(plain, " ")}, note...)...)
		}
	}
	head := len(b.lines)
	wrong := f.complaint(w)
	foot := min(max(h-head-len(rows), 0), len(wrong)+1)
	help := l.wrap(f.helpText(w-1), w-2)
	pointing := f.point > 0 && x < w-1 && h > head+len(rows)
	space := max(h-head-foot, 1)
	top := min(max(at-space+1, 0), max(len(rows)-space, 0))
	for i := top; i < len(rows) && i < top+space; i++ {
		b.raw(rows[i])
	}
	for len(b.lines) < h-foot {
		b.blank()
	}
	switch {
	case foot <= len(wrong):
	case len(help) > 1 && foot > 1 && f.wrong == "" && f.back == "" && !pointing: // it takes the line that is kept for a complaint
		b.add(say(faint, " "+help[0]))
		b.add(say(faint, " "+strings.Join(help[1:], " ")))
		return f.drawn(b, h, x, head+at-top)
	case pointing: // at the word, in place of the help
		b.add(say(plain, grid.Blank(x)), say(bad, strings.Repeat("^", f.point)))
	default:
		b.add(say(faint, " "+f.helpText(w-1)))
	}
	t := bad
	if f.wrong == "" {
		t = careful
	}
	for i := range min(foot, len(wrong)) {
		b.add(say(t, " "+wrong[i]))
	}
	return f.drawn(b, h, x, head+at-top)
}

// drawn is the form with the cursor where the field in hand is, if that is in sight.
func (f *form) drawn(b *block, h, x, y int) (string, *tea.Cursor) {
	if y >= h {
		return b.view(h), nil
	}
	return b.view(h), tea.NewCursor(min(x, max(b.w-1, 0)), y)
}

// complaint is what is wrong in at most two lines, else that the form is as it was left; with neither an empty one, so that
// the form does not jump.
func (f *form) complaint(w int) []string {
	text := f.wrong
	if text == "" {
		text = f.back
	}
	lines := f.a.look.wrap(text, w-2)
	if len(lines) > 2 {
		lines[1] += " " + f.a.look.glyph.ellipsis
		lines = lines[:2]
	}
	return lines
}

// helpText is the line of help under a form; what more there is to ask is counted where it cannot be named in that width.
func (f *form) helpText(width int) string {
	fl := f.fields[f.at]
	parts := []string{}
	completing := false
	if fl.suggest != nil && f.lines[f.at].value() != "" {
		typed := string(f.lines[f.at].text)
		if s := fl.suggest(typed); len(s) > 0 && s[0] != f.lines[f.at].value() {
			words := make([]string, min(len(s), 8))
			for i := range words { // of a line of words only the last one is being completed
				words[i] = strings.TrimPrefix(s[i], typed[:strings.LastIndexByte(typed, ' ')+1])
			}
			parts = append(parts, "tab: "+strings.Join(words, "  "))
			completing = true
		}
	}
	if fl.help != "" && !completing {
		parts = append(parts, fl.help)
	}
	if fl.optional && f.fields[f.at].value == "" && !completing {
		parts = append(parts, "may stay empty")
	}
	text := strings.Join(parts, "; ")
	if f.shown == len(f.fields) || completing {
		return text
	}
	if text != "" {
		text += "; "
	}
	if named := text + "tab asks for more: " + f.moreLabels(); len([]rune(named)) <= width {
		return named
	}
	return text + "tab asks for more"
}

func (f *form) moreLabels() string {
	var names []string
	for _, fl := range f.fields[f.shown:] {
		names = append(names, strings.ToLower(fl.label))
	}
	return strings.Join(names, ", ")
}

func (f *form) hints() []hint {
	word := "next"
	if f.at == f.lastField() {
		word = "done"
	}
	hs := []hint{{key: "enter", word: word}}
	if f.at > 0 {
		hs = append(hs, hint{key: "shift+tab", word: "back"})
	}
	if len(f.fields[f.at].options) > 0 {
		hs = append(hs, hint{key: f.a.look.glyph.left + f.a.look.glyph.right, word: "choose"})
	}
	if len(f.history) > 0 && f.shown == 1 {
		hs = append(hs, hint{key: "up", word: "earlier ones"})
	}
	return append(hs, hint{key: "esc", word: "give up"})
}

func (f *form) lastField() int {
	for i := f.shown - 1; i >= 0; i-- {
		if !f.hiddenField(i) {
			return i
		}
	}
	return 0
}
