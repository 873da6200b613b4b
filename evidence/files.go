package evidence

import (
	"cmp"
	"io"
	"io/fs"
	"slices"

	"tickmark/ledger"
)

// files is a set of named contents: a folder, a zip, or the spool a pack is built in.
type files interface {
	// list is sorted by name as bytes.
	list() []file
	// open gives the content of a file of list. Readers are independent of each other.
	open(f file) (content, error)
	// base is the one file in which all contents lie at their places, nil if there is none. What is at a negative place is
	// made by open.
	base() (io.ReaderAt, error)
	Close() error
}

// content is an open file.
type content interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// file is one entry of a pack. Where its content lies is the business of the files it is one of.
type file struct {
	name string
	size int64
	at   int64       // where the content starts, for files that lie in one
	sum  ledger.Hash // SHA-256 of the content, where it is known
	crc  uint32      // CRC-32 of the content, where it is known

	beside bool // it lies in a spool's second file
}

// position is where a name stands in a sorted list, or would stand.
func position(list []file, name string) (at int, ok bool) {
	return slices.BinarySearchFunc(list, name, func(f file, name string) int { return cmp.Compare(f.name, name) })
}

// find looks a name up in a sorted list.
func find(list []file, name string) (file, bool) {
	i, ok := position(list, name)
	if !ok {
		return file{}, false
	}
	return list[i], true
}

// read gives the whole content of a file, which must not be longer than limit.
func read(fsys files, name string, limit int64) ([]byte, error) {
	f, ok := find(fsys.list(), name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return readFile(fsys, f, limit)
}

func readFile(fsys files, f file, limit int64) ([]byte, error) {
	if f.size > limit {
		return nil, tooLarge(f)
	}
	c, err := fsys.open(f)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b := make([]byte, f.size)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	return b, nil
}

func tooLarge(f file) error { return &fs.PathError{Op: "read", Path: f.name, Err: errTooLarge} }

// section is a content inside a larger file that somebody else closes.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

func newSection(r io.ReaderAt, at, size int64) section {
	return section{io.NewSectionReader(r, at, size)}
}

// sortFiles orders a list by name as bytes.
func sortFiles(list []file) {
	slices.SortFunc(list, func(a, b file) int { return cmp.Compare(a.name, b.name) })
}

// under gives the part of a sorted list whose names begin with prefix.
func under(list []file, prefix string) []file {
	from, _ := position(list, prefix)
	to := from
	for to < len(list) && len(list[to].name) >= len(prefix) && list[to].name[:len(prefix)] == prefix {
		to++
	}
	return list[from:to]
}
