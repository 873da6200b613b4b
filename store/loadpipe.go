package store

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"sync"

	"tickmark/ledger"
	"tickmark/review"
)

// chunk is what travels from the reader to the hasher to the database.
type chunk struct {
	grants       []grantRow
	accounts     []accountRow
	entitlements []entitlementRow
	resources    []resourceRow
	terms        []termRow
	manners      []mannerRow
	extras       []extraRow
	done         chan struct{} // closed once all before and in this chunk is in the database; may be nil
}

func (c *chunk) size() int {
	return max(len(c.grants), len(c.accounts), len(c.extras), len(c.entitlements))
}

func (c *chunk) reset() {
	clear(c.grants)
	clear(c.accounts)
	clear(c.entitlements)
	clear(c.resources)
	clear(c.terms)
	clear(c.manners)
	clear(c.extras)
	c.grants, c.accounts, c.entitlements = c.grants[:0], c.accounts[:0], c.entitlements[:0]
	c.resources, c.terms, c.manners, c.extras, c.done = c.resources[:0], c.terms[:0], c.manners[:0], c.extras[:0], nil
}

// loadPipe hashes chunks and loads them, each in its own goroutine and in order.
type loadPipe struct {
	batcher
	l      *Loader
	toHash chan *chunk
	toLoad chan *chunk
	sorted chan []keyRow // all grant keys in order, once all rows are hashed
	free   sync.Pool

	// The hasher's.
	salts io.Reader
	keyer ledger.GrantKeyer
	text  []byte
	tree  ledger.Tree
	keys  keyRuns
	shape []byte

	// The loader's.
	grants       *inlet[grantRow]
	accounts     *inlet[accountRow]
	entitlements *inlet[entitlementRow]
	resources    *inlet[resourceRow]
	terms        *inlet[termRow]
	manners      *inlet[mannerRow]
	extras       *inlet[extraRow]
	keyIn        *inlet[keyRow]
}

func (l *Loader) newPipe() (*loadPipe, error) {
	p := &loadPipe{l: l, toHash: make(chan *chunk, 2), toLoad: make(chan *chunk, 2), sorted: make(chan []keyRow, 2)}
	p.free.New = func() any { return new(chunk) }
	p.keys.most = l.start.InMemory
	p.salts = bufio.NewReaderSize(l.db.opt.Rand, 1<<16)
	if err := p.open(l.ctx, l.db, loadImport, int64(l.id)); err != nil {
		return nil, err
	}
	b := &p.batcher
	p.grants = openInlet(b, "INSERT", "grants", grantColumns(), grantValue)
	p.accounts = openInlet(b, "INSERT OR REPLACE", "accounts", accountColumns(), accountValue)
	p.entitlements = openInlet(b, "INSERT", "entitlements", entitlementColumns(), entitlementValue)
	p.resources = openInlet(b, "INSERT", "resources", resourceColumns(), resourceValue)
	p.terms = openInlet(b, "INSERT", "terms", termColumns(), termValue)
	p.manners = openInlet(b, "INSERT", "manners", mannerColumns(), mannerValue)
	p.extras = openInlet(b, "INSERT OR REPLACE", "extras", extraColumns(), extraValue)
	p.keyIn = openInlet(b, "INSERT", "grant_keys", keyColumns(), keyValue(l.id))
	if err := p.err(); err != nil {
		p.release()
		return nil, err
	}
	p.wg.Add(3)
	go p.hash()
	go p.load()
	go p.renew()
	return p, nil
}

func (p *loadPipe) empty() *chunk { return p.free.Get().(*chunk) }

func (p *loadPipe) send(c *chunk) error {
	select {
	case p.toHash <- c:
		return nil
	case <-p.ctx.Done():
		return p.err()
	}
}

// flush loads c and everything before it.
func (p *loadPipe) flush(c *chunk) error {
	done := make(chan struct{})
	c.done = done
	if err := p.send(c); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-p.ctx.Done():
		return p.err()
	}
}

// finish loads the last chunk and the grant keys, and ends the goroutines.
func (p *loadPipe) finish(c *chunk) error {
	if err := p.send(c); err != nil {
		p.stop()
		return err
	}
	close(p.toHash)
	p.wg.Wait()
	err := p.err()
	p.cancel(errPipeDone)
	p.release()
	p.keys.close()
	return err
}

// stop ends the goroutines without loading more.
func (p *loadPipe) stop() error {
	p.cancel(errPipeDone)
	p.wg.Wait()
	p.release()
	p.keys.close()
	return p.err()
}

// hash gives rows their salts, keys and leaf hashes.
func (p *loadPipe) hash() {
	defer p.wg.Done()
	defer close(p.sorted)
	defer close(p.toLoad)
	for {
		var c *chunk
		select {
		case next, ok := <-p.toHash:
			if !ok {
				p.handOver()
				return
			}
			c = next
		case <-p.ctx.Done():
			return
		}
		for i := range c.accounts {
			c.accounts[i].prepare()
		}
		for i := range c.grants {
			if err := p.hashRow(&c.grants[i]); err != nil {
				p.fail(err)
				return
			}
		}
		select {
		case p.toLoad <- c:
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *loadPipe) hashRow(r *grantRow) error {
	r.prepare()
	if !committed {
		return nil
	}
	if _, err := io.ReadFull(p.salts, r.proof[32:]); err != nil {
		return review.Errorf(review.KindIO, "there are no random numbers: %w", err)
	}
	key := p.keyer.Key(r.g.Kind, string(p.l.start.Source), r.native, r.g.Entitlement.NativeID, r.g.Resource.NativeID, r.g.Path)
	var salt [32]byte
	hex.Encode(salt[:], r.proof[32:])
	text := rowText(p.l.log, p.l.start.Source, r, key, string(salt[:]))
	var err error
	if p.text, err = ledger.AppendRow(p.text[:0], &text); err != nil {
		return review.Errorf(review.KindRefused, "%s: the grant cannot be written into the ledger: %w", review.Safe(r.g.Locator), err).
			WithHint("shorten or remove this record in the export")
	}
	p.tree.Append(ledger.LeafHash(p.text))
	return p.keys.add(keyRow{key: [16]byte(key[:16]), row: uint32(r.id), shape: r.shape(&p.shape)})
}

// handOver gives the sorted keys to the loader.
func (p *loadPipe) handOver() {
	p.fail(p.keys.each(func(keys []keyRow) bool {
		select {
		case p.sorted <- keys:
			return true
		case <-p.ctx.Done():
			return false
		}
	}))
}

// load writes what the hasher gives, in transactions that hold the lock for a bounded time, until both channels are closed.
func (p *loadPipe) load() {
	defer p.wg.Done()
	sorted, chunks := p.sorted, p.toLoad
	for sorted != nil || chunks != nil {
		select {
		case keys, ok := <-sorted:
			if !ok {
				sorted = nil
			} else if !p.loadKeys(keys) {
				return
			}
		case c, ok := <-chunks:
			if !ok {
				chunks = nil
			} else if !p.loadChunks(c) {
				return
			}
		case <-p.ctx.Done():
			return
		}
	}
	p.cancel(errPipeDone)
}

// loadKeys writes keys and whatever waits behind them.
func (p *loadPipe) loadKeys(keys []keyRow) bool {
	err := p.batch(func(over func() bool) error {
		for {
			if err := p.keyIn.fill(p.ctx, keys); err != nil || over() {
				return err
			}
			select {
			case next, ok := <-p.sorted:
				if !ok {
					return nil
				}
				keys = next
			default:
				return nil // no lock is held while the hasher is waited for
			}
		}
	})
	p.fail(err)
	return err == nil
}

// loadChunks writes c and whatever waits behind it.
func (p *loadPipe) loadChunks(c *chunk) bool {
	var waiting []chan struct{}
	err := p.batch(func(over func() bool) error {
		for {
			if err := p.fill(c); err != nil {
				return err
			}
			if c.done != nil {
				waiting = append(waiting, c.done)
			}
			c.reset()
			p.free.Put(c)
			if over() {
				return nil
			}
			select {
			case next, ok := <-p.toLoad:
				if !ok {
					return nil
				}
				c = next
			default:
				return nil
			}
		}
	})
	if err != nil {
		p.fail(err)
		return false
	}
	for _, done := range waiting {
		close(done)
	}
	return true
}

func (p *loadPipe) fill(c *chunk) error {
	return errors.Join(
		p.accounts.fill(p.ctx, c.accounts),
		p.entitlements.fill(p.ctx, c.entitlements),
		p.resources.fill(p.ctx, c.resources),
		p.terms.fill(p.ctx, c.terms),
		p.manners.fill(p.ctx, c.manners),
		p.extras.fill(p.ctx, c.extras),
		p.grants.fill(p.ctx, c.grants),
	)
}
