package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) findingsCommand() *cobra.Command {
	var f itemFlags
	var p pager
	var asCSV, each bool
	cmd := &cobra.Command{
		Use:   "findings",
		Short: "what rules found on items",
		Long:  `Counts findings by rule; with --list, --json or --csv one line for each finding on each item. Findings are hints from named, versioned rules; they decide nothing.`,
		Example: `tickmark findings --campaign 2026q4-erp
tickmark findings --filter 'finding:sod verdict:none' --json`,
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.readDesk(ctx, func(d *desk.Desk) error {
				qs, err := f.queries(ctx, d)
				if err != nil {
					return err
				}
				all := func(fn func(*review.Item, review.Finding) error) error {
					for _, q := range qs {
						q.Filter = strings.TrimSpace(q.Filter + " finding:*") // items without one need not be read
						err := d.EachItem(ctx, q, func(it *review.Item) error {
							for _, found := range it.Findings {
								if yes, full := p.take(string(it.ID)); yes {
									if err := fn(it, found); err != nil {
										return err
									}
									if full {
										return errEnough
									}
								}
							}
							return nil
						})
						if err == errEnough {
							return nil
						}
						if err != nil {
							return err
						}
					}
					return nil
				}
				switch {
				case a.wantsJSON:
					s := jsonStream{a: a}
					if err := all(func(it *review.Item, found review.Finding) error { return s.add(findingReply(it, found)) }); err != nil {
						return err
					}
					s.close()
					return nil
				case asCSV:
					return a.findingSheet(all)
				case each:
					return a.findingTable(all)
				}
				return a.findingCounts(all)
			})
		},
	}
	f.register(a, cmd)
	p.register(cmd)
	cmd.Flags().BoolVar(&each, "list", false, "one line for each finding on each item")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "the same as a sheet")
	return cmd
}

// findingJSON is one finding on one item as scripts read it.
type findingJSON struct {
	review.Finding
	Item        review.ItemID     `json:"item"`
	Campaign    review.CampaignID `json:"campaign"`
	Identity    string            `json:"identity"`
	System      string            `json:"system"`
	Account     string            `json:"account"`
	Entitlement string            `json:"entitlement"`
	Verdict     string            `json:"verdict"`
	State       review.ItemState  `json:"state"`
	Reviewer    review.Principal  `json:"reviewer"`
}

func findingReply(it *review.Item, f review.Finding) findingJSON {
	return findingJSON{f, it.ID, it.Campaign, it.Identity, it.System, it.Account, it.Entitlement, verdictWord(it), it.State, it.Reviewer}
}

type eachFinding func(func(*review.Item, review.Finding) error) error

func (a *app) findingCounts(all eachFinding) error {
	type count struct {
		rule         string
		severity     review.Severity
		items, open  int64
		sampleReason string
	}
	byRule := map[string]*count{}
	err := all(func(it *review.Item, f review.Finding) error {
		c := byRule[f.Rule]
		if c == nil {
			c = &count{rule: f.Rule, sampleReason: f.Reason}
			byRule[f.Rule] = c
		}
		if f.Severity.Rank() > c.severity.Rank() {
			c.severity, c.sampleReason = f.Severity, f.Reason
		}
		c.items++
		if verdictWord(it) == string(review.NoVerdict) {
			c.open++
		}
		return nil
	})
	if err != nil {
		return err
	}
	var counts []*count
	for _, c := range byRule {
		counts = append(counts, c)
	}
	slices.SortFunc(counts, func(x, y *count) int {
		return cmp.Or(-cmp.Compare(x.severity.Rank(), y.severity.Rank()), -cmp.Compare(x.items, y.items), cmp.Compare(x.rule, y.rule))
	})
	if len(counts) == 0 {
		a.say("No finding.")
		return nil
	}
	t := newTable("Rule", "Worst", ">Items", ">Undecided", "For example")
	for _, c := range counts {
		sev := c.severity
		t.row(c.rule, cell{string(sev), func(string) string { return a.outStyle.severity(sev) }}, number(c.items), number(c.open), c.sampleReason)
	}
	a.table(t)
	return nil
}

func (a *app) findingTable(all eachFinding) error {
	fresh := func() *table {
		return newTable("Severity", "Rule", "Item", "Identity", "System", "Entitlement", "Why", "Verdict")
	}
	t := fresh()
	err := all(func(it *review.Item, f review.Finding) error {
		if len(t.rows) == tableRows {
			a.table(t)
			t = fresh()
		}
		t.row(cell{string(f.Severity), func(string) string { return a.outStyle.severity(f.Severity) }}, f.Rule, it.ID.Short(),
			identityWord(it), it.System, entitlementWord(it), f.Reason, verdictWord(it))
		return a.broken
	})
	if err != nil {
		return err
	}
	a.table(t)
	return nil
}

func (a *app) findingSheet(all eachFinding) error {
	s := newSheet(sheetWriter{a}, "severity", "rule", "version", "reason", "item", "campaign", "identity", "system", "account", "entitlement", "verdict", "state", "reviewer")
	err := all(func(it *review.Item, f review.Finding) error {
		s.row(string(f.Severity), f.Rule, number(f.Version), review.Safe(f.Reason), string(it.ID), string(it.Campaign), review.Safe(it.Identity),
			review.Safe(it.System), review.Safe(it.Account), review.Safe(it.Entitlement), verdictWord(it), string(it.State), string(it.Reviewer))
		return a.broken
	})
	if err != nil {
		return err
	}
	return s.close()
}
