package tui

import (
	"cmp"
	"slices"
	"strings"

	"tickmark/tui/grid"
)

// newHelp is what the keys of the screen below do and what its signs mean, from the same tables the screens use.
func newHelp(a *app) *page {
	below := a.top()
	commands := below.commands()
	if below.name() == "help" {
		commands = nil
	}
	return &page{a: a, label: "help", head: []seg{say(plain, "keys and signs")}, lines: func(w int) *block {
		b := a.look.column(w)
		if len(commands) > 0 {
			b.section("On " + below.name())
			for _, bind := range ownFirst(Bindings()) {
				if i := slices.IndexFunc(commands, func(c command) bool { return c.action == bind.action }); i >= 0 {
					a.helpLine(b, a.keys.bindings[bind.action], commands[i].why)
				}
			}
		}
		b.section("Everywhere")
		for _, bind := range Bindings() {
			if bind.group == everywhere {
				a.helpLine(b, a.keys.bindings[bind.action], "")
			}
		}
		a.rest(b, commands)
		b.section("Screens, by name")
		for _, p := range places() {
			b.fact(":"+p.name, say(plain, p.words))
		}
		a.legend(b)
		b.section("Good to know")
		for _, s := range []string{
			"A verdict is staged at once: it is kept even if the connection breaks, and it counts for nothing until you sign it.",
			"Nothing is preselected and nothing is recommended: findings are rules that fired, with the values that made them fire.",
			"Nobody decides on their own access, on access they granted, or on an exception they own.",
			"never, unknown and not collected are three different things.",
		} {
			b.text(plain, 1, 3, a.look.glyph.bullet+" "+s)
		}
		return b
	}}
}

// ownFirst puts what only this screen does before the keys that move, which are the same wherever there are lines.
func ownFirst(bs []Binding) []Binding {
	place := func(b Binding) int {
		switch b.group {
		case everywhere:
			return 3
		case moving:
			return 2
		case lists:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(bs, func(x, y Binding) int { return cmp.Compare(place(x), place(y)) })
	return bs
}

// rest lists the keys of other screens.
func (a *app) rest(b *block, commands []command) {
	titled := group("")
	for _, bind := range Bindings() {
		if bind.group == everywhere || slices.ContainsFunc(commands, func(c command) bool { return c.action == bind.action }) {
			continue
		}
		if bind.group != titled {
			titled = bind.group
			b.section("Elsewhere: " + string(titled))
		}
		a.helpLine(b, a.keys.bindings[bind.action], "")
	}
}

func (a *app) helpLine(b *block, bind Binding, why string) {
	segs := []seg{say(plain, bind.Words)}
	if bind.Danger != "" {
		segs = append(segs, say(faint, "; "+bind.Danger))
	}
	if why != "" {
		segs = append(segs, say(careful, " (not now: "+why+")"))
	}
	keys := strings.Join(bind.Keys, " ")
	lead := say(accent, " "+grid.Fit(a.look.method, keys, 18, a.look.glyph.ellipsis))
	for i, line := range a.look.flow(segs, max(b.w-20, 12)) {
		if i > 0 {
			lead = say(plain, grid.Blank(19))
		}
		b.add(append([]seg{lead, say(plain, " ")}, line...)...)
	}
}

func (a *app) legend(b *block) {
	b.section("Signs")
	for _, f := range signs() {
		lead, line, used := say(faint, " "+padded(f.title, labelWidth-1)), []seg(nil), labelWidth
		for _, s := range f.signs { // a sign and its word stay together
			sg := a.look.sign(s)
			n := a.look.cells([]seg{sg}) + 3
			if len(line) > 0 && used+n-3 > b.w {
				b.add(append([]seg{lead}, line...)...)
				lead, line, used = say(plain, grid.Blank(labelWidth)), nil, labelWidth
			}
			line, used = append(line, sg, say(plain, "   ")), used+n
		}
		b.add(append([]seg{lead}, line...)...)
	}
}
