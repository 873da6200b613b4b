package main

import (
	"flag"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

var pictures = flag.String("pictures", "", "write SVG pictures of the demo into this folder")

// ink is a palette for pictures: what a terminal with this background makes of the sixteen colours.
type ink struct {
	back, front string
	basic       [16]string
}

func darkInk() ink {
	return ink{back: "#16181d", front: "#d7dae0", basic: [16]string{"#16181d", "#e06c75", "#8fc379", "#e0b872", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
		"#5c6370", "#ff7b86", "#a5e08c", "#ffd68a", "#7cc4ff", "#dd8cf2", "#6fd3df", "#ffffff"}}
}

func lightInk() ink {
	return ink{back: "#fbfaf7", front: "#24292e", basic: [16]string{"#24292e", "#b3261e", "#22733d", "#8a5a00", "#0b57a8", "#7c2a8a", "#0f6b74", "#57606a",
		"#6e7781", "#c93c37", "#2c974b", "#a8700a", "#2f7fd6", "#9a4bb0", "#1b8a95", "#fbfaf7"}}
}

const (
	cellWidth, cellHeight = 8.43, 18
	margin                = 12
)

// svg draws a frame as a picture: a rectangle for every background that is not the usual one, text for every cell.
func svg(content string, w, h int, in ink) string {
	var b strings.Builder
	in.begin(&b, w, h, "")
	for y, row := range rowsOf(content, w, h, in) {
		fmt.Fprintf(&b, `<g transform="translate(0,%d)">%s</g>`, y*cellHeight, row)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (in ink) begin(b *strings.Builder, w, h int, style string) {
	width, height := float64(w)*cellWidth+2*margin, float64(h)*cellHeight+2*margin
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="'DejaVu Sans Mono','Menlo','Consolas',monospace" font-size="14">%s`,
		width, height, width, height, style)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" rx="6" fill="%s"/>`, in.back)
}

// rowsOf draws every line of a frame as if it were the first.
func rowsOf(content string, w, h int, in ink) []string {
	buf := draw(content, w, h)
	rows := make([]string, h)
	for y := range h {
		var b strings.Builder
		for x := 0; x < w; {
			c := buf.CellAt(x, y)
			if c == nil || c.IsZero() {
				x++
				continue
			}
			end, text := x+max(c.Width, 1), c.Content
			for ascii(text) && end < w { // ASCII cells of one style go into one text
				n := buf.CellAt(end, y)
				if n == nil || n.IsZero() || !ascii(n.Content) || !n.Style.Equal(&c.Style) {
					break
				}
				text += n.Content
				end++
			}
			inked(&b, x, end-x, text, c.Style, in)
			x = end
		}
		rows[y] = b.String()
	}
	return rows
}

// film is an animated picture: every line is drawn once and used by the frames it is in.
func film(frames []string, seconds []float64, w, h int, in ink) string {
	total := 0.0
	for _, s := range seconds {
		total += s
	}
	var style, defs, body strings.Builder
	ids := map[string]int{}
	at := 0.0
	for i, content := range frames {
		from, to := at*100/total, (at+seconds[i])*100/total
		at += seconds[i]
		hide := "opacity:0"
		if i == 0 {
			hide = "opacity:1"
		}
		fmt.Fprintf(&style, "@keyframes f%d{0%%{%s}%.3f%%{opacity:1}%.3f%%{opacity:0}100%%{opacity:0}}.f%d{opacity:0;animation:f%d %.1fs steps(1,end) infinite}", i, hide, from, to, i, i, total)
		fmt.Fprintf(&body, `<g class="f%d">`, i)
		for y, row := range rowsOf(content, w, h, in) {
			if row == "" {
				continue
			}
			id, ok := ids[row]
			if !ok {
				id = len(ids)
				ids[row] = id
				fmt.Fprintf(&defs, `<g id="r%d">%s</g>`, id, row)
			}
			fmt.Fprintf(&body, `<use href="#r%d" y="%d"/>`, id, y*cellHeight)
		}
		body.WriteString("</g>")
	}
	var b strings.Builder
	in.begin(&b, w, h, "<style>"+style.String()+"</style><defs>"+defs.String()+"</defs>")
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// draw puts a frame into cells.
func draw(content string, w, h int) uv.ScreenBuffer {
	buf := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(content).Draw(buf, buf.Bounds())
	return buf
}

func ascii(s string) bool {
	return len(s) == 1 && s[0] < 0x80 || len(s) > 1 && strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func inked(b *strings.Builder, x, cells int, text string, st uv.Style, in ink) {
	front, back := in.front, in.back
	if st.Fg != nil {
		front = in.hex(st.Fg)
	}
	if st.Bg != nil {
		back = in.hex(st.Bg)
	}
	if st.Attrs&uv.AttrReverse != 0 {
		front, back = back, front
	}
	px, py := margin+float64(x)*cellWidth, float64(margin)
	if back != in.back {
		fmt.Fprintf(b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%d" fill="%s"/>`, px, py, float64(cells)*cellWidth+0.3, cellHeight, back)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	extra := ""
	if st.Attrs&uv.AttrBold != 0 {
		extra += ` font-weight="bold"`
	}
	if st.Attrs&uv.AttrFaint != 0 {
		extra += ` opacity="0.6"`
	}
	if len(text) > 1 && ascii(text) {
		extra += fmt.Sprintf(` textLength="%.2f" lengthAdjust="spacingAndGlyphs"`, float64(len(text))*cellWidth)
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	fmt.Fprintf(b, `<text x="%.2f" y="%.2f" fill="%s" xml:space="preserve"%s>%s</text>`, px, py+13.5, front, extra, escape.Replace(text))
}

func (in ink) hex(c color.Color) string {
	if basic, ok := c.(ansi.BasicColor); ok {
		return in.basic[basic&15]
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// studio is where the pictures are taken: the sample of `tickmark demo`, made once, and a terminal of tmux for each picture.
type studio struct {
	t   *testing.T
	dir string
}

// pictureDay is when the pictures are taken, so that they do not change by the day.
const pictureDay = "2026-12-03T09:00:00Z"

func openStudio(t *testing.T) *studio {
	t.Helper()
	if *pictures == "" {
		t.Skip("no folder given: make pictures")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed; CI installs it")
	}
	s := &studio{t: t, dir: t.TempDir()}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(s.dir, "tickmark")); err != nil { // by this name the test binary is tickmark
		t.Fatal(err)
	}
	c := exec.Command(filepath.Join(s.dir, "tickmark"), "demo", "--no-tui", "--dir", s.sample())
	c.Env = s.env("dark")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s
}

func (s *studio) sample() string { return filepath.Join(s.dir, "northwind") }

func (s *studio) env(theme string) []string {
	config := filepath.Join(s.dir, theme)
	if err := os.MkdirAll(filepath.Join(config, "tickmark"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "tickmark", "config.toml"), []byte("theme = \""+theme+"\"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return []string{"CLOCK=" + pictureDay, "XDG_CONFIG_HOME=" + config, "XDG_DATA_HOME=" + s.dir, "HOME=" + s.dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=xterm-256color", "SSH_AUTH_SOCK="}
}

// sitting is one workstation in one terminal.
type sitting struct {
	s      *studio
	w, h   int
	socket string
	db     string
}

// sit opens the workstation on a copy of the sample.
func (s *studio) sit(w, h int, theme string) *sitting {
	s.t.Helper()
	room, err := os.MkdirTemp(s.dir, "s")
	if err != nil {
		s.t.Fatal(err)
	}
	x := &sitting{s: s, w: w, h: h, socket: filepath.Join(room, "t"), db: filepath.Join(room, demoDatabase)}
	if err := os.CopyFS(room, os.DirFS(s.sample())); err != nil {
		s.t.Fatal(err)
	}
	// what a person has seen is kept beside the copy: one copy knows nothing of what was signed in another
	env := append(s.env(theme), "XDG_STATE_HOME="+room)
	args := append([]string{"-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "env"}, env...)
	x.tmux(append(args, filepath.Join(s.dir, "tickmark"), "--db", x.db, "review")...)
	s.t.Cleanup(x.leave)
	return x.see("tickmark Home", "due in")
}

func (x *sitting) leave() { _ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() }

func (x *sitting) tmux(args ...string) string {
	x.s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.s.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// see waits until the texts are on the screen and the screen has come to rest.
func (x *sitting) see(texts ...string) *sitting {
	x.s.t.Helper()
	last, screen := "", ""
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) {
		last, screen = screen, x.tmux("capture-pane", "-p")
		missing := false
		for _, text := range texts {
			missing = missing || !strings.Contains(screen, text)
		}
		if !missing && screen == last {
			return x
		}
	}
	x.s.t.Fatalf("%q did not come:\n%s", texts, screen)
	return x
}

func (x *sitting) press(keys ...string) *sitting {
	x.s.t.Helper()
	for _, k := range keys {
		x.tmux("send-keys", k)
	}
	return x
}

func (x *sitting) typed(text string) *sitting {
	x.s.t.Helper()
	x.tmux("send-keys", "-l", "--", text)
	return x
}

// frame is the screen with its colours. Folders of this computer are left out of it.
func (x *sitting) frame() string {
	content := strings.TrimSuffix(x.tmux("capture-pane", "-e", "-p", "-N"), "\n")
	content = strings.ReplaceAll(content, x.s.sample()+"/", "")
	if strings.Contains(content, x.s.dir) || strings.Contains(content, os.TempDir()) {
		x.s.t.Errorf("a folder of this computer is in the picture:\n%s", content)
	}
	return content
}

func (x *sitting) shoot(name string, in ink) {
	x.s.t.Helper()
	if err := os.WriteFile(filepath.Join(*pictures, name+".svg"), []byte(svg(x.frame(), x.w, x.h, in)), 0o644); err != nil {
		x.s.t.Fatal(err)
	}
}

// walk opens the review and decides a little.
func (x *sitting) walk() *sitting {
	return x.press("Enter").see("tickmark Walk", "last used", "a keep")
}

// revokes gives a revoke with its reason to the item under the cursor.
func (x *sitting) revokes(reason string) *sitting {
	return x.press("x").see("Reason:").typed(reason).press("Enter").see("revoke staged")
}

func (x *sitting) goTo(name string) *sitting {
	return x.press(":").see("Go to a screen").typed(name).press("Enter").see("tickmark " + strings.ToUpper(name[:1]) + name[1:])
}

// TestPictures writes the pictures of the README: the demo, by the built workstation, in a terminal.
func TestPictures(t *testing.T) {
	s := openStudio(t)
	dark := darkInk()
	decided := func(w, h int, theme string) *sitting {
		return s.sit(w, h, theme).walk().press("j", "j").see("reports.view").revokes("no longer works with payments").press("a").see("keep staged")
	}
	x := s.sit(80, 24, "dark")
	x.shoot("home", dark)
	x.walk().shoot("walk", dark)
	x.press("j", "j", "x").see("Reason:").typed("no longer works with payments").see("payments").shoot("walk-revoke", dark)
	x.press("Enter").see("revoke staged").press("a").see("keep staged").press("S").see("One signature covers", "your key").shoot("confirm", dark)
	x.leave()
	decided(160, 42, "dark").shoot("walk-wide", dark)
	decided(100, 30, "light").shoot("walk-light", lightInk())
	x = decided(100, 30, "dark").press("S").see("One signature covers", "your key")
	x.shoot("signing", dark)
	x.press("y").see("tickmark receipt").shoot("receipt", dark)
	x.leave()
	x = s.sit(100, 30, "dark").goTo("list").press("/").see("Show:").typed("system:erp").press("Enter").see("79 items matching").press("*").see("marked").press("a").see("Keep ", "Type ")
	x.shoot("bulk", dark)
	x.leave()
	x = s.sit(80, 24, "dark")
	for _, name := range []string{"list", "item", "exceptions", "remediation", "findings", "imports", "campaigns", "controls", "coverage", "ledger", "help"} {
		x.goTo(name)
		time.Sleep(300 * time.Millisecond)
		x.see("q back").shoot(name, dark)
	}
}

// TestRecording writes a short film of a review, from Home to the receipt.
func TestRecording(t *testing.T) {
	s := openStudio(t)
	const w, h = 100, 28
	x := s.sit(w, h, "dark")
	var frames []string
	var seconds []float64
	shoot := func(d float64) {
		frames = append(frames, x.frame())
		seconds = append(seconds, d)
	}
	press := func(d float64, key string, texts ...string) {
		x.press(key).see(texts...)
		shoot(d)
	}
	words := func(text string) {
		for i := 0; i < len(text); i += 3 {
			x.typed(text[i:min(i+3, len(text))]).see()
			shoot(0.15)
		}
	}
	shoot(2)
	press(2.5, "Enter", "tickmark Walk", "last used")
	press(0.8, "j")
	press(0.8, "j", "reports.view")
	press(1.2, "a", "keep staged")
	press(1.2, "x", "Reason:")
	words("no longer works with payments")
	press(1.5, "Enter", "revoke staged")
	press(1.2, "e", "Until:")
	for _, text := range []string{"90d", "gregor.haas@northwind-harbor.example", "weekly report to treasury", "until the shared team is staffed"} {
		words(text)
		press(0.5, "Enter")
	}
	x.see("exception staged")
	press(1.5, "]", "identity 2 of")
	press(3.5, "S", "One signature covers", "your key")
	press(4, "y", "tickmark receipt")
	if err := os.WriteFile(filepath.Join(*pictures, "recording.svg"), []byte(film(frames, seconds, w, h, darkInk())), 0o644); err != nil {
		t.Fatal(err)
	}
}
