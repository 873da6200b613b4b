package desk

import (
	"context"

	"tickmark/review"
	"tickmark/store"
)

// Remediations lists revokes with how far they are today that pass a filter of review.ParseRemediationFilter, oldest first.
func (d *Desk) Remediations(ctx context.Context, filter string) ([]review.Remediation, error) {
	return d.RemediationsAfter(ctx, filter, 0, 0)
}

// RemediationsAfter is a page of Remediations: behind an ID, at most limit; 0 is all. No more is read than what fills it.
func (d *Desk) RemediationsAfter(ctx context.Context, filter string, after review.EntryIndex, limit int) ([]review.Remediation, error) {
	match, err := review.ParseRemediationFilter(filter)
	if err != nil {
		return nil, err
	}
	ids, err := d.db.WorkItemIDs(ctx)
	if err != nil {
		return nil, err
	}
	out := []review.Remediation{}
	for chunk := range chunksAfter(ids, after, limit) {
		all, err := d.remediations(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if !match.MatchRemediation(&all[i], d.Now()) {
				continue
			}
			if out = append(out, all[i]); len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// remediations reads work items: one for each access that a campaign revoked.
func (d *Desk) remediations(ctx context.Context, ids []review.EntryIndex) ([]review.Remediation, error) {
	all, err := d.db.Remediations(ctx, store.ClosingQuery{IDs: ids, Whole: true})
	if err != nil {
		return nil, err
	}
	judge, err := d.judgeRevokes(ctx)
	if err != nil {
		return nil, err
	}
	all = review.FoldRevokes(all)
	for i := range all {
		judge(&all[i])
	}
	return all, nil
}

// eachWorkItem calls do with every work item as it is today, in no order, as store.EachWorkItem tells of it.
func (d *Desk) eachWorkItem(ctx context.Context, do func(*review.Remediation)) error {
	judge, err := d.judgeRevokes(ctx)
	if err != nil {
		return err
	}
	return d.db.EachWorkItem(ctx, func(r *review.Remediation) {
		judge(r)
		do(r)
	})
}

// judgeRevokes gives what says how long a work item is open, and whether that is too long.
func (d *Desk) judgeRevokes(ctx context.Context) (func(*review.Remediation), error) {
	policies, err := d.policiesLaunched(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	return func(r *review.Remediation) {
		r.Days = r.DaysOpen(now)
		r.Overdue = review.Overdue(policies(r.Campaign), now, r)
	}, nil
}

// StageClaim stages that revokes are said to be carried out.
func (d *Desk) StageClaim(ctx context.Context, ids []review.EntryIndex, dr review.ClaimDraft) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustManage(ctx); err != nil {
		return res, err
	}
	each, err := d.db.Remediations(ctx, store.ClosingQuery{IDs: ids, Whole: true})
	if err != nil {
		return res, err
	}
	work := map[review.EntryIndex]*review.Remediation{} // by every revoke that belongs to it
	all := review.FoldRevokes(each)
	for i := range all {
		for _, id := range append([]review.EntryIndex{all[i].ID}, all[i].Also...) {
			work[id] = &all[i]
		}
	}
	var acts []store.StagedAct
	claimed := map[review.EntryIndex]bool{}
	for _, id := range ids {
		r := work[id]
		if r == nil {
			err := review.Errorf(review.KindNotFound, "there is no revoke %d in force", id).WithHint("`tickmark remediation` lists them; only what was revoked can be claimed")
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{Reason: err.Message})
			continue
		}
		if claimed[r.ID] {
			continue
		}
		if err := review.CheckClaim(d.Now(), r, dr); err != nil {
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: r.Item, Reason: err.Error()})
			continue
		}
		claimed[r.ID] = true
	}
	// The ledger states it of each decision: those of further stages follow their work item.
	for i := range each {
		if r := &each[i]; work[r.ID] != nil && claimed[work[r.ID].ID] && r.State != review.VerifiedGone {
			acts = append(acts, store.StagedAct{Act: review.ActRemediation, Campaign: r.Campaign, Item: r.Item, Ref: r.ID, What: "claimed", By: d.Me(), At: d.Now(), Payload: marshal(remedy{ClaimDraft: dr, State: "claimed"})})
		}
	}
	res, err = d.stageActs(ctx, res, acts, dr.Shown, "claimed", "revoke")
	res.Staged = min(res.Staged, len(claimed))
	return res, err
}
