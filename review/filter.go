package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Filter is a parsed filter: every term must hold. The zero Filter matches everything.
//
// The language, as people type it:
//
//	kind:service,workload finding:sod -verdict:keep last-used:never,>90d owner:"J. Doe" payroll
//
// Terms are parted by blanks and all must hold; a leading - turns a term round; commas between values mean or. A word
// without a field is looked for in identity, name, account, login, entitlement, resource, system and owner. Text is
// compared without regard to case and may stand anywhere in the value; * stands for anything and makes the pattern
// cover the whole value; field:=text is the whole value. field:none is an absent value. Times take a day
// (granted:>=2026-01-31), an age (last-used:>90d is longer ago than 90 days; expires:<30d ends within 30 days; units
// d w m y) or a state (never, unknown, not-collected, not-applicable, known); an age or day never matches a time that is
// not known. Inside double quotes \" \\ and \* stand for themselves.
type Filter struct {
	Terms []Term
}

// Term is one condition: any of Values holds, or, with Not, none does.
type Term struct {
	Not    bool
	Field  string // a name of FilterFields; empty for text over all named fields
	Values []Value
}

// Op compares a value.
type Op string

// Comparisons. No Op means: contains for text, equal for words and numbers, on that day for a date.
const (
	OpEqual   Op = "="
	OpLess    Op = "<"
	OpAtMost  Op = "<="
	OpMore    Op = ">"
	OpAtLeast Op = ">="
)

// Value is one alternative of a term. Which members are set follows from the field's Type.
type Value struct {
	Op     Op
	None   bool      // absent: field:none for text fields
	Word   string    // TypeWord, TypeSeverity, TypeRule without *, TypeID (a prefix), the state of a time; lower case
	Parts  []string  // TypeText, TypeRule with *: the literal pieces between *, as typed; one piece means no *
	Day    time.Time // a date, at midnight UTC
	Age    Age       // an age
	Number int64     // TypeNumber

	folded []string
}

// Age is a span such as 90d, 12w, 6m or 2y; months and years are those of the calendar.
type Age struct {
	N    int
	Unit byte // d, w, m, y; 0: no age
}

// From moves t by the age, forwards with a positive sign and back with a negative one.
func (a Age) From(t time.Time, sign int) time.Time {
	n := a.N * sign
	switch a.Unit {
	case 'w':
		return t.AddDate(0, 0, 7*n)
	case 'm':
		return t.AddDate(0, n, 0)
	case 'y':
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}

func (a Age) String() string { return strconv.Itoa(a.N) + string(rune(a.Unit)) }

// FilterError says where in a filter the trouble is. ParseFilter's *Error wraps it.
type FilterError struct {
	Pos, Len int // bytes of the filter text
	Word     string
}

func (e *FilterError) Error() string { return fmt.Sprintf("filter: byte %d: %s", e.Pos, Quote(e.Word)) }

// Fold is how text is compared without regard to case: simple lower-casing, no Unicode normalisation (importers.md 5.8).
func Fold(s string) string { return strings.ToLower(s) }

// Folded gives Parts in the form that is compared.
func (v Value) Folded() []string {
	if len(v.folded) == len(v.Parts) {
		return v.folded
	}
	out := make([]string, len(v.Parts))
	for i, p := range v.Parts {
		out[i] = Fold(p)
	}
	return out
}

// Whole reports whether a text value covers the whole of what it is compared with, rather than any part of it.
func (v Value) Whole() bool { return v.Op == OpEqual || len(v.Parts) > 1 }

// Like is the text value as a pattern for a folded column: % for any run, _ never, backslash as the escape character.
func (v Value) Like() string {
	parts := slices.Clone(v.Folded())
	for i, p := range parts {
		parts[i] = likeEscapes.Replace(p)
	}
	like := strings.Join(parts, "%")
	if !v.Whole() {
		like = "%" + like + "%"
	}
	return like
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Range gives the instants a day or age of a time field covers: from (inclusive) to (exclusive); a zero bound is open.
// It is false for a state, which covers no instants. Only known times are compared with it.
func (t Term) Range(v Value, now time.Time) (from, to time.Time, ok bool) {
	const tick = time.Second
	var cut, end time.Time // the value covers [cut, end)
	op := v.Op
	switch {
	case v.Age.Unit != 0:
		sign := 1
		if t.Field != "expires" && t.Field != "until" { // the past: longer ago is earlier
			sign, op = -1, op.turned()
		}
		cut = v.Age.From(now.UTC().Truncate(tick), sign)
		end = cut.Add(tick)
	case !v.Day.IsZero():
		cut, end = v.Day, v.Day.AddDate(0, 0, 1)
	default:
		return from, to, false
	}
	switch op {
	case OpLess:
		return time.Time{}, cut, true
	case OpAtMost:
		return time.Time{}, end, true
	case OpMore:
		return end, time.Time{}, true
	case OpAtLeast:
		return cut, time.Time{}, true
	}
	return cut, end, true
}

func (op Op) turned() Op {
	switch op {
	case OpLess:
		return OpMore
	case OpAtMost:
		return OpAtLeast
	case OpMore:
		return OpLess
	case OpAtLeast:
		return OpAtMost
	}
	return op
}

// compare applies op to an ordering of two values: negative, zero or positive.
func (op Op) compare(order int) bool {
	switch op {
	case OpLess:
		return order < 0
	case OpAtMost:
		return order <= 0
	case OpMore:
		return order > 0
	case OpAtLeast:
		return order >= 0
	}
	return order == 0
}

// String prints the filter in its one canonical spelling; ParseFilter reads it back to the same filter.
func (f Filter) String() string {
	var b strings.Builder
	for i, t := range f.Terms {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.String())
	}
	return b.String()
}

// String prints one term.
func (t Term) String() string {
	var b strings.Builder
	if t.Not {
		b.WriteByte('-')
	}
	if t.Field != "" {
		b.WriteString(t.Field)
		b.WriteByte(':')
	}
	for i, v := range t.Values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v.print(t.Field == ""))
	}
	return b.String()
}

func (v Value) print(bare bool) string {
	switch {
	case v.None:
		return "none"
	case v.Word != "":
		return string(v.Op) + v.Word
	case v.Age.Unit != 0:
		return string(v.Op) + v.Age.String()
	case !v.Day.IsZero():
		return string(v.Op) + v.Day.Format(time.DateOnly)
	case v.Parts != nil:
		return string(v.Op) + printText(v.Parts, bare)
	}
	return string(v.Op) + strconv.FormatInt(v.Number, 10)
}

// printText writes literal pieces joined by *, in quotes where reading them back would need it.
func printText(parts []string, bare bool) string {
	plain := strings.Join(parts, "*")
	if plain == "" {
		return `""`
	}
	quote := strings.ToLower(plain) == "none" && !bare || strings.ContainsFunc(plain, unicode.IsSpace) ||
		strings.ContainsAny(plain[:1], `"<>=-`)
	if bare {
		quote = quote || strings.Contains(plain, ":")
	} else {
		quote = quote || strings.Contains(plain, ",")
	}
	for _, p := range parts {
		quote = quote || strings.Contains(p, "*")
	}
	if !quote {
		return plain
	}
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = quoteEscapes.Replace(p)
	}
	return `"` + strings.Join(escaped, "*") + `"`
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `*`, `\*`)
