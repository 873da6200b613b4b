package evidence

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Report is what a verifier found. JSON names are contracts for scripts (design.md 5).
type Report struct {
	OK         bool     `json:"ok"`       // no failure
	Failures   int64    `json:"failures"` // how many; of each code only so many are listed
	Log        string   `json:"log"`
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Trust      []Trust  `json:"trust"`
	Codes      []Code   `json:"codes"`
	States     []State  `json:"states"`
	Entries    int64    `json:"entries"`
	Records    int64    `json:"records"`
	Signatures int64    `json:"signatures"`
	NotChecked []string `json:"not_checked"`
	CannotSee  []string `json:"cannot_see"`
	Pack       *Summary `json:"pack,omitempty"` // of a pack

	status int // of verify without and with --strict
	strict int
}

// Summary is what a pack says about itself.
type Summary struct {
	Manifest   string    `json:"manifest_sha256"` // the pack's identity
	View       string    `json:"view"`
	Window     [2]string `json:"window"`
	AsOf       string    `json:"as_of"`
	Campaigns  []string  `json:"campaigns"`
	Disclosure string    `json:"disclosure"`
	Exporter   string    `json:"exporter"`
	Key        string    `json:"key"`
	Files      int       `json:"files"`
}

// Trust is one input that the result rests on.
type Trust struct {
	Input     string `json:"input"` // roster, log name, log key, earlier head, time roots
	Value     string `json:"value"` // digest, key or head, in a form to compare by eye
	From      string `json:"from"`  // where it came from
	Confirmed bool   `json:"confirmed"`
}

// Code is one failure.
type Code struct {
	Code   string `json:"code"`
	Entry  *int64 `json:"entry"` // null where the failure belongs to no entry
	File   string `json:"file"`
	Detail string `json:"detail"`
}

// State is something that must be known and is no failure.
type State struct {
	Code   string `json:"code"`
	Count  int64  `json:"count"`
	Detail string `json:"detail"`
}

// newReport puts a ledger's report into the form of the contracts.
func newReport(r *ledger.Report) *Report {
	r.Sort()
	// A file that is not the one in the manifest is the cause of what else fails, so it is named first.
	slices.SortStableFunc(r.Failures, func(a, b ledger.Failure) int { return cmp.Compare(causal(a), causal(b)) })
	out := &Report{OK: r.OK(), Failures: r.FoundAll(), Log: r.Log, Size: r.Head.Size, Root: r.Head.Root.Base64(), Trust: []Trust{}, Codes: []Code{}, States: []State{},
		Entries: r.Entries, Records: r.Records, Signatures: r.Signatures, NotChecked: []string{}, CannotSee: []string{},
		status: r.ExitStatus(false), strict: r.ExitStatus(true)}
	for _, t := range r.Trust {
		out.Trust = append(out.Trust, Trust{t.Name, t.Value, t.Source, t.Confirmed})
	}
	listed := map[ledger.Code]int{}
	for _, f := range r.Failures {
		c := Code{Code: string(f.Code), File: f.File, Detail: f.Words}
		if f.Index != ledger.NoIndex {
			index := f.Index
			c.Entry = &index
		}
		out.Codes = append(out.Codes, c)
		more := r.Found(f.Code) - ledger.MostOfACode
		if listed[f.Code]++; listed[f.Code] == ledger.MostOfACode && more > 0 {
			out.Codes = append(out.Codes, Code{Code: c.Code, Detail: num(more) + " more with this code, which are not listed"})
		}
	}
	for _, s := range r.States {
		out.States = append(out.States, State{s.Code, s.Count, s.Detail})
	}
	out.NotChecked = append(out.NotChecked, r.NotChecked...)
	out.CannotSee = append(out.CannotSee, r.CannotSee...)
	return out
}

func causal(f ledger.Failure) int {
	if f.Code == ledger.CodeManifest {
		return 0
	}
	return 1
}

// Exit is the exit status of `verify`: 0, 4 with failures, 5 with strict and a trust input that was not confirmed.
func (r *Report) Exit(strict bool) int {
	if strict {
		return r.strict
	}
	return r.status
}

// String gives the failure as it is printed: "CODE at INDEX in FILE: words".
func (c Code) String() string {
	var b strings.Builder
	b.WriteString(c.Code)
	if c.Entry != nil {
		fmt.Fprintf(&b, " at %d", *c.Entry)
	}
	if c.File != "" {
		b.WriteString(" in " + show(c.File))
	}
	return b.String() + ": " + c.Detail
}

// WriteText prints the report for people: trust inputs first, then failures, then states, and last what the check cannot
// see (ledger.md 6).
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	if p := r.Pack; p != nil {
		fmt.Fprintf(&b, "Pack sha256:%s, %d files, exported by %s\n", p.Manifest, p.Files, show(p.Exporter))
		fmt.Fprintf(&b, "  view %s, window %s to %s, as of %s, disclosure %s, campaigns %s\n", p.View, p.Window[0], p.Window[1], p.AsOf,
			p.Disclosure, orWords(strings.Join(p.Campaigns, ", "), "none"))
	}
	if r.Log != "" {
		fmt.Fprintf(&b, "Ledger %s, %d entries, root %s\n", show(r.Log), r.Size, r.Root)
	}
	b.WriteString("\nWhat this rests on:\n")
	for _, t := range r.Trust {
		how := "NOT CONFIRMED"
		if t.Confirmed {
			how = "confirmed by you"
		}
		fmt.Fprintf(&b, "  %s: %s, from %s, %s\n", t.Input, show(t.Value), show(t.From), how)
	}
	if len(r.Trust) == 0 {
		b.WriteString("  nothing: the check did not come that far\n")
	}
	b.WriteByte('\n')
	for _, g := range alike(r.Codes) {
		b.WriteString(g.first.String() + "\n")
		if n := int64(len(g.more)); n > 0 {
			fmt.Fprintf(&b, "  the same of %s: %s\n", review.Plural(n, "more entry"), ranges(g.more))
		}
	}
	if r.OK {
		fmt.Fprintf(&b, "No failure in %d entries, %d records and %d signatures.\n", r.Entries, r.Records, r.Signatures)
	} else {
		fmt.Fprintf(&b, "%s in %d entries.\n", plural(r.Failures, "failure"), r.Entries)
		b.WriteString(r.cause())
	}
	for _, s := range r.States {
		fmt.Fprintf(&b, "STATE %s %d: %s\n", s.Code, s.Count, s.Detail)
	}
	for _, s := range r.NotChecked {
		b.WriteString("Not checked: " + s + "\n")
	}
	b.WriteByte('\n')
	for _, s := range r.CannotSee {
		b.WriteString(s + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cause says what lies behind several failures, where that can be told.
func (r *Report) cause() string {
	files, keys, other := false, false, false
	for _, c := range r.Codes {
		switch {
		case c.Code == string(ledger.CodeManifest) && c.File != fileManifestSig:
			files = true
		case c.Code == string(ledger.CodeManifest), c.Code == string(ledger.CodeRoster):
			keys = true
		default:
			other = true
		}
	}
	switch roster := slices.IndexFunc(r.Trust, func(t Trust) bool { return t.Input == "roster" && t.Confirmed }); {
	case files && (keys || other):
		return "The files are not those of the manifest; the other failures may follow from that. Ask for the pack again.\n"
	case keys && !files && !other && roster >= 0:
		return "Nothing else is wrong: the roster you brought does not know these keys. See that it is the one of this organisation, and as new as this ledger.\n"
	}
	return ""
}

// alikeCodes are failures that say the same of several entries.
type alikeCodes struct {
	first Code
	more  []int64 // the other entries, ascending
}

// alike puts together what is said of more entries than a reader wants to read it for.
func alike(codes []Code) []*alikeCodes {
	const few = 3
	type key struct{ code, file, detail string }
	count := map[key]int{}
	of := func(c Code) key { return key{c.Code, c.File, c.Detail} }
	for _, c := range codes {
		count[of(c)]++
	}
	var out []*alikeCodes
	first := map[key]*alikeCodes{}
	for _, c := range codes {
		if g := first[of(c)]; g != nil && c.Entry != nil {
			g.more = append(g.more, *c.Entry)
			continue
		}
		g := &alikeCodes{first: c}
		if out = append(out, g); c.Entry != nil && count[of(c)] > few {
			first[of(c)] = g
		}
	}
	return out
}

// ranges writes ascending numbers: "2 to 17, 271, 275".
func ranges(list []int64) string {
	var b strings.Builder
	for i := 0; i < len(list); {
		last := i
		for last+1 < len(list) && list[last+1] == list[last]+1 {
			last++
		}
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case last > i+1:
			fmt.Fprintf(&b, "%d to %d", list[i], list[last])
		case last == i+1:
			fmt.Fprintf(&b, "%d, %d", list[i], list[last])
		default:
			fmt.Fprintf(&b, "%d", list[i])
		}
		i = last + 1
	}
	return b.String()
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return num(n) + " " + noun + "s"
}
