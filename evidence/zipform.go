package evidence

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
)

// The one zip form of packs (evidence-pack.md 1): entries sorted by name, stored, dated 1980-01-01, without extra fields,
// comments or folders, each with its sizes behind its bytes. It is the form archive/zip gives for such entries, written and
// read here because a pack may have hundreds of thousands of files: nothing is kept for each but what the list holds.

const (
	zipLocal, zipLocalLen         = 0x04034b50, 30
	zipDescriptor                 = 0x08074b50
	zipCentral, zipCentralLen     = 0x02014b50, 46
	zipEnd, zipEndLen             = 0x06054b50, 22
	zipEnd64, zipEnd64Len         = 0x06064b50, 56
	zipLocator64, zipLocator64Len = 0x07064b50, 20
	zipVersion, zipVersion64      = 20, 45
	zipStreamed                   = 8 // sizes stand behind the bytes
	zipDate                       = 1<<5 | 1
	zipExtra64Len                 = 28
	zipMost16, zipMost32          = math.MaxUint16, math.MaxUint32
)

var le = binary.LittleEndian

func appendLocal(b []byte, name string) []byte {
	b = le.AppendUint32(b, zipLocal)
	b = le.AppendUint16(b, zipVersion)
	b = le.AppendUint16(b, zipStreamed)
	b = le.AppendUint16(b, 0) // stored
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, zipDate)
	b = append(b, make([]byte, 12)...)
	b = le.AppendUint16(b, uint16(len(name)))
	b = le.AppendUint16(b, 0)
	return append(b, name...)
}

func appendDescriptor(b []byte, crc uint32, size int64) []byte {
	b = le.AppendUint32(b, zipDescriptor)
	b = le.AppendUint32(b, crc)
	if size >= zipMost32 {
		b = le.AppendUint64(b, uint64(size))
		return le.AppendUint64(b, uint64(size))
	}
	b = le.AppendUint32(b, uint32(size))
	return le.AppendUint32(b, uint32(size))
}

func descriptorLen(size int64) int64 {
	if size >= zipMost32 {
		return 24
	}
	return 16
}

// entryLen is how many bytes of the zip an entry takes, its own not counted.
func entryLen(f file) int64 { return zipLocalLen + int64(len(f.name)) + f.size + descriptorLen(f.size) }

func appendCentral(b []byte, f file, offset int64) []byte {
	needs := uint16(zipVersion)
	if f.size >= zipMost32 {
		needs = zipVersion64
	}
	wide := f.size >= zipMost32 || offset >= zipMost32
	b = le.AppendUint32(b, zipCentral)
	b = le.AppendUint16(b, zipVersion)
	b = le.AppendUint16(b, needs)
	b = le.AppendUint16(b, zipStreamed)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, zipDate)
	b = le.AppendUint32(b, f.crc)
	size, extra := uint32(f.size), uint16(0)
	if wide {
		size, extra = zipMost32, zipExtra64Len
	}
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, uint16(len(f.name)))
	b = le.AppendUint16(b, extra)
	b = append(b, make([]byte, 10)...) // comment, disk, attributes
	b = le.AppendUint32(b, uint32(min(offset, zipMost32)))
	b = append(b, f.name...)
	if wide {
		b = le.AppendUint16(b, 1)
		b = le.AppendUint16(b, zipExtra64Len-4)
		b = le.AppendUint64(b, uint64(f.size))
		b = le.AppendUint64(b, uint64(f.size))
		b = le.AppendUint64(b, uint64(offset))
	}
	return b
}

func appendEnd(b []byte, records, size, offset int64) []byte {
	if records >= zipMost16 || size >= zipMost32 || offset >= zipMost32 {
		b = le.AppendUint32(b, zipEnd64)
		b = le.AppendUint64(b, zipEnd64Len-12)
		b = le.AppendUint16(b, zipVersion64)
		b = le.AppendUint16(b, zipVersion64)
		b = le.AppendUint64(b, 0)
		b = le.AppendUint64(b, uint64(records))
		b = le.AppendUint64(b, uint64(records))
		b = le.AppendUint64(b, uint64(size))
		b = le.AppendUint64(b, uint64(offset))
		b = le.AppendUint32(b, zipLocator64)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(offset+size))
		b = le.AppendUint32(b, 1)
		records, size, offset = zipMost16, zipMost32, zipMost32
	}
	b = le.AppendUint32(b, zipEnd)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint16(b, uint16(records))
	b = le.AppendUint16(b, uint16(records))
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, uint32(offset))
	return le.AppendUint16(b, 0)
}

// writeZip writes files whose CRC-32 is known. A content that does not have it is errDiffers.
func writeZip(w io.Writer, fsys files) error {
	texts, err := newTextReader(fsys)
	if err != nil {
		return err
	}
	list := fsys.list()
	head := make([]byte, 0, 512)
	buffer := make([]byte, 1<<17)
	offset := int64(0)
	for _, f := range list {
		if _, err := w.Write(appendLocal(head[:0], f.name)); err != nil {
			return err
		}
		crc, err := copyFile(w, fsys, texts, f, buffer)
		if err != nil {
			return err
		}
		if crc != f.crc {
			return errDiffers
		}
		if _, err := w.Write(appendDescriptor(head[:0], crc, f.size)); err != nil {
			return err
		}
		offset += entryLen(f)
	}
	at, size := int64(0), int64(0)
	for _, f := range list {
		b := appendCentral(head[:0], f, at)
		if _, err := w.Write(b); err != nil {
			return err
		}
		at += entryLen(f)
		size += int64(len(b))
	}
	_, err = w.Write(appendEnd(head[:0], int64(len(list)), size, offset))
	return err
}

// copyFile writes a content and gives its CRC-32.
func copyFile(w io.Writer, fsys files, texts *textReader, f file, buffer []byte) (crc uint32, err error) {
	if f.size <= int64(len(buffer)) {
		b, err := texts.text(f)
		if err != nil {
			return 0, err
		}
		_, err = w.Write(b)
		return crc32.ChecksumIEEE(b), err
	}
	c, err := fsys.open(f)
	if err != nil {
		return 0, err
	}
	sum := crc32.NewIEEE()
	_, err = io.CopyBuffer(io.MultiWriter(sum, w), onlyReader{c}, buffer)
	return sum.Sum32(), errors.Join(err, c.Close())
}

// readCanonical reads the directory of a zip that is in the form; nil if the directory is not. Whether the entries
// themselves are is for [zipped.canonical] to say.
func readCanonical(r io.ReaderAt, size int64, checkName func(string) string) (*zipped, []trouble) {
	records, length, offset, ok := readEnd(r, size)
	if !ok || records > maxNames {
		return nil, nil
	}
	z := &zipped{from: r, size: size, close: func() error { return nil }, sorted: true, files: make([]file, 0, records)}
	var troubles []trouble
	dir := bufio.NewReaderSize(io.NewSectionReader(r, offset, length), 1<<16)
	have, want := make([]byte, 0, 512), make([]byte, 0, 512)
	at, last := int64(0), ""
	for range records {
		fixed, err := dir.Peek(zipCentralLen)
		if err != nil {
			return nil, nil
		}
		nameLen, extraLen := int(le.Uint16(fixed[28:])), int(le.Uint16(fixed[30:]))
		if nameLen > maxNameLength || extraLen != 0 && extraLen != zipExtra64Len {
			return nil, nil
		}
		have = have[:zipCentralLen+nameLen+extraLen]
		if _, err := io.ReadFull(dir, have); err != nil {
			return nil, nil
		}
		f := file{name: string(have[zipCentralLen : zipCentralLen+nameLen]), crc: le.Uint32(have[16:]), size: int64(le.Uint32(have[24:]))}
		if extraLen > 0 {
			f.size = int64(le.Uint64(have[zipCentralLen+nameLen+4:]))
		}
		// Names beyond ASCII carry a flag, which the form does not have.
		if f.name <= last || f.size < 0 || f.size > offset || string(appendCentral(want[:0], f, at)) != string(have) {
			return nil, nil
		}
		last = f.name
		f.at = at + zipLocalLen + int64(nameLen)
		if at += entryLen(f); at > offset {
			return nil, nil
		}
		if words := checkName(f.name); words != "" {
			troubles = append(troubles, trouble{f.name, words})
			continue
		}
		z.files = append(z.files, f)
	}
	if _, err := dir.Peek(1); at != offset || err != io.EOF {
		return nil, nil
	}
	return z, troubles
}

// readEnd reads what stands at the end of a zip in the form.
func readEnd(r io.ReaderAt, size int64) (records, length, offset int64, ok bool) {
	const longest = zipEnd64Len + zipLocator64Len + zipEndLen
	b := make([]byte, min(size, longest))
	if _, err := r.ReadAt(b, size-int64(len(b))); err != nil && err != io.EOF || len(b) < zipEndLen {
		return 0, 0, 0, false
	}
	end := b[len(b)-zipEndLen:]
	records, length, offset = int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	if records == zipMost16 && len(b) == longest { // shorter holds no zip64 end, and is refused below
		records, length, offset = int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
	}
	if records < 0 || length < 0 || offset < 0 || length > size || offset > size || records > length/zipCentralLen {
		return 0, 0, 0, false
	}
	want := appendEnd(nil, records, length, offset)
	return records, length, offset, offset+length+int64(len(want)) == size && int64(len(want)) <= int64(len(b)) && string(b[len(b)-len(want):]) == string(want)
}
