package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tickmark/ledger"
	"tickmark/review"
)

// Reading back what an import loaded. An import does not change once published, so it is read in pages of rows without a
// long transaction; the dictionaries are read as the rows need them.

const readPage = 2048

// accountQuery selects the columns in the order of accountColumns.
func accountQuery() string {
	return "SELECT " + strings.Join(accountColumns(), ", ") + " FROM accounts WHERE "
}

// queryAccounts calls fn with the accounts a WHERE clause names.
func queryAccounts(ctx context.Context, q querier, fn func(id int64, a *review.Account, identity string) error, where string, args ...any) error {
	return each(ctx, q, func(scan func(...any) error) error {
		var id int64
		var native string
		var s [12]sql.NullString
		var login sql.NullInt64
		if err := scan(&id, &native, &s[0], &s[1], &s[2], &s[3], &s[4], &s[5], &s[6], &login, &s[7], &s[8], &s[9], &s[10], &s[11]); err != nil {
			return err
		}
		var m accountMore
		if s[11].Valid {
			if err := json.Unmarshal([]byte(s[11].String), &m); err != nil {
				return review.Errorf(review.KindIO, "an account of import %d is damaged: %w", id>>32, err).WithHint("restore the database from a copy")
			}
		}
		if m.Emails == nil && s[3].Valid {
			m.Emails = strings.Split(s[3].String, "\n")
		}
		a := review.Account{
			NativeID: native, Login: s[1].String, DisplayName: s[2].String, Emails: m.Emails, WorkerID: m.WorkerID, IdentityKey: s[4].String,
			KeySource: m.KeySource, Kind: review.Kind(s[5].String), KindInferred: m.KindInferred, Marks: m.Marks, Status: review.Status(s[6].String),
			StatusRaw: m.StatusRaw, Created: m.Created, LastLogin: decodeTime(login.Int64, login.Valid, m.LoginRaw), MFA: m.MFA, External: m.External,
			System: s[7].String, Manager: s[8].String, Owner: m.Owner, Department: s[9].String, Title: s[10].String, Attributes: m.Attributes,
			Credentials: m.Credentials, Unresolved: m.Unresolved, Irrevocable: m.Irrevocable, Locator: m.Locator, RawSHA256: hashOf(m.RawSHA256),
		}
		return fn(id, &a, s[0].String)
	}, accountQuery()+where, args...)
}

// Accounts calls fn with the accounts of an import in the order first met, and the ledger identity of each.
func (db *DB) Accounts(ctx context.Context, id review.ImportID, fn func(a *review.Account, identity string) error) error {
	return queryAccounts(ctx, db.r, func(_ int64, a *review.Account, identity string) error { return fn(a, identity) },
		"id > ? << 32 AND id < (? + 1) << 32 ORDER BY id", id, id)
}

// AccountsLike calls fn with the accounts of an import that could hold one of the texts, in any case of letters, in what
// names them or their holder. The caller looks closer: LIKE takes any letter beyond ASCII for any other.
func (db *DB) AccountsLike(ctx context.Context, id review.ImportID, texts []string, fn func(a *review.Account, identity string) error) error {
	switch {
	case len(texts) == 0:
		return nil
	case len(texts) > 100: // SQLite limits how deep an expression is
		return db.Accounts(ctx, id, fn)
	}
	const holds = "native_id LIKE ? OR login LIKE ? OR display_name LIKE ? OR emails LIKE ? OR identity LIKE ? OR identity_key LIKE ? OR department LIKE ? OR more LIKE ?"
	where, args := make([]string, len(texts)), []any{id, id}
	for i, t := range texts {
		where[i] = holds
		args = append(args, slices.Repeat([]any{"%" + likely(t) + "%"}, strings.Count(holds, "?"))...)
	}
	return queryAccounts(ctx, db.r, func(_ int64, a *review.Account, identity string) error { return fn(a, identity) },
		"id > ? << 32 AND id < (? + 1) << 32 AND ("+strings.Join(where, " OR ")+") ORDER BY id", args...)
}

// AccountsNamed calls fn with the accounts of an import whose native id or login could be one of the names, in any case of
// letters. The caller looks closer.
func (db *DB) AccountsNamed(ctx context.Context, id review.ImportID, names []string, fn func(a *review.Account, identity string) error) error {
	where, args := "FALSE", []any{id, id}
	for _, n := range names {
		where += " OR native_id LIKE ? OR login LIKE ?"
		args = append(args, likely(n), likely(n))
	}
	return queryAccounts(ctx, db.r, func(_ int64, a *review.Account, identity string) error { return fn(a, identity) },
		"id > ? << 32 AND id < (? + 1) << 32 AND ("+where+") ORDER BY id", args...)
}

// likely is a LIKE pattern that every spelling of a text fits: LIKE knows the case of ASCII letters alone, two of those are the
// small letters of others too (İ, and K of kelvin), and JSON writes some characters as several. A very long one is a pattern of
// its beginning.
func likely(text string) string {
	const most = 1000
	if len(text) > most {
		return likely(strings.ToValidUTF8(text[:most], "")) + "%"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= utf8.RuneSelf, strings.ContainsRune("_iIkK", r):
			return '_'
		case r < ' ', strings.ContainsRune(`"\&<>%`, r):
			return '%'
		}
		return r
	}, text)
}

// Entitlements calls fn with every distinct entitlement of an import, held or not, and the system it was listed under.
func (db *DB) Entitlements(ctx context.Context, id review.ImportID, fn func(e *review.Entitlement, system string) error) error {
	return each(ctx, db.r, func(scan func(...any) error) error {
		var e review.Entitlement
		_, system, err := scanEntitlement(scan, &e)
		if err != nil {
			return err
		}
		return fn(&e, system)
	}, entitlementQuery+"id > ? << 32 AND id < (? + 1) << 32 ORDER BY id", id, id)
}

const entitlementQuery = "SELECT id, native_id, name, kind, description, privilege, privilege_reason, system FROM entitlements WHERE "

func scanEntitlement(scan func(...any) error, e *review.Entitlement) (id int64, system string, err error) {
	var s [7]sql.NullString
	if err := scan(&id, &s[0], &s[1], &s[2], &s[3], &s[4], &s[5], &s[6]); err != nil {
		return 0, "", err
	}
	*e = review.Entitlement{NativeID: s[0].String, Name: s[1].String, Kind: s[2].String, Description: s[3].String,
		Privilege: review.Privilege(s[4].String), PrivilegeReason: s[5].String}
	return id, s[6].String, nil
}

// importReader reads the rows of one import.
type importReader struct {
	db           *DB
	id           review.ImportID
	log          string
	source       review.SourceID
	keyer        ledger.GrantKeyer
	accounts     lazy[review.Account]
	entitlements lazy[review.Entitlement]
	resources    lazy[review.Resource]
	terms        lazy[string]
	manners      lazy[manner]
}

// manner is a row of manners.
type manner struct {
	kind                                                 int64
	how, state, level, grantedBy, condition, irrevocable sql.NullString
}

func (db *DB) importReader(ctx context.Context, id review.ImportID) (*importReader, error) {
	log, err := db.LogName(ctx)
	if err != nil {
		return nil, err
	}
	r := &importReader{db: db, id: id, log: log}
	var source string
	err = db.r.QueryRowContext(ctx, "SELECT source FROM imports WHERE id = ? AND state = 1", id).Scan(&source)
	if isNoRows(err) {
		return nil, notFound("there is no import %d", id).WithHint("tickmark imports lists what was read")
	}
	if err != nil {
		return nil, wrap(err)
	}
	r.source = review.SourceID(source)
	r.accounts.fetch = func(ctx context.Context, ids string, put func(int64, *review.Account)) error {
		return queryAccounts(ctx, db.r, func(id int64, a *review.Account, _ string) error {
			put(id, a)
			return nil
		}, "id IN (SELECT value FROM json_each(?))", ids)
	}
	r.entitlements.fetch = func(ctx context.Context, ids string, put func(int64, *review.Entitlement)) error {
		return each(ctx, db.r, func(scan func(...any) error) error {
			e := new(review.Entitlement)
			id, _, err := scanEntitlement(scan, e)
			put(id, e)
			return err
		}, entitlementQuery+"id IN (SELECT value FROM json_each(?))", ids)
	}
	r.resources.fetch = func(ctx context.Context, ids string, put func(int64, *review.Resource)) error {
		return each(ctx, db.r, func(scan func(...any) error) error {
			var id int64
			var native, name, kind sql.NullString
			err := scan(&id, &native, &name, &kind)
			put(id, &review.Resource{NativeID: native.String, Name: name.String, Kind: kind.String})
			return err
		}, "SELECT id, native_id, name, kind FROM resources WHERE id IN (SELECT value FROM json_each(?))", ids)
	}
	r.manners.fetch = func(ctx context.Context, ids string, put func(int64, *manner)) error {
		return each(ctx, db.r, func(scan func(...any) error) error {
			var id int64
			m := new(manner)
			err := scan(&id, &m.kind, &m.how, &m.state, &m.level, &m.grantedBy, &m.condition, &m.irrevocable)
			put(id, m)
			return err
		}, "SELECT id, kind, how, state, level, granted_by, condition, irrevocable FROM manners WHERE id IN (SELECT value FROM json_each(?))", ids)
	}
	r.terms.fetch = func(ctx context.Context, ids string, put func(int64, *string)) error {
		return each(ctx, db.r, func(scan func(...any) error) error {
			var id int64
			text := new(string)
			err := scan(&id, text)
			put(id, text)
			return err
		}, "SELECT id, text FROM terms WHERE id IN (SELECT value FROM json_each(?))", ids)
	}
	return r, nil
}

// lazy is a part of a dictionary in memory, fetched as it is needed.
type lazy[T any] struct {
	m     map[int64]*T
	want  []int64
	fetch func(ctx context.Context, ids string, put func(int64, *T)) error
}

const lazyMost = 1 << 16

// need says that number n of import will be asked for; 0 is none.
func (l *lazy[T]) need(id review.ImportID, n int64) {
	if n != 0 && l.m[int64(id)<<32|n] == nil {
		l.want = append(l.want, int64(id)<<32|n)
	}
}

// load fetches what is needed. Pages before it may be forgotten.
func (l *lazy[T]) load(ctx context.Context) error {
	if len(l.want) == 0 {
		return nil
	}
	if l.m == nil {
		l.m = map[int64]*T{}
	}
	err := l.fetch(ctx, jsonInts(l.want), func(id int64, v *T) { l.m[id] = v })
	l.want = l.want[:0]
	return err
}

// trim forgets a dictionary that has grown large; call it before the first need of a page.
func (l *lazy[T]) trim() {
	if len(l.m) > lazyMost {
		clear(l.m)
	}
}

func (l *lazy[T]) get(id review.ImportID, n int64) T {
	if v := l.m[int64(id)<<32|n]; v != nil && n != 0 {
		return *v
	}
	var zero T
	return zero
}

func (l *lazy[T]) ptr(id review.ImportID, n int64) *T {
	if v := l.m[int64(id)<<32|n]; v != nil {
		return v
	}
	return new(T)
}

// jsonInts writes ids for json_each.
func jsonInts(ids []int64) string {
	b := make([]byte, 0, len(ids)*12+2)
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}

// storedGrant is a row of grants as it stands.
type storedGrant struct {
	id, account, manner                   int64
	entitlement, resource, path, identity sql.NullInt64
	granted, expires, lastUsed            sql.NullInt64
	timesRaw                              sql.NullString
	locator                               any
	proof                                 []byte
}

func grantQuery() string {
	return "SELECT " + strings.Join(grantColumns(), ", ") + " FROM grants WHERE "
}

func (g *storedGrant) scan(scan func(...any) error) error {
	if err := scan(&g.id, &g.account, &g.entitlement, &g.resource, &g.path, &g.identity, &g.manner, &g.granted, &g.expires, &g.lastUsed,
		&g.timesRaw, &g.locator, &g.proof); err != nil {
		return err
	}
	if len(g.proof) != 48 {
		return review.Errorf(review.KindIO, "row %d of import %d is damaged", g.id&0xffffffff, g.id>>32).WithHint("restore the database from a copy")
	}
	return nil
}

// grants calls fn with the rows a WHERE clause over grants names, which must be in order of id.
func (r *importReader) grants(ctx context.Context, fn func(*GrantRow, *storedGrant) error, where string, args ...any) error {
	var page []storedGrant
	err := each(ctx, r.db.r, func(scan func(...any) error) error {
		page = append(page, storedGrant{})
		return page[len(page)-1].scan(scan)
	}, grantQuery()+where, args...)
	if err != nil {
		return err
	}
	r.accounts.trim()
	r.entitlements.trim()
	r.resources.trim()
	r.terms.trim()
	r.manners.trim()
	for i := range page {
		g := &page[i]
		r.accounts.need(r.id, g.account)
		r.entitlements.need(r.id, g.entitlement.Int64)
		r.resources.need(r.id, g.resource.Int64)
		r.terms.need(r.id, g.path.Int64)
		r.terms.need(r.id, g.identity.Int64)
		r.manners.need(r.id, g.manner)
	}
	for _, load := range []func(context.Context) error{r.accounts.load, r.entitlements.load, r.resources.load, r.terms.load, r.manners.load} {
		if err := load(ctx); err != nil {
			return err
		}
	}
	for i := range page {
		row := r.row(&page[i])
		if err := fn(row, &page[i]); err != nil {
			return err
		}
	}
	return nil
}

// row joins a stored row with the dictionaries.
func (r *importReader) row(g *storedGrant) *GrantRow {
	term := func(n sql.NullInt64) string { return r.terms.get(r.id, n.Int64) }
	times := splitRaw(g.timesRaw.String, 3)
	account := r.accounts.ptr(r.id, g.account)
	m := r.manners.get(r.id, g.manner)
	row := &GrantRow{
		Import: r.id, Row: g.id & 0xffffffff, Account: account, Identity: term(g.identity),
		Grant: review.Grant{
			Kind: grantKinds().word(m.kind), Account: account.NativeID, Entitlement: r.entitlements.get(r.id, g.entitlement.Int64),
			Resource: r.resources.get(r.id, g.resource.Int64), Path: term(g.path), How: m.how.String, State: m.state.String, Level: m.level.String,
			Granted: decodeTime(g.granted.Int64, g.granted.Valid, times[0]), GrantedBy: m.grantedBy.String,
			Expires:  decodeTime(g.expires.Int64, g.expires.Valid, times[1]),
			LastUsed: decodeTime(g.lastUsed.Int64, g.lastUsed.Valid, times[2]), Condition: m.condition.String, Irrevocable: m.irrevocable.String,
			Locator: locatorText(g.locator), RawSHA256: hashOf(g.proof[:32]),
		},
		account: g.account, entitlement: g.entitlement.Int64, resource: g.resource.Int64,
	}
	row.Key = r.keyer.Key(row.Grant.Kind, string(r.source), account.NativeID, row.Grant.Entitlement.NativeID, row.Grant.Resource.NativeID, row.Grant.Path)
	row.Grant.Key = review.GrantKey(row.Key.String())
	return row
}

// text is the ledger's text of a row.
func (r *importReader) text(row *GrantRow, g *storedGrant) ledger.Row {
	loaded := grantRow{id: g.id, native: row.Account.NativeID, identity: row.Identity, g: row.Grant}
	return rowText(r.log, r.source, &loaded, row.Key, hex.EncodeToString(g.proof[32:]))
}

// all calls fn with every row in file order.
func (r *importReader) all(ctx context.Context, fn func(*GrantRow, *storedGrant) error) error {
	for last, end := int64(r.id)<<32, int64(r.id+1)<<32; ; {
		n := 0
		err := r.grants(ctx, func(row *GrantRow, g *storedGrant) error {
			n++
			last = g.id
			return fn(row, g)
		}, "id > ? AND id < ? ORDER BY id LIMIT ?", last, end, readPage)
		if err != nil {
			return err
		}
		if n < readPage {
			return nil
		}
	}
}

// Rows calls fn with every row text of an import in order (ledger.md 3.3).
func (db *DB) Rows(ctx context.Context, id review.ImportID, fn func(*ledger.Row) error) error {
	r, err := db.importReader(ctx, id)
	if err != nil {
		return err
	}
	return r.all(ctx, func(row *GrantRow, g *storedGrant) error {
		text := r.text(row, g)
		return fn(&text)
	})
}

// Row gives one row text; not-found.
func (db *DB) Row(ctx context.Context, id review.ImportID, row int64) (ledger.Row, error) {
	r, err := db.importReader(ctx, id)
	if err != nil {
		return ledger.Row{}, err
	}
	var text ledger.Row
	_, err = r.one(ctx, row, func(row *GrantRow, g *storedGrant) { text = r.text(row, g) })
	return text, err
}

func (r *importReader) one(ctx context.Context, row int64, fn func(*GrantRow, *storedGrant)) (*GrantRow, error) {
	var found *GrantRow
	err := r.grants(ctx, func(row *GrantRow, g *storedGrant) error {
		found = row
		fn(row, g)
		return nil
	}, "id = ?", int64(r.id)<<32|row)
	if err == nil && found == nil {
		err = notFound("import %d has no row %d", r.id, row)
	}
	return found, err
}

// some gives a page of rows by number; all must be there.
func (r *importReader) some(ctx context.Context, rows []int64) (map[int64]*GrantRow, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = int64(r.id)<<32 | row
	}
	found := make(map[int64]*GrantRow, len(rows))
	err := r.grants(ctx, func(row *GrantRow, _ *storedGrant) error {
		found[row.Row] = row
		return nil
	}, "id IN (SELECT value FROM json_each(?)) ORDER BY id", jsonInts(ids))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if found[row] == nil {
			return nil, notFound("import %d has no row %d", r.id, row)
		}
	}
	return found, nil
}

// Grant gives one row joined with its account, and the last decision on it; not-found.
func (db *DB) Grant(ctx context.Context, id review.ImportID, row int64) (*GrantRow, error) {
	r, err := db.importReader(ctx, id)
	if err != nil {
		return nil, err
	}
	g, err := r.one(ctx, row, func(*GrantRow, *storedGrant) {})
	if err != nil {
		return nil, err
	}
	last, err := db.lastDecisions(ctx, id, row)
	g.Last = last[row]
	return g, err
}

// Grants calls fn with every row of an import, joined with its account, in file order.
func (db *DB) Grants(ctx context.Context, id review.ImportID, o GrantOptions, fn func(*GrantRow) error) error {
	r, err := db.importReader(ctx, id)
	if err != nil {
		return err
	}
	var last map[int64]*Decided
	if o.Last {
		if last, err = db.lastDecisions(ctx, id, 0); err != nil {
			return err
		}
	}
	var before *beforeIndex
	if o.Earlier != "" {
		if before, err = db.beforeIndex(ctx, r, o.Earlier); err != nil {
			return err
		}
	}
	return r.all(ctx, func(row *GrantRow, _ *storedGrant) error {
		row.Last = last[row.Row]
		var err error
		if row.Before, err = before.of(ctx, row); err != nil {
			return err
		}
		return fn(row)
	})
}
