package desk

import (
	"context"
	"strings"
	"time"

	"tickmark/importers"
	"tickmark/review"
)

// Look reports what a file holds where there is no database: what a dry run says, without what only earlier imports know.
func Look(ctx context.Context, path string, o review.ImportOptions, now time.Time, progress func(review.Progress)) (review.ImportReport, error) {
	in, done, err := openInput(path)
	if err != nil {
		return review.ImportReport{File: review.Safe(path)}, err
	}
	defer done()
	id := firstOf(o.Source, slug(strings.Trim(o.System+"-"+o.Instance, "-")), slugOfFile(in.Name))
	rep, err := importers.Read(ctx, in, importers.Options{Scratch: newScratch, ImportOptions: o, Now: now, Progress: progress}, discard{})
	if err != nil {
		return refused(rep, err)
	}
	d := &Desk{o: Options{Now: func() time.Time { return now }}}
	d.complete(rep, source{id: id, system: firstOf(o.System, rep.System, string(id)), instance: firstOf(o.Instance, rep.Instance)}, o)
	return rehearsed(rep, o)
}

// Probe reads the beginning of a file and says how it would be understood: format, mapping, three records. Its counts
// are of that beginning only.
func (d *Desk) Probe(ctx context.Context, path string, o review.ImportOptions) (review.ImportReport, error) {
	in, done, err := openInput(path)
	if err != nil {
		return review.ImportReport{File: review.Safe(path)}, err
	}
	defer done()
	rep, err := d.probe(ctx, in, importers.Options{Scratch: newScratch, ImportOptions: o, Now: d.Now(), Profile: d.profile(ctx)})
	if err != nil {
		return refused(rep, err)
	}
	return *rep, nil
}
