package desk

import (
	"context"
	"fmt"

	"tickmark/review"
)

// Import gives one import with its report.
func (d *Desk) Import(ctx context.Context, id review.ImportID) (review.ImportReport, error) {
	im, err := d.db.Import(ctx, id)
	return im.ImportReport, err
}

// Imports lists what was read, newest first.
func (d *Desk) Imports(ctx context.Context) ([]review.ImportReport, error) {
	all, err := d.db.Imports(ctx)
	out := make([]review.ImportReport, len(all))
	for i := range all {
		out[i] = all[i].ImportReport
	}
	return out, err
}

// Rejects gives an import's rejected records in file order.
func (d *Desk) Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	return d.db.Rejects(ctx, id, limit)
}

// DiffImports compares two imports by grant key. from 0 is the import before to.
func (d *Desk) DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	if from == 0 {
		im, err := d.db.Import(ctx, to)
		if err != nil {
			return review.Diff{}, nil, err
		}
		if from = im.Previous; from == 0 {
			return review.Diff{}, nil, review.Errorf(review.KindNotFound, "import %d is the first of %s", to, im.Source).WithHint("name two imports")
		}
	}
	return d.db.Diff(ctx, from, to, limit)
}

// settingAccepted marks an import whose changed count somebody accepted (rulings 11).
func settingAccepted(id review.ImportID) string { return fmt.Sprintf("accepted-count-%d", id) }

// AcceptCount says that an import's changed number of grants is right.
func (d *Desk) AcceptCount(ctx context.Context, id review.ImportID) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	if _, err := d.db.Import(ctx, id); err != nil {
		return err
	}
	return d.db.SetSetting(ctx, "", settingAccepted(id), string(d.Me())+" "+stamp(d.Now()))
}
