package evidence

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sort"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// period is a stretch of days, both ends included. Dates compare as texts.
type period struct{ start, end ledger.Date }

func (p period) meets(q period) bool { return p.start <= q.end && q.start <= p.end }

func (c *campaign) period() period { return period{c.stmt.PeriodStart, c.stmt.PeriodEnd} }

// cover is one row of coverage.csv: a source in a period.
type cover struct {
	source   string
	period   period
	campaign *campaign // nil: missing
	imp      int64
	standing
	daysLate int64
	unseen   bool // items that the sign-off calls open may be among those withheld
	status   string
}

// Words of coverage (5.2).
const (
	coverMissing    = "missing"
	coverIncomplete = "incomplete"
	coverLate       = "late"
	coverCovered    = "covered"
)

// coverage makes the matrix source x period: one row per source in scope and expected period of the window, and one per
// further campaign.
//
// Sources in scope are those the campaigns in view look at, for SOC 1 also those their policies call financial. A
// campaign answers the expected period its own period ends in.
//
// Rows are made one source at a time: a pack can claim a century of months for any number of sources, and a reader who
// finds another row than the next one here need not see the rest.
func (b *book) coverage() iter.Seq[cover] {
	return func(yield func(cover) bool) {
		expected, exact := b.expectedPeriods()
		answers := answered(expected, exact)
		looking := map[string][]*campaign{}
		for _, c := range b.view {
			for source, s := range b.sharesOf(c) {
				if s.imp != 0 {
					looking[source] = append(looking[source], c)
				}
			}
		}
		for _, source := range b.scopeSources() {
			taken := map[period]*campaign{}
			var rows []cover
			for _, c := range looking[source] {
				p, ok := answers(c.period())
				if ok && taken[p] == nil {
					taken[p] = c
					continue
				}
				rows = append(rows, b.coverOf(c, source))
			}
			for _, p := range expected {
				if c := taken[p]; c != nil {
					rows = append(rows, b.coverOf(c, source))
				} else {
					rows = append(rows, cover{source: source, period: p, status: coverMissing})
				}
			}
			slices.SortStableFunc(rows, func(x, y cover) int {
				return cmp.Or(cmp.Compare(x.period.start, y.period.start), cmp.Compare(x.period.end, y.period.end))
			})
			for _, r := range rows {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// answered says which of the expected periods a campaign's own period answers: the same one, or of a calendar the one it
// ends in.
func answered(expected []period, exact bool) func(period) (period, bool) {
	if exact {
		known := map[period]bool{}
		for _, p := range expected {
			known[p] = true
		}
		return func(own period) (period, bool) { return own, known[own] }
	}
	return func(own period) (period, bool) {
		i := sort.Search(len(expected), func(i int) bool { return expected[i].end >= own.end })
		if i == len(expected) || own.end < expected[i].start {
			return period{}, false
		}
		return expected[i], true
	}
}

// expectedPeriods gives the periods of the window in which a review is due: by the policy of the newest campaign in view
// that has one, those calendar periods that end in the window (if none does, those that meet it); without a policy the
// periods of the campaigns themselves, which then must be met exactly.
func (b *book) expectedPeriods() (expected []period, exact bool) {
	window := period{b.pack.stmt.WindowStart, b.pack.stmt.WindowEnd}
	policy := b.newestPolicy()
	if policy == nil {
		known := map[period]bool{}
		for _, c := range b.view {
			if p := c.period(); p.meets(window) && !known[p] {
				known[p] = true
				expected = append(expected, p)
			}
		}
		return expected, true
	}
	meeting := calendar(window, policy.Periods)
	for _, p := range meeting {
		if p.end <= window.end {
			expected = append(expected, p)
		}
	}
	if len(expected) == 0 {
		expected = meeting
	}
	return expected, false
}

// newestPolicy is that of the newest campaign in view that has one.
func (b *book) newestPolicy() (newest *review.Policy) {
	for _, c := range b.view {
		if c.policy != nil {
			newest = c.policy
		}
	}
	return newest
}

// uncovered gives the parts of the window that no campaign in view is about, where no policy names the periods in which
// a review is due; where one does, the rows of coverage show what is missing.
func (b *book) uncovered() (gaps []period) {
	if b.newestPolicy() != nil {
		return nil
	}
	next := b.pack.stmt.WindowStart
	periods := make([]period, 0, len(b.view))
	for _, c := range b.view {
		periods = append(periods, c.period())
	}
	slices.SortFunc(periods, func(x, y period) int { return cmp.Compare(x.start, y.start) })
	end := addDays(b.pack.stmt.WindowEnd, 1)
	for _, p := range append(periods, period{end, end}) {
		if start := min(p.start, end); start > next {
			gaps = append(gaps, period{next, addDays(start, -1)})
		}
		next = max(next, addDays(p.end, 1))
	}
	return gaps
}

func addDays(d ledger.Date, n int) ledger.Date { return ledger.DateOf(d.Time().AddDate(0, 0, n)) }

// spans writes periods for people.
func spans(periods []period) string {
	words := make([]string, len(periods))
	for i, p := range periods {
		words[i] = string(p.start) + " to " + string(p.end)
	}
	return strings.Join(words, ", ")
}

// pastDue reports whether a campaign's due time lies before the newest statement of the pack.
func (b *book) pastDue(c *campaign) bool { return b.newest.After(c.stmt.Due) }

// calendar gives the months, quarters, half-years or years that meet a window of at most a century.
func calendar(window period, length string) []period {
	months := map[string]int{"month": 1, "quarter": 3, "half-year": 6, "year": 12}[length]
	start, end := window.start.Time(), window.end.Time()
	if months == 0 || start.IsZero() || end.Before(start) {
		return nil
	}
	at := time.Date(start.Year(), time.Month((int(start.Month())-1)/months*months+1), 1, 0, 0, 0, 0, time.UTC)
	var out []period
	for ; !at.After(end) && len(out) < 1200; at = at.AddDate(0, months, 0) {
		out = append(out, period{ledger.DateOf(at), ledger.DateOf(at.AddDate(0, months, -1))})
	}
	return out
}

// scopeSources lists the sources of coverage, sorted.
func (b *book) scopeSources() []string {
	var out []string
	for _, c := range b.view {
		for _, i := range c.stmt.Imports {
			if s := b.sourceOf(i); s != "" {
				out = append(out, s)
			}
		}
		if c.policy != nil && viewFramework(b.pack.stmt.View) == "soc1" {
			out = append(out, c.policy.FinancialSources...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// financial gives the sources that the policies in view call relevant to financial reporting.
func (b *book) financial() map[string]bool {
	tagged := map[string]bool{}
	for _, c := range b.view {
		if c.policy != nil {
			for _, s := range c.policy.FinancialSources {
				tagged[s] = true
			}
		}
	}
	return tagged
}

// coverageForPeople is the matrix as the report shows it: in a SOC 1 view only the sources that a policy calls relevant
// to financial reporting, if any is called so. others are those left out; coverage.csv has all.
func (b *book) coverageForPeople() (rows []cover, others []string) {
	tagged := b.financial()
	if viewFramework(b.pack.stmt.View) != "soc1" || len(tagged) == 0 {
		return slices.Collect(b.coverage()), nil
	}
	for r := range b.coverage() {
		if tagged[r.source] {
			rows = append(rows, r)
		} else if n := len(others); n == 0 || others[n-1] != r.source {
			others = append(others, r.source)
		}
	}
	return rows, others
}

// sourceShare is what a source has in a campaign.
type sourceShare struct {
	imp int64 // newest of its imports that the campaign looks at, 0 if none
	standing
}

// sharesOf measures every source in a campaign, once: the book must be read to its end.
func (b *book) sharesOf(c *campaign) map[string]sourceShare {
	if c.shares != nil {
		return c.shares
	}
	c.shares = map[string]sourceShare{}
	for _, i := range c.stmt.Imports {
		if source := b.sourceOf(i); source != "" {
			s := c.shares[source]
			s.imp = max(s.imp, i)
			c.shares[source] = s
		}
	}
	for imp, n := range c.countedByImport() {
		source := b.sourceOf(imp)
		s := c.shares[source]
		s.add(n)
		c.shares[source] = s
	}
	return c.shares
}

// coverOf measures one source in one campaign.
func (b *book) coverOf(c *campaign, source string) cover {
	s := b.sharesOf(c)[source]
	row := cover{source: source, period: c.period(), campaign: c, imp: s.imp, standing: s.standing}
	row.unseen = c.undisclosed && c.closed != nil && c.closed.open > 0
	row.judge(b.importAt(row.imp))
	return row
}

// standing counts items as they stand.
type standing struct{ items, decided, open, revokesOpen, exceptionsOpen int64 }

func (s *standing) add(n standing) {
	s.items += n.items
	s.decided += n.decided
	s.open += n.open
	s.revokesOpen += n.revokesOpen
	s.exceptionsOpen += n.exceptionsOpen
}

// countedByImport counts the disclosed items of a campaign by the import they come from.
func (c *campaign) countedByImport() map[int64]standing {
	counts := map[int64]standing{}
	for i := range c.items {
		it := &c.items[i]
		n := standing{items: 1}
		if it.decided() {
			n.decided = 1
		} else {
			n.open = 1
		}
		if r := c.revoke[it.decision]; it.verdict == revoke && r != nil && !r.gone() {
			n.revokesOpen = 1
		}
		if x := c.exception[it.decision]; it.verdict == exception && x != nil && !x.ended() {
			n.exceptionsOpen = 1
		}
		sum := counts[it.imp]
		sum.add(n)
		counts[it.imp] = sum
	}
	return counts
}

// judge sets status and lateness.
func (row *cover) judge(imp *ledger.Import) {
	c := row.campaign
	late := false
	if c.closed != nil {
		due, done := ledger.DateOf(c.stmt.Due).Time(), ledger.DateOf(c.closed.time).Time()
		row.daysLate = max(int64(done.Sub(due)/(24*time.Hour)), 0)
		late = c.closed.time.After(c.stmt.Due)
	}
	switch {
	case c.closed == nil, row.open > 0, row.unseen, imp == nil, imp.Completeness == "unknown", imp.Completeness == "truncated",
		imp.Extracted.IsZero(), !within(ledger.DateOf(imp.Extracted), row.period):
		row.status = coverIncomplete
	case late:
		row.status = coverLate
	default:
		row.status = coverCovered
	}
}

func within(d ledger.Date, p period) bool { return d >= p.start && d <= p.end }

// coverageRows writes the matrix.
func (b *book) coverageRows(_ context.Context, emit emit) error {
	for r := range b.coverage() {
		cells := []string{r.source, string(r.period.start), string(r.period.end), "", "", "", "", "", "", "", "", "", "", "", "", r.status}
		if c := r.campaign; c != nil {
			cells[3], cells[4], cells[7] = c.stmt.Campaign, ref(r.imp), when(c.stmt.Due)
			if imp := b.importAt(r.imp); imp != nil {
				cells[5], cells[6] = imp.Completeness, when(imp.Extracted)
			}
			if c.closed != nil {
				cells[8], cells[9] = when(c.closed.time), num(r.daysLate)
			}
			for i, n := range []int64{r.items, r.decided, r.open, r.revokesOpen, r.exceptionsOpen} {
				cells[10+i] = num(n)
			}
		}
		if err := emit(cells); err != nil {
			return err
		}
	}
	return nil
}
