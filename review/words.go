package review

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest gives the option closest to a mistyped word, or nothing if none is close: what "did you mean" shows.
func Nearest(word string, options []string) string {
	best, most := "", max(1, utf8.RuneCountInString(word)/3)
	for _, o := range options {
		if d := editDistance(word, o); d <= most && (best == "" || d < editDistance(word, best)) {
			best = o
		}
	}
	return best
}

// editDistance counts the insertions, deletions and substitutions between two words.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// InWords is a word of records and scripts as people are told it: "abstain" is "don't know", "still-present" "still present". A day in it
// stays as it is.
func InWords(word string) string {
	if word == string(Abstain) {
		return "don't know"
	}
	out := []byte(word)
	for i := 1; i < len(out)-1; i++ {
		if out[i] == '-' && out[i+1] >= 'a' && out[i+1] <= 'z' {
			out[i] = ' '
		}
	}
	return string(out)
}

// orList writes "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Plural writes "1 item", "2 items".
func Plural(n int64, one string) string {
	word := one
	switch {
	case n == 1:
	case strings.HasSuffix(one, "y") && !slices.Contains([]string{"day", "key"}, one):
		word = strings.TrimSuffix(one, "y") + "ies"
	default:
		word += "s"
	}
	return groupDigits(n) + " " + word
}

// groupDigits writes 1234567 as 1,234,567.
func groupDigits(n int64) string {
	s := itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
