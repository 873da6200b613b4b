package review

import (
	"strings"
	"time"
)

// CampaignState is derived, never set (rulings 21).
type CampaignState string

// States of a campaign.
const (
	DraftState  CampaignState = "draft"
	ActiveState CampaignState = "active"
	Closing     CampaignState = "closing"     // past due, or all reviewers signed off
	Signed      CampaignState = "signed"      // the manager signed off
	Remediating CampaignState = "remediating" // signed, revokes open
	Sealed      CampaignState = "sealed"      // signed, no revoke open
	Cancelled   CampaignState = "cancelled"   // drafts only
	NotInView   CampaignState = "not-in-view" // in a pack: the ledger holds it, and the pack leaves its records out
)

// NoAnswer says what the organisation does with an undecided item at close. It never creates a decision.
type NoAnswer string

// Policies for no answer (ledger.md 3.4).
const (
	LeaveOpen        NoAnswer = "leave-open"
	RevokeUnanswered NoAnswer = "revoke"
	ReassignOpen     NoAnswer = "reassign"
)

// NoAnswerReason is what a revoke says that a policy asked for and no reviewer (rulings 26), signed by the campaign's owner.
func NoAnswerReason(due time.Time) string { return "no answer by " + due.UTC().Format(time.DateOnly) }

// Assurance is the weakest signature accepted for decisions.
type Assurance string

// Assurances (ledger.md 3.4).
const (
	AnyKey   Assurance = "any"
	OwnKey   Assurance = "own-key"
	TouchKey Assurance = "touch"
	PinKey   Assurance = "pin"
)

// CampaignSpec is what `campaign new` takes.
type CampaignSpec struct {
	ID          CampaignID
	Title       string
	Owner       Principal
	Reviewers   []Principal // named reviewers; the first decides what routing leaves over
	Routing     []string    // chain of manager, owner, named, rule:<expression>, fallback
	Stages      int
	Stage2      []Principal
	Scope       string // a filter; empty is all
	Sources     []SourceID
	PeriodStart string // YYYY-MM-DD; empty: the oldest import's day
	PeriodEnd   string
	Due         time.Time
	NoAnswer    NoAnswer
	Assurance   Assurance
	PolicyFile  string   // content of a policy file; empty: the defaults
	Frameworks  []string // "soc2", "soc2:CC6.3", "soc1:OBJ-7", "csf:PR.AA-05" ...
	Template    CampaignID
	AcceptCount []ImportID // imports whose collapse was accepted (rulings 11)
	AllowEmpty  bool       // zero items, or a source with zero grants, were said to be meant
}

// Campaign is one review with its counts (rulings 22). JSON names are contracts for scripts.
type Campaign struct {
	Name       CampaignID         `json:"name"`
	Title      string             `json:"title"`
	State      CampaignState      `json:"state"`
	Owner      Principal          `json:"owner"`
	Scope      string             `json:"scope"`
	Items      int64              `json:"items"`
	Decided    int64              `json:"decided"` // keep, revoke or exception; the staged verdict counts before the signed one
	Staged     int64              `json:"staged"`
	Signed     int64              `json:"signed"`
	Undecided  int64              `json:"undecided"`
	Keep       int64              `json:"keep"`
	Revoke     int64              `json:"revoke"`
	Exception  int64              `json:"exception"`
	Abstain    int64              `json:"abstain"`
	Due        time.Time          `json:"due"`
	Launched   time.Time          `json:"launched,omitzero"`
	Period     [2]string          `json:"period"`
	NoAnswer   NoAnswer           `json:"no_answer"`
	Assurance  Assurance          `json:"assurance"`
	Stages     int                `json:"stages"`
	Routing    []string           `json:"routing,omitempty"`
	Stage2     []Principal        `json:"stage2,omitempty"`
	Frameworks []string           `json:"frameworks,omitempty"`
	Sources    []SourceID         `json:"sources,omitempty"`
	Imports    []ImportID         `json:"imports,omitempty"`
	Reviewers  []ReviewerCount    `json:"reviewers"`
	Excluded   []Exclusion        `json:"excluded"`
	SignedOff  time.Time          `json:"signed_off,omitzero"` // the manager's
	Entry      EntryIndex         `json:"entry,omitempty"`
	Findings   map[Severity]int64 `json:"findings,omitempty"`
	Withheld   int64              `json:"withheld,omitempty"` // items that a pack holds as leaf hashes only
}

// ReviewerCount is one reviewer's share of a campaign.
type ReviewerCount struct {
	Principal Principal `json:"principal"`
	Items     int64     `json:"items"`
	Decided   int64     `json:"decided"`
	Staged    int64     `json:"staged"`
	Signed    int64     `json:"signed"`
	Left      int64     `json:"left"`    // that wait for this person: undecided, or staged and not signed; not what they could not judge
	GaveUp    int64     `json:"gave_up"` // that they could not judge and nobody else was given
	SignedOff time.Time `json:"signed_off,omitzero"`
}

// Exclusion counts grants that are not items, and says why.
type Exclusion struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Preview is the launch guard: what launching would freeze and sign, and what stands in the way.
type Preview struct {
	Campaign   CampaignID         `json:"campaign"`
	Items      int64              `json:"items"`
	LaterStage int64              `json:"later_stage"` // items of a stage after the first
	Identities int64              `json:"identities"`
	Reviewers  []ReviewerCount    `json:"reviewers"`
	Basis      map[Basis]int64    `json:"basis"` // how the reviewers were found
	Imports    []ImportReport     `json:"imports"`
	Excluded   []Exclusion        `json:"excluded"`
	Unroutable int64              `json:"unroutable"`
	NoOwner    int64              `json:"no_living_owner"`
	OwnAccess  int64              `json:"own_access"` // items whose reviewer is the subject and nobody else can take them
	Leavers    int64              `json:"leavers"`    // grants of people who left, by the HR roster
	Stale      int64              `json:"stale"`      // sources exported longer ago than the policy allows, or without a day of export
	Incomplete int64              `json:"incomplete"` // sources not known to be complete
	Changes    map[Change]int64   `json:"changes"`
	Findings   map[Severity]int64 `json:"findings"`
	Blocks     []Notice           `json:"blocks"`  // launch is refused until these are gone
	Notices    []Notice           `json:"notices"` // read these
	Signs      string             `json:"signs"`   // in words: what one signature will cover
}

// Notice is one sentence with what to do about it.
type Notice struct {
	Code   string   `json:"code"`
	Text   string   `json:"text"`
	Hint   string   `json:"hint,omitempty"`
	Import ImportID `json:"import,omitempty"` // the import it is about, where it is about one
}

// What stands in the way of a launch.
const (
	BlockNoSource    = "no-source"    // nothing was imported that holds a grant
	BlockNoItems     = "no-items"     // the scope leaves nothing
	BlockEmptySource = "empty-source" // a source came back without grants
	BlockCollapse    = "collapse"     // a source shrank (rulings 11)
)

// Acceptable reports whether what stands in the way of a launch may be there on purpose, so that it can be said to be meant.
func (n Notice) Acceptable() bool {
	return n.Code == BlockNoItems || n.Code == BlockEmptySource || n.Code == BlockCollapse
}

// Role in a sign-off.
type Role string

// Roles that sign off (ledger.md 3.8).
const (
	Reviewer Role = "reviewer"
	Manager  Role = "manager"
)

// Quality is how a review was done: shown before sign-off, never a score.
type Quality struct {
	Principal   Principal `json:"principal"`
	Decided     int64     `json:"decided"`
	Keeps       int64     `json:"keeps"`
	Bulk        int64     `json:"bulk"`
	Opened      int64     `json:"opened"`
	Seconds     int64     `json:"seconds"`
	PerItem     float64   `json:"seconds_per_item"`
	NoRevokeRun int       `json:"campaigns_without_revoke"`
	Signals     []Notice  `json:"signals"` // thresholds of policy that were crossed
}

// EventPrefix begins the name of a review that a roster's leavers and movers called for.
const EventPrefix = "event-"

// IsEvent reports whether a campaign was drafted for leavers and movers.
func IsEvent(c CampaignID) bool { return strings.HasPrefix(string(c), EventPrefix) }
