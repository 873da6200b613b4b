package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// A reminder says how much is left, when it was due, what happens without an answer and what to type; whoever is done is
// only asked for the sign-off.
func TestReminders(t *testing.T) {
	due := time.Date(2026, 12, 11, 23, 59, 59, 0, time.UTC)
	c := &review.Campaign{Name: "q4", Title: "Fourth quarter", Owner: alice, Due: due, NoAnswer: review.RevokeUnanswered}
	for _, x := range []struct {
		name    string
		r       review.ReviewerCount
		now     time.Time
		subject string
		text    []string
	}{
		{"in time", review.ReviewerCount{Principal: bob, Items: 9, Left: 3, Staged: 2}, due.AddDate(0, 0, -3),
			"Access review q4 is due on Friday, 11 December 2026: 3 items left",
			[]string{`the access review "Fourth quarter" is due`, "3 of your 9 items wait", "2 of them are decided and not signed yet", "By then, what has no answer is brought before alice@corp.example to be revoked", "tickmark review q4"}},
		{"late", review.ReviewerCount{Principal: bob, Items: 9, Left: 1}, due.AddDate(0, 0, 2),
			"Access review q4 was due on Friday, 11 December 2026, 2 days ago: 1 item left", []string{"1 of your 9 items waits", "When it is closed"}},
		{"done", review.ReviewerCount{Principal: bob, Items: 9}, due.AddDate(0, 0, -1),
			"Access review q4 is due on Friday, 11 December 2026: please sign off", []string{"tickmark signoff q4"}},
	} {
		m := reminder(c, x.r, x.now)
		if m.Subject != x.subject {
			t.Errorf("%s: subject %q", x.name, m.Subject)
		}
		for _, want := range x.text {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s: the text does not say %q:\n%s", x.name, want, m.Text)
			}
		}
	}
}

// What stands in the way of closing: the late, the unsigned, the given up, the missing sign-offs; with nothing of it, closing.
func TestWhatIsInTheWay(t *testing.T) {
	due := time.Date(2026, 12, 11, 23, 59, 59, 0, time.UTC)
	off := review.ReviewerCount{Principal: alice, Items: 2, Decided: 2, Signed: 2, SignedOff: due}
	for _, x := range []struct {
		name  string
		c     review.Campaign
		now   time.Time
		codes []string
	}{
		{"running", review.Campaign{Items: 3, Reviewers: []review.ReviewerCount{{Principal: bob, Items: 3, Left: 3}}}, due.Add(-time.Hour), nil},
		{"late", review.Campaign{Items: 3, Reviewers: []review.ReviewerCount{{Principal: bob, Items: 3, Left: 3}}}, due.Add(time.Hour), []string{"late"}},
		{"unsigned", review.Campaign{Items: 3, Staged: 1, Reviewers: []review.ReviewerCount{{Principal: bob, Items: 3, Left: 3, Staged: 1}}}, due.Add(-time.Hour), []string{"unsigned"}},
		{"given up", review.Campaign{Items: 3, Reviewers: []review.ReviewerCount{{Principal: bob, Items: 3, GaveUp: 3}}}, due.Add(-time.Hour), []string{"abstained", "sign-off"}},
		{"one has not signed off", review.Campaign{Items: 4, Reviewers: []review.ReviewerCount{off, {Principal: bob, Items: 2}}}, due.Add(-time.Hour), []string{"sign-off"}},
		{"ready", review.Campaign{Items: 2, Owner: alice, Reviewers: []review.ReviewerCount{off}}, due.Add(-time.Hour), []string{"close"}},
	} {
		x.c.Name, x.c.Due = "q4", due
		var codes []string
		for _, n := range inTheWay(&x.c, "", x.now) {
			codes = append(codes, n.Code)
			if n.Hint == "" || !strings.HasPrefix(n.Text, "q4: ") {
				t.Errorf("%s: %+v", x.name, n)
			}
		}
		if !slices.Equal(codes, x.codes) {
			t.Errorf("%s: %v, want %v", x.name, codes, x.codes)
		}
	}
}
