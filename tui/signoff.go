package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// signOff says "I am done" for a campaign. It shows first how the review was done.
type signOff struct {
	a        *app
	c        review.CampaignID
	role     review.Role
	campaign review.Campaign
	quality  []review.Quality
	loaded   bool
	err      error
	top      int
	drawn    int
	body     int
	signing  signing
	facts    slot
}

func newSignOff(a *app, c review.CampaignID) *signOff {
	return &signOff{a: a, c: c, role: review.Reviewer, signing: signing{a: a}}
}

func (s *signOff) name() string             { return "confirm" }
func (s *signOff) about() review.CampaignID { return s.c }

func (s *signOff) close() {
	s.facts.stop()
	s.signing.close()
}

type signOffFacts struct {
	o       review.Overview
	quality []review.Quality
}

func (s *signOff) load() tea.Cmd {
	facts := act(s.a, func(ctx context.Context) (signOffFacts, error) {
		o, err := s.a.desk.Overview(ctx)
		if err != nil {
			return signOffFacts{}, err
		}
		q, err := s.a.desk.Quality(ctx, s.c)
		return signOffFacts{o, q}, err
	}, func(f signOffFacts, err error) tea.Cmd {
		s.loaded, s.err = true, err
		for _, c := range f.o.Campaigns {
			if c.Name == s.c {
				s.campaign = c
			}
		}
		s.quality = review.QualityFor(f.quality, s.a.me, s.campaign.Owner)
		s.role = s.roleOf()
		s.a.opened = s.a.now()
		return nil
	})
	return tea.Batch(facts, s.signing.loadKeys())
}

// roleOf is reviewer as long as the person has a share to sign off, else manager for the owner.
func (s *signOff) roleOf() review.Role {
	for _, r := range s.campaign.Reviewers {
		if r.Principal == s.a.me && r.Items > 0 && r.SignedOff.IsZero() {
			return review.Reviewer
		}
	}
	if s.campaign.Owner == s.a.me {
		return review.Manager
	}
	return review.Reviewer
}

// share is what the sign-off would count.
func (s *signOff) share() review.ReviewerCount {
	c := s.campaign
	if s.role == review.Reviewer {
		for _, r := range c.Reviewers {
			if r.Principal == s.a.me {
				return r
			}
		}
	}
	return review.ReviewerCount{Items: c.Items, Decided: c.Decided, Staged: c.Staged, Signed: c.Signed, SignedOff: c.SignedOff}
}

func (s *signOff) why() string {
	if w := s.signing.why(); w != "" {
		return w
	}
	switch sh := s.share(); {
	case !s.loaded || s.err != nil:
		return "one moment, the counts are on their way"
	case sh.Staged > 0:
		return fmt.Sprintf("%s staged and unsigned; sign them first", count(sh.Staged, "verdict"))
	case !sh.SignedOff.IsZero():
		return "this is signed off already"
	}
	return ""
}

func (s *signOff) commands() []command {
	if s.signing.busy() {
		return s.signing.waiting()
	}
	scroll := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			s.top = min(max(s.top+n, 0), max(s.drawn-s.body, 0))
			return nil
		}
	}
	cs := []command{{action: "down", do: scroll(1)}, {action: "up", do: scroll(-1)}}
	if s.signing.state == signDone {
		return append(cs, s.a.copyCommand(s.signing.receiptText))
	}
	return append(cs, command{action: "confirm", words: "sign off", why: s.why(), do: func() tea.Cmd {
		if s.a.now().Sub(s.a.opened) < grace {
			s.a.warn("this had only just come up; read it, then press the key again")
			return nil
		}
		return s.signing.start("the sign-off", func(ctx context.Context, pass []byte) ([]review.Receipt, error) {
			return s.a.desk.SignOff(ctx, s.c, s.role, pass)
		}, nil)
	}})
}

func (s *signOff) title() []seg { return []seg{say(plain, "finish "+string(s.c))} }

func (s *signOff) aside(int) []seg { return nil }

func (s *signOff) hint() []seg {
	if s.signing.state == signDone {
		return []seg{say(good, "signed off: you are done"), s.a.look.between(), sayf(plain, ":home shows what is left for others")}
	}
	if s.signing.state == signIdle && s.why() == "" {
		return []seg{say(bold, s.a.confirmKey("sign-off")), say(plain, " signs this. Nothing is signed before.")}
	}
	return nil
}

func (s *signOff) view(w, h int) string {
	l := s.a.look
	b := l.column(w)
	switch {
	case s.signing.state == signDone:
		s.signing.receiptLines(b)
	case s.err != nil:
		b.blank()
		message, hint := explain(s.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
	case !s.loaded:
		b.blank()
		b.text(faint, 2, 2, "Counting"+l.glyph.ellipsis)
	default:
		s.page(b)
	}
	s.drawn, s.body = len(b.lines), h
	return b.window(s.top, h)
}

func (s *signOff) page(b *block) {
	c, sh := s.campaign, s.share()
	open := sh.Items - sh.Decided
	b.section("What you would sign")
	b.fact("campaign", say(bold, c.Title), say(faint, "  "+string(c.Name)))
	b.fact("as", say(plain, string(s.role)), say(plain, ": "+quoted(s.meaning())))
	b.fact("counts", sayf(plain, "%s, %s decided, ", count(sh.Items, "item"), number(sh.Decided)), openSeg(open))
	if open > 0 {
		b.text(careful, 1, 3, fmt.Sprintf("%s %s left open. The policy for them is %s, and the record will name them.", s.a.look.warning(), count(open, "item"), review.InWords(string(c.NoAnswer))))
	}
	if s.role == review.Manager {
		b.text(plain, 1, 1, closedForGood)
	}
	if why := s.why(); why != "" {
		b.text(bad, 1, 3, s.a.look.warning()+" "+why)
	}
	b.section("How it was done")
	for _, q := range s.quality {
		b.text(plain, 1, 3, qualityWords(q))
		for _, n := range q.Signals {
			b.text(careful, 3, 5, s.a.look.warning()+" "+n.Text)
		}
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

// meaning is what the sign-off states.
func (s *signOff) meaning() string {
	if s.role == review.Manager {
		return "I accept this campaign as complete as counted here."
	}
	return "I have decided my items as counted here."
}

const closedForGood = "After this no verdict of the campaign can be given or changed. Exceptions and revokes go on."

// qualityWords says how a person's review went.
func qualityWords(q review.Quality) string {
	return fmt.Sprintf("%s: %s answered, %s kept, %s in bulk, %s opened one by one, %.0f s an item", q.Principal, number(q.Decided),
		percent(q.Keeps, q.Decided), percent(q.Bulk, q.Decided), percent(q.Opened, q.Decided), q.PerItem)
}

func openSeg(n int64) seg {
	if n == 0 {
		return say(good, "none open")
	}
	return say(careful, number(n)+" open")
}
