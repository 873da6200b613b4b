package ledger

import (
	"fmt"
	"strconv"
	"strings"
)

// Code is a stable word for a way in which a ledger can be wrong (ledger.md 6). Codes never change; words do.
type Code string

// The codes, in the order in which a verifier checks and reports them.
const (
	CodeFormat       Code = "FORMAT"
	CodeReplay       Code = "REPLAY"
	CodeSignature    Code = "SIGNATURE"
	CodeKey          Code = "KEY"
	CodeRoster       Code = "ROSTER"
	CodeChain        Code = "CHAIN"
	CodeSeen         Code = "SEEN"
	CodeBundle       Code = "BUNDLE"
	CodeOrphan       Code = "ORPHAN"
	CodeReference    Code = "REFERENCE"
	CodeImport       Code = "IMPORT"
	CodePopulation   Code = "POPULATION"
	CodePolicy       Code = "POLICY"
	CodeDuplicate    Code = "DUPLICATE"
	CodeClosure      Code = "CLOSURE"
	CodeRemediation  Code = "REMEDIATION"
	CodeTime         Code = "TIME"
	CodeCounter      Code = "COUNTER"
	CodeSignoff      Code = "SIGNOFF"
	CodeCompleteness Code = "COMPLETENESS"
	CodeAnchor       Code = "ANCHOR"
	CodeCheckpoint   Code = "CHECKPOINT"
	CodeRollback     Code = "ROLLBACK"
	CodeRewrite      Code = "REWRITE"
	CodeManifest     Code = "MANIFEST"
	CodeTable        Code = "TABLE"
	CodeReport       Code = "REPORT"
	CodeWorkbook     Code = "WORKBOOK"
	CodeOSCAL        Code = "OSCAL"
	CodeUnreadable   Code = "UNREADABLE"
)

// step is the order of a code in a report. An unknown code comes last.
func (c Code) step() int {
	switch c {
	case CodeFormat:
		return 1
	case CodeReplay:
		return 2
	case CodeSignature:
		return 3
	case CodeKey:
		return 4
	case CodeRoster:
		return 5
	case CodeChain:
		return 6
	case CodeSeen:
		return 7
	case CodeBundle:
		return 8
	case CodeOrphan:
		return 9
	case CodeReference:
		return 10
	case CodeImport:
		return 11
	case CodePopulation:
		return 12
	case CodePolicy:
		return 13
	case CodeDuplicate:
		return 14
	case CodeClosure:
		return 15
	case CodeRemediation:
		return 16
	case CodeTime:
		return 17
	case CodeCounter:
		return 18
	case CodeSignoff:
		return 19
	case CodeCompleteness:
		return 20
	case CodeAnchor:
		return 21
	case CodeCheckpoint:
		return 22
	case CodeRollback:
		return 23
	case CodeRewrite:
		return 24
	case CodeManifest:
		return 25
	case CodeTable:
		return 26
	case CodeReport:
		return 27
	case CodeWorkbook:
		return 28
	case CodeOSCAL:
		return 29
	}
	return 30
}

// NoIndex is the Index of a failure that belongs to no entry.
const NoIndex int64 = -1

// Failure is one thing that is wrong. It is an error where a single text or signature is judged, and one line of a
// [Report] where a whole ledger is.
type Failure struct {
	Code  Code
	Index int64  // entry, or NoIndex
	File  string // name of the document or file concerned, "" if it is the entry itself
	Words string // a sentence for people, without final stop; data in it is in display form
}

// Error gives the failure as it is printed: "CODE at INDEX: words".
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(string(f.Code))
	if f.Index != NoIndex {
		b.WriteString(" at ")
		b.WriteString(strconv.FormatInt(f.Index, 10))
	}
	if f.File != "" {
		b.WriteString(" in ")
		b.WriteString(Display(f.File))
	}
	b.WriteString(": ")
	b.WriteString(f.Words)
	return b.String()
}

// failf makes a failure that is not bound to an entry yet.
func failf(c Code, format string, args ...any) *Failure {
	return &Failure{Code: c, Index: NoIndex, Words: fmt.Sprintf(format, args...)}
}
