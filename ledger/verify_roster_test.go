package ledger

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

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
