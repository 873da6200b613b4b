package importers

import (
	"unicode/utf8"
)

// str reads a string from its opening quote on.
func (s *jsonScanner) str() (escaped bool, err error) {
	s.pos++
	s.inString = true
	size := 0
	for {
		i := s.pos
		for i < s.end && s.buf[i] != '"' && s.buf[i] != '\\' && s.buf[i] >= ' ' {
			i++
		}
		size += i - s.pos
		s.pos = i
		if size > s.maxString && s.build != nil {
			s.build.tooLarge = true
		}
		c, err := s.byte()
		switch {
		case err != nil:
			return escaped, err
		case s.pos == s.end:
			return escaped, s.syntax("the closing quote of a string")
		case c == '"':
			s.pos++
			s.inString = false
			return escaped, nil
		case c < ' ':
			return escaped, s.syntax("an escape, not a bare control character,")
		case c == '\\':
			escaped = true
			size++
			if err := s.escape(); err != nil {
				return escaped, err
			}
		}
	}
}

func (s *jsonScanner) escape() error {
	s.pos++
	c, err := s.byte()
	if err != nil {
		return err
	}
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		if (c == 'b' || c == 'f') && s.build != nil {
			s.build.controls = true
		}
		s.pos++
		return nil
	case 'u':
		s.pos++
		v := 0
		for range 4 {
			c, err := s.byte()
			if err != nil {
				return err
			}
			h := unhex(c)
			if h < 0 {
				return s.syntax("four hex digits")
			}
			v = v<<4 | h
			s.pos++
		}
		if s.build != nil && (v < ' ' && v != '\t' && v != '\n' && v != '\r' || v >= 0x7F) {
			s.build.controls = s.build.controls || v < 0xA0 || unusualRune(rune(v))
		}
		return nil
	}
	return s.syntax("an escape that JSON knows")
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// unescape undoes the escapes of a string that was checked before. Half a surrogate pair becomes U+FFFD.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(b[i+1:])
			i += 4
			if 0xD800 <= r && r < 0xDC00 && len(b) > i+6 && b[i+1] == '\\' && b[i+2] == 'u' {
				if low := hex4(b[i+3:]); 0xDC00 <= low && low < 0xE000 {
					r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
					i += 6
				}
			}
			out = utf8.AppendRune(out, r) // which writes U+FFFD for what is no character
		default:
			out = append(out, b[i])
		}
	}
	return out
}

func hex4(b []byte) rune {
	return rune(unhex(b[0])<<12 | unhex(b[1])<<8 | unhex(b[2])<<4 | unhex(b[3]))
}
