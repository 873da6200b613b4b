package store

import (
	"context"
	"encoding/json"

	"tickmark/ledger"
	"tickmark/review"
)

// keepActs is how many acts of a person the undo log remembers.
const keepActs = 500

// actLog writes one act of the undo log.
type actLog struct {
	id int64
	n  int64
}

// Pulse tells by how it differs from an earlier one that a person's unsigned acts or the ledger have changed.
func (db *DB) Pulse(ctx context.Context, by review.Principal) (p review.Pulse, err error) {
	err = db.r.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(id), 0) FROM acts WHERE by = ?1 AND undone = 0),
		(SELECT count(*) FROM acts WHERE by = ?1 AND undone = 1), (SELECT coalesce(max(idx) + 1, 0) FROM entries)`, by).
		Scan(&p.Last, &p.Undone, &p.Entries)
	return p, wrap(err)
}

// newAct begins an act. What was undone before can no longer be redone.
func (tx *Tx) newAct(by review.Principal, words string) (*actLog, error) {
	if _, err := tx.exec("DELETE FROM acts WHERE by = ? AND undone = 1", by); err != nil {
		return nil, err
	}
	if _, err := tx.exec("DELETE FROM acts WHERE by = ?1 AND id <= (SELECT id FROM acts WHERE by = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)", by, keepActs); err != nil {
		return nil, err
	}
	res, err := tx.exec("INSERT INTO acts (by, words, at, undone) VALUES (?, ?, ?, 0)", by, words, millis(tx.db.opt.Now()))
	if err != nil {
		return nil, err
	}
	id, err := res.LastInsertId()
	return &actLog{id: id}, err
}

// verdict notes a change of a staged verdict. The facts of before are kept with it: dropped from the table, they would be
// missing when the change is taken back.
func (l *actLog) verdict(tx *Tx, item int64, before, after *stagedRow) error {
	var facts []byte
	if before != nil {
		if err := tx.row("SELECT text FROM facts WHERE hash = ?", before.Facts[:]).Scan(&facts); err != nil && !isNoRows(err) {
			return err
		}
	}
	return l.write(tx, item, before, after, facts)
}

// act notes a change of a manager's act.
func (l *actLog) act(tx *Tx, before, after *StagedAct) error {
	return l.write(tx, nil, before, after, nil)
}

func (l *actLog) write(tx *Tx, item any, before, after any, facts []byte) error {
	b, err := orNull(before)
	if err != nil {
		return err
	}
	a, err := orNull(after)
	if err != nil {
		return err
	}
	l.n++
	_, err = tx.exec("INSERT INTO act_changes (act, n, item, before, after, facts) VALUES (?, ?, ?, ?, ?, ?)", l.id, l.n, item, b, a, facts)
	return err
}

// orNull writes a pointer as JSON, nil as NULL.
func orNull(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil || string(b) == "null" {
		return nil, err
	}
	return string(b), nil
}

// actChange is a row of the undo log.
type actChange struct {
	n             int64
	item          int64 // 0: a manager's act
	before, after *string
	facts         []byte
}

func (tx *Tx) actChanges(act int64) ([]actChange, error) {
	var list []actChange
	err := each(tx.ctx, tx.tx, func(scan func(...any) error) error {
		var c actChange
		err := scan(&c.n, &c.item, &c.before, &c.after, &c.facts)
		list = append(list, c)
		return err
	}, "SELECT n, coalesce(item, 0), before, after, facts FROM act_changes WHERE act = ? ORDER BY n DESC", act)
	return list, err
}

func parseRow[T any](s *string) (*T, error) {
	if s == nil {
		return nil, nil
	}
	v := new(T)
	return v, json.Unmarshal([]byte(*s), v)
}

// Undo takes back a person's last act, verdicts and managers' acts alike. What was signed since stays signed, and an act
// of which everything was signed is passed over.
func (db *DB) Undo(ctx context.Context, by review.Principal) (out Undone, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		for {
			out = Undone{}
			var id int64
			err := tx.row("SELECT id, words FROM acts WHERE by = ? AND undone = 0 ORDER BY id DESC LIMIT 1", by).Scan(&id, &out.Words)
			if isNoRows(err) {
				out = Undone{}
				return nil
			}
			if err != nil {
				return err
			}
			out.Act = id
			changes, err := tx.actChanges(id)
			if err != nil {
				return err
			}
			for _, c := range changes {
				if err := tx.undoChange(by, c, &out); err != nil {
					return err
				}
			}
			if len(out.Items) > 0 || len(out.Acts) > 0 {
				_, err := tx.exec("UPDATE acts SET undone = 1 WHERE id = ?", id)
				return err
			}
			if _, err := tx.exec("DELETE FROM acts WHERE id = ?", id); err != nil {
				return err
			}
		}
	})
	return out, err
}

func (tx *Tx) undoChange(by review.Principal, c actChange, out *Undone) error {
	if c.item == 0 {
		return tx.undoAct(by, c, out)
	}
	before, err := parseRow[stagedRow](c.before)
	if err != nil {
		return err
	}
	after, err := parseRow[stagedRow](c.after)
	if err != nil {
		return err
	}
	now, err := tx.stagedRow(by, c.item)
	if err != nil {
		return err
	}
	if !sameAct(now, after) {
		return nil // signed, or taken back, since
	}
	hash, err := tx.itemHash(c.item)
	if err != nil {
		return err
	}
	if before != nil {
		// A decision signed since counts: the draft comes back with what it was staged against, and is stale then.
		if _, err := tx.putFacts(c.facts); err != nil {
			return err
		}
	}
	if err := tx.setStaged(by, c.item, hash, now, before); err != nil {
		return err
	}
	if out.Voided, err = tx.touchFrozen(by, c.item, 0, out.Voided); err != nil {
		return err
	}
	out.Items = append(out.Items, review.ItemID(hash.String()))
	return nil
}

// sameAct reports whether the staged row that is there is the one the undo log means.
func sameAct(a, b *stagedRow) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Act == b.Act
}

// Redo brings the act undone last again. Facts of unsigned verdicts do not outlive their undoing, so facts is asked to set
// StagedVerdict.Facts and Supersedes of what is to be staged; items it removes from the slice stay untouched. It is
// called without any lock, and not at all if the act only takes verdicts back.
func (db *DB) Redo(ctx context.Context, by review.Principal, facts func([]StagedVerdict) ([]StagedVerdict, error)) (out Undone, err error) {
	id, plan, err := db.redoPlan(ctx, by)
	if err != nil || id == 0 {
		return out, err
	}
	if len(plan) > 0 {
		if plan, err = facts(plan); err != nil {
			return out, err
		}
	}
	ready := map[ledger.Hash]*StagedVerdict{}
	for i := range plan {
		h, err := parseItemID(plan[i].Item)
		if err != nil {
			return out, err
		}
		ready[h] = &plan[i]
	}
	err = db.Write(ctx, func(tx *Tx) error {
		out = Undone{Act: id}
		err := tx.row("SELECT words FROM acts WHERE id = ? AND by = ? AND undone = 1", id, by).Scan(&out.Words)
		if isNoRows(err) {
			return conflict("something else was done meanwhile")
		}
		if err != nil {
			return err
		}
		changes, err := tx.actChanges(id)
		if err != nil {
			return err
		}
		for i := len(changes) - 1; i >= 0; i-- {
			if err := tx.redoChange(by, id, changes[i], ready, &out); err != nil {
				return err
			}
		}
		_, err = tx.exec("UPDATE acts SET undone = 0 WHERE id = ?", id)
		return err
	})
	return out, err
}

// redoPlan reads what the act undone last would stage again; id 0: there is none.
func (db *DB) redoPlan(ctx context.Context, by review.Principal) (id int64, plan []StagedVerdict, err error) {
	err = db.snapshot(ctx, func(q querier) error {
		// Acts are undone from the newest back, so the one undone last is the oldest of them.
		err := q.QueryRowContext(ctx, "SELECT id FROM acts WHERE by = ? AND undone = 1 ORDER BY id LIMIT 1", by).Scan(&id)
		if isNoRows(err) {
			id = 0
			return nil
		}
		if err != nil {
			return err
		}
		var items []int64
		err = each(ctx, q, func(scan func(...any) error) error {
			var item int64
			var after string
			var v StagedVerdict
			if err := scan(&item, &after, &v.Campaign); err != nil {
				return err
			}
			var row stagedRow
			if err := json.Unmarshal([]byte(after), &row); err != nil {
				return err
			}
			v.By, v.Draft, v.At, v.Act = by, row.Draft, instantMillis(row.At), id
			items, plan = append(items, item), append(plan, v)
			return nil
		}, "SELECT c.item, c.after, p.campaign FROM act_changes c JOIN populations p ON p.id = c.item >> 32 WHERE c.act = ? AND c.item IS NOT NULL AND c.after IS NOT NULL ORDER BY c.n", id)
		if err != nil {
			return err
		}
		for i, item := range items {
			h, err := itemHash(q.QueryRowContext(ctx, itemHashQuery, item))
			if err != nil {
				return err
			}
			plan[i].Item = review.ItemID(h.String())
		}
		return nil
	})
	return id, plan, err
}

func (tx *Tx) redoChange(by review.Principal, act int64, c actChange, ready map[ledger.Hash]*StagedVerdict, out *Undone) error {
	if c.item == 0 {
		return tx.redoAct(by, c, out)
	}
	before, err := parseRow[stagedRow](c.before)
	if err != nil {
		return err
	}
	after, err := parseRow[stagedRow](c.after)
	if err != nil {
		return err
	}
	now, err := tx.stagedRow(by, c.item)
	if err != nil {
		return err
	}
	if !sameAct(now, before) {
		return nil
	}
	hash, err := tx.itemHash(c.item)
	if err != nil {
		return err
	}
	if after != nil {
		v := ready[hash]
		if v == nil {
			return nil
		}
		if after.Facts, err = tx.putFacts(v.Facts); err != nil {
			return err
		}
		after.Supersedes, after.Act = int64(v.Supersedes), act
		text, err := orNull(after)
		if err != nil {
			return err
		}
		if _, err := tx.exec("UPDATE act_changes SET after = ? WHERE act = ? AND n = ?", text, act, c.n); err != nil {
			return err
		}
	}
	if err := tx.setStaged(by, c.item, hash, now, after); err != nil {
		return err
	}
	if out.Voided, err = tx.touchFrozen(by, c.item, 0, out.Voided); err != nil {
		return err
	}
	out.Items = append(out.Items, review.ItemID(hash.String()))
	return nil
}
