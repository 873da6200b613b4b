package desk

import (
	"context"

	"tickmark/review"
	"tickmark/store"
)

// CancelCampaign gives a draft up.
func (d *Desk) CancelCampaign(ctx context.Context, id review.CampaignID) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	return d.db.CancelDraft(ctx, id)
}

// Campaigns lists launched campaigns and drafts, oldest first.
func (d *Desk) Campaigns(ctx context.Context) ([]review.Campaign, error) {
	launched, err := d.db.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]review.Campaign, 0, len(launched))
	for i := range launched {
		out = append(out, d.stated(&launched[i]))
	}
	drafts, err := d.db.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	for _, dr := range drafts {
		out = append(out, draftCampaign(&dr))
	}
	return out, nil
}

// Campaign gives one campaign, launched or draft.
func (d *Desk) Campaign(ctx context.Context, id review.CampaignID) (review.Campaign, error) {
	rec, err := d.db.Campaign(ctx, id)
	if err == nil {
		c := d.stated(&rec)
		if dr, err := d.db.Draft(ctx, id); err == nil {
			c.Routing, c.Stage2 = dr.Spec.Routing, dr.Spec.Stage2
		}
		return c, nil
	}
	if review.KindOf(err) != review.KindNotFound {
		return review.Campaign{}, err
	}
	dr, err := d.db.Draft(ctx, id)
	if review.KindOf(err) == review.KindNotFound {
		return review.Campaign{}, review.Errorf(review.KindNotFound, "there is no campaign %q", review.Safe(string(id))).WithHint("`tickmark campaign list` shows them")
	}
	return draftCampaign(&dr), err
}

// stated fills in the state, which depends on the day.
func (d *Desk) stated(rec *store.CampaignRecord) review.Campaign {
	c := rec.Campaign
	c.State = review.StateOfCampaign(&c, rec.RevokesOpen, d.Now())
	return c
}

func draftCampaign(dr *store.CampaignDraft) review.Campaign {
	s := dr.Spec
	c := review.Campaign{Name: s.ID, Title: s.Title, State: review.DraftState, Owner: s.Owner, Scope: s.Scope, Due: s.Due, Period: [2]string{s.PeriodStart, s.PeriodEnd},
		NoAnswer: s.NoAnswer, Assurance: s.Assurance, Stages: s.Stages, Routing: s.Routing, Stage2: s.Stage2, Frameworks: s.Frameworks, Sources: s.Sources}
	for _, p := range s.Reviewers {
		c.Reviewers = append(c.Reviewers, review.ReviewerCount{Principal: p})
	}
	if !dr.Cancelled.IsZero() {
		c.State = review.Cancelled
	}
	return c
}
