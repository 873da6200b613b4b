package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tickmark/review"
	"tickmark/tui/grid"
)

// screen is one room of the workstation. It draws what it has, asks for what it lacks, and never waits.
type screen interface {
	// name is its word in the palette.
	name() string
	// title stands in the first line behind the name; aside at its right end.
	title() []seg
	aside(w int) []seg
	// load asks for everything the screen shows; it is called when the screen opens, comes back, or is to be fresh.
	load() tea.Cmd
	// commands is what keys do here and now.
	commands() []command
	// view draws exactly w×h cells.
	view(w, h int) string
	// hint is said in the status line while nothing else is.
	hint() []seg
	// close cancels what is under way.
	close()
}

// command ties an action to what it does on a screen. Why says that it is blocked, and why.
type command struct {
	action action
	do     func() tea.Cmd
	why    string
	words  string // in the footer, where the screen has a better word than the binding
	footer int    // place in the footer, where the binding's own (or none) does not suit
}

// watcher is a screen that wants to know of staged acts: which items changed (nil: perhaps all).
type watcher interface {
	changed(ids []review.ItemID) tea.Cmd
}

// clicker is a screen that takes clicks and the wheel; y counts from its first line.
type clicker interface {
	click(x, y int) tea.Cmd
	wheel(n int) tea.Cmd
}

// app is the root: it routes keys and answers and draws the frame around the screen on top.
type app struct {
	o      Options
	desk   *policies
	ctx    context.Context
	cancel context.CancelFunc
	now    func() time.Time
	keys   *keymap
	look   *look
	w, h   int
	mouse  bool

	// about the person, known once the first answer is there
	me    review.Principal
	ready bool

	screens []screen
	panel   panel
	opened  time.Time // when the panel came up
	note    note
	acts    acts
	pulse   review.Pulse // what this login knows of
	beat    slot
	last    repeatable
	leaving bool
}

// note is a sentence in the status line; it stays until the next key.
type note struct {
	tone tone
	text string
	held bool // stays until something else is said
	also bool // the hint of the screen follows it
}

func newApp(ctx context.Context, o Options) *app {
	a := &app{o: o, desk: withPolicies(o.Desk), now: o.Clock, mouse: o.Mouse}
	a.ctx, a.cancel = context.WithCancel(ctx)
	if a.now == nil {
		a.now = time.Now
	}
	keys, err := newKeymap(o.Keys)
	if err != nil { // Check was not called: the usual keys, and the reason
		keys, _ = newKeymap(nil)
		a.fail(err)
	}
	a.keys = keys
	theme := o.Theme
	if theme == "" || theme == "auto" {
		theme = "plain"
	}
	a.look = newLook(theme, o.ascii(), o.noColor())
	if o.Notice != "" {
		a.note = note{tone: plain, text: o.Notice, held: true}
	}
	a.screens = []screen{newHome(a)}
	return a
}

// stop ends every command under way.
func (a *app) stop() { a.cancel() }

// hello is the first answer: who is here.
type hello struct {
	me    review.Principal
	pulse review.Pulse
}

// Init asks who is here, opens Home and asks the terminal for its background.
func (a *app) Init() tea.Cmd {
	desk := a.desk
	cmds := []tea.Cmd{func() tea.Msg {
		p, _ := desk.Pulse(a.ctx) // without it the first beat reads the screen once more
		return hello{desk.Me(), p}
	}, a.listen()}
	if !a.o.noColor() && (a.o.Theme == "" || a.o.Theme == "auto") {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// wholeScreen gives scrolling the whole terminal again (DECSTBM without limits), the cursor kept in place. The renderer
// ends a scroll by naming the last row it knows; in a terminal that grew meanwhile that leaves the rows below out of
// every later scroll, on all screens.
const wholeScreen = "\x1b7\x1b[r\x1b8"

// afresh draws the screen once more with scrolling as it should be. The renderer repaints at a resize by itself, but
// perhaps before wholeScreen has reached the terminal: then a line feed of that repaint scrolls the region of the old
// size, and what stands on the screen is no longer what the renderer believes.
func afresh() tea.Cmd { return tea.Sequence(tea.Raw(wholeScreen), tea.ClearScreen) }

// Update routes.
func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.w, a.h = msg.Width, msg.Height
		return a, afresh()
	case tea.KeyPressMsg:
		return a, a.key(msg)
	case tea.PasteMsg:
		return a, a.paste(msg.Content)
	case answer:
		cmd := msg.deliver()
		a.overhear()
		return a, cmd
	case acted:
		cmd := a.settled(msg)
		a.overhear()
		return a, cmd
	case grid.Msg:
		return a, msg.Apply()
	case ticked:
		return a, msg.then()
	case hello:
		return a, a.greet(msg)
	case tea.MouseMsg:
		return a, a.pointed(msg)
	case tea.BackgroundColorMsg:
		a.background(msg.IsDark())
	case tea.ColorProfileMsg, tea.EnvMsg, tea.KeyReleaseMsg:
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet) {
			a.look.method = ansi.GraphemeWidth
		}
	}
	return a, nil
}

func (a *app) greet(h hello) tea.Cmd {
	a.me, a.pulse, a.ready = h.me, h.pulse, true
	cmds := []tea.Cmd{a.top().load()}
	if a.o.Export != "" {
		cmds = append(cmds, a.open(newMapping(a, a.o.Export, a.o.ExportOptions)))
	} else if a.o.Screen != "" {
		cmds = append(cmds, a.goTo(a.o.Screen, a.o.Campaign))
	} else if a.o.Campaign != "" {
		cmds = append(cmds, a.openCampaign(a.o.Campaign))
	}
	return tea.Batch(cmds...)
}

func (a *app) background(dark bool) {
	theme := "light"
	if dark {
		theme = "dark"
	}
	a.restyle(newLook(theme, a.look.ascii, a.look.noColor))
}

// restyle swaps the look under everything that holds it.
func (a *app) restyle(l *look) {
	l.method = a.look.method
	*a.look = *l
}

func (a *app) top() screen { return a.screens[len(a.screens)-1] }

// key sends a key to the panel in front, else to the command it means on the screen on top, else to those every screen has.
func (a *app) key(k tea.KeyPressMsg) tea.Cmd {
	if a.panel != nil {
		return a.panelKey(k)
	}
	a.note = note{}
	if !a.ready {
		if a.keys.is(k, "quit") || a.keys.is(k, "interrupt") {
			return tea.Quit
		}
		return nil
	}
	for _, c := range a.commands() {
		if !a.keys.is(k, c.action) {
			continue
		}
		if c.why != "" {
			a.warn(a.keys.bindings[c.action].Short + ": " + c.why)
			return nil
		}
		return c.do()
	}
	return nil
}

// commands are those of the screen on top and those of every screen.
func (a *app) commands() []command {
	cs := a.top().commands()
	if t, ok := a.top().(interface{ bare() bool }); ok && t.bare() {
		for i, c := range cs {
			if c.why == "" && slices.Contains(aboutLines(), c.action) {
				cs[i].why = "there is nothing in the list"
			}
		}
	}
	return append(cs, a.common()...)
}

// aboutLines are the acts that need a line of a table.
func aboutLines() []action {
	return []action{"open", "copy", "sort", "columns", "mark", "range", "all"}
}

func (a *app) common() []command {
	suspend := ""
	if a.o.Remote {
		suspend = "there is no shell behind this connection"
	}
	atHome := ""
	quit := "quit"
	if len(a.screens) == 1 {
		atHome = fmt.Sprintf("this is Home; %s leaves the workstation", a.keys.key("quit"))
	} else {
		quit = "back"
	}
	return []command{
		{action: "undo", do: a.undo, why: a.readOnly()},
		{action: "redo", do: a.redo, why: a.readOnly()},
		{action: "sign", do: func() tea.Cmd { return a.open(newConfirm(a)) }, why: a.readOnly()},
		{action: "help", do: a.help},
		{action: "palette", do: a.openPalette},
		{action: "back", do: a.back, why: atHome},
		{action: "quit", do: a.quitKey, words: quit},
		{action: "interrupt", do: a.leave},
		{action: "refresh", do: a.refresh},
		{action: "suspend", do: func() tea.Cmd { return tea.Suspend }, why: suspend},
	}
}

func (a *app) help() tea.Cmd {
	if a.top().name() == "help" {
		return a.back()
	}
	return a.open(newHelp(a))
}

// readOnly says why nothing can be changed, or nothing.
func (a *app) readOnly() string {
	switch {
	case a.o.ReadOnly != "":
		return a.o.ReadOnly
	case a.ready && a.me == "":
		return "nobody can sign here: there is no enrolled key, so this is for looking only"
	}
	return ""
}

func (a *app) refresh() tea.Cmd {
	return tea.Batch(tea.ClearScreen, a.top().load())
}

// tell, warn and fail put a sentence into the status line.
func (a *app) tell(text string) { a.note = note{tone: plain, text: text} }
func (a *app) warn(text string) { a.note = note{tone: careful, text: text} }
func (a *app) fail(err error) {
	a.note = note{tone: bad, text: told(err), held: true}
}

// overhear shows what the desk has said by itself, such as that a staged act was taken back: behind the note that is there.
// A form or question in front is answered first.
func (a *app) overhear() {
	if a.o.Said == nil || a.panel != nil {
		return
	}
	said := a.o.Said()
	if len(said) == 0 {
		return
	}
	text := strings.Join(said, "; ")
	if a.note.text != "" {
		text = a.note.text + "; " + text
	}
	a.note = note{tone: careful, text: text, held: true}
}

func (a *app) pointed(msg tea.MouseMsg) tea.Cmd {
	c, ok := a.top().(clicker)
	if !ok || a.panel != nil || !a.mouse {
		return nil
	}
	m := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		if m.Button == tea.MouseWheelUp {
			return c.wheel(-3)
		}
		return c.wheel(+3)
	case tea.MouseClickMsg:
		return c.click(m.X, m.Y-headerLines)
	}
	return nil
}

// View draws the frame.
func (a *app) View() tea.View {
	content, cursor := a.frame(a.w, a.h)
	v := tea.NewView(content)
	v.AltScreen = true
	v.Cursor = cursor
	v.WindowTitle = a.windowTitle()
	if a.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// windowTitle is written to the terminal raw by the renderer, so it must be clean before.
func (a *app) windowTitle() string {
	words := []string{"tickmark", a.top().name()}
	if a.o.Title != "" {
		words = append(words, a.o.Title)
	}
	return a.look.clean(strings.Join(words, " - "))
}
