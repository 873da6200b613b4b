package review

import (
	"fmt"
	"regexp"
)

// EvidenceFile is a file that shows a control, as far as it is known. The record holds its digest; name and size are known
// where it was read, its bytes are kept only if that was asked for.
type EvidenceFile struct {
	Entry  EntryIndex `json:"entry,omitempty"` // the record that names it
	SHA256 string     `json:"sha256"`          // hex
	Name   string     `json:"name,omitempty"`
	Size   int64      `json:"size"` // -1: not known
	Kept   bool       `json:"kept"`
}

// String says it in a line.
func (f EvidenceFile) String() string {
	text := "sha256:" + f.SHA256
	if f.Size >= 0 {
		unit := "bytes"
		if f.Size == 1 {
			unit = "byte"
		}
		text = fmt.Sprintf("%d %s, %s", f.Size, unit, text)
	}
	if f.Name != "" {
		text = Safe(f.Name) + ", " + text
	}
	if f.Kept {
		return text + ", kept"
	}
	return text + ", not kept"
}

// MostKept is how large a file may be whose bytes are kept.
const MostKept = 16 << 20

// WithEvidence names a file in the control of an exception: a decision has no other place for it (ledger.md 3.5).
func WithEvidence(control, name, sha256 string) string {
	if name != "" {
		name += ", "
	}
	return fmt.Sprintf("%s (evidence %ssha256:%s)", control, name, sha256)
}

var evidenceInControl = regexp.MustCompile(`(?s)\(evidence (?:(.*), )?sha256:([0-9a-f]{64})\)$`)

// EvidenceIn reads what WithEvidence wrote; ok is false for a control that names no file.
func EvidenceIn(control string) (f EvidenceFile, ok bool) {
	m := evidenceInControl.FindStringSubmatch(control)
	if m == nil {
		return f, false
	}
	return EvidenceFile{Name: m[1], SHA256: m[2], Size: -1}, true
}

// EvidenceNamed lists the files that an exception names: in the control of the decision, and in its closures.
func EvidenceNamed(decision EntryIndex, control string, history []ClosureRecord) (out []EvidenceFile) {
	if f, ok := EvidenceIn(control); ok {
		f.Entry = decision
		out = append(out, f)
	}
	for _, c := range history {
		if c.Evidence != "" {
			out = append(out, EvidenceFile{Entry: c.Index, SHA256: c.Evidence, Size: -1})
		}
	}
	return out
}
