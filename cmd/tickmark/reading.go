package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"tickmark/desk"
	"tickmark/review"
)

// lookAt reports what files hold where there is no database to compare them with; nothing is stored.
func (a *app) lookAt(ctx context.Context, files []string, o review.ImportOptions) error {
	return a.eachImport(files, func(file string) (review.ImportReport, error) {
		return desk.Look(ctx, file, o, a.now(), a.progress(filepath.Base(file)))
	})
}

// importFiles imports one file after another.
func (a *app) importFiles(ctx context.Context, d *desk.Desk, files []string, o review.ImportOptions) error {
	if err := a.agreeGuess(ctx, d, files, o); err != nil {
		return err
	}
	return a.eachImport(files, func(file string) (review.ImportReport, error) {
		return d.ImportFile(ctx, file, o, a.progress(filepath.Base(file)))
	})
}

// importReply is what a script reads for one file: the report, and for a refused file the error as well.
type importReply struct {
	review.ImportReport
	Error *errorBody `json:"error,omitempty"`
}

// eachImport reads files one after another and prints their reports. A refused file does not keep the others out; a
// mistake in the flags or a failing machine ends the run. The highest of 4, 3 and 0 is the exit code (importers.md 1).
func (a *app) eachImport(files []string, read func(file string) (review.ImportReport, error)) error {
	var replies []importReply
	worst := exitDone
	for _, file := range files {
		report, err := read(file)
		a.clearProgress()
		reply := importReply{ImportReport: reportLists(report)}
		var e *review.Error
		switch {
		case err == nil:
			if report.RowsReject > 0 || report.Complete == review.Truncated || report.State == "pending" ||
				slices.ContainsFunc(report.Totals, func(t review.ControlTotal) bool { return t.Found != t.Declared }) {
				worst = max(worst, exitAttention)
			}
		case errors.As(err, &e) && e.Kind == review.KindRefused && report.Reason != "":
			worst = exitRefused
			reply.Error = &errorBody{e.Kind, e.Message, e.Hint, e.Reason}
		default:
			if len(replies) > 0 {
				a.say("%s before this one: done", plural(len(replies), "file"))
			}
			return err
		}
		replies = append(replies, reply)
		if !a.wantsJSON {
			a.importReport(report)
		}
	}
	if a.wantsJSON {
		var doc any = replies
		if len(replies) == 1 {
			doc = replies[0]
		}
		if err := a.json(doc); err != nil {
			return err
		}
	}
	if worst == exitDone {
		return nil
	}
	return &outcome{code: worst}
}

// agreeGuess shows how a generic file's columns were guessed, before anything is stored, where somebody can say no
// (importers.md 7.3).
func (a *app) agreeGuess(ctx context.Context, d *desk.Desk, files []string, o review.ImportOptions) error {
	if !a.interactive() || o.DryRun {
		return nil
	}
	for _, file := range files {
		if file == "-" {
			continue
		}
		r, err := d.Probe(ctx, file, o)
		if err != nil || !slices.ContainsFunc(r.Warnings, func(w review.Warning) bool { return w.Keyword == "guessed-mapping" }) {
			continue // what is wrong with the file, the import itself says
		}
		a.say("%s is no format tickmark knows. Its columns look like this:", filepath.Base(file))
		for _, m := range r.Mapping {
			a.say("  %-14s from %s", m.Name, m.Value)
		}
		if left := r.Unused(); len(left) > 0 {
			a.say("  not read       %s", firstOf(left))
		}
		for _, s := range r.Samples {
			a.say("  for example  %s", sampleWords(s, r.Mapping))
		}
		yes, err := a.confirm(ctx, "Import it like that?")
		if err != nil {
			return err
		}
		if !yes {
			no := attention("Nothing was imported.").withHint("Say which column is which: --map identity=COLUMN,entitlement=COLUMN. The columns are %s", strings.Join(r.Columns, ", "))
			no.mapping = true
			return no
		}
	}
	return nil
}
