package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

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
	meter   *meter
	since   time.Time
}

func newLaunch(a *app, c review.CampaignID) *launch {
	s := &launch{a: a, c: c, signing: signing{a: a}, meter: &meter{}, since: a.now()}
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
	s.meter, s.since = &meter{}, s.a.now()
	m := s.meter
	return tea.Batch(s.tick(), ask(s.a, &s.facts, func(ctx context.Context) (review.Preview, error) { return s.a.desk.PreviewLaunch(ctx, c, m.set) },
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

// meantWhy says why nothing can be said to be meant.
func (s *launch) meantWhy() string {
	switch {
	case s.a.readOnly() != "":
		return s.a.readOnly()
	case !s.loaded || s.err != nil:
		return "one moment, the population is being counted"
	case len(s.p.Blocks) == 0:
		return "nothing stands in the way"
	case slices.ContainsFunc(s.p.Blocks, func(n review.Notice) bool { return !n.Acceptable() }):
		return "what stands in the way cannot be meant"
	}
	return ""
}

// meant asks whether all that stands in the way is meant, says so to the desk and counts again.
func (s *launch) meant() tea.Cmd {
	blocks := s.p.Blocks
	q := question{title: "Is that meant?", yes: s.a.confirmKey("meant"), yesWords: "it is meant",
		about: []string{"It is remembered with the draft. Nothing is frozen or signed yet."}}
	for _, b := range blocks {
		q.warnings = append(q.warnings, b.Text)
	}
	q.then = func() tea.Cmd {
		return act(s.a, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.a.desk.AcceptBlocks(ctx, s.c, blocks)
		},
			func(_ struct{}, err error) tea.Cmd {
				if err != nil {
					s.a.fail(err)
					return nil
				}
				s.loaded = false
				return s.load()
			})
	}
	s.a.openPanel(newQuestion(s.a, q))
	return nil
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
	cs = append(cs, command{action: "meant", why: s.meantWhy(), do: s.meant},
		command{action: "redraft", why: s.a.readOnly(), do: func() tea.Cmd { return s.a.redraft(s.c) }})
	return append(cs, command{action: "confirm", words: "launch", why: s.why(), do: func() tea.Cmd {
		if s.a.now().Sub(s.a.opened) < grace {
			s.a.warn("this had only just come up; read it, then press the key again")
			return nil
		}
		c := s.c
		s.meter, s.since = &meter{}, s.a.now()
		m := s.meter
		s.signing.work = s.working
		return s.signing.start("the launch", func(ctx context.Context, pass []byte) ([]review.Receipt, error) {
			r, err := s.a.desk.Launch(ctx, c, pass, m.set)
			if err != nil {
				return nil, err
			}
			return []review.Receipt{r}, nil
		}, func() tea.Cmd { s.page.top = 0; return nil })
	}})
}

// changed counts again: the draft is another one now.
func (s *launch) changed([]review.ItemID) tea.Cmd {
	if s.signing.busy() || s.signing.state == signDone {
		return nil
	}
	s.loaded = false
	return s.load()
}

func (s *launch) title() []seg    { return []seg{say(plain, "launch "+string(s.c))} }
func (s *launch) aside(int) []seg { return nil }

func (s *launch) hint() []seg {
	if s.signing.state == signIdle && s.why() == "" {
		return s.page.sight(say(bold, s.a.confirmKey("launch")), say(plain, " freezes the population and signs it"), s.a.look.between(), say(plain, "nothing is signed before"))
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
		if !s.working(b) {
			b.text(faint, 2, 2, "Counting the population"+l.glyph.ellipsis)
		}
	default:
		s.guard(b)
	}
	return b
}

// tick keeps the progress on the screen going while the population is counted.
func (s *launch) tick() tea.Cmd {
	return s.a.after(time.Second/4, func() tea.Cmd {
		if s.loaded {
			return nil
		}
		return s.tick()
	})
}

// working shows how far the grants are read; false before the first.
func (s *launch) working(b *block) bool {
	p := s.meter.get()
	if p.Total == 0 || p.Done >= p.Total {
		return false
	}
	s.a.look.progressLines(b, p, s.a.now().Sub(s.since))
	b.text(faint, 2, 2, s.a.keys.key("back")+" cancels; the draft stays as it is.")
	return true
}

func (s *launch) guard(b *block) {
	l, p := s.a.look, s.p
	b.section("What would be frozen")
	b.fact("items", say(bold, count(p.Items, "item")), sayf(plain, " of %s", identities(p.Identities)))
	if p.LaterStage > 0 {
		b.fact("again", sayf(plain, "%s in a second stage, counted among them", count(p.LaterStage, "grant")))
	}
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
	for _, x := range []struct {
		label string
		n     int64
		text  string
	}{
		{"left", p.Leavers, count(p.Leavers, "grant") + " of people who left"},
		{"no owner", p.NoOwner, identities(p.NoOwner) + " without a living owner"},
		{"own access", p.OwnAccess, count(p.OwnAccess, "item") + " whose reviewer is the holder"},
		{"nobody", p.Unroutable, count(p.Unroutable, "item") + " that nobody independent can decide"},
		{"sources", p.Stale + p.Incomplete, fmt.Sprintf("%d: %d too old or undated, %d not known to be complete", len(p.Imports), p.Stale, p.Incomplete)},
	} {
		tone := plain
		if x.n > 0 {
			tone = careful
		}
		b.fact(x.label, say(tone, x.text))
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
		if s.meantWhy() == "" {
			b.text(plain, 1, 1, s.a.keys.key("meant")+" says here that it is meant; "+s.a.keys.key("redraft")+" changes the draft.")
		}
	}
	if len(p.Notices) > 0 {
		b.section("Read before launching")
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
	if found := basisCounts(p.Basis); found != "" {
		b.fact("found by", say(plain, found))
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

// basisCounts is "manager 12, named 3": how reviewers were found.
func basisCounts(m map[review.Basis]int64) string {
	var parts []string
	for _, basis := range []review.Basis{review.ByManager, review.ByOwner, review.ByName, review.ByRule, review.ByFallback} {
		if n := m[basis]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", basis, number(n)))
		}
	}
	return strings.Join(parts, ", ")
}

func (s *launch) view(w, h int) string { return s.page.view(w, h) }
