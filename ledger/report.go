package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// States that are not failures and must be printed (ledger.md 6).
const (
	StateNotSignedOff        = "NOT-SIGNED-OFF"
	StateItemsOpen           = "ITEMS-OPEN"
	StateRevokesOpen         = "REVOKES-OPEN"
	StateHostSigned          = "HOST-SIGNED"
	StateControlTotalDiffers = "CONTROL-TOTAL-DIFFERS"
	StateRosterUnconfirmed   = "ROSTER-UNCONFIRMED"
	StateUnanchoredTail      = "UNANCHORED-TAIL"
	StateWithheld            = "WITHHELD"
	StateRowsWithheld        = "ROWS-WITHHELD"
	StateMembersWithheld     = "MEMBERS-WITHHELD"
	StateAssignmentsWithheld = "ASSIGNMENTS-WITHHELD"
	StateNotReparsed         = "NOT-REPARSED" // evidence packs only
)

// Exit statuses of `verify` (ledger.md 6). 1 (nothing could be checked) and 2 (wrong usage) are errors, not reports.
const (
	ExitOK          = 0
	ExitFailures    = 4
	ExitUnconfirmed = 5
)

// Report is what a verifier found.
type Report struct {
	Log  string
	Head Head // recomputed from the entries

	Trust    []Trust   // what the result rests on
	Failures []Failure // by index, then in the order of the codes; those of no entry last
	States   []State   // what is no failure and must be known

	Entries    int64
	Records    int64 // covered by a bundle
	Signatures int64 // that verified
	Withheld   int64
	Proven     int64 // the newest outside proof covers this many entries

	NotChecked []string // checks that had to be left out, and why
	CannotSee  []string // what no such check can see: sentences

	RosterConfirmed bool // by an input of the verifier's own
	HeadConfirmed   bool
	OutsideProof    bool

	Replay *Replay // the ledger as it stands after the last entry

	found map[Code]int64 // failures of each code, listed or not
}

// Trust is one input that the result rests on.
type Trust struct {
	Name      string // roster, log name, log key, earlier head, time roots, witnesses
	Value     string // digest, key or head, to compare by eye
	Source    string // where it came from
	Confirmed bool   // whether that is an input of the verifier's own
}

// State is something that is no failure and must be known.
type State struct {
	Code   string
	Count  int64
	Detail string // a sentence
}

// OK reports whether there is no failure.
func (r *Report) OK() bool { return len(r.Failures) == 0 }

// ExitStatus is that of `verify`.
func (r *Report) ExitStatus(strict bool) int {
	switch {
	case !r.OK():
		return ExitFailures
	case strict && !(r.RosterConfirmed && r.HeadConfirmed && r.OutsideProof):
		return ExitUnconfirmed
	}
	return ExitOK
}

// Has reports whether a code was found.
func (r *Report) Has(c Code) bool {
	return slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Code == c })
}

// MostOfACode is how many failures of one code are listed; hostile data may bring any number.
const MostOfACode = 100

// Fail adds a failure; [Report.Sort] puts it where it belongs. Beyond MostOfACode it is only counted.
func (r *Report) Fail(f Failure) {
	if r.found == nil {
		r.found = map[Code]int64{}
	}
	if r.found[f.Code]++; r.found[f.Code] <= MostOfACode {
		r.Failures = append(r.Failures, f)
	}
}

// Take adds the failures of another report, listed or not.
func (r *Report) Take(o *Report) {
	for _, f := range o.Failures {
		r.Fail(f)
	}
	for code, n := range o.found {
		r.found[code] += max(n-MostOfACode, 0)
	}
}

// Found is how many failures of a code there are, listed or not.
func (r *Report) Found(c Code) int64 { return r.found[c] }

// FoundAll is how many failures there are, listed or not.
func (r *Report) FoundAll() int64 {
	n := int64(0)
	for _, of := range r.found {
		n += of
	}
	return n
}

// State adds a state. A count of 0 adds nothing.
func (r *Report) State(code string, count int64, detail string) {
	if count > 0 {
		r.States = append(r.States, State{code, count, detail})
	}
}

// Sort puts the failures in the order of a report.
func (r *Report) Sort() {
	last := func(i int64) int64 {
		if i == NoIndex {
			return maxNumber
		}
		return i
	}
	slices.SortStableFunc(r.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(last(a.Index), last(b.Index)), cmp.Compare(a.Code.step(), b.Code.step()))
	})
}

// cannotSee gives the closing words of ledger.md 6.
func (r *Report) cannotSee(roster string) []string {
	n, m := r.Head.Size, r.Proven
	var list []string
	if r.OK() {
		list = append(list, fmt.Sprintf("These files have not changed since they were signed by the keys of the roster, and form one unbroken sequence of %d entries.", n))
	} else {
		list = append(list, "Something is wrong with these files: see the failures above. Nothing below makes up for them.")
	}
	if r.RosterConfirmed {
		list = append(list, fmt.Sprintf("The keys were taken from roster %s, which you brought along.", roster))
	} else {
		list = append(list, fmt.Sprintf("The keys were taken from roster %s, which you must confirm with the organisation.", roster))
	}
	switch {
	case m == 0:
		list = append(list, "There is no outside proof that was checked: the times are the review host's own clock.")
	case m < n:
		list = append(list, fmt.Sprintf("The newest outside proof covers the first %d entries; for the rest the times are the review host's own clock.", m))
	default:
		list = append(list, fmt.Sprintf("The newest outside proof covers all %d entries.", m))
	}
	return append(list,
		fmt.Sprintf("If entries were removed after number %d before you received this, this check cannot see it: compare the head with a receipt or an earlier head.", n),
		"The order of bundles that were signed at the same head is as stored until the next signature fixes it.",
		"It cannot show that a screen displayed what was signed, that the source system told the truth, that the extract was complete, that a key was used by its owner, or that nobody was coerced.",
		"A revocation was carried out only where a later import shows it.",
	)
}
