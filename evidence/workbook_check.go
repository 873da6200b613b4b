package evidence

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tickmark/review"
)

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
