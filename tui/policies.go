package tui

import (
	"context"
	"sync"

	"tickmark/review"
)

// policies is a desk that knows the policy of every campaign it has read items of, so that a form opens with the key: what
// is on the screen has been read, and its policy with it.
type policies struct {
	Desk
	mu    sync.Mutex
	known map[review.CampaignID]review.Policy
}

func withPolicies(d Desk) *policies {
	return &policies{Desk: d, known: map[review.CampaignID]review.Policy{}}
}

// of is the policy of a campaign; without limits while it is not known, and the desk refuses what it does not allow.
func (p *policies) of(c review.CampaignID) review.Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[c]
}

func (p *policies) learn(ctx context.Context, c review.CampaignID) error {
	p.mu.Lock()
	_, ok := p.known[c]
	p.mu.Unlock()
	if ok || c == "" {
		return nil
	}
	policy, err := p.Policy(ctx, c)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.known[c] = policy
	p.mu.Unlock()
	return nil
}

func (p *policies) Page(ctx context.Context, q review.Query, at review.Anchor, limit int) (review.Page, error) {
	page, err := p.Desk.Page(ctx, q, at, limit)
	if err == nil {
		err = p.learn(ctx, q.Campaign)
	}
	return page, err
}

func (p *policies) Detail(ctx context.Context, id review.ItemID) (review.Detail, error) {
	d, err := p.Desk.Detail(ctx, id)
	if err == nil {
		err = p.learn(ctx, d.Campaign)
	}
	return d, err
}
