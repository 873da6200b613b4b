package store

import (
	"encoding/json"
	"math"
	"time"

	"tickmark/review"
)

// A time a source stated is one number, so that it is small and sorts: NULL is not collected; a known instant is its
// seconds since 1970 << 5, with the spelling it came in (bits 2-4), whether a zone was assumed (bit 1) and whether it is a
// day (bit 0); the states without an instant lie below every instant. A spelling the number does not give back is kept
// as text beside it.

const (
	codeNever = math.MinInt64/2 + iota
	codeUnknown
	codeNotApplicable
	codeNotCollected // with a spelling of its own; otherwise NULL

	knownFloor = math.MinInt64 / 4 // instants lie above
	rawOther   = 7                 // the spelling is kept as text
)

// spellings that code gives back; 0 is none.
func spellings() [rawOther]string {
	return [rawOther]string{1: time.RFC3339, 2: time.DateOnly, 3: time.DateTime, 4: "2006-01-02T15:04:05.000Z",
		5: "2006-01-02T15:04:05-07:00", 6: "01/02/2006"}
}

// codeTime gives the number (nil for NULL) and the spelling that has to be kept, if any.
func codeTime(t review.Time) (code any, raw string) {
	switch t.Norm() {
	case review.Known:
		at := t.At.UTC()
		n := at.Unix() << 5
		if t.Day {
			n |= 1
		}
		if t.ZoneAssumed {
			n |= 2
		}
		if t.Raw == "" {
			return n, ""
		}
		for i, layout := range spellings() {
			if layout != "" && len(t.Raw) <= len(layout) && at.Nanosecond() == 0 && sameSpelling(at, layout, t.Raw) {
				return n | int64(i)<<2, ""
			}
		}
		return n | rawOther<<2, t.Raw
	case review.Never:
		return int64(codeNever), t.Raw
	case review.Unknown:
		return int64(codeUnknown), t.Raw
	case review.NotApplicable:
		return int64(codeNotApplicable), t.Raw
	}
	if t.Raw == "" && t.State == "" {
		return nil, ""
	}
	return int64(codeNotCollected), t.Raw
}

func sameSpelling(at time.Time, layout, raw string) bool {
	var buf [40]byte
	return string(at.AppendFormat(buf[:0], layout)) == raw
}

// decodeTime reads what codeTime made; ok is false for NULL.
func decodeTime(code int64, ok bool, raw string) review.Time {
	if !ok {
		return review.Time{}
	}
	switch code {
	case codeNever:
		return review.Time{State: review.Never, Raw: raw}
	case codeUnknown:
		return review.Time{State: review.Unknown, Raw: raw}
	case codeNotApplicable:
		return review.Time{State: review.NotApplicable, Raw: raw}
	case codeNotCollected:
		return review.Time{State: review.NotCollected, Raw: raw}
	}
	t := review.Time{State: review.Known, At: time.Unix(code>>5, 0).UTC(), Day: code&1 != 0, ZoneAssumed: code&2 != 0, Raw: raw}
	if i := code >> 2 & 7; raw == "" && i != 0 && i != rawOther {
		layouts := spellings()
		t.Raw = t.At.Format(layouts[i])
	}
	return t
}

// joinRaw keeps spellings in one column: NULL if there are none.
func joinRaw(raws ...string) any {
	for _, r := range raws {
		if r != "" {
			b, err := json.Marshal(raws)
			if err != nil {
				return nil // strings always marshal
			}
			return string(b)
		}
	}
	return nil
}

// splitRaw gives n spellings back.
func splitRaw(joined string, n int) []string {
	raws := make([]string, n)
	if joined != "" {
		var got []string
		if json.Unmarshal([]byte(joined), &got) == nil {
			copy(raws, got)
		}
	}
	return raws
}

// seconds is an instant of the ledger.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func instant(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func instantMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
