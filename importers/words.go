package importers

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"tickmark/review"
)

// noValue reports the empty words of importers.md 5.1 in trimmed text: they never become an identity, entitlement or
// resource. A run of number signs is a spreadsheet column that was too narrow (trap 16).
func noValue(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 1:
		return b[0] == '-'
	case 2:
		return b[0] == '-' && b[1] == '-' || b[0] == '\\' && b[1] == 'N'
	case 3:
		switch b[0] | 0x20 {
		case 'n':
			return foldIs(b, "nil") || foldIs(b, "n/a") || foldIs(b, "nan")
		}
	case 4:
		switch b[0] | 0x20 {
		case 'n':
			return foldIs(b, "null") || foldIs(b, "none")
		case '#':
			if foldIs(b, "#n/a") {
				return true
			}
		}
	}
	return b[0] == '#' && len(b) >= 3 && len(bytes.TrimLeft(b, "#")) == 0
}

// foldIs compares ASCII text without regard to case; word is in lower case.
func foldIs(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// trim removes Unicode white space, U+00A0 among it, from both ends.
func trim(b []byte) []byte {
	if len(b) == 0 || plain(b[0]) && plain(b[len(b)-1]) {
		return b
	}
	return bytes.TrimSpace(b)
}

func plain(c byte) bool { return ' ' < c && c < utf8.RuneSelf }

// parseBool reads the yes and no words of importers.md 5.6; ok is false for every other text.
func parseBool(s string) (value, ok bool) {
	if len(s) > 8 {
		return false, false
	}
	switch lower(s) {
	case "true", "t", "yes", "y", "1", "on", "x", "enabled", "wahr", "vrai", "ja", "oui", "sí", "si":
		return true, true
	case "false", "f", "no", "n", "0", "off", "disabled", "falsch", "faux", "nein", "non":
		return false, true
	}
	return false, false
}

// parseTri is parseBool for facts: anything else is unknown.
func parseTri(s string) review.Tri {
	switch v, ok := parseBool(s); {
	case !ok:
		return review.Maybe
	case v:
		return review.Yes
	default:
		return review.No
	}
}

// invertedStatus is the status that a true cell of a column of this name means, for the inverted names of
// importers.md 5.6 and the spellings systems make of them ("is_suspended", "account_locked").
func invertedStatus(name string) (review.Status, bool) {
	name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "is"), "account"), "user")
	switch name {
	case "disabled", "suspended", "blocked", "blockcredential", "archived", "inactive":
		return review.Disabled, true
	case "locked":
		return review.Locked, true
	case "deleted":
		return review.Deleted, true
	}
	return "", false
}

// statusRank orders statuses; the worst wins (trap 33).
func statusRank(s review.Status) int {
	switch s {
	case review.Deleted:
		return 6
	case review.Disabled:
		return 5
	case review.Locked:
		return 4
	case review.Expired:
		return 3
	case review.Pending:
		return 2
	case review.Active:
		return 1
	}
	return 0
}

// worse gives the status that wins when two flags disagree.
func worse(a, b review.Status) review.Status {
	if statusRank(b) > statusRank(a) {
		return b
	}
	if a == "" {
		return review.UnknownStatus
	}
	return a
}

// statusWord reads the words systems use for the state of an account. A yes or no answers "is it active".
func statusWord(s string) review.Status {
	if v, ok := parseBool(s); ok {
		if v {
			return review.Active
		}
		return review.Disabled
	}
	switch norm(s) {
	case "active", "activated", "open", "current", "valid", "normal", "ok", "aktiv", "actif", "activo", "provisioned":
		return review.Active
	case "inactive", "disabled", "suspended", "deactivated", "blocked", "archived", "revoked", "offboarded", "closed",
		"terminated", "deaktiviert", "inaktiv", "gesperrt":
		return review.Disabled
	case "locked", "lockedout", "accountlocked":
		return review.Locked
	case "pending", "staged", "invited", "invitationsent", "pendinginvitation", "new", "unverified", "awaitingapproval":
		return review.Pending
	case "expired", "passwordexpired":
		return review.Expired
	case "deleted", "removed", "deprovisioned", "purged":
		return review.Deleted
	}
	return review.UnknownStatus
}

// kindWord reads the words systems use for what a principal is.
func kindWord(s string) review.Kind {
	switch norm(s) {
	case "user", "human", "person", "people", "employee", "member", "individual", "dialog", "standard", "internal",
		"contractor", "regular", "enduser", "interactive", "personal":
		return review.Human
	case "service", "serviceaccount", "serviceprincipal", "svc", "bot", "robot", "application", "app", "technical",
		"nonhuman", "integration", "machine", "api", "systemaccount", "daemon", "noninteractive", "batch":
		return review.Service
	case "workload", "managedidentity", "computer", "role", "device", "host", "pod", "function":
		return review.Workload
	case "group", "foreigngroup", "securitygroup", "team", "distributionlist":
		return review.Group
	case "external", "guest", "b2b", "partner", "vendor", "thirdparty", "supplier", "customer":
		return review.External
	case "public", "anonymous", "everyone", "allusers", "allauthenticatedusers":
		return review.Public
	case "system", "root", "builtin":
		return review.System
	}
	return review.UnknownKind
}

// serviceName reports a login that reads like one of a service: a common prefix or a trailing dollar sign.
func serviceName(login string) bool {
	l := lower(login)
	for _, p := range [...]string{"svc-", "svc_", "svc.", "sa-", "sa_", "srv-", "srv_", "service-", "service_", "bot-", "app-"} {
		if strings.HasPrefix(l, p) {
			return true
		}
	}
	return strings.HasSuffix(l, "$") || strings.HasPrefix(l, "svc") && !strings.Contains(l, "@")
}
