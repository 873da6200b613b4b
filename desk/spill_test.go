package desk

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tickmark/review"
)

// zeros makes all salts alike, so that two imports of one file have one root.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// spilledExport says everything twice and far apart: grants, accounts, and what is known of accounts.
func spilledExport() string {
	var b strings.Builder
	b.WriteString("identity,entitlement,resource,display_name,email,department\n")
	for round := range 2 {
		for i := range 3000 {
			name, dept := fmt.Sprintf("Person %d", i/2), ""
			if round == 1 {
				name, dept = "", fmt.Sprintf("Dept %d", i%7)
			}
			fmt.Fprintf(&b, "u%d,role-%d,place-%d,%s,p%d@corp.example,%s\n", i/2, i%500, i, name, i/4, dept)
		}
	}
	return b.String()
}

// An import that goes to temporary files a thousand times gives the counts, the root, the accounts and the rows of one
// that never does, at every stage: importing, numbering words, sorting keys, counting people.
func TestAnImportThatSpillsIsTheSame(t *testing.T) {
	type outcome struct {
		Rows, Grants, Accounts, Identities, LedgerIdent, Workers int64
		Root                                                     string
		Warnings                                                 []review.Warning
		People, Diff                                             []string
	}
	read := func(inMemory int) (out outcome) {
		o := &office{t: t, dir: t.TempDir(), now: newOffice(t).now}
		opt := o.options()
		opt.Rand, opt.InMemory = zeros{}, inMemory
		d, _, err := Init(t.Context(), opt, InitOptions{Principal: alice, Generate: true})
		o.must(err)
		o.desk = d
		defer d.Close()
		var roster strings.Builder
		roster.WriteString("worker_id,name,email,status\n")
		for i := range 600 {
			fmt.Fprintf(&roster, "W%d,Person %d,p%d@corp.example,active\n", i%500, i, i%500)
		}
		hr := o.imports("hr.csv", roster.String(), review.ImportOptions{As: "hr", Source: "hr"})
		rep := o.imports("big.csv", spilledExport(), review.ImportOptions{Source: "big"})
		im, err := d.db.Import(t.Context(), rep.ID)
		o.must(err)
		out = outcome{im.Rows, rep.Grants, rep.Accounts, rep.Identities, im.LedgerIdent, hr.Identities, fmt.Sprint(im.ItemsRoot), append(hr.Warnings, rep.Warnings...), nil, nil}
		o.must(d.db.Accounts(t.Context(), rep.ID, func(a *review.Account, identity string) error {
			out.People = append(out.People, fmt.Sprint(a.NativeID, a.DisplayName, a.Emails, a.Department, identity))
			return nil
		}))
		next := o.imports("next.csv", strings.ReplaceAll(spilledExport(), "role-77,", "role-78,"), review.ImportOptions{Source: "big"})
		_, lines, err := d.db.Diff(t.Context(), rep.ID, next.ID, 100)
		o.must(err)
		for _, l := range lines {
			out.Diff = append(out.Diff, fmt.Sprint(l.Change, l.Account, l.Entitlement, l.Resource))
		}
		return out
	}
	plain, spilled := read(0), read(4)
	if plain.Rows != 3000 || plain.Accounts != 1500 || plain.LedgerIdent != 750 || plain.Workers != 500 || len(plain.People) != 1500 || len(plain.Diff) < 12 || strings.Trim(plain.Root, "[0 ]") == "" {
		t.Errorf("unspilled: %d rows, %d accounts, %d identities, %d workers, %d lines of difference", plain.Rows, plain.Accounts, plain.LedgerIdent, plain.Workers, len(plain.Diff))
	}
	if d := cmp.Diff(plain, spilled); d != "" {
		t.Error(d)
	}
}

// Where temporary files cannot be made, an import that needs them fails and leaves nothing; one that does not goes on.
func TestAnImportThatCannotSpillLeavesNothing(t *testing.T) {
	o := newOffice(t)
	path := o.file("big.csv", spilledExport())
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, filepath.Join(o.dir, "nowhere"))
	}
	o.desk.o.InMemory = 4
	_, err := o.desk.ImportFile(t.Context(), path, review.ImportOptions{Source: "big"}, nil)
	o.refused(err, review.KindIO)
	if all, err := o.desk.db.Imports(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%d imports are left, %v", len(all), err)
	}
	o.desk.o.InMemory = 0
	o.imports("big.csv", spilledExport(), review.ImportOptions{Source: "big"})
}
