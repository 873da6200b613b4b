package evidence

import (
	"context"
	"errors"
	"io/fs"

	"tickmark/ledger"
)

// rowText gives the text of a row, nil if it is withheld or there is none.
func (b *book) rowText(imp, row int64) ([]byte, error) {
	list, err := b.pack.rowList(imp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return list.text(row - 1)
}

// row parses the row of an item; nil if it is withheld or broken.
func (b *book) row(imp, row int64) (*ledger.Row, error) {
	return parsed[ledger.Row](b.rowText(imp, row))
}

// parsed reads a text as what it should be; nil if it is withheld, broken or something else, which the verifier reports.
func parsed[T any](text []byte, err error) (*T, error) {
	if err != nil || text == nil {
		return nil, err
	}
	v, err := ledger.Parse(text)
	if err != nil {
		return nil, nil
	}
	t, _ := v.(*T)
	return t, nil
}

// facts parses what was shown for a decision; nil if it is withheld or broken.
func (b *book) facts(ctx context.Context, shown ledger.Hash) (*ledger.Facts, error) {
	return parsed[ledger.Facts](b.factsText(ctx, shown))
}

// factsText gives what was shown for a decision; nil if it is withheld.
func (b *book) factsText(ctx context.Context, shown ledger.Hash) ([]byte, error) {
	text, err := b.pack.FactsText(shown)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// decision parses the decision record at an index; nil if it is withheld or something else.
func (b *book) decision(ctx context.Context, index int64) (*ledger.Decision, error) {
	text, err := b.pack.entry(index)
	if err != nil || text == nil {
		return nil, errors.Join(err, ctx.Err())
	}
	v, _, _, err := ledger.ParseEntry(text)
	if err != nil {
		return nil, nil
	}
	d, _ := v.(*ledger.Decision)
	return d, nil
}

// grantOf reads the grant key of an item in its member text.
func (b *book) grantOf(list *textList, it *item) (string, error) {
	text, err := list.text(it.leaf)
	return field(text, "grant"), err
}
