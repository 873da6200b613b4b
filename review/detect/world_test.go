package detect

import (
	"time"

	"tickmark/review"
)

// world is one grant with everything around it, clean to begin with; cases change what they are about.
type world struct {
	snap Snapshot
	g    Grant   // the grant asked about
	more []Grant // others that are there too
}

var now = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

func on(s string) review.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return review.Time{State: review.Known, At: at, Day: true}
}

func state(s review.TimeState) review.Time { return review.Time{State: s} }

func newWorld() *world {
	return &world{
		snap: Snapshot{
			Now: now, Policy: review.DefaultPolicy(), Roster: true,
			Sources: []Source{
				{ID: "erp", System: "erp", Environment: "production", AsOf: now.AddDate(0, 0, -1)},
				{ID: "aws-1", System: "aws", Platform: review.AWS, Environment: "production", AsOf: now.AddDate(0, 0, -1)},
				{ID: "lab", System: "lab", Environment: "other", AsOf: now.AddDate(0, 0, -1)},
				{ID: "okta", System: "okta", Platform: review.Okta, Environment: "unknown", AsOf: now.AddDate(0, 0, -1)},
			},
			Identities: []Identity{
				{Identity: &review.Identity{Key: "ann@corp.example", Emails: []string{"ann@corp.example"}, Kind: review.Human, HRStatus: "active",
					Department: "Finance", Title: "Clerk"}},
				{Identity: &review.Identity{Key: "pay-batch", Kind: review.Service, Owner: "ann@corp.example", OwnerAlive: review.Yes}},
			},
			Accounts: []Account{
				{Identity: 0, Source: 0, NativeID: "ANN", Login: "ann", System: "erp", Kind: review.Human, Status: review.Active,
					LastLogin: on("2026-06-20"), MFA: review.Yes, KeySource: "email"},
				{Identity: 1, Source: 0, NativeID: "PAYBATCH", Login: "paybatch", System: "erp", Kind: review.Service, Status: review.Active},
			},
			Entitlements: []Entitlement{
				{Source: 0, System: "erp", NativeID: "READ_LEDGER", Name: "Read the ledger", Kind: "role"},
				{Source: 0, System: "erp", NativeID: "POST", Name: "Post invoices", Kind: "role"},
				{Source: 0, System: "erp", NativeID: "key-1", Name: "key-1", Kind: "credential"},
			},
		},
		g: Grant{Account: 0, Entitlement: 0, Kind: "grant", Privilege: review.Read, State: "active", Granted: on("2026-01-10"),
			LastUsed: on("2026-06-20"), Expires: on("2026-12-31")},
	}
}

func (w *world) findings() []review.Finding {
	w.snap.Grants = func(yield func(*Grant) bool) {
		if !yield(&w.g) {
			return
		}
		for i := range w.more {
			if !yield(&w.more[i]) {
				return
			}
		}
	}
	for g, found := range Detect(&w.snap) {
		if g == &w.g {
			return found
		}
	}
	return nil
}

func (w *world) service() { w.g.Account = 1 }

func (w *world) token() {
	w.g.Account, w.g.Entitlement, w.g.Kind = 1, 2, "credential"
	w.snap.Accounts[1].Credentials = []review.Credential{{NativeID: "key-1", Kind: "access_key", Status: "active"}}
}

func (w *world) admin() { w.g.Privilege, w.g.PrivilegeReason = review.Admin, "Owner at subscription" }

// peers puts the grant's holder among n people of whom holders more hold the same.
func peers(w *world, n, holders int) {
	for i := range n - 1 {
		w.snap.Identities = append(w.snap.Identities, Identity{Identity: &review.Identity{Key: "p", Kind: review.Human, HRStatus: "active", Department: "Finance", Title: "Clerk"}})
		w.snap.Accounts = append(w.snap.Accounts, Account{Identity: len(w.snap.Identities) - 1, Source: 0, NativeID: "P", Kind: review.Human})
		if i < holders {
			w.more = append(w.more, Grant{Account: len(w.snap.Accounts) - 1, Entitlement: 0, State: "active"})
		}
	}
}

// sod adds a rule between what the grant holds and Post invoices, which the same account holds too.
func sod(w *world, r review.SoDRule) {
	if r.EntitlementA == "" {
		r.EntitlementA = "READ_LEDGER"
	}
	if r.EntitlementB == "" {
		r.EntitlementB = "POST"
	}
	w.snap.SoD = []review.SoDRule{r}
	w.more = []Grant{{Account: 0, Entitlement: 1, State: "active"}}
}

func rootUser(w *world, credential string, p review.Platform) {
	w.token()
	w.snap.Sources[1].Platform = p
	w.snap.Accounts[1] = Account{Identity: 1, Source: 1, NativeID: "arn:aws:iam::1:root", Login: "<root_account>", Kind: review.System, Status: review.Active}
	w.snap.Entitlements[2] = Entitlement{Source: 1, NativeID: credential, Kind: "credential"}
}

// elsewhere gives the machine accounts in further sources too.
func elsewhere(w *world, sources ...int) {
	w.service()
	for _, s := range sources {
		w.snap.Accounts = append(w.snap.Accounts, Account{Identity: 1, Source: s, NativeID: "PAYBATCH", Kind: review.Service, Status: review.Active})
		w.more = append(w.more, Grant{Account: len(w.snap.Accounts) - 1, Entitlement: 0, State: "active"})
	}
}
