package evidence

import (
	"fmt"
	"slices"

	"tickmark/ledger"
)

// taken is an access that a campaign revoked, as the report counts it. tables/remediation.csv has a row for each revoke in force;
// where several stages revoked one access, the first of them stands for all, in the state of the newest record.
type taken struct {
	state  string
	newest int64 // index of the newest record about it
	later  *laterAnswer
	row    []string // the one listed; nil if it is not

	relevant bool // its source matters for financial reporting, in a SOC 1 view
}

// laterAnswer is the decision of a later campaign in view that let access stay.
type laterAnswer struct {
	campaign, verdict, reviewer string
	decision                    int64
}

func (l *laterAnswer) String() string {
	return fmt.Sprintf("superseded by %s in campaign %s, decision %d (%s)", l.verdict, l.campaign, l.decision, l.reviewer)
}

// Columns of remediation.csv.
const (
	remedyDecision = 0
	remedyItem     = 2
	remedySource   = 3
	remedyTicket   = 9
	remedyClaimed  = 11
	remedyVerified = 12
	remedyState    = 15
	remedyNote     = 16 // not in the table: what the report says beside the state
)

// revoke counts a row of remediation.csv.
func (r *reading) revoke(f *figures, cells []string) error {
	it := f.c.itemNamed(cells[remedyItem])
	if it == nil {
		return nil
	}
	grant, err := r.b.grantHash(f.c, it)
	if err != nil {
		return err
	}
	newest := max(parseDigits(cells[remedyClaimed]), parseDigits(cells[remedyVerified]))
	later := r.b.answeredLater(f.c, it, grant)
	a := f.accesses[grant]
	if a != nil {
		r.tally(f, a, -1)
		if newest > a.newest {
			a.state, a.newest = cells[remedyState], newest
			if a.row != nil {
				copy(a.row[remedyTicket:], cells[remedyTicket:])
			}
		}
		if later == nil {
			a.later = nil // revoked again after it was let stay
		}
	} else {
		a = &taken{state: cells[remedyState], newest: newest, later: later, relevant: r.financial[cells[remedySource]]}
		f.accesses[grant] = a
		// A long report keeps to those that are not done (6).
		if !r.long || a.state != "verified-gone" && len(f.revokes) < mostRevokes {
			a.row = append(slices.Clone(cells), "")
			f.revokes = append(f.revokes, a.row)
		}
	}
	if a.row != nil {
		a.row[remedyNote] = ""
		if a.moot() {
			a.row[remedyNote] = a.later.String()
		}
	}
	r.tally(f, a, 1)
	return nil
}

// moot reports whether a later campaign let the access stay before anybody took it away.
func (a *taken) moot() bool { return a.later != nil && a.state != "verified-gone" }

func (r *reading) tally(f *figures, a *taken, n int64) {
	for _, x := range []*figures{f, &r.total, f.relevant} {
		if x == nil || x == f.relevant && !a.relevant {
			continue
		}
		if a.moot() {
			x.stayed += n
			continue
		}
		x.revoked += n
		x.byState[a.state] += n
	}
}

// grantHash is grantOf, parsed.
func (b *book) grantHash(c *campaign, it *item) (ledger.Hash, error) {
	list, err := b.pack.memberList(c.stmt.Campaign)
	if err != nil {
		return ledger.Hash{}, err
	}
	grant, err := b.grantOf(list, it)
	if err != nil {
		return ledger.Hash{}, err
	}
	return ledger.ParseSHA(grant)
}

// answeredLater is the first decision in force of a campaign in view that let the access stay which a revoke in force of c is about,
// after that revoke; nil if there is none. A campaign of which a stage revokes it does not (rulings 23).
func (b *book) answeredLater(c *campaign, revoked *item, grant ledger.Hash) *laterAnswer {
	var out *laterAnswer
	for _, d := range b.view {
		if d == c {
			continue
		}
		var answer *item
		again := false
		for stage := int64(1); stage <= min(d.stmt.Stages, 16); stage++ {
			it := d.item(ledger.ItemID(d.stmt.Log, d.stmt.Campaign, stage, grant))
			switch {
			case it == nil:
			case it.verdict == revoke:
				again = true
			case (it.verdict == keep || it.verdict == exception) && it.decision > revoked.decision && (answer == nil || it.decision < answer.decision):
				answer = it
			}
		}
		if answer != nil && !again && (out == nil || answer.decision < out.decision) {
			out = &laterAnswer{d.stmt.Campaign, answer.verdict.String(), b.nameOf(answer.decider), answer.decision}
		}
	}
	return out
}
