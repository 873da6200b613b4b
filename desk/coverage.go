package desk

import (
	"context"

	"tickmark/review"
	"tickmark/store"
)

// Coverage is the matrix source x period of a window (evidence-pack.md 5.2): which campaign covered it, how late, and what
// is still open. Both days empty: from the first campaign's period to the last one's.
func (d *Desk) Coverage(ctx context.Context, from, to string) ([]review.Coverage, error) {
	campaigns, err := d.db.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	window := review.Period{Start: from, End: to}
	if from != "" || to != "" {
		if window, err = review.ParsePeriod(from + ".." + to); err != nil {
			return nil, err
		}
	}
	open, err := d.openBySource(ctx)
	if err != nil {
		return nil, err
	}
	var done []review.Coverage
	var sources []review.SourceID
	seen := map[review.SourceID]bool{}
	for i := range campaigns {
		c := &campaigns[i]
		if from == "" {
			window.Start = earlier(window.Start, c.Period[0])
			window.End = max(window.End, c.Period[1])
		}
		items, err := d.db.Groups(ctx, review.Query{Campaign: c.Name}, "source")
		if err != nil {
			return nil, err
		}
		counts := map[string]review.GroupCount{}
		for _, g := range items {
			counts[g.Key] = g
		}
		for _, id := range c.Imports {
			im, err := d.db.Import(ctx, id)
			if err != nil {
				return nil, err
			}
			if !seen[im.Source] {
				seen[im.Source] = true
				sources = append(sources, im.Source)
			}
			n := counts[string(im.Source)]
			x := open[sourceOfCampaign{c.Name, im.Source}]
			row := review.Coverage{Source: im.Source, PeriodStart: c.Period[0], PeriodEnd: c.Period[1], Campaign: c.Name, Scope: partOf(c.Scope), Import: im.ID,
				Completeness: string(im.Completeness), Due: c.Due, SignedOff: c.SignedOff, Items: n.Items, Decided: n.Decided, Open: n.Items - n.Decided,
				RevokesOpen: x.revokes, ExceptionsOpen: x.exceptions}
			if im.ExportedFrom == "flag" || im.ExportedFrom == "file" {
				row.Extracted = im.ExportedAt
			}
			done = append(done, row)
		}
	}
	if len(done) == 0 {
		return nil, nil
	}
	return review.Cover(window, d.policy.Periods, sources, done, d.Now()), nil
}

// partOf is the scope of a review that is not about everything; empty if it is.
func partOf(scope string) string {
	if scope == "all" {
		return ""
	}
	return scope
}

// Periods says how often Coverage expects each source: month, quarter, half-year or year.
func (d *Desk) Periods() string { return d.policy.Periods }

func earlier(a, b string) string {
	if a == "" || b < a {
		return b
	}
	return a
}

type sourceOfCampaign struct {
	campaign review.CampaignID
	source   review.SourceID
}

type openWork struct{ revokes, exceptions int64 }

func (d *Desk) openBySource(ctx context.Context) (map[sourceOfCampaign]openWork, error) {
	out := map[sourceOfCampaign]openWork{}
	err := d.eachWorkItem(ctx, func(r *review.Remediation) {
		if r.Pending() {
			k := sourceOfCampaign{r.Campaign, r.Source}
			w := out[k]
			w.revokes++
			out[k] = w
		}
	})
	if err != nil {
		return nil, err
	}
	return out, d.eachException(ctx, func(e *review.Exception) {
		if e.State != review.Closed {
			k := sourceOfCampaign{e.Campaign, e.Source}
			w := out[k]
			w.exceptions++
			out[k] = w
		}
	})
}

// Crossing lists exceptions in force across the beginning or the end of a window, oldest first.
func (d *Desk) Crossing(ctx context.Context, from, to string) ([]review.Exception, error) {
	window := review.Period{Start: from, End: to}
	var ids []review.EntryIndex
	err := d.eachException(ctx, func(e *review.Exception) {
		if review.Crosses(window, e) {
			ids = append(ids, e.ID)
		}
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return d.exceptions(ctx, store.ClosingQuery{IDs: ids})
}
