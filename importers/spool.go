package importers

import (
	"encoding/binary"
	"io"

	"tickmark/review"
)

const (
	// spoolMemory is how much of a spool stays in memory; what is older lies in a temporary file.
	spoolMemory = 4 << 20
	// spoolMost is the longest string a spool takes. It bounds what one record of a hostile file can cost.
	spoolMost = 16 << 10
	spoolUnit = 8 // places are counted in
	spoolHead = 4 // capacity in units, length
)

// Scratch is a temporary file. Close ends it and leaves nothing behind.
type Scratch interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// spool keeps any number of byte strings in bounded memory. Places are from 1.
type spool struct {
	open func() (Scratch, error) // nil: all stays in memory
	buf  []byte                  // from base on
	base int64
	file Scratch
	got  []byte
}

// put keeps b and gives its place, 0 if it is too long.
func (s *spool) put(b []byte) (uint32, error) { return s.putRoom(b, len(b)) }

// replace keeps b instead of what is at place and gives its new place. Room doubles, so that a string that grows a little
// many times costs little more than its last form.
func (s *spool) replace(place uint32, b []byte) (uint32, error) {
	old, room, err := s.read(place)
	if err != nil {
		return 0, err
	}
	if len(b) > room {
		return s.putRoom(b, max(len(b), min(2*len(old), spoolMost)))
	}
	head := spoolHeader(room, len(b))
	at := int64(place) * spoolUnit
	if at >= s.base {
		copy(s.buf[at-s.base:], head[:])
		copy(s.buf[at-s.base+spoolHead:], b)
		return place, nil
	}
	s.got = append(append(s.got[:0], head[:]...), b...)
	if _, err := s.file.WriteAt(s.got, at); err != nil {
		return 0, spoolError(err)
	}
	return place, nil
}

func spoolHeader(room, n int) (h [spoolHead]byte) {
	binary.LittleEndian.PutUint16(h[:], uint16((room+spoolHead+spoolUnit-1)/spoolUnit))
	binary.LittleEndian.PutUint16(h[2:], uint16(n))
	return h
}

func (s *spool) putRoom(b []byte, room int) (uint32, error) {
	if len(b) > spoolMost {
		return 0, nil
	}
	if s.base+int64(len(s.buf)) == 0 {
		s.buf = append(s.buf, make([]byte, spoolUnit)...)
	}
	if s.open != nil && len(s.buf)+spoolHead+room > spoolMemory {
		if err := s.flush(); err != nil {
			return 0, err
		}
	}
	at := s.base + int64(len(s.buf))
	if at/spoolUnit > 1<<32-1 {
		return 0, nil
	}
	head := spoolHeader(room, len(b))
	s.buf = append(append(s.buf, head[:]...), b...)
	end := (spoolHead + room + spoolUnit - 1) / spoolUnit * spoolUnit
	s.buf = append(s.buf, make([]byte, end-spoolHead-len(b))...)
	return uint32(at / spoolUnit), nil
}

// at gives what is kept at a place; it is valid until the next call.
func (s *spool) at(place uint32) ([]byte, error) {
	b, _, err := s.read(place)
	return b, err
}

func (s *spool) read(place uint32) (b []byte, room int, err error) {
	at := int64(place) * spoolUnit
	var head []byte
	if at >= s.base {
		head = s.buf[at-s.base:]
	} else {
		if s.got, err = s.readFile(s.got, at, 512); err != nil {
			return nil, 0, err
		}
		if n := spoolHead + int(binary.LittleEndian.Uint16(s.got[2:])); n > len(s.got) {
			if s.got, err = s.readFile(s.got, at, n); err != nil {
				return nil, 0, err
			}
		}
		head = s.got
	}
	room = int(binary.LittleEndian.Uint16(head))*spoolUnit - spoolHead
	return head[spoolHead:][:binary.LittleEndian.Uint16(head[2:])], room, nil
}

func (s *spool) readFile(buf []byte, at int64, n int) ([]byte, error) {
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:min(int64(n), s.base-at)]
	if _, err := s.file.ReadAt(buf, at); err != nil {
		return nil, spoolError(err)
	}
	return buf, nil
}

// flush moves what is in memory to the file.
func (s *spool) flush() error {
	if s.file == nil {
		f, err := s.open()
		if err != nil {
			return spoolError(err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(s.buf, s.base); err != nil {
		return spoolError(err)
	}
	s.base += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
	*s = spool{open: s.open}
}

func spoolError(err error) error {
	return review.Errorf(review.KindIO, "the temporary file of account facts cannot be used: %w", err).
		WithHint("make room in the folder for temporary files, or name another one with TMPDIR")
}
