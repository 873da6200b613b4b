package importers

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tickmark/review"
)

// secretName reports a normalised name of a column or key whose values are never stored (importers.md 12.1).
func secretName(n string) bool {
	for _, word := range [...]string{"password", "passwd", "secret", "token", "hash", "privatekey", "apikey", "credentialvalue"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	return false
}

// secretPath reports a dotted path of normal names that leads to secrets.
func secretPath(path string) bool {
	for part := range strings.SplitSeq(path, ".") {
		if secretName(part) || part == "credentials" && !strings.HasSuffix(path, ".username") {
			return true
		}
	}
	return false
}

// personalName reports a normalised name of personal data a review does not need (importers.md 12.2).
func personalName(n string) bool {
	switch n {
	case "phone", "phonenumber", "phonenumbers", "phones", "telephone", "telephonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone",
		"homephone", "workphone", "businessphones", "primaryphone", "fax", "faxnumber", "pager",
		"homeaddress", "address", "addresses", "street", "streetaddress", "postaladdress", "homepostaladdress", "zip", "zipcode", "postalcode",
		"birthdate", "birthday", "dateofbirth", "dob", "birthplace",
		"gender", "sex", "ethnicity", "race", "racedesc", "hispaniclatino", "nationality", "religion", "maritalstatus", "maritaldesc", "citizendesc",
		"salary", "basesalary", "payrate", "compensation", "wage", "ssn", "socialsecuritynumber", "nationalid", "taxid", "iban", "bankaccount":
		return true
	}
	return false
}

// dropList counts what was not stored.
type dropList struct {
	columns []review.Dropped
}

func (l *dropList) add(column string, secret bool, n int64) {
	for i := range l.columns {
		if l.columns[i].Column == column {
			l.columns[i].Count += n
			return
		}
	}
	if len(l.columns) < maxKeys {
		l.columns = append(l.columns, review.Dropped{Column: column, Count: n, Secret: secret})
	}
}

func (l *dropList) secrets() (n int64, first string) {
	for _, c := range l.columns {
		if c.Secret {
			if n++; n == 1 {
				first = c.Column
			}
		}
	}
	return n, first
}

const removed = "[removed]"

// withoutKeys replaces private key blocks in text (importers.md 12.1).
func withoutKeys(b []byte) []byte {
	for {
		i := bytes.Index(b, []byte("-----BEGIN "))
		if i < 0 || !bytes.Contains(b[i:], []byte(keyWords)) {
			return b
		}
		rest := b[i:]
		end := len(rest)
		if j := bytes.Index(rest, []byte("-----END ")); j >= 0 {
			if k := bytes.Index(rest[j+9:], []byte("-----")); k >= 0 {
				end = j + 9 + k + 5
			}
		}
		b = slices.Concat(b[:i], []byte(removed), rest[end:])
	}
}

// unusualRune reports the characters of importers.md 12.3 that a screen must not get raw, line breaks and TAB apart.
func unusualRune(r rune) bool {
	switch {
	case r < ' ':
		return r != '\t' && r != '\n' && r != '\r'
	case r < 0x7F:
		return false
	case r < 0xA0, r == 0x061C, 0x200B <= r && r <= 0x200F, 0x2028 <= r && r <= 0x202E, 0x2060 <= r && r <= 0x206F,
		r == 0xFEFF, 0xE0000 <= r && r <= 0xE0FFF, r == 0x180E, r == 0x00AD:
		return true
	}
	return r == utf8.RuneError
}

// countUnusual counts such characters in decoded text.
func countUnusual(b []byte) int64 {
	n := int64(0)
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
				n++
			}
			i++
			continue
		}
		r, w := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError && unusualRune(r) {
			n++
		}
		i += w
	}
	return n
}

// lostAccent reports a question mark between letters (importers.md 2.2).
func lostAccent(s string) bool {
	for i := strings.IndexByte(s, '?'); i >= 0 && i < len(s); {
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+1:])
		if unicode.IsLetter(before) && unicode.IsLetter(after) {
			return true
		}
		j := strings.IndexByte(s[i+1:], '?')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
	return false
}

// damagedID reports an id that a spreadsheet turned into a float (importers.md 5.7).
func damagedID(s string) bool {
	i := strings.IndexAny(s, "eE")
	if i < 1 || len(s) < i+3 || s[i+1] != '+' {
		return false
	}
	head := strings.Replace(strings.Replace(s[:i], ".", "", 1), ",", "", 1)
	return digits([]byte(head)) == len(head) && digits([]byte(s[i+2:])) == len(s)-i-2
}

// keptJSON writes a JSON value with its keys in file order, without spaces and without the members that are dropped
// (rulings 7), and counts those.
func (x *run) keptJSON(out []byte, v val) []byte {
	switch v.kind() {
	case '{':
		out = append(out, '{')
		first := true
		for c := v.first(); c.ok(); c = c.sibling() {
			k := c.d.keyInfo(c.node().key)
			if k.secret || k.personal {
				x.dropped(k, c)
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = appendJSON(out, k.raw)
			out = append(out, ':')
			if k.credentials && c.kind() == '[' {
				x.dropped(k, c)
				out = append(out, '[', ']')
				continue
			}
			out = x.keptJSON(out, c)
		}
		return append(out, '}')
	case '[':
		out = append(out, '[')
		for c := v.first(); c.ok(); c = c.sibling() {
			if c.i != v.i+1 {
				out = append(out, ',')
			}
			out = x.keptJSON(out, c)
		}
		return append(out, ']')
	case '"':
		if bytes.Contains(v.raw(), []byte(keyWords)) {
			return appendJSON(out, string(withoutKeys(v.bytes())))
		}
	}
	return append(out, v.raw()...)
}

// dropped counts the values below a member that is not kept.
func (x *run) dropped(k *keyInfo, v val) {
	n := int64(1)
	switch v.kind() {
	case '[', '{':
		n = int64(v.len())
	case 'n':
		n = 0
	case '"':
		if len(v.bytes()) == 0 {
			n = 0
		}
	}
	x.drops.add(k.raw, !k.personal, n)
}

// appendJSON appends a string as JSON with the fewest escapes.
func appendJSON(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
