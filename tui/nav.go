package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// open puts a screen on top, inside Update: the next key is for it.
func (a *app) open(s screen) tea.Cmd {
	a.screens = append(a.screens, s)
	return s.load()
}

// replace swaps the screen on top.
func (a *app) replace(s screen) tea.Cmd {
	a.top().close()
	a.screens[len(a.screens)-1] = s
	return s.load()
}

// back leaves the screen on top for the one below it, which reads its lines again.
func (a *app) back() tea.Cmd {
	if len(a.screens) == 1 {
		return nil
	}
	a.top().close()
	a.screens = a.screens[:len(a.screens)-1]
	return a.top().load()
}

func (a *app) quitKey() tea.Cmd {
	if len(a.screens) > 1 {
		return a.back()
	}
	return a.leave()
}

// leave goes at once when nothing is staged, and asks otherwise.
func (a *app) leave() tea.Cmd {
	if a.readOnly() != "" {
		return tea.Quit
	}
	return act(a, a.desk.Staged, func(bundles []review.StagedBundle, err error) tea.Cmd {
		n := 0
		for _, b := range bundles {
			n += b.Records
		}
		if err != nil || n == 0 {
			return a.quit()
		}
		a.openPanel(newQuestion(a, question{
			title: "Leave with " + count(int64(n), "staged act") + " unsigned?",
			about: []string{"They stay staged and wait for you: nothing is lost. But nothing counts until it is signed."},
			yes:   a.confirmKey("quit"), yesWords: "leave", then: a.quit,
			more: []choice{{key: a.keys.key("sign"), words: "see and sign them", then: func() tea.Cmd { return a.open(newConfirm(a)) }}},
		}))
		return nil
	})
}

// quit leaves once every act that was begun has been done.
func (a *app) quit() tea.Cmd {
	a.leaving = true
	if a.acts.running {
		return nil
	}
	return tea.Quit
}

// place is a screen that the palette can open by name.
type place struct {
	name, words string
	open        func(a *app) screen // nil: the screen needs something to be chosen first
}

// places are the screens by name, in the order Help shows them.
func places() []place {
	return []place{
		{"home", "what is due, and what waits for you", nil},
		{"walk", "one identity after another, with its items", nil},
		{"list", "items in a table: filter, sort, group, mark", nil},
		{"item", "everything known of one item", nil},
		{"confirm", "what a signature would cover", func(a *app) screen { return newConfirm(a) }},
		{"exceptions", "access that stays against a rule, until when", func(a *app) screen { return newExceptions(a) }},
		{"remediation", "revokes, until the access is really gone", func(a *app) screen { return newRemediation(a) }},
		{"outcomes", "what became of revokes and exceptions", func(a *app) screen { return newOutcomes(a) }},
		{"findings", "what rules found, and in how many items", nil},
		{"imports", "what was read, from where, what was rejected", func(a *app) screen { return newImports(a) }},
		{"campaigns", "drafts, launches, progress, sign-off", func(a *app) screen { return newCampaigns(a) }},
		{"controls", "which control each campaign is evidence for", func(a *app) screen { return newControls(a) }},
		{"coverage", "which source was reviewed for which period", func(a *app) screen { return newCoverage(a) }},
		{"ledger", "every entry, newest first", func(a *app) screen { return newLedger(a) }},
		{"help", "keys and signs", func(a *app) screen { return newHelp(a) }},
	}
}

func screenNames() []string {
	var names []string
	for _, p := range places() {
		names = append(names, p.name)
	}
	return names
}

// goTo opens a screen by its name, at once: the next key is for it. A screen about a campaign takes the one in hand, else
// c, else it finds the most pressing one by itself.
func (a *app) goTo(name string, c review.CampaignID) tea.Cmd {
	if inHand := a.campaign(); inHand != "" {
		c = inHand
	}
	item := a.itemInHand()
	a.drop(name)
	switch name {
	case "home":
		for len(a.screens) > 1 {
			a.top().close()
			a.screens = a.screens[:len(a.screens)-1]
		}
		return a.top().load()
	case "walk":
		return a.open(newWalk(a, c))
	case "list":
		l := newList(a, a.query(c))
		l.prime = true
		return a.open(l)
	case "findings":
		return a.open(newFindings(a, c))
	case "item":
		return a.open(newItem(a, item, c))
	}
	for _, p := range places() {
		if p.name == name && p.open != nil {
			return a.open(p.open(a))
		}
	}
	return nil
}

// drop closes a screen of this name that is open somewhere below: going to it by name opens it afresh, and going back and
// forth does not pile screens up.
func (a *app) drop(name string) {
	for i := len(a.screens) - 1; i > 0; i-- {
		if a.screens[i].name() == name {
			a.screens[i].close()
			a.screens = slices.Delete(a.screens, i, i+1)
		}
	}
}

// openCampaign begins with the first identity that waits for this person; without items of their own, with the first. Where
// nothing can be decided it shows the population.
func (a *app) openCampaign(c review.CampaignID) tea.Cmd {
	if a.o.ReadOnly != "" {
		return a.open(newList(a, a.query(c)))
	}
	return a.open(newWalk(a, c))
}

// query is all items of a campaign that are the person's to decide.
func (a *app) query(c review.CampaignID) review.Query {
	return review.Query{Campaign: c, Asker: a.me}
}

// campaign is the campaign under the cursor, else that of the nearest open screen that is about one. The cursor of a list
// that is not on top says nothing of what the person wants.
func (a *app) campaign() review.CampaignID {
	if s, ok := a.top().(interface{ underCursor() review.CampaignID }); ok {
		if c := s.underCursor(); c != "" {
			return c
		}
	}
	for i := len(a.screens) - 1; i >= 0; i-- {
		if s, ok := a.screens[i].(interface{ about() review.CampaignID }); ok {
			if c := s.about(); c != "" {
				return c
			}
		}
	}
	return ""
}

// resolve finds the campaign a screen is about when it was opened without one.
func (a *app) resolve(s *slot, c review.CampaignID, then func(review.CampaignID) tea.Cmd) tea.Cmd {
	if c != "" {
		return then(c)
	}
	return ask(a, s, a.desk.Overview, func(o review.Overview, err error) tea.Cmd {
		if err != nil {
			a.fail(err)
			return nil
		}
		c, ok := pressing(o.Campaigns, a.me)
		if !ok {
			a.warn("there is no campaign yet; the screen campaigns drafts one")
			return nil
		}
		return then(c.Name)
	})
}

// pressing finds the running campaign with the earliest due day in which the person has something open, else any.
func pressing(cs []review.Campaign, me review.Principal) (review.Campaign, bool) {
	best, mine := -1, false
	for i, c := range cs {
		open := false
		for _, r := range c.Reviewers {
			open = open || r.Principal == me && r.Decided < r.Items
		}
		running := c.State == review.ActiveState || c.State == review.Closing
		open = open && running
		switch {
		case best < 0, open && !mine,
			open == mine && running && (!isRunning(cs[best]) || c.Due.Before(cs[best].Due)):
			best, mine = i, open
		}
	}
	if best < 0 {
		return review.Campaign{}, false
	}
	return cs[best], true
}

func isRunning(c review.Campaign) bool {
	return c.State == review.ActiveState || c.State == review.Closing
}

// itemInHand is the item under the cursor of the nearest screen that has one, or none.
func (a *app) itemInHand() review.ItemID {
	for i := len(a.screens) - 1; i >= 0; i-- {
		if s, ok := a.screens[i].(interface {
			inHand() (review.ItemID, bool)
		}); ok {
			if id, ok := s.inHand(); ok {
				return id
			}
		}
	}
	return ""
}
