package desk

import (
	"context"
	"fmt"
	"slices"

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
	if _, err := tx.StageActs("", fmt.Sprintf("%d revokes settled by import %d", len(s.acts), im.ID), s.acts, nil); err != nil {
		return err
	}
	report := im.ImportReport
	report.Settled = s.report
	return tx.UpdateImport(im.ID, report)
}

// settle lets an import prove what became of open revokes of its source (rulings 25). One that is signed after a later
// one of its source proves nothing, unless that one was exported earlier: the later one has. What earlier imports proved and nobody has signed yet is kept, so that
// access which went and came back between two signatures has its whole history.
func (d *Desk) settle(ctx context.Context, im *store.Import) (s settlement, err error) {
	all, err := d.db.Remediations(ctx, store.ClosingQuery{Source: im.Source})
	if err != nil || len(all) == 0 {
		return s, err
	}
	if im.Rows == 0 && im.ImportReport.Accounts == 0 {
		s.report = &review.Settled{NotSettled: int64(len(review.FoldRevokes(all))), Why: "the import holds no account and no grant, and proves nothing"}
		return s, nil
	}
	if late, err := d.overtaken(ctx, im); err != nil || late {
		return s, err
	}
	unsigned, err := d.unsignedProofs(ctx)
	if err != nil {
		return s, err
	}
	res := &review.Settled{}
	why := tallies{}
	counted := map[string]bool{} // accesses: a campaign that revoked one in several stages has it once
	for i := range all {
		r := &all[i]
		before := unsigned[r.ID]
		in, err := d.settling(ctx, im, r, before)
		if err != nil {
			return s, err
		}
		state, reason := review.SettleRevoke(in)
		if r.Superseded != nil && state != review.VerifiedGone {
			continue // a later campaign let it stay: that it is there is no news
		}
		access := string(r.Campaign) + " " + string(r.Grant)
		if state == "" {
			if reason != "" && !counted[access] {
				counted[access] = true
				res.NotSettled++
				why.add(reason)
			}
			continue
		}
		if !counted[access] {
			counted[access] = true
			switch state {
			case review.VerifiedGone:
				res.Gone++
			case review.StillPresent:
				res.StillPresent++
			case review.Returned:
				res.CameBack++
			}
		}
		word := ledgerWord(state)
		s.acts = append(s.acts, store.StagedAct{Act: review.ActRemediation, Campaign: r.Campaign, Item: r.Item, Ref: r.ID, What: word, At: d.Now()})
		s.proofs = append(s.proofs, remedy{State: word, ClaimDraft: review.ClaimDraft{Ticket: r.Ticket}, Earlier: before})
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

// overtaken reports whether an import of the source that was read later, and not exported earlier, is signed already.
func (d *Desk) overtaken(ctx context.Context, im *store.Import) (bool, error) {
	all, err := d.db.Imports(ctx)
	return slices.ContainsFunc(all, func(o store.Import) bool {
		return o.Source == im.Source && o.ID > im.ID && o.Entry != 0 && store.Supersedes(o.ExportedAt, im.ExportedAt)
	}), err
}

// unsignedProofs are what imports have shown of each revoke and no manager has signed yet, in the order of the imports.
func (d *Desk) unsignedProofs(ctx context.Context) (map[review.EntryIndex][]remedy, error) {
	acts, err := d.db.StagedActs(ctx, "", "", review.ActRemediation)
	if err != nil {
		return nil, err
	}
	out := map[review.EntryIndex][]remedy{}
	for _, a := range acts {
		if a.By != "" {
			continue
		}
		steps, err := remedySteps(&a)
		if err != nil {
			return nil, err
		}
		out[a.Ref] = steps
	}
	return out, nil
}

// settling is what an import knows of a revoke, after the proofs nobody has signed yet.
func (d *Desk) settling(ctx context.Context, im *store.Import, r *review.Remediation, before []remedy) (review.Settling, error) {
	in := review.Settling{Completeness: im.Completeness, Decided: r.Decided, Effective: r.Effective, State: r.State, EverGone: r.EverGone}
	var err error
	if in.Present, err = d.holds(ctx, im.ID, r.ID); err != nil {
		return in, err
	}
	if im.ExportedFrom == "flag" || im.ExportedFrom == "file" {
		in.Extracted = im.ExportedAt
	}
	if at, err := parseMoment(r.Claimed); err == nil {
		in.Claimed = at
	}
	if r.VerifiedBy != 0 {
		shown, err := d.db.Import(ctx, r.VerifiedBy)
		if err != nil {
			return in, err
		}
		in.Shown = shown.ExportedAt
	}
	for _, p := range before {
		in.State = remediationState(p.State)
		in.EverGone = in.EverGone || in.State == review.VerifiedGone
		shown, err := d.db.ImportByEntry(ctx, p.Import)
		if err != nil {
			return in, err
		}
		in.Shown = shown.ExportedAt
	}
	return in, nil
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

// remediationState is ledgerWord the other way.
func remediationState(word string) review.RemediationState {
	switch word {
	case "gone":
		return review.VerifiedGone
	case "claimed":
		return review.ClaimedDone
	}
	return review.RemediationState(word)
}
