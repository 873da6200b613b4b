package store

import (
	"context"
	"errors"

	"tickmark/ledger"
)

// Head is size and root of the ledger as this transaction leaves them.
func (tx *Tx) Head() (ledger.Head, error) {
	var size int64
	var root []byte
	err := tx.row("SELECT size, root FROM head").Scan(&size, &root)
	if isNoRows(err) {
		return new(ledger.Tree).Head(), nil
	}
	return ledger.Head{Size: size, Root: hashOf(root)}, wrap(err)
}

// Tree is the compact tree of the ledger within a transaction, which gives its head and grows without the entries; empty
// before the open entry. io where it is damaged.
func (tx *Tx) Tree() (*ledger.Tree, error) {
	return scanTree(tx.row(treeQuery))
}

// Tree is [Tx.Tree] as it is now.
func (db *DB) Tree(ctx context.Context) (*ledger.Tree, error) {
	return scanTree(db.r.QueryRowContext(ctx, treeQuery))
}

const treeQuery = "SELECT size, root, tree FROM head"

func scanTree(row scanner) (*ledger.Tree, error) {
	tree := new(ledger.Tree)
	var size int64
	var root, state []byte
	err := row.Scan(&size, &root, &state)
	if isNoRows(err) {
		return tree, nil
	}
	if err != nil {
		return nil, wrap(err)
	}
	if err := tree.UnmarshalBinary(state); err != nil {
		return nil, damagedTree(err)
	}
	if tree.Head() != (ledger.Head{Size: size, Root: hashOf(root)}) {
		return nil, damagedTree(errors.New("it does not give the head"))
	}
	return tree, nil
}

// EntriesOf calls fn for the entries of a kind in order. Anchors are found by an index; for other kinds it reads the whole
// ledger, so it is for people who asked.
func (db *DB) EntriesOf(ctx context.Context, kind ledger.Kind, fn func(Entry) error) error {
	return each(ctx, db.r, func(scan func(...any) error) error {
		e, err := scanEntry(scan)
		if err != nil {
			return err
		}
		return fn(e)
	}, entryQuery+"WHERE e.kind = '"+string(kind)+"' ORDER BY e.idx") // a literal, or the partial index would not be used
}
