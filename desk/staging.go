package desk

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"tickmark/review"
	"tickmark/store"
)

// stageBatch is how many items are prepared at a time: enough to be quick, few enough to cancel.
const stageBatch = 500

// Stage makes the draft durable for these items, unsigned; ids nil means every item of q. An item the person may not
// decide, or not in bulk, or on which something else is staged than was shown, is skipped with the reason.
func (d *Desk) Stage(ctx context.Context, q review.Query, ids []review.ItemID, dr review.Draft, shown review.Drafts) (review.StageResult, error) {
	if err := d.mustSign(); err != nil {
		return review.StageResult{}, err
	}
	var res review.StageResult
	whole := ids == nil
	ids, err := d.targets(ctx, q, ids)
	if err != nil {
		return res, err
	}
	dr.Bulk = dr.Bulk || len(ids) > 1
	if res.Evidence, err = nameEvidence(&dr.EvidenceName, &dr.EvidenceSHA256, dr.KeepEvidence); err != nil {
		return res, err
	}
	if f := res.Evidence; f != nil {
		if strings.TrimSpace(dr.Control) == "" {
			return res, review.Errorf(review.KindUsage, "evidence needs the control it shows").WithReason("needs-control").WithHint("say what guards the access meanwhile")
		}
		dr.Control = review.WithEvidence(dr.Control, f.Name, f.SHA256)
	}
	verdicts, skipped, err := d.verdicts(ctx, ids, whole, shown, func(review.ItemID) review.Draft { return dr })
	if err != nil {
		return res, err
	}
	words := fmt.Sprintf("%s on %d %s", dr.Verdict.Words(), len(verdicts), plural(len(verdicts), "item", "items"))
	done, err := d.stageVerdicts(ctx, words, verdicts, skipped, d.seen(shown))
	done.Evidence = res.Evidence
	return done, err
}

// verdicts prepares what Stage makes durable, item by item, and says which items are left out.
func (d *Desk) verdicts(ctx context.Context, ids []review.ItemID, whole bool, shown review.Drafts, draft func(review.ItemID) review.Draft) ([]store.StagedVerdict, []review.Skip, error) {
	open := d.stillOpen()
	var verdicts []store.StagedVerdict
	var skipped []review.Skip
	for batch := range batches(ids, stageBatch) {
		if err := ctx.Err(); err != nil {
			return nil, nil, cancelled()
		}
		recs, err := d.db.Record(ctx, batch)
		if err != nil {
			return nil, nil, err
		}
		for i := range recs {
			rec := &recs[i]
			dr := draft(rec.ID)
			if why, err := d.refusal(ctx, open, rec, dr, whole); err != nil {
				return nil, nil, err
			} else if why = cmp.Or(why, signedSince(&rec.Item, shown)); why != "" {
				skipped = append(skipped, review.Skip{ID: rec.ID, Reason: why})
				continue
			}
			facts, err := d.factsText(rec)
			if err != nil {
				return nil, nil, err
			}
			verdicts = append(verdicts, store.StagedVerdict{
				Staged:   review.Staged{Item: rec.ID, Draft: dr, By: d.Me(), At: d.Now()},
				Campaign: rec.Campaign, Facts: facts, Supersedes: rec.InForce,
			})
		}
	}
	return verdicts, skipped, nil
}

// stageVerdicts makes prepared verdicts durable as one act.
func (d *Desk) stageVerdicts(ctx context.Context, words string, verdicts []store.StagedVerdict, skipped []review.Skip, seen store.Seen) (review.StageResult, error) {
	res := review.StageResult{Skipped: skipped}
	if len(verdicts) == 0 {
		if len(res.Skipped) == 1 {
			return res, review.Errorf(review.KindNotAllowed, "%s", res.Skipped[0].Reason).WithHint("nothing was staged")
		}
		return res, nil
	}
	out, err := d.db.Stage(ctx, d.Me(), words, verdicts, seen)
	if err != nil {
		return review.StageResult{}, err
	}
	d.own(out.Act)
	d.sayVoid(out.Voided)
	res.Staged = out.Changed
	for _, m := range out.Moved {
		res.Skipped = append(res.Skipped, review.Skip{ID: m.Item, Reason: movedWords(m)})
	}
	if len(verdicts) == 1 && len(out.Moved) == 1 {
		return res, moved(out.Moved[0])
	}
	return res, nil
}

// moved refuses an act on one item.
func moved(m store.MovedDraft) error {
	return review.Errorf(review.KindConflict, "%s", movedWords(m)).WithReason("staged").WithHint("nothing was changed; look, then give your verdict again")
}

// PreviewStage says what Stage would do: how many, at which risk, what is left out and why.
func (d *Desk) PreviewStage(ctx context.Context, q review.Query, ids []review.ItemID, dr review.Draft) (review.BulkPreview, error) {
	p := review.BulkPreview{Risk: map[review.Severity]int64{}}
	whole := ids == nil
	ids, err := d.targets(ctx, q, ids)
	if err != nil {
		return p, err
	}
	p.Matching = int64(len(ids))
	dr.Bulk = dr.Bulk || len(ids) > 1
	p.Drafts = review.Drafts{}
	open := d.stillOpen()
	left := tallies{}
	most := int64(0) // of the policies of the items; 0: no limit
	for batch := range batches(ids, stageBatch) {
		if err := ctx.Err(); err != nil {
			return p, cancelled()
		}
		recs, err := d.db.Record(ctx, batch)
		if err != nil {
			return p, err
		}
		for i := range recs {
			rec := &recs[i]
			if rec.State != review.ItemOpen && !whole && (rec.StagedBy == "" || rec.StagedBy == d.Me()) {
				p.Drafts.Note(rec.Item)
			}
			why, err := d.refusal(ctx, open, rec, dr, whole)
			if err != nil {
				return p, err
			}
			if why != "" {
				left.add(why)
				continue
			}
			policy, err := d.Policy(ctx, rec.Campaign)
			if err != nil {
				return p, err
			}
			if n := int64(policy.BulkTypeCount); n > 0 && (most == 0 || n < most) {
				most = n
			}
			p.Eligible++
			if rec.State != review.ItemOpen {
				p.Decided++
			}
			if rec.MaxSeverity != "" {
				p.Risk[rec.MaxSeverity]++
			}
		}
	}
	p.LeftOut = left.exclusions()
	p.TypeCount = most > 0 && p.Eligible > most
	return p, nil
}

// refusal says why a draft cannot be staged for an item; empty if it can. whole: the act was meant for everything that
// matches, so what is decided already is left alone.
func (d *Desk) refusal(ctx context.Context, open *stillOpen, rec *store.ItemRecord, dr review.Draft, whole bool) (string, error) {
	if whole && rec.State != review.ItemOpen {
		return "already decided; decide it by itself to change it", nil
	}
	for _, err := range []error{d.mayDecide(ctx, rec), open.check(ctx, rec.Campaign)} {
		if review.KindOf(err) == review.KindNotAllowed && err != nil {
			return err.Error(), nil
		}
		if err != nil {
			return "", err
		}
	}
	policy, err := d.Policy(ctx, rec.Campaign)
	if err != nil {
		return "", err
	}
	if err := review.CheckDraft(policy, d.Now(), &rec.Item, dr); err != nil {
		if !dr.Bulk {
			return "", err
		}
		return err.Message, nil
	}
	return "", nil
}

// targets are the items an act is meant for.
func (d *Desk) targets(ctx context.Context, q review.Query, ids []review.ItemID) ([]review.ItemID, error) {
	if ids != nil {
		return ids, nil
	}
	err := d.db.Items(ctx, q, func(it *review.Item) error {
		ids = append(ids, it.ID)
		return nil
	})
	return ids, err
}

// Unstage takes staged verdicts back; with shown, only those that were shown or are of this login.
func (d *Desk) Unstage(ctx context.Context, ids []review.ItemID, shown review.Drafts) (review.StageResult, error) {
	if err := d.mustSign(); err != nil {
		return review.StageResult{}, err
	}
	before, err := d.db.StagedOn(ctx, d.Me(), ids)
	if err != nil {
		return review.StageResult{}, err
	}
	out, err := d.db.Unstage(ctx, d.Me(), fmt.Sprintf("taking back %d %s", len(before), plural(len(before), "verdict", "verdicts")), ids, d.seen(shown))
	if err != nil {
		return review.StageResult{}, err
	}
	d.own(out.Act)
	d.sayVoid(out.Voided)
	res := review.StageResult{Staged: out.Changed}
	for _, m := range out.Moved {
		res.Skipped = append(res.Skipped, review.Skip{ID: m.Item, Reason: movedWords(m)})
	}
	if len(ids) == 1 && len(out.Moved) == 1 {
		return res, moved(out.Moved[0])
	}
	return res, nil
}

// Undo takes back this person's last unsigned act.
func (d *Desk) Undo(ctx context.Context) (string, []review.ItemID, error) {
	if err := d.mustSign(); err != nil {
		return "", nil, err
	}
	u, err := d.db.Undo(ctx, d.Me())
	if err != nil || u.Words == "" {
		return "", nil, err
	}
	d.sayVoid(u.Voided)
	return "undone: " + u.Words + d.elsewhere(u.Act), u.Items, nil
}

// Redo brings the act undone last again, with facts made anew: an undone verdict leaves none behind.
func (d *Desk) Redo(ctx context.Context) (string, []review.ItemID, error) {
	if err := d.mustSign(); err != nil {
		return "", nil, err
	}
	u, err := d.db.Redo(ctx, d.Me(), func(verdicts []store.StagedVerdict) ([]store.StagedVerdict, error) {
		return d.refreshFacts(ctx, verdicts)
	})
	if err != nil || u.Words == "" {
		return "", nil, err
	}
	d.sayVoid(u.Voided)
	words := "done again: " + u.Words + d.elsewhere(u.Act)
	d.own(u.Act)
	return words, u.Items, nil
}

func (d *Desk) refreshFacts(ctx context.Context, verdicts []store.StagedVerdict) ([]store.StagedVerdict, error) {
	ids := make([]review.ItemID, len(verdicts))
	for i, v := range verdicts {
		ids[i] = v.Item
	}
	recs, err := d.db.Record(ctx, ids)
	if err != nil {
		return nil, err
	}
	open := d.stillOpen()
	kept := verdicts[:0]
	for i, v := range verdicts {
		if d.mayDecide(ctx, &recs[i]) != nil || open.check(ctx, recs[i].Campaign) != nil {
			continue
		}
		if v.Facts, err = d.factsText(&recs[i]); err != nil {
			return nil, err
		}
		v.Supersedes = recs[i].InForce
		kept = append(kept, v)
	}
	return kept, nil
}

// sayVoid tells a person that a detached file of theirs can no longer be submitted (rulings 18).
func (d *Desk) sayVoid(voided bool) {
	if voided {
		d.o.Say("the detached file you wrote before is void now, because what it covers changed; write it again")
	}
}

func batches[T any](all []T, n int) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			k := min(n, len(all))
			if !yield(all[:k]) {
				return
			}
			all = all[k:]
		}
	}
}

// tallies counts reasons in the order first met.
type tallies struct {
	order []string
	count map[string]int64
}

func (t *tallies) add(reason string) {
	if t.count == nil {
		t.count = map[string]int64{}
	}
	if t.count[reason] == 0 {
		t.order = append(t.order, reason)
	}
	t.count[reason]++
}

func (t *tallies) exclusions() []review.Exclusion {
	out := make([]review.Exclusion, len(t.order))
	for i, r := range t.order {
		out[i] = review.Exclusion{Reason: r, Count: t.count[r]}
	}
	return out
}

func cancelled() error {
	return review.Errorf(review.KindCancelled, "cancelled").WithHint("nothing was changed")
}
