package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Payloads of staged acts: what the draft said, kept until it is signed.
type (
	reassignment struct {
		To     review.Principal
		Until  string
		Reason string
	}
	closure struct {
		review.ClosureDraft
	}
	remedy struct {
		review.ClaimDraft
		State  string            // claimed, gone, still-present, came-back
		Import review.EntryIndex // that proves it; 0 for a claim
	}
)

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings
	}
	return b
}

// Exceptions lists exceptions with their state today that pass a filter of review.ParseExceptionFilter.
func (d *Desk) Exceptions(ctx context.Context, filter string) ([]review.Exception, error) {
	match, err := review.ParseExceptionFilter(filter)
	if err != nil {
		return nil, err
	}
	all, err := d.exceptions(ctx, store.ClosingQuery{})
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for i := range all {
		if match.MatchException(&all[i], d.Now()) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

func (d *Desk) exceptions(ctx context.Context, q store.ClosingQuery) ([]review.Exception, error) {
	all, err := d.db.Exceptions(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range all {
		e := &all[i]
		e.State, e.Days = review.ExceptionStateAt(d.policy, d.Now(), e)
	}
	return all, nil
}

// StageClosure stages the renewal or the end of exceptions by this manager.
func (d *Desk) StageClosure(ctx context.Context, ids []review.EntryIndex, dr review.ClosureDraft) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustManage(ctx); err != nil {
		return res, err
	}
	if dr.EvidenceName != "" && dr.EvidenceSHA256 == "" {
		sum, err := d.HashEvidence(dr.EvidenceName)
		if err != nil {
			return res, err
		}
		dr.EvidenceSHA256 = sum
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
				return res, review.Errorf(review.KindNotFound, "there is no exception %d in force", id).WithHint("`tickmark exceptions` lists them")
			}
			res.Skipped = append(res.Skipped, review.Skip{Reason: fmt.Sprintf("there is no exception %d in force", id)})
			continue
		}
		if err := d.checkClosure(ctx, e, dr); err != nil {
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: e.Item, Reason: err.Error()})
			continue
		}
		acts = append(acts, store.StagedAct{Act: review.ActClosure, Campaign: e.Campaign, Item: e.Item, Ref: e.ID, What: dr.Outcome, By: d.Me(), At: d.Now(), Payload: marshal(closure{dr})})
	}
	return d.stageActs(ctx, res, acts, dr.Outcome, "exception")
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
	if policy, err := d.policyIn(ctx, e.Campaign); err != nil {
		return err
	} else if dr.Outcome == review.OutcomeRenewed && policy.ExceptionApproval == review.ApprovalManager {
		org, err := d.org(ctx, e.Campaign, d.Me())
		if err != nil {
			return err
		}
		if err := review.MayApprove(org, e, d.Me()); err != nil {
			return err
		}
	}
	if err := review.CheckClosure(d.policy, d.Now(), e, dr); err != nil {
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

func (d *Desk) stageActs(ctx context.Context, res review.StageResult, acts []store.StagedAct, what, thing string) (review.StageResult, error) {
	if len(acts) == 0 {
		return res, nil
	}
	out, err := d.db.StageActs(ctx, d.Me(), fmt.Sprintf("%s on %d %s", what, len(acts), plural(len(acts), thing, thing+"s")), acts)
	if err != nil {
		return res, err
	}
	d.sayVoid(out.Voided)
	res.Staged = len(acts)
	return res, nil
}

func (d *Desk) mustManage(ctx context.Context) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	return d.mustBeEnrolled(ctx, d.Me(), ledger.NamespaceManage)
}

// HashEvidence is the SHA-256 of an evidence file in hex. The file itself is not stored.
func (d *Desk) HashEvidence(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fileError(path, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fileError(path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Remediations lists revokes with how far they are today that pass a filter of review.ParseRemediationFilter.
func (d *Desk) Remediations(ctx context.Context, filter string) ([]review.Remediation, error) {
	match, err := review.ParseRemediationFilter(filter)
	if err != nil {
		return nil, err
	}
	all, err := d.remediations(ctx, store.ClosingQuery{})
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for i := range all {
		if match.MatchRemediation(&all[i], d.Now()) {
			out = append(out, all[i])
		}
	}
	return out, nil
}

func (d *Desk) remediations(ctx context.Context, q store.ClosingQuery) ([]review.Remediation, error) {
	all, err := d.db.Remediations(ctx, q)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	for i := range all {
		r := &all[i]
		r.Days = int(now.Sub(r.Decided) / (24 * time.Hour))
		r.Overdue = review.Overdue(d.policy, now, r)
	}
	return all, nil
}

// StageClaim stages that revokes are said to be carried out.
func (d *Desk) StageClaim(ctx context.Context, ids []review.EntryIndex, dr review.ClaimDraft) (review.StageResult, error) {
	var res review.StageResult
	if err := d.mustManage(ctx); err != nil {
		return res, err
	}
	all, err := d.remediations(ctx, store.ClosingQuery{IDs: ids})
	if err != nil {
		return res, err
	}
	byID := map[review.EntryIndex]*review.Remediation{}
	for i := range all {
		byID[all[i].ID] = &all[i]
	}
	var acts []store.StagedAct
	for _, id := range ids {
		r := byID[id]
		if r == nil {
			err := review.Errorf(review.KindNotFound, "there is no revoke %d in force", id).WithHint("`tickmark remediation` lists them; only what was revoked can be claimed")
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{Reason: err.Message})
			continue
		}
		if err := review.CheckClaim(d.policy, d.Now(), r, dr); err != nil {
			if len(ids) == 1 {
				return res, err
			}
			res.Skipped = append(res.Skipped, review.Skip{ID: r.Item, Reason: err.Error()})
			continue
		}
		acts = append(acts, store.StagedAct{Act: review.ActRemediation, Campaign: r.Campaign, Item: r.Item, Ref: r.ID, What: "claimed", By: d.Me(), At: d.Now(), Payload: marshal(remedy{ClaimDraft: dr, State: "claimed"})})
	}
	return d.stageActs(ctx, res, acts, "claimed", "revoke")
}

// assembleActs makes the records of a manager's staged acts of one kind.
func (d *Desk) assembleActs(ctx context.Context, b *bundle, c review.CampaignID, a review.Act) (since time.Time, err error) {
	acts, err := d.db.StagedActs(ctx, d.Me(), c, a)
	if err != nil {
		return since, err
	}
	b.left = max(0, len(acts)-bundleLimit)
	b.acts = acts[:len(acts)-b.left]
	for i := range b.acts {
		act := &b.acts[i]
		if act.By == d.Me() && (since.IsZero() || act.At.Before(since)) {
			since = act.At
		}
		r, err := d.actRecord(ctx, act)
		if err != nil {
			return since, err
		}
		b.records = append(b.records, r)
	}
	if since.IsZero() {
		since = d.Now()
	}
	return since, nil
}

func (d *Desk) actRecord(ctx context.Context, act *store.StagedAct) (any, error) {
	item, err := ledger.ParseSHA(string(act.Item))
	if err != nil {
		return nil, internal("a staged act names no item", err)
	}
	salt, err := d.salt()
	if err != nil {
		return nil, err
	}
	me := string(d.Me())
	switch act.Act {
	case review.ActReassign:
		var p reassignment
		if err := json.Unmarshal(act.Payload, &p); err != nil {
			return nil, internal("a staged reassignment cannot be read", err)
		}
		recs, err := d.db.Record(ctx, []review.ItemID{act.Item})
		if err != nil {
			return nil, err
		}
		return &ledger.Reassign{Log: d.log, Campaign: string(act.Campaign), Item: item, From: string(recs[0].Reviewer), To: string(p.To), Until: ledger.Date(p.Until), Reason: p.Reason, Manager: me, Salt: salt}, nil
	case review.ActClosure:
		var p closure
		if err := json.Unmarshal(act.Payload, &p); err != nil {
			return nil, internal("a staged closure cannot be read", err)
		}
		all, err := d.db.Exceptions(ctx, store.ClosingQuery{IDs: []review.EntryIndex{act.Ref}})
		if err != nil {
			return nil, err
		}
		e := findException(all, act.Ref)
		if e == nil || e.State == review.Closed {
			return nil, review.Errorf(review.KindConflict, "exception %d was closed or superseded meanwhile", act.Ref).WithHint("take the staged act back: `tickmark exceptions` shows it")
		}
		r := &ledger.Closure{Log: d.log, Campaign: string(act.Campaign), Item: item, Exception: int64(act.Ref), Outcome: p.Outcome, Until: ledger.Date(p.Until), Owner: p.Owner, Control: p.Control, Reason: p.Reason, Manager: me, Salt: salt}
		if n := len(e.History); n > 0 {
			r.Previous = int64(newestClosure(e.History))
		}
		if p.EvidenceSHA256 != "" {
			if r.EvidenceSHA256, err = ledger.ParseSHA("sha256:" + p.EvidenceSHA256); err != nil {
				return nil, internal("the evidence has no digest", err)
			}
			if p.EvidenceName != "" {
				if now, err := d.HashEvidence(p.EvidenceName); err == nil && now != p.EvidenceSHA256 {
					return nil, review.Errorf(review.KindConflict, "the evidence file %s changed since it was hashed", review.Safe(p.EvidenceName)).WithHint("stage the closure again with the file as it is now")
				}
			}
		}
		return r, nil
	case review.ActRemediation:
		var p remedy
		if err := json.Unmarshal(act.Payload, &p); err != nil {
			return nil, internal("a staged remediation record cannot be read", err)
		}
		done, err := parseMoment(p.Done)
		if err != nil {
			return nil, err
		}
		return &ledger.Remediation{Log: d.log, Campaign: string(act.Campaign), Item: item, Decision: int64(act.Ref), State: p.State, Ticket: p.Ticket, Done: done, Import: int64(p.Import), Note: p.Note, Manager: me, Salt: salt}, nil
	}
	return nil, internal("a staged act of no known kind", fmt.Errorf("%q", act.Act))
}

func newestClosure(history []review.ClosureRecord) review.EntryIndex {
	var last review.EntryIndex
	for _, h := range history {
		last = max(last, h.Index)
	}
	return last
}

// describeActs groups staged acts into the bundles their signatures would make.
func (d *Desk) describeActs(ctx context.Context, acts []store.StagedAct) ([]review.StagedBundle, error) {
	type group struct {
		c review.CampaignID
		a review.Act
	}
	var order []group
	by := map[group][]store.StagedAct{}
	for _, a := range acts {
		g := group{a.Campaign, a.Act}
		if by[g] == nil {
			order = append(order, g)
		}
		by[g] = append(by[g], a)
	}
	var out []review.StagedBundle
	for _, g := range order {
		b := review.StagedBundle{Campaign: g.c, Act: g.a, Records: len(by[g])}
		count := map[string]int64{}
		for _, a := range by[g] {
			count[a.What]++
			if b.Since.IsZero() || a.At.Before(b.Since) {
				b.Since = a.At
			}
			if len(b.Lines) < stagedLines {
				line, err := d.describeAct(ctx, &a)
				if err != nil {
					return nil, err
				}
				b.Lines = append(b.Lines, line)
			}
		}
		b.Tally = tally(g.a, count)
		if g.a == review.ActRemediation && count["gone"]+count["still-present"]+count["came-back"] > 0 {
			b.Warnings = append(b.Warnings, review.Notice{Code: "by-import", Text: "an import showed what became of these revokes; your signature states it, anyone can recompute it from the rows"})
		}
		out = append(out, b)
	}
	return out, nil
}

func (d *Desk) describeAct(ctx context.Context, a *store.StagedAct) (review.StagedLine, error) {
	line := review.StagedLine{Item: a.Item, What: a.What}
	it, err := d.db.Item(ctx, a.Item)
	if err != nil {
		return line, err
	}
	line.Identity, line.System, line.Account, line.Entitlement, line.Severity = display(it.Name, it.Identity), it.System, display(it.Login, it.Account), display(it.EntName, it.Entitlement), it.MaxSeverity
	switch a.Act {
	case review.ActReassign:
		var p reassignment
		if json.Unmarshal(a.Payload, &p) == nil {
			line.What, line.Reason = "reassign to "+string(p.To), p.Reason
		}
	case review.ActClosure:
		var p closure
		if json.Unmarshal(a.Payload, &p) == nil {
			line.Reason = p.Reason
			if p.Until != "" {
				line.What += " until " + p.Until
			}
		}
	case review.ActRemediation:
		var p remedy
		if json.Unmarshal(a.Payload, &p) == nil {
			line.Reason = strings.TrimSpace(p.Ticket + " " + p.Note)
		}
	}
	return line, nil
}
