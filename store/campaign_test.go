package store

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tickmark/ledger"
	"tickmark/review"
)

func TestDrafts(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	spec := review.CampaignSpec{ID: "q4", Title: "Q4", Owner: alice, Reviewers: []review.Principal{bob}, Due: k.now}
	k.must(k.db.CreateDraft(ctx, CampaignDraft{Spec: spec, By: alice}))
	k.refused(k.db.CreateDraft(ctx, CampaignDraft{Spec: spec, By: bob}), review.KindExists)
	spec.Title = "Q4 again"
	k.must(k.db.UpdateDraft(ctx, spec))
	d, err := k.db.Draft(ctx, "q4")
	k.must(err)
	if diff := cmp.Diff(CampaignDraft{Spec: spec, By: alice, Created: k.now}, d); diff != "" {
		t.Error(diff)
	}
	list, err := k.db.Drafts(ctx)
	if err != nil || len(list) != 1 {
		t.Error(err, list)
	}
	k.must(k.db.CancelDraft(ctx, "q4"))
	if list, err = k.db.Drafts(ctx); err != nil || len(list) != 0 {
		t.Error(err, list)
	}
	k.refused(k.db.UpdateDraft(ctx, spec), review.KindConflict)
	k.refused(k.db.CancelDraft(ctx, "none"), review.KindNotFound)
	_, err = k.db.Draft(ctx, "none")
	k.refused(err, review.KindNotFound)
}

func TestLaunch(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	a, b := k.small("erp"), k.small("crm")
	k.launch("q4", []review.ImportID{a, b}, bob, func(n *NewItem) *NewItem {
		if n.Grant.Account.NativeID == "fay" {
			return nil
		}
		if n.Grant.Grant.Entitlement.NativeID == "PAY" {
			n.Findings = []review.Finding{{Rule: "sod", Version: 2, Severity: review.High, Reason: "PAY and POST"}, {Rule: "dormant", Version: 1, Severity: review.Low, Reason: "91 days"}}
			n.Change = review.Changed
		}
		if n.Grant.Account.NativeID == "eve" {
			n.Reviewer, n.Basis = carol, "manager"
		}
		return n
	})
	c, err := k.db.Campaign(ctx, "q4")
	k.must(err)
	if c.Items != 30 || c.Undecided != 30 || len(c.Imports) != 2 || len(c.Sources) != 2 || c.Excluded[0].Count != 2 {
		t.Errorf("%+v", c.Campaign)
	}
	if c.Findings[review.High] != 10 {
		t.Errorf("findings %v", c.Findings)
	}
	want := []review.ReviewerCount{{Principal: bob, Items: 24, Left: 24}, {Principal: carol, Items: 6, Left: 6}}
	if d := cmp.Diff(want, c.Reviewers); d != "" {
		t.Error(d)
	}
	items := k.items(review.Query{Campaign: "q4", Sort: []review.SortKey{{Column: "ord"}}})
	if len(items) != 30 {
		t.Fatalf("%d items", len(items))
	}
	it := items[2]
	wantItem := review.Item{ID: it.ID, Campaign: "q4", Ord: 3, Stage: 1, Identity: "ann@corp.example", Name: "Person ann", Kind: review.Human, BaseKind: review.Human, Status: "active",
		Owner: "owner of ERP", Manager: bob, Department: "Dept a", Source: "erp", System: "ERP", Account: "ann", Login: "ANN", AccountStatus: review.Active, Entitlement: "PAY",
		EntName: "The PAY", How: "direct", GrantKind: "grant", Privilege: review.Write, Granted: review.Time{State: review.Unknown},
		LastUsed: review.Time{State: review.Known, At: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)}, Verdict: review.NoVerdict, State: review.ItemOpen, Reviewer: bob,
		Findings:    []review.Finding{{Rule: "sod", Version: 2, Severity: review.High, Reason: "PAY and POST"}, {Rule: "dormant", Version: 1, Severity: review.Low, Reason: "91 days"}},
		MaxSeverity: review.High, Change: review.Changed, PrevVerdict: review.NoVerdict, Import: a, Row: 3, Grant: it.Grant}
	if d := cmp.Diff(wantItem, it); d != "" {
		t.Error(d)
	}
	key := ledger.GrantKey("grant", "erp", "ann", "PAY", "", "")
	if it.Grant != review.GrantKey(key.String()) || it.ID != review.ItemID(ledger.ItemID(testLog, "q4", 1, key).String()) {
		t.Errorf("grant %s, item %s", it.Grant, it.ID)
	}

	var members, assignments ledger.Tree
	n := 0
	k.must(k.db.Members(ctx, "q4", func(m *ledger.Member) error {
		if review.ItemID(m.Item.String()) != items[n].ID || m.Row != items[n].Row {
			t.Errorf("member %d: %+v", n, m)
		}
		n++
		members.Append(ledger.LeafHash(k.format(m)))
		return nil
	}))
	k.must(k.db.Assignments(ctx, "q4", func(a *ledger.Assignment) error {
		assignments.Append(ledger.LeafHash(k.format(a)))
		return nil
	}))
	if members.Root() != c.Statement.PopulationRoot || assignments.Root() != c.Statement.AssignmentsRoot {
		t.Error("members and assignments do not give the signed roots")
	}

	got, err := k.db.Resolve(ctx, "q4", it.ID.Short())
	if err != nil || got != it.ID {
		t.Error(err, got)
	}
	_, err = k.db.Resolve(ctx, "", "abcdef")
	k.refused(err, review.KindUsage)
	_, err = k.db.Resolve(ctx, "", "00000000ffffffff")
	k.refused(err, review.KindNotFound)
	one, err := k.db.Item(ctx, it.ID)
	k.must(err)
	if d := cmp.Diff(it, one); d != "" {
		t.Error(d)
	}
	_, err = k.db.Item(ctx, review.ItemID(ledger.Sum(nil).String()))
	k.refused(err, review.KindNotFound)
	k.sound()
}

func TestLaunchGuards(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	id := k.small("erp")
	k.must(k.db.CreateDraft(ctx, CampaignDraft{Spec: review.CampaignSpec{ID: "q4", Title: "t"}, By: alice}))
	first := k.prepare("q4", []review.ImportID{id}, bob, nil)
	if list := mustCampaigns(k); len(list) != 0 {
		t.Errorf("a prepared campaign is listed: %+v", list)
	}
	_, err := k.db.Page(ctx, review.Query{Campaign: "q4"}, review.Anchor{}, 10)
	k.refused(err, review.KindNotFound)
	second := k.prepare("q4", []review.ImportID{id}, bob, nil)
	imp, err := k.db.Import(ctx, id)
	k.must(err)
	// The first preparation is void.
	_, err = k.trySign(k.campaignStatement("q4", first, []int64{int64(imp.Entry)}), alice, func(tx *Tx) error { return tx.Launch(first) })
	k.refused(err, review.KindConflict)
	// A statement must state what was prepared.
	wrong := second
	wrong.Items--
	_, err = k.trySign(k.campaignStatement("q4", wrong, []int64{int64(imp.Entry)}), alice, func(tx *Tx) error { return tx.Launch(second) })
	k.refused(err, review.KindRefused)
	k.sign(k.campaignStatement("q4", second, []int64{int64(imp.Entry)}), alice, func(tx *Tx) error { return tx.Launch(second) })
	_, err = k.db.PrepareLaunch(ctx, LaunchStart{Campaign: "q4"})
	k.refused(err, review.KindExists)
	k.refused(k.db.UpdateDraft(ctx, review.CampaignSpec{ID: "q4"}), review.KindConflict)
	var n int
	k.must(k.db.r.QueryRow("SELECT count(*) FROM populations").Scan(&n))
	if n != 1 {
		t.Errorf("%d populations are left", n)
	}
	for _, sql := range []string{"DELETE FROM items", "UPDATE items SET stage = 2", "DELETE FROM populations", "UPDATE subjects SET key = 'x'", "DELETE FROM item_findings", "UPDATE item_ids SET id = 1"} {
		err := k.db.Write(ctx, func(tx *Tx) error {
			_, err := tx.exec(sql)
			return err
		})
		if err == nil && sql != "DELETE FROM item_findings" {
			t.Errorf("%s: nothing refuses it", sql)
		}
	}
	k.sound()
}

func mustCampaigns(k *kit) []CampaignRecord {
	k.Helper()
	list, err := k.db.Campaigns(context.Background())
	k.must(err)
	return list
}

func TestDiscardedLaunchLeavesNothing(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	id := k.small("erp")
	l, err := k.db.PrepareLaunch(ctx, LaunchStart{Campaign: "q4"})
	k.must(err)
	k.must(k.db.Grants(ctx, id, GrantOptions{}, func(g *GrantRow) error {
		n := newItem(g, bob)
		n.Findings = []review.Finding{{Rule: "x", Severity: review.Low}}
		return l.Item(&n)
	}))
	_, err = l.Finish()
	k.must(err)
	k.must(l.Discard())
	k.empty("populations", "items", "item_now", "subjects", "holders", "targets", "places", "words", "item_findings", "item_ids", "tallies", "loads")
}

// What a process prepared and left, because it was killed while it waited for a key, is deleted by the next that opens.
func TestPreparedByADeadProcessIsDeletedAtOpen(t *testing.T) {
	k := newKit(t)
	p := k.prepare("q4", []review.ImportID{k.small("erp")}, bob, nil)
	if p.Items != 18 {
		t.Fatalf("%+v", p)
	}
	var living int
	other := k.open(Options{})
	k.must(other.r.QueryRow("SELECT count(*) FROM items").Scan(&living))
	if living != 18 {
		t.Errorf("another open left %d items of a population that is waited for", living)
	}
	k.must(other.Close())
	for _, sql := range []string{"UPDATE loads SET run = 'gone', pid = 0x7ffffff0", "DELETE FROM loads"} {
		_, err := k.db.w.Exec(sql)
		k.must(err)
		k.must(k.db.Close())
		k.db = k.open(Options{})
		k.empty("populations", "items", "item_now", "subjects", "tallies", "loads")
		k.prepare("q4", []review.ImportID{1}, bob, nil)
	}
}

func TestDecisionsAndTheirCounts(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	pay, post := k.item("q4", "ann", "PAY"), k.item("q4", "ann", "POST")
	k.decide(bob, review.Revoke, pay, post)
	k.decide(bob, review.Keep, post) // supersedes
	n, err := k.db.SignedCounts(ctx, "q4", "")
	k.must(err)
	if want := (SignedCounts{Items: 18, Decided: 2, Open: 16, Keep: 1, Revoke: 1}); n != want {
		t.Errorf("%+v", n)
	}
	k.stage(bob, review.Except, pay)
	c, err := k.db.Counts(ctx, "q4", bob)
	k.must(err)
	if want := (Counts{Items: 18, Decided: 2, Staged: 1, Signed: 2, Keep: 1, Exception: 1, Left: 17}); c != want {
		t.Errorf("%+v", c)
	}
	if none, err := k.db.Counts(ctx, "q4", carol); err != nil || none != (Counts{}) {
		t.Error(err, none)
	}
	history, err := k.db.History(ctx, k.record(post).GrantKey)
	k.must(err)
	if len(history) != 2 || !history[0].InForce || history[1].InForce || history[0].Verdict != review.Keep || history[1].Followed != "open" || history[0].Signer != bob {
		t.Errorf("%+v", history)
	}
	// Not the assignee; not what is in force.
	d := k.decision(pay, carol, review.Keep)
	_, err = k.tryBundle("q4", review.ActDecision, carol, nil, d)
	k.refused(err, review.KindRefused)
	d = k.decision(pay, bob, review.Keep)
	d.Supersedes = 0
	_, err = k.tryBundle("q4", review.ActDecision, bob, nil, d)
	k.refused(err, review.KindRefused)
	q, err := k.db.Quality(ctx, "q4")
	k.must(err)
	if len(q) != 1 || q[0].Decided != 2 || q[0].Keeps != 1 || q[0].Opened != 2 || q[0].Seconds != 60 || q[0].NoRevokeRun != 0 {
		t.Errorf("%+v", q)
	}
	rec := k.record(pay)
	if rec.Signed != review.Revoke || rec.Verdict != review.Except || rec.InForce == 0 || rec.RowIdentity != "ann@corp.example" || rec.Assigned != bob {
		t.Errorf("%+v", rec)
	}
	k.sound()
}

func TestReassignMovesCountsAndDrafts(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	id := k.item("q4", "ann", "PAY")
	k.stage(bob, review.Keep, id)
	r := k.record(id)
	move := &ledger.Reassign{Log: testLog, Campaign: "q4", Item: r.ItemHash, From: bob, To: carol, Until: "2026-11-30", Reason: "on leave", Manager: alice, Salt: saltText(make([]byte, 16))}
	k.bundle("q4", review.ActReassign, alice, nil, move)
	it, err := k.db.Item(ctx, id)
	k.must(err)
	if it.Reviewer != carol || it.State != review.ItemStaged {
		t.Errorf("%+v", it)
	}
	stale, err := k.db.StaleStaged(ctx, bob)
	if err != nil || len(stale) != 1 {
		t.Error(err, stale)
	}
	k.decide(carol, review.Revoke, id)
	if it, err = k.db.Item(ctx, id); err != nil || it.State != review.ItemSigned || it.Verdict != review.Revoke {
		t.Errorf("another's draft hides what was signed: %v %+v", err, it)
	}
	c, err := k.db.Counts(ctx, "q4", carol)
	if want := (Counts{Items: 1, Decided: 1, Signed: 1, Revoke: 1}); err != nil || c != want {
		t.Errorf("%v %+v", err, c)
	}
	_, err = k.tryBundle("q4", review.ActReassign, alice, nil, move)
	k.refused(err, review.KindRefused)
	other := k.item("q4", "ben", "PAY")
	move.Item = k.record(other).ItemHash
	k.bundle("q4", review.ActReassign, alice, nil, move)
	due, err := k.db.Delegations(ctx, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || len(due) != 1 || due[0].Item != other || due[0].From != bob {
		t.Errorf("%v %+v", err, due)
	}
	k.decide(carol, review.Abstain, other)
	if due, err = k.db.Delegations(ctx, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)); err != nil || len(due) != 1 || due[0].Item != other {
		t.Errorf("what a delegate could not judge does not go back: %v %+v", err, due)
	}
	if due, err = k.db.Delegations(ctx, time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)); err != nil || len(due) != 0 {
		t.Errorf("%v %+v", err, due)
	}
	k.sound()
}

func TestExceptionsAndRemediation(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	pay, post := k.item("q4", "ann", "PAY"), k.item("q4", "ben", "POST")
	k.decide(bob, review.Except, pay)
	k.decide(bob, review.Revoke, post)
	list, err := k.db.Exceptions(ctx, ClosingQuery{})
	k.must(err)
	if len(list) != 1 || list[0].State != "" || list[0].Until != "2027-03-31" || list[0].Approver != bob || list[0].Account != "ann" || list[0].EntName != "The PAY" || list[0].System != "ERP" || list[0].Item != pay {
		t.Fatalf("%+v", list)
	}
	exception := list[0].ID
	closure := func(outcome string, previous int64) *ledger.Closure {
		c := &ledger.Closure{Log: testLog, Campaign: "q4", Item: k.record(pay).ItemHash, Exception: int64(exception), Previous: previous, Outcome: outcome, Reason: "so", Manager: alice, Salt: saltText(make([]byte, 16))}
		if outcome == "renewed" {
			c.Until, c.Owner, c.Control = "2027-06-30", "Otto", "daily check"
		}
		return c
	}
	renewed := k.bundle("q4", review.ActClosure, alice, nil, closure("renewed", 0)) - 1
	_, err = k.tryBundle("q4", review.ActClosure, alice, nil, closure("withdrawn", 0))
	k.refused(err, review.KindRefused)
	_, err = k.db.StageActs(ctx, alice, "withdraw", []StagedAct{{Act: review.ActClosure, Campaign: "q4", Item: pay, Ref: exception, What: "withdrawn"}}, nil)
	k.must(err)
	list, err = k.db.Exceptions(ctx, ClosingQuery{Open: true, Source: "erp", Campaign: "q4", IDs: []review.EntryIndex{exception}})
	k.must(err)
	if len(list) != 1 || list[0].Renewals != 1 || list[0].Until != "2027-06-30" || list[0].Owner != "Otto" || list[0].Staged != "withdrawn" || len(list[0].History) != 1 {
		t.Errorf("%+v", list)
	}
	k.bundle("q4", review.ActClosure, alice, nil, closure("withdrawn", int64(renewed)))
	if list, err = k.db.Exceptions(ctx, ClosingQuery{}); err != nil || list[0].State != review.Closed || list[0].Outcome != "withdrawn" {
		t.Errorf("%v %+v", err, list)
	}
	if list, err = k.db.Exceptions(ctx, ClosingQuery{Open: true}); err != nil || len(list) != 0 {
		t.Errorf("%v %+v", err, list)
	}
	if list, err = k.db.Exceptions(ctx, ClosingQuery{Source: "er_"}); err != nil || len(list) != 0 {
		t.Errorf("a source is taken for a pattern: %v %+v", err, list)
	}
	_, err = k.tryBundle("q4", review.ActClosure, alice, nil, closure("renewed", int64(renewed)+2))
	k.refused(err, review.KindRefused)

	work, err := k.db.Remediations(ctx, ClosingQuery{Open: true})
	k.must(err)
	if len(work) != 1 || work[0].State != review.RevokeOpen || work[0].Account != "ben" || work[0].Owner != "owner of ERP" {
		t.Fatalf("%+v", work)
	}
	revoke := work[0].ID
	key, err := k.db.GrantOf(ctx, revoke)
	if err != nil || key != review.GrantKey(k.record(post).GrantKey.String()) {
		t.Error(err, key)
	}
	record := func(state string, imp int64) *ledger.Remediation {
		r := &ledger.Remediation{Log: testLog, Campaign: "q4", Item: k.record(post).ItemHash, Decision: int64(revoke), State: state, Import: imp, Manager: alice, Salt: saltText(make([]byte, 16))}
		if state == "claimed" {
			r.Ticket, r.Done = "CHG-1", k.now
		}
		return r
	}
	k.bundle("q4", review.ActRemediation, alice, nil, record("claimed", 0))
	again := k.small("erp")
	imp, err := k.db.Import(ctx, again)
	k.must(err)
	k.now = k.now.Add(time.Hour)
	k.bundle("q4", review.ActRemediation, alice, nil, record("still-present", int64(imp.Entry)))
	work, err = k.db.Remediations(ctx, ClosingQuery{})
	k.must(err)
	if w := work[0]; w.State != review.StillPresent || w.Ticket != "CHG-1" || w.ClaimedBy != alice || w.VerifiedBy != again || !w.Since.Equal(k.now) {
		t.Errorf("%+v", w)
	}
	k.bundle("q4", review.ActRemediation, alice, nil, record("gone", int64(imp.Entry)))
	if work, err = k.db.Remediations(ctx, ClosingQuery{Open: true}); err != nil || len(work) != 0 {
		t.Error(err, work)
	}
	states, err := k.db.RemediationStates(ctx, revoke)
	if d := cmp.Diff([]review.RemediationState{review.ClaimedDone, review.StillPresent, review.VerifiedGone}, states); err != nil || d != "" {
		t.Error(err, d)
	}
	_, err = k.tryBundle("q4", review.ActRemediation, alice, nil, &ledger.Remediation{Log: testLog, Campaign: "q4", Item: k.record(pay).ItemHash, Decision: int64(exception), State: "gone",
		Import: int64(imp.Entry), Manager: alice, Salt: saltText(make([]byte, 16))})
	k.refused(err, review.KindRefused)
	k.sound()
}

func TestStagesOfOneGrant(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	id := k.small("erp")
	k.must(k.db.CreateDraft(ctx, CampaignDraft{Spec: review.CampaignSpec{ID: "q4", Title: "t"}, By: alice}))
	l, err := k.db.PrepareLaunch(ctx, LaunchStart{Campaign: "q4"})
	k.must(err)
	k.must(k.db.Grants(ctx, id, GrantOptions{}, func(g *GrantRow) error {
		one, two := newItem(g, bob), newItem(g, carol)
		two.Stage = 2
		if err := l.Item(&one); err != nil {
			return err
		}
		return l.Item(&two)
	}))
	p, err := l.Finish()
	k.must(err)
	imp, err := k.db.Import(ctx, id)
	k.must(err)
	st := k.campaignStatement("q4", p, []int64{int64(imp.Entry)})
	st.Stages = 2
	k.sign(st, alice, func(tx *Tx) error { return tx.Launch(p) })
	stage := func(account string, n int) review.ItemID {
		for _, it := range k.items(review.Query{Campaign: "q4", Filter: "account:=" + account + " entitlement:=PAY"}) {
			if it.Stage == n {
				return it.ID
			}
		}
		t.Fatal("no item")
		return ""
	}
	for _, a := range []string{"ann", "ben", "cat", "dan"} {
		k.decide(bob, review.Except, stage(a, 1))
	}
	k.decide(carol, review.Keep, stage("ben", 2))
	k.decide(carol, review.Revoke, stage("cat", 2))
	k.decide(carol, review.Except, stage("dan", 2))
	list, err := k.db.Exceptions(ctx, ClosingQuery{})
	k.must(err)
	got := map[string]review.Principal{}
	for _, e := range list {
		got[e.Account] = e.Approver
	}
	if d := cmp.Diff(map[string]review.Principal{"ann": "", "ben": carol, "dan": carol}, got); d != "" {
		t.Error(d)
	}
	k.sound()
}

func TestSignOffs(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	k.launch("q4", []review.ImportID{k.small("erp")}, bob, nil)
	off := func(role, who string) {
		k.sign(&ledger.Signoff{Log: testLog, Campaign: "q4", Role: role, Items: 18, Open: 18, Tally: "keep 0, revoke 0, exception 0, abstain 0"}, who, nil)
	}
	off("reviewer", bob)
	c, err := k.db.Campaign(ctx, "q4")
	k.must(err)
	if !c.Reviewers[0].SignedOff.Equal(k.now) || !c.SignedOff.IsZero() {
		t.Errorf("%+v", c.Campaign)
	}
	off("manager", alice)
	if c, err = k.db.Campaign(ctx, "q4"); err != nil || !c.SignedOff.Equal(k.now) {
		t.Errorf("%v %+v", err, c.Campaign)
	}
}

func TestLaunchSeesWhatWasDecidedBefore(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	accounts := []review.Account{accountOf("ann"), accountOf("ben")}
	old := k.imported("erp", accounts, []review.Grant{grantOf("ann", "READ", 2), grantOf("ann", "POST", 3), grantOf("ben", "READ", 4), grantOf("ben", "OUT", 5)})
	k.launch("q3", []review.ImportID{old}, bob, func(n *NewItem) *NewItem {
		if n.Grant.Grant.Entitlement.NativeID == "OUT" {
			return nil
		}
		return n
	})
	k.decide(bob, review.Revoke, k.item("q3", "ann", "READ"))
	next := []review.Grant{grantOf("ann", "READ", 2), grantOf("ann", "POST", 3), grantOf("ben", "READ", 4), grantOf("ben", "OUT", 5), grantOf("ben", "NEW", 6)}
	next[1].Entitlement.Privilege, next[1].State, next[1].Expires = review.Admin, "eligible", review.TimeAt(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	next[2].LastUsed = review.Time{State: review.Never}
	id := k.imported("erp", accounts, next)
	var got []string
	k.must(k.db.Grants(ctx, id, GrantOptions{Earlier: "q3", Last: true}, func(g *GrantRow) error {
		s := g.Grant.Account + " " + g.Grant.Entitlement.NativeID
		if g.Before != nil {
			b, _ := json.Marshal(struct {
				Changed, Used bool
				What          string
			}{g.Before.Changed, g.Before.Used, g.Before.What})
			s += " before " + string(b)
			if _, err := k.db.Item(ctx, g.Before.Item); err != nil {
				t.Error(err)
			}
		}
		if g.Last != nil {
			s += " last " + string(g.Last.Verdict) + " " + string(g.Last.Remediation) + " " + string(g.Last.Campaign)
		}
		got = append(got, s)
		return nil
	}))
	want := []string{`ann READ before {"Changed":false,"Used":false,"What":""} last revoke open q3`, `ann POST before {"Changed":true,"Used":false,"What":"privilege: admin, was write; state: eligible, was none; expires: 2027-01-01T00:00:00Z, was not collected"}`,
		`ben READ before {"Changed":false,"Used":true,"What":""}`, `ben OUT`, `ben NEW`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	g, err := k.db.Grant(ctx, id, 1)
	if err != nil || g.Last == nil || g.Last.Verdict != review.Revoke {
		t.Errorf("%v %+v", err, g)
	}
}
