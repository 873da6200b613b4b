package tui

import (
	"regexp"
	"strings"
	"testing"

	"tickmark/review"
)

// draftsOf gives what is staged, by item.
func draftsOf(d *fakeDesk, v review.Verdict) []review.Staged {
	var out []review.Staged
	for _, it := range d.items {
		if s, ok := d.drafts[it.ID]; ok && s.Verdict == v {
			out = append(out, s)
		}
	}
	return out
}

func TestLineModeRevokesForLessAndLater(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "x", "too much", "Display vendor invoices", "yesterday", "30d", ".", "x", "unused", "", "", "q")
	contains(t, out, "Replace by (less to give instead", "write a day like", "Staged: revoke, replaced by Display vendor invoices, effective 2026-12-23,")
	got := draftsOf(desk, review.Revoke)
	if len(got) != 3 {
		t.Fatal(len(got))
	}
	less, atOnce := 0, 0
	for _, s := range got {
		switch {
		case s.Reason == "too much" && s.Replace == "Display vendor invoices" && s.Effective == "2026-12-23" && s.Opened:
			less++
		case s.Reason == "unused" && s.Replace == "" && s.Effective == "":
			atOnce++
		}
	}
	if less != 2 || atOnce != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestLineModeTakesTheEvidenceOfAnException(t *testing.T) {
	desk := newFakeDesk()
	plainly(t, desk, Options{}, "e", "90d", "tom.lead@corp.example", "four-eyes check", "closing", "control.pdf", "",
		"e", "90d", "tom.lead@corp.example", "four-eyes check", "closing", "", "q")
	got := draftsOf(desk, review.Except)
	if len(got) != 2 {
		t.Fatal(len(got))
	}
	names := got[0].EvidenceName + got[1].EvidenceName
	if names != "control.pdf" {
		t.Fatalf("%+v", got)
	}
	desk, sum := newFakeDesk(), strings.Repeat("0A", 32)
	out := plainly(t, desk, Options{Remote: true}, "e", "90d", "tom.lead@corp.example", "four-eyes check", "closing", "control.pdf", sum, "q")
	contains(t, out, "files of your computer cannot be reached from here", "with the evidence sha256:0a0a")
	if got = draftsOf(desk, review.Except); len(got) != 1 || got[0].EvidenceName != "" || got[0].EvidenceSHA256 != strings.ToLower(sum) {
		t.Fatalf("%+v", got)
	}
}

func TestLineModePicksTheSideThatStays(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "/finding:sod", "w", "posting is the job", "l", "q")
	contains(t, out, "Stays: Post vendor invoices of ", "Goes: ", "Staged: 2 items decided, one side stays and the other goes. Not signed yet.", "Number 2: ")
	keep, revoke := draftsOf(desk, review.Keep), draftsOf(desk, review.Revoke)
	if len(keep) != 1 || len(revoke) != 1 || keep[0].Reason != "posting is the job" || !keep[0].Opened {
		t.Fatalf("%+v %+v", keep, revoke)
	}
	out = plainly(t, newFakeDesk(), Options{}, "/-finding:sod", "w", "q")
	contains(t, out, "No side to pick: no rule that keeps two duties apart fired on it.")
}

func TestLineModeFilters(t *testing.T) {
	desk := newFakeDesk()
	desk.settings[settingFilters] = `{"robots":"kind:service"}`
	out := plainly(t, desk, Options{}, "/kind:service", "/", "anna-is-not-here", "/", "", "/no:such", "/@robots", "/@nothing", "q")
	contains(t, out, `Filter "kind:service": `, `Filter "anna-is-not-here": 0 items`, `Nothing that matches "anna-is-not-here" is left for you to decide.`,
		"No filter: 86 items", "there is no field", `No filter is saved under the name "nothing".`)
	if strings.Count(out, `Filter "kind:service": `) != 2 {
		t.Fatalf("the saved filter did not come:\n%s", out)
	}
}

func TestLineModeDecidesInBulkWithTheFrictionOfTheScreen(t *testing.T) {
	desk := newFakeDesk()
	desk.policy.BulkTypeCount = 3
	q := review.Query{Campaign: fakeCampaign, Reviewer: desk.me, Asker: desk.me, Filter: "system:okta state:open"}
	b, err := desk.PreviewStage(t.Context(), q, nil, review.Draft{Verdict: review.Keep})
	if err != nil || b.Eligible < 4 || len(b.LeftOut) == 0 {
		t.Fatalf("the company of the tests does not call for it: %+v %v", b, err)
	}
	n := number(b.Eligible)
	out := plainly(t, desk, Options{}, "/system:okta", "b", "7", "1", "yes", "q")
	contains(t, out, "One answer for "+count(b.Matching, "item"), "1 keep, 2 revoke,", "Keep "+n+" of "+count(b.Matching, "item")+"?", "Left out (",
		"Type "+n+" to do it, anything else leaves it:", "Left; nothing is changed.")
	if len(desk.drafts) != 0 {
		t.Fatal("staged without the count")
	}
	out = plainly(t, desk, Options{}, "/system:okta", "b", "1", n, "l", "u", "q")
	contains(t, out, "Staged: keep on "+n+" items; ", " left out (", ", in bulk", "Undone: keep on "+n+" items")
	if len(desk.drafts) != 0 {
		t.Fatal("not undone")
	}
	desk.policy.BulkTypeCount = 1000
	plainly(t, desk, Options{}, "/system:okta", "b", "2", "the tenant is closed", "y", "q")
	got := draftsOf(desk, review.Revoke)
	if len(got) == 0 {
		t.Fatal("nothing staged")
	}
	for _, s := range got {
		if !s.Bulk || s.Opened || s.Reason != "the tenant is closed" || !strings.HasPrefix(desk.byID[s.Item].System, "Okta") {
			t.Fatalf("%+v", s)
		}
	}
}

// The end of the input is no consent.
func TestLineModeStagesNothingInBulkAtTheEndOfItsInput(t *testing.T) {
	desk := newFakeDesk()
	contains(t, plainly(t, desk, Options{}, "/system:okta", "b", "1"), "y does it")
	plainly(t, desk, Options{}, "k")
	if len(desk.drafts) != 0 {
		t.Fatal("staged")
	}
}

func TestLineModeReaffirmsWhatIsUnchanged(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "k", "n", "/department:finance", "k", "y", "q")
	contains(t, out, "Reason for all of them: “"+reaffirmReason, "Left; nothing is changed.", "Staged: keep on ")
	got := draftsOf(desk, review.Keep)
	if len(got) == 0 {
		t.Fatal("nothing staged")
	}
	for _, s := range got {
		it := desk.byID[s.Item]
		if it.Change != review.Unchanged || it.PrevVerdict != review.Keep || it.Department != "Finance" || s.Reason != reaffirmReason {
			t.Fatalf("%+v", s)
		}
	}
}

func TestLineModeGivesItemsToSomebodyElse(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "g", "ines@corp.example", "", "she runs it", "/system:okta", "b", "g", "sven@corp.example", "30d", "his tenant", "y", "l", "q")
	contains(t, out, "Staged: 1 item to ines@corp.example. It counts when it is signed.", "items to sven@corp.example?", "reassign to sven@corp.example")
	to := map[string]int{}
	for _, c := range desk.closures {
		to[c.line.What]++
	}
	if to["reassign to ines@corp.example"] != 1 || to["reassign to sven@corp.example"] < 2 {
		t.Fatal(to)
	}
}

func TestLineModeGoesToTheNextPersonAndToWhatIsDecided(t *testing.T) {
	desk := newFakeDesk()
	names := regexp.MustCompile(`(?m)^(.*), kind|^([^,\n]+\)), `)
	out := plainly(t, desk, Options{}, "p", "p", "q")
	var people []string
	for _, part := range strings.Split(out, "left to decide.\n")[1:] {
		line, _, _ := strings.Cut(part, "\n")
		people = append(people, line)
	}
	if len(people) != 3 || people[0] == people[1] || people[1] == people[2] || !names.MatchString(people[0]) {
		t.Fatalf("%q", people)
	}
	desk = newFakeDesk()
	out = plainly(t, desk, Options{}, "4", "ask ines", "o", "n", "n", "o", "q")
	contains(t, out, "Showing every item from the first", "Not yours to decide: ", "Showing only what is open.")
	out = plainly(t, desk, Options{}, "/verdict:dont-know", "o", "1", "fine after all", "q")
	contains(t, out, "Verdict now: don't know staged, because: ask ines.", "Staged: keep,", "That was the last item.")
	if len(draftsOf(desk, review.Keep)) != 1 || len(desk.drafts) != 1 {
		t.Fatal(desk.drafts)
	}
	out = plainly(t, desk, Options{}, "/department:sales", "o", "2", "q")
	contains(t, out, "Not yours to decide: it is assigned to sven@corp.example.")
}

func TestLineModeListsWhatIsStagedAndTakesOneOut(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "t", "l", "4", "ask ines", "2", "left the team", "l", "t", "99", "t", "1", "l", "q")
	contains(t, out, "l lists what is staged; then t takes one of them out.", "Nothing is staged.", "Staged in q4-2026, 2 decisions: ", "Number 1: ", "because: left the team.",
		`"99" is no number of the list.`, "Taken out: ", "Staged in q4-2026, 1 decision: ")
	if len(desk.drafts) != 1 {
		t.Fatal(desk.drafts)
	}
}

func TestLineModeSaysWhatASignOffStates(t *testing.T) {
	out := plainly(t, newFakeDesk(), Options{}, "f", "f", "q")
	contains(t, out, "You would sign: I have decided my items as counted here.", "77 items left open. The policy for them is ", "opened one by one", "This is signed off already.")
}

// Every answer is told by ?, and none is told that is none.
func TestLineModeTellsEveryAnswer(t *testing.T) {
	out := plainly(t, newFakeDesk(), Options{}, "?", "q")
	_, help, _ := strings.Cut(out, "Your answer: \n")
	for _, key := range strings.Split("1 2 3 4 x e . w g b k u r n p o i l t s f q", " ") {
		if !regexp.MustCompile(`(^|[.,] |\n)` + regexp.QuoteMeta(key) + `,? [a-z]`).MatchString(help) {
			t.Errorf("? does not tell %s", key)
		}
		if key != "q" && strings.Contains(plainly(t, newFakeDesk(), Options{}, key), "is no answer") {
			t.Errorf("%s is no answer", key)
		}
	}
	for _, line := range strings.Split(help, "\n") {
		if strings.ContainsAny(line, "─│✓✗◆▲△▿‼░█…") || strings.Contains(line, "  ") {
			t.Errorf("not for listening: %q", line)
		}
	}
}

func TestLineModeChangesNothingWhereItMayNot(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{ReadOnly: "this is an evidence pack"}, "x", "e", "w", "g", "b", "k", ".", "q")
	if n := strings.Count(out, "Nothing can be changed here: this is an evidence pack."); n < 7 {
		t.Fatalf("said %d times:\n%s", n, out)
	}
	if desk.stages != 0 || len(desk.closures) != 0 {
		t.Fatal("staged")
	}
}

func TestLineModeKeepsAnEvidenceFileIfAsked(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "e", "90d", "tom.lead@corp.example", "four-eyes check", "closing", "control.pdf", "maybe", "yes",
		"e", "90d", "tom.lead@corp.example", "four-eyes check", "closing", "other.pdf", "", "q")
	contains(t, out, "Keep file (yes:", "yes or no.")
	kept := map[string]bool{}
	for _, s := range draftsOf(desk, review.Except) {
		kept[s.EvidenceName] = s.KeepEvidence
	}
	if len(kept) != 2 || !kept["control.pdf"] || kept["other.pdf"] {
		t.Fatalf("%+v", kept)
	}
}

func TestLineModeListsRenewsAndClosesExceptions(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "renew 1", "exceptions", "renew 99", "renew", "close 1", "fixed", "remediated", "", "import 3", "the right is gone",
		"renew 2", "30d", "", "", "closing is late", "letter.pdf", "yes", "s", "exceptions state:nonsense", "q")
	contains(t, out, "exceptions lists them; then say which, by number.", "Number 1: ", "answers for it. Control:", `"99" is no number of the list`, "Say which, by number",
		"one of remediated, withdrawn", "Staged: 1 exception, remediated", "Staged: 1 exception, renewed", "It counts when it is signed.", "Keep this: tickmark receipt")
	if len(desk.asked) != 2 {
		t.Fatalf("%+v", desk.asked)
	}
	cured, renewed := desk.asked[0], desk.asked[1]
	if cured.Outcome != "remediated" || cured.Import != 3 || cured.EvidenceName != "" || cured.Control == "" || cured.Reason != "the right is gone" {
		t.Errorf("%+v", cured)
	}
	if renewed.Outcome != "renewed" || renewed.Until != "2026-12-23" || renewed.Owner == "" || renewed.Control == "" || renewed.EvidenceName != "letter.pdf" || !renewed.KeepEvidence {
		t.Errorf("%+v", renewed)
	}
}

func TestLineModeApprovesOnlyWhatWaitsForASecondPerson(t *testing.T) {
	out := plainly(t, newFakeDesk(), Options{}, "exceptions", "approve all", "approve 1", "q")
	contains(t, out, "Only an exception that waits for a second person can be approved.")
}

func TestLineModeClaimsRevokes(t *testing.T) {
	desk := newFakeDesk()
	out := plainly(t, desk, Options{}, "revokes", "claim 1", "CHG-7", "2030-01-01", "", "done by the night shift", "s", "q")
	contains(t, out, "Only an import shows it gone.", "write a day that is not in the future", "Staged: 1 revoke, claimed done", "Keep this: tickmark receipt")
	contains(t, plainly(t, desk, Options{ReadOnly: "the database cannot be written"}, "revokes", "claim 1", "exceptions", "close 1", "q"), "Nothing can be changed here")
}
