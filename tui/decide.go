package tui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// target is what a verdict is about, fixed when its key is pressed: a refresh can change the screen, not the target.
type target struct {
	q      review.Query    // what all means
	all    bool            // everything that matches q
	ids    []review.ItemID // else these
	item   review.Item     // the only one, if it is only one
	single bool
	count  int64
	opened bool   // its facts were on the screen
	what   string // in words, where the count is not known yet
}

// drafts are what holds on the item of a target as it is shown; nil where the draft of somebody else is.
func (t target) drafts(me review.Principal) review.Drafts {
	if !t.single || t.item.StagedBy != "" && t.item.StagedBy != me {
		return nil
	}
	return review.DraftsOn(t.item)
}

func (t target) words() string {
	if t.what != "" {
		return t.what
	}
	if t.single {
		return itemWords(t.item)
	}
	return count(t.count, "item")
}

func itemWords(it review.Item) string {
	return fmt.Sprintf("%s of %s on %s", entitlementWords(it), who(it.Name, it.Identity), it.System)
}

// form names a form of this kind about the target.
func (t target) form(kind string) string {
	if t.all {
		return formName(kind, string(t.q.Campaign), t.q.Filter)
	}
	return formName(kind, t.ids...)
}

// decider is a screen on which verdicts can be given.
type decider interface {
	screen
	// target is what a verdict would be about now; why says that there is none, or that it may not be decided.
	target() (t target, why string)
	// whole is what the screen is about as a query: an identity's items, or the list; false while it is not known.
	whole() (review.Query, bool)
	// settleTarget is called at once when a verdict is given, before it is stored: show it and go on.
	settleTarget(t target, d review.Draft) tea.Cmd
	// displaced reports, once, that the line under the cursor is not one the person has chosen.
	displaced() bool
}

// repeatable is what "." gives again, and the reasons that were typed.
type repeatable struct {
	draft   review.Draft
	any     bool
	failed  review.Draft // what could not be staged, so that it need not be typed again
	reasons []string
}

func (r *repeatable) remember(d review.Draft) {
	r.draft, r.any = d, true
	if d.Reason == "" {
		return
	}
	r.reasons = slices.DeleteFunc(r.reasons, func(s string) bool { return s == d.Reason })
	r.reasons = append(r.reasons, d.Reason)
	if len(r.reasons) > 50 {
		r.reasons = r.reasons[1:]
	}
}

// decidingCommands are the verdict keys of a screen.
func (a *app) decidingCommands(s decider) []command {
	t, why := s.target()
	if r := a.readOnly(); r != "" {
		why = r
	}
	verdict := func(name action, v review.Verdict) command {
		c := command{action: name, why: why, do: func() tea.Cmd { return a.decide(s, v, name) }}
		if v == review.Keep && c.why == "" && t.single && t.item.State == review.ItemSigned && t.item.Verdict == review.Keep {
			c.why = "it is signed as keep already"
		}
		if v == review.Revoke && c.why == "" && t.single && t.item.Irrevocable != "" {
			c.why = t.item.Irrevocable
		}
		return c
	}
	repeatWhy := why
	if repeatWhy == "" && !a.last.any {
		repeatWhy = "there is no verdict to repeat yet"
	}
	clearWhy := a.readOnly()
	if clearWhy == "" && t.single && t.item.State != review.ItemStaged {
		clearWhy = "nothing is staged on this item"
	}
	return []command{
		verdict("keep", review.Keep),
		verdict("revoke", review.Revoke),
		verdict("exception", review.Except),
		verdict("abstain", review.Abstain),
		{action: "side", why: sideWhy(t, why), do: func() tea.Cmd { return a.pickSide(s) }},
		{action: "reaffirm", why: a.readOnly(), do: func() tea.Cmd { return a.reaffirm(s) }},
		{action: "repeat", why: repeatWhy, do: func() tea.Cmd { return a.repeat(s) }},
		{action: "clear", why: clearWhy, do: func() tea.Cmd { return a.unstage(s) }},
		{action: "reassign", why: a.readOnly(), do: func() tea.Cmd { return a.reassign(s) }},
	}
}

// steady refuses a verdict when the lines have moved under the cursor since the person last looked.
func (a *app) steady(s decider) bool {
	if s.displaced() {
		a.warn("the line you were on is gone and another has taken its place; look, then press the key again")
		return false
	}
	return true
}

// decide asks for what the verdict needs and stages it.
func (a *app) decide(s decider, v review.Verdict, opener action) tea.Cmd {
	t, why := s.target()
	if why != "" || !a.steady(s) {
		return nil
	}
	d := review.Draft{Verdict: v, Opened: t.opened}
	switch v {
	case review.Keep:
		if a.needsReason(t) {
			return a.openForm(a.reasonForm("keep", "Keep in spite of a "+string(t.item.MaxSeverity)+" finding", t, "why it stays", func(v []string) tea.Cmd {
				d.Reason = v[0]
				return a.give(s, t, d, opener)
			}))
		}
		return a.give(s, t, d, opener)
	case review.Revoke:
		return a.openForm(a.revokeForm(s, t, d, opener))
	case review.Abstain:
		return a.openForm(a.reasonForm("abstain", "Don't know", t, "why you cannot judge it, and who could", func(v []string) tea.Cmd {
			d.Reason = v[0]
			return a.give(s, t, d, opener)
		}))
	case review.Except:
		return a.openForm(a.exceptionForm(s, t, d, opener))
	}
	return nil
}

// needsReason reports whether the policy of its campaign wants a reason for keeping what a target is about.
func (a *app) needsReason(t target) bool {
	return t.single && a.desk.of(t.q.Campaign).KeepReasonFor(t.item)
}

func (a *app) reasonForm(kind, title string, t target, help string, then func([]string) tea.Cmd) *form {
	return newForm(a, form{title: title, keep: t.form(kind), about: []seg{say(bold, t.words())}, history: a.last.reasons, then: then,
		fields: []formField{{label: "Reason", help: help}}})
}

func (a *app) revokeForm(s decider, t target, d review.Draft, opener action) *form {
	reason := formField{label: "Reason", help: "why it goes", value: a.retype(t, review.Revoke).Reason}
	return newForm(a, form{title: "Revoke", keep: t.form("revoke"), about: []seg{say(bold, t.words())}, history: a.last.reasons, extra: 1,
		fields: []formField{
			reason,
			{label: "Replace by", help: "a narrower entitlement to give instead", optional: true},
			{label: "Effective", help: "the day it ends: 2027-01-31, 30d", optional: true, check: a.checkDay(0), echo: a.echoDay},
		},
		then: func(v []string) tea.Cmd {
			d.Reason, d.Replace = v[0], v[1]
			d.Effective = a.dayOf(v[2])
			return a.give(s, t, d, opener)
		}})
}

func (a *app) exceptionForm(s decider, t target, d review.Draft, opener action) *form {
	was := a.retype(t, review.Except)
	help := "a day, or how long: 2027-01-31, 90d, 6m"
	most := a.desk.of(t.q.Campaign).ExceptionMaxDays
	if most > 0 {
		help += fmt.Sprintf("; at most %d days", most)
	}
	return newForm(a, form{title: "Exception", keep: t.form("exception"), about: []seg{say(bold, t.words())}, extra: 4,
		fields: append([]formField{
			{label: "Until", help: help, value: was.Until, check: a.checkDay(most), echo: a.echoDay},
			{label: "Owner", help: "who answers for it, as name@domain; not you", value: was.Owner, check: a.checkOwner},
			{label: "Control", help: "what compensates for it meanwhile", value: was.Control},
			{label: "Reason", help: "why it must stay", value: was.Reason},
		}, a.evidenceFields(4, "a file that shows the control; its hash is recorded", was.EvidenceName, false, nil)...),
		then: func(v []string) tea.Cmd {
			d.Until, d.Owner, d.Control, d.Reason = a.dayOf(v[0]), v[1], v[2], v[3]
			d.EvidenceName, d.EvidenceSHA256, d.KeepEvidence = evidenceTyped(v[4], v[5])
			return a.give(s, t, d, opener)
		}})
}

// retype gives back what was typed before for a verdict that could not be staged.
func (a *app) retype(t target, v review.Verdict) review.Draft {
	if a.last.failed.Verdict == v {
		return a.last.failed
	}
	return review.Draft{}
}

func (a *app) checkOwner(v string) string {
	switch {
	case strings.EqualFold(v, string(a.me)):
		return "you cannot answer for an exception you grant"
	case strings.ContainsAny(v, " \t"):
		return "an owner is one name, such as jane.doe@corp.example"
	}
	return ""
}

// checkDay accepts a day or a span after today, at most so many days away (0: no limit).
func (a *app) checkDay(most int) func(string) string {
	return func(v string) string {
		d, ok := parseDay(v, a.now())
		switch {
		case !ok:
			return "write a day like 2027-01-31, or a span like 90d, 12w, 6m, 1y"
		case days(a.now(), d) < 1:
			return day(d) + " is not after today"
		case most > 0 && days(a.now(), d) > most:
			return fmt.Sprintf("the policy allows at most %d days: until %s", most, day(a.now().AddDate(0, 0, most)))
		}
		return ""
	}
}

func (a *app) echoDay(v string) string {
	d, ok := parseDay(v, a.now())
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s, %s", d.Format("Mon 2 Jan 2006"), ago(d, a.now()))
}

func (a *app) dayOf(v string) string {
	if d, ok := parseDay(v, a.now()); ok {
		return day(d)
	}
	return ""
}

// parseDay reads 2027-01-31, or a span from today: 90d, +90d, 12w, 6m, 1y.
func parseDay(s string, now time.Time) (time.Time, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	s = strings.TrimPrefix(strings.ToLower(s), "+")
	if len(s) < 2 {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || n < 0 || n > 100_000 || !strings.ContainsRune("dwmy", rune(s[len(s)-1])) {
		return time.Time{}, false
	}
	t := review.Age{N: n, Unit: s[len(s)-1]}.From(now.UTC(), +1)
	return t.Truncate(24 * time.Hour), t.Year() < 10_000
}

// give stages at once what is about one item, and previews what is about many.
func (a *app) give(s decider, t target, d review.Draft, opener action) tea.Cmd {
	if t.single {
		return a.stage(s, t, d, t.drafts(a.me))
	}
	return a.preview(s, t, d, opener)
}

// stage shows the verdict, queues it, and takes it off the screen again if it could not be stored.
func (a *app) stage(s decider, t target, d review.Draft, shown review.Drafts) tea.Cmd {
	a.last.remember(d)
	settled := s.settleTarget(t, d)
	ids := t.ids
	if t.all {
		ids = nil
	}
	q := t.q
	staged := act(a, func(ctx context.Context) (review.StageResult, error) {
		return a.desk.Stage(ctx, q, ids, d, shown)
	}, func(r review.StageResult, err error) tea.Cmd {
		var back tea.Cmd
		if t.single && r.Staged == 0 {
			back = a.goBackTo(t.item.ID)
		}
		switch {
		case err != nil:
			a.last.failed = d
			a.fail(err)
		case r.Staged == 0 && len(r.Skipped) > 0:
			a.last.failed = d
			a.warn(fmt.Sprintf("not staged: %s", r.Skipped[0].Reason))
		case t.single && a.note.text == "":
			a.last.failed = review.Draft{}
			a.note = note{tone: faint, also: true, text: fmt.Sprintf("staged: %s %s", verdictSign(d.Verdict).word, entitlementWords(t.item)) + hashedWords(r)}
		case !t.single:
			a.last.failed = review.Draft{}
			text := fmt.Sprintf("staged: %s on %s", verdictSign(d.Verdict).word, count(int64(r.Staged), "item"))
			if n := len(r.Skipped); n > 0 {
				text += fmt.Sprintf("; %s left out (%s)", count(int64(n), "item"), whyLeftOut(r.Skipped))
			}
			a.tell(text + hashedWords(r))
		}
		return tea.Batch(a.changed(t.ids), back)
	})
	return tea.Batch(settled, staged)
}

// preview says what a verdict on many items would do, before it does it.
func (a *app) preview(s decider, t target, d review.Draft, opener action) tea.Cmd {
	word := verdictSign(d.Verdict).word
	p := newQuestion(a, question{title: strings.ToUpper(word[:1]) + word[1:] + " " + t.words() + "?", about: []string{"Counting" + a.look.glyph.ellipsis},
		why: " ", yes: a.confirmKey(opener), yesWords: word})
	a.openPanel(p)
	ids := t.ids
	if t.all {
		ids = nil
	}
	return ask(a, new(slot), func(ctx context.Context) (review.BulkPreview, error) {
		return a.desk.PreviewStage(ctx, t.q, ids, d)
	}, func(b review.BulkPreview, err error) tea.Cmd {
		if a.panel != panel(p) {
			return nil
		}
		if err != nil {
			a.closePanel()
			a.fail(err)
			return nil
		}
		p.question = a.bulkQuestion(b, d, p.yes)
		p.then = func() tea.Cmd { return a.stage(s, t, d, b.Drafts) }
		a.opened = a.now()
		return nil
	})
}

func (a *app) bulkQuestion(b review.BulkPreview, d review.Draft, yes string) question {
	sign := verdictSign(d.Verdict)
	word := strings.ToUpper(sign.word[:1]) + sign.word[1:]
	q := question{yes: yes, yesWords: fmt.Sprintf("%s %s", sign.word, count(b.Eligible, "item"))}
	q.title = fmt.Sprintf("%s %s of %s?", word, number(b.Eligible), count(b.Matching, "item"))
	if d.Reason != "" {
		q.about = append(q.about, "Reason for all of them: "+quoted(d.Reason))
	}
	var risk []string
	for _, sev := range []review.Severity{review.Critical, review.High, review.Medium, review.Low} {
		if n := b.Risk[sev]; n > 0 {
			risk = append(risk, fmt.Sprintf("%s with a %s finding", number(n), sev))
		}
	}
	if len(risk) > 0 {
		q.warnings = append(q.warnings, "Among them "+strings.Join(risk, ", ")+".")
	} else if b.Eligible > 0 {
		q.about = append(q.about, "None of them has a finding above info.")
	}
	for _, x := range b.LeftOut {
		q.about = append(q.about, fmt.Sprintf("Left out (%s): %s.", number(x.Count), x.Reason))
	}
	if b.Decided > 0 {
		q.warnings = append(q.warnings, fmt.Sprintf("Among them %s with a verdict already; this takes its place.", number(b.Decided)))
	}
	q.about = append(q.about, "One act on many items: the record says so. Staged, not signed; u takes it back.")
	switch {
	case b.Eligible == 0:
		q.why = "Nothing is left that this can be done to."
	case b.TypeCount:
		q.typed = strconv.FormatInt(b.Eligible, 10)
	}
	return q
}

// repeat gives the last verdict again, reason and all.
func (a *app) repeat(s decider) tea.Cmd {
	t, why := s.target()
	if why != "" || !a.last.any || !a.steady(s) {
		return nil
	}
	d := a.last.draft
	d.Opened, d.Bulk = t.opened, false
	if d.Verdict == review.Revoke && t.single && t.item.Irrevocable != "" {
		a.warn("revoke: " + t.item.Irrevocable)
		return nil
	}
	if d.Verdict == review.Keep && d.Reason == "" && a.needsReason(t) {
		return a.decide(s, review.Keep, "repeat")
	}
	return a.give(s, t, d, "repeat")
}

// unstage takes the staged verdicts of the target back.
func (a *app) unstage(s decider) tea.Cmd {
	t, _ := s.target()
	if t.all || len(t.ids) == 0 {
		a.warn("mark the lines to clear, or use u to take back the last act")
		return nil
	}
	return act(a, func(ctx context.Context) (review.StageResult, error) {
		return a.desk.Unstage(ctx, t.ids, t.drafts(a.me))
	},
		func(r review.StageResult, err error) tea.Cmd {
			if err != nil {
				a.fail(err)
			} else {
				a.tell(fmt.Sprintf("taken back: %s", count(int64(r.Staged), "staged verdict")))
			}
			return a.changed(t.ids)
		})
}

// undecided are the items of a query that nobody has judged.
func undecided(ctx context.Context, desk Desk, q review.Query) ([]review.ItemID, error) {
	const page = 500
	q.Filter = strings.TrimSpace(q.Filter + " verdict:none,abstain")
	var ids []review.ItemID
	for at := (review.Anchor{}); ; {
		p, err := desk.Page(ctx, q, at, page)
		if err != nil {
			return nil, err
		}
		for i := range p.Items {
			ids = append(ids, p.Items[i].ID)
		}
		if p.Last || len(p.Items) == 0 {
			return ids, nil
		}
		at = review.Anchor{From: ids[len(ids)-1]}
	}
}

// reassign stages a change of who decides; where everything is marked, of all that is not decided yet.
func (a *app) reassign(s decider) tea.Cmd {
	t, _ := s.target()
	if !a.steady(s) {
		return nil
	}
	if !t.all && len(t.ids) == 0 {
		a.warn("mark the items to reassign, or put the cursor on one")
		return nil
	}
	return a.openForm(newForm(a, form{title: "Reassign", about: []seg{say(bold, t.words())}, keep: t.form("reassign"),
		fields: []formField{
			{label: "To", help: "who decides from now on, as name@domain"},
			{label: "Until", help: "a day on which it goes back", optional: true, check: a.checkDay(0), echo: a.echoDay},
			{label: "Reason", help: "why somebody else decides"},
		},
		then: func(v []string) tea.Cmd {
			until := a.dayOf(v[1])
			return act(a, func(ctx context.Context) (review.StageResult, error) {
				ids := t.ids
				if t.all {
					var err error
					if ids, err = undecided(ctx, a.desk, t.q); err != nil {
						return review.StageResult{}, err
					}
					if len(ids) == 0 {
						return review.StageResult{}, review.Errorf(review.KindRefused, "all of them are decided").WithHint("who decided stays who did")
					}
				}
				return a.desk.Reassign(ctx, ids, review.Principal(v[0]), until, v[2])
			}, func(r review.StageResult, err error) tea.Cmd {
				switch {
				case err != nil:
					a.fail(err)
				case r.Staged == 0 && len(r.Skipped) > 0:
					a.warn("not reassigned: " + r.Skipped[0].Reason)
				default:
					text := fmt.Sprintf("staged: %s to %s; sign to make it count", count(int64(r.Staged), "item"), v[0])
					if n := len(r.Skipped); n > 0 {
						text += fmt.Sprintf("; %s left out (%s)", count(int64(n), "item"), whyLeftOut(r.Skipped))
					}
					a.tell(text)
				}
				return a.changed(t.ids)
			})
		}}))
}
