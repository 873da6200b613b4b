package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
)

// Diff compares two imports of a source by grant key: counts, and up to limit lines, removed first, then added, then
// changed, then accounts that held something and hold nothing any more, each in file order.
func (db *DB) Diff(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	d := review.Diff{From: from, To: to}
	old, err := db.importReader(ctx, from)
	if err != nil {
		return d, nil, err
	}
	now, err := db.importReader(ctx, to)
	if err != nil {
		return d, nil, err
	}
	if old.source != now.source {
		return d, nil, review.Errorf(review.KindUsage, "import %d is of %s, import %d is of %s: there is nothing to compare", from, old.source, to, now.source).
			WithHint("name two imports of one source; tickmark imports lists them")
	}
	err = db.r.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE n.row IS NULL), count(*) FILTER (WHERE n.shape <> o.shape), count(*) FILTER (WHERE n.shape = o.shape)
		FROM grant_keys o LEFT JOIN grant_keys n ON n.import = ?2 AND n.key = o.key WHERE o.import = ?1`, from, to).Scan(&d.Removed, &d.Changed, &d.Unchanged)
	if err != nil {
		return d, nil, wrap(err)
	}
	if err := db.r.QueryRowContext(ctx, "SELECT count(*) FROM grant_keys WHERE import = ?", to).Scan(&d.Added); err != nil {
		return d, nil, wrap(err)
	}
	d.Added -= d.Changed + d.Unchanged
	var lines []review.DiffLine
	missing := "SELECT a.row FROM grant_keys a WHERE a.import = ?1 AND NOT EXISTS (SELECT 1 FROM grant_keys b WHERE b.import = ?2 AND b.key = a.key) ORDER BY a.row LIMIT ?3"
	changed := "SELECT n.row, o.row FROM grant_keys o CROSS JOIN grant_keys n WHERE o.import = ?1 AND n.import = ?2 AND n.key = o.key AND n.shape <> o.shape ORDER BY n.row LIMIT ?3"
	for _, part := range []struct {
		word  string
		in    *importReader
		query string
		a, b  review.ImportID
	}{{"removed", old, missing, from, to}, {"added", now, missing, to, from}} {
		rows, err := db.rowNumbers(ctx, part.query, part.a, part.b, limit-len(lines))
		if err != nil {
			return d, lines, err
		}
		for page := range slices.Chunk(rows, readPage) {
			read, err := part.in.some(ctx, page)
			if err != nil {
				return d, lines, err
			}
			for _, row := range page {
				lines = append(lines, diffLine(part.word, read[row]))
			}
		}
	}
	if limit > len(lines) {
		var pairs [][2]int64
		err = each(ctx, db.r, func(scan func(...any) error) error {
			var p [2]int64
			err := scan(&p[0], &p[1])
			pairs = append(pairs, p)
			return err
		}, changed, from, to, limit-len(lines))
		if err != nil {
			return d, lines, err
		}
		for page := range slices.Chunk(pairs, readPage) {
			var after, before []int64
			for _, p := range page {
				after, before = append(after, p[0]), append(before, p[1])
			}
			is, err := now.some(ctx, after)
			if err != nil {
				return d, lines, err
			}
			was, err := old.some(ctx, before)
			if err != nil {
				return d, lines, err
			}
			for _, p := range page {
				line := diffLine("changed", is[p[0]])
				line.Detail = whatChanged(was[p[1]], is[p[0]])
				lines = append(lines, line)
			}
		}
	}
	if limit > len(lines) && d.Removed > 0 {
		err = each(ctx, db.r, func(scan func(...any) error) error {
			line := review.DiffLine{Change: "account-gone"}
			err := scan(&line.Account)
			lines = append(lines, line)
			return err
		}, accountsGone, from, to, limit-len(lines))
	}
	return d, lines, err
}

// accountsGone lists accounts with rows in import ?1 and none in ?2 (importers.md 15).
const accountsGone = `SELECT a.native_id FROM accounts a
	WHERE a.id IN (SELECT (?1 << 32) | g.account FROM grant_keys k JOIN grants g ON g.id = (?1 << 32) | k.row
			WHERE k.import = ?1 AND NOT EXISTS (SELECT 1 FROM grant_keys b WHERE b.import = ?2 AND b.key = k.key))
		AND a.native_id NOT IN (SELECT native_id FROM accounts
			WHERE id IN (SELECT (?2 << 32) | account FROM grants WHERE id >= ?2 << 32 AND id < (?2 + 1) << 32))
	ORDER BY a.id LIMIT ?3`

func (db *DB) rowNumbers(ctx context.Context, query string, a, b review.ImportID, limit int) ([]int64, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []int64
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var row int64
		err := scan(&row)
		rows = append(rows, row)
		return err
	}, query, a, b, limit)
	return rows, err
}

func diffLine(change string, g *GrantRow) review.DiffLine {
	return review.DiffLine{Change: change, Key: g.Grant.Key, Account: g.Grant.Account, Entitlement: g.Grant.Entitlement.NativeID, Resource: g.Grant.Resource.NativeID}
}

// whatChanged names everything that makes a grant with the same key a changed one, in words: what it was and what it is.
func whatChanged(a, b *GrantRow) string {
	parts := whatChangedCore(a, b)
	if was, is := timeWords(a.Grant.LastUsed), timeWords(b.Grant.LastUsed); was != is {
		parts = append(parts, fromTo("last used", was, is))
	}
	return strings.Join(parts, "; ")
}

// whatChangedCore is whatChanged without the last use, which changes with every export of access that is used.
func whatChangedCore(a, b *GrantRow) []string {
	var parts []string
	for _, c := range []struct{ what, was, is string }{
		{"privilege", string(a.Grant.Entitlement.Privilege), string(b.Grant.Entitlement.Privilege)},
		{"state", a.Grant.State, b.Grant.State},
		{"level", a.Grant.Level, b.Grant.Level},
		{"account", string(a.Account.Status), string(b.Account.Status)},
		{"expires", timeWords(a.Grant.Expires), timeWords(b.Grant.Expires)},
		{"cannot be revoked", a.Grant.Irrevocable, b.Grant.Irrevocable},
	} {
		if c.was != c.is {
			parts = append(parts, fromTo(c.what, c.was, c.is))
		}
	}
	return parts
}

// timeWords is what a source says of an instant, as people read it.
func timeWords(t review.Time) string {
	return strings.ReplaceAll(strings.TrimPrefix(t.Stated(), "known "), "-collected", " collected")
}

func fromTo(what, was, is string) string {
	return fmt.Sprintf("%s: %s, was %s", what, orNone(shortened(is)), orNone(shortened(was)))
}

// shortened bounds a value that goes into a sentence.
func shortened(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
