package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// SignOff signs "I am done", with counts. Without a role it is the reviewer's, and the manager's too when the signer owns
// the campaign and no other reviewer is outstanding (rulings 20).
func (d *Desk) SignOff(ctx context.Context, id review.CampaignID, role review.Role, passphrase []byte) ([]review.Receipt, error) {
	defer wipe(passphrase)
	if err := d.mustSign(); err != nil {
		return nil, err
	}
	c, err := d.db.Campaign(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.SignedOff.IsZero() {
		return nil, review.Errorf(review.KindConflict, "campaign %s was signed off on %s", id, stamp(c.SignedOff)).WithHint("`tickmark campaign show %s`", id)
	}
	staged, err := d.db.StagedVerdicts(ctx, d.Me(), id, 0)
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		return nil, review.Errorf(review.KindConflict, "%d of your verdicts are staged and not signed", len(staged)).WithHint("sign or take them back first: `tickmark sign`, `tickmark staged`")
	}
	parts := []review.Role{role}
	if role == "" {
		parts = d.signoffRoles(&c)
	}
	if slices.Contains(parts, review.Manager) {
		err := d.noAnswer(ctx, &c)
		var e *review.Error
		switch {
		case err == nil:
		case len(parts) > 1 && errors.As(err, &e) && e.Reason == notDue: // the reviewer's sign-off can be made all the same
			d.o.Say("the review is not closed yet: %s", e.Message)
			parts = slices.DeleteFunc(parts, func(r review.Role) bool { return r == review.Manager })
		default:
			return nil, err
		}
	}
	var out []review.Receipt
	for _, r := range parts {
		done, err := d.signOffAs(ctx, id, r, passphrase)
		if err != nil {
			return out, err
		}
		out = append(out, done)
	}
	return out, nil
}

// signoffRoles are the sign-offs a person owes who named none.
func (d *Desk) signoffRoles(c *store.CampaignRecord) []review.Role {
	me := d.Me()
	var parts []review.Role
	outstanding := false
	for _, r := range c.Reviewers {
		switch {
		case r.Principal == me && r.Items > 0 && r.SignedOff.IsZero():
			parts = append(parts, review.Reviewer)
		case r.Principal != me && r.Items > 0 && r.SignedOff.IsZero():
			outstanding = true
		}
	}
	if c.Owner == me && !outstanding {
		parts = append(parts, review.Manager)
	}
	if len(parts) == 0 {
		parts = append(parts, review.Reviewer)
	}
	return parts
}

func (d *Desk) signOffAs(ctx context.Context, id review.CampaignID, role review.Role, passphrase []byte) (review.Receipt, error) {
	var st *ledger.Signoff
	done, err := d.sign(ctx, signedAct{
		passphrase: slices.Clone(passphrase),
		prepare: func(ctx context.Context, _ ledger.Head, _ time.Time) ([]any, any, error) {
			who := d.Me()
			if role == review.Manager {
				who = ""
			}
			n, err := d.db.SignedCounts(ctx, id, who)
			if err != nil {
				return nil, nil, err
			}
			if role == review.Reviewer && n.Items == 0 {
				return nil, nil, review.Errorf(review.KindNotAllowed, "nothing in campaign %s is assigned to %s", id, who).WithHint("the owner signs off with --role manager")
			}
			counts := []review.Count{{Word: "keep", N: n.Keep}, {Word: "revoke", N: n.Revoke}, {Word: "exception", N: n.Exception}, {Word: "abstain", N: n.Abstain}}
			st = &ledger.Signoff{Log: d.log, Campaign: string(id), Role: string(role), Items: n.Items, Decided: n.Decided, Open: n.Open, Tally: tallyText(counts)}
			return nil, st, nil
		},
		describe: func(r *review.Receipt) {
			r.Campaign = id
			r.Receipt += fmt.Sprintf(", %s signed off %d of %d items", role, st.Decided, st.Items)
		},
	})
	return done.receipt, err
}

// Quality is how people reviewed, with the policy's thresholds that were crossed.
func (d *Desk) Quality(ctx context.Context, c review.CampaignID) ([]review.Quality, error) {
	all, err := d.db.Quality(ctx, c)
	if err != nil {
		return nil, err
	}
	policy, err := d.Policy(ctx, c)
	for i := range all {
		all[i].Signals = review.QualitySignals(policy, all[i])
	}
	return all, err
}
