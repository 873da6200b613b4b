package desk

import (
	"context"
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
