package ledger

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// Parts of an SSHSIG blob that never vary here (ledger.md 4.3).
const (
	sshsigMagic   = "SSHSIG"
	sshsigVersion = 1
	sshsigHash    = "sha512"
	armorColumns  = 70
)

// Flags of a security key's signature.
const (
	FlagTouch = 1 // user presence
	FlagPIN   = 4 // user verification
)

// Signature is a parsed SSHSIG. Only [VerifySSHSig] says that it is good.
type Signature struct {
	PublicKey ssh.PublicKey // as embedded; an *ssh.Certificate if the signer used one
	Namespace string
	Algorithm string // of the signature, e.g. "rsa-sha2-512"
	Flags     byte   // of a security key, else 0
	Counter   uint32 // of a security key, else 0

	signature *ssh.Signature
}

// Fingerprint is that of the embedded key: for a certificate, of the certificate blob (ledger.md 3).
func (s *Signature) Fingerprint() string { return ssh.FingerprintSHA256(s.PublicKey) }

// Certificate gives the embedded certificate, nil for a plain key.
func (s *Signature) Certificate() *ssh.Certificate {
	cert, _ := s.PublicKey.(*ssh.Certificate)
	return cert
}

// Key gives the key that signed, taken out of its certificate if there is one.
func (s *Signature) Key() ssh.PublicKey { return plainKey(s.PublicKey) }

// SecurityKey reports whether a FIDO2 security key signed. Every such signature that parses was touched.
func (s *Signature) SecurityKey() bool { return isSecurityKey(s.Key().Type()) }

// PINVerified reports whether the security key states that it verified its user.
func (s *Signature) PINVerified() bool { return s.SecurityKey() && s.Flags&FlagPIN != 0 }

func plainKey(pub ssh.PublicKey) ssh.PublicKey {
	if cert, ok := pub.(*ssh.Certificate); ok {
		return cert.Key
	}
	return pub
}

func isSecurityKey(keyType string) bool {
	return keyType == ssh.KeyAlgoSKED25519 || keyType == ssh.KeyAlgoSKECDSA256
}

// sshsigBlob is the wire form behind the magic.
type sshsigBlob struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  string
	HashAlg   string
	Signature []byte
}

type signatureBlob struct {
	Format string
	Blob   []byte
	Rest   []byte `ssh:"rest"`
}

// SignedData is the blob that a key signs for a message: what agents and hardware are handed.
func SignedData(namespace string, message []byte) []byte {
	digest := sha512.Sum512(message)
	return append([]byte(sshsigMagic), ssh.Marshal(struct {
		Namespace, Reserved, HashAlg string
		Hash                         []byte
	}{namespace, "", sshsigHash, digest[:]})...)
}

// EncodeSSHSig armors a signature over [SignedData] made by pub, in the only form that [ParseSSHSig] accepts.
func EncodeSSHSig(pub ssh.PublicKey, namespace string, sig *ssh.Signature) []byte {
	blob := append([]byte(sshsigMagic), ssh.Marshal(sshsigBlob{
		Version: sshsigVersion, PublicKey: pub.Marshal(), Namespace: namespace, HashAlg: sshsigHash,
		Signature: ssh.Marshal(signatureBlob{sig.Format, sig.Blob, sig.Rest}),
	})...)
	return armor(blob)
}

func armor(blob []byte) []byte {
	text := base64.StdEncoding.EncodeToString(blob)
	out := make([]byte, 0, len(text)+len(text)/armorColumns+len(armorBegin)+len(armorEnd)+4)
	out = append(out, armorBegin...)
	for len(text) > 0 {
		n := min(armorColumns, len(text))
		out = append(out, '\n')
		out = append(out, text[:n]...)
		text = text[n:]
	}
	out = append(out, '\n')
	out = append(out, armorEnd...)
	return append(out, '\n')
}

// dearmor accepts exactly what armor writes.
func dearmor(armored []byte) ([]byte, error) {
	body, ok := bytes.CutPrefix(armored, []byte(armorBegin+"\n"))
	if ok {
		body, ok = bytes.CutSuffix(body, []byte("\n"+armorEnd+"\n"))
	}
	if !ok {
		return nil, failf(CodeSignature, "the signature is not one armored block that ends with a line feed")
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(string(body))
	if err != nil {
		return nil, failf(CodeSignature, "the armored signature is not base64")
	}
	if !bytes.Equal(armor(blob), armored) {
		return nil, failf(CodeSignature, "the armored signature is not base64 in lines of %d characters", armorColumns)
	}
	return blob, nil
}

// ParseSSHSig reads an armored signature under the strict rules of ledger.md 4.3: one spelling, version 1, SHA-512, an
// algorithm of the key's type, touch for security keys. It judges neither the key ([CheckKey]) nor the mathematics. The
// error is a [*Failure] with CodeSignature, or CodeKey for a DSA key.
func ParseSSHSig(armored []byte) (*Signature, error) {
	if len(armored) > MaxText {
		return nil, failf(CodeSignature, "%d bytes of signature are more than %d", len(armored), MaxText)
	}
	blob, err := dearmor(armored)
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(blob, []byte(sshsigMagic))
	if !ok {
		return nil, failf(CodeSignature, "the signature is no SSHSIG")
	}
	var b sshsigBlob
	if err := ssh.Unmarshal(rest, &b); err != nil {
		return nil, failf(CodeSignature, "the SSHSIG is malformed")
	}
	switch {
	case b.Version != sshsigVersion:
		return nil, failf(CodeSignature, "the SSHSIG has version %d", b.Version)
	case b.Reserved != "":
		return nil, failf(CodeSignature, "the reserved field of the SSHSIG is not empty")
	case b.HashAlg != sshsigHash:
		return nil, failf(CodeSignature, "the SSHSIG hashes with %s instead of %s", quote(b.HashAlg), sshsigHash)
	}
	pub, err := parseKeyBlob(b.PublicKey)
	if err != nil {
		return nil, err
	}
	var wire signatureBlob
	if err := ssh.Unmarshal(b.Signature, &wire); err != nil {
		return nil, failf(CodeSignature, "the signature inside the SSHSIG is malformed")
	}
	s := &Signature{
		PublicKey: pub, Namespace: b.Namespace, Algorithm: wire.Format,
		signature: &ssh.Signature{Format: wire.Format, Blob: wire.Blob, Rest: wire.Rest},
	}
	return s, s.checkShape()
}

// parseKeyBlob reads a public key or certificate that has exactly one encoding.
func parseKeyBlob(blob []byte) (ssh.PublicKey, error) {
	var head struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(blob, &head); err != nil {
		return nil, failf(CodeSignature, "the key inside the SSHSIG is malformed")
	}
	if isDSA(head.Type) {
		return nil, failf(CodeKey, "DSA keys are not accepted")
	}
	pub, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, failf(CodeSignature, "the key inside the SSHSIG is malformed or of an unknown type: %s", quote(head.Type))
	}
	if !bytes.Equal(pub.Marshal(), blob) {
		return nil, failf(CodeSignature, "the key inside the SSHSIG is not encoded as it must be")
	}
	return pub, nil
}

func isDSA(keyType string) bool {
	return keyType == "ssh-dss" || keyType == "ssh-dss-cert-v01@openssh.com"
}

// checkShape holds the signature against the type of the key: algorithm, encoding, flags.
func (s *Signature) checkShape() error {
	keyType := s.Key().Type()
	ok := s.Algorithm == keyType
	if keyType == ssh.KeyAlgoRSA {
		ok = s.Algorithm == ssh.KeyAlgoRSASHA512 || s.Algorithm == ssh.KeyAlgoRSASHA256
	}
	if !ok {
		return failf(CodeSignature, "the signature algorithm %s is not one for a key of type %s", quote(s.Algorithm), keyType)
	}
	switch keyType {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519:
		ok = len(s.signature.Blob) == 64
	case ssh.KeyAlgoRSA:
		ok = len(s.signature.Blob) == (rsaBits(s.Key())+7)/8
	case ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
		var rs struct{ R, S *big.Int }
		ok = ssh.Unmarshal(s.signature.Blob, &rs) == nil && bytes.Equal(ssh.Marshal(rs), s.signature.Blob)
	default:
		return failf(CodeSignature, "keys of type %s are not accepted", quote(keyType))
	}
	if !ok {
		return failf(CodeSignature, "the signature is not encoded as %s wants it", s.Algorithm)
	}
	if !isSecurityKey(keyType) {
		if len(s.signature.Rest) != 0 {
			return failf(CodeSignature, "bytes follow the signature inside the SSHSIG")
		}
		return nil
	}
	var sk struct {
		Flags   byte
		Counter uint32
	}
	if ssh.Unmarshal(s.signature.Rest, &sk) != nil {
		return failf(CodeSignature, "flags and counter of the security key are malformed")
	}
	s.Flags, s.Counter = sk.Flags, sk.Counter
	if s.Flags&FlagTouch == 0 {
		return failf(CodeSignature, "the security key was not touched")
	}
	return nil
}

// VerifySSHSig checks an armored signature over message under namespace: the strict rules of [ParseSSHSig], the
// namespace, the key itself ([CheckKey]) and the mathematics. Whether the key may sign for a person is asked of a
// [RosterFile]. The error is a [*Failure] with CodeSignature or CodeKey; the signature is returned with it if it could
// be parsed.
func VerifySSHSig(namespace string, message, armored []byte) (*Signature, error) {
	s, err := ParseSSHSig(armored)
	if err != nil {
		return nil, err
	}
	if s.Namespace != namespace {
		return s, failf(CodeSignature, "the signature is for namespace %s, not %s", quote(s.Namespace), namespace)
	}
	if err := CheckKey(s.PublicKey); err != nil {
		return s, err
	}
	if cert := s.Certificate(); cert != nil && !signedByAuthority(cert) {
		return s, failf(CodeSignature, "the certificate %s does not carry its authority's signature", s.Fingerprint())
	}
	if s.Key().Verify(SignedData(namespace, message), s.signature) != nil {
		return s, failf(CodeSignature, "the signature does not fit the text and the key %s", s.Fingerprint())
	}
	return s, nil
}

// signedByAuthority checks a certificate's own signature, whoever the authority is and whatever the certificate allows.
// OpenSSH does so wherever it reads one.
func signedByAuthority(cert *ssh.Certificate) bool {
	principal := ""
	if len(cert.ValidPrincipals) > 0 {
		principal = cert.ValidPrincipals[0]
	}
	checker := ssh.CertChecker{
		SupportedCriticalOptions: slices.Collect(maps.Keys(cert.CriticalOptions)),
		Clock:                    func() time.Time { return time.Unix(int64(min(cert.ValidAfter, math.MaxInt64)), 0) },
	}
	return checker.CheckCert(principal, cert) == nil
}

// Embed armors the signature again with another form of the same key embedded: its certificate, or the plain key of a
// certificate. An SSHSIG does not sign the key it embeds. The error is a [*Failure] with CodeKey.
func (s *Signature) Embed(pub ssh.PublicKey) ([]byte, error) {
	if !bytes.Equal(plainKey(pub).Marshal(), s.Key().Marshal()) {
		return nil, failf(CodeKey, "the key %s is not the one that signed", ssh.FingerprintSHA256(pub))
	}
	return EncodeSSHSig(pub, s.Namespace, s.signature), nil
}
