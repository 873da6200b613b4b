package desk

import (
	"context"
	"fmt"
	"time"

	"tickmark/review"
	"tickmark/store"
)

// CloseCampaign is the manager's sign-off (rulings 20). Where the campaign's policy says what becomes of items without an
// answer, it first brings those before the owner: it signs their reassignment to the owner and, for the policy revoke,
// stages a revoke of each, which the owner signs as a decision of their own (rulings 26). Then it says so and asks to be
// called again; no answer never becomes anybody's verdict by itself.
func (d *Desk) CloseCampaign(ctx context.Context, id review.CampaignID) (review.Receipt, error) {
	if err := d.mustManage(ctx); err != nil {
		return review.Receipt{}, err
	}
	c, err := d.db.Campaign(ctx, id)
	if err != nil {
		return review.Receipt{}, err
	}
	if c.SignedOff.IsZero() && c.NoAnswer != review.LeaveOpen {
		if err := d.noAnswer(ctx, &c); err != nil {
			return review.Receipt{}, err
		}
	}
	all, err := d.SignOff(ctx, id, review.Manager, nil)
	if len(all) == 0 {
		return review.Receipt{}, err
	}
	return all[len(all)-1], err
}

func (d *Desk) noAnswer(ctx context.Context, c *store.CampaignRecord) error {
	if d.Now().Before(c.Due) {
		return review.Errorf(review.KindConflict, "campaign %s is not due before %s, and items without an answer are then to be %sd", c.Name, stamp(c.Due), word(c.NoAnswer)).
			WithHint("wait until then, or have the open items decided")
	}
	open, err := d.openItems(ctx, c.Name)
	if err != nil || len(open) == 0 {
		return err
	}
	if err := d.takeOver(ctx, c, open); err != nil {
		return err
	}
	if c.NoAnswer != review.RevokeUnanswered {
		return nil
	}
	res, err := d.Stage(ctx, review.Query{}, open, review.Draft{Verdict: review.Revoke, Reason: "no answer by " + c.Due.Format(time.DateOnly), Bulk: len(open) > 1})
	if err != nil && review.KindOf(err) != review.KindNotAllowed {
		return err
	}
	if res.Staged == 0 {
		return nil
	}
	return review.Errorf(review.KindConflict, "%d %s had no answer; a revoke of each is staged for you to sign", res.Staged, plural(res.Staged, "item", "items")).
		WithHint("`tickmark sign`, then `tickmark campaign close %s` again", c.Name).WithReason("no-answer")
}

func word(n review.NoAnswer) string {
	if n == review.RevokeUnanswered {
		return "revoke"
	}
	return "reassigne"
}

// openItems are the items nobody decided, signed or staged.
func (d *Desk) openItems(ctx context.Context, c review.CampaignID) ([]review.ItemID, error) {
	var open []review.ItemID
	err := d.db.Items(ctx, review.Query{Campaign: c, Filter: "state:open"}, func(it *review.Item) error {
		open = append(open, it.ID)
		return nil
	})
	return open, err
}

// takeOver signs the reassignment of open items to the owner, except those that would be the owner's own access.
func (d *Desk) takeOver(ctx context.Context, c *store.CampaignRecord, open []review.ItemID) error {
	var move []review.ItemID
	for batch := range batches(open, stageBatch) {
		recs, err := d.db.Record(ctx, batch)
		if err != nil {
			return err
		}
		for i := range recs {
			if recs[i].Reviewer != c.Owner {
				move = append(move, recs[i].ID)
			}
		}
	}
	if len(move) == 0 {
		return nil
	}
	res, err := d.Reassign(ctx, move, c.Owner, "", fmt.Sprintf("no answer by %s; the campaign's policy is %s", c.Due.Format(time.DateOnly), c.NoAnswer))
	if err != nil || res.Staged == 0 {
		return err
	}
	_, err = d.Confirm(ctx, c.Name, review.ActReassign, nil)
	return err
}
