package evidence

import (
	"context"
	"fmt"
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
)

// openLedger has one campaign of four items that its manager signed off with one still open and one revoked.
func openLedger(t testing.TB) *forge {
	t.Helper()
	f := newForge(t)
	alice := "alice@corp.example"
	f.roster(alice)
	erp := f.load("erp", time.Date(2026, 9, 20, 6, 0, 0, 0, time.UTC), f.grants("erp", 4))
	c := f.launch("2026q3", period{"2026-07-01", "2026-09-30"}, time.Date(2026, 10, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc2:CC6.3"), []int64{erp}, alice)
	f.decide(c, alice, c.items[:3], func(i int) string { return []string{"keep", "revoke", "keep"}[i] })
	f.signOff(c, "manager", forgeManager, 4, 3, map[string]int64{"keep": 2, "revoke": 1})
	f.note()
	return f
}

var tags = regexp.MustCompile(`<[^>]*>`)

func pageText(t testing.TB, pack string) string {
	t.Helper()
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(strings.ReplaceAll(string(mustRead(t, filepath.Join(pack, filePage))), "<wbr>", ""), " "))), " ")
}

// A pack that withholds items must not say that all is well because it counts nothing.
func TestWithheldItemsAreNotCountedAsNone(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Options)
		want []string
	}{
		{"redacted", func(o *Options) { o.Redact, o.IncludeOriginals = true, false }, []string{"What became of each revoke is withheld", "1 person signed 3 decisions"}},
		{"sampled", func(o *Options) { o.Sample, o.Seed = 1, "dice" }, []string{"in the sample", "1 person signed 3 decisions"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openLedger(t)
			o := f.options()
			c.set(&o)
			dir := mustWrite(t, f, o, "pack", f.signer())
			for _, row := range tableOf(t, dir, "coverage") {
				if row["status"] != coverIncomplete {
					t.Errorf("a source that was signed off with an open item is %s", row["status"])
				}
			}
			text := pageText(t, dir)
			for _, want := range append(c.want, "75 % 3 of 4 decided, by the managers' sign-offs", "The managers signed off 1 revoke.", "1 item of campaign 2026q3 had no decision") {
				if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
					t.Errorf("the page does not say %q", want)
				}
			}
			for _, never := range []string{"No access was revoked", "Nothing stands out", "0 people"} {
				if strings.Contains(text, never) {
					t.Errorf("the page says %q", never)
				}
			}
			if r := mustVerify(t, dir, VerifyOptions{}); !r.OK {
				t.Error(reportText(r))
			}
		})
	}
}

// A SOC 1 view shows the sources that matter for financial reporting, and says which it leaves to the table.
func TestFinancialViewShowsFinancialSources(t *testing.T) {
	f := smallLedger(t)
	o := f.options()
	o.For, o.Type, o.From, o.To = "soc1", 2, "2026-07-01", "2026-12-31"
	dir := mustWrite(t, f, o, "pack", f.signer())
	text := pageText(t, dir)
	if want := "The others of these campaigns ( hr-app ) are in"; !strings.Contains(strings.NewReplacer("(", "( ", ")", " )").Replace(text), want) {
		t.Errorf("the page does not name the sources it leaves out:\n%.3000s", text)
	}
	if sources := tableOf(t, dir, "coverage"); len(sources) < 3 {
		t.Errorf("coverage.csv has %d rows; it must hold every source", len(sources))
	}
}

// Its control figures count the items of the relevant sources alone.
func TestFinancialViewCountsFinancialSources(t *testing.T) {
	f := newForge(t)
	alice := "alice@corp.example"
	f.roster(alice)
	imports := []int64{f.load("erp", forgeStart, f.grants("erp", 5)), f.load("wiki", forgeStart, f.grants("wiki", 4))}
	c := f.launch("mixed", period{"2026-10-01", "2026-12-31"}, time.Date(2026, 12, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc1:OBJ-7"), imports, alice)
	f.decide(c, alice, c.items[:8], func(i int) string {
		return []string{"keep", "revoke", "exception", "keep", "keep", "revoke", "revoke", "exception"}[i]
	})
	f.note()
	o := f.options()
	o.For, o.Type, o.From, o.To = "soc1", 2, "2026-10-01", "2026-12-31"
	dir := mustWrite(t, f, o, "pack", f.signer())
	if want := "The figures below count the items of the relevant sources alone"; !strings.Contains(pageText(t, dir), want) {
		t.Errorf("the page does not say what its control figures count")
	}
	_, control, _ := strings.Cut(string(mustRead(t, filepath.Join(dir, filePage))), `id="control-obj-obj-7"`)
	control, _, _ = strings.Cut(control, "</table>")
	figures := regexp.MustCompile(`<td class="n">([^<]*)</td>`).FindAllStringSubmatch(control, -1)
	var got []string
	for _, m := range figures {
		got = append(got, m[1])
	}
	// Five items of erp: all decided, one revoked and not yet proven gone, one exception that runs.
	if want := "5 100 % 1 0 1 0"; strings.Join(got, " ") != want {
		t.Errorf("the control counts %q, want %q", strings.Join(got, " "), want)
	}
}

func TestSoDCountsPairsOfPoliciesAndFiles(t *testing.T) {
	pairs := countSoD(nil, "FI-03 Post and close: holds A and B", "keep")
	pairs = countSoD(pairs, "FI-03 Post and close: holds B and A", "revoke")
	pairs = countSoD(pairs, "FI-1 Other: holds C and D", "keep")
	if len(pairs) != 2 || pairs[0].items != 2 || pairs[0].byVerdict["revoke"] != 1 || pairs[0].pair.Name != "Post and close" || !pairs[1].fromFile {
		t.Errorf("%+v %+v", pairs[0], pairs)
	}
}

// A verifier who holds the ids of all items can repeat the draw of a pack that withholds them.
func TestDrawIsRepeatedFromTheVerifiersList(t *testing.T) {
	f := smallLedger(t)
	full := mustWrite(t, f, f.options(), "full", f.signer())
	population := mustRead(t, filepath.Join(full, tableFile("population")))
	o := f.options()
	o.IncludeOriginals = false
	o.Sample, o.Seed = 2, "dice 4-1-6-3"
	pack := mustWrite(t, f, o, "pack", f.signer())
	says := func(r *Report, words string) bool {
		return strings.Contains(strings.Join(r.NotChecked, "\n"), words)
	}
	if r := mustVerify(t, pack, VerifyOptions{}); !r.OK || !says(r, "needs the ids of all items") {
		t.Errorf("without a list:\n%s", reportText(r))
	}
	if r := mustVerify(t, pack, VerifyOptions{Items: population, ItemsFrom: "population.csv"}); !r.OK || says(r, "needs the ids") || !says(r, "only their number could be compared") {
		t.Errorf("with the population:\n%s", reportText(r))
	}
	short := population[:strings.LastIndex(strings.TrimSuffix(string(population), "\n"), "\n")+1]
	if r := mustVerify(t, pack, VerifyOptions{Items: short}); !r.OK || !says(r, "its population has") {
		t.Errorf("with a list that lacks an item:\n%s", reportText(r))
	}
	// The list of another campaign that is as long: what it draws is not what is disclosed.
	forged := strings.NewReplacer("sha256:0", "sha256:f", "sha256:1", "sha256:e", "sha256:2", "sha256:d", "sha256:3", "sha256:c", "sha256:4", "sha256:b", "sha256:5", "sha256:a").Replace(string(population))
	if r := mustVerify(t, pack, VerifyOptions{Items: []byte(forged)}); r.OK || !hasCode(r, ledger.CodePopulation) {
		t.Errorf("with other items:\n%s", reportText(r))
	}
	var plain strings.Builder
	for _, row := range tableOf(t, full, "population") {
		if row["campaign"] == "2026q3" {
			plain.WriteString(row["item"] + "\n")
		}
	}
	if ids := itemsListed([]byte(plain.String()), "2026q3"); len(ids) != 6 {
		t.Errorf("a plain list of 6 ids gives %d", len(ids))
	}
}

// An open item is named by what was shown for the same entitlement elsewhere in the pack; where nothing was, the page says so.
func TestOpenItemsAreNamedWhereThePackCan(t *testing.T) {
	const guid, other = "62e90394-69f5-4237-9190-012177145e10", "F28A1F50-F6E7-4571-818B-6A12F2AF6B6C"
	f := newForge(t)
	alice := "alice@corp.example"
	f.roster(alice)
	erp := f.load("erp", time.Date(2026, 9, 20, 6, 0, 0, 0, time.UTC), []grant{
		{"ann", guid, "ann@corp.example", "admin"}, {"bea", guid, "bea@corp.example", "admin"}, {"cleo", other, "cleo@corp.example", "admin"}})
	c := f.launch("2026q3", period{"2026-07-01", "2026-09-30"}, time.Date(2026, 10, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc2:CC6.3"), []int64{erp}, alice)
	f.decide(c, alice, c.items[:1], func(int) string { return "keep" })
	f.note()
	text := pageText(t, mustWrite(t, f, f.options(), "pack", f.signer()))
	for _, want := range []string{"bea@corp.example " + guid + " Role " + guid + " " + alice, "1 line says what is held by the id of the entitlement alone"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "Role "+other) {
		t.Error("a name that nobody was shown is on the page")
	}
}

// An item that was asked for but not drawn cannot be in a pack that shows only what was drawn: it is not left out in silence.
func TestItemBesideASampleThatHidesIt(t *testing.T) {
	f := smallLedger(t)
	var ids []string
	for text, err := range f.Members(context.Background(), "2026q4") {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, field(text.Bytes, "item"))
	}
	refused := 0
	for i, id := range ids {
		o := f.options()
		o.Campaigns, o.Sample, o.Seed, o.Disclose, o.Items = []string{"2026q4"}, 1, "dice 4", "sample", []string{id}
		_, err := Write(context.Background(), f, o, filepath.Join(t.TempDir(), fmt.Sprint(i)), f.signer())
		if err != nil && strings.Contains(err.Error(), "the item "+id+" was not drawn") {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != len(ids)-1 {
		t.Errorf("%d of %d items were refused, all but the one drawn should be", refused, len(ids))
	}
}
