package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// Loader takes what a file yields and loads it under an import nobody sees yet. Its taking methods are those of
// importers.Sink: call them from one goroutine, in file order. After any error, and when ctx ends, call Discard.
//
// Rows are numbered, salted, keyed and hashed on the way; the write lock is held for at most about 100 ms at a time
// (rulings 8).
type Loader struct{}

// BeginImport starts a load. Several may run at once.
func (db *DB) BeginImport(ctx context.Context, s ImportStart) (*Loader, error) { return nil, errBody }

// ID is the import's number, fixed from the start; discarded loads leave gaps.
func (l *Loader) ID() review.ImportID { return 0 }

// Reset drops everything taken so far: the file is read again from the start.
func (l *Loader) Reset() error { return errBody }

// Account takes an account; the same native id again replaces it.
func (l *Loader) Account(a *review.Account) error { return errBody }

// Entitlement takes an entitlement nobody holds.
func (l *Loader) Entitlement(e *review.Entitlement, system string) error { return errBody }

// Grant takes a grant; it becomes the next row. Its account was taken before.
func (l *Loader) Grant(g *review.Grant) error { return errBody }

// Worker takes a line of a roster; the same id again replaces it.
func (l *Loader) Worker(w *review.Worker) error { return errBody }

// SoDRule takes a rule.
func (l *Loader) SoDRule(r *review.SoDRule) error { return errBody }

// Link takes a link of an account and an identity.
func (l *Loader) Link(k *review.Link) error { return errBody }

// Ownership takes the naming of an owner.
func (l *Loader) Ownership(o *review.Ownership) error { return errBody }

// Usage takes a last-used observation.
func (l *Loader) Usage(u *review.Usage) error { return errBody }

// Evidence takes a fact that is no grant.
func (l *Loader) Evidence(e *review.Evidence) error { return errBody }

// Reject takes a record that made nothing.
func (l *Loader) Reject(r review.Reject) error { return errBody }

// Finish ends taking: it makes account rows where due, loads the rest and gives counts and hashes.
func (l *Loader) Finish() (Loaded, error) { return Loaded{}, errBody }

// Publish makes the import visible as pending (unsigned). The report is kept as given, with ID and State set.
func (l *Loader) Publish(ctx context.Context, report review.ImportReport) (review.ImportID, error) {
	return 0, errBody
}

// Discard deletes what was loaded. It is harmless after Publish.
func (l *Loader) Discard() error { return errBody }

// MarkImportSigned says which entry states the import.
func (tx *Tx) MarkImportSigned(id review.ImportID, entry review.EntryIndex) error { return errBody }

// UpdateImport replaces the report of an import (a diff or settlement became known); counts and hashes do not change.
func (tx *Tx) UpdateImport(id review.ImportID, report review.ImportReport) error { return errBody }

// Imports lists imports, newest first.
func (db *DB) Imports(ctx context.Context) ([]Import, error) { return nil, errBody }

// Import gives one import; not-found.
func (db *DB) Import(ctx context.Context, id review.ImportID) (Import, error) {
	return Import{}, errBody
}

// ImportByEntry gives the import an entry states; not-found.
func (db *DB) ImportByEntry(ctx context.Context, entry review.EntryIndex) (Import, error) {
	return Import{}, errBody
}

// LatestImport gives the newest import of a source, pending ones included unless signed; not-found.
func (db *DB) LatestImport(ctx context.Context, s review.SourceID, signed bool) (Import, error) {
	return Import{}, errBody
}

// Sources lists the sources in use with the newest import of each, by source.
func (db *DB) Sources(ctx context.Context) ([]Import, error) { return nil, errBody }

// Rejects gives an import's rejects in file order, at most limit; 0: all.
func (db *DB) Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	return nil, errBody
}

// SaveProfile keeps a profile under its name, replacing an earlier one.
func (db *DB) SaveProfile(ctx context.Context, p Profile) error { return errBody }

// ProfileByHeader finds the newest profile for a header.
func (db *DB) ProfileByHeader(ctx context.Context, headerHash string) (Profile, bool, error) {
	return Profile{}, false, errBody
}

// Profiles lists profiles by name.
func (db *DB) Profiles(ctx context.Context) ([]Profile, error) { return nil, errBody }

// Diff compares two imports by grant key: counts, and up to limit lines, removed first, then added, then changed.
func (db *DB) Diff(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	return review.Diff{}, nil, errBody
}

// Rows calls fn with every row text of an import in order (ledger.md 3.3).
func (db *DB) Rows(ctx context.Context, id review.ImportID, fn func(*ledger.Row) error) error {
	return errBody
}

// Row gives one row text; not-found.
func (db *DB) Row(ctx context.Context, id review.ImportID, row int64) (ledger.Row, error) {
	return ledger.Row{}, errBody
}

// Grants calls fn with every row of an import, joined with its account, in file order.
func (db *DB) Grants(ctx context.Context, id review.ImportID, o GrantOptions, fn func(*GrantRow) error) error {
	return errBody
}

// Grant gives one row joined with its account; not-found.
func (db *DB) Grant(ctx context.Context, id review.ImportID, row int64) (*GrantRow, error) {
	return nil, errBody
}

// FindGrant finds the row of a grant in an import; 0 if it is not among them.
func (db *DB) FindGrant(ctx context.Context, id review.ImportID, key ledger.Hash) (row int64, err error) {
	return 0, errBody
}

// HasGrant reports whether a grant is among the rows of an import.
func (db *DB) HasGrant(ctx context.Context, id review.ImportID, key ledger.Hash) (bool, error) {
	return false, errBody
}

// Accounts calls fn with the accounts of an import in the order first met, and the ledger identity of each.
func (db *DB) Accounts(ctx context.Context, id review.ImportID, fn func(a *review.Account, identity string) error) error {
	return errBody
}

// Entitlements calls fn with every distinct entitlement of an import, held or not, and the system it was listed under.
func (db *DB) Entitlements(ctx context.Context, id review.ImportID, fn func(e *review.Entitlement, system string) error) error {
	return errBody
}

// Workers calls fn with the lines of a roster.
func (db *DB) Workers(ctx context.Context, id review.ImportID, fn func(*review.Worker) error) error {
	return errBody
}

// SoDRules calls fn with the rules of an import.
func (db *DB) SoDRules(ctx context.Context, id review.ImportID, fn func(*review.SoDRule) error) error {
	return errBody
}

// Links calls fn with the links of an import.
func (db *DB) Links(ctx context.Context, id review.ImportID, fn func(*review.Link) error) error {
	return errBody
}

// Ownerships calls fn with the ownerships of an import.
func (db *DB) Ownerships(ctx context.Context, id review.ImportID, fn func(*review.Ownership) error) error {
	return errBody
}

// Usages calls fn with the last-used observations of an import.
func (db *DB) Usages(ctx context.Context, id review.ImportID, fn func(*review.Usage) error) error {
	return errBody
}

// EvidenceOf calls fn with the facts of an import that are no grants.
func (db *DB) EvidenceOf(ctx context.Context, id review.ImportID, fn func(*review.Evidence) error) error {
	return errBody
}
