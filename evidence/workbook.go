package evidence

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The workbook shows the tables again, one sheet each, for people with a spreadsheet (evidence-pack.md 7, rulings 32).
// Cells are inline strings with exactly the cell text of the CSV, its apostrophe included, so nothing is computed.

const (
	maxSheetRows  = 1_048_575 // below the header
	maxSheetChars = 32_700    // of a cell; a spreadsheet takes 32,767
	seeCSV        = " … see CSV"

	// mostPrintWidth is how wide a sheet, in characters, is printed on one page; a wider one would be too small to read.
	mostPrintWidth = 300
)

// sheetOrder is the order of the tabs: first what a reader asks first.
var sheetOrder = [...]string{"controls", "coverage", "imports", "population", "decisions", "findings", "exceptions",
	"remediation", "reviewers"}

// sheet is one tab: rows of a table from one to another, the header not counted.
type sheet struct {
	table, name string
	rows        int64
}

// sheetsOf splits tables over tabs.
func sheetsOf(rows map[string]int64, most int64) []sheet {
	var out []sheet
	for _, table := range sheetOrder {
		left := rows[table]
		for part := 1; ; part++ {
			name := table
			if part > 1 {
				name = table + "-" + strconv.Itoa(part)
			}
			n := min(left, most)
			out = append(out, sheet{table, name, n})
			if left -= n; left <= 0 {
				break
			}
		}
	}
	return out
}

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	nsMain     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRel      = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPackage  = "http://schemas.openxmlformats.org/package/2006/"
	typeMain   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	partTypes  = "[Content_Types].xml"
	partRoot   = "_rels/.rels"
	partRels   = "xl/_rels/workbook.xml.rels"
	partStyles = "xl/styles.xml"
	partBook   = "xl/workbook.xml"
)

// workbookStyles has two cell formats: plain, and the header's. It is the only styles part a verifier accepts, because a
// style can hide text.
const workbookStyles = xmlHead + `<styleSheet xmlns="` + nsMain + `">` +
	`<fonts count="2"><font><sz val="10"/><name val="Calibri"/></font><font><b/><sz val="10"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF1F3A5F"/><bgColor indexed="64"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf><xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="center"/></xf></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

// headerStyle is the attribute of header cells.
const headerStyle = ` s="1"`

// sheetPart names the part of tab i, from 0, so that names sort like tabs.
func sheetPart(i int) string { return fmt.Sprintf("xl/worksheets/sheet%02d.xml", i+1) }

// writeWorkbook makes the workbook from the tables' CSV, which tableCSV opens.
func writeWorkbook(w io.Writer, sheets []sheet, tableCSV func(table string) (io.ReadCloser, error)) error {
	z := zip.NewWriter(w)
	for _, p := range []struct{ name, text string }{
		{partTypes, contentTypes(sheets)}, {partRoot, rootRels}, {partRels, workbookRels(sheets)}, {partStyles, workbookStyles}, {partBook, workbookXML(sheets)},
	} {
		part, err := zipEntry(z, p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, p.text); err != nil {
			return err
		}
	}
	var rows *csvReader
	var from io.ReadCloser
	var header []string
	for i, s := range sheets {
		part, err := zipEntry(z, sheetPart(i))
		if err != nil {
			return err
		}
		if s.name == s.table {
			if from, err = tableCSV(s.table); err != nil {
				return err
			}
			rows = newCSVReader(from)
			cells, err := rows.next()
			if err != nil {
				return err
			}
			header = append(header[:0], cells...)
		}
		if err := writeSheet(part, i == 0, header, s.rows, rows); err != nil {
			return err
		}
		if i+1 == len(sheets) || sheets[i+1].table != s.table {
			if err := from.Close(); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func writeSheet(part io.Writer, first bool, header []string, count int64, rows *csvReader) error {
	w := bufio.NewWriterSize(part, 1<<17)
	w.WriteString(xmlHead + `<worksheet xmlns="` + nsMain + `">`)
	width := 0
	for _, name := range header {
		width += columnWidth(name)
	}
	if width <= mostPrintWidth {
		w.WriteString(`<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`)
	}
	w.WriteString(`<sheetViews><sheetView `)
	if first {
		w.WriteString(`tabSelected="1" `)
	}
	w.WriteString(`workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="14"/><cols>`)
	for i, name := range header {
		fmt.Fprintf(w, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, columnWidth(name))
	}
	w.WriteString(`</cols><sheetData>`)
	line := appendSheetRow(nil, header, headerStyle)
	w.Write(line)
	for range count {
		cells, err := rows.next()
		if err != nil {
			return err
		}
		line = appendSheetRow(line[:0], cells, "")
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	w.WriteString(`</sheetData><pageSetup orientation="landscape" fitToHeight="0"/></worksheet>`)
	return w.Flush()
}

// appendSheetRow appends a row of inline strings. Rows and cells stand in order and need no references; a value in
// display form neither begins nor ends with a blank, so none needs to be preserved.
func appendSheetRow(dst []byte, cells []string, style string) []byte {
	dst = append(dst, "<row>"...)
	for _, c := range cells {
		dst = append(dst, "<c"...)
		dst = append(dst, style...)
		dst = append(dst, ` t="inlineStr"><is><t>`...)
		dst = appendSheetText(dst, sheetCell(c))
		dst = append(dst, `</t></is></c>`...)
	}
	return append(dst, `</row>`...)
}

// sheetCell cuts a cell that a spreadsheet could not take.
func sheetCell(cell string) string {
	if len(cell) <= maxSheetChars || utf16Length(cell) <= maxSheetChars {
		return cell
	}
	room := maxSheetChars - utf16Length(seeCSV)
	for i, r := range cell {
		if room -= utf16Units(r); room < 0 {
			return cell[:i] + seeCSV
		}
	}
	return cell
}

func utf16Units(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16Units(r)
	}
	return n
}

// appendSheetText escapes for XML and for the workbook format, in which _xHHHH_ stands for a character.
func appendSheetText(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '_':
			if isSheetEscape(s[i:]) {
				dst = append(dst, "_x005F"...)
			}
			dst = append(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// isSheetEscape reports whether s begins with _xHHHH_.
func isSheetEscape(s string) bool {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}

// columnWidth is a width in characters that suits what a column holds; hashes are cut, not wrapped.
func columnWidth(name string) int {
	switch name {
	case "reason", "text", "control", "query", "note", "control_totals":
		return 44
	case "item", "grant", "shown_sha256", "leaf_hash", "file_sha256", "items_root", "mapping_sha256", "rejects_sha256", "evidence_sha256", "key", "keys":
		return 18
	case "account", "identity", "entitlement", "resource", "path", "reviewer", "signer", "owner", "principal", "file_name", "system", "importer", "extracted_by":
		return 26
	case "time", "decided", "claimed", "closed", "extracted", "first", "last", "signed_off", "due", "import_extracted", "campaign", "source", "framework", "format":
		return 21
	case "version":
		return 30
	}
	return max(10, utf8.RuneCountInString(name)+3)
}

func contentTypes(sheets []sheet) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<Types xmlns="` + nsPackage + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + typeMain + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + typeMain + `styles+xml"/>`)
	for i := range sheets {
		b.WriteString(`<Override PartName="/` + sheetPart(i) + `" ContentType="` + typeMain + `worksheet+xml"/>`)
	}
	return b.String() + `</Types>`
}

const rootRels = xmlHead + `<Relationships xmlns="` + nsPackage + `relationships"><Relationship Id="rId1" Type="` + nsRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

func workbookRels(sheets []sheet) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="` + nsPackage + `relationships">`)
	for i := range sheets {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/worksheet" Target="%s"/>`, i+1, nsRel, strings.TrimPrefix(sheetPart(i), "xl/"))
	}
	fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(sheets)+1, nsRel)
	return b.String()
}

func workbookXML(sheets []sheet) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `"><bookViews><workbookView/></bookViews><sheets>`)
	for i, s := range sheets {
		fmt.Fprintf(&b, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, s.name, i+1, i+1)
	}
	return b.String() + `</sheets></workbook>`
}
