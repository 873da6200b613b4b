package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickmark/review"
)

// colourful launches a campaign over items of every kind, text and time, some decided and some staged.
func colourful(tb testing.TB, n int) *kit {
	k := newKit(tb)
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	when := func() review.Time {
		switch r.IntN(7) {
		case 0:
			return review.Time{State: review.Never}
		case 1:
			return review.Time{State: review.Unknown}
		case 2:
			return review.Time{State: review.NotApplicable}
		case 3:
			return review.Time{}
		case 4:
			return review.Time{State: review.Known, At: time.Date(2026, 1, 1+r.IntN(300), 0, 0, 0, 0, time.UTC), Day: true}
		}
		return review.Time{State: review.Known, At: k.now.Add(-time.Duration(r.IntN(200*24*60)) * time.Minute)}
	}
	var imports []review.ImportID
	for _, source := range []string{"erp", "crm-2"} {
		var accounts []review.Account
		var grants []review.Grant
		for i := range n / 8 {
			id := fmt.Sprintf("%s%02d", pick("ann", "Bob", "ÉVE", "zoë", "x_y", "per%cent"), i)
			a := accountOf(id)
			a.DisplayName = pick("Jane Doe", "JOHN ROE", "Émile \\ Zola", "山田 太郎", "nul\x00name", "", "İstanbul", "\u212aelvin")
			a.System = pick("ERP", "Crm", "", "100%")
			a.Status = review.Status(pick("active", "disabled", "locked", "deleted", "unknown", ""))
			a.Department = pick("Finance", "finance", "IT", "", "Ünits")
			a.Emails[0] = strings.ToLower(id) + pick("@corp.example", "@x_y.example")
			accounts = append(accounts, a)
			for j := range 4 {
				g := grantOf(id, pick("ROLE_A", "role%b", "Rôle C", "D")+fmt.Sprint(j), len(grants)+2)
				g.Entitlement.Privilege = review.Privilege(pick("admin", "write", "read", "unknown", ""))
				g.Entitlement.Name = pick("Display", "POST invoices", "", "Ä")
				if r.IntN(2) == 0 {
					g.Resource = review.Resource{NativeID: pick("bucket-1", "Bucket_2", "vault%"), Name: "r"}
				}
				g.How = pick("direct", "group", "", "eligible")
				g.Granted, g.LastUsed, g.Expires = when(), when(), when()
				if r.IntN(4) == 0 {
					g.Path = "G-1"
				}
				if r.IntN(6) == 0 {
					g.Kind = "credential"
				}
				grants = append(grants, g)
			}
		}
		imports = append(imports, k.imported(source, accounts, grants))
	}
	k.launch("q4", imports, bob, func(n *NewItem) *NewItem {
		marks := [][]review.Mark{nil, {"shared"}, {"break-glass", "third-party"}}[r.IntN(3)]
		s := *n.Subject
		s.Marks, s.Kind, s.Manager = marks, review.Kind(pick("human", "service", "workload", "")), pick("", bob, "Boss_1")
		s.DisplayName = n.Grant.Account.DisplayName
		n.Subject = &s
		n.Kind = review.Kind(pick("human", "service", "token", "shared", "break-glass", ""))
		n.Status = pick("active", "inactive", "leaver", "unknown")
		n.Owner = pick("", "J. Doe", "olga@corp.example", "OTTO")
		n.Reviewer = review.Principal(pick(bob, bob, carol))
		n.Change = review.Change(pick("new", "changed", "unchanged", "came-back", ""))
		n.PrevVerdict = review.Verdict(pick("none", "keep", "revoke", "exception", "abstain"))
		n.Stage = 1
		if r.IntN(5) == 0 {
			n.Stage = 2
		}
		for _, rule := range []string{"sod", "owner-gone", "owner-none", "privileged"} {
			if r.IntN(4) == 0 {
				n.Findings = append(n.Findings, review.Finding{Rule: rule, Version: 1, Severity: review.Severity(pick("info", "low", "medium", "high", "critical")), Reason: "since " + rule})
			}
		}
		return n
	})
	byVerdict := map[review.Verdict][]review.ItemID{}
	for _, it := range k.items(review.Query{Campaign: "q4", Reviewer: bob}) {
		if r.IntN(3) > 0 {
			continue
		}
		v := review.Verdict(pick("keep", "revoke", "exception", "abstain"))
		byVerdict[v] = append(byVerdict[v], it.ID)
	}
	for v, ids := range byVerdict {
		k.decide(bob, v, ids...)
		k.stage(bob, review.Abstain, ids[:len(ids)/2]...)
	}
	return k
}

// randomFilter writes a filter of the language.
func randomFilter(r *rand.Rand, ids []review.ItemID) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	texts := []string{"ann", "é", "É", "e", "zo", "x_y", "%", "_", "per%", "doe", `"\\"`, "corp*example", "*0*", "=d0", "none", `"jane doe"`, "nul", "role", "R*A1", "İ", "i̇", "istan", "kel", "\u212a", "山", `"J. Doe"`, "o", "boss_1", "q4", "erp", "crm*"}
	var terms []string
	for range 1 + r.IntN(3) {
		var t string
		f := review.FilterFields()[r.IntN(len(review.FilterFields()))]
		values := []string{}
		for range 1 + r.IntN(2) {
			switch f.Type {
			case review.TypeText:
				values = append(values, pick(texts...))
			case review.TypeWord:
				values = append(values, pick(f.Values...))
			case review.TypeSeverity:
				values = append(values, pick("", ">=", "<", "<=", ">")+pick(f.Values...))
			case review.TypeRule:
				values = append(values, pick("sod", "owner*", "*gone", "none", "nothing", "*", "privileged"))
			case review.TypeTime:
				values = append(values, pick("never", "unknown", "not-collected", "not-applicable", "known", ">90d", "<30d", ">=6m", "<=1y", "2026-03-05", ">2026-05-01", "<=2026-07-01", "<2026-09-09", ">=2026-01-02"))
			case review.TypeNumber:
				values = append(values, pick("1", "2", ">=2", "<2", ">1"))
			case review.TypeID:
				id := strings.TrimPrefix(string(ids[r.IntN(len(ids))]), "sha256:")
				values = append(values, id[:pickInt(r, 1, 2, 8, 16, 17, 40, 64)])
			}
		}
		t = f.Name + ":" + strings.Join(values, ",")
		if r.IntN(5) == 0 {
			t = pick("ann", "doe", "é", "role", `"o"`, "0*1", "x_y", "%", "erp", "vault", "olga")
		}
		if r.IntN(4) == 0 {
			t = "-" + t
		}
		terms = append(terms, t)
	}
	return strings.Join(terms, " ")
}

func pickInt(r *rand.Rand, list ...int) int { return list[r.IntN(len(list))] }

// TestFilterAgreesWithMatch holds the SQL of a filter against review.Filter.Match on every item.
func TestFilterAgreesWithMatch(t *testing.T) {
	k := colourful(t, 400)
	ctx := context.Background()
	all := k.items(review.Query{Campaign: "q4", Sort: []review.SortKey{{Column: "ord"}}})
	ids := make([]review.ItemID, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	r := rand.New(rand.NewPCG(3, 4))
	rounds, hits := 500, 0
	if testing.Short() {
		rounds = 300
	}
	for range rounds {
		text := randomFilter(r, ids)
		f, err := review.ParseFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var want []int64
		for i := range all {
			if f.Match(&all[i], k.now) {
				want = append(want, all[i].Ord)
			}
		}
		q := review.Query{Campaign: "q4", Filter: text, Sort: []review.SortKey{{Column: "ord"}}}
		var got []int64
		for _, it := range k.items(q) {
			got = append(got, it.Ord)
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%s: Match %v, SQL %v", text, want, got)
		}
		n, err := k.db.Count(ctx, q)
		if err != nil || n != int64(len(want)) {
			t.Fatalf("%s: count %d of %d: %v", text, n, len(want), err)
		}
		page, err := k.db.Page(ctx, review.Query{Campaign: "q4", Filter: text}, review.Anchor{}, 1000)
		if err != nil || len(page.Items) != len(want) {
			t.Fatalf("%s: a page of %d of %d: %v", text, len(page.Items), len(want), err)
		}
		if len(want) > 0 && len(want) < len(all) {
			hits++
		}
	}
	if hits < rounds/3 {
		t.Errorf("only %d of %d filters told items apart", hits, rounds)
	}
}

// key is an item's value in a column, as it must sort.
func key(it *review.Item, column string) any {
	when := func(t review.Time) int64 {
		code, _ := codeTime(review.Time{State: t.State, At: t.At, Day: t.Day})
		if code == nil {
			return -1 << 63
		}
		return code.(int64)
	}
	switch column {
	case "ord":
		return it.Ord
	case "risk":
		return int64(riskOf(it.Kind, it.MaxSeverity, it.Change))
	case "identity":
		return it.Identity
	case "name":
		return it.Name
	case "manager":
		return it.Manager
	case "department":
		return it.Department
	case "owner":
		return it.Owner
	case "system":
		return it.System
	case "account":
		return it.Account
	case "entitlement":
		return it.Entitlement
	case "resource":
		return it.Resource
	case "reviewer":
		return string(it.Reviewer)
	case "kind":
		return kinds().code(it.Kind)
	case "status":
		return itemStatuses().code(it.Status)
	case "privilege":
		return privileges().code(it.Privilege)
	case "granted":
		return when(it.Granted)
	case "last-used":
		return when(it.LastUsed)
	case "verdict":
		return verdicts().code(it.Verdict)
	case "state":
		return int64(slices.Index([]review.ItemState{review.ItemOpen, review.ItemStaged, review.ItemSigned}, it.State))
	case "severity":
		return severities().code(it.MaxSeverity)
	case "change":
		return changes().code(it.Change)
	}
	panic("no column " + column)
}

func compareKeys(a, b any) int {
	if a, ok := a.(string); ok {
		return cmp.Compare(asciiLower(a), asciiLower(b.(string)))
	}
	return cmp.Compare(a.(int64), b.(int64))
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// TestPagesFollowEveryOrder walks every sort forward and back in small pages, with and without filters.
func TestPagesFollowEveryOrder(t *testing.T) {
	k := colourful(t, 120)
	ctx := context.Background()
	var sorts [][]review.SortKey
	for _, c := range review.ItemColumns {
		sorts = append(sorts, []review.SortKey{{Column: c}}, []review.SortKey{{Column: c, Desc: true}})
	}
	sorts = append(sorts, nil, []review.SortKey{{Column: "department"}, {Column: "granted", Desc: true}}, []review.SortKey{{Column: "severity", Desc: true}, {Column: "name"}},
		[]review.SortKey{{Column: "system", Desc: true}, {Column: "account", Desc: true}, {Column: "verdict"}}, []review.SortKey{{Column: "risk"}, {Column: "identity"}})
	for i, sort := range sorts {
		for _, filter := range []string{"", "-verdict:keep", "finding:sod", "account:bob", "zoë resource:bucket"} {
			for j, who := range []review.Principal{"", carol} {
				if (i+j)%2 != 0 {
					continue
				}
				q := review.Query{Campaign: "q4", Filter: filter, Sort: sort, Reviewer: who}
				name := fmt.Sprint(sort, filter, who)
				all := k.items(q)
				checkOrder(t, name, all, sort)
				forward, back := []review.Item{}, []review.Item{}
				for at := (review.Anchor{}); ; {
					page, err := k.db.Page(ctx, q, at, 17)
					k.must(err)
					if page.First != (at.From == "") {
						t.Fatalf("%s: first is %t after %q", name, page.First, at.From)
					}
					forward = append(forward, page.Items...)
					if page.Last {
						break
					}
					at.From = page.Items[len(page.Items)-1].ID
				}
				for at := (review.Anchor{Back: true}); ; {
					page, err := k.db.Page(ctx, q, at, 13)
					k.must(err)
					back = slices.Concat(page.Items, back)
					if page.First {
						break
					}
					at.From = page.Items[0].ID
				}
				if d := gocmp.Diff(all, forward, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("%s: forward pages differ: %s", name, d)
				}
				if d := gocmp.Diff(all, back, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("%s: pages back differ: %s", name, d)
				}
				if len(all) > 2 {
					mid := all[len(all)/2].ID
					page, err := k.db.Page(ctx, q, review.Anchor{From: mid, Incl: true}, 2)
					if err != nil || page.Items[0].ID != mid {
						t.Fatalf("%s: including the anchor: %v", name, err)
					}
					page, err = k.db.Page(ctx, q, review.Anchor{From: mid, Incl: true, Back: true}, 2)
					if err != nil || page.Items[1].ID != mid {
						t.Fatalf("%s: including the anchor, back: %v", name, err)
					}
				}
			}
		}
	}
	_, err := k.db.Page(ctx, review.Query{Campaign: "q4", Sort: []review.SortKey{{Column: "shoe-size"}}}, review.Anchor{}, 5)
	k.refused(err, review.KindUsage)
	_, err = k.db.Page(ctx, review.Query{Campaign: "q4", Filter: "shoe-size:9"}, review.Anchor{}, 5)
	k.refused(err, review.KindUsage)
}

func checkOrder(t *testing.T, name string, items []review.Item, sort []review.SortKey) {
	t.Helper()
	if sort == nil {
		sort = []review.SortKey{{Column: "risk"}}
	}
	for i := 1; i < len(items); i++ {
		for _, s := range sort {
			c := compareKeys(key(&items[i-1], s.Column), key(&items[i], s.Column))
			if s.Desc {
				c = -c
			}
			if c > 0 {
				t.Fatalf("%s: item %d (%v) stands before item %d (%v)", name, items[i-1].Ord, key(&items[i-1], s.Column), items[i].Ord, key(&items[i], s.Column))
			}
			if c < 0 {
				break
			}
		}
	}
}

// TestOrdersReadAlongAnIndex: where an index leads, SQLite must not sort the whole campaign for a page.
func TestOrdersReadAlongAnIndex(t *testing.T) {
	k := colourful(t, 64)
	ctx := context.Background()
	for column, c := range sortColumns() {
		if c.lead == nil {
			continue
		}
		for _, desc := range []bool{false, true} {
			for _, anchored := range []bool{false, true} {
				q, err := k.db.query(ctx, review.Query{Campaign: "q4", Sort: []review.SortKey{{Column: column, Desc: desc}}, Filter: "-verdict:keep"})
				k.must(err)
				pl := q.walk()
				if anchored {
					item, err := q.item(ctx, k.item("q4", k.items(review.Query{Campaign: "q4"})[5].Account, k.items(review.Query{Campaign: "q4"})[5].Entitlement))
					k.must(err)
					values, err := q.anchor(ctx, item)
					k.must(err)
					sql, args := after(pl.terms, values, false, false)
					pl.and(sql, args...)
				}
				var lines []string
				err = each(ctx, k.db.r, func(scan func(...any) error) error {
					var a, b, c int
					var line string
					err := scan(&a, &b, &c, &line)
					lines = append(lines, line)
					return err
				}, "EXPLAIN QUERY PLAN "+pl.sql("i.id", orderBy(pl.terms, false)+" LIMIT 10"), pl.args...)
				k.must(err)
				for _, l := range lines {
					if strings.Contains(l, "TEMP B-TREE") || strings.HasPrefix(l, "SCAN") && !strings.Contains(l, "json_each") {
						t.Errorf("%s desc=%t anchored=%t: %s", column, desc, anchored, strings.Join(lines, "; "))
						break
					}
				}
			}
		}
	}
}

func TestGroups(t *testing.T) {
	k := colourful(t, 240)
	ctx := context.Background()
	values := func(it *review.Item, column string) []string {
		switch column {
		case "source":
			return []string{string(it.Source)}
		case "campaign":
			return []string{string(it.Campaign)}
		case "how":
			return []string{it.How}
		case "mark":
			var out []string
			for _, m := range it.Marks {
				out = append(out, string(m))
			}
			return out
		case "finding":
			var out []string
			for _, f := range it.Findings {
				out = append(out, f.Rule)
			}
			return out
		case "kind":
			return []string{string(it.Kind)}
		case "status":
			return []string{it.Status}
		case "privilege":
			return []string{string(it.Privilege)}
		case "severity":
			return []string{string(it.MaxSeverity)}
		case "change":
			return []string{string(it.Change)}
		case "verdict":
			return []string{string(it.Verdict)}
		case "state":
			return []string{string(it.State)}
		}
		return []string{key(it, column).(string)}
	}
	for _, filter := range []string{"", "-state:signed", "finding:sod"} {
		q := review.Query{Campaign: "q4", Filter: filter}
		all := k.items(q)
		for _, column := range []string{"identity", "name", "manager", "department", "account", "entitlement", "resource", "owner", "reviewer", "system", "source", "finding", "mark",
			"campaign", "how", "kind", "status", "privilege", "severity", "change", "verdict", "state"} {
			type sum struct{ items, decided int64 }
			want := map[string]sum{}
			for i := range all {
				for _, v := range values(&all[i], column) {
					s := want[v]
					s.items++
					if slices.Contains([]review.Verdict{review.Keep, review.Revoke, review.Except}, all[i].Verdict) {
						s.decided++
					}
					want[v] = s
				}
			}
			list, err := k.db.Groups(ctx, q, column)
			k.must(err)
			got := map[string]sum{}
			for i, g := range list {
				got[g.Key] = sum{g.Items, g.Decided}
				if i > 0 && g.Items > list[i-1].Items {
					t.Errorf("%s: not largest first", column)
				}
			}
			if d := gocmp.Diff(want, got, gocmp.AllowUnexported(sum{})); d != "" {
				t.Errorf("%s by %s: %s", filter, column, d)
			}
		}
	}
	_, err := k.db.Groups(ctx, review.Query{Campaign: "q4"}, "granted")
	k.refused(err, review.KindUsage)
}

func TestNextUndecidedGoesRound(t *testing.T) {
	k := colourful(t, 160)
	ctx := context.Background()
	q := review.Query{Campaign: "q4", Reviewer: bob, Filter: "-finding:sod"}
	var open []review.ItemID
	for _, it := range k.items(q) {
		if it.Verdict == review.NoVerdict {
			open = append(open, it.ID)
		}
	}
	at := open[len(open)-1]
	for i := range len(open) + 1 {
		next, err := k.db.NextUndecided(ctx, q, at)
		k.must(err)
		if next != open[i%len(open)] {
			t.Fatalf("step %d: %s, want %s", i, next.Short(), open[i%len(open)].Short())
		}
		at = next
	}
	if first, err := k.db.NextUndecided(ctx, q, ""); err != nil || first != open[0] {
		t.Error(err, first)
	}
	if none, err := k.db.NextUndecided(ctx, review.Query{Campaign: "q4", Filter: "account:nobody"}, ""); err != nil || none != "" {
		t.Error(err, none)
	}
}

func TestCardsGoFromIdentityToIdentity(t *testing.T) {
	k := colourful(t, 160)
	ctx := context.Background()
	for _, q := range []review.Query{{Campaign: "q4"}, {Campaign: "q4", Reviewer: carol}, {Campaign: "q4", Filter: "finding:sod"}, {Campaign: "q4", Sort: []review.SortKey{{Column: "name", Desc: true}}}} {
		owners := map[string]int64{}
		for _, it := range k.items(q) {
			owners[it.Identity]++
		}
		first, err := k.db.Card(ctx, q, "", 0)
		k.must(err)
		if first.Decided >= first.Items {
			t.Errorf("the first card has nothing undecided: %+v", first)
		}
		at, err := k.db.Card(ctx, q, first.Key, -1000)
		k.must(err)
		seen := map[string]bool{}
		for i := int64(1); ; i++ {
			if at.Position != i || at.Of != int64(len(owners)) || at.Items != owners[at.Key] || seen[at.Key] || at.Accounts < 1 {
				t.Fatalf("card %d: %+v", i, at)
			}
			seen[at.Key] = true
			next, err := k.db.Card(ctx, q, at.Key, 1)
			k.must(err)
			if next.Key == at.Key {
				break
			}
			at = next
		}
		if len(seen) != len(owners) {
			t.Errorf("%d of %d identities", len(seen), len(owners))
		}
	}
	_, err := k.db.Card(ctx, review.Query{Campaign: "q4", Filter: "account:nobody"}, "", 0)
	k.refused(err, review.KindNotFound)
}

func TestDetail(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	id := k.item("q4", "ann", "PAY")
	k.decide(bob, review.Keep, id)
	k.stage(bob, review.Revoke, id)
	d, err := k.db.Detail(ctx, id)
	k.must(err)
	if d.Person.Key != "ann@corp.example" || d.Holder.NativeID != "ann" || d.EntDetail.Name != "The PAY" || d.ImportFile != "erp.csv" || d.ImportEntry == 0 || d.Siblings != 2 {
		t.Errorf("%+v", d)
	}
	if d.Draft == nil || d.Draft.Verdict != review.Revoke || d.Verdict != review.Revoke || d.State != review.ItemStaged || d.Reason != "staged revoke" {
		t.Errorf("%+v %+v", d.Draft, d.Item)
	}
	if len(d.Decisions) != 1 || d.Decisions[0].Verdict != review.Keep || d.Locator != "line 4" {
		t.Errorf("%+v %s", d.Decisions, d.Locator)
	}
	if d.Peers.Group != "Dept a, Clerk" || d.Peers.Of != 1 || d.Peers.Have != 1 {
		t.Errorf("%+v", d.Peers)
	}
	n := 0
	k.must(k.db.Subjects(ctx, "q4", func(who *review.Identity) error { n++; return nil }))
	if n != 6 {
		t.Errorf("%d subjects", n)
	}
	_, err = k.db.Subject(ctx, "q4", "ANN@corp.example")
	k.refused(err, review.KindNotFound)
}

func TestADictionaryEntryKeepsTheWorstFindingOfWhatIsLessUrgent(t *testing.T) {
	fresh, old := riskOf(review.Human, review.Low, review.New), riskOf(review.Human, review.Medium, review.Unchanged)
	both := worseRisk(worseRisk(math.MaxInt32, old), fresh)
	if got := severities().word(severityOfRisk(int64(both))); got != review.Medium {
		t.Errorf("the worst finding of both is %q", got)
	}
	const mediumAndNew = (5-3)*4 + 1 // of a population launched before
	if got := severities().word(severityOfRisk(mediumAndNew)); got != review.Medium {
		t.Errorf("the worst finding of an older population is %q", got)
	}
	if both/severityStep != fresh/severityStep {
		t.Errorf("what is new does not come first: %d, alone %d", both, fresh)
	}
}
