package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/review"
)

func (a *app) exportCommand() *cobra.Command {
	var o evidence.Options
	var span string
	cmd := &cobra.Command{
		Use:   "export DEST",
		Short: "write an evidence pack",
		Long:  `Writes an evidence pack: a folder, or a zip if DEST ends in .zip; - writes a zip to standard output. The pack holds the signed bytes, tables, a report and a script that checks the signatures with stock OpenSSH and coreutils. It is signed by you, and equal for equal options. An existing DEST is refused. With --quiet nothing is printed but the digest of the manifest, which names the pack.`,
		Example: `tickmark export q4.zip --campaign 2026q4-erp
tickmark export type2 --for soc2 --type 2 --window 2026-01-01..2026-12-31 --sample 25 --seed 'dice 4-1-6-3'`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "the pack is written and signed"},
			exitDoc{exitUsage, "wrong use, or DEST exists"},
			exitDoc{exitRefused, "the key may not sign exports, or an id is unknown"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, dest := cmd.Context(), args[0]
			var err error
			if o.From, o.To, err = window("--window", span); err != nil {
				return err
			}
			for _, err := range []error{
				oneOf("--for", o.For, "soc1", "soc2"),
				oneOf("--disclose", o.Disclose, "all", "sample"),
				exportPairs(cmd, o),
			} {
				if err != nil {
					return err
				}
			}
			if dest == "-" && a.outTerm {
				return usage("a pack is not for the screen").WithHint("send it to a file: tickmark export - > pack.zip")
			}
			o.Campaigns = commaList(o.Campaigns)
			o.Progress = a.progress("export")
			return a.anyDesk(ctx, func(d *desk.Desk) error {
				if dest == "-" {
					if a.wantsJSON {
						return usage("with - the pack itself is on standard output").WithHint("leave --json out, or name a file")
					}
					res, err := d.ExportTo(ctx, o, a.out)
					if err != nil {
						return err
					}
					a.clearProgress()
					a.say("%s", exportWords(res))
					return nil
				}
				res, err := d.Export(ctx, o, dest)
				if err != nil {
					return err
				}
				a.clearProgress()
				if a.wantsJSON {
					return a.json(res)
				}
				if a.quiet {
					a.print("%s\n", res.Manifest)
					return nil
				}
				a.print("%s  %s\n", a.outStyle.title(review.Safe(res.Path)), review.Safe(exportWords(res)))
				a.facts(
					"  manifest", fmt.Sprint(res.Manifest),
					"  view", res.View,
					"  window", strings.Trim(res.Window[0]+" to "+res.Window[1], " to"),
					"  reviews", strings.Join(res.Campaigns, ", "),
					"  disclosed", res.Disclosure,
					"  ledger", fmt.Sprintf("%s, root %s", plural(res.Size, "entry"), res.Root),
					"  beside it", strings.Join(res.Beside, ", "),
				)
				for _, n := range res.Notes {
					a.print("  note  %s\n", review.Safe(n))
				}
				a.say("Check it: tickmark verify %s", dest)
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringSliceVar(&o.Campaigns, "campaign", nil, "only this `CAMPAIGN`; repeat it for more")
	fs.StringVar(&span, "window", "", "the audit window, `FROM..TO`")
	fs.StringVar(&o.For, "for", "", "`soc1|soc2`: the view of an audit; needs --type")
	fs.IntVar(&o.Type, "type", 0, "`1|2`: 1 is design at a date, 2 operation over the window")
	fs.IntVar(&o.Sample, "sample", 0, "draw `N` items of each review; needs --seed")
	fs.StringVar(&o.Seed, "seed", "", "`WORD` the auditor named after the population was signed")
	fs.StringVar(&o.Disclose, "disclose", "", "`all|sample`: sample leaves hashes only of what is not drawn")
	fs.StringSliceVar(&o.Items, "item", nil, "a dossier of this `ITEM`, too")
	fs.StringSliceVar(&o.Controls, "control", nil, "`FRAMEWORK:ID` the evidence serves, where the policy names none")
	fs.StringSliceVar(&o.FinancialSources, "financial-source", nil, "`SOURCE` that matters for financial reporting (soc1)")
	fs.BoolVar(&o.IncludeEvidence, "evidence", false, "with the evidence files of exceptions that were kept")
	fs.BoolVar(&o.IncludeOriginals, "originals", false, "with the raw exports, where no secret was dropped from them")
	fs.BoolVar(&o.Redact, "redact", false, "withhold records, rows and facts; pseudonymised tables are written beside the pack")
	a.completeFlag(cmd, "campaign", a.campaignNames)
	a.completeFlag(cmd, "for", words("soc1", "soc2"))
	a.completeFlag(cmd, "disclose", words("all", "sample"))
	return cmd
}

// exportPairs refuses options that need each other and do not have each other.
func exportPairs(cmd *cobra.Command, o evidence.Options) error {
	switch {
	case cmd.Flags().Changed("type") && o.Type != 1 && o.Type != 2:
		return usage("--type is 1 or 2").WithHint("1: design at a date; 2: operation over a window")
	case cmd.Flags().Changed("type") && o.For == "":
		return usage("--type says nothing without --for").WithHint("for example --for soc2 --type 2")
	case cmd.Flags().Changed("sample") && o.Sample < 1:
		return usage("--sample wants a number above 0").WithHint("for example --sample 25 --seed 'dice 4-1-6-3'")
	case (o.Sample > 0) != (o.Seed != ""):
		return usage("--sample and --seed go together").WithHint("the auditor names the seed: --sample 25 --seed 'dice 4-1-6-3'")
	case o.Disclose == "sample" && o.Sample == 0:
		return usage("--disclose sample needs --sample and --seed").WithHint("for example --sample 25 --seed 'dice 4-1-6-3'")
	}
	return nil
}

func exportWords(r *evidence.Result) string {
	return fmt.Sprintf("%s, %.1f MB, %s", plural(r.Files, "file"), float64(r.Bytes)/(1<<20), plural(r.Decisions, "decision"))
}
