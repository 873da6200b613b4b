package store

import (
	"context"
	"database/sql"

	"tickmark/ledger"
	"tickmark/review"
)

// ClosingQuery narrows Exceptions and Remediations; the zero value is all.
type ClosingQuery struct {
	Campaign review.CampaignID
	Source   review.SourceID
	IDs      []review.EntryIndex
	Open     bool // only exceptions without a final closure, only revokes not gone
}

// closingQuery reads decisions in force of one verdict with what lists show of their items.
const closingQuery = `SELECT d.idx, d.item, d.hash, s.campaign, subj.key, subj.name, o.text, o.more, h.native_id, t.native_id, t.name, p.native_id, i.privilege, i.stage, ow.text,
		d.reason, d.owner, d.control, d.until, d.replace, d.effective, d.reviewer, s.time, d.grant_key
	FROM decisions AS d
	JOIN statements AS s ON s.idx = d.bundle
	JOIN items AS i ON i.id = d.item
	JOIN subjects AS subj ON subj.id = (i.population << 32) + i.subject
	JOIN words AS o ON o.id = (i.population << 32) + i.origin
	JOIN words AS ow ON ow.id = (i.population << 32) + i.owner
	JOIN holders AS h ON h.id = (i.population << 32) + i.holder
	JOIN targets AS t ON t.id = (i.population << 32) + i.target
	JOIN places AS p ON p.id = (i.population << 32) + i.place
	WHERE d.superseded_by IS NULL AND d.verdict = ?`

// closingRow is a decision to follow.
type closingRow struct {
	idx, item, stage, privilege                                        int64
	hash, grantKey                                                     []byte
	campaign, identity, system, source, account, entitlement, resource string
	name, entName                                                      string
	itemOwner, reason, owner, control, until, replace, effective       string
	reviewer                                                           string
	at                                                                 int64
}

func (r *closingRow) scan(scan func(...any) error) error {
	return scan(&r.idx, &r.item, &r.hash, &r.campaign, &r.identity, &r.name, &r.system, &r.source, &r.account, &r.entitlement, &r.entName, &r.resource, &r.privilege, &r.stage, &r.itemOwner,
		&r.reason, &r.owner, &r.control, &r.until, &r.replace, &r.effective, &r.reviewer, &r.at, &r.grantKey)
}

// closing lists decisions in force of a verdict, by index.
func closing(ctx context.Context, q querier, verdict review.Verdict, c ClosingQuery) ([]closingRow, error) {
	sqlText, args := closingQuery, []any{verdicts().code(verdict)}
	if c.Campaign != "" {
		sqlText += " AND s.campaign = ?"
		args = append(args, c.Campaign)
	}
	if len(c.IDs) > 0 {
		ids := make([]int64, len(c.IDs))
		for i, id := range c.IDs {
			ids[i] = int64(id)
		}
		sqlText += " AND d.idx IN (SELECT value FROM json_each(?))"
		args = append(args, jsonInts(ids))
	}
	if c.Source != "" {
		sqlText += " AND o.more = ?"
		args = append(args, c.Source)
	}
	var list []closingRow
	err := each(ctx, q, func(scan func(...any) error) error {
		var r closingRow
		err := r.scan(scan)
		list = append(list, r)
		return err
	}, sqlText+" ORDER BY d.idx", args...)
	return list, err
}

// Exceptions lists exception decisions in force, oldest first, from the ledger alone: State is Closed or empty, Days 0; what
// depends on the time or the policy is the caller's. Owner, Control and Until are those of the last renewal. Staged names
// an unsigned closure.
//
// With two stages, the exception of stage 1 stands for both: Approver is the reviewer of stage 2 once that stage kept or
// excepted, empty before, and there is no exception where it revoked (rulings 23, 24). Without, Approver is the reviewer.
func (db *DB) Exceptions(ctx context.Context, cq ClosingQuery) ([]review.Exception, error) {
	log, err := db.LogName(ctx)
	if err != nil {
		return nil, err
	}
	list := []review.Exception{}
	err = db.snapshot(ctx, func(q querier) error {
		rows, err := closing(ctx, q, review.Except, cq)
		if err != nil {
			return err
		}
		history, err := closures(ctx, q)
		if err != nil {
			return err
		}
		staged, err := actsUnsigned(ctx, q, review.ActClosure)
		if err != nil {
			return err
		}
		several, err := severalStages(ctx, q)
		if err != nil {
			return err
		}
		superseded, err := supersededExceptions(ctx, q)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			var other stages
			if several[r.item>>32] {
				if other, err = otherStages(ctx, q, r); err != nil {
					return err
				}
			}
			if other.overruled {
				continue
			}
			e := review.Exception{ID: review.EntryIndex(r.idx), Item: review.ItemID(hashOf(r.hash).String()), Campaign: review.CampaignID(r.campaign),
				Identity: r.identity, Name: r.name, System: r.system, Source: review.SourceID(r.source), Account: r.account, Entitlement: r.entitlement, EntName: r.entName,
				Privilege: privileges().word(r.privilege), Reason: r.reason, Owner: r.owner, Control: r.control, Until: r.until, Decided: instant(r.at),
				Reviewer: review.Principal(r.reviewer), Approver: review.Principal(r.reviewer), Staged: staged[r.idx].word, Acts: staged[r.idx].ids, History: history[r.idx]}
			e.Superseded = superseded[r.idx]
			if other.second {
				e.Approver = review.Principal(other.approver)
				if other.approver == "" && other.open != 0 {
					e.Approval = review.ItemID(ledger.ItemID(log, r.campaign, other.open, hashOf(r.grantKey)).String())
					e.ApprovalBy = review.Principal(other.openBy)
				}
			}
			e.Evidence = review.EvidenceNamed(e.ID, e.Control, e.History)
			for _, c := range e.History {
				if c.Outcome != "renewed" {
					e.State, e.Outcome = review.Closed, c.Outcome
					continue
				}
				e.Renewals++
				e.Until, e.Owner, e.Control = c.Until, c.Owner, c.Control
			}
			if cq.Open && e.State == review.Closed {
				continue
			}
			list = append(list, e)
		}
		return nil
	})
	return list, err
}

// stages is what the other stages of a grant in the same campaign say.
type stages struct {
	overruled bool   // a stricter verdict is in force, or an earlier stage holds the same exception
	second    bool   // there is a later stage
	approver  string // who kept or excepted there
	open      int64  // it, while nothing is decided there; else 0
	openBy    string // whose item that is
}

// severalStages are the populations whose campaign has more than one stage.
func severalStages(ctx context.Context, q querier) (map[int64]bool, error) {
	out := map[int64]bool{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var id int64
		var b []byte
		if err := scan(&id, &b); err != nil {
			return err
		}
		v, _, _, err := ledger.ParseEntry(b)
		if st, ok := v.(*ledger.Campaign); ok {
			out[id] = st.Stages > 1
		}
		return err
	}, "SELECT p.id, e.bytes FROM populations AS p JOIN entries AS e ON e.idx = p.entry WHERE p.state = 2")
	return out, err
}

// supersededExceptions gives, for exceptions in force, the first decision in force that a later campaign made on the same
// grant.
func supersededExceptions(ctx context.Context, q querier) (map[int64]review.EntryIndex, error) {
	out := map[int64]review.EntryIndex{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var idx int64
		var by review.EntryIndex
		err := scan(&idx, &by)
		out[idx] = by
		return err
	}, `SELECT e.idx, min(l.idx) FROM decisions AS e JOIN decisions AS l ON l.grant_key = e.grant_key AND l.idx > e.idx
		WHERE e.superseded_by IS NULL AND e.verdict = ?1 AND l.superseded_by IS NULL AND l.verdict <> ?2 AND l.item >> 32 <> e.item >> 32
		GROUP BY e.idx`, verdicts().code(review.Except), verdicts().code(review.Abstain))
	return out, err
}

func otherStages(ctx context.Context, q querier, r *closingRow) (stages, error) {
	var s stages
	err := each(ctx, q, func(scan func(...any) error) error {
		var stage, signed int64
		var reviewer sql.NullString
		var assigned string
		if err := scan(&stage, &signed, &reviewer, &assigned); err != nil {
			return err
		}
		switch v := verdicts().word(signed); {
		case v == review.Revoke, v == review.Except && stage < r.stage:
			s.overruled = true
		case stage > r.stage:
			s.second = true
			if v == review.Keep || v == review.Except {
				s.approver = reviewer.String
			} else if !v.Decides() && s.open == 0 {
				s.open, s.openBy = stage, assigned
			}
		}
		return nil
	}, `SELECT i.stage, n.signed, d.reviewer, w.text FROM items AS me CROSS JOIN item_facets AS x ON x.population = me.population AND x.facet = ?2 AND x.value = me.subject
		CROSS JOIN items AS i ON i.id = x.item AND i.grant = me.grant AND i.id <> me.id
		JOIN item_now AS n ON n.id = i.id JOIN words AS w ON w.id = (i.population << 32) + n.reviewer LEFT JOIN decisions AS d ON d.idx = n.decision WHERE me.id = ?1`, r.item, int(facetSubject))
	return s, err
}

// closures reads all closure records by exception, in order.
func closures(ctx context.Context, q querier) (map[int64][]review.ClosureRecord, error) {
	out := map[int64][]review.ClosureRecord{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var exception, at int64
		var c review.ClosureRecord
		var evidence []byte
		if err := scan(&c.Index, &exception, &c.Outcome, &c.Until, &c.Owner, &c.Control, &evidence, &c.Reason, &c.Manager, &at); err != nil {
			return err
		}
		if h := hashOf(evidence); !h.IsZero() {
			c.Evidence = hexOf(h)
		}
		c.Time = instant(at)
		out[exception] = append(out[exception], c)
		return nil
	}, `SELECT c.idx, c.exception, c.outcome, c.until, c.owner, c.control, c.evidence, c.reason, c.manager, s.time
		FROM closures c JOIN statements s ON s.idx = c.bundle ORDER BY c.idx`)
	return out, err
}

// unsignedActs are the staged acts about an exception or revoke: the word of the newest, and all by number.
type unsignedActs struct {
	word string
	ids  []int64
}

func actsUnsigned(ctx context.Context, q querier, act review.Act) (map[int64]unsignedActs, error) {
	out := map[int64]unsignedActs{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var ref, id int64
		var what string
		err := scan(&ref, &what, &id)
		out[ref] = unsignedActs{what, append(out[ref].ids, id)}
		return err
	}, "SELECT ref, what, id FROM staged_acts WHERE act = ? ORDER BY id", act)
	return out, err
}

// Remediations lists revokes in force, each decision by itself (review.FoldRevokes makes work items of them), oldest first: State is the last recorded one, open if none; Days 0 and Overdue
// false are the caller's. Owner is who answers for the item. Staged names an unsigned record.
func (db *DB) Remediations(ctx context.Context, cq ClosingQuery) ([]review.Remediation, error) {
	list := []review.Remediation{}
	err := db.snapshot(ctx, func(q querier) error {
		rows, err := closing(ctx, q, review.Revoke, cq)
		if err != nil {
			return err
		}
		history, err := remediations(ctx, q)
		if err != nil {
			return err
		}
		staged, err := actsUnsigned(ctx, q, review.ActRemediation)
		if err != nil {
			return err
		}
		later, err := laterAnswers(ctx, q)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			m := review.Remediation{ID: review.EntryIndex(r.idx), Item: review.ItemID(hashOf(r.hash).String()), Grant: review.GrantKey(hashOf(r.grantKey).String()), Campaign: review.CampaignID(r.campaign),
				State: review.RevokeOpen, Identity: r.identity, Name: r.name, System: r.system, Source: review.SourceID(r.source), Account: r.account, Entitlement: r.entitlement, EntName: r.entName,
				Resource: r.resource, Replace: r.replace, Effective: r.effective, Reason: r.reason, Reviewer: review.Principal(r.reviewer), Owner: r.itemOwner,
				Decided: instant(r.at), Since: instant(r.at), Staged: staged[r.idx].word, Acts: staged[r.idx].ids, Superseded: later[r.idx]}
			for _, h := range history[r.idx] {
				m.State, m.Since, m.VerifiedBy, m.Recorded = h.state, instant(h.at), h.imported, h.idx
				m.EverGone = m.EverGone || h.state == review.VerifiedGone
				if h.state == review.ClaimedDone {
					m.Ticket, m.ClaimedBy, m.Claimed = h.ticket, review.Principal(h.manager), h.done
				}
				if h.note != "" {
					m.Notes = append(m.Notes, h.note)
				}
			}
			if cq.Open && m.State == review.VerifiedGone {
				continue
			}
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// laterAnswers gives, for revokes in force, the first decision in force of a later campaign that let the same access stay. A
// campaign of which a stage revokes it does not (rulings 23).
func laterAnswers(ctx context.Context, q querier) (map[int64]*review.LaterAnswer, error) {
	out := map[int64]*review.LaterAnswer{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var idx, verdict, at int64
		a := &review.LaterAnswer{}
		err := scan(&idx, &a.Decision, &a.Campaign, &verdict, &a.Reviewer, &a.Reason, &at)
		a.Verdict, a.Time = verdicts().word(verdict), instant(at)
		if out[idx] == nil {
			out[idx] = a
		}
		return err
	}, `SELECT d.idx, l.idx, s.campaign, l.verdict, l.reviewer, l.reason, s.time FROM decisions AS d CROSS JOIN decisions AS l ON `+laterAnswer+`
		JOIN statements AS s ON s.idx = l.bundle WHERE d.superseded_by IS NULL AND d.verdict = 2 ORDER BY d.idx, l.idx`)
	return out, err
}

// laterAnswer holds of a decision l that lets access stay which the earlier d of another campaign is about.
const laterAnswer = `l.grant_key = d.grant_key AND l.idx > d.idx AND l.superseded_by IS NULL AND l.verdict IN (1, 3) AND l.item >> 32 <> d.item >> 32
	AND NOT EXISTS (SELECT 1 FROM decisions AS x WHERE x.grant_key = l.grant_key AND x.item >> 32 = l.item >> 32 AND x.superseded_by IS NULL AND x.verdict = 2)`

type remediationRow struct {
	idx                         review.EntryIndex
	state                       review.RemediationState
	ticket, done, note, manager string
	imported                    review.ImportID
	at                          int64
}

// remediations reads all remediation records by decision, in order.
func remediations(ctx context.Context, q querier) (map[int64][]remediationRow, error) {
	out := map[int64][]remediationRow{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var decision int64
		var state string
		var r remediationRow
		var done, imported sql.NullInt64
		if err := scan(&r.idx, &decision, &state, &r.ticket, &done, &imported, &r.note, &r.manager, &r.at); err != nil {
			return err
		}
		r.state, r.imported = remediationState(state), review.ImportID(imported.Int64)
		if done.Valid {
			r.done = instant(done.Int64).Format("2006-01-02T15:04:05Z")
		}
		out[decision] = append(out[decision], r)
		return nil
	}, `SELECT r.idx, r.decision, r.state, r.ticket, r.done, m.id, r.note, r.manager, s.time
		FROM remediations r JOIN statements s ON s.idx = r.bundle LEFT JOIN imports m ON m.entry = r.import ORDER BY r.idx`)
	return out, err
}

// GrantOf gives the grant key that an exception or revoke is about: what settling it by an import needs. not-found for an
// entry that is no decision.
func (db *DB) GrantOf(ctx context.Context, id review.EntryIndex) (review.GrantKey, error) {
	var key []byte
	err := db.r.QueryRowContext(ctx, "SELECT grant_key FROM decisions WHERE idx = ?", id).Scan(&key)
	if isNoRows(err) {
		return "", notFound("entry %d is no decision", id).WithHint("tickmark exceptions and tickmark remediation list their ids")
	}
	return review.GrantKey(hashOf(key).String()), wrap(err)
}

// ExceptionOn gives the newest open exception under which a grant stands; nil if there is none. It reads what is known of
// that grant alone, however many exceptions there are.
func (db *DB) ExceptionOn(ctx context.Context, grant review.GrantKey) (*review.Exception, error) {
	key, err := ledger.ParseSHA(string(grant))
	if err != nil {
		return nil, wrap(err)
	}
	var ids []review.EntryIndex
	err = each(ctx, db.r, func(scan func(...any) error) error {
		var id review.EntryIndex
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT idx FROM decisions INDEXED BY decisions_by_grant WHERE grant_key = ? AND superseded_by IS NULL AND verdict = ?", key[:], verdicts().code(review.Except))
	if err != nil || len(ids) == 0 {
		return nil, wrap(err)
	}
	list, err := db.Exceptions(ctx, ClosingQuery{IDs: ids, Open: true})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[len(list)-1], nil
}

// RemediationStates gives the states recorded for a revoke so far, in order.
func (db *DB) RemediationStates(ctx context.Context, id review.EntryIndex) ([]review.RemediationState, error) {
	var list []review.RemediationState
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var state string
		err := scan(&state)
		list = append(list, remediationState(state))
		return err
	}, "SELECT state FROM remediations WHERE decision = ? ORDER BY idx", id)
	return list, err
}
