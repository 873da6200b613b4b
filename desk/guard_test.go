package desk

import (
	"testing"

	"tickmark/review"
)

// The preview counts the identities whose access is under review, not those the imports tell of.
func TestAPreviewCountsTheIdentitiesWithAnItem(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\nbob@corp.example,PAY\nbob@corp.example,POST\ncarol@corp.example,PAY\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	spec := review.CampaignSpec{ID: "leavers", Scope: "identity:=bob@corp.example", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)}
	_, err := o.desk.NewCampaign(t.Context(), spec)
	o.must(err)
	p, err := o.desk.PreviewLaunch(t.Context(), spec.ID, nil)
	o.must(err)
	if p.Items != 2 || p.Identities != 1 {
		t.Errorf("%d items of %d identities", p.Items, p.Identities)
	}
}
