package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tickmark/ledger"
	"tickmark/review"
	"tickmark/store"
)

// All logins of a person share one set of drafts. What one login stages is not replaced by another that has not been shown
// it, nor signed by it.

// Pulse changes when this person's unsigned acts do, in whichever login, or the ledger.
func (d *Desk) Pulse(ctx context.Context) (review.Pulse, error) { return d.db.Pulse(ctx, d.Me()) }

// own remembers an act of this login.
func (d *Desk) own(act int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acts[act] = true
}

func (d *Desk) isOwn(act int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.acts[act]
}

// seen knows the drafts that were shown and those of this login; nil shown: all there are.
func (d *Desk) seen(shown review.Drafts) store.Seen {
	if shown == nil {
		return nil
	}
	return func(item review.ItemID, act int64) (bool, error) { return shown[item] == act || d.isOwn(act), nil }
}

// elsewhere ends the account of an act that this login did not make.
func (d *Desk) elsewhere(act int64) string {
	if d.isOwn(act) {
		return ""
	}
	return ", staged in another session"
}

// movedWords say what stands on an item instead of what was shown.
func movedWords(m store.MovedDraft) string {
	words := m.Verdict.Words()
	if m.Reason != "" {
		words += fmt.Sprintf(" (%s)", m.Reason)
	}
	return "another session of yours has staged " + words + " on it since it was shown"
}

// seenActs knows the managers' acts that were shown and those of this login; nil shown: all there are.
func (d *Desk) seenActs(shown []int64) func(int64) bool {
	if shown == nil {
		return nil
	}
	return func(act int64) bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return slices.Contains(shown, act) || d.managed[act]
	}
}

func (d *Desk) ownManaged(acts []store.StagedAct) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range acts {
		if a.ID != 0 {
			d.managed[a.ID] = true
		}
	}
}

// standsWords say what a manager has staged instead of what was shown.
func standsWords(a store.StagedAct) string {
	return "another session of yours has staged " + a.What + " on it since it was shown"
}

// signedSince says why a verdict is not staged on an item that was decided after it was shown; empty: it was not.
func signedSince(it *review.Item, shown review.Drafts) string {
	if shown == nil || it.State != review.ItemSigned || shown[it.ID] == -int64(it.Decision) {
		return ""
	}
	return fmt.Sprintf("it was signed as %s since it was shown", it.Verdict.Words())
}

// shownActs are what a bundle was shown to hold, one tag for each staged act, in order. nil: it was not shown.
type shownActs []string

func verdictTags(verdicts []store.StagedVerdict) shownActs {
	tags := make(shownActs, len(verdicts))
	for i, v := range verdicts {
		tags[i] = fmt.Sprintf("%s %d", v.Item, v.Act)
	}
	return tags
}

func actTags(acts []store.StagedAct) shownActs {
	tags := make(shownActs, len(acts))
	for i, a := range acts {
		tags[i] = fmt.Sprintf("%d %s", a.ID, ledger.Sum(a.Payload))
	}
	return tags
}

func (s shownActs) mark() string { return ledger.Sum([]byte(strings.Join(s, "\n"))).String() }

// stagedNow are the tags of everything staged now for one campaign and act.
func (d *Desk) stagedNow(ctx context.Context, c review.CampaignID, a review.Act) (shownActs, error) {
	if a == review.ActDecision {
		verdicts, err := d.freshVerdicts(ctx, c, 0)
		return verdictTags(verdicts), err
	}
	acts, err := d.freshActs(ctx, c, a)
	return actTags(acts), err
}

// asShown gives what a bundle holds, or refuses if it is not what was shown of it.
func (d *Desk) asShown(ctx context.Context, b review.StagedBundle) (shownActs, error) {
	if b.Mark == "" {
		return nil, nil
	}
	now, err := d.stagedNow(ctx, b.Campaign, b.Act)
	if err == nil && now.mark() != b.Mark {
		err = notAsShown()
	}
	return now, err
}

func notAsShown() error {
	return review.Errorf(review.KindConflict, "what is staged changed since it was shown, in another session of yours").WithReason("staged").
		WithHint("nothing was signed; look at it again, then sign")
}

// holds refuses a bundle that is not the beginning of what was shown.
func (s shownActs) holds(b *bundle) error {
	if s == nil {
		return nil
	}
	tags := append(verdictTags(b.verdicts), actTags(b.acts)...)
	if len(tags) > len(s) || !slices.Equal(tags, s[:len(tags)]) || b.left == 0 && len(tags) < len(s) {
		return notAsShown()
	}
	return nil
}
