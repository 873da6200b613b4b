package evidence

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"hash"
	"io/fs"
	"os"
	"slices"

	"tickmark/ledger"
)

// spool is where a pack is built: one temporary file into which contents are appended one after the other, and an index
// of them. It takes any number of files without costing a file each, and can be read while it is written.
type spool struct {
	f      *os.File
	w      *bufio.Writer
	at     int64
	files  []file
	sorted bool
	busy   bool // a file is being written
}

func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, ".tickmark-pack-*.spool")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // where the system allows it, nothing is left behind even by a crash; Close tries again
	return &spool{f: f, w: bufio.NewWriterSize(f, 1<<20)}, nil
}

// spoolFile is the file being written. Only one is at a time.
type spoolFile struct {
	s    *spool
	name string
	at   int64
	sum  hash.Hash
}

func (s *spool) create(name string) *spoolFile {
	if s.busy {
		panic("evidence: two files are written to the spool at once: " + name)
	}
	s.busy = true
	return &spoolFile{s: s, name: name, at: s.at, sum: sha256.New()}
}

func (f *spoolFile) Write(b []byte) (int, error) {
	f.sum.Write(b)
	n, err := f.s.w.Write(b)
	f.s.at += int64(n)
	return n, err
}

// done ends the file, enters it into the index and gives its digest.
func (f *spoolFile) done() ledger.Hash {
	s := f.s
	s.busy = false
	if len(s.files) > 0 && s.files[len(s.files)-1].name >= f.name {
		s.sorted = false
	}
	sum := ledger.Hash(f.sum.Sum(nil))
	s.files = append(s.files, file{name: f.name, size: s.at - f.at, at: f.at, sum: sum})
	return sum
}

// drop ends the file and forgets it; what was written stays unused.
func (f *spoolFile) drop() { f.s.busy = false }

// add writes a whole file.
func (s *spool) add(name string, b []byte) error {
	f := s.create(name)
	_, err := f.Write(b)
	f.done()
	return err
}

func (s *spool) list() []file {
	if !s.sorted {
		slices.SortFunc(s.files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
		s.sorted = true
	}
	return s.files
}

func (s *spool) open(f file) (content, error) {
	if err := s.w.Flush(); err != nil {
		return nil, err
	}
	return newSection(s.f, f.at, f.size), nil
}

// Close removes the spool.
func (s *spool) Close() error {
	err := s.f.Close()
	if removed := os.Remove(s.f.Name()); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}
