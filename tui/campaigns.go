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

// campaigns lists reviews: drafts to launch, running ones to follow, done ones to look at.
type campaigns struct {
	table
	want review.CampaignID
}

func newCampaigns(a *app) *campaigns { return newCampaignsAt(a, "") }

func newCampaignsAt(a *app, c review.CampaignID) *campaigns {
	return &campaigns{want: c, table: newTable(a, []grid.Column{
		{Name: "state", Title: "State", Min: 10, Max: 13, Whole: true},
		{Name: "name", Title: "Campaign", Min: 12, Max: 24, Whole: true},
		{Name: "title", Title: "Title", Min: 10, Max: 48, Read: 32, Grow: 1, Rank: 2},
		{Name: "bar", Title: "Progress", Min: 12, Max: 12, Rank: 4, NoSort: true, Whole: true},
		{Name: "decided", Title: "Decided", Min: 9, Max: 17, Right: true},
		{Name: "staged", Title: "Unsigned", Min: 8, Max: 9, Right: true, Rank: 3},
		{Name: "due", Title: "Due", Min: 10, Max: 10, Rank: 1},
		{Name: "revoke", Title: "Revoke", Min: 6, Max: 8, Right: true, Rank: 5},
		{Name: "exception", Title: "Except", Min: 6, Max: 8, Right: true, Rank: 6},
		{Name: "owner", Title: "Owner", Min: 10, Max: 28, Rank: 7},
		{Name: "frameworks", Title: "For", Min: 4, Max: 20, Rank: 8},
	})}
}

func (s *campaigns) name() string { return "campaigns" }

func (s *campaigns) load() tea.Cmd {
	return ask(s.a, &s.facts, s.a.desk.Campaigns, func(cs []review.Campaign, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		slices.SortStableFunc(cs, func(x, y review.Campaign) int {
			return cmp.Or(cmp.Compare(campaignPlace(x), campaignPlace(y)), y.Due.Compare(x.Due))
		})
		rows := make([]grid.Row, len(cs))
		for i, c := range cs {
			rows[i] = s.row(c)
		}
		cmd := s.fill(rows, nil)
		if s.want != "" {
			cmd = tea.Batch(cmd, s.g.ToID(string(s.want)))
			s.want = ""
		}
		return cmd
	})
}

// campaignPlace puts what runs first, then what is to run, then the rest.
func campaignPlace(c review.Campaign) int {
	switch {
	case isRunning(c):
		return 0
	case c.State == review.DraftState:
		return 1
	}
	return 2
}

func (s *campaigns) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *campaigns) row(c review.Campaign) grid.Row {
	l := s.a.look
	sg := campaignSign(c.State)
	bar := ""
	for _, part := range l.bar(12, c.Decided, c.Items) {
		bar += part.text
	}
	staged := grid.Cell{}
	if c.Staged > 0 {
		staged = l.cell(careful, number(c.Staged))
	}
	due := dueWords(c.Due, s.a.now())
	if !isRunning(c) {
		due.tone = plain
	}
	return grid.Row{ID: string(c.Name), Data: c, Cells: []grid.Cell{
		l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), l.cell(bold, string(c.Name)), l.cell(plain, c.Title), {Text: bar, Style: uint8(barDone)},
		l.cell(plain, number(c.Decided)+"/"+number(c.Items)), staged, l.cell(due.tone, day(c.Due)), l.cell(plain, number(c.Revoke)),
		l.cell(plain, number(c.Exception)), l.cell(plain, string(c.Owner)), l.cell(faint, strings.Join(c.Frameworks, ",")),
	}}
}

func (s *campaigns) current() (review.Campaign, bool) {
	r, ok := s.g.Current()
	if !ok {
		return review.Campaign{}, false
	}
	return r.Data.(review.Campaign), true
}

func (s *campaigns) underCursor() review.CampaignID {
	c, _ := s.current()
	return c.Name
}

func (s *campaigns) commands() []command {
	c, ok := s.current()
	launchWhy, finishWhy, openWhy := s.a.readOnly(), s.a.readOnly(), ""
	switch {
	case !ok:
		launchWhy, finishWhy, openWhy = "there is no campaign under the cursor", "there is no campaign under the cursor", "there is no campaign under the cursor"
	case launchWhy == "" && c.State != review.DraftState:
		launchWhy = "it has been launched already"
	}
	if ok && finishWhy == "" && c.State == review.DraftState {
		finishWhy = "it has not been launched yet"
	}
	openWords := "walk"
	if s.a.o.ReadOnly != "" {
		openWords = "its population"
	}
	if ok && c.State == review.DraftState {
		openWords = "preview"
	}
	cs := []command{
		{action: "new", do: s.draft, why: s.a.readOnly()},
		{action: "redraft", why: launchWhy, do: func() tea.Cmd { return s.a.redraft(c.Name) }},
		{action: "launch", why: launchWhy, do: func() tea.Cmd { return s.a.open(newLaunch(s.a, c.Name)) }},
		{action: "finish", why: finishWhy, do: func() tea.Cmd { return s.a.open(newSignOff(s.a, c.Name)) }},
		{action: "open", words: openWords, why: openWhy, do: func() tea.Cmd {
			if c.State == review.DraftState {
				return s.a.open(newLaunch(s.a, c.Name))
			}
			return s.a.openCampaign(c.Name)
		}},
		s.a.copyCommand(func() string { return string(c.Name) }),
	}
	return append(cs, s.table.commands()...)
}

func (s *campaigns) title() []seg    { return nil }
func (s *campaigns) aside(int) []seg { return s.count("campaign") }
func (s *campaigns) hint() []seg     { return nil }

func (s *campaigns) view(w, h int) string {
	return s.table.view(w, h, fmt.Sprintf("There is no campaign yet; %s drafts one.", s.a.keys.key("new")), s.detail)
}

func (s *campaigns) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	c, ok := s.current()
	b.section("Campaign")
	if !ok {
		return b
	}
	b.fact("state", l.sign(campaignSign(c.State)), say(plain, ", due "+day(c.Due)+", "+periodWords(c.Period)))
	b.fact("decided", append(l.outcome(20, c), sayf(plain, " %s of %s", number(c.Decided), number(c.Items)))...)
	b.fact("", verdictCounts(l, c)...)
	for _, r := range c.Reviewers {
		segs := append(l.bar(10, r.Decided, r.Items), sayf(plain, " %s of %s", number(r.Decided), number(r.Items)))
		if r.Staged > 0 {
			segs = append(segs, sayf(careful, ", %s unsigned", number(r.Staged)))
		}
		if !r.SignedOff.IsZero() {
			segs = append(segs, say(good, ", "+l.glyph.tick+" signed off "+day(r.SignedOff)))
		}
		for i, line := range l.flow(append([]seg{say(plain, padded(string(r.Principal), 26))}, segs...), b.w-3) {
			lead := " "
			if i > 0 {
				lead = "   "
			}
			b.add(append([]seg{say(plain, lead)}, line...)...)
		}
	}
	l.withheldFact(b, c)
	for _, x := range c.Excluded {
		b.fact("left out", sayf(plain, "%s: %s", number(x.Count), x.Reason))
	}
	if sev := severityCounts(c.Findings); sev != "" {
		b.fact("findings", say(plain, sev))
	}
	if len(c.Frameworks) > 0 {
		controls := make([]string, len(c.Frameworks))
		for i, f := range c.Frameworks {
			controls[i] = review.ControlWords(f)
		}
		b.fact("serves", say(plain, strings.Join(controls, ", ")))
	}
	if c.Scope != "" {
		b.fact("scope", say(plain, c.Scope))
	}
	return b
}

// periodWords are the days a campaign is about. A draft that names none takes them from its imports and its due day.
func periodWords(p [2]string) string {
	switch {
	case p[0] == "" && p[1] == "":
		return "period from the oldest import to the due day"
	case p[0] == "":
		return "period from the oldest import to " + p[1]
	case p[1] == "":
		return "period " + p[0] + " to the due day"
	}
	return "period " + p[0] + " to " + p[1]
}

// outcome is what was decided so far, as parts of a bar.
func (l *look) outcome(w int, c review.Campaign) []seg {
	signs := [4]string{"█", "▓", "▒", "▚"}
	if l.ascii {
		signs = [4]string{"+", "x", "!", "?"}
	}
	return l.shares(w, c.Items, share{c.Keep, kept, signs[0]}, share{c.Revoke, revoked, signs[1]}, share{c.Exception, excepted, signs[2]},
		share{c.Abstain, unsure, signs[3]})
}

func verdictCounts(l *look, c review.Campaign) []seg {
	var segs []seg
	for _, v := range []struct {
		verdict review.Verdict
		n       int64
	}{{review.Keep, c.Keep}, {review.Revoke, c.Revoke}, {review.Except, c.Exception}, {review.Abstain, c.Abstain}} {
		segs = append(segs, l.sign(verdictSign(v.verdict)), say(plain, " "+number(v.n)+"   "))
	}
	return segs
}

func severityCounts(m map[review.Severity]int64) string {
	var parts []string
	for _, sev := range []review.Severity{review.Critical, review.High, review.Medium, review.Low, review.Info} {
		if n := m[sev]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", number(n), sev))
		}
	}
	return strings.Join(parts, ", ")
}
