package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// walk goes from one identity to the next: its card, its items, the facts of the item under the cursor. After a verdict
// the next undecided item comes by itself.
type walk struct {
	a *app
	q review.Query
	c review.CampaignID

	campaign review.Campaign
	share    review.ReviewerCount // of this person, or of the whole campaign
	mine     bool
	counted  bool

	card   review.Card
	have   bool
	g      *grid.Grid
	want   review.ItemID // the item to begin at
	toOpen bool          // begin at the first item that nobody has decided, where there is one
	moving bool          // on the way to another identity: no item is under the cursor
	err    error
	finish bool // nothing is left
	detail *review.Detail
	near   map[review.ItemID]*review.Detail // of items of this identity: moving back and forth asks once
	beside map[int]*stop                    // the identities a step on and a step back, where they have been read ahead
	owed   int                              // a step asked for while another was under way
	scouts int                              // the step that is being read ahead; 0: none
	facing bool                             // the facts were drawn when the screen was last drawn
	faced  review.ItemID                    // whose they were
	pace   pace

	counts, cards, details, ahead, around slot
}

func newWalk(a *app, c review.CampaignID) *walk { return &walk{a: a, c: c} }

func (s *walk) name() string             { return "walk" }
func (s *walk) about() review.CampaignID { return s.c }

func (s *walk) inHand() (review.ItemID, bool) {
	it, ok := currentItem(s.g)
	return it.ID, ok
}

func (s *walk) close() {
	s.counts.stop()
	s.cards.stop()
	s.details.stop()
	s.ahead.stop()
	s.around.stop()
	if s.g != nil {
		s.g.Close()
	}
}

func (s *walk) load() tea.Cmd {
	s.forgetBeside(nil)
	return tea.Batch(s.reload(), s.a.resolve(&s.counts, s.c, func(c review.CampaignID) tea.Cmd {
		s.c = c
		return s.count()
	}))
}

// count reads how far the campaign is; the first time, whose items these are follows from it.
func (s *walk) count() tea.Cmd {
	return ask(s.a, &s.counts, s.a.desk.Overview, func(o review.Overview, err error) tea.Cmd {
		if err != nil {
			s.err = err
			return nil
		}
		found := false
		for _, c := range o.Campaigns {
			if c.Name == s.c {
				s.campaign, found = c, true
			}
		}
		if !found {
			s.err = review.Errorf(review.KindNotFound, "there is no campaign %s", review.Quote(string(s.c))).
				WithHint("The screen campaigns lists those there are.")
			return nil
		}
		s.share = review.ReviewerCount{Items: s.campaign.Items, Decided: s.campaign.Decided, Staged: s.campaign.Staged, Signed: s.campaign.Signed}
		for _, r := range s.campaign.Reviewers {
			if r.Principal == s.a.me && r.Items > 0 {
				s.share, s.mine = r, true
			}
		}
		if s.counted {
			return nil
		}
		s.counted = true
		s.q = review.Query{Campaign: s.c, Asker: s.a.me}
		if s.mine {
			s.q.Reviewer = s.a.me
		}
		switch {
		case s.want != "":
			return s.goTo(s.want)
		case s.toOpen:
			s.leaveIdentity()
			return ask(s.a, &s.cards, s.openAfter(""), func(f openStop, err error) tea.Cmd {
				if err == nil && f.id == "" {
					return s.toIdentity("", 0, "")
				}
				return s.arrive(f.stop, f.id, err)
			})
		}
		return s.toIdentity("", 0, "")
	})
}

// reload reads the identity and its lines again.
func (s *walk) reload() tea.Cmd {
	if !s.have || s.moving {
		return nil
	}
	key := s.card.Key
	s.near = nil
	s.ahead.stop()
	return tea.Batch(s.g.Reload(), ask(s.a, &s.cards, func(ctx context.Context) (review.Card, error) {
		return s.a.desk.Card(ctx, s.q, key, 0)
	}, func(c review.Card, err error) tea.Cmd {
		if err == nil && c.Key == key {
			s.card = c
		}
		return nil
	}))
}

// toIdentity goes step identities on from the one with this key, and there to an item.
func (s *walk) toIdentity(key string, step int, want review.ItemID) tea.Cmd {
	s.leaveIdentity()
	read := s.reader()
	return ask(s.a, &s.cards, func(ctx context.Context) (stop, error) { return read(ctx, key, step) },
		func(st stop, err error) tea.Cmd { return s.arrive(st, want, err) })
}

func (s *walk) leaveIdentity() {
	s.moving = true
	s.details.stop()
	s.ahead.stop()
	s.around.stop()
	s.scouts = 0
}

// onTheWay is said to keys that come before the items do.
const onTheWay = "one moment, the items are on their way"

// arrive shows an identity: at once what has been read of it, and the rest as it comes.
func (s *walk) arrive(st stop, want review.ItemID, err error) tea.Cmd {
	s.arrived()
	owed := s.owed
	s.owed = 0
	if err != nil {
		s.err = err
		return nil
	}
	cmd := s.show(st, want)
	if owed != 0 {
		return tea.Batch(cmd, s.step(owed))
	}
	return cmd
}

func (s *walk) show(st stop, want review.ItemID) tea.Cmd {
	s.err = nil
	if s.have && s.card.Key == st.card.Key && s.g != nil {
		s.card = st.card
		if want != "" {
			return s.g.ToID(string(want))
		}
		return s.g.Reload()
	}
	if s.g != nil {
		s.g.Close()
	}
	s.card, s.have = st.card, true
	s.detail, s.near, s.beside = nil, nil, nil
	if st.detail != nil {
		s.keep(st.detail)
	}
	q := s.q
	q.Identity = s.card.Key
	s.g = s.a.itemGrid(q)
	s.g.SetLayout(grid.Layout{Columns: []string{"verdict", "entitlement", "resource", "system", "privilege", "last-used", "severity", "change", "granted", "previous"}})
	s.g.OnCursor(s.onCursor)
	at := st.line(want)
	if at < 0 { // further down than the first lines
		return s.g.StartAt(string(want))
	}
	return s.g.Begin(st.page, at)
}

// arrived ends the way to another identity, and with it the note that there is one.
func (s *walk) arrived() {
	s.moving = false
	if strings.HasSuffix(s.a.note.text, onTheWay) {
		s.a.note = note{}
	}
}

// onCursor asks for the facts of the item under the cursor.
func (s *walk) onCursor() tea.Cmd {
	it, ok := currentItem(s.g)
	if !ok {
		s.detail = nil
		return nil
	}
	if s.detail != nil && s.detail.ID != it.ID {
		s.detail = nil
	}
	if d := s.near[it.ID]; d != nil {
		s.details.stop()
		s.detail = d
		return s.lookAhead()
	}
	return ask(s.a, &s.details, func(ctx context.Context) (review.Detail, error) { return s.a.desk.Detail(ctx, it.ID) },
		func(d review.Detail, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			s.detail = &d
			s.keep(&d)
			return s.lookAhead()
		})
}

// goTo finds the identity of an item and goes to both.
func (s *walk) goTo(id review.ItemID) tea.Cmd {
	s.leaveIdentity()
	read := s.reader()
	return ask(s.a, &s.cards, func(ctx context.Context) (stop, error) {
		it, err := s.a.desk.Item(ctx, id)
		if err != nil {
			return stop{}, err
		}
		return read(ctx, it.Identity, 0)
	}, func(st stop, err error) tea.Cmd { return s.arrive(st, id, err) })
}

// goBackTo is where an undo leads: to the item whose verdict it took back.
func (s *walk) goBackTo(id review.ItemID) tea.Cmd {
	if s.g == nil {
		return nil
	}
	s.finish = false
	rows, _, _ := s.g.Rows()
	for _, r := range rows {
		if r.ID == string(id) {
			return s.g.ToID(string(id))
		}
	}
	return s.goTo(id)
}

// changed reads everything again after acts. The lines are asked for at once, so that an answer from before the act is
// dropped and cannot show the item open again.
func (s *walk) changed(ids []review.ItemID) tea.Cmd {
	if !s.counted {
		return nil
	}
	s.forgetBeside(ids)
	return tea.Batch(s.reload(), s.count(), s.redetail())
}

func (s *walk) redetail() tea.Cmd {
	if s.g == nil || s.moving {
		return nil
	}
	return s.onCursor()
}

func (s *walk) displaced() bool {
	if s.g == nil || !s.g.Displaced() {
		return false
	}
	s.g.Acknowledge()
	return true
}

func (s *walk) target() (target, string) {
	if s.moving || s.g == nil {
		return target{}, onTheWay
	}
	if n := s.g.Marked(); n != 0 {
		q := s.q
		q.Identity = s.card.Key
		sel := s.g.Selection()
		t := target{q: q, all: sel.All, count: sel.Len(s.g.Total())}
		for _, id := range sel.IDs {
			t.ids = append(t.ids, review.ItemID(id))
		}
		return t, ""
	}
	it, ok := currentItem(s.g)
	if !ok {
		return target{}, "there is no item under the cursor"
	}
	t := target{q: s.q, ids: []review.ItemID{it.ID}, item: it, single: true, count: 1, opened: s.facing && s.faced == it.ID}
	return t, it.Blocked
}

func (s *walk) whole() (review.Query, bool) {
	q := s.q
	q.Identity = s.card.Key
	return q, s.g != nil && !s.moving && s.card.Key != ""
}

// settleTarget shows the verdict, counts it, and goes on to the next undecided item.
func (s *walk) settleTarget(t target, d review.Draft) tea.Cmd {
	if !t.single {
		s.g.ClearMarks()
		return nil
	}
	s.pace.mark(s.a.now())
	if t.item.State == review.ItemOpen && d.Verdict != review.Abstain {
		s.card.Decided++
		s.share.Decided++
	}
	if t.item.State == review.ItemOpen {
		s.share.Staged++
	}
	s.a.overlay(t.item.ID, d)
	s.a.patch(s.g, t.item.ID, d)
	return s.toNext()
}

// openStop is an item that nobody has decided, and its identity.
type openStop struct {
	id review.ItemID
	stop
}

// openAfter finds the next item after one that nobody has decided; its id is empty where there is none.
func (s *walk) openAfter(after review.ItemID) func(context.Context) (openStop, error) {
	q, read := s.q, s.reader()
	return func(ctx context.Context) (openStop, error) {
		id, err := s.a.desk.NextUndecided(ctx, q, after)
		if err != nil || id == "" {
			return openStop{}, err
		}
		next, err := s.a.desk.Item(ctx, id)
		if err != nil {
			return openStop{}, err
		}
		st, err := read(ctx, next.Identity, 0)
		return openStop{id, st}, err
	}
}

// toNext goes to the next undecided item: of this identity if there is one, else wherever it is.
func (s *walk) toNext() tea.Cmd {
	if s.g == nil || s.moving {
		return nil
	}
	if id := undecidedAfter(s.g); id != "" {
		return s.g.ToID(id)
	}
	it, ok := currentItem(s.g)
	if !ok {
		return nil
	}
	// Through the queue: the store must know the verdict just given before it says what is left.
	s.moving = true
	return act(s.a, s.openAfter(it.ID), func(f openStop, err error) tea.Cmd {
		s.arrived()
		switch {
		case err != nil:
			s.a.fail(err)
			return nil
		case f.id == "":
			s.finish = true
			return nil
		}
		s.finish = false
		return s.arrive(f.stop, f.id, nil)
	})
}

func (s *walk) commands() []command {
	cs := s.a.decidingCommands(s)
	none := ""
	if s.g == nil {
		none = "there are no items"
	}
	step := func(n int) func() tea.Cmd {
		return func() tea.Cmd { return s.step(n) }
	}
	cs = append(cs,
		command{action: "next-undecided", why: none, do: func() tea.Cmd { return s.toNext() }},
		command{action: "next-identity", why: none, do: step(+1)},
		command{action: "previous-identity", why: none, do: step(-1)},
		command{action: "open", why: none, words: "all facts", footer: 7, do: func() tea.Cmd {
			it, ok := currentItem(s.g)
			if !ok {
				return nil
			}
			return s.a.open(newItem(s.a, it.ID, s.c))
		}},
		command{action: "filter", do: func() tea.Cmd { return s.a.open(newListFiltering(s.a, s.q)) }},
	)
	if s.g == nil {
		return cs
	}
	cs = append(cs, moves(s.g)...)
	cs = append(cs, marking(s.g)...)
	cs = append(cs, s.a.linkCommand(func() (review.Item, bool) { return currentItem(s.g) }))
	return append(cs, s.a.sortCommand(s.g), s.a.columnsCommand(s.g), s.a.copyCommand(func() string {
		it, ok := currentItem(s.g)
		if !ok {
			return ""
		}
		return strings.Join([]string{it.Identity, it.System, it.Account, it.Entitlement, it.Resource}, " ")
	}))
}
