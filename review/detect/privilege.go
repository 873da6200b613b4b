package detect

import (
	"cmp"

	"tickmark/review"
)

func privilegeRules() []rule {
	return []rule{
		{review.Rule{ID: "public", Version: 1, Severity: review.High, Kinds: []review.Kind{review.Public},
			Title:  "Open to anyone",
			Serves: []string{"soc2:CC6.1", "soc2:CC6.3", "800-53:AC-2", "csf:PR.AA-05", "csf:PR.DS-01"}},
			nil, public, 0, 0},
		{review.Rule{ID: "root-key", Version: 1, Severity: review.Critical, Kinds: []review.Kind{review.System},
			Title:  "An access key of the root user",
			Serves: []string{"soc2:CC6.1", "800-53:AC-6(7)", "csf:PR.AA-05", "iso:A.8.2", "pci:7.2.5.1", "owasp-nhi:NHI4", "owasp-nhi:NHI5"}},
			nil, rootKey, 0, 0},
		{review.Rule{ID: "external-privileged", Version: 1, Severity: review.High,
			Kinds: []review.Kind{review.External, thirdParty}, Settings: []string{"privileged-patterns"},
			Title:  "Somebody outside the organisation has admin rights",
			Serves: []string{"soc2:CC6.3", "800-53:AC-6(7)", "csf:PR.AA-05", "iso:A.8.2", "owasp-nhi:NHI3"}},
			nil, externalPrivileged, 0, 0},
		{review.Rule{ID: "privileged", Version: 1, Severity: review.Medium, Settings: []string{"privileged-patterns"},
			Title:  "Admin rights, by the export, the built-in table or the policy",
			Serves: []string{"soc2:CC6.1", "soc2:CC6.3", "800-53:AC-6(7)", "csf:PR.AA-05", "iso:A.8.2", "pci:7.2.4", "pci:7.2.5.1", "owasp-nhi:NHI5"}},
			nil, privileged, 0, 0},
	}
}

func public(f *facts) {
	severity := review.High
	if f.grant.Privilege == review.Admin || f.grant.Privilege == review.Write || f.privileged() != "" {
		severity = review.Critical
	}
	f.sayAs(severity, "%s holds %s on %s", f.who(), f.held(), cut(cmp.Or(f.grant.Resource, "everything")))
}

func rootKey(f *facts) {
	if f.ent == nil || f.source.Platform != review.AWS || !f.credential() || f.credentialKind() != "access_key" {
		return
	}
	f.say("%s of the root user %s is active", f.held(), f.who())
}

func externalPrivileged(f *facts) {
	if why := f.privileged(); why != "" {
		f.say("outside the organisation, with %s: %s", f.held(), why)
	}
}

func privileged(f *facts) {
	if why := f.privileged(); why != "" {
		f.say("%s: %s", f.held(), why)
	}
}
