package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// outcomes measures what became of revokes and exceptions: together, then by campaign, by source, by owner.
type outcomes struct {
	table
}

func newOutcomes(a *app) *outcomes {
	return &outcomes{newTable(a, []grid.Column{
		{Name: "by", Title: "By", Min: 8, Max: 9, Whole: true},
		{Name: "name", Title: "", Min: 17, Max: 40, Grow: 1},
		{Name: "revokes", Title: "Revokes", Min: 7, Max: 9, Right: true},
		{Name: "gone", Title: "Gone", Min: 5, Max: 9, Right: true, Rank: 2},
		{Name: "share", Title: "Share", Min: 5, Max: 6, Right: true},
		{Name: "median", Title: "Days", Min: 5, Max: 7, Right: true, Rank: 1},
		{Name: "overdue", Title: "Overdue", Min: 7, Max: 9, Right: true},
		{Name: "superseded", Title: "Stayed", Min: 6, Max: 6, Right: true, Rank: 3},
		{Name: "expired", Title: "Expired", Min: 7, Max: 9, Right: true},
	})}
}

func (s *outcomes) name() string { return "outcomes" }

// measured is one line: a dimension and what it measures.
type measured struct {
	by string
	review.Outcomes
}

func (s *outcomes) load() tea.Cmd {
	return ask(s.a, &s.facts, func(ctx context.Context) ([]measured, error) {
		var all []measured
		for _, by := range []string{"all", "campaign", "source", "owner"} {
			os, err := s.a.desk.Outcomes(ctx, by)
			if err != nil {
				return nil, err
			}
			for _, o := range os {
				all = append(all, measured{by, o})
			}
		}
		return all, nil
	}, func(all []measured, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		rows := make([]grid.Row, len(all))
		for i, m := range all {
			rows[i] = s.row(m)
		}
		return s.fill(rows, func(r grid.Row, col string) string {
			m := r.Data.(measured)
			n := map[string]int64{"revokes": m.Revokes, "gone": m.Gone, "overdue": m.Overdue, "superseded": m.Superseded, "expired": m.Expired, "share": int64(m.ShareGone * 1000)}
			if v, ok := n[col]; ok {
				return fmt.Sprintf("%012d", v)
			}
			if col == "median" && m.MedianDays != nil {
				return fmt.Sprintf("%012.3f", *m.MedianDays)
			}
			return r.Cells[columnIndex(s.cols, col)].Text
		})
	})
}

func (s *outcomes) row(m measured) grid.Row {
	l := s.a.look
	name, share, median := m.By, "", ""
	if m.by == "all" {
		name = "everything"
	}
	if name == "" {
		name = "nobody"
	}
	if m.Revokes > 0 {
		share = percent(m.Gone, m.Revokes)
	}
	if m.MedianDays != nil {
		median = fmt.Sprintf("%.0f", *m.MedianDays)
	}
	pressing := func(n int64) grid.Cell {
		if n == 0 {
			return l.cell(faint, "0")
		}
		return l.cell(bad, number(n))
	}
	return grid.Row{ID: m.by + " " + m.By, Data: m, Cells: []grid.Cell{
		l.cell(faint, m.by), l.cell(plain, name), l.cell(plain, number(m.Revokes)), l.cell(plain, number(m.Gone)), l.cell(plain, share), l.cell(plain, median),
		pressing(m.Overdue), l.cell(faint, number(m.Superseded)), pressing(m.Expired),
	}}
}

func (s *outcomes) changed([]review.ItemID) tea.Cmd { return s.load() }

// about is the campaign under the cursor, where it is one.
func (s *outcomes) underCursor() review.CampaignID {
	if r, ok := s.g.Current(); ok {
		if m := r.Data.(measured); m.by == "campaign" {
			return review.CampaignID(m.By)
		}
	}
	return ""
}

func (s *outcomes) commands() []command {
	open := command{action: "open", words: "its revokes", do: func() tea.Cmd {
		r, ok := s.g.Current()
		if !ok {
			return nil
		}
		m := r.Data.(measured)
		if m.by == "all" {
			return s.a.open(newRemediation(s.a))
		}
		if m.By == "" {
			return s.a.open(newRemediationFor(s.a, m.by+":none"))
		}
		f := review.Filter{Terms: []review.Term{{Field: m.by, Values: []review.Value{{Op: review.OpEqual, Parts: []string{m.By}}}}}}
		return s.a.open(newRemediationFor(s.a, f.String()))
	}}
	return append([]command{open}, s.table.commands()...)
}

func (s *outcomes) title() []seg    { return nil }
func (s *outcomes) aside(int) []seg { return s.count("line") }
func (s *outcomes) hint() []seg {
	return []seg{say(faint, "days: half of the gone within them"), s.a.look.between(), say(faint, "stayed: a later campaign kept it"), s.a.look.between(), say(faint, "expired: exceptions")}
}

func (s *outcomes) view(w, h int) string {
	return s.table.view(w, h, "No revoke and no exception yet.", nil)
}
