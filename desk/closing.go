package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// Payloads of staged acts: what the draft said, kept until it is signed.
type (
	reassignment struct {
		From   review.Principal `json:",omitempty"` // who decided when it was staged; empty: an earlier release did not say
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
		// Earlier are the proofs of earlier imports that nobody has signed yet, oldest first; each is a record of its own.
		Earlier []remedy `json:",omitempty"`
	}
)

// remedySteps are the records a staged remediation act would make, in order.
func remedySteps(a *store.StagedAct) ([]remedy, error) {
	var p remedy
	if err := json.Unmarshal(a.Payload, &p); err != nil {
		return nil, internal("a staged remediation record cannot be read", err)
	}
	steps := p.Earlier
	p.Earlier = nil
	return append(steps, p), nil
}

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings
	}
	return b
}

func (d *Desk) stageActs(ctx context.Context, res review.StageResult, acts []store.StagedAct, shown []int64, what, thing string) (review.StageResult, error) {
	if len(acts) == 0 {
		return res, nil
	}
	out, err := d.db.StageActs(ctx, d.Me(), fmt.Sprintf("%s on %d %s", what, len(acts), plural(len(acts), thing, thing+"s")), acts, d.seenActs(shown))
	if err != nil {
		return res, err
	}
	d.sayVoid(out.Voided)
	d.ownManaged(acts)
	res.Staged = out.Changed
	for _, a := range out.Stands {
		res.Skipped = append(res.Skipped, review.Skip{ID: a.Item, Reason: standsWords(a)})
	}
	if len(acts) == 1 && len(out.Stands) == 1 {
		return res, review.Errorf(review.KindConflict, "%s", standsWords(out.Stands[0])).WithReason("staged").WithHint("nothing was changed; look, then do it again")
	}
	return res, nil
}

func (d *Desk) mustManage(ctx context.Context) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	return d.mustBeEnrolled(ctx, d.Me(), ledger.NamespaceManage)
}

// assembleActs makes the records of a manager's staged acts of one kind.
func (d *Desk) assembleActs(ctx context.Context, b *bundle, c review.CampaignID, a review.Act) (since time.Time, err error) {
	acts, err := d.freshActs(ctx, c, a)
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
		records, err := d.actRecords(ctx, act)
		if err != nil {
			return since, err
		}
		if i > 0 && len(b.records)+len(records) > bundleLimit {
			b.left, b.acts = b.left+len(b.acts)-i, b.acts[:i]
			break
		}
		b.records = append(b.records, records...)
	}
	if since.IsZero() {
		since = d.Now()
	}
	return since, nil
}

// actRecords are the ledger's records of a staged act: one, and one more for each earlier proof of the same revoke.
func (d *Desk) actRecords(ctx context.Context, act *store.StagedAct) ([]any, error) {
	if act.Act != review.ActRemediation {
		r, err := d.actRecord(ctx, act)
		return []any{r}, err
	}
	item, err := ledger.ParseSHA(string(act.Item))
	if err != nil {
		return nil, internal("a staged act names no item", err)
	}
	steps, err := remedySteps(act)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(steps))
	for i, p := range steps {
		done, err := parseMoment(p.Done)
		if err != nil {
			return nil, err
		}
		salt, err := d.salt()
		if err != nil {
			return nil, err
		}
		out[i] = &ledger.Remediation{Log: d.log, Campaign: string(act.Campaign), Item: item, Decision: int64(act.Ref), State: p.State, Ticket: p.Ticket, Done: done,
			Import: int64(p.Import), Note: p.Note, Manager: string(d.Me()), Salt: salt}
	}
	return out, nil
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
		p, err := reassignmentOf(act)
		if err != nil {
			return nil, err
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
		}
		return r, nil
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
		items, err := d.itemsOf(ctx, by[g][:min(len(by[g]), bundleLimit)])
		if err != nil {
			return nil, err
		}
		for i, a := range by[g] {
			count[a.What]++
			if g.a == review.ActRemediation {
				steps, err := remedySteps(&a)
				if err != nil {
					return nil, err
				}
				b.Records += len(steps) - 1
				for _, earlier := range steps[:len(steps)-1] {
					count[earlier.State]++
				}
			}
			if b.Since.IsZero() || a.At.Before(b.Since) {
				b.Since = a.At
			}
			if i < len(items) {
				b.Lines = append(b.Lines, describeAct(&a, &items[i].Item))
			}
		}
		b.Tally, b.Mark = tally(g.a, count), actTags(by[g]).mark()
		if g.a == review.ActRemediation && count["gone"]+count["still-present"]+count["came-back"] > 0 {
			b.Warnings = append(b.Warnings, review.Notice{Code: "by-import", Text: "an import showed what became of these revokes; your signature states it, anyone can recompute it from the rows"})
		}
		out = append(out, b)
	}
	return out, nil
}

// itemsOf are the items that acts are about, in their order.
func (d *Desk) itemsOf(ctx context.Context, acts []store.StagedAct) ([]store.ItemRecord, error) {
	ids := make([]review.ItemID, len(acts))
	for i, a := range acts {
		ids[i] = a.Item
	}
	return d.db.Record(ctx, ids)
}

func describeAct(a *store.StagedAct, it *review.Item) review.StagedLine {
	line := review.StagedLine{Item: a.Item, What: a.What}
	line.Identity, line.System, line.Account, line.Entitlement, line.Severity = display(it.Name, it.Identity), it.System, display(it.Login, it.Account), display(it.EntName, it.Entitlement), it.MaxSeverity
	switch a.Act {
	case review.ActReassign:
		if p, err := reassignmentOf(a); err == nil {
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
			for _, earlier := range p.Earlier {
				line.Reason = strings.TrimSpace(line.Reason + fmt.Sprintf(" (before: %s, entry %d)", earlier.State, earlier.Import))
			}
		}
	}
	return line
}
