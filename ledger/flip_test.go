package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// exhaustive reports whether every bit and every length is to be tried. It takes minutes, so an ordinary run tries a
// share of them that covers every entry, every document and every bit position.
func exhaustive() bool { return os.Getenv("TICKMARK_EXHAUSTIVE") != "" }

// stride gives the step between the bits (or lengths) that a run tries. It is coprime to 8, so all bit positions occur.
func stride(t *testing.T, share int) int {
	if exhaustive() {
		return 1
	}
	t.Logf("every %dth is tried; TICKMARK_EXHAUSTIVE=1 tries all", share)
	return share
}

// onlyEntries is the weakest verifier: no documents, no head.
func onlyEntries(w *world) Input {
	in := w.input()
	in.Checkpoint, in.Rows, in.Members, in.Assignments, in.Facts = nil, nil, nil, nil, nil
	return in
}

// TestEveryFlippedBit flips bits of entries and wants a failure from a verifier that has nothing but the entries and the
// roster file: no head, no documents.
func TestEveryFlippedBit(t *testing.T) {
	step := stride(t, 61)
	w := vectorWorld(t)
	if r := verifyInput(t, onlyEntries(w), Options{}); !r.OK() {
		t.Fatal(words(r))
	}
	total := 0
	for _, e := range w.entries {
		total += len(e) * 8
	}
	t.Logf("%d bits in %d entries", total, len(w.entries))
	for i := range w.entries {
		t.Run(fmt.Sprint("entry ", i), func(t *testing.T) {
			t.Parallel()
			tried := 0
			for bit := i % step; bit < len(w.entries[i])*8; bit += step {
				changed := *w
				changed.entries = slices.Clone(w.entries)
				changed.entries[i] = bytes.Clone(w.entries[i])
				changed.entries[i][bit/8] ^= 1 << (bit % 8)
				if r := verifyInput(t, onlyEntries(&changed), Options{}); r.OK() {
					t.Errorf("bit %d of byte %d flipped and nothing found: %q", bit%8, bit/8, changed.entries[i])
				}
				tried++
			}
			t.Logf("%d bits", tried)
		})
	}
}

// TestEveryTruncation cuts the ledger at every byte. Inside an entry that must give a failure. Between entries it is what
// ledger.md 6.1 says no check can find without an outside head, unless the cut parts a bundle from its records.
func TestEveryTruncation(t *testing.T) {
	step := stride(t, 11)
	w := vectorWorld(t)
	for i := range w.entries {
		t.Run(fmt.Sprint("entry ", i), func(t *testing.T) {
			t.Parallel()
			for n := 1 + i%step; n < len(w.entries[i]); n += step {
				cut := *w
				cut.entries = append(slices.Clone(w.entries[:i]), w.entries[i][:n])
				if r := verifyInput(t, onlyEntries(&cut), Options{}); r.OK() {
					t.Errorf("cut to %d bytes and nothing found", n)
				}
			}
			if i == 0 {
				return // nothing is left
			}
			cut := *w
			cut.entries = w.entries[:i]
			in := cut.input()
			in.Checkpoint = nil
			r := verifyInput(t, in, Options{})
			switch KindOf(w.entries[i-1]) {
			case KindDecision, KindReassign, KindClosure, KindRemediation:
				wantOnly(t, r, CodeOrphan)
			default:
				wantOnly(t, r)
				if !hasState(r, StateUnanchoredTail) {
					t.Error("the report does not say that the tail is not anchored")
				}
			}
			r = verifyInput(t, in, Options{Earlier: []Earlier{{Note: w.checkpoint, From: "receipt"}}})
			if !r.Has(CodeRollback) {
				t.Error("an earlier head does not show the cut")
			}
		})
	}
}

// TestEveryFlippedDocumentBit flips bits of every document and wants a failure.
func TestEveryFlippedDocumentBit(t *testing.T) {
	step := stride(t, 61)
	type document struct {
		name string
		text []byte
		set  func(w *world, text []byte)
	}
	var all []document
	base := vectorWorld(t)
	for h, b := range base.files {
		all = append(all, document{"file " + h.String(), b, func(w *world, text []byte) { w.files[h] = text }})
	}
	for i, b := range base.original {
		all = append(all, document{fmt.Sprint("original ", i), b, func(w *world, text []byte) { w.original[i] = text }})
	}
	for h, b := range base.facts {
		all = append(all, document{"facts " + h.String(), b, func(w *world, text []byte) { w.facts[h] = text }})
	}
	for i, rows := range base.rows {
		for n, b := range rows {
			all = append(all, document{fmt.Sprint("row ", i, " ", n), b, func(w *world, text []byte) { w.rows[i][n] = text }})
		}
	}
	for c, members := range base.members {
		for n, b := range members {
			all = append(all, document{fmt.Sprint("member ", n), b, func(w *world, text []byte) { w.members[c][n] = text }})
		}
	}
	for c, assigns := range base.assigns {
		for n, b := range assigns {
			all = append(all, document{fmt.Sprint("assignment ", n), b, func(w *world, text []byte) { w.assigns[c][n] = text }})
		}
	}
	all = append(all, document{"checkpoint", base.checkpoint, func(w *world, text []byte) { w.checkpoint = text }})
	all = append(all, document{"log key", []byte(base.vkey), func(w *world, text []byte) { w.vkey = string(text) }})
	total := 0
	for _, d := range all {
		total += len(d.text) * 8
	}
	t.Logf("%d bits in %d documents", total, len(all))
	for _, d := range all {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for bit := len(d.name) % step; bit < len(d.text)*8; bit += step {
				w := *base
				w.files, w.original, w.facts = maps.Clone(base.files), maps.Clone(base.original), maps.Clone(base.facts)
				w.rows, w.members, w.assigns = cloneLists(base.rows), cloneLists(base.members), cloneLists(base.assigns)
				text := bytes.Clone(d.text)
				text[bit/8] ^= 1 << (bit % 8)
				d.set(&w, text)
				if r := w.verify(t, Options{}); r.OK() {
					t.Errorf("bit %d of byte %d flipped and nothing found", bit%8, bit/8)
				}
			}
		})
	}
}

func cloneLists[K comparable](m map[K][][]byte) map[K][][]byte {
	c := make(map[K][][]byte, len(m))
	for k, v := range m {
		c[k] = slices.Clone(v)
	}
	return c
}

func BenchmarkVerifyVectorLog(b *testing.B) {
	w := vectorWorld(b)
	for b.Loop() {
		w.verify(b, Options{})
	}
}

// TestRandomEdits deletes, doubles, swaps, mixes and overwrites entries and documents of a ledger with every kind of act,
// many times over. A verifier that has the signed head must find each, and none may make it panic.
func TestRandomEdits(t *testing.T) {
	rounds := 150
	if exhaustive() {
		rounds = 5000
	}
	log, _ := readLog(t)
	base := vectorWorld(t)
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		w := *base
		w.entries = slices.Clone(base.entries)
		w.rows, w.members, w.assigns = cloneLists(base.rows), cloneLists(base.members), cloneLists(base.assigns)
		for range 1 + r.IntN(3) {
			i, j := r.IntN(len(w.entries)), r.IntN(len(w.entries))
			switch r.IntN(6) {
			case 0:
				if len(w.entries) > 2 {
					w.entries = slices.Delete(w.entries, i, i+1)
				}
			case 1:
				w.entries = slices.Insert(w.entries, i, w.entries[j])
			case 2:
				w.entries[i], w.entries[j] = w.entries[j], w.entries[i]
			case 3:
				b := bytes.Clone(w.entries[i])
				from := r.IntN(len(b))
				r2 := w.entries[j]
				copy(b[from:], r2[r.IntN(len(r2)):])
				w.entries[i] = b
			case 4: // a line of one entry in place of a line of another
				a, b := bytes.SplitAfter(w.entries[i], []byte("\n")), bytes.SplitAfter(w.entries[j], []byte("\n"))
				a[r.IntN(len(a))] = b[r.IntN(len(b))]
				w.entries[i] = bytes.Join(a, nil)
			case 5: // the value of a line in place of that of another
				a, b := bytes.SplitAfter(w.entries[i], []byte("\n")), bytes.SplitAfter(w.entries[j], []byte("\n"))
				k := r.IntN(len(a))
				name, _, ok := bytes.Cut(a[k], []byte(": "))
				_, value, ok2 := bytes.Cut(b[r.IntN(len(b))], []byte(": "))
				if ok && ok2 {
					a[k] = slices.Concat(name, []byte(": "), value)
					w.entries[i] = bytes.Join(a, nil)
				}
			}
		}
		report, err := Verify(context.Background(), w.input(), Options{Log: log.Origin})
		same := slices.EqualFunc(w.entries, base.entries, bytes.Equal)
		if err != nil || report.OK() != same {
			t.Errorf("seed %d: changed %v, OK %v, %v", seed, !same, report.OK(), err)
		}
	}
}
