package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) exceptionsCommand() *cobra.Command {
	var filter string
	var p pager
	cmd := &cobra.Command{
		Use:   "exceptions",
		Short: "access that stays against a rule until a day",
		Long:  `Lists exceptions with owner, control and end. The filter is text over all columns, and state:proposed, active, expiring, expired or closed.`,
		Example: `tickmark exceptions --filter state:expired
tickmark exceptions close 41 --outcome remediated --reason 'role split' --control 'JIT access' --evidence change-771.pdf`,
		Annotations: exits(exitDoc{exitDone, "listed"}),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0], args[0])
		}
		return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
			all, err := d.Exceptions(cmd.Context(), filter)
			if err != nil {
				return err
			}
			all = page(&p, all, func(e review.Exception) string { return number(e.ID) })
			if a.wantsJSON {
				return a.json(all)
			}
			if len(all) == 0 {
				a.say("No exception.")
				return nil
			}
			t := newTable(">ID", "State", "Until", ">Days", "Identity", "System", "Entitlement", "Owner", "Control", ">Renewals", "Unsigned")
			for _, e := range all {
				state := string(e.State)
				if e.Outcome != "" {
					state += ", " + e.Outcome
				}
				t.row(number(e.ID), state, e.Until, number(e.Days), e.Identity, e.System, e.Entitlement, e.Owner, e.Control, number(e.Renewals), e.Staged)
			}
			a.table(t)
			return nil
		})
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only what matches, such as 'state:expiring payroll'")
	p.register(cmd)
	return family(cmd, a.exceptionsClose(), a.exceptionsRenew())
}

func (a *app) exceptionsClose() *cobra.Command {
	var draft review.ClosureDraft
	cmd := &cobra.Command{
		Use:   "close ID... --outcome remediated|withdrawn --reason TEXT",
		Short: "stage the end of an exception",
		Long:  `Stages the end of exceptions, to be signed by a manager. remediated means the access no longer breaks the rule and needs a control and an evidence file (hashed, not stored); withdrawn means the exception ends without being cured.`,
		Example: `tickmark exceptions close 41 --outcome withdrawn --reason 'project ended'
tickmark sign --yes`,
		Args: between(1, -1),
		Annotations: exits(
			exitDoc{exitDone, "staged"},
			exitDoc{exitAttention, "some were skipped: they are listed with the reason"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draft.Outcome == "" {
				return usage("close needs --outcome").WithHint("remediated, or withdrawn")
			}
			if err := oneOf("--outcome", draft.Outcome, "remediated", "withdrawn"); err != nil {
				return err
			}
			return a.stageClosure(cmd.Context(), args, draft)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&draft.Outcome, "outcome", "", "`remediated|withdrawn`")
	fs.StringVar(&draft.Reason, "reason", "", "why, in `WORDS`")
	fs.StringVar(&draft.Control, "control", "", "remediated: the `CONTROL` that holds now")
	fs.StringVar(&draft.EvidenceName, "evidence", "", "remediated: a `FILE` that shows it; its hash is recorded")
	a.completeFlag(cmd, "outcome", words("remediated", "withdrawn"))
	return cmd
}

func (a *app) exceptionsRenew() *cobra.Command {
	draft := review.ClosureDraft{Outcome: "renewed"}
	cmd := &cobra.Command{
		Use:         "renew ID... --until DAY --owner PERSON --control TEXT --reason TEXT",
		Short:       "stage a later end",
		Long:        `Stages a renewal, to be signed by a manager. The policy caps how long and how often.`,
		Example:     `tickmark exceptions renew 41 --until 2027-03-31 --owner bob@corp.example --control 'weekly log review' --reason 'replacement slips to Q1'`,
		Args:        between(1, -1),
		Annotations: exits(exitDoc{exitDone, "staged"}, exitDoc{exitAttention, "some were skipped: they are listed with the reason"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := dayOf("--until", draft.Until); err != nil {
				return err
			}
			return a.stageClosure(cmd.Context(), args, draft)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&draft.Until, "until", "", "the new last `DAY`")
	fs.StringVar(&draft.Owner, "owner", "", "`WHO` answers for it from now on")
	fs.StringVar(&draft.Control, "control", "", "the compensating `CONTROL`")
	fs.StringVar(&draft.Reason, "reason", "", "why it must go on, in `WORDS`")
	return cmd
}

func (a *app) stageClosure(ctx context.Context, refs []string, draft review.ClosureDraft) error {
	ids, err := entryIndexes(refs)
	if err != nil {
		return err
	}
	return a.withDesk(ctx, func(d *desk.Desk) error {
		if draft.EvidenceName != "" {
			if draft.EvidenceSHA256, err = d.HashEvidence(draft.EvidenceName); err != nil {
				return err
			}
		}
		res, err := d.StageClosure(ctx, ids, draft)
		if err != nil {
			return err
		}
		return a.stageReply(res)
	})
}

// entryIndexes reads ids of exceptions and revokes: the ledger index of the decision.
func entryIndexes(refs []string) ([]review.EntryIndex, error) {
	ids := make([]review.EntryIndex, len(refs))
	for i, ref := range refs {
		n, err := strconv.ParseInt(ref, 10, 64)
		if err != nil || n <= 0 {
			return nil, usage("%s is not an id", review.Quote(ref)).WithHint("ids are the numbers in the first column of the list")
		}
		ids[i] = review.EntryIndex(n)
	}
	return ids, nil
}
