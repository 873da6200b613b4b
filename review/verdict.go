package review

import (
	"strings"
	"time"
)

// maxText bounds reasons, owners and controls in bytes (rulings 10).
const maxText = 8192

// Strictest is the verdict that holds over all stages of an item (rulings 23): revoke, then exception, then keep. An
// abstention decides nothing; with no decision it is abstain if somebody abstained, else none.
func Strictest(verdicts ...Verdict) Verdict {
	rank := func(v Verdict) int {
		switch v {
		case Revoke:
			return 4
		case Except:
			return 3
		case Keep:
			return 2
		case Abstain:
			return 1
		}
		return 0
	}
	strictest := NoVerdict
	for _, v := range verdicts {
		if rank(v) > rank(strictest) {
			strictest = v
		}
	}
	return strictest
}

// Decides reports whether a verdict settles an item: keep, revoke and exception do.
func (v Verdict) Decides() bool { return v == Keep || v == Revoke || v == Except }

// CheckDraft tells why a verdict may not be staged on an item; nil if it may. It looks at the words (ledger.md 3.5) and the
// policy; who may decide is Org.Blocked, whose answer it takes from Item.Blocked.
func CheckDraft(p Policy, now time.Time, it *Item, d Draft) *Error {
	if it.Blocked != "" {
		return Errorf(KindNotAllowed, "you may not decide on it: %s", Safe(it.Blocked)).WithReason("blocked").
			WithHint("a manager can reassign it to somebody else")
	}
	if err := checkTexts(d); err != nil {
		return err
	}
	switch d.Verdict {
	case Keep:
		return checkKeep(p, it, d)
	case Revoke:
		return checkRevoke(now, it, d)
	case Except:
		return checkException(p, now, d)
	case Abstain:
		return checkAbstain(d)
	}
	return Errorf(KindUsage, "%s is no verdict", Quote(string(d.Verdict))).WithHint("say keep, revoke, exception or abstain")
}

func checkTexts(d Draft) *Error {
	for _, f := range []struct{ name, text string }{{"reason", d.Reason}, {"replace", d.Replace}, {"owner", d.Owner}, {"control", d.Control}} {
		if len(f.text) > maxText {
			return Errorf(KindUsage, "the %s is %d bytes long, at most %d are kept", f.name, len(f.text), maxText).WithHint("shorten it, or name a ticket")
		}
	}
	return nil
}

func checkKeep(p Policy, it *Item, d Draft) *Error {
	if err := onlyFor(d, "keep", ""); err != nil {
		return err
	}
	if severityOf(it).Rank() >= High.Rank() && d.Bulk {
		return Errorf(KindRefused, "it has a %s finding and cannot be kept in bulk", severityOf(it)).WithReason("high-finding").
			WithHint("look at it and keep it by itself, with a reason")
	}
	if p.KeepReasonFor(*it) && strings.TrimSpace(d.Reason) == "" {
		return Errorf(KindUsage, "keeping it despite a %s finding needs a reason", severityOf(it)).WithReason("needs-reason").
			WithHint("say why it stays")
	}
	return nil
}

// KeepReasonFor reports whether keeping an item needs a reason.
func (p Policy) KeepReasonFor(it Item) bool {
	return p.KeepReasonAtHigh && severityOf(&it).Rank() >= High.Rank()
}

func severityOf(it *Item) Severity {
	if it.MaxSeverity != "" {
		return it.MaxSeverity
	}
	return Worst(it.Findings)
}

func checkRevoke(now time.Time, it *Item, d Draft) *Error {
	if err := onlyFor(d, "revoke", "replace effective"); err != nil {
		return err
	}
	if strings.TrimSpace(d.Reason) == "" {
		return needsReason("a revoke")
	}
	if it.Irrevocable != "" {
		return Errorf(KindRefused, "it cannot be revoked here: %s", Safe(it.Irrevocable)).WithReason("irrevocable").
			WithHint("revoke what confers it instead, or say that you don't know, with a reason")
	}
	if d.Effective == "" {
		return nil
	}
	day, err := parseDay(d.Effective)
	if err != nil {
		return err
	}
	if day.Before(today(now)) {
		return Errorf(KindUsage, "the revoke would take effect on %s, which is past", d.Effective).WithHint("leave the day out for at once, or give a later one")
	}
	return nil
}

func checkException(p Policy, now time.Time, d Draft) *Error {
	if err := onlyFor(d, "exception", "until owner control evidence"); err != nil {
		return err
	}
	for _, f := range []struct{ what, text, reason, hint string }{
		{"a reason", d.Reason, "needs-reason", "say why the access has to stay against the rule"},
		{"an end (until)", d.Until, "needs-until", "say on which day it ends, as YYYY-MM-DD"},
		{"an owner", d.Owner, "needs-owner", "say who answers for it until then"},
		{"a compensating control", d.Control, "needs-control", "say what guards the access meanwhile"},
	} {
		if strings.TrimSpace(f.text) == "" {
			return Errorf(KindUsage, "an exception needs %s", f.what).WithReason(f.reason).WithHint("%s", f.hint)
		}
	}
	return checkUntil(p, now, d.Until)
}

// checkUntil holds an end to the day after today at the earliest and the policy's cap at the latest.
func checkUntil(p Policy, now time.Time, until string) *Error {
	day, err := parseDay(until)
	if err != nil {
		return err
	}
	if !day.After(today(now)) {
		return Errorf(KindUsage, "an exception until %s would have ended already", until).WithReason("until-past").
			WithHint("give a day after %s", today(now).Format(time.DateOnly))
	}
	if last := LatestUntil(p, now); day.After(last) {
		return Errorf(KindRefused, "an exception may run at most %d days, until %s is too long", p.ExceptionMaxDays, until).WithReason("until-cap").
			WithHint("give a day up to %s; it can be renewed", last.Format(time.DateOnly))
	}
	return nil
}

// LatestUntil is the last day an exception decided or renewed now may run to.
func LatestUntil(p Policy, now time.Time) time.Time {
	return today(now).AddDate(0, 0, p.ExceptionMaxDays)
}

func checkAbstain(d Draft) *Error {
	if err := onlyFor(d, "a don't know", ""); err != nil {
		return err
	}
	if strings.TrimSpace(d.Reason) == "" {
		return needsReason("a don't know").WithHint("say why you cannot judge it, and who could")
	}
	return nil
}

func needsReason(what string) *Error {
	return Errorf(KindUsage, "%s needs a reason", what).WithReason("needs-reason").WithHint("say why in a few words")
}

// onlyFor refuses fields that belong to another verdict, because the ledger has no place for them.
func onlyFor(d Draft, verdict, fields string) *Error {
	for _, f := range []struct{ name, text string }{{"replace", d.Replace}, {"effective", d.Effective}, {"until", d.Until},
		{"owner", d.Owner}, {"control", d.Control}, {"evidence", d.EvidenceName + d.EvidenceSHA256}} {
		if f.text != "" && !strings.Contains(" "+fields+" ", " "+f.name+" ") {
			return Errorf(KindUsage, "%s takes no %s", verdict, f.name).WithHint("leave %s out, or choose the verdict it belongs to", f.name)
		}
	}
	return nil
}

// today is the UTC day an instant falls on.
func today(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }
