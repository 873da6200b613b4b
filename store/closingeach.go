package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"tickmark/review"
)

// What counts and places exceptions and revokes reads little of each, and keeps none: a review may hold 100,000 of both.
// Only reviews of several stages are read in full, because there one decision says nothing without the others.

// EachException calls do with every exception that Exceptions gives, in no order. Of most it tells only ID, Campaign, Source,
// Until, Owner, Control, Reviewer, Approver, Decided, Renewals, Superseded, State and Outcome. do must not read the database.
func (db *DB) EachException(ctx context.Context, do func(*review.Exception)) error {
	log, err := db.LogName(ctx)
	if err != nil {
		return err
	}
	return db.snapshot(ctx, func(q querier) error {
		several, staged, err := stagedPopulations(ctx, q)
		if err != nil {
			return err
		}
		err = each(ctx, q, func(scan func(...any) error) error {
			var e review.Exception
			var at int64
			var outcome, until, owner, control sql.NullString
			var superseded sql.NullInt64
			if err := scan(&e.ID, &e.Campaign, &e.Source, &e.Until, &e.Owner, &e.Control, &e.Reviewer, &at, &e.Renewals, &until, &owner, &control, &outcome, &superseded); err != nil {
				return err
			}
			e.Approver, e.Decided, e.Superseded = e.Reviewer, instant(at), review.EntryIndex(superseded.Int64)
			if e.Renewals > 0 {
				e.Until, e.Owner, e.Control = until.String, owner.String, control.String
			}
			if outcome.Valid {
				e.State, e.Outcome = review.Closed, outcome.String
			}
			do(&e)
			return nil
		}, `SELECT d.idx, s.campaign, o.more, d.until, d.owner, d.control, d.reviewer, s.time,
				(SELECT count(*) FROM closures WHERE exception = d.idx AND outcome = 'renewed'), r.until, r.owner, r.control,
				(SELECT max(outcome) FROM closures WHERE exception = d.idx AND outcome <> 'renewed'),
				CASE WHEN `+campaignsLaunched+` > 1 THEN (SELECT min(l.idx) FROM decisions AS l WHERE l.grant_key = d.grant_key AND l.idx > d.idx
					AND l.superseded_by IS NULL AND l.verdict <> ?2 AND l.item >> 32 <> d.item >> 32) END
			FROM decisions AS d JOIN statements AS s ON s.idx = d.bundle
			JOIN items AS i ON i.id = d.item JOIN words AS o ON o.id = (i.population << 32) + i.origin
			LEFT JOIN closures AS r ON r.idx = (SELECT max(idx) FROM closures WHERE exception = d.idx AND outcome = 'renewed')
			WHERE d.superseded_by IS NULL AND d.verdict = ?1 AND d.item >> 32 NOT IN (SELECT value FROM json_each(?3))`,
			verdicts().code(review.Except), verdicts().code(review.Abstain), staged)
		if err != nil || len(several) == 0 {
			return err
		}
		ids, err := int64s(ctx, q, inPopulations, verdicts().code(review.Except), staged)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(ids, closingChunk) {
			list, err := exceptions(ctx, q, log, nil, chunk, several, false)
			if err != nil {
				return err
			}
			for i := range list {
				do(&list[i])
			}
		}
		return nil
	})
}

// EachWorkItem calls do with every work item that Remediations and review.FoldRevokes make, in no order. Of most it tells only
// ID, Campaign, Source, Owner, Reviewer, Effective, Decided, State, Since and whether a later campaign let the access stay.
// do must not read the database.
func (db *DB) EachWorkItem(ctx context.Context, do func(*review.Remediation)) error {
	return db.snapshot(ctx, func(q querier) error {
		several, staged, err := stagedPopulations(ctx, q)
		if err != nil {
			return err
		}
		err = each(ctx, q, func(scan func(...any) error) error {
			m := review.Remediation{State: review.RevokeOpen}
			var at int64
			var state sql.NullString
			var since, later sql.NullInt64
			if err := scan(&m.ID, &m.Campaign, &m.Source, &m.Owner, &m.Reviewer, &m.Effective, &at, &state, &since, &later); err != nil {
				return err
			}
			m.Decided, m.Since = instant(at), instant(at)
			if state.Valid {
				m.State, m.Since = remediationState(state.String), instant(since.Int64)
			}
			if later.Valid {
				m.Superseded = &review.LaterAnswer{Decision: review.EntryIndex(later.Int64)}
			}
			do(&m)
			return nil
		}, `SELECT d.idx, s.campaign, o.more, ow.text, d.reviewer, d.effective, s.time, r.state, rs.time,
				CASE WHEN `+campaignsLaunched+` > 1 THEN (SELECT min(l.idx) FROM decisions AS l WHERE `+laterAnswer+`) END
			FROM decisions AS d JOIN statements AS s ON s.idx = d.bundle
			JOIN items AS i ON i.id = d.item JOIN words AS o ON o.id = (i.population << 32) + i.origin JOIN words AS ow ON ow.id = (i.population << 32) + i.owner
			LEFT JOIN remediations AS r ON r.idx = (SELECT max(idx) FROM remediations WHERE decision = d.idx) LEFT JOIN statements AS rs ON rs.idx = r.bundle
			WHERE d.superseded_by IS NULL AND d.verdict = ?1 AND d.item >> 32 NOT IN (SELECT value FROM json_each(?2))`,
			verdicts().code(review.Revoke), staged)
		if err != nil || len(several) == 0 {
			return err
		}
		ids, err := int64s(ctx, q, inPopulations, verdicts().code(review.Revoke), staged)
		if err != nil {
			return err
		}
		var list []review.Remediation // whole: an access may be revoked at the beginning and at the end
		for chunk := range slices.Chunk(ids, closingChunk) {
			if list, err = revokes(ctx, q, list, chunk, false); err != nil {
				return err
			}
		}
		list = review.FoldRevokes(list)
		for i := range list {
			do(&list[i])
		}
		return nil
	})
}

const campaignsLaunched = "(SELECT count(*) FROM populations WHERE state = 2)"

// inPopulations lists the decisions in force of a verdict in some populations.
const inPopulations = `SELECT d.idx FROM decisions AS d WHERE d.superseded_by IS NULL AND d.verdict = ?1 AND d.item >> 32 IN (SELECT value FROM json_each(?2)) ORDER BY d.idx`

// stagedPopulations are those of severalStages, and the same for json_each.
func stagedPopulations(ctx context.Context, q querier) (map[int64]bool, string, error) {
	several, err := severalStages(ctx, q)
	maps.DeleteFunc(several, func(_ int64, yes bool) bool { return !yes })
	return several, jsonInts(slices.Sorted(maps.Keys(several))), err
}
