package tui

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// tmux is a real terminal: the test binary runs the workstation in it (see TestMain).
type tmux struct {
	t      *testing.T
	socket string
}

func startTmux(t *testing.T, w, h int, env ...string) *tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed; CI installs it")
	}
	x := &tmux{t: t, socket: filepath.Join(t.TempDir(), "s")}
	command := strings.Join(append(env, "TICKMARK_TUI=1", "LANG=C.UTF-8", os.Args[0]), " ")
	x.do("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "env "+command)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() })
	return x
}

func (x *tmux) do(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (x *tmux) keys(keys ...string) { x.t.Helper(); x.do(append([]string{"send-keys"}, keys...)...) }

// wait reads the screen until it shows the texts.
func (x *tmux) wait(texts ...string) string {
	x.t.Helper()
	screen := ""
	for range 200 {
		screen = x.do("capture-pane", "-p")
		if !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(screen, s) }) {
			return screen
		}
		time.Sleep(50 * time.Millisecond)
	}
	x.t.Fatalf("%q did not come:\n%s", texts, screen)
	return ""
}

func TestEveryScreenInARealTerminal(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			x := startTmux(t, size[0], size[1], "TERM=xterm-256color")
			x.wait("tickmark Home", "Q4 access review")
			for _, name := range screenNames() {
				x.keys(":")
				x.wait("Go to a screen")
				x.keys("-l", name)
				x.keys("Enter")
				x.wait("tickmark " + strings.ToUpper(name[:1]) + name[1:])
			}
		})
	}
}

func TestAReviewInARealTerminal(t *testing.T) {
	t.Parallel()
	x := startTmux(t, 80, 24, "TERM=screen", "NO_COLOR=1")
	x.wait("tickmark Home")
	x.keys("Enter")
	x.wait("tickmark Walk", "a keep")
	x.keys("j", "j")
	x.keys("a")
	x.wait("keep staged")
	x.keys("x")
	x.wait("Revoke")
	x.keys("-l", "left the team")
	x.keys("Enter")
	x.wait("revoke staged")
	x.do("resize-window", "-x", "60", "-y", "15")
	x.wait("3 decided")
	x.do("resize-window", "-x", "80", "-y", "24")
	x.keys("S")
	x.wait("One signature covers", "your key")
	time.Sleep(2 * grace)
	x.keys("y")
	x.wait("tickmark receipt")
	x.keys("q")
	x.wait("tickmark Walk")
	x.keys("C-c")
	for range 100 {
		if out, _ := exec.Command("tmux", "-S", x.socket, "list-sessions").CombinedOutput(); strings.Contains(string(out), "no server") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the workstation did not leave")
}

var (
	latency        = flag.Int("latency", 0, "print how long keys take over this many items, in a terminal of 200×50")
	latencyCommand = flag.String("latency-command", "", "measure this command, run by sh, instead of the company of the tests: tickmark review, or ssh HOST")
)

// TestLatency prints, for keys held down, the time from key to last byte of the frame and the bytes of it. It is a
// measurement, not a test: give -latency.
func TestLatency(t *testing.T) {
	if *latency == 0 {
		t.Skip("a measurement: go test ./tui -run TestLatency -v -latency 1000000 [-latency-command 'ssh host']")
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "TICKMARK_TUI=1", fmt.Sprintf("TICKMARK_ITEMS=%d", *latency), "TERM=xterm-256color", "LANG=C.UTF-8")
	if *latencyCommand != "" {
		command = exec.Command("sh", "-c", *latencyCommand)
		command.Env = append(os.Environ(), "TERM=xterm-256color")
	}
	term := startTerminal(t, command, 200, 50)
	term.quiet(2 * time.Second)
	begin := func(keys ...string) {
		for _, k := range keys {
			term.press(k)
			term.quiet(300 * time.Millisecond)
		}
	}
	begin(":", "list", "\r")
	term.quiet(3 * time.Second)
	fmt.Printf("%-28s %7s %7s %7s %7s %10s\n", "key", "p50 ms", "p95", "p99", "max", "bytes p50")
	for _, m := range []struct {
		name string
		keys []string
		n    int
	}{
		{"j", []string{"j"}, 300}, {"ctrl+d", []string{"\x04"}, 100}, {"pgdown", []string{"\x1b[6~"}, 200}, {"G g", []string{"G", "g"}, 60}, {"j from the start", []string{"j"}, 100},
	} {
		var times []time.Duration
		var sizes []int
		for i := range m.n {
			d, n := term.measure(m.keys[i%len(m.keys)])
			if n > 0 {
				times, sizes = append(times, d), append(sizes, n)
			}
		}
		if len(times) == 0 {
			t.Errorf("%s drew nothing", m.name)
			continue
		}
		slices.Sort(times)
		slices.Sort(sizes)
		at := func(p int) float64 { return float64(times[min(len(times)*p/100, len(times)-1)].Microseconds()) / 1000 }
		fmt.Printf("%-28s %7.1f %7.1f %7.1f %7.1f %10d\n", m.name, at(50), at(95), at(99), at(100), sizes[len(sizes)/2])
	}
}

// terminal is a pseudo-terminal whose output is counted and whose questions are answered as a terminal would.
type terminal struct {
	file *os.File
	mu   sync.Mutex
	got  int
	last time.Time
}

func startTerminal(t *testing.T, c *exec.Cmd, w, h uint16) *terminal {
	t.Helper()
	f, err := pty.StartWithSize(c, &pty.Winsize{Rows: h, Cols: w})
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{file: f, last: time.Now()}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = f.Close()
	})
	go x.read()
	return x
}

func (x *terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := x.file.Read(buf)
		if err != nil {
			return
		}
		x.mu.Lock()
		x.got += n
		x.last = time.Now()
		x.mu.Unlock()
		for query, answer := range map[string]string{"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[?2027$p": "\x1b[?2027;0$y", "\x1b]11;?": "\x1b]11;rgb:1616/1818/1d1d\x1b\\"} {
			if bytes.Contains(buf[:n], []byte(query)) {
				_, _ = io.WriteString(x.file, answer)
			}
		}
	}
}

func (x *terminal) state() (int, time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.got, x.last
}

// quiet waits until nothing has come for d.
func (x *terminal) quiet(d time.Duration) {
	for {
		_, last := x.state()
		if time.Since(last) > d {
			return
		}
		time.Sleep(d / 20)
	}
}

func (x *terminal) press(keys string) { _, _ = io.WriteString(x.file, keys) }

// measure presses a key and waits for its frame: the time to its last byte and how many there were.
func (x *terminal) measure(key string) (time.Duration, int) {
	before, _ := x.state()
	start := time.Now()
	x.press(key)
	for got := before; got == before && time.Since(start) < time.Second; got, _ = x.state() {
		time.Sleep(200 * time.Microsecond)
	}
	x.quiet(33 * time.Millisecond) // the gap between the keys of one held down
	after, last := x.state()
	return last.Sub(start), after - before
}
