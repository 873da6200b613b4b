package desk

import (
	"context"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
	"tickmark/review"
)

// demand is what a signature must satisfy.
type demand struct {
	namespace  string
	at         time.Time
	campaign   review.CampaignID // whose assurance it is
	assurance  review.Assurance  // "" demands nothing
	except     string            // fingerprint of a key that must not sign
	passphrase []byte            // typed where the act was confirmed; empty: the desk asks if one is needed
}

// demandOf is what a statement demands of its signature: the role, and for decisions the weakest signature their campaign
// accepts (ledger.md 3.4).
func (d *Desk) demandOf(ctx context.Context, statement any, at time.Time) (demand, error) {
	q := demand{namespace: ledger.NamespaceOf(statement), at: at}
	if b, ok := statement.(*ledger.Bundle); ok && b.Act == ledger.ActDecision {
		c, err := d.db.Campaign(ctx, review.CampaignID(b.Campaign))
		if err != nil {
			return q, err
		}
		q.campaign, q.assurance = c.Name, c.Assurance
	}
	return q, nil
}

// stagedDemand is the strictest demand of what this person has staged.
func (d *Desk) stagedDemand(ctx context.Context) (demand, error) {
	q := demand{namespace: ledger.NamespaceReview, at: d.Now()}
	all, err := d.db.Campaigns(ctx)
	if err != nil {
		return q, err
	}
	for i := range all {
		c := &all[i]
		strict := demand{assurance: c.Assurance}
		if c.Staged == 0 || !strict.needsSecurityKey() || q.assurance == review.PinKey {
			continue
		}
		mine, err := d.db.StagedVerdicts(ctx, d.Me(), c.Name, 1)
		if err != nil {
			return q, err
		}
		if len(mine) > 0 {
			q.campaign, q.assurance = c.Name, c.Assurance
		}
	}
	return q, nil
}

func (q demand) needsSecurityKey() bool {
	return q.assurance == review.TouchKey || q.assurance == review.PinKey
}

// mayBeMet reports whether a key is of a sort that can satisfy the demand. Whether its owner gave the PIN only the
// signature shows.
func (q demand) mayBeMet(pub ssh.PublicKey) bool {
	return !q.needsSecurityKey() || strings.HasPrefix(plainKey(pub).Type(), "sk-")
}

// notMet is the error about a key of the wrong sort, before it is asked for anything.
func (q demand) notMet(pub ssh.PublicKey) error {
	what := "a security key that is touched"
	if q.assurance == review.PinKey {
		what = "a security key that asks for its PIN"
	}
	e := review.Errorf(review.KindKey, "decisions of campaign %s need the signature of %s", q.campaign, what).WithReason("assurance").
		WithHint("make one with `ssh-keygen -t ed25519-sk%s`, have it enrolled (`tickmark key enrol`), and sign with it: --key FILE; everything staged is kept", verifyRequired(q.assurance))
	if pub != nil {
		e.Message += "; " + ssh.FingerprintSHA256(plainKey(pub)) + " is " + plainKey(pub).Type()
	}
	return e
}

func verifyRequired(a review.Assurance) string {
	if a == review.PinKey {
		return " -O verify-required"
	}
	return ""
}

// check judges a signature that was made. Nothing is appended that a verifier would refuse.
func (q demand) check(armored []byte) error {
	if !q.needsSecurityKey() {
		return nil
	}
	sig, err := ledger.ParseSSHSig(armored)
	if err != nil {
		return internal("the signature cannot be read", err)
	}
	switch {
	case !sig.SecurityKey():
		return q.notMet(sig.PublicKey)
	case q.assurance == review.PinKey && !sig.PINVerified():
		return review.Errorf(review.KindKey, "the security key signed without its PIN, which campaign %s demands; nothing was stored", q.campaign).WithReason("assurance").
			WithHint("use a key made with `ssh-keygen -t ed25519-sk -O verify-required`; everything staged is kept")
	}
	return nil
}
