package importers

import (
	"slices"

	"tickmark/review"
)

// listed is how many positions a report lists for each keyword (importers.md 11).
const listed = 20

// warnings gathers what a report says beside its counts.
type warnings struct {
	by    map[string]*review.Warning
	whole string // the place of what concerns the whole file
}

func newWarnings(whole string) *warnings {
	return &warnings{by: map[string]*review.Warning{}, whole: whole}
}

// add counts one occurrence. where is asked only while positions are still listed.
func (w *warnings) add(keyword string, where func() string) {
	v := w.by[keyword]
	if v == nil {
		v = &review.Warning{Keyword: keyword}
		w.by[keyword] = v
	}
	v.Count++
	if len(v.Where) < listed && where != nil {
		at := where()
		if len(v.Where) == 0 || v.Where[len(v.Where)-1] != at {
			v.Where = append(v.Where, at)
		}
	}
}

// set adds count occurrences of which only the first position is known; none is the whole file.
func (w *warnings) set(keyword string, count int64, first string) {
	fill(&first, w.whole)
	w.add(keyword, func() string { return first })
	w.by[keyword].Count += count - 1
}

// say replaces the standing sentence of a keyword with one that knows more.
func (w *warnings) say(keyword, text string) {
	if v := w.by[keyword]; v != nil {
		v.Text = text
	}
}

// list gives the warnings in the order of importers.md 13.3, serious ones marked.
func (w *warnings) list() []review.Warning {
	out := make([]review.Warning, 0, len(w.by))
	for _, e := range warningTexts {
		if v := w.by[e.keyword]; v != nil {
			v.Serious = e.serious
			if v.Text == "" {
				v.Text = e.text
			}
			if len(v.Where) > 0 {
				v.First = v.Where[0]
			}
			out = append(out, *v)
		}
	}
	return out
}

// serious gives the first serious keyword, or none.
func serious(list []review.Warning) string {
	if i := slices.IndexFunc(list, func(w review.Warning) bool { return w.Serious }); i >= 0 {
		return list[i].Keyword
	}
	return ""
}

// warningTexts holds every keyword a reader can report (importers.md 13.3), in report order, with a sentence that says
// what it means and what to do.
var warningTexts = [...]struct {
	keyword string
	serious bool
	text    string
}{
	{"truncated", true, "the file says that more records follow: export all pages, or this population is not complete"},
	{"round-count", false, "the list holds exactly as many records as a default page: check that no page is missing"},
	{"guessed-mapping", false, "the columns were guessed: look at the mapping and the samples, or state it with --map"},
	{"no-entitlement-column", false, "no column says what is held: accounts are imported, no grants; name the column with --map entitlement=COLUMN"},
	{"multi-valued-cells", false, "cells of the entitlement column seem to hold several values: split them with --split COLUMN=SEPARATOR"},
	{"secrets-dropped", false, "columns that hold secrets were dropped before anything was stored: leave them out of the export"},
	{"control-characters", false, "text holds control or invisible characters: it is kept as it is and shown with visible marks"},
	{"invalid-utf8", true, "bytes that are no UTF-8 were replaced: export again as UTF-8, or name the encoding with --encoding"},
	{"encoding-guessed", false, "the file is no UTF-8 and was read as windows-1252: if names look wrong, name the encoding with --encoding"},
	{"lost-accents", false, "names hold question marks between letters: the source lost accents when it wrote the file"},
	{"dialect-changed", false, "records after the first thousand do not fit the dialect seen there: check the delimiter with --delimiter"},
	{"duplicate-header", false, "a column or key name occurs more than once: the plain name means the first column, the last key"},
	{"blank-header", false, "columns without a name were called columnN"},
	{"leading-lines", false, "title lines before the header were skipped"},
	{"repeated-header", false, "the header occurs again inside the file and was skipped"},
	{"short-row", false, "records with too few cells were filled up with empty ones"},
	{"long-row", false, "records with more cells than the header were rejected"},
	{"missing-identity", true, "records that name nobody were rejected"},
	{"unknown-resource", false, "objects of an unknown kind were rejected"},
	{"duplicate-grants", false, "the same grant is stated by several records: it counts once"},
	{"no-records", false, "the file is a valid export of nothing"},
	{"catalogue-only", false, "the file lists what can be held, not who holds it: there are no accounts and no grants"},
	{"single-object-as-list", false, "an object stands where a list belongs: it was read as a list of one"},
	{"missing-list", false, "a list that belongs to this export is missing: it may have been made with a filter"},
	{"unresolved-principal-names", false, "principals have an id and no name: make the export with permission to read the directory"},
	{"unresolved-role-names", false, "roles have an id and no name: make the export with permission to read role definitions"},
	{"public-principal", true, "access is given to everyone on the internet or to every signed-in account"},
	{"root-access-key", true, "the root user has an active access key: delete it"},
	{"binding-without-subjects", false, "a binding names nobody: it grants nothing"},
	{"collection-type-name", false, "cells hold the name of a .NET type instead of values: expand the property in the export, for example with Select-Object @{n='MemberOf';e={$_.MemberOf -join ';'}}"},
	{"ambiguous-dates", true, "dates can be read day first or month first and nothing in the column decides: name the order, dmy or mdy, with --date-order"},
	{"mixed-date-order", false, "one column holds dates with the day first and dates with the month first: those that fit both are unknown"},
	{"no-dates", false, "a column that is read as dates holds none: map a column of dates, or none"},
	{"serial-dates", false, "dates are spreadsheet day numbers: they were converted"},
	{"future-time", false, "a time that should be past lies after the review date: check the clock and the zone of the export"},
	{"damaged-ids", false, "ids in the form 1.23E+12 have lost digits in a spreadsheet: export again without opening the file in one"},
	{"confusable-identities", false, "keys differ only by invisible or composed characters: they may be one person"},
	{"one-sided-rule", false, "rules without a second entitlement flag every holder of the first"},
	{"duplicate-worker", false, "a worker id occurs more than once: the later record counts"},
	{"unverified-format", false, "this format is known from documentation only: check the counts against the source system"},
	{"cell-too-large", true, "a cell or string is longer than 1 MiB: its record was rejected"},
}
