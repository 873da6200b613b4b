//go:build !windows

package desk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tickmark/ledger/keys"
	"tickmark/review"
)

const writers, writerActs = 16, 4

func writerName(i int) review.Principal {
	return review.Principal(fmt.Sprintf("person%02d@corp.example", i))
}

// writerWork stages and signs one person's items one by one.
func writerWork(ctx context.Context, dir string, i int, now func() time.Time) error {
	d, err := Open(ctx, Options{Path: filepath.Join(dir, "review.db"), Principal: writerName(i), Key: filepath.Join(dir, fmt.Sprintf("key%02d", i)), Now: now})
	if err != nil {
		return err
	}
	defer d.Close()
	var mine []review.ItemID
	if err := d.EachItem(ctx, review.Query{Campaign: "q4", Reviewer: writerName(i)}, func(it *review.Item) error {
		mine = append(mine, it.ID)
		return nil
	}); err != nil {
		return err
	}
	if len(mine) != writerActs {
		return fmt.Errorf("%s has %d items", writerName(i), len(mine))
	}
	for _, id := range mine {
		if _, err := d.Stage(ctx, review.Query{}, []review.ItemID{id}, review.Draft{Verdict: review.Keep}, nil); err != nil {
			return err
		}
		if _, err := d.Confirm(ctx, "", "", nil); err != nil {
			return err
		}
	}
	return nil
}

// TestSixteenSigners lets 16 people, half of them in processes of their own, stage and sign in one database at once: no act is
// lost, no entry skipped, no chain forked, and the ledger verifies.
func TestSixteenSigners(t *testing.T) {
	o := newOffice(t)
	o.now = killClock.Add(30 * time.Minute)
	var rows bytes.Buffer
	rows.WriteString("identity,entitlement,owner\n")
	var people []review.Principal
	for i := range writers {
		path := filepath.Join(o.dir, fmt.Sprintf("key%02d", i))
		_, err := keys.Generate(path, string(writerName(i)))
		o.must(err)
		o.later(time.Second)
		_, err = o.desk.Enrol(t.Context(), EnrolOptions{Principal: writerName(i), KeyFile: path + ".pub", Roles: []string{"review"}})
		o.must(err)
		people = append(people, writerName(i))
		for j := range writerActs {
			fmt.Fprintf(&rows, "u%02d%d@corp.example,E,%s\n", i, j, writerName(i))
		}
	}
	o.imports("erp.csv", rows.String(), review.ImportOptions{Source: "erp"})
	_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "q4", Reviewers: people, Routing: []string{"owner", "named"}, Due: o.now.AddDate(0, 0, 14)})
	o.must(err)
	_, err = o.desk.Launch(t.Context(), "q4", nil, nil)
	o.must(err)
	o.now = killClock.Add(time.Hour)
	head, err := o.desk.db.Head(t.Context())
	o.must(err)
	counts := map[review.Principal]int{}
	o.must(o.desk.EachItem(t.Context(), review.Query{Campaign: "q4"}, func(it *review.Item) error { counts[it.Reviewer]++; return nil }))
	if len(counts) != writers {
		t.Fatalf("reviewers %v", counts)
	}
	var all sync.WaitGroup
	errs := make(chan error, writers)
	for i := range writers {
		all.Add(1)
		go func() {
			defer all.Done()
			if i%2 == 0 {
				errs <- writerWork(context.Background(), o.dir, i, func() time.Time { return o.now })
				return
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
			cmd.Env = append(os.Environ(), killWork+"="+fmt.Sprintf("writer %d", i), killDir+"="+o.dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				err = fmt.Errorf("%w: %s", err, out)
				errs <- err
			}
		}()
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	after, err := o.desk.db.Head(t.Context())
	o.must(err)
	if want := head.Size + 2*writers*writerActs; after.Size != want {
		t.Errorf("the ledger has %d entries, want %d", after.Size, want)
	}
	for i := range writers {
		s, err := o.desk.db.Signer(t.Context(), writerName(i))
		o.must(err)
		if s.Seq != writerActs {
			t.Errorf("%s is at statement %d", writerName(i), s.Seq)
		}
	}
	rep := o.verifies()
	t.Logf("%d people, %d in processes of their own: %d decisions in %d bundles, %d signatures verified", writers, writers/2, writers*writerActs, writers*writerActs, rep.Signatures)
}
