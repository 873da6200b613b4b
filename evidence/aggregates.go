package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"tickmark/ledger"
)

// Aggregate tables with pseudonyms go beside a redacted pack, never into it (rulings 35): counts per campaign, source and
// person, with a number in place of each name. The key file, which says who is who, is for the organisation.

// writeAggregates writes DEST.reviewers.csv, DEST.coverage.csv, DEST.outcomes.csv and DEST.key.csv. They are counted over
// the whole ledger, for the campaigns in view.
func writeAggregates(ctx context.Context, src Source, p *built, dest string) ([]string, error) {
	sp, err := newSpool("")
	if err != nil {
		return nil, err
	}
	defer sp.Close()
	b, err := wholeBook(ctx, src, p, sp)
	if err != nil {
		return nil, err
	}
	alias := newAliases(b)
	var made []string
	for _, t := range []struct {
		name   string
		header []string
		mode   os.FileMode
		rows   func(emit) error
	}{
		{"reviewers", []string{"campaign", "person", "assigned", "decided", "keep", "revoke", "exception", "abstain", "opened", "bulk", "elapsed_seconds", "bundles"}, 0o644,
			func(e emit) error { return aliasedReviewers(b, alias, e) }},
		{"coverage", tables()[1].header, 0o644, func(e emit) error { return b.coverageRows(ctx, e) }},
		{"outcomes", []string{"campaign", "items", "keep", "revoke", "exception", "abstain", "open", "verified_gone", "claimed_done", "still_present", "came_back", "revoke_open", "exceptions_active", "exceptions_expired", "superseded"}, 0o644,
			func(e emit) error { return outcomes(ctx, b, e) }},
		{"key", []string{"person", "principal"}, 0o600, alias.rows},
	} {
		name := besideName(dest, t.name)
		text := appendCSV(nil, t.header)
		if err := t.rows(func(cells []string) error { text = appendCSV(text, cells); return nil }); err != nil {
			return made, err
		}
		if err := writeNew(name, text, t.mode); err != nil {
			return made, err
		}
		made = append(made, name)
	}
	return made, nil
}

// besideNames are the tables that lie beside a redacted pack.
var besideNames = [...]string{"reviewers", "coverage", "outcomes", "key"}

func besideName(dest, table string) string {
	return strings.TrimSuffix(dest, ".zip") + "." + table + ".csv"
}

func writeNew(name string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// wholeBook reads the ledger without withholding, by way of a spool that nobody gets.
func wholeBook(ctx context.Context, src Source, p *built, sp *spool) (*book, error) {
	head := ledger.Head{Size: p.sel.stmt.Size, Root: p.sel.stmt.Root}
	survey, err := surveyLedger(ctx, src, head)
	if err != nil {
		return nil, err
	}
	sel := &selection{stmt: p.sel.stmt, inView: p.sel.inView}
	sel.stmt.Disclosure = "full"
	c := &copier{src: src, sel: sel, survey: survey, spool: sp, head: head, shown: map[string][]ledger.Hash{}, tick: newTicker(nil, "", 0, "")}
	if err := c.all(ctx); err != nil {
		return nil, err
	}
	pack, err := newPack(sp)
	if err != nil {
		return nil, err
	}
	return readBook(ctx, pack)
}

// aliases number people in an order that is the same in every export and does not follow their names.
type aliases map[string]string

func newAliases(b *book) aliases {
	names := map[string]bool{}
	for _, c := range b.view {
		for _, s := range b.shares(c) {
			names[s.principal] = true
		}
	}
	a := aliases{}
	blind := func(n string) string { return ledger.Sum([]byte(b.pack.stmt.Log + "\n" + n)).String() }
	list := slices.SortedFunc(maps.Keys(names), func(x, y string) int { return cmp.Compare(blind(x), blind(y)) })
	for i, n := range list {
		a[n] = fmt.Sprintf("person-%04d", i+1)
	}
	return a
}

func (a aliases) rows(emit emit) error {
	for _, n := range slices.Sorted(maps.Keys(a)) {
		if err := emit([]string{a[n], n}); err != nil {
			return err
		}
	}
	return nil
}

func aliasedReviewers(b *book, a aliases, emit emit) error {
	for _, c := range b.view {
		for _, s := range b.shares(c) {
			if err := emit([]string{c.stmt.Campaign, a[s.principal], num(s.assigned), num(s.decided), num(s.keep), num(s.revoke), num(s.exception),
				num(s.abstain), num(s.opened), num(s.bulk), num(s.elapsed), num(s.bundles)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func outcomes(ctx context.Context, b *book, emit emit) error {
	r, err := newReading(ctx, b)
	if err != nil {
		return err
	}
	for _, f := range r.campaigns {
		if err := emit([]string{f.c.stmt.Campaign, num(f.items), num(f.keep), num(f.revoke), num(f.exception), num(f.abstain), num(f.open),
			num(f.byState["verified-gone"]), num(f.byState["claimed-done"]), num(f.byState["still-present"]), num(f.byState["came-back"]), num(f.byState["open"]),
			num(f.byEnd["active"]), num(f.byEnd["expired"]), num(f.stayed)}); err != nil {
			return err
		}
	}
	return nil
}
