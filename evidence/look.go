package evidence

import (
	"bytes"
	"io"
	"strconv"

	"tickmark/ledger"
	"tickmark/review"
)

// What a reader of a pack wants to name beside the texts themselves: the files they lie in, and the controls the pack is
// evidence for.

// FilesOf names the files that an entry lies in, in the order of their names: its text, the statement and signature as
// ssh-keygen takes them, the records of a bundle, the proof that it is under the head.
func (p *Pack) FilesOf(entry int64) []string {
	return p.present(dirBundles+number(entry)+".txt", signatureFile(entry), recordsFile(entry), entryFile(entry), proofFile(entry))
}

// FilesOfImport names the files of the import whose statement is an entry: its rows, their leaf hashes, mapping and
// rejects, the raw file.
func (p *Pack) FilesOfImport(entry int64) []string {
	var names []string
	for _, f := range under(p.fsys.list(), importFile(entry, "")) {
		names = append(names, f.name)
	}
	return names
}

// Dossier names the page about an item that was drawn or asked for; ok is false if the pack has none.
func (p *Pack) Dossier(campaign string, item ledger.Hash) (name string, ok bool) {
	name = dossierFile(campaign, item)
	_, ok = find(p.fsys.list(), name)
	return name, ok
}

func (p *Pack) present(names ...string) []string {
	var out []string
	for _, n := range names {
		if _, ok := find(p.fsys.list(), n); ok {
			out = append(out, n)
		}
	}
	return out
}

// Support says that the pack holds evidence of a campaign for a control.
type Support struct {
	review.Control
	Campaign string
}

// Supports reads controls.csv. Rows that name no control of the catalogue are left out: Verify reports them.
func (p *Pack) Supports() ([]Support, error) {
	f, ok := find(p.fsys.list(), tableFile("controls"))
	if !ok {
		return nil, nil
	}
	c, err := p.fsys.open(f)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows := newCSVReader(c)
	var out []Support
	for {
		cells, err := rows.next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if len(cells) != 5 {
			return out, errCSV
		}
		if control, ok := catalogued(unguard(cells[0]), unguard(cells[1]), unguard(cells[2]), unguard(cells[4])); ok {
			out = append(out, Support{control, unguard(cells[3])})
		}
	}
}

// Rejects reads the rejects file of an import, as File gives it: line, column and reason of every record that was not
// taken (1). Texts are in display form.
func Rejects(file []byte) ([]review.Reject, error) {
	rows := newCSVReader(bytes.NewReader(file))
	var out []review.Reject
	for first := true; ; first = false {
		cells, err := rows.next()
		switch {
		case err == io.EOF:
			return out, nil
		case err != nil:
			return out, err
		case len(cells) != 3:
			return out, errCSV
		case first:
			continue
		}
		line, err := strconv.ParseInt(unguard(cells[0]), 10, 64)
		if err != nil {
			return out, errCSV
		}
		out = append(out, review.Reject{Line: line, Column: unguard(cells[1]), Reason: unguard(cells[2])})
	}
}
