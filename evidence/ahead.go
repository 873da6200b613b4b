package evidence

import (
	"io"
	"slices"
)

// ahead reads texts that lie in one larger file, most of them one after the other: then it asks the system once for many.
type ahead struct {
	from   io.ReaderAt
	at     int64 // where buffer begins
	buffer []byte
	end    int64 // where the last text ended
}

const (
	aheadStep = 128 << 10
	aheadGap  = 16 << 10 // texts this near each other count as neighbours
)

// text gives size bytes at a place. They may be used until the next call.
func (a *ahead) text(at, size int64) ([]byte, error) {
	if i := at - a.at; i >= 0 && i+size <= int64(len(a.buffer)) {
		a.end = at + size
		return a.buffer[i : i+size : i+size], nil
	}
	want := size
	if at >= a.end && at-a.end <= aheadGap {
		want = max(size, aheadStep)
	}
	a.at, a.end = at, at+size
	a.buffer = slices.Grow(a.buffer[:0], int(want))[:want]
	n, err := a.from.ReadAt(a.buffer, at)
	a.buffer = a.buffer[:n]
	if int64(n) < size {
		a.buffer = a.buffer[:0]
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return a.buffer[:size:size], nil
}

// textReader reads small files of a pack one after the other.
type textReader struct {
	fsys  files
	ahead ahead
	made  []byte
}

func newTextReader(fsys files) (*textReader, error) {
	from, err := fsys.base()
	return &textReader{fsys: fsys, ahead: ahead{from: from}}, err
}

// text gives the content of a file, which may be used until the next call.
func (t *textReader) text(f file) ([]byte, error) {
	if s, ok := t.fsys.(*spool); ok && f.at < 0 {
		t.made = s.prove(t.made[:0], madeProof(f.at))
		return t.made, nil
	}
	if t.ahead.from == nil || f.beside {
		return readFile(t.fsys, f, coreFileLimit)
	}
	if f.size > coreFileLimit {
		return nil, tooLarge(f)
	}
	return t.ahead.text(f.at, f.size)
}
