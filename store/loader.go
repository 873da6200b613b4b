package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

const (
	// chunkRows is how many grants, or other lines, travel together from the reader to the hasher to the database.
	chunkRows = 2048
	// holdLock is how long a batch may keep the write lock before it lets others in (rulings 8: 100 ms).
	holdLock = 70 * time.Millisecond
)

// Loader takes what a file yields and loads it under an import nobody sees yet. Its taking methods are those of
// importers.Sink: call them from one goroutine, in file order. After any error, and when ctx ends, call Discard.
//
// Rows are numbered, salted, keyed and hashed on the way; the write lock is held for at most about 100 ms at a time
// (rulings 8). Reading, hashing and loading run beside each other.
type Loader struct {
	db    *DB
	ctx   context.Context
	start ImportStart
	log   string
	id    review.ImportID

	// The reader's side.
	chunk        *chunk
	accounts     *dict
	status       []uint8 // of accounts by number - 1
	identities   *identities
	named        []uint32 // numbers of these identities among terms; 0 is not looked up yet
	last         lastMet
	entitlements *dict
	resources    *dict
	terms        *dict
	manners      *dict
	workers      *dict
	workerAt     []int64 // their places among the extras, by number - 1
	rows         int64
	extras       int64
	counts       Loaded

	// The pipeline.
	stage *loadPipe

	loaded    Loaded
	finished  bool
	published bool
	discarded bool
}

// BeginImport starts a load. Several may run at once.
func (db *DB) BeginImport(ctx context.Context, s ImportStart) (*Loader, error) {
	log, err := db.LogName(ctx)
	if err != nil {
		return nil, err
	}
	if log == "" {
		return nil, review.Errorf(review.KindRefused, "this database holds no ledger yet").WithHint("run tickmark init first")
	}
	if !ledger.ValidID(string(s.Source)) {
		return nil, review.Errorf(review.KindUsage, "%s is no name for a source", review.Quote(string(s.Source))).
			WithHint("use lower-case letters, digits, dots and hyphens, at most 64")
	}
	l := &Loader{db: db, ctx: ctx, start: s, log: log}
	err = db.Write(ctx, func(tx *Tx) error {
		res, err := tx.exec("INSERT INTO imports (state, source, system, fingerprint, at) VALUES (0, ?, ?, ?, ?)",
			s.Source, s.System, s.Fingerprint, db.opt.Now().Unix())
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		l.id = review.ImportID(id)
		return tx.beginLoad(loadImport, id)
	})
	if err != nil {
		return nil, err
	}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, l.Discard())
	}
	return l, nil
}

func (l *Loader) begin() error {
	l.closeDicts()
	for _, d := range l.dicts() {
		*d = newSpilledDict(l.start.InMemory)
	}
	l.status, l.named, l.workerAt, l.identities = nil, nil, nil, newIdentities(l.start.InMemory)
	l.last = lastMet{}
	l.rows, l.extras, l.counts = 0, 0, Loaded{}
	var err error
	l.stage, err = l.newPipe()
	if err != nil {
		return err
	}
	l.chunk = l.stage.empty()
	return nil
}

func (l *Loader) dicts() [6]**dict {
	return [...]**dict{&l.accounts, &l.entitlements, &l.resources, &l.terms, &l.manners, &l.workers}
}

// dictError is why numbers mean nothing any more.
func (l *Loader) dictError() error {
	for _, d := range l.dicts() {
		if (*d).err != nil {
			return (*d).err
		}
	}
	return nil
}

func (l *Loader) closeDicts() {
	if l.identities == nil {
		return
	}
	for _, d := range l.dicts() {
		(*d).close()
	}
	l.identities.close()
}

// ID is the import's number, fixed from the start; discarded loads leave gaps.
func (l *Loader) ID() review.ImportID { return l.id }

// Reset drops everything taken so far: the file is read again from the start.
func (l *Loader) Reset() error {
	if err := l.stage.stop(); err != nil {
		return err
	}
	if err := l.db.sweepRows(l.ctx, loadImport, int64(l.id)); err != nil {
		return err
	}
	return l.begin()
}

// Account takes an account; the same native id again replaces it.
func (l *Loader) Account(a *review.Account) error {
	n, fresh := l.accounts.number(a.NativeID)
	identity := l.identityOf(a)
	if fresh {
		l.status = append(l.status, 0)
		l.named = append(l.named, 0)
		l.counts.Accounts++
	}
	l.named[n-1] = 0
	l.status[n-1] = uint8(accountStatuses().code(a.Status))
	if err := l.identities.set(n, identity); err != nil {
		return err
	}
	l.last.account = lastAccount{}
	l.chunk.accounts = append(l.chunk.accounts, accountRow{id: l.wide(n), a: *a, identity: identity})
	return l.flow()
}

// identityOf gives the ledger identity of an account (rulings 5).
func (l *Loader) identityOf(a *review.Account) string {
	if l.start.IdentityOf != nil {
		return l.start.IdentityOf(a)
	}
	if len(a.Emails) > 0 {
		return strings.ToLower(a.Emails[0])
	}
	return a.IdentityKey
}

// Entitlement takes an entitlement nobody holds.
func (l *Loader) Entitlement(e *review.Entitlement, system string) error {
	if _, err := l.entitlement(e, system, false); err != nil {
		return err
	}
	return l.flow()
}

func (l *Loader) entitlement(e *review.Entitlement, system string, held bool) (uint32, error) {
	if *e == (review.Entitlement{}) {
		return 0, nil
	}
	mark := "held"
	if !held {
		mark = system
	}
	n, fresh := l.entitlements.number(e.NativeID, e.Name, e.Kind, e.Description, string(e.Privilege), e.PrivilegeReason, mark)
	if fresh {
		l.counts.Entitlements++
		l.chunk.entitlements = append(l.chunk.entitlements, entitlementRow{id: l.wide(n), e: *e, system: system, held: held})
	}
	return n, nil
}

func (l *Loader) resource(r *review.Resource) uint32 {
	if *r == (review.Resource{}) {
		return 0
	}
	n, fresh := l.resources.number(r.NativeID, r.Name, r.Kind)
	if fresh {
		l.chunk.resources = append(l.chunk.resources, resourceRow{id: l.wide(n), r: *r})
	}
	return n
}

func (l *Loader) term(text string) uint32 {
	if text == "" {
		return 0
	}
	n, fresh := l.terms.number(text)
	if fresh {
		l.chunk.terms = append(l.chunk.terms, termRow{id: l.wide(n), text: text})
	}
	return n
}

// identityTerm numbers the ledger identity of an account.
func (l *Loader) identityTerm(account uint32, identity string) uint32 {
	n := &l.named[account-1]
	if *n == 0 {
		*n = l.term(identity)
	}
	return *n
}

// manner numbers how a grant is held.
func (l *Loader) manner(g *review.Grant) uint32 {
	v := [7]string{g.Kind, g.How, g.State, g.Level, g.GrantedBy, g.Condition, g.Irrevocable}
	if met := &l.last.manner; met.n != 0 && met.v == v {
		return met.n
	}
	n, fresh := l.manners.number(v[:]...)
	if fresh {
		l.chunk.manners = append(l.chunk.manners, mannerRow{l.wide(n), v[0], [6]string(v[1:])})
	}
	l.last.manner = numbered[[7]string]{n, v}
	return n
}

// wide makes a number of this import's dictionaries unique in the database.
func (l *Loader) wide(n uint32) int64 { return int64(l.id)<<32 | int64(n) }

// Grant takes a grant; it becomes the next row. Its account was taken before.
func (l *Loader) Grant(g *review.Grant) error {
	if l.last.account.n == 0 || l.last.account.native != g.Account {
		n := l.accounts.lookup(g.Account)
		if n == 0 {
			return review.Errorf(review.KindInternal, "a grant came before its account %s", review.Quote(g.Account))
		}
		identity, err := l.identities.of(n)
		if err != nil {
			return err
		}
		l.last.account = lastAccount{n, g.Account, identity}
	}
	account, identity := l.last.account.n, l.last.account.identity
	entitlement, err := l.entitlement(&g.Entitlement, "", true)
	if err != nil {
		return err
	}
	l.rows++
	l.counts.Grants++
	row := grantRow{id: int64(l.id)<<32 | l.rows, account: account, native: g.Account, status: l.status[account-1], identity: identity, g: *g,
		entitlement: entitlement, resource: l.resource(&g.Resource), path: l.term(g.Path), identityTerm: l.identityTerm(account, identity)}
	if row.g.Kind == "" {
		row.g.Kind = "grant"
	}
	row.manner = l.manner(&row.g)
	l.chunk.grants = append(l.chunk.grants, row)
	return l.flow()
}

// Worker takes a line of a roster; the same id again replaces it.
func (l *Loader) Worker(w *review.Worker) error {
	n, fresh := l.workers.number(w.ID)
	if !fresh && l.workers.err == nil {
		return l.extraAt(l.workerAt[n-1], extraWorker, w)
	}
	l.counts.Workers++
	l.workerAt = append(l.workerAt, l.extras+1)
	return l.extra(extraWorker, w)
}

// SoDRule takes a rule.
func (l *Loader) SoDRule(r *review.SoDRule) error {
	l.counts.SoDRules++
	return l.extra(extraSoDRule, r)
}

// Link takes a link of an account and an identity.
func (l *Loader) Link(k *review.Link) error {
	l.counts.Links++
	return l.extra(extraLink, k)
}

// Ownership takes the naming of an owner.
func (l *Loader) Ownership(o *review.Ownership) error {
	l.counts.Ownerships++
	return l.extra(extraOwnership, o)
}

// Usage takes a last-used observation.
func (l *Loader) Usage(u *review.Usage) error {
	l.counts.Usages++
	return l.extra(extraUsage, u)
}

// Evidence takes a fact that is no grant.
func (l *Loader) Evidence(e *review.Evidence) error {
	l.counts.Evidence++
	return l.extra(extraEvidence, e)
}

// Reject takes a record that made nothing.
func (l *Loader) Reject(r review.Reject) error {
	l.counts.Rejects++
	return l.extra(extraReject, r)
}

func (l *Loader) extra(kind int, v any) error {
	l.extras++
	return l.extraAt(l.extras, kind, v)
}

func (l *Loader) extraAt(n int64, kind int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return review.Errorf(review.KindInternal, "a line cannot be kept: %w", err)
	}
	l.chunk.extras = append(l.chunk.extras, extraRow{id: int64(l.id)<<32 | n, kind: kind, data: string(data)})
	return l.flow()
}

// flow hands a full chunk on.
func (l *Loader) flow() error {
	if l.chunk.size() < chunkRows {
		return nil
	}
	if err := l.dictError(); err != nil {
		return err
	}
	if err := l.stage.send(l.chunk); err != nil {
		return err
	}
	l.chunk = l.stage.empty()
	return nil
}

// Finish ends taking: it makes account rows where due, loads the rest and gives counts and hashes.
func (l *Loader) Finish() (Loaded, error) {
	if l.finished {
		return l.loaded, nil
	}
	if err := l.drain(); err != nil {
		return Loaded{}, err
	}
	if l.start.ReviewAccounts || l.counts.Accounts > 0 && l.counts.Grants == 0 {
		if err := l.accountRows(); err != nil {
			return Loaded{}, err
		}
	}
	if err := l.dictError(); err != nil {
		return Loaded{}, err
	}
	if err := l.stage.finish(l.chunk); err != nil {
		return Loaded{}, err
	}
	l.counts.Rows = l.rows
	l.counts.AccountRows = l.rows - l.counts.Grants
	l.counts.ItemsRoot = l.stage.tree.Root()
	people, err := l.identities.distinct()
	if err != nil {
		return Loaded{}, err
	}
	l.counts.Identities = people
	l.closeDicts()
	list, err := l.db.rejectsCSV(l.ctx, l.id)
	if err != nil {
		return Loaded{}, err
	}
	if l.counts.RejectsCSV, err = l.db.PutFile(l.ctx, list); err != nil {
		return Loaded{}, err
	}
	l.loaded, l.finished = l.counts, true
	return l.loaded, nil
}

// drain loads everything taken so far, so that it can be read back.
func (l *Loader) drain() error {
	if err := l.stage.flush(l.chunk); err != nil {
		return err
	}
	l.chunk = l.stage.empty()
	return nil
}

// accountRows makes one row of kind account per account that is not disabled or deleted, in the order first met
// (rulings 3).
func (l *Loader) accountRows() error {
	const page = 4096
	for from, end := l.wide(0), l.wide(0)+1<<32; ; {
		accounts := make([]accountRow, 0, page)
		err := queryAccounts(l.ctx, l.db.r, func(id int64, a *review.Account, identity string) error {
			accounts = append(accounts, accountRow{id: id, a: *a, identity: identity})
			return nil
		}, "id > ? AND id < ? ORDER BY id LIMIT ?", from, end, page)
		if err != nil {
			return err
		}
		for i := range accounts {
			if err := l.accountRow(&accounts[i]); err != nil {
				return err
			}
		}
		if len(accounts) < page {
			return nil
		}
		from = accounts[page-1].id
	}
}

func (l *Loader) accountRow(row *accountRow) error {
	a := &row.a
	if a.Status == review.Disabled || a.Status == review.Deleted {
		return nil
	}
	n := uint32(row.id)
	g := review.Grant{Kind: "account", Account: a.NativeID, Granted: a.Created, LastUsed: a.LastLogin, Irrevocable: a.Irrevocable,
		Locator: a.Locator, RawSHA256: a.RawSHA256}
	if g.Locator == "" {
		g.Locator = "account " + strconv.Itoa(int(n))
	}
	l.rows++
	l.chunk.grants = append(l.chunk.grants, grantRow{id: int64(l.id)<<32 | l.rows, account: n, native: a.NativeID, status: l.status[n-1], identity: row.identity,
		g: g, identityTerm: l.identityTerm(n, row.identity), manner: l.manner(&g)})
	return l.flow()
}

// Publish makes the import visible as pending (unsigned). The report is kept as given, with ID and State set.
func (l *Loader) Publish(ctx context.Context, report review.ImportReport) (review.ImportID, error) {
	if _, err := l.Finish(); err != nil {
		return 0, err
	}
	report.ID, report.State, report.Source = l.id, "pending", l.start.Source
	data, err := json.Marshal(report)
	if err != nil {
		return 0, review.Errorf(review.KindInternal, "the report cannot be kept: %w", err)
	}
	counts, err := json.Marshal(l.loaded)
	if err != nil {
		return 0, review.Errorf(review.KindInternal, "the counts cannot be kept: %w", err)
	}
	err = l.db.Write(ctx, func(tx *Tx) error {
		n, err := tx.change(`UPDATE imports SET state = 1, sha256 = ?, rows = ?, counts = ?, items_root = ?, rejects = ?, report = ? WHERE id = ? AND state = 0`,
			report.SHA256, l.loaded.Rows, string(counts), l.loaded.ItemsRoot[:], l.loaded.RejectsCSV[:], string(data), l.id)
		if err != nil {
			return err
		}
		if n != 1 {
			return errLoadLost()
		}
		_, err = tx.endLoad(loadImport, int64(l.id))
		return err
	})
	if err != nil {
		return 0, err
	}
	l.published = true
	return l.id, nil
}

// Discard deletes what was loaded. It is harmless after Publish.
func (l *Loader) Discard() error {
	if l.discarded || l.published {
		return nil
	}
	l.discarded = true
	if l.stage != nil {
		l.stage.stop() //nolint:errcheck // what failed is being thrown away
	}
	l.closeDicts()
	return l.db.sweep(context.WithoutCancel(l.ctx), loadImport, int64(l.id))
}

func errLoadLost() error {
	return review.Errorf(review.KindConflict, "another program took this load for dead and cleared it").
		WithHint("nothing was changed; run the import again")
}
