package evidence

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// benchSizes are numbers of decisions; 100,000 only when asked for, because making that ledger takes a while.
func benchSizes() []int {
	sizes := []int{1_000, 10_000}
	if os.Getenv("TICKMARK_BENCH_LARGE") != "" {
		sizes = append(sizes, 100_000)
	}
	return sizes
}

// peak says how much more memory is live while work runs than before: what the collections of its own left, so that the
// ledger the benchmark itself holds does not hide it.
func peak(b *testing.B, work func()) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	live := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	base := live()
	most := base
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, live())
			}
		}
	}()
	work()
	close(done)
	<-stopped
	b.ReportMetric(float64(most-base)/(1<<20), "live-MB")
}

func BenchmarkWrite(b *testing.B) {
	for _, n := range benchSizes() {
		f := sizedLedger(b, n)
		for _, name := range []string{"pack.zip", "pack"} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				peak(b, func() {
					i := 0
					for b.Loop() {
						i++
						dest := filepath.Join(b.TempDir(), fmt.Sprint(i), name)
						if _, err := Write(context.Background(), f, f.options(), dest, f.signer()); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range benchSizes() {
		f := sizedLedger(b, n)
		for _, name := range []string{"pack.zip", "pack"} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				dest := mustWrite(b, f, f.options(), name, f.signer())
				peak(b, func() {
					for b.Loop() {
						r, err := Verify(context.Background(), dest, VerifyOptions{})
						if err != nil || !r.OK {
							b.Fatal(err, reportText(r))
						}
					}
				})
			})
		}
	}
}
