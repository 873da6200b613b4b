package desk

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Exceptions lists exceptions with their state today that pass a filter of review.ParseExceptionFilter, oldest first.
func (d *Desk) Exceptions(ctx context.Context, filter string) ([]review.Exception, error) {
	return d.ExceptionsAfter(ctx, filter, 0, 0)
}

// ExceptionsAfter is a page of Exceptions: behind an ID, at most limit; 0 is all. No more is read than what fills it.
func (d *Desk) ExceptionsAfter(ctx context.Context, filter string, after review.EntryIndex, limit int) ([]review.Exception, error) {
	match, err := review.ParseExceptionFilter(filter)
	if err != nil {
		return nil, err
	}
	ids, err := d.db.ExceptionIDs(ctx, store.ClosingQuery{})
	if err != nil {
		return nil, err
	}
	out := []review.Exception{}
	for chunk := range chunksAfter(ids, after, limit) {
		all, err := d.exceptions(ctx, store.ClosingQuery{IDs: chunk})
		if err != nil {
			return nil, err
		}
		for i := range all {
			if !match.MatchException(&all[i], d.Now()) {
				continue
			}
			if out = append(out, all[i]); len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// chunksAfter parts ids in order behind one into lists to be read at once; the first is no longer than what is asked for.
func chunksAfter(ids []review.EntryIndex, after review.EntryIndex, limit int) iter.Seq[[]review.EntryIndex] {
	const most = 1000
	at, found := slices.BinarySearch(ids, after)
	if found {
		at++
	}
	ids = ids[at:]
	first := most
	if limit > 0 {
		first = min(limit, most)
	}
	return func(yield func([]review.EntryIndex) bool) {
		for n := first; len(ids) > 0; n = most {
			n = min(n, len(ids))
			if !yield(ids[:n]) {
				return
			}
			ids = ids[n:]
		}
	}
}

func (d *Desk) exceptions(ctx context.Context, q store.ClosingQuery) ([]review.Exception, error) {
	all, err := d.db.Exceptions(ctx, q)
	if err != nil {
		return nil, err
	}
	judge, err := d.judgeExceptions(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		judge(&all[i])
	}
	return all, d.knowEvidence(ctx, all)
}

// eachException calls do with every exception in its state today, in no order, as store.EachException tells of it.
func (d *Desk) eachException(ctx context.Context, do func(*review.Exception)) error {
	judge, err := d.judgeExceptions(ctx)
	if err != nil {
		return err
	}
	return d.db.EachException(ctx, func(e *review.Exception) {
		judge(e)
		do(e)
	})
}

// judgeExceptions gives what sets the state of an exception today.
func (d *Desk) judgeExceptions(ctx context.Context) (func(*review.Exception), error) {
	dir, err := d.directory(ctx)
	if err != nil {
		return nil, err
	}
	policies, err := d.policiesLaunched(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	return func(e *review.Exception) {
		policy := policies(e.Campaign)
		if policy.ExceptionApproval == review.ApprovalManager && e.Approver != "" && review.MayApprove(&dir.People, e, e.Approver) != nil {
			e.Approver = "" // whoever agreed is not independent of it
		}
		e.Judge(policy, now)
	}, nil
}

// StageClosure stages the renewal or the end of exceptions by this manager. A renewal without an owner or without a control keeps
// those of each exception.
func (d *Desk) StageClosure(ctx context.Context, ids []review.EntryIndex, dr review.ClosureDraft) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustManage(ctx); err != nil {
		return res, err
	}
	var err error
	if res.Evidence, err = nameEvidence(&dr.EvidenceName, &dr.EvidenceSHA256, dr.KeepEvidence); err != nil {
		return res, err
	}
	all, err := d.exceptions(ctx, store.ClosingQuery{IDs: ids})
	if err != nil {
		return res, err
	}
	var acts []store.StagedAct
	for _, id := range ids {
		e := findException(all, id)
		if e == nil {
			if len(ids) == 1 {
				return res, noException(id)
			}
			res.Skipped = append(res.Skipped, review.Skip{Reason: noException(id).Message})
			continue
		}
		draft := dr
		if draft.Outcome == review.OutcomeRenewed {
			draft.Owner, draft.Control = cmp.Or(strings.TrimSpace(draft.Owner), e.Owner), cmp.Or(strings.TrimSpace(draft.Control), e.Control)
		}
		err := d.proveByImport(ctx, e, &draft)
		if err == nil {
			err = d.checkClosure(ctx, e, draft)
		}
		if err != nil {
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: e.Item, Reason: err.Error()})
			continue
		}
		if draft.Outcome == review.OutcomeSuperseded {
			draft.Outcome, draft.Reason = review.OutcomeWithdrawn, fmt.Sprintf("superseded by entry %d: %s", e.Superseded, dr.Reason)
		}
		acts = append(acts, store.StagedAct{Act: review.ActClosure, Campaign: e.Campaign, Item: e.Item, Ref: e.ID, What: draft.Outcome, By: d.Me(), At: d.Now(), Payload: marshal(closure{draft})})
	}
	return d.stageActs(ctx, res, acts, dr.Shown, dr.Outcome, "exception")
}

func (d *Desk) checkClosure(ctx context.Context, e *review.Exception, dr review.ClosureDraft) error {
	dir, err := d.directory(ctx)
	if err != nil {
		return err
	}
	me := string(d.Me())
	if dir.Same(me, e.Identity) {
		return review.Errorf(review.KindNotAllowed, "exception %d is about your own access", e.ID).WithHint("another manager has to close or renew it")
	}
	if dr.Outcome == review.OutcomeRenewed && dir.Same(me, e.Owner) {
		return review.Errorf(review.KindNotAllowed, "you own exception %d", e.ID).WithHint("another manager has to renew it")
	}
	policy, err := d.Policy(ctx, e.Campaign)
	if err != nil {
		return err
	}
	if dr.Outcome == review.OutcomeRenewed && policy.ExceptionApproval == review.ApprovalManager {
		if err := review.MayApprove(&dir.People, e, d.Me()); err != nil {
			return err
		}
	}
	if err := review.CheckClosure(policy, d.Now(), e, dr); err != nil {
		return err
	}
	return nil
}

func findException(all []review.Exception, id review.EntryIndex) *review.Exception {
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

// Approve stages this person's agreement to exceptions that wait for a second stage: on the item of that stage, the same
// exception with the same terms. Unlike a renewal it is a decision, and it is signed as one.
func (d *Desk) Approve(ctx context.Context, ids []review.EntryIndex, reason string) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustSign(); err != nil {
		return res, err
	}
	all, err := d.exceptions(ctx, store.ClosingQuery{IDs: ids})
	if err != nil {
		return res, err
	}
	dir, err := d.directory(ctx)
	if err != nil {
		return res, err
	}
	drafts := map[review.ItemID]review.Draft{}
	var items []review.ItemID
	for _, id := range ids {
		e := findException(all, id)
		if err := d.checkApproval(&dir.People, id, e); err != nil {
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{Reason: err.Error()})
			continue
		}
		if _, twice := drafts[e.Approval]; twice {
			continue
		}
		items = append(items, e.Approval)
		drafts[e.Approval] = review.Draft{Verdict: review.Except, Until: e.Until, Owner: e.Owner, Control: e.Control, Reason: firstOf(reason, e.Reason), Bulk: len(ids) > 1}
	}
	if len(items) == 0 {
		return res, nil
	}
	verdicts, skipped, err := d.verdicts(ctx, items, false, nil, func(id review.ItemID) review.Draft { return drafts[id] })
	if err != nil {
		return res, err
	}
	words := fmt.Sprintf("approval of %d %s", len(verdicts), plural(len(verdicts), "exception", "exceptions"))
	return d.stageVerdicts(ctx, words, verdicts, append(res.Skipped, skipped...), nil)
}

func (d *Desk) checkApproval(people *review.People, id review.EntryIndex, e *review.Exception) error {
	if e == nil {
		return noException(id)
	}
	if err := review.CheckApproval(e); err != nil {
		return err
	}
	if err := review.MayApprove(people, e, d.Me()); err != nil {
		return err
	}
	return nil
}

func noException(id review.EntryIndex) *review.Error {
	return review.Errorf(review.KindNotFound, "there is no exception %d in force", id).WithHint("`tickmark exceptions` lists them")
}

// proveByImport makes the file of an import the evidence that an exception is cured, if it shows the access gone.
func (d *Desk) proveByImport(ctx context.Context, e *review.Exception, dr *review.ClosureDraft) error {
	if dr.Import == 0 {
		return nil
	}
	if dr.Outcome != review.OutcomeRemediated || dr.EvidenceSHA256 != "" {
		return review.Errorf(review.KindUsage, "an import is the evidence of a remediated exception, in place of a file").WithHint("leave the import out, or the evidence file")
	}
	im, err := d.db.Import(ctx, dr.Import)
	if err != nil {
		return err
	}
	if im.Source != e.Source || im.Entry == 0 {
		return review.Errorf(review.KindRefused, "import %d says nothing about exception %d", dr.Import, e.ID).WithReason("other-source").WithHint("name a signed import of %s: `tickmark imports` lists them", e.Source)
	}
	in := review.Settling{Completeness: im.Completeness, Decided: e.Decided, Of: "exception"}
	if im.ExportedFrom == "flag" || im.ExportedFrom == "file" {
		in.Extracted = im.ExportedAt
	}
	if in.Present, err = d.holds(ctx, im.ID, e.ID); err != nil {
		return err
	}
	state, why := review.SettleRevoke(in)
	if state == review.StillPresent {
		why = "the access is in it"
	}
	if state != review.VerifiedGone {
		return review.Errorf(review.KindRefused, "import %d does not show exception %d cured: %s", dr.Import, e.ID, why).WithReason("not-gone").
			WithHint("name a later, complete import, or give a file with --evidence")
	}
	dr.EvidenceSHA256 = im.SHA256
	dr.Control = firstOf(dr.Control, fmt.Sprintf("the access is absent from import %d of %s", im.Entry, im.Source))
	return nil
}

// holds reports whether the grant that a decision is about is among the rows of an import.
func (d *Desk) holds(ctx context.Context, im review.ImportID, decision review.EntryIndex) (bool, error) {
	key, err := d.db.GrantOf(ctx, decision)
	if err != nil {
		return false, err
	}
	hash, err := ledger.ParseSHA(string(key))
	if err != nil {
		return false, internal("a decision names no grant", err)
	}
	return d.db.HasGrant(ctx, im, hash)
}
