package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) campaignCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "campaign",
		Short:   "prepare, launch, follow and close reviews",
		Example: "tickmark campaign list",
		Annotations: exits(
			exitDoc{exitDone, "done"},
		),
	}
	return family(cmd, a.campaignNew(), a.campaignLaunch(), a.campaignList(), a.campaignShow(), a.campaignReassign(), a.campaignClose(), a.campaignCancel())
}

// notices prints sentences, each with what to do about it.
func (a *app) notices(ns []review.Notice, word string) {
	for i, n := range ns {
		if i == 0 {
			a.print("\n")
		}
		a.print("%s  %s (%s)\n", word, review.Safe(n.Text), review.Safe(n.Code))
		if n.Hint != "" {
			a.print("      %s\n", review.Safe(n.Hint))
		}
	}
}

// countWords is "3 new, 12 unchanged", in the order given, without zeros.
func countWords[K ~string](m map[K]int64, order ...K) string {
	var parts []string
	for _, k := range order {
		if m[k] > 0 {
			parts = append(parts, number(m[k])+" "+string(k))
		}
	}
	return strings.Join(parts, ", ")
}

func (a *app) campaignList() *cobra.Command {
	return &cobra.Command{
		Use:         "list",
		Short:       "every review and how far it is",
		Example:     "tickmark campaign list --json",
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "listed"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				all, err := d.Campaigns(cmd.Context())
				if err != nil {
					return err
				}
				if a.wantsJSON {
					out := make([]review.Campaign, len(all))
					for i, c := range all {
						out[i] = campaignLists(c)
					}
					return a.json(out)
				}
				if len(all) == 0 {
					a.say("There is no campaign yet: tickmark campaign new NAME --reviewer PERSON --due DATE")
					return nil
				}
				a.campaignTable(all)
				return nil
			})
		},
	}
}

func (a *app) campaignTable(all []review.Campaign) {
	t := newTable("Campaign", "State", ">Items", ">Decided", ">Staged", ">Signed", "Due", "Title")
	for _, c := range all {
		t.row(string(c.Name), string(c.State), number(c.Items), number(c.Decided), number(c.Staged), number(c.Signed), day(c.Due), c.Title)
	}
	a.table(t)
}

func (a *app) campaignShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "one review: counts, reviewers, what was left out",
		Example:           "tickmark campaign show 2026q4-erp --json",
		Args:              between(1, 1),
		Annotations:       exits(exitDoc{exitDone, "shown"}),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
				c, err := d.Campaign(cmd.Context(), review.CampaignID(args[0]))
				if err != nil {
					return err
				}
				var quality []review.Quality
				if !c.Launched.IsZero() {
					if quality, err = d.Quality(cmd.Context(), c.Name); err != nil {
						return err
					}
				}
				for i := range quality {
					quality[i].Signals = list(quality[i].Signals)
				}
				if a.wantsJSON {
					return a.json(shownCampaign{campaignLists(c), list(quality)})
				}
				a.campaignPage(c)
				a.qualityTable(quality)
				return nil
			})
		},
	}
}

// shownCampaign is a campaign with how each of its reviewers went about it.
type shownCampaign struct {
	review.Campaign
	Quality []review.Quality `json:"quality"`
}

// qualityTable says how reviewers went about it, and what of that an auditor would ask about.
func (a *app) qualityTable(quality []review.Quality) {
	t := newTable("How it was done", ">Decided", ">Kept", ">In bulk", ">Opened", ">Seconds an item", ">Reviews without a revoke")
	for _, q := range quality {
		if q.Decided > 0 {
			t.row(string(q.Principal), number(q.Decided), number(q.Keeps), number(q.Bulk), number(q.Opened), fmt.Sprintf("%.0f", q.PerItem), number(q.NoRevokeRun))
		}
	}
	if len(t.rows) == 0 {
		return
	}
	a.print("\n")
	a.table(t)
	for _, q := range quality {
		for _, n := range q.Signals {
			a.print("%s  %s: %s; %s\n", a.outStyle.warn("note"), review.Safe(string(q.Principal)), review.Safe(n.Text), review.Safe(n.Hint))
		}
	}
}

func controlWords(given []string) string {
	var words []string
	for _, g := range given {
		words = append(words, review.ControlWords(g))
	}
	return strings.Join(words, ", ")
}

func campaignLists(c review.Campaign) review.Campaign {
	c.Reviewers, c.Excluded = list(c.Reviewers), list(c.Excluded)
	return c
}

func (a *app) campaignPage(c review.Campaign) {
	st := a.outStyle
	a.print("%s  %s\n", st.title(review.Safe(string(c.Name))), review.Safe(c.Title))
	progress := fmt.Sprintf("%d of %d decided (%d keep, %d revoke, %d exception), %d don't know, %d undecided",
		c.Decided, c.Items, c.Keep, c.Revoke, c.Exception, c.Abstain, c.Undecided)
	scope := c.Scope
	if scope == "" {
		scope = "all"
	}
	signedOff := ""
	if !c.SignedOff.IsZero() {
		signedOff = minute(c.SignedOff)
	}
	launched := ""
	if !c.Launched.IsZero() {
		launched = minute(c.Launched)
	}
	a.facts(
		"  state", string(c.State),
		"  owner", string(c.Owner),
		"  due", minute(c.Due),
		"  launched", launched,
		"  closed", signedOff,
		"  period", strings.Trim(c.Period[0]+" to "+c.Period[1], " to"),
		"  scope", scope,
		"  routing", strings.Join(c.Routing, ", then "),
		"  second stage", strings.Join(typed[string](c.Stage2), ", "),
		"  answers", progress,
		"  staged", fmt.Sprintf("%d staged and not signed, %d signed", c.Staged, c.Signed),
		"  findings", countWords(c.Findings, review.Critical, review.High, review.Medium, review.Low, review.Info),
		"  no answer", string(c.NoAnswer),
		"  assurance", string(c.Assurance),
		"  serves", controlWords(c.Frameworks),
	)
	if len(c.Reviewers) > 0 {
		a.print("\n")
		t := newTable("Reviewer", ">Items", ">Decided", ">Staged", ">Signed", "Signed off")
		for _, r := range c.Reviewers {
			t.row(string(r.Principal), number(r.Items), number(r.Decided), number(r.Staged), number(r.Signed), minute(r.SignedOff))
		}
		a.table(t)
	}
	if len(c.Excluded) > 0 {
		a.print("\n")
		t := newTable(">Left out", "Because")
		for _, x := range c.Excluded {
			t.row(number(x.Count), x.Reason)
		}
		a.table(t)
	}
}

// oneCampaign is the campaign a verb works on: the one named, else the only one that is under review. With mine only
// those in which this person has items are looked at.
func oneCampaign(cmd *cobra.Command, d *desk.Desk, named string, mine bool) (review.Campaign, error) {
	ctx := cmd.Context()
	if named != "" {
		return d.Campaign(ctx, review.CampaignID(named))
	}
	all, err := d.Campaigns(ctx)
	if err != nil {
		return review.Campaign{}, err
	}
	var open []review.Campaign
	for _, c := range all {
		if !underReview(c.State) {
			continue
		}
		if !mine || slices.ContainsFunc(c.Reviewers, func(r review.ReviewerCount) bool { return r.Principal == d.Me() }) {
			open = append(open, c)
		}
	}
	switch len(open) {
	case 1:
		return open[0], nil
	case 0:
		return review.Campaign{}, review.Errorf(review.KindNotFound, "no review is open").
			WithHint("`tickmark campaign list` shows them; name one with --campaign")
	}
	names := make([]string, len(open))
	for i, c := range open {
		names[i] = string(c.Name)
	}
	return review.Campaign{}, usage("%d reviews are open", len(open)).WithHint("say which with --campaign: %s", strings.Join(names, ", "))
}

// underReview reports whether items of a campaign in this state may still be decided.
func underReview(s review.CampaignState) bool {
	return s == review.ActiveState || s == review.Closing
}
