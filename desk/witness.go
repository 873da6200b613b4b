package desk

import (
	"context"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// settingWitnesses are the keys of witnesses that were named here once, one a line, so that they need not be named again.
const settingWitnesses = "witness-keys"

const asWritten = "the note must be as the witness wrote it, byte for byte"

// AddWitness takes the lines of witnesses that a note came back with: each is checked, kept with the note of its head and
// noted as an anchor. keys are the witnesses' public keys; those named once are remembered. Lines of unknown witnesses
// are counted and left out; a note with no other line is refused.
func (d *Desk) AddWitness(ctx context.Context, note []byte, keys []string) (added []Anchored, unknown int, err error) {
	head, err := d.ownHead(ctx, note)
	if err != nil {
		return nil, 0, err
	}
	vkey, err := d.VKey()
	if err != nil {
		return nil, 0, err
	}
	known, err := d.witnesses(ctx)
	if err != nil {
		return nil, 0, err
	}
	all := slices.Clone(known)
	for _, k := range keys {
		if !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	kept, err := d.noteOf(ctx, head)
	if err != nil {
		return nil, 0, err
	}
	lines := strings.Count(string(note), "\n\u2014 ") - 1 // without the log's own
	present := slices.DeleteFunc(slices.Clone(all), func(key string) bool { return !ledger.HasCosignature(note, key) })
	for _, key := range present {
		if _, _, err := ledger.VerifyCosignature(note, key); err != nil {
			return nil, 0, outside(err, asWritten)
		}
	}
	for _, key := range present {
		var a Anchored
		if a, kept, err = d.addCosignature(ctx, head, note, kept, vkey, key); err != nil {
			return added, 0, err
		}
		added = append(added, a)
	}
	if len(present) == 0 {
		return nil, 0, review.Errorf(review.KindRefused, "the note has no line of a witness whose key is known here").
			WithHint("name the witness's public key once: --witness FILE (`tickmark ledger witness list` prints it on their computer)").WithReason("unknown-witness")
	}
	if len(all) > len(known) {
		err = d.db.SetSetting(ctx, "", settingWitnesses, strings.Join(all, "\n"))
	}
	return added, lines - len(present), err
}

// addCosignature takes the line of one witness. kept is the note of the head as it is kept; it comes back with the line.
func (d *Desk) addCosignature(ctx context.Context, head ledger.Head, note, kept []byte, vkey, key string) (Anchored, []byte, error) {
	_, at, err := ledger.VerifyCosignature(note, key)
	if err != nil {
		return Anchored{}, kept, outside(err, asWritten)
	}
	token, err := ledger.Cosignature(note, vkey, key)
	if err != nil {
		return Anchored{}, kept, outside(err, asWritten)
	}
	if a, ok, err := d.knownToken(ctx, ledger.Sum(token)); ok || err != nil {
		return a, kept, err
	}
	if err := d.provenAt(ctx, head, at); err != nil {
		return Anchored{}, kept, err
	}
	if !ledger.HasCosignature(kept, key) { // else it holds an older line of this witness
		kept = append(slices.Clone(kept), cosignatureLine(token)...)
	}
	_, name, err := ledger.ParseWitnessKey([]byte(key))
	if err != nil {
		return Anchored{}, kept, outside(err, "name the witness's public key with --witness FILE")
	}
	a, err := d.anchor(ctx, &ledger.Anchor{Size: head.Size, Root: head.Root, Type: ledger.AnchorWitness, Holder: name, TokenTime: at}, token, kept)
	return a, kept, err
}

// cosignatureLine is the last line of a note.
func cosignatureLine(note []byte) string {
	text := strings.TrimSuffix(string(note), "\n")
	return text[strings.LastIndexByte(text, '\n')+1:] + "\n"
}

// witnesses are the keys of witnesses that were named here before.
func (d *Desk) witnesses(ctx context.Context) ([]string, error) {
	text, err := d.db.Setting(ctx, "", settingWitnesses)
	return strings.Fields(text), err
}
