package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// copier writes the signed part of a pack: bytes of the ledger and of the documents its entries name, as they are.
type copier struct {
	src     Source
	sel     *selection
	survey  *survey
	spool   *spool
	head    ledger.Head
	nodes   ledger.Nodes
	proven  []int64                  // indexes of disclosed decisions
	shown   map[string][]ledger.Hash // per campaign, what was shown for its disclosed decisions, in ledger order
	index   bytes.Buffer             // bundles/index.txt
	named   []ledger.Hash            // evidence files that disclosed records name
	tick    *ticker
	counted struct{ decisions, withheld int64 }
}

func (c *copier) all(ctx context.Context) error {
	if err := inTurn(ctx, c.trust, c.entries, c.proofs); err != nil {
		return err
	}
	beside, err := c.spool.beside()
	if err != nil {
		return err
	}
	facts := meanwhile(func() error { return c.facts(ctx, beside) })
	rest := inTurn(ctx, c.imports, c.campaigns, c.evidence, c.statement)
	if err := errors.Join(rest, facts.wait()); err != nil {
		return err
	}
	return c.spool.joined()
}

// inTurn takes steps one after the other.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lists is the source where lists are asked for.
func (c *copier) lists() eager { return eager{c.src} }

func (c *copier) statement(context.Context) error {
	text, err := ledger.Format(&c.sel.stmt)
	if err != nil {
		return review.Errorf(review.KindInternal, "the pack statement cannot be written: %s", plainWords(err))
	}
	return c.spool.add(filePack, text)
}

// file copies a file that a statement names, which must be there and have the digest.
func (c *copier) file(ctx context.Context, name string, sha256 ledger.Hash) ([]byte, error) {
	b, err := c.src.File(ctx, sha256)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, review.Errorf(review.KindRefused, "the database no longer has the file %s that its ledger names for %s", sha256, name).
				WithHint("run `tickmark verify` on the database")
		}
		return nil, err
	}
	if ledger.Sum(b) != sha256 {
		return nil, review.Errorf(review.KindRefused, "a file in the database is not the one its ledger names (%s for %s)", sha256, name).
			WithHint("run `tickmark verify` on the database")
	}
	return b, c.spool.add(name, b)
}

// trust copies rosters and the note key.
func (c *copier) trust(ctx context.Context) error {
	if len(c.survey.rosters) == 0 {
		return review.Errorf(review.KindRefused, "the ledger has no roster").WithHint("enrol a key first: tickmark key enrol")
	}
	for i, r := range c.survey.rosters {
		b, err := c.file(ctx, rosterFile(r.index), r.v.SignersSHA256)
		if err != nil {
			return err
		}
		if !r.v.RevokedSHA256.IsZero() {
			if _, err := c.file(ctx, revokedFile(r.index), r.v.RevokedSHA256); err != nil {
				return err
			}
		}
		if i+1 < len(c.survey.rosters) {
			continue
		}
		parsed, err := ledger.ParseRosterFile(b)
		if err != nil {
			return review.Errorf(review.KindRefused, "the newest roster cannot be read: %s", plainWords(err)).WithHint("run `tickmark verify` on the database")
		}
		asOf := endOfDay(c.sel.stmt.AsOf)
		if _, err := parsed.AllowFingerprint(c.sel.stmt.Exporter, c.sel.stmt.Key, namespaceExport, asOf); err != nil && !c.certificate(parsed) {
			return review.Errorf(review.KindNotAllowed, "%s may not sign an export with this key on %s: %s", review.Safe(c.sel.stmt.Exporter), c.sel.stmt.AsOf, plainWords(err)).
				WithHint("a roster that gives the key the role export is needed: tickmark key enrol --roles export,...")
		}
		if err := errors.Join(c.spool.add(fileSigners, b), c.spool.add(fileNoDates, parsed.FormatNoDates())); err != nil {
			return err
		}
	}
	return c.spool.add(fileVKey, []byte(c.src.VKey()+"\n"))
}

// certificate reports whether the exporter may sign with certificates; then only the signature itself shows the key.
func (c *copier) certificate(r *ledger.RosterFile) bool {
	return slices.ContainsFunc(r.LinesOf(c.sel.stmt.Exporter), func(l ledger.RosterLine) bool { return l.CertAuthority })
}

// entries copies the ledger: entries that may be shown, the leaf hashes of all, and each signed entry split for
// ssh-keygen with the records it covers.
func (c *copier) entries(ctx context.Context) error {
	var index int64 = -1
	held, whole := int64(0), true // of the records before the next bundle
	for t, err := range c.lists().Entries(ctx, 0, c.head.Size) {
		if err != nil {
			return err
		}
		if index++; index%1024 == 0 {
			c.tick.at(index)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if t.Bytes == nil {
			c.nodes.Append(t.Leaf)
			c.counted.withheld++
			held, whole = held+1, false
			continue
		}
		c.nodes.Append(ledger.LeafHash(t.Bytes))
		kind := ledger.KindOf(t.Bytes)
		if kind.IsRecord() {
			held++
			if !c.sel.shows(t.Bytes) {
				c.counted.withheld++
				whole = false
				continue
			}
			if held == 1 {
				c.spool.enclose()
			}
			if err := c.record(index, kind, t.Bytes); err != nil {
				return err
			}
		}
		if c.spool.around != nil && !kind.IsRecord() {
			name := ""
			if kind == ledger.KindBundle && whole {
				name = recordsFile(index)
			}
			c.spool.enclosed(name)
		}
		at := c.spool.at
		if err := c.spool.add(entryFile(index), t.Bytes); err != nil {
			return err
		}
		if !kind.IsSigned() {
			continue
		}
		if err := c.signed(index, at, kind, t.Bytes); err != nil {
			return err
		}
		if kind == ledger.KindBundle {
			held, whole = 0, true
		}
	}
	if got := c.nodes.Head(); got != c.head {
		return review.Errorf(review.KindRefused, "the entries of the database give the head %s, it should be %s", got, c.head).
			WithHint("run `tickmark verify` on the database")
	}
	leaves := make([]ledger.Hash, c.head.Size)
	for i := range leaves {
		leaves[i] = c.nodes.Leaf(int64(i))
	}
	return errors.Join(c.spool.add(fileLeafHashes, ledger.FormatHashes(leaves)), c.spool.add(fileBundleIndex, c.index.Bytes()))
}

// record remembers what a disclosed record needs beside it.
func (c *copier) record(index int64, kind ledger.Kind, text []byte) error {
	if h, ok := evidenceNamed(kind, text); ok && c.sel.evidence {
		c.named = append(c.named, h)
	}
	if kind != ledger.KindDecision {
		return nil
	}
	c.proven = append(c.proven, index)
	campaign := field(text, "campaign")
	if !c.sel.inView[campaign] {
		return nil
	}
	c.counted.decisions++
	h, err := ledger.ParseSHA(field(text, "shown-sha256"))
	if err == nil {
		c.shown[campaign] = append(c.shown[campaign], h)
	}
	return nil
}

// signed splits a signed entry and lists it.
func (c *copier) signed(index, at int64, kind ledger.Kind, entry []byte) error {
	v, statement, armored, err := ledger.ParseEntry(entry)
	sig := ledger.SigOf(v)
	if err != nil || sig == nil {
		return review.Errorf(review.KindRefused, "entry %d of the ledger is damaged", index).WithHint("run `tickmark verify` on the database")
	}
	c.index.WriteString(indexLine(index, kind, ledger.NamespaceOf(v), sig))
	c.spool.part(statementFile(index), at, statement)
	c.spool.part(signatureFile(index), at+int64(len(statement)), armored)
	return nil
}

// indexLine is a line of bundles/index.txt.
func indexLine(index int64, kind ledger.Kind, namespace string, sig *ledger.Sig) string {
	return fmt.Sprintf("%s %s %s %s %s\n", number(index), kind, namespace, sig.Signer, sig.Time.UTC().Format("20060102150405Z"))
}

// proofs proves every disclosed decision, and every head that was given to someone outside.
func (c *copier) proofs(ctx context.Context) error {
	note, err := c.src.Checkpoint(ctx, c.head.Size)
	if err != nil {
		return review.Errorf(review.KindRefused, "there is no signed note of the head of %d entries: %s", c.head.Size, plainWords(err)).
			WithHint("the note key is the file <database>.logkey; with it `tickmark ledger checkpoint` makes the note")
	}
	if err := c.spool.add(fileCheckpoint, note); err != nil {
		return err
	}
	if c.spool.prover, err = ledger.NewProver(&c.nodes, c.head.Size, note); err != nil {
		return err
	}
	for _, i := range c.proven {
		c.spool.proof(i)
	}
	if err := c.tokens(ctx); err != nil {
		return err
	}
	kept, err := c.src.Checkpoints(ctx)
	if err != nil {
		return err
	}
	for _, size := range kept {
		if size < 1 || size >= c.head.Size || !slices.ContainsFunc(c.survey.anchors, func(a indexed[*ledger.Anchor]) bool { return a.v.Size == size }) {
			continue
		}
		earlier, err := c.src.Checkpoint(ctx, size)
		if err != nil {
			return err
		}
		hashes, err := c.nodes.ProveConsistency(size, c.head.Size)
		if err != nil {
			return err
		}
		if err := errors.Join(c.spool.add(headFile(size), earlier), c.spool.add(consistencyFile(size, c.head.Size), ledger.FormatHashes(hashes))); err != nil {
			return err
		}
	}
	return nil
}

// tokens copies the outside time proofs of anchors that are kept.
func (c *copier) tokens(ctx context.Context) error {
	for _, a := range c.survey.anchors {
		if a.v.TokenSHA256.IsZero() {
			continue
		}
		b, err := c.src.File(ctx, a.v.TokenSHA256)
		if errors.Is(err, fs.ErrNotExist) {
			c.sel.notes = append(c.sel.notes, fmt.Sprintf("the token of anchor %d is not in the pack: it was not kept", a.index))
			continue
		}
		if err != nil {
			return err
		}
		if err := c.spool.add(tokenFile(a.index), b); err != nil {
			return err
		}
	}
	return nil
}

// list copies texts that may be shown, and the leaf hashes of all.
func (c *copier) list(ctx context.Context, texts iter.Seq2[Text, error], names [2]string, root ledger.Hash, shows func([]byte) bool) error {
	f := c.spool.create(names[0])
	var leaves []ledger.Hash
	var size int64
	for t, err := range texts {
		if err != nil {
			f.done()
			return err
		}
		if len(leaves)%4096 == 0 && ctx.Err() != nil {
			f.done()
			return ctx.Err()
		}
		if t.Bytes == nil {
			leaves = append(leaves, t.Leaf)
			continue
		}
		leaves = append(leaves, ledger.LeafHash(t.Bytes))
		if !shows(t.Bytes) {
			continue
		}
		size += int64(len(t.Bytes))
		if _, err := f.Write(t.Bytes); err != nil {
			f.done()
			return err
		}
	}
	if size > 0 || len(leaves) == 0 {
		f.done()
	} else {
		f.drop()
	}
	if ledger.Root(leaves) != root {
		return review.Errorf(review.KindRefused, "the texts of %s in the database do not give the root that was signed", names[0]).
			WithHint("run `tickmark verify` on the database")
	}
	return c.spool.add(names[1], ledger.FormatHashes(leaves))
}

// imports copies rows, rejects, mappings and originals.
func (c *copier) imports(ctx context.Context) error {
	for _, i := range c.survey.imports {
		names := [2]string{importFile(i.index, "rows.txt"), importFile(i.index, "leafhashes.txt")}
		err := c.list(ctx, c.lists().Rows(ctx, i.index), names, i.v.ItemsRoot, func(row []byte) bool { return c.sel.showsRow(i.index, row) })
		if err != nil {
			return err
		}
		if c.sel.imports != nil && !c.sel.imports[i.index] {
			continue
		}
		if !i.v.RejectsSHA256.IsZero() {
			if _, err := c.file(ctx, importFile(i.index, "rejects.csv"), i.v.RejectsSHA256); err != nil {
				return err
			}
		}
		if !i.v.MappingSHA256.IsZero() {
			if _, err := c.file(ctx, importFile(i.index, "mapping.txt"), i.v.MappingSHA256); err != nil {
				return err
			}
		}
		if err := c.original(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// original copies a raw export, if it may be in the pack.
func (c *copier) original(ctx context.Context, i indexed[*ledger.Import]) error {
	if !c.sel.originals {
		return nil
	}
	r, err := c.src.Original(ctx, i.index)
	if errors.Is(err, fs.ErrNotExist) {
		c.sel.notes = append(c.sel.notes, fmt.Sprintf("the raw file of import %d is not in the pack: it was not kept, or secrets were dropped from it", i.index))
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	name := importFile(i.index, "original")
	f := c.spool.create(name)
	_, err = io.Copy(f, r)
	if sum := f.done(); err == nil && sum != i.v.FileSHA256 {
		err = review.Errorf(review.KindRefused, "the raw file kept for import %d is not the one that was imported", i.index).WithHint("export without originals")
	}
	return err
}

// campaigns copies population, first assignments, policy and rules of the campaigns in view.
func (c *copier) campaigns(ctx context.Context) error {
	for _, id := range c.sel.stmt.Campaigns {
		stmt := c.survey.byID[id].stmt
		shows := func(text []byte) bool { return c.sel.showsItem(field(text, "item")) }
		names := [2]string{campaignFile(id, "members.txt"), campaignFile(id, "members.leafhashes.txt")}
		if err := c.list(ctx, c.lists().Members(ctx, id), names, stmt.PopulationRoot, shows); err != nil {
			return err
		}
		names = [2]string{campaignFile(id, "assignments.txt"), campaignFile(id, "assignments.leafhashes.txt")}
		if err := c.list(ctx, c.lists().Assignments(ctx, id), names, stmt.AssignmentsRoot, shows); err != nil {
			return err
		}
		if _, err := c.file(ctx, campaignFile(id, "policy.txt"), stmt.PolicySHA256); err != nil {
			return err
		}
		if _, err := c.file(ctx, campaignFile(id, "rules.txt"), stmt.RulesSHA256); err != nil {
			return err
		}
	}
	return nil
}

// facts copies what was shown for each disclosed decision of the campaigns in view.
func (c *copier) facts(ctx context.Context, to *spool) error {
	for _, id := range c.sel.stmt.Campaigns {
		if len(c.shown[id]) == 0 {
			continue
		}
		f := to.create(campaignFile(id, "facts.txt"))
		if err := c.factsOf(ctx, id, f); err != nil {
			return err
		}
		f.done()
	}
	return nil
}

func (c *copier) factsOf(ctx context.Context, id string, w io.Writer) error {
	for some := range slices.Chunk(c.shown[id], factsAtOnce) {
		texts, err := c.src.Facts(ctx, some)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		for _, h := range some {
			b := texts[h]
			if b == nil || ledger.Sum(b) != h {
				return review.Errorf(review.KindRefused, "the database no longer has what was shown for a decision of campaign %s", review.Safe(id)).
					WithHint("run `tickmark verify` on the database")
			}
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}
