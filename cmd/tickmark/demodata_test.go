package main

import (
	"bytes"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/importers"
	"tickmark/review"
)

// memory keeps what a file yields, as the desk would before storing it.
type memory struct {
	accounts map[string]review.Account // by native id
	grants   []review.Grant
	workers  map[string]review.Worker
	rejects  []review.Reject
	rules    []review.SoDRule
	links    []review.Link
	owners   []review.Ownership
	usage    []review.Usage
}

func newMemory() *memory {
	m := &memory{}
	_ = m.Reset()
	return m
}

func (m *memory) Reset() error {
	*m = memory{accounts: map[string]review.Account{}, workers: map[string]review.Worker{}}
	return nil
}
func (m *memory) Account(a *review.Account) error               { m.accounts[a.NativeID] = *a; return nil }
func (m *memory) Entitlement(*review.Entitlement, string) error { return nil }
func (m *memory) Grant(g *review.Grant) error                   { m.grants = append(m.grants, *g); return nil }
func (m *memory) Worker(w *review.Worker) error                 { m.workers[w.ID] = *w; return nil }
func (m *memory) SoDRule(r *review.SoDRule) error               { m.rules = append(m.rules, *r); return nil }
func (m *memory) Link(l *review.Link) error                     { m.links = append(m.links, *l); return nil }
func (m *memory) Ownership(o *review.Ownership) error           { m.owners = append(m.owners, *o); return nil }
func (m *memory) Usage(u *review.Usage) error                   { m.usage = append(m.usage, *u); return nil }
func (m *memory) Evidence(*review.Evidence) error               { return nil }
func (m *memory) Reject(r review.Reject) error                  { m.rejects = append(m.rejects, r); return nil }

// items are what comes before a reviewer: the grants, or the standing accounts of a file that has none (rulings 3).
func (m *memory) items() []review.Grant {
	if len(m.grants) > 0 {
		return m.grants
	}
	var out []review.Grant
	for _, id := range slices.Sorted(maps.Keys(m.accounts)) {
		if s := m.accounts[id].Status; s != review.Disabled && s != review.Deleted {
			out = append(out, review.Grant{Kind: "account", Account: id})
		}
	}
	return out
}

// find lists the items that a line of a sheet names.
func (m *memory) find(d demoDecision) []review.Grant {
	var out []review.Grant
	for _, g := range m.items() {
		if d.means(&review.Item{System: d.System, Account: g.Account, Login: m.accounts[g.Account].Login,
			Entitlement: g.Entitlement.NativeID, EntName: g.Entitlement.Name, Resource: g.Resource.NativeID}) {
			out = append(out, g)
		}
	}
	return out
}

// demoTotals are the counts of importers.md 6, made by hand from the files.
var demoTotals = map[string]struct {
	rows, rejected, accounts, identities, grants int64
	warns                                        string // that must be there
}{
	"q2/hr.csv":               {25, 0, 0, 25, 0, ""},
	"q2/aws.csv":              {15, 0, 15, 15, 25, ""},
	"q2/azure.json":           {36, 0, 16, 16, 36, ""},
	"q2/k8s-prod.json":        {23, 0, 16, 16, 31, "binding-without-subjects public-principal"},
	"q2/k8s-staging.json":     {6, 0, 11, 11, 11, ""},
	"q2/erp.csv":              {74, 0, 24, 24, 74, ""},
	"q2/payments.ndjson":      {41, 0, 18, 18, 41, "secrets-dropped control-characters"},
	"q2/github.json":          {9, 0, 9, 9, 12, ""},
	"q2/okta-users.json":      {12, 0, 12, 12, 0, ""},
	"q2/okta-ledgerline.json": {8, 0, 8, 8, 8, ""},
	"q2/gcp.json":             {3, 0, 4, 4, 4, ""},
	"q2/docs-scim.json":       {5, 0, 5, 5, 5, ""},

	"mid/erp.csv":         {72, 0, 24, 24, 72, "encoding-guessed"},
	"mid/payments.ndjson": {40, 0, 18, 18, 40, "secrets-dropped control-characters"},

	"q4/hr.csv":               {26, 0, 0, 26, 0, ""},
	"q4/aws.csv":              {15, 0, 15, 15, 25, ""},
	"q4/azure.json":           {39, 0, 16, 16, 39, "unresolved-principal-names"},
	"q4/k8s-prod.json":        {23, 0, 18, 18, 35, "binding-without-subjects public-principal"},
	"q4/k8s-staging.json":     {6, 0, 12, 12, 12, ""},
	"q4/erp.csv":              {80, 1, 24, 24, 79, "encoding-guessed long-row"},
	"q4/payments.ndjson":      {42, 0, 19, 19, 42, "secrets-dropped control-characters"},
	"q4/github.json":          {9, 0, 9, 9, 12, ""},
	"q4/okta-users.json":      {13, 0, 13, 13, 0, ""},
	"q4/okta-ledgerline.json": {8, 0, 8, 8, 8, ""},
	"q4/gcp.json":             {5, 0, 6, 6, 6, "public-principal"},
	"q4/docs-scim.json":       {5, 0, 5, 5, 6, ""},

	"links.csv":        {7, 0, 0, 0, 0, ""},
	"owners.csv":       {12, 0, 0, 0, 0, ""},
	"sod-rules.csv":    {6, 0, 0, 0, 0, "one-sided-rule"},
	"q4/last-used.csv": {13, 0, 0, 0, 0, ""},
}

// demoInput is the embedded export as importers read it.
func demoInput(t *testing.T, s demoSource) importers.Input {
	t.Helper()
	data, err := demoStory{}.file(s.File)
	if err != nil {
		t.Fatal(err)
	}
	return importers.Input{Name: path.Base(s.File), Size: int64(len(data)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// readDemo imports one source of the demo.
func readDemo(t *testing.T, s demoSource, at time.Time) (*memory, *review.ImportReport) {
	t.Helper()
	if _, ok := importers.LookupFormat(s.Format); !ok {
		t.Fatalf("%s: there is no format %s", s.File, s.Format)
	}
	m := newMemory()
	report, err := importers.Read(t.Context(), demoInput(t, s), importers.Options{ImportOptions: s.Options, Now: at}, m)
	if err != nil {
		t.Fatalf("%s: %v", s.File, err)
	}
	return m, report
}

// stageMemory reads every source of a stage, by source id.
func stageMemory(t *testing.T, stage demoStage) map[review.SourceID]*memory {
	t.Helper()
	out := map[review.SourceID]*memory{}
	for _, s := range stage.Sources {
		out[s.Options.Source], _ = readDemo(t, s, stage.Arrive)
	}
	return out
}

func TestDemoFilesReadAsWhatTheyAre(t *testing.T) {
	left := maps.Clone(demoTotals)
	for _, stage := range demoStages() {
		for _, s := range stage.Sources {
			want, ok := left[s.File]
			if !ok {
				t.Errorf("%s is imported twice or has no totals", s.File)
			}
			delete(left, s.File)
			t.Run(s.File, func(t *testing.T) {
				m, got := readDemo(t, s, stage.Arrive)
				if got.Format != s.Format {
					t.Errorf("read as %s (%s), not as %s", got.Format, got.Evidence, s.Format)
				}
				if got.RowsRead != want.rows || got.RowsReject != want.rejected || got.Accounts != want.accounts ||
					got.Identities != want.identities || got.Grants != want.grants {
					t.Errorf("rows %d, rejected %d, accounts %d, identities %d, grants %d; want %+v",
						got.RowsRead, got.RowsReject, got.Accounts, got.Identities, got.Grants, want)
				}
				if len(m.grants) != int(got.Grants) || len(m.accounts) != int(got.Accounts) || len(m.rejects) != int(got.RowsReject) {
					t.Errorf("the report counts %d grants, %d accounts, %d rejects; handed over were %d, %d, %d",
						got.Grants, got.Accounts, got.RowsReject, len(m.grants), len(m.accounts), len(m.rejects))
				}
				for _, keyword := range strings.Fields(want.warns) {
					if !slices.ContainsFunc(got.Warnings, func(w review.Warning) bool { return w.Keyword == keyword }) {
						t.Errorf("no warning %s in %+v", keyword, got.Warnings)
					}
				}
			})
		}
	}
	for file := range left {
		t.Errorf("%s has totals and is never imported", file)
	}
}

// What a newcomer meets who imports the files by hand: native exports need no flag but the one their format asks for, and a
// list of no known shape is read by a guess that is shown.
func TestDemoFilesNeedNoFlags(t *testing.T) {
	for _, s := range demoSystems("q4", nil) {
		t.Run(s.File, func(t *testing.T) {
			s.Options = review.ImportOptions{Resource: s.Options.Resource}
			_, got := readDemo(t, s, time.Time{})
			if got.Format != s.Format {
				t.Errorf("read as %s", got.Format)
			}
			guessed := slices.ContainsFunc(got.Warnings, func(w review.Warning) bool { return w.Keyword == "guessed-mapping" })
			if generic := strings.HasPrefix(s.Format, "generic-"); guessed != generic {
				t.Errorf("guessed %v", guessed)
			} else if want := demoTotals[s.File].grants; !generic && got.Grants != want {
				t.Errorf("%d grants, want %d", got.Grants, want)
			}
		})
	}
}

func TestDemoDecisionsNameEveryItemOnce(t *testing.T) {
	policy := demoPolicy(t)
	own := []string{"AWINTER", string(demoReviewer), "ISOLHEIM"} // the reviewer's own access, and the reviewer's manager's
	for _, stage := range demoStages() {
		if stage.Decide == "" {
			continue
		}
		sources := stageMemory(t, stage)
		decisions, err := demoStory{}.decisions(stage.Decide)
		if err != nil {
			t.Fatal(err)
		}
		decided := map[string]bool{}
		tally := map[review.Verdict]int{}
		for _, d := range decisions {
			m := sources[review.SourceID(d.System)]
			if m == nil {
				t.Errorf("there is no source %s", d.System)
				continue
			}
			found := m.find(d)
			if len(found) != 1 {
				t.Errorf("%s %s %s %s names %d items", d.System, d.Account, d.Entitlement, d.Resource, len(found))
				continue
			}
			tally[d.Draft.Verdict]++
			decided[d.System+" "+found[0].Locator+" "+found[0].Account+" "+found[0].Entitlement.NativeID] = true
			checkDraft(t, d, policy, stage)
		}
		for source, m := range sources {
			for _, g := range m.items() {
				mine := slices.Contains(own, g.Account) || slices.Contains(own, m.accounts[g.Account].Login)
				key := string(source) + " " + g.Locator + " " + g.Account + " " + g.Entitlement.NativeID
				if decided[key] == mine {
					t.Errorf("%s: decided %v, access of the reviewer or of the reviewer's manager %v", key, decided[key], mine)
				}
			}
		}
		if tally[review.Revoke] != 6 || tally[review.Except] != 3 || tally[review.Abstain] != 1 {
			t.Errorf("decisions %v", tally)
		}
	}
}

// checkDraft holds a decision against ledger.md 3.5 and the policy.
func checkDraft(t *testing.T, d demoDecision, policy review.Policy, stage demoStage) {
	t.Helper()
	if d.Draft.Reason == "" {
		t.Errorf("%s %s %s has no reason", d.System, d.Account, d.Entitlement)
	}
	if d.Draft.Verdict != review.Except {
		if d.Draft.Until+d.Draft.Owner+d.Draft.Control != "" {
			t.Errorf("%s %s %s is no exception and has its fields", d.System, d.Account, d.Entitlement)
		}
		return
	}
	until, err := time.Parse(time.DateOnly, d.Draft.Until)
	days := int(until.Sub(stage.Close).Hours() / 24)
	if err != nil || days < 1 || days > policy.ExceptionMaxDays || d.Draft.Owner == "" || d.Draft.Control == "" {
		t.Errorf("exception %+v would be refused", d)
	}
}

func demoPolicy(t *testing.T) review.Policy {
	t.Helper()
	text, err := demoStory{}.file("policy.toml")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := review.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// What became of the decisions of the second quarter, as the later exports show it.
func TestDemoStoriesAreInTheExports(t *testing.T) {
	stages := demoStages()
	if len(stages) != 3 {
		t.Fatalf("%d stages", len(stages))
	}
	var at [3]map[review.SourceID]*memory
	for i, stage := range stages {
		at[i] = stageMemory(t, stage)
	}
	const absent, present, unseen = "absent", "present", "not exported"
	look := func(stage int, d demoDecision) string {
		m := at[stage][review.SourceID(d.System)]
		switch {
		case m == nil:
			return unseen
		case len(m.find(d)) > 0:
			return present
		}
		return absent
	}
	ravi := "ravi.menon_deltaquay.example#EXT#@northwindharbor.onmicrosoft.example"
	for _, c := range []struct {
		story, system, account, entitlement string
		want                                [3]string
	}{
		{"came back", "erp", "OSTRAND", "Z_FI_PAYMENT_RUN", [3]string{present, absent, present}},
		{"gone", "payments", "bianca.ferretti@northwind-harbor.example", "payouts.release", [3]string{present, absent, absent}},
		{"gone", "erp", "KHARTMANN", "Z_FI_VENDOR_MAINT", [3]string{present, absent, absent}},
		{"gone", "aws", "sofia.almeida@deltaquay.example", "console-password", [3]string{present, unseen, absent}},
		{"still present", "azure", ravi, "Contributor", [3]string{present, unseen, present}},
		{"still present", "aws", "svc-reporting", "console-password", [3]string{present, unseen, present}},
		{"expired exception", "erp", "YDEMIR", "Z_FI_VENDOR_MAINT", [3]string{present, present, present}},
		{"expiring exception", "aws", "svc-backup", "access-key-1", [3]string{present, unseen, present}},
		{"new", "aws", "emil.larsson@northwind-harbor.example", "console-password", [3]string{absent, unseen, present}},
		{"mover", "erp", "AROSEN", "Z_SD_PRICE_MAINT", [3]string{present, present, present}},
	} {
		d := demoDecision{System: c.system, Account: c.account, Entitlement: c.entitlement}
		if got := [3]string{look(0, d), look(1, d), look(2, d)}; got != c.want {
			t.Errorf("%s: %s %s %s is %v, want %v", c.story, c.system, c.account, c.entitlement, got, c.want)
		}
	}
	workers := func(stage int, id string) review.Worker { return at[stage]["hr"].workers[id] }
	if before, after := workers(0, "NH1039"), workers(2, "NH1039"); before.Department != "Sales" || after.Department != "Finance" {
		t.Errorf("the mover: %+v, then %+v", before, after)
	}
	for id, want := range map[string]string{"NH1014": "terminated", "NH1042": "terminated", "NH2002": "terminated", "NH1017": "leave", "NH1015": "active"} {
		if got := workers(2, id).Status; got != want {
			t.Errorf("worker %s is %s, not %s", id, got, want)
		}
	}
}

// Every account, owner and observation that the hand-kept files name is in the exports, and every owner is somebody.
func TestDemoHandKeptFilesNameWhatExists(t *testing.T) {
	stages := demoStages()
	first, last := stageMemory(t, stages[0]), stageMemory(t, stages[2])
	in := func(m *memory, account string) bool {
		if m == nil {
			return false
		}
		for id := range m.accounts {
			if strings.EqualFold(id, account) {
				return true
			}
		}
		return false
	}
	anywhere := func(account string) bool {
		for _, m := range last {
			if in(m, account) {
				return true
			}
		}
		return false
	}
	somebody := func(email string) bool {
		for _, w := range first["hr"].workers {
			if w.Email == email {
				return true
			}
		}
		return false
	}
	for _, l := range first["links"].links {
		if !in(last[review.SourceID(l.System)], l.Account) {
			t.Errorf("links.csv: there is no %s in %s", l.Account, l.System)
		}
	}
	for _, o := range first["owners"].owners {
		if o.What != "account" || !anywhere(o.Subject) || !somebody(o.Owner) {
			t.Errorf("owners.csv: %+v", o)
		}
	}
	for _, u := range last["last-used"].usage {
		m := last["azure"]
		if !slices.ContainsFunc(m.grants, func(g review.Grant) bool { return g.Account == u.Account && g.Entitlement.NativeID == u.Entitlement }) {
			t.Errorf("last-used.csv: nobody holds %+v", u)
		}
		if u.LastUsed.Norm() != review.Known && u.LastUsed.Norm() != review.Never {
			t.Errorf("last-used.csv: %+v", u.LastUsed)
		}
	}
	policy := demoPolicy(t)
	for _, s := range policy.FinancialSources {
		if last[review.SourceID(s)] == nil {
			t.Errorf("policy.toml: there is no source %s", s)
		}
	}
}
