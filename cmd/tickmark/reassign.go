package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) campaignReassign() *cobra.Command {
	var f itemFlags
	var to, until, reason string
	cmd := &cobra.Command{
		Use:   "reassign ITEM... | --filter FILTER  --to PERSON --reason WORDS",
		Short: "let somebody else decide, for good or until a day",
		Long: `Stages a change of who decides, for managers; it counts once it is signed. With --until it is a delegation: who had the item before stays accountable for it, and on that day what is still undecided is staged to go back.

Nobody gets an item they are not independent of, and decided items stay with those who decided them.`,
		Example: `tickmark campaign reassign 5fccd857eec3 --to bob@corp.example --reason 'alice changed teams'
tickmark campaign reassign --campaign 2026q4-erp --filter 'reviewer:alice@corp.example state:open' --to bob@corp.example --until 2026-12-11 --reason 'on leave'
tickmark sign`,
		Annotations: exits(
			exitDoc{exitDone, "all of them are staged"},
			exitDoc{exitAttention, "some items were skipped: they are listed with the reason"},
			exitDoc{exitRefused, "you may not manage, or the person is not independent or has no key"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) > 0) == (f.filter != "" || f.mine || f.reviewer != "") {
				return usage("reassign takes items, or --filter, --reviewer or --mine").WithHint("`tickmark campaign reassign --help` shows an example of each")
			}
			if to == "" || reason == "" {
				return usage("reassign needs --to and --reason").WithHint("say who is to decide, and why")
			}
			if err := dayOf("--until", until); err != nil {
				return err
			}
			ctx := cmd.Context()
			return a.withDesk(ctx, func(d *desk.Desk) error {
				ids, skipped, err := reassigned(cmd, d, f, args)
				if err != nil {
					return err
				}
				var res review.StageResult
				if len(ids) > 0 {
					if res, err = d.Reassign(ctx, ids, review.Principal(to), until, reason); err != nil {
						return err
					}
				}
				res.Skipped = append(res.Skipped, skipped...)
				return a.stageReply(res, "reassignment")
			})
		},
	}
	f.register(a, cmd)
	fs := cmd.Flags()
	fs.StringVar(&to, "to", "", "`PERSON` who is to decide")
	fs.StringVar(&until, "until", "", "`DAY` on which it goes back; without one it is for good")
	fs.StringVar(&reason, "reason", "", "why, in `WORDS`")
	return cmd
}

// reassigned are the items a reassignment is meant for; by a filter those that are decided are left alone.
func reassigned(cmd *cobra.Command, d *desk.Desk, f itemFlags, refs []string) (ids []review.ItemID, skipped []review.Skip, err error) {
	ctx := cmd.Context()
	for _, ref := range refs {
		id, err := d.Resolve(ctx, ref)
		if err != nil {
			if len(refs) == 1 {
				return nil, nil, err
			}
			skipped = append(skipped, review.Skip{ID: review.ItemID(ref), Reason: err.Error()})
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(refs) > 0 {
		return ids, skipped, nil
	}
	c, err := oneCampaign(cmd, d, f.campaign, false)
	if err != nil {
		return nil, nil, err
	}
	f.campaign = string(c.Name)
	ids, err = undecided(ctx, d, f)
	return ids, nil, err
}

// undecided are the items of a filter that nobody has decided, abstentions included.
func undecided(ctx context.Context, d *desk.Desk, f itemFlags) ([]review.ItemID, error) {
	qs, err := f.queries(ctx, d)
	if err != nil {
		return nil, err
	}
	var ids []review.ItemID
	for _, q := range qs {
		q.Filter += " verdict:none,abstain"
		err := d.EachItem(ctx, q, func(it *review.Item) error {
			ids = append(ids, it.ID)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}
