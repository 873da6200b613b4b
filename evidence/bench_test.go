package evidence

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

// peak samples the heap in use while work runs.
func peak(b *testing.B, work func()) {
	runtime.GC()
	var base, most runtime.MemStats
	runtime.ReadMemStats(&base)
	most = base
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if m.HeapInuse > most.HeapInuse {
					most = m
				}
			}
		}
	}()
	work()
	close(done)
	<-stopped
	b.ReportMetric(float64(most.HeapInuse-base.HeapInuse)/(1<<20), "peak-MB")
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
