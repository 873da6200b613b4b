package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// imports lists what was read: from which source, how many rows, what was rejected, what changed.
type imports struct {
	table
}

func newImports(a *app) *imports {
	return &imports{newTable(a, []grid.Column{
		{Name: "id", Title: "No.", Min: 3, Max: 6, Right: true},
		{Name: "state", Title: "State", Min: 8, Max: 11, Whole: true},
		{Name: "source", Title: "Source", Min: 10, Max: 24, Read: 20, Grow: 1},
		{Name: "format", Title: "Format", Min: 10, Max: 26, Read: 24, Rank: 2},
		{Name: "grants", Title: "Grants", Min: 6, Max: 10, Right: true, Rank: 1},
		{Name: "accounts", Title: "Accounts", Min: 8, Max: 10, Right: true, Rank: 4},
		{Name: "rejected", Title: "Rejected", Min: 8, Max: 9, Right: true, Rank: 1},
		{Name: "complete", Title: "Complete", Min: 8, Max: 10, Rank: 2},
		{Name: "exported", Title: "Exported (UTC)", Min: 16, Max: 16, Whole: true, Rank: 3},
		{Name: "change", Title: "Change", Min: 10, Max: 22, Rank: 3, NoSort: true},
		{Name: "warnings", Title: "Warnings", Min: 8, Max: 9, Right: true, Rank: 5},
		{Name: "file", Title: "File", Min: 10, Max: 40, Rank: 7},
	})}
}

func (s *imports) name() string { return "imports" }

func (s *imports) load() tea.Cmd {
	return ask(s.a, &s.facts, s.a.desk.Imports, func(rs []review.ImportReport, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		rows := make([]grid.Row, len(rs))
		for i, r := range rs {
			rows[i] = s.row(r)
		}
		return s.fill(rows, nil)
	})
}

func (s *imports) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *imports) row(r review.ImportReport) grid.Row {
	l := s.a.look
	sg := importSign(r.State)
	rejected := l.cell(faint, "0")
	if r.RowsReject > 0 {
		rejected = l.cell(careful, number(r.RowsReject))
	}
	warnings := grid.Cell{}
	if len(r.Warnings) > 0 {
		warnings = l.cell(careful, fmt.Sprint(len(r.Warnings)))
	}
	return grid.Row{ID: rowID(r.ID), Data: r, Cells: []grid.Cell{
		l.cell(plain, fmt.Sprint(int64(r.ID))), l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), l.cell(plain, string(r.Source)), l.cell(plain, r.Format),
		l.cell(plain, number(r.Grants)), l.cell(plain, number(r.Accounts)), rejected, l.cell(completeTone(r.Completeness), string(r.Completeness)),
		l.cell(plain, when(r.ExportedAt)), l.cell(plain, diffWords(r.Diff)), warnings, l.cell(faint, r.File),
	}}
}

func completeTone(c review.Completeness) tone {
	switch c {
	case review.Full:
		return good
	case review.Truncated:
		return bad
	case review.Scoped:
		return plain
	}
	return careful
}

func diffWords(d *review.Diff) string {
	if d == nil || d.Empty() {
		return ""
	}
	if d.Added == 0 && d.Removed == 0 && d.Changed == 0 {
		return "no change"
	}
	return fmt.Sprintf("+%s −%s ~%s", number(d.Added), number(d.Removed), number(d.Changed))
}

func (s *imports) current() (review.ImportReport, bool) {
	r, ok := s.g.Current()
	if !ok {
		return review.ImportReport{}, false
	}
	return r.Data.(review.ImportReport), true
}

func (s *imports) commands() []command {
	r, ok := s.current()
	noReject, noDiff := "", ""
	switch {
	case !ok:
		noReject, noDiff = "there is no import under the cursor", "there is no import under the cursor"
	default:
		if r.RowsReject == 0 {
			noReject = "every row was taken"
		}
		if r.Previous == 0 {
			noDiff = "there is no import of this source before it"
		}
	}
	cs := []command{
		{action: "import", do: s.importFile, why: importWhy(s.a)},
		{action: "rejects", why: noReject, do: func() tea.Cmd { return s.a.open(newRejects(s.a, r)) }},
		{action: "compare", why: noDiff, do: func() tea.Cmd { return s.a.open(newCompare(s.a, r)) }},
		{action: "open", words: "all of it", do: func() tea.Cmd {
			if !ok {
				return nil
			}
			return s.a.open(newImportFacts(s.a, r))
		}},
		{action: "link", footer: 15, why: s.a.readOnly(), do: func() tea.Cmd { return s.a.linkAny(string(r.Source)) }},
		s.a.copyCommand(func() string { return r.SHA256 }),
	}
	return append(cs, s.table.commands()...)
}

// importFile asks for a file and shows what importing it would do. Control totals belong here: they are worth something
// only if they were written down before anybody saw what the file holds.
func (s *imports) importFile() tea.Cmd {
	var o review.ImportOptions
	about := []setting{}
	for _, label := range []string{"Format", "Source", "Exported at", "Complete", "Expected"} {
		i := slices.IndexFunc(allSettings, func(st setting) bool { return st.label == label })
		about = append(about, settings(s.a.o.Formats)[i])
	}
	fields := []formField{{label: "File", help: "an export: CSV, JSON or NDJSON, also as .gz"}}
	for _, st := range about {
		fields = append(fields, st.field(&o))
	}
	return s.a.openForm(newForm(s.a, form{title: "Import a file", extra: 1, keep: formName[string]("import"),
		about:  []seg{say(faint, "it is read once without storing anything, then you decide")},
		fields: fields,
		then: func(v []string) tea.Cmd {
			for i, st := range about {
				st.take(&o, v[i+1])
			}
			return s.a.open(newMapping(s.a, v[0], o))
		}}))
}

func (s *imports) title() []seg    { return nil }
func (s *imports) aside(int) []seg { return s.count("import") }
func (s *imports) hint() []seg     { return nil }

func (s *imports) view(w, h int) string {
	return s.table.view(w, h, "Nothing has been imported yet.", func(w int) *block {
		b := s.a.look.block(w)
		b.section("Import")
		if r, ok := s.current(); ok {
			s.a.look.importBrief(b, r)
		}
		return b
	})
}

// importBrief is an import in a few lines.
func (l *look) importBrief(b *block, r review.ImportReport) {
	l.importCounts(b, r)
	for i, w := range r.Warnings {
		if i == 4 {
			b.add(sayf(faint, "   and %s more", count(int64(len(r.Warnings)-i), "warning")))
			break
		}
		l.warningLine(b, w)
	}
}

func (l *look) importCounts(b *block, r review.ImportReport) {
	b.fact("counts", sayf(plain, "%s read, %s rejected, %s without a grant; %s, %s, %s", number(r.RowsRead), number(r.RowsReject), number(r.NotAGrant),
		count(r.Grants, "grant"), count(r.Accounts, "account"), identities(r.Identities)))
	complete := string(r.Completeness)
	if complete == "" {
		complete = string(r.Complete)
	}
	exported := moment(r.ExportedAt)
	if r.ExportedFrom != "" {
		exported += " (from the " + r.ExportedFrom + ")"
	}
	b.fact("exported", say(plain, exported), say(plain, ", complete: "), say(completeTone(review.Completeness(complete)), orDash(complete)))
	if r.Diff != nil {
		words := diffWords(r.Diff)
		if words == "" {
			words = "no grants to compare"
		}
		b.fact("change", sayf(plain, "%s since import %d", words, r.Diff.From))
		if r.Diff.Note != "" {
			b.fact("", say(faint, r.Diff.Note))
		}
	}
	if s := r.Settled; s != nil {
		b.fact("revokes", sayf(plain, "%d gone, %d still present, %d came back, %d not settled", s.Gone, s.StillPresent, s.CameBack, s.NotSettled),
			say(careful, reasonBehind(s.Why)))
	}
}

func identities(n int64) string {
	if n == 1 {
		return "1 identity"
	}
	return number(n) + " identities"
}

func (l *look) warningLine(b *block, w review.Warning) {
	t := careful
	if w.Serious {
		t = bad
	}
	text := w.Keyword
	if w.Text != "" {
		text += ": " + flagsAsFields(w.Text)
	}
	if w.Count > 1 {
		text += fmt.Sprintf(" (%s times", number(w.Count))
		if w.First != "" {
			text += ", first " + w.First
		}
		text += ")"
	} else if w.First != "" {
		text += " (" + w.First + ")"
	}
	b.text(t, 1, 3, l.warning()+" "+text)
}

// importWhole is everything known of an import.
func (l *look) importWhole(w int, r review.ImportReport) *block {
	b := l.column(w)
	b.section("File")
	b.fact("file", say(bold, r.File), sayf(faint, "  %s bytes", number(r.Bytes)))
	b.fact("SHA-256", say(plain, r.SHA256))
	if r.ItemsRoot != "" {
		b.fact("items root", say(plain, r.ItemsRoot), say(faint, "  over its rows"))
	}
	enc := r.Encoding
	if r.Delimiter != "" {
		enc += ", delimiter " + r.Delimiter
	}
	b.fact("encoding", say(plain, orDash(enc)))
	b.fact("format", say(plain, r.ReadAs()), say(faint, "  "+strings.Join(r.Evidence, ", ")))
	system := r.System
	if system == string(r.Source) {
		system = "" // said already
	}
	b.fact("source", say(plain, orDash(string(r.Source))), say(faint, "  "+strings.TrimSpace(system+" "+r.Instance)))
	b.section("Counts")
	l.importCounts(b, r)
	for _, d := range r.Dropped {
		what := "personal data"
		if d.Secret {
			what = "secrets"
		}
		b.fact("dropped", sayf(careful, "%s: %s of %s, never stored", d.Column, number(d.Count), what))
	}
	for _, t := range r.Totals {
		b.fact("control", totalSeg(t))
	}
	if len(r.Warnings) > 0 {
		b.section("Warnings")
		for _, x := range r.Warnings {
			l.warningLine(b, x)
		}
	}
	b.section("How it was made")
	for _, f := range r.Flags {
		if f.Name != "split" && f.Name != "const" { // they stand among the columns
			b.fact(strings.ReplaceAll(f.Name, "-", " "), say(plain, f.Value))
		}
	}
	b.fact("by", say(plain, orDash(r.ExportedBy)))
	b.fact("query", say(plain, orDash(r.Query)))
	b.fact("imported", say(plain, moment(r.ImportedAt)))
	if r.Entry != 0 {
		b.fact("entry", say(plain, number(int64(r.Entry))))
	}
	for _, n := range r.Notes {
		b.fact("note", say(plain, n))
	}
	if len(r.Mapping) > 0 {
		b.section("Columns")
		for _, m := range r.Mapping {
			b.fact(m.Name, say(plain, m.Value))
		}
	}
	return b
}

// totalSeg is a control total and what was found.
func totalSeg(t review.ControlTotal) seg {
	tn := good
	if t.Declared != t.Found {
		tn = bad
	}
	return sayf(tn, "%s: %s declared, %s found", t.Name, number(t.Declared), number(t.Found))
}

// page is a screen of scrolling lines.
type page struct {
	a     *app
	label string // its palette name
	head  []seg
	lines func(w int) *block
	top   int
	drawn int
	body  int
	more  func() []command
}

func (s *page) name() string    { return s.label }
func (s *page) close()          {}
func (s *page) load() tea.Cmd   { return nil }
func (s *page) title() []seg    { return s.head }
func (s *page) aside(int) []seg { return nil }

func (s *page) hint() []seg {
	if s.drawn > s.body && s.body > 0 {
		return s.a.scrolled(s.top, s.body, s.drawn)
	}
	return nil
}

// sight is the hint of a page that has one of its own: after how much of the page is in sight, if that is not all.
func (s *page) sight(own ...seg) []seg {
	if scrolled := s.hint(); len(scrolled) > 0 {
		return append(append(scrolled, s.a.look.between()), own...)
	}
	return own
}

func (s *page) commands() []command {
	scroll := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			s.top = min(max(s.top+n, 0), max(s.drawn-s.body, 0))
			return nil
		}
	}
	cs := []command{
		{action: "down", do: scroll(1)}, {action: "up", do: scroll(-1)},
		{action: "page-down", do: scroll(max(s.body/2, 1))}, {action: "page-up", do: scroll(-max(s.body/2, 1))},
		{action: "screen-down", do: scroll(max(s.body-1, 1))}, {action: "screen-up", do: scroll(-max(s.body-1, 1))},
		{action: "first", do: scroll(-1 << 20)}, {action: "last", do: scroll(1 << 20)},
	}
	if s.more != nil {
		cs = append(cs, s.more()...)
	}
	return cs
}

func (s *page) view(w, h int) string {
	b := s.lines(w)
	s.drawn, s.body = len(b.lines), h
	s.top = min(s.top, max(s.drawn-h, 0))
	return b.window(s.top, h)
}

func newImportFacts(a *app, r review.ImportReport) *page {
	return &page{a: a, label: "imports", head: []seg{sayf(plain, "import %d of %s", r.ID, r.Source)},
		lines: func(w int) *block { return a.look.importWhole(w, r) },
		more: func() []command {
			return []command{a.copyCommand(func() string { return r.SHA256 })}
		}}
}
