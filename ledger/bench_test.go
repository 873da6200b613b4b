//go:build unix

package ledger

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkVerify100000 verifies 100,000 decisions in 2,000 bundles on one core, and then checks every bundle as
// verify/check.sh of a pack does: ssh-keygen -Y verify for the statement, sha256sum for the records. Both in processor
// time, so that a busy machine changes little: cpu-s is the whole verification, stock-cpu-s the loop, which checks only
// signatures and digests.
func BenchmarkVerify100000(b *testing.B) {
	const decisions, perBundle = 100_000, 50
	f := bigLedger(b, decisions, perBundle)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b.ReportAllocs()
	before := cpu(b, syscall.RUSAGE_SELF)
	for b.Loop() {
		r := f.verify(Options{})
		if !r.OK() {
			b.Fatal(words(r))
		}
	}
	ours := (cpu(b, syscall.RUSAGE_SELF) - before).Seconds() / float64(b.N)
	b.ReportMetric(ours, "cpu-s")
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		b.Log("ssh-keygen is not installed: there is nothing to hold this beside")
		return
	}
	before = cpu(b, syscall.RUSAGE_CHILDREN)
	bundles := f.checkBundlesWithStockTools(b)
	stock := (cpu(b, syscall.RUSAGE_CHILDREN) - before).Seconds()
	b.ReportMetric(stock, "stock-cpu-s")
	b.ReportMetric(stock/ours, "times-stock")
	b.Logf("%d decisions in %d bundles: %.1f s here, %.1f s for ssh-keygen and sha256sum", decisions, bundles, ours, stock)
}

// cpu is the processor time of this process or of its children.
func cpu(b *testing.B, of int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(of, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (f *forge) checkBundlesWithStockTools(b *testing.B) int {
	dir := b.TempDir()
	signers, sig, records := filepath.Join(dir, "allowed_signers"), filepath.Join(dir, "sig"), filepath.Join(dir, "records")
	write := func(name string, content []byte) {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write(signers, f.w.files[f.r.Rosters()[0].Roster.SignersSHA256])
	for _, bundle := range f.r.Bundles() {
		statement, armored := SplitEntry(f.w.entries[bundle.Index])
		write(sig, armored)
		write(records, bytes.Join(f.w.entries[bundle.First:bundle.Index], nil))
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", signers, "-I", reviewer, "-n", NamespaceReview, "-s", sig,
			"-Overify-time="+bundle.Bundle.Time.Format("20060102150405Z"))
		cmd.Stdin = bytes.NewReader(statement)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s", out)
		}
		out, err := exec.Command("sha256sum", records).Output()
		if err != nil || !bytes.HasPrefix(out, []byte(bundle.Bundle.RecordsSHA256.String()[len(shaPrefix):])) {
			b.Fatalf("%s %v", out, err)
		}
	}
	return len(f.r.Bundles())
}
