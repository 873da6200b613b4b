package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tickmark/importers"
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
	if err := checkExported(o.ExportedAt, d.Now()); err != nil {
		return review.ImportReport{File: review.Safe(path)}, err
	}
	in, done, err := openInput(path)
	if err != nil {
		return review.ImportReport{File: review.Safe(path)}, err
	}
	defer done()
	opts := importers.Options{Scratch: newScratch, InMemory: d.o.InMemory, ImportOptions: o, Now: d.Now(), Progress: progress, Profile: d.profile(ctx)}
	probe, err := d.probe(ctx, in, opts)
	if err != nil {
		return refused(probe, err)
	}
	src, err := d.sourceOf(ctx, in.Name, o, probe)
	if err != nil {
		return refused(probe, err)
	}
	if o, err = d.repeated(ctx, o, probe.HeaderHash); err != nil {
		return refused(probe, err)
	}
	opts.ImportOptions = o
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
		case review.KindCancelled:
			var e *review.Error
			errors.As(err, &e)
			return *rep, e.WithHint("%s Import %d is stored all the same; sign it with `tickmark sign --import %d`", e.Hint, rep.ID, rep.ID)
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
	if m, err := d.drifted(ctx, p.ID); err != nil || m.accounts > 0 {
		return nil, err // the same access, but of other people by now
	}
	rep := p.ImportReport
	rep.State = stateUnchanged
	rep.Notes = []string{fmt.Sprintf("this file is import %d already; nothing was stored", p.ID)}
	return &rep, nil
}

// load reads the file into the store and publishes it, unsigned.
func (d *Desk) load(ctx context.Context, in importers.Input, opts importers.Options, s source, print string) (rep *review.ImportReport, err error) {
	people, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	l, err := d.db.BeginImport(ctx, store.ImportStart{Source: s.id, System: s.system, IdentityOf: people.ledgerIdentity, ReviewAccounts: opts.ReviewAccounts, Fingerprint: print, InMemory: d.o.InMemory})
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
	rep.AccountRows, rep.LedgerIdent, rep.ItemsRoot = loaded.AccountRows, loaded.Identities, loaded.ItemsRoot.Base64()
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
	if err := d.unmatched(ctx, rep); err != nil {
		return rep, err
	}
	if err := d.compareContent(ctx, rep, s.previous); err != nil {
		return rep, err
	}
	return rep, d.saveProfile(ctx, rep, opts.ImportOptions, s)
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
	var flags []review.Assign
	for _, f := range o.ContentFlags() {
		if profiled(f.Name) {
			flags = append(flags, f)
		}
	}
	return d.db.SaveProfile(ctx, store.Profile{Name: o.SaveProfile, HeaderHash: rep.HeaderHash, Format: rep.Format, Source: s.id, Mapping: rep.Mapping, Flags: flags})
}

// profiled reports a flag that a profile repeats: how dates of files with this header are written. What one file is about
// is said for each.
func profiled(flag string) bool { return flag == "date-order" || flag == "timezone" }

// repeated adds to the options what the profile of a header repeats and the person has not said otherwise.
func (d *Desk) repeated(ctx context.Context, o review.ImportOptions, header string) (review.ImportOptions, error) {
	if header == "" || len(o.Map) > 0 {
		return o, nil
	}
	p, ok, err := d.db.ProfileByHeader(ctx, header)
	if err != nil || !ok {
		return o, err
	}
	for _, f := range p.Flags {
		if profiled(f.Name) && (f.Name != "date-order" || o.DateOrder == "") && (f.Name != "timezone" || o.Timezone == "") {
			o.SetContentFlag(f)
		}
	}
	return o, nil
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

// parseMoment reads a flag that names a moment or a day.
func parseMoment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, strings.Replace(s, " ", "T", 1)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, review.Errorf(review.KindUsage, "%q is not a time", review.Safe(s)).WithHint("write 2026-11-20 or 2026-11-20T06:00:00Z")
}

// checkExported refuses a moment of export that cannot be read, or that has not come yet: removals are proven by it. A day
// ahead is some other time zone's today.
func checkExported(s string, now time.Time) error {
	at, err := parseMoment(s)
	switch {
	case err != nil:
		return review.Errorf(review.KindUsage, "--exported-at %s is not a time", review.Quote(s)).WithHint("write 2026-11-20 or 2026-11-20T06:00Z")
	case at.After(now.Add(24 * time.Hour)):
		return review.Errorf(review.KindUsage, "--exported-at %s has not come yet", review.Quote(s)).WithHint("write when the export was made, such as %s", now.UTC().Format(time.DateOnly))
	}
	return nil
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:n]), nil))
}
