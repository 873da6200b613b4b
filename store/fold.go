package store

import (
	"strings"

	"tickmark/review"
)

// nulStandIn takes the place of NUL in folded text, because SQLite's LIKE stops there.
const nulStandIn = "\U0010ffff"

// fold gives the form of s that filters compare, or nil where LIKE on s itself, which knows ASCII letters, is the same.
func fold(s string) any {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c == 0 {
			return folded(s)
		}
	}
	return nil
}

// folded is review.Fold without NUL.
func folded(s string) string { return strings.ReplaceAll(review.Fold(s), "\x00", nulStandIn) }
