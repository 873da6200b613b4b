package tui

import (
	"context"
	"testing"
	"time"

	"tickmark/review"
)

func TestTheNextIdentityIsThereWithTheKey(t *testing.T) {
	s := open(t, newFakeDesk(), sized(200, 50))
	s.press("enter")
	w := s.app.top().(*walk)
	first := w.card.Key
	there := func(key, where string) {
		t.Helper()
		_, _ = s.app.Update(keyPress(key)) // nothing that this returns is run
		s.dontSee("reading").see(where, "last used", "granted")
		if it, ok := currentItem(w.g); !ok || it.Identity != w.card.Key || w.detail == nil || w.detail.ID != it.ID {
			t.Fatalf("%v %v %v", it, ok, w.detail)
		}
	}
	there("]", "identity 3 of 13")
	if w.card.Key == first {
		t.Fatal("it is the same identity")
	}
	s = open(t, newFakeDesk(), sized(200, 50))
	s.press("enter", "]", "]").see("identity 4 of 13")
	w = s.app.top().(*walk)
	there("[", "identity 3 of 13")
}

func TestAnIdentityThatWasLeftShowsWhatWasDecidedThere(t *testing.T) {
	s := open(t, newFakeDesk())
	toPlainIdentity(s)
	w := s.app.top().(*walk)
	key := w.card.Key
	it := s.current()
	s.hold("Stage") // the verdict is on its way when the person leaves and comes back
	s.press("a", "]", "[")
	if w.card.Key != key {
		t.Fatalf("on %s, not on %s", w.card.Key, key)
	}
	shown := func() {
		t.Helper()
		rows, _, _ := w.g.Rows()
		for _, r := range rows {
			if got := r.Data.(review.Item); got.ID == it.ID && got.State != review.ItemStaged {
				t.Fatalf("%s is shown %s", itemWords(got), got.State)
			}
		}
	}
	shown()
	s.letGo("Stage")
	shown()
	s.press("]", "[", "]", "[")
	shown()
	s.press("u", "]", "[")
	if s.current(); s.desk.drafts[it.ID].Verdict != "" {
		t.Fatal("it is still staged")
	}
	rows, _, _ := w.g.Rows()
	for _, r := range rows {
		if got := r.Data.(review.Item); got.State == review.ItemStaged {
			t.Fatalf("%s is shown %s", itemWords(got), got.State)
		}
	}
}

func TestWhatWasReadAheadIsReadAgainAfterAnActOnIt(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter")
	w := s.app.top().(*walk)
	next := w.beside[+1]
	if next == nil {
		t.Fatal("the next identity was not read ahead")
	}
	s.command("list").press("*", "d").fill("not mine").fill("80").see("staged")
	s.press("q", "]")
	rows, _, _ := w.g.Rows()
	if w.card.Key != next.card.Key || len(rows) == 0 {
		t.Fatalf("on %s, not on %s", w.card.Key, next.card.Key)
	}
	for _, r := range rows {
		if it := r.Data.(review.Item); it.Blocked == "" && it.State != review.ItemStaged {
			t.Errorf("%s is shown %s", itemWords(it), it.State)
		}
	}
}

func TestWhatWasReadLongAgoIsReadAgainWhenItIsShown(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter")
	w := s.app.top().(*walk)
	next := w.beside[+1]
	id := review.ItemID(next.page.Rows[0].ID)
	s.desk.mu.Lock() // somebody else decides meanwhile
	s.desk.byID[id].Verdict, s.desk.byID[id].State = review.Revoke, review.ItemSigned
	clear(s.desk.sorted)
	s.desk.mu.Unlock()
	s.pass(time.Minute)
	s.press("]")
	rows, _, _ := w.g.Rows()
	if it := rows[0].Data.(review.Item); it.ID != id || it.State != review.ItemSigned {
		t.Fatalf("%s is shown %s", itemWords(it), it.State)
	}
}

func TestStepsWhileOneIsUnderWayNeitherStarveNorRunOn(t *testing.T) {
	s := open(t, newFakeDesk())
	s.press("enter")
	s.hold("Card")
	s.press("]", "]", "]", "]", "]") // one was read ahead, one is waited for, of the rest one is remembered
	s.see("identity 3 of 13")
	s.letGo("Card")
	s.see("identity 5 of 13")
	s.press("[", "[", "[", "[", "[").see("identity 1 of 13")
	s.press("]").see("identity 2 of 13")
}

func TestAnIdentityThatCouldNotBeReadAheadSaysWhyWhenOneGoesThere(t *testing.T) {
	desk := newFakeDesk()
	broken := false
	desk.hook = func(_ context.Context, call string) error {
		if broken && call == "Card" {
			return review.Errorf(review.KindIO, "the disk is gone")
		}
		return nil
	}
	s := open(t, desk)
	s.press("enter")
	broken = true
	s.press("]").see("identity 3 of 13").dontSee("the disk is gone")
	s.press("]").see("the disk is gone")
	broken = false
	s.press("]").see("identity 4 of 13")
}
