package main

import (
	"strings"
	"time"

	"tickmark/review"
)

// dueTime reads a due date: a day means its last second (rulings 20).
func dueTime(flag, s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Add(24*time.Hour - time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	return time.Time{}, usage("%s %s is not a day", flag, review.Quote(s)).WithHint("write 2026-12-31, or 2026-12-31T18:00:00Z")
}

// dayOf checks a day; nothing is allowed.
func dayOf(flag, s string) error {
	if s == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return usage("%s %s is not a day", flag, review.Quote(s)).WithHint("write it as 2026-12-31")
	}
	return nil
}

// instantOf reads a day (its first second) or an instant; nothing is the zero time.
func instantOf(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	return time.Time{}, usage("%s %s is not a time", flag, review.Quote(s)).WithHint("write 2026-12-31, or 2026-12-31T18:00:00Z")
}

// window reads FROM..TO, two days; nothing is two empty strings.
func window(flag, s string) (from, to string, err error) {
	if s == "" {
		return "", "", nil
	}
	from, to, ok := strings.Cut(s, "..")
	if !ok || dayOf(flag, from) != nil || dayOf(flag, to) != nil || from == "" || to == "" {
		return "", "", usage("%s %s is not a window", flag, review.Quote(s)).WithHint("write two days: 2026-01-01..2026-12-31")
	}
	if from > to {
		return "", "", usage("%s %s ends before it begins", flag, review.Quote(s)).WithHint("write the earlier day first")
	}
	return from, to, nil
}
