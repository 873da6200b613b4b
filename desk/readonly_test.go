package desk

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"tickmark/evidence"
	"tickmark/review"
)

// Where nothing can be written, as on an auditor's copy, a database is read: a pack can be made of it and nothing changed.
func TestOrReadOnly(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.launch("q4")
	it := o.items("q4")["dan@corp.example FI_POST"]
	o.must(o.desk.Close())
	opt := o.options()
	opt.OrReadOnly = true
	d, err := Open(t.Context(), opt)
	o.must(err)
	if d.ReadOnly() {
		t.Error("it can be written and is only read")
	}
	o.must(d.Close())

	if err := os.Symlink("nowhere", opt.Path+"-shm"); err != nil { // stands for a folder where SQLite cannot make its file
		t.Skip("no symbolic links here: ", err)
	}
	opt.OrReadOnly = false
	_, err = Open(t.Context(), opt)
	o.refused(err, review.KindIO)
	opt.OrReadOnly = true
	d, err = Open(t.Context(), opt)
	o.must(err)
	defer d.Close()
	if !d.ReadOnly() {
		t.Error("it does not say that it is only read")
	}
	_, err = d.Stage(t.Context(), review.Query{}, []review.ItemID{it.ID}, review.Draft{Verdict: review.Keep}, nil)
	o.refused(err, review.KindNotAllowed)
	pack := filepath.Join(t.TempDir(), "pack.zip")
	_, err = d.Export(t.Context(), evidence.Options{}, pack)
	o.must(err)
	rep, err := evidence.Verify(t.Context(), pack, evidence.VerifyOptions{})
	o.must(err)
	if len(rep.Codes) != 0 {
		t.Errorf("%+v", rep.Codes)
	}
}

// A database that an earlier release wrote is brought up to date by the first verb that only reads, too; one that is to be judged
// stays as it is.
func TestReadingBringsAnOlderDatabaseUpToDate(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.must(o.desk.Close())
	opt := o.options()
	db, err := sql.Open("sqlite", opt.Path)
	o.must(err)
	defer db.Close()
	_, err = db.Exec("DROP TABLE evidence; ALTER TABLE targets DROP COLUMN peers; PRAGMA user_version = 1") // what came after 0001
	o.must(err)

	opt.ReadOnly, opt.Inspect = true, true
	_, err = Open(t.Context(), opt)
	o.refused(err, review.KindRefused)
	opt.Inspect = false
	for range 2 {
		d, err := Open(t.Context(), opt)
		o.must(err)
		if list, err := d.Imports(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		o.must(d.Close())
	}
}
