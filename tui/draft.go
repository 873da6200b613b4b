package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tickmark/review"
)

// draft asks for what `campaign new` takes; the rest is behind tab.
func (s *campaigns) draft() tea.Cmd {
	me, now := string(s.a.me), s.a.now()
	s.a.openPanel(newForm(s.a, form{title: "Draft a campaign", extra: 4,
		about: []seg{say(faint, "nothing is frozen or signed before you launch it")},
		fields: []formField{
			{label: "Name", help: "small letters, digits, dots and hyphens, such as q4-2026", check: checkCampaignID},
			{label: "Title", help: "in words", optional: true},
			{label: "Reviewers", help: "names of who decides, with commas between", value: me},
			{label: "Due", help: "a day, or how long: 2026-12-11, 14d", value: day(now.AddDate(0, 0, 14)), check: s.a.checkDay(0), echo: s.a.echoDay},
			{label: "Scope", help: "a filter: what is reviewed; empty: everything", optional: true, suggest: s.a.completeFilter, check: checkScope},
			{label: "Owner", help: "who answers for the campaign", value: me},
			{label: "For", help: "frameworks: soc1, soc2, soc2:CC6.3, with commas", optional: true},
			{label: "Routing", help: "who decides, in the order tried: manager, owner, named, rule:FILTER => PERSON, fallback", optional: true},
			{label: "No answer", help: "what the organisation does with undecided items at the end", value: string(review.LeaveOpen),
				options: []string{string(review.LeaveOpen), string(review.RevokeUnanswered), string(review.ReassignOpen)}},
			{label: "Signatures", help: "the weakest that counts", value: string(review.AnyKey),
				options: []string{string(review.AnyKey), string(review.OwnKey), string(review.TouchKey), string(review.PinKey)}},
			{label: "Period from", help: "first day under review; empty: that of the oldest import", optional: true, check: checkDate},
			{label: "Period to", help: "last day under review; empty: the due day", optional: true, check: checkDate},
			{label: "Second stage", help: "who decides again, with commas between; empty: one stage", optional: true},
			{label: "Sources", help: "only these, with commas between; empty: all", optional: true},
			{label: "Like", help: "an earlier campaign to take over from what is left here as it came, its policy too", optional: true},
		},
		then: func(v []string) tea.Cmd { return s.create(v) }}))
	return nil
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
		message, hint := explain(err)
		return strings.TrimSuffix(message+". "+hint, ". ")
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

func (s *campaigns) create(v []string) tea.Cmd {
	spec := specOf(v, s.a.me, s.a.now())
	return act(s.a, func(ctx context.Context) (review.Campaign, error) { return s.a.desk.NewCampaign(ctx, spec) },
		func(c review.Campaign, err error) tea.Cmd {
			if err != nil {
				s.a.fail(err)
				return nil
			}
			s.a.tell(fmt.Sprintf("drafted %s; %s shows what launching it would freeze", c.Name, s.a.keys.key("launch")))
			s.want = c.Name
			return s.a.changed(nil)
		})
}
