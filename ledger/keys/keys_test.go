package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"tickmark/ledger"
)

// accepted are the signatures that stock ssh-keygen took, by kind of key and way of signing.
type accepted struct {
	mu   sync.Mutex
	rows []string
}

// check signs by s and wants stock ssh-keygen and the oracle to accept it.
func (a *accepted) check(t *testing.T, kind string, authority ssh.PublicKey, s Signer, way string) {
	t.Helper()
	armored := signWith(t, s)
	words := stockVerify(t, authority, s.Public(), armored)
	oracleVerify(t, s.Public(), armored)
	sig, err := ledger.ParseSSHSig(armored)
	if err != nil {
		t.Fatal(err)
	}
	words, _, _ = strings.Cut(words, " SHA256:")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rows = append(a.rows, fmt.Sprintf("%-28s %-18s %-36s %s", kind, way, sig.Algorithm, words))
}

const passphrase = "correct horse"

// TestEveryKindOfKey signs with every kind of key by every way, and wants stock ssh-keygen to accept each signature. It ends
// with the table of what was accepted.
func TestEveryKindOfKey(t *testing.T) {
	need(t, "ssh-keygen")
	var table accepted
	t.Run("software and security keys", func(t *testing.T) {
		for _, kind := range []struct {
			name string
			args []string
			pass string
			sk   bool
		}{
			{"ed25519", []string{"-t", "ed25519"}, "", false},
			{"ecdsa-256", []string{"-t", "ecdsa", "-b", "256"}, "", false},
			{"ecdsa-384", []string{"-t", "ecdsa", "-b", "384"}, "", false},
			{"ecdsa-521", []string{"-t", "ecdsa", "-b", "521"}, "", false},
			{"rsa-3072", []string{"-t", "rsa", "-b", "3072"}, "", false},
			{"ed25519, encrypted", []string{"-t", "ed25519"}, passphrase, false},
			{"rsa-3072, encrypted as PEM", []string{"-t", "rsa", "-b", "3072", "-m", "PEM"}, passphrase, false},
			{"sk-ed25519", []string{"-t", "ed25519-sk"}, "", true},
			{"sk-ecdsa", []string{"-t", "ecdsa-sk"}, "", true},
		} {
			for _, withCert := range []bool{false, true} {
				name := kind.name
				if withCert {
					name += " + certificate"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					var env, agentArgs []string
					if kind.sk {
						provider := skProvider(t)
						env, agentArgs = []string{"SSH_SK_PROVIDER=" + provider}, []string{"-P", provider}
					}
					path := makeKey(t, env, kind.args...)
					if kind.pass != "" {
						run(t, nil, nil, "ssh-keygen", append([]string{"-q", "-p", "-P", "", "-N", kind.pass, "-f", path}, kind.args[len(kind.args)-2:]...)...)
						asker := filepath.Join(t.TempDir(), "askpass")
						if err := os.WriteFile(asker, []byte("#!/bin/sh\necho '"+kind.pass+"'\n"), 0o700); err != nil {
							t.Fatal(err)
						}
						env = append(env, "SSH_ASKPASS="+asker, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0")
					}
					ask := func(context.Context, string) ([]byte, error) { return []byte(kind.pass), nil }
					var authority ssh.PublicKey
					if withCert {
						authority = certify(t, path)
					}
					check := func(t *testing.T, s Signer, err error, via, way string) {
						t.Helper()
						if err != nil {
							t.Fatal(err)
						}
						if s.Via() != via {
							t.Errorf("via is %s", s.Via())
						}
						table.check(t, name, authority, s, way)
						if withCert {
							bare := WithoutCertificate(s)
							stockVerify(t, nil, bare.Public(), signWith(t, bare))
						}
					}
					t.Run("file", func(t *testing.T) {
						s, err := OpenFile(path, ask)
						if kind.sk {
							wantReason(t, err, Failed)
							return
						}
						check(t, s, err, ViaKeyFile, "file")
					})
					t.Run("ssh-keygen", func(t *testing.T) {
						s, err := Keygen("", path, env)
						check(t, s, err, ViaKeyFile, "ssh-keygen -Y sign")
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
						check(t, s, err, ViaAgent, "agent")
						s, err = a.Find(context.Background(), ssh.FingerprintSHA256(pub))
						if err != nil {
							t.Fatal(err)
						}
						signWith(t, s)
					})
				})
			}
		}
	})
	t.Run("token behind the agent", func(t *testing.T) {
		a, held := tokenAgent(t)
		for _, k := range held {
			s, err := a.Find(context.Background(), k.Fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			table.check(t, "PKCS#11 "+k.Public.Type(), nil, s, "agent")
		}
	})
	slices.Sort(table.rows)
	t.Logf("%d signatures accepted by stock ssh-keygen -Y verify:\n%s", len(table.rows), strings.Join(table.rows, "\n"))
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
