package tui

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// mapping reads a file without storing it, shows what it would become and how its columns were understood, lets the
// person correct that, and imports it.
type mapping struct {
	a        *app
	path     string
	o        review.ImportOptions
	report   *review.ImportReport // of the dry run
	result   *review.ImportReport // of the import
	err      error
	state    mappingState
	meter    *meter
	since    time.Time
	cancel   context.CancelFunc
	menu     menu
	page     page
	reading  slot
	stopping bool // the import is being cancelled
	all      bool // every setting is shown, also those nobody asks for
}

type mappingState uint8

const (
	mapReading mappingState = iota
	mapReady
	mapImporting
	mapDone
)

// meter carries the progress of long work from a command to the screen: the one thing both touch.
type meter struct {
	mu sync.Mutex
	p  review.Progress
}

func (m *meter) set(p review.Progress) {
	m.mu.Lock()
	m.p = p
	m.mu.Unlock()
}

func (m *meter) get() review.Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.p
}

func newMapping(a *app, path string, o review.ImportOptions) *mapping {
	return &mapping{a: a, path: path, o: o, meter: &meter{}, page: page{a: a}}
}

func (s *mapping) name() string { return "imports" }

func (s *mapping) close() {
	s.reading.stop()
	if s.cancel != nil && s.state == mapImporting {
		s.cancel()
	}
}

func (s *mapping) load() tea.Cmd {
	if s.state != mapReading {
		return nil
	}
	return s.dryRun()
}

func (s *mapping) dryRun() tea.Cmd {
	s.state, s.since = mapReading, s.a.now()
	o := s.o
	o.DryRun = true
	m := s.meter
	return tea.Batch(ask(s.a, &s.reading, func(ctx context.Context) (review.ImportReport, error) {
		return s.a.desk.ImportFile(ctx, s.path, o, m.set)
	}, func(r review.ImportReport, err error) tea.Cmd {
		s.state, s.err = mapReady, err
		if was := s.report; err != nil && was != nil && len(r.Columns) == 0 { // refused before its header was read again
			r.Columns, r.Mapping, r.HeaderHash = was.Columns, was.Mapping, was.HeaderHash
		}
		s.report = &r
		s.a.opened = s.a.now()
		return nil
	}), s.tick())
}

// run imports, in the queue of acts, and can be cancelled.
func (s *mapping) run() tea.Cmd {
	if s.a.now().Sub(s.a.opened) < grace {
		s.a.warn("this had only just come up; read it, then press the key again")
		return nil
	}
	ctx, cancel := context.WithCancel(s.a.ctx)
	s.cancel, s.stopping = cancel, false
	s.state, s.since = mapImporting, s.a.now()
	o, m := s.o, s.meter
	o.SaveProfile = s.profile()
	return tea.Batch(act(s.a, func(context.Context) (review.ImportReport, error) {
		return s.a.desk.ImportFile(ctx, s.path, o, m.set)
	}, func(r review.ImportReport, err error) tea.Cmd {
		cancel()
		switch {
		case review.KindOf(err) == review.KindCancelled: // what was read before still holds
			s.state = mapReady
			s.a.warn("cancelled; nothing was stored")
			return nil
		case err != nil:
			s.state, s.err = mapReady, err
			return nil
		}
		s.state, s.result = mapDone, &r
		s.a.changed(nil)
		return nil
	}), s.tick())
}

func (s *mapping) tick() tea.Cmd {
	return s.a.after(100*time.Millisecond, func() tea.Cmd {
		if s.state != mapReading && s.state != mapImporting {
			return nil
		}
		return s.tick()
	})
}

func (s *mapping) commands() []command {
	stop := func() tea.Cmd {
		if s.state == mapImporting {
			s.stopping = true
			s.cancel()
			return nil
		}
		return s.a.back()
	}
	switch s.state {
	case mapReading, mapImporting:
		return []command{{action: "back", do: stop, words: "cancel"}, {action: "quit", do: stop, words: "cancel"}}
	case mapDone:
		r := *s.result
		cs := s.page.commands()
		if s.reviewable() {
			cs = append(cs, command{action: "open", words: "review it", do: s.review})
		}
		return append(cs, s.a.copyCommand(func() string { return r.SHA256 }),
			command{action: "rejects", why: noRejects(r), do: func() tea.Cmd { return s.a.open(newRejects(s.a, r)) }})
	}
	why := ""
	if s.err != nil {
		why = "the file was refused"
	}
	cs := s.menu.commands(s.lines)
	cs[len(cs)-1].words = "change"
	return append(cs, command{action: "confirm", words: "import it", why: why, do: s.run})
}

// reviewable reports whether the file is the one that was opened to be reviewed, and holds something to review.
func (s *mapping) reviewable() bool {
	return s.path == s.a.o.Export && s.a.o.ExportReview != nil && s.result.Grants+s.result.AccountRows > 0
}

// review goes on to the launch of a review of what was imported: nothing is signed before the person says so there.
func (s *mapping) review() tea.Cmd {
	r := *s.result
	return act(s.a, func(ctx context.Context) (review.CampaignID, error) { return s.a.o.ExportReview(ctx, r) },
		func(c review.CampaignID, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			return s.a.replace(newLaunch(s.a, c))
		})
}

func noRejects(r review.ImportReport) string {
	if r.RowsReject == 0 {
		return "every row was taken"
	}
	return ""
}

// lines are the mapping, one field a line, each to be opened and changed.
func (s *mapping) lines() []menuLine {
	if s.report == nil {
		return nil
	}
	r, l := s.report, s.a.look
	var ls []menuLine
	add := func(segs ...seg) { ls = append(ls, menuLine{left: segs}) }
	if s.err != nil {
		message, hint := explain(s.err)
		if s.refusal() == "unknown-shape" && s.mappable() {
			hint = "say below which column is which"
		}
		ls = append(ls, menuLine{title: "Refused"})
		for _, line := range l.wrap(flagsAsFields(message), 74) {
			add(say(bad, line))
		}
		for _, line := range l.wrap(flagsAsFields(hint), 74) {
			add(say(plain, line))
		}
	} else {
		ls = append(ls, menuLine{title: "What it would become"})
		add(say(bold, orDash(r.Format)), sayf(plain, ": %s read, ", count(r.RowsRead, "row")), rejectSeg(r.RowsReject))
		complete := cmp.Or(r.Completeness, r.Complete)
		add(sayf(plain, "%s, %s, %s; complete: ", count(r.Grants, "grant"), count(r.Accounts, "account"), identities(r.Identities)), say(completeTone(complete), orDash(string(complete))))
		for _, t := range r.Totals {
			add(totalSeg(t))
		}
		if len(r.Evidence) > 0 {
			add(say(faint, "recognised by "+evidenceWords(r.Evidence)))
		}
	}
	for _, w := range r.Warnings {
		t := careful
		if w.Serious {
			t = bad
		}
		for i, line := range l.wrap(w.Keyword+": "+flagsAsFields(w.Text), 72) {
			if i == 0 {
				add(say(t, l.warning()+" "), say(plain, line))
			} else {
				add(say(plain, "  "+line))
			}
		}
	}
	ls = append(ls, s.first()...)
	if s.mappable() {
		ls = append(ls, s.columns()...)
	}
	ls = append(ls, s.others()...)
	for i, x := range r.Rejects {
		if i == 0 {
			ls = append(ls, menuLine{title: "Rejected"})
		}
		if i == 5 {
			add(sayf(faint, "and %s more", number(r.RowsReject-5)))
			break
		}
		for _, line := range l.wrap("line "+flagsAsFields(strings.TrimPrefix(x.Text, review.Safe(r.File)+":")), 74) {
			add(say(plain, line))
		}
	}
	return ls
}

// evidenceWords say why a format was chosen, in words of this screen.
func evidenceWords(evidence []string) string {
	text := strings.ReplaceAll(strings.Join(evidence, ", "), "--map", "the columns as you named them")
	return strings.ReplaceAll(text, "--as ", "your word, ")
}

func rejectSeg(n int64) seg {
	if n == 0 {
		return say(good, "none rejected")
	}
	return say(bad, number(n)+" rejected")
}

// profile names what was mapped by hand, so that the next file with the same header needs nothing (importers.md 7.7).
// There is none where nothing was.
func (s *mapping) profile() string {
	if len(s.o.Map)+len(s.o.Const)+len(s.o.Split) == 0 || len(s.report.HeaderHash) < 8 {
		return ""
	}
	return string(s.report.Source) + "-" + s.report.HeaderHash[:8]
}

func (s *mapping) title() []seg    { return []seg{say(plain, s.path)} }
func (s *mapping) aside(int) []seg { return nil }

func (s *mapping) hint() []seg {
	switch s.state {
	case mapReady:
		if s.err == nil {
			words := "nothing is stored before"
			if s.profile() != "" {
				words = "files with the same header are read like this from then on"
			}
			return s.page.sight(say(bold, s.a.confirmKey("import")), say(plain, " imports it"), s.a.look.between(), say(plain, words))
		}
	case mapDone:
		if s.reviewable() {
			return s.page.sight(say(bold, s.a.keys.key("open")), say(plain, " goes on to its review"))
		}
		return s.page.hint()
	}
	return nil
}

func (s *mapping) view(w, h int) string {
	l := s.a.look
	switch s.state {
	case mapReady:
		return s.menu.view(l, s.lines(), w, h)
	case mapDone:
		s.page.lines = func(w int) *block {
			b := l.column(w)
			sg := importSign(s.result.State)
			b.add(say(plain, " Imported: "), l.sign(sg), sayf(plain, ", import %d", s.result.ID))
			if s.result.State == "pending" {
				b.text(careful, 1, 3, l.warning()+" it is not signed: no key could sign it now")
			}
			b.raw(l.importWhole(w, *s.result).lines...)
			return b
		}
		return s.page.view(w, h)
	}
	b := l.block(w)
	b.blank()
	l.progressLines(b, s.meter.get(), s.a.now().Sub(s.since))
	b.blank()
	if s.stopping {
		b.text(careful, 2, 2, "Cancelling: what was read so far is taken out again.")
	} else {
		b.text(faint, 2, 2, s.a.keys.key("back")+" cancels; nothing is kept then.")
	}
	return b.view(h)
}

// progressLines show long work: how far, how fast, how long still.
func (l *look) progressLines(b *block, p review.Progress, since time.Duration) {
	stage := p.Stage
	if stage == "" {
		stage = "reading"
	}
	b.add(say(plain, "  "+strings.ToUpper(stage[:1])+stage[1:]+l.glyph.ellipsis))
	if p.Total > 0 {
		line := append([]seg{say(plain, "  ")}, l.bar(max(min(b.w-20, 50), 0), p.Done, p.Total)...)
		b.add(append(line, say(plain, " "+percent(p.Done, p.Total)))...)
	}
	words := []string{}
	rows := p.Rows
	switch {
	case rows > 0:
		words = append(words, count(rows, "row"))
	case p.Unit != "bytes" && p.Total > 0:
		rows = p.Done
		words = append(words, fmt.Sprintf("%s of %s %s", number(p.Done), number(p.Total), p.Unit))
	}
	if secs := since.Seconds(); secs >= 1 && p.Done > 0 {
		if rows > 0 {
			words = append(words, number(int64(float64(rows)/secs))+" a second")
		}
		if p.Total > p.Done {
			left := time.Duration(float64(since) / float64(p.Done) * float64(p.Total-p.Done))
			words = append(words, about(left)+" left")
		}
	}
	b.add(say(faint, "  "+strings.Join(words, ", ")))
}
