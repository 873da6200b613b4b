package ledger

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
)

// Proof is an inclusion proof in a file of its own, a C2SP tlog-proof (suffix ".tlog-proof"): enough to check offline
// that one entry is under one signed head.
type Proof struct {
	Index      int64
	Hashes     []Hash
	Extra      []byte // opaque data of the format's optional extra line; tickmark writes none
	Checkpoint []byte // the signed note of the head
}

const (
	proofHeader = "c2sp.org/tlog-proof@v1\n"
	// maxProofHashes is more than a tree of 2^62 leaves needs.
	maxProofHashes = 63
)

// FormatProof writes a proof.
func FormatProof(p Proof) []byte {
	b := []byte(proofHeader)
	if len(p.Extra) > 0 {
		b = append(b, "extra "...)
		b = base64.StdEncoding.AppendEncode(b, p.Extra)
		b = append(b, '\n')
	}
	b = append(b, "index "...)
	b = strconv.AppendInt(b, p.Index, 10)
	b = append(b, '\n')
	b = append(b, FormatHashes(p.Hashes)...)
	b = append(b, '\n')
	return append(b, p.Checkpoint...)
}

// ParseProof reads what [FormatProof] writes and nothing else. It does not check anything: see [VerifyProof]. The error
// is a [*Failure] with CodeCheckpoint.
func ParseProof(text []byte) (Proof, error) {
	var p Proof
	bad := func(what string) (Proof, error) {
		return Proof{}, failf(CodeCheckpoint, "the proof is malformed: %s", what)
	}
	rest, ok := bytes.CutPrefix(text, []byte(proofHeader))
	if !ok {
		return bad("it does not begin with " + strings.TrimSpace(proofHeader))
	}
	head, checkpoint, ok := strings.Cut(string(rest), "\n\n")
	if !ok {
		return bad("no blank line before the head")
	}
	p.Checkpoint = []byte(checkpoint)
	lines := strings.Split(head, "\n")
	if extra, ok := strings.CutPrefix(lines[0], "extra "); ok {
		var err error
		if p.Extra, err = base64.StdEncoding.Strict().DecodeString(extra); err != nil || len(lines) < 2 {
			return bad("the extra line")
		}
		lines = lines[1:]
	}
	index, ok := strings.CutPrefix(lines[0], "index ")
	if ok {
		p.Index, ok = parseNumber(index)
	}
	if !ok {
		return bad("no index line")
	}
	for _, line := range lines[1:] {
		h, err := ParseTree(line)
		if err != nil || len(p.Hashes) == maxProofHashes {
			return bad("a line that is no hash")
		}
		p.Hashes = append(p.Hashes, h)
	}
	if !bytes.Equal(FormatProof(p), text) {
		return bad("not spelled as it must be")
	}
	return p, nil
}

// VerifyProof checks a proof file against an entry's leaf hash and the ledger's note key. It gives the index and the
// head that the proof is under. The error is a [*Failure] with CodeCheckpoint.
func VerifyProof(text []byte, leaf Hash, vkey string) (index int64, head Checkpoint, err error) {
	p, err := ParseProof(text)
	if err != nil {
		return 0, Checkpoint{}, err
	}
	if head, err = VerifyCheckpoint(p.Checkpoint, vkey); err != nil {
		return 0, Checkpoint{}, err
	}
	return p.Index, head, CheckInclusion(p.Hashes, head.Head, p.Index, leaf)
}

// FormatHashes writes hashes in base64, one per line: a consistency proof, or a list of leaf hashes (ledger.md 5.5).
func FormatHashes(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*(treeLen+1))
	for i := range hashes {
		b = hashes[i].appendTree(b)
		b = append(b, '\n')
	}
	return b
}

// ParseHashes reads what [FormatHashes] writes and nothing else. The error is a [*Failure] with CodeFormat.
func ParseHashes(text []byte) ([]Hash, error) {
	const line = treeLen + 1
	if len(text)%line != 0 {
		return nil, failf(CodeFormat, "the list of hashes is not made of lines of %d characters", treeLen)
	}
	hashes := make([]Hash, 0, len(text)/line)
	for ; len(text) > 0; text = text[line:] {
		h, err := ParseTree(string(text[:treeLen]))
		if err != nil || text[treeLen] != '\n' {
			return nil, failf(CodeFormat, "line %d is no tree hash", len(hashes)+1)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}
