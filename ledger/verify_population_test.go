package ledger

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
)

func TestImportRules(t *testing.T) {
	bent := func(bend func(f *forge, e *Import)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			f.importRows("erp", names(3))
			f.bend = func(v any) { bend(f, v.(*Import)) }
			f.importRows("erp", names(3))
			return f
		}
	}
	checkRules(t, []rule{
		{"good", bent(func(*forge, *Import) {}), nil, nil},
		{"counts", bent(func(_ *forge, e *Import) { e.RowsRejected = 1 }), []Code{CodeImport}, nil},
		{"previous absent", bent(func(_ *forge, e *Import) { e.Previous = 0 }), []Code{CodeReference}, nil},
		{"previous is something else", bent(func(_ *forge, e *Import) { e.Previous = 1 }), []Code{CodeReference}, nil},
		{"another number of bytes", bent(func(_ *forge, e *Import) { e.FileBytes++ }), []Code{CodeImport}, nil},
		{"another file", bent(func(_ *forge, e *Import) { e.FileSHA256[0] ^= 1 }), []Code{CodeImport}, nil},
		{"another root", bent(func(_ *forge, e *Import) { e.ItemsRoot[0] ^= 1 }), []Code{CodePopulation}, nil},
		{"more grants than rows", bent(func(_ *forge, e *Import) { e.Grants++ }), []Code{CodePopulation}, nil},
		{"control totals differ", bent(func(_ *forge, e *Import) { e.Totals = []Total{{"rows", 4, 3}} }), nil, []string{StateControlTotalDiffers}},
		{"control totals agree", bent(func(_ *forge, e *Import) { e.Totals = []Total{{"rows", 3, 3}} }), nil, nil},
		{"no rows and another root", func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			f.bend = func(v any) { v.(*Import).ItemsRoot = Sum([]byte("x")) }
			delete(f.w.rows, f.importRows("hr", nil))
			return f
		}, []Code{CodePopulation}, nil},
		{"no rows", func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			delete(f.w.rows, f.importRows("hr", nil))
			return f
		}, nil, nil},
		{"a row of another number", func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			f.bend = func(v any) { v.(*Import).ItemsRoot = Root([]Hash{LeafHash(otherRow(f))}) }
			f.importRows("erp", names(1))
			f.w.rows[2][0] = otherRow(f)
			return f
		}, []Code{CodePopulation}, nil},
	})
}

// otherRow is a row text that says it is row 2 and has a wrong grant key.
func otherRow(f *forge) []byte {
	text, err := Format(Row{Log: f.log, Source: "erp", Row: 2, Locator: "line 2", Kind: "grant", Account: "a", Privilege: "read", Salt: strings.Repeat("0", 32)})
	f.must(err)
	return text
}

func TestCampaignRules(t *testing.T) {
	bent := func(bend func(f *forge, e *Campaign)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			f.importRows("erp", names(3))
			f.bend = func(v any) { bend(f, v.(*Campaign)) }
			f.campaign("q1", 2, "any", reviewer)
			return f
		}
	}
	checkRules(t, []rule{
		{"good", bent(func(*forge, *Campaign) {}), nil, []string{StateItemsOpen}},
		{"an import that is none", bent(func(_ *forge, e *Campaign) { e.Imports = []int64{1} }), []Code{CodeReference, CodePopulation}, nil},
		{"an import twice", bent(func(_ *forge, e *Campaign) { e.Imports = []int64{2, 2} }), []Code{CodeReference, CodePopulation}, nil},
		{"an exclusion too many", bent(func(_ *forge, e *Campaign) { e.Exclusions = []Exclusion{{1, "x"}} }), []Code{CodePopulation}, nil},
		{"another population", bent(func(_ *forge, e *Campaign) { e.PopulationRoot[0] ^= 1 }), []Code{CodePopulation}, nil},
		{"other assignments", bent(func(_ *forge, e *Campaign) { e.AssignmentsRoot[0] ^= 1 }), []Code{CodePopulation}, nil},
		{"another number of items", bent(func(_ *forge, e *Campaign) { e.Items = 2 }), []Code{CodePopulation}, nil},
		{"another policy", bent(func(_ *forge, e *Campaign) { e.PolicySHA256[0] ^= 1 }), nil, nil}, // not supplied
		{"no stage", bent(func(_ *forge, e *Campaign) { e.Stages = 0 }), []Code{CodePopulation}, nil},
		{"more stages than the population has", bent(func(_ *forge, e *Campaign) { e.Stages = 2 }), nil, nil},
		{"the same id again", func(t *testing.T) *forge {
			f := started(t, "any")
			f.campaign("q1", 2, "any", reviewer)
			f.w.members["q1"], f.w.assigns["q1"] = f.w.members["q1"][:6], f.w.assigns["q1"][:6]
			return f
		}, []Code{CodeReference}, nil},
	})
}

// TestWithheld hides records, rows, members and assignments behind their leaf hashes, as a sampled pack does: nothing is
// wrong then, and the report says what could not be looked at.
func TestWithheld(t *testing.T) {
	f := newForge(t)
	f.standardRoster()
	f.importRows("erp", names(6))
	f.campaign("q1", 2, "any", reviewer)
	f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer), f.decision("q1", 2, 2, VerdictRevoke, reviewer), f.decision("q1", 2, 3, VerdictException, reviewer))
	f.signoff("q1", RoleReviewer, reviewer)
	f.signoff("q1", RoleManager, manager)
	hide := func(texts [][]byte, keep func(i int) bool) iter.Seq2[Text, error] {
		return func(yield func(Text, error) bool) {
			for i, b := range texts {
				text := Text{Bytes: b}
				if !keep(i) {
					text = Text{Leaf: LeafHash(b)}
				}
				if !yield(text, nil) {
					return
				}
			}
		}
	}
	drawn := func(i int) bool { return i == 1 } // only the revoke of row 2 is disclosed
	in := f.w.input()
	in.Entries = hide(f.w.entries, func(i int) bool { return i < 4 || i == 5 || i > 6 })
	in.Rows = func(context.Context, int64) iter.Seq2[Text, error] { return hide(f.w.rows[2], drawn) }
	in.Members = func(context.Context, string) iter.Seq2[Text, error] { return hide(f.w.members["q1"], drawn) }
	in.Assignments = func(context.Context, string) iter.Seq2[Text, error] { return hide(f.w.assigns["q1"], drawn) }
	r := verifyInput(t, in, Options{})
	wantOnly(t, r)
	for code, count := range map[string]int64{StateWithheld: 2, StateRowsWithheld: 5, StateMembersWithheld: 5, StateAssignmentsWithheld: 5, StateRevokesOpen: 1} {
		i := slices.IndexFunc(r.States, func(s State) bool { return s.Code == code })
		if i < 0 || r.States[i].Count != count {
			t.Errorf("state %s should count %d: %v", code, count, r.States)
		}
	}
	if len(r.NotChecked) != 2 {
		t.Errorf("not checked: %q", r.NotChecked)
	}
	if hasState(r, StateItemsOpen) {
		t.Error("open items are counted over withheld decisions")
	}

	// A leaf hash in place of an entry must still be the right one.
	in.Entries = func(yield func(Text, error) bool) {
		for i, e := range f.w.entries {
			text := Text{Bytes: e}
			if i == 4 {
				text = Text{Leaf: Sum(nil)}
			}
			if !yield(text, nil) {
				return
			}
		}
	}
	wantOnly(t, verifyInput(t, in, Options{}), CodeBundle, CodeSeen)
	// So must those of the lists.
	in = f.w.input()
	in.Rows = func(context.Context, int64) iter.Seq2[Text, error] {
		return func(yield func(Text, error) bool) {
			for range f.w.rows[2] {
				if !yield(Text{Leaf: Sum(nil)}, nil) {
					return
				}
			}
		}
	}
	wantOnly(t, verifyInput(t, in, Options{}), CodePopulation)
}

// TestStages has two reviewers decide the same grants one after the other, each in their own stage.
func TestStages(t *testing.T) {
	f := newForge(t)
	f.standardRoster()
	f.importRows("erp", names(2))
	var members, assigns Tree
	e := &Campaign{
		Log: f.log, Campaign: "q1", Title: "two stages", Owner: manager, Scope: "all", PeriodStart: "2026-01-01", PeriodEnd: "2026-03-31",
		Due: f.now, Stages: 2, NoAnswer: "leave-open", Assurance: "any", Imports: []int64{2}, Exclusions: []Exclusion{{1, "row 2 is left out"}},
	}
	grant := GrantKey("grant", "erp", account(0), "post", "", "")
	for stage, by := range map[int64]string{1: reviewer, 2: second} {
		item := ItemID(f.log, "q1", stage, grant)
		m, err := Format(Member{Log: f.log, Campaign: "q1", Item: item, Grant: grant, Import: 2, Row: 1, Salt: f.salt()})
		f.must(err)
		a, err := Format(Assignment{Log: f.log, Campaign: "q1", Item: item, Reviewer: by, Basis: "named", Salt: f.salt()})
		f.must(err)
		f.w.members["q1"], f.w.assigns["q1"] = append(f.w.members["q1"], m), append(f.w.assigns["q1"], a)
		members.Append(LeafHash(m))
		assigns.Append(LeafHash(a))
	}
	e.Items, e.PopulationRoot, e.AssignmentsRoot = 2, members.Root(), assigns.Root()
	f.sign(manager, e)
	for stage, by := range map[int64]string{1: reviewer, 2: second} {
		d := f.decision("q1", 2, 1, VerdictKeep, by)
		d.Item = ItemID(f.log, "q1", stage, grant)
		v, err := Parse(f.w.facts[d.ShownSHA256])
		f.must(err)
		facts := v.(*Facts)
		facts.Item = d.Item
		text, err := Format(facts)
		f.must(err)
		d.ShownSHA256 = Sum(text)
		f.w.facts[d.ShownSHA256] = text
		f.decide(d)
	}
	f.signoff("q1", RoleManager, manager)
	r := f.verify(Options{})
	wantOnly(t, r)
	if hasState(r, StateItemsOpen) {
		t.Error("items are open")
	}
}
