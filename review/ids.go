package review

import "strings"

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

// IsID reports whether s follows the grammar `id` of ledger.md 1.2: a lower-case letter or digit, then at most 63 more, dots and
// hyphens among them. Campaigns and sources are named so.
func IsID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '-')) {
			return false
		}
	}
	return true
}

// IsPrincipal reports whether s follows the grammar `principal` of ledger.md 1.2: name@domain, lower case.
func IsPrincipal(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" || domain == "" {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._+-") == "" &&
		strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
