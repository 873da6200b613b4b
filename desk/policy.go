package desk

import (
	"context"

	"tickmark/review"
)

// Policy is the policy pinned to a launched campaign: its thresholds hold for its items however the configuration changes
// (rulings 16). A policy this program cannot read leaves the configured one in force.
func (d *Desk) Policy(ctx context.Context, c review.CampaignID) (review.Policy, error) {
	d.mu.Lock()
	have, ok := d.policies[c]
	d.mu.Unlock()
	if ok {
		return have, nil
	}
	rec, err := d.db.Campaign(ctx, c)
	if err != nil {
		return d.policy, err
	}
	policy := d.policy
	if text, err := d.db.File(ctx, rec.Statement.PolicySHA256); err == nil && review.ReadablePolicy(text) {
		if pinned, err := review.ParsePolicy(text); err == nil {
			policy = pinned
		}
	}
	d.mu.Lock()
	d.policies[c] = policy
	d.mu.Unlock()
	return policy, nil
}

// policiesLaunched gives the policy of each launched campaign without reading the database.
func (d *Desk) policiesLaunched(ctx context.Context) (func(review.CampaignID) review.Policy, error) {
	names, err := d.db.CampaignsLaunched(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[review.CampaignID]*review.Policy, len(names))
	for _, name := range names {
		policy, err := d.Policy(ctx, name)
		if err != nil {
			return nil, err
		}
		known[name] = &policy
	}
	return func(c review.CampaignID) review.Policy {
		if policy := known[c]; policy != nil {
			return *policy
		}
		return d.policy // launched since
	}, nil
}
