package review

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxFilter bounds the text of a filter in bytes.
const maxFilter = 8192

// ParseFilter reads an item filter. Its error is a *Error of kind usage that names the word and its place and wraps a
// *FilterError.
func ParseFilter(s string) (Filter, error) { return parseFilter(s, itemFields()) }

// ParseExceptionFilter reads a filter over exceptions.
func ParseExceptionFilter(s string) (Filter, error) { return parseFilter(s, ExceptionFields()) }

// ParseRemediationFilter reads a filter over revocations.
func ParseRemediationFilter(s string) (Filter, error) { return parseFilter(s, RemediationFields()) }

func parseFilter(s string, fields []FilterField) (Filter, error) {
	if len(s) > maxFilter {
		return Filter{}, Errorf(KindUsage, "the filter is %d bytes long, at most %d are read", len(s), maxFilter).
			WithHint("use fewer words, or * for a family of names")
	}
	p := filterParser{s: s, fields: fields}
	var f Filter
	for p.skipBlanks(); p.i < len(p.s); p.skipBlanks() {
		t, err := p.term()
		if err != nil {
			return Filter{}, err
		}
		f.Terms = append(f.Terms, t)
	}
	return f, nil
}

type filterParser struct {
	s      string
	i      int
	fields []FilterField
}

func (p *filterParser) skipBlanks() {
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if !unicode.IsSpace(r) {
			return
		}
		p.i += n
	}
}

// fail makes the error for p.s[from:to].
func (p *filterParser) fail(from, to int, format string, args ...any) *Error {
	column := utf8.RuneCountInString(p.s[:from]) + 1
	err := Errorf(KindUsage, format, args...)
	err.Message = "filter, character " + strconv.Itoa(column) + ": " + err.Message
	err.Err = &FilterError{Pos: from, Len: to - from, Word: p.s[from:to]}
	return err
}

func (p *filterParser) term() (Term, *Error) {
	start := p.i
	var t Term
	if p.s[p.i] == '-' {
		t.Not = true
		p.i++
		if p.atEnd(false) {
			return t, p.fail(start, p.i, "nothing follows the -").WithHint("write -verdict:keep to leave out what is kept, or \"-\" to look for a hyphen")
		}
	}
	name, ok := p.fieldName()
	if !ok {
		v, err := p.text(false)
		if err != nil {
			return t, err
		}
		if v.None {
			return t, p.fail(start, p.i, "there is nothing between the quotes").WithHint("put the text to look for between them")
		}
		t.Values = []Value{v}
		return t, nil
	}
	f, known := findField(p.fields, name)
	if !known {
		from := p.i - len(name) - 1
		return t, p.fail(from, p.i-1, "there is no field %s", Quote(name)).WithHint("%s", p.hintField(name))
	}
	t.Field = f.Name
	for {
		v, err := p.value(f)
		if err != nil {
			return t, err
		}
		t.Values = append(t.Values, v)
		if p.i >= len(p.s) || p.s[p.i] != ',' {
			return t, nil
		}
		p.i++
	}
}

// fieldName reads NAME: and reports whether one stands here.
func (p *filterParser) fieldName() (string, bool) {
	for j := p.i; j < len(p.s); j++ {
		c := p.s[j]
		switch {
		case c == ':' && j > p.i:
			name := p.s[p.i:j]
			p.i = j + 1
			return name, true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', j > p.i && (c == '-' || c == '_'):
		default:
			return "", false
		}
	}
	return "", false
}

// atEnd reports whether the word ends here: at a blank, at the end, or, in a list of values, at a comma.
func (p *filterParser) atEnd(list bool) bool {
	if p.i >= len(p.s) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return unicode.IsSpace(r) || list && r == ','
}

func (p *filterParser) word(list bool) string {
	from := p.i
	for !p.atEnd(list) {
		_, n := utf8.DecodeRuneInString(p.s[p.i:])
		p.i += n
	}
	return p.s[from:p.i]
}

func (p *filterParser) op() Op {
	for _, op := range []Op{OpAtMost, OpAtLeast, OpLess, OpMore, OpEqual} {
		if strings.HasPrefix(p.s[p.i:], string(op)) {
			p.i += len(op)
			return op
		}
	}
	return ""
}

func (p *filterParser) value(f FilterField) (Value, *Error) {
	from := p.i
	if p.atEnd(true) {
		return Value{}, p.fail(from, p.i, "a value is missing after %s:", f.Name).WithHint("%s", f.example())
	}
	op := p.op()
	v, err := p.operand(f, from, op)
	if err != nil {
		return v, err
	}
	if !p.atEnd(true) {
		return v, p.fail(from, p.i, "a blank or comma is missing after %s", Quote(p.s[from:p.i])).WithHint("put a blank behind the closing quote")
	}
	return v, nil
}

func (p *filterParser) operand(f FilterField, from int, op Op) (Value, *Error) {
	ordered := op != "" && op != OpEqual
	if ordered && f.Type != TypeTime && f.Type != TypeNumber && f.Type != TypeSeverity {
		return Value{}, p.fail(from, p.i, "%s cannot be compared with %s", f.Name, op).WithHint("%s", f.example())
	}
	if f.Type == TypeText {
		v, err := p.text(true)
		if !v.None {
			v.Op = op
		}
		return v, err
	}
	if !p.atEnd(true) && p.s[p.i] == '"' {
		v, err := p.text(true)
		if err != nil {
			return v, err
		}
		return p.typed(f, from, op, strings.Join(v.Parts, "*"))
	}
	return p.typed(f, from, op, p.word(true))
}

// typed reads the word of a field that is not text.
func (p *filterParser) typed(f FilterField, from int, op Op, word string) (Value, *Error) {
	low := strings.ToLower(word)
	if op == OpEqual {
		op = ""
	}
	bad := func() *Error {
		return p.fail(from, p.i, "%s does not take %s", f.Name, Quote(word)).WithHint("%s", f.example())
	}
	switch f.Type {
	case TypeWord, TypeSeverity:
		low = strings.ReplaceAll(low, "_", "-")
		stored, ok := filterWord(f, low)
		if !ok {
			return Value{}, bad()
		}
		return Value{Op: op, Word: stored}, nil
	case TypeRule:
		if low == "none" {
			return Value{None: true}, nil
		}
		if low == "" || strings.ContainsFunc(low, func(r rune) bool { return !ruleRune(r) && r != '*' }) {
			return Value{}, bad()
		}
		if !strings.Contains(low, "*") {
			return Value{Word: low}, nil
		}
		return textValue(strings.Split(low, "*"), ""), nil
	case TypeID:
		low = strings.TrimPrefix(low, "sha256:")
		if low == "" || strings.Trim(low, "0123456789abcdef") != "" {
			return Value{}, bad()
		}
		return Value{Word: low}, nil
	case TypeNumber:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n < 0 {
			return Value{}, bad()
		}
		return Value{Op: op, Number: n}, nil
	}
	v, ok := parseTimeValue(op, low)
	if !ok {
		return v, bad()
	}
	return v, nil
}

func ruleRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-'
}

// parseTimeValue reads a state, a day or an age; an age needs a direction, a state takes none.
func parseTimeValue(op Op, word string) (Value, bool) {
	word = strings.ReplaceAll(word, "_", "-")
	switch TimeState(word) {
	case Known, Never, Unknown, NotCollected, NotApplicable:
		return Value{Word: word}, op == ""
	}
	if day, err := time.Parse(time.DateOnly, word); err == nil && day.Year() >= 1000 {
		return Value{Op: op, Day: day}, true
	}
	if len(word) < 2 || len(word) > 6 || !strings.Contains("dwmy", word[len(word)-1:]) {
		return Value{}, false
	}
	n, err := strconv.ParseUint(word[:len(word)-1], 10, 16)
	if err != nil {
		return Value{}, false
	}
	v := Value{Op: op, Age: Age{N: int(n), Unit: word[len(word)-1]}}
	return v, op != "" && (v.Age.Unit != 'y' || n <= 1000) && (v.Age.Unit != 'm' || n <= 12000)
}

// text reads a word or quoted text with wildcards.
func (p *filterParser) text(list bool) (Value, *Error) {
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		word := p.word(list)
		if list && (word == "" || strings.ToLower(word) == "none") {
			return Value{None: true}, nil
		}
		return textValue(strings.Split(word, "*"), ""), nil
	}
	from := p.i
	var parts []string
	var piece strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			if !p.atEnd(list) {
				return Value{}, p.fail(from, p.i, "a blank is missing after %s", Quote(p.s[from:p.i])).WithHint("put a blank behind the closing quote")
			}
			if parts == nil && piece.Len() == 0 {
				return Value{None: true}, nil
			}
			return textValue(append(parts, piece.String()), ""), nil
		case c == '*':
			parts = append(parts, piece.String())
			piece.Reset()
		case c == '\\' && p.i+1 < len(p.s) && strings.IndexByte(`"\*`, p.s[p.i+1]) >= 0:
			p.i++
			piece.WriteByte(p.s[p.i])
		default:
			piece.WriteByte(c)
		}
	}
	return Value{}, p.fail(from, len(p.s), "the quote is never closed").WithHint("add a \" at the end")
}

// textValue takes literal pieces; neighbouring wildcards are one.
func textValue(parts []string, op Op) Value {
	kept := parts[:0]
	for i, part := range parts {
		if part != "" || i == 0 || i == len(parts)-1 {
			kept = append(kept, part)
		}
	}
	v := Value{Op: op, Parts: kept}
	v.folded = v.Folded()
	return v
}

// example is a hint on how a field is used.
func (f FilterField) example() string {
	switch f.Type {
	case TypeWord:
		return f.Name + " takes " + orList(f.Values)
	case TypeSeverity:
		return f.Name + " takes " + orList(f.Values) + ", and >= or < before the word"
	case TypeRule:
		return "write a rule id such as finding:sod, finding:owner*, finding:none"
	case TypeTime:
		return "write " + f.Name + ":>90d, " + f.Name + ":<2026-01-31 or " + f.Name + ":never (also unknown, not-collected, not-applicable, known)"
	case TypeNumber:
		return "write " + f.Name + ":1 or " + f.Name + ":>=2"
	case TypeID:
		return "write the first hex digits of the id"
	}
	return "write " + f.Name + ":word, " + f.Name + `:"two words", ` + f.Name + ":=exactly or " + f.Name + ":none"
}

// hintField names the nearest field, or how to look for text that holds a colon.
func (p *filterParser) hintField(name string) string {
	names := make([]string, len(p.fields))
	for i, f := range p.fields {
		names[i] = f.Name
	}
	hint := "fields are " + strings.Join(names, ", ")
	if near := Nearest(strings.ToLower(name), names); near != "" {
		return "did you mean " + near + ":? Text that holds a colon goes in quotes"
	}
	return hint + "; text that holds a colon goes in quotes"
}
