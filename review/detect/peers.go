package detect

import (
	"slices"

	"tickmark/review"
)

// peerIndex counts who holds what among identities of one department and title.
type peerIndex struct {
	groups []peerGroup
	ids    map[string]int32
	of     []int32  // by identity: group, -1 for none
	pairs  []uint64 // identity<<32 | entitlement, until counted
	have   map[uint64]int32
}

type peerGroup struct {
	name string
	size int64
}

// newPeerIndex groups people who work here: department and title both known, not terminated.
func newPeerIndex(s *Snapshot) peerIndex {
	p := peerIndex{ids: map[string]int32{}, of: make([]int32, len(s.Identities)), have: map[uint64]int32{}}
	for i := range s.Identities {
		id := &s.Identities[i]
		p.of[i] = -1
		if id.Department == "" || id.Title == "" || id.HRStatus == "terminated" || id.Kind != review.Human {
			continue
		}
		key := id.Department + "\x00" + id.Title
		g, ok := p.ids[key]
		if !ok {
			g = int32(len(p.groups))
			p.ids[key] = g
			p.groups = append(p.groups, peerGroup{name: id.Department + ", " + id.Title})
		}
		p.groups[g].size++
		p.of[i] = g
	}
	return p
}

func (p *peerIndex) groupOf(identity int) int32 { return p.of[identity] }

func (p *peerIndex) add(group, identity, entitlement int32) {
	if group >= 0 {
		p.pairs = append(p.pairs, uint64(identity)<<32|uint64(entitlement))
	}
}

// count turns the pairs into numbers of distinct holders per group and entitlement.
func (p *peerIndex) count(identities []identityFacts) {
	slices.Sort(p.pairs)
	p.pairs = slices.Compact(p.pairs)
	for _, pair := range p.pairs {
		group := identities[pair>>32].group
		p.have[uint64(group)<<32|pair&0xffffffff]++
	}
	p.pairs = nil
}

// Peers says how usual a grant is among identities of the same department and title; zero where there is nothing to compare.
func (d *Detector) Peers(g *Grant) review.Peers {
	identity := d.s.Accounts[g.Account].Identity
	if identity < 0 || g.Entitlement < 0 {
		return review.Peers{}
	}
	return d.peersOf(identity, g.Entitlement)
}

func (d *Detector) peersOf(identity, entitlement int) review.Peers {
	group := d.identities[identity].group
	if group < 0 {
		return review.Peers{}
	}
	g := d.peers.groups[group]
	return review.Peers{Group: g.name, Have: int64(d.peers.have[uint64(group)<<32|uint64(entitlement)]), Of: g.size}
}
