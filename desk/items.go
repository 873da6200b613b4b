package desk

import (
	"context"
	"fmt"

	"tickmark/ledger"
	"tickmark/review"
)

// asked fills in who asks, so that items say why that person may not decide them.
func (d *Desk) asked(q review.Query) review.Query {
	if q.Asker == "" {
		q.Asker = d.Me()
	}
	return q
}

// Page reads up to limit items around an anchor.
func (d *Desk) Page(ctx context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error) {
	p, err := d.db.Page(ctx, d.asked(q), at, limit)
	for i := range p.Items {
		if err == nil {
			err = d.mark(ctx, &p.Items[i])
		}
	}
	return p, err
}

// mark fills what the store cannot know of an item.
func (d *Desk) mark(ctx context.Context, it *review.Item) (err error) {
	it.Blocked, err = d.blocked(ctx, it)
	return err
}

// Count counts the items of a query.
func (d *Desk) Count(ctx context.Context, q review.Query) (int64, error) { return d.db.Count(ctx, q) }

// Groups counts the items of a query by a column.
func (d *Desk) Groups(ctx context.Context, q review.Query, column string) ([]review.GroupCount, error) {
	return d.db.Groups(ctx, q, column)
}

// EachItem calls fn with every item of a query in its order; the pointer is valid only during the call.
func (d *Desk) EachItem(ctx context.Context, q review.Query, fn func(*review.Item) error) error {
	return d.db.Items(ctx, d.asked(q), func(it *review.Item) error {
		if err := d.mark(ctx, it); err != nil {
			return err
		}
		return fn(it)
	})
}

// Item gives one item as lists show it.
func (d *Desk) Item(ctx context.Context, id review.ItemID) (review.Item, error) {
	it, err := d.db.Item(ctx, id)
	if err == nil {
		err = d.mark(ctx, &it)
	}
	return it, err
}

// Resolve finds an item by its id or a unique prefix of at least 8 hex digits.
func (d *Desk) Resolve(ctx context.Context, ref string) (review.ItemID, error) {
	return d.db.Resolve(ctx, "", ref)
}

// Detail is all that is known of an item, with the facts that would be signed.
func (d *Desk) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	det, err := d.db.Detail(ctx, id)
	if err != nil {
		return det, err
	}
	recs, err := d.db.Record(ctx, []review.ItemID{id})
	if err != nil {
		return det, err
	}
	if err := d.mark(ctx, &det.Item); err != nil {
		return det, err
	}
	if det.Draft != nil {
		staged, err := d.db.StagedOn(ctx, det.Draft.By, []review.ItemID{id})
		if err != nil {
			return det, err
		}
		if len(staged) == 1 {
			det.Facts = string(staged[0].Facts)
		}
	}
	if det.Facts == "" {
		text, err := d.factsText(&recs[0])
		if err != nil {
			return det, err
		}
		det.Facts = string(text)
	}
	if s := det.LastUsed.Norm(); s != review.Known && s != review.Never {
		people, err := d.directory(ctx)
		if err != nil {
			return det, err
		}
		det.Observed, _ = people.lastUsed(&det.Holder, det.Item.Entitlement)
	}
	org, err := d.org(ctx, det.Campaign, det.Reviewer)
	if err != nil {
		return det, err
	}
	policy, err := d.Policy(ctx, det.Campaign)
	if err != nil {
		return det, err
	}
	if det.Reassigned, err = d.db.Reassignments(ctx, id); err != nil {
		return det, err
	}
	det.Accountable = review.Accountable(recs[0].Assigned, det.Reassigned)
	det.Independence = org.Independence(policy, det.Reviewer, &det.Item)
	return det, nil
}

// Card gives the identity at step positions from another; see tui.Desk.
func (d *Desk) Card(ctx context.Context, q review.Query, identity string, step int) (review.Card, error) {
	c, err := d.db.Card(ctx, d.asked(q), identity, step)
	if err != nil || c.Key == "" {
		return c, err
	}
	page, err := d.db.Page(ctx, review.Query{Campaign: q.Campaign, Identity: c.Key}, review.Anchor{}, 1)
	if err != nil || len(page.Items) == 0 {
		return c, err
	}
	key, err := ledger.ParseSHA(string(page.Items[0].Grant))
	if err != nil {
		return c, internal("an item names no grant", err)
	}
	past, err := d.db.History(ctx, key)
	if err != nil {
		return c, err
	}
	for _, p := range past {
		if p.Campaign != q.Campaign {
			c.EarlierBy = fmt.Sprintf("%s in %s, %s", p.Reviewer, p.Campaign, p.Time.Format("2006-01-02"))
			break
		}
	}
	return c, nil
}

// NextUndecided is the next open item after one, wrapping round; "" if none is left.
func (d *Desk) NextUndecided(ctx context.Context, q review.Query, after review.ItemID) (review.ItemID, error) {
	return d.db.NextUndecided(ctx, d.asked(q), after)
}

// Setting and SetSetting keep a person's preferences in the database.
func (d *Desk) Setting(ctx context.Context, name string) (string, error) {
	return d.db.Setting(ctx, d.Me(), "ui."+name)
}

// SetSetting keeps a preference; an empty value forgets it.
func (d *Desk) SetSetting(ctx context.Context, name, value string) error {
	if d.o.ReadOnly {
		return nil
	}
	return d.db.SetSetting(ctx, d.Me(), "ui."+name, value)
}
