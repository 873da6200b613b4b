package desk

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/ledger/keys"
	"tickmark/review"
)

const (
	carol = review.Principal("carol@corp.example")
	dave  = review.Principal("dave@corp.example")
)

// joined enrols a person and gives the desk they sit at.
func (o *office) joined(who review.Principal, roles ...string) *Desk {
	o.t.Helper()
	file := filepath.Join(o.dir, strings.ReplaceAll(string(who), "@", "-at-"))
	_, err := keys.Generate(file, string(who))
	o.must(err)
	o.later(time.Minute)
	_, err = o.desk.Enrol(o.t.Context(), EnrolOptions{Principal: who, KeyFile: file + ".pub", Roles: roles})
	o.must(err)
	return o.sits(file)
}

// sits opens a desk with a key.
func (o *office) sits(file string) *Desk {
	o.t.Helper()
	opt := o.options()
	opt.Key = file
	d, err := Open(o.t.Context(), opt)
	o.must(err)
	o.t.Cleanup(func() { d.Close() })
	return d
}

// held are the items of a campaign by stage, account and entitlement.
func (o *office) held(d *Desk, id review.CampaignID) map[string]review.Item {
	o.t.Helper()
	out := map[string]review.Item{}
	o.must(d.EachItem(o.t.Context(), review.Query{Campaign: id}, func(it *review.Item) error {
		out[string(rune('0'+it.Stage))+" "+it.Account+" "+it.Entitlement] = *it
		return nil
	}))
	return out
}

func (o *office) drafts(s review.CampaignSpec) {
	o.t.Helper()
	if s.Due.IsZero() {
		s.Due = o.now.AddDate(0, 0, 14)
	}
	o.later(time.Minute)
	_, err := o.desk.NewCampaign(o.t.Context(), s)
	o.must(err)
	_, err = o.desk.Launch(o.t.Context(), s.ID, nil, nil)
	o.must(err)
}

func (o *office) signs(d *Desk) []review.Receipt {
	o.t.Helper()
	o.later(time.Minute)
	r, err := d.Confirm(o.t.Context(), "", "", nil)
	o.must(err)
	return r
}

// What a reviewer cannot judge is proposed to somebody else: the next in the routing, never one who gave up already, and
// only for managers to sign.
func TestAbstainProposesSomebodyElse(t *testing.T) {
	o := newOffice(t)
	bobs, carols := o.joined(bob, "review"), o.joined(carol, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\ncarol@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob, carol}})
	emma := o.items("q4")["emma@corp.example FI_POST"]
	if emma.Reviewer != bob {
		t.Fatalf("%s decides", emma.Reviewer)
	}
	abstain := func(d *Desk) {
		t.Helper()
		_, err := d.Stage(t.Context(), review.Query{}, []review.ItemID{emma.ID}, review.Draft{Verdict: review.Abstain, Reason: "no idea"}, nil)
		o.must(err)
		o.signs(d)
	}
	share := func(who review.Principal) review.ReviewerCount {
		t.Helper()
		c, err := o.desk.Campaign(t.Context(), "q4")
		o.must(err)
		for _, r := range c.Reviewers {
			if r.Principal == who {
				return r
			}
		}
		return review.ReviewerCount{}
	}
	reviewer := func() review.Principal { return o.items("q4")["emma@corp.example FI_POST"].Reviewer }
	abstain(bobs)
	if r := share(bob); r.Left != r.Items-1 || r.GaveUp != 1 {
		t.Errorf("what bob could not judge is still asked of him: %+v", r)
	}
	if mine, err := bobs.Staged(t.Context()); err != nil || len(mine) != 0 {
		t.Errorf("a reviewer is asked to sign what is a manager's: %v %+v", err, mine)
	}
	if r := o.signs(o.desk); len(r) != 1 || r[0].Act != review.ActReassign || reviewer() != carol {
		t.Fatalf("%+v, then %s decides", r, reviewer())
	}
	if r := share(carol); r.Left != r.Items || r.GaveUp != 0 {
		t.Errorf("what bob gave up is not asked of carol: %+v", r)
	}
	abstain(carols)
	o.signs(o.desk)
	if reviewer() != alice {
		t.Errorf("after bob and carol gave up, %s decides", reviewer())
	}
	abstain(o.desk) // alice was the last
	if staged, err := o.desk.Staged(t.Context()); err != nil || len(staged) != 0 {
		t.Errorf("somebody is proposed a second time: %v %+v", err, staged)
	}
	if last := o.said[len(o.said)-1]; !strings.Contains(last, "nobody else enrolled may decide") {
		t.Errorf("said %q", last)
	}
	o.verifies()
}

// Two stages need two people, whatever a manager reassigns.
func TestStagesStayWithTwoPeople(t *testing.T) {
	o := newOffice(t)
	o.joined(bob, "review")
	o.joined(carol, "review")
	o.joined(dave, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob}, Stages: 2, Stage2: []review.Principal{carol}})
	items := o.held(o.desk, "q4")
	first, second := items["1 emma@corp.example FI_POST"], items["2 emma@corp.example FI_POST"]
	if first.Reviewer != bob || second.Reviewer != carol {
		t.Fatalf("%s and %s decide", first.Reviewer, second.Reviewer)
	}
	_, err := o.desk.Reassign(t.Context(), []review.ItemID{first.ID}, carol, "", "moved")
	o.refused(err, review.KindNotAllowed)
	res, err := o.desk.Reassign(t.Context(), []review.ItemID{first.ID, second.ID}, dave, "", "moved")
	o.must(err)
	if res.Staged != 1 || len(res.Skipped) != 1 || !strings.Contains(res.Skipped[0].Reason, "stage 1 already") {
		t.Errorf("both stages to one person: %+v", res)
	}
	_, err = o.desk.Reassign(t.Context(), []review.ItemID{second.ID}, dave, "", "moved")
	o.refused(err, review.KindNotAllowed)
}

// What the second stage has staged on an exception is seen on the exception until it is signed.
func TestAStagedApprovalIsSeenOnTheException(t *testing.T) {
	o := newOffice(t)
	bobs, carols := o.joined(bob, "review"), o.joined(carol, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob}, Stages: 2, Stage2: []review.Principal{carol}})
	_, err := bobs.Stage(t.Context(), review.Query{}, []review.ItemID{o.held(o.desk, "q4")["1 emma@corp.example FI_POST"].ID},
		review.Draft{Verdict: review.Except, Reason: "month-end", Until: o.now.AddDate(0, 1, 0).Format(time.DateOnly), Owner: string(alice), Control: "log review"}, nil)
	o.must(err)
	o.signs(bobs)
	staged := func() (review.EntryIndex, string) {
		t.Helper()
		es, err := o.desk.Exceptions(t.Context(), "")
		o.must(err)
		if len(es) != 1 {
			t.Fatalf("%+v", es)
		}
		return es[0].ID, es[0].Staged
	}
	id, before := staged()
	_, err = carols.Approve(t.Context(), []review.EntryIndex{id}, "control seen")
	o.must(err)
	_, during := staged()
	_, _, err = carols.Undo(t.Context())
	o.must(err)
	_, undone := staged()
	_, err = carols.Stage(t.Context(), review.Query{}, []review.ItemID{o.held(o.desk, "q4")["2 emma@corp.example FI_POST"].ID}, review.Draft{Verdict: review.Revoke, Reason: "no"}, nil)
	o.must(err)
	_, against := staged()
	_, _, err = carols.Undo(t.Context())
	o.must(err)
	_, err = carols.Approve(t.Context(), []review.EntryIndex{id}, "control seen")
	o.must(err)
	o.signs(carols)
	_, after := staged()
	if got := []string{before, during, undone, against, after}; !slices.Equal(got, []string{"", "approved", "", "revoke", ""}) {
		t.Errorf("staged %q", got)
	}
}

// A delegation goes back on its day, and the item says who stays accountable.
func TestADelegationGoesBack(t *testing.T) {
	o := newOffice(t)
	o.joined(bob, "review")
	o.joined(carol, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob}, Due: o.now.AddDate(0, 1, 0)})
	emma := o.items("q4")["emma@corp.example FI_POST"]
	_, err := o.desk.Reassign(t.Context(), []review.ItemID{emma.ID}, carol, o.now.AddDate(0, 0, 5).Format(time.DateOnly), "bob is on leave")
	o.must(err)
	o.confirm()
	det, err := o.desk.Detail(t.Context(), emma.ID)
	o.must(err)
	if det.Reviewer != carol || det.Accountable != bob || len(det.Reassigned) != 1 || det.Reassigned[0].Reason != "bob is on leave" || det.Reassigned[0].By != alice {
		t.Errorf("%s decides, %s is accountable, trail %+v", det.Reviewer, det.Accountable, det.Reassigned)
	}
	o.later(6 * 24 * time.Hour)
	o.must(o.desk.Close())
	o.desk, err = Open(t.Context(), o.options())
	o.must(err)
	o.confirm()
	det, err = o.desk.Detail(t.Context(), emma.ID)
	o.must(err)
	if det.Reviewer != bob || det.Accountable != bob || len(det.Reassigned) != 2 {
		t.Errorf("%s decides, %s is accountable, trail %+v", det.Reviewer, det.Accountable, det.Reassigned)
	}
	o.verifies()
}

const azureGrants = `[{"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/a1","principalId":"11111111-2222-3333-4444-555555555555","principalName":"bob@corp.example","principalType":"User","roleDefinitionName":"Owner","scope":"/subscriptions/s1","createdBy":"11111111-2222-3333-4444-555555555555","createdOn":"2026-01-02T03:04:05Z"},
{"id":"/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/a2","principalId":"99999999-2222-3333-4444-555555555555","principalName":"emma@corp.example","principalType":"User","roleDefinitionName":"Reader","scope":"/subscriptions/s1","createdBy":"11111111-2222-3333-4444-555555555555","createdOn":"2026-01-02T03:04:05Z"}]`

// Who granted access is often told by a native id: the person whose account that is may not review the access, and what
// somebody granted to themselves is a finding.
func TestAGranterIsKnownByTheirAccount(t *testing.T) {
	o := newOffice(t)
	bobs := o.joined(bob, "review")
	o.imports("azure.json", azureGrants, review.ImportOptions{Source: "azure", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob, alice}})
	var emma, own review.Item
	for _, it := range o.items("q4") {
		if it.Identity == string(bob) {
			own = it
		} else {
			emma = it
		}
	}
	if emma.Granter != string(bob) || emma.Reviewer != alice {
		t.Errorf("granted by %q behind %q, and %s decides", emma.GrantedBy, emma.Granter, emma.Reviewer)
	}
	_, err := o.desk.Reassign(t.Context(), []review.ItemID{emma.ID}, bob, "", "he knows her")
	o.refused(err, review.KindNotAllowed)
	if !slices.ContainsFunc(own.Findings, func(f review.Finding) bool { return f.Rule == "self-review" }) {
		t.Errorf("no finding says that bob granted it to himself: %+v", own.Findings)
	}
	det, err := bobs.Detail(t.Context(), emma.ID)
	o.must(err)
	if !strings.Contains(strings.Join(det.Independence, "\n"), "did not grant it (bob@corp.example, 11111111") {
		t.Errorf("independence: %q", det.Independence)
	}
}

// The names of accounts are compared without regard to case beyond ASCII too.
func TestAGranterIsKnownInAnyCaseOfLetters(t *testing.T) {
	o := newOffice(t)
	o.imports("grants.csv", "role,granted_to,grantee_name,granted_by\nADMIN,USER,ÖZGE,ROOT\nADMIN,USER,EMMA,özge\n", review.ImportOptions{Source: "snowflake", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}})
	items := o.items("q4")
	if it := items["USER/EMMA ADMIN"]; it.GrantedBy != "özge" || it.Granter != items["USER/ÖZGE ADMIN"].Identity {
		t.Errorf("granted by %q behind %q", it.GrantedBy, it.Granter)
	}
}

// A changed item says what it was and what it is, in the finding that is signed with it.
func TestAChangedItemSaysWhatChanged(t *testing.T) {
	o := newOffice(t)
	opt := review.ImportOptions{Source: "erp", Completeness: review.Full}
	o.imports("erp.csv", exportQ4, opt)
	o.launch("q3")
	o.later(time.Hour)
	o.imports("erp2.csv", strings.Replace(exportQ4, "never,active", "never,disabled", 1), opt)
	o.launch("q4")
	dan := o.items("q4")["dan@corp.example FI_POST"]
	want := "since q3: account: disabled, was active"
	if dan.Change != review.Changed || !slices.ContainsFunc(dan.Findings, func(f review.Finding) bool { return f.Rule == "changed" && f.Reason == want }) {
		t.Errorf("%s, findings %+v", dan.Change, dan.Findings)
	}
	det, err := o.desk.Detail(t.Context(), dan.ID)
	o.must(err)
	if !strings.Contains(det.Facts, want) {
		t.Errorf("the facts do not tell it:\n%s", det.Facts)
	}
}

// Launching says how far it is, and can be cancelled: the draft stays.
func TestLaunchingShowsProgressAndCanBeCancelled(t *testing.T) {
	o := newOffice(t)
	o.imports("erp.csv", string(benchExport(5000)), review.ImportOptions{Source: "erp", Completeness: review.Full})
	_, err := o.desk.NewCampaign(t.Context(), review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}, Due: o.now.AddDate(0, 0, 14)})
	o.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = o.desk.Launch(ctx, "q4", nil, func(p review.Progress) {
		if p.Done*4 >= p.Total*3 {
			cancel()
		}
	})
	o.refused(err, review.KindCancelled)
	if c, err := o.desk.Campaign(t.Context(), "q4"); err != nil || c.State != review.DraftState {
		t.Fatalf("after cancelling: %v %s", err, c.State)
	}
	var last review.Progress
	stages := map[string]bool{}
	_, err = o.desk.Launch(t.Context(), "q4", nil, func(p review.Progress) {
		if p.Done < last.Done || p.Done > p.Total || p.Total != 5000 {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		last, stages[p.Stage] = p, true
	})
	o.must(err)
	if len(stages) != 2 || last.Done < 4000 {
		t.Errorf("stages %v, last %+v", stages, last)
	}
}

// Of two duties that should be apart the reviewer picks which stays; the other goes in the same act.
func TestPickingASide(t *testing.T) {
	o := newOffice(t)
	carols := o.joined(carol, "review")
	o.imports("rules.csv", "Role_A,Role_B,Risk_ID,Risk_Level,Description\nPAY,POST,F001,HIGH,Pay and post\n", review.ImportOptions{})
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nemma@corp.example,POST\nemma@corp.example,READ\nfinn@corp.example,PAY\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}, Routing: []string{"rule:identity:finn => carol@corp.example", "named"}})
	items := o.items("q4")
	pay, post := items["emma@corp.example PAY"], items["emma@corp.example POST"]
	against, err := o.desk.OtherSide(t.Context(), pay.ID)
	o.must(err)
	if len(against) != 1 || against[0].ID != post.ID {
		t.Fatalf("against PAY stands %+v", against)
	}
	_, err = o.desk.PickSide(t.Context(), items["emma@corp.example READ"].ID, "she pays", true, nil)
	o.refused(err, review.KindRefused)
	_, err = carols.PickSide(t.Context(), pay.ID, "she pays", true, nil)
	o.refused(err, review.KindNotAllowed)
	_, err = o.desk.PickSide(t.Context(), pay.ID, " ", true, nil)
	o.refused(err, review.KindUsage)
	res, err := o.desk.PickSide(t.Context(), pay.ID, "she pays", true, nil)
	o.must(err)
	items = o.items("q4")
	if res.Staged != 2 || items["emma@corp.example PAY"].Verdict != review.Keep || items["emma@corp.example POST"].Verdict != review.Revoke {
		t.Errorf("%+v: PAY %s, POST %s", res, items["emma@corp.example PAY"].Verdict, items["emma@corp.example POST"].Verdict)
	}
	words, ids, err := o.desk.Undo(t.Context())
	o.must(err)
	if len(ids) != 2 || !strings.Contains(words, "one side stays, 1 item goes") {
		t.Errorf("undo takes back %d: %q", len(ids), words)
	}
	_, err = o.desk.Reassign(t.Context(), []review.ItemID{post.ID}, carol, "", "hers")
	o.must(err)
	o.confirm()
	_, err = o.desk.PickSide(t.Context(), pay.ID, "she pays", true, nil)
	o.refused(err, review.KindNotAllowed)
	if o.items("q4")["emma@corp.example PAY"].Verdict != review.NoVerdict {
		t.Error("half a choice was staged")
	}
}
