package ledger

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// authority is a time-stamping authority made with openssl.
type authority struct {
	dir   string
	roots *x509.CertPool
}

const tsaConfig = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = tickmark test
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[both]
extendedKeyUsage = critical,timeStamping,clientAuth
[soft]
extendedKeyUsage = timeStamping
[tsa_config]
serial = %DIR%/serial
signer_digest = %MD%
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = %ESS%
ordering = no
tsa_name = no
`

// newAuthority makes a root and a stamping certificate with the given key type and extensions.
func newAuthority(t *testing.T, algorithm, extensions, md, ess string) *authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	a := &authority{dir: t.TempDir(), roots: x509.NewCertPool()}
	config := strings.NewReplacer("%DIR%", a.dir, "%MD%", md, "%ESS%", ess).Replace(tsaConfig)
	if err := os.WriteFile(a.path("cnf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.path("serial"), []byte("01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.openssl(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=root", "-days", "30",
		"-config", a.path("cnf"), "-extensions", "ca", "-keyout", a.path("root.key"), "-out", a.path("root.pem"))
	newKey := strings.Fields(algorithm)
	a.openssl(t, append([]string{"req", "-new", "-nodes", "-subj", "/CN=tsa", "-config", a.path("cnf"), "-keyout", a.path("tsa.key"), "-out", a.path("tsa.csr")}, newKey...)...)
	a.openssl(t, "x509", "-req", "-in", a.path("tsa.csr"), "-CA", a.path("root.pem"), "-CAkey", a.path("root.key"), "-CAcreateserial",
		"-days", "20", "-extfile", a.path("cnf"), "-extensions", extensions, "-out", a.path("tsa.pem"))
	root, err := os.ReadFile(a.path("root.pem"))
	if err != nil || !a.roots.AppendCertsFromPEM(root) {
		t.Fatal("no root: ", err)
	}
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// stamp lets openssl answer a request of ours.
func (a *authority) stamp(t *testing.T, c Checkpoint) []byte {
	t.Helper()
	request, err := TimestampRequest(c, big.NewInt(123456789))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.path("request.tsq"), request, 0o600); err != nil {
		t.Fatal(err)
	}
	a.openssl(t, "ts", "-reply", "-config", a.path("cnf"), "-section", "tsa_config", "-queryfile", a.path("request.tsq"),
		"-signer", a.path("tsa.pem"), "-inkey", a.path("tsa.key"), "-out", a.path("answer.tsr"))
	answer, err := os.ReadFile(a.path("answer.tsr"))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func vectorHead(t testing.TB, size int64) Checkpoint {
	log, entries := readLog(t)
	var tree Tree
	for _, e := range entries[:size] {
		tree.Append(LeafHash(e))
	}
	return Checkpoint{log.Origin, tree.Head()}
}

func TestTimestampsOfOpenSSL(t *testing.T) {
	head := vectorHead(t, 13)
	for _, c := range []struct{ name, key, md, ess string }{
		{"rsa", "-newkey rsa:2048", "sha256", "sha256"},
		{"rsa with sha512 and old certificate id", "-newkey rsa:2048", "sha512", "sha1"},
		{"ecdsa", "-newkey ec -pkeyopt ec_paramgen_curve:P-384", "sha384", "sha512"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, c.key, "tsa", c.md, c.ess)
			answer := a.stamp(t, head)
			// openssl agrees about its own answer, so what follows is about this package.
			a.openssl(t, "ts", "-verify", "-in", a.path("answer.tsr"), "-queryfile", a.path("request.tsq"), "-CAfile", a.path("root.pem"))
			at, err := VerifyTimestamp(answer, head, a.roots)
			if err != nil || time.Since(at).Abs() > time.Hour {
				t.Fatalf("%v, %v", at, err)
			}
			token, err := TimestampToken(answer)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := VerifyTimestamp(token, head, a.roots); err != nil || !again.Equal(at) {
				t.Errorf("bare token: %v, %v", again, err)
			}
			other := head
			other.Size++
			_, err = VerifyTimestamp(answer, other, a.roots)
			wantCode(t, err, CodeAnchor)
			_, err = VerifyTimestamp(answer, head, x509.NewCertPool())
			wantCode(t, err, CodeAnchor)
			for bit := 3; bit < len(token)*8; bit += 41 {
				bad := bytes.Clone(token)
				bad[bit/8] ^= 1 << (bit % 8)
				// Certificates beside the signer's, policy and the like may change without harm; time and head may not.
				if when, err := VerifyTimestamp(bad, head, a.roots); err == nil && !when.Equal(at) {
					t.Errorf("bit %d flipped and accepted with time %v", bit, when)
				}
			}
		})
	}
}

func TestTimestampPurpose(t *testing.T) {
	head := vectorHead(t, 13)
	good := newAuthority(t, "-newkey rsa:2048", "tsa", "sha256", "sha256")
	answer := good.stamp(t, head)
	token, err := TimestampToken(answer)
	if err != nil {
		t.Fatal(err)
	}
	// openssl itself refuses to stamp with other certificates, so take a good token and judge other certificates.
	for _, extensions := range []string{"both", "soft", "ca"} {
		bad := newAuthority(t, "-newkey rsa:2048", extensions, "sha256", "sha256")
		block, _ := os.ReadFile(bad.path("tsa.pem"))
		cert := parsePEM(t, block)
		wantCode(t, checkTokenChain(cert, []*x509.Certificate{cert}, bad.roots, time.Now()), CodeAnchor)
	}
	cert := parsePEM(t, readFile(t, good.path("tsa.pem")))
	if err := checkTokenChain(cert, nil, good.roots, time.Now()); err != nil {
		t.Error(err)
	}
	wantCode(t, checkTokenChain(cert, nil, good.roots, time.Now().AddDate(1, 0, 0)), CodeAnchor)
	for _, bad := range [][]byte{nil, {0x30, 0x00}, []byte("hello"), token[:len(token)/2], append(bytes.Clone(token), 0)} {
		_, err := VerifyTimestamp(bad, head, good.roots)
		wantCode(t, err, CodeAnchor)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parsePEM(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestCosignatures(t *testing.T) {
	skey, vkey, err := GenerateWitnessKey("witness.example/w1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, err := GenerateWitnessKey("witness.example/w1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed := readVector(t, "log/checkpoint-13")
	log, _ := readLog(t)
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	cosigned, err := Cosign(signed, skey, at)
	if err != nil {
		t.Fatal(err)
	}
	head, when, err := VerifyCosignature(cosigned, vkey)
	if err != nil || !when.Equal(at) || head != vectorHead(t, 13) {
		t.Fatal(head, when, err)
	}
	if c, err := VerifyCheckpoint(cosigned, log.VKey); err != nil || c != head {
		t.Errorf("the log's own line: %v", err)
	}
	_, _, err = VerifyCosignature(cosigned, stranger)
	wantCode(t, err, CodeCheckpoint)
	_, _, err = VerifyCosignature(signed, vkey)
	wantCode(t, err, CodeCheckpoint)
	_, _, err = VerifyCosignature(cosigned, log.VKey)
	wantCode(t, err, CodeCheckpoint)
	later, err := Cosign(cosigned, skey, at.Add(time.Hour))
	if err != nil || len(later) != len(cosigned) {
		t.Fatalf("%d bytes, %v", len(later), err)
	}
	if _, when, err = VerifyCosignature(later, vkey); err != nil || !when.Equal(at.Add(time.Hour)) {
		t.Errorf("cosigned again: %v, %v", when, err)
	}
	for bit := range len(cosigned) * 8 {
		bad := bytes.Clone(cosigned)
		bad[bit/8] ^= 1 << (bit % 8)
		_, _, errWitness := VerifyCosignature(bad, vkey)
		_, errLog := VerifyCheckpoint(bad, log.VKey)
		if errWitness == nil && errLog == nil {
			t.Errorf("bit %d flipped and both accept", bit)
		}
	}
	for _, bad := range []string{"", "name", vkey + "x", strings.ToUpper(vkey), strings.Replace(vkey, "w1", "w2", 1), log.VKey} {
		if _, err := newCosigner(bad); err == nil {
			t.Errorf("key %q is accepted", bad)
		}
	}
	if _, err := Cosign(signed, vkey, at); err == nil {
		t.Error("a public key cosigns")
	}
}

// TestOutsideProofs anchors a ledger with a witness's line and a time stamp and wants their times to count.
func TestOutsideProofs(t *testing.T) {
	skey, vkey, err := GenerateWitnessKey("witness.example/w1", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	logKey, logVKey, err := GenerateNoteKey(forgeLog, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	build := func(t *testing.T, shift time.Duration, bend func(a *Anchor)) *forge {
		f := newForge(t)
		f.standardRoster()
		imp := f.importRows("erp", names(3))
		note, err := SignCheckpoint(Checkpoint{f.log, f.r.Head()}, logKey)
		f.must(err)
		at := f.now.Add(time.Minute).Add(shift)
		note, err = Cosign(note, skey, at)
		f.must(err)
		f.w.files[Sum(note)] = note
		f.now = f.now.Add(2 * time.Minute)
		a := &Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorWitness, Holder: "the witness", TokenSHA256: Sum(note), TokenTime: at}
		if bend != nil {
			bend(a)
		}
		f.append(a)
		f.campaign("q1", imp, "any", reviewer)
		f.decide(f.decision("q1", imp, 1, VerdictKeep, reviewer))
		return f
	}
	o := Options{Witnesses: []string{vkey}, WitnessesFrom: "mail", VKey: logVKey}
	r := build(t, 0, nil).verify(o)
	wantOnly(t, r)
	if r.Proven != 3 || !r.OutsideProof {
		t.Errorf("proven %d", r.Proven)
	}
	r = build(t, 0, nil).verify(Options{})
	wantOnly(t, r)
	if r.Proven != 0 || len(r.NotChecked) == 0 {
		t.Errorf("proven %d without a witness key", r.Proven)
	}
	wantOnly(t, build(t, -10*time.Minute, nil).verify(o), CodeTime) // the import claims to be younger than its proof
	wantOnly(t, build(t, 48*time.Hour, nil).verify(o), CodeTime)    // the campaign claims to be older than what it had seen
	wantOnly(t, build(t, 0, func(a *Anchor) { a.TokenTime = a.TokenTime.Add(time.Second) }).verify(o), CodeAnchor)
	wantOnly(t, build(t, 0, func(a *Anchor) { a.Size = 2 }).verify(o), CodeAnchor)
}

// TestTimestampAnchors anchors a ledger with a time stamp of openssl's.
func TestTimestampAnchors(t *testing.T) {
	a := newAuthority(t, "-newkey rsa:2048", "tsa", "sha256", "sha256")
	stranger := newAuthority(t, "-newkey rsa:2048", "tsa", "sha256", "sha256")
	build := func(bend func(e *Anchor, f *forge)) *forge {
		f := newForge(t)
		f.now = time.Now().Add(-time.Hour).Truncate(time.Second)
		f.standardRoster()
		f.importRows("erp", names(2))
		token, err := TimestampToken(a.stamp(t, Checkpoint{f.log, f.r.Head()}))
		f.must(err)
		f.w.files[Sum(token)] = token
		e := &Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorTimestamp, Holder: "the authority", TokenSHA256: Sum(token)}
		if bend != nil {
			bend(e, f)
		}
		f.append(e)
		f.now = time.Now().Add(time.Minute).Truncate(time.Second)
		f.importRows("erp", names(3))
		return f
	}
	own := Options{TimeRoots: a.roots, TimeRootsFrom: "mail"}
	for name, c := range map[string]struct {
		bend   func(e *Anchor, f *forge)
		o      Options
		proven int64
		codes  []Code
	}{
		"good":                  {nil, own, 3, nil},
		"no roots":              {nil, Options{}, 0, nil},
		"other roots":           {nil, Options{TimeRoots: stranger.roots}, 0, []Code{CodeAnchor}},
		"token not supplied":    {func(e *Anchor, f *forge) { delete(f.w.files, e.TokenSHA256) }, own, 0, nil},
		"token changed":         {func(e *Anchor, f *forge) { f.w.files[e.TokenSHA256] = []byte("x") }, own, 0, []Code{CodeAnchor}},
		"token of older head":   {func(e *Anchor, f *forge) { e.Size = 2; e.Root, _ = f.r.Nodes().RootAt(2) }, own, 0, []Code{CodeAnchor}},
		"another time stated":   {func(e *Anchor, _ *forge) { e.TokenTime = time.Unix(1e9, 0).UTC() }, own, 0, []Code{CodeAnchor}},
		"a root that never was": {func(e *Anchor, _ *forge) { e.Root[0] ^= 1 }, own, 0, []Code{CodeAnchor}},
	} {
		r := build(c.bend).verify(c.o)
		if len(r.Failures) != len(c.codes) {
			t.Errorf("%s:", name)
		}
		wantOnly(t, r, c.codes...)
		if r.Proven != c.proven || r.OutsideProof != (c.proven > 0) {
			t.Errorf("%s: proven %d", name, r.Proven)
		}
		if c.proven == 0 && len(c.codes) == 0 && len(r.NotChecked) == 0 {
			t.Errorf("%s: the report does not say that the token was not checked", name)
		}
	}
}

func TestCosignedBySomebodyElse(t *testing.T) {
	f := started(t, "any")
	skey, vkey, err := GenerateWitnessKey("w1", rand.Reader)
	f.must(err)
	_, other, err := GenerateWitnessKey("w2", rand.Reader)
	f.must(err)
	logKey, _, err := GenerateNoteKey(f.log, rand.Reader)
	f.must(err)
	older, _ := f.r.Nodes().RootAt(2)
	for _, c := range []struct {
		head      Head
		witnesses []string
		codes     []Code
	}{
		{f.r.Head(), []string{vkey}, nil},
		{f.r.Head(), []string{other, vkey}, nil},
		{f.r.Head(), []string{other}, nil},
		{Head{2, older}, []string{vkey}, []Code{CodeAnchor}},
	} {
		note, err := SignCheckpoint(Checkpoint{f.log, c.head}, logKey)
		f.must(err)
		note, err = Cosign(note, skey, f.now.Add(time.Minute))
		f.must(err)
		w := *f.w
		w.files[Sum(note)] = note
		text, err := Format(&Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorWitness, Holder: "w1", TokenSHA256: Sum(note)})
		f.must(err)
		w.entries = append(slices.Clone(f.w.entries), text)
		r := w.verify(t, Options{Witnesses: c.witnesses})
		wantOnly(t, r, c.codes...)
		proves := len(c.codes) == 0 && slices.Contains(c.witnesses, vkey)
		if r.OutsideProof != proves {
			t.Errorf("%v: outside proof %v", c.head, r.OutsideProof)
		}
		if len(c.codes) == 0 && !proves && !slices.ContainsFunc(r.NotChecked, func(s string) bool { return strings.Contains(s, "the witness at") }) {
			t.Errorf("the report does not say that a stranger's line was not checked: %v", r.NotChecked)
		}
	}
	if _, err := Verify(t.Context(), f.w.input(), Options{Witnesses: []string{"junk"}}); err == nil {
		t.Error("a witness key that is none is accepted")
	}
}
