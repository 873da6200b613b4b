package main

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"tickmark/review"
)

// table prints rows in aligned columns. Cells are made safe as they come in; a colour is applied after measuring.
//
// A column whose header begins with > is aligned right. On a terminal the widest columns shrink until a row fits; piped,
// nothing is ever cut.
type table struct {
	head  []string
	right []bool
	rows  [][]cell
}

type cell struct {
	text  string
	paint func(string) string
}

func newTable(head ...string) *table {
	t := &table{}
	for _, h := range head {
		t.right = append(t.right, strings.HasPrefix(h, ">"))
		t.head = append(t.head, strings.TrimPrefix(h, ">"))
	}
	return t
}

// row adds a row of strings, or of cells where a colour is wanted.
func (t *table) row(cells ...any) {
	row := make([]cell, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case cell:
			c.text = review.Safe(c.text)
			row[i] = c
		case string:
			row[i] = cell{text: review.Safe(c)}
		}
		if row[i].text == "" {
			row[i].text = "-"
		}
	}
	t.rows = append(t.rows, row)
}

func (a *app) table(t *table) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.head))
	for i, h := range t.head {
		widths[i] = ansi.StringWidth(h)
		for _, r := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(r[i].text))
		}
	}
	const gap = 2
	if a.outTerm {
		shrink(widths, a.width()-gap*(len(widths)-1))
	}
	var b strings.Builder
	line := func(cells []cell, paint func(string) string) {
		for i, c := range cells {
			text := c.text
			if ansi.StringWidth(text) > widths[i] {
				text = ansi.Truncate(text, widths[i], a.ellipsis())
			}
			pad := strings.Repeat(" ", widths[i]-ansi.StringWidth(text))
			if c.paint != nil {
				text = c.paint(text)
			} else if paint != nil {
				text = paint(text)
			}
			switch {
			case t.right[i]:
				text = pad + text
			case i < len(cells)-1:
				text += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	head := make([]cell, len(t.head))
	for i, h := range t.head {
		head[i] = cell{text: h}
	}
	line(head, a.outStyle.title)
	for _, r := range t.rows {
		line(r, nil)
	}
	a.write([]byte(b.String()))
}

// shrink takes cells from the widest columns until all fit into total, leaving each at least 8.
func shrink(widths []int, total int) {
	const least = 8
	for {
		sum, widest := 0, 0
		for i, w := range widths {
			sum += w
			if w > widths[widest] {
				widest = i
			}
		}
		if sum <= total || widths[widest] <= least {
			return
		}
		widths[widest]--
	}
}

func (a *app) ellipsis() string {
	if a.outStyle.ascii {
		return "..."
	}
	return "…"
}

// width of the terminal on standard output, 80 where there is none.
func (a *app) width() int { return width(a.out) }

func width(stream io.Writer) int {
	if f, ok := stream.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// facts prints name-and-value lines with the values in one column.
func (a *app) facts(pairs ...string) {
	wide := 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			wide = max(wide, ansi.StringWidth(pairs[i]))
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		a.print("%s%s  %s\n", a.outStyle.faint(pairs[i]), strings.Repeat(" ", wide-ansi.StringWidth(pairs[i])), a.hang(wide+2, pairs[i+1]))
	}
}

// hang makes a value safe to print after at cells of its line. On a terminal that is too narrow for it, it goes on at words
// below its beginning; piped, it stays one line.
func (a *app) hang(at int, value string) string {
	value = review.Safe(value)
	if room := max(20, a.width()-at); a.outTerm && ansi.StringWidth(value) > room {
		return indent(wrap(value, room), at)
	}
	return value
}
