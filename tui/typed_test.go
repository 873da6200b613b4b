package tui

import (
	"testing"
	"time"

	"tickmark/review"
)

// breaks ends the connection while a form is open, and opens another one a while later.
func (s *session) breaks(d time.Duration) *session {
	s.t.Helper()
	now := s.clock().Add(d)
	return open(s.t, s.desk, func(_ *Options, next *session) { next.now = now })
}

// keeps lets the moment pass after which what is typed is kept.
func (s *session) keeps() *session {
	s.t.Helper()
	return s.beat()
}

func TestAHalfFilledFormSurvivesALostConnection(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("e").fill("90d").fill("bob@corp.example").typed("weekly rec").keeps()

	s = s.breaks(time.Minute)
	s.press("enter", "j", "j", "e").see("what you typed at", "is back; esc gives it up", "90d", "bob@corp.example", "weekly rec")
	if s.current().ID != it.ID {
		t.Fatal("another item")
	}
	s.fill("onciliation").fill("until the vendor fixes it").see("exception staged")
	if d := s.draft(it.ID); d.Control != "weekly reconciliation" || d.Owner != "bob@corp.example" {
		t.Fatalf("%+v", d)
	}
	s.keeps()
	if len(s.desk.settings) != 0 {
		t.Fatalf("what is done is still kept: %v", s.desk.settings)
	}
}

func TestAFormThatIsGivenUpIsForgotten(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "x").typed("left the te").keeps()
	if len(s.desk.settings) != 1 {
		t.Fatalf("%v", s.desk.settings)
	}
	s.press("esc", "x").dontSee("left the te", "is back").press("esc")
	if len(s.desk.settings) != 0 {
		t.Fatalf("%v", s.desk.settings)
	}
}

// What one item was about is never offered for another.
func TestWhatWasTypedComesBackOnItsOwnItemOnly(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "x").typed("left the team").keeps()
	s = s.breaks(26 * time.Hour)
	s.press("enter", "j", "x").dontSee("left the team").press("esc")
	s.press("j", "x").see("left the team", "what you typed on ")
}

// A key that is quicker than the answer of the database is not overwritten by it.
func TestWhatIsTypedMeanwhileStays(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "e").fill("90d").fill("bob@corp.example").typed("weekly").keeps()
	s = s.breaks(time.Minute)
	s.press("enter", "j", "j")
	s.hold("Setting")
	s.press("e").typed("30d")
	s.letGo("Setting").see("30d", "bob@corp.example", "weekly").dontSee("in 90 days")
}

func TestAPassphraseIsNeverKept(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	f := newForm(s.app, form{title: "x", keep: formName[string]("x"), fields: []formField{{label: "Name"}, {label: "Secret", secret: true}}})
	s.run(s.app.openForm(f))
	s.fill("abc").typed("hunter2").keeps()
	for _, v := range desk.settings {
		if len(f.typed()) != 1 || f.typed()["Name"] != "abc" {
			t.Fatalf("%s", v)
		}
	}
	if len(desk.settings) != 1 {
		t.Fatalf("%v", desk.settings)
	}
}

func TestARefusedCampaignDraftComesBackAsItWasTyped(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("campaigns").press("+")
	s.fill("q9-2026").fill("A review of everything").press("enter", "enter")
	s.see("drafted q9-2026")
	s.press("+").fill("q9-2026").fill("Once more").press("enter", "enter")
	s.see("Draft a campaign", "q9-2026", "Once more", "already")
}

func TestAReadOnlyDatabaseKeepsNoForm(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk, with(func(o *Options) { o.ReadOnly = "a pack is read only" }))
	f := newForm(s.app, form{title: "x", keep: formName[review.ItemID]("x"), fields: []formField{{label: "Name"}}})
	s.run(s.app.openForm(f))
	s.typed("abc").keeps()
	if len(desk.settings) != 0 {
		t.Fatalf("%v", desk.settings)
	}
}

// What the desk does by itself is said on the screen, behind what is said there already.
func TestWhatTheDeskSaysIsShown(t *testing.T) {
	var said []string
	s := open(t, newFakeDesk(), with(func(o *Options) {
		o.Said = func() []string {
			was := said
			said = nil
			return was
		}
	}))
	s.press("enter", "j", "j")
	said = []string{"2 staged reassignments were taken back\x1b[2J"}
	s.press("x").typed("gone").dontSee("taken back")
	s.press("enter").see("2 staged reassignments were taken back␛[2J")
	s.press("j").dontSee("taken back")
}
