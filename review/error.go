package review

import (
	"errors"
	"fmt"
)

// ErrorKind is the machine's word for a failure; it decides the exit code (rulings 37).
type ErrorKind string

// Kinds of failure and the exit codes they map to.
const (
	KindUsage      ErrorKind = "usage"          // 2
	KindNotFound   ErrorKind = "not-found"      // 2
	KindExists     ErrorKind = "exists"         // 2
	KindRefused    ErrorKind = "refused"        // 4
	KindNotAllowed ErrorKind = "not-allowed"    // 4
	KindKey        ErrorKind = "key"            // 4
	KindConflict   ErrorKind = "conflict"       // 4
	KindIO         ErrorKind = "io"             // 1
	KindLocked     ErrorKind = "locked"         // 1
	KindNewer      ErrorKind = "newer-database" // 1
	KindAgent      ErrorKind = "agent"          // 1
	KindPassphrase ErrorKind = "passphrase"     // 1
	KindCancelled  ErrorKind = "cancelled"      // 130
	KindInternal   ErrorKind = "internal"       // 70
)

// Error is the one error type people meet: a kind for machines, a sentence for people, a hint that says what to do.
type Error struct {
	Kind    ErrorKind
	Message string // one sentence, no trailing full stop, data text already safe
	Hint    string // what to do next; may be empty only where nothing can be done
	Reason  string // a stable keyword within the kind, such as an import's refusal reason; may be empty
	Err     error  // the cause, for logs; never shown raw
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without a hint; add one with WithHint.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint sets what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithReason sets the stable keyword.
func (e *Error) WithReason(word string) *Error {
	e.Reason = word
	return e
}

// KindOf gives the kind of an error, internal for one that is not ours.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}
