package store

import (
	"encoding/json"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// StagedVerdict is a staged verdict with what its signature will need.
type StagedVerdict struct {
	review.Staged
	Campaign   review.CampaignID
	Facts      []byte            // the facts text; its hash becomes shown-sha256
	Supersedes review.EntryIndex // the decision in force when it was staged; 0: none
	Act        int64             // the act of the undo log that staged it
}

// StageOutcome answers Stage, Unstage and the managers' acts.
type StageOutcome struct {
	Act     int64        // number in the person's undo log; 0 if nothing changed
	Changed int          // items whose verdict changed
	Moved   []MovedDraft // items left out, because something was staged on them that was not seen
	Stands  []StagedAct  // managers' acts that were not seen and stay, so that others were left out
	Voided  bool         // a detached file of this person is void now (rulings 18)
}

// MovedDraft is a draft that stands in the way of another.
type MovedDraft struct {
	Item review.ItemID
	review.Draft
}

// Undone says what Undo or Redo did.
type Undone struct {
	Act    int64           // its number; what Redo staged again has it too
	Words  string          // of the act, as given when it was made; empty: there was nothing to do
	Items  []review.ItemID // whose verdict changed
	Acts   []int64         // managers' acts that changed
	Voided bool
}

// StagedAct is a manager's unsigned act: a reassignment, a closure, or a remediation record.
type StagedAct struct {
	ID       int64
	Act      review.Act
	Campaign review.CampaignID
	Item     review.ItemID
	Ref      review.EntryIndex // exception or revoke it is about; 0 for a reassignment
	What     string            // reassign, remediated, renewed, withdrawn, claimed, gone, still-present, came-back
	By       review.Principal  // empty: staged to the role by an import (rulings 17)
	Payload  json.RawMessage   // the caller's, handed back as given
	At       time.Time
}

// Freeze is a detached bundle waiting for its signature (rulings 18).
type Freeze struct {
	By        review.Principal
	Campaign  review.CampaignID
	Act       review.Act
	Statement []byte
	Records   [][]byte
	Facts     [][]byte        // facts texts of decision records
	Items     []review.ItemID // staged verdicts it covers
	Acts      []int64         // staged acts it covers
	Payload   json.RawMessage // the caller's
	At        time.Time
	Void      string // why it can no longer be submitted; empty: it can
}

// SeenHead is a head a person has seen.
type SeenHead struct {
	Head ledger.Head
	At   time.Time
}
