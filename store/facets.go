package store

import "modernc.org/sqlite/vtab"

// A facet is a column of items that pages are read along and searches end in: urgency and the numbers of dictionaries.

type facet int

const (
	facetRisk facet = iota + 1
	facetSubject
	facetHolder
	facetTarget
	facetPlace
	facetOwner
	facetOrigin
)

const facets = int(facetOrigin)

// facets gives the values of an item in the order of the constants.
func (r *itemRow) facets() [facets]uint32 {
	return [facets]uint32{uint32(r.risk), r.subject, r.holder, r.target, r.place, r.owner, r.origin}
}

type facetRow struct{ population, facet, value, item int64 }

func facetColumns() []string { return []string{"population", "facet", "value", "item"} }

func facetValue(r *facetRow, column int) vtab.Value {
	return [...]vtab.Value{r.population, r.facet, r.value, r.item}[column]
}

// loadFacets writes each facet in its order. The items came in order, so counting how many have each value is all it takes
// to sort them.
func (p *itemPipe) loadFacets() error {
	const page = 1 << 16
	for f, values := range p.l.facets {
		rows := make([]facetRow, 0, min(page, len(values)))
		for _, ord := range byValue(values) {
			rows = append(rows, facetRow{p.l.id, int64(f + 1), int64(values[ord]), p.l.wide(ord + 1)})
			if len(rows) == page {
				if err := fillAll(&p.batcher, p.facets, rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		if err := fillAll(&p.batcher, p.facets, rows); err != nil {
			return err
		}
		p.l.facets[f] = nil
	}
	return nil
}

// byValue gives the indexes of values in the order of the values, equal ones as they stand.
func byValue(values []uint32) []uint32 {
	most := uint32(0)
	for _, v := range values {
		most = max(most, v)
	}
	start := make([]uint32, most+2)
	for _, v := range values {
		start[v+1]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	out := make([]uint32, len(values))
	for i, v := range values {
		out[start[v]] = uint32(i)
		start[v]++
	}
	return out
}
