package evidence

import (
	"cmp"
	"context"
	"slices"
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
func (b *book) coverage() []cover {
	expected, exact := b.expectedPeriods()
	var rows []cover
	for _, source := range b.scopeSources() {
		taken := map[*campaign]bool{}
		for _, p := range expected {
			row := cover{source: source, period: p, status: coverMissing}
			for _, c := range b.view {
				if taken[c] || !b.looksAt(c, source) {
					continue
				}
				if own := c.period(); exact && own == p || !exact && own.end >= p.start && own.end <= p.end {
					taken[c] = true
					row = b.coverOf(c, source)
					break
				}
			}
			rows = append(rows, row)
		}
		for _, c := range b.view {
			if !taken[c] && b.looksAt(c, source) {
				rows = append(rows, b.coverOf(c, source))
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y cover) int {
		return cmp.Or(cmp.Compare(x.source, y.source), cmp.Compare(x.period.start, y.period.start), cmp.Compare(x.period.end, y.period.end))
	})
	return rows
}

// expectedPeriods gives the periods of the window in which a review is due: by the policy of the newest campaign in view
// that has one, those calendar periods that end in the window (if none does, those that meet it); without a policy the
// periods of the campaigns themselves, which then must be met exactly.
func (b *book) expectedPeriods() (expected []period, exact bool) {
	window := period{b.pack.stmt.WindowStart, b.pack.stmt.WindowEnd}
	policy := b.newestPolicy()
	if policy == nil {
		for _, c := range b.view {
			if p := c.period(); p.meets(window) && !slices.Contains(expected, p) {
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
		return b.coverage(), nil
	}
	for _, r := range b.coverage() {
		if tagged[r.source] {
			rows = append(rows, r)
		} else if !slices.Contains(others, r.source) {
			others = append(others, r.source)
		}
	}
	return rows, others
}

func (b *book) looksAt(c *campaign, source string) bool {
	return slices.ContainsFunc(c.stmt.Imports, func(i int64) bool { return b.sourceOf(i) == source })
}

// coverOf measures one source in one campaign.
func (b *book) coverOf(c *campaign, source string) cover {
	row := cover{source: source, period: c.period(), campaign: c}
	for _, i := range c.stmt.Imports {
		if b.sourceOf(i) == source {
			row.imp = max(row.imp, i)
		}
	}
	for imp, n := range c.countedByImport() {
		if b.sourceOf(imp) == source {
			row.add(n)
		}
	}
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

// countedByImport counts the disclosed items of a campaign by the import they come from, once: the book must be read to
// its end.
func (c *campaign) countedByImport() map[int64]standing {
	if c.byImport != nil {
		return c.byImport
	}
	c.byImport = map[int64]standing{}
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
		sum := c.byImport[it.imp]
		sum.add(n)
		c.byImport[it.imp] = sum
	}
	return c.byImport
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
	for _, r := range b.coverage() {
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
