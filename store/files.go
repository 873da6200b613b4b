package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// PutFile keeps bytes under their hash; the same bytes are kept once.
func (tx *Tx) PutFile(b []byte) (ledger.Hash, error) {
	h := ledger.Sum(b)
	if b == nil {
		b = []byte{}
	}
	_, err := tx.exec("INSERT INTO files (hash, bytes) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING", h[:], b)
	return h, wrap(err)
}

// PutFile is Tx.PutFile in a transaction of its own.
func (db *DB) PutFile(ctx context.Context, b []byte) (h ledger.Hash, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		h, err = tx.PutFile(b)
		return err
	})
	return h, err
}

// File gives the bytes with a hash; not-found where they are not kept, io where they no longer have it.
func (db *DB) File(ctx context.Context, h ledger.Hash) ([]byte, error) {
	var b []byte
	err := db.r.QueryRowContext(ctx, "SELECT bytes FROM files WHERE hash = ?", h[:]).Scan(&b)
	if isNoRows(err) {
		return nil, notFound("no file with the hash %s is kept here", h)
	}
	if err != nil {
		return nil, wrap(err)
	}
	if ledger.Sum(b) != h {
		return nil, review.Errorf(review.KindIO, "the file with the hash %s was changed in the database", h).
			WithHint("restore the database from a copy; tickmark verify says what else is affected")
	}
	return b, nil
}
