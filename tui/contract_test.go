package tui

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tickmark/review"
)

// situations are ways to every screen, with its panels open too.
func situations() []shot {
	all := []shot{
		{name: "walk verdicts", play: func(s *session) { s.press("enter", "j", "j", "a", "x").fill("left the team") }},
		{name: "walk revoke form", play: func(s *session) { s.press("enter", "j", "j", "x").typed("left the team") }},
		{name: "walk exception form", play: func(s *session) { s.press("enter", "j", "j", "e").fill("90d") }},
		{name: "walk range", play: func(s *session) { s.press("enter", "v", "j", "j") }},
		{name: "list filtered and marked", play: func(s *session) { s.command("list").press("/").fill("system:aws").press("space", "space") }},
		{name: "list filter form", play: func(s *session) { s.command("list").press("/").fill("sevrity:high") }},
		{name: "list groups", play: func(s *session) { s.command("list").press("o") }},
		{name: "list sort", play: func(s *session) { s.command("list").press("s", "j") }},
		{name: "list columns", play: func(s *session) { s.command("list").press("c", "j") }},
		{name: "list bulk", play: func(s *session) { s.command("list").press("*", "a") }},
		{name: "confirm staged", play: func(s *session) { s.press("enter", "j", "j", "a", "a", "S") }},
		{name: "confirm receipt", play: func(s *session) { s.press("enter", "j", "j", "a", "S", "y") }},
		{name: "confirm waiting", play: func(s *session) {
			s.press("enter", "j", "j", "a", "S")
			s.hold("ConfirmShown")
			s.press("y")
		}},
		{name: "sign-off", play: func(s *session) { s.command("campaigns").press("F") }},
		{name: "exceptions renew", play: func(s *session) { s.command("exceptions").press("w") }},
		{name: "exceptions close", play: func(s *session) { s.command("exceptions").press("x") }},
		{name: "exceptions evidence", play: func(s *session) {
			s.command("exceptions").press("x", "enter", "enter").typed("ticket-4411.pdf")
		}},
		{name: "remediation claim", play: func(s *session) { s.command("remediation").press("t") }},
		{name: "imports mapping", play: func(s *session) { s.command("imports").press("i").fill("/tmp/export.csv") }},
		{name: "imports reading", play: func(s *session) {
			s.hold("ImportFile")
			s.command("imports").press("i").fill("/tmp/export.csv")
		}},
		{name: "imports result", play: func(s *session) { s.command("imports").press("i").fill("/tmp/export.csv").press("y") }},
		{name: "imports rejects", play: func(s *session) { s.command("imports").press("G", "r") }},
		{name: "imports compare", play: func(s *session) { s.command("imports").press("G", "=") }},
		{name: "link", play: func(s *session) { s.press("enter", "l") }},
		{name: "link question", play: func(s *session) { s.press("enter", "l", "G", "enter") }},
		{name: "link done", play: func(s *session) { s.press("enter", "l", "G", "enter", "y") }},
		{name: "link by name", play: func(s *session) { s.command("imports").press("l").typed("jdo") }},
		{name: "campaigns draft", play: func(s *session) { s.command("campaigns").press("+") }},
		{name: "campaigns launch", play: func(s *session) {
			s.desk.drafted = []review.Campaign{{Name: "q1-2027", State: review.DraftState}}
			s.command("campaigns").press("j", "L")
		}},
		{name: "ledger entry", play: func(s *session) { s.command("ledger").press("enter") }},
		{name: "palette", play: func(s *session) { s.press(":").typed("co") }},
		{name: "quit question", play: func(s *session) { s.press("enter", "j", "j", "a", "q", "q") }},
	}
	for _, name := range screenNames() {
		all = append(all, shot{name: name, play: func(s *session) { s.command(name) }})
	}
	return all
}

// TestEveryFrameHasExactlyItsSize draws every situation at every small size and at usual ones, by both ways of counting
// cells, with names no layout was made for.
func TestEveryFrameHasExactlyItsSize(t *testing.T) {
	sizes := [][2]int{{40, 10}, {59, 15}, {60, 14}, {60, 15}, {80, 24}, {100, 30}, {119, 40}, {120, 16}, {139, 40}, {140, 12}, {160, 50}, {200, 50}, {300, 80}}
	for w := range 31 {
		for h := range 31 {
			if testing.Short() && (w+h)%3 != 0 {
				continue
			}
			sizes = append(sizes, [2]int{w, h})
		}
	}
	for _, c := range situations() {
		t.Run(c.name, func(t *testing.T) {
			desk := newFakeDesk()
			hostile(desk)
			s := open(t, desk, sized(80, 24))
			c.play(s)
			for pass, m := range []ansi.Method{ansi.WcWidth, ansi.GraphemeWidth} {
				s.app.look.method = m
				for _, size := range sizes {
					if size[0] <= 30 && size[1] <= 30 && (size[0]+size[1])%2 != pass {
						continue
					}
					content, _ := s.app.frame(size[0], size[1])
					if wrong := exact(content, size[0], size[1], m); wrong != "" {
						t.Fatalf("%v: %s", size, wrong)
					}
				}
			}
		})
	}
}

// payloads are texts made to take a terminal over, to hide or to reorder, or just to be hard to lay out.
func payloads() []string {
	return []string{
		"\x1b[2J\x1b[H", "\x1b[31mred\x1b[8m", "\x1bc", "\x1b]0;owned\a", "\x1b]52;c;b3duZWQ=\a", "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\", "\x1bPq#0;2;0;0;0\x1b\\",
		"\x1bP$q\"p\x1b\\", "\x1b_Gf=24;AAAA\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x1bPtmux;\x1b\x1b]0;x\a\x1b\\", "a\ab\bc\rd", "x\ny\tz", "\x0e\x0f\x00\x7f",
		"\x9b2J\x9d0;x\x9c", "\u009b2J\u009d0;x\u009c\u0090q\u009f\u0085", "abc\u202etxt.exe", "\u2066a\u2069\u061c\u200e\u200f", "ad\u200bmin", "\ufeff\u00ad\u2060", "a\U000e0041\U000e007f",
		"\ufe0f\u3164\u115f\uffa0", "a\u2028b\u2029c", "\xc0\xaf\xe2\x82\xed\xa0\x80", "a" + strings.Repeat("\u0301", 20), "\u0301", "👩\u200d👩\u200d👧\u200d👦", "🇩🇪⚠\ufe0f✅",
		"山田太郎", "محمد علي", "नीलम", "\u0600 1", "ൎക", strings.Repeat("long ", 60), strings.Repeat("W", 400), "\u202e", "   ", "",
	}
}

// hostile puts a payload into every text a desk gives.
func hostile(d *fakeDesk) {
	all := payloads()
	n := 0
	p := func(s string) string {
		n++
		return s + all[n%len(all)]
	}
	for _, it := range d.items {
		it.Name, it.Account, it.Login, it.Entitlement, it.EntName = p(it.Name), p(it.Account), p(it.Login), p(it.Entitlement), p(it.EntName)
		it.Resource, it.System, it.Owner, it.Manager, it.Department, it.Path = p(it.Resource), p(it.System), p(it.Owner), p(it.Manager), p(it.Department), p(it.Path)
		it.How, it.Status = p("group"), p(it.Status)
		if it.Blocked != "" {
			it.Blocked = p(it.Blocked)
		}
		for i := range it.Findings {
			it.Findings[i].Reason, it.Findings[i].Rule = p(it.Findings[i].Reason), p(it.Findings[i].Rule)
		}
	}
	for key, id := range d.people {
		id.DisplayName, id.Department, id.Title, id.Manager, id.Owner, id.KindReason = p(id.DisplayName), p(id.Department), p(id.Title), p(id.Manager), p(id.Owner), p("seen")
		d.people[key] = id
	}
	d.title = p(d.title)
	for i := range d.exceptions {
		e := &d.exceptions[i]
		e.Identity, e.Entitlement, e.System, e.Reason, e.Control, e.Owner = p(e.Identity), p(e.Entitlement), p(e.System), p(e.Reason), p(e.Control), p(e.Owner)
		e.Name, e.Account, e.EntName, e.Until = p(e.Name), p(e.Account), p(e.EntName), p(e.Until)
		e.History = []review.ClosureRecord{{Outcome: p("renewed"), Until: p("2027-01-01"), Owner: p("c@d"), Control: p("four eyes"), Evidence: p("sha256:ab"), Reason: p("why"), Manager: review.Principal(p("a@b"))}}
	}
	for i := range d.remediations {
		r := &d.remediations[i]
		r.Identity, r.Entitlement, r.System, r.Reason, r.Ticket, r.Owner, r.Notes = p(r.Identity), p(r.Entitlement), p(r.System), p(r.Reason), p(r.Ticket), p(r.Owner), []string{p("n")}
		r.Name, r.Account, r.EntName, r.Resource, r.Claimed = p(r.Name), p(r.Account), p(r.EntName), p(r.Resource), p(r.Claimed)
	}
	for i := range d.imports {
		r := &d.imports[i]
		r.File, r.Format, r.System, r.Query, r.ExportedBy = p(r.File), p(r.Format), p(r.System), p("q"), p(r.ExportedBy)
		r.Columns, r.Evidence, r.Encoding = []string{"user", p("mail"), p("role")}, []string{p("its header")}, p("utf-8")
		r.Mapping = append(r.Mapping, review.Assign{Name: p("mail"), Value: p("role")})
		r.Samples = []map[string]string{{"account": p("jdoe"), "entitlement": p("admin")}}
		r.Warnings = []review.Warning{{Keyword: "odd", Count: 2, First: p("line 3"), Text: p("odd cells")}}
	}
	for i := range d.rejects {
		d.rejects[i].Text, d.rejects[i].Column = p(d.rejects[i].Text), p(d.rejects[i].Column)
	}
	for i := range d.entries {
		d.entries[i].Summary = p(d.entries[i].Summary)
	}
	d.extra[0].Title = p(d.extra[0].Title)
	d.blocks = append(d.blocks, review.Notice{Code: p("self-review"), Text: p("5 items are their reviewer's own"), Hint: p("give them to another")})
	d.keys[0].Prompt = p(d.keys[0].Prompt)
	clear(d.sorted)
}

// TestNoTextFromDataReachesTheTerminalRaw runs every situation with hostile data and reads the frames byte by byte: the
// only control sequences in them are the colours the look has put there.
func TestNoTextFromDataReachesTheTerminalRaw(t *testing.T) {
	for _, c := range situations() {
		for _, ascii := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s ascii=%v", c.name, ascii), func(t *testing.T) {
				desk := newFakeDesk()
				hostile(desk)
				s := open(t, desk, sized(200, 50), with(func(o *Options) { o.ASCII = ascii; o.Title = "\x1b]52;c;eA==\a\u009b2J" }))
				c.play(s)
				view := s.app.View()
				content, _ := s.app.frame(200, 50)
				for _, text := range []string{view.Content, content, view.WindowTitle} {
					if bad := strayControl(text); bad != "" {
						t.Fatalf("%s in the frame", bad)
					}
					if ascii {
						for _, r := range text {
							if r > 0x7e {
								t.Fatalf("%q is not ASCII", r)
							}
						}
					}
				}
			})
		}
	}
}

// strayControl finds the first thing in a frame that is neither text nor a colour.
func strayControl(s string) string {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n':
		case c == 0x1b:
			j := i + 1
			if j >= len(s) || s[j] != '[' {
				return fmt.Sprintf("%q", s[i:min(i+8, len(s))])
			}
			for j++; j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ';'); j++ {
			}
			if j >= len(s) || s[j] != 'm' {
				return fmt.Sprintf("%q", s[i:min(j+1, len(s))])
			}
			i = j
		case c < 0x20 || c == 0x7f:
			return fmt.Sprintf("%q", string(c))
		}
	}
	for _, r := range s {
		if r >= 0x80 && r < 0xa0 || r == '\u202e' || r == '\u200b' || r == '\u2028' || r == 0xfffd {
			return fmt.Sprintf("%q", r)
		}
	}
	return ""
}

// TestTheStreamHoldsOnlySequencesOfTheRenderer runs the real program into a buffer, with hostile data on every screen, and
// parses what a terminal would get.
func TestTheStreamHoldsOnlySequencesOfTheRenderer(t *testing.T) {
	desk := newFakeDesk()
	hostile(desk)
	var out strings.Builder
	keys, feed := io.Pipe()
	o := Options{Desk: desk, Theme: "auto", Title: "\x1b]52;c;eA==\a", Env: []string{"TERM=xterm-256color", "LANG=C.UTF-8"}}
	m := newApp(t.Context(), o)
	opts := append(o.ProgramOptions(), tea.WithInput(keys), tea.WithOutput(&out), tea.WithWindowSize(120, 40), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignals())
	done := make(chan error, 1)
	go func() {
		_, err := tea.NewProgram(m, opts...).Run()
		done <- err
	}()
	for _, name := range append(screenNames(), "home") {
		_, _ = io.WriteString(feed, ":"+name+"\r")
		time.Sleep(30 * time.Millisecond)
	}
	_, _ = io.WriteString(feed, "y")
	time.Sleep(30 * time.Millisecond)
	_, _ = io.WriteString(feed, "q")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if bad := foreign(out.String()); bad != "" {
		t.Fatalf("the stream holds %s", bad)
	}
}

// still is a program that shows one frame of a workstation and ends.
type still struct{ view tea.View }

func (m still) Init() tea.Cmd {
	return tea.Tick(20*time.Millisecond, func(time.Time) tea.Msg { return tea.Quit() })
}
func (m still) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (m still) View() tea.View                      { return m.view }

// TestTheStreamOfEverySituationHoldsOnlySequencesOfTheRenderer gives the frame and the title of every situation to the real
// renderer, forms, the mapping, guards and questions too, with hostile data and with payloads pasted into what takes text,
// and parses what a terminal would get.
func TestTheStreamOfEverySituationHoldsOnlySequencesOfTheRenderer(t *testing.T) {
	for _, c := range situations() {
		t.Run(c.name, func(t *testing.T) {
			desk := newFakeDesk()
			hostile(desk)
			s := open(t, desk, sized(200, 50), with(func(o *Options) { o.Title = "\x1b]52;c;eA==\a" }))
			c.play(s)
			shown := func() {
				t.Helper()
				view := s.app.View()
				var out strings.Builder
				opts := append(s.app.o.ProgramOptions(), tea.WithInput(nil), tea.WithOutput(&out), tea.WithWindowSize(s.w, s.h), tea.WithColorProfile(colorprofile.TrueColor), tea.WithoutSignals())
				if _, err := tea.NewProgram(still{view}, opts...).Run(); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(out.String(), "]2;tickmark") || !strings.Contains(out.String(), " tickmark ") {
					t.Fatalf("the frame was not drawn: %q", out.String())
				}
				if bad := foreign(out.String()); bad != "" {
					t.Fatalf("the stream holds %s", bad)
				}
			}
			shown()
			for _, p := range payloads() {
				s.feed(tea.PasteMsg{Content: p})
			}
			shown()
		})
	}
}

// foreign parses a stream as a terminal would and names the first control that is on no list: string sequences other than
// the window title, the background query and the clipboard, C1 controls, and C0 controls a renderer does not need.
func foreign(s string) string {
	p := ansi.NewParser()
	state := byte(0)
	for len(s) > 0 {
		seq, _, n, next := ansi.DecodeSequence(s, state, p)
		state = next
		s = s[n:]
		switch {
		case seq == "":
			continue
		case ansi.HasOscPrefix(seq):
			if !strings.HasPrefix(seq, "\x1b]0;tickmark") && !strings.HasPrefix(seq, "\x1b]2;tickmark") && !strings.HasPrefix(seq, "\x1b]11;?") &&
				!strings.HasPrefix(seq, "\x1b]112") && !strings.HasPrefix(seq, "\x1b]111") && !strings.HasPrefix(seq, "\x1b]110") && !strings.HasPrefix(seq, "\x1b]2;\a") &&
				!strings.HasPrefix(seq, "\x1b]52;c;") {
				return fmt.Sprintf("%q", seq)
			}
			if strings.HasPrefix(seq, "\x1b]52") && (strings.Contains(seq, "eA==") || strings.Contains(seq, "b3duZWQ=")) {
				return fmt.Sprintf("an attack: %q", seq)
			}
		case ansi.HasDcsPrefix(seq), ansi.HasApcPrefix(seq), ansi.HasPmPrefix(seq), ansi.HasSosPrefix(seq):
			return fmt.Sprintf("%q", seq)
		case len(seq) == 1 && (seq[0] < 0x20 && !strings.Contains("\r\n\b\t", seq) || seq[0] == 0x7f):
			return fmt.Sprintf("%q", seq)
		default:
			for _, r := range seq {
				if r >= 0x80 && r < 0xa0 || r == '\u202e' || r == '\u200b' {
					return fmt.Sprintf("%q", seq)
				}
			}
		}
	}
	return ""
}

// TestAnAttackInAStreamIsSeen holds the tests above to account: what they look for is found when it is there.
func TestAnAttackInAStreamIsSeen(t *testing.T) {
	for _, attack := range []string{"\x1b]0;owned\a", "\x1b]52;c;b3duZWQ=\a", "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\", "\x1bPq#0;2;0;0;0\x1b\\", "\x1bP$q\"p\x1b\\", "\x1b_Gf=24;AAAA\x1b\\",
		"\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "a\ab", "\x0e", "\x00", "\x7f", "\u009b2J", "\u0090q", "abc\u202etxt.exe", "ad\u200bmin"} {
		if foreign("\x1b[2;3Hplain "+attack+" text\x1b[m") == "" {
			t.Errorf("%q passes", attack)
		}
	}
	if bad := foreign("\x1b[2;3H\x1b[1mplain\x1b[m text\r\n"); bad != "" {
		t.Errorf("an honest stream is refused for %s", bad)
	}
}

// shot is a screen in a situation.
type shot struct {
	name    string
	w, h    int
	options []sessionOption
	play    func(s *session)
}

var update = flag.Bool("update", false, "write the golden frames anew")

// TestGoldenFrames compares frames with those in testdata, named after the case.
func TestGoldenFrames(t *testing.T) {
	ascii := with(func(o *Options) { o.ASCII = true })
	noColor := with(func(o *Options) { o.Env = []string{"NO_COLOR=yes"} })
	cases := []shot{}
	for _, name := range screenNames() {
		for _, size := range [][2]int{{80, 24}, {200, 50}, {60, 15}} {
			cases = append(cases, shot{name: fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), w: size[0], h: size[1], play: func(s *session) { s.command(name) }})
		}
	}
	light := with(func(o *Options) { o.Theme = "light" })
	for _, name := range screenNames() {
		for kind, option := range map[string]sessionOption{"ascii": ascii, "no-color": noColor, "light": light} {
			if name == "walk" && kind != "light" { // below, with a verdict given
				continue
			}
			cases = append(cases, shot{name: name + "-" + kind, w: 80, h: 24, options: []sessionOption{option}, play: func(s *session) { s.command(name) }})
		}
	}
	for _, c := range situations() {
		if strings.Contains(c.name, " ") || c.name == "palette" || c.name == "sign-off" {
			cases = append(cases, shot{name: strings.ReplaceAll(c.name, " ", "-"), w: 80, h: 24, play: c.play})
		}
	}
	cases = append(cases,
		shot{name: "walk-ascii", w: 80, h: 24, options: []sessionOption{ascii}, play: func(s *session) { s.press("enter", "j", "j", "a") }},
		shot{name: "walk-no-color", w: 80, h: 24, options: []sessionOption{noColor}, play: func(s *session) { s.press("enter", "j", "j", "a") }},
		shot{name: "walk-20x5", w: 20, h: 5, play: func(s *session) { s.press("enter") }},
		shot{name: "too-small", w: 19, h: 4, play: func(s *session) { s.press("enter") }},
	)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, newFakeDesk(), append(c.options, sized(c.w, c.h))...)
			c.play(s)
			got := styledText(s.app.View().Content, c.w, c.h)
			file := filepath.Join("testdata", c.name+".txt")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; go test ./tui -run TestGoldenFrames -update writes it", err)
			}
			if got != string(want) {
				t.Errorf("the frame has changed; go test ./tui -run TestGoldenFrames -update accepts it\n%s", got)
			}
		})
	}
}

// styledText is a frame as text, line by line, and below it where colours and attributes begin: readable, and exact.
func styledText(content string, w, h int) string {
	buf := draw(content, w, h)
	var b, styles strings.Builder
	for y := range h {
		var line strings.Builder
		last := ""
		for x := range w {
			c := buf.CellAt(x, y)
			if c == nil || c.Width == 0 && c.Content == "" {
				continue
			}
			text := c.Content
			if text == "" {
				text = " "
			}
			line.WriteString(text)
			if st := c.Style.String(); st != last && strings.TrimSpace(text) != "" {
				fmt.Fprintf(&styles, "%d,%d %s\n", y, x, strings.Trim(strings.ReplaceAll(st, "\x1b", ""), "[m"))
				last = st
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String() + "---\n" + styles.String()
}

// TestNoColorMeansNoColour holds NO_COLOR to any non-empty value.
func TestNoColorMeansNoColour(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want bool
	}{{[]string{"NO_COLOR=yes"}, true}, {[]string{"NO_COLOR=0"}, true}, {[]string{"NO_COLOR="}, false}, {nil, false}} {
		if got := (Options{Env: c.env}).noColor(); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
	s := open(t, newFakeDesk(), with(func(o *Options) { o.Env = []string{"NO_COLOR=0"} }))
	s.press("enter", "j", "j", "a")
	if content := s.app.View().Content; strings.Contains(content, "\x1b[3") || strings.Contains(content, ";3") || strings.Contains(content, "\x1b[9") {
		t.Error("there is colour in the frame")
	}
	s.see("keep staged")
}

// TestRandomKeysNeverBreakAnything presses keys at random and holds what must hold after each of them.
func TestRandomKeysNeverBreakAnything(t *testing.T) {
	rounds, keys := 8, 200
	if testing.Short() {
		rounds = 3
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { monkey(t, uint64(seed), keys) })
	}
}

func FuzzKeys(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { monkey(t, seed, 120) })
}

func monkey(t *testing.T, seed uint64, n int) {
	rng := rand.New(rand.NewPCG(seed, 3))
	all := []string{"enter", "esc", "tab", "shift+tab", "backspace", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "space", "ctrl+d", "ctrl+u",
		"ctrl+r", "ctrl+l", "ctrl+k", "delete", "f1"}
	for _, r := range "aaaxxxeeddu.jjjkkgG]][nn/socyvv*S?:qywxt+i=rLF@-0123456789d" {
		all = append(all, string(r))
	}
	desk := newFakeDesk()
	hostile(desk)
	s := open(t, desk, sized(80, 24))
	signedBefore := 0
	for i := range n {
		if s.quit {
			s = open(t, desk, sized(s.w, s.h))
		}
		k := all[rng.IntN(len(all))]
		receipts := len(desk.entries)
		switch rng.IntN(12) {
		case 0:
			s.resize([]int{20, 60, 80, 120, 200, 7}[rng.IntN(6)], []int{5, 15, 24, 40, 50, 3}[rng.IntN(6)])
		case 1:
			s.typed("90d")
		case 2:
			s.burst(k, all[rng.IntN(len(all))], all[rng.IntN(len(all))])
		case 3:
			if s.app.panel == nil && !s.quit {
				s.command(screenNames()[rng.IntN(len(screenNames()))])
			}
		default:
			s.press(k)
		}
		if bad := strayControl(s.app.View().Content); bad != "" {
			t.Fatalf("step %d, key %s: %s", i, k, bad)
		}
		signed := 0
		for _, it := range desk.items {
			if it.State == review.ItemSigned {
				signed++
			}
		}
		if signed != signedBefore && i > 0 && len(desk.entries) == receipts {
			t.Fatalf("step %d, key %s: %d items are signed without a receipt", i, k, signed-signedBefore)
		}
		signedBefore = signed
		unsignedIsNotShownAsSigned(t, s)
	}
}

// unsignedIsNotShownAsSigned compares the lines on the screen with what the desk knows.
func unsignedIsNotShownAsSigned(t *testing.T, s *session) {
	t.Helper()
	var rows []review.Item
	switch sc := s.app.top().(type) {
	case *walk:
		if sc.g != nil {
			rs, _, _ := sc.g.Rows()
			for _, r := range rs {
				rows = append(rows, r.Data.(review.Item))
			}
		}
	case *list:
		if sc.g != nil {
			rs, _, _ := sc.g.Rows()
			for _, r := range rs {
				rows = append(rows, r.Data.(review.Item))
			}
		}
	}
	for _, it := range rows {
		if it.State == review.ItemSigned && s.desk.byID[it.ID].State != review.ItemSigned {
			t.Fatalf("%s is shown as signed and is not", itemWords(it))
		}
	}
}
