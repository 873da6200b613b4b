package evidence

import (
	"slices"
	"strings"

	"tickmark/ledger"
)

// closeBundle applies the records that a bundle covers, in their order.
func (b *book) closeBundle(index int64, stmt *ledger.Bundle, records []indexed[any]) {
	c := b.byID[stmt.Campaign]
	e := bundle{first: index - stmt.Records, index: index, campaign: c, act: stmt.Act, actor: stmt.Actor, signer: stmt.Signer,
		via: stmt.Via, key: stmt.Key, time: stmt.Time, records: stmt.Records, elapsed: stmt.Elapsed,
		opened: stmt.Opened, bulk: stmt.Bulk, tally: stmt.Tally}
	b.bundles = append(b.bundles, e)
	if c == nil || !c.inView {
		return
	}
	if stmt.Act == ledger.ActDecision {
		c.person(stmt.Actor).took(&e)
	}
	for _, r := range records {
		if r.index < e.first {
			continue
		}
		switch v := r.v.(type) {
		case []string:
			b.decide(c, r.index, v)
		case *ledger.Reassign:
			if it := c.item(v.Item); it != nil {
				it.reviewer = b.name(v.To)
			}
		case *ledger.Closure:
			c.close(r.index, v, &e)
		case *ledger.Remediation:
			c.remedy(r.index, v)
		}
	}
}

// took counts a bundle of decisions for the person who decided.
func (p *person) took(e *bundle) {
	p.bundles++
	p.elapsed += e.elapsed
	p.first, p.last = earlier(p.first, e.time), later(p.last, e.time)
	p.via, p.keys = withWord(p.via, e.via), withWord(p.keys, e.key)
}

// withWord puts a word into a sorted list that does not have it yet.
func withWord(sorted []string, word string) []string {
	if i, there := slices.BinarySearch(sorted, word); !there {
		return slices.Insert(sorted, i, word)
	}
	return sorted
}

// decide puts a decision in force; d are its values as written.
func (b *book) decide(c *campaign, index int64, d []string) {
	c.decisions++
	if d[decisionSupersedes] != "" {
		b.supersededBy[parseDigits(d[decisionSupersedes])] = index
	}
	shown, err := ledger.ParseSHA(d[decisionShown])
	if err != nil {
		return
	}
	at := c.facts.find(shown)
	if at >= 0 {
		c.facts.texts[at].used = true
	}
	it := c.itemNamed(d[decisionItem])
	if it == nil {
		return
	}
	it.decision, it.verdict, it.decider = index, verdictOf(d[decisionVerdict]), b.name(d[decisionReviewer])
	it.opened, it.bulk, it.shown = d[decisionOpened] == "yes", d[decisionBulk] == "yes", at
	switch it.verdict {
	case exception:
		c.exception[index] = &exceptionState{until: ledger.Date(strings.Clone(d[decisionUntil])), owner: b.nameOf(b.name(d[decisionOwner])), control: b.nameOf(b.name(d[decisionControl]))}
	case revoke:
		c.revoke[index] = &revokeState{}
	}
}

func (c *campaign) close(index int64, v *ledger.Closure, e *bundle) {
	x := c.exception[v.Exception]
	if x == nil {
		return
	}
	x.closure, x.outcome, x.time, x.evidence = index, v.Outcome, e.time, v.EvidenceSHA256
	if !v.EvidenceSHA256.IsZero() {
		x.named = append(x.named, v.EvidenceSHA256)
	}
	if v.Outcome == ledger.OutcomeRenewed {
		x.renewals++
		x.until, x.owner, x.control = v.Until, show(v.Owner), show(v.Control)
	}
}

// ended reports whether the last closure ended the exception.
func (x *exceptionState) ended() bool {
	return x.outcome == ledger.OutcomeRemediated || x.outcome == ledger.OutcomeWithdrawn
}

// state is the word of exceptions.csv (5.2).
func (x *exceptionState) state(asOf ledger.Date) string {
	switch {
	case x.ended():
		return x.outcome
	case x.until < asOf:
		return "expired"
	}
	return "active"
}

func (c *campaign) remedy(index int64, v *ledger.Remediation) {
	r := c.revoke[v.Decision]
	if r == nil {
		return
	}
	r.ticket, r.state = v.Ticket, v.State
	if v.State == ledger.StateClaimed {
		r.claimed, r.done = index, v.Done
		return
	}
	r.verified, r.imp = index, v.Import
}

// word is the state of remediation.csv (5.2); a ticket alone never gives verified-gone.
func (r *revokeState) word() string {
	switch r.state {
	case ledger.StateClaimed:
		return "claimed-done"
	case ledger.StateGone:
		return "verified-gone"
	case ledger.StateStillPresent:
		return "still-present"
	case ledger.StateCameBack:
		return "came-back"
	}
	return "open"
}

func (r *revokeState) gone() bool { return r.state == ledger.StateGone }

func (b *book) signOff(index int64, stmt *ledger.Signoff) {
	c := b.byID[stmt.Campaign]
	if c == nil {
		return
	}
	done := signoff{index: index, role: stmt.Role, signer: stmt.Signer, time: stmt.Time, items: stmt.Items, decided: stmt.Decided,
		open: stmt.Open, tally: stmt.Tally}
	c.signoffs = append(c.signoffs, done)
	switch {
	case stmt.Role == ledger.RoleReviewer:
		if c.inView {
			c.person(stmt.Signer).signedOff = stmt.Time
		}
	case c.closed == nil:
		c.closed = &done
	}
}
