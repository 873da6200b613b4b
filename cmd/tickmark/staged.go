package main

import (
	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) stagedCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "staged",
		Short:       "what a signature would cover",
		Long:        `Shows what is staged and not signed: one bundle for each campaign and act, with its counts, warnings and lines, and the key that would sign.`,
		Example:     "tickmark staged --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "shown"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				bundles, err := d.Staged(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON {
					for i := range bundles {
						b := &bundles[i]
						b.Tally, b.Warnings, b.Lines = list(b.Tally), list(b.Warnings), list(b.Lines)
					}
					return a.json(list(bundles))
				}
				if len(bundles) == 0 {
					a.say("Nothing is staged.")
					return nil
				}
				for _, b := range bundles {
					a.bundlePage(b)
				}
				keys, err := d.Keys(cmd.Context())
				if err != nil {
					return err
				}
				for _, k := range keys {
					a.print("%s\n", review.Safe(keyWords(k)))
				}
				a.say("Sign: tickmark sign")
				return nil
			})
		},
	}
}

func (a *app) bundlePage(b review.StagedBundle) {
	st := a.outStyle
	a.print("%s  %s: %s\n", st.title(review.Safe(string(b.Campaign))), b.Act, tallyWords(b.Tally))
	a.facts(
		"  records", number(b.Records),
		"  opened", number(b.Opened),
		"  in bulk", number(b.Bulk),
		"  with high findings", number(b.High),
		"  since", minute(b.Since),
	)
	t := newTable("  Item", "What", "Identity", "System", "Account", "Entitlement", "Reason")
	for _, l := range b.Lines {
		t.row("  "+l.Item.Short(), review.InWords(l.What), l.Identity, l.System, l.Account, l.Entitlement, l.Reason)
	}
	a.table(t)
	if more := b.Records - len(b.Lines); more > 0 {
		a.print("  and %d more\n", more)
	}
	a.notices(b.Warnings, st.warn("warning"))
}

func keyWords(k review.KeyInfo) string {
	if k.Fingerprint == "" && k.Problem != "" {
		return "Not ready to sign: " + k.Problem
	}
	s := "Signs: " + string(k.Principal) + " with " + k.Type + " " + string(k.Fingerprint) + " (" + k.Via + ")"
	if k.Problem != "" {
		return s + ": " + k.Problem
	}
	if k.Prompt != "" {
		s += ": " + k.Prompt
	}
	return s
}
