package importers

import (
	"bytes"
	"math"
	"time"
)

// dateOrder is the order of day, month and year in an all-digit date.
type dateOrder uint8

const (
	noOrder dateOrder = iota
	dayFirst
	monthFirst
	yearFirst
)

// parseOrder reads --date-order.
func parseOrder(s string) (dateOrder, bool) {
	switch s {
	case "":
		return noOrder, true
	case "dmy":
		return dayFirst, true
	case "mdy":
		return monthFirst, true
	case "ymd":
		return yearFirst, true
	}
	return noOrder, false
}

// timeStyle says how a text reads as a time.
type timeStyle uint8

const (
	notATime    timeStyle = iota
	fixedStyle            // means one instant whatever the column says
	orderStyle            // a day and a month whose order the column must settle
	serialStyle           // five digits: a spreadsheet serial if the whole column is
)

// stamp is what a text says when read as a time.
type stamp struct {
	style   timeStyle
	at      time.Time // fixedStyle: UTC, or wall-clock time in UTC when zone is missing
	day     bool      // no time of day
	noZone  bool      // a time of day without a zone
	endless bool      // year 9000 or later: no end
	ancient bool      // the dates systems use for never: years 1 and 1601, FILETIME 0, epoch 0
	a, b, c int       // orderStyle: the three numbers as written
	clock   time.Duration
	clock12 bool // the time of day has AM or PM
	serial  float64
}

// parseStamp reads every style of importers.md 5.3. It knows nothing of columns: a date such as 3/4/2024 comes back as
// orderStyle with its numbers.
func parseStamp(b []byte) stamp {
	if len(b) == 0 || len(b) > 64 {
		return stamp{}
	}
	switch {
	case b[0] == '/' || b[0] == '\\':
		return dotNetStamp(b)
	case b[0] == '-' && digits(b[1:]) == len(b)-1:
		return numberStamp(b)
	}
	n := digits(b)
	if n == len(b) {
		return numberStamp(b)
	}
	if n == 0 {
		return monthNameStamp(b)
	}
	switch sep := b[n]; {
	case n == 4 && (sep == '-' || sep == '/' || sep == '.'):
		return isoStamp(b, sep)
	case n == 8 && (sep == 'T' || sep == ' '):
		return compactStamp(b, 8)
	case n == 14 && (sep == 'Z' || sep == '.' || sep == '+' || sep == '-' || sep == ','):
		return compactStamp(b, 14)
	case n <= 2 && (sep == '/' || sep == '.' || sep == '-' || sep == ' '):
		return partsStamp(b, n)
	}
	return stamp{}
}

// digits counts the leading decimal digits.
func digits(b []byte) int {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return n
}

// number reads at most nine digits.
func number(b []byte) int {
	v := 0
	for _, c := range b {
		v = v*10 + int(c-'0')
	}
	return v
}

// isoStamp reads 2026-01-02, with or without a time of day and a zone.
func isoStamp(b []byte, sep byte) stamp {
	if len(b) < 8 || b[4] != sep {
		return stamp{}
	}
	m := digits(b[5:])
	if m == 0 || m > 2 || len(b) <= 5+m || b[5+m] != sep {
		return stamp{}
	}
	rest := b[6+m:]
	d := digits(rest)
	if d == 0 || d > 2 {
		return stamp{}
	}
	return dated(number(b[:4]), number(b[5:5+m]), number(rest[:d]), rest[d:])
}

// dated puts a date and the text behind it together.
func dated(year, month, day int, rest []byte) stamp {
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return stamp{}
	}
	s := stamp{style: fixedStyle, day: true}
	seconds := civilDays(year, month, day) * 86400
	if len(rest) > 0 {
		if rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' && rest[0] != ',' {
			return stamp{}
		}
		clock, zone, hasZone, _, ok := parseClock(bytes.TrimLeft(rest[1:], " "))
		if !ok {
			return stamp{}
		}
		s.day, s.noZone = false, !hasZone
		seconds += int64((clock - zone) / time.Second)
	}
	s.at = time.Unix(seconds, 0).UTC()
	return s.magic()
}

const (
	year0002 = -62104060800 // 0002-01-01
	day1601  = -11644473600 // 1601-01-01
	year9000 = 221845392000 // 9000-01-01
)

// magic marks the dates that stand for never or no end: years up to 1, the turn of 1601 in any zone, the first second of 1970, years from 9000.
func (s stamp) magic() stamp {
	switch u := s.at.Unix(); {
	case u >= year9000:
		s.endless = true
	case u < year0002, u >= day1601-86400 && u < day1601+2*86400, u == 0, u == -1:
		s.ancient = true
	}
	return s
}

// compactStamp reads 20210826T173042Z and generalized time 20210826173042.0Z.
func compactStamp(b []byte, n int) stamp {
	rest := b[8:]
	if n == 14 {
		clock := make([]byte, 0, 40)
		clock = append(clock, ' ')
		clock = append(clock, b[8:10]...)
		clock = append(clock, ':')
		clock = append(clock, b[10:12]...)
		clock = append(clock, ':')
		rest = append(clock, b[12:]...)
	} else if digits(b[9:]) == 6 {
		return compactStamp(append(append(make([]byte, 0, len(b)), b[:8]...), b[9:]...), 14)
	}
	return dated(number(b[:4]), number(b[4:6]), number(b[6:8]), rest)
}

// numberStamp reads all-digit texts by their length: serials, days, epochs, FILETIME.
func numberStamp(b []byte) stamp {
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 {
		return stamp{}
	}
	v := int64(0)
	for _, c := range b {
		if v > (math.MaxInt64-int64(c-'0'))/10 {
			return stamp{}
		}
		v = v*10 + int64(c-'0')
	}
	if negative {
		if v == 1 {
			return stamp{style: fixedStyle, at: time.Unix(-1, 0).UTC(), ancient: true}
		}
		return stamp{}
	}
	s := stamp{style: fixedStyle}
	switch {
	case v == 0:
		s.ancient, s.at = true, time.Unix(0, 0).UTC()
		return s
	case v == math.MaxInt64:
		s.endless = true
		return s
	case len(b) == 5:
		if v < 20000 || v > 60000 {
			return stamp{}
		}
		return stamp{style: serialStyle, serial: float64(v)}
	case len(b) == 8:
		return dated(int(v/10000), int(v/100%100), int(v%100), nil)
	case len(b) == 14:
		return compactStamp(b, 14)
	case len(b) == 9 || len(b) == 10:
		s.at = time.Unix(v, 0).UTC()
	case len(b) == 12 || len(b) == 13:
		s.at = time.UnixMilli(v).UTC()
	case len(b) == 17 || len(b) == 18:
		s.at = fileTime(v)
	default:
		return stamp{}
	}
	return s.magic()
}

// fileTime converts 100-nanosecond steps since 1601 to an instant.
func fileTime(v int64) time.Time {
	const epochDistance = 11644473600 // seconds from 1601-01-01 to 1970-01-01
	return time.Unix(v/10_000_000-epochDistance, v%10_000_000*100).UTC()
}

// serialTime converts a spreadsheet day number.
func serialTime(serial float64) time.Time {
	days := math.Floor(serial)
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days)).Add(time.Duration((serial - days) * float64(24*time.Hour))).Truncate(time.Second)
}

// dotNetStamp reads /Date(1733343742000)/, with or without literal backslashes and an offset.
func dotNetStamp(b []byte) stamp {
	b = bytes.ReplaceAll(b, []byte(`\`), nil)
	b, ok := bytes.CutPrefix(b, []byte("/Date("))
	if !ok {
		return stamp{}
	}
	b, ok = bytes.CutSuffix(b, []byte(")/"))
	if !ok {
		return stamp{}
	}
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	n := digits(b)
	if n == 0 || n > 15 || len(b) > n && (b[n] != '+' && b[n] != '-' || digits(b[n+1:]) != len(b)-n-1) {
		return stamp{}
	}
	ms := int64(0)
	for _, c := range b[:n] {
		ms = ms*10 + int64(c-'0')
	}
	if negative {
		ms = -ms
	}
	return stamp{style: fixedStyle, at: time.UnixMilli(ms).UTC()}.magic()
}

// partsStamp reads dates that begin with one or two digits: 31.12.2024, 12/31/2024, 28-Apr-24, 28 Apr 2024.
func partsStamp(b []byte, n int) stamp {
	sep := b[n]
	first := number(b[:n])
	rest := b[n+1:]
	if m, w := monthName(rest); w > 0 {
		rest = rest[w:]
		if len(rest) < 3 || rest[0] != sep && rest[0] != ' ' {
			return stamp{}
		}
		y := digits(rest[1:])
		if y != 2 && y != 4 {
			return stamp{}
		}
		return dated(fullYear(number(rest[1:1+y]), y), m, first, rest[1+y:])
	}
	if sep == ' ' {
		return stamp{}
	}
	k := digits(rest)
	if k == 0 || k > 2 || len(rest) < k+3 || rest[k] != sep {
		return stamp{}
	}
	second := number(rest[:k])
	rest = rest[k+1:]
	y := digits(rest)
	if y != 2 && y != 4 {
		return stamp{}
	}
	third := number(rest[:y])
	rest = rest[y:]
	if sep == '.' {
		return dated(fullYear(third, y), second, first, rest)
	}
	s := stamp{style: orderStyle, a: first, b: second, c: third, day: true}
	if y == 4 {
		s.c = fullYear(third, 4)
	} else {
		s.c = -third - 1 // two digits: which part is the year is still open
	}
	if len(rest) > 0 {
		if rest[0] != ' ' && rest[0] != 'T' && rest[0] != ',' {
			return stamp{}
		}
		clock, zone, hasZone, clock12, ok := parseClock(bytes.TrimLeft(rest[1:], " "))
		if !ok {
			return stamp{}
		}
		s.day, s.noZone, s.clock, s.clock12 = false, !hasZone, clock-zone, clock12
	}
	if first < 1 || second < 1 || first > 31 || second > 31 || first > 12 && second > 12 {
		if s.c >= 0 || first > 31 && second > 12 {
			return stamp{}
		}
	}
	return s
}

// fullYear widens a two-digit year (importers.md 5.4).
func fullYear(y, written int) int {
	switch {
	case written != 2:
		return y
	case y >= 70:
		return 1900 + y
	}
	return 2000 + y
}

// monthNameStamp reads "Apr 28, 2024" and skips a leading week day ("Sun, 28 Apr 2024 ...").
func monthNameStamp(b []byte) stamp {
	if i := bytes.IndexByte(b, ','); i == 3 && len(b) > 6 {
		if rest := bytes.TrimLeft(b[4:], " "); digits(rest) > 0 && digits(rest) <= 2 && len(rest) > 2 {
			return partsStamp(rest, digits(rest))
		}
		return stamp{}
	}
	m, w := monthName(b)
	if w == 0 || len(b) < w+3 || b[w] != ' ' {
		return stamp{}
	}
	rest := b[w+1:]
	d := digits(rest)
	if d == 0 || d > 2 {
		return stamp{}
	}
	day := number(rest[:d])
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest[d:], []byte(",")), " ")
	if digits(rest) != 4 {
		return stamp{}
	}
	return dated(number(rest[:4]), m, day, rest[4:])
}

// monthName reads an English month name or its first three letters.
func monthName(b []byte) (month, width int) {
	if len(b) < 3 {
		return 0, 0
	}
	const names = "january  february march    april    may      june     july     august   septemberoctober  november december "
	for m := range 12 {
		name := bytes.TrimRight([]byte(names[m*9:m*9+9]), " ")
		w := 0
		for w < len(b) && w < len(name) && b[w]|0x20 == name[w] {
			w++
		}
		letter := w < len(b) && 'a' <= b[w]|0x20 && b[w]|0x20 <= 'z'
		if !letter && (w == len(name) || w == 3 || w == 4 && m == 8) {
			return m + 1, w
		}
	}
	return 0, 0
}

// resolve gives the instant of an orderStyle stamp under an order.
func (s stamp) resolve(o dateOrder) (stamp, bool) {
	y, m, d := s.c, 0, 0
	switch o {
	case dayFirst:
		d, m = s.a, s.b
	case monthFirst:
		m, d = s.a, s.b
	case yearFirst:
		if s.c >= 0 {
			return stamp{}, false
		}
		y, m, d = fullYear(s.a, 2), s.b, -s.c-1
	default:
		return stamp{}, false
	}
	if y < 0 {
		y = fullYear(-y-1, 2)
	}
	out := dated(y, m, d, nil)
	if out.style != fixedStyle {
		return stamp{}, false
	}
	out.at = out.at.Add(s.clock)
	out.day, out.noZone = s.day, s.noZone
	return out, true
}
