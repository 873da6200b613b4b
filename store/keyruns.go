package store

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"tickmark/spill"
)

const (
	// keyRun is how many grant keys are sorted in memory; beyond it sorted runs wait in a temporary file.
	keyRun = 1 << 18
	// keyStep is how many sorted keys are handed on together.
	keyStep = 8192
	// keyBytes is a key in the temporary file.
	keyBytes = 16 + 4 + 8
)

// keyRuns sorts grant keys of any number in bounded memory, so that their table is filled in its own order: a page once,
// full, and never again.
type keyRuns struct {
	most int      // rows sorted in memory; 0: keyRun
	rows []keyRow // not spilled yet
	file spill.File
	runs []int // how many keys each run in file has
}

func (k *keyRuns) add(r keyRow) error {
	most := cmp.Or(k.most, keyRun)
	if len(k.rows) == cap(k.rows) {
		k.rows = slices.Grow(k.rows, max(chunkRows, min(len(k.rows), most-len(k.rows)))) // exactly to a run, not beyond
	}
	if k.rows = append(k.rows, r); len(k.rows) < most {
		return nil
	}
	return k.spill()
}

func (k *keyRuns) sort() {
	slices.SortFunc(k.rows, func(a, b keyRow) int { return a.less(&b) })
}

// spill appends the keys in memory to the file as a sorted run.
func (k *keyRuns) spill() error {
	if k.file == nil {
		f, err := spillFile()
		if err != nil {
			return spillError(err)
		}
		k.file = f
	}
	k.sort()
	w := bufio.NewWriterSize(io.NewOffsetWriter(k.file, k.end()), 1<<16)
	var buf [keyBytes]byte
	for i := range k.rows {
		w.Write(k.rows[i].append(buf[:0])) //nolint:errcheck // Flush tells
	}
	if err := w.Flush(); err != nil {
		return spillError(err)
	}
	k.runs = append(k.runs, len(k.rows))
	k.rows = k.rows[:0]
	return nil
}

// each hands all keys on in order, some at a time, until f says no. f owns what it gets.
func (k *keyRuns) each(f func([]keyRow) bool) error {
	if len(k.runs) == 0 {
		k.sort()
		for part := range slices.Chunk(k.rows, keyStep) {
			if !f(part) {
				return nil
			}
		}
		return nil
	}
	if len(k.rows) > 0 {
		if err := k.spill(); err != nil {
			return err
		}
	}
	k.rows = nil
	heads, err := k.heads()
	if err != nil {
		return err
	}
	for len(heads) > 0 {
		out := make([]keyRow, 0, keyStep)
		for len(out) < keyStep && len(heads) > 0 {
			h := heads[0]
			for i := range heads {
				if heads[i].row.less(&h.row) < 0 {
					h = heads[i]
				}
			}
			out = append(out, h.row)
			if err := h.next(); errors.Is(err, io.EOF) {
				heads = slices.DeleteFunc(heads, func(o *keyHead) bool { return o == h })
			} else if err != nil {
				return spillError(err)
			}
		}
		if !f(out) {
			return nil
		}
	}
	return nil
}

// end is where the next run begins in the file.
func (k *keyRuns) end() int64 {
	n := 0
	for _, keys := range k.runs {
		n += keys
	}
	return int64(n) * keyBytes
}

// heads opens every run at its first key.
func (k *keyRuns) heads() ([]*keyHead, error) {
	var out []*keyHead
	at := int64(0)
	for _, n := range k.runs {
		size := int64(n) * keyBytes
		h := &keyHead{r: bufio.NewReaderSize(io.NewSectionReader(k.file, at, size), 1<<15)}
		if err := h.next(); err != nil {
			return nil, spillError(err)
		}
		out = append(out, h)
		at += size
	}
	return out, nil
}

func (k *keyRuns) close() {
	if k.file != nil {
		k.file.Close() //nolint:errcheck // it is given up
		k.file = nil
	}
}

// keyHead is a run being merged.
type keyHead struct {
	r   *bufio.Reader
	row keyRow
}

func (h *keyHead) next() error {
	b, err := h.r.Peek(keyBytes)
	if err != nil {
		return err
	}
	h.row = parseKeyRow(b)
	_, err = h.r.Discard(keyBytes)
	return err
}

func (r *keyRow) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, r.key[:]...), r.row)
	return binary.LittleEndian.AppendUint64(b, uint64(r.shape))
}

func parseKeyRow(b []byte) keyRow {
	return keyRow{key: [16]byte(b[:16]), row: binary.LittleEndian.Uint32(b[16:]), shape: int64(binary.LittleEndian.Uint64(b[20:]))}
}
