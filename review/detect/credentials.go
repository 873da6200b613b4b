package detect

import (
	"strings"

	"tickmark/review"
)

func credentialRules() []rule {
	return []rule{
		{review.Rule{ID: "old-credential", Version: 1, Severity: review.Medium, Kinds: []review.Kind{review.Token},
			Settings: []string{"old-credential-days"},
			Title:    "A key that has not been changed for a long time",
			Serves:   []string{"soc2:CC6.1", "csf:PR.AA-01", "pci:7.2.5.1", "owasp-nhi:NHI7"}},
			nil, oldCredential, 0, 0},
		{review.Rule{ID: "no-expiry", Version: 1, Severity: review.Low,
			Kinds:  []review.Kind{review.Token, review.External},
			Title:  "A key or a guest's access without an end",
			Serves: []string{"soc2:CC6.1", "soc2:CC6.2", "csf:PR.AA-01", "owasp-nhi:NHI7"}},
			nil, noExpiry, 0, 0},
		{review.Rule{ID: "no-mfa", Version: 1, Severity: review.Medium,
			Kinds:  append(people(), review.System, review.Shared, review.BreakGlass),
			Title:  "The account signs in without a second factor",
			Serves: []string{"soc2:CC6.1", "csf:PR.AA-01", "iso:A.8.2", "owasp-nhi:NHI4"}},
			nil, noMFA, 0, 0},
	}
}

// held credential of the account that the entitlement names; nil if the source does not list it.
func (f *facts) heldCredential() *review.Credential {
	if f.ent == nil {
		return nil
	}
	for i := range f.account.Credentials {
		if f.account.Credentials[i].NativeID == f.ent.NativeID {
			return &f.account.Credentials[i]
		}
	}
	return nil
}

// credentialKind is the kind the source states, else what the name says, else empty.
func (f *facts) credentialKind() string {
	if c := f.heldCredential(); c != nil && c.Kind != "" {
		return c.Kind
	}
	name := strings.ToLower(f.ent.NativeID + " " + f.ent.Name)
	for _, k := range [...]struct{ word, kind string }{{"password", "password"}, {"access-key", "access_key"}, {"akia", "access_key"},
		{"access key", "access_key"}, {"certificate", "certificate"}, {"ssh", "ssh_key"}, {"token", "token"}, {"secret", "secret"}, {"mfa", "mfa_device"}} {
		if strings.Contains(name, k.word) {
			return k.kind
		}
	}
	return ""
}

// oldCredential leaves passwords and second factors alone: changing them by the calendar is no longer advised (NIST SP 800-63B).
func oldCredential(f *facts) {
	if f.ent == nil || !f.credential() {
		return
	}
	kind := f.credentialKind()
	if kind == "password" || kind == "mfa_device" {
		return
	}
	made := f.grant.Granted
	if c := f.heldCredential(); c != nil && !made.IsKnown() {
		made = c.Created
	}
	if !made.IsKnown() {
		return
	}
	age, most := days(made.At, f.asOf()), f.policy().OldCredentialDays
	if age <= most {
		return
	}
	severity := review.Medium
	if age > 4*most {
		severity = review.High
	}
	f.sayAs(severity, "%s was made on %s, %d days before the export (more than %d)", f.held(), date(made.At), age, most)
}

// noExpiry fires only where the source says that there is no end.
func noExpiry(f *facts) {
	ends := f.grant.Expires
	if f.ent != nil && f.credential() {
		if kind := f.credentialKind(); kind == "password" || kind == "mfa_device" {
			return
		}
		if c := f.heldCredential(); c != nil && ends.Norm() == review.NotCollected {
			ends = c.Expires
		}
		if ends.Norm() == review.NotApplicable {
			f.sayAs(review.Medium, "%s has no end", f.held())
		}
		return
	}
	if ends.Norm() == review.NotApplicable {
		f.say("%s is from outside and holds %s without an end", f.who(), f.held())
	}
}

func noMFA(f *facts) {
	if f.account.MFA != review.No || f.account.Status == review.Disabled || f.account.Status == review.Deleted {
		return
	}
	severity := review.Medium
	if f.privileged() != "" || f.known.kind == review.System {
		severity = review.High
	}
	f.sayAs(severity, "%s signs in without a second factor", f.who())
}
