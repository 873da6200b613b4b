package detect

import (
	"cmp"
	"slices"
	"strings"

	"tickmark/review"
)

func ownershipRules() []rule {
	return []rule{
		{review.Rule{ID: "no-owner", Version: 1, Severity: review.Medium,
			Kinds:  append(things(), review.External),
			Title:  "Nobody answers for it",
			Serves: []string{"soc2:CC6.1", "800-53:AC-2", "csf:PR.AA-01", "pci:7.2.5.1", "owasp-nhi:NHI1"}},
			nil, noOwner, 0, 0},
		{review.Rule{ID: "owner-gone", Version: 2, Severity: review.High,
			Title:  "The one who answers for it has left",
			Serves: []string{"soc2:CC6.1", "800-53:AC-2", "csf:PR.AA-01", "pci:7.2.5.1", "owasp-nhi:NHI1"}},
			nil, ownerGone, 0, 0},
		{review.Rule{ID: "shared", Version: 1, Severity: review.Medium, Kinds: []review.Kind{review.Shared},
			Settings: []string{"shared-patterns"},
			Title:    "Several people use one account",
			Serves:   []string{"soc2:CC6.1", "800-53:AC-2", "csf:PR.AA-01", "owasp-nhi:NHI10"}},
			nil, shared, 0, 0},
		{review.Rule{ID: "interactive-nhi", Version: 1, Severity: review.Medium, Kinds: things(),
			Title:  "A person signs in with a machine's account",
			Serves: []string{"soc2:CC6.1", "pci:7.2.5.1", "owasp-nhi:NHI10"}},
			nil, interactive, 0, 0},
		{review.Rule{ID: "cross-environment", Version: 1, Severity: review.High, Kinds: things(),
			Title:  "One machine identity in production and outside it",
			Serves: []string{"soc2:CC6.1", "csf:PR.AA-05", "owasp-nhi:NHI8"}},
			nil, crossEnvironment, 0, 0},
		{review.Rule{ID: "reuse", Version: 1, Severity: review.Medium, Kinds: things(), Settings: []string{"reuse-systems"},
			Title:  "One machine identity in many systems",
			Serves: []string{"soc2:CC6.1", "csf:PR.AA-05", "owasp-nhi:NHI9"}},
			nil, reuse, 0, 0},
	}
}

// noOwner asks for a named person behind everything that is not one, and for a sponsor behind guests.
func noOwner(f *facts) {
	if f.identity == nil || f.identity.Owner != "" {
		return
	}
	severity := review.Medium
	if f.privileged() != "" {
		severity = review.High
	}
	switch {
	case f.thing():
		f.sayAs(severity, "no owner is recorded for %s (%s)", f.who(), f.nature())
	case f.identity.Manager == "" && f.identity.HRStatus == "" && f.person():
		f.sayAs(severity, "no sponsor is recorded for %s", f.who())
	}
}

func ownerGone(f *facts) {
	if f.identity != nil && f.identity.Owner != "" && f.identity.OwnerAlive == review.No {
		f.say("the owner %s is not an active worker: the HR roster says %s", cut(f.identity.Owner), cmp.Or(cut(f.identity.OwnerStatus), "so"))
	}
}

func shared(f *facts) { f.say("%s is marked as shared: a decision names nobody", f.who()) }

// interactive needs a password meant for a console, or a sign-in where only people sign in.
func interactive(f *facts) {
	if !f.thing() || f.marked(review.Shared) || f.marked(review.BreakGlass) {
		return
	}
	if f.credential() && f.credentialKind() == "password" && f.source.Platform == review.AWS {
		f.say("%s (%s) has a console password", f.who(), f.nature())
		return
	}
	switch f.source.Platform {
	case review.Okta, review.Google, review.Salesforce, review.Slack, review.Atlassian:
		if at := f.account.LastLogin; at.IsKnown() {
			f.say("%s (%s) last signed in as a person would on %s", f.who(), f.nature(), date(at.At))
		}
	}
}

func crossEnvironment(f *facts) {
	if f.identity == nil || !f.thing() {
		return
	}
	var production, other []string
	for _, s := range f.d.identities[f.account.Identity].sources {
		switch src := &f.d.s.Sources[s]; src.Environment {
		case "production":
			production = append(production, string(src.ID))
		case "other":
			other = append(other, string(src.ID))
		}
	}
	if len(production) > 0 && len(other) > 0 {
		f.say("%s is in production (%s) and outside it (%s)", f.who(), some(production), some(other))
	}
}

func reuse(f *facts) {
	if f.identity == nil || !f.thing() {
		return
	}
	var systems []string
	for _, s := range f.d.identities[f.account.Identity].sources {
		src := &f.d.s.Sources[s]
		if name := cmp.Or(src.System, string(src.ID)); !slices.Contains(systems, name) {
			systems = append(systems, name)
		}
	}
	if most := f.policy().ReuseIdentities; len(systems) > most {
		f.say("%s is used in %d systems (more than %d): %s", f.who(), len(systems), most, some(systems))
	}
}

// some names up to four.
func some(names []string) string {
	const most = 4
	if len(names) > most {
		return cut(strings.Join(names[:most], ", ")) + ", …"
	}
	return cut(strings.Join(names, ", "))
}
