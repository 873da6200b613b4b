package grid_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tickmark/tui/grid"
)

// numbers is a source of n rows without holding them: row k has the ID "k" and sorts by k.
type numbers struct {
	n     int
	gone  map[int]bool // rows that a refresh no longer finds
	calls int
	fail  error
}

func (s *numbers) Count(context.Context) (int64, error) { return int64(s.n - len(s.gone)), s.fail }

func (s *numbers) Page(ctx context.Context, order []grid.Order, at grid.Anchor, limit int) (grid.Page, error) {
	s.calls++
	if err := ctx.Err(); err != nil {
		return grid.Page{}, err
	}
	if s.fail != nil {
		return grid.Page{}, s.fail
	}
	desc := len(order) > 0 && order[0].Desc
	rank := func(k int) int { // position of value k in the order
		if desc {
			return s.n - 1 - k
		}
		return k
	}
	lo := 0
	if at.From != "" {
		k, err := strconv.Atoi(at.From)
		if err != nil {
			return grid.Page{}, err
		}
		lo = rank(k)
		if at.Back == at.Incl {
			lo++
		}
	} else if at.Back {
		lo = s.n
	}
	var p grid.Page
	if at.Back {
		i := lo - 1
		for ; i >= 0 && len(p.Rows) < limit; i-- {
			if !s.gone[rank(i)] {
				p.Rows = append(p.Rows, s.row(rank(i)))
			}
		}
		slices.Reverse(p.Rows)
		p.First, p.Last, p.Offset = i < 0, lo == s.n, -1
		return p, nil
	}
	i := lo
	for ; i < s.n && len(p.Rows) < limit; i++ {
		if !s.gone[rank(i)] {
			p.Rows = append(p.Rows, s.row(rank(i)))
		}
	}
	p.First, p.Last, p.Offset = lo == 0, i == s.n, -1
	return p, nil
}

func (s *numbers) row(k int) grid.Row {
	id := strconv.Itoa(k)
	return grid.Row{ID: id, Cells: []grid.Cell{{Text: "row " + id}, {Text: strings.Repeat("x", k%20), Style: 1}, {Text: "山田太郎"}}, Data: k}
}

var columns = []grid.Column{
	{Name: "name", Title: "Name", Min: 4, Max: 20},
	{Name: "bar", Title: "Bar", Min: 3, Max: 30, Rank: 1, Grow: 1},
	{Name: "who", Title: "Who", Min: 4, Max: 8, Rank: 2},
}

var look = grid.Look{
	Styles: []grid.SGR{{}, {On: "\x1b[31m", Off: "\x1b[m"}},
	Cursor: grid.SGR{On: "\x1b[7m", Off: "\x1b[m"},
	Glyphs: grid.Glyphs{Cursor: ">", Mark: "*", Ellipsis: "~", Placeholder: ".", Up: "^", Down: "v", Left: "<", Right: ">"},
}

// settle runs commands until nothing is left, as Bubble Tea would, but in order.
func settle(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case grid.Msg:
		settle(msg.Apply())
	case tea.BatchMsg:
		for _, c := range msg {
			settle(c)
		}
	}
}

func start(t *testing.T, src grid.Source, w, h int) *grid.Grid {
	t.Helper()
	g := grid.New(t.Context(), src, columns, look)
	g.View(w, h)
	settle(g.Start())
	return g
}

func current(t *testing.T, g *grid.Grid) string {
	t.Helper()
	r, ok := g.Current()
	if !ok {
		t.Fatal("no row is current")
	}
	return r.ID
}

// contiguous fails if a row is missing, doubled or out of order in the window, or the window has grown too large.
func contiguous(t *testing.T, g *grid.Grid) {
	t.Helper()
	rows, cur, _ := g.Rows()
	if len(rows) > 2048+512 {
		t.Fatalf("%d rows in memory", len(rows))
	}
	for i := 1; i < len(rows); i++ {
		if rows[i].Data.(int) != rows[i-1].Data.(int)+1 {
			t.Fatalf("row %v follows row %v", rows[i].Data, rows[i-1].Data)
		}
	}
	if len(rows) > 0 && (cur < 0 || cur >= len(rows)) {
		t.Fatalf("cursor %d of %d", cur, len(rows))
	}
	if r := g.Rank(); r > 0 && rows[cur].Data.(int)+1 != int(r) {
		t.Fatalf("rank %d for row %v", r, rows[cur].Data)
	}
}

func TestScrollingVisitsEveryRowInConstantMemory(t *testing.T) {
	g := start(t, &numbers{n: 10_000}, 80, 24)
	for i := range 9_999 {
		if got := current(t, g); got != strconv.Itoa(i) {
			t.Fatalf("at step %d the cursor is on %s", i, got)
		}
		settle(g.Move(1))
	}
	contiguous(t, g)
	for i := 9_999; i > 0; i-- {
		settle(g.Move(-1))
	}
	contiguous(t, g)
	if current(t, g) != "0" || g.Rank() != 1 || g.Holes() != 0 {
		t.Fatalf("cursor %s, rank %d, holes %d", current(t, g), g.Rank(), g.Holes())
	}
}

func TestJumpsToEitherEndOfTwoMillionRows(t *testing.T) {
	src := &numbers{n: 2_000_000}
	g := start(t, src, 80, 24)
	settle(g.End())
	if current(t, g) != "1999999" || g.Rank() != 2_000_000 {
		t.Fatalf("cursor %s, rank %d", current(t, g), g.Rank())
	}
	settle(g.Move(-1000))
	settle(g.Home())
	before := src.calls
	settle(g.End())
	cmd := g.Home()
	if current(t, g) != "0" {
		t.Fatal("the first page was not kept")
	}
	settle(cmd)
	if src.calls-before > 4 {
		t.Errorf("%d requests for jumps between kept pages", src.calls-before)
	}
	contiguous(t, g)
}

func TestNoRowIsCurrentDuringAJump(t *testing.T) {
	g := start(t, &numbers{n: 100_000}, 80, 24)
	cmd := g.ToID("50000")
	if r, ok := g.Current(); ok {
		t.Fatalf("row %s is current while the jump is under way", r.ID)
	}
	if !strings.Contains(g.View(80, 24), ".") {
		t.Error("no placeholders")
	}
	settle(cmd)
	if current(t, g) != "50000" {
		t.Fatal(current(t, g))
	}
	contiguous(t, g)
}

func TestCursorStaysOnItsRowOverRefreshAndSort(t *testing.T) {
	src := &numbers{n: 1000, gone: map[int]bool{}}
	g := start(t, src, 80, 24)
	for range 25 {
		settle(g.Move(20))
	}
	for k := range 400 {
		src.gone[k] = true
	}
	settle(g.Reload())
	if current(t, g) != "500" || g.Displaced() || g.Total() != 600 {
		t.Fatalf("cursor %s, displaced %v, total %d", current(t, g), g.Displaced(), g.Total())
	}
	settle(g.SetOrder([]grid.Order{{Column: "name", Desc: true}}))
	if current(t, g) != "500" {
		t.Fatalf("after the sort the cursor is on %s", current(t, g))
	}
}

func TestDisplacedWhenTheRowUnderTheCursorIsGone(t *testing.T) {
	src := &numbers{n: 1000, gone: map[int]bool{}}
	g := start(t, src, 80, 24)
	settle(g.Move(10))
	src.gone[10] = true
	settle(g.Reload())
	if current(t, g) != "11" || !g.Displaced() {
		t.Fatalf("cursor %s, displaced %v", current(t, g), g.Displaced())
	}
	settle(g.Reload())
	if !g.Displaced() {
		t.Fatal("a second refresh forgot that the user has not chosen this row")
	}
	settle(g.Move(1))
	if g.Displaced() {
		t.Fatal("still displaced after a move")
	}
}

func TestAFilterTheUserAskedForDisplacesNothing(t *testing.T) {
	src := &numbers{n: 1000, gone: map[int]bool{}}
	g := start(t, src, 80, 24)
	settle(g.Move(10))
	src.gone[10] = true
	settle(g.Show(src))
	if current(t, g) != "11" || g.Displaced() {
		t.Fatalf("cursor %s, displaced %v", current(t, g), g.Displaced())
	}
	src.gone[11] = true
	settle(g.Reload())
	if !g.Displaced() {
		t.Fatal("a later refresh took the row away and nothing says so")
	}
}

func TestARefreshAnsweredAfterAMoveKeepsTheNewRow(t *testing.T) {
	src := &numbers{n: 10_000, gone: map[int]bool{}}
	g := start(t, src, 80, 24)
	for range 8 {
		settle(g.Move(200))
	}
	cmd := g.Reload()
	g.Move(-1500) // far outside the page the refresh will bring
	want := current(t, g)
	settle(cmd)
	if current(t, g) != want || g.Displaced() {
		t.Fatalf("cursor %s, want %s, displaced %v", current(t, g), want, g.Displaced())
	}
}

// A refresh comes after every verdict: it reads what keeps the cursor from an edge of the window, and nothing after that.
func TestARefreshReadsWhatIsNear(t *testing.T) {
	src := &counted{numbers: numbers{n: 10_000}}
	g := start(t, src, 80, 24)
	settle(g.ToID("5000"))
	src.pages, src.rows = 0, 0
	settle(g.Reload())
	if src.pages != 2 || src.rows > 8*24 {
		t.Fatalf("%d rows in %d pages", src.rows, src.pages)
	}
	contiguous(t, g)
}

// counted counts what is read.
type counted struct {
	numbers
	pages, rows int
}

func (s *counted) Page(ctx context.Context, order []grid.Order, at grid.Anchor, limit int) (grid.Page, error) {
	p, err := s.numbers.Page(ctx, order, at, limit)
	s.pages++
	s.rows += len(p.Rows)
	return p, err
}

func TestLateAnswersAreDropped(t *testing.T) {
	g := start(t, &numbers{n: 100_000}, 80, 24)
	late := g.ToID("70000")
	settle(g.ToID("30000"))
	settle(late)
	if current(t, g) != "30000" {
		t.Fatalf("a late answer moved the cursor to %s", current(t, g))
	}
}

// TestAnswersInAnyOrder lets answers overtake each other while keys come in; the window must never have a gap.
func TestAnswersInAnyOrder(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := start(t, &numbers{n: 20_000}, 80, 40)
		var pending []tea.Cmd
		add := func(c tea.Cmd) {
			if c != nil {
				pending = append(pending, c)
			}
		}
		for range 400 {
			switch rng.IntN(12) {
			case 0:
				add(g.Home())
			case 1:
				add(g.End())
			case 2:
				add(g.Reload())
			case 3:
				add(g.ToID(strconv.Itoa(rng.IntN(20_000))))
			case 4, 5, 6:
				add(g.Move(rng.IntN(600) - 300))
			default:
				for len(pending) > 0 && rng.IntN(3) > 0 {
					i := rng.IntN(len(pending))
					c := pending[i]
					pending = slices.Delete(pending, i, i+1)
					switch msg := c().(type) {
					case grid.Msg:
						add(msg.Apply())
					case tea.BatchMsg:
						for _, c := range msg {
							add(c)
						}
					}
				}
			}
			contiguous(t, g)
			size(t, g.View(80, 40), 80, 40)
		}
	}
}

func TestMarksAndRanges(t *testing.T) {
	g := start(t, &numbers{n: 5000}, 80, 24)
	g.ToggleMark()
	settle(g.Move(3))
	g.ToggleMark()
	if got := g.Selection().IDs; !slices.Equal(got, []string{"0", "3"}) {
		t.Fatalf("marked %v", got)
	}
	g.ToggleMark()
	if g.Marked() != 1 {
		t.Fatalf("%d marked", g.Marked())
	}
	g.ClearMarks()
	settle(g.Range())
	settle(g.Move(-2))
	settle(g.Range())
	if got := g.Selection().IDs; !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Fatalf("marked %v", got)
	}
	g.MarkAll()
	if sel := g.Selection(); !sel.All || sel.Len(g.Total()) != 5000 {
		t.Fatalf("%+v", sel)
	}
	g.ToggleMark()
	if g.Marked() != 0 {
		t.Fatal("one row of all cannot be unmarked alone")
	}
}

func TestARangeReachesBeyondTheLoadedRows(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to func(g *grid.Grid) tea.Cmd
		want     int
	}{
		{"down to the end", (*grid.Grid).Home, (*grid.Grid).End, 9000},
		{"up to the start", (*grid.Grid).End, (*grid.Grid).Home, 9000},
		{"down by pages", (*grid.Grid).Home, func(g *grid.Grid) tea.Cmd {
			for range 250 {
				settle(g.Move(20))
			}
			return nil
		}, 5001},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := start(t, &numbers{n: 9000}, 80, 24)
			settle(c.from(g))
			settle(g.Range())
			settle(c.to(g))
			cmd := g.Range()
			settle(cmd)
			if g.Collecting() || g.Marked() != c.want {
				t.Fatalf("%d rows marked, want %d", g.Marked(), c.want)
			}
		})
	}
}

func TestAFailedLoadIsReportedAndARetryWorks(t *testing.T) {
	src := &numbers{n: 100, fail: errors.New("disk")}
	g := start(t, src, 80, 24)
	if g.Err() == nil || g.Waiting() {
		t.Fatalf("err %v, waiting %v", g.Err(), g.Waiting())
	}
	src.fail = nil
	settle(g.Reload())
	if g.Err() != nil || current(t, g) != "0" {
		t.Fatalf("err %v", g.Err())
	}
}

func TestPatchChangesKeptPagesToo(t *testing.T) {
	g := start(t, &numbers{n: 5000}, 80, 24)
	g.Patch("0", func(r *grid.Row) { r.Cells[0].Text = "patched" })
	settle(g.End())
	settle(g.Home())
	if r, _ := g.Current(); r.Cells[0].Text != "patched" {
		t.Fatalf("%q", r.Cells[0].Text)
	}
}

func TestViewHasExactlyItsSize(t *testing.T) {
	for _, m := range []ansi.Method{ansi.WcWidth, ansi.GraphemeWidth} {
		for _, n := range []int{0, 1, 3, 500} {
			g := start(t, &numbers{n: n}, 10, 10)
			g.SetMethod(m)
			for w := range 34 {
				for h := range 12 {
					size(t, g.View(w, h), w, h)
					g.Sideways(1)
					size(t, g.View(w, h), w, h)
					g.Sideways(-1)
				}
			}
		}
	}
}

func size(t *testing.T, view string, w, h int) {
	t.Helper()
	if w == 0 || h == 0 {
		if view != "" {
			t.Fatalf("%d×%d: %q", w, h, view)
		}
		return
	}
	lines := strings.Split(view, "\n")
	if len(lines) != h {
		t.Fatalf("%d×%d: %d lines", w, h, len(lines))
	}
	for _, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("%d×%d: a line of %d cells: %q", w, h, got, l)
		}
	}
}

func TestColumnsOfHighRankGoFirstAndCanBeScrolledTo(t *testing.T) {
	g := start(t, &numbers{n: 50}, 14, 5)
	if v := ansi.Strip(g.View(14, 5)); strings.Contains(v, "Who") || !strings.Contains(v, "Name") {
		t.Fatalf("\n%s", v)
	}
	if _, right := g.More(); !right {
		t.Fatal("nothing says that columns are out of sight")
	}
	g.Sideways(2)
	if v := ansi.Strip(g.View(14, 5)); !strings.Contains(v, "Who") {
		t.Fatalf("\n%s", v)
	}
}

func TestAColumnWithoutTextsGoesFirst(t *testing.T) {
	cols := []grid.Column{{Name: "a", Title: "Aaaa", Min: 4}, {Name: "b", Title: "Bbbb", Min: 4, Rank: 1}, {Name: "c", Title: "Cccc", Min: 4, Rank: 9}}
	g := grid.New(t.Context(), grid.NewSlice([]grid.Row{{ID: "1", Cells: []grid.Cell{{Text: "xxxx"}, {}, {Text: "yyyy"}}}}, cols, nil), cols, look)
	settle(g.Start())
	if v := ansi.Strip(g.View(13, 4)); strings.Contains(v, "Bbbb") || !strings.Contains(v, "yyyy") {
		t.Fatalf("\n%s", v)
	}
	if v := ansi.Strip(g.View(60, 4)); !strings.Contains(v, "Bbbb") {
		t.Fatalf("\n%s", v)
	}
}

func TestLayoutHidesReordersAndFreezes(t *testing.T) {
	g := start(t, &numbers{n: 50}, 60, 5)
	l, ok := grid.ParseLayout("who,name,unknown;1;-bar,name")
	if !ok {
		t.Fatal("not parsed")
	}
	g.SetLayout(l)
	head, _, _ := strings.Cut(ansi.Strip(g.View(60, 5)), "\n")
	if strings.Contains(head, "Bar") || strings.Index(head, "Who") > strings.Index(head, "Name") {
		t.Fatalf("%q", head)
	}
	settle(g.SetOrder(l.Order))
	if got := grid.FormatLayout(g.Layout()); got != "who,name;1;-bar,name" {
		t.Fatal(got)
	}
}

func FuzzLayout(f *testing.F) {
	f.Add("name,bar;1;-bar,name")
	f.Add("a;0;")
	f.Add(";;")
	f.Fuzz(func(t *testing.T, s string) {
		l, ok := grid.ParseLayout(s)
		if !ok {
			return
		}
		if got := grid.FormatLayout(l); got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestSliceSortsByMoreThanOneColumn(t *testing.T) {
	rows := []grid.Row{
		{ID: "a", Cells: []grid.Cell{{Text: "10"}, {Text: "x"}}},
		{ID: "b", Cells: []grid.Cell{{Text: "9"}, {Text: "y"}}},
		{ID: "c", Cells: []grid.Cell{{Text: "9"}, {Text: "x"}}},
	}
	cols := []grid.Column{{Name: "n", Title: "N"}, {Name: "s", Title: "S"}}
	p, err := grid.NewSlice(rows, cols, nil).Page(t.Context(), []grid.Order{{Column: "n"}, {Column: "s", Desc: true}}, grid.Anchor{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range p.Rows {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Fatal(got)
	}
}

func TestSlicePages(t *testing.T) {
	var rows []grid.Row
	for i := range 10 {
		rows = append(rows, grid.Row{ID: strconv.Itoa(i)})
	}
	s := grid.NewSlice(rows, nil, nil)
	for _, c := range []struct {
		at   grid.Anchor
		want string
	}{
		{grid.Anchor{}, "0 1 2 first"},
		{grid.Anchor{Back: true}, "7 8 9 last"},
		{grid.Anchor{From: "4"}, "5 6 7"},
		{grid.Anchor{From: "4", Incl: true}, "4 5 6"},
		{grid.Anchor{From: "4", Back: true}, "1 2 3"},
		{grid.Anchor{From: "2", Back: true, Incl: true}, "0 1 2 first"},
		{grid.Anchor{From: "9"}, " last"},
	} {
		p, err := s.Page(t.Context(), nil, c.at, 3)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range p.Rows {
			ids = append(ids, r.ID)
		}
		got := strings.Join(ids, " ")
		if p.First {
			got += " first"
		}
		if p.Last {
			got += " last"
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.at, got, c.want)
		}
	}
	if _, err := s.Page(t.Context(), nil, grid.Anchor{From: "none"}, 3); err == nil {
		t.Error("an unknown row gave a page")
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		s    string
		w    int
		want string
	}{
		{"abc", 5, "abc  "}, {"abcdef", 5, "abcd~"}, {"abc", 0, ""}, {"abc", -1, ""}, {"", 2, "  "},
		{"山田太郎", 8, "山田太郎"}, {"山田太郎", 6, "山田~ "}, {"山", 1, "~"},
	} {
		if got := grid.Fit(ansi.GraphemeWidth, c.s, c.w, "~"); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.s, c.w, got, c.want)
		}
	}
	if got := grid.FitRight(ansi.WcWidth, "42", 5, "~"); got != "   42" {
		t.Errorf("%q", got)
	}
}

func TestCutMiddle(t *testing.T) {
	for _, c := range []struct {
		s    string
		w    int
		want string // empty: left to Cut
	}{
		{"arn:aws:iam::111122223333:user/svc-backup", 19, "arn:aws:i~vc-backup"},
		{"Z_FI_AP_INVOICE_POST", 16, "Z_FI_AP_~CE_POST"},
		{"Z_FI_AP_INVOICE_POST", 20, ""}, // fits
		{"Z_FI_AP_INVOICE_POST", 11, ""}, // too little would be left
		{"jane.doe@corp.example.org", 16, ""},
		{"Batch Finanzbuchhaltung", 16, ""},
		{"Müller-Lüdenscheidt-Ost", 16, ""},
	} {
		got, ok := grid.CutMiddle(c.s, c.w, "~")
		if ok != (c.want != "") || ok && (got != c.want || len(got) != c.w) {
			t.Errorf("CutMiddle(%q, %d) = %q, %v", c.s, c.w, got, ok)
		}
	}
}

func FuzzFit(f *testing.F) {
	f.Add("山田 नीलम 👩‍👧", 5)
	f.Fuzz(func(t *testing.T, s string, w int) {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffd }) || w > 200 {
			return // not safe text
		}
		for _, m := range []ansi.Method{ansi.WcWidth, ansi.GraphemeWidth} {
			if got := grid.Fit(m, s, w, "~"); m.StringWidth(got) != max(w, 0) {
				t.Errorf("Fit(%q, %d) has %d cells", s, w, m.StringWidth(got))
			}
		}
	})
}

func BenchmarkMoveAndView(b *testing.B) {
	g := grid.New(context.Background(), &numbers{n: 1_000_000}, columns, look)
	g.View(200, 50)
	settle(g.Start())
	b.ReportAllocs()
	for b.Loop() {
		settle(g.Move(1))
		_ = g.View(200, 50)
	}
}

func ExampleFormatLayout() {
	fmt.Println(grid.FormatLayout(grid.Layout{Columns: []string{"name", "system"}, Frozen: 1, Order: []grid.Order{{Column: "severity", Desc: true}, {Column: "name"}}}))
	// Output: name,system;1;-severity,name
}

// On a wide terminal a name is read in full before a column of a spare rank is shown, and before others get more than they need.
func TestNamesAreReadBeforeWhatIsSpare(t *testing.T) {
	cols := []grid.Column{{Name: "state", Title: "State", Min: 10, Max: 10}, {Name: "name", Title: "Name", Min: 10, Max: 40, Read: 24}, {Name: "owner", Title: "Owner", Min: 10, Max: 60, Rank: 4},
		{Name: "reason", Title: "Reason", Min: 10, Max: 60, Rank: 6}, {Name: "campaign", Title: "Campaign", Min: 10, Max: 60, Rank: 6}, {Name: "note", Title: "Note", Min: 10, Max: 60, Rank: 7}}
	const name = "Post every vendor invoice"
	long := strings.Repeat("x", 50)
	rows := []grid.Row{{ID: "1", Cells: []grid.Cell{{Text: "open"}, {Text: name}, {Text: long}, {Text: long}, {Text: long}, {Text: long}}}}
	for _, c := range []struct {
		w          int
		note, name bool
	}{{80, false, false}, {100, false, true}, {108, true, true}, {200, true, true}} {
		g := grid.New(t.Context(), grid.NewSlice(rows, cols, nil), cols, look)
		settle(g.Reload())
		head, line, _ := strings.Cut(g.View(c.w, 5), "\n")
		if strings.Contains(head, "Note") != c.note || strings.Contains(line, name[:23]) != c.name {
			t.Errorf("%d cells:\n%s\n%s", c.w, head, line)
		}
	}
}
