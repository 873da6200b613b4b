package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// action names what a key does. The names are what Options.Keys takes.
type action string

// group is where a binding is at home. Two actions of one group, or one of them in everywhere or moving, never share a key.
type group string

const (
	everywhere group = "everywhere"
	moving     group = "moving"
	lists      group = "lists"
	deciding   group = "deciding"
	confirming group = "confirming"
	managing   group = "exceptions and revokes"
	preparing  group = "imports and campaigns"
)

// Binding is one key as data: the footer, Help, the README table and the check for conflicts come from these.
type Binding struct {
	Action  string
	Keys    []string
	Short   string // in the footer
	Words   string // in Help and the table
	Group   string
	Danger  string // what stands between the key and the act, where it cannot be undone with u
	action  action
	group   group
	visible int // order in the footer; 0: only in Help
}

// Bindings are the keys as they come, in the order in which Help shows them.
func Bindings() []Binding {
	b := func(g group, a action, footer int, keys, short, words, danger string) Binding {
		return Binding{Action: string(a), Keys: strings.Fields(keys), Short: short, Words: words, Group: string(g), Danger: danger,
			action: a, group: g, visible: footer}
	}
	return []Binding{
		b(everywhere, "help", 90, "? f1", "help", "what the keys of this screen do, and what the signs mean", ""),
		b(everywhere, "palette", 80, ":", "screens", "go to a screen or give a command by name", ""),
		b(everywhere, "back", 70, "esc", "back", "leave a question, a choice, a filter, then the screen", ""),
		b(everywhere, "quit", 95, "q", "quit", "go back, or leave the workstation from Home", "asks while something is staged and unsigned"),
		b(everywhere, "interrupt", 0, "ctrl+c", "leave", "leave the workstation from anywhere", "asks while something is staged and unsigned"),
		b(everywhere, "refresh", 0, "ctrl+l", "refresh", "read everything on the screen again", ""),
		b(everywhere, "suspend", 0, "ctrl+z", "suspend", "stop the workstation and return to the shell (fg brings it back)", ""),
		b(everywhere, "sign", 65, "S", "sign", "see what is staged, confirm it and sign it", "nothing is signed before it is confirmed with another key"),
		b(everywhere, "undo", 66, "u", "undo", "take back the last staged act", ""),
		b(everywhere, "redo", 0, "ctrl+r", "redo", "stage again what undo took back", ""),

		b(moving, "down", 0, "down j", "down", "one line down", ""),
		b(moving, "up", 0, "up k", "up", "one line up", ""),
		b(moving, "page-down", 0, "ctrl+d", "half down", "half a page down", ""),
		b(moving, "page-up", 0, "ctrl+u", "half up", "half a page up", ""),
		b(moving, "screen-down", 0, "pgdown ctrl+f", "page down", "a page down", ""),
		b(moving, "screen-up", 0, "pgup ctrl+b", "page up", "a page up", ""),
		b(moving, "first", 0, "g home", "first", "to the first line", ""),
		b(moving, "last", 0, "G end", "last", "to the last line", ""),
		b(moving, "left", 0, "left", "left", "columns to the left", ""),
		b(moving, "right", 0, "right", "right", "columns to the right", ""),
		b(moving, "open", 4, "enter", "open", "open what is under the cursor", ""),
		b(moving, "pane", 64, "tab", "other part", "go to the other part of the screen", ""),

		b(lists, "filter", 50, "/", "filter", "show only what matches", ""),
		b(lists, "sort", 60, "s", "sort", "sort by one or more columns", ""),
		b(lists, "group", 61, "o", "group", "group by identity, entitlement, system or finding", ""),
		b(lists, "columns", 62, "c", "columns", "show, hide, move and freeze columns", ""),
		b(lists, "copy", 63, "y", "copy", "copy to the clipboard of your terminal; the text is shown too", ""),
		b(lists, "mark", 51, "space", "mark", "mark a line; acts then mean all marked lines", ""),
		b(lists, "range", 52, "v", "range", "begin a range, and end it: everything between is marked", ""),
		b(lists, "all", 53, "*", "all", "mark everything that matches, loaded or not", ""),
		b(lists, "link", 0, "l", "link", "say whose account this is, or that it is nobody's but its own", "shows what would join and asks"),

		b(deciding, "keep", 1, "a", "keep", "keep the access as it is", ""),
		b(deciding, "revoke", 2, "x", "revoke", "the access goes; asks for the reason", ""),
		b(deciding, "exception", 3, "e", "exception", "it stays against a rule until a day: asks until when, who answers for it, what compensates", ""),
		b(deciding, "abstain", 4, "d", "don't know", "you cannot judge it: asks why; it is offered to somebody else", ""),
		b(deciding, "repeat", 20, ".", "repeat", "the last verdict and reason again, on this item", ""),
		b(deciding, "side", 4, "w", "which stays", "of duties that should be apart: this one stays, the other goes; asks for the reason", ""),
		b(deciding, "reaffirm", 0, "R", "reaffirm", "keep again what was kept last time and has not changed: of this identity, or of the list", "shows how many and asks"),
		b(deciding, "clear", 0, "backspace delete", "clear", "take the staged verdict of this item back", ""),
		b(deciding, "next-undecided", 7, "n", "next open", "to the next undecided item", ""),
		b(deciding, "next-identity", 8, "]", "next identity", "to the next identity", ""),
		b(deciding, "previous-identity", 9, "[", "previous", "to the previous identity", ""),
		b(deciding, "reassign", 0, "r", "reassign", "ask somebody else to decide (managers)", ""),

		b(confirming, "confirm", 1, "y", "sign now", "sign what is shown", "this is the confirmation"),
		b(confirming, "take-out", 2, "backspace delete", "take out", "take this one out: it is unstaged and not signed", ""),
		b(confirming, "sign-off", 3, "F", "sign off", "say that you are done with a campaign", "shows the counts and asks"),

		b(managing, "approve", 1, "a", "approve", "agree to an exception that waits for a second person", ""),
		b(managing, "renew", 1, "w", "renew", "renew an exception until a later day", ""),
		b(managing, "close", 2, "x", "close", "close an exception: remediated, withdrawn or superseded", ""),
		b(managing, "outcomes", 59, "f", "outcomes", "what became of revokes and exceptions, by campaign, source and owner", ""),
		b(managing, "claim", 1, "t", "claim", "say that a revoke was carried out, with its ticket", ""),

		b(preparing, "import", 12, "i", "import", "read an export; shows what it would do first", ""),
		b(preparing, "compare", 13, "=", "compare", "what changed since the import before", ""),
		b(preparing, "rejects", 14, "r", "rejects", "the rows that were not taken, and why", ""),
		b(preparing, "unlink", 13, "x", "unlink", "say that the account is its own, whatever e-mail it bears", "shows what and asks"),
		b(preparing, "new", 12, "+", "new", "draft a campaign", ""),
		b(preparing, "redraft", 13, "e", "change", "change a draft", ""),
		b(preparing, "meant", 13, "m", "it is meant", "say of what stands in the way of a launch that it is meant: a source without grants, a count that fell", "shows what and asks"),
		b(preparing, "launch", 13, "L", "launch", "freeze the population and begin", "shows what stands in the way and asks"),
		b(preparing, "finish", 14, "F", "sign off", "say that you are done with a campaign", "shows the counts and asks"),
	}
}

// keymap finds actions by key, and keys by action.
type keymap struct {
	bindings map[action]Binding
	order    []action
}

// newKeymap applies a person's changes. It refuses actions that do not exist, keys that mean two things on one screen,
// and bare letters A to E, which are what function keys of some consoles look like.
func newKeymap(changes map[string][]string) (*keymap, error) {
	m := &keymap{bindings: map[action]Binding{}}
	for _, b := range Bindings() {
		if keys, ok := changes[b.Action]; ok {
			b.Keys = slices.Clone(keys)
		}
		m.bindings[b.action] = b
		m.order = append(m.order, b.action)
	}
	names := make([]string, len(m.order))
	for i, a := range m.order {
		names[i] = string(a)
	}
	for name, keys := range changes {
		if !slices.Contains(names, name) {
			hint := "Run tickmark man or press ? to see the names."
			if near := review.Nearest(name, names); near != "" {
				hint = fmt.Sprintf("Did you mean %s?", near)
			}
			return nil, review.Errorf(review.KindUsage, "there is no action %s to give keys to", review.Quote(name)).WithHint("%s", hint)
		}
		if len(keys) == 0 {
			return nil, review.Errorf(review.KindUsage, "the action %s has no key", name).WithHint("Give at least one, such as %s.",
				strings.Join(defaultKeys(name), " or "))
		}
	}
	return m, m.check()
}

func defaultKeys(name string) []string {
	for _, b := range Bindings() {
		if b.Action == name {
			return b.Keys
		}
	}
	return nil
}

func (m *keymap) check() error {
	for i, a := range m.order {
		for _, k := range m.bindings[a].Keys {
			if !validKey(k) {
				return review.Errorf(review.KindUsage, "%s is not a key", review.Quote(k)).
					WithHint("Keys are written like a, A, ?, space, enter, ctrl+d, shift+tab, f2.")
			}
			if len(k) == 1 && k[0] >= 'A' && k[0] <= 'E' {
				return review.Errorf(review.KindUsage, "the key %s cannot be used for %s", k, a).
					WithHint("Function keys of some consoles arrive as the letters A to E.")
			}
			for _, other := range m.order[:i] {
				if slices.Contains(m.bindings[other].Keys, k) && meet(m.bindings[a].group, m.bindings[other].group) {
					return review.Errorf(review.KindUsage, "the key %s would mean both %s and %s", k, other, a).
						WithHint("Give one of them another key.")
				}
			}
		}
	}
	return nil
}

// meet reports whether commands of two groups can be on one screen.
func meet(a, b group) bool {
	if a == confirming && b == lists || a == lists && b == confirming { // Confirm has no list tools
		return false
	}
	common := func(g group) bool { return g == everywhere || g == moving || g == lists }
	return a == b || common(a) || common(b)
}

func validKey(k string) bool {
	base := k
	for _, mod := range []string{"ctrl+", "alt+", "shift+", "meta+", "super+"} {
		base = strings.TrimPrefix(base, mod)
	}
	if n := len([]rune(base)); n == 1 {
		return base != " " && review.Safe(base) == base
	}
	named := []string{"space", "enter", "esc", "tab", "backspace", "delete", "insert", "home", "end", "pgup", "pgdown", "up", "down", "left",
		"right", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}
	return slices.Contains(named, base)
}

// is reports whether a key press means the action. Where the keyboard says which key of a PC keyboard was pressed, that
// counts too, so that the letters work with any layout.
func (m *keymap) is(k tea.KeyPressMsg, a action) bool {
	keys := m.bindings[a].Keys
	if slices.Contains(keys, name(k)) {
		return true
	}
	if base := k.Key().BaseCode; base != 0 && k.Mod == 0 && (k.Code > 0x7f) {
		return slices.Contains(keys, string(base))
	}
	return false
}

// name is how a key is written here.
func name(k tea.KeyPressMsg) string {
	switch k.Code {
	case tea.KeyKpEnter:
		return "enter"
	case tea.KeyKpUp:
		return "up"
	case tea.KeyKpDown:
		return "down"
	case tea.KeyKpLeft:
		return "left"
	case tea.KeyKpRight:
		return "right"
	}
	return k.String()
}

// key is the first key of an action, as the footer shows it.
func (m *keymap) key(a action) string {
	if keys := m.bindings[a].Keys; len(keys) > 0 {
		return keys[0]
	}
	return ""
}

// KeyTable is the table of keys for the README and the manual page, in Markdown.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| keys | action | does |\n|---|---|---|\n")
	last := ""
	for _, bind := range Bindings() {
		if bind.Group != last {
			fmt.Fprintf(&b, "| | | **%s** |\n", bind.Group)
			last = bind.Group
		}
		keys := make([]string, len(bind.Keys))
		for i, k := range bind.Keys {
			keys[i] = "`" + strings.ReplaceAll(k, "|", "\\|") + "`"
		}
		words := bind.Words
		if bind.Danger != "" {
			words += "; " + bind.Danger
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", strings.Join(keys, " "), bind.Action, words)
	}
	return b.String()
}
