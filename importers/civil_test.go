package importers

import (
	"testing"
	"time"
)

// TestCivilDays compares the calendar with the standard library over every day of a century and the ends of the range.
func TestCivilDays(t *testing.T) {
	check := func(at time.Time) {
		y, m, d := at.Date()
		if got, want := civilDays(y, int(m), d)*86400, at.Unix(); got != want {
			t.Fatalf("%s: %d seconds, want %d", at.Format(time.DateOnly), got, want)
		}
		if last := at.AddDate(0, 0, 1).Day() == 1; last != (d == daysIn(y, int(m))) {
			t.Fatalf("%s: wrong length of the month", at.Format(time.DateOnly))
		}
	}
	for day := time.Date(1899, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2101; day = day.AddDate(0, 0, 1) {
		check(day)
	}
	for _, y := range []int{0, 1, 2, 1600, 1601, 8999, 9000, 9999} {
		check(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC))
		check(time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC))
	}
	for name, c := range map[string][2]int64{"year 2": {year0002, time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC).Unix()},
		"1601": {day1601, time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC).Unix()}, "year 9000": {year9000, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()}} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, want %d", name, c[0], c[1])
		}
	}
}
