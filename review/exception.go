package review

import (
	"strings"
	"time"
)

// Words of closures (ledger.md 3.7).
const (
	OutcomeRemediated = "remediated"
	OutcomeRenewed    = "renewed"
	OutcomeWithdrawn  = "withdrawn"
	// OutcomeSuperseded is a word for people: the ledger writes it as withdrawn, with the later decision in the reason.
	OutcomeSuperseded = "superseded"
)

// Judge sets what depends on the policy of the exception's campaign and on the day: State, Days and what a renewal may ask for.
func (e *Exception) Judge(p Policy, now time.Time) {
	e.State, e.Days = ExceptionStateAt(p, now, e)
	e.MaxDays, e.MaxRenewals = p.ExceptionMaxDays, p.ExceptionRenewals
}

// ExceptionStateAt is the state of an exception on a day, and the days until it ends: 0 on its last day, negative after it
// (rulings 24). A recorded closure ends it whatever the day; where the policy wants a manager's approval, an exception whose
// approver is still only its reviewer is proposed.
func ExceptionStateAt(p Policy, now time.Time, e *Exception) (ExceptionState, int) {
	if e.closed() {
		return Closed, 0
	}
	days := 0
	until, err := time.Parse(time.DateOnly, e.Until)
	if err == nil {
		days = int(until.Sub(today(now)) / (24 * time.Hour))
	}
	unapproved := p.ExceptionApproval == ApprovalManager && (e.Approver == "" || e.Approver == e.Reviewer)
	switch {
	case e.ID == 0 || unapproved:
		return Proposed, days
	case err == nil && days < 0:
		return ExceptionExpired, days
	case err == nil && days <= p.ExceptionWarnDays:
		return Expiring, days
	}
	return ExceptionActive, days
}

func (e *Exception) closed() bool {
	return e.State == Closed || e.Outcome == OutcomeRemediated || e.Outcome == OutcomeWithdrawn
}

// ApprovedWords says who besides the reviewer agreed to an exception, or why nobody has; nothing where that is not known.
func (e *Exception) ApprovedWords() string {
	switch {
	case e.ID <= 0:
		return ""
	case e.Approver != "" && e.Approver != e.Reviewer:
		return "by " + string(e.Approver)
	case e.Approver != "":
		return "by nobody else; the policy asks for no second person"
	case e.ApprovalBy != "":
		return "not yet: waits for " + string(e.ApprovalBy)
	}
	return "not yet: it needs somebody who is not its reviewer, owner or holder"
}

// MayApprove tells whether somebody may approve an exception where the policy wants a manager's approval: not its reviewer,
// its owner or the holder.
func MayApprove(people *People, e *Exception, who Principal) *Error {
	for _, c := range []struct{ name, text string }{
		{string(e.Reviewer), "you granted exception %d"}, {e.Owner, "you own exception %d"}, {e.Identity, "exception %d is about your own access"},
	} {
		if people.Same(string(who), c.name) {
			return Errorf(KindNotAllowed, c.text, e.ID).WithHint("another manager has to approve it")
		}
	}
	return nil
}

// CheckClosure tells why an exception may not be renewed or closed like this; nil if it may.
func CheckClosure(p Policy, now time.Time, e *Exception, d ClosureDraft) *Error {
	if e.closed() {
		return Errorf(KindRefused, "exception %d is closed", e.ID).WithReason("closed").WithHint("nothing follows a closed exception; decide on the access in a campaign")
	}
	if strings.TrimSpace(d.Reason) == "" {
		return needsReason("closing or renewing an exception")
	}
	for _, f := range []struct{ name, text string }{{"reason", d.Reason}, {"owner", d.Owner}, {"control", d.Control}} {
		if len(f.text) > maxText {
			return Errorf(KindUsage, "the %s is %d bytes long, at most %d are kept", f.name, len(f.text), maxText).WithHint("shorten it, or name a ticket")
		}
	}
	if d.EvidenceSHA256 != "" && !isSHA256(d.EvidenceSHA256) {
		return Errorf(KindUsage, "%s is no SHA-256 of an evidence file", Quote(d.EvidenceSHA256)).WithHint("give the file itself with --evidence")
	}
	switch d.Outcome {
	case OutcomeRenewed:
		return checkRenewal(p, now, e, d)
	case OutcomeSuperseded:
		if e.Superseded == 0 {
			return Errorf(KindRefused, "nothing has superseded exception %d: no later campaign decided on the same access", e.ID).WithReason("not-superseded").
				WithHint("remediated or withdrawn closes it")
		}
		if d.Until != "" {
			return onlyRenewalEnds()
		}
	case OutcomeRemediated, OutcomeWithdrawn:
		if d.Until != "" {
			return onlyRenewalEnds()
		}
	default:
		return Errorf(KindUsage, "%s is no way to close an exception", Quote(d.Outcome)).WithHint("say remediated, withdrawn, superseded or renewed")
	}
	if d.Outcome == OutcomeRemediated && (strings.TrimSpace(d.Control) == "" || d.EvidenceSHA256 == "") {
		return Errorf(KindUsage, "remediated needs the control that cured it and an evidence file").WithReason("needs-evidence").
			WithHint("give --control and --evidence FILE; without proof, withdrawn ends it as not cured")
	}
	return nil
}

func onlyRenewalEnds() *Error {
	return Errorf(KindUsage, "only a renewal has an end").WithHint("leave until out, or renew the exception")
}

// CheckApproval tells why an exception cannot be approved now; nil if it can. Who may is MayApprove.
func CheckApproval(e *Exception) *Error {
	if e.closed() {
		return Errorf(KindRefused, "exception %d is closed", e.ID).WithReason("closed").WithHint("nothing follows a closed exception; decide on the access in a campaign")
	}
	if e.Approval == "" {
		return Errorf(KindRefused, "exception %d waits for no approval", e.ID).WithReason("not-proposed").
			WithHint("only an exception of a review with a second stage, which has not decided yet, can be approved")
	}
	return nil
}

func checkRenewal(p Policy, now time.Time, e *Exception, d ClosureDraft) *Error {
	if e.Renewals >= p.ExceptionRenewals {
		return Errorf(KindRefused, "exception %d was renewed %d times, the policy allows %d", e.ID, e.Renewals, p.ExceptionRenewals).WithReason("renewal-cap").
			WithHint("remediate it, withdraw it, or decide on the access again in a campaign")
	}
	for _, f := range []struct{ name, text, hint string }{
		{"an end (until)", d.Until, "say on which day it ends now, as YYYY-MM-DD"},
		{"an owner", d.Owner, "say who answers for it until then"},
		{"a compensating control", d.Control, "say what guards the access meanwhile"},
	} {
		if strings.TrimSpace(f.text) == "" {
			return Errorf(KindUsage, "a renewal needs %s", f.name).WithHint("%s", f.hint)
		}
	}
	if sameReason(d.Reason, e.Reason) {
		return staleReason()
	}
	for _, h := range e.History {
		if sameReason(d.Reason, h.Reason) {
			return staleReason()
		}
	}
	if err := checkUntil(p, now, d.Until); err != nil {
		return err
	}
	if d.Until <= e.Until {
		return Errorf(KindUsage, "exception %d runs until %s already", e.ID, Safe(e.Until)).WithReason("until-earlier").WithHint("a renewal ends later; to end it earlier, close it")
	}
	return nil
}

func sameReason(a, b string) bool { return Fold(strings.TrimSpace(a)) == Fold(strings.TrimSpace(b)) }

func staleReason() *Error {
	return Errorf(KindUsage, "every renewal needs a reason of its own").WithReason("needs-reason").WithHint("say what has changed since the last one")
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
