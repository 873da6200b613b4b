package main

import (
	"os"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/review"
)

func (a *app) verifyCommand() *cobra.Command {
	var signers, items, vkey, roots, witness, log string
	var checkpoints []string
	var strict, reparse bool
	cmd := &cobra.Command{
		Use:   "verify [PACK|DATABASE]",
		Short: "check evidence, and say what no check can see",
		Long: `Checks a pack (folder or zip) or a database: every signature, the tree, the population, every table. It prints first what the result rests on, then failures with their codes, then what must be known, and last what it cannot see. A pack needs no database and no network.

What you do not bring along is taken from the pack and marked as not confirmed; with --strict that is exit code 5.`,
		Example: `tickmark verify q4.zip
tickmark verify q4.zip --signers known_signers --checkpoint head-2026-11 --strict --json`,
		Args: between(0, 1),
		Annotations: exits(
			exitDoc{exitDone, "no failure"},
			exitDoc{exitMachine, "nothing could be checked"},
			exitDoc{exitRefused, "at least one failure"},
			exitDoc{exitUnconfirmed, "--strict: no failure, but a trust input was not confirmed"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			o := evidence.VerifyOptions{Log: log, Progress: a.progress("verify")}
			if signers != "" {
				b, err := readFile("--signers", signers)
				if err != nil {
					return err
				}
				o.Signers, o.SignersFrom = b, signers
			}
			if vkey != "" {
				b, err := readFile("--vkey", vkey)
				if err != nil {
					return err
				}
				o.VKey, o.VKeyFrom = firstLine(b), vkey
			}
			if items != "" {
				b, err := readFile("--items", items)
				if err != nil {
					return err
				}
				o.Items, o.ItemsFrom = b, items
			}
			if err := earlierHeads(&o, checkpoints); err != nil {
				return err
			}
			if roots != "" {
				pool, err := readRoots(roots)
				if err != nil {
					return err
				}
				o.TimeRoots, o.TimeRootsFrom = pool, roots
			}
			if witness != "" {
				keys, err := readWitnessKeys("--witness", witness)
				if err != nil {
					return err
				}
				o.Witnesses, o.WitnessesFrom = keys, witness
			}
			if reparse {
				o.Reparse = reparseOriginal
			}
			report, err := a.verify(cmd, args, o)
			if err != nil {
				return err
			}
			a.clearProgress()
			if a.wantsJSON {
				if err := a.json(verifyLists(report)); err != nil {
					return err
				}
			} else if err := report.WriteText(sheetWriter{a}); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if code := report.Exit(strict); code != exitDone {
				return &outcome{code: code}
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&signers, "signers", "", "allowed_signers `FILE` you have from the organisation")
	fs.StringVar(&vkey, "vkey", "", "`FILE` with the ledger's note key")
	fs.StringArrayVar(&checkpoints, "checkpoint", nil, "`FILE` with heads or receipts you obtained earlier; may be given again")
	fs.StringVar(&roots, "time-roots", "", "`FILE` with root certificates of time authorities (PEM)")
	fs.StringVar(&witness, "witness", "", "`FILE` with public keys of witnesses you trust, one a line")
	fs.StringVar(&log, "log", "", "the `NAME` the ledger must have")
	fs.StringVar(&items, "items", "", "`FILE` with the ids of all items, to repeat the draw of a sampled pack: one a line, or a full pack's population.csv")
	fs.BoolVar(&reparse, "reparse", false, "read the original exports in the pack again and compare the population")
	fs.BoolVar(&strict, "strict", false, "a trust input that is not confirmed by you is exit code 5")
	return cmd
}

// verify checks the argument, or the default database without one. What it is is told from its content.
func (a *app) verify(cmd *cobra.Command, args []string, o evidence.VerifyOptions) (*evidence.Report, error) {
	path := a.dbPath()
	if len(args) == 1 {
		path = args[0]
		if _, err := os.Stat(path); err != nil {
			return nil, review.Errorf(review.KindNotFound, "there is nothing to verify at %s", review.Safe(path)).WithHint("name a pack (folder or zip) or a database")
		}
		if sniff(path) != databaseContent {
			if isSQLite(path) {
				return nil, review.Errorf(review.KindRefused, "%s is a database, but not one of tickmark", review.Safe(path)).WithHint("name a pack or a tickmark database")
			}
			return evidence.Verify(cmd.Context(), path, o)
		}
	}
	a.db = path
	var report *evidence.Report
	err := a.inspectDesk(cmd.Context(), func(d *desk.Desk) error {
		var err error
		report, err = d.Verify(cmd.Context(), o)
		return err
	})
	return report, err
}

// earlierHeads reads the heads of --checkpoint. They name the ledger they are of, so that a pack of another is refused.
func earlierHeads(o *evidence.VerifyOptions, files []string) error {
	for _, name := range files {
		b, err := readFile("--checkpoint", name)
		if err != nil {
			return err
		}
		heads, log, err := desk.ReadHeads(b, name)
		if err != nil {
			return err
		}
		if o.Log != "" && o.Log != log {
			return usage("--checkpoint: %s is of the ledger %s, not of %s", review.Safe(name), log, review.Safe(o.Log)).WithHint("give heads of the ledger you verify")
		}
		o.Log, o.Earlier = log, append(o.Earlier, heads...)
	}
	return nil
}

// verifyLists gives lists where there is nothing to list.
func verifyLists(r *evidence.Report) *evidence.Report {
	r.Trust, r.Codes, r.States, r.CannotSee = list(r.Trust), list(r.Codes), list(r.States), list(r.CannotSee)
	return r
}

func firstLine(b []byte) string {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			return string(b[:i])
		}
	}
	return string(b)
}
