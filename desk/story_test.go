package desk

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/ledger/keys"
	"tickmark/review"
)

// office is one person with a key, a folder and a clock.
type office struct {
	t    *testing.T
	dir  string
	now  time.Time
	desk *Desk
	said []string
}

const (
	alice = review.Principal("alice@corp.example")
	bob   = review.Principal("bob@corp.example")
)

func (o *office) options() Options {
	return Options{Path: filepath.Join(o.dir, "review.db"), KeyDir: filepath.Join(o.dir, "keys"), Now: func() time.Time { return o.now }, Tool: "tickmark test",
		Say: func(f string, a ...any) { o.said = append(o.said, f) }}
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	d, res, err := Init(t.Context(), o.options(), InitOptions{Principal: alice, Generate: true})
	o.must(err)
	if !res.Generated || res.KeyFile == "" {
		t.Fatalf("Init made no key: %+v", res)
	}
	o.desk = d
	t.Cleanup(func() { o.desk.Close() })
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatalf("%v (kind %s)", err, review.KindOf(err))
	}
}

// refused asserts the kind of a failure and that it says what to do.
func (o *office) refused(err error, kind review.ErrorKind) {
	o.t.Helper()
	if err == nil || review.KindOf(err) != kind {
		o.t.Fatalf("got %v (kind %s), want kind %s", err, review.KindOf(err), kind)
	}
}

func (o *office) later(d time.Duration) { o.now = o.now.Add(d) }

func (o *office) file(name, content string) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	o.must(os.WriteFile(path, []byte(content), 0o600))
	return path
}

func (o *office) imports(name, content string, opt review.ImportOptions) review.ImportReport {
	o.t.Helper()
	if opt.ExportedAt == "" {
		opt.ExportedAt = o.now.Add(-time.Hour).Format(time.RFC3339)
	}
	rep, err := o.desk.ImportFile(context.Background(), o.file(name, content), opt, nil)
	o.must(err)
	if rep.State != stateSigned {
		o.t.Fatalf("import %s is %s: %v", name, rep.State, rep.Notes)
	}
	return rep
}

func (o *office) launch(id review.CampaignID) {
	o.t.Helper()
	o.launchAs(review.CampaignSpec{ID: id})
}

// launchAs launches a campaign of which Alice decides everything.
func (o *office) launchAs(spec review.CampaignSpec) {
	o.t.Helper()
	spec.Reviewers, spec.Due = []review.Principal{alice}, o.now.AddDate(0, 0, 14)
	_, err := o.desk.NewCampaign(o.t.Context(), spec)
	o.must(err)
	_, err = o.desk.Launch(o.t.Context(), spec.ID, nil, nil)
	o.must(err)
}

// items gives the items of a campaign by account and entitlement.
func (o *office) items(id review.CampaignID) map[string]review.Item {
	o.t.Helper()
	out := map[string]review.Item{}
	o.must(o.desk.EachItem(o.t.Context(), review.Query{Campaign: id}, func(it *review.Item) error {
		out[it.Account+" "+it.Entitlement] = *it
		return nil
	}))
	return out
}

func (o *office) decide(it review.Item, d review.Draft) {
	o.t.Helper()
	res, err := o.desk.Stage(o.t.Context(), review.Query{}, []review.ItemID{it.ID}, d, nil)
	o.must(err)
	if res.Staged != 1 {
		o.t.Fatalf("%s %s was not staged: %+v", it.Account, it.Entitlement, res.Skipped)
	}
}

func (o *office) confirm() []review.Receipt {
	o.t.Helper()
	o.later(time.Minute)
	r, err := o.desk.Confirm(o.t.Context(), "", "", nil)
	o.must(err)
	return r
}

// verifies asserts that the ledger verifies.
func (o *office) verifies() *evidence.Report {
	o.t.Helper()
	o.agree()
	rep, err := o.desk.Verify(o.t.Context(), evidence.VerifyOptions{})
	o.must(err)
	for _, f := range rep.Codes {
		o.t.Errorf("verify: %s at %v: %s", f.Code, f.Entry, f.Detail)
	}
	diff, err := o.desk.Rebuild(o.t.Context(), false)
	o.must(err)
	for _, x := range diff.Differences {
		o.t.Errorf("rebuild differs: %s", x)
	}
	return rep
}

const exportQ4 = `identity,entitlement,last_used,status
carla@corp.example,FI_POST,2026-11-01,active
carla@corp.example,FI_ADMIN,2025-01-15,active
dan@corp.example,FI_POST,never,active
svc-pay,FI_ADMIN,2026-11-19,active
`

// One person takes an export to a verified decision, and a later export proves what became of it.
func TestOnePersonDoesTheWholeJob(t *testing.T) {
	o := newOffice(t)
	full := review.ImportOptions{Source: "erp", Completeness: review.Full}
	rep := o.imports("erp.csv", exportQ4, full)
	if rep.RowsRead != 4 || rep.Grants != 4 || rep.Accounts != 3 {
		t.Fatalf("counts %+v", rep)
	}
	o.launch("2026q4")
	items := o.items("2026q4")
	if len(items) != 4 {
		t.Fatalf("%d items, want 4", len(items))
	}
	o.decide(items["carla@corp.example FI_POST"], review.Draft{Verdict: review.Keep, Opened: true})
	o.decide(items["carla@corp.example FI_ADMIN"], review.Draft{Verdict: review.Revoke, Reason: "no longer runs month end"})
	o.decide(items["dan@corp.example FI_POST"], review.Draft{Verdict: review.Revoke, Reason: "never used"})
	o.decide(items["svc-pay FI_ADMIN"], review.Draft{Verdict: review.Except, Reason: "vendor needs it until release 7", Until: "2027-03-31", Owner: "bob@corp.example", Control: "weekly log review"})

	words, undone, err := o.desk.Undo(t.Context())
	o.must(err)
	if len(undone) != 1 || !strings.Contains(words, "exception") {
		t.Errorf("undo said %q for %v", words, undone)
	}
	_, redone, err := o.desk.Redo(t.Context())
	o.must(err)
	if len(redone) != 1 {
		t.Errorf("redo brought back %v", redone)
	}
	o.later(20 * time.Minute)
	if r := o.confirm(); len(r) != 1 || r[0].Records != 4 {
		t.Fatalf("receipts %+v", r)
	}
	o.later(time.Minute)
	signed, err := o.desk.SignOff(t.Context(), "2026q4", "", nil)
	o.must(err)
	if len(signed) != 2 {
		t.Fatalf("%d sign-offs, want the reviewer's and the manager's", len(signed))
	}
	o.verifies()

	o.later(7 * 24 * time.Hour)
	rep = o.imports("erp2.csv", strings.ReplaceAll(exportQ4, "dan@corp.example,FI_POST,never,active\n", ""), full)
	if rep.Settled == nil || rep.Settled.Gone != 1 || rep.Settled.StillPresent != 1 {
		t.Fatalf("settled %+v", rep.Settled)
	}
	o.confirm()
	states := map[review.RemediationState]int{}
	rs, err := o.desk.Remediations(t.Context(), "")
	o.must(err)
	for _, r := range rs {
		states[r.State]++
	}
	if states[review.VerifiedGone] != 1 || states[review.StillPresent] != 1 {
		t.Errorf("remediation %v", states)
	}

	es, err := o.desk.Exceptions(t.Context(), "")
	o.must(err)
	if len(es) != 1 || es[0].State != review.ExceptionActive {
		t.Fatalf("exceptions %+v", es)
	}
	o.later(time.Hour)
	_, err = o.desk.StageClosure(t.Context(), []review.EntryIndex{es[0].ID}, review.ClosureDraft{Outcome: "renewed", Until: "2027-06-30", Owner: "bob@corp.example", Control: "weekly log review", Reason: "release 7 slipped"})
	o.must(err)
	o.confirm()
	_, err = o.desk.StageClosure(t.Context(), []review.EntryIndex{es[0].ID}, review.ClosureDraft{Outcome: "withdrawn", Reason: "no longer needed"})
	o.must(err)
	o.confirm()
	es, err = o.desk.Exceptions(t.Context(), "")
	o.must(err)
	if es[0].State != review.Closed || es[0].Renewals != 1 || es[0].Outcome != "withdrawn" {
		t.Errorf("exception %+v", es[0])
	}

	o.later(7 * 24 * time.Hour)
	rep = o.imports("erp3.csv", exportQ4, full)
	if rep.Settled == nil || rep.Settled.CameBack != 1 {
		t.Fatalf("settled %+v", rep.Settled)
	}
	o.confirm()
	o.verifies()

	for _, dest := range []string{"pack", "pack.zip"} {
		path := filepath.Join(o.dir, dest)
		_, err = o.desk.Export(t.Context(), evidence.Options{IncludeOriginals: true}, path)
		o.must(err)
		verified, err := evidence.Verify(t.Context(), path, evidence.VerifyOptions{})
		o.must(err)
		for _, f := range verified.Codes {
			t.Errorf("%s: %s at %v %s: %s", dest, f.Code, f.Entry, f.File, f.Detail)
		}
	}
	if originals, err := filepath.Glob(filepath.Join(o.dir, "pack", "imports", "*", "original")); err != nil || len(originals) != 3 {
		t.Errorf("the pack holds the originals %v, want those of three imports", originals)
	}
}

// The same file with the same flags changes nothing; a changed flag makes a new import.
func TestImportTwice(t *testing.T) {
	o := newOffice(t)
	opt := review.ImportOptions{Source: "erp", Completeness: review.Full, ExportedAt: "2026-11-20T06:00:00Z"}
	first := o.imports("erp.csv", exportQ4, opt)
	again, err := o.desk.ImportFile(t.Context(), filepath.Join(o.dir, "erp.csv"), opt, nil)
	o.must(err)
	if again.State != stateUnchanged || again.ID != first.ID {
		t.Errorf("the same file became %s import %d", again.State, again.ID)
	}
	opt.ExportedAt = "2026-11-20T08:00:00Z"
	third := o.imports("erp.csv", exportQ4, opt)
	if third.ID == first.ID || !strings.Contains(strings.Join(third.Notes, " "), "content unchanged") {
		t.Errorf("a later export of the same content: %+v", third.Notes)
	}
}

// An import whose key was not at hand is signed later, after a newer one of its source: both statements are true, and what
// the newer one proved stands.
func TestImportsSignedOutOfOrder(t *testing.T) {
	o := newOffice(t)
	full := review.ImportOptions{Source: "erp", Completeness: review.Full}
	o.imports("erp.csv", exportQ4, full)
	o.launch("q4")
	o.decide(o.items("q4")["dan@corp.example FI_POST"], review.Draft{Verdict: review.Revoke, Reason: "never used"})
	o.confirm()
	o.later(24 * time.Hour)

	key := o.desk.keyFile(t.Context(), alice)
	o.must(os.Rename(key, key+".away"))
	still := full
	still.ExportedAt = o.now.Add(-time.Hour).Format(time.RFC3339)
	rep, err := o.desk.ImportFile(t.Context(), o.file("still.csv", exportQ4+"eve@corp.example,FI_POST,never,active\n"), still, nil)
	o.must(err)
	if rep.State != statePending {
		t.Fatalf("without a key the import is %s", rep.State)
	}
	o.must(os.Rename(key+".away", key))
	o.later(24 * time.Hour)
	gone := strings.ReplaceAll(exportQ4, "dan@corp.example,FI_POST,never,active\n", "")
	if newer := o.imports("gone.csv", gone, full); newer.Settled == nil || newer.Settled.Gone != 1 {
		t.Fatalf("settled %+v", newer.Settled)
	}
	o.unsigned() // a later export of the source is signed: nobody waits for this one
	_, err = o.desk.SignImport(t.Context(), rep.ID)
	o.must(err)
	if late, err := o.desk.db.Import(t.Context(), rep.ID); err != nil || late.Settled != nil {
		t.Errorf("an older export settled what a newer one had: %+v %v", late.Settled, err)
	}
	o.later(24 * time.Hour)
	o.imports("again.csv", gone+"fay@corp.example,FI_POST,never,active\n", full)
	o.confirm()
	o.verifies()
}

// The same file again signs what an earlier run stored and could not sign.
func TestImportAgainSigns(t *testing.T) {
	o := newOffice(t)
	key := o.desk.keyFile(t.Context(), alice)
	o.must(os.Rename(key, key+".away"))
	path := o.file("erp.csv", exportQ4)
	for range 2 {
		rep, err := o.desk.ImportFile(t.Context(), path, review.ImportOptions{Source: "erp"}, nil)
		o.must(err)
		if rep.State != statePending || len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0], "not signed") {
			t.Fatalf("%s %q", rep.State, rep.Notes)
		}
	}
	o.unsigned(1)
	o.must(os.Rename(key+".away", key))
	rep, err := o.desk.ImportFile(t.Context(), path, review.ImportOptions{Source: "erp"}, nil)
	o.must(err)
	if rep.State != stateSigned || rep.ID != 1 {
		t.Errorf("import %d is %s", rep.ID, rep.State)
	}
	o.unsigned()
	o.verifies()
}

// unsigned asserts which imports the overview says wait for a signature.
func (o *office) unsigned(want ...review.ImportID) {
	o.t.Helper()
	all, err := o.desk.Overview(o.t.Context())
	o.must(err)
	var got []review.ImportID
	for _, n := range all.Blocking {
		if n.Code == "unsigned-import" {
			got = append(got, n.Import)
		}
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("unsigned imports %v, want %v", got, want)
	}
}

// An export that is signed late proves what it shows, where the import read after it was exported before it.
func TestALateSignatureOfTheLaterExport(t *testing.T) {
	o := newOffice(t)
	full := review.ImportOptions{Source: "erp", Completeness: review.Full}
	o.imports("erp.csv", exportQ4, full)
	o.launch("q4")
	o.decide(o.items("q4")["dan@corp.example FI_POST"], review.Draft{Verdict: review.Revoke, Reason: "never used"})
	o.confirm()
	o.later(48 * time.Hour)

	key := o.desk.keyFile(t.Context(), alice)
	o.must(os.Rename(key, key+".away"))
	later, older := full, full
	later.ExportedAt, older.ExportedAt = o.now.Add(-time.Hour).Format(time.RFC3339), o.now.Add(-24*time.Hour).Format(time.RFC3339)
	rep, err := o.desk.ImportFile(t.Context(), o.file("gone.csv", strings.ReplaceAll(exportQ4, "dan@corp.example,FI_POST,never,active\n", "")), later, nil)
	o.must(err)
	o.must(os.Rename(key+".away", key))
	if before := o.imports("still.csv", exportQ4+"eve@corp.example,FI_POST,never,active\n", older); before.Settled == nil || before.Settled.StillPresent != 1 {
		t.Fatalf("settled %+v", before.Settled)
	}
	_, err = o.desk.SignImport(t.Context(), rep.ID)
	o.must(err)
	if im, err := o.desk.db.Import(t.Context(), rep.ID); err != nil || im.Settled == nil || im.Settled.Gone != 1 {
		t.Errorf("the later export settled %+v, %v", im.Settled, err)
	}
	o.confirm()
	o.verifies()
}

// A refused file, an unknown source and a bad flag leave everything as it was.
func TestRefusedImportLeavesNothing(t *testing.T) {
	o := newOffice(t)
	before, err := o.desk.Overview(t.Context())
	o.must(err)
	for name, content := range map[string]string{"empty.csv": "", "page.csv": "<!doctype html><html></html>", "broken.json": `[{"user":"a"},`, "other.csv": "colour,shape\nred,round\n"} {
		rep, err := o.desk.ImportFile(t.Context(), o.file(name, content), review.ImportOptions{}, nil)
		o.refused(err, review.KindRefused)
		if rep.Reason == "" || rep.State != stateRefused {
			t.Errorf("%s: report names no reason: %+v", name, rep)
		}
	}
	_, err = o.desk.ImportFile(t.Context(), filepath.Join(o.dir, "missing.csv"), review.ImportOptions{}, nil)
	o.refused(err, review.KindNotFound)
	_, err = o.desk.ImportFile(t.Context(), o.file("erp.csv", exportQ4), review.ImportOptions{Map: []review.Assign{{Name: "identity", Value: "nobody"}}}, nil)
	o.refused(err, review.KindUsage)
	after, err := o.desk.Overview(t.Context())
	o.must(err)
	if before.Ledger != after.Ledger {
		t.Errorf("the ledger moved from %+v to %+v", before.Ledger, after.Ledger)
	}
	all, err := o.desk.Imports(t.Context())
	o.must(err)
	if len(all) != 0 {
		t.Errorf("%d imports are there", len(all))
	}
}

// A second person is enrolled, gets an item, decides it; nobody decides their own access.
func TestTwoPeople(t *testing.T) {
	o := newOffice(t)
	bobKey := filepath.Join(o.dir, "bob")
	_, err := keys.Generate(bobKey, "bob")
	o.must(err)
	o.later(time.Minute)
	_, err = o.desk.Enrol(t.Context(), EnrolOptions{Principal: bob, KeyFile: bobKey + ".pub", Roles: []string{"review"}})
	o.must(err)
	o.imports("erp.csv", "identity,entitlement\nalice@corp.example,FI_POST\nbob@corp.example,FI_POST\ncarla@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	_, err = o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice, bob}, Due: o.now.AddDate(0, 0, 14)})
	o.must(err)
	o.later(time.Minute)
	_, err = o.desk.Launch(t.Context(), "q4", nil, nil)
	o.must(err)
	items := o.items("q4")
	own := items["alice@corp.example FI_POST"]
	if own.Reviewer != bob {
		t.Errorf("alice's own access is decided by %s", own.Reviewer)
	}
	_, err = o.desk.Stage(t.Context(), review.Query{}, []review.ItemID{own.ID}, review.Draft{Verdict: review.Keep}, nil)
	o.refused(err, review.KindNotAllowed)

	b := o.options()
	b.Key = bobKey
	bobs, err := Open(t.Context(), b)
	o.must(err)
	defer bobs.Close()
	if bobs.Me() != bob {
		t.Fatalf("bob's key belongs to %s", bobs.Me())
	}
	res, err := bobs.Stage(t.Context(), review.Query{}, []review.ItemID{own.ID}, review.Draft{Verdict: review.Keep, Opened: true}, nil)
	o.must(err)
	if res.Staged != 1 {
		t.Fatalf("bob could not decide: %+v", res)
	}
	o.decide(items["carla@corp.example FI_POST"], review.Draft{Verdict: review.Keep, Opened: true})
	o.later(time.Minute)
	_, err = bobs.Confirm(t.Context(), "", "", nil)
	o.must(err)
	o.confirm()
	_, err = bobs.Launch(t.Context(), "q4", nil, nil)
	o.refused(err, review.KindNotAllowed)
	o.verifies()
}

// A detached statement is signed elsewhere and submitted once.
func TestDetached(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.later(time.Minute)
	o.launch("q4")
	items := o.items("q4")
	o.decide(items["dan@corp.example FI_POST"], review.Draft{Verdict: review.Keep, Opened: true})
	o.later(time.Minute)
	file := filepath.Join(o.dir, "statement.txt")
	res, err := o.desk.Detach(t.Context(), file)
	o.must(err)
	text, err := os.ReadFile(file)
	o.must(err)
	signer, err := keys.OpenFile(o.desk.keyFile(t.Context(), alice), nil)
	o.must(err)
	sig, err := signer.Sign(t.Context(), res.Namespace, text)
	o.must(err)
	o.must(os.WriteFile(file+".sig", sig, 0o600))
	o.later(time.Minute)
	r, err := o.desk.Submit(t.Context(), file+".sig")
	o.must(err)
	if r.Records != 1 {
		t.Errorf("receipt %+v", r)
	}
	_, err = o.desk.Submit(t.Context(), file+".sig")
	o.refused(err, review.KindConflict)

	o.decide(items["svc-pay FI_ADMIN"], review.Draft{Verdict: review.Revoke, Reason: "unused"})
	file2 := filepath.Join(o.dir, "second.txt")
	_, err = o.desk.Detach(t.Context(), file2)
	o.must(err)
	o.decide(items["svc-pay FI_ADMIN"], review.Draft{Verdict: review.Revoke, Reason: "changed my mind about the words"})
	_, err = o.desk.Submit(t.Context(), file+".sig")
	o.refused(err, review.KindConflict)
	o.verifies()
}

// Staged work survives the end of the program; a lost key leaves it staged.
func TestStagedSurvives(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", exportQ4, review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.later(time.Minute)
	o.launch("q4")
	o.decide(o.items("q4")["dan@corp.example FI_POST"], review.Draft{Verdict: review.Keep, Opened: true})
	o.must(o.desk.Close())
	if _, err := os.Stat(o.options().Path + "-wal"); err == nil {
		t.Error("the closed database leaves a write-ahead log: something is still open")
	}
	d, err := Open(t.Context(), o.options())
	o.must(err)
	o.desk = d
	staged, err := d.Staged(t.Context())
	o.must(err)
	if len(staged) != 1 || staged[0].Records != 1 {
		t.Fatalf("staged %+v", staged)
	}
	key := d.keyFile(t.Context(), alice)
	o.must(os.Rename(key, key+".away"))
	_, err = d.Confirm(t.Context(), "", "", nil)
	o.refused(err, review.KindKey)
	o.must(os.Rename(key+".away", key))
	o.later(time.Minute)
	if r := o.confirm(); len(r) != 1 {
		t.Fatalf("%d receipts", len(r))
	}
	o.verifies()
}

// Two exports with the same columns in one run are two systems; in a later run such a file is the next export of the one
// it looks like, and says so.
func TestAlikeExports(t *testing.T) {
	o := newOffice(t)
	content := "identity,entitlement\na@corp.example,reader\n"
	erp := o.imports("erp.csv", content, review.ImportOptions{})
	crm := o.imports("crm.csv", strings.ReplaceAll(content, "reader", "writer"), review.ImportOptions{})
	if erp.Source != "erp" || crm.Source != "crm" {
		t.Errorf("the sources are %s and %s", erp.Source, crm.Source)
	}
	o.must(o.desk.Close())
	d, err := Open(t.Context(), o.options())
	o.must(err)
	o.desk = d
	next := o.imports("crm-after.csv", content, review.ImportOptions{})
	if next.Source != "crm" {
		t.Errorf("the next export became source %s", next.Source)
	}
	said := false
	for _, w := range next.Warnings {
		said = said || w.Keyword == "source-guessed"
	}
	if !said {
		t.Error("nothing says that the source was guessed")
	}
}
