package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// pulseEvery is how soon a screen shows what another login of the same person has done.
const pulseEvery = 2 * time.Second

// listen asks again and again whether something was done behind this login's back.
func (a *app) listen() tea.Cmd {
	if a.o.ReadOnly != "" {
		return nil
	}
	return a.after(pulseEvery, func() tea.Cmd {
		return tea.Batch(ask(a, &a.beat, a.desk.Pulse, a.heard), a.listen())
	})
}

// heard reads the screen on top again if something was. While acts of this login run it waits: they change the pulse too.
func (a *app) heard(p review.Pulse, err error) tea.Cmd {
	if err != nil || a.acts.busy() || p == a.pulse {
		return nil
	}
	drafts := p.Last != a.pulse.Last || p.Undone != a.pulse.Undone
	a.pulse = p
	if drafts && a.panel == nil && a.note.text == "" {
		a.tell("another session of yours changed what is staged; this is how it stands now")
	}
	if _, ok := a.top().(*launch); ok { // it counts for long, and only what it is about could matter
		return nil
	}
	if w, ok := a.top().(watcher); ok {
		return w.changed(nil)
	}
	return nil
}
