package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickmark/importers"
	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// States of an import report.
const (
	stateDryRun    = "dry-run"
	statePending   = "pending" // stored, its statement not signed yet
	stateSigned    = "signed"
	stateUnchanged = "unchanged" // the same file with the same flags is in already (rulings 4)
	stateRefused   = "refused"
)

// ImportFile reads one export ("-" is standard input), stores it whole or not at all, and signs its statement if a key is
// at hand; else it stays pending and the report says how to sign. A refused file gives its report and an error of kind
// refused. With DryRun nothing is stored.
func (d *Desk) ImportFile(ctx context.Context, path string, o review.ImportOptions, progress func(review.Progress)) (review.ImportReport, error) {
	in, done, err := openInput(path)
	if err != nil {
		return review.ImportReport{File: review.Safe(path)}, err
	}
	defer done()
	opts := importers.Options{Scratch: newScratch, ImportOptions: o, Now: d.Now(), Progress: progress, Profile: d.profile(ctx)}
	probe, err := d.probe(ctx, in, opts)
	if err != nil {
		return refused(probe, err)
	}
	src, err := d.sourceOf(ctx, in.Name, o, probe)
	if err != nil {
		return refused(probe, err)
	}
	if opts.System == "" && strings.HasPrefix(probe.Format, "generic-") {
		opts.System = src.system // else every quarter's file name would be another system (rulings 2)
	}
	if o.DryRun {
		rep, err := importers.Read(ctx, in, opts, discard{})
		if err != nil {
			return refused(rep, err)
		}
		d.complete(rep, src, o)
		return rehearsed(rep, o)
	}
	print := fingerprint(o)
	if same, err := d.unchanged(ctx, in, src, print); err != nil {
		return *probe, err
	} else if same != nil && same.Entry == 0 {
		same.State, same.Notes = statePending, nil // whoever stored it could not sign, or was interrupted
		return d.signAndSettle(ctx, same)
	} else if same != nil {
		return *same, nil
	}
	rep, err := d.load(ctx, in, opts, src, print)
	if err != nil {
		return refused(rep, err)
	}
	d.forget()
	d.mu.Lock()
	d.cameIn[src.id] = true
	d.mu.Unlock()
	return d.signAndSettle(ctx, rep)
}

// rehearsed ends a dry run: what was declared beforehand is compared, and --strict holds.
func rehearsed(rep *review.ImportReport, o review.ImportOptions) (review.ImportReport, error) {
	rep.Totals = checkTotals(rep, o.Expect)
	if o.Strict {
		if err := strictly(rep); err != nil {
			return refused(rep, err)
		}
	}
	rep.State = stateDryRun
	return *rep, nil
}

// signAndSettle signs a published import if it can and lets it prove what it proves.
func (d *Desk) signAndSettle(ctx context.Context, rep *review.ImportReport) (review.ImportReport, error) {
	if _, err := d.SignImport(ctx, rep.ID); err != nil {
		switch review.KindOf(err) {
		case review.KindKey, review.KindNotAllowed, review.KindAgent, review.KindPassphrase:
			var e *review.Error
			errors.As(err, &e)
			rep.Notes = append(rep.Notes, fmt.Sprintf("stored, but not signed: %s. Sign it with `tickmark sign --import %d`", e.Message, rep.ID))
			return *rep, nil
		}
		return *rep, err
	}
	im, err := d.db.Import(ctx, rep.ID)
	if err != nil {
		return *rep, err
	}
	im.ImportReport.Rejects = rep.Rejects
	drafted, err := d.eventReview(ctx, &im)
	if drafted != "" {
		im.ImportReport.Notes = append(im.ImportReport.Notes, drafted)
	}
	return im.ImportReport, err
}

// fingerprint says with which flags a file was read, for the rule that the same file with the same flags is in already.
func fingerprint(o review.ImportOptions) string {
	o.DryRun, o.Strict, o.SaveProfile, o.MaxBytes, o.Expect = false, false, "", 0, nil
	b, err := json.Marshal(o)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// unchanged gives the report of the newest import of the source if this file would change nothing (rulings 4).
func (d *Desk) unchanged(ctx context.Context, in importers.Input, s source, print string) (*review.ImportReport, error) {
	p := s.previous
	if p == nil || p.Fingerprint != print || in.Size != p.Bytes {
		return nil, nil
	}
	sum, err := hashFile(in)
	if err != nil || sum != p.SHA256 {
		return nil, err
	}
	rep := p.ImportReport
	rep.State = stateUnchanged
	rep.Notes = []string{fmt.Sprintf("this file is import %d already; nothing was stored", p.ID)}
	return &rep, nil
}

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

// load reads the file into the store and publishes it, unsigned.
func (d *Desk) load(ctx context.Context, in importers.Input, opts importers.Options, s source, print string) (rep *review.ImportReport, err error) {
	people, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	l, err := d.db.BeginImport(ctx, store.ImportStart{Source: s.id, System: s.system, IdentityOf: people.ledgerIdentity, ReviewAccounts: opts.ReviewAccounts, Fingerprint: print})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Discard())
			var e *review.Error
			if errors.As(err, &e) {
				err = e
			}
		}
	}()
	if rep, err = importers.Read(ctx, in, opts, l); err != nil {
		return rep, err
	}
	loaded, err := l.Finish()
	if err != nil {
		return rep, err
	}
	d.complete(rep, s, opts.ImportOptions)
	if abs, err := filepath.Abs(in.Name); err == nil && in.Name != stdinName {
		rep.Path = abs
	}
	rep.AccountRows, rep.LedgerIdent = loaded.AccountRows, loaded.Identities
	rep.Totals = checkTotals(rep, opts.Expect)
	if err := d.compareCounts(rep, s.previous); err != nil {
		return rep, err
	}
	if opts.Strict {
		if err := strictly(rep); err != nil {
			return rep, err
		}
	}
	if s.previous != nil {
		rep.Previous = s.previous.ID
	}
	if rep.ID, err = l.Publish(ctx, *rep); err != nil {
		return rep, err
	}
	if err := d.compareContent(ctx, rep, s.previous); err != nil {
		return rep, err
	}
	return rep, d.saveProfile(ctx, rep, opts.ImportOptions, s)
}

// complete fills what the file itself could not say.
func (d *Desk) complete(rep *review.ImportReport, s source, o review.ImportOptions) {
	rep.Source, rep.System, rep.Instance = s.id, s.system, s.instance
	rep.ImportedAt = d.Now()
	rep.State = statePending
	rep.ExportedBy, rep.Query, rep.Environment = o.ExportedBy, o.Query, o.Environment
	rep.Flags = o.ContentFlags()
	rep.Completeness = rep.Complete
	if rep.Complete != review.Truncated && o.Completeness != "" {
		rep.Completeness = o.Completeness
	}
	if t, err := parseMoment(o.ExportedAt); err == nil && !t.IsZero() {
		rep.ExportedAt, rep.ExportedFrom = t, "flag"
	}
	if s.alike {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("it has the columns of %s and is taken as its next export; if it is another system, import it with --source NAME", s.id)})
	}
	if s.beside != "" {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("%s holds imports of another format, so this file is taken as a second export of the same system, named %s, and replaces nothing; if it is to replace them, import it with --source %s", s.beside, s.id, s.beside)})
	}
	rep.Warnings = append(rep.Warnings, s.stale(rep)...)
	if s.guessed {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "source-guessed", Count: 1, First: string(s.id), Text: fmt.Sprintf("the file does not say which system it is from; it was named %s after the file. Name it with --source", s.id)})
	}
}

// checkTotals compares control totals declared beforehand with what was found.
func checkTotals(rep *review.ImportReport, declared []review.ControlTotal) []review.ControlTotal {
	var out []review.ControlTotal
	for _, t := range declared {
		switch t.Name {
		case "rows":
			t.Found = rep.RowsRead
		case "accounts":
			t.Found = rep.Accounts
		case "grants":
			t.Found = rep.Grants
		case "identities":
			t.Found = rep.Identities
		}
		if t.Found != t.Declared {
			rep.Warnings = append(rep.Warnings, review.Warning{Keyword: "control-total-differs", Count: 1, First: t.Name, Serious: true,
				Text: fmt.Sprintf("%d %s were declared beforehand and %d were found; ask whoever made the export", t.Declared, t.Name, t.Found)})
		}
		out = append(out, t)
	}
	return out
}

// compareCounts warns when an export shrank or grew much (trap 46, rulings 11).
func (d *Desk) compareCounts(rep *review.ImportReport, prev *store.Import) error {
	if prev == nil || prev.Rows == 0 {
		return nil
	}
	now, before := rep.Grants+rep.AccountRows, prev.Rows
	if diff := now - before; diff*diff*100*100 > before*before*30*30 {
		rep.Warnings = append(rep.Warnings, review.Warning{Keyword: keywordCounts, Count: 1, First: fmt.Sprintf("%d -> %d", before, now),
			Text: fmt.Sprintf("%d grants now, %d in import %d; check that the export is whole", now, before, prev.ID)})
	}
	return nil
}

const keywordCounts = "row-count-change"

// compareContent notes what changed since the import before.
func (d *Desk) compareContent(ctx context.Context, rep *review.ImportReport, prev *store.Import) error {
	if prev == nil {
		return nil
	}
	diff, _, err := d.db.Diff(ctx, prev.ID, rep.ID, 0)
	if err != nil {
		return err
	}
	if diff.Removed > 0 && rep.Completeness != review.Full && rep.Completeness != review.Scoped {
		diff.Note = "this import does not claim to be complete, so an absence proves nothing"
	}
	rep.Diff = &diff
	if diff.Added+diff.Removed+diff.Changed == 0 && rep.Rejects == nil && (diff.Unchanged > 0 || rep.SHA256 == prev.SHA256) { // a roster has no grants to compare
		rep.Notes = append(rep.Notes, fmt.Sprintf("content unchanged since import %d", prev.ID))
	}
	return d.db.Write(ctx, func(tx *store.Tx) error { return tx.UpdateImport(rep.ID, *rep) })
}

func strictly(rep *review.ImportReport) error {
	for _, w := range rep.Warnings {
		if w.Serious {
			return review.Errorf(review.KindRefused, "--strict refuses a file with the warning %s (%d, first at %s)", w.Keyword, w.Count, review.Safe(w.First)).
				WithHint("mend the export, or import it without --strict").WithReason(w.Keyword)
		}
	}
	return nil
}

// SignImport signs the statement of a pending import.
func (d *Desk) SignImport(ctx context.Context, id review.ImportID) (review.Receipt, error) {
	if err := d.mustSign(); err != nil {
		return review.Receipt{}, err
	}
	im, err := d.db.Import(ctx, id)
	if err != nil {
		return review.Receipt{}, err
	}
	if im.Entry != 0 {
		return review.Receipt{}, review.Errorf(review.KindConflict, "import %d is signed already, as entry %d", id, im.Entry).WithHint("`tickmark ledger show %d`", im.Entry)
	}
	var proven settlement
	done, err := d.sign(ctx, signedAct{
		prepare: func(ctx context.Context, seen ledger.Head, _ time.Time) (_ []any, _ any, err error) {
			if proven, err = d.settle(ctx, &im); err != nil {
				return nil, nil, err
			}
			st, err := d.importStatement(ctx, &im, seen)
			return nil, st, err
		},
		stillGood: always,
		within: func(tx *store.Tx, _, entry int64) error {
			if err := tx.MarkImportSigned(id, review.EntryIndex(entry)); err != nil {
				return err
			}
			return proven.stage(tx, &im, review.EntryIndex(entry))
		},
	})
	return done.receipt, err
}

// importStatement is ledger.md 3.3 for a stored import, for a signer who has seen a head.
func (d *Desk) importStatement(ctx context.Context, im *store.Import, seen ledger.Head) (*ledger.Import, error) {
	sum, err := hex.DecodeString(im.SHA256)
	if err != nil || len(sum) != len(ledger.Hash{}) {
		return nil, internal("the import has no digest", err)
	}
	st := &ledger.Import{
		Log: d.log, Source: string(im.Source), System: im.System, Environment: "unknown", Format: fmt.Sprintf("%s %d", im.Format, max(1, im.FormatVer)),
		FileName: filepath.Base(im.File), FileSHA256: ledger.Hash(sum), FileBytes: im.Bytes, Encoding: firstOf(im.Encoding, "utf-8"),
		ExtractedBy: im.ExportedBy, Query: cut(im.Query, 8192), Completeness: string(im.Completeness),
		RowsRead: im.RowsRead, RowsAccepted: im.RowsRead - im.RowsReject, RowsRejected: im.RowsReject,
		Grants: im.Rows, Accounts: im.ImportReport.Accounts, Identities: im.LedgerIdent, ItemsRoot: im.ItemsRoot, RejectsSHA256: im.RejectsSHA256,
	}
	if im.Environment != "" {
		st.Environment = im.Environment
	}
	if im.ExportedFrom == "flag" || im.ExportedFrom == "file" {
		st.Extracted = im.ExportedAt.UTC().Truncate(time.Second)
	}
	if len(im.Mapping)+len(im.Flags) > 0 {
		if st.MappingSHA256, err = d.db.PutFile(ctx, mappingText(im.Mapping, im.Flags)); err != nil {
			return nil, err
		}
	}
	for _, t := range im.Totals {
		st.Totals = append(st.Totals, ledger.Total{Name: t.Name, Declared: t.Declared, Found: t.Found})
	}
	prev, err := d.db.ImportBefore(ctx, im.Source, review.EntryIndex(seen.Size))
	switch {
	case err == nil:
		st.Previous = int64(prev.Entry)
	case review.KindOf(err) != review.KindNotFound:
		return nil, err
	}
	return st, nil
}

// mappingText is the column map as packs show it: sorted field=column lines (rulings 34), and beside them a line
// --flag=value for each flag that changes what the file says.
func mappingText(m, flags []review.Assign) []byte {
	var lines []string
	for _, a := range m {
		lines = append(lines, ledger.Escape(a.Name)+"="+ledger.Escape(a.Value)+"\n")
	}
	for _, f := range flags {
		lines = append(lines, "--"+f.Name+"="+ledger.Escape(f.Value)+"\n")
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}

func (d *Desk) profile(ctx context.Context) func(string) ([]review.Assign, bool) {
	return func(header string) ([]review.Assign, bool) {
		p, ok, err := d.db.ProfileByHeader(ctx, header)
		return p.Mapping, ok && err == nil
	}
}

func (d *Desk) saveProfile(ctx context.Context, rep *review.ImportReport, o review.ImportOptions, s source) error {
	if o.SaveProfile == "" {
		return nil
	}
	return d.db.SaveProfile(ctx, store.Profile{Name: o.SaveProfile, HeaderHash: rep.HeaderHash, Format: rep.Format, Source: s.id, Mapping: rep.Mapping, Flags: append(slices.Clone(o.Split), o.Const...)})
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

// refused gives the report of a file that was not stored, with the reason in it.
func refused(rep *review.ImportReport, err error) (review.ImportReport, error) {
	if rep == nil {
		rep = &review.ImportReport{}
	}
	var e *review.Error
	if errors.As(err, &e) && e.Kind == review.KindRefused {
		rep.State = stateRefused
		rep.Reason, rep.Message, rep.Hint = firstOf(rep.Reason, e.Reason), e.Message, e.Hint
	}
	return *rep, err
}

// Import gives one import with its report.
func (d *Desk) Import(ctx context.Context, id review.ImportID) (review.ImportReport, error) {
	im, err := d.db.Import(ctx, id)
	return im.ImportReport, err
}

// Imports lists what was read, newest first.
func (d *Desk) Imports(ctx context.Context) ([]review.ImportReport, error) {
	all, err := d.db.Imports(ctx)
	out := make([]review.ImportReport, len(all))
	for i := range all {
		out[i] = all[i].ImportReport
	}
	return out, err
}

// Rejects gives an import's rejected records in file order.
func (d *Desk) Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	return d.db.Rejects(ctx, id, limit)
}

// DiffImports compares two imports by grant key. from 0 is the import before to.
func (d *Desk) DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	if from == 0 {
		im, err := d.db.Import(ctx, to)
		if err != nil {
			return review.Diff{}, nil, err
		}
		if from = im.Previous; from == 0 {
			return review.Diff{}, nil, review.Errorf(review.KindNotFound, "import %d is the first of %s", to, im.Source).WithHint("name two imports")
		}
	}
	return d.db.Diff(ctx, from, to, limit)
}

// settingAccepted marks an import whose changed count somebody accepted (rulings 11).
func settingAccepted(id review.ImportID) string { return fmt.Sprintf("accepted-count-%d", id) }

// AcceptCount says that an import's changed number of grants is right.
func (d *Desk) AcceptCount(ctx context.Context, id review.ImportID) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	if _, err := d.db.Import(ctx, id); err != nil {
		return err
	}
	return d.db.SetSetting(ctx, "", settingAccepted(id), string(d.Me())+" "+stamp(d.Now()))
}

// parseMoment reads a flag that names a moment or a day.
func parseMoment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, review.Errorf(review.KindUsage, "%q is not a time", review.Safe(s)).WithHint("write 2026-11-20 or 2026-11-20T06:00:00Z")
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:n]), nil))
}
