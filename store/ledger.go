package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// Head is size and root of the ledger; size 0 before the open entry.
func (db *DB) Head(ctx context.Context) (ledger.Head, error) {
	var size int64
	var root []byte
	err := db.r.QueryRowContext(ctx, "SELECT size, root FROM head").Scan(&size, &root)
	if isNoRows(err) {
		return new(ledger.Tree).Head(), nil
	}
	if err != nil {
		return ledger.Head{}, wrap(err)
	}
	return ledger.Head{Size: size, Root: hashOf(root)}, nil
}

// LogName is the name of the ledger; empty before the open entry.
func (db *DB) LogName(ctx context.Context) (string, error) {
	if name := db.log.Load(); name != nil {
		return *name, nil
	}
	var name string
	err := db.r.QueryRowContext(ctx, "SELECT log FROM head").Scan(&name)
	if isNoRows(err) {
		return "", nil
	}
	if err != nil {
		return "", wrap(err)
	}
	db.log.Store(&name)
	return name, nil
}

// Append appends entries if the head is still expect, brings the projection up to date and runs with, all in one
// durable transaction. It gives the new head. with may be nil; it runs after the projection.
//
// Errors: conflict when the head moved (nothing changed: read anew, sign again); refused for an entry that is not
// canonical, breaks its signer's chain or refers to what is not there or not in force.
func (db *DB) Append(ctx context.Context, expect ledger.Head, entries [][]byte, with func(*Tx) error) (ledger.Head, error) {
	parsed := make([]parsedEntry, len(entries))
	for i, b := range entries {
		var err error
		if parsed[i], err = parseEntry(expect.Size+int64(i), b); err != nil {
			return ledger.Head{}, err
		}
	}
	var head ledger.Head
	err := db.Write(ctx, func(tx *Tx) error {
		var err error
		if head, err = tx.moveHead(expect, parsed); err != nil {
			return err
		}
		p := projector{tx: tx}
		for i := range parsed {
			if err := p.apply(&parsed[i]); err != nil {
				return err
			}
		}
		if err := p.end(); err != nil {
			return err
		}
		if with != nil {
			if err := with(tx); err != nil {
				return err
			}
		}
		for i := range parsed {
			if sig := ledger.SigOf(parsed[i].value); sig != nil {
				if err := tx.voidFreeze(sig.Signer, "another statement was signed since"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return head, err
}

// parsedEntry is an entry with what it says.
type parsedEntry struct {
	index     int64
	bytes     []byte
	leaf      ledger.Hash
	kind      ledger.Kind
	value     any
	statement []byte
}

func parseEntry(index int64, b []byte) (parsedEntry, error) {
	v, statement, armored, err := ledger.ParseEntry(b)
	if err == nil && (armored != nil) != (ledger.SigOf(v) != nil) {
		err = errors.New("a signature is missing or misplaced")
	}
	if err != nil {
		return parsedEntry{}, review.Errorf(review.KindRefused, "entry %d cannot be appended: %w", index, err).
			WithHint("nothing was changed; please report this with the command you ran")
	}
	return parsedEntry{index: index, bytes: b, leaf: ledger.LeafHash(b), kind: ledger.KindOf(b), value: v, statement: statement}, nil
}

// moveHead stores the entries and moves the head by compare-and-swap: whoever signed for another head changes nothing.
func (tx *Tx) moveHead(expect ledger.Head, entries []parsedEntry) (ledger.Head, error) {
	if len(entries) == 0 {
		return expect, review.Errorf(review.KindInternal, "there is nothing to append")
	}
	var tree ledger.Tree
	log, state := "", []byte(nil)
	err := tx.row("SELECT log, tree FROM head").Scan(&log, &state)
	switch {
	case isNoRows(err):
		if open, ok := entries[0].value.(*ledger.Open); ok {
			log = open.Log
		}
	case err != nil:
		return expect, err
	default:
		if err := tree.UnmarshalBinary(state); err != nil {
			return expect, damagedTree(err)
		}
	}
	before := tree.Head()
	if before != expect && (before.Size != 0 || expect.Size != 0) {
		return expect, conflict("the ledger has %d entries now, not %d", before.Size, expect.Size).WithReason("head")
	}
	for i := range entries {
		e := &entries[i]
		if _, isOpen := e.value.(*ledger.Open); isOpen != (e.index == 0) {
			return expect, refusedEntry(e, "the open entry is the first and no other")
		}
		if ledger.LogOf(e.value) != log {
			return expect, refusedEntry(e, "it belongs to another ledger")
		}
		if _, err := tx.exec("INSERT INTO entries (idx, kind, bytes, leaf) VALUES (?, ?, ?, ?)", e.index, string(e.kind), e.bytes, e.leaf[:]); err != nil {
			return expect, err
		}
		tree.Append(e.leaf)
	}
	head := tree.Head()
	if state, err = tree.MarshalBinary(); err != nil {
		return expect, err
	}
	if before.Size == 0 {
		_, err := tx.exec("INSERT INTO head (one, log, size, root, tree) VALUES (1, ?, ?, ?, ?)", log, head.Size, head.Root[:], state)
		return head, err
	}
	n, err := tx.change("UPDATE head SET size = ?, root = ?, tree = ? WHERE one = 1 AND size = ? AND root = ?",
		head.Size, head.Root[:], state, before.Size, before.Root[:])
	if err == nil && n != 1 {
		err = conflict("the ledger moved").WithReason("head")
	}
	return head, err
}

func damagedTree(err error) error {
	return review.Errorf(review.KindIO, "the ledger's tree is damaged: %w", err).WithHint("run tickmark doctor")
}

func refusedEntry(e *parsedEntry, format string, args ...any) error {
	return review.Errorf(review.KindRefused, "entry %d (%s) cannot be appended: %s", e.index, e.kind, fmt.Sprintf(format, args...)).
		WithHint("nothing was changed; read anew, and sign again")
}

// entryQuery joins an entry with its statement, or for a record with that of the bundle that covers it.
const entryQuery = `SELECT e.idx, e.kind, e.bytes, e.leaf, s.idx, s.campaign, s.signer, s.key, s.via, s.time
	FROM entries e LEFT JOIN statements s ON s.idx = (SELECT min(idx) FROM statements WHERE idx >= e.idx) `

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var kind string
	var leaf []byte
	var statement, at sql.NullInt64
	var campaign, signer, key, via sql.NullString
	if err := scan(&e.Index, &kind, &e.Bytes, &leaf, &statement, &campaign, &signer, &key, &via, &at); err != nil {
		return e, err
	}
	e.Kind, e.Leaf = ledger.Kind(kind), hashOf(leaf)
	switch {
	case e.Kind.IsRecord():
		e.Bundle = review.EntryIndex(statement.Int64)
	case !e.Kind.IsSigned():
		return e, nil
	}
	e.Campaign = review.CampaignID(campaign.String)
	e.Signer, e.Key, e.Via = review.Principal(signer.String), review.Fingerprint(key.String), via.String
	e.Time = instant(at.Int64)
	return e, nil
}

// Entry gives one entry; not-found outside the ledger.
func (db *DB) Entry(ctx context.Context, i review.EntryIndex) (Entry, error) {
	e, err := scanEntry(db.r.QueryRowContext(ctx, entryQuery+"WHERE e.idx = ?", i).Scan)
	if isNoRows(err) {
		return e, notFound("the ledger has no entry %d", i).WithHint("tickmark ledger list shows what there is")
	}
	return e, wrap(err)
}

// Entries calls fn for the entries from..to-1 in order; to 0 or less means to the end. fn may use the database.
func (db *DB) Entries(ctx context.Context, from, to review.EntryIndex, fn func(Entry) error) error {
	if to <= 0 {
		to = 1 << 62
	}
	const most = 500
	for {
		var page []Entry
		err := each(ctx, db.r, func(scan func(...any) error) error {
			e, err := scanEntry(scan)
			page = append(page, e)
			return err
		}, entryQuery+"WHERE e.idx >= ? AND e.idx < ? ORDER BY e.idx LIMIT ?", from, to, most)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := fn(e); err != nil {
				return err
			}
		}
		if len(page) < most {
			return nil
		}
		from = page[len(page)-1].Index + 1
	}
}

// EntriesBack gives up to limit entries before an index, newest first; 0: from the end.
func (db *DB) EntriesBack(ctx context.Context, before review.EntryIndex, limit int) ([]Entry, error) {
	if before <= 0 {
		before = 1 << 62
	}
	var list []Entry
	err := each(ctx, db.r, func(scan func(...any) error) error {
		e, err := scanEntry(scan)
		list = append(list, e)
		return err
	}, entryQuery+"WHERE e.idx < ? ORDER BY e.idx DESC LIMIT ?", before, limit)
	return list, err
}

// LeafHashes gives the leaf hashes of the entries from an index on, in order.
func (db *DB) LeafHashes(ctx context.Context, from int64) ([]ledger.Hash, error) {
	var leaves []ledger.Hash
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var leaf sql.RawBytes
		if err := scan(&leaf); err != nil {
			return err
		}
		leaves = append(leaves, hashOf(leaf))
		return nil
	}, "SELECT leaf FROM entries WHERE idx >= ? ORDER BY idx", from)
	return leaves, err
}

// Signer gives the chain of a person; the zero Signer before the first statement.
func (db *DB) Signer(ctx context.Context, p review.Principal) (Signer, error) {
	return signerOf(ctx, db.r, string(p))
}

func signerOf(ctx context.Context, q querier, p string) (Signer, error) {
	var s Signer
	var hash []byte
	var at int64
	err := q.QueryRowContext(ctx, "SELECT seq, hash, idx, time FROM statements WHERE signer = ? ORDER BY seq DESC LIMIT 1", p).
		Scan(&s.Seq, &hash, &s.Last, &at)
	if isNoRows(err) {
		return Signer{}, nil
	}
	s.Prev, s.Time = hashOf(hash), instant(at)
	return s, wrap(err)
}

// KeySigned reports whether a key has signed a statement (rulings 15).
func (db *DB) KeySigned(ctx context.Context, k review.Fingerprint) (bool, error) {
	var yes bool
	err := db.r.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM statements WHERE key = ?)", k).Scan(&yes)
	return yes, wrap(err)
}

// LatestTime is the latest time in signed statements below a size of the ledger, for the rule TIME (rulings 19).
func (db *DB) LatestTime(ctx context.Context, size int64) (time.Time, error) {
	var at sql.NullInt64
	err := db.r.QueryRowContext(ctx, "SELECT max(time) FROM statements WHERE idx < ?", size).Scan(&at)
	return instant(at.Int64), wrap(err)
}

// Roster gives the roster in force for the next entry.
func (db *DB) Roster(ctx context.Context) (RosterInForce, error) { return db.RosterAt(ctx, 1<<62) }

// RosterAt gives the roster in force for the entry at an index.
func (db *DB) RosterAt(ctx context.Context, i review.EntryIndex) (RosterInForce, error) {
	var r RosterInForce
	var signers, revoked []byte
	err := db.r.QueryRowContext(ctx, "SELECT idx, version, signers, revoked FROM rosters WHERE idx < ? ORDER BY idx DESC LIMIT 1", i).
		Scan(&r.Entry, &r.Version, &signers, &revoked)
	if isNoRows(err) {
		return RosterInForce{}, nil
	}
	r.Signers, r.Revoked = hashOf(signers), hashOf(revoked)
	return r, wrap(err)
}

// PutNote keeps the signed note of a head (rulings 31). A later one for the same size may only add lines, as witnesses
// do; conflict otherwise.
func (tx *Tx) PutNote(size int64, note []byte) error {
	var kept []byte
	err := tx.row("SELECT note FROM notes WHERE size = ?", size).Scan(&kept)
	switch {
	case isNoRows(err):
		_, err = tx.exec("INSERT INTO notes (size, note) VALUES (?, ?)", size, note)
	case err == nil && len(note) < len(kept) || string(note[:min(len(note), len(kept))]) != string(kept):
		err = conflict("another note is kept for size %d", size)
	case err == nil && len(note) > len(kept):
		_, err = tx.exec("UPDATE notes SET note = ? WHERE size = ?", note, size)
	}
	return wrap(err)
}

// Note gives the signed note of the head of a size; nil where none was kept.
func (db *DB) Note(ctx context.Context, size int64) ([]byte, error) {
	var note []byte
	err := db.r.QueryRowContext(ctx, "SELECT note FROM notes WHERE size = ?", size).Scan(&note)
	if isNoRows(err) {
		return nil, nil
	}
	return note, wrap(err)
}

// Notes lists the sizes for which a note is kept, ascending.
func (db *DB) Notes(ctx context.Context) ([]int64, error) {
	var sizes []int64
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		sizes = append(sizes, n)
		return err
	}, "SELECT size FROM notes ORDER BY size")
	return sizes, err
}

// hashOf reads a stored hash; NULL and anything of another length is the zero hash.
func hashOf(b []byte) (h ledger.Hash) {
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// hashValue stores a hash, the zero one as NULL.
func hashValue(h ledger.Hash) any {
	if h.IsZero() {
		return nil
	}
	return h[:]
}
