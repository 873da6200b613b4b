package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Reassign stages a manager's change of who decides. With until it is a delegation: the one who delegated stays accountable
// and gets it back on that day (rulings 26).
func (d *Desk) Reassign(ctx context.Context, ids []review.ItemID, to review.Principal, until, reason string) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustManage(ctx); err != nil {
		return res, err
	}
	if err := d.mustBeEnrolled(ctx, to, ledger.NamespaceReview); err != nil {
		return res, err
	}
	recs, err := d.db.Record(ctx, ids)
	if err != nil {
		return res, err
	}
	waiting, err := d.waitingReassignments(ctx)
	if err != nil {
		return res, err
	}
	others, err := d.reassignedByOthers(ctx, ids, to)
	if err != nil {
		return res, err
	}
	var acts []store.StagedAct
	for i := range recs {
		rec := &recs[i]
		if err := d.mayReassign(ctx, rec, to, until, reason, waiting); err != nil {
			if len(recs) == 1 {
				return res, err
			}
			if k := review.KindOf(err); k != review.KindRefused && k != review.KindNotAllowed {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: rec.ID, Reason: err.Error()})
			continue
		}
		waiting[rec.ID] = to
		acts = append(acts, store.StagedAct{Act: review.ActReassign, Campaign: rec.Campaign, Item: rec.ID, What: "reassign", By: d.Me(), At: d.Now(),
			Payload: marshal(reassignment{From: rec.Reviewer, To: to, Until: until, Reason: reason})})
	}
	res, err = d.stageActs(ctx, res, acts, nil, "reassigning", "item")
	if err == nil && res.Staged > 0 && len(others) > 0 {
		d.o.Say("%s; whoever signs first decides it, and the other is told", strings.Join(others, "; "))
	}
	return res, err
}

// waitingReassignments are those staged by anybody and not signed: who would decide each item.
func (d *Desk) waitingReassignments(ctx context.Context) (map[review.ItemID]review.Principal, error) {
	acts, err := d.db.StagedActs(ctx, "", "", review.ActReassign)
	if err != nil {
		return nil, err
	}
	waiting := map[review.ItemID]review.Principal{}
	for i := range acts {
		p, err := reassignmentOf(&acts[i])
		if err != nil {
			return nil, err
		}
		waiting[acts[i].Item] = p.To
	}
	return waiting, nil
}

// mayReassign is nil, or says why an item may not go to a person: they are not independent of it, or decide it in another
// stage, where a second look of the same eyes would be none.
func (d *Desk) mayReassign(ctx context.Context, rec *store.ItemRecord, to review.Principal, until, reason string, waiting map[review.ItemID]review.Principal) error {
	org, err := d.org(ctx, rec.Campaign, to)
	if err != nil {
		return err
	}
	policy, err := d.Policy(ctx, rec.Campaign)
	if err != nil {
		return err
	}
	if err := d.nameGranter(ctx, &rec.Item); err != nil {
		return err
	}
	if err := review.CheckReassign(policy, org, d.Now(), &rec.Item, to, until, reason); err != nil {
		return err
	}
	others, err := d.otherStages(ctx, rec)
	if err != nil {
		return err
	}
	for i := range others {
		who := others[i].Reviewer
		if next := waiting[others[i].ID]; next != "" {
			who = next
		}
		if org.People.Same(string(who), string(to)) {
			return review.Errorf(review.KindNotAllowed, "%s decides on it in stage %d already", to, others[i].Stage).WithHint("two stages need two people; name somebody else")
		}
	}
	return nil
}

// otherStages are the items of the same grant in the other stages of its campaign.
func (d *Desk) otherStages(ctx context.Context, rec *store.ItemRecord) ([]review.Item, error) {
	c, err := d.db.Campaign(ctx, rec.Campaign)
	if err != nil {
		return nil, err
	}
	var out []review.Item
	for stage := 1; stage <= c.Stages; stage++ {
		if stage == rec.Stage {
			continue
		}
		it, err := d.db.Item(ctx, review.ItemID(ledger.ItemID(rec.Log, string(rec.Campaign), int64(stage), rec.GrantKey).String()))
		if review.KindOf(err) == review.KindNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

// proposeOthers stages to the managers' role who could decide what this person could not judge: the next in the campaign's
// routing who is independent, has not said so too, and does not decide it in another stage (rulings 26). It counts what was
// proposed and what nobody else can take.
func (d *Desk) proposeOthers(ctx context.Context, c review.CampaignID, abstained []store.ItemRecord) (proposed, stuck int, err error) {
	draft, err := d.db.Draft(ctx, c)
	if err != nil {
		return 0, 0, err
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return 0, 0, err
	}
	policy, err := d.Policy(ctx, c)
	if err != nil {
		return 0, 0, err
	}
	routes, err := review.ParseRoutes(draft.Spec, policy, review.NewOrg(&dir.People), d.Now())
	if err != nil {
		return 0, 0, err
	}
	others, err := d.reviewers(ctx)
	if err != nil {
		return 0, 0, err
	}
	waiting, err := d.waitingReassignments(ctx)
	if err != nil {
		return 0, 0, err
	}
	var acts []store.StagedAct
	for i := range abstained {
		rec := &abstained[i]
		if waiting[rec.ID] != "" {
			continue
		}
		gaveUp, err := d.abstainers(ctx, rec)
		if err != nil {
			return 0, 0, err
		}
		chain := routes.Chain(&rec.Item)
		for _, who := range others {
			chain = append(chain, string(who))
		}
		to, err := d.nextFor(ctx, rec, chain, gaveUp, waiting)
		if err != nil {
			return 0, 0, err
		}
		if to == "" {
			stuck++
			continue
		}
		waiting[rec.ID] = to
		acts = append(acts, store.StagedAct{Act: review.ActReassign, Campaign: c, Item: rec.ID, What: "reassign", At: d.Now(),
			Payload: marshal(reassignment{From: rec.Reviewer, To: to, Reason: fmt.Sprintf("%s could not judge it", d.Me())})})
	}
	if len(acts) > 0 {
		_, err = d.db.StageActs(ctx, "", fmt.Sprintf("proposing others for %d items", len(acts)), acts, nil)
	}
	return len(acts), stuck, err
}

// reviewers are all who can sign decisions now.
func (d *Desk) reviewers(ctx context.Context) ([]review.Principal, error) {
	roster, err := d.roster(ctx)
	if err != nil || roster == nil {
		return nil, err
	}
	var all []review.Principal
	for _, who := range principals(roster) {
		if len(usable(roster, who, ledger.NamespaceReview, d.Now())) > 0 {
			all = append(all, who)
		}
	}
	return all, nil
}

// abstainedOf are the items that nobody has judged by these verdicts.
func abstainedOf(verdicts []store.StagedVerdict) []review.ItemID {
	var items []review.ItemID
	for i := range verdicts {
		if verdicts[i].Verdict == review.Abstain {
			items = append(items, verdicts[i].Item)
		}
	}
	return items
}

// passOn proposes others for what a signed bundle abstained from, and says so. The signature stands whatever comes of it.
func (d *Desk) passOn(ctx context.Context, c review.CampaignID, abstained []review.ItemID) {
	if len(abstained) == 0 {
		return
	}
	recs, err := d.db.Record(ctx, abstained)
	var proposed, stuck int
	if err == nil {
		proposed, stuck, err = d.proposeOthers(ctx, c, recs)
	}
	switch {
	case err != nil:
		d.o.Say("nobody could be proposed for what you answered don't know on: %s; a manager can do it with `tickmark campaign reassign`", err.Error())
	case proposed > 0:
		d.o.Say("you answered don't know on %d %s: somebody else is proposed, and a manager signs that", proposed, plural(proposed, "item", "items"))
	}
	if stuck > 0 {
		d.o.Say("you answered don't know on %d %s, and nobody else enrolled may decide %s", stuck, plural(stuck, "item", "items"), plural(stuck, "it", "them"))
	}
}

// nextFor is the first of a chain of names who may decide an item; empty if none may.
func (d *Desk) nextFor(ctx context.Context, rec *store.ItemRecord, chain []string, gaveUp []review.Principal, waiting map[review.ItemID]review.Principal) (review.Principal, error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range chain {
		to, ok := dir.Principal(name)
		if !ok || slices.Contains(gaveUp, to) || d.mustBeEnrolled(ctx, to, ledger.NamespaceReview) != nil {
			continue
		}
		err := d.mayReassign(ctx, rec, to, "", "cannot judge", waiting)
		if err == nil {
			return to, nil
		}
		if k := review.KindOf(err); k != review.KindRefused && k != review.KindNotAllowed && k != review.KindNotFound {
			return "", err
		}
	}
	return "", nil
}

// abstainers are those who said in this campaign that they cannot judge an item.
func (d *Desk) abstainers(ctx context.Context, rec *store.ItemRecord) ([]review.Principal, error) {
	past, err := d.db.History(ctx, rec.GrantKey)
	if err != nil {
		return nil, err
	}
	who := []review.Principal{d.Me()}
	for i := range past {
		if past[i].Item == rec.ID && past[i].Verdict == review.Abstain {
			who = append(who, past[i].Reviewer)
		}
	}
	return who, nil
}
