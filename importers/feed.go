package importers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"tickmark/review"
)

const (
	blockSize   = 256 << 10
	maxFile     = 4 << 30 // bytes of a file, and of what a gzip file unpacks to (importers.md 11)
	maxUnpacked = 200     // times a gzip file may grow
)

// errNotUTF8 ends a read that assumed UTF-8.
var errNotUTF8 = errors.New("invalid UTF-8")

// feed reads a file in a goroutine of its own: it hashes the raw bytes, unpacks gzip, turns UTF-16 into UTF-8, checks
// UTF-8, and hands on blocks of text.
type feed struct {
	raw     *rawReader
	blocks  chan block
	size    int // of a block
	free    chan []byte
	stop    chan struct{}
	done    chan struct{}
	closer  io.Closer
	charset charset
}

// block is a piece of text and what is known of it.
type block struct {
	b     []byte
	marks byteMarks
	done  int64 // bytes of the file read so far
	err   error // io.EOF after the last block
}

// byteMarks say which rare bytes a block may hold, so that records are searched only where it can matter.
type byteMarks uint8

const (
	hasControl byteMarks = 1 << iota // a C0 control other than TAB, CR, LF, or DEL
	hasHigh                          // a byte that is not ASCII
	hasKey                           // the words of a private key block
)

// rawReader counts, hashes and limits the bytes of the file.
type rawReader struct {
	r     io.Reader
	sum   hash.Hash
	n     int64
	limit int64
	ctx   context.Context
	name  string
}

func newRawReader(ctx context.Context, r io.Reader, name string, limit int64) *rawReader {
	return &rawReader{r: r, sum: sha256.New(), limit: limit, ctx: ctx, name: name}
}

func (r *rawReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, cancelled(r.name)
	}
	n, err := r.r.Read(p)
	r.sum.Write(p[:n])
	if r.n += int64(n); r.n > r.limit {
		return 0, limitError(startOf(r.name), "a file of at most %d bytes was expected, a longer one was found", r.limit).
			WithHint("split the export, or raise the limit with --max-bytes up to %d", int64(maxFile))
	}
	if err != nil && err != io.EOF {
		return n, &review.Error{Kind: review.KindIO, Message: review.Safe(r.name) + " cannot be read", Hint: "check the file and the disk it lies on", Err: err}
	}
	return n, err
}

func cancelled(name string) *review.Error {
	return review.Errorf(review.KindCancelled, "reading %s was cancelled", review.Safe(name)).WithHint("nothing was stored")
}

// limitError refuses what is beyond a limit; place is file:line:column.
func limitError(place, format string, args ...any) *review.Error {
	e := review.Errorf(review.KindRefused, format, args...).WithReason("limit")
	e.Message = place + ": " + e.Message
	return e
}

// unpacked limits what gzip may grow to.
type unpacked struct {
	r   *gzip.Reader
	raw *rawReader
	n   int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	switch {
	case u.n > maxFile:
		return 0, limitError(startOf(u.raw.name), "a gzip file of at most %d bytes was expected, it unpacks to more", int64(maxFile)).WithHint("split the export")
	case u.n > 1<<20 && u.n > maxUnpacked*u.raw.n:
		return 0, limitError(startOf(u.raw.name), "a gzip file that grows at most %d times was expected, it grows more", maxUnpacked).
			WithHint("unpack it yourself and look at what it holds")
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	var own *review.Error
	if errors.As(err, &own) {
		return n, own
	}
	return n, damagedGzip(u.raw.name)
}

func damagedGzip(name string) *review.Error {
	return review.Errorf(review.KindRefused, "%s: a whole gzip file was expected, one that is damaged or cut off was found", startOf(name)).
		WithReason("not-text").WithHint("copy or download the file again")
}

// openFeed opens a file. With a nil charset it is found from the first bytes; head then holds the first decoded bytes'
// raw form for recognising what is no text.
func openFeed(ctx context.Context, in Input, limit int64, cs *charset) (*feed, []byte, error) {
	f, err := in.Open()
	if err != nil {
		var own *review.Error
		if errors.As(err, &own) {
			return nil, nil, own
		}
		return nil, nil, &review.Error{Kind: review.KindIO, Message: review.Safe(in.Name) + " cannot be opened", Hint: "check the name and that you may read the file", Err: err}
	}
	raw := newRawReader(ctx, f, in.Name, limit)
	fd := &feed{raw: raw, closer: f, blocks: make(chan block, 2), free: make(chan []byte, 3), stop: make(chan struct{}), done: make(chan struct{})}
	fd.size = blockSize
	if in.Size > 0 && in.Size < blockSize {
		fd.size = max(4096, int(in.Size)+64) // a small file needs no large buffers
	}
	buffered := bufio.NewReaderSize(raw, fd.size)
	head, err := peek(buffered)
	if err == nil && isGzip(head) {
		fd.size = blockSize
		var gz *gzip.Reader
		if gz, err = gzip.NewReader(buffered); err != nil {
			err = damagedGzip(in.Name)
		} else {
			buffered = bufio.NewReaderSize(&unpacked{r: gz, raw: raw}, blockSize)
			if head, err = peek(buffered); err == nil && isGzip(head) {
				err = refuse("nested-archive", "%s: text was expected inside the gzip file, another gzip file was found", startOf(in.Name)).
					WithHint("unpack it once and import the result")
			}
		}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	if cs != nil {
		fd.charset = *cs
		if sniffed := sniffCharset(head); cs.forced && sniffed.bom > 0 && (sniffed.order == nil) == (cs.order == nil) {
			fd.charset.bom = sniffed.bom
			if sniffed.order != nil { // the mark knows better than a flag
				fd.charset.order, fd.charset.name = sniffed.order, sniffed.name
			}
		}
	} else {
		fd.charset = sniffCharset(head)
	}
	head = bytes.Clone(head)
	buffered.Discard(fd.charset.bom)
	var text io.Reader = buffered
	if fd.charset.order != nil {
		text = &utf16Reader{r: buffered, order: fd.charset.order}
	}
	for range cap(fd.free) {
		fd.free <- make([]byte, fd.size)
	}
	go fd.run(text)
	return fd, head, nil
}

func isGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1F && b[1] == 0x8B }

// peek gives the first 4 KiB, or less where the file is shorter.
func peek(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(4096)
	if err == io.EOF {
		err = nil
	}
	return head, err
}

// run is the goroutine of a feed.
func (f *feed) run(text io.Reader) {
	defer close(f.done)
	defer close(f.blocks)
	var carry []byte // the start of a UTF-8 sequence that the next block ends
	var lastKey []byte
	for {
		var b []byte
		select {
		case b = <-f.free:
		case <-f.stop:
			return
		}
		b = append(b[:0], carry...)
		n, err := io.ReadAtLeast(text, b[len(b):f.size], 1)
		b = b[:len(b)+n]
		carry = carry[:0]
		out := block{b: b, marks: markBytes(b), done: f.raw.n}
		if out.marks&hasHigh != 0 && f.charset.strict() {
			if err == nil {
				cut := partialRune(b)
				carry = append(carry, b[len(b)-cut:]...)
				out.b = b[:len(b)-cut]
			}
			if !utf8.Valid(out.b) {
				err = errNotUTF8
			}
		}
		if holdsKey(lastKey, b) {
			out.marks |= hasKey
		}
		lastKey = append(lastKey[:0], b[max(0, len(b)-len(keyWords)):]...)
		out.err = err
		select {
		case f.blocks <- out:
		case <-f.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

const keyWords = "PRIVATE KEY"

// holdsKey reports the words of a private key block, also where they began in the block before.
func holdsKey(before, b []byte) bool {
	if bytes.Contains(b, []byte(keyWords)) {
		return true
	}
	if len(before) == 0 {
		return false
	}
	seam := append(append(make([]byte, 0, 2*len(keyWords)), before...), b[:min(len(b), len(keyWords))]...)
	return bytes.Contains(seam, []byte(keyWords))
}

// partialRune counts the bytes at the end of b that begin a UTF-8 sequence they do not finish.
func partialRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// markBytes looks at every byte once. Eight bytes at a time where nothing is rare.
func markBytes(b []byte) byteMarks {
	var m byteMarks
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		del := w ^ ones*0x7F
		if w&highs|(w-ones*0x20)&^w&highs|(del-ones)&^del&highs != 0 {
			m |= markSlow(b[:8])
		}
		b = b[8:]
	}
	return m | markSlow(b)
}

func markSlow(b []byte) byteMarks {
	var m byteMarks
	for _, c := range b {
		switch {
		case c >= utf8.RuneSelf:
			m |= hasHigh
		case c == 0x7F || c < ' ' && c != '\n' && c != '\r' && c != '\t':
			m |= hasControl
		}
	}
	return m
}

// close ends the goroutine and the file.
func (f *feed) close() {
	close(f.stop)
	for range f.blocks {
	}
	<-f.done
	f.closer.Close()
}

// drain reads what is left, so that the hash covers the whole file.
func (f *feed) drain() error {
	for b := range f.blocks {
		if b.err != nil && b.err != io.EOF && b.err != errNotUTF8 {
			return b.err
		}
		if b.err == nil {
			f.free <- b.b[:0]
		}
	}
	<-f.done
	_, err := io.Copy(io.Discard, f.raw)
	return err
}

// buffer is a window of text over a feed, as scanners use it. Everything from mark on stays in buf.
type buffer struct {
	f        *feed
	buf      []byte
	pos      int // next byte to scan
	end      int
	base     int64 // offset of buf[0] in the text
	eof      bool
	marks    byteMarks // of what buf may hold
	progress *progress
}

// more reads on, keeping everything from mark, and gives mark's new place. It is false at the end of the file.
func (t *buffer) more(mark int) (int, bool, error) {
	if t.eof {
		return mark, false, nil
	}
	if mark > 0 {
		copy(t.buf, t.buf[mark:t.end])
		t.base += int64(mark)
		t.pos -= mark
		t.end -= mark
		mark = 0
		if t.end == 0 {
			t.marks = 0
		}
	}
	want := t.end + max(1, min(t.end, 4<<20)) // grow by doubling, so that scanning a long record again stays linear
	for t.end < want && !t.eof {
		b, ok := <-t.f.blocks
		if !ok {
			t.eof = true
			break
		}
		if need := t.end + len(b.b); need > len(t.buf) {
			grown := make([]byte, max(need, 2*len(t.buf), 2*t.f.size))
			copy(grown, t.buf[:t.end])
			t.buf = grown
		}
		t.end += copy(t.buf[t.end:], b.b)
		t.marks |= b.marks
		t.progress.at(b.done)
		if b.err != nil && b.err != io.EOF {
			return mark, false, b.err
		}
		if b.err == io.EOF {
			t.eof = true
		} else {
			t.f.free <- b.b[:0]
		}
	}
	return mark, true, nil
}

// progress tells how far a read is, at most about ten times a second.
type progress struct {
	tell  func(review.Progress)
	total int64
	rows  atomic.Int64
	last  time.Time
}

func (p *progress) at(bytes int64) {
	if p == nil || p.tell == nil {
		return
	}
	if now := time.Now(); now.Sub(p.last) >= 100*time.Millisecond { // the clock only paces the calls
		p.last = now
		p.tell(review.Progress{Stage: "reading", Done: bytes, Total: p.total, Unit: "bytes", Rows: p.rows.Load()})
	}
}
