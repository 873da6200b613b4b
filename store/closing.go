package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// ClosingQuery narrows Exceptions and Remediations; the zero value is all.
type ClosingQuery struct {
	Campaign review.CampaignID
	Source   review.SourceID
	IDs      []review.EntryIndex
	Open     bool // only exceptions without a final closure, only revokes not gone
	Whole    bool // with each revoke all others of the same access in its campaign
}

// closingChunk is how many decisions are read with all that is known of them at once.
const closingChunk = 1000

// closingQuery reads the decisions in force of one verdict among some, with what lists show of their items, in the order given.
const closingQuery = `SELECT d.idx, d.item, d.hash, s.campaign, subj.key, subj.name, o.text, o.more, h.native_id, t.native_id, t.name, p.native_id, i.privilege, i.stage, ow.text,
		d.reason, d.owner, d.control, d.until, d.replace, d.effective, d.reviewer, s.time, d.grant_key
	FROM json_each(?) AS j CROSS JOIN decisions AS d ON d.idx = j.value
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

// closingIDs lists the decisions in force of a verdict that a query asks for, oldest first.
func closingIDs(ctx context.Context, q querier, verdict review.Verdict, c ClosingQuery) ([]int64, error) {
	from, where, args := "decisions AS d", "d.superseded_by IS NULL AND d.verdict = ?", []any{verdicts().code(verdict)}
	if c.Campaign != "" {
		from += " JOIN statements AS s ON s.idx = d.bundle"
		where += " AND s.campaign = ?"
		args = append(args, c.Campaign)
	}
	if c.Source != "" {
		from += " JOIN items AS i ON i.id = d.item JOIN words AS o ON o.id = (i.population << 32) + i.origin"
		where += " AND o.more = ?"
		args = append(args, c.Source)
	}
	if len(c.IDs) > 0 {
		ids := make([]int64, len(c.IDs))
		for i, id := range c.IDs {
			ids[i] = int64(id)
		}
		from = "json_each(?) AS j CROSS JOIN decisions AS d ON d.idx = j.value" + strings.TrimPrefix(from, "decisions AS d")
		args = append([]any{jsonInts(ids)}, args...)
	}
	return int64s(ctx, q, "SELECT DISTINCT d.idx FROM "+from+" WHERE "+where+" ORDER BY d.idx", args...)
}

func int64s(ctx context.Context, q querier, query string, args ...any) ([]int64, error) {
	var out []int64
	err := each(ctx, q, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		out = append(out, id)
		return err
	}, query, args...)
	return out, err
}

// closing reads decisions in force of a verdict among some, which are in order.
func closing(ctx context.Context, q querier, verdict review.Verdict, ids []int64) ([]closingRow, error) {
	list := make([]closingRow, 0, len(ids))
	err := each(ctx, q, func(scan func(...any) error) error {
		var r closingRow
		err := r.scan(scan)
		list = append(list, r)
		return err
	}, closingQuery, jsonInts(ids), verdicts().code(verdict))
	return list, err
}

// ExceptionIDs lists what Exceptions gives, and those that another stage has overruled, without reading them.
func (db *DB) ExceptionIDs(ctx context.Context, cq ClosingQuery) ([]review.EntryIndex, error) {
	ids, err := closingIDs(ctx, db.r, review.Except, cq)
	return entryIndexes(ids), wrap(err)
}

func entryIndexes(ids []int64) []review.EntryIndex {
	out := make([]review.EntryIndex, len(ids))
	for i, id := range ids {
		out[i] = review.EntryIndex(id)
	}
	return out
}

// Exceptions lists exception decisions in force, oldest first, from the ledger alone: State is Closed or empty, Days 0; what
// depends on the time or the policy is the caller's. Owner, Control and Until are those of the last renewal. Staged names
// an unsigned closure, else what is staged on the stage it waits for.
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
		ids, err := closingIDs(ctx, q, review.Except, cq)
		if err != nil {
			return err
		}
		several, err := severalStages(ctx, q)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(ids, closingChunk) {
			if list, err = exceptions(ctx, q, log, list, chunk, several, cq.Open); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// exceptions adds the exceptions of a chunk to a list.
func exceptions(ctx context.Context, q querier, log string, list []review.Exception, ids []int64, several map[int64]bool, open bool) ([]review.Exception, error) {
	rows, err := closing(ctx, q, review.Except, ids)
	if err != nil {
		return nil, err
	}
	history, err := closures(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	staged, err := actsUnsigned(ctx, q, review.ActClosure, ids)
	if err != nil {
		return nil, err
	}
	superseded, err := supersededExceptions(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := &rows[i]
		var other stages
		if several[r.item>>32] {
			if other, err = otherStages(ctx, q, r); err != nil {
				return nil, err
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
				e.Staged = cmp.Or(e.Staged, other.stagedWord())
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
		if open && e.State == review.Closed {
			continue
		}
		list = append(list, e)
	}
	return list, nil
}

// stages is what the other stages of a grant in the same campaign say.
type stages struct {
	overruled bool           // a stricter verdict is in force, or an earlier stage holds the same exception
	second    bool           // there is a later stage
	approver  string         // who kept or excepted there
	open      int64          // it, while nothing is decided there; else 0
	openBy    string         // whose item that is
	staged    review.Verdict // what is staged there; empty: nothing
}

// stagedWord says what is staged on the stage that is open, as seen from the exception.
func (s *stages) stagedWord() string {
	if s.staged == review.Keep || s.staged == review.Except {
		return "approved"
	}
	return string(s.staged)
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
func supersededExceptions(ctx context.Context, q querier, ids []int64) (map[int64]review.EntryIndex, error) {
	out := map[int64]review.EntryIndex{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var idx int64
		var by review.EntryIndex
		err := scan(&idx, &by)
		out[idx] = by
		return err
	}, `SELECT e.idx, min(l.idx) FROM json_each(?3) AS j CROSS JOIN decisions AS e ON e.idx = j.value CROSS JOIN decisions AS l ON l.grant_key = e.grant_key AND l.idx > e.idx
		WHERE e.superseded_by IS NULL AND e.verdict = ?1 AND l.superseded_by IS NULL AND l.verdict <> ?2 AND l.item >> 32 <> e.item >> 32
		GROUP BY e.idx`, verdicts().code(review.Except), verdicts().code(review.Abstain), jsonInts(ids))
	return out, err
}

func otherStages(ctx context.Context, q querier, r *closingRow) (stages, error) {
	var s stages
	err := each(ctx, q, func(scan func(...any) error) error {
		var stage, signed, staged int64
		var reviewer sql.NullString
		var assigned string
		if err := scan(&stage, &signed, &staged, &reviewer, &assigned); err != nil {
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
				if staged != 0 {
					s.staged = verdicts().word(staged)
				}
			}
		}
		return nil
	}, `SELECT i.stage, n.signed, n.staged, d.reviewer, w.text FROM items AS me CROSS JOIN item_facets AS x ON x.population = me.population AND x.facet = ?2 AND x.value = me.subject
		CROSS JOIN items AS i ON i.id = x.item AND i.grant = me.grant AND i.id <> me.id
		JOIN item_now AS n ON n.id = i.id JOIN words AS w ON w.id = (i.population << 32) + n.reviewer LEFT JOIN decisions AS d ON d.idx = n.decision WHERE me.id = ?1`, r.item, int(facetSubject))
	return s, err
}

// closures reads the closure records of exceptions, in order.
func closures(ctx context.Context, q querier, ids []int64) (map[int64][]review.ClosureRecord, error) {
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
		FROM json_each(?) AS j CROSS JOIN closures AS c ON c.exception = j.value JOIN statements AS s ON s.idx = c.bundle ORDER BY c.idx`, jsonInts(ids))
	return out, err
}

// unsignedActs are the staged acts about an exception or revoke: the word of the newest, and all by number.
type unsignedActs struct {
	word string
	ids  []int64
}

// actsUnsigned gives the staged acts about each of some exceptions or revokes.
func actsUnsigned(ctx context.Context, q querier, act review.Act, ids []int64) (map[int64]unsignedActs, error) {
	out := map[int64]unsignedActs{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var ref, id int64
		var what string
		err := scan(&ref, &what, &id)
		out[ref] = unsignedActs{what, append(out[ref].ids, id)}
		return err
	}, "SELECT a.ref, a.what, a.id FROM json_each(?) AS j CROSS JOIN staged_acts AS a ON a.ref = j.value AND a.ref <> 0 WHERE a.act = ? ORDER BY a.id", jsonInts(ids), act)
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

// exceptionOwners gives, of those grants that stand under an open exception, the owner of the newest one. It reads what is
// known of these grants alone, however many exceptions there are.
func exceptionOwners(ctx context.Context, q querier, log string, grants []ledger.Hash) (map[ledger.Hash]string, error) {
	keys := make([]string, len(grants))
	for i, g := range grants {
		keys[i] = hexOf(g)
	}
	var ids []int64
	of := map[review.EntryIndex]ledger.Hash{}
	err := each(ctx, q, func(scan func(...any) error) error {
		var id int64
		var key []byte
		err := scan(&id, &key)
		ids = append(ids, id)
		of[review.EntryIndex(id)] = hashOf(key)
		return err
	}, `SELECT d.idx, d.grant_key FROM json_each(?) AS j CROSS JOIN decisions AS d INDEXED BY decisions_by_grant ON d.grant_key = unhex(j.value)
		WHERE d.superseded_by IS NULL AND d.verdict = ?`, jsonText(keys), verdicts().code(review.Except))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	slices.Sort(ids)
	several, err := severalStages(ctx, q)
	if err != nil {
		return nil, err
	}
	list, err := exceptions(ctx, q, log, nil, slices.Compact(ids), several, true)
	owners := make(map[ledger.Hash]string, len(list))
	for i := range list {
		owners[of[list[i].ID]] = list[i].Owner
	}
	return owners, err
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
