package tui

import (
	"context"
	"time"

	"tickmark/review"
)

// Desk is everything a screen can ask for or have done: reading, staging, confirming. It is bound to one person.
//
// Every method may be slow and is called from a command, never from Update or View. Errors are *review.Error. Nothing a
// method returns is a decision until Confirm has returned its receipt.
type Desk interface {
	// Me is the person this desk acts for; empty if nobody can sign here (browse only).
	Me() review.Principal
	// Now is the desk's clock.
	Now() time.Time
	// Policy is the policy a campaign was launched with: thresholds for friction, expiry and haste.
	Policy(ctx context.Context, c review.CampaignID) (review.Policy, error)

	// Overview is Home: campaigns, exceptions, revokes, the head of the ledger.
	Overview(ctx context.Context) (review.Overview, error)

	// Count, Page and Groups read items. Pages are keyset pages: constant memory at any size. With Query.Asker set each
	// item says why that person may not decide it (Item.Blocked).
	Count(ctx context.Context, q review.Query) (int64, error)
	Page(ctx context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error)
	Groups(ctx context.Context, q review.Query, column string) ([]review.GroupCount, error)
	// Item gives one item as lists show it; Detail all that is known of it and the facts that would be signed.
	Item(ctx context.Context, id review.ItemID) (review.Item, error)
	Detail(ctx context.Context, id review.ItemID) (review.Detail, error)
	// Card is the identity at step positions from the one with key identity, in the order of q ("" and 0: the first
	// with something undecided, else the first). A step past either end stays at the end.
	Card(ctx context.Context, q review.Query, identity string, step int) (review.Card, error)
	// NextUndecided is the next open item after one, wrapping round; "" if none is left.
	NextUndecided(ctx context.Context, q review.Query, after review.ItemID) (review.ItemID, error)

	// Stage makes the draft durable for these items, unsigned. PreviewStage says beforehand what would happen; with ids
	// nil both mean every item that matches q. An item on which another login of this person has staged something that shown
	// does not have is left out with the reason; if it is the only one, that is a conflict. The same holds for PickSide and
	// Unstage; shown nil replaces whatever is there.
	PreviewStage(ctx context.Context, q review.Query, ids []review.ItemID, d review.Draft) (review.BulkPreview, error)
	Stage(ctx context.Context, q review.Query, ids []review.ItemID, d review.Draft, shown review.Drafts) (review.StageResult, error)
	// OtherSide lists what stands against an item by the rules that keep duties apart; PickSide stages, as one act, that the
	// item stays and the other side goes.
	OtherSide(ctx context.Context, id review.ItemID) ([]review.Item, error)
	PickSide(ctx context.Context, stays review.ItemID, reason string, opened bool, shown review.Drafts) (review.StageResult, error)
	// Unstage takes staged verdicts back. Undo takes back this person's last act, Redo brings it again; both say in
	// words what they did and which items changed, and return ids nil when there is nothing to do.
	Unstage(ctx context.Context, ids []review.ItemID, shown review.Drafts) (review.StageResult, error)
	Undo(ctx context.Context) (string, []review.ItemID, error)
	Redo(ctx context.Context) (string, []review.ItemID, error)
	// Reassign stages a manager's change of who decides; until may be empty.
	Reassign(ctx context.Context, ids []review.ItemID, to review.Principal, until, reason string) (review.StageResult, error)

	// Pulse changes when something was done behind this login's back: by another login of the same person, or in the ledger.
	Pulse(ctx context.Context) (review.Pulse, error)

	// Staged lists what signatures would cover, one bundle per campaign and act. Keys says which key signs.
	Staged(ctx context.Context) ([]review.StagedBundle, error)
	Keys(ctx context.Context) ([]review.KeyInfo, error)
	// ConfirmShown signs bundles that Staged gave, and refuses if they hold anything else by now. A passphrase is used once
	// and wiped. It may wait minutes for a key; cancelling ctx leaves everything staged.
	ConfirmShown(ctx context.Context, bundles []review.StagedBundle, passphrase []byte) ([]review.Receipt, error)
	// Quality is how the person's review went, shown before sign-off. SignOff signs "I am done".
	Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error)
	SignOff(ctx context.Context, c review.CampaignID, role review.Role, passphrase []byte) ([]review.Receipt, error)

	// Exceptions and Remediation are the managers' lists; filter is text over all columns plus state:WORD.
	Exceptions(ctx context.Context, filter string) ([]review.Exception, error)
	// Approve stages agreement to exceptions that wait for a second stage; reason may be empty.
	Approve(ctx context.Context, ids []review.EntryIndex, reason string) (review.StageResult, error)
	StageClosure(ctx context.Context, ids []review.EntryIndex, d review.ClosureDraft) (review.StageResult, error)
	Remediations(ctx context.Context, filter string) ([]review.Remediation, error)
	StageClaim(ctx context.Context, ids []review.EntryIndex, d review.ClaimDraft) (review.StageResult, error)
	Outcomes(ctx context.Context, by string) ([]review.Outcomes, error) // by: all, campaign, source, owner
	// Coverage is source by period of a window, Crossing the exceptions in force across one of its ends.
	Coverage(ctx context.Context, from, to string) ([]review.Coverage, error)
	Crossing(ctx context.Context, from, to string) ([]review.Exception, error)

	// Imports: what was read, how, with which rejects; ImportFile reads one (with DryRun it stores nothing).
	Imports(ctx context.Context) ([]review.ImportReport, error)
	Rejects(ctx context.Context, id review.ImportID, limit int) ([]review.Reject, error)
	DiffImports(ctx context.Context, from, to review.ImportID, limit int) (review.Diff, []review.DiffLine, error)
	ImportFile(ctx context.Context, path string, o review.ImportOptions, progress func(review.Progress)) (review.ImportReport, error)

	// People finds whom an account can be joined to, those who resemble it first; PreviewLink says what a link or unlink
	// would do, or, without an identity, whose the account is. Link writes it as a links file and imports that.
	People(ctx context.Context, account review.Link, text string, limit int) ([]review.Person, error)
	PreviewLink(ctx context.Context, l review.Link) (review.LinkPreview, error)
	Link(ctx context.Context, l review.Link) (review.ImportReport, error)

	// Campaigns: draft, launch guard, launch. Both of the latter read every grant: progress says how far they are.
	Campaigns(ctx context.Context) ([]review.Campaign, error)
	NewCampaign(ctx context.Context, s review.CampaignSpec) (review.Campaign, error)
	// Draft gives what a campaign was drafted as, ChangeDraft puts another in its place; both only before it is launched.
	Draft(ctx context.Context, c review.CampaignID) (review.CampaignSpec, error)
	ChangeDraft(ctx context.Context, s review.CampaignSpec) (review.Campaign, error)
	// AcceptBlocks says of what stands in the way of a launch that it is meant.
	AcceptBlocks(ctx context.Context, c review.CampaignID, blocks []review.Notice) error
	PreviewLaunch(ctx context.Context, c review.CampaignID, progress func(review.Progress)) (review.Preview, error)
	Launch(ctx context.Context, c review.CampaignID, passphrase []byte, progress func(review.Progress)) (review.Receipt, error)

	// Entries reads the ledger in words, newest first, before an index (0: from the end). Entry gives one with its text.
	Entries(ctx context.Context, before review.EntryIndex, limit int) ([]review.LedgerEntry, error)
	Entry(ctx context.Context, i review.EntryIndex) (review.LedgerEntry, error)

	// Setting and SetSetting keep a person's preferences (theme, columns, saved filters) in the database.
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
}
