package evidence

import (
	"context"
	"io"

	"tickmark/review"
)

// Write makes a pack of src at dest: a zip if dest ends in .zip, else a folder. It is built in a temporary place next to
// dest, flushed, and renamed when it is whole; an existing dest is refused (review.KindExists).
func Write(ctx context.Context, src Source, o Options, dest string, sign Sign) (*Result, error) {
	return nil, review.Errorf(review.KindInternal, "evidence packs cannot be written yet")
}

// WriteZip is [Write] as a zip to w. Nothing is written to w before the pack is whole.
func WriteZip(ctx context.Context, src Source, o Options, w io.Writer, sign Sign) (*Result, error) {
	return nil, review.Errorf(review.KindInternal, "evidence packs cannot be written yet")
}
