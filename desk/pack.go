package desk

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"

	"tickmark/evidence"
	"tickmark/importers"
	"tickmark/ledger"
	"tickmark/review"
)

// record is the ledger as evidence sees it, up to the head it was opened at. Entries and documents are never changed, so
// holding the size is enough to answer for one head throughout.
type record struct {
	d    *Desk
	head ledger.Head
	vkey string
}

func (d *Desk) record(ctx context.Context) (*record, error) {
	head, err := d.db.Head(ctx)
	if err != nil {
		return nil, err
	}
	_, vkey, _, err := d.noteKey()
	return &record{d: d, head: head, vkey: vkey}, err
}

func (r *record) Log() string                               { return r.d.log }
func (r *record) VKey() string                              { return r.vkey }
func (r *record) Head(context.Context) (ledger.Head, error) { return r.head, nil }

func (r *record) Checkpoints(ctx context.Context) ([]int64, error) {
	sizes, err := r.d.db.Notes(ctx)
	if err != nil {
		return nil, err
	}
	sizes = slices.DeleteFunc(sizes, func(n int64) bool { return n >= r.head.Size })
	return append(sizes, r.head.Size), nil
}

func (r *record) Checkpoint(ctx context.Context, size int64) ([]byte, error) {
	if size == r.head.Size {
		note, err := r.d.noteOf(ctx, r.head)
		return note, gone(err) // without the note key there is no new head
	}
	note, err := r.d.db.Note(ctx, size)
	if err == nil && note == nil {
		err = fs.ErrNotExist
	}
	return note, err
}

func (r *record) Entries(ctx context.Context, from, to int64) iter.Seq2[evidence.Text, error] {
	return func(yield func(evidence.Text, error) bool) {
		for from < min(to, r.head.Size) {
			// Pages keep no read transaction open while the caller works.
			batch, err := r.d.db.EntriesBack(ctx, review.EntryIndex(min(from+pageOfEntries, to, r.head.Size)), int(min(from+pageOfEntries, to, r.head.Size)-from))
			if err != nil {
				yield(evidence.Text{}, err)
				return
			}
			at := from
			for i := len(batch) - 1; i >= 0; i-- {
				if int64(batch[i].Index) != from {
					continue // entries were taken out of the database: there is none to show in their place
				}
				if !yield(evidence.Text{Bytes: batch[i].Bytes, Leaf: batch[i].Leaf}, nil) {
					return
				}
				from++
			}
			if from == at {
				return
			}
		}
	}
}

const pageOfEntries = 1024

func (r *record) File(ctx context.Context, h ledger.Hash) ([]byte, error) {
	b, err := r.d.db.File(ctx, h)
	return b, gone(err)
}

// Original opens the raw export where it lay at import, if it is still there unchanged. It is not stored, and it is not
// handed out where secrets were dropped from it (rulings 7).
func (r *record) Original(ctx context.Context, index int64) (io.ReadCloser, error) {
	im, err := r.d.db.ImportByEntry(ctx, review.EntryIndex(index))
	if err != nil {
		return nil, gone(err)
	}
	if im.Path == "" || slices.ContainsFunc(im.Dropped, func(d review.Dropped) bool { return d.Secret }) {
		return nil, fs.ErrNotExist
	}
	in := importers.Input{Name: im.Path, Open: func() (io.ReadCloser, error) { return os.Open(im.Path) }}
	if sum, err := hashFile(in); err != nil || sum != im.SHA256 {
		return nil, fs.ErrNotExist
	}
	return in.Open()
}

func (r *record) Rows(ctx context.Context, index int64) iter.Seq2[evidence.Text, error] {
	return texts(func(emit func(any) error) error {
		im, err := r.d.db.ImportByEntry(ctx, review.EntryIndex(index))
		if err != nil {
			return err
		}
		return r.d.db.Rows(ctx, im.ID, func(row *ledger.Row) error { return emit(row) })
	})
}

func (r *record) Members(ctx context.Context, campaign string) iter.Seq2[evidence.Text, error] {
	return texts(func(emit func(any) error) error {
		return r.d.db.Members(ctx, review.CampaignID(campaign), func(m *ledger.Member) error { return emit(m) })
	})
}

func (r *record) Assignments(ctx context.Context, campaign string) iter.Seq2[evidence.Text, error] {
	return texts(func(emit func(any) error) error {
		return r.d.db.Assignments(ctx, review.CampaignID(campaign), func(a *ledger.Assignment) error { return emit(a) })
	})
}

func (r *record) Facts(ctx context.Context, shown []ledger.Hash) (map[ledger.Hash][]byte, error) {
	return r.d.db.Facts(ctx, shown)
}

// texts turns a walk over typed texts into a sequence of their bytes.
func texts(walk func(emit func(any) error) error) iter.Seq2[evidence.Text, error] {
	return func(yield func(evidence.Text, error) bool) {
		err := walk(func(v any) error {
			b, err := ledger.Format(v)
			if err != nil {
				return err
			}
			if !yield(evidence.Text{Bytes: b}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(evidence.Text{}, gone(err))
		}
	}
}

// gone says "not there" the way evidence expects it.
func gone(err error) error {
	if err != nil && review.KindOf(err) == review.KindNotFound {
		return fs.ErrNotExist
	}
	return err
}

// Export writes an evidence pack to a folder or, for a name that ends in .zip, a zip file. The exporter's key signs its
// manifest.
func (d *Desk) Export(ctx context.Context, o evidence.Options, dest string) (*evidence.Result, error) {
	src, sign, err := d.prepareExport(ctx, &o)
	if err != nil {
		return nil, err
	}
	return evidence.Write(ctx, src, o, dest, sign)
}

// ExportTo streams the pack as a zip.
func (d *Desk) ExportTo(ctx context.Context, o evidence.Options, w io.Writer) (*evidence.Result, error) {
	src, sign, err := d.prepareExport(ctx, &o)
	if err != nil {
		return nil, err
	}
	return evidence.WriteZip(ctx, src, o, w, sign)
}

func (d *Desk) prepareExport(ctx context.Context, o *evidence.Options) (*record, evidence.Sign, error) {
	if err := d.mustSign(); err != nil {
		return nil, nil, err
	}
	signer, err := d.signerFor(ctx, demand{namespace: ledger.NamespaceExport, at: d.Now()})
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := d.mustHaveNoteKey(); err != nil {
		return nil, nil, err
	}
	src, err := d.record(ctx)
	if err != nil {
		return nil, nil, err
	}
	o.Exporter, o.Key, o.Tool = d.Me(), review.Fingerprint(signer.Fingerprint()), d.o.Tool
	return src, func(ctx context.Context, namespace string, message []byte) ([]byte, error) {
		armored, err := signer.Sign(ctx, namespace, message)
		return armored, keyError(err)
	}, nil
}

// Verify checks this database's ledger and documents as an auditor's verifier would. If the ledger does not extend what
// this person saw before on this computer, that is a failure, too; that it does is no proof from outside.
func (d *Desk) Verify(ctx context.Context, o evidence.VerifyOptions) (*evidence.Report, error) {
	src, err := d.record(ctx)
	if err != nil {
		return nil, err
	}
	seen, refused, err := d.compareSeen(ctx, src.head)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		o.Earlier = append(slices.Clone(o.Earlier), ledger.Earlier{Head: seen, From: d.seenPath()})
	}
	return evidence.VerifySource(ctx, src, o)
}
