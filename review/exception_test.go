package review

import (
	"strings"
	"testing"
	"time"
)

func TestExceptionStateAt(t *testing.T) {
	running := Exception{ID: 9, Until: "2026-12-31", Reviewer: "r@x", Approver: "r@x"}
	for _, c := range []struct {
		name     string
		change   func(*Exception)
		approval string
		state    ExceptionState
		days     int
	}{
		{"runs", func(e *Exception) {}, ApprovalNone, ExceptionActive, 183},
		{"ends in 31 days", func(e *Exception) { e.Until = "2026-08-01" }, ApprovalNone, ExceptionActive, 31},
		{"ends in 30 days", func(e *Exception) { e.Until = "2026-07-31" }, ApprovalNone, Expiring, 30},
		{"ends today", func(e *Exception) { e.Until = "2026-07-01" }, ApprovalNone, Expiring, 0},
		{"ended yesterday", func(e *Exception) { e.Until = "2026-06-30" }, ApprovalNone, ExceptionExpired, -1},
		{"unsigned", func(e *Exception) { e.ID = 0 }, ApprovalNone, Proposed, 183},
		{"not approved", func(e *Exception) {}, ApprovalManager, Proposed, 183},
		{"approved", func(e *Exception) { e.Approver = "m@x" }, ApprovalManager, ExceptionActive, 183},
		{"remediated after its end", func(e *Exception) { e.Until, e.Outcome = "2026-01-01", OutcomeRemediated }, ApprovalNone, Closed, 0},
		{"withdrawn", func(e *Exception) { e.Outcome = OutcomeWithdrawn }, ApprovalManager, Closed, 0},
		{"recorded as closed", func(e *Exception) { e.State = Closed }, ApprovalNone, Closed, 0},
	} {
		e, p := running, DefaultPolicy()
		c.change(&e)
		p.ExceptionApproval = c.approval
		if state, days := ExceptionStateAt(p, filterNow, &e); state != c.state || days != c.days {
			t.Errorf("%s: %s, %d days; want %s, %d", c.name, state, days, c.state, c.days)
		}
	}
}

func TestCheckClosure(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	renewal := ClosureDraft{Outcome: OutcomeRenewed, Until: "2027-03-31", Owner: "o", Control: "c", Reason: "release 8 is late too"}
	with := func(change func(*ClosureDraft)) ClosureDraft { d := renewal; change(&d); return d }
	for _, c := range []struct {
		name   string
		change func(*Exception)
		draft  ClosureDraft
		kind   ErrorKind
		reason string
	}{
		{"renew", nil, renewal, "", ""},
		{"renew an expired one", func(e *Exception) { e.Until = "2026-05-01" }, renewal, "", ""},
		{"renew without a reason", nil, with(func(d *ClosureDraft) { d.Reason = "" }), KindUsage, "needs-reason"},
		{"renew with the first reason", nil, with(func(d *ClosureDraft) { d.Reason = " Release 7 IS late" }), KindUsage, "needs-reason"},
		{"renew with an earlier renewal's reason", func(e *Exception) {
			e.Renewals, e.History = 1, []ClosureRecord{{Outcome: OutcomeRenewed, Reason: "release 8 is late too"}}
		}, renewal, KindUsage, "needs-reason"},
		{"renew without an owner", nil, with(func(d *ClosureDraft) { d.Owner = "" }), KindUsage, ""},
		{"renew without a control", nil, with(func(d *ClosureDraft) { d.Control = "" }), KindUsage, ""},
		{"renew without an end", nil, with(func(d *ClosureDraft) { d.Until = "" }), KindUsage, ""},
		{"renew into the past", nil, with(func(d *ClosureDraft) { d.Until = "2026-06-01" }), KindUsage, "until-past"},
		{"renew past the cap", nil, with(func(d *ClosureDraft) { d.Until = "2028-01-01" }), KindRefused, "until-cap"},
		{"renew to an earlier day", nil, with(func(d *ClosureDraft) { d.Until = "2026-11-01" }), KindUsage, "until-earlier"},
		{"renew once too often", func(e *Exception) { e.Renewals = 2 }, renewal, KindRefused, "renewal-cap"},
		{"renew a closed one", func(e *Exception) { e.State = Closed }, renewal, KindRefused, "closed"},
		{"remediated", nil, ClosureDraft{Outcome: OutcomeRemediated, Reason: "r", Control: "c", EvidenceSHA256: sha}, "", ""},
		{"remediated without proof", nil, ClosureDraft{Outcome: OutcomeRemediated, Reason: "r", Control: "c"}, KindUsage, "needs-evidence"},
		{"remediated without a control", nil, ClosureDraft{Outcome: OutcomeRemediated, Reason: "r", EvidenceSHA256: sha}, KindUsage, "needs-evidence"},
		{"remediated with a broken digest", nil, ClosureDraft{Outcome: OutcomeRemediated, Reason: "r", Control: "c", EvidenceSHA256: "AB"}, KindUsage, ""},
		{"withdrawn", nil, ClosureDraft{Outcome: OutcomeWithdrawn, Reason: "r"}, "", ""},
		{"withdrawn until", nil, ClosureDraft{Outcome: OutcomeWithdrawn, Reason: "r", Until: "2026-12-31"}, KindUsage, ""},
		{"withdrawn without a reason", nil, ClosureDraft{Outcome: OutcomeWithdrawn}, KindUsage, "needs-reason"},
		{"superseded by nothing", nil, ClosureDraft{Outcome: OutcomeSuperseded, Reason: "r"}, KindRefused, "not-superseded"},
		{"superseded", func(e *Exception) { e.Superseded = 12 }, ClosureDraft{Outcome: OutcomeSuperseded, Reason: "r"}, "", ""},
		{"superseded until", func(e *Exception) { e.Superseded = 12 }, ClosureDraft{Outcome: OutcomeSuperseded, Reason: "r", Until: "2026-12-31"}, KindUsage, ""},
		{"another word", nil, ClosureDraft{Outcome: "solved", Reason: "r"}, KindUsage, ""},
		{"an endless reason", nil, ClosureDraft{Outcome: OutcomeWithdrawn, Reason: strings.Repeat("x", maxText+1)}, KindUsage, ""},
	} {
		e := Exception{ID: 9, Until: "2026-12-31", Reason: "release 7 is late"}
		if c.change != nil {
			c.change(&e)
		}
		err := CheckClosure(DefaultPolicy(), filterNow, &e, c.draft)
		switch {
		case err == nil && c.kind == "":
		case err == nil:
			t.Errorf("%s: nothing is wrong", c.name)
		case err.Kind != c.kind || err.Reason != c.reason || err.Hint == "":
			t.Errorf("%s: %s %q %q (%s)", c.name, err.Kind, err.Reason, err.Message, err.Hint)
		}
	}
}

func TestCheckApproval(t *testing.T) {
	for _, c := range []struct {
		e      Exception
		reason string
	}{
		{Exception{ID: 9, Approval: "sha256:aa"}, ""},
		{Exception{ID: 9}, "not-proposed"},
		{Exception{ID: 9, Approval: "sha256:aa", Outcome: OutcomeWithdrawn}, "closed"},
	} {
		err := CheckApproval(&c.e)
		if (err == nil) != (c.reason == "") || err != nil && (err.Reason != c.reason || err.Hint == "") {
			t.Errorf("%+v: %v", c.e, err)
		}
	}
}

func TestMayApprove(t *testing.T) {
	e := &Exception{ID: 9, Reviewer: "bob@corp.example", Owner: "dan@corp.example", Identity: "ann@corp.example"}
	for who, may := range map[Principal]bool{"bob@corp.example": false, "dan@corp.example": false, "ann@laptop": false, "cleo@corp.example": true} {
		if err := MayApprove(company().people(), e, who); (err == nil) != may {
			t.Errorf("%s: %v", who, err)
		}
	}
}

func TestLatestUntil(t *testing.T) {
	if got := LatestUntil(DefaultPolicy(), filterNow).Format(time.DateOnly); got != "2027-07-01" {
		t.Error(got)
	}
}

func TestApprovedWords(t *testing.T) {
	for want, e := range map[string]Exception{
		"": {ID: -1, Reviewer: "withheld"},
		"by nobody else; the policy asks for no second person": {ID: 4, Reviewer: "bob@x", Approver: "bob@x"},
		"by carol@x":                 {ID: 4, Reviewer: "bob@x", Approver: "carol@x"},
		"not yet: waits for carol@x": {ID: 4, Reviewer: "bob@x", Approval: "sha256:1", ApprovalBy: "carol@x"},
		"not yet: it needs somebody who is not its reviewer, owner or holder": {ID: 4, Reviewer: "bob@x"},
	} {
		if got := e.ApprovedWords(); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
}
