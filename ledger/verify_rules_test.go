package ledger

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// started is a forge with roster, an import of six rows (entry 2) and a campaign q1 over them (entry 3).
func started(t testing.TB, assurance string) *forge {
	f := newForge(t)
	f.standardRoster()
	f.importRows("erp", names(6))
	f.campaign("q1", 2, assurance, reviewer)
	return f
}

// rule is a ledger that is bent in one way, and what a verifier must say: exactly these codes, at least these states.
type rule struct {
	name   string
	build  func(t *testing.T) *forge
	codes  []Code
	states []string
}

func checkRules(t *testing.T, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			report := r.build(t).verify(Options{})
			wantOnly(t, report, r.codes...)
			for _, s := range r.states {
				if !hasState(report, s) {
					t.Errorf("no state %s among %v", s, report.States)
				}
			}
		})
	}
}

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

func TestHostRules(t *testing.T) {
	host := func(assurance string, bend func(b *Bundle)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := started(t, assurance)
			f.via = ViaHost
			f.bend = func(v any) { bend(v.(*Bundle)) }
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.via = "agent"
			return f
		}
	}
	state := []string{StateHostSigned}
	checkRules(t, []rule{
		{"good", host("any", func(*Bundle) {}), nil, state},
		{"own key demanded", host("own-key", func(*Bundle) {}), []Code{CodePolicy}, state},
		{"no login key", host("any", func(b *Bundle) { b.LoginKey = "" }), []Code{CodeRoster}, state},
		{"login key of somebody else", host("any", func(b *Bundle) { b.LoginKey = b.Key }), []Code{CodeRoster}, state},
		{"for somebody who may not review", host("any", func(b *Bundle) { b.Actor = manager }), []Code{CodeRoster, CodeBundle}, state},
		{"host signs as agent", host("any", func(b *Bundle) {
			b.Via, b.Meaning, b.LoginKey = "agent", Meaning(KindBundle, ActDecision, "", "agent"), ""
		}), []Code{CodeBundle, CodeRoster}, nil},
		{"host changes an assignment", func(t *testing.T) *forge {
			f := started(t, "any")
			f.via = ViaHost
			item := f.decision("q1", 2, 1, VerdictKeep, reviewer).Item
			f.manage("q1", ActReassign, &Reassign{Log: f.log, Campaign: "q1", Item: item, From: reviewer, To: second, Reason: "x", Manager: manager, Salt: f.salt()})
			return f
		}, []Code{CodeRoster}, state},
		{"host signs off", func(t *testing.T) *forge {
			f := started(t, "any")
			f.via = ViaHost
			f.signoff("q1", RoleManager, manager)
			return f
		}, []Code{CodeRoster}, nil},
	})
}

func TestAssuranceRules(t *testing.T) {
	with := func(assurance string, key sealer) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			if key != nil {
				f.keys[reviewer] = key
			}
			f.standardRoster()
			f.importRows("erp", names(2))
			f.campaign("q1", 2, assurance, reviewer)
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.decide(f.decision("q1", 2, 2, VerdictKeep, reviewer))
			return f
		}
	}
	token := func(flags byte, step int64) sealer {
		return &skSealer{key: testKey("token"), flags: flags, counter: 100, step: step}
	}
	checkRules(t, []rule{
		{"touch with a plain key", with("touch", nil), []Code{CodePolicy}, nil},
		{"touch with a security key", with("touch", token(FlagTouch, 1)), nil, nil},
		{"pin without PIN", with("pin", token(FlagTouch, 1)), []Code{CodePolicy}, nil},
		{"pin with PIN", with("pin", token(FlagTouch|FlagPIN, 1)), nil, nil},
		{"own key with a plain key", with("own-key", nil), nil, nil},
		{"no touch at all", with("any", token(FlagPIN, 1)), []Code{CodeSignature}, nil},
		{"a counter that stands still", with("any", token(FlagTouch, 0)), nil, nil},
		{"a counter that goes back", with("any", token(FlagTouch, -1)), []Code{CodeCounter}, nil},
	})
}

func TestRosterRules(t *testing.T) {
	// next signs a second version made from the standard one, then a decision.
	next := func(change func(f *forge, file *RosterFile) *RosterFile, bend func(e *Roster)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			file := f.standardRoster()
			f.importRows("erp", names(2))
			f.campaign("q1", 2, "any", reviewer)
			if bend != nil {
				f.bend = func(v any) { bend(v.(*Roster)) }
			}
			f.roster(change(f, file), nil)
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}
	}
	same := func(_ *forge, file *RosterFile) *RosterFile { return file }
	edit := func(old, new string) func(f *forge, file *RosterFile) *RosterFile {
		return func(f *forge, file *RosterFile) *RosterFile {
			text := strings.Replace(string(file.Format()), old, new, 1)
			changed, err := ParseRosterFile([]byte(text))
			f.must(err)
			return changed
		}
	}
	checkRules(t, []rule{
		{"nothing changes", next(same, nil), nil, nil},
		{"a line is added", next(func(f *forge, file *RosterFile) *RosterFile {
			f.keys["new@test.example"] = sshSealer{signer: testSigner("new")}
			more, err := file.Add(f.line("new@test.example", NamespaceReview))
			f.must(err)
			return more
		}, nil), nil, nil},
		{"the host's window is closed", next(func(f *forge, file *RosterFile) *RosterFile {
			less, n, err := file.Close(ssh.FingerprintSHA256(f.keys[hostName].public()), f.now)
			f.must(err)
			if n != 1 {
				t.Errorf("%d lines closed", n)
			}
			return less
		}, nil), nil, nil},
		{"the reviewer's window is closed", next(func(f *forge, file *RosterFile) *RosterFile {
			less, _, err := file.Close(ssh.FingerprintSHA256(f.keys[reviewer].public()), f.now)
			f.must(err)
			return less
		}, nil), []Code{CodeRoster}, nil},
		{"a line is deleted", next(edit(hostName, "# "+hostName), nil), []Code{CodeRoster}, nil},
		{"a line gets another role", next(edit(`"host.v1@tickmark"`, `"host.v1@tickmark,review.v1@tickmark"`), nil), []Code{CodeRoster}, nil},
		{"version 3", next(same, func(e *Roster) { e.Version = 3 }), []Code{CodeRoster}, nil},
		{"previous is no roster", next(same, func(e *Roster) { e.Previous = 2 }), []Code{CodeRoster}, nil},
		{"another number of lines", next(same, func(e *Roster) { e.SignerLines++ }), []Code{CodeRoster}, nil},
		{"another file", next(same, func(e *Roster) { e.SignersSHA256[0] ^= 1 }), []Code{CodeRoster}, nil},
		{"revocations without file", next(same, func(e *Roster) { e.RevokedLines = 1 }), []Code{CodeRoster}, nil},
		{"signed by a reviewer", func(t *testing.T) *forge {
			f := newForge(t)
			file := f.standardRoster()
			text := file.Format()
			f.sign(reviewer, &Roster{Log: f.log, Version: 2, Previous: 1, SignerLines: file.LineCount(), SignersSHA256: Sum(text)})
			return f
		}, []Code{CodeRoster}, nil},
		{"a version that was refused is not in force", func(t *testing.T) *forge {
			f := newForge(t)
			file := f.standardRoster()
			f.importRows("erp", names(2))
			f.campaign("q1", 2, "any", "new@test.example")
			f.keys["new@test.example"] = sshSealer{signer: testSigner("new")}
			more, err := file.Add(f.line("new@test.example", NamespaceReview))
			f.must(err)
			text := more.Format()
			f.w.files[Sum(text)] = text
			f.sign(reviewer, &Roster{Log: f.log, Version: 2, Previous: 1, SignerLines: more.LineCount(), SignersSHA256: Sum(text)})
			f.decide(f.decision("q1", 2, 1, VerdictKeep, "new@test.example"))
			return f
		}, []Code{CodeRoster}, nil},
		{"a later version does not make an earlier entry good", func(t *testing.T) *forge {
			f := newForge(t)
			file := f.standardRoster()
			f.importRows("erp", names(2))
			f.campaign("q1", 2, "any", "new@test.example")
			f.keys["new@test.example"] = sshSealer{signer: testSigner("new")}
			f.decide(f.decision("q1", 2, 1, VerdictKeep, "new@test.example"))
			more, err := file.Add(f.line("new@test.example", NamespaceReview))
			f.must(err)
			f.roster(more, nil)
			f.decide(f.decision("q1", 2, 2, VerdictKeep, "new@test.example"))
			return f
		}, []Code{CodeRoster}, nil},
		{"no roster at index 1", func(t *testing.T) *forge {
			f := newForge(t)
			f.append(&Anchor{Log: f.log, Size: 1, Root: f.r.Head().Root, Type: AnchorReceipt, Holder: "x"})
			f.standardRoster()
			return f
		}, []Code{CodeRoster}, nil},
		{"a roster file that is not supplied", func(t *testing.T) *forge {
			f := started(t, "any")
			delete(f.w.files, f.r.Rosters()[0].Roster.SignersSHA256)
			return f
		}, []Code{CodeRoster}, nil},
	})
}

func TestRosterOfTheVerifier(t *testing.T) {
	f := newForge(t)
	first := f.standardRoster()
	f.importRows("erp", names(2))
	f.campaign("q1", 2, "any", reviewer)
	second, _, err := first.Close(ssh.FingerprintSHA256(f.keys[hostName].public()), f.now)
	f.must(err)
	f.roster(second, nil)
	f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
	for name, file := range map[string]*RosterFile{"first version": first, "newest version": second} {
		r := f.verify(Options{Signers: file.Format(), SignersFrom: "mail"})
		wantOnly(t, r)
		if !r.RosterConfirmed || hasState(r, StateRosterUnconfirmed) {
			t.Errorf("%s does not confirm", name)
		}
	}
	// A file that is no version of the ledger counts instead of the ledger's.
	own := strings.Replace(string(first.Format()), reviewer, "ruth@test.example", 1)
	r := f.verify(Options{Signers: []byte(own), SignersFrom: "mail"})
	wantOnly(t, r, CodeRoster)
	if len(r.Failures) != 1 || r.Failures[0].Index != 6 {
		t.Errorf("failures:\n%s", words(r))
	}
	// The ledger's own file is not needed then.
	clear(f.w.files)
	wantOnly(t, f.verify(Options{Signers: first.Format()}), CodeRoster) // the second version's file is missing
	if _, err := Verify(context.Background(), f.w.input(), Options{Signers: []byte("* namespaces=\"x\" junk\n")}); err == nil {
		t.Error("a roster of the verifier's own that is none is accepted")
	}
}

func TestRevocationRules(t *testing.T) {
	revoke := func(print func(f *forge) string) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			file := f.standardRoster()
			f.importRows("erp", names(2))
			f.campaign("q1", 2, "any", reviewer)
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.roster(file, []Revocation{{Key: print(f), Since: f.now.Add(time.Hour), Why: "laptop stolen"}})
			return f
		}
	}
	checkRules(t, []rule{
		{"of the reviewer", revoke(func(f *forge) string { return ssh.FingerprintSHA256(f.keys[reviewer].public()) }), []Code{CodeKey}, nil},
		{"of somebody who signed nothing", revoke(func(f *forge) string { return ssh.FingerprintSHA256(f.keys[second].public()) }), nil, nil},
		{"without the file", func(t *testing.T) *forge {
			f := revoke(func(f *forge) string { return ssh.FingerprintSHA256(f.keys[second].public()) })(t)
			delete(f.w.files, f.r.Rosters()[1].Roster.RevokedSHA256)
			return f
		}, []Code{CodeRoster}, nil},
	})
	// An outside proof that is older than the revocation saves the statement, one that is younger does not.
	skey, vkey, err := GenerateWitnessKey("witness.example/w1", strings.NewReader(strings.Repeat("seed", 8)))
	if err != nil {
		t.Fatal(err)
	}
	logKey, _, err := GenerateNoteKey(forgeLog, strings.NewReader(strings.Repeat("note", 64)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		since time.Duration // of the revocation, after the cosignature
		codes []Code
	}{{time.Hour, nil}, {-time.Minute, []Code{CodeKey}}, {0, []Code{CodeKey}}} {
		f := newForge(t)
		file := f.standardRoster()
		f.importRows("erp", names(2))
		f.campaign("q1", 2, "any", reviewer)
		f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
		f.now = f.now.Add(time.Minute)
		note, err := SignCheckpoint(Checkpoint{f.log, f.r.Head()}, logKey)
		f.must(err)
		note, err = Cosign(note, skey, f.now)
		f.must(err)
		f.w.files[Sum(note)] = note
		f.append(&Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorWitness, Holder: "w1", TokenSHA256: Sum(note)})
		f.roster(file, []Revocation{{Key: ssh.FingerprintSHA256(f.keys[reviewer].public()), Since: f.now.Add(-time.Minute).Add(c.since).Add(time.Minute), Why: "stolen"}})
		wantOnly(t, f.verify(Options{Witnesses: []string{vkey}}), c.codes...)
	}
}

func TestCertificateRules(t *testing.T) {
	authority := testSigner("authority")
	certificate := func(f *forge, bend func(c *ssh.Certificate)) sealer {
		key := testSigner("certified")
		c := &ssh.Certificate{
			Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "test", ValidPrincipals: []string{reviewer},
			ValidAfter: uint64(f.now.Unix()), ValidBefore: uint64(f.now.Add(24 * time.Hour).Unix()),
		}
		signer := authority
		if bend != nil {
			bend(c)
		}
		if c.Serial == 666 {
			signer = testSigner("another authority")
		}
		f.must(c.SignCert(zeroes{}, signer))
		return sshSealer{signer: key, cert: c}
	}
	with := func(bend func(c *ssh.Certificate)) func(t *testing.T) *forge {
		return func(t *testing.T) *forge {
			f := newForge(t)
			file, err := (&RosterFile{}).Add(f.line(manager, allRoles...), RosterLine{
				Principal: reviewer, CertAuthority: true, Namespaces: []string{NamespaceReview}, Key: authority.PublicKey(),
			}, RosterLine{Principal: second, CertAuthority: true, Namespaces: []string{NamespaceReview}, Key: authority.PublicKey()})
			f.must(err)
			f.roster(file, nil)
			f.importRows("erp", names(2))
			f.campaign("q1", 2, "any", reviewer)
			f.keys[reviewer] = certificate(f, bend)
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}
	}
	checkRules(t, []rule{
		{"good", with(nil), nil, nil},
		{"for somebody else", with(func(c *ssh.Certificate) { c.ValidPrincipals = []string{second} }), []Code{CodeRoster}, nil},
		{"for nobody by name", with(func(c *ssh.Certificate) { c.ValidPrincipals = nil }), []Code{CodeRoster}, nil},
		{"expired", with(func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 60 }), []Code{CodeRoster}, nil},
		{"not yet in force", with(func(c *ssh.Certificate) { c.ValidAfter += 3600 }), []Code{CodeRoster}, nil},
		{"for hosts", with(func(c *ssh.Certificate) { c.CertType = ssh.HostCert }), []Code{CodeKey}, nil},
		{"of another authority", with(func(c *ssh.Certificate) { c.Serial = 666 }), []Code{CodeRoster}, nil},
		{"with an option nobody knows", with(func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"x@y": ""} }), []Code{CodeRoster}, nil},
		{"with an option about logins", with(func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"source-address": "10.0.0.0/8"} }), nil, nil},
		{"the authority signs itself", func(t *testing.T) *forge {
			f := with(nil)(t)
			f.keys[reviewer] = sshSealer{signer: authority}
			f.decide(f.decision("q1", 2, 2, VerdictKeep, reviewer))
			return f
		}, []Code{CodeKey}, nil},
		{"the key without its certificate", func(t *testing.T) *forge {
			f := with(nil)(t)
			f.keys[reviewer] = sshSealer{signer: testSigner("certified")}
			f.decide(f.decision("q1", 2, 2, VerdictKeep, reviewer))
			return f
		}, []Code{CodeRoster}, nil},
	})
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

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

func TestEntryRules(t *testing.T) {
	checkRules(t, []rule{
		{"a second open entry", func(t *testing.T) *forge {
			f := started(t, "any")
			f.append(&Open{Log: f.log, Time: f.now, Title: "again", Suite: Suite})
			return f
		}, []Code{CodeFormat}, nil},
		{"a document as entry", func(t *testing.T) *forge {
			f := started(t, "any")
			f.add(f.w.rows[2][0])
			return f
		}, []Code{CodeFormat}, nil},
		{"another suite", func(t *testing.T) *forge {
			f := newForge(t)
			f.w.entries, f.r = nil, Replay{}
			f.append(&Open{Log: f.log, Time: f.now, Title: "x", Suite: "none"})
			f.standardRoster()
			return f
		}, []Code{CodeFormat}, nil},
		{"a signed anchor", func(t *testing.T) *forge {
			f := started(t, "any")
			text, err := Format(&Anchor{Log: f.log, Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorReceipt, Holder: "x"})
			f.must(err)
			f.add(append(text, f.keys[manager].seal(NamespaceManage, text)...))
			return f
		}, []Code{CodeFormat}, nil},
		{"a signed record", func(t *testing.T) *forge {
			f := started(t, "any")
			text, err := Format(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			f.must(err)
			f.add(append(text, f.keys[reviewer].seal(NamespaceReview, text)...))
			return f
		}, []Code{CodeFormat}, nil},
		{"an entry of another ledger", func(t *testing.T) *forge {
			f := started(t, "any")
			f.append(&Anchor{Log: "some/other/ledger", Size: f.r.Size(), Root: f.r.Head().Root, Type: AnchorReceipt, Holder: "x"})
			return f
		}, []Code{CodeReplay}, nil},
		{"a statement eight days late", func(t *testing.T) *forge {
			f := started(t, "any")
			head := f.r.Head()
			now := f.now
			f.now = f.now.AddDate(0, 0, 8)
			f.importRows("other", names(1))
			f.seen, f.now = &head, now
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}, []Code{CodeTime}, nil},
		{"a statement six days late", func(t *testing.T) *forge {
			f := started(t, "any")
			head := f.r.Head()
			now := f.now
			f.now = f.now.AddDate(0, 0, 6)
			f.importRows("other", names(1))
			f.seen, f.now = &head, now
			f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
			return f
		}, nil, nil},
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

func TestVerifyIsStopped(t *testing.T) {
	f := started(t, "any")
	ctx, cancel := context.WithCancel(context.Background())
	in := f.w.input()
	in.Members = func(context.Context, string) iter.Seq2[Text, error] { cancel(); return EntriesOf(f.w.members["q1"]) }
	if _, err := Verify(ctx, in, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	broken := errors.New("the disk is broken")
	failing := func(after int) iter.Seq2[Text, error] {
		return func(yield func(Text, error) bool) {
			for i, e := range f.w.entries {
				if i == after {
					yield(Text{}, broken)
					return
				}
				if !yield(Text{Bytes: e}, nil) {
					return
				}
			}
		}
	}
	in = f.w.input()
	in.Entries = failing(0)
	if _, err := Verify(context.Background(), in, Options{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	in.Entries = failing(2)
	wantOnly(t, verifyInput(t, in, Options{}), CodeUnreadable)
	in.Entries = EntriesOf(nil)
	if _, err := Verify(context.Background(), in, Options{}); err == nil {
		t.Error("an empty ledger verifies")
	}
	in = f.w.input()
	in.Facts = func(context.Context, Hash) ([]byte, error) { return nil, broken }
	f.decide(f.decision("q1", 2, 1, VerdictKeep, reviewer))
	in.Entries = EntriesOf(f.w.entries)
	wantOnly(t, verifyInput(t, in, Options{}), CodeUnreadable)
}

func TestVerifyShowsProgress(t *testing.T) {
	f := bigLedger(t, 3000, 500)
	var last, total int64
	calls := 0
	r := f.verify(Options{Progress: func(done, of int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, of
		calls++
	}})
	if n := int64(len(f.w.entries)); last != n || total != n || calls < 3 || !r.OK() {
		t.Errorf("%d of %d in %d calls", last, total, calls)
	}
}
