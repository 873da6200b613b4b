package evidence

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"

	"tickmark/ledger"
	"tickmark/review"
)

// VerifyOptions are what a verifier brings along. What is absent is taken from the data and reported as not confirmed.
type VerifyOptions struct {
	Signers        []byte // an allowed_signers file the verifier trusts
	SignersFrom    string // where it came from, for the report; so are the other From fields
	VKey           string // the ledger's note key
	VKeyFrom       string
	Checkpoint     []byte // a head obtained earlier, as a signed note
	CheckpointFrom string
	Earlier        []ledger.Earlier // further heads, such as those of receipts
	TimeRoots      *x509.CertPool   // roots of time-stamping authorities
	TimeRootsFrom  string
	Witnesses      []string // public keys of witnesses (C2SP cosigner keys)
	WitnessesFrom  string
	Log            string // the name the ledger must have
	Items          []byte // the ids of all items, for repeating the draw of a sampled pack
	ItemsFrom      string
	// Reparse reads an original again with the format and mapping its statement names, and yields its rows in file
	// order; Grant, Salt and Identity need not be set. Unread says that this build cannot read it. nil: originals are
	// only hashed.
	Reparse  func(ctx context.Context, imp *ledger.Import, mapping []byte, original io.Reader) iter.Seq2[ledger.Row, error]
	Progress func(review.Progress)
}

// Unread is why this build cannot read an original again, in words.
type Unread string

func (u Unread) Error() string { return string(u) }

// Verify checks the pack at path, folder or zip, as evidence-pack.md 4 says. Whatever is wrong with the pack is in the
// report; the error is for what stopped the check altogether (exit 1) or trust inputs that are no such thing.
func Verify(ctx context.Context, path string, o VerifyOptions) (*Report, error) {
	fsys, troubles, err := openFiles(path)
	if err != nil {
		if looksLikeZip(path) {
			return damaged(path, err), nil
		}
		return nil, openError(path, err)
	}
	defer fsys.Close()
	return verifyFiles(ctx, fsys, troubles, o)
}

// damaged is the report on a zip that cannot even be listed.
func damaged(path string, err error) *Report {
	r := &ledger.Report{}
	r.Fail(ledger.Failure{Code: ledger.CodeManifest, Index: ledger.NoIndex, File: path, Words: "the zip is damaged: " + review.Safe(err.Error())})
	return newReport(r)
}

// looksLikeZip reports whether a file has the marks of a zip, though it may be damaged.
func looksLikeZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if isZip(path) {
		return true
	}
	tail := make([]byte, min(info.Size(), 1<<16))
	n, _ := f.ReadAt(tail, info.Size()-int64(len(tail)))
	return bytes.Contains(tail[:n], []byte("PK\x05\x06")) || bytes.Contains(tail[:n], []byte("PK\x01\x02"))
}

func verifyFiles(ctx context.Context, fsys files, troubles []trouble, o VerifyOptions) (*Report, error) {
	v := &verifier{ctx: ctx, fsys: fsys, o: o}
	for _, t := range troubles {
		v.fail(ledger.CodeManifest, t.file, "%s", t.words)
	}
	p, err := newPack(fsys)
	if err != nil {
		v.fail(ledger.CodeUnreadable, "", "the pack cannot be read further: %s", plainWords(err))
		v.report = &ledger.Report{CannotSee: []string{"Nothing about the ledger was checked, because what the check starts from is damaged."}}
		if err := v.listing(); err != nil {
			return nil, sourceError(err)
		}
		return v.finish(nil)
	}
	v.pack = p
	ctx, stop := context.WithCancel(ctx)
	v.ctx = ctx
	v.alone = v.lookAlone()
	defer v.alone.wait()
	defer stop()
	if v.report, err = verifyLedger(ctx, p, o); err != nil {
		return nil, err
	}
	if err := v.all(); err != nil {
		return nil, err
	}
	return v.finish(p)
}

// VerifySource checks a ledger where it lies, with the same report but without what only packs have.
func VerifySource(ctx context.Context, src Source, o VerifyOptions) (*Report, error) {
	r, err := verifyLedger(ctx, eager{src}, o)
	if err != nil {
		return nil, err
	}
	if err := verifyKept(ctx, src, r); err != nil {
		return nil, err
	}
	return newReport(r), nil
}

// verifyLedger makes the checks of ledger.md 6.
func verifyLedger(ctx context.Context, src Source, o VerifyOptions) (*ledger.Report, error) {
	head, err := src.Head(ctx)
	if err != nil {
		return nil, sourceError(err)
	}
	in := ledger.Input{Entries: src.Entries(ctx, 0, head.Size), Size: head.Size, VKey: src.VKey(), Rows: src.Rows,
		Members: src.Members, Assignments: src.Assignments, Facts: src.Facts, File: namedFileOf(src)}
	if p, ok := src.(*Pack); ok {
		in.Entries, in.FileName = p.entries(ctx, 0, head.Size), placeOf
	}
	if in.Checkpoint, err = src.Checkpoint(ctx, head.Size); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, sourceError(err)
	}
	lo := ledger.Options{Log: o.Log, LogFrom: "your options", Signers: o.Signers, SignersFrom: orWords(o.SignersFrom, "your options"),
		VKey: o.VKey, VKeyFrom: orWords(o.VKeyFrom, "your options"), Earlier: o.Earlier, TimeRoots: o.TimeRoots,
		TimeRootsFrom: orWords(o.TimeRootsFrom, "your options"), Witnesses: o.Witnesses, WitnessesFrom: orWords(o.WitnessesFrom, "your options")}
	if o.Checkpoint != nil {
		lo.Earlier = append([]ledger.Earlier{{Note: o.Checkpoint, From: orWords(o.CheckpointFrom, "your options")}}, lo.Earlier...)
	}
	if o.Progress != nil {
		lo.Progress = func(done, total int64) {
			o.Progress(review.Progress{Stage: "verifying the ledger", Done: done, Total: total, Unit: "entries"})
		}
	}
	r, err := ledger.Verify(ctx, in, lo)
	var bad *ledger.Failure
	if errors.As(err, &bad) {
		return nil, review.Errorf(review.KindUsage, "a trust input cannot be used: %s", bad.Words).
			WithHint("check the files given with --signers, --vkey and --checkpoint")
	}
	if err != nil {
		return nil, sourceError(err)
	}
	return r, nil
}

func sourceError(err error) error {
	var known *review.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &review.Error{Kind: review.KindCancelled, Message: "the check was cancelled", Hint: "run it again when you are ready", Err: err}
	}
	return &review.Error{Kind: review.KindIO, Message: "the ledger cannot be read: " + review.Safe(err.Error()), Hint: "check the disk and the permissions, then try again", Err: err}
}

// namedFileOf gives the files that entries name. In a pack each has its place, so that a wrong file is seen as a wrong
// file and not as a missing one.
func namedFileOf(src Source) func(context.Context, ledger.FileRef) (io.ReadCloser, error) {
	return func(ctx context.Context, ref ledger.FileRef) (io.ReadCloser, error) {
		if p, ok := src.(*Pack); ok {
			f, ok := find(p.fsys.list(), placeOf(ref))
			if !ok {
				return nil, fs.ErrNotExist
			}
			return p.fsys.open(f)
		}
		if ref.Role == ledger.FileOriginal {
			return src.Original(ctx, ref.Index)
		}
		b, err := src.File(ctx, ref.Digest)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(b)), nil
	}
}

// placeOf is the name that a file has in a pack.
func placeOf(ref ledger.FileRef) string {
	switch ref.Role {
	case ledger.FileSigners:
		return rosterFile(ref.Index)
	case ledger.FileRevoked:
		return revokedFile(ref.Index)
	case ledger.FileOriginal:
		return importFile(ref.Index, "original")
	case ledger.FileMapping:
		return importFile(ref.Index, "mapping.txt")
	case ledger.FileRejects:
		return importFile(ref.Index, "rejects.csv")
	case ledger.FilePolicy:
		return campaignFile(ref.Name, "policy.txt")
	case ledger.FileRules:
		return campaignFile(ref.Name, "rules.txt")
	case ledger.FileCheckpoint:
		return fileCheckpoint
	case ledger.FileToken:
		return tokenFile(ref.Index)
	}
	return ""
}
