package review

// SourceID names a system instance that exports, chosen once by the operator ("aws-1111", "okta-acme").
type SourceID string

// CampaignID names a campaign; grammar `id` of ledger.md 1.2.
type CampaignID string

// ItemID is "sha256:<hex>": one grant before a reviewer in one stage of one campaign (ledger.md 2).
type ItemID string

// Short is the prefix of an ItemID people type: 12 hex digits.
func (id ItemID) Short() string {
	const prefix = "sha256:"
	s := string(id)
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		s = s[len(prefix):]
	}
	if len(s) > 12 {
		s = s[:12]
	}
	return s
}

// GrantKey is "sha256:<hex>", the same in every import that holds the grant (rulings 1).
type GrantKey string

// Principal is a person or host that signs: name@domain, lower case (ledger.md 1.2).
type Principal string

// Fingerprint is an OpenSSH key fingerprint, SHA256:....
type Fingerprint string

// ImportID counts the imports of one database from 1. It is not the ledger index of the import's statement.
type ImportID int64

// EntryIndex is the index of a ledger entry; 0 means none, because nothing refers to the open entry.
type EntryIndex int64
