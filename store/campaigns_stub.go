package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// CreateDraft keeps a new campaign draft; exists if the name is taken by a draft or a launched campaign.
func (db *DB) CreateDraft(ctx context.Context, d CampaignDraft) error { return errBody }

// UpdateDraft replaces the spec of a draft and drops a population prepared for it; not-found, conflict once launched.
func (db *DB) UpdateDraft(ctx context.Context, spec review.CampaignSpec) error { return errBody }

// Draft gives a draft, launched or not; not-found.
func (db *DB) Draft(ctx context.Context, id review.CampaignID) (CampaignDraft, error) {
	return CampaignDraft{}, errBody
}

// Drafts lists drafts that are neither launched nor cancelled, oldest first.
func (db *DB) Drafts(ctx context.Context) ([]CampaignDraft, error) { return nil, errBody }

// CancelDraft marks a draft cancelled; the name stays taken. conflict once launched.
func (db *DB) CancelDraft(ctx context.Context, id review.CampaignID) error { return errBody }

// Campaigns lists launched campaigns with their counts, oldest first.
func (db *DB) Campaigns(ctx context.Context) ([]CampaignRecord, error) { return nil, errBody }

// Campaign gives one launched campaign; not-found.
func (db *DB) Campaign(ctx context.Context, id review.CampaignID) (CampaignRecord, error) {
	return CampaignRecord{}, errBody
}

// Counts gives the counts of a campaign as lists show them, for one reviewer or, with "", for all.
func (db *DB) Counts(ctx context.Context, c review.CampaignID, p review.Principal) (Counts, error) {
	return Counts{}, errBody
}

// SignedCounts gives the counts a sign-off states: of a reviewer's items or, with "", of all.
func (db *DB) SignedCounts(ctx context.Context, c review.CampaignID, p review.Principal) (SignedCounts, error) {
	return SignedCounts{}, errBody
}

// Quality gives the raw figures per person who decided in a campaign; Signals are left to the caller.
func (db *DB) Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error) {
	return nil, errBody
}

// Members calls fn with the member text of every item in order (ledger.md 3.4).
func (db *DB) Members(ctx context.Context, c review.CampaignID, fn func(*ledger.Member) error) error {
	return errBody
}

// Assignments calls fn with the assignment text of every item in order (ledger.md 3.4).
func (db *DB) Assignments(ctx context.Context, c review.CampaignID, fn func(*ledger.Assignment) error) error {
	return errBody
}

// Page gives up to limit items around an anchor, in the order of the query (terminal.md 2.2). usage for a bad filter or
// sort column, not-found for an anchor that is no item of the campaign.
func (db *DB) Page(ctx context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error) {
	return review.Page{}, errBody
}

// Count counts the items of a query.
func (db *DB) Count(ctx context.Context, q review.Query) (int64, error) { return 0, errBody }

// Items calls fn with every item of a query in its order. The pointer is valid only during the call.
func (db *DB) Items(ctx context.Context, q review.Query, fn func(*review.Item) error) error {
	return errBody
}

// Groups counts the items of a query by a column of review.ItemColumns, or by source, finding, mark or campaign, largest
// first.
func (db *DB) Groups(ctx context.Context, q review.Query, column string) ([]review.GroupCount, error) {
	return nil, errBody
}

// Item gives one item by its full id; not-found.
func (db *DB) Item(ctx context.Context, id review.ItemID) (review.Item, error) {
	return review.Item{}, errBody
}

// Record gives what record and facts texts quote about items, in the order asked; not-found names the first missing one.
func (db *DB) Record(ctx context.Context, ids []review.ItemID) ([]ItemRecord, error) {
	return nil, errBody
}

// Detail fills everything of review.Detail the store knows: not Facts, Blocked and Independence.
func (db *DB) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	return review.Detail{}, errBody
}

// Card gives the identity at step positions from the one with key identity among those of q, in the order of their keys;
// see tui.Desk.Card. EarlierBy is left to the caller.
func (db *DB) Card(ctx context.Context, q review.Query, identity string, step int) (review.Card, error) {
	return review.Card{}, errBody
}

// NextUndecided gives the next item of q without a verdict, staged or signed, after one, wrapping round; "" if none.
func (db *DB) NextUndecided(ctx context.Context, q review.Query, after review.ItemID) (review.ItemID, error) {
	return "", errBody
}

// Subject gives a frozen identity of a campaign; not-found.
func (db *DB) Subject(ctx context.Context, c review.CampaignID, key string) (review.Identity, error) {
	return review.Identity{}, errBody
}

// Subjects calls fn with the frozen identities of a campaign by key.
func (db *DB) Subjects(ctx context.Context, c review.CampaignID, fn func(*review.Identity) error) error {
	return errBody
}

// History gives the signed decisions on a grant in all campaigns, newest first.
func (db *DB) History(ctx context.Context, key ledger.Hash) ([]review.Past, error) {
	return nil, errBody
}
