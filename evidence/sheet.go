package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tickmark/review"
)

// sheetReader reads the rows of a worksheet part as a stream. It understands only what a pack's sheet may hold, inline
// strings in rows, and fails on everything else: formulas, numbers, hidden rows, links.
type sheetReader struct {
	r     *bufio.Reader
	row   int64
	cells []string
	text  []byte
	began bool
	line  []byte // for same
}

func newSheetReader(r io.Reader) *sheetReader { return &sheetReader{r: bufio.NewReaderSize(r, 1<<16)} }

// beforeRows are the elements that may stand before sheetData, with their attributes.
var beforeRows = map[string]string{
	"worksheet": "xmlns", "sheetPr": "", "pageSetUpPr": "fitToPage", "sheetViews": "", "sheetView": "tabSelected workbookViewId",
	"pane": "ySplit topLeftCell activePane state", "sheetFormatPr": "defaultRowHeight", "cols": "", "col": "min max width customWidth",
	"sheetData": "",
}

// begin reads up to the first row; io.EOF if the sheet cannot have one.
func (s *sheetReader) begin() error {
	for !s.began {
		name, attrs, err := s.tag()
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, "?xml") {
			continue
		}
		allowed, ok := beforeRows[strings.Trim(name, "/")]
		if !ok {
			return fmt.Errorf("the element %s may not be there", review.Quote(name))
		}
		if err := onlyAttributes(attrs, allowed); err != nil {
			return err
		}
		s.began = name == "sheetData"
		if name == "sheetData/" {
			return io.EOF
		}
	}
	return nil
}

// same reports whether the next row is spelled just as this package spells it, and then takes it. It is a short cut past
// next for what is nearly always the case.
func (s *sheetReader) same(want []string, row int64) (bool, error) {
	if err := s.begin(); err != nil {
		return false, err
	}
	style := ""
	if row == 1 {
		style = headerStyle
	}
	s.line = appendSheetRow(s.line[:0], want, style)
	if len(s.line) > s.r.Size() {
		return false, nil
	}
	have, err := s.r.Peek(len(s.line))
	if err != nil && err != io.EOF || !bytes.Equal(have, s.line) {
		return false, nil
	}
	s.row++
	_, err = s.r.Discard(len(s.line))
	return err == nil, err
}

// next gives the cells of the next row, or io.EOF after the last.
func (s *sheetReader) next() ([]string, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	name, attrs, err := s.tag()
	if err != nil {
		return nil, err
	}
	if name == "/sheetData" {
		if name, attrs, err = s.tag(); err == nil && name == "pageSetup/" && onlyAttributes(attrs, "orientation fitToHeight") == nil {
			name, _, err = s.tag()
		}
		if err != nil || name != "/worksheet" {
			return nil, errors.New("something stands after the rows")
		}
		if _, err := s.r.ReadByte(); err != io.EOF {
			return nil, errors.New("something stands after the sheet")
		}
		return nil, io.EOF
	}
	s.row++
	if name != "row" || onlyAttributes(attrs, "r") != nil || attrs["r"] != "" && attrs["r"] != strconv.FormatInt(s.row, 10) {
		return nil, fmt.Errorf("row %d is not a plain row", s.row)
	}
	s.cells = s.cells[:0]
	for {
		name, attrs, err := s.tag()
		if err != nil {
			return nil, err
		}
		if name == "/row" {
			return s.cells, nil
		}
		at := columnName(len(s.cells)) + strconv.FormatInt(s.row, 10)
		if name != "c" || onlyAttributes(attrs, "r s t") != nil || attrs["t"] != "inlineStr" || attrs["r"] != "" && attrs["r"] != at {
			return nil, fmt.Errorf("cell %s is not an inline string", at)
		}
		cell, err := s.inline()
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", at, err)
		}
		s.cells = append(s.cells, cell)
	}
}

func columnName(i int) string {
	name := ""
	for k := i; ; k = k/26 - 1 {
		name = string(rune('A'+k%26)) + name
		if k < 26 {
			return name
		}
	}
}

func onlyAttributes(attrs map[string]string, allowed string) error {
	for a := range attrs {
		if !slices.Contains(strings.Fields(allowed), a) {
			return fmt.Errorf("the attribute %s may not be there", review.Quote(a))
		}
	}
	return nil
}

// inline reads <is><t>text</t></is></c>.
func (s *sheetReader) inline() (string, error) {
	if name, _, err := s.tag(); err != nil || name != "is" {
		return "", errors.New("is not an inline string")
	}
	name, attrs, err := s.tag()
	if err != nil || strings.TrimSuffix(name, "/") != "t" || onlyAttributes(attrs, "xml:space") != nil {
		return "", errors.New("is not an inline string")
	}
	text := ""
	if name == "t" {
		raw, err := s.until('<')
		if err != nil {
			return "", err
		}
		if text, err = sheetText(raw); err != nil {
			return "", err
		}
		if name, _, err := s.rest(); err != nil || name != "/t" {
			return "", errors.New("holds more than text")
		}
	}
	for _, end := range []string{"/is", "/c"} {
		if name, _, err := s.tag(); err != nil || name != end {
			return "", errors.New("holds more than text")
		}
	}
	return text, nil
}

// until reads up to a byte, which is consumed and not part of the result.
func (s *sheetReader) until(end byte) ([]byte, error) {
	s.text = s.text[:0]
	for {
		part, err := s.r.ReadSlice(end)
		s.text = append(s.text, part...)
		switch {
		case err == nil:
			return s.text[:len(s.text)-1], nil
		case err != bufio.ErrBufferFull || len(s.text) > coreFileLimit:
			return nil, io.ErrUnexpectedEOF
		}
	}
}

// tag reads the next tag; only blanks may stand before it.
func (s *sheetReader) tag() (name string, attrs map[string]string, err error) {
	before, err := s.until('<')
	if err != nil {
		return "", nil, err
	}
	if len(bytes.TrimSpace(before)) > 0 {
		return "", nil, errors.New("text stands outside a cell")
	}
	return s.rest()
}

// rest reads a tag whose "<" has been read. A closing tag's name begins with a slash, an empty element's ends with one.
func (s *sheetReader) rest() (name string, attrs map[string]string, err error) {
	b, err := s.until('>')
	if err != nil {
		return "", nil, err
	}
	tag := string(b)
	empty := strings.HasSuffix(tag, "/")
	tag = strings.TrimSuffix(tag, "/")
	if name, tag, _ = strings.Cut(tag, " "); name == "" {
		return "", nil, errors.New("a tag is malformed")
	}
	for tag = strings.TrimSpace(tag); tag != "" && name[0] != '?'; tag = strings.TrimSpace(tag) {
		key, more, ok := strings.Cut(tag, `="`)
		value, left, ok2 := strings.Cut(more, `"`)
		if !ok || !ok2 || strings.ContainsAny(value, "<&") || attrs[key] != "" {
			return "", nil, errors.New("a tag is malformed")
		}
		if attrs == nil {
			attrs = map[string]string{}
		}
		attrs[key], tag = value, left
	}
	if empty {
		name += "/"
	}
	return name, attrs, nil
}

var xmlEntity = regexp.MustCompile(`&(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});`)

// sheetText undoes appendSheetText.
func sheetText(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", errors.New("is not UTF-8")
	}
	s := string(b)
	if strings.IndexByte(s, '&') >= 0 {
		if strings.IndexByte(xmlEntity.ReplaceAllString(s, ""), '&') >= 0 {
			return "", errors.New("holds an unknown entity")
		}
		s = html.UnescapeString(s)
	}
	if strings.Contains(s, "_x") {
		var out strings.Builder
		for i := 0; i < len(s); {
			if isSheetEscape(s[i:]) {
				n, _ := strconv.ParseUint(s[i+2:i+6], 16, 16)
				out.WriteRune(rune(n))
				i += 7
				continue
			}
			out.WriteByte(s[i])
			i++
		}
		s = out.String()
	}
	return s, nil
}
