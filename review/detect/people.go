package detect

import (
	"cmp"
	"strings"

	"tickmark/review"
)

func peopleRules() []rule {
	return []rule{
		{review.Rule{ID: "leaver", Version: 1, Severity: review.High,
			Title:  "The person has left, the access has not",
			Serves: []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-01", "iso:A.5.18", "pci:7.2.4", "owasp-nhi:NHI1"}},
			nil, leaver, 0, 0},
		{review.Rule{ID: "orphan", Version: 2, Severity: review.High, Kinds: []review.Kind{review.Human, review.UnknownKind},
			Title:  "Nobody in the HR roster stands behind the account",
			Serves: []string{"soc2:CC6.2", "800-53:AC-2", "csf:PR.AA-01", "iso:A.5.18", "pci:7.2.4"}},
			nil, orphan, 0, 0},
		{review.Rule{ID: "mover", Version: 1, Severity: review.Medium, Kinds: []review.Kind{review.Human},
			Settings: []string{"mover-days"},
			Title:    "The person changed jobs, the access is from before",
			Serves:   []string{"soc2:CC6.2", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05", "iso:A.5.18", "pci:7.2.4"}},
			nil, mover, 0, 0},
		{review.Rule{ID: "inactive-account", Version: 1, Severity: review.Low,
			Title:  "The account is switched off and still holds access",
			Serves: []string{"soc2:CC6.2", "800-53:AC-2", "iso:A.5.18"}},
			nil, inactiveAccount, 0, 0},
		{review.Rule{ID: "unresolved", Version: 1, Severity: review.Medium,
			Title:  "The source gives an id and nobody's name",
			Serves: []string{"soc2:CC6.1", "800-53:AC-2", "csf:PR.AA-01"}},
			nil, unresolved, 0, 0},
		{review.Rule{ID: "misclassified", Version: 1, Severity: review.Low,
			Title:  "What the source calls it and what it looks like differ",
			Serves: []string{"800-53:AC-2", "csf:PR.AA-01", "pci:7.2.5.1"}},
			nil, misclassified, 0, 0},
		{review.Rule{ID: "outlier", Version: 1, Severity: review.Low, Kinds: []review.Kind{review.Human},
			Settings: []string{"outlier-percent", "outlier-min-group"},
			Title:    "Hardly anyone with the same department and title holds it",
			Serves:   []string{"soc2:CC6.3", "800-53:AC-6(7)", "csf:PR.AA-05", "pci:7.2.4"}},
			nil, outlier, 0, 0},
	}
}

func leaver(f *facts) {
	if f.identity == nil || f.identity.HRStatus != "terminated" {
		return
	}
	left := "with no date given, taken as past"
	switch at := f.identity.Terminated; {
	case at.IsKnown() && at.At.After(f.d.s.Now):
		return
	case at.IsKnown():
		left = "on " + date(at.At)
	}
	switch f.account.Status {
	case review.Disabled, review.Deleted:
		f.sayAs(review.Low, "HR: terminated %s; the account is %s", left, f.account.Status)
	case review.Active:
		severity := review.High
		if f.privileged() != "" {
			severity = review.Critical
		}
		f.sayAs(severity, "HR: terminated %s; the account is active", left)
	default:
		f.say("HR: terminated %s; the account's status is %s", left, cmp.Or(f.account.Status, review.UnknownStatus))
	}
}

// orphan also holds for an account of which nobody knows whether it is a person's (importers.md 10.1); it weighs less there.
func orphan(f *facts) {
	unknown := f.known.kind == review.UnknownKind && !f.thing()
	if !f.d.s.Roster || !unknown && !f.person() || f.identity == nil || f.identity.HRStatus != "" || f.account.External == review.Yes {
		return
	}
	severity, doubt := review.High, ""
	if unknown {
		severity, doubt = review.Medium, "; it is not known to be a person's"
	}
	if f.account.Status == review.Disabled || f.account.Status == review.Deleted {
		severity = review.Low
	}
	f.sayAs(severity, "no worker in the HR roster for %s (looked for by %s)%s", cut(f.identity.Key), soughtBy(f.account.KeySource), doubt)
}

// soughtBy says by what an account was looked for among the workers (importers.md 10.1).
func soughtBy(keySource string) string {
	switch keySource {
	case "worker":
		return "worker id"
	case "email":
		return "e-mail"
	case "column":
		return "the name the export gives it"
	}
	return "its account name"
}

func mover(f *facts) {
	if f.identity == nil || f.grant.Past.Change == review.New {
		return
	}
	m := f.d.identities[f.account.Identity].moved
	if m == nil {
		return
	}
	var since string
	switch {
	case f.grant.Granted.IsKnown():
		if !f.grant.Granted.At.Before(m.At) {
			return
		}
		since = "granted " + date(f.grant.Granted.At)
	case !f.grant.FirstSeen.IsZero() && !f.grant.FirstSeen.After(m.At):
		since = "held since at least " + date(f.grant.FirstSeen)
	default:
		return
	}
	f.say("%s changed from %s to %s on %s; %s", m.What, cut(cmp.Or(m.From, "none")), cut(cmp.Or(m.To, "none")), date(m.At), since)
}

func inactiveAccount(f *facts) {
	switch f.account.Status {
	case review.Disabled, review.Locked, review.Expired:
		f.say("the account is %s and still holds %s", f.account.Status, f.held())
	case review.Deleted:
		f.sayAs(review.Medium, "the account is deleted and still holds %s", f.held())
	}
}

func unresolved(f *facts) {
	if f.account.Unresolved {
		f.say("the source names only the id %s", cut(f.account.NativeID))
	}
}

func misclassified(f *facts) {
	worker := f.identity != nil && f.identity.HRStatus != ""
	switch {
	case f.known.kind == review.Human && f.known.service && !worker:
		f.say("called human, but %s is named like a service account and no worker has it", f.who())
	case (f.known.kind == review.Service || f.known.kind == review.Workload) && worker:
		f.say("called %s, but HR has a worker behind it: %s", f.known.kind, cut(cmp.Or(f.identity.DisplayName, f.identity.Key)))
	}
}

// looksLikeService follows the names people give to service accounts: svc-, sa-, srv, bot and a trailing $ (importers.md 8.1).
func looksLikeService(login string) bool {
	name := strings.ToLower(login)
	name = name[strings.LastIndexByte(name, '\\')+1:]
	name, _, _ = strings.Cut(name, "@")
	if strings.HasSuffix(name, "$") {
		return true
	}
	for _, p := range [...]string{"svc-", "svc_", "svc.", "sa-", "sa_", "srv-", "srv_", "bot-", "service-", "serviceaccount"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	for _, p := range [...]string{"-svc", "_svc", ".svc", "-bot", "_bot", "[bot]", "-service", "-sa"} {
		if strings.HasSuffix(name, p) {
			return true
		}
	}
	return false
}

func outlier(f *facts) {
	if f.ent == nil || f.identity == nil {
		return
	}
	p := f.d.peersOf(f.account.Identity, f.grant.Entitlement)
	least := int64(f.policy().OutlierGroup)
	if p.Of < max(least, 1) || p.Have < 1 || p.Have*100 >= p.Of*int64(f.policy().OutlierPercent) {
		return
	}
	f.say("%d of %d in %s hold %s (%d %%, under %d %%)", p.Have, p.Of, cut(p.Group), f.held(), p.Have*100/p.Of, f.policy().OutlierPercent)
}
