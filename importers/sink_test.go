package importers

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// memory is a Sink that keeps everything, as a store would.
type memory struct {
	accounts     map[string]review.Account
	order        []string // native ids as first met
	entitlements []review.Entitlement
	grants       []review.Grant
	workers      map[string]review.Worker
	rules        []review.SoDRule
	links        []review.Link
	owners       []review.Ownership
	usages       []review.Usage
	evidence     []review.Evidence
	rejects      []review.Reject
	resets       int
	fail         error // returned by every call once set
}

func newMemory() *memory {
	m := &memory{}
	m.Reset()
	m.resets = 0
	return m
}

func (m *memory) Reset() error {
	*m = memory{accounts: map[string]review.Account{}, workers: map[string]review.Worker{}, resets: m.resets + 1, fail: m.fail}
	return nil
}

func (m *memory) Account(a *review.Account) error {
	if _, met := m.accounts[a.NativeID]; !met {
		m.order = append(m.order, a.NativeID)
	}
	m.accounts[a.NativeID] = *a
	return m.fail
}

func (m *memory) Entitlement(e *review.Entitlement, system string) error {
	m.entitlements = append(m.entitlements, *e)
	return m.fail
}

func (m *memory) Grant(g *review.Grant) error {
	if _, met := m.accounts[g.Account]; !met {
		panic("a grant came before its account: " + g.Account)
	}
	m.grants = append(m.grants, *g)
	return m.fail
}

func (m *memory) Worker(w *review.Worker) error {
	m.workers[w.ID] = *w
	return m.fail
}

func (m *memory) SoDRule(r *review.SoDRule) error     { m.rules = append(m.rules, *r); return m.fail }
func (m *memory) Link(l *review.Link) error           { m.links = append(m.links, *l); return m.fail }
func (m *memory) Ownership(o *review.Ownership) error { m.owners = append(m.owners, *o); return m.fail }
func (m *memory) Usage(u *review.Usage) error         { m.usages = append(m.usages, *u); return m.fail }
func (m *memory) Evidence(e *review.Evidence) error {
	m.evidence = append(m.evidence, *e)
	return m.fail
}
func (m *memory) Reject(r review.Reject) error { m.rejects = append(m.rejects, r); return m.fail }

// reviewDay is the day of every review in these tests.
var reviewDay = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func fromBytes(name string, b []byte) Input {
	return Input{Name: name, Size: int64(len(b)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

func fromFile(name string) Input {
	size := int64(0)
	if info, err := os.Stat(name); err == nil {
		size = info.Size()
	}
	return Input{Name: name, Size: size, Open: func() (io.ReadCloser, error) { return os.Open(name) }}
}

// options turns command line words into Options.
func options(args ...string) Options {
	o := Options{Now: reviewDay}
	assign := func(list *[]review.Assign, v string, each bool) {
		parts := []string{v}
		if each {
			parts = strings.Split(v, ",")
		}
		for _, p := range parts {
			name, value, _ := strings.Cut(p, "=")
			*list = append(*list, review.Assign{Name: name, Value: value})
		}
	}
	for i := 0; i < len(args); i += 2 {
		v := args[i+1]
		switch args[i] {
		case "--as":
			o.As = v
		case "--map":
			assign(&o.Map, v, true)
		case "--split":
			assign(&o.Split, v, false)
		case "--const":
			assign(&o.Const, v, false)
		case "--resource":
			o.Resource = v
		case "--entitlement":
			o.Entitlement = v
		case "--identity":
			o.Identity = v
		case "--system":
			o.System = v
		case "--instance":
			o.Instance = v
		case "--date-order":
			o.DateOrder = v
		case "--timezone":
			o.Timezone = v
		case "--delimiter":
			o.Delimiter = v
		case "--encoding":
			o.Encoding = v
		default:
			panic("unknown flag " + args[i])
		}
	}
	return o
}

// read reads text and fails the test on an error.
func read(t *testing.T, name, text string, args ...string) (*review.ImportReport, *memory) {
	t.Helper()
	m := newMemory()
	rep, err := Read(context.Background(), fromBytes(name, []byte(text)), options(args...), m)
	if err != nil {
		t.Fatalf("%s: %v (%s)", name, err, rep.Reason)
	}
	return rep, m
}

// refused reads text that must be refused for a reason.
func refused(t *testing.T, name, text, reason string, args ...string) *review.ImportReport {
	t.Helper()
	rep, err := Read(context.Background(), fromBytes(name, []byte(text)), options(args...), newMemory())
	if err == nil || review.KindOf(err) != review.KindRefused || rep.Reason != reason {
		t.Fatalf("%s: got %v, reason %q; want the refusal %q", name, err, rep.Reason, reason)
	}
	if rep.Message == "" || rep.Hint == "" {
		t.Errorf("%s: a refusal needs a sentence and a hint, got %q and %q", name, rep.Message, rep.Hint)
	}
	return rep
}

// warned gives a warning of a report.
func warned(rep *review.ImportReport, keyword string) *review.Warning {
	for i := range rep.Warnings {
		if rep.Warnings[i].Keyword == keyword {
			return &rep.Warnings[i]
		}
	}
	return nil
}

func mustWarn(t *testing.T, rep *review.ImportReport, keywords ...string) {
	t.Helper()
	for _, k := range keywords {
		if warned(rep, k) == nil {
			t.Errorf("%s: no warning %s in %v", rep.File, k, keywordsOf(rep))
		}
	}
}

func keywordsOf(rep *review.ImportReport) []string {
	var out []string
	for _, w := range rep.Warnings {
		out = append(out, w.Keyword)
	}
	return out
}
