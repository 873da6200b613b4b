package desk

import (
	"context"
	"fmt"

	"tickmark/evidence"
	"tickmark/ledger"
	"tickmark/review"
)

func unconfirmedRoster(t evidence.Trust) bool { return t.Input == "roster" && !t.Confirmed }

// Entries reads the ledger in words, newest first, before an index (0: from the end). Withheld entries are among them.
func (p *Pack) Entries(ctx context.Context, before review.EntryIndex, limit int) ([]review.LedgerEntry, error) {
	end := int64(len(p.leaves))
	if before > 0 {
		end = min(end, int64(before))
	}
	if limit <= 0 {
		return nil, nil
	}
	p.files.Lock()
	defer p.files.Unlock()
	var out []review.LedgerEntry
	for i := end - 1; i >= max(end-int64(limit), 0); i-- {
		e, _, err := p.entry(ctx, i)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Entry gives one entry with its text in display form, and the files of the pack that hold it.
func (p *Pack) Entry(ctx context.Context, i review.EntryIndex) (review.LedgerEntry, error) {
	if i < 0 || int64(i) >= int64(len(p.leaves)) {
		return review.LedgerEntry{}, review.Errorf(review.KindNotFound, "the ledger has no entry %d", i).WithHint("its last one is %d", len(p.leaves)-1)
	}
	p.files.Lock()
	defer p.files.Unlock()
	e, text, err := p.entry(ctx, int64(i))
	if err != nil {
		return e, err
	}
	if e.Text = string(text); text == nil {
		e.Text = "(withheld: the pack holds the leaf hash of this entry and not its text)"
	}
	return e, nil
}

func (p *Pack) entry(ctx context.Context, index int64) (review.LedgerEntry, []byte, error) {
	e := review.LedgerEntry{Index: review.EntryIndex(index), LeafHash: p.leaves[index].Base64()}
	if b := p.bundleOf(index); b != nil {
		e.Bundle, e.Campaign, e.Time = review.EntryIndex(b.Index), review.CampaignID(b.Bundle.Campaign), b.Bundle.Time
	}
	for t, err := range p.pack.Entries(ctx, index, index+1) {
		if err != nil {
			if stop := stopped(ctx); stop != nil {
				return e, nil, stop
			}
			return e, nil, review.Errorf(review.KindIO, "entry %d cannot be read", index).WithHint("ask the sender for the pack again")
		}
		if t.Bytes == nil {
			e.Kind, e.Summary = withheldWord, "withheld: only its leaf hash is in the pack"
			if b := p.bundleOf(index); b != nil {
				e.Summary = fmt.Sprintf("withheld: a %s of campaign %s, only its leaf hash is in the pack", b.Bundle.Act, b.Bundle.Campaign)
			}
			return e, nil, nil
		}
		v, _, _, err := ledger.ParseEntry(t.Bytes)
		if err != nil {
			e.Kind, e.Summary = "unreadable", "not in the form of the ledger"
			return e, []byte(review.Safe(string(t.Bytes))), nil
		}
		e.Kind, e.Summary = string(ledger.KindOf(t.Bytes)), summary(v)
		if sig := ledger.SigOf(v); sig != nil {
			e.Signer, e.Key, e.Via, e.Time = review.Principal(sig.Signer), review.Fingerprint(sig.Key), sig.Via, sig.Time
		}
		switch v := v.(type) {
		case *ledger.Open:
			e.Time = v.Time
		case *ledger.Campaign:
			e.Campaign = review.CampaignID(v.Campaign)
		case *ledger.Bundle:
			e.Campaign = review.CampaignID(v.Campaign)
		case *ledger.Signoff:
			e.Campaign = review.CampaignID(v.Campaign)
		}
		return e, t.Bytes, nil
	}
	return e, nil, nil
}
