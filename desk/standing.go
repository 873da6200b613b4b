package desk

import (
	"context"
	"slices"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
	"tickmark/review"
)

// standing is the roster in force with its revocations: who may sign what now.
type standing struct {
	*ledger.RosterFile
	revoked []ledger.Revocation
}

// standing reads the roster in force; nil before the first.
func (d *Desk) standing(ctx context.Context) (*standing, error) {
	file, err := d.roster(ctx)
	if err != nil || file == nil {
		return nil, err
	}
	revoked, err := d.revocations(ctx)
	return &standing{file, revoked}, err
}

// revocation says that a key, the key of a certificate or its authority is revoked.
func (s *standing) revocation(pub ssh.PublicKey) (ledger.Revocation, bool) {
	prints := []string{ssh.FingerprintSHA256(pub), ssh.FingerprintSHA256(plainKey(pub))}
	if cert, ok := pub.(*ssh.Certificate); ok {
		prints = append(prints, ssh.FingerprintSHA256(cert.SignatureKey))
	}
	i := slices.IndexFunc(s.revoked, func(r ledger.Revocation) bool { return slices.Contains(prints, r.Key) })
	if i < 0 {
		return ledger.Revocation{}, false
	}
	return s.revoked[i], true
}

// lines are those under which a person may sign now: of the role, in their time, not revoked. Keys that the demand
// excludes are left out.
func (s *standing) lines(p review.Principal, q demand) []ledger.RosterLine {
	return slices.DeleteFunc(usable(s.RosterFile, p, q.namespace, q.at), func(l ledger.RosterLine) bool {
		_, revoked := s.revocation(l.Key)
		return revoked || l.Fingerprint() == q.except
	})
}

// allow says why a key, as a signature would embed it, may not sign for a person; nil if it may.
func (d *Desk) allow(s *standing, me review.Principal, pub ssh.PublicKey, q demand) error {
	if r, ok := s.revocation(pub); ok {
		return review.Errorf(review.KindKey, "the key %s is revoked since %s: %s", r.Key, stamp(r.Since), review.Safe(r.Why)).WithReason("revoked").
			WithHint("sign with another key of yours, or have a new one enrolled: `tickmark key enrol`")
	}
	if print := ssh.FingerprintSHA256(plainKey(pub)); print == q.except {
		return review.Errorf(review.KindRefused, "the key %s cannot sign this: nothing it signed counts afterwards", print).WithReason("own-revocation").
			WithHint("sign with another key that has the roster role: enrol one first, or ask a colleague who has it")
	}
	if _, err := s.Allow(string(me), pub, q.namespace, q.at); err != nil {
		return d.notAllowed(s.RosterFile, me, pub, q.namespace, q.at, err)
	}
	if !q.mayBeMet(pub) {
		return q.notMet(pub)
	}
	return nil
}

// ownerOf is whose key this is: of a plain key by its line, of a certificate by the authority that signed it and the names
// it holds. Empty: nobody's.
func ownerOf(roster *ledger.RosterFile, pub ssh.PublicKey) review.Principal {
	if p := principalOf(roster, ssh.FingerprintSHA256(plainKey(pub))); p != "" {
		return p
	}
	cert, ok := pub.(*ssh.Certificate)
	if !ok {
		return ""
	}
	authority := ssh.FingerprintSHA256(cert.SignatureKey)
	for i := range roster.Lines {
		if l := &roster.Lines[i]; l.CertAuthority && l.Fingerprint() == authority && slices.Contains(cert.ValidPrincipals, l.Principal) {
			return review.Principal(l.Principal)
		}
	}
	return ""
}

// canAdministrate reports whether anybody could sign the next version of the roster at a moment.
func (s *standing) canAdministrate(q demand) bool {
	return slices.ContainsFunc(principals(s.RosterFile), func(p review.Principal) bool { return len(s.lines(p, q)) > 0 })
}
