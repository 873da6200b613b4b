package ledger

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxText is the largest text in bytes; for a signed entry it holds for statement and signature together.
const MaxText = 65535

// valueType is a type of ledger.md 1.2.
type valueType uint8

const (
	typeNumber valueType = iota
	typeSHA
	typeTree
	typeKey
	typeTime
	typeDate
	typeLog
	typeID
	typePrincipal
	typeSalt
	typeYesNo
	typeHead
	typeStated
	typeTally
	typeText
	typeWord
	typeTotal
	typeExclusion
	typeFinding
)

// field is one line of a kind, or the head of a list of lines.
type field struct {
	name     string
	typ      valueType
	optional bool // may be absent, written "-"
	words    []string
	index    []int
	list     string // name of the counting line, "" if no list
}

// plan is how a kind is written: its header and its fields in normative order.
type plan struct {
	kind   Kind
	typ    reflect.Type
	header string
	fields []field
	signed bool
}

// plans and plansByType are filled once from the struct tags in kinds.go and never change.
var plans, plansByType = makePlans(map[Kind]any{
	KindOpen: Open{}, KindRoster: Roster{}, KindImport: Import{}, KindCampaign: Campaign{},
	KindDecision: Decision{}, KindReassign: Reassign{}, KindClosure: Closure{}, KindRemediation: Remediation{},
	KindBundle: Bundle{}, KindSignoff: Signoff{}, KindAnchor: Anchor{},
	KindGrant: Grant{}, KindItem: Item{}, KindRow: Row{}, KindMember: Member{}, KindAssignment: Assignment{},
	KindFacts: Facts{}, KindSample: Sample{}, KindPack: Pack{},
})

func makePlans(kinds map[Kind]any) (map[Kind]*plan, map[reflect.Type]*plan) {
	byKind, byType := make(map[Kind]*plan), make(map[reflect.Type]*plan)
	for kind, v := range kinds {
		p := &plan{kind: kind, typ: reflect.TypeOf(v), header: "tickmark/" + string(kind) + " v1\n"}
		for _, f := range reflect.VisibleFields(p.typ) {
			if f.Anonymous {
				p.signed = true
				continue
			}
			p.fields = append(p.fields, makeField(f))
		}
		byKind[kind], byType[p.typ] = p, p
	}
	return byKind, byType
}

func makeField(f reflect.StructField) field {
	made := field{name: f.Tag.Get("name"), index: f.Index}
	if made.name == "" {
		made.name = hyphenate(f.Name)
	}
	if list, one, ok := strings.Cut(f.Tag.Get("list"), ","); ok {
		made.list, made.name = list, one
	}
	typ, optional := strings.CutSuffix(f.Tag.Get("t"), "?")
	made.optional = optional
	switch typ {
	case "n":
		made.typ = typeNumber
	case "sha":
		made.typ = typeSHA
	case "tree":
		made.typ = typeTree
	case "key":
		made.typ = typeKey
	case "time":
		made.typ = typeTime
	case "date":
		made.typ = typeDate
	case "log":
		made.typ = typeLog
	case "id":
		made.typ = typeID
	case "principal":
		made.typ = typePrincipal
	case "salt":
		made.typ = typeSalt
	case "yn":
		made.typ = typeYesNo
	case "head":
		made.typ = typeHead
	case "stated":
		made.typ = typeStated
	case "tally":
		made.typ = typeTally
	case "text":
		made.typ, made.optional = typeText, true
	case "text!":
		made.typ = typeText
	case "total":
		made.typ = typeTotal
	case "exclusion":
		made.typ = typeExclusion
	case "finding":
		made.typ = typeFinding
	default:
		if !strings.Contains(typ, "|") {
			panic("ledger: unknown type in tag: " + typ)
		}
		made.typ, made.words = typeWord, strings.Split(typ, "|")
	}
	return made
}

// hyphenate turns a Go field name into lower-case words joined by hyphens.
func hyphenate(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Format writes a text: v is a value of a kind of kinds.go or a pointer to one. For signed kinds it writes the
// statement, to which the signature is added by [JoinEntry]. The error is a [*Failure] with CodeFormat and says which
// field has no canonical form; what Format writes, [Parse] reads back to an equal value.
func Format(v any) ([]byte, error) { return Append(make([]byte, 0, 1024), v) }

// Append is [Format] into dst. After an error the bytes behind len(dst) are undefined.
func Append(dst []byte, v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	} else if value.IsValid() {
		held := reflect.New(value.Type()).Elem()
		held.Set(value)
		value = held
	}
	var p *plan
	if value.IsValid() {
		p = plansByType[value.Type()]
	}
	if p == nil {
		return dst, failf(CodeFormat, "%T is no kind of text", v)
	}
	start := len(dst)
	dst, err := p.append(dst, value)
	if err != nil {
		return dst, err
	}
	if len(dst)-start > MaxText {
		return dst, failf(CodeFormat, "%s: %d bytes are more than %d", p.kind, len(dst)-start, MaxText)
	}
	return dst, nil
}

func (p *plan) append(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, p.header...)
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.FieldByIndex(f.index)
		var ok bool
		if f.list == "" {
			dst = append(dst, f.name...)
			dst = append(dst, ": "...)
			if dst, ok = f.appendValue(dst, fv.Addr().Interface()); !ok {
				return dst, failf(CodeFormat, "%s: field %s: %s has no canonical form", p.kind, f.name, quoteAny(fv))
			}
			dst = append(dst, '\n')
			continue
		}
		dst = append(dst, f.list...)
		dst = append(dst, ": "...)
		dst = strconv.AppendInt(dst, int64(fv.Len()), 10)
		dst = append(dst, '\n')
		for j := range fv.Len() {
			dst = append(dst, f.name...)
			dst = append(dst, ": "...)
			if dst, ok = f.appendValue(dst, fv.Index(j).Addr().Interface()); !ok {
				return dst, failf(CodeFormat, "%s: %s %d: %s has no canonical form", p.kind, f.name, j+1, quoteAny(fv.Index(j)))
			}
			dst = append(dst, '\n')
		}
	}
	return dst, p.checkTally(v)
}

func quoteAny(v reflect.Value) string { return quote(fmt.Sprint(v.Interface())) }

// checkTally holds the words of a tally against the act that fixes them.
func (p *plan) checkTally(v reflect.Value) error {
	switch t := v.Addr().Interface().(type) {
	case *Bundle:
		_, err := ParseTally(t.Act, t.Tally)
		return err
	case *Signoff:
		_, err := ParseTally(ActDecision, t.Tally)
		return err
	}
	return nil
}

// appendValue writes one value. ptr points to the Go value that kinds.go gives the type. ok is false if the value has no
// canonical form.
func (f *field) appendValue(dst []byte, ptr any) (_ []byte, ok bool) {
	switch v := ptr.(type) {
	case *int64:
		if f.optional && *v == 0 {
			return append(dst, '-'), true
		}
		return strconv.AppendInt(dst, *v, 10), validNumber(*v)
	case *Hash:
		if f.optional && v.IsZero() {
			return append(dst, '-'), true
		}
		if f.typ == typeTree {
			return v.appendTree(dst), true
		}
		return v.appendSHA(dst), true
	case *time.Time:
		if f.optional && v.IsZero() {
			return append(dst, '-'), true
		}
		return appendInstant(dst, *v)
	case *Date:
		if f.optional && *v == "" {
			return append(dst, '-'), true
		}
		return append(dst, *v...), ValidDate(string(*v))
	case *bool:
		if *v {
			return append(dst, "yes"...), true
		}
		return append(dst, "no"...), true
	case *Head:
		return v.append(dst), validNumber(v.Size)
	case *string:
		if f.typ == typeText {
			return AppendEscape(dst, *v), f.optional || *v != ""
		}
		if f.optional && *v == "" {
			return append(dst, '-'), true
		}
		return append(dst, *v...), f.validString(*v)
	case *Total:
		dst = append(dst, v.Name...)
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, v.Declared, 10)
		dst = append(dst, ' ')
		return strconv.AppendInt(dst, v.Found, 10), validTotalName(v.Name) && validNumber(v.Declared) && validNumber(v.Found)
	case *Exclusion:
		dst = strconv.AppendInt(dst, v.Count, 10)
		dst = append(dst, ' ')
		return AppendEscape(dst, v.Reason), validNumber(v.Count)
	case *Finding:
		dst = append(dst, v.Rule...)
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, v.Version, 10)
		dst = append(dst, ' ')
		dst = append(dst, v.Severity...)
		dst = append(dst, ' ')
		return AppendEscape(dst, v.Text), validRule(v.Rule) && validNumber(v.Version) && validSeverity(v.Severity)
	}
	return dst, false
}

func (f *field) validString(s string) bool {
	switch f.typ {
	case typeKey:
		return ValidFingerprint(s)
	case typeLog:
		return ValidLog(s)
	case typeID:
		return ValidID(s)
	case typePrincipal:
		return ValidPrincipal(s)
	case typeSalt:
		return ValidSalt(s)
	case typeStated:
		return ValidStated(s)
	case typeTally:
		return true // checkTally knows the words
	case typeWord:
		return slices.Contains(f.words, s)
	}
	return false
}

func (h Head) append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, h.Size, 10)
	dst = append(dst, ' ')
	return h.Root.appendTree(dst)
}

// String gives the form of type `head`: size, blank, root.
func (h Head) String() string { return string(h.append(nil)) }

// ParseHead reads type `head` and no other spelling.
func ParseHead(s string) (Head, error) {
	size, root, _ := strings.Cut(s, " ")
	n, ok := parseNumber(size)
	r, err := ParseTree(root)
	if !ok || err != nil {
		return Head{}, failf(CodeFormat, "%s is not a size and a root", quote(s))
	}
	return Head{Size: n, Root: r}, nil
}

func validTotalName(s string) bool {
	return s != "" && all(s, func(c byte) bool { return isLowerDigit(c) || c == '-' })
}

func validRule(s string) bool {
	return s != "" && isLowerDigit(s[0]) && all(s[1:], func(c byte) bool { return isLowerDigit(c) || c == '.' || c == '-' })
}

func validSeverity(s string) bool {
	switch s {
	case "info", "low", "medium", "high", "critical":
		return true
	}
	return false
}
