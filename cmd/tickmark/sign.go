package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) signCommand() *cobra.Command {
	var yes bool
	var campaign, detached, submit, receipt string
	var imported int64
	cmd := &cobra.Command{
		Use:   "sign [--yes]",
		Short: "sign what is staged",
		Long: `Signs what is staged, one bundle for each campaign and act, with your own key: the agent's, a key file (its passphrase is asked for) or a security key.

To sign on another computer, write the statement with --detached FILE, sign it there with the ssh-keygen line that is printed, bring FILE.sig back and hand it in with --submit FILE.sig. Any change to what FILE covers voids it.`,
		Example: `tickmark sign --yes
tickmark sign --detached bundle.txt
ssh-keygen -Y sign -n review.v1@tickmark -f ~/.ssh/id_ed25519 bundle.txt
tickmark sign --submit bundle.txt.sig`,
		Args: noArgs,
		Annotations: exits(
			exitDoc{exitDone, "signed; the receipts are printed"},
			exitDoc{exitMachine, "the agent or the passphrase failed; everything is still staged"},
			exitDoc{exitUsage, "wrong use, or nothing is staged"},
			exitDoc{exitAttention, "some bundles were signed and a later one was not: it is still staged"},
			exitDoc{exitRefused, "the key may not sign this, or somebody signed in between"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			given := 0
			for _, name := range []string{"campaign", "detached", "submit", "import"} {
				if cmd.Flags().Changed(name) {
					given++
				}
			}
			if given > 1 {
				return usage("--campaign, --detached, --submit and --import are used one at a time").WithHint("--detached and --submit are two steps of one signature")
			}
			if receipt != "" && detached != "" {
				return usage("--detached signs nothing yet, so there is no receipt").WithHint("use --receipt FILE with --submit")
			}
			return a.signing(ctx, receipt, func(d *desk.Desk) error {
				switch {
				case submit != "":
					r, err := d.Submit(ctx, submit)
					if err != nil {
						return err
					}
					return a.receipts([]review.Receipt{r})
				case detached != "":
					return a.signDetached(ctx, d, detached)
				case imported > 0:
					r, err := d.SignImport(ctx, review.ImportID(imported))
					if err != nil {
						return err
					}
					return a.receipts([]review.Receipt{r})
				}
				return a.signStaged(ctx, d, review.CampaignID(campaign), yes)
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVarP(&yes, "yes", "y", false, "sign without asking")
	fs.StringVar(&campaign, "campaign", "", "only what is staged in this `CAMPAIGN`")
	fs.StringVar(&detached, "detached", "", "write the statement to `FILE`, to be signed on another computer")
	fs.StringVar(&submit, "submit", "", "hand in the signature `FILE.sig`")
	fs.Int64Var(&imported, "import", 0, "sign the pending import `N`, which was stored when no key could sign")
	fs.StringVar(&receipt, "receipt", "", receiptUsage)
	a.completeFlag(cmd, "campaign", a.campaignNames)
	return cmd
}

func (a *app) signStaged(ctx context.Context, d *desk.Desk, campaign review.CampaignID, yes bool) error {
	bundles, err := d.Staged(ctx)
	if err != nil {
		return err
	}
	records, n := 0, 0
	for _, b := range bundles {
		if campaign == "" || b.Campaign == campaign {
			records += b.Records
			n++
			if !yes && !a.wantsJSON {
				a.bundlePage(b)
			}
		}
	}
	if n == 0 {
		return review.Errorf(review.KindNotFound, "nothing is staged to sign").WithHint("stage verdicts first: `tickmark decide`, or the workstation")
	}
	if !yes {
		if ok, err := a.agree(ctx, fmt.Sprintf("Sign %s in %s?", plural(records, "record"), plural(n, "bundle"))); !ok || err != nil {
			return err
		}
	}
	receipts, err := d.Confirm(ctx, campaign, "", nil)
	if err != nil && len(receipts) == 0 {
		return err
	}
	if perr := a.receipts(receipts); perr != nil {
		return perr
	}
	if err != nil {
		var e *review.Error
		if !errors.As(err, &e) {
			return err
		}
		return attention("%s signed; then: %s", plural(len(receipts), "bundle"), e.Message).withHint("%s", e.Hint)
	}
	return nil
}

func (a *app) signDetached(ctx context.Context, d *desk.Desk, file string) error {
	if _, err := os.Stat(file); err == nil {
		return review.Errorf(review.KindExists, "%s exists already", review.Safe(file)).WithHint("name another file; nothing is overwritten")
	}
	res, err := d.Detach(ctx, file)
	if err != nil {
		return err
	}
	if a.wantsJSON {
		return a.json(res)
	}
	a.print("%s holds %s of %s, not signed yet. On the computer with your key:\n", review.Safe(res.File), plural(res.Records, "record"), res.Campaign)
	a.print("  %s\n", review.Safe(res.Command))
	a.print("Then here:\n  tickmark sign --submit %s.sig\n", review.Safe(res.File))
	if res.More > 0 {
		a.say("%s more stay staged and are not in the file", plural(res.More, "record"))
	}
	return nil
}
