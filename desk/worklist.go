package desk

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"tickmark/review"
)

// ExportRemediation writes the revokes still to be carried out: as a CSV work list, or as ready commands for the systems
// whose command line is public, to be read and run by people. It gives how many there are.
func (d *Desk) ExportRemediation(ctx context.Context, filter string, w io.Writer, commands bool) (int, error) {
	all, err := d.Remediations(ctx, filter)
	if err != nil {
		return 0, err
	}
	open := all[:0]
	for _, r := range all {
		if r.Pending() {
			open = append(open, r)
		}
	}
	if commands {
		return len(open), d.writeCommands(ctx, w, open)
	}
	return len(open), writeWorkList(w, open)
}

func writeWorkList(w io.Writer, open []review.Remediation) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"id", "system", "source", "account", "entitlement", "resource", "replace", "effective", "decided", "days", "state", "ticket", "owner", "reason"}); err != nil {
		return err
	}
	for _, r := range open {
		row := []string{fmt.Sprint(r.ID), r.System, string(r.Source), r.Account, r.Entitlement, r.Resource, r.Replace, r.Effective, r.Decided.Format("2006-01-02"), fmt.Sprint(r.Days), string(r.State), r.Ticket, r.Owner, r.Reason}
		for i := range row {
			row[i] = spreadsheetSafe(review.Safe(row[i]))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// spreadsheetSafe keeps a cell from being read as a formula (importers.md 12.4).
func spreadsheetSafe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// writeCommands writes the shell script of review.RemedyScript. The format of the source's newest import tells which
// command line takes the access away.
func (d *Desk) writeCommands(ctx context.Context, w io.Writer, open []review.Remediation) error {
	formats := map[review.SourceID]string{}
	lines := make([]review.RemedyLine, len(open))
	for i := range open {
		r := &open[i]
		format, ok := formats[r.Source]
		if !ok {
			im, err := d.db.LatestImport(ctx, r.Source)
			if err != nil {
				return err
			}
			format = im.Format
			formats[r.Source] = format
		}
		a := review.AccessOf(r, format)
		det, err := d.db.Detail(ctx, r.Item)
		if err != nil {
			return err
		}
		a.Login, a.AccountKind, a.EntName, a.EntKind, a.ResourceKind = firstOf(det.Login, a.Login), det.Holder.Kind, firstOf(det.EntName, a.EntName), det.EntDetail.Kind, det.ResourceKind
		lines[i] = review.RemedyLine{Remediation: r, Remedy: review.RemedyFor(a)}
	}
	_, err := io.WriteString(w, review.RemedyScript(lines, d.Now()))
	return err
}
