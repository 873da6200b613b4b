package ledger

import (
	"strconv"
	"unicode/utf8"
)

// Escape writes a raw value of type `text` (ledger.md 1.3). The empty value, which is the absent one, becomes "-".
// It never fails: bytes that are not UTF-8 are escaped one by one. Nothing is normalised.
func Escape(raw string) string {
	if plain(raw) {
		return raw
	}
	return string(AppendEscape(nil, raw))
}

// Display is the escaped form for screens, tables and reports: empty instead of "-" (ledger.md 1.3).
func Display(raw string) string {
	if raw == "" {
		return ""
	}
	return Escape(raw)
}

// AppendEscape appends [Escape] of raw to dst.
func AppendEscape(dst []byte, raw string) []byte {
	if plain(raw) {
		return append(dst, raw...)
	}
	switch raw {
	case "":
		return append(dst, '-')
	case "-":
		return append(dst, `\u{2d}`...)
	}
	for i := 0; i < len(raw); {
		c := raw[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '\\':
				dst = append(dst, `\\`...)
			case c < 0x20 || c == 0x7f || c == ' ' && (i == 0 || i == len(raw)-1):
				dst = appendRuneEscape(dst, rune(c))
			default:
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			const digits = "0123456789abcdef"
			dst = append(dst, `\x{`...)
			dst = append(dst, digits[c>>4], digits[c&15], '}')
		case mustEscape(r):
			dst = appendRuneEscape(dst, r)
		default:
			dst = append(dst, raw[i:i+n]...)
		}
		i += n
	}
	return dst
}

// Unescape is the reverse of [Escape] and accepts only what Escape writes; anything else is a [*Failure] with
// CodeFormat. So Escape(Unescape(t)) is t for every accepted t, and Unescape(Escape(r)) is r for every r.
func Unescape(text string) (string, error) {
	if plain(text) {
		return text, nil
	}
	if text == "-" {
		return "", nil
	}
	if text == "" {
		return "", failf(CodeFormat, "a value is empty")
	}
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			raw = append(raw, text[i])
			i++
			continue
		}
		b, n := unescapeOne(text[i:])
		if n == 0 {
			return "", failf(CodeFormat, "%s holds an escape that does not exist", quote(text))
		}
		raw = append(raw, b...)
		i += n
	}
	if again := AppendEscape(make([]byte, 0, len(text)), string(raw)); string(again) != text {
		return "", failf(CodeFormat, "%s is not spelled as it must be, %s", quote(text), quote(string(again)))
	}
	return string(raw), nil
}

// unescapeOne reads the escape at the start of s and gives its bytes and length; length 0 means there is none.
func unescapeOne(s string) (raw string, n int) {
	if len(s) >= 2 && s[1] == '\\' {
		return `\`, 2
	}
	if len(s) < 5 || s[2] != '{' || s[1] != 'u' && s[1] != 'x' {
		return "", 0
	}
	var v rune
	i := 3
	for ; i < len(s) && s[i] != '}'; i++ {
		d, ok := unhex(s[i])
		if !ok || i > 8 {
			return "", 0
		}
		v = v<<4 | rune(d)
	}
	if i == len(s) || i == 3 {
		return "", 0
	}
	if s[1] == 'x' {
		if i != 5 {
			return "", 0
		}
		return string([]byte{byte(v)}), i + 1
	}
	if !utf8.ValidRune(v) {
		return "", 0
	}
	return string(v), i + 1
}

// plain reports whether s is written as it is: printable ASCII without backslash, no blank at either end, not "-".
func plain(s string) bool {
	if s == "" || s == "-" || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '\\' {
			return false
		}
	}
	return true
}

// mustEscape is the closed list of ledger.md 1.3 above ASCII. It does not follow Unicode versions.
func mustEscape(r rune) bool {
	switch {
	case r <= 0x9f:
		return r < 0x20 || r >= 0x7f
	case r&0xfffe == 0xfffe:
		return true
	case r == 0xad, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x180e, r == 0x3164, r == 0xfeff, r == 0xffa0:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xfdd0 && r <= 0xfdef, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

func appendRuneEscape(dst []byte, r rune) []byte {
	dst = append(dst, `\u{`...)
	dst = strconv.AppendInt(dst, int64(r), 16)
	return append(dst, '}')
}

// quote shows a piece of foreign text inside a message: in display form, cut to a readable length.
func quote(s string) string {
	const limit = 80
	if len(s) > limit {
		cut := limit
		for cut > limit-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return `"` + Display(s[:cut]) + `" ...`
	}
	return `"` + Display(s) + `"`
}
