package store

import (
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

// ImportStart says what is about to be loaded.
type ImportStart struct {
	Source review.SourceID
	System string // ledger `system`: the name people know the source by
	// IdentityOf gives the ledger identity of an account (rulings 5); nil: its first e-mail in lower case, else its key.
	IdentityOf func(*review.Account) string
	// ReviewAccounts makes a row for every account that is not disabled or deleted. Without it that happens only for a file
	// with accounts and no grants (rulings 3).
	ReviewAccounts bool
	// Fingerprint is whatever the caller compares to find an import that would change nothing (rulings 4).
	Fingerprint string
	// InMemory is how many keys of a dictionary, how many grant keys, and how many KiB of identities stay in memory; 0:
	// dictMemory, keyRun and identitiesMemory.
	InMemory int
}

// Loaded is what a finished load holds.
type Loaded struct {
	Rows                                                                          int64 // row texts: Grants + AccountRows; the ledger's `grants`
	Grants                                                                        int64
	AccountRows                                                                   int64
	Accounts                                                                      int64
	Identities                                                                    int64 // distinct ledger identities of the accounts (rulings 3)
	Entitlements, Workers, SoDRules, Links, Ownerships, Usages, Evidence, Rejects int64
	ItemsRoot                                                                     ledger.Hash // RFC 6962 root over the row texts
	RejectsCSV                                                                    ledger.Hash // SHA-256 of the rejects list, kept as a file; header only if none (rulings 7)
}

// Import is a stored import: its report and what only the store knows.
type Import struct {
	review.ImportReport
	Fingerprint   string
	System        string // ledger `system`
	ItemsRoot     ledger.Hash
	RejectsSHA256 ledger.Hash
	Rows          int64  // row texts, the ledger's `grants`
	Loaded        Loaded // everything counted while loading
}

// GrantRow is one row of an import with everything known about it there. Pointers are valid only during the callback
// that hands them out; strings may be kept.
type GrantRow struct {
	Import   review.ImportID
	Row      int64
	Key      ledger.Hash
	Grant    review.Grant
	Account  *review.Account
	Identity string   // ledger identity as the row text has it
	Before   *Before  // with GrantOptions.Earlier: the same grant there; nil if it was not in that population
	Last     *Decided // with GrantOptions.Last: the last decision on the same grant in the ledger, whatever campaign

	account, entitlement, resource int64 // numbers in the import's dictionaries
}

// Before is a grant in an earlier campaign's population.
type Before struct {
	Item    review.ItemID
	Changed bool   // status of the account, privilege, expiry, state or level differ since
	What    string // for changed: what it is now and was then, such as "privilege: admin, was read"
	Used    bool   // the last use differs since
}

// Decided is a signed decision in short.
type Decided struct {
	Index       review.EntryIndex
	Campaign    review.CampaignID
	Verdict     review.Verdict
	Reviewer    review.Principal
	Time        time.Time
	Remediation review.RemediationState // of a revoke
}

// GrantOptions select what Grants joins.
type GrantOptions struct {
	Earlier review.CampaignID // sets GrantRow.Before from that campaign's items of stage 1
	Last    bool              // sets GrantRow.Last
}

// Profile is a saved mapping (importers.md 7.7).
type Profile struct {
	Name       string
	HeaderHash string // hex SHA-256 of the normalised header
	Format     string
	Source     review.SourceID
	Mapping    []review.Assign
	Flags      []review.Assign // other flags to repeat, by name
}
