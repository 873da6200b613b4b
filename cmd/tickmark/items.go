package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

// itemFlags choose items: those of items, findings and decide.
type itemFlags struct {
	campaign, filter, reviewer string
	mine                       bool
}

func (f *itemFlags) register(a *app, cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.campaign, "campaign", "", "only of this `CAMPAIGN`; else of every one that was launched")
	fs.StringVar(&f.filter, "filter", "", "only what matches, such as 'kind:service finding:sod -verdict:keep payroll'")
	fs.StringVar(&f.reviewer, "reviewer", "", "only items of this `PERSON`")
	fs.BoolVar(&f.mine, "mine", false, "only your own items")
	a.completeFlag(cmd, "campaign", a.campaignNames)
}

// queries gives one query for each campaign in question, in their order.
func (f *itemFlags) queries(ctx context.Context, d *desk.Desk) ([]review.Query, error) {
	if _, err := review.ParseFilter(f.filter); err != nil {
		return nil, err
	}
	reviewer := review.Principal(f.reviewer)
	if f.mine {
		if reviewer = d.Me(); reviewer == "" {
			return nil, review.Errorf(review.KindKey, "none of your keys is enrolled here, so no items are yours").
				WithHint("`tickmark key list` shows who is; --key FILE chooses a key")
		}
	}
	if f.campaign != "" {
		c, err := d.Campaign(ctx, review.CampaignID(f.campaign))
		if err != nil {
			return nil, err
		}
		return []review.Query{{Campaign: c.Name, Filter: f.filter, Reviewer: reviewer, Asker: d.Me()}}, nil
	}
	all, err := d.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	var qs []review.Query
	for _, c := range all {
		if c.State != review.DraftState && c.State != review.Cancelled {
			qs = append(qs, review.Query{Campaign: c.Name, Filter: f.filter, Reviewer: reviewer, Asker: d.Me()})
		}
	}
	return qs, nil
}

// errEnough ends a stream early.
var errEnough = errors.New("enough")

// pager lets through the elements after one and at most so many.
type pager struct {
	after string // id of the last element of the page before; empty: from the start
	limit int    // 0: all
	given int
}

func (p *pager) register(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.limit, "limit", 0, "at most `N`; 0 is all")
	cmd.Flags().StringVar(&p.after, "after", "", "go on after this `ID`, the last one of the page before")
}

// entry is the entry to go on after; 0: from the start.
func (p *pager) entry() (review.EntryIndex, error) {
	if p.after == "" {
		return 0, nil
	}
	return listedID(p.after)
}

// take reports whether the element belongs to the page, and whether the page is full now.
func (p *pager) take(id string) (yes, full bool) {
	if p.after != "" {
		if matchesID(id, p.after) {
			p.after = ""
		}
		return false, false
	}
	p.given++
	return true, p.limit > 0 && p.given >= p.limit
}

func matchesID(id, given string) bool {
	return id == given || len(given) >= 8 && strings.HasPrefix(strings.TrimPrefix(id, "sha256:"), strings.TrimPrefix(given, "sha256:"))
}

// page cuts a whole list.
func page[T any](p *pager, all []T, id func(T) string) []T {
	out := []T{}
	for _, x := range all {
		yes, full := p.take(id(x))
		if yes {
			out = append(out, x)
		}
		if full {
			break
		}
	}
	return out
}

func (a *app) itemsCommand() *cobra.Command {
	var f itemFlags
	var p pager
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "items",
		Short: "the grants under review",
		Long:  `Lists items: grants put before a reviewer. With --csv it writes a sheet to fill in and hand to ` + "`tickmark decide --from`" + `.`,
		Example: `tickmark items --filter 'kind:service finding:dormant' --json
tickmark items --campaign 2026q4-erp --mine --csv > mine.csv`,
		Args: noArgs,
		Annotations: exits(
			exitDoc{exitDone, "listed"},
			exitDoc{exitUsage, "wrong use: a filter that cannot be read, an unknown campaign"},
		),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.readDesk(ctx, func(d *desk.Desk) error {
				qs, err := f.queries(ctx, d)
				if err != nil {
					return err
				}
				each := func(fn func(*review.Item) error) error {
					for _, q := range qs {
						err := d.EachItem(ctx, q, func(it *review.Item) error {
							yes, full := p.take(string(it.ID))
							if yes {
								if err := fn(it); err != nil {
									return err
								}
							}
							if full {
								return errEnough
							}
							return nil
						})
						if errors.Is(err, errEnough) {
							return nil
						}
						if err != nil {
							return err
						}
					}
					return nil
				}
				switch {
				case asCSV:
					return a.itemSheet(each)
				case a.wantsJSON:
					s := jsonStream{a: a}
					if err := each(func(it *review.Item) error { return s.add(itemReply(it)) }); err != nil {
						return err
					}
					s.close()
					return nil
				}
				return a.itemTable(each)
			})
		},
	}
	f.register(a, cmd)
	p.register(cmd)
	cmd.Flags().BoolVar(&asCSV, "csv", false, "a sheet to fill in: verdict, reason, until, owner, control")
	return cmd
}

// itemJSON is an item as scripts read it: the times that lists leave out are added, each beside its state.
type itemJSON struct {
	*review.Item
	Findings      []review.Finding `json:"findings"`
	Granted       *time.Time       `json:"granted"`
	GrantedState  review.TimeState `json:"granted_state"`
	LastUsed      *time.Time       `json:"last_used"`
	LastUsedState review.TimeState `json:"last_used_state"`
	Expires       *time.Time       `json:"expires"`
	ExpiresState  review.TimeState `json:"expires_state"`
}

func itemReply(it *review.Item) itemJSON {
	return itemJSON{
		Item: it, Findings: list(it.Findings),
		Granted: instant(it.Granted), GrantedState: it.Granted.Norm(),
		LastUsed: instant(it.LastUsed), LastUsedState: it.LastUsed.Norm(),
		Expires: instant(it.Expires), ExpiresState: it.Expires.Norm(),
	}
}

// tableRows is how many items are measured and printed together: columns stay aligned and memory stays small.
const tableRows = 1000

func (a *app) itemTable(each func(func(*review.Item) error) error) error {
	fresh := func() *table {
		return newTable("Item", "Identity", "Kind", "System", "Account", "Entitlement", "Privilege", "Last used", "Findings", "Change", "Verdict", "State", "Reviewer", "Stage")
	}
	t, n := fresh(), 0
	err := each(func(it *review.Item) error {
		if len(t.rows) == tableRows {
			a.table(t)
			t = fresh()
		}
		n++
		t.row(it.ID.Short(), identityWord(it), string(it.Kind), it.System, it.Account, entitlementWord(it), string(it.Privilege),
			stated(it.LastUsed), findingWords(it.Findings), changeWord(it), verdictWord(it), string(it.State), string(it.Reviewer), number(it.Stage))
		return a.broken
	})
	if err != nil {
		return err
	}
	a.table(t)
	a.say("%s", plural(n, "item"))
	return nil
}

func identityWord(it *review.Item) string {
	if it.Name != "" {
		return it.Name
	}
	if it.Identity != "" {
		return it.Identity
	}
	return it.Account
}

func entitlementWord(it *review.Item) string {
	word := it.EntName
	if word == "" {
		word = it.Entitlement
	}
	if it.Resource != "" {
		word += " on " + it.Resource
	}
	return word
}

// changeWord is what is different since the last campaign, in full where a finding says it.
func changeWord(it *review.Item) string {
	for _, f := range it.Findings {
		if _, what, ok := strings.Cut(f.Reason, ": "); ok && f.Rule == "changed" {
			return "changed " + what
		}
	}
	return string(it.Change)
}

func findingWords(fs []review.Finding) string {
	var rules []string
	for _, f := range fs {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return strings.Join(rules, " ")
}

func verdictWord(it *review.Item) string {
	if it.Verdict == "" {
		return string(review.NoVerdict)
	}
	return string(it.Verdict)
}
