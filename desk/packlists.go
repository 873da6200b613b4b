package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// Exceptions lists the exceptions in force with their state at Now. Those that are withheld are one line for each campaign.
// filter is that of review.ParseExceptionFilter.
func (p *Pack) Exceptions(_ context.Context, filter string) ([]review.Exception, error) {
	f, err := review.ParseExceptionFilter(filter)
	if err != nil {
		return nil, err
	}
	out := []review.Exception{}
	for _, e := range slices.Concat(p.closing, p.hiddenExceptions()) {
		if f.MatchException(&e, p.now) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (p *Pack) hiddenExceptions() []review.Exception {
	var out []review.Exception
	for i, c := range p.reviews {
		if n := p.hidden(c, review.Except); n > 0 {
			out = append(out, review.Exception{ID: hiddenID(i), Item: c.firstWithheld(), Campaign: c.name, State: withheldWord, Identity: withheldWord, System: withheldWord,
				Source: withheldWord, Account: withheldWord, Entitlement: hiddenWords(n, "exception"), Owner: withheldWord, Control: withheldWord,
				Reason: "their records are leaf hashes only", Reviewer: withheldWord})
		}
	}
	return out
}

// hiddenID tells the lines that stand for withheld records apart; no entry has a negative index.
func hiddenID(i int) review.EntryIndex { return review.EntryIndex(-1 - i) }

func hiddenWords(n int64, one string) string {
	return fmt.Sprintf("%d %s withheld", n, plural(n, one, one+"s"))
}

// firstWithheld names the first item of the population that is not disclosed.
func (c *packReview) firstWithheld() review.ItemID {
	for ord := int64(1); ord <= c.size; ord++ {
		if _, shown := c.disclosed(ord); !shown {
			return c.line(ord).ID
		}
	}
	return ""
}

// listExceptions makes the list: one per exception decision in force, as in tables/exceptions.csv.
func (p *Pack) listExceptions() []review.Exception {
	var out []review.Exception
	for _, x := range p.replay.Exceptions() {
		c, i, ok := p.itemOf(x.Decision)
		if !ok || !p.replay.InForce(x.Index) {
			continue
		}
		it := &c.items[i]
		until, owner, control := x.Terms()
		e := review.Exception{ID: review.EntryIndex(x.Index), Item: it.ID, Campaign: c.name, Identity: it.Identity, Name: it.Name, System: it.System, Source: it.Source,
			Account: it.Account, Entitlement: it.Entitlement, EntName: it.EntName, Privilege: it.Privilege, Reason: x.Decision.Reason, Owner: owner, Control: control,
			Until: string(until), Decided: x.Bundle.Bundle.Time, Reviewer: review.Principal(x.Decision.Reviewer), Approver: c.approver(it, x.Decision.Reviewer)}
		for _, k := range x.Closures {
			r := review.ClosureRecord{Index: review.EntryIndex(k.Index), Outcome: k.Closure.Outcome, Until: string(k.Closure.Until), Owner: k.Closure.Owner,
				Control: k.Closure.Control, Reason: k.Closure.Reason, Manager: review.Principal(k.Closure.Manager), Time: k.Bundle.Bundle.Time}
			if !k.Closure.EvidenceSHA256.IsZero() {
				r.Evidence = strings.TrimPrefix(k.Closure.EvidenceSHA256.String(), "sha256:")
			}
			if k.Closure.Outcome == ledger.OutcomeRenewed {
				e.Renewals++
			}
			e.History = append(e.History, r)
		}
		e.Evidence = review.EvidenceNamed(e.ID, x.Decision.Control, e.History)
		if x.Ended() {
			e.State, e.Outcome = review.Closed, x.Last().Closure.Outcome
		}
		if c.policy.ExceptionApproval == review.ApprovalManager && e.Approver != "" && review.MayApprove(nil, &e, e.Approver) != nil {
			e.Approver = "" // as the desk judges it
		}
		e.Judge(c.policy, p.now)
		out = append(out, e)
	}
	p.knowEvidence(out)
	return out
}

// itemOf finds the disclosed item that a decision is about: its campaign and its number among the campaign's items.
func (p *Pack) itemOf(d *ledger.Decision) (*packReview, int, bool) {
	at, ok := p.byItem[review.ItemID(d.Item.String())]
	if !ok || string(at.review.name) != d.Campaign {
		return nil, 0, false
	}
	i, ok := at.review.disclosed(at.ord)
	return at.review, i, ok
}

// approver is who kept or excepted the same grant at a later stage; with one stage the reviewer, with several nobody until
// then (rulings 24).
func (c *packReview) approver(it *review.Item, reviewer string) review.Principal {
	approver := review.Principal(reviewer)
	if c.stmt.Stages < 2 {
		return approver
	}
	for i := range c.items {
		other := &c.items[i]
		if other.Grant != it.Grant || other.Stage <= it.Stage {
			continue
		}
		approver = ""
		if state, _ := c.state.Item(c.ids[i]); state.Decided && (other.Verdict == review.Keep || other.Verdict == review.Except) {
			return review.Principal(state.Decision.Reviewer)
		}
	}
	return approver
}

// Remediations lists the revokes in force with how far they are at Now. Those that are withheld are one line for each
// campaign. filter is that of review.ParseRemediationFilter.
func (p *Pack) Remediations(_ context.Context, filter string) ([]review.Remediation, error) {
	f, err := review.ParseRemediationFilter(filter)
	if err != nil {
		return nil, err
	}
	out := []review.Remediation{}
	for _, r := range slices.Concat(p.revokes, p.hiddenRevokes()) {
		if f.MatchRemediation(&r, p.now) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (p *Pack) hiddenRevokes() []review.Remediation {
	var out []review.Remediation
	for i, c := range p.reviews {
		if n := p.hidden(c, review.Revoke); n > 0 {
			out = append(out, review.Remediation{ID: hiddenID(i), Item: c.firstWithheld(), Campaign: c.name, State: withheldWord, Identity: withheldWord, System: withheldWord,
				Source: withheldWord, Account: withheldWord, Entitlement: hiddenWords(n, "revoke"), Owner: withheldWord, Reason: "their records are leaf hashes only",
				Reviewer: withheldWord, Ticket: withheldWord})
		}
	}
	return out
}

// listRevokes makes the list: one work item for each access that a campaign revoked, from the revokes in force that are in
// tables/remediation.csv. VerifiedBy is the import that shows the
// state, and the notes say which file that was and how far the pack shows it.
func (p *Pack) listRevokes() []review.Remediation {
	var out []review.Remediation
	for _, r := range p.replay.Revokes() {
		c, i, ok := p.itemOf(r.Decision)
		if !ok || !p.replay.InForce(r.Index) {
			continue
		}
		it := &c.items[i]
		m := review.Remediation{ID: review.EntryIndex(r.Index), Item: it.ID, Grant: it.Grant, Campaign: c.name, State: revokeState(r.State()), Identity: it.Identity, Name: it.Name, System: it.System,
			Source: it.Source, Account: it.Account, Entitlement: it.Entitlement, EntName: it.EntName, Resource: it.Resource, Replace: r.Decision.Replace,
			Effective: string(r.Decision.Effective), Reason: r.Decision.Reason, Reviewer: review.Principal(r.Decision.Reviewer), Owner: it.Owner,
			Decided: r.Bundle.Bundle.Time, Since: r.Bundle.Bundle.Time}
		for _, s := range r.Records {
			m.Since, m.VerifiedBy, m.Recorded = s.Bundle.Bundle.Time, review.ImportID(s.Record.Import), review.EntryIndex(s.Index)
			m.EverGone = m.EverGone || s.Record.State == ledger.StateGone
			if s.Record.State == ledger.StateClaimed {
				m.Ticket, m.ClaimedBy = s.Record.Ticket, review.Principal(s.Record.Manager)
				if !s.Record.Done.IsZero() {
					m.Claimed = stamp(s.Record.Done)
				}
			}
			if s.Record.Note != "" {
				m.Notes = append(m.Notes, ledger.Display(s.Record.Note))
			}
		}
		if n := len(r.Records); n > 0 && r.Records[n-1].Record.Import != 0 {
			last := r.Records[n-1]
			m.Notes = append(m.Notes, "shown by "+p.exportWords(m.VerifiedBy), p.absenceWords(last.Record),
				fmt.Sprintf("recorded in entry %d, signed in entry %d by %s", last.Index, last.Bundle.Index, last.Bundle.Bundle.Signer))
		}
		m.Superseded = p.laterAnswer(r)
		out = append(out, m)
	}
	out = review.FoldRevokes(out)
	for i := range out {
		m := &out[i]
		m.Days = m.DaysOpen(p.now)
		m.Overdue = review.Overdue(p.byName[m.Campaign].policy, p.now, m)
	}
	return out
}

// laterAnswer is the first decision in force of a later campaign that let the access stay which r revokes, as far as the pack
// shows; nil if there is none. A campaign of which a stage revokes it does not (rulings 23).
func (p *Pack) laterAnswer(r *ledger.RevokeState) *review.LaterAnswer {
	var out *review.LaterAnswer
	for _, c := range p.reviews {
		if c.stmt.Campaign == r.Decision.Campaign {
			continue
		}
		var answer ledger.DecisionState
		revoked := false
		for stage := int64(1); stage <= min(c.stmt.Stages, 16); stage++ {
			it, _ := c.state.Item(ledger.ItemID(c.stmt.Log, c.stmt.Campaign, stage, r.Decision.Grant))
			d := it.Decision
			switch {
			case !it.Decided:
			case d.Verdict == ledger.VerdictRevoke:
				revoked = true
			case d.Index > r.Index && (d.Verdict == ledger.VerdictKeep || d.Verdict == ledger.VerdictException) && (answer.Index == 0 || d.Index < answer.Index):
				answer = d
			}
		}
		if answer.Index != 0 && !revoked && (out == nil || review.EntryIndex(answer.Index) < out.Decision) {
			out = &review.LaterAnswer{Decision: review.EntryIndex(answer.Index), Campaign: c.name, Verdict: review.Verdict(answer.Verdict), Reviewer: review.Principal(answer.Reviewer),
				Time: answer.Bundle.Bundle.Time}
			if d, err := p.decision(context.Background(), answer.Index); err == nil && d != nil {
				out.Reason = d.Reason
			}
		}
	}
	return out
}

// Outcomes measures what became of the disclosed revokes and exceptions, by all, campaign, source or owner.
func (p *Pack) Outcomes(_ context.Context, by string) ([]review.Outcomes, error) {
	m, err := measureBy(by, p.now)
	if err != nil {
		return nil, err
	}
	for i := range p.revokes {
		m.revoke(&p.revokes[i])
	}
	for i := range p.closing {
		m.exception(&p.closing[i])
	}
	return m.outcomes(), nil
}

// Crossing lists exceptions in force across the beginning or the end of a window, oldest first.
func (p *Pack) Crossing(_ context.Context, from, to string) ([]review.Exception, error) {
	window := review.Period{Start: from, End: to}
	return slices.DeleteFunc(slices.Concat(p.closing, p.hiddenExceptions()), func(e review.Exception) bool { return !review.Crosses(window, &e) }), nil
}

// Quality is how people reviewed, with the thresholds of the campaign's policy that were crossed: counted from the
// decisions in force, or, where some are withheld, from what the signed bundles state of theirs.
func (p *Pack) Quality(_ context.Context, name review.CampaignID) ([]review.Quality, error) {
	c, err := p.review(name)
	if err != nil {
		return nil, err
	}
	people := map[review.Principal]*review.Quality{}
	of := func(who string) *review.Quality {
		q := people[review.Principal(who)]
		if q == nil {
			q = &review.Quality{Principal: review.Principal(who)}
			people[q.Principal] = q
		}
		return q
	}
	stated := c.state.Withheld(ledger.ActDecision) > 0
	for _, b := range p.replay.Bundles() {
		if b.Bundle.Campaign != c.stmt.Campaign || b.Bundle.Act != ledger.ActDecision {
			continue
		}
		q := of(b.Bundle.Actor)
		q.Seconds += b.Bundle.Elapsed
		if stated {
			q.Decided += b.Bundle.Records
			q.Keeps += tallyOf(b.Bundle.Tally)[ledger.VerdictKeep]
			q.Opened += b.Bundle.Opened
			q.Bulk += b.Bundle.Bulk
		}
	}
	for i := range c.items {
		if state, _ := c.state.Item(c.ids[i]); !stated && state.Decided {
			q := of(state.Decision.Reviewer)
			q.Decided++
			q.Keeps += one(c.items[i].Verdict == review.Keep)
			q.Opened += one(c.source[i].opened)
			q.Bulk += one(c.source[i].bulk)
		}
	}
	out := make([]review.Quality, 0, len(people))
	for _, q := range people {
		if q.Decided > 0 {
			q.PerItem = float64(q.Seconds) / float64(q.Decided)
		}
		q.NoRevokeRun = p.noRevokeRun(c, q.Principal)
		q.Signals = review.QualitySignals(c.policy, *q)
		if stated {
			q.Signals = append(q.Signals, review.Notice{Code: "withheld", Text: "counted from signed bundles, superseded decisions too: records are withheld"})
		}
		out = append(out, *q)
	}
	slices.SortFunc(out, func(a, b review.Quality) int { return cmp.Compare(a.Principal, b.Principal) })
	return out, nil
}

// noRevokeRun is how many campaigns in a row, this one the last, a person signed decisions in without a revoke.
func (p *Pack) noRevokeRun(last *packReview, who review.Principal) int {
	revokes, signed := map[string]int64{}, map[string]bool{}
	for _, b := range p.replay.Bundles() {
		if b.Bundle.Act == ledger.ActDecision && b.Bundle.Actor == string(who) {
			signed[b.Bundle.Campaign] = true
			revokes[b.Bundle.Campaign] += tallyOf(b.Bundle.Tally)[ledger.VerdictRevoke]
		}
	}
	run := 0
	for _, c := range slices.Backward(p.reviews[:slices.Index(p.reviews, last)+1]) {
		if !signed[c.stmt.Campaign] {
			continue
		}
		if revokes[c.stmt.Campaign] > 0 {
			break
		}
		run++
	}
	return run
}

// tallyOf reads the counts of decisions in a tally; nil for one that is not in the form of the ledger.
func tallyOf(text string) map[string]int64 {
	tally, err := ledger.ParseTally(ledger.ActDecision, text)
	if err != nil {
		return nil
	}
	return tally
}

// Coverage is the matrix source x period of a window (evidence-pack.md 5.2); both days empty: the window of the pack. Where
// items are withheld their counts are those of the disclosed ones, and the row says so; campaigns out of view have no
// status of their own.
func (p *Pack) Coverage(_ context.Context, from, to string) ([]review.Coverage, error) {
	window := review.Period{Start: string(p.stmt.WindowStart), End: string(p.stmt.WindowEnd)}
	if from != "" || to != "" {
		var err error
		if window, err = review.ParsePeriod(from + ".." + to); err != nil {
			return nil, err
		}
	}
	length := "" // without a policy no period is expected, and each campaign has its own row
	var done, left []review.Coverage
	var sources []review.SourceID
	scope := func(source review.SourceID) {
		if !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	for _, c := range p.reviews {
		for _, row := range p.covered(c) {
			scope(row.Source)
			if c.inView {
				done = append(done, row)
			} else {
				left = append(left, row)
			}
		}
		if !c.inView || !c.stated {
			continue
		}
		length = c.policy.Periods
		if strings.HasPrefix(p.stmt.View, "soc1") {
			for _, source := range c.policy.FinancialSources {
				scope(review.SourceID(source))
			}
		}
	}
	done = append(done, left...) // a campaign in view answers a period before one that is left out
	rows := review.Cover(window, length, sources, done, p.now)
	for i := range rows {
		c := p.byName[rows[i].Campaign]
		switch {
		case c == nil:
		case !c.inView:
			rows[i].Status, rows[i].Need = string(review.NotInView), fmt.Sprintf("campaign %s, which the pack leaves out", c.name)
		case c.withheld() > 0:
			note := fmt.Sprintf("counts are of disclosed items, %d of the campaign are withheld", c.withheld())
			if s := c.state.ManagerSignoff(); s != nil && s.Signoff.Open > 0 {
				note += fmt.Sprintf("; %d of its items were open when its manager signed off, perhaps among them", s.Signoff.Open)
				if rows[i].Status == review.Covered || rows[i].Status == review.Late {
					rows[i].Status = review.Incomplete
				}
			}
			rows[i].Need = strings.Trim(rows[i].Need+"; "+note, "; ")
		}
	}
	return rows, nil
}

// covered counts what a campaign did for each of its sources, by the newest import of each.
func (p *Pack) covered(c *packReview) []review.Coverage {
	var rows []review.Coverage
	for _, index := range c.stmt.Imports {
		imp := p.importAt(review.ImportID(index))
		if imp == nil {
			continue
		}
		row := review.Coverage{Source: review.SourceID(imp.Source), PeriodStart: string(c.stmt.PeriodStart), PeriodEnd: string(c.stmt.PeriodEnd), Campaign: c.name,
			Scope: partOf(c.stmt.Scope), Import: review.ImportID(index), Completeness: imp.Completeness, Extracted: imp.Extracted, Due: c.stmt.Due, SignedOff: c.signedOff()}
		at := slices.IndexFunc(rows, func(r review.Coverage) bool { return r.Source == row.Source })
		switch {
		case at < 0:
			rows = append(rows, row)
		case rows[at].Import < row.Import:
			rows[at] = row
		}
	}
	at := map[review.SourceID]*review.Coverage{}
	for i := range rows {
		at[rows[i].Source] = &rows[i]
	}
	for i := range c.items {
		if r := at[c.items[i].Source]; r != nil {
			r.Items++
			r.Decided += one(c.items[i].Verdict.Decides())
		}
	}
	for i := range rows {
		rows[i].Open = rows[i].Items - rows[i].Decided
	}
	for i := range p.revokes {
		if r := at[p.revokes[i].Source]; r != nil && p.revokes[i].Campaign == c.name && p.revokes[i].Pending() {
			r.RevokesOpen++
		}
	}
	for i := range p.closing {
		if r := at[p.closing[i].Source]; r != nil && p.closing[i].Campaign == c.name && p.closing[i].State != review.Closed {
			r.ExceptionsOpen++
		}
	}
	return rows
}

// signedOff is when a manager accepted the campaign; zero if nobody has.
func (c *packReview) signedOff() time.Time {
	if s := c.state.ManagerSignoff(); s != nil {
		return s.Signoff.Time
	}
	return time.Time{}
}
