package importers

import (
	"fmt"
)

// readCSV hands every record of a CSV text to a mapper, and keeps the rules of importers.md 2.6 and 2.7.
func (x *run) readCSV(s *csvScanner, each func(*row), limit int64) error {
	p := x.plan
	x.buffer = &s.buffer
	for range p.skip {
		if ok, err := s.next(); !ok || err != nil {
			return err
		}
	}
	if ok, err := s.next(); !ok || err != nil { // the header
		return err
	}
	for i, kind := range p.dropped {
		if kind != 0 {
			x.drops.add(p.header[i], kind == secretColumn, 0)
		}
	}
	width := len(p.header)
	first := p.headRow[0]
	var r row
	for n := int64(0); ; n++ {
		if n&1023 == 0 {
			x.progress.rows.Store(x.rowsRead)
			if x.ctxDone() {
				return cancelled(p.in.Name)
			}
		}
		ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			return x.err
		}
		if x.err != nil {
			return x.err
		}
		cells := s.cells
		r = row{x: x, line: s.at, cells: cells, raw: s.raw}
		if s.tooLong {
			r.cells = [][]byte{}
			x.record(&r, func(r *row) {
				r.refuse("cell-too-large", col{i: -1}, "a record of at most 8 MiB was expected, a longer one was found; leave the long column out of the export")
			})
			continue
		}
		if len(trim(cells[0])) == 0 && nonBlank(&p.cells, cells) == 0 {
			continue
		}
		if p.glued != 0 {
			if last := cells[len(cells)-1]; len(last) > 0 && last[len(last)-1] == p.glued {
				cells[len(cells)-1] = last[:len(last)-1]
			} else {
				x.misfit(&r)
			}
		}
		if len(cells) == len(p.headRow) && string(cells[0]) == string(first) && x.isHeader(cells) {
			x.row = &r
			x.warn("repeated-header")
			x.row = nil
			continue
		}
		if limit > 0 && x.rowsRead >= limit {
			return errEnough
		}
		if x.rowsRead >= maxRecords {
			return limitError(s.place(), "at most %d records were expected, more were found", maxRecords).WithHint("split the export")
		}
		if x.buffer.marks&(hasControl|hasHigh) != 0 {
			x.row = &r
			x.unusual(s.raw)
			x.row = nil
		}
		if len(cells) != width {
			if len(cells) == 1 && width > 1 && isFooter(trim(cells[0])) {
				continue
			}
			if !x.fit(&r, width) {
				continue
			}
		}
		if len(s.raw) > maxCell && x.largeCell(&r) {
			continue
		}
		x.record(&r, each)
		if p.drops {
			x.countDropped(r.cells)
		}
	}
}

// countDropped counts the values of dropped columns; a column counts as dropped when it is empty everywhere too.
func (x *run) countDropped(cells [][]byte) {
	for i, kind := range x.plan.dropped {
		if kind == 0 {
			continue
		}
		n := int64(0)
		if i < len(cells) && len(trim(cells[i])) > 0 {
			n = 1
		}
		x.drops.add(x.plan.header[i], kind == secretColumn, n)
	}
}

// isHeader compares a record with the header.
func (x *run) isHeader(cells [][]byte) bool {
	for i, c := range cells {
		if string(c) != string(x.plan.headRow[i]) {
			return false
		}
	}
	return true
}

// misfit notes a record that breaks the dialect of the first thousand.
func (x *run) misfit(r *row) {
	if x.rowsRead >= settleRecords {
		x.row = r
		x.warn("dialect-changed")
		x.row = nil
	}
}

// fit pads a short record and rejects a long one; nothing ever shifts (trap 9).
func (x *run) fit(r *row, width int) bool {
	if len(r.cells) < width {
		x.row = r
		x.warn("short-row")
		x.row = nil
		return true
	}
	for _, c := range r.cells[width:] {
		if len(trim(x.plan.cells.decoded(c))) == 0 {
			continue
		}
		if x.plan.dropLast {
			x.misfit(r)
		}
		x.record(r, func(r *row) {
			r.refuse("long-row", col{i: width}, fmt.Sprintf("%d cells were expected, %d were found; quote cells that hold the delimiter", width, len(r.cells)))
		})
		return false
	}
	r.cells = r.cells[:width]
	return true
}

// largeCell rejects a record with a cell over the limit.
func (x *run) largeCell(r *row) bool {
	for i, c := range r.cells {
		if len(c) > maxCell {
			x.record(r, func(r *row) {
				name := ""
				if i < len(x.plan.header) {
					name = x.plan.header[i]
				}
				r.refuse("cell-too-large", col{i: i, label: name}, fmt.Sprintf("a cell of at most %d bytes was expected, %d were found; leave the column out of the export", maxCell, len(c)))
			})
			return true
		}
	}
	return false
}
