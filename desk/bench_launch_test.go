package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// benchExport is an export of n grants, ten to an account; the same every time.
func benchExport(n int) []byte {
	var b strings.Builder
	b.WriteString("identity,email,entitlement,resource,status,last_used,granted,department,title,manager\n")
	for i := range n {
		p := i / 10
		e := (i*7919 + p) % 2000
		fmt.Fprintf(&b, "user%d,user%d@corp.example,ROLE_%d,app%d,active,2026-%02d-%02d,2025-%02d-05,D%d,T%d,user%d@corp.example\n", p, p, e, e%40, i%11+1, i%27+1, i%11+1, p%40, p%70, p/10)
	}
	return []byte(b.String())
}

// BenchmarkLaunch launches reviews of three sizes: the time per item stays the same.
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
			b.ResetTimer()
			for i := range b.N {
				id := review.CampaignID(fmt.Sprintf("q%d", i))
				_, err = d.NewCampaign(b.Context(), review.CampaignSpec{ID: id, Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
				must(err)
				_, err = d.Launch(b.Context(), id, nil, nil)
				must(err)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/item")
		})
	}
}
