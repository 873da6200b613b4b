package main

import (
	"crypto/x509"
	"os"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/review"
)

func (a *app) verifyCommand() *cobra.Command {
	var signers, vkey, checkpoint, roots, log string
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
			if checkpoint != "" {
				b, err := readFile("--checkpoint", checkpoint)
				if err != nil {
					return err
				}
				o.Checkpoint, o.CheckpointFrom = b, checkpoint
			}
			if roots != "" {
				b, err := readFile("--time-roots", roots)
				if err != nil {
					return err
				}
				o.TimeRoots, o.TimeRootsFrom = x509.NewCertPool(), roots
				if !o.TimeRoots.AppendCertsFromPEM(b) {
					return usage("--time-roots: %s holds no certificate", review.Safe(roots)).WithHint("give the time authority's root certificates in PEM")
				}
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
	fs.StringVar(&checkpoint, "checkpoint", "", "`FILE` with a head or receipt you obtained earlier")
	fs.StringVar(&roots, "time-roots", "", "`FILE` with root certificates of time authorities (PEM)")
	fs.StringVar(&log, "log", "", "the `NAME` the ledger must have")
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
	err := a.readDesk(cmd.Context(), func(d *desk.Desk) error {
		var err error
		report, err = d.Verify(cmd.Context(), o)
		return err
	})
	return report, err
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
