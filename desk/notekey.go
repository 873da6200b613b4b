package desk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// noteKeyPath is where the ledger's note key lies: beside the database, not in it (rulings 13).
func noteKeyPath(db string) string { return db + ".logkey" }

func makeNoteKey(db, log string, random io.Reader) error {
	skey, vkey, err := ledger.GenerateNoteKey(log, random)
	if err != nil {
		return internal("the ledger's note key cannot be made", err)
	}
	f, err := os.OpenFile(noteKeyPath(db), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return review.Errorf(review.KindIO, "cannot write the ledger's note key %s: %w", review.Safe(noteKeyPath(db)), err).
			WithHint("the folder must be writable, and the file must not exist yet")
	}
	_, err = f.WriteString(skey + "\n" + vkey + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return review.Errorf(review.KindIO, "cannot write the ledger's note key: %w", err).WithHint("is the disk full?")
	}
	return nil
}

// noteKey reads the note key; ok is false where there is none, and then there are no new heads.
func (d *Desk) noteKey() (skey, vkey string, ok bool, err error) {
	b, err := os.ReadFile(noteKeyPath(d.o.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", false, nil
	}
	if err != nil {
		return "", "", false, review.Errorf(review.KindIO, "cannot read the ledger's note key: %w", err).WithHint("make %s readable", review.Safe(noteKeyPath(d.o.Path)))
	}
	skey, vkey, _ = strings.Cut(strings.TrimSpace(string(b)), "\n")
	return skey, vkey, true, nil
}

func (d *Desk) mustHaveNoteKey() (skey, vkey string, err error) {
	skey, vkey, ok, err := d.noteKey()
	if err == nil && !ok {
		err = review.Errorf(review.KindNotFound, "the ledger's note key is missing, so no new head can be signed").
			WithHint("put %s back from your backup; everything else works without it", review.Safe(noteKeyPath(d.o.Path)))
	}
	return skey, vkey, err
}

// Checkpoint is the signed head of the ledger (C2SP signed note), kept once per size (rulings 31).
func (d *Desk) Checkpoint(ctx context.Context) (string, error) {
	head, err := d.db.Head(ctx)
	if err != nil {
		return "", err
	}
	note, err := d.noteOf(ctx, head)
	return string(note), err
}

func (d *Desk) noteOf(ctx context.Context, head ledger.Head) ([]byte, error) {
	if note, err := d.db.Note(ctx, head.Size); err != nil || note != nil {
		return note, err
	}
	skey, _, err := d.mustHaveNoteKey()
	if err != nil {
		return nil, err
	}
	note, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: d.log, Head: head}, skey)
	if err != nil {
		return nil, internal("the head cannot be signed", err)
	}
	if d.o.ReadOnly {
		return note, nil
	}
	return note, d.db.Write(ctx, func(tx *store.Tx) error { return tx.PutNote(head.Size, note) })
}

// Prove gives the C2SP tlog-proof that an entry is under the newest head.
func (d *Desk) Prove(ctx context.Context, i review.EntryIndex) (string, error) {
	head, err := d.db.Head(ctx)
	if err != nil {
		return "", err
	}
	if int64(i) < 0 || int64(i) >= head.Size {
		return "", review.Errorf(review.KindNotFound, "there is no entry %d; the ledger has %d, from 0", i, head.Size).WithHint("`tickmark ledger list` shows them")
	}
	note, err := d.noteOf(ctx, head)
	if err != nil {
		return "", err
	}
	leaves, err := d.db.LeafHashes(ctx)
	if err != nil {
		return "", err
	}
	var nodes ledger.Nodes
	for _, l := range leaves[:head.Size] {
		nodes.Append(l)
	}
	hashes, err := nodes.ProveInclusion(int64(i), head.Size)
	if err != nil {
		return "", internal("the proof cannot be made", err)
	}
	return string(ledger.FormatProof(ledger.Proof{Index: int64(i), Hashes: hashes, Checkpoint: note})), nil
}

// checkSeen refuses a ledger that does not extend what this person saw before, on this computer: rows were taken out or
// rewritten by somebody with the file in hand.
func (d *Desk) checkSeen(ctx context.Context) error {
	path := d.seenPath()
	if path == "" || d.log == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil // nothing seen yet, or unreadable: verify can still compare receipts
	}
	size, root, ok := parseSeen(string(b))
	if !ok {
		return nil
	}
	head, err := d.db.Head(ctx)
	if err != nil {
		return err
	}
	if head.Size < size {
		return review.Errorf(review.KindRefused, "this ledger has %d entries, but on this computer you saw one of that name with %d", head.Size, size).
			WithHint("an older copy was put in its place; find the newer one, or delete %s if you know why", review.Safe(path)).WithReason("rollback")
	}
	leaves, err := d.db.LeafHashes(ctx)
	if err != nil {
		return err
	}
	if ledger.Root(leaves[:size]) != root {
		return review.Errorf(review.KindRefused, "the first %d entries of this ledger are not those you saw before", size).
			WithHint("the record was rewritten; keep both copies and tell your auditor, or delete %s if you know why", review.Safe(path)).WithReason("rewrite")
	}
	return nil
}
