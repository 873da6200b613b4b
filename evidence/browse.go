package evidence

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"slices"
)

// Tables names the tables of a pack, in the order a reader asks for them.
func (p *Pack) Tables() []string { return slices.Clone(sheetOrder[:]) }

// Table reads a table for a program that shows it: header and rows, in display form, without the apostrophes that guard
// spreadsheets. A row may be used until the next one. An unknown name is fs.ErrNotExist. Nothing is checked: [Verify]
// says whether the table is what the signed texts give.
func (p *Pack) Table(ctx context.Context, name string) (header []string, rows iter.Seq2[[]string, error], err error) {
	f, ok := find(p.fsys.list(), tableFile(name))
	if !ok || !slices.Contains(tableNames[:], name) {
		return nil, nil, fs.ErrNotExist
	}
	c, err := p.fsys.open(f)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	if header, err = newCSVReader(c).next(); err != nil {
		return nil, nil, err
	}
	return header, func(yield func([]string, error) bool) {
		c, err := p.fsys.open(f)
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.Close()
		r := newCSVReader(c)
		for n := 0; ; n++ {
			cells, err := r.next()
			if err == io.EOF {
				return
			}
			if err == nil {
				err = ctx.Err()
			}
			for i := range cells {
				cells[i] = unguard(cells[i])
			}
			if n == 0 && err == nil {
				continue
			}
			if !yield(cells, err) || err != nil {
				return
			}
		}
	}, nil
}

// ReadFile gives a file of the pack by its path, such as "report.html" or a dossier.
func (p *Pack) ReadFile(name string) ([]byte, error) { return read(p.fsys, name, pageLimit) }

// Files lists the paths of a pack's files, sorted.
func (p *Pack) Files() []string {
	var names []string
	for _, f := range p.fsys.list() {
		names = append(names, f.name)
	}
	return names
}
