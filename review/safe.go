package review

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is text that is safe to draw: view code takes it and nothing else. Only From and constants make it; converting a
// string by hand is a bug.
type Text string

// From makes data text safe to draw.
func From(s string) Text { return Text(Safe(s)) }

// maxMarks is how many combining marks one base may carry before the rest are spelled out.
const maxMarks = 4

// Safe spells out everything in s that could move a cursor, colour a screen, reorder or hide text (importers.md 12.3).
//
// C0 controls and DEL become control pictures (␛ ␊ ␡), invalid bytes \xNN, and C1, bidi, zero-width, tag, private,
// unassigned and other invisible characters ‹U+XXXX›. A combining mark without a base and the fifth mark on one base are
// spelled out too. ZWJ and ZWNJ stay between letters of scripts that need them, variation selectors only behind a
// character they vary. Everything else stays as it is. Plain ASCII is returned without copying; Safe(Safe(s)) is Safe(s).
func Safe(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return makeSafe(s, i)
		}
	}
	return s
}

// Unusual reports whether s holds something Safe spells out, a blank that only looks like one, or a word of look-alike
// scripts, and so deserves a badge.
func Unusual(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return makeSafe(s, i) != s || strings.ContainsFunc(s, oddSpace) || MixedScript(s)
		}
	}
	return false
}

// Quote is s made safe, cut to 60 characters and put in double quotes: how messages cite data (importers.md 13.1).
func Quote(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n == most {
			return `"` + Safe(s[:i]) + `…"`
		}
		n++
	}
	return `"` + Safe(s) + `"`
}

// MixedScript reports whether one word of s mixes Latin, Greek, Cyrillic, Armenian or Cherokee letters, whose shapes
// can be mistaken for each other.
func MixedScript(s string) bool {
	var word *unicode.RangeTable
	for _, r := range s {
		if !unicode.IsLetter(r) {
			if !unicode.Is(unicode.M, r) {
				word = nil
			}
			continue
		}
		script := alikeScript(r)
		if script != nil && word != nil && script != word {
			return true
		}
		if script != nil {
			word = script
		}
	}
	return false
}

func alikeScript(r rune) *unicode.RangeTable {
	switch {
	case r < utf8.RuneSelf || unicode.Is(unicode.Latin, r):
		return unicode.Latin
	case unicode.Is(unicode.Cyrillic, r):
		return unicode.Cyrillic
	case unicode.Is(unicode.Greek, r):
		return unicode.Greek
	case unicode.Is(unicode.Armenian, r):
		return unicode.Armenian
	case unicode.Is(unicode.Cherokee, r):
		return unicode.Cherokee
	}
	return nil
}

func oddSpace(r rune) bool { return r != ' ' && unicode.Is(unicode.Zs, r) }

// makeSafe does the work of Safe; the first start bytes of s are known to be plain.
func makeSafe(s string, start int) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:start])
	base, marks := rune(0), 0 // the character that marks would sit on, and how many do
	last := rune(0)           // the last character kept, marks included
	if start > 0 {
		base = rune(s[start-1])
		last = base
	}
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		next := i + size
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			base, last = 0, 0
		case r < ' ':
			b.WriteRune('␀' + r)
			base, last = 0, 0
		case r == 0x7f:
			b.WriteRune('␡')
			base, last = 0, 0
		case shown(r, s[next:], base, last, marks):
			b.WriteString(s[i:next])
			if unicode.Is(unicode.M, r) {
				marks++
			} else if !joiner(r) {
				base, marks = r, 0
			}
			last = r
		default:
			fmt.Fprintf(&b, "‹U+%04X›", r)
			base, last = 0, 0
		}
		i = next
	}
	return b.String()
}

// shown decides whether a valid character above ASCII controls may stay, given what stands around it.
func shown(r rune, rest string, base, last rune, marks int) bool {
	switch {
	case r < utf8.RuneSelf:
		return true
	case joiner(r):
		after, _ := utf8.DecodeRuneInString(rest)
		return joins(last) && joins(after)
	case unicode.Is(unicode.Variation_Selector, r):
		return last == base && base != 0 && varies(base, r)
	case unicode.Is(unicode.M, r):
		return base != 0 && marks < maxMarks && !hidden(r)
	}
	return unicode.IsGraphic(r) && !hidden(r)
}

func joiner(r rune) bool { return r == 0x200c || r == 0x200d }

// joins reports whether r belongs to a script in which joiners change how a word is read: Arabic and its kin, and the
// Brahmic scripts with conjuncts.
func joins(r rune) bool {
	return r >= 0x0600 && (unicode.IsLetter(r) || unicode.Is(unicode.M, r)) && unicode.In(r,
		unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
		unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
		unicode.Khmer, unicode.Myanmar)
}

// varies reports whether selector vs may follow base: picture forms behind symbols, ideographic and Mongolian variants
// behind their own letters.
func varies(base, vs rune) bool {
	switch {
	case vs == 0xfe0e || vs == 0xfe0f:
		return base >= utf8.RuneSelf && unicode.In(base, unicode.So, unicode.Sm)
	case vs >= 0xe0100 || vs >= 0xfe00 && vs <= 0xfe02:
		return unicode.Is(unicode.Han, base)
	case vs >= 0x180b && vs <= 0x180f:
		return unicode.Is(unicode.Mongolian, base) && unicode.IsLetter(base)
	}
	return false
}

// hidden lists graphic characters that draw nothing: fillers and other default-ignorables, and the blank Braille cell.
func hidden(r rune) bool {
	return r == 0x2800 || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
