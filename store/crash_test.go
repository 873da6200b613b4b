package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// The harnesses run this test binary again as other processes: TICKMARK_STORE_WRITER names what such a process does to the
// database TICKMARK_STORE_PATH.

const (
	envWriter = "TICKMARK_STORE_WRITER"
	envPath   = "TICKMARK_STORE_PATH"
	envRounds = "TICKMARK_CRASH_ROUNDS" // how often the crash loop kills; 12 without it
)

func TestMain(m *testing.M) {
	if what := os.Getenv(envWriter); what != "" {
		if err := write(what, os.Getenv(envPath), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// worker writes without a testing.TB: it acknowledges on out what is durable.
type worker struct {
	db    *DB
	who   string
	out   io.Writer
	items []review.ItemID // to decide again and again; empty: each once
}

func write(what, path string, out io.Writer) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	kind, arg, _ := strings.Cut(what, " ")
	switch kind {
	case "crash":
		w := worker{db: db, who: bob, out: out}
		err := db.Items(ctx, review.Query{Campaign: "q4"}, func(it *review.Item) error {
			w.items = append(w.items, it.ID)
			return nil
		})
		if err != nil {
			return err
		}
		for i := rand.IntN(9); ; i++ {
			if err := w.step(ctx, i); err != nil {
				return err
			}
		}
	case "share":
		who, count, _ := strings.Cut(arg, " ")
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		w := worker{db: db, who: who, out: out}
		return w.share(ctx, n)
	}
	return fmt.Errorf("what is %s?", what)
}

// step stages, confirms, or imports; each acknowledgement names what must be there from now on.
func (w *worker) step(ctx context.Context, i int) error {
	switch {
	case i%9 == 8:
		return w.importSome(ctx, i)
	case i%3 == 2:
		return w.confirm(ctx)
	}
	return w.stageOne(ctx)
}

func (w *worker) ack(format string, args ...any) error {
	_, err := fmt.Fprintf(w.out, format+"\n", args...)
	return err
}

func (w *worker) stageOne(ctx context.Context) error {
	var id review.ItemID
	var err error
	if len(w.items) > 0 {
		id = w.items[rand.IntN(len(w.items))]
	} else if id, err = w.db.NextUndecided(ctx, review.Query{Campaign: "q4", Reviewer: review.Principal(w.who)}, ""); err != nil || id == "" {
		return err
	}
	list, err := w.db.Record(ctx, []review.ItemID{id})
	if err != nil {
		return err
	}
	ack := time.Now().UnixNano()
	v := StagedVerdict{Staged: review.Staged{Item: id, Draft: review.Draft{Verdict: review.Keep, Reason: fmt.Sprint(ack)}},
		Facts: []byte("facts of " + string(id) + "\n"), Supersedes: list[0].InForce}
	if _, err := w.db.Stage(ctx, review.Principal(w.who), "keep", []StagedVerdict{v}, nil); err != nil {
		return err
	}
	return w.ack("staged %s %d", id, ack)
}

// confirm signs everything staged, again where others were faster.
func (w *worker) confirm(ctx context.Context) error {
	for {
		staged, err := w.db.StagedVerdicts(ctx, review.Principal(w.who), "q4", 0)
		if err != nil || len(staged) == 0 {
			return err
		}
		head, err := w.db.Head(ctx)
		if err != nil {
			return err
		}
		entries, err := w.bundle(ctx, head, staged)
		if err != nil {
			return err
		}
		after, err := w.db.Append(ctx, head, entries, func(tx *Tx) error { return tx.TakeStaged(staged) })
		if review.KindOf(err) == review.KindConflict {
			continue
		}
		if err != nil {
			return err
		}
		for _, v := range staged {
			if err := w.ack("signed %s %d", v.Item, after.Size-1); err != nil {
				return err
			}
		}
		return nil
	}
}

func (w *worker) bundle(ctx context.Context, seen ledger.Head, staged []StagedVerdict) ([][]byte, error) {
	var entries [][]byte
	for _, v := range staged {
		list, err := w.db.Record(ctx, []review.ItemID{v.Item})
		if err != nil {
			return nil, err
		}
		r := list[0]
		text, err := ledger.Format(&ledger.Decision{Log: testLog, Campaign: "q4", Import: int64(r.ImportEntry), Row: r.Row, Item: r.ItemHash, Grant: r.GrantKey, Account: r.Account,
			Identity: r.RowIdentity, Entitlement: r.Entitlement, Verdict: string(v.Verdict), Reason: v.Reason, Reviewer: w.who, ShownSHA256: ledger.Sum(v.Facts),
			Supersedes: int64(v.Supersedes), Salt: strings.Repeat("0", 32)})
		if err != nil {
			return nil, err
		}
		entries = append(entries, text)
	}
	chain, err := w.db.Signer(ctx, review.Principal(w.who))
	if err != nil {
		return nil, err
	}
	b := &ledger.Bundle{Log: testLog, Campaign: "q4", Act: "decision", Actor: w.who, Records: int64(len(entries)), Tally: "keep 0, revoke 0, exception 0, abstain 0",
		Sig: ledger.Sig{Signer: w.who, Key: "SHA256:" + strings.Repeat("A", 43), Via: "agent", Seq: chain.Seq + 1, Prev: chain.Prev, Time: time.Unix(1800000000, 0).UTC(), Seen: seen}}
	b.Meaning = ledger.MeaningOf(b)
	text, err := ledger.Format(b)
	if err != nil {
		return nil, err
	}
	entry, err := ledger.JoinEntry(text, []byte("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"))
	return append(entries, entry), err
}

func (w *worker) importSome(ctx context.Context, i int) error {
	l, err := w.db.BeginImport(ctx, ImportStart{Source: "crashed", System: "C"})
	if err != nil {
		return err
	}
	for j := range chunkRows + 500 {
		a := accountOf(fmt.Sprintf("c%05d", j))
		if err := l.Account(&a); err != nil {
			return err
		}
		g := grantOf(a.NativeID, "E", j+2)
		if err := l.Grant(&g); err != nil {
			return err
		}
	}
	id, err := l.Publish(ctx, review.ImportReport{File: fmt.Sprint(i)})
	if err != nil {
		return err
	}
	return w.ack("imported %d %d", id, id)
}

// share stages and confirms n times beside others.
func (w *worker) share(ctx context.Context, n int) error {
	for range n {
		if err := w.stageOne(ctx); err != nil {
			return err
		}
		if err := w.confirm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// process runs this binary as a writer.
func process(t testing.TB, what, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), envWriter+"="+what, envPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestCrashLoop kills a process that stages, confirms and imports, at random moments, and finds every acknowledged act and
// nothing half-done.
func TestCrashLoop(t *testing.T) {
	rounds := 12
	if s := os.Getenv(envRounds); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%s=%s is no count", envRounds, s)
		}
		rounds = n
	}
	const fresh = 50 // rounds on one database: imports make it grow
	var k *kit
	var acked map[string]int64 // word and id of what was acknowledged: the newest number that came with it
	acts := 0
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for round := range rounds {
		if round%fresh == 0 {
			k, acked = newKit(t), map[string]int64{}
			k.shared(60, bob)
			k.must(k.db.Close())
		}
		cmd := process(t, "crash", k.path)
		pipe, err := cmd.StdoutPipe()
		k.must(err)
		k.must(cmd.Start())
		lines := bufio.NewScanner(pipe)
		for first := true; lines.Scan(); first = false {
			if first {
				time.AfterFunc(time.Duration(r.IntN(400))*time.Millisecond, func() { cmd.Process.Kill() })
			}
			var word, id string
			var n int64
			if _, err := fmt.Sscan(lines.Text(), &word, &id, &n); err != nil {
				continue // the line was cut by the kill
			}
			acked[word+" "+id] = n
			acts++
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the writer ended by itself")
		}
		k.db = k.open(Options{})
		k.afterCrash(round, acked)
		k.must(k.db.Close())
	}
	t.Logf("%d kills, %d acknowledged acts", rounds, acts)
}

// shared launches a campaign with n items for each of some people.
func (k *kit) shared(n int, people ...string) {
	k.Helper()
	var accounts []review.Account
	var grants []review.Grant
	for i := range n * len(people) {
		id := fmt.Sprintf("u%04d", i)
		accounts = append(accounts, accountOf(id))
		grants = append(grants, grantOf(id, "E", i+2))
	}
	imp := k.imported("erp", accounts, grants)
	i := 0
	k.launch("q4", []review.ImportID{imp}, bob, func(it *NewItem) *NewItem {
		it.Reviewer = review.Principal(people[i%len(people)])
		i++
		return it
	})
}

// afterCrash checks what a crash must not touch.
func (k *kit) afterCrash(round int, acked map[string]int64) {
	k.Helper()
	ctx := context.Background()
	k.sound()
	k.empty("loads")
	var loading int
	k.must(k.db.r.QueryRow("SELECT count(*) FROM imports WHERE state = 0").Scan(&loading))
	if loading != 0 {
		k.Errorf("round %d: %d imports are half-loaded", round, loading)
	}
	imports, err := k.db.Imports(ctx)
	k.must(err)
	there := map[string]bool{}
	for _, imp := range imports {
		there[fmt.Sprint(imp.ID)] = true
		var rows int64
		k.must(k.db.r.QueryRow("SELECT count(*) FROM grants WHERE id > ?1 << 32 AND id < (?1 + 1) << 32", imp.ID).Scan(&rows))
		if rows != imp.Rows {
			k.Errorf("round %d: import %d has %d rows of %d", round, imp.ID, rows, imp.Rows)
		}
	}
	for what, n := range acked {
		word, id, _ := strings.Cut(what, " ")
		if word == "imported" {
			if !there[id] {
				k.Errorf("round %d: import %s was acknowledged and is gone", round, id)
			}
			continue
		}
		r := k.record(review.ItemID(id))
		switch word {
		case "signed":
			if r.InForce == 0 || k.bundleOf(r.InForce) < n {
				k.Errorf("round %d: %s was acknowledged as signed by entry %d, in force is %d", round, r.ID.Short(), n, r.InForce)
			}
		case "staged":
			if at, err := strconv.ParseInt(r.Reason, 10, 64); err != nil || at < n {
				k.Errorf("round %d: %s was acknowledged as staged with reason %d, there is %q", round, r.ID.Short(), n, r.Reason)
			}
		}
	}
}

func (k *kit) bundleOf(i review.EntryIndex) int64 {
	k.Helper()
	e, err := k.db.Entry(context.Background(), i)
	k.must(err)
	return int64(e.Bundle)
}

// TestSixteenWriters lets 8 goroutines and 8 processes stage and confirm in one database at once: no act is lost, no index
// skipped, no chain forked.
func TestSixteenWriters(t *testing.T) {
	const each, writers = 6, 16
	k := newKit(t)
	var people []string
	for i := range writers {
		people = append(people, fmt.Sprintf("person%02d@corp.example", i))
	}
	k.shared(each, people...)
	before := k.head().Size
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for i, who := range people {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if i%2 == 0 {
				w := worker{db: k.db, who: who, out: io.Discard}
				errs <- w.share(context.Background(), each)
				return
			}
			errs <- process(t, fmt.Sprintf("share %s %d", who, each), k.path).Run()
		}()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	n, err := k.db.SignedCounts(context.Background(), "q4", "")
	k.must(err)
	if n.Keep != each*writers || n.Open != 0 {
		t.Errorf("%+v", n)
	}
	if size := k.head().Size; size != before+2*each*writers {
		t.Errorf("the ledger grew from %d to %d", before, size)
	}
	for _, who := range people {
		s, err := k.db.Signer(context.Background(), review.Principal(who))
		k.must(err)
		if s.Seq != each {
			t.Errorf("%s is at statement %d", who, s.Seq)
		}
	}
	k.sound()
}
