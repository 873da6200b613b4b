package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// lastDecisions gives the last decision on the grants of an import by row; row 0: of all rows.
func (db *DB) lastDecisions(ctx context.Context, id review.ImportID, row int64) (map[int64]*Decided, error) {
	last := map[int64]*Decided{}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		d := new(Decided)
		var row, verdict, at int64
		var state sql.NullString
		if err := scan(&row, &d.Index, &d.Campaign, &verdict, &d.Reviewer, &at, &state); err != nil {
			return err
		}
		d.Verdict, d.Time = verdicts().word(verdict), instant(at)
		if d.Verdict == review.Revoke {
			d.Remediation = remediationState(state.String)
		}
		last[row] = d
		return nil
	}, `SELECT k.row, d.idx, s.campaign, d.verdict, d.reviewer, s.time,
			(SELECT state FROM remediations WHERE decision = d.idx ORDER BY idx DESC LIMIT 1)
		FROM decisions d CROSS JOIN grant_keys k CROSS JOIN statements s
		WHERE k.import = ?1 AND k.key = substr(d.grant_key, 1, 16) AND (?2 = 0 OR k.row = ?2) AND s.idx = d.bundle ORDER BY d.idx`, id, row)
	return last, err
}

// remediationState translates the ledger's word (rulings 25).
func remediationState(word string) review.RemediationState {
	switch word {
	case "claimed":
		return review.ClaimedDone
	case "gone":
		return review.VerifiedGone
	case "still-present":
		return review.StillPresent
	case "came-back":
		return review.Returned
	}
	return review.RevokeOpen
}

// beforeIndex finds the rows of an import in an earlier campaign's population.
type beforeIndex struct {
	log      string
	campaign string
	rows     []struct {
		was           bool
		changed, used bool
	}
	olds    []oldRow // of the changed rows, in order of the new ones
	readers map[review.ImportID]*importReader
	old     map[int64]*GrantRow // read ahead, by new row
}

// oldRow says which row of which import a changed row was at the earlier campaign.
type oldRow struct {
	now, was int64
	in       review.ImportID
}

func (db *DB) beforeIndex(ctx context.Context, r *importReader, c review.CampaignID) (*beforeIndex, error) {
	b := &beforeIndex{log: r.log, campaign: string(c)}
	var rows int64
	if err := db.r.QueryRowContext(ctx, "SELECT rows FROM imports WHERE id = ?", r.id).Scan(&rows); err != nil {
		return nil, wrap(err)
	}
	b.rows = make([]struct{ was, changed, used bool }, rows+1)
	population, err := populationOf(ctx, db.r, c)
	if err != nil {
		return nil, err
	}
	earlier := map[int64][]uint64{} // rows in the population, one bit each, by import
	err = each(ctx, db.r, func(scan func(...any) error) error {
		var grant int64
		if err := scan(&grant); err != nil {
			return err
		}
		set, row := earlier[grant>>32], grant&0xffffffff
		for int64(len(set)) <= row/64 {
			set = append(set, 0)
		}
		set[row/64] |= 1 << (row % 64)
		earlier[grant>>32] = set
		return nil
	}, "SELECT i.grant FROM items i JOIN imports m ON m.id = i.grant >> 32 WHERE i.population = ? AND i.stage = 1 AND m.source = ?", population, r.source)
	if err != nil {
		return nil, err
	}
	for imp, set := range earlier {
		err := each(ctx, db.r, func(scan func(...any) error) error {
			var row, old, shape, oldShape int64
			if err := scan(&row, &old, &shape, &oldShape); err != nil {
				return err
			}
			if old/64 >= int64(len(set)) || set[old/64]>>(old%64)&1 == 0 || row >= int64(len(b.rows)) {
				return nil
			}
			at := &b.rows[row]
			at.was, at.changed, at.used = true, shape>>32 != oldShape>>32, uint32(shape) != uint32(oldShape)
			if at.changed {
				b.olds = append(b.olds, oldRow{row, old, review.ImportID(imp)})
			}
			return nil
		}, `SELECT n.row, o.row, n.shape, o.shape FROM grant_keys o CROSS JOIN grant_keys n WHERE o.import = ? AND n.import = ? AND n.key = o.key`, imp, r.id)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(b.olds, func(x, y oldRow) int { return cmp.Compare(x.now, y.now) })
	b.readers = map[review.ImportID]*importReader{}
	for _, o := range b.olds {
		if b.readers[o.in] != nil {
			continue
		}
		if b.readers[o.in], err = db.importReader(ctx, o.in); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// of says what a row was at the earlier campaign. Rows are asked for in order.
func (b *beforeIndex) of(ctx context.Context, row *GrantRow) (*Before, error) {
	if b == nil || !b.rows[row.Row].was {
		return nil, nil
	}
	at := b.rows[row.Row]
	out := &Before{Item: review.ItemID(ledger.ItemID(b.log, b.campaign, 1, row.Key).String()), Changed: at.changed, Used: at.used}
	if !at.changed {
		return out, nil
	}
	if b.old[row.Row] == nil {
		if err := b.readAhead(ctx, row.Row); err != nil {
			return nil, err
		}
	}
	if was := b.old[row.Row]; was != nil {
		out.What = strings.Join(whatChangedCore(was, row), "; ")
	}
	return out, nil
}

// readAhead reads what the next changed rows, from one on, were.
func (b *beforeIndex) readAhead(ctx context.Context, from int64) error {
	first, _ := slices.BinarySearchFunc(b.olds, from, func(o oldRow, row int64) int { return cmp.Compare(o.now, row) })
	next := b.olds[first:min(first+readPage, len(b.olds))]
	b.old = make(map[int64]*GrantRow, len(next))
	byImport := map[review.ImportID][]int64{}
	nowOf := map[int64][]int64{} // by id of the old row
	for _, o := range next {
		id := int64(o.in)<<32 | o.was
		byImport[o.in] = append(byImport[o.in], id)
		nowOf[id] = append(nowOf[id], o.now)
	}
	for in, ids := range byImport {
		err := b.readers[in].grants(ctx, func(was *GrantRow, g *storedGrant) error {
			for _, now := range nowOf[g.id] {
				b.old[now] = was
			}
			return nil
		}, "id IN (SELECT value FROM json_each(?)) ORDER BY id", jsonInts(ids))
		if err != nil {
			return err
		}
	}
	return nil
}

// FindGrant finds the row of a grant in an import; 0 if it is not among them.
func (db *DB) FindGrant(ctx context.Context, id review.ImportID, key ledger.Hash) (int64, error) {
	var rows []int64
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		rows = append(rows, row)
		return err
	}, "SELECT row FROM grant_keys WHERE import = ? AND key = ?", id, key[:16])
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	r, err := db.importReader(ctx, id)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		g, err := r.one(ctx, row, func(*GrantRow, *storedGrant) {})
		if err != nil {
			return 0, err
		}
		if g.Key == key {
			return row, nil
		}
	}
	return 0, nil
}

// HasGrant reports whether a grant is among the rows of an import.
func (db *DB) HasGrant(ctx context.Context, id review.ImportID, key ledger.Hash) (bool, error) {
	row, err := db.FindGrant(ctx, id, key)
	return row != 0, err
}
