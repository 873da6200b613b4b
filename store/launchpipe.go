package store

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"slices"

	"modernc.org/sqlite/vtab"

	"tickmark/ledger"
	"tickmark/review"
)

// itemChunk is what travels from the taker to the hasher and loader.
type itemChunk struct {
	items    []itemRow
	findings []findingRow
	subjects []subjectRow
	holders  []nameRow
	targets  []nameRow
	places   []nameRow
	words    []wordRow
}

// itemPipe hashes and loads in one goroutine.
type itemPipe struct {
	batcher
	l           *Launcher
	to          chan *itemChunk
	done        chan struct{}
	salts       io.Reader
	text        []byte
	members     ledger.Tree
	assignments ledger.Tree
	ids         []idRow

	items    *inlet[itemRow]
	now      *inlet[itemRow]
	findings *inlet[findingRow]
	subjects *inlet[subjectRow]
	details  *inlet[subjectRow]
	holders  *inlet[nameRow]
	targets  *inlet[nameRow]
	places   *inlet[nameRow]
	words    *inlet[wordRow]
	idIn     *inlet[idRow]
	tags     *inlet[tagRow]
	facets   *inlet[facetRow]
	peers    *inlet[peersRow]
	weights  [5]*inlet[weightRow]
}

func (l *Launcher) newPipe() (*itemPipe, error) {
	p := &itemPipe{l: l, to: make(chan *itemChunk, 2), done: make(chan struct{}), salts: bufio.NewReaderSize(l.db.opt.Rand, 1<<16)}
	if err := p.open(l.ctx, l.db, loadPopulation, l.id); err != nil {
		return nil, err
	}
	b := &p.batcher
	p.items = openInlet(b, "INSERT", "items", itemColumns(), itemValue)
	p.now = openInlet(b, "INSERT", "item_now", nowColumns(), nowValue)
	p.findings = openInlet(b, "INSERT", "item_findings", findingColumns(), findingValue)
	p.subjects = openInlet(b, "INSERT", "subjects", subjectColumns(), subjectValue)
	p.details = openInlet(b, "INSERT", "subject_data", []string{"id", "data"}, subjectDataValue)
	p.holders = openInlet(b, "INSERT", "holders", nameColumns("account", true), nameValue(true))
	p.targets = openInlet(b, "INSERT", "targets", nameColumns("entitlement", true), nameValue(true))
	p.places = openInlet(b, "INSERT", "places", nameColumns("resource", false), nameValue(false))
	p.words = openInlet(b, "INSERT", "words", wordColumns(), wordValue)
	p.idIn = openInlet(b, "INSERT", "item_ids", []string{"id", "item"}, idValue)
	p.facets = openInlet(b, "INSERT", "item_facets", facetColumns(), facetValue)
	p.peers = openPeers(b)
	p.tags = openInlet(b, "INSERT", "item_tags", tagColumns(), tagValue)
	for i, table := range dictTables() {
		p.weights[i] = openWeights(b, table)
	}
	if err := p.err(); err != nil {
		p.release()
		return nil, err
	}
	p.wg.Add(1)
	go p.renew()
	go p.run()
	return p, nil
}

func (p *itemPipe) send(c *itemChunk) error {
	select {
	case p.to <- c:
		return nil
	case <-p.ctx.Done():
		return p.err()
	}
}

func (p *itemPipe) finish(c *itemChunk) error {
	err := p.send(c)
	close(p.to)
	<-p.done
	p.cancel(errPipeDone)
	p.wg.Wait()
	err = errors.Join(err, p.err())
	p.release()
	return err
}

func (p *itemPipe) stop() {
	p.cancel(errPipeDone)
	<-p.done
	p.wg.Wait()
	p.release()
}

func (p *itemPipe) run() {
	defer close(p.done)
	for {
		select {
		case c, ok := <-p.to:
			if !ok {
				p.fail(p.loadRest())
				return
			}
			if err := p.load(c); err != nil {
				p.fail(err)
				return
			}
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *itemPipe) load(c *itemChunk) error {
	for i := range c.items {
		if err := p.hash(&c.items[i]); err != nil {
			return err
		}
	}
	return p.batch(func(func() bool) error {
		return errors.Join(
			p.words.fill(p.ctx, c.words),
			p.subjects.fill(p.ctx, c.subjects),
			p.details.fill(p.ctx, c.subjects),
			p.holders.fill(p.ctx, c.holders),
			p.targets.fill(p.ctx, c.targets),
			p.places.fill(p.ctx, c.places),
			p.items.fill(p.ctx, c.items),
			p.now.fill(p.ctx, c.items),
			p.findings.fill(p.ctx, c.findings),
		)
	})
}

// hash gives an item its salts, its id and its place in both lists.
func (p *itemPipe) hash(r *itemRow) error {
	var salts [32]byte
	if _, err := io.ReadFull(p.salts, salts[:]); err != nil {
		return review.Errorf(review.KindIO, "there are no random numbers: %w", err)
	}
	r.memberSalt, r.assignmentSalt = [16]byte(salts[:16]), [16]byte(salts[16:])
	id := ledger.ItemID(p.l.log, string(p.l.campaign), r.stage, r.key)
	member := ledger.Member{Log: p.l.log, Campaign: string(p.l.campaign), Item: id, Grant: r.key, Import: r.entry, Row: r.grant & 0xffffffff,
		Salt: hex.EncodeToString(r.memberSalt[:])}
	assignment := ledger.Assignment{Log: p.l.log, Campaign: string(p.l.campaign), Item: id, Reviewer: r.principal, Basis: r.basisWord,
		Salt: hex.EncodeToString(r.assignmentSalt[:])}
	var err error
	if p.text, err = ledger.AppendMember(p.text[:0], &member); err == nil {
		p.members.Append(ledger.LeafHash(p.text))
		if p.text, err = ledger.AppendAssignment(p.text[:0], &assignment); err == nil {
			p.assignments.Append(ledger.LeafHash(p.text))
		}
	}
	if err != nil {
		return review.Errorf(review.KindRefused, "item %d cannot be written into the ledger: %w", r.id&0xffffffff, err).
			WithHint("nothing was changed; please report this with the command you ran")
	}
	p.ids = append(p.ids, idRow{itemIDKey(id), r.id})
	return nil
}

// loadRest writes the item ids in order and what the dictionary entries amount to.
func (p *itemPipe) loadRest() error {
	slices.SortFunc(p.ids, func(a, b idRow) int {
		switch {
		case a.id < b.id:
			return -1
		case a.id > b.id:
			return 1
		}
		return 0
	})
	if err := fillAll(&p.batcher, p.idIn, p.ids); err != nil {
		return err
	}
	if err := p.loadPeers(); err != nil {
		return err
	}
	if err := p.loadFacets(); err != nil {
		return err
	}
	if err := p.loadTags(); err != nil {
		return err
	}
	for i, weights := range p.l.weights {
		rows := make([]weightRow, len(weights))
		for n, w := range weights {
			rows[n] = weightRow{id: p.l.wide(uint32(n + 1)), weight: w}
		}
		if err := fillAll(&p.batcher, p.weights[i], rows); err != nil {
			return err
		}
	}
	return nil
}

type idRow struct{ id, item int64 }

func idValue(r *idRow, column int) vtab.Value {
	if column == 0 {
		return r.id
	}
	return r.item
}

type weightRow struct {
	id int64
	weight
}
