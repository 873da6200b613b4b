package store

import (
	"os"

	"tickmark/review"
	"tickmark/spill"
)

// spilled is a temporary file without a name, where the system allows that, so that nothing of it outlives the process.
type spilled struct{ *os.File }

func (s spilled) Close() error {
	err := s.File.Close()
	os.Remove(s.Name()) //nolint:errcheck // it is gone already on most systems
	return err
}

// spillFile opens a temporary file for what does not fit in memory.
func spillFile() (spill.File, error) {
	f, err := os.CreateTemp("", "tickmark-keys-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) //nolint:errcheck // where an open file cannot be removed, Close does it
	return spilled{f}, nil
}

func spillError(err error) error {
	return review.Errorf(review.KindIO, "the temporary file of keys cannot be used: %w", err).
		WithHint("make room in the folder for temporary files, or name another one with TMPDIR")
}
