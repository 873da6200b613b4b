package tui

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// confirm shows in words and numbers what signatures would cover, and signs. It is the only screen on which decisions
// become decisions.
type confirm struct {
	a       *app
	bundles []review.StagedBundle
	loaded  bool
	err     error
	scope   int // index into bundles; -1: all of them
	g       *grid.Grid
	reading bool // the summary takes the whole screen
	top     int
	drawn   int
	body    int
	signing signing
}

func newConfirm(a *app) *confirm {
	s := &confirm{a: a, scope: -1, signing: signing{a: a}}
	s.g = grid.New(a.ctx, grid.NewSlice(nil, stagedColumns(), nil), stagedColumns(), a.look.table)
	return s
}

func (s *confirm) name() string { return "confirm" }

func (s *confirm) close() {
	s.signing.close()
	s.g.Close()
}

// load goes through the queue of acts: what was staged before is shown.
func (s *confirm) load() tea.Cmd {
	staged := act(s.a, s.a.desk.Staged, func(bs []review.StagedBundle, err error) tea.Cmd {
		s.loaded, s.err = true, err
		if err != nil {
			return nil
		}
		if !sameBundles(s.bundles, bs) {
			s.a.opened = s.a.now() // what y would sign has only now come up
		}
		s.bundles = bs
		if s.scope >= len(bs) {
			s.scope = -1
		}
		return s.lines()
	})
	return tea.Batch(staged, s.signing.loadKeys())
}

func (s *confirm) changed([]review.ItemID) tea.Cmd {
	if s.signing.state == signDone {
		return nil
	}
	return s.load()
}

// sameBundles reports whether what would be signed is what was shown before.
func sameBundles(a, b []review.StagedBundle) bool {
	return slices.EqualFunc(a, b, func(x, y review.StagedBundle) bool {
		return x.Campaign == y.Campaign && x.Act == y.Act && x.Mark == y.Mark
	})
}

func stagedColumns() []grid.Column {
	return []grid.Column{
		{Name: "what", Title: "Act", Min: 12, Max: 14, Whole: true},
		{Name: "identity", Title: "Identity", Min: 18, Max: 32, Read: 24, Rank: 1},
		{Name: "entitlement", Title: "Entitlement", Min: 18, Max: 40, Read: 28, Grow: 1},
		{Name: "system", Title: "System", Min: 11, Max: 20, Rank: 4},
		{Name: "account", Title: "Account", Min: 14, Max: 28, Rank: 6},
		{Name: "severity", Title: "Risk", Min: 10, Max: 10, Rank: 3, Whole: true},
		{Name: "bulk", Title: "How", Min: 7, Max: 7, Rank: 5},
		{Name: "reason", Title: "Reason", Min: 18, Max: 80, Grow: 2, Rank: 1},
	}
}

// chosen are the bundles that y would sign.
func (s *confirm) chosen() []review.StagedBundle {
	if s.scope >= 0 && s.scope < len(s.bundles) {
		return s.bundles[s.scope : s.scope+1]
	}
	return s.bundles
}

func (s *confirm) records() int {
	n := 0
	for _, b := range s.chosen() {
		n += b.Records
	}
	return n
}

// lines puts the records into the table.
func (s *confirm) lines() tea.Cmd {
	l := s.a.look
	var rows []grid.Row
	for _, b := range s.chosen() {
		for i, line := range b.Lines {
			sg := actSign(line.What)
			sev := severitySign(line.Severity)
			risk := grid.Cell{}
			if line.Severity.Rank() > 0 {
				risk = l.cell(sev.tone, l.glyphOf(sev)+" "+sev.word)
			}
			how := grid.Cell{}
			if line.Bulk {
				how = l.cell(careful, "in bulk")
			}
			rows = append(rows, grid.Row{ID: fmt.Sprintf("%s/%s/%d/%s", b.Campaign, b.Act, i, line.Item), Data: stagedRow{line, b.Act}, Cells: []grid.Cell{
				l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), l.cell(plain, line.Identity), l.cell(plain, lineWords(line)), l.cell(plain, line.System),
				l.cell(faint, line.Account), risk, how, l.cell(plain, line.Reason),
			}})
		}
	}
	return s.g.Show(grid.NewSlice(rows, stagedColumns(), nil))
}

// stagedRow is a line of the table with the act it belongs to.
type stagedRow struct {
	review.StagedLine
	act review.Act
}

// shown is what is staged on the item as the table shows it; nil where it is no verdict.
func (r stagedRow) shown() review.Drafts {
	if r.act != review.ActDecision {
		return nil
	}
	return review.Drafts{r.Item: r.Act}
}

// actSign is the sign of a staged record, whatever act it belongs to.
func actSign(what string) sign {
	switch what {
	case "keep", "revoke", "exception", "abstain":
		return verdictSign(review.Verdict(what))
	case "renewed":
		return sign{"◆", "!", "renew", excepted}
	case "withdrawn", "remediated":
		return sign{"✓", "+", what, good}
	case "claimed":
		return find("revoke", "claimed done")
	case "gone":
		return find("revoke", "verified gone")
	case "still-present":
		return find("revoke", "still present")
	case "came-back":
		return find("revoke", "came back")
	}
	return sign{"·", "-", what, plain}
}

func (s *confirm) commands() []command {
	if s.signing.busy() {
		return s.signing.waiting()
	}
	if s.signing.state == signDone {
		return append(s.scrolling(), s.a.copyCommand(s.signing.receiptText),
			command{action: "sign-off", do: s.signOff},
			command{action: "sign", words: "sign more", do: func() tea.Cmd { return s.a.replace(newConfirm(s.a)) }},
			command{action: "undo", why: "what is signed stays; decide again to change it"})
	}
	why := s.signing.why()
	empty := ""
	if s.records() == 0 {
		empty = "nothing is staged"
		why = empty
	}
	cs := []command{
		{action: "confirm", do: s.sign, why: why, words: "sign it"},
		{action: "take-out", do: s.takeOut, why: empty},
		{action: "sign-off", do: s.signOff},
		{action: "pane", why: empty, words: "summary", do: func() tea.Cmd { s.reading = !s.reading; s.top = 0; return nil }},
		{action: "sign", why: fmt.Sprintf("this is Confirm; %s signs", s.a.confirmKey("sign"))},
	}
	if len(s.bundles) > 1 {
		cs = append(cs, command{action: "left", do: func() tea.Cmd { return s.choose(-1) }}, command{action: "right", do: func() tea.Cmd { return s.choose(+1) }})
	}
	if s.reading {
		return append(s.scrolling(), cs...)
	}
	return append(cs, moves(s.g)...)
}

func (s *confirm) scrolling() []command {
	scroll := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			s.top = min(max(s.top+n, 0), max(s.drawn-s.body, 0))
			return nil
		}
	}
	return []command{{action: "down", do: scroll(1)}, {action: "up", do: scroll(-1)}, {action: "page-down", do: scroll(max(s.body/2, 1))},
		{action: "page-up", do: scroll(-max(s.body/2, 1))}, {action: "first", do: scroll(-1 << 20)}, {action: "last", do: scroll(1 << 20)}}
}

// choose changes what one press of the confirm key would sign: everything, or one bundle.
func (s *confirm) choose(n int) tea.Cmd {
	s.scope += n
	if s.scope < -1 {
		s.scope = len(s.bundles) - 1
	}
	if s.scope >= len(s.bundles) {
		s.scope = -1
	}
	s.a.opened = s.a.now()
	return s.lines()
}

func (s *confirm) sign() tea.Cmd {
	if s.a.now().Sub(s.a.opened) < grace {
		s.a.warn("this had only just come up; read it, then press the key again")
		return nil
	}
	bundles := slices.Clone(s.chosen())
	desk := s.a.desk
	return s.signing.start(count(int64(s.records()), "record"), func(ctx context.Context, pass []byte) ([]review.Receipt, error) {
		return desk.ConfirmShown(ctx, bundles, pass)
	}, func() tea.Cmd { s.top = 0; return nil })
}

// takeOut unstages the record under the cursor.
func (s *confirm) takeOut() tea.Cmd {
	r, ok := s.g.Current()
	if !ok {
		return nil
	}
	line := r.Data.(stagedRow)
	if line.act != review.ActDecision {
		s.a.warn(fmt.Sprintf("acts of managers are taken back with %s", s.a.keys.key("undo")))
		return nil
	}
	return act(s.a, func(ctx context.Context) (review.StageResult, error) {
		return s.a.desk.Unstage(ctx, []review.ItemID{line.Item}, line.shown())
	}, func(r review.StageResult, err error) tea.Cmd {
		if err != nil {
			s.a.fail(err)
		} else {
			s.a.tell(fmt.Sprintf("taken out: %s of %s", lineWords(line.StagedLine), line.Identity))
		}
		return s.a.changed([]review.ItemID{line.Item})
	})
}

// signOff goes on to saying that one is done, with the campaign that was just signed or is in hand.
func (s *confirm) signOff() tea.Cmd {
	c := s.a.campaign()
	for _, r := range s.signing.receipts {
		if r.Campaign != "" {
			c = r.Campaign
		}
	}
	if c == "" && len(s.bundles) > 0 {
		c = s.bundles[0].Campaign
	}
	if c == "" {
		s.a.warn("open a campaign first, then finish it")
		return nil
	}
	return s.a.open(newSignOff(s.a, c))
}

func (s *confirm) title() []seg {
	switch {
	case s.signing.state == signDone:
		return []seg{say(good, "signed")}
	case s.loaded && s.err == nil && s.records() > 0:
		return []seg{say(plain, count(int64(s.records()), "staged act"))}
	}
	return nil
}

func (s *confirm) aside(int) []seg {
	if len(s.bundles) < 2 || s.signing.state == signDone {
		return nil
	}
	if s.scope < 0 {
		return []seg{sayf(plain, "all %d bundles", len(s.bundles))}
	}
	return []seg{sayf(plain, "bundle %d of %d", s.scope+1, len(s.bundles))}
}

func (s *confirm) hint() []seg {
	switch {
	case s.signing.busy():
		return nil
	case s.signing.state == signDone:
		return []seg{say(accent, s.a.keys.key("quit")), say(faint, " goes on with the review"), s.a.look.between(),
			say(accent, s.a.keys.key("sign-off")), say(faint, " says that you are done with it")}
	case s.records() > 0 && s.signing.why() == "":
		return []seg{say(bold, s.a.confirmKey("sign")), sayf(plain, " signs. Nothing is signed before.")}
	}
	return nil
}

// summary is what will be signed, in words and numbers, and what to read first.
func (s *confirm) summary(w int) *block {
	b := s.a.look.block(w)
	n := len(s.chosen())
	title := "One signature covers"
	if n > 1 {
		title = fmt.Sprintf("%d signatures cover", n)
	}
	b.section(title)
	for _, x := range s.chosen() {
		label := string(x.Campaign)
		if s.a.look.width(label) > labelWidth-2 { // never cut: it is what is being signed
			b.add(say(faint, " "+label))
			label = ""
		}
		b.fact(label, say(bold, fmt.Sprintf("%s: ", count(int64(x.Records), actNoun(x.Act)))), say(plain, tallyWords(x.Tally)))
		if x.Act == review.ActDecision {
			b.fact("", sayf(faint, "%s looked at one by one, %s in bulk, begun %s", number(int64(x.Opened)), number(int64(x.Bulk)), moment(x.Since)))
		}
	}
	high := 0
	for _, x := range s.chosen() {
		high += x.High
	}
	if high > 0 {
		b.text(careful, 1, 3, fmt.Sprintf("%s %s on access with a high or critical finding.", s.a.look.warning(), count(int64(high), "record")))
	}
	for _, x := range s.chosen() {
		for _, warn := range x.Warnings {
			b.text(careful, 1, 3, s.a.look.warning()+" "+warn.Text)
			if warn.Hint != "" {
				b.text(faint, 3, 3, warn.Hint)
			}
		}
	}
	return b
}

func actNoun(a review.Act) string {
	switch a {
	case review.ActDecision:
		return "decision"
	case review.ActReassign:
		return "reviewer change"
	case review.ActClosure:
		return "exception change"
	case review.ActRemediation:
		return "revoke record"
	}
	return "record"
}

func (s *confirm) foot(w int) *block {
	b := s.a.look.block(w)
	b.section("Key")
	if s.signing.busy() {
		s.signing.waitLines(b)
		return b
	}
	s.signing.keyLines(b)
	if s.signing.outcome.text != "" {
		b.text(s.signing.outcome.tone, 1, 1, s.signing.outcome.text)
	}
	return b
}

func (s *confirm) view(w, h int) string {
	l := s.a.look
	switch {
	case s.signing.state == signDone:
		b := l.column(w)
		if s.signing.outcome.text != "" {
			b.text(s.signing.outcome.tone, 1, 1, s.signing.outcome.text)
		}
		s.signing.receiptLines(b)
		s.drawn, s.body = len(b.lines), h
		return b.window(s.top, h)
	case s.err != nil:
		b := l.block(w)
		b.blank()
		message, hint := explain(s.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
		return b.view(h)
	case !s.loaded:
		b := l.block(w)
		b.blank()
		b.text(faint, 2, 2, "Reading what is staged"+l.glyph.ellipsis)
		return b.view(h)
	case len(s.bundles) == 0:
		b := l.block(w)
		b.blank()
		b.text(plain, 2, 2, "Nothing is staged, so there is nothing to sign.")
		b.text(faint, 2, 2, "Verdicts, renewals and claims appear here before they are signed.")
		return b.view(h)
	}
	foot := s.foot(w)
	fh := min(len(foot.lines), h)
	sum := s.summary(w)
	if h-fh < 2 {
		return foot.view(h)
	}
	if s.reading || h-fh < 8 {
		s.drawn, s.body = len(sum.lines), h-fh
		if len(sum.lines) > h-fh && !s.reading {
			return stack(sum.window(s.top, max(h-fh-1, 0)), l.line(w, say(faint, " "+l.glyph.down+" tab shows all of it")), foot.view(fh))
		}
		return stack(sum.window(s.top, h-fh), foot.view(fh))
	}
	sh := min(len(sum.lines), max((h-fh)/2, 3))
	if sh < len(sum.lines) {
		sum.lines = append(sum.lines[:sh-1], l.line(w, sayf(careful, " %s %d more lines: tab shows them", l.glyph.down, len(sum.lines)-sh+1)))
	}
	shown := 0
	for _, x := range s.chosen() {
		shown += len(x.Lines)
	}
	var right []seg
	if shown < s.records() {
		right = []seg{sayf(faint, "the first %s of %s; the next signature shows the rest", number(int64(shown)), number(int64(s.records())))}
	}
	return stack(sum.view(sh), l.rule(w, "Records", right...), s.a.gridView(s.g, w, h-fh-sh-1, "none"), foot.view(fh))
}
