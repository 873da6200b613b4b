package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) ledgerAnchor() *cobra.Command {
	var holder, checkpoint, output string
	cmd := &cobra.Command{
		Use: "anchor --holder TEXT", Short: "note that somebody outside was given a head",
		Long:    `Prints the newest head, or the one in --checkpoint, for somebody outside to keep, and notes in the ledger that they hold it. Packs then carry that head and the proof that later ones extend it. By itself the note proves nothing: what the holder keeps does.`,
		Example: `tickmark ledger anchor --holder 'Dana, external auditor' --output head-for-dana`,
		Args:    noArgs,
		Annotations: exits(
			exitDoc{exitDone, "noted; the head is printed"},
			exitDoc{exitRefused, "the head in --checkpoint is none of this ledger"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.mustBeLocal(); err != nil {
				return err
			}
			if strings.TrimSpace(holder) == "" {
				return usage("anchor needs --holder").WithHint("say who was given the head: --holder 'Dana, external auditor'")
			}
			var note []byte
			if checkpoint != "" {
				var err error
				if note, err = readFile("--checkpoint", checkpoint); err != nil {
					return err
				}
			}
			if err := mustBeNew(output); err != nil {
				return err
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				done, err := d.AnchorReceipt(cmd.Context(), holder, note)
				if err != nil {
					return err
				}
				if output != "" {
					if err := a.writeNew(output, []byte(done.Checkpoint)); err != nil {
						return err
					}
				}
				if a.wantsJSON {
					return a.json(done)
				}
				if output == "" {
					a.write([]byte(done.Checkpoint))
				}
				a.say("%s", anchorWords(done))
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&holder, "holder", "", "who was given it, in `WORDS`")
	fs.StringVar(&checkpoint, "checkpoint", "", "`FILE` with the head they were given (else the newest)")
	fs.StringVarP(&output, "output", "o", "", "write the head to this new `FILE`, not to standard output")
	return cmd
}

func (a *app) ledgerAnchors() *cobra.Command {
	return &cobra.Command{
		Use: "anchors", Short: "heads that somebody outside holds, and their proofs",
		Example:     "tickmark ledger anchors --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				all, err := d.Anchors(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(list(all))
				}
				t := newTable(">Entry", ">Size", "Type", "Holder", "Time", "Root")
				for _, x := range all {
					when := ""
					if !x.TokenTime.IsZero() {
						when = minute(x.TokenTime)
					}
					t.row(number(x.Entry), number(x.Size), x.Type, x.Holder, when, x.Root)
				}
				a.table(t)
				return nil
			})
		},
	}
}

// anchorWords says what was noted.
func anchorWords(x desk.Anchored) string {
	what := "The head of " + plural(x.Size, "entry")
	switch {
	case x.Known:
		return what + " and its proof by " + x.Holder + " were noted before, as entry " + number(x.Entry)
	case x.TokenTime.IsZero():
		return what + " is noted as given to " + x.Holder + ", as entry " + number(x.Entry)
	}
	return what + " is proven by " + x.Holder + " at " + x.TokenTime.UTC().Format("2006-01-02T15:04:05Z") + ", noted as entry " + number(x.Entry)
}

// mustBeNew refuses an output file that exists, before anything is done for it.
func mustBeNew(name string) error {
	if _, err := os.Lstat(name); name != "" && err == nil {
		return review.Errorf(review.KindExists, "%s exists already", review.Safe(name)).WithHint("name another file; nothing is overwritten")
	}
	return nil
}
