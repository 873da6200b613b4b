package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// Campaigns lists the campaigns of the ledger in its order. Those that are not in view are listed as such, with what their
// signed statements say. Where items are withheld, the counts are those of the newest sign-off, else of the signed tallies.
func (p *Pack) Campaigns(context.Context) ([]review.Campaign, error) {
	return slices.Clone(p.campaigns), nil
}

func (p *Pack) listCampaigns() error {
	controls, err := p.controls()
	if err != nil {
		p.trouble("tables/controls.csv cannot be read: %s", review.Safe(err.Error()))
	}
	for _, c := range p.reviews {
		p.campaigns = append(p.campaigns, p.campaign(c, controls[c.name]))
	}
	return nil
}

// controls gives the controls of each campaign as review.ParseControls reads them.
func (p *Pack) controls() (map[review.CampaignID][]string, error) {
	rows, err := p.pack.Supports()
	out := map[review.CampaignID][]string{}
	for _, r := range rows {
		name := review.CampaignID(r.Campaign)
		if text := r.Text(); !slices.Contains(out[name], text) {
			out[name] = append(out[name], text)
		}
	}
	return out, err
}

func (p *Pack) campaign(c *packReview, controls []string) review.Campaign {
	stmt := c.stmt
	out := review.Campaign{Name: c.name, Title: stmt.Title, Owner: review.Principal(stmt.Owner), Scope: stmt.Scope, Due: stmt.Due, Launched: stmt.Time,
		Period: [2]string{string(stmt.PeriodStart), string(stmt.PeriodEnd)}, NoAnswer: review.NoAnswer(stmt.NoAnswer), Assurance: review.Assurance(stmt.Assurance),
		Stages: int(stmt.Stages), Frameworks: controls, Entry: review.EntryIndex(c.state.Index), SignedOff: c.signedOff(),
		Reviewers: []review.ReviewerCount{}, Excluded: []review.Exclusion{}, Findings: map[review.Severity]int64{}, Withheld: max(stmt.Items-int64(len(c.items)), 0)}
	for _, x := range stmt.Exclusions {
		out.Excluded = append(out.Excluded, review.Exclusion{Reason: x.Reason, Count: x.Count})
	}
	for _, index := range stmt.Imports {
		out.Imports = append(out.Imports, review.ImportID(index))
		if imp := p.importAt(review.ImportID(index)); imp != nil && !slices.Contains(out.Sources, review.SourceID(imp.Source)) {
			out.Sources = append(out.Sources, review.SourceID(imp.Source))
		}
	}
	c.count(&out)
	if out.Withheld > 0 {
		p.countStated(c, &out)
	}
	var open int64
	for i := range p.revokes {
		open += one(p.revokes[i].Campaign == c.name && p.revokes[i].Pending())
	}
	out.State = review.StateOfCampaign(&out, open, p.now)
	switch {
	case !c.inView:
		out.State = review.NotInView
	case out.State == review.Sealed && out.Withheld > 0:
		out.State = review.Signed // a withheld revoke may be open
	}
	return out
}

// count counts the disclosed items.
func (c *packReview) count(out *review.Campaign) {
	people := map[review.Principal]*review.Campaign{}
	for i := range c.items {
		it := &c.items[i]
		signed := it.State == review.ItemSigned
		out.CountItem(it.Verdict, false, signed)
		if people[it.Reviewer] == nil {
			people[it.Reviewer] = &review.Campaign{}
		}
		people[it.Reviewer].CountItem(it.Verdict, false, signed)
		if it.MaxSeverity != "" {
			out.Findings[it.MaxSeverity]++
		}
	}
	for who, n := range people {
		out.Reviewers = append(out.Reviewers, review.ReviewerCount{Principal: who, Items: n.Items, Decided: n.Decided, Signed: n.Signed, Left: n.Items - n.Decided})
	}
	for _, s := range c.state.Signoffs() {
		if s.Signoff.Role != ledger.RoleReviewer {
			continue
		}
		r := reviewerOf(out, review.Principal(s.Signoff.Signer))
		r.SignedOff = s.Signoff.Time
		if out.Withheld > 0 {
			r.Items, r.Decided, r.Signed = s.Signoff.Items, s.Signoff.Decided, s.Signoff.Decided+tallyOf(s.Signoff.Tally)[ledger.VerdictAbstain]
			r.Left = r.Items - r.Decided
		}
	}
	slices.SortFunc(out.Reviewers, func(a, b review.ReviewerCount) int { return cmp.Compare(a.Principal, b.Principal) })
}

func reviewerOf(c *review.Campaign, who review.Principal) *review.ReviewerCount {
	i := slices.IndexFunc(c.Reviewers, func(r review.ReviewerCount) bool { return r.Principal == who })
	if i < 0 {
		i = len(c.Reviewers)
		c.Reviewers = append(c.Reviewers, review.ReviewerCount{Principal: who})
	}
	return &c.Reviewers[i]
}

// countStated takes the counts of a campaign with withheld items from what people signed: the manager's sign-off, else the
// tallies of its bundles, in which a superseded decision counts, too.
func (p *Pack) countStated(c *packReview, out *review.Campaign) {
	tally := p.tally(c)
	out.Items = c.stmt.Items
	out.Keep, out.Revoke, out.Exception, out.Abstain = tally[ledger.VerdictKeep], tally[ledger.VerdictRevoke], tally[ledger.VerdictException], tally[ledger.VerdictAbstain]
	out.Decided = min(out.Keep+out.Revoke+out.Exception, out.Items)
	out.Signed = min(out.Decided+out.Abstain, out.Items)
	out.Undecided = out.Items - out.Decided
	rest := review.ReviewerCount{Principal: withheldWord, Items: out.Items, Decided: out.Decided, Signed: out.Signed}
	for _, r := range out.Reviewers {
		rest.Items, rest.Decided, rest.Signed = rest.Items-r.Items, rest.Decided-r.Decided, rest.Signed-r.Signed
	}
	if rest.Items > 0 {
		rest.Decided, rest.Signed = max(rest.Decided, 0), max(rest.Signed, 0)
		out.Reviewers = append(out.Reviewers, rest)
	}
}

// tally is how many decisions of each verdict people signed for: by the manager's sign-off, else by all bundles.
func (p *Pack) tally(c *packReview) map[string]int64 {
	if s := c.state.ManagerSignoff(); s != nil {
		return tallyOf(s.Signoff.Tally)
	}
	tally := map[string]int64{}
	for _, b := range p.replay.Bundles() {
		if b.Bundle.Campaign != c.stmt.Campaign || b.Bundle.Act != ledger.ActDecision {
			continue
		}
		for word, n := range tallyOf(b.Bundle.Tally) {
			tally[word] += n
		}
	}
	return tally
}

// hidden is how many decisions of a verdict are withheld, as far as signed tallies tell.
func (p *Pack) hidden(c *packReview, verdict review.Verdict) int64 {
	if c.state.Withheld(ledger.ActDecision) == 0 {
		return 0
	}
	n := p.tally(c)[string(verdict)]
	for i := range c.items {
		n -= one(c.items[i].Verdict == verdict)
	}
	return max(n, 0)
}

// Overview is how far everything was when the pack was made, with what a check of it found, what is withheld and what could
// not be read.
func (p *Pack) Overview(context.Context) (review.Overview, error) {
	o := review.Overview{Campaigns: slices.Clone(p.campaigns), Exceptions: map[review.ExceptionState]int64{}, Remediation: map[review.RemediationState]int64{},
		Ledger: review.LedgerHead{Log: p.stmt.Log, Size: p.stmt.Size, Root: p.stmt.Root.Base64()}}
	for _, a := range p.replay.Anchors() {
		o.Ledger.Outside = furthest(o.Ledger.Outside, anchored(review.EntryIndex(a.Index), a.Anchor))
	}
	for i := range p.closing {
		o.Exceptions[p.closing[i].State]++
	}
	for i := range p.revokes {
		o.Remediation[p.revokes[i].State]++
	}
	all := review.Measure("all", p.now, p.revokes, p.closing)
	o.Outcomes = &all
	o.Blocking = append(p.findings(), p.withheldNotices()...)
	p.files.Lock()
	defer p.files.Unlock()
	o.Blocking = append(o.Blocking, p.broken...)
	return o, nil
}

// findings is what the check of the pack said: failures first, then what must be known.
func (p *Pack) findings() []review.Notice {
	if p.report == nil {
		return []review.Notice{{Code: "unchecked", Text: "the pack was not checked", Hint: "`tickmark verify` checks it"}}
	}
	var out []review.Notice
	for i, c := range p.report.Codes {
		if i == maxTroubles {
			out = append(out, review.Notice{Code: "failures", Text: fmt.Sprintf("and %d more failures", p.report.Failures-int64(i)), Hint: "`tickmark verify` lists them"})
			break
		}
		out = append(out, review.Notice{Code: c.Code, Text: "FAILURE " + c.String()})
	}
	for _, s := range p.report.States {
		out = append(out, review.Notice{Code: s.Code, Text: s.Code + ": " + s.Detail})
	}
	return out
}

// withheldNotices says of which campaigns items are withheld, and what the counts shown of them are.
func (p *Pack) withheldNotices() []review.Notice {
	var out []review.Notice
	for i := range p.campaigns {
		c := &p.campaigns[i]
		if c.Withheld == 0 || c.State == review.NotInView {
			continue
		}
		from := "the signed tallies, in which superseded decisions count, too"
		if s := p.reviews[i].state.ManagerSignoff(); s != nil {
			from = fmt.Sprintf("the sign-off in entry %d", s.Index)
		}
		among := ""
		if revokes, exceptions := p.hidden(p.reviews[i], review.Revoke), p.hidden(p.reviews[i], review.Except); revokes+exceptions > 0 {
			among = fmt.Sprintf(", with %d %s and %d %s", revokes, plural(revokes, "revoke", "revokes"), exceptions, plural(exceptions, "exception", "exceptions"))
		}
		out = append(out, review.Notice{Code: "withheld", Text: fmt.Sprintf("%s: %d of %d items are withheld%s; its counts are those of %s", c.Name, c.Withheld, c.Items, among, from)})
	}
	return out
}

// Verdict says in one line what a check of the pack found, for a notice above everything else.
func (p *Pack) Verdict() string {
	switch r := p.report; {
	case r == nil:
		return "not checked; `tickmark verify` checks it"
	case len(r.Codes) == 1:
		return "1 FAILURE: do not rely on this pack. " + r.Codes[0].String()
	case len(r.Codes) > 1:
		return fmt.Sprintf("%d FAILURES: do not rely on this pack. The first: %s", r.Failures, r.Codes[0])
	default:
		words := fmt.Sprintf("no failure in %d entries, %d signatures", r.Entries, r.Signatures)
		if slices.ContainsFunc(r.Trust, unconfirmedRoster) {
			words += "; roster of keys not confirmed"
		}
		return words
	}
}
