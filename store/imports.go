package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// MarkImportSigned says which entry states the import.
func (tx *Tx) MarkImportSigned(id review.ImportID, entry review.EntryIndex) error {
	imp, err := importOf(tx.ctx, tx.tx, "id = ?", id)
	if err != nil {
		return err
	}
	v, err := tx.entryValue(int64(entry))
	if err != nil {
		return err
	}
	st, ok := v.(*ledger.Import)
	if !ok || st.ItemsRoot != imp.ItemsRoot || st.Grants != imp.Rows || st.Source != string(imp.Source) {
		return review.Errorf(review.KindRefused, "entry %d does not state import %d", entry, id).WithHint("nothing was changed")
	}
	imp.State, imp.Entry = "signed", entry
	data, err := json.Marshal(imp.ImportReport)
	if err != nil {
		return err
	}
	n, err := tx.change("UPDATE imports SET entry = ?, report = ? WHERE id = ? AND entry IS NULL", entry, string(data), id)
	if err == nil && n != 1 {
		err = conflict("import %d is signed already", id)
	}
	return wrap(err)
}

// entryValue parses an entry.
func (tx *Tx) entryValue(i int64) (any, error) {
	var b []byte
	err := tx.row("SELECT bytes FROM entries WHERE idx = ?", i).Scan(&b)
	if isNoRows(err) {
		return nil, notFound("the ledger has no entry %d", i)
	}
	if err != nil {
		return nil, wrap(err)
	}
	v, _, _, err := ledger.ParseEntry(b)
	return v, err
}

// UpdateImport replaces the report of an import (a diff or settlement became known); counts and hashes do not change.
func (tx *Tx) UpdateImport(id review.ImportID, report review.ImportReport) error {
	imp, err := importOf(tx.ctx, tx.tx, "id = ?", id)
	if err != nil {
		return err
	}
	report.ID, report.Source, report.State, report.Entry = id, imp.Source, imp.State, imp.Entry
	data, err := json.Marshal(report)
	if err != nil {
		return err
	}
	_, err = tx.exec("UPDATE imports SET report = ? WHERE id = ?", string(data), id)
	return wrap(err)
}

const importColumns = "id, source, system, fingerprint, at, entry, rows, counts, items_root, rejects, report FROM imports WHERE state = 1 AND "

func scanImport(scan func(...any) error) (Import, error) {
	var imp Import
	var id int64
	var source, counts, report, system, fingerprint string
	var at, rows int64
	var entry sql.NullInt64
	var root, rejects []byte
	if err := scan(&id, &source, &system, &fingerprint, &at, &entry, &rows, &counts, &root, &rejects, &report); err != nil {
		return imp, err
	}
	if err := json.Unmarshal([]byte(report), &imp.ImportReport); err != nil {
		return imp, review.Errorf(review.KindIO, "the report of import %d is damaged: %w", id, err).WithHint("restore the database from a copy")
	}
	var loaded Loaded
	if err := json.Unmarshal([]byte(counts), &loaded); err != nil {
		return imp, review.Errorf(review.KindIO, "the counts of import %d are damaged: %w", id, err).WithHint("restore the database from a copy")
	}
	imp.ID, imp.Source, imp.System, imp.Fingerprint, imp.Rows = review.ImportID(id), review.SourceID(source), system, fingerprint, rows
	imp.Entry = review.EntryIndex(entry.Int64)
	imp.State = "pending"
	if entry.Valid {
		imp.State = "signed"
	}
	if imp.ImportedAt.IsZero() {
		imp.ImportedAt = time.Unix(at, 0).UTC()
	}
	imp.ItemsRoot, imp.RejectsSHA256 = hashOf(root), hashOf(rejects)
	imp.ImportReport.ItemsRoot = imp.ItemsRoot.Base64()
	imp.Loaded = loaded
	return imp, nil
}

func importOf(ctx context.Context, q querier, where string, args ...any) (Import, error) {
	imp, err := scanImport(q.QueryRowContext(ctx, "SELECT "+importColumns+where, args...).Scan)
	if isNoRows(err) {
		return imp, notFound("there is no such import").WithHint("tickmark imports lists what was read")
	}
	return imp, wrap(err)
}

func (db *DB) importsWhere(ctx context.Context, where string, args ...any) ([]Import, error) {
	var list []Import
	err := each(ctx, db.r, func(scan func(...any) error) error {
		imp, err := scanImport(scan)
		list = append(list, imp)
		return err
	}, "SELECT "+importColumns+where, args...)
	return list, err
}

// Imports lists imports, newest first.
func (db *DB) Imports(ctx context.Context) ([]Import, error) {
	return db.importsWhere(ctx, "true ORDER BY id DESC")
}

// UnsignedImports lists the imports that wait for a signature, oldest first: not those that a later one of their source has
// replaced.
func (db *DB) UnsignedImports(ctx context.Context) ([]Import, error) {
	return db.importsWhere(ctx, `entry IS NULL AND NOT EXISTS (
		SELECT 1 FROM imports AS later WHERE later.source = imports.source AND later.id > imports.id AND later.entry IS NOT NULL) ORDER BY id`)
}

// Import gives one import; not-found.
func (db *DB) Import(ctx context.Context, id review.ImportID) (Import, error) {
	return importOf(ctx, db.r, "id = ?", id)
}

// ImportByEntry gives the import an entry states; not-found.
func (db *DB) ImportByEntry(ctx context.Context, entry review.EntryIndex) (Import, error) {
	return importOf(ctx, db.r, "entry = ?", entry)
}

// LatestImport gives the import of a source that was read last, signed or not; not-found.
func (db *DB) LatestImport(ctx context.Context, s review.SourceID) (Import, error) {
	return importOf(ctx, db.r, "source = ? ORDER BY id DESC LIMIT 1", s)
}

// ImportBefore gives the import of a source whose statement is the newest below an entry; not-found. That need not be the
// one read last: an import may be signed long after it was read.
func (db *DB) ImportBefore(ctx context.Context, s review.SourceID, below review.EntryIndex) (Import, error) {
	return importOf(ctx, db.r, "source = ? AND entry < ? ORDER BY entry DESC LIMIT 1", s, below)
}

// Sources lists the sources in use with the import of each that counts, by source: the newest, but for exports that are
// known to be older than the one read before them (Supersedes).
func (db *DB) Sources(ctx context.Context) ([]Import, error) {
	count := map[string]dated{}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var source, at string
		var im dated
		if err := scan(&im.id, &source, &at); err != nil {
			return err
		}
		im.exported, _ = time.Parse(time.RFC3339, at)
		if before, ok := count[source]; !ok || Supersedes(im.exported, before.exported) {
			count[source] = im
		}
		return nil
	}, "SELECT id, source, coalesce(json_extract(report, '$.exported_at'), '') FROM imports WHERE state = 1 ORDER BY id")
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(count))
	for _, im := range count {
		ids = append(ids, strconv.FormatInt(im.id, 10))
	}
	return db.importsWhere(ctx, "id IN ("+strings.Join(ids, ", ")+") ORDER BY source")
}

type dated struct {
	id       int64
	exported time.Time
}

// Supersedes reports whether an export that is read now takes the place of the one before: always, unless both say when
// they were made and it is the older one.
func Supersedes(now, before time.Time) bool {
	return now.IsZero() || before.IsZero() || !now.Before(before)
}

// Rejects gives an import's rejects in file order, at most limit; 0: all.
func (db *DB) Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	var list []review.Reject
	err := extrasOf(ctx, db, id, extraReject, limit, func(r *review.Reject) error {
		list = append(list, *r)
		return nil
	})
	return list, err
}

// rejectsCSV is the list an import's statement names by hash: columns line, column, reason, by the rules of
// evidence-pack.md 5.1.
func (db *DB) rejectsCSV(ctx context.Context, id review.ImportID) ([]byte, error) {
	list := []byte("\"line\",\"column\",\"reason\"\n")
	cell := func(s string) {
		s = ledger.Display(s)
		list = append(list, '"')
		if startsFormula(s) {
			list = append(list, '\'')
		}
		list = append(list, strings.ReplaceAll(s, `"`, `""`)...)
		list = append(list, '"')
	}
	err := extrasOf(ctx, db, id, extraReject, 0, func(r *review.Reject) error {
		cell(strconv.FormatInt(r.Line, 10))
		list = append(list, ',')
		cell(r.Column)
		list = append(list, ',')
		cell(r.Reason)
		list = append(list, '\n')
		return nil
	})
	return list, err
}

// startsFormula reports whether a spreadsheet might compute a cell, or takes its apostrophe for a mark.
func startsFormula(s string) bool {
	for _, p := range [...]string{"=", "+", "-", "@", "'", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// extrasOf calls fn with the extras of a kind in file order.
func extrasOf[T any](ctx context.Context, db *DB, id review.ImportID, kind, limit int, fn func(*T) error) error {
	if limit <= 0 {
		limit = -1
	}
	return each(ctx, db.r, func(scan func(...any) error) error {
		var data sql.RawBytes
		if err := scan(&data); err != nil {
			return err
		}
		v := new(T)
		if err := json.Unmarshal(data, v); err != nil {
			return review.Errorf(review.KindIO, "a line of import %d is damaged: %w", id, err).WithHint("restore the database from a copy")
		}
		return fn(v)
	}, "SELECT data FROM extras WHERE kind = ? AND id > ? << 32 AND id < (? + 1) << 32 ORDER BY id LIMIT ?", kind, id, id, limit)
}

// Workers calls fn with the lines of a roster.
func (db *DB) Workers(ctx context.Context, id review.ImportID, fn func(*review.Worker) error) error {
	return extrasOf(ctx, db, id, extraWorker, 0, fn)
}

// SoDRules calls fn with the rules of an import.
func (db *DB) SoDRules(ctx context.Context, id review.ImportID, fn func(*review.SoDRule) error) error {
	return extrasOf(ctx, db, id, extraSoDRule, 0, fn)
}

// Links calls fn with the links of an import.
func (db *DB) Links(ctx context.Context, id review.ImportID, fn func(*review.Link) error) error {
	return extrasOf(ctx, db, id, extraLink, 0, fn)
}

// Ownerships calls fn with the ownerships of an import.
func (db *DB) Ownerships(ctx context.Context, id review.ImportID, fn func(*review.Ownership) error) error {
	return extrasOf(ctx, db, id, extraOwnership, 0, fn)
}

// Usages calls fn with the last-used observations of an import.
func (db *DB) Usages(ctx context.Context, id review.ImportID, fn func(*review.Usage) error) error {
	return extrasOf(ctx, db, id, extraUsage, 0, fn)
}

// EvidenceOf calls fn with the facts of an import that are no grants.
func (db *DB) EvidenceOf(ctx context.Context, id review.ImportID, fn func(*review.Evidence) error) error {
	return extrasOf(ctx, db, id, extraEvidence, 0, fn)
}

// SaveProfile keeps a profile under its name, replacing an earlier one.
func (db *DB) SaveProfile(ctx context.Context, p Profile) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO profiles (name, header, data, saved) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET header = excluded.header, data = excluded.data, saved = excluded.saved`,
			p.Name, p.HeaderHash, string(data), millis(db.opt.Now()))
		return err
	})
}

// ProfileByHeader finds the newest profile for a header.
func (db *DB) ProfileByHeader(ctx context.Context, headerHash string) (Profile, bool, error) {
	list, err := db.profiles(ctx, "WHERE header = ? ORDER BY saved DESC, name LIMIT 1", headerHash)
	if err != nil || len(list) == 0 {
		return Profile{}, false, err
	}
	return list[0], true, nil
}

// Profiles lists profiles by name.
func (db *DB) Profiles(ctx context.Context) ([]Profile, error) {
	return db.profiles(ctx, "ORDER BY name")
}

func (db *DB) profiles(ctx context.Context, where string, args ...any) ([]Profile, error) {
	var list []Profile
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var data string
		if err := scan(&data); err != nil {
			return err
		}
		var p Profile
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			return review.Errorf(review.KindIO, "a saved profile is damaged: %w", err).WithHint("save it again")
		}
		list = append(list, p)
		return nil
	}, "SELECT data FROM profiles "+where, args...)
	return list, err
}
