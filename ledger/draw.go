package ledger

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// Rank orders items by a seeded draw that anyone can repeat (evidence-pack.md 8): root is the population root of the
// campaign, seed any non-empty text an auditor named after the population was committed. The sample of size n is the
// first n of the result; a larger sample only goes on in the same list. items is not changed.
func Rank(seed string, root Hash, items []Hash) []Hash {
	type drawn struct{ score, item Hash }
	ranked := make([]drawn, len(items))
	var text []byte
	for i, item := range items {
		text = append(text[:0], "tickmark/sample v1\nseed: "...)
		text = AppendEscape(text, seed)
		text = append(text, "\nroot: "...)
		text = root.appendTree(text)
		text = append(text, "\nitem: "...)
		text = item.appendSHA(text)
		text = append(text, '\n')
		ranked[i] = drawn{sha256.Sum256(text), item}
	}
	slices.SortFunc(ranked, func(a, b drawn) int { return bytes.Compare(a.score[:], b.score[:]) })
	out := make([]Hash, len(items))
	for i, r := range ranked {
		out[i] = r.item
	}
	return out
}
