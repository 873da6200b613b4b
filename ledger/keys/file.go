package keys

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
)

// AskPassphrase asks a person for the passphrase of a key file. The bytes are wiped after use. It should honour ctx.
type AskPassphrase func(ctx context.Context, file string) ([]byte, error)

// fileSigner reads its key file at each signature and keeps nothing of it.
type fileSigner struct {
	path   string
	public ssh.PublicKey
	ask    AskPassphrase
}

// OpenFile gives a signer for a private key file: Ed25519, ECDSA or RSA in OpenSSH's format, or the older PEM formats. An
// encrypted file is read with the passphrase that ask gives at each signature; ask may be nil. If the file's certificate
// lies beside it ("-cert.pub") signatures embed it. A security key's file cannot sign by itself: it is Weak or Failed
// here and works with an agent or [Keygen]. The error is an *Error.
func OpenFile(path string, ask AskPassphrase) (Signer, error) {
	pub, err := publicOf(path)
	if err != nil {
		return nil, err
	}
	if isSecurityKey(pub) {
		return nil, &Error{Failed, "the key in " + ledger.Display(path) + " is on a security key, which this program cannot ask itself",
			"Add it to an ssh-agent with ssh-add, or let ssh-keygen sign.", nil}
	}
	if pub, err = embedded(path, pub); err != nil {
		return nil, err
	}
	return &fileSigner{path, pub, ask}, nil
}

func (s *fileSigner) Public() ssh.PublicKey { return s.public }
func (s *fileSigner) Fingerprint() string   { return ssh.FingerprintSHA256(s.public) }
func (s *fileSigner) Via() string           { return ViaKeyFile }

func (s *fileSigner) withoutCertificate() Signer {
	return &fileSigner{s.path, plain(s.public), s.ask}
}

func (s *fileSigner) Sign(ctx context.Context, namespace string, message []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, waiting(ctx, "the key file")
	}
	private, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	defer wipe(private)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, &Error{Unreadable, "the key in " + ledger.Display(s.path) + " cannot sign: " + ledger.Display(err.Error()), "", err}
	}
	data := ledger.SignedData(namespace, message)
	var sig *ssh.Signature
	if algorithms, ok := signer.(ssh.AlgorithmSigner); ok && signer.PublicKey().Type() == ssh.KeyAlgoRSA {
		sig, err = algorithms.SignWithAlgorithm(rand.Reader, data, ssh.KeyAlgoRSASHA512)
	} else {
		sig, err = signer.Sign(rand.Reader, data)
	}
	if err != nil {
		return nil, &Error{Failed, "the key in " + ledger.Display(s.path) + " could not sign: " + ledger.Display(err.Error()), "", err}
	}
	return seal(s.public, namespace, message, sig)
}

// read gives the private key, asking for the passphrase if there is one.
func (s *fileSigner) read(ctx context.Context) (any, error) {
	file, err := os.ReadFile(s.path)
	if err != nil {
		return nil, unreadable(s.path, err)
	}
	defer clear(file)
	private, err := ssh.ParseRawPrivateKey(file)
	var missing *ssh.PassphraseMissingError
	if err == nil {
		return private, nil
	}
	if !errors.As(err, &missing) {
		return nil, unreadable(s.path, err)
	}
	if s.ask == nil {
		return nil, &Error{Passphrase, "the key in " + ledger.Display(s.path) + " needs a passphrase and there is nowhere to ask for it",
			"Run in a terminal, set SSH_ASKPASS, or add the key to an ssh-agent with ssh-add.", nil}
	}
	pass, err := s.ask(ctx, s.path)
	defer clear(pass)
	if ctx.Err() != nil {
		return nil, waiting(ctx, thePassphrase)
	}
	if err != nil {
		if ReasonOf(err) != "" {
			return nil, err
		}
		return nil, &Error{Passphrase, "no passphrase was given for " + ledger.Display(s.path),
			"Nothing was signed. Try again, or add the key to an ssh-agent with ssh-add.", err}
	}
	private, err = ssh.ParseRawPrivateKeyWithPassphrase(file, pass)
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, &Error{Passphrase, "the passphrase of " + ledger.Display(s.path) + " is wrong",
			"Nothing was signed. Try again.", err}
	}
	if err != nil {
		return nil, unreadable(s.path, err)
	}
	return private, nil
}

// wipe overwrites what of a private key can be reached.
func wipe(private any) {
	switch k := private.(type) {
	case *ed25519.PrivateKey:
		clear(*k)
	case ed25519.PrivateKey:
		clear(k)
	case *ecdsa.PrivateKey:
		//lint:ignore SA1019 there is no other way to reach the number that is to be overwritten
		clear(k.D.Bits())
	case *rsa.PrivateKey:
		clear(k.D.Bits())
		for _, p := range k.Primes {
			clear(p.Bits())
		}
	}
}

func unreadable(path string, err error) *Error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{NoKey, "there is no key file " + ledger.Display(path), "Name a private key, a public key or a certificate file, or a fingerprint.", err}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Failed, "the key file " + ledger.Display(path) + " may not be read", "Check who owns it: ls -l shows it.", err}
	}
	var path1 *fs.PathError
	if errors.As(err, &path1) {
		return &Error{Failed, "the key file " + ledger.Display(path) + " cannot be read: " + ledger.Display(path1.Err.Error()), "", err}
	}
	return &Error{Unreadable, ledger.Display(path) + " holds no SSH key in a form that is known",
		"OpenSSH keys of type ed25519, ecdsa, rsa and their security-key kinds are known; ssh-keygen -p converts old files.", err}
}

// publicOf gives the public half of a private key file: from the file itself, else from FILE.pub beside it.
func publicOf(path string) (ssh.PublicKey, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer clear(file)
	pub, err := publicHalf(file)
	if err != nil && ReasonOf(err) == "" {
		return nil, unreadable(path, err)
	}
	if err != nil {
		return nil, err
	}
	if pub == nil {
		if pub, _, err = ReadPublic(path + ".pub"); err != nil {
			return nil, &Error{Unreadable, "the encrypted file " + ledger.Display(path) + " does not show which key it holds",
				"Put its public key beside it: ssh-keygen -y -f " + path + " > " + path + ".pub", err}
		}
	}
	if err := CheckKey(pub); err != nil {
		return nil, err
	}
	return pub, nil
}

// publicHalf reads the public key from a private key file; nil without error if only the passphrase would show it.
func publicHalf(file []byte) (ssh.PublicKey, error) {
	if pub, noTouch, ok := openSSHPublic(file); ok {
		if noTouch {
			return nil, &Error{Weak, "the security key was enrolled without touch", "Make a new one without -O no-touch-required.", nil}
		}
		return pub, nil
	}
	private, err := ssh.ParseRawPrivateKey(file)
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		return missing.PublicKey, nil
	}
	if err != nil {
		return nil, err
	}
	defer wipe(private)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, err
	}
	return signer.PublicKey(), nil
}

// openSSHPublic reads the public part of OpenSSH's own format, which is never encrypted, and for security keys the flag
// that says whether they want a touch, which is readable only without passphrase.
func openSSHPublic(file []byte) (pub ssh.PublicKey, noTouch, ok bool) {
	block, _ := pem.Decode(file)
	if block == nil || block.Type != "OPENSSH PRIVATE KEY" {
		return nil, false, false
	}
	rest, ok := bytes.CutPrefix(block.Bytes, []byte("openssh-key-v1\x00"))
	var w struct {
		Cipher, KDF, KDFOptions string
		Keys                    uint32
		Public, Private         []byte
	}
	if !ok || ssh.Unmarshal(rest, &w) != nil || w.Keys != 1 {
		return nil, false, false
	}
	pub, err := ssh.ParsePublicKey(w.Public)
	if err != nil {
		return nil, false, false
	}
	return pub, w.Cipher == "none" && isSecurityKey(pub) && !wantsTouch(w.Private), true
}

// wantsTouch reads the flags of an unencrypted security key's private part.
func wantsTouch(private []byte) bool {
	var head struct {
		Check1, Check2 uint32
		Type           string
		Rest           []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(private, &head) != nil {
		return false
	}
	var tail struct {
		Application string
		Flags       byte
		Rest        []byte `ssh:"rest"`
	}
	var err error
	if head.Type == ssh.KeyAlgoSKECDSA256 {
		var w struct {
			Curve string
			Point []byte
			Rest  []byte `ssh:"rest"`
		}
		err = errors.Join(ssh.Unmarshal(head.Rest, &w), ssh.Unmarshal(w.Rest, &tail))
	} else {
		var w struct {
			Key  []byte
			Rest []byte `ssh:"rest"`
		}
		err = errors.Join(ssh.Unmarshal(head.Rest, &w), ssh.Unmarshal(w.Rest, &tail))
	}
	return err == nil && tail.Flags&ledger.FlagTouch != 0
}

func isSecurityKey(pub ssh.PublicKey) bool {
	t := plain(pub).Type()
	return t == ssh.KeyAlgoSKED25519 || t == ssh.KeyAlgoSKECDSA256
}

// embedded gives the certificate beside a key file if there is one that fits the key, else the key.
func embedded(path string, pub ssh.PublicKey) (ssh.PublicKey, error) {
	beside, _, err := ReadPublic(strings.TrimSuffix(path, ".pub") + "-cert.pub")
	if ReasonOf(err) == NoKey {
		return pub, nil
	}
	if err != nil {
		return nil, err
	}
	cert, ok := beside.(*ssh.Certificate)
	if !ok || !bytes.Equal(cert.Key.Marshal(), pub.Marshal()) {
		return pub, nil
	}
	return cert, CheckKey(cert)
}

// ParsePublic reads a public key or certificate from the bytes of a file: one line as in FILE.pub or FILE-cert.pub, or a
// private key file, of which only the public half is looked at. The error is an *Error with Unreadable or Weak.
func ParsePublic(file []byte) (pub ssh.PublicKey, comment string, err error) {
	if isPrivate(file) {
		pub, err := publicHalf(file)
		if ReasonOf(err) != "" {
			return nil, "", err
		}
		if err != nil || pub == nil {
			return nil, "", unreadable("the file", err)
		}
		return pub, "", CheckKey(pub)
	}
	line := strings.TrimSpace(string(file))
	if strings.ContainsAny(line, "\r\n") {
		return nil, "", &Error{Unreadable, "the file holds more than one line", "Give a file with one public key.", nil}
	}
	pub, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 {
		return nil, "", unreadable("the file", err)
	}
	return pub, comment, CheckKey(pub)
}

func isPrivate(file []byte) bool { return bytes.Contains(file, []byte("PRIVATE KEY-----")) }

// ReadPublic is [ParsePublic] of a file on disk. An encrypted private key that does not show its public half is known by
// the FILE.pub beside it.
func ReadPublic(path string) (pub ssh.PublicKey, comment string, err error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, "", unreadable(path, err)
	}
	defer clear(file)
	if isPrivate(file) {
		pub, err = publicOf(path)
		return pub, "", err
	}
	pub, comment, err = ParsePublic(file)
	var e *Error
	if errors.As(err, &e) && e.Reason == Unreadable {
		return nil, "", unreadable(path, e.Err)
	}
	return pub, comment, err
}

// Generate makes a new Ed25519 key: path with mode 0600 in OpenSSH's format without passphrase, and path.pub. It never
// overwrites. The error is an *Error.
func Generate(path, comment string) (ssh.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, &Error{Failed, "no key could be made: " + err.Error(), "", err}
	}
	defer clear(private)
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return nil, &Error{Failed, "no key could be made: " + err.Error(), "", err}
	}
	defer clear(block.Bytes)
	pub, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, &Error{Failed, "no key could be made: " + err.Error(), "", err}
	}
	line := strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(pub)), "\n")
	if comment != "" {
		line += " " + comment
	}
	secret := pem.EncodeToMemory(block)
	defer clear(secret)
	if err := writeNew(path, secret, 0o600); err != nil {
		return nil, err
	}
	if err := writeNew(path+".pub", []byte(line+"\n"), 0o644); err != nil {
		os.Remove(path)
		return nil, err
	}
	return pub, nil
}

// writeNew writes and syncs a file that must not exist yet; after an error it does not exist.
func writeNew(path string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return &Error{Failed, "the file " + ledger.Display(path) + " exists already", "Choose another name; keys are never overwritten.", err}
	}
	if err == nil {
		_, err = f.Write(content)
		err = errors.Join(err, f.Sync(), f.Close())
		if err != nil {
			os.Remove(path)
		}
	}
	if err != nil {
		return &Error{Failed, "the file " + ledger.Display(path) + " cannot be written: " + ledger.Display(err.Error()), "Check the folder and the space left.", err}
	}
	return nil
}
