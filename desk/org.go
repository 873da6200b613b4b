package desk

import (
	"context"

	"tickmark/review"
	"tickmark/store"
)

// org is what independence is judged by in a campaign: people, whom they report to, and what they can administer, all as
// frozen at launch. It is made once per campaign and then only read.
func (d *Desk) org(ctx context.Context, c review.CampaignID) (*review.Org, error) {
	d.mu.Lock()
	have := d.orgs[c]
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	org := review.NewOrg(&dir.People)
	if err := d.db.Subjects(ctx, c, func(id *review.Identity) error { org.AddIdentity(id); return nil }); err != nil {
		return nil, err
	}
	policy, err := d.policyIn(ctx, c)
	if err != nil {
		return nil, err
	}
	if policy.AdminsReview != review.AdminsAllow {
		err := d.db.Items(ctx, review.Query{Campaign: c, Filter: "privilege:admin"}, func(it *review.Item) error {
			org.AddAdministrator(it.Identity, it.Source, it.Resource)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	d.orgs[c] = org
	d.mu.Unlock()
	return org, nil
}

// exceptionOwner is who owns the open exception an item stands under; empty if there is none.
func (d *Desk) exceptionOwner(ctx context.Context, grant review.GrantKey) (string, error) {
	d.mu.Lock()
	owners := d.exceptionOwners
	d.mu.Unlock()
	if owners == nil {
		owners = map[review.GrantKey]string{}
		all, err := d.db.Exceptions(ctx, store.ClosingQuery{Open: true})
		if err != nil {
			return "", err
		}
		for i := range all {
			key, err := d.db.GrantOf(ctx, all[i].ID)
			if err != nil {
				return "", err
			}
			owners[key] = all[i].Owner
		}
		d.mu.Lock()
		d.exceptionOwners = owners
		d.mu.Unlock()
	}
	return owners[grant], nil
}

// forget drops what was learned of people and exceptions: an import or a signature changed it.
func (d *Desk) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people, d.exceptionOwners = nil, nil
	clear(d.orgs)
}

// blocked says why this person may not decide an item; empty if they may. Lists show it, and staging holds to it.
func (d *Desk) blocked(ctx context.Context, it *review.Item) (string, error) {
	me := d.Me()
	if me == "" {
		return "nobody is signed in: no enrolled key is at hand", nil
	}
	if it.Reviewer != me {
		return "it is " + string(it.Reviewer) + "'s to decide", nil
	}
	org, err := d.org(ctx, it.Campaign)
	if err != nil {
		return "", err
	}
	owner, err := d.exceptionOwner(ctx, it.Grant)
	if err != nil {
		return "", err
	}
	policy, err := d.policyIn(ctx, it.Campaign)
	return org.Blocked(policy, me, it, owner), err
}

// mayDecide says why this person may not decide an item, as an error of kind not-allowed; nil if they may.
func (d *Desk) mayDecide(ctx context.Context, rec *store.ItemRecord) error {
	why, err := d.blocked(ctx, &rec.Item)
	if err != nil {
		return err
	}
	if why == "" && rec.RowIdentity == string(d.Me()) {
		why = "it is your own access"
	}
	if why != "" {
		return review.Errorf(review.KindNotAllowed, "%s", why).WithHint("ask a manager to reassign it")
	}
	camp, err := d.db.Campaign(ctx, rec.Campaign)
	if err != nil {
		return err
	}
	if !camp.SignedOff.IsZero() {
		return review.Errorf(review.KindNotAllowed, "campaign %s was signed off by its manager", rec.Campaign).WithHint("a new campaign can decide it again")
	}
	return nil
}
