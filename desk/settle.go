package desk

import (
	"context"
	"fmt"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// settle lets a signed import prove what became of open revokes of its source (rulings 25). What it proves is staged to
// the managers' role: a person must own the statement.
func (d *Desk) settle(ctx context.Context, im *store.Import) (*review.Settled, error) {
	all, err := d.db.Remediations(ctx, store.ClosingQuery{Source: im.Source})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if im.Rows == 0 && im.ImportReport.Accounts == 0 {
		return nil, nil
	}
	res := &review.Settled{}
	why := tallies{}
	var acts []store.StagedAct
	for i := range all {
		r := &all[i]
		key, err := d.db.GrantOf(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		hash, err := ledger.ParseSHA(string(key))
		if err != nil {
			return nil, internal("a revoke names no grant", err)
		}
		present, err := d.db.HasGrant(ctx, im.ID, hash)
		if err != nil {
			return nil, err
		}
		in := review.Settling{Present: present, Completeness: im.Completeness, Decided: r.Decided, Effective: r.Effective, State: r.State, EverGone: r.EverGone}
		if im.ExportedFrom == "flag" || im.ExportedFrom == "file" {
			in.Extracted = im.ExportedAt
		}
		state, reason := review.SettleRevoke(in)
		if state == "" {
			if reason != "" {
				res.NotSettled++
				why.add(reason)
			}
			continue
		}
		switch state {
		case review.VerifiedGone:
			res.Gone++
		case review.StillPresent:
			res.StillPresent++
		case review.Returned:
			res.CameBack++
		}
		word := ledgerWord(state)
		acts = append(acts, store.StagedAct{Act: review.ActRemediation, Campaign: r.Campaign, Item: r.Item, Ref: r.ID, What: word, At: d.Now(), Payload: marshal(remedy{State: word, Import: im.Entry, ClaimDraft: review.ClaimDraft{Ticket: r.Ticket}})})
	}
	for _, x := range why.exclusions() {
		if res.Why != "" {
			res.Why += "; "
		}
		res.Why += fmt.Sprintf("%d: %s", x.Count, x.Reason)
	}
	if len(acts) > 0 {
		if _, err := d.db.StageActs(ctx, "", fmt.Sprintf("%d revokes settled by import %d", len(acts), im.ID), acts); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// ledgerWord is how a record states a remediation (ledger.md 3.7).
func ledgerWord(s review.RemediationState) string {
	switch s {
	case review.VerifiedGone:
		return "gone"
	case review.ClaimedDone:
		return "claimed"
	}
	return string(s)
}
