package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

func (s *walk) title() []seg {
	if s.campaign.Title == "" {
		return []seg{say(plain, string(s.c))}
	}
	return []seg{say(plain, s.campaign.Title)}
}

// aside is how far the person is.
func (s *walk) aside(w int) []seg {
	if !s.counted {
		return nil
	}
	words := fmt.Sprintf("%s of %s decided", number(s.share.Decided), number(s.share.Items))
	if w < 100 {
		words = fmt.Sprintf("%s/%s", number(s.share.Decided), number(s.share.Items))
	}
	segs := []seg{say(plain, words)}
	if w >= 70 {
		segs = append(append(s.a.look.bar(min(w/8, 24), s.share.Decided, s.share.Items), say(plain, " ")), segs...)
	}
	return segs
}

// hint is what is left, and for how long.
func (s *walk) hint() []seg {
	if !s.counted {
		return []seg{say(faint, "reading"+s.a.look.glyph.ellipsis)}
	}
	l := s.a.look
	var segs []seg
	add := func(t tone, text string) {
		if len(segs) > 0 {
			segs = append(segs, l.between())
		}
		segs = append(segs, say(t, text))
	}
	left := s.share.Items - s.share.Decided
	staged := fmt.Sprintf("%s staged, not signed", number(s.share.Staged))
	narrow := s.a.w < 70 && s.a.h < roomyHeight // the footer has no room for the key
	if narrow || left == 0 || s.finish {
		staged += ": " + s.a.keys.key("sign") + " signs"
	}
	if s.share.Staged > 0 && narrow {
		add(careful, staged)
	}
	switch {
	case left == 0 && s.share.Staged > 0:
		add(good, "everything has a verdict")
	case left == 0:
		add(good, "everything is decided and signed")
	case s.finish:
		add(careful, fmt.Sprintf("%s left that you don't know or may not decide", number(left)))
	case !isRunning(s.campaign):
		add(plain, fmt.Sprintf("%s left undecided", number(left)))
	default:
		add(plain, fmt.Sprintf("%s left", number(left)))
		if d, ok := s.pace.left(left); ok {
			add(plain, about(d)+" at this pace")
		}
	}
	if s.share.Staged > 0 && !narrow {
		add(careful, staged)
	}
	if isRunning(s.campaign) {
		due := dueWords(s.campaign.Due, s.a.now())
		add(due.tone, due.text)
	} else {
		add(faint, "this review is over: "+string(s.campaign.State))
	}
	return segs
}

func (s *walk) view(w, h int) string {
	l := s.a.look
	if s.err != nil || !s.have {
		return s.empty(w, h)
	}
	s.facing = !small(w, h)
	if small(w, h) {
		b := l.block(w)
		b.add(say(bold, " "+who(s.card.DisplayName, s.card.Key)), say(faint, fmt.Sprintf("  %d of %d", s.card.Position, s.card.Of)))
		return stack(b.view(1), s.a.gridView(s.g, w, h-1, "no items"))
	}
	if w >= 120 && h >= 16 {
		left := w * 58 / 100
		return l.beside(s.items(left, h), s.facts(w-left-1, h), h)
	}
	card := s.cardBlock(w, h < 18)
	gh := s.tableHeight(h, len(card.lines))
	fh := h - len(card.lines) - 1 - gh
	s.facing = fh >= leastFacts
	return stack(card.view(len(card.lines)), s.itemsRule(w, gh-1), s.a.gridView(s.g, w, gh, "no items"), s.facts(w, fh))
}

// leastFacts is the height at which the facts of an item can be called shown: its name, use and access.
const leastFacts = 4

// tableHeight shares the lines between the items and the facts of one of them.
func (s *walk) tableHeight(h, card int) int {
	return int(min(s.card.Items, int64(max((h-card-2)*2/5, 3)))) + 1
}

// click puts the cursor on a line of the table, wherever the layout has it.
func (s *walk) click(x, y int) tea.Cmd {
	if s.g == nil {
		return nil
	}
	w, h := s.a.w, bodyHeight(s.a.h, s.a.footerLines(s.a.w, s.a.h, s.a.footerCommands()))
	top := 1
	switch {
	case small(w, h):
	case w >= 120 && h >= 16:
		top = len(s.cardBlock(w*58/100, false).lines) + 1
		if x >= w*58/100 {
			return nil
		}
	default:
		top = len(s.cardBlock(w, h < 18).lines) + 1
		if y >= top+s.tableHeight(h, top-1) {
			return nil
		}
	}
	return s.g.Click(y - top)
}

func (s *walk) wheel(n int) tea.Cmd {
	if s.g == nil {
		return nil
	}
	return s.g.Move(n)
}

func (s *walk) items(w, h int) string {
	card := s.cardBlock(w, false)
	n := min(len(card.lines), h)
	return stack(card.view(n), s.itemsRule(w, h-n-2), s.a.gridView(s.g, w, h-n-1, "no items"))
}

// itemsRule stands above the table, of which so many lines are in sight.
func (s *walk) itemsRule(w, sight int) string {
	title := count(s.card.Items, "item")
	if int64(sight) < s.card.Items {
		title += fmt.Sprintf(", %d in sight", sight)
	}
	right := []seg{say(faint, fmt.Sprintf("%s decided", number(s.card.Decided)))}
	switch n := s.g.Marked(); {
	case s.g.Ranging():
		right = []seg{say(accent, "range begun: v ends it")}
	case n < 0:
		right = []seg{say(accent, "all marked")}
	case n > 0:
		right = []seg{say(accent, count(int64(n), "line")+" marked")}
	}
	return s.a.look.rule(w, title, right...)
}

func (s *walk) empty(w, h int) string {
	b := s.a.look.block(w)
	b.blank()
	switch {
	case s.err != nil:
		message, hint := explain(s.err)
		b.text(bad, 2, 2, message)
		b.text(plain, 2, 2, hint)
	case s.c == "" && !s.counts.busy:
		b.text(plain, 2, 2, "There is no campaign to walk through.")
	default:
		b.text(faint, 2, 2, "Reading"+s.a.look.glyph.ellipsis)
	}
	return b.view(h)
}

// cardBlock is the identity in a few lines; short leaves out what the Item screen tells too.
func (s *walk) cardBlock(w int, short bool) *block {
	l, c, now := s.a.look, s.card, s.a.now()
	b := l.block(w)
	tall := w >= 100 && s.a.h >= 40
	where := sayf(faint, "identity %s of %s ", number(c.Position), number(c.Of))
	b.split([]seg{say(bold, " "+who(c.DisplayName, c.Key)), say(faint, "  "+c.Key)}, []seg{where})

	facts := [][]seg{{say(plain, kindWords(c.Identity))}, s.standing()}
	if words := strings.Trim(c.Title+", "+c.Department, ", "); words != "" {
		facts = append(facts, []seg{say(plain, words)})
	}
	if c.Kind != review.Human {
		facts = append(facts, append([]seg{say(plain, "owner ")}, l.ownerWords(c.Identity)...))
	}
	if c.Manager != "" {
		facts = append(facts, []seg{say(plain, "manager "+c.Manager)})
	}
	most := 1
	if !short {
		if most = 2; tall {
			most = 3
		}
		facts = append(facts, []seg{sayf(plain, "%s in %s", count(c.Accounts, "account"), strings.Join(c.Systems, ", "))},
			[]seg{say(usedTone(c.LastSeen), "last seen "+stated(c.LastSeen, now))})
		if c.EarlierBy != "" && w >= 100 {
			facts = append(facts, []seg{say(faint, "last decided by "+c.EarlierBy)})
		}
	}
	b.joined(most, facts...)
	if len(c.Findings) > 0 {
		var segs []seg
		for _, f := range c.Findings {
			sg := severitySign(f.Severity)
			segs = append(segs, say(plain, " "), say(sg.tone, l.glyphOf(sg)+" "+sg.word+" "+f.Rule), say(plain, " "+f.Reason+" "))
		}
		if !tall {
			b.add(segs...)
			return b
		}
		lines := l.flow(segs, w-3)
		for i, line := range lines[:min(len(lines), 3)] {
			if i > 0 {
				b.add(append([]seg{say(plain, "   ")}, line...)...)
			} else {
				b.add(line...)
			}
		}
	}
	return b
}

// standing in the card: short words.
func (s *walk) standing() []seg {
	c := s.card
	switch c.HRStatus {
	case review.NotInPack:
		return []seg{say(faint, "as the pack says")}
	case "terminated":
		return []seg{say(bad, "has left ("+stated(c.Terminated, s.a.now())+")")}
	case "leave":
		return []seg{say(careful, "on leave")}
	case "active":
		return []seg{say(plain, "active")}
	}
	if c.Kind == review.Human {
		return []seg{say(careful, "not in the HR roster")}
	}
	return []seg{say(faint, "in no roster")}
}

func (s *walk) facts(w, h int) string {
	l := s.a.look
	b := l.block(w)
	b.section("Facts", say(faint, s.a.keys.key("open")+" all"))
	it, ok := currentItem(s.g)
	switch {
	case s.moving || !ok:
		b.add(say(faint, " reading"+l.glyph.ellipsis))
	case s.detail == nil || s.detail.ID != it.ID:
		b.add(say(bold, " "+entitlementWords(it)))
		b.add(say(faint, " reading"+l.glyph.ellipsis))
	default:
		s.faced = it.ID
		d := *s.detail
		d.Item = it // what the line says now, staged verdict included
		b.raw(l.fitted(w, h-1, &d, s.a.now()).lines...)
	}
	if len(b.lines) > h && h > 1 {
		b.lines = append(b.lines[:h-1], l.line(w, sayf(faint, " %s more: %s", l.glyph.down, s.a.keys.key("open"))))
	}
	return b.view(h)
}
