package ledger

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// Types of anchor.
const (
	AnchorReceipt   = "receipt"
	AnchorWitness   = "witness"
	AnchorTimestamp = "timestamp"
)

// checkToken looks at what an anchor's holder gave, if the verifier brought something to check it with. Only then the
// anchor is an outside proof.
func (v *verifier) checkToken(e *Anchor) {
	switch {
	case e.Type == AnchorReceipt:
		return // a receipt lies with its holder: it comes as an earlier head
	case e.Type == AnchorTimestamp && v.o.TimeRoots == nil, e.Type == AnchorWitness && len(v.o.Witnesses) == 0:
		v.notChecked("the %s at %d, since nothing was given to check it with", e.Type, v.index)
		return
	}
	token, ok := v.readFile(FileRef{Index: v.index, Role: FileToken, Digest: e.TokenSHA256}, CodeAnchor)
	if !ok {
		v.notChecked("the %s at %d, since its token was not supplied", e.Type, v.index)
		return
	}
	if e.Type == AnchorWitness && !v.knowsWitness(token) {
		v.notChecked("the witness at %d, since it is none of those whose keys were given", v.index)
		return
	}
	head := Checkpoint{v.report.Log, Head{e.Size, e.Root}}
	var at time.Time
	var err error
	if e.Type == AnchorTimestamp {
		at, err = VerifyTimestamp(token, head, v.o.TimeRoots)
	} else {
		at, err = v.cosignedBy(token, head)
	}
	if err != nil {
		var f *Failure
		if errors.As(err, &f) {
			v.failAt(v.index, string(FileToken), CodeAnchor, "%s", f.Words)
		}
		return
	}
	if !e.TokenTime.IsZero() && !e.TokenTime.Equal(at) {
		v.fail(CodeAnchor, "the anchor states the time %s, its token %s", FormatTime(e.TokenTime), FormatTime(at))
		return
	}
	v.proofs = append(v.proofs, outsideProof{index: v.index, size: e.Size, time: at})
}

// knowsWitness reports whether a note has a line of a trusted witness, good or bad.
func (v *verifier) knowsWitness(note []byte) bool {
	return slices.ContainsFunc(v.o.Witnesses, func(key string) bool { return HasCosignature(note, key) })
}

// cosignedBy gives the earliest time at which a trusted witness cosigned exactly this head.
func (v *verifier) cosignedBy(note []byte, head Checkpoint) (earliest time.Time, err error) {
	for _, w := range v.o.Witnesses {
		cosigned, at, e := VerifyCosignature(note, w)
		switch {
		case !HasCosignature(note, w):
		case e != nil:
			err = e
		case cosigned != head:
			return time.Time{}, failf(CodeAnchor, "the cosigned head is not the one of the anchor")
		case earliest.IsZero() || at.Before(earliest):
			earliest = at
		}
	}
	if earliest.IsZero() {
		return earliest, err
	}
	return earliest, nil
}

// earlierHead reads the head of a note without judging its signatures.
func earlierHead(signed []byte) (Checkpoint, error) {
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return Checkpoint{}, failf(CodeCheckpoint, "the earlier head is no signed note")
	}
	return ParseCheckpoint(append(bytes.Clone(text), '\n'))
}
