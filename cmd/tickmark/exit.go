package main

import (
	"context"
	"errors"
	"fmt"

	"tickmark/review"
)

// Exit codes. They are contracts for scripts.
const (
	exitDone        = 0
	exitMachine     = 1   // the machine failed, nothing changed
	exitUsage       = 2   // wrong use
	exitAttention   = 3   // done, but something needs attention
	exitRefused     = 4   // an export that cannot be what it claims, evidence that does not verify, an act that is not allowed
	exitUnconfirmed = 5   // verified, but a trust input was not confirmed
	exitInternal    = 70  // a fault in tickmark
	exitInterrupted = 130 // ended by the person
)

// outcome ends a verb whose work is done and printed, with an exit code other than 0.
type outcome struct {
	code    int
	message string // one sentence for standard error; may be empty
	hint    string
	mapping bool // a person wants the columns of a file read otherwise than they were guessed
}

func (o *outcome) Error() string { return o.message }

// attention is the outcome of a verb that did its work and leaves something for a person to look at.
func attention(format string, args ...any) *outcome {
	return &outcome{code: exitAttention, message: fmt.Sprintf(format, args...)}
}

func (o *outcome) withHint(format string, args ...any) *outcome {
	o.hint = fmt.Sprintf(format, args...)
	return o
}

// usage is wrong use of a verb.
func usage(format string, args ...any) *review.Error {
	return review.Errorf(review.KindUsage, format, args...)
}

// exitCode gives the code of an error that a verb returned.
func exitCode(err error) int {
	var o *outcome
	if errors.As(err, &o) {
		return o.code
	}
	if err == nil {
		return exitDone
	}
	switch review.KindOf(err) {
	case review.KindUsage, review.KindNotFound, review.KindExists:
		return exitUsage
	case review.KindRefused, review.KindNotAllowed, review.KindKey, review.KindConflict:
		return exitRefused
	case review.KindIO, review.KindLocked, review.KindNewer, review.KindAgent, review.KindPassphrase:
		return exitMachine
	case review.KindCancelled:
		return exitInterrupted
	}
	return exitInternal
}

// asError gives err as the one error type; what is not of that type is a cancellation or a fault of ours.
func asError(ctx context.Context, err error) *review.Error {
	var e *review.Error
	switch {
	case errors.As(err, &e) && e.Kind != "":
		return e
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return review.Errorf(review.KindCancelled, "interrupted").WithHint("nothing was half done; run the same command again")
	case errors.Is(err, context.DeadlineExceeded):
		return review.Errorf(review.KindIO, "this took too long and was given up").WithHint("try again; `tickmark doctor` looks for the cause")
	}
	return review.Errorf(review.KindInternal, "something unexpected happened: %s", review.Safe(err.Error())).
		WithHint("this is a fault in tickmark: please report it with the command you ran; `tickmark doctor` checks the database")
}
