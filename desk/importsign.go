package desk

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

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
		Log: d.log, Source: string(im.Source), System: im.System, Environment: "unknown", Format: im.ReadAs(),
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
