package importers

import (
	"bytes"
	"time"
)

// parseClock reads hh:mm[:ss[.fraction]] [AM|PM] [zone]; zone is what to subtract to get UTC.
func parseClock(b []byte) (clock, zone time.Duration, hasZone, clock12, ok bool) {
	h := digits(b)
	if h == 0 || h > 2 || len(b) < h+3 || b[h] != ':' || digits(b[h+1:]) < 2 {
		return
	}
	hour, minute, second := number(b[:h]), number(b[h+1:h+3]), 0
	rest := b[h+3:]
	if len(rest) >= 3 && rest[0] == ':' && digits(rest[1:]) >= 2 {
		second = number(rest[1:3])
		rest = rest[3:]
		if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
			f := digits(rest[1:])
			if f == 0 || f > 9 {
				return
			}
			rest = rest[1+f:]
		}
	}
	if second == 60 {
		second = 59
	}
	if len(rest) == 1 && rest[0] == 'Z' {
		return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second, 0, true, false, hour <= 23 && minute <= 59
	}
	rest = bytes.TrimLeft(rest, " \u00a0\u202f")
	if half, n := parseHalf(rest); n > 0 {
		if hour < 1 || hour > 12 {
			return
		}
		hour = hour%12 + half
		clock12 = true
		rest = bytes.TrimLeft(rest[n:], " ")
	}
	if hour > 23 || minute > 59 || second > 59 {
		return
	}
	clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	if len(rest) == 0 {
		return clock, 0, false, clock12, true
	}
	zone, ok = parseZone(rest)
	return clock, zone, ok, clock12, ok
}

// parseHalf reads AM or PM in its usual spellings and gives the hours to add and the bytes read.
func parseHalf(b []byte) (hours, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	dotted := b[1] == '.'
	switch {
	case dotted && len(b) >= 4 && b[2]|0x20 == 'm' && b[3] == '.':
		n = 4
	case !dotted && b[1]|0x20 == 'm':
		n = 2
	default:
		return 0, 0
	}
	switch b[0] | 0x20 {
	case 'a':
		return 0, n
	case 'p':
		return 12, n
	}
	return 0, 0
}

// parseZone reads Z, UTC, GMT and numeric offsets.
func parseZone(b []byte) (time.Duration, bool) {
	switch string(b) {
	case "Z", "z", "UTC", "GMT", "utc", "Coordinated Universal Time":
		return 0, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' || digits(b[1:]) < 2 {
		return 0, false
	}
	minute, rest := 0, b[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	switch {
	case len(rest) == 2 && digits(rest) == 2:
		minute = number(rest)
	case len(b) != 3:
		return 0, false
	}
	hour := number(b[1:3])
	if hour > 15 || minute > 59 {
		return 0, false
	}
	d := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if b[0] == '-' {
		d = -d
	}
	return d, true
}

// civilDays counts the days from 1970-01-01 in the Gregorian calendar.
func civilDays(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 {
		era = -1
	}
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era*146097 + doe - 719468)
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}
