package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// projectionTables are made from ledger and documents alone, by the projector.
func projectionTables() []string {
	return []string{"statements", "rosters", "decisions", "reassignments", "closures", "remediations", "signoffs", "item_now", "tallies"}
}

// maxDifferences is how many differences Rebuild spells out.
const maxDifferences = 100

// Rebuild computes the projection from ledger and documents and compares it with the stored one; with apply it replaces it.
// The leaf hashes, the tree, and the entries that imports and campaigns name are compared too; those it reports and never
// changes.
//
// It is made in temp tables of the same names, which hide the stored ones from the projector: the code that keeps the
// projection is the code that makes it anew.
func (db *DB) Rebuild(ctx context.Context, apply bool) (Rebuilt, error) {
	var out Rebuilt
	if apply && db.opt.ReadOnly {
		return out, review.Errorf(review.KindNotAllowed, "the database was opened for reading only").WithHint("open it without read-only to rebuild it")
	}
	a := reading
	if apply {
		a = writing
		if err := db.lock(ctx); err != nil {
			return out, err
		}
		defer db.unlock()
	}
	// Temp tables are made on a connection of its own, which query_only would forbid.
	source := strings.Replace(db.dsn(a), "&_query_only=on", "", 1)
	if db.immutable {
		source += "&immutable=1"
	}
	pool := db.pool(source, 1)
	defer pool.Close()
	sqltx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return out, wrap(err)
	}
	defer sqltx.Rollback()
	tx := &Tx{db: db, ctx: ctx, tx: sqltx}
	if err := tx.rebuild(&out); err != nil {
		return out, wrap(err)
	}
	if !apply || out.Total == 0 {
		return out, nil
	}
	for _, table := range projectionTables() {
		if _, err := sqltx.ExecContext(ctx, "DELETE FROM main."+table+ofLaunched(table)); err != nil {
			return out, wrap(err)
		}
		if _, err := sqltx.ExecContext(ctx, fmt.Sprintf("INSERT INTO main.%s SELECT * FROM temp.%s", table, table)); err != nil {
			return out, wrap(err)
		}
	}
	out.Applied = true
	return out, wrap(sqltx.Commit())
}

func (tx *Tx) rebuild(out *Rebuilt) error {
	if err := tx.shadow(); err != nil {
		return err
	}
	if err := tx.replay(out); err != nil {
		return err
	}
	if err := tx.writeTallies(); err != nil {
		return err
	}
	if err := tx.restage(); err != nil {
		return err
	}
	for _, table := range projectionTables() {
		if err := tx.compare(table, out); err != nil {
			return err
		}
	}
	return tx.compareEntries(out)
}

// shadow makes empty temp tables like the stored ones, with their indexes.
func (tx *Tx) shadow() error {
	var made []string
	err := each(tx.ctx, tx.tx, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		made = append(made, text)
		return err
	}, "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index') AND tbl_name IN (SELECT value FROM json_each(?)) ORDER BY type DESC",
		`["`+strings.Join(projectionTables(), `","`)+`"]`)
	if err != nil {
		return err
	}
	for _, text := range made {
		for _, verb := range []string{"CREATE TABLE ", "CREATE INDEX ", "CREATE UNIQUE INDEX "} {
			if rest, ok := strings.CutPrefix(text, verb); ok {
				text = verb + "temp." + rest
				break
			}
		}
		if _, err := tx.tx.ExecContext(tx.ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// replay takes the projector through the ledger.
func (tx *Tx) replay(out *Rebuilt) error {
	var tree ledger.Tree
	p := projector{tx: tx}
	const page = 1000
	for {
		var entries []parsedEntry
		err := each(tx.ctx, tx.tx, func(scan func(...any) error) error {
			var index int64
			var b, leaf []byte
			if err := scan(&index, &b, &leaf); err != nil {
				return err
			}
			e, err := parseEntry(index, b)
			if err != nil {
				return err
			}
			if hashOf(leaf) != e.leaf {
				out.differ("entries: entry %d: stored leaf hash %x is not that of its bytes", index, leaf)
			}
			entries = append(entries, e)
			return nil
		}, "SELECT idx, bytes, leaf FROM entries WHERE idx >= ? ORDER BY idx LIMIT ?", out.Entries, page)
		if err != nil {
			return err
		}
		for i := range entries {
			if err := p.apply(&entries[i]); err != nil {
				return err
			}
			if entries[i].kind == ledger.KindCampaign {
				if err := tx.openItems(entries[i].index); err != nil {
					return err
				}
			}
			tree.Append(entries[i].leaf)
			out.Entries++
		}
		if len(entries) < page {
			break
		}
	}
	if err := p.end(); err != nil {
		return err
	}
	var size int64
	var root []byte
	if err := tx.row("SELECT size, root FROM head").Scan(&size, &root); err != nil && !isNoRows(err) {
		return err
	}
	if head := tree.Head(); out.Entries > 0 && (head.Size != size || head.Root != hashOf(root)) {
		out.differ("head: stored %d %s, computed %s", size, hashOf(root).Base64(), head)
	}
	return nil
}

// openItems gives the items of the campaign that an entry opens their first state.
func (tx *Tx) openItems(entry int64) error {
	if _, err := tx.exec(`INSERT INTO item_now (id, population, reviewer, decision, signed, staged, verdict)
		SELECT i.id, i.population, i.reviewer, NULL, 0, 0, 0 FROM populations p JOIN items i ON i.population = p.id WHERE p.entry = ? AND p.state = 2`, entry); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO tallies (population, reviewer, signed, staged, items)
		SELECT n.population, n.reviewer, 0, 0, count(*) FROM populations p JOIN item_now n ON n.population = p.id WHERE p.entry = ? GROUP BY n.population, n.reviewer`, entry)
	return err
}

// restage brings back what the drafts say.
func (tx *Tx) restage() error {
	items, err := idList(tx.ctx, tx.tx, "SELECT DISTINCT t.item FROM staged t JOIN populations p ON p.id = t.item >> 32 WHERE p.state = 2")
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := tx.refreshStaged(item); err != nil {
			return err
		}
	}
	return tx.writeTallies()
}

// ofLaunched leaves out the rows of populations that are not launched, of which no entry speaks.
func ofLaunched(table string) string {
	if table == "item_now" || table == "tallies" {
		return " WHERE population IN (SELECT id FROM populations WHERE state = 2)"
	}
	return ""
}

// compare lists rows that are stored and not computed, and the other way round.
func (tx *Tx) compare(table string, out *Rebuilt) error {
	where := ofLaunched(table)
	for _, side := range []struct{ word, a, b string }{{"stored, not computed", "main", "temp"}, {"computed, not stored", "temp", "main"}} {
		rows, err := tx.tx.QueryContext(tx.ctx, fmt.Sprintf("SELECT * FROM %s.%s%s EXCEPT SELECT * FROM %s.%s%s", side.a, table, where, side.b, table, where))
		if err != nil {
			return err
		}
		err = describeRows(rows, func(row string) { out.differ("%s: %s: %s", table, side.word, row) })
		if err != nil {
			return err
		}
	}
	return nil
}

func describeRows(rows *sql.Rows, fn func(string)) error {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		parts := make([]string, len(columns))
		for i, c := range columns {
			if b, ok := values[i].([]byte); ok {
				parts[i] = fmt.Sprintf("%s=%x", c, b)
				continue
			}
			parts[i] = fmt.Sprintf("%s=%s", c, review.Safe(fmt.Sprint(values[i])))
		}
		fn(strings.Join(parts, " "))
	}
	return rows.Err()
}

// compareEntries checks which entries imports and campaigns name.
func (tx *Tx) compareEntries(out *Rebuilt) error {
	for _, q := range []struct{ text, format string }{
		{"SELECT id, entry FROM imports m WHERE entry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM temp.statements WHERE idx = m.entry AND kind = 'import')", "imports: import %d names entry %d, which states no import"},
		{"SELECT idx, idx FROM temp.statements s WHERE kind = 'import' AND NOT EXISTS (SELECT 1 FROM imports WHERE entry = s.idx)", "imports: entry %d (%d) states an import that is not stored"},
		{"SELECT id, entry FROM populations p WHERE state = 2 AND NOT EXISTS (SELECT 1 FROM temp.statements WHERE idx = p.entry AND kind = 'campaign' AND campaign = p.campaign)", "populations: population %d names entry %d, which opens another campaign or none"},
		{"SELECT idx, idx FROM temp.statements s WHERE kind = 'campaign' AND NOT EXISTS (SELECT 1 FROM populations WHERE entry = s.idx AND state = 2)", "populations: entry %d (%d) opens a campaign whose population is not stored"},
	} {
		err := each(tx.ctx, tx.tx, func(scan func(...any) error) error {
			var a, b int64
			if err := scan(&a, &b); err != nil {
				return err
			}
			out.differ(q.format, a, b)
			return nil
		}, q.text)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Rebuilt) differ(format string, args ...any) {
	r.Total++
	if len(r.Differences) < maxDifferences {
		r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
	}
}
