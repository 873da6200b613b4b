package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

var (
	errTooLarge = errors.New("larger than such a file can be")
	errShared   = errors.New("entries share bytes")
)

// mostTroubles are named; any one is enough to refuse a zip.
const mostTroubles = 1000

// zipped is the files of a zip in the pack's form: all of them stored, so each is a section of the zip itself and
// reading needs no memory.
type zipped struct {
	from   io.ReaderAt
	size   int64
	close  func() error
	files  []file
	sorted bool // the entries stand in the order of their names
}

func openZip(path string) (*zipped, []trouble, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	z, troubles, err := readZip(f, info.Size(), checkName)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	z.close = f.Close
	return z, troubles, nil
}

// readZip reads the directory of a zip. Compressed entries, folders, links, names that leave the zip, names that checkName
// objects to or that occur twice, and entries that share bytes or claim more than the zip holds are troubles; they are left out of the list.
func readZip(r io.ReaderAt, size int64, checkName func(string) string) (*zipped, []trouble, error) {
	if z, troubles := readCanonical(r, size, checkName); z != nil {
		return z, troubles, nil
	}
	z := &zipped{from: r, size: size, close: func() error { return nil }, sorted: true}
	var troubles []trouble
	last, total, names := "", int64(0), 0
	err := eachZipRecord(r, size, func(x *zipRecord) error {
		bad := func(words string) error {
			if len(troubles) < mostTroubles {
				troubles = append(troubles, trouble{x.name, words})
			}
			return nil
		}
		if names++; names > maxNames {
			return fmt.Errorf("more than %d files", maxNames)
		}
		switch words := checkName(x.name); {
		case words != "":
			return bad(words)
		case x.irregular:
			return bad("is a link or no regular file")
		case x.method != 0 || x.packed != x.size || x.size > size:
			return bad("is compressed, so its true size is unknown; packs store their files")
		}
		at, there := x.dataAt(r, size)
		if !there {
			return bad("lies outside the zip")
		}
		if total += x.size; total > size {
			bad("shares its bytes with another file")
			return errShared
		}
		if x.name <= last {
			z.sorted = false
		}
		last = x.name
		z.files = append(z.files, file{name: x.name, size: x.size, at: at, crc: x.crc})
		return nil
	})
	if err != nil && err != errShared {
		return nil, nil, err
	}
	sortFiles(z.files)
	for i := 1; i < len(z.files); i++ {
		if z.files[i].name == z.files[i-1].name && len(troubles) < mostTroubles {
			troubles = append(troubles, trouble{z.files[i].name, "stands in the zip twice"})
		}
	}
	z.files = slices.CompactFunc(z.files, func(a, b file) bool { return a.name == b.name })
	return z, troubles, nil
}

func (z *zipped) list() []file { return z.files }

func (z *zipped) open(f file) (content, error) { return newSection(z.from, f.at, f.size), nil }

func (z *zipped) base() (io.ReaderAt, error) { return z.from, nil }

func (z *zipped) Close() error { return z.close() }

// canonical reports whether the zip is byte for byte what writeZip makes of its files (1, Zip). So no byte of a zipped
// pack can change unnoticed, not even one that unpacking would ignore.
func (z *zipped) canonical() (bool, error) {
	if !z.sorted {
		return false, nil
	}
	c := &comparer{want: bufio.NewReaderSize(io.NewSectionReader(z.from, 0, z.size), 1<<20)}
	err := writeZip(c, z)
	if errors.Is(err, errDiffers) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return c.atEnd()
}

// zipEntry starts an entry in that form.
func zipEntry(z *zip.Writer, name string) (io.Writer, error) {
	const date = 1<<5 | 1 // 1980-01-01 in MS-DOS form
	//lint:ignore SA1019 the field that replaced it adds an extra block to every entry, and packs have none
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, ModifiedDate: date})
}

// onlyWriter and onlyReader hide other methods, so that io.CopyBuffer uses its buffer.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

var errDiffers = errors.New("differs")

// comparer takes what should be there and compares it with what is.
type comparer struct {
	want *bufio.Reader
	at   int64
}

func (c *comparer) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := min(len(rest), c.want.Size())
		have, err := c.want.Peek(n)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if !bytes.Equal(have, rest[:n]) {
			return 0, errDiffers
		}
		if _, err := c.want.Discard(n); err != nil {
			return 0, err
		}
		c.at += int64(n)
		rest = rest[n:]
	}
	return len(b), nil
}

func (c *comparer) atEnd() (bool, error) {
	_, err := c.want.ReadByte()
	if err == io.EOF {
		return true, nil
	}
	return false, err
}

// isZip reports whether a file begins like a zip.
func isZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && strings.HasPrefix(string(magic[:]), "PK\x03\x04")
}
