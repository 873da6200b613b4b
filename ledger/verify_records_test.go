package ledger

import (
	"testing"
	"time"
)

// bentBundle signs a good bundle of one decision after bend changed its statement.
func bentBundle(bend func(b *Bundle)) func(t *testing.T) *forge {
	return func(t *testing.T) *forge {
		f := started(t, "any")
		f.bend = func(v any) { bend(v.(*Bundle)) }
		f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
		return f
	}
}

// bentDecision signs a bundle of one decision after bend changed the record.
func bentDecision(verdict string, bend func(f *forge, d *Decision)) func(t *testing.T) *forge {
	return func(t *testing.T) *forge {
		f := started(t, "any")
		d := f.decision("q1", 2, 1, verdict, reviewer)
		bend(f, d)
		f.decide(d)
		return f
	}
}

func TestBundleRules(t *testing.T) {
	checkRules(t, []rule{
		{"good", bentBundle(func(*Bundle) {}), nil, []string{StateItemsOpen, StateNotSignedOff}},
		{"too many records", bentBundle(func(b *Bundle) { b.Records = 2 }), []Code{CodeBundle}, nil},
		{"no records", bentBundle(func(b *Bundle) { b.Records = 0 }), []Code{CodeBundle, CodeOrphan}, nil},
		{"another root", bentBundle(func(b *Bundle) { b.RecordsRoot[0] ^= 1 }), []Code{CodeBundle}, nil},
		{"another digest", bentBundle(func(b *Bundle) { b.RecordsSHA256[0] ^= 1 }), []Code{CodeBundle}, nil},
		{"another tally", bentBundle(func(b *Bundle) { b.Tally = "keep 0, revoke 1, exception 0, abstain 0" }), []Code{CodeBundle}, nil},
		{"opened", bentBundle(func(b *Bundle) { b.Opened = 0 }), []Code{CodeBundle}, nil},
		{"bulk", bentBundle(func(b *Bundle) { b.Bulk = 1 }), []Code{CodeBundle}, nil},
		{"another actor", bentBundle(func(b *Bundle) { b.Actor = second }), []Code{CodeBundle}, nil},
		{"unknown campaign", bentBundle(func(b *Bundle) { b.Campaign = "q9" }), []Code{CodeBundle, CodeReference}, nil},
		{"another act", bentBundle(func(b *Bundle) {
			b.Act, b.Tally, b.Meaning = ActReassign, "reassign 1", Meaning(KindBundle, ActReassign, "", "")
		}), []Code{CodeBundle, CodeRoster}, nil},
		{"wrong meaning", bentBundle(func(b *Bundle) { b.Meaning = "I meant something else" }), []Code{CodeFormat}, nil},
		{"login key without host", bentBundle(func(b *Bundle) { b.LoginKey = b.Key }), []Code{CodeRoster}, nil},
		{"seq skips", bentBundle(func(b *Bundle) { b.Seq = 2 }), []Code{CodeChain}, nil},
		{"prev out of nowhere", bentBundle(func(b *Bundle) { b.Prev = Sum(nil) }), []Code{CodeChain}, nil},
		{"seen nothing", bentBundle(func(b *Bundle) { b.Seen = Head{0, Sum(nil)} }), []Code{CodeSeen, CodeReference}, nil},
		{"seen another root", bentBundle(func(b *Bundle) { b.Seen.Root[0] ^= 1 }), []Code{CodeSeen}, nil},
		{"seen before the campaign", bentBundle(func(b *Bundle) { b.Seen = seenAt(t, 3) }), []Code{CodeReference}, nil},
		{"121 s before what was seen", bentBundle(func(b *Bundle) { b.Time = b.Time.Add(-181 * time.Second) }), []Code{CodeTime}, nil},
		{"120 s before what was seen", bentBundle(func(b *Bundle) { b.Time = b.Time.Add(-180 * time.Second) }), nil, nil},
	})
}

// seenAt is the head that every ledger of started has at a size.
func seenAt(t *testing.T, size int64) Head {
	f := started(t, "any")
	root, ok := f.r.Nodes().RootAt(size)
	if !ok {
		t.Fatal("no such size")
	}
	return Head{size, root}
}

func TestDecisionRules(t *testing.T) {
	checkRules(t, []rule{
		{"unknown import", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Import = 1 }), []Code{CodeReference, CodePopulation}, nil},
		{"row beyond the end", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Row = 7 }), []Code{CodePopulation}, nil},
		{"another row", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Row = 2 }), []Code{CodePopulation}, nil},
		{"another account", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Account = "x" }), []Code{CodePopulation}, nil},
		{"another identity", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Identity = "" }), []Code{CodePopulation}, nil},
		{"another entitlement", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Entitlement = "read" }), []Code{CodePopulation}, nil},
		{"another grant", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Grant[0] ^= 1 }), []Code{CodePopulation}, nil},
		{"facts that are missing", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.ShownSHA256[0] ^= 1 }), []Code{CodePopulation}, nil},
		{"facts of another item", bentDecision(VerdictKeep, func(f *forge, d *Decision) {
			d.ShownSHA256 = f.decision("q1", 2, 2, VerdictKeep, reviewer).ShownSHA256
		}), []Code{CodePopulation}, nil},
		{"something else as facts", bentDecision(VerdictKeep, func(f *forge, d *Decision) {
			text := f.w.rows[2][0]
			d.ShownSHA256 = Sum(text)
			f.w.facts[d.ShownSHA256] = text
		}), []Code{CodePopulation}, nil},
		{"a first decision that supersedes", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Supersedes = 3 }), []Code{CodeDuplicate, CodeReference}, nil},
		{"not the assignee", func(t *testing.T) *forge {
			f := started(t, "any")
			f.decide(f.decision("q1", 2, 1, VerdictKeep, second))
			return f
		}, []Code{CodePolicy}, nil},
		{"own access", func(t *testing.T) *forge {
			f := newForge(t)
			f.standardRoster()
			f.importRows("erp", []string{"rita"}) // the identity is the reviewer
			f.campaign("q1", 2, "any", reviewer)
			f.decide(f.decision("q1", 2, 1, VerdictAbstain, reviewer))
			return f
		}, []Code{CodePolicy}, []string{StateItemsOpen}},
		{"keep with owner", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Owner = "x" }), []Code{CodePolicy}, nil},
		{"keep with reason", bentDecision(VerdictKeep, func(_ *forge, d *Decision) { d.Reason = "x" }), nil, nil},
		{"revoke without reason", bentDecision(VerdictRevoke, func(_ *forge, d *Decision) { d.Reason = "" }), []Code{CodePolicy}, nil},
		{"revoke with replace and effective", bentDecision(VerdictRevoke, func(_ *forge, d *Decision) { d.Replace, d.Effective = "read", "2026-05-01" }), nil, []string{StateRevokesOpen}},
		{"revoke with until", bentDecision(VerdictRevoke, func(_ *forge, d *Decision) { d.Until = "2026-05-01" }), []Code{CodePolicy}, nil},
		{"exception without owner", bentDecision(VerdictException, func(_ *forge, d *Decision) { d.Owner = "" }), []Code{CodePolicy}, nil},
		{"exception without control", bentDecision(VerdictException, func(_ *forge, d *Decision) { d.Control = "" }), []Code{CodePolicy}, nil},
		{"exception until the day of signing", bentDecision(VerdictException, func(f *forge, d *Decision) { d.Until = DateOf(f.now) }), []Code{CodePolicy}, nil},
		{"exception until the day after", bentDecision(VerdictException, func(f *forge, d *Decision) { d.Until = DateOf(f.now.AddDate(0, 0, 1)) }), nil, nil},
		{"abstain without reason", bentDecision(VerdictAbstain, func(_ *forge, d *Decision) { d.Reason = "" }), []Code{CodePolicy}, nil},
		{"superseded as it must be", func(t *testing.T) *forge {
			f := started(t, "any")
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			d := f.decision("q1", 2, 1, VerdictRevoke, reviewer)
			d.Supersedes = 4
			f.decide(d)
			return f
		}, nil, []string{StateRevokesOpen}},
		{"two decisions on an item in one bundle", func(t *testing.T) *forge {
			f := started(t, "any")
			d := f.decision("q1", 2, 1, VerdictRevoke, reviewer)
			d.Supersedes = 4
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer), d)
			return f
		}, []Code{CodeReference}, nil},
		{"another bundle came first", func(t *testing.T) *forge {
			f := started(t, "any")
			head := f.r.Head()
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.seen = &head
			f.decide(f.decision("q1", 2, 1, VerdictRevoke, reviewer))
			return f
		}, []Code{CodeDuplicate}, nil},
		{"a decision on the same grant names the last one", func(t *testing.T) *forge {
			f := started(t, "any")
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.campaign("q2", 2, "any", reviewer)
			d := f.decision("q2", 2, 1, VerdictKeep, reviewer)
			d.ShownSHA256 = refact(f, d, 4)
			f.decide(d)
			return f
		}, nil, nil},
		{"a decision names another as the last one", func(t *testing.T) *forge {
			f := started(t, "any")
			f.decide(f.decision("q1", 2, 2, VerdictKeep, reviewer))
			d := f.decision("q1", 2, 1, VerdictKeep, reviewer)
			d.ShownSHA256 = refact(f, d, 4)
			f.decide(d)
			return f
		}, []Code{CodePopulation}, nil},
	})
}

// refact gives the facts of a decision a previous decision.
func refact(f *forge, d *Decision, previous int64) Hash {
	v, err := Parse(f.w.facts[d.ShownSHA256])
	f.must(err)
	facts := v.(*Facts)
	facts.Previous, facts.PreviousVerdict = previous, VerdictKeep
	text, err := Format(facts)
	f.must(err)
	f.w.facts[Sum(text)] = text
	return Sum(text)
}

func TestReassignRules(t *testing.T) {
	reassign := func(from, to string) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := started(t, "any")
			d := f.decision("q1", 2, 1, VerdictKeep, second)
			f.manage("q1", ActReassign, &Reassign{Log: f.log, Campaign: "q1", Item: d.Item, From: from, To: to, Reason: "x", Manager: manager, Salt: f.salt()})
			f.decide(d)
			return f
		}
	}
	checkRules(t, []rule{
		{"to the second", reassign(reviewer, second), nil, nil},
		{"from somebody who is not the assignee", reassign(second, second), []Code{CodePolicy}, nil},
		{"to somebody else", reassign(reviewer, manager), []Code{CodePolicy}, nil},
		{"an item of no campaign", func(t *testing.T) *forge {
			f := started(t, "any")
			f.manage("q1", ActReassign, &Reassign{Log: f.log, Campaign: "q1", Item: Sum(nil), From: reviewer, To: second, Reason: "x", Manager: manager, Salt: f.salt()})
			return f
		}, []Code{CodePopulation}, nil},
	})
}

func TestClosureRules(t *testing.T) {
	// excepted has an exception at 4, covered by the bundle 5.
	excepted := func(t *testing.T) (*forge, *Decision) {
		f := started(t, "any")
		d := f.decision("q1", 2, 1, VerdictException, reviewer)
		f.decide(d)
		return f, d
	}
	closing := func(outcome string, bend func(c *Closure)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f, d := excepted(t)
			c := closureOf(f, d, outcome)
			bend(c)
			f.manage("q1", ActClosure, c)
			return f
		}
	}
	fine := func(*Closure) {}
	checkRules(t, []rule{
		{"remediated", closing(OutcomeRemediated, fine), nil, nil},
		{"renewed", closing(OutcomeRenewed, fine), nil, nil},
		{"withdrawn", closing(OutcomeWithdrawn, fine), nil, nil},
		{"remediated without evidence", closing(OutcomeRemediated, func(c *Closure) { c.EvidenceSHA256 = Hash{} }), []Code{CodeClosure}, nil},
		{"remediated without control", closing(OutcomeRemediated, func(c *Closure) { c.Control = "" }), []Code{CodeClosure}, nil},
		{"remediated until", closing(OutcomeRemediated, func(c *Closure) { c.Until = "2027-01-01" }), []Code{CodeClosure}, nil},
		{"renewed without until", closing(OutcomeRenewed, func(c *Closure) { c.Until = "" }), []Code{CodeClosure}, nil},
		{"renewed without owner", closing(OutcomeRenewed, func(c *Closure) { c.Owner = "" }), []Code{CodeClosure}, nil},
		{"withdrawn until", closing(OutcomeWithdrawn, func(c *Closure) { c.Until = "2027-01-01" }), []Code{CodeClosure}, nil},
		{"of another item", closing(OutcomeWithdrawn, func(c *Closure) { c.Item[0] ^= 1 }), []Code{CodeReference}, nil},
		{"of a bundle", closing(OutcomeWithdrawn, func(c *Closure) { c.Exception = 5 }), []Code{CodeReference}, nil},
		{"previous out of nowhere", closing(OutcomeWithdrawn, func(c *Closure) { c.Previous = 4 }), []Code{CodeClosure}, nil},
		{"renewed, then withdrawn", func(t *testing.T) *forge {
			f, d := excepted(t)
			f.manage("q1", ActClosure, closureOf(f, d, OutcomeRenewed))
			c := closureOf(f, d, OutcomeWithdrawn)
			c.Previous = 6
			f.manage("q1", ActClosure, c)
			return f
		}, nil, nil},
		{"previous forgotten", func(t *testing.T) *forge {
			f, d := excepted(t)
			f.manage("q1", ActClosure, closureOf(f, d, OutcomeRenewed))
			f.manage("q1", ActClosure, closureOf(f, d, OutcomeWithdrawn))
			return f
		}, []Code{CodeClosure}, nil},
		{"after the end", func(t *testing.T) *forge {
			f, d := excepted(t)
			f.manage("q1", ActClosure, closureOf(f, d, OutcomeWithdrawn))
			c := closureOf(f, d, OutcomeRenewed)
			c.Previous = 6
			f.manage("q1", ActClosure, c)
			return f
		}, []Code{CodeClosure}, nil},
	})
}

func closureOf(f *forge, d *Decision, outcome string) *Closure {
	c := &Closure{Log: f.log, Campaign: d.Campaign, Item: d.Item, Exception: 4, Outcome: outcome, Reason: "x", Manager: manager, Salt: f.salt()}
	switch outcome {
	case OutcomeRemediated:
		c.Control, c.EvidenceSHA256 = "done", Sum(nil)
	case OutcomeRenewed:
		c.Until, c.Owner, c.Control = "2027-06-30", "owen@test.example", "weekly check"
	}
	return c
}

func TestRemediationRules(t *testing.T) {
	// revoked has a revoke of row 1 at 4 (bundle 5); then imports of the given accounts, from 6 on.
	revoked := func(t *testing.T, imports ...[]string) (*forge, *Decision) {
		f := started(t, "any")
		d := f.decision("q1", 2, 1, VerdictRevoke, reviewer)
		f.decide(d)
		f.now = f.now.Add(24 * time.Hour)
		for _, accounts := range imports {
			f.importRows("erp", accounts)
		}
		return f, d
	}
	record := func(f *forge, d *Decision, state string, imp int64) *Remediation {
		r := &Remediation{Log: f.log, Campaign: "q1", Item: d.Item, Decision: 4, State: state, Import: imp, Manager: manager, Salt: f.salt()}
		if state == StateClaimed {
			r.Ticket, r.Done = "T-1", f.now
		}
		return r
	}
	states := func(imports [][]string, steps ...any) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f, d := revoked(t, imports...)
			for i := 0; i < len(steps); i += 2 {
				f.manage("q1", ActRemediation, record(f, d, steps[i].(string), int64(steps[i+1].(int))))
			}
			return f
		}
	}
	with, without := names(6), names(6)[1:]
	open := []string{StateRevokesOpen}
	gone := states([][]string{without}, StateGone, 6)
	checkRules(t, []rule{
		{"claimed", states(nil, StateClaimed, 0), nil, open},
		{"gone", gone, nil, nil},
		{"still present", states([][]string{with}, StateStillPresent, 6), nil, open},
		{"gone, then came back", states([][]string{without, with}, StateGone, 6, StateCameBack, 7), nil, open},
		{"gone and called still present", states([][]string{without}, StateStillPresent, 6), []Code{CodeRemediation}, open},
		{"present and called gone", states([][]string{with}, StateGone, 6), []Code{CodeRemediation}, nil},
		{"came back without having gone", states([][]string{with}, StateCameBack, 6), []Code{CodeRemediation}, nil},
		{"back and called still present", states([][]string{without, with}, StateGone, 6, StateStillPresent, 7), []Code{CodeRemediation}, nil},
		{"claimed with an import", states([][]string{with}, StateClaimed, 6), []Code{CodeRemediation}, nil},
		{"gone without import", states(nil, StateGone, 0), []Code{CodeRemediation}, nil},
		{"gone by the import of the decision", states(nil, StateStillPresent, 2), []Code{CodeRemediation}, nil},
		{"gone by something else", states(nil, StateGone, 3), []Code{CodeReference}, nil},
		{"claimed without ticket", func(t *testing.T) *forge {
			f, d := revoked(t)
			r := record(f, d, StateClaimed, 0)
			r.Ticket = ""
			f.manage("q1", ActRemediation, r)
			return f
		}, []Code{CodeRemediation}, nil},
		{"of another source", func(t *testing.T) *forge {
			f, d := revoked(t)
			f.importRows("other", without)
			f.manage("q1", ActRemediation, record(f, d, StateGone, 6))
			return f
		}, []Code{CodeRemediation}, nil},
		{"extracted before the decision", func(t *testing.T) *forge {
			f, d := revoked(t)
			f.bend = func(v any) { v.(*Import).Extracted = f.now.AddDate(0, 0, -3) }
			f.importRows("erp", without)
			f.manage("q1", ActRemediation, record(f, d, StateGone, 6))
			return f
		}, []Code{CodeRemediation}, nil},
		{"extracted nobody knows when", func(t *testing.T) *forge {
			f, d := revoked(t)
			f.bend = func(v any) { v.(*Import).Extracted = time.Time{} }
			f.importRows("erp", without)
			f.manage("q1", ActRemediation, record(f, d, StateGone, 6))
			return f
		}, []Code{CodeRemediation}, nil},
		{"gone from a truncated file", func(t *testing.T) *forge {
			f, d := revoked(t)
			f.bend = func(v any) { v.(*Import).Completeness = "truncated" }
			f.importRows("erp", without)
			f.manage("q1", ActRemediation, record(f, d, StateGone, 6))
			return f
		}, []Code{CodeRemediation}, nil},
		{"present in a truncated file", func(t *testing.T) *forge {
			f, d := revoked(t)
			f.bend = func(v any) { v.(*Import).Completeness = "truncated" }
			f.importRows("erp", with)
			f.manage("q1", ActRemediation, record(f, d, StateStillPresent, 6))
			return f
		}, nil, open},
		{"still present before it takes effect", func(t *testing.T) *forge {
			f := started(t, "any")
			d := f.decision("q1", 2, 1, VerdictRevoke, reviewer)
			d.Effective = DateOf(f.now.AddDate(0, 1, 0))
			f.decide(d)
			f.now = f.now.Add(24 * time.Hour)
			f.importRows("erp", with)
			f.manage("q1", ActRemediation, record(f, d, StateStillPresent, 6))
			return f
		}, []Code{CodeRemediation}, nil},
		{"of a keep", func(t *testing.T) *forge {
			f := started(t, "any")
			d := f.decision("q1", 2, 1, VerdictKeep, reviewer)
			f.decide(d)
			f.manage("q1", ActRemediation, record(f, d, StateClaimed, 0))
			return f
		}, []Code{CodeReference}, nil},
	})
	// Without the rows nobody can say.
	f := gone(t)
	delete(f.w.rows, 6)
	r := f.verify(Options{})
	wantOnly(t, r)
	if !hasState(r, StateRowsWithheld) || len(r.NotChecked) == 0 {
		t.Errorf("states %v, not checked %v", r.States, r.NotChecked)
	}
}

func TestSignoffRules(t *testing.T) {
	decided := func(t *testing.T, n int) *forge {
		f := newForge(t)
		f.standardRoster()
		f.importRows("erp", names(6))
		f.campaign("q1", 2, "any", reviewer, second) // rows 1, 3, 5 and 2, 4, 6
		for i := range n {
			by := []string{reviewer, second}[i%2]
			f.decide(f.decision("q1", 2, int64(i+1), VerdictKeep, by))
		}
		return f
	}
	bent := func(n int, role, by string, bend func(s *Signoff)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := decided(t, n)
			if bend != nil {
				f.bend = func(v any) { bend(v.(*Signoff)) }
			}
			f.signoff("q1", role, by)
			return f
		}
	}
	checkRules(t, []rule{
		{"reviewer", bent(6, RoleReviewer, reviewer, nil), nil, []string{StateNotSignedOff}},
		{"manager", bent(6, RoleManager, manager, nil), nil, nil},
		{"manager with items open", bent(4, RoleManager, manager, nil), nil, []string{StateItemsOpen}},
		{"reviewer counts another's items", bent(6, RoleReviewer, reviewer, func(s *Signoff) { s.Items, s.Decided = 6, 6 }), []Code{CodeSignoff}, nil},
		{"decided and open do not add up", bent(6, RoleReviewer, reviewer, func(s *Signoff) { s.Open = 1 }), []Code{CodeSignoff}, nil},
		{"tally", bent(6, RoleManager, manager, func(s *Signoff) { s.Tally = "keep 5, revoke 1, exception 0, abstain 0" }), []Code{CodeSignoff}, nil},
		{"manager hides an open item", bent(5, RoleManager, manager, func(s *Signoff) { s.Decided, s.Open, s.Tally = 6, 0, "keep 6, revoke 0, exception 0, abstain 0" }), []Code{CodeSignoff, CodeCompleteness}, nil},
		{"manager over fewer items", bent(5, RoleManager, manager, func(s *Signoff) { s.Items, s.Open = 5, 0 }), []Code{CodeCompleteness}, nil},
		{"of no campaign", bent(0, RoleManager, manager, func(s *Signoff) { s.Campaign = "q9" }), []Code{CodeReference}, nil},
		{"by a reviewer as manager", bent(6, RoleManager, reviewer, nil), []Code{CodeRoster}, nil},
		{"counts as of what was seen", func(t *testing.T) *forge {
			f := decided(t, 4)
			head := f.r.Head()
			f.decide(f.decision("q1", 2, 5, VerdictKeep, reviewer))
			f.seen = &head
			f.bend = func(v any) {
				v.(*Signoff).Decided, v.(*Signoff).Open, v.(*Signoff).Tally = 4, 2, "keep 4, revoke 0, exception 0, abstain 0"
			}
			f.signoff("q1", RoleManager, manager)
			return f
		}, nil, []string{StateItemsOpen}},
		{"after a reassign the item counts for the other", func(t *testing.T) *forge {
			f := decided(t, 0)
			item := f.decision("q1", 2, 1, VerdictKeep, reviewer).Item
			f.manage("q1", ActReassign, &Reassign{Log: f.log, Campaign: "q1", Item: item, From: reviewer, To: second, Reason: "x", Manager: manager, Salt: f.salt()})
			f.bend = func(v any) { v.(*Signoff).Items, v.(*Signoff).Open = 4, 4 }
			f.signoff("q1", RoleReviewer, second)
			f.bend = func(v any) { v.(*Signoff).Items, v.(*Signoff).Open = 2, 2 }
			f.signoff("q1", RoleReviewer, reviewer)
			return f
		}, nil, nil},
		{"a decision afterwards", func(t *testing.T) *forge {
			f := decided(t, 5)
			f.signoff("q1", RoleManager, manager)
			f.decide(f.decision("q1", 2, 6, VerdictKeep, second))
			return f
		}, []Code{CodeSignoff}, nil},
	})
}
