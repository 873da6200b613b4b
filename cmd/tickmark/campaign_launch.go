package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) campaignLaunch() *cobra.Command {
	var yes, empty bool
	var accept []int64
	cmd := &cobra.Command{
		Use:   "launch NAME [--yes]",
		Short: "show what would be frozen; with --yes freeze and sign it",
		Long:  `Shows what launching would freeze and sign, and what stands in the way; with --yes it freezes and signs. What was said to be meant with --allow-empty and --accept-count is remembered, with --yes or without.`,
		Example: `tickmark campaign launch 2026q4-erp
tickmark campaign launch 2026q4-erp --yes`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "launched, or (without --yes) ready to be launched"},
			exitDoc{exitAttention, "without --yes: something stands in the way, it is listed"},
			exitDoc{exitRefused, "with --yes: something stands in the way, or your key may not manage"},
		),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), review.CampaignID(args[0])
			return a.withDesk(ctx, func(d *desk.Desk) error {
				if empty {
					if err := d.AllowEmpty(ctx, name); err != nil {
						return err
					}
				}
				for _, n := range accept {
					if err := d.AcceptCount(ctx, review.ImportID(n)); err != nil {
						return err
					}
				}
				if !yes {
					p, err := d.PreviewLaunch(ctx, name, a.progress(string(name)))
					a.clearProgress()
					if err != nil {
						return err
					}
					return a.showPreview(p)
				}
				receipt, err := d.Launch(ctx, name, nil, a.progress(string(name)))
				a.clearProgress()
				if err != nil {
					return err
				}
				if a.wantsJSON {
					c, err := d.Campaign(ctx, name)
					if err != nil {
						return err
					}
					return a.json(launchReply{campaignLists(c), &receipt})
				}
				a.receipt(receipt)
				a.say("Decide: tickmark review %s", name)
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "launch: freeze the population and sign it")
	cmd.Flags().Int64SliceVar(&accept, "accept-count", nil, "`IMPORT` whose count fell and is right all the same")
	cmd.Flags().BoolVar(&empty, "allow-empty", false, "a review of nothing, or a source without grants, is meant")
	return cmd
}

// launchReply is what launch --yes answers: the campaign as show gives it, and the receipt.
type launchReply struct {
	review.Campaign
	Receipt *review.Receipt `json:"receipt"`
}

func (a *app) showPreview(p review.Preview) error {
	if a.wantsJSON {
		p.Reviewers, p.Imports, p.Excluded = list(p.Reviewers), list(p.Imports), list(p.Excluded)
		p.Blocks, p.Notices = list(p.Blocks), list(p.Notices)
		if err := a.json(p); err != nil {
			return err
		}
	} else {
		a.previewPage(p)
	}
	if len(p.Blocks) > 0 {
		return attention("%s in the way of launching", standsOrStand(len(p.Blocks)))
	}
	if !a.wantsJSON {
		a.say("Nothing is frozen or signed yet. Launch it: tickmark campaign launch %s --yes", p.Campaign)
	}
	return nil
}

func standsOrStand(n int) string {
	if n == 1 {
		return "1 thing stands"
	}
	return fmt.Sprintf("%d things stand", n)
}

func (a *app) previewPage(p review.Preview) {
	st := a.outStyle
	a.print("%s  %s of %s\n", st.title(review.Safe(string(p.Campaign))), plural(p.Items, "item"), plural(p.Identities, "identity"))
	second := ""
	if p.LaterStage > 0 {
		second = fmt.Sprintf("%s again in a second stage, counted among them", plural(p.LaterStage, "grant"))
	}
	a.facts(
		"  asked", second,
		"  reviewers by", countWords(p.Basis, review.ByManager, review.ByOwner, review.ByName, review.ByRule, review.ByFallback),
		"  changes", countWords(p.Changes, review.CameBack, review.New, review.Changed, review.Unchanged),
		"  findings", countWords(p.Findings, review.Critical, review.High, review.Medium, review.Low, review.Info),
		"  people who left", plural(p.Leavers, "grant"),
		"  without a living owner", plural(p.NoOwner, "identity"),
		"  own access", plural(p.OwnAccess, "item"),
		"  nobody to ask", plural(p.Unroutable, "item"),
		"  sources", fmt.Sprintf("%d: %d too old or undated, %d not known to be complete", len(p.Imports), p.Stale, p.Incomplete),
		"  signs", p.Signs,
	)
	if len(p.Reviewers) > 0 {
		a.print("\n")
		t := newTable("Reviewer", ">Items")
		for _, r := range p.Reviewers {
			t.row(string(r.Principal), number(r.Items))
		}
		a.table(t)
	}
	if len(p.Imports) > 0 {
		a.print("\n")
		t := newTable(">Import", "Source", "File", ">Grants", "Completeness", "Exported")
		for _, r := range p.Imports {
			t.row(number(r.ID), string(r.Source), filepath.Base(r.File), number(r.Grants+r.AccountRows), string(r.Completeness), minute(r.ExportedAt))
		}
		a.table(t)
	}
	if len(p.Excluded) > 0 {
		a.print("\n")
		t := newTable(">Left out", "Because")
		for _, x := range p.Excluded {
			t.row(number(x.Count), x.Reason)
		}
		a.table(t)
	}
	a.notices(p.Blocks, st.bad("blocks"))
	a.notices(p.Notices, st.warn("note"))
}
