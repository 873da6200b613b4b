package store

import (
	"context"

	"tickmark/ledger"
	"tickmark/review"
)

// EvidenceFile is a file that shows a control: its digest, and its bytes if they are to be kept, else nil.
type EvidenceFile struct {
	Hash  ledger.Hash
	Name  string // without folders
	Size  int64
	Bytes []byte
}

// PutEvidence notes a file; the same one is noted once, and kept once.
func (tx *Tx) PutEvidence(f EvidenceFile) error {
	var bytes any
	if f.Bytes != nil {
		if ledger.Sum(f.Bytes) != f.Hash {
			return conflict("the evidence file %s changed since it was hashed", review.Safe(f.Name)).WithReason("evidence-changed")
		}
		bytes = f.Bytes
	}
	_, err := tx.exec("INSERT INTO evidence (hash, name, size, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", f.Hash[:], f.Name, f.Size, bytes)
	return wrap(err)
}

// EvidenceFiles lists what is known of evidence files, by digest in hex.
func (db *DB) EvidenceFiles(ctx context.Context) (map[string]review.EvidenceFile, error) {
	out := map[string]review.EvidenceFile{}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var f review.EvidenceFile
		var hash []byte
		err := scan(&hash, &f.Name, &f.Size, &f.Kept)
		f.SHA256 = hexOf(hashOf(hash))
		if was, again := out[f.SHA256]; !again || !was.Kept {
			out[f.SHA256] = f
		}
		return err
	}, "SELECT hash, name, size, bytes IS NOT NULL FROM evidence ORDER BY id")
	return out, err
}

// Evidence gives the bytes of a file that was kept; not-found for others, refused where they no longer have their digest.
func (db *DB) Evidence(ctx context.Context, h ledger.Hash) ([]byte, error) {
	var b []byte
	err := db.r.QueryRowContext(ctx, "SELECT bytes FROM evidence WHERE hash = ? AND bytes IS NOT NULL", h[:]).Scan(&b)
	if isNoRows(err) {
		return nil, notFound("no evidence file with the digest %s is kept here", h).WithHint("--keep-evidence keeps one when the act that names it is signed")
	}
	if err != nil {
		return nil, wrap(err)
	}
	if ledger.Sum(b) != h {
		return nil, review.Errorf(review.KindRefused, "the evidence file with the digest %s was changed in the database", h).WithReason("evidence-changed").WithHint("restore the database from a copy")
	}
	return b, nil
}
