package desk

import (
	"context"

	"tickmark/review"
)

// Every act on a pack is refused: what is in it was signed by others, and a change would show as MANIFEST.

func packRefuses() error {
	return review.Errorf(review.KindNotAllowed, "this is an evidence pack: nothing in it can be changed").WithReason("pack").
		WithHint("reviews are decided in the database they were exported from")
}

// Staged lists nothing: a pack holds signed acts only.
func (p *Pack) Staged(context.Context) ([]review.StagedBundle, error) {
	return []review.StagedBundle{}, nil
}

// Keys lists nothing: nobody signs here. Which keys signed what stands in Entries and in the trail of an item.
func (p *Pack) Keys(context.Context) ([]review.KeyInfo, error) { return []review.KeyInfo{}, nil }

// PreviewStage is refused.
func (p *Pack) PreviewStage(context.Context, review.Query, []review.ItemID, review.Draft) (review.BulkPreview, error) {
	return review.BulkPreview{}, packRefuses()
}

// Stage is refused.
func (p *Pack) Stage(context.Context, review.Query, []review.ItemID, review.Draft, review.Drafts) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// OtherSide lists nothing: no side is picked in a pack.
func (p *Pack) OtherSide(context.Context, review.ItemID) ([]review.Item, error) { return nil, nil }

// PickSide is refused.
func (p *Pack) PickSide(context.Context, review.ItemID, string, bool, review.Drafts) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// Unstage is refused.
func (p *Pack) Unstage(context.Context, []review.ItemID, review.Drafts) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// Undo is refused.
func (p *Pack) Undo(context.Context) (string, []review.ItemID, error) { return "", nil, packRefuses() }

// Redo is refused.
func (p *Pack) Redo(context.Context) (string, []review.ItemID, error) { return "", nil, packRefuses() }

// Reassign is refused.
func (p *Pack) Reassign(context.Context, []review.ItemID, review.Principal, string, string) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// Pulse never changes: nothing in a pack does.
func (p *Pack) Pulse(context.Context) (review.Pulse, error) { return review.Pulse{}, nil }

// ConfirmShown is refused.
func (p *Pack) ConfirmShown(context.Context, []review.StagedBundle, []byte) ([]review.Receipt, error) {
	return nil, packRefuses()
}

// SignOff is refused.
func (p *Pack) SignOff(context.Context, review.CampaignID, review.Role, []byte) ([]review.Receipt, error) {
	return nil, packRefuses()
}

// Approve is refused.
func (p *Pack) Approve(context.Context, []review.EntryIndex, string) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// StageClosure is refused.
func (p *Pack) StageClosure(context.Context, []review.EntryIndex, review.ClosureDraft) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// StageClaim is refused.
func (p *Pack) StageClaim(context.Context, []review.EntryIndex, review.ClaimDraft) (review.StageResult, error) {
	return review.StageResult{}, packRefuses()
}

// ImportFile is refused, a dry run too: a pack is looked at by itself.
func (p *Pack) ImportFile(context.Context, string, review.ImportOptions, func(review.Progress)) (review.ImportReport, error) {
	return review.ImportReport{}, packRefuses()
}

// NewCampaign is refused.
func (p *Pack) NewCampaign(context.Context, review.CampaignSpec) (review.Campaign, error) {
	return review.Campaign{}, packRefuses()
}

// Draft is refused: a pack holds no drafts.
func (p *Pack) Draft(context.Context, review.CampaignID) (review.CampaignSpec, error) {
	return review.CampaignSpec{}, packRefuses()
}

// ChangeDraft is refused.
func (p *Pack) ChangeDraft(context.Context, review.CampaignSpec) (review.Campaign, error) {
	return review.Campaign{}, packRefuses()
}

// AcceptBlocks is refused.
func (p *Pack) AcceptBlocks(context.Context, review.CampaignID, []review.Notice) error {
	return packRefuses()
}

// PreviewLaunch is refused.
func (p *Pack) PreviewLaunch(context.Context, review.CampaignID, func(review.Progress)) (review.Preview, error) {
	return review.Preview{}, packRefuses()
}

// Launch is refused.
func (p *Pack) Launch(context.Context, review.CampaignID, []byte, func(review.Progress)) (review.Receipt, error) {
	return review.Receipt{}, packRefuses()
}

// SetSetting is refused.
func (p *Pack) SetSetting(context.Context, string, string) error { return packRefuses() }

// PreviewLink is refused.
func (p *Pack) PreviewLink(context.Context, review.Link) (review.LinkPreview, error) {
	return review.LinkPreview{}, packRefuses()
}

// Link is refused.
func (p *Pack) Link(context.Context, review.Link) (review.ImportReport, error) {
	return review.ImportReport{}, packRefuses()
}

// People is refused: nobody is joined to anybody in a pack.
func (p *Pack) People(context.Context, review.Link, string, int) ([]review.Person, error) {
	return nil, packRefuses()
}
