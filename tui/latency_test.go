package tui

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	latency        = flag.Int("latency", 0, "print how long keys take over this many items, in a terminal of 200×50")
	latencyCommand = flag.String("latency-command", "", "measure this command, run by sh, instead of the company of the tests: tickmark review, or ssh HOST")
	latencyKeys    = flag.Int("latency-keys", 200, "press each key about this often")
	latencyProcess = flag.Int("latency-process", 0, "the process that does the work, where it is not the command: a server")
)

// budgetBytes is what a move of the cursor may send (design.md, budgets).
const budgetBytes = 400

// TestLatency prints the time from key to last byte of the frame, the bytes of it and, on Linux, the processor time that
// went into it, for keys held down: a measurement that fails only on bytes, which do not depend on the machine. Give
// -latency, or run `make latency`.
func TestLatency(t *testing.T) {
	if *latency == 0 {
		t.Skip("a measurement: make latency, or go test ./tui -run TestLatency -v -latency 1000000 [-latency-command 'ssh host']")
	}
	command := workstationCommand(*latency)
	if *latencyCommand != "" {
		command = exec.Command("sh", "-c", *latencyCommand)
		command.Env = append(os.Environ(), "TERM=xterm-256color")
	}
	begun := time.Now()
	term := startTerminal(t, command, 200, 50)
	term.until(t, "due in")
	x := stopwatch{t: t, term: term, pid: *latencyProcess, keys: *latencyKeys}
	if x.pid == 0 {
		x.pid = command.Process.Pid
	}
	first, _, _ := term.since(begun)
	fmt.Printf("%-32s %7.1f\n", "start to first byte", ms(first))
	fmt.Printf("%-32s %7.1f\n", "start to Home with its numbers", ms(time.Since(begun)))
	term.quiet(time.Second)
	x.memory("at Home")
	fmt.Printf("%-32s %7s %7s %7s %7s %10s %7s\n", "key", "p50 ms", "p95", "p99", "max", "bytes p50", "cpu ms")
	x.walkAndList()
	x.filters()
	x.screens()
}

// stopwatch presses keys and prints what they took.
type stopwatch struct {
	t    *testing.T
	term *terminal
	pid  int
	keys int
}

func (x *stopwatch) walkAndList() {
	x.term.goTo("walk")
	x.term.quiet(time.Second)
	x.report("walk: j k", []string{"j", "k"}, x.keys/2)
	x.report("walk: ] next identity", []string{"]"}, x.keys/2)
	x.report("walk: ] [ there and back", []string{"]", "["}, x.keys/2)
	x.report("walk: n next undecided", []string{"n"}, x.keys/4)
	x.term.goTo("list")
	x.term.quiet(2 * time.Second)
	x.cheap("list: j, from the top", []string{"j"}, min(x.keys, 40))
	x.cheap("list: j, scrolling", []string{"j"}, x.keys)
	x.report("list: ctrl+d", []string{"\x04"}, x.keys)
	x.report("list: page down", []string{"\x1b[6~"}, x.keys)
	x.memory("after page down")
	x.report("list: G g", []string{"G", "g"}, x.keys)
	x.memory("after G g")
	x.report("list: a, to stored and said", []string{"a"}, x.keys/4)
}

func (x *stopwatch) filters() {
	drawn := 0
	for _, filter := range []string{"kind:human", "verdict:none", "-verdict:keep admin", "role", "severity:>=medium a", "last-used:>90d"} {
		for _, k := range []string{"/", "\x15", filter} {
			x.term.press(k)
			x.term.quiet(100 * time.Millisecond)
		}
		begun, cpu := time.Now(), cpuOf(x.pid)
		x.term.press("\r")
		x.term.quiet(700 * time.Millisecond)
		if first, page, all := x.term.since(begun); first > 0 {
			fmt.Printf("%-32s %7.1f to its page, %.1f to its count, %s cpu\n", "filter "+filter, ms(page), ms(all), x.since(cpu, 1))
			drawn++
		}
	}
	if drawn == 0 {
		x.t.Error("no filter drew anything")
	}
	x.memory("after filters")
}

// screens opens every screen and moves about in it.
func (x *stopwatch) screens() {
	fmt.Printf("\n%-32s %7s %7s %7s %7s %10s %7s\n", "screen", "p50 ms", "p95", "p99", "max", "bytes p50", "cpu ms")
	for _, name := range screenNames() {
		x.term.goTo("home")
		x.term.press(":")
		x.term.quiet(200 * time.Millisecond)
		x.term.press(name)
		x.term.quiet(200 * time.Millisecond)
		begun, cpu := time.Now(), cpuOf(x.pid)
		before, _ := x.term.state()
		x.term.press("\r")
		x.term.quiet(700 * time.Millisecond)
		after, _ := x.term.state()
		first, _, all := x.term.since(begun)
		fmt.Printf("%-32s %7.1f first frame, %.1f whole, %d bytes, %s cpu\n", name+": opens", ms(first), ms(all), after-before, x.since(cpu, 1))
		x.report(name+": j k", []string{"j", "k"}, max(x.keys/10, 4))
	}
	x.term.goTo("home")
	x.report("palette: opens, closes", []string{":", "\x1b"}, max(x.keys/10, 4))
	x.memory("at the end")
}

// report presses keys one after another and prints the spread; it gives the bytes of the median frame.
func (x *stopwatch) report(name string, keys []string, n int) int {
	var times []time.Duration
	var sizes []int
	cpu := cpuOf(x.pid)
	for i := range n {
		if d, n := x.term.measure(keys[i%len(keys)]); n > 0 {
			times, sizes = append(times, d), append(sizes, n)
		}
	}
	used := x.since(cpu, n)
	if len(times) == 0 {
		fmt.Printf("%-32s draws nothing: there is one line at most\n", name)
		return 0
	}
	slices.Sort(times)
	slices.Sort(sizes)
	at := func(p int) float64 { return ms(times[min(len(times)*p/100, len(times)-1)]) }
	fmt.Printf("%-32s %7.1f %7.1f %7.1f %7.1f %10d %7s\n", name, at(50), at(95), at(99), at(100), sizes[len(sizes)/2], used)
	return sizes[len(sizes)/2]
}

// cheap is report for a move of the cursor.
func (x *stopwatch) cheap(name string, keys []string, n int) {
	switch got := x.report(name, keys, n); {
	case got == 0:
		x.t.Errorf("%s drew nothing", name)
	case got > budgetBytes:
		x.t.Errorf("%s: a move of the cursor sends %d bytes, at most %d are allowed", name, got, budgetBytes)
	}
}

// since is the processor time a process has used since then, divided by n; "-" where that is not known.
func (x *stopwatch) since(then time.Duration, n int) string {
	now := cpuOf(x.pid)
	if now == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", ms(now-then)/float64(n))
}

// memory prints what a process holds of the machine's memory, where that is known.
func (x *stopwatch) memory(when string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.pid))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kb), " kB"))
			if err == nil {
				fmt.Printf("%-32s %7d MB\n", "memory "+when, n>>10)
			}
		}
	}
}

// cpuOf is the processor time a process has used, as Linux counts it: in hundredths of a second. 0 elsewhere.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
