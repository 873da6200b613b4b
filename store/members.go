package store

import (
	"context"
	"database/sql"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// populationText is what member and assignment texts say of an item.
type populationText struct {
	hash, key            ledger.Hash
	entry, row           int64
	reviewer, basis      string
	memberSalt, asgnSalt []byte
}

// texts calls fn with every item in order, in pages.
func (p *population) texts(ctx context.Context, fn func(*populationText) error) error {
	for last, end := p.base(), p.base()+1<<32; ; {
		n := 0
		var page []populationText
		var reviewers []int64
		err := each(ctx, p.db.r, func(scan func(...any) error) error {
			var t populationText
			var id, stage, kind, grant, reviewer, basis int64
			var source, account string
			var entitlement, resource, path sql.NullString
			if err := scan(&id, &stage, &kind, &grant, &reviewer, &basis, &t.memberSalt, &t.asgnSalt, &t.entry, &source, &account, &entitlement, &resource, &path); err != nil {
				return err
			}
			t.row, t.basis = grant&0xffffffff, bases().word(basis)
			t.key = ledger.GrantKey(grantKinds().word(kind), source, account, entitlement.String, resource.String, path.String)
			t.hash = ledger.ItemID(p.log, string(p.campaign), stage, t.key)
			page, reviewers = append(page, t), append(reviewers, reviewer)
			last = id
			n++
			return nil
		}, `SELECT i.id, i.stage, i.grant_kind, i.grant, i.reviewer, i.basis, i.member_salt, i.assignment_salt, coalesce(m.entry, 0), m.source,
				a.native_id, e.native_id, r.native_id, t.text
			FROM items i JOIN grants g ON g.id = i.grant JOIN imports m ON m.id = g.id >> 32
			JOIN accounts a ON a.id = (g.id >> 32 << 32) + g.account
			LEFT JOIN entitlements e ON e.id = (g.id >> 32 << 32) + g.entitlement
			LEFT JOIN resources r ON r.id = (g.id >> 32 << 32) + g.resource
			LEFT JOIN terms t ON t.id = (g.id >> 32 << 32) + g.path
			WHERE i.id > ? AND i.id < ? ORDER BY i.id LIMIT ?`, last, end, readPage)
		if err != nil {
			return err
		}
		if err := p.load(ctx, p.db.r, reviewers); err != nil {
			return err
		}
		for i := range page {
			page[i].reviewer = p.word(reviewers[i])
			if err := fn(&page[i]); err != nil {
				return err
			}
		}
		if n < readPage {
			return nil
		}
	}
}

// Members calls fn with the member text of every item in order (ledger.md 3.4).
func (db *DB) Members(ctx context.Context, c review.CampaignID, fn func(*ledger.Member) error) error {
	p, err := db.population(ctx, c)
	if err != nil {
		return err
	}
	return p.texts(ctx, func(t *populationText) error {
		return fn(&ledger.Member{Log: p.log, Campaign: string(c), Item: t.hash, Grant: t.key, Import: t.entry, Row: t.row, Salt: saltText(t.memberSalt)})
	})
}

// Assignments calls fn with the assignment text of every item in order (ledger.md 3.4).
func (db *DB) Assignments(ctx context.Context, c review.CampaignID, fn func(*ledger.Assignment) error) error {
	p, err := db.population(ctx, c)
	if err != nil {
		return err
	}
	return p.texts(ctx, func(t *populationText) error {
		return fn(&ledger.Assignment{Log: p.log, Campaign: string(c), Item: t.hash, Reviewer: t.reviewer, Basis: t.basis, Salt: saltText(t.asgnSalt)})
	})
}

// Delegation is a reassignment with an end that still holds (rulings 26).
type Delegation struct {
	Index    review.EntryIndex
	Campaign review.CampaignID
	Item     review.ItemID
	From, To review.Principal
	Until    string // YYYY-MM-DD
	Reason   string
}

// Reassignments gives the signed changes of who decides an item, oldest first.
func (db *DB) Reassignments(ctx context.Context, id review.ItemID) ([]review.Reassignment, error) {
	item, err := itemOf(ctx, db.r, id)
	if err != nil {
		return nil, err
	}
	var list []review.Reassignment
	err = each(ctx, db.r, func(scan func(...any) error) error {
		var r review.Reassignment
		err := scan(&r.From, &r.To, &r.Until, &r.Reason, &r.By)
		list = append(list, r)
		return err
	}, "SELECT giver, taker, until, reason, manager FROM reassignments WHERE item = ? ORDER BY idx", item)
	return list, err
}

// Delegations lists reassignments with an end on or before a day whose taker still decides an item without a judgement in
// force, oldest first.
func (db *DB) Delegations(ctx context.Context, day time.Time) ([]Delegation, error) {
	var list []Delegation
	var items []int64
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var d Delegation
		var item int64
		err := scan(&d.Index, &item, &d.From, &d.To, &d.Until, &d.Reason, &d.Campaign)
		list, items = append(list, d), append(items, item)
		return err
	}, `SELECT r.idx, r.item, r.giver, r.taker, r.until, r.reason, p.campaign FROM reassignments r
		JOIN item_now n ON n.id = r.item JOIN words w ON w.id = (n.population << 32) + n.reviewer JOIN populations p ON p.id = n.population
		WHERE r.until <> '' AND r.until <= ? AND w.text = r.taker
		AND (n.decision IS NULL OR (SELECT verdict FROM decisions WHERE idx = n.decision) = ?)
		AND r.idx = (SELECT max(idx) FROM reassignments WHERE item = r.item) ORDER BY r.idx`, day.UTC().Format(time.DateOnly), verdicts().code(review.Abstain))
	if err != nil {
		return nil, err
	}
	for i, item := range items {
		h, err := itemHash(db.r.QueryRowContext(ctx, itemHashQuery, item))
		if err != nil {
			return nil, wrap(err)
		}
		list[i].Item = review.ItemID(h.String())
	}
	return list, nil
}
