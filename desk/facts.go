package desk

import (
	"encoding/hex"
	"io"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// factsText is what the Item screen shows of an item, as the ledger's facts text: built from the frozen snapshot, so the
// same item gives the same text until it is decided (rulings 16). Only the salt is fresh.
func (d *Desk) factsText(rec *store.ItemRecord) ([]byte, error) {
	salt, err := d.salt()
	if err != nil {
		return nil, err
	}
	f := ledger.Facts{
		Log:             rec.Log,
		Item:            rec.ItemHash,
		Grant:           rec.GrantKey,
		Source:          string(rec.Source),
		Account:         ledger.LongID(rec.Account),
		AccountStatus:   string(rec.AccountStatus),
		Entitlement:     ledger.LongID(rec.Entitlement),
		EntitlementName: rec.EntName,
		Resource:        ledger.LongID(rec.Resource),
		Path:            ledger.LongID(rec.Path),
		Privilege:       privilegeWord(rec.Privilege),
		Granted:         rec.Granted.Stated(),
		GrantedBy:       rec.GrantedBy,
		Expires:         rec.Expires.Stated(),
		LastUsed:        rec.LastUsed.Stated(),
		Identity:        rec.RowIdentity,
		IdentityKind:    kindWord(rec.Kind),
		IdentityStatus:  statusWord(rec.Status),
		Owner:           rec.Owner,
		Manager:         rec.Manager,
		Salt:            salt,
	}
	if at, verdict := lastDecision(rec); at != 0 {
		f.Previous, f.PreviousVerdict = int64(at), string(verdict)
	}
	for _, g := range rec.Findings {
		f.Findings = append(f.Findings, ledger.Finding{Rule: g.Rule, Version: int64(g.Version), Severity: string(g.Severity), Text: g.Reason})
	}
	text, err := ledger.Format(&f)
	if err != nil {
		return nil, internal("the facts of an item cannot be written", err)
	}
	return text, nil
}

// lastDecision is the newest decision on the item's grant: the one in force here, else that of an earlier campaign.
func lastDecision(rec *store.ItemRecord) (review.EntryIndex, review.Verdict) {
	if rec.InForce != 0 {
		return rec.InForce, rec.Signed
	}
	return rec.Previous, rec.PrevVerdict
}

// salt is 16 fresh random bytes in hex (ledger.md 1.2).
func (d *Desk) salt() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(d.o.Rand, b[:]); err != nil {
		return "", internal("no random bytes could be read", err)
	}
	return hex.EncodeToString(b[:]), nil
}

func privilegeWord(p review.Privilege) string {
	if p == "" {
		return string(review.UnknownPrivilege)
	}
	return string(p)
}

func kindWord(k review.Kind) string {
	if k == "" {
		return string(review.UnknownKind)
	}
	return string(k)
}

func statusWord(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
