package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"

	"tickmark/ledger"
)

// spool is where a pack is built: one temporary file into which contents are appended one after the other, and an index
// of them. It takes any number of files without costing a file each, and can be read while it is written.
//
// Bytes that stand in several files of a pack are kept once: records are written as they come and are at the same time
// the file of their bundle, a statement and its signature are parts of their entry. Proofs are not kept at all, they are
// made again when they are read.
type spool struct {
	f      *os.File
	w      *bufio.Writer
	at     int64
	files  []file
	sorted bool
	busy   bool      // a file is being written
	sha    hash.Hash // of that file
	around *digest   // of everything written since, nil if nobody asked
	dir    string
	second *spool // for another goroutine, nil until asked for

	proving sync.Mutex
	prover  *ledger.Prover
	proved  []byte
}

func newSpool(dir string) (*spool, error) {
	f, err := os.CreateTemp(dir, ".tickmark-pack-*.spool")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // where the system allows it, nothing is left behind even by a crash; Close tries again
	return &spool{dir: dir, f: f, w: bufio.NewWriterSize(f, 1<<20), sha: sha256.New()}, nil
}

// beside gives a spool of its own to another goroutine; joined takes over its files when that has ended.
func (s *spool) beside() (_ *spool, err error) {
	if s.second == nil {
		s.second, err = newSpool(s.dir)
	}
	return s.second, err
}

func (s *spool) joined() error {
	for _, f := range s.second.files {
		f.beside = true
		s.files = append(s.files, f)
	}
	s.second.files, s.sorted = nil, false
	return s.second.w.Flush()
}

// digest is what a pack needs to know of a content, gathered while it is written.
type digest struct {
	at  int64
	sha hash.Hash
	crc uint32
}

func (d *digest) add(b []byte) {
	d.sha.Write(b)
	d.crc = crc32.Update(d.crc, crc32.IEEETable, b)
}

// spoolFile is the file being written. Only one is at a time.
type spoolFile struct {
	s    *spool
	name string
	digest
}

func (s *spool) create(name string) *spoolFile {
	if s.busy {
		panic("evidence: two files are written to the spool at once: " + name)
	}
	s.busy = true
	s.sha.Reset()
	return &spoolFile{s: s, name: name, digest: digest{at: s.at, sha: s.sha}}
}

func (f *spoolFile) Write(b []byte) (int, error) {
	f.add(b)
	if f.s.around != nil {
		f.s.around.add(b)
	}
	n, err := f.s.w.Write(b)
	f.s.at += int64(n)
	return n, err
}

// done ends the file, enters it into the index and gives its digest.
func (f *spoolFile) done() ledger.Hash {
	f.s.busy = false
	return f.s.enter(f.name, f.at, f.s.at-f.at, &f.digest)
}

// drop ends the file and forgets it; what was written stays unused.
func (f *spoolFile) drop() { f.s.busy = false }

func (s *spool) enter(name string, at, size int64, d *digest) ledger.Hash {
	if n := len(s.files); n > 0 && s.files[n-1].name >= name {
		s.sorted = false
	}
	f := file{name: name, size: size, at: at, crc: d.crc}
	d.sha.Sum(f.sum[:0])
	s.files = append(s.files, f)
	return f.sum
}

// add writes a whole file.
func (s *spool) add(name string, b []byte) error {
	f := s.create(name)
	_, err := f.Write(b)
	f.done()
	return err
}

// enclose begins a file that is to hold all that other files write from now on. enclosed ends it.
func (s *spool) enclose() { s.around = &digest{at: s.at, sha: sha256.New()} }

// enclosed enters the file begun by enclose, or forgets it if name is empty.
func (s *spool) enclosed(name string) {
	if name != "" {
		s.enter(name, s.around.at, s.at-s.around.at, s.around)
	}
	s.around = nil
}

// part enters a file whose bytes, b, lie in the spool already.
func (s *spool) part(name string, at int64, b []byte) {
	s.sha.Reset()
	d := digest{sha: s.sha}
	d.add(b)
	s.enter(name, at, int64(len(b)), &d)
}

// proof enters the proof of an entry.
func (s *spool) proof(index int64) {
	s.proved = s.prove(s.proved[:0], index)
	s.part(proofFile(index), madeProof(index), s.proved)
}

// Files that are made when they are read stand at negative places.
func madeProof(index int64) int64 { return -1 - index }

func (s *spool) prove(dst []byte, index int64) []byte {
	s.proving.Lock()
	defer s.proving.Unlock()
	return s.prover.Append(dst, index)
}

func (s *spool) list() []file {
	if !s.sorted {
		sortFiles(s.files)
		s.sorted = true
	}
	return s.files
}

func (s *spool) open(f file) (content, error) {
	if f.at < 0 {
		return made{bytes.NewReader(s.prove(nil, madeProof(f.at)))}, nil
	}
	if f.beside { // flushed when it joined; the second file may be written again
		return newSection(s.second.f, f.at, f.size), nil
	}
	if err := s.w.Flush(); err != nil {
		return nil, err
	}
	return newSection(s.f, f.at, f.size), nil
}

func (s *spool) base() (io.ReaderAt, error) { return s.f, s.w.Flush() }

// made is a content that was made to be read.
type made struct{ *bytes.Reader }

func (made) Close() error { return nil }

// Close removes the spool.
func (s *spool) Close() error {
	err := s.f.Close()
	if s.second != nil {
		err = errors.Join(err, s.second.Close())
	}
	if removed := os.Remove(s.f.Name()); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}
