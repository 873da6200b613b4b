package desk

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickmark/review"
	"tickmark/store"
)

// eventDays is how long a review of leavers and movers has.
const eventDays = 7

// eventReview drafts a review outside the usual campaigns over the access of people who left or moved since the roster
// before: that of leavers and movers goes to the manager the new roster names, that of people who are missing from a complete
// roster to their last one. Launching it is a person's act. It answers what was drafted, in words; empty if nothing.
func (d *Desk) eventReview(ctx context.Context, im *store.Import) (string, error) {
	if im.Loaded.Workers == 0 || im.Previous == 0 {
		return "", nil
	}
	change, err := d.rosterChange(ctx, im)
	if err != nil || len(change.left)+len(change.moved)+len(change.missing) == 0 {
		return "", err
	}
	people := slices.Concat(change.left, change.moved)
	for id := range change.missing {
		people = append(people, id)
	}
	held, err := d.holders(ctx, people)
	if err != nil || len(held) == 0 {
		return "", err
	}
	held, covering, err := d.uncovered(ctx, held)
	if err != nil {
		return "", err
	}
	already := ""
	if len(covering) > 0 {
		already = fmt.Sprintf("; %s %s some of it already and %s not finished", strings.Join(covering, ", "), plural(len(covering), "covers", "cover"), plural(len(covering), "is", "are"))
	}
	if len(held) == 0 {
		return fmt.Sprintf("%s: nothing is drafted again, what they hold is in %s, which %s not finished", change, strings.Join(covering, ", "), plural(len(covering), "is", "are")), nil
	}
	routing, err := d.lastManagers(ctx, held, change.missing)
	if err != nil {
		return "", err
	}
	spec := review.CampaignSpec{Title: "Leavers and movers in " + review.Safe(filepath.Base(im.File)), Owner: d.Me(), Reviewers: []review.Principal{d.Me()},
		Routing: append(routing, "manager", "named"), Scope: identityScope(held), Due: endOfDay(d.Now().AddDate(0, 0, eventDays))}
	if spec.ID, err = d.freeCampaign(ctx, review.EventPrefix+d.Now().Format(time.DateOnly)); err != nil {
		return "", err
	}
	if _, err := d.NewCampaign(ctx, spec); err != nil {
		switch review.KindOf(err) {
		case review.KindUsage, review.KindNotAllowed, review.KindRefused: // the import stands all the same
			return fmt.Sprintf("%s; no review over what they hold could be drafted: %s", change, err), nil
		}
		return "", err
	}
	return fmt.Sprintf("%s: review %s over what they hold is drafted; launch it with `tickmark campaign launch %s --yes`", change, spec.ID, spec.ID) + already, nil
}

// uncovered are those of the people whom no event review that is drafted or under way is about, and the names of those reviews
// that are about the others: an event is brought before people once.
func (d *Desk) uncovered(ctx context.Context, held []string) (left, covering []string, err error) {
	all, err := d.Campaigns(ctx)
	if err != nil {
		return nil, nil, err
	}
	of := map[string]string{}
	for i := range all {
		c := &all[i]
		if !review.IsEvent(c.Name) || c.State != review.DraftState && c.State != review.ActiveState && c.State != review.Closing {
			continue
		}
		f, err := review.ParseFilter(c.Scope)
		if err != nil {
			continue // it was made by hand and covers nothing that could be told
		}
		for _, t := range f.Terms {
			for _, v := range t.Values {
				if t.Field == "identity" && !t.Not && len(f.Terms) == 1 && v.Op == review.OpEqual && len(v.Parts) == 1 {
					of[v.Parts[0]] = string(c.Name)
				}
			}
		}
	}
	for _, id := range held {
		name, ok := of[id]
		switch {
		case !ok:
			left = append(left, id)
		case !slices.Contains(covering, name):
			covering = append(covering, name)
		}
	}
	return left, covering, nil
}

// rosterChange is what a roster says differently from the one before, by ledger identity.
type rosterChange struct {
	left, moved []string
	missing     map[string]string // who stood in the one before and does not in this, which is complete: the last manager
}

func (c rosterChange) String() string {
	text := fmt.Sprintf("%d %s and %d moved", len(c.left), plural(len(c.left), "person left", "people left"), len(c.moved))
	if n := len(c.missing); n > 0 {
		text += fmt.Sprintf(", %d %s no longer in the roster", n, plural(n, "is", "are"))
	}
	return text
}

// rosterChange compares a roster with the one before: who left, who changed department, title or manager, who is missing. A
// roster that is not known to be complete, or lost a larger share of its people than the policy takes for a change, misses
// nobody.
func (d *Desk) rosterChange(ctx context.Context, im *store.Import) (c rosterChange, err error) {
	before := map[string]review.Worker{}
	if err := d.db.Workers(ctx, im.Previous, func(w *review.Worker) error { before[w.ID] = *w; return nil }); err != nil {
		return c, err
	}
	known := len(before)
	err = d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
		old, ok := before[w.ID]
		delete(before, w.ID)
		changed := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
		switch {
		case !ok:
		case w.Status == "terminated" && old.Status != "terminated":
			c.left = append(c.left, workerKey(w))
		case w.Status != "terminated" && (changed(old.Department, w.Department) || changed(old.Title, w.Title) || changed(old.Manager, w.Manager)):
			c.moved = append(c.moved, workerKey(w))
		}
		return nil
	})
	complete := im.Completeness == review.Full || im.Completeness == review.Scoped
	if err != nil || !complete || len(before)*100 > known*d.policy.CollapsePercent {
		return c, err
	}
	c.missing = map[string]string{}
	for _, w := range before {
		if w.Status != "terminated" {
			c.missing[workerKey(&w)] = w.Manager
		}
	}
	return c, nil
}

// lastManagers are routing rules that send what missing people hold to their last manager, where that one can sign.
func (d *Desk) lastManagers(ctx context.Context, held []string, missing map[string]string) ([]string, error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	of := map[review.Principal][]string{}
	for _, id := range held {
		manager := missing[id]
		if w := dir.workerNamed(manager); w != nil {
			manager = workerKey(w)
		}
		if who, enrolled := dir.Principal(manager); enrolled {
			of[who] = append(of[who], id)
		}
	}
	var rules []string
	for _, who := range sortedKeys(of) {
		rules = append(rules, "rule:"+identityScope(of[who])+" => "+string(who))
	}
	return rules, nil
}

// holders are those of the identities that hold anything in the newest import of any source.
func (d *Desk) holders(ctx context.Context, identities []string) ([]string, error) {
	wanted := map[string]bool{}
	for _, id := range identities {
		wanted[id] = true
	}
	sources, err := d.db.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var held []string
	for _, im := range sources {
		if im.Rows == 0 {
			continue
		}
		err := d.db.Accounts(ctx, im.ID, func(_ *review.Account, identity string) error {
			if wanted[identity] {
				delete(wanted, identity)
				held = append(held, identity)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(held)
	return held, nil
}

// identityScope is the filter for exactly these identities.
func identityScope(identities []string) string {
	values := make([]review.Value, len(identities))
	for i, id := range identities {
		values[i] = review.Value{Op: review.OpEqual, Parts: []string{id}}
	}
	return review.Filter{Terms: []review.Term{{Field: "identity", Values: values}}}.String()
}

// freeCampaign is a name no campaign or draft has.
func (d *Desk) freeCampaign(ctx context.Context, base string) (review.CampaignID, error) {
	for i := 1; ; i++ {
		id := review.CampaignID(base)
		if i > 1 {
			id = review.CampaignID(fmt.Sprintf("%s.%d", base, i))
		}
		_, err := d.Campaign(ctx, id)
		if review.KindOf(err) == review.KindNotFound {
			return id, nil
		}
		if err != nil {
			return "", err
		}
	}
}

func endOfDay(t time.Time) time.Time {
	y, m, day := t.UTC().Date()
	return time.Date(y, m, day, 23, 59, 59, 0, time.UTC)
}
