package ledger

import (
	"testing"
	"time"
)

func TestReplayOfTheVectorLog(t *testing.T) {
	w := vectorWorld(t)
	log, _ := readLog(t)
	var r Replay
	var records []int64
	for i, e := range w.entries {
		a, err := r.Apply(e)
		if err != nil || a.Index != int64(i) || len(a.Orphans) > 0 {
			t.Fatalf("entry %d: %+v, %v", i, a, err)
		}
		for _, rec := range a.Records {
			records = append(records, rec.Index)
		}
		if c := r.Campaign("2026q4-erp"); i == 3 {
			for _, text := range w.members["2026q4-erp"] {
				v, err := Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				c.AddMember(v.(*Member))
			}
			for _, text := range w.assigns["2026q4-erp"] {
				v, err := Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				c.Assign(v.(*Assignment).Item, v.(*Assignment).Reviewer)
			}
		}
	}
	if len(records) != 8 || len(r.Pending()) != 0 || r.Log() != log.Origin || r.Head().Root.Base64() != log.Roots[20] {
		t.Errorf("records %v, pending %v, log %s, head %s", records, r.Pending(), r.Log(), r.Head())
	}
	if len(r.Imports()) != 2 || r.Import(14) == nil || r.Import(13) != nil || r.NewestImport("erp-prd", 14).Index != 2 || r.NewestImport("x", 20) != nil {
		t.Errorf("imports %v", r.Imports())
	}
	if v, ok := r.RosterAt(1); ok {
		t.Errorf("a roster before the first: %v", v)
	}
	if v, ok := r.RosterAt(2); !ok || v.Index != 1 {
		t.Errorf("roster at 2: %v", v)
	}
	if len(r.Anchors()) != 1 || r.Anchors()[0].Index != 13 || len(r.Bundles()) != 5 || r.Bundles()[1].First != 6 {
		t.Errorf("anchors %v, bundles %v", r.Anchors(), r.Bundles())
	}
	if s := r.Signer("carol@corp.example"); s.Index != 19 || s.Seq != 8 || s.Prev.IsZero() {
		t.Errorf("carol's chain: %+v", s)
	}
	if s := r.Signer("nobody@corp.example"); s != (SignerState{}) {
		t.Errorf("nobody's chain: %+v", s)
	}
	if got := r.LatestTime(1); !got.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) || !r.LatestTime(0).IsZero() {
		t.Errorf("latest time below 1: %v", got)
	}

	c := r.Campaign("2026q4-erp")
	if len(r.Campaigns()) != 1 || c == nil || c.Index != 3 || r.Campaign("none") != nil {
		t.Fatalf("campaigns %v", r.Campaigns())
	}
	verdicts := make(map[string]int)
	items := 0
	for it := range c.Items() {
		items++
		if !it.Decided || it.Assignee != it.Decision.Reviewer || it.Import != 2 || !r.InForce(it.Decision.Index) {
			t.Errorf("item %+v", it)
		}
		verdicts[it.Decision.Verdict]++
		if h := c.History(it.Item); len(h) != 1 || h[0].Index != it.Decision.Index {
			t.Errorf("history %v", h)
		}
	}
	if items != 4 || verdicts[VerdictKeep] != 2 || verdicts[VerdictRevoke] != 1 || verdicts[VerdictException] != 1 {
		t.Errorf("%d items, %v", items, verdicts)
	}
	if s := c.ManagerSignoff(); s == nil || s.Index != 12 || len(c.Signoffs()) != 1 {
		t.Errorf("sign-offs %v", c.Signoffs())
	}
	if n := c.Count(9); n.Decided != 2 || n.Open() != 2 {
		t.Errorf("counted at 9: %+v", n)
	}
	if n := c.Count(11); n.Decided != 2 {
		t.Errorf("counted inside a bundle: %+v", n) // its records are not in force yet
	}
	if n := c.CountFor("nobody@corp.example", 20); n.Items != 0 {
		t.Errorf("counted for nobody: %+v", n)
	}
	if len(r.Exceptions()) != 1 || r.Exception(9) == nil || !r.Exception(9).Ended() {
		t.Errorf("exceptions %v", r.Exceptions())
	}
	if s := r.Revoke(7); len(r.Revokes()) != 1 || s == nil || s.State() != StateGone || len(s.Records) != 2 {
		t.Errorf("revokes %v", r.Revokes())
	}
}

func TestReplaySupersedes(t *testing.T) {
	f := started(t, "any")
	f.decide(f.decision("q1", 2, 1, VerdictException, reviewer)) // 4, bundle 5
	f.manage("q1", ActClosure, closureOf(f, f.decision("q1", 2, 1, VerdictException, reviewer), OutcomeRenewed))
	e := f.r.Exception(4)
	if until, owner, control := e.Terms(); until != "2027-06-30" || owner != "owen@test.example" || control != "weekly check" || e.Ended() {
		t.Errorf("terms %s %s %s", until, owner, control)
	}
	d := f.decision("q1", 2, 1, VerdictKeep, reviewer)
	d.Supersedes = 4
	f.decide(d) // 8, bundle 9
	first, c, ok := f.r.Decision(4)
	if !ok || c.Campaign.Campaign != "q1" || first.SupersededBy != 8 || f.r.InForce(4) || !f.r.InForce(8) {
		t.Errorf("first decision %+v", first)
	}
	if h := c.History(d.Item); len(h) != 2 || h[1].Supersedes != 4 || h[1].SupersededBy != 0 {
		t.Errorf("history %+v", h)
	}
	if _, _, ok := f.r.Decision(5); ok {
		t.Error("a bundle is a decision")
	}
	if _, ok := c.Item(Sum(nil)); ok || c.History(Sum(nil)) != nil {
		t.Error("an item that is not there")
	}
}

// TestReplayGoesOn wants entries that are not canonical to count as leaves and change nothing else.
func TestReplayGoesOn(t *testing.T) {
	f := started(t, "any")
	before := f.r.Size()
	if _, err := f.r.Apply([]byte("junk\n")); err == nil {
		t.Error("junk is canonical")
	}
	if f.r.Size() != before+1 || f.r.Campaign("q1") == nil || len(f.r.Pending()) != 0 {
		t.Error("junk changed something")
	}
	if _, err := f.r.Apply([]byte("tickmark/decision v1\njunk\n")); err == nil || len(f.r.Pending()) != 1 {
		t.Error("a damaged record does not wait for its bundle")
	}
	f.r.Withheld(Sum(nil))
	if p := f.r.Pending(); len(p) != 2 || p[1].Text != nil || p[1].Value != nil {
		t.Errorf("pending %v", p)
	}
}
