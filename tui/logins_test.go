package tui

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// beat lets the moment come at which a login asks what others did.
func (s *session) beat() *session {
	s.t.Helper()
	s.pass(pulseEvery)
	ticks := s.ticks
	s.ticks = nil
	for _, c := range ticks {
		s.run(c)
	}
	return s
}

func TestWhatAnotherLoginStagesIsSeenWithoutAKey(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.dontSee("another session")
	s.desk.elsewhere(it.ID, review.Draft{Verdict: review.Revoke, Reason: "told on the phone"})
	s.see("○ open")
	s.beat().see("another session of yours changed what is staged", "✗ revoke staged")
	s.beat().see("another session of yours changed") // nothing new: the sentence stays until a key
	s.press("j").dontSee("another session")

	s.press("k", "a").see("✓ keep staged") // it was shown, so it may be changed
	if d := s.draft(it.ID); d.Verdict != review.Keep {
		t.Fatalf("%+v", d)
	}
	s.beat().dontSee("another session") // one's own acts are no news
}

func TestAVerdictDoesNotReplaceADraftThatWasNotShown(t *testing.T) {
	for _, way := range []string{"walk", "list", "item"} {
		t.Run(way, func(t *testing.T) {
			s := open(t, newFakeDesk())
			s.press("enter", "j", "j")
			switch way {
			case "list":
				s.command("list")
				for s.current().Blocked != "" || s.current().State != review.ItemOpen {
					s.press("j")
				}
			case "item":
				s.press("enter")
			}
			it := s.current()
			s.press("x").typed("no longer needed") // the form is open while the other login decides
			s.desk.elsewhere(it.ID, review.Draft{Verdict: review.Keep, Reason: "needed until March"})
			s.press("enter")
			for range 3 {
				if s.app.panel != nil {
					s.press("enter")
				}
			}
			s.see("another session of yours has staged keep on it")
			if d := s.draft(it.ID); d.Reason != "needed until March" {
				t.Fatalf("the draft of the other login was replaced: %+v", d)
			}
			s.see("✓ keep staged")
			if got := s.current(); got.ID != it.ID {
				t.Fatalf("the cursor is on %s", got.EntName)
			}
		})
	}
}

func TestOwnVerdictsInQuickSuccessionAreNoNews(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "enter")
	it := s.current()
	s.burst("a", "d").typed("ask Tom").press("enter").dontSee("another session")
	if d := s.draft(it.ID); d.Verdict != review.Abstain {
		t.Fatalf("%+v", d)
	}
}

func TestConfirmSignsOnlyWhatItShowed(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "S").see("One signature covers")
	other := s.desk.items[20].ID
	s.desk.elsewhere(other, review.Draft{Verdict: review.Keep})
	s.press("y").dontSee("tickmark receipt").see("what is staged changed since it was shown", "2 decisions")
	s.press("y").see("tickmark receipt")
}

// However a signature is cancelled and asked for again: a press of y always signs, or says why not.
func TestEveryConfirmingKeyIsAnswered(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		s := open(t, newFakeDesk())
		s.press("enter", "j", "j", "a", "S")
		s.hold("ConfirmShown")
		trail := []string{}
		for range 12 {
			switch n := rnd.IntN(5); n {
			case 0:
				trail = append(trail, "esc")
				if s.app.top().name() == "confirm" && s.app.top().(*confirm).signing.busy() {
					s.press("esc")
				}
			case 1:
				trail = append(trail, "answers come")
				if len(s.pending) > 0 && s.app.top().(*confirm).signing.state == signCancelling {
					s.collect()
				}
			case 2:
				trail = append(trail, "a moment")
				s.pass(time.Duration(rnd.IntN(200)) * time.Millisecond)
			case 3:
				trail = append(trail, "a beat")
				s.beat()
			default:
				trail = append(trail, "y")
				was := s.screen()
				s.pass(time.Duration(rnd.IntN(200)) * time.Millisecond)
				s.feed(keyPress("y"))
				if s.screen() == was && s.app.note.text == "" {
					t.Fatalf("seed %d: y was not answered after %s:\n%s", seed, strings.Join(trail, ", "), s.screen())
				}
			}
		}
		s.free("ConfirmShown")
		if s.app.top().(*confirm).signing.busy() {
			s.press("esc").collect()
		}
		s.press("y").see("tickmark receipt")
	}
}

func TestAManagersActDoesNotReplaceOneThatWasNotShown(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("exceptions").press("w").fill("90d")
	s.desk.mu.Lock()
	row, _ := s.app.top().(*exceptions).g.Current()
	for i := range s.desk.exceptions {
		if e := &s.desk.exceptions[i]; rowID(e.ID) == row.ID { // another login closes it while the form is open
			e.Staged, e.Acts = "withdrawn", []int64{77}
		}
	}
	s.desk.mu.Unlock()
	for s.app.panel != nil {
		if s.press("enter"); strings.Contains(s.screen(), "Reason:") {
			s.typed("still needed")
		}
	}
	s.see("another session of yours has staged withdrawn on it")
}

// Line mode cannot speak while it waits for a line: it says what another login did as soon as the line is there.
func TestLineModeSaysWhatAnotherLoginDid(t *testing.T) {
	desk := newFakeDesk()
	first, err := desk.NextUndecided(t.Context(), review.Query{Campaign: fakeCampaign, Reviewer: desk.me, Asker: desk.me}, "")
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"2", "left the team", "q"}
	in := readerFunc(func(b []byte) (int, error) {
		if len(lines) == 0 {
			return 0, io.EOF
		}
		if len(lines) == 3 {
			desk.elsewhere(first, review.Draft{Verdict: review.Keep, Reason: "needed until March"})
		}
		n := copy(b, lines[0]+"\n")
		lines = lines[1:]
		return n, nil
	})
	var out bytes.Buffer
	if err := Plain(t.Context(), Options{Desk: desk, Clock: func() time.Time { return fakeNow }}, in, &out); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "another session of yours has staged keep on it", "Verdict now: keep staged, because: needed until March.")
	if strings.Count(out.String(), "Another session of yours changed what is staged; l lists it.") != 1 {
		t.Errorf("it is not said once:\n%s", out.String())
	}
	if d := desk.drafts[first]; d.Reason != "needed until March" {
		t.Fatalf("replaced: %+v", d)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
