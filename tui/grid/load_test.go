package grid_test

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tickmark/tui/grid"
)

// slowCount is numbers that are counted until somebody calls it off.
type slowCount struct {
	numbers
	begun, over chan struct{}
}

func (s *slowCount) Count(ctx context.Context) (int64, error) {
	s.begun <- struct{}{}
	<-ctx.Done()
	s.over <- struct{}{}
	return 0, ctx.Err()
}

// beside runs commands beside the test, and takes in no answers.
func beside(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		if batch, ok := cmd().(tea.BatchMsg); ok {
			for _, c := range batch {
				beside(c)
			}
		}
	}()
}

func TestACountThatNobodyNeedsAnyMoreIsCalledOff(t *testing.T) {
	for name, end := range map[string]func(*grid.Grid) tea.Cmd{
		"another filter": func(g *grid.Grid) tea.Cmd { return g.Show(&numbers{n: 10}) },
		"a reload":       func(g *grid.Grid) tea.Cmd { return g.SetSource(&numbers{n: 10}) },
		"the end":        func(g *grid.Grid) tea.Cmd { g.Close(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := &slowCount{numbers{n: 1000}, make(chan struct{}), make(chan struct{})}
			g := grid.New(t.Context(), s, columns, look)
			beside(g.Start())
			<-s.begun
			settle(end(g))
			<-s.over // or the test runs out of time
		})
	}
}

func TestAJumpLeavesTheCountAlone(t *testing.T) {
	src := &numbers{n: 5000}
	g := grid.New(t.Context(), src, columns, look)
	cmd := g.Start()
	settle(g.End()) // before anything has been answered
	settle(cmd)
	if g.Total() != 5000 || g.Rank() != 5000 {
		t.Errorf("row %d of %d", g.Rank(), g.Total())
	}
}

func TestBeginShowsWhatWasReadBefore(t *testing.T) {
	src := &numbers{n: 600}
	page, err := src.Page(t.Context(), nil, grid.Anchor{}, grid.PageSize)
	if err != nil {
		t.Fatal(err)
	}
	g := grid.New(t.Context(), src, columns, look)
	g.View(80, 24)
	told := 0
	g.OnCursor(func() tea.Cmd { told++; return nil })
	cmd := g.Begin(page, 7)
	if row, ok := g.Current(); !ok || row.ID != "7" || told != 1 || g.Waiting() {
		t.Fatalf("%v %t after %d", row, ok, told)
	}
	settle(cmd)
	if g.Total() != 600 {
		t.Errorf("%d in all", g.Total())
	}
	for g.Rank() < 600 {
		before := g.Rank()
		settle(g.Move(g.Screen()))
		if g.Rank() == before {
			t.Fatalf("stuck at %d", before)
		}
	}
	few := &numbers{n: 3}
	page, err = few.Page(t.Context(), nil, grid.Anchor{}, grid.PageSize)
	if err != nil {
		t.Fatal(err)
	}
	g = grid.New(t.Context(), few, columns, look)
	asked := few.calls
	settle(g.Begin(page, 0))
	if g.Total() != 3 || few.calls != asked {
		t.Errorf("%d in all after %d more pages", g.Total(), few.calls-asked)
	}
}
