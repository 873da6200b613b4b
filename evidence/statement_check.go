package evidence

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"

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
	d := json.NewDecoder(bufio.NewReaderSize(c, 1<<16))
	if err := checkStatement(d, manifest); err != nil {
		v.fail(ledger.CodeManifest, fileStatement, "%s", review.Safe(err.Error()))
	}
	return nil
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
	for line := range bytes.Lines(manifest) {
		sum, name, ok := manifestLine(line)
		if !ok || name == fileStatement {
			continue
		}
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
