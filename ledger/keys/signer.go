package keys

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
)

// How a signature is made, as signed statements record it (ledger.md 3, `via`).
const (
	ViaAgent          = "agent"
	ViaForwardedAgent = "forwarded-agent"
	ViaKeyFile        = "key-file"
	ViaDetached       = "detached"
	ViaHost           = "host"
)

// Signer makes signatures with one key.
type Signer interface {
	// Public is what a signature embeds: the key, or its certificate.
	Public() ssh.PublicKey
	// Fingerprint is that of Public, as the `key` field of a statement wants it.
	Fingerprint() string
	// Via is the word a statement records.
	Via() string
	// Sign signs message under namespace and gives the armored signature, already verified. It may wait for a person; the
	// end of ctx ends the waiting. The error is an *Error.
	Sign(ctx context.Context, namespace string, message []byte) (armored []byte, err error)
}

// CheckKey says whether a key is good enough to enrol and to sign (ledger.md 4.3). The error is an *Error with Weak.
func CheckKey(pub ssh.PublicKey) error {
	if err := ledger.CheckKey(pub); err != nil {
		return weak(err)
	}
	return nil
}

// seal armors a raw signature and verifies it: the last step of every signer.
func seal(pub ssh.PublicKey, namespace string, message []byte, sig *ssh.Signature) ([]byte, error) {
	return verified(pub, namespace, message, ledger.EncodeSSHSig(pub, namespace, sig))
}

func verified(pub ssh.PublicKey, namespace string, message, armored []byte) ([]byte, error) {
	s, err := ledger.VerifySSHSig(namespace, message, armored)
	if err != nil {
		var f *ledger.Failure
		if errors.As(err, &f) && f.Code == ledger.CodeKey {
			return nil, weak(err)
		}
		return nil, &Error{BadSignature, "the signature that came back does not verify: " + words(err),
			"Nothing was stored. Try another key or another agent; RSA keys must sign with rsa-sha2-512, security keys with touch.", err}
	}
	if !bytes.Equal(s.PublicKey.Marshal(), pub.Marshal()) {
		return nil, &Error{BadSignature, "the signature that came back was made by " + s.Fingerprint() + ", not by " + ssh.FingerprintSHA256(pub),
			"Sign with the key the statement names.", nil}
	}
	if s.Key().Type() == ssh.KeyAlgoRSA && s.Algorithm != ssh.KeyAlgoRSASHA512 {
		return nil, &Error{BadSignature, "the RSA signature uses " + s.Algorithm + " instead of rsa-sha2-512",
			"Use an agent that knows rsa-sha2-512, such as OpenSSH's, or an Ed25519 key.", nil}
	}
	return armored, nil
}

func words(err error) string {
	var f *ledger.Failure
	if errors.As(err, &f) {
		return f.Words
	}
	return ledger.Display(err.Error())
}

// AcceptDetached takes in a signature that was made on another computer with
//
//	ssh-keygen -Y sign -n NAMESPACE -f KEY FILE
//
// over exactly message, by the key with the given fingerprint. Line ends and folding that a mail or an editor changed
// around the base64 are put right; the result is what a ledger stores. A signature by an RSA key may use either accepted
// hash. The error is an *Error with BadSignature or Weak.
func AcceptDetached(namespace string, message, armored []byte, fingerprint string) ([]byte, error) {
	strict, err := refold(armored)
	if err != nil {
		return nil, err
	}
	s, err := ledger.VerifySSHSig(namespace, message, strict)
	if err != nil {
		var f *ledger.Failure
		if errors.As(err, &f) && f.Code == ledger.CodeKey {
			return nil, weak(err)
		}
		return nil, &Error{BadSignature, "the signature does not verify: " + words(err),
			"Sign the file as it was written, byte for byte: ssh-keygen -Y sign -n " + namespace + " -f KEY FILE", err}
	}
	if s.Fingerprint() != fingerprint {
		return nil, &Error{BadSignature, "the signature was made by " + s.Fingerprint() + ", but the statement names " + fingerprint,
			"Sign with the key the statement names, or write the statement again for the other key.", nil}
	}
	return strict, nil
}

// refold writes an armored signature the only way a ledger takes it.
func refold(armored []byte) ([]byte, error) {
	const begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
	text := strings.TrimSpace(strings.TrimPrefix(string(armored), "\ufeff"))
	body, ok := strings.CutPrefix(text, begin)
	if ok {
		body, ok = strings.CutSuffix(body, end)
	}
	blob, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if !ok || err != nil {
		return nil, &Error{BadSignature, "the file holds no SSH signature",
			"ssh-keygen -Y sign writes it beside the signed file, with the suffix .sig.", err}
	}
	const columns = 70
	var b bytes.Buffer
	b.WriteString(begin)
	for i, c := range base64.StdEncoding.EncodeToString(blob) {
		if i%columns == 0 {
			b.WriteByte('\n')
		}
		b.WriteByte(byte(c))
	}
	b.WriteString("\n" + end + "\n")
	return b.Bytes(), nil
}

// WithoutCertificate gives a signer that embeds the plain key although s would embed a certificate of it: for rosters that
// name the key itself. A signer without certificate is returned as it is.
func WithoutCertificate(s Signer) Signer {
	if u, ok := s.(interface{ withoutCertificate() Signer }); ok {
		return u.withoutCertificate()
	}
	return s
}
