package store

import (
	"context"
	"encoding/json"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// stagedRow is a row of staged, and what the undo log keeps of it.
type stagedRow struct {
	Draft      review.Draft
	Facts      ledger.Hash
	Supersedes int64
	At         int64
	Act        int64
}

// Stage makes verdicts of one person durable as one act of the undo log; an earlier staged verdict of the same person on
// the same item is replaced, unless seen knows its act not: then the item is left out and named in the outcome. words
// describe the act for Undo ("revoke on 3 items"). All or nothing else; not-found names an item that is not there.
func (db *DB) Stage(ctx context.Context, by review.Principal, words string, verdicts []StagedVerdict, seen Seen) (out StageOutcome, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		out = StageOutcome{}
		var log *actLog
		for i := range verdicts {
			v := &verdicts[i]
			item, hash, err := tx.itemByID(v.Item)
			if err != nil {
				return err
			}
			if ok, err := tx.unmoved(by, item, v.Item, seen, &out); err != nil {
				return err
			} else if !ok {
				continue
			}
			if log, err = tx.actOf(log, by, words, &out); err != nil {
				return err
			}
			at := v.At
			if at.IsZero() {
				at = db.opt.Now()
			}
			facts, err := tx.putFacts(v.Facts)
			if err != nil {
				return err
			}
			after := &stagedRow{Draft: v.Draft, Facts: facts, Supersedes: int64(v.Supersedes), At: millis(at), Act: log.id}
			if err := tx.changeStaged(log, by, item, hash, after); err != nil {
				return err
			}
			if out.Voided, err = tx.touchFrozen(by, item, 0, out.Voided); err != nil {
				return err
			}
			out.Changed++
		}
		return nil
	})
	return out, err
}

// actOf is the act a change belongs to: log, or a new one at the first change.
func (tx *Tx) actOf(log *actLog, by review.Principal, words string, out *StageOutcome) (*actLog, error) {
	if log != nil {
		return log, nil
	}
	log, err := tx.newAct(by, words)
	if err == nil {
		out.Act = log.id
	}
	return log, err
}

// Seen reports whether the act that staged an item's verdict is one that whoever replaces the verdict knows of. A false
// leaves the item out, an error gives up the whole. nil: any is.
type Seen func(item review.ItemID, act int64) (bool, error)

// unmoved reports whether what a person has staged on an item, if anything, may be replaced.
func (tx *Tx) unmoved(by review.Principal, item int64, id review.ItemID, seen Seen, out *StageOutcome) (bool, error) {
	if seen == nil {
		return true, nil
	}
	now, err := tx.stagedRow(by, item)
	if err != nil || now == nil {
		return err == nil, err
	}
	ok, err := seen(id, now.Act)
	if err == nil && !ok {
		out.Moved = append(out.Moved, MovedDraft{Item: id, Draft: now.Draft})
	}
	return ok, err
}

// Unstage takes staged verdicts of a person back, as one act that Undo can reverse. Items without one are ignored, and
// those are left out whose act seen does not know.
func (db *DB) Unstage(ctx context.Context, by review.Principal, words string, ids []review.ItemID, seen Seen) (out StageOutcome, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		out = StageOutcome{}
		var log *actLog
		for _, id := range ids {
			item, hash, err := tx.itemByID(id)
			if err != nil {
				return err
			}
			if old, err := tx.stagedRow(by, item); err != nil {
				return err
			} else if old == nil {
				continue
			}
			if ok, err := tx.unmoved(by, item, id, seen, &out); err != nil {
				return err
			} else if !ok {
				continue
			}
			if log, err = tx.actOf(log, by, words, &out); err != nil {
				return err
			}
			if err := tx.changeStaged(log, by, item, hash, nil); err != nil {
				return err
			}
			if out.Voided, err = tx.touchFrozen(by, item, 0, out.Voided); err != nil {
				return err
			}
			out.Changed++
		}
		return nil
	})
	return out, err
}

// changeStaged replaces the staged row of a person on an item by after, nil for none, and notes it in the undo log.
func (tx *Tx) changeStaged(log *actLog, by review.Principal, item int64, hash ledger.Hash, after *stagedRow) error {
	before, err := tx.stagedRow(by, item)
	if err != nil {
		return err
	}
	if err := log.verdict(tx, item, before, after); err != nil {
		return err
	}
	return tx.setStaged(by, item, hash, before, after)
}

// setStaged replaces before, the row that is there, by after. Facts that nothing staged names any more are deleted.
func (tx *Tx) setStaged(by review.Principal, item int64, hash ledger.Hash, before, after *stagedRow) error {
	if before != nil {
		if _, err := tx.exec("DELETE FROM staged WHERE by = ? AND item = ?", by, item); err != nil {
			return err
		}
	}
	if after != nil {
		draft, err := json.Marshal(after.Draft)
		if err != nil {
			return err
		}
		if _, err := tx.exec("INSERT INTO staged (by, item, hash, verdict, draft, facts, supersedes, at, act) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			by, item, hash[:], verdicts().code(after.Draft.Verdict), string(draft), after.Facts[:], after.Supersedes, after.At, after.Act); err != nil {
			return err
		}
	}
	if before != nil {
		if err := tx.dropFacts(before.Facts); err != nil {
			return err
		}
	}
	return tx.refreshStaged(item)
}

// stagedRow gives a person's staged row on an item, nil if there is none.
func (tx *Tx) stagedRow(by review.Principal, item int64) (*stagedRow, error) {
	r := new(stagedRow)
	var draft string
	var facts []byte
	err := tx.row("SELECT draft, facts, supersedes, at, act FROM staged WHERE by = ? AND item = ?", by, item).
		Scan(&draft, &facts, &r.Supersedes, &r.At, &r.Act)
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.Facts = hashOf(facts)
	return r, json.Unmarshal([]byte(draft), &r.Draft)
}

func (tx *Tx) putFacts(text []byte) (ledger.Hash, error) {
	h := ledger.Sum(text)
	_, err := tx.exec("INSERT INTO facts (hash, text, signed) VALUES (?, ?, 0) ON CONFLICT (hash) DO NOTHING", h[:], text)
	return h, err
}

// dropFacts deletes an unsigned facts text that no staged verdict names any more (rulings 16).
func (tx *Tx) dropFacts(h ledger.Hash) error {
	_, err := tx.exec("DELETE FROM facts WHERE hash = ?1 AND signed = 0 AND NOT EXISTS (SELECT 1 FROM staged WHERE facts = ?1)", h[:])
	return err
}

// Facts gives the facts texts that are kept of these, staged or signed, whatever they hash to now: the caller compares.
func (db *DB) Facts(ctx context.Context, hashes []ledger.Hash) (map[ledger.Hash][]byte, error) {
	out := make(map[ledger.Hash][]byte, len(hashes))
	if len(hashes) == 0 {
		return out, nil
	}
	args := make([]any, len(hashes))
	for i := range hashes {
		args[i] = hashes[i][:]
	}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var hash, text []byte
		if err := scan(&hash, &text); err != nil {
			return err
		}
		out[hashOf(hash)] = text
		return nil
	}, "SELECT hash, text FROM facts WHERE hash IN (?"+strings.Repeat(",?", len(hashes)-1)+")", args...)
	return out, err
}

const stagedQuery = `SELECT t.by, t.hash, p.campaign, t.draft, t.supersedes, t.at, t.act, f.text
	FROM staged t JOIN populations p ON p.id = t.item >> 32 LEFT JOIN facts f ON f.hash = t.facts `

func stagedList(ctx context.Context, q querier, where string, args ...any) ([]StagedVerdict, error) {
	var list []StagedVerdict
	err := each(ctx, q, func(scan func(...any) error) error {
		var v StagedVerdict
		var hash []byte
		var draft string
		var at int64
		if err := scan(&v.By, &hash, &v.Campaign, &draft, &v.Supersedes, &at, &v.Act, &v.Facts); err != nil {
			return err
		}
		v.Item, v.At = review.ItemID(hashOf(hash).String()), instantMillis(at)
		list = append(list, v)
		return json.Unmarshal([]byte(draft), &list[len(list)-1].Draft)
	}, stagedQuery+where, args...)
	return list, err
}

// StagedVerdicts lists the staged verdicts of a person ("" for all people) in a campaign ("" for all) in staging order,
// with their facts; at most n of them, 0 for all.
func (db *DB) StagedVerdicts(ctx context.Context, by review.Principal, c review.CampaignID, n int) ([]StagedVerdict, error) {
	if n == 0 {
		n = -1
	}
	return stagedList(ctx, db.r, "WHERE (?1 = '' OR t.by = ?1) AND (?2 = '' OR p.campaign = ?2) ORDER BY t.id LIMIT ?3", by, c, n)
}

// StagedOn gives the staged verdicts on items by one person, those that are there, in staging order.
func (db *DB) StagedOn(ctx context.Context, by review.Principal, ids []review.ItemID) ([]StagedVerdict, error) {
	hexes := make([]string, 0, len(ids))
	for _, id := range ids {
		h, err := parseItemID(id)
		if err != nil {
			return nil, err
		}
		hexes = append(hexes, hexOf(h))
	}
	list, err := json.Marshal(hexes)
	if err != nil {
		return nil, err
	}
	return stagedList(ctx, db.r, "WHERE t.by = ? AND t.hash IN (SELECT unhex(value) FROM json_each(?)) ORDER BY t.id", by, string(list))
}

// StaleStaged lists a person's staged verdicts that can no longer be signed as they are: the item has another decision in
// force than when they were staged, or another assignee and no reassignment to the person is staged (rulings 16).
func (db *DB) StaleStaged(ctx context.Context, by review.Principal) ([]StagedVerdict, error) {
	return stagedList(ctx, db.r, `JOIN item_now n ON n.id = t.item JOIN words w ON w.id = (n.population << 32) + n.reviewer
		WHERE t.by = ? AND (coalesce(n.decision, 0) <> t.supersedes OR w.text <> t.by AND NOT EXISTS (
			SELECT 1 FROM staged_acts a WHERE a.act = 'reassign' AND a.item = t.item AND a.by = t.by)) ORDER BY t.id`, by)
}

// TakeStaged deletes the staged verdicts that a bundle signed and keeps their facts for good. conflict if one of them is
// not there as it was signed.
func (tx *Tx) TakeStaged(verdicts []StagedVerdict) error {
	for i := range verdicts {
		v := &verdicts[i]
		item, hash, err := tx.itemByID(v.Item)
		if err != nil {
			return wrap(err)
		}
		now, err := tx.stagedRow(v.By, item)
		if err != nil {
			return wrap(err)
		}
		if now == nil || now.Act != v.Act || now.Facts != ledger.Sum(v.Facts) {
			return conflict("the verdict on %s was changed while it was being signed", v.Item.Short()).WithReason("staged")
		}
		if err := tx.keepFacts(v.Facts); err != nil {
			return wrap(err)
		}
		if err := tx.setStaged(v.By, item, hash, now, nil); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// KeepFacts keeps the facts text of a signed decision for good, whether or not it was staged here.
func (tx *Tx) KeepFacts(text []byte) error { return wrap(tx.keepFacts(text)) }

func (tx *Tx) keepFacts(text []byte) error {
	h := ledger.Sum(text)
	_, err := tx.exec("INSERT INTO facts (hash, text, signed) VALUES (?, ?, 1) ON CONFLICT (hash) DO UPDATE SET signed = 1", h[:], text)
	return err
}

// itemByID finds an item by its full id.
func (tx *Tx) itemByID(id review.ItemID) (int64, ledger.Hash, error) {
	h, err := parseItemID(id)
	if err != nil {
		return 0, h, err
	}
	item, err := tx.findItem(h)
	if err == nil && item == 0 {
		err = notFound("there is no item %s", review.Quote(id.Short()))
	}
	return item, h, err
}

func parseItemID(id review.ItemID) (ledger.Hash, error) {
	h, err := ledger.ParseSHA(string(id))
	if err != nil {
		return h, notFound("there is no item %s", review.Quote(string(id))).WithHint("item ids look like sha256: and 64 hex digits; tickmark items lists them")
	}
	return h, nil
}
