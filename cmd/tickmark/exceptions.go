package main

import (
	"context"
	"slices"
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
tickmark exceptions renew 41 --until 2027-03-31 --owner bob@corp.example --control 'weekly log review' --reason 'replacement slips to Q1'`,
		Annotations: exits(exitDoc{exitDone, "listed"}),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0], args[0])
		}
		return a.readDesk(cmd.Context(), func(d *desk.Desk) error {
			after, err := p.entry()
			if err != nil {
				return err
			}
			all, err := d.ExceptionsAfter(cmd.Context(), filter, after, p.limit)
			if err != nil {
				return err
			}
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
				switch {
				case e.Outcome != "":
					state += ", " + e.Outcome
				case e.Superseded != 0:
					state += ", superseded by " + number(e.Superseded)
				}
				t.row(number(e.ID), state, e.Until, number(e.Days), e.Identity, e.System, e.Entitlement, e.Owner, e.Control, number(e.Renewals), e.Staged)
			}
			a.table(t)
			return nil
		})
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only what matches, such as 'state:expiring payroll'")
	p.register(cmd)
	return family(cmd, a.exceptionsShow(), a.exceptionsApprove(), a.exceptionsRenew(), a.exceptionsClose(), a.exceptionsEvidence())
}

func (a *app) exceptionsApprove() *cobra.Command {
	var reason string
	var all string
	cmd := &cobra.Command{
		Use:   "approve ID... | --filter FILTER",
		Short: "stage your agreement to proposed exceptions",
		Long:  `Stages the decision of the second stage on exceptions that wait for it: the same exception on the same terms. It is signed like any decision. The reviewer, the owner and the subject of an exception cannot approve it; to disagree, decide on the item of the second stage.`,
		Example: `tickmark exceptions approve 41 --reason 'control seen on 2 December'
tickmark exceptions approve --filter 'state:proposed system:erp'`,
		Annotations: exits(exitDoc{exitDone, "staged"}, exitDoc{exitAttention, "some were skipped: they are listed with the reason"}, exitDoc{exitRefused, "not yours to approve, or nothing to approve"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.withDesk(ctx, func(d *desk.Desk) error {
				ids, err := a.exceptionIDs(ctx, d, args, all)
				if err != nil {
					return err
				}
				res, err := d.Approve(ctx, ids, reason)
				if err != nil {
					return err
				}
				return a.stageReply(res, "approval")
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&reason, "reason", "", "why you agree, in `WORDS` (else the reviewer's reason)")
	fs.StringVar(&all, "filter", "", "every exception that matches, in place of IDs")
	return cmd
}

func (a *app) exceptionsClose() *cobra.Command {
	var draft review.ClosureDraft
	var all string
	cmd := &cobra.Command{
		Use:   "close ID... | --filter FILTER --outcome WORD --reason TEXT",
		Short: "stage the end of exceptions",
		Long: `Stages the end of exceptions, to be signed by a manager.

remediated: the access no longer breaks the rule; needs a control and either an evidence file (hashed; stored only with --keep-evidence; it must still be the same file when you sign) or --import, an import that shows the access gone. withdrawn: it ends without being cured. superseded: a later campaign decided on the same access; it is recorded as withdrawn, with that decision in the reason.`,
		Example: `tickmark exceptions close 41 --outcome withdrawn --reason 'project ended'
tickmark exceptions close 41 --outcome remediated --reason 'role split' --control 'JIT access' --evidence change-771.pdf
tickmark exceptions close 41 --outcome remediated --reason 'role removed' --import 12`,
		Annotations: exits(
			exitDoc{exitDone, "staged"},
			exitDoc{exitAttention, "some were skipped: they are listed with the reason"},
			exitDoc{exitRefused, "not yours to close, or the import does not show it cured"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			if draft.Outcome == "" {
				return usage("close needs --outcome").WithHint("remediated, withdrawn or superseded")
			}
			if err := oneOf("--outcome", draft.Outcome, closeOutcomes...); err != nil {
				return err
			}
			return a.stageClosure(cmd.Context(), args, all, draft)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&draft.Outcome, "outcome", "", "`remediated|withdrawn|superseded`")
	fs.StringVar(&draft.Reason, "reason", "", "why, in `WORDS`")
	fs.StringVar(&draft.Control, "control", "", "remediated: the `CONTROL` that holds now")
	fs.StringVar(&draft.EvidenceName, "evidence", "", "remediated: a `FILE` that shows it; its hash is recorded")
	fs.BoolVar(&draft.KeepEvidence, "keep-evidence", false, keepEvidenceHelp)
	fs.Int64Var((*int64)(&draft.Import), "import", 0, "remediated: the `IMPORT` that shows the access gone")
	fs.StringVar(&all, "filter", "", "every exception that matches, in place of IDs")
	a.completeFlag(cmd, "outcome", words(closeOutcomes...))
	return cmd
}

var closeOutcomes = []string{review.OutcomeRemediated, review.OutcomeWithdrawn, review.OutcomeSuperseded}

func (a *app) exceptionsRenew() *cobra.Command {
	draft := review.ClosureDraft{Outcome: review.OutcomeRenewed}
	var all string
	cmd := &cobra.Command{
		Use:         "renew ID... | --filter FILTER --until DAY --reason TEXT [--owner PERSON] [--control TEXT]",
		Short:       "stage a later end",
		Long:        `Stages renewals, to be signed by a manager. The policy caps how long and how often; every renewal needs a reason of its own.`,
		Example:     `tickmark exceptions renew 41 --until 2027-03-31 --owner bob@corp.example --control 'weekly log review' --reason 'replacement slips to Q1'`,
		Annotations: exits(exitDoc{exitDone, "staged"}, exitDoc{exitAttention, "some were skipped: they are listed with the reason"}, exitDoc{exitRefused, "past a cap of the policy, or not yours to renew"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := dayOf("--until", draft.Until); err != nil {
				return err
			}
			return a.stageClosure(cmd.Context(), args, all, draft)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&draft.Until, "until", "", "the new last `DAY`")
	fs.StringVar(&draft.Owner, "owner", "", "`WHO` answers for it from now on; left out: each keeps its own")
	fs.StringVar(&draft.Control, "control", "", "the compensating `CONTROL`; left out: each keeps its own")
	fs.StringVar(&draft.Reason, "reason", "", "why it must go on, in `WORDS`")
	fs.StringVar(&draft.EvidenceName, "evidence", "", "a `FILE` that shows the control; its hash is recorded")
	fs.BoolVar(&draft.KeepEvidence, "keep-evidence", false, keepEvidenceHelp)
	fs.StringVar(&all, "filter", "", "every exception that matches, in place of IDs")
	return cmd
}

func (a *app) stageClosure(ctx context.Context, refs []string, filter string, draft review.ClosureDraft) error {
	return a.withDesk(ctx, func(d *desk.Desk) error {
		ids, err := a.exceptionIDs(ctx, d, refs, filter)
		if err != nil {
			return err
		}
		res, err := d.StageClosure(ctx, ids, draft)
		if err != nil {
			return err
		}
		one := "closure"
		if draft.Outcome == review.OutcomeRenewed {
			one = "renewal"
		}
		return a.stageReply(res, one)
	})
}

// exceptionIDs are the exceptions an act means: those named, or all that match a filter and are not closed.
func (a *app) exceptionIDs(ctx context.Context, d *desk.Desk, refs []string, filter string) ([]review.EntryIndex, error) {
	return entryIndexes(refs, filter, func() (ids []review.EntryIndex, err error) {
		all, err := d.Exceptions(ctx, filter)
		for _, e := range all {
			if e.State != review.Closed {
				ids = append(ids, e.ID)
			}
		}
		return ids, err
	})
}

// entryIndexes reads ids of exceptions and revokes, the ledger index of the decision, or finds those that match a filter.
func entryIndexes(refs []string, filter string, matching func() ([]review.EntryIndex, error)) ([]review.EntryIndex, error) {
	if (len(refs) == 0) == (filter == "") {
		return nil, usage("give either ids or --filter").WithHint("ids are the numbers in the first column of the list")
	}
	if filter != "" {
		ids, err := matching()
		if err == nil && len(ids) == 0 {
			err = attention("Nothing matches %s. Nothing was staged.", review.Quote(filter))
		}
		return ids, err
	}
	ids := make([]review.EntryIndex, 0, len(refs))
	for _, ref := range refs {
		id, err := listedID(ref)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func listedID(ref string) (review.EntryIndex, error) {
	n, err := strconv.ParseInt(ref, 10, 64)
	if err != nil || n <= 0 {
		return 0, usage("%s is not an id", review.Quote(ref)).WithHint("ids are the numbers in the first column of the list")
	}
	return review.EntryIndex(n), nil
}
