package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"tickmark/importers"
	"tickmark/review"
)

func hashFile(in importers.Input) (string, error) {
	f, err := in.Open()
	if err != nil {
		return "", fileError(in.Name, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fileError(in.Name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// probe reads the head of the file: what it is, and which instance it is from.
func (d *Desk) probe(ctx context.Context, in importers.Input, o importers.Options) (*review.ImportReport, error) {
	o.Progress = nil
	rep, err := importers.Read(ctx, in, o, &prober{left: 200})
	if errors.Is(err, errProbed) {
		err = nil
	}
	return rep, err
}

var errProbed = errors.New("probed enough")

// prober takes some of a file and then stops it.
type prober struct {
	discard
	left int
}

func (p *prober) one() error {
	if p.left--; p.left < 0 {
		return errProbed
	}
	return nil
}

func (p *prober) Account(*review.Account) error { return p.one() }
func (p *prober) Grant(*review.Grant) error     { return p.one() }
func (p *prober) Worker(*review.Worker) error   { return p.one() }
func (p *prober) Reset() error                  { return nil }

// discard takes a file and keeps nothing: for dry runs.
type discard struct{}

func (discard) Reset() error                                  { return nil }
func (discard) Account(*review.Account) error                 { return nil }
func (discard) Entitlement(*review.Entitlement, string) error { return nil }
func (discard) Grant(*review.Grant) error                     { return nil }
func (discard) Worker(*review.Worker) error                   { return nil }
func (discard) SoDRule(*review.SoDRule) error                 { return nil }
func (discard) Link(*review.Link) error                       { return nil }
func (discard) Ownership(*review.Ownership) error             { return nil }
func (discard) Usage(*review.Usage) error                     { return nil }
func (discard) Evidence(*review.Evidence) error               { return nil }
func (discard) Reject(review.Reject) error                    { return nil }

// openInput makes a file, or standard input spooled to a private temporary file, readable more than once.
func openInput(path string) (importers.Input, func(), error) {
	nothing := func() {}
	if path == "-" {
		return spool(os.Stdin)
	}
	st, err := os.Stat(path)
	if err != nil {
		return importers.Input{}, nothing, fileError(path, err)
	}
	if st.IsDir() {
		return importers.Input{}, nothing, review.Errorf(review.KindUsage, "%s is a folder", review.Safe(path)).WithHint("name the export file in it")
	}
	return importers.Input{Name: path, Size: st.Size(), Open: func() (io.ReadCloser, error) { return os.Open(path) }}, nothing, nil
}

// stdinName is what standard input is called in reports.
const stdinName = "stdin"

func spool(r io.Reader) (importers.Input, func(), error) {
	f, err := os.CreateTemp("", "tickmark-stdin-*")
	if err != nil {
		return importers.Input{}, func() {}, fileError("standard input", err)
	}
	done := func() { f.Close(); os.Remove(f.Name()) }
	n, err := io.Copy(f, r)
	if err != nil {
		done()
		return importers.Input{}, func() {}, fileError("standard input", err)
	}
	name := f.Name()
	return importers.Input{Name: stdinName, Size: n, Open: func() (io.ReadCloser, error) { return os.Open(name) }}, done, nil
}

func fileError(path string, err error) error {
	kind, hint := review.KindIO, "check the path and the permissions"
	if errors.Is(err, os.ErrNotExist) {
		kind, hint = review.KindNotFound, "check the path"
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return review.Errorf(kind, "cannot read %s: %w", review.Safe(path), err).WithHint("%s", hint)
}
