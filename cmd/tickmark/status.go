package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) statusCommand() *cobra.Command {
	var span, by string
	var remind bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "how far, who is late, what blocks",
		Long: `Answers in one screen: every review with what is decided and signed, exceptions and revokes by state, the head of the ledger, what stands in the way of closing.

With --window it shows which source was reviewed in which period of an audit window and what is still missing; with --remind it prints a reminder for each reviewer, ready to be mailed.`,
		Example: `tickmark status
tickmark status --window 2026-01-01..2026-12-31
tickmark status --remind`,
		Args:        noArgs,
		Annotations: exits(exitDoc{exitDone, "shown"}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			from, to, err := window("--window", span)
			if err != nil {
				return err
			}
			return a.readDesk(ctx, func(d *desk.Desk) error {
				o, err := d.Overview(ctx)
				if err != nil {
					return err
				}
				reply := statusReply{Overview: o}
				if span != "" {
					cells, err := d.Coverage(ctx, from, to)
					if err != nil {
						return err
					}
					reply.Coverage, reply.Periods = list(cells), d.Periods()
					w := review.Period{Start: from, End: to}
					reply.Needed = list(review.StillNeeded(w, cells))
					crossing, err := d.Crossing(ctx, from, to)
					if err != nil {
						return err
					}
					reply.Crossing = list(crossing)
				}
				if by != "" {
					if reply.By, err = d.Outcomes(ctx, by); err != nil {
						return err
					}
				}
				if remind {
					if reply.Reminders, err = d.Remind(ctx, ""); err != nil {
						return err
					}
				}
				if a.wantsJSON {
					return a.json(reply.filled())
				}
				a.statusPage(d, reply, remind)
				return nil
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&span, "window", "", "`FROM..TO`: coverage of an audit window, source by period")
	fs.StringVar(&by, "by", "", "`all|campaign|source|owner`: what became of revokes and exceptions")
	fs.BoolVar(&remind, "remind", false, "a reminder for each reviewer who has items open")
	a.completeFlag(cmd, "by", words("all", "campaign", "source", "owner"))
	return cmd
}

// statusReply is the overview, and what flags add to it.
type statusReply struct {
	review.Overview
	Coverage  []review.Coverage  `json:"coverage,omitzero"`
	Periods   string             `json:"periods,omitempty"` // how often coverage expects each source
	Needed    []review.Notice    `json:"needed,omitzero"`   // what the window still needs, in sentences
	Crossing  []review.Exception `json:"crossing,omitzero"` // exceptions in force across an end of the window
	By        []review.Outcomes  `json:"by,omitzero"`
	Reminders []desk.Reminder    `json:"reminders,omitzero"`
}

// filled gives lists and counts where there is nothing to list or count.
func (r statusReply) filled() statusReply {
	r.Campaigns = list(r.Campaigns)
	for i, c := range r.Campaigns {
		r.Campaigns[i] = campaignLists(c)
	}
	if r.Exceptions == nil {
		r.Exceptions = map[review.ExceptionState]int64{}
	}
	if r.Remediation == nil {
		r.Remediation = map[review.RemediationState]int64{}
	}
	return r
}

func (a *app) statusPage(d *desk.Desk, r statusReply, remind bool) {
	st := a.outStyle
	if remind {
		for _, m := range r.Reminders {
			a.print("To: %s\nSubject: %s\n\n%s\n\n", review.Safe(string(m.Principal)), review.Safe(m.Subject), safeLines(m.Text))
		}
		if len(r.Reminders) == 0 {
			a.say("Nobody has anything open.")
		}
		return
	}
	if len(r.Campaigns) == 0 {
		a.print("No review yet.\n")
	} else {
		t := newTable("Review", "State", "Decided", ">Open", ">Unsigned", "Due", "Late")
		for _, c := range r.Campaigns {
			late := ""
			if underReview(c.State) && d.Now().After(c.Due) && c.Undecided > 0 {
				late = plural(max(1, int64(d.Now().Sub(c.Due).Hours()/24)), "day")
			}
			t.row(string(c.Name), string(c.State), a.bar(c.Decided, c.Items), number(c.Undecided), number(c.Staged), day(c.Due), late)
		}
		a.table(t)
		for _, c := range r.Campaigns {
			if !underReview(c.State) {
				continue
			}
			for _, p := range c.Reviewers {
				if p.Left > 0 {
					a.print("  %s: %s has %d of %d left%s\n", review.Safe(string(c.Name)), review.Safe(string(p.Principal)), p.Left, p.Items, unsignedBehind(p.Staged))
				}
			}
		}
	}
	a.print("\n")
	a.facts(
		"Exceptions", orNone(countWords(r.Exceptions, review.ExceptionExpired, review.Expiring, review.ExceptionActive, review.Proposed, review.Closed)),
		"Revokes", orNone(revokeWords(r)),
		"Ledger", fmt.Sprintf("%s, root %s", plural(r.Ledger.Size, "entry"), r.Ledger.Root),
		"Outside", heldOutside(r.Ledger.Outside),
		"Database", d.Path(),
	)
	a.notices(r.Blocking, st.warn("blocks"))
	if len(r.By) > 0 {
		a.print("\n")
		t := newTable("By", ">Revokes", ">Gone", ">Share", ">Median days", ">Overdue", ">Superseded", ">Exceptions past their end")
		for _, o := range r.By {
			t.row(o.By, number(o.Revokes), number(o.Gone), share(o.Gone, o.Revokes), medianDays(o), number(o.Overdue), number(o.Superseded), number(o.Expired))
		}
		a.table(t)
	}
	if r.Coverage != nil {
		a.print("\n")
		t := newTable("Source", "Period", "Status", "Review", ">Days late", ">Open", ">Revokes open", ">Exceptions")
		for _, c := range r.Coverage {
			t.row(string(c.Source), c.PeriodStart+" to "+c.PeriodEnd, c.Status, string(c.Campaign), number(c.DaysLate), number(c.Open), number(c.RevokesOpen), number(c.ExceptionsOpen))
		}
		a.table(t)
		a.print("\nEach source is expected once a %s, as the policy says; a review answers the %s its own period ends in.\n", r.Periods, r.Periods)
		a.notices(r.Needed, st.warn("needed"))
		if len(r.Crossing) > 0 {
			a.print("\nExceptions across an end of the window\n")
			t := newTable(">ID", "State", "From", "Until", "Identity", "System", "Entitlement", "Owner")
			for _, e := range r.Crossing {
				t.row(number(e.ID), string(e.State), day(e.Decided), e.Until, e.Identity, e.System, e.Entitlement, e.Owner)
			}
			a.table(t)
		}
	}
}

// revokeWords counts work items by state, and apart those that a later campaign let stay.
func revokeWords(r statusReply) string {
	words := countWords(r.Remediation, review.Returned, review.StillPresent, review.RevokeOpen, review.ClaimedDone, review.VerifiedGone)
	if r.Outcomes == nil || r.Outcomes.Superseded == 0 {
		return words
	}
	return strings.TrimPrefix(words+fmt.Sprintf("; %d superseded by a later campaign", r.Outcomes.Superseded), "; ")
}

// share is a percentage, or nothing of nothing.
func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%d %%", part*100/whole)
}

func medianDays(o review.Outcomes) string {
	if o.MedianDays == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f", *o.MedianDays)
}

func unsignedBehind(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them not signed", n)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// safeLines makes a text of several lines safe and keeps its lines.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = review.Safe(l)
	}
	return strings.Join(lines, "\n")
}

// bar is "██████····  61 % (14 of 23)", on a narrow terminal "61 % of 23".
func (a *app) bar(done, of int64) string {
	const cells = 10
	full, empty := "█", "·"
	if a.outStyle.ascii {
		full, empty = "#", "."
	}
	n, percent := 0, int64(0)
	if of > 0 {
		n, percent = int(done*cells/of), done*100/of
	}
	if a.outTerm && a.width() < 100 {
		return fmt.Sprintf("%3d %% of %d", percent, of)
	}
	return strings.Repeat(full, n) + strings.Repeat(empty, cells-n) + fmt.Sprintf(" %3d %% (%d of %d)", percent, done, of)
}

// heldOutside says how much of the ledger somebody outside can vouch for.
func heldOutside(o *review.Outside) string {
	if o == nil {
		return "no head was given to anybody: `tickmark ledger anchor`"
	}
	s := fmt.Sprintf("the first %s: %s, %s", plural(o.Size, "entry"), o.Type, review.Safe(o.Holder))
	if !o.Time.IsZero() {
		s += ", " + day(o.Time)
	}
	return s
}
