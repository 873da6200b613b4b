package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// NewCampaign keeps a draft: what is to be reviewed, by whom, until when. Nothing is signed yet.
func (d *Desk) NewCampaign(ctx context.Context, s review.CampaignSpec) (review.Campaign, error) {
	return d.draft(ctx, s, func(s review.CampaignSpec) error {
		return d.db.CreateDraft(ctx, store.CampaignDraft{Spec: s, By: d.Me(), Created: d.Now()})
	})
}

// ChangeDraft puts a draft in place of the one of the same name; conflict once it is launched or cancelled.
func (d *Desk) ChangeDraft(ctx context.Context, s review.CampaignSpec) (review.Campaign, error) {
	return d.draft(ctx, s, func(s review.CampaignSpec) error { return d.db.UpdateDraft(ctx, s) })
}

func (d *Desk) draft(ctx context.Context, s review.CampaignSpec, keep func(review.CampaignSpec) error) (review.Campaign, error) {
	if err := d.mustSign(); err != nil {
		return review.Campaign{}, err
	}
	if s.Template != "" {
		if err := d.fromTemplate(ctx, &s); err != nil {
			return review.Campaign{}, err
		}
	}
	if err := d.checkSpec(ctx, &s); err != nil {
		return review.Campaign{}, err
	}
	if err := keep(s); err != nil {
		return review.Campaign{}, err
	}
	return d.Campaign(ctx, s.ID)
}

// Draft gives what a campaign that is not launched was drafted as; not-found if there is none, conflict once it is launched or
// cancelled.
func (d *Desk) Draft(ctx context.Context, id review.CampaignID) (review.CampaignSpec, error) {
	dr, err := d.launchable(ctx, id)
	return dr.Spec, err
}

// AcceptBlocks says of what stands in the way of a launch that it is meant: a review of nothing, a source without grants, a
// count that fell.
func (d *Desk) AcceptBlocks(ctx context.Context, id review.CampaignID, blocks []review.Notice) error {
	for _, b := range blocks {
		switch b.Code {
		case review.BlockCollapse:
			if err := d.AcceptCount(ctx, b.Import); err != nil {
				return err
			}
		case review.BlockNoItems, review.BlockEmptySource:
			if err := d.AllowEmpty(ctx, id); err != nil {
				return err
			}
		default:
			return review.Errorf(review.KindRefused, "that cannot be meant: %s", b.Text).WithHint("%s", b.Hint)
		}
	}
	return nil
}

// AllowEmpty says of a draft that a review of nothing, or a source without grants, is meant.
func (d *Desk) AllowEmpty(ctx context.Context, id review.CampaignID) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	spec, err := d.Draft(ctx, id)
	if err != nil || spec.AllowEmpty {
		return err
	}
	spec.AllowEmpty = true
	return d.db.UpdateDraft(ctx, spec)
}

// fromTemplate takes over what an earlier campaign set and this one leaves open.
func (d *Desk) fromTemplate(ctx context.Context, s *review.CampaignSpec) error {
	t, err := d.db.Draft(ctx, s.Template)
	if err != nil {
		return err
	}
	o := t.Spec
	if o.Title != string(o.ID) { // else it has none of its own
		s.Title = firstOf(s.Title, o.Title)
	}
	s.Scope = firstOf(s.Scope, o.Scope)
	s.NoAnswer, s.Assurance, s.PolicyFile = firstOf(s.NoAnswer, o.NoAnswer), firstOf(s.Assurance, o.Assurance), firstOf(s.PolicyFile, o.PolicyFile)
	if s.Stages == 0 {
		s.Stages = o.Stages
	}
	if len(s.Reviewers) == 0 {
		s.Reviewers = o.Reviewers
	}
	if len(s.Routing) == 0 {
		s.Routing = o.Routing
	}
	if len(s.Stage2) == 0 {
		s.Stage2 = o.Stage2
	}
	if len(s.Sources) == 0 {
		s.Sources = o.Sources
	}
	if len(s.Frameworks) == 0 {
		s.Frameworks = o.Frameworks
	}
	return nil
}

// checkSpec fills the defaults a newcomer meets and refuses what cannot be launched later.
func (d *Desk) checkSpec(ctx context.Context, s *review.CampaignSpec) error {
	if !ledger.ValidID(string(s.ID)) {
		return review.Errorf(review.KindUsage, "%q cannot name a campaign", review.Safe(string(s.ID))).WithHint("use lower-case letters, digits, dots and hyphens, at most 64: 2026q4-core; --title takes words")
	}
	s.Owner = firstOf(s.Owner, d.Me())
	s.Title = firstOf(s.Title, string(s.ID))
	s.NoAnswer, s.Assurance = firstOf(s.NoAnswer, review.LeaveOpen), firstOf(s.Assurance, review.AnyKey)
	policy, err := d.policyOf(*s)
	if err != nil {
		return err
	}
	if s.Stages == 0 && len(s.Stage2) > 0 && !policy.HighNeedsStage2 {
		s.Stages = 2
	}
	s.Stages = max(1, s.Stages)
	if !slices.Contains([]review.NoAnswer{review.LeaveOpen, review.RevokeUnanswered, review.ReassignOpen}, s.NoAnswer) {
		return review.Errorf(review.KindUsage, "there is no policy %q for no answer", review.Safe(string(s.NoAnswer))).WithHint("leave-open, revoke or reassign")
	}
	if !slices.Contains([]review.Assurance{review.AnyKey, review.OwnKey, review.TouchKey, review.PinKey}, s.Assurance) {
		return review.Errorf(review.KindUsage, "there is no assurance %q", review.Safe(string(s.Assurance))).WithHint("any, own-key, touch or pin")
	}
	if s.Stages > 1 && len(s.Stage2) == 0 {
		return review.Errorf(review.KindUsage, "two stages need somebody for the second").WithHint("name them with --stage2")
	}
	if policy.ExceptionApproval == review.ApprovalManager && s.Stages < 2 {
		return review.Errorf(review.KindUsage, "the policy wants every exception approved by a second person, and this review has one stage").
			WithHint("name who approves with --stage2")
	}
	if s.Due.IsZero() {
		return review.Errorf(review.KindUsage, "a campaign needs a due date").WithHint("--due 2026-12-11")
	}
	if _, err := review.ParseFilter(s.Scope); err != nil {
		return err
	}
	for _, p := range append(slices.Clone(s.Reviewers), s.Stage2...) {
		if !ledger.ValidPrincipal(string(p)) {
			return review.Errorf(review.KindUsage, "%q is not a principal", review.Safe(string(p))).WithHint("reviewers look like alice@example.com")
		}
		if err := d.mustBeEnrolled(ctx, p, ledger.NamespaceReview); err != nil {
			return err
		}
	}
	for _, day := range []string{s.PeriodStart, s.PeriodEnd} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return review.Errorf(review.KindUsage, "%q is not a day", review.Safe(day)).WithHint("--period 2026-10-01..2026-12-31")
		}
	}
	if s.PeriodStart != "" && s.PeriodEnd != "" && s.PeriodEnd < s.PeriodStart {
		return review.Errorf(review.KindUsage, "the period ends before it starts").WithHint("--period FROM..TO")
	}
	return nil
}

// CancelCampaign gives a draft up.
func (d *Desk) CancelCampaign(ctx context.Context, id review.CampaignID) error {
	if err := d.mustSign(); err != nil {
		return err
	}
	return d.db.CancelDraft(ctx, id)
}

// Campaigns lists launched campaigns and drafts, oldest first.
func (d *Desk) Campaigns(ctx context.Context) ([]review.Campaign, error) {
	launched, err := d.db.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]review.Campaign, 0, len(launched))
	for i := range launched {
		out = append(out, d.stated(&launched[i]))
	}
	drafts, err := d.db.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	for _, dr := range drafts {
		out = append(out, draftCampaign(&dr))
	}
	return out, nil
}

// Campaign gives one campaign, launched or draft.
func (d *Desk) Campaign(ctx context.Context, id review.CampaignID) (review.Campaign, error) {
	rec, err := d.db.Campaign(ctx, id)
	if err == nil {
		c := d.stated(&rec)
		if dr, err := d.db.Draft(ctx, id); err == nil {
			c.Routing, c.Stage2 = dr.Spec.Routing, dr.Spec.Stage2
		}
		return c, nil
	}
	if review.KindOf(err) != review.KindNotFound {
		return review.Campaign{}, err
	}
	dr, err := d.db.Draft(ctx, id)
	if review.KindOf(err) == review.KindNotFound {
		return review.Campaign{}, review.Errorf(review.KindNotFound, "there is no campaign %q", review.Safe(string(id))).WithHint("`tickmark campaign list` shows them")
	}
	return draftCampaign(&dr), err
}

// stated fills in the state, which depends on the day.
func (d *Desk) stated(rec *store.CampaignRecord) review.Campaign {
	c := rec.Campaign
	c.State = review.StateOfCampaign(&c, rec.RevokesOpen, d.Now())
	return c
}

func draftCampaign(dr *store.CampaignDraft) review.Campaign {
	s := dr.Spec
	c := review.Campaign{Name: s.ID, Title: s.Title, State: review.DraftState, Owner: s.Owner, Scope: s.Scope, Due: s.Due, Period: [2]string{s.PeriodStart, s.PeriodEnd},
		NoAnswer: s.NoAnswer, Assurance: s.Assurance, Stages: s.Stages, Routing: s.Routing, Stage2: s.Stage2, Frameworks: s.Frameworks, Sources: s.Sources}
	for _, p := range s.Reviewers {
		c.Reviewers = append(c.Reviewers, review.ReviewerCount{Principal: p})
	}
	if !dr.Cancelled.IsZero() {
		c.State = review.Cancelled
	}
	return c
}

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

// SignOff signs "I am done", with counts. Without a role it is the reviewer's, and the manager's too when the signer owns
// the campaign and no other reviewer is outstanding (rulings 20).
func (d *Desk) SignOff(ctx context.Context, id review.CampaignID, role review.Role, passphrase []byte) ([]review.Receipt, error) {
	defer wipe(passphrase)
	if err := d.mustSign(); err != nil {
		return nil, err
	}
	c, err := d.db.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.SignedOff.IsZero() {
		return nil, review.Errorf(review.KindConflict, "campaign %s was signed off on %s", id, stamp(c.SignedOff)).WithHint("`tickmark campaign show %s`", id)
	}
	staged, err := d.db.StagedVerdicts(ctx, d.Me(), id, 0)
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		return nil, review.Errorf(review.KindConflict, "%d of your verdicts are staged and not signed", len(staged)).WithHint("sign or take them back first: `tickmark sign`, `tickmark staged`")
	}
	parts := []review.Role{role}
	if role == "" {
		parts = d.signoffRoles(&c)
	}
	if slices.Contains(parts, review.Manager) {
		err := d.noAnswer(ctx, &c)
		var e *review.Error
		switch {
		case err == nil:
		case len(parts) > 1 && errors.As(err, &e) && e.Reason == notDue: // the reviewer's sign-off can be made all the same
			d.o.Say("the review is not closed yet: %s", e.Message)
			parts = slices.DeleteFunc(parts, func(r review.Role) bool { return r == review.Manager })
		default:
			return nil, err
		}
	}
	var out []review.Receipt
	for _, r := range parts {
		done, err := d.signOffAs(ctx, id, r, passphrase)
		if err != nil {
			return out, err
		}
		out = append(out, done)
	}
	return out, nil
}

// signoffRoles are the sign-offs a person owes who named none.
func (d *Desk) signoffRoles(c *store.CampaignRecord) []review.Role {
	me := d.Me()
	var parts []review.Role
	outstanding := false
	for _, r := range c.Reviewers {
		switch {
		case r.Principal == me && r.Items > 0 && r.SignedOff.IsZero():
			parts = append(parts, review.Reviewer)
		case r.Principal != me && r.Items > 0 && r.SignedOff.IsZero():
			outstanding = true
		}
	}
	if c.Owner == me && !outstanding {
		parts = append(parts, review.Manager)
	}
	if len(parts) == 0 {
		parts = append(parts, review.Reviewer)
	}
	return parts
}

func (d *Desk) signOffAs(ctx context.Context, id review.CampaignID, role review.Role, passphrase []byte) (review.Receipt, error) {
	var st *ledger.Signoff
	done, err := d.sign(ctx, signedAct{
		passphrase: slices.Clone(passphrase),
		prepare: func(ctx context.Context, _ ledger.Head, _ time.Time) ([]any, any, error) {
			who := d.Me()
			if role == review.Manager {
				who = ""
			}
			n, err := d.db.SignedCounts(ctx, id, who)
			if err != nil {
				return nil, nil, err
			}
			if role == review.Reviewer && n.Items == 0 {
				return nil, nil, review.Errorf(review.KindNotAllowed, "nothing in campaign %s is assigned to %s", id, who).WithHint("the owner signs off with --role manager")
			}
			counts := []review.Count{{Word: "keep", N: n.Keep}, {Word: "revoke", N: n.Revoke}, {Word: "exception", N: n.Exception}, {Word: "abstain", N: n.Abstain}}
			st = &ledger.Signoff{Log: d.log, Campaign: string(id), Role: string(role), Items: n.Items, Decided: n.Decided, Open: n.Open, Tally: tallyText(counts)}
			return nil, st, nil
		},
		describe: func(r *review.Receipt) {
			r.Campaign = id
			r.Receipt += fmt.Sprintf(", %s signed off %d of %d items", role, st.Decided, st.Items)
		},
	})
	return done.receipt, err
}

// Quality is how people reviewed, with the policy's thresholds that were crossed.
func (d *Desk) Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error) {
	all, err := d.db.Quality(ctx, c)
	if err != nil {
		return nil, err
	}
	policy, err := d.Policy(ctx, c)
	for i := range all {
		all[i].Signals = review.QualitySignals(policy, all[i])
	}
	return all, err
}
