package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"

	"tickmark/desk"
	"tickmark/evidence"
	"tickmark/importers"
	"tickmark/ledger"
	"tickmark/review"
)

// reparseOriginal reads an export that a pack holds again, with the format and mapping its statement names, and yields
// the rows it makes, in order (rulings 36). What this build reads otherwise than the one that signed, or not at all, is an
// evidence.Unread.
func reparseOriginal(ctx context.Context, imp *ledger.Import, mapping []byte, original io.Reader) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		format, err := sameReading(imp.Format)
		if err != nil {
			yield(ledger.Row{}, err)
			return
		}
		file, err := spool(original)
		if err != nil {
			yield(ledger.Row{}, err)
			return
		}
		defer os.Remove(file)
		o := importers.Options{
			ImportOptions: review.ImportOptions{As: format, Encoding: imp.Encoding, System: imp.System, Source: review.SourceID(imp.Source)},
			Now:           imp.Sig.Time,
			Scratch:       desk.NewScratch,
		}
		if err := readMapping(&o.ImportOptions, mapping); err != nil {
			yield(ledger.Row{}, err)
			return
		}
		rows := &rowSink{imp: imp, yield: yield, accounts: newReparsedAccounts()}
		defer rows.accounts.close()
		in := importers.Input{Name: imp.FileName, Size: imp.FileBytes, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
		_, err = importers.Read(ctx, in, o, rows)
		if err == nil && rows.n < imp.Grants {
			err = rows.accountRows()
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(ledger.Row{}, err)
		}
	}
}

// sameReading gives the format that a statement names, which this build must have in the same version: another version
// may make other rows of the same file, and neither would be wrong.
func sameReading(stated string) (string, error) {
	id, _, _ := strings.Cut(stated, " ")
	have, known := importers.LookupFormat(id)
	if !known {
		return "", evidence.Unread("it was read as " + review.Quote(stated) + ", which this build does not know")
	}
	if label := review.FormatLabel(have.ID, have.Version); label != stated {
		return "", evidence.Unread("it was read as " + review.Quote(stated) + ", this build reads " + label)
	}
	return have.ID, nil
}

// errMapping: a mapping file says what no version of this build writes.
const errMapping = evidence.Unread("its mapping says what this build does not know")

// readMapping takes up the column map and the flags that an import states: field=column and --flag=value lines.
func readMapping(o *review.ImportOptions, mapping []byte) error {
	for line := range strings.Lines(string(mapping)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		raw, err := ledger.Unescape(value)
		if !ok || err != nil {
			return errMapping
		}
		flag, isFlag := strings.CutPrefix(name, "--")
		switch {
		case !isFlag:
			field, err := ledger.Unescape(name)
			if err != nil {
				return errMapping
			}
			o.Map = append(o.Map, review.Assign{Name: field, Value: raw})
		case !o.SetContentFlag(review.Assign{Name: flag, Value: raw}):
			return errMapping
		}
	}
	return nil
}

// spool copies a stream to a temporary file, because importers may read it twice.
func spool(r io.Reader) (string, error) {
	f, err := os.CreateTemp("", "tickmark-original-")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

// rowSink turns grants into row texts as the import made them (ledger.md 3.3).
type rowSink struct {
	imp      *ledger.Import
	yield    func(ledger.Row, error) bool
	n        int64
	accounts *reparsedAccounts
}

func (s *rowSink) Reset() error {
	if s.n > 0 {
		return evidence.Unread("its encoding shows only behind rows that were compared already")
	}
	s.accounts.close()
	return nil
}

// Account keeps what an account row would need: identities are no part of what is compared.
func (s *rowSink) Account(a *review.Account) error { return s.accounts.put(a) }

func (s *rowSink) Grant(g *review.Grant) error {
	kind, privilege := g.Kind, g.Entitlement.Privilege
	if kind == "" {
		kind = "grant"
	}
	if privilege == "" {
		privilege = review.UnknownPrivilege
	}
	s.n++
	row := ledger.Row{
		Log: s.imp.Log, Source: s.imp.Source, Row: s.n, Locator: g.Locator, Kind: kind,
		Account: ledger.LongID(g.Account), Entitlement: ledger.LongID(g.Entitlement.NativeID), Resource: ledger.LongID(g.Resource.NativeID),
		Path: ledger.LongID(g.Path), Privilege: string(privilege), RawSHA256: g.RawSHA256,
	}
	if !s.yield(row, nil) {
		return errEnough
	}
	return nil
}

// accountRows makes the rows of kind account, where the import has more rows than the file has grants (rulings 3).
func (s *rowSink) accountRows() error {
	return s.accounts.each(func(a *review.Account) error {
		return s.Grant(&review.Grant{Kind: "account", Account: a.NativeID, Locator: a.Locator, RawSHA256: a.RawSHA256})
	})
}

func (s *rowSink) Entitlement(*review.Entitlement, string) error { return nil }
func (s *rowSink) Worker(*review.Worker) error                   { return nil }
func (s *rowSink) SoDRule(*review.SoDRule) error                 { return nil }
func (s *rowSink) Link(*review.Link) error                       { return nil }
func (s *rowSink) Ownership(*review.Ownership) error             { return nil }
func (s *rowSink) Usage(*review.Usage) error                     { return nil }
func (s *rowSink) Evidence(*review.Evidence) error               { return nil }
func (s *rowSink) Reject(review.Reject) error                    { return nil }

var _ importers.Sink = (*rowSink)(nil)
