package tui

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// ledger reads the entries in words, newest first; enter shows one as it was signed.
type ledger struct {
	table
	head review.LedgerHead
}

func newLedger(a *app) *ledger {
	s := &ledger{table: newTable(a, ledgerColumns())}
	s.g = grid.New(a.ctx, &entrySource{desk: a.desk, look: *a.look}, ledgerColumns(), a.look.table)
	return s
}

func ledgerColumns() []grid.Column {
	return []grid.Column{
		{Name: "index", Title: "Entry", Min: 5, Max: 9, Right: true, NoSort: true},
		{Name: "time", Title: "When (UTC)", Min: 16, Max: 16, Rank: 1, NoSort: true},
		{Name: "kind", Title: "Kind", Min: 8, Max: 12, NoSort: true, Whole: true},
		{Name: "summary", Title: "What", Min: 40, Grow: 1, NoSort: true},
		{Name: "signer", Title: "Signed by", Min: 12, Max: 28, Rank: 3, NoSort: true},
		{Name: "via", Title: "With", Min: 6, Max: 16, Rank: 4, NoSort: true},
		{Name: "campaign", Title: "Campaign", Min: 8, Max: 20, Rank: 2, NoSort: true},
	}
}

func (s *ledger) name() string { return "ledger" }

func (s *ledger) load() tea.Cmd {
	head := ask(s.a, &s.facts, s.a.desk.Overview, func(o review.Overview, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		s.loaded, s.err, s.head = true, nil, o.Ledger
		return nil
	})
	if s.g.Loaded() {
		return tea.Batch(head, s.g.Reload())
	}
	return tea.Batch(head, s.g.Start())
}

func (s *ledger) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *ledger) commands() []command {
	return append(moves(s.g),
		command{action: "open", words: "its text", do: func() tea.Cmd {
			r, ok := s.g.Current()
			if !ok {
				return nil
			}
			return s.a.open(newEntry(s.a, r.Data.(review.LedgerEntry)))
		}},
		s.a.copyCommand(func() string {
			r, ok := s.g.Current()
			if !ok {
				return ""
			}
			return r.Data.(review.LedgerEntry).LeafHash
		}))
}

func (s *ledger) title() []seg { return []seg{say(plain, s.head.Log)} }

func (s *ledger) aside(int) []seg {
	if !s.loaded {
		return nil
	}
	return []seg{say(plain, count(s.head.Size, "entry"))}
}

func (s *ledger) hint() []seg {
	if s.head.Root == "" {
		return nil
	}
	held := "no head is held outside"
	if o := s.head.Outside; o != nil {
		held = number(o.Size) + " held outside: " + o.Type + ", " + o.Holder
	}
	return []seg{say(faint, "root "), say(plain, s.head.Root), s.a.look.between(), say(faint, held)}
}

func (s *ledger) view(w, h int) string {
	return s.table.view(w, h, "The ledger is empty.", nil)
}

// entrySource pages through the ledger, newest first. Row IDs are entry indexes.
type entrySource struct {
	desk Desk
	look look
}

func (s *entrySource) Count(ctx context.Context) (int64, error) {
	o, err := s.desk.Overview(ctx)
	return o.Ledger.Size, err
}

func (s *entrySource) Page(ctx context.Context, _ []grid.Order, at grid.Anchor, limit int) (grid.Page, error) {
	newest, err := s.desk.Entries(ctx, 0, 1)
	if err != nil || len(newest) == 0 {
		return grid.Page{First: true, Last: true}, err
	}
	top := int64(newest[0].Index)
	from, to := top, int64(0) // newest and oldest index of the page
	if at.From != "" {
		i, err := strconv.ParseInt(at.From, 10, 64)
		if err != nil {
			return grid.Page{}, err
		}
		switch {
		case at.Back && at.Incl:
			to = i
		case at.Back:
			to = i + 1
		case at.Incl:
			from = i
		default:
			from = i - 1
		}
	}
	if at.Back {
		from = min(top, to+int64(limit)-1)
	}
	to = max(to, from-int64(limit)+1, 0)
	if from < to {
		return grid.Page{First: at.Back, Last: !at.Back, Offset: -1}, nil
	}
	entries, err := s.desk.Entries(ctx, review.EntryIndex(from+1), int(from-to+1))
	if err != nil {
		return grid.Page{}, err
	}
	p := grid.Page{First: from == top, Last: to == 0, Offset: top - from}
	l := &s.look
	for _, e := range entries {
		p.Rows = append(p.Rows, grid.Row{ID: rowID(e.Index), Data: e, Cells: []grid.Cell{
			l.cell(faint, number(int64(e.Index))), l.cell(plain, when(e.Time)), l.cell(entryTone(e), e.Kind), l.cell(plain, e.Summary),
			l.cell(plain, string(e.Signer)), l.cell(plain, e.Via), l.cell(faint, string(e.Campaign)),
		}})
	}
	return p, nil
}

// entryTone sets signed statements apart from the records they cover.
func entryTone(e review.LedgerEntry) tone {
	if e.Signer != "" {
		return bold
	}
	return plain
}

// entry is one ledger entry with its text.
type entry struct {
	page
	e    review.LedgerEntry
	err  error
	text slot
}

func newEntry(a *app, e review.LedgerEntry) *entry {
	s := &entry{e: e}
	s.page = page{a: a, label: "ledger", head: []seg{sayf(plain, "entry %s", number(int64(e.Index)))}, lines: s.lines,
		more: func() []command {
			return []command{a.copyCommand(func() string { return s.e.LeafHash })}
		}}
	return s
}

func (s *entry) close() { s.text.stop() }

func (s *entry) load() tea.Cmd {
	i := s.e.Index
	return ask(s.a, &s.text, func(ctx context.Context) (review.LedgerEntry, error) { return s.a.desk.Entry(ctx, i) },
		func(e review.LedgerEntry, err error) tea.Cmd {
			if s.err = err; err == nil {
				s.e = e
			}
			return nil
		})
}

func (s *entry) lines(w int) *block {
	b := s.a.look.column(w)
	e := s.e
	b.section("Entry")
	b.fact("what", say(bold, e.Kind), say(plain, ": "+e.Summary))
	b.fact("when", say(plain, moment(e.Time)))
	if e.Signer != "" {
		b.fact("signed by", say(plain, string(e.Signer)), sayf(faint, "  %s, %s", e.Key, e.Via))
	}
	if e.Bundle != 0 {
		b.fact("covered by", say(plain, fmt.Sprintf("entry %s", number(int64(e.Bundle)))))
	}
	b.fact("leaf hash", say(plain, e.LeafHash))
	b.section("Text, as it is hashed and signed")
	switch {
	case s.err != nil:
		message, hint := explain(s.err)
		b.text(bad, 1, 1, message)
		b.text(plain, 1, 1, hint)
	case e.Text == "":
		b.text(faint, 1, 1, "reading"+s.a.look.glyph.ellipsis)
	default:
		for line := range strings.SplitSeq(strings.TrimSuffix(e.Text, "\n"), "\n") {
			b.text(plain, 1, 3, line)
		}
	}
	return b
}
