package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	k := &kit{TB: t}
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		k.must(os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	f, err := sql.Open("sqlite", foreign)
	k.must(err)
	_, err = f.Exec("CREATE TABLE t (x)")
	k.must(err)
	k.must(f.Close())
	newer := filepath.Join(dir, "newer.db")
	db, err := Open(ctx, newer, Options{Create: true})
	k.must(err)
	_, err = db.w.Exec("PRAGMA user_version = 99")
	k.must(err)
	k.must(db.Close())

	for _, c := range []struct {
		name, path string
		o          Options
		kind       review.ErrorKind
	}{
		{"missing", filepath.Join(dir, "none.db"), Options{}, review.KindNotFound},
		{"missing, read-only", filepath.Join(dir, "none.db"), Options{ReadOnly: true, Create: true}, review.KindNotFound},
		{"no folder", filepath.Join(dir, "no", "x.db"), Options{Create: true}, review.KindNotFound},
		{"a folder", dir, Options{}, review.KindRefused},
		{"text", file("text.db", strings.Repeat("text ", 100)), Options{Create: true}, review.KindRefused},
		{"empty", file("empty.db", ""), Options{}, review.KindRefused},
		{"cut short", file("short.db", "SQLite format 3\x00"), Options{}, review.KindRefused},
		{"another program's", foreign, Options{}, review.KindRefused},
		{"newer", newer, Options{}, review.KindNewer},
		{"newer, read-only", newer, Options{ReadOnly: true}, review.KindNewer},
	} {
		db, err := Open(ctx, c.path, c.o)
		if err == nil {
			db.Close()
			t.Errorf("%s: opened", c.name)
			continue
		}
		if kind := review.KindOf(err); kind != c.kind {
			t.Errorf("%s: %v is %s, want %s", c.name, err, kind, c.kind)
		}
		if e := err.(*review.Error); e.Hint == "" {
			t.Errorf("%s: no hint", c.name)
		}
	}
	if IsDatabase(foreign) || IsDatabase(dir) || IsDatabase(filepath.Join(dir, "none")) || !IsDatabase(newer) {
		t.Error("IsDatabase errs")
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("a database was made that nobody asked for")
	}
	made, err := Open(ctx, file("made.db", ""), Options{Create: true}) // an empty file may be filled
	k.must(err)
	k.must(made.Close())
}

func TestOpenInAReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions of a folder are of another kind here")
	}
	if os.Geteuid() == 0 {
		againAsNobody(t) // permissions do not bind root
		return
	}
	ctx := context.Background()
	k := newKit(t)
	k.small("erp")
	k.must(k.db.Close())
	dir := filepath.Dir(k.path)
	k.must(os.Chmod(dir, 0o500))
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	_, err := Open(ctx, k.path, Options{})
	k.refused(err, review.KindIO)
	_, err = Open(ctx, filepath.Join(dir, "new.db"), Options{Create: true})
	k.refused(err, review.KindIO)
	db := k.open(Options{ReadOnly: true})
	if list, err := db.Imports(ctx); err != nil || len(list) != 1 {
		t.Error(err, list)
	}
	if r, err := db.Rebuild(ctx, false); err != nil || r.Total != 0 {
		t.Error(err, r)
	}
}

// TestOpenWhereSQLiteCannotShare stands for a folder where nothing can be made, also for a user whom permissions do not bind.
func TestOpenWhereSQLiteCannotShare(t *testing.T) {
	ctx := context.Background()
	k := newKit(t)
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	k.must(k.db.Close())
	if err := os.Symlink("nowhere", k.path+"-shm"); err != nil { // SQLite follows no link there
		t.Skip("no symbolic links here: ", err)
	}
	_, err := Open(ctx, k.path, Options{})
	k.refused(err, review.KindIO)
	db := k.open(Options{ReadOnly: true})
	if page, err := db.Page(ctx, review.Query{Campaign: "q4"}, review.Anchor{}, 100); err != nil || len(page.Items) != 18 {
		t.Error(err, len(page.Items))
	}
	if r, err := db.Rebuild(ctx, false); err != nil || r.Total != 0 {
		t.Error(err, r)
	}
	k.must(os.WriteFile(k.path+"-wal", []byte("something"), 0o600))
	_, err = Open(ctx, k.path, Options{ReadOnly: true})
	k.refused(err, review.KindIO)
	if !strings.Contains(err.Error(), "-wal") {
		t.Error(err)
	}
}

func TestReadOnlyWritesNothing(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	id := k.item("q4", "ann", "PAY")
	k.must(k.db.Close())
	before, err := os.ReadFile(k.path)
	k.must(err)
	db := k.open(Options{ReadOnly: true})
	if !db.ReadOnly() || db.Path() != k.path {
		t.Error("it does not say what it is")
	}
	_, err = db.Stage(ctx, bob, "w", []StagedVerdict{{Staged: review.Staged{Item: id, Draft: review.Draft{Verdict: review.Keep}}}}, nil)
	k.refused(err, review.KindNotAllowed)
	_, err = db.Append(ctx, ledger.Head{}, [][]byte{k.format(&ledger.Open{Log: testLog, Time: k.now, Title: "x", Suite: "sshsig-sha512 rfc6962-sha256"})}, nil)
	k.refused(err, review.KindNotAllowed)
	_, err = db.BeginImport(ctx, ImportStart{Source: "x"})
	k.refused(err, review.KindNotAllowed)
	_, err = db.Rebuild(ctx, true)
	k.refused(err, review.KindNotAllowed)
	_, err = db.PutFile(ctx, nil)
	k.refused(err, review.KindNotAllowed)
	if page, err := db.Page(ctx, review.Query{Campaign: "q4"}, review.Anchor{}, 100); err != nil || len(page.Items) != 18 {
		t.Error(err, len(page.Items))
	}
	k.must(db.Close())
	after, err := os.ReadFile(k.path)
	k.must(err)
	if string(before) != string(after) {
		t.Error("the file changed")
	}
}

func TestLockedByAnotherProgram(t *testing.T) {
	k := newKit(t)
	k.must(k.db.Close())
	k.db = k.open(Options{busy: 100 * time.Millisecond})
	other, err := sql.Open("sqlite", k.path+"?_txlock=immediate")
	k.must(err)
	defer other.Close()
	tx, err := other.Begin()
	k.must(err)
	defer tx.Rollback()
	ctx := context.Background()
	k.refused(k.db.SetSetting(ctx, alice, "a", "b"), review.KindLocked)
	if _, err := k.db.Head(ctx); err != nil {
		t.Error("a writer elsewhere stops readers: ", err)
	}
}

func TestEverySettingIsInForceOnEveryConnection(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	for _, c := range []struct {
		pool *sql.DB
		want map[string]string
	}{
		{k.db.w, map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0", "recursive_triggers": "1", "busy_timeout": "10000"}},
		{k.db.r, map[string]string{"journal_mode": "wal", "query_only": "1", "foreign_keys": "1", "trusted_schema": "0"}},
	} {
		for name, want := range c.want {
			var got string
			k.must(c.pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got))
			if got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	}
	var id int
	k.must(k.db.r.QueryRow("PRAGMA application_id").Scan(&id))
	if id != applicationID {
		t.Errorf("application id %x", id)
	}
	if _, err := k.db.r.Exec("CREATE TABLE x (y)"); err == nil {
		t.Error("a reader can write")
	}
}

// TestDiskFull lets the database grow no further and finds it as it was.
func TestDiskFull(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	id := k.item("q4", "ann", "PAY")
	var pages int
	k.must(k.db.w.QueryRow("PRAGMA page_count").Scan(&pages))
	limit := func(n int) {
		_, err := k.db.w.Exec("PRAGMA max_page_count = " + strconv.Itoa(n))
		k.must(err)
	}
	limit(pages)
	head := k.head()
	// Everything that writes, until it does not fit.
	var full error
	for i := 0; full == nil && i < 2000; i++ {
		_, full = k.db.PutFile(ctx, []byte(strings.Repeat(strconv.Itoa(i), 5000)))
	}
	k.refused(full, review.KindIO)
	if !strings.Contains(full.Error(), "full") {
		t.Error(full)
	}
	_, err := k.db.Stage(ctx, bob, "w", []StagedVerdict{{Staged: review.Staged{Item: id, Draft: review.Draft{Verdict: review.Keep, Reason: strings.Repeat("r", 100000)}}, Facts: []byte("f")}}, nil)
	k.refused(err, review.KindIO)
	k.wantDrafts(bob)
	_, err = k.trySign(&ledger.Roster{Log: testLog, Version: 2, Previous: 1, SignersSHA256: ledger.Sum(nil)}, alice, func(tx *Tx) error {
		_, err := tx.PutFile(make([]byte, 1<<20))
		return err
	})
	k.refused(err, review.KindIO)
	if k.head() != head {
		t.Error("the head moved")
	}
	limit(1 << 30)
	k.stage(bob, review.Keep, id)
	k.wantDrafts(bob, "ann keep true")
	k.sound()
}

// A database of the third form gets its facts in the newest one: the same texts, held as fast.
func TestFactsOfAnOlderForm(t *testing.T) {
	k := newKit(t)
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	var ids []review.ItemID
	for _, it := range k.items(review.Query{Campaign: "q4"}) {
		ids = append(ids, it.ID)
	}
	k.stage(bob, review.Keep, ids[:2]...)
	_, err := k.db.w.Exec("UPDATE facts SET signed = 1 WHERE rowid = 1")
	k.must(err)
	count := func() (all, signed int) {
		k.must(k.db.r.QueryRow("SELECT count(*), coalesce(sum(signed), 0) FROM facts").Scan(&all, &signed))
		return all, signed
	}
	if all, signed := count(); all != 2 || signed != 1 {
		t.Fatalf("%d facts, %d signed", all, signed)
	}
	_, err = k.db.w.Exec(`CREATE TABLE old (hash BLOB PRIMARY KEY CHECK (length(hash) = 32), text BLOB NOT NULL, signed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
		INSERT INTO old SELECT hash, text, signed FROM facts; DROP TABLE facts; ALTER TABLE old RENAME TO facts; PRAGMA user_version = 3`)
	k.must(err)
	k.must(k.db.Close())
	k.db = k.open(Options{})
	if all, signed := count(); all != 2 || signed != 1 {
		t.Errorf("%d facts, %d signed", all, signed)
	}
	known := ledger.Sum(k.facts(ids[0]))
	if got, err := k.db.Facts(t.Context(), []ledger.Hash{known}); err != nil || string(got[known]) != string(k.facts(ids[0])) {
		t.Errorf("%q %v", got, err)
	}
	for _, sql := range []string{"DELETE FROM facts", "UPDATE facts SET text = x'00'", "UPDATE facts SET signed = 0", "INSERT INTO facts SELECT hash, text, 0 FROM facts"} {
		if k.db.Write(t.Context(), func(tx *Tx) error { _, err := tx.exec(sql); return err }) == nil {
			t.Errorf("%s: nothing refuses it", sql)
		}
	}
	k.sound()
}
