package ledger

import "bytes"

// checkToken looks at what an anchor's holder gave, if the verifier brought something to check it with.
func (v *verifier) checkToken(e *Anchor) {}

func newCosigner(vkey string) (any, error) { return nil, nil }

// earlierHead reads the head of a note without judging its signatures.
func earlierHead(signed []byte) (Checkpoint, error) {
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return Checkpoint{}, failf(CodeCheckpoint, "the earlier head is no signed note")
	}
	return ParseCheckpoint(append(bytes.Clone(text), '\n'))
}
