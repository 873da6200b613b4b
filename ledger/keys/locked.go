package keys

import (
	"errors"
	"os"

	"golang.org/x/crypto/ssh"
)

// NeedsPassphrase reports whether the private key file is encrypted, so that a screen can ask before it signs.
func NeedsPassphrase(path string) bool {
	b, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	_, err = ssh.ParseRawPrivateKey(b)
	clear(b)
	var missing *ssh.PassphraseMissingError
	return errors.As(err, &missing)
}
