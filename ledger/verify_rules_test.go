package ledger

import (
	"context"
	"errors"
	"iter"
	"testing"
)

// started is a forge with roster, an import of six rows (entry 2) and a campaign q1 over them (entry 3).
func started(t testing.TB, assurance string) *forge {
	f := newForge(t)
	f.standardRoster()
	f.importRows("erp", names(6))
	f.campaign("q1", 2, assurance, reviewer)
	return f
}

// rule is a ledger that is bent in one way, and what a verifier must say: exactly these codes, at least these states.
type rule struct {
	name   string
	build  func(t *testing.T) *forge
	codes  []Code
	states []string
}

func checkRules(t *testing.T, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			report := r.build(t).verify(Options{})
			wantOnly(t, report, r.codes...)
			for _, s := range r.states {
				if !hasState(report, s) {
					t.Errorf("no state %s among %v", s, report.States)
				}
			}
		})
	}
}

func TestEntryRules(t *testing.T) {
	checkRules(t, []rule{
		{"a second open entry", func(t *testing.T) *forge {
			f := started(t, "any")
			f.append(&Open{Log: f.log, Time: f.now, Title: "again", Suite: Suite})
			return f
		}, []Code{CodeFormat}, nil},
		{"a document as entry", func(t *testing.T) *forge {
			f := started(t, "any")
			f.add(f.w.rows[2][0])
			return f
		}, []Code{CodeFormat}, nil},
		{"another suite", func(t *testing.T) *forge {
			f := newForge(t)
			f.w.entries, f.r = nil, Replay{}
			f.append(&Open{Log: f.log, Time: f.now, Title: "x", Suite: "none"})
			f.standardRoster()
			return f
		}, []Code{CodeFormat}, nil},
		{"a signed anchor", func(t *testing.T) *forge {
			f := started(t, "any")
			text, err := Format(&Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorReceipt, Holder: "x"})
			f.must(err)
			f.add(append(text, f.keys[manager].seal(NamespaceManage, text)...))
			return f
		}, []Code{CodeFormat}, nil},
		{"a signed record", func(t *testing.T) *forge {
			f := started(t, "any")
			text, err := Format(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.must(err)
			f.add(append(text, f.keys[reviewer].seal(NamespaceReview, text)...))
			return f
		}, []Code{CodeFormat}, nil},
		{"an entry of another ledger", func(t *testing.T) *forge {
			f := started(t, "any")
			f.append(&Anchor{Log: "some/other/ledger", Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorReceipt, Holder: "x"})
			return f
		}, []Code{CodeReplay}, nil},
		{"a statement eight days late", func(t *testing.T) *forge {
			f := started(t, "any")
			head := f.r.Head()
			now := f.now
			f.now = f.now.AddDate(0, 0, 8)
			f.importRows("other", names(1))
			f.seen, f.now = &head, now
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}, []Code{CodeTime}, nil},
		{"a statement six days late", func(t *testing.T) *forge {
			f := started(t, "any")
			head := f.r.Head()
			now := f.now
			f.now = f.now.AddDate(0, 0, 6)
			f.importRows("other", names(1))
			f.seen, f.now = &head, now
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}, nil, nil},
	})
}

func TestVerifyIsStopped(t *testing.T) {
	f := started(t, "any")
	ctx, cancel := context.WithCancel(context.Background())
	in := f.w.input()
	in.Members = func(context.Context, string) iter.Seq2[Text, error] { cancel(); return EntriesOf(f.w.members["q1"]) }
	if _, err := Verify(ctx, in, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	broken := errors.New("the disk is broken")
	failing := func(after int) iter.Seq2[Text, error] {
		return func(yield func(Text, error) bool) {
			for i, e := range f.w.entries {
				if i == after {
					yield(Text{}, broken)
					return
				}
				if !yield(Text{Bytes: e}, nil) {
					return
				}
			}
		}
	}
	in = f.w.input()
	in.Entries = failing(0)
	if _, err := Verify(context.Background(), in, Options{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	in.Entries = failing(2)
	wantOnly(t, verifyInput(t, in, Options{}), CodeUnreadable)
	in.Entries = EntriesOf(nil)
	if _, err := Verify(context.Background(), in, Options{}); err == nil {
		t.Error("an empty ledger verifies")
	}
	in = f.w.input()
	in.Facts = func(context.Context, []Hash) (map[Hash][]byte, error) { return nil, broken }
	f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
	in.Entries = EntriesOf(f.w.entries)
	wantOnly(t, verifyInput(t, in, Options{}), CodeUnreadable)
}

func TestVerifyShowsProgress(t *testing.T) {
	f := bigLedger(t, 3000, 500)
	var last, total int64
	calls := 0
	r := f.verify(Options{Progress: func(done, of int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, of
		calls++
	}})
	if n := int64(len(f.w.entries)); last != n || total != n || calls < 3 || !r.OK() {
		t.Errorf("%d of %d in %d calls", last, total, calls)
	}
}
