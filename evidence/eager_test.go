package evidence

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"tickmark/ledger"
)

// many yields n texts in one buffer that each reuses, every seventh withheld, and err after them.
func many(n int, err error) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		var buffer []byte
		for i := range n {
			buffer = fmt.Appendf(buffer[:0], "text %d %s", i, strings.Repeat("x", i%700))
			t := Text{Bytes: buffer}
			if i%7 == 3 {
				t = Text{Leaf: ledger.LeafHash(buffer)}
			}
			if !yield(t, nil) {
				return
			}
		}
		if err != nil {
			yield(Text{}, err)
		}
	}
}

// What is read ahead is what would be read, an error stands after the texts before it, and who has enough may stop.
func TestReadAheadIsTheSame(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{0, 1, eagerTexts - 1, eagerTexts, eagerTexts + 1, 5000} {
		for _, failure := range []error{nil, broken} {
			var want, got []string
			line := func(x Text, err error) string {
				return fmt.Sprintf("%s %s %v %v", x.Bytes, x.Leaf, x.Bytes == nil, err)
			}
			for x, err := range many(n, failure) {
				want = append(want, line(x, err))
			}
			for x, err := range readAhead(many(n, failure)) {
				got = append(got, line(x, err))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d texts, then %v: %d were read", n, failure, len(got))
			}
			for enough := range 3 {
				seen := 0
				for range readAhead(many(n, failure)) {
					if seen++; seen > enough {
						break
					}
				}
			}
		}
	}
}

// A fault of a goroutine is one of whoever waits for it, who may recover; texts do not just end.
func TestAFaultElsewhereIsNotLost(t *testing.T) {
	fault := func(do func()) (said string) {
		defer func() { said = fmt.Sprint(recover()) }()
		do()
		return ""
	}
	if said := fault(func() { meanwhile(func() error { panic("out of order") }).wait() }); !strings.HasPrefix(said, "out of order\n") || !strings.Contains(said, "eager_test.go") {
		t.Errorf("waiting gives %q", said)
	}
	seen := 0
	said := fault(func() {
		for range readAhead(func(yield func(Text, error) bool) {
			yield(Text{Bytes: []byte("x")}, nil)
			panic("torn")
		}) {
			seen++
		}
	})
	if !strings.HasPrefix(said, "torn\n") {
		t.Errorf("after %d texts: %q", seen, said)
	}
}
