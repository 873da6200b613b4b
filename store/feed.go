package store

import (
	"fmt"
	"strings"
	"sync"

	"modernc.org/sqlite/vtab"
)

// A feed is a virtual table whose rows come from Go: INSERT ... SELECT from it fills a table at the speed of SQLite's
// own copying, about twice that of one statement per row. It is made for one connection and lives in its temp schema.

const feedModule = "tickmark_feed"

// feed hands out rows to the statement that reads it.
type feed struct {
	name    string
	columns []string
	// next moves to the next row and is false after the last one.
	next func() bool
	// value gives a column of the row next moved to.
	value func(column int) vtab.Value
}

// feeds is the module: it finds the feed a temp table was made for by the table's name.
type feeds struct {
	mu sync.Mutex
	m  map[string]*feed
}

func (f *feeds) add(fd *feed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.m[fd.name] = fd
}

func (f *feeds) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.m, name)
}

// Create implements vtab.Module.
func (f *feeds) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	return f.Connect(ctx, args)
}

// Connect implements vtab.Module. args[3] is the name of the feed.
func (f *feeds) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("store: a feed takes its name, not %d arguments", len(args)-3)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fd := f.m[args[3]]
	if fd == nil {
		return nil, fmt.Errorf("store: there is no feed %s", args[3])
	}
	if err := ctx.Declare("CREATE TABLE x (" + strings.Join(fd.columns, ", ") + ")"); err != nil {
		return nil, err
	}
	return feedTable{fd}, nil
}

type feedTable struct{ *feed }

// BestIndex implements vtab.Table: there is one way to read, from start to end.
func (feedTable) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost = 1e6
	info.EstimatedRows = 1e6
	return nil
}

// Open implements vtab.Table.
func (t feedTable) Open() (vtab.Cursor, error) { return &feedCursor{feed: t.feed}, nil }

// Disconnect implements vtab.Table.
func (feedTable) Disconnect() error { return nil }

// Destroy implements vtab.Table.
func (feedTable) Destroy() error { return nil }

type feedCursor struct {
	feed *feed
	row  int64
	end  bool
}

// Filter implements vtab.Cursor.
func (c *feedCursor) Filter(int, string, []vtab.Value) error { return c.Next() }

// Next implements vtab.Cursor.
func (c *feedCursor) Next() error {
	c.end = !c.feed.next()
	c.row++
	return nil
}

// Eof implements vtab.Cursor.
func (c *feedCursor) Eof() bool { return c.end }

// Column implements vtab.Cursor.
func (c *feedCursor) Column(col int) (vtab.Value, error) { return c.feed.value(col), nil }

// Rowid implements vtab.Cursor.
func (c *feedCursor) Rowid() (int64, error) { return c.row, nil }

// Close implements vtab.Cursor.
func (c *feedCursor) Close() error { return nil }
