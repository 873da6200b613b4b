package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
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

// groups are the values of a grouping column with their counts.
type groups struct {
	g    *grid.Grid
	slot slot
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

// Names of this person's settings.
const (
	settingLayout  = "list.layout"
	settingFilters = "list.filters"
)

// preferences reads the columns and filters this person has kept.
func (s *list) preferences() tea.Cmd {
	type kept struct{ layout, filters string }
	return ask(s.a, &s.prefs, func(ctx context.Context) (kept, error) {
		layout, err := s.a.desk.Setting(ctx, settingLayout)
		if err != nil {
			return kept{}, err
		}
		filters, err := s.a.desk.Setting(ctx, settingFilters)
		return kept{layout, filters}, err
	}, func(k kept, err error) tea.Cmd {
		if err != nil {
			return nil // the list works without
		}
		s.saved = map[string]string{}
		if k.filters != "" {
			_ = json.Unmarshal([]byte(k.filters), &s.saved) // a setting nobody can read is no setting
		}
		if l, ok := grid.ParseLayout(k.layout); ok {
			s.g.SetLayout(l)
			if len(l.Order) > 0 {
				return s.g.SetOrder(l.Order)
			}
		}
		return nil
	})
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
	whose := command{action: "pane", words: "everybody’s", do: s.everybodys}
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
		s.keepCommand(s.a.sortCommand(s.g)), s.keepCommand(s.a.columnsCommand(s.g)))
	cs = append(cs, moves(s.g)...)
	return append(cs, marking(s.g)...)
}

// keepCommand is a command whose panel changes the layout: it is kept when the panel closes.
func (s *list) keepCommand(c command) command {
	do := c.do
	c.do = func() tea.Cmd {
		cmd := do()
		if p, ok := s.a.panel.(*columnPanel); ok {
			p.done = s.keepLayout
		}
		return cmd
	}
	return c
}

func (s *list) keepLayout() tea.Cmd {
	layout := grid.FormatLayout(s.g.Layout())
	if s.a.readOnly() != "" {
		return nil
	}
	return act(s.a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.a.desk.SetSetting(ctx, settingLayout, layout)
	}, func(struct{}, error) tea.Cmd { return nil })
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

func (s *list) askFilter() {
	complete := func(text string) []string {
		if name, ok := strings.CutPrefix(text, "@"); ok {
			var out []string
			for n := range s.saved {
				if strings.HasPrefix(n, name) {
					out = append(out, "@"+n)
				}
			}
			slices.Sort(out)
			return out
		}
		return completeFilter(text)
	}
	parse := func(v string) (review.Filter, error) { return review.ParseFilter(s.expand(v)) }
	f := s.a.filterForm(s.q.Filter, parse, complete, s.past, func(v string) tea.Cmd {
		if v != "" {
			s.past = append(slices.DeleteFunc(s.past, func(p string) bool { return p == v }), v)
		}
		return s.apply(s.expand(v))
	})
	if len(s.saved) > 0 {
		f.fields[0].help += "; @name is a filter you kept"
	}
	s.a.openPanel(f)
}

// expand turns @name into the filter kept under it.
func (s *list) expand(v string) string {
	if name, ok := strings.CutPrefix(v, "@"); ok {
		if kept, ok := s.saved[name]; ok {
			return kept
		}
	}
	return v
}

func (s *list) apply(filter string) tea.Cmd {
	s.q.Filter = filter
	s.g.ClearMarks()
	if s.q.Campaign == "" {
		return nil
	}
	return s.show()
}

// keepFilter keeps the filter under a name, for this person.
func (s *list) keepFilter(name string) tea.Cmd {
	if s.saved == nil {
		s.saved = map[string]string{}
	}
	s.saved[name] = s.q.Filter
	text, err := json.Marshal(s.saved)
	if err != nil {
		s.a.fail(err)
		return nil
	}
	return act(s.a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.a.desk.SetSetting(ctx, settingFilters, string(text))
	}, func(_ struct{}, err error) tea.Cmd {
		if err != nil {
			s.a.fail(err)
		} else {
			s.a.tell("kept; type @" + name + " as the filter to have it again")
		}
		return nil
	})
}

// groupings are the columns items can be grouped by, in the order of the key.
func groupings() []string { return []string{"", "identity", "entitlement", "system", "finding"} }

func (s *list) nextGrouping() tea.Cmd {
	all := groupings()
	s.by = all[(slices.Index(all, s.by)+1)%len(all)]
	s.g.ClearMarks()
	return s.show()
}

func groupColumns(by string) []grid.Column {
	title := "Group"
	if by != "" {
		title = strings.ToUpper(by[:1]) + by[1:]
	}
	return []grid.Column{
		{Name: "key", Title: title, Min: 14, Max: 60, Grow: 1},
		{Name: "items", Title: "Items", Min: 5, Max: 9, Right: true},
		{Name: "decided", Title: "Decided", Min: 7, Max: 9, Right: true},
		{Name: "bar", Title: "", Min: 8, Max: 24, Rank: 1, NoSort: true},
		{Name: "severity", Title: "Worst finding", Min: 8, Max: 14, Rank: 2},
	}
}

func (s *list) loadGroups() tea.Cmd {
	by, q := s.by, s.q
	cols := groupColumns(by)
	if s.group.g != nil {
		s.group.g.Close()
	}
	s.group.g = grid.New(s.a.ctx, grid.NewSlice(nil, cols, nil), cols, s.a.look.table)
	return ask(s.a, &s.group.slot, func(ctx context.Context) ([]review.GroupCount, error) { return s.a.desk.Groups(ctx, q, by) },
		func(gs []review.GroupCount, err error) tea.Cmd {
			if err != nil {
				s.err = err
				s.a.fail(err)
				return nil
			}
			l := s.a.look
			rows := make([]grid.Row, len(gs))
			for i, g := range gs {
				label := g.Label
				if label == "" {
					label = orDash(g.Key)
				}
				sev := severitySign(g.Severity)
				worst := grid.Cell{}
				if g.Severity.Rank() > 0 {
					worst = l.cell(sev.tone, l.glyphOf(sev)+" "+sev.word)
				}
				bar := ""
				for _, part := range l.bar(12, g.Decided, g.Items) {
					bar += part.text
				}
				rows[i] = grid.Row{ID: g.Key, Data: g, Cells: []grid.Cell{l.cell(plain, label), l.cell(plain, number(g.Items)),
					l.cell(plain, number(g.Decided)), {Text: bar, Style: uint8(barDone)}, worst}}
			}
			return s.group.g.SetSource(grid.NewSlice(rows, cols, nil))
		})
}

// openGroup shows the items of the group under the cursor as a list of its own.
func (s *list) openGroup() tea.Cmd {
	r, ok := s.group.g.Current()
	if !ok {
		return nil
	}
	q := s.q
	key := r.Data.(review.GroupCount).Key
	if s.by == "identity" {
		q.Identity = key
	} else {
		q.Filter = strings.TrimSpace(q.Filter + " " + groupTerm(s.by, key))
	}
	return s.a.open(newList(s.a, q))
}

// groupTerm is the filter that one group of a column matches.
func groupTerm(by, key string) string {
	if key == "" {
		return by + ":none"
	}
	if by == "finding" {
		return "finding:" + key
	}
	t := review.Term{Field: by, Values: []review.Value{{Op: review.OpEqual, Parts: []string{key}}}}
	return t.String()
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
		return []seg{sayf(accent, "all %s marked", count(s.g.Total(), "item"))}
	case n > 0:
		return []seg{say(accent, count(int64(n), "item")+" marked")}
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
