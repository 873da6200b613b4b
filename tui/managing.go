package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// managed is a manager's act: its word, and what stages it.
type managed struct {
	word  string
	stage func(context.Context) (review.StageResult, error)
}

// stageForm asks for a manager's act on so many of one thing. What the desk refuses comes back as it was typed, with the reason;
// only where another login was faster the lines have to be looked at first.
func (t *table) stageForm(on screen, ask form, one string, of func(values []string) managed) tea.Cmd {
	a := t.a
	var f *form
	ask.then = func(v []string) tea.Cmd {
		m := of(v)
		return act(a, m.stage, func(r review.StageResult, err error) tea.Cmd {
			why := ""
			switch {
			case err != nil && review.KindOf(err) != review.KindConflict:
				why = told(err)
			case err == nil && r.Staged == 0 && len(r.Skipped) > 0:
				why = "not staged: " + r.Skipped[0].Reason
			}
			again, keep := false, tea.Cmd(nil)
			if why != "" {
				again, keep = f.again(on, why)
			}
			if !again {
				a.stagedNote(r, err, m.word, one)
				t.g.ClearMarks()
			}
			return tea.Batch(a.changed(nil), keep)
		})
	}
	f = newForm(a, ask)
	return a.openForm(f)
}

// actsShown are the unsigned acts on these, as they were shown.
func actsShown[T any](list []T, of func(T) []int64) []int64 {
	shown := []int64{}
	for _, x := range list {
		shown = append(shown, of(x)...)
	}
	return shown
}

// whyLeftOut says why things were left out: the reasons most of them have first, with how many where they differ.
func whyLeftOut(skipped []review.Skip) string {
	of := map[string]int{}
	var reasons []string
	for _, s := range skipped {
		if of[s.Reason]++; of[s.Reason] == 1 {
			reasons = append(reasons, s.Reason)
		}
	}
	if len(reasons) == 1 {
		return reasons[0]
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return of[b] - of[a] })
	for i, r := range reasons {
		reasons[i] = fmt.Sprintf("%d: %s", of[r], r)
	}
	if more := len(reasons) - 3; more > 0 {
		reasons = append(reasons[:3], fmt.Sprintf("and %d more reasons", more))
	}
	return strings.Join(reasons, "; ")
}

// stagedNote says what a manager's act has staged.
func (a *app) stagedNote(r review.StageResult, err error, what, one string) {
	switch {
	case err != nil:
		a.fail(err)
	case r.Staged == 0 && len(r.Skipped) > 0:
		a.warn("not staged: " + r.Skipped[0].Reason)
	default:
		text := fmt.Sprintf("staged: %s, %s; %s signs", count(int64(r.Staged), one), what, a.keys.key("sign"))
		if n := len(r.Skipped); n > 0 {
			text += fmt.Sprintf("; %d left out (%s)", n, whyLeftOut(r.Skipped))
		}
		a.tell(text + hashedWords(r))
	}
}
