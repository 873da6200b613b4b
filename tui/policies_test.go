package tui

import (
	"testing"

	"tickmark/review"
)

// The forms hold a person to the policy of the campaign, which a launch pins, and to no other.
func TestVerdictFormsHoldTheCampaignsPolicy(t *testing.T) {
	for _, way := range []string{"walk", "list", "item", "marked"} {
		t.Run(way, func(t *testing.T) {
			desk := newFakeDesk()
			desk.policy.ExceptionMaxDays = 30
			s := open(t, desk)
			s.press("enter", "j", "j")
			switch way {
			case "list":
				s.command("list").press("j")
			case "item":
				s.press("enter")
			case "marked":
				s.press("space", "space")
			}
			s.press("e").see("at most 30 days").fill("31d").see("the policy allows at most 30 days")
		})
	}
}

func TestLineModeHoldsTheCampaignsPolicy(t *testing.T) {
	desk := newFakeDesk()
	desk.policy.ExceptionMaxDays = 30
	out := plainly(t, desk, Options{}, "e", "31d", "30d", "tom.lead@corp.example", "four-eyes check", "closing", "", "q")
	contains(t, out, "the policy allows at most 30 days")
	if got := draftsOf(desk, review.Except); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}
