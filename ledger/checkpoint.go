package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is the head of a named ledger, a C2SP checkpoint without extension (ledger.md 5.4).
type Checkpoint struct {
	Origin string // the ledger's name
	Head
}

// FormatCheckpoint writes the three lines that are signed: name, size, root.
func FormatCheckpoint(c Checkpoint) []byte {
	b := append([]byte(c.Origin), '\n')
	b = strconv.AppendInt(b, c.Size, 10)
	b = append(b, '\n')
	b = c.Root.appendTree(b)
	return append(b, '\n')
}

// ParseCheckpoint reads the three lines and nothing else. The error is a [*Failure] with CodeCheckpoint.
func ParseCheckpoint(text []byte) (Checkpoint, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || lines[3] != "" || !ValidLog(lines[0]) {
		return Checkpoint{}, failf(CodeCheckpoint, "the head is not the three lines name, size and root")
	}
	size, ok := parseNumber(lines[1])
	root, err := ParseTree(lines[2])
	if !ok || err != nil {
		return Checkpoint{}, failf(CodeCheckpoint, "the head names no size and root")
	}
	return Checkpoint{lines[0], Head{size, root}}, nil
}

// GenerateNoteKey makes the Ed25519 key that signs a ledger's heads. skey is secret and goes into a file of its own;
// vkey is public. This key serves witnesses; it is not what makes a decision authentic.
func GenerateNoteKey(log string, random io.Reader) (skey, vkey string, err error) {
	if !ValidLog(log) {
		return "", "", failf(CodeFormat, "%s is not the name of a ledger", quote(log))
	}
	return note.GenerateKey(random, log)
}

// VerifierKey gives the public form of a note key.
func VerifierKey(skey string) (vkey string, err error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return "", failf(CodeCheckpoint, "the note key is malformed")
	}
	// "PRIVATE+KEY+<name>+<hash>+<base64 of algorithm and seed>"; note has checked it. Base64 may hold a plus, too.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return "", failf(CodeCheckpoint, "the note key is malformed")
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(s.Name(), public)
}

// SignCheckpoint writes the signed note of a head, under the ledger's note key, whose name must be the ledger's.
func SignCheckpoint(c Checkpoint, skey string) ([]byte, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, failf(CodeCheckpoint, "the note key is malformed")
	}
	if signer.Name() != c.Origin {
		return nil, failf(CodeCheckpoint, "the note key is one of %s, not of %s", quote(signer.Name()), quote(c.Origin))
	}
	signed, err := note.Sign(&note.Note{Text: string(FormatCheckpoint(c))}, signer)
	if err != nil {
		return nil, failf(CodeCheckpoint, "the head could not be signed: %v", err)
	}
	return signed, nil
}

// VerifyCheckpoint checks a signed note under the ledger's note key and gives its head. Lines of witnesses may follow the
// log's; they are not judged here (see [VerifyCosignature]), but must be spelled as notes are. The error is a [*Failure]
// with CodeCheckpoint.
func VerifyCheckpoint(signed []byte, vkey string) (Checkpoint, error) {
	n, verifier, err := openNote(signed, vkey)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint([]byte(n.Text))
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != verifier.Name() {
		return Checkpoint{}, failf(CodeCheckpoint, "the head is of %s but its key of %s", quote(c.Origin), quote(verifier.Name()))
	}
	return c, nil
}

// ParseVerifierKey reads a note key as it stands in a file: one line, with or without its line feed. It gives the line.
func ParseVerifierKey(file []byte) (vkey string, err error) {
	vkey = strings.TrimSuffix(string(file), "\n")
	v, err := note.NewVerifier(vkey)
	parts := strings.SplitN(vkey, "+", 3)
	if err == nil && len(parts) == 3 {
		key, decodeErr := base64.StdEncoding.DecodeString(parts[2])
		if decodeErr == nil && vkey == fmt.Sprintf("%s+%08x+%s", v.Name(), v.KeyHash(), base64.StdEncoding.EncodeToString(key)) {
			return vkey, nil
		}
	}
	return "", failf(CodeCheckpoint, "the log key is not one line of the form name+hash+key")
}

// openNote opens a note under one key and refuses other spellings of it.
func openNote(signed []byte, vkey string) (*note.Note, note.Verifier, error) {
	if _, err := ParseVerifierKey([]byte(vkey)); err != nil {
		return nil, nil, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, failf(CodeCheckpoint, "the log key is malformed")
	}
	n, err := openStrict(signed, verifier)
	return n, verifier, err
}

// openStrict opens a note that the verifier's key has signed.
func openStrict(signed []byte, verifier note.Verifier) (*note.Note, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return nil, failf(CodeCheckpoint, "the head is not signed by %s: %v", quote(verifier.Name()), noteWords(err))
	}
	if len(n.Sigs) != 1 || !strictNote(signed, n) {
		return nil, failf(CodeCheckpoint, "the head's signed note is not spelled as it must be")
	}
	return n, nil
}

// strictNote reports whether every signature line of an opened note is the only spelling of its content, and none stands
// twice.
func strictNote(signed []byte, n *note.Note) bool {
	lines := signatureLines(signed)
	for _, line := range lines {
		name, sig, ok := strings.Cut(strings.TrimPrefix(line, noteDash), " ")
		blob, err := base64.StdEncoding.Strict().DecodeString(sig)
		if !ok || err != nil || line != noteDash+name+" "+base64.StdEncoding.EncodeToString(blob) {
			return false
		}
	}
	return len(lines) == len(n.Sigs)+len(n.UnverifiedSigs)
}

const noteDash = "\u2014 "

// signatureLines gives the lines of a note behind its blank line.
func signatureLines(signed []byte) []string {
	i := bytes.LastIndex(signed, []byte("\n\n"))
	if i < 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(signed[i+2:]), "\n"), "\n")
}

// noteWords leaves out of a note error what repeats the note.
func noteWords(err error) string {
	words := strings.TrimPrefix(err.Error(), "note: ")
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		words = "no signature of this key"
	}
	return Display(words)
}
