package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// remediation follows revokes until a later import shows the access gone.
type remediation struct {
	table
	outcomes []review.Outcomes
	outcome  slot
}

func newRemediation(a *app) *remediation { return newRemediationFor(a, "") }

func newRemediationFor(a *app, filter string) *remediation {
	s := &remediation{table: newTable(a, []grid.Column{
		{Name: "state", Title: "State", Min: 13, Max: 15, Whole: true},
		{Name: "staged", Title: "Staged", Min: 6, Max: 14, Rank: 1, Whole: true},
		{Name: "days", Title: "Days", Min: 4, Max: 6, Right: true, Rank: 1},
		{Name: "entitlement", Title: "Entitlement", Min: 12, Max: 40, Read: 24, Grow: 1},
		{Name: "identity", Title: "Identity", Min: 12, Max: 32, Read: 20, Rank: 1},
		{Name: "system", Title: "System", Min: 7, Max: 20, Rank: 2},
		{Name: "ticket", Title: "Ticket", Min: 8, Max: 16, Rank: 3},
		{Name: "owner", Title: "Owner", Min: 10, Max: 28, Rank: 4},
		{Name: "since", Title: "Since", Min: 10, Max: 10, Rank: 5},
		{Name: "reason", Title: "Reason", Min: 10, Max: 48, Rank: 7},
		{Name: "campaign", Title: "Campaign", Min: 8, Max: 20, Rank: 8},
	})}
	s.filter, s.base = filter, filter
	return s
}

func (s *remediation) name() string { return "remediation" }

func (s *remediation) close() {
	s.outcome.stop()
	s.table.close()
}

func (s *remediation) load() tea.Cmd {
	filter, l := s.filter, *s.a.look // rows are made by the command
	return tea.Batch(ask(s.a, &s.facts, func(ctx context.Context) ([]grid.Row, error) {
		rs, err := s.a.desk.Remediations(ctx, filter)
		sortRevokes(rs)
		return tableRows(rs, l.revokeRow), err
	},
		func(rows []grid.Row, err error) tea.Cmd {
			if err != nil {
				s.failed(err)
				return nil
			}
			return s.fill(rows, nil)
		}),
		ask(s.a, &s.outcome, func(ctx context.Context) ([]review.Outcomes, error) { return s.a.desk.Outcomes(ctx, "all") },
			func(o []review.Outcomes, err error) tea.Cmd {
				if err == nil {
					s.outcomes = o
				}
				return nil
			}))
}

// sortRevokes puts what presses first.
func sortRevokes(rs []review.Remediation) {
	slices.SortStableFunc(rs, func(x, y review.Remediation) int {
		return cmp.Or(cmp.Compare(remediationPlace(&x), remediationPlace(&y)), cmp.Compare(y.Days, x.Days))
	})
}

func remediationPlace(r *review.Remediation) int {
	states := []review.RemediationState{review.Returned, review.StillPresent, review.RevokeOpen, review.ClaimedDone, review.VerifiedGone}
	if r.Moot() {
		return len(states)
	}
	return slices.Index(states, r.State)
}

func (l *look) revokeRow(r review.Remediation) grid.Row {
	sg := remediationSign(r.State)
	dt := plain
	switch {
	case r.Overdue:
		dt = bad
	case r.Moot():
		sg.tone, sg.word = faint, "superseded"
	}
	staged := grid.Cell{}
	if r.Staged != "" {
		staged = l.cell(careful, r.Staged)
	}
	return grid.Row{ID: rowID(r.ID), Data: r, Cells: []grid.Cell{
		l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), staged, l.cell(dt, fmt.Sprint(r.Days)), l.cell(plain, accessWords(r.EntName, r.Entitlement, r.Account)), l.cell(plain, who(r.Name, r.Identity)),
		l.cell(plain, r.System), l.cell(plain, r.Ticket), l.cell(plain, r.Owner), l.cell(plain, day(r.Since)), l.cell(plain, r.Reason),
		l.cell(faint, string(r.Campaign)),
	}}
}

func (s *remediation) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *remediation) inHand() (review.ItemID, bool) {
	r, ok := s.g.Current()
	if !ok {
		return "", false
	}
	return r.Data.(review.Remediation).Item, true
}

func (s *remediation) why() string {
	if r := s.a.readOnly(); r != "" {
		return r
	}
	why := "there is no revoke under the cursor"
	eachChosen(&s.table, func(r review.Remediation) bool {
		why = claimWhy(r)
		return why == ""
	})
	return why
}

// claimWhy says why a revoke cannot be claimed done.
func claimWhy(r review.Remediation) string {
	switch {
	case r.State == review.VerifiedGone:
		return "an import has already shown it gone"
	case r.Moot():
		return fmt.Sprintf("campaign %s let it stay (decision %d)", r.Superseded.Campaign, r.Superseded.Decision)
	}
	return ""
}

// checkPast accepts a day that is not in the future.
func (a *app) checkPast(v string) string {
	if d, ok := parseDay(v, a.now()); !ok || days(a.now(), d) > 0 {
		return "write a day that is not in the future, like " + day(a.now())
	}
	return ""
}

func (s *remediation) commands() []command {
	cs := s.leaveFilter(s.load)
	cs = append(cs,
		command{action: "claim", do: s.claim, why: s.why()},
		command{action: "outcomes", do: func() tea.Cmd { return s.a.open(newOutcomes(s.a)) }},
		command{action: "open", words: "the item", do: func() tea.Cmd {
			id, ok := s.inHand()
			if !ok {
				return nil
			}
			return s.a.open(newItem(s.a, id, ""))
		}},
		command{action: "filter", do: func() tea.Cmd {
			s.a.openPanel(s.a.filterForm(s.filter, "state:still-present overdue:yes system:aws", review.ParseRemediationFilter, completeFields(review.RemediationFields(), nil), nil, func(v string) tea.Cmd {
				s.filter = v
				return s.load()
			}))
			return nil
		}},
		s.a.copyCommand(func() string {
			r, ok := s.g.Current()
			if !ok {
				return ""
			}
			m := r.Data.(review.Remediation)
			return fmt.Sprintf("%d %s %s %s %s", m.ID, m.System, m.Account, m.Entitlement, m.Resource)
		}))
	cs = append(cs, marking(s.g)...)
	return append(cs, s.table.commands()...)
}

// claim says that revokes were carried out. It is a claim: only an import shows them gone.
func (s *remediation) claim() tea.Cmd {
	if s.g.Marked() == 0 && s.g.Displaced() {
		s.g.Acknowledge()
		s.a.warn("the line you were on is gone and another has taken its place; look, then press the key again")
		return nil
	}
	rs := chosenRows[review.Remediation](&s.table)
	words := count(int64(len(rs)), "revoke")
	if len(rs) == 1 {
		words = fmt.Sprintf("%s of %s on %s", accessWords(rs[0].EntName, rs[0].Entitlement, rs[0].Account), who(rs[0].Name, rs[0].Identity), rs[0].System)
	}
	ids := make([]review.EntryIndex, len(rs))
	for i, r := range rs {
		ids[i] = r.ID
	}
	return s.stageForm(s, form{title: "Claim done", keep: formName("claim", ids...), about: []seg{say(bold, words)},
		fields: []formField{
			{label: "Ticket", help: "where it was done; this is a claim, the next import shows whether it is so"},
			{label: "Done on", help: "the day: 2026-11-20", value: day(s.a.now()), check: s.a.checkPast},
			{label: "Note", help: "anything else", optional: true},
		}}, "revoke", func(v []string) managed {
		d := review.ClaimDraft{Ticket: v[0], Done: s.a.dayOf(v[1]), Note: v[2], Shown: actsShown(rs, func(r review.Remediation) []int64 { return r.Acts })}
		return managed{"claimed done", func(ctx context.Context) (review.StageResult, error) { return s.a.desk.StageClaim(ctx, ids, d) }}
	})
}

func (s *remediation) title() []seg    { return nil }
func (s *remediation) aside(int) []seg { return s.count("revoke") }

// hint is what became of revokes so far.
func (s *remediation) hint() []seg {
	if n := s.g.Marked(); n != 0 {
		if n < 0 {
			return []seg{say(accent, "all marked")}
		}
		return []seg{say(accent, count(int64(n), "revoke")+" marked")}
	}
	if len(s.outcomes) == 0 || s.outcomes[0].Revokes+s.outcomes[0].Superseded == 0 {
		return nil
	}
	o := s.outcomes[0]
	segs := []seg{sayf(plain, "%s of %s shown gone (%s)", number(o.Gone), count(o.Revokes, "revoke"), percent(o.Gone, o.Revokes))}
	if o.MedianDays != nil {
		segs = append(segs, s.a.look.between(), sayf(plain, "half of them within %.0f days", *o.MedianDays))
	}
	if o.Overdue > 0 {
		segs = append(segs, s.a.look.between(), sayf(bad, "%s overdue", number(o.Overdue)))
	}
	if o.Superseded > 0 {
		segs = append(segs, sayf(faint, ", %s superseded", number(o.Superseded)))
	}
	return segs
}

func (s *remediation) view(w, h int) string {
	return s.table.view(w, h, "No revokes.", s.detail)
}

func (s *remediation) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	row, ok := s.g.Current()
	b.section("Revoke")
	if !ok {
		return b
	}
	r := row.Data.(review.Remediation)
	state := []seg{l.sign(remediationSign(r.State)), say(plain, " since "+day(r.Since))}
	if r.VerifiedBy != 0 {
		state = append(state, sayf(plain, ", shown by import %d", r.VerifiedBy))
	}
	if r.Overdue {
		state = append(state, say(bad, ", overdue"))
	}
	b.fact("state", state...)
	if r.Moot() {
		b.fact("note", say(careful, r.Superseded.String()))
	}
	if r.Staged != "" {
		b.fact("staged", say(careful, r.Staged+", not signed"))
	}
	b.fact("access", sayf(plain, "%s on %s, account %s", accessWords(r.EntName, r.Entitlement, r.Account), r.System, r.Account), say(faint, resourceBehind(r.Resource)))
	b.fact("of", l.whoWhole(r.Name, r.Identity)...)
	if r.Replace != "" {
		b.fact("replace by", say(plain, r.Replace))
	}
	if r.Effective != "" {
		b.fact("effective", say(plain, r.Effective))
	}
	b.fact("revoked", sayf(plain, "%s by %s: %s", day(r.Decided), r.Reviewer, r.Reason))
	b.fact("owner", say(plain, orDash(r.Owner)))
	if r.Ticket != "" || r.Claimed != "" {
		b.fact("claimed", sayf(plain, "%s by %s, ticket %s", orDash(r.Claimed), orDash(string(r.ClaimedBy)), orDash(r.Ticket)))
	}
	for _, n := range r.Notes {
		b.fact("note", say(plain, n))
	}
	return b
}

func resourceBehind(r string) string {
	if r == "" {
		return ""
	}
	return "  " + r
}
