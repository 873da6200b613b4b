package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

var errNoZip = errors.New("not a zip file that can be read")

// zipRecord is what the directory of a zip says of an entry, of whatever form the zip is.
type zipRecord struct {
	file             // at is that of the entry's own header
	packed    int64  // bytes in the zip
	method    uint16 // 0: stored
	irregular bool   // a link, a folder, a device
}

// eachZipRecord reads the directory of a zip that is not in the form of packs, one record after the other and keeping
// none (the one that each is given may be used until it returns): such a directory may be as long as the zip, and its own count of records is not to be believed.
func eachZipRecord(r io.ReaderAt, size int64, each func(*zipRecord) error) error {
	from, to, err := zipDirectory(r, size)
	if err != nil {
		return err
	}
	dir := bufio.NewReaderSize(io.NewSectionReader(r, from, to-from), 1<<16)
	var variable []byte
	var x zipRecord
	for {
		fixed, err := dir.Peek(zipCentralLen)
		if err == io.EOF && len(fixed) == 0 {
			return nil
		}
		if err != nil || le.Uint32(fixed) != zipCentral {
			return errNoZip
		}
		x = zipRecord{method: le.Uint16(fixed[10:]), packed: int64(le.Uint32(fixed[20:])), file: file{crc: le.Uint32(fixed[16:]),
			size: int64(le.Uint32(fixed[24:])), at: int64(le.Uint32(fixed[42:]))}}
		creator, attributes := fixed[5], le.Uint32(fixed[38:])
		nameLen, extraLen := int(le.Uint16(fixed[28:])), int(le.Uint16(fixed[30:]))
		length := nameLen + extraLen + int(le.Uint16(fixed[32:]))
		if _, err := dir.Discard(zipCentralLen); err != nil {
			return errNoZip
		}
		if cap(variable) < length {
			variable = make([]byte, length)
		}
		variable = variable[:length]
		if _, err := io.ReadFull(dir, variable); err != nil {
			return errNoZip
		}
		x.name = string(variable[:nameLen])
		x.irregular = attributes&0x10 != 0
		if creator == 3 || creator == 19 { // Unix, macOS: the upper half is the mode
			kind := attributes >> 28
			x.irregular = kind != 0 && kind != 8
		}
		x.irregular = x.irregular || strings.HasSuffix(x.name, "/")
		if !x.widen(variable[nameLen : nameLen+extraLen]) {
			return errNoZip
		}
		if err := each(&x); err != nil {
			return err
		}
	}
}

// widen takes numbers that need more than 32 bits from the extra field.
func (x *zipRecord) widen(extra []byte) bool {
	for len(extra) >= 4 {
		tag, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return false
		}
		wide := extra[:n]
		extra = extra[n:]
		if tag != 1 {
			continue
		}
		for _, v := range []*int64{&x.size, &x.packed, &x.at} {
			if *v == zipMost32 && len(wide) >= 8 {
				*v, wide = int64(le.Uint64(wide)), wide[8:]
			}
		}
	}
	return x.size >= 0 && x.packed >= 0 && x.at >= 0
}

// dataAt gives the place of an entry's bytes; ok is false if there is no such entry in the zip.
func (x *zipRecord) dataAt(r io.ReaderAt, size int64) (at int64, ok bool) {
	var head [zipLocalLen]byte
	if x.at > size-zipLocalLen {
		return 0, false
	}
	if _, err := r.ReadAt(head[:], x.at); err != nil || le.Uint32(head[:]) != zipLocal {
		return 0, false
	}
	at = x.at + zipLocalLen + int64(le.Uint16(head[26:])) + int64(le.Uint16(head[28:]))
	return at, at <= size && x.size <= size-at
}

// zipDirectory finds where the directory of a zip begins and ends.
func zipDirectory(r io.ReaderAt, size int64) (from, to int64, err error) {
	const longestComment = 1<<16 - 1
	tail := make([]byte, min(size, zipEndLen+longestComment))
	start := size - int64(len(tail))
	if _, err := r.ReadAt(tail, start); err != nil && err != io.EOF {
		return 0, 0, err
	}
	for i := len(tail) - zipEndLen; i >= 0; i-- {
		end := tail[i:]
		if le.Uint32(end) != zipEnd || zipEndLen+int(le.Uint16(end[20:])) != len(end) {
			continue
		}
		from, to = int64(le.Uint32(end[16:])), start+int64(i)
		length := int64(le.Uint32(end[12:]))
		if from == zipMost32 || length == zipMost32 || le.Uint16(end[10:]) == zipMost16 {
			from, length = wideDirectory(r, to, from, length)
		}
		if from < 0 || length < 0 || from > to || length > to-from {
			return 0, 0, errNoZip
		}
		return from, from + length, nil
	}
	return 0, 0, errNoZip
}

// wideDirectory reads the end for large zips, if there is one before the end at to.
func wideDirectory(r io.ReaderAt, to, from, length int64) (int64, int64) {
	var locator [zipLocator64Len]byte
	var end [zipEnd64Len]byte
	if to < zipLocator64Len+zipEnd64Len {
		return from, length
	}
	if _, err := r.ReadAt(locator[:], to-zipLocator64Len); err != nil || le.Uint32(locator[:]) != zipLocator64 {
		return from, length
	}
	at := int64(le.Uint64(locator[8:]))
	if at < 0 || at > to-zipEnd64Len {
		return -1, -1
	}
	if _, err := r.ReadAt(end[:], at); err != nil || !bytes.HasPrefix(end[:], le.AppendUint32(nil, zipEnd64)) {
		return -1, -1
	}
	return int64(le.Uint64(end[48:])), int64(le.Uint64(end[40:]))
}
