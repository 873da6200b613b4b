package detect

import (
	"cmp"
	"slices"
	"strings"

	"tickmark/review"
)

func separationRules() []rule {
	return []rule{
		{review.Rule{ID: "sod", Version: 1, Severity: review.High, Settings: []string{"sod"},
			Title:  "One identity holds both sides of a rule that keeps duties apart",
			Serves: []string{"soc2:CC5.1", "soc2:CC6.3", "800-53:AC-5", "csf:PR.AA-05"}},
			nil, separation, 0, 0},
	}
}

// duty is a rule in the form that is matched: sides A and B, each any of several names.
type duty struct {
	id, name string
	severity review.Severity
	control  string
	oneSided bool
	unless   string // department it does not apply to
	outside  string // it applies to every other department
}

// side says that an entitlement stands on side a or b of a rule.
type side struct {
	duty int32
	b    bool
}

// member is one name of a side as rule files write it: exact and case-sensitive, * at the end a prefix (importers.md 10.2).
type member struct {
	system string // folded; empty: any
	text   string
	prefix bool
	side   side
}

func (n *member) matches(system, source, text string) bool {
	if text == "" || n.system != "" && n.system != system && n.system != source {
		return false
	}
	if n.prefix {
		return strings.HasPrefix(text, n.text)
	}
	return text == n.text
}

// sodIndex holds the rules by what they name, and who holds which side.
type sodIndex struct {
	duties   []duty
	exact    map[string][]member
	prefixes []member
	patterns []patternSide
	held     map[uint64]*bothSides // identity<<32 | duty
}

type patternSide struct {
	pattern review.Pattern
	side    side
}

// bothSides keeps up to two different entitlements a side: enough to tell whether both are held by different ones.
type bothSides struct {
	a, b holding
}

type holding struct {
	n              int
	ents, accounts [2]int32
}

func (h *holding) add(ent, account int32) {
	if h.n > 0 && h.ents[0] == ent || h.n > 1 {
		return
	}
	h.ents[h.n], h.accounts[h.n] = ent, account
	h.n++
}

// other gives a holding that is not of the entitlement itself.
func (h *holding) other(ent int32) (entitlement, account int32, ok bool) {
	for i := range h.n {
		if h.ents[i] != ent {
			return h.ents[i], h.accounts[i], true
		}
	}
	return 0, 0, false
}

func newSoDIndex(s *Snapshot) sodIndex {
	x := sodIndex{exact: map[string][]member{}, held: map[uint64]*bothSides{}}
	for i := range s.SoD {
		x.addRule(&s.SoD[i])
	}
	for i := range s.Policy.SoD {
		x.addPair(&s.Policy.SoD[i])
	}
	return x
}

func (x *sodIndex) addRule(r *review.SoDRule) {
	at := int32(len(x.duties))
	x.duties = append(x.duties, duty{id: r.ID, name: cmp.Or(r.Name, r.Description), severity: severityOf(r.Severity), control: r.Control,
		oneSided: r.OneSided, unless: r.UnlessDepartment, outside: r.OutsideDepartment})
	x.addName(r.SystemA, r.EntitlementA, side{at, false})
	if !r.OneSided {
		x.addName(r.SystemB, r.EntitlementB, side{at, true})
	}
}

func (x *sodIndex) addName(system, entitlement string, to side) {
	n := member{system: review.Fold(strings.TrimSpace(system)), text: strings.TrimSpace(entitlement), side: to}
	if n.text == "" {
		return
	}
	if text, ok := strings.CutSuffix(n.text, "*"); ok {
		n.text, n.prefix = text, true
		x.prefixes = append(x.prefixes, n)
		return
	}
	x.exact[n.text] = append(x.exact[n.text], n)
}

func (x *sodIndex) addPair(p *review.SoDPair) {
	at := int32(len(x.duties))
	x.duties = append(x.duties, duty{id: p.ID, name: p.Name, severity: cmp.Or(p.Severity, review.High), control: p.Control,
		oneSided: len(p.B) == 0, unless: p.UnlessDepartment, outside: p.OutsideDepartment})
	for i, list := range [2][]string{p.A, p.B} {
		patterns, err := review.ParsePatterns(list)
		if err != nil {
			panic("detect: " + err.Error())
		}
		for _, pattern := range patterns {
			x.patterns = append(x.patterns, patternSide{pattern, side{at, i == 1}})
		}
	}
}

// severityOf reads the words that rule files use; an unknown or absent word is high.
func severityOf(word string) review.Severity {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical", "very high":
		return review.Critical
	case "medium", "moderate":
		return review.Medium
	case "low":
		return review.Low
	case "info", "informational":
		return review.Info
	}
	return review.High
}

// sidesOf tells on which sides of which rules an entitlement stands, each once.
func (x *sodIndex) sidesOf(system, source, nativeID, display string) []side {
	var out []side
	add := func(s side) {
		for _, have := range out {
			if have == s {
				return
			}
		}
		out = append(out, s)
	}
	system, source = review.Fold(system), review.Fold(source)
	for _, text := range [2]string{nativeID, display} {
		for i := range x.exact[text] {
			if n := &x.exact[text][i]; n.matches(system, source, text) {
				add(n.side)
			}
		}
		for i := range x.prefixes {
			if n := &x.prefixes[i]; n.matches(system, source, text) {
				add(n.side)
			}
		}
		for i := range x.patterns {
			if p := &x.patterns[i]; p.pattern.Match(system, text) || p.pattern.Match(source, text) {
				add(p.side)
			}
		}
	}
	slices.SortFunc(out, func(a, b side) int { return int(a.duty - b.duty) })
	return out
}

// add notes that an identity holds an entitlement on these sides.
func (x *sodIndex) add(identity, account, entitlement int32, sides []side) {
	for _, s := range sides {
		if x.duties[s.duty].oneSided {
			continue
		}
		key := uint64(identity)<<32 | uint64(s.duty)
		held := x.held[key]
		if held == nil {
			held = &bothSides{}
			x.held[key] = held
		}
		if s.b {
			held.b.add(entitlement, account)
		} else {
			held.a.add(entitlement, account)
		}
	}
}

func separation(f *facts) {
	if f.ent == nil || f.identity == nil || !usable(f.account, f.grant) {
		return
	}
	said := int32(-1) // an entitlement on both sides of a rule is one finding
	for _, s := range f.d.entitlements[f.grant.Entitlement].sides {
		du := &f.d.sod.duties[s.duty]
		if s.duty == said || !du.applies(f.identity.Department) {
			continue
		}
		if du.oneSided {
			f.sayAs(du.severity, "%s: holds %s%s", du.title(), f.held(), du.mitigation())
			continue
		}
		held := f.d.sod.held[uint64(f.account.Identity)<<32|uint64(s.duty)]
		if held == nil {
			continue
		}
		against := &held.b
		if s.b {
			against = &held.a
		}
		ent, account, ok := against.other(int32(f.grant.Entitlement))
		if !ok {
			continue
		}
		said = s.duty
		f.sayAs(du.severity, "%s: holds %s and %s%s", du.title(), f.held(), f.d.elsewhere(f, ent, account), du.mitigation())
	}
}

// elsewhere names the other side, with system and account where they differ.
func (d *Detector) elsewhere(f *facts, ent, account int32) string {
	e, a := &d.s.Entitlements[ent], &d.s.Accounts[account]
	text := cut(cmp.Or(e.Name, e.NativeID))
	if a.Source != f.account.Source {
		src := &d.s.Sources[a.Source]
		text += " in " + cut(cmp.Or(e.System, src.System, string(src.ID)))
	}
	if int(account) != f.grant.Account {
		text += " as " + cut(cmp.Or(a.Login, a.NativeID))
	}
	return text
}

func (du *duty) title() string {
	if du.name == "" || du.name == du.id {
		return cut(cmp.Or(du.id, "rule"))
	}
	return strings.TrimSpace(cut(du.id) + " " + cut(du.name))
}

func (du *duty) mitigation() string {
	if du.control == "" {
		return ""
	}
	return "; mitigating control: " + cut(du.control)
}

// applies asks whether a rule binds a department. A department that is not known is neither exempt nor outside.
func (du *duty) applies(department string) bool {
	dept := review.Fold(strings.TrimSpace(department))
	if du.unless != "" && dept == review.Fold(strings.TrimSpace(du.unless)) {
		return false
	}
	if du.outside != "" {
		return dept != "" && dept != review.Fold(strings.TrimSpace(du.outside))
	}
	return true
}

// Duties tells on which side of which rule that keeps duties apart an entitlement stands.
type Duties struct{ x sodIndex }

// Stand is one side of one rule. Title is how findings begin that the rule makes.
type Stand struct {
	Title   string
	Control string // that mitigates it
	B       bool
}

// NewDuties takes the rules of rule files and of the policy, as New does.
func NewDuties(p review.Policy, rules []review.SoDRule) *Duties {
	return &Duties{newSoDIndex(&Snapshot{Policy: p, SoD: rules})}
}

// Of gives the sides an entitlement stands on; of rules with one side only there is none to choose from.
func (d *Duties) Of(system, source, nativeID, name string) []Stand {
	var out []Stand
	for _, s := range d.x.sidesOf(system, source, nativeID, name) {
		if du := &d.x.duties[s.duty]; !du.oneSided {
			out = append(out, Stand{Title: du.title(), Control: du.control, B: s.b})
		}
	}
	return out
}
