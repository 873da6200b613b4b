package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Evidence files are what exceptions name as proof of a control: a closure by its evidence-sha256, a decision in its control. Those
// that were kept go into a pack if it is asked for, as evidence/ and their digest in hex, each once.

// KeptEvidence is what a [Source] may do besides: give the evidence files that were kept.
type KeptEvidence interface {
	// EvidenceKept lists them.
	EvidenceKept(ctx context.Context) ([]review.EvidenceFile, error)
	// Evidence gives one by its digest. What was not kept is fs.ErrNotExist, what is another file now is refused.
	Evidence(ctx context.Context, sha256 ledger.Hash) ([]byte, error)
}

func evidenceFile(h ledger.Hash) string {
	return dirEvidence + strings.TrimPrefix(h.String(), "sha256:")
}

// evidenceNamed is the digest of the evidence file that a record names.
func evidenceNamed(kind ledger.Kind, record []byte) (h ledger.Hash, ok bool) {
	switch kind {
	case ledger.KindClosure:
		h, err := ledger.ParseSHA(field(record, "evidence-sha256"))
		return h, err == nil
	case ledger.KindDecision:
		if f, named := review.EvidenceIn(field(record, "control")); named {
			h, err := ledger.ParseSHA("sha256:" + f.SHA256)
			return h, err == nil
		}
	}
	return h, false
}

// evidence copies the kept files that disclosed records name.
func (c *copier) evidence(ctx context.Context) error {
	src, ok := c.src.(KeptEvidence)
	if !ok || !c.sel.evidence {
		return nil
	}
	slices.SortFunc(c.named, func(a, b ledger.Hash) int { return bytes.Compare(a[:], b[:]) })
	missing := 0
	for _, h := range slices.Compact(c.named) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := src.Evidence(ctx, h)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing++
			continue
		case err != nil:
			return err
		case ledger.Sum(b) != h:
			return review.Errorf(review.KindRefused, "an evidence file in the database is not the one its record names (%s)", h).WithHint("run `tickmark verify` on the database")
		}
		if err := c.spool.add(evidenceFile(h), b); err != nil {
			return err
		}
	}
	if missing > 0 {
		c.sel.notes = append(c.sel.notes, fmt.Sprintf("%s not kept: the pack holds no more than the digest", plural(int64(missing), "evidence file")))
	}
	return nil
}

// Evidence gives an evidence file that the pack holds.
func (p *Pack) Evidence(_ context.Context, h ledger.Hash) ([]byte, error) {
	b, err := read(p.fsys, evidenceFile(h), review.MostKept)
	if err != nil {
		return nil, err
	}
	if ledger.Sum(b) != h {
		return nil, review.Errorf(review.KindRefused, "the file %s is not the one its name says", evidenceFile(h)).WithHint("run `tickmark verify` on the pack")
	}
	return b, nil
}

// EvidenceKept lists the evidence files in the pack.
func (p *Pack) EvidenceKept(context.Context) (out []review.EvidenceFile, err error) {
	for _, f := range p.fsys.list() {
		if sum, ok := strings.CutPrefix(f.name, dirEvidence); ok {
			out = append(out, review.EvidenceFile{SHA256: sum, Size: f.size, Kept: true})
		}
	}
	return out, nil
}

// keptWrong goes through the evidence files that are kept, and calls fail for each that is not what its digest says, or that no
// record names; index is that of the first record that names it. Nothing signed says that a file is kept, so one that is
// not there is no failure.
func keptWrong(ctx context.Context, src KeptEvidence, entries iter.Seq2[Text, error], fail func(index int64, f review.EvidenceFile, words string)) error {
	kept, err := src.EvidenceKept(ctx)
	if err != nil || len(kept) == 0 {
		return err
	}
	named := map[ledger.Hash]int64{}
	at := int64(-1)
	for t, err := range entries {
		if err != nil {
			return err
		}
		at++
		if t.Bytes == nil {
			continue
		}
		if h, ok := evidenceNamed(ledger.KindOf(t.Bytes), t.Bytes); ok {
			if _, again := named[h]; !again {
				named[h] = at
			}
		}
	}
	for _, f := range kept {
		h, err := ledger.ParseSHA("sha256:" + f.SHA256)
		index, ok := named[h]
		if err != nil || !ok {
			fail(ledger.NoIndex, f, "no record names this evidence file")
			continue
		}
		if _, err := src.Evidence(ctx, h); err != nil {
			if review.KindOf(err) != review.KindRefused {
				return err
			}
			fail(index, f, "it is not the file that the record names: its digest is another")
		}
	}
	return nil
}

// evidence checks that each evidence file is the one its name says, and that a disclosed record names it.
func (v *verifier) evidence() error {
	return keptWrong(v.ctx, v.pack, v.pack.entries(v.ctx, 0, int64(len(v.pack.leaves))), func(_ int64, f review.EvidenceFile, words string) {
		v.fail(ledger.CodeManifest, dirEvidence+f.SHA256, "%s", words)
	})
}

// verifyKept checks the evidence files beside a ledger that is no pack. They are files that records name by digest, as an
// import names its original.
func verifyKept(ctx context.Context, src Source, r *ledger.Report) error {
	kept, ok := src.(KeptEvidence)
	if !ok {
		return nil
	}
	head, err := src.Head(ctx)
	if err != nil {
		return sourceError(err)
	}
	err = keptWrong(ctx, kept, src.Entries(ctx, 0, head.Size), func(index int64, f review.EvidenceFile, words string) {
		if f.Name != "" {
			words = review.Safe(f.Name) + ": " + words
		}
		r.Fail(ledger.Failure{Code: ledger.CodeImport, Index: index, File: dirEvidence + f.SHA256, Words: words})
	})
	if err != nil {
		return sourceError(err)
	}
	return nil
}
