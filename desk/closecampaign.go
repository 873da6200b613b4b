package desk

import (
	"context"
	"fmt"

	"tickmark/review"
	"tickmark/store"
)

// CloseCampaign is the manager's sign-off (rulings 20).
func (d *Desk) CloseCampaign(ctx context.Context, id review.CampaignID) (review.Receipt, error) {
	if err := d.mustManage(ctx); err != nil {
		return review.Receipt{}, err
	}
	all, err := d.SignOff(ctx, id, review.Manager, nil)
	if len(all) == 0 {
		return review.Receipt{}, err
	}
	return all[len(all)-1], err
}

// noAnswer does, before a manager's sign-off, what the campaign's policy says of items without an answer: it signs their
// reassignment to the owner and, for the policy revoke, stages a revoke of each, which the owner signs as a decision of their
// own (rulings 26). Then it says so and asks to be called again; no answer never becomes anybody's verdict by itself.
func (d *Desk) noAnswer(ctx context.Context, c *store.CampaignRecord) error {
	if c.NoAnswer == review.LeaveOpen {
		return nil
	}
	open, err := d.unanswered(ctx, c)
	if err != nil || len(open) == 0 {
		return err
	}
	if d.Now().Before(c.Due) {
		return review.Errorf(review.KindConflict, "campaign %s is not due before %s, and the %d %s without an answer %s then to be %sd", c.Name, stamp(c.Due),
			len(open), plural(len(open), "item", "items"), plural(len(open), "is", "are"), word(c.NoAnswer)).
			WithHint("wait until then, or have them decided: `tickmark items --campaign %s --filter verdict:none,abstain`", c.Name).WithReason(notDue)
	}
	if c.NoAnswer == review.RevokeUnanswered && d.Me() != c.Owner {
		return review.Errorf(review.KindNotAllowed, "%d %s had no answer and %s to be revoked, which the review's owner %s signs", len(open), plural(len(open), "item", "items"),
			plural(len(open), "is", "are"), c.Owner).WithHint("ask %s to run `tickmark campaign close %s`", c.Owner, c.Name)
	}
	taken, err := d.takeOver(ctx, c, open)
	if err != nil {
		return err
	}
	if c.NoAnswer != review.RevokeUnanswered {
		if taken == 0 {
			return nil
		}
		return review.Errorf(review.KindConflict, "%d %s had no answer and %s now for %s to decide", taken, plural(taken, "item", "items"), plural(taken, "is", "are"), c.Owner).
			WithHint("decide them: `tickmark review %s`; then `tickmark campaign close %s` again", c.Name, c.Name).WithReason("no-answer")
	}
	res, err := d.Stage(ctx, review.Query{}, open, review.Draft{Verdict: review.Revoke, Reason: review.NoAnswerReason(c.Due), Bulk: len(open) > 1}, nil)
	if err != nil && review.KindOf(err) != review.KindNotAllowed {
		return err
	}
	if res.Staged == 0 {
		return nil
	}
	return review.Errorf(review.KindConflict, "%d %s had no answer; a revoke of each is staged for you to sign, as the review's policy says", res.Staged, plural(res.Staged, "item", "items")).
		WithHint("`tickmark sign`, then `tickmark campaign close %s` again", c.Name).WithReason("no-answer")
}

// notDue is the reason of an error that says that a day has to come first.
const notDue = "not-due"

func word(n review.NoAnswer) string {
	if n == review.RevokeUnanswered {
		return "revoke"
	}
	return "reassigne"
}

// unanswered are the items nobody judged by a signature: open ones, those whose reviewer could not judge them, and those
// decided and never signed by somebody else than this person.
func (d *Desk) unanswered(ctx context.Context, c *store.CampaignRecord) ([]review.ItemID, error) {
	var open, staged []review.ItemID
	err := d.db.Items(ctx, review.Query{Campaign: c.Name, Filter: "-state:signed"}, func(it *review.Item) error {
		if it.State == review.ItemStaged {
			staged = append(staged, it.ID)
		} else {
			open = append(open, it.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := d.db.Items(ctx, review.Query{Campaign: c.Name, Filter: "state:signed verdict:abstain"}, func(it *review.Item) error {
		open = append(open, it.ID)
		return nil
	}); err != nil {
		return nil, err
	}
	for batch := range batches(staged, stageBatch) {
		recs, err := d.db.Record(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i := range recs {
			if judged := recs[i].Signed != "" && recs[i].Signed != review.NoVerdict && recs[i].Signed != review.Abstain; !judged && recs[i].Reviewer != d.Me() {
				open = append(open, recs[i].ID)
			}
		}
	}
	return open, nil
}

// takeOver signs the reassignment of items to the owner, except those that would be the owner's own access, and says how many
// are the owner's now.
func (d *Desk) takeOver(ctx context.Context, c *store.CampaignRecord, open []review.ItemID) (int, error) {
	var move []review.ItemID
	for batch := range batches(open, stageBatch) {
		recs, err := d.db.Record(ctx, batch)
		if err != nil {
			return 0, err
		}
		for i := range recs {
			if recs[i].Reviewer != c.Owner {
				move = append(move, recs[i].ID)
			}
		}
	}
	if len(move) == 0 {
		return 0, nil
	}
	res, err := d.Reassign(ctx, move, c.Owner, "", fmt.Sprintf("%s; the campaign's policy is %s", review.NoAnswerReason(c.Due), c.NoAnswer))
	if review.KindOf(err) == review.KindNotAllowed { // the only one there is, and it is the owner's own
		return 0, nil
	}
	if err != nil || res.Staged == 0 {
		return 0, err
	}
	receipts, err := d.Confirm(ctx, c.Name, review.ActReassign, nil)
	for i := range receipts {
		d.o.Say("%s without an answer: now for %s to decide, signed as entry %d", review.Plural(int64(res.Staged), "item"), c.Owner, receipts[i].Entry)
	}
	return res.Staged, err
}
