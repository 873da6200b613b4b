package store

import (
	"database/sql"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"tickmark/ledger"
	"tickmark/review"
)

// Options of [Open].
type Options struct {
	ReadOnly bool             // nothing is written, not even recovery of a crash
	Create   bool             // make the file where there is none; without it that is not-found
	Now      func() time.Time // default time.Now
	Rand     io.Reader        // for salts; default crypto/rand

	busy time.Duration // how long a writer waits for another process; default busyWait
	vfs  string        // the file layer of SQLite to go through; default the system's
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path      string
	opt       Options
	driver    *sqlite.Driver
	feeds     feeds
	w         *sql.DB       // one connection
	r         *sql.DB       // readers
	immutable bool          // read from a place where nothing can be written
	gate      chan struct{} // held by whoever writes in this process, so that waiting is short and can be cancelled
	log       atomic.Pointer[string]

	pmu         sync.Mutex
	populations map[review.CampaignID]*population // launched ones, which do not change; guarded by pmu
}

// Path is the file's name as given to Open.
func (db *DB) Path() string { return db.path }

// ReadOnly reports whether the database was opened for reading only.
func (db *DB) ReadOnly() bool { return db.opt.ReadOnly }

// Entry is one stored ledger entry.
type Entry struct {
	Index    review.EntryIndex
	Kind     ledger.Kind
	Bytes    []byte
	Leaf     ledger.Hash
	Campaign review.CampaignID // empty for kinds without one
	Bundle   review.EntryIndex // for a record: the bundle that covers it
	Signer   review.Principal  // for a statement
	Key      review.Fingerprint
	Via      string
	Time     time.Time
}

// Signer is how far a person's chain of statements is (ledger.md 3, seq and prev).
type Signer struct {
	Seq  int64       // of the newest statement; 0: none yet
	Prev ledger.Hash // hash of the newest statement without its signature
	Last review.EntryIndex
	Time time.Time
}

// RosterInForce names the roster that counts for the next entry.
type RosterInForce struct {
	Entry   review.EntryIndex // 0: none yet
	Version int64
	Signers ledger.Hash // of the allowed_signers file, see File
	Revoked ledger.Hash // of the revocation file; zero: none
}

// Rebuilt answers Rebuild.
type Rebuilt struct {
	Entries     int64
	Differences []string // each names table, key and both values; the first 100
	Total       int64    // how many there are
	Applied     bool
}
