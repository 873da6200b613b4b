package store

import (
	"encoding/binary"

	"tickmark/ledger"
	"tickmark/review"
)

// projector keeps the projection: it takes the entries in order and changes the tables that follow from them. Append and
// Rebuild use the same one.
type projector struct {
	tx      *Tx
	records []*parsedEntry // not yet covered by a bundle
}

// apply takes the next entry.
func (p *projector) apply(e *parsedEntry) error {
	if e.kind.IsRecord() {
		p.records = append(p.records, e)
		return nil
	}
	sig := ledger.SigOf(e.value)
	if bundle, ok := e.value.(*ledger.Bundle); ok {
		if err := p.bundle(e, bundle); err != nil {
			return err
		}
	} else if len(p.records) > 0 {
		return refusedEntry(e, "records stand before it that no bundle covers")
	}
	if sig == nil {
		return nil
	}
	if err := p.statement(e, sig); err != nil {
		return err
	}
	switch v := e.value.(type) {
	case *ledger.Roster:
		_, err := p.tx.exec("INSERT INTO rosters (idx, version, signers, revoked) VALUES (?, ?, ?, ?)", e.index, v.Version, v.SignersSHA256[:], hashValue(v.RevokedSHA256))
		return err
	case *ledger.Signoff:
		_, err := p.tx.exec("INSERT INTO signoffs (idx, campaign, role, signer, items, decided, time) VALUES (?, ?, ?, ?, ?, ?, ?)",
			e.index, v.Campaign, v.Role, v.Signer, v.Items, v.Decided, seconds(v.Time))
		return err
	}
	return nil
}

// end says that no more entries come.
func (p *projector) end() error {
	if len(p.records) > 0 {
		return refusedEntry(p.records[0], "no bundle covers it")
	}
	return nil
}

// statement keeps the chain of the signer: a fork of one person's statements is impossible here.
func (p *projector) statement(e *parsedEntry, sig *ledger.Sig) error {
	chain, err := signerOf(p.tx.ctx, p.tx.tx, sig.Signer)
	if err != nil {
		return err
	}
	if sig.Seq != chain.Seq+1 || sig.Prev != chain.Prev {
		return refusedEntry(e, "it does not follow the signer's statement number %d", chain.Seq)
	}
	if sig.Seen.Size < 1 && e.index > 1 || sig.Seen.Size > e.index {
		return refusedEntry(e, "it says that the signer saw %d entries", sig.Seen.Size)
	}
	campaign, act, actor, records, elapsed := "", "", sig.Signer, int64(0), int64(0)
	switch v := e.value.(type) {
	case *ledger.Campaign:
		campaign = v.Campaign
	case *ledger.Signoff:
		campaign, act = v.Campaign, v.Role
	case *ledger.Bundle:
		campaign, act, actor, records, elapsed = v.Campaign, v.Act, v.Actor, v.Records, v.Elapsed
	}
	hash := ledger.Sum(e.statement)
	_, err = p.tx.exec(`INSERT INTO statements (idx, kind, campaign, act, actor, records, signer, key, via, seq, hash, time, elapsed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.index, string(e.kind), campaign, act, actor, records, sig.Signer, sig.Key, sig.Via,
		sig.Seq, hash[:], seconds(sig.Time), elapsed)
	return err
}

// bundle applies the records it covers.
func (p *projector) bundle(e *parsedEntry, b *ledger.Bundle) error {
	records := p.records
	p.records = nil
	if int64(len(records)) != b.Records || len(records) == 0 || records[0].index+b.Records != e.index {
		return refusedEntry(e, "it covers %d records and %d stand before it", b.Records, len(records))
	}
	for _, r := range records {
		if string(r.kind) != b.Act {
			return refusedEntry(r, "its bundle is of act %s", b.Act)
		}
		var err error
		switch v := r.value.(type) {
		case *ledger.Decision:
			err = p.decision(r, v, e.index)
		case *ledger.Reassign:
			err = p.reassign(r, v, e.index)
		case *ledger.Closure:
			err = p.closure(r, v, e.index)
		case *ledger.Remediation:
			err = p.remediation(r, v, e.index)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *projector) decision(e *parsedEntry, d *ledger.Decision, bundle int64) error {
	now, err := p.item(e, d.Campaign, d.Item)
	if err != nil {
		return err
	}
	if assigned, err := p.tx.word(now.id>>32, now.reviewer); err != nil {
		return err
	} else if assigned != d.Reviewer {
		return refusedEntry(e, "the item is assigned to %s, not to %s", assigned, d.Reviewer)
	}
	if now.decision != d.Supersedes {
		return refusedEntry(e, "the decision in force is entry %d, not %d", now.decision, d.Supersedes)
	}
	verdict := verdicts().code(review.Verdict(d.Verdict))
	if now.decision != 0 {
		if _, err := p.tx.exec("UPDATE decisions SET superseded_by = ? WHERE idx = ?", e.index, now.decision); err != nil {
			return err
		}
	}
	if _, err := p.tx.exec(`INSERT INTO decisions (idx, item, hash, grant_key, verdict, replace, effective, until, owner, control, reason, reviewer, opened, bulk, shown, bundle)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.index, now.id, d.Item[:], d.Grant[:], verdict, d.Replace, string(d.Effective),
		string(d.Until), d.Owner, d.Control, d.Reason, d.Reviewer, d.Opened, d.Bulk, d.ShownSHA256[:], bundle); err != nil {
		return err
	}
	next := now
	next.decision, next.signed = e.index, verdict
	if next.staged, err = p.tx.stagedVerdict(next, d.Reviewer); err != nil {
		return err
	}
	return p.tx.setNow(now, next)
}

func (p *projector) reassign(e *parsedEntry, r *ledger.Reassign, bundle int64) error {
	now, err := p.item(e, r.Campaign, r.Item)
	if err != nil {
		return err
	}
	if assigned, err := p.tx.word(now.id>>32, now.reviewer); err != nil {
		return err
	} else if assigned != r.From {
		return refusedEntry(e, "the item is assigned to %s, not to %s", assigned, r.From)
	}
	if _, err := p.tx.exec("INSERT INTO reassignments (idx, item, giver, taker, until, reason, manager, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		e.index, now.id, r.From, r.To, string(r.Until), r.Reason, r.Manager, bundle); err != nil {
		return err
	}
	next := now
	if next.reviewer, err = p.tx.wordFor(now.id>>32, wordReviewer, r.To); err != nil {
		return err
	}
	if next.staged, err = p.tx.stagedVerdict(next, r.To); err != nil {
		return err
	}
	return p.tx.setNow(now, next)
}

func (p *projector) closure(e *parsedEntry, c *ledger.Closure, bundle int64) error {
	if err := p.decisionIs(e, c.Exception, review.Except); err != nil {
		return err
	}
	var last int64
	var outcome string
	err := p.tx.row("SELECT idx, outcome FROM closures WHERE exception = ? ORDER BY idx DESC LIMIT 1", c.Exception).Scan(&last, &outcome)
	if err != nil && !isNoRows(err) {
		return err
	}
	if last != c.Previous || last != 0 && outcome != "renewed" {
		return refusedEntry(e, "the last closure of exception %d is entry %d %s", c.Exception, last, outcome)
	}
	_, err = p.tx.exec("INSERT INTO closures (idx, exception, outcome, until, owner, control, evidence, reason, manager, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.index, c.Exception, c.Outcome, string(c.Until), c.Owner, c.Control, hashValue(c.EvidenceSHA256), c.Reason, c.Manager, bundle)
	return err
}

func (p *projector) remediation(e *parsedEntry, r *ledger.Remediation, bundle int64) error {
	if err := p.decisionIs(e, r.Decision, review.Revoke); err != nil {
		return err
	}
	var done, imported any
	if !r.Done.IsZero() {
		done = seconds(r.Done)
	}
	if r.Import != 0 {
		imported = r.Import
	}
	_, err := p.tx.exec("INSERT INTO remediations (idx, decision, state, ticket, done, import, evidence, note, manager, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.index, r.Decision, r.State, r.Ticket, done, imported, hashValue(r.EvidenceSHA256), r.Note, r.Manager, bundle)
	return err
}

// decisionIs refuses a record about what is no decision of the verdict.
func (p *projector) decisionIs(e *parsedEntry, idx int64, verdict review.Verdict) error {
	var code int64
	err := p.tx.row("SELECT verdict FROM decisions WHERE idx = ?", idx).Scan(&code)
	if isNoRows(err) || err == nil && verdicts().word(code) != verdict {
		return refusedEntry(e, "entry %d is no %s", idx, verdict)
	}
	return err
}

func (p *projector) item(e *parsedEntry, campaign string, id ledger.Hash) (nowRow, error) {
	item, err := p.tx.findItem(id)
	if err != nil {
		return nowRow{}, err
	}
	if item == 0 {
		return nowRow{}, refusedEntry(e, "campaign %s has no item %s", campaign, id)
	}
	return p.tx.now(item)
}

// itemIDKey is what item_ids holds of an item id: the first 8 bytes as a number that keeps their order.
func itemIDKey(id ledger.Hash) int64 { return int64(binary.BigEndian.Uint64(id[:]) ^ 1<<63) }

// nowRow is a row of item_now.
type nowRow struct {
	id, reviewer, decision, signed, staged int64
}

func (n nowRow) verdict() int64 {
	if n.staged != 0 {
		return n.staged
	}
	return n.signed
}

func (tx *Tx) now(item int64) (nowRow, error) {
	n := nowRow{id: item}
	err := tx.row("SELECT reviewer, coalesce(decision, 0), signed, staged FROM item_now WHERE id = ?", item).
		Scan(&n.reviewer, &n.decision, &n.signed, &n.staged)
	return n, err
}

// setNow changes what holds for an item, and the counters with it.
func (tx *Tx) setNow(old, next nowRow) error {
	if old == next {
		return nil
	}
	var decision any
	if next.decision != 0 {
		decision = next.decision
	}
	if _, err := tx.exec("UPDATE item_now SET reviewer = ?, decision = ?, signed = ?, staged = ?, verdict = ? WHERE id = ?",
		next.reviewer, decision, next.signed, next.staged, next.verdict(), next.id); err != nil {
		return err
	}
	tx.count(old, -1)
	tx.count(next, 1)
	return nil
}

// refreshStaged brings what item_now says about staging in line with the staged rows.
func (tx *Tx) refreshStaged(item int64) error {
	now, err := tx.now(item)
	if err != nil {
		return err
	}
	reviewer, err := tx.word(item>>32, now.reviewer)
	if err != nil {
		return err
	}
	next := now
	if next.staged, err = tx.stagedVerdict(now, reviewer); err != nil {
		return err
	}
	return tx.setNow(now, next)
}

// stagedVerdict is the staged verdict that lists show: that of the reviewer, else, while nothing is signed, the newest of
// anybody; 0 if there is none.
func (tx *Tx) stagedVerdict(n nowRow, reviewer string) (int64, error) {
	var verdict int64
	err := tx.row("SELECT verdict FROM staged WHERE item = ?1 AND (by = ?2 OR ?3 = 0) ORDER BY by = ?2 DESC, id DESC LIMIT 1",
		n.id, reviewer, n.signed).Scan(&verdict)
	if isNoRows(err) {
		return 0, nil
	}
	return verdict, err
}

type tallyKey struct{ population, reviewer, signed, staged int64 }

func (tx *Tx) count(n nowRow, by int64) {
	if tx.tallies == nil {
		tx.tallies = map[tallyKey]int64{}
	}
	tx.tallies[tallyKey{n.id >> 32, n.reviewer, n.signed, n.staged}] += by
}

// writeTallies writes the counters that changed.
func (tx *Tx) writeTallies() error {
	for k, by := range tx.tallies {
		if by == 0 {
			continue
		}
		if _, err := tx.exec(`INSERT INTO tallies (population, reviewer, signed, staged, items) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (population, reviewer, signed, staged) DO UPDATE SET items = items + excluded.items`,
			k.population, k.reviewer, k.signed, k.staged, by); err != nil {
			return err
		}
	}
	if len(tx.tallies) > 0 {
		if _, err := tx.exec("DELETE FROM tallies WHERE items = 0"); err != nil {
			return err
		}
	}
	tx.tallies = nil
	return nil
}

// word gives a word of a population by its number.
func (tx *Tx) word(population, n int64) (string, error) {
	id := population<<32 | n
	if w, ok := tx.words[id]; ok {
		return w, nil
	}
	var w string
	if err := tx.row("SELECT text FROM words WHERE id = ?", id).Scan(&w); err != nil {
		return "", err
	}
	if tx.words == nil {
		tx.words = map[int64]string{}
	}
	tx.words[id] = w
	return w, nil
}

// wordFor gives the number of a word of a population, adding it if it is new.
func (tx *Tx) wordFor(population int64, sort int, text string) (int64, error) {
	var id int64
	err := tx.row("SELECT id FROM words WHERE population = ? AND sort = ? AND text = ? COLLATE BINARY", population, sort, text).Scan(&id)
	if isNoRows(err) {
		err = tx.row(`INSERT INTO words (id, population, sort, text, more, fold, risk, items)
			SELECT coalesce(max(id), ?1 << 32) + 1, ?1, ?2, ?3, '', ?4, 0, 0 FROM words WHERE id >= ?1 << 32 AND id < (?1 + 1) << 32 RETURNING id`,
			population, sort, text, fold(text)).Scan(&id)
	}
	return id & 0xffffffff, err
}
