package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

const receiptUsage = "write the receipt to this new `FILE`, to be printed or kept elsewhere"

// signing is withDesk for verbs that sign and can write their receipts to a file. The file is made before anything is
// signed, so that a name that cannot be written loses nothing.
func (a *app) signing(ctx context.Context, file string, do func(*desk.Desk) error) error {
	if file == "" {
		return a.withDesk(ctx, do)
	}
	if err := a.mustBeLocal(); err != nil {
		return err
	}
	f, err := createNew(file)
	if err != nil {
		return err
	}
	err = a.withDesk(ctx, func(d *desk.Desk) error {
		signed := do(d)
		if len(a.received) == 0 {
			return signed
		}
		if err := writeReceipts(ctx, d, f, a.received); signed == nil && err != nil {
			signed = attention("It is signed, but the receipt is not in %s: %s", file, asError(ctx, err).Message).
				withHint("`tickmark ledger receipts` prints it again")
		}
		return signed
	})
	if cerr := f.Close(); err == nil && cerr != nil {
		err = attention("It is signed, but the receipt may not be in %s.", file).withHint("`tickmark ledger receipts` prints it again")
	}
	if len(a.received) == 0 {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func writeReceipts(ctx context.Context, d *desk.Desk, f *os.File, receipts []review.Receipt) error {
	page, err := d.ReceiptPage(context.WithoutCancel(ctx), receipts)
	if err == nil {
		_, err = f.Write(page)
	}
	if err == nil {
		err = f.Sync()
	}
	return err
}

func (a *app) ledgerReceipts() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "receipts", Short: "what you signed, to print and keep elsewhere",
		Long: `Prints your receipts, newest first, and the newest of their heads as the ledger's note key signs it. Whoever keeps the page can show later that nothing up to it was changed or removed: ` + "`tickmark verify PACK --checkpoint FILE`" + `.

Receipts are also kept, a line each, in the XDG state folder, outside the database.`,
		Example:     "tickmark ledger receipts --output receipts-2026q4.txt",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "printed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				all, err := d.Receipts(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON && output == "" {
					return a.json(list(all))
				}
				page, err := d.ReceiptPage(cmd.Context(), all)
				if err != nil {
					return err
				}
				return a.artefact("page", string(page), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this new `FILE`, not to standard output")
	return cmd
}
