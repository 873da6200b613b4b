package evidence

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"tickmark/ledger"
)

//go:embed templates/page.css
var pageCSS string

// page writes HTML for people. It keeps the first error, so that writing needs no checks. Text is escaped where it
// enters; what comes from the ledger is in display form.
type page struct {
	ctx  context.Context
	b    *book
	rows map[string]int64 // of each table
	w    *bufio.Writer
	err  error
	up   string // path from the page to the pack's folder, "" or "../../"
}

// put writes markup. Strings among args are text and escaped; markup goes in as html.
func (p *page) put(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case markup:
			args[i] = string(a)
		case string:
			args[i] = html.EscapeString(a)
		case ledger.Date:
			args[i] = string(a)
		}
	}
	if _, err := fmt.Fprintf(p.w, format, args...); err != nil && p.err == nil {
		p.err = err
	}
}

// markup is HTML that is safe as it stands.
type markup string

func (p *page) fail(err error) {
	if err != nil && p.err == nil {
		p.err = err
	}
}

// mark is a state or verdict: a word in its colour, so that it can be read without colour.
func mark(word string) markup {
	return markup(`<span class="mark ` + html.EscapeString(word) + `">` + html.EscapeString(word) + `</span>`)
}

// link points at a file of the pack.
func (p *page) link(file, words string) markup {
	return markup(`<a href="` + p.up + html.EscapeString(file) + `">` + html.EscapeString(words) + `</a>`)
}

// entryLink points at an entry.
func (p *page) entryLink(index int64) markup {
	if _, ok := find(p.b.pack.fsys.list(), entryFile(index)); !ok {
		return markup(num(index))
	}
	return p.link(entryFile(index), num(index))
}

func (p *page) head(title string) {
	p.put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n%s\n", markup(contentPolicy))
	p.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	p.put("<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n", title, markup(pageCSS))
}

// writePage makes report.html (6).
func writePage(ctx context.Context, b *book, w io.Writer, r *reading, rows map[string]int64) error {
	p := &page{ctx: ctx, b: b, rows: rows, w: bufio.NewWriterSize(w, 1<<16)}
	title := orWords(show(b.opened.Title), "Access review evidence")
	p.head(title + ": access review evidence")
	p.cover(title, r)
	p.put("<main>\n")
	p.attention(r)
	p.contents(r)
	p.summary(r)
	p.coverage()
	p.controlsChapter(r)
	for i, c := range r.campaigns {
		p.campaign(i, c)
	}
	p.signatures()
	p.integrity()
	p.limits()
	p.how()
	p.decisions()
	p.put("</main>\n<footer>Made by %s from %s, as of %s. The signatures are the evidence; this page is derived from them and can be recomputed.</footer>\n</body>\n</html>\n",
		show(b.pack.stmt.Tool), b.pack.stmt.Log, b.pack.stmt.AsOf)
	p.fail(p.w.Flush())
	return p.err
}

// day and minute show instants the way people read them.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// grouped writes a number with thin spaces between thousands.
func grouped(n int64) string {
	s := num(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// percent never says 100 or 0 of something that is not all or nothing.
func percent(part, whole int64) string {
	switch {
	case whole == 0:
		return "–"
	case part == whole:
		return "100 %"
	case part == 0:
		return "0 %"
	}
	return num(min(max((part*100+whole/2)/whole, 1), 99)) + " %"
}

// seconds shows a length of time in its two largest units.
func seconds(n int64) string {
	switch {
	case n < 60:
		return num(n) + " s"
	case n < 3600:
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	}
	return fmt.Sprintf("%d h %d min", n/3600, n%3600/60)
}

// who is a person's name, which may break behind its @.
func who(principal string) markup {
	return markup(strings.ReplaceAll(esc(principal), "@", "@<wbr>"))
}

func join(words ...string) string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}
