package desk

import (
	"context"

	"tickmark/review"
	"tickmark/store"
)

// giveBack stages, for the managers' role, the reverse of every delegation whose day has come (rulings 26). It writes only
// what is not staged yet.
func (d *Desk) giveBack(ctx context.Context) error {
	if d.o.ReadOnly {
		return nil
	}
	over, err := d.db.Delegations(ctx, d.Now())
	if err != nil || len(over) == 0 {
		return err
	}
	waiting, err := d.waitingReassignments(ctx)
	if err != nil {
		return err
	}
	var acts []store.StagedAct
	for _, g := range over {
		back, ok := review.GiveBack(g.From, []review.Reassignment{{From: g.From, To: g.To, Until: g.Until, Reason: g.Reason}}, d.Now())
		if !ok || waiting[g.Item] != "" {
			continue
		}
		acts = append(acts, store.StagedAct{Act: review.ActReassign, Campaign: g.Campaign, Item: g.Item, What: "reassign", At: d.Now(), Payload: marshal(reassignment{From: g.To, To: back.To, Reason: back.Reason})})
	}
	if len(acts) == 0 {
		return nil
	}
	_, err = d.db.StageActs(ctx, "", "giving delegated items back", acts, nil)
	return err
}
