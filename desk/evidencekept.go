package desk

import (
	"context"
	"maps"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// EvidenceFile gives the bytes of an evidence file that was kept, by its digest in hex.
func (d *Desk) EvidenceFile(ctx context.Context, sum string) ([]byte, error) {
	h, err := ledger.ParseSHA("sha256:" + sum)
	if err != nil {
		return nil, review.Errorf(review.KindUsage, "%s is no SHA-256", review.Quote(sum)).WithHint("`tickmark exceptions show ID` names the digests")
	}
	if err := d.mayReadEvidence(ctx, sum); err != nil {
		return nil, err
	}
	return d.db.Evidence(ctx, h)
}

// mayReadEvidence refuses a login that an evidence file is no business of. Whoever has the database at hand has its files too. Over
// SSH the file is for those whose work it is: managers, those who export it for auditors, and whom the exception names: its
// reviewer, its owner, its approver, and who renewed or closed it.
func (d *Desk) mayReadEvidence(ctx context.Context, sum string) error {
	if d.o.LoginKey == "" {
		return nil
	}
	st, err := d.standing(ctx)
	if err != nil {
		return err
	}
	for _, role := range [...]string{ledger.NamespaceManage, ledger.NamespaceExport} {
		if st != nil && len(st.lines(d.Me(), demand{namespace: role, at: d.Now()})) > 0 {
			return nil
		}
	}
	all, err := d.exceptions(ctx, store.ClosingQuery{})
	if err != nil {
		return err
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		e := &all[i]
		if !slices.ContainsFunc(e.Evidence, func(f review.EvidenceFile) bool { return f.SHA256 == sum }) {
			continue
		}
		concerned := []string{string(e.Reviewer), string(e.Approver), e.Owner}
		for _, c := range e.History {
			concerned = append(concerned, string(c.Manager), c.Owner)
		}
		if slices.ContainsFunc(concerned, func(who string) bool { return who != "" && dir.Same(string(d.Me()), who) }) {
			return nil
		}
	}
	return review.Errorf(review.KindNotAllowed, "this evidence file is not for %s", d.Me()).WithReason("not-yours").
		WithHint("over SSH it is given to managers, to those who export, and to whom its exception names")
}

// EvidenceKept implements [evidence.KeptEvidence].
func (r *record) EvidenceKept(ctx context.Context) ([]review.EvidenceFile, error) {
	known, err := r.d.db.EvidenceFiles(ctx)
	if err != nil {
		return nil, err
	}
	var kept []review.EvidenceFile
	for _, sum := range slices.Sorted(maps.Keys(known)) {
		if f := known[sum]; f.Kept {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

// Evidence implements [evidence.KeptEvidence].
func (r *record) Evidence(ctx context.Context, h ledger.Hash) ([]byte, error) {
	b, err := r.d.db.Evidence(ctx, h)
	return b, gone(err)
}
