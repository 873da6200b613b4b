package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

// receipt prints what the signer keeps.
func (a *app) receipt(r review.Receipt) {
	what := fmt.Sprintf("Signed as entry %d", r.Entry)
	if r.Records > 0 {
		what += fmt.Sprintf(", %s", plural(r.Records, "record"))
	}
	if tally := tallyWords(r.Tally); tally != "" {
		what += ": " + tally
	}
	if r.Campaign != "" {
		what += fmt.Sprintf(" (%s)", r.Campaign)
	}
	a.print("%s\n", a.outStyle.good(review.Safe(what)))
	a.print("%s\n", review.Safe(r.Receipt))
}

// receipts prints one receipt or several: as JSON an object for one and an array for several (rulings 27).
func (a *app) receipts(rs []review.Receipt) error {
	a.received = append(a.received, rs...)
	if a.wantsJSON {
		if len(rs) == 1 {
			return a.json(rs[0])
		}
		return a.json(list(rs))
	}
	for _, r := range rs {
		a.receipt(r)
	}
	return nil
}

func tallyWords(counts []review.Count) string {
	var parts []string
	for _, c := range counts {
		if c.N > 0 {
			parts = append(parts, number(c.N)+" "+review.InWords(c.Word))
		}
	}
	return strings.Join(parts, ", ")
}

// agree asks before something is signed. Where nobody can be asked it is wrong use, and the answer is --yes.
func (a *app) agree(ctx context.Context, question string) (bool, error) {
	if !a.inTerm || a.wantsJSON {
		return false, usage("this signs, and nobody can be asked here").WithHint("look first (`tickmark staged`), then say --yes")
	}
	ok, err := a.confirm(ctx, question)
	if err == nil && !ok {
		err = attention("Nothing was signed.")
	}
	return ok, err
}

// openItemsLeft ends a sign-off: done, but what stayed open is said with exit code 3.
func (a *app) openItemsLeft(cmd *cobra.Command, d *desk.Desk, name review.CampaignID) error {
	c, err := d.Campaign(cmd.Context(), name)
	if err != nil {
		return err
	}
	if c.Undecided == 0 {
		return nil
	}
	return attention("%s of %s stayed open", plural(c.Undecided, "item"), name).
		withHint("`tickmark items --campaign %s --filter verdict:none` lists them", name)
}
