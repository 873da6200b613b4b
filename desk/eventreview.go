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
// before, routed to their managers. Launching it is a person's act. It answers what was drafted, in words; empty if nothing.
func (d *Desk) eventReview(ctx context.Context, im *store.Import) (string, error) {
	if im.Loaded.Workers == 0 || im.Previous == 0 {
		return "", nil
	}
	left, moved, err := d.leaversAndMovers(ctx, im)
	if err != nil || len(left)+len(moved) == 0 {
		return "", err
	}
	held, err := d.holders(ctx, append(slices.Clone(left), moved...))
	if err != nil || len(held) == 0 {
		return "", err
	}
	spec := review.CampaignSpec{Title: "Leavers and movers in " + review.Safe(filepath.Base(im.File)), Owner: d.Me(), Reviewers: []review.Principal{d.Me()},
		Routing: []string{"manager", "named"}, Scope: identityScope(held), Due: endOfDay(d.Now().AddDate(0, 0, eventDays))}
	if spec.ID, err = d.freeCampaign(ctx, review.EventPrefix+d.Now().Format(time.DateOnly)); err != nil {
		return "", err
	}
	if _, err := d.NewCampaign(ctx, spec); err != nil {
		switch review.KindOf(err) {
		case review.KindUsage, review.KindNotAllowed, review.KindRefused: // the import stands all the same
			return fmt.Sprintf("%s; no review over what they hold could be drafted: %s", leftAndMoved(left, moved), err), nil
		}
		return "", err
	}
	return fmt.Sprintf("%s: review %s over what they hold is drafted; launch it with `tickmark campaign launch %s --yes`", leftAndMoved(left, moved), spec.ID, spec.ID), nil
}

func leftAndMoved(left, moved []string) string {
	return fmt.Sprintf("%d %s and %d moved", len(left), plural(len(left), "person left", "people left"), len(moved))
}

// leaversAndMovers are the ledger identities of workers who left, or changed department, title or manager, since the import
// before.
func (d *Desk) leaversAndMovers(ctx context.Context, im *store.Import) (left, moved []string, err error) {
	before := map[string]review.Worker{}
	if err := d.db.Workers(ctx, im.Previous, func(w *review.Worker) error { before[w.ID] = *w; return nil }); err != nil {
		return nil, nil, err
	}
	err = d.db.Workers(ctx, im.ID, func(w *review.Worker) error {
		old, ok := before[w.ID]
		changed := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
		switch {
		case !ok:
		case w.Status == "terminated" && old.Status != "terminated":
			left = append(left, workerKey(w))
		case w.Status != "terminated" && (changed(old.Department, w.Department) || changed(old.Title, w.Title) || changed(old.Manager, w.Manager)):
			moved = append(moved, workerKey(w))
		}
		return nil
	})
	return left, moved, err
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
