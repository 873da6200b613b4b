package store

import (
	"context"
	"database/sql"
	"slices"

	"tickmark/review"
)

// WorkItemIDs lists the revokes in force that are work items of their own, oldest first: of each access that a campaign
// revoked, the first decision.
func (db *DB) WorkItemIDs(ctx context.Context) ([]review.EntryIndex, error) {
	ids, err := int64s(ctx, db.r, "SELECT d.idx FROM decisions AS d WHERE "+workItem+" ORDER BY d.idx")
	return entryIndexes(ids), wrap(err)
}

// workItem holds of a decision d that WorkItemIDs lists.
const workItem = `d.superseded_by IS NULL AND d.verdict = 2 AND NOT EXISTS (SELECT 1 FROM decisions AS x
	WHERE x.grant_key = d.grant_key AND x.idx < d.idx AND x.item >> 32 = d.item >> 32 AND x.superseded_by IS NULL AND x.verdict = 2)`

// sameAccess lists the revokes in force of the accesses that some are about, in the same campaigns.
const sameAccess = `SELECT DISTINCT x.idx FROM json_each(?) AS j CROSS JOIN decisions AS d ON d.idx = j.value CROSS JOIN decisions AS x ON x.grant_key = d.grant_key
	WHERE x.item >> 32 = d.item >> 32 AND x.superseded_by IS NULL AND x.verdict = 2 ORDER BY x.idx`

// Remediations lists revokes in force, each decision by itself (review.FoldRevokes makes work items of them), oldest first:
// State is the last recorded one, open if none; Days 0 and Overdue false are the caller's. Owner is who answers for the item.
// Staged names an unsigned record.
func (db *DB) Remediations(ctx context.Context, cq ClosingQuery) ([]review.Remediation, error) {
	list := []review.Remediation{}
	err := db.snapshot(ctx, func(q querier) error {
		ids, err := closingIDs(ctx, q, review.Revoke, cq)
		if err == nil && cq.Whole {
			ids, err = int64s(ctx, q, sameAccess, jsonInts(ids))
		}
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(ids, closingChunk) {
			if list, err = revokes(ctx, q, list, chunk, cq.Open); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// revokes adds the revokes of a chunk to a list.
func revokes(ctx context.Context, q querier, list []review.Remediation, ids []int64, open bool) ([]review.Remediation, error) {
	rows, err := closing(ctx, q, review.Revoke, ids)
	if err != nil {
		return nil, err
	}
	history, err := remediations(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	staged, err := actsUnsigned(ctx, q, review.ActRemediation, ids)
	if err != nil {
		return nil, err
	}
	later, err := laterAnswers(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		m := review.Remediation{ID: review.EntryIndex(r.idx), Item: review.ItemID(hashOf(r.hash).String()), Grant: review.GrantKey(hashOf(r.grantKey).String()), Campaign: review.CampaignID(r.campaign),
			State: review.RevokeOpen, Identity: r.identity, Name: r.name, System: r.system, Source: review.SourceID(r.source), Account: r.account, Entitlement: r.entitlement, EntName: r.entName,
			Resource: r.resource, Replace: r.replace, Effective: r.effective, Reason: r.reason, Reviewer: review.Principal(r.reviewer), Owner: r.itemOwner,
			Decided: instant(r.at), Since: instant(r.at), Staged: staged[r.idx].word, Acts: staged[r.idx].ids, Superseded: later[r.idx]}
		for _, h := range history[r.idx] {
			m.State, m.Since, m.VerifiedBy, m.Recorded = h.state, instant(h.at), h.imported, h.idx
			m.EverGone = m.EverGone || h.state == review.VerifiedGone
			if h.state == review.ClaimedDone {
				m.Ticket, m.ClaimedBy, m.Claimed = h.ticket, review.Principal(h.manager), h.done
			}
			if h.note != "" {
				m.Notes = append(m.Notes, h.note)
			}
		}
		if open && m.State == review.VerifiedGone {
			continue
		}
		list = append(list, m)
	}
	return list, nil
}

// laterAnswers gives, for revokes in force, the first decision in force of a later campaign that let the same access stay. A
// campaign of which a stage revokes it does not (rulings 23).
func laterAnswers(ctx context.Context, q querier, ids []int64) (map[int64]*review.LaterAnswer, error) {
	out := map[int64]*review.LaterAnswer{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var idx, verdict, at int64
		a := &review.LaterAnswer{}
		err := scan(&idx, &a.Decision, &a.Campaign, &verdict, &a.Reviewer, &a.Reason, &at)
		a.Verdict, a.Time = verdicts().word(verdict), instant(at)
		if out[idx] == nil {
			out[idx] = a
		}
		return err
	}, `SELECT d.idx, l.idx, s.campaign, l.verdict, l.reviewer, l.reason, s.time FROM json_each(?) AS j CROSS JOIN decisions AS d ON d.idx = j.value CROSS JOIN decisions AS l ON `+laterAnswer+`
		JOIN statements AS s ON s.idx = l.bundle WHERE d.superseded_by IS NULL AND d.verdict = 2 ORDER BY d.idx, l.idx`, jsonInts(ids))
	return out, err
}

// laterAnswer holds of a decision l that lets access stay which the earlier d of another campaign is about.
const laterAnswer = `l.grant_key = d.grant_key AND l.idx > d.idx AND l.superseded_by IS NULL AND l.verdict IN (1, 3) AND l.item >> 32 <> d.item >> 32
	AND NOT EXISTS (SELECT 1 FROM decisions AS x WHERE x.grant_key = l.grant_key AND x.item >> 32 = l.item >> 32 AND x.superseded_by IS NULL AND x.verdict = 2)`

type remediationRow struct {
	idx                         review.EntryIndex
	state                       review.RemediationState
	ticket, done, note, manager string
	imported                    review.ImportID
	at                          int64
}

// remediations reads the remediation records of revokes, in order.
func remediations(ctx context.Context, q querier, ids []int64) (map[int64][]remediationRow, error) {
	out := map[int64][]remediationRow{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var decision int64
		var state string
		var r remediationRow
		var done, imported sql.NullInt64
		if err := scan(&r.idx, &decision, &state, &r.ticket, &done, &imported, &r.note, &r.manager, &r.at); err != nil {
			return err
		}
		r.state, r.imported = remediationState(state), review.ImportID(imported.Int64)
		if done.Valid {
			r.done = instant(done.Int64).Format("2006-01-02T15:04:05Z")
		}
		out[decision] = append(out[decision], r)
		return nil
	}, `SELECT r.idx, r.decision, r.state, r.ticket, r.done, m.id, r.note, r.manager, s.time
		FROM json_each(?) AS j CROSS JOIN remediations AS r ON r.decision = j.value JOIN statements AS s ON s.idx = r.bundle LEFT JOIN imports AS m ON m.entry = r.import ORDER BY r.idx`, jsonInts(ids))
	return out, err
}
