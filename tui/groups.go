package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// groups are the values of a grouping column with their counts.
type groups struct {
	g    *grid.Grid
	slot slot
}

// groupings are the columns items can be grouped by, in the order of the key.
func groupings() []string { return []string{"", "identity", "entitlement", "system", "finding"} }

func (s *list) nextGrouping() tea.Cmd {
	all := groupings()
	s.by = all[(slices.Index(all, s.by)+1)%len(all)]
	s.g.ClearMarks()
	return s.show()
}

func groupColumns(by string) []grid.Column {
	title := "Group"
	if by != "" {
		title = strings.ToUpper(by[:1]) + by[1:]
	}
	return []grid.Column{
		{Name: "key", Title: title, Min: 14, Max: 60, Grow: 1},
		{Name: "items", Title: "Items", Min: 5, Max: 9, Right: true},
		{Name: "decided", Title: "Decided", Min: 7, Max: 9, Right: true},
		{Name: "bar", Title: "", Min: 8, Max: 24, Rank: 1, NoSort: true},
		{Name: "severity", Title: "Worst finding", Min: 8, Max: 14, Rank: 2},
	}
}

func (s *list) loadGroups() tea.Cmd {
	by, q := s.by, s.q
	cols := groupColumns(by)
	if s.group.g != nil {
		s.group.g.Close()
	}
	s.group.g = grid.New(s.a.ctx, grid.NewSlice(nil, cols, nil), cols, s.a.look.table)
	return ask(s.a, &s.group.slot, func(ctx context.Context) ([]review.GroupCount, error) { return s.a.desk.Groups(ctx, q, by) },
		func(gs []review.GroupCount, err error) tea.Cmd {
			if err != nil {
				s.err = err
				s.a.fail(err)
				return nil
			}
			l := s.a.look
			rows := make([]grid.Row, len(gs))
			for i, g := range gs {
				label := g.Label
				if label == "" {
					label = orDash(g.Key)
				}
				sev := severitySign(g.Severity)
				worst := grid.Cell{}
				if g.Severity.Rank() > 0 {
					worst = l.cell(sev.tone, l.glyphOf(sev)+" "+sev.word)
				}
				bar := ""
				for _, part := range l.bar(12, g.Decided, g.Items) {
					bar += part.text
				}
				rows[i] = grid.Row{ID: g.Key, Data: g, Cells: []grid.Cell{l.cell(plain, label), l.cell(plain, number(g.Items)),
					l.cell(plain, number(g.Decided)), {Text: bar, Style: uint8(barDone)}, worst}}
			}
			return s.group.g.SetSource(grid.NewSlice(rows, cols, nil))
		})
}

// openGroup shows the items of the group under the cursor as a list of its own.
func (s *list) openGroup() tea.Cmd {
	r, ok := s.group.g.Current()
	if !ok {
		return nil
	}
	q := s.q
	key := r.Data.(review.GroupCount).Key
	if s.by == "identity" {
		q.Identity = key
	} else {
		q.Filter = strings.TrimSpace(q.Filter + " " + groupTerm(s.by, key))
	}
	return s.a.open(newList(s.a, q))
}

// groupTerm is the filter that one group of a column matches.
func groupTerm(by, key string) string {
	if key == "" {
		return by + ":none"
	}
	if by == "finding" {
		return "finding:" + key
	}
	t := review.Term{Field: by, Values: []review.Value{{Op: review.OpEqual, Parts: []string{key}}}}
	return t.String()
}
