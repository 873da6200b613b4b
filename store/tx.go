package store

import (
	"context"
	"database/sql"

	"tickmark/review"
)

// Tx is one write transaction. It is handed to a function and must not outlive it.
type Tx struct {
	db      *DB
	ctx     context.Context // of the call that made the transaction
	tx      *sql.Tx
	stmts   map[string]*sql.Stmt
	tallies map[tallyKey]int64 // changes of counters, written before the commit
	words   map[int64]string   // read so far
}

// Write runs fn in one transaction: everything it did, or nothing.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.opt.ReadOnly {
		return review.Errorf(review.KindNotAllowed, "the database was opened for reading only").WithHint("open it without read-only to change it")
	}
	if err := db.lock(ctx); err != nil {
		return err
	}
	defer db.unlock()
	return db.write(ctx, db.w, fn)
}

// write is Write for a holder of the gate.
func (db *DB) write(ctx context.Context, w *sql.DB, fn func(*Tx) error) error {
	sqltx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return wrap(err)
	}
	defer sqltx.Rollback()
	tx := &Tx{db: db, ctx: ctx, tx: sqltx}
	if err := fn(tx); err != nil {
		return wrap(err)
	}
	if err := tx.writeTallies(); err != nil {
		return wrap(err)
	}
	return wrap(sqltx.Commit())
}

// lock takes the right to write in this process; other processes are met by SQLite's own lock.
func (db *DB) lock(ctx context.Context) error {
	select {
	case db.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return wrap(ctx.Err())
	}
}

func (db *DB) unlock() { <-db.gate }

// stmt prepares a query once per transaction: acts on thousands of items run the same few.
func (tx *Tx) stmt(query string) (*sql.Stmt, error) {
	if s := tx.stmts[query]; s != nil {
		return s, nil
	}
	s, err := tx.tx.PrepareContext(tx.ctx, query)
	if err != nil {
		return nil, err
	}
	if tx.stmts == nil {
		tx.stmts = map[string]*sql.Stmt{}
	}
	tx.stmts[query] = s
	return s, nil
}

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := tx.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(tx.ctx, args...)
}

// row runs a query of one row.
func (tx *Tx) row(query string, args ...any) scanner {
	s, err := tx.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(tx.ctx, args...)
}

type scanner interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (f failedRow) Scan(...any) error { return f.err }

// change runs a statement and gives the number of rows it changed.
func (tx *Tx) change(query string, args ...any) (int64, error) {
	res, err := tx.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each runs a query and calls fn with every row; fn scans it.
func each(ctx context.Context, q querier, fn func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return wrap(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return wrap(err)
		}
	}
	return wrap(rows.Err())
}

// snapshot runs fn on one connection in one read transaction, so that several queries see the same state.
func (db *DB) snapshot(ctx context.Context, fn func(q querier) error) error {
	tx, err := db.r.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wrap(err)
	}
	defer tx.Rollback()
	return wrap(fn(tx))
}
