package sshd

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// typing is a terminal: keys come from one side, what is shown goes to the other.
type typing struct {
	io.Reader
	bytes.Buffer
}

func (t *typing) Read(p []byte) (int, error) { return t.Reader.Read(p) }

func TestALineIsEditedAsInATerminal(t *testing.T) {
	for _, c := range []struct{ keys, lines, shown string }{
		{"2\rleft the team\r", "2\nleft the team\n", "2\nleft the team\n\n"},
		{"one\r\ntwo\n", "one\ntwo\n", "one\ntwo\n\n"},
		{"kex\x7f\x7feep\r", "keep\n", "kex\b \b\b \beep\n\n"},
		{"山\x7fx\r", "x\n", "山\b \b\b \bx\n\n"},
		{"\x7f1\r", "1\n", "1\n\n"},
		{"wrong\x15n\r", "n\n", "wrong" + strings.Repeat("\b \b", 5) + "n\n\n"},
		{"\x1b[A\x1b[1;5Dn\x1bOP\r", "n\n", "n\n\n"},
		{"q\x04\r", "q\n", "q\n\n"},         // in a line ctrl+d does nothing
		{"n\rhalf\x03", "n\n", "n\nhalf\n"}, // what was not ended does not count
		{"n\r\x04x\r", "n\n", "n\n\n"},
		{"\x07\u009bhi\x00\r", "hi\n", "hi\n\n"}, // nothing but text is sent back
	} {
		screen := &typing{Reader: strings.NewReader(c.keys)}
		got, err := io.ReadAll(newCooked(screen))
		if err != nil || string(got) != c.lines || screen.Buffer.String() != c.shown {
			t.Errorf("%q: %v, lines %q, shown %q", c.keys, err, got, screen.Buffer.String())
		}
	}
}
