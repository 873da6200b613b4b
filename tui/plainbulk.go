package tui

import (
	"context"
	"fmt"
	"strings"

	"tickmark/review"
)

// bulk gives one verdict on everything that is gone through, or gives all of it to somebody else, with the questions that a
// bulk act has on the screen.
func (p *plainMode) bulk(ctx context.Context) error {
	if p.refused() {
		return nil
	}
	q := p.inHand()
	n, err := p.desk.Count(ctx, q)
	if err != nil {
		p.fail(err)
		return nil
	}
	which := "that are open"
	if p.decided {
		which = "decided ones and those of others included"
	}
	if p.q.Filter != "" {
		which = "by the filter " + review.Quote(p.q.Filter) + ", " + which
	}
	p.say("One answer for %s, %s.", count(n, "item"), which)
	if n == 0 {
		return nil
	}
	what := ""
	ok, err := p.ask(plainField{prompt: "Which answer for all of them (1, 2, 3, 4, x, e, or g):", into: &what, check: func(v string) string {
		if v = strings.ToLower(v); verdictOf[v] == "" && v != "g" {
			return "1 keep, 2 revoke, 3 exception, 4 don't know, x revoke with more, e exception with evidence, g give to somebody else"
		}
		return ""
	}})
	if err != nil || !ok {
		return err
	}
	what = strings.ToLower(what)
	if what == "g" {
		return p.giveAllAway(ctx, q)
	}
	d := review.Draft{Verdict: verdictOf[what]}
	if ok, err := p.askAll(p.fields(d.Verdict, &d, what == "x" || what == "e", review.Item{})); err != nil || !ok {
		return err
	}
	digestAlone(&d)
	if ok, err := p.askKeep(d.EvidenceName, &d.KeepEvidence); err != nil || !ok {
		return err
	}
	staged, err := p.many(ctx, q, d)
	if staged {
		p.last = d
	}
	return err
}

// reaffirm keeps again what was kept last time and has not changed.
func (p *plainMode) reaffirm(ctx context.Context) error {
	if p.refused() {
		return nil
	}
	_, err := p.many(ctx, unchanged(p.q), review.Draft{Verdict: review.Keep, Reason: reaffirmReason, Bulk: true})
	return err
}

// many says what a verdict on everything in q would do, asks, and stages it.
func (p *plainMode) many(ctx context.Context, q review.Query, d review.Draft) (bool, error) {
	b, err := p.desk.PreviewStage(ctx, q, nil, d)
	if err != nil {
		p.fail(err)
		return false, nil
	}
	if b.Matching == 0 {
		p.say("There is no item that this could be done to.")
		return false, nil
	}
	if ok, err := p.agreed((&app{}).bulkQuestion(b, d, "y")); err != nil || !ok {
		return false, err
	}
	r, err := p.desk.Stage(ctx, q, nil, d, b.Drafts)
	if err != nil {
		p.fail(err)
		return false, nil
	}
	p.say("Staged: %s on %s%s. Not signed yet.", verdictSign(d.Verdict).word, count(int64(r.Staged), "item"), leftOut(r))
	return r.Staged > 0, p.goOn(ctx, "")
}

func leftOut(r review.StageResult) string {
	if len(r.Skipped) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s left out (%s)", count(int64(len(r.Skipped)), "item"), whyLeftOut(r.Skipped))
}

// goOn counts again after an act on many items and shows the next.
func (p *plainMode) goOn(ctx context.Context, after review.ItemID) error {
	if err := p.count(ctx, p.campaign.Name); err != nil {
		return err
	}
	return p.next(ctx, after)
}

// agreed reads a question aloud and takes its answer: the count where that must be typed, else y.
func (p *plainMode) agreed(q question) (bool, error) {
	p.say("%s", q.title)
	for _, s := range append(q.warnings, q.about...) {
		p.say("%s", s)
	}
	if q.why != "" {
		p.say("%s", q.why)
		return false, nil
	}
	want, prompt := "y", "y does it, anything else leaves it:"
	if q.typed != "" {
		want, prompt = q.typed, fmt.Sprintf("Type %s to do it, anything else leaves it:", q.typed)
	}
	v, err := p.read(prompt)
	if err != nil {
		return false, err
	}
	if !strings.EqualFold(v, want) {
		p.say("Left; nothing is changed.")
		return false, nil
	}
	return true, nil
}

// handover is what giving items to somebody else takes.
type handover struct{ to, until, reason string }

func (p *plainMode) askHandover() (handover, bool, error) {
	var h handover
	ok, err := p.askAll([]plainField{
		{prompt: "To (who decides from now on, as name@domain):", into: &h.to},
		{prompt: "Until (a day on which it goes back, an empty line for good):", check: p.rules().checkDay(0), into: &h.until, isDay: true, optional: true},
		{prompt: "Reason:", into: &h.reason},
	})
	return h, ok, err
}

// giveAway stages a manager's change of who decides the item.
func (p *plainMode) giveAway(ctx context.Context) error {
	if p.refused() || p.noItem() {
		return nil
	}
	h, ok, err := p.askHandover()
	if err != nil || !ok {
		return err
	}
	return p.reassign(ctx, []review.ItemID{p.item.ID}, h, p.item.ID)
}

// giveAllAway does it with everything in q that nobody has judged.
func (p *plainMode) giveAllAway(ctx context.Context, q review.Query) error {
	h, ok, err := p.askHandover()
	if err != nil || !ok {
		return err
	}
	ids, err := undecided(ctx, p.desk, q)
	if err != nil {
		p.fail(err)
		return nil
	}
	if len(ids) == 0 {
		p.say("All of them are decided; who decided stays who did.")
		return nil
	}
	ask := question{title: fmt.Sprintf("Give %s to %s?", count(int64(len(ids)), "item"), h.to), about: []string{"Staged, not signed; u takes it back."}}
	if ok, err := p.agreed(ask); err != nil || !ok {
		return err
	}
	return p.reassign(ctx, ids, h, "")
}

func (p *plainMode) reassign(ctx context.Context, ids []review.ItemID, h handover, after review.ItemID) error {
	r, err := p.desk.Reassign(ctx, ids, review.Principal(h.to), h.until, h.reason)
	switch {
	case err != nil:
		p.fail(err)
		return nil
	case r.Staged == 0 && len(r.Skipped) > 0:
		p.say("Not reassigned: %s.", r.Skipped[0].Reason)
		return nil
	}
	p.say("Staged: %s to %s%s. It counts when it is signed.", count(int64(r.Staged), "item"), h.to, leftOut(r))
	return p.goOn(ctx, after)
}
