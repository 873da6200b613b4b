package desk

import (
	"context"
	"slices"
	"strings"

	"tickmark/review"
	"tickmark/store"
)

// org is what one person's independence is judged by in a campaign: who they are, whom they report to, what they can
// administer, all as frozen at launch. Only that person is looked up, so it costs the same in a campaign of any size.
func (d *Desk) org(ctx context.Context, c review.CampaignID, who review.Principal) (*review.Org, error) {
	key := orgKey{c, who}
	d.mu.Lock()
	have := d.orgs[key]
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	policy, err := d.Policy(ctx, c)
	if err != nil {
		return nil, err
	}
	org := review.NewOrg(&dir.People)
	for _, name := range d.namesOf(dir, who) {
		self, err := d.db.Subject(ctx, c, name)
		if review.KindOf(err) == review.KindNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		org.AddIdentity(&self)
		if policy.AdminsReview == review.AdminsAllow {
			continue
		}
		err = d.db.Items(ctx, review.Query{Campaign: c, Identity: self.Key}, func(it *review.Item) error {
			if it.Privilege == review.Admin {
				org.AddAdministrator(it.Identity, it.Source, it.Resource)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	d.orgs[key] = org
	d.mu.Unlock()
	return org, nil
}

type orgKey struct {
	campaign review.CampaignID
	who      review.Principal
}

// namesOf are the ledger identities a person may stand under: their principal, and what the roster of workers and the
// configuration know of it.
func (d *Desk) namesOf(dir *directory, who review.Principal) []string {
	names := []string{string(who)}
	for name, p := range d.o.Config.People {
		if p == string(who) {
			names = append(names, fold(name))
		}
	}
	for _, n := range slices.Clone(names) {
		if w := dir.workerNamed(n); w != nil {
			names = append(names, workerKey(w), w.ID)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// granters tells who is behind the names of granters in an import, by name in lower case.
func (d *Desk) granters(ctx context.Context, of review.ImportID) (map[string]string, error) {
	d.mu.Lock()
	have := d.granted[of]
	d.mu.Unlock()
	if have != nil {
		return have, nil
	}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var beside []review.ImportID
	for i := range sources {
		beside = append(beside, sources[i].ID)
	}
	known, err := d.db.Granters(ctx, of, beside)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.granted[of] = known
	d.mu.Unlock()
	return known, nil
}

// nameGranter fills in who is behind the name of an item's granter.
func (d *Desk) nameGranter(ctx context.Context, it *review.Item) error {
	if it.GrantedBy == "" || it.Granter != "" {
		return nil
	}
	known, err := d.granters(ctx, it.Import)
	if err == nil {
		it.Granter = known[strings.ToLower(it.GrantedBy)]
	}
	return err
}

// forget drops what was learned of people: an import or a signature changed it.
func (d *Desk) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people = nil
	clear(d.orgs)
	clear(d.granted)
}

// blocked says why this person may not decide an item; empty if they may. Lists show it, and staging holds to it.
func (d *Desk) blocked(ctx context.Context, it *review.Item) (string, error) {
	if err := d.nameGranter(ctx, it); err != nil {
		return "", err
	}
	me := d.Me()
	if me == "" {
		return "nobody is signed in: no enrolled key is at hand", nil
	}
	if it.Reviewer != me {
		return "it is " + string(it.Reviewer) + "'s to decide", nil
	}
	org, err := d.org(ctx, it.Campaign, me)
	if err != nil {
		return "", err
	}
	policy, err := d.Policy(ctx, it.Campaign)
	return org.Blocked(policy, me, it), err
}

// mayDecide says why this person may not decide an item, as an error of kind not-allowed; nil if they may.
func (d *Desk) mayDecide(ctx context.Context, rec *store.ItemRecord) error {
	if d.Me() == "" {
		return d.nobody(ctx)
	}
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
	return nil
}

// stillOpen says, once per campaign for an act on many items, whether decisions are still taken.
type stillOpen struct {
	d    *Desk
	said map[review.CampaignID]error
}

func (d *Desk) stillOpen() *stillOpen { return &stillOpen{d, map[review.CampaignID]error{}} }

// check is nil, or an error of kind not-allowed after the manager's sign-off.
func (s *stillOpen) check(ctx context.Context, c review.CampaignID) error {
	if err, ok := s.said[c]; ok {
		return err
	}
	camp, err := s.d.db.Campaign(ctx, c)
	if err == nil && !camp.SignedOff.IsZero() {
		err = review.Errorf(review.KindNotAllowed, "campaign %s was signed off by its manager", c).WithHint("a new campaign can decide it again")
	}
	s.said[c] = err
	return err
}
