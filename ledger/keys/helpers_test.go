package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
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

// stockVerify wants ssh-keygen -Y verify to accept a signature under a roster line as this program writes it, and gives
// what it says.
func stockVerify(t *testing.T, authority ssh.PublicKey, pub ssh.PublicKey, armored []byte) string {
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
	return out
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
