package importers

import (
	"fmt"
	"strings"

	"tickmark/review"
)

// choose finds the format, or checks the one --as names.
func (p *plan) choose(pr *probe, generic *format) error {
	p.columnNames, p.paths = pr.names, pr.paths
	if p.o.As != "" {
		return p.chooseAs(pr)
	}
	if len(p.o.Map) > 0 {
		p.format, p.shape = generic, &generic.shapes[0]
		p.evidence = append(p.evidence, "--map")
		return p.mapFields(pr)
	}
	var best *fit
	if pr.top != nil {
		best = choose(pr, true)
	}
	if best == nil {
		best = choose(pr, false)
	}
	if best != nil {
		p.take(best)
		return nil
	}
	p.format, p.shape = generic, &generic.shapes[0]
	return p.mapFields(pr)
}

func (p *plan) take(m *fit) {
	p.format, p.shape = m.format, m.shape
	p.evidence = append(p.evidence, m.evidence(p.csv))
	p.keepFacts()
}

func (p *plan) keepFacts() {
	p.keys.keep = map[string]bool{}
	for _, f := range p.format.facts {
		p.keys.keep[f] = true
	}
	for i := range p.keys.info {
		p.keys.info[i] = p.keys.make(p.keys.info[i].raw)
	}
}

// chooseAs takes the format --as names; required names that are missing are listed.
func (p *plan) chooseAs(pr *probe) error {
	f := lookup(p.o.As)
	if f == nil {
		return unknownFormat(p.o.As)
	}
	p.evidence = append(p.evidence, "--as "+f.ID)
	if f.tier == 2 {
		if f.shapes[0].csv != pr.csv {
			return p.wrongForm(f, pr)
		}
		p.format, p.shape = f, &f.shapes[0]
		return p.mapFields(pr)
	}
	var best *fit
	var lacking []string
	for i := range f.shapes {
		s := &f.shapes[i]
		if pr.csv && !s.csv || !pr.csv && !s.json || len(s.top) > 0 && pr.top == nil {
			continue
		}
		m, missing := f.match(s, pr)
		if len(missing) > 0 {
			if lacking == nil || len(missing) < len(lacking) {
				lacking = missing
			}
			continue
		}
		if m.beats(best) {
			best = &m
		}
	}
	switch {
	case best != nil:
		p.take(best)
		return nil
	case lacking == nil:
		return p.wrongForm(f, pr)
	}
	return refuse("missing-columns", "%s: %s was expected as %s needs it, these were found: %s", p.spot(), review.Safe(strings.Join(lacking, ", ")), f.ID, nameList(pr.names)).
		WithHint("make the export as `tickmark formats %s` says", f.ID)
}

func (p *plan) wrongForm(f *format, pr *probe) error {
	is, want := "JSON", "CSV"
	if pr.csv {
		is, want = want, is
	}
	return refuse("missing-columns", "%s: %s was expected, as %s is read from it, %s was found", p.spot(), want, f.ID, is).
		WithHint("make the export as `tickmark formats %s` says", f.ID)
}

func unknownFormat(id string) *review.Error {
	var ids []string
	for _, f := range formats() {
		ids = append(ids, f.ID)
	}
	e := review.Errorf(review.KindUsage, "--as %s is not a format", review.Quote(id))
	if near := nearest(id, ids); len(near) > 0 {
		return e.WithHint("did you mean %s? `tickmark formats` lists all", strings.Join(near, " or "))
	}
	return e.WithHint("`tickmark formats` lists all")
}

// nameList quotes names for a message, at most twenty.
func nameList(names []string) string {
	more := ""
	if len(names) > 20 {
		more = fmt.Sprintf(" and %d more", len(names)-20)
		names = names[:20]
	}
	return review.Safe(strings.Join(names, ", ")) + more
}
