package store

import (
	"context"
	"encoding/json"

	"tickmark/review"
)

// StageActs makes managers' acts durable as one act of the undo log; one on the same act, item and ref by the same person
// is replaced, and whom a person gives an item to takes the place of whom the role was to give it to: both could not be signed.
// With by "" they belong to the role and are not in anybody's undo log.
func (db *DB) StageActs(ctx context.Context, by review.Principal, words string, acts []StagedAct, seen func(act int64) bool) (out StageOutcome, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		out, err = tx.StageActs(by, words, acts, seen)
		return err
	})
	return out, err
}

// StageActs is DB.StageActs within a transaction.
func (tx *Tx) StageActs(by review.Principal, words string, acts []StagedAct, seen func(act int64) bool) (out StageOutcome, err error) {
	if len(acts) == 0 {
		return out, nil
	}
	var log *actLog
	for i := range acts {
		a := acts[i]
		a.By = by
		if a.At.IsZero() {
			a.At = tx.db.opt.Now()
		}
		item, _, err := tx.itemByID(a.Item)
		if err != nil {
			return out, err
		}
		before, err := tx.stagedAct("act = ? AND item = ? AND ref = ? AND by = ?", a.Act, item, a.Ref, by)
		if err != nil {
			return out, wrap(err)
		}
		if before != nil && seen != nil && !seen(before.ID) {
			out.Stands = append(out.Stands, *before)
			continue
		}
		if by != "" {
			if log, err = tx.actOf(log, by, words, &out); err != nil {
				return out, wrap(err)
			}
		}
		out.Changed++
		if before != nil {
			if err := tx.removeAct(before.ID); err != nil {
				return out, wrap(err)
			}
			if out.Voided, err = tx.touchFrozen(by, 0, before.ID, out.Voided); err != nil {
				return out, wrap(err)
			}
		}
		if by != "" && a.Act == review.ActReassign {
			proposed, err := tx.stagedAct("act = ? AND item = ? AND by = ''", a.Act, item)
			if err != nil {
				return out, wrap(err)
			}
			if proposed != nil {
				if err := tx.removeAct(proposed.ID); err != nil {
					return out, wrap(err)
				}
				if err := log.act(tx, proposed, nil); err != nil {
					return out, wrap(err)
				}
			}
		}
		a.ID = 0
		if err := tx.insertAct(&a); err != nil {
			return out, wrap(err)
		}
		acts[i].ID = a.ID
		if log != nil {
			if err := log.act(tx, before, &a); err != nil {
				return out, wrap(err)
			}
		}
	}
	return out, nil
}

// insertAct writes a and sets its ID; an ID that is set is used again.
func (tx *Tx) insertAct(a *StagedAct) error {
	item, hash, err := tx.itemByID(a.Item)
	if err != nil {
		return err
	}
	payload := a.Payload
	if payload == nil {
		payload = json.RawMessage("null")
	}
	var id any
	if a.ID != 0 {
		id = a.ID
	}
	res, err := tx.exec("INSERT INTO staged_acts (id, by, act, campaign, item, hash, ref, what, payload, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		id, a.By, a.Act, a.Campaign, item, hash[:], a.Ref, a.What, string(payload), millis(a.At))
	if err != nil {
		return err
	}
	a.ID, err = res.LastInsertId()
	return err
}

func (tx *Tx) removeAct(id int64) error {
	_, err := tx.exec("DELETE FROM staged_acts WHERE id = ?", id)
	return err
}

const stagedActQuery = "SELECT id, act, campaign, hash, ref, what, by, payload, at FROM staged_acts WHERE "

func scanAct(scan func(...any) error) (StagedAct, error) {
	var a StagedAct
	var hash []byte
	var payload string
	var at int64
	err := scan(&a.ID, &a.Act, &a.Campaign, &hash, &a.Ref, &a.What, &a.By, &payload, &at)
	a.Item, a.At, a.Payload = review.ItemID(hashOf(hash).String()), instantMillis(at), json.RawMessage(payload)
	return a, err
}

func (tx *Tx) stagedAct(where string, args ...any) (*StagedAct, error) {
	a, err := scanAct(tx.row(stagedActQuery+where, args...).Scan)
	if isNoRows(err) {
		return nil, nil
	}
	return &a, err
}

// StagedActs lists managers' acts: a person's own and the role's ("" for everybody's), of a campaign ("" for all), of an
// act ("" for all), oldest first.
func (db *DB) StagedActs(ctx context.Context, by review.Principal, c review.CampaignID, a review.Act) ([]StagedAct, error) {
	var list []StagedAct
	err := each(ctx, db.r, func(scan func(...any) error) error {
		a, err := scanAct(scan)
		list = append(list, a)
		return err
	}, stagedActQuery+"(?1 = '' OR by = ?1 OR by = '') AND (?2 = '' OR campaign = ?2) AND (?3 = '' OR act = ?3) ORDER BY id", by, c, a)
	return list, err
}

// CountClosing counts the staged closures and remediation records of a person and of the role.
func (db *DB) CountClosing(ctx context.Context, by review.Principal) (n int64, err error) {
	err = db.r.QueryRowContext(ctx, "SELECT count(*) FROM staged_acts WHERE (by = ? OR by = '') AND act IN (?, ?)", by, review.ActClosure, review.ActRemediation).Scan(&n)
	return n, wrap(err)
}

// UnstageActs takes managers' acts back, as one act that Undo can reverse if they were the person's own. Those of other
// people and those that are gone are ignored; those of the role are taken back for everybody.
func (db *DB) UnstageActs(ctx context.Context, by review.Principal, words string, ids []int64) (out StageOutcome, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		var log *actLog
		for _, id := range ids {
			a, err := tx.stagedAct("id = ?", id)
			if err != nil {
				return err
			}
			if a == nil || a.By != by && a.By != "" {
				continue
			}
			if err := tx.removeAct(id); err != nil {
				return err
			}
			if out.Voided, err = tx.touchFrozen(by, 0, id, out.Voided); err != nil {
				return err
			}
			if a.By == "" {
				continue
			}
			if log, err = tx.actOf(log, by, words, &out); err != nil {
				return err
			}
			if err := log.act(tx, a, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// TakeActs deletes the staged acts that a bundle signed; conflict if one is gone.
func (tx *Tx) TakeActs(ids []int64) error {
	for _, id := range ids {
		n, err := tx.change("DELETE FROM staged_acts WHERE id = ?", id)
		if err != nil {
			return wrap(err)
		}
		if n != 1 {
			return conflict("an act was taken back while it was being signed").WithReason("staged")
		}
	}
	return nil
}

// DropActs deletes staged acts for good, without a trace in the undo log: what they were about is settled otherwise.
func (tx *Tx) DropActs(ids []int64) error {
	for _, id := range ids {
		if err := tx.removeAct(id); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// undoAct takes a change of a manager's act back, if nothing happened to it since.
func (tx *Tx) undoAct(by review.Principal, c actChange, out *Undone) error {
	before, err := parseRow[StagedAct](c.before)
	if err != nil {
		return err
	}
	after, err := parseRow[StagedAct](c.after)
	if err != nil {
		return err
	}
	return tx.swapAct(by, after, before, out)
}

func (tx *Tx) redoAct(by review.Principal, c actChange, out *Undone) error {
	before, err := parseRow[StagedAct](c.before)
	if err != nil {
		return err
	}
	after, err := parseRow[StagedAct](c.after)
	if err != nil {
		return err
	}
	return tx.swapAct(by, before, after, out)
}

// swapAct replaces old by next, either of which may be nil, if old is there as it was and nothing took its place.
func (tx *Tx) swapAct(by review.Principal, old, next *StagedAct, out *Undone) (err error) {
	if old != nil {
		now, err := tx.stagedAct("id = ?", old.ID)
		if err != nil || now == nil {
			return err
		}
		if err := tx.removeAct(old.ID); err != nil {
			return err
		}
		if out.Voided, err = tx.touchFrozen(by, 0, old.ID, out.Voided); err != nil {
			return err
		}
		out.Acts = append(out.Acts, old.ID)
	}
	if next == nil {
		return nil
	}
	item, _, err := tx.itemByID(next.Item)
	if err != nil {
		return err
	}
	taken, err := tx.stagedAct("id = ? OR act = ? AND item = ? AND ref = ? AND by = ?", next.ID, next.Act, item, next.Ref, next.By)
	if err != nil || taken != nil {
		return err
	}
	if err := tx.insertAct(next); err != nil {
		return err
	}
	out.Acts = append(out.Acts, next.ID)
	return nil
}
