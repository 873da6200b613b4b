package tui

import (
	"flag"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

var pictures = flag.String("pictures", "", "write SVG pictures of the real screens into this folder")

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
			run(&b, x, end-x, text, c.Style, in)
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

func ascii(s string) bool {
	return len(s) == 1 && s[0] < 0x80 || len(s) > 1 && strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func run(b *strings.Builder, x, cells int, text string, st uv.Style, in ink) {
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

// TestPictures writes the pictures of the README from the real screens.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("no folder given: go test ./tui -run TestPictures -pictures docs")
	}
	for _, p := range shots() {
		s := open(t, newFakeDesk(), append(p.options, sized(p.w, p.h))...)
		p.play(s)
		in := darkInk()
		if s.app.look.theme == "light" {
			in = lightInk()
		}
		text := svg(s.app.View().Content, p.w, p.h, in)
		if err := os.WriteFile(filepath.Join(*pictures, p.name+".svg"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecording writes a short film of a review, from Home to the receipt.
func TestRecording(t *testing.T) {
	if *pictures == "" {
		t.Skip("no folder given: go test ./tui -run TestRecording -pictures docs")
	}
	const w, h = 100, 28
	s := open(t, newFakeDesk(), sized(w, h))
	var frames []string
	var seconds []float64
	shoot := func(d float64) {
		frames = append(frames, s.app.View().Content)
		seconds = append(seconds, d)
	}
	press := func(d float64, keys ...string) {
		for _, k := range keys {
			s.press(k)
			shoot(d)
		}
	}
	words := func(text string) {
		for i := 0; i < len(text); i += 3 {
			s.typed(text[i:min(i+3, len(text))])
			shoot(0.15)
		}
	}
	shoot(2)
	press(2.5, "enter")
	press(0.8, "j", "j")
	press(1.2, "a", "a")
	press(1.2, "x")
	words("moved to another team")
	press(1.5, "enter")
	press(1.2, "e")
	for _, text := range []string{"90d", "tom.lead@corp.example", "four-eyes check", "month-end closing"} {
		words(text)
		press(0.5, "enter")
	}
	press(1.5, "]")
	press(3.5, "S")
	press(4, "y")
	if err := os.WriteFile(filepath.Join(*pictures, "recording.svg"), []byte(film(frames, seconds, w, h, darkInk())), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shot is a screen worth a picture.
type shot struct {
	name    string
	w, h    int
	options []sessionOption
	play    func(s *session)
}

func shots() []shot {
	light := with(func(o *Options) { o.Theme = "light" })
	screen := func(name string) func(*session) { return func(s *session) { s.command(name) } }
	all := []shot{
		{"walk-wide", 160, 42, nil, func(s *session) { s.press("enter", "j", "a", "x").fill("moved to another team") }},
		{"walk-light", 100, 30, []sessionOption{light}, func(s *session) { s.press("enter", "j", "a") }},
		{"walk-revoke", 80, 24, nil, func(s *session) { s.press("enter", "j", "x").typed("left the team") }},
		{"signing", 100, 30, nil, func(s *session) { s.press("enter", "j", "a", "x").fill("moved to another team").press("a", "S") }},
		{"receipt", 100, 20, nil, func(s *session) { s.press("enter", "j", "a", "x").fill("moved to another team").press("S", "y") }},
		{"bulk", 100, 30, nil, func(s *session) { s.command("list").press("/").fill("system:aws").press("*", "a") }},
	}
	for _, name := range screenNames() {
		all = append(all, shot{name, 80, 24, nil, screen(name)})
	}
	return all
}
