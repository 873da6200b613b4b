package ledger

import (
	"bytes"
	"reflect"
	"strings"
	"time"
)

// Parse reads a text without signature and gives a pointer to a value of its kind (*Decision, *Bundle, ...). It accepts
// exactly the canonical texts of ledger.md 1.1: whatever [Format] would not write byte for byte is refused with a
// [*Failure] of CodeFormat. Every value has one accepted spelling, so that holds without writing the text again; the
// fuzz target does. The value shares no memory with text.
func Parse(text []byte) (any, error) {
	if len(text) > MaxText {
		return nil, failf(CodeFormat, "%d bytes are more than %d", len(text), MaxText)
	}
	if len(text) == 0 || text[len(text)-1] != '\n' {
		return nil, failf(CodeFormat, "the text does not end with a line feed")
	}
	p, err := planOf(text)
	if err != nil {
		return nil, err
	}
	v := reflect.New(p.typ)
	if err := p.parse(string(text[len(p.header):]), v.Elem()); err != nil {
		return nil, err
	}
	if err := p.checkTally(v.Elem()); err != nil {
		return nil, err
	}
	return v.Interface(), nil
}

// planOf finds the kind by the first line.
func planOf(text []byte) (*plan, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	name, ok := bytes.CutPrefix(line, []byte("tickmark/"))
	if !ok {
		return nil, failf(CodeFormat, "the first line is not tickmark/KIND v1: %s", quote(string(line)))
	}
	name, ok = bytes.CutSuffix(name, []byte(" v1"))
	if !ok {
		return nil, failf(CodeFormat, "the first line is not tickmark/KIND v1: %s", quote(string(line)))
	}
	p := plans[Kind(name)]
	if p == nil {
		return nil, failf(CodeFormat, "there is no kind %s", quote(string(name)))
	}
	return p, nil
}

// parse reads the fields from s, the text behind the header, into v.
func (p *plan) parse(s string, v reflect.Value) error {
	line := func(name string) (string, error) {
		end := strings.IndexByte(s, '\n')
		if end < 0 {
			return "", failf(CodeFormat, "%s: field %s is missing", p.kind, name)
		}
		value, ok := strings.CutPrefix(s[:end], name)
		if ok {
			value, ok = strings.CutPrefix(value, ": ")
		}
		if !ok {
			return "", failf(CodeFormat, "%s: the field %s should stand where %s stands", p.kind, name, quote(s[:end]))
		}
		s = s[end+1:]
		return value, nil
	}
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.FieldByIndex(f.index)
		if f.list == "" {
			text, err := line(f.name)
			if err != nil {
				return err
			}
			if !f.parseValue(text, fv.Addr().Interface()) {
				return failf(CodeFormat, "%s: field %s cannot be %s", p.kind, f.name, quote(text))
			}
			continue
		}
		text, err := line(f.list)
		if err != nil {
			return err
		}
		count, ok := parseNumber(text)
		if !ok {
			return failf(CodeFormat, "%s: field %s cannot be %s", p.kind, f.list, quote(text))
		}
		for range count {
			text, err := line(f.name)
			if err != nil {
				return err
			}
			elem := reflect.New(fv.Type().Elem())
			if !f.parseValue(text, elem.Interface()) {
				return failf(CodeFormat, "%s: field %s cannot be %s", p.kind, f.name, quote(text))
			}
			fv.Set(reflect.Append(fv, elem.Elem()))
		}
	}
	if s != "" {
		end := strings.IndexByte(s, '\n')
		return failf(CodeFormat, "%s: there is no field for the line %s", p.kind, quote(s[:end]))
	}
	return nil
}

// parseValue reads one value into the Go value ptr points to. It accepts only the spelling that appendValue writes. So an
// optional value that is spelled out but equal to the absent one is refused.
func (f *field) parseValue(s string, ptr any) (ok bool) {
	if f.optional && s == "-" {
		return true // the value is absent, and *ptr is the zero value already
	}
	var err error
	switch v := ptr.(type) {
	case *int64:
		*v, ok = parseNumber(s)
		return ok && !(f.optional && *v == 0)
	case *Hash:
		if f.typ == typeTree {
			*v, err = ParseTree(s)
		} else {
			*v, err = ParseSHA(s)
		}
		return err == nil && !(f.optional && v.IsZero())
	case *time.Time:
		*v, ok = parseInstant(s)
		return ok && !(f.optional && v.IsZero())
	case *Date:
		*v = Date(s)
		return ValidDate(s)
	case *bool:
		*v = s == "yes"
		return *v || s == "no"
	case *Head:
		*v, err = ParseHead(s)
		return err == nil
	case *string:
		if f.typ != typeText {
			*v = s
			return f.validString(s)
		}
		*v, err = Unescape(s)
		return err == nil && *v != ""
	case *Total:
		name, rest, _ := strings.Cut(s, " ")
		declared, found, _ := strings.Cut(rest, " ")
		var ok1, ok2 bool
		v.Name = name
		v.Declared, ok1 = parseNumber(declared)
		v.Found, ok2 = parseNumber(found)
		return ok1 && ok2 && validTotalName(name)
	case *Exclusion:
		count, reason, _ := strings.Cut(s, " ")
		v.Count, ok = parseNumber(count)
		v.Reason, err = Unescape(reason)
		return ok && err == nil
	case *Finding:
		parts := strings.SplitN(s, " ", 4)
		if len(parts) < 4 {
			return false
		}
		v.Rule, v.Severity = parts[0], parts[2]
		v.Version, ok = parseNumber(parts[1])
		v.Text, err = Unescape(parts[3])
		return ok && err == nil && validRule(v.Rule) && validSeverity(v.Severity)
	}
	return false
}
