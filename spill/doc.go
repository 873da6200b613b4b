// Package spill keeps what does not fit in memory: numbers of any number of distinct keys (numbers.go, runs.go) and byte
// strings of any number (texts.go). What is new stays in memory, what is old goes to a temporary file that the caller
// gives. It imports nothing of ours and touches no file system itself.
package spill

import "io"

// File is a temporary file. Close ends it and leaves nothing behind.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}
