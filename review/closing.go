package review

import "time"

// ExceptionState (rulings 24).
type ExceptionState string

// States of an exception.
const (
	Proposed         ExceptionState = "proposed"
	ExceptionActive  ExceptionState = "active"
	Expiring         ExceptionState = "expiring"
	ExceptionExpired ExceptionState = "expired"
	Closed           ExceptionState = "closed"
)

// Exception is access that stays against a rule until a day. ID is the ledger index of the decision (rulings 27).
type Exception struct {
	ID          EntryIndex      `json:"id"`
	Item        ItemID          `json:"item"`
	Campaign    CampaignID      `json:"campaign"`
	State       ExceptionState  `json:"state"`
	Outcome     string          `json:"outcome,omitempty"` // remediated, withdrawn; once closed
	Identity    string          `json:"identity"`
	Name        string          `json:"name,omitempty"` // of the identity, for people
	System      string          `json:"system"`
	Source      SourceID        `json:"source"`
	Account     string          `json:"account"`
	Entitlement string          `json:"entitlement"`
	EntName     string          `json:"entitlement_name,omitempty"`
	Privilege   Privilege       `json:"privilege"`
	Reason      string          `json:"reason"`
	Owner       string          `json:"owner"`
	Control     string          `json:"control"`
	Until       string          `json:"until"` // from the last renewal, else the decision
	Decided     time.Time       `json:"decided"`
	Reviewer    Principal       `json:"reviewer"`
	Approver    Principal       `json:"approver"`                // empty: a second stage has yet to agree
	Approval    ItemID          `json:"approval_item,omitempty"` // the second stage's item, while it is undecided
	ApprovalBy  Principal       `json:"approval_by,omitempty"`   // whose item that is
	Superseded  EntryIndex      `json:"superseded_by,omitempty"` // a later decision on the same grant, in another campaign
	Renewals    int             `json:"renewals"`
	Staged      string          `json:"staged,omitempty"` // an unsigned renewal, closure or approval, in a word
	Acts        []int64         `json:"-"`                // the unsigned ones, by number
	Days        int             `json:"days"`             // until it ends; negative: since it ended
	History     []ClosureRecord `json:"history,omitempty"`
	Evidence    []EvidenceFile  `json:"evidence,omitempty"` // that the decision and the closures name

	// What the policy of its campaign allows: days from today, and renewals; 0: no bound is known.
	MaxDays     int `json:"-"`
	MaxRenewals int `json:"-"`
}

// ClosureRecord is one closure record of an exception.
type ClosureRecord struct {
	Index    EntryIndex `json:"index"`
	Outcome  string     `json:"outcome"`
	Until    string     `json:"until,omitempty"`
	Owner    string     `json:"owner,omitempty"`
	Control  string     `json:"control,omitempty"`
	Evidence string     `json:"evidence_sha256,omitempty"`
	Reason   string     `json:"reason"`
	Manager  Principal  `json:"manager"`
	Time     time.Time  `json:"time"`
}

// ClosureDraft is a manager's act on an exception.
type ClosureDraft struct {
	Outcome        string // remediated, renewed, withdrawn, superseded
	Until          string
	Owner, Control string
	Reason         string
	EvidenceName   string // file name, for messages
	EvidenceSHA256 string // hex; of the file at EvidenceName, hashed by the desk
	KeepEvidence   bool   // its bytes are stored when it is signed
	// Import, of a remediated exception, is one that shows the access gone: its file is the evidence.
	Import ImportID
	Shown  []int64 `json:"-"` // unsigned acts that may be replaced, being on the screen or this login's own; nil: any
}

// RemediationState (rulings 25).
type RemediationState string

// States of a revocation.
const (
	RevokeOpen   RemediationState = "open"
	ClaimedDone  RemediationState = "claimed-done"
	VerifiedGone RemediationState = "verified-gone"
	StillPresent RemediationState = "still-present"
	Returned     RemediationState = "came-back"
)

// Remediation is a revoke being carried out. ID is the ledger index of the decision.
type Remediation struct {
	ID          EntryIndex       `json:"id"`
	Also        []EntryIndex     `json:"also,omitempty"` // further revokes of the same access in the campaign, which follow this one
	Item        ItemID           `json:"item"`
	Grant       GrantKey         `json:"grant,omitempty"`
	Campaign    CampaignID       `json:"campaign"`
	State       RemediationState `json:"state"`
	Identity    string           `json:"identity"`
	Name        string           `json:"name,omitempty"` // of the identity, for people
	System      string           `json:"system"`
	Source      SourceID         `json:"source"`
	Account     string           `json:"account"`
	Entitlement string           `json:"entitlement"`
	EntName     string           `json:"entitlement_name,omitempty"`
	Resource    string           `json:"resource"`
	Replace     string           `json:"replace,omitempty"`
	Effective   string           `json:"effective,omitempty"`
	Reason      string           `json:"reason"`
	Reviewer    Principal        `json:"reviewer"`
	Owner       string           `json:"owner"`
	Decided     time.Time        `json:"decided"`
	Claimed     string           `json:"claimed"` // when it was said to be done
	ClaimedBy   Principal        `json:"claimed_by,omitempty"`
	Ticket      string           `json:"ticket"`
	VerifiedBy  ImportID         `json:"verified_by"`         // import that proved the state
	Since       time.Time        `json:"since"`               // of the state
	Days        int              `json:"days"`                // from the decision until it was seen gone, else until now
	EverGone    bool             `json:"ever_gone,omitempty"` // an earlier import showed it gone
	Overdue     bool             `json:"overdue"`
	Superseded  *LaterAnswer     `json:"superseded,omitempty"` // a later campaign let the access stay
	Recorded    EntryIndex       `json:"recorded,omitempty"`   // the record that says State; none while it is open
	Staged      string           `json:"staged,omitempty"`     // an unsigned record, in a word
	Acts        []int64          `json:"-"`                    // the unsigned ones, by number
	Notes       []string         `json:"notes,omitempty"`
}

// ClaimDraft says that a revoke was carried out.
type ClaimDraft struct {
	Ticket string
	Done   string // YYYY-MM-DD or RFC 3339
	Note   string
	Shown  []int64 `json:"-"` // as in ClosureDraft
}

// Outcomes measures what became of revokes and exceptions. Revokes are those that stand: what a later campaign let stay is
// counted apart.
type Outcomes struct {
	By         string   `json:"by"` // all, or a campaign, source or owner
	Revokes    int64    `json:"revokes"`
	Gone       int64    `json:"gone"`
	ShareGone  float64  `json:"share_gone"`
	MedianDays *float64 `json:"median_days_to_gone"` // null where nothing is gone yet
	Overdue    int64    `json:"overdue"`
	Superseded int64    `json:"superseded"` // not among Revokes: a later campaign let the access stay
	Expired    int64    `json:"exceptions_expired_open"`
}

// Coverage is one cell of the source x period matrix.
type Coverage struct {
	Source         SourceID   `json:"source"`
	PeriodStart    string     `json:"period_start"`
	PeriodEnd      string     `json:"period_end"`
	Campaign       CampaignID `json:"campaign"`
	Scope          string     `json:"scope,omitempty"` // of a review that was not about everything
	Import         ImportID   `json:"import"`
	Completeness   string     `json:"completeness"`
	Extracted      time.Time  `json:"extracted,omitzero"`
	Due            time.Time  `json:"due,omitzero"`
	SignedOff      time.Time  `json:"signed_off,omitzero"`
	DaysLate       int        `json:"days_late"`
	Items          int64      `json:"items"`
	Decided        int64      `json:"decided"`
	Open           int64      `json:"open"`
	RevokesOpen    int64      `json:"revokes_open"`
	ExceptionsOpen int64      `json:"exceptions_open"`
	Status         string     `json:"status"`         // covered, late, incomplete, missing
	Need           string     `json:"need,omitempty"` // what is still needed, in words
}

// Overview answers "how far are we" in one document.
type Overview struct {
	Campaigns   []Campaign                 `json:"campaigns"`
	Exceptions  map[ExceptionState]int64   `json:"exceptions"`
	Remediation map[RemediationState]int64 `json:"remediation"`
	Ledger      LedgerHead                 `json:"ledger"`
	Blocking    []Notice                   `json:"blocking,omitempty"`
	StagedActs  int64                      `json:"staged_acts"` // renewals, closures, claims and proofs that are not signed
	Outcomes    *Outcomes                  `json:"outcomes,omitempty"`
}

// LedgerHead is size and root.
type LedgerHead struct {
	Log     string   `json:"log,omitempty"`
	Size    int64    `json:"size"`
	Root    string   `json:"root"`
	Outside *Outside `json:"outside,omitempty"` // nil: no head was given to anybody outside
}

// Outside is the longest head that the ledger says somebody outside was given (ledger.md 3.8). Whether they were, only
// verifying tells.
type Outside struct {
	Entry  EntryIndex `json:"entry"`
	Size   int64      `json:"size"`
	Type   string     `json:"type"`
	Holder string     `json:"holder"`
	Time   time.Time  `json:"time,omitzero"` // as the token states
}

// LedgerEntry is one entry in words.
type LedgerEntry struct {
	Index    EntryIndex  `json:"index"`
	Kind     string      `json:"kind"`
	Campaign CampaignID  `json:"campaign,omitempty"`
	Signer   Principal   `json:"signer,omitempty"`
	Key      Fingerprint `json:"key,omitempty"`
	Via      string      `json:"via,omitempty"`
	Time     time.Time   `json:"time,omitzero"`
	Summary  string      `json:"summary"`
	LeafHash string      `json:"leaf_hash"`
	Text     string      `json:"text,omitempty"`   // display form, only when one entry is asked for
	Bundle   EntryIndex  `json:"bundle,omitempty"` // for a record: the bundle that covers it
}
