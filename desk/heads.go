package desk

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Checkpoint is the signed head of the ledger (C2SP signed note), kept once per size (rulings 31).
func (d *Desk) Checkpoint(ctx context.Context) (string, error) {
	head, err := d.db.Head(ctx)
	if err != nil {
		return "", err
	}
	note, err := d.noteOf(ctx, head)
	return string(note), err
}

// noteOf is the signed note of a head: the one kept, witness lines included, else a new one, which is kept. Where the
// database is only read it is signed and not kept.
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

// tree gives every node of the ledger up to a head it has or had.
func (d *Desk) tree(ctx context.Context, head ledger.Head) (*ledger.Nodes, error) {
	leaves, err := d.db.LeafHashes(ctx, 0)
	if err != nil {
		return nil, err
	}
	damaged := func(format string, args ...any) error {
		return review.Errorf(review.KindRefused, format, args...).WithReason("damaged").
			WithHint("the database was changed from outside or damaged: `tickmark verify` says what is wrong, a backup is the way back")
	}
	if int64(len(leaves)) < head.Size {
		return nil, damaged("the ledger says that it has %d entries, but only %d are there", head.Size, len(leaves))
	}
	var tree ledger.Nodes
	for _, leaf := range leaves[:head.Size] {
		tree.Append(leaf)
	}
	if tree.Head() != head {
		return nil, damaged("the entries of the ledger do not give its head")
	}
	return &tree, nil
}

// headAt is the head the ledger had at a size.
func (d *Desk) headAt(ctx context.Context, size int64) (ledger.Head, error) {
	now, err := d.db.Head(ctx)
	if err != nil || size == now.Size {
		return now, err
	}
	if size < 1 || size > now.Size {
		return now, noSuchSize(size, now.Size)
	}
	tree, err := d.tree(ctx, now)
	if err != nil {
		return now, err
	}
	root, _ := tree.RootAt(size)
	return ledger.Head{Size: size, Root: root}, nil
}

func noSuchSize(size, now int64) error {
	return review.Errorf(review.KindNotFound, "the ledger never had %d entries: it has %d", size, now).WithHint("name a size from 1 to %d", now)
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
	tree, err := d.tree(ctx, head)
	if err != nil {
		return "", err
	}
	hashes, err := tree.ProveInclusion(int64(i), head.Size)
	if err != nil {
		return "", internal("the proof cannot be made", err)
	}
	return string(ledger.FormatProof(ledger.Proof{Index: int64(i), Hashes: hashes, Checkpoint: note})), nil
}

// Consistency is a proof that the ledger of one size begins with that of another.
type Consistency struct {
	From, To ledger.Head
	Proof    string // RFC 6962 hashes in base64, one per line (ledger.md 5.5)
}

// ProveConsistency proves that nothing was changed or removed between two sizes; to 0 is the newest head.
func (d *Desk) ProveConsistency(ctx context.Context, from, to int64) (Consistency, error) {
	var c Consistency
	now, err := d.db.Head(ctx)
	if err != nil {
		return c, err
	}
	if to == 0 {
		to = now.Size
	}
	for _, size := range []int64{from, to} {
		if size < 1 || size > now.Size {
			return c, noSuchSize(size, now.Size)
		}
	}
	if from > to {
		return c, review.Errorf(review.KindUsage, "%d is more than %d", from, to).WithHint("a later size extends an earlier one")
	}
	tree, err := d.tree(ctx, now)
	if err != nil {
		return c, err
	}
	hashes, err := tree.ProveConsistency(from, to)
	if err != nil {
		return c, internal("the proof cannot be made", err)
	}
	c.From.Size, c.To.Size = from, to
	c.From.Root, _ = tree.RootAt(from)
	c.To.Root, _ = tree.RootAt(to)
	c.Proof = string(ledger.FormatHashes(hashes))
	return c, nil
}
