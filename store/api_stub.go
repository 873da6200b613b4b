package store

import (
	"context"

	"tickmark/review"
)

var errBody = review.Errorf(review.KindInternal, "not written yet")

// Rebuild computes the projection from ledger and documents and compares it with the stored one; with apply it replaces it.
func (db *DB) Rebuild(ctx context.Context, apply bool) (Rebuilt, error) { return Rebuilt{}, errBody }
