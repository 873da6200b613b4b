package spill

import (
	"cmp"
	"encoding/binary"
)

const (
	textMemory = 4 << 20
	// TextMost is the longest string Texts takes. It bounds what one record of a hostile file can cost.
	TextMost = 16 << 10
	textUnit = 8 // places are counted in
	textHead = 4 // capacity in units, length
)

// Texts keeps any number of byte strings in bounded memory. Places are from 1. The zero value keeps everything in memory.
type Texts struct {
	Open   func() (File, error) // nil: all stays in memory
	Memory int                  // bytes that stay in memory; 0: 4 MiB

	buf  []byte // from base on
	base int64
	file File
	got  []byte
}

// Put keeps b and gives its place, 0 if it is too long.
func (s *Texts) Put(b []byte) (uint32, error) { return s.putRoom(b, len(b)) }

// Replace keeps b instead of what is at place and gives its new place. Room doubles, so that a string that grows a little
// many times costs little more than its last form.
func (s *Texts) Replace(place uint32, b []byte) (uint32, error) {
	old, room, err := s.read(place)
	if err != nil {
		return 0, err
	}
	if len(b) > room {
		return s.putRoom(b, max(len(b), min(2*len(old), TextMost)))
	}
	head := textHeader(room, len(b))
	at := int64(place) * textUnit
	if at >= s.base {
		copy(s.buf[at-s.base:], head[:])
		copy(s.buf[at-s.base+textHead:], b)
		return place, nil
	}
	s.got = append(append(s.got[:0], head[:]...), b...)
	if _, err := s.file.WriteAt(s.got, at); err != nil {
		return 0, err
	}
	return place, nil
}

func textHeader(room, n int) (h [textHead]byte) {
	binary.LittleEndian.PutUint16(h[:], uint16((room+textHead+textUnit-1)/textUnit))
	binary.LittleEndian.PutUint16(h[2:], uint16(n))
	return h
}

func (s *Texts) putRoom(b []byte, room int) (uint32, error) {
	if len(b) > TextMost {
		return 0, nil
	}
	if s.base+int64(len(s.buf)) == 0 {
		s.buf = append(s.buf, make([]byte, textUnit)...)
	}
	if s.Open != nil && len(s.buf)+textHead+room > cmp.Or(s.Memory, textMemory) {
		if err := s.flush(); err != nil {
			return 0, err
		}
	}
	at := s.base + int64(len(s.buf))
	if at/textUnit > 1<<32-1 {
		return 0, nil
	}
	head := textHeader(room, len(b))
	s.buf = append(append(s.buf, head[:]...), b...)
	end := (textHead + room + textUnit - 1) / textUnit * textUnit
	s.buf = append(s.buf, make([]byte, end-textHead-len(b))...)
	return uint32(at / textUnit), nil
}

// At gives what is kept at a place; it is valid until the next call.
func (s *Texts) At(place uint32) ([]byte, error) {
	b, _, err := s.read(place)
	return b, err
}

func (s *Texts) read(place uint32) (b []byte, room int, err error) {
	at := int64(place) * textUnit
	var head []byte
	if at >= s.base {
		head = s.buf[at-s.base:]
	} else {
		if s.got, err = s.readFile(s.got, at, 512); err != nil {
			return nil, 0, err
		}
		if n := textHead + int(binary.LittleEndian.Uint16(s.got[2:])); n > len(s.got) {
			if s.got, err = s.readFile(s.got, at, n); err != nil {
				return nil, 0, err
			}
		}
		head = s.got
	}
	room = int(binary.LittleEndian.Uint16(head))*textUnit - textHead
	return head[textHead:][:binary.LittleEndian.Uint16(head[2:])], room, nil
}

func (s *Texts) readFile(buf []byte, at int64, n int) ([]byte, error) {
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:min(int64(n), s.base-at)]
	if _, err := s.file.ReadAt(buf, at); err != nil {
		return nil, err
	}
	return buf, nil
}

// flush moves what is in memory to the file.
func (s *Texts) flush() error {
	if s.file == nil {
		f, err := s.Open()
		if err != nil {
			return err
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(s.buf, s.base); err != nil {
		return err
	}
	s.base += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

// Close gives back memory and the file.
func (s *Texts) Close() {
	if s.file != nil {
		s.file.Close()
	}
	*s = Texts{Open: s.Open, Memory: s.Memory}
}
