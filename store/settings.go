package store

import (
	"context"
	"encoding/json"

	"tickmark/ledger"
	"tickmark/review"
)

// Setting gives a person's preference, or with "" one of the database; empty if it was never set.
func (db *DB) Setting(ctx context.Context, p review.Principal, name string) (string, error) {
	var value string
	err := db.r.QueryRowContext(ctx, "SELECT value FROM settings WHERE principal = ? AND name = ?", p, name).Scan(&value)
	if isNoRows(err) {
		return "", nil
	}
	return value, wrap(err)
}

// SetSetting keeps a person's preference; an empty value forgets it.
func (db *DB) SetSetting(ctx context.Context, p review.Principal, name, value string) error {
	return db.Write(ctx, func(tx *Tx) error { return tx.SetSetting(p, name, value) })
}

// SetSetting is DB.SetSetting within a transaction.
func (tx *Tx) SetSetting(p review.Principal, name, value string) error {
	var err error
	if value == "" {
		_, err = tx.exec("DELETE FROM settings WHERE principal = ? AND name = ?", p, name)
	} else {
		_, err = tx.exec("INSERT INTO settings (principal, name, value) VALUES (?, ?, ?) ON CONFLICT (principal, name) DO UPDATE SET value = excluded.value", p, name, value)
	}
	return wrap(err)
}

// Settings gives all preferences of a person.
func (db *DB) Settings(ctx context.Context, p review.Principal) (map[string]string, error) {
	all := map[string]string{}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var name, value string
		err := scan(&name, &value)
		all[name] = value
		return err
	}, "SELECT name, value FROM settings WHERE principal = ?", p)
	return all, err
}

// PutReceipt keeps a receipt for its signer.
func (tx *Tx) PutReceipt(p review.Principal, r review.Receipt) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO receipts (principal, data) VALUES (?, ?)", p, string(data))
	return wrap(err)
}

// Receipts lists a person's receipts ("" for all), newest first.
func (db *DB) Receipts(ctx context.Context, p review.Principal) ([]review.Receipt, error) {
	var list []review.Receipt
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var data string
		if err := scan(&data); err != nil {
			return err
		}
		var r review.Receipt
		err := json.Unmarshal([]byte(data), &r)
		list = append(list, r)
		return err
	}, "SELECT data FROM receipts WHERE ?1 = '' OR principal = ?1 ORDER BY id DESC", p)
	return list, err
}

// SeenHead gives the newest head a person has seen here; size 0: none.
func (db *DB) SeenHead(ctx context.Context, p review.Principal) (SeenHead, error) {
	var s SeenHead
	var root []byte
	var at int64
	err := db.r.QueryRowContext(ctx, "SELECT size, root, at FROM seen WHERE principal = ?", p).Scan(&s.Head.Size, &root, &at)
	if isNoRows(err) {
		return SeenHead{}, nil
	}
	s.Head.Root, s.At = hashOf(root), instant(at)
	return s, wrap(err)
}

// PutSeenHead records that a person has seen a head; an older one than recorded is ignored.
func (db *DB) PutSeenHead(ctx context.Context, p review.Principal, h ledger.Head) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO seen (principal, size, root, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (principal) DO UPDATE SET size = excluded.size, root = excluded.root, at = excluded.at WHERE excluded.size > size`,
			p, h.Size, h.Root[:], tx.db.opt.Now().Unix())
		return err
	})
}
