package evidence

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

func TestCalendar(t *testing.T) {
	for _, c := range []struct {
		window period
		length string
		want   string
	}{
		{period{"2026-07-01", "2026-12-31"}, "quarter", "2026-07-01..2026-09-30 2026-10-01..2026-12-31"},
		{period{"2026-02-10", "2026-03-02"}, "month", "2026-02-01..2026-02-28 2026-03-01..2026-03-31"},
		{period{"2028-02-10", "2028-02-11"}, "month", "2028-02-01..2028-02-29"},
		{period{"2026-11-20", "2027-01-02"}, "half-year", "2026-07-01..2026-12-31 2027-01-01..2027-06-30"},
		{period{"2026-05-01", "2026-05-01"}, "year", "2026-01-01..2026-12-31"},
		{period{"2026-05-02", "2026-05-01"}, "year", ""},
		{period{"2026-05-01", "2026-05-01"}, "fortnight", ""},
	} {
		var got []string
		for _, p := range calendar(c.window, c.length) {
			got = append(got, string(p.start+".."+p.end))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v %s: %v", c.window, c.length, got)
		}
	}
}

// tableOf reads a table of a written pack with the standard reader: the CSV is CSV for everybody.
func tableOf(t testing.TB, dir, name string) []map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(string(mustRead(t, filepath.Join(dir, tableFile(name))))))
	r.LazyQuotes = false
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, cell := range row {
			m[all[0][i]] = cell
		}
		out = append(out, m)
	}
	return out
}

func TestCoverageStates(t *testing.T) {
	alice := "alice@corp.example"
	third, fourth := period{"2026-07-01", "2026-09-30"}, period{"2026-10-01", "2026-12-31"}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name    string
		taken   time.Time
		p       period
		due     time.Time
		decided int // of 3
		signOff bool
		policy  string
		window  period
		want    string // status of each row, by period
		late    string
	}{
		{"covered", day(2026, 9, 20), third, day(2026, 10, 20), 3, true, testPolicy(), third, "covered", "0"},
		{"late", day(2026, 9, 20), third, day(2026, 9, 25), 3, true, testPolicy(), third, "late", "6"},
		{"late on the day itself", day(2026, 9, 20), third, time.Date(2026, 10, 1, 8, 1, 0, 0, time.UTC), 3, true, testPolicy(), third, "late", "0"},
		{"not signed off", day(2026, 9, 20), third, day(2026, 10, 20), 3, false, testPolicy(), third, "incomplete", ""},
		{"items open", day(2026, 9, 20), third, day(2026, 10, 20), 2, true, testPolicy(), third, "incomplete", "0"},
		{"export outside the period", day(2026, 6, 20), third, day(2026, 10, 20), 3, true, testPolicy(), third, "incomplete", "0"},
		{"no time of export", time.Time{}, third, day(2026, 10, 20), 3, true, testPolicy(), third, "incomplete", "0"},
		{"a quarter missing", day(2026, 10, 1), fourth, day(2026, 10, 20), 3, true, testPolicy(), period{"2026-07-01", "2026-12-31"}, "missing covered", "0"},
		{"an odd period ends in its quarter", day(2026, 10, 1), period{"2026-09-25", "2026-10-09"}, day(2026, 10, 20), 3, true, testPolicy(), period{"2026-09-25", "2026-10-09"}, "missing covered", "0"},
		{"no policy", day(2026, 9, 20), third, day(2026, 10, 20), 3, true, "# opaque\n", period{"2026-01-01", "2026-12-31"}, "covered", "0"},
	} {
		f := newForge(t)
		f.roster(alice)
		imp := f.load("erp", c.taken, f.grants("erp", 3))
		cam := f.launch("c", c.p, c.due, c.policy, []int64{imp}, alice)
		f.decide(cam, alice, cam.items[:c.decided], func(int) string { return "keep" })
		if c.signOff {
			f.signOff(cam, "manager", forgeManager, 3, int64(c.decided), map[string]int64{"keep": int64(c.decided)})
		}
		f.note()
		o := f.options()
		o.From, o.To, o.Campaigns = string(c.window.start), string(c.window.end), []string{"c"}
		dir := mustWrite(t, f, o, "pack", f.signer())
		if r := mustVerify(t, dir, VerifyOptions{}); !r.OK {
			t.Errorf("%s:\n%s", c.name, reportText(r))
		}
		var states []string
		for _, row := range tableOf(t, dir, "coverage") {
			states = append(states, row["status"])
			if row["campaign"] != "" && row["days_late"] != c.late {
				t.Errorf("%s: %s days late, want %s", c.name, row["days_late"], c.late)
			}
		}
		if strings.Join(states, " ") != c.want {
			t.Errorf("%s: coverage is %v, want %s", c.name, states, c.want)
		}
	}
}

// TestTablesTellTheStory holds a few cells against what was done to the ledger.
func TestTablesTellTheStory(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	find := func(table, column, value string) map[string]string {
		rows := tableOf(t, dir, table)
		i := slices.IndexFunc(rows, func(r map[string]string) bool { return r[column] == value })
		if i < 0 {
			t.Fatalf("%s has no row with %s %s", table, column, value)
		}
		return rows[i]
	}
	for _, c := range []struct{ table, key, value, column, want string }{
		{"remediation", "account", "ACC00001", "state", "verified-gone"},
		{"remediation", "account", "ACC00001", "ticket", "CHG-1"},
		{"remediation", "account", "ACC00001", "claimed", "2026-11-03T10:00:00Z"},
		{"remediation", "account", "ACC00001", "import_extracted", "2026-11-30T06:00:00Z"},
		{"remediation", "account", "ACC00004", "state", "claimed-done"},
		{"remediation", "account", "ACC00003", "state", "open"},
		{"exceptions", "account", "ACC00002", "until", "2027-03-31"},
		{"exceptions", "account", "ACC00002", "current_until", "2027-06-30"},
		{"exceptions", "account", "ACC00002", "renewals", "1"},
		{"exceptions", "account", "ACC00002", "state", "active"},
		{"exceptions", "account", "ACC00002", "closed", ""},
		{"decisions", "account", "'@bot", "entitlement", "'+ALL"},
		{"decisions", "account", "ACC00001", "reason", "'=HYPERLINK(\"x\") moved to another team"},
		{"population", "account", `\u{202e}evil`, "status", "open"},
		{"population", "account", "O'Neil <b>", "verdict", "exception"},
		{"reviewers", "principal", "bob@corp.example", "abstain", "1"},
		{"reviewers", "principal", "bob@corp.example", "decided", "1"},
		{"imports", "index", "14", "previous", "2"},
		{"controls", "id", "PR.AA-05", "note", "replaces PR.AC-1 of CSF 1.1"},
	} {
		if c.table == "decisions" && c.value == "'@bot" {
			if rows := tableOf(t, dir, "decisions"); !slices.ContainsFunc(rows, func(r map[string]string) bool { return r["account"] == c.value }) {
				continue // bob did not come to it
			}
		}
		if got := find(c.table, c.key, c.value)[c.column]; got != c.want {
			t.Errorf("%s of %s in %s is %q, want %q", c.column, c.value, c.table, got, c.want)
		}
	}
}

// TestReportTellsTheStory: what section 6 wants is on the page, in words.
func TestReportTellsTheStory(t *testing.T) {
	f := smallLedger(t)
	page := string(mustRead(t, filepath.Join(mustWrite(t, f, f.options(), "pack", f.signer()), filePage)))
	for _, want := range []string{f.log, f.nodes.Head().Root.Base64(), f.fingerprint("alice@corp.example"), "NOT-SIGNED-OFF", "ITEMS-OPEN", "REVOKES-OPEN",
		"which you must confirm with the organisation", "no check can see it", "nobody was coerced", "only where a later import shows it", "verified-gone", "claimed-done",
		"daily log review", "2027-06-30", "O&#39;Neil &lt;b&gt;", `\u{202e}evil`, "receipt or an earlier head", "auditor@audit.example", "CC6.3", "self-enrolled", "Nothing was excluded"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(page, "\u202e") || strings.Contains(page, "<script") {
		t.Error("the report holds raw data")
	}
}

func TestReparse(t *testing.T) {
	f := smallLedger(t)
	dir := mustWrite(t, f, f.options(), "pack", f.signer())
	reparse := func(change func(*ledger.Row), extra bool, fail error) func(context.Context, *ledger.Import, []byte, io.Reader) iter.Seq2[ledger.Row, error] {
		return func(_ context.Context, imp *ledger.Import, mapping []byte, original io.Reader) iter.Seq2[ledger.Row, error] {
			return func(yield func(ledger.Row, error) bool) {
				if fail != nil {
					yield(ledger.Row{}, fail)
					return
				}
				if !strings.Contains(string(mapping), "account=account") {
					t.Error("the mapping is not handed over")
				}
				b, _ := io.ReadAll(original)
				if ledger.Sum(b) != imp.FileSHA256 {
					t.Error("another original is handed over")
				}
				for index, rows := range f.rows {
					if v, _, _, _ := ledger.ParseEntry(f.entries[index]); v.(*ledger.Import).FileSHA256 != imp.FileSHA256 {
						continue
					}
					for i, text := range rows {
						v, _ := ledger.Parse(text)
						row := *v.(*ledger.Row)
						if change != nil && i == 0 {
							change(&row)
						}
						if !yield(row, nil) {
							return
						}
					}
					if extra {
						yield(ledger.Row{Kind: "grant", Account: "more"}, nil)
					}
				}
			}
		}
	}
	if r := mustVerify(t, dir, VerifyOptions{Reparse: reparse(nil, false, nil)}); !r.OK {
		t.Error(reportText(r))
	}
	for name, how := range map[string]func(context.Context, *ledger.Import, []byte, io.Reader) iter.Seq2[ledger.Row, error]{
		"another account": reparse(func(r *ledger.Row) { r.Account = "X" }, false, nil), "a row more": reparse(nil, true, nil), "unreadable": reparse(nil, false, errors.New("line 3: broken")),
	} {
		if r := mustVerify(t, dir, VerifyOptions{Reparse: how}); !hasCode(r, ledger.CodeImport) {
			t.Errorf("%s: not found\n%s", name, reportText(r))
		}
	}
	o := f.options()
	o.IncludeOriginals = false
	without := mustVerify(t, mustWrite(t, f, o, "without", f.signer()), VerifyOptions{Reparse: reparse(nil, false, nil)})
	if !without.OK || !hasState(without, ledger.StateNotReparsed) || !strings.Contains(reportText(without), "the original is not in the pack") {
		t.Error(reportText(without))
	}
	r := mustVerify(t, dir, VerifyOptions{Reparse: reparse(nil, false, Unread("it was read as generic-csv 9"))})
	if !r.OK || !hasState(r, ledger.StateNotReparsed) || !strings.Contains(reportText(r), "it was read as generic-csv 9") {
		t.Error(reportText(r))
	}
}

func TestBrowse(t *testing.T) {
	f := smallLedger(t)
	p, err := Open(mustWrite(t, f, f.options(), "pack.zip", f.signer()))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, name := range p.Tables() {
		header, rows, err := p.Table(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for cells, err := range rows {
			if err != nil || len(cells) != len(header) {
				t.Fatalf("%s: %v %v", name, cells, err)
			}
			if slices.ContainsFunc(cells, func(c string) bool { return strings.HasPrefix(c, "'") }) {
				t.Errorf("%s: a guard is shown: %q", name, cells)
			}
			n++
		}
		if n == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	if _, _, err := p.Table(context.Background(), "../pack"); err == nil {
		t.Error("a table that is none is read")
	}
}

func TestUncoveredPartsOfTheWindow(t *testing.T) {
	campaigns := func(periods ...period) (view []*campaign) {
		for _, p := range periods {
			view = append(view, &campaign{stmt: &ledger.Campaign{PeriodStart: p.start, PeriodEnd: p.end}})
		}
		return view
	}
	for _, c := range []struct {
		view []*campaign
		want string
	}{
		{nil, "2026-01-01 to 2026-12-31"},
		{campaigns(period{"2026-01-01", "2026-12-31"}), ""},
		{campaigns(period{"2025-10-01", "2027-03-31"}), ""},
		{campaigns(period{"2026-04-01", "2026-06-30"}, period{"2026-10-01", "2026-12-31"}), "2026-01-01 to 2026-03-31, 2026-07-01 to 2026-09-30"},
		{campaigns(period{"2026-01-01", "2026-08-31"}, period{"2026-02-01", "2026-03-31"}, period{"2026-09-02", "2026-12-30"}), "2026-09-01 to 2026-09-01, 2026-12-31 to 2026-12-31"},
		{campaigns(period{"2027-01-01", "2027-03-31"}), "2026-01-01 to 2026-12-31"},
	} {
		b := &book{pack: &Pack{}, view: c.view}
		b.pack.stmt.WindowStart, b.pack.stmt.WindowEnd = "2026-01-01", "2026-12-31"
		if got := spans(b.uncovered()); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestCoverageOfManySources: a campaign over 100,000 imports, each of a source of its own, in a window of a century. Looked
// up source by source in every import, or made as a whole, this matrix would not come to an end.
func TestCoverageOfManySources(t *testing.T) {
	const n = 100_000
	policy := review.DefaultPolicy()
	policy.Periods = "month"
	stmt := &ledger.Campaign{Campaign: "c", PeriodStart: "2026-01-01", PeriodEnd: "2026-01-31"}
	c := &campaign{stmt: stmt, policy: &policy}
	b := &book{pack: &Pack{stmt: ledger.Pack{WindowStart: "1950-01-01", WindowEnd: "2049-12-31"}}, view: []*campaign{c}}
	for i := range int64(n) {
		b.imports = append(b.imports, indexed[*ledger.Import]{i + 1, &ledger.Import{Source: fmt.Sprintf("s%06d", i)}})
		stmt.Imports = append(stmt.Imports, i+1)
		c.items = append(c.items, item{imp: i + 1})
	}
	rows := 0
	for r := range b.coverage() {
		if rows++; rows > 1200*3 {
			break
		}
		if answered := r.campaign == c && r.items == 1 && r.imp == int64((rows-1)/1200+1); answered != (r.period.start == "2026-01-01") {
			t.Fatalf("row %d: %+v", rows, r)
		}
	}
	if rows != 1200*3+1 {
		t.Errorf("%d rows", rows)
	}
}
