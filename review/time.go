package review

import "time"

// TimeState tells what is known about an instant. The five words survive storage, display, filters and export.
type TimeState string

// The five states (importers.md 4). The zero value reads as not collected.
const (
	Known         TimeState = "known"
	Never         TimeState = "never"          // the source says it has not happened
	Unknown       TimeState = "unknown"        // the source could not tell
	NotCollected  TimeState = "not-collected"  // the file has no such column
	NotApplicable TimeState = "not-applicable" // the question makes no sense here, or there is no end
)

// NotInPack is what a fact reads as where an evidence pack is looked at and does not hold it: a time state, a kind, a
// standing. Nothing stores, signs or filters by it.
const NotInPack = "not-in-pack"

// Time is an instant or day as a source stated it.
type Time struct {
	State       TimeState
	At          time.Time // UTC; midnight when Day; meaningful only when Known
	Day         bool      // precision is a day
	ZoneAssumed bool      // the source gave no zone and UTC was taken
	Raw         string    // the source's own spelling
}

// TimeAt is a known instant with second precision.
func TimeAt(t time.Time) Time { return Time{State: Known, At: t.UTC().Truncate(time.Second)} }

// IsKnown reports whether the instant is known. Rules fire only on known and never, not on the rest.
func (t Time) IsKnown() bool { return t.State == Known }

// Norm gives the state, reading the zero value as not collected.
func (t Time) Norm() TimeState {
	if t.State == "" {
		return NotCollected
	}
	return t.State
}

// Stated is the ledger's form: "known 2026-01-02", "known 2026-01-02T03:04:05Z", "never", ... (ledger.md 1.2).
func (t Time) Stated() string {
	if t.Norm() != Known {
		return string(t.Norm())
	}
	if t.Day {
		return "known " + t.At.UTC().Format(time.DateOnly)
	}
	return "known " + t.At.UTC().Format("2006-01-02T15:04:05Z")
}

// ParseStated reads what Stated wrote.
func ParseStated(s string) (Time, bool) {
	switch TimeState(s) {
	case Never, Unknown, NotCollected, NotApplicable:
		return Time{State: TimeState(s)}, true
	}
	const known = "known "
	if len(s) <= len(known) || s[:len(known)] != known {
		return Time{}, false
	}
	v := s[len(known):]
	if at, err := time.Parse(time.DateOnly, v); err == nil {
		return Time{State: Known, At: at, Day: true}, true
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", v)
	return Time{State: Known, At: at}, err == nil
}
