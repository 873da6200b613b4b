package review

import "time"

// Verdict on an item. No answer is never a verdict.
type Verdict string

// Verdicts.
const (
	NoVerdict Verdict = "none"
	Keep      Verdict = "keep"
	Revoke    Verdict = "revoke"
	Except    Verdict = "exception"
	Abstain   Verdict = "abstain"
)

// Words is the verdict as people are told it, everywhere the same.
func (v Verdict) Words() string { return InWords(string(v)) }

// ItemState tells how far an item is.
type ItemState string

// States of an item.
const (
	ItemOpen   ItemState = "open"
	ItemStaged ItemState = "staged"
	ItemSigned ItemState = "signed"
)

// Change compares an item with the last campaign that held the same grant.
type Change string

// Changes.
const (
	New       Change = "new"
	Changed   Change = "changed"
	Unchanged Change = "unchanged"
	CameBack  Change = "came-back"
)

// Item is a grant put before a reviewer, as lists show it. JSON names are contracts for scripts.
type Item struct {
	ID             ItemID     `json:"id"`
	Campaign       CampaignID `json:"campaign"`
	Ord            int64      `json:"ord"` // position in the campaign's population, from 1
	Stage          int        `json:"stage"`
	Identity       string     `json:"identity"` // ledger identity; may be empty
	Name           string     `json:"name"`
	Kind           Kind       `json:"kind"`                // identity-kind of rulings 28
	BaseKind       Kind       `json:"base_kind,omitempty"` // before marks and tokens came in; empty: same as Kind
	Marks          []Mark     `json:"marks,omitempty"`
	Status         string     `json:"status"` // active, inactive, leaver, unknown (rulings 28)
	Owner          string     `json:"owner"`
	Manager        string     `json:"manager"`
	Department     string     `json:"department"`
	Source         SourceID   `json:"source"`
	System         string     `json:"system"`
	Account        string     `json:"account"`
	Login          string     `json:"login"`
	AccountStatus  Status     `json:"account_status"`
	Entitlement    string     `json:"entitlement"` // native id
	EntName        string     `json:"entitlement_name"`
	Resource       string     `json:"resource"`
	Path           string     `json:"path"`
	How            string     `json:"how"`
	GrantKind      string     `json:"grant_kind"`
	Privilege      Privilege  `json:"privilege"`
	Granted        Time       `json:"-"`
	LastUsed       Time       `json:"-"`
	GrantedBy      string     `json:"granted_by,omitempty"`
	Granter        string     `json:"granter,omitempty"` // identity behind GrantedBy, where an account tells it
	Expires        Time       `json:"-"`
	Verdict        Verdict    `json:"verdict"`
	State          ItemState  `json:"state"`
	StagedBy       Principal  `json:"-"` // whose staged verdict is shown; empty: none is
	Act            int64      `json:"-"` // that staged it
	Decision       EntryIndex `json:"-"` // in force; 0: none
	Reason         string     `json:"reason"`
	Until          string     `json:"until"`
	Answers        string     `json:"exception_owner,omitempty"` // who answers for the exception
	Control        string     `json:"control,omitempty"`         // what compensates it
	Replace        string     `json:"replace,omitempty"`         // what a revoke leaves instead
	Effective      string     `json:"effective,omitempty"`       // day from which a revoke counts
	Reviewer       Principal  `json:"reviewer"`
	Findings       []Finding  `json:"findings"`
	MaxSeverity    Severity   `json:"severity"` // of its findings
	Change         Change     `json:"change"`
	PrevVerdict    Verdict    `json:"previous_verdict"`
	Import         ImportID   `json:"import"`
	Row            int64      `json:"row"`
	Grant          GrantKey   `json:"grant"`
	ExceptionOwner string     `json:"-"`                 // of the newest open exception the grant stands under, in any campaign; empty: none
	Blocked        string     `json:"blocked,omitempty"` // why the person asking may not decide it; empty if they may
	Irrevocable    string     `json:"irrevocable,omitempty"`
	Sample         string     `json:"sample,omitempty"`   // in a pack: its place in the auditor's draw, "#3"
	Withheld       string     `json:"withheld,omitempty"` // in a pack: what is there instead of the item; empty: the item is disclosed
}

// Detail is everything known about one item: the Item screen and the facts that are signed.
type Detail struct {
	Item
	Person       Identity
	Holder       Account
	EntDetail    Entitlement
	ResourceName string
	ResourceKind string
	Condition    string
	Locator      string
	ImportEntry  EntryIndex
	ImportFile   string
	Extracted    time.Time
	Sources      int    // how many records stated the grant
	Observed     Time   // its last use by the files of observations imported by now, where its export says nothing of it; zero if they do not either
	Facts        string // the ledger's facts text, unsigned
	Draft        *Staged
	Decisions    []Past // newest first, all campaigns, same grant
	Siblings     int64  // other items of the same identity in this campaign
	Peers        Peers
	Behind       *Behind  // who is in the group that holds it; nil: no group does, or nothing is known of members
	Independence []string // why the reviewer is or is not independent
	Reassigned   []Reassignment
	Accountable  Principal // who answers for the decision: a delegate acts for the one who delegated
	Trail        []Step    // in a pack: from the export row to the decision to the removal
}

// Step is one fact of the trail of an item through an evidence pack: a label of at most 12 characters and a sentence that
// names entries, keys, hashes and files.
type Step struct{ Label, Text string }

// Past is an earlier decision on the same grant.
type Past struct {
	Index    EntryIndex  `json:"index"`
	Campaign CampaignID  `json:"campaign"`
	Item     ItemID      `json:"item"`
	Verdict  Verdict     `json:"verdict"`
	Reason   string      `json:"reason"`
	Until    string      `json:"until,omitempty"`
	Reviewer Principal   `json:"reviewer"`
	Signer   Principal   `json:"signer"`
	Key      Fingerprint `json:"key"`
	Time     time.Time   `json:"time"`
	InForce  bool        `json:"in_force"`
	Followed string      `json:"followed,omitempty"` // what became of it: remediation or exception state
}

// Peers says how usual an entitlement is among identities of the same department and title.
type Peers struct {
	Group string // "Finance, Accountant"
	Have  int64
	Of    int64
}

// Behind is who reaches what a group holds.
type Behind struct {
	People int64    // in the group or in groups in it, each once
	Names  []string // the first hundred of them, sorted
	Groups int64    // in it, however deep
	More   bool     // there are more than were read
}

// Card is the identity at the top of Walk.
type Card struct {
	Identity
	Position  int64 // of this identity among those with items for the reviewer, from 1
	Of        int64
	Items     int64
	Decided   int64
	Systems   []string
	LastSeen  Time
	Findings  []Finding // distinct rules over its items, worst first
	Accounts  int64
	EarlierBy string // who decided last time, and when, in words
}

// Query asks for a page of items.
type Query struct {
	Campaign CampaignID
	Reviewer Principal // only items assigned to this person; empty: all
	Filter   string    // the filter language; parsed by ParseFilter
	Sort     []SortKey // empty: by [Urgency], then in the order of the population
	Identity string    // only this identity's items
	Asker    Principal // for Item.Blocked
}

// SortKey is one column of a sort.
type SortKey struct {
	Column string // a column of ItemColumns
	Desc   bool
}

// ItemColumns are the names that sorts, column choosers and CSV use.
var ItemColumns = [...]string{"ord", "identity", "name", "kind", "status", "owner", "manager", "department", "system", "account",
	"entitlement", "resource", "privilege", "granted", "last-used", "verdict", "state", "reviewer", "severity", "change", "risk"}

// Anchor places a page relative to an item.
type Anchor struct {
	From ItemID // page starts after (or, Back, ends before) this item; empty: at the first or, Back, the last
	Back bool
	Incl bool // include From itself
}

// Page is what a Query yields around an Anchor, in order.
type Page struct {
	Items  []Item
	First  bool  // no item before the page
	Last   bool  // no item after the page
	Offset int64 // rank of Items[0] from 0 where cheaply known, else -1
}

// GroupCount is one value of a grouping column.
type GroupCount struct {
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Items    int64    `json:"items"`
	Decided  int64    `json:"decided"`
	Severity Severity `json:"severity"`
}
