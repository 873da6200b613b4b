package store

import (
	"bytes"
	"context"
	"encoding/json"

	"tickmark/review"
)

// PutFreeze keeps a detached bundle; the person's earlier one is replaced and can no longer be submitted.
func (db *DB) PutFreeze(ctx context.Context, f Freeze) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.exec("DELETE FROM freezes WHERE by = ?", f.By); err != nil {
			return err
		}
		if _, err := tx.exec("INSERT INTO freezes (by, statement, data, void) VALUES (?, ?, ?, '')", f.By, f.Statement, string(data)); err != nil {
			return err
		}
		for _, id := range f.Items {
			item, _, err := tx.itemByID(id)
			if err != nil {
				return err
			}
			if _, err := tx.exec("INSERT INTO frozen (by, item, act) VALUES (?, ?, NULL)", f.By, item); err != nil {
				return err
			}
		}
		for _, act := range f.Acts {
			if _, err := tx.exec("INSERT INTO frozen (by, item, act) VALUES (?, NULL, ?)", f.By, act); err != nil {
				return err
			}
		}
		return nil
	})
}

// FreezeOf gives a person's detached bundle, void ones included; not-found.
func (db *DB) FreezeOf(ctx context.Context, by review.Principal) (Freeze, error) {
	var f Freeze
	var data string
	var void string
	err := db.r.QueryRowContext(ctx, "SELECT data, void FROM freezes WHERE by = ?", by).Scan(&data, &void)
	if isNoRows(err) {
		return f, notFound("nothing is waiting for a signature made elsewhere").WithHint("tickmark sign --detached FILE writes what is to be signed")
	}
	if err != nil {
		return f, wrap(err)
	}
	if err := json.Unmarshal([]byte(data), &f); err != nil {
		return f, review.Errorf(review.KindIO, "the detached bundle is damaged: %w", err).WithHint("write it anew with tickmark sign --detached FILE")
	}
	f.Void = void
	return f, nil
}

// DropFreeze forgets a person's detached bundle.
func (db *DB) DropFreeze(ctx context.Context, by review.Principal) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec("DELETE FROM freezes WHERE by = ?", by)
		return err
	})
}

// TakeFreeze deletes a person's detached bundle as it is submitted; conflict if it is void or another one.
func (tx *Tx) TakeFreeze(f Freeze) error {
	var statement []byte
	var void string
	err := tx.row("SELECT statement, void FROM freezes WHERE by = ?", f.By).Scan(&statement, &void)
	if isNoRows(err) || err == nil && !bytes.Equal(statement, f.Statement) {
		return conflict("this is not the statement that waits for a signature").WithReason("detached")
	}
	if err != nil {
		return wrap(err)
	}
	if void != "" {
		return conflict("the statement can no longer be submitted: %s", void).WithReason("detached")
	}
	_, err = tx.exec("DELETE FROM freezes WHERE by = ?", f.By)
	return wrap(err)
}

// voidFreeze makes a person's detached bundle unusable (rulings 18).
func (tx *Tx) voidFreeze(by, why string) error {
	_, err := tx.exec("UPDATE freezes SET void = ? WHERE by = ? AND void = ''", why, by)
	return err
}

// touchFrozen voids a person's detached bundle if it covers the item or act that is being changed. It gives voided, or
// true if it did.
func (tx *Tx) touchFrozen(by review.Principal, item, act int64, voided bool) (bool, error) {
	n, err := tx.change(`UPDATE freezes SET void = 'one of its records was changed since' WHERE by = ?1 AND void = ''
		AND EXISTS (SELECT 1 FROM frozen WHERE by = ?1 AND (item = ?2 AND ?2 <> 0 OR act = ?3 AND ?3 <> 0))`, by, item, act)
	return voided || n > 0, err
}
