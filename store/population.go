package store

import (
	"context"
	"encoding/json"
	"sync"

	"tickmark/review"
)

// population is a launched campaign as queries need it. What it holds of words does not change, but for reviewers, whom
// a reassignment may add.
type population struct {
	db       *DB
	id       int64
	campaign review.CampaignID
	log      string
	items    int64
	subjects int64
	entry    int64
	stats    populationStats

	mu      sync.Mutex
	words   map[int64]word      // by number
	sorts   map[int][]wordCount // of the small sorts
	matches map[string]matched  // of texts with dictionaries
	lists   map[string]*subjectList

	counting   chan struct{} // held by whoever counts what is remembered
	groupSizes map[peerGroup]int64
	holders    map[holding]int64
}

type wordCount struct {
	n int64
	word
	items int64
}

type word struct{ text, more string }

// population gives a launched campaign; not-found.
func (db *DB) population(ctx context.Context, c review.CampaignID) (*population, error) {
	db.pmu.Lock()
	p := db.populations[c]
	db.pmu.Unlock()
	if p != nil {
		return p, nil
	}
	p = &population{db: db, campaign: c, words: map[int64]word{}, sorts: map[int][]wordCount{}, matches: map[string]matched{}, counting: make(chan struct{}, 1)}
	var stats string
	err := db.r.QueryRowContext(ctx, "SELECT id, log, items, subjects, entry, stats FROM populations WHERE campaign = ? AND state = 2", c).
		Scan(&p.id, &p.log, &p.items, &p.subjects, &p.entry, &stats)
	if isNoRows(err) {
		return nil, notFound("no campaign %s was launched", review.Quote(string(c))).WithHint("tickmark campaign list shows what there is")
	}
	if err != nil {
		return nil, wrap(err)
	}
	if err := json.Unmarshal([]byte(stats), &p.stats); err != nil {
		return nil, review.Errorf(review.KindIO, "the figures of campaign %s are damaged: %w", review.Quote(string(c)), err).
			WithHint("restore the database from a copy")
	}
	db.pmu.Lock()
	defer db.pmu.Unlock()
	if db.populations == nil {
		db.populations = map[review.CampaignID]*population{}
	}
	if known := db.populations[c]; known != nil {
		return known, nil
	}
	db.populations[c] = p
	return p, nil
}

// base is what numbers of this population's dictionaries and items are added to.
func (p *population) base() int64 { return p.id << 32 }

// sort gives all words of a small sort.
func (p *population) sort(ctx context.Context, sort int) ([]wordCount, error) {
	p.mu.Lock()
	list, ok := p.sorts[sort]
	p.mu.Unlock()
	if ok {
		return list, nil
	}
	err := each(ctx, p.db.r, func(scan func(...any) error) error {
		var w wordCount
		err := scan(&w.n, &w.text, &w.more, &w.items)
		w.n &= 0xffffffff
		list = append(list, w)
		return err
	}, "SELECT id, text, more, items FROM words WHERE population = ? AND sort = ?", p.id, sort)
	if err != nil {
		return nil, err
	}
	if sort != wordReviewer {
		p.mu.Lock()
		p.sorts[sort] = list
		p.mu.Unlock()
	}
	return list, nil
}

// matching gives the numbers of the words of a small sort that fn accepts, and how many items they have.
func (p *population) matching(ctx context.Context, sort int, fn func(word) bool) (numbers []int64, items int64, err error) {
	list, err := p.sort(ctx, sort)
	for _, w := range list {
		if fn(w.word) {
			numbers = append(numbers, w.n)
			items += w.items
		}
	}
	return numbers, items, err
}

// load reads words by number, those that are not known yet.
func (p *population) load(ctx context.Context, q querier, numbers []int64) error {
	var want []int64
	p.mu.Lock()
	if len(p.words) > lazyMost {
		clear(p.words)
	}
	for _, n := range numbers {
		if _, ok := p.words[n]; !ok && n != 0 {
			want = append(want, p.base()|n)
		}
	}
	p.mu.Unlock()
	if len(want) == 0 {
		return nil
	}
	return each(ctx, q, func(scan func(...any) error) error {
		var id int64
		var w word
		if err := scan(&id, &w.text, &w.more); err != nil {
			return err
		}
		p.mu.Lock()
		p.words[id&0xffffffff] = w
		p.mu.Unlock()
		return nil
	}, "SELECT id, text, more FROM words WHERE id IN (SELECT value FROM json_each(?))", jsonInts(want))
}

// word gives a word that was loaded, origin one with its source.
func (p *population) word(n int64) string { return p.origin(n).text }

func (p *population) origin(n int64) word {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.words[n]
}
