package evidence

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// Cells are in display form (ledger.md 1.3): no control, line break, bidi or invisible character can be in one. In CSV
// and workbook they are guarded against being taken for formulas (evidence-pack.md 5.1).

// guard puts an apostrophe before a cell that a spreadsheet might compute, and before one that begins with an apostrophe,
// so that unguard loses nothing.
func guard(cell string) string {
	if risky(cell) {
		return "'" + cell
	}
	return cell
}

// unguard takes exactly one leading apostrophe away.
func unguard(cell string) string { return strings.TrimPrefix(cell, "'") }

func risky(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\'', '\t', '\r':
		return true
	case 0xef: // U+FF1D, U+FF0B, U+FF0D, U+FF20: full-width = + - @
		for _, p := range [...]string{"\uff1d", "\uff0b", "\uff0d", "\uff20"} {
			if strings.HasPrefix(cell, p) {
				return true
			}
		}
	}
	return false
}

// appendCSV appends a row: every cell guarded and in double quotes, LF at the end.
func appendCSV(dst []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		if risky(c) {
			dst = append(dst, '\'')
		}
		for {
			j := strings.IndexByte(c, '"')
			if j < 0 {
				break
			}
			dst = append(dst, c[:j+1]...)
			dst = append(dst, '"')
			c = c[j+1:]
		}
		dst = append(dst, c...)
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}

var errCSV = errors.New("not in the CSV form of packs")

// parseCSV reads a line that appendCSV wrote, and no other spelling. The cells are guarded, as they stand; they share
// memory with line where they can.
func parseCSV(line string, cells []string) ([]string, error) {
	line, ok := strings.CutSuffix(line, "\n")
	if !ok {
		return nil, errCSV
	}
	for {
		if !strings.HasPrefix(line, `"`) {
			return nil, errCSV
		}
		line = line[1:]
		end := strings.IndexByte(line, '"')
		doubled := false
		for end >= 0 && end+1 < len(line) && line[end+1] == '"' {
			next := strings.IndexByte(line[end+2:], '"')
			if doubled = true; next < 0 {
				return nil, errCSV
			}
			end += 2 + next
		}
		if end < 0 {
			return nil, errCSV
		}
		cell := line[:end]
		if doubled {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		cells = append(cells, cell)
		line = line[end+1:]
		if line == "" {
			return cells, nil
		}
		if line[0] != ',' {
			return nil, errCSV
		}
		line = line[1:]
	}
}

// csvReader reads rows of a table on file.
type csvReader struct {
	lines *bufio.Reader
	cells []string
	long  []byte
}

func newCSVReader(r io.Reader) *csvReader { return &csvReader{lines: bufio.NewReaderSize(r, 1<<16)} }

// next gives the next row's cells, guarded, until io.EOF. They may be used until the next call, their strings for good.
func (r *csvReader) next() ([]string, error) {
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	r.cells, err = parseCSV(line, r.cells[:0])
	return r.cells, err
}

// line gives the next line with its end.
func (r *csvReader) line() (string, error) {
	line, err := r.bytes()
	return string(line), err
}

// bytes is [csvReader.line] in bytes that may be used until the next call.
func (r *csvReader) bytes() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.lines.ReadSlice('\n')
		switch {
		case err == nil && len(r.long) == 0:
			return part, nil
		case err == nil:
			r.long = append(r.long, part...)
			return r.long, nil
		case err == bufio.ErrBufferFull && len(r.long) < coreFileLimit:
			r.long = append(r.long, part...)
		case err == io.EOF && len(part)+len(r.long) > 0:
			r.long = append(r.long, part...)
			return r.long, nil
		default:
			return nil, err
		}
	}
}

// writeTable writes a table as CSV and counts its rows.
func writeTable(ctx context.Context, b *book, t table, w io.Writer) (rows int64, err error) {
	line := appendCSV(nil, t.header)
	if _, err := w.Write(line); err != nil {
		return 0, err
	}
	err = t.rows(b, ctx, func(cells []string) error {
		rows++
		line = appendCSV(line[:0], cells)
		_, err := w.Write(line)
		return err
	})
	return rows, err
}
