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
	defer clear(b)
	private, err := ssh.ParseRawPrivateKey(b)
	defer wipe(private)
	var missing *ssh.PassphraseMissingError
	return errors.As(err, &missing)
}
