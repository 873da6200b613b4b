package tui

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// coverage says which source was reviewed for which period, how late, and what is still needed.
type coverage struct {
	table
	from, to string
	cells    []review.Coverage
	crossing []review.Exception // in force across the beginning or the end of the window
}

func newCoverage(a *app) *coverage {
	now := a.now().UTC()
	from, to := day(now.AddDate(-1, 0, 0)), day(now)
	if a.o.Window[0] != "" {
		from, to = a.o.Window[0], a.o.Window[1]
	}
	return &coverage{from: from, to: to, table: newTable(a, []grid.Column{
		{Name: "status", Title: "Status", Min: 11, Max: 13, Whole: true},
		{Name: "source", Title: "Source", Min: 12, Max: 24, Grow: 1},
		{Name: "period", Title: "Period", Min: 23, Max: 24},
		{Name: "campaign", Title: "Campaign", Min: 8, Max: 20, Rank: 2},
		{Name: "decided", Title: "Decided", Min: 7, Max: 15, Right: true, Rank: 1},
		{Name: "late", Title: "Late", Min: 4, Max: 8, Right: true, Rank: 3},
		{Name: "open", Title: "Revokes open", Min: 6, Max: 12, Right: true, Rank: 5},
		{Name: "exceptions", Title: "Exceptions", Min: 6, Max: 10, Right: true, Rank: 5},
		{Name: "signed", Title: "Signed off", Min: 10, Max: 10, Rank: 4},
		{Name: "complete", Title: "Complete", Min: 8, Max: 10, Rank: 6},
		{Name: "need", Title: "Still needed", Min: 24, Max: 60, Grow: 1, Rank: 1},
	})}
}

func (s *coverage) name() string { return "coverage" }

func (s *coverage) load() tea.Cmd {
	from, to := s.from, s.to
	type answer struct {
		cells    []review.Coverage
		crossing []review.Exception
	}
	return ask(s.a, &s.facts, func(ctx context.Context) (answer, error) {
		cells, err := s.a.desk.Coverage(ctx, from, to)
		if err != nil {
			return answer{}, err
		}
		es, err := s.a.desk.Crossing(ctx, from, to)
		return answer{cells, es}, err
	},
		func(got answer, err error) tea.Cmd {
			if err != nil {
				s.failed(err)
				return nil
			}
			cs := got.cells
			s.cells, s.crossing = cs, got.crossing
			rows := make([]grid.Row, len(cs))
			for i, c := range cs {
				rows[i] = s.row(c)
			}
			return s.fill(rows, nil)
		})
}

func (s *coverage) row(c review.Coverage) grid.Row {
	l := s.a.look
	sg := coverageSign(c.Status)
	late := ""
	if c.DaysLate > 0 {
		late = fmt.Sprintf("%d d", c.DaysLate)
	}
	decided := ""
	if c.Items > 0 {
		decided = number(c.Decided) + "/" + number(c.Items)
	}
	revokes := grid.Cell{}
	if c.RevokesOpen > 0 {
		revokes = l.cell(careful, number(c.RevokesOpen))
	}
	exceptions := grid.Cell{}
	if c.ExceptionsOpen > 0 {
		exceptions = l.cell(careful, number(c.ExceptionsOpen))
	}
	return grid.Row{ID: fmt.Sprintf("%s %s %s", c.Source, c.PeriodStart, c.Campaign), Data: c, Cells: []grid.Cell{
		l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), l.cell(plain, string(c.Source)), l.cell(plain, c.PeriodStart+" "+l.glyph.arrow+" "+c.PeriodEnd),
		l.cell(plain, string(c.Campaign)), l.cell(plain, decided), l.cell(careful, late), revokes, exceptions, l.cell(plain, day(c.SignedOff)),
		l.cell(completeTone(review.Completeness(c.Completeness)), c.Completeness), l.cell(plain, c.Need),
	}}
}

func (s *coverage) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *coverage) commands() []command {
	cs := []command{
		{action: "filter", words: "period", do: func() tea.Cmd {
			s.a.openPanel(newForm(s.a, form{title: "Period", fields: []formField{
				{label: "From", value: s.from, help: "first day", check: checkDate},
				{label: "To", value: s.to, help: "last day", check: checkDate},
			}, then: func(v []string) tea.Cmd {
				s.from, s.to = v[0], v[1]
				return s.load()
			}}))
			return nil
		}},
		{action: "open", words: "its campaign", do: func() tea.Cmd {
			r, ok := s.g.Current()
			if !ok || r.Data.(review.Coverage).Campaign == "" {
				s.a.warn("no campaign covers this period")
				return nil
			}
			return s.a.open(newCampaignsAt(s.a, r.Data.(review.Coverage).Campaign))
		}},
	}
	return append(cs, s.table.commands()...)
}

func (s *coverage) title() []seg {
	return []seg{say(plain, s.from+" "+s.a.look.glyph.arrow+" "+s.to)}
}

func (s *coverage) aside(int) []seg { return s.count("cell") }

// hint sums the matrix up: how many of its cells are covered.
func (s *coverage) hint() []seg {
	if len(s.cells) == 0 {
		return nil
	}
	n := map[string]int64{}
	for _, c := range s.cells {
		n[c.Status]++
	}
	segs := s.a.look.bar(10, n["covered"], int64(len(s.cells)))
	segs = append(segs, sayf(plain, " %s of %d covered", number(n["covered"]), len(s.cells)))
	for _, st := range []string{"missing", "late", "incomplete"} {
		if n[st] > 0 {
			segs = append(segs, s.a.look.between(), say(coverageSign(st).tone, number(n[st])+" "+st))
		}
	}
	if len(s.crossing) > 0 {
		segs = append(segs, s.a.look.between(), say(careful, count(int64(len(s.crossing)), "exception")+" across an end"))
	}
	return segs
}

func (s *coverage) view(w, h int) string {
	matrix := s.matrix(w)
	if matrix == nil || h < 20+len(matrix.lines) || small(w, h) {
		return s.table.view(w, h, "Nothing was imported for this period.", s.detail)
	}
	n := len(matrix.lines)
	return stack(matrix.view(n), s.table.view(w, h-n, "", s.detail))
}

func (s *coverage) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	r, ok := s.g.Current()
	b.section("Source and period")
	if !ok {
		return b
	}
	c := r.Data.(review.Coverage)
	b.fact("status", l.sign(coverageSign(c.Status)), sayf(plain, ", %s from %s to %s", c.Source, c.PeriodStart, c.PeriodEnd))
	if c.Campaign != "" {
		b.fact("campaign", sayf(plain, "%s, %s of %s decided, due %s, signed off %s", c.Campaign, number(c.Decided), count(c.Items, "item"), day(c.Due), day(c.SignedOff)))
		b.fact("from import", sayf(plain, "%d, complete: ", c.Import), say(completeTone(review.Completeness(c.Completeness)), orDash(c.Completeness)),
			sayf(plain, ", exported %s", moment(c.Extracted)))
	}
	if c.RevokesOpen+c.ExceptionsOpen > 0 {
		b.fact("still open", sayf(plain, "%s, %s", count(c.RevokesOpen, "revoke"), count(c.ExceptionsOpen, "exception")))
	}
	for _, n := range review.StillNeeded(review.Period{Start: s.from, End: s.to}, []review.Coverage{c}) {
		b.fact("needed", say(careful, n.Text))
	}
	for _, e := range s.crossing {
		if e.Source == c.Source && (c.Campaign == "" || e.Campaign == c.Campaign) {
			b.fact("crosses", say(careful, l.warning()+" "), sayf(plain, "exception %d of %s on %s, %s to %s", e.ID, e.Identity, e.Entitlement, day(e.Decided), orDash(e.Until)))
		}
	}
	return b
}

// matrix draws sources down, periods across, one sign a cell.
func (s *coverage) matrix(w int) *block {
	if len(s.cells) == 0 {
		return nil
	}
	l := s.a.look
	var sources []review.SourceID
	var periods []string
	for _, c := range s.cells {
		if !slices.Contains(sources, c.Source) {
			sources = append(sources, c.Source)
		}
		if !slices.Contains(periods, c.PeriodStart) {
			periods = append(periods, c.PeriodStart)
		}
	}
	slices.Sort(periods)
	const lead, cell = 24, 13
	most := (w - lead - 1) / cell
	if most < 1 {
		return nil
	}
	if len(periods) > most {
		periods = periods[len(periods)-most:]
	}
	b := l.block(w)
	b.section("Sources and periods")
	head := []seg{say(faint, grid.Blank(lead+1))}
	for _, p := range periods {
		head = append(head, say(faint, grid.Fit(l.method, "from "+p[:min(len(p), 7)], cell, "")))
	}
	b.add(head...)
	for _, src := range sources {
		line := []seg{say(plain, " "+grid.Fit(l.method, l.clean(string(src)), lead-1, l.glyph.ellipsis)+" ")}
		for _, p := range periods {
			i := slices.IndexFunc(s.cells, func(c review.Coverage) bool { return c.Source == src && c.PeriodStart == p })
			if i < 0 {
				line = append(line, say(faint, grid.Fit(l.method, l.glyph.dot, cell, "")))
				continue
			}
			sg := coverageSign(s.cells[i].Status)
			line = append(line, say(sg.tone, grid.Fit(l.method, l.glyphOf(sg)+" "+l.clean(sg.word), cell, "")))
		}
		b.add(line...)
	}
	return b
}
