//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkImport runs the program on exports of 10,000 and 100,000 rows and, unless -short, of a million, and
// `sqlite3 .import` beside it on the same file. It prints the ratios of time and of processor time, and the most memory
// the program ever held (design.md 8: twice the time, 256 MB), and the same ratios for a program built without the
// commitment to the population (one and a half times). A ratio of times means something on an idle machine only.
func BenchmarkImport(b *testing.B) {
	uncommitted := filepath.Join(b.TempDir(), "uncommitted")
	if out, err := exec.Command("go", "build", "-tags", "uncommitted", "-o", uncommitted, ".").CombinedOutput(); err != nil {
		b.Fatalf("building without the commitment: %v\n%s", err, out)
	}
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			if rows > 100_000 && testing.Short() {
				b.Skip("a million rows with -short")
			}
			dir := b.TempDir()
			b.Setenv("HOME", dir)
			b.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
			b.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
			b.Setenv("SSH_AUTH_SOCK", "")
			file := writeExport(b, dir, rows)
			info, err := os.Stat(file)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			shell := installed("sqlite3")
			if !shell {
				b.Log("sqlite3 is not installed: there is nothing to compare with")
			}
			var ours, bare, theirs spent
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				db := filepath.Join(dir, fmt.Sprintf("%d.db", i))
				measure(b, "tickmark", "--db", db, "init", "--principal", "bench@corp.example")
				if shell {
					path := filepath.Join(dir, fmt.Sprintf("%d.shell.db", i))
					theirs.add(measure(b, "sqlite3", path, ".import --csv "+file+" t"))
					os.Remove(path)
				}
				second := filepath.Join(dir, fmt.Sprintf("%d.uncommitted.db", i))
				measure(b, "tickmark", "--db", second, "init", "--principal", "bench@corp.example")
				bare.add(measure(b, uncommitted, "--db", second, "import", "--quiet", file))
				os.Remove(second)
				b.StartTimer()
				ours.add(measure(b, "tickmark", "--db", db, "import", "--quiet", file))
				b.StopTimer()
				os.Remove(db)
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/ours.wall.Seconds(), "rows/s")
			b.ReportMetric(float64(ours.memory)/1e6, "MB-resident")
			b.ReportMetric(ours.cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(bare.cpu.Seconds()/float64(b.N), "uncommitted-cpu-s/op")
			b.ReportMetric(bare.wall.Seconds()/float64(b.N), "uncommitted-s/op")
			if theirs.wall > 0 {
				b.ReportMetric(ours.wall.Seconds()/theirs.wall.Seconds(), "x-sqlite3-time")
				b.ReportMetric(ours.cpu.Seconds()/theirs.cpu.Seconds(), "x-sqlite3-cpu")
				b.ReportMetric(bare.wall.Seconds()/theirs.wall.Seconds(), "uncommitted-x-sqlite3-time")
				b.ReportMetric(bare.cpu.Seconds()/theirs.cpu.Seconds(), "uncommitted-x-sqlite3-cpu")
			}
		})
	}
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// spent is what programs took.
type spent struct {
	wall, cpu time.Duration
	memory    int64 // bytes, the most of any
}

func (s *spent) add(o spent) {
	s.wall, s.cpu, s.memory = s.wall+o.wall, s.cpu+o.cpu, max(s.memory, o.memory)
}

func measure(b *testing.B, program string, args ...string) spent {
	b.Helper()
	cmd := exec.Command(program, args...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	s := spent{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.memory = int64(use.Maxrss)
		if runtime.GOOS != "darwin" {
			s.memory *= 1024
		}
	}
	return s
}
