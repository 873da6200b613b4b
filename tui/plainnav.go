package tui

import (
	"context"
	"encoding/json"
	"strings"

	"tickmark/review"
)

// next shows the next item behind one: the next undecided, or any where what is decided is shown too. Undecided ones that
// are not this person's are named once and passed over.
func (p *plainMode) next(ctx context.Context, after review.ItemID) error {
	if p.decided {
		return p.nextOfAll(ctx, after)
	}
	for {
		id, err := p.desk.NextUndecided(ctx, p.q, after)
		if err != nil {
			return err
		}
		if id == "" || p.skipped[id] {
			p.item = nil
			what := "Nothing"
			if p.q.Filter != "" {
				what = "Nothing that matches " + review.Quote(p.q.Filter)
			}
			p.say("%s is left for you to decide. s signs what is staged, u takes the last act back, f finishes the campaign, q leaves.", what)
			return nil
		}
		if mine, err := p.arrive(ctx, id); err != nil || mine {
			return err
		}
		after = id
	}
}

// arrive shows an item, unless it is not this person's to decide: then it says so once.
func (p *plainMode) arrive(ctx context.Context, id review.ItemID) (bool, error) {
	d, err := p.desk.Detail(ctx, id)
	switch {
	case err != nil:
		return false, err
	case d.Blocked == "" || p.decided:
		p.item = &d
		p.show(&d)
		return true, nil
	}
	if !p.skipped[id] {
		p.say("Passed over: %s. Not yours to decide: %s.", itemWords(d.Item), d.Blocked)
	}
	p.skipped[id] = true
	return false, nil
}

func (p *plainMode) nextOfAll(ctx context.Context, after review.ItemID) error {
	page, err := p.desk.Page(ctx, p.q, review.Anchor{From: after}, 1)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		p.item = nil
		p.say("That was the last item. n begins again, o goes back to what is open, s signs what is staged, q leaves.")
		return nil
	}
	_, err = p.arrive(ctx, page.Items[0].ID)
	return err
}

// decidedToo switches between what this person has to decide and everything: decided items and those of others too.
func (p *plainMode) decidedToo(ctx context.Context) error {
	p.decided = !p.decided
	clear(p.skipped)
	if p.decided {
		p.q.Reviewer = ""
		p.say("Showing every item from the first, decided ones and those of others too; o again shows only what is open.")
	} else {
		p.q.Reviewer = p.mine
		p.say("Showing only what is open.")
	}
	return p.next(ctx, "")
}

// inHand is what p goes through as a query: what is open, or everything.
func (p *plainMode) inHand() review.Query {
	q := p.q
	if !p.decided {
		q.Filter = strings.TrimSpace(q.Filter + " state:open")
	}
	return q
}

// nextPerson goes on to the first item of the next identity, in the order of Walk.
func (p *plainMode) nextPerson(ctx context.Context) error {
	if p.item == nil {
		return p.next(ctx, "")
	}
	for key := p.item.Identity; ; {
		c, err := p.desk.Card(ctx, p.inHand(), key, +1)
		if err != nil {
			p.fail(err)
			return nil
		}
		if c.Key == key {
			p.say("Nobody comes after %s. n goes on with the next item.", who(c.DisplayName, c.Key))
			return nil
		}
		key = c.Key
		q := p.inHand()
		q.Identity = key
		page, err := p.desk.Page(ctx, q, review.Anchor{}, 1)
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			continue
		}
		if mine, err := p.arrive(ctx, page.Items[0].ID); err != nil || mine {
			return err
		}
	}
}

// filter narrows what is gone through; without text on the line of the answer it is taken from the next.
func (p *plainMode) filter(ctx context.Context, text string) error {
	if text == "" {
		var err error
		if text, err = p.read("Filter (such as kind:service or a word, an empty line for everything):"); err != nil {
			return err
		}
	}
	if name, ok := strings.CutPrefix(text, "@"); ok {
		saved := map[string]string{}
		kept, err := p.desk.Setting(ctx, settingFilters)
		if err == nil && kept != "" {
			_ = json.Unmarshal([]byte(kept), &saved) // a setting nobody can read is no setting
		}
		if saved[name] == "" {
			p.say("No filter is saved under the name %s.", review.Quote(name))
			return nil
		}
		text = saved[name]
	}
	if _, err := review.ParseFilter(text); err != nil {
		p.fail(err)
		return nil
	}
	q := p.q
	q.Filter = text
	n, err := p.desk.Count(ctx, q)
	if err != nil {
		p.fail(err)
		return nil
	}
	p.q = q
	clear(p.skipped)
	if text == "" {
		p.say("No filter: %s, decided ones included.", count(n, "item"))
	} else {
		p.say("Filter %s: %s, decided ones included.", review.Quote(text), count(n, "item"))
	}
	return p.next(ctx, "")
}
