package keys

import (
	"context"
	"errors"

	"tickmark/ledger"
)

// Reason tells apart why a signature was not made (rulings 37).
type Reason string

// The reasons.
const (
	NoAgent      Reason = "no-agent"      // nothing listens where the agent should
	NoKey        Reason = "no-such-key"   // the agent or the disk does not have it
	Refused      Reason = "refused"       // the agent, the token or the person said no
	TimedOut     Reason = "timed-out"     // the deadline passed while waiting
	Cancelled    Reason = "cancelled"     // the person stopped waiting
	Passphrase   Reason = "passphrase"    // wrong or not given
	BadSignature Reason = "bad-signature" // what came back does not verify
	Weak         Reason = "weak-key"      // ledger.md 4.3 refuses the key
	Unreadable   Reason = "unreadable"    // no key in a form that is known
	Failed       Reason = "failed"        // the machine failed: files, processes
)

// Error is every error of this package: a reason for machines, a sentence for people, a hint that says what to do.
type Error struct {
	Reason  Reason
	Message string
	Hint    string
	Err     error // the cause, may be nil
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf gives the reason of an error of this package, and "" for any other.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// thePassphrase is waited for on this screen, unlike what an agent asks for.
const thePassphrase = "the passphrase"

// waiting turns the end of a context into an error.
func waiting(ctx context.Context, what string) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{TimedOut, what + " did not answer in time",
			"The agent may be waiting for a touch, a PIN or a confirmation in another window. Nothing was signed; try again.", ctx.Err()}
	}
	hint := "Nothing was signed."
	if what != thePassphrase {
		hint += " An agent that still asks for a touch or a PIN can be ignored."
	}
	return &Error{Cancelled, "waiting for " + what + " was cancelled", hint, ctx.Err()}
}

// weak turns the verdict of [ledger.CheckKey] into an error.
func weak(err error) *Error {
	words := err.Error()
	var f *ledger.Failure
	if errors.As(err, &f) {
		words = f.Words
	}
	return &Error{Weak, words, "Use an Ed25519, ECDSA, security or RSA key of at least 3072 bits.", err}
}
