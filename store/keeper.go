package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
)

// keptStatements is how many statements a connection holds on to: those of every screen, in a few orders and filters.
const keptStatements = 64

// driverConn is what a connection of the driver can do.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.Pinger
	driver.Validator
}

// keeper is a connection that holds on to the statements prepared on it and outlives a question that was called off.
//
// Screens ask the same questions over and over, and preparing most of them takes longer than answering. And while keys
// come faster than answers, every key calls off the question before it: the driver would then have the connection closed,
// and with it a cache of pages that takes longer to give back and to fill again than the questions took. SQLite itself
// forgets an interruption when the next statement begins. A connection that writes is closed all the same, so that nothing
// of what was called off can be left on it.
type keeper struct {
	driverConn
	writes bool
	stuck  bool // of a reader: a transaction could not be ended
	kept   map[string]driver.Stmt
	oldest []string // the texts of kept, the one not used for longest first
}

func newKeeper(c driver.Conn, writes bool) (driver.Conn, error) {
	inner, ok := c.(driverConn)
	if !ok {
		return nil, errors.Join(errors.New("store: the SQLite driver has lost a method"), c.Close())
	}
	return &keeper{driverConn: inner, writes: writes, kept: map[string]driver.Stmt{}}, nil
}

// IsValid decides whether the connection is used again.
func (k *keeper) IsValid() bool {
	if k.writes {
		return k.driverConn.IsValid()
	}
	return !k.stuck
}

// ResetSession is IsValid at the beginning of the next use.
func (k *keeper) ResetSession(context.Context) error {
	if !k.IsValid() {
		return driver.ErrBadConn
	}
	return nil
}

// BeginTx watches how the transaction ends: on a connection that is still in one the next would read what it read.
func (k *keeper) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := k.driverConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &keptTx{tx, k}, nil
}

type keptTx struct {
	tx driver.Tx
	k  *keeper
}

func (t *keptTx) Commit() error {
	err := t.tx.Commit()
	t.k.stuck = t.k.stuck || err != nil
	return err
}

func (t *keptTx) Rollback() error {
	err := t.tx.Rollback()
	t.k.stuck = t.k.stuck || err != nil
	return err
}

// Close lets go of the statements first: SQLite keeps a connection open as long as it has any.
func (k *keeper) Close() error {
	var errs []error
	for _, s := range k.kept {
		errs = append(errs, s.Close())
	}
	k.kept, k.oldest = nil, nil
	return errors.Join(append(errs, k.driverConn.Close())...)
}

// take gives a statement to one user, prepared before if there is one at rest.
func (k *keeper) take(ctx context.Context, query string) (*lent, error) {
	s := k.kept[query]
	if s == nil {
		var err error
		if s, err = k.driverConn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	} else {
		k.forget(query)
	}
	return &lent{Stmt: s, k: k, query: query}, nil
}

func (k *keeper) forget(query string) {
	delete(k.kept, query)
	k.oldest = slices.DeleteFunc(k.oldest, func(q string) bool { return q == query })
}

// PrepareContext lends a statement until it is closed.
func (k *keeper) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return k.take(ctx, query)
}

// Prepare is PrepareContext for database/sql of old.
func (k *keeper) Prepare(query string) (driver.Stmt, error) {
	return k.take(context.Background(), query)
}

// QueryContext lends a statement until its rows are closed.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &lentRows{rows, s}, nil
}

// lent is a statement in use. Closing it gives it back, unless something went wrong with it.
type lent struct {
	driver.Stmt
	k      *keeper
	query  string
	broken bool
}

func (s *lent) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	s.broken = s.broken || err != nil
	return res, err
}

func (s *lent) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	s.broken = s.broken || err != nil
	return rows, err
}

func (s *lent) Close() error {
	k := s.k
	if s.broken || k.kept == nil || k.kept[s.query] != nil {
		return s.Stmt.Close()
	}
	k.kept[s.query] = s.Stmt
	k.oldest = append(k.oldest, s.query)
	if len(k.oldest) <= keptStatements {
		return nil
	}
	last := k.kept[k.oldest[0]]
	k.forget(k.oldest[0])
	return last.Close()
}

// lentRows gives the statement back with its rows.
type lentRows struct {
	driver.Rows
	s *lent
}

func (r *lentRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err != nil && !errors.Is(err, io.EOF) {
		r.s.broken = true
	}
	return err
}

func (r *lentRows) Close() error {
	err := r.Rows.Close()
	r.s.broken = r.s.broken || err != nil
	return errors.Join(err, r.s.Close())
}
