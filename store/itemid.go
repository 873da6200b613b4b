package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// An item's id is not stored: it is the hash of log, campaign, stage and grant key, and the grant key that of native ids,
// so it is computed where it is shown and checked where it is looked up.

const itemHashQuery = `SELECT p.log, p.campaign, i.stage, i.grant_kind, m.source, a.native_id, e.native_id, r.native_id, t.text
	FROM items i
	JOIN populations p ON p.id = i.population
	JOIN grants g ON g.id = i.grant
	JOIN imports m ON m.id = g.id >> 32
	JOIN accounts a ON a.id = (g.id >> 32 << 32) + g.account
	LEFT JOIN entitlements e ON e.id = (g.id >> 32 << 32) + g.entitlement
	LEFT JOIN resources r ON r.id = (g.id >> 32 << 32) + g.resource
	LEFT JOIN terms t ON t.id = (g.id >> 32 << 32) + g.path
	WHERE i.id = ?`

func itemHash(row scanner) (ledger.Hash, error) {
	var log, campaign, source, account string
	var stage, kind int64
	var entitlement, resource, path sql.NullString
	if err := row.Scan(&log, &campaign, &stage, &kind, &source, &account, &entitlement, &resource, &path); err != nil {
		return ledger.Hash{}, err
	}
	key := ledger.GrantKey(grantKinds().word(kind), source, account, entitlement.String, resource.String, path.String)
	return ledger.ItemID(log, campaign, stage, key), nil
}

func (tx *Tx) itemHash(item int64) (ledger.Hash, error) { return itemHash(tx.row(itemHashQuery, item)) }

// itemsByPrefix gives the launched items whose id starts as the hex digits do, at most limit of them.
func itemsByPrefix(ctx context.Context, q querier, prefix string, limit int) (items []int64, ids []ledger.Hash, err error) {
	var from, to ledger.Hash
	for i := range to {
		to[i] = 0xff
	}
	for i, h := range []*ledger.Hash{&from, &to} {
		fill := "0"
		if i == 1 {
			fill = "f"
		}
		b, err := hex.DecodeString(prefix + strings.Repeat(fill, 64-len(prefix)))
		if err != nil {
			return nil, nil, err
		}
		copy(h[:], b)
	}
	var found []int64
	err = each(ctx, q, func(scan func(...any) error) error {
		var item int64
		err := scan(&item)
		found = append(found, item)
		return err
	}, "SELECT d.item FROM item_ids d JOIN populations p ON p.id = d.item >> 32 WHERE d.id BETWEEN ? AND ? AND p.state = 2 ORDER BY d.id LIMIT 1000",
		itemIDKey(from), itemIDKey(to))
	if err != nil {
		return nil, nil, err
	}
	for _, item := range found {
		h, err := itemHash(q.QueryRowContext(ctx, itemHashQuery, item))
		if err != nil {
			return nil, nil, err
		}
		if strings.HasPrefix(hexOf(h), prefix) && len(items) < limit {
			items, ids = append(items, item), append(ids, h)
		}
	}
	return items, ids, nil
}

func hexOf(h ledger.Hash) string { return hex.EncodeToString(h[:]) }

// findItem finds a launched item by its id; 0 if there is none.
func (tx *Tx) findItem(id ledger.Hash) (int64, error) {
	var found []int64
	s, err := tx.stmt("SELECT d.item FROM item_ids d JOIN populations p ON p.id = d.item >> 32 WHERE d.id = ? AND p.state = 2")
	if err != nil {
		return 0, err
	}
	rows, err := s.QueryContext(tx.ctx, itemIDKey(id))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		var item int64
		if err := rows.Scan(&item); err != nil {
			rows.Close()
			return 0, err
		}
		found = append(found, item)
	}
	if err := rows.Close(); err != nil {
		return 0, err
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, item := range found {
		h, err := tx.itemHash(item)
		if err != nil {
			return 0, err
		}
		if h == id {
			return item, nil
		}
	}
	return 0, nil
}

// itemOf finds a launched item by its full id; not-found.
func itemOf(ctx context.Context, q querier, id review.ItemID) (int64, error) {
	h, err := parseItemID(id)
	if err != nil {
		return 0, err
	}
	items, _, err := itemsByPrefix(ctx, q, hexOf(h), 1)
	if err != nil {
		return 0, wrap(err)
	}
	if len(items) == 0 {
		return 0, noItem(id)
	}
	return items[0], nil
}

// itemsOf is itemOf for many, in their order; not-found names the first that is missing. It goes by the first 8 bytes of
// an id: whoever has the items compares the hashes, which [DB.Record] does.
func itemsOf(ctx context.Context, q querier, ids []review.ItemID) (items []int64, hashes []ledger.Hash, err error) {
	items, hashes = make([]int64, len(ids)), make([]ledger.Hash, len(ids))
	keys := make([]int64, len(ids))
	for i, id := range ids {
		if hashes[i], err = parseItemID(id); err != nil {
			return nil, nil, err
		}
		keys[i] = itemIDKey(hashes[i])
	}
	found := map[int64]int64{}
	var shared []int64 // keys of more than one item
	err = each(ctx, q, func(scan func(...any) error) error {
		var key, item int64
		err := scan(&key, &item)
		if _, ok := found[key]; ok {
			shared = append(shared, key)
		}
		found[key] = item
		return err
	}, `SELECT d.id, d.item FROM item_ids d JOIN populations p ON p.id = d.item >> 32
		WHERE d.id IN (SELECT value FROM json_each(?)) AND p.state = 2`, jsonInts(keys))
	if err != nil {
		return nil, nil, wrap(err)
	}
	for i, id := range ids {
		item, ok := found[keys[i]]
		if !ok {
			return nil, nil, noItem(id)
		}
		if slices.Contains(shared, keys[i]) {
			if item, err = itemOf(ctx, q, id); err != nil {
				return nil, nil, err
			}
		}
		items[i] = item
	}
	return items, hashes, nil
}

func noItem(id review.ItemID) error {
	return notFound("there is no item %s", review.Quote(id.Short())).WithHint("tickmark items lists them")
}

// populationOf gives the number of a launched campaign; not-found.
func populationOf(ctx context.Context, q querier, c review.CampaignID) (int64, error) {
	var id int64
	err := q.QueryRowContext(ctx, "SELECT id FROM populations WHERE campaign = ? AND state = 2", c).Scan(&id)
	if isNoRows(err) {
		return 0, notFound("no campaign %s was launched", review.Quote(string(c))).WithHint("tickmark campaign list shows what there is")
	}
	return id, wrap(err)
}

// Resolve finds an item id by a unique prefix of at least 8 hex digits, with or without "sha256:"; usage for a shorter
// one, not-found, conflict when several match. c narrows the search; empty: all campaigns.
func (db *DB) Resolve(ctx context.Context, c review.CampaignID, prefix string) (review.ItemID, error) {
	const least = 8
	digits := strings.ToLower(strings.TrimPrefix(prefix, "sha256:"))
	if len(digits) < least || len(digits) > 64 || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", review.Errorf(review.KindUsage, "%s is no item id", review.Quote(prefix)).
			WithHint("give at least the first %d hex digits of an id that tickmark items shows", least)
	}
	population := int64(0)
	if c != "" {
		var err error
		if population, err = populationOf(ctx, db.r, c); err != nil {
			return "", err
		}
	}
	items, ids, err := itemsByPrefix(ctx, db.r, digits, 1000)
	if err != nil {
		return "", wrap(err)
	}
	var found []review.ItemID
	for i, item := range items {
		if population == 0 || item>>32 == population {
			found = append(found, review.ItemID(ids[i].String()))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", notFound("there is no item %s", review.Quote(digits)).WithHint("tickmark items lists them")
	}
	return "", review.Errorf(review.KindConflict, "%d items start with %s", len(found), digits).WithHint("give more digits")
}

func saltText(b []byte) string { return hex.EncodeToString(b) }
