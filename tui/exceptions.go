package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// exceptions lists access that stays against a rule until a day; managers renew and close it here, and sign.
type exceptions struct {
	table
}

func newExceptions(a *app) *exceptions { return newExceptionsFor(a, "") }

func newExceptionsFor(a *app, filter string) *exceptions {
	s := &exceptions{newTable(a, []grid.Column{
		{Name: "state", Title: "State", Min: 10, Max: 13, Whole: true},
		{Name: "staged", Title: "Staged", Min: 6, Max: 12, Rank: 1, Whole: true},
		{Name: "until", Title: "Until", Min: 10, Max: 10, Whole: true},
		{Name: "days", Title: "", Min: 8, Max: 14, Rank: 2, Whole: true},
		{Name: "entitlement", Title: "Entitlement", Min: 12, Max: 40, Read: 24, Grow: 1},
		{Name: "identity", Title: "Identity", Min: 12, Max: 32, Read: 20, Rank: 1},
		{Name: "system", Title: "System", Min: 7, Max: 20, Rank: 3},
		{Name: "owner", Title: "Answers for it", Min: 10, Max: 28, Rank: 4},
		{Name: "renewals", Title: "Renewed", Min: 9, Max: 9, Rank: 5, Right: true},
		{Name: "control", Title: "Control", Min: 10, Max: 48, Rank: 7},
		{Name: "campaign", Title: "Campaign", Min: 8, Max: 20, Rank: 8},
	})}
	s.filter, s.base = filter, filter
	return s
}

func (s *exceptions) name() string { return "exceptions" }

func (s *exceptions) load() tea.Cmd {
	filter, l := s.filter, *s.a.look // rows are made by the command
	return ask(s.a, &s.facts, func(ctx context.Context) ([]grid.Row, error) {
		es, err := s.a.desk.Exceptions(ctx, filter)
		sortExceptions(es)
		return tableRows(es, l.exceptionRow), err
	},
		func(rows []grid.Row, err error) tea.Cmd {
			if err != nil {
				s.failed(err)
				return nil
			}
			return s.fill(rows, func(r grid.Row, col string) string {
				if e := r.Data.(review.Exception); col == "days" {
					return fmt.Sprintf("%06d", e.Days+100_000)
				}
				i := columnIndex(s.cols, col)
				return r.Cells[i].Text
			})
		})
}

// sortExceptions puts what presses first.
func sortExceptions(es []review.Exception) {
	slices.SortStableFunc(es, func(x, y review.Exception) int {
		return cmp.Or(cmp.Compare(exceptionPlace(x.State), exceptionPlace(y.State)), cmp.Compare(x.Days, y.Days))
	})
}

func exceptionPlace(st review.ExceptionState) int {
	return slices.Index([]review.ExceptionState{review.ExceptionExpired, review.Expiring, review.Proposed, review.ExceptionActive, review.Closed}, st)
}

func columnIndex(cols []grid.Column, name string) int {
	for i, c := range cols {
		if c.Name == name {
			return i
		}
	}
	return 0
}

func (l *look) exceptionRow(e review.Exception) grid.Row {
	sg := exceptionSign(e.State)
	if e.Outcome != "" {
		sg.word = e.Outcome
	}
	staged := grid.Cell{}
	if e.Staged != "" {
		staged = l.cell(careful, e.Staged)
	}
	return grid.Row{ID: rowID(e.ID), Data: e, Cells: []grid.Cell{
		l.cell(sg.tone, l.glyphOf(sg)+" "+sg.word), staged, l.cell(plain, e.Until), l.cell(dayTone(e.Days, e.State), untilWords(e)),
		l.cell(plain, accessWords(e.EntName, e.Entitlement, e.Account)), l.cell(plain, who(e.Name, e.Identity)), l.cell(plain, e.System), l.cell(plain, e.Owner),
		l.cell(plain, fmt.Sprint(e.Renewals)), l.cell(plain, e.Control), l.cell(faint, string(e.Campaign)),
	}}
}

func untilWords(e review.Exception) string {
	switch {
	case e.State == review.Closed, e.Until == "":
		return ""
	case e.Days == 0:
		return "today"
	case e.Days < 0:
		return span(-e.Days) + " over"
	}
	return span(e.Days)
}

func dayTone(d int, st review.ExceptionState) tone {
	switch {
	case st == review.Closed:
		return faint
	case d < 0:
		return bad
	case st == review.Expiring:
		return careful
	}
	return plain
}

func (s *exceptions) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *exceptions) inHand() (review.ItemID, bool) {
	r, ok := s.g.Current()
	if !ok {
		return "", false
	}
	return r.Data.(review.Exception).Item, true
}

func (s *exceptions) commands() []command {
	why := s.why()
	cs := s.leaveFilter(s.load)
	cs = append(cs,
		command{action: "approve", do: s.approve, why: s.whyNotApprove()},
		command{action: "renew", do: s.renew, why: why},
		command{action: "close", do: s.closeOff, why: why},
		command{action: "outcomes", do: func() tea.Cmd { return s.a.open(newOutcomes(s.a)) }},
		command{action: "open", words: "the item", do: func() tea.Cmd {
			id, ok := s.inHand()
			if !ok {
				return nil
			}
			return s.a.open(newItem(s.a, id, ""))
		}},
		command{action: "filter", do: func() tea.Cmd {
			s.a.openPanel(s.a.filterForm(s.filter, "state:expired until:<30d owner:jane", review.ParseExceptionFilter, completeFields(review.ExceptionFields(), nil), nil, func(v string) tea.Cmd {
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
			e := r.Data.(review.Exception)
			return fmt.Sprintf("%d %s %s %s until %s", e.ID, e.Identity, e.System, e.Entitlement, e.Until)
		}))
	cs = append(cs, marking(s.g)...)
	return append(cs, s.table.commands()...)
}

// why says why nothing can be done to what is chosen.
func (s *exceptions) why() string {
	if r := s.a.readOnly(); r != "" {
		return r
	}
	why := "there is no exception under the cursor"
	eachChosen(&s.table, func(e review.Exception) bool {
		if why = ""; e.State == review.Closed {
			why = "a closed exception stays closed"
		}
		return why == ""
	})
	return why
}

// whyNotApprove says why what is chosen cannot be approved.
func (s *exceptions) whyNotApprove() string {
	if why := s.why(); why != "" {
		return why
	}
	why := ""
	eachChosen(&s.table, func(e review.Exception) bool {
		if e.Approval == "" {
			why = "only an exception that waits for a second person can be approved"
		}
		return why == ""
	})
	return why
}

// approve agrees to exceptions as the second person. It stages a decision: u takes it back, signing makes it count.
func (s *exceptions) approve() tea.Cmd {
	if !s.steady() {
		return nil
	}
	es := chosenRows[review.Exception](&s.table)
	about := []seg{say(bold, s.words(es))}
	if len(es) == 1 {
		about = append(about, sayf(plain, "  until %s, %s answers for it, %s", es[0].Until, es[0].Owner, es[0].Control))
	}
	ids := exceptionIDs(es)
	return s.stageForm(s, form{title: "Approve", keep: formName("approve", ids...), about: about, fields: []formField{
		{label: "Reason", help: "why you agree; empty: the reviewer's reason", optional: true},
	}}, "exception", func(v []string) managed {
		return managed{"approved", func(ctx context.Context) (review.StageResult, error) { return s.a.desk.Approve(ctx, ids, v[0]) }}
	})
}

func (s *exceptions) words(es []review.Exception) string {
	if len(es) == 1 {
		return fmt.Sprintf("%s of %s on %s", accessWords(es[0].EntName, es[0].Entitlement, es[0].Account), who(es[0].Name, es[0].Identity), es[0].System)
	}
	return count(int64(len(es)), "exception")
}

func (s *exceptions) renew() tea.Cmd {
	if !s.steady() {
		return nil
	}
	es := chosenRows[review.Exception](&s.table)
	help := "a day, or how long: 2027-01-31, 90d"
	longest := longestRenewal(es)
	if longest > 0 {
		help += fmt.Sprintf("; at most %d days", longest)
	}
	about := []seg{say(bold, s.words(es))}
	if e := es[0]; len(es) == 1 && e.MaxRenewals > 0 && e.Renewals >= e.MaxRenewals {
		about = append(about, sayf(careful, "  renewed %s already; the policy allows %d", count(int64(e.Renewals), "time"), e.MaxRenewals))
	}
	return s.stageForm(s, form{title: "Renew", keep: formName("renew", exceptionIDs(es)...), about: about, extra: 4, fields: append([]formField{
		{label: "Until", help: help, check: s.a.checkDay(longest), echo: s.a.echoDay},
		keptField("Owner", "who answers for it, as name@domain", es, ownerOf),
		keptField("Control", "what compensates for it meanwhile", es, controlOf),
		{label: "Reason", help: "why it must still stay"},
	}, s.a.evidenceFields(4, "a file that shows the control; its hash is recorded", "", false, nil)...)}, "exception", func(v []string) managed {
		d := review.ClosureDraft{Outcome: "renewed", Until: s.a.dayOf(v[0]), Owner: v[1], Control: v[2], Reason: v[3]}
		d.EvidenceName, d.EvidenceSHA256, d.KeepEvidence = evidenceTyped(v[4], v[5])
		return s.stage(es, d)
	})
}

// longestRenewal is how many days from today the policies of all these exceptions allow; 0: any number.
func longestRenewal(es []review.Exception) (days int) {
	for i := range es {
		if n := es[i].MaxDays; n > 0 && (days == 0 || n < days) {
			days = n
		}
	}
	return days
}

func ownerOf(e *review.Exception) string   { return e.Owner }
func controlOf(e *review.Exception) string { return e.Control }

// common is what exceptions have in common, empty where they differ: then what one of them says is not offered for the others.
func common(es []review.Exception, of func(*review.Exception) string) (value string, same bool) {
	for i := range es {
		if of(&es[i]) != of(&es[0]) {
			return "", false
		}
	}
	return of(&es[0]), true
}

// keptField asks for what a renewal may leave as it is.
func keptField(label, help string, es []review.Exception, of func(*review.Exception) string) formField {
	value, same := common(es, of)
	if !same {
		help += "; empty: each keeps its own"
	}
	return formField{label: label, help: help, value: value, optional: !same}
}

// closeOff ends an exception: remediated, with what cured it and the proof, or withdrawn.
func (s *exceptions) closeOff() tea.Cmd {
	if !s.steady() {
		return nil
	}
	es := chosenRows[review.Exception](&s.table)
	uncured := func(v []string) bool { return v[0] != review.OutcomeRemediated }
	evidence := s.a.evidenceFields(2, "a file that shows it, or: import N, which shows it gone", "", true, uncured)
	outcomes := closeOutcomes(es)
	outcome := review.OutcomeRemediated
	if slices.Contains(outcomes, review.OutcomeSuperseded) {
		outcome = review.OutcomeSuperseded
	}
	control, _ := common(es, controlOf)
	return s.stageForm(s, form{title: "Close", keep: formName("close", exceptionIDs(es)...), about: []seg{say(bold, s.words(es))}, fields: []formField{
		{label: "Outcome", help: "how it ends", notes: outcomeNotes(outcomes), value: outcome, options: outcomes},
		{label: "Control", help: "what cured it", hidden: uncured, value: control},
		evidence[0], evidence[1],
		{label: "Reason", help: "in a sentence"},
	}}, "exception", func(v []string) managed {
		d := review.ClosureDraft{Outcome: v[0], Reason: v[4]}
		if !uncured(v) {
			d.Control = v[1]
			d.Import, _ = importNumber(v[2])
			d.EvidenceName, d.EvidenceSHA256, d.KeepEvidence = evidenceTyped(v[2], v[3])
		}
		return s.stage(es, d)
	})
}

// closeOutcomes are the ways these exceptions can end; only what a later campaign decided anew is superseded.
func closeOutcomes(es []review.Exception) []string {
	outcomes := []string{review.OutcomeRemediated, review.OutcomeWithdrawn}
	if !slices.ContainsFunc(es, func(e review.Exception) bool { return e.Superseded == 0 }) {
		outcomes = append(outcomes, review.OutcomeSuperseded)
	}
	return outcomes
}

// outcomeNotes say in a line each what the ways to end mean.
func outcomeNotes(outcomes []string) [][]seg {
	notes := make([][]seg, len(outcomes))
	for i, o := range outcomes {
		notes[i] = []seg{sayf(faint, "%-10s ", o), say(plain, outcomeMeans(o))}
	}
	return notes
}

func outcomeMeans(outcome string) string {
	switch outcome {
	case review.OutcomeRemediated:
		return "cured: an import that shows it gone proves it; a file is a claim"
	case review.OutcomeWithdrawn:
		return "it ends without being cured; a reason is enough"
	case review.OutcomeSuperseded:
		return "a later campaign decided anew on the access; a reason is enough"
	}
	return ""
}

// importNumber reads "import 12".
func importNumber(v string) (review.ImportID, bool) {
	rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(v)), "import ")
	n, err := strconv.Atoi(strings.TrimSpace(rest))
	return review.ImportID(n), ok && err == nil && n > 0
}

// steady refuses an act when the lines have moved under the cursor.
func (s *exceptions) steady() bool {
	if s.g.Marked() == 0 && s.g.Displaced() {
		s.g.Acknowledge()
		s.a.warn("the line you were on is gone and another has taken its place; look, then press the key again")
		return false
	}
	return true
}

func (s *exceptions) stage(es []review.Exception, d review.ClosureDraft) managed {
	ids := exceptionIDs(es)
	d.Shown = actsShown(es, func(e review.Exception) []int64 { return e.Acts })
	return managed{d.Outcome, func(ctx context.Context) (review.StageResult, error) { return s.a.desk.StageClosure(ctx, ids, d) }}
}

func (s *exceptions) title() []seg    { return nil }
func (s *exceptions) aside(int) []seg { return s.count("exception") }

func (s *exceptions) hint() []seg {
	switch n := s.g.Marked(); {
	case n < 0:
		return []seg{say(accent, "all marked")}
	case n > 0:
		return []seg{say(accent, count(int64(n), "exception")+" marked")}
	}
	return nil
}

func (s *exceptions) view(w, h int) string {
	return s.table.view(w, h, "No exceptions.", s.detail)
}

func (s *exceptions) detail(w int) *block {
	l := s.a.look
	b := l.block(w)
	r, ok := s.g.Current()
	b.section("Exception")
	if !ok {
		return b
	}
	e := r.Data.(review.Exception)
	sg := exceptionSign(e.State)
	if e.Outcome != "" {
		sg.word = "closed: " + e.Outcome
	}
	b.fact("state", l.sign(sg), say(plain, "  until "+e.Until+"  "), say(dayTone(e.Days, e.State), untilWords(e)))
	if e.Staged != "" {
		b.fact("staged", say(careful, e.Staged+", not signed"))
	}
	b.fact("access", sayf(plain, "%s on %s, account %s", accessWords(e.EntName, e.Entitlement, e.Account), e.System, e.Account))
	b.fact("of", l.whoWhole(e.Name, e.Identity)...)
	b.fact("reason", say(plain, e.Reason))
	b.fact("control", say(plain, orDash(e.Control)))
	b.fact("owner", say(plain, orDash(e.Owner)))
	if e.Superseded != 0 && e.State != review.Closed {
		b.fact("superseded", sayf(careful, "by entry %d of a later campaign", e.Superseded))
	}
	b.fact("granted", sayf(plain, "%s by %s, who reviewed it", day(e.Decided), e.Reviewer))
	approved := plain
	if e.State == review.Proposed {
		approved = careful
	}
	b.fact("approved", say(approved, orDash(e.ApprovedWords())))
	for _, c := range e.History {
		words := c.Outcome
		if c.Until != "" {
			words += " until " + c.Until
		}
		b.fact(day(c.Time), sayf(plain, "%s by %s: %s", words, c.Manager, c.Reason))
	}
	for _, f := range e.Evidence {
		b.fact("evidence", say(plain, f.String()))
	}
	return b
}
