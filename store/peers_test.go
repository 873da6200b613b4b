package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// TestPeersAreCountedBothWays holds either way to count against the items themselves.
func TestPeersAreCountedBothWays(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	department := map[string]string{"ann": "Sales", "ben": "Sales", "cat": "Sales", "dan": "sales", "eve": "Sales", "fay": "Law"}
	title := map[string]string{"eve": "Head"}
	left := map[string]bool{"ben PAY": true, "cat POST": true, "cat PAY": true}
	k.launch("q4", []review.ImportID{k.small("erp"), k.small("crm")}, bob, func(it *NewItem) *NewItem {
		who := it.Grant.Account.NativeID
		it.Subject.Department, it.Subject.Title = department[who], title[who]
		if left[who+" "+it.Grant.Grant.Entitlement.NativeID] {
			return nil
		}
		return it
	})
	p, err := k.db.population(ctx, "q4")
	k.must(err)
	counted := 0
	for _, item := range k.items(review.Query{Campaign: "q4"}) {
		_, it, err := k.db.one(ctx, item.ID)
		k.must(err)
		who, _, _ := strings.Cut(item.Identity, "@")
		group := peerGroup{department[who], title[who]}
		have := map[string]bool{}
		all := map[string]bool{}
		for _, other := range k.items(review.Query{Campaign: "q4"}) {
			mate, _, _ := strings.Cut(other.Identity, "@")
			if (peerGroup{department[mate], title[mate]}) == group {
				all[mate] = true
				have[mate] = have[mate] || other.Entitlement == item.Entitlement && other.Source == item.Source
			}
		}
		want := int64(0)
		for _, holds := range have {
			if holds {
				want++
			}
		}
		for name, count := range map[string]func(context.Context, peerGroup, int64) (int64, error){"by target": p.holdersByTarget, "by group": p.holdersByGroup} {
			got, err := count(ctx, group, it.target)
			k.must(err)
			if got != want {
				t.Errorf("%s %s %s: %d of %v hold it, not %d", name, item.Identity, item.Entitlement, got, group, want)
			}
		}
		peers, err := p.peers(ctx, review.Identity{Department: group.department, Title: group.title}, it)
		k.must(err)
		if peers.Have != want || peers.Of != int64(len(all)) {
			t.Errorf("%+v, not %d of %d", peers, want, len(all))
		}
		counted++
	}
	if counted != 30 {
		t.Errorf("%d items", counted)
	}
}

// TestACountThatNobodyWaitsForIsRemembered calls every question off before its answer, as keys that are held down do.
func TestACountThatNobodyWaitsForIsRemembered(t *testing.T) {
	k := newKit(t)
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	p, err := k.db.population(context.Background(), "q4")
	k.must(err)
	var m map[string]int64
	runs := make(chan struct{}, 10)
	goOn := make(chan struct{})
	count := func(ctx context.Context) (int64, error) {
		runs <- struct{}{}
		<-goOn
		return 7, ctx.Err()
	}
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, err := remembered(ctx, p, &m, "x", count); review.KindOf(err) != review.KindCancelled {
			t.Fatalf("an answer came: %v", err)
		}
	}
	close(goOn)
	n, err := remembered(context.Background(), p, &m, "x", count)
	if err != nil || n != 7 || len(runs) != 1 {
		t.Errorf("%d, %v after %d counts", n, err, len(runs))
	}
}

// TestPeersCountedAtLaunchAreThoseCountedLater: entitlements that many hold are counted when the population is prepared, a
// person once however often they hold it; the others when somebody asks.
func TestPeersCountedAtLaunchAreThoseCountedLater(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	var accounts []review.Account
	var grants []review.Grant
	for i := range countedFrom {
		a := accountOf(fmt.Sprintf("p%03d", i))
		a.Department, a.Title = []string{"Sales", "sales", "Law \"and\" <Order>", ""}[i%4], []string{"", "Head"}[i%2]
		accounts = append(accounts, a)
		grants = append(grants, grantOf(a.NativeID, "MANY", 2+i))
		twice := grantOf(a.NativeID, "MANY", 1000+i)
		twice.Path = "by a group"
		grants = append(grants, twice)
		if i%8 < 5 {
			grants = append(grants, grantOf(a.NativeID, "FEW", 2000+i))
		}
	}
	k.launch("q4", []review.ImportID{k.imported("erp", accounts, grants)}, bob, nil)
	p, err := k.db.population(ctx, "q4")
	k.must(err)
	var kept string
	k.must(k.db.r.QueryRowContext(ctx, "SELECT group_concat(native_id) FROM targets WHERE peers IS NOT NULL").Scan(&kept))
	if kept != "MANY" {
		t.Errorf("counted at launch: %q", kept)
	}
	asked := 0
	for _, item := range k.items(review.Query{Campaign: "q4"}) {
		_, it, err := k.db.one(ctx, item.ID)
		k.must(err)
		detail, err := k.db.Detail(ctx, item.ID)
		k.must(err)
		who := detail.Person
		if who.Department == "" && who.Title == "" {
			continue
		}
		want, err := p.holdersByTarget(ctx, peerGroup{item.Department, who.Title}, it.target)
		k.must(err)
		p.holders = nil
		if detail.Peers, err = p.peers(ctx, who, it); err != nil || detail.Peers.Have != want || want == 0 {
			t.Fatalf("%s of %s (%q, %q): %+v, %v; counted one by one: %d", item.Entitlement, item.Identity, who.Department, who.Title, detail.Peers, err, want)
		}
		asked++
	}
	if asked < countedFrom {
		t.Errorf("%d items", asked)
	}
}
