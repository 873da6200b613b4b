package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"

	"tickmark/review"
)

// applicationID stands at byte 68 of every database of ours: "tkmk".
const applicationID = 0x746b6d6b

// busyWait is how long a writer waits for another process before it gives up with kind locked.
const busyWait = 10 * time.Second

// maxReaders bounds the reading connections: enough for the readers of a screen that race, few enough to be small.
const maxReaders = 8

//go:embed schema/*.sql
var schemaFiles embed.FS

// Open opens a database, brings its schema up to date and clears what a crash left half-loaded.
//
// Errors: not-found (no such file and not Create), refused (not a tickmark database), newer-database, locked,
// io (folder or disk read-only, unreadable, full).
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.busy == 0 {
		o.busy = busyWait
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	db := &DB{path: path, opt: o, gate: make(chan struct{}, 1)}
	fresh, err := db.inspect()
	if err != nil {
		return nil, err
	}
	if err := db.connect(ctx, fresh); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// inspect looks at the file before SQLite does, so that each trouble gets its own sentence. fresh means that it is to be
// made.
func (db *DB) inspect() (fresh bool, err error) {
	info, err := os.Stat(db.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && db.opt.Create && !db.opt.ReadOnly:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, review.Errorf(review.KindNotFound, "there is no database at %s", review.Quote(db.path)).
			WithHint("name one with --db, or make one with tickmark init")
	case err != nil:
		return false, ioError(db.path, err)
	case info.IsDir():
		return false, review.Errorf(review.KindRefused, "%s is a folder, not a tickmark database", review.Quote(db.path)).
			WithHint("name the database file in it")
	case info.Size() == 0 && db.opt.Create && !db.opt.ReadOnly:
		return true, nil
	}
	head, err := readHead(db.path)
	if err != nil {
		return false, ioError(db.path, err)
	}
	if !ours(head) {
		return false, review.Errorf(review.KindRefused, "%s is not a tickmark database", review.Quote(db.path)).
			WithHint("name another file with --db; to read an export use tickmark import FILE")
	}
	return false, nil
}

// IsDatabase reports whether the file is a SQLite database of ours, by its first bytes.
func IsDatabase(path string) bool {
	head, err := readHead(path)
	return err == nil && ours(head)
}

const sqliteHeader = 100

func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, sqliteHeader)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

func ours(head []byte) bool {
	return len(head) == sqliteHeader && string(head[:16]) == "SQLite format 3\x00" &&
		binary.BigEndian.Uint32(head[68:]) == applicationID
}

func (db *DB) connect(ctx context.Context, fresh bool) error {
	db.driver = &sqlite.Driver{}
	db.feeds.m = map[string]*feed{}
	if err := db.driver.RegisterModule(feedModule, &db.feeds); err != nil {
		return wrap(err)
	}
	if db.opt.ReadOnly {
		return db.connectReadOnly(ctx)
	}
	if fresh {
		if err := db.create(ctx); err != nil {
			return err
		}
	}
	db.w = db.keeping(writing, "", 1)
	if err := db.w.PingContext(ctx); err != nil {
		return db.cannotOpen(err)
	}
	db.r = db.keeping(reading, "", maxReaders)
	if err := db.migrate(ctx, db.w); err != nil {
		return err
	}
	return db.clearDeadLoads(ctx)
}

// connectReadOnly also opens a database in a folder where SQLite cannot make its -shm file, if nothing is left in the
// write-ahead log.
func (db *DB) connectReadOnly(ctx context.Context) error {
	db.r = db.keeping(reading, "", maxReaders)
	_, err := db.version(ctx, db.r)
	if cannotShare(err) && !emptyFile(db.path+"-wal") {
		return &review.Error{Kind: review.KindIO, Message: "the newest acts in " + review.Quote(db.path) + " stand in its file -wal, which cannot be read where nothing can be written",
			Hint: "copy the database and the file of its name with -wal into a folder of your own, and open the copy", Err: err}
	}
	if cannotShare(err) {
		db.r.Close()
		db.r = db.keeping(reading, "&immutable=1", maxReaders)
		db.immutable = true
		_, err = db.version(ctx, db.r)
	}
	if err != nil {
		return db.cannotOpen(err)
	}
	v, err := db.version(ctx, db.r)
	if err != nil {
		return err
	}
	if newest := len(migrations()); v < newest {
		return review.Errorf(review.KindRefused, "the database %s is of an older form", review.Quote(db.path)).
			WithHint("`tickmark status` brings it up to date where it may write; of a database that must stay as it is, do so with a copy").WithReason(OlderForm)
	}
	return checkVersion(v, db.path)
}

// cannotShare tells that SQLite could not make its -shm file. Which of the codes it gives depends on whether the file is not
// there or may not be made.
func cannotShare(err error) bool {
	code := sqliteCode(err)
	return code == codeCantOpen || code == codeReadOnly
}

func emptyFile(path string) bool {
	info, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// access says what a connection is for.
type access int

const (
	reading access = iota
	writing
	// loading is of what nobody sees yet: synchronous=NORMAL, because the transaction that publishes it syncs the same log.
	// An import is written in the order of its tables and needs few pages at a time, a population comes back to many.
	loading
	launching
)

// dsn holds every setting, because one made later would reach one pooled connection only.
func (db *DB) dsn(a access) string {
	path := db.path
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // a drive letter
	}
	q := []string{
		"_busy_timeout=" + fmt.Sprint(db.opt.busy.Milliseconds()),
		"_foreign_keys=on",
		"_dqs=false",
		"_defensive=true",
		"_pragma=trusted_schema(off)",
		"_pragma=recursive_triggers(on)", // REPLACE must not pass the triggers that refuse a DELETE
		"_pragma=temp_store(memory)",
	}
	if db.opt.vfs != "" {
		q = append(q, "vfs="+db.opt.vfs)
	}
	switch a {
	case reading:
		q = append(q, "mode=ro", "_query_only=on", "_pragma=cache_size(-8000)")
	case writing:
		q = append(q, "mode=rw", "_txlock=immediate", "_synchronous=FULL", "_pragma=cache_size(-16000)")
	case loading:
		q = append(q, "mode=rw", "_txlock=immediate", "_synchronous=NORMAL", "_pragma=cache_size(-8000)", "_pragma=wal_autocheckpoint(8000)")
	case launching:
		q = append(q, "mode=rw", "_txlock=immediate", "_synchronous=NORMAL", "_pragma=cache_size(-32000)", "_pragma=wal_autocheckpoint(8000)")
	}
	return (&url.URL{Scheme: "file", Path: abs}).String() + "?" + strings.Join(q, "&")
}

// connector opens connections with the database's own driver, which knows its feeds.
type connector struct {
	driver *sqlite.Driver
	dsn    string
	keep   func(driver.Conn) (driver.Conn, error) // wraps each; nil: does not
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, err := c.driver.Open(c.dsn)
	if err != nil || c.keep == nil {
		return conn, err
	}
	return c.keep(conn)
}

func (c connector) Driver() driver.Driver { return c.driver }

func (db *DB) pool(dsn string, conns int) *sql.DB {
	return poolOf(connector{driver: db.driver, dsn: dsn}, conns)
}

// keeping is a pool of connections that keep their statements.
func (db *DB) keeping(a access, more string, conns int) *sql.DB {
	return poolOf(connector{db.driver, db.dsn(a) + more, func(c driver.Conn) (driver.Conn, error) { return newKeeper(c, a != reading) }}, conns)
}

func poolOf(c connector, conns int) *sql.DB {
	p := sql.OpenDB(c)
	p.SetMaxOpenConns(conns)
	p.SetMaxIdleConns(conns)
	return p
}

// create makes the file with the whole schema in it. It is written in rollback mode, so that the main file shows at once
// what it is, and then switched to WAL for good.
func (db *DB) create(ctx context.Context) error {
	if dir := filepath.Dir(db.path); !isDir(dir) {
		return review.Errorf(review.KindNotFound, "there is no folder %s", review.Quote(dir)).WithHint("make the folder, or name another file with --db")
	}
	d := strings.Replace(db.dsn(writing), "mode=rw", "mode=rwc", 1)
	w := db.pool(d, 1)
	defer w.Close()
	if err := w.PingContext(ctx); err != nil {
		return db.cannotOpen(err)
	}
	if err := db.migrate(ctx, w); err != nil {
		return err
	}
	var mode string
	if err := w.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode); err != nil {
		return wrap(err)
	}
	if mode != "wal" {
		return review.Errorf(review.KindIO, "the disk of %s does not support shared databases", review.Quote(db.path)).
			WithHint("keep the database on a local disk")
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func migrations() []string {
	files, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	slices.Sort(files)
	return files
}

func (db *DB) version(ctx context.Context, p *sql.DB) (int, error) {
	var v int
	err := p.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v)
	return v, err
}

func checkVersion(v int, path string) error {
	if newest := len(migrations()); v > newest {
		return review.Errorf(review.KindNewer, "the database %s was written by a newer tickmark (form %d, this program knows %d)", review.Quote(path), v, newest).
			WithHint("install the newer tickmark; this database was not changed")
	}
	return nil
}

// migrate runs the numbered files the database has not seen, each in a transaction with its number.
func (db *DB) migrate(ctx context.Context, w *sql.DB) error {
	v, err := db.version(ctx, w)
	if err != nil {
		return db.cannotOpen(err)
	}
	if err := checkVersion(v, db.path); err != nil {
		return err
	}
	for i, name := range migrations() {
		if i < v {
			continue
		}
		text, err := schemaFiles.ReadFile(name)
		if err != nil {
			return wrap(err)
		}
		if err := migrateOne(ctx, w, i, string(text)); err != nil {
			return db.cannotOpen(err)
		}
	}
	return nil
}

func migrateOne(ctx context.Context, w *sql.DB, seen int, text string) error {
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var v int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return err
	}
	if v != seen {
		return nil // another process was faster
	}
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, seen+1)); err != nil {
		return err
	}
	return tx.Commit()
}

// Close waits for running statements and releases the files.
func (db *DB) Close() error {
	var errs []error
	if db.r != nil {
		errs = append(errs, db.r.Close())
	}
	if db.w != nil {
		errs = append(errs, db.w.Close())
	}
	return wrap(errors.Join(errs...))
}

// Check runs SQLite's integrity and foreign-key checks and gives one line per fault; none is sound.
func (db *DB) Check(ctx context.Context) ([]string, error) {
	var faults []string
	rows, err := db.r.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return nil, wrap(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, wrap(err)
		}
		if line != "ok" {
			faults = append(faults, line)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, wrap(err)
	}
	fk, err := db.r.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return nil, wrap(err)
	}
	defer fk.Close()
	for fk.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := fk.Scan(&table, &row, &parent, &key); err != nil {
			return nil, wrap(err)
		}
		faults = append(faults, fmt.Sprintf("%s row %d refers to a missing row of %s", table, row.Int64, parent))
	}
	return faults, wrap(fk.Err())
}
