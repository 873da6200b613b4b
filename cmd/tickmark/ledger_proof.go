package main

import (
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/ledger"
)

func (a *app) ledgerVKey() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "vkey", Short: "the public key that checks heads",
		Long:        `Prints the public half of the ledger's note key, one line. Auditors and witnesses check heads with it; give it to them by another way than the heads.`,
		Example:     "tickmark ledger vkey --output ledger.vkey",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "printed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				vkey, err := d.VKey()
				if err != nil {
					return err
				}
				if a.wantsJSON && output == "" {
					return a.json(map[string]string{"vkey": vkey})
				}
				return a.artefact("vkey", vkey+"\n", output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}

// headReply is a head as scripts read it.
type headReply struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

func headOf(h ledger.Head) headReply { return headReply{h.Size, h.Root.Base64()} }

// consistencyReply is what consistency answers to scripts.
type consistencyReply struct {
	From  headReply `json:"from"`
	To    headReply `json:"to"`
	Proof []string  `json:"proof"`
}

func (a *app) ledgerConsistency() *cobra.Command {
	var from, to int64
	var output string
	cmd := &cobra.Command{
		Use: "consistency --from SIZE", Short: "a proof that a later head extends an earlier one",
		Long: `Prints the RFC 6962 hashes, one per line in base64, that show to whoever holds the head of SIZE entries that the newest head extends it: that nothing was changed or removed. A witness asks for it.

It is checked without a database by ` + "`tickmark ledger check`.",
		Example: `tickmark ledger consistency --from 20 --output 20-to-now
tickmark ledger check head-now --vkey ledger.vkey --earlier head-20 --consistency 20-to-now`,
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "printed"}, exitDoc{exitUsage, "wrong use, or the ledger never had that size"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("from") {
				return usage("the size of the earlier head is needed").WithHint("--from SIZE; it is the second line of that head")
			}
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				c, err := d.ProveConsistency(cmd.Context(), from, to)
				if err != nil {
					return err
				}
				if a.wantsJSON && output == "" {
					return a.json(consistencyReply{headOf(c.From), headOf(c.To), list(strings.Fields(c.Proof))})
				}
				if err := a.artefact("proof", c.Proof, output); err != nil {
					return err
				}
				a.say("The head of %s extends the one of %s.", plural(c.To.Size, "entry"), plural(c.From.Size, "entry"))
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.Int64Var(&from, "from", 0, "the `SIZE` of the earlier head")
	fs.Int64Var(&to, "to", 0, "the `SIZE` of the later head (else the newest)")
	fs.StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}
