package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) campaignClose() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "close NAME --yes",
		Short: "the manager's sign-off: this review is complete as counted",
		Long:  `Signs the manager's sign-off. After it no decision of the review may follow; exceptions and revokes go on. Where the no-answer policy asks for acts on open items, they are staged first and named, to be signed before closing.`,
		Example: `tickmark campaign close 2026q4-erp --yes
tickmark campaign close 2026q4-erp --yes --json`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "closed and signed"},
			exitDoc{exitAttention, "closed and signed, with items open"},
			exitDoc{exitRefused, "it may not be closed now, or not by you"},
		),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), review.CampaignID(args[0])
			return a.withDesk(ctx, func(d *desk.Desk) error {
				c, err := d.Campaign(ctx, name)
				if err != nil {
					return err
				}
				if !yes {
					ok, err := a.agree(ctx, fmt.Sprintf("Close %s with %s decided and %d open?", name, plural(c.Decided, "item"), c.Undecided))
					if !ok || err != nil {
						return err
					}
				}
				receipt, err := d.CloseCampaign(ctx, name)
				if err != nil {
					return err
				}
				if err := a.receipts([]review.Receipt{receipt}); err != nil {
					return err
				}
				return a.openItemsLeft(cmd, d, name)
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "sign without asking")
	return cmd
}

func (a *app) campaignCancel() *cobra.Command {
	return &cobra.Command{
		Use:               "cancel NAME",
		Short:             "drop a draft; what was launched stays",
		Example:           "tickmark campaign cancel 2026q4-erp",
		Args:              between(1, 1),
		Annotations:       exits(exitDoc{exitDone, "the draft is cancelled"}, exitDoc{exitRefused, "it was launched already"}),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if err := d.CancelCampaign(cmd.Context(), review.CampaignID(args[0])); err != nil {
					return err
				}
				c, err := d.Campaign(cmd.Context(), review.CampaignID(args[0]))
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(campaignLists(c))
				}
				a.say("%s is cancelled", c.Name)
				return nil
			})
		},
	}
}
