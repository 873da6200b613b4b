package desk

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tickmark/review"
)

const (
	rosterByHand = "worker_id,name,email,status\nW1,Anna,anna@corp.example,active\nW2,Ben,ben@corp.example,active\n"
	sameNames    = "account,role,email\nadmin,post,\nshared,post,anna@corp.example\n"
)

func itemOf(t *testing.T, o *office, campaign review.CampaignID, source, account string) review.Item {
	t.Helper()
	for _, it := range o.items(campaign) {
		if string(it.Source) == source && it.Account == account {
			return it
		}
	}
	t.Fatalf("no item of %s in %s", account, source)
	return review.Item{}
}

// What a file kept by hand says of one system is not said of an account of the same name in another.
func TestFilesByHandSpeakOfTheirSystem(t *testing.T) {
	o := newOffice(t)
	o.imports("hr.csv", rosterByHand, review.ImportOptions{As: "hr"})
	for _, system := range []string{"erp", "crm"} {
		o.imports(system+".csv", strings.ReplaceAll(sameNames, "post", "post-"+system), review.ImportOptions{System: system})
	}
	owners := o.imports("owners.csv", "entitlement,owner\npost-erp,W1\npost-crm,W1\n", review.ImportOptions{As: "owners", System: "crm"})
	used := o.imports("used.csv", "account,last_used\nadmin,2020-01-01\n", review.ImportOptions{As: "last-used", System: "erp"})
	if owners.Source != "crm-owners" || used.Source != "erp-last-used" {
		t.Errorf("sources %s and %s", owners.Source, used.Source)
	}
	dir, err := o.desk.directory(t.Context())
	o.must(err)
	for system, want := range map[string]bool{"erp": true, "crm": false} {
		if _, ok := dir.lastUsed(&review.Account{System: system, NativeID: "admin"}, "post"); ok != want {
			t.Errorf("the last use of erp's admin is known of %s: %v", system, ok)
		}
	}
	p := &population{dir: dir, now: o.now}
	for system, want := range map[string]string{"erp": "", "crm": "anna@corp.example"} {
		if got := p.entitlementOwner(system, &review.Entitlement{NativeID: "post-erp"}); got != want {
			t.Errorf("the owner in %s is %q, want %q", system, got, want)
		}
	}
}

// A file kept by hand cannot push an export out of the review, nor an export such a file.
func TestFilesByHandReplaceNoExport(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", sameNames, review.ImportOptions{Source: "erp"})
	for as, text := range map[string]string{"owners": "account,owner\nadmin,W1\n", "links": "account,identity\nadmin,W1\n", "last-used": "account,last_used\nadmin,never\n", "hr": rosterByHand} {
		_, err := o.desk.ImportFile(t.Context(), o.file(as+".csv", text), review.ImportOptions{As: as, Source: "erp"}, nil)
		o.refused(err, review.KindUsage)
		if rep := o.imports(as+"-apart.csv", text, review.ImportOptions{As: as, System: "erp"}); rep.Source == "erp" || rep.Previous != 0 {
			t.Errorf("%s became an import of %s after %d", as, rep.Source, rep.Previous)
		}
	}
}

// An account is linked and unlinked by its own name or its login; what was read before is told at launch, and reading it
// again gives the items to whom they belong.
func TestLinksChangeWhoItIs(t *testing.T) {
	o := newOffice(t)
	o.imports("hr.csv", rosterByHand, review.ImportOptions{As: "hr"})
	o.imports("erp.csv", sameNames, review.ImportOptions{Source: "erp"})
	links := o.imports("links.csv", "account,system,identity,action\nadmin,erp,W2,link\nshared,,W1,unlink\n", review.ImportOptions{As: "links"})
	if len(links.Warnings) != 0 { // it is from no system, so none was guessed
		t.Errorf("warnings %+v", links.Warnings)
	}
	p, err := o.desk.newPopulation(t.Context(), review.CampaignSpec{Sources: []review.SourceID{"erp"}}, nil)
	o.must(err)
	if d := p.drifts[0]; d.accounts != 2 || d.such != "admin: ben@corp.example, was admin" {
		t.Errorf("drift %+v", d)
	}
	var v review.Preview
	p.notices(&v)
	if len(v.Notices) == 0 || v.Notices[0].Code != "identity-changed" {
		t.Errorf("notices %+v", v.Notices)
	}
	rep, err := o.desk.ImportFile(t.Context(), filepath.Join(o.dir, "erp.csv"), review.ImportOptions{Source: "erp"}, nil)
	o.must(err)
	if rep.State == stateUnchanged {
		t.Error("the same file of other people was taken for nothing new")
	}
	o.launch("q4")
	if it := itemOf(t, o, "q4", "erp", "admin"); it.Identity != "ben@corp.example" || it.Name != "Ben" {
		t.Errorf("admin is %s, %s", it.Identity, it.Name)
	}
	if it := itemOf(t, o, "q4", "erp", "shared"); it.Identity != "erp/shared" || it.Status == review.StandingActive {
		t.Errorf("shared is %s, %s", it.Identity, it.Status)
	}
	again, err := o.desk.ImportFile(t.Context(), filepath.Join(o.dir, "erp.csv"), review.ImportOptions{Source: "erp"}, nil)
	o.must(err)
	if again.State != stateUnchanged {
		t.Errorf("the same file of the same people is %s", again.State)
	}
}

// An account that a file kept by hand names and no import holds is told, whatever it is called by.
func TestAFileByHandThatNamesNobodySaysSo(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "account,identity,role\nanna,W1,clerk\nbert,W2,clerk\n1002,W3,clerk\n1001,W4,clerk\n", review.ImportOptions{Source: "erp"})
	many := "account,last_used\n"
	for i := range 150 {
		many += fmt.Sprintf("%d,2026-01-01\n", 1000+i)
	}
	for _, c := range []struct{ as, system, text, first, words string }{
		{"links", "", "account,system,identity\nANNA,ERP,W1\n1002,,W2\n", "", ""},
		{"links", "", "account,system,identity\nANNA,crm,W1\n1002,,W2\ncarl,,W3\n", "line 2", `2 of the 3 accounts that it names are in no import, the first "ANNA"`},
		{"owners", "erp", "account,owner\nbert,W1\nbret,W1\n", "line 3", `1 of the 2 accounts that it names is in no import, the first "bret"`},
		{"owners", "", "entitlement,owner\nclerk,W1\n", "", ""},
		{"last-used", "", many, "line 2", `148 of the 150 accounts that it names are in no import, the first "1000"`},
	} {
		rep := o.imports(c.as+c.system+".csv", c.text, review.ImportOptions{As: c.as, System: c.system})
		w := warningOf(rep, "unknown-account")
		if (w == nil) != (c.words == "") || w != nil && (!strings.Contains(w.Text, c.words) || !strings.HasSuffix(w.First, c.first)) {
			t.Errorf("%s %q: %+v", c.as, c.text[:min(60, len(c.text))], w)
		}
		stored, err := o.desk.Import(t.Context(), rep.ID)
		o.must(err)
		if (warningOf(stored, "unknown-account") == nil) != (w == nil) {
			t.Errorf("%s: %+v is kept", c.as, stored.Warnings)
		}
	}
}

// What was observed elsewhere stands beside an item whose export says nothing of its use, and only there.
func TestAnObservationIsKnownOfItsItem(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "login,role,last_used\nanna,clerk,\nbert,clerk,2026-11-01\n", review.ImportOptions{System: "erp"})
	o.launch("q4")
	for _, as := range []string{"", "last-used"} {
		if as != "" {
			o.imports("used.csv", "account,entitlement,last_used\nanna,clerk,2026-03-01\nbert,clerk,never\n", review.ImportOptions{As: as})
		}
		for account, want := range map[string]review.TimeState{"anna": map[string]review.TimeState{"last-used": review.Known}[as], "bert": ""} {
			det, err := o.desk.Detail(t.Context(), itemOf(t, o, "q4", "erp", account).ID)
			o.must(err)
			if det.Observed.State != want {
				t.Errorf("after %q: of %s %+v is observed, want %q", as, account, det.Observed, want)
			}
		}
	}
}

// What was observed before the launch is an item's last use in lists, filters and what was shown for its decision, where the
// export says nothing of it.
func TestAnObservationBeforeTheLaunchIsTheLastUse(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", "login,role,last_used\nanna,clerk,\nbert,clerk,2026-11-01\ncarl,clerk,\n", review.ImportOptions{System: "erp"})
	o.imports("used.csv", "account,entitlement,last_used\nanna,clerk,2020-03-01\nbert,clerk,never\n", review.ImportOptions{As: "last-used"})
	o.launch("q4")
	for account, want := range map[string]string{"anna": "known 2020-03-01", "bert": "known 2026-11-01", "carl": "unknown"} {
		it := itemOf(t, o, "q4", "erp", account)
		if got := it.LastUsed.Stated(); !strings.HasPrefix(got, want) {
			t.Errorf("%s was used %s, want %s", account, got, want)
		}
	}
	page, err := o.desk.Page(t.Context(), review.Query{Campaign: "q4", Filter: "last-used:>1y"}, review.Anchor{}, 10)
	o.must(err)
	if len(page.Items) != 1 || page.Items[0].Account != "anna" {
		t.Errorf("unused for a year: %+v", page.Items)
	}
	it := itemOf(t, o, "q4", "erp", "anna")
	det, err := o.desk.Detail(t.Context(), it.ID)
	o.must(err)
	if !strings.Contains(det.Facts, "\nlast-used: known 2020-03-01") {
		t.Errorf("shown: %s", det.Facts)
	}
}

// A second file kept by hand says whose place it takes, where its name but for its number, or its columns, are that one's.
func TestAFileByHandThatReplacesAnotherSaysSo(t *testing.T) {
	o := newOffice(t)
	o.imports("own.csv", "account,owner\nadmin,W1\n", review.ImportOptions{As: "owners"})
	rep := o.imports("own2.csv", "entitlement,owner\npost,W1\n", review.ImportOptions{As: "owners"})
	if w := warningOf(rep, "source-guessed"); w == nil || !strings.Contains(w.Text, "takes the place of import 1 (own.csv)") {
		t.Errorf("own2.csv as %s: %+v", rep.Source, w)
	}
	o.desk.cameIn = map[review.SourceID]bool{} // another call
	rep = o.imports("persons.csv", "entitlement,owner\npay,W1\n", review.ImportOptions{As: "owners"})
	if w := warningOf(rep, "source-guessed"); w == nil || w.Count != 1 || !strings.Contains(w.Text, "takes the place of import 2 (own2.csv)") {
		t.Errorf("persons.csv as %s: %+v", rep.Source, rep.Warnings)
	}
	if w := warningOf(o.imports("persons.csv", "entitlement,owner\npost,W1\n", review.ImportOptions{As: "owners"}), "source-guessed"); w != nil {
		t.Errorf("the same file again: %+v", w)
	}
}
