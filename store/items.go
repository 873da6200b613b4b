package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
)

// itemQuery reads what lists show of items. Words are joined in Go: there are few, and they are remembered.
const itemQuery = `SELECT i.id, i.stage, i.grant, i.kind, i.status, i.account_status, i.grant_kind, i.privilege, i.granted, i.last_used, i.expires,
		i.severity, i.change, i.previous, i.previous_verdict, i.target, i.origin, i.owner, coalesce(i.how, 0), i.reviewer,
		s.key, s.name, s.manager, s.department, s.kind, coalesce(s.marks, 0), h.native_id, h.login, t.native_id, t.name, p.native_id,
		path.text, m.irrevocable, m.granted_by, n.reviewer, coalesce(n.decision, 0), n.signed, n.staged, d.reason, d.until,
		d.owner, d.control, d.replace, d.effective
	FROM items AS i
	JOIN item_now AS n ON n.id = i.id
	JOIN subjects AS s ON s.id = (i.population << 32) + i.subject
	JOIN holders AS h ON h.id = (i.population << 32) + i.holder
	JOIN targets AS t ON t.id = (i.population << 32) + i.target
	JOIN places AS p ON p.id = (i.population << 32) + i.place
	JOIN grants AS g ON g.id = i.grant
	LEFT JOIN terms AS path ON path.id = (g.id >> 32 << 32) + g.path
	JOIN manners AS m ON m.id = (g.id >> 32 << 32) + g.manner
	LEFT JOIN decisions AS d ON d.idx = n.decision
	WHERE i.id IN (SELECT value FROM json_each(?))`

// listedItem is an item with the numbers behind it.
type listedItem struct {
	review.Item
	id, grant                                  int64
	origin, owner, how, marks, reviewer, first int64
	target                                     int64
	previous, decision, signed, staged         int64
	key                                        ledger.Hash
	hash                                       ledger.Hash
}

// list reads items by id, in the order of ids.
func (p *population) list(ctx context.Context, q querier, ids []int64) ([]listedItem, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	list := make([]listedItem, len(ids))
	var words, staged, found []int64
	keys := make([]ledger.Hash, 0, len(ids))
	set := jsonInts(ids)
	err := each(ctx, q, func(scan func(...any) error) error {
		var it listedItem
		var kind, status, accountStatus, grantKind, privilege, severity, change, previousVerdict, baseKind int64
		var granted, lastUsed, expires, previous sql.NullInt64
		var path, irrevocable, by, reason, until, answers, control, replace, effective sql.NullString
		if err := scan(&it.id, &it.Stage, &it.grant, &kind, &status, &accountStatus, &grantKind, &privilege, &granted, &lastUsed, &expires,
			&severity, &change, &previous, &previousVerdict, &it.target, &it.origin, &it.owner, &it.how, &it.first,
			&it.Identity, &it.Name, &it.Manager, &it.Department, &baseKind, &it.marks, &it.Account, &it.Login, &it.Entitlement, &it.EntName, &it.Resource,
			&path, &irrevocable, &by, &it.reviewer, &it.decision, &it.signed, &it.staged, &reason, &until,
			&answers, &control, &replace, &effective); err != nil {
			return err
		}
		it.Campaign, it.Ord = p.campaign, it.id&0xffffffff
		it.Kind, it.BaseKind = kinds().word(kind), kinds().word(baseKind)
		it.Status, it.AccountStatus = itemStatuses().word(status), accountStatuses().word(accountStatus)
		it.GrantKind, it.Privilege = grantKinds().word(grantKind), privileges().word(privilege)
		it.Granted = decodeTime(granted.Int64, granted.Valid, "")
		it.LastUsed = decodeTime(lastUsed.Int64, lastUsed.Valid, "")
		it.Expires = decodeTime(expires.Int64, expires.Valid, "")
		it.MaxSeverity, it.Change = severities().word(severity), changes().word(change)
		it.previous, it.PrevVerdict = previous.Int64, verdicts().word(previousVerdict)
		it.Path, it.Irrevocable, it.GrantedBy = path.String, irrevocable.String, by.String
		it.Import, it.Row = review.ImportID(it.grant>>32), it.grant&0xffffffff
		it.Reason, it.Until, it.Answers, it.Control = reason.String, until.String, answers.String, control.String
		it.Replace, it.Effective = replace.String, effective.String
		it.Verdict, it.State, it.Decision = verdicts().word(it.signed), review.ItemOpen, review.EntryIndex(it.decision)
		if it.signed != 0 {
			it.State = review.ItemSigned
		}
		if it.staged != 0 {
			it.Verdict, it.State = verdicts().word(it.staged), review.ItemStaged
			staged = append(staged, it.id)
		}
		if severity != 0 {
			found = append(found, it.id)
		}
		words = append(words, it.origin, it.owner, it.how, it.marks, it.reviewer, it.first)
		list[at[it.id]] = it
		return nil
	}, itemQuery, set)
	if err != nil {
		return nil, err
	}
	if err := p.load(ctx, q, words); err != nil {
		return nil, err
	}
	for i := range list {
		it := &list[i]
		if it.id == 0 {
			return nil, review.Errorf(review.KindIO, "item %d of campaign %s is damaged", ids[i]&0xffffffff, review.Quote(string(p.campaign))).
				WithHint("run tickmark doctor")
		}
		from := p.origin(it.origin)
		it.System, it.Source = from.text, review.SourceID(from.more)
		it.Owner, it.How, it.Reviewer = p.word(it.owner), p.word(it.how), review.Principal(p.word(it.reviewer))
		if marks := p.word(it.marks); marks != "" {
			for _, m := range strings.Split(marks, wordGap) {
				it.Marks = append(it.Marks, review.Mark(m))
			}
		}
		it.key = ledger.GrantKey(it.GrantKind, from.more, it.Account, it.Entitlement, it.Resource, it.Path)
		it.hash = ledger.ItemID(p.log, string(p.campaign), int64(it.Stage), it.key)
		it.Grant, it.ID = review.GrantKey(it.key.String()), review.ItemID(it.hash.String())
		keys = append(keys, it.key)
	}
	owners, err := exceptionOwners(ctx, q, p.log, keys)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].ExceptionOwner = owners[list[i].key]
	}
	if err := p.findings(ctx, q, found, func(item int64, f review.Finding) {
		it := &list[at[item]]
		it.Findings = append(it.Findings, f)
	}); err != nil {
		return nil, err
	}
	return list, p.drafts(ctx, q, staged, func(item int64, by review.Principal, act int64, d review.Draft) {
		it := &list[at[item]]
		it.StagedBy, it.Act = by, act
		it.Reason, it.Until, it.Answers, it.Control, it.Replace, it.Effective = d.Reason, d.Until, d.Owner, d.Control, d.Replace, d.Effective
	}, func(item int64) string { return string(list[at[item]].Reviewer) })
}

// items_ is list without the numbers.
func (p *population) items_(ctx context.Context, ids []int64) ([]review.Item, error) {
	list, err := p.list(ctx, p.db.r, ids)
	items := make([]review.Item, len(list))
	for i := range list {
		items[i] = list[i].Item
	}
	return items, err
}

// findings calls fn with the findings of items in the order they were given.
func (p *population) findings(ctx context.Context, q querier, items []int64, fn func(item int64, f review.Finding)) error {
	if len(items) == 0 {
		return nil
	}
	type found struct {
		item, rule int64
		review.Finding
	}
	var list []found
	var rules []int64
	err := each(ctx, q, func(scan func(...any) error) error {
		var f found
		var severity int64
		err := scan(&f.item, &f.rule, &f.Version, &severity, &f.Reason)
		f.Severity = severities().word(severity)
		list, rules = append(list, f), append(rules, f.rule)
		return err
	}, "SELECT item, rule, version, severity, reason FROM item_findings WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item, n", jsonInts(items))
	if err != nil {
		return err
	}
	if err := p.load(ctx, q, rules); err != nil {
		return err
	}
	for i := range list {
		list[i].Rule = p.word(list[i].rule)
		fn(list[i].item, list[i].Finding)
	}
	return nil
}

// drafts calls fn with the staged verdict that lists show of each item: that of its reviewer, else the newest.
func (p *population) drafts(ctx context.Context, q querier, items []int64, fn func(item int64, by review.Principal, act int64, d review.Draft), reviewer func(item int64) string) error {
	if len(items) == 0 {
		return nil
	}
	own := map[int64]bool{}
	return each(ctx, q, func(scan func(...any) error) error {
		var item, act int64
		var by, text string
		if err := scan(&item, &by, &text, &act); err != nil {
			return err
		}
		if own[item] {
			return nil
		}
		own[item] = by == reviewer(item)
		var d review.Draft
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return err
		}
		fn(item, review.Principal(by), act, d)
		return nil
	}, "SELECT item, by, draft, act FROM staged WHERE item IN (SELECT value FROM json_each(?)) ORDER BY item, id", jsonInts(items))
}

// one reads an item by its full id, with its population; not-found.
func (db *DB) one(ctx context.Context, id review.ItemID) (*population, listedItem, error) {
	item, err := itemOf(ctx, db.r, id)
	if err != nil {
		return nil, listedItem{}, err
	}
	p, err := db.populationByID(ctx, item>>32)
	if err != nil {
		return nil, listedItem{}, err
	}
	list, err := p.list(ctx, db.r, []int64{item})
	if err != nil {
		return nil, listedItem{}, err
	}
	return p, list[0], nil
}

func (db *DB) populationByID(ctx context.Context, id int64) (*population, error) {
	var c review.CampaignID
	if err := db.r.QueryRowContext(ctx, "SELECT campaign FROM populations WHERE id = ? AND state = 2", id).Scan(&c); err != nil {
		return nil, wrap(err)
	}
	return db.population(ctx, c)
}

// Item gives one item by its full id; not-found.
func (db *DB) Item(ctx context.Context, id review.ItemID) (review.Item, error) {
	_, it, err := db.one(ctx, id)
	return it.Item, err
}

// Record gives what record and facts texts quote about items, in the order asked; not-found names the first missing one.
func (db *DB) Record(ctx context.Context, ids []review.ItemID) ([]ItemRecord, error) {
	out := make([]ItemRecord, len(ids))
	byPopulation := map[int64][]int64{}
	where := map[int64][]int{}
	of, hashes, err := itemsOf(ctx, db.r, ids)
	if err != nil {
		return nil, err
	}
	for i, item := range of {
		if len(where[item]) == 0 {
			byPopulation[item>>32] = append(byPopulation[item>>32], item)
		}
		where[item] = append(where[item], i)
	}
	for population, items := range byPopulation {
		p, err := db.populationByID(ctx, population)
		if err != nil {
			return nil, err
		}
		list, err := p.list(ctx, db.r, items)
		if err != nil {
			return nil, err
		}
		rows, err := db.rowIdentities(ctx, items)
		if err != nil {
			return nil, err
		}
		for _, it := range list {
			r := ItemRecord{Item: it.Item, Log: p.log, GrantKey: it.key, ItemHash: it.hash, ImportEntry: review.EntryIndex(rows[it.id].entry),
				RowIdentity: rows[it.id].identity, InForce: review.EntryIndex(it.decision), Assigned: review.Principal(p.word(it.first)),
				Previous: review.EntryIndex(it.previous)}
			if it.decision != 0 {
				r.Signed = verdicts().word(it.signed)
			}
			for _, i := range where[it.id] {
				if hashes[i] != it.hash {
					return nil, noItem(ids[i])
				}
				out[i] = r
			}
		}
	}
	return out, nil
}

type rowIdentity struct {
	entry    int64
	identity string
}

// rowIdentities gives what the row texts say of the items' identities, and the entries of their imports.
func (db *DB) rowIdentities(ctx context.Context, items []int64) (map[int64]rowIdentity, error) {
	out := map[int64]rowIdentity{}
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var id int64
		var r rowIdentity
		var identity sql.NullString
		err := scan(&id, &r.entry, &identity)
		r.identity = ledger.LongID(identity.String)
		out[id] = r
		return err
	}, `SELECT i.id, coalesce(m.entry, 0), t.text FROM items i JOIN grants g ON g.id = i.grant JOIN imports m ON m.id = g.id >> 32
		LEFT JOIN terms t ON t.id = (g.id >> 32 << 32) + g.identity WHERE i.id IN (SELECT value FROM json_each(?))`, jsonInts(items))
	return out, err
}

// Detail fills everything of review.Detail the store knows: not Facts, Blocked and Independence. Draft is the staged
// verdict of the item's reviewer, else the newest.
func (db *DB) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	p, it, err := db.one(ctx, id)
	if err != nil {
		return review.Detail{}, err
	}
	d := review.Detail{Item: it.Item}
	if d.Person, err = db.Subject(ctx, p.campaign, it.Identity); err != nil {
		return d, err
	}
	g, err := db.Grant(ctx, it.Import, it.Row)
	if err != nil {
		return d, err
	}
	d.Holder, d.EntDetail = *g.Account, g.Grant.Entitlement
	d.ResourceName, d.ResourceKind = g.Grant.Resource.Name, g.Grant.Resource.Kind
	d.GrantedBy, d.Condition, d.Locator = g.Grant.GrantedBy, g.Grant.Condition, g.Grant.Locator
	d.Granted, d.LastUsed, d.Expires = g.Grant.Granted, g.Grant.LastUsed, g.Grant.Expires
	imp, err := db.Import(ctx, it.Import)
	if err != nil {
		return d, err
	}
	d.ImportEntry, d.ImportFile, d.Extracted = imp.Entry, imp.File, imp.ExportedAt
	d.Sources = 1
	if d.Decisions, err = db.History(ctx, it.key); err != nil {
		return d, err
	}
	if d.Draft, err = db.draftOf(ctx, it); err != nil {
		return d, err
	}
	var mates int64
	if err := db.r.QueryRowContext(ctx, "SELECT items FROM subjects WHERE population = ? AND key = ? AND key = ? COLLATE BINARY", p.id, it.Identity, it.Identity).Scan(&mates); err != nil {
		return d, wrap(err)
	}
	d.Siblings = mates - 1
	if d.Behind, err = p.behind(ctx, it); err != nil {
		return d, err
	}
	d.Peers, err = p.peers(ctx, d.Person, it)
	return d, err
}

func (db *DB) draftOf(ctx context.Context, it listedItem) (*review.Staged, error) {
	list, err := stagedList(ctx, db.r, "WHERE t.item = ? AND (t.by = ?2 OR ?3 = 0) ORDER BY t.by = ?2 DESC, t.id DESC LIMIT 1", it.id, it.Reviewer, it.signed)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0].Staged, nil
}

// Subject gives a frozen identity of a campaign; not-found.
func (db *DB) Subject(ctx context.Context, c review.CampaignID, key string) (review.Identity, error) {
	var who review.Identity
	p, err := db.population(ctx, c)
	if err != nil {
		return who, err
	}
	var data string
	err = db.r.QueryRowContext(ctx, "SELECT x.data FROM subjects s JOIN subject_data x ON x.id = s.id WHERE s.population = ? AND s.key = ? AND s.key = ? COLLATE BINARY", p.id, key, key).Scan(&data)
	if isNoRows(err) {
		return who, notFound("campaign %s has no identity %s", review.Quote(string(c)), review.Quote(key))
	}
	if err != nil {
		return who, wrap(err)
	}
	return who, json.Unmarshal([]byte(data), &who)
}

// Subjects calls fn with the frozen identities of a campaign by key.
func (db *DB) Subjects(ctx context.Context, c review.CampaignID, fn func(*review.Identity) error) error {
	p, err := db.population(ctx, c)
	if err != nil {
		return err
	}
	return each(ctx, db.r, func(scan func(...any) error) error {
		var data string
		if err := scan(&data); err != nil {
			return err
		}
		var who review.Identity
		if err := json.Unmarshal([]byte(data), &who); err != nil {
			return err
		}
		return fn(&who)
	}, "SELECT x.data FROM subjects s JOIN subject_data x ON x.id = s.id WHERE s.population = ? ORDER BY s.key", p.id)
}

// History gives the signed decisions on a grant in all campaigns, newest first.
func (db *DB) History(ctx context.Context, key ledger.Hash) ([]review.Past, error) {
	var list []review.Past
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var past review.Past
		var hash []byte
		var verdict, at int64
		var superseded sql.NullInt64
		var state, outcome sql.NullString
		if err := scan(&past.Index, &past.Campaign, &hash, &verdict, &past.Reason, &past.Until, &past.Reviewer, &past.Signer, &past.Key, &at, &superseded, &state, &outcome); err != nil {
			return err
		}
		past.Item, past.Verdict, past.Time, past.InForce = review.ItemID(hashOf(hash).String()), verdicts().word(verdict), instant(at), !superseded.Valid
		switch past.Verdict {
		case review.Revoke:
			past.Followed = string(remediationState(state.String))
		case review.Except:
			past.Followed = outcome.String
		}
		list = append(list, past)
		return nil
	}, `SELECT d.idx, s.campaign, d.hash, d.verdict, d.reason, d.until, d.reviewer, s.signer, s.key, s.time, d.superseded_by,
			(SELECT state FROM remediations WHERE decision = d.idx ORDER BY idx DESC LIMIT 1),
			(SELECT outcome FROM closures WHERE exception = d.idx ORDER BY idx DESC LIMIT 1)
		FROM decisions d JOIN statements s ON s.idx = d.bundle WHERE d.grant_key = ? ORDER BY d.idx DESC`, key[:])
	return list, err
}
