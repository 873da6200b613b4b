package evidence

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// Write makes a pack of src at dest: a zip if dest ends in .zip, else a folder. It is built in a temporary place next to
// dest, flushed, and renamed when it is whole; an existing dest is refused (review.KindExists).
func Write(ctx context.Context, src Source, o Options, dest string, sign Sign) (*Result, error) {
	if err := vacant(dest); err != nil {
		return nil, err
	}
	if o.Redact {
		for _, t := range besideNames {
			if err := vacant(besideName(dest, t)); err != nil {
				return nil, err
			}
		}
	}
	parent := filepath.Dir(dest)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, writeError(dest, err)
	}
	left := clearRemains(parent)
	p, err := build(ctx, src, o, parent, sign)
	if err != nil {
		return nil, writeError(dest, err)
	}
	defer p.spool.Close()
	p.result.Path = dest
	p.result.Notes = append(p.result.Notes, left...)
	if strings.HasSuffix(strings.ToLower(dest), ".zip") {
		err = placeZip(ctx, p, dest)
	} else {
		err = placeFolder(ctx, p, dest)
	}
	if err != nil {
		return nil, writeError(dest, err)
	}
	if o.Redact {
		if p.result.Beside, err = writeAggregates(ctx, src, p, dest); err != nil {
			return nil, writeError(dest, err)
		}
		p.result.Notes = append(p.result.Notes, besideName(filepath.Base(dest), "key")+" names the people behind the pseudonyms of the other tables: keep it, and do not send it along")
	}
	return p.result, nil
}

// WriteZip is [Write] as a zip to w. Nothing is written to w before the pack is whole. Nothing can be written beside a
// stream, so a redacted pack comes without its pseudonymised tables.
func WriteZip(ctx context.Context, src Source, o Options, w io.Writer, sign Sign) (*Result, error) {
	p, err := build(ctx, src, o, "", sign)
	if err != nil {
		return nil, writeError(toStream, err)
	}
	defer p.spool.Close()
	out := bufio.NewWriterSize(w, 1<<18)
	if err = writeZip(&cancelWriter{ctx, out}, p.spool); err == nil {
		err = out.Flush()
	}
	if err != nil {
		return nil, writeError(toStream, err)
	}
	return p.result, nil
}

func vacant(dest string) error {
	if _, err := os.Lstat(dest); err == nil {
		return review.Errorf(review.KindExists, "%s is already there", review.Quote(dest)).
			WithHint("an export never overwrites: choose another name, or remove it first")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return writeError(dest, err)
	}
	return nil
}

func writeError(dest string, err error) error {
	var known *review.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), review.KindOf(err) == review.KindCancelled:
		return &review.Error{Kind: review.KindCancelled, Message: "the export was cancelled; nothing was written", Hint: "run it again when you are ready", Err: err}
	case errors.As(err, &known):
		return known
	}
	hint := "check that the folder can be written and has room; nothing was left behind"
	if dest == toStream {
		hint = "what was written so far is no pack; send it to a place that has room"
	} else {
		dest = review.Quote(dest)
	}
	words := err.Error()
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		words = failed.Err.Error() // the name of a temporary file says nothing to anybody
	}
	return &review.Error{Kind: review.KindIO, Message: dest + " cannot be written: " + review.Safe(words), Hint: hint, Err: err}
}

// toStream is where a pack goes that has no name.
const toStream = "the pack"

// built is a pack that is whole, in its spool.
type built struct {
	spool  *spool
	pack   *Pack
	book   *book
	sel    *selection
	result *Result
}

// build makes the whole pack in a spool in dir.
func build(ctx context.Context, src Source, o Options, dir string, sign Sign) (_ *built, err error) {
	lists := eager{src}
	head, err := src.Head(ctx)
	if err != nil {
		return nil, err
	}
	survey, err := surveyLedger(ctx, lists, head)
	if err != nil {
		return nil, err
	}
	sel, err := choose(ctx, lists, survey, head, o)
	if err != nil {
		return nil, err
	}
	sp, err := newSpool(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			sp.Close()
		}
	}()
	c := &copier{src: src, sel: sel, survey: survey, spool: sp, head: head, shown: map[string][]ledger.Hash{},
		tick: newTicker(o.Progress, "copying the ledger", head.Size, "entries")}
	if err := c.all(ctx); err != nil {
		return nil, err
	}
	p := &built{spool: sp, sel: sel}
	if p.pack, err = newPack(sp); err != nil {
		return nil, err
	}
	if p.book, err = readBook(ctx, p.pack); err != nil {
		return nil, err
	}
	if err := p.book.offer(o.Controls); err != nil {
		return nil, err
	}
	d := &deriver{p: p, o: o, tick: newTicker(o.Progress, "writing tables", 0, "files"), notes: &sel.notes}
	if err := d.all(ctx); err != nil {
		return nil, err
	}
	p.pack, p.book = nil, nil // what follows needs the files alone, and as much memory again
	manifest, err := signManifest(ctx, p, sign)
	if err != nil {
		return nil, err
	}
	p.result = &Result{Manifest: manifest, Files: int64(len(sp.files)), Bytes: sp.at, Log: sel.stmt.Log, Size: head.Size,
		Root: head.Root.Base64(), View: sel.stmt.View, Window: [2]string{string(sel.stmt.WindowStart), string(sel.stmt.WindowEnd)},
		AsOf: string(sel.stmt.AsOf), Campaigns: sel.stmt.Campaigns, Disclosure: sel.stmt.Disclosure,
		Decisions: c.counted.decisions, Withheld: c.counted.withheld, Notes: sel.notes}
	for _, s := range sel.samples {
		p.result.Samples = append(p.result.Samples, s.item.String())
	}
	return p, nil
}

// offer takes controls for the campaigns whose policy names none: those given at export, and for a SOC 2 view without
// any all of the catalogue's.
func (b *book) offer(texts []string) error {
	view := b.pack.stmt.View
	if len(texts) == 0 && viewFramework(view) == "soc2" {
		texts = []string{"soc2"}
	}
	controls, err := review.ParseControls(texts)
	if err != nil {
		return err
	}
	for _, c := range b.view {
		if _, own := c.declared(view); !own {
			b.controls = append(b.controls, c.controlRows(controls, view)...)
		}
	}
	return nil
}

// signManifest lists every file, has the list signed, and holds the signature against the pack's own roster.
func signManifest(ctx context.Context, p *built, sign Sign) (ledger.Hash, error) {
	list, size := p.spool.list(), 0
	for _, f := range list {
		size += 2*len(f.sum) + 2 + len(f.name) + 1
	}
	manifest := make([]byte, 0, size)
	for _, f := range list {
		manifest = hex.AppendEncode(manifest, f.sum[:])
		manifest = append(manifest, "  "+f.name+"\n"...)
	}
	armored, err := sign(ctx, namespaceExport, manifest)
	if err != nil {
		return ledger.Hash{}, err
	}
	roster, err := read(p.spool, fileSigners, coreFileLimit)
	if err != nil {
		return ledger.Hash{}, err
	}
	if _, err := judgeManifest(manifest, armored, roster, &p.sel.stmt); err != nil {
		return ledger.Hash{}, review.Errorf(review.KindKey, "the signature on the manifest would not be accepted: %s", plainWords(err)).
			WithHint("sign with the key that was named, and see that the roster lets %s export: tickmark key list", review.Safe(p.sel.stmt.Exporter))
	}
	err = errors.Join(p.spool.add(fileManifest, manifest), p.spool.add(fileManifestSig, armored))
	return ledger.Sum(manifest), err
}

// judgeManifest checks the exporter's signature against a roster (3). It gives the signing key's line.
func judgeManifest(manifest, armored, roster []byte, stmt *ledger.Pack) (*ledger.Signature, error) {
	sig, err := ledger.VerifySSHSig(namespaceExport, manifest, armored)
	if err != nil {
		return nil, err
	}
	if sig.Fingerprint() != stmt.Key {
		return sig, &ledger.Failure{Code: ledger.CodeKey, Index: ledger.NoIndex, File: fileManifestSig, Words: "the manifest is signed by " + sig.Fingerprint() + ", pack.txt names " + stmt.Key}
	}
	file, err := ledger.ParseRosterFile(roster)
	if err != nil {
		return sig, err
	}
	_, err = file.Allow(stmt.Exporter, sig.PublicKey, namespaceExport, endOfDay(stmt.AsOf))
	return sig, err
}
