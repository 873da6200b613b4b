package tui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
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
	x.do("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "env "+command+"; exit $?") // as a child of a shell
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

// patience is how long a test waits for evidence. It is long because a machine may be busy, and costs nothing when the
// evidence comes.
const patience = 2 * time.Minute

// wait reads the screen until it shows the texts.
func (x *tmux) wait(texts ...string) string {
	x.t.Helper()
	return x.waitFor(func(screen string) bool {
		return !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(screen, s) })
	}, texts...)
}

// waitFor reads the screen until it is as wanted; what says it in words.
func (x *tmux) waitFor(wanted func(screen string) bool, what ...string) string {
	x.t.Helper()
	screen := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if screen = x.do("capture-pane", "-p"); wanted(screen) {
			return screen
		}
	}
	x.t.Fatalf("%q did not come:\n%s", what, screen)
	return ""
}

// until presses a key until the screen shows a text.
func (x *tmux) until(text, key string) {
	x.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		x.keys(key)
		for range 25 {
			if strings.Contains(x.do("capture-pane", "-p"), text) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	x.t.Fatalf("%q did not come:\n%s", text, x.do("capture-pane", "-p"))
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
				x.keys("-l", "--", name)
				x.keys("Enter")
				x.wait("tickmark " + strings.ToUpper(name[:1]) + name[1:])
			}
		})
	}
}

func TestAReviewInARealTerminal(t *testing.T) {
	t.Parallel()
	x := startTmux(t, 80, 24, "TERM=screen", "NO_COLOR=1")
	x.wait("tickmark Home", "Q4 access review")
	x.keys("Enter")
	x.wait("tickmark Walk", "a keep", "▸", "last used")
	x.keys("j", "j")
	x.keys("a")
	x.wait("keep staged")
	x.keys("x")
	x.wait("Reason:")
	x.keys("-l", "--", "left the team")
	x.keys("Enter")
	x.wait("revoke staged")
	x.do("resize-window", "-x", "60", "-y", "15")
	x.wait("3 decided")
	x.do("resize-window", "-x", "80", "-y", "24")
	x.keys("S")
	x.wait("One signature covers", "your key")
	x.until("tickmark receipt", "y") // the first one may come within the grace
	x.keys("q")
	x.wait("tickmark Walk")
	x.keys("C-c")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err := exec.Command("tmux", "-S", x.socket, "list-sessions").Run(); err != nil { // the server left with its session
			return
		}
	}
	t.Fatal("the workstation did not leave")
}

// A renderer that scrolled while the terminal grew leaves a scroll region of the old height behind, in which a line feed
// moves the screen. The workstation stands still while the terminal grows and gets such a region, as happens on a busy
// machine; then it must show what it shows in a terminal that always had that size.
func TestAResizeMendsAStaleScrollRegion(t *testing.T) {
	t.Parallel()
	x := startTmux(t, 80, 24, "TERM=screen", "NO_COLOR=1")
	x.wait("tickmark Home", "Q4 access review")
	x.keys("Enter")
	x.wait("tickmark Walk", "a keep", "▸", "last used")
	x.keys("j", "j", "a")
	x.wait("keep staged")
	x.keys("S")
	want := x.wait("One signature covers", "▸ ✓ keep", "your key", "q back")
	pid, err := strconv.Atoi(strings.TrimSpace(x.do("display-message", "-p", "#{pane_pid}")))
	if err != nil {
		t.Fatal(err)
	}
	tty := strings.TrimSpace(x.do("display-message", "-p", "#{pane_tty}"))
	for bottom := 2; bottom < 24; bottom += 3 {
		x.do("resize-window", "-x", "80", "-y", "30")
		x.waitFor(func(screen string) bool {
			return strings.Count(screen, "\n") == 30 && strings.Contains(screen, "q back")
		}, "30 rows")
		signalChildren(t, pid, "STOP")
		x.do("resize-window", "-x", "80", "-y", "24")
		if err := os.WriteFile(tty, fmt.Appendf(nil, "\x1b[1;%dr", bottom), 0); err != nil {
			t.Fatal(err)
		}
		signalChildren(t, pid, "CONT")
		x.waitFor(func(screen string) bool { return screen == want }, want, fmt.Sprint("after a region that ends in row ", bottom))
	}
}

// signalChildren sends a signal to the children of a process. tmux lets no child of its own stand still.
func signalChildren(t *testing.T, pid int, name string) {
	t.Helper()
	if out, err := exec.Command("pkill", "-"+name, "-P", fmt.Sprint(pid)).CombinedOutput(); err != nil {
		t.Fatalf("pkill -%s: %v %s", name, err, out)
	}
}

// workstationCommand is the workstation on the company of the tests, grown to n items.
func workstationCommand(n int) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "TICKMARK_TUI=1", fmt.Sprintf("TICKMARK_ITEMS=%d", n), "TERM=xterm-256color", "LANG=C.UTF-8")
	return c
}

// TestACursorMoveStaysBelowItsBytes leaves out a name in Devanagari: the renderer sends its line anew with every frame.
func TestACursorMoveStaysBelowItsBytes(t *testing.T) {
	t.Parallel()
	term := startTerminal(t, workstationCommand(300), 200, 50)
	term.until(t, "due in")
	term.goTo("list")
	term.press("/")
	term.quiet(300 * time.Millisecond)
	term.press("-name:नीलम\r")
	term.until(t, "matching")
	term.quiet(time.Second)
	var sizes []int
	for range 60 { // inside the screen, then scrolling
		before, _ := term.state()
		term.forget()
		term.press("j")
		term.until(t, "\x1b[?2026l") // the end of a frame
		term.quiet(30 * time.Millisecond)
		after, _ := term.state()
		sizes = append(sizes, after-before)
	}
	slices.Sort(sizes)
	if median := sizes[len(sizes)/2]; median > budgetBytes {
		t.Errorf("a move of the cursor sends %d bytes, at most %d are allowed: %v", median, budgetBytes, sizes)
	}
}

// terminal is a pseudo-terminal whose output is counted and whose questions are answered as a terminal would.
type terminal struct {
	file *os.File
	mu   sync.Mutex
	got  int
	last time.Time
	came []arrival
	text []byte // what was drawn since the last until
}

type arrival struct {
	at time.Time
	n  int
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
		x.came = append(x.came, arrival{x.last, n})
		x.text = append(x.text, buf[:n]...)
		x.mu.Unlock()
		for query, answer := range map[string]string{"\x1b[?2026$p": "\x1b[?2026;2$y", "\x1b[?2027$p": "\x1b[?2027;0$y", "\x1b]11;?": "\x1b]11;rgb:1616/1818/1d1d\x1b\\"} {
			if bytes.Contains(buf[:n], []byte(query)) {
				_, _ = io.WriteString(x.file, answer)
			}
		}
	}
}

// until waits for a text to be drawn.
func (x *terminal) until(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		x.mu.Lock()
		found := bytes.Contains(x.text, []byte(text))
		if found {
			x.text = nil
		}
		x.mu.Unlock()
		if found {
			return
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	t.Fatalf("%q was not drawn; the last bytes were %q", text, x.text[max(len(x.text)-2000, 0):])
}

// forget lets until wait for what is drawn from now on.
func (x *terminal) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.text = nil
}

// since is when the first byte, the first thousand bytes and the last byte have come.
func (x *terminal) since(begun time.Time) (first, page, all time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for _, c := range x.came {
		if c.at.Before(begun) {
			continue
		}
		d := c.at.Sub(begun)
		if n == 0 {
			first = d
		}
		if n += c.n; page == 0 && n >= 1000 {
			page = d
		}
		all = d
	}
	if page == 0 {
		page = all
	}
	return first, page, all
}

// goTo opens a screen by its name.
func (x *terminal) goTo(name string) {
	for _, k := range []string{":", name, "\r"} {
		x.press(k)
		x.quiet(300 * time.Millisecond)
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

func (x *terminal) press(keys string) {
	x.mu.Lock()
	x.last = time.Now() // quiet is after it
	x.mu.Unlock()
	_, _ = io.WriteString(x.file, keys)
}

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
