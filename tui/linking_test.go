package tui

import (
	"testing"

	"tickmark/review"
)

func TestAnAccountIsLinkedFromTheWalk(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	s.press("enter", "j", "j")
	it := s.current()
	s.press("l").see("Link", "whose is "+it.Account, "now", "/ search", "15 people")
	s.press("/").see("Search people").typed("ines@").see("tab: ines@corp.example").press("tab", "enter").see("1 person", "filter ines@corp.example")
	s.press("enter").see("Link this account?", "would belong to Ines Ops", "(ines@corp.example); now it belongs to", "It joins jdoe of aws and 2 more.", "import 1 of", "read again", "imported and signed", "y link them")
	s.press("enter") // the key that asked does not answer
	if len(desk.links) != 0 {
		t.Fatal("linked before it was confirmed")
	}
	s.press("y").see("belongs to Ines Ops", "(ines@corp.example).", "signed, import 9", "To be read again", "enter reads one")
	if len(desk.links) != 1 || desk.links[0] != (review.Link{Account: it.Account, System: it.System, Identity: "ines@corp.example"}) {
		t.Fatalf("%+v", desk.links)
	}
	s.press("enter").see("What it would become", "y imports it")
}

func TestAnAccountIsUnlinkedFromImports(t *testing.T) {
	desk := newFakeDesk()
	s := open(t, desk)
	account := desk.items[0].Account
	s.command("imports").see("l link").press("l").see("Whose account?").fill(account).press("enter").see("whose is " + account)
	s.press("x").see("Unlink this account?", "would be its own, whatever e-mail it bears", "y unlink it").press("x", "esc")
	if len(desk.links) != 0 {
		t.Fatal("unlinked without a confirmation")
	}
	s.press("x", "y").see("belongs to nobody but itself, and no longer")
	if len(desk.links) != 1 || !desk.links[0].Unlink {
		t.Fatalf("%+v", desk.links)
	}
}

func TestALinkThatCannotBeMadeSaysWhy(t *testing.T) {
	s := open(t, newFakeDesk())
	s.command("imports").press("l").fill("nobody").press("enter").see("no import lists an account", "Name it as the export writes it.")
	s.press("x").see("there is no such account").press("esc")
	s.press("q").press("enter", "j", "j")
	it := s.current()
	s.press("l", "/").fill(it.Identity).press("enter").see("it is the account of " + it.Identity + " already").press("y")
	if len(s.desk.links) != 0 {
		t.Fatalf("%+v", s.desk.links)
	}
}

func TestOneWhoOnlyReadsLinksNothing(t *testing.T) {
	s := open(t, newFakeDesk(), with(func(o *Options) { o.ReadOnly = "this is an evidence pack" }))
	s.command("imports").press("l").see("this is an evidence pack")
	if s.app.panel != nil {
		t.Fatal("an account was asked for")
	}
}
