package tui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// plainly runs line mode on answers, a line each, and gives back what it said.
func plainly(t *testing.T, desk *fakeDesk, o Options, answers ...string) string {
	t.Helper()
	o.Desk = desk
	o.Clock = func() time.Time { return fakeNow }
	var out bytes.Buffer
	if err := Plain(t.Context(), o, strings.NewReader(strings.Join(answers, "\n")+"\n"), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func contains(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Fatalf("%q was not said:\n%s", text, out)
		}
	}
}

func TestLineModeDecidesSignsAndLeaves(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "1", "vendor creation is being removed", "2", "left the team", "s", "q")
	contains(t, out, "Q4 access review, campaign q4-2026. You are alice@corp.example.", "86 items, 9 decided, 77 left; due in 4 days",
		"Has Post vendor invoices (FI_AP_POST) on SAP ERP", "Finding, high: sod:", "Last used:", "Staged: keep", "Staged: revoke",
		"One signature covers 2 decisions of q4-2026: keep 1, revoke 1.", "Signing as alice@corp.example with the key SHA256:", "Keep this: tickmark receipt",
		"Left; nothing waits for your signature.")
	signed := 0
	for _, it := range desk.items {
		if it.State == review.ItemSigned && it.Reason != "" {
			signed++
		}
	}
	if signed != 2 || len(desk.drafts) != 0 {
		t.Fatalf("%d signed, %d staged", signed, len(desk.drafts))
	}
}

func TestLineModeTakesAnExceptionLineByLine(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "3", "90d", "tom.lead@corp.example", "four-eyes check", "month-end closing", "q")
	contains(t, out, "Until (a day, or 90d):", "Staged: exception", "1 act staged and not signed")
	for _, d := range desk.drafts {
		if d.Until != "2027-02-21" || d.Owner != "tom.lead@corp.example" || d.Control != "four-eyes check" || d.Reason != "month-end closing" || !d.Opened {
			t.Fatalf("%+v", d.Draft)
		}
	}
}

func TestLineModeUndoesAndShowsTheItemAgain(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "4", "ask ines", "u", "u", "q")
	contains(t, out, "Staged: don't know", "Undone: don't know on 1 item", "There is nothing staged to undo.")
	if len(desk.drafts) != 0 {
		t.Fatal("still staged")
	}
	_, first, _ := strings.Cut(out, "Item ")
	first, _, _ = strings.Cut(first, ",")
	if strings.Count(out, "Item "+first+",") < 2 {
		t.Fatalf("the item was not shown again:\n%s", out)
	}
}

func TestLineModeSaysWhatIsNoAnswer(t *testing.T) {
	out := plainly(t, newFakeDesk(), Options{}, "7", "\x1b[2J", "2", "", "?", "", "q")
	contains(t, out, `"7" is no answer`, `"␛[2J" is no answer`, "Given up; nothing is changed.", "1 keeps the access.")
}

func TestLineModeAsksForAPassphraseThroughItsCallback(t *testing.T) {
	desk := newFakeDesk()
	desk.keys[0].Passphrase = true
	out := plainly(t, desk, Options{}, "4", "ask ines", "s", "q")
	contains(t, out, "the key needs its passphrase", "ssh-add")
	ask := func(context.Context, review.KeyInfo) ([]byte, error) { return []byte("correct horse"), nil }
	contains(t, plainly(t, desk, Options{Passphrase: ask}, "s", "q"), "Keep this: tickmark receipt")
}

func TestLineModeEndsWithItsInput(t *testing.T) {
	desk := newFakeDesk()
	var out bytes.Buffer
	if err := Plain(t.Context(), Options{Desk: desk, Clock: func() time.Time { return fakeNow }}, strings.NewReader("4\nno idea"), &out); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "Staged: don't know", "Left; 1 act staged and not signed")
}

func TestLineModeReachesTheEndAndFinishes(t *testing.T) {
	desk := newFakeDesk()
	answers := []string{}
	for range 77 {
		answers = append(answers, "4", "nobody told me")
	}
	out := plainly(t, desk, Options{}, append(answers, "s", "f", "q")...)
	contains(t, out, "Nothing is left for you to decide.", "Finishing q4-2026 as reviewer")
	if desk.signoff["alice@corp.example"].IsZero() {
		t.Fatal("not signed off")
	}
}

func TestLineModePassesOverWhatIsNotOnesOwn(t *testing.T) {
	desk := newFakeDesk()
	desk.strict = false
	answers := []string{}
	for range 77 {
		answers = append(answers, "4", "nobody told me")
	}
	out := plainly(t, desk, Options{}, append(answers, "q")...)
	contains(t, out, "Passed over: Post vendor invoices of Alice Reviewer", "Not yours to decide: it is your own access.", "Nothing is left for you to decide.")
	if n := strings.Count(out, "Passed over:"); n != 6 {
		t.Fatalf("%d items were passed over aloud, not 6 once each", n)
	}
}

func TestLineModeWritesNoEscapeCodesWhateverTheData(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		desk := newFakeDesk()
		hostile(desk)
		out := plainly(t, desk, Options{ASCII: ascii, Notice: "\x1b[31mhello"}, "i", "4", "x\x1b[2Jy", "?", "n", "n", "i", "3", "90d", "\u009b2J@x", "a", "b", "s", "f", "q")
		for i, r := range out {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202e' || ascii && r > 0x7e {
				t.Fatalf("%q at %d: %q", r, i, out[max(i-40, 0):min(i+40, len(out))])
			}
		}
	}
}

func TestLineModeWithoutACampaign(t *testing.T) {
	err := Plain(t.Context(), Options{Desk: newFakeDesk(), Campaign: "nope"}, strings.NewReader(""), &bytes.Buffer{})
	if review.KindOf(err) != review.KindNotFound {
		t.Fatal(err)
	}
}

func TestLineModeOnAReadOnlyDatabase(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{ReadOnly: "this is an evidence pack"}, "1", "q")
	contains(t, out, "Nothing can be changed here: this is an evidence pack.")
	if desk.stages != 0 {
		t.Fatal("staged")
	}
}

// What nobody knows is said with what it is about: a bare "unknown, unknown" tells a listener nothing.
func TestLineModeSaysWhatIsUnknown(t *testing.T) {
	desk := newFakeDesk()
	for key, id := range desk.people {
		id.Kind, id.HRStatus, id.Owner, id.DisplayName = "unknown", "", "", ""
		desk.people[key] = id
	}
	for _, it := range desk.items {
		it.Status = "unknown"
	}
	out := plainly(t, desk, Options{}, "q")
	contains(t, out, ", kind unknown, status unknown,", ", nobody answers for it.")
	for _, line := range strings.Split(out, "\n") {
		if name, rest, ok := strings.Cut(line, " ("); ok && strings.HasPrefix(rest, name+")") {
			t.Fatalf("the name is said twice: %s", line)
		}
	}
}

// What is read aloud has no rules, no columns and no signs, and nothing is cut.
func TestLineModeTellsAllFactsInWords(t *testing.T) {
	out := plainly(t, newFakeDesk(), Options{}, "n", "i", "q")
	_, facts, ok := strings.Cut(out, "Your answer: \n")
	if !ok {
		t.Fatal(out)
	}
	contains(t, facts, "Access:", "last used: ", "Findings:", "high: sod: ", "Who:", "Who decides:", "Where it comes from:", "What a signature would state:")
	for _, line := range strings.Split(facts, "\n") {
		if strings.ContainsAny(line, "─│✓✗◆▲△▿‼░█…") || strings.Contains(strings.TrimSpace(line), "  ") {
			t.Errorf("not for listening: %q", line)
		}
	}
}

func TestLineModeDoesAgainWhatItUndid(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "4", "ask ines", "u", "r", "r", "q")
	contains(t, out, "Undone: don't know on 1 item", "again: don't know on 1 item", "There is nothing to do again.")
	if len(desk.drafts) != 1 {
		t.Fatal(desk.drafts)
	}
}
