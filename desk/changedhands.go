package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
	"tickmark/store"
)

// reassignedByOthers says in words what other managers have staged for these items that sends them to somebody else.
func (d *Desk) reassignedByOthers(ctx context.Context, ids []review.ItemID, to review.Principal) ([]string, error) {
	acts, err := d.db.StagedActs(ctx, "", "", review.ActReassign)
	if err != nil {
		return nil, err
	}
	among := map[review.ItemID]bool{}
	for _, id := range ids {
		among[id] = true
	}
	type change struct{ by, to review.Principal }
	count := map[change]int{}
	for i := range acts {
		if acts[i].By == "" || acts[i].By == d.Me() || !among[acts[i].Item] {
			continue
		}
		p, err := reassignmentOf(&acts[i])
		if err != nil {
			return nil, err
		}
		if p.To != to {
			count[change{acts[i].By, p.To}]++
		}
	}
	var out []string
	for c, n := range count {
		out = append(out, fmt.Sprintf("%s has staged too that %d of them %s to %s", c.by, n, plural(n, "goes", "go"), c.to))
	}
	slices.Sort(out)
	return out, nil
}

func reassignmentOf(a *store.StagedAct) (reassignment, error) {
	var p reassignment
	if err := json.Unmarshal(a.Payload, &p); err != nil {
		return p, internal("a staged reassignment cannot be read", err)
	}
	return p, nil
}

// freshActs are the managers' acts of this person and of the role, as StagedActs gives them, after those reassignments were
// taken back whose item was given to somebody else meanwhile: what another manager has signed is not replaced unseen.
func (d *Desk) freshActs(ctx context.Context, c review.CampaignID, a review.Act) ([]store.StagedAct, error) {
	acts, err := d.db.StagedActs(ctx, d.Me(), c, a)
	if err != nil {
		return nil, err
	}
	var changes []store.StagedAct
	for _, act := range acts {
		if act.Act == review.ActReassign {
			changes = append(changes, act)
		}
	}
	items, err := d.itemsOf(ctx, changes)
	if err != nil {
		return nil, err
	}
	var stale []int64
	var told []string
	for i := range changes {
		p, err := reassignmentOf(&changes[i])
		if err != nil {
			return nil, err
		}
		if now := items[i].Reviewer; p.From != "" && now != p.From {
			stale = append(stale, changes[i].ID)
			told = append(told, fmt.Sprintf("%s of %s to %s", display(items[i].EntName, items[i].Entitlement), display(items[i].Name, items[i].Identity), now))
		}
	}
	if len(stale) == 0 {
		return acts, nil
	}
	n := len(stale)
	if _, err := d.db.UnstageActs(ctx, d.Me(), fmt.Sprintf("%d %s of items that changed hands meanwhile", n, plural(n, "reassignment", "reassignments")), stale); err != nil {
		return nil, err
	}
	more := ""
	if n > 3 {
		told, more = told[:3], fmt.Sprintf(" and %d more", n-3)
	}
	d.o.Say("%d staged %s taken back, because somebody else was given the %s first: %s%s; look, and reassign again if you still mean it",
		n, plural(n, "reassignment was", "reassignments were"), plural(n, "item", "items"), strings.Join(told, ", "), more)
	return slices.DeleteFunc(acts, func(act store.StagedAct) bool { return slices.Contains(stale, act.ID) }), nil
}
