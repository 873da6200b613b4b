package desk

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// AdHocResult says what opening files without any setup led to.
type AdHocResult struct {
	Campaign review.CampaignID     `json:"campaign"`
	Reports  []review.ImportReport `json:"imports"`
	Reopened bool                  `json:"reopened"`
	Launched review.Receipt        `json:"launched,omitzero"`
}

// adHocDays is how long an ad-hoc review has (rulings 12).
const adHocDays = 14

// AdHoc imports files and opens a review over them with this person as reviewer and owner. The same files open the same
// review again.
func (d *Desk) AdHoc(ctx context.Context, files []string, o review.ImportOptions, progress func(review.Progress)) (AdHocResult, error) {
	var res AdHocResult
	if err := d.mustSign(); err != nil {
		return res, err
	}
	var digests strings.Builder
	for _, f := range files {
		in, done, err := openInput(f)
		if err != nil {
			return res, err
		}
		sum, err := hashFile(in)
		done()
		if err != nil {
			return res, err
		}
		digests.WriteString(sum)
	}
	tag := adHocTag(digests.String(), len(files))
	if c, err := d.adHocNamed(ctx, tag); err != nil {
		return res, err
	} else if c != "" {
		res.Campaign, res.Reopened = c, true
		return res, nil
	}
	spec := review.CampaignSpec{ID: review.CampaignID("adhoc-" + d.Now().Format(time.DateOnly) + "-" + tag), Reviewers: []review.Principal{d.Me()},
		Routing: []string{"named"}, NoAnswer: review.LeaveOpen, Assurance: review.AnyKey}
	spec.Due = endOfDay(d.Now().AddDate(0, 0, adHocDays))
	var names []string
	for _, f := range files {
		rep, err := d.ImportFile(ctx, f, o, progress)
		res.Reports = append(res.Reports, rep)
		if err != nil {
			return res, err
		}
		spec.Sources = append(spec.Sources, rep.Source)
		names = append(names, review.Safe(filepath.Base(rep.File)))
	}
	spec.Title = "Review of " + strings.Join(names, ", ")
	if _, err := d.NewCampaign(ctx, spec); err != nil {
		return res, err
	}
	r, err := d.Launch(ctx, spec.ID, nil, progress)
	if err != nil {
		return res, err
	}
	res.Campaign, res.Launched = spec.ID, r
	return res, nil
}

// adHocTag is the first 8 hex digits of the file's hash; of the hash of the hashes if there are several files.
func adHocTag(digests string, files int) string {
	if files > 1 {
		sum := ledger.Sum([]byte(digests))
		digests = hex.EncodeToString(sum[:])
	}
	return digests[:8]
}

func (d *Desk) adHocNamed(ctx context.Context, tag string) (review.CampaignID, error) {
	all, err := d.db.Campaigns(ctx)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if strings.HasPrefix(string(c.Name), "adhoc-") && strings.HasSuffix(string(c.Name), "-"+tag) {
			return c.Name, nil
		}
	}
	return "", nil
}
