package review

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRoute(t *testing.T) {
	anns := &Item{Identity: "ann@corp.example", Source: "erp", System: "erp", Privilege: Admin}
	bobs := &Item{Identity: "bob@corp.example", Source: "erp", System: "erp"}
	machine := &Item{Identity: "svc-pay", Kind: Service, Source: "erp", System: "erp"}
	for _, c := range []struct {
		name      string
		routing   string // parted by |
		reviewers string
		item      *Item
		who       Answerable
		want      string // reviewer basis
		tried     string
		blocked   string
	}{
		{"manager", "manager|owner", "", anns, Answerable{Manager: "bob@corp.example"}, "bob@corp.example manager", "", ""},
		{"a manager by another name", "manager", "", bobs, Answerable{Manager: "17"}, "cleo@corp.example fallback", "manager 17 reports to the holder", ""},
		{"a manager without a key", "manager|owner", "", anns, Answerable{Manager: "zoe@corp.example", SystemOwner: "dan@corp.example"}, "dan@corp.example owner", "manager zoe@corp.example has no key enrolled", ""},
		{"no manager known", "manager", "", anns, Answerable{}, "cleo@corp.example fallback", "", ""},
		{"owner of a machine", "manager|owner", "", machine, Answerable{IdentityOwner: "dan@corp.example", SystemOwner: "eve@corp.example"}, "dan@corp.example owner", "", ""},
		{"owner of a machine has left", "owner", "", machine, Answerable{IdentityOwner: "dan@corp.example", OwnerAlive: No, SystemOwner: "eve@corp.example"}, "eve@corp.example owner", "", ""},
		{"owner of the entitlement before the system's", "owner", "", anns, Answerable{EntitlementOwner: "dan@corp.example", SystemOwner: "eve@corp.example"}, "dan@corp.example owner", "", ""},
		{"the owner is the holder", "owner", "", anns, Answerable{SystemOwner: "ann@corp.example"}, "cleo@corp.example fallback", "is the holder", ""},
		{"named", "", "eve@corp.example", anns, Answerable{Manager: "bob@corp.example"}, "eve@corp.example named", "", ""},
		{"named, not enrolled yet", "", "new@corp.example", anns, Answerable{}, "new@corp.example named", "", ""},
		{"the second of those named takes the first's own", "", "ann@laptop eve@corp.example", anns, Answerable{}, "eve@corp.example named", "reviewer ann@laptop is the holder", ""},
		{"named after the chain", "manager", "eve@corp.example", machine, Answerable{}, "eve@corp.example named", "", ""},
		{"rule", "rule:privileged:yes => dan@corp.example|manager", "", anns, Answerable{Manager: "bob@corp.example"}, "dan@corp.example rule", "", ""},
		{"rule does not match", "rule:privileged:yes => dan@corp.example|manager", "", bobs, Answerable{Manager: "cleo@corp.example"}, "cleo@corp.example manager", "", ""},
		{"without a word", "", "", anns, Answerable{Manager: "bob@corp.example"}, "bob@corp.example manager", "", ""},
		{"everybody may not", "", "cleo@corp.example", &Item{Identity: "cleo@corp.example"}, Answerable{}, "cleo@corp.example fallback", "is the holder", "is the holder"},
	} {
		spec := CampaignSpec{Owner: "cleo@corp.example"}
		if c.routing != "" {
			spec.Routing = strings.Split(c.routing, "|")
		}
		for _, r := range strings.Fields(c.reviewers) {
			spec.Reviewers = append(spec.Reviewers, Principal(r))
		}
		r, err := ParseRoutes(spec, DefaultPolicy(), company(), filterNow)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		a := r.Route(c.item, c.who)
		if got := string(a.Reviewer) + " " + string(a.Basis); got != c.want || a.Blocked != c.blocked || !strings.Contains(strings.Join(a.Tried, "; "), c.tried) {
			t.Errorf("%s: %s, tried %q, blocked %q", c.name, got, a.Tried, a.Blocked)
		}
		if a.Own != (c.blocked == "is the holder") {
			t.Errorf("%s: own is %v", c.name, a.Own)
		}
	}
}

func TestOwnAccessGoesToAnybodyElseEnrolled(t *testing.T) {
	r, err := ParseRoutes(CampaignSpec{Owner: "ann@laptop", Reviewers: []Principal{"ann@laptop"}}, DefaultPolicy(), company(), filterNow)
	if err != nil {
		t.Fatal(err)
	}
	mine := &Item{Identity: "ann@corp.example"}
	if a := r.Route(mine, Answerable{}); !a.Own || a.Reviewer != "ann@laptop" {
		t.Errorf("alone: %+v", a)
	}
	r.Others([]Principal{"ann@laptop", "bob@corp.example"})
	if a := r.Route(mine, Answerable{}); a.Own || a.Reviewer != "bob@corp.example" || a.Basis != ByFallback {
		t.Errorf("with Bob: %+v", a)
	}
}

func TestTheSecondStageIsSomebodyElse(t *testing.T) {
	r, err := ParseRoutes(CampaignSpec{Owner: "cleo@corp.example", Stage2: []Principal{"bob@corp.example", "dan@corp.example"}}, DefaultPolicy(), company(), filterNow)
	if err != nil {
		t.Fatal(err)
	}
	it := &Item{Identity: "svc-pay"}
	for first, want := range map[Principal]string{"bob@corp.example": "dan@corp.example named ", "eve@corp.example": "bob@corp.example named "} {
		a := r.RouteNext(it, []Principal{first})
		if got := string(a.Reviewer) + " " + string(a.Basis) + " " + a.Blocked; got != want {
			t.Errorf("after %s: %s", first, got)
		}
	}
	a := r.RouteNext(it, []Principal{"bob@corp.example", "dan@corp.example", "cleo@corp.example"})
	if a.Blocked == "" || a.Own {
		t.Errorf("nobody is left: %+v", a)
	}
}

func TestRoutingStepsAreChecked(t *testing.T) {
	for _, step := range []string{"boss", "rule:system:aws", "rule:system:aws => x", "rule:nosuch:1 => a@b", ""} {
		if _, err := ParseRoutes(CampaignSpec{Routing: []string{step}}, DefaultPolicy(), nil, time.Time{}); KindOf(err) != KindUsage {
			t.Errorf("%q: %v", step, err)
		}
	}
}

func TestStagesOf(t *testing.T) {
	p := DefaultPolicy()
	grave := &Item{Findings: []Finding{{Severity: High}}}
	if StagesOf(0, p, grave) != 1 || StagesOf(2, p, &Item{}) != 2 {
		t.Error("stages of the campaign")
	}
	p.HighNeedsStage2 = true
	if StagesOf(1, p, grave) != 2 || StagesOf(1, p, &Item{Findings: []Finding{{Severity: Medium}}}) != 1 {
		t.Error("stages by findings")
	}
}

func TestDelegation(t *testing.T) {
	changes := []Reassignment{{From: "a@x", To: "b@x"}, {From: "b@x", To: "c@x", Until: "2026-07-10"}}
	if Assignee("a@x", changes) != "c@x" || Accountable("a@x", changes) != "b@x" || Assignee("a@x", nil) != "a@x" {
		t.Error("who decides and who answers")
	}
	if _, due := GiveBack("a@x", changes, filterNow); due {
		t.Error("given back while it runs")
	}
	back, due := GiveBack("a@x", changes, filterNow.AddDate(0, 0, 9))
	if !due || back.From != "c@x" || back.To != "b@x" || back.Until != "" || !strings.Contains(back.Reason, "2026-07-10") {
		t.Errorf("%v %+v", due, back)
	}
	changes = append(changes, back)
	if _, due := GiveBack("a@x", changes, filterNow.AddDate(0, 1, 0)); due || Accountable("a@x", changes) != "b@x" {
		t.Error("given back twice")
	}
}

func TestCheckReassign(t *testing.T) {
	it := &Item{Identity: "ann@corp.example", Reviewer: "bob@corp.example"}
	for _, c := range []struct {
		to            Principal
		until, reason string
		kind          ErrorKind
	}{
		{"cleo@corp.example", "", "away", ""},
		{"cleo@corp.example", "2026-08-01", "away", ""},
		{"cleo@corp.example", "2026-06-01", "away", KindUsage},
		{"cleo@corp.example", "soon", "away", KindUsage},
		{"cleo@corp.example", "", " ", KindUsage},
		{"Cleo", "", "away", KindUsage},
		{"bob@corp.example", "", "away", KindRefused},
		{"zoe@corp.example", "", "away", KindNotFound},
		{"ann@laptop", "", "away", KindNotAllowed},
	} {
		err := CheckReassign(DefaultPolicy(), company(), filterNow, it, c.to, c.until, c.reason)
		switch {
		case err == nil && c.kind != "", err != nil && (err.Kind != c.kind || err.Hint == ""):
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRouteIsTheSameEveryTime(t *testing.T) {
	r, err := ParseRoutes(CampaignSpec{Owner: "cleo@corp.example", Reviewers: []Principal{"eve@corp.example", "dan@corp.example"}}, DefaultPolicy(), company(), filterNow)
	if err != nil {
		t.Fatal(err)
	}
	a := r.Route(&Item{Identity: "eve@corp.example"}, Answerable{})
	b := r.Route(&Item{Identity: "eve@corp.example"}, Answerable{})
	if a.Reviewer != "dan@corp.example" || a.Reviewer != b.Reviewer || !slices.Equal(a.Tried, b.Tried) {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestRoutingKeepsTheCommasOfItsFilters(t *testing.T) {
	for in, want := range map[string][]string{
		"rule:kind:service,workload => ops@corp.example, manager,named": {"rule:kind:service,workload => ops@corp.example", "manager", "named"},
		"manager":                {"manager"},
		" , fallback":            {"fallback"},
		"rule:system:a,b => x@y": {"rule:system:a,b => x@y"},
		"":                       nil,
	} {
		if got := SplitRouting(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
