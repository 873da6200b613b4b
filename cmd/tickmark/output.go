package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"tickmark/review"
)

// style draws words for one stream. Off, everything passes unchanged.
type style struct{ on, ascii bool }

func (s style) paint(st lipgloss.Style, text string) string {
	if !s.on || text == "" {
		return text
	}
	return st.Render(text)
}

// The sixteen colours of the terminal, by meaning; never the only carrier of a meaning.
func (s style) title(t string) string { return s.paint(lipgloss.NewStyle().Bold(true), t) }
func (s style) faint(t string) string { return s.paint(lipgloss.NewStyle().Faint(true), t) }
func (s style) good(t string) string {
	return s.paint(lipgloss.NewStyle().Foreground(lipgloss.Green), t)
}
func (s style) warn(t string) string {
	return s.paint(lipgloss.NewStyle().Foreground(lipgloss.Yellow), t)
}
func (s style) bad(t string) string {
	return s.paint(lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red), t)
}

// severity colours the word of a severity.
func (s style) severity(v review.Severity) string {
	switch v {
	case review.Critical, review.High:
		return s.bad(string(v))
	case review.Medium:
		return s.warn(string(v))
	}
	return string(v)
}

// dash parts two halves of a line.
func (s style) dash() string {
	if s.ascii {
		return "-"
	}
	return "—"
}

// say prints a message for people to standard error, made safe; --quiet silences it.
func (a *app) say(format string, args ...any) {
	if a.onScreen {
		a.unsaid.say(format, args...)
		return
	}
	if a.quiet {
		return
	}
	a.clearProgress()
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		a.sayLine(review.Safe(strings.TrimSuffix(line, "\n")))
	}
}

// sayLine prints a safe line to standard error, broken between words where a terminal would break it anywhere.
func (a *app) sayLine(line string) {
	if wide := width(a.err); a.errTerm && ansi.StringWidth(line) > wide {
		text := strings.TrimLeft(line, " ")
		lead := len(line) - len(text)
		line = strings.Repeat(" ", lead) + indent(wrap(text, max(20, wide-lead)), lead)
	}
	fmt.Fprintln(a.err, line)
}

// print writes to standard output as it is; data in it must have passed review.Safe. The first failure ends the run with
// exit code 1.
func (a *app) print(format string, args ...any) {
	a.write([]byte(fmt.Sprintf(format, args...)))
}

func (a *app) write(b []byte) {
	if a.broken != nil {
		return
	}
	if _, err := a.out.Write(b); err != nil {
		a.broken = err
		fmt.Fprintln(a.err, "tickmark: standard output cannot be written")
	}
}

// sheetWriter is standard output for encoders, with the same care for a failing one.
type sheetWriter struct{ a *app }

func (w sheetWriter) Write(b []byte) (int, error) {
	w.a.write(b)
	return len(b), w.a.broken
}

// json prints one JSON document. Characters that could move a terminal's cursor or hide text are written as \u escapes,
// so the document is safe to look at and decodes to the same value.
func (a *app) json(v any) error {
	a.began = true
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	a.write([]byte(plainJSON(b.String())))
	return nil
}

// jsonStream prints a JSON array of any length, one element a line, in pieces of streamPiece.
type jsonStream struct {
	a   *app
	n   int
	buf bytes.Buffer
	enc *json.Encoder
	one bytes.Buffer
}

// streamPiece is how much of an array is written at once: a million lines are not a million writes.
const streamPiece = 64 << 10

func (s *jsonStream) add(v any) error {
	if s.enc == nil {
		s.enc = json.NewEncoder(&s.one)
		s.enc.SetEscapeHTML(false)
	}
	s.one.Reset()
	if err := s.enc.Encode(v); err != nil {
		return err
	}
	lead := ",\n"
	if s.n == 0 {
		lead = "[\n"
	}
	s.n++
	s.buf.WriteString(lead)
	if doc := bytes.TrimSuffix(s.one.Bytes(), []byte("\n")); bytes.ContainsFunc(doc, func(r rune) bool { return r > '~' }) {
		s.buf.WriteString(plainJSON(string(doc)))
	} else {
		s.buf.Write(doc)
	}
	if s.buf.Len() >= streamPiece {
		s.flush()
	}
	return s.a.broken
}

// flush writes what is there. Before the first time an error can still be the whole answer.
func (s *jsonStream) flush() {
	s.a.began = true
	s.a.write(s.buf.Bytes())
	s.buf.Reset()
}

func (s *jsonStream) close() {
	if s.n == 0 {
		s.buf.WriteString("[]\n")
	} else {
		s.buf.WriteString("\n]\n")
	}
	s.flush()
}

// plainJSON escapes what a terminal must not see. Outside ASCII a JSON document holds only string content, where a \u
// escape means the same; encoding/json has escaped the ASCII controls, but not DEL.
func plainJSON(doc string) string {
	start := strings.IndexFunc(doc, func(r rune) bool { return r > '~' })
	if start < 0 {
		return doc
	}
	var b strings.Builder
	b.Grow(len(doc) + 16)
	b.WriteString(doc[:start])
	for _, r := range doc[start:] {
		switch {
		case r < utf8.RuneSelf && r != 0x7f, r != 0x7f && review.Safe(string(r)) == string(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// sheet writes CSV that a spreadsheet may open: a cell that could be read as a formula gets an apostrophe in front
// (evidence-pack.md 5.1). unguard takes it away again.
type sheet struct{ w *csv.Writer }

func newSheet(out io.Writer, header ...string) *sheet {
	s := &sheet{csv.NewWriter(out)}
	_ = s.w.Write(header)
	return s
}

func (s *sheet) row(cells ...string) {
	for i, c := range cells {
		cells[i] = guard(c)
	}
	_ = s.w.Write(cells)
}

func (s *sheet) close() error {
	s.w.Flush()
	return s.w.Error()
}

func guard(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+-@'\t\r＝＋－＠", first) && cell != "" {
		return "'" + cell
	}
	return cell
}

func unguard(cell string) string { return strings.TrimPrefix(cell, "'") }

// instant is a time in JSON: RFC 3339 in UTC, or null.
func instant(t review.Time) *time.Time {
	if !t.IsKnown() {
		return nil
	}
	at := t.At.UTC()
	return &at
}

// words of times for people.

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// stated is a five-state time for people: the day, or the state in its own word.
func stated(t review.Time) string {
	if t.IsKnown() {
		return t.At.UTC().Format(time.DateOnly)
	}
	return string(t.Norm())
}

func number[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// plural is "1 item", "2 items".
func plural[T ~int | ~int64](n T, one string) string {
	if n == 1 {
		return "1 " + one
	}
	many := one + "s"
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ey") {
		many = strings.TrimSuffix(one, "y") + "ies"
	}
	return number(n) + " " + many
}

// list gives a nil slice as an empty one, so that JSON says [] and not null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
