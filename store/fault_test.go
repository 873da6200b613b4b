package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tickmark/ledger"
	"tickmark/review"
)

// TestFailingDisk lets every call that changes a file fail, one after the other and in every act that writes: the act says
// so as an I/O error, the database is as it was, and the same act goes through once the disk is well again.
func TestFailingDisk(t *testing.T) {
	vfs := useBrokenDisk(t)
	step := 1
	if os.Getenv("TICKMARK_EXHAUSTIVE") == "" {
		step = 7
		if testing.Short() {
			step = 41
		}
		t.Logf("every %dth call is tried; TICKMARK_EXHAUSTIVE=1 tries all", step)
	}
	for _, how := range []trouble{ioErrors, diskFull} {
		for _, act := range diskActs {
			t.Run(how.name+"/"+act.name, func(t *testing.T) {
				base := act.base(t)
				failed, refused := 0, 0
				for n := 1; ; n += step {
					hit, said := failOnce(t, vfs, base, act, how, n)
					if t.Failed() {
						t.Fatalf("at call %d", n)
					}
					if !hit {
						break
					}
					failed++
					if said {
						refused++
					}
				}
				if refused == 0 {
					t.Error("no failure was told")
				}
				t.Logf("%d times a call failed: %d times the act was refused and nothing changed, %d times it was done all the same", failed, refused, failed-refused)
			})
		}
	}
}

// diskAct is something that writes.
type diskAct struct {
	name string
	// base gives the database to begin with; an empty path: none is there.
	base func(t *testing.T) string
	// prepare reads what the act needs while the disk is well.
	prepare func(k *kit) (do func() error)
}

var diskActs = []diskAct{
	{"create", func(*testing.T) string { return "" }, nil},
	{"stage", reviewed, func(k *kit) func() error {
		v := StagedVerdict{Staged: review.Staged{Item: k.item("q4", "cat", "PAY"), Draft: review.Draft{Verdict: review.Keep, Reason: strings.Repeat("because ", 1000)}},
			Facts: []byte("new facts")}
		return func() error {
			_, err := k.db.Stage(k.ctx(), bob, "keep", []StagedVerdict{v}, nil)
			return err
		}
	}},
	{"undo", reviewed, func(k *kit) func() error {
		return func() error {
			_, err := k.db.Undo(k.ctx(), bob)
			return err
		}
	}},
	{"confirm", reviewed, func(k *kit) func() error {
		staged, err := k.db.StagedVerdicts(k.ctx(), bob, "q4", 0)
		k.must(err)
		var entries [][]byte
		for _, v := range staged {
			entries = append(entries, k.format(k.decision(v.Item, bob, v.Verdict)))
		}
		entries = append(entries, k.entry(&ledger.Bundle{Log: testLog, Campaign: "q4", Act: ledger.ActDecision, Actor: bob, Records: int64(len(staged)),
			Tally: "keep 0, revoke 0, exception 0, abstain 0"}, bob))
		head := k.head()
		return func() error {
			_, err := k.db.Append(k.ctx(), head, entries, func(tx *Tx) error {
				if err := tx.PutReceipt(bob, review.Receipt{Entry: 7, Receipt: "r"}); err != nil {
					return err
				}
				return tx.TakeStaged(staged)
			})
			return err
		}
	}},
	{"import", reviewed, func(k *kit) func() error {
		return func() error {
			l, err := k.db.BeginImport(k.ctx(), ImportStart{Source: "hr", System: "HR"})
			if err != nil {
				return err
			}
			defer l.Discard() //nolint:errcheck // a full disk may keep it from being cleared now; the next Open does
			for i := range 150 {
				a := accountOf(fmt.Sprintf("c%05d", i))
				if err := l.Account(&a); err != nil {
					return err
				}
				g := grantOf(a.NativeID, "E", i+2)
				if err := l.Grant(&g); err != nil {
					return err
				}
			}
			_, err = l.Publish(k.ctx(), review.ImportReport{File: "hr.csv", SHA256: strings.Repeat("0", 64)})
			return err
		}
	}},
	{"launch", reviewed, func(k *kit) func() error {
		imp, err := k.db.Import(k.ctx(), 1)
		k.must(err)
		return func() error {
			l, err := k.db.PrepareLaunch(k.ctx(), LaunchStart{Campaign: "q5"})
			if err != nil {
				return err
			}
			defer l.Discard() //nolint:errcheck // as above
			err = k.db.Grants(k.ctx(), 1, GrantOptions{Last: true}, func(g *GrantRow) error {
				it := newItem(g, bob)
				return l.Item(&it)
			})
			if err != nil {
				return err
			}
			p, err := l.Finish()
			if err != nil {
				return err
			}
			head, err := k.db.Head(k.ctx())
			if err != nil {
				return err
			}
			_, err = k.db.Append(k.ctx(), head, [][]byte{k.entry(k.campaignStatement("q5", p, []int64{int64(imp.Entry)}), alice)}, func(tx *Tx) error { return tx.Launch(p) })
			return err
		}
	}},
	{"rebuild", miscounted, func(k *kit) func() error {
		return func() error {
			_, err := k.db.Rebuild(k.ctx(), true)
			return err
		}
	}},
}

func (k *kit) ctx() context.Context { return context.Background() }

// reviewed makes a database with a campaign, a signed decision, two staged ones and a draft.
func reviewed(t *testing.T) string {
	k := newKit(t)
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	k.must(k.db.CreateDraft(k.ctx(), CampaignDraft{Spec: review.CampaignSpec{ID: "q5", Title: "q5", Owner: alice, Due: k.now.AddDate(0, 0, 14)}, By: alice}))
	k.decide(bob, review.Keep, k.item("q4", "ann", "READ"))
	k.stage(bob, review.Keep, k.item("q4", "ann", "PAY"))
	k.stage(bob, review.Revoke, k.item("q4", "ben", "PAY"))
	k.must(k.db.Close())
	return k.path
}

// miscounted is a database whose counters somebody changed.
func miscounted(t *testing.T) string {
	k := &kit{TB: t, now: testNow, path: reviewed(t)}
	k.db = k.open(Options{})
	_, err := k.db.w.Exec("UPDATE tallies SET items = items + 1")
	k.must(err)
	k.must(k.db.Close())
	return k.path
}

// failOnce does an act on a copy of a database while the nth call fails. hit is whether that many calls came, said whether
// the act was refused.
func failOnce(t *testing.T, vfs, base string, act diskAct, how trouble, n int) (hit, said bool) {
	t.Helper()
	k := &kit{TB: t, now: testNow, path: filepath.Join(t.TempDir(), "kit.db")}
	before := ""
	if base != "" {
		b, err := os.ReadFile(base)
		k.must(err)
		k.must(os.WriteFile(k.path, b, 0o600))
		k.db = k.open(Options{})
		before = k.content()
		k.must(k.db.Close())
	}
	o := Options{Create: base == "", vfs: vfs}
	var do func() error
	var err error
	defer mend()
	if base == "" {
		breakAt(n, how)
		var db *DB
		if db, err = Open(k.ctx(), k.path, o); err == nil {
			k.db = db
		}
	} else {
		k.db = k.open(o)
		do = act.prepare(k)
		breakAt(n, how)
		err = do()
	}
	hit, said = mend() > 0, err != nil
	if err != nil {
		k.refused(err, review.KindIO)
		if !hit {
			t.Errorf("failed although the disk did not: %v", err)
		}
		// The same program goes on once the disk is well.
		if base == "" {
			k.db, err = Open(k.ctx(), k.path, o)
		} else {
			k.must(k.db.Write(k.ctx(), func(tx *Tx) error { // as if the process had ended, for what a full disk kept from being cleared
				_, err := tx.exec("UPDATE loads SET run = 'gone', pid = 0x7ffffff0")
				return err
			}))
			k.must(k.db.clearDeadLoads(k.ctx()))
			k.same(before, "after the failure")
			err = do()
		}
		if err != nil {
			t.Errorf("the disk is well again and still: %v", err)
			return hit, said
		}
	}
	after := k.content()
	if after == before {
		t.Error("the act was acknowledged and changed nothing")
	}
	k.sound()
	k.must(k.db.Close())
	k.db = k.open(Options{})
	k.same(after, "after opening anew")
	k.must(k.db.Close())
	return hit, said
}

// same fails unless the content is as it was.
func (k *kit) same(want, when string) {
	k.Helper()
	if got := k.content(); got != want {
		k.Errorf("%s the content differs:\n%s", when, firstDifference(want, got))
	}
}

func firstDifference(a, b string) string {
	la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(la), len(lb)) {
		x, y := "nothing", "nothing"
		if i < len(la) {
			x = la[i]
		}
		if i < len(lb) {
			y = lb[i]
		}
		if x != y {
			return fmt.Sprintf("was %.300s\nis  %.300s", x, y)
		}
	}
	return ""
}

// content is a line per table with rows in it. What nobody sees yet and is cleared at the next open does not count, nor files
// that nothing names.
func (k *kit) content() string {
	k.Helper()
	rows, err := k.db.r.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	k.must(err)
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var table string
		k.must(rows.Scan(&table))
		fmt.Fprintf(&out, "%s %s\n", table, k.digest("SELECT * FROM "+table))
	}
	k.must(rows.Err())
	return out.String()
}

func (k *kit) digest(query string) string {
	k.Helper()
	rows, err := k.db.r.Query(query)
	k.must(err)
	defer rows.Close()
	names, err := rows.Columns()
	k.must(err)
	h, n := sha256.New(), 0
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		k.must(rows.Scan(into...))
		fmt.Fprintf(h, "%v\n", values)
		n++
	}
	k.must(rows.Err())
	return fmt.Sprintf("%d rows %x", n, h.Sum(nil)[:8])
}
