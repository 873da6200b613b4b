package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// demoExamples names for every rule of design.md section 7 an item of the review of today on which it fires, by system,
// login and entitlement; demo/README.md tells the same people.
var demoExamples = map[string][3]string{
	"orphan":              {"erp", "KHARTMANN", "Z_MM_PURCHASE_ORDER"},
	"leaver":              {"azure", "dominik.kessler@northwind-harbor.example", "Owner"},
	"mover":               {"erp", "AROSEN", "Z_SD_PRICE_MAINT"},
	"dormant":             {"payments", "tobias.brandt@northwind-harbor.example", "org.admin"},
	"never-used":          {"payments", "integration-lumen-tax", "api-key lumen-tax"},
	"sod":                 {"payments", "bianca.ferretti@northwind-harbor.example", "payment.approve"},
	"privileged":          {"k8s-prod", "freya.lindqvist@northwind-harbor.example", "cluster-admin"},
	"public":              {"k8s-prod", "system:unauthenticated", "status-page-viewer"},
	"external-privileged": {"azure", "paula.grant_harborlight.example#EXT#@northwindharbor.onmicrosoft.example", "Owner"},
	"no-owner":            {"erp", "BATCH_FI", "Z_IF_BATCH_POST"},
	"owner-gone":          {"aws", "svc-backup", "access-key-1"},
	"old-credential":      {"aws", "svc-backup", "access-key-1"},
	"no-expiry":           {"payments", "integration-shopfront", "api-key shopfront-live"},
	"no-mfa":              {"aws", "kai.nakamura@northwind-harbor.example", "console-password"},
	"shared":              {"erp", "LAGER01", "Z_MM_GOODS_RECEIPT"},
	"interactive-nhi":     {"aws", "svc-reporting", "console-password"},
	"cross-environment":   {"k8s-staging", "system:serviceaccount:ci:deployer", "cluster-admin"},
	"reuse":               {"erp", "SVC_DATASYNC", "Z_RP_DATA_EXTRACT"},
	"unresolved":          {"azure", "", "Contributor"},
	"misclassified":       {"payments", "noor.vandijk@northwind-harbor.example", "audit_log.view"},
	"outlier":             {"erp", "LHOFFMANN", "Z_WM_TRANSFER_ORDER"},
	"new":                 {"aws", "emil.larsson@northwind-harbor.example", "console-password"},
	"changed":             {"erp", "LHADDAD", "Z_FI_AP_INVOICE_POST"},
	"came-back":           {"erp", "OSTRAND", "Z_FI_PAYMENT_RUN"},
	"still-present":       {"azure", "ravi.menon_deltaquay.example#EXT#@northwindharbor.onmicrosoft.example", "Contributor"},
	"exception-expired":   {"erp", "YDEMIR", "Z_FI_VENDOR_MAINT"},
	"expired":             {"erp", "SALMEIDA", "Z_IF_MIGRATION_LOAD"},
	"inactive-account":    {"erp", "EYILDIZ", "Z_RP_DATA_EXTRACT"},
	"self-review":         {"payments", "you@northwind-harbor.example", "reports.view"},
	"break-glass":         {"aws", "break-glass-aws", "console-password"},
}

// The demo, played from its exports by import, launch, decide and sign, ends in a review where every rule has fired where the
// README says.
func TestDemoShowsEveryRule(t *testing.T) {
	for name, story := range map[string]demoStory{"as it was written": {}, "in another year": storyAt(time.Date(2031, 2, 13, 9, 0, 0, 0, time.UTC))} {
		t.Run(name, func(t *testing.T) { showsEveryRule(t, story) })
	}
}

func showsEveryRule(t *testing.T, story demoStory) {
	dir := t.TempDir()
	if err := story.writeExports(dir); err != nil {
		t.Fatal(err)
	}
	stages := story.stages()
	today := stages[len(stages)-1]
	clock := newDemoClock(func() time.Time { return today.Arrive.Add(72 * time.Hour) })
	d, err := newApp(nil, strings.NewReader(""), io.Discard, io.Discard).playDemo(t.Context(), dir, story, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()

	fired := map[string]int{}
	left := map[string]bool{}
	for rule := range demoExamples {
		left[rule] = true
	}
	people, items := map[string]bool{}, 0
	err = d.EachItem(t.Context(), review.Query{Campaign: today.Campaign.ID}, func(it *review.Item) error {
		items++
		people[it.Identity] = true
		for _, f := range it.Findings {
			fired[f.Rule]++
			if demoExamples[f.Rule] == [3]string{it.System, it.Login, it.Entitlement} || demoExamples[f.Rule] == [3]string{it.System, it.Login, it.EntName} {
				delete(left, f.Rule)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for rule := range left {
		t.Errorf("%s fired %d times, not on %q", rule, fired[rule], demoExamples[rule])
	}
	if items < 240 || items > 300 || len(people) < 40 || len(people) > 55 {
		t.Errorf("%d items of %d identities: the company has outgrown its story", items, len(people))
	}
	readme, err := story.file("README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := strings.Split(string(readme), "\n")
	for rule := range fired {
		if !slices.ContainsFunc(told, func(l string) bool { return strings.HasPrefix(l, "| `"+rule+"` |") }) {
			t.Errorf("the README does not tell where %s fires", rule)
		}
	}
	exceptions, err := d.Exceptions(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	states := map[review.ExceptionState]int{}
	for _, e := range exceptions {
		states[e.State]++
	}
	if states[review.ExceptionExpired] != 1 || states[review.Expiring] != 1 || states[review.ExceptionActive] != 1 {
		t.Errorf("exceptions %v", states)
	}
	revokes, err := d.Remediations(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	became := map[review.RemediationState]int{}
	for _, r := range revokes {
		became[r.State]++
	}
	if became[review.VerifiedGone] != 3 || became[review.StillPresent] != 2 || became[review.Returned] != 1 || len(revokes) != 6 {
		t.Errorf("revokes %v", became)
	}
}

// The story ends less than a week before the demo is seen, whatever day that is, and all it tells of moves with it.
func TestTheDemoIsOfToday(t *testing.T) {
	written := demoStages()
	end := written[2].Arrive
	for _, now := range []time.Time{end.AddDate(-3, 2, 0), end.Add(-time.Minute), end.Add(59 * time.Minute), end.Add(2 * time.Hour), end.AddDate(0, 0, 7),
		end.AddDate(0, 0, 8), end.AddDate(1, 3, 0), end.AddDate(9, 0, 1)} {
		story := storyAt(now)
		stages := story.stages()
		if age := now.Sub(stages[2].Arrive); age < time.Hour || age >= 7*24*time.Hour+time.Hour || story.days%7 != 0 {
			t.Errorf("at %s the last exports arrived %s before, moved by %d days", now, age, story.days)
		}
		if left := stages[2].Campaign.Due.Sub(now); left < 14*24*time.Hour {
			t.Errorf("at %s the review is due in %s", now, left)
		}
	}
	for i, st := range (demoStory{}).stages() {
		if c, w := st.Campaign, written[i].Campaign; c.ID != w.ID || c.Title != w.Title || c.PeriodStart != w.PeriodStart || c.PeriodEnd != w.PeriodEnd || !c.Due.Equal(w.Due) {
			t.Errorf("as it was written a campaign is %+v, not %+v", c, w)
		}
	}
	later := demoStory{98}
	for is, want := range map[string]string{
		"2026-09-30T06:00:00Z, 9999-12-31":                                "2027-01-06T06:00:00Z, 9999-12-31",
		"01.01.2018;31.12.9999;30.10.2026 15:50:47":                       "09.04.2018;31.12.9999;05.02.2027 15:50:47",
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635,2026-02-18":                 "8e3af657-a8ff-443c-a75c-2fe8c4bcb635,2026-05-27",
		"left on 30 September; since July, a contractor until March 2027": "left on 6 January; since October, a contractor until June 2027",
		"the campaign `2026q4-core`":                                      "the campaign `2027q1-core`",
	} {
		if got := later.prose(later.text(is)); got != want {
			t.Errorf("%q becomes %q, not %q", is, got, want)
		}
	}
}
