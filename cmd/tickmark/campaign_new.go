package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

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
		Long: `Drafts a review. Nothing is frozen or signed before ` + "`tickmark campaign launch`" + `; running new again with the same NAME changes the draft, and what is not given stays as it was.

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
				save := d.NewCampaign
				if drafted, err := d.Draft(cmd.Context(), s.ID); err == nil {
					s, save = redrafted(drafted, s, cmd.Flags().Changed), d.ChangeDraft
				}
				if s.Due.IsZero() {
					s.Due = endOfDay(d.Now().Add(defaultDue))
				}
				c, err := save(cmd.Context(), s)
				if err != nil {
					return err
				}
				if a.wantsJSON {
					return a.json(campaignLists(c))
				}
				a.campaignPage(c)
				late, err := d.LateExports(cmd.Context(), s.Sources)
				if err != nil {
					return err
				}
				for _, text := range late {
					a.say("%s", text)
				}
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

// redrafted is a draft with what was given anew.
func redrafted(draft, given review.CampaignSpec, changed func(flag string) bool) review.CampaignSpec {
	out := draft
	out.Template = "" // what it gave is in the draft
	for flag, take := range map[string]func(){
		"reviewer": func() { out.Reviewers = given.Reviewers }, "due": func() { out.Due = given.Due }, "title": func() { out.Title = given.Title },
		"scope": func() { out.Scope = given.Scope }, "source": func() { out.Sources = given.Sources },
		"period": func() { out.PeriodStart, out.PeriodEnd = given.PeriodStart, given.PeriodEnd }, "owner": func() { out.Owner = given.Owner },
		"routing": func() { out.Routing = given.Routing }, "stages": func() { out.Stages = given.Stages },
		"stage2": func() { // a second stage that nobody decides any more is none
			if out.Stage2 = given.Stage2; !changed("stages") {
				out.Stages = 0
			}
		},
		"no-answer": func() { out.NoAnswer = given.NoAnswer }, "assurance": func() { out.Assurance = given.Assurance },
		"policy": func() { out.PolicyFile = given.PolicyFile }, "for": func() { out.Frameworks = given.Frameworks },
		"template": func() { out.Template = given.Template }, "accept-count": func() { out.AcceptCount = append(out.AcceptCount, given.AcceptCount...) },
		"allow-empty": func() { out.AllowEmpty = given.AllowEmpty },
	} {
		if changed(flag) {
			take()
		}
	}
	return out
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
