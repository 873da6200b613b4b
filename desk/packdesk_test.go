package desk

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
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
	_, err = o.desk.Launch(t.Context(), "2026q3", nil, nil)
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
		if got.Ledger != want.Ledger || !maps.Equal(got.Exceptions, want.Exceptions) || !maps.Equal(got.Remediation, want.Remediation) || !reflect.DeepEqual(got.Outcomes, want.Outcomes) {
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

// Nothing can be done to a pack.
func TestPackRefusesEveryAct(t *testing.T) {
	o := newOffice(t)
	p, _ := o.pack("empty.zip", evidence.Options{})
	ctx := t.Context()
	first := func(_ any, err error) error { return err }
	_, _, undo := p.Undo(ctx)
	_, _, redo := p.Redo(ctx)
	for name, err := range map[string]error{
		"preview": first(p.PreviewStage(ctx, review.Query{}, nil, review.Draft{})), "stage": first(p.Stage(ctx, review.Query{}, nil, review.Draft{}, nil)),
		"unstage": first(p.Unstage(ctx, nil, nil)), "undo": undo, "redo": redo, "reassign": first(p.Reassign(ctx, nil, alice, "", "")),
		"confirm": first(p.ConfirmShown(ctx, nil, nil)), "sign off": first(p.SignOff(ctx, "q", "", nil)), "closure": first(p.StageClosure(ctx, nil, review.ClosureDraft{})),
		"approval": first(p.Approve(ctx, nil, "")), "claim": first(p.StageClaim(ctx, nil, review.ClaimDraft{})), "import": first(p.ImportFile(ctx, "x.csv", review.ImportOptions{DryRun: true}, nil)),
		"new campaign": first(p.NewCampaign(ctx, review.CampaignSpec{})), "draft": first(p.Draft(ctx, "q")), "change draft": first(p.ChangeDraft(ctx, review.CampaignSpec{})), "accept blocks": p.AcceptBlocks(ctx, "q", nil), "preview launch": first(p.PreviewLaunch(ctx, "q", nil)), "launch": first(p.Launch(ctx, "q", nil, nil)),
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
