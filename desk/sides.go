package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/review"
	"tickmark/review/detect"
	"tickmark/store"
)

// OtherSide gives what stands against an item by the rules that keep duties apart and that fired on it: the items of the same
// identity on the other side, in the same campaign and stage.
func (d *Desk) OtherSide(ctx context.Context, id review.ItemID) ([]review.Item, error) {
	it, err := d.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	policy, err := d.Policy(ctx, it.Campaign)
	if err != nil {
		return nil, err
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	duties := detect.NewDuties(policy, dir.sodRules)
	mine := sidesOf(duties, &it)
	if len(mine) == 0 {
		return nil, review.Errorf(review.KindRefused, "no rule that keeps two duties apart fired on it").WithHint("decide it by itself")
	}
	var against []review.Item
	err = d.EachItem(ctx, review.Query{Campaign: it.Campaign, Identity: it.Identity, Filter: "finding:sod"}, func(other *review.Item) error {
		if other.ID == it.ID || other.Stage != it.Stage {
			return nil
		}
		for _, s := range sidesOf(duties, other) {
			if slices.ContainsFunc(mine, func(m detect.Stand) bool { return m.Title == s.Title && m.B != s.B }) {
				against = append(against, *other)
				return nil
			}
		}
		return nil
	})
	if err == nil && len(against) == 0 {
		err = review.Errorf(review.KindRefused, "nothing of the other side is in this campaign").WithHint("decide it by itself; the finding names what it stands against")
	}
	return against, err
}

// pairSettled reports whether an item with grave findings can be kept without more ado: all of them are of rules that keep
// duties apart, and everything that stands on the other side goes, by the acts about to be signed or by a signed revoke.
func (d *Desk) pairSettled(ctx context.Context, it *review.Item, goes map[review.ItemID]bool) (bool, error) {
	for _, f := range it.Findings {
		if f.Rule != "sod" && f.Severity.Rank() >= review.High.Rank() {
			return false, nil
		}
	}
	against, err := d.OtherSide(ctx, it.ID)
	if err != nil {
		if review.KindOf(err) == review.KindRefused { // nothing to choose from, or the other side is not in this campaign
			err = nil
		}
		return false, err
	}
	for i := range against {
		o := &against[i]
		if gone, staged := goes[o.ID]; staged && gone || !staged && o.State == review.ItemSigned && o.Verdict == review.Revoke {
			continue
		}
		return false, nil
	}
	return true, nil
}

// sidesOf are the sides an item stands on of the rules that fired on it.
func sidesOf(duties *detect.Duties, it *review.Item) []detect.Stand {
	var out []detect.Stand
	for _, s := range duties.Of(it.System, string(it.Source), it.Entitlement, it.EntName) {
		if slices.ContainsFunc(it.Findings, func(f review.Finding) bool { return f.Rule == "sod" && strings.HasPrefix(f.Reason, s.Title+": ") }) {
			out = append(out, s)
		}
	}
	return out
}

// PickSide stages, as one act, that an item stays and that what stands against it goes. What this person may not decide is
// skipped with the reason; if that is all of the other side, nothing is staged, nor if something else is staged on one of them
// than was shown.
func (d *Desk) PickSide(ctx context.Context, stays review.ItemID, reason string, opened bool, shown review.Drafts) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustSign(); err != nil {
		return res, err
	}
	if strings.TrimSpace(reason) == "" {
		return res, review.Errorf(review.KindUsage, "picking a side needs a reason").WithHint("say why this duty stays and the other goes")
	}
	against, err := d.OtherSide(ctx, stays)
	if err != nil {
		return res, err
	}
	ids := []review.ItemID{stays}
	for i := range against {
		ids = append(ids, against[i].ID)
	}
	recs, err := d.db.Record(ctx, ids)
	if err != nil {
		return res, err
	}
	open := d.stillOpen()
	var verdicts []store.StagedVerdict
	for i := range recs {
		rec := &recs[i]
		draft := review.Draft{Verdict: review.Revoke, Reason: reason}
		if rec.ID == stays {
			draft = review.Draft{Verdict: review.Keep, Reason: reason, Opened: opened}
		}
		why, err := d.refusal(ctx, open, rec, draft, false)
		if err != nil && rec.ID != stays {
			why = err.Error()
		} else if err != nil {
			return res, err
		}
		if why = cmp.Or(why, signedSince(&rec.Item, shown)); why != "" {
			if rec.ID == stays {
				return res, review.Errorf(review.KindNotAllowed, "%s", why).WithHint("nothing was staged")
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: rec.ID, Reason: why})
			continue
		}
		facts, err := d.factsText(rec)
		if err != nil {
			return res, err
		}
		verdicts = append(verdicts, store.StagedVerdict{
			Staged:   review.Staged{Item: rec.ID, Draft: draft, By: d.Me(), At: d.Now()},
			Campaign: rec.Campaign, Facts: facts, Supersedes: rec.InForce,
		})
	}
	if len(verdicts) < 2 {
		return review.StageResult{}, review.Errorf(review.KindNotAllowed, "the other side cannot be revoked by you: %s", res.Skipped[0].Reason).
			WithHint("nothing was staged; ask whoever decides it, or decide this one by itself")
	}
	words := fmt.Sprintf("one side stays, %d %s", len(verdicts)-1, plural(len(verdicts)-1, "item goes", "items go"))
	var seen store.Seen
	if shown != nil {
		known := d.seen(shown)
		seen = func(item review.ItemID, act int64) (bool, error) {
			if ok, err := known(item, act); ok || err != nil {
				return ok, err
			}
			return false, review.Errorf(review.KindConflict, "another session of yours has staged a verdict on one of the two sides since they were shown").
				WithReason("staged").WithHint("nothing was changed; look, then pick the side again")
		}
	}
	out, err := d.db.Stage(ctx, d.Me(), words, verdicts, seen)
	if err != nil {
		return review.StageResult{}, err
	}
	d.own(out.Act)
	d.sayVoid(out.Voided)
	res.Staged = len(verdicts)
	return res, nil
}
