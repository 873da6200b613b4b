package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestAgentFailuresAreToldApart(t *testing.T) {
	ctx := context.Background()
	_, err := SocketAgent("", ViaAgent).List(ctx)
	wantReason(t, err, NoAgent)
	_, err = SocketAgent(filepath.Join(t.TempDir(), "none"), ViaAgent).List(ctx)
	wantReason(t, err, NoAgent)

	key := newKey(t)
	ring := agent.NewKeyring()
	a := WrapAgent(ring, ViaForwardedAgent)
	_, err = a.Find(ctx, fingerprint(t, key))
	wantReason(t, err, NoKey)
	add(t, ring, newKey(t))
	_, err = a.Find(ctx, fingerprint(t, key))
	wantReason(t, err, NoKey)

	add(t, ring, key)
	s, err := a.Find(ctx, fingerprint(t, key))
	if err != nil || s.Via() != ViaForwardedAgent {
		t.Fatal(err)
	}
	signWith(t, s)
	if err := ring.Remove(s.Public()); err != nil {
		t.Fatal(err)
	}
	_, err = s.Sign(ctx, namespace, message)
	wantReason(t, err, NoKey)
	add(t, ring, key)
	if err := ring.Lock([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_, err = s.Sign(ctx, namespace, message)
	wantReason(t, err, Refused)
	var e *Error
	if errors.As(err, &e); !strings.Contains(e.Hint, "locked") {
		t.Errorf("hint %q", e.Hint)
	}
}

func TestAgentThatSaysNo(t *testing.T) {
	ctx := context.Background()
	key := newKey(t)
	ring := agent.NewKeyring()
	add(t, ring, key)
	for _, c := range []struct {
		name   string
		sign   func(data []byte) (*ssh.Signature, error)
		reason Reason
	}{
		{"declines", func([]byte) (*ssh.Signature, error) { return nil, errors.New("agent: failed to sign challenge") }, Refused},
		{"signs something else", func([]byte) (*ssh.Signature, error) { return key.Sign(rand.Reader, []byte("other")) }, BadSignature},
		{"signs with another key", func(data []byte) (*ssh.Signature, error) { return newKey(t).Sign(rand.Reader, data) }, BadSignature},
	} {
		s, err := WrapAgent(fakeAgent{ring, c.sign}, ViaAgent).Find(ctx, fingerprint(t, key))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Sign(ctx, namespace, message)
		wantReason(t, err, c.reason)
	}
}

func TestWaitingEnds(t *testing.T) {
	key := newKey(t)
	ring := agent.NewKeyring()
	add(t, ring, key)
	release := make(chan struct{})
	defer close(release)
	s, err := WrapAgent(fakeAgent{ring, func([]byte) (*ssh.Signature, error) { <-release; return nil, errors.New("late") }}, ViaAgent).
		Find(context.Background(), fingerprint(t, key))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = s.Sign(ctx, namespace, message)
	wantReason(t, err, TimedOut)
	ctx2, cancel2 := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel2)
	_, err = s.Sign(ctx2, namespace, message)
	wantReason(t, err, Cancelled)
	_, err = s.Sign(ctx2, namespace, message)
	wantReason(t, err, Cancelled)
}

// TestCancelClosesTheConnection wants a cancelled question to let go of a forwarded agent's channel.
func TestCancelClosesTheConnection(t *testing.T) {
	ours, theirs := net.Pipe()
	a := NewAgent(func(context.Context) (io.ReadWriteCloser, error) { return ours, nil }, ViaForwardedAgent)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		theirs.Read(make([]byte, 1))
		cancel()
	}()
	_, err := a.List(ctx)
	wantReason(t, err, Cancelled)
	theirs.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 64)
	for err = nil; err == nil; {
		_, err = theirs.Read(buf)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection stays open")
	}
}

// TestStockAgentFailures asks a stock ssh-agent for signatures it does not give.
func TestStockAgentFailures(t *testing.T) {
	need(t, "ssh-keygen", "ssh-agent", "ssh-add")
	asker := func(script string) {
		path := filepath.Join(t.TempDir(), "askpass")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSH_ASKPASS", path)
		t.Setenv("SSH_ASKPASS_REQUIRE", "force")
		t.Setenv("DISPLAY", ":0")
	}
	stop := func(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(after, cancel)
		return ctx, cancel
	}
	for _, c := range []struct {
		name    string
		ask     string   // what the agent's prompt runs
		add     []string // how the key is added
		then    []string // a command between finding the key and signing
		context func(context.Context, time.Duration) (context.Context, context.CancelFunc)
		reason  Reason
		hint    string
	}{
		{name: "confirmation declined", ask: "exit 1", add: []string{"-c"}, reason: Refused, hint: "ssh-add -c"},
		{name: "locked", ask: "echo pw", then: []string{"ssh-add", "-x"}, reason: Refused, hint: "ssh-add -X"},
		{name: "destination constraint", ask: "exit 1", add: []string{"-H", "known_hosts", "-h", "host.example"}, reason: Refused, hint: "destination constraint"},
		{name: "time ran out", ask: "exit 1", add: []string{"-t", "1"}, then: []string{"sleep", "2"}, reason: Refused, hint: "time ran out"},
		{name: "removed", ask: "exit 1", then: []string{"ssh-add", "-d", "key"}, reason: Refused, hint: "no keys any more"},
		{name: "prompt not answered in time", ask: "sleep 20", add: []string{"-c"}, context: context.WithTimeout, reason: TimedOut, hint: "confirmation"},
		{name: "prompt given up", ask: "sleep 20", add: []string{"-c"}, context: stop, reason: Cancelled, hint: "Nothing was signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asker(c.ask)
			path := makeKey(t, nil, "-t", "ed25519")
			t.Chdir(filepath.Dir(path))
			host, err := os.ReadFile(makeKey(t, nil, "-t", "ed25519") + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile("known_hosts", append([]byte("host.example "), host...), 0o600); err != nil {
				t.Fatal(err)
			}
			a, env := startAgent(t)
			run(t, env, nil, "ssh-add", append(append([]string{"-q"}, c.add...), path)...)
			pub, _, err := ReadPublic(path + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			s, err := a.Signer(context.Background(), pub)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.then) > 0 {
				run(t, env, nil, c.then[0], c.then[1:]...)
			}
			ctx := context.Background()
			if c.context != nil {
				var cancel context.CancelFunc
				ctx, cancel = c.context(ctx, 500*time.Millisecond)
				defer cancel()
			}
			_, err = s.Sign(ctx, namespace, message)
			wantReason(t, err, c.reason)
			var e *Error
			if errors.As(err, &e); !strings.Contains(e.Hint, c.hint) {
				t.Errorf("%s: hint %q", err, e.Hint)
			}
		})
	}
}

// An agent that takes a connection and says nothing is given up: listing keys needs nobody's touch.
func TestAgentThatSaysNothing(t *testing.T) {
	a := NewAgent(func(context.Context) (io.ReadWriteCloser, error) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		go io.Copy(io.Discard, theirs) //nolint:errcheck // it ends with the test
		return ours, nil
	}, ViaAgent)
	a.wait = 20 * time.Millisecond
	_, err := a.List(context.Background())
	wantReason(t, err, TimedOut)
	_, err = Find(context.Background(), "", Places{Agent: a})
	wantReason(t, err, TimedOut)
}

func TestAmongManyKeys(t *testing.T) {
	ring := agent.NewKeyring()
	var wanted ssh.Signer
	for i := range 40 {
		k := newKey(t)
		add(t, ring, k)
		if i == 33 {
			wanted = k
		}
	}
	a := WrapAgent(ring, ViaAgent)
	held, err := a.List(context.Background())
	if err != nil || len(held) != 40 {
		t.Fatal(len(held), err)
	}
	s, err := a.Signer(context.Background(), wanted.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if s.Fingerprint() != fingerprint(t, wanted) {
		t.Error("another key")
	}
	signWith(t, s)
	_, err = Find(context.Background(), "", Places{Agent: a})
	wantReason(t, err, NoKey)
}

func TestEnvironmentAgent(t *testing.T) {
	for _, c := range []struct {
		env map[string]string
		via string
	}{
		{map[string]string{"SSH_AUTH_SOCK": "/x"}, ViaAgent},
		{map[string]string{"SSH_AUTH_SOCK": "/x", "SSH_CONNECTION": "a b"}, ViaForwardedAgent},
		{map[string]string{"SSH_AUTH_SOCK": "/x", "SSH_CONNECTION": "a b", "SSH_AGENT_PID": "7"}, ViaAgent},
	} {
		if got := EnvironmentAgent(func(k string) string { return c.env[k] }).Via(); got != c.via {
			t.Errorf("%v: %s", c.env, got)
		}
	}
}
