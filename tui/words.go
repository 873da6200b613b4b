package tui

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"context"

	"tickmark/review"
)

// sign is how one state is shown: glyph, word and tone always together.
type sign struct {
	glyph, ascii string
	word         string
	tone         tone
}

func (l *look) glyphOf(s sign) string {
	if l.spoken {
		return ""
	}
	if l.ascii {
		return s.ascii
	}
	return s.glyph
}

func (l *look) sign(s sign) seg { return say(s.tone, l.glyphOf(s)+" "+s.word) }

// family is a set of states with its name, for the legend.
type family struct {
	title string
	signs []sign
}

// signs is the one table of states: screens look signs up in it, and Help prints it as the legend.
func signs() []family {
	return []family{
		{"verdict", []sign{
			{"○", ".", "open", undone}, {"✓", "+", "keep", kept}, {"✗", "x", "revoke", revoked}, {"◆", "!", "exception", excepted},
			{"?", "?", "don't know", unsure}, {"⊘", "#", "not yours", faint},
			{"▒", "%", "withheld", faint}}},
		{"severity", []sign{
			{"‼", "!", "critical", critical}, {"▲", "^", "high", high}, {"△", "-", "medium", medium}, {"▿", "_", "low", low}, {"·", ".", "info", faint}}},
		{"change", []sign{
			{"+", "+", "new", accent}, {"~", "~", "changed", careful}, {"=", "=", "unchanged", faint}, {"↺", "@", "came back", bad}}},
		{"exception", []sign{
			{"◇", "?", "proposed", faint}, {"◆", "!", "active", excepted}, {"◈", "~", "expiring", careful}, {"✗", "x", "expired", bad}, {"✓", "+", "closed", good}}},
		{"revoke", []sign{
			{"○", ".", "open", undone}, {"◔", "o", "claimed done", careful}, {"✓", "+", "verified gone", good}, {"▲", "!", "still present", bad},
			{"↺", "@", "came back", bad}}},
		{"campaign", []sign{
			{"◇", "?", "draft", faint}, {"●", "*", "active", accent}, {"◔", "o", "closing", careful}, {"✓", "+", "signed", good},
			{"↻", "~", "remediating", careful}, {"■", "#", "sealed", good}, {"–", "-", "cancelled", faint}}},
		{"import", []sign{
			{"✓", "+", "signed", good}, {"◔", "o", "pending", careful}, {"✗", "x", "refused", bad}, {"=", "=", "unchanged", faint}, {"◇", "?", "dry-run", faint}}},
		{"coverage", []sign{
			{"✓", "+", "covered", good}, {"△", "~", "late", careful}, {"◔", "o", "incomplete", careful}, {"✗", "x", "missing", bad}}},
	}
}

// find gives the sign of a word in a family; a word nobody foresaw is shown as it is.
func find(title, word string) sign {
	for _, f := range signs() {
		if f.title != title {
			continue
		}
		for _, s := range f.signs {
			if s.word == word {
				return s
			}
		}
	}
	return sign{"·", "-", word, plain}
}

func verdictSign(v review.Verdict) sign {
	word := string(v)
	switch v {
	case review.NoVerdict, "":
		word = "open"
	case review.Abstain:
		word = "don't know"
	}
	return find("verdict", word)
}

// stateSign is verdict and state of an item together: "✓ keep staged". Nothing unsigned reads as done.
func stateSign(v review.Verdict, st review.ItemState) sign {
	s := verdictSign(v)
	if st == review.ItemStaged || st == review.ItemSigned {
		s.word += " " + string(st)
	}
	return s
}

func severitySign(s review.Severity) sign { return find("severity", string(s)) }

// shortSeverity is the word of a severity where rules stand behind it in a narrow column.
func shortSeverity(word string) string {
	switch word {
	case "critical":
		return "crit"
	case "medium":
		return "med"
	}
	return word
}

func changeSign(c review.Change) sign { return find("change", strings.ReplaceAll(string(c), "-", " ")) }

func exceptionSign(s review.ExceptionState) sign { return find("exception", string(s)) }

func remediationSign(s review.RemediationState) sign {
	return find("revoke", strings.ReplaceAll(strings.TrimPrefix(string(s), ""), "-", " "))
}

func campaignSign(s review.CampaignState) sign { return find("campaign", string(s)) }

func importSign(s string) sign {
	if s == "" {
		s = "pending"
	}
	return find("import", s)
}

func coverageSign(s string) sign { return find("coverage", s) }

// count writes "1 item", "1,234 items".
func count(n int64, one string) string { return review.Plural(n, one) }

// number writes 1,234,567.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent of a whole, never rounded up to 100 or down to 0.
func percent(n, of int64) string {
	if of <= 0 {
		return "–"
	}
	p := n * 100 / of
	switch {
	case p == 0 && n > 0:
		return "<1%"
	case p == 100 && n < of:
		p = 99
	}
	return fmt.Sprintf("%d%%", p)
}

// stated says what is known about a time, the true state always told apart: "3 days ago", "never", "not collected".
func stated(t review.Time, now time.Time) string {
	switch t.Norm() {
	case review.Never:
		return "never"
	case review.Unknown:
		return "unknown"
	case review.NotCollected:
		return "not collected"
	case review.NotApplicable:
		return "n/a"
	case review.NotInPack:
		return "not in the pack"
	}
	return ago(t.At, now)
}

// short is stated for a column of a table.
func short(t review.Time, now time.Time) string {
	switch t.Norm() {
	case review.Never:
		return "never"
	case review.Unknown:
		return "unknown"
	case review.NotCollected:
		return "no data"
	case review.NotApplicable:
		return "n/a"
	case review.NotInPack:
		return ""
	}
	switch d := days(t.At, now); {
	case d < 0:
		return "in " + shortSpan(-d)
	case d == 0:
		return "today"
	default:
		return shortSpan(d) + " ago"
	}
}

func shortSpan(d int) string {
	switch {
	case d < 100:
		return fmt.Sprintf("%d d", d)
	case d < 730:
		return fmt.Sprintf("%d mo", d/30)
	}
	return fmt.Sprintf("%d y", d/365)
}

// statedDay is a time with its day, and how long ago that is.
func statedDay(t review.Time, now time.Time) string {
	if t.Norm() != review.Known {
		return stated(t, now)
	}
	return day(t.At) + ", " + ago(t.At, now)
}

// lastUse says when an item was last used by its export, else by a file of observations, and then that it was one.
func lastUse(d *review.Detail, now time.Time, words func(review.Time, time.Time) string) []seg {
	if d.Observed.State == "" {
		return []seg{say(usedTone(d.LastUsed), words(d.LastUsed, now))}
	}
	return []seg{say(usedTone(d.Observed), words(d.Observed, now)), say(faint, ", observed elsewhere")}
}

// statedLong says in full what is known about a time, and why nothing is.
func statedLong(t review.Time, now time.Time) string {
	switch t.Norm() {
	case review.Never:
		return "never (the source says so)"
	case review.Unknown:
		return "unknown (the source could not tell)"
	case review.NotCollected:
		return "not collected (the export has no such column)"
	case review.NotApplicable:
		return "not applicable"
	case review.NotInPack:
		return "not in the pack"
	}
	s := t.At.UTC().Format(time.DateOnly)
	if !t.Day {
		s = t.At.UTC().Format("2006-01-02 15:04 UTC")
	}
	if t.ZoneAssumed {
		s += " (zone assumed)"
	}
	return s + ", " + ago(t.At, now)
}

func days(from, to time.Time) int {
	a := from.UTC().Truncate(24 * time.Hour)
	b := to.UTC().Truncate(24 * time.Hour)
	return int(b.Sub(a).Hours() / 24)
}

// ago says how far a day is, in words: "today", "3 days ago", "in 2 weeks".
func ago(t, now time.Time) string {
	d := days(t, now)
	switch {
	case d == 0:
		return "today"
	case d == 1:
		return "yesterday"
	case d == -1:
		return "tomorrow"
	case d < 0:
		return "in " + span(-d)
	}
	return span(d) + " ago"
}

// span writes a number of days so that it stays exact enough to judge: days up to three months, then months, then years.
func span(d int) string {
	switch {
	case d < 100:
		return count(int64(d), "day")
	case d < 730:
		return count(int64(d/30), "month")
	}
	return count(int64(d/365), "year")
}

// when writes a moment for ledgers and receipts.
func when(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// moment is when, with its zone, in a sentence.
func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return when(t) + " UTC"
}

// day writes a day.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

// dueWords says how long is left: "due in 4 days, Fri 27 Nov".
func dueWords(due, now time.Time) seg {
	if due.IsZero() {
		return say(faint, "no due day")
	}
	d := days(now, due)
	text := fmt.Sprintf("due %s, %s", ago(due, now), due.UTC().Format("Mon 2 Jan"))
	switch {
	case d < 0:
		return say(bad, fmt.Sprintf("overdue by %s", span(-d)))
	case d <= 3:
		return say(careful, text)
	}
	return say(plain, text)
}

// about writes a duration as people say it.
func about(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return fmt.Sprintf("about %d min", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("about %.1f h", d.Hours())
	}
	return fmt.Sprintf("about %d days", int(d.Hours()/24))
}

// explain turns an error into a sentence and what to do. Errors that are not ours are not shown: they may hold anything.
func explain(err error) (message, hint string) {
	var e *review.Error
	switch {
	case errors.As(err, &e):
		return e.Message, e.Hint
	case errors.Is(err, context.Canceled):
		return "cancelled; nothing was changed", ""
	case errors.Is(err, context.DeadlineExceeded):
		return "this took too long and was given up", "Try again."
	}
	return "an unexpected error; nothing was changed", "Try again; if it stays, run tickmark doctor."
}

// told is what went wrong and what to do, in one line.
func told(err error) string {
	message, hint := explain(err)
	return strings.TrimSuffix(message+". "+capital(hint), ". ")
}

// orDash shows that there is nothing.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// who gives the name people know and the key behind it.
func who(name, key string) string {
	if name == "" {
		return orDash(key)
	}
	return name
}

// whoWhole is a name with the key behind it.
func (l *look) whoWhole(name, key string) []seg {
	if name == "" || name == key {
		return []seg{say(plain, orDash(key))}
	}
	return []seg{say(plain, name), say(faint, "  "+key)}
}
