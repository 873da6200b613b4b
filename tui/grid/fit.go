package grid

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const blanks = "                                                                                                                                "

// Blank is w spaces; none for a negative w.
func Blank(w int) string {
	if w <= 0 {
		return ""
	}
	if w <= len(blanks) {
		return blanks[:w]
	}
	return strings.Repeat(" ", w)
}

// Width is how many cells the plain text s takes.
func Width(m ansi.Method, s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return m.StringWidth(s)
		}
	}
	return len(s)
}

// Fit makes the plain text s exactly w cells wide: cut with tail at the end if it is too long, padded with blanks if it
// is too short. A wide character that would be cut in half becomes a blank.
func Fit(m ansi.Method, s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	n := Width(m, s)
	if n > w {
		s = Cut(m, s, w, tail)
		n = Width(m, s)
	}
	if n == w {
		return s
	}
	s += Blank(w - n)
	for len(s) > w && m.StringWidth(s) < w { // a letter that takes the blank behind it into its cluster
		s += " "
	}
	return s
}

// FitRight is Fit for numbers: padded on the left.
func FitRight(m ansi.Method, s string, w int, tail string) string {
	if n := Width(m, s); n < w {
		return Blank(w-n) + s
	}
	return Fit(m, s, w, tail)
}

// Cut shortens the plain text s to at most w cells, ending in tail if anything was cut.
func Cut(m ansi.Method, s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if Width(m, s) <= w {
		return s
	}
	if Width(m, tail) > w {
		tail = ""
	}
	short := m.Truncate(s, w, tail)
	for less := w - 1; Width(m, short) > w; less-- { // clusters that one method counts otherwise than the other
		short = m.Truncate(s, less, tail)
	}
	return short
}

// CutMiddle shortens one long ASCII word to w cells by cutting it in the middle, tail, one cell wide, in the gap. It leaves
// to Cut what has blanks, is an address (its beginning says whose), is not ASCII, or would lose too much.
func CutMiddle(s string, w int, tail string) (string, bool) {
	const least = 12
	if w < least || len(s) <= w {
		return s, false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '@' {
			return s, false
		}
	}
	end := (w - 1) / 2
	return s[:w-1-end] + tail + s[len(s)-end:], true
}
