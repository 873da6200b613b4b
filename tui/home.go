package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// home is what is due, by when, how far; and what else waits for this person.
type home struct {
	a      *app
	o      review.Overview
	loaded bool
	err    error
	menu   menu
	facts  slot
}

func newHome(a *app) *home { return &home{a: a} }

func (s *home) name() string { return "home" }
func (s *home) close()       { s.facts.stop() }

func (s *home) load() tea.Cmd {
	return ask(s.a, &s.facts, s.a.desk.Overview, func(o review.Overview, err error) tea.Cmd {
		s.loaded, s.err = true, err
		if err == nil {
			s.o = o
		}
		return nil
	})
}

func (s *home) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *home) underCursor() review.CampaignID {
	for _, c := range s.o.Campaigns {
		if s.menu.at == "campaign "+string(c.Name) {
			return c.Name
		}
	}
	return ""
}

func (s *home) commands() []command {
	cs := s.menu.commands(s.lines)
	return append(cs,
		command{action: "next-undecided", words: "next open", do: func() tea.Cmd {
			cmd := s.a.goTo("walk", "")
			if w, ok := s.a.top().(*walk); ok {
				w.toOpen = true
			}
			return cmd
		}},
		command{action: "import", do: func() tea.Cmd {
			im := newImports(s.a)
			return tea.Batch(s.a.open(im), im.importFile())
		}, why: importWhy(s.a)},
	)
}

func (s *home) title() []seg {
	if s.a.ready && s.a.me == "" {
		return []seg{say(careful, "looking only")}
	}
	return []seg{say(plain, string(s.a.me))}
}

func (s *home) aside(int) []seg { return nil }

func (s *home) hint() []seg {
	if n := s.staged(); n > 0 {
		return []seg{say(careful, count(n, "verdict")+" staged, not signed: "), say(accent, s.a.keys.key("sign")), say(plain, " shows and signs them")}
	}
	return []seg{say(faint, "enter opens the line; ? says what the keys do")}
}

func (s *home) staged() int64 {
	var n int64
	for _, c := range s.o.Campaigns {
		n += s.a.share(c).Staged
	}
	return n
}

// share is what of a campaign is this person's; all of it where they have no part of their own.
func (a *app) share(c review.Campaign) review.ReviewerCount {
	for _, r := range c.Reviewers {
		if r.Principal == a.me && r.Items > 0 {
			return r
		}
	}
	return review.ReviewerCount{Items: c.Items, Decided: c.Decided, Staged: c.Staged, Signed: c.Signed, SignedOff: c.SignedOff}
}

func (a *app) isMine(c review.Campaign) bool {
	return slices.ContainsFunc(c.Reviewers, func(r review.ReviewerCount) bool { return r.Principal == a.me && r.Items > 0 })
}

func (s *home) lines() []menuLine {
	if !s.loaded || s.err != nil {
		return nil
	}
	var ls []menuLine
	running, others := s.sorted()
	ls = append(ls, menuLine{title: "Reviews"})
	for _, c := range running {
		ls = append(ls, s.campaignLine(c))
	}
	if len(running) == 0 {
		ls = append(ls, menuLine{left: []seg{say(faint, "nothing is due")}})
	}
	if len(s.o.Campaigns) == 0 {
		ls = append(ls, menuLine{left: []seg{say(plain, "Begin here: "), say(accent, s.a.keys.key("import")), say(plain, " imports an export; then campaigns, below, drafts a review.")}})
	}
	needs := "Needs you"
	if s.a.o.ReadOnly != "" {
		needs = "Stands out"
	}
	ls = append(ls, menuLine{title: needs})
	ls = append(ls, s.needs()...)
	if len(others) > 0 {
		ls = append(ls, menuLine{title: "Other campaigns"})
		for _, c := range others {
			ls = append(ls, s.campaignLine(c))
		}
	}
	ls = append(ls, menuLine{title: "Records"})
	go2 := func(name, words string) menuLine {
		return menuLine{id: name, left: []seg{say(plain, fmt.Sprintf("%-12s", name)), say(faint, words)}, open: func() tea.Cmd { return s.a.goTo(name, "") }}
	}
	campaigns := "draft, launch, follow, finish"
	if s.a.o.ReadOnly != "" {
		campaigns = "each review: its population, its verdicts"
	}
	ls = append(ls, go2("findings", "what rules found"), go2("imports", "what was read, from where, what was rejected"),
		go2("campaigns", campaigns), go2("controls", "which control each campaign is evidence for"), go2("coverage", "which source was reviewed for which period"),
		go2("ledger", fmt.Sprintf("%s, root %s", count(s.o.Ledger.Size, "entry"), orDash(s.o.Ledger.Root))))
	return ls
}

// sorted parts the campaigns: those that run, the person's own and the earliest first; and the rest.
func (s *home) sorted() (running, others []review.Campaign) {
	for _, c := range s.o.Campaigns {
		if isRunning(c) {
			running = append(running, c)
		} else {
			others = append(others, c)
		}
	}
	slices.SortStableFunc(running, func(x, y review.Campaign) int {
		mx, my := s.a.isMine(x), s.a.isMine(y)
		switch {
		case mx && !my:
			return -1
		case my && !mx:
			return 1
		}
		return x.Due.Compare(y.Due)
	})
	return running, others
}

func (s *home) campaignLine(c review.Campaign) menuLine {
	l := s.a.look
	sh := s.a.share(c)
	sg := campaignSign(c.State)
	title := c.Title
	if title == "" {
		title = string(c.Name)
	}
	left := []seg{l.sign(sg), say(plain, "  "), say(bold, title)}
	if title != string(c.Name) {
		left = append(left, say(faint, "  "+string(c.Name)))
	}
	counts := sayf(plain, " %s/%s ", number(sh.Decided), number(sh.Items))
	right := append(l.bar(10, sh.Decided, sh.Items), counts)
	brief := []seg{counts}
	if c.State == review.DraftState {
		right, brief = nil, nil
	}
	if isRunning(c) {
		due := dueWords(c.Due, s.a.now())
		right = append(right, say(plain, " "), due, say(plain, " "))
		due.text, _, _ = strings.Cut(due.text, ",")
		brief = append(brief, say(plain, " "), due, say(plain, " "))
	}
	return menuLine{id: "campaign " + string(c.Name), left: left, right: right, brief: brief, open: func() tea.Cmd {
		if c.State == review.DraftState {
			return s.a.open(newCampaignsAt(s.a, c.Name))
		}
		return s.a.openCampaign(c.Name)
	}}
}

func waitingSegs(l *look, sg sign, words string) []seg {
	return []seg{say(sg.tone, grid.Fit(l.method, l.glyphOf(sg)+" "+sg.word, 16, "")), say(plain, words)}
}

// needs are the things that wait for somebody: exceptions, revokes, what blocks.
func (s *home) needs() []menuLine {
	l := s.a.look
	var ls []menuLine
	if n := s.staged(); n > 0 {
		ls = append(ls, menuLine{id: "confirm", left: []seg{say(careful, l.warning()+" "), sayf(plain, "%s staged and not signed", count(n, "verdict"))},
			open: func() tea.Cmd { return s.a.open(newConfirm(s.a)) }})
	}
	if s.a.o.ReadOnly != "" {
		ls = append(ls, s.notices()...)
	}
	for _, c := range s.o.Campaigns {
		if c.State == review.DraftState && review.IsEvent(c.Name) {
			ls = append(ls, menuLine{id: "draft " + string(c.Name), left: []seg{say(careful, l.warning()+" "), say(plain, c.Title), sayf(faint, "  %s, drafted and not launched", c.Name)},
				open: func() tea.Cmd { return s.a.open(newCampaignsAt(s.a, c.Name)) }})
		}
	}
	exceptions := func(st review.ExceptionState) {
		if n := s.o.Exceptions[st]; n > 0 {
			ls = append(ls, menuLine{id: "exceptions " + string(st), left: waitingSegs(l, exceptionSign(st), count(n, "exception")),
				open: func() tea.Cmd { return s.a.open(newExceptionsFor(s.a, "state:"+string(st))) }})
		}
	}
	exceptions(review.ExceptionExpired)
	exceptions(review.Expiring)
	exceptions(review.Proposed)
	for _, st := range []review.RemediationState{review.Returned, review.StillPresent, review.RevokeOpen, review.ClaimedDone} {
		if n := s.o.Remediation[st]; n > 0 {
			ls = append(ls, menuLine{id: "remediation " + string(st), left: waitingSegs(l, remediationSign(st), count(n, "revoke")),
				open: func() tea.Cmd { return s.a.open(newRemediationFor(s.a, "state:"+string(st))) }})
		}
	}
	if s.a.o.ReadOnly == "" {
		for _, n := range s.o.Blocking {
			switch n.Code { // the lines above say these, and lead there
			case "unsigned", "exceptions-expired", "came-back", "event-draft":
				continue
			case "unsigned-acts":
				ls = append(ls, menuLine{id: "acts", left: []seg{say(careful, l.warning()+" "), say(plain, n.Text)},
					open: func() tea.Cmd { return s.a.open(newConfirm(s.a)) }})
				continue
			case "overdue":
				ls = append(ls, menuLine{id: "overdue", left: []seg{say(bad, l.warning()+" "), say(plain, n.Text)},
					open: func() tea.Cmd { return s.a.open(newRemediationFor(s.a, "overdue:yes")) }})
				continue
			}
			ls = append(ls, s.blockingLine(n))
		}
	}
	if len(ls) == 0 {
		ls = append(ls, menuLine{left: []seg{say(faint, "nothing else waits for you")}})
	}
	return ls
}

// blockingLine is what keeps a campaign from going on, and leads to where that is seen to.
func (s *home) blockingLine(n review.Notice) menuLine {
	ml := menuLine{id: "blocking " + n.Text, left: []seg{say(careful, s.a.look.warning()+" "), say(plain, n.Text)},
		open: func() tea.Cmd { return s.a.open(newNotices(s.a, []review.Notice{n})) }}
	for _, c := range s.o.Campaigns {
		text, ok := strings.CutPrefix(n.Text, string(c.Name)+": ")
		if !ok {
			continue
		}
		ml.left[1].text = text
		ml.right, ml.brief = []seg{say(faint, string(c.Name))}, []seg{}
		ml.open = func() tea.Cmd {
			if n.Code == "abstained" {
				return s.a.open(newList(s.a, review.Query{Campaign: c.Name, Asker: s.a.me, Filter: "verdict:dont-know"}))
			}
			return s.a.open(newCampaignsAt(s.a, c.Name))
		}
	}
	return ml
}

func (s *home) view(w, h int) string {
	l := s.a.look
	if s.err != nil || !s.loaded {
		b := l.block(w)
		b.blank()
		if s.err != nil {
			message, hint := explain(s.err)
			b.text(bad, 2, 2, message)
			b.text(plain, 2, 2, hint)
		} else {
			b.text(faint, 2, 2, "Reading"+l.glyph.ellipsis)
		}
		return b.view(h)
	}
	return s.menu.view(l, s.lines(), w, h)
}

func (s *home) click(_, y int) tea.Cmd {
	s.menu.clicked(s.lines(), y)
	return nil
}

func (s *home) wheel(n int) tea.Cmd {
	s.menu.move(s.lines(), n)
	return nil
}
