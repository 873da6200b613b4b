package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"tickmark/review"
)

// benchCampaign launches a campaign over a whole export; a fifth of the items has findings, a tenth is decided by carol.
func benchCampaign(b *testing.B) *kit {
	n := benchRows(b)
	k := newKit(b)
	ctx := context.Background()
	f, err := os.Open(writeExport(b, n))
	k.must(err)
	defer f.Close()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "bench", System: "bench"})
	k.must(err)
	k.must(loadExport(l, f))
	loaded, err := l.Finish()
	k.must(err)
	id, err := l.Publish(ctx, review.ImportReport{File: "export.csv"})
	k.must(err)
	k.signImport(id, loaded)
	start := time.Now()
	k.launch("q4", []review.ImportID{id}, bob, func(it *NewItem) *NewItem {
		row := it.Grant.Row
		it.Owner = fmt.Sprintf("owner%d@corp.example", row%300)
		if row%5 == 0 {
			it.Findings = []review.Finding{{Rule: []string{"sod", "dormant", "privileged"}[row/5%3], Version: 1, Severity: []review.Severity{review.Low, review.Medium, review.High}[row/5%3], Reason: "because of row"}}
		}
		if row%10 == 0 {
			it.Reviewer = carol
		}
		if row%7 > 2 {
			it.Change = review.Unchanged
		}
		return it
	})
	b.Logf("launched %d items in %s", n, time.Since(start).Round(time.Millisecond))
	return k
}

// percentiles reports the spread of what was measured.
func percentiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	if len(took) == 0 {
		return
	}
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkItems measures what a screen waits for: pages in several orders, filters, steps, counts, staging (design.md 8).
func BenchmarkItems(b *testing.B) {
	k := benchCampaign(b)
	ctx := context.Background()
	measure := func(name string, fn func() error) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for range b.N {
				start := time.Now()
				if err := fn(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			percentiles(b, took)
		})
	}
	page := func(q review.Query, at review.Anchor) func() error {
		q.Campaign = "q4"
		return func() error {
			_, err := k.db.Page(ctx, q, at, 256)
			return err
		}
	}
	var middle review.ItemID
	k.must(k.db.Items(ctx, review.Query{Campaign: "q4", Filter: "entitlement:=ROLE_0042"}, func(it *review.Item) error {
		middle = it.ID
		return nil
	}))
	for _, column := range []string{"risk", "ord", "identity", "name", "entitlement", "owner", "system", "last-used", "verdict"} {
		sort := []review.SortKey{{Column: column}}
		measure("first-by-"+column, page(review.Query{Sort: sort}, review.Anchor{}))
		measure("middle-by-"+column, page(review.Query{Sort: sort}, review.Anchor{From: middle}))
		measure("last-by-"+column, page(review.Query{Sort: sort}, review.Anchor{Back: true}))
	}
	for _, filter := range []string{"number", "person.000777", "ROLE_0042", "role_00", "nothing-like-it", "finding:sod", "-finding:sod", "verdict:none", "verdict:keep", "kind:service", "last-used:>90d",
		"owner:owner77@", "department:7 finding:dormant", "severity:>=high -verdict:keep project-4"} {
		measure("filter-"+filter, page(review.Query{Filter: filter}, review.Anchor{}))
	}
	measure("reviewer-page", page(review.Query{Reviewer: carol}, review.Anchor{}))
	measure("count-all", func() error { _, err := k.db.Count(ctx, review.Query{Campaign: "q4"}); return err })
	measure("count-filter", func() error {
		_, err := k.db.Count(ctx, review.Query{Campaign: "q4", Filter: "-finding:sod"})
		return err
	})
	measure("campaign", func() error { _, err := k.db.Campaign(ctx, "q4"); return err })
	measure("groups-by-entitlement", func() error {
		_, err := k.db.Groups(ctx, review.Query{Campaign: "q4"}, "entitlement")
		return err
	})
	measure("next-undecided", func() error {
		_, err := k.db.NextUndecided(ctx, review.Query{Campaign: "q4", Reviewer: bob}, middle)
		return err
	})
	card, err := k.db.Card(ctx, review.Query{Campaign: "q4", Reviewer: bob}, "", 0)
	k.must(err)
	measure("card-step", func() error {
		_, err := k.db.Card(ctx, review.Query{Campaign: "q4", Reviewer: bob}, card.Key, 1)
		return err
	})
	measure("detail", func() error { _, err := k.db.Detail(ctx, middle); return err })
	var ids []review.ItemID
	k.must(k.db.Items(ctx, review.Query{Campaign: "q4", Reviewer: bob, Filter: "ROLE_00", Sort: []review.SortKey{{Column: "ord"}}}, func(it *review.Item) error {
		ids = append(ids, it.ID)
		return nil
	}))
	verdict := func(id review.ItemID) StagedVerdict {
		return StagedVerdict{Staged: review.Staged{Item: id, Draft: review.Draft{Verdict: review.Keep, Reason: "fine"}}, Facts: []byte("facts of " + string(id))}
	}
	i := 0
	measure("stage-one", func() error {
		i++
		_, err := k.db.Stage(ctx, bob, "keep", []StagedVerdict{verdict(ids[i%len(ids)])}, nil)
		return err
	})
	measure("stage-1000", func() error {
		var list []StagedVerdict
		for _, id := range ids[:min(1000, len(ids))] {
			list = append(list, verdict(id))
		}
		_, err := k.db.Stage(ctx, bob, "keep", list, nil)
		return err
	})
	w := worker{db: k.db, who: bob}
	start := 0
	b.Run("confirm-50", func(b *testing.B) {
		var took []time.Duration
		for range b.N {
			var list []StagedVerdict
			for j := range 50 {
				list = append(list, verdict(ids[(start+j)%len(ids)]))
			}
			start += 50
			k.must(k.db.DropFreeze(ctx, bob))
			staged, err := k.db.StagedVerdicts(ctx, bob, "q4", 0)
			k.must(err)
			var old []review.ItemID
			for _, v := range staged {
				old = append(old, v.Item)
			}
			_, err = k.db.Unstage(ctx, bob, "again", old, nil)
			k.must(err)
			for j := range list {
				list[j].Supersedes = k.record(list[j].Item).InForce
			}
			_, err = k.db.Stage(ctx, bob, "keep", list, nil)
			k.must(err)
			if list, err = k.db.StagedVerdicts(ctx, bob, "q4", 0); err != nil {
				b.Fatal(err)
			}
			entries, err := w.bundle(ctx, k.head(), list)
			k.must(err)
			head := k.head()
			began := time.Now()
			if _, err := k.db.Append(ctx, head, entries, func(tx *Tx) error { return tx.TakeStaged(list) }); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		percentiles(b, took)
	})
}
