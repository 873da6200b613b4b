package importers

import (
	"io"
	"time"

	"tickmark/review"
)

// Input is a file that can be opened more than once (standard input is spooled by the caller).
type Input struct {
	Name string // shown in messages, never opened
	Size int64  // bytes as stored; 0 or less when unknown
	Open func() (io.ReadCloser, error)
}

// Sink takes what a file yields, in file order. Any error stops the read and is returned by Read as it is.
// A pointer is valid only during the call; strings may be kept. Rows of kind account (rulings 3) are not made here: an
// Account names its record with Locator and RawSHA256, the report counts in AccountRows those that are due.
type Sink interface {
	Reset() error                                           // drop everything of this file seen so far: the read starts over
	Account(*review.Account) error                          // when first met, and again when a later record adds to it: the later one replaces
	Entitlement(e *review.Entitlement, system string) error // catalogue only: held by nobody in this file
	Grant(*review.Grant) error                              // first occurrence of each key only; its account was sent before
	Worker(*review.Worker) error                            // one line of a roster; a later one of the same ID replaces
	SoDRule(*review.SoDRule) error
	Link(*review.Link) error
	Ownership(*review.Ownership) error
	Usage(*review.Usage) error
	Evidence(*review.Evidence) error
	Reject(review.Reject) error // every one, not only the first 20 that the report lists
}

// Options are the flags of importers.md 1 and what only the caller knows.
type Options struct {
	review.ImportOptions

	Now      time.Time                                                  // the review date: what is in the future, who has left
	Scratch  func() (Scratch, error)                                    // for what does not fit in memory; nil: all is kept in memory
	InMemory int                                                        // grants told apart in memory, accounts too, and KiB of their facts, where there is Scratch; 0: what is sensible
	Progress func(review.Progress)                                      // called at most about ten times a second; may be nil
	Profile  func(headerHash string) (mapping []review.Assign, ok bool) // what an earlier report of a file with this header gave as Mapping; may be nil
}

// FormatInfo is what people are told about a format.
type FormatInfo struct {
	ID       string   // as in --as and in reports
	Version  int      // of how it is read: another version may make other grants of the same file
	Aliases  []string // other names --as takes
	Title    string
	Mark     string   // S checked against a sample, D from documentation, U unverified (importers.md, head)
	Required []string // the names that make a file this format; alternatives apart
	Steps    []string // how to make the export in the source system, in order
	Command  string   // the command line that makes it, where one exists
	Gaps     []string // what the file cannot say
}
