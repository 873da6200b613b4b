package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// itemScreen is everything known of one item: facts, source row, history, every earlier decision.
type itemScreen struct {
	a       *app
	id      review.ItemID
	c       review.CampaignID
	d       *review.Detail
	err     error
	top     int
	drawn   int // lines there are, lines on the screen: as last drawn
	body    int
	details slot
}

// newItem opens an item; with no id, the first of the campaign.
func newItem(a *app, id review.ItemID, c review.CampaignID) *itemScreen {
	return &itemScreen{a: a, id: id, c: c}
}

func (s *itemScreen) name() string             { return "item" }
func (s *itemScreen) about() review.CampaignID { return s.c }
func (s *itemScreen) close()                   { s.details.stop() }

func (s *itemScreen) inHand() (review.ItemID, bool) { return s.id, s.id != "" }

func (s *itemScreen) load() tea.Cmd {
	if s.id == "" {
		return s.a.resolve(&s.details, s.c, s.first)
	}
	return ask(s.a, &s.details, func(ctx context.Context) (review.Detail, error) { return s.a.desk.Detail(ctx, s.id) },
		func(d review.Detail, err error) tea.Cmd {
			s.err = err
			if err == nil {
				s.d, s.c = &d, d.Campaign
			}
			return nil
		})
}

func (s *itemScreen) first(c review.CampaignID) tea.Cmd {
	q := s.a.query(c)
	return ask(s.a, &s.details, func(ctx context.Context) (review.Page, error) { return s.a.desk.Page(ctx, q, review.Anchor{}, 1) },
		func(p review.Page, err error) tea.Cmd {
			if s.err = err; err != nil {
				return nil
			}
			if len(p.Items) == 0 {
				s.err = review.Errorf(review.KindNotFound, "the campaign has no item")
				return nil
			}
			s.id = p.Items[0].ID
			return s.load()
		})
}

func (s *itemScreen) changed([]review.ItemID) tea.Cmd { return s.load() }
func (s *itemScreen) displaced() bool                 { return false }

func (s *itemScreen) target() (target, string) {
	if s.d == nil {
		return target{}, "one moment, the facts are on their way"
	}
	it := s.d.Item
	return target{q: s.a.query(s.c), ids: []review.ItemID{it.ID}, item: it, single: true, count: 1, opened: true}, it.Blocked
}

func (s *itemScreen) whole() (review.Query, bool) {
	if s.d == nil {
		return review.Query{}, false
	}
	q := s.a.query(s.c)
	q.Identity = s.d.Identity
	return q, true
}

func (s *itemScreen) settleTarget(t target, d review.Draft) tea.Cmd {
	if !t.single {
		return nil
	}
	s.d.Verdict, s.d.State, s.d.Reason, s.d.Until = d.Verdict, review.ItemStaged, d.Reason, d.Until
	s.d.Draft = &review.Staged{Item: t.item.ID, Draft: d, By: s.a.me, At: s.a.now()}
	s.a.overlay(t.item.ID, d)
	s.top = 0
	return nil
}

func (s *itemScreen) commands() []command {
	scroll := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			s.top = min(max(s.top+n, 0), max(s.drawn-s.body, 0))
			return nil
		}
	}
	return append(s.a.decidingCommands(s),
		command{action: "down", do: scroll(1)}, command{action: "up", do: scroll(-1)},
		command{action: "page-down", do: scroll(max(s.body/2, 1))}, command{action: "page-up", do: scroll(-max(s.body/2, 1))},
		command{action: "screen-down", do: scroll(max(s.body-1, 1))}, command{action: "screen-up", do: scroll(-max(s.body-1, 1))},
		command{action: "first", do: scroll(-1 << 20)}, command{action: "last", do: scroll(1 << 20)},
		s.a.copyCommand(func() string { return string(s.id) }),
		s.a.linkCommand(func() (review.Item, bool) {
			if s.d == nil {
				return review.Item{}, false
			}
			return s.d.Item, true
		}),
	)
}

func (s *itemScreen) title() []seg {
	if s.d == nil {
		return nil
	}
	return []seg{say(plain, itemWords(s.d.Item))}
}

func (s *itemScreen) aside(int) []seg { return nil }

func (s *itemScreen) hint() []seg {
	if s.d == nil {
		return nil
	}
	if s.drawn > s.body && s.body > 0 {
		return s.a.scrolled(s.top, s.body, s.drawn)
	}
	return nil
}

func (s *itemScreen) view(w, h int) string {
	l := s.a.look
	if s.d == nil {
		b := l.column(w)
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
	b := l.whole(w, s.d, s.a.now())
	s.drawn, s.body = len(b.lines), h
	s.top = min(s.top, max(s.drawn-h, 0))
	return b.window(s.top, h)
}
