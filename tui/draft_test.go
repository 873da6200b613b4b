package tui

import (
	"slices"
	"testing"
	"time"

	"tickmark/review"
)

// The form of a campaign keeps the commas of a routing rule's filter, and leaves to an earlier campaign what was left as it came.
func TestTheFormOfACampaign(t *testing.T) {
	now, me := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), review.Principal("alice@corp.example")
	v := []string{"q4", "", "alice@corp.example", "2026-12-11", "", "", "soc2", "rule:kind:service,workload => ops@corp.example, manager", "leave-open", "any", "", "", "bob@corp.example", "erp, aws", ""}
	s := specOf(v, me, now)
	if want := []string{"rule:kind:service,workload => ops@corp.example", "manager"}; !slices.Equal(s.Routing, want) {
		t.Errorf("routing %q", s.Routing)
	}
	if s.Stages != 2 || !slices.Equal(s.Sources, []review.SourceID{"erp", "aws"}) || s.NoAnswer != review.LeaveOpen || len(s.Reviewers) != 1 || s.Due != time.Date(2026, 12, 11, 23, 59, 59, 0, time.UTC) {
		t.Errorf("%+v", s)
	}
	v[12], v[14] = "", "q3"
	s = specOf(v, me, now)
	if s.Template != "q3" || s.Stages != 0 || s.Reviewers != nil || s.NoAnswer != "" || s.Assurance != "" {
		t.Errorf("like q3: %+v", s)
	}
	v[2], v[8] = "bob@corp.example", "revoke"
	if s = specOf(v, me, now); len(s.Reviewers) != 1 || s.NoAnswer != review.RevokeUnanswered {
		t.Errorf("like q3, but: %+v", s)
	}
}
