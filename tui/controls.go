package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// controls is where an auditor begins: which control each campaign is evidence for, and how far it went. Enter leads to the
// population, from there to an item, its decision and what became of it.
type controls struct {
	table
}

// support is one control and a campaign that is evidence for it.
type support struct {
	review.Control
	campaign review.Campaign
}

func newControls(a *app) *controls {
	return &controls{newTable(a, []grid.Column{
		{Name: "control", Title: "Control", Min: 8, Max: 16, Whole: true},
		{Name: "framework", Title: "Framework", Min: 9, Max: 40, Grow: 1, Rank: 2},
		{Name: "campaign", Title: "Campaign", Min: 10, Max: 28, Grow: 1},
		{Name: "state", Title: "State", Min: 8, Max: 14, Rank: 1},
		{Name: "decided", Title: "Decided", Min: 9, Max: 17, Right: true},
		{Name: "withheld", Title: "Withheld", Min: 8, Max: 9, Right: true, Rank: 3},
		{Name: "period", Title: "Period", Min: 23, Max: 24, Rank: 4},
		{Name: "signed", Title: "Signed off", Min: 10, Max: 10, Rank: 5},
		{Name: "note", Title: "Note", Min: 10, Max: 44, Rank: 6},
	})}
}

func (s *controls) name() string { return "controls" }

func (s *controls) load() tea.Cmd {
	return ask(s.a, &s.facts, s.a.desk.Campaigns, func(cs []review.Campaign, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		all := supports(cs)
		rows := make([]grid.Row, len(all))
		for i, x := range all {
			rows[i] = s.row(x)
		}
		return s.fill(rows, nil)
	})
}

// supports lists control by control what the launched campaigns are evidence for. A campaign that names no control is
// listed, too, and so is an id the catalogue does not know.
func supports(cs []review.Campaign) []support {
	var out []support
	for _, c := range cs {
		if c.State == review.DraftState || c.State == review.Cancelled {
			continue
		}
		known := len(out)
		for _, text := range c.Frameworks {
			found, err := review.ParseControls([]string{text})
			if err != nil {
				found = []review.Control{{ID: text, Framework: "not in the catalogue"}}
			}
			for _, k := range found {
				if !slices.ContainsFunc(out[known:], func(have support) bool { return have.Key == k.Key && have.ID == k.ID }) {
					out = append(out, support{k, c})
				}
			}
		}
		if len(out) == known {
			out = append(out, support{review.Control{Framework: "none named"}, c})
		}
	}
	slices.SortStableFunc(out, func(x, y support) int {
		return cmp.Or(cmp.Compare(x.Framework, y.Framework), cmp.Compare(x.Version, y.Version), cmp.Compare(x.ID, y.ID))
	})
	return out
}

func (s *controls) row(x support) grid.Row {
	l, c := s.a.look, x.campaign
	sg := campaignSign(c.State)
	withheld := grid.Cell{}
	if c.Withheld > 0 {
		withheld = l.cell(careful, number(c.Withheld))
	}
	return grid.Row{ID: fmt.Sprintf("%s:%s %s", x.Key, x.ID, c.Name), Data: x, Cells: []grid.Cell{
		l.cell(bold, orDash(x.ID)), l.cell(plain, frameworkWords(x.Control)), l.cell(plain, string(c.Name)), l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word),
		l.cell(plain, number(c.Decided)+"/"+number(c.Items)), withheld, l.cell(plain, c.Period[0]+" "+l.glyph.arrow+" "+c.Period[1]),
		l.cell(plain, day(c.SignedOff)), l.cell(faint, x.Note),
	}}
}

func frameworkWords(c review.Control) string {
	if c.Version == "" {
		return c.Framework
	}
	return c.Framework + " " + c.Version
}

func (s *controls) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *controls) current() (support, bool) {
	r, ok := s.g.Current()
	if !ok {
		return support{}, false
	}
	return r.Data.(support), true
}

func (s *controls) underCursor() review.CampaignID {
	x, _ := s.current()
	return x.campaign.Name
}

func (s *controls) commands() []command {
	x, ok := s.current()
	why := ""
	if !ok {
		why = "there is no control under the cursor"
	}
	cs := []command{
		{action: "open", words: "its population", why: why, do: func() tea.Cmd { return s.a.open(newList(s.a, s.a.query(x.campaign.Name))) }},
		s.a.copyCommand(func() string { return frameworkWords(x.Control) + " " + x.ID }),
	}
	return append(cs, s.table.commands()...)
}

func (s *controls) title() []seg    { return nil }
func (s *controls) aside(int) []seg { return s.count("line") }

func (s *controls) hint() []seg {
	return []seg{say(faint, "a line for each control and campaign")}
}

func (s *controls) view(w, h int) string {
	return s.table.view(w, h, "There is no campaign yet.", s.detail)
}

func (s *controls) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	x, ok := s.current()
	b.section("Control")
	if !ok {
		return b
	}
	c := x.campaign
	b.fact("control", say(bold, orDash(x.ID)), say(plain, ", "+frameworkWords(x.Control)))
	if x.Note != "" {
		b.fact("note", say(plain, x.Note))
	}
	b.fact("evidence", say(plain, orDash(c.Title)), sayf(plain, ", %s to %s, launched %s", c.Period[0], c.Period[1], day(c.Launched)))
	b.fact("decided", sayf(plain, "%s of %s: keep %s, revoke %s, exception %s, don't know %s", number(c.Decided), number(c.Items),
		number(c.Keep), number(c.Revoke), number(c.Exception), number(c.Abstain)))
	l.withheldFact(b, c)
	switch {
	case !c.SignedOff.IsZero():
		b.fact("signed off", say(plain, day(c.SignedOff)), sayf(plain, ", due %s", day(c.Due)))
	case c.State != review.NotInView:
		b.fact("signed off", say(careful, "not yet"), sayf(plain, ", due %s", day(c.Due)))
	}
	return b
}

// withheldFact says how much of a campaign an evidence pack does not show.
func (l *look) withheldFact(b *block, c review.Campaign) {
	if c.Withheld > 0 {
		b.fact("withheld", sayf(careful, "%s of %s are in the pack as leaf hashes only; counts are as people signed them", number(c.Withheld), count(c.Items, "item")))
	}
}

// packWords says in words that a pack does not hold a fact.
func packWords(s string) string {
	if s == review.NotInPack {
		return "not in the pack"
	}
	return orDash(s)
}

// drawnGrid is a table of items that shows each one's place in the auditor's draw, where there is one.
func (a *app) drawnGrid(q review.Query) *grid.Grid {
	cols := itemColumns()
	if !a.o.Sample {
		return grid.New(a.ctx, a.itemSource(q), cols, a.look.table)
	}
	cols = append(cols, grid.Column{Name: "sample", Title: "Sample", Min: 6, Max: 8, NoSort: true})
	g := grid.New(a.ctx, a.itemSource(q), cols, a.look.table)
	lay := g.Layout()
	lay.Columns = slices.Insert(slices.DeleteFunc(lay.Columns, func(name string) bool { return name == "sample" }), 1, "sample")
	g.SetLayout(lay)
	return g
}

// trail is where an item stands in an evidence pack: from the row of the export to the decision to the removal.
func (l *look) trail(b *block, d *review.Detail) {
	b.section("In this pack")
	for _, s := range d.Trail {
		b.fact(s.Label, say(plain, s.Text))
	}
}

// notices are the lines of Home for what stands out where nothing can be done about it; each opens all of them in full.
func (s *home) notices() []menuLine {
	const most = 5
	var ls []menuLine
	all := func() tea.Cmd { return s.a.open(newNotices(s.a, s.o.Blocking)) }
	for i, n := range s.o.Blocking {
		if i == most {
			ls = append(ls, menuLine{id: "notices", left: []seg{say(plain, fmt.Sprintf("  and %d more", len(s.o.Blocking)-most))}, open: all})
			break
		}
		t := careful
		if strings.HasPrefix(n.Text, "FAILURE ") {
			t = bad
		}
		ls = append(ls, menuLine{id: fmt.Sprintf("notice %d", i), left: []seg{say(t, s.a.look.warning()+" "+n.Text)}, open: all})
	}
	return ls
}

// newNotices is what stands out in full sentences.
func newNotices(a *app, all []review.Notice) *page {
	return &page{a: a, label: "home", head: []seg{say(plain, "what stands out")}, lines: func(w int) *block {
		b := a.look.column(w)
		for _, n := range all {
			b.section(n.Code)
			b.text(plain, 1, 1, n.Text)
			b.text(faint, 1, 1, n.Hint)
		}
		return b
	}}
}
