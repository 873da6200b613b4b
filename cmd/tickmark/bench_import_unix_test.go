//go:build unix

package main

import (
	"bufio"
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
// the program ever held (design.md 8: twice the time, 256 MB). A ratio of times means something on an idle machine only.
func BenchmarkImport(b *testing.B) {
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
			var ours, theirs spent
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				db := filepath.Join(dir, fmt.Sprintf("%d.db", i))
				measure(b, "tickmark", "--db", db, "init", "--principal", "bench@corp.example")
				if shell {
					path := filepath.Join(dir, fmt.Sprintf("%d.shell.db", i))
					theirs.add(measure(b, "sqlite3", path, ".import --csv "+file+" t"))
					os.Remove(path)
				}
				b.StartTimer()
				ours.add(measure(b, "tickmark", "--db", db, "import", "--quiet", file))
				b.StopTimer()
				os.Remove(db)
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/ours.wall.Seconds(), "rows/s")
			b.ReportMetric(float64(ours.memory)/1e6, "MB-resident")
			b.ReportMetric(ours.cpu.Seconds()/float64(b.N), "cpu-s/op")
			if theirs.wall > 0 {
				b.ReportMetric(ours.wall.Seconds()/theirs.wall.Seconds(), "x-sqlite3-time")
				b.ReportMetric(ours.cpu.Seconds()/theirs.cpu.Seconds(), "x-sqlite3-cpu")
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

// writeExport writes a made-up export of 15 columns and eight grants an account, some 190 bytes a row.
func writeExport(tb testing.TB, dir string, rows int) string {
	path := filepath.Join(dir, "export.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "user,display_name,email,department,title,manager,system,role,resource,status,created,last_login,granted,last_used,mfa")
	for i := range rows {
		u := i / 8
		fmt.Fprintf(w, "user%07d,First%d Last%d,user%07d@corp.example,Dept %d,Title %d,mgr%05d@corp.example,app%d,role-%d,res/%d,active,2021-%02d-%02d,2025-%02d-%02dT08:00:00Z,2023-%02d-%02d,2025-%02d-%02dT10:15:00Z,true\n",
			u, u%5000, u%7001, u, u%40, u%300, u%900, u%5, i%997, i%1301, u%12+1, u%28+1, u%12+1, u%28+1, i%12+1, i%28+1, i%12+1, i%28+1)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return path
}
