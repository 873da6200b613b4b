package desk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// noteKeyPath is where the ledger's note key lies: beside the database, not in it (rulings 13).
func noteKeyPath(db string) string { return db + ".logkey" }

func makeNoteKey(db, log string, random io.Reader) error {
	skey, vkey, err := ledger.GenerateNoteKey(log, random)
	if err != nil {
		return internal("the ledger's note key cannot be made", err)
	}
	f, err := os.OpenFile(noteKeyPath(db), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return review.Errorf(review.KindIO, "cannot write the ledger's note key %s: %w", review.Safe(noteKeyPath(db)), err).
			WithHint("the folder must be writable, and the file must not exist yet")
	}
	_, err = f.WriteString(skey + "\n" + vkey + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return review.Errorf(review.KindIO, "cannot write the ledger's note key: %w", err).WithHint("is the disk full?")
	}
	return nil
}

// noteKey reads the note key; ok is false where there is none, and then there are no new heads.
func (d *Desk) noteKey() (skey, vkey string, ok bool, err error) {
	path := noteKeyPath(d.o.Path)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", false, nil
	}
	if err != nil {
		return "", "", false, review.Errorf(review.KindIO, "cannot read the ledger's note key: %w", err).WithHint("make %s readable", review.Safe(path))
	}
	skey, stated, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	vkey, err = ledger.VerifierKey(skey)
	switch {
	case err != nil || stated != "" && stated != vkey:
		return "", "", false, review.Errorf(review.KindRefused, "the ledger's note key %s is damaged", review.Safe(path)).
			WithHint("put it back from your backup, or move it away: everything but new heads works without it")
	case !strings.HasPrefix(vkey, d.log+"+"):
		return "", "", false, review.Errorf(review.KindRefused, "the note key %s is one of another ledger", review.Safe(path)).
			WithHint("put the one of %s back from your backup, or move it away: everything but new heads works without it", d.log)
	}
	return skey, vkey, true, nil
}

func (d *Desk) mustHaveNoteKey() (skey, vkey string, err error) {
	skey, vkey, ok, err := d.noteKey()
	if err == nil && !ok {
		err = review.Errorf(review.KindNotFound, "the ledger's note key is missing, so no new head can be signed").
			WithHint("put %s back from your backup; everything else works without it", review.Safe(noteKeyPath(d.o.Path)))
	}
	return skey, vkey, err
}

// VKey is the public half of the note key, one line: what auditors and witnesses check heads with.
func (d *Desk) VKey() (string, error) {
	_, vkey, err := d.mustHaveNoteKey()
	return vkey, err
}
