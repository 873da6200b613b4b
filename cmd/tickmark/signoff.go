package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) signoffCommand() *cobra.Command {
	var yes bool
	var role, receipt string
	cmd := &cobra.Command{
		Use:   "signoff CAMPAIGN [--yes]",
		Short: "sign: I am done, with these counts",
		Long:  `Signs that you have decided your items as counted. Where you also own the review and no other reviewer is outstanding, the manager's sign-off follows at once. ` + "`tickmark campaign close`" + ` is the manager's sign-off alone.`,
		Example: `tickmark signoff 2026q4-erp --yes
tickmark signoff 2026q4-erp --role manager --yes --json`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "signed"},
			exitDoc{exitAttention, "signed, with items open"},
			exitDoc{exitRefused, "you have no part in this review, or something staged must be signed first"},
		),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), review.CampaignID(args[0])
			if err := oneOf("--role", role, string(review.Reviewer), string(review.Manager)); err != nil {
				return err
			}
			return a.signing(ctx, receipt, func(d *desk.Desk) error {
				c, err := d.Campaign(ctx, name)
				if err != nil {
					return err
				}
				if !yes {
					quality, err := d.Quality(ctx, name)
					if err != nil {
						return err
					}
					a.qualityPage(review.QualityFor(quality, d.Me(), c.Owner))
					if ok, err := a.agree(ctx, fmt.Sprintf("Sign off %s with %d of %d decided?", name, c.Decided, c.Items)); !ok || err != nil {
						return err
					}
				}
				receipts, err := d.SignOff(ctx, name, review.Role(role), nil)
				if err != nil && len(receipts) == 0 {
					return err
				}
				if perr := a.signoffReceipts(receipts); perr != nil {
					return perr
				}
				if err != nil {
					e := asError(ctx, err)
					return attention("signed as reviewer; then: %s", e.Message).withHint("%s", e.Hint)
				}
				return a.openItemsLeft(cmd, d, name)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "sign without asking")
	cmd.Flags().StringVar(&role, "role", "", "`reviewer|manager`: else what is outstanding for you")
	cmd.Flags().StringVar(&receipt, "receipt", "", receiptUsage)
	a.completeFlag(cmd, "role", words("reviewer", "manager"))
	return cmd
}

// qualityPage says how the review was done, before it is signed off.
func (a *app) qualityPage(qs []review.Quality) {
	for _, q := range qs {
		a.say("%s decided %d: %d kept, %d in bulk, %d opened, %.0f seconds an item", q.Principal, q.Decided, q.Keeps, q.Bulk, q.Opened, q.PerItem)
		for _, n := range q.Signals {
			a.say("  %s %s", n.Text, n.Hint)
		}
	}
}

// signoffReply is the last sign-off's receipt, which stands for all: its head covers the others, too.
type signoffReply struct {
	review.Receipt
	Signoffs []review.Receipt `json:"signoffs"`
}

// signoffReceipts prints the receipts of the sign-offs one person made at once: as JSON one object, however many.
func (a *app) signoffReceipts(rs []review.Receipt) error {
	if !a.wantsJSON || len(rs) == 0 {
		return a.receipts(rs)
	}
	return a.json(signoffReply{rs[len(rs)-1], rs})
}
