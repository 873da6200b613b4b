package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// list is a table of items: filtered, sorted, grouped, marked, decided in bulk.
type list struct {
	a     *app
	q     review.Query
	base  string // the filter this list was opened with; esc goes back to it
	g     *grid.Grid
	by    string // the column items are grouped by; empty: items themselves
	group groups
	begin bool // ask for a filter as soon as it opens
	prime bool // begin with this person's own items, if there are any
	known bool // preferences have been read
	err   error
	saved map[string]string // filters by name
	past  []string

	campaigns, prefs slot
}

func newList(a *app, q review.Query) *list {
	return &list{a: a, q: q, base: q.Filter}
}

// newListFiltering opens a list with its filter being asked for.
func newListFiltering(a *app, q review.Query) *list {
	s := newList(a, q)
	s.begin = true
	return s
}

func (s *list) name() string             { return "list" }
func (s *list) about() review.CampaignID { return s.q.Campaign }

func (s *list) inHand() (review.ItemID, bool) {
	if s.by != "" {
		return "", false
	}
	it, ok := currentItem(s.g)
	return it.ID, ok
}

func (s *list) close() {
	s.campaigns.stop()
	s.prefs.stop()
	s.group.slot.stop()
	for _, g := range []*grid.Grid{s.g, s.group.g} {
		if g != nil {
			g.Close()
		}
	}
}

func (s *list) load() tea.Cmd {
	if s.g == nil {
		s.g = s.a.itemGrid(s.q)
	}
	if s.begin {
		s.begin = false
		s.askFilter()
	}
	return s.a.resolve(&s.campaigns, s.q.Campaign, func(c review.CampaignID) tea.Cmd {
		s.q.Campaign = c
		var prefs tea.Cmd
		if !s.known {
			s.known = true
			prefs = s.preferences()
		}
		if s.prime {
			s.prime = false
			return tea.Batch(s.own(), prefs)
		}
		return tea.Batch(s.reload(), prefs)
	})
}

// own narrows the list to this person's items if there are any.
func (s *list) own() tea.Cmd {
	q := s.q
	q.Reviewer = s.a.me
	return ask(s.a, &s.campaigns, func(ctx context.Context) (int64, error) { return s.a.desk.Count(ctx, q) }, func(n int64, err error) tea.Cmd {
		if err == nil && n > 0 {
			s.q = q
		}
		return s.reload()
	})
}

// everybodys goes from one's own items to everybody's and back.
func (s *list) everybodys() tea.Cmd {
	if s.q.Reviewer == "" {
		s.q.Reviewer = s.a.me
	} else {
		s.q.Reviewer = ""
	}
	s.g.ClearMarks()
	return s.show()
}

// reload reads the lines on the screen again.
func (s *list) reload() tea.Cmd {
	if s.by != "" {
		return s.loadGroups()
	}
	return s.g.SetSource(s.a.itemSource(s.q))
}

// show reads the lines this person has asked for: another filter, another grouping.
func (s *list) show() tea.Cmd {
	if s.by != "" {
		return s.loadGroups()
	}
	return s.g.Show(s.a.itemSource(s.q))
}

func (s *list) changed([]review.ItemID) tea.Cmd {
	if s.q.Campaign == "" {
		return nil
	}
	return s.reload()
}

func (s *list) displaced() bool {
	if s.by != "" || s.g == nil || s.g.Marked() != 0 || !s.g.Displaced() {
		return false
	}
	s.g.Acknowledge()
	return true
}

func (s *list) target() (target, string) {
	if s.g == nil || s.by != "" {
		return target{}, "open a group first"
	}
	if s.g.Collecting() {
		return target{}, "one moment, the range is being gathered"
	}
	if s.g.Ranging() {
		return target{}, fmt.Sprintf("end the range with %s first", s.a.keys.key("range"))
	}
	if s.g.Marked() != 0 {
		sel := s.g.Selection()
		t := target{q: s.q, all: sel.All, count: sel.Len(s.g.Total())}
		for _, id := range sel.IDs {
			t.ids = append(t.ids, review.ItemID(id))
		}
		return t, ""
	}
	it, ok := currentItem(s.g)
	if !ok {
		return target{}, "there is no item under the cursor"
	}
	return target{q: s.q, ids: []review.ItemID{it.ID}, item: it, single: true, count: 1}, it.Blocked
}

func (s *list) whole() (review.Query, bool) { return s.q, s.g != nil && s.by == "" }

func (s *list) settleTarget(t target, d review.Draft) tea.Cmd {
	if !t.single {
		s.g.ClearMarks()
		return nil
	}
	s.a.overlay(t.item.ID, d)
	s.a.patch(s.g, t.item.ID, d)
	return s.g.Move(1)
}

func (s *list) goBackTo(id review.ItemID) tea.Cmd {
	if s.by != "" || s.g == nil {
		return nil
	}
	return s.g.ToID(string(id))
}

func (s *list) commands() []command {
	if s.g == nil {
		return nil
	}
	back := s.backCommand()
	filter := command{action: "filter", do: func() tea.Cmd { s.askFilter(); return nil }}
	group := command{action: "group", do: s.nextGrouping}
	whose := command{action: "pane", words: "everybody's", do: s.everybodys}
	if s.q.Reviewer == "" {
		whose.words = "only yours"
	}
	if s.by != "" {
		cs := append(back, filter, group, whose, command{action: "open", words: "its items", do: s.openGroup})
		return append(cs, moves(s.group.g)...)
	}
	cs := append(back, s.a.decidingCommands(s)...)
	cs = append(cs, filter, group, whose,
		command{action: "open", words: "all facts", footer: 7, do: func() tea.Cmd {
			it, ok := currentItem(s.g)
			if !ok {
				return nil
			}
			return s.a.open(newItem(s.a, it.ID, it.Campaign))
		}},
		command{action: "next-undecided", do: func() tea.Cmd {
			it, ok := currentItem(s.g)
			if !ok {
				return nil
			}
			return act(s.a, func(ctx context.Context) (review.ItemID, error) { return s.a.desk.NextUndecided(ctx, s.q, it.ID) },
				func(id review.ItemID, err error) tea.Cmd {
					switch {
					case err != nil:
						s.a.fail(err)
					case id == "":
						s.a.tell("nothing in this list is undecided")
					default:
						return s.g.ToID(string(id))
					}
					return nil
				})
		}},
		s.a.copyCommand(func() string {
			it, ok := currentItem(s.g)
			if !ok {
				return ""
			}
			return strings.Join([]string{it.Identity, it.System, it.Account, it.Entitlement, it.Resource}, " ")
		}),
		s.a.linkCommand(func() (review.Item, bool) { return currentItem(s.g) }), s.keepCommand(s.a.sortCommand(s.g)), s.keepCommand(s.a.columnsCommand(s.g)))
	cs = append(cs, moves(s.g)...)
	return append(cs, marking(s.g)...)
}

// backCommand takes away marks, then the group, then the filter, before esc leaves the screen.
func (s *list) backCommand() []command {
	var do func() tea.Cmd
	switch {
	case s.by == "" && (s.g.Marked() != 0 || s.g.Ranging()):
		do = func() tea.Cmd { s.g.ClearMarks(); return nil }
	case s.by != "":
		do = func() tea.Cmd { s.by = ""; return s.show() }
	case s.q.Filter != s.base:
		do = func() tea.Cmd {
			s.a.tell("filter taken away")
			return s.apply(s.base)
		}
	default:
		return nil
	}
	return []command{{action: "back", do: do}}
}

func (s *list) title() []seg {
	words := string(s.q.Campaign)
	switch {
	case s.q.Reviewer == s.a.me && s.a.me != "":
		words += ", your items"
	case s.q.Reviewer != "":
		words += ", items of " + string(s.q.Reviewer)
	}
	if s.by != "" {
		words += " by " + s.by
	}
	if s.q.Identity != "" {
		words += ", " + s.q.Identity
	}
	return []seg{say(plain, words)}
}

// aside is the total, and where the cursor is in it.
func (s *list) aside(int) []seg {
	if s.g == nil {
		return nil
	}
	if s.by != "" {
		if n := s.group.g.Total(); n >= 0 {
			return []seg{say(plain, count(n, "group"))}
		}
		return nil
	}
	n := s.g.Total()
	if n < 0 {
		return []seg{say(faint, "counting"+s.a.look.glyph.ellipsis)}
	}
	words := count(n, "item")
	if s.q.Filter != "" {
		words += " matching"
	}
	if rank := s.g.Rank(); rank > 0 && n > 0 {
		words = fmt.Sprintf("%s of %s", number(rank), words)
	}
	return []seg{say(plain, words)}
}

func (s *list) hint() []seg {
	if s.g == nil || s.by != "" {
		return nil
	}
	switch n := s.g.Marked(); {
	case s.g.Collecting():
		return []seg{say(accent, "gathering the range"+s.a.look.glyph.ellipsis)}
	case s.g.Ranging():
		return []seg{sayf(accent, "range begun: move, then %s ends it", s.a.keys.key("range"))}
	case n < 0:
		return s.a.markedWords("all " + count(s.g.Total(), "item"))
	case n > 0:
		return s.a.markedWords(count(int64(n), "item"))
	}
	if s.q.Filter != s.base {
		return []seg{say(faint, s.a.keys.key("back")+" takes the filter away"), s.a.look.between(), say(faint, s.a.keys.key("palette")+"save NAME saves it")}
	}
	return nil
}

func (s *list) view(w, h int) string {
	l := s.a.look
	if s.g == nil {
		b := l.block(w)
		return b.view(h)
	}
	head := ""
	if s.q.Filter != "" && h > 4 {
		head = l.line(w, say(faint, " filter "), say(accent, s.q.Filter))
		h--
	}
	if s.by != "" {
		return stack(head, s.a.gridView(s.group.g, w, h, "No groups."))
	}
	empty := "No items."
	if s.q.Filter != "" {
		empty = "Nothing matches the filter."
	}
	return stack(head, s.a.gridView(s.g, w, h, empty))
}

func (s *list) click(_, y int) tea.Cmd {
	if s.q.Filter != "" {
		y--
	}
	if s.by != "" {
		return s.group.g.Click(y)
	}
	return s.g.Click(y)
}

func (s *list) wheel(n int) tea.Cmd {
	if s.by != "" {
		return s.group.g.Move(n)
	}
	return s.g.Move(n)
}

// markedWords says what is marked, and what a verdict would now be about.
func (a *app) markedWords(what string) []seg {
	return []seg{say(accent, what+" marked"), say(faint, ": a verdict is now about them"), a.look.between(), say(accent, a.keys.key("back")), say(faint, " unmarks")}
}
