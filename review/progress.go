package review

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// StateOfCampaign derives the state of a campaign (rulings 21). revokesOpen counts its revokes in force that are not proven
// gone. After the manager's sign-off it is remediating while revokes are open, else sealed.
func StateOfCampaign(c *Campaign, revokesOpen int64, now time.Time) CampaignState {
	switch {
	case c.State == Cancelled:
		return Cancelled
	case c.Launched.IsZero():
		return DraftState
	case !c.SignedOff.IsZero() && revokesOpen > 0:
		return Remediating
	case !c.SignedOff.IsZero():
		return Sealed
	case !c.Due.IsZero() && now.After(c.Due), allSignedOff(c.Reviewers):
		return Closing
	}
	return ActiveState
}

// allSignedOff reports whether everybody who has items signed off.
func allSignedOff(rs []ReviewerCount) bool {
	some := false
	for _, r := range rs {
		if r.Items == 0 {
			continue
		}
		if r.SignedOff.IsZero() {
			return false
		}
		some = true
	}
	return some
}

// CountItem adds an item to the counts of a campaign (rulings 22): the verdict is the staged one where there is one, else the
// signed one. signed says that a signed verdict is in force.
func (c *Campaign) CountItem(v Verdict, staged, signed bool) {
	c.Items++
	switch v {
	case Keep:
		c.Keep++
	case Revoke:
		c.Revoke++
	case Except:
		c.Exception++
	case Abstain:
		c.Abstain++
	}
	if v.Decides() {
		c.Decided++
	}
	if staged {
		c.Staged++
	}
	if signed {
		c.Signed++
	}
	c.Undecided = c.Items - c.Decided
}

// PreviewBulk says what one draft would do to many items: how many it fits, at which risk, and what is left out and why.
func PreviewBulk(p Policy, now time.Time, items iter.Seq[*Item], d Draft) BulkPreview {
	out := BulkPreview{Risk: map[Severity]int64{}}
	at := map[string]int{}
	d.Bulk = true
	for it := range items {
		out.Matching++
		if err := CheckDraft(p, now, it, d); err != nil {
			i, ok := at[err.Message]
			if !ok {
				i = len(out.LeftOut)
				at[err.Message] = i
				out.LeftOut = append(out.LeftOut, Exclusion{Reason: err.Message})
			}
			out.LeftOut[i].Count++
			continue
		}
		out.Eligible++
		if it.State == ItemStaged || it.State == ItemSigned {
			out.Decided++
		}
		if s := severityOf(it); s != "" {
			out.Risk[s]++
		}
	}
	out.TypeCount = out.Eligible > int64(p.BulkTypeCount)
	return out
}

// QualityFor is what a person sees of how a campaign was reviewed: the owner everybody's figures, others only their own.
func QualityFor(all []Quality, me, owner Principal) []Quality {
	if me == owner {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(q Quality) bool { return q.Principal != me })
}

// QualitySignals says which thresholds of the policy a review crossed: shown before sign-off and to the owner, never a score.
func QualitySignals(p Policy, q Quality) []Notice {
	var out []Notice
	say := func(code, hint, format string, args ...any) {
		out = append(out, Notice{Code: code, Text: fmt.Sprintf(format, args...), Hint: hint})
	}
	if q.Decided >= int64(max(p.SignalDecisions, 1)) {
		if share := percent(q.Keeps, q.Decided); share >= p.RubberStampKeeps {
			say("keeps", "look again at what is unused or was never reviewed", "%d of %d were kept (%d %%)", q.Keeps, q.Decided, share)
		}
		if per := float64(q.Seconds) / float64(q.Decided); per < float64(p.HastySecondsPerItem) {
			say("haste", "open some of them before signing", "%.1f seconds per decision", per)
		}
		if share := percent(q.Bulk, q.Decided); share > p.HastyBulkShare {
			say("bulk", "open some of them before signing", "%d of %d were decided in bulk (%d %%)", q.Bulk, q.Decided, share)
		}
		if q.Opened == 0 {
			say("unopened", "open the ones with findings", "no item was opened before it was decided")
		}
	}
	if q.NoRevokeRun >= p.NoRevokeCampaigns && q.NoRevokeRun > 0 {
		say("no-revokes", "ask whether everything is really still needed", "%d campaigns in a row without a revoke", q.NoRevokeRun)
	}
	return out
}

func percent(part, whole int64) int {
	if whole == 0 {
		return 0
	}
	return int(part * 100 / whole)
}
