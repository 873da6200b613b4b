//go:build unix

package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tickmark/review"
)

// cpuTime is what this process has used of processors, which says more than the clock where others use them, too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLaunch launches reviews of three sizes: the processor time per item stays the same.
func BenchmarkLaunch(b *testing.B) {
	for _, n := range []int{10_000, 50_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o := &office{dir: b.TempDir(), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
			must := func(err error) {
				b.Helper()
				if err != nil {
					b.Fatal(err)
				}
			}
			d, _, err := Init(b.Context(), o.options(), InitOptions{Principal: alice, Generate: true})
			must(err)
			defer d.Close()
			file := filepath.Join(o.dir, "erp.csv")
			must(os.WriteFile(file, benchExport(n), 0o600))
			_, err = d.ImportFile(b.Context(), file, review.ImportOptions{Source: "erp", Completeness: review.Full}, nil)
			must(err)
			used := cpuTime(b)
			b.ResetTimer()
			for i := range b.N {
				id := review.CampaignID(fmt.Sprintf("q%d", i))
				_, err = d.NewCampaign(b.Context(), review.CampaignSpec{ID: id, Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
				must(err)
				_, err = d.Launch(b.Context(), id, nil, nil)
				must(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
			b.ReportMetric(float64((cpuTime(b)-used).Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/item")
		})
	}
}
