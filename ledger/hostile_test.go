package ledger

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"
)

// FuzzNotes: whatever stands in a file for heads, proofs, keys and revocations is read without harm, and what is accepted
// has one spelling.
func FuzzNotes(f *testing.F) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	head := Checkpoint{Origin: "reviews.corp.example/erp/7f3a9c21", Head: Head{Size: 20, Root: Sum(nil)}}
	skey, vkey, err := GenerateNoteKey(head.Origin, bytes.NewReader(make([]byte, 64)))
	if err != nil {
		f.Fatal(err)
	}
	note, err := SignCheckpoint(head, skey)
	if err != nil {
		f.Fatal(err)
	}
	wkey, witness, err := GenerateWitnessKey("witness.example/w", bytes.NewReader(make([]byte, 64)))
	if err != nil {
		f.Fatal(err)
	}
	cosigned, err := Cosign(note, wkey, at)
	if err != nil {
		f.Fatal(err)
	}
	proof := FormatProof(Proof{Index: 7, Hashes: []Hash{Sum(nil), Sum([]byte("x"))}, Checkpoint: note})
	revoked, err := FormatRevocations([]Revocation{{"SHA256:HWFjfbHVcZXF7JLDm1XVA8Cjk43OOsBREWGuw/kL6bo", at, "stolen"}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{note, cosigned, proof, revoked, []byte(vkey), []byte(witness), FormatHashes([]Hash{Sum(nil)})} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		VerifyCosignature(b, witness) //nolint:errcheck // any answer will do
		HasCosignature(b, witness)
		Cosignature(b, vkey, witness) //nolint:errcheck
		earlierHead(b)                //nolint:errcheck
		if c, err := VerifyCheckpoint(b, vkey); err == nil && !bytes.HasPrefix(b, FormatCheckpoint(c)) {
			t.Errorf("%q is read as the head %v", b, c)
		}
		if c, err := ParseCheckpoint(b); err == nil && !bytes.Equal(FormatCheckpoint(c), b) {
			t.Errorf("%q became %q", b, FormatCheckpoint(c))
		}
		if p, err := ParseProof(b); err == nil {
			if !bytes.Equal(FormatProof(p), b) {
				t.Errorf("%q became %q", b, FormatProof(p))
			}
			for _, size := range []int64{0, 1, p.Index, p.Index + 1, maxNumber} {
				if CheckInclusion(p.Hashes, Head{Size: size, Root: Sum(b)}, p.Index, Sum(nil)) == nil {
					t.Errorf("%q proves a made-up root", b)
				}
			}
		}
		if hashes, err := ParseHashes(b); err == nil {
			if !bytes.Equal(FormatHashes(hashes), b) {
				t.Errorf("%q became %q", b, FormatHashes(hashes))
			}
			for _, old := range []int64{0, 1, 2, maxNumber - 1} {
				if CheckConsistency(hashes, Head{old, Sum(b)}, Head{maxNumber, Sum(nil)}) == nil {
					t.Errorf("%q proves two made-up roots", b)
				}
			}
		}
		if list, err := ParseRevocations(b); err == nil {
			if again, err := FormatRevocations(list); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%q became %q", b, again)
			}
		}
		ParseVerifierKey(b) //nolint:errcheck
		ParseWitnessKey(b)  //nolint:errcheck
	})
}

// FuzzTimestamp: any bytes are read as a time stamp answer without harm.
func FuzzTimestamp(f *testing.F) {
	head := vectorHead(f, 13)
	f.Fuzz(func(t *testing.T, b []byte) {
		stamp, err := ParseTimestamp(b)
		if err != nil {
			return
		}
		// The certificates it carries are trusted here, so that all that can be reached is.
		roots := x509.NewCertPool()
		for _, c := range stamp.certs {
			roots.AddCert(c)
		}
		VerifyTimestamp(b, head, roots) //nolint:errcheck
		if signer, err := verifyTokenSignature(stamp.content, &stamp.signer, stamp.certs); err == nil {
			checkTokenChain(signer, stamp.certs, roots, stamp.Time) //nolint:errcheck
		}
	})
}

// TestClaimedSizesReserveLittle: statements that claim populations and imports nobody supplied do not make a verifier
// reserve memory for each of them.
func TestClaimedSizesReserveLittle(t *testing.T) {
	f := newForge(t)
	f.standardRoster()
	imp := f.importRows("erp", []string{"a", "b"})
	for i := range 12 {
		f.campaign(fmt.Sprintf("c%d", i), imp, "any", reviewer)
		all := f.r.Campaigns()
		claim := *all[len(all)-1].Campaign
		claim.Campaign, claim.Items = fmt.Sprintf("claim%d", i), maxNumber
		f.sign(manager, &claim)
		f.w.members[claim.Campaign], f.w.assigns[claim.Campaign] = f.w.members["c0"], f.w.assigns["c0"]
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if r := f.verify(Options{}); !r.Has(CodePopulation) {
		t.Errorf("the claims are believed: %v", r.Failures)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 1500 {
		t.Errorf("%d MiB were allocated for what nobody supplied", got)
	}
}

// TestLongKeyInToken: a time stamp whose certificate has a key so long that asking it takes hours is refused unasked.
func TestLongKeyInToken(t *testing.T) {
	good := newAuthority(t, "-newkey rsa:2048", "tsa", "sha256", "sha256").stamp(t, vectorHead(t, 13))
	token, err := TimestampToken(good)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	long := &rsa.PublicKey{N: new(big.Int).Lsh(signer.N, MaxRSABits), E: signer.E}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, long, signer)
	if err != nil {
		t.Fatal(err)
	}
	var info contentInfo
	var data signedData
	if _, err := asn1.Unmarshal(token, &info); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(info.Content.Bytes, &data); err != nil {
		t.Fatal(err)
	}
	data.Certificates = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
	inner, err := asn1.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	info.Content = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}
	bad, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseTimestamp(bad); err == nil || !strings.Contains(err.Error(), "18432 bits") {
		t.Errorf("a key of 18,432 bits: %v", err)
	}
}
