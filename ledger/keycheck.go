package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"

	"filippo.io/edwards25519"
	"golang.org/x/crypto/ssh"
)

// MinRSABits and MaxRSABits are the shortest and the longest accepted RSA modulus. OpenSSH and its Go package read none
// that is longer.
const (
	MinRSABits = 3072
	MaxRSABits = 16384
)

// CheckKey says whether a public key or certificate is good enough to sign, at enrolment and at every verification
// (ledger.md 4.3). It refuses DSA, short RSA, Ed25519 points that are of low order, off the curve or spelled otherwise
// than RFC 8032 does, certificates that are not for users, and security-key certificates that do without touch. The
// authority that signed a certificate is judged too. The error is a [*Failure] with CodeKey.
//
// Whether a key stands under two principals, or is an authority used directly, only the roster knows: see [RosterFile].
func CheckKey(pub ssh.PublicKey) error {
	cert, ok := pub.(*ssh.Certificate)
	if !ok {
		return checkPlainKey(pub)
	}
	if cert.CertType != ssh.UserCert {
		return failf(CodeKey, "the certificate %s is not one for users", ssh.FingerprintSHA256(cert))
	}
	if err := checkPlainKey(cert.Key); err != nil {
		return err
	}
	if _, noTouch := cert.Extensions["no-touch-required"]; noTouch && isSecurityKey(cert.Key.Type()) {
		return failf(CodeKey, "the certificate %s lets the security key sign without touch", ssh.FingerprintSHA256(cert))
	}
	return checkPlainKey(cert.SignatureKey)
}

func checkPlainKey(pub ssh.PublicKey) error {
	print := ssh.FingerprintSHA256(pub)
	switch pub.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519:
		if key, ok := cryptoKey(pub).(ed25519.PublicKey); !ok || !goodPoint(key) {
			return failf(CodeKey, "the Ed25519 key %s is no point of full order on the curve", print)
		}
	case ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
		// Reading the key already refused points that are not on the curve; these curves have no others.
	case ssh.KeyAlgoRSA:
		if n := rsaBits(pub); n < MinRSABits {
			return failf(CodeKey, "the RSA key %s has %d bits, fewer than %d", print, n, MinRSABits)
		}
	default:
		return failf(CodeKey, "keys of type %s are not accepted", quote(pub.Type()))
	}
	return nil
}

func cryptoKey(pub ssh.PublicKey) any {
	if k, ok := pub.(ssh.CryptoPublicKey); ok {
		return k.CryptoPublicKey()
	}
	return nil
}

func rsaBits(pub ssh.PublicKey) int {
	if key, ok := cryptoKey(pub).(*rsa.PublicKey); ok {
		return key.N.BitLen()
	}
	return 0
}

// goodPoint reports whether key is the one encoding of a point on the curve that eight times does not make neutral.
func goodPoint(key ed25519.PublicKey) bool {
	p, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || !bytes.Equal(p.Bytes(), key) {
		return false
	}
	return new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 0
}
