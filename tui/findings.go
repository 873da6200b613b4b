package tui

import (
	"context"
	"fmt"

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
		{Name: "rule", Title: "Rule", Min: 12, Max: 24},
		{Name: "items", Title: "Items", Min: 5, Max: 9, Right: true},
		{Name: "decided", Title: "Decided", Min: 7, Max: 9, Right: true, Rank: 1},
		{Name: "bar", Title: "", Min: 12, Max: 12, Rank: 2, NoSort: true, Whole: true},
		{Name: "about", Title: "What it means", Min: 12, Max: 80, Grow: 1, Rank: 3, NoSort: true},
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
						return fmt.Sprint(9 - g.Severity.Rank())
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
	sev := severitySign(g.Severity)
	bar := ""
	for _, part := range l.bar(12, g.Decided, g.Items) {
		bar += part.text
	}
	return grid.Row{ID: g.Key, Data: g, Cells: []grid.Cell{
		l.cell(sev.tone, l.glyphOf(sev)+" "+sev.word), l.cell(bold, g.Key), l.cell(plain, number(g.Items)), l.cell(plain, number(g.Decided)),
		{Text: bar, Style: uint8(barDone)}, l.cell(faint, ruleWords(g)),
	}}
}

// ruleWords is what a rule looks for, in a sentence; the label of the desk where it gives one.
func ruleWords(g review.GroupCount) string {
	if g.Label != "" && g.Label != g.Key {
		return g.Label
	}
	switch g.Key {
	case "orphan":
		return "an account whose person no roster knows"
	case "leaver":
		return "the person has left"
	case "mover":
		return "the person has changed department since it was granted"
	case "dormant":
		return "not used for longer than the policy allows"
	case "never-used":
		return "never used since it was granted"
	case "sod":
		return "two rights that should not be in one hand"
	case "privileged":
		return "administrative rights"
	case "public":
		return "open to everybody"
	case "external-privileged":
		return "somebody from outside with administrative rights"
	case "no-owner":
		return "nobody answers for it"
	case "owner-gone":
		return "who answers for it has left"
	case "old-credential":
		return "a key or password older than the policy allows"
	case "no-expiry":
		return "it has no end"
	case "no-mfa":
		return "signs in without a second factor"
	case "shared":
		return "used by more than one person"
	case "interactive-nhi":
		return "a service that signs in like a person"
	case "cross-environment":
		return "one identity in production and elsewhere"
	case "reuse":
		return "one credential in several places"
	case "unresolved":
		return "the source gives an id and no name"
	case "misclassified":
		return "it does not look like the kind it is said to be"
	case "outlier":
		return "few colleagues have it"
	case "new":
		return "not there in the review before"
	case "changed":
		return "changed since the review before"
	case "came-back":
		return "was revoked and is there again"
	case "exception-expired":
		return "its exception has ended"
	case "self-review":
		return "the reviewer’s own access"
	case "break-glass":
		return "for emergencies; unused is normal"
	}
	return ""
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
	return s.table.view(w, h, "No rule fired.", nil)
}
