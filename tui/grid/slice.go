package grid

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// Slice is a Source over rows that are all in memory, for short lists.
type Slice struct {
	rows []Row
	cols []Column
	keys func(r Row, column string) string // nil: sort by the text of the cell

	mu     sync.Mutex
	order  []Order // of ranked; both guarded by mu
	ranked []Row
}

// NewSlice makes a source of rows. Sorting compares what key gives for a row and a column; with key nil, the cell's
// text, numbers by value.
func NewSlice(rows []Row, cols []Column, key func(r Row, column string) string) *Slice {
	return &Slice{rows: rows, cols: cols, keys: key}
}

// Count is the number of rows.
func (s *Slice) Count(context.Context) (int64, error) { return int64(len(s.rows)), nil }

// Page cuts a page out of the sorted rows.
func (s *Slice) Page(ctx context.Context, order []Order, at Anchor, limit int) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	rows := s.sorted(order)
	lo, hi := 0, len(rows)
	if at.From != "" {
		i := slices.IndexFunc(rows, func(r Row) bool { return r.ID == at.From })
		switch {
		case i < 0:
			return Page{}, fmt.Errorf("no such row")
		case at.Back && at.Incl:
			hi = i + 1
		case at.Back:
			hi = i
		case at.Incl:
			lo = i
		default:
			lo = i + 1
		}
	}
	if at.Back {
		lo = max(lo, hi-limit)
	} else {
		hi = min(hi, lo+limit)
	}
	return Page{Rows: slices.Clone(rows[lo:hi]), First: lo == 0, Last: hi == len(rows), Offset: int64(lo)}, nil
}

// sorted gives the rows in an order, which is kept until another one is asked for.
func (s *Slice) sorted(order []Order) []Row {
	if len(order) == 0 {
		return s.rows
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Equal(order, s.order) {
		return s.ranked
	}
	rows := slices.Clone(s.rows)
	slices.SortStableFunc(rows, func(a, b Row) int {
		for _, o := range order {
			c := compareNatural(s.key(a, o.Column), s.key(b, o.Column))
			if o.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	s.order, s.ranked = slices.Clone(order), rows
	return rows
}

func (s *Slice) key(r Row, column string) string {
	if s.keys != nil {
		return s.keys(r, column)
	}
	i := slices.IndexFunc(s.cols, func(c Column) bool { return c.Name == column })
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i].Text
}

// compareNatural compares texts with runs of digits taken as numbers, so that 9 comes before 10.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			na, ra := number(a)
			nb, rb := number(b)
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), cmp.Compare(na, nb)); c != 0 {
				return c
			}
			a, b = ra, rb
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// number splits leading digits, without leading zeros, from the rest.
func number(s string) (digits, rest string) {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	digits, rest = s[:i], s[i:]
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits, rest
}
