package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

// defaultDue is how long a review may take where nobody said.
const defaultDue = 14 * 24 * time.Hour

func (a *app) campaignNew() *cobra.Command {
	var s review.CampaignSpec
	var due, period, policy, owner, template string
	var reviewers, stage2, sources, routing, frameworks []string
	var accept []int64
	var noAnswer, assurance string
	cmd := &cobra.Command{
		Use:   "new NAME --reviewer PERSON --due DATE",
		Short: "draft a review: what, by whom, until when",
		Long: `Drafts a review. Nothing is frozen or signed before ` + "`tickmark campaign launch`" + `; running new again with the same NAME changes the draft.

Each item goes to the first of the routing chain that names a person who may decide it: manager (from HR), owner (of the identity, account or system), named (--reviewer, in the order given), rule:FILTER => PERSON, fallback (the review's owner). Without --routing it is named where reviewers are named, else manager and then owner.`,
		Example: `tickmark campaign new 2026q4-erp --reviewer alice@corp.example --due 2026-12-15 --scope 'system:erp' --for soc2
tickmark campaign new 2027q1-erp --template 2026q4-erp --due 2027-03-31
tickmark campaign new k8s --routing 'rule:system:k8s kind:service,workload => ops@corp.example,manager,owner'`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "the draft is saved"},
			exitDoc{exitUsage, "wrong use: an unknown framework, filter field or person"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.ID, s.Owner, s.Template = review.CampaignID(args[0]), review.Principal(owner), review.CampaignID(template)
			s.NoAnswer, s.Assurance = review.NoAnswer(noAnswer), review.Assurance(assurance)
			s.Reviewers, s.Stage2 = typed[review.Principal](commaList(reviewers)), typed[review.Principal](commaList(stage2))
			s.Sources = typed[review.SourceID](commaList(sources))
			s.Frameworks = commaList(frameworks)
			for _, chain := range routing {
				s.Routing = append(s.Routing, review.SplitRouting(chain)...)
			}
			for _, n := range accept {
				s.AcceptCount = append(s.AcceptCount, review.ImportID(n))
			}
			var err error
			if s.PeriodStart, s.PeriodEnd, err = window("--period", period); err != nil {
				return err
			}
			if due != "" {
				if s.Due, err = dueTime("--due", due); err != nil {
					return err
				}
			}
			if err := oneOf("--no-answer", noAnswer, "leave-open", "revoke", "reassign"); err != nil {
				return err
			}
			if err := oneOf("--assurance", assurance, "any", "own-key", "touch", "pin"); err != nil {
				return err
			}
			if policy != "" {
				b, err := os.ReadFile(policy)
				if err != nil {
					return usage("the policy file %s cannot be read", review.Safe(policy)).WithHint("give an existing TOML file, or leave --policy out for the defaults")
				}
				if _, err := review.ParsePolicy(b); err != nil {
					var e *review.Error
					if errors.As(err, &e) {
						e.Message = review.Safe(filepath.Base(policy)) + ":" + e.Message
					}
					return err
				}
				s.PolicyFile = string(b)
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				if s.Due.IsZero() {
					s.Due = endOfDay(d.Now().Add(defaultDue))
				}
				c, err := d.NewCampaign(cmd.Context(), s)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(campaignLists(c))
				}
				a.campaignPage(c)
				a.say("Look at what launching would freeze and sign: tickmark campaign launch %s", c.Name)
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringSliceVar(&reviewers, "reviewer", nil, "`PERSON` who decides; repeat it for more")
	fs.StringVar(&due, "due", "", "`DATE` the answers are due, to the end of that day in UTC (else in 14 days)")
	fs.StringVar(&s.Title, "title", "", "the review's name in `WORDS`")
	fs.StringVar(&s.Scope, "scope", "", "`FILTER` over what was imported; else everything")
	fs.StringSliceVar(&sources, "source", nil, "only these `SOURCES`; else all")
	fs.StringVar(&period, "period", "", "`FROM..TO`, the days the review speaks about")
	fs.StringVar(&owner, "owner", "", "`PERSON` who answers for the review and closes it (else you)")
	fs.StringArrayVar(&routing, "routing", nil, "`CHAIN` of manager, owner, named, rule:FILTER => PERSON, fallback")
	fs.IntVar(&s.Stages, "stages", 0, "`NUMBER` of levels of review (else 1)")
	fs.StringSliceVar(&stage2, "stage2", nil, "`PERSON` of the second level")
	fs.StringVar(&noAnswer, "no-answer", "", "`leave-open|revoke|reassign`: what an open item means at close")
	fs.StringVar(&assurance, "assurance", "", "`any|own-key|touch|pin`: the weakest signature that counts")
	fs.StringVar(&policy, "policy", "", "policy `FILE` (TOML) with thresholds and controls")
	fs.StringSliceVar(&frameworks, "for", nil, "`soc2|soc2:CC6.3|soc1:OBJ-7|csf:PR.AA-05|...`: what the evidence serves")
	fs.StringVar(&template, "template", "", "take everything not given here from this earlier `CAMPAIGN`")
	fs.Int64SliceVar(&accept, "accept-count", nil, "`IMPORT` whose count fell and is right all the same")
	fs.BoolVar(&s.AllowEmpty, "allow-empty", false, "a review of nothing, or a source without grants, is meant")
	a.completeFlag(cmd, "template", a.campaignNames)
	return cmd
}

// typed gives strings a type of their own.
func typed[T, S ~string](in []S) []T {
	var out []T
	for _, s := range in {
		out = append(out, T(s))
	}
	return out
}

func endOfDay(t time.Time) time.Time {
	return t.UTC().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)
}

func (a *app) campaignLaunch() *cobra.Command {
	var yes bool
	var accept []int64
	cmd := &cobra.Command{
		Use:   "launch NAME [--yes]",
		Short: "show what would be frozen; with --yes freeze and sign it",
		Example: `tickmark campaign launch 2026q4-erp
tickmark campaign launch 2026q4-erp --yes`,
		Args: between(1, 1),
		Annotations: exits(
			exitDoc{exitDone, "launched, or (without --yes) ready to be launched"},
			exitDoc{exitAttention, "without --yes: something stands in the way, it is listed"},
			exitDoc{exitRefused, "with --yes: something stands in the way, or your key may not manage"},
		),
		ValidArgsFunction: a.campaignNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, name := cmd.Context(), review.CampaignID(args[0])
			return a.withDesk(ctx, func(d *desk.Desk) error {
				for _, n := range accept {
					if err := d.AcceptCount(ctx, review.ImportID(n)); err != nil {
						return err
					}
				}
				if !yes {
					p, err := d.PreviewLaunch(ctx, name, a.progress(string(name)))
					a.clearProgress()
					if err != nil {
						return err
					}
					return a.showPreview(p)
				}
				receipt, err := d.Launch(ctx, name, nil, a.progress(string(name)))
				a.clearProgress()
				if err != nil {
					return err
				}
				if a.wantsJSON {
					c, err := d.Campaign(ctx, name)
					if err != nil {
						return err
					}
					return a.json(launchReply{campaignLists(c), &receipt})
				}
				a.receipt(receipt)
				a.say("Decide: tickmark review %s", name)
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "launch: freeze the population and sign it")
	cmd.Flags().Int64SliceVar(&accept, "accept-count", nil, "`IMPORT` whose count fell and is right all the same")
	return cmd
}

// launchReply is what launch --yes answers: the campaign as show gives it, and the receipt.
type launchReply struct {
	review.Campaign
	Receipt *review.Receipt `json:"receipt"`
}

func (a *app) showPreview(p review.Preview) error {
	if a.wantsJSON {
		p.Reviewers, p.Imports, p.Excluded = list(p.Reviewers), list(p.Imports), list(p.Excluded)
		p.Blocks, p.Notices = list(p.Blocks), list(p.Notices)
		if err := a.json(p); err != nil {
			return err
		}
	} else {
		a.previewPage(p)
	}
	if len(p.Blocks) > 0 {
		return attention("%s in the way of launching", standsOrStand(len(p.Blocks)))
	}
	if !a.wantsJSON {
		a.say("Nothing is frozen or signed yet. Launch it: tickmark campaign launch %s --yes", p.Campaign)
	}
	return nil
}

func standsOrStand(n int) string {
	if n == 1 {
		return "1 thing stands"
	}
	return fmt.Sprintf("%d things stand", n)
}

func (a *app) previewPage(p review.Preview) {
	st := a.outStyle
	a.print("%s  %s of %s\n", st.title(review.Safe(string(p.Campaign))), plural(p.Items, "item"), plural(p.Identities, "identity"))
	second := ""
	if p.LaterStage > 0 {
		second = fmt.Sprintf("%s again in a second stage, counted among them", plural(p.LaterStage, "grant"))
	}
	a.facts(
		"  asked", second,
		"  reviewers by", countWords(p.Basis, review.ByManager, review.ByOwner, review.ByName, review.ByRule, review.ByFallback),
		"  changes", countWords(p.Changes, review.CameBack, review.New, review.Changed, review.Unchanged),
		"  findings", countWords(p.Findings, review.Critical, review.High, review.Medium, review.Low, review.Info),
		"  without a living owner", zeroless(p.NoOwner),
		"  nobody to ask", zeroless(p.Unroutable),
		"  own access", zeroless(p.OwnAccess),
		"  signs", p.Signs,
	)
	if len(p.Reviewers) > 0 {
		a.print("\n")
		t := newTable("Reviewer", ">Items")
		for _, r := range p.Reviewers {
			t.row(string(r.Principal), number(r.Items))
		}
		a.table(t)
	}
	if len(p.Imports) > 0 {
		a.print("\n")
		t := newTable(">Import", "Source", "File", ">Grants", "Completeness", "Exported")
		for _, r := range p.Imports {
			t.row(number(r.ID), string(r.Source), filepath.Base(r.File), number(r.Grants+r.AccountRows), string(r.Completeness), minute(r.ExportedAt))
		}
		a.table(t)
	}
	if len(p.Excluded) > 0 {
		a.print("\n")
		t := newTable(">Left out", "Because")
		for _, x := range p.Excluded {
			t.row(number(x.Count), x.Reason)
		}
		a.table(t)
	}
	a.notices(p.Blocks, st.bad("blocks"))
	a.notices(p.Notices, st.warn("note"))
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

func zeroless(n int64) string {
	if n == 0 {
		return ""
	}
	return plural(n, "item")
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
				if a.wantsJSON {
					return a.json(campaignLists(c))
				}
				a.campaignPage(c)
				return nil
			})
		},
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
	progress := fmt.Sprintf("%d of %d decided (%d keep, %d revoke, %d exception), %d abstained, %d undecided",
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
