package ledger

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha512" // SHA-384 and SHA-512 of tokens
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"
)

// A time-stamping authority (RFC 3161) signs that it knew a digest at a time. What is stamped here is the SHA-256 of a
// head's three lines ([FormatCheckpoint]), which anybody can write again from an anchor: name, size and root.

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCert   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidExtKeyUsage   = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidSHA256WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	oidSHA384WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}
	oidSHA512WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}
	oidECDSAWithSHA2 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3} // .2, .3, .4 for 256, 384, 512
	oidECPublicKey   = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519       = asn1.ObjectIdentifier{1, 3, 101, 112}
	sha256Identifier = pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
)

type messageImprint struct {
	HashAlgorithm pkix.AlgorithmIdentifier
	HashedMessage []byte
}

type timeStampReq struct {
	Version        int
	MessageImprint messageImprint
	Nonce          *big.Int `asn1:"optional"`
	CertReq        bool
}

type timeStampResp struct {
	Status asn1.RawValue
	Token  asn1.RawValue `asn1:"optional"`
}

type contentInfo struct {
	ContentType asn1.ObjectIdentifier
	Content     asn1.RawValue `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version          int
	DigestAlgorithms asn1.RawValue
	EncapContentInfo struct {
		ContentType asn1.ObjectIdentifier
		Content     []byte `asn1:"explicit,optional,tag:0"`
	}
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	CRLs         asn1.RawValue `asn1:"optional,tag:1"`
	SignerInfos  []tokenSigner `asn1:"set"`
}

type tokenSigner struct {
	Version            int
	SID                asn1.RawValue
	DigestAlgorithm    pkix.AlgorithmIdentifier
	SignedAttrs        asn1.RawValue `asn1:"optional,tag:0"`
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
	UnsignedAttrs      asn1.RawValue `asn1:"optional,tag:1"`
}

type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue `asn1:"set"`
}

type tstInfo struct {
	Version        int
	Policy         asn1.ObjectIdentifier
	MessageImprint messageImprint
	SerialNumber   *big.Int
	GenTime        asn1.RawValue
	Rest           []asn1.RawValue `asn1:"-"` // accuracy, ordering, nonce, authority and extensions are not needed
}

// TimestampRequest writes the DER of a request for a time stamp over a head, to be sent to an authority as
// application/timestamp-query. nonce should be fresh; it may be nil.
func TimestampRequest(c Checkpoint, nonce *big.Int) ([]byte, error) {
	imprint := Sum(FormatCheckpoint(c))
	der, err := asn1.Marshal(timeStampReq{
		Version: 1, MessageImprint: messageImprint{sha256Identifier, imprint[:]}, Nonce: nonce, CertReq: true,
	})
	if err != nil {
		return nil, failf(CodeAnchor, "the request cannot be written: %v", err)
	}
	return der, nil
}

// TimestampToken gives the token of an authority's answer (application/timestamp-reply), in the form that an anchor names
// by its hash. A bare token is given back as it is. The error is a [*Failure] with CodeAnchor.
func TimestampToken(answer []byte) ([]byte, error) {
	var bare contentInfo
	if rest, err := asn1.Unmarshal(answer, &bare); err == nil && len(rest) == 0 && bare.ContentType.Equal(oidSignedData) {
		return answer, nil
	}
	var resp timeStampResp
	if rest, err := asn1.Unmarshal(answer, &resp); err != nil || len(rest) > 0 {
		return nil, failf(CodeAnchor, "the file is no time stamp answer")
	}
	var status int
	if _, err := asn1.Unmarshal(resp.Status.Bytes, &status); err != nil {
		return nil, failf(CodeAnchor, "the time stamp answer states no status")
	}
	const granted, grantedWithMods = 0, 1
	if status != granted && status != grantedWithMods || len(resp.Token.FullBytes) == 0 {
		return nil, failf(CodeAnchor, "the authority refused the time stamp with status %d", status)
	}
	return resp.Token.FullBytes, nil
}

// VerifyTimestamp checks that a token (or a whole answer) stamps this head: imprint, signature, and a chain of certificates
// for time stamping, and for nothing else, that held at the stamped time and leads to one of the roots. It gives that
// time. The error is a [*Failure] with CodeAnchor.
func VerifyTimestamp(answer []byte, c Checkpoint, roots *x509.CertPool) (time.Time, error) {
	t, err := ParseTimestamp(answer)
	if err != nil {
		return time.Time{}, err
	}
	if !t.Stamps(c) {
		return time.Time{}, failf(CodeAnchor, "the time stamp is of something else than this head")
	}
	signer, err := verifyTokenSignature(t.content, &t.signer, t.certs)
	if err != nil {
		return time.Time{}, err
	}
	return t.Time, checkTokenChain(signer, t.certs, roots, t.Time)
}

// Timestamp is what a token states. Nothing of it is checked yet: see [VerifyTimestamp].
type Timestamp struct {
	Authority string    // the subject of the certificate it was signed with; may be empty
	Time      time.Time // in whole seconds: a part of a second counts as the whole one, so that no head is said to be older than it is

	hash    crypto.Hash
	imprint []byte
	content []byte
	signer  tokenSigner
	certs   []*x509.Certificate
}

// Stamps reports whether the token is of this head.
func (t *Timestamp) Stamps(c Checkpoint) bool {
	h := t.hash.New()
	h.Write(FormatCheckpoint(c))
	return bytes.Equal(h.Sum(nil), t.imprint)
}

// ParseTimestamp reads a token or a whole answer. The error is a [*Failure] with CodeAnchor.
func ParseTimestamp(answer []byte) (*Timestamp, error) {
	token, err := TimestampToken(answer)
	if err != nil {
		return nil, err
	}
	var info contentInfo
	var data signedData
	if rest, err := asn1.Unmarshal(token, &info); err != nil || len(rest) > 0 || !info.ContentType.Equal(oidSignedData) {
		return nil, failf(CodeAnchor, "the token is no signed data")
	}
	if rest, err := asn1.Unmarshal(info.Content.Bytes, &data); err != nil || len(rest) > 0 {
		return nil, failf(CodeAnchor, "the token is malformed")
	}
	if !data.EncapContentInfo.ContentType.Equal(oidTSTInfo) || len(data.SignerInfos) != 1 {
		return nil, failf(CodeAnchor, "the token is no time stamp with one signature")
	}
	t := &Timestamp{content: data.EncapContentInfo.Content, signer: data.SignerInfos[0]}
	if err := t.readContent(); err != nil {
		return nil, err
	}
	if t.certs, err = x509.ParseCertificates(data.Certificates.Bytes); err != nil || len(t.certs) == 0 {
		return nil, failf(CodeAnchor, "the token does not carry its certificate")
	}
	if err := checkTokenKeys(t.certs); err != nil {
		return nil, err
	}
	if c := findSigner(&t.signer, t.certs); c != nil {
		t.Authority = c.Subject.String()
	}
	return t, nil
}

// checkTokenKeys refuses keys so long that asking them takes hours: the cost grows with the length without end.
func checkTokenKeys(certs []*x509.Certificate) error {
	for _, c := range certs {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > MaxRSABits {
			return failf(CodeAnchor, "the token carries an RSA key of %d bits, more than %d", key.N.BitLen(), MaxRSABits)
		}
	}
	return nil
}

// readContent reads imprint and time of what the authority signed.
func (t *Timestamp) readContent() error {
	var tst tstInfo
	if err := unmarshalPrefix(t.content, &tst); err != nil || tst.Version != 1 {
		return failf(CodeAnchor, "the time stamp is malformed")
	}
	if t.hash = hashOf(tst.MessageImprint.HashAlgorithm.Algorithm); t.hash == 0 {
		return failf(CodeAnchor, "the time stamp uses a hash other than SHA-2")
	}
	t.imprint = tst.MessageImprint.HashedMessage
	if tst.GenTime.Tag != asn1.TagGeneralizedTime || tst.GenTime.Class != asn1.ClassUniversal {
		return failf(CodeAnchor, "the time stamp states no time")
	}
	at, err := time.Parse("20060102150405.999999999Z", string(tst.GenTime.Bytes))
	if err != nil {
		return failf(CodeAnchor, "the time stamp states no time")
	}
	if t.Time = at.Truncate(time.Second); !t.Time.Equal(at) {
		t.Time = t.Time.Add(time.Second)
	}
	return nil
}

// unmarshalPrefix reads the fields of tst from the front of its sequence.
func unmarshalPrefix(content []byte, tst *tstInfo) error {
	var seq asn1.RawValue
	rest, err := asn1.Unmarshal(content, &seq)
	if err != nil || len(rest) > 0 || seq.Tag != asn1.TagSequence {
		return asn1.StructuralError{Msg: "no sequence"}
	}
	rest = seq.Bytes
	for _, field := range []any{&tst.Version, &tst.Policy, &tst.MessageImprint, &tst.SerialNumber, &tst.GenTime} {
		if rest, err = asn1.Unmarshal(rest, field); err != nil {
			return err
		}
	}
	return nil
}

func hashOf(oid asn1.ObjectIdentifier) crypto.Hash {
	switch {
	case oid.Equal(oidSHA256):
		return crypto.SHA256
	case oid.Equal(oidSHA384):
		return crypto.SHA384
	case oid.Equal(oidSHA512):
		return crypto.SHA512
	}
	return 0
}

// verifyTokenSignature checks the signature and its signed attributes, and gives the certificate that made it.
func verifyTokenSignature(content []byte, s *tokenSigner, certs []*x509.Certificate) (*x509.Certificate, error) {
	signer := findSigner(s, certs)
	if signer == nil {
		return nil, failf(CodeAnchor, "the token does not carry the certificate that signed it")
	}
	hash := hashOf(s.DigestAlgorithm.Algorithm)
	algorithm := signatureAlgorithm(s.SignatureAlgorithm.Algorithm, hash)
	if hash == 0 || algorithm == x509.UnknownSignatureAlgorithm {
		return nil, failf(CodeAnchor, "the token is signed with an algorithm that is not accepted")
	}
	if len(s.SignedAttrs.Bytes) == 0 {
		return nil, failf(CodeAnchor, "the token has no signed attributes")
	}
	if err := checkAttributes(s.SignedAttrs.Bytes, content, hash, signer); err != nil {
		return nil, err
	}
	signed, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true, Bytes: s.SignedAttrs.Bytes})
	if err != nil || signer.CheckSignature(algorithm, signed, s.Signature) != nil {
		return nil, failf(CodeAnchor, "the signature of the token does not fit")
	}
	return signer, nil
}

func findSigner(s *tokenSigner, certs []*x509.Certificate) *x509.Certificate {
	i := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
		if s.SID.Class == asn1.ClassContextSpecific && s.SID.Tag == 0 {
			return len(c.SubjectKeyId) > 0 && bytes.Equal(c.SubjectKeyId, s.SID.Bytes)
		}
		var id issuerAndSerial
		rest, err := asn1.Unmarshal(s.SID.FullBytes, &id)
		return err == nil && len(rest) == 0 && bytes.Equal(c.RawIssuer, id.Issuer.FullBytes) && c.SerialNumber.Cmp(id.Serial) == 0
	})
	if i < 0 {
		return nil
	}
	return certs[i]
}

func signatureAlgorithm(oid asn1.ObjectIdentifier, hash crypto.Hash) x509.SignatureAlgorithm {
	pick := func(with256, with384, with512 x509.SignatureAlgorithm) x509.SignatureAlgorithm {
		switch hash {
		case crypto.SHA256:
			return with256
		case crypto.SHA384:
			return with384
		case crypto.SHA512:
			return with512
		}
		return x509.UnknownSignatureAlgorithm
	}
	switch {
	case oid.Equal(oidRSA):
		return pick(x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA)
	case oid.Equal(oidRSAPSS):
		return pick(x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS)
	case oid.Equal(oidSHA256WithRSA):
		return x509.SHA256WithRSA
	case oid.Equal(oidSHA384WithRSA):
		return x509.SHA384WithRSA
	case oid.Equal(oidSHA512WithRSA):
		return x509.SHA512WithRSA
	case oid.Equal(oidECPublicKey):
		return pick(x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512)
	case oid.Equal(append(slices.Clone(oidECDSAWithSHA2), 2)):
		return x509.ECDSAWithSHA256
	case oid.Equal(append(slices.Clone(oidECDSAWithSHA2), 3)):
		return x509.ECDSAWithSHA384
	case oid.Equal(append(slices.Clone(oidECDSAWithSHA2), 4)):
		return x509.ECDSAWithSHA512
	case oid.Equal(oidEd25519):
		return x509.PureEd25519
	}
	return x509.UnknownSignatureAlgorithm
}

// checkAttributes wants the signed attributes to name the content's type and digest and the signing certificate, each
// once (RFC 3161 2.4.2, RFC 5816).
func checkAttributes(der, content []byte, hash crypto.Hash, signer *x509.Certificate) error {
	values := make(map[string][]byte)
	for len(der) > 0 {
		var a attribute
		rest, err := asn1.Unmarshal(der, &a)
		if err != nil {
			return failf(CodeAnchor, "the signed attributes of the token are malformed")
		}
		if _, twice := values[a.Type.String()]; twice {
			return failf(CodeAnchor, "a signed attribute of the token stands twice")
		}
		values[a.Type.String()] = a.Values.Bytes
		der = rest
	}
	var contentType asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(values[oidContentType.String()], &contentType); err != nil || len(rest) > 0 || !contentType.Equal(oidTSTInfo) {
		return failf(CodeAnchor, "the signature of the token is not one of a time stamp")
	}
	h := hash.New()
	h.Write(content)
	var digest []byte
	if rest, err := asn1.Unmarshal(values[oidMessageDigest.String()], &digest); err != nil || len(rest) > 0 || !bytes.Equal(digest, h.Sum(nil)) {
		return failf(CodeAnchor, "the signature of the token is of another time stamp")
	}
	if !namesCertificate(values, signer) {
		return failf(CodeAnchor, "the signature of the token does not name its certificate")
	}
	return nil
}

// namesCertificate reads the first ESSCertID of a signing-certificate attribute, of either version.
func namesCertificate(values map[string][]byte, signer *x509.Certificate) bool {
	v2, hash := true, crypto.SHA256
	der, ok := values[oidSigningCertV2.String()]
	if !ok {
		v2, hash = false, crypto.SHA1
		if der, ok = values[oidSigningCert.String()]; !ok {
			return false
		}
	}
	var attr struct {
		Certs    []asn1.RawValue
		Policies asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(der, &attr); err != nil || len(rest) > 0 || len(attr.Certs) == 0 {
		return false
	}
	rest := attr.Certs[0].Bytes
	if v2 {
		var algorithm pkix.AlgorithmIdentifier // absent means SHA-256
		if after, err := asn1.Unmarshal(rest, &algorithm); err == nil {
			rest, hash = after, hashOf(algorithm.Algorithm)
		}
	}
	var digest []byte
	if _, err := asn1.Unmarshal(rest, &digest); err != nil || hash == 0 {
		return false
	}
	h := hash.New()
	h.Write(signer.Raw)
	return bytes.Equal(digest, h.Sum(nil))
}

// checkTokenChain wants the signer's certificate to be for time stamping only, critically so (RFC 3161 2.3), and to lead
// to a root at the stamped time.
func checkTokenChain(signer *x509.Certificate, certs []*x509.Certificate, roots *x509.CertPool, at time.Time) error {
	critical := slices.ContainsFunc(signer.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidExtKeyUsage) && e.Critical })
	if !critical || len(signer.UnknownExtKeyUsage) > 0 || len(signer.ExtKeyUsage) != 1 || signer.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping {
		return failf(CodeAnchor, "the certificate of the token is not for time stamping only")
	}
	between := x509.NewCertPool()
	for _, c := range certs {
		between.AddCert(c)
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return failf(CodeAnchor, "the certificate of the token does not lead to a time root: %s", Display(err.Error()))
	}
	return nil
}
