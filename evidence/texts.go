package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"tickmark/ledger"
)

var errNotText = errors.New("does not begin with a tickmark text")

// splitTexts yields the texts of a file of concatenated texts with their offsets, one at a time (1). A text may be used
// until the next one is asked for.
func splitTexts(r io.Reader) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		lines := bufio.NewReaderSize(r, 1<<16)
		var at, start int64
		var text []byte
		for {
			line, err := lines.ReadSlice('\n')
			begins := bytes.HasPrefix(line, []byte(textStart))
			switch {
			case begins && len(text) > 0:
				if !yield(placed{start, text}, nil) {
					return
				}
				text, start = text[:0], at
			case !begins && at == 0 && len(line) > 0:
				yield(placed{}, errNotText)
				return
			}
			at += int64(len(line))
			text = append(text, line...)
			// A line longer than the buffer goes on in the next piece; no text can be that long.
			if err != nil && err != io.EOF || len(text) > ledger.MaxText {
				yield(placed{}, fmt.Errorf("the text at byte %d is too long or unreadable", start))
				return
			}
			if err == io.EOF {
				if len(text) > 0 {
					yield(placed{start, text}, nil)
				}
				return
			}
		}
	}
}

// placed is a text and where it starts in its file.
type placed struct {
	at   int64
	text []byte
}

// field gives the value of the first line of a text that begins with name and a colon, as written. It is for looking a
// text over quickly; what is relied on is parsed.
func field(text []byte, name string) string {
	for rest := text; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return ""
		}
		lineStart := i == 0 || rest[i-1] == '\n'
		rest = rest[i+len(name):]
		if lineStart && bytes.HasPrefix(rest, []byte(": ")) {
			value, _, _ := bytes.Cut(rest[2:], []byte("\n"))
			return string(value)
		}
	}
}

// values gives the values of all lines of a text but the first, as written, in the fixed order of its kind (ledger.md 2,
// 3). It is for reading many texts quickly into tables, where what is written is what is shown: a value as written is in
// display form already, but for an absent one. ok is false unless the text is of the kind and has that many lines.
func values(text []byte, kind ledger.Kind, dst []string) (_ []string, ok bool) {
	head, rest, _ := strings.Cut(string(text), "\n")
	if name, found := strings.CutPrefix(head, textStart); !found || !strings.HasPrefix(name, string(kind)+" ") {
		return dst, false
	}
	n := 0
	for ; rest != "" && n < len(dst); n++ {
		line, more, _ := strings.Cut(rest, "\n")
		_, dst[n], _ = strings.Cut(line, ": ")
		if dst[n] == "-" {
			dst[n] = ""
		}
		rest = more
	}
	return dst, n == len(dst) && (rest == "" || kind == ledger.KindFacts)
}

// Places of values in the kinds that tables are made of.
const (
	decisionImport, decisionRow, decisionItem, decisionGrant       = 2, 3, 4, 5
	decisionAccount, decisionIdentity, decisionEntitlement         = 6, 7, 8
	decisionVerdict, decisionReplace, decisionEffective            = 9, 10, 11
	decisionUntil, decisionOwner, decisionControl, decisionReason  = 12, 13, 14, 15
	decisionReviewer, decisionOpened, decisionBulk, decisionShown  = 16, 17, 18, 19
	decisionSupersedes                                             = 20
	decisionValues                                                 = 22
	memberItem, memberGrant, memberImport, memberRow, memberValues = 2, 3, 4, 5, 7
	assignmentItem, assignmentReviewer, assignmentValues           = 2, 3, 6
	rowAccount, rowEntitlement, rowResource, rowPath               = 5, 6, 7, 8
	rowIdentity, rowPrivilege, rowValues                           = 10, 11, 14
	factsSource, factsEntitlement, factsName                       = 3, 6, 7
	factsKind, factsStatus, factsFindings, factsValues             = 16, 17, 22, 23
)

// textList is a list of texts on file: those disclosed, and the leaf hashes of all.
//
// It knows for every leaf where its text lies, in eight bytes each, so that texts can be had in order and by number.
type textList struct {
	from   content // the texts, nil if none are disclosed
	size   int64
	leaves []ledger.Hash // nil where every text is disclosed: then they follow from the texts
	at     []textPlace
	shown  int64
	ahead  ahead
}

// textPlace is where a text lies in its file: the offset, and in the lowest 16 bits the length, which is 0 where the text
// is withheld.
type textPlace uint64

const _ = uint16(ledger.MaxText) // a length fits

func placeOfText(p placed) textPlace { return textPlace(p.at)<<16 | textPlace(len(p.text)) }

func (p textPlace) at() int64   { return int64(p >> 16) }
func (p textPlace) size() int64 { return int64(p & 0xffff) }

// newTextList matches the texts of a file against leaf hashes: each text must be one of the leaves, in their order.
func newTextList(from content, size int64, leaves []ledger.Hash) (*textList, error) {
	l := &textList{from: from, size: size, leaves: leaves, at: make([]textPlace, len(leaves)), ahead: ahead{from: from}}
	if from == nil {
		return l, nil
	}
	next := 0
	for p, err := range splitTexts(io.NewSectionReader(from, 0, size)) {
		if err != nil {
			return l, err
		}
		leaf := ledger.LeafHash(p.text)
		for next < len(leaves) && leaves[next] != leaf {
			next++
		}
		if next == len(leaves) {
			return l, fmt.Errorf("the text at byte %d is not among the leaf hashes, or not in their order", p.at)
		}
		l.at[next] = placeOfText(p)
		next++
		l.shown++
	}
	if l.shown == int64(len(leaves)) {
		l.leaves = nil
	}
	return l, nil
}

// length is the number of leaves.
func (l *textList) length() int64 { return int64(len(l.at)) }

// leaf gives the hash of leaf i, withheld or not.
func (l *textList) leaf(i int64) (ledger.Hash, error) {
	if l.leaves != nil {
		return l.leaves[i], nil
	}
	text, err := l.text(i)
	return ledger.LeafHash(text), err
}

// text gives the text of leaf i, nil if it is withheld. It may be used until the next call.
func (l *textList) text(i int64) ([]byte, error) {
	if i < 0 || i >= int64(len(l.at)) || l.at[i] == 0 {
		return nil, nil
	}
	return l.ahead.text(l.at[i].at(), l.at[i].size())
}

// all yields the list in order.
func (l *textList) all() iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		var next func() (placed, error, bool)
		stop := func() {}
		if l.from != nil {
			next, stop = iter.Pull2(splitTexts(io.NewSectionReader(l.from, 0, l.size)))
		}
		defer stop()
		for i := range l.at {
			var t Text
			if l.leaves != nil {
				t.Leaf = l.leaves[i]
			}
			if l.at[i] != 0 {
				p, err, ok := next()
				if err != nil || !ok {
					yield(Text{}, errors.Join(err, io.ErrUnexpectedEOF))
					return
				}
				t.Bytes = p.text
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}
