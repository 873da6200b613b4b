package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Verify checks a whole ledger by the steps of ledger.md 6 and reports every failure it finds. The report is for whatever
// the data is; the error is for what stopped the check altogether: the context, trust inputs that are no such thing, or
// an Input of which not even the first entry could be read.
//
// Memory is about 300 bytes per item and entry and 48 per row of an import; nothing else grows with the data.
func Verify(ctx context.Context, in Input, o Options) (*Report, error) {
	v := &verifier{
		ctx: ctx, in: in, o: o,
		report:   &Report{},
		rows:     make(map[int64]*rowTable),
		counters: make(map[string]uint32),
		lists:    make(map[string]*populationLists),
	}
	if err := v.readTrust(); err != nil {
		return nil, err
	}
	if err := v.entries(); err != nil {
		return nil, err
	}
	if err := v.finish(); err != nil {
		return nil, err
	}
	v.report.Sort()
	return v.report, nil
}

// verifier is one run of Verify.
type verifier struct {
	ctx    context.Context
	in     Input
	o      Options
	report *Report
	r      Replay
	keyer  GrantKeyer
	index  int64 // of the entry being checked

	own         *RosterFile // of the options
	ownDigest   Hash
	ownKnown    bool      // it is one of the ledger's versions
	rosters     []version // accepted versions of the ledger, in order
	revocations []Revocation
	byLogged    []Failure // what the ledger's roster says about statements
	byOwn       []Failure // what the roster of the options says

	statements []statement
	counters   map[string]uint32 // plain key of a security key -> highest counter

	rows      map[int64]*rowTable         // import index -> its rows
	lists     map[string]*populationLists // campaign -> what of its lists was supplied
	shown     []shownFacts
	proofs    []outsideProof
	withheld  []int64 // ascending indexes of withheld entries
	unmatched struct{ rows, members, assignments int64 }
	reserved  int64 // see room
}

// version is an accepted version of the roster.
type version struct {
	index  int64
	roster *Roster
	file   *RosterFile // nil if the file was not supplied
}

// statement is what later checks need of a signed entry.
type statement struct {
	index  int64
	seen   int64
	time   time.Time
	prints []string // fingerprints by which the key can be revoked
}

// outsideProof says that a verified outside party knew the ledger at a size.
type outsideProof struct {
	index int64 // of the anchor, NoIndex for an earlier head
	size  int64
	time  time.Time // zero if it says nothing about time
}

// fail reports a failure of the entry being checked.
func (v *verifier) fail(c Code, format string, args ...any) {
	v.failAt(v.index, "", c, format, args...)
}

func (v *verifier) failAt(index int64, file string, c Code, format string, args ...any) {
	v.report.Fail(Failure{Code: c, Index: index, File: file, Words: fmt.Sprintf(format, args...)})
}

// nameOf is how a failure names a file: as where the data come from calls it, else by its role.
func (v *verifier) nameOf(ref FileRef) string {
	if v.in.FileName != nil {
		return v.in.FileName(ref)
	}
	return string(ref.Role)
}

// failErr reports an error that is a Failure with its own code.
func (v *verifier) failErr(index int64, file string, err error) {
	v.report.Fail(v.asFailure(index, file, err))
}

func (v *verifier) asFailure(index int64, file string, err error) Failure {
	var f *Failure
	if errors.As(err, &f) {
		return Failure{Code: f.Code, Index: index, File: file, Words: f.Words}
	}
	return Failure{Code: CodeUnreadable, Index: index, File: file, Words: Display(err.Error())}
}

func (v *verifier) notChecked(format string, args ...any) {
	v.report.NotChecked = append(v.report.NotChecked, fmt.Sprintf(format, args...))
}

// entries goes through the ledger in order.
func (v *verifier) entries() error {
	if v.in.Entries == nil {
		return failf(CodeUnreadable, "there are no entries to verify")
	}
	v.r.nodes.reserve(v.room(min(v.in.Size, maxReserve/2)))
	for text, err := range v.in.Entries {
		v.index = v.r.Size()
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if err != nil {
			if v.index == 0 {
				return err
			}
			v.failAt(v.index, "", CodeUnreadable, "the entry cannot be read, and nothing after it was checked: %s", Display(err.Error()))
			break
		}
		v.entry(text)
		if v.o.Progress != nil && v.index%1024 == 0 {
			v.o.Progress(v.index, v.in.Size)
		}
		if err := v.ctx.Err(); err != nil {
			return err
		}
	}
	v.index = NoIndex
	if v.r.Size() == 0 {
		return failf(CodeUnreadable, "the ledger is empty")
	}
	if v.o.Progress != nil {
		v.o.Progress(v.r.Size(), v.in.Size)
	}
	return nil
}

// entry checks one entry and lets it take effect.
func (v *verifier) entry(text Text) {
	v.report.Entries++
	if text.Bytes == nil {
		v.report.Withheld++
		v.withheld = append(v.withheld, v.index)
		v.r.Withheld(text.Leaf)
		return
	}
	entry := text.Bytes
	value, statement, armored, err := ParseEntry(entry)
	if err != nil {
		value = nil
		v.failErr(v.index, "", err)
	}
	kind := KindOf(statement)
	switch {
	case v.index == 0 && kind != KindOpen:
		v.fail(CodeFormat, "the ledger does not begin with an open entry")
	case v.index > 0 && kind == KindOpen:
		v.fail(CodeFormat, "an open entry stands elsewhere than at index 0")
	case value != nil && !kind.IsEntry():
		v.fail(CodeFormat, "a text of kind %s is a document and no entry", kind)
	}
	if value != nil && !kind.IsEntry() {
		value = nil
	}
	if armored != nil && value != nil && !kind.IsSigned() {
		v.fail(CodeFormat, "a text of kind %s carries a signature", kind)
	}
	if kind.IsRecord() && armored == nil {
		entry = append([]byte(nil), entry...) // records wait for their bundle; the input may reuse its buffer
	}
	a := v.r.prepare(value, statement, armored)
	for _, o := range a.Orphans {
		v.failAt(o.Index, "", CodeOrphan, "the record is not covered by a bundle")
	}
	if value != nil {
		v.checkLog(value)
		v.checkFixedText(value)
		if SigOf(value) != nil {
			v.checkStatement(a)
		}
		if e, ok := value.(*Anchor); ok {
			v.checkAnchor(e)
		}
	}
	if v.index == 1 && kind != KindRoster {
		v.fail(CodeRoster, "index 1 is not version 1 of the roster")
	}
	b, _ := value.(*Bundle)
	v.r.settle(a, entry, LeafHash(entry), func(rec *Record) { v.checkRecord(rec, b) })
	v.report.Records += int64(len(a.Records))
	switch e := value.(type) {
	case *Import:
		v.loadRows(v.index, e)
	case *Campaign:
		v.loadPopulation(v.index, e)
	}
}

// checkLog is step 2.
func (v *verifier) checkLog(value any) {
	log := LogOf(value)
	if v.report.Log == "" {
		v.report.Log = log
		if v.o.Log != "" {
			v.report.Log = v.o.Log
		}
	}
	if log != v.report.Log {
		v.fail(CodeReplay, "the entry is of the ledger %s, not of %s", quote(log), quote(v.report.Log))
	}
}

// checkFixedText is the part of step 1 that fixes whole sentences.
func (v *verifier) checkFixedText(value any) {
	if e, ok := value.(*Open); ok && e.Suite != Suite {
		v.fail(CodeFormat, "the suite is not %q", Suite)
	}
	if sig := SigOf(value); sig != nil && sig.Meaning != MeaningOf(value) {
		v.fail(CodeFormat, "the meaning is %s instead of %q", quote(sig.Meaning), MeaningOf(value))
	}
}

// checkAnchor is step 19.
func (v *verifier) checkAnchor(e *Anchor) {
	root, ok := v.r.nodes.RootAt(e.Size)
	if !ok || e.Size == 0 || root != e.Root {
		v.fail(CodeAnchor, "there was no head of size %d with that root", e.Size)
		return
	}
	v.checkToken(e)
}

// isWithheld reports whether the entry at index is one of which only the leaf hash is known.
func (v *verifier) isWithheld(index int64) bool {
	lo, hi := 0, len(v.withheld)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if v.withheld[mid] < index {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(v.withheld) && v.withheld[lo] == index
}

func notSupplied(err error) bool { return errors.Is(err, fs.ErrNotExist) }
