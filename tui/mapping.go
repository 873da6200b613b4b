package tui

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// mapping reads a file without storing it, shows what it would become and how its columns were understood, lets the
// person correct that, and imports it.
type mapping struct {
	a       *app
	path    string
	o       review.ImportOptions
	report  *review.ImportReport // of the dry run
	result  *review.ImportReport // of the import
	err     error
	state   mappingState
	meter   *meter
	since   time.Time
	cancel  context.CancelFunc
	menu    menu
	page    page
	reading slot
}

type mappingState uint8

const (
	mapReading mappingState = iota
	mapReady
	mapImporting
	mapDone
)

// meter carries the progress of long work from a command to the screen: the one thing both touch.
type meter struct {
	mu sync.Mutex
	p  review.Progress
}

func (m *meter) set(p review.Progress) {
	m.mu.Lock()
	m.p = p
	m.mu.Unlock()
}

func (m *meter) get() review.Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p
}

func newMapping(a *app, path string, o review.ImportOptions) *mapping {
	return &mapping{a: a, path: path, o: o, meter: &meter{}, page: page{a: a}}
}

func (s *mapping) name() string { return "imports" }

func (s *mapping) close() {
	s.reading.stop()
	if s.cancel != nil && s.state == mapImporting {
		s.cancel()
	}
}

func (s *mapping) load() tea.Cmd {
	if s.state != mapReading {
		return nil
	}
	return s.dryRun()
}

func (s *mapping) dryRun() tea.Cmd {
	s.state, s.since = mapReading, s.a.now()
	o := s.o
	o.DryRun = true
	m := s.meter
	return tea.Batch(ask(s.a, &s.reading, func(ctx context.Context) (review.ImportReport, error) {
		return s.a.desk.ImportFile(ctx, s.path, o, m.set)
	}, func(r review.ImportReport, err error) tea.Cmd {
		s.state, s.err = mapReady, err
		s.report = &r
		s.a.opened = s.a.now()
		return nil
	}), s.tick())
}

// run imports, in the queue of acts, and can be cancelled.
func (s *mapping) run() tea.Cmd {
	if s.a.now().Sub(s.a.opened) < grace {
		s.a.warn("this had only just come up; read it, then press the key again")
		return nil
	}
	ctx, cancel := context.WithCancel(s.a.ctx)
	s.cancel = cancel
	s.state, s.since = mapImporting, s.a.now()
	o, m := s.o, s.meter
	o.SaveProfile = s.profile()
	return tea.Batch(act(s.a, func(context.Context) (review.ImportReport, error) {
		return s.a.desk.ImportFile(ctx, s.path, o, m.set)
	}, func(r review.ImportReport, err error) tea.Cmd {
		cancel()
		if err != nil {
			s.state, s.err = mapReady, err
			return nil
		}
		s.state, s.result = mapDone, &r
		s.a.changed(nil)
		return nil
	}), s.tick())
}

func (s *mapping) tick() tea.Cmd {
	return s.a.after(100*time.Millisecond, func() tea.Cmd {
		if s.state != mapReading && s.state != mapImporting {
			return nil
		}
		return s.tick()
	})
}

func (s *mapping) commands() []command {
	stop := func() tea.Cmd {
		if s.state == mapImporting {
			s.cancel()
			return nil
		}
		return s.a.back()
	}
	switch s.state {
	case mapReading, mapImporting:
		return []command{{action: "back", do: stop, words: "cancel"}, {action: "quit", do: stop, words: "cancel"}}
	case mapDone:
		r := *s.result
		return append(s.page.commands(), s.a.copyCommand(func() string { return r.SHA256 }),
			command{action: "rejects", why: noRejects(r), do: func() tea.Cmd { return s.a.open(newRejects(s.a, r)) }})
	}
	why := ""
	if s.err != nil {
		why = "the file was refused"
	}
	cs := s.menu.commands(s.lines)
	cs[len(cs)-1].words = "change"
	return append(cs, command{action: "confirm", words: "import it", why: why, do: s.run})
}

func noRejects(r review.ImportReport) string {
	if r.RowsReject == 0 {
		return "every row was taken"
	}
	return ""
}

// lines are the mapping, one field a line, each to be opened and changed.
func (s *mapping) lines() []menuLine {
	if s.report == nil {
		return nil
	}
	r, l := s.report, s.a.look
	var ls []menuLine
	add := func(segs ...seg) { ls = append(ls, menuLine{left: segs}) }
	if s.err != nil {
		message, hint := explain(s.err)
		if s.mappable() {
			hint = "say below which column is which"
		}
		ls = append(ls, menuLine{title: "Refused"})
		for _, line := range append(l.wrap(message, 74), l.wrap(hint, 74)...) {
			add(say(bad, line))
		}
	} else {
		ls = append(ls, menuLine{title: "What it would become"})
		add(say(bold, orDash(r.Format)), sayf(plain, ": %s read, ", count(r.RowsRead, "row")), rejectSeg(r.RowsReject))
		add(sayf(plain, "%s, %s, %s", count(r.Grants, "grant"), count(r.Accounts, "account"), identities(r.Identities)))
		if len(r.Evidence) > 0 {
			add(say(faint, "recognised by "+strings.ReplaceAll(strings.Join(r.Evidence, ", "), "--map", "the columns as you named them")))
		}
	}
	for _, w := range r.Warnings {
		t := careful
		if w.Serious {
			t = bad
		}
		for i, line := range l.wrap(w.Keyword+" "+flagsAsFields(w.Text), 72) {
			if i == 0 {
				add(say(t, l.warning()+" "), say(plain, line))
			} else {
				add(say(plain, "  "+line))
			}
		}
	}
	if s.mappable() {
		ls = append(ls, s.columns()...)
	}
	if s.err == nil {
		ls = append(ls, menuLine{title: "Where it belongs"}, menuLine{id: "source", left: []seg{say(bold, padded("Source", 16)), say(plain, orDash(string(r.Source)))},
			open: func() tea.Cmd { s.editSource(); return nil }})
	}
	for i, x := range r.Rejects {
		if i == 0 {
			ls = append(ls, menuLine{title: "Rejected"})
		}
		if i == 5 {
			add(sayf(faint, "and %s more", number(r.RowsReject-5)))
			break
		}
		for _, line := range l.wrap("line "+strings.TrimPrefix(x.Text, review.Safe(r.File)+":"), 74) {
			add(say(plain, line))
		}
	}
	return ls
}

// mappable reports whether the file has columns to be mapped by hand.
func (s *mapping) mappable() bool { return s.report != nil && len(s.report.Columns) > 0 }

// columns are the fields with the columns they are read from, and the two that matter most where they have none yet.
func (s *mapping) columns() []menuLine {
	r := s.report
	ls := []menuLine{{title: "How columns were understood", right: []seg{say(faint, "enter changes one")}}}
	line := func(m review.Assign, rest ...seg) {
		ls = append(ls, menuLine{id: "field " + m.Name, left: append([]seg{say(bold, padded(m.Name, 16))}, rest...), open: func() tea.Cmd { s.edit(m.Name, m.Value); return nil }})
	}
	mapped := slices.Clone(r.Mapping)
	for i, name := range []string{"identity", "entitlement"} {
		if !slices.ContainsFunc(mapped, func(m review.Assign) bool { return m.Name == name }) {
			mapped = slices.Insert(mapped, min(i, len(mapped)), review.Assign{Name: name})
		}
	}
	for _, m := range mapped {
		kind, of, _ := strings.Cut(m.Name, ":")
		switch {
		case kind == "split" && of != "":
			ls = append(ls, menuLine{left: []seg{say(bold, padded("split", 16)), say(plain, of), say(faint, " at "), say(plain, m.Value)}})
		case kind == "const" && of != "":
			ls = append(ls, menuLine{left: []seg{say(bold, padded(of, 16)), say(plain, m.Value), say(faint, "   on every row")}})
		case m.Value != "":
			line(m, say(plain, m.Value), say(faint, samplesBehind(r.Samples, m.Name)))
		case m.Name == "identity":
			line(m, say(careful, "no column yet: who has the access"))
		default:
			line(m, say(careful, "no column yet: what they may do"))
		}
	}
	return append(ls, menuLine{id: "add", left: []seg{say(accent, "map another field"), say(faint, s.unused())}, open: func() tea.Cmd { s.add(); return nil }})
}

func rejectSeg(n int64) seg {
	if n == 0 {
		return say(good, "none rejected")
	}
	return say(bad, number(n)+" rejected")
}

func padded(s string, n int) string { return fmt.Sprintf("%-*s ", n, s) }

// samplesBehind shows what a field became in the first records.
func samplesBehind(samples []map[string]string, name string) string {
	var parts []string
	for _, m := range samples {
		if v := m[name]; v != "" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "   " + strings.Join(parts, " | ")
}

// unused are the columns that mean nothing yet.
func (s *mapping) unused() string {
	left := s.report.Unused()
	if len(left) == 0 {
		return "   every column is used"
	}
	return "   unused: " + strings.Join(left, ", ")
}

// editSource lets a person say which source the file is the next export of, or a new one's name.
func (s *mapping) editSource() {
	s.a.openPanel(newForm(s.a, form{title: "Source of this file", fields: []formField{{label: "Source", value: string(s.report.Source), optional: true,
		help: "whose next export it is, or a name of its own; empty: guessed"}},
		then: func(v []string) tea.Cmd {
			s.o.Source = review.SourceID(v[0])
			return s.dryRun()
		}}))
}

// flagWords are a flag of the command line in a sentence, with its value.
var flagWords = regexp.MustCompile(`--[a-z]+(-[a-z]+)*( '[^']*'| [a-z_]+=[A-Z]+| [A-Z]+\b| [a-z0-9.-]+$)?`)

// flagsAsFields puts what a person does at the workstation in the place of the flags that a warning names. What only the
// command line can do is said to be there.
func flagsAsFields(text string) string {
	return flagWords.ReplaceAllStringFunc(text, func(f string) string {
		name, value, _ := strings.Cut(f, " ")
		switch {
		case name == "--source" && value != "" && value != "NAME":
			return "Source " + value
		case name == "--source":
			return "Source"
		case name == "--map" && value != "":
			field, _, _ := strings.Cut(value, "=")
			return "the line " + field
		case name == "--map":
			return "the lines of the columns"
		case name == "--split":
			return "Split at, in the line of the column"
		}
		return f + " on the command line"
	})
}

const noColumn = "(none)"

func (s *mapping) edit(name, value string) {
	separator := ""
	for _, m := range s.report.Mapping {
		if m.Name == "split:"+value {
			separator = m.Value
		}
	}
	s.a.openPanel(newForm(s.a, form{title: "Column for " + name, about: s.columnsLine(), extra: 1,
		fields: []formField{
			{label: "Column", value: value, help: noColumn + " leaves the field empty", suggest: s.suggest, check: s.checkColumn},
			{label: "Split at", value: separator, optional: true, help: "where its cells hold several values: what parts them, such as ; or |"},
		},
		then: func(v []string) tea.Cmd { return s.assign(name, v[0], v[1]) }}))
}

func (s *mapping) add() {
	s.a.openPanel(newForm(s.a, form{title: "Map another field", about: s.columnsLine(),
		fields: []formField{
			{label: "Field", help: "such as account, resource, email, granted, last_used, owner; tab completes", suggest: suggestField, check: checkField},
			{label: "Column", help: "tab completes", suggest: s.suggest, check: s.checkColumn},
		},
		then: func(v []string) tea.Cmd { return s.assign(v[0], v[1], "") }}))
}

func (s *mapping) columnsLine() []seg {
	return []seg{say(faint, "columns: "+strings.Join(s.report.Columns, ", "))}
}

func suggestField(text string) []string {
	return slices.DeleteFunc(review.MapFields(), func(f string) bool { return !strings.HasPrefix(f, strings.ToLower(text)) })
}

func checkField(v string) string {
	fields := review.MapFields()
	if slices.Contains(fields, v) {
		return ""
	}
	if near := review.Nearest(v, fields); near != "" {
		return "there is no such field; did you mean " + near + "?"
	}
	return "the fields are " + strings.Join(fields, ", ")
}

func (s *mapping) suggest(text string) []string {
	var out []string
	for _, c := range append(slices.Clone(s.report.Columns), noColumn) {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(text)) {
			out = append(out, c)
		}
	}
	return out
}

func (s *mapping) checkColumn(v string) string {
	if _, ok := s.column(v); ok || v == noColumn {
		return ""
	}
	if near := review.Nearest(v, s.report.Columns); near != "" {
		return "there is no such column; did you mean " + near + "?"
	}
	return "there is no such column"
}

// column finds a column of the file by what was typed; blanks around its name cannot be typed.
func (s *mapping) column(v string) (string, bool) {
	i := slices.IndexFunc(s.report.Columns, func(c string) bool { return c == v || strings.TrimSpace(c) == v })
	if i < 0 {
		return "", false
	}
	return s.report.Columns[i], true
}

// assign changes the mapping and reads the file again.
func (s *mapping) assign(name, column, separator string) tea.Cmd {
	s.o.TakeMapping(s.report.Mapping)
	s.o.Map = slices.DeleteFunc(s.o.Map, func(m review.Assign) bool { return m.Name == name })
	if column, ok := s.column(column); ok {
		s.o.Map = append(s.o.Map, review.Assign{Name: name, Value: column})
		s.o.Split = slices.DeleteFunc(s.o.Split, func(m review.Assign) bool { return m.Name == column })
		if separator != "" {
			s.o.Split = append(s.o.Split, review.Assign{Name: column, Value: separator})
		}
	}
	return s.dryRun()
}

// profile names what was mapped by hand, so that the next file with the same header needs nothing (importers.md 7.7).
// There is none where nothing was.
func (s *mapping) profile() string {
	if len(s.o.Map) == 0 || len(s.report.HeaderHash) < 8 {
		return ""
	}
	return string(s.report.Source) + "-" + s.report.HeaderHash[:8]
}

func (s *mapping) title() []seg    { return []seg{say(plain, s.path)} }
func (s *mapping) aside(int) []seg { return nil }

func (s *mapping) hint() []seg {
	switch s.state {
	case mapReady:
		if s.err == nil {
			words := "nothing is stored before"
			if s.profile() != "" {
				words = "files with the same header are read like this from then on"
			}
			return s.page.sight(say(bold, s.a.confirmKey("import")), say(plain, " imports it"), s.a.look.between(), say(plain, words))
		}
	case mapDone:
		return s.page.hint()
	}
	return nil
}

func (s *mapping) view(w, h int) string {
	l := s.a.look
	switch s.state {
	case mapReady:
		return s.menu.view(l, s.lines(), w, h)
	case mapDone:
		s.page.lines = func(w int) *block {
			b := l.column(w)
			sg := importSign(s.result.State)
			b.add(say(plain, " Imported: "), l.sign(sg), sayf(plain, ", import %d", s.result.ID))
			if s.result.State == "pending" {
				b.text(careful, 1, 3, l.warning()+" it is not signed: no key could sign it now")
			}
			b.raw(l.importWhole(w, *s.result).lines...)
			return b
		}
		return s.page.view(w, h)
	}
	b := l.block(w)
	b.blank()
	l.progressLines(b, s.meter.get(), s.a.now().Sub(s.since))
	b.blank()
	b.text(faint, 2, 2, s.a.keys.key("back")+" cancels; nothing is kept then.")
	return b.view(h)
}

// progressLines show long work: how far, how fast, how long still.
func (l *look) progressLines(b *block, p review.Progress, since time.Duration) {
	stage := p.Stage
	if stage == "" {
		stage = "reading"
	}
	b.add(say(plain, "  "+strings.ToUpper(stage[:1])+stage[1:]+l.glyph.ellipsis))
	if p.Total > 0 {
		line := append([]seg{say(plain, "  ")}, l.bar(max(min(b.w-20, 50), 0), p.Done, p.Total)...)
		b.add(append(line, say(plain, " "+percent(p.Done, p.Total)))...)
	}
	words := []string{}
	rows := p.Rows
	switch {
	case rows > 0:
		words = append(words, count(rows, "row"))
	case p.Unit != "bytes" && p.Total > 0:
		rows = p.Done
		words = append(words, fmt.Sprintf("%s of %s %s", number(p.Done), number(p.Total), p.Unit))
	}
	if secs := since.Seconds(); secs >= 1 && p.Done > 0 {
		if rows > 0 {
			words = append(words, number(int64(float64(rows)/secs))+" a second")
		}
		if p.Total > p.Done {
			left := time.Duration(float64(since) / float64(p.Done) * float64(p.Total-p.Done))
			words = append(words, about(left)+" left")
		}
	}
	b.add(say(faint, "  "+strings.Join(words, ", ")))
}
