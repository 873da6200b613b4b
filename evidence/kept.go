package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Evidence files are what exceptions name as proof of a control: a closure by its evidence-sha256, a decision in its control. Those
// that were kept go into a pack if it is asked for, as evidence/ and their digest in hex, each once.

// KeptEvidence is what a [Source] may do besides: give an evidence file that was kept, by its digest. What was not is
// fs.ErrNotExist.
type KeptEvidence interface {
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

// evidence checks that each evidence file is the one its name says, and that a disclosed record names it.
func (v *verifier) evidence() error {
	named := map[string]bool{}
	listed := slices.DeleteFunc(slices.Clone(v.fsys.list()), func(f file) bool { return !strings.HasPrefix(f.name, dirEvidence) })
	if len(listed) == 0 {
		return nil
	}
	for t, err := range v.pack.entries(v.ctx, 0, int64(len(v.pack.leaves))) {
		if err != nil {
			return err
		}
		if t.Bytes == nil {
			continue
		}
		if h, ok := evidenceNamed(ledger.KindOf(t.Bytes), t.Bytes); ok {
			named[evidenceFile(h)] = true
		}
	}
	for _, f := range listed {
		if !named[f.name] {
			v.fail(ledger.CodeManifest, f.name, "no record in the pack names this evidence file")
			continue
		}
		h, err := ledger.ParseSHA("sha256:" + strings.TrimPrefix(f.name, dirEvidence))
		if err != nil {
			continue
		}
		if _, err := v.pack.Evidence(v.ctx, h); err != nil {
			if review.KindOf(err) != review.KindRefused {
				return err
			}
			v.fail(ledger.CodeManifest, f.name, "it is not the file that the record names")
		}
	}
	return nil
}
