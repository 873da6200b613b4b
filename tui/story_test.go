package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"tickmark/review"
)

// The stories: what a person does, and what must come of it.

func TestANewcomerGetsFromHomeToASignedBundleByTheScreenAlone(t *testing.T) {
	s := open(t, newFakeDesk())
	s.see("Home", "Q4 access review", "9/86", "due in 4 days", "enter open")
	s.press("enter").see("Walk", "identity", "Facts", "a keep", "x revoke", "S sign")
	s.press("j", "j", "a").see("keep staged", "staged: keep")
	s.press("x").see("Revoke", "Reason:", "why it goes", "enter done")
	s.fill("left the team").see("revoke staged", "2 staged, not signed")
	s.press("S").see("Confirm", "One signature covers", "keep 1, revoke 1", "your key", "y signs. Nothing is signed before.")
	s.press("y").see("signed", "receipt", "tickmark receipt", "q goes on with the review", "F says that you are done with it")
	if n := len(s.desk.drafts); n != 0 {
		t.Fatalf("%d verdicts are still staged", n)
	}
}

func TestNextOpenOnHomeBeginsAtWhatNobodyHasDecided(t *testing.T) {
	desk := newFakeDesk()
	q := review.Query{Campaign: "q4-2026", Reviewer: desk.me}
	held, err := desk.find(q)
	if err != nil {
		t.Fatal(err)
	}
	// Of the first identity nothing is open, but one item is not settled: Walk alone would begin there.
	var first []review.ItemID
	who := ""
	for _, it := range held {
		v := desk.view(it)
		if who == "" && v.State == review.ItemOpen && v.Blocked == "" {
			who = it.Identity
		}
		if it.Identity == who && v.State == review.ItemOpen {
			first = append(first, it.ID)
		}
	}
	for i, id := range first {
		d := review.Draft{Verdict: review.Revoke, Reason: "gone"}
		if i == 0 {
			d = review.Draft{Verdict: review.Abstain, Reason: "not mine"}
		}
		if _, err := desk.Stage(t.Context(), q, []review.ItemID{id}, d, nil); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, desk)
	s.press("n").see("Walk")
	if it := s.current(); it.State != review.ItemOpen {
		t.Fatalf("the cursor is on %s, %s", itemWords(it), it.State)
	}
}

func TestConfirmNamesTheAccountWhereItIsTheItem(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	for _, it := range s.desk.items {
		if it.ID == s.current().ID {
			it.EntName, it.Entitlement, it.Account = "", "", "acct-7"
		}
	}
	s.press("a", "S").see("One signature covers", "account acct-7")
	s.press("backspace").see("taken out: account acct-7 of")
}

func TestAfterAVerdictTheNextUndecidedComesByItself(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	first := s.current()
	s.press("a")
	if next := s.current(); next.ID == first.ID || next.State != review.ItemOpen {
		t.Fatalf("the cursor is on %s, %s", itemWords(next), next.State)
	}
	if s.draft(first.ID).Verdict != review.Keep {
		t.Fatal("nothing was staged on the first item")
	}
}

func TestWhenAnIdentityIsDoneTheNextOneComes(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter")
	before := s.current().Identity
	for range 12 {
		if it := s.current(); it.Identity != before {
			s.see(who(it.Name, it.Identity))
			return
		}
		keepAnyway(s)
	}
	t.Fatalf("still at %s", before)
}

// toPlainIdentity walks to an identity whose items can be kept without giving a reason.
func toPlainIdentity(s *session) {
	s.press("enter")
	for s.current().MaxSeverity.Rank() >= review.High.Rank() {
		s.press("]")
	}
}

// keepAnyway keeps the item under the cursor, with a reason where the policy wants one.
func keepAnyway(s *session) {
	s.press("a")
	if s.app.panel != nil {
		s.fill("checked with the manager")
	}
}

func TestAWholeReviewToTheSignOff(t *testing.T) {
	s := open(t, newFakeDesk(), sized(120, 40))
	s.press("enter")
	for range 100 {
		if s.app.top().(*walk).finish {
			break
		}
		keepAnyway(s)
	}
	s.see("6 left that you don't know or may not decide", "71 staged, not signed: S signs")
	s.press("S", "y").see("tickmark receipt")
	s.press("F").see("What you would sign", "I have decided my items as counted here.", "6 items left open", "How it was done")
	s.press("y").see("Signed")
	if s.desk.signoff["alice@corp.example"].IsZero() {
		t.Fatal("nothing was signed off")
	}
}

func TestHowItWasDoneIsForWhomItIsAbout(t *testing.T) {
	for owner, all := range map[review.Principal]bool{"alice@corp.example": true, "mona@corp.example": false} {
		d := newFakeDesk()
		d.owner = owner
		s := open(t, d)
		s.command("campaigns").press("F").see("How it was done", "alice@corp.example: 40 answered")
		if seen := strings.Contains(s.screen(), "somebody.else@corp.example: 7 answered"); seen != all {
			t.Errorf("of a campaign of %s the figures of others are shown: %t\n%s", owner, seen, s.screen())
		}
	}
}

func TestUndoGoesBackToTheItemAndRedoStagesItAgain(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("a", "u").see("undone: keep")
	if s.current().ID != it.ID {
		t.Fatalf("the cursor is on %s", itemWords(s.current()))
	}
	if s.draft(it.ID).Verdict != "" {
		t.Fatal("still staged")
	}
	s.press("ctrl+r").see("staged again: keep")
	if s.draft(it.ID).Verdict != review.Keep {
		t.Fatal("not staged again")
	}
	s.press("u", "u").see("nothing staged to undo")
}

func TestUndoLeadsToTheOtherIdentityItBelongsTo(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("a", "]")
	if s.current().Identity == it.Identity {
		t.Fatal("the next identity did not come")
	}
	s.press("u")
	if s.current().ID != it.ID {
		t.Fatalf("the cursor is on %s of %s", itemWords(s.current()), s.current().Identity)
	}
}

func TestABurstOfVerdictsStagesEachOnItsOwnItem(t *testing.T) {
	s := open(t, newFakeDesk())
	toPlainIdentity(s)
	person := s.current().Identity
	s.burst("a", "a", "a")
	for id, d := range s.desk.drafts {
		if d.Verdict != review.Keep || s.desk.byID[id].Identity != person {
			t.Errorf("%s was staged on %s", d.Verdict, itemWords(*s.desk.byID[id]))
		}
	}
	if len(s.desk.drafts) != 3 || s.desk.stages != 3 {
		t.Fatalf("%d verdicts on %d items", s.desk.stages, len(s.desk.drafts))
	}
}

func TestUndoNeverOvertakesTheVerdictItTakesBack(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	s.burst("a", "u")
	if len(s.desk.drafts) != 0 || s.desk.stages != 1 {
		t.Fatalf("%d staged after %d acts", len(s.desk.drafts), s.desk.stages)
	}
}

func TestARevokeNeedsAReason(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "x", "enter").see("Reason is needed")
	s.press("esc").dontSee("Reason is needed")
	if len(s.desk.drafts) != 0 {
		t.Fatal("something was staged")
	}
}

func TestARevokeCanNameAReplacementAndADay(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("x").typed("read access is enough").press("tab").see("Replace by", "Effective")
	s.press("enter").fill("FI_AP_DISPLAY").fill("30d")
	d := s.draft(it.ID)
	if d.Replace != "FI_AP_DISPLAY" || d.Effective != "2026-12-23" || d.Reason != "read access is enough" {
		t.Fatalf("%+v", d.Draft)
	}
}

func TestAnExceptionAsksFieldByField(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("e").see("Exception", "Until:", "Owner:", "Control:", "Reason:", "at most 365 days")
	s.fill("soon").see("write a day like 2027-01-31")
	s.press("ctrl+u").fill("2026-11-23").see("is not after today")
	s.press("ctrl+u").fill("5y").see("the policy allows at most 365 days")
	s.press("ctrl+u").typed("90d").see("Sun 21 Feb 2027").press("enter")
	s.fill("alice@corp.example").see("you cannot answer for an exception you grant")
	s.press("ctrl+u").fill("tom.lead@corp.example").fill("four-eyes check").fill("month-end closing")
	d := s.draft(it.ID)
	if d.Verdict != review.Except || d.Until != "2027-02-21" || d.Owner != "tom.lead@corp.example" || d.Control != "four-eyes check" {
		t.Fatalf("%+v", d.Draft)
	}
	s.press("k").see("exception staged")
}

func TestDontKnowLeavesTheItemUndecided(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("d").fill("I do not know this system; ask ines").see("9/86")
	if s.draft(it.ID).Verdict != review.Abstain {
		t.Fatal("not staged")
	}
}

func TestRepeatGivesTheLastVerdictWithItsReason(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	a := s.current()
	s.press("x").fill("left the team")
	b := s.current()
	s.press(".")
	if s.draft(a.ID).Reason != "left the team" || s.draft(b.ID).Reason != "left the team" || s.draft(b.ID).Verdict != review.Revoke {
		t.Fatalf("%+v", s.draft(b.ID))
	}
}

func TestEarlierReasonsComeBackWithUp(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "x").fill("left the team").press("x").fill("never used")
	it := s.current()
	s.press("x", "up", "up").see("left the team").press("enter")
	if s.draft(it.ID).Reason != "left the team" {
		t.Fatalf("%+v", s.draft(it.ID))
	}
}

func TestKeepingAHighFindingAsksWhy(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter")
	it := s.current()
	if it.MaxSeverity.Rank() < review.High.Rank() {
		t.Fatalf("the riskiest item does not come first: %s", it.MaxSeverity)
	}
	s.press("a").see("Keep in spite of a high finding").fill("vendor creation is being removed")
	if s.draft(it.ID).Reason != "vendor creation is being removed" {
		t.Fatalf("%+v", s.draft(it.ID))
	}
}

func TestNobodyDecidesOnTheirOwnAccess(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").fill("identity:alice").press("a").see("keep: it is your own access")
	s.press("x").see("revoke: it is your own access")
	if len(s.desk.drafts) != 0 || s.app.panel != nil {
		t.Fatal("something was begun")
	}
}

func TestWhatCannotBeRevokedHereSaysWhy(t *testing.T) {
	desk := newFakeDesk()
	for _, it := range desk.items {
		it.Irrevocable = "the group okta:everyone confers it"
	}
	s := open(t, desk)
	s.press("enter", "j", "x").see("revoke: the group okta:everyone confers it")
	if s.app.panel != nil {
		t.Fatal("a reason was asked for")
	}
}

func TestNothingIsPreselected(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter").dontSee("recommend", "suggest")
	s.press("j", "e").see("Until:")
	for _, l := range s.app.panel.(*form).lines {
		if l.value() != "" {
			t.Errorf("a field says %q before anything was typed", l.value())
		}
	}
}

func TestAVerdictOnTheWrongRowIsImpossibleAfterARefresh(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("list").press("/").fill("verdict:none identity:zoe")
	meant := s.current()
	// Another login of the same person decides the item under the cursor; a refresh takes its line away.
	desk.drafts[meant.ID] = review.Staged{Item: meant.ID, Draft: review.Draft{Verdict: review.Revoke, Reason: "elsewhere"}, By: desk.me, At: fakeNow}
	s.press("ctrl+l")
	other := s.current()
	if other.ID == meant.ID {
		t.Fatal("the line did not go away")
	}
	s.press("a").see("the line you were on is gone and another has taken its place")
	if _, staged := desk.drafts[other.ID]; staged {
		t.Fatalf("a verdict meant for %s went to %s", itemWords(meant), itemWords(other))
	}
	keepAnyway(s)
	if _, staged := desk.drafts[other.ID]; !staged {
		t.Fatal("having looked, the person cannot decide")
	}
}

func TestAFormKeepsItsTargetWhenTheListMovesBelow(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("j", "j")
	it := s.current()
	s.press("x").typed("left the team")
	l := s.app.top().(*list)
	s.run(l.g.Home()) // something below moves while the reason is typed
	s.press("enter")
	if s.draft(it.ID).Verdict != review.Revoke || len(s.desk.drafts) != 1 {
		t.Fatalf("staged: %v", s.desk.drafts)
	}
}

func TestNoVerdictWhileTheNextIdentityIsOnItsWay(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	s.hold("Card")
	s.press("]", "]", "a").see("one moment") // the first one was read ahead, the second one was not
	s.letGo("Card")
	if len(s.desk.drafts) != 0 {
		t.Fatalf("staged: %v", s.desk.drafts)
	}
}

func TestBulkShowsCountRiskAndWhatIsLeftOut(t *testing.T) {
	desk := newFakeDesk()
	desk.policy.BulkTypeCount = 100
	s := open(t, desk)
	s.command("list").press("*").see("all 86 items marked").press("a")
	s.see("Keep ", "of 86 items?", "Left out (9): it has a high finding and cannot be kept in bulk", "medium finding", "Staged, not signed")
	s.press("y").see("staged: keep on")
	for id, d := range desk.drafts {
		if !d.Bulk || desk.byID[id].MaxSeverity.Rank() >= review.High.Rank() {
			t.Errorf("%s: bulk %v", itemWords(*desk.byID[id]), d.Bulk)
		}
	}
	n := len(desk.drafts)
	s.press("u").see("undone")
	if len(desk.drafts) != 0 {
		t.Errorf("%d of %d are still staged after one undo", len(desk.drafts), n)
	}
}

func TestABigBulkActWantsItsCountTyped(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("*", "x").fill("the project is over")
	s.see("Type ", "and press Enter").press("y", "enter").see("that is not")
	if len(s.desk.drafts) != 0 {
		t.Fatal("staged without the count")
	}
	q := s.app.panel.(*questionPanel)
	s.fill(q.typed).see("staged: revoke on " + q.typed + " items")
}

func TestTheCountCannotBePasted(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("*", "x").fill("the project is over")
	s.app.paste(s.app.panel.(*questionPanel).typed)
	s.press("enter").see("that is not")
	if len(s.desk.drafts) != 0 {
		t.Fatal("staged")
	}
}

func TestMarksAndARangeAreDecidedTogether(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("list").press("/").fill("severity:none")
	s.press("space", "space", "v", "j", "j", "v").see("items marked")
	marked := s.app.top().(*list).g.Selection().IDs
	s.press("x").fill("cleanup").press("y")
	for _, id := range marked {
		if it := desk.byID[review.ItemID(id)]; it.Blocked == "" && s.draft(it.ID).Verdict != review.Revoke {
			t.Errorf("%s was marked and not staged", itemWords(*it))
		}
	}
}

func TestEscTakesMarksThenTheFilterThenTheScreen(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").fill("system:aws").press("space").see("1 item marked")
	s.press("esc").dontSee("marked").see("system:aws")
	s.press("esc").see("filter taken away").dontSee("system:aws")
	s.press("esc").see("Home")
}

func TestAFilterErrorPointsAtTheWord(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").fill("system:aws sevrity:high").see("severity")
	f := s.app.panel.(*form)
	if got := string(f.lines[0].text[f.lines[0].at:]); !strings.HasPrefix(got, "sevrity") {
		t.Fatalf("the cursor stands before %q", got)
	}
}

func TestTheWrongWordOfAFilterIsMarkedOnTheScreen(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").fill("system:aws sevrity:high").see("did you mean severity:?")
	lines := strings.Split(s.screen(), "\n")
	for i, line := range lines {
		if at := strings.Index(line, "sevrity:high"); at >= 0 && strings.Contains(line, "Show:") {
			if strings.Index(lines[i+1], "^^^^^^^") != len([]rune(line[:at])) || strings.Count(lines[i+1], "^") != len("sevrity") {
				t.Fatalf("the mark is not below the word:\n%s\n%s", line, lines[i+1])
			}
			s.press("s").dontSee("^^^^", "did you mean")
			return
		}
	}
	t.Fatal("the filter is not on the screen")
}

func TestAllKeysOfWalkAreNamedAtItsFoot(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j").see("a keep", "x revoke", "e exception", "d don't know", "u undo", "S sign", "n next open", "enter all facts",
		"] next identity", "[ previous", ": screens", "? help", "q back", "7 items, 5 in sight")
	s.resize(60, 15).see("a keep", "x revoke", "e exception", "? help", "q back")
	s.press("d").fill("ask the owner").press("k").see("staged, not signed: S signs")
}

func TestTheFirstVerdictMovesNoColumn(t *testing.T) {
	s := open(t, newFakeDesk())
	toPlainIdentity(s)
	header := func() string {
		for line := range strings.SplitSeq(s.screen(), "\n") {
			if strings.Contains(line, "Verdict") && strings.Contains(line, "Entitlement") {
				return line
			}
		}
		return ""
	}
	before := header()
	stands := func(after string) {
		t.Helper()
		if now := header(); now != before || before == "" {
			t.Fatalf("the columns have moved after %s:\n%s\n%s", after, before, now)
		}
	}
	s.press("x").fill("left the team").see("revoke staged")
	stands("a revoke")
	s.press("d").fill("ask the owner").see("don't know staged")
	stands("a don't know")
	s.press("e").fill("90d").fill("ines@corp.example").fill("weekly log review").fill("migration").see("exception staged")
	stands("an exception")
}

func TestHomeSaysEverythingOnce(t *testing.T) {
	desk := newFakeDesk()
	desk.blocking = []review.Notice{{Code: "exceptions-expired", Text: "1 exception is expired and not closed"}, {Code: "came-back", Text: "1 revoked access came back"},
		{Code: "overdue", Text: "1 revoke is overdue"}, {Code: "late", Text: "q4-2026: bob is late with 3 of 9 items"}}
	s := open(t, desk)
	s.see("expired", "came back", "1 revoke is overdue", "bob is late").dontSee("expired and not closed", "revoked access came back")
	for !strings.Contains(s.screen(), "▸ ▲ 1 revoke is overdue") {
		before := s.screen()
		if s.press("j").screen() == before {
			t.Fatal("the line of what is overdue leads nowhere")
		}
	}
	s.press("enter").see("Remediation", "overdue:yes")
}

func TestAStatusLineNeverEndsInTheMiddleOfASentence(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "x").fill("left the team")
	for w := 60; w <= 100; w += 5 {
		s.resize(w, 24)
		lines := strings.Split(s.screen(), "\n")
		for _, line := range lines[len(lines)-4:] {
			if strings.Contains(line, "staged") && strings.HasSuffix(line, "…") {
				t.Errorf("%d cells: %s", w, line)
			}
		}
	}
	for _, name := range screenNames() {
		s := open(t, newFakeDesk(), sized(60, 15))
		s.command(name)
		lines := strings.Split(s.screen(), "\n")
		if status := lines[13]; strings.HasSuffix(status, "…") {
			t.Errorf("%s: %s", name, status)
		}
	}
}

func TestALongNoteIsReadInFull(t *testing.T) {
	note := "no agent was forwarded: you can look and decide, but not sign (log in with ssh -A, or sign elsewhere with tickmark sign --detached)"
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Notice = note }))
	if got := strings.Join(strings.Fields(s.screen()), " "); !strings.Contains(got, note) {
		t.Fatalf("the note is cut:\n%s", s.screen())
	}
	s.resize(60, 15)
	if got := strings.Join(strings.Fields(s.screen()), " "); !strings.Contains(got, note) {
		t.Fatalf("the note is cut:\n%s", s.screen())
	}
	s.resize(40, 10).press("j").dontSee("no agent")
}

func TestFollowUpListsNamePeopleAndAccess(t *testing.T) {
	s := open(t, newFakeDesk(), sized(120, 30))
	e, r := s.desk.exceptions[0], s.desk.remediations[0]
	e.Entitlement, r.Entitlement = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
	s.desk.exceptions[0], s.desk.remediations[0] = e, r
	s.command("exceptions").see(e.EntName).dontSee("8e3af")
	s.press("w").see("Renew", e.EntName+" of "+who(e.Name, e.Identity)).press("esc")
	s.command("remediation").see(r.EntName).dontSee("b2498")
}

func TestTheFilterCompletes(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").typed("kind:human finding:o").see("tab: finding:owner-gone").press("tab", "enter").see("kind:human finding:owner-gone")
	s = open(t, newFakeDesk())
	s.command("list").press("/").typed("sev").see("tab: severity:").press("tab").typed("hi").press("tab", "enter").see("severity:high")
}

func TestAFilterIsKeptUnderAName(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("list").press("/").fill("severity:high -verdict:keep").command("save risky").see("saved; type @risky")
	again := open(t, desk)
	again.command("list").press("/").fill("@risky").see("severity:high -verdict:keep")
}

func TestSortingByTwoColumns(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("s").see("Sort by", "Entitlement").press("j", "j", "enter")
	s.press("s").see("first, ascending").press("k", "+", "esc") // the list of columns opens at the one sorted by
	l := s.app.top().(*list).g.Layout()
	if len(l.Order) != 2 || l.Order[0].Column != "entitlement" || l.Order[1].Column != "name" {
		t.Fatalf("%v", l.Order)
	}
	rows, _, _ := s.app.top().(*list).g.Rows()
	for i := 1; i < len(rows); i++ {
		x, y := rows[i-1].Data.(review.Item), rows[i].Data.(review.Item)
		if x.EntName > y.EntName || x.EntName == y.EntName && x.Name > y.Name {
			t.Fatalf("%s, %s comes before %s, %s", x.EntName, x.Name, y.EntName, y.Name)
		}
	}
}

func TestColumnsAreHiddenMovedAndKeptForTheNextTime(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk, sized(160, 40))
	s.command("list").see("Resource").press("c", "j", "j", "j", "space", "esc").dontSee("Resource")
	again := open(t, desk, sized(160, 40))
	again.command("list").dontSee("Resource").see("Entitlement")
}

func TestGroupsLeadToTheirItems(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("o").see("by identity", "groups").press("o").see("by entitlement").press("o").see("by system", "AWS 1111")
	s.press("enter").see("filter", "system:=")
	rows, _, _ := s.app.top().(*list).g.Rows()
	for _, r := range rows[1:] {
		if r.Data.(review.Item).System != rows[0].Data.(review.Item).System {
			t.Fatal("items of more than one system")
		}
	}
	s.press("esc").see("by system")
}

func TestFindingsLeadToTheirItems(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("findings").see("leaver", "The person has left, the access has not", "serves", "soc2:CC6.2", "6 rules").press("enter").see("finding:leaver", "Bob Gone")
}

func TestTheItemScreenTellsEverything(t *testing.T) {
	s := open(t, newFakeDesk(), sized(120, 60))
	s.press("enter", "enter").see("Item", "Access", "Who", "Findings", "Earlier decisions", "Who decides", "Where it comes from",
		"What a signature would state", "tickmark/facts v1", "line ")
	it := s.current()
	s.press("x").fill("no longer needed").see("revoke staged")
	if d := s.draft(it.ID); !d.Opened {
		t.Fatal("the record would say that nobody looked")
	}
}

func TestTheItemScreenSaysTheKindASignatureStatesAndNamesAnIdentityOnce(t *testing.T) {
	desk := newFakeDesk()
	for _, it := range desk.items {
		it.Kind = "token"
	}
	for key, person := range desk.people {
		person.DisplayName = person.Key
		desk.people[key] = person
	}
	s := open(t, desk, sized(120, 60))
	s.press("enter", "enter").see("; a signature states token")
	key := s.current().Identity
	s.see("identity     " + key).dontSee(key + "  " + key)

	s = open(t, newFakeDesk(), sized(120, 60))
	s.press("enter", "enter").see("kind  ").dontSee("a signature states")
}

func TestAnItemDecidedFromAListIsNotCalledOpened(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("/").fill("severity:none verdict:none -identity:alice")
	it := s.current()
	s.press("a")
	if d := s.draft(it.ID); d.Verdict != review.Keep || d.Opened {
		t.Fatalf("%+v", d.Draft)
	}
}

func TestQuittingWithStagedVerdictsAsks(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "q", "q").see("Leave with 1 staged act unsigned?", "nothing is lost")
	s.press("esc")
	if s.quit {
		t.Fatal("left")
	}
	s.press("q").press("S").see("Confirm").press("q", "q", "y")
	if !s.quit || len(s.desk.drafts) != 1 {
		t.Fatalf("left: %v, staged: %d", s.quit, len(s.desk.drafts))
	}
}

func TestQuittingWithNothingStagedJustLeaves(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("q")
	if !s.quit {
		t.Fatal("still here")
	}
}

func TestLeavingWaitsForTheVerdictThatWasJustGiven(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	s.hold("Stage")
	s.press("a", "ctrl+c")
	if s.quit {
		t.Fatal("left before the verdict was stored")
	}
	s.letGo("Stage")
	s.see("Leave with 1 staged act unsigned?")
}

func TestConfirmIsNotAnsweredByTheKeysThatOpenedIt(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a")
	s.burst("S", "y")
	if len(s.desk.drafts) != 1 {
		t.Fatal("a burst of S and y signed")
	}
	s.see("Confirm").press("y").see("tickmark receipt")
}

func TestAQuestionIsNotAnsweredByABurst(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "q")
	s.burst("q", "y")
	if s.quit {
		t.Fatal("left")
	}
	s.press("y")
	if !s.quit {
		t.Fatal("the answer was not taken")
	}
}

func TestConfirmKeysDifferFromTheKeysThatOpen(t *testing.T) {
	a := newApp(t.Context(), Options{Desk: newFakeDesk(), Keys: map[string][]string{"quit": {"y"}, "copy": {"Y"}}})
	for _, b := range Bindings() {
		for _, k := range a.keys.bindings[b.action].Keys {
			if b.Action != "confirm" && a.confirmKey(b.action) == k {
				t.Errorf("%s opens and confirms with %s", b.Action, k)
			}
		}
	}
}

func TestWaitingForTheKeyCanBeCancelled(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "S")
	s.hold("ConfirmShown")
	s.press("y").see("Waiting for the key", "Your agent may ask you to confirm", "esc cancels")
	s.press("a", "x", ":").see("Waiting for the key")
	s.press("esc").collect().see("Cancelled. Nothing was signed")
	if len(s.desk.drafts) != 1 {
		t.Fatal("the verdict is gone")
	}
	s.free("ConfirmShown")
	s.press("y").see("tickmark receipt")
}

func TestTheKeyThatSignedInTheMomentOfCancellingStillGivesItsReceipt(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "S")
	s.hold("ConfirmShown")
	s.press("y")
	s.free("ConfirmShown")   // the key signs
	signed := <-s.pending[0] // it has signed, and its answer is on the way
	s.pending[0] <- signed
	s.press("esc").collect()
	s.see("tickmark receipt")
}

func TestAPassphraseIsMaskedAndAWrongOneChangesNothing(t *testing.T) {
	desk := newFakeDesk()
	desk.keys[0].Passphrase, desk.keys[0].Via, desk.keys[0].Prompt = true, "key-file", ""
	s := open(t, desk)
	s.press("enter", "j", "j", "a", "S").see("its passphrase is asked here")
	s.press("y").see("Passphrase of your key").typed("wrong").dontSee("wrong").press("enter").see("the passphrase is wrong")
	if len(desk.drafts) != 1 {
		t.Fatal("the verdict is gone")
	}
	s.press("y").fill("correct horse").see("tickmark receipt").dontSee("correct horse")
}

func TestWithoutAKeyConfirmSaysWhyAndDoesNotSign(t *testing.T) {
	desk := newFakeDesk()
	desk.keys[0].Problem = "it is not on the roster under review.v1@tickmark"
	s := open(t, desk)
	s.press("enter", "j", "j", "a", "S").see("it is not on the roster").press("y").see("sign now: it is not on the roster")
	if len(desk.drafts) != 1 {
		t.Fatal("signed")
	}
}

func TestOneRecordIsTakenOutBeforeSigning(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a", "a", "S").see("2 decisions").press("backspace").see("taken out", "1 decision")
	if len(s.desk.drafts) != 1 {
		t.Fatalf("%d staged", len(s.desk.drafts))
	}
}

func TestConfirmSaysWhatLooksHasty(t *testing.T) {
	desk := newFakeDesk()
	desk.policy.BulkTypeCount = 100
	s := open(t, desk)
	s.command("list").press("/").fill("severity:none").press("*", "a", "y", "S").see("were given in bulk", "in bulk")
}

func TestSeveralBundlesAreSignedTogetherOrOneByOne(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j", "a").command("exceptions").press("w").fill("60d").press("enter", "enter").fill("still closing the books")
	s.see("renewed").press("S").see("2 signatures cover", "all 2 bundles", "decision", "exception change")
	s.press("right").see("bundle 1 of 2", "One signature covers").press("y").see("tickmark receipt")
	if len(s.desk.drafts) != 0 || len(s.desk.closures) != 1 {
		t.Fatalf("%d verdicts and %d closures are staged", len(s.desk.drafts), len(s.desk.closures))
	}
	s.press("S").see("One signature covers", "exception change").press("y").see("tickmark receipt")
}

func TestAManagerRenewsAnExceptionAndSigns(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("exceptions").see("3 exceptions", "expired", "9 days over", "month-end closing needs it")
	s.press("w").see("Renew", "Until:").fill("60d")
	s.press("enter", "enter").fill("closing until February").see("staged: 1 exception, renewed")
	s.press("S").see("renewed 1").press("y").see("tickmark receipt").press("esc")
	if e := desk.exceptions[0]; e.State != review.ExceptionActive || e.Renewals != 1 || e.Until != "2027-01-22" {
		t.Fatalf("%+v", e)
	}
	s.see("active")
}

func TestAManagerClosesAnExceptionWithProof(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("exceptions").press("x").see("Close", "Outcome:", "remediated").press("enter", "enter").fill("/tmp/change.pdf").see("Keep file:", "at most 16 MiB").press("y", "enter").fill("role was split")
	if got := desk.asked; len(got) != 1 || got[0].EvidenceName != "/tmp/change.pdf" || !got[0].KeepEvidence {
		t.Fatalf("%+v", got)
	}
	s.press("S").see("remediated 1").press("y")
	if e := desk.exceptions[0]; e.State != review.Closed || e.Outcome != "remediated" {
		t.Fatalf("%+v", e)
	}
}

// Evidence is behind tab, for a new exception and for a renewal; its file is kept only if that is chosen.
func TestAnExceptionCanNameItsEvidence(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	it := s.current()
	s.press("e").fill("90d").fill("tom.lead@corp.example").fill("four-eyes check").typed("month-end closing").press("tab").see("Evidence:").dontSee("Keep file:").press("enter")
	s.typed("import 12").press("enter").see("name a file").press("ctrl+u").typed("control.pdf").see("Keep file:").press("enter", "enter")
	if d := s.draft(it.ID); d.EvidenceName != "control.pdf" || d.KeepEvidence {
		t.Fatalf("%+v", d.Draft)
	}
	desk := newFakeDesk()
	s = open(t, desk)
	s.command("exceptions").press("w").fill("60d").press("enter", "enter").typed("closing until February").press("tab", "enter")
	s.fill("control.pdf").press("y", "enter").see("staged: 1 exception, renewed")
	if got := desk.asked; len(got) != 1 || got[0].EvidenceName != "control.pdf" || !got[0].KeepEvidence {
		t.Fatalf("%+v", got)
	}
}

func TestAnExceptionIsWithdrawnWithAReasonAlone(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("exceptions").press("x", "right", "enter").see("Reason:").dontSee("Evidence:").fill("not needed any more")
	s.press("S", "y")
	if e := desk.exceptions[0]; e.Outcome != "withdrawn" {
		t.Fatalf("%+v", e)
	}
	s.press("esc", "esc").command("exceptions").press("x").fill("")
}

// What the desk refuses of a manager's act is still typed, with the reason beside it, and goes through once it is mended.
func TestARefusedActComesBackAsItWasTyped(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	refuse := true
	desk.hook = func(_ context.Context, call string) error {
		if refuse && (call == "StageClosure" || call == "StageClaim" || call == "Approve") {
			return review.Errorf(review.KindUsage, "every renewal needs a reason of its own").WithHint("say what has changed since the last one")
		}
		return nil
	}
	s.command("exceptions").press("w").fill("60d").press("enter", "enter").fill("closing until February").
		see("Renew", "Until: ", "60d", "closing until February", "every renewal needs a reason of its own. Say what has changed")
	refuse = false
	s.typed(", as agreed on Monday").press("enter").see("staged: 1 exception, renewed")
	if got := desk.asked; len(got) != 1 || got[0].Reason != "closing until February, as agreed on Monday" {
		t.Fatalf("%+v", got)
	}
	refuse = true
	s.press("x", "right", "enter").fill("project over").see("Close", "withdrawn", "project over", "needs a reason of its own").press("esc").dontSee("project over")
	s.command("remediation").press("t").fill("CHG-9").press("enter").press("enter").see("Claim done", "CHG-9", "needs a reason of its own")
	refuse = false
	s.press("enter").see("staged: 1 revoke, claimed done")
}

// The ways to end an exception are explained where one is chosen.
func TestTheWaysToCloseAreExplained(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("exceptions").press("x").see("remediated cured: an import that shows it gone proves it", "withdrawn  it ends without being cured").dontSee("superseded")
}

// The facts of the line in hand take what the table above leaves free.
func TestFactsTakeTheLinesTheTableLeaves(t *testing.T) {
	desk := newFakeDesk()
	e := &desk.exceptions[0]
	for i := range 8 {
		e.History = append(e.History, review.ClosureRecord{Outcome: "renewed", Until: "2026-12-31", Manager: "m@corp.example", Reason: fmt.Sprintf("renewal number %d", i)})
	}
	open(t, desk).command("exceptions").see("renewal number 0", "renewal number 4")
}

func TestAManagerApprovesWhatIsProposed(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("exceptions").press("a").see("only an exception that waits for a second person can be approved")
	for i := range desk.exceptions {
		e := &desk.exceptions[i]
		e.State, e.Approver, e.Approval, e.ApprovalBy = review.Proposed, "", "sha256:"+review.ItemID(strings.Repeat("a", 63)+string(rune('a'+i))), "alice@corp.example"
	}
	s.press("ctrl+l").see("proposed")
	s.press("a").see("Approve", "until 2026-11-14").fill("control seen").see("staged: 1 exception, approved").see("approved, not signed")
	s.press("*", "a").see("3 exceptions").fill("").see("staged: 3 exceptions, approved")
	s.press("S").see("4 staged acts").press("y").see("tickmark receipt")
	for _, e := range desk.exceptions {
		if e.State != review.ExceptionActive || e.Approver == "" {
			t.Fatalf("%+v", e)
		}
	}
}

// What is marked counts to the last line, also far from the screen, and one undo takes all of it back.
func TestAllExceptionsAreAllOfThem(t *testing.T) {
	desk := newFakeDesk()
	one := desk.exceptions[2]
	desk.exceptions = nil
	for i := range 3000 {
		e := one
		e.ID = review.EntryIndex(100 + i)
		desk.exceptions = append(desk.exceptions, e)
	}
	s := open(t, desk)
	s.command("exceptions").see("3,000 exceptions").press("*", "x", "right", "enter").fill("project over").see("staged: 3,000 exceptions, withdrawn")
	s = open(t, newFakeDeskWith(desk.exceptions))
	s.command("exceptions").press("v", "G", "v", "x", "right", "enter").fill("project over").see("staged: 3,000 exceptions, withdrawn")
}

func newFakeDeskWith(es []review.Exception) *fakeDesk {
	d := newFakeDesk()
	d.exceptions = slices.Clone(es)
	return d
}

func TestWhatSupersededAnExceptionClosesIt(t *testing.T) {
	desk := newFakeDesk()
	desk.exceptions[0].Superseded = 77
	s := open(t, desk, sized(200, 50))
	s.command("exceptions").see("by entry 77 of a later campaign")
	s.press("x").see("superseded").press("enter").see("Reason:").dontSee("Evidence:").fill("decided anew").see("staged: 1 exception, superseded")
}

func TestAnImportIsTheProofThatAnExceptionIsCured(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk, with(func(o *Options) { o.Remote = true }))
	s.command("exceptions").press("x", "enter", "enter").fill("import 12").fill("role removed").see("staged: 1 exception, remediated")
	if got := desk.asked; len(got) != 1 || got[0].Import != 12 || got[0].EvidenceName != "" {
		t.Fatalf("%+v", got)
	}
}

func TestOutcomesAreMeasuredByCampaignSourceAndOwner(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("remediation").press("f").see("Outcomes", "everything", "2026q3", "aws", "100%", "nobody", "dan@corp.example")
	s.press("j", "j", "j", "enter").see("Remediation", "source:=erp")
}

func TestHomeLeadsToEventReviewsAndUnsignedChanges(t *testing.T) {
	desk := newFakeDesk()
	desk.blocking = []review.Notice{{Code: "unsigned-acts", Text: "2 changes of exceptions and revokes not signed"}}
	desk.drafted = []review.Campaign{{Name: "event-2026-11-23", Title: "Leavers and movers in hr.csv", State: review.DraftState}}
	s := open(t, desk)
	s.see("2 changes of exceptions and revokes not signed", "Leavers and movers in hr.csv  event-2026-11-23, drafted and not launched")
	s.press("j", "enter").see("Campaigns", "Leavers and mov")
}

func TestOverSSHEvidenceIsGivenByItsDigest(t *testing.T) {
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Remote = true }))
	s.command("exceptions").press("x", "enter", "enter").fill("/tmp/change.pdf").see("files of your computer cannot be reached")
	s.press("ctrl+u").fill(strings.Repeat("ab", 32)).fill("done").see("staged: 1 exception")
}

func TestExceptionsAreFilteredByTheSameLanguage(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("exceptions").press("/").fill("state:expired").see("1 exception matching", "filter state:expired")
	s.press("esc").see("3 exceptions")
}

func TestHomeLeadsToWhatNeedsYou(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("j", "enter").see("Exceptions", "state:expired").press("esc").press("j", "j", "enter").see("Remediation", "state:came-back")
}

func TestARevokeIsClaimedAndStaysAClaim(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("remediation").see("4 revokes", "came back", "36 of 40 revokes shown gone").press("j", "t")
	s.see("Claim done", "this is a claim, the next import shows whether it is so").fill("OPS-77").press("enter").fill("by hand")
	s.press("S", "y")
	if r := desk.remediations[1]; r.State != review.ClaimedDone || r.Ticket != "OPS-77" {
		t.Fatalf("%+v", r)
	}
	s.press("esc").press("G", "t").see("an import has already shown it gone")
}

func TestAnImportIsReadFirstAndStoredAfterwards(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").see("3 imports").press("i").fill("/tmp/export.csv")
	s.see("What it would become", "1,201 rows read", "1 rejected", "How columns were understood", "identity", "user", "jdoe | tlead | zoe", "y imports it")
	if len(desk.imports) != 3 {
		t.Fatal("stored before it was confirmed")
	}
	s.press("y").see("Imported", "import 4", "3 gone, 1 still present")
	if len(desk.imports) != 4 {
		t.Fatal("not stored")
	}
}

func TestTheMappingIsCorrectedBeforeTheImport(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").press("i").fill("/tmp/export.csv").see("identity").press("enter").see("Column for identity", "columns: user, email, role, last used")
	s.press("ctrl+u").fill("mail").see("did you mean email?")
	s.press("ctrl+u").fill("email").see("identity         email")
	s.press("y")
	if m := desk.imports[3].Mapping; len(m) != 2 || m[1] != (review.Assign{Name: "identity", Value: "email"}) {
		t.Fatalf("%v", m)
	}
}

func TestAFileNobodyUnderstandsIsMappedByHand(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").press("i").fill("/tmp/foreign.csv").see("Refused", "say below which column is which", "identity", "no column yet: who has the access")
	s.press("y").see("the file was refused")
	s.press("enter").see("Column for identity").fill("email").see("What it would become", "identity         email", "entitlement      no column yet")
	s.press("down", "down", "enter").fill("departmen").see("did you mean department?").press("ctrl+u").typed("entitlem").press("tab", "enter").fill("role").see("entitlement      role", "files with the same header are read like this")
	s.press("y")
	if m := desk.imports[3].Mapping; len(m) != 2 {
		t.Fatalf("%v", m)
	}
	if want := string(desk.imports[3].Source) + "-00112233"; desk.profile != want {
		t.Fatalf("the columns are kept as %q, not as %q", desk.profile, want)
	}
}

// A file that a person has to say something about is imported without the command line, and its review opened.
func TestAFileIsSaidToBeWhatItIsOnTheScreenAndReviewed(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk, with(func(o *Options) {
		o.Export, o.Formats = "/tmp/collaborators.json", []string{"github-collaborators", "okta-users"}
		o.ExportReview = func(_ context.Context, r review.ImportReport) (review.CampaignID, error) {
			desk.drafted = []review.Campaign{{Name: "adhoc", State: review.DraftState}}
			return "adhoc", nil
		}
	}))
	s.see("Refused", "say it with the line Resource (OWNER/REPO)", "Say it here", "Resource         not said yet").dontSee("--resource", "Time zone")
	s.press("y").see("the file was refused").press("enter").see("Resource of this file").fill("acme/vault").see("What it would become", "Resource         acme/vault")

	// Everything else that import can be told is behind one line.
	s.press("G", "enter").press("G").see("Expected").press("up", "up", "up", "up", "enter").see("Exported at of this file").fill("yesterday").see("write 2026-11-20").press("ctrl+u").fill("2026-11-20")
	s.press("down", "enter").fill("Dana").press("G", "up", "enter").see("Complete of this file").press("right", "enter").press("G", "enter").fill("users=3").see("is not a control total").
		press("ctrl+u").fill("rows=9").press("g").see("rows: 9 declared, 1,201 found")
	s.to("down", "▸ Format")
	s.press("enter").fill("okta-user").see("did you mean okta-users?").press("ctrl+u").typed("okt").press("tab", "enter")
	s.to("down", "▸ Accounts")
	s.press("enter", "right", "enter").see("each account too").press("up", "enter").fill("klingon").see("Encoding klingon is not an encoding").press("enter", "ctrl+u").fill("cp850")
	s.press("y").see("Imported", "enter goes on to its review").press("enter").see("launch adhoc", "What would be frozen")
	want := review.ImportOptions{As: "okta-users", Resource: "acme/vault", Encoding: "cp850", ExportedAt: "2026-11-20", ExportedBy: "Dana", Completeness: review.Full,
		Expect: []review.ControlTotal{{Name: "rows", Declared: 9}}, ReviewAccounts: true}
	if diff := cmp.Diff(want, desk.meant); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// What --map, --const, --split and a wide matrix are on the command line, the lines of the columns are here.
func TestColumnsAreSplitFixedAndMadeEntitlements(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").press("i").fill("/tmp/foreign.csv").press("enter").fill("email").see("identity         email")
	s.press("down", "enter").fill("role").press("enter", "tab", "down").fill("|").see("split            role at |")
	s.to("down", "▸ split")
	s.press("enter").see("Where cells of role are parted").press("ctrl+u").fill(";").see("role at ;").press("down", "enter").fill("system").fill("").fill("erp").see("system           erp   on every row")
	want := review.ImportOptions{DryRun: true, Map: []review.Assign{{Name: "identity", Value: "email"}, {Name: "entitlement", Value: "role"}},
		Split: []review.Assign{{Name: "role", Value: ";"}}, Const: []review.Assign{{Name: "system", Value: "erp"}}}
	if diff := cmp.Diff(want, desk.meant); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	s.to("up", "▸ entitlement")
	s.press("enter", "ctrl+u").fill("*").see("every other column is one")
	if want := (review.Assign{Name: "entitlement", Value: "*"}); !slices.Contains(desk.meant.Map, want) {
		t.Fatalf("%v", desk.meant.Map)
	}
	s.press("up", "enter", "ctrl+u").fill("*").see("there is no such column")
}

// Control totals are written down before anybody sees what the file holds.
func TestControlTotalsAreAskedForWithTheFile(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").press("i").typed("/tmp/export.csv").press("tab", "up", "up").press("shift+tab").see("Expected:")
	s.to("tab", "▸ Expected:")
	s.fill("rows=1201").see("rows: 1,201 declared, 1,201 found")
}

// Warnings are said once, and all of them, where everything of an import is shown.
func TestWarningsOfAnImportAreSaidOnce(t *testing.T) {
	desk := newFakeDesk()
	for i := range 6 {
		desk.imports[2].Warnings = append(desk.imports[2].Warnings, review.Warning{Keyword: fmt.Sprintf("keyword-%d", i)})
	}
	s := open(t, desk, sized(100, 60))
	s.command("imports").press("G", "enter").see("keyword-5")
	if n := strings.Count(s.screen(), "keyword-0"); n != 1 {
		t.Fatalf("said %d times\n%s", n, s.screen())
	}
}

func TestAFileThatCannotBeReadSaysSo(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("imports").press("i").fill("/tmp/missing.csv").see("cannot be opened", "Check the path.").press("y").see("the file was refused")
}

func TestALongImportShowsProgressAndIsCancelled(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.hold("ImportFile")
	s.command("imports").press("i").fill("/tmp/export.csv").see("Reading", "50%", "600 rows", "esc cancels")
	s.press("esc").see("3 imports")
}

// An import that was cancelled was not refused: the file can be imported all the same.
func TestACancelledImportCanBeMadeAgain(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("imports").press("i").fill("/tmp/export.csv").see("What it would become")
	desk.stopped = true
	s.press("y").see("cancelled; nothing was stored", "What it would become", "y import it").dontSee("Refused")
	desk.stopped = false
	s.press("y").see("Imported")
}

func TestRejectsAndDifferencesOfAnImport(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("imports").press("G").see("+12 −4 ~1", "completeness-unknown")
	s.press("r").see("rejected rows of import 3", "bad-value", "2 rejects").press("esc")
	s.press("=").see("import 3 against 2", "added", "removed", "Super administrators").press("esc")
	s.press("enter").see("SHA-256", "okta-acme-export.csv")
}

func TestOverSSHNoFileOfTheServerIsOffered(t *testing.T) {
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Remote = true }))
	s.command("imports").press("i").see("files of your computer cannot be reached from here")
	if s.app.panel != nil {
		t.Fatal("a path was asked for")
	}
}

func TestACampaignIsDraftedGuardedAndLaunched(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.command("campaigns").press("+").see("Draft a campaign", "Name:").fill("Q1 2027").see("small letters, digits")
	s.press("ctrl+u").fill("q1-2027").fill("First quarter").press("enter").fill("").see("drafted q1-2027")
	s.press("L").see("What would be frozen", "90 items", "15 identities", "Left out", "disabled accounts", "okta-acme does not say that it is complete", "freezes the population")
	s.press("y").see("The campaign runs", "tickmark receipt")
	if desk.drafted[0].State != review.ActiveState {
		t.Fatal("not launched")
	}
}

func TestADraftIsChangedAndWhatStandsInTheWaySaidToBeMeant(t *testing.T) {
	desk := newFakeDesk()
	desk.blocks = []review.Notice{{Code: review.BlockEmptySource, Text: "k8s holds no grant in import 3", Hint: "import a whole export", Import: 3}}
	s := open(t, desk, sized(120, 60))
	s.command("campaigns").press("+").fill("q1-2027").fill("First quarter").press("enter").fill("").see("drafted q1-2027")

	// Changed, it keeps what is not touched; its name is not asked for.
	s.press("e").see("Change the draft q1-2027", "Title:").press("ctrl+u").fill("Quarter one").press("enter", "enter").see("Scope:").fill("system:erp")
	for range 9 {
		s.press("enter")
	}
	s.see("changed q1-2027", "Quarter one")
	if desk.spec.Scope != "system:erp" || len(desk.spec.Reviewers) != 1 || desk.spec.ID != "q1-2027" {
		t.Fatalf("%+v", desk.spec)
	}

	// What stands in the way keeps the launch back until it is said to be meant, with another key than the one that asks.
	s.press("L").see("In the way", "k8s holds no grant in import 3", "m says here that it is meant", "3 grants of people who left", "1 not known to be complete")
	s.press("y").see("k8s holds no grant")
	if desk.drafted[0].State != review.DraftState {
		t.Fatal("launched all the same")
	}
	s.press("m").see("Is that meant?", "k8s holds no grant in import 3").press("m").see("Is that meant?").press("y").dontSee("In the way")
	s.press("y").see("The campaign runs")

	// What cannot be meant is not offered.
	desk.blocks = []review.Notice{{Code: review.BlockNoSource, Text: "no import holds a grant"}}
	s.command("campaigns").press("+").fill("q2-2027").fill("Second quarter").press("enter").fill("").see("drafted q2-2027")
	s.press("L").see("In the way", "no import holds a grant").dontSee("says here that it is meant").press("m").dontSee("Is that meant?")
}

func TestEverythingUndecidedIsReassignedAtOnce(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	q := review.Query{Campaign: fakeCampaign, Reviewer: desk.me, Filter: "verdict:none,abstain"}
	left, err := desk.Count(t.Context(), q)
	if err != nil || left < 2 {
		t.Fatal(left, err)
	}
	s.command("list").press("*", "r").see("Reassign").fill("sven@corp.example").fill("").fill("on leave").see(fmt.Sprintf("staged: %d items to sven@corp.example", left))
	if len(desk.closures) != int(left) {
		t.Errorf("%d of %d staged", len(desk.closures), left)
	}
}

func TestCoverageSaysWhatIsMissing(t *testing.T) {
	s := open(t, newFakeDesk(), sized(160, 50))
	s.command("coverage").see("Sources and periods", "✗ missing", "13 of 20 covered").press("j", "j", "j", "j", "j", "j", "j", "j").see("no campaign covers it").press("/").see("From:", "To:")
}

func TestTheLedgerIsReadToItsFirstEntry(t *testing.T) {
	desk := newFakeDesk()
	for i := range 600 {
		desk.entries = append(desk.entries, review.LedgerEntry{Index: review.EntryIndex(len(desk.entries)), Kind: "import", Summary: fmt.Sprintf("number %d", i), Signer: desk.me})
	}
	s := open(t, desk)
	s.command("ledger").see("606 entries", "number 599").press("G").see("open").press("enter")
	s.see("Text, as it is hashed and signed", "tickmark/open v1")
	s.press("esc", "g").see("number 599")
}

func TestThePaletteOpensEveryScreenByName(t *testing.T) {
	s := open(t, newFakeDesk())
	for _, name := range screenNames() {
		s.command(name)
		if got := s.app.top().name(); got != name {
			t.Errorf(":%s opened %s", name, got)
		}
		s.see("tickmark " + strings.ToUpper(name[:1]) + name[1:])
	}
	s.command("liist").see("did you mean list?")
	open(t, newFakeDesk()).press(":").typed("zzz").see("nothing is called that; ? lists the keys")
}

func TestGoingBackAndForthDoesNotPileScreensUp(t *testing.T) {
	s := open(t, newFakeDesk())
	for range 5 {
		s.command("list").command("walk").command("findings")
	}
	if n := len(s.app.screens); n != 4 {
		t.Fatalf("%d screens are open", n)
	}
}

func TestHelpListsTheKeysOfTheScreenAndWhyTheyAreBlocked(t *testing.T) {
	s := open(t, newFakeDesk(), sized(140, 140))
	s.press("enter", "?").see("On walk", "keep the access as it is", "backspace", "(not now: nothing is staged on this item)", "Everywhere", "Signs", "came back")
	s.press("?").see("Walk")
}

func TestWhatGoesOnBelowTheScreenIsSaidAtOnce(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("?").see("Help", "lines 1 to 21 of", "ctrl+d goes on")
	s = open(t, newFakeDesk(), sized(80, 15))
	s.command("campaigns").press("+").fill("q1-2027").fill("First quarter").press("enter").fill("").press("L")
	s.see("What would be frozen", "lines 1 to 12 of", "ctrl+d goes on", "y freezes the population")
}

func TestCopyShowsTheText(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "y").see("copied: zoe.mueller@corp.example")
}

func TestAReadOnlyDatabaseCanBeLookedAtOnly(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk, with(func(o *Options) { o.ReadOnly = "this is an evidence pack" }))
	s.press("enter", "j", "j", "a").see("keep: this is an evidence pack")
	s.press("S").see("sign: this is an evidence pack")
	s.press("q", "q")
	if !s.quit || desk.stages != 0 {
		t.Fatal("something was staged, or leaving asked")
	}
}

func TestWithoutAnEnrolledKeyTheWorkstationIsForLooking(t *testing.T) {
	desk := newFakeDesk()
	desk.me = ""
	s := open(t, desk)
	s.see("looking only").press("enter", "j", "x").see("there is no enrolled key")
}

func TestAVerdictThatCannotBeStoredIsTakenOffTheScreenAndOffered(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.press("enter", "j", "j")
	it := s.current()
	broken := true
	inner := desk.hook
	desk.hook = func(ctx context.Context, call string) error {
		if call == "Stage" && broken {
			return review.Errorf(review.KindLocked, "the database is locked by another program").WithHint("Try again in a moment.")
		}
		return inner(ctx, call)
	}
	s.press("x").fill("left the team").see("the database is locked by another program. Try again in a moment.").dontSee("revoke staged")
	broken = false
	s.press("g")
	for range 20 {
		if s.current().ID == it.ID {
			break
		}
		s.press("j")
	}
	if s.current().ID != it.ID {
		t.Fatal("the item is not on the screen any more")
	}
	s.press("x").see("left the team").press("enter")
	if s.draft(it.ID).Reason != "left the team" {
		t.Fatal("not staged")
	}
}

func TestUnknownErrorsAreNotShownRaw(t *testing.T) {
	desk := newFakeDesk()
	desk.hook = func(_ context.Context, call string) error {
		if call == "Overview" {
			return errors.New("secret path /var/keys/id_ed25519")
		}
		return nil
	}
	open(t, desk).see("an unexpected error").dontSee("id_ed25519")
}

func TestThePaceSaysHowLongItTakes(t *testing.T) {
	s := open(t, newFakeDesk())
	toPlainIdentity(s)
	for range 5 {
		s.pass(19 * time.Second)
		s.press("a")
	}
	s.see("at this pace")
}

func TestAWindowThatGrowsAndShrinksKeepsItsPlace(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("list").press("G")
	it := s.current()
	for _, size := range [][2]int{{200, 50}, {40, 10}, {20, 5}, {19, 4}, {80, 24}} {
		s.resize(size[0], size[1])
		if s.current().ID != it.ID {
			t.Fatalf("at %v the cursor is on %s", size, itemWords(s.current()))
		}
	}
}

func TestASecondLoginShowsTheSameDrafts(t *testing.T) {
	desk := newFakeDesk()
	a := open(t, desk)
	a.press("enter", "j", "j", "a")
	b := open(t, desk)
	b.see("1 verdict staged").press("S").see("1 decision").press("y").see("tickmark receipt")
	a.press("S").see("Nothing is staged")
}

func TestTheMouseIsOffUntilAskedForAndThenMovesTheCursor(t *testing.T) {
	s := open(t, newFakeDesk(), sized(100, 30))
	s.command("list")
	first := s.current()
	s.feed(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if s.current().ID != first.ID || s.app.View().MouseMode != tea.MouseModeNone {
		t.Fatal("the mouse works without having been asked for")
	}
	s.command("mouse on").feed(tea.MouseClickMsg{X: 5, Y: 6, Button: tea.MouseLeft})
	rows, cur, _ := s.app.top().(*list).g.Rows()
	if cur != 4 || s.app.View().MouseMode != tea.MouseModeCellMotion {
		t.Fatalf("the cursor is on line %d of %d", cur, len(rows))
	}
	s.feed(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	s.command("walk")
	s.feed(tea.MouseClickMsg{X: 5, Y: 8, Button: tea.MouseLeft})
	if _, cur, _ := s.app.top().(*walk).g.Rows(); cur != 1 {
		t.Fatalf("in Walk the cursor is on line %d:\n%s", cur, s.screen())
	}
}

func TestTheMouseIsOnWhereTheConfigurationSaysSo(t *testing.T) {
	s := open(t, newFakeDesk(), sized(100, 30), with(func(o *Options) { o.Mouse = true }))
	s.command("list").feed(tea.MouseClickMsg{X: 5, Y: 6, Button: tea.MouseLeft})
	if _, cur, _ := s.app.top().(*list).g.Rows(); cur != 4 || s.app.View().MouseMode != tea.MouseModeCellMotion {
		t.Fatalf("the cursor is on line %d", cur)
	}
	s.command("mouse off")
	if s.app.View().MouseMode != tea.MouseModeNone {
		t.Fatal("the mouse is still taken")
	}
}

func TestAFreshDatabaseSaysHowToBegin(t *testing.T) {
	desk := newFakeDesk()
	desk.items, desk.extra, desk.exceptions, desk.remediations = nil, nil, nil, nil
	desk.none = true
	s := open(t, desk)
	s.see("nothing is due", "Begin here: i imports an export").command("walk").see("There is no campaign")
}

func TestThemesFollowTheTerminalUnlessChosen(t *testing.T) {
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Theme = "auto" }))
	if s.app.look.theme != "plain" {
		t.Fatal(s.app.look.theme)
	}
	s.feed(tea.BackgroundColorMsg{Color: lightGrey{}})
	if s.app.look.theme != "light" {
		t.Fatal(s.app.look.theme)
	}
	s.command("theme dark").see("theme dark until you leave")
	if s.app.look.theme != "dark" {
		t.Fatal(s.app.look.theme)
	}
}

func TestFactsThatWereNotOnTheScreenAreNotCalledOpened(t *testing.T) {
	s := open(t, newFakeDesk(), sized(40, 12))
	s.press("enter", "j", "j")
	it := s.current()
	s.press("a")
	if d := s.draft(it.ID); d.Verdict != review.Keep || d.Opened {
		t.Fatalf("%+v", d.Draft)
	}
}

func TestFactsThatWereReadAheadCountOnlyOnceTheyWereOnTheScreen(t *testing.T) {
	s := open(t, newFakeDesk())
	toPlainIdentity(s)
	w := s.app.top().(*walk)
	rows, cur, _ := w.g.Rows()
	if len(rows) < cur+2 {
		t.Fatal("the identity has too few items")
	}
	next := rows[cur+1].Data.(review.Item)
	if w.near[next.ID] == nil {
		t.Fatal("the facts of the next item were not read ahead")
	}
	_, _ = s.app.Update(keyPress("j")) // nothing is drawn in between
	if tg, _ := w.target(); tg.item.ID != next.ID || tg.opened {
		t.Fatalf("%+v", tg)
	}
	_ = s.app.View()
	if tg, _ := w.target(); !tg.opened {
		t.Fatal("the facts are on the screen and not called opened")
	}
}

func TestAnAnswerFromBeforeAVerdictDoesNotShowTheItemOpenAgain(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j", "j")
	s.hold("Page answered") // the lines have been read again, and the answer is on its way when the verdict is given
	s.press("ctrl+l")
	it := s.current()
	stale := s.pending
	s.pending = nil
	free := s.holdNoMore("Page answered")
	s.hold("Overview") // and nothing newer comes in yet
	s.press("a")
	free()
	s.takeAll(stale)
	rows, _, _ := s.app.top().(*walk).g.Rows()
	for _, r := range rows {
		if got := r.Data.(review.Item); got.ID == it.ID && got.State != review.ItemStaged {
			t.Fatalf("%s is shown %s", itemWords(got), got.State)
		}
	}
	s.letGo("Overview")
	s.see("1 staged, not signed")
}

func TestWhatIsUnchangedIsReaffirmedWithOneKeyAndAQuestion(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter", "j")
	who := s.current().Identity
	s.press("R").see("Keep", "One act on many items")
	if len(s.desk.drafts) != 0 {
		t.Fatal("staged before the question was answered")
	}
	s.pass(time.Second)
	s.press("y").see("staged: keep on")
	if len(s.desk.drafts) == 0 {
		t.Fatal("nothing was staged")
	}
	for id, d := range s.desk.drafts {
		it, err := s.desk.Item(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if it.Identity != who || it.Change != review.Unchanged || it.PrevVerdict != review.Keep {
			t.Errorf("%s of %s was reaffirmed: %s, last time %s", it.Entitlement, it.Identity, it.Change, it.PrevVerdict)
		}
		if d.Verdict != review.Keep || d.Reason != reaffirmReason {
			t.Errorf("staged %+v", d)
		}
	}
}

func TestOfTwoDutiesOneStaysAndTheOtherGoes(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press(":").fill("list")
	s.press("/").fill("finding:sod")
	s.press("j")
	it := s.current()
	s.see("w which stays")
	s.press("w").see("Which side stays", "stays", "Reason:")
	s.fill("she pays, somebody else posts")
	if d := s.draft(it.ID); d.Verdict != review.Keep || d.Reason != "she pays, somebody else posts" {
		t.Errorf("this side: %+v", d)
	}
	against, err := s.desk.OtherSide(t.Context(), it.ID)
	if err != nil || len(against) == 0 {
		t.Fatalf("nothing stands against it: %v", err)
	}
	for _, other := range against {
		if d := s.draft(other.ID); other.Blocked == "" && d.Verdict != review.Revoke {
			t.Errorf("the other side: %+v", d)
		}
	}
	s.press("/", "ctrl+u").fill("-finding:sod")
	if strings.Contains(s.screen(), "which stays") {
		t.Errorf("the footer offers a choice of sides where there is none:\n%s", s.screen())
	}
	s.press("w").see("no rule that keeps two duties apart fired on it")
}

func TestWhatKeepsAReviewFromGoingOnLeadsThere(t *testing.T) {
	desk := newFakeDesk()
	desk.blocking = []review.Notice{
		{Code: "abstained", Text: "q4-2026: bob@corp.example answered don't know on 1 item, and nobody else was given it"},
		{Code: "close", Text: "q4-2026: every reviewer has signed off; it can be closed"},
	}
	s := open(t, desk)
	s.see("bob@corp.example answered don't know on 1 item, and nobody else was given it", "every reviewer has signed off; it can be closed")
	at := func(words string) {
		t.Helper()
		s.press("g")
		for range 30 {
			for line := range strings.SplitSeq(s.screen(), "\n") {
				if strings.HasPrefix(line, "▸") && strings.Contains(line, words) {
					s.press("enter")
					return
				}
			}
			s.press("j")
		}
		t.Fatalf("the cursor never comes to %q:\n%s", words, s.screen())
	}
	at("don't know")
	s.see("List", "filter verdict:dont-know").press("q")
	at("it can be closed")
	s.see("Campaigns", "▸ ● active", "F sign off")
}

func TestEverySignIsToldFromItsFamilyByGlyphAndByWord(t *testing.T) {
	for _, f := range signs() {
		glyphs, ascii, words := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, s := range f.signs {
			if glyphs[s.glyph] || ascii[s.ascii] || words[s.word] || s.word == "" || len(s.ascii) != 1 {
				t.Errorf("%s: %+v is not told from the others", f.title, s)
			}
			if strings.Contains("',`", s.ascii) {
				t.Errorf("%s: %q looks like dirt", f.title, s.ascii)
			}
			glyphs[s.glyph], ascii[s.ascii], words[s.word] = true, true, true
		}
	}
}

func TestASeveritySaysItsWordBesideItsSign(t *testing.T) {
	for _, o := range []func(*Options){func(o *Options) { o.ASCII = true }, func(o *Options) { o.NoColor = true }} {
		s := open(t, newFakeDesk(), with(o))
		s.command("list").see("high sod", "med dormant").command("walk").press("j", "j").see("high sod", "med dormant")
	}
}

func TestATableOfOneLineHasItsHeading(t *testing.T) {
	desk := newFakeDesk()
	seen := map[string]bool{}
	desk.items = slices.DeleteFunc(desk.items, func(it *review.Item) bool {
		again := seen[it.Identity]
		seen[it.Identity] = true
		return again
	})
	s := open(t, desk)
	s.press("enter")
	for range 15 {
		if strings.Contains(s.screen(), "─ 1 item ─") {
			s.see("Verdict             Entitlement")
			return
		}
		s.press("]")
	}
	t.Fatal("no identity here has one item")
}
