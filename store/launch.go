package store

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// Launcher takes the items of a population. Call Item from one goroutine, in population order; hashing and loading run
// beside. After any error, and when ctx ends, call Discard.
type Launcher struct {
	db       *DB
	ctx      context.Context
	campaign review.CampaignID
	log      string
	id       int64

	chunk    *itemChunk
	ord      int64
	subjects *dict
	holders  *dict
	targets  *dict
	places   *dict
	words    *dict
	systems  map[review.ImportID]importNames
	weights  [5][]weight // of the dictionaries, by number - 1, in the order of dictTables
	tallies  map[uint32]int64
	tagged   map[tag]*tagged
	facets   [facets][]uint32 // of each item, by facet - 1
	groups   groupNumbers
	stats    populationStats

	pipe      *itemPipe
	finished  bool
	discarded bool
	prepared  Prepared
	letGo     context.CancelFunc // ends the beats of what is prepared; nil before
}

// weight is what a dictionary entry amounts to once all items are there: how many, the least urgency and the worst finding.
type weight struct {
	items uint32
	risk  int32
}

// populationStats is kept with a population.
type populationStats struct {
	Findings map[review.Severity]int64
	Changes  map[review.Change]int64
	Tags     map[string]int64 // by tag.key
}

type importNames struct {
	source review.SourceID
	system string
	entry  int64
}

const (
	dictSubjects = iota
	dictHolders
	dictTargets
	dictPlaces
	dictWords
)

func dictTables() [5]string { return [5]string{"subjects", "holders", "targets", "places", "words"} }

// PrepareLaunch starts preparing a population, replacing one prepared earlier for the same draft. Nobody sees it before
// Tx.Launch. Call Discard when done: what a process that ended leaves unlaunched is deleted at the next Open.
func (db *DB) PrepareLaunch(ctx context.Context, s LaunchStart) (*Launcher, error) {
	log, err := db.LogName(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := populationOf(ctx, db.r, s.Campaign); err == nil {
		return nil, review.Errorf(review.KindExists, "campaign %s was launched already", review.Quote(string(s.Campaign))).
			WithHint("make a new campaign with another name")
	} else if review.KindOf(err) != review.KindNotFound {
		return nil, err
	}
	if err := db.dropPrepared(ctx, s.Campaign); err != nil {
		return nil, err
	}
	l := &Launcher{db: db, ctx: ctx, campaign: s.Campaign, log: log, subjects: newDict(), holders: newDict(), targets: newDict(),
		places: newDict(), words: newDict(), systems: map[review.ImportID]importNames{}, tallies: map[uint32]int64{},
		tagged: map[tag]*tagged{}, stats: populationStats{map[review.Severity]int64{}, map[review.Change]int64{}, map[string]int64{}}}
	err = db.Write(ctx, func(tx *Tx) error {
		res, err := tx.exec("INSERT INTO populations (state, campaign, log, at) VALUES (0, ?, ?, ?)", s.Campaign, log, db.opt.Now().Unix())
		if err != nil {
			return err
		}
		if l.id, err = res.LastInsertId(); err != nil {
			return err
		}
		return tx.beginLoad(loadPopulation, l.id)
	})
	if err != nil {
		return nil, err
	}
	if l.pipe, err = l.newPipe(); err != nil {
		return nil, errors.Join(err, l.Discard())
	}
	l.chunk = new(itemChunk)
	l.pipe.ids = make([]idRow, 0, s.Items)
	for f := range l.facets {
		l.facets[f] = make([]uint32, 0, s.Items)
	}
	return l, nil
}

// dropPrepared deletes populations of a campaign that are not in force.
func (db *DB) dropPrepared(ctx context.Context, c review.CampaignID) error {
	var ids []int64
	err := each(ctx, db.r, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM populations WHERE campaign = ? AND state < 2", c)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := db.sweep(ctx, loadPopulation, id); err != nil {
			return err
		}
	}
	return nil
}

// Item takes the next item. Nothing of n is kept after the call but strings.
func (l *Launcher) Item(n *NewItem) error {
	g := n.Grant
	names, err := l.names(g.Import)
	if err != nil {
		return err
	}
	l.ord++
	system := g.Account.System
	if system == "" {
		system = names.system
	}
	severity := review.Worst(n.Findings)
	risk := riskOf(n.Kind, severity, n.Change)
	r := itemRow{
		id: l.id<<32 | l.ord, stage: int64(n.Stage), grant: int64(g.Import)<<32 | g.Row, key: g.Key, entry: names.entry,
		subject: l.subject(n.Subject, risk), holder: l.holder(g, risk), target: l.target(g, risk), place: l.place(g, risk),
		origin: l.origin(system, names.source, risk), owner: l.word(wordOwner, n.Owner, risk),
		kind: kinds().code(n.Kind), status: itemStatuses().code(n.Status), accountStatus: accountStatuses().code(g.Account.Status),
		grantKind: grantKinds().code(g.Grant.Kind), privilege: privileges().code(g.Grant.Entitlement.Privilege),
		severity: severities().code(severity), change: changes().code(n.Change), risk: int64(risk), previous: int64(n.Previous),
		previousVerdict: verdicts().code(n.PrevVerdict), reviewer: l.word(wordReviewer, string(n.Reviewer), risk), principal: string(n.Reviewer),
		basis: bases().code(n.Basis), basisWord: n.Basis,
	}
	if g.Grant.How != "" {
		r.how = l.word(wordHow, g.Grant.How, risk)
	}
	r.granted, _ = codeTime(g.Grant.Granted)
	r.lastUsed, _ = codeTime(n.LastUsed)
	r.expires, _ = codeTime(g.Grant.Expires)
	l.tag(&r)
	for f, value := range r.facets() {
		l.facets[f] = append(l.facets[f], value)
	}
	l.chunk.items = append(l.chunk.items, r)
	l.tallies[r.reviewer]++
	if severity != "" {
		l.stats.Findings[severity]++
	}
	l.stats.Changes[n.Change]++
	for i, f := range n.Findings {
		l.chunk.findings = append(l.chunk.findings, findingRow{item: r.id, n: int64(i), rule: int64(l.word(wordRule, f.Rule, risk)), version: int64(f.Version),
			severity: severities().code(f.Severity), reason: f.Reason})
	}
	if len(l.chunk.items) >= chunkRows {
		if err := l.pipe.send(l.chunk); err != nil {
			return err
		}
		l.chunk = new(itemChunk)
	}
	return nil
}

// wordGap parts the marks of one identity in their word.
const wordGap = "\x1f"

// severityStep parts the two numbers of a risk: how urgent, and below it how far the worst finding is from critical. Of one
// item the second follows from the first; of a dictionary entry they may come from two items. Risks below twoNumbers are of
// populations launched when one number said both: the worst finding times 4, and what changed.
const (
	severityStep = 8
	twoNumbers   = 100 * severityStep
)

// riskOf orders items by urgency, least first.
func riskOf(k review.Kind, s review.Severity, c review.Change) int32 {
	return int32(twoNumbers + review.Urgency(k, s, c)*severityStep + review.Critical.Rank() - s.Rank())
}

// worseRisk is the risk of what holds both.
func worseRisk(a, b int32) int32 {
	return min(a/severityStep, b/severityStep)*severityStep + min(a%severityStep, b%severityStep)
}

// severityOfRisk is the worst finding in a risk, as the code of severities.
func severityOfRisk(risk int64) int64 {
	if risk < twoNumbers {
		return int64(review.Critical.Rank()) - risk/4
	}
	return int64(review.Critical.Rank()) - risk%severityStep
}

func (l *Launcher) names(id review.ImportID) (importNames, error) {
	if n, ok := l.systems[id]; ok {
		return n, nil
	}
	imp, err := l.db.Import(l.ctx, id)
	if err != nil {
		return importNames{}, err
	}
	if imp.Entry == 0 {
		return importNames{}, review.Errorf(review.KindRefused, "import %d is not signed", id).WithHint("sign it before a campaign uses it")
	}
	n := importNames{imp.Source, imp.System, int64(imp.Entry)}
	l.systems[id] = n
	return n, nil
}

// weigh adds an item to a dictionary entry.
func (l *Launcher) weigh(dict int, n uint32, risk int32) {
	w := l.weights[dict]
	for uint32(len(w)) < n {
		w = append(w, weight{risk: math.MaxInt32})
	}
	w[n-1].items++
	w[n-1].risk = worseRisk(w[n-1].risk, risk)
	l.weights[dict] = w
}

func (l *Launcher) wide(n uint32) int64 { return l.id<<32 | int64(n) }

func (l *Launcher) subject(s *review.Identity, risk int32) uint32 {
	n, fresh := l.subjects.number(s.Key)
	l.weigh(dictSubjects, n, risk)
	if fresh {
		marks := make([]string, len(s.Marks))
		for i, m := range s.Marks {
			marks[i] = string(m)
		}
		r := subjectRow{id: l.wide(n), population: l.id, key: s.Key, name: s.DisplayName, manager: s.Manager, department: s.Department,
			title: s.Title, kind: kinds().code(s.Kind), data: jsonText(s)}
		if len(marks) > 0 {
			r.marks = int64(l.word(wordMarks, strings.Join(marks, wordGap), risk))
		}
		l.chunk.subjects = append(l.chunk.subjects, r)
		l.groups.add(peerGroup{s.Department, s.Title})
	}
	return n
}

func (l *Launcher) holder(g *GrantRow, risk int32) uint32 {
	n, fresh := l.holders.number(wideKey(g.Import, g.account))
	l.weigh(dictHolders, n, risk)
	if fresh {
		l.chunk.holders = append(l.chunk.holders, nameRow{id: l.wide(n), population: l.id, of: int64(g.Import)<<32 | g.account,
			native: g.Account.NativeID, name: g.Account.Login})
	}
	return n
}

func (l *Launcher) target(g *GrantRow, risk int32) uint32 {
	n, fresh := l.targets.number(wideKey(g.Import, g.entitlement))
	l.weigh(dictTargets, n, risk)
	if fresh {
		l.chunk.targets = append(l.chunk.targets, nameRow{id: l.wide(n), population: l.id, of: int64(g.Import)<<32 | g.entitlement,
			native: g.Grant.Entitlement.NativeID, name: g.Grant.Entitlement.Name})
	}
	return n
}

// place gives grants without a resource one place without a name, so that sorting by resource finds them too.
func (l *Launcher) place(g *GrantRow, risk int32) uint32 {
	n, fresh := l.places.number(wideKey(g.Import, g.resource))
	l.weigh(dictPlaces, n, risk)
	if fresh {
		l.chunk.places = append(l.chunk.places, nameRow{id: l.wide(n), population: l.id, of: int64(g.Import)<<32 | g.resource, native: g.Grant.Resource.NativeID})
	}
	return n
}

func (l *Launcher) word(sort int, text string, risk int32) uint32 {
	return l.wordOf(sort, text, "", risk)
}

// origin is the word for a system and the source that told of it.
func (l *Launcher) origin(system string, source review.SourceID, risk int32) uint32 {
	return l.wordOf(wordOrigin, system, string(source), risk)
}

func (l *Launcher) wordOf(sort int, text, more string, risk int32) uint32 {
	n, fresh := l.words.number(string(rune('0'+sort)), text, more)
	l.weigh(dictWords, n, risk)
	if fresh {
		l.chunk.words = append(l.chunk.words, wordRow{id: l.wide(n), population: l.id, sort: int64(sort), text: text, more: more})
	}
	return n
}

// wideKey is a dictionary key for a number of an import.
func wideKey(id review.ImportID, n int64) string {
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(id>>(8*i)), byte(n>>(8*i))
	}
	return string(b[:])
}

// Finish ends taking and gives what the campaign's statement commits to.
func (l *Launcher) Finish() (Prepared, error) {
	if l.finished {
		return l.prepared, nil
	}
	if err := l.pipe.finish(l.chunk); err != nil {
		return Prepared{}, err
	}
	for t, known := range l.tagged {
		l.stats.Tags[t.key()] = known.items
	}
	stats, err := json.Marshal(l.stats)
	if err != nil {
		return Prepared{}, err
	}
	p := Prepared{Campaign: l.campaign, Items: l.ord, Subjects: int64(l.subjects.len()), PopulationRoot: l.pipe.members.Root(),
		AssignmentsRoot: l.pipe.assignments.Root(), Token: l.id}
	err = l.db.Write(l.ctx, func(tx *Tx) error {
		for reviewer, n := range l.tallies {
			if _, err := tx.exec("INSERT INTO tallies (population, reviewer, signed, staged, items) VALUES (?, ?, 0, 0, ?)", l.id, reviewer, n); err != nil {
				return err
			}
		}
		n, err := tx.change("UPDATE populations SET state = 1, items = ?, subjects = ?, stats = ?, population_root = ?, assignments_root = ? WHERE id = ? AND state = 0",
			p.Items, p.Subjects, string(stats), p.PopulationRoot[:], p.AssignmentsRoot[:], l.id)
		if err == nil && n != 1 {
			err = errLoadLost()
		}
		return err
	})
	if err != nil {
		return Prepared{}, err
	}
	l.prepared, l.finished = p, true
	var ctx context.Context
	ctx, l.letGo = context.WithCancel(l.ctx)
	go l.keep(ctx)
	return p, nil
}

// keep shows others that what is prepared is still wanted, for as long as a key is waited for.
func (l *Launcher) keep(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			// If it fails, Tx.Launch finds out whether the population is still there.
			_ = l.db.Write(ctx, func(tx *Tx) error { return l.pipe.beat(ctx, tx.tx.ExecContext) })
		case <-ctx.Done():
			return
		}
	}
}

// Discard deletes what was prepared. It is harmless after Tx.Launch.
func (l *Launcher) Discard() error {
	if l.discarded {
		return nil
	}
	l.discarded = true
	if l.letGo != nil {
		l.letGo()
	} else if l.pipe != nil {
		l.pipe.stop()
	}
	ctx := context.WithoutCancel(l.ctx)
	var state int
	err := l.db.r.QueryRowContext(ctx, "SELECT state FROM populations WHERE id = ?", l.id).Scan(&state)
	if isNoRows(err) || err == nil && state == 2 {
		return nil
	}
	if err != nil {
		return wrap(err)
	}
	return l.db.sweep(ctx, loadPopulation, l.id)
}

// Launch puts a prepared population into force. Use it in Append with the campaign's statement; the statement's counts and
// roots must be those of the preparation, else refused.
func (tx *Tx) Launch(p Prepared) error {
	var entry int64
	err := tx.row("SELECT idx FROM statements WHERE campaign = ? AND kind = 'campaign' ORDER BY idx DESC LIMIT 1", p.Campaign).Scan(&entry)
	if isNoRows(err) {
		return review.Errorf(review.KindRefused, "no statement opens campaign %s", review.Quote(string(p.Campaign)))
	}
	if err != nil {
		return wrap(err)
	}
	v, err := tx.entryValue(entry)
	if err != nil {
		return err
	}
	st, ok := v.(*ledger.Campaign)
	if !ok || st.Items != p.Items || st.PopulationRoot != p.PopulationRoot || st.AssignmentsRoot != p.AssignmentsRoot {
		return review.Errorf(review.KindRefused, "entry %d does not state the population that was prepared", entry).
			WithHint("nothing was changed; launch again")
	}
	n, err := tx.change(`UPDATE populations SET state = 2, entry = ? WHERE id = ? AND state = 1 AND campaign = ? AND items = ? AND population_root = ? AND assignments_root = ?
		AND NOT EXISTS (SELECT 1 FROM populations WHERE campaign = ?3 AND state = 2)`, entry, p.Token, p.Campaign, p.Items, p.PopulationRoot[:], p.AssignmentsRoot[:])
	if err != nil {
		return wrap(err)
	}
	if n != 1 {
		return conflict("the population of %s was prepared anew, or launched, meanwhile", review.Quote(string(p.Campaign)))
	}
	_, err = tx.endLoad(loadPopulation, p.Token)
	return wrap(err)
}
