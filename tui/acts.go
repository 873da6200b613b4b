package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// acts is the queue of everything that changes something. One act runs at a time, in the order of the keys, so that an
// undo cannot overtake the verdict it is meant for and Confirm shows what was staged before it was opened.
type acts struct {
	running bool
	waiting []func(context.Context) func() tea.Cmd
	overlay map[review.ItemID]review.Draft // verdicts shown that the store may not know yet
	dirty   bool                           // something has changed since the screen on top was told
	touched []review.ItemID                // what; nil with dirty: perhaps everything
	all     bool
}

func (q *acts) busy() bool { return q.running }

// acted is the end of one act, and the pulse after it.
type acted struct {
	then  func() tea.Cmd
	pulse review.Pulse
	err   error // of the pulse
}

// act queues f; what f returns runs inside Update. It is not cancelled when its screen closes: a verdict that was given is
// staged.
func act[T any](a *app, f func(context.Context) (T, error), then func(T, error) tea.Cmd) tea.Cmd {
	a.acts.waiting = append(a.acts.waiting, func(ctx context.Context) func() tea.Cmd {
		v, err := f(ctx)
		return func() tea.Cmd { return then(v, err) }
	})
	if a.acts.running {
		return nil
	}
	return a.nextAct()
}

func (a *app) nextAct() tea.Cmd {
	if len(a.acts.waiting) == 0 {
		a.acts.running = false
		if a.leaving {
			return tea.Quit
		}
		return a.announce()
	}
	f := a.acts.waiting[0]
	a.acts.waiting = a.acts.waiting[1:]
	a.acts.running = true
	ctx, desk := a.ctx, a.desk
	return func() tea.Msg {
		m := acted{then: f(ctx)}
		m.pulse, m.err = desk.Pulse(ctx)
		return m
	}
}

func (a *app) settled(m acted) tea.Cmd {
	cmd := m.then()
	if a.acts.dirty && m.err == nil { // this login's doing: what the screen reads next is no older than this pulse
		a.beat.stop()
		a.pulse = m.pulse
	}
	return tea.Batch(cmd, a.nextAct())
}

// changed notes that an act has changed items (nil: perhaps any). The screen on top is told once the queue is empty: read
// earlier, the store would not know the verdicts that still wait.
func (a *app) changed(ids []review.ItemID) tea.Cmd {
	a.acts.dirty = true
	a.acts.all = a.acts.all || ids == nil
	a.acts.touched = append(a.acts.touched, ids...)
	return nil
}

func (a *app) announce() tea.Cmd {
	if !a.acts.dirty {
		return nil
	}
	ids := a.acts.touched
	if a.acts.all {
		ids = nil
	}
	a.acts.dirty, a.acts.all, a.acts.touched = false, false, nil
	clear(a.acts.overlay)
	if w, ok := a.top().(watcher); ok { // those below load when they come back
		return w.changed(ids)
	}
	return nil
}

// overlay shows a verdict before the store has it.
func (a *app) overlay(id review.ItemID, d review.Draft) {
	if a.acts.overlay == nil {
		a.acts.overlay = map[review.ItemID]review.Draft{}
	}
	a.acts.overlay[id] = d
}

// undone is what Undo and Redo answer.
type undoneAct struct {
	words string
	ids   []review.ItemID
}

func (a *app) undo() tea.Cmd {
	return a.turnBack("nothing staged to undo", a.desk.Undo)
}

func (a *app) redo() tea.Cmd {
	return a.turnBack("nothing to stage again", a.desk.Redo)
}

func (a *app) turnBack(nothing string, f func(context.Context) (string, []review.ItemID, error)) tea.Cmd {
	return act(a, func(ctx context.Context) (undoneAct, error) {
		words, ids, err := f(ctx)
		return undoneAct{words, ids}, err
	}, func(u undoneAct, err error) tea.Cmd {
		switch {
		case err != nil:
			a.fail(err)
			return nil
		case u.ids == nil && u.words == "":
			a.tell(nothing)
			return nil
		}
		a.tell(u.words)
		cmds := []tea.Cmd{a.changed(u.ids)}
		if len(u.ids) == 1 {
			cmds = append(cmds, a.goBackTo(u.ids[0]))
		}
		return tea.Batch(cmds...)
	})
}

// goBackTo puts the cursor on an item that turned out not to be done with, where the screen has one.
func (a *app) goBackTo(id review.ItemID) tea.Cmd {
	if s, ok := a.top().(interface {
		goBackTo(review.ItemID) tea.Cmd
	}); ok {
		return s.goBackTo(id)
	}
	return nil
}
