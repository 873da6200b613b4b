package importers

import (
	"tickmark/review"
	"tickmark/spill"
)

// Scratch is a temporary file. Close ends it and leaves nothing behind.
type Scratch = spill.File

// grantsInMemory is how many distinct grants of a file are told apart without a temporary file.
const grantsInMemory = 1 << 20

// accountsInMemory is the same of accounts and of workers.
const accountsInMemory = 1 << 19

// inMemory is a limit, or the one the caller sets instead.
func (o *Options) inMemory(most int) int {
	if o.InMemory > 0 {
		return o.InMemory
	}
	return most
}

func scratchError(err error) error {
	return review.Errorf(review.KindIO, "the temporary file of an import cannot be used: %w", err).
		WithHint("make room in the folder for temporary files, or name another one with TMPDIR")
}
