package desk

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

const (
	auditedQ3 = `identity,entitlement,last_used,status
carla@corp.example,FI_POST,2026-11-01,active
carla@corp.example,FI_ADMIN,2025-01-15,active
dan@corp.example,FI_POST,never,active
dan@corp.example,FI_READ,2026-11-02,active
eve@corp.example,FI_POST,2026-10-30,active
eve@corp.example,FI_READ,2026-10-30,active
svc-pay,FI_ADMIN,2026-11-19,active
svc-load,FI_READ,2026-11-19,active
`
	auditedSoon = `identity,entitlement,last_used,status
carla@corp.example,FI_POST,2026-11-01,active
carla@corp.example,FI_ADMIN,2025-01-15,active
dan@corp.example,FI_READ,2026-11-02,active
eve@corp.example,FI_POST,2026-10-30,active
eve@corp.example,FI_READ,2026-10-30,active
svc-pay,FI_ADMIN,2026-11-19,active
svc-load,FI_READ,2026-11-19,active
svc-new,FI_READ,2026-11-20,active
`
)

// audited is an office with something of everything on record: 2026q3 is signed off with a revoke that is gone, one that
// is still present, a renewed exception and a superseded decision; 2026q4 has one decision and is open.
func audited(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	full := review.ImportOptions{Source: "erp", Completeness: review.Full}
	o.imports("erp.csv", auditedQ3, full)
	o.later(time.Minute)
	_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "2026q3", Title: "Third quarter", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14),
		PeriodStart: "2026-10-01", PeriodEnd: "2026-12-31", Frameworks: []string{"soc2:CC6.3", "csf:PR.AA-01", "csf:PR.AA-05"}})
	o.must(err)
	_, err = o.desk.Launch(t.Context(), "2026q3", nil)
	o.must(err)
	items := o.items("2026q3")
	o.decide(items["eve@corp.example FI_READ"], review.Draft{Verdict: review.Revoke, Reason: "a slip"})
	o.confirm()
	for _, d := range []struct {
		item  string
		draft review.Draft
	}{
		{"eve@corp.example FI_READ", review.Draft{Verdict: review.Keep, Reason: "she does need it"}},
		{"carla@corp.example FI_POST", review.Draft{Verdict: review.Keep, Opened: true}},
		{"carla@corp.example FI_ADMIN", review.Draft{Verdict: review.Revoke, Reason: "no longer runs month end", Effective: "2026-11-21"}},
		{"dan@corp.example FI_POST", review.Draft{Verdict: review.Revoke, Reason: "never used"}},
		{"dan@corp.example FI_READ", review.Draft{Verdict: review.Keep}},
		{"eve@corp.example FI_POST", review.Draft{Verdict: review.Keep}},
		{"svc-pay FI_ADMIN", review.Draft{Verdict: review.Except, Reason: "vendor needs it", Until: "2027-03-31", Owner: "bob@corp.example", Control: "weekly log review"}},
		{"svc-load FI_READ", review.Draft{Verdict: review.Keep}},
	} {
		o.decide(items[d.item], d.draft)
	}
	o.later(20 * time.Minute)
	o.confirm()
	o.later(time.Minute)
	_, err = o.desk.SignOff(t.Context(), "2026q3", "", nil)
	o.must(err)

	o.later(7 * 24 * time.Hour)
	rs, err := o.desk.Remediations(t.Context(), "")
	o.must(err)
	_, err = o.desk.StageClaim(t.Context(), []review.EntryIndex{rs[0].ID}, review.ClaimDraft{Ticket: "CHG-7", Done: o.now.Format(time.DateOnly)})
	o.must(err)
	o.confirm()
	rep := o.imports("erp2.csv", auditedSoon, full)
	if rep.Settled == nil || rep.Settled.Gone != 1 || rep.Settled.StillPresent != 1 {
		t.Fatalf("settled %+v", rep.Settled)
	}
	o.confirm()
	es, err := o.desk.Exceptions(t.Context(), "")
	o.must(err)
	_, err = o.desk.StageClosure(t.Context(), []review.EntryIndex{es[0].ID}, review.ClosureDraft{Outcome: "renewed", Until: "2027-06-30", Owner: "bob@corp.example", Control: "weekly log review", Reason: "release 7 slipped"})
	o.must(err)
	o.confirm()

	o.later(time.Hour)
	o.launch("2026q4")
	o.decide(o.items("2026q4")["dan@corp.example FI_READ"], review.Draft{Verdict: review.Keep, Opened: true})
	o.confirm()
	o.verifies()
	return o
}

// pack exports and opens a pack, checked.
func (o *office) pack(name string, opt evidence.Options) (*Pack, *evidence.Result) {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	res, err := o.desk.Export(o.t.Context(), opt, path)
	o.must(err)
	rep, err := evidence.Verify(o.t.Context(), path, evidence.VerifyOptions{})
	o.must(err)
	if !rep.OK {
		o.t.Fatalf("%s does not verify: %v", name, rep.Codes)
	}
	return o.open(path, rep), res
}

func (o *office) open(path string, rep *evidence.Report) *Pack {
	o.t.Helper()
	p, err := OpenPack(o.t.Context(), path, PackOptions{Report: rep})
	o.must(err)
	o.t.Cleanup(func() { p.Close() })
	return p
}

// lines gives all items of a query in its order.
func lines(t *testing.T, p *Pack, q review.Query) []review.Item {
	t.Helper()
	page, err := p.Page(t.Context(), q, review.Anchor{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !page.First || !page.Last {
		t.Fatal("the whole list is not the first and last page")
	}
	return page.Items
}

// table reads a table of a pack in a folder, by the names of its columns.
func table(t *testing.T, p *Pack, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(p.Path(), "tables", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range rows[1:] {
		m := map[string]string{}
		for i, c := range cells {
			m[rows[0][i]] = strings.TrimPrefix(c, "'")
		}
		out = append(out, m)
	}
	return out
}

// A full pack answers every list as the database does that it came from.
func TestPackShowsWhatTheDatabaseHolds(t *testing.T) {
	o := audited(t)
	for _, name := range []string{"full", "full.zip"} {
		p, _ := o.pack(name, evidence.Options{Controls: []string{"csf:PR.AC-1"}}) // for 2026q4, whose policy names none
		o.now = p.Now()
		ctx := t.Context()
		want, err := o.desk.Overview(ctx)
		o.must(err)
		got, err := p.Overview(ctx)
		o.must(err)
		if got.Ledger != want.Ledger || !maps.Equal(got.Exceptions, want.Exceptions) || !maps.Equal(got.Remediation, want.Remediation) || *got.Outcomes != *want.Outcomes {
			t.Errorf("%s: overview\n%+v\nwant\n%+v", name, got, want)
		}
		if len(got.Campaigns) != 2 {
			t.Fatalf("%s: %d campaigns", name, len(got.Campaigns))
		}
		for i, c := range got.Campaigns {
			w := want.Campaigns[slices.IndexFunc(want.Campaigns, func(w review.Campaign) bool { return w.Name == c.Name })]
			w.Frameworks, w.Imports, w.Findings, c.Imports, c.Findings = nil, nil, nil, nil, nil
			if words := strings.Join(c.Frameworks, " "); words != []string{"soc2:CC6.3 csf:PR.AA-01 csf:PR.AA-05", "csf:PR.AC-1"}[i] {
				t.Errorf("%s: controls of %s: %s", name, c.Name, words)
			}
			c.Frameworks = nil
			if w.Scope == "" {
				w.Scope = "all"
			}
			if !reflect.DeepEqual(c, w) {
				t.Errorf("%s: campaign\n%+v\nwant\n%+v", name, c, w)
			}
			samePackItems(t, o, p, c.Name)
		}
		samePackClosing(t, o, p)
	}
}

// samePackItems compares items with those of the database, but for what a pack cannot know.
func samePackItems(t *testing.T, o *office, p *Pack, c review.CampaignID) {
	t.Helper()
	want := o.items(c)
	got := lines(t, p, review.Query{Campaign: c})
	if len(got) != len(want) {
		t.Fatalf("%s: %d items, want %d", c, len(got), len(want))
	}
	for _, it := range got {
		w := want[it.Account+" "+it.Entitlement]
		decided := w.Verdict.Decides()
		for _, f := range []struct {
			name string
			a, b any
		}{
			{"id", it.ID, w.ID}, {"ord", it.Ord, w.Ord}, {"stage", it.Stage, w.Stage}, {"identity", it.Identity, w.Identity}, {"source", it.Source, w.Source},
			{"system", it.System, w.System}, {"account", it.Account, w.Account}, {"privilege", it.Privilege, w.Privilege}, {"verdict", it.Verdict, w.Verdict},
			{"state", it.State, w.State}, {"reason", it.Reason, w.Reason}, {"until", it.Until, w.Until}, {"reviewer", it.Reviewer, w.Reviewer},
			{"grant", it.Grant, w.Grant}, {"row", it.Row, w.Row}, {"sample", it.Sample, ""}, {"withheld", it.Withheld, ""},
		} {
			if f.a != f.b {
				t.Errorf("%s %s: %s is %v, want %v", c, w.Account, f.name, f.a, f.b)
			}
		}
		if !decided {
			if it.Kind != review.NotInPack || it.LastUsed.Norm() != review.NotInPack || it.Findings[0].Rule != review.NotInPack {
				t.Errorf("%s %s is undecided, yet the pack seems to know its facts: %+v", c, it.Account, it)
			}
			continue
		}
		if it.Kind != w.Kind || it.Status != w.Status || it.LastUsed.Stated() != w.LastUsed.Stated() || !reflect.DeepEqual(slices.Clip(it.Findings), slices.Clip(w.Findings)) {
			t.Errorf("%s %s: facts\n%+v\nwant\n%+v", c, it.Account, it, w)
		}
		det, err := p.Detail(t.Context(), it.ID)
		o.must(err)
		live, err := o.desk.Detail(t.Context(), it.ID)
		o.must(err)
		if !reflect.DeepEqual(det.Decisions, live.Decisions) || det.Locator != live.Locator || det.ImportFile != filepath.Base(live.ImportFile) || !det.Extracted.Equal(live.Extracted) || det.Siblings != live.Siblings {
			t.Errorf("%s %s: detail\n%+v\nwant\n%+v", c, it.Account, det, live)
		}
		if !strings.HasPrefix(det.Facts, "tickmark/facts v1\n") {
			t.Errorf("%s %s: what was shown is %q", c, it.Account, det.Facts)
		}
	}
}

func samePackClosing(t *testing.T, o *office, p *Pack) {
	t.Helper()
	es, err := p.Exceptions(t.Context(), "")
	o.must(err)
	wantEs, err := o.desk.Exceptions(t.Context(), "")
	o.must(err)
	if !reflect.DeepEqual(es, wantEs) {
		t.Errorf("exceptions\n%+v\nwant\n%+v", es, wantEs)
	}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	wantRs, err := o.desk.Remediations(t.Context(), "")
	o.must(err)
	imports, err := o.desk.Imports(t.Context())
	o.must(err)
	entry := map[review.ImportID]review.ImportID{}
	for _, im := range imports {
		entry[im.ID] = review.ImportID(im.Entry)
	}
	for i := range wantRs {
		wantRs[i].VerifiedBy, wantRs[i].Notes, rs[i].Notes = entry[wantRs[i].VerifiedBy], nil, nil
	}
	if !reflect.DeepEqual(rs, wantRs) {
		t.Errorf("revokes\n%+v\nwant\n%+v", rs, wantRs)
	}
	for _, c := range []review.CampaignID{"2026q3", "2026q4"} {
		got, err := p.Quality(t.Context(), c)
		o.must(err)
		want, err := o.desk.Quality(t.Context(), c)
		o.must(err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("quality of %s\n%+v\nwant\n%+v", c, got, want)
		}
	}
}

// What is shown agrees with the tables that the verifier recomputes.
func TestPackAgreesWithItsTables(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	cells, err := p.Coverage(t.Context(), "", "")
	o.must(err)
	var got, want []string
	for _, c := range cells {
		day := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return stamp(at)
		}
		late := ""
		if !c.SignedOff.IsZero() {
			late = fmt.Sprint(c.DaysLate)
		}
		got = append(got, fmt.Sprintln(c.Source, c.PeriodStart, c.PeriodEnd, c.Campaign, c.Import, c.Completeness, day(c.Extracted), day(c.Due), day(c.SignedOff), late, c.Items, c.Decided, c.Open, c.RevokesOpen, c.ExceptionsOpen, c.Status))
	}
	for _, r := range table(t, p, "coverage") {
		want = append(want, fmt.Sprintln(r["source"], r["period_start"], r["period_end"], r["campaign"], r["import_index"], r["completeness"], r["extracted"], r["due"], r["signed_off"], r["days_late"], r["items"], r["decided"], r["open"], r["revokes_open"], r["exceptions_open"], r["status"]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("coverage\n%v\nwant\n%v", got, want)
	}

	byItem := map[string]review.Item{}
	for _, c := range []review.CampaignID{"2026q3", "2026q4"} {
		for _, it := range lines(t, p, review.Query{Campaign: c}) {
			byItem[string(it.ID)] = it
		}
	}
	for _, r := range table(t, p, "population") {
		it := byItem[r["item"]]
		verdict := strings.TrimSuffix(string(it.Verdict), string(review.NoVerdict))
		if it.Account != r["account"] || it.Entitlement != r["entitlement"] || verdict != r["verdict"] || string(it.Reviewer) != r["reviewer"] || fmt.Sprint(it.Import) != r["import"] {
			t.Errorf("population has %v, the list %+v", r, it)
		}
		delete(byItem, r["item"])
	}
	if len(byItem) > 0 {
		t.Errorf("%d items are in no row of the population", len(byItem))
	}
	states := map[string]string{}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	for _, r := range rs {
		states[fmt.Sprint(r.ID)] = string(r.State)
	}
	for _, r := range table(t, p, "remediation") {
		if states[r["decision_index"]] != r["state"] {
			t.Errorf("revoke %s is %s, in the table %s", r["decision_index"], states[r["decision_index"]], r["state"])
		}
	}
}

// In a sampled pack the drawn items come first, in the order of the draw, and everything else is there as withheld.
func TestSampledPackShowsTheDrawAndWhatIsWithheld(t *testing.T) {
	o := audited(t)
	p, res := o.pack("sampled", evidence.Options{Sample: 2, Seed: "dice 4-1-6-3"})
	if !p.Drawn() {
		t.Fatal("no item is marked as drawn")
	}
	q := review.Query{Campaign: "2026q3"}
	all := lines(t, p, q)
	if len(all) != 8 {
		t.Fatalf("%d items, the population has 8", len(all))
	}
	leaves, err := os.ReadFile(filepath.Join(p.Path(), "campaigns/2026q3/members.leafhashes.txt"))
	o.must(err)
	for i, it := range all {
		drawn := i < 2
		if drawn != (it.Withheld == "") || drawn != (it.Sample == fmt.Sprintf("#%d", i+1)) {
			t.Errorf("line %d: sample %q, withheld %q", i, it.Sample, it.Withheld)
		}
		if drawn && string(it.ID) != res.Samples[i] {
			t.Errorf("number %d of the draw is %s, the exporter drew %s", i+1, it.ID, res.Samples[i])
		}
		det, err := p.Detail(t.Context(), it.ID)
		o.must(err)
		if drawn {
			if !hasStep(det.Trail, "sample", fmt.Sprintf("number %d of 2", i+1)) || !hasStep(det.Trail, "dossier", "samples/2026q3/") {
				t.Errorf("the trail of %s does not tell of the draw: %v", it.ID, det.Trail)
			}
			continue
		}
		if it.Verdict == review.NoVerdict || it.State == review.ItemOpen {
			t.Errorf("a withheld item reads as undecided: %+v", it)
		}
		_, leaf, _ := strings.Cut(det.Withheld, "2026q3, ")
		if !strings.Contains(string(leaves), leaf+"\n") || leaf == "" {
			t.Errorf("%q names no leaf hash of the population", det.Withheld)
		}
	}
	for filter, n := range map[string]int64{"verdict:none": 0, "state:open": 0, "withheld": 6, "finding:withheld": 6} {
		q.Filter = filter
		got, err := p.Count(t.Context(), q)
		o.must(err)
		if got != n {
			t.Errorf("%s matches %d items, want %d", filter, got, n)
		}
	}
	groups, err := p.Groups(t.Context(), review.Query{Campaign: "2026q3"}, "system")
	o.must(err)
	if i := slices.IndexFunc(groups, func(g review.GroupCount) bool { return g.Key == withheldWord }); i < 0 || groups[i].Items != 6 {
		t.Errorf("systems %+v", groups)
	}

	cs, err := p.Campaigns(t.Context())
	o.must(err)
	state := review.Signed // sealed it may be or not: that is withheld
	if open, err := p.Remediations(t.Context(), "state:still-present"); err != nil || len(open) > 0 {
		state = review.Remediating
	}
	if c := cs[0]; c.Items != 8 || c.Withheld != 6 || c.Keep != 5 || c.Revoke != 2 || c.Exception != 1 || c.Undecided != 0 || c.State != state {
		t.Errorf("the counts are not those of the sign-off: %+v", c)
	}
	if c := cs[1]; c.Items != 8 || c.Keep != 1 || c.Withheld != 6 {
		t.Errorf("the counts are not those of the signed tallies: %+v", c)
	}
	shown := map[review.Verdict]int64{}
	for _, it := range all[:2] {
		shown[it.Verdict]++
	}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	es, err := p.Exceptions(t.Context(), "")
	o.must(err)
	hiddenRevoke := slices.ContainsFunc(rs, func(r review.Remediation) bool { return r.State == withheldWord })
	hiddenException := slices.ContainsFunc(es, func(e review.Exception) bool { return e.State == withheldWord })
	if hiddenRevoke != (shown[review.Revoke] < 2) || hiddenException != (shown[review.Except] < 1) {
		t.Errorf("of the sample %v; revokes %+v, exceptions %+v", shown, rs, es)
	}
	withheld := 0
	entries, err := p.Entries(t.Context(), 0, 1000)
	o.must(err)
	for _, e := range entries {
		if e.Kind != withheldWord {
			continue
		}
		withheld++
		one, err := p.Entry(t.Context(), e.Index)
		o.must(err)
		if !strings.Contains(one.Text, "withheld") || one.LeafHash == "" || one.Bundle == 0 {
			t.Errorf("withheld entry %+v", one)
		}
	}
	if int64(withheld) != res.Withheld || int64(len(entries)) != res.Size {
		t.Errorf("%d of %d entries are withheld, the exporter says %d of %d", withheld, len(entries), res.Withheld, res.Size)
	}
	imports, err := p.Imports(t.Context())
	o.must(err)
	for _, im := range imports {
		if im.Diff != nil || !strings.Contains(strings.Join(im.Notes, " "), "withheld") {
			t.Errorf("import %d does not say that rows are withheld: %+v", im.ID, im)
		}
	}
	_, _, err = p.DiffImports(t.Context(), 0, imports[0].ID, 10)
	o.refused(err, review.KindRefused)
}

func hasStep(trail []review.Step, label, text string) bool {
	return slices.ContainsFunc(trail, func(s review.Step) bool { return s.Label == label && strings.Contains(s.Text, text) })
}

// A redacted pack shows how much there is and nothing of it; a view shows that there is more than it holds.
func TestRedactedAndNarrowPacks(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("redacted", evidence.Options{Redact: true})
	for _, it := range lines(t, p, review.Query{Campaign: "2026q3"}) {
		if it.Withheld == "" || it.Account != withheldWord {
			t.Errorf("an item is disclosed: %+v", it)
		}
	}
	if n, err := p.Count(t.Context(), review.Query{Campaign: "2026q3"}); err != nil || n != 8 {
		t.Errorf("%d items, %v", n, err)
	}
	card, err := p.Card(t.Context(), review.Query{Campaign: "2026q3"}, "", 0)
	o.must(err)
	if card.Key != withheldWord || card.Items != 8 || card.Of != 1 {
		t.Errorf("card %+v", card)
	}
	rs, err := p.Remediations(t.Context(), "")
	o.must(err)
	if len(rs) != 1 || rs[0].Entitlement != "2 revokes withheld" {
		t.Errorf("revokes %+v", rs)
	}
	if det, err := p.Detail(t.Context(), rs[0].Item); err != nil || det.Withheld == "" {
		t.Errorf("the line of withheld revokes leads to %+v, %v", det, err)
	}
	if next, err := p.NextUndecided(t.Context(), review.Query{Campaign: "2026q3"}, ""); err != nil || next != "" {
		t.Errorf("a withheld item is offered as undecided: %q, %v", next, err)
	}

	p, _ = o.pack("narrow", evidence.Options{Campaigns: []string{"2026q3"}, For: "soc2", Type: 2, From: "2026-10-01", To: "2026-12-31"})
	cs, err := p.Campaigns(t.Context())
	o.must(err)
	if len(cs) != 2 || cs[1].State != review.NotInView || cs[1].Items != 8 || len(cs[0].Frameworks) != 1 {
		t.Errorf("campaigns %+v", cs)
	}
	for _, it := range lines(t, p, review.Query{Campaign: "2026q4"}) {
		if !strings.Contains(it.Withheld, "not in the view") {
			t.Errorf("an item of a campaign out of view reads %+v", it)
		}
	}
	cover, err := p.Coverage(t.Context(), "", "")
	o.must(err)
	if !slices.ContainsFunc(cover, func(c review.Coverage) bool { return c.Campaign == "2026q4" && c.Status == string(review.NotInView) }) {
		t.Errorf("coverage %+v does not say that a campaign is left out", cover)
	}
}

// The trail of a removed access names its row, its decision, who signed it with which key, and the import that shows it
// gone; and the files it names are there.
func TestPackTrailFromRowToRemoval(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	rs, err := p.Remediations(t.Context(), "state:verified-gone")
	o.must(err)
	if len(rs) != 1 || rs[0].VerifiedBy == 0 || !strings.Contains(strings.Join(rs[0].Notes, " "), "erp2.csv") || !strings.Contains(strings.Join(rs[0].Notes, " "), "not among them") {
		t.Fatalf("revokes proven gone: %+v", rs)
	}
	det, err := p.Detail(t.Context(), rs[0].Item)
	o.must(err)
	d := det.Decisions[0]
	for _, want := range [][2]string{
		{"export", "erp.csv, source erp"}, {"row", "leaf hash"}, {"population", "of 8, fixed by root"}, {"decision", fmt.Sprintf("entry %d: revoke", d.Index)},
		{"signed by", "alice@corp.example"}, {"signed by", string(d.Key)}, {"bundle", "8 records (keep 5, revoke 2, exception 1, abstain 0)"},
		{"proof", fmt.Sprintf("proofs/%06d.tlog-proof", d.Index)}, {"removal", "verified-gone"}, {"shown by", "erp2.csv"}, {"", "the grant is not among them"},
	} {
		if !hasStep(det.Trail, want[0], want[1]) {
			t.Errorf("no step %q with %q in\n%v", want[0], want[1], det.Trail)
		}
	}
	files := 0
	for _, s := range det.Trail {
		if len(s.Label) > 12 {
			t.Errorf("the label %q is too long", s.Label)
		}
		for word := range strings.FieldsFuncSeq(s.Text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
			if !strings.Contains(word, "/") || strings.HasPrefix(word, "SHA256:") || strings.HasSuffix(word, "=") {
				continue
			}
			files++
			if _, err := os.Stat(filepath.Join(p.Path(), word)); err != nil {
				t.Errorf("%s: %v", s.Label, err)
			}
		}
	}
	if files < 6 {
		t.Errorf("the trail names %d files", files)
	}
	leaf, _ := os.ReadFile(filepath.Join(p.Path(), "log/leafhashes.txt"))
	e, err := p.Entry(t.Context(), d.Index)
	o.must(err)
	if !strings.Contains(string(leaf), e.LeafHash) || !hasStep(det.Trail, "leaf hash", e.LeafHash) || e.Kind != "decision" || e.Bundle == 0 {
		t.Errorf("entry %+v", e)
	}

	still, err := p.Remediations(t.Context(), "state:still-present ticket:CHG-7")
	o.must(err)
	if len(still) != 1 || still[0].Claimed == "" {
		t.Errorf("revokes still present: %+v", still)
	}
}

// Pages fit together in every order, and an anchor that does not match the filter is where it would stand.
func TestPackPages(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("sampled", evidence.Options{Sample: 5, Seed: "x"})
	for _, q := range []review.Query{{}, {Filter: "-system:withheld"}, {Sort: []review.SortKey{{Column: "ord", Desc: true}}}, {Sort: []review.SortKey{{Column: "entitlement"}, {Column: "identity", Desc: true}}}} {
		q.Campaign = "2026q3"
		all := lines(t, p, q)
		for limit := 1; limit <= 4; limit++ {
			var forth, back []review.ItemID
			var at review.Anchor
			for {
				page, err := p.Page(t.Context(), q, at, limit)
				o.must(err)
				for i, it := range page.Items {
					if int64(len(forth)) != page.Offset+int64(i) {
						t.Fatalf("offset %d, want %d", page.Offset, len(forth)-i)
					}
					forth = append(forth, it.ID)
				}
				if page.Last {
					break
				}
				at = review.Anchor{From: forth[len(forth)-1]}
			}
			at = review.Anchor{Back: true}
			for {
				page, err := p.Page(t.Context(), q, at, limit)
				o.must(err)
				ids := make([]review.ItemID, 0, len(page.Items))
				for _, it := range page.Items {
					ids = append(ids, it.ID)
				}
				back = append(ids, back...)
				if page.First {
					break
				}
				at.From = back[0]
			}
			want := make([]review.ItemID, 0, len(all))
			for _, it := range all {
				want = append(want, it.ID)
			}
			if !slices.Equal(forth, want) || !slices.Equal(back, want) {
				t.Errorf("%+v by %d: forth %v, back %v, want %v", q, limit, forth, back, want)
			}
		}
	}
	all := lines(t, p, review.Query{Campaign: "2026q3"})
	q := review.Query{Campaign: "2026q3", Filter: "id:" + strings.TrimPrefix(string(all[3].ID), "sha256:")}
	page, err := p.Page(t.Context(), q, review.Anchor{From: all[1].ID}, 5)
	o.must(err)
	if len(page.Items) != 1 || page.Items[0].ID != all[3].ID {
		t.Errorf("after an item that does not match: %+v", page)
	}
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q4"}, review.Anchor{From: all[1].ID}, 5)
	o.refused(err, review.KindNotFound)
	_, err = p.Page(t.Context(), review.Query{Campaign: "nowhere"}, review.Anchor{}, 5)
	o.refused(err, review.KindNotFound)
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q3", Filter: "verdict:maybe"}, review.Anchor{}, 5)
	o.refused(err, review.KindUsage)
	_, err = p.Page(t.Context(), review.Query{Campaign: "2026q3", Sort: []review.SortKey{{Column: "colour"}}}, review.Anchor{}, 5)
	o.refused(err, review.KindUsage)
	_, err = p.Groups(t.Context(), review.Query{Campaign: "2026q3"}, "colour")
	o.refused(err, review.KindUsage)
	for _, column := range review.ItemColumns {
		if _, err := p.Page(t.Context(), review.Query{Campaign: "2026q3", Sort: []review.SortKey{{Column: column}}}, review.Anchor{}, 1); err != nil {
			t.Errorf("sorted by %s: %v", column, err)
		}
	}
	for _, id := range []review.ItemID{"", "withheld:2026q3:0", "withheld:2026q3:9", "withheld:2026q3:x", "withheld:none:1", review.ItemID(fmt.Sprintf("withheld:2026q3:%d", all[0].Ord))} {
		_, err := p.Item(t.Context(), id)
		o.refused(err, review.KindNotFound)
	}
}

// Imports tell what was read and what changed between two exports; cards go from identity to identity.
func TestPackImportsAndCards(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	imports, err := p.Imports(t.Context())
	o.must(err)
	if len(imports) != 2 || imports[0].File != "erp2.csv" || imports[0].Previous != imports[1].ID || len(imports[0].Mapping) == 0 {
		t.Fatalf("imports %+v", imports)
	}
	if d := imports[0].Diff; d == nil || d.Added != 1 || d.Removed != 1 || d.Unchanged != 7 {
		t.Errorf("diff %+v", d)
	}
	if s := imports[0].Settled; s == nil || s.Gone != 1 || s.StillPresent != 1 {
		t.Errorf("settled %+v", s)
	}
	_, changed, err := p.DiffImports(t.Context(), 0, imports[0].ID, 10)
	o.must(err)
	if len(changed) != 2 || changed[0].Change != "removed" || changed[0].Account != "dan@corp.example" || changed[1].Account != "svc-new" {
		t.Errorf("diff %+v", changed)
	}
	_, _, err = p.DiffImports(t.Context(), 0, imports[1].ID, 10)
	o.refused(err, review.KindNotFound)
	_, err = p.Rejects(t.Context(), 999, 10)
	o.refused(err, review.KindNotFound)
	if list, err := p.Rejects(t.Context(), imports[0].ID, 10); err != nil || len(list) != 0 {
		t.Errorf("rejects %v, %v", list, err)
	}

	q := review.Query{Campaign: "2026q4"}
	card, err := p.Card(t.Context(), q, "", 0)
	o.must(err)
	seen := []string{card.Key}
	for card.Position < card.Of {
		card, err = p.Card(t.Context(), q, card.Key, 1)
		o.must(err)
		seen = append(seen, card.Key)
	}
	if slices.Sort(seen); !slices.Equal(seen, []string{"carla@corp.example", "dan@corp.example", "eve@corp.example", "svc-load", "svc-new", "svc-pay"}) {
		t.Errorf("identities %v", seen)
	}
	dan, err := p.Card(t.Context(), q, "dan@corp.example", 0)
	o.must(err)
	if dan.Items != 1 || dan.Decided != 1 || dan.Accounts != 1 || !strings.Contains(dan.EarlierBy, "2026q3") {
		t.Errorf("card %+v", dan)
	}
	page := lines(t, p, q)
	next, err := p.NextUndecided(t.Context(), q, page[len(page)-1].ID)
	o.must(err)
	if it, err := p.Item(t.Context(), next); err != nil || it.State != review.ItemOpen {
		t.Errorf("the next undecided item is %+v, %v", it, err)
	}
}

// Rejected records are listed from the file that the import's statement names.
func TestPackRejects(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "identity,entitlement\ncarla@corp.example,FI_POST\n,FI_POST\ndan@corp.example,FI_READ\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.later(time.Minute)
	o.launch("q4")
	want, err := o.desk.Rejects(t.Context(), 1, 0)
	o.must(err)
	p, _ := o.pack("full", evidence.Options{})
	imports, err := p.Imports(t.Context())
	o.must(err)
	got, err := p.Rejects(t.Context(), imports[0].ID, 0)
	o.must(err)
	if len(want) != 1 || len(got) != 1 || got[0].Line != want[0].Line || got[0].Reason != want[0].Reason || got[0].Column != want[0].Column {
		t.Errorf("rejects %+v, want %+v", got, want)
	}
}

// Nothing can be done to a pack.
func TestPackRefusesEveryAct(t *testing.T) {
	o := newOffice(t)
	p, _ := o.pack("empty.zip", evidence.Options{})
	ctx := t.Context()
	first := func(_ any, err error) error { return err }
	_, _, undo := p.Undo(ctx)
	_, _, redo := p.Redo(ctx)
	for name, err := range map[string]error{
		"preview": first(p.PreviewStage(ctx, review.Query{}, nil, review.Draft{})), "stage": first(p.Stage(ctx, review.Query{}, nil, review.Draft{})),
		"unstage": first(p.Unstage(ctx, nil)), "undo": undo, "redo": redo, "reassign": first(p.Reassign(ctx, nil, alice, "", "")),
		"confirm": first(p.Confirm(ctx, "", "", nil)), "sign off": first(p.SignOff(ctx, "q", "", nil)), "closure": first(p.StageClosure(ctx, nil, review.ClosureDraft{})),
		"claim": first(p.StageClaim(ctx, nil, review.ClaimDraft{})), "import": first(p.ImportFile(ctx, "x.csv", review.ImportOptions{DryRun: true}, nil)),
		"new campaign": first(p.NewCampaign(ctx, review.CampaignSpec{})), "preview launch": first(p.PreviewLaunch(ctx, "q")), "launch": first(p.Launch(ctx, "q", nil)),
		"setting": p.SetSetting(ctx, "list.layout", "x"),
	} {
		o.refused(err, review.KindNotAllowed)
		if e := err.(*review.Error); e.Hint == "" || !strings.Contains(e.Message, "evidence pack") {
			t.Errorf("%s: %q, hint %q", name, e.Message, e.Hint)
		}
	}
	if p.Me() != "" {
		t.Errorf("the pack acts for %s", p.Me())
	}
	if o, err := p.Overview(ctx); err != nil || len(o.Campaigns) != 0 {
		t.Errorf("overview of a pack without campaigns: %+v, %v", o, err)
	}
}

// A damaged pack opens for reading: what was found stands first, the rest is shown as far as it goes.
func TestDamagedPackOpens(t *testing.T) {
	o := audited(t)
	whole, _ := o.pack("whole", evidence.Options{})
	for name, damage := range map[string]func(dir string) error{
		"a changed decision": func(dir string) error { return edit(dir, firstDecision(whole), "reason: ", "reason: x") },
		"no population": func(dir string) error {
			return os.Remove(filepath.Join(dir, "campaigns/2026q3/members.leafhashes.txt"))
		},
		"a cut population":    func(dir string) error { return os.Truncate(filepath.Join(dir, "campaigns/2026q3/members.txt"), 100) },
		"rows of another":     func(dir string) error { return edit(dir, "imports/000002/rows.txt", "carla", "karla") },
		"no facts":            func(dir string) error { return os.Remove(filepath.Join(dir, "campaigns/2026q3/facts.txt")) },
		"an entry of nothing": func(dir string) error { return os.Truncate(filepath.Join(dir, firstDecision(whole)), 0) },
		"no controls":         func(dir string) error { return edit(dir, "tables/controls.csv", "\"", "") },
		"no policy":           func(dir string) error { return os.Remove(filepath.Join(dir, "campaigns/2026q3/policy.txt")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			o.must(os.CopyFS(dir, os.DirFS(whole.Path())))
			o.must(damage(dir))
			rep, err := evidence.Verify(t.Context(), dir, evidence.VerifyOptions{})
			o.must(err)
			if rep.OK {
				t.Fatal("the damage is not found")
			}
			p := o.open(dir, rep)
			if !strings.Contains(p.Verdict(), "FAILURE") || !strings.Contains(p.Verdict(), "do not rely") {
				t.Errorf("the verdict is %q", p.Verdict())
			}
			over, err := p.Overview(t.Context())
			o.must(err)
			if len(over.Blocking) == 0 || !strings.HasPrefix(over.Blocking[0].Text, "FAILURE ") {
				t.Errorf("the failure does not stand first: %+v", over.Blocking)
			}
			lookAround(t, p)
		})
	}
}

func firstDecision(p *Pack) string {
	first := int64(math.MaxInt64)
	for _, list := range p.byGrant {
		first = min(first, slices.Min(list))
	}
	return fmt.Sprintf("log/entries/%06d.txt", first)
}

func edit(dir, name, old, new string) error {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600)
}

// lookAround asks for everything a screen could ask for.
func lookAround(t *testing.T, p *Pack) {
	t.Helper()
	ctx := t.Context()
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	cs, err := p.Campaigns(ctx)
	check("campaigns", err)
	for _, c := range cs {
		q := review.Query{Campaign: c.Name}
		n, err := p.Count(ctx, q)
		check("count", err)
		all := lines(t, p, q)
		if int64(len(all)) != n || n != c.Items {
			t.Errorf("%s has %d items, %d are counted, %d listed", c.Name, c.Items, n, len(all))
		}
		for _, it := range all {
			_, err := p.Detail(ctx, it.ID)
			check("detail", err)
		}
		if n > 0 {
			_, err = p.Card(ctx, q, "", 0)
			check("card", err)
		}
		for _, column := range []string{"identity", "entitlement", "system", "finding"} {
			_, err = p.Groups(ctx, q, column)
			check("groups", err)
		}
		_, err = p.Quality(ctx, c.Name)
		check("quality", err)
	}
	_, err = p.Exceptions(ctx, "")
	check("exceptions", err)
	_, err = p.Remediations(ctx, "")
	check("remediations", err)
	for _, by := range []string{"all", "campaign", "source", "owner"} {
		_, err = p.Outcomes(ctx, by)
		check("outcomes", err)
	}
	_, err = p.Coverage(ctx, "", "")
	check("coverage", err)
	_, err = p.Coverage(ctx, "2020-01-01", "2030-12-31")
	check("coverage", err)
	_, err = p.Imports(ctx)
	check("imports", err)
	entries, err := p.Entries(ctx, 0, 1<<20)
	check("entries", err)
	for _, e := range entries {
		_, err := p.Entry(ctx, e.Index)
		check("entry", err)
	}
	_, err = p.Overview(ctx)
	check("overview", err)
}

// Screens ask from several goroutines at once.
func TestPackIsSafeForSeveralGoroutines(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full.zip", evidence.Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { lookAround(t, p) })
	}
	wg.Wait()
}

// The example pack of the specification opens, and shows its whole population and what became of its exceptions.
func TestPackOfTheSpecification(t *testing.T) {
	path := "../../shared/spec/vectors/pack"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the example pack of the specification is not here")
	}
	p, err := OpenPack(t.Context(), path, PackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !strings.Contains(p.Verdict(), "not checked") {
		t.Errorf("an unchecked pack says %q", p.Verdict())
	}
	lookAround(t, p)
	for _, name := range []string{"exceptions", "remediation"} {
		want := map[string]string{}
		for _, r := range table(t, p, name) {
			want[cmp.Or(r["index"], r["decision_index"])] = r["state"]
		}
		got := map[string]string{}
		if name == "exceptions" {
			es, err := p.Exceptions(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				state := string(e.State)
				if e.Outcome != "" {
					state = e.Outcome
				} else if e.State == review.Expiring {
					state = string(review.ExceptionActive) // the tables know no warning time
				}
				got[fmt.Sprint(e.ID)] = state
			}
		} else {
			rs, err := p.Remediations(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs {
				got[fmt.Sprint(r.ID)] = string(r.State)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
}

// Opening can be stopped, and refuses what is no pack.
func TestOpenPackFails(t *testing.T) {
	o := audited(t)
	p, _ := o.pack("full", evidence.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := OpenPack(ctx, p.Path(), PackOptions{})
	o.refused(err, review.KindCancelled)
	_, err = OpenPack(t.Context(), filepath.Join(o.dir, "nothing.zip"), PackOptions{})
	o.refused(err, review.KindNotFound)
	_, err = OpenPack(t.Context(), o.file("text.zip", "hello"), PackOptions{})
	o.refused(err, review.KindIO)
	if got := ledger.Date(p.Statement().AsOf); got != ledger.DateOf(p.Now()) {
		t.Errorf("the pack is of %s, its clock stands on %s", got, p.Now())
	}
}
