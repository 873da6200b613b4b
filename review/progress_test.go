package review

import (
	"slices"
	"testing"
	"time"
)

func TestStateOfCampaign(t *testing.T) {
	launched, due := filterNow.AddDate(0, 0, -10), filterNow.AddDate(0, 0, 4)
	for _, c := range []struct {
		name    string
		c       Campaign
		revokes int64
		want    CampaignState
	}{
		{"draft", Campaign{Due: due}, 0, DraftState},
		{"a late draft", Campaign{Due: launched}, 0, DraftState},
		{"cancelled", Campaign{State: Cancelled}, 0, Cancelled},
		{"active", Campaign{Launched: launched, Due: due}, 0, ActiveState},
		{"past due", Campaign{Launched: launched, Due: filterNow.Add(-time.Second)}, 0, Closing},
		{"one of two signed off", Campaign{Launched: launched, Due: due, Reviewers: []ReviewerCount{{Items: 1, SignedOff: launched}, {Items: 1}}}, 0, ActiveState},
		{"all signed off", Campaign{Launched: launched, Due: due, Reviewers: []ReviewerCount{{Items: 1, SignedOff: launched}, {Items: 0}}}, 0, Closing},
		{"closed, revokes open", Campaign{Launched: launched, SignedOff: filterNow}, 2, Remediating},
		{"closed, none open", Campaign{Launched: launched, SignedOff: filterNow}, 0, Sealed},
	} {
		if got := StateOfCampaign(&c.c, c.revokes, filterNow); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCountItem(t *testing.T) {
	var c Campaign
	c.CountItem(Keep, false, true)
	c.CountItem(Revoke, true, false)
	c.CountItem(Except, true, true) // changed since it was signed
	c.CountItem(Abstain, false, true)
	c.CountItem(NoVerdict, false, false)
	got := [...]int64{c.Items, c.Decided, c.Undecided, c.Staged, c.Signed, c.Keep, c.Revoke, c.Exception, c.Abstain}
	if got != [...]int64{5, 3, 2, 2, 3, 1, 1, 1, 1} {
		t.Errorf("%v", got)
	}
}

func TestPreviewBulk(t *testing.T) {
	items := []*Item{
		{},
		{State: ItemSigned, Findings: []Finding{{Severity: Medium}}},
		{MaxSeverity: High},
		{MaxSeverity: Critical},
		{State: ItemStaged, MaxSeverity: High},
		{Blocked: "it is your own access"},
	}
	p := DefaultPolicy()
	p.BulkTypeCount = 1
	got := PreviewBulk(p, filterNow, slices.Values(items), Draft{Verdict: Keep, Reason: "r"})
	if got.Matching != 6 || got.Eligible != 2 || got.Decided != 1 || !got.TypeCount || len(got.Risk) != 1 || got.Risk[Medium] != 1 {
		t.Errorf("%+v", got)
	}
	want := []Exclusion{{"it has a high finding and cannot be kept in bulk", 2}, {"it has a critical finding and cannot be kept in bulk", 1},
		{"you may not decide on it: it is your own access", 1}}
	if !slices.Equal(got.LeftOut, want) {
		t.Errorf("left out %+v", got.LeftOut)
	}
	all := PreviewBulk(p, filterNow, slices.Values(items[:5]), Draft{Verdict: Revoke, Reason: "r"})
	if all.Eligible != 5 || all.Risk[High] != 2 || all.Decided != 2 {
		t.Errorf("revoke: %+v", all)
	}
}

func TestQualitySignals(t *testing.T) {
	careful := Quality{Decided: 100, Keeps: 80, Bulk: 20, Opened: 60, Seconds: 2000, NoRevokeRun: 0}
	for _, c := range []struct {
		name   string
		change func(*Quality)
		want   []string
	}{
		{"careful", func(q *Quality) {}, nil},
		{"keeps everything", func(q *Quality) { q.Keeps = 98 }, []string{"keeps"}},
		{"hasty", func(q *Quality) { q.Seconds = 299 }, []string{"haste"}},
		{"in bulk", func(q *Quality) { q.Bulk = 81 }, []string{"bulk"}},
		{"nothing opened", func(q *Quality) { q.Opened = 0 }, []string{"unopened"}},
		{"never revokes", func(q *Quality) { q.NoRevokeRun = 3 }, []string{"no-revokes"}},
		{"all at once", func(q *Quality) { *q = Quality{Decided: 20, Keeps: 20, Bulk: 20} }, []string{"keeps", "haste", "bulk", "unopened"}},
		{"too few to tell", func(q *Quality) { *q = Quality{Decided: 19, Keeps: 19, Bulk: 19} }, nil},
	} {
		q := careful
		c.change(&q)
		var got []string
		for _, n := range QualitySignals(DefaultPolicy(), q) {
			if n.Text == "" || n.Hint == "" {
				t.Errorf("%s: %+v", c.name, n)
			}
			got = append(got, n.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestQualityIsForWhomItIsAbout(t *testing.T) {
	all := []Quality{{Principal: "alice"}, {Principal: "bob"}, {Principal: "carol"}}
	if got := QualityFor(all, "carol", "carol"); len(got) != 3 {
		t.Errorf("the owner sees %+v", got)
	}
	if got := QualityFor(all, "bob", "carol"); len(got) != 1 || got[0].Principal != "bob" || all[2].Principal != "carol" {
		t.Errorf("bob sees %+v of %+v", got, all)
	}
	if got := QualityFor(all, "dave", "carol"); len(got) != 0 {
		t.Errorf("who has no part sees %+v", got)
	}
}
