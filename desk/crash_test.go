//go:build !windows

package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// crashRounds is how often the crash loop kills. TICKMARK_CRASH_ROUNDS sets it.
func crashRounds(t *testing.T) int {
	s := os.Getenv("TICKMARK_CRASH_ROUNDS")
	if s == "" {
		return 12
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("TICKMARK_CRASH_ROUNDS=%s is no count", s)
	}
	return n
}

// crashActs works as one person does: it stages, takes back, confirms with a real key, imports and launches, says what it is
// about to do, and what it has done.
func crashActs(t *testing.T, dir string) {
	base := killClock
	began := time.Now()
	clock := func() time.Time { return base.Add(time.Since(began)) }
	ctx := context.Background()
	d, err := Open(ctx, Options{Path: filepath.Join(dir, "review.db"), StateDir: filepath.Join(dir, "state"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	head, err := d.db.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	latest, err := d.db.LatestTime(ctx, head.Size)
	if err != nil {
		t.Fatal(err)
	}
	if latest.After(base) {
		base = latest
	}
	campaigns, err := d.Campaigns(ctx)
	if err != nil {
		t.Fatal(err)
	}
	newest := campaigns[0].Name
	var items []review.ItemID
	list := func() {
		items = nil
		if err := d.EachItem(ctx, review.Query{Campaign: newest}, func(it *review.Item) error {
			items = append(items, it.ID)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	list()
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	for {
		n := time.Now().UnixNano()
		switch k := rand.IntN(20); {
		case k < 8:
			say("begin stage")
			it := items[rand.IntN(len(items))]
			if _, err := d.Stage(ctx, review.Query{}, []review.ItemID{it}, review.Draft{Verdict: review.Revoke, Reason: fmt.Sprint(n)}, nil); err != nil {
				t.Fatal(err)
			}
			say("staged %s %d", it, n)
		case k < 13:
			staged, err := d.Staged(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(staged) == 0 {
				continue
			}
			say("begin confirm")
			receipts, err := d.Confirm(ctx, "", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range receipts {
				say("signed %d", r.Entry)
			}
		case k < 17:
			say("begin import")
			path := filepath.Join(dir, "erp.csv")
			var b strings.Builder
			b.WriteString("identity,entitlement\n")
			for i := range 40 {
				fmt.Fprintf(&b, "p%d@corp.example,E%d\n", i, n%int64(i+2))
			}
			if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			rep, err := d.ImportFile(ctx, path, review.ImportOptions{Source: "erp", ExportedAt: stamp(d.Now()), Completeness: review.Full}, nil)
			if err != nil {
				t.Fatal(err)
			}
			say("imported %d", rep.ID)
		default:
			say("begin launch")
			id := review.CampaignID(fmt.Sprintf("c%d", n))
			if _, err := d.NewCampaign(ctx, review.CampaignSpec{ID: id, Reviewers: []review.Principal{alice}, Due: d.Now().AddDate(0, 0, 14)}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Launch(ctx, id, nil, nil); err != nil {
				t.Fatal(err)
			}
			newest = id
			say("launched %s", id)
			list()
		}
	}
}

// TestCrashLoop kills a person's program at random moments of staging, confirming, importing and launching. Every act it
// acknowledged is there, the ledger verifies with its signatures, the projection is the ledger's, and SQLite finds no fault.
func TestCrashLoop(t *testing.T) {
	const fresh = 25 // rounds on one database
	rounds := crashRounds(t)
	cut, acts := map[string]int{}, map[string]int{}
	var o *office
	var acked map[string]string
	for round := range rounds {
		if round%fresh == 0 {
			if o != nil {
				o.must(o.desk.Close())
			}
			o, acked = newOffice(t), map[string]string{}
			o.now = killClock.Add(-time.Hour)
			o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp"})
			o.launch("q4")
		}
		o.must(o.desk.Close())
		doing := ""
		for _, line := range killedLines(t, "acts", o.dir, 500*time.Millisecond) {
			f := strings.Fields(line)
			switch {
			case len(f) < 2:
				t.Errorf("the program says %q", line)
			case f[0] == "begin":
				doing = f[1]
			case f[0] == "staged":
				acked["staged "+f[1]], doing = f[2], ""
				acts[f[0]]++
			default:
				acked[line], doing = "", ""
				acts[f[0]]++
			}
		}
		cut[doing]++
		o.now = killClock.AddDate(0, 0, 1)
		var err error
		o.desk, err = Open(t.Context(), o.options())
		o.must(err)
		o.afterCrash(acked)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d kills: %d while staging, %d while confirming, %d while importing, %d while launching, %d between acts; acknowledged and found: %d staged, %d signatures, %d imports, %d launches",
		rounds, cut["stage"], cut["confirm"], cut["import"], cut["launch"], cut[""], acts["staged"], acts["signed"], acts["imported"], acts["launched"])
}

// afterCrash checks what a kill must not touch.
func (o *office) afterCrash(acked map[string]string) {
	o.t.Helper()
	ctx := o.t.Context()
	o.verifies()
	faults, err := o.desk.db.Check(ctx)
	o.must(err)
	for _, f := range faults {
		o.t.Error("SQLite says ", f)
	}
	head, err := o.desk.db.Head(ctx)
	o.must(err)
	for what, n := range acked {
		word, id, _ := strings.Cut(what, " ")
		switch word {
		case "staged":
			records, err := o.desk.db.Record(ctx, []review.ItemID{review.ItemID(id)})
			o.must(err)
			if records[0].Reason < n { // both are as long
				o.t.Errorf("item %s was staged with reason %s and has %q", id, n, records[0].Reason)
			}
		case "signed":
			entry, err := strconv.ParseInt(id, 10, 64)
			o.must(err)
			if entry >= head.Size {
				o.t.Errorf("entry %d was acknowledged and is not there", entry)
			}
		case "imported":
			n, err := strconv.ParseInt(id, 10, 64)
			o.must(err)
			imp, err := o.desk.db.Import(ctx, review.ImportID(n))
			o.must(err)
			if imp.Entry == 0 {
				o.t.Errorf("import %d was acknowledged as signed and is not", n)
			}
		case "launched":
			c, err := o.desk.Campaign(ctx, review.CampaignID(id))
			o.must(err)
			if c.State == review.DraftState || c.Items == 0 {
				o.t.Errorf("campaign %s was launched and is %s with %d items", id, c.State, c.Items)
			}
		}
	}
}
