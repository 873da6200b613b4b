package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"tickmark/ledger"
	"tickmark/review"
)

// CreateDraft keeps a new campaign draft; exists if the name is taken by a draft or a launched campaign.
func (db *DB) CreateDraft(ctx context.Context, d CampaignDraft) error {
	spec, err := json.Marshal(d.Spec)
	if err != nil {
		return err
	}
	if d.Created.IsZero() {
		d.Created = db.opt.Now()
	}
	return db.Write(ctx, func(tx *Tx) error {
		n, err := tx.change("INSERT INTO drafts (name, by, created, spec) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
			d.Spec.ID, d.By, d.Created.Unix(), string(spec))
		if err != nil {
			return err
		}
		if n == 0 {
			return review.Errorf(review.KindExists, "there is a campaign %s already", review.Quote(string(d.Spec.ID))).
				WithHint("choose another name; tickmark campaign list shows those in use")
		}
		return nil
	})
}

// UpdateDraft replaces the spec of a draft and drops a population prepared for it; not-found, conflict once launched.
func (db *DB) UpdateDraft(ctx context.Context, spec review.CampaignSpec) error {
	data, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx *Tx) error {
		if err := tx.stillDraft(spec.ID); err != nil {
			return err
		}
		_, err := tx.exec("UPDATE drafts SET spec = ? WHERE name = ?", string(data), spec.ID)
		return err
	}); err != nil {
		return err
	}
	return db.dropPrepared(ctx, spec.ID)
}

// stillDraft refuses to change what is launched or cancelled.
func (tx *Tx) stillDraft(c review.CampaignID) error {
	var cancelled sql.NullInt64
	var launched bool
	err := tx.row("SELECT cancelled, EXISTS (SELECT 1 FROM populations WHERE campaign = drafts.name AND state = 2) FROM drafts WHERE name = ?", c).
		Scan(&cancelled, &launched)
	switch {
	case isNoRows(err):
		return noDraft(c)
	case err != nil:
		return err
	case launched:
		return review.Errorf(review.KindConflict, "campaign %s was launched and does not change any more", review.Quote(string(c))).
			WithHint("make a new campaign")
	case cancelled.Valid:
		return review.Errorf(review.KindConflict, "campaign %s was cancelled", review.Quote(string(c))).WithHint("make a new campaign")
	}
	return nil
}

func noDraft(c review.CampaignID) error {
	return notFound("there is no campaign %s", review.Quote(string(c))).WithHint("tickmark campaign list shows what there is")
}

// Draft gives a draft, launched or not; not-found.
func (db *DB) Draft(ctx context.Context, id review.CampaignID) (CampaignDraft, error) {
	d, err := scanDraft(db.r.QueryRowContext(ctx, "SELECT spec, by, created, cancelled FROM drafts WHERE name = ?", id).Scan)
	if isNoRows(err) {
		return d, noDraft(id)
	}
	return d, wrap(err)
}

func scanDraft(scan func(...any) error) (CampaignDraft, error) {
	var d CampaignDraft
	var spec string
	var created int64
	var cancelled sql.NullInt64
	if err := scan(&spec, &d.By, &created, &cancelled); err != nil {
		return d, err
	}
	d.Created, d.Cancelled = instant(created), instant(cancelled.Int64)
	return d, json.Unmarshal([]byte(spec), &d.Spec)
}

// Drafts lists drafts that are neither launched nor cancelled, oldest first.
func (db *DB) Drafts(ctx context.Context) ([]CampaignDraft, error) {
	var list []CampaignDraft
	err := each(ctx, db.r, func(scan func(...any) error) error {
		d, err := scanDraft(scan)
		list = append(list, d)
		return err
	}, `SELECT spec, by, created, cancelled FROM drafts WHERE cancelled IS NULL
		AND NOT EXISTS (SELECT 1 FROM populations WHERE campaign = drafts.name AND state = 2) ORDER BY created, name`)
	return list, err
}

// CancelDraft marks a draft cancelled; the name stays taken. conflict once launched.
func (db *DB) CancelDraft(ctx context.Context, id review.CampaignID) error {
	if err := db.Write(ctx, func(tx *Tx) error {
		if err := tx.stillDraft(id); err != nil {
			return err
		}
		_, err := tx.exec("UPDATE drafts SET cancelled = ? WHERE name = ?", db.opt.Now().Unix(), id)
		return err
	}); err != nil {
		return err
	}
	return db.dropPrepared(ctx, id)
}

// Campaigns lists launched campaigns with their counts, in ledger order.
func (db *DB) Campaigns(ctx context.Context) ([]CampaignRecord, error) {
	names, err := db.CampaignsLaunched(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]CampaignRecord, len(names))
	for i, c := range names {
		if list[i], err = db.Campaign(ctx, c); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CampaignsLaunched names the launched campaigns, oldest first.
func (db *DB) CampaignsLaunched(ctx context.Context) ([]review.CampaignID, error) {
	var names []review.CampaignID
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var c review.CampaignID
		err := scan(&c)
		names = append(names, c)
		return err
	}, "SELECT campaign FROM populations WHERE state = 2 ORDER BY entry")
	return names, err
}

// Campaign gives one launched campaign; not-found.
func (db *DB) Campaign(ctx context.Context, id review.CampaignID) (CampaignRecord, error) {
	var r CampaignRecord
	p, err := db.population(ctx, id)
	if err != nil {
		return r, err
	}
	err = db.snapshot(ctx, func(q querier) error {
		r, err = p.record(ctx, q)
		return err
	})
	return r, err
}

func (p *population) record(ctx context.Context, q querier) (CampaignRecord, error) {
	var r CampaignRecord
	var b []byte
	if err := q.QueryRowContext(ctx, "SELECT bytes FROM entries WHERE idx = ?", p.entry).Scan(&b); err != nil {
		return r, err
	}
	v, _, _, err := ledger.ParseEntry(b)
	if err != nil {
		return r, err
	}
	st, ok := v.(*ledger.Campaign)
	if !ok {
		return r, review.Errorf(review.KindIO, "entry %d opens no campaign", p.entry).WithHint("run tickmark doctor")
	}
	d, err := scanDraft(q.QueryRowContext(ctx, "SELECT spec, by, created, cancelled FROM drafts WHERE name = ?", p.campaign).Scan)
	if err != nil && !isNoRows(err) {
		return r, err
	}
	r.Spec, r.Statement = d.Spec, *st
	r.Campaign = review.Campaign{Name: p.campaign, Title: st.Title, Owner: review.Principal(st.Owner), Scope: st.Scope, Due: st.Due, Launched: st.Time,
		Period: [2]string{string(st.PeriodStart), string(st.PeriodEnd)}, NoAnswer: review.NoAnswer(st.NoAnswer), Assurance: review.Assurance(st.Assurance),
		Stages: int(st.Stages), Frameworks: d.Spec.Frameworks, Entry: review.EntryIndex(p.entry), Findings: p.stats.Findings,
		Reviewers: []review.ReviewerCount{}, Excluded: []review.Exclusion{}}
	for _, x := range st.Exclusions {
		r.Excluded = append(r.Excluded, review.Exclusion{Reason: x.Reason, Count: x.Count})
	}
	err = each(ctx, q, func(scan func(...any) error) error {
		var imp review.ImportID
		var source review.SourceID
		err := scan(&imp, &source)
		r.Imports = append(r.Imports, imp)
		if !slices.Contains(r.Sources, source) {
			r.Sources = append(r.Sources, source)
		}
		return err
	}, "SELECT id, source FROM imports WHERE entry IN (SELECT value FROM json_each(?)) ORDER BY id", jsonInts(st.Imports))
	if err != nil {
		return r, err
	}
	if err := p.countInto(ctx, q, &r.Campaign); err != nil {
		return r, err
	}
	if err := p.signoffsInto(ctx, q, &r.Campaign); err != nil {
		return r, err
	}
	err = q.QueryRowContext(ctx, revokesOpen, p.id).Scan(&r.RevokesOpen)
	return r, err
}

// revokesOpen counts the work items of a campaign that somebody still has to carry out: one for each access, whatever number of
// stages revoked it; gone if the newest record about any of its revokes says so; none where a later campaign let it stay.
const revokesOpen = `WITH r (idx, grant_key, item, last) AS MATERIALIZED (SELECT idx, grant_key, item, (SELECT max(idx) FROM remediations WHERE decision = decisions.idx) FROM decisions
		WHERE superseded_by IS NULL AND verdict = 2 AND item > ?1 << 32 AND item < (?1 + 1) << 32),
	o (grant_key, idx, item, last) AS (SELECT grant_key, max(idx), max(item), max(last) FROM r GROUP BY grant_key)
	SELECT count(*) FROM o AS d WHERE coalesce((SELECT state FROM remediations WHERE idx = d.last), '') <> 'gone'
		AND NOT EXISTS (SELECT 1 FROM decisions AS l WHERE ` + laterAnswer + `)`

// tallyLine is one counter with the reviewer's name.
type tallyLine struct {
	reviewer       string
	number         int64 // of the reviewer's word
	signed, staged review.Verdict
	items          int64
}

func (t tallyLine) verdict() review.Verdict {
	if t.staged != review.NoVerdict {
		return t.staged
	}
	return t.signed
}

func (p *population) tallies(ctx context.Context, q querier) ([]tallyLine, error) {
	var list []tallyLine
	err := each(ctx, q, func(scan func(...any) error) error {
		var t tallyLine
		var signed, staged int64
		err := scan(&t.reviewer, &t.number, &signed, &staged, &t.items)
		t.signed, t.staged = verdicts().word(signed), verdicts().word(staged)
		list = append(list, t)
		return err
	}, "SELECT w.text, t.reviewer, t.signed, t.staged, t.items FROM tallies t JOIN words w ON w.id = (t.population << 32) + t.reviewer WHERE t.population = ? AND t.items <> 0 ORDER BY w.text COLLATE BINARY", p.id)
	return list, err
}

// countInto fills the counts of a campaign and its reviewers (rulings 22).
func (p *population) countInto(ctx context.Context, q querier, c *review.Campaign) error {
	list, err := p.tallies(ctx, q)
	if err != nil {
		return err
	}
	var all Counts
	people := map[string]*Counts{}
	for _, t := range list {
		if people[t.reviewer] == nil {
			people[t.reviewer] = &Counts{}
		}
		all.add(t)
		people[t.reviewer].add(t)
		if t.signed != review.Abstain || t.staged != review.NoVerdict {
			continue
		}
		var own int64
		err := q.QueryRowContext(ctx, `SELECT count(*) FROM item_now n JOIN decisions d ON d.idx = n.decision
			WHERE n.population = ? AND n.reviewer = ? AND n.verdict = ? AND n.staged = 0 AND d.reviewer = ?`,
			p.id, t.number, verdicts().code(review.Abstain), t.reviewer).Scan(&own)
		if err != nil {
			return wrap(err)
		}
		people[t.reviewer].Left -= own
		people[t.reviewer].GaveUp += own
	}
	c.Items, c.Decided, c.Staged, c.Signed, c.Undecided = all.Items, all.Decided, all.Staged, all.Signed, all.Items-all.Decided
	c.Keep, c.Revoke, c.Exception, c.Abstain = all.Keep, all.Revoke, all.Exception, all.Abstain
	for name, n := range people {
		c.Reviewers = append(c.Reviewers, review.ReviewerCount{Principal: review.Principal(name), Items: n.Items, Decided: n.Decided, Staged: n.Staged, Signed: n.Signed, Left: n.Left, GaveUp: n.GaveUp})
	}
	slices.SortFunc(c.Reviewers, func(a, b review.ReviewerCount) int { return cmp.Compare(a.Principal, b.Principal) })
	return nil
}

func (c *Counts) add(t tallyLine) {
	c.Items += t.items
	if t.staged != review.NoVerdict {
		c.Staged += t.items
	}
	if t.signed != review.NoVerdict {
		c.Signed += t.items
	}
	if t.staged != review.NoVerdict || !t.signed.Decides() {
		c.Left += t.items
	}
	switch t.verdict() {
	case review.Keep:
		c.Keep += t.items
	case review.Revoke:
		c.Revoke += t.items
	case review.Except:
		c.Exception += t.items
	case review.Abstain:
		c.Abstain += t.items
	}
	c.Decided = c.Keep + c.Revoke + c.Exception
}

// signoffsInto fills when who signed off: the manager's first, a reviewer's newest.
func (p *population) signoffsInto(ctx context.Context, q querier, c *review.Campaign) error {
	return each(ctx, q, func(scan func(...any) error) error {
		var role, signer string
		var at int64
		if err := scan(&role, &signer, &at); err != nil {
			return err
		}
		if review.Role(role) == review.Manager {
			if c.SignedOff.IsZero() {
				c.SignedOff = instant(at)
			}
			return nil
		}
		for i := range c.Reviewers {
			if string(c.Reviewers[i].Principal) == signer {
				c.Reviewers[i].SignedOff = instant(at)
			}
		}
		return nil
	}, "SELECT role, signer, time FROM signoffs WHERE campaign = ? ORDER BY idx", p.campaign)
}

// Counts gives the counts of a campaign as lists show them, for one reviewer or, with "", for all.
func (db *DB) Counts(ctx context.Context, c review.CampaignID, who review.Principal) (Counts, error) {
	var n Counts
	p, err := db.population(ctx, c)
	if err != nil {
		return n, err
	}
	list, err := p.tallies(ctx, db.r)
	for _, t := range list {
		if who == "" || t.reviewer == string(who) {
			n.add(t)
		}
	}
	return n, err
}

// SignedCounts gives the counts a sign-off states: of a reviewer's items or, with "", of all (ledger.md 3.8).
func (db *DB) SignedCounts(ctx context.Context, c review.CampaignID, who review.Principal) (SignedCounts, error) {
	var n SignedCounts
	p, err := db.population(ctx, c)
	if err != nil {
		return n, err
	}
	list, err := p.tallies(ctx, db.r)
	for _, t := range list {
		if who != "" && t.reviewer != string(who) {
			continue
		}
		n.Items += t.items
		switch t.signed {
		case review.Keep:
			n.Keep += t.items
		case review.Revoke:
			n.Revoke += t.items
		case review.Except:
			n.Exception += t.items
		case review.Abstain:
			n.Abstain += t.items
		}
	}
	n.Decided = n.Keep + n.Revoke + n.Exception
	n.Open = n.Items - n.Decided
	return n, err
}

// Quality gives the raw figures per person who decided in a campaign; Signals are left to the caller. Decisions in force
// count; NoRevokeRun is how many campaigns in a row, this one the last, the person ended without a revoke.
func (db *DB) Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error) {
	p, err := db.population(ctx, c)
	if err != nil {
		return nil, err
	}
	var list []review.Quality
	err = db.snapshot(ctx, func(q querier) error {
		err := each(ctx, q, func(scan func(...any) error) error {
			var l review.Quality
			err := scan(&l.Principal, &l.Decided, &l.Keeps, &l.Bulk, &l.Opened, &l.Seconds)
			if l.Decided > 0 {
				l.PerItem = float64(l.Seconds) / float64(l.Decided)
			}
			list = append(list, l)
			return err
		}, `SELECT d.reviewer, count(*), count(*) FILTER (WHERE d.verdict = 1), coalesce(sum(d.bulk), 0), coalesce(sum(d.opened), 0),
				(SELECT coalesce(sum(s.elapsed), 0) FROM statements s WHERE s.campaign = ?2 AND s.kind = 'bundle' AND s.act = 'decision' AND s.actor = d.reviewer)
			FROM decisions d WHERE d.item > ?1 << 32 AND d.item < (?1 + 1) << 32 AND d.superseded_by IS NULL GROUP BY d.reviewer ORDER BY d.reviewer`, p.id, c)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].NoRevokeRun, err = noRevokeRun(ctx, q, list[i].Principal, p.entry); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func noRevokeRun(ctx context.Context, q querier, who review.Principal, entry int64) (int, error) {
	run := 0
	done := false
	err := each(ctx, q, func(scan func(...any) error) error {
		var revokes int64
		if err := scan(&revokes); err != nil {
			return err
		}
		done = done || revokes > 0
		if !done {
			run++
		}
		return nil
	}, `SELECT count(*) FILTER (WHERE d.verdict = 2) FROM decisions d JOIN populations p ON p.id = d.item >> 32
		WHERE d.reviewer = ? AND d.superseded_by IS NULL AND p.entry <= ? GROUP BY p.id ORDER BY p.entry DESC`, who, entry)
	return run, err
}
