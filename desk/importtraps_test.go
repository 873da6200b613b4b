package desk

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// The traps of importers.md 14 that need the imports before.

func warningOf(rep review.ImportReport, keyword string) *review.Warning {
	i := slices.IndexFunc(rep.Warnings, func(w review.Warning) bool { return w.Keyword == keyword })
	if i < 0 {
		return nil
	}
	return &rep.Warnings[i]
}

// exportedAgo are the flags of an export made some days ago.
func (o *office) exportedAgo(days int, opt review.ImportOptions) review.ImportOptions {
	opt.ExportedAt = o.now.AddDate(0, 0, -days).Format(time.RFC3339)
	return opt
}

const (
	oktaUsers    = `[{"id":"00u1","status":"ACTIVE","profile":{"login":"anna@corp.example","email":"anna@corp.example"}}]`
	oktaAppUsers = `[{"id":"00u1","scope":"USER","syncState":"DISABLED","created":"2026-01-01T00:00:00.000Z","status":"ACTIVE","credentials":{"userName":"anna@corp.example"},"_links":{"app":{"href":"https://x.okta.example/api/v1/apps/0oa1"}}}]`
)

// TestTrap41PublicPrincipalsComeFirst: what everybody can reach is decided before anything else, however bad that is.
func TestTrap41PublicPrincipalsComeFirst(t *testing.T) {
	o := newOffice(t)
	o.imports("root.csv", "user,arn,password_enabled,access_key_1_active\n<root_account>,arn:aws:iam::444455556666:root,false,true\n", review.ImportOptions{Completeness: review.Full})
	o.imports("policy.json", `{"bindings":[{"role":"roles/owner","members":["user:anna@corp.example"]},{"role":"roles/viewer","members":["allUsers"]}]}`, review.ImportOptions{Resource: "vault"})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}})
	page, err := o.desk.Page(t.Context(), review.Query{Campaign: "q4"}, review.Anchor{}, 10)
	o.must(err)
	if it := page.Items[0]; it.Kind != review.Public || len(page.Items) != 4 {
		t.Errorf("%d items, the first is of %s (%s)", len(page.Items), it.Identity, it.MaxSeverity)
	}
}

func TestTrap44StalePair(t *testing.T) {
	o := newOffice(t)
	users := o.imports("users.json", oktaUsers, o.exportedAgo(30, review.ImportOptions{}))
	if w := warningOf(users, "stale-pair"); w != nil {
		t.Errorf("a first file is part of no pair: %+v", w)
	}
	apps := o.imports("apps.json", oktaAppUsers, o.exportedAgo(1, review.ImportOptions{}))
	w := warningOf(apps, "stale-pair")
	if w == nil || !w.Serious || w.Count != 1 || !strings.Contains(w.Text, "import 1") || !strings.Contains(w.Text, "2026-10-21") || !strings.Contains(w.Text, "2026-11-19") {
		t.Errorf("29 days apart: %+v", w)
	}
	fresh := o.imports("users2.json", oktaUsers, o.exportedAgo(2, review.ImportOptions{}))
	if w := warningOf(fresh, "stale-pair"); w != nil {
		t.Errorf("one day apart: %+v", w)
	}
	_, err := o.desk.ImportFile(t.Context(), o.file("users3.json", oktaUsers), o.exportedAgo(20, review.ImportOptions{Strict: true}), nil)
	o.refused(err, review.KindRefused)
}

// TestASecondFormatOfASystemReplacesNothing: the users of a system and what they hold come in two files; neither may push
// the other out of the population.
func TestASecondFormatOfASystemReplacesNothing(t *testing.T) {
	o := newOffice(t)
	apps := o.imports("apps.json", oktaAppUsers, review.ImportOptions{})
	users := o.imports("users.json", oktaUsers, review.ImportOptions{})
	if apps.Source != "okta" || users.Source != "okta-users" || users.Previous != 0 || users.Diff != nil {
		t.Fatalf("sources %s and %s, previous %d, diff %+v", apps.Source, users.Source, users.Previous, users.Diff)
	}
	if w := warningOf(users, "source-guessed"); w == nil || !strings.Contains(w.Text, "--source okta") {
		t.Errorf("nobody is told: %+v", users.Warnings)
	}
	if users.System != "okta" {
		t.Errorf("the second file is of system %s", users.System)
	}
	again := o.imports("users-q2.json", strings.Replace(oktaUsers, "ACTIVE", "SUSPENDED", 1), review.ImportOptions{})
	if again.Source != "okta-users" || again.Previous != users.ID {
		t.Errorf("next quarter's users went to %s, previous %d", again.Source, again.Previous)
	}
	// Nobody active is left in it: that a source holds nothing any more is said to be meant, never passed over.
	draft := func(id review.CampaignID, accept ...review.ImportID) {
		_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: id, Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14),
			AcceptCount: accept, AllowEmpty: len(accept) > 0})
		o.must(err)
	}
	draft("q3")
	_, err := o.desk.Launch(t.Context(), "q3", nil, nil)
	o.refused(err, review.KindRefused)
	draft("q4", again.ID)
	_, err = o.desk.Launch(t.Context(), "q4", nil, nil)
	o.must(err)
	if items := o.items("q4"); len(items) != 1 || items["00u1 0oa1"].ID == "" {
		t.Errorf("the population is %v", items)
	}
	// By hand another format can take a place: one system, exported by other means.
	csv := o.imports("erp.csv", "identity,entitlement\nanna,READER\n", review.ImportOptions{System: "erp"})
	json := o.imports("erp.json", `[{"identity":"anna","entitlement":"READER"}]`, review.ImportOptions{System: "erp"})
	if csv.Source != "erp" || json.Source != "erp" || json.Diff == nil || json.Diff.Unchanged != 1 {
		t.Errorf("%s, %s, %+v", csv.Source, json.Source, json.Diff)
	}
}

func TestTrap45WrongInstance(t *testing.T) {
	o := newOffice(t)
	users := func(account string) string {
		return `{"Users":[{"UserName":"anna","UserId":"AIDA1","Arn":"arn:aws:iam::` + account + `:user/anna","CreateDate":"2024-01-01T00:00:00Z","Path":"/"}]}`
	}
	o.imports("a.json", users("111111111111"), review.ImportOptions{Source: "cloud"})
	rep, err := o.desk.ImportFile(t.Context(), o.file("b.json", users("222222222222")), review.ImportOptions{Source: "cloud"}, nil)
	o.refused(err, review.KindRefused)
	if rep.Reason != "wrong-instance" || rep.State != stateRefused || !strings.Contains(rep.Message, "111111111111") || !strings.Contains(rep.Message, "222222222222") || !strings.Contains(rep.Hint, "--instance 222222222222") {
		t.Errorf("%s: %s (%s)", rep.Reason, rep.Message, rep.Hint)
	}
	o.imports("c.json", users("222222222222"), review.ImportOptions{Source: "cloud", Instance: "222222222222"})
}

func TestTrap46RowCountChange(t *testing.T) {
	o := newOffice(t)
	list := func(n int) string {
		return "identity,entitlement\n" + rows(n)
	}
	o.imports("a.csv", list(100), review.ImportOptions{Source: "erp"})
	if rep := o.imports("b.csv", list(71), review.ImportOptions{Source: "erp"}); warningOf(rep, "row-count-change") != nil {
		t.Errorf("29 %% fewer: %+v", rep.Warnings)
	}
	o.imports("c.csv", list(100), review.ImportOptions{Source: "erp"})
	rep := o.imports("d.csv", list(69), review.ImportOptions{Source: "erp"})
	w := warningOf(rep, "row-count-change")
	if w == nil || w.First != "100 -> 69" {
		t.Fatalf("31 %% fewer: %+v", w)
	}
	_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
	o.must(err)
	_, err = o.desk.Launch(t.Context(), "q4", nil, nil)
	o.refused(err, review.KindRefused)
	o.must(o.desk.AcceptCount(context.Background(), rep.ID))
	_, err = o.desk.Launch(t.Context(), "q4", nil, nil)
	o.must(err)
}

func rows(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("anna,ROLE" + string(rune('A'+i/26)) + string(rune('a'+i%26)) + "\n")
	}
	return b.String()
}

// TestADryRunComparesWhatWasDeclared: control totals and --strict hold before anything is stored.
func TestADryRunComparesWhatWasDeclared(t *testing.T) {
	o := newOffice(t)
	file := o.file("a.csv", "identity,entitlement\nanna,READER\n")
	opt := review.ImportOptions{DryRun: true, Source: "erp", Expect: []review.ControlTotal{{Name: "rows", Declared: 2}}}
	rep, err := o.desk.ImportFile(t.Context(), file, opt, nil)
	o.must(err)
	if rep.State != stateDryRun || warningOf(rep, "control-total-differs") == nil || len(rep.Totals) != 1 || rep.Totals[0].Found != 1 {
		t.Errorf("%+v %+v", rep.Totals, rep.Warnings)
	}
	opt.Strict = true
	_, err = o.desk.ImportFile(t.Context(), file, opt, nil)
	o.refused(err, review.KindRefused)
	_, err = Look(t.Context(), file, opt, o.now, nil)
	o.refused(err, review.KindRefused)
}

// A profile repeats how the dates of a header are written, so that the next file with it needs nothing; a word of the person
// goes before.
func TestAProfileRepeatsTheOrderOfDates(t *testing.T) {
	const header = "login,group,since\n"
	o := newOffice(t)
	first := review.ImportOptions{Map: []review.Assign{{Name: "identity", Value: "login"}, {Name: "entitlement", Value: "group"}, {Name: "granted", Value: "since"}},
		DateOrder: "dmy", Timezone: "+02:00", SaveProfile: "erp", Source: "erp"}
	o.imports("a.csv", header+"anna,admin,01/02/2026\n", first)

	next := o.imports("b.csv", header+"anna,admin,01/02/2026\nben,admin,03/04/2026\n", review.ImportOptions{})
	if w := warningOf(next, "ambiguous-dates"); w != nil || next.Source != "erp" {
		t.Fatalf("%s, %+v", next.Source, next.Warnings)
	}
	if want := []review.Assign{{Name: "date-order", Value: "dmy"}, {Name: "timezone", Value: "+02:00"}}; !slices.Equal(next.Flags, want) {
		t.Errorf("the report says %v", next.Flags)
	}
	said := o.imports("c.csv", header+"anna,admin,01/02/2026\n", review.ImportOptions{DateOrder: "mdy"})
	if !slices.Contains(said.Flags, review.Assign{Name: "date-order", Value: "mdy"}) {
		t.Errorf("what was said gave way to the profile: %v", said.Flags)
	}
}

// A moment of export that cannot be read was dropped once, and with it every proof of a removal.
func TestAMomentOfExportIsReadOrRefused(t *testing.T) {
	o := newOffice(t)
	for text, want := range map[string]string{
		"2026-11-19":             "2026-11-19T00:00:00Z",
		"2026-11-19T06:00Z":      "2026-11-19T06:00:00Z",
		"2026-11-19 06:00":       "2026-11-19T06:00:00Z",
		"2026-11-19T06:00:01Z":   "2026-11-19T06:00:01Z",
		"2026-11-19T06:00+02:00": "2026-11-19T04:00:00Z",
	} {
		rep, err := o.desk.ImportFile(t.Context(), o.file("erp.csv", "user,role\nanna,clerk\n"), review.ImportOptions{ExportedAt: text, DryRun: true}, nil)
		o.must(err)
		if got := rep.ExportedAt.Format(time.RFC3339); got != want {
			t.Errorf("%s was read as %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"yesterday", "20.11.2026", o.now.AddDate(0, 0, 2).Format(time.DateOnly)} {
		_, err := o.desk.ImportFile(t.Context(), "erp.csv", review.ImportOptions{ExportedAt: text}, nil)
		if review.KindOf(err) != review.KindUsage || !strings.Contains(err.Error(), "--exported-at") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
