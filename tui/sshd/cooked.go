package sshd

import (
	"bufio"
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// cooked makes lines of what a terminal sends key by key, as a terminal's own driver would: it shows what is typed, takes
// backspace and ctrl+u, and ends at ctrl+c, or at ctrl+d on an empty line. Line mode needs that over SSH, where the
// client's terminal leaves it to the server.
type cooked struct {
	in    *bufio.Reader
	out   io.Writer
	ready []byte // whole lines that were not read yet
	err   error
	cr    bool // the last key was a carriage return: a line feed behind it is the same Enter
}

func newCooked(terminal io.ReadWriter) *cooked {
	return &cooked{in: bufio.NewReader(terminal), out: terminal}
}

// Echoes says that typed line ends are shown.
func (c *cooked) Echoes() bool { return true }

func (c *cooked) Read(p []byte) (int, error) {
	for len(c.ready) == 0 && c.err == nil {
		c.line()
	}
	if len(c.ready) == 0 {
		return 0, c.err
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// line takes keys up to the end of a line.
func (c *cooked) line() {
	var typed []rune
	show := func(s string) {
		if _, err := io.WriteString(c.out, s); err != nil {
			c.err = err
		}
	}
	rub := func() {
		w := ansi.StringWidth(string(typed[len(typed)-1:]))
		typed = typed[:len(typed)-1]
		show(strings.Repeat("\b \b", w))
	}
	for c.err == nil {
		r, _, err := c.in.ReadRune()
		enter := r == '\r' || r == '\n'
		again := r == '\n' && c.cr
		c.cr = err == nil && r == '\r'
		switch {
		case err != nil, r == 0x03, r == 0x04 && len(typed) == 0:
			show("\n")
			c.err = io.EOF
		case again:
		case enter:
			show("\n")
			c.ready = append([]byte(string(typed)), '\n')
			return
		case r == 0x7f, r == '\b':
			if len(typed) > 0 {
				rub()
			}
		case r == 0x15:
			for len(typed) > 0 {
				rub()
			}
		case r == 0x1b:
			c.skipSequence()
		case unicode.IsPrint(r) && len(typed) < 4096:
			typed = append(typed, r)
			show(string(r))
		}
	}
}

// skipSequence leaves out what an arrow key or a function key sends.
func (c *cooked) skipSequence() {
	if c.in.Buffered() == 0 { // Esc by itself
		return
	}
	r, _, err := c.in.ReadRune()
	if err != nil || r != '[' && r != 'O' {
		return
	}
	for c.in.Buffered() > 0 {
		if r, _, err := c.in.ReadRune(); err != nil || r >= 0x40 && r <= 0x7e {
			return
		}
	}
}
