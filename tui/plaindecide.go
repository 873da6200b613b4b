package tui

import (
	"context"
	"fmt"
	"strings"

	"tickmark/review"
)

// refused says why nothing can be changed, if so.
func (p *plainMode) refused() bool {
	why := p.readOnly()
	if why != "" {
		p.say("Nothing can be changed here: %s.", why)
	}
	return why != ""
}

// noItem says that there is no item, if so.
func (p *plainMode) noItem() bool {
	if p.item == nil {
		p.say("There is no item to decide.")
	}
	return p.item == nil
}

// decide takes what a verdict needs from the next lines and stages it; more asks for all that can be said with it.
func (p *plainMode) decide(ctx context.Context, v review.Verdict, more bool) error {
	switch {
	case p.noItem(), p.refused():
		return nil
	case p.item.Blocked != "":
		p.say("Not yours to decide: %s.", p.item.Blocked)
		return nil
	case v == review.Revoke && p.item.Irrevocable != "":
		p.say("It cannot be revoked here: %s.", p.item.Irrevocable)
		return nil
	}
	d := review.Draft{Verdict: v}
	if ok, err := p.askAll(p.fields(v, &d, more, p.item.Item)); err != nil || !ok {
		return err
	}
	digestAlone(&d)
	if ok, err := p.askKeep(d.EvidenceName, &d.KeepEvidence); err != nil || !ok {
		return err
	}
	return p.stage(ctx, d)
}

// digestAlone takes evidence that was given as its SHA-256 for that, and not for the name of a file.
func digestAlone(d *review.Draft) {
	if isDigest(d.EvidenceName) {
		d.EvidenceName, d.EvidenceSHA256 = "", strings.ToLower(d.EvidenceName)
	}
}

// plainField is a question of line mode.
type plainField struct {
	prompt   string
	check    func(string) string
	into     *string
	isDay    bool
	optional bool // an empty line is an answer
}

// rules are the checks that the forms of the screen make.
func (p *plainMode) rules() *app { return &app{o: p.o, now: p.now, me: p.desk.Me()} }

// fields are the questions of a verdict on an item, which is empty for a verdict on many.
func (p *plainMode) fields(v review.Verdict, d *review.Draft, more bool, it review.Item) []plainField {
	reason := plainField{prompt: "Reason:", into: &d.Reason}
	switch v {
	case review.Keep:
		if p.policy.KeepReasonFor(it) {
			reason.prompt = fmt.Sprintf("Reason to keep it in spite of a %s finding:", it.MaxSeverity)
			return []plainField{reason}
		}
		return nil
	case review.Revoke:
		if more {
			return []plainField{reason,
				{prompt: "Replace by (less to give instead, an empty line for nothing):", into: &d.Replace, optional: true},
				{prompt: "Effective (the day it ends, or 30d, an empty line for at once):", check: p.rules().checkDay(0), into: &d.Effective, isDay: true, optional: true},
			}
		}
	case review.Except:
		fs := []plainField{
			{prompt: "Until (a day, or 90d):", check: p.rules().checkDay(p.policy.ExceptionMaxDays), into: &d.Until, isDay: true},
			{prompt: "Owner (who answers for it):", check: p.rules().checkOwner, into: &d.Owner},
			{prompt: "Control (what compensates):", into: &d.Control},
			reason,
		}
		if more {
			fs = append(fs, plainField{prompt: "Evidence (a file that shows the control, or its SHA-256, an empty line for none):", check: p.rules().checkEvidence, into: &d.EvidenceName, optional: true})
		}
		return fs
	}
	return []plainField{reason}
}

func (p *plainMode) askAll(fields []plainField) (bool, error) {
	for _, f := range fields {
		if ok, err := p.ask(f); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// ask puts one question; an answer that cannot be is said to be so and asked for again, an empty line gives up.
func (p *plainMode) ask(f plainField) (bool, error) {
	for {
		v, err := p.read(f.prompt)
		if err != nil {
			return false, err
		}
		if v == "" && f.optional {
			return true, nil
		}
		if v == "" {
			p.say("Given up; nothing is changed.")
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
	d.Opened = true
	r, err := p.desk.Stage(ctx, p.q, []review.ItemID{it.ID}, d, review.DraftsOn(it))
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
	p.say("Staged: %s, %s. Not signed yet.", verdictSign(d.Verdict).word+beside(d), itemWords(it))
	if it.State != review.ItemOpen {
		return p.goOn(ctx, it.ID)
	}
	p.share.Staged++
	if d.Verdict != review.Abstain {
		p.share.Decided++
	}
	return p.next(ctx, it.ID)
}

// beside is what was said with a verdict beyond its reason.
func beside(d review.Draft) string {
	words := ""
	if d.Replace != "" {
		words += ", replaced by " + d.Replace
	}
	if d.Effective != "" {
		words += ", effective " + d.Effective
	}
	if d.EvidenceName != "" {
		words += ", with the evidence " + d.EvidenceName
	} else if d.EvidenceSHA256 != "" {
		words += ", with the evidence sha256:" + d.EvidenceSHA256
	}
	return words
}

// pickSide says what stands against the item, takes why it stays, and stages that it stays and the other side goes.
func (p *plainMode) pickSide(ctx context.Context) error {
	if p.noItem() || p.refused() {
		return nil
	}
	if why := sideWhy(target{single: true, item: p.item.Item}, p.item.Blocked); why != "" {
		p.say("No side to pick: %s.", why)
		return nil
	}
	stays := p.item.Item
	against, err := p.desk.OtherSide(ctx, stays.ID)
	if err != nil {
		p.fail(err)
		return nil
	}
	p.say("Stays: %s.", itemWords(stays))
	for _, it := range against {
		words := itemWords(it)
		if it.Blocked != "" {
			words += ", but " + it.Blocked
		}
		p.say("Goes: %s.", words)
	}
	reason := ""
	if ok, err := p.ask(plainField{prompt: "Reason this one stays and the other goes:", into: &reason}); err != nil || !ok {
		return err
	}
	r, err := p.desk.PickSide(ctx, stays.ID, reason, true, review.DraftsOn(append(against, stays)...))
	if err != nil {
		p.fail(err)
		return nil
	}
	p.say("Staged: %s decided, one side stays and the other goes%s. Not signed yet.", count(int64(r.Staged), "item"), leftOut(r))
	return p.goOn(ctx, stays.ID)
}

func (p *plainMode) repeat(ctx context.Context) error {
	if p.last.Verdict == "" {
		p.say("There is no verdict to repeat yet.")
		return nil
	}
	if p.noItem() || p.refused() {
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
