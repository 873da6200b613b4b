package evidence

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"

	"tickmark/ledger"
)

// bundles checks that bundles/ holds exact copies of the signed entries and lists exactly them.
func (v *verifier) bundles() error {
	var index bytes.Buffer
	records, whole, held := sha256.New(), true, 0 // of the records since the last bundle: their bytes, all of them there, how many
	used := map[string]bool{fileBundleIndex: true}
	i := int64(-1)
	for t, err := range v.pack.entries(v.ctx, 0, int64(len(v.pack.leaves))) {
		if err != nil {
			return err
		}
		i++
		if t.Bytes == nil {
			whole = false
			held++
			continue
		}
		if leaf := ledger.LeafHash(t.Bytes); leaf != t.Leaf {
			v.failAt(i, ledger.CodeCheckpoint, fileLeafHashes, "line %d is not the leaf hash of the entry", i+1)
		}
		kind := ledger.KindOf(t.Bytes)
		if kind.IsRecord() {
			records.Write(t.Bytes)
			held++
			if kind == ledger.KindDecision {
				v.decisions = append(v.decisions, i)
			}
			continue
		}
		if kind.IsSigned() {
			val, statement, armored, err := ledger.ParseEntry(t.Bytes)
			if sig := ledger.SigOf(val); err == nil && sig != nil {
				index.WriteString(indexLine(i, kind, ledger.NamespaceOf(val), sig))
			}
			v.copyOf(i, statementFile(i), statement, used)
			v.copyOf(i, signatureFile(i), armored, used)
		}
		if kind == ledger.KindBundle {
			if _, there := find(v.fsys.list(), recordsFile(i)); whole && held > 0 {
				v.recordsOf(i, ledger.Hash(records.Sum(nil)), used)
			} else if there && !whole {
				used[recordsFile(i)] = true
				v.failAt(i, ledger.CodeBundle, recordsFile(i), "the file is there though a record of the bundle is withheld")
			}
			records.Reset()
			whole, held = true, 0
		}
	}
	if have, err := read(v.fsys, fileBundleIndex, maxNames*256); err == nil && !bytes.Equal(have, index.Bytes()) {
		v.fail(ledger.CodeBundle, fileBundleIndex, "%s", firstLineDifference(have, index.Bytes()))
	}
	for _, f := range under(v.fsys.list(), dirBundles) {
		if !used[f.name] {
			v.fail(ledger.CodeBundle, f.name, "the file belongs to no signed entry")
		}
	}
	for _, f := range under(v.fsys.list(), dirEntries) {
		if n, ok := numbered(f.name, dirEntries, ".txt"); !ok || n >= int64(len(v.pack.leaves)) {
			v.fail(ledger.CodeManifest, f.name, "the ledger has no such entry")
		}
	}
	return nil
}

// copyOf checks that a file of bundles/ is the same bytes as a part of an entry.
func (v *verifier) copyOf(index int64, name string, want []byte, used map[string]bool) {
	used[name] = true
	have, err := read(v.fsys, name, coreFileLimit)
	v.copied(index, name, bytes.Equal(have, want), err)
}

// recordsOf checks that a file of bundles/ is the bytes of the records of a bundle, of which there may be many.
func (v *verifier) recordsOf(index int64, want ledger.Hash, used map[string]bool) {
	name := recordsFile(index)
	used[name] = true
	have, err := ledger.Hash{}, error(fs.ErrNotExist)
	if f, ok := find(v.fsys.list(), name); ok {
		have, err = digestOf(v.fsys, f)
	}
	v.copied(index, name, have == want, err)
}

func (v *verifier) copied(index int64, name string, same bool, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.failAt(index, ledger.CodeBundle, name, "the copy for ssh-keygen is missing")
	case err != nil:
		v.failAt(index, ledger.CodeUnreadable, name, "%s", plainWords(err))
	case !same:
		v.failAt(index, ledger.CodeBundle, name, "the copy differs from the entry")
	}
}
