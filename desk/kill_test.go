//go:build !windows

package desk

import (
	"bufio"
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// Environment of a child process that is going to be killed.
const (
	killWork = "TICKMARK_TEST_KILL_WORK"
	killDir  = "TICKMARK_TEST_KILL_DIR"
)

// killClock is what children take for the time.
var killClock = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// TestKillChild is the child of TestKilled. It works until it is killed and prints each thing it has acknowledged.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killDir)
	if i, ok := strings.CutPrefix(os.Getenv(killWork), "writer "); ok {
		n, err := strconv.Atoi(i)
		if err == nil {
			err = writerWork(context.Background(), dir, n, func() time.Time { return killClock.Add(time.Hour) })
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	switch os.Getenv(killWork) {
	case "":
		t.Skip("runs only as the child of TestKilled")
	case "acts":
		crashActs(t, dir)
	case "notes":
		d := newDesk(Options{StateDir: dir, Say: func(f string, a ...any) { fmt.Printf("! "+f+"\n", a...) }})
		d.log = "corp.example/reviews/0a1b2c3d"
		start := int64(1)
		if head, ok, err := readSeen(d.seenPath()); err != nil {
			t.Fatal(err)
		} else if ok {
			start = head.Size + 1
		}
		for size := start; ; size++ {
			a := appended{entry: size - 1, head: ledger.Head{Size: size, Root: ledger.Sum([]byte(strconv.FormatInt(size, 10)))}, time: time.Unix(size, 0)}
			a.receipt = d.receiptOf(a, nil)
			d.keep(a)
			fmt.Println(size)
		}
	case "signatures":
		began := time.Now()
		clock := func() time.Time { return killClock.Add(time.Since(began)) }
		d, err := Open(t.Context(), Options{Path: filepath.Join(dir, "review.db"), StateDir: filepath.Join(dir, "state"), Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		for {
			head, err := d.db.Head(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			at := killClock.AddDate(1, 0, 0).Add(-time.Duration(head.Size) * time.Hour) // each time a little earlier
			r, err := d.Retire(context.Background(), "spare@corp.example", at)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(r.Entry)
		}
	case "witness":
		w, err := OpenWitness(filepath.Join(dir, "dana"))
		if err != nil {
			t.Fatal(err)
		}
		note, err := os.ReadFile(filepath.Join(dir, "note"))
		if err != nil {
			t.Fatal(err)
		}
		vkey, err := os.ReadFile(filepath.Join(dir, "vkey"))
		if err != nil {
			t.Fatal(err)
		}
		for {
			_, head, err := w.Sign(note, string(vkey), nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(head.Size)
		}
	}
}

// killed runs the child for a random while, kills it, and gives what it acknowledged.
func killed(t *testing.T, work, dir string) []int64 {
	t.Helper()
	var acked []int64
	for _, line := range killedLines(t, work, dir, 40*time.Millisecond) {
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Errorf("the child says %s", line)
			continue
		}
		acked = append(acked, n)
	}
	return acked
}

// killedLines runs the child, kills it within a while of its first line, and gives the lines it wrote to their end.
func killedLines(t *testing.T, work, dir string, within time.Duration) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killWork+"="+work, killDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	in := bufio.NewReader(out)
	kill := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }) // a child that never begins
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break // also a line that the kill cut
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == 1 {
			kill.Stop()
			kill = time.AfterFunc(rand.N(within), func() { cmd.Process.Kill() })
		}
	}
	kill.Stop()
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the child was not killed but ended: %v, after %q", err, lines[max(0, len(lines)-5):])
	}
	return lines
}

const killRounds = 12

func TestKilledWhileNoting(t *testing.T) {
	dir := t.TempDir()
	d := newDesk(Options{StateDir: dir})
	d.log = "corp.example/reviews/0a1b2c3d"
	var all int
	for range killRounds {
		acked := killed(t, "notes", dir)
		if len(acked) == 0 {
			t.Fatal("the child acknowledged nothing")
		}
		all += len(acked)
		last := acked[len(acked)-1]
		head, ok, err := readSeen(d.seenPath())
		if err != nil || !ok || head.Size < last || head.Size > last+1 {
			t.Fatalf("acknowledged %d, kept %v %v %v", last, head, ok, err)
		}
		b, err := os.ReadFile(d.logFile("receipts"))
		if err != nil {
			t.Fatal(err)
		}
		kept := map[int64]bool{}
		for line := range strings.Lines(string(b)) {
			if c, ok := parseReceipt(line); ok && strings.HasSuffix(line, "\n") {
				kept[c.Size] = true
			}
		}
		for _, n := range acked {
			if !kept[n] {
				t.Errorf("the receipt of size %d was acknowledged and is not there", n)
			}
		}
	}
	t.Logf("%d kills, %d notes acknowledged", killRounds, all)
}

// Every statement in the ledger has its receipt in the database, whenever the process was killed.
func TestKilledWhileSigning(t *testing.T) {
	o := newOffice(t)
	spare := filepath.Join(o.dir, "spare")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", spare).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen is needed: %v %s", err, out)
	}
	_, err := o.desk.Enrol(t.Context(), EnrolOptions{Principal: "spare@corp.example", KeyFile: spare + ".pub", Roles: []string{"review"}})
	o.must(err)
	o.now = killClock.Add(time.Hour)
	var acks int
	for range killRounds {
		o.must(o.desk.Close())
		acked := killed(t, "signatures", o.dir)
		acks += len(acked)
		opt := o.options()
		opt.StateDir = filepath.Join(o.dir, "state")
		o.desk, err = Open(t.Context(), opt)
		o.must(err)
		receipts, err := o.desk.Receipts(t.Context())
		o.must(err)
		have := map[review.EntryIndex]bool{}
		for _, r := range receipts {
			have[r.Entry] = true
		}
		head, err := o.desk.db.Head(t.Context())
		o.must(err)
		for i := review.EntryIndex(1); int64(i) < head.Size; i++ {
			if !have[i] {
				t.Errorf("entry %d has no receipt", i)
			}
		}
		for _, n := range acked {
			if n >= head.Size {
				t.Errorf("entry %d was acknowledged and is not there", n)
			}
		}
	}
	o.verifies()
	if acks == 0 {
		t.Error("nothing was signed")
	}
	t.Logf("%d kills, %d statements acknowledged", killRounds, acks)
}

// What a witness cosigned is remembered before it is given away, and the file is never half-written.
func TestKilledWhileCosigning(t *testing.T) {
	dir := t.TempDir()
	host := newLogForWitness(t)
	host.grow(5)
	for name, content := range map[string]string{"note": string(host.note()), "vkey": host.vkey} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := InitWitness(filepath.Join(dir, "dana"), "dana", cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for range killRounds {
		acked := killed(t, "witness", dir)
		w, err := OpenWitness(filepath.Join(dir, "dana"))
		if err != nil || w.Key != made.Key {
			t.Fatal(err)
		}
		if len(acked) == 0 || len(w.Heads) != 1 || w.Heads[0].Size != 5 {
			t.Fatalf("acknowledged %v, remembered %+v", acked, w.Heads)
		}
	}
}
