package desk

import (
	"os"

	"tickmark/importers"
)

// scratch is a temporary file without a name, where the system allows that, so that nothing of it outlives the process.
type scratch struct{ *os.File }

// NewScratch opens a temporary file for what a read does not hold in memory.
func NewScratch() (importers.Scratch, error) { return newScratch() }

func newScratch() (importers.Scratch, error) {
	f, err := os.CreateTemp("", "tickmark-accounts-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) //nolint:errcheck // where an open file cannot be removed, Close does it
	return scratch{f}, nil
}

func (s scratch) Close() error {
	err := s.File.Close()
	os.Remove(s.Name()) //nolint:errcheck // it is gone already on most systems
	return err
}
