package evidence

import (
	"bufio"
	"bytes"
	"encoding/xml"
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

var xmlEntity = regexp.MustCompile(`&(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});`)

var partName = regexp.MustCompile(`^(\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/styles\.xml|xl/worksheets/sheet[0-9]{1,6}\.xml)$`)

// checkWorkbook holds a workbook against section 7: the zip form, only known parts without formulas, links, macros or
// names, and in every cell the text of the CSV. tableCSV opens a table; say takes what is wrong, in words.
func checkWorkbook(from io.ReaderAt, size int64, tableCSV func(table string) (io.ReadCloser, error), say func(format string, args ...any)) error {
	z, troubles, err := readZip(from, size, func(name string) string {
		if !partName.MatchString(name) {
			return "is no part that a pack's workbook has"
		}
		return ""
	})
	if err != nil {
		say("is no workbook: %s", review.Safe(err.Error()))
		return nil
	}
	for _, t := range troubles {
		say("%s %s", review.Quote(t.file), t.words)
	}
	if len(troubles) > 0 {
		return nil
	}
	if ok, err := z.canonical(); err != nil {
		return err
	} else if !ok {
		say("is not in the zip form of packs: stored, sorted, dated 1980-01-01")
	}
	tabs, err := workbookTabs(z)
	if err != nil {
		say("%s", plainWords(err))
		return nil
	}
	for _, table := range tableNames {
		csv, err := tableCSV(table)
		if err != nil {
			continue // a missing table is reported as such
		}
		err = compareSheets(z, tabs, table, newCSVReader(csv))
		csv.Close()
		if err != nil {
			say("%s", plainWords(err))
		}
	}
	for _, t := range tabs {
		if t.name != "" {
			say("has the tab %s, which is no table", review.Quote(t.name))
		}
	}
	return nil
}

// tab is a sheet of a workbook and the part it lies in.
type tab struct {
	name string
	part file
}

// workbookTabs reads the small parts, strictly, and gives the tabs in their order.
func workbookTabs(z *zipped) ([]tab, error) {
	if styles, err := read(z, partStyles, coreFileLimit); err == nil && string(styles) != workbookStyles {
		return nil, errors.New(partStyles + " is not the one of packs; a style can hide text")
	}
	targets := map[string]string{}
	err := smallPart(z, partRels, map[string][]string{"Relationships": nil, "Relationship": {"Id", "Type", "Target"}}, func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" {
			kind := attr(e, "Type")
			if kind != nsRel+"/worksheet" && kind != nsRel+"/styles" {
				return fmt.Errorf("%s has a relationship of the type %s", partRels, review.Quote(kind))
			}
			targets[attr(e, "Id")] = "xl/" + attr(e, "Target")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = smallPart(z, partRoot, map[string][]string{"Relationships": nil, "Relationship": {"Id", "Type", "Target"}}, func(e xml.StartElement) error {
		if e.Name.Local == "Relationship" && (attr(e, "Type") != nsRel+"/officeDocument" || attr(e, "Target") != partBook) {
			return fmt.Errorf("%s points at something else than the workbook", partRoot)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = smallPart(z, partTypes, map[string][]string{"Types": nil, "Default": {"Extension", "ContentType"}, "Override": {"PartName", "ContentType"}}, func(e xml.StartElement) error {
		switch kind := attr(e, "ContentType"); {
		case e.Name.Local == "Types", kind == "application/xml", kind == "application/vnd.openxmlformats-package.relationships+xml",
			kind == typeMain+"sheet.main+xml", kind == typeMain+"styles+xml", kind == typeMain+"worksheet+xml":
			return nil
		default:
			return fmt.Errorf("%s names the content type %s", partTypes, review.Quote(kind))
		}
	})
	if err != nil {
		return nil, err
	}
	var tabs []tab
	err = smallPart(z, partBook, map[string][]string{"workbook": nil, "workbookPr": nil, "bookViews": nil, "workbookView": nil, "sheets": nil, "sheet": {"name", "sheetId", "id"}}, func(e xml.StartElement) error {
		if e.Name.Local != "sheet" {
			return nil
		}
		part, ok := find(z.list(), targets[attr(e, "id")])
		if !ok {
			return fmt.Errorf("the tab %s has no part", review.Quote(attr(e, "name")))
		}
		tabs = append(tabs, tab{attr(e, "name"), part})
		return nil
	})
	return tabs, err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// smallPart reads an XML part of which only certain elements with certain attributes are allowed.
func smallPart(z *zipped, name string, allowed map[string][]string, see func(xml.StartElement) error) error {
	b, err := read(z, name, coreFileLimit)
	if err != nil {
		return errors.New("the part " + name + " is missing or too large")
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s is no XML: %w", name, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			attrs, ok := allowed[t.Name.Local]
			if !ok {
				return fmt.Errorf("%s holds the element %s", name, review.Quote(t.Name.Local))
			}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && !slices.Contains(attrs, a.Name.Local) {
					return fmt.Errorf("%s holds the attribute %s", name, review.Quote(a.Name.Local))
				}
			}
			if err := see(t); err != nil {
				return err
			}
		case xml.Directive:
			return fmt.Errorf("%s holds a directive", name)
		}
	}
}

// compareSheets holds the tabs of a table, NAME, NAME-2, ..., against its CSV, and blanks the names of those it used.
func compareSheets(z *zipped, tabs []tab, table string, csv *csvReader) error {
	header, err := csv.next()
	if err != nil {
		return nil // reported with the table
	}
	header = slices.Clone(header)
	want := header
	for part := 1; ; part++ {
		name := table
		if part > 1 {
			name += "-" + strconv.Itoa(part)
		}
		i := slices.IndexFunc(tabs, func(t tab) bool { return t.name == name })
		if i < 0 {
			if part > 1 && want == nil {
				return nil
			}
			return fmt.Errorf("has no tab %s", name)
		}
		c, err := z.open(tabs[i].part)
		if err != nil {
			return err
		}
		tabs[i].name = ""
		rows := newSheetReader(c)
		if part > 1 {
			if err := sameRow(rows, header, name, 1); err != nil {
				return err
			}
		}
		n := int64(1) // row of the tab; 1 is the header
		if part > 1 {
			n = 2
		}
		for ; want != nil && n <= maxSheetRows+1; n++ {
			if err := sameRow(rows, want, name, n); err != nil {
				return err
			}
			if want, err = csv.next(); err != nil {
				want = nil
				if err != io.EOF {
					return nil // reported with the table
				}
			}
		}
		if extra, err := rows.next(); err == nil {
			return fmt.Errorf("the tab %s has a row more than the table: %s", name, review.Quote(strings.Join(extra, " | ")))
		} else if err != io.EOF {
			return fmt.Errorf("the tab %s: %w", name, err)
		}
		if want == nil {
			return nil
		}
	}
}

func sameRow(rows *sheetReader, want []string, tab string, n int64) error {
	if ok, err := rows.same(want, n); ok || err != nil && err != io.EOF {
		return err
	}
	have, err := rows.next()
	if err == io.EOF {
		return fmt.Errorf("the tab %s ends before row %d", tab, n)
	}
	if err != nil {
		return fmt.Errorf("the tab %s: %w", tab, err)
	}
	if len(have) != len(want) {
		return fmt.Errorf("row %d of the tab %s has %d cells, the table has %d", n, tab, len(have), len(want))
	}
	for i := range want {
		if have[i] != want[i] && !cutCell(have[i], want[i]) {
			return fmt.Errorf("row %d of the tab %s says %s in column %d, the table says %s", n, tab, review.Quote(have[i]), i+1, review.Quote(want[i]))
		}
	}
	return nil
}

// cutCell reports whether have is a long cell cut short with a pointer to the CSV.
func cutCell(have, want string) bool {
	start, ok := strings.CutSuffix(have, seeCSV)
	return ok && utf16Length(want) > maxSheetChars && utf16Length(have) >= maxSheetChars-utf16Length(seeCSV) && strings.HasPrefix(want, start)
}

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
	"worksheet": "xmlns", "sheetViews": "", "sheetView": "tabSelected workbookViewId",
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
		if name, _, err = s.tag(); err != nil || name != "/worksheet" {
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
