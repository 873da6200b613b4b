package tui

import (
	"context"
	"fmt"
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
	want   review.ItemID // the item to go to once the identity's items are there
	placed bool
	moving bool // on the way to another identity: no item is under the cursor
	err    error
	finish bool // nothing is left
	detail *review.Detail
	facing bool // the facts were drawn when the screen was last drawn
	pace   pace

	counts, cards, details slot
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
	if s.g != nil {
		s.g.Close()
	}
}

func (s *walk) load() tea.Cmd {
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
		if s.want != "" {
			return s.goTo(s.want)
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
	return ask(s.a, &s.cards, func(ctx context.Context) (review.Card, error) {
		return s.a.desk.Card(ctx, s.q, key, step)
	}, func(c review.Card, err error) tea.Cmd { return s.arrive(c, want, err) })
}

func (s *walk) leaveIdentity() {
	s.moving = true
	s.details.stop()
}

func (s *walk) arrive(c review.Card, want review.ItemID, err error) tea.Cmd {
	s.moving = false
	if err != nil {
		s.err = err
		return nil
	}
	s.err = nil
	if s.have && s.card.Key == c.Key && s.g != nil {
		s.card = c
		if want != "" {
			return s.g.ToID(string(want))
		}
		return s.g.Reload()
	}
	if s.g != nil {
		s.g.Close()
	}
	s.card, s.have, s.want, s.placed = c, true, want, want != ""
	s.detail = nil
	q := s.q
	q.Identity = c.Key
	s.g = s.a.itemGrid(q)
	s.g.SetLayout(grid.Layout{Columns: []string{"verdict", "entitlement", "resource", "system", "privilege", "last-used", "severity", "change", "granted", "previous"}})
	s.g.OnCursor(s.onCursor)
	return s.g.StartAt(string(want))
}

// onCursor asks for the facts of the item under the cursor; the first time it goes to the first undecided one.
func (s *walk) onCursor() tea.Cmd {
	if !s.placed {
		s.placed = true
		rows, _, _ := s.g.Rows()
		for i, r := range rows {
			if it := r.Data.(review.Item); it.State == review.ItemOpen && it.Blocked == "" {
				if i > 0 {
					return s.g.Move(i)
				}
				break
			}
		}
	}
	it, ok := currentItem(s.g)
	if !ok {
		s.detail = nil
		return nil
	}
	if s.detail != nil && s.detail.ID != it.ID {
		s.detail = nil
	}
	return ask(s.a, &s.details, func(ctx context.Context) (review.Detail, error) { return s.a.desk.Detail(ctx, it.ID) },
		func(d review.Detail, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			s.detail = &d
			return nil
		})
}

// goTo finds the identity of an item and goes to both.
func (s *walk) goTo(id review.ItemID) tea.Cmd {
	s.leaveIdentity()
	return ask(s.a, &s.cards, func(ctx context.Context) (review.Card, error) {
		it, err := s.a.desk.Item(ctx, id)
		if err != nil {
			return review.Card{}, err
		}
		return s.a.desk.Card(ctx, s.q, it.Identity, 0)
	}, func(c review.Card, err error) tea.Cmd { return s.arrive(c, id, err) })
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
func (s *walk) changed([]review.ItemID) tea.Cmd {
	if !s.counted {
		return nil
	}
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
		return target{}, "one moment, the items are on their way"
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
	t := target{q: s.q, ids: []review.ItemID{it.ID}, item: it, single: true, count: 1, opened: s.facing && s.detail != nil && s.detail.ID == it.ID}
	return t, it.Blocked
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
	q := s.q
	type found struct {
		id   review.ItemID
		card review.Card
	}
	return act(s.a, func(ctx context.Context) (found, error) {
		id, err := s.a.desk.NextUndecided(ctx, q, it.ID)
		if err != nil || id == "" {
			return found{}, err
		}
		next, err := s.a.desk.Item(ctx, id)
		if err != nil {
			return found{}, err
		}
		card, err := s.a.desk.Card(ctx, q, next.Identity, 0)
		return found{id, card}, err
	}, func(f found, err error) tea.Cmd {
		s.moving = false
		switch {
		case err != nil:
			s.a.fail(err)
			return nil
		case f.id == "":
			s.finish = true
			return nil
		}
		s.finish = false
		return s.arrive(f.card, f.id, nil)
	})
}

func (s *walk) commands() []command {
	cs := s.a.decidingCommands(s)
	none := ""
	if s.g == nil {
		none = "there are no items"
	}
	step := func(n int) func() tea.Cmd {
		return func() tea.Cmd { return s.toIdentity(s.card.Key, n, "") }
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
	return append(cs, s.a.sortCommand(s.g), s.a.columnsCommand(s.g), s.a.copyCommand(func() string {
		it, ok := currentItem(s.g)
		if !ok {
			return ""
		}
		return strings.Join([]string{it.Identity, it.System, it.Account, it.Entitlement, it.Resource}, " ")
	}))
}

func (s *walk) title() []seg {
	if s.campaign.Title == "" {
		return []seg{say(plain, string(s.c))}
	}
	return []seg{say(plain, s.campaign.Title)}
}

// aside is how far the person is.
func (s *walk) aside(w int) []seg {
	if !s.counted {
		return nil
	}
	words := fmt.Sprintf("%s of %s decided", number(s.share.Decided), number(s.share.Items))
	if w < 100 {
		words = fmt.Sprintf("%s/%s", number(s.share.Decided), number(s.share.Items))
	}
	segs := []seg{say(plain, words)}
	if w >= 70 {
		segs = append(append(s.a.look.bar(min(w/8, 24), s.share.Decided, s.share.Items), say(plain, " ")), segs...)
	}
	return segs
}

// hint is what is left, and for how long.
func (s *walk) hint() []seg {
	if !s.counted {
		return []seg{say(faint, "reading"+s.a.look.glyph.ellipsis)}
	}
	l := s.a.look
	var segs []seg
	add := func(t tone, text string) {
		if len(segs) > 0 {
			segs = append(segs, say(faint, " "+l.glyph.dot+" "))
		}
		segs = append(segs, say(t, text))
	}
	left := s.share.Items - s.share.Decided
	switch {
	case left == 0 && s.share.Staged > 0:
		add(good, fmt.Sprintf("everything has a verdict; %s shows and signs them", s.a.keys.key("sign")))
	case left == 0:
		add(good, "everything is decided and signed")
	case s.finish:
		add(careful, fmt.Sprintf("%s left, none of them open to you", number(left)))
	default:
		add(plain, fmt.Sprintf("%s left", number(left)))
		if d, ok := s.pace.left(left); ok {
			add(plain, about(d)+" at this pace")
		}
	}
	if s.share.Staged > 0 {
		add(careful, fmt.Sprintf("%s staged, not signed", number(s.share.Staged)))
	}
	due := dueWords(s.campaign.Due, s.a.now())
	add(due.tone, due.text)
	return segs
}

func (s *walk) view(w, h int) string {
	l := s.a.look
	if s.err != nil || !s.have {
		return s.empty(w, h)
	}
	s.facing = !small(w, h)
	if small(w, h) {
		b := l.block(w)
		b.add(say(bold, " "+who(s.card.DisplayName, s.card.Key)), say(faint, fmt.Sprintf("  %d of %d", s.card.Position, s.card.Of)))
		return stack(b.view(1), s.a.gridView(s.g, w, h-1, "no items"))
	}
	if w >= 120 && h >= 16 {
		left := w * 58 / 100
		return l.beside(s.items(left, h), s.facts(w-left-1, h), h)
	}
	card := s.cardBlock(w, h < 18)
	gh := s.tableHeight(h, len(card.lines))
	fh := h - len(card.lines) - 1 - gh
	s.facing = fh >= leastFacts
	return stack(card.view(len(card.lines)), s.itemsRule(w), s.a.gridView(s.g, w, gh, "no items"), s.facts(w, fh))
}

// leastFacts is the height at which the facts of an item can be called shown: its name, use and access.
const leastFacts = 4

// tableHeight shares the lines between the items and the facts of one of them.
func (s *walk) tableHeight(h, card int) int {
	return int(min(s.card.Items, int64(max((h-card-2)*2/5, 3)))) + 1
}

// click puts the cursor on a line of the table, wherever the layout has it.
func (s *walk) click(x, y int) tea.Cmd {
	if s.g == nil {
		return nil
	}
	w, h := s.a.w, s.a.h-headerLines-2
	top := 1
	switch {
	case small(w, h):
	case w >= 120 && h >= 16:
		top = len(s.cardBlock(w*58/100, false).lines) + 1
		if x >= w*58/100 {
			return nil
		}
	default:
		top = len(s.cardBlock(w, h < 18).lines) + 1
		if y >= top+s.tableHeight(h, top-1) {
			return nil
		}
	}
	return s.g.Click(y - top)
}

func (s *walk) wheel(n int) tea.Cmd {
	if s.g == nil {
		return nil
	}
	return s.g.Move(n)
}

func (s *walk) items(w, h int) string {
	card := s.cardBlock(w, false)
	n := min(len(card.lines), h)
	return stack(card.view(n), s.itemsRule(w), s.a.gridView(s.g, w, h-n-1, "no items"))
}

func (s *walk) itemsRule(w int) string {
	title := count(s.card.Items, "item")
	right := []seg{say(faint, fmt.Sprintf("%s decided", number(s.card.Decided)))}
	switch n := s.g.Marked(); {
	case s.g.Ranging():
		right = []seg{say(accent, "range begun: v ends it")}
	case n < 0:
		right = []seg{say(accent, "all marked")}
	case n > 0:
		right = []seg{say(accent, count(int64(n), "line")+" marked")}
	}
	return s.a.look.rule(w, title, right...)
}

func (s *walk) empty(w, h int) string {
	b := s.a.look.block(w)
	b.blank()
	switch {
	case s.err != nil:
		message, hint := explain(s.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
	case s.c == "" && !s.counts.busy:
		b.text(plain, 2, 2, "There is no campaign to walk through.")
	default:
		b.text(faint, 2, 2, "Reading"+s.a.look.glyph.ellipsis)
	}
	return b.view(h)
}

// cardBlock is the identity in a few lines; short leaves out what the Item screen tells too.
func (s *walk) cardBlock(w int, short bool) *block {
	l, c, now := s.a.look, s.card, s.a.now()
	b := l.block(w)
	where := sayf(faint, "identity %s of %s ", number(c.Position), number(c.Of))
	b.split([]seg{say(bold, " "+who(c.DisplayName, c.Key)), say(faint, "  "+c.Key)}, []seg{where})

	facts := [][]seg{{say(plain, kindWords(c.Identity))}, s.standing()}
	if words := strings.Trim(c.Title+", "+c.Department, ", "); words != "" {
		facts = append(facts, []seg{say(plain, words)})
	}
	if c.Kind != review.Human {
		facts = append(facts, append([]seg{say(plain, "owner ")}, l.ownerWords(c.Identity)...))
	}
	if c.Manager != "" {
		facts = append(facts, []seg{say(plain, "manager "+c.Manager)})
	}
	most := 1
	if !short {
		most = 2
		facts = append(facts, []seg{sayf(plain, "%s in %s", count(c.Accounts, "account"), strings.Join(c.Systems, ", "))},
			[]seg{say(usedTone(c.LastSeen), "last seen "+stated(c.LastSeen, now))})
		if c.EarlierBy != "" && w >= 100 {
			facts = append(facts, []seg{say(faint, "last decided by "+c.EarlierBy)})
		}
	}
	b.joined(most, facts...)
	if len(c.Findings) > 0 {
		var segs []seg
		for _, f := range c.Findings {
			sg := severitySign(f.Severity)
			segs = append(segs, say(plain, " "), say(sg.tone, l.glyphOf(sg)+" "+f.Rule), say(plain, " "+f.Reason+" "))
		}
		b.add(segs...)
	}
	return b
}

// standing in the card: short words.
func (s *walk) standing() []seg {
	c := s.card
	switch c.HRStatus {
	case review.NotInPack:
		return []seg{say(faint, "as the pack says")}
	case "terminated":
		return []seg{say(bad, "has left ("+stated(c.Terminated, s.a.now())+")")}
	case "leave":
		return []seg{say(careful, "on leave")}
	case "active":
		return []seg{say(plain, "active")}
	}
	if c.Kind == review.Human {
		return []seg{say(careful, "not in the HR roster")}
	}
	return []seg{say(faint, "in no roster")}
}

func (s *walk) facts(w, h int) string {
	l := s.a.look
	b := l.block(w)
	b.section("Facts", say(faint, s.a.keys.key("open")+" all"))
	it, ok := currentItem(s.g)
	switch {
	case s.moving || !ok:
		b.add(say(faint, " reading"+l.glyph.ellipsis))
	case s.detail == nil || s.detail.ID != it.ID:
		b.add(say(bold, " "+entitlementWords(it)))
		b.add(say(faint, " reading"+l.glyph.ellipsis))
	default:
		d := *s.detail
		d.Item = it // what the line says now, staged verdict included
		b.raw(l.fitted(w, h-1, &d, s.a.now()).lines...)
	}
	if len(b.lines) > h && h > 1 {
		b.lines = append(b.lines[:h-1], l.line(w, sayf(faint, " %s more: %s", l.glyph.down, s.a.keys.key("open"))))
	}
	return b.view(h)
}
