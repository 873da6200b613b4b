package evidence

import (
	"context"
	"iter"

	"tickmark/ledger"
)

// eager is a source whose lists are read ahead by another goroutine, so that one core reads while the other uses what was
// read. Lists are asked for one at a time.
type eager struct{ Source }

func (e eager) Entries(ctx context.Context, from, to int64) iter.Seq2[Text, error] {
	return readAhead(e.Source.Entries(ctx, from, to))
}

func (e eager) Rows(ctx context.Context, index int64) iter.Seq2[Text, error] {
	return readAhead(e.Source.Rows(ctx, index))
}

func (e eager) Members(ctx context.Context, campaign string) iter.Seq2[Text, error] {
	return readAhead(e.Source.Members(ctx, campaign))
}

func (e eager) Assignments(ctx context.Context, campaign string) iter.Seq2[Text, error] {
	return readAhead(e.Source.Assignments(ctx, campaign))
}

const (
	eagerTexts = 512       // texts in a batch, at most
	eagerBytes = 256 << 10 // and bytes, when it is handed over
	eagerReady = 2         // batches that wait to be used
)

// textBatch is texts read together; their bytes lie in one buffer.
type textBatch struct {
	texts  []batchedText
	buffer []byte
	err    error // came after them
}

type batchedText struct {
	leaf     ledger.Hash
	from, to int // in the buffer
	withheld bool
}

func (b *textBatch) add(t Text) {
	from := len(b.buffer)
	b.buffer = append(b.buffer, t.Bytes...)
	b.texts = append(b.texts, batchedText{t.Leaf, from, len(b.buffer), t.Bytes == nil})
}

func (b *textBatch) full() bool { return len(b.texts) >= eagerTexts || len(b.buffer) >= eagerBytes }

// readAhead yields what texts yields, until its first error.
func readAhead(texts iter.Seq2[Text, error]) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		ready, used, enough := make(chan *textBatch, eagerReady), make(chan *textBatch, eagerReady+2), make(chan struct{})
		reading := meanwhile(func() error {
			defer close(ready)
			b := new(textBatch)
			hand := func() bool {
				select {
				case ready <- b:
				case <-enough:
					return false
				}
				select {
				case b = <-used:
					b.texts, b.buffer = b.texts[:0], b.buffer[:0]
				default:
					b = new(textBatch)
				}
				return true
			}
			for t, err := range texts {
				if err != nil {
					b.err = err
					break
				}
				if b.add(t); b.full() && !hand() {
					return nil
				}
			}
			hand()
			return nil
		})
		defer reading.wait()
		defer close(enough)
		for b := range ready {
			for _, t := range b.texts {
				text := Text{Leaf: t.leaf}
				if !t.withheld {
					text.Bytes = b.buffer[t.from:t.to:t.to]
				}
				if !yield(text, nil) {
					return
				}
			}
			if b.err != nil {
				yield(Text{}, b.err)
				return
			}
			used <- b
		}
	}
}
