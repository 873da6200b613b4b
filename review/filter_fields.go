package review

import (
	"slices"
	"strings"
)

// FieldType says how a field's values are read and compared.
type FieldType int

// Types of field.
const (
	TypeText     FieldType = iota // contains, or with * or = the whole value
	TypeWord                      // one of Values
	TypeSeverity                  // one of Values, ordered
	TypeRule                      // a rule id, exact or with *
	TypeTime                      // a day, an age or a state
	TypeNumber                    // a whole number
	TypeID                        // the start of an id
)

// filterWord is the word a filter stores for one that was written: "dont-know" is what people are told, "abstain" what is
// recorded, and both are read.
func filterWord(f FilterField, word string) (string, bool) {
	if slices.Contains(f.Values, "dont-know") && slices.Contains([]string{"abstain", "don't-know", "dont-know"}, word) {
		return string(Abstain), true
	}
	return word, slices.Contains(f.Values, word)
}

// FilterField describes one field of the filter language.
type FilterField struct {
	Name    string
	Aliases []string
	Type    FieldType
	Help    string   // one line
	Values  []string // the words it takes, or the usual ones for completion
}

// FilterFields lists the fields of the item filter, in the order help shows them.
func FilterFields() []FilterField { return itemFields() }

func itemFields() []FilterField {
	times := []string{"never", "unknown", "not-collected", "not-applicable", "known", ">90d", "<30d"}
	return []FilterField{
		{"identity", []string{"name", "who"}, TypeText, "who has the access: key or display name", nil},
		{"kind", []string{"type"}, TypeWord, "what the identity is, or how it is marked", []string{"human", "service", "workload",
			"group", "external", "public", "system", "unknown", "break-glass", "shared", "integration", "token", "third-party"}},
		{"status", nil, TypeWord, "of the person or account", []string{"active", "inactive", "leaver", "unknown", "disabled", "locked",
			"pending", "expired", "deleted"}},
		{"finding", []string{"rule", "findings"}, TypeRule, "a rule that fired; none, or * for any", nil},
		{"severity", nil, TypeSeverity, "of the worst finding; severity:>=high", []string{"none", "info", "low", "medium", "high", "critical"}},
		{"verdict", nil, TypeWord, "what was decided, staged or signed", []string{"none", "keep", "revoke", "exception", "dont-know"}},
		{"state", nil, TypeWord, "how far the item is", []string{"open", "staged", "signed"}},
		{"change", nil, TypeWord, "against the last campaign", []string{"new", "changed", "unchanged", "came-back"}},
		{"previous", []string{"previous-verdict"}, TypeWord, "the verdict last time", []string{"none", "keep", "revoke", "exception", "dont-know"}},
		{"privileged", nil, TypeWord, "admin rights, or the privileged rule fired", []string{"yes", "no", "unknown"}},
		{"privilege", nil, TypeWord, "how much it allows", []string{"admin", "write", "read", "unknown"}},
		{"system", []string{"app", "application"}, TypeText, "the system it opens", nil},
		{"source", nil, TypeText, "where the export came from", nil},
		{"account", []string{"login"}, TypeText, "the account: native id or login", nil},
		{"entitlement", []string{"ent", "role"}, TypeText, "what is held: native id or name", nil},
		{"resource", nil, TypeText, "what it opens", nil},
		{"owner", nil, TypeText, "who answers for it; owner:none", nil},
		{"manager", nil, TypeText, "of the identity", nil},
		{"department", []string{"dept"}, TypeText, "of the identity", nil},
		{"reviewer", nil, TypeText, "who decides", nil},
		{"last-used", []string{"used"}, TypeTime, "last-used:>90d is longer ago than 90 days", times},
		{"granted", nil, TypeTime, "granted:<30d is within the last 30 days", times},
		{"expires", nil, TypeTime, "expires:<30d ends within 30 days", times},
		{"how", nil, TypeWord, "how it is held", []string{"direct", "group", "inherited", "eligible", "convenience"}},
		{"mark", []string{"tag"}, TypeText, "a mark of the identity", []string{"shared", "break-glass", "integration", "third-party"}},
		{"campaign", nil, TypeText, "name of the campaign", nil},
		{"stage", nil, TypeNumber, "level of review, from 1", []string{"1", "2"}},
		{"id", nil, TypeID, "the start of the item id", nil},
	}
}

// ExceptionFields lists the fields of the exception filter.
func ExceptionFields() []FilterField {
	return []FilterField{
		{"state", nil, TypeWord, "of the exception", []string{"proposed", "active", "expiring", "expired", "closed"}},
		{"identity", nil, TypeText, "who has the access", nil},
		{"system", nil, TypeText, "the system it opens", nil},
		{"source", nil, TypeText, "where the export came from", nil},
		{"account", nil, TypeText, "the account", nil},
		{"entitlement", nil, TypeText, "what is held", nil},
		{"owner", nil, TypeText, "who answers for it", nil},
		{"reviewer", nil, TypeText, "who granted the exception", nil},
		{"approver", nil, TypeText, "who approved it", nil},
		{"campaign", nil, TypeText, "name of the campaign", nil},
		{"until", nil, TypeTime, "until:<30d ends within 30 days", []string{"<30d", "<7d"}},
		{"renewals", nil, TypeNumber, "how often it was renewed", []string{"0", ">=1"}},
		{"id", nil, TypeNumber, "ledger index of the decision", nil},
	}
}

// RemediationFields lists the fields of the remediation filter.
func RemediationFields() []FilterField {
	return []FilterField{
		{"state", nil, TypeWord, "of the revoke", []string{"open", "claimed-done", "verified-gone", "still-present", "came-back"}},
		{"overdue", nil, TypeWord, "past the days the policy allows", []string{"yes", "no"}},
		{"superseded", nil, TypeWord, "a later campaign let the access stay", []string{"yes", "no"}},
		{"identity", nil, TypeText, "who has the access", nil},
		{"system", nil, TypeText, "the system it opens", nil},
		{"source", nil, TypeText, "where the export came from", nil},
		{"account", nil, TypeText, "the account", nil},
		{"entitlement", nil, TypeText, "what is held", nil},
		{"resource", nil, TypeText, "what it opens", nil},
		{"owner", nil, TypeText, "who answers for it", nil},
		{"reviewer", nil, TypeText, "who revoked it", nil},
		{"ticket", nil, TypeText, "of the last claim; ticket:none", nil},
		{"campaign", nil, TypeText, "name of the campaign", nil},
		{"days", nil, TypeNumber, "since the decision; days:>14", []string{">14", ">30"}},
		{"id", nil, TypeNumber, "ledger index of the decision", nil},
	}
}

func findField(fields []FilterField, name string) (FilterField, bool) {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	for _, f := range fields {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return f, true
		}
	}
	return FilterField{}, false
}

// Completion is what could stand at the cursor of a filter: text[From:To] may be replaced by one of Options.
type Completion struct {
	From, To int // bytes
	Field    string
	Options  []string
}

// CompleteFilter proposes fields, or values of a field, for the word that ends at the cursor (a byte offset). extra
// gives further values by field name, such as the systems in use; it may be nil.
func CompleteFilter(text string, cursor int, extra map[string][]string) Completion {
	return CompleteFields(itemFields(), text, cursor, extra)
}

// CompleteFields is CompleteFilter for a list with fields of its own, such as ExceptionFields.
func CompleteFields(fields []FilterField, text string, cursor int, extra map[string][]string) Completion {
	cursor = min(max(cursor, 0), len(text))
	start := wordStart(text[:cursor])
	word := text[start:cursor]
	if neg := strings.TrimPrefix(word, "-"); len(neg) < len(word) {
		start++
		word = neg
	}
	name, value, isField := strings.Cut(word, ":")
	if !isField {
		c := Completion{From: start, To: cursor}
		for _, f := range fields {
			if strings.HasPrefix(f.Name, strings.ToLower(word)) {
				c.Options = append(c.Options, f.Name+":")
			}
		}
		return c
	}
	f, ok := findField(fields, name)
	if !ok {
		return Completion{From: start, To: cursor}
	}
	value = value[strings.LastIndexByte(value, ',')+1:]
	c := Completion{From: cursor - len(value), To: cursor, Field: f.Name}
	prefix := Fold(strings.TrimPrefix(value, `"`))
	for _, v := range slices.Concat(f.Values, extra[f.Name]) {
		if !strings.HasPrefix(Fold(v), prefix) {
			continue
		}
		if f.Type == TypeText {
			v = printText([]string{v}, false)
		}
		if !slices.Contains(c.Options, v) {
			c.Options = append(c.Options, v)
		}
	}
	return c
}

// wordStart finds where the last word of text begins, blanks inside quotes not counting.
func wordStart(text string) int {
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t' || c == '\n') && !quoted:
			start = i + 1
		}
	}
	return start
}
