package detect

import (
	"time"

	"tickmark/review"
)

func useRules() []rule {
	return []rule{
		{review.Rule{ID: "dormant", Version: 1, Severity: review.Medium, Settings: []string{"dormant-days"},
			Title:  "Not used for a long time",
			Serves: []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05", "pci:7.2.4", "owasp-nhi:NHI1"}},
			[]review.Kind{review.BreakGlass, review.Public}, dormant, 0, 0},
		{review.Rule{ID: "never-used", Version: 1, Severity: review.Medium, Settings: []string{"never-used-grace-days"},
			Title:  "Held for a while and never used",
			Serves: []string{"soc2:CC6.3", "800-53:AC-6(7)", "csf:PR.AA-05", "pci:7.2.4", "owasp-nhi:NHI5"}},
			[]review.Kind{review.BreakGlass, review.Public}, neverUsed, 0, 0},
		{review.Rule{ID: "expired", Version: 1, Severity: review.Medium,
			Title:  "It was to end, and the export still shows it",
			Serves: []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "iso:A.5.18"}},
			nil, expired, 0, 0},
		{review.Rule{ID: "break-glass", Version: 1, Severity: review.Info, Kinds: []review.Kind{review.BreakGlass},
			Settings: []string{"break-glass-patterns", "dormant-days"},
			Title:    "An account for emergencies: unused is normal, use is not",
			Serves:   []string{"soc2:CC6.1", "800-53:AC-2", "iso:A.8.2"}},
			nil, breakGlass, 0, 0},
	}
}

// lastUse gives when the grant was last used and what says so. Where the grant itself has no observation, a person's sign-ins
// stand in for it: who never signs in uses nothing. A key is used without signing in, so nothing stands in for its use.
func (f *facts) lastUse() (review.Time, string) {
	if s := f.grant.LastUsed.Norm(); s == review.Known || s == review.Never {
		return f.grant.LastUsed, "last used"
	}
	if f.person() && !f.credential() {
		return f.account.LastLogin, "account last signed in"
	}
	return review.Time{}, ""
}

func dormant(f *facts) {
	at, what := f.lastUse()
	if !at.IsKnown() {
		return
	}
	idle, most := days(at.At, f.asOf()), f.policy().DormantDays
	if idle <= most {
		return
	}
	f.sayAs(f.higherIfPrivileged(), "%s on %s, %d days before the export (more than %d)", what, date(at.At), idle, most)
}

func neverUsed(f *facts) {
	at, what := f.lastUse()
	if at.Norm() != review.Never {
		return
	}
	since, ok := f.heldSince(what == "last used")
	held, grace := days(since, f.asOf()), f.policy().NeverUsedGraceDays
	if !ok || held <= grace {
		return
	}
	never := "never used"
	if what != "last used" {
		never = "account never signed in"
	}
	f.sayAs(f.higherIfPrivileged(), "%s; held since %s, %d days (more than %d)", never, date(since), held, grace)
}

// heldSince is the earliest day the grant is known to have been there; for the account's own sign-ins its creation counts.
func (f *facts) heldSince(grantOnly bool) (time.Time, bool) {
	switch {
	case f.grant.Granted.IsKnown():
		return f.grant.Granted.At, true
	case !f.grant.FirstSeen.IsZero():
		return f.grant.FirstSeen, true
	case !grantOnly && f.account.Created.IsKnown():
		return f.account.Created.At, true
	}
	return time.Time{}, false
}

func (f *facts) higherIfPrivileged() review.Severity {
	if f.rule.Severity == review.Medium && f.privileged() != "" {
		return review.High
	}
	return f.rule.Severity
}

// expired needs the day of the export: a grant that ended after it may be gone.
func expired(f *facts) {
	at := f.grant.Expires
	if !at.IsKnown() || f.source.AsOf.IsZero() || !at.At.Before(f.source.AsOf) {
		return
	}
	if late := days(at.At, f.source.AsOf); late >= 1 {
		f.say("ended on %s; the export of %s still shows it", date(at.At), date(f.source.AsOf))
	}
}

func breakGlass(f *facts) {
	if at := f.grant.LastUsed; at.IsKnown() && days(at.At, f.asOf()) <= f.policy().DormantDays {
		f.sayAs(review.Medium, "an account for emergencies, last used on %s: was that one?", date(at.At))
		return
	}
	if at := f.account.LastLogin; at.IsKnown() && days(at.At, f.asOf()) <= f.policy().DormantDays {
		f.sayAs(review.Medium, "an account for emergencies, last signed in on %s: was that one?", date(at.At))
		return
	}
	f.say("an account for emergencies: unused is normal")
}
