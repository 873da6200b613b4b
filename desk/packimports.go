package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

// Imports lists what was read, newest first, as its signed statements say; numbers are ledger indexes. What changed since
// the import before is told where all rows of both are disclosed.
func (p *Pack) Imports(ctx context.Context) ([]review.ImportReport, error) {
	p.files.Lock()
	defer p.files.Unlock()
	if !p.mapped {
		for _, imp := range slices.Backward(p.replay.Imports()) {
			r, err := p.importReport(ctx, imp)
			if err != nil {
				return nil, err
			}
			p.reports = append(p.reports, r)
		}
		p.mapped = true
	}
	return slices.Clone(p.reports), nil
}

func (p *Pack) importReport(ctx context.Context, state *ledger.ImportState) (review.ImportReport, error) {
	s := state.Import
	r := review.ImportReport{File: s.FileName, Bytes: s.FileBytes, SHA256: strings.TrimPrefix(s.FileSHA256.String(), "sha256:"), Encoding: s.Encoding, Format: s.Format,
		System: s.System, RowsRead: s.RowsRead, RowsReject: s.RowsRejected, Accounts: s.Accounts, Identities: s.Identities, Grants: s.Grants,
		Complete: review.Completeness(s.Completeness), Completeness: review.Completeness(s.Completeness), ID: review.ImportID(state.Index), Source: review.SourceID(s.Source),
		State: stateSigned, ExportedAt: s.Extracted, Environment: s.Environment, ExportedBy: s.ExtractedBy, Query: s.Query, ImportedAt: s.Time,
		Previous: review.ImportID(s.Previous), Entry: review.EntryIndex(state.Index), ItemsRoot: s.ItemsRoot.Base64(), Warnings: []review.Warning{}}
	for _, t := range s.Totals {
		r.Totals = append(r.Totals, review.ControlTotal{Name: t.Name, Declared: t.Declared, Found: t.Found})
	}
	mapping, err := p.file(ctx, s.MappingSHA256, "the mapping of an import")
	if err != nil {
		return r, err
	}
	for line := range strings.Lines(string(mapping)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if raw, err := ledger.Unescape(value); err == nil {
			value = raw
		}
		switch flag, isFlag := strings.CutPrefix(name, "--"); {
		case !ok:
		case isFlag:
			r.Flags = append(r.Flags, review.Assign{Name: flag, Value: value})
		default:
			r.Mapping = append(r.Mapping, review.Assign{Name: name, Value: value})
		}
	}
	if n := p.rows[state.Index]; n.withheld() > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d rows are withheld in this pack", n.withheld(), n.all))
	}
	if files := p.pack.FilesOfImport(state.Index); len(files) > 0 {
		r.Notes = append(r.Notes, "in the pack: "+strings.Join(files, ", "))
	}
	r.Settled = p.settled(state.Index)
	if s.Previous == 0 {
		return r, nil
	}
	diff, _, err := p.diff(ctx, r.Previous, r.ID, 0)
	switch review.KindOf(err) {
	case review.KindRefused: // rows are withheld, which the note says
		return r, nil
	}
	if err == nil {
		r.Diff = &diff
	}
	return r, err
}

// settled counts what the remediation records of an import say; nil if none names it.
func (p *Pack) settled(index int64) *review.Settled {
	var s review.Settled
	found := false
	for _, r := range p.replay.Revokes() {
		for _, rec := range r.Records {
			if rec.Record.Import != index {
				continue
			}
			found = true
			switch rec.Record.State {
			case ledger.StateGone:
				s.Gone++
			case ledger.StateStillPresent:
				s.StillPresent++
			case ledger.StateCameBack:
				s.CameBack++
			}
		}
	}
	if !found {
		return nil
	}
	return &s
}

// file reads a file by its digest; nil where there is none or the pack does not hold it. The files must be locked.
func (p *Pack) file(ctx context.Context, sum ledger.Hash, what string) ([]byte, error) {
	if sum.IsZero() {
		return nil, nil
	}
	b, err := p.pack.File(ctx, sum)
	if err != nil {
		return nil, p.partial(ctx, err, what)
	}
	return b, nil
}

func (p *Pack) noImport(id review.ImportID) error {
	return review.Errorf(review.KindNotFound, "the pack has no import %d", id).WithHint("imports are numbered by the index of their entry, as the folders in imports/")
}

// Rejects gives the records of an import that were not taken, in file order, at most limit; 0: all. refused where the pack
// does not hold the list.
func (p *Pack) Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error) {
	imp := p.importAt(id)
	if imp == nil {
		return nil, p.noImport(id)
	}
	if imp.RowsRejected == 0 {
		return nil, nil
	}
	p.files.Lock()
	defer p.files.Unlock()
	file, err := p.file(ctx, imp.RejectsSHA256, "the rejects of an import")
	if err != nil {
		return nil, err
	}
	if file == nil {
		return nil, review.Errorf(review.KindRefused, "the list of the %d rejected records is withheld in this pack", imp.RowsRejected).
			WithHint("its SHA-256 is signed in entry %d; ask for a full pack", id)
	}
	list, err := evidence.Rejects(file)
	if err != nil {
		return nil, review.Errorf(review.KindIO, "the list of rejected records cannot be read").WithHint("ask the sender for the pack again")
	}
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, nil
}

// DiffImports compares the rows of two imports by grant key. from 0 is the import before to. refused where rows of one are
// withheld: their leaf hashes cannot be compared.
func (p *Pack) DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	now := p.importAt(to)
	if now == nil {
		return review.Diff{}, nil, p.noImport(to)
	}
	if from == 0 {
		if from = review.ImportID(now.Previous); from == 0 {
			return review.Diff{}, nil, review.Errorf(review.KindNotFound, "import %d is the first of %s", to, now.Source).WithHint("name two imports")
		}
	}
	if p.importAt(from) == nil {
		return review.Diff{}, nil, p.noImport(from)
	}
	p.files.Lock()
	defer p.files.Unlock()
	return p.diff(ctx, from, to, limit)
}

// diff gives the counts and up to limit lines: removed first, then added, then changed, each in file order.
func (p *Pack) diff(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error) {
	d := review.Diff{From: from, To: to}
	for _, id := range []review.ImportID{from, to} {
		if n := p.rows[int64(id)]; n.withheld() > 0 {
			return d, nil, review.Errorf(review.KindRefused, "%d of the %d rows of import %d are withheld, so what changed cannot be told from this pack", n.withheld(), n.all, id).
				WithHint("ask for a full pack")
		}
	}
	before := map[ledger.Hash]string{} // privilege
	err := p.eachRow(ctx, from, func(r *ledger.Row) { before[r.Grant] = r.Privilege })
	if err != nil {
		return d, nil, err
	}
	var added, changed, removed []review.DiffLine
	keep := func(list []review.DiffLine, word, detail string, r *ledger.Row) []review.DiffLine {
		if len(list) >= limit {
			return list
		}
		return append(list, review.DiffLine{Change: word, Key: review.GrantKey(r.Grant.String()), Account: r.Account, Entitlement: r.Entitlement, Resource: r.Resource, Detail: detail})
	}
	still := map[ledger.Hash]bool{}
	err = p.eachRow(ctx, to, func(r *ledger.Row) {
		was, known := before[r.Grant]
		still[r.Grant] = true
		switch {
		case !known:
			d.Added++
			added = keep(added, "added", "", r)
		case was != r.Privilege:
			d.Changed++
			changed = keep(changed, "changed", fmt.Sprintf("privilege: %s, was %s", r.Privilege, was), r)
		default:
			d.Unchanged++
		}
	})
	if err != nil {
		return d, nil, err
	}
	err = p.eachRow(ctx, from, func(r *ledger.Row) {
		if !still[r.Grant] {
			d.Removed++
			removed = keep(removed, "removed", "", r)
		}
	})
	d.Note = "by what row texts hold: grant and privilege"
	if c := p.importAt(to).Completeness; c != string(review.Full) && c != string(review.Scoped) {
		d.Note += fmt.Sprintf("; import %d is %s, so an absence proves little", to, c)
	}
	lines := slices.Concat(removed, added, changed)
	return d, lines[:min(len(lines), limit)], err
}

func (p *Pack) eachRow(ctx context.Context, id review.ImportID, fn func(*ledger.Row)) error {
	for t, err := range p.pack.Rows(ctx, int64(id)) {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // an import without rows
			}
			return review.Errorf(review.KindIO, "the rows of import %d cannot be read", id).WithHint("ask the sender for the pack again")
		}
		if stop := stopped(ctx); stop != nil {
			return stop
		}
		v, err := ledger.Parse(t.Bytes)
		if r, ok := v.(*ledger.Row); ok && err == nil {
			fn(r)
		}
	}
	return nil
}
