package review

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Completeness of an import: truncated if the file shows it, else the flag, else what the format says (rulings 3).
type Completeness string

// Words of completeness.
const (
	Full         Completeness = "full"
	Scoped       Completeness = "scoped"
	Truncated    Completeness = "truncated"
	UnknownScope Completeness = "unknown"
)

// ImportOptions are the flags of importers.md 1.
type ImportOptions struct {
	As                             string
	Map                            []Assign // field = column
	Split                          []Assign // column = separator
	Const                          []Assign // field = value
	Resource, Entitlement          string
	Identity                       string
	System, Instance               string
	Source                         SourceID
	DateOrder, Timezone            string
	Delimiter, Encoding            string
	ExportedAt                     string
	ExportedBy, Query              string
	Completeness                   Completeness
	Expect                         []ControlTotal // declared only
	Environment                    string         // production, other, unknown
	DryRun, Strict, ReviewAccounts bool
	MaxBytes                       int64
	SaveProfile                    string
}

// Assign is one NAME=VALUE of a repeatable flag.
type Assign struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// MapFields are the fields that a column of a generic file can be mapped to (importers.md 7.1). Only the first is required.
func MapFields() []string {
	return []string{"identity", "account", "system", "instance", "entitlement", "entitlement_kind", "resource", "display_name", "email",
		"status", "created", "last_login", "last_used", "granted", "granted_by", "expires", "manager", "department", "owner", "mfa", "type", "privileged", "worker_id"}
}

// TakeMapping takes up a mapping as a report states it: fields and columns, and entries split:COLUMN and const:FIELD.
func (o *ImportOptions) TakeMapping(mapping []Assign) {
	o.Map, o.Split, o.Const = nil, nil, nil
	for _, m := range mapping {
		if name, ok := strings.CutPrefix(m.Name, "split:"); ok {
			o.Split = append(o.Split, Assign{name, m.Value})
		} else if name, ok := strings.CutPrefix(m.Name, "const:"); ok {
			o.Const = append(o.Const, Assign{name, m.Value})
		} else {
			o.Map = append(o.Map, m)
		}
	}
}

// TotalNames are what a control total can count.
func TotalNames() []string { return []string{"rows", "accounts", "grants"} }

// ParseTotals reads control totals as people write them, such as rows=812,grants=2304.
func ParseTotals(s string) ([]ControlTotal, error) {
	if s == "" {
		return nil, nil
	}
	var out []ControlTotal
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 || !slices.Contains(TotalNames(), name) {
			return nil, Errorf(KindUsage, "%s is not a control total", Quote(part)).WithHint("for example rows=812,accounts=790,grants=2304")
		}
		out = append(out, ControlTotal{Name: name, Declared: n})
	}
	return out, nil
}

// FormatTotals is what ParseTotals reads.
func FormatTotals(totals []ControlTotal) string {
	parts := make([]string, len(totals))
	for i, t := range totals {
		parts[i] = t.Name + "=" + strconv.FormatInt(t.Declared, 10)
	}
	return strings.Join(parts, ",")
}

// ControlTotal is a count declared before an import and what was found (ledger.md 1.2 `total`).
type ControlTotal struct {
	Name     string `json:"name"`
	Declared int64  `json:"declared"`
	Found    int64  `json:"found"`
}

// Warning is a keyword of importers.md 13.3 with an exact count and the first position.
type Warning struct {
	Keyword string   `json:"keyword"`
	Count   int64    `json:"count"`
	First   string   `json:"first"`
	Where   []string `json:"where,omitempty"` // up to 20 positions
	Text    string   `json:"text,omitempty"`  // a sentence that says what it means and what to do
	Serious bool     `json:"serious,omitempty"`
}

// Dropped counts a column that was not stored because it holds secrets or personal data (importers.md 12).
type Dropped struct {
	Column string `json:"column"`
	Count  int64  `json:"count"`
	Secret bool   `json:"secret"`
}

// Reject is a record that produced nothing because of an error.
type Reject struct {
	Line   int64  `json:"line"`   // physical line, or the record's number in JSON
	Column string `json:"column"` // header name or JSON pointer; may be empty
	Reason string `json:"reason"` // keyword
	Text   string `json:"text"`   // FILE:LINE:COLUMN: expected, found; what to do (13.1)
}

// ImportReport says what one file held (importers.md 1 and 6). JSON names are contracts for scripts.
type ImportReport struct {
	File        string              `json:"file"`
	Path        string              `json:"path,omitempty"` // where it lay at import, absolute; the file itself is not stored
	Bytes       int64               `json:"bytes"`
	SHA256      string              `json:"sha256"` // hex
	Encoding    string              `json:"encoding"`
	Delimiter   string              `json:"delimiter,omitempty"`
	Format      string              `json:"format"`
	FormatVer   int                 `json:"format_version,omitempty"`
	Evidence    []string            `json:"evidence,omitempty"` // why the format was chosen
	Mapping     []Assign            `json:"mapping,omitempty"`
	Flags       []Assign            `json:"flags,omitempty"` // flags that change what a file says: resource, entitlement, identity, split, const, date-order, timezone, delimiter
	HeaderHash  string              `json:"header_sha256,omitempty"`
	System      string              `json:"system,omitempty"`
	Instance    string              `json:"instance,omitempty"`
	RowsRead    int64               `json:"rows_read"`
	RowsReject  int64               `json:"rows_rejected"`
	NotAGrant   int64               `json:"not_a_grant"`
	Accounts    int64               `json:"accounts"`
	Identities  int64               `json:"identities"`
	Grants      int64               `json:"grants"`
	Duplicates  int64               `json:"duplicates,omitempty"`
	LedgerIdent int64               `json:"ledger_identities,omitempty"` // distinct matched identities at import (rulings 3)
	AccountRows int64               `json:"account_rows"`
	Complete    Completeness        `json:"complete"` // as the file shows it
	Warnings    []Warning           `json:"warnings"`
	Dropped     []Dropped           `json:"dropped,omitempty"`
	Rejects     []Reject            `json:"rejects,omitempty"` // first 20 per keyword
	Reason      string              `json:"reason,omitempty"`  // refusal keyword
	Message     string              `json:"message,omitempty"` // refusal sentence
	Hint        string              `json:"hint,omitempty"`
	Samples     []map[string]string `json:"samples,omitempty"` // three mapped records, for a guessed mapping
	Columns     []string            `json:"columns,omitempty"`

	// Filled by the desk once stored.
	ID           ImportID       `json:"id,omitempty"`
	Source       SourceID       `json:"source,omitempty"`
	State        string         `json:"state,omitempty"` // dry-run, pending (unsigned), signed, unchanged, refused
	Completeness Completeness   `json:"completeness,omitempty"`
	ExportedAt   time.Time      `json:"exported_at,omitzero"`
	ExportedFrom string         `json:"exported_at_source,omitempty"` // file, flag, mtime
	Environment  string         `json:"environment,omitempty"`
	ExportedBy   string         `json:"exported_by,omitempty"`
	Query        string         `json:"query,omitempty"`
	ImportedAt   time.Time      `json:"imported_at,omitzero"`
	Totals       []ControlTotal `json:"totals,omitempty"`
	Previous     ImportID       `json:"previous,omitempty"`
	Diff         *Diff          `json:"diff,omitempty"`
	Settled      *Settled       `json:"settled,omitempty"`
	ItemsRoot    string         `json:"items_root,omitempty"` // over the texts of all rows, base64, as its statement signs it (ledger.md 3.3)
	Entry        EntryIndex     `json:"entry,omitempty"`
	Notes        []string       `json:"notes,omitempty"`
}

// Unused are the columns of a mapped file that nothing is read from; a column that was left out on purpose is in Dropped.
func (r *ImportReport) Unused() []string {
	var left []string
	for _, c := range r.Columns {
		used := func(m Assign) bool { return m.Value == c || m.Name == "entitlement" && m.Value == "*" }
		if !slices.ContainsFunc(r.Mapping, used) && !slices.ContainsFunc(r.Dropped, func(d Dropped) bool { return d.Column == c }) {
			left = append(left, c)
		}
	}
	return left
}

// ReadAs is the format and the version of it that read the file, as the statement of an import names them.
func (r *ImportReport) ReadAs() string { return FormatLabel(r.Format, r.FormatVer) }

// FormatLabel names a version of a format; what does not say its version is of the first.
func FormatLabel(format string, version int) string {
	return format + " " + strconv.Itoa(max(1, version))
}

// Diff compares an import with the one before it of the same source, by grant key (importers.md 15).
type Diff struct {
	From      ImportID `json:"from"`
	To        ImportID `json:"to"`
	Added     int64    `json:"added"`
	Removed   int64    `json:"removed"`
	Changed   int64    `json:"changed"`
	Unchanged int64    `json:"unchanged"`
	Note      string   `json:"note,omitempty"` // how far an absence can be trusted
}

// Empty says that neither import holds a grant, as those of a roster.
func (d *Diff) Empty() bool { return d.Added+d.Removed+d.Changed+d.Unchanged == 0 }

// DiffLine is one grant that differs.
type DiffLine struct {
	Change      string   `json:"change"` // added, removed, changed, account-gone: it held something and holds nothing
	Key         GrantKey `json:"grant"`
	Account     string   `json:"account"`
	Entitlement string   `json:"entitlement"`
	Resource    string   `json:"resource"`
	Detail      string   `json:"detail,omitempty"`
}

// Settled says what an import proved about open revokes (rulings 25).
type Settled struct {
	Gone         int64  `json:"gone"`
	StillPresent int64  `json:"still_present"`
	CameBack     int64  `json:"came_back"`
	NotSettled   int64  `json:"not_settled"`
	Why          string `json:"why,omitempty"` // why some were not settled, and what to give
}

// Progress is a snapshot of long work, safe to print ten times a second.
type Progress struct {
	Stage       string // reading, loading, hashing, exporting, verifying ...
	Done, Total int64  // in Unit; Total 0 is unknown
	Unit        string // bytes, rows, entries
	Rows        int64
}

// ContentFlags are the flags that change what a file says, by name, in a fixed order. An import states them beside its
// mapping, so that the same file gives the same rows again.
func (o ImportOptions) ContentFlags() []Assign {
	var out []Assign
	for _, f := range []Assign{{"resource", o.Resource}, {"entitlement", o.Entitlement}, {"identity", o.Identity}, {"date-order", o.DateOrder}, {"timezone", o.Timezone}, {"delimiter", o.Delimiter}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	for _, a := range o.Split {
		out = append(out, Assign{"split", a.Name + "=" + a.Value})
	}
	for _, a := range o.Const {
		out = append(out, Assign{"const", a.Name + "=" + a.Value})
	}
	return out
}

// SetContentFlag sets one of ContentFlags; false for a name that is none.
func (o *ImportOptions) SetContentFlag(f Assign) bool {
	name, value, _ := strings.Cut(f.Value, "=")
	switch f.Name {
	case "resource":
		o.Resource = f.Value
	case "entitlement":
		o.Entitlement = f.Value
	case "identity":
		o.Identity = f.Value
	case "date-order":
		o.DateOrder = f.Value
	case "timezone":
		o.Timezone = f.Value
	case "delimiter":
		o.Delimiter = f.Value
	case "split":
		o.Split = append(o.Split, Assign{name, value})
	case "const":
		o.Const = append(o.Const, Assign{name, value})
	default:
		return false
	}
	return true
}
