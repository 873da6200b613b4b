package tui

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"tickmark/review"
)

// session drives a workstation without a program, a terminal or a clock: a command is run when it is returned, its
// message fed back, and only then the next key is pressed. Stories below read like a manual.
type session struct {
	t       *testing.T
	desk    *fakeDesk
	app     *app
	w, h    int
	quit    bool
	pending []chan tea.Msg // commands that wait in the desk
	held    chan struct{}
	ticks   []tea.Cmd

	mu      sync.Mutex // what the desk sees too
	now     time.Time
	release map[string]chan struct{}
	drawing bool // Update or View is running: the desk must not be called
}

type sessionOption func(*Options, *session)

func sized(w, h int) sessionOption { return func(_ *Options, s *session) { s.w, s.h = w, h } }

func with(f func(*Options)) sessionOption { return func(o *Options, _ *session) { f(o) } }

// open starts a workstation of 80×24 on a desk and lets it settle.
func open(t *testing.T, desk *fakeDesk, opts ...sessionOption) *session {
	t.Helper()
	s := &session{t: t, desk: desk, w: 80, h: 24, now: fakeNow, held: make(chan struct{}), release: map[string]chan struct{}{}}
	desk.clock = s.clock
	inner := desk.hook
	desk.hook = func(ctx context.Context, call string) error {
		if s.isDrawing() {
			t.Errorf("%s is called from Update or View, which must never wait", call)
		}
		if ch := s.holding(call); ch != nil {
			s.held <- struct{}{}
			select {
			case <-ch:
			case <-ctx.Done():
				return review.Errorf(review.KindCancelled, "cancelled")
			}
		}
		if inner != nil {
			return inner(ctx, call)
		}
		return nil
	}
	o := Options{Desk: desk, Theme: "dark", Rules: fakeRules(), Clock: s.clock}
	o.tick = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
		s.ticks = append(s.ticks, func() tea.Msg { return f(s.clock()) })
		return nil
	}
	for _, opt := range opts {
		opt(&o, s)
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	s.app = newApp(t.Context(), o)
	s.feed(tea.WindowSizeMsg{Width: s.w, Height: s.h})
	s.run(s.app.Init())
	return s
}

// feed gives the model a message and runs what it returns.
func (s *session) feed(msg tea.Msg) {
	s.t.Helper()
	s.draws(true)
	_, cmd := s.app.Update(msg)
	s.check()
	s.draws(false)
	s.run(cmd)
}

func (s *session) run(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	result := make(chan tea.Msg, 1)
	go func() { result <- cmd() }()
	select {
	case msg := <-result:
		s.take(msg)
	case <-s.held:
		s.pending = append(s.pending, result)
	}
}

func (s *session) take(msg tea.Msg) {
	s.t.Helper()
	switch msg := msg.(type) {
	case nil:
	case tea.QuitMsg:
		s.quit = true
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.feed(msg)
	}
}

// check holds what must always hold: a frame of exactly the size of the terminal.
func (s *session) check() {
	s.t.Helper()
	content := s.app.View().Content
	if err := exact(content, s.w, s.h, s.app.look.method); err != "" {
		s.t.Fatalf("%s\n%s", err, s.screen())
	}
}

// exact says what is wrong with the size of a frame.
func exact(content string, w, h int, m ansi.Method) string {
	if w <= 0 || h <= 0 {
		if content != "" {
			return "something is drawn on nothing"
		}
		return ""
	}
	lines := strings.Split(content, "\n")
	if len(lines) != h {
		return "the frame has " + number(int64(len(lines))) + " lines, not " + number(int64(h))
	}
	for i, l := range lines {
		if got := m.StringWidth(l); got != w {
			return "line " + number(int64(i)) + " has " + number(int64(got)) + " cells, not " + number(int64(w)) + ": " + l
		}
	}
	return ""
}

// press gives keys one by one, with time to read between them.
func (s *session) press(keys ...string) *session {
	s.t.Helper()
	for _, k := range keys {
		s.pass(time.Second)
		s.feed(keyPress(k))
	}
	return s
}

// burst gives keys in one go, as a paste or a stuck key does: no time passes and no answer comes in between.
func (s *session) burst(keys ...string) *session {
	s.t.Helper()
	var cmds []tea.Cmd
	for _, k := range keys {
		s.draws(true)
		_, cmd := s.app.Update(keyPress(k))
		s.check()
		s.draws(false)
		cmds = append(cmds, cmd)
	}
	for _, c := range cmds {
		s.run(c)
	}
	return s
}

// typed types a text.
func (s *session) typed(text string) *session {
	s.t.Helper()
	for _, r := range text {
		s.pass(50 * time.Millisecond)
		s.feed(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s
}

// fill types a text and presses Enter.
func (s *session) fill(text string) *session {
	s.t.Helper()
	return s.typed(text).press("enter")
}

// command types a command into the palette.
func (s *session) command(text string) *session {
	s.t.Helper()
	return s.press(":").fill(text)
}

func keyPress(k string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "f1": tea.KeyF1}
	if k == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if k == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if c, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	if c, ok := special[k]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	r := []rune(k)[0]
	return tea.KeyPressMsg{Code: r, Text: k}
}

// hold makes calls of the desk wait until let go.
func (s *session) hold(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release[call] = make(chan struct{})
}

func (s *session) holding(call string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.release[call]
}

// holdNoMore lets further calls pass; those that are held stay so until the function it returns is called.
func (s *session) holdNoMore(call string) (free func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.release[call]
	delete(s.release, call)
	return func() { close(ch) }
}

// free lets held calls of a name go on; their answers are taken in by collect.
func (s *session) free(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.release[call]; ch != nil {
		close(ch)
		delete(s.release, call)
	}
}

func (s *session) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pass lets time pass.
func (s *session) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *session) draws(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawing = on
}

func (s *session) isDrawing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drawing
}

// letGo lets held calls of a name go on and takes their answers in.
func (s *session) letGo(call string) *session {
	s.t.Helper()
	s.free(call)
	return s.collect()
}

// collect takes in the answers of commands that have been waiting.
func (s *session) collect() *session {
	s.t.Helper()
	pending := s.pending
	s.pending = nil
	return s.takeAll(pending)
}

// takeAll waits until all these commands are done, and then takes their answers in.
func (s *session) takeAll(pending []chan tea.Msg) *session {
	s.t.Helper()
	msgs := make([]tea.Msg, len(pending))
	for i, ch := range pending {
		msgs[i] = <-ch
	}
	for _, m := range msgs {
		s.take(m)
	}
	return s
}

// screen is what a person sees, without colours.
func (s *session) screen() string {
	return screenText(s.app.View().Content, s.w, s.h)
}

func screenText(content string, w, h int) string {
	var lines []string
	for _, l := range strings.Split(draw(content, w, h).String(), "\n") {
		lines = append(lines, strings.TrimRight(l, " \r"))
	}
	return strings.Join(lines, "\n")
}

// draw puts a frame into cells the way the renderer does.
func draw(content string, w, h int) uv.ScreenBuffer {
	buf := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(content).Draw(buf, buf.Bounds())
	return buf
}

// to presses a key until a text is on the screen.
func (s *session) to(key, text string) *session {
	s.t.Helper()
	for n := 0; n < 40 && !strings.Contains(s.screen(), text); n++ {
		s.press(key)
	}
	return s.see(text)
}

// see fails unless all texts are on the screen.
func (s *session) see(texts ...string) *session {
	s.t.Helper()
	screen := s.screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			s.t.Fatalf("%q is not on the screen:\n%s", text, screen)
		}
	}
	return s
}

// dontSee fails if one of the texts is on the screen.
func (s *session) dontSee(texts ...string) *session {
	s.t.Helper()
	screen := s.screen()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			s.t.Fatalf("%q is on the screen:\n%s", text, screen)
		}
	}
	return s
}

// current is the item under the cursor of the screen on top.
func (s *session) current() review.Item {
	s.t.Helper()
	var it review.Item
	var ok bool
	switch sc := s.app.top().(type) {
	case *walk:
		it, ok = currentItem(sc.g)
	case *list:
		it, ok = currentItem(sc.g)
	case *itemScreen:
		it, ok = sc.d.Item, sc.d != nil
	}
	if !ok {
		s.t.Fatalf("no item is under the cursor:\n%s", s.screen())
	}
	return it
}

// draft is what is staged on an item.
func (s *session) draft(id review.ItemID) review.Staged {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	return s.desk.drafts[id]
}

// TestMain lets a person look: TICKMARK_TUI=1 runs the workstation on the company of the tests, in this terminal.
func TestMain(m *testing.M) {
	if os.Getenv("TICKMARK_TUI") == "" {
		os.Exit(m.Run())
	}
	desk := newFakeDesk()
	if n, err := strconv.Atoi(os.Getenv("TICKMARK_ITEMS")); err == nil {
		desk = manyItems(n)
	}
	desk.clock = time.Now
	shift := time.Since(fakeNow)
	desk.due = desk.due.Add(shift)
	o := Options{Desk: desk, Theme: os.Getenv("TICKMARK_THEME"), Env: os.Environ(), Title: "demo.db", Rules: fakeRules(), ASCII: os.Getenv("TICKMARK_ASCII") != ""}
	run := Run
	if os.Getenv("TICKMARK_TUI") == "plain" {
		run = Plain
	}
	if err := run(context.Background(), o, os.Stdin, os.Stdout); err != nil {
		message, hint := explain(err)
		os.Stderr.WriteString(message + "\n" + hint + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// resize changes the terminal.
func (s *session) resize(w, h int) *session {
	s.t.Helper()
	s.w, s.h = w, h
	s.feed(tea.WindowSizeMsg{Width: w, Height: h})
	return s
}
