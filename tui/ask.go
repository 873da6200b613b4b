package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"
)

// slot is a place for one kind of answer on one screen. A new request cancels the one before it, and an answer that is
// not to the newest request is dropped: that is all the order answers need.
type slot struct {
	request uint64
	cancel  context.CancelFunc
	busy    bool
}

// answer carries the number of its request and what to do with it, on the goroutine of Update.
type answer struct {
	slot    *slot
	request uint64
	then    func() tea.Cmd
}

func (m answer) deliver() tea.Cmd {
	if m.request != m.slot.request {
		return nil
	}
	m.slot.busy = false
	m.slot.cancel()
	return m.then()
}

// stop cancels what is under way and drops its answer.
func (s *slot) stop() {
	if s.cancel != nil {
		s.cancel()
	}
	s.request++
	s.busy = false
}

// ask runs f as a command and hands its result to then inside Update, unless the slot has been asked again or stopped.
func ask[T any](a *app, s *slot, f func(context.Context) (T, error), then func(T, error) tea.Cmd) tea.Cmd {
	s.stop()
	ctx, cancel := context.WithCancel(a.ctx)
	s.cancel = cancel
	s.busy = true
	request := s.request
	return func() tea.Msg {
		v, err := f(ctx)
		return answer{slot: s, request: request, then: func() tea.Cmd { return then(v, err) }}
	}
}

// cancelled reports an error that only says that nobody wants the answer any more.
func cancelled(err error) bool { return errors.Is(err, context.Canceled) }

// ticked comes back from after.
type ticked struct{ then func() tea.Cmd }

// after calls then, inside Update, when d has passed.
func (a *app) after(d time.Duration, then func() tea.Cmd) tea.Cmd {
	tick := a.o.tick
	if tick == nil {
		tick = tea.Tick
	}
	return tick(d, func(time.Time) tea.Msg { return ticked{then} })
}
