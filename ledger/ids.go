package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

const (
	longPrefix = "long-sha256:"
	// LongLimit is the longest escaped form in bytes that a native id, identity or path has in a text (rulings 10).
	LongLimit = 4096
	// escapeFactor is the most by which escaping lengthens a value: one byte becomes "\x{ff}".
	escapeFactor = 6
)

// LongID gives the form in which a native id, identity or path stands in ledger texts (rulings 10): raw itself, or
// "long-sha256:" and the hash of raw if its escaped form is longer than [LongLimit].
func LongID(raw string) string {
	if len(raw) <= LongLimit/escapeFactor {
		return raw
	}
	if len(raw) <= LongLimit && (plain(raw) || len(AppendEscape(nil, raw)) <= LongLimit) {
		return raw
	}
	sum := sha256.Sum256([]byte(raw))
	return longPrefix + hex.EncodeToString(sum[:])
}

// ConditionalResource appends a condition to the native id of a resource, as the grant key wants it (rulings 1). An
// absent condition leaves the resource alone.
func ConditionalResource(resource, condition string) string {
	if condition == "" {
		return resource
	}
	sum := sha256.Sum256([]byte(condition))
	return resource + " if sha256:" + hex.EncodeToString(sum[:])
}

// AppendGrant appends the `grant` text (ledger.md 2). Values are raw; [LongID] is applied to all but kind and source,
// which are written as they are: kind is grant, account, credential or owner, source a [ValidID].
func AppendGrant(dst []byte, kind, source, account, entitlement, resource, path string) []byte {
	dst = append(dst, "tickmark/grant v1\nkind: "...)
	dst = append(dst, kind...)
	dst = append(dst, "\nsource: "...)
	dst = append(dst, source...)
	dst = append(dst, "\naccount: "...)
	dst = AppendEscape(dst, LongID(account))
	dst = append(dst, "\nentitlement: "...)
	dst = AppendEscape(dst, LongID(entitlement))
	dst = append(dst, "\nresource: "...)
	dst = AppendEscape(dst, LongID(resource))
	dst = append(dst, "\npath: "...)
	dst = AppendEscape(dst, LongID(path))
	return append(dst, '\n')
}

// GrantKey names a grant: the hash of its `grant` text (ledger.md 2, rulings 1). See [AppendGrant] for the arguments.
func GrantKey(kind, source, account, entitlement, resource, path string) Hash {
	return sha256.Sum256(AppendGrant(make([]byte, 0, 512), kind, source, account, entitlement, resource, path))
}

// GrantKeyer is [GrantKey] without allocation, for imports. The zero value is ready; it is not safe for concurrent use.
type GrantKeyer struct{ buf []byte }

// Key is [GrantKey].
func (g *GrantKeyer) Key(kind, source, account, entitlement, resource, path string) Hash {
	g.buf = AppendGrant(g.buf[:0], kind, source, account, entitlement, resource, path)
	return sha256.Sum256(g.buf)
}

// AppendItem appends the `item` text (ledger.md 2).
func AppendItem(dst []byte, log, campaign string, stage int64, grant Hash) []byte {
	dst = append(dst, "tickmark/item v1\nlog: "...)
	dst = append(dst, log...)
	dst = append(dst, "\ncampaign: "...)
	dst = append(dst, campaign...)
	dst = append(dst, "\nstage: "...)
	dst = strconv.AppendInt(dst, stage, 10)
	dst = append(dst, "\ngrant: "...)
	dst = grant.appendSHA(dst)
	return append(dst, '\n')
}

// ItemID names one grant put before a reviewer in one stage of one campaign: the hash of its `item` text (ledger.md 2).
func ItemID(log, campaign string, stage int64, grant Hash) Hash {
	var buf [512]byte
	return sha256.Sum256(AppendItem(buf[:0], log, campaign, stage, grant))
}
