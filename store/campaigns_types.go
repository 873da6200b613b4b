package store

import (
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// CampaignDraft is a campaign nobody signed yet.
type CampaignDraft struct {
	Spec      review.CampaignSpec
	By        review.Principal
	Created   time.Time
	Cancelled time.Time // zero: still a draft
}

// CampaignRecord is a launched campaign as its statement has it, with the projection of what was decided since.
// Campaign.State is left to the caller, who knows the time; Frameworks come from the draft.
type CampaignRecord struct {
	review.Campaign
	Spec        review.CampaignSpec // as drafted
	Statement   ledger.Campaign
	RevokesOpen int64 // accesses revoked that somebody still has to take away
}

// LaunchStart says which population is about to be prepared.
type LaunchStart struct {
	Campaign review.CampaignID
	Items    int64 // how many there will be, about; 0: not known
}

// NewItem is one item of a population. Items are ordered as they are given (rulings 20: by import, row, stage).
type NewItem struct {
	Grant       *GrantRow // as Grants hands it out
	Stage       int
	Subject     *review.Identity // frozen as it is now; one per Key and campaign, the first one given is kept
	Kind        review.Kind      // identity-kind (rulings 28)
	Status      string           // identity-status (rulings 28)
	Owner       string           // who answers for it, as lists and facts show it
	LastUsed    review.Time      // by the export, else by a file of observations
	Reviewer    review.Principal
	Basis       string // manager, owner, named, rule, fallback
	Findings    []review.Finding
	Change      review.Change
	Previous    review.EntryIndex // last decision on the same grant; 0: none
	PrevVerdict review.Verdict
}

// Prepared is a population ready to be signed for.
type Prepared struct {
	Campaign        review.CampaignID
	Items           int64
	Subjects        int64
	PopulationRoot  ledger.Hash
	AssignmentsRoot ledger.Hash
	Token           int64 // names this preparation; a later one of the same campaign makes it void
}

// Counts of a campaign (rulings 22).
type Counts struct {
	Items, Decided, Staged, Signed   int64
	Keep, Revoke, Exception, Abstain int64

	Left   int64 // undecided, or staged and not signed
	GaveUp int64 // abstained from by the one who is still to decide
}

// SignedCounts are those of the ledger alone, as a sign-off states them (ledger.md 3.8).
type SignedCounts struct {
	Items, Decided, Open             int64
	Keep, Revoke, Exception, Abstain int64
}

// ItemRecord is what record texts quote about an item.
type ItemRecord struct {
	review.Item
	Log         string
	GrantKey    ledger.Hash
	ItemHash    ledger.Hash
	ImportEntry review.EntryIndex
	RowIdentity string            // identity as the row text has it
	InForce     review.EntryIndex // decision in force; 0: none
	Signed      review.Verdict    // its verdict
	Assigned    review.Principal  // at launch
	Previous    review.EntryIndex // last decision on the same grant in an earlier campaign, as known at launch
}
