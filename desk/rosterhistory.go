package desk

import (
	"context"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// RosterVersion is one version of the roster and what it changed. JSON names are contracts for scripts.
type RosterVersion struct {
	Version int64              `json:"version"`
	Entry   review.EntryIndex  `json:"entry"`
	Time    time.Time          `json:"time"`
	Signer  review.Principal   `json:"signer"`
	Key     review.Fingerprint `json:"key"`
	Digest  string             `json:"signers_sha256"` // of the allowed_signers file
	Changes []RosterChange     `json:"changes"`
}

// RosterChange is what became of one line.
type RosterChange struct {
	What         string             `json:"what"` // enrolled, retired, revoked
	Principal    review.Principal   `json:"principal,omitempty"`
	Key          review.Fingerprint `json:"key"`
	Type         string             `json:"type,omitempty"`
	Roles        []string           `json:"roles,omitempty"`
	CA           bool               `json:"certificate_authority,omitempty"`
	SelfEnrolled bool               `json:"self_enrolled,omitempty"`
	Possession   string             `json:"possession,omitempty"` // shown: by a proof when it was enrolled
	From         time.Time          `json:"from,omitzero"`
	Until        time.Time          `json:"until,omitzero"`
	Since        time.Time          `json:"since,omitzero"` // of a revocation
	Why          string             `json:"why,omitempty"`
}

// RosterHistory lists the versions of the roster, oldest first: who enrolled, retired and revoked which key, when, signed by
// whom.
func (d *Desk) RosterHistory(ctx context.Context) ([]RosterVersion, error) {
	var out []RosterVersion
	var lines []ledger.RosterLine
	var revoked []ledger.Revocation
	err := d.db.EntriesOf(ctx, ledger.KindRoster, func(e store.Entry) error {
		v, _, _, err := ledger.ParseEntry(e.Bytes)
		st, ok := v.(*ledger.Roster)
		if err != nil || !ok {
			return internal("a roster statement cannot be read", err)
		}
		file, list, err := d.rosterFiles(ctx, st)
		if err != nil {
			return err
		}
		version := RosterVersion{Version: st.Version, Entry: e.Index, Time: st.Sig.Time, Signer: review.Principal(st.Signer), Key: review.Fingerprint(st.Key),
			Digest: st.SignersSHA256.String(), Changes: append(lineChanges(lines, file.Lines), revocationChanges(revoked, list, file)...)}
		out, lines, revoked = append(out, version), file.Lines, list
		return nil
	})
	return out, err
}

func (d *Desk) rosterFiles(ctx context.Context, st *ledger.Roster) (*ledger.RosterFile, []ledger.Revocation, error) {
	b, err := d.db.File(ctx, st.SignersSHA256)
	if err != nil {
		return nil, nil, err
	}
	file, err := ledger.ParseRosterFile(b)
	if err != nil {
		return nil, nil, internal("a roster cannot be read", err)
	}
	if st.RevokedSHA256.IsZero() {
		return file, nil, nil
	}
	if b, err = d.db.File(ctx, st.RevokedSHA256); err != nil {
		return nil, nil, err
	}
	list, err := ledger.ParseRevocations(b)
	if err != nil {
		return nil, nil, internal("a revocation file cannot be read", err)
	}
	return file, list, nil
}

// lineChanges compares two versions. Lines are only added, or their windows closed (ledger.md 4.4), so lines stay in their
// order.
func lineChanges(old, now []ledger.RosterLine) []RosterChange {
	changes := []RosterChange{}
	for i, l := range now {
		switch {
		case i >= len(old):
			changes = append(changes, changeOf("enrolled", l))
		case !l.ValidBefore.Equal(old[i].ValidBefore):
			changes = append(changes, changeOf("retired", l))
		}
	}
	return changes
}

func changeOf(what string, l ledger.RosterLine) RosterChange {
	c := RosterChange{What: what, Principal: review.Principal(l.Principal), Key: review.Fingerprint(l.Fingerprint()), Type: l.Key.Type(), CA: l.CertAuthority,
		SelfEnrolled: l.Comment == selfEnrolled, From: l.ValidAfter, Until: l.ValidBefore}
	if l.Comment == possessionShown {
		c.Possession = "shown"
	}
	for _, ns := range l.Namespaces {
		c.Roles = append(c.Roles, roleOf(ns))
	}
	return c
}

func revocationChanges(old, now []ledger.Revocation, file *ledger.RosterFile) []RosterChange {
	var changes []RosterChange
	for _, r := range now {
		if !slices.Contains(old, r) {
			changes = append(changes, RosterChange{What: "revoked", Principal: principalOf(file, r.Key), Key: review.Fingerprint(r.Key), Since: r.Since, Why: r.Why})
		}
	}
	return changes
}
