package evidence

import (
	"bufio"
	"context"
	"errors"
	"io"

	"tickmark/ledger"
)

// deriver writes what is made from the signed part: tables, workbook, report, OSCAL, dossiers, instructions.
type deriver struct {
	p     *built
	o     Options
	tick  *ticker
	steps int64
	notes *[]string
	rows  map[string]int64
	read  *reading // for the report, gathered while the tables are written
}

func (d *deriver) all(ctx context.Context) error {
	if err := d.step(d.tables)(ctx); err != nil {
		return err
	}
	workbook, err := d.workbook(ctx)
	if err != nil {
		return err
	}
	rest := inTurn(ctx, d.step(d.jsonl), d.step(d.page), d.step(d.oscal), d.step(d.dossiers), d.step(d.instructions))
	if err := errors.Join(rest, workbook.wait()); err != nil {
		return err
	}
	if err := d.p.spool.joined(); err != nil {
		return err
	}
	return d.step(d.statement)(ctx)
}

// step counts what a step has made.
func (d *deriver) step(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		d.tick.at(d.steps)
		d.steps++
		return do(ctx)
	}
}

// write makes a file of what fill writes.
func (d *deriver) write(name string, fill func(w io.Writer) error) error {
	return writeTo(d.p.spool, name, fill)
}

func writeTo(to *spool, name string, fill func(w io.Writer) error) error {
	f := to.create(name)
	w := bufio.NewWriterSize(f, 1<<16)
	err := errors.Join(fill(w), w.Flush())
	f.done()
	return err
}

func (d *deriver) tables(ctx context.Context) error {
	d.rows = map[string]int64{}
	d.read = startReading(d.p.book)
	for _, t := range tables() {
		if d.read.wants(t.name) {
			rows := t.rows
			t.rows = func(b *book, ctx context.Context, emit emit) error {
				return rows(b, ctx, func(cells []string) error {
					if err := d.read.take(t.name, cells); err != nil {
						return err
					}
					return emit(cells)
				})
			}
		}
		err := d.write(tableFile(t.name), func(w io.Writer) (err error) {
			d.rows[t.name], err = writeTable(ctx, d.p.book, t, w)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *deriver) csv(table string) (io.ReadCloser, error) { return openTable(d.p.spool, table) }

func openTable(fsys files, table string) (io.ReadCloser, error) {
	f, ok := find(fsys.list(), tableFile(table))
	if !ok {
		return nil, errCSV
	}
	return fsys.open(f)
}

func (d *deriver) jsonl(context.Context) error {
	from, err := d.csv("decisions")
	if err != nil {
		return err
	}
	defer from.Close()
	return d.write(fileJSONL, func(w io.Writer) error {
		return eachJSONL(from, func(line []byte) error {
			_, err := w.Write(line)
			return err
		})
	})
}

// workbook begins the workbook, which is made beside what follows the tables.
func (d *deriver) workbook(ctx context.Context) (*task, error) {
	beside, err := d.p.spool.beside()
	if err != nil {
		return nil, err
	}
	ready := map[string]io.ReadCloser{} // opened here: the spool is written meanwhile
	for _, table := range sheetOrder {
		if ready[table], err = d.csv(table); err != nil {
			return nil, err
		}
	}
	sheets := sheetsOf(d.rows, maxSheetRows)
	return meanwhile(func() error {
		return writeTo(beside, fileWorkbook, func(w io.Writer) error {
			return writeWorkbook(&cancelWriter{ctx, w}, sheets, func(table string) (io.ReadCloser, error) { return ready[table], nil })
		})
	}), nil
}

func (d *deriver) page(ctx context.Context) error {
	return d.write(filePage, func(w io.Writer) error { return writePage(ctx, d.p.book, w, d.read, d.rows) })
}

func (d *deriver) oscal(ctx context.Context) error {
	return d.write(fileOSCAL, func(w io.Writer) error { return writeOSCAL(ctx, d.p.book, w) })
}

func (d *deriver) instructions(context.Context) error {
	readme, err := readmeText(d.p.book)
	if err != nil {
		return err
	}
	return errors.Join(d.p.spool.add(fileReadme, readme), d.p.spool.add(fileCheckSh, checkSh), d.p.spool.add(fileCheckPs1, checkPs1))
}

func (d *deriver) statement(context.Context) error {
	list := d.p.spool.list()
	subjects := func(yield func(string, ledger.Hash) bool) {
		for _, f := range list {
			if !yield(f.name, f.sum) {
				return
			}
		}
	}
	return d.write(fileStatement, func(w io.Writer) error { return writeStatement(w, subjects, &d.p.sel.stmt) })
}

// eachJSONL turns decisions.csv into JSON lines: the same columns as string values, without the CSV's apostrophes, keys
// in header order, no blanks between tokens (5.2).
func eachJSONL(csv io.Reader, emit func(line []byte) error) error {
	rows := newCSVReader(csv)
	header, err := rows.next()
	if err != nil {
		return err
	}
	keys := make([][]byte, len(header))
	for i, name := range header {
		lead := byte(',')
		if i == 0 {
			lead = '{'
		}
		keys[i] = append([]byte{lead, '"'}, name+`":"`...)
	}
	var line []byte
	for {
		cells, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(cells) != len(keys) {
			return errCSV
		}
		line = line[:0]
		for i, c := range cells {
			line = append(line, keys[i]...)
			line = appendJSON(line, unguard(c))
			line = append(line, '"')
		}
		line = append(line, "}\n"...)
		if err := emit(line); err != nil {
			return err
		}
	}
}

// appendJSON escapes a value in display form, in which controls cannot be.
func appendJSON(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return dst
}
