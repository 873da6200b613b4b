package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

var errBody = review.Errorf(review.KindInternal, "not written yet")

// Open opens a database, brings its schema up to date and clears what a crash left half-loaded.
//
// Errors: not-found (no such file and not Create), refused (not a tickmark database), newer-database, locked,
// io (folder or disk read-only, unreadable, full).
func Open(ctx context.Context, path string, o Options) (*DB, error) { return nil, errBody }

// IsDatabase reports whether the file is a SQLite database of ours, by its first bytes.
func IsDatabase(path string) bool { return false }

// Close waits for running statements and releases the files.
func (db *DB) Close() error { return errBody }

// Check runs SQLite's integrity and foreign-key checks and gives one line per fault; none is sound.
func (db *DB) Check(ctx context.Context) ([]string, error) { return nil, errBody }

// Write runs fn in one transaction: everything it did, or nothing.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error { return errBody }

// Head is size and root of the ledger; size 0 before the open entry.
func (db *DB) Head(ctx context.Context) (ledger.Head, error) { return ledger.Head{}, errBody }

// LogName is the name of the ledger; empty before the open entry.
func (db *DB) LogName(ctx context.Context) (string, error) { return "", errBody }

// Append appends entries if the head is still expect, brings the projection up to date and runs with, all in one
// durable transaction. It gives the new head. with may be nil; it runs after the projection.
//
// Errors: conflict when the head moved (nothing changed: read anew, sign again); refused for an entry that is not
// canonical or refers to what is not there.
func (db *DB) Append(ctx context.Context, expect ledger.Head, entries [][]byte, with func(*Tx) error) (ledger.Head, error) {
	return ledger.Head{}, errBody
}

// Entry gives one entry; not-found outside the ledger.
func (db *DB) Entry(ctx context.Context, i review.EntryIndex) (Entry, error) { return Entry{}, errBody }

// Entries calls fn for the entries from..to-1 in order; to 0 or less means to the end.
func (db *DB) Entries(ctx context.Context, from, to review.EntryIndex, fn func(Entry) error) error {
	return errBody
}

// EntriesBack gives up to limit entries before an index, newest first; 0: from the end.
func (db *DB) EntriesBack(ctx context.Context, before review.EntryIndex, limit int) ([]Entry, error) {
	return nil, errBody
}

// LeafHashes gives the leaf hashes of all entries in order.
func (db *DB) LeafHashes(ctx context.Context) ([]ledger.Hash, error) { return nil, errBody }

// Signer gives the chain of a person; the zero Signer before the first statement.
func (db *DB) Signer(ctx context.Context, p review.Principal) (Signer, error) {
	return Signer{}, errBody
}

// KeySigned reports whether a key has signed a statement (rulings 15).
func (db *DB) KeySigned(ctx context.Context, k review.Fingerprint) (bool, error) {
	return false, errBody
}

// Roster gives the roster in force for the next entry.
func (db *DB) Roster(ctx context.Context) (RosterInForce, error) { return RosterInForce{}, errBody }

// RosterAt gives the roster in force for the entry at an index.
func (db *DB) RosterAt(ctx context.Context, i review.EntryIndex) (RosterInForce, error) {
	return RosterInForce{}, errBody
}

// Rebuild computes the projection from ledger and documents and compares it with the stored one; with apply it replaces it.
func (db *DB) Rebuild(ctx context.Context, apply bool) (Rebuilt, error) { return Rebuilt{}, errBody }

// PutNote keeps the signed note of a head; a second note for the same size is ignored (rulings 31).
func (tx *Tx) PutNote(size int64, note []byte) error { return errBody }

// Note gives the signed note of the head of a size; nil where none was kept.
func (db *DB) Note(ctx context.Context, size int64) ([]byte, error) { return nil, errBody }

// PutFile keeps bytes under their hash; the same bytes are kept once.
func (tx *Tx) PutFile(b []byte) (ledger.Hash, error) { return ledger.Hash{}, errBody }

// PutFile is Tx.PutFile in a transaction of its own.
func (db *DB) PutFile(ctx context.Context, b []byte) (ledger.Hash, error) {
	return ledger.Hash{}, errBody
}

// File gives the bytes with a hash; not-found where they are not kept, io where they no longer have it.
func (db *DB) File(ctx context.Context, h ledger.Hash) ([]byte, error) { return nil, errBody }
