package evidence

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"tickmark/ledger"
)

// Facts gives what was shown for decisions: the texts that the pack holds.
func (p *Pack) Facts(_ context.Context, shown []ledger.Hash) (map[ledger.Hash][]byte, error) {
	out := make(map[ledger.Hash][]byte, len(shown))
	for _, h := range shown {
		b, err := p.FactsText(h)
		if err == nil {
			out[h] = bytes.Clone(b)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
	}
	return out, nil
}

// FactsText gives one of them, or fs.ErrNotExist. It may be used until the next is asked for.
func (p *Pack) FactsText(shown ledger.Hash) ([]byte, error) {
	for _, c := range p.stmt.Campaigns {
		l, err := p.factsOf(c)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return nil, err
		}
		if b, err := l.text(shown); err != nil || b != nil {
			return b, err
		}
	}
	return nil, fs.ErrNotExist
}

func (p *Pack) factsOf(campaign string) (*factList, error) {
	if l, ok := p.facts[campaign]; ok {
		if l == nil {
			return nil, fs.ErrNotExist
		}
		return l, nil
	}
	p.facts[campaign] = nil
	f, ok := find(p.fsys.list(), campaignFile(campaign, "facts.txt"))
	if !ok {
		return nil, fs.ErrNotExist
	}
	c, err := p.fsys.open(f)
	if err != nil {
		return nil, err
	}
	l := &factList{ahead: ahead{from: c}}
	head := make([]string, factsValues)
	for t, err := range splitTexts(io.NewSectionReader(c, 0, f.size)) {
		if err != nil {
			p.fault(ledger.CodePopulation, f.name, err)
			break
		}
		x := fact{sum: ledger.Sum(t.text), at: t.at, size: int32(len(t.text)), kind: -1}
		if l.find(x.sum) >= 0 {
			continue
		}
		if _, ok := values(t.text, ledger.KindFacts, head); ok {
			x.kind, x.status, x.findings = p.word(head[factsKind]), p.word(head[factsStatus]), head[factsFindings] != "0"
		}
		l.texts = append(l.texts, x)
		l.index.add(int32(len(l.texts)-1), l.sumOf)
	}
	p.facts[campaign] = l
	return l, nil
}

// factList finds the facts texts of a campaign by their hash.
type factList struct {
	ahead ahead
	texts []fact // in the order of the file
	index hashIndex
}

func (l *factList) sumOf(i int32) ledger.Hash { return l.texts[i].sum }

// find gives the number of a text, -1 if it is not there.
func (l *factList) find(shown ledger.Hash) int32 {
	if l == nil {
		return -1
	}
	return l.index.find(shown, l.sumOf)
}

// fact is where a facts text lies, and what tables say of each: reading it again for every table would cost more than
// making the tables.
type fact struct {
	sum          ledger.Hash
	at           int64
	size         int32
	kind, status int32 // words, see [Pack.word]; kind -1: no text that can be read
	findings     bool
	used         bool // a disclosed decision names it
}

// word keeps a word that many texts share and gives its number.
func (p *Pack) word(w string) int32 {
	n, ok := p.wordAt[w]
	if !ok {
		n = int32(len(p.words))
		if p.wordAt == nil {
			p.wordAt = map[string]int32{}
		}
		w = strings.Clone(w)
		p.words = append(p.words, w)
		p.wordAt[w] = n
	}
	return n
}

// fact gives what is known of a facts text without reading it; ok is false if the pack has none that can be read.
func (p *Pack) fact(shown ledger.Hash) (x fact, ok bool, err error) {
	for _, c := range p.stmt.Campaigns {
		l, err := p.factsOf(c)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fact{}, false, err
		}
		if i := l.find(shown); i >= 0 {
			return l.texts[i], l.texts[i].kind >= 0, nil
		}
	}
	return fact{}, false, nil
}

// text may be used until the next call; nil if there is no such text.
func (l *factList) text(shown ledger.Hash) ([]byte, error) {
	i := l.find(shown)
	if i < 0 {
		return nil, nil
	}
	return l.ahead.text(l.texts[i].at, int64(l.texts[i].size))
}
