package detect

import (
	"fmt"
	"testing"
	"time"

	"tickmark/review"
)

// company makes a snapshot of n grants: an account for every ten of them, a hundred rules that keep duties apart, some
// leavers, machines, old keys and privileged names. It is the same every time.
func company(n int) *Snapshot {
	s := &Snapshot{Now: now, Policy: review.DefaultPolicy(), Roster: true}
	for i := range 5 {
		s.Sources = append(s.Sources, Source{ID: review.SourceID(fmt.Sprint("src-", i)), System: fmt.Sprint("sys-", i), Environment: "production",
			AsOf: now.AddDate(0, 0, -i)})
	}
	entitlements := 2000
	for i := range entitlements {
		e := Entitlement{Source: i % 5, System: fmt.Sprint("sys-", i%5), NativeID: fmt.Sprint("ROLE_", i), Name: fmt.Sprint("Role ", i), Kind: "role"}
		if i%50 == 0 {
			e.Name += " admin"
		}
		s.Entitlements = append(s.Entitlements, e)
	}
	for i := range 100 {
		r := review.SoDRule{ID: fmt.Sprint("F", i), EntitlementA: fmt.Sprint("ROLE_", i*17), EntitlementB: fmt.Sprint("ROLE_", i*17+3)}
		if i%10 == 0 {
			r.EntitlementB = fmt.Sprintf("ROLE_%d*", 10+i)
		}
		s.SoD = append(s.SoD, r)
	}
	for i := range n / 10 {
		id := Identity{Identity: &review.Identity{Key: fmt.Sprint("p", i, "@corp.example"), Kind: review.Human, HRStatus: "active",
			Department: fmt.Sprint("D", i%4), Title: fmt.Sprint("T", i%7)}}
		kind := review.Human
		switch {
		case i%10 == 0:
			kind, id.Kind, id.HRStatus = review.Service, review.Service, ""
		case i%33 == 0:
			id.HRStatus = "terminated"
		}
		s.Identities = append(s.Identities, id)
		s.Accounts = append(s.Accounts, Account{Identity: i, Source: i % 5, NativeID: fmt.Sprint("A", i), Login: fmt.Sprint("user", i),
			System: fmt.Sprint("sys-", i%5), Kind: kind, Status: review.Active, MFA: review.Yes, LastLogin: review.TimeAt(now.AddDate(0, 0, -i%200))})
	}
	s.Grants = func(yield func(*Grant) bool) {
		var g Grant
		for i := range n {
			account := i / 10
			if account >= len(s.Accounts) {
				return
			}
			ent := (i*7919 + account) % entitlements
			if i%10 < 2 && account%20 == 1 { // some hold both sides of a rule
				ent = account%100*17 + 3*(i%10)
			}
			g = Grant{Ref: int64(i), Account: account, Entitlement: ent, Kind: "grant", State: "active",
				Granted: review.TimeAt(now.Add(-time.Duration(i%700) * 24 * time.Hour)), LastUsed: review.Time{State: review.Unknown}}
			if i%3 == 0 {
				g.LastUsed = review.TimeAt(now.Add(-time.Duration(i%180) * 24 * time.Hour))
			}
			if !yield(&g) {
				return
			}
		}
	}
	return s
}

func BenchmarkDetect(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := company(n)
			b.ReportAllocs()
			b.ResetTimer()
			total := 0
			for range b.N {
				total = 0
				for _, found := range Detect(s) {
					total += len(found)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/grant")
			b.ReportMetric(float64(total)/float64(n), "findings/grant")
		})
	}
}

func TestTheCompanyHasConflicts(t *testing.T) {
	rules := map[string]int{}
	for _, found := range Detect(company(20_000)) {
		for _, f := range found {
			rules[f.Rule]++
		}
	}
	for _, r := range []string{"sod", "leaver", "no-owner", "privileged", "dormant", "outlier"} {
		if rules[r] == 0 {
			t.Errorf("the benchmark's company has no %s: %v", r, rules)
		}
	}
}
