package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"tickmark/review"
)

// rule is an entry of the table: what people are told, and the function that looks.
type rule struct {
	review.Rule
	NotKinds []review.Kind // kinds it never looks at
	fire     func(*facts)

	kinds, not kindSet
}

// Rules lists every rule in the order findings of equal severity are shown.
func Rules() []review.Rule {
	var out []review.Rule
	for _, r := range table() {
		out = append(out, r.Rule)
	}
	return out
}

// RulesFor lists the rules that look at a kind of identity or a mark: what a pack for people, machines, keys, integrations,
// shared, break-glass or guest accounts consists of.
func RulesFor(k review.Kind) []review.Rule {
	set := kindsOf([]review.Kind{k})
	var out []review.Rule
	for _, r := range table() {
		if takes := kindsOf(r.Kinds); (takes == 0 || takes&set != 0) && kindsOf(r.NotKinds)&set == 0 {
			out = append(out, r.Rule)
		}
	}
	return out
}

// LookupRule finds a rule by id.
func LookupRule(id string) (review.Rule, bool) {
	for _, r := range table() {
		if r.ID == id {
			return r.Rule, true
		}
	}
	return review.Rule{}, false
}

// table is every rule, family by family.
func table() []rule {
	var out []rule
	for _, family := range []struct {
		name  string
		rules []rule
	}{
		{"people", peopleRules()},
		{"separation", separationRules()},
		{"privilege", privilegeRules()},
		{"use", useRules()},
		{"ownership", ownershipRules()},
		{"credentials", credentialRules()},
		{"history", historyRules()},
	} {
		for _, r := range family.rules {
			r.Family = family.name
			out = append(out, r)
		}
	}
	return out
}

// RulesText is what a campaign names by rules-sha256 (ledger.md 3.4): every rule that runs with its version, severity and
// the policy settings it reads, the built-in table of privileged names by hash, and every separation-of-duties rule by
// hash. Equal inputs give equal bytes.
func RulesText(p review.Policy, sod []review.SoDRule) []byte {
	settings := map[string]string{}
	for line := range strings.Lines(string(p.Text())) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " = "); ok {
			settings[name] = value
		}
	}
	var b strings.Builder
	b.WriteString("# tickmark rules v1\n")
	for _, r := range table() {
		fmt.Fprintf(&b, "rule %s %d %s", r.ID, r.Version, r.Severity)
		if off(p, r.ID) {
			b.WriteString(" off")
		}
		for _, s := range r.Settings {
			fmt.Fprintf(&b, " %s=%s", s, settings[s])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "table privileged %s\n", hashOf(privilegedNames))
	for _, r := range sod {
		r.Locator = "" // where it was read from is not part of the rule
		fmt.Fprintf(&b, "sod %s %s\n", oneWord(r.ID), hashOf(jsonText(r)))
	}
	for _, r := range p.SoD {
		fmt.Fprintf(&b, "sod %s %s\n", oneWord(r.ID), hashOf(jsonText(r)))
	}
	return []byte(b.String())
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("detect: a rule of plain values does not encode: " + err.Error())
	}
	return string(text)
}

func off(p review.Policy, id string) bool {
	for _, o := range p.RulesOff {
		if o == id {
			return true
		}
	}
	return false
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// oneWord keeps a rule id on its line.
func oneWord(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == 0x85 || r == 0xa0 || r == 0x2028 || r == 0x2029 {
			return '_'
		}
		return r
	}, s)
}

// kindSet is a set of identity kinds and marks.
type kindSet uint16

func kindsOf(kinds []review.Kind) kindSet {
	var set kindSet
	for _, k := range kinds {
		for i, known := range allKinds {
			if k == known {
				set |= 1 << i
			}
		}
	}
	return set
}

const thirdParty review.Kind = "third-party"

var allKinds = [...]review.Kind{review.Human, review.Service, review.Workload, review.Group, review.External, review.Public,
	review.System, review.UnknownKind, review.BreakGlass, review.Shared, review.Integration, review.Token, thirdParty}

// people are the kinds of those who act in their own name.
func people() []review.Kind { return []review.Kind{review.Human, review.External} }

// things are the kinds for which somebody else answers.
func things() []review.Kind {
	return []review.Kind{review.Service, review.Workload, review.BreakGlass, review.Shared, review.Integration, review.Token}
}
