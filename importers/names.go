package importers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// norm is a header or key as formats compare it: lower case, letters and digits only (importers.md 2.8).
func norm(name string) string {
	out := make([]byte, 0, len(name))
	for _, r := range name {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			out = append(out, byte(r))
		case 'A' <= r && r <= 'Z':
			out = append(out, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
	}
	return string(out)
}

// lower is simple lower-casing, character by character (importers.md 5.8). Text without capitals is returned as it is.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return strings.ToLower(s)
		}
	}
	return s
}

// nearest lists up to three of names that are most like word, best first, for messages about a misspelt name.
func nearest(word string, names []string) []string {
	w := norm(word)
	type scored struct {
		name string
		d    int
	}
	var near []scored
	for _, n := range names {
		d := editDistance(w, norm(n))
		if d <= max(2, len(w)/2) {
			near = append(near, scored{n, d})
		}
	}
	var out []string
	for len(out) < 3 && len(near) > 0 {
		best := 0
		for i := range near {
			if near[i].d < near[best].d {
				best = i
			}
		}
		out = append(out, near[best].name)
		near = append(near[:best], near[best+1:]...)
	}
	return out
}

// editDistance counts single-byte insertions, deletions and substitutions; words are cut at 64 bytes.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			above := row[j]
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above+1, row[j-1]+1, diagonal+cost)
			diagonal = above
		}
	}
	return row[len(b)]
}

// looksLikeEmail reports x@y.z without blanks and without the marker of guest accounts (importers.md 6).
func looksLikeEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at <= 0 || strings.LastIndexByte(s, '@') != at {
		return false
	}
	domain := s[at+1:]
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1 &&
		!strings.ContainsFunc(s, unicode.IsSpace) && !strings.Contains(s, "#EXT#") && !strings.Contains(s, "#ext#")
}

// opaqueID reports a long mix of capitals, small letters and digits without separators: an id that some systems
// tell apart by case, so that it is never lower-cased.
func opaqueID(s string) bool {
	if len(s) < 12 {
		return false
	}
	var upper, small, digit bool
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z':
			upper = true
		case 'a' <= c && c <= 'z':
			small = true
		case '0' <= c && c <= '9':
			digit = true
		default:
			return false
		}
	}
	return upper && small && digit
}

// loginKey is a login, e-mail address, GUID or SID as it is compared (importers.md 5.8).
func loginKey(s string) string {
	if opaqueID(s) {
		return s
	}
	return lower(s)
}
