package ledger

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	hiddeco "github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

type sshsigCase struct {
	Name      string
	Namespace string
	Message   []byte `json:"message_b64"`
	Signature string
	OK        bool
	Code      Code
	Stock     string `json:"openssh_9_2"`
}

func sshsigCases(t testing.TB) []sshsigCase {
	var cases []sshsigCase
	readJSON(t, "sshsig.json", &cases)
	return cases
}

// TestStockOpenSSH holds the strict rules against stock ssh-keygen: what is accepted here is accepted there, whatever its
// version. OpenSSH 9.2 must also give the verdicts that ledger.md 4.3 lists.
func TestStockOpenSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	version, err := exec.Command("ssh", "-V").CombinedOutput()
	is92 := err == nil && strings.HasPrefix(string(version), "OpenSSH_9.2")
	t.Logf("%s", bytes.TrimSpace(version))
	for _, c := range sshsigCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			sig := filepath.Join(t.TempDir(), "sig")
			if err := os.WriteFile(sig, []byte(c.Signature), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("ssh-keygen", "-Y", "check-novalidate", "-n", c.Namespace, "-s", sig)
			cmd.Stdin = bytes.NewReader(c.Message)
			out, err := cmd.CombinedOutput()
			if c.OK && err != nil {
				t.Errorf("accepted here, refused by ssh-keygen: %s", out)
			}
			if is92 && (err == nil) != (c.Stock == "accept") {
				t.Errorf("ssh-keygen 9.2 should %s: %v %s", c.Stock, err, out)
			}
		})
	}
}

// TestAnotherLibrary holds the strict rules against another implementation: what is accepted here is accepted there.
func TestAnotherLibrary(t *testing.T) {
	accepted := 0
	for _, c := range sshsigCases(t) {
		ours, err := VerifySSHSig(c.Namespace, c.Message, []byte(c.Signature))
		if err != nil {
			continue
		}
		accepted++
		theirs, err := hiddeco.Unarmor([]byte(c.Signature))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if err := hiddeco.Verify(bytes.NewReader(c.Message), theirs, ours.PublicKey, hiddeco.HashSHA512, c.Namespace); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	// And the other way round: what the other library signs is accepted here, byte for byte.
	signer := testSigner("other library")
	made, err := hiddeco.Sign(strings.NewReader("message"), signer, hiddeco.HashSHA512, NamespaceReview)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(hiddeco.Armor(made)) // it folds after 64 columns
	s, err := VerifySSHSig(NamespaceReview, []byte("message"), armor(block.Bytes))
	if err != nil || s.Fingerprint() != ssh.FingerprintSHA256(signer.PublicKey()) {
		t.Errorf("signed by the other library: %v", err)
	}
	if accepted < 10 {
		t.Errorf("only %d signatures are accepted", accepted)
	}
}

func TestSignatureFlags(t *testing.T) {
	sk := &skSealer{key: testKey("token"), flags: FlagTouch | FlagPIN | 8 | 16, counter: 6, step: 1}
	s, err := VerifySSHSig(NamespaceReview, []byte("x"), sk.seal(NamespaceReview, []byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	if !s.SecurityKey() || !s.PINVerified() || s.Counter != 7 || s.Flags != sk.flags {
		t.Errorf("flags %d, counter %d", s.Flags, s.Counter)
	}
	sk.flags = FlagPIN
	_, err = VerifySSHSig(NamespaceReview, []byte("x"), sk.seal(NamespaceReview, []byte("x")))
	wantCode(t, err, CodeSignature)
}

// TestEverySignatureBit flips every bit of a signature; none may still verify, and none may panic.
func TestEverySignatureBit(t *testing.T) {
	for _, c := range sshsigCases(t) {
		if !c.OK || strings.Contains(c.Name, "rsa") || strings.Contains(c.Name, "P-") {
			continue // the slow ones have no other structure
		}
		for i := range len(c.Signature) * 8 {
			bad := []byte(c.Signature)
			bad[i/8] ^= 1 << (i % 8)
			if _, err := VerifySSHSig(c.Namespace, c.Message, bad); err == nil {
				t.Errorf("%s: bit %d flipped and accepted", c.Name, i)
			}
		}
		for n := range c.Signature {
			if _, err := ParseSSHSig([]byte(c.Signature[:n])); err == nil {
				t.Errorf("%s: cut to %d bytes and accepted", c.Name, n)
			}
		}
	}
}

func TestLowOrderKeys(t *testing.T) {
	// All eight points of low order, and encodings of them that RFC 8032 forbids.
	point, err := new(edwards25519.Point).SetBytes(mustHex(t, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
	if err != nil {
		t.Fatal(err)
	}
	at := edwards25519.NewIdentityPoint()
	for range 8 {
		refuseKey(t, at.Bytes())
		at = new(edwards25519.Point).Add(at, point)
	}
	if at.Equal(edwards25519.NewIdentityPoint()) != 1 {
		t.Error("the point is not of order 8")
	}
	for _, spelled := range []string{
		"0100000000000000000000000000000000000000000000000000000000000080", // 1 with a sign
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 3, of full order but not reduced
		"0200000000000000000000000000000000000000000000000000000000000000", // on no point
	} {
		refuseKey(t, mustHex(t, spelled))
	}
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	h, err := ParseSHA("sha256:" + s)
	if err != nil {
		t.Fatal(err)
	}
	return h[:]
}

func refuseKey(t *testing.T, key []byte) {
	t.Helper()
	for _, pub := range []any{
		struct {
			Type string
			Key  []byte
		}{ssh.KeyAlgoED25519, key},
		struct {
			Type        string
			Key         []byte
			Application string
		}{ssh.KeyAlgoSKED25519, key, "ssh:"},
	} {
		parsed, err := ssh.ParsePublicKey(ssh.Marshal(pub))
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, CheckKey(parsed), CodeKey)
	}
}

func TestEmbed(t *testing.T) {
	key := sshSealer{signer: testSigner("a")}
	s, err := ParseSSHSig(key.seal(NamespaceReview, nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Embed(testSigner("b").PublicKey())
	wantCode(t, err, CodeKey)
	again, err := s.Embed(key.public())
	if err != nil || !bytes.Equal(again, key.seal(NamespaceReview, nil)) {
		t.Error("embedding the same key changes the signature")
	}
}

func FuzzSSHSig(f *testing.F) {
	for _, c := range sshsigCases(f) {
		f.Add([]byte(c.Signature))
	}
	message := sshsigCases(f)[0].Message
	f.Fuzz(func(t *testing.T, armored []byte) {
		s, err := ParseSSHSig(armored)
		if err != nil {
			var failure *Failure
			if !errors.As(err, &failure) || failure.Code != CodeSignature && failure.Code != CodeKey {
				t.Fatalf("error %v", err)
			}
			return
		}
		if again := EncodeSSHSig(s.PublicKey, s.Namespace, s.signature); !bytes.Equal(again, armored) {
			t.Fatalf("accepted\n%s\nwritten again as\n%s", armored, again)
		}
		VerifySSHSig(s.Namespace, message, armored)
	})
}

// FuzzSSHSigBlob goes past the armor, where a fuzzer does not find the way by itself.
func FuzzSSHSigBlob(f *testing.F) {
	for _, c := range sshsigCases(f) {
		body := strings.ReplaceAll(strings.NewReplacer(armorBegin, "", armorEnd, "").Replace(c.Signature), "\n", "")
		if blob, err := base64.StdEncoding.DecodeString(body); err == nil {
			f.Add(blob)
		}
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		armored := armor(blob)
		s, err := ParseSSHSig(armored)
		if err != nil {
			return
		}
		if again := EncodeSSHSig(s.PublicKey, s.Namespace, s.signature); !bytes.Equal(again, armored) {
			t.Fatalf("accepted\n%s\nwritten again as\n%s", armored, again)
		}
		CheckKey(s.PublicKey)
		VerifySSHSig(s.Namespace, blob, armored)
	})
}
