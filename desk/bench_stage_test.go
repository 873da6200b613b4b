package desk

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tickmark/review"
)

// BenchmarkStageOne stages verdicts one by one, each durable before the next begins: what a person waits for behind a key,
// without the screen. TICKMARK_BENCH_DB names a folder that .ci/latency has made (tickmark.db and key); else it is a small
// review. What it stages it takes back.
func BenchmarkStageOne(b *testing.B) {
	ctx := b.Context()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	o := &office{dir: b.TempDir(), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	var d *Desk
	var err error
	campaign := review.CampaignID("big")
	if dir := os.Getenv("TICKMARK_BENCH_DB"); dir != "" {
		options := o.options()
		options.Path, options.Key, options.Principal, options.Now = filepath.Join(dir, "tickmark.db"), filepath.Join(dir, "key"), "", time.Now
		d, err = Open(ctx, options)
		must(err)
	} else {
		d, _, err = Init(ctx, o.options(), InitOptions{Principal: alice, Generate: true})
		must(err)
		file := filepath.Join(o.dir, "erp.csv")
		must(os.WriteFile(file, benchExport(5000), 0o600))
		_, err = d.ImportFile(ctx, file, review.ImportOptions{Source: "erp", Completeness: review.Full}, nil)
		must(err)
		_, err = d.NewCampaign(ctx, review.CampaignSpec{ID: campaign, Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
		must(err)
		_, err = d.Launch(ctx, campaign, nil, nil)
		must(err)
	}
	defer d.Close()
	q := review.Query{Campaign: campaign, Filter: "state:open severity:<high", Asker: d.Me(), Sort: []review.SortKey{{Column: "ord"}}}
	page, err := d.Page(ctx, q, review.Anchor{}, 2000)
	must(err)
	var ids []review.ItemID
	for _, it := range page.Items {
		if it.Blocked == "" {
			ids = append(ids, it.ID)
		}
	}
	if len(ids) == 0 {
		b.Fatal("nothing is open")
	}
	var took []time.Duration
	used := map[review.ItemID]bool{}
	b.ResetTimer()
	for i := range b.N {
		id := ids[i%len(ids)]
		began := time.Now()
		res, err := d.Stage(ctx, q, []review.ItemID{id}, review.Draft{Verdict: review.Keep}, nil)
		took = append(took, time.Since(began))
		if err != nil || res.Staged != 1 {
			b.Fatalf("%+v: %v", res, err)
		}
		used[id] = true
	}
	b.StopTimer()
	slices.Sort(took)
	for _, p := range []struct {
		percent int
		name    string
	}{{50, "p50-ms"}, {95, "p95-ms"}, {99, "p99-ms"}} {
		b.ReportMetric(float64(took[min(len(took)*p.percent/100, len(took)-1)].Microseconds())/1000, p.name)
	}
	var all []review.ItemID
	for id := range used {
		all = append(all, id)
	}
	_, err = d.Unstage(ctx, all, nil)
	must(err)
}
