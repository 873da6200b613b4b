package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tickmark/desk"
	"tickmark/review"
)

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "read exports into the database",
		Long:  `Reads exports of access, HR rosters and rule files, each on its own. The format is found from the content; ` + "`tickmark formats`" + ` lists what is recognised and how to make each export. A file goes in whole or not at all: rows read, accepted and rejected are counted, hashed and signed. "-" reads standard input.`,
		Example: `tickmark import okta-users.json hr.csv
tickmark import erp.csv --map identity=USER_ID,entitlement=ROLE --system erp --exported-at 2026-11-20T06:00Z --completeness full`,
		Args: between(1, -1),
		Annotations: exits(
			exitDoc{exitDone, "every record was imported (warnings are allowed)"},
			exitDoc{exitAttention, "imported, but records were rejected, the file is truncated, a control total differs from --expect, or the import is not signed yet"},
			exitDoc{exitRefused, "a file was refused, nothing of it is stored"},
		),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options()
			if err != nil {
				return err
			}
			if _, err := os.Stat(a.dbPath()); o.DryRun && errors.Is(err, fs.ErrNotExist) {
				return a.lookAt(cmd.Context(), args, o)
			}
			return a.withDesk(cmd.Context(), func(d *desk.Desk) error {
				return a.importFiles(cmd.Context(), d, args, o)
			})
		},
	}
	f.register(cmd)
	return cmd
}

// reportLists makes the report's lists lists: JSON says [] where there is nothing.
func reportLists(r review.ImportReport) review.ImportReport {
	r.Warnings = list(r.Warnings)
	return r
}

// importReport prints what one file held, for people.
func (a *app) importReport(r review.ImportReport) {
	st := a.outStyle
	a.print("%s", st.title(review.Safe(r.File)))
	switch {
	case r.Reason != "":
		a.print("  %s (%s)\n", st.bad("refused"), review.Safe(r.Reason))
		a.print("  %s\n", a.hang(2, r.Message))
		if r.Hint != "" {
			a.print("  %s\n", a.hang(2, r.Hint))
		}
		return
	case r.State == "unchanged":
		a.print("  unchanged: the same file is import %d already\n", r.ID)
		return
	case r.State == "dry-run":
		a.print("  nothing stored (--dry-run)\n")
	case r.State == "pending":
		a.print("  import %d, %s\n", r.ID, st.warn("not signed yet"))
	default:
		a.print("  import %d, signed as entry %d\n", r.ID, r.Entry)
	}
	format := r.ReadAs()
	if len(r.Evidence) > 0 {
		format += ": " + strings.Join(r.Evidence, "; ")
	}
	source := string(r.Source)
	if r.System != "" && r.System != source {
		source += " (" + strings.Trim(r.System+" "+r.Instance, " ") + ")"
	}
	rows := number(r.RowsRead) + " read, " + number(r.RowsRead-r.RowsReject) + " accepted, " + number(r.RowsReject) + " rejected"
	if r.NotAGrant > 0 {
		rows += ", " + number(r.NotAGrant) + " without a grant"
	}
	held := plural(r.Grants, "grant") + ", " + plural(r.Accounts, "account") + ", " + plural(r.Identities, "identity")
	if r.AccountRows > 0 {
		held += ", " + plural(r.AccountRows, "account row")
	}
	complete := string(r.Completeness)
	switch {
	case complete == "":
		complete = string(r.Complete)
	case r.Complete != "" && r.Completeness != r.Complete:
		complete += " (declared; the file itself says " + string(r.Complete) + ")"
	}
	var totals []string
	for _, t := range r.Totals {
		word := t.Name + " " + number(t.Found)
		if t.Found != t.Declared {
			word += " (declared " + number(t.Declared) + ", DIFFERS)"
		}
		totals = append(totals, word)
	}
	exported := ""
	if !r.ExportedAt.IsZero() {
		exported = minute(r.ExportedAt) + " (" + r.ExportedFrom + ")"
	}
	if r.ExportedBy != "" {
		exported = strings.TrimSpace(exported + " by " + r.ExportedBy)
	}
	coding := r.Encoding
	if r.Delimiter != "" {
		coding += ", cells parted by " + r.Delimiter
	}
	a.facts(
		"  format", format,
		"  source", source,
		"  mapping", assigns(r.Mapping),
		"  read with", saidWords(r),
		"  not read", firstOf(r.Unused()),
		"  rows", rows,
		"  holds", held,
		"  complete", complete,
		"  totals", strings.Join(totals, ", "),
		"  exported", exported,
		"  query", r.Query,
		"  sha256", r.SHA256,
		"  bytes", number(r.Bytes),
		"  encoding", coding,
		"  items root", r.ItemsRoot,
		"  since import "+number(r.Previous), diffWords(r.Diff),
		"  revokes", settledWords(r.Settled),
		"  left out", droppedWords(r.Dropped),
	)
	for _, s := range r.Samples {
		a.print("  sample  %s\n", a.hang(10, sampleWords(s, r.Mapping)))
	}
	for _, w := range r.Warnings {
		word := st.warn("warning")
		if w.Serious {
			word = st.bad("warning")
		}
		said := fmt.Sprintf("%s, %d×, first at %s", w.Keyword, w.Count, w.First)
		if w.Text != "" {
			said += ": " + w.Text
		}
		a.print("  %s %s\n", word, a.hang(10, said))
	}
	for _, rej := range r.Rejects {
		a.print("  %s %s\n", st.bad("rejected"), a.hang(11, rej.Text))
	}
	if more := r.RowsReject - int64(len(r.Rejects)); more > 0 && r.ID > 0 {
		a.print("  %d more rejected: tickmark imports rejects %d\n", more, r.ID)
	}
	for _, n := range r.Notes {
		a.print("  %s\n", a.hang(2, n))
	}
}

// saidWords are the flags a file was read with, but for those that stand in its mapping.
func saidWords(r review.ImportReport) string {
	var said []review.Assign
	for _, f := range r.Flags {
		if f.Name != "split" && f.Name != "const" {
			said = append(said, f)
		}
	}
	if r.Environment != "" {
		said = append(said, review.Assign{Name: "environment", Value: r.Environment})
	}
	return assigns(said)
}

func assigns(m []review.Assign) string {
	parts := make([]string, len(m))
	for i, x := range m {
		parts[i] = x.Name + "=" + x.Value
	}
	return strings.Join(parts, ", ")
}

// firstOf lists the first of many names.
func firstOf(names []string) string {
	const most = 20
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + " and " + number(more) + " more"
	}
	return strings.Join(names, ", ")
}

func sampleWords(s map[string]string, order []review.Assign) string {
	var parts []string
	for _, m := range order {
		if v, ok := s[m.Name]; ok {
			parts = append(parts, m.Name+"="+v)
		}
	}
	return strings.Join(parts, "  ")
}

func diffWords(d *review.Diff) string {
	if d == nil {
		return ""
	}
	s := number(d.Added) + " added, " + number(d.Removed) + " removed, " + number(d.Changed) + " changed, " + number(d.Unchanged) + " unchanged"
	if d.Empty() {
		s = "neither holds a grant to compare"
	}
	if d.Note != "" {
		s += " (" + d.Note + ")"
	}
	return s
}

func settledWords(s *review.Settled) string {
	if s == nil || s.Gone+s.StillPresent+s.CameBack+s.NotSettled == 0 {
		return ""
	}
	text := number(s.Gone) + " gone, " + number(s.StillPresent) + " still present, " + number(s.CameBack) + " came back"
	if s.NotSettled > 0 {
		text += "; " + number(s.NotSettled) + " not settled: " + s.Why
	}
	return text
}

func droppedWords(dropped []review.Dropped) string {
	parts := make([]string, len(dropped))
	for i, d := range dropped {
		parts[i] = d.Column + " " + number(d.Count) + "×"
		if d.Secret {
			parts[i] += " (secret)"
		}
	}
	return strings.Join(parts, ", ")
}

// importFlags are the flags of importers.md 1.
type importFlags struct {
	as                   string
	maps, splits, consts []string
	resource             string
	entitlement          string
	identity             string
	system, instance     string
	source               string
	dateOrder, timezone  string
	delimiter, encoding  string
	exportedAt           string
	exportedBy, query    string
	completeness         string
	expect               string
	environment          string
	dryRun, strict       bool
	accounts             string
	maxBytes             string
	profile              string
}

// register declares the flags. The names are fixed.
func (f *importFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&f.as, "as", "", "skip detection and read the file as this `FORMAT`")
	fs.StringArrayVar(&f.maps, "map", nil, "generic files: `FIELD=COLUMN,...`; a column is a name, #3 or a JSON pointer")
	fs.StringArrayVar(&f.splits, "split", nil, "`COLUMN=SEPARATOR`: the cells hold several values")
	fs.StringArrayVar(&f.consts, "const", nil, "`FIELD=VALUE` on every row")
	fs.StringVar(&f.resource, "resource", "", "the `RESOURCE` the file is about, where it does not say so")
	fs.StringVar(&f.entitlement, "entitlement", "", "the `ENTITLEMENT` the file is about")
	fs.StringVar(&f.identity, "identity", "", "the `IDENTITY` the file is about")
	fs.StringVar(&f.system, "system", "", "`NAME` of the source system")
	fs.StringVar(&f.instance, "instance", "", "its account, tenant, organisation, project or cluster, by `NAME`")
	fs.StringVar(&f.source, "source", "", "`ID` of the source this file is a new import of")
	fs.StringVar(&f.dateOrder, "date-order", "", "`mdy|dmy|ymd`: the order of ambiguous dates")
	fs.StringVar(&f.timezone, "timezone", "", "`ZONE` of times that name none")
	fs.StringVar(&f.delimiter, "delimiter", "", "`CHARACTER` between cells, where detection is wrong")
	fs.StringVar(&f.encoding, "encoding", "", "`NAME` of the encoding, where detection is wrong")
	fs.StringVar(&f.exportedAt, "exported-at", "", "`TIME` of the export; needed to prove a removal where the file does not say it")
	fs.StringVar(&f.exportedBy, "exported-by", "", "`WHO` made the export")
	fs.StringVar(&f.query, "query", "", "`TEXT` or @FILE: how the export was made")
	fs.StringVar(&f.completeness, "completeness", "", "`full|scoped`: your declaration, where the file cannot know")
	fs.StringVar(&f.expect, "expect", "", "`rows=N,accounts=N,grants=N`: control totals you know beforehand")
	fs.StringVar(&f.environment, "environment", "", "`production|other|unknown`: what the source serves")
	fs.StringVar(&f.accounts, "review", "", "`accounts`: put each account under review, too")
	fs.StringVar(&f.profile, "save-profile", "", "keep this mapping under a `NAME` for the next file with the same header")
	fs.StringVar(&f.maxBytes, "max-bytes", "", "refuse larger files; `SIZE` in bytes, or with K, M or G")
	fs.BoolVar(&f.dryRun, "dry-run", false, "report everything, store nothing")
	fs.BoolVar(&f.strict, "strict", false, "a serious warning refuses the file")
}

// options reads the flags into the form the desk takes.
func (f *importFlags) options() (review.ImportOptions, error) {
	o := review.ImportOptions{
		As: f.as, Resource: f.resource, Entitlement: f.entitlement, Identity: f.identity,
		System: f.system, Instance: f.instance, Source: review.SourceID(f.source),
		DateOrder: f.dateOrder, Timezone: f.timezone, Delimiter: f.delimiter, Encoding: f.encoding,
		ExportedAt: f.exportedAt, ExportedBy: f.exportedBy, Query: f.query,
		Completeness: review.Completeness(f.completeness), Environment: f.environment,
		DryRun: f.dryRun, Strict: f.strict, SaveProfile: f.profile,
	}
	for _, err := range []error{
		oneOf("--completeness", f.completeness, "full", "scoped"),
		oneOf("--environment", f.environment, "production", "other", "unknown"),
		oneOf("--date-order", f.dateOrder, "mdy", "dmy", "ymd"),
		oneOf("--review", f.accounts, "accounts"),
	} {
		if err != nil {
			return o, err
		}
	}
	o.ReviewAccounts = f.accounts != ""
	var err error
	if o.Map, err = assignments("--map", f.maps, "identity=USER_ID,entitlement=ROLE"); err != nil {
		return o, err
	}
	if o.Const, err = assignments("--const", f.consts, "system=erp"); err != nil {
		return o, err
	}
	for _, s := range f.splits {
		// The separator may itself be "=": COLUMN==.
		i := strings.LastIndexByte(strings.TrimSuffix(s, "="), '=')
		if strings.HasSuffix(s, "==") {
			i = len(s) - 2
		}
		if i <= 0 || i == len(s)-1 {
			return o, usage("--split %s is not COLUMN=SEPARATOR", review.Quote(s)).WithHint("for example --split 'Roles=;'")
		}
		o.Split = append(o.Split, review.Assign{Name: s[:i], Value: s[i+1:]})
	}
	if o.Expect, err = controlTotals(f.expect); err != nil {
		return o, err
	}
	if o.MaxBytes, err = byteSize(f.maxBytes); err != nil {
		return o, err
	}
	if file, ok := strings.CutPrefix(f.query, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return o, usage("--query: the file %s cannot be read", review.Safe(file)).WithHint("give an existing file after @, or the text itself")
		}
		o.Query = strings.TrimSpace(string(text))
	}
	return o, nil
}

// oneOf refuses a value that is none of the words; nothing is always allowed.
func oneOf(flag, value string, words ...string) error {
	if value == "" {
		return nil
	}
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	return usage("%s %s is not known", flag, review.Quote(value)).WithHint("it takes %s", strings.Join(words, ", "))
}

// assignments reads NAME=VALUE,NAME=VALUE. A comma inside a value is kept where no NAME= follows it.
func assignments(flag string, given []string, example string) ([]review.Assign, error) {
	var out []review.Assign
	for _, arg := range given {
		for i, part := range strings.Split(arg, ",") {
			name, value, ok := strings.Cut(part, "=")
			switch {
			case ok && name != "" && value != "":
				out = append(out, review.Assign{Name: strings.TrimSpace(name), Value: value})
			case !ok && i > 0:
				out[len(out)-1].Value += "," + part
			default:
				return nil, usage("%s %s is not NAME=VALUE", flag, review.Quote(part)).WithHint("for example %s %s", flag, example)
			}
		}
	}
	return out, nil
}

// controlTotals reads --expect.
func controlTotals(s string) ([]review.ControlTotal, error) {
	totals, err := review.ParseTotals(s)
	var e *review.Error
	if errors.As(err, &e) {
		return nil, usage("--expect %s", e.Message).WithHint("for example --expect rows=812,accounts=790,grants=2304")
	}
	return totals, err
}

func byteSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	unit := int64(1)
	digits := strings.ToUpper(s)
	for suffix, u := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = rest, u
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > (1<<62)/unit {
		return 0, usage("--max-bytes %s is not a size", review.Quote(s)).WithHint("for example --max-bytes 500M")
	}
	return n * unit, nil
}
