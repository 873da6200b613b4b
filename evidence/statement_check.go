package evidence

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"tickmark/ledger"
	"tickmark/review"
)

// inToto holds the in-toto statement against the manifest: a tool that believes it must learn of the same files.
func (v *verifier) inToto() error {
	f, there := find(v.fsys.list(), fileStatement)
	manifest, err := readManifest(v.fsys)
	if !there || err != nil {
		return nil // packs made elsewhere need none; a missing manifest is reported
	}
	c, err := v.fsys.open(f)
	if err != nil {
		return err
	}
	defer c.Close()
	// One that is what this program would write is right; only another is read and judged.
	own := &comparer{want: bufio.NewReaderSize(c, 1<<17)}
	if writeStatement(own, manifestSubjects(manifest), &v.pack.stmt) == nil {
		if whole, err := own.atEnd(); err == nil && whole {
			return nil
		}
	}
	d := json.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(c, 0, f.size), 1<<16))
	if err := checkStatement(d, manifest); err != nil {
		v.fail(ledger.CodeManifest, fileStatement, "%s", review.Safe(err.Error()))
	}
	return nil
}

// manifestSubjects yields what a manifest says the statement must name.
func manifestSubjects(manifest []byte) iter.Seq2[string, ledger.Hash] {
	return func(yield func(string, ledger.Hash) bool) {
		for line := range bytes.Lines(manifest) {
			if sum, name, ok := manifestLine(line); ok && name != fileStatement && !yield(name, sum) {
				return
			}
		}
	}
}

// checkStatement reads a statement as a stream; its subjects must be the lines of the manifest, in their order, but for
// the statement itself.
func checkStatement(d *json.Decoder, manifest []byte) error {
	other := errors.New("it is no in-toto statement of a pack")
	want := func(t json.Token) bool {
		have, err := d.Token()
		return err == nil && have == t
	}
	var kind string
	if !want(json.Delim('{')) || !want("_type") || d.Decode(&kind) != nil || kind != statementType || !want("subject") || !want(json.Delim('[')) {
		return other
	}
	for name, sum := range manifestSubjects(manifest) {
		var x struct {
			Name   string            `json:"name"`
			Digest map[string]string `json:"digest"`
		}
		if !d.More() || d.Decode(&x) != nil {
			return errors.New("it ends before it names " + name)
		}
		if x.Name != name || len(x.Digest) != 1 || x.Digest["sha256"] != hex.EncodeToString(sum[:]) {
			return errors.New("what it says of " + name + " is not what the manifest says")
		}
	}
	if d.More() {
		return errors.New("it names a file that the manifest does not")
	}
	if !want(json.Delim(']')) || !want("predicateType") || d.Decode(&kind) != nil || kind != predicateType || !want("predicate") {
		return other
	}
	return nil
}
