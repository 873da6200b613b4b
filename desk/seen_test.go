package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

// at opens a database in the office with a state folder, in place of the one that is open.
func (o *office) at(path, state string) error {
	o.t.Helper()
	o.must(o.desk.Close())
	opt := o.options()
	opt.Path, opt.StateDir = path, state
	d, err := Open(o.t.Context(), opt)
	if err != nil {
		opt.Inspect = true
		if d, err = Open(o.t.Context(), opt); err != nil {
			o.t.Fatal(err)
		}
		o.desk = d
		opt.Inspect = false
		_, err = Open(o.t.Context(), opt)
		return err
	}
	o.desk = d
	return nil
}

// copied copies a database that is not open, with its note key.
func (o *office) copied(from, name string) string {
	o.t.Helper()
	to := filepath.Join(o.dir, name)
	for _, suffix := range []string{"", ".logkey"} {
		b, err := os.ReadFile(from + suffix)
		o.must(err)
		o.must(os.WriteFile(to+suffix, b, 0o600))
	}
	return to
}

func reason(err error) string {
	if e, ok := err.(*review.Error); ok {
		return e.Reason
	}
	return ""
}

// reports are the codes of a verification.
func (o *office) reports() []string {
	o.t.Helper()
	rep, err := o.desk.Verify(o.t.Context(), evidence.VerifyOptions{})
	o.must(err)
	out := []string{}
	for _, c := range rep.Codes {
		out = append(out, c.Code)
	}
	return out
}

func TestALedgerMustExtendWhatWasSeen(t *testing.T) {
	o := newOffice(t)
	here, mine, other := filepath.Join(o.dir, "review.db"), t.TempDir(), t.TempDir()
	o.must(o.at(here, mine))
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.must(o.at(here, mine))
	older := o.copied(here, "older.db")
	o.imports("hr.csv", exportQ4, review.ImportOptions{Source: "hr"})

	if err := o.at(older, mine); reason(err) != "rollback" || review.KindOf(err) != review.KindRefused {
		t.Errorf("an older copy: %v", err)
	}
	if got := fmt.Sprint(o.reports()); got != "[ROLLBACK]" {
		t.Errorf("verifying the older copy reports %s", got)
	}
	o.must(o.at(older, other))
	o.must(o.at(here, mine))
	o.verifies()

	// Another history of the same length, then a longer one.
	fork := o.copied(older, "fork.db")
	o.must(o.at(fork, other))
	for i := range 2 {
		o.imports(fmt.Sprintf("forged%d.csv", i), exportQ4+fmt.Sprintf("eve%d,FI_POST,never,active\n", i), review.ImportOptions{Source: "crm"})
		if err := o.at(fork, mine); reason(err) != "rewrite" {
			t.Errorf("a fork of %d more entries: %v", i+1, err)
		}
		if got := fmt.Sprint(o.reports()); got != "[REWRITE]" {
			t.Errorf("verifying the fork reports %s", got)
		}
		o.must(o.at(fork, other))
	}
	o.must(o.at(here, mine))
}

// A ledger that grew is held against what was seen without reading what lies below: a note without the tree, as of a
// damaged database, is enough too.
func TestGrownSinceSeen(t *testing.T) {
	o := newOffice(t)
	here, mine, other := filepath.Join(o.dir, "review.db"), t.TempDir(), t.TempDir()
	o.must(o.at(here, mine))
	path := o.desk.seenPath()
	for i, without := range []bool{false, true, false} {
		kept, ok, err := readSeen(path)
		if err != nil || !ok || kept.tree == nil {
			t.Fatalf("%+v %v", kept, err)
		}
		o.must(o.at(here, other))
		for j := range 3 {
			o.imports("more.csv", exportQ4+fmt.Sprintf("p%d.%d,FI_POST,never,active\n", i, j), review.ImportOptions{Source: "erp"})
		}
		head, err := o.desk.db.Head(t.Context())
		o.must(err)
		if extends, err := o.desk.extends(t.Context(), kept, head); err != nil || !extends {
			t.Errorf("%d entries after %d do not extend: %v", head.Size, kept.Size, err)
		}
		head.Root[3] ^= 1
		kept, _, _ = readSeen(path)
		if extends, err := o.desk.extends(t.Context(), kept, head); err != nil || extends {
			t.Errorf("another head extends: %v", err)
		}
		if without {
			kept.tree = nil
			o.must(os.WriteFile(path, []byte(kept.text()), 0o600))
		}
		o.must(o.at(here, mine))
	}
}

// What others signed counts as seen once this person's computer read it, also when that happened while the desk was open.
func TestLookingIsSeeing(t *testing.T) {
	o := newOffice(t)
	here, mine, other := filepath.Join(o.dir, "review.db"), t.TempDir(), t.TempDir()
	o.must(o.at(here, other))
	older := o.copied(here, "older.db")
	opt := o.options()
	opt.StateDir, opt.ReadOnly = mine, true
	reader, err := Open(t.Context(), opt)
	o.must(err)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	o.must(reader.Close())
	if err := o.at(older, mine); reason(err) != "rollback" {
		t.Errorf("an older copy: %v", err)
	}
}

func TestADamagedNoteOfWhatWasSeen(t *testing.T) {
	o := newOffice(t)
	here, mine := filepath.Join(o.dir, "review.db"), t.TempDir()
	o.must(o.at(here, mine))
	path := o.desk.seenPath()
	good, err := os.ReadFile(path)
	o.must(err)
	for _, bad := range []string{"", "x", "2", "0 " + string(good[2:]), "02" + string(good[1:]), string(good[:len(good)-3]) + "\n", string(good) + string(good), "2  " + string(good[2:]),
		strings.Replace(string(good), "\n", "\nA", 1), string(good[:strings.Index(string(good), "\n")+1]) + "AAAAAAAAAAE=\n"} {
		o.must(os.WriteFile(path, []byte(bad), 0o600))
		opt := o.options()
		opt.StateDir = mine
		if _, err := Open(t.Context(), opt); review.KindOf(err) != review.KindIO {
			t.Errorf("%q is taken: %v", bad, err)
		}
	}
	o.must(os.WriteFile(path, good, 0o600))
	o.must(o.at(here, mine))
}

// Where nothing can be noted, acts go on and say so.
func TestNothingCanBeNoted(t *testing.T) {
	o := newOffice(t)
	state := t.TempDir()
	o.must(o.at(filepath.Join(o.dir, "review.db"), state))
	o.must(os.Mkdir(o.desk.seenPath()+".new", 0o700))
	o.must(os.Remove(o.desk.logFile("heads")))
	o.must(os.MkdirAll(o.desk.logFile("receipts"), 0o700))
	o.said = nil
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
	if len(o.said) != 2 {
		t.Errorf("said %q", o.said)
	}
}

func TestSeenOnlyGrows(t *testing.T) {
	d := newDesk(Options{StateDir: t.TempDir(), Say: t.Errorf})
	d.log = "corp.example/reviews/0a1b2c3d"
	var all sync.WaitGroup
	for worker := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 40 {
				size := int64(i*8 + worker + 1)
				d.noteSeen(seen{Head: ledger.Head{Size: size, Root: ledger.Sum([]byte{byte(size)})}})
			}
		}()
	}
	all.Wait()
	if head, ok, err := readSeen(d.seenPath()); err != nil || !ok || head.Size != 320 {
		t.Errorf("%v %v %v", head, ok, err)
	}
}

// A database that lost entries behind tickmark's back is refused in words.
func TestEntriesThatAreNotThere(t *testing.T) {
	o := newOffice(t)
	head, err := o.desk.db.Head(t.Context())
	o.must(err)
	more := head
	more.Size++
	_, err = o.desk.tree(t.Context(), more)
	o.refused(err, review.KindRefused)
	other := head
	other.Root[0] ^= 1
	_, err = o.desk.tree(t.Context(), other)
	o.refused(err, review.KindRefused)
}
