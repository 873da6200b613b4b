package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// BenchmarkClosingLists reads what the exceptions and remediation screens, their lists and status read: all exceptions, all
// revokes, those that match a filter, the counts. Half of a review were excepted, half revoked, signed as people sign.
// TICKMARK_BENCH_LARGE takes 100,000 of each, which takes minutes to sign; TICKMARK_BENCH_CLOSING names a database that is there already.
func BenchmarkClosingLists(b *testing.B) {
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
	if path := os.Getenv("TICKMARK_BENCH_CLOSING"); path != "" {
		options := o.options()
		options.Path, options.Key, options.Principal, options.Now = path, filepath.Join(filepath.Dir(path), "boss"), "", time.Now
		d, err = Open(ctx, options)
		must(err)
	} else {
		each := 1000
		if os.Getenv("TICKMARK_BENCH_LARGE") != "" {
			each = 100_000
		}
		d, _, err = Init(ctx, o.options(), InitOptions{Principal: alice, Generate: true})
		must(err)
		var csv strings.Builder
		csv.WriteString("account,entitlement\n")
		for i := range 2 * each {
			fmt.Fprintf(&csv, "%s%d,ROLE_%d\n", []string{"keep", "gone"}[i%2], i/2, i%500)
		}
		file := filepath.Join(o.dir, "erp.csv")
		must(os.WriteFile(file, []byte(csv.String()), 0o600))
		_, err = d.ImportFile(ctx, file, review.ImportOptions{Source: "erp", Completeness: review.Full}, nil)
		must(err)
		_, err = d.NewCampaign(ctx, review.CampaignSpec{ID: "big", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
		must(err)
		_, err = d.Launch(ctx, "big", nil, nil)
		must(err)
		for account, draft := range map[string]review.Draft{
			"keep": {Verdict: review.Except, Until: "2026-12-31", Owner: "bob@corp.example", Control: "weekly review", Reason: "vendor"},
			"gone": {Verdict: review.Revoke, Reason: "not needed"},
		} {
			_, err = d.Stage(ctx, review.Query{Campaign: "big", Filter: "account:" + account, Asker: d.Me()}, nil, draft, nil)
			must(err)
		}
		_, err = d.Confirm(ctx, "", "", nil)
		must(err)
	}
	defer d.Close()
	for _, read := range []struct {
		name string
		do   func() (int, error)
	}{
		{"exceptions", func() (int, error) { l, err := d.Exceptions(ctx, ""); return len(l), err }},
		{"exceptions-filter", func() (int, error) { l, err := d.Exceptions(ctx, "owner:nobody"); return len(l), err }},
		{"remediation", func() (int, error) { l, err := d.Remediations(ctx, ""); return len(l), err }},
		{"overview", func() (int, error) { _, err := d.Overview(ctx); return 0, err }},
	} {
		b.Run(read.name, func(b *testing.B) {
			n := 0
			for range b.N {
				if n, err = read.do(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "rows")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys>>20), "MB-held")
		})
	}
}
