package sshd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tickmark/ledger/keys"
	"tickmark/review"
	"tickmark/tui"
)

// emptyDesk has nothing to review. Methods the tests do not reach panic, which is a test of its own.
type emptyDesk struct{ tui.Desk }

func (emptyDesk) Pulse(context.Context) (review.Pulse, error) { return review.Pulse{}, nil }

func (emptyDesk) Me() review.Principal { return "alice@corp.example" }
func (emptyDesk) Now() time.Time       { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
func (emptyDesk) Policy(context.Context, review.CampaignID) (review.Policy, error) {
	return review.DefaultPolicy(), nil
}
func (emptyDesk) Overview(context.Context) (review.Overview, error) {
	return review.Overview{}, nil
}
func (emptyDesk) Campaigns(context.Context) ([]review.Campaign, error)  { return nil, nil }
func (emptyDesk) Staged(context.Context) ([]review.StagedBundle, error) { return nil, nil }
func (emptyDesk) Setting(context.Context, string) (string, error)       { return "", nil }

type key struct {
	signer gossh.Signer
	raw    ed25519.PrivateKey
	print  review.Fingerprint
}

func newKey(t *testing.T) key {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gossh.NewSignerFromKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	return key{s, priv, review.Fingerprint(gossh.FingerprintSHA256(s.PublicKey()))}
}

// running is a server on a loopback port that lets alice in.
type running struct {
	addr  string
	alice key
	stop  func() error
}

func start(t *testing.T, o Options) *running {
	t.Helper()
	r := &running{alice: newKey(t)}
	o.HostKey = filepath.Join(t.TempDir(), "keys", "host")
	if o.Allow == nil {
		o.Allow = func(_ context.Context, k review.Fingerprint) bool { return k == r.alice.print }
	}
	if o.Open == nil {
		o.Open = func(context.Context, Login) (tui.Options, func() error, error) {
			return tui.Options{Desk: emptyDesk{}}, func() error { return nil }, nil
		}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *running) dial(t *testing.T, k key) (*gossh.Client, error) {
	t.Helper()
	return gossh.Dial("tcp", r.addr, &gossh.ClientConfig{User: "root\x1b[2J", Auth: []gossh.AuthMethod{gossh.PublicKeys(k.signer)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second})
}

func (r *running) session(t *testing.T) *gossh.Session {
	t.Helper()
	c, err := r.dial(t, r.alice)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// workstation opens it on a terminal of a stated size, and waits for its first frame.
func (r *running) workstation(t *testing.T, lines, columns int) (*gossh.Session, *watch) {
	t.Helper()
	s := r.session(t)
	if err := s.RequestPty("xterm-256color", lines, columns, nil); err != nil {
		t.Fatal(err)
	}
	screen := &watch{}
	s.Stdout, s.Stderr = screen, screen
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	screen.until(t, "\x1b[?1049h")
	return s, screen
}

func status(err error) int {
	var e *gossh.ExitError
	if errors.As(err, &e) {
		return e.ExitStatus()
	}
	if err != nil {
		return -1
	}
	return 0
}

func TestOnlyAllowedKeysComeIn(t *testing.T) {
	r := start(t, Options{})
	if _, err := r.dial(t, newKey(t)); err == nil {
		t.Fatal("a key nobody knows came in")
	}
	c, err := r.dial(t, r.alice)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestCommandKeepsBytesAndStatus(t *testing.T) {
	raw := []byte("PK\x03\x04\r\n\x00\xff\x1b[2J\n")
	r := start(t, Options{Exec: func(_ context.Context, l Login, args []string, in io.Reader, out, errs io.Writer) int {
		b, _ := io.ReadAll(in)
		out.Write(raw)
		fmt.Fprintf(errs, "%s %s %d", l.Key, strings.Join(args, " "), len(b))
		return 3
	}})
	s := r.session(t)
	var out, errs bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader("population"), &out, &errs
	if got := status(s.Run("export --for soc2")); got != 3 {
		t.Errorf("exit status %d, want 3", got)
	}
	if !bytes.Equal(out.Bytes(), raw) {
		t.Errorf("the command's bytes came out as %q", out.Bytes())
	}
	if want := string(r.alice.print) + " export --for soc2 10"; errs.String() != want {
		t.Errorf("the command saw %q, want %q", errs.String(), want)
	}
}

func TestCommandOnTerminalIsRefused(t *testing.T) {
	ran := false
	r := start(t, Options{Exec: func(context.Context, Login, []string, io.Reader, io.Writer, io.Writer) int { ran = true; return 0 }})
	s := r.session(t)
	if err := s.RequestPty("xterm-256color", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if got := status(s.Run("export")); got != 2 || ran {
		t.Errorf("exit status %d, ran %v: a terminal would change the pack's bytes", got, ran)
	}
}

func TestPanicIsNeverSuccess(t *testing.T) {
	r := start(t, Options{Exec: func(context.Context, Login, []string, io.Reader, io.Writer, io.Writer) int { panic("broken") }})
	if got := status(r.session(t).Run("export")); got != exitPanic {
		t.Errorf("exit status %d after a panic, want %d", got, exitPanic)
	}
	if got := status(r.session(t).Run("export")); got != exitPanic {
		t.Errorf("the server did not survive a session's panic: %d", got)
	}
}

func TestWorkstationNeedsTerminal(t *testing.T) {
	r := start(t, Options{})
	s := r.session(t)
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if got := status(s.Wait()); got != 2 {
		t.Errorf("exit status %d without a terminal, want 2", got)
	}
}

// TestHugeWindow: a client that states a window of any size gets a screen, and the server lives.
func TestHugeWindow(t *testing.T) {
	r := start(t, Options{Grace: 5 * time.Second})
	s, _ := r.workstation(t, math.MaxUint32, math.MaxUint32)
	if err := s.WindowChange(math.MaxUint32, math.MaxUint32); err != nil {
		t.Fatal(err)
	}
	if err := s.WindowChange(24, 80); err != nil {
		t.Fatal(err)
	}
	if w, h := windowOf(ssh.Window{Width: math.MaxUint32}); w != mostColumns || h != 0 {
		t.Errorf("a screen of %d by %d is drawn", w, h)
	}
	if err := r.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestWorkstationOpensAndStopsCleanly(t *testing.T) {
	r := start(t, Options{Grace: 5 * time.Second})
	s, screen := r.workstation(t, 24, 80)
	ended := make(chan error, 1)
	go func() { ended <- s.Wait() }()
	if err := r.stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	<-ended
	screen.until(t, "\x1b[?1049l")
}

func TestForwardedAgentSignsWithTheLoginKey(t *testing.T) {
	var mu sync.Mutex
	var armored []byte
	var signErr error
	r := start(t, Options{Exec: func(ctx context.Context, l Login, _ []string, _ io.Reader, _, _ io.Writer) int {
		mu.Lock()
		defer mu.Unlock()
		if l.Agent == nil {
			return 1
		}
		var s keys.Signer
		if s, signErr = l.Agent.Find(ctx, string(l.Key)); signErr == nil {
			armored, signErr = s.Sign(ctx, "review.v1@tickmark", []byte("text\n"))
		}
		return 0
	}})
	c, err := r.dial(t, r.alice)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: &r.alice.raw}); err != nil {
		t.Fatal(err)
	}
	if err := agent.ForwardToAgent(c, ring); err != nil {
		t.Fatal(err)
	}
	without, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if got := status(without.Run("sign")); got != 1 {
		t.Errorf("an agent that was not offered was used (status %d)", got)
	}
	with, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.RequestAgentForwarding(with); err != nil {
		t.Fatal(err)
	}
	if got := status(with.Run("sign")); got != 0 {
		t.Fatalf("status %d", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if signErr != nil || !bytes.HasPrefix(armored, []byte("-----BEGIN SSH SIGNATURE-----")) {
		t.Errorf("signing through the forwarded agent: %v %q", signErr, armored)
	}
}

// watch is a screen's raw stream that a test can wait on.
type watch struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *watch) until(t *testing.T, want string) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for time.Now().Before(deadline) {
		w.mu.Lock()
		ok := strings.Contains(w.buf.String(), want)
		w.mu.Unlock()
		if ok {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Fatalf("the stream never held %q:\n%q", want, w.buf.String())
}
