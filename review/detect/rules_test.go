package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tickmark/review"
)

// ruleCase says for one rule what makes it fire, with which severity and words, and what keeps it quiet.
type ruleCase struct {
	rule     string
	name     string
	set      func(*world)
	severity review.Severity // empty: it must not fire
	says     string
}

func ruleCases() []ruleCase {
	past := func(p Past) func(*world) { return func(w *world) { w.g.Past = p } }
	hr := func(status string, at review.Time, account review.Status) func(*world) {
		return func(w *world) {
			w.snap.Identities[0].HRStatus, w.snap.Identities[0].Terminated = status, at
			w.snap.Accounts[0].Status = account
		}
	}
	return []ruleCase{
		{"leaver", "left, account active", hr("terminated", on("2026-03-01"), review.Active), review.High, "terminated on 2026-03-01; the account is active"},
		{"leaver", "left, active and privileged", func(w *world) { hr("terminated", on("2026-03-01"), review.Active)(w); w.admin() }, review.Critical, ""},
		{"leaver", "left, day not given", hr("terminated", state(review.Unknown), review.Active), review.High, "no date given"},
		{"leaver", "left, account disabled", hr("terminated", on("2026-03-01"), review.Disabled), review.Low, "the account is disabled"},
		{"leaver", "left, account status unknown", hr("terminated", on("2026-03-01"), ""), review.High, "status is unknown"},
		{"leaver", "leaves later", hr("terminated", on("2026-08-01"), review.Active), "", ""},
		{"leaver", "active", hr("active", state(review.NotCollected), review.Active), "", ""},
		{"leaver", "HR status unknown", hr("unknown", state(review.Unknown), review.Active), "", ""},

		{"orphan", "nobody in HR", hr("", state(""), review.Active), review.High, "no worker in the HR roster for ann@corp.example (looked for by e-mail)"},
		{"orphan", "nobody in HR, disabled", hr("", state(""), review.Disabled), review.Low, ""},
		{"orphan", "somebody in HR, status unknown", hr("unknown", state(""), review.Active), "", ""},
		{"orphan", "no roster imported", func(w *world) { hr("", state(""), review.Active)(w); w.snap.Roster = false }, "", ""},
		{"orphan", "perhaps a person", func(w *world) {
			hr("", state(""), review.Active)(w)
			w.snap.Accounts[0].Kind, w.snap.Identities[0].Kind = review.UnknownKind, review.UnknownKind
		}, review.Medium, "it is not known to be a person's"},
		{"orphan", "perhaps a person, in HR", func(w *world) {
			hr("active", state(""), review.Active)(w)
			w.snap.Accounts[0].Kind, w.snap.Identities[0].Kind = review.UnknownKind, review.UnknownKind
		}, "", ""},
		{"orphan", "a machine", func(w *world) { w.service() }, "", ""},
		{"orphan", "a guest", func(w *world) { hr("", state(""), review.Active)(w); w.snap.Accounts[0].External = review.Yes }, "", ""},

		{"mover", "granted before the move", func(w *world) {
			w.snap.Identities[0].Moves = []Move{{"department", "Payables", "Treasury", now.AddDate(0, 0, -20)}}
		}, review.Medium, "department changed from Payables to Treasury on 2026-06-11; granted 2026-01-10"},
		{"mover", "seen before the move", func(w *world) {
			w.snap.Identities[0].Moves = []Move{{"title", "Clerk", "Lead", now.AddDate(0, 0, -20)}}
			w.g.Granted, w.g.FirstSeen = state(review.NotCollected), now.AddDate(0, 0, -100)
		}, review.Medium, "held since at least 2026-03-23"},
		{"mover", "granted after the move", func(w *world) {
			w.snap.Identities[0].Moves = []Move{{"department", "Payables", "Treasury", now.AddDate(0, 0, -20)}}
			w.g.Granted = on("2026-06-25")
		}, "", ""},
		{"mover", "grant day unknown", func(w *world) {
			w.snap.Identities[0].Moves = []Move{{"department", "Payables", "Treasury", now.AddDate(0, 0, -20)}}
			w.g.Granted = state(review.Unknown)
		}, "", ""},
		{"mover", "moved long ago", func(w *world) {
			w.snap.Identities[0].Moves = []Move{{"department", "Payables", "Treasury", now.AddDate(-1, 0, 0)}}
		}, "", ""},

		{"inactive-account", "disabled", func(w *world) { w.snap.Accounts[0].Status = review.Disabled }, review.Low, "is disabled and still holds Read the ledger"},
		{"inactive-account", "deleted", func(w *world) { w.snap.Accounts[0].Status = review.Deleted }, review.Medium, "is deleted"},
		{"inactive-account", "active", func(w *world) {}, "", ""},
		{"inactive-account", "unknown", func(w *world) { w.snap.Accounts[0].Status = review.UnknownStatus }, "", ""},

		{"unresolved", "an id alone", func(w *world) { w.snap.Accounts[0].Unresolved = true }, review.Medium, "ANN"},
		{"unresolved", "a name", func(w *world) {}, "", ""},

		{"misclassified", "human by kind, service by name", func(w *world) {
			w.snap.Accounts[0].Login = "svc-backup"
			w.snap.Identities[0].HRStatus = ""
		}, review.Low, "svc-backup is named like a service account"},
		{"misclassified", "service with a worker behind it", func(w *world) { w.service(); w.snap.Identities[1].HRStatus = "active" }, review.Low, "HR has a worker behind it"},
		{"misclassified", "a worker with a strange login", func(w *world) { w.snap.Accounts[0].Login = "svc-backup" }, "", ""},
		{"misclassified", "kind unknown", func(w *world) {
			w.snap.Accounts[0].Login, w.snap.Accounts[0].Kind = "svc-backup", review.UnknownKind
			w.snap.Identities[0].Kind, w.snap.Identities[0].HRStatus = review.UnknownKind, ""
		}, "", ""},

		{"outlier", "1 of 20", func(w *world) { peers(w, 20, 0) }, review.Low, "1 of 20 in Finance, Clerk hold Read the ledger (5 %, under 10 %)"},
		{"outlier", "3 of 20", func(w *world) { peers(w, 20, 2) }, "", ""},
		{"outlier", "1 of 5 is too small a group", func(w *world) { peers(w, 5, 0) }, "", ""},
		{"outlier", "title unknown", func(w *world) { peers(w, 20, 0); w.snap.Identities[0].Title = "" }, "", ""},

		{"sod", "both sides", func(w *world) { sod(w, review.SoDRule{ID: "F1", Name: "Pay and post", Severity: "CRITICAL"}) }, review.Critical,
			"F1 Pay and post: holds Read the ledger and Post invoices"},
		{"sod", "both sides, prefix and control", func(w *world) {
			sod(w, review.SoDRule{ID: "F1", EntitlementB: "PO*", Control: "four eyes", Severity: "medium"})
		}, review.Medium, "mitigating control: four eyes"},
		{"sod", "across systems and accounts", func(w *world) {
			sod(w, review.SoDRule{ID: "F1", SystemB: "AWS"})
			w.snap.Accounts = append(w.snap.Accounts, Account{Identity: 0, Source: 1, NativeID: "ann-aws", Login: "ann-aws", System: "aws", Kind: review.Human, Status: review.Active})
			w.snap.Entitlements[1].Source, w.snap.Entitlements[1].System = 1, "aws"
			w.more[0].Account = 2
		}, review.High, "Post invoices in aws as ann-aws"},
		{"sod", "only one side", func(w *world) { sod(w, review.SoDRule{ID: "F1"}); w.more = nil }, "", ""},
		{"sod", "another system", func(w *world) { sod(w, review.SoDRule{ID: "F1", SystemB: "aws"}) }, "", ""},
		{"sod", "case of entitlements counts", func(w *world) { sod(w, review.SoDRule{ID: "F1", EntitlementB: "post"}) }, "", ""},
		{"sod", "the other side's account is disabled", func(w *world) {
			sod(w, review.SoDRule{ID: "F1"})
			w.snap.Accounts = append(w.snap.Accounts, Account{Identity: 0, Source: 0, NativeID: "X", Kind: review.Human, Status: review.Disabled})
			w.more[0].Account = 2
		}, "", ""},
		{"sod", "another identity", func(w *world) { sod(w, review.SoDRule{ID: "F1"}); w.more[0].Account = 1 }, "", ""},
		{"sod", "one-sided", func(w *world) { sod(w, review.SoDRule{ID: "F1", OneSided: true}); w.more = nil }, review.High, "F1: holds Read the ledger"},
		{"sod", "exempt department", func(w *world) { sod(w, review.SoDRule{ID: "F1", UnlessDepartment: "finance"}) }, "", ""},
		{"sod", "outside a department", func(w *world) { sod(w, review.SoDRule{ID: "F1", OutsideDepartment: "Treasury"}) }, review.High, ""},
		{"sod", "outside a department, unknown", func(w *world) {
			sod(w, review.SoDRule{ID: "F1", OutsideDepartment: "Treasury"})
			w.snap.Identities[0].Department = ""
		}, "", ""},
		{"sod", "one entitlement on both sides", func(w *world) {
			sod(w, review.SoDRule{ID: "F1", EntitlementA: "READ*", EntitlementB: "READ*"})
			w.more = nil
		}, "", ""},
		{"sod", "a pair of the policy", func(w *world) {
			w.snap.Policy.SoD = []review.SoDPair{{ID: "P1", Severity: review.Low, A: []string{"erp:nothing", "erp:read_*"}, B: []string{"erp:post"}}}
			w.more = []Grant{{Account: 0, Entitlement: 1, State: "active"}}
		}, review.Low, "P1: holds"},

		{"privileged", "the export says admin", func(w *world) { w.admin() }, review.Medium, "Owner at subscription"},
		{"privileged", "the built-in table", func(w *world) {
			w.g.Privilege, w.snap.Entitlements[0].NativeID = review.UnknownPrivilege, "arn:aws:iam::aws:policy/AdministratorAccess"
			w.snap.Entitlements[0].Source, w.snap.Accounts[0].Source = 1, 1
		}, review.Medium, "all rights in the account"},
		{"privileged", "the policy", func(w *world) { w.snap.Policy.PrivilegedPatterns = []string{"erp:READ_*"} }, review.Medium, "the policy lists erp:READ_*"},
		{"privileged", "the policy takes it off", func(w *world) { w.admin(); w.snap.Policy.PrivilegedPatterns = []string{"!erp:READ_*"} }, "", ""},
		{"privileged", "the export says read", func(w *world) { w.snap.Entitlements[0].NativeID = "root" }, "", ""},
		{"privileged", "unknown and in no table", func(w *world) { w.g.Privilege = review.UnknownPrivilege }, "", ""},

		{"public", "anyone reads", func(w *world) { w.snap.Accounts[0].Kind, w.snap.Accounts[0].Login = review.Public, "allUsers" }, review.High, "allUsers holds Read the ledger"},
		{"public", "anyone writes", func(w *world) { w.snap.Accounts[0].Kind, w.g.Privilege = review.Public, review.Write }, review.Critical, ""},
		{"public", "a person", func(w *world) {}, "", ""},
		{"public", "kind unknown", func(w *world) {
			w.snap.Accounts[0].Kind, w.snap.Identities[0].Kind = review.UnknownKind, review.UnknownKind
		}, "", ""},

		{"root-key", "a key of root", func(w *world) { rootUser(w, "access-key-1", review.AWS) }, review.Critical, "access-key-1 of the root user"},
		{"root-key", "root's password", func(w *world) { rootUser(w, "console-password", review.AWS) }, "", ""},
		{"root-key", "another platform", func(w *world) { rootUser(w, "access-key-1", "") }, "", ""},

		{"external-privileged", "a guest with admin rights", func(w *world) { w.snap.Accounts[0].External = review.Yes; w.admin() }, review.High, "outside the organisation"},
		{"external-privileged", "a third party's integration", func(w *world) {
			w.service()
			w.snap.Accounts[1].Marks = []review.Mark{"third-party"}
			w.admin()
		}, review.High, ""},
		{"external-privileged", "a guest who reads", func(w *world) { w.snap.Accounts[0].External = review.Yes }, "", ""},
		{"external-privileged", "not known whether a guest", func(w *world) { w.snap.Accounts[0].External = review.Maybe; w.admin() }, "", ""},

		{"dormant", "last used long ago", func(w *world) { w.g.LastUsed = on("2026-01-20") }, review.Medium, "last used on 2026-01-20, 161 days before the export (more than 90)"},
		{"dormant", "privileged and last used long ago", func(w *world) { w.g.LastUsed = on("2026-01-20"); w.admin() }, review.High, ""},
		{"dormant", "the person has not signed in", func(w *world) {
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = state(review.NotCollected), on("2026-01-20")
		}, review.Medium, "account last signed in on 2026-01-20"},
		{"dormant", "used lately", func(w *world) { w.snap.Accounts[0].LastLogin = on("2026-01-20") }, "", ""},
		{"dormant", "exactly the limit", func(w *world) { w.g.LastUsed = review.TimeAt(now.AddDate(0, 0, -91)) }, "", ""},
		{"dormant", "unknown", func(w *world) {
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = state(review.Unknown), state(review.Unknown)
		}, "", ""},
		{"dormant", "not collected", func(w *world) { w.g.LastUsed, w.snap.Accounts[0].LastLogin = review.Time{}, review.Time{} }, "", ""},
		{"dormant", "a machine's key is used without signing in", func(w *world) {
			w.service()
			w.g.LastUsed, w.snap.Accounts[1].LastLogin = review.Time{}, on("2026-01-20")
		}, "", ""},
		{"dormant", "break-glass", func(w *world) { w.g.LastUsed = on("2026-01-20"); w.snap.Accounts[0].Login = "breakglass1" }, "", ""},
		{"dormant", "an old export says nothing about later", func(w *world) {
			w.g.LastUsed, w.snap.Sources[0].AsOf = on("2026-01-20"), on("2026-02-01").At
		}, "", ""},

		{"never-used", "granted long ago", func(w *world) { w.g.LastUsed = state(review.Never) }, review.Medium, "never used; held since 2026-01-10, 171 days (more than 30)"},
		{"never-used", "the person never signed in", func(w *world) {
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = review.Time{}, state(review.Never)
		}, review.Medium, "account never signed in"},
		{"never-used", "granted lately", func(w *world) { w.g.LastUsed, w.g.Granted = state(review.Never), on("2026-06-15") }, "", ""},
		{"never-used", "grant day unknown", func(w *world) { w.g.LastUsed, w.g.Granted = state(review.Never), state(review.Unknown) }, "", ""},
		{"never-used", "grant day unknown, seen long ago", func(w *world) {
			w.g.LastUsed, w.g.Granted, w.g.FirstSeen = state(review.Never), state(review.Unknown), now.AddDate(0, -6, 0)
		}, review.Medium, ""},
		{"never-used", "use unknown", func(w *world) {
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = state(review.Unknown), state(review.Unknown)
		}, "", ""},
		{"never-used", "break-glass", func(w *world) {
			w.g.LastUsed = state(review.Never)
			w.snap.Accounts[0].Marks = []review.Mark{"break-glass"}
		}, "", ""},

		{"expired", "ended before the export", func(w *world) { w.g.Expires = on("2026-06-01") }, review.Medium, "ended on 2026-06-01; the export of 2026-06-30 still shows it"},
		{"expired", "ends later", func(w *world) {}, "", ""},
		{"expired", "no day of export", func(w *world) { w.g.Expires, w.snap.Sources[0].AsOf = on("2026-06-01"), time.Time{} }, "", ""},
		{"expired", "unknown", func(w *world) { w.g.Expires = state(review.Unknown) }, "", ""},

		{"break-glass", "unused", func(w *world) {
			w.snap.Accounts[0].Login = "breakglass1"
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = state(review.Never), state(review.Never)
		}, review.Info, "unused is normal"},
		{"break-glass", "used lately", func(w *world) { w.snap.Accounts[0].Login = "breakglass1" }, review.Medium, "last used on 2026-06-20"},
		{"break-glass", "signed in lately", func(w *world) { w.snap.Accounts[0].Login, w.g.LastUsed = "breakglass1", review.Time{} }, review.Medium, "last signed in on"},
		{"break-glass", "use unknown", func(w *world) {
			w.snap.Accounts[0].Login = "breakglass1"
			w.g.LastUsed, w.snap.Accounts[0].LastLogin = state(review.Unknown), state(review.Unknown)
		}, review.Info, ""},
		{"break-glass", "an ordinary account", func(w *world) {}, "", ""},

		{"no-owner", "a machine without one", func(w *world) { w.service(); w.snap.Identities[1].Owner = "" }, review.Medium, "no owner is recorded for paybatch (service)"},
		{"no-owner", "a privileged machine without one", func(w *world) { w.service(); w.snap.Identities[1].Owner = ""; w.admin() }, review.High, ""},
		{"no-owner", "a guest without a sponsor", func(w *world) {
			w.snap.Accounts[0].External, w.snap.Identities[0].HRStatus = review.Yes, ""
		}, review.Medium, "no sponsor"},
		{"no-owner", "a guest with a sponsor", func(w *world) {
			w.snap.Accounts[0].External, w.snap.Identities[0].HRStatus, w.snap.Identities[0].Manager = review.Yes, "", "bob"
		}, "", ""},
		{"no-owner", "a machine with an owner", func(w *world) { w.service() }, "", ""},
		{"no-owner", "a person's own key", func(w *world) { w.token(); w.g.Account = 0 }, "", ""},

		{"owner-gone", "the owner left", func(w *world) { w.service(); w.snap.Identities[1].OwnerAlive = review.No }, review.High, "the owner ann@corp.example is not an active worker: the HR roster says so"},
		{"owner-gone", "the owner left on a day", func(w *world) {
			w.service()
			w.snap.Identities[1].OwnerAlive, w.snap.Identities[1].OwnerStatus = review.No, "terminated 2026-03-01"
		}, review.High, "the owner ann@corp.example is not an active worker: the HR roster says terminated 2026-03-01"},
		{"owner-gone", "the owner works here", func(w *world) { w.service() }, "", ""},
		{"owner-gone", "not known", func(w *world) { w.service(); w.snap.Identities[1].OwnerAlive = review.Maybe }, "", ""},

		{"shared", "by the policy's pattern", func(w *world) { w.snap.Accounts[0].Login = "frontdesk-shared" }, review.Medium, "frontdesk-shared is marked as shared"},
		{"shared", "by the source", func(w *world) { w.snap.Identities[0].Marks = []review.Mark{"shared"} }, review.Medium, ""},
		{"shared", "an ordinary account", func(w *world) {}, "", ""},

		{"interactive-nhi", "a machine with a console password", func(w *world) {
			w.token()
			w.snap.Accounts[1].Source, w.snap.Entitlements[2].NativeID = 1, "console-password"
		}, review.Medium, "has a console password"},
		{"interactive-nhi", "a machine signs in to the identity provider", func(w *world) {
			w.service()
			w.snap.Accounts[1].Source, w.snap.Accounts[1].LastLogin = 3, on("2026-06-01")
		}, review.Medium, "signed in as a person would on 2026-06-01"},
		{"interactive-nhi", "a machine signs in to an application", func(w *world) { w.service(); w.snap.Accounts[1].LastLogin = on("2026-06-01") }, "", ""},
		{"interactive-nhi", "sign-in unknown", func(w *world) {
			w.service()
			w.snap.Accounts[1].Source, w.snap.Accounts[1].LastLogin = 3, state(review.Unknown)
		}, "", ""},

		{"cross-environment", "in production and in the lab", func(w *world) { elsewhere(w, 2) }, review.High, "in production (erp) and outside it (lab)"},
		{"cross-environment", "in production twice", func(w *world) { elsewhere(w, 1) }, "", ""},
		{"cross-environment", "environment unknown", func(w *world) { elsewhere(w, 3) }, "", ""},
		{"cross-environment", "a person", func(w *world) { elsewhere(w, 2); w.g.Account = 0 }, "", ""},

		{"reuse", "in three systems", func(w *world) { elsewhere(w, 1, 3) }, review.Medium, "used in 3 systems (more than 2): erp, aws, okta"},
		{"reuse", "in two systems", func(w *world) { elsewhere(w, 1) }, "", ""},

		{"old-credential", "made long ago", func(w *world) { w.token(); w.g.Granted = on("2025-12-01") }, review.Medium, "made on 2025-12-01, 211 days before the export (more than 90)"},
		{"old-credential", "made very long ago", func(w *world) { w.token(); w.g.Granted = on("2021-01-01") }, review.High, ""},
		{"old-credential", "the account's list tells the day", func(w *world) {
			w.token()
			w.g.Granted, w.snap.Accounts[1].Credentials[0].Created = review.Time{}, on("2025-12-01")
		}, review.Medium, "2025-12-01"},
		{"old-credential", "made lately", func(w *world) { w.token(); w.g.Granted = on("2026-06-01") }, "", ""},
		{"old-credential", "day unknown", func(w *world) { w.token(); w.g.Granted = state(review.Unknown) }, "", ""},
		{"old-credential", "a password", func(w *world) {
			w.token()
			w.snap.Accounts[1].Credentials[0].Kind, w.g.Granted = "password", on("2021-01-01")
		}, "", ""},
		{"old-credential", "a role", func(w *world) { w.g.Granted = on("2021-01-01") }, "", ""},

		{"no-expiry", "a key without an end", func(w *world) { w.token(); w.g.Expires = state(review.NotApplicable) }, review.Medium, "key-1 has no end"},
		{"no-expiry", "the account's list tells", func(w *world) {
			w.token()
			w.g.Expires, w.snap.Accounts[1].Credentials[0].Expires = review.Time{}, state(review.NotApplicable)
		}, review.Medium, ""},
		{"no-expiry", "a guest without an end", func(w *world) {
			w.snap.Accounts[0].External, w.g.Expires = review.Yes, state(review.NotApplicable)
		}, review.Low, "from outside"},
		{"no-expiry", "an employee without an end", func(w *world) { w.g.Expires = state(review.NotApplicable) }, "", ""},
		{"no-expiry", "a key, end unknown", func(w *world) { w.token(); w.g.Expires = state(review.Unknown) }, "", ""},
		{"no-expiry", "a key, end not collected", func(w *world) { w.token(); w.g.Expires = review.Time{} }, "", ""},

		{"no-mfa", "a person", func(w *world) { w.snap.Accounts[0].MFA = review.No }, review.Medium, "ann signs in without a second factor"},
		{"no-mfa", "a privileged person", func(w *world) { w.snap.Accounts[0].MFA = review.No; w.admin() }, review.High, ""},
		{"no-mfa", "with one", func(w *world) {}, "", ""},
		{"no-mfa", "unknown", func(w *world) { w.snap.Accounts[0].MFA = review.Maybe }, "", ""},
		{"no-mfa", "not applicable", func(w *world) { w.snap.Accounts[0].MFA = review.NA }, "", ""},
		{"no-mfa", "a machine", func(w *world) { w.service(); w.snap.Accounts[1].MFA = review.No }, "", ""},
		{"no-mfa", "disabled", func(w *world) { w.snap.Accounts[0].MFA, w.snap.Accounts[0].Status = review.No, review.Disabled }, "", ""},

		{"came-back", "after it was gone", past(Past{Revoked: review.Returned, RevokedIn: "q1", RevokedOn: now.AddDate(0, -3, 0)}), review.High, "revoked in q1 on 2026-04-01"},
		{"came-back", "gone, and its return not recorded yet", past(Past{Change: review.CameBack, Revoked: review.VerifiedGone, RevokedIn: "q1", RevokedOn: now.AddDate(0, -3, 0)}), review.High, "revoked in q1 on 2026-04-01, gone in a later export, and back"},
		{"came-back", "between campaigns", past(Past{Change: review.CameBack}), review.High, ""},
		{"came-back", "never revoked", past(Past{Change: review.Unchanged}), "", ""},
		{"still-present", "after a revoke", past(Past{Revoked: review.StillPresent, RevokedIn: "q1", RevokedOn: now.AddDate(0, -3, 0)}), review.High, "still in the export"},
		{"still-present", "not settled", past(Past{Revoked: review.ClaimedDone}), "", ""},
		{"exception-expired", "ran out", past(Past{ExceptionUntil: "2026-06-01", ExceptionIn: "q1", ExceptionOwner: "bob"}), review.High, "ran out on 2026-06-01; its owner is bob"},
		{"exception-expired", "last day", past(Past{ExceptionUntil: "2026-07-01"}), "", ""},
		{"exception-expired", "runs", past(Past{ExceptionUntil: "2026-09-01"}), "", ""},
		{"exception-expired", "none", past(Past{}), "", ""},
		{"self-review", "granted by the holder", func(w *world) { w.g.GrantedBy = "Ann@corp.example" }, review.High, "granted by the holder"},
		{"self-review", "granted by the holder's other address", func(w *world) {
			w.snap.People = &review.People{}
			w.snap.People.Know("ann@corp.example", "a.old@corp.example")
			w.g.GrantedBy = "a.old@corp.example"
		}, review.High, ""},
		{"self-review", "to be reviewed by the holder", func(w *world) { w.g.Reviewer = "ann@corp.example" }, review.High, "the reviewer ann@corp.example is the holder"},
		{"self-review", "another person", func(w *world) { w.g.GrantedBy, w.g.Reviewer = "bob", "bob@corp.example" }, "", ""},
		{"self-review", "not known who granted it", func(w *world) { w.g.GrantedBy = "" }, "", ""},
		{"changed", "changed", func(w *world) {
			w.g.Past = Past{Change: review.Changed, What: "privilege read, now admin"}
			w.snap.Sources[0].Compared = "q1"
		},
			review.Low, "since q1: privilege read, now admin"},
		{"changed", "unchanged", past(Past{Change: review.Unchanged}), "", ""},
		{"new", "new", func(w *world) { w.g.Past.Change = review.New; w.snap.Sources[0].Compared = "q1" }, review.Info, "not there at the last campaign q1"},
		{"new", "there was no campaign before", past(Past{Change: review.New}), "", ""},
	}
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases() {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			w := newWorld()
			c.set(w)
			found := w.findings()
			i := slices.IndexFunc(found, func(f review.Finding) bool { return f.Rule == c.rule })
			if c.severity == "" {
				if i >= 0 {
					t.Errorf("fires: %+v", found[i])
				}
				return
			}
			if i < 0 {
				t.Fatalf("does not fire; found %+v", found)
			}
			if found[i].Severity != c.severity || !strings.Contains(found[i].Reason, c.says) || found[i].Reason == "" {
				t.Errorf("found %+v, want %s %q", found[i], c.severity, c.says)
			}
		})
	}
}

func TestEveryRuleIsTriedBothWays(t *testing.T) {
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, c := range ruleCases() {
		if c.severity == "" {
			quiet[c.rule] = true
		} else {
			fires[c.rule] = true
		}
	}
	for _, r := range Rules() {
		if !fires[r.ID] || !quiet[r.ID] {
			t.Errorf("%s: fires tried %v, quiet tried %v", r.ID, fires[r.ID], quiet[r.ID])
		}
	}
}
