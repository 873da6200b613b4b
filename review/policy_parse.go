package review

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// policyHead is the first line of a policy that verifiers read (rulings 30).
const policyHead = "# tickmark policy v1"

// maxPolicy bounds a policy file in bytes.
const maxPolicy = 1 << 20

// ParsePolicy reads a policy file over the defaults: settings it does not name keep theirs. It is strict: an unknown
// setting, a wrong type or a value out of range is a *Error of kind usage whose message starts with LINE:COLUMN.
func ParsePolicy(text []byte) (Policy, error) {
	if len(text) > maxPolicy {
		return Policy{}, Errorf(KindUsage, "the policy is %d bytes long, at most %d are read", len(text), maxPolicy).
			WithHint("keep the policy to thresholds and patterns")
	}
	p := DefaultPolicy()
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Policy{}, policyDecodeError(err)
	}
	p.tidy()
	if name, err := p.check(); err != nil {
		return Policy{}, policyErrorAt(text, name, err)
	}
	return p, nil
}

// Validate reports the first setting out of range, as ParsePolicy would.
func (p Policy) Validate() error {
	if name, err := p.check(); err != nil {
		err.Message = name + ": " + err.Message
		return err
	}
	return nil
}

// Text is the effective policy in full: the head line, then every setting in a fixed order. ParsePolicy reads it back to
// the same policy, so its SHA-256 names the policy (ledger.md 3.4, rulings 30).
func (p Policy) Text() []byte {
	p.tidy()
	var b bytes.Buffer
	b.WriteString(policyHead + "\n")
	if err := toml.NewEncoder(&b).Encode(p); err != nil {
		panic("review: a policy of plain values does not encode: " + err.Error()) // no value of Policy can fail
	}
	return b.Bytes()
}

// ReadablePolicy reports whether a stored policy starts with the head line; without it, verifiers treat it as opaque.
func ReadablePolicy(text []byte) bool {
	head, _, _ := bytes.Cut(text, []byte("\n"))
	return string(head) == policyHead
}

// tidy makes lists that were never given equal to empty ones, so that equal policies have equal texts.
func (p *Policy) tidy() {
	for _, list := range []*[]string{&p.PrivilegedPatterns, &p.BreakGlassPatterns, &p.SharedPatterns, &p.IntegrationPatterns,
		&p.RulesOff, &p.Controls, &p.FinancialSources} {
		if *list == nil {
			*list = []string{}
		}
	}
	p.SoD = slices.Clone(p.SoD)
	if p.SoD == nil {
		p.SoD = []SoDPair{}
	}
	for i := range p.SoD {
		s := &p.SoD[i]
		s.Severity = cmp.Or(s.Severity, High)
		if s.A == nil {
			s.A = []string{}
		}
		if s.B == nil {
			s.B = []string{}
		}
	}
}

// check gives the name of the first bad setting and what is wrong with it.
func (p *Policy) check() (string, *Error) {
	for _, f := range PolicyFields() {
		if f.number != nil {
			if n := *f.number(p); n < f.Min || n > f.Max {
				return f.Name, Errorf(KindUsage, "%s is %d, it must be from %d to %d %s", f.Name, n, f.Min, f.Max, f.Unit).WithHint("%s", f.Help)
			}
		}
		if f.word != nil {
			if w := *f.word(p); !slices.Contains(f.Words, w) {
				return f.Name, Errorf(KindUsage, "%s is %s, it must be %s", f.Name, Quote(w), orList(f.Words)).WithHint("%s", f.Help)
			}
		}
	}
	if !p.RevokeNeedsReason {
		return "revoke-needs-reason", Errorf(KindUsage, "revoke-needs-reason cannot be false: a revoke without a reason is no record").
			WithHint("leave the setting out")
	}
	for _, l := range []struct {
		name string
		list []string
	}{{"privileged-patterns", p.PrivilegedPatterns}, {"break-glass-patterns", p.BreakGlassPatterns},
		{"shared-patterns", p.SharedPatterns}, {"integration-patterns", p.IntegrationPatterns}} {
		if _, err := ParsePatterns(l.list); err != nil {
			return l.name, asError(err)
		}
	}
	if _, err := ParseControls(p.Controls); err != nil {
		return "controls", asError(err)
	}
	for _, s := range p.FinancialSources {
		if !IsID(s) {
			return "financial-sources", Errorf(KindUsage, "%s is no source id", Quote(s)).WithHint("a source id is lower-case letters, digits, dots and hyphens")
		}
	}
	for _, s := range p.RulesOff {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !ruleRune(r) }) {
			return "rules-off", Errorf(KindUsage, "%s is no rule id", Quote(s)).WithHint("rule ids are listed by: tickmark findings --rules")
		}
	}
	return p.checkSoD()
}

func (p *Policy) checkSoD() (string, *Error) {
	seen := map[string]bool{}
	for i, s := range p.SoD {
		place := fmt.Sprintf("sod %d", i+1)
		switch {
		case strings.TrimSpace(s.ID) == "":
			return "sod", Errorf(KindUsage, "%s has no id", place).WithHint(`give it one, such as id = "pay-1"`)
		case seen[s.ID]:
			return "sod", Errorf(KindUsage, "the id %s is used twice", Quote(s.ID)).WithHint("give every rule its own id")
		case s.Severity.Rank() == 0:
			return "severity", Errorf(KindUsage, "%s: severity is %s", place, Quote(string(s.Severity))).WithHint("severity is info, low, medium, high or critical")
		case len(s.A) == 0:
			return "sod", Errorf(KindUsage, "%s has nothing on side a", place).WithHint(`name entitlements, such as a = ["sap:Z_PAY*"]`)
		}
		seen[s.ID] = true
		for _, side := range []struct {
			name string
			list []string
		}{{"a", s.A}, {"b", s.B}} {
			if _, err := ParsePatterns(side.list); err != nil {
				return side.name, asError(err)
			}
		}
	}
	return "", nil
}

func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(KindUsage, "%w", err)
}

func policyDecodeError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		row, column := first.Position()
		key := strings.Join(first.Key(), ".")
		e := Errorf(KindUsage, "%d:%d: there is no setting %s", row, column, Quote(key))
		e.Err = err
		if near := Nearest(key, policyNames()); near != "" {
			return e.WithHint("did you mean %s?", near)
		}
		return e.WithHint("settings are %s", strings.Join(policyNames(), ", "))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		e := Errorf(KindUsage, "%d:%d: %s", row, column, Safe(plainTOML(bad.Error())))
		e.Err = err
		return e.WithHint("the policy is TOML: name = value, numbers bare, words in quotes, lists in [ ]")
	}
	e := Errorf(KindUsage, "1:1: %s", Safe(strings.TrimPrefix(err.Error(), "toml: ")))
	e.Err = err
	return e.WithHint("the policy is TOML: name = value, numbers bare, words in quotes, lists in [ ]")
}

// plainTOML takes the parser's own words out of its message: "cannot decode TOML string into struct field review.Policy.X".
func plainTOML(message string) string {
	message = strings.TrimPrefix(message, "toml: ")
	if kind, _, ok := strings.Cut(strings.TrimPrefix(message, "cannot decode TOML "), " into "); ok && strings.HasPrefix(message, "cannot decode TOML ") {
		return "this setting takes no " + kind
	}
	return message
}

func policyNames() []string {
	var names []string
	for _, f := range PolicyFields() {
		names = append(names, f.Name)
	}
	return names
}

// policyErrorAt puts the place of a setting before an error about its value.
func policyErrorAt(text []byte, name string, e *Error) *Error {
	row, column := keyPosition(string(text), name)
	e.Message = strconv.Itoa(row) + ":" + strconv.Itoa(column) + ": " + e.Message
	return e
}

// keyPosition finds the line and column, from 1, where a key of a TOML text stands; 1:1 if it is not there.
func keyPosition(text, name string) (row, column int) {
	for i, line := range strings.Split(text, "\n") {
		bare := strings.TrimLeft(line, " \t[")
		key := strings.TrimLeft(bare, `"'`)
		rest, ok := strings.CutPrefix(key, name)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, `"' `+"\t")
		if strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "]") || strings.HasPrefix(rest, ".") {
			return i + 1, len([]rune(line[:len(line)-len(bare)])) + 1
		}
	}
	return 1, 1
}
