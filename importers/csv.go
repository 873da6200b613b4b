package importers

import (
	"bytes"
	"fmt"

	"tickmark/review"
)

const (
	maxCell   = 1 << 20 // importers.md 11
	maxRecord = 8 << 20
)

// csvScanner cuts text into records and cells (importers.md 2.6). Cells and raw bytes are valid until the next call.
type csvScanner struct {
	buffer
	delim byte
	name  string

	line    int64 // physical line of the next record
	at      int64 // physical line of this record
	offset  int64 // of this record in the text
	cells   [][]byte
	raw     []byte // this record without its line end
	tooLong bool   // the record is longer than maxRecord and was skipped
	noLF    int64  // there is no LF before this offset
	scratch []byte // cells whose doubled quotes were undone
}

// place is file:line:column of the record that was read.
func (s *csvScanner) place() string { return fmt.Sprintf("%s:%d:1", review.Safe(s.name), s.at) }

// next reads one record; it is false at the end of the file.
func (s *csvScanner) next() (bool, error) {
	s.at = s.line
	s.tooLong = false
	for {
		text := s.buf[s.pos:s.end]
		scanned := max(0, min(len(text), int(s.noLF-s.base)-s.pos))
		i := bytes.IndexByte(text[scanned:], '\n')
		if i < 0 {
			s.noLF = s.base + int64(s.end)
			if !s.eof {
				scanned = len(text)
				if bytes.IndexByte(text, '"') >= 0 || bytes.IndexByte(text, '\r') >= 0 || scanned > maxRecord {
					break
				}
				if err := s.refill(); err != nil {
					return false, err
				}
				continue
			}
			if len(text) == 0 {
				return false, nil
			}
			i = len(text)
		} else {
			i += scanned
		}
		line, used := text[:i], i
		if used < len(text) {
			used++
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\r') >= 0 || len(line) > maxRecord {
			break
		}
		s.offset = s.base + int64(s.pos)
		s.raw = line
		s.pos += used
		s.line++
		s.split(line)
		return true, nil
	}
	return s.quoted()
}

func (s *csvScanner) refill() error {
	_, _, err := s.more(s.pos)
	return err
}

// split cuts a line without quotes.
func (s *csvScanner) split(line []byte) {
	s.cells = s.cells[:0]
	for {
		i := bytes.IndexByte(line, s.delim)
		if i < 0 {
			s.cells = append(s.cells, line)
			return
		}
		s.cells = append(s.cells, line[:i])
		line = line[i+1:]
	}
}

// states of the scanner inside a record
type csvState uint8

const (
	cellStart csvState = iota
	inCell
	inQuotes
	quoteInQuotes // a closing quote, or the first of a doubled one
)

// step moves over one byte; ended reports a line end outside quotes.
func (s *csvScanner) step(st csvState, c byte) (next csvState, ended bool) {
	switch st {
	case inQuotes:
		if c == '"' {
			return quoteInQuotes, false
		}
		return inQuotes, false
	case quoteInQuotes:
		if c == '"' {
			return inQuotes, false
		}
	case cellStart:
		if c == '"' {
			return inQuotes, false
		}
	}
	switch c {
	case s.delim:
		return cellStart, false
	case '\n', '\r':
		return cellStart, true
	}
	return inCell, false
}

// quoted reads a record that holds quotes, a lone CR, or is very long. It finds the record's end first, reading on as
// needed, then cuts it.
func (s *csvScanner) quoted() (bool, error) {
	st, i := cellStart, 0
	line, opened, openedAt := s.line, s.line, 0
	last := byte(0)
	for {
		text := s.buf[s.pos:s.end]
		ended := false
		for i < len(text) {
			c := text[i]
			if st == inQuotes && c != '"' && c != '\n' && c != '\r' { // the long inside of quotes, quickly
				j := bytes.IndexByte(text[i:], '"')
				if j < 0 {
					j = len(text) - i
				}
				line += countLines(text[i:i+j], last)
				last = text[i+j-1]
				i += j
				continue
			}
			was := st
			if st, ended = s.step(st, c); ended {
				break
			}
			if st == inQuotes && was == cellStart {
				opened, openedAt = line, i
			}
			if c == '\n' && last != '\r' || c == '\r' {
				line++
			}
			last = c
			i++
		}
		if ended || s.eof && i >= len(text) {
			break
		}
		if i > maxRecord {
			if st == inQuotes {
				return false, s.unbalanced(opened, openedAt)
			}
			return true, s.skip(st, line)
		}
		if err := s.refill(); err != nil {
			return false, err
		}
	}
	if st == inQuotes {
		return false, s.unbalanced(opened, openedAt)
	}
	text := s.buf[s.pos:s.end]
	if i == 0 && len(text) == 0 {
		return false, nil
	}
	s.offset = s.base + int64(s.pos)
	s.raw = text[:i]
	used := i
	if used < len(text) {
		if used++; text[i] == '\r' {
			if used == len(text) && !s.eof { // the LF of this CR may be in the next block
				if err := s.refill(); err != nil {
					return false, err
				}
				text = s.buf[s.pos:s.end]
				s.raw = text[:i]
			}
			if used < len(text) && text[used] == '\n' {
				used++
			}
		}
	}
	s.pos += used
	s.line = line + 1
	if len(s.raw) > maxRecord {
		s.tooLong = true
		return true, nil
	}
	s.cut(s.raw)
	return true, nil
}

// countLines counts line ends in b, CRLF as one; last is the byte before b.
func countLines(b []byte, last byte) int64 {
	n := int64(bytes.Count(b, []byte{'\n'}))
	if bytes.IndexByte(b, '\r') < 0 {
		if last == '\r' && len(b) > 0 && b[0] == '\n' {
			n--
		}
		return n
	}
	n = 0
	for _, c := range b {
		if c == '\r' || c == '\n' && last != '\r' {
			n++
		}
		last = c
	}
	return n
}

// cut splits a record with quotes into cells.
func (s *csvScanner) cut(raw []byte) {
	s.cells = s.cells[:0]
	s.scratch = s.scratch[:0]
	for {
		if len(raw) == 0 || raw[0] != '"' {
			i := bytes.IndexByte(raw, s.delim)
			if i < 0 {
				s.cells = append(s.cells, raw)
				return
			}
			s.cells = append(s.cells, raw[:i])
			raw = raw[i+1:]
			continue
		}
		raw = raw[1:]
		i := bytes.IndexByte(raw, '"')
		if i < 0 {
			i = len(raw)
		}
		if i+1 >= len(raw) { // the usual end of a line
			s.cells = append(s.cells, raw[:i])
			return
		}
		if raw[i+1] == s.delim {
			s.cells = append(s.cells, raw[:i])
			raw = raw[i+2:]
			continue
		}
		// doubled quotes, or text behind the closing quote, which is data
		start := len(s.scratch)
		more := false
		for st := inQuotes; len(raw) > 0; raw = raw[1:] {
			c := raw[0]
			was := st
			if st, _ = s.step(st, c); st == cellStart {
				raw, more = raw[1:], true
				break
			}
			if was == inQuotes && st == quoteInQuotes {
				continue
			}
			s.scratch = append(s.scratch, c)
		}
		s.cells = append(s.cells, s.scratch[start:len(s.scratch):len(s.scratch)])
		if !more {
			return
		}
	}
}

// skip passes over the rest of a record that is too long.
func (s *csvScanner) skip(st csvState, line int64) error {
	s.offset = s.base + int64(s.pos)
	s.tooLong, s.raw, s.cells = true, nil, s.cells[:0]
	s.pos = s.end
	last, run, opened := byte(0), 0, line
	for {
		for s.pos < s.end {
			c := s.buf[s.pos]
			s.pos++
			was, ended := st, false
			if st, ended = s.step(st, c); ended {
				if c == '\r' {
					if s.pos == s.end {
						if err := s.refill(); err != nil {
							return err
						}
					}
					if s.pos < s.end && s.buf[s.pos] == '\n' {
						s.pos++
					}
				}
				s.line = line + 1
				return nil
			}
			if run++; st != inQuotes || was == cellStart {
				run, opened = 0, line
			} else if run > maxRecord {
				return s.unbalanced(opened, 0)
			}
			if c == '\n' && last != '\r' || c == '\r' {
				line++
			}
			last = c
		}
		if s.eof {
			s.line = line
			return nil
		}
		if err := s.refill(); err != nil {
			return err
		}
	}
}

// unbalanced refuses a quote that opens a cell and never closes, naming the line where it opened.
func (s *csvScanner) unbalanced(line int64, at int) error {
	column := 1
	if at > 0 {
		before := s.buf[s.pos : s.pos+at]
		if i := bytes.LastIndexAny(before, "\r\n"); i >= 0 {
			before = before[i+1:]
		}
		column += len([]rune(string(before)))
	}
	return review.Errorf(review.KindRefused, "%s:%d:%d: a closing quote was expected, the end of the file was found: the cell that opens here never ends",
		review.Safe(s.name), line, column).
		WithReason("unbalanced-quote").WithHint("double the quote if it is data, or remove it, in line %d", line)
}
