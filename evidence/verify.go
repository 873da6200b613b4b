package evidence

import (
	"context"
	"crypto/x509"
	"io"
	"iter"

	"tickmark/ledger"
	"tickmark/review"
)

// VerifyOptions are what a verifier brings along. What is absent is taken from the pack and reported as unconfirmed.
type VerifyOptions struct {
	Signers        []byte // an allowed_signers file the verifier trusts
	SignersFrom    string // where it came from, for the report
	VKey           string // the ledger's note key
	Checkpoint     []byte // a head obtained earlier
	CheckpointFrom string
	TimeRoots      *x509.CertPool // for time stamp tokens
	Log            string         // the name the ledger must have
	Strict         bool           // a trust input that was not confirmed changes the exit status
	// Reparse reads an original again with the format and mapping its statement names, and yields its rows in file
	// order; Grant, Salt and Identity need not be set. errors.ErrUnsupported says that this build cannot read it. nil:
	// originals are only hashed.
	Reparse  func(ctx context.Context, imp *ledger.Import, mapping []byte, original io.Reader) iter.Seq2[ledger.Row, error]
	Progress func(review.Progress)
}

// Verify checks the pack at path, folder or zip, as evidence-pack.md 4 says. Whatever is wrong with the pack is in the
// report; the error is for what stopped the check altogether (exit 1).
func Verify(ctx context.Context, path string, o VerifyOptions) (*Report, error) {
	return nil, review.Errorf(review.KindInternal, "evidence packs cannot be verified yet")
}

// VerifySource checks a ledger where it lies, with the same report but without what only packs have.
func VerifySource(ctx context.Context, src Source, o VerifyOptions) (*Report, error) {
	return nil, review.Errorf(review.KindInternal, "ledgers cannot be verified yet")
}
