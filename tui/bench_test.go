package tui

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// manyItems is the company grown to n items of one campaign.
func manyItems(n int) *fakeDesk {
	d := newFakeDesk()
	rng := rand.New(rand.NewPCG(1, 2))
	people, ents := fakePeople(), fakeEnts()
	for len(d.items) < n {
		p := people[len(d.items)%len(people)]
		p.mail = fmt.Sprintf("p%07d@corp.example", len(d.items)/7)
		d.add(p, ents[len(d.items)%len(ents)], rng)
	}
	d.big = true
	clear(d.sorted)
	return d
}

// bench is a workstation of 200×50 that runs its commands at once.
func bench(d *fakeDesk) (*app, func(tea.Msg)) {
	a := newApp(context.Background(), Options{Desk: d, Theme: "dark", Clock: func() time.Time { return fakeNow },
		tick: func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }})
	var feed func(tea.Msg)
	var run func(tea.Cmd)
	run = func(c tea.Cmd) {
		if c == nil {
			return
		}
		switch msg := c().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				run(c)
			}
		default:
			feed(msg)
		}
	}
	feed = func(msg tea.Msg) {
		_, c := a.Update(msg)
		run(c)
	}
	feed(tea.WindowSizeMsg{Width: 200, Height: 50})
	run(a.Init())
	return a, feed
}

func BenchmarkListKeyToFrame(b *testing.B) {
	a, feed := bench(manyItems(100_000))
	for _, k := range []string{":", "l", "i", "s", "t", "enter"} {
		feed(keyPress(k))
	}
	for _, k := range []string{"j", "ctrl+d", "G", "g"} {
		b.Run(k, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = a.Update(keyPress(k)) // loads run beside Update in a program
				_ = a.View()
			}
		})
	}
}

func BenchmarkWalkKeyToFrame(b *testing.B) {
	a, feed := bench(newFakeDesk())
	feed(keyPress("enter"))
	for _, k := range []string{"j", "k"} {
		b.Run(k, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = a.Update(keyPress(k))
				_ = a.View()
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	for _, name := range screenNames() {
		b.Run(name, func(b *testing.B) {
			a, feed := bench(newFakeDesk())
			feed(keyPress(":"))
			for _, r := range name {
				feed(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			feed(keyPress("enter"))
			b.ReportAllocs()
			for b.Loop() {
				_ = a.View()
			}
		})
	}
}

// TestCommandsAndUpdateShareNothing runs a real program with acts and loads at once; with -race it fails on anything both
// touch.
func TestCommandsAndUpdateShareNothing(t *testing.T) {
	desk := newFakeDesk()
	var mu sync.Mutex
	slow := rand.New(rand.NewPCG(5, 6))
	desk.hook = func(ctx context.Context, _ string) error {
		mu.Lock()
		d := time.Duration(slow.IntN(3)) * time.Millisecond
		mu.Unlock()
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return nil
	}
	a := newApp(t.Context(), Options{Desk: desk, Theme: "auto"})
	p := tea.NewProgram(a, tea.WithInput(nil), tea.WithoutRenderer(), tea.WithWindowSize(120, 40), tea.WithoutSignals())
	done := make(chan error, 1)
	go func() {
		_, err := p.Run()
		done <- err
	}()
	send := func(keys ...string) {
		for _, k := range keys {
			p.Send(keyPress(k))
		}
	}
	send("enter")
	p.Send(tea.WindowSizeMsg{Width: 120, Height: 40})
	for i := range 60 {
		send("j", "a", "n", "]", "u", ".", "space", "esc", "S", "esc", ":")
		for _, r := range screenNames()[i%len(screenNames())] {
			send(string(r))
		}
		send("enter", "j", "k", "G", "g", "esc")
		p.Send(tea.BackgroundColorMsg{Color: lightGrey{}})
	}
	p.Quit()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

type lightGrey struct{}

func (lightGrey) RGBA() (r, g, b, a uint32) { return 0xdddd, 0xdddd, 0xdddd, 0xffff }
