package main

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"path"
	"time"

	"tickmark/review"
)

// The sample company of `tickmark demo`; its stories are told in demo/README.md.
//
//go:embed demo
var demoFiles embed.FS

// demoReviewer is the person the demo is played by: in the roster of the company, the manager of its accountants, with
// access of their own in the ERP system and in payments.
const demoReviewer review.Principal = "you@northwind-harbor.example"

// demoStage is one visit to the company: the exports that arrive, and the campaign opened over them.
type demoStage struct {
	Arrive   time.Time // the clock when the exports are imported, and the campaign opened
	Sources  []demoSource
	Campaign review.CampaignSpec // without an ID: no campaign at this stage
	Decide   string              // a sheet of decisions for the campaign; empty where they are left to the person at the screen
	Close    time.Time           // the clock when those decisions are signed and the campaign is signed off
}

// demoSource is one export and how it is imported.
type demoSource struct {
	File    string // below demo/
	Format  string // the format it is recognised as; a build that does not know the format leaves the source out
	Options review.ImportOptions
}

// demoDecision is one line of a sheet: what is decided on the grants that its first four fields name. Account,
// Entitlement and Resource are ids or names as the source shows them; an empty one matches anything.
type demoDecision struct {
	System, Account, Entitlement, Resource string
	Draft                                  review.Draft
}

// demoStages is the story as it was written down (see demoStory), in order: who owns what and the earlier campaign, the exports of the summer that prove two
// of its revokes, and the campaign of today.
func demoStages() []demoStage {
	return []demoStage{
		{
			Arrive: time.Date(2026, 6, 3, 8, 0, 0, 0, time.UTC),
			Sources: append(append([]demoSource{demoRoster("q2", "2026-05-29T06:00:00Z")},
				demoSource{File: "links.csv", Format: "links", Options: demoOwn("links", "2026-05-29T06:10:00Z")},
				demoSource{File: "owners.csv", Format: "owners", Options: demoOwn("owners", "2026-05-29T06:10:00Z")},
				demoSource{File: "sod-rules.csv", Format: "sod-rules", Options: demoOwn("sod-rules", "2026-05-29T06:10:00Z")}),
				demoSystems("q2", map[string]string{
					"aws": "2026-05-30T05:00:00Z", "azure": "2026-06-01T07:30:00Z", "k8s": "2026-06-01T08:00:00Z",
					"erp": "2026-05-29T04:00:00Z", "payments": "2026-06-01T06:00:00Z", "github": "2026-06-01T09:00:00Z",
					"okta": "2026-05-30T06:30:00Z", "gcp": "2026-06-01T09:10:00Z", "docs": "2026-06-01T09:20:00Z",
				})...),
			Campaign: demoCampaign("2026q2-core", "Core systems, second quarter", "2026-04-01", "2026-06-30",
				time.Date(2026, 6, 19, 23, 59, 59, 0, time.UTC)),
			Decide: "q2/decisions.csv",
			Close:  time.Date(2026, 6, 11, 14, 30, 0, 0, time.UTC),
		},
		{
			Arrive:  time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC),
			Sources: []demoSource{demoERP("mid", "2026-07-14T04:00:00Z"), demoPayments("mid", "2026-07-15T06:00:00Z")},
		},
		{
			Arrive: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
			Sources: append(append([]demoSource{demoRoster("q4", "2026-11-16T06:00:00Z")},
				demoSystems("q4", map[string]string{
					"aws": "2026-11-17T05:00:00Z", "azure": "2026-11-18T07:30:00Z", "k8s": "2026-11-18T08:00:00Z",
					"erp": "2026-11-19T04:00:00Z", "payments": "2026-11-20T06:00:00Z", "github": "2026-11-18T09:00:00Z",
					"okta": "2026-11-19T06:30:00Z", "gcp": "2026-11-18T09:10:00Z", "docs": "2026-11-18T09:20:00Z",
				})...),
				demoSource{File: "q4/last-used.csv", Format: "last-used", Options: demoOwn("last-used", "2026-11-19T10:00:00Z")}),
			Campaign: demoCampaign("2026q4-core", "Core systems, fourth quarter", "2026-10-01", "2026-12-31",
				time.Date(2026, 12, 11, 23, 59, 59, 0, time.UTC)),
		},
	}
}

func demoCampaign(id review.CampaignID, title, from, to string, due time.Time) review.CampaignSpec {
	return review.CampaignSpec{
		ID: id, Title: title, Owner: demoReviewer, Reviewers: []review.Principal{demoReviewer},
		PeriodStart: from, PeriodEnd: to, Due: due, NoAnswer: review.LeaveOpen, Assurance: review.AnyKey,
		Frameworks: []string{"soc2:CC6.1", "soc2:CC6.2", "soc2:CC6.3", "soc1:OBJ-7"},
	}
}

func demoRoster(stage, at string) demoSource {
	return demoSource{File: path.Join(stage, "hr.csv"), Format: "hr-roster", Options: review.ImportOptions{
		Source: "hr", System: "hr", ExportedAt: at, ExportedBy: "people-ops", Query: "report Active and former workers, all sites",
		Completeness: review.Full,
	}}
}

// demoOwn are the options of a file the company keeps by hand.
func demoOwn(as, at string) review.ImportOptions {
	return review.ImportOptions{As: as, Source: review.SourceID(as), System: as, ExportedAt: at, ExportedBy: "iam-team", Completeness: review.Full}
}

// demoSystems are the systems under review at a stage, in the order they are imported. When each was exported is given by
// the name of the system that made it.
func demoSystems(stage string, at map[string]string) []demoSource {
	in := func(file, format string, o review.ImportOptions) demoSource {
		o.Source, o.Completeness = review.SourceID(o.System), review.Full
		return demoSource{File: path.Join(stage, file), Format: format, Options: o}
	}
	return []demoSource{
		in("aws.csv", "aws-credential-report", review.ImportOptions{System: "aws", Environment: "production",
			ExportedAt: at["aws"], ExportedBy: "platform-audit", Query: "aws iam get-credential-report"}),
		in("azure.json", "azure-role-assignments", review.ImportOptions{System: "azure", Instance: "northwindharbor.onmicrosoft.example",
			Environment: "production", ExportedAt: at["azure"], ExportedBy: "platform-audit",
			Query: "az role assignment list --all --include-inherited --output json"}),
		in("k8s-prod.json", "k8s-role-bindings", review.ImportOptions{System: "k8s-prod", Instance: "aks-nwh-prod", Environment: "production",
			ExportedAt: at["k8s"], ExportedBy: "platform-audit",
			Query: "kubectl get rolebindings,clusterrolebindings --all-namespaces --output json"}),
		in("k8s-staging.json", "k8s-role-bindings", review.ImportOptions{System: "k8s-staging", Instance: "aks-nwh-staging", Environment: "other",
			ExportedAt: at["k8s"], ExportedBy: "platform-audit",
			Query: "kubectl get rolebindings,clusterrolebindings --all-namespaces --output json"}),
		demoERP(stage, at["erp"]),
		demoPayments(stage, at["payments"]),
		in("github.json", "github-consumed-licenses", review.ImportOptions{System: "github", Instance: "northwind-harbor", Environment: "production",
			ExportedAt: at["github"], ExportedBy: "platform-audit", Query: "GET /enterprises/northwind-harbor/consumed-licenses"}),
		in("okta-users.json", "okta-users", review.ImportOptions{System: "okta", Instance: "northwind-harbor.okta.example", Environment: "production",
			ExportedAt: at["okta"], ExportedBy: "platform-audit", Query: "GET /api/v1/users, group Finance and IT"}),
		in("okta-ledgerline.json", "okta-app-users", review.ImportOptions{System: "okta-ledgerline", Instance: "northwind-harbor.okta.example",
			Environment: "production", ExportedAt: at["okta"], ExportedBy: "platform-audit", Query: "GET /api/v1/apps/{Ledgerline}/users"}),
		in("gcp.json", "gcp-iam-policy", review.ImportOptions{System: "gcp-tariffs", Instance: "nwh-dw", Resource: "nwh-tariff-sheets",
			Environment: "production", ExportedAt: at["gcp"], ExportedBy: "platform-audit",
			Query: "gcloud storage buckets get-iam-policy gs://nwh-tariff-sheets --format json"}),
		in("docs-scim.json", "scim", review.ImportOptions{System: "docs", Instance: "docs.northwind-harbor.example", Environment: "production",
			ExportedAt: at["docs"], ExportedBy: "platform-audit", Query: "GET /scim/v2/Users?count=100"}),
	}
}

// demoERP is a semicolon list with German headings, as an accountant's download has them: the columns are named by hand.
func demoERP(stage, at string) demoSource {
	return demoSource{File: path.Join(stage, "erp.csv"), Format: "generic-csv", Options: review.ImportOptions{
		Source: "erp", System: "erp", Instance: "100", Environment: "production", ExportedAt: at, ExportedBy: "erp-basis",
		Query: "Transaktion ZBER01, Mandant 100, alle Benutzer", Completeness: review.Full,
		Map: []review.Assign{
			{Name: "identity", Value: "Benutzer"}, {Name: "display_name", Value: "Name"}, {Name: "email", Value: "E-Mail"},
			{Name: "worker_id", Value: "Personalnummer"}, {Name: "department", Value: "Abteilung"}, {Name: "type", Value: "Typ"},
			{Name: "entitlement", Value: "Rolle"}, {Name: "resource", Value: "Buchungskreis"}, {Name: "status", Value: "Status"},
			{Name: "granted", Value: "Gültig von"}, {Name: "expires", Value: "Gültig bis"}, {Name: "last_login", Value: "Letzte Anmeldung"},
		},
	}}
}

// demoPayments is a member list of a payment provider, one JSON object per line.
func demoPayments(stage, at string) demoSource {
	return demoSource{File: path.Join(stage, "payments.ndjson"), Format: "generic-ndjson", Options: review.ImportOptions{
		Source: "payments", System: "payments", Instance: "northwind-harbor", Environment: "production", ExportedAt: at,
		ExportedBy: "treasury", Query: "Settings, Team, Export as NDJSON", Completeness: review.Full,
		Map: []review.Assign{
			{Name: "identity", Value: "member"}, {Name: "display_name", Value: "name"}, {Name: "worker_id", Value: "employee_no"},
			{Name: "type", Value: "type"}, {Name: "entitlement", Value: "role"}, {Name: "entitlement_kind", Value: "kind"},
			{Name: "resource", Value: "merchant"}, {Name: "privileged", Value: "privileged"}, {Name: "mfa", Value: "mfa"},
			{Name: "status", Value: "status"}, {Name: "owner", Value: "owner"}, {Name: "granted", Value: "granted_at"},
			{Name: "expires", Value: "expires_at"}, {Name: "last_login", Value: "last_seen_at"}, {Name: "last_used", Value: "last_used_at"},
		},
	}}
}

// decisions reads a sheet of decisions.
func (s demoStory) decisions(name string) ([]demoDecision, error) {
	data, err := s.file(name)
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	column := map[string]int{}
	for i, h := range lines[0] {
		column[h] = i
	}
	for _, h := range []string{"system", "account", "entitlement", "resource", "verdict", "reason", "until", "owner", "control"} {
		if _, ok := column[h]; !ok {
			return nil, fmt.Errorf("%s: there is no column %s", name, h)
		}
	}
	out := make([]demoDecision, 0, len(lines)-1)
	for _, l := range lines[1:] {
		at := func(h string) string { return l[column[h]] }
		out = append(out, demoDecision{
			System: at("system"), Account: at("account"), Entitlement: at("entitlement"), Resource: at("resource"),
			Draft: review.Draft{Verdict: review.Verdict(at("verdict")), Reason: at("reason"), Until: at("until"), Owner: at("owner"), Control: at("control")},
		})
	}
	return out, nil
}
