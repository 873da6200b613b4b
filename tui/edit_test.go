package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

func TestEditingALine(t *testing.T) {
	for _, c := range []struct {
		keys string
		want string
	}{
		{"a b c", "abc"}, {"a b left x", "axb"}, {"a b home x", "xab"}, {"a b c backspace", "ab"}, {"a b left delete", "a"},
		{"a b ctrl+u c", "c"}, {"a b left ctrl+k", "a"}, {"a b space c d ctrl+w", "ab"}, {"left backspace delete", ""},
		{"a b left left left right right right right c", "abc"},
	} {
		var e edit
		for k := range strings.SplitSeq(c.keys, " ") {
			e.key(keyPress(k))
		}
		if e.value() != c.want {
			t.Errorf("%s: %q, want %q", c.keys, e.value(), c.want)
		}
	}
}

func TestMarksAreEditedWithTheirLetter(t *testing.T) {
	var e edit
	e.paste("ae\u0301b")
	e.key(keyPress("left"))
	e.key(keyPress("backspace"))
	if e.value() != "ab" {
		t.Fatalf("%q", e.value())
	}
}

func TestPastedControlsStayOut(t *testing.T) {
	var e edit
	e.paste("line one\r\nline\ttwo\x1b[2J\x00")
	if e.value() != "line one line two[2J" {
		t.Fatalf("%q", e.value())
	}
}

func TestASecretIsMaskedAndWiped(t *testing.T) {
	e := edit{secret: true}
	for _, r := range "correct horse" {
		e.key(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	kept := e.text[:cap(e.text)]
	if view, _ := e.view(newLook("plain", false, true), 40); strings.Contains(view, "c") {
		t.Fatalf("%q", view)
	}
	if got := string(e.take()); got != "correct horse" {
		t.Fatalf("%q", got)
	}
	for _, r := range kept {
		if r != 0 {
			t.Fatal("the passphrase is still in memory")
		}
	}
}

func TestALongLineScrollsToItsCursor(t *testing.T) {
	var e edit
	e.paste(strings.Repeat("x", 100) + "山田")
	view, at := e.view(newLook("plain", false, true), 20)
	if !strings.Contains(view, "山田") || at != 19 && at != 18 {
		t.Fatalf("%q, cursor at %d", view, at)
	}
}

func TestParseDay(t *testing.T) {
	for in, want := range map[string]string{"2027-01-31": "2027-01-31", "90d": "2027-02-21", "+2w": "2026-12-07", "6m": "2027-05-23", "1y": "2027-11-23"} {
		if d, ok := parseDay(in, fakeNow); !ok || day(d) != want {
			t.Errorf("%s: %s %v", in, day(d), ok)
		}
	}
	for _, in := range []string{"", "d", "soon", "90", "-5d", "2027-02-30", "9999999d", "90h", "99999y"} {
		if d, ok := parseDay(in, fakeNow); ok {
			t.Errorf("%q became %s", in, day(d))
		}
	}
}

func TestTimesKeepTheirStates(t *testing.T) {
	seen := map[string]bool{}
	for _, st := range []review.TimeState{review.Never, review.Unknown, review.NotCollected, review.NotApplicable} {
		for _, text := range []string{short(review.Time{State: st}, fakeNow), "long " + statedLong(review.Time{State: st}, fakeNow)} {
			if seen[text] {
				t.Errorf("two states read %q", text)
			}
			seen[text] = true
		}
	}
	for d, want := range map[int]string{0: "today", 1: "yesterday", 3: "3 days ago", 99: "99 days ago", 130: "4 months ago", 800: "2 years ago", -1: "tomorrow", -20: "in 20 days"} {
		if got := ago(fakeNow.AddDate(0, 0, -d), fakeNow); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}

func TestPercentNeverRoundsToTheEnds(t *testing.T) {
	for _, c := range []struct {
		n, of int64
		want  string
	}{{0, 0, "–"}, {0, 10, "0%"}, {1, 1000, "<1%"}, {999, 1000, "99%"}, {1000, 1000, "100%"}} {
		if got := percent(c.n, c.of); got != c.want {
			t.Errorf("%d of %d: %s", c.n, c.of, got)
		}
	}
}

func TestPaceLeavesBreaksOut(t *testing.T) {
	var p pace
	at := fakeNow
	for _, gap := range []time.Duration{0, 10, 10, 3600, 10, 10} {
		at = at.Add(gap * time.Second)
		p.mark(at)
	}
	if d, ok := p.left(6); !ok || d != time.Minute {
		t.Fatalf("%v %v", d, ok)
	}
	if _, ok := (&pace{}).left(6); ok {
		t.Fatal("a pace from nothing")
	}
}

func TestEveryStateHasASignWithGlyphWordAndTone(t *testing.T) {
	l := newLook("plain", false, false)
	for _, f := range signs() {
		words, glyphs, ascii := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, s := range f.signs {
			if s.word == "" || words[s.word] || glyphs[s.glyph] || ascii[s.ascii] {
				t.Errorf("%s: %+v is not told apart", f.title, s)
			}
			words[s.word], glyphs[s.glyph], ascii[s.ascii] = true, true, true
			if l.width(s.glyph) != 1 || len(s.ascii) != 1 || review.Safe(s.glyph) != s.glyph {
				t.Errorf("%s: the glyphs of %s are not one cell wide", f.title, s.word)
			}
		}
	}
	for _, st := range []review.ExceptionState{review.Proposed, review.ExceptionActive, review.Expiring, review.ExceptionExpired, review.Closed} {
		if exceptionSign(st).glyph == "·" {
			t.Errorf("no sign for the exception state %s", st)
		}
	}
	for _, st := range []review.RemediationState{review.RevokeOpen, review.ClaimedDone, review.VerifiedGone, review.StillPresent, review.Returned} {
		if remediationSign(st).glyph == "·" {
			t.Errorf("no sign for the revoke state %s", st)
		}
	}
	for _, st := range []review.CampaignState{review.DraftState, review.ActiveState, review.Closing, review.Signed, review.Remediating, review.Sealed, review.Cancelled} {
		if campaignSign(st).glyph == "·" {
			t.Errorf("no sign for the campaign state %s", st)
		}
	}
	for _, c := range []review.Change{review.New, review.Changed, review.Unchanged, review.CameBack} {
		if changeSign(c).glyph == "·" {
			t.Errorf("no sign for the change %s", c)
		}
	}
}

func TestWordsThatTouchStayTogether(t *testing.T) {
	l := newLook("plain", false, true)
	var got []string
	for _, line := range l.flow([]seg{say(bold, "aaa bbb"), say(plain, ", ccc"), say(faint, " dddddddddddddd"), say(plain, "")}, 8) {
		got = append(got, texts(line))
	}
	if want := "aaa bbb,|ccc|dddddddd|dddddd"; strings.Join(got, "|") != want {
		t.Fatalf("%q, want %q", strings.Join(got, "|"), want)
	}
}

func TestANumberStaysWithItsPercentSign(t *testing.T) {
	l := newLook("plain", false, true)
	lines := l.wrap("1 of 7 hold it (14 %, under 15 %)", 19)
	if got := strings.Join(lines, "|"); got != "1 of 7 hold it|(14 %, under 15 %)" {
		t.Errorf("%q", got)
	}
}
