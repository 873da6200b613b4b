package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Period is a stretch of days, both ends included, as YYYY-MM-DD.
type Period struct{ Start, End string }

// ParsePeriod reads FROM..TO.
func ParsePeriod(s string) (Period, error) {
	from, to, ok := strings.Cut(s, "..")
	p := Period{strings.TrimSpace(from), strings.TrimSpace(to)}
	if !ok {
		return p, Errorf(KindUsage, "%s is no period", Quote(s)).WithHint("write FROM..TO, such as 2026-01-01..2026-12-31")
	}
	for _, day := range []string{p.Start, p.End} {
		if _, err := parseDay(day); err != nil {
			return p, err
		}
	}
	if p.End < p.Start {
		return p, Errorf(KindUsage, "the period %s ends before it begins", p).WithHint("write the earlier day first")
	}
	return p, nil
}

func (p Period) String() string { return p.Start + ".." + p.End }

// Meets reports whether two periods share a day.
func (p Period) Meets(q Period) bool { return p.Start <= q.End && q.Start <= p.End }

// Holds reports whether an instant's UTC day lies in the period.
func (p Period) Holds(at time.Time) bool {
	day := at.UTC().Format(time.DateOnly)
	return p.Start <= day && day <= p.End
}

// Periods gives the calendar months, quarters, half-years or years that meet a window of at most a century.
func Periods(window Period, length string) []Period {
	months := map[string]int{"month": 1, "quarter": 3, "half-year": 6, "year": 12}[length]
	start, err := time.Parse(time.DateOnly, window.Start)
	end, err2 := time.Parse(time.DateOnly, window.End)
	if months == 0 || err != nil || err2 != nil {
		return nil
	}
	const most = 1200
	var out []Period
	at := time.Date(start.Year(), time.Month((int(start.Month())-1)/months*months+1), 1, 0, 0, 0, 0, time.UTC)
	for ; !at.After(end) && len(out) < most; at = at.AddDate(0, months, 0) {
		out = append(out, Period{at.Format(time.DateOnly), at.AddDate(0, months, -1).Format(time.DateOnly)})
	}
	return out
}

// ExpectedPeriods are those of the window in which a review is due: the ones that end in it or, if none does, that meet it.
func ExpectedPeriods(window Period, length string) []Period {
	meeting := Periods(window, length)
	ending := slices.DeleteFunc(slices.Clone(meeting), func(p Period) bool { return p.End > window.End })
	if len(ending) > 0 {
		return ending
	}
	return meeting
}

// Words of coverage (evidence-pack.md 5.2).
const (
	Covered    = "covered"
	Late       = "late"
	Incomplete = "incomplete"
	Missing    = "missing"
)

// Cover is the matrix source x period (evidence-pack.md 5.2): one row per source and expected period of the window, one more
// per further campaign. done holds one entry per campaign and source with everything but DaysLate, Status and Need filled in.
// A campaign answers the period its own period ends in. today tells what is still to come from what was missed.
func Cover(window Period, length string, sources []SourceID, done []Coverage, today time.Time) []Coverage {
	expected := ExpectedPeriods(window, length)
	var rows []Coverage
	taken := make([]bool, len(done))
	for _, source := range sources {
		for _, p := range expected {
			row := Coverage{Source: source, PeriodStart: p.Start, PeriodEnd: p.End, Status: Missing}
			for i, c := range done {
				if !taken[i] && c.Source == source && p.Start <= c.PeriodEnd && c.PeriodEnd <= p.End {
					row, taken[i] = c, true
					break
				}
			}
			rows = append(rows, row)
		}
	}
	for i, c := range done {
		if !taken[i] && slices.Contains(sources, c.Source) && (Period{c.PeriodStart, c.PeriodEnd}).Meets(window) {
			rows = append(rows, c)
		}
	}
	for i := range rows {
		row := &rows[i]
		row.judge(today.UTC().Format(time.DateOnly), slices.ContainsFunc(done, func(c Coverage) bool {
			return c.Source == row.Source && c.Scope == "" && (Period{c.PeriodStart, c.PeriodEnd}).Meets(Period{row.PeriodStart, row.PeriodEnd})
		}))
	}
	slices.SortStableFunc(rows, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.PeriodStart, b.PeriodStart), cmp.Compare(a.PeriodEnd, b.PeriodEnd))
	})
	return rows
}

// judge sets lateness, status and what is still needed. rest says that another review was about the whole source.
func (c *Coverage) judge(today string, rest bool) {
	period := Period{c.PeriodStart, c.PeriodEnd}
	if c.Campaign == "" {
		c.Status = Missing
		c.Need = fmt.Sprintf("a campaign over %s for %s", c.Source, period)
		if c.PeriodEnd >= today {
			c.Need += ", still to come"
		}
		return
	}
	var need []string
	add := func(when bool, format string, args ...any) {
		if when {
			need = append(need, fmt.Sprintf(format, args...))
		}
	}
	late := false
	if !c.SignedOff.IsZero() {
		due, signed := c.Due.UTC().Truncate(24*time.Hour), c.SignedOff.UTC().Truncate(24*time.Hour)
		c.DaysLate = max(int(signed.Sub(due)/(24*time.Hour)), 0)
		late = c.SignedOff.After(c.Due)
	}
	add(c.Open > 0, "%s decided", Plural(c.Open, "item"))
	add(c.SignedOff.IsZero(), "the manager's sign-off")
	unproven := c.Completeness != string(Full) && c.Completeness != string(Scoped)
	add(unproven, "an export that is known to be complete")
	outside := !c.Extracted.IsZero() && !period.Holds(c.Extracted)
	add(c.Extracted.IsZero(), "an export that says when it was made")
	add(outside, "an export made within %s", period)
	switch {
	case len(need) > 0:
		c.Status = Incomplete
	case late:
		c.Status = Late
	default:
		c.Status = Covered
	}
	add(c.RevokesOpen > 0, "%s proven gone", Plural(c.RevokesOpen, "revoke"))
	add(c.Scope != "" && !rest, "a review of what its scope leaves out")
	c.Need = strings.Join(need, ", ")
}

// Crosses reports whether an exception was in force across the beginning or the end of a window: it began before and went on,
// or goes on after.
func Crosses(window Period, e *Exception) bool {
	from, to := e.Decided.UTC().Format(time.DateOnly), e.Until
	if n := len(e.History); e.closed() && n > 0 {
		to = min(to, e.History[n-1].Time.UTC().Format(time.DateOnly))
	}
	if !e.closed() && to < window.End && e.State == ExceptionExpired {
		to = window.End // expired and still open: nobody ended it
	}
	return from < window.Start && window.Start <= to || from <= window.End && window.End < to
}

// StillNeeded says in sentences what a window that ends on its last day still needs; empty if nothing.
func StillNeeded(window Period, rows []Coverage) []Notice {
	var out []Notice
	for _, r := range rows {
		if r.Need == "" {
			continue
		}
		text := fmt.Sprintf("if the window ends on %s you still need %s", window.End, r.Need)
		if r.Campaign != "" {
			text += fmt.Sprintf(" (%s in %s)", r.Source, r.Campaign)
		}
		out = append(out, Notice{Code: r.Status, Text: text, Hint: coverageHint(r)})
	}
	return out
}

func coverageHint(r Coverage) string {
	switch {
	case r.Campaign == "":
		return fmt.Sprintf("tickmark campaign new NAME --period %s..%s", r.PeriodStart, r.PeriodEnd)
	case r.Open > 0:
		return fmt.Sprintf("tickmark review %s", r.Campaign)
	case r.SignedOff.IsZero():
		return fmt.Sprintf("tickmark campaign close %s", r.Campaign)
	case r.Status == Incomplete:
		return "import with --exported-at and --completeness, and review that"
	case r.RevokesOpen == 0 && r.Scope != "":
		return fmt.Sprintf("tickmark campaign show %s tells its scope and what it leaves out", r.Campaign)
	}
	return "tickmark remediation --filter state:open"
}
