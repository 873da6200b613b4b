package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	hiddeco "github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tickmark/ledger"
)

const (
	person    = "alice@corp.example"
	namespace = ledger.NamespaceReview
)

var message = []byte("tickmark/test v1\nsome statement\n")

// need skips a test that cannot run without a program of OpenSSH.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// skProvider gives OpenSSH's security key in software, which its regression tests bring (package openssh-tests).
func skProvider(t *testing.T) string {
	t.Helper()
	for _, p := range []string{os.Getenv("TICKMARK_SK_DUMMY"), "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so"} {
		if p == "" {
			continue
		}
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip("sk-dummy.so of OpenSSH's regression tests is not installed (Debian package openssh-tests); TICKMARK_SK_DUMMY may name it")
	return ""
}

func run(t *testing.T, env []string, stdin []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// makeKey lets ssh-keygen make a key and gives its file.
func makeKey(t *testing.T, env []string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	run(t, env, nil, "ssh-keygen", append([]string{"-q", "-N", "", "-C", "test key", "-f", path}, args...)...)
	return path
}

// certify lets a new authority certify a key for a person. It gives the authority's public key.
func certify(t *testing.T, path string) ssh.PublicKey {
	t.Helper()
	ca := makeKey(t, nil, "-t", "ed25519")
	run(t, nil, nil, "ssh-keygen", "-q", "-s", ca, "-I", "test", "-n", person, "-V", "-1d:+1d", path+".pub")
	pub, _, err := ReadPublic(ca + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

// startAgent runs a stock ssh-agent for the time of the test.
func startAgent(t *testing.T, args ...string) (*Agent, []string) {
	t.Helper()
	need(t, "ssh-agent", "ssh-add")
	dir, err := os.MkdirTemp("", "ta") // socket paths must be short
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	cmd := exec.Command("ssh-agent", append([]string{"-D", "-a", socket}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	deadline := time.Now().Add(10 * time.Second)
	for {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the agent does not listen")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return SocketAgent(socket, ViaAgent), []string{"SSH_AUTH_SOCK=" + socket}
}

// stockVerify wants ssh-keygen -Y verify to accept a signature under a roster line as this program writes it.
func stockVerify(t *testing.T, authority ssh.PublicKey, pub ssh.PublicKey, armored []byte) {
	t.Helper()
	line := ledger.RosterLine{Principal: person, Namespaces: []string{namespace}, Key: plain(pub)}
	if authority != nil {
		line.CertAuthority, line.Key = true, authority
	}
	dir := t.TempDir()
	signers, sig := filepath.Join(dir, "allowed_signers"), filepath.Join(dir, "sig")
	if err := errors.Join(os.WriteFile(signers, []byte(ledger.FormatRosterLine(line)+"\n"), 0o600), os.WriteFile(sig, armored, 0o600)); err != nil {
		t.Fatal(err)
	}
	out := run(t, nil, message, "ssh-keygen", "-Y", "verify", "-f", signers, "-I", person, "-n", namespace, "-s", sig)
	if !strings.HasPrefix(out, `Good "`+namespace+`" signature for `+person) {
		t.Errorf("ssh-keygen says %q", out)
	}
	roster, err := ledger.ParseRosterFile([]byte(ledger.FormatRosterLine(line) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.VerifySSHSig(namespace, message, armored)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := roster.Allow(person, s.PublicKey, namespace, time.Now()); err != nil {
		t.Error(err)
	}
}

// oracleVerify wants another library to accept a signature; it knows no certificates.
func oracleVerify(t *testing.T, pub ssh.PublicKey, armored []byte) {
	t.Helper()
	if _, isCert := pub.(*ssh.Certificate); isCert {
		return
	}
	s, err := hiddeco.Unarmor(armored)
	if err != nil {
		t.Fatal(err)
	}
	if err := hiddeco.Verify(bytes.NewReader(message), s, pub, hiddeco.HashSHA512, namespace); err != nil {
		t.Errorf("the oracle says %v", err)
	}
}

func signWith(t *testing.T, s Signer) []byte {
	t.Helper()
	armored, err := s.Sign(context.Background(), namespace, message)
	if err != nil {
		t.Fatalf("%v (%s)", err, ReasonOf(err))
	}
	parsed, err := ledger.VerifySSHSig(namespace, message, armored)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Fingerprint() != s.Fingerprint() || s.Fingerprint() != ssh.FingerprintSHA256(s.Public()) {
		t.Errorf("signed by %s, the signer says %s", parsed.Fingerprint(), s.Fingerprint())
	}
	return armored
}

func wantReason(t *testing.T, err error, reason Reason) {
	t.Helper()
	if ReasonOf(err) != reason {
		t.Fatalf("error %v has reason %q, want %q", err, ReasonOf(err), reason)
	}
	if err.Error() == "" {
		t.Error("an error without message")
	}
}

// TestEveryKindOfKey signs with every kind of key by every way, and wants stock ssh-keygen to accept each signature.
func TestEveryKindOfKey(t *testing.T) {
	need(t, "ssh-keygen")
	for _, kind := range []struct {
		name string
		args []string
		sk   bool
	}{
		{"ed25519", []string{"-t", "ed25519"}, false},
		{"ecdsa-256", []string{"-t", "ecdsa", "-b", "256"}, false},
		{"ecdsa-384", []string{"-t", "ecdsa", "-b", "384"}, false},
		{"ecdsa-521", []string{"-t", "ecdsa", "-b", "521"}, false},
		{"rsa-3072", []string{"-t", "rsa", "-b", "3072"}, false},
		{"sk-ed25519", []string{"-t", "ed25519-sk"}, true},
		{"sk-ecdsa", []string{"-t", "ecdsa-sk"}, true},
	} {
		for _, withCert := range []bool{false, true} {
			name := kind.name
			if withCert {
				name += " with certificate"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var env, agentArgs []string
				if kind.sk {
					provider := skProvider(t)
					env, agentArgs = []string{"SSH_SK_PROVIDER=" + provider}, []string{"-P", provider}
				}
				path := makeKey(t, env, kind.args...)
				var authority ssh.PublicKey
				if withCert {
					authority = certify(t, path)
				}
				check := func(t *testing.T, s Signer, err error, via string) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
					if s.Via() != via {
						t.Errorf("via is %s", s.Via())
					}
					armored := signWith(t, s)
					stockVerify(t, authority, s.Public(), armored)
					oracleVerify(t, s.Public(), armored)
					if withCert {
						bare := WithoutCertificate(s)
						stockVerify(t, nil, bare.Public(), signWith(t, bare))
					}
				}
				t.Run("file", func(t *testing.T) {
					s, err := OpenFile(path, nil)
					if kind.sk {
						wantReason(t, err, Failed)
						return
					}
					check(t, s, err, ViaKeyFile)
				})
				t.Run("ssh-keygen", func(t *testing.T) {
					s, err := Keygen("", path, env)
					check(t, s, err, ViaKeyFile)
				})
				t.Run("agent", func(t *testing.T) {
					a, agentEnv := startAgent(t, agentArgs...)
					run(t, append(agentEnv, env...), nil, "ssh-add", "-q", path)
					pub, _, err := ReadPublic(path + ".pub")
					if err != nil {
						t.Fatal(err)
					}
					if withCert {
						if pub, _, err = ReadPublic(path + "-cert.pub"); err != nil {
							t.Fatal(err)
						}
					}
					s, err := a.Signer(context.Background(), pub)
					check(t, s, err, ViaAgent)
					s, err = a.Find(context.Background(), ssh.FingerprintSHA256(pub))
					check(t, s, err, ViaAgent)
				})
			})
		}
	}
}

// TestStockSignatures takes in what ssh-keygen -Y sign writes elsewhere.
func TestStockSignatures(t *testing.T) {
	need(t, "ssh-keygen")
	path := makeKey(t, nil, "-t", "ed25519")
	pub, comment, err := ReadPublic(path + ".pub")
	if err != nil || comment != "test key" {
		t.Fatal(comment, err)
	}
	file := filepath.Join(t.TempDir(), "statement")
	if err := os.WriteFile(file, message, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, nil, "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", path, file)
	sig, err := os.ReadFile(file + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	print := ssh.FingerprintSHA256(pub)
	for name, form := range map[string][]byte{
		"as written":  sig,
		"CRLF":        bytes.ReplaceAll(sig, []byte("\n"), []byte("\r\n")),
		"indented":    bytes.ReplaceAll(sig, []byte("\nU"), []byte("\n  U")),
		"no last LF":  bytes.TrimSpace(sig),
		"blank lines": append([]byte("\n\n"), append(sig, "\n\n"...)...),
		"BOM":         append([]byte("\ufeff"), sig...),
	} {
		got, err := AcceptDetached(namespace, message, form, print)
		if err != nil || !bytes.Equal(got, sig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = AcceptDetached(ledger.NamespaceManage, message, sig, print)
	wantReason(t, err, BadSignature)
	_, err = AcceptDetached(namespace, append(message, 'x'), sig, print)
	wantReason(t, err, BadSignature)
	_, err = AcceptDetached(namespace, message, sig, "SHA256:"+strings.Repeat("A", 43))
	wantReason(t, err, BadSignature)
	_, err = AcceptDetached(namespace, message, []byte("no signature"), print)
	wantReason(t, err, BadSignature)
}

func TestEncryptedFile(t *testing.T) {
	need(t, "ssh-keygen")
	path := makeKey(t, nil, "-t", "ed25519")
	run(t, nil, nil, "ssh-keygen", "-q", "-p", "-P", "", "-N", "correct horse", "-f", path)
	var given []byte
	answer := func(pass string, err error) AskPassphrase {
		return func(_ context.Context, file string) ([]byte, error) {
			if file != path {
				t.Errorf("asked for %s", file)
			}
			given = []byte(pass)
			return given, err
		}
	}
	ctx := context.Background()
	s, err := OpenFile(path, answer("correct horse", nil))
	if err != nil {
		t.Fatal(err)
	}
	signWith(t, s)
	if !bytes.Equal(given, make([]byte, len(given))) {
		t.Error("the passphrase was not wiped")
	}
	for _, c := range []struct {
		name string
		ask  AskPassphrase
	}{
		{"wrong", answer("battery staple", nil)},
		{"none given", answer("", errors.New("the person went away"))},
		{"nowhere to ask", nil},
	} {
		s, err := OpenFile(path, c.ask)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Sign(ctx, namespace, message)
		wantReason(t, err, Passphrase)
		if strings.Contains(err.Error(), "battery") {
			t.Error("the passphrase is shown")
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	s, err = OpenFile(path, func(context.Context, string) ([]byte, error) { cancel(); return nil, context.Canceled })
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Sign(cancelled, namespace, message)
	wantReason(t, err, Cancelled)

	if !NeedsPassphrase(path) || NeedsPassphrase(path+".pub") || NeedsPassphrase(path+".none") {
		t.Error("NeedsPassphrase")
	}
	pub, _, err := ReadPublic(path)
	if err != nil || ssh.FingerprintSHA256(pub) != s.Fingerprint() {
		t.Errorf("public half of the encrypted file: %v", err)
	}
	_, err = Keygen("", path, []string{"SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := Keygen("", path, []string{"SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Sign(ctx, namespace, message)
	wantReason(t, err, Passphrase)
	asker := filepath.Join(t.TempDir(), "askpass")
	if err := os.WriteFile(asker, []byte("#!/bin/sh\necho 'correct horse'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if k, err = Keygen("", path, []string{"SSH_ASKPASS=" + asker, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"}); err != nil {
		t.Fatal(err)
	}
	signWith(t, k)
}

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

func TestWeakKeysAreRefused(t *testing.T) {
	need(t, "ssh-keygen")
	for _, args := range [][]string{{"-t", "rsa", "-b", "2048"}, {"-t", "dsa"}} {
		path := filepath.Join(t.TempDir(), "key")
		if out, err := exec.Command("ssh-keygen", append([]string{"-q", "-N", "", "-f", path}, args...)...).CombinedOutput(); err != nil {
			t.Logf("ssh-keygen makes no %v any more: %s", args, out)
			continue
		}
		for _, file := range []string{path, path + ".pub"} {
			_, _, err := ReadPublic(file)
			wantReason(t, err, Weak)
		}
		_, err := OpenFile(path, nil)
		wantReason(t, err, Weak)
		_, err = Keygen("", path, nil)
		wantReason(t, err, Weak)
	}
}

func TestSecurityKeyWithoutTouchIsRefused(t *testing.T) {
	need(t, "ssh-keygen")
	env := []string{"SSH_SK_PROVIDER=" + skProvider(t)}
	for _, kind := range []string{"ed25519-sk", "ecdsa-sk"} {
		path := makeKey(t, env, "-t", kind, "-O", "no-touch-required")
		_, err := Find(context.Background(), path, Places{Env: env})
		wantReason(t, err, Weak)
		touched := makeKey(t, env, "-t", kind)
		s, err := Find(context.Background(), touched, Places{Env: env})
		if err != nil {
			t.Fatal(err)
		}
		signWith(t, s)
		// The public half does not show it; the signature does.
		noTouch, err := Keygen("", path+".pub", env)
		if err != nil {
			t.Fatal(err)
		}
		noTouch.(*keygenSigner).path = path
		_, err = noTouch.Sign(context.Background(), namespace, message)
		wantReason(t, err, BadSignature)
	}
}

func TestFind(t *testing.T) {
	need(t, "ssh-keygen")
	ctx := context.Background()
	path := makeKey(t, nil, "-t", "ed25519")
	pub, _, err := ReadPublic(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	empty := Places{Agent: WrapAgent(agent.NewKeyring(), ViaAgent)}
	for _, name := range []string{path, path + ".pub"} {
		s, err := Find(ctx, name, empty)
		if err != nil || s.Via() != ViaKeyFile {
			t.Fatalf("%s: %v", name, err)
		}
		signWith(t, s)
	}
	private, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ssh.ParseRawPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(agent.AddedKey{PrivateKey: raw}); err != nil {
		t.Fatal(err)
	}
	full := Places{Agent: WrapAgent(ring, ViaAgent)}
	for name, via := range map[string]string{path: ViaKeyFile, path + ".pub": ViaAgent, ssh.FingerprintSHA256(pub): ViaAgent, "": ViaAgent} {
		s, err := Find(ctx, name, full)
		if err != nil || s.Via() != via || s.Fingerprint() != ssh.FingerprintSHA256(pub) {
			t.Fatalf("%q: %v", name, err)
		}
	}
	// The agent holds the plain key, the certificate lies in a file.
	certify(t, path)
	s, err := Find(ctx, path+"-cert.pub", full)
	if err != nil || s.Via() != ViaAgent {
		t.Fatal(err)
	}
	if _, isCert := s.Public().(*ssh.Certificate); !isCert {
		t.Error("the certificate is not embedded")
	}
	signWith(t, s)
	if s, err = Find(ctx, path+"-cert.pub", empty); err != nil || s.Via() != ViaKeyFile {
		t.Fatal(err)
	}
	signWith(t, s)
	if s, err = Find(ctx, path+".pub", empty); err != nil {
		t.Fatal(err)
	}
	if _, isCert := s.Public().(*ssh.Certificate); isCert {
		t.Error("the public key was named, the certificate is embedded")
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		in     Places
		reason Reason
	}{
		{path, full, NoKey},
		{path + ".pub", empty, NoKey},
		{path + ".pub", Places{}, NoAgent},
		{"SHA256:" + strings.Repeat("A", 43), full, NoKey},
		{"SHA256:" + strings.Repeat("A", 43), Places{}, NoAgent},
		{"", empty, NoKey},
		{"", Places{}, NoAgent},
	} {
		_, err := Find(ctx, c.name, c.in)
		wantReason(t, err, c.reason)
	}
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Find(ctx, junk, full)
	wantReason(t, err, Unreadable)
	if err := os.WriteFile(junk, []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Find(ctx, junk, full)
	wantReason(t, err, Unreadable)
}

func TestGenerate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id")
	pub, err := Generate(path, person)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	read, comment, err := ReadPublic(path + ".pub")
	if err != nil || comment != person || !bytes.Equal(read.Marshal(), pub.Marshal()) {
		t.Errorf("comment %q, %v", comment, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Generate(path, person)
	wantReason(t, err, Failed)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("the key was overwritten")
	}
	s, err := OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	armored := signWith(t, s)
	oracleVerify(t, s.Public(), armored)
	need(t, "ssh-keygen")
	stockVerify(t, nil, s.Public(), armored)
	if got := run(t, nil, nil, "ssh-keygen", "-y", "-f", path); !strings.HasPrefix(got, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub)))) {
		t.Errorf("ssh-keygen reads %s", got)
	}
	_, err = Generate(filepath.Join(t.TempDir(), "no", "such", "folder"), "")
	wantReason(t, err, Failed)
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

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped{s, private}
}

// wrapped is a signer that still knows its private key.
type wrapped struct {
	ssh.Signer
	private ed25519.PrivateKey
}

func add(t *testing.T, ring agent.Agent, key ssh.Signer) {
	t.Helper()
	private := key.(wrapped).private
	if err := ring.Add(agent.AddedKey{PrivateKey: &private}); err != nil {
		t.Fatal(err)
	}
}

func fingerprint(t *testing.T, key ssh.Signer) string {
	t.Helper()
	return ssh.FingerprintSHA256(key.PublicKey())
}

// fakeAgent lists the keys of a ring and signs as a test wants.
type fakeAgent struct {
	agent.Agent
	sign func(data []byte) (*ssh.Signature, error)
}

func (f fakeAgent) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) { return f.sign(data) }
