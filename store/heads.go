package store

import (
	"context"

	"tickmark/ledger"
)

// Head is size and root of the ledger as this transaction leaves them.
func (tx *Tx) Head() (ledger.Head, error) {
	var size int64
	var root []byte
	err := tx.row("SELECT size, root FROM head").Scan(&size, &root)
	if isNoRows(err) {
		return new(ledger.Tree).Head(), nil
	}
	return ledger.Head{Size: size, Root: hashOf(root)}, wrap(err)
}

// EntriesOf calls fn for the entries of a kind in order. It reads the whole ledger, so it is for kinds of which there are
// few and for people who asked.
func (db *DB) EntriesOf(ctx context.Context, kind ledger.Kind, fn func(Entry) error) error {
	return each(ctx, db.r, func(scan func(...any) error) error {
		e, err := scanEntry(scan)
		if err != nil {
			return err
		}
		return fn(e)
	}, entryQuery+"WHERE e.kind = ? ORDER BY e.idx", string(kind))
}
