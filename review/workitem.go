package review

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// LaterAnswer is the decision of a later campaign that let access stay which an earlier one revoked.
type LaterAnswer struct {
	Decision EntryIndex `json:"decision"`
	Campaign CampaignID `json:"campaign"`
	Verdict  Verdict    `json:"verdict"` // keep or exception
	Reviewer Principal  `json:"reviewer"`
	Reason   string     `json:"reason,omitempty"`
	Time     time.Time  `json:"time"`
}

// String says it as a note on a state.
func (a *LaterAnswer) String() string {
	text := fmt.Sprintf("superseded by %s in campaign %s, decision %d (%s", a.Verdict, a.Campaign, a.Decision, a.Reviewer)
	if a.Reason != "" {
		text += ": " + a.Reason
	}
	return text + ")"
}

// Moot reports whether nothing is left to be carried out, because a later campaign let the access stay. Access that is proven
// gone is gone, whatever was decided afterwards.
func (r *Remediation) Moot() bool { return r.Superseded != nil && r.State != VerifiedGone }

// Pending reports whether somebody still has to carry the revoke out.
func (r *Remediation) Pending() bool { return r.State != VerifiedGone && !r.Moot() }

// FoldRevokes makes one work item of all revokes of one access in one campaign, where several stages revoked it. The earliest
// in force is the work item; the others follow it: the newest record about any of them is its state, and its terms are the
// strictest. all is in the order of ID and stays so. Revokes without a grant key stay as they are.
func FoldRevokes(all []Remediation) []Remediation {
	type access struct {
		campaign CampaignID
		grant    GrantKey
	}
	first := make(map[access]int, len(all))
	out := all[:0:0]
	for _, r := range all {
		k := access{r.Campaign, r.Grant}
		at, again := first[k]
		if !again || r.Grant == "" {
			first[k] = len(out)
			out = append(out, r)
			continue
		}
		out[at].follow(&r)
	}
	return out
}

// follow lets a later revoke of the same access follow this one.
func (r *Remediation) follow(o *Remediation) {
	r.Also = append(slices.Clone(r.Also), o.ID)
	r.Notes = append(slices.Clone(r.Notes), fmt.Sprintf("revoked again by %s, decision %d: %s", o.Reviewer, o.ID, o.Reason))
	for _, n := range o.Notes {
		if !slices.Contains(r.Notes, n) {
			r.Notes = append(r.Notes, n)
		}
	}
	if o.Recorded > r.Recorded {
		r.State, r.Since, r.VerifiedBy, r.Recorded = o.State, o.Since, o.VerifiedBy, o.Recorded
		if o.Ticket != "" {
			r.Ticket, r.Claimed, r.ClaimedBy = o.Ticket, o.Claimed, o.ClaimedBy
		}
	}
	if r.Ticket == "" {
		r.Ticket, r.Claimed, r.ClaimedBy = o.Ticket, o.Claimed, o.ClaimedBy
	}
	r.EverGone = r.EverGone || o.EverGone
	r.Staged, r.Acts = cmp.Or(r.Staged, o.Staged), append(slices.Clone(r.Acts), o.Acts...)
	r.Effective = min(r.Effective, o.Effective) // none: at once
	if o.Replace == "" {
		r.Replace = "" // one of them wants it gone without anything instead
	}
	if o.Superseded == nil {
		r.Superseded = nil // revoked again after the access was let stay
	}
}
