package ledger

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// The types of value of ledger.md 1.2 that are kept as strings. Each Valid function accepts the written form exactly.

// ValidID reports whether s is of type `id`: a source or campaign.
func ValidID(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && isLowerDigit(s[0]) && all(s[1:], func(c byte) bool {
		return isLowerDigit(c) || c == '.' || c == '-'
	})
}

// ValidLog reports whether s is of type `log`, the name of a ledger.
func ValidLog(s string) bool {
	return len(s) >= 3 && len(s) <= 128 && isLowerDigit(s[0]) && all(s[1:], func(c byte) bool {
		return isLowerDigit(c) || c == '.' || c == '/' || c == '-'
	})
}

// ValidPrincipal reports whether s is of type `principal`. Such a name can never be read as an OpenSSH pattern.
func ValidPrincipal(s string) bool {
	user, host, ok := strings.Cut(s, "@")
	return ok && user != "" && host != "" &&
		all(user, func(c byte) bool { return isLowerDigit(c) || c == '.' || c == '_' || c == '+' || c == '-' }) &&
		all(host, func(c byte) bool { return isLowerDigit(c) || c == '.' || c == '-' })
}

// ValidSalt reports whether s is of type `salt`: 32 lower-case hex digits.
func ValidSalt(s string) bool {
	return len(s) == 32 && all(s, func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' })
}

// ValidFingerprint reports whether s is of type `key`: "SHA256:" and 43 characters of unpadded base64, spare bits zero.
func ValidFingerprint(s string) bool {
	const prefix = "SHA256:"
	if len(s) != len(prefix)+43 || s[:len(prefix)] != prefix {
		return false
	}
	var buf [33]byte
	n, err := base64.RawStdEncoding.Strict().Decode(buf[:], []byte(s[len(prefix):]))
	return err == nil && n == 32
}

// ValidDate reports whether s is of type `date`: YYYY-MM-DD, a real day.
func ValidDate(s string) bool {
	_, ok := parseDay(s)
	return ok
}

// ValidStated reports whether s is of type `stated`: known with a time or date, never, unknown, not-collected or
// not-applicable.
func ValidStated(s string) bool {
	switch s {
	case "never", "unknown", "not-collected", "not-applicable":
		return true
	}
	when, ok := strings.CutPrefix(s, "known ")
	if !ok {
		return false
	}
	if _, ok := parseInstant(when); ok {
		return true
	}
	return ValidDate(when)
}

// DateOf is the UTC day of t.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Time is midnight UTC of the day, and the zero time if the date is absent or no real day.
func (d Date) Time() time.Time {
	t, _ := parseDay(string(d))
	return t
}

func isLowerDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func all(s string, ok func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// parseNumber reads type `n`: at most 18 digits, no sign, no leading zero.
func parseNumber(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// maxNumber is the largest value of type `n`.
const maxNumber = 999_999_999_999_999_999

func validNumber(n int64) bool { return n >= 0 && n <= maxNumber }

// digits reads a fixed run of decimal digits.
func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func parseDay(s string) (time.Time, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	return makeTime(s[0:4], s[5:7], s[8:10], "00", "00", "00")
}

// parseInstant reads type `time`: YYYY-MM-DDThh:mm:ssZ, a real instant.
func parseInstant(s string) (time.Time, bool) {
	if len(s) != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' {
		return time.Time{}, false
	}
	return makeTime(s[0:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19])
}

// makeTime builds a UTC time from runs of digits and refuses what is no real instant.
func makeTime(year, month, day, hour, min, sec string) (time.Time, bool) {
	y, ok1 := digits(year)
	mo, ok2 := digits(month)
	d, ok3 := digits(day)
	h, ok4 := digits(hour)
	mi, ok5 := digits(min)
	se, ok6 := digits(sec)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || h > 23 || mi > 59 || se > 59 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(mo), d, h, mi, se, 0, time.UTC)
	if gy, gm, gd := t.Date(); gy != y || int(gm) != mo || gd != d {
		return time.Time{}, false
	}
	return t, true
}

// appendInstant writes type `time`. ok is false for a time that has no such form.
func appendInstant(dst []byte, t time.Time) ([]byte, bool) {
	t = t.UTC()
	y, mo, d := t.Date()
	if y < 0 || y > 9999 || t.Nanosecond() != 0 {
		return dst, false
	}
	h, mi, s := t.Clock()
	return append(dst, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10),
		'-', byte('0'+mo/10), byte('0'+mo%10), '-', byte('0'+d/10), byte('0'+d%10),
		'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+mi/10), byte('0'+mi%10),
		':', byte('0'+s/10), byte('0'+s%10), 'Z'), true
}

// FormatTime writes type `time`; t is cut to whole seconds.
func FormatTime(t time.Time) string {
	dst, _ := appendInstant(make([]byte, 0, 20), t.Truncate(time.Second))
	return string(dst)
}

// ParseTime reads type `time` and no other spelling.
func ParseTime(s string) (time.Time, error) {
	t, ok := parseInstant(s)
	if !ok {
		return t, failf(CodeFormat, "%s is not a time of the form 2006-01-02T15:04:05Z", quote(s))
	}
	return t, nil
}

// The words of a tally, in their order (ledger.md 3.6). The tally of a sign-off has the words of ActDecision.
const (
	ActDecision    = "decision"
	ActReassign    = "reassign"
	ActClosure     = "closure"
	ActRemediation = "remediation"
)

// TallyWords gives the words that a tally of the act counts, in their fixed order; nil for an unknown act.
func TallyWords(act string) []string {
	switch act {
	case ActDecision:
		return []string{"keep", "revoke", "exception", "abstain"}
	case ActReassign:
		return []string{"reassign"}
	case ActClosure:
		return []string{"remediated", "renewed", "withdrawn"}
	case ActRemediation:
		return []string{"claimed", "gone", "still-present", "came-back"}
	}
	return nil
}

// FormatTally writes type `tally` for an act. Words that are not of the act are left out.
func FormatTally(act string, counts map[string]int64) string {
	var b []byte
	for i, w := range TallyWords(act) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, w...)
		b = append(b, ' ')
		b = strconv.AppendInt(b, counts[w], 10)
	}
	return string(b)
}

// ParseTally reads type `tally` for an act and no other spelling.
func ParseTally(act, s string) (map[string]int64, error) {
	counts := make(map[string]int64, 4)
	rest := s
	for i, w := range TallyWords(act) {
		if i > 0 {
			var ok bool
			if rest, ok = strings.CutPrefix(rest, ", "); !ok {
				return nil, failf(CodeFormat, "%s is no tally of %s", quote(s), act)
			}
		}
		number, ok := strings.CutPrefix(rest, w+" ")
		if !ok {
			return nil, failf(CodeFormat, "%s is no tally of %s", quote(s), act)
		}
		rest = ""
		if cut := strings.IndexByte(number, ','); cut >= 0 {
			number, rest = number[:cut], number[cut:]
		}
		n, ok := parseNumber(number)
		if !ok {
			return nil, failf(CodeFormat, "%s is no tally of %s", quote(s), act)
		}
		counts[w] = n
	}
	if rest != "" || len(counts) == 0 {
		return nil, failf(CodeFormat, "%s is no tally of %s", quote(s), act)
	}
	return counts, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
