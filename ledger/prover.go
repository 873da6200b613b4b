package ledger

import (
	"encoding/base64"
	"strconv"
)

// Prover writes the inclusion proofs of many entries under one head, byte for byte as [FormatProof] writes them. Proofs of
// neighbours share nearly all their lines, so one after the other costs little more than copying it.
type Prover struct {
	nodes      *Nodes
	size       int64
	checkpoint []byte
	ragged     []Hash // at each level the last node, whose subtree the size cuts off
	lines      []proofLine
}

// proofLine is the line last written for a level.
type proofLine struct {
	node int64 // -1 for none
	text [treeLen + 1]byte
}

// NewProver proves entries under the head of a size that the tree has had; checkpoint is the signed note of that head.
func NewProver(nodes *Nodes, size int64, checkpoint []byte) (*Prover, error) {
	if size < 1 || size > nodes.Size() {
		return nil, failf(CodeCheckpoint, "the tree of size %d has no head of size %d", nodes.Size(), size)
	}
	p := &Prover{nodes: nodes, size: size, checkpoint: checkpoint}
	for level := 0; int64(1)<<level < size; level++ {
		p.ragged = append(p.ragged, p.last(level))
		p.lines = append(p.lines, proofLine{node: -1})
	}
	return p, nil
}

// last gives the last node of a level: a whole subtree, or one that the size cuts off.
func (p *Prover) last(level int) Hash {
	at := (p.size - 1) >> level
	if (at+1)<<level <= p.size {
		return p.nodes.levels[level][at]
	}
	if right := 2*at + 1; right<<(level-1) < p.size {
		return NodeHash(p.nodes.levels[level-1][2*at], p.ragged[level-1])
	}
	return p.ragged[level-1]
}

// Append appends the proof of an entry, which must be below the size. A Prover serves one caller at a time.
func (p *Prover) Append(dst []byte, index int64) []byte {
	if index < 0 || index >= p.size {
		panic("ledger: a proof of an entry that is not under the head")
	}
	dst = append(dst, proofHeader+"index "...)
	dst = strconv.AppendInt(dst, index, 10)
	dst = append(dst, '\n')
	for level := range p.lines {
		sibling := index>>level ^ 1
		if sibling<<level >= p.size {
			continue // the node has none and is carried up as it is
		}
		line := &p.lines[level]
		if line.node != sibling {
			hash := p.ragged[level]
			if (sibling+1)<<level <= p.size {
				hash = p.nodes.levels[level][sibling]
			}
			base64.StdEncoding.Encode(line.text[:treeLen], hash[:])
			line.text[treeLen] = '\n'
			line.node = sibling
		}
		dst = append(dst, line.text[:]...)
	}
	dst = append(dst, '\n')
	return append(dst, p.checkpoint...)
}
