package desk

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// trail follows an item through the pack: the row of the export, its place in the population and in the draw, the
// decisions, and what became of them. Each step names entries, keys, hashes and files, so that it can be checked by hand. The files must be locked.
func (p *Pack) trail(ctx context.Context, c *packReview, i int) ([]review.Step, error) {
	it := &c.items[i]
	t := packTrail{p: p}
	t.add("export", "%s", p.exportWords(it.Import))
	if row := c.source[i]; row.locator == "" {
		t.add("row", "%d of import %d: the pack does not hold its text", it.Row, it.Import)
	} else {
		t.add("row", "%d of import %d, at %s; leaf hash %s in %s", it.Row, it.Import, ledger.Display(row.locator), row.leaf.Base64(), p.importFile(it.Import, "rows.txt"))
	}
	t.add("population", "member %d of %d, fixed by root %s in entry %d, signed %s by %s; leaf hash %s", it.Ord, c.size, c.stmt.PopulationRoot.Base64(), c.state.Index,
		packMinute(c.stmt.Time), c.stmt.Signer, c.leaves[it.Ord-1].Base64())
	t.sample(c, it, c.ids[i])
	history := c.state.History(c.ids[i])
	for _, d := range history {
		v, err := p.decision(ctx, d.Index)
		if err != nil {
			return t.steps, err
		}
		if v != nil {
			t.decision(d, v)
		}
	}
	if len(history) == 0 {
		t.add("decision", "%s", p.undecidedWords(c))
	}
	return t.steps, nil
}

type packTrail struct {
	p     *Pack
	steps []review.Step
}

func (t *packTrail) add(label, format string, args ...any) {
	t.steps = append(t.steps, review.Step{Label: label, Text: fmt.Sprintf(format, args...)})
}

func (t *packTrail) sample(c *packReview, it *review.Item, id ledger.Hash) {
	page, ok := t.p.pack.Dossier(string(c.name), id)
	switch {
	case it.Sample != "" && t.p.stmt.SampleSize > 0:
		t.add("sample", "number %s of %d in the draw with the seed “%s”", strings.TrimPrefix(it.Sample, "#"), t.p.stmt.SampleSize, ledger.Display(t.p.stmt.SampleSeed))
	case ok:
		t.add("sample", "drawn, or asked for by name: the page about it says which")
	}
	if ok {
		t.add("dossier", "%s", page)
	}
}

// undecidedWords says that the pack holds no decision on an item: the item is open, or the record might be withheld.
func (p *Pack) undecidedWords(c *packReview) string {
	if n := c.state.Withheld(ledger.ActDecision); n > 0 && c.withheld() == 0 {
		return fmt.Sprintf("none is disclosed, and %d decisions of the campaign are withheld", n)
	}
	return "none: the item is open"
}

func (t *packTrail) decision(d ledger.DecisionState, v *ledger.Decision) {
	words := fmt.Sprintf("entry %d: %s", d.Index, review.InWords(string(v.Verdict)))
	for _, x := range []struct{ name, text string }{{"give instead", v.Replace}, {"effective", string(v.Effective)}, {"until", string(v.Until)}, {"owner", v.Owner},
		{"control", v.Control}, {"reason", v.Reason}} {
		if x.text != "" {
			words += fmt.Sprintf("; %s %s", x.name, ledger.Display(x.text))
		}
	}
	if d.SupersededBy != 0 {
		words += fmt.Sprintf("; superseded by entry %d", d.SupersededBy)
	}
	t.add("decision", "%s", words)
	t.add("looked at", "%s; what was shown is %s", lookedWords(v), v.ShownSHA256)
	t.signed(d.Index, d.Bundle)
	if r := t.p.replay.Revoke(d.Index); r != nil {
		t.removal(r)
	}
	if x := t.p.replay.Exception(d.Index); x != nil {
		for _, k := range x.Closures {
			t.closure(k)
		}
	}
}

func lookedWords(d *ledger.Decision) string {
	words := "its detail was not opened"
	if d.Opened {
		words = "its detail was open"
	}
	if d.Bulk {
		words += ", decided in bulk"
	}
	return words
}

// signed says who signed a record, with which key, in which bundle, and which files prove it.
func (t *packTrail) signed(record int64, b *ledger.BundleState) {
	actor := ""
	if b.Bundle.Actor != b.Bundle.Signer {
		actor = " for " + b.Bundle.Actor
	}
	t.add("signed by", "%s%s on %s, via %s, with key %s", b.Bundle.Signer, actor, packMinute(b.Bundle.Time), b.Bundle.Via, b.Bundle.Key)
	t.add("bundle", "entry %d, %d %s (%s): %s", b.Index, b.Bundle.Records, plural(b.Bundle.Records, "record", "records"), saidTally(b.Bundle.Tally), strings.Join(t.p.bundleFiles(b.Index), ", "))
	t.add("leaf hash", "%s", t.p.leaves[record].Base64())
	t.add("proof", "%s", t.p.proofWords(record))
}

// bundleFiles names the statement of a bundle, its signature and its records as ssh-keygen and sha256sum take them.
func (p *Pack) bundleFiles(index int64) []string {
	var out []string
	for _, name := range p.pack.FilesOf(index) {
		if strings.HasPrefix(name, "bundles/") {
			out = append(out, name)
		}
	}
	return out
}

// proofWords names the file that proves an entry under the head, or says what does instead.
func (p *Pack) proofWords(index int64) string {
	for _, name := range p.pack.FilesOf(index) {
		if path.Ext(name) == ".tlog-proof" {
			return fmt.Sprintf("%s, that it is under the head of size %d", name, p.stmt.Size)
		}
	}
	return fmt.Sprintf("line %d of log/leafhashes.txt, whose root is that of the head", index+1)
}

// removal says what became of a revoke, and which import shows it.
func (t *packTrail) removal(r *ledger.RevokeState) {
	for _, s := range r.Records {
		t.add("removal", "entry %d: %s", s.Index, t.p.remedyWords(s.Record))
		if s.Record.Import != 0 {
			t.add("shown by", "%s", t.p.exportWords(review.ImportID(s.Record.Import)))
			t.add("", "%s", t.p.absenceWords(s.Record))
		}
		t.signed(s.Index, s.Bundle)
	}
	if len(r.Records) == 0 {
		t.add("removal", "open: nothing is recorded of it, and no import is named that shows the access gone")
	}
}

func (p *Pack) remedyWords(v *ledger.Remediation) string {
	words := review.InWords(string(revokeState(v.State)))
	if v.Ticket != "" {
		words += ", ticket " + ledger.Display(v.Ticket)
	}
	if !v.Done.IsZero() {
		words += ", done " + packMinute(v.Done)
	}
	if v.Note != "" {
		words += ": " + ledger.Display(v.Note)
	}
	if v.State == ledger.StateClaimed {
		words += " (a claim; only a later import shows it)"
	}
	return words
}

// absenceWords says how far the pack alone shows what a remediation record states of an import.
func (p *Pack) absenceWords(v *ledger.Remediation) string {
	n := p.rows[v.Import]
	rows := p.importFile(review.ImportID(v.Import), "rows.txt")
	switch {
	case v.State != ledger.StateGone:
		return fmt.Sprintf("the signed record says that the grant is among its %d rows", n.all)
	case n.all == 0:
		return "the import has no rows at all"
	case n.withheld() == 0:
		return fmt.Sprintf("its %d rows are all in %s, and the grant is not among them", n.all, rows)
	}
	return fmt.Sprintf("%d of its %d rows are withheld: that the grant is not among them rests on the signed record", n.withheld(), n.all)
}

func (t *packTrail) closure(k ledger.ClosureState) {
	words := fmt.Sprintf("entry %d: %s", k.Index, k.Closure.Outcome)
	for _, x := range []struct{ name, text string }{{"until", string(k.Closure.Until)}, {"owner", k.Closure.Owner}, {"control", k.Closure.Control}, {"reason", k.Closure.Reason}} {
		if x.text != "" {
			words += fmt.Sprintf("; %s %s", x.name, ledger.Display(x.text))
		}
	}
	if !k.Closure.EvidenceSHA256.IsZero() {
		words += "; evidence " + k.Closure.EvidenceSHA256.String()
	}
	t.add("exception", "%s", words)
	t.signed(k.Index, k.Bundle)
}

// exportWords says of an import which file it read, when and by whom that was taken.
func (p *Pack) exportWords(id review.ImportID) string {
	imp := p.importAt(id)
	if imp == nil {
		return fmt.Sprintf("the pack has no import %d", id)
	}
	by := ""
	if imp.ExtractedBy != "" {
		by = " by " + ledger.Display(imp.ExtractedBy)
	}
	taken := "at a time not stated"
	if !imp.Extracted.IsZero() {
		taken = packMinute(imp.Extracted)
	}
	return fmt.Sprintf("%s, source %s, taken %s%s, %s; import %d, file %s", ledger.Display(imp.FileName), imp.Source, taken, by, imp.Completeness, id, imp.FileSHA256)
}

// importFile names a file of an import in the pack; its folder where the pack does not hold the file.
func (p *Pack) importFile(id review.ImportID, base string) string {
	folder := fmt.Sprintf("import %d", id)
	for _, name := range p.pack.FilesOfImport(int64(id)) {
		if path.Base(name) == base {
			return name
		}
		folder = path.Dir(name)
	}
	return folder
}

// packMinute is how times stand in sentences.
func packMinute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
