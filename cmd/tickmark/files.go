package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"tickmark/evidence"
	"tickmark/review"
	"tickmark/store"
)

// createNew makes a file and refuses to overwrite one.
func createNew(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, fs.ErrExist):
		return nil, review.Errorf(review.KindExists, "%s exists already", review.Safe(name)).WithHint("name another file; nothing is overwritten")
	}
	return nil, review.Errorf(review.KindIO, "%s cannot be made: %w", review.Safe(name), err).WithHint("look at the folder's permissions")
}

// readFile reads a small file that an option names.
func readFile(flag, name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, review.Errorf(review.KindNotFound, "%s: the file %s cannot be read", flag, review.Safe(name)).WithHint("look at its name and permissions")
	}
	return b, nil
}

// content is what a file is, told from its bytes and never from its name (rulings 13).
type content int

const (
	otherContent content = iota // taken for an export
	databaseContent
	packContent
)

func sniff(path string) content {
	switch {
	case path == "-":
		return otherContent
	case evidence.IsPack(path):
		return packContent
	case store.IsDatabase(path):
		return databaseContent
	}
	return otherContent
}

// isSQLite reports a database of any kind, so that a foreign one is not taken for an export.
func isSQLite(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, []byte("SQLite format 3\x00"))
}
