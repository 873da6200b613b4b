package grid

import "context"

// Source yields rows in pages. It may be slow and is called from commands only; different calls may overlap.
type Source interface {
	// Page returns up to limit rows in the order asked for, placed by at.
	Page(ctx context.Context, order []Order, at Anchor, limit int) (Page, error)
	// Count returns how many rows there are.
	Count(ctx context.Context) (int64, error)
}

// Row is one line of the table.
type Row struct {
	ID    string // unique within the source and stable over refreshes
	Cells []Cell // one for each column given to New, in that order
	Data  any    // what the row stands for, for the owner of the grid
}

// Cell is a piece of plain, safe text with one of the styles of the Look.
type Cell struct {
	Text  string
	Style uint8 // index into Look.Styles; 0 is the plain style
}

// Order is one key of a sort.
type Order struct {
	Column string
	Desc   bool
}

// Anchor places a page relative to a row.
type Anchor struct {
	From string // the page starts after (or, Back, ends before) this row; empty: at the first or, Back, the last
	Back bool
	Incl bool // include From itself
}

// Page is an answer of a Source, its rows always in forward order.
type Page struct {
	Rows   []Row
	First  bool  // no row before the page
	Last   bool  // no row after the page
	Offset int64 // rank of Rows[0] from 0 where known, else negative
}
