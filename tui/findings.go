package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// findings says which rules fired in a campaign, and on how many items; each leads to its items.
type findings struct {
	table
	c   review.CampaignID
	sum int64
}

func newFindings(a *app, c review.CampaignID) *findings {
	return &findings{c: c, table: newTable(a, []grid.Column{
		{Name: "severity", Title: "Severity", Min: 8, Max: 10, Whole: true},
		{Name: "rule", Title: "Rule", Min: 12, Max: 24, Whole: true},
		{Name: "items", Title: "Items", Min: 5, Max: 9, Right: true},
		{Name: "decided", Title: "Decided", Min: 7, Max: 9, Right: true, Rank: 1},
		{Name: "bar", Title: "", Min: 12, Max: 12, Rank: 4, NoSort: true, Whole: true},
		{Name: "about", Title: "What it means", Min: 24, Max: 80, Grow: 1, Rank: 3, NoSort: true},
	})}
}

func (s *findings) name() string             { return "findings" }
func (s *findings) about() review.CampaignID { return s.c }

func (s *findings) load() tea.Cmd {
	return s.a.resolve(&s.facts, s.c, func(c review.CampaignID) tea.Cmd {
		s.c = c
		q := s.a.query(c)
		return ask(s.a, &s.facts, func(ctx context.Context) ([]review.GroupCount, error) { return s.a.desk.Groups(ctx, q, "finding") },
			func(gs []review.GroupCount, err error) tea.Cmd {
				if err != nil {
					s.failed(err)
					return nil
				}
				var rows []grid.Row
				s.sum = 0
				slices.SortStableFunc(gs, func(x, y review.GroupCount) int {
					return cmp.Or(cmp.Compare(s.severity(y).Rank(), s.severity(x).Rank()), cmp.Compare(y.Items, x.Items))
				})
				for _, g := range gs {
					if g.Key == "" || g.Key == "none" { // items without a finding
						continue
					}
					s.sum += g.Items
					rows = append(rows, s.row(g))
				}
				return s.fill(rows, func(r grid.Row, col string) string {
					g := r.Data.(review.GroupCount)
					switch col {
					case "severity":
						return fmt.Sprint(9 - s.severity(g).Rank())
					case "items":
						return fmt.Sprint(g.Items)
					case "decided":
						return fmt.Sprint(g.Decided)
					}
					return g.Key
				})
			})
	})
}

func (s *findings) row(g review.GroupCount) grid.Row {
	l := s.a.look
	sev := severitySign(s.severity(g))
	bar := ""
	for _, part := range l.bar(12, g.Decided, g.Items) {
		bar += part.text
	}
	return grid.Row{ID: g.Key, Data: g, Cells: []grid.Cell{
		l.cell(sev.tone, l.glyphOf(sev)+" "+sev.word), l.cell(bold, g.Key), l.cell(plain, number(g.Items)), l.cell(plain, number(g.Decided)),
		{Text: bar, Style: uint8(barDone)}, l.cell(faint, s.meaning(g)),
	}}
}

// rule is what is known of a rule; nothing of one this build does not know.
func (s *findings) rule(id string) review.Rule {
	i := slices.IndexFunc(s.a.o.Rules, func(r review.Rule) bool { return r.ID == id })
	if i < 0 {
		return review.Rule{ID: id}
	}
	return s.a.o.Rules[i]
}

// severity is the usual one of the rule; that of its worst item where the rule is not known.
func (s *findings) severity(g review.GroupCount) review.Severity {
	if r := s.rule(g.Key); r.Severity != "" {
		return r.Severity
	}
	return g.Severity
}

func (s *findings) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *findings) commands() []command {
	return append(s.table.commands(), command{action: "open", words: "its items", do: func() tea.Cmd {
		r, ok := s.g.Current()
		if !ok {
			return nil
		}
		q := s.a.query(s.c)
		q.Filter = "finding:" + r.Data.(review.GroupCount).Key
		return s.a.open(newList(s.a, q))
	}})
}

func (s *findings) title() []seg    { return []seg{say(plain, string(s.c))} }
func (s *findings) aside(int) []seg { return s.table.count("rule") }

func (s *findings) hint() []seg {
	if s.sum == 0 {
		return nil
	}
	return []seg{sayf(plain, "%s in all; an item may have several", count(s.sum, "finding"))}
}

func (s *findings) view(w, h int) string {
	return s.table.view(w, h, "No rule fired.", s.detail)
}

// detail says what a rule means, what it reads and which controls it serves.
// meaning is the title of a rule, or what the desk says of a line that stands for something else than a rule.
func (s *findings) meaning(g review.GroupCount) string {
	if t := s.rule(g.Key).Title; t != "" || g.Label == g.Key {
		return t
	}
	return g.Label
}

func (s *findings) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	row, ok := s.g.Current()
	b.section("Rule")
	if !ok {
		return b
	}
	g := row.Data.(review.GroupCount)
	r := s.rule(g.Key)
	b.fact(g.Key, say(bold, orDash(s.meaning(g))))
	on := "fired on"
	if r.Title == "" && s.meaning(g) != "" {
		on = "items"
	}
	b.fact(on, sayf(plain, "%s, %s decided", count(g.Items, "item"), number(g.Decided)))
	if r.Title == "" {
		return b
	}
	sev := severitySign(r.Severity)
	b.fact("usually", l.sign(sev), sayf(plain, ", rule version %d", r.Version))
	if len(r.Kinds) > 0 {
		kinds := make([]string, len(r.Kinds))
		for i, k := range r.Kinds {
			kinds[i] = string(k)
		}
		b.fact("looks at", say(plain, strings.Join(kinds, ", ")))
	}
	if len(r.Settings) > 0 {
		b.fact("policy", say(plain, strings.Join(r.Settings, ", ")))
	}
	if len(r.Serves) > 0 {
		b.fact("serves", say(plain, strings.Join(r.Serves, ", ")))
	}
	return b
}
