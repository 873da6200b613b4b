package ledger

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// LeafHash is the RFC 6962 hash of an entry, or of a text in one of the committed lists (ledger.md 5.3).
func LeafHash(entry []byte) Hash {
	var small [1024]byte // leading zero byte included
	if len(entry) < len(small) {
		return sha256.Sum256(small[:1+copy(small[1:], entry)])
	}
	h := sha256.New()
	h.Write(small[:1])
	h.Write(entry)
	var leaf Hash
	h.Sum(leaf[:0])
	return leaf
}

// NodeHash is the RFC 6962 hash of an inner node.
func NodeHash(left, right Hash) Hash {
	var b [65]byte
	b[0] = 0x01
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}

// Tree computes an RFC 6962 root while leaves stream by, in O(log n) memory. The zero value is the empty tree.
type Tree struct {
	size  int64
	peaks []Hash // roots of the complete subtrees, largest first
}

// Append adds a leaf hash.
func (t *Tree) Append(leaf Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		leaf = NodeHash(t.peaks[last], leaf)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, leaf)
	t.size++
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the root over all leaves so far; that of no leaves is SHA-256 of nothing.
func (t *Tree) Root() Hash { return foldPeaks(t.peaks) }

// Head is size and root.
func (t *Tree) Head() Head { return Head{Size: t.size, Root: t.Root()} }

func foldPeaks(peaks []Hash) Hash {
	if len(peaks) == 0 {
		return sha256.Sum256(nil)
	}
	root := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		root = NodeHash(peaks[i], root)
	}
	return root
}

// Root is the RFC 6962 root over leaf hashes.
func Root(leaves []Hash) Hash {
	var t Tree
	for _, leaf := range leaves {
		t.Append(leaf)
	}
	return t.Root()
}

// Nodes keeps every node of a growing tree, 64 bytes per leaf, and so gives the root of any earlier size and all proofs.
// The zero value is the empty tree.
type Nodes struct {
	levels [][]Hash // levels[k][i] is the root of leaves i<<k to (i+1)<<k
}

// reserve makes room for a tree of the given size.
func (n *Nodes) reserve(size int64) {
	if n.levels != nil {
		return
	}
	for ; size > 0; size /= 2 {
		n.levels = append(n.levels, make([]Hash, 0, size))
	}
}

// Append adds a leaf hash.
func (n *Nodes) Append(leaf Hash) {
	for level := 0; ; level++ {
		if level == len(n.levels) {
			n.levels = append(n.levels, nil)
		}
		n.levels[level] = append(n.levels[level], leaf)
		row := n.levels[level]
		if len(row)&1 == 1 {
			return
		}
		leaf = NodeHash(row[len(row)-2], row[len(row)-1])
	}
}

// Size is the number of leaves.
func (n *Nodes) Size() int64 {
	if len(n.levels) == 0 {
		return 0
	}
	return int64(len(n.levels[0]))
}

// Leaf gives a leaf hash. It panics outside 0..Size-1.
func (n *Nodes) Leaf(index int64) Hash { return n.levels[0][index] }

// RootAt gives the root the tree had at the size; ok is false if it never had that size.
func (n *Nodes) RootAt(size int64) (root Hash, ok bool) {
	if size < 0 || size > n.Size() {
		return Hash{}, false
	}
	var peaks [64]Hash
	count := 0
	for at, rest := int64(0), size; rest > 0; count++ {
		level := bits.Len64(uint64(rest)) - 1
		peaks[count] = n.levels[level][at>>level]
		at += 1 << level
		rest -= 1 << level
	}
	return foldPeaks(peaks[:count]), true
}

// Head is the current size and root.
func (n *Nodes) Head() Head {
	size := n.Size()
	root, _ := n.RootAt(size)
	return Head{Size: size, Root: root}
}

// ReadHashes implements [tlog.HashReader].
func (n *Nodes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, at := tlog.SplitStoredHashIndex(index)
		if level >= len(n.levels) || at >= int64(len(n.levels[level])) {
			return nil, failf(CodeCheckpoint, "the tree of size %d has no node %d at level %d", n.Size(), at, level)
		}
		hashes[i] = tlog.Hash(n.levels[level][at])
	}
	return hashes, nil
}

// ProveInclusion proves that leaf index is in the tree of the given size.
func (n *Nodes) ProveInclusion(index, size int64) ([]Hash, error) {
	if index < 0 || index >= size || size > n.Size() {
		return nil, failf(CodeCheckpoint, "no entry %d in a tree of size %d of %d", index, size, n.Size())
	}
	p, err := tlog.ProveRecord(size, index, n)
	return fromTlog(p), err
}

// ProveConsistency proves that the tree of size old is the beginning of the tree of the given size; old is at least 1.
func (n *Nodes) ProveConsistency(old, size int64) ([]Hash, error) {
	if old < 1 || old > size || size > n.Size() {
		return nil, failf(CodeCheckpoint, "no proof from size %d to size %d of %d", old, size, n.Size())
	}
	p, err := tlog.ProveTree(size, old, n)
	return fromTlog(p), err
}

// CheckInclusion checks an inclusion proof. The error is a [*Failure] with CodeCheckpoint.
func CheckInclusion(proof []Hash, head Head, index int64, leaf Hash) error {
	if index < 0 || index >= head.Size {
		return failf(CodeCheckpoint, "no entry %d in a tree of size %d", index, head.Size)
	}
	if tlog.CheckRecord(toTlog(proof), head.Size, tlog.Hash(head.Root), index, tlog.Hash(leaf)) != nil {
		return failf(CodeCheckpoint, "the proof does not lead from entry %d to the root of size %d", index, head.Size)
	}
	return nil
}

// CheckConsistency checks that the ledger of head now begins with the ledger of head old, whose size is at least 1. The
// error is a [*Failure] with CodeCheckpoint.
func CheckConsistency(proof []Hash, old, now Head) error {
	if old.Size < 1 || old.Size > now.Size {
		return failf(CodeCheckpoint, "no proof from size %d to size %d", old.Size, now.Size)
	}
	if tlog.CheckTree(toTlog(proof), now.Size, tlog.Hash(now.Root), old.Size, tlog.Hash(old.Root)) != nil {
		return failf(CodeCheckpoint, "the proof does not lead from the root of size %d to that of size %d", old.Size, now.Size)
	}
	return nil
}

func toTlog(hashes []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(hashes))
	for i, h := range hashes {
		out[i] = tlog.Hash(h)
	}
	return out
}

func fromTlog(hashes []tlog.Hash) []Hash {
	out := make([]Hash, len(hashes))
	for i, h := range hashes {
		out[i] = Hash(h)
	}
	return out
}
