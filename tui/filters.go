package tui

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

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
		return s.a.completeFilter(text)
	}
	parse := func(v string) (review.Filter, error) { return review.ParseFilter(s.expand(v)) }
	f := s.a.filterForm(s.q.Filter, "kind:service -verdict:keep last-used:>90d", parse, complete, s.past, func(v string) tea.Cmd {
		if v != "" {
			s.past = append(slices.DeleteFunc(s.past, func(p string) bool { return p == v }), v)
		}
		return s.apply(s.expand(v))
	})
	if len(s.saved) > 0 {
		f.fields[0].help = "@name is a filter you saved; " + f.fields[0].help
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

// saveFilter saves the filter under a name, for this person.
func (s *list) saveFilter(name string) tea.Cmd {
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
			s.a.tell("saved; type @" + name + " as the filter to have it again")
		}
		return nil
	})
}
