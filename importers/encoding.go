package importers

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tickmark/review"
)

// charset is how bytes become text. 8-bit sets and UTF-8 are parsed as they are and decoded cell by cell, because
// everything with a meaning is ASCII; UTF-16 is turned into UTF-8 on the way in.
type charset struct {
	name   string // as reported
	bom    int    // bytes to skip
	table  *charmap.Charmap
	order  binary.ByteOrder // UTF-16
	lax    bool             // UTF-8 whose invalid bytes become U+FFFD
	forced bool             // by --encoding

	guessed   bool     // by elimination
	invalid   int64    // bytes that are no UTF-8
	invalidAt []string // where the first are
}

func (c *charset) strict() bool { return c.table == nil && c.order == nil && !c.lax }

// charsetNames are the words --encoding takes beside those of detection.
var charsetNames = map[string]charset{
	"utf8":        {name: "utf-8"},
	"utf8bom":     {name: "utf-8-bom"},
	"utf16":       {name: "utf-16le", order: binary.LittleEndian},
	"utf16le":     {name: "utf-16le", order: binary.LittleEndian},
	"utf16be":     {name: "utf-16be", order: binary.BigEndian},
	"windows1252": {name: "windows-1252", table: charmap.Windows1252},
	"cp1252":      {name: "windows-1252", table: charmap.Windows1252},
	"ansi":        {name: "windows-1252", table: charmap.Windows1252},
	"windows1250": {name: "windows-1250", table: charmap.Windows1250},
	"windows1251": {name: "windows-1251", table: charmap.Windows1251},
	"windows1253": {name: "windows-1253", table: charmap.Windows1253},
	"windows1254": {name: "windows-1254", table: charmap.Windows1254},
	"windows1257": {name: "windows-1257", table: charmap.Windows1257},
	"latin1":      {name: "iso-8859-1", table: charmap.ISO8859_1},
	"iso88591":    {name: "iso-8859-1", table: charmap.ISO8859_1},
	"iso88592":    {name: "iso-8859-2", table: charmap.ISO8859_2},
	"iso88595":    {name: "iso-8859-5", table: charmap.ISO8859_5},
	"iso885915":   {name: "iso-8859-15", table: charmap.ISO8859_15},
	"cp437":       {name: "cp437", table: charmap.CodePage437},
	"cp850":       {name: "cp850", table: charmap.CodePage850},
	"macroman":    {name: "macintosh", table: charmap.Macintosh},
	"macintosh":   {name: "macintosh", table: charmap.Macintosh},
	"koi8r":       {name: "koi8-r", table: charmap.KOI8R},
}

// parseCharset reads --encoding.
func parseCharset(word string) (charset, *review.Error) {
	c, ok := charsetNames[norm(word)]
	if !ok {
		return charset{}, review.Errorf(review.KindUsage, "--encoding %s is not an encoding that can be read", review.Quote(word)).
			WithHint("use utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1 or another single-byte code page such as windows-1250")
	}
	c.forced = true
	return c, nil
}

// sniffCharset reads the byte order mark, or the NUL bytes of UTF-16 without one (importers.md 2.1).
func sniffCharset(head []byte) charset {
	switch {
	case len(head) >= 2 && head[0] == 0xFF && head[1] == 0xFE:
		return charset{name: "utf-16le", bom: 2, order: binary.LittleEndian}
	case len(head) >= 2 && head[0] == 0xFE && head[1] == 0xFF:
		return charset{name: "utf-16be", bom: 2, order: binary.BigEndian}
	case len(head) >= 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF:
		return charset{name: "utf-8-bom", bom: 3}
	}
	head = head[:min(len(head), 4096)]
	var nul [2]int
	for i, c := range head {
		if c == 0 {
			nul[i%2]++
		}
	}
	switch {
	case nul[1]*10 > (len(head)/2)*6:
		return charset{name: "utf-16le", order: binary.LittleEndian}
	case nul[0]*10 > ((len(head)+1)/2)*6:
		return charset{name: "utf-16be", order: binary.BigEndian}
	}
	return charset{name: "utf-8"}
}

// text decodes bytes that are not plain ASCII. The result is valid UTF-8 whatever the bytes are.
func (c *charset) text(b []byte) []byte {
	if c.table != nil {
		out := make([]byte, 0, len(b)+len(b)/2)
		for _, x := range b {
			out = utf8.AppendRune(out, c.rune(x))
		}
		return out
	}
	if utf8.Valid(b) {
		return b
	}
	return validUTF8(b)
}

// rune decodes one byte of a single-byte set. Undefined bytes, which some tables map to C1 controls, are U+FFFD.
func (c *charset) rune(x byte) rune {
	r := c.table.DecodeByte(x)
	if c.table == charmap.Windows1252 && r >= 0x80 && r < 0xA0 {
		return utf8.RuneError
	}
	return r
}

// validUTF8 replaces every invalid byte by U+FFFD; a lone surrogate, which takes three bytes here, becomes one.
func validUTF8(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			if _, ok := loneSurrogate(b); ok {
				n = 3
			}
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// loneSurrogate reads the three bytes under which utf16Reader passes half a surrogate pair on.
func loneSurrogate(b []byte) (uint16, bool) {
	if len(b) < 3 || b[0] != 0xED || b[1] < 0xA0 || b[1] > 0xBF || b[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | uint16(b[1]&0x3F)<<6 | uint16(b[2]&0x3F), true
}

// raw gives back the bytes of the file for text that parsing worked on.
func (c *charset) raw(b []byte) []byte {
	if c.order == nil {
		return b
	}
	out := make([]byte, 0, 2*len(b))
	put := func(u uint16) {
		out = append(out, 0, 0)
		c.order.PutUint16(out[len(out)-2:], u)
	}
	for len(b) > 0 {
		if u, ok := loneSurrogate(b); ok {
			put(u)
			b = b[3:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
			put(uint16(r1))
			put(uint16(r2))
		} else {
			put(uint16(r))
		}
	}
	return out
}

// utf16Reader turns UTF-16 into UTF-8. Half a surrogate pair is passed on as three bytes (so that raw can give it back)
// and a last odd byte as U+FFFD.
type utf16Reader struct {
	r       io.Reader
	order   binary.ByteOrder
	in      [32 << 10]byte
	have    int
	out     []byte
	err     error
	pending uint16 // a high surrogate that waits for its second half
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	n, err := u.r.Read(u.in[u.have:])
	n += u.have
	u.err = err
	u.out = u.out[:0]
	i := 0
	for ; i+1 < n; i += 2 {
		c := u.order.Uint16(u.in[i:])
		switch {
		case u.pending != 0 && c >= 0xDC00 && c < 0xE000:
			u.out = utf8.AppendRune(u.out, utf16.DecodeRune(rune(u.pending), rune(c)))
			u.pending = 0
			continue
		case u.pending != 0:
			u.out = appendSurrogate(u.out, u.pending)
			u.pending = 0
		}
		switch {
		case c >= 0xD800 && c < 0xDC00:
			u.pending = c
		case c >= 0xDC00 && c < 0xE000:
			u.out = appendSurrogate(u.out, c)
		default:
			u.out = utf8.AppendRune(u.out, rune(c))
		}
	}
	u.have = copy(u.in[:], u.in[i:n])
	if err != nil {
		if u.pending != 0 {
			u.out = appendSurrogate(u.out, u.pending)
			u.pending = 0
		}
		if u.have > 0 {
			u.out = utf8.AppendRune(u.out, utf8.RuneError)
			u.have = 0
		}
	}
}

func appendSurrogate(b []byte, c uint16) []byte {
	return append(b, 0xE0|byte(c>>12), 0x80|byte(c>>6)&0x3F, 0x80|byte(c)&0x3F)
}

// utf8Count counts what importers.md 2.2 decides by: valid sequences of two or more bytes, and invalid bytes.
type utf8Count struct {
	valid, invalid int64
	where          []string // the first invalid bytes
	lines          int64    // the present line
	tail           [4]byte
	held           int
}

// add counts more of the file.
func (u *utf8Count) add(b []byte) {
	for u.held > 0 && len(b) > 0 {
		u.tail[u.held] = b[0]
		u.held, b = u.held+1, b[1:]
		if utf8.FullRune(u.tail[:u.held]) || u.held == len(u.tail) {
			t := u.tail
			n := u.held
			u.held = 0
			u.count(t[:n])
		}
	}
	u.count(b)
}

func (u *utf8Count) count(b []byte) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			if b[0] == '\n' {
				u.lines++
			}
			b = b[1:]
			continue
		}
		if !utf8.FullRune(b) {
			u.held = copy(u.tail[:], b)
			return
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			u.bad()
		} else {
			u.valid++
		}
		b = b[n:]
	}
}

func (u *utf8Count) bad() {
	if u.invalid++; len(u.where) < listed {
		u.where = append(u.where, fmt.Sprintf("line %d", u.lines))
	}
}

// end counts what was left of a sequence at the end of the file.
func (u *utf8Count) end() {
	for range u.held {
		u.bad()
	}
	u.held = 0
}

// decoded is text for what is plain ASCII too.
func (c *charset) decoded(b []byte) []byte {
	for _, x := range b {
		if x >= utf8.RuneSelf {
			return c.text(b)
		}
	}
	return b
}
