package tui

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
)

// typedAfter is how long after a key what is typed into a form is kept.
const typedAfter = 500 * time.Millisecond

// typed is a half-filled form as it is kept: a draft of this person's that nobody else sees and that counts for nothing. It
// outlives a lost connection and a killed program, and ends when the form is done or given up. Secrets are never in it.
type typed struct {
	At     time.Time         `json:"at"`
	Field  int               `json:"field"`  // where the cursor was
	Values map[string]string `json:"values"` // by label, those that differ from what the form begins with
}

// formName is the setting that keeps a form of this kind about these things.
func formName[T any](kind string, about ...T) string {
	h := sha256.New()
	for _, thing := range about {
		fmt.Fprintf(h, "%v\n", thing)
	}
	return "form." + kind + "." + hex.EncodeToString(h.Sum(nil)[:8])
}

// openForm puts a form up, and into it what was typed the last time if it was neither done nor given up.
func (a *app) openForm(f *form) tea.Cmd {
	a.openPanel(f)
	if f.keep == "" || a.readOnly() != "" {
		return nil
	}
	return ask(a, new(slot), func(ctx context.Context) (string, error) { return a.desk.Setting(ctx, f.keep) },
		func(text string, err error) tea.Cmd {
			var was typed
			if err == nil && text != "" && a.panel == panel(f) && json.Unmarshal([]byte(text), &was) == nil {
				f.refill(was)
			}
			return nil
		})
}

// refill puts back what was typed, except into fields that have been typed into meanwhile.
func (f *form) refill(was typed) {
	begun := len(f.typed()) > 0
	for i, fl := range f.fields {
		v, ok := was.Values[fl.label]
		if !ok || fl.secret || f.lines[i].value() != fl.value {
			continue
		}
		f.lines[i].set(v)
		if i >= f.shown {
			f.shown = len(f.fields)
		}
	}
	if !begun && was.Field < f.shown && !f.hiddenField(was.Field) {
		f.at = was.Field
	}
	f.kept = true
	f.back = "what you typed " + clock(was.At, f.a.now()) + " is back; esc gives it up"
}

// clock is a time of today by the clock, another one with its day.
func clock(t, now time.Time) string {
	if t, now = t.UTC(), now.UTC(); t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("at 15:04 UTC")
	}
	return t.Format("on 2 Jan at 15:04 UTC")
}

// typed is what differs from how the form begins, by label.
func (f *form) typed() map[string]string {
	values := map[string]string{}
	for i, fl := range f.fields {
		if v := f.lines[i].value(); !fl.secret && v != fl.value {
			values[fl.label] = v
		}
	}
	return values
}

// keepSoon has what is typed kept a moment after a key.
func (f *form) keepSoon() tea.Cmd {
	if f.keep == "" || f.soon || f.a.readOnly() != "" {
		return nil
	}
	f.soon = true
	return f.a.after(typedAfter, func() tea.Cmd {
		f.soon = false
		if f.a.panel != panel(f) {
			return nil
		}
		return f.keepNow()
	})
}

// keepNow keeps what is typed, or nothing where nothing is.
func (f *form) keepNow() tea.Cmd {
	values := f.typed()
	if len(values) == 0 {
		return f.forget()
	}
	text, _ := json.Marshal(typed{At: f.a.now(), Field: f.at, Values: values}) // strings and a time: it cannot fail
	f.kept = true
	return f.setKept(string(text))
}

// forget ends what is kept of the form.
func (f *form) forget() tea.Cmd {
	if !f.kept {
		return nil
	}
	f.kept = false
	return f.setKept("")
}

// setKept goes through the queue of acts: what was done with the form is stored before the form is forgotten.
func (f *form) setKept(text string) tea.Cmd {
	a, name := f.a, f.keep
	return act(a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.desk.SetSetting(ctx, name, text)
	}, func(_ struct{}, err error) tea.Cmd {
		if err != nil && text != "" {
			f.back = "what you type here cannot be kept should the connection break"
		}
		return nil
	})
}
