package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

const keepEvidenceHelp = "store the evidence file when this is signed (at most 16 MiB); without it only its hash is"

func (a *app) exceptionsShow() *cobra.Command {
	return &cobra.Command{
		Use:         "show ID",
		Short:       "one exception with its history and evidence",
		Long:        `Shows one exception: its terms, who granted, renewed and closed it and why, and the evidence files it names, with hash, size if it is known, and whether the file is kept here.`,
		Example:     `tickmark exceptions show 41`,
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "shown"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || n <= 0 {
				return usage("%s is not an id", review.Quote(args[0])).WithHint("ids are the numbers in the first column of `tickmark exceptions`")
			}
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				e, err := d.Exception(cmd.Context(), review.EntryIndex(n))
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(e)
				}
				state := string(e.State)
				if e.Outcome != "" {
					state += ", " + e.Outcome
				}
				pairs := []string{"Exception", number(e.ID), "State", state, "Until", e.Until, "Identity", e.Identity, "Access", e.Entitlement + " on " + e.System + ", account " + e.Account,
					"Reason", e.Reason, "Owner", e.Owner, "Control", e.Control, "Granted", e.Decided.Format("2006-01-02") + " by " + string(e.Reviewer) + ", who reviewed it", "Approved", orNone(e.ApprovedWords()),
					"Campaign", string(e.Campaign), "Renewals", number(e.Renewals)}
				if e.Superseded != 0 {
					pairs = append(pairs, "Superseded by", "entry "+number(e.Superseded))
				}
				for _, c := range e.History {
					words := c.Outcome
					if c.Until != "" {
						words += " until " + c.Until
					}
					pairs = append(pairs, c.Time.Format("2006-01-02"), words+" by "+string(c.Manager)+": "+c.Reason+" (entry "+number(c.Index)+")")
				}
				for _, f := range e.Evidence {
					pairs = append(pairs, "Evidence", f.String()+" (entry "+number(f.Entry)+")")
				}
				if len(e.Evidence) == 0 {
					pairs = append(pairs, "Evidence", "none")
				}
				if e.Staged != "" {
					pairs = append(pairs, "Unsigned", e.Staged)
				}
				a.facts(pairs...)
				return nil
			})
		},
	}
}

func (a *app) exceptionsEvidence() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:         "evidence SHA256",
		Short:       "an evidence file that was kept",
		Long:        `Writes the bytes of an evidence file that was kept, after its hash was checked. The names of the files are in ` + "`tickmark exceptions show`" + `.`,
		Example:     `tickmark exceptions evidence 03ef99fe64f0a9d3f252f15defdb3d4f8786c8f43a9c95d03bd96fbb7c5b1a32 --output control.pdf`,
		Args:        between(1, 1),
		Annotations: exits(exitDoc{exitDone, "written"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				b, err := d.EvidenceFile(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if output != "" {
					return a.writeNew(output, b)
				}
				a.write(b)
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}
