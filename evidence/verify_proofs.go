package evidence

import (
	"bytes"
	"errors"
	"fmt"

	"tickmark/ledger"
)

// proofs checks every proof under the head, every earlier head, and that each disclosed decision has its proof.
func (v *verifier) proofs() error {
	note, err := read(v.fsys, fileCheckpoint, coreFileLimit)
	if err != nil {
		return nil // reported as missing
	}
	vkey := v.pack.vkey
	if v.o.VKey != "" {
		vkey = v.o.VKey
	}
	head := v.report.Head
	// A proof that is what this program would write for these leaves is right; only others are read and judged.
	var prover *ledger.Prover
	if nodes := v.nodes(); nodes.Head() == head {
		prover, _ = ledger.NewProver(nodes, head.Size, note)
	}
	texts, err := newTextReader(v.fsys)
	if err != nil {
		return err
	}
	var want []byte
	proven := map[int64]bool{}
	for n, f := range under(v.fsys.list(), dirProofs) {
		if n%1024 == 0 && v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		if f.size > 1<<20 {
			v.fail(ledger.CodeCheckpoint, f.name, "no proof is that long")
			continue
		}
		text, err := texts.text(f)
		if err != nil {
			v.fail(ledger.CodeUnreadable, f.name, "%s", plainWords(err))
			continue
		}
		if i, ok := numbered(f.name, dirProofs, suffixProof); ok {
			proven[i] = true
			if prover != nil && i < head.Size {
				if want = prover.Append(want[:0], i); bytes.Equal(text, want) {
					continue
				}
			}
			if err := v.inclusion(i, text, note, head); err != nil {
				v.failAt(i, ledger.CodeCheckpoint, f.name, "%s", plainWords(err))
			}
		} else if m := consistencyName.FindStringSubmatch(f.name); m != nil {
			if err := v.consistency(parseDigits(m[1]), parseDigits(m[2]), text, vkey, head); err != nil {
				v.fail(ledger.CodeCheckpoint, f.name, "%s", plainWords(err))
			}
		} else if m := headName.FindStringSubmatch(f.name); m != nil {
			if _, err := v.earlierHead(parseDigits(m[1]), text, vkey); err != nil {
				v.fail(ledger.CodeCheckpoint, f.name, "%s", plainWords(err))
			}
		}
	}
	for _, i := range v.alone.bundles.decisions {
		if !proven[i] {
			v.failAt(i, ledger.CodeCheckpoint, proofFile(i), "the decision has no proof")
		}
	}
	return nil
}

// nodes is the tree over the pack's leaf hashes: that of the replay, if it is the same one.
func (v *verifier) nodes() *ledger.Nodes {
	if r := v.report.Replay; r != nil && r.Nodes().Size() == int64(len(v.pack.leaves)) && r.Nodes().Head() == v.report.Head {
		same := true
		for i := 0; i < len(v.pack.leaves) && same; i++ {
			same = r.Nodes().Leaf(int64(i)) == v.pack.leaves[i]
		}
		if same {
			return r.Nodes()
		}
	}
	nodes := new(ledger.Nodes)
	for _, leaf := range v.pack.leaves {
		nodes.Append(leaf)
	}
	return nodes
}

// inclusion checks a proof. Its note must be log/checkpoint itself, whose signature has been judged.
func (v *verifier) inclusion(index int64, text, note []byte, head ledger.Head) error {
	p, err := ledger.ParseProof(text)
	if err != nil {
		return err
	}
	switch {
	case p.Index != index:
		return fmt.Errorf("the proof is for entry %d", p.Index)
	case !bytes.Equal(p.Checkpoint, note):
		return errors.New("the proof is not under log/checkpoint")
	case index >= int64(len(v.pack.leaves)):
		return errors.New("the ledger has no such entry")
	}
	return ledger.CheckInclusion(p.Hashes, head, index, v.pack.leaves[index])
}

// earlierHead checks an earlier note: the log key's signature, and that the ledger had this root at that size.
func (v *verifier) earlierHead(size int64, note []byte, vkey string) (ledger.Head, error) {
	c, err := ledger.VerifyCheckpoint(note, vkey)
	if err != nil {
		return ledger.Head{}, err
	}
	if c.Size != size {
		return ledger.Head{}, fmt.Errorf("the note is of size %d", c.Size)
	}
	if r := v.report.Replay; r != nil {
		if root, ok := r.Nodes().RootAt(size); !ok || root != c.Root {
			return ledger.Head{}, fmt.Errorf("the ledger had another root at size %d", size)
		}
	}
	return c.Head, nil
}

func (v *verifier) consistency(old, now int64, text []byte, vkey string, head ledger.Head) error {
	if now != head.Size {
		return fmt.Errorf("the proof leads to size %d, the head has %d", now, head.Size)
	}
	note, err := read(v.fsys, headFile(old), coreFileLimit)
	if err != nil {
		return fmt.Errorf("the head of size %d is missing", old)
	}
	from, err := v.earlierHead(old, note, vkey)
	if err != nil {
		return err
	}
	hashes, err := ledger.ParseHashes(text)
	if err != nil {
		return err
	}
	return ledger.CheckConsistency(hashes, from, head)
}
