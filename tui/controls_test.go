package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tickmark/review"
)

// packDesk is a desk over an evidence pack as far as screens can tell: items were drawn, and one is withheld.
type packDesk struct{ *fakeDesk }

const hiddenItem = 1

func (d packDesk) Me() review.Principal { return "" }

func (d packDesk) Overview(ctx context.Context) (review.Overview, error) {
	o, err := d.fakeDesk.Overview(ctx)
	o.Blocking = []review.Notice{{Code: "TABLE", Text: "FAILURE TABLE in tables/decisions.csv: row 3 is not what the signed texts give"}}
	for _, code := range []string{"NOT-SIGNED-OFF", "ITEMS-OPEN", "REVOKES-OPEN", "ROSTER-UNCONFIRMED", "UNANCHORED-TAIL", "WITHHELD"} {
		o.Blocking = append(o.Blocking, review.Notice{Code: code, Text: code + ": must be known"})
	}
	return o, err
}

func (d packDesk) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	det, err := d.fakeDesk.Detail(ctx, id)
	det.Person.HRStatus, det.Person.OwnerAlive = review.NotInPack, review.NotInPack
	det.LastUsed = review.Time{State: review.NotInPack}
	if det.Withheld == "" {
		det.Trail = []review.Step{{Label: "row", Text: "7 of import 2, leaf hash abc="}, {Label: "proof", Text: "proofs/000007.tlog-proof"}, {Label: "removal", Text: "entry 19: verified-gone"}}
	}
	return det, err
}

// openPack opens a workstation on a pack.
func openPack(t *testing.T, opts ...sessionOption) *session {
	t.Helper()
	desk := newFakeDesk()
	for i, it := range desk.items {
		it.Sample = fmt.Sprintf("#%d", i+1)
	}
	it := desk.items[hiddenItem]
	it.Sample, it.Withheld, it.Verdict, it.State, it.Findings, it.Identity, it.Name = "", "the pack holds only its leaf hash: 4J021mSYMQ=", "withheld", "withheld", nil, "withheld", "member 2 of 98"
	return open(t, desk, append([]sessionOption{with(func(o *Options) {
		o.Desk, o.ReadOnly, o.Sample = packDesk{desk}, "this is an evidence pack: nothing in it can be changed", true
	})}, opts...)...)
}

func TestAnAuditorGoesFromAControlToTheRemoval(t *testing.T) {
	s := openPack(t, sized(120, 60))
	s.command("controls").see("Controls", "CC6.3", "AICPA TSC 2017", "q4-2026", "its population", "none named")
	s.press("enter").see("List", "q4-2026", "Sample", "#41")
	s.command("list").press("enter").see("Item", "In this pack", "proofs/000007.tlog-proof", "removal", "verified-gone", "What was shown for the decision")
	s.see("not in the pack")
	s.dontSee("not in the HR roster", "What a signature would state", "(the export has no such column)")
}

func TestACampaignThatCannotBeChangedOpensItsPopulation(t *testing.T) {
	s := openPack(t)
	s.press("enter").see("List", "q4-2026")
	s.press("a").see("this is an evidence pack: nothing in it can be changed")
	if len(s.desk.drafts) != 0 {
		t.Error("a verdict was staged")
	}
	s.press("q", "q")
	if !s.quit {
		t.Error("leaving a pack asks something")
	}
}

func TestAWithheldItemSaysSoAndNothingElse(t *testing.T) {
	s := openPack(t)
	s.app.open(newItem(s.app, s.desk.items[hiddenItem].ID, ""))
	s.command("item").see("withheld: the pack holds only its leaf hash", "4J021mSYMQ=")
	s.dontSee("last used", "In this pack", "Findings", "not yours")
	s.command("list").see("▒ withheld", "member 2 of 98")
}

func TestWhatStandsOutInAPackIsReadInFull(t *testing.T) {
	s := openPack(t)
	s.see("Stands out", "FAILURE TABLE", "and 2 more")
	s.press("down", "enter").see("what stands out", "row 3 is not what the signed texts give", "WITHHELD: must be known")
}

func TestAnAlarmStandsOnEveryScreen(t *testing.T) {
	s := openPack(t, with(func(o *Options) { o.Alarm, o.Window = "2 FAILURES", [2]string{"2026-04-01", "2026-06-30"} }))
	for _, name := range screenNames() {
		s.command(name)
		first, _, _ := strings.Cut(s.screen(), "\n")
		if !strings.Contains(first, "▲ 2 FAILURES") {
			t.Errorf("%s begins with %q", name, first)
		}
	}
	s.command("coverage").see("2026-04-01", "2026-06-30")
}

func TestSupportsListWhatNamesNoControl(t *testing.T) {
	got := supports([]review.Campaign{
		{Name: "draft", State: review.DraftState, Frameworks: []string{"soc2:CC6.3"}},
		{Name: "legacy", Frameworks: []string{"csf:PR.AC-1", "csf:PR.AA-05"}},
		{Name: "odd", Frameworks: []string{"hipaa:164.308"}},
		{Name: "plain"},
		{Name: "soc2", Frameworks: []string{"soc2:CC6.3", "soc2:CC6.1"}},
	})
	var lines []string
	for _, x := range got {
		lines = append(lines, strings.TrimSpace(x.ID+" "+string(x.campaign.Name)+" "+x.Note))
	}
	want := "CC6.1 soc2|CC6.3 soc2|PR.AA-01 legacy replaces PR.AC-1 of CSF 1.1|PR.AA-05 legacy replaces PR.AC-1 of CSF 1.1|plain|hipaa:164.308 odd"
	if s := strings.Join(lines, "|"); s != want {
		t.Errorf("supports\n%s\nwant\n%s", s, want)
	}
}

// A form for several exceptions offers only what all of them say, and does not ask for the rest.
func TestAFormForSeveralOffersNobodysOwner(t *testing.T) {
	bob, carol := review.Exception{Owner: "bob@corp.example", Control: "four eyes"}, review.Exception{Owner: "carol@corp.example", Control: "four eyes"}
	for _, c := range []struct {
		es       []review.Exception
		value    string
		optional bool
	}{
		{[]review.Exception{bob}, "bob@corp.example", false},
		{[]review.Exception{bob, bob}, "bob@corp.example", false},
		{[]review.Exception{bob, carol}, "", true},
	} {
		if f := keptField("Owner", "who", c.es, ownerOf); f.value != c.value || f.optional != c.optional {
			t.Errorf("%d exceptions: %q, may stay empty %v", len(c.es), f.value, f.optional)
		}
	}
	if v, same := common([]review.Exception{bob, carol}, controlOf); v != "four eyes" || !same {
		t.Errorf("a control they share is %q", v)
	}
}
