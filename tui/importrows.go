package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// rejects lists the rows of an import that were not taken, and why.
type rejects struct {
	table
	r review.ImportReport
}

const rejectLimit = 10_000

func newRejects(a *app, r review.ImportReport) *rejects {
	return &rejects{r: r, table: newTable(a, []grid.Column{
		{Name: "line", Title: "Line", Min: 5, Max: 12, Right: true},
		{Name: "reason", Title: "Reason", Min: 12, Max: 24},
		{Name: "column", Title: "Column", Min: 8, Max: 24, Rank: 1},
		{Name: "text", Title: "What was expected, what was found", Min: 20, Grow: 1},
	})}
}

func (s *rejects) name() string { return "imports" }

func (s *rejects) load() tea.Cmd {
	id := s.r.ID
	return ask(s.a, &s.facts, func(ctx context.Context) ([]review.Reject, error) { return s.a.desk.Rejects(ctx, id, rejectLimit) },
		func(rs []review.Reject, err error) tea.Cmd {
			if err != nil {
				s.failed(err)
				return nil
			}
			l := s.a.look
			rows := make([]grid.Row, len(rs))
			for i, r := range rs {
				rows[i] = grid.Row{ID: fmt.Sprint(i), Data: r, Cells: []grid.Cell{l.cell(plain, number(r.Line)), l.cell(careful, r.Reason),
					l.cell(plain, r.Column), l.cell(plain, flagsAsFields(r.Text))}}
			}
			return s.fill(rows, nil)
		})
}

func (s *rejects) commands() []command {
	copied := s.a.copyCommand(s.command)
	copied.words, copied.footer = "copy the command", 5
	return append(s.table.commands(), copied)
}

// command writes all of them to a file, for whoever has to mend the export.
func (s *rejects) command() string {
	return fmt.Sprintf("tickmark imports rejects %d --csv > rejects-%d.csv", s.r.ID, s.r.ID)
}

func (s *rejects) title() []seg    { return []seg{sayf(plain, "rejected rows of import %d", s.r.ID)} }
func (s *rejects) aside(int) []seg { return s.count("reject") }

func (s *rejects) hint() []seg {
	as := []seg{say(plain, "as a file: "), say(bold, s.command())}
	if n := s.g.Total(); n >= 0 && n < s.r.RowsReject {
		return append([]seg{sayf(careful, "the first %s of %s", number(n), number(s.r.RowsReject)), s.a.look.between()}, as...)
	}
	return as
}

func (s *rejects) view(w, h int) string {
	return s.table.view(w, h, "Every row was taken.", func(w int) *block {
		b := s.a.look.block(w)
		b.section("Reject")
		if r, ok := s.g.Current(); ok {
			b.text(plain, 1, 1, flagsAsFields(r.Data.(review.Reject).Text))
		}
		return b
	})
}

// compare lists the grants that differ between an import and the one before it.
type compare struct {
	table
	r    review.ImportReport
	diff review.Diff
}

const diffLimit = 10_000

func newCompare(a *app, r review.ImportReport) *compare {
	return &compare{r: r, table: newTable(a, []grid.Column{
		{Name: "change", Title: "Change", Min: 8, Max: 10},
		{Name: "account", Title: "Account", Min: 12, Max: 36},
		{Name: "entitlement", Title: "Entitlement", Min: 12, Max: 48, Grow: 1},
		{Name: "resource", Title: "Resource", Min: 8, Max: 32, Rank: 2},
		{Name: "detail", Title: "What changed", Min: 12, Max: 60, Rank: 1, Grow: 1},
	})}
}

func (s *compare) name() string { return "imports" }

func (s *compare) load() tea.Cmd {
	type result struct {
		d     review.Diff
		lines []review.DiffLine
	}
	from, to := s.r.Previous, s.r.ID
	return ask(s.a, &s.facts, func(ctx context.Context) (result, error) {
		d, lines, err := s.a.desk.DiffImports(ctx, from, to, diffLimit)
		return result{d, lines}, err
	}, func(r result, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		s.diff = r.d
		l := s.a.look
		rows := make([]grid.Row, len(r.lines))
		for i, d := range r.lines {
			sg := diffSign(d.Change)
			rows[i] = grid.Row{ID: d.Change + string(d.Key), Data: d, Cells: []grid.Cell{l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word),
				l.cell(plain, d.Account), l.cell(plain, d.Entitlement), l.cell(plain, d.Resource), l.cell(plain, d.Detail)}}
		}
		return s.fill(rows, nil)
	})
}

func diffSign(change string) sign {
	switch change {
	case "added":
		return sign{"+", "+", change, good}
	case "removed":
		return sign{"−", "-", change, bad}
	}
	return sign{"~", "~", change, careful}
}

func (s *compare) commands() []command { return s.table.commands() }
func (s *compare) title() []seg {
	return []seg{sayf(plain, "import %d against %d", s.r.ID, s.r.Previous)}
}
func (s *compare) aside(int) []seg { return s.count("difference") }

func (s *compare) hint() []seg {
	if !s.loaded || s.err != nil {
		return nil
	}
	segs := []seg{sayf(plain, "%s added, %s removed, %s changed, %s the same", number(s.diff.Added), number(s.diff.Removed), number(s.diff.Changed), number(s.diff.Unchanged))}
	if s.diff.Note != "" {
		segs = append(segs, s.a.look.between(), say(careful, s.diff.Note))
	}
	return segs
}

func (s *compare) view(w, h int) string { return s.table.view(w, h, "Nothing differs.", nil) }
