package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// Stage makes verdicts of one person durable as one act of the undo log; an earlier staged verdict of the same person on
// the same item is replaced. words describe the act for Undo ("revoke on 3 items"). All or nothing.
func (db *DB) Stage(ctx context.Context, by review.Principal, words string, verdicts []StagedVerdict) (StageOutcome, error) {
	return StageOutcome{}, errBody
}

// Unstage takes staged verdicts of a person back, as one act that Undo can reverse. Items without one are ignored.
func (db *DB) Unstage(ctx context.Context, by review.Principal, words string, ids []review.ItemID) (StageOutcome, error) {
	return StageOutcome{}, errBody
}

// StagedVerdicts lists the staged verdicts of a person ("" for all people) in a campaign ("" for all) in staging order,
// with their facts.
func (db *DB) StagedVerdicts(ctx context.Context, by review.Principal, c review.CampaignID) ([]StagedVerdict, error) {
	return nil, errBody
}

// StagedOn gives the staged verdicts on items by one person, those that are there.
func (db *DB) StagedOn(ctx context.Context, by review.Principal, ids []review.ItemID) ([]StagedVerdict, error) {
	return nil, errBody
}

// StaleStaged lists a person's staged verdicts whose item has another decision in force, or another assignee, than when
// they were staged (rulings 16).
func (db *DB) StaleStaged(ctx context.Context, by review.Principal) ([]StagedVerdict, error) {
	return nil, errBody
}

// Undo takes back a person's last act, verdicts and managers' acts alike. What was signed since stays signed.
func (db *DB) Undo(ctx context.Context, by review.Principal) (Undone, error) {
	return Undone{}, errBody
}

// Redo brings the act undone last again. Facts of unsigned verdicts do not outlive their undoing, so facts is asked to set
// StagedVerdict.Facts and Supersedes of what is to be staged; items it removes from the slice stay untouched.
func (db *DB) Redo(ctx context.Context, by review.Principal, facts func([]StagedVerdict) ([]StagedVerdict, error)) (Undone, error) {
	return Undone{}, errBody
}

// TakeStaged deletes the staged verdicts that a bundle signed and keeps their facts for good. conflict if one of them is
// not there as it was signed.
func (tx *Tx) TakeStaged(verdicts []StagedVerdict) error { return errBody }

// StageActs makes managers' acts durable as one act of the undo log; one on the same act, item and ref by the same person
// is replaced. With by "" they belong to the role and are not in anybody's undo log.
func (db *DB) StageActs(ctx context.Context, by review.Principal, words string, acts []StagedAct) (StageOutcome, error) {
	return StageOutcome{}, errBody
}

// StageActs is DB.StageActs within a transaction.
func (tx *Tx) StageActs(by review.Principal, words string, acts []StagedAct) (StageOutcome, error) {
	return StageOutcome{}, errBody
}

// StagedActs lists managers' acts: a person's own and the role's ("" for everybody's), of a campaign ("" for all), of an
// act ("" for all), oldest first.
func (db *DB) StagedActs(ctx context.Context, by review.Principal, c review.CampaignID, a review.Act) ([]StagedAct, error) {
	return nil, errBody
}

// UnstageActs takes managers' acts back, as one act that Undo can reverse if they were the person's own.
func (db *DB) UnstageActs(ctx context.Context, by review.Principal, words string, ids []int64) (StageOutcome, error) {
	return StageOutcome{}, errBody
}

// TakeActs deletes the staged acts that a bundle signed; conflict if one is gone.
func (tx *Tx) TakeActs(ids []int64) error { return errBody }

// PutFreeze keeps a detached bundle; the person's earlier one is replaced and can no longer be submitted.
func (db *DB) PutFreeze(ctx context.Context, f Freeze) error { return errBody }

// FreezeOf gives a person's detached bundle, void ones included; not-found.
func (db *DB) FreezeOf(ctx context.Context, by review.Principal) (Freeze, error) {
	return Freeze{}, errBody
}

// DropFreeze forgets a person's detached bundle.
func (db *DB) DropFreeze(ctx context.Context, by review.Principal) error { return errBody }

// TakeFreeze deletes a person's detached bundle as it is submitted; conflict if it is void or another one.
func (tx *Tx) TakeFreeze(f Freeze) error { return errBody }

// Setting gives a person's preference; empty if it was never set.
func (db *DB) Setting(ctx context.Context, p review.Principal, name string) (string, error) {
	return "", errBody
}

// SetSetting keeps a person's preference; an empty value forgets it.
func (db *DB) SetSetting(ctx context.Context, p review.Principal, name, value string) error {
	return errBody
}

// Settings gives all preferences of a person.
func (db *DB) Settings(ctx context.Context, p review.Principal) (map[string]string, error) {
	return nil, errBody
}

// PutReceipt keeps a receipt for its signer.
func (tx *Tx) PutReceipt(p review.Principal, r review.Receipt) error { return errBody }

// Receipts lists a person's receipts ("" for all), newest first.
func (db *DB) Receipts(ctx context.Context, p review.Principal) ([]review.Receipt, error) {
	return nil, errBody
}

// SeenHead gives the newest head a person has seen here; size 0: none.
func (db *DB) SeenHead(ctx context.Context, p review.Principal) (SeenHead, error) {
	return SeenHead{}, errBody
}

// PutSeenHead records that a person has seen a head; an older one than recorded is ignored.
func (db *DB) PutSeenHead(ctx context.Context, p review.Principal, h ledger.Head) error {
	return errBody
}
