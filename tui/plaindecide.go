package tui

import (
	"context"
	"fmt"

	"tickmark/review"
)

// decide takes what a verdict needs from the next lines and stages it.
func (p *plainMode) decide(ctx context.Context, v review.Verdict) error {
	switch {
	case p.item == nil:
		p.say("There is no item to decide.")
		return nil
	case p.readOnly() != "":
		p.say("Nothing can be changed here: %s.", p.readOnly())
		return nil
	case v == review.Revoke && p.item.Irrevocable != "":
		p.say("It cannot be revoked here: %s.", p.item.Irrevocable)
		return nil
	}
	d := review.Draft{Verdict: v, Opened: true}
	fields := p.fields(v, &d)
	for _, f := range fields {
		ok, err := p.ask(f)
		if err != nil || !ok {
			return err
		}
	}
	return p.stage(ctx, d)
}

// plainField is a question of line mode.
type plainField struct {
	prompt string
	check  func(string) string
	into   *string
	isDay  bool
}

func (p *plainMode) fields(v review.Verdict, d *review.Draft) []plainField {
	rules := &app{now: p.now, policy: p.policy, me: p.desk.Me()}
	reason := plainField{prompt: "Reason:", into: &d.Reason}
	switch v {
	case review.Keep:
		if p.policy.KeepReasonAtHigh && p.item.MaxSeverity.Rank() >= review.High.Rank() {
			reason.prompt = fmt.Sprintf("Reason to keep it in spite of a %s finding:", p.item.MaxSeverity)
			return []plainField{reason}
		}
		return nil
	case review.Except:
		return []plainField{
			{prompt: "Until (a day, or 90d):", check: rules.checkDay(p.policy.ExceptionMaxDays), into: &d.Until, isDay: true},
			{prompt: "Owner (who answers for it):", check: rules.checkOwner, into: &d.Owner},
			{prompt: "Control (what compensates):", into: &d.Control},
			reason,
		}
	}
	return []plainField{reason}
}

// ask puts one question; an answer that cannot be is said to be so and asked for again, an empty line gives up.
func (p *plainMode) ask(f plainField) (bool, error) {
	for {
		v, err := p.read(f.prompt)
		if err != nil {
			return false, err
		}
		if v == "" {
			p.say("Given up; the item is as it was.")
			return false, nil
		}
		if f.check != nil {
			if wrong := f.check(v); wrong != "" {
				p.say("%s.", wrong)
				continue
			}
		}
		if f.isDay {
			t, _ := parseDay(v, p.now())
			v = day(t)
		}
		*f.into = v
		return true, nil
	}
}

func (p *plainMode) stage(ctx context.Context, d review.Draft) error {
	it := p.item.Item
	r, err := p.desk.Stage(ctx, p.q, []review.ItemID{it.ID}, d)
	switch {
	case err != nil:
		p.fail(err)
		return nil
	case r.Staged == 0:
		why := "it was left out"
		if len(r.Skipped) > 0 {
			why = r.Skipped[0].Reason
		}
		p.say("Not staged: %s.", why)
		return nil
	}
	p.last = d
	p.share.Staged++
	if d.Verdict != review.Abstain {
		p.share.Decided++
	}
	p.say("Staged: %s, %s. Not signed yet.", verdictSign(d.Verdict).word, itemWords(it))
	return p.next(ctx, it.ID)
}

func (p *plainMode) repeat(ctx context.Context) error {
	if p.last.Verdict == "" {
		p.say("There is no verdict to repeat yet.")
		return nil
	}
	if p.item == nil {
		p.say("There is no item to decide.")
		return nil
	}
	return p.stage(ctx, p.last)
}

func (p *plainMode) undo(ctx context.Context) error {
	ids, err := p.turn(ctx, p.desk.Undo, "There is nothing staged to undo.")
	if err != nil || len(ids) != 1 {
		return err
	}
	d, err := p.desk.Detail(ctx, ids[0])
	if err != nil {
		return err
	}
	p.item = &d
	p.show(&d)
	return nil
}

func (p *plainMode) redo(ctx context.Context) error {
	ids, err := p.turn(ctx, p.desk.Redo, "There is nothing to do again.")
	if err != nil || len(ids) == 0 {
		return err
	}
	return p.next(ctx, ids[len(ids)-1])
}

// turn takes an act back or does it again, and gives the items it was about.
func (p *plainMode) turn(ctx context.Context, act func(context.Context) (string, []review.ItemID, error), none string) ([]review.ItemID, error) {
	words, ids, err := act(ctx)
	if err != nil {
		p.fail(err)
		return nil, nil
	}
	if ids == nil && words == "" {
		p.say("%s", none)
		return nil, nil
	}
	p.say("%s", sentence(words))
	return ids, p.count(ctx, p.campaign.Name)
}
