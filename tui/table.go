package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// table is what screens that list things have in common: rows, a filter, a total, and the facts of the row under the
// cursor beside or below.
type table struct {
	a      *app
	g      *grid.Grid
	cols   []grid.Column
	filter string
	base   string // the filter the screen was opened with
	shown  string // the filter of the rows on the screen
	err    error
	loaded bool
	rows   []grid.Row // all of them; the grid holds only those near the screen
	facts  slot
}

func newTable(a *app, cols []grid.Column) table {
	return table{a: a, cols: cols, g: grid.New(a.ctx, grid.NewSlice(nil, cols, nil), cols, a.look.table)}
}

func (t *table) close() {
	t.facts.stop()
	t.g.Close()
}

// fill shows rows; key gives what a column sorts by where that is not its text.
func (t *table) fill(rows []grid.Row, key func(grid.Row, string) string) tea.Cmd {
	t.loaded, t.err, t.rows = true, nil, rows
	src := grid.NewSlice(rows, t.cols, key)
	if t.shown != t.filter {
		t.shown = t.filter
		return t.g.Show(src)
	}
	return t.g.SetSource(src)
}

// tableRows makes a row of each line of a list.
func tableRows[T any](list []T, row func(T) grid.Row) []grid.Row {
	rows := make([]grid.Row, len(list))
	for i, x := range list {
		rows[i] = row(x)
	}
	return rows
}

func (t *table) failed(err error) {
	t.loaded, t.err = true, err
}

// aside is the total, always in sight.
func (t *table) count(one string) []seg {
	if !t.loaded || t.err != nil {
		return nil
	}
	n := t.g.Total()
	if n < 0 {
		return nil
	}
	segs := []seg{say(plain, count(n, one))}
	if t.filter != "" {
		segs = append(segs, say(careful, " matching"))
	}
	return segs
}

// bare reports that the table is read and has no line.
func (t *table) bare() bool {
	_, ok := t.g.Current()
	return t.loaded && t.err == nil && !ok && !t.g.Waiting()
}

func (t *table) commands() []command {
	return append(moves(t.g), t.a.sortCommand(t.g), t.a.columnsCommand(t.g))
}

// leaveFilter makes esc take the filter away before it leaves the screen.
func (t *table) leaveFilter(reload func() tea.Cmd) []command {
	if t.filter == t.base && t.g.Marked() == 0 && !t.g.Ranging() {
		return nil
	}
	return []command{{action: "back", do: func() tea.Cmd {
		if t.g.Marked() != 0 || t.g.Ranging() {
			t.g.ClearMarks()
			return nil
		}
		t.filter = t.base
		t.a.tell("filter taken away")
		return reload()
	}}}
}

// view draws the table, and facts of the current row if there is room: beside it on wide screens, else below.
func (t *table) view(w, h int, empty string, facts func(w int) *block) string {
	l := t.a.look
	switch {
	case t.err != nil:
		b := l.block(w)
		b.blank()
		message, hint := explain(t.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
		return b.view(h)
	case !t.loaded:
		b := l.block(w)
		b.blank()
		b.text(faint, 2, 2, "Reading"+l.glyph.ellipsis)
		return b.view(h)
	}
	if t.filter != "" {
		empty = "Nothing matches the filter. " + t.a.keys.key("back") + " takes it away."
	}
	head := ""
	if t.filter != "" && h > 4 {
		head = l.line(w, say(faint, " filter "), say(accent, t.filter))
		h--
	}
	if facts == nil || small(w, h) || t.bare() {
		return stack(head, t.a.gridView(t.g, w, h, empty))
	}
	if w >= 140 && h >= 12 {
		left := w * 60 / 100
		b := facts(w - left - 1)
		return stack(head, l.beside(t.a.gridView(t.g, left, h, empty), b.view(h), h))
	}
	b := facts(w)
	fh := min(len(b.lines), max(h/2, h-t.wanted()))
	return stack(head, t.a.gridView(t.g, w, h-fh, empty), b.view(fh))
}

// wanted is how many lines the table needs to show all its rows; where that is not known, as many as there may be.
func (t *table) wanted() int {
	n := t.g.Total()
	if n < 0 || n > 1<<16 {
		return 1 << 16
	}
	return 1 + int(n) // the header and the rows
}

func (t *table) click(_, y int) tea.Cmd {
	if t.filter != "" {
		y--
	}
	return t.g.Click(y)
}

func (t *table) wheel(n int) tea.Cmd { return t.g.Move(n) }

// filterForm asks for a filter such as the example, with completion, and points at the word that is wrong.
func (a *app) filterForm(current, example string, parse func(string) (review.Filter, error), complete func(string) []string, history []string,
	apply func(string) tea.Cmd) *form {
	var f *form
	f = newForm(a, form{title: "Filter", history: history,
		fields: []formField{{label: "Show", value: current, optional: true, suggest: complete,
			help: "such as " + example + "; tab completes",
			check: func(v string) string {
				_, err := parse(v)
				if err == nil {
					return ""
				}
				var fe *review.FilterError
				if errors.As(err, &fe) {
					line := &f.lines[0]
					lead := len(string(line.text)) - len(strings.TrimLeft(string(line.text), " ")) // value trims it
					line.at = lead + utf8.RuneCountInString(v[:min(max(fe.Pos, 0), len(v))])
					f.point = max(a.look.width(a.look.clean(fe.Word)), 1)
				}
				message, hint := explain(err)
				if _, says, ok := strings.Cut(message, ": "); ok && f.point > 0 { // the place is shown
					message = says
				}
				return strings.TrimSuffix(message+"; "+hint, "; ")
			}}},
		then: func(v []string) tea.Cmd { return apply(v[0]) }})
	return f
}

// completeFilter completes the filter of items at its end.
func (a *app) completeFilter(text string) []string {
	rules := make([]string, len(a.o.Rules))
	for i, r := range a.o.Rules {
		rules[i] = r.ID
	}
	slices.Sort(rules)
	return completeFields(review.FilterFields(), map[string][]string{"finding": rules})(text)
}

// completeFields completes a filter over other fields; extra are further values by field.
func completeFields(fields []review.FilterField, extra map[string][]string) func(string) []string {
	return func(text string) []string {
		c := review.CompleteFields(fields, text, len(text), extra)
		out := make([]string, 0, len(c.Options))
		for _, o := range c.Options {
			out = append(out, text[:c.From]+o+text[c.To:])
		}
		return out
	}
}

// importWhy says why no file can be imported here.
func importWhy(a *app) string {
	if a.o.Remote {
		return "files of your computer cannot be reached from here; pipe them: ssh HOST import < FILE"
	}
	return a.readOnly()
}

// eachChosen calls do for the marked rows, or for the one under the cursor, until it answers false. All rows of the table count,
// not only those near the screen.
func eachChosen[T any](t *table, do func(T) bool) {
	if t.g.Marked() == 0 {
		if r, ok := t.g.Current(); ok {
			do(r.Data.(T))
		}
		return
	}
	sel := t.g.Selection()
	marked := make(map[string]bool, len(sel.IDs))
	for _, id := range sel.IDs {
		marked[id] = true
	}
	for _, r := range t.rows {
		if (sel.All || marked[r.ID]) && !do(r.Data.(T)) {
			return
		}
	}
}

// chosenRows are the rows of eachChosen.
func chosenRows[T any](t *table) []T {
	var out []T
	eachChosen(t, func(x T) bool { out = append(out, x); return true })
	return out
}

// rowID makes an ID of an index.
func rowID[T ~int64 | ~int](n T) string { return fmt.Sprint(int64(n)) }
