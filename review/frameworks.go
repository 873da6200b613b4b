package review

import (
	"cmp"
	"slices"
	"strings"
)

// Control is one control of the catalogue (evidence-pack.md 5.3). The catalogue holds ids only and quotes no licensed text.
type Control struct {
	Key       string // soc2, soc1, csf, 800-53, iso, pci
	Framework string // "AICPA TSC"
	Version   string // "2017 (points of focus 2022)"; empty for SOC 1
	ID        string // "CC6.3"; empty only for SOC 1 without objectives
	Note      string // what a legacy id was replaced by; else empty
}

// String is the form ParseControls reads: "soc2:CC6.3".
func (c Control) String() string {
	if c.ID == "" {
		return c.Key
	}
	return c.Key + ":" + c.ID
}

// Text is what ParseControls reads to give the control with its note: the legacy id, where it took the place of one.
func (c Control) Text() string {
	for _, l := range legacyControls {
		if l.key == c.Key && l.note == c.Note && slices.Contains(l.ids, c.ID) {
			return l.key + ":" + l.given
		}
	}
	return c.String()
}

// OSCAL is the id as OSCAL documents write it (rulings 33): lower case, "(7)" as ".7", PCI and SOC 1 ids prefixed.
func (c Control) OSCAL() string {
	id := strings.ToLower(c.ID)
	id = strings.NewReplacer("(", ".", ")", "").Replace(id)
	id = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, id)
	switch c.Key {
	case "pci":
		return "pci-" + id
	case "soc1":
		return "obj-" + id
	}
	return id
}

// Framework is a set of controls reviews can serve.
type Framework struct {
	Key     string
	Aliases []string
	Name    string
	Version string
	IDs     []string // empty for SOC 1, whose objective ids the user gives
}

// Frameworks lists the catalogue in a fixed order.
func Frameworks() []Framework {
	return []Framework{
		{"soc2", []string{"tsc", "soc-2"}, "AICPA TSC", "2017 (points of focus 2022)", []string{"CC5.1", "CC5.2", "CC5.3", "CC6.1", "CC6.2", "CC6.3"}},
		{"soc1", []string{"soc-1"}, "SOC 1", "", nil},
		{"csf", []string{"nist-csf"}, "NIST CSF", "2.0", []string{"PR.AA-01", "PR.AA-05", "PR.DS-01"}},
		{"800-53", []string{"nist-800-53", "sp800-53", "nist"}, "NIST SP 800-53", "Rev. 5", []string{"AC-2", "AC-5", "AC-6(7)"}},
		{"iso", []string{"iso27001", "iso-27001"}, "ISO/IEC 27001", "2022", []string{"A.5.18", "A.8.2"}},
		{"pci", []string{"pci-dss", "pcidss"}, "PCI DSS", "4.0.1", []string{"7.2.4", "7.2.5.1"}},
	}
}

// legacyControls maps ids of older versions to those that took their place.
var legacyControls = [...]struct {
	key, given, note string
	ids              []string
}{
	{"csf", "PR.AC-1", "replaces PR.AC-1 of CSF 1.1", []string{"PR.AA-01", "PR.AA-05"}},
	{"csf", "PR.DS-1", "replaces PR.DS-1, the spelling of CSF 1.1", []string{"PR.DS-01"}},
}

// LegacyNotes lists the notes that may stand with a control because it took the place of an id of an older version.
func LegacyNotes(c Control) []string {
	var out []string
	for _, l := range legacyControls {
		if l.key == c.Key && slices.Contains(l.ids, c.ID) {
			out = append(out, l.note)
		}
	}
	return out
}

// ParseControls reads frameworks and control ids: "soc2" is all of it, "soc2:CC6.3" one control, "soc1" SOC 1 without
// objectives, "soc1:OBJ-7" an objective of the user's. Case does not matter. The result is sorted by framework, version
// and id without repeats. An unknown framework or id is refused; a legacy id is replaced and noted.
func ParseControls(texts []string) ([]Control, error) {
	var out []Control
	for _, s := range texts {
		found, err := parseControl(s)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortStableFunc(out, func(a, b Control) int {
		return cmp.Or(cmp.Compare(a.Framework, b.Framework), cmp.Compare(a.Version, b.Version), cmp.Compare(a.ID, b.ID), -cmp.Compare(a.Note, b.Note))
	})
	out = slices.CompactFunc(out, func(a, b Control) bool { return a.Key == b.Key && a.ID == b.ID })
	return dropBareSOC1(out), nil
}

// ControlWords says what a framework or control as given stands for: itself, or for an id of an older version those that
// took its place, with the note.
func ControlWords(given string) string {
	cs, err := ParseControls([]string{given})
	if err != nil || len(cs) == 0 || cs[0].Note == "" {
		return given
	}
	var ids []string
	for _, c := range cs {
		ids = append(ids, c.String())
	}
	return strings.Join(ids, " and ") + " (" + cs[0].Note + ")"
}

// dropBareSOC1 leaves SOC 1 without objectives out where objectives are named too.
func dropBareSOC1(cs []Control) []Control {
	named := slices.ContainsFunc(cs, func(c Control) bool { return c.Key == "soc1" && c.ID != "" })
	return slices.DeleteFunc(cs, func(c Control) bool { return named && c.Key == "soc1" && c.ID == "" })
}

func parseControl(s string) ([]Control, error) {
	key, id, hasID := strings.Cut(strings.TrimSpace(s), ":")
	f, err := findFramework(key)
	if err != nil {
		return nil, err
	}
	id = strings.TrimSpace(id)
	if !hasID {
		return f.all(), nil
	}
	for _, l := range legacyControls {
		if l.key == f.Key && strings.EqualFold(l.given, id) {
			var out []Control
			for _, to := range l.ids {
				out = append(out, f.control(to, l.note))
			}
			return out, nil
		}
	}
	if f.Key == "soc1" {
		if !isObjective(id) {
			return nil, Errorf(KindUsage, "%s is no objective id", Quote(id)).WithReason("unknown-control").
				WithHint("an objective id is up to 32 letters, digits, dots and hyphens, such as OBJ-7")
		}
		return []Control{f.control(id, "")}, nil
	}
	for _, known := range f.IDs {
		if strings.EqualFold(known, id) {
			return []Control{f.control(known, "")}, nil
		}
	}
	return nil, Errorf(KindUsage, "%s %s has no control %s in the catalogue", f.Name, f.Version, Quote(id)).
		WithReason("unknown-control").WithHint("it has %s", strings.Join(f.IDs, ", "))
}

func findFramework(key string) (Framework, error) {
	low := strings.ToLower(strings.TrimSpace(key))
	var keys []string
	for _, f := range Frameworks() {
		if f.Key == low || slices.Contains(f.Aliases, low) {
			return f, nil
		}
		keys = append(keys, f.Key)
	}
	if low == "800-207" || low == "sp800-207" || low == "nist-800-207" {
		return Framework{}, Errorf(KindUsage, "SP 800-207 has no controls to report against").WithReason("unknown-framework").
			WithHint("SC-10 is Network Disconnect in SP 800-53 and says nothing about reviews; use 800-53:AC-2, 800-53:AC-5 or 800-53:AC-6(7)")
	}
	return Framework{}, Errorf(KindUsage, "there is no framework %s", Quote(key)).WithReason("unknown-framework").
		WithHint("frameworks are %s", strings.Join(keys, ", "))
}

func (f Framework) control(id, note string) Control {
	return Control{Key: f.Key, Framework: f.Name, Version: f.Version, ID: id, Note: note}
}

func (f Framework) all() []Control {
	if len(f.IDs) == 0 {
		return []Control{f.control("", "")}
	}
	var out []Control
	for _, id := range f.IDs {
		out = append(out, f.control(id, ""))
	}
	return out
}

// isObjective follows [A-Za-z0-9][A-Za-z0-9.-]{0,31}.
func isObjective(id string) bool {
	return len(id) <= 32 && IsID(strings.ToLower(id))
}
