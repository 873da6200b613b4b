package keys

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tickmark/ledger"
)

// ssh-keygen may ask for a PIN. It must never be given what is to be signed in its place: a wrong PIN is counted, and some
// wrong ones lock the security key.
func TestPINIsNotTakenFromTheMessage(t *testing.T) {
	need(t, "ssh-keygen", "sh")
	dir := t.TempDir()
	asker, wrapper := filepath.Join(dir, "askpass"), filepath.Join(dir, "keygen")
	for path, text := range map[string]string{
		asker:   "#!/bin/sh\necho 1234\n",
		wrapper: "#!/bin/sh\nif [ -n \"$(cat)\" ]; then echo 'something was on standard input' >&2; exit 1; fi\nexec ssh-keygen \"$@\"\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"SSH_SK_PROVIDER=" + skProvider(t), "SSH_ASKPASS=" + asker, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=:0"}
	for _, kind := range []string{"ed25519-sk", "ecdsa-sk"} {
		path := makeKey(t, env, "-t", kind, "-O", "verify-required")
		s, err := Keygen(wrapper, path, env)
		if err != nil {
			t.Fatal(err)
		}
		armored, err := s.Sign(context.Background(), namespace, message)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := ledger.VerifySSHSig(namespace, message, armored)
		if err != nil || !sig.PINVerified() {
			t.Errorf("%s: the signature does not say that the PIN was given: %v", kind, err)
		}
	}
}
