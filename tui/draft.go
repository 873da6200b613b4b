package tui

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// draft asks for what `campaign new` takes; the rest is behind tab.
func (s *campaigns) draft() tea.Cmd {
	me, now := s.a.me, s.a.now()
	return s.a.draftForm("Draft a campaign", 4, review.CampaignSpec{Reviewers: []review.Principal{me}, Due: now.AddDate(0, 0, 14), Owner: me},
		func(ctx context.Context, v []string) (review.Campaign, error) {
			return s.a.desk.NewCampaign(ctx, specOf(v, me, s.a.now()))
		},
		func(c review.Campaign) {
			s.a.tell(fmt.Sprintf("drafted %s; %s shows what launching it would freeze", c.Name, s.a.keys.key("launch")))
			s.want = c.Name
		})
}

// redraft shows what a campaign was drafted as, to be changed.
func (a *app) redraft(c review.CampaignID) tea.Cmd {
	return ask(a, new(slot), func(ctx context.Context) (review.CampaignSpec, error) { return a.desk.Draft(ctx, c) },
		func(was review.CampaignSpec, err error) tea.Cmd {
			if err != nil {
				a.fail(err)
				return nil
			}
			return a.draftForm("Change the draft "+string(c), 0, was, func(ctx context.Context, v []string) (review.Campaign, error) {
				spec := specOf(v, a.me, a.now())
				spec.PolicyFile, spec.AcceptCount, spec.AllowEmpty = was.PolicyFile, was.AcceptCount, was.AllowEmpty // not asked for here
				return a.desk.ChangeDraft(ctx, spec)
			}, func(c review.Campaign) { a.tell(fmt.Sprintf("changed %s; nothing is frozen or signed yet", c.Name)) })
		})
}

// draftForm asks for a draft, beginning with what is given, and stores it. The name of one that is there already is not asked
// for. What the desk refuses comes back as it was typed, with the reason.
func (a *app) draftForm(title string, extra int, was review.CampaignSpec, store func(context.Context, []string) (review.Campaign, error), stored func(review.Campaign)) tea.Cmd {
	on := a.top()
	var f *form
	then := func(v []string) tea.Cmd {
		return act(a, func(ctx context.Context) (review.Campaign, error) { return store(ctx, v) }, func(c review.Campaign, err error) tea.Cmd {
			if err == nil {
				stored(c)
				return a.changed(nil)
			}
			again, keep := f.again(on, told(err))
			if !again {
				a.fail(err)
			}
			return keep
		})
	}
	named := was.ID != ""
	var sources []string
	for _, id := range was.Sources {
		sources = append(sources, string(id))
	}
	f = newForm(a, form{title: title, extra: extra, keep: formName("campaign", was.ID),
		about: []seg{say(faint, "nothing is frozen or signed before you launch it")},
		fields: []formField{
			{label: "Name", help: "small letters, digits, dots and hyphens, such as q4-2026", value: string(was.ID), check: checkCampaignID, hidden: func([]string) bool { return named }},
			{label: "Title", help: "in words", value: was.Title, optional: true},
			{label: "Reviewers", help: "names of who decides, with commas between", value: joined(was.Reviewers), optional: named},
			{label: "Due", help: "a day, or how long: 2026-12-11, 14d", value: day(was.Due), check: a.checkDay(0), echo: a.echoDay},
			{label: "Scope", help: "a filter: what is reviewed; empty: everything", value: was.Scope, optional: true, suggest: a.completeFilter, check: checkScope},
			{label: "Owner", help: "who answers for the campaign", value: string(was.Owner)},
			{label: "For", help: "frameworks: soc1, soc2, soc2:CC6.3, with commas", value: strings.Join(was.Frameworks, ","), optional: true},
			{label: "Routing", help: "who decides, in the order tried: manager, owner, named, rule:FILTER => PERSON, fallback", value: strings.Join(was.Routing, ","), optional: true},
			{label: "No answer", help: "what the organisation does with undecided items at the end", value: cmp.Or(string(was.NoAnswer), string(review.LeaveOpen)),
				options: []string{string(review.LeaveOpen), string(review.RevokeUnanswered), string(review.ReassignOpen)}},
			{label: "Signatures", help: "the weakest that counts", value: cmp.Or(string(was.Assurance), string(review.AnyKey)),
				options: []string{string(review.AnyKey), string(review.OwnKey), string(review.TouchKey), string(review.PinKey)}},
			{label: "Period from", help: "first day under review; empty: that of the oldest import", value: was.PeriodStart, optional: true, check: checkDate},
			{label: "Period to", help: "last day under review; empty: the due day", value: was.PeriodEnd, optional: true, check: checkDate},
			{label: "Second stage", help: "who decides again, with commas between; empty: one stage", value: joined(was.Stage2), optional: true},
			{label: "Sources", help: "only these, with commas between; empty: all", value: strings.Join(sources, ","), optional: true},
			{label: "Like", help: "an earlier campaign to take over from what is left here as it came, its policy too", optional: true, hidden: func([]string) bool { return named }},
		},
		then: then})
	return a.openForm(f)
}

func joined(people []review.Principal) string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = string(p)
	}
	return strings.Join(names, ",")
}

func checkCampaignID(v string) string {
	for i, r := range v {
		ok := r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || i > 0 && (r == '.' || r == '-')
		if !ok {
			return "small letters, digits, dots and hyphens only, beginning with a letter or digit"
		}
	}
	if len(v) > 64 {
		return "at most 64 characters"
	}
	return ""
}

func checkScope(v string) string {
	if _, err := review.ParseFilter(v); err != nil {
		return told(err)
	}
	return ""
}

func checkDate(v string) string {
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return "write a day like 2026-10-01"
	}
	return ""
}

func commaList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func principals(s string) []review.Principal {
	var out []review.Principal
	for _, p := range commaList(s) {
		out = append(out, review.Principal(p))
	}
	return out
}

// specOf reads the fields of the form.
func specOf(v []string, me review.Principal, now time.Time) review.CampaignSpec {
	due, _ := parseDay(v[3], now)
	spec := review.CampaignSpec{ID: review.CampaignID(v[0]), Title: v[1], Reviewers: principals(v[2]), Due: due.Add(24*time.Hour - time.Second),
		Scope: v[4], Owner: review.Principal(v[5]), Frameworks: commaList(v[6]), Routing: review.SplitRouting(v[7]), NoAnswer: review.NoAnswer(v[8]),
		Assurance: review.Assurance(v[9]), PeriodStart: v[10], PeriodEnd: v[11], Stages: 1}
	if spec.Owner == "" {
		spec.Owner = me
	}
	if spec.NoAnswer == "" {
		spec.NoAnswer = review.LeaveOpen
	}
	if spec.Assurance == "" {
		spec.Assurance = review.AnyKey
	}
	for _, source := range commaList(v[13]) {
		spec.Sources = append(spec.Sources, review.SourceID(source))
	}
	if spec.Template = review.CampaignID(v[14]); spec.Template != "" { // what still stands as the form came is left to it
		spec.Stages = 0
		if v[2] == string(me) {
			spec.Reviewers = nil
		}
		if spec.NoAnswer == review.LeaveOpen {
			spec.NoAnswer = ""
		}
		if spec.Assurance == review.AnyKey {
			spec.Assurance = ""
		}
	}
	if spec.Stage2 = principals(v[12]); len(spec.Stage2) > 0 {
		spec.Stages = 2
	}
	return spec
}
