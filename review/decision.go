package review

import "time"

// Draft is what a person says about items, before it is staged.
type Draft struct {
	Verdict   Verdict
	Reason    string
	Replace   string // revoke: a narrower entitlement to give instead
	Effective string // revoke: the day it ends, YYYY-MM-DD
	Until     string // exception
	Owner     string // exception
	Control   string // exception
	// EvidenceName is a file that shows the control of an exception. The desk hashes it into EvidenceSHA256 (hex) and names
	// it in Control; whoever signs must find the same file.
	EvidenceName, EvidenceSHA256 string
	KeepEvidence                 bool // its bytes are stored when it is signed
	Opened                       bool // the item's detail was on the screen
	Bulk                         bool // one act staged several; set by the desk
}

// Drafts are what held on items as it was shown to somebody: the act that staged it, else minus the entry that decided it.
// An item that is missing was open.
type Drafts map[ItemID]int64

// DraftsOn are those of items as they are.
func DraftsOn(items ...Item) Drafts {
	on := Drafts{}
	for _, it := range items {
		on.Note(it)
	}
	return on
}

// Note adds what holds on an item.
func (on Drafts) Note(it Item) {
	switch {
	case it.Act != 0:
		on[it.ID] = it.Act
	case it.State == ItemSigned:
		on[it.ID] = -int64(it.Decision)
	}
}

// Pulse changes when a person's unsigned acts do, in whichever login, or the ledger.
type Pulse struct {
	Last, Undone int64 // the newest act that holds; how many are taken back
	Entries      int64 // of the ledger
}

// Staged is an unsigned verdict: durable, undoable, not a decision.
type Staged struct {
	Item ItemID
	Draft
	By Principal
	At time.Time
}

// Skip names an item an act did not touch, and why.
type Skip struct {
	ID     ItemID `json:"id"`
	Reason string `json:"reason"`
}

// StageResult answers an act on items.
type StageResult struct {
	Staged   int           `json:"staged"`
	Skipped  []Skip        `json:"skipped"`
	Evidence *EvidenceFile `json:"evidence,omitempty"` // that was named; kept, if it will be
}

// BulkPreview is shown before a bulk act is staged.
type BulkPreview struct {
	Matching  int64
	Eligible  int64
	LeftOut   []Exclusion // why, and how many
	Risk      map[Severity]int64
	Decided   int64  // eligible ones with a verdict, staged or signed, that the act would replace
	Drafts    Drafts // what is staged on items that were named one by one: they would be replaced
	TypeCount bool   // above the policy size: the count must be typed
}

// Act is what a bundle does.
type Act string

// Acts (ledger.md 3.6).
const (
	ActDecision    Act = "decision"
	ActReassign    Act = "reassign"
	ActClosure     Act = "closure"
	ActRemediation Act = "remediation"
)

// StagedBundle is what one signature will cover: one campaign, one act, at most 10,000 records.
type StagedBundle struct {
	Campaign CampaignID   `json:"campaign"`
	Act      Act          `json:"act"`
	Records  int          `json:"records"`
	Tally    []Count      `json:"tally"`
	Opened   int          `json:"opened"`
	Bulk     int          `json:"bulk"`
	Since    time.Time    `json:"since"`
	High     int          `json:"high"`     // records on items with high or critical findings
	Warnings []Notice     `json:"warnings"` // what looks hasty, what will happen
	Lines    []StagedLine `json:"lines"`    // of the records, those of the first signature
	Mark     string       `json:"-"`        // changes when anything does that would be signed
}

// StagedLine is one record of a staged bundle in words.
type StagedLine struct {
	Act         int64    `json:"-"` // that staged it, of a verdict
	Item        ItemID   `json:"item"`
	What        string   `json:"what"` // keep, revoke, exception, abstain, renewed, withdrawn, claimed, gone ...
	Identity    string   `json:"identity"`
	System      string   `json:"system"`
	Account     string   `json:"account"`
	Entitlement string   `json:"entitlement"`
	Reason      string   `json:"reason"`
	Severity    Severity `json:"severity"`
	Bulk        bool     `json:"bulk"`
}

// Count is a word with a number.
type Count struct {
	Word string `json:"word"`
	N    int64  `json:"n"`
}

// KeyInfo says which key would sign and where its prompt would appear.
type KeyInfo struct {
	Principal   Principal   `json:"principal"`
	Fingerprint Fingerprint `json:"key"`
	Type        string      `json:"type"`
	Via         string      `json:"via"`    // agent, forwarded-agent, key-file, detached, host
	Prompt      string      `json:"prompt"` // in words: "the agent may ask you to confirm", "a passphrase is asked here", ...
	Roles       []string    `json:"roles,omitempty"`
	Problem     string      `json:"problem,omitempty"`    // why it cannot sign now; empty if it can
	Passphrase  bool        `json:"passphrase,omitempty"` // the workstation must ask for one and hand it to Confirm
}

// Receipt is what the signer keeps: proof that the head existed (JSON names are contracts).
type Receipt struct {
	Entry    EntryIndex `json:"entry"`
	Records  int        `json:"records"`
	Size     int64      `json:"size"`
	Root     string     `json:"root"`
	Receipt  string     `json:"receipt"` // one printable line
	Campaign CampaignID `json:"campaign,omitempty"`
	Act      Act        `json:"act,omitempty"`
	Tally    []Count    `json:"tally,omitempty"`
	Time     time.Time  `json:"time,omitzero"`
}
