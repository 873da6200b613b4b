package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
	"tickmark/tui/grid"
)

// linking says whose an account is: whom it could be joined to, those who resemble it first. Nothing is written before a
// question that says in words what joins has been answered.
type linking struct {
	table
	account review.Link // which account
	now     *review.LinkPreview
	asked   slot // the preview of a choice
	working bool
	head    int // lines above the people, as last drawn
}

// peopleLimit is how many people are offered at once; a filter finds the others.
const peopleLimit = 500

func newLinking(a *app, account review.Link) *linking {
	return &linking{account: account, table: newTable(a, []grid.Column{
		{Name: "like", Title: "Match", Min: 5, Max: 5, Rank: 1, NoSort: true},
		{Name: "name", Title: "Name", Min: 10, Max: 32, Grow: 1},
		{Name: "identity", Title: "Identity", Min: 14, Max: 48, Grow: 1},
		{Name: "worker", Title: "Worker", Min: 6, Max: 14, Rank: 1},
		{Name: "status", Title: "Status", Min: 6, Max: 12, Rank: 1},
		{Name: "department", Title: "Department", Min: 8, Max: 24, Rank: 2},
	})}
}

func (s *linking) name() string { return "link" }

func (s *linking) close() {
	s.asked.stop()
	s.table.close()
}

func (s *linking) load() tea.Cmd {
	type result struct {
		now    review.LinkPreview
		people []review.Person
	}
	account, text := s.account, s.filter
	return ask(s.a, &s.facts, func(ctx context.Context) (result, error) {
		now, err := s.a.desk.PreviewLink(ctx, account)
		if err != nil {
			return result{}, err
		}
		people, err := s.a.desk.People(ctx, account, text, peopleLimit)
		return result{now, people}, err
	}, func(r result, err error) tea.Cmd {
		if err != nil {
			s.failed(err)
			return nil
		}
		s.now = &r.now
		rows := make([]grid.Row, len(r.people))
		for i, p := range r.people {
			rows[i] = s.row(p)
		}
		return s.fill(rows, nil)
	})
}

func (s *linking) row(p review.Person) grid.Row {
	l := s.a.look
	like := grid.Cell{}
	if p.Alike {
		like = l.cell(accent, "alike")
	}
	if p.Identity == s.now.Before.Identity {
		like = l.cell(good, "now")
	}
	return grid.Row{ID: p.Identity, Data: p, Cells: []grid.Cell{like, l.cell(bold, orDash(p.Name)), l.cell(plain, p.Identity), l.cell(plain, p.WorkerID),
		l.cell(plain, p.Status), l.cell(faint, p.Department)}}
}

func (s *linking) changed([]review.ItemID) tea.Cmd { return s.load() }

func (s *linking) commands() []command {
	if s.working {
		return nil
	}
	p, ok := s.g.Current()
	why := s.a.readOnly()
	noOne := why
	switch {
	case why != "":
	case !s.loaded || s.err != nil:
		why, noOne = "one moment, the account is being looked up", "one moment, the account is being looked up"
		if s.err != nil {
			why, noOne = "there is no such account", "there is no such account"
		}
	case !ok:
		noOne = "nobody is under the cursor"
	}
	cs := append(s.leaveFilter(s.load), command{action: "filter", words: "search", do: s.search})
	return append(append(cs,
		command{action: "open", words: "link to this one", why: noOne, do: func() tea.Cmd {
			l := s.account
			l.Identity = p.Data.(review.Person).Identity
			return s.choose(l)
		}},
		command{action: "unlink", why: why, do: func() tea.Cmd {
			l := s.account
			l.Unlink = true
			return s.choose(l)
		}},
	), s.table.commands()...)
}

// search asks for a part of a name; the people found last complete it.
func (s *linking) search() tea.Cmd {
	s.a.openPanel(newForm(s.a, form{title: "Search people", fields: []formField{{label: "Show", value: s.filter, optional: true,
		help: "a part of a name, an e-mail, a worker id or a department; tab completes", suggest: s.suggest}},
		then: func(v []string) tea.Cmd {
			s.filter = v[0]
			return s.load()
		}}))
	return nil
}

func (s *linking) suggest(text string) []string {
	var begins, holds []string
	text = strings.ToLower(strings.TrimSpace(text))
	for _, r := range s.rows {
		p := r.Data.(review.Person)
		for _, word := range []string{p.Name, p.Identity, p.WorkerID} {
			switch at := strings.Index(strings.ToLower(word), text); {
			case word == "" || at < 0:
			case at == 0:
				begins = append(begins, word)
			default:
				holds = append(holds, word)
			}
		}
	}
	return append(begins, holds...)
}

// choose asks whether a link or an unlink is meant, once the desk has said what it would do.
func (s *linking) choose(l review.Link) tea.Cmd {
	return ask(s.a, &s.asked, func(ctx context.Context) (review.LinkPreview, error) { return s.a.desk.PreviewLink(ctx, l) },
		func(v review.LinkPreview, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			opener, yes, title := action("open"), "link them", "Link this account?"
			if l.Unlink {
				opener, yes, title = "unlink", "unlink it", "Unlink this account?"
			}
			s.a.openPanel(newQuestion(s.a, question{title: title, about: linkWords(v), why: v.Why, yes: s.a.confirmKey(opener), yesWords: yes,
				then: func() tea.Cmd { return s.do(l, v) }}))
			return nil
		})
}

func (s *linking) do(l review.Link, v review.LinkPreview) tea.Cmd {
	s.working = true
	return act(s.a, func(ctx context.Context) (review.ImportReport, error) { return s.a.desk.Link(ctx, l) },
		func(r review.ImportReport, err error) tea.Cmd {
			s.working = false
			if err != nil {
				s.a.fail(err)
				return nil
			}
			cmd := s.a.changed(nil)
			if s.a.top() != screen(s) {
				s.a.tell(fmt.Sprintf("%s: import %d", joinedWords(v), r.ID))
				return cmd
			}
			return tea.Batch(cmd, s.a.replace(newLinked(s.a, v, r)))
		})
}

// personWords name a person with the identity behind the name.
func personWords(p review.Person) string {
	if p.Name == "" || p.Name == p.Identity {
		return orDash(p.Identity)
	}
	return p.Name + " (" + p.Identity + ")"
}

// holderWords say whose an account is now.
func holderWords(v review.LinkPreview) string {
	if v.Before.WorkerID == "" && v.Before.Identity == v.Account.IdentityKey && !strings.Contains(v.Before.Identity, "@") {
		return "nobody but itself"
	}
	return personWords(v.Before)
}

func linkedAccount(v review.LinkPreview) string {
	name := v.Account.Login
	if name == "" {
		name = v.Account.NativeID
	}
	return name + " of " + v.System
}

// joinedWords say in one sentence what a link or unlink makes of an account.
func joinedWords(v review.LinkPreview) string {
	if v.Link.Unlink {
		return fmt.Sprintf("the account %s belongs to nobody but itself, and no longer to %s", linkedAccount(v), holderWords(v))
	}
	return fmt.Sprintf("the account %s belongs to %s", linkedAccount(v), personWords(v.After))
}

// linkWords say what a link or unlink would do.
func linkWords(v review.LinkPreview) []string {
	var out []string
	switch {
	case v.Link.Unlink:
		out = append(out, fmt.Sprintf("The account %s would be its own, whatever e-mail it bears; now it belongs to %s.", linkedAccount(v), holderWords(v)))
	default:
		out = append(out, fmt.Sprintf("The account %s would belong to %s; now it belongs to %s.", linkedAccount(v), personWords(v.After), holderWords(v)))
		switch {
		case v.Others == 0:
			out = append(out, "No other account is theirs.")
		default:
			beside := strings.Join(v.Beside, ", ")
			if more := v.Others - int64(len(v.Beside)); more > 0 {
				beside += fmt.Sprintf(" and %s more", number(more))
			}
			out = append(out, "It joins "+beside+".")
		}
	}
	if n := len(v.Again); n > 0 {
		names := make([]string, n)
		for i, r := range v.Again {
			names[i] = fmt.Sprintf("import %d of %s", r.ID, r.Source)
		}
		out = append(out, "New reviews name it so once "+strings.Join(names, ", ")+" is read again; running ones stay as they were signed.")
	}
	return append(out, fmt.Sprintf("It goes into a file of links (%s), which is imported and signed.", count(int64(v.Lines), "line")))
}

func (s *linking) title() []seg {
	return []seg{say(plain, "whose is "+s.account.Account+" of "+orDash(s.account.System))}
}

func (s *linking) aside(int) []seg {
	if s.working || !s.loaded || s.err != nil {
		return nil
	}
	n, matching := s.g.Total(), ""
	if s.filter != "" {
		matching = " matching"
	}
	if n == 1 {
		return []seg{say(plain, "1 person"), say(careful, matching)}
	}
	return []seg{say(plain, number(n)+" people"), say(careful, matching)}
}

func (s *linking) hint() []seg {
	if s.g.Total() == peopleLimit {
		return []seg{sayf(careful, "the first %s; %s finds others", number(peopleLimit), s.a.keys.key("filter"))}
	}
	return nil
}

func (s *linking) view(w, h int) string {
	l := s.a.look
	if s.working {
		b := l.block(w)
		b.blank()
		b.text(faint, 2, 2, "Writing, importing and signing the link"+l.glyph.ellipsis)
		return b.view(h)
	}
	if s.now == nil || s.err != nil {
		return s.table.view(w, h, "", nil)
	}
	b := l.block(w)
	a := s.now.Account
	b.fact("account", say(bold, a.NativeID), say(faint, "  of "+s.now.System))
	b.fact("says", say(plain, bears(a)))
	how := "as the exports say"
	if s.now.ByHand != "" {
		how = s.now.ByHand + " by hand"
	}
	b.fact("now", say(plain, holderWords(*s.now)), say(faint, "  "+how))
	s.head = 0
	if h < len(b.lines)+4 {
		return s.table.view(w, h, "Nobody matches.", nil)
	}
	s.head = len(b.lines)
	return stack(b.view(len(b.lines)), s.table.view(w, h-len(b.lines), "Nobody is known that it could be joined to: no roster, and no personal account.", nil))
}

// bears is what an account says of its holder.
func bears(a review.Account) string {
	var parts []string
	for _, t := range append([]string{a.DisplayName, a.Login, a.WorkerID}, a.Emails...) {
		if t != "" && t != a.NativeID {
			parts = append(parts, t)
		}
	}
	parts = append(parts, "kind "+string(a.Kind))
	return strings.Join(parts, ", ")
}

func (s *linking) click(x, y int) tea.Cmd { return s.table.click(x, y-s.head) }

// linked is what a link has done, and what is to be read again so that rows name the person.
type linked struct {
	a    *app
	v    review.LinkPreview
	r    review.ImportReport
	menu menu
}

func newLinked(a *app, v review.LinkPreview, r review.ImportReport) *linked {
	return &linked{a: a, v: v, r: r}
}

func (s *linked) name() string    { return "link" }
func (s *linked) close()          {}
func (s *linked) load() tea.Cmd   { return nil }
func (s *linked) title() []seg    { return []seg{say(plain, linkedAccount(s.v))} }
func (s *linked) aside(int) []seg { return nil }
func (s *linked) hint() []seg     { return nil }

func (s *linked) commands() []command {
	cs := s.menu.commands(s.lines)
	open := &cs[len(cs)-1]
	open.words, open.why = "read it again", importWhy(s.a)
	if open.why == "" && len(s.v.Again) == 0 {
		open.why = "no export has to be read again"
	}
	return append(cs, s.a.copyCommand(func() string { return s.r.SHA256 }))
}

func (s *linked) lines() []menuLine {
	l := s.a.look
	var ls []menuLine
	add := func(segs ...seg) { ls = append(ls, menuLine{left: segs}) }
	sentence := joinedWords(s.v)
	ls = append(ls, menuLine{title: "Said by hand"})
	for _, line := range l.wrap(strings.ToUpper(sentence[:1])+sentence[1:]+".", 76) {
		add(say(good, line))
	}
	sg := importSign(s.r.State)
	add(l.sign(sg), sayf(plain, ", import %d of %s", s.r.ID, s.r.Source))
	for _, n := range s.r.Notes {
		for _, line := range l.wrap(n, 76) {
			add(say(careful, line))
		}
	}
	add(say(faint, s.r.Path))
	if len(s.v.Again) == 0 {
		return ls
	}
	ls = append(ls, menuLine{title: "To be read again, so that new reviews name the person", right: []seg{say(faint, "enter reads one")}})
	for _, r := range s.v.Again {
		ls = append(ls, menuLine{id: rowID(r.ID), left: []seg{say(bold, fmt.Sprintf("import %d of %s", r.ID, r.Source)), say(faint, "  "+r.Path)},
			open: func() tea.Cmd { return s.a.open(newMapping(s.a, r.Path, againOptions(r))) }})
	}
	return ls
}

func (s *linked) view(w, h int) string { return s.menu.view(s.a.look, s.lines(), w, h) }

// againOptions are the flags a file was imported with.
func againOptions(r review.ImportReport) review.ImportOptions {
	o := review.ImportOptions{As: r.Format, Source: r.Source, System: r.System, Instance: r.Instance, ExportedBy: r.ExportedBy, Query: r.Query,
		Environment: r.Environment, ReviewAccounts: r.AccountRows > 0}
	o.TakeMapping(r.Mapping)
	if r.ExportedFrom == "flag" {
		o.ExportedAt = r.ExportedAt.UTC().Format("2006-01-02T15:04:05Z")
	}
	if r.Completeness != r.Complete {
		o.Completeness = r.Completeness
	}
	for _, f := range r.Flags {
		if f.Name != "split" && f.Name != "const" { // the mapping has them
			o.SetContentFlag(f)
		}
	}
	return o
}

// linkCommand links the account of the item in hand.
func (a *app) linkCommand(item func() (review.Item, bool)) command {
	_, ok := item()
	why := a.readOnly()
	if why == "" && !ok {
		why = "there is no item under the cursor"
	}
	return command{action: "link", why: why, do: func() tea.Cmd {
		it, _ := item()
		return a.open(newLinking(a, review.Link{Account: it.Account, System: it.System}))
	}}
}

// linkAny asks for the account first.
func (a *app) linkAny(source string) tea.Cmd {
	return a.openForm(newForm(a, form{title: "Whose account?", keep: formName("link", source), about: []seg{say(faint, "nothing is stored before you have seen what would join")},
		fields: []formField{
			{label: "Account", help: "its native id or login, as the export writes it"},
			{label: "System", value: source, optional: true, help: "the system or source it is an account of; empty: any"},
		},
		then: func(v []string) tea.Cmd {
			return a.open(newLinking(a, review.Link{Account: v[0], System: v[1]}))
		}}))
}
