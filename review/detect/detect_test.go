package detect

import (
	"slices"
	"strings"
	"testing"

	"tickmark/review"
)

func TestACleanGrantHasNoFindings(t *testing.T) {
	if found := newWorld().findings(); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// TestNothingFiresOnUnknown gives the rules a grant of which nothing is known but that it is there.
func TestNothingFiresOnUnknown(t *testing.T) {
	for _, s := range []review.TimeState{"", review.Unknown, review.NotCollected, review.NotApplicable, review.Never} {
		for _, kind := range []review.Kind{"", review.UnknownKind, review.Human, review.Service, review.Workload, review.Group, review.System, review.External} {
			w := newWorld()
			w.snap.Identities[0].Identity = &review.Identity{Key: "x", Kind: kind, HRStatus: "unknown", Owner: "somebody", OwnerAlive: review.Maybe}
			w.snap.Accounts[0] = Account{Identity: 0, Source: 0, NativeID: "X", Kind: kind, Status: review.UnknownStatus, MFA: review.Maybe,
				External: review.Maybe, Created: state(s), LastLogin: state(s)}
			for _, ent := range []int{-1, 0, 2} {
				w.g = Grant{Account: 0, Entitlement: ent, Privilege: review.UnknownPrivilege, Granted: state(s), LastUsed: state(s), Expires: state(s)}
				if ent == 2 {
					w.g.Kind = "credential"
				}
				for _, f := range w.findings() {
					if f.Rule == "misclassified" && (kind == review.Service || kind == review.Workload) {
						continue // HR knows a worker of unknown status: that is known
					}
					if f.Rule == "no-expiry" && s == review.NotApplicable {
						continue // of an end, not applicable is what the source says: there is none
					}
					t.Errorf("%q kind %q entitlement %d: %+v", s, kind, ent, f)
				}
			}
		}
	}
}

func TestWorstFindingFirst(t *testing.T) {
	w := newWorld()
	w.admin()
	w.snap.Accounts[0].MFA = review.No
	w.snap.Identities[0].HRStatus = "terminated"
	w.g.LastUsed = on("2026-01-01")
	var got []string
	for _, f := range w.findings() {
		got = append(got, string(f.Severity)+" "+f.Rule)
	}
	want := []string{"critical leaver", "high dormant", "high no-mfa", "medium privileged"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRulesOff(t *testing.T) {
	w := newWorld()
	w.admin()
	w.snap.Policy.RulesOff = []string{"privileged"}
	if found := w.findings(); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

func TestTokenPackLooksAtTheKey(t *testing.T) {
	w := newWorld()
	w.token()
	w.g.Granted, w.g.Expires, w.g.LastUsed = on("2025-01-01"), state(review.NotApplicable), state(review.Never)
	w.snap.Identities[1].Owner = ""
	var got []string
	for _, f := range w.findings() {
		got = append(got, f.Rule)
	}
	slices.Sort(got)
	if want := []string{"never-used", "no-expiry", "no-owner", "old-credential"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRulesAreDescribed(t *testing.T) {
	settings := map[string]bool{}
	for _, f := range review.PolicyFields() {
		settings[f.Name] = true
	}
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.Version < 1 || r.Severity.Rank() == 0 || r.Title == "" || r.Family == "" || len(r.Serves) == 0 {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
		if strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%s is no rule id of the ledger", r.ID)
		}
		for _, s := range r.Settings {
			if !settings[s] {
				t.Errorf("%s reads %s, which is no setting", r.ID, s)
			}
		}
		for _, s := range r.Serves {
			if id, ok := strings.CutPrefix(s, "owasp-nhi:NHI"); ok {
				if !slices.Contains([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}, id) {
					t.Errorf("%s serves %s", r.ID, s)
				}
			} else if _, err := review.ParseControls([]string{s}); err != nil {
				t.Errorf("%s serves %s: %v", r.ID, s, err)
			}
		}
	}
	for _, id := range strings.Fields("orphan leaver mover dormant never-used sod privileged public external-privileged no-owner owner-gone " +
		"old-credential no-expiry no-mfa shared interactive-nhi cross-environment reuse unresolved misclassified outlier new changed " +
		"came-back exception-expired self-review break-glass") {
		if !seen[id] {
			t.Errorf("%s is missing", id)
		}
	}
	if _, ok := LookupRule("sod"); !ok {
		t.Error("sod cannot be looked up")
	}
}

func TestRulesText(t *testing.T) {
	p := review.DefaultPolicy()
	a := string(RulesText(p, nil))
	if !strings.HasPrefix(a, "# tickmark rules v1\nrule leaver 1 high\n") || !strings.Contains(a, "\nrule dormant 1 medium dormant-days=90\n") ||
		!strings.Contains(a, "\ntable privileged sha256:") {
		t.Errorf("%s", a)
	}
	if b := string(RulesText(review.DefaultPolicy(), nil)); a != b {
		t.Error("equal inputs give different texts")
	}
	changed := map[string]string{}
	p.DormantDays = 91
	changed["a threshold"] = string(RulesText(p, nil))
	p = review.DefaultPolicy()
	p.RulesOff = []string{"dormant"}
	changed["a rule that is off"] = string(RulesText(p, nil))
	changed["a rule file"] = string(RulesText(review.DefaultPolicy(), []review.SoDRule{{ID: "F1\nx", EntitlementA: "a"}}))
	for what, text := range changed {
		if text == a {
			t.Errorf("%s leaves the text as it is", what)
		}
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) < 3 {
				t.Errorf("%s: line %q", what, line)
			}
		}
	}
	one := RulesText(p, []review.SoDRule{{ID: "F1", Locator: "line 2"}})
	two := RulesText(p, []review.SoDRule{{ID: "F1", Locator: "line 3"}})
	if string(one) != string(two) {
		t.Error("where a rule was read from changes the text")
	}
}

func TestEveryKindHasItsPack(t *testing.T) {
	for kind, want := range map[review.Kind]string{
		review.Human:       "leaver orphan mover dormant outlier sod no-mfa",
		review.Service:     "no-owner owner-gone interactive-nhi cross-environment reuse dormant privileged",
		review.Workload:    "no-owner cross-environment",
		review.Token:       "old-credential no-expiry never-used",
		review.Integration: "no-owner reuse cross-environment",
		review.BreakGlass:  "break-glass no-owner no-mfa",
		review.Shared:      "shared no-owner no-mfa",
		review.External:    "external-privileged no-owner no-expiry no-mfa dormant",
		review.Public:      "public",
		review.System:      "root-key no-mfa",
	} {
		var got []string
		for _, r := range RulesFor(kind) {
			got = append(got, r.ID)
		}
		for _, id := range strings.Fields(want) {
			if !slices.Contains(got, id) {
				t.Errorf("%s: %s is missing in %q", kind, id, got)
			}
		}
		if kind == review.BreakGlass && (slices.Contains(got, "dormant") || slices.Contains(got, "never-used")) {
			t.Errorf("break-glass accounts are asked whether they are used: %q", got)
		}
	}
}
