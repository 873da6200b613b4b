package ledger

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// MarshalBinary gives the tree's state in 8 + 32·log2(n) bytes: the size, then the peaks, largest first. It is what a
// store keeps to append without reading all leaves again; the root follows from it.
func (t *Tree) MarshalBinary() ([]byte, error) {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(t.peaks)*len(Hash{})), uint64(t.size))
	for _, p := range t.peaks {
		b = append(b, p[:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (t *Tree) UnmarshalBinary(b []byte) error {
	const hashLen = len(Hash{})
	if len(b) < 8 {
		return fmt.Errorf("ledger: a tree of %d bytes", len(b))
	}
	size := binary.BigEndian.Uint64(b)
	b = b[8:]
	if size>>63 != 0 || len(b) != bits.OnesCount64(size)*hashLen {
		return fmt.Errorf("ledger: a tree of size %d with %d bytes of peaks", size, len(b))
	}
	t.size, t.peaks = int64(size), nil
	for ; len(b) > 0; b = b[hashLen:] {
		t.peaks = append(t.peaks, Hash(b[:hashLen]))
	}
	return nil
}
