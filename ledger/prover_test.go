package ledger

import (
	"bytes"
	"testing"
)

// The prover must write what the general proof code writes, at every size and for every entry, in any order.
func TestProverWritesTheSameProofs(t *testing.T) {
	var nodes Nodes
	for i := range 131 {
		nodes.Append(LeafHash([]byte{byte(i)}))
	}
	note := []byte("log\n1\nroot\n\n— log sig\n")
	for size := int64(1); size <= nodes.Size(); size++ {
		p, err := NewProver(&nodes, size, note)
		if err != nil {
			t.Fatal(err)
		}
		for step := range size {
			index := step * 37 % size // forth and back through the tree
			hashes, err := nodes.ProveInclusion(index, size)
			if err != nil {
				t.Fatal(err)
			}
			want := FormatProof(Proof{Index: index, Hashes: hashes, Checkpoint: note})
			if got := p.Append(nil, index); !bytes.Equal(got, want) {
				t.Fatalf("entry %d of %d:\n%s\nwant\n%s", index, size, got, want)
			}
		}
	}
	for _, size := range []int64{0, -1, 132} {
		if _, err := NewProver(&nodes, size, note); err == nil {
			t.Errorf("a prover for size %d of 131", size)
		}
	}
}
