package desk

import (
	"context"
	"fmt"
	"path/filepath"

	"tickmark/review"
	"tickmark/store"
)

// complete fills what the file itself could not say.
func (d *Desk) complete(rep *review.ImportReport, s source, o review.ImportOptions) {
	rep.Source, rep.System, rep.Instance = s.id, s.system, s.instance
	rep.ImportedAt = d.Now()
	rep.State = statePending
	rep.ExportedBy, rep.Query, rep.Environment = o.ExportedBy, o.Query, o.Environment
	rep.Flags = o.ContentFlags()
	rep.Completeness = rep.Complete
	if rep.Complete != review.Truncated && o.Completeness != "" {
		rep.Completeness = o.Completeness
	}
	if t, err := parseMoment(o.ExportedAt); err == nil && !t.IsZero() {
		rep.ExportedAt, rep.ExportedFrom = t, "flag"
	}
	if s.alike && !byHand(rep.Format) {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("it has the columns of %s and is taken as its next export; if it is another system, name that with --source NAME", s.id)})
	}
	if s.beside != "" {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("%s holds imports of another format, so this file is taken as a second export of the same system, named %s, and replaces nothing; if it is to replace them, say so with --source %s", s.beside, s.id, s.beside)})
	}
	rep.Warnings = append(append(rep.Warnings, s.stale(rep)...), s.late(rep)...)
	if p := s.previous; (s.guessed || s.alike) && p != nil && byHand(rep.Format) && filepath.Base(p.File) != filepath.Base(rep.File) {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("it is taken as the next file of %s: it takes the place of import %d (%s), and what only that said no longer holds; if both are to hold, name this one with --source", s.id, p.ID, filepath.Base(p.File))})
	}
	if s.guessed && (!aside(rep.Format) || rep.Format == "hr-roster") { // rules and files kept by hand are from no system
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("the file does not say which system it is from; it was named %s after the file. Name it with --source", s.id)})
	}
}

// checkTotals compares control totals declared beforehand with what was found.
func checkTotals(rep *review.ImportReport, declared []review.ControlTotal) []review.ControlTotal {
	var out []review.ControlTotal
	for _, t := range declared {
		switch t.Name {
		case "rows":
			t.Found = rep.RowsRead
		case "accounts":
			t.Found = rep.Accounts
		case "grants":
			t.Found = rep.Grants
		case "identities":
			t.Found = rep.Identities
		}
		if t.Found != t.Declared {
			rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "control-total-differs", Count: 1, First: t.Name, Serious: true,
				Text: fmt.Sprintf("%d %s were declared beforehand and %d were found; ask whoever made the export", t.Declared, t.Name, t.Found)})
		}
		out = append(out, t)
	}
	return out
}

// compareCounts warns when an export shrank or grew much (trap 46, rulings 11).
func (d *Desk) compareCounts(rep *review.ImportReport, prev *store.Import) error {
	if prev == nil || prev.Rows == 0 {
		return nil
	}
	now, before := rep.Grants+rep.AccountRows, prev.Rows
	if diff := now - before; diff*diff*100*100 > before*before*30*30 {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: keywordCounts, Count: 1, First: fmt.Sprintf("%d -> %d", before, now),
			Text: fmt.Sprintf("%s now, %s in import %d; check that the export is whole", review.Plural(now, "grant"), review.Plural(before, "grant"), prev.ID)})
	}
	return nil
}

const keywordCounts = "row-count-change"

// compareContent notes what changed since the import before.
func (d *Desk) compareContent(ctx context.Context, rep *review.ImportReport, prev *store.Import) error {
	if prev == nil {
		return nil
	}
	diff, _, err := d.db.Diff(ctx, prev.ID, rep.ID, 0)
	if err != nil {
		return err
	}
	if diff.Removed > 0 && rep.Completeness != review.Full && rep.Completeness != review.Scoped {
		diff.Note = "this import does not claim to be complete, so an absence proves nothing"
	}
	rep.Diff = &diff
	if diff.Added+diff.Removed+diff.Changed == 0 && rep.Rejects == nil && (diff.Unchanged > 0 || rep.SHA256 == prev.SHA256) { // a roster has no grants to compare
		rep.Notes = append(rep.Notes, fmt.Sprintf("content unchanged since import %d", prev.ID))
	}
	return d.updateImport(ctx, rep)
}

func (d *Desk) updateImport(ctx context.Context, rep *review.ImportReport) error {
	return d.db.Write(ctx, func(tx *store.Tx) error { return tx.UpdateImport(rep.ID, *rep) })
}

func strictly(rep *review.ImportReport) error {
	for _, w := range rep.Warnings {
		if w.Serious {
			return review.Errorf(review.KindRefused, "--strict refuses a file with the warning %s (%d, first at %s)", w.Keyword, w.Count, review.Safe(w.First)).
				WithHint("mend the export, or import it without --strict").WithReason(w.Keyword)
		}
	}
	return nil
}
