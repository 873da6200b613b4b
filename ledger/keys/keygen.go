package keys

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
)

// keygenSigner runs ssh-keygen -Y sign.
type keygenSigner struct {
	program string
	path    string // private key file, or public key or certificate file whose private half an agent holds
	public  ssh.PublicKey
	env     []string
}

// Keygen gives a signer that runs stock ssh-keygen -Y sign with a key file: for security keys without an agent, and for
// every key that OpenSSH can use. program is "ssh-keygen" if empty. env is added to the environment of the child; a
// passphrase, PIN or touch is asked for through SSH_ASKPASS or on the terminal, as ssh-keygen does. path may also be a
// public key whose private half the agent of the environment holds. The error is an *Error.
func Keygen(program, path string, env []string) (Signer, error) {
	if program == "" {
		program = "ssh-keygen"
	}
	found, err := exec.LookPath(program)
	if err != nil {
		return nil, &Error{Failed, "the program " + ledger.Display(program) + " was not found", "Install OpenSSH's client programs, or add the key to an ssh-agent.", err}
	}
	pub, _, err := ReadPublic(path)
	if err != nil {
		return nil, err
	}
	if pub, err = embedded(strings.TrimSuffix(path, ".pub"), pub); err != nil {
		return nil, err
	}
	return &keygenSigner{found, path, pub, env}, nil
}

func (s *keygenSigner) Public() ssh.PublicKey { return s.public }
func (s *keygenSigner) Fingerprint() string   { return ssh.FingerprintSHA256(s.public) }
func (s *keygenSigner) Via() string           { return ViaKeyFile }

func (s *keygenSigner) withoutCertificate() Signer {
	return &keygenSigner{s.program, s.path, plain(s.public), s.env}
}

func (s *keygenSigner) Sign(ctx context.Context, namespace string, message []byte) ([]byte, error) {
	// The message goes by a file: where there is no terminal ssh-keygen takes a PIN or passphrase from standard input.
	dir, err := os.MkdirTemp("", "tickmark")
	if err != nil {
		return nil, &Error{Failed, "there is no place for what ssh-keygen is to sign: " + ledger.Display(err.Error()), "Look at free space and at TMPDIR.", err}
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "message")
	if err := os.WriteFile(file, message, 0o600); err != nil {
		return nil, &Error{Failed, "what ssh-keygen is to sign cannot be written: " + ledger.Display(err.Error()), "Look at free space and at TMPDIR.", err}
	}
	cmd := exec.CommandContext(ctx, s.program, "-Y", "sign", "-n", namespace, "-f", s.path, file)
	cmd.WaitDelay = time.Second
	cmd.Env = append(cmd.Environ(), s.env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, waiting(ctx, "ssh-keygen")
	}
	if err != nil {
		return nil, keygenError(err, complaint.String())
	}
	armored, err := os.ReadFile(file + ".sig")
	if err != nil {
		return nil, &Error{BadSignature, "ssh-keygen wrote no signature: " + ledger.Display(err.Error()), "", err}
	}
	parsed, err := ledger.ParseSSHSig(armored)
	if err != nil {
		return nil, &Error{BadSignature, "ssh-keygen wrote something else than a signature: " + words(err), "", err}
	}
	if !bytes.Equal(parsed.PublicKey.Marshal(), s.public.Marshal()) && bytes.Equal(parsed.Key().Marshal(), plain(s.public).Marshal()) {
		// Stock ssh-keygen embeds the plain key of a private key file. The signature itself does not cover the embedded
		// key, so the certificate can take its place.
		armored, err := parsed.Embed(s.public)
		if err != nil {
			return nil, &Error{BadSignature, words(err), "", err}
		}
		return verified(s.public, namespace, message, armored)
	}
	return verified(s.public, namespace, message, armored)
}

// keygenError reads ssh-keygen's complaint.
func keygenError(err error, complaint string) *Error {
	said := ledger.Display(strings.TrimSpace(strings.ReplaceAll(complaint, "\r", "")))
	lower := strings.ToLower(complaint)
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit):
		return &Error{Failed, "ssh-keygen could not be run: " + ledger.Display(err.Error()), "", err}
	case strings.Contains(lower, "passphrase"), strings.Contains(lower, "incorrect pin"), strings.Contains(lower, "pin required"):
		return &Error{Passphrase, "the passphrase or PIN is wrong or was not given", "Nothing was signed. Try again.", errors.New(said)}
	case strings.Contains(lower, "device not found"), strings.Contains(lower, "no such file"), strings.Contains(lower, "not found in agent"), strings.Contains(lower, "no private key found"):
		return &Error{NoKey, "ssh-keygen did not find the key: " + said, "Plug the security key in, or add the key to the agent.", err}
	}
	return &Error{Refused, "ssh-keygen did not sign: " + said, "A security key wants to be touched within its time; a token may be locked.", err}
}
