package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite/vtab"
)

// batcher is a connection that loads what nobody sees yet, in transactions that hold the write lock for a bounded time.
type batcher struct {
	db     *DB
	kind   string
	id     int64
	ctx    context.Context
	cancel context.CancelCauseFunc
	pool   *sql.DB
	conn   *sql.Conn
	feeds  []string
	stmts  []*sql.Stmt // of inlets; one left open would keep the connection, and with it the write-ahead log, alive
	wg     sync.WaitGroup
}

var errPipeDone = errors.New("done")

func (b *batcher) open(ctx context.Context, db *DB, kind string, id int64) (err error) {
	b.db, b.kind, b.id = db, kind, id
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	how := loading
	if kind != loadImport {
		how = launching
	}
	b.pool = db.pool(db.dsn(how), 1)
	if b.conn, err = b.pool.Conn(b.ctx); err != nil {
		b.release()
	}
	return wrap(err)
}

func (b *batcher) release() {
	for _, s := range b.stmts {
		s.Close()
	}
	b.stmts = nil
	for _, name := range b.feeds {
		b.db.feeds.remove(name)
	}
	b.feeds = nil
	if b.conn != nil {
		b.conn.Close()
	}
	b.pool.Close()
}

// fail ends the load with its first error.
func (b *batcher) fail(err error) {
	if err != nil {
		b.cancel(wrap(err))
	}
}

// err is why the load ended early.
func (b *batcher) err() error {
	err := context.Cause(b.ctx)
	if err == nil || errors.Is(err, errPipeDone) {
		return nil
	}
	return wrap(err)
}

// renew shows others that this load lives, also while nothing comes in.
func (b *batcher) renew() {
	defer b.wg.Done()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.fail(b.db.Write(b.ctx, func(tx *Tx) error { return b.beat(b.ctx, tx.tx.ExecContext) }))
		case <-b.ctx.Done():
			return
		}
	}
}

// beat fails if somebody took this load for dead.
func (b *batcher) beat(ctx context.Context, exec func(context.Context, string, ...any) (sql.Result, error)) error {
	res, err := exec(ctx, "UPDATE loads SET beat = ? WHERE kind = ? AND id = ?", b.db.opt.Now().Unix(), b.kind, b.id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errLoadLost())
	}
	return nil
}

// batch runs fn in one transaction of the loading connection; over tells it when to let others in.
func (b *batcher) batch(fn func(over func() bool) error) error {
	if err := b.db.lock(b.ctx); err != nil {
		return err
	}
	defer b.db.unlock()
	if _, err := b.conn.ExecContext(b.ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	start := time.Now()
	err := b.beat(b.ctx, b.conn.ExecContext)
	if err == nil {
		err = fn(func() bool { return time.Since(start) > holdLock })
	}
	if err == nil {
		_, err = b.conn.ExecContext(b.ctx, "COMMIT")
	}
	if err != nil {
		b.conn.ExecContext(context.WithoutCancel(b.ctx), "ROLLBACK") //nolint:errcheck // there may be nothing to roll back
	}
	return err
}

// inlet is a table being filled through a feed from slices of T.
type inlet[T any] struct {
	b     *batcher
	rows  []T
	at    int
	value func(row *T, column int) vtab.Value
	stmt  *sql.Stmt
}

// openInlet prepares to fill columns of table; verb is INSERT or INSERT OR REPLACE. What fails shows in b.err.
func openInlet[T any](b *batcher, verb, table string, columns []string, value func(row *T, column int) vtab.Value) *inlet[T] {
	list := strings.Join(columns, ", ")
	return openFeed(b, table, columns, value, func(feed string) string {
		return fmt.Sprintf("%s INTO main.%s (%s) SELECT %s FROM temp.%s", verb, table, list, list, feed)
	})
}

// openWeights prepares to write what dictionary entries amount to.
func openWeights(b *batcher, table string) *inlet[weightRow] {
	return openFeed(b, "weights_"+table, []string{"id", "items", "risk"}, func(r *weightRow, column int) vtab.Value {
		return [...]vtab.Value{r.id, int64(r.items), int64(r.risk)}[column]
	}, func(feed string) string {
		return fmt.Sprintf("UPDATE main.%s AS t SET items = f.items, risk = f.risk FROM temp.%s AS f WHERE t.id = f.id", table, feed)
	})
}

func openFeed[T any](b *batcher, name string, columns []string, value func(row *T, column int) vtab.Value, sql func(feed string) string) *inlet[T] {
	in := &inlet[T]{b: b, value: value}
	if b.ctx.Err() != nil {
		return in
	}
	feedName := fmt.Sprintf("feed_%s_%s_%d", b.kind, name, b.id)
	b.db.feeds.add(&feed{name: feedName, columns: columns, next: in.next, value: in.column})
	b.feeds = append(b.feeds, feedName)
	if _, err := b.conn.ExecContext(b.ctx, fmt.Sprintf("CREATE VIRTUAL TABLE temp.%s USING %s(%s)", feedName, feedModule, feedName)); err != nil {
		b.fail(err)
		return in
	}
	var err error
	if in.stmt, err = b.conn.PrepareContext(b.ctx, sql(feedName)); err != nil {
		b.fail(err)
		return in
	}
	b.stmts = append(b.stmts, in.stmt)
	return in
}

func (in *inlet[T]) next() bool {
	in.at++
	return in.at < len(in.rows)
}

func (in *inlet[T]) column(col int) vtab.Value { return in.value(&in.rows[in.at], col) }

// fill writes rows within the running transaction.
func (in *inlet[T]) fill(ctx context.Context, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	in.rows, in.at = rows, -1
	_, err := in.stmt.ExecContext(ctx)
	in.rows = nil
	return err
}

// fillSome writes the first rows in one batch and gives the rest.
func fillSome[T any](b *batcher, in *inlet[T], rows []T) ([]T, error) {
	const step = 8192
	err := b.batch(func(over func() bool) error {
		for len(rows) > 0 {
			n := min(step, len(rows))
			if err := in.fill(b.ctx, rows[:n]); err != nil {
				return err
			}
			rows = rows[n:]
			if over() {
				return nil
			}
		}
		return nil
	})
	return rows, err
}

// fillAll writes rows in as many batches as it takes.
func fillAll[T any](b *batcher, in *inlet[T], rows []T) error {
	for len(rows) > 0 {
		var err error
		if rows, err = fillSome(b, in, rows); err != nil {
			return err
		}
	}
	return nil
}
