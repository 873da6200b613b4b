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

func TestConfirmationDeclined(t *testing.T) {
	need(t, "ssh-keygen")
	path := makeKey(t, nil, "-t", "ed25519")
	t.Setenv("SSH_ASKPASS", "/bin/false")
	t.Setenv("SSH_ASKPASS_REQUIRE", "force")
	t.Setenv("DISPLAY", ":0")
	a, env := startAgent(t)
	run(t, env, nil, "ssh-add", "-q", "-c", path)
	pub, _, err := ReadPublic(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Signer(context.Background(), pub)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Sign(context.Background(), namespace, message)
	wantReason(t, err, Refused)
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
