package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tickmark/review"
)

// Reminder is mail-ready text for one reviewer: tickmark sends nothing itself.
type Reminder struct {
	Principal review.Principal  `json:"principal"`
	Campaign  review.CampaignID `json:"campaign"`
	Left      int64             `json:"left"`
	DaysLate  int64             `json:"days_late"`
	Subject   string            `json:"subject"`
	Text      string            `json:"text"`
}

// Remind writes a reminder for every reviewer who still has something to do, of one campaign or, with "", of all.
func (d *Desk) Remind(ctx context.Context, c review.CampaignID) ([]Reminder, error) {
	all, err := d.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	var out []Reminder
	for i := range all {
		camp := &all[i]
		if c != "" && camp.Name != c || camp.State != review.ActiveState && camp.State != review.Closing {
			continue
		}
		for _, r := range camp.Reviewers {
			if r.Items > 0 && (r.Left > 0 || r.SignedOff.IsZero()) {
				out = append(out, reminder(camp, r, d.Now()))
			}
		}
	}
	return out, nil
}

func reminder(c *review.Campaign, r review.ReviewerCount, now time.Time) Reminder {
	m := Reminder{Principal: r.Principal, Campaign: c.Name, Left: r.Left}
	due := c.Due.Format("Monday, 2 January 2006")
	when, deadline := "is due on "+due, "By then"
	if now.After(c.Due) {
		m.DaysLate = max(1, int64(now.Sub(c.Due)/(24*time.Hour)))
		when, deadline = fmt.Sprintf("was due on %s, %d %s ago", due, m.DaysLate, plural(m.DaysLate, "day", "days")), "When it is closed"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Dear reviewer,\n\nthe access review \"%s\" %s.\n", c.Title, when)
	if r.Left == 0 {
		m.Subject = fmt.Sprintf("Access review %s %s: please sign off", c.Name, when)
		fmt.Fprintf(&b, "All your %d items are answered and signed; what is missing is your sign-off:\n\n  tickmark signoff %s\n", r.Items, c.Name)
		m.Text = b.String()
		return m
	}
	m.Subject = fmt.Sprintf("Access review %s %s: %d %s left", c.Name, when, r.Left, plural(r.Left, "item", "items"))
	fmt.Fprintf(&b, "%d of your %d items %s for your signed decision", r.Left, r.Items, plural(r.Left, "waits", "wait"))
	if r.Staged > 0 {
		fmt.Fprintf(&b, "; %d of them %s decided and not signed yet", r.Staged, plural(r.Staged, "is", "are"))
	}
	b.WriteString(".\n")
	switch c.NoAnswer {
	case review.RevokeUnanswered:
		fmt.Fprintf(&b, "%s, what has no answer is brought before %s to be revoked.\n", deadline, c.Owner)
	case review.ReassignOpen:
		fmt.Fprintf(&b, "%s, what has no answer goes to %s.\n", deadline, c.Owner)
	}
	fmt.Fprintf(&b, "\nOpen it with:\n\n  tickmark review %s\n\nAn item you cannot judge can be answered with \"don't know\" and a reason; somebody else is asked then.\n", c.Name)
	m.Text = b.String()
	return m
}
