package tui

import (
	"strings"
	"testing"
)

// A help that one line cannot hold goes on in the line below, not off the screen.
func TestHelpOfAFormIsNotCut(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").see("such as kind:service", "may stay\n empty")
	s.press("esc").command("exceptions").resize(60, 15).press("w").see("at most 365 days; tab")
}

func TestANumberStaysWithItsPercentSignAmongTones(t *testing.T) {
	l := newLook("plain", false, true)
	for w := 12; w < 40; w++ {
		for _, line := range l.flow([]seg{say(bold, "outlier:"), say(plain, " 1 of 7 hold it (14 %, under 15 %) by the rule")}, w) {
			text := ""
			for _, s := range line {
				text += s.text
			}
			if strings.HasPrefix(strings.TrimSpace(text), "%") {
				t.Errorf("at %d: %q", w, text)
			}
		}
	}
}

// A list of campaigns that is left says nothing of which review is meant: walk goes to the one that is due.
func TestWalkGoesToTheReviewThatIsDue(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("campaigns").press("j").see("remediating")
	s.command("ledger").command("walk").see("Q4 access review")
}
