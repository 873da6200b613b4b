package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
		{Name: "name", Title: "Campaign", Min: 12, Max: 24},
		{Name: "title", Title: "Title", Min: 10, Max: 48, Grow: 1, Rank: 4},
		{Name: "bar", Title: "Progress", Min: 12, Max: 12, Rank: 2, NoSort: true, Whole: true},
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

func (s *campaigns) about() review.CampaignID {
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

// draft asks for what `campaign new` takes; the rest is behind tab.
func (s *campaigns) draft() tea.Cmd {
	me, now := string(s.a.me), s.a.now()
	s.a.openPanel(newForm(s.a, form{title: "Draft a campaign", extra: 4,
		about: []seg{say(faint, "nothing is frozen or signed before you launch it")},
		fields: []formField{
			{label: "Name", help: "small letters, digits, dots and hyphens, such as q4-2026", check: checkCampaignID},
			{label: "Title", help: "in words", optional: true},
			{label: "Reviewers", help: "names of who decides, with commas between", value: me},
			{label: "Due", help: "a day, or how long: 2026-12-11, 14d", value: day(now.AddDate(0, 0, 14)), check: s.a.checkDay(0), echo: s.a.echoDay},
			{label: "Scope", help: "a filter: what is reviewed; empty: everything", optional: true, suggest: completeFilter, check: checkScope},
			{label: "Owner", help: "who answers for the campaign", value: me},
			{label: "For", help: "frameworks: soc1, soc2, soc2:CC6.3, with commas", optional: true},
			{label: "Routing", help: "who decides: manager, owner, named, fallback, in the order tried", optional: true},
			{label: "No answer", help: "what the organisation does with undecided items at the end", value: string(review.LeaveOpen),
				options: []string{string(review.LeaveOpen), string(review.RevokeUnanswered), string(review.ReassignOpen)}},
			{label: "Signatures", help: "the weakest that counts", value: string(review.AnyKey),
				options: []string{string(review.AnyKey), string(review.OwnKey), string(review.TouchKey), string(review.PinKey)}},
			{label: "Period from", help: "first day under review; empty: that of the oldest import", optional: true, check: checkDate},
			{label: "Period to", help: "last day under review; empty: the due day", optional: true, check: checkDate},
			{label: "Second stage", help: "who decides again, with commas between; empty: one stage", optional: true},
		},
		then: func(v []string) tea.Cmd { return s.create(v) }}))
	return nil
}

func checkCampaignID(v string) string {
	for i, r := range v {
		ok := r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || i > 0 && (r == '.' || r == '-')
		if !ok {
			return "small letters, digits, dots and hyphens only, beginning with a letter or digit"
		}
	}
	if len(v) > 64 {
		return "at most 64 characters"
	}
	return ""
}

func checkScope(v string) string {
	if _, err := review.ParseFilter(v); err != nil {
		message, hint := explain(err)
		return strings.TrimSuffix(message+". "+hint, ". ")
	}
	return ""
}

func checkDate(v string) string {
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return "write a day like 2026-10-01"
	}
	return ""
}

func commaList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func principals(s string) []review.Principal {
	var out []review.Principal
	for _, p := range commaList(s) {
		out = append(out, review.Principal(p))
	}
	return out
}

func (s *campaigns) create(v []string) tea.Cmd {
	due, _ := parseDay(v[3], s.a.now())
	spec := review.CampaignSpec{ID: review.CampaignID(v[0]), Title: v[1], Reviewers: principals(v[2]), Due: due.Add(24*time.Hour - time.Second),
		Scope: v[4], Owner: review.Principal(v[5]), Frameworks: commaList(v[6]), Routing: commaList(v[7]), NoAnswer: review.NoAnswer(v[8]),
		Assurance: review.Assurance(v[9]), PeriodStart: v[10], PeriodEnd: v[11], Stages: 1}
	if spec.Owner == "" {
		spec.Owner = s.a.me
	}
	if spec.NoAnswer == "" {
		spec.NoAnswer = review.LeaveOpen
	}
	if spec.Assurance == "" {
		spec.Assurance = review.AnyKey
	}
	if spec.Stage2 = principals(v[12]); len(spec.Stage2) > 0 {
		spec.Stages = 2
	}
	return act(s.a, func(ctx context.Context) (review.Campaign, error) { return s.a.desk.NewCampaign(ctx, spec) },
		func(c review.Campaign, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			s.a.tell(fmt.Sprintf("drafted %s; %s shows what launching it would freeze", c.Name, s.a.keys.key("launch")))
			s.want = c.Name
			return s.a.changed(nil)
		})
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
	b.fact("state", l.sign(campaignSign(c.State)), sayf(plain, ", due %s, period %s to %s", day(c.Due), orDash(c.Period[0]), orDash(c.Period[1])))
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
	if c.Scope != "" {
		b.fact("scope", say(plain, c.Scope))
	}
	return b
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

// launch is the guard before a population is frozen: what it would hold, who would decide, what is left out, what blocks.
type launch struct {
	a       *app
	c       review.CampaignID
	p       review.Preview
	loaded  bool
	err     error
	page    page
	signing signing
	facts   slot
}

func newLaunch(a *app, c review.CampaignID) *launch {
	s := &launch{a: a, c: c, signing: signing{a: a}}
	s.page = page{a: a, lines: s.lines}
	return s
}

func (s *launch) name() string             { return "campaigns" }
func (s *launch) about() review.CampaignID { return s.c }

func (s *launch) close() {
	s.facts.stop()
	s.signing.close()
}

func (s *launch) load() tea.Cmd {
	if s.signing.state == signDone {
		return nil
	}
	c := s.c
	return tea.Batch(ask(s.a, &s.facts, func(ctx context.Context) (review.Preview, error) { return s.a.desk.PreviewLaunch(ctx, c) },
		func(p review.Preview, err error) tea.Cmd {
			s.p, s.err, s.loaded = p, err, true
			s.a.opened = s.a.now()
			return nil
		}), s.signing.loadKeys())
}

func (s *launch) why() string {
	switch {
	case s.signing.why() != "":
		return s.signing.why()
	case !s.loaded || s.err != nil:
		return "one moment, the population is being counted"
	case len(s.p.Blocks) > 0:
		return s.p.Blocks[0].Text
	}
	return ""
}

func (s *launch) commands() []command {
	if s.signing.busy() {
		return s.signing.waiting()
	}
	cs := s.page.commands()
	if s.signing.state == signDone {
		return append(cs, s.a.copyCommand(s.signing.receiptText),
			command{action: "open", words: "walk", do: func() tea.Cmd { return s.a.replace(newWalk(s.a, s.c)) }})
	}
	return append(cs, command{action: "confirm", words: "launch", why: s.why(), do: func() tea.Cmd {
		if s.a.now().Sub(s.a.opened) < grace {
			s.a.warn("this had only just come up; read it, then press the key again")
			return nil
		}
		c := s.c
		return s.signing.start("the launch", func(ctx context.Context, pass []byte) ([]review.Receipt, error) {
			r, err := s.a.desk.Launch(ctx, c, pass)
			if err != nil {
				return nil, err
			}
			return []review.Receipt{r}, nil
		}, func() tea.Cmd { s.page.top = 0; return nil })
	}})
}

func (s *launch) title() []seg    { return []seg{say(plain, "launch "+string(s.c))} }
func (s *launch) aside(int) []seg { return nil }

func (s *launch) hint() []seg {
	if s.signing.state == signIdle && s.why() == "" {
		return []seg{say(bold, s.a.confirmKey("launch")), say(plain, " freezes the population and signs it. Nothing is signed before.")}
	}
	return s.page.hint()
}

func (s *launch) lines(w int) *block {
	l := s.a.look
	b := l.column(w)
	switch {
	case s.signing.state == signDone:
		b.text(good, 1, 1, "The campaign runs. "+s.a.keys.key("open")+" begins with the first identity.")
		s.signing.receiptLines(b)
	case s.err != nil:
		b.blank()
		message, hint := explain(s.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
	case !s.loaded:
		b.blank()
		b.text(faint, 2, 2, "Counting the population"+l.glyph.ellipsis)
	default:
		s.guard(b)
	}
	return b
}

func (s *launch) guard(b *block) {
	l, p := s.a.look, s.p
	b.section("What would be frozen")
	b.fact("items", say(bold, count(p.Items, "item")), sayf(plain, " of %s", identities(p.Identities)))
	var changes []string
	for _, c := range []review.Change{review.New, review.Changed, review.CameBack, review.Unchanged} {
		if n := p.Changes[c]; n > 0 {
			changes = append(changes, fmt.Sprintf("%s %s", number(n), strings.ReplaceAll(string(c), "-", " ")))
		}
	}
	if len(changes) > 0 {
		b.fact("since before", say(plain, strings.Join(changes, ", ")))
	}
	if f := severityCounts(p.Findings); f != "" {
		b.fact("findings", say(plain, f))
	}
	if p.Signs != "" {
		b.fact("signs", say(plain, p.Signs))
	}
	if len(p.Blocks) > 0 {
		b.section("In the way")
		for _, n := range p.Blocks {
			b.text(bad, 1, 3, l.glyphOf(find("import", "refused"))+" "+n.Text)
			if n.Hint != "" {
				b.text(plain, 3, 3, n.Hint)
			}
		}
	}
	if len(p.Notices) > 0 || p.Unroutable+p.NoOwner+p.OwnAccess > 0 {
		b.section("Read before launching")
		for _, x := range []struct {
			n    int64
			text string
		}{{p.Unroutable, "cannot be routed to anybody"}, {p.NoOwner, "have no living owner"}, {p.OwnAccess, "are the reviewer’s own access and nobody else can take them"}} {
			if x.n > 0 {
				b.text(careful, 1, 3, fmt.Sprintf("%s %s %s", l.warning(), count(x.n, "item"), x.text))
			}
		}
		for _, n := range p.Notices {
			b.text(careful, 1, 3, l.warning()+" "+n.Text)
			if n.Hint != "" {
				b.text(faint, 3, 3, n.Hint)
			}
		}
	}
	b.section("Who would decide")
	for _, r := range p.Reviewers {
		b.add(say(plain, " "+padded(string(r.Principal), 32)), say(bold, number(r.Items)))
	}
	b.section("Left out")
	if len(p.Excluded) == 0 {
		b.add(say(good, " nothing: every grant of the imports is an item"))
	}
	for _, x := range p.Excluded {
		b.fact(number(x.Count), say(plain, x.Reason))
	}
	b.section("From these imports")
	for _, r := range slices.Backward(p.Imports) {
		b.fact(string(r.Source), sayf(plain, "import %d, %s, %s rejected, ", r.ID, count(r.Grants, "grant"), number(r.RowsReject)),
			say(completeTone(r.Completeness), orDash(string(r.Completeness))))
	}
	b.section("Key")
	if s.signing.busy() {
		s.signing.waitLines(b)
		return
	}
	s.signing.keyLines(b)
	if s.signing.outcome.text != "" {
		b.text(s.signing.outcome.tone, 1, 1, s.signing.outcome.text)
	}
}

func (s *launch) view(w, h int) string { return s.page.view(w, h) }
