package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/store"
)

// Options say which database, which person, which key.
type Options struct {
	Path      string           // database file
	Principal review.Principal // empty: the one the key belongs to
	Key       string           // a private, public or certificate file, or a fingerprint; empty: the enrolled one
	Agent     *keys.Agent      // the person's ssh-agent, local or forwarded; nil: none
	// LoginKey is set by a server: the key that authenticated the connection. Only that key may sign.
	LoginKey review.Fingerprint
	// Passphrase asks for the passphrase of a key file. nil: nobody can be asked.
	Passphrase func(ctx context.Context, file string) ([]byte, error)
	KeyDir     string // where keys made by tickmark live
	StateDir   string // heads this person has seen, one file per ledger; empty: none are kept
	Config     Config
	Now        func() time.Time
	Rand       io.Reader
	ReadOnly   bool
	OrReadOnly bool                             // where the database cannot be written, read it: ReadOnly says which it became
	Inspect    bool                             // open also a ledger that does not extend what this person saw: it is to be judged, not used
	Say        func(format string, args ...any) // notices for people; nil: silent
	Tool       string                           // name and version of the program
	InMemory   int                              // what an import keeps in memory of each kind before it goes to temporary files; 0: what is sensible
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Tool == "" {
		o.Tool = "tickmark"
	}
}

// Desk is one database opened for one person. It is safe for use by several goroutines.
type Desk struct {
	o      Options
	db     *store.DB
	log    string
	policy review.Policy

	signing sync.Mutex // one statement of this person at a time: seq and prev must follow each other

	mu       sync.Mutex
	me       review.Principal // guarded by mu; empty until known
	people   *directory       // guarded by mu; nil until needed and after an import or a signature
	orgs     map[orgKey]*review.Org
	granted  map[review.ImportID]map[string]string // who is behind granters' names
	policies map[review.CampaignID]review.Policy   // pinned ones; guarded by mu, never change once read
	cameIn   map[review.SourceID]bool              // sources imported through this desk; guarded by mu
	acts     map[int64]bool                        // of the undo log that this desk made; guarded by mu
	managed  map[int64]bool                        // managers' acts that this desk staged; guarded by mu
}

// Open opens an existing database.
func Open(ctx context.Context, o Options) (*Desk, error) {
	o.fill()
	open := func() (*store.DB, error) {
		return store.Open(ctx, o.Path, store.Options{ReadOnly: o.ReadOnly, Now: o.Now, Rand: o.Rand})
	}
	db, err := open()
	var e *review.Error
	switch errors.As(err, &e); {
	case e == nil:
	case o.OrReadOnly && e.Reason == store.NotWritable:
		o.ReadOnly = true
		db, err = open()
	case o.ReadOnly && !o.Inspect && e.Reason == store.OlderForm:
		db, err = renewed(ctx, o, open, err)
	}
	if err != nil {
		return nil, err
	}
	d := newDesk(o)
	d.db = db
	if err := d.start(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return d, nil
}

// renewed opens a database of an older form for reading, brought up to date first. Where it cannot be written, that it is old
// is what to say.
func renewed(ctx context.Context, o Options, open func() (*store.DB, error), old error) (*store.DB, error) {
	db, err := store.Open(ctx, o.Path, store.Options{Now: o.Now, Rand: o.Rand})
	var e *review.Error
	if errors.As(err, &e) && e.Reason == store.NotWritable {
		return nil, old
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	return open()
}

func newDesk(o Options) *Desk {
	return &Desk{o: o, orgs: map[orgKey]*review.Org{}, granted: map[review.ImportID]map[string]string{}, policies: map[review.CampaignID]review.Policy{}, cameIn: map[review.SourceID]bool{}, acts: map[int64]bool{}, managed: map[int64]bool{}}
}

func (d *Desk) start(ctx context.Context) error {
	log, err := d.db.LogName(ctx)
	if err != nil {
		return err
	}
	d.log = log
	d.policy, err = d.o.Config.policy()
	if err != nil {
		return err
	}
	if err := d.checkSeen(ctx); err != nil {
		return err
	}
	if d.me, err = d.findMe(ctx); err != nil {
		return err
	}
	return d.giveBack(ctx)
}

// Close closes the database. Staged work stays. What others wrote meanwhile counts as seen.
func (d *Desk) Close() error {
	if err := d.checkSeen(context.Background()); err != nil && review.KindOf(err) == review.KindRefused {
		d.o.Say("%s", err.Error())
	}
	return d.db.Close()
}

// Now is the desk's clock, in UTC and whole seconds as the ledger writes it.
func (d *Desk) Now() time.Time { return d.o.Now().UTC().Truncate(time.Second) }

// Me is the person this desk acts for; empty if none of the keys at hand is enrolled.
func (d *Desk) Me() review.Principal {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.me
}

// Log is the ledger's name.
func (d *Desk) Log() string { return d.log }

// ReadOnly reports whether the database can only be read.
func (d *Desk) ReadOnly() bool { return d.o.ReadOnly }

// Path is the database file.
func (d *Desk) Path() string { return d.o.Path }
