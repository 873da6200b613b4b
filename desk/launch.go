package desk

import (
	"context"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// PreviewLaunch is the launch guard: what launching would freeze and sign, and what stands in the way. progress may be nil.
func (d *Desk) PreviewLaunch(ctx context.Context, id review.CampaignID, progress func(review.Progress)) (review.Preview, error) {
	dr, err := d.launchable(ctx, id)
	if err != nil {
		return review.Preview{}, err
	}
	defer frugal()()
	p, err := d.newPopulation(ctx, dr.Spec, progress)
	if err != nil {
		return review.Preview{}, err
	}
	if err := p.each(ctx, nil); err != nil {
		return review.Preview{}, err
	}
	return p.guard(ctx)
}

func (d *Desk) launchable(ctx context.Context, id review.CampaignID) (store.CampaignDraft, error) {
	c, err := d.Campaign(ctx, id)
	if err != nil {
		return store.CampaignDraft{}, err
	}
	if c.State != review.DraftState {
		return store.CampaignDraft{}, review.Errorf(review.KindConflict, "campaign %s is %s, not a draft", id, c.State).WithHint("`tickmark campaign show %s`", id)
	}
	return d.db.Draft(ctx, id)
}

// Launch freezes the population and signs for it. progress may be nil; cancelling ctx leaves the draft as it was.
func (d *Desk) Launch(ctx context.Context, id review.CampaignID, passphrase []byte, progress func(review.Progress)) (review.Receipt, error) {
	defer wipe(passphrase)
	var none review.Receipt
	if err := d.mustManage(ctx); err != nil {
		return none, err
	}
	dr, err := d.launchable(ctx, id)
	if err != nil {
		return none, err
	}
	defer frugal()()
	if err := d.signPending(ctx, dr.Spec); err != nil {
		return none, err
	}
	p, err := d.newPopulation(ctx, dr.Spec, progress)
	if err != nil {
		return none, err
	}
	l, err := d.db.PrepareLaunch(ctx, store.LaunchStart{Campaign: id, Items: p.atMost()})
	if err != nil {
		return none, err
	}
	defer l.Discard()
	if err := p.each(ctx, l.Item); err != nil {
		return none, err
	}
	guard, err := p.guard(ctx)
	if err != nil {
		return none, err
	}
	if len(guard.Blocks) > 0 {
		b := guard.Blocks[0]
		e := review.Errorf(review.KindRefused, "campaign %s cannot be launched: %s", id, b.Text).WithHint("%s", b.Hint).WithReason(b.Code)
		return none, e
	}
	prepared, err := l.Finish()
	if err != nil {
		return none, err
	}
	done, err := d.sign(ctx, signedAct{
		passphrase: passphrase,
		prepare: func(ctx context.Context, _ ledger.Head, _ time.Time) ([]any, any, error) {
			st, err := p.statement(ctx, prepared)
			return nil, st, err
		},
		stillGood: always,
		within:    func(tx *store.Tx, _, _ int64) error { return tx.Launch(prepared) },
		describe:  func(r *review.Receipt) { r.Campaign = id },
	})
	return done.receipt, err
}

// signPending signs the imports a campaign stands on that nobody signed yet.
func (d *Desk) signPending(ctx context.Context, s review.CampaignSpec) error {
	pending, err := d.pendingImports(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(pending) // oldest first, so that each names the one before it
	for _, im := range pending {
		if len(s.Sources) > 0 && !slices.Contains(s.Sources, im.Source) {
			continue
		}
		if _, err := d.SignImport(ctx, im.ID); err != nil {
			return err
		}
	}
	return nil
}

// statement is ledger.md 3.4 for a prepared population.
func (p *population) statement(ctx context.Context, prepared store.Prepared) (*ledger.Campaign, error) {
	s := p.spec
	start, end := p.period()
	st := &ledger.Campaign{
		Log: p.d.log, Campaign: string(s.ID), Title: s.Title, Owner: string(s.Owner), Scope: firstOf(s.Scope, "all"), PeriodStart: ledger.Date(start), PeriodEnd: ledger.Date(end),
		Due: s.Due.UTC().Truncate(time.Second), Stages: p.stages(), NoAnswer: string(s.NoAnswer), Assurance: string(s.Assurance),
		Items: prepared.Items, PopulationRoot: prepared.PopulationRoot, AssignmentsRoot: prepared.AssignmentsRoot,
	}
	var err error
	if st.PolicySHA256, err = p.d.db.PutFile(ctx, p.policy.Text()); err != nil {
		return nil, err
	}
	if st.RulesSHA256, err = p.d.db.PutFile(ctx, p.rulesText()); err != nil {
		return nil, err
	}
	for _, im := range p.imports {
		now, err := p.d.db.Import(ctx, im.ID)
		if err != nil {
			return nil, err
		}
		if now.Entry == 0 {
			return nil, review.Errorf(review.KindRefused, "import %d of %s is not signed", im.ID, im.Source).WithHint("`tickmark sign --import %d`", im.ID)
		}
		st.Imports = append(st.Imports, int64(now.Entry))
	}
	for _, x := range p.excluded.exclusions() {
		st.Exclusions = append(st.Exclusions, ledger.Exclusion{Count: x.Count, Reason: x.Reason})
	}
	return st, nil
}

func (p *population) stages() int64 {
	if p.policy.HighNeedsStage2 && len(p.spec.Stage2) > 0 {
		return int64(max(2, p.spec.Stages))
	}
	return int64(max(1, p.spec.Stages))
}

// period is the one given, else from the oldest import's day to the due day (rulings 20).
func (p *population) period() (start, end string) {
	start, end = p.spec.PeriodStart, p.spec.PeriodEnd
	if start == "" {
		oldest := p.now
		for _, im := range p.imports {
			at := im.ExportedAt
			if at.IsZero() {
				at = im.ImportedAt
			}
			if at.Before(oldest) {
				oldest = at
			}
		}
		start = oldest.Format(time.DateOnly)
	}
	if end == "" {
		end = max(start, p.spec.Due.UTC().Format(time.DateOnly))
	}
	return start, end
}
