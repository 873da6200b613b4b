package evidence

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"tickmark/ledger"
)

// dossiers writes one page per sampled item: from the export row to the decision to the removal.
func (d *deriver) dossiers(ctx context.Context) error {
	records, err := d.p.book.recordsOf(ctx, d.p.sel.samples)
	if err != nil {
		return err
	}
	for _, s := range d.p.sel.samples {
		c := d.p.book.byID[s.campaign]
		if c == nil || c.item(s.item) == nil {
			continue
		}
		name := dossierFile(s.campaign, s.item)
		if err := d.write(name, func(w io.Writer) error {
			return writeDossier(ctx, d.p.book, w, c, c.item(s.item), s, d.p.sel.seed, records[s.item])
		}); err != nil {
			return err
		}
		d.p.book.samples++
	}
	return nil
}

func dossierFile(campaign string, item ledger.Hash) string {
	return "samples/" + campaign + "/" + strings.TrimPrefix(item.String(), "sha256:") + ".html"
}

func writeDossier(ctx context.Context, b *book, w io.Writer, c *campaign, it *item, s drawnItem, seed string, records []int64) error {
	p := &page{ctx: ctx, b: b, w: bufio.NewWriter(w), up: "../../"}
	row, err := b.row(it.imp, it.row)
	if err != nil {
		return err
	}
	if row == nil {
		row = &ledger.Row{}
	}
	grant := ""
	if list, err := b.pack.memberList(c.stmt.Campaign); err == nil {
		if grant, err = b.grantOf(list, it); err != nil {
			return err
		}
	}
	p.head("Item " + s.item.String())
	p.put("<header class=\"cover\">\n<p class=\"kicker\">Dossier of one item</p>\n<h1>%s: %s</h1>\n<p class=\"lead\">Campaign %s. ", show(row.Account), held2(row.Entitlement, row.Kind), c.stmt.Campaign)
	if s.rank > 0 {
		p.put("Number %d in the draw with the seed “%s”.", s.rank, show(seed))
	} else {
		p.put("Asked for by name.")
	}
	p.put("</p>\n</header>\n<main>\n<p>%s · item <code>%s</code> · grant <code>%s</code></p>\n", p.link(filePage, "Back to the report"), it.id.String(), grant)
	p.dossierRow(it, row)
	p.dossierPopulation(c, it)
	p.history(records)
	p.put("</main>\n<footer>From %s, as of %s.</footer>\n</body>\n</html>\n", b.pack.stmt.Log, b.pack.stmt.AsOf)
	p.fail(p.w.Flush())
	return p.err
}

// dossierRow is where the item comes from.
func (p *page) dossierRow(it *item, row *ledger.Row) {
	p.put("<h2>1. The row of the export</h2>\n<dl class=\"facts\">\n")
	if imp := p.b.importAt(it.imp); imp != nil {
		p.put("<dt>Export</dt><dd>%s, source %s, %s</dd>\n<dt>Taken</dt><dd>%s by %s, %s</dd>\n<dt>SHA-256 of the file</dt><dd><code>%s</code></dd>\n", show(imp.FileName), imp.Source, show(imp.System),
			orWords(minute(imp.Extracted), "not stated"), orWords(show(imp.ExtractedBy), "not stated"), imp.Completeness, imp.FileSHA256.String())
	}
	p.put("<dt>Import</dt><dd>entry %s, row %d, at %s</dd>\n", p.entryLink(it.imp), it.row, show(row.Locator))
	for _, f := range [...][2]string{{"Account", show(row.Account)}, {"Identity", show(row.Identity)}, {"Entitlement", show(row.Entitlement)}, {"Resource", show(row.Resource)}, {"Path", show(row.Path)}, {"Privilege", row.Privilege}} {
		if f[1] != "" {
			p.put("<dt>%s</dt><dd>%s</dd>\n", f[0], f[1])
		}
	}
	p.put("</dl>\n")
}

// dossierPopulation is how the item came to be reviewed, and by whom.
func (p *page) dossierPopulation(c *campaign, it *item) {
	p.put("<h2>2. In the population</h2>\n<p>Member %d of %s, fixed by root <code>%s</code> in entry %s on %s UTC. Assigned to %s.</p>\n", it.leaf+1, grouped(c.stmt.Items), c.stmt.PopulationRoot.Base64(), p.entryLink(c.index), minute(c.stmt.Time), orWords(p.b.nameOf(it.reviewer), "nobody"))
}

// recordsOf finds the records about sampled items, in one pass over the ledger for all of them. Item ids name their campaign.
func (b *book) recordsOf(ctx context.Context, samples []drawnItem) (map[ledger.Hash][]int64, error) {
	found := make(map[ledger.Hash][]int64, len(samples))
	if len(samples) == 0 {
		return found, nil
	}
	for _, s := range samples {
		found[s.item] = nil
	}
	index := int64(-1)
	for t, err := range b.pack.entries(ctx, 0, b.entries) {
		if err != nil {
			return nil, err
		}
		index++
		if t.Bytes == nil || !ledger.KindOf(t.Bytes).IsRecord() || b.bundleOf(index) == nil {
			continue
		}
		if h, err := ledger.ParseSHA(field(t.Bytes, "item")); err == nil {
			if of, sampled := found[h]; sampled {
				found[h] = append(of, index)
			}
		}
	}
	return found, nil
}

// history goes through the records about the item in ledger order.
func (p *page) history(records []int64) {
	p.put("<h2>3. What was decided, and what became of it</h2>\n")
	for _, index := range records {
		text, err := p.b.pack.entry(index)
		p.fail(err)
		if v, _, _, err := ledger.ParseEntry(text); err == nil {
			p.record(index, p.b.bundleOf(index), v)
		}
	}
	if len(records) == 0 {
		p.put("<p>No decision was made. The item is open.</p>\n")
	}
}

func (p *page) record(index int64, e *bundle, v any) {
	signed := escaped(fmt.Sprintf("Signed on %s UTC by %s via %s, entry ", minute(e.time), e.signer, e.via)) + p.entryLink(e.index) +
		escaped(", key ") + "<code>" + escaped(e.key) + "</code>"
	if e.actor != e.signer {
		signed += escaped(" for " + e.actor)
	}
	facts := func(pairs ...string) {
		p.put("<dl class=\"facts\">\n")
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				p.put("<dt>%s</dt><dd>%s</dd>\n", pairs[i], pairs[i+1])
			}
		}
		p.put("<dt>Record</dt><dd>entry %s", p.entryLink(index))
		if p.has(proofFile(index)) {
			p.put(", %s", p.link(proofFile(index), "proof that it is under the head"))
		}
		p.put("</dd>\n<dt>Signature</dt><dd>%s</dd>\n</dl>\n", signed)
	}
	switch v := v.(type) {
	case *ledger.Decision:
		p.put("<h3>Decision %s</h3>\n", mark(v.Verdict))
		facts("Reason", show(v.Reason), "Give instead", show(v.Replace), "Effective", string(v.Effective), "Until", string(v.Until), "Owner", show(v.Owner), "Control", show(v.Control),
			"Reviewer", v.Reviewer, "Detail on screen", yesNo(v.Opened), "One of several at once", yesNo(v.Bulk), "Replaces decision", ref(v.Supersedes))
		p.onScreen(v)
	case *ledger.Reassign:
		p.put("<h3>Reassigned</h3>\n")
		facts("From", v.From, "To", v.To, "Until", string(v.Until), "Reason", show(v.Reason), "Manager", v.Manager)
	case *ledger.Closure:
		p.put("<h3>Exception %s</h3>\n", mark(v.Outcome))
		facts("Until", string(v.Until), "Owner", show(v.Owner), "Control", show(v.Control), "Reason", show(v.Reason), "SHA-256 of the evidence", sha(v.EvidenceSHA256), "Manager", v.Manager)
	case *ledger.Remediation:
		p.put("<h3>Revoke: %s</h3>\n", mark(v.State))
		proof := ""
		if v.Import != 0 {
			proof = fmt.Sprintf("import %d", v.Import)
			if imp := p.b.importAt(v.Import); imp != nil {
				proof += ", taken " + minute(imp.Extracted)
			}
		}
		facts("Ticket", show(v.Ticket), "Done", minute(v.Done), "Shown by", proof, "Note", show(v.Note), "Manager", v.Manager)
	}
}

// statedWords says what a source stated about a time; unknown is never shown as never.
func statedWords(stated string) string {
	switch stated {
	case "never":
		return "never, says the source"
	case "unknown":
		return "not known to the source"
	case "not-collected":
		return "not in the export"
	case "not-applicable":
		return "does not apply"
	}
	return strings.TrimPrefix(stated, "known ")
}

// onScreen shows the facts that the reviewer had before them.
func (p *page) onScreen(d *ledger.Decision) {
	f, err := p.b.facts(p.ctx, d.ShownSHA256)
	p.fail(err)
	if f == nil {
		return
	}
	heading := "On the reviewer's screen"
	if !d.Opened {
		heading = "Facts that were signed with the decision; its detail was not opened"
	}
	p.put("<h4>%s</h4>\n<dl class=\"facts\">\n", heading)
	for _, x := range [...][2]string{{"Entitlement", show(f.EntitlementName)}, {"Privilege", f.Privilege}, {"Account", f.AccountStatus}, {"Identity", join(show(f.Identity), f.IdentityKind, f.IdentityStatus)},
		{"Owner", show(f.Owner)}, {"Manager", show(f.Manager)}, {"Granted", join(statedWords(f.Granted), prefixedPlain("by ", show(f.GrantedBy)))}, {"Last used", statedWords(f.LastUsed)}, {"Expires", statedWords(f.Expires)},
		{"Last time", join(f.PreviousVerdict, prefixedPlain("decision ", ref(f.Previous)))}} {
		if x[1] != "" {
			p.put("<dt>%s</dt><dd>%s</dd>\n", x[0], x[1])
		}
	}
	p.put("</dl>\n")
	if len(f.Findings) > 0 {
		p.put("<ul>\n")
		for _, x := range f.Findings {
			p.put("<li>%s %s <small>rule %s, version %d</small></li>\n", mark(x.Severity), show(x.Text), x.Rule, x.Version)
		}
		p.put("</ul>\n")
	}
}
