package main

import (
	"math"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) importsCommand() *cobra.Command {
	var p pager
	cmd := &cobra.Command{
		Use:   "imports [ID]",
		Short: "what was read, rejected, changed",
		Long:  `Lists imports, or shows one with its counts, warnings and the first rejects.`,
		Example: `tickmark imports
tickmark imports 3
tickmark imports diff 1 3`,
		Annotations: exits(exitDoc{exitDone, "shown"}, exitDoc{exitUsage, "wrong use, or there is no such import"}),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			if _, err := strconv.Atoi(args[0]); err != nil {
				return unknownVerb(cmd, args[0], args[0])
			}
			return a.showImport(cmd, args)
		}
		return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
			all, err := d.Imports(cmd.Context())
			if err != nil {
				return err
			}
			all = page(&p, all, func(r review.ImportReport) string { return number(r.ID) })
			if a.wantsJSON {
				for i := range all {
					all[i] = reportLists(all[i])
				}
				return a.json(all)
			}
			if len(all) == 0 {
				a.say("Nothing was imported yet: tickmark import FILE")
				return nil
			}
			if a.outTerm && a.width() < 110 { // what `imports show` says of each is left out
				t := newTable(">Import", "Source", "Format", ">Rejected", ">Grants", "Exported", "State", "File")
				for _, r := range all {
					t.row(number(r.ID), string(r.Source), r.Format, number(r.RowsReject), number(r.Grants+r.AccountRows), day(r.ExportedAt), r.State, filepath.Base(r.File))
				}
				a.table(t)
				return nil
			}
			t := newTable(">Import", "Source", "Format", ">Rows", ">Rejected", ">Grants", ">Accounts", "Completeness", "Exported", "State", "File")
			for _, r := range all {
				t.row(number(r.ID), string(r.Source), r.Format, number(r.RowsRead), number(r.RowsReject), number(r.Grants+r.AccountRows), number(r.Accounts),
					string(r.Completeness), minute(r.ExportedAt), r.State, filepath.Base(r.File))
			}
			a.table(t)
			return nil
		})
	}
	p.register(cmd)
	show := &cobra.Command{
		Use: "show ID", Short: "one import: counts, warnings, changes", Example: "tickmark imports show 3 --json",
		Args: between(1, 1), Annotations: exits(exitDoc{exitDone, "shown"}), RunE: a.showImport,
	}
	return family(cmd, show, a.importsDiff(), a.importsRejects())
}

func importID(s string) (review.ImportID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, usage("%s is not the number of an import", review.Quote(s)).WithHint("`tickmark imports` lists them")
	}
	return review.ImportID(n), nil
}

func (a *app) showImport(cmd *cobra.Command, args []string) error {
	id, err := importID(args[0])
	if err != nil {
		return err
	}
	return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
		r, err := d.Import(cmd.Context(), id)
		if err != nil {
			return err
		}
		if a.wantsJSON {
			return a.json(reportLists(r))
		}
		a.importReport(r)
		return nil
	})
}

func (a *app) importsDiff() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "diff A B", Short: "what changed from one import to another of the same source",
		Example:     "tickmark imports diff 1 3 --json",
		Args:        between(2, 2),
		Annotations: exits(exitDoc{exitDone, "shown"}, exitDoc{exitUsage, "wrong use, or the two are of different sources"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := importID(args[0])
			if err != nil {
				return err
			}
			to, err := importID(args[1])
			if err != nil {
				return err
			}
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				if limit == 0 {
					limit = math.MaxInt
				}
				sum, lines, err := d.DiffImports(cmd.Context(), from, to, limit)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(diffReply{sum, list(lines)})
				}
				a.print("%s\n", review.Safe(diffWords(&sum)))
				t := newTable("Change", "Account", "Entitlement", "Resource", "What")
				for _, l := range lines {
					t.row(l.Change, l.Account, l.Entitlement, l.Resource, l.Detail)
				}
				a.table(t)
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N` lines; 0 is all")
	return cmd
}

type diffReply struct {
	review.Diff
	Lines []review.DiffLine `json:"lines"`
}

func (a *app) importsRejects() *cobra.Command {
	var limit int
	var asCSV bool
	cmd := &cobra.Command{
		Use: "rejects ID", Short: "every rejected record, with its place and why",
		Example:     "tickmark imports rejects 3 --csv > rejects.csv",
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "shown"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				rejects, err := d.Rejects(cmd.Context(), id, limit)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(list(rejects))
				}
				if asCSV {
					s := newSheet(sheetWriter{a}, "line", "column", "reason", "text")
					for _, r := range rejects {
						s.row(number(r.Line), review.Safe(r.Column), r.Reason, review.Safe(r.Text))
					}
					return s.close()
				}
				t := newTable(">Line", "Column", "Reason", "What is wrong")
				for _, r := range rejects {
					t.row(number(r.Line), r.Column, r.Reason, r.Text)
				}
				a.table(t)
				a.say("%s", plural(len(rejects), "reject"))
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most `N`; 0 is all")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "as a sheet")
	return cmd
}
