package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"testing"
	"time"
)

// endless is a question nobody waits for the end of.
const endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n WHERE x < 0"

// oneReader narrows the readers to one connection and gives what stands behind it.
func oneReader(k *kit) *keeper {
	k.Helper()
	k.db.r.SetMaxOpenConns(1)
	conn, err := k.db.r.Conn(context.Background())
	k.must(err)
	defer conn.Close()
	var kept *keeper
	k.must(conn.Raw(func(c any) error { kept = c.(*keeper); return nil }))
	return kept
}

func TestAReaderOutlivesWhatIsCalledOff(t *testing.T) {
	k := newKit(t)
	before := oneReader(k)
	for range 3 {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		var n int
		if err := k.db.r.QueryRowContext(ctx, endless).Scan(&n); err == nil {
			t.Fatal("the question ended")
		}
		cancel()
		k.must(k.db.r.QueryRow("SELECT 1").Scan(&n))
	}
	if oneReader(k) != before {
		t.Error("another connection took its place, with an empty cache")
	}
	if before.kept[endless] != nil {
		t.Error("what was interrupted is used again")
	}
	if before.kept["SELECT 1"] == nil {
		t.Error("what went well is not kept")
	}
}

func TestStatementsAreKept(t *testing.T) {
	k := newKit(t)
	reader := oneReader(k)
	ask := func(i int) int {
		var n int
		k.must(k.db.r.QueryRow(fmt.Sprintf("SELECT %d + ?", i), 1).Scan(&n))
		return n
	}
	for range 2 {
		for i := range 2 * keptStatements {
			if got := ask(i); got != i+1 {
				t.Fatalf("%d + 1 is %d", i, got)
			}
		}
		if len(reader.kept) != keptStatements || len(reader.oldest) != keptStatements {
			t.Errorf("%d statements and %d texts are kept, not %d", len(reader.kept), len(reader.oldest), keptStatements)
		}
	}
	last := reader.kept[reader.oldest[keptStatements-1]]
	ask(2*keptStatements - 1)
	if reader.kept[reader.oldest[keptStatements-1]] != last {
		t.Error("the statement was prepared again")
	}
	k.must(k.db.Close())
	if reader.kept != nil {
		t.Error("statements outlive their connection")
	}
}

// TestAStatementInUseIsNotShared asks a question while the same one is being answered on the same connection.
func TestAStatementInUseIsNotShared(t *testing.T) {
	k := newKit(t)
	k.must(k.db.snapshot(context.Background(), func(q querier) error {
		const three = "SELECT value FROM json_each('[1,2,3]')"
		var seen []int
		err := each(context.Background(), q, func(scan func(...any) error) error {
			var outer, inner int
			if err := scan(&outer); err != nil {
				return err
			}
			err := each(context.Background(), q, func(scan func(...any) error) error {
				seen = append(seen, outer)
				return scan(&inner)
			}, three)
			return err
		}, three)
		if got := fmt.Sprint(seen); got != "[1 1 1 2 2 2 3 3 3]" {
			t.Error(got)
		}
		return err
	}))
}

// TestAStuckReaderIsClosed has a transaction that cannot be ended: the next reader must not see what it saw.
func TestAStuckReaderIsClosed(t *testing.T) {
	k := newKit(t)
	before := oneReader(k)
	tx, err := before.BeginTx(context.Background(), driver.TxOptions{ReadOnly: true})
	k.must(err)
	k.must(tx.Commit())
	if err := tx.Rollback(); err == nil {
		t.Fatal("a transaction ended twice")
	}
	if oneReader(k) == before {
		t.Error("the connection is still used")
	}
}
