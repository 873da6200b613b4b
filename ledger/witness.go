package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A witness is somebody outside who has seen that heads of a ledger only grow, and says so with a signature and a time of
// their own: a C2SP cosignature/v1, a further line of the head's signed note. Verifiers who trust the witness then know
// how old a head is at least, and that nobody was shown another ledger of that size.

// cosignatureAlgorithm is that of cosignature/v1 keys in the note format.
const cosignatureAlgorithm = 0x04

// cosigner is the public half of a witness key; it implements note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Verify checks the eight bytes of time and the signature that a line holds behind its key hash.
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.key, cosignedMessage(msg, binary.BigEndian.Uint64(sig)), sig[8:])
}

func cosignedMessage(text []byte, unix uint64) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", unix), text...)
}

func makeCosigner(name string, key ed25519.PublicKey) *cosigner {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{cosignatureAlgorithm})
	h.Write(key)
	return &cosigner{name, binary.BigEndian.Uint32(h.Sum(nil)), key}
}

func (c *cosigner) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.hash, base64.StdEncoding.EncodeToString(append([]byte{cosignatureAlgorithm}, c.key...)))
}

// newCosigner reads the public key of a witness: name+hash+key, algorithm 4.
func newCosigner(vkey string) (*cosigner, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	blob, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(blob) != 1+ed25519.PublicKeySize || blob[0] != cosignatureAlgorithm || !validWitness(name) {
		return nil, failf(CodeCheckpoint, "the witness key is not one line name+hash+key with algorithm 4")
	}
	c := makeCosigner(name, blob[1:])
	if c.vkey() != vkey || !goodPoint(c.key) {
		return nil, failf(CodeCheckpoint, "the witness key of %s is damaged", name)
	}
	return c, nil
}

// validWitness accepts names that a note can carry.
func validWitness(name string) bool {
	return name != "" && all(name, func(c byte) bool { return c > 0x20 && c < 0x7f && c != '+' })
}

const witnessPrivate = "PRIVATE+KEY+"

// GenerateWitnessKey makes an Ed25519 key for [Cosign]. skey is secret.
func GenerateWitnessKey(name string, random io.Reader) (skey, vkey string, err error) {
	if !validWitness(name) {
		return "", "", failf(CodeFormat, "%s cannot be the name of a witness", quote(name))
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return "", "", err
	}
	defer clear(seed)
	c := makeCosigner(name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	skey = fmt.Sprintf("%s%s+%08x+%s", witnessPrivate, name, c.hash, base64.StdEncoding.EncodeToString(append([]byte{cosignatureAlgorithm}, seed...)))
	return skey, c.vkey(), nil
}

// readWitnessKey reads the secret key of a witness.
func readWitnessKey(skey string) (*cosigner, ed25519.PrivateKey, error) {
	rest, ok := strings.CutPrefix(skey, witnessPrivate)
	name, rest, _ := strings.Cut(rest, "+")
	hash, encoded, _ := strings.Cut(rest, "+")
	blob, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(blob) != 1+ed25519.SeedSize || blob[0] != cosignatureAlgorithm {
		return nil, nil, failf(CodeCheckpoint, "the witness's secret key is malformed")
	}
	private := ed25519.NewKeyFromSeed(blob[1:])
	c := makeCosigner(name, private.Public().(ed25519.PublicKey))
	if fmt.Sprintf("%08x", c.hash) != hash {
		return nil, nil, failf(CodeCheckpoint, "the witness's secret key is damaged")
	}
	return c, private, nil
}

// Cosign adds a witness's line to a signed head, or puts a newer one in its place. at is the witness's own clock. The
// caller must have checked the head ([VerifyCheckpoint]) and that it extends the last one it cosigned
// ([CheckConsistency]): that is what a cosignature says.
func Cosign(signed []byte, skey string, at time.Time) ([]byte, error) {
	c, private, err := readWitnessKey(skey)
	if err != nil {
		return nil, err
	}
	i := bytes.LastIndex(signed, []byte("\n\n"))
	if i < 0 || at.Unix() <= 0 {
		return nil, failf(CodeCheckpoint, "there is no signed note to cosign, or no time")
	}
	unix := uint64(at.Unix())
	blob := binary.BigEndian.AppendUint32(nil, c.hash)
	blob = binary.BigEndian.AppendUint64(blob, unix)
	blob = append(blob, ed25519.Sign(private, cosignedMessage(signed[:i+1], unix))...)

	out := bytes.Clone(signed[:i+2])
	for _, line := range signatureLines(signed) {
		if hash, ok := lineHash(line, c.name); !ok || hash != c.hash {
			out = append(out, line+"\n"...)
		}
	}
	return append(out, noteDash+c.name+" "+base64.StdEncoding.EncodeToString(blob)+"\n"...), nil
}

// lineHash gives the key hash of a signature line of the given name.
func lineHash(line, name string) (uint32, bool) {
	sig, ok := strings.CutPrefix(line, noteDash+name+" ")
	blob, err := base64.StdEncoding.DecodeString(sig)
	if !ok || err != nil || len(blob) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(blob), true
}

// ParseWitnessKey reads the public key of a witness as it stands in a file: one line, with or without its line feed. It
// gives the line and the witness's name. The error is a [*Failure] with CodeCheckpoint.
func ParseWitnessKey(file []byte) (vkey, name string, err error) {
	vkey = strings.TrimSuffix(string(file), "\n")
	c, err := newCosigner(vkey)
	if err != nil {
		return "", "", err
	}
	return vkey, c.name, nil
}

// WitnessKey gives the public form of a witness's secret key.
func WitnessKey(skey string) (vkey string, err error) {
	c, _, err := readWitnessKey(skey)
	if err != nil {
		return "", err
	}
	return c.vkey(), nil
}

// HasCosignature reports whether a note holds a line that names the witness's key. It does not check the line.
func HasCosignature(signed []byte, witness string) bool {
	c, err := newCosigner(witness)
	return err == nil && slices.ContainsFunc(signatureLines(signed), func(line string) bool {
		hash, ok := lineHash(line, c.name)
		return ok && hash == c.hash
	})
}

// Cosignature gives the note with the log's line and the witness's alone: what an anchor of type witness names by its
// hash. The error is a [*Failure] with CodeCheckpoint.
func Cosignature(signed []byte, vkey, witness string) ([]byte, error) {
	c, err := newCosigner(witness)
	if err != nil {
		return nil, err
	}
	n, verifier, err := openNote(signed, vkey)
	if err != nil {
		return nil, err
	}
	out := append([]byte(n.Text), '\n')
	for _, line := range signatureLines(signed) {
		log, isLog := lineHash(line, verifier.Name())
		own, isOwn := lineHash(line, c.name)
		if isLog && log == verifier.KeyHash() || isOwn && own == c.hash {
			out = append(out, line+"\n"...)
		}
	}
	return out, nil
}

// VerifyCosignature checks that a witness has cosigned a head, and gives the head and the witness's time. It does not
// check the log's own line: see [VerifyCheckpoint]. The error is a [*Failure] with CodeCheckpoint.
func VerifyCosignature(signed []byte, witness string) (Checkpoint, time.Time, error) {
	c, err := newCosigner(witness)
	if err != nil {
		return Checkpoint{}, time.Time{}, err
	}
	n, err := openStrict(signed, c)
	if err != nil {
		return Checkpoint{}, time.Time{}, err
	}
	head, err := ParseCheckpoint([]byte(n.Text))
	if err != nil {
		return Checkpoint{}, time.Time{}, err
	}
	blob, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(blob) < 12 {
		return Checkpoint{}, time.Time{}, failf(CodeCheckpoint, "the cosignature of %s is malformed", c.name)
	}
	unix := binary.BigEndian.Uint64(blob[4:])
	if unix == 0 || unix > maxUnix {
		return Checkpoint{}, time.Time{}, failf(CodeCheckpoint, "the cosignature of %s states no time: %s", c.name, strconv.FormatUint(unix, 10))
	}
	return head, time.Unix(int64(unix), 0).UTC(), nil
}

// maxUnix is the last second that type `time` can write.
const maxUnix = 253402300799

var _ note.Verifier = (*cosigner)(nil)
