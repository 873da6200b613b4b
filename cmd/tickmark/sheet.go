package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tickmark/review"
)

// sheetHeader is what `items --csv` writes. decide --from needs id and verdict and reads reason, until, owner, control,
// replace and effective; the rest is there for the person who fills the sheet in.
var sheetHeader = [...]string{"id", "verdict", "reason", "until", "owner", "control", "replace", "effective",
	"identity", "name", "kind", "status", "identity_owner", "system", "account", "entitlement", "entitlement_name", "resource",
	"privilege", "granted", "last_used", "findings", "change", "previous_verdict", "state", "reviewer", "blocked", "campaign"}

func (a *app) itemSheet(each func(func(*review.Item) error) error) error {
	s := newSheet(sheetWriter{a}, sheetHeader[:]...)
	err := each(func(it *review.Item) error {
		// Spreadsheets and terminals show these cells: they hold the display form, as every table does.
		s.row(string(it.ID), verdictWord(it), review.Safe(it.Reason), it.Until, review.Safe(it.Answers), review.Safe(it.Control), review.Safe(it.Replace), it.Effective,
			review.Safe(it.Identity), review.Safe(it.Name), string(it.Kind), it.Status, review.Safe(it.Owner),
			review.Safe(it.System), review.Safe(it.Account), review.Safe(it.Entitlement), review.Safe(it.EntName), review.Safe(it.Resource),
			string(it.Privilege), stated(it.Granted), stated(it.LastUsed), findingWords(it.Findings),
			string(it.Change), string(it.PrevVerdict), string(it.State), string(it.Reviewer), review.Safe(it.Blocked), string(it.Campaign))
		return a.broken
	})
	if err != nil {
		return err
	}
	return s.close()
}

// sheetRow is one filled-in line.
type sheetRow struct {
	line  int
	id    string
	draft review.Draft
}

// readSheet reads a sheet that was filled in, also as spreadsheets save it: with a byte order mark, in Windows-1252,
// with semicolons or tabs. Rows without a verdict are left out.
func readSheet(file string) ([]sheetRow, error) {
	var b []byte
	var err error
	if file == "-" {
		b, err = io.ReadAll(os.Stdin)
	} else {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, review.Errorf(review.KindNotFound, "the sheet %s cannot be read", review.Safe(file)).
			WithHint("`tickmark items --csv > sheet.csv` writes one")
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		if b, err = charmap.Windows1252.NewDecoder().Bytes(b); err != nil {
			return nil, usage("%s is not text", review.Safe(file)).WithHint("save the sheet as CSV UTF-8")
		}
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = sheetComma(b)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, usage("%s is empty or is not CSV", review.Safe(file)).WithHint("`tickmark items --csv > sheet.csv` writes a sheet")
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	if !slices.Contains(head, "id") || !slices.Contains(head, "verdict") {
		return nil, usage("%s has no columns id and verdict", review.Safe(file)).WithHint("keep the header line that `tickmark items --csv` wrote")
	}
	var rows []sheetRow
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				return nil, usage("%s:%d:%d: %s", review.Safe(file), pe.Line, pe.Column, pe.Err.Error()).WithHint("mend the quotes in that line")
			}
			return nil, err
		}
		line, _ := r.FieldPos(0)
		cell := func(name string) string {
			if i := slices.Index(head, name); i >= 0 && i < len(record) {
				return unguard(strings.TrimSpace(record[i]))
			}
			return ""
		}
		verdict := strings.ToLower(cell("verdict"))
		if verdict == "" || verdict == string(review.NoVerdict) {
			continue
		}
		rows = append(rows, sheetRow{line, cell("id"), review.Draft{
			Verdict: review.Verdict(verdict), Reason: cell("reason"), Replace: cell("replace"), Effective: cell("effective"),
			Until: cell("until"), Owner: cell("owner"), Control: cell("control"),
		}})
	}
}

// sheetComma finds the character between cells in the header line.
func sheetComma(b []byte) rune {
	head, _, _ := bytes.Cut(b, []byte("\n"))
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(head, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}
