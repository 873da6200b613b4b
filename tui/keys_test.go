package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

func TestTheUsualKeysHaveNoConflict(t *testing.T) {
	if _, err := newKeymap(nil); err != nil {
		t.Fatal(err)
	}
}

func TestKeysAreRemapped(t *testing.T) {
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Keys = map[string][]string{"keep": {"K", "f2"}} }))
	s.press("enter", "j", "j").see("K keep").press("K").see("keep staged")
	if s.press("a"); len(s.desk.drafts) != 1 {
		t.Error("a still keeps")
	}
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		keys map[string][]string
		want string
	}{
		{"taken on the same screen", map[string][]string{"keep": {"x"}}, "the key x would mean both keep and revoke"},
		{"taken everywhere", map[string][]string{"keep": {"q"}}, "would mean both quit and keep"},
		{"no such action", map[string][]string{"kep": {"k"}}, `there is no action "kep"`},
		{"no key", map[string][]string{"keep": {}}, "the action keep has no key"},
		{"not a key", map[string][]string{"keep": {"hyper"}}, `"hyper" is not a key`},
		{"an escape sequence", map[string][]string{"keep": {"\x1b"}}, "is not a key"},
		{"a letter function keys arrive as", map[string][]string{"keep": {"A"}}, "the key A cannot be used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Options{Desk: newFakeDesk(), Keys: c.keys}.Check()
			if err == nil || !strings.Contains(err.Error(), c.want) || review.KindOf(err) != review.KindUsage {
				t.Fatalf("%v", err)
			}
		})
	}
}

func TestSwappingTwoKeysIsNoConflict(t *testing.T) {
	if err := (Options{Desk: newFakeDesk(), Keys: map[string][]string{"keep": {"x"}, "revoke": {"a"}}}).Check(); err != nil {
		t.Fatal(err)
	}
}

// TestNoScreenGivesOneKeyTwoMeanings asks the screens themselves: what the groups promise must be what they do.
func TestNoScreenGivesOneKeyTwoMeanings(t *testing.T) {
	for _, c := range situations() {
		s := open(t, newFakeDesk())
		c.play(s)
		taken := map[string]action{}
		for _, cmd := range s.app.commands() {
			bind, known := s.app.keys.bindings[cmd.action]
			if !known {
				t.Fatalf("%s has a command %s that no binding names", c.name, cmd.action)
			}
			for _, k := range bind.Keys {
				if other, ok := taken[k]; ok && other != cmd.action {
					t.Errorf("%s: %s means %s and %s", c.name, k, other, cmd.action)
				}
				taken[k] = cmd.action
			}
		}
	}
}

func TestEveryBindingIsUsedSomewhere(t *testing.T) {
	used := map[action]bool{}
	for _, c := range situations() {
		s := open(t, newFakeDesk())
		c.play(s)
		for _, cmd := range s.app.commands() {
			used[cmd.action] = true
		}
	}
	for _, b := range Bindings() {
		if !used[b.action] {
			t.Errorf("no screen has %s", b.Action)
		}
	}
}

func TestTheKeyTableNamesEveryActionAndIsMarkdown(t *testing.T) {
	table := KeyTable()
	for _, b := range Bindings() {
		if !strings.Contains(table, "`"+b.Action+"`") {
			t.Errorf("%s is missing", b.Action)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		if strings.Count(line, "|") != 4 {
			t.Errorf("not a row: %s", line)
		}
	}
}

func TestNothingDangerousIsOnABareLetterAToE(t *testing.T) {
	for _, b := range Bindings() {
		for _, k := range b.Keys {
			if slices.Contains([]string{"A", "B", "C", "D", "E"}, k) {
				t.Errorf("%s is on %s", b.Action, k)
			}
		}
	}
}

func TestOtherKeyboardLayoutsWork(t *testing.T) {
	m, _ := newKeymap(nil)
	if !m.is(tea.KeyPressMsg{Code: 'ф', Text: "ф", BaseCode: 'a'}, "keep") {
		t.Error("the key of a on a Russian keyboard does nothing")
	}
	if m.is(tea.KeyPressMsg{Code: 'q', Text: "q", BaseCode: 'a'}, "keep") {
		t.Error("q on a French keyboard keeps")
	}
}

func TestUnknownThemesAndScreensAreRefused(t *testing.T) {
	for _, o := range []Options{{Desk: newFakeDesk(), Theme: "drak"}, {Desk: newFakeDesk(), Screen: "hom"}, {}} {
		if o.Check() == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestASCIIIsChosenFromTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  string
		want bool
	}{{"LANG=C.UTF-8", false}, {"LANG=de_DE.utf8", false}, {"LANG=C", true}, {"LC_ALL=POSIX", true}, {"TERM=linux", true}, {"TERM=vt100", true}, {"TERM=xterm", false}} {
		if got := (Options{Env: []string{c.env}}).ascii(); got != c.want {
			t.Errorf("%s: %v", c.env, got)
		}
	}
}
