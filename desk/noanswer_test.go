package desk

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/evidence"
	"tickmark/review"
)

// waiting is an office with a campaign of three items, two of them carol's: one of hers she could not judge, one she never
// looked at. alice kept the third.
func waiting(t *testing.T, policy review.NoAnswer) *office {
	o := newOffice(t)
	carols := o.joined(carol, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nfinn@corp.example,PAY\nfinn@corp.example,POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}, Routing: []string{"rule:identity:finn => carol@corp.example", "named"}, NoAnswer: policy})
	items := o.items("q4")
	_, err := carols.Stage(t.Context(), review.Query{}, []review.ItemID{items["finn@corp.example PAY"].ID}, review.Draft{Verdict: review.Abstain, Reason: "I do not know him"}, nil)
	o.must(err)
	o.signs(carols)
	_, err = o.desk.Stage(t.Context(), review.Query{}, []review.ItemID{items["emma@corp.example PAY"].ID}, review.Draft{Verdict: review.Keep}, nil)
	o.must(err)
	o.later(time.Minute)
	_, err = o.desk.Confirm(t.Context(), "q4", review.ActDecision, nil)
	o.must(err)
	return o
}

// What has no answer is revoked because the policy says so: the owner signs it as the owner's, nothing becomes a verdict of
// the one who was asked, and no other way to close leads round it.
func TestNoAnswerIsRevokedByTheOwner(t *testing.T) {
	o := waiting(t, review.RevokeUnanswered)
	_, err := o.desk.CloseCampaign(t.Context(), "q4")
	o.refused(err, review.KindConflict) // not due
	_, err = o.desk.SignOff(t.Context(), "q4", review.Manager, nil)
	o.refused(err, review.KindConflict)
	o.later(20 * 24 * time.Hour)
	_, err = o.desk.SignOff(t.Context(), "q4", review.Manager, nil)
	o.refused(err, review.KindConflict)
	if !strings.Contains(err.Error(), "2 items had no answer") {
		t.Errorf("%v", err)
	}
	bundles, err := o.desk.Staged(t.Context())
	o.must(err)
	codes := map[string]bool{}
	for _, b := range bundles {
		for _, w := range b.Warnings {
			codes[w.Code] = true
		}
	}
	if !codes["no-answer"] || codes["hasty"] || codes["bulk"] {
		t.Errorf("what the policy asks for is signed under %v", codes)
	}
	o.signs(o.desk)
	_, err = o.desk.CloseCampaign(t.Context(), "q4")
	o.must(err)
	for name, it := range o.items("q4") {
		want := review.Revoke
		if name == "emma@corp.example PAY" {
			want = review.Keep
		}
		if it.Verdict != want || it.State != review.ItemSigned || it.Reviewer != alice {
			t.Errorf("%s: %s by %s", name, it.Verdict, it.Reviewer)
		}
		if want == review.Revoke && !strings.HasPrefix(it.Reason, "no answer by ") {
			t.Errorf("%s: the reason is %q", name, it.Reason)
		}
	}
	past, err := o.desk.Quality(t.Context(), "q4")
	o.must(err)
	for _, q := range past {
		if q.Principal == carol && q.Decided > 0 {
			t.Errorf("the policy's revokes count as decisions of who was asked: %+v", q)
		}
	}
	o.verifies()
	dir := filepath.Join(t.TempDir(), "pack")
	_, err = o.desk.Export(t.Context(), evidence.Options{}, dir)
	o.must(err)
	report, err := os.ReadFile(filepath.Join(dir, "report.html"))
	o.must(err)
	if !strings.Contains(string(report), "2 revokes no reviewer asked for") {
		t.Error("the report does not count what the policy revoked")
	}
}

// Nothing has to be waited for where everything is answered.
func TestAReviewIsClosedEarlyWhereAllIsAnswered(t *testing.T) {
	o := waiting(t, review.RevokeUnanswered)
	o.joined(dave, "review")
	var open []review.ItemID
	for name, it := range o.items("q4") {
		if name != "emma@corp.example PAY" {
			open = append(open, it.ID)
		}
	}
	if acts, err := o.desk.Staged(t.Context()); err != nil || len(acts) != 1 { // what carol could not judge is proposed to alice
		t.Fatalf("%v %+v", err, acts)
	}
	// A manager may rather give it to somebody else: that takes the place of what was proposed, can be undone, and can be signed.
	_, err := o.desk.Reassign(t.Context(), []review.ItemID{open[0], open[1]}, dave, "", "dave knows them")
	o.must(err)
	reassigned := func(want string) {
		t.Helper()
		acts, err := o.desk.db.StagedActs(t.Context(), "", "q4", review.ActReassign)
		o.must(err)
		var got []string
		for i := range acts {
			var p reassignment
			o.must(json.Unmarshal(acts[i].Payload, &p))
			got = append(got, fmt.Sprint(acts[i].By, " to ", p.To))
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("staged is %q, not %q", s, want)
		}
	}
	reassigned("alice@corp.example to dave@corp.example, alice@corp.example to dave@corp.example")
	_, _, err = o.desk.Undo(t.Context())
	o.must(err)
	reassigned(" to alice@corp.example")
	_, _, err = o.desk.Redo(t.Context())
	o.must(err)
	reassigned("alice@corp.example to dave@corp.example, alice@corp.example to dave@corp.example")
	o.signs(o.desk)
	for _, id := range open {
		it, err := o.desk.Item(t.Context(), id)
		o.must(err)
		if it.Reviewer != dave {
			t.Errorf("%s decides on %s", it.Reviewer, it.Entitlement)
		}
	}
	rest := slices.DeleteFunc(slices.Clone(open), func(id review.ItemID) bool {
		it, err := o.desk.Item(t.Context(), id)
		o.must(err)
		return it.Reviewer == alice
	})
	_, err = o.desk.Reassign(t.Context(), rest, alice, "", "dave is away")
	o.must(err)
	o.signs(o.desk)
	_, err = o.desk.Stage(t.Context(), review.Query{}, open, review.Draft{Verdict: review.Keep}, nil)
	o.must(err)
	o.signs(o.desk)
	_, err = o.desk.CloseCampaign(t.Context(), "q4")
	o.must(err)
}

// What has no answer becomes the owner's to decide; closing again leaves open what the owner leaves open.
func TestNoAnswerGoesToTheOwner(t *testing.T) {
	o := waiting(t, review.ReassignOpen)
	o.later(20 * 24 * time.Hour)
	_, err := o.desk.CloseCampaign(t.Context(), "q4")
	o.refused(err, review.KindConflict)
	if !strings.Contains(err.Error(), "now for alice@corp.example to decide") {
		t.Errorf("%v", err)
	}
	for name, it := range o.items("q4") {
		if it.Reviewer != alice {
			t.Errorf("%s is %s's", name, it.Reviewer)
		}
	}
	_, err = o.desk.CloseCampaign(t.Context(), "q4")
	o.must(err)
	c, err := o.desk.Campaign(t.Context(), "q4")
	o.must(err)
	if c.Keep != 1 || c.Revoke != 0 || c.Undecided != 2 {
		t.Errorf("%+v", c)
	}
}

// What has no answer stays open and is counted as that.
func TestNoAnswerStaysOpen(t *testing.T) {
	o := waiting(t, review.LeaveOpen)
	_, err := o.desk.CloseCampaign(t.Context(), "q4")
	o.must(err)
	c, err := o.desk.Campaign(t.Context(), "q4")
	o.must(err)
	if c.Keep != 1 || c.Revoke != 0 || c.Undecided != 2 || c.SignedOff.IsZero() {
		t.Errorf("%+v", c)
	}
}

// A delegate who cannot judge an item gives it back on its day, too.
func TestWhatADelegateCouldNotJudgeGoesBack(t *testing.T) {
	o := newOffice(t)
	o.joined(bob, "review")
	carols := o.joined(carol, "review")
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,FI_POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{bob}, Due: o.now.AddDate(0, 1, 0)})
	emma := o.items("q4")["emma@corp.example FI_POST"]
	_, err := o.desk.Reassign(t.Context(), []review.ItemID{emma.ID}, carol, o.now.AddDate(0, 0, 5).Format(time.DateOnly), "bob is on leave")
	o.must(err)
	o.signs(o.desk)
	_, err = carols.Stage(t.Context(), review.Query{}, []review.ItemID{emma.ID}, review.Draft{Verdict: review.Abstain, Reason: "not mine to judge"}, nil)
	o.must(err)
	o.signs(carols)
	if _, _, err = o.desk.Undo(t.Context()); err != nil { // nobody takes up what is proposed
		t.Fatal(err)
	}
	acts, err := o.desk.db.StagedActs(t.Context(), "", "", review.ActReassign)
	o.must(err)
	for _, a := range acts {
		_, err := o.desk.db.UnstageActs(t.Context(), "", "nobody takes it", []int64{a.ID})
		o.must(err)
	}
	o.later(6 * 24 * time.Hour)
	o.must(o.desk.Close())
	o.desk, err = Open(t.Context(), o.options())
	o.must(err)
	o.signs(o.desk)
	det, err := o.desk.Detail(t.Context(), emma.ID)
	o.must(err)
	if det.Reviewer != bob || len(det.Reassigned) != 2 {
		t.Errorf("%s decides, trail %+v", det.Reviewer, det.Reassigned)
	}
	o.verifies()
}

// Keeping one of two duties that should be apart is hasty only while the other stays, too.
func TestAKeptSideIsNoHastyKeepWhereTheOtherGoes(t *testing.T) {
	o := newOffice(t)
	o.imports("rules.csv", "Role_A,Role_B,Risk_ID,Risk_Level,Description\nPAY,POST,F001,HIGH,Pay and post\n", review.ImportOptions{})
	o.imports("erp.csv", "identity,entitlement\nemma@corp.example,PAY\nemma@corp.example,POST\nfinn@corp.example,PAY\nfinn@corp.example,POST\n", review.ImportOptions{Source: "erp", Completeness: review.Full})
	o.drafts(review.CampaignSpec{ID: "q4", Reviewers: []review.Principal{alice}})
	items := o.items("q4")
	stage := func(name string, v review.Verdict) {
		t.Helper()
		_, err := o.desk.Stage(t.Context(), review.Query{}, []review.ItemID{items[name].ID}, review.Draft{Verdict: v, Reason: "as agreed"}, nil)
		o.must(err)
	}
	keepHigh := func() string {
		t.Helper()
		bundles, err := o.desk.Staged(t.Context())
		o.must(err)
		for _, w := range bundles[0].Warnings {
			if w.Code == "keep-high" {
				return w.Text
			}
		}
		return ""
	}
	stage("emma@corp.example PAY", review.Keep)
	if keepHigh() == "" {
		t.Error("one side is kept, the other is open, and nothing is said")
	}
	stage("emma@corp.example POST", review.Keep)
	if text := keepHigh(); !strings.HasPrefix(text, "2 items") {
		t.Errorf("both sides are kept: %q", text)
	}
	stage("emma@corp.example POST", review.Revoke)
	if text := keepHigh(); text != "" {
		t.Errorf("the other side goes: %q", text)
	}
	stage("finn@corp.example POST", review.Revoke)
	o.signs(o.desk)
	stage("finn@corp.example PAY", review.Keep)
	if text := keepHigh(); text != "" {
		t.Errorf("the other side went before: %q", text)
	}
}
