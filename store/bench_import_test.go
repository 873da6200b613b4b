package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// benchRows is how many rows benchmarks use: 100,000, or TICKMARK_BENCH_ROWS.
func benchRows(tb testing.TB) int {
	if s := os.Getenv("TICKMARK_BENCH_ROWS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			tb.Fatalf("TICKMARK_BENCH_ROWS=%s is no count", s)
		}
		return n
	}
	return 100_000
}

var exportHeader = []string{"user", "email", "display_name", "status", "role", "role_name", "resource", "department", "title", "manager", "granted", "granted_by",
	"expires", "last_used", "comment"}

// exportRow makes row i of an export of n rows: a sixth as many people, 5,000 roles.
func exportRow(i, n int, cells []string) {
	person := i * 7919 % max(n/6, 1)
	role := i * 104729 % 5000
	day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%900)
	cells[0] = fmt.Sprintf("u%06d", person)
	cells[1] = fmt.Sprintf("person.%06d@corp.example", person)
	cells[2] = fmt.Sprintf("Person Number %06d", person)
	cells[3] = "active"
	cells[4] = fmt.Sprintf("ROLE_%04d", role)
	cells[5] = fmt.Sprintf("Role number %04d of the system", role)
	cells[6] = fmt.Sprintf("project-%03d", i%700)
	cells[7] = fmt.Sprintf("Department %d", person%40)
	cells[8] = fmt.Sprintf("Title %d", person%90)
	cells[9] = fmt.Sprintf("person.%06d@corp.example", person/10)
	cells[10] = day.Format(time.DateOnly)
	cells[11] = fmt.Sprintf("admin%d", i%50)
	cells[12] = ""
	cells[13] = day.Add(time.Duration(i) * time.Second).Format(time.RFC3339)
	cells[14] = "granted on request, see the ticket"
}

func writeExport(tb testing.TB, n int) string {
	path := filepath.Join(tb.TempDir(), "export.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	w.Write(exportHeader)
	cells := make([]string, len(exportHeader))
	for i := range n {
		exportRow(i, n, cells)
		w.Write(cells)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// loadExport does what an importer does with the least of parsing: accounts when first met, then grants.
func loadExport(l *Loader, r io.Reader) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	if _, err := c.Read(); err != nil {
		return err
	}
	seen := map[string]bool{}
	var raw bytes.Buffer
	for line := 2; ; line++ {
		rec, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		raw.Reset()
		for _, cell := range rec {
			raw.WriteString(cell)
		}
		if !seen[rec[0]] {
			seen[strings.Clone(rec[0])] = true
			a := review.Account{NativeID: rec[0], Login: rec[0], DisplayName: rec[2], Emails: []string{rec[1]}, IdentityKey: rec[1], KeySource: "email",
				Kind: review.Human, Status: review.Status(rec[3]), Manager: rec[9], Department: rec[7], Title: rec[8], System: "bench"}
			if err := l.Account(&a); err != nil {
				return err
			}
		}
		g := review.Grant{Kind: "grant", Account: rec[0], Entitlement: review.Entitlement{NativeID: rec[4], Name: rec[5], Kind: "role", Privilege: review.Write},
			Resource: review.Resource{NativeID: rec[6], Name: rec[6], Kind: "project"}, How: "direct", State: "active",
			Granted: day(rec[10]), GrantedBy: rec[11], LastUsed: moment(rec[13]), Locator: "line " + strconv.Itoa(line), RawSHA256: sha256.Sum256(raw.Bytes())}
		if err := l.Grant(&g); err != nil {
			return err
		}
	}
}

func day(s string) review.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return review.Time{}
	}
	return review.Time{State: review.Known, At: at, Day: true, Raw: s}
}

func moment(s string) review.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return review.Time{}
	}
	return review.Time{State: review.Known, At: at, Raw: s}
}

// BenchmarkImport loads an export of 15 columns and prints its time beside that of `sqlite3 .import` for the same file
// (design.md 8: at most twice).
func BenchmarkImport(b *testing.B) {
	n := benchRows(b)
	path := writeExport(b, n)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	shell := shellImport(b, path)
	b.SetBytes(info.Size())
	b.ResetTimer()
	var took time.Duration
	var peak uint64
	for range b.N {
		b.StopTimer()
		db := newLedger(b, filepath.Join(b.TempDir(), "x.db"))
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		stop := watchMemory(&peak)
		b.StartTimer()
		start := time.Now()
		l, err := db.BeginImport(context.Background(), ImportStart{Source: "bench", System: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		if err := loadExport(l, f); err != nil {
			b.Fatal(err)
		}
		loaded, err := l.Finish()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Publish(context.Background(), review.ImportReport{}); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		b.StopTimer()
		stop()
		if loaded.Grants != int64(n) {
			b.Fatalf("%d grants of %d", loaded.Grants, n)
		}
		f.Close()
		db.Close()
	}
	per := took / time.Duration(b.N)
	b.ReportMetric(float64(n)/per.Seconds(), "rows/s")
	b.ReportMetric(float64(peak)/1e6, "MB-heap")
	if rss := peakResident(); rss > 0 {
		b.ReportMetric(rss/1e6, "MB-resident")
	}
	if shell > 0 {
		b.ReportMetric(per.Seconds()/shell.Seconds(), "x-sqlite3-import")
	}
}

// shellImport times `sqlite3 .import` of the file; 0 where the shell is not installed.
func shellImport(b *testing.B, path string) time.Duration {
	if _, err := exec.LookPath("sqlite3"); err != nil {
		b.Logf("sqlite3 is not installed: no ratio")
		return 0
	}
	start := time.Now()
	out, err := exec.Command("sqlite3", filepath.Join(b.TempDir(), "shell.db"), ".import --csv "+path+" t").CombinedOutput()
	if err != nil {
		b.Fatalf("sqlite3 .import: %v: %s", err, out)
	}
	return time.Since(start)
}

// peakResident is the most memory this process ever held, where the system tells; 0 elsewhere.
func peakResident() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb * 1024
		}
	}
	return 0
}

func watchMemory(peak *uint64) (stop func()) {
	done := make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				runtime.ReadMemStats(&m)
				*peak = max(*peak, m.HeapInuse)
			}
		}
	}()
	return func() { close(done) }
}

// newLedger makes a database with an open entry and nothing else.
func newLedger(tb testing.TB, path string) *DB {
	tb.Helper()
	db, err := Open(context.Background(), path, Options{Create: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	open, err := ledger.Format(&ledger.Open{Log: testLog, Time: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Title: "Test", Suite: "sshsig-sha512 rfc6962-sha256"})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := db.Append(context.Background(), ledger.Head{}, [][]byte{open}, nil); err != nil {
		tb.Fatal(err)
	}
	return db
}

const testLog = "reviews.corp.example/test/00000001"
