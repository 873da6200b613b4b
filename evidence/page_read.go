package evidence

import (
	"context"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// reading is what the report says in figures, gathered once.
type reading struct {
	b         *book
	campaigns []*figures
	total     figures
	findings  map[string]int64 // by severity
	sod       []*sodCount      // pairs that the policies in view name
	covers    map[string]int64 // by status of coverage
	controls  []controlRow
	sampled   bool // items are withheld
	long      bool // too many items to list
	byID      map[string]*figures
	financial map[string]bool // sources that a SOC 1 view is about, where items of others are in it, too
}

// redacted reports whether no item at all is disclosed.
func (r *reading) redacted() bool { return r.sampled && r.total.items == 0 }

// figures of one campaign, or of all. They count disclosed items.
type figures struct {
	c                                *campaign
	items                            int64 // disclosed
	population                       int64 // as signed
	keep, revoke, exception, abstain int64
	open                             int64
	opened, bulk                     int64
	byState                          map[string]int64 // of accesses revoked, one for all stages that revoked it
	revoked, stayed                  int64            // those accesses; and beside them those a later campaign let stay
	byEnd                            map[string]int64 // of exceptions
	revokes, exceptions              [][]string       // rows of the tables
	findings                         map[string]int64
	rules                            map[string]*ruleCount
	undecided                        []*item
	superseded                       int64
	unanswered                       int64                  // revokes in force that the no-answer policy asked for
	accesses                         map[ledger.Hash]*taken // by grant
	relevant                         *figures               // of the sources that matter for financial reporting alone, nil if all count
}

type ruleCount struct {
	severity, example string
	items, kept       int64
}

func newFigures(c *campaign) *figures {
	return &figures{c: c, byState: map[string]int64{}, byEnd: map[string]int64{}, findings: map[string]int64{}, rules: map[string]*ruleCount{}, accesses: map[ledger.Hash]*taken{}}
}

func (f *figures) decided() int64 { return f.keep + f.revoke + f.exception }

// mostListed bounds the lists of what is open; tables/population.csv has all.
const mostListed = 60

// mostRevokes bounds the list of revokes in a long report; tables/remediation.csv has all.
const mostRevokes = 1000

// newReading reads everything itself; [startReading] is for who makes the tables anyway.
func newReading(ctx context.Context, b *book) (*reading, error) {
	r := startReading(b)
	for _, t := range tables() {
		if !r.wants(t.name) {
			continue
		}
		if err := t.rows(b, ctx, func(cells []string) error { return r.take(t.name, cells) }); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// startReading counts what is in the book. What tables say is to be given to take, row by row.
func startReading(b *book) *reading {
	r := &reading{b: b, total: *newFigures(nil), findings: map[string]int64{}, covers: map[string]int64{}, controls: b.supported(),
		sampled: b.pack.stmt.Disclosure == "sampled", byID: map[string]*figures{}, sod: b.sodPairs()}
	if viewFramework(b.pack.stmt.View) == "soc1" && !r.sampled {
		r.financial = b.financial()
	}
	for _, c := range b.view {
		f := newFigures(c)
		r.byID[c.stmt.Campaign] = f
		r.campaigns = append(r.campaigns, f)
		f.population = c.stmt.Items
		for i := range c.items {
			f.count(&c.items[i])
		}
		if len(r.financial) > 0 {
			f.relevant = newFigures(c)
			for i := range c.items {
				if it := &c.items[i]; r.financial[b.sourceOf(it.imp)] {
					f.relevant.count(it)
				}
			}
			f.relevant.population = f.relevant.items
		}
		f.superseded = c.decisions - (f.decided() + f.abstain)
		r.total.add(f)
	}
	r.long = r.total.items > listingRowsLimit
	shown, _ := b.coverageForPeople()
	for _, c := range shown {
		r.covers[c.status]++
	}
	return r
}

func (r *reading) wants(table string) bool {
	return table == "exceptions" || table == "remediation" || table == "findings" || table == "decisions" && r.policyRevokes()
}

// policyRevokes tells whether a campaign in view may have revokes that no reviewer asked for.
func (r *reading) policyRevokes() bool {
	return slices.ContainsFunc(r.b.view, func(c *campaign) bool { return c.stmt.NoAnswer == string(review.RevokeUnanswered) })
}

// take counts a row of a table, and keeps it if the report will show it.
func (r *reading) take(table string, cells []string) error {
	switch table {
	case "exceptions":
		f := r.byID[cells[1]]
		f.exceptions = append(f.exceptions, slices.Clone(cells))
		f.byEnd[cells[12]]++
		if f.relevant != nil && r.financial[cells[3]] {
			f.relevant.byEnd[cells[12]]++
		}
		r.total.byEnd[cells[12]]++
	case "decisions":
		f, verdict, reason, supersededBy := r.byID[cells[2]], cells[12], cells[18], cells[27]
		if s := f.c.stmt; verdict == ledger.VerdictRevoke && supersededBy == "" && s.NoAnswer == string(review.RevokeUnanswered) && reason == review.NoAnswerReason(s.Due) {
			f.unanswered++
		}
	case "remediation":
		f := r.byID[cells[1]]
		return r.revoke(f, cells)
	case "findings":
		if cells[2] == "sod" {
			r.sod = countSoD(r.sod, cells[5], cells[7])
		}
		f := r.byID[cells[0]]
		f.findings[cells[4]]++
		r.findings[cells[4]]++
		n := f.rules[cells[2]]
		if n == nil {
			n = &ruleCount{severity: cells[4], example: cells[5]}
			f.rules[cells[2]] = n
		}
		n.items++
		if cells[7] == ledger.VerdictKeep {
			n.kept++
		}
	}
	return nil
}

func (f *figures) count(it *item) {
	f.items++
	switch it.verdict {
	case keep:
		f.keep++
	case revoke:
		f.revoke++
	case exception:
		f.exception++
	case abstain:
		f.abstain++
	default:
		f.open++
	}
	if !it.decided() && len(f.undecided) < mostListed {
		f.undecided = append(f.undecided, it)
	}
	if it.opened {
		f.opened++
	}
	if it.bulk {
		f.bulk++
	}
}

func (f *figures) add(g *figures) {
	f.items += g.items
	f.population += g.population
	f.keep += g.keep
	f.revoke += g.revoke
	f.exception += g.exception
	f.abstain += g.abstain
	f.open += g.open
	f.opened += g.opened
	f.bulk += g.bulk
}
