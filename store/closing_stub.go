package store

import (
	"context"

	"tickmark/review"
)

// ClosingQuery narrows Exceptions and Remediations; the zero value is all.
type ClosingQuery struct {
	Campaign review.CampaignID
	Source   review.SourceID
	IDs      []review.EntryIndex
	Open     bool // only exceptions without a final closure, only revokes not gone
}

// Exceptions lists exception decisions in force, oldest first, from the ledger alone: State is Closed or empty, Approver the
// reviewer, Days 0; what depends on the time or the policy is the caller's. Staged names an unsigned closure.
func (db *DB) Exceptions(ctx context.Context, q ClosingQuery) ([]review.Exception, error) {
	return nil, errBody
}

// Remediations lists revokes in force, oldest first: State is the last recorded one, open if none; Days 0 and Overdue
// false are the caller's. Staged names an unsigned record.
func (db *DB) Remediations(ctx context.Context, q ClosingQuery) ([]review.Remediation, error) {
	return nil, errBody
}

// GrantOf gives the grant key and the decision's time of an exception or revoke: what settling it by an import needs.
func (db *DB) GrantOf(ctx context.Context, id review.EntryIndex) (review.GrantKey, error) {
	return "", errBody
}
