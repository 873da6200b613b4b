package desk

import (
	"context"
	"fmt"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// settlement is what an import proves.
type settlement struct {
	report *review.Settled // nil: it says nothing about any revoke
	acts   []store.StagedAct
	proofs []remedy // of acts, in the same order, but for the entry of the import
}

// stage stages what an import proves to the managers' role, because a person must own the statement, in the transaction
// that appends the import's own statement: whoever is interrupted has both or neither.
func (s *settlement) stage(tx *store.Tx, im *store.Import, entry review.EntryIndex) error {
	if s.report == nil {
		return nil
	}
	for i := range s.acts {
		s.proofs[i].Import = entry
		s.acts[i].Payload = marshal(s.proofs[i])
	}
	if _, err := tx.StageActs("", fmt.Sprintf("%d revokes settled by import %d", len(s.acts), im.ID), s.acts); err != nil {
		return err
	}
	report := im.ImportReport
	report.Settled = s.report
	return tx.UpdateImport(im.ID, report)
}

// settle lets an import prove what became of open revokes of its source (rulings 25). One that is signed after a later
// one of its source proves nothing: the later one has.
func (d *Desk) settle(ctx context.Context, im *store.Import) (s settlement, err error) {
	all, err := d.db.Remediations(ctx, store.ClosingQuery{Source: im.Source})
	if err != nil || len(all) == 0 {
		return s, err
	}
	if im.Rows == 0 && im.ImportReport.Accounts == 0 {
		return s, nil
	}
	newest, err := d.db.LatestImport(ctx, im.Source, true)
	if err == nil && newest.ID > im.ID {
		return s, nil
	}
	if err != nil && review.KindOf(err) != review.KindNotFound {
		return s, err
	}
	res := &review.Settled{}
	why := tallies{}
	for i := range all {
		r := &all[i]
		key, err := d.db.GrantOf(ctx, r.ID)
		if err != nil {
			return s, err
		}
		hash, err := ledger.ParseSHA(string(key))
		if err != nil {
			return s, internal("a revoke names no grant", err)
		}
		present, err := d.db.HasGrant(ctx, im.ID, hash)
		if err != nil {
			return s, err
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
		s.acts = append(s.acts, store.StagedAct{Act: review.ActRemediation, Campaign: r.Campaign, Item: r.Item, Ref: r.ID, What: word, At: d.Now()})
		s.proofs = append(s.proofs, remedy{State: word, ClaimDraft: review.ClaimDraft{Ticket: r.Ticket}})
	}
	for _, x := range why.exclusions() {
		if res.Why != "" {
			res.Why += "; "
		}
		res.Why += fmt.Sprintf("%d: %s", x.Count, x.Reason)
	}
	s.report = res
	return s, nil
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
