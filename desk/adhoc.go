package desk

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"slices"
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
// review again. Files that stand beside exports, such as a roster, are imported and make none: then there is no campaign.
func (d *Desk) AdHoc(ctx context.Context, files []string, o review.ImportOptions, progress func(review.Progress)) (AdHocResult, error) {
	var res AdHocResult
	if err := d.mustSign(); err != nil {
		return res, err
	}
	tag, err := adHocTag(files)
	if err != nil {
		return res, err
	}
	c, err := d.adHocNamed(ctx, tag)
	switch {
	case err != nil:
		return res, err
	case c.Name != "" && c.State != review.DraftState:
		res.Campaign, res.Reopened = c.Name, true
		return res, nil
	}
	if c.Name == "" {
		for _, f := range files {
			rep, err := d.ImportFile(ctx, f, o, progress)
			res.Reports = append(res.Reports, rep)
			if err != nil {
				return res, err
			}
		}
		if !reviewable(res.Reports) {
			return res, nil
		}
		if c.Name, err = d.draftAdHoc(ctx, tag, res.Reports); err != nil {
			return res, err
		}
	}
	r, err := d.Launch(ctx, c.Name, nil, progress)
	if err != nil {
		return res, err
	}
	res.Campaign, res.Launched = c.Name, r
	return res, nil
}

// reviewable reports whether one of the files is an export of access.
func reviewable(imported []review.ImportReport) bool {
	return slices.ContainsFunc(imported, func(r review.ImportReport) bool { return !aside(r.Format) })
}

// DraftAdHoc drafts the review that AdHoc would open of a file that is imported already, and gives the one there is.
func (d *Desk) DraftAdHoc(ctx context.Context, file string, rep review.ImportReport) (review.CampaignID, error) {
	tag, err := adHocTag([]string{file})
	if err != nil {
		return "", err
	}
	if c, err := d.adHocNamed(ctx, tag); err != nil || c.Name != "" {
		return c.Name, err
	}
	return d.draftAdHoc(ctx, tag, []review.ImportReport{rep})
}

func (d *Desk) draftAdHoc(ctx context.Context, tag string, imported []review.ImportReport) (review.CampaignID, error) {
	spec := review.CampaignSpec{ID: review.CampaignID("adhoc-" + d.Now().Format(time.DateOnly) + "-" + tag), Reviewers: []review.Principal{d.Me()},
		Routing: []string{"named"}, NoAnswer: review.LeaveOpen, Assurance: review.AnyKey}
	spec.Due = endOfDay(d.Now().AddDate(0, 0, adHocDays))
	var names []string
	for _, rep := range imported {
		spec.Sources = append(spec.Sources, rep.Source)
		names = append(names, review.Safe(filepath.Base(rep.File)))
	}
	spec.Title = "Review of " + strings.Join(names, ", ")
	_, err := d.NewCampaign(ctx, spec)
	return spec.ID, err
}

// adHocTag is the first 8 hex digits of the file's hash; of the hash of the hashes if there are several files.
func adHocTag(files []string) (string, error) {
	var digests strings.Builder
	for _, f := range files {
		in, done, err := openInput(f)
		if err != nil {
			return "", err
		}
		sum, err := hashFile(in)
		done()
		if err != nil {
			return "", err
		}
		digests.WriteString(sum)
	}
	if len(files) == 1 {
		return digests.String()[:8], nil
	}
	sum := ledger.Sum([]byte(digests.String()))
	return hex.EncodeToString(sum[:])[:8], nil
}

// adHocNamed is the review of files with this tag; without a name if there is none.
func (d *Desk) adHocNamed(ctx context.Context, tag string) (review.Campaign, error) {
	all, err := d.Campaigns(ctx)
	if err != nil {
		return review.Campaign{}, err
	}
	for _, c := range all {
		if strings.HasPrefix(string(c.Name), "adhoc-") && strings.HasSuffix(string(c.Name), "-"+tag) && c.State != review.Cancelled {
			return c, nil
		}
	}
	return review.Campaign{}, nil
}
