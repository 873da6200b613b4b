package review

import "slices"

// Severity ranks a finding.
type Severity string

// Severities, weakest first.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Rank orders severities: 0 none, 1 info ... 5 critical.
func (s Severity) Rank() int {
	switch s {
	case Info:
		return 1
	case Low:
		return 2
	case Medium:
		return 3
	case High:
		return 4
	case Critical:
		return 5
	}
	return 0
}

// Finding is a rule that fired on an item, with the values that made it fire in its reason.
type Finding struct {
	Rule     string   `json:"rule"`
	Version  int      `json:"version"`
	Severity Severity `json:"severity"`
	Reason   string   `json:"reason"`
}

// Worst gives the highest severity of some findings, empty for none.
func Worst(findings []Finding) Severity {
	var worst Severity
	for _, f := range findings {
		if f.Severity.Rank() > worst.Rank() {
			worst = f.Severity
		}
	}
	return worst
}

// Urgency is the place of an item in the order it is reviewed in, least first: access of everybody (importers.md trap 41), then
// high and critical findings, then what changed since the last campaign, then what is as it was; each of them by the worst
// finding (design.md 1.6).
func Urgency(k Kind, worst Severity, c Change) int {
	const nobodyInParticular = 64
	if k != Public {
		return nobodyInParticular + urgency(worst, c)
	}
	return urgency(worst, c)
}

func urgency(worst Severity, c Change) int {
	const asItWas = 3
	severity, change := Critical.Rank()-worst.Rank(), asItWas
	if n := slices.Index([]Change{CameBack, New, Changed}, c); n >= 0 {
		change = n
	}
	switch {
	case worst.Rank() >= High.Rank():
		return severity*4 + change
	case change < asItWas:
		return 8 + severity*4 + change
	}
	return 32 + severity
}

// Rule describes a finding rule as help, lists and the rules text of a campaign show it.
type Rule struct {
	ID       string
	Version  int      // grows whenever the rule could answer differently on the same facts
	Severity Severity // the usual one; a rule may weigh its inputs and say another
	Title    string   // one line: what it means that it fired
	Family   string   // people, use, privilege, ownership, credentials, separation, history
	Kinds    []Kind   // identity kinds it looks at; empty: all
	Settings []string // settings of the policy it reads
	Serves   []string // controls in the form of ParseControls, and "owasp-nhi:NHI1" ... (OWASP NHI Top 10, 2025)
}
