package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// What comes next on Walk is read ahead: the facts of the next line, and the identities on either side, so that a key shows
// them at once and whole.

// stop is an identity as Walk shows it: its card, its first lines, and the facts of the line the cursor goes to.
type stop struct {
	card   review.Card
	page   grid.Page
	detail *review.Detail // nil: not read yet
	read   time.Time
}

// staleAfter is how old something read ahead may be and be shown without being read again.
const staleAfter = 5 * time.Second

// line is where the cursor goes: to an item, else to the first undecided one, else to the first; -1 if the item is not
// among the lines that were read.
func (st *stop) line(want review.ItemID) int {
	if want != "" {
		return slices.IndexFunc(st.page.Rows, func(r grid.Row) bool { return r.ID == string(want) })
	}
	return max(slices.IndexFunc(st.page.Rows, func(r grid.Row) bool {
		it := r.Data.(review.Item)
		return it.State == review.ItemOpen && it.Blocked == ""
	}), 0)
}

// reader gives a function for commands that reads the identity at step positions from the one with a key: its card and its
// lines.
func (s *walk) reader() func(ctx context.Context, key string, step int) (stop, error) {
	desk, q, now := s.a.desk, s.q, s.a.now()
	source := s.a.itemSource(q)
	return func(ctx context.Context, key string, step int) (stop, error) {
		card, err := desk.Card(ctx, q, key, step)
		if err != nil {
			return stop{}, err
		}
		st := stop{card: card, read: now}
		source.q.Identity = card.Key
		if st.page, err = source.Page(ctx, nil, grid.Anchor{}, grid.PageSize); err != nil {
			return stop{}, err
		}
		return st, nil
	}
}

// step goes to the identity a step on or back. While one is on its way, one more step is remembered: keys that are held down
// neither wait for ever nor run on after they are let go.
func (s *walk) step(n int) tea.Cmd {
	if s.moving {
		s.owed = n
		return nil
	}
	st := s.beside[n]
	switch {
	case st == nil && s.scouts == n && s.around.busy: // it is being read
		s.moving = true
		s.details.stop()
		s.ahead.stop()
		return nil
	case st == nil:
		return s.toIdentity(s.card.Key, n, "")
	}
	left := s.asStop()
	s.leaveIdentity()
	cmd := s.arrive(*st, "", nil)
	if left != nil && s.card.Key != left.card.Key {
		s.beside = map[int]*stop{-n: left}
	}
	if s.a.now().Sub(st.read) > staleAfter {
		return tea.Batch(cmd, s.reload())
	}
	return cmd
}

// asStop is the identity on the screen as one to come back to; nil where not all of its lines are loaded, or not in the usual
// order.
func (s *walk) asStop() *stop {
	rows, cur, complete := s.g.Rows()
	if !complete || len(rows) == 0 || len(rows) > grid.PageSize || len(s.g.Layout().Order) > 0 {
		return nil
	}
	st := &stop{card: s.card, page: grid.Page{Rows: slices.Clone(rows), First: true, Last: true}, read: s.a.now()}
	if at := st.line(""); at == cur {
		st.detail = s.detail
	} else {
		st.detail = s.near[review.ItemID(rows[at].ID)]
	}
	return st
}

// forgetBeside drops what was read ahead of other identities if an act may have changed it (nil: any act).
func (s *walk) forgetBeside(ids []review.ItemID) {
	s.around.stop()
	s.scouts = 0
	for n, st := range s.beside {
		if ids == nil || slices.ContainsFunc(st.page.Rows, func(r grid.Row) bool { return slices.Contains(ids, review.ItemID(r.ID)) }) {
			delete(s.beside, n)
		}
	}
}

func (s *walk) keep(d *review.Detail) {
	const most = 64
	if s.near == nil || len(s.near) >= most {
		s.near = map[review.ItemID]*review.Detail{}
	}
	s.near[d.ID] = d
}

// lookAhead asks for the facts of the next line, so that they are there when the cursor comes, and then for the identities
// on either side.
func (s *walk) lookAhead() tea.Cmd {
	rows, cur, _ := s.g.Rows()
	if cur+1 >= len(rows) {
		return s.scout()
	}
	next := rows[cur+1].Data.(review.Item).ID
	if s.near[next] != nil {
		return s.scout()
	}
	return ask(s.a, &s.ahead, func(ctx context.Context) (review.Detail, error) { return s.a.desk.Detail(ctx, next) },
		func(d review.Detail, err error) tea.Cmd {
			if err == nil { // else it is asked for again, and said, when the cursor is there
				s.keep(&d)
			}
			return s.scout()
		})
}

// scout reads the identity a step on, then the one a step back.
func (s *walk) scout() tea.Cmd {
	if s.moving || s.around.busy {
		return nil
	}
	n := +1
	if s.beside[n] != nil {
		n = -1
	}
	if s.beside[n] != nil {
		return nil
	}
	key, read := s.card.Key, s.reader()
	s.scouts = n
	return ask(s.a, &s.around, func(ctx context.Context) (stop, error) { return read(ctx, key, n) },
		func(st stop, err error) tea.Cmd {
			s.scouts = 0
			switch {
			case s.moving: // somebody waits for it
				return s.arrive(st, "", err)
			case err != nil: // it is asked for again, and said, when somebody goes there
				return nil
			}
			if s.beside == nil {
				s.beside = map[int]*stop{}
			}
			s.beside[n] = &st
			return s.scoutFacts(&st)
		})
}

// scoutFacts reads the facts of the line the cursor will go to. They may take longer than the lines, so nobody waits for
// them with those.
func (s *walk) scoutFacts(st *stop) tea.Cmd {
	at := st.line("")
	if at >= len(st.page.Rows) {
		return s.scout()
	}
	id := review.ItemID(st.page.Rows[at].ID)
	return ask(s.a, &s.around, func(ctx context.Context) (review.Detail, error) { return s.a.desk.Detail(ctx, id) },
		func(d review.Detail, err error) tea.Cmd {
			if err == nil { // else it is asked for again, and said, when the cursor is there
				st.detail = &d
			}
			return s.scout()
		})
}
