package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// forge builds ledgers for tests: whatever a test wants to be signed is signed, right or wrong. The ledger it builds when
// nothing is bent verifies without failure.
type forge struct {
	t     testing.TB
	w     *world
	r     Replay
	log   string
	now   time.Time
	salts int
	keys  map[string]sealer
	chain map[string]SignerState
	via   string // of the next statements
	seen  *Head  // of the next statement, nil: the head before its records
	bend  func(v any)
}

// sealer signs for a principal.
type sealer interface {
	public() ssh.PublicKey
	seal(namespace string, message []byte) []byte
}

// sshSealer signs with any ssh.Signer; cert is embedded if there is one.
type sshSealer struct {
	signer ssh.Signer
	cert   ssh.PublicKey
}

func (s sshSealer) public() ssh.PublicKey {
	if s.cert != nil {
		return s.cert
	}
	return s.signer.PublicKey()
}

func (s sshSealer) seal(namespace string, message []byte) []byte {
	sig, err := s.signer.Sign(nil, SignedData(namespace, message))
	if err != nil {
		panic(err)
	}
	return EncodeSSHSig(s.public(), namespace, sig)
}

// skSealer is a security key in software.
type skSealer struct {
	key     ed25519.PrivateKey
	flags   byte
	counter uint32
	step    int64
}

const skApplication = "ssh:tickmark-test"

func (s *skSealer) public() ssh.PublicKey {
	pub, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, s.key.Public().(ed25519.PublicKey), skApplication}))
	if err != nil {
		panic(err)
	}
	return pub
}

func (s *skSealer) seal(namespace string, message []byte) []byte {
	s.counter = uint32(int64(s.counter) + s.step)
	application, data := sha256.Sum256([]byte(skApplication)), sha256.Sum256(SignedData(namespace, message))
	tail := ssh.Marshal(struct {
		Flags   byte
		Counter uint32
	}{s.flags, s.counter})
	signed := bytes.Join([][]byte{application[:], tail, data[:]}, nil)
	return EncodeSSHSig(s.public(), namespace, &ssh.Signature{
		Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(s.key, signed), Rest: tail,
	})
}

// testKey is a key that everybody can compute.
func testKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("tickmark test key: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func testSigner(name string) ssh.Signer {
	s, err := ssh.NewSignerFromKey(testKey(name))
	if err != nil {
		panic(err)
	}
	return s
}

const (
	forgeLog = "reviews.test.example/forge/00000001"
	manager  = "mara@test.example"
	reviewer = "rita@test.example"
	second   = "sam@test.example"
	hostName = "host@test.example"
)

// allRoles are the namespaces of somebody who does everything but host signing.
var allRoles = []string{NamespaceRoster, NamespaceImport, NamespaceManage, NamespaceReview, NamespaceExport}

func newForge(t testing.TB) *forge {
	f := &forge{
		t: t, log: forgeLog, via: "agent", now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		keys: make(map[string]sealer), chain: make(map[string]SignerState),
		w: &world{
			files: make(map[Hash][]byte), original: make(map[int64][]byte), rows: make(map[int64][][]byte),
			members: make(map[string][][]byte), assigns: make(map[string][][]byte), facts: make(map[Hash][]byte),
		},
	}
	for _, p := range []string{manager, reviewer, second, hostName} {
		f.keys[p] = sshSealer{signer: testSigner(p)}
	}
	f.append(&Open{Log: f.log, Time: f.now, Title: "Test", Suite: Suite})
	return f
}

func (f *forge) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) salt() string {
	f.salts++
	sum := sha256.Sum256(fmt.Appendf(nil, "salt %d", f.salts))
	return hex.EncodeToString(sum[:16])
}

// append adds an unsigned entry.
func (f *forge) append(v any) int64 {
	f.t.Helper()
	text, err := Format(v)
	f.must(err)
	return f.add(text)
}

func (f *forge) add(entry []byte) int64 {
	_, err := f.r.Apply(entry)
	f.must(err)
	f.w.entries = append(f.w.entries, entry)
	return f.r.Size() - 1
}

// sign adds a statement by a principal, over the head before its records.
func (f *forge) sign(principal string, v any, records ...any) int64 {
	f.t.Helper()
	head := f.r.Head()
	if f.seen != nil {
		head, f.seen = *f.seen, nil
	}
	f.now = f.now.Add(time.Minute)
	var texts [][]byte
	for _, rec := range records {
		text, err := Format(rec)
		f.must(err)
		texts = append(texts, text)
		f.add(text)
	}
	if b, ok := v.(*Bundle); ok {
		f.must(b.Cover(texts))
	}
	key, chain := f.keys[principal], f.chain[principal]
	*SigOf(v) = Sig{
		Signer: principal, Key: ssh.FingerprintSHA256(key.public()), Via: f.via, Seq: chain.Seq + 1, Prev: chain.Prev,
		Time: f.now, Seen: head,
	}
	SigOf(v).Meaning = MeaningOf(v)
	if f.bend != nil {
		f.bend(v)
		f.bend = nil
	}
	text, err := Format(v)
	f.must(err)
	f.chain[principal] = SignerState{Seq: SigOf(v).Seq, Prev: Sum(text)}
	entry, err := JoinEntry(text, key.seal(NamespaceOf(v), text))
	f.must(err)
	return f.add(entry)
}

// line is a roster line of a principal's key.
func (f *forge) line(principal string, namespaces ...string) RosterLine {
	key := f.keys[principal].public()
	return RosterLine{Principal: principal, Namespaces: namespaces, Key: key}
}

// roster signs a version of the roster by the manager.
func (f *forge) roster(file *RosterFile, revoked []Revocation) int64 {
	f.t.Helper()
	text := file.Format()
	f.w.files[Sum(text)] = text
	e := &Roster{Log: f.log, Version: 1, SignerLines: file.LineCount(), SignersSHA256: Sum(text)}
	if all := f.r.Rosters(); len(all) > 0 {
		last := all[len(all)-1]
		e.Version, e.Previous = last.Roster.Version+1, last.Index
	}
	if revoked != nil {
		list, err := FormatRevocations(revoked)
		f.must(err)
		f.w.files[Sum(list)] = list
		e.RevokedLines, e.RevokedSHA256 = int64(len(revoked)), Sum(list)
	}
	return f.sign(manager, e)
}

// standardRoster lets the manager do everything, two reviewers review, and the host sign for them.
func (f *forge) standardRoster() *RosterFile {
	f.t.Helper()
	empty, err := ParseRosterFile(nil)
	f.must(err)
	file, err := empty.Add(f.line(manager, allRoles...), f.line(reviewer, NamespaceReview), f.line(second, NamespaceReview), f.line(hostName, NamespaceHost))
	f.must(err)
	f.roster(file, nil)
	return file
}

// account names the account of row n.
func account(n int64) string { return fmt.Sprintf("user%06d", n) }

// importRows signs an import of a source with one grant per account.
func (f *forge) importRows(source string, accounts []string) int64 {
	f.t.Helper()
	raw := []byte("account\n")
	var tree Tree
	var rows [][]byte
	for i, a := range accounts {
		row := &Row{
			Log: f.log, Source: source, Row: int64(i + 1), Locator: fmt.Sprintf("line %d", i+2), Kind: "grant",
			Account: a, Entitlement: "post", Grant: GrantKey("grant", source, a, "post", "", ""),
			Identity: a + "@test.example", Privilege: "write", RawSHA256: Sum([]byte(a)), Salt: f.salt(),
		}
		text, err := Format(row)
		f.must(err)
		rows = append(rows, text)
		tree.Append(LeafHash(text))
		raw = append(raw, a+"\n"...)
	}
	n := int64(len(accounts))
	e := &Import{
		Log: f.log, Source: source, System: "Test system", Environment: "production", Format: "test 1",
		FileName: source + ".csv", FileSHA256: Sum(raw), FileBytes: int64(len(raw)), Encoding: "utf-8",
		Extracted: f.now, Completeness: "full", RowsRead: n, RowsAccepted: n, Grants: n, Accounts: n, Identities: n,
		ItemsRoot: tree.Root(),
	}
	if last := f.r.NewestImport(source, f.r.Size()); last != nil {
		e.Previous = last.Index
	}
	index := f.sign(manager, e)
	f.w.rows[index], f.w.original[index] = rows, raw
	return index
}

// campaign signs a campaign over all rows of an import, with items assigned by turns to the reviewers.
func (f *forge) campaign(id string, imp int64, assurance string, reviewers ...string) {
	f.t.Helper()
	policy := []byte("# policy\n")
	f.w.files[Sum(policy)] = policy
	e := &Campaign{
		Log: f.log, Campaign: id, Title: "Test campaign", Owner: manager, Scope: "all", PeriodStart: "2026-01-01",
		PeriodEnd: "2026-03-31", Due: f.now.AddDate(0, 0, 14), Stages: 1, NoAnswer: "leave-open", Assurance: assurance,
		PolicySHA256: Sum(policy), RulesSHA256: Sum(policy), Imports: []int64{imp},
	}
	var members, assigns Tree
	for i, text := range f.w.rows[imp] {
		v, err := Parse(text)
		f.must(err)
		row := v.(*Row)
		item := ItemID(f.log, id, 1, row.Grant)
		m, err := Format(Member{Log: f.log, Campaign: id, Item: item, Grant: row.Grant, Import: imp, Row: row.Row, Salt: f.salt()})
		f.must(err)
		a, err := Format(Assignment{Log: f.log, Campaign: id, Item: item, Reviewer: reviewers[i%len(reviewers)], Basis: "named", Salt: f.salt()})
		f.must(err)
		f.w.members[id], f.w.assigns[id] = append(f.w.members[id], m), append(f.w.assigns[id], a)
		members.Append(LeafHash(m))
		assigns.Append(LeafHash(a))
	}
	e.Items, e.PopulationRoot, e.AssignmentsRoot = members.Size(), members.Root(), assigns.Root()
	f.sign(manager, e)
}

// decision makes a decision on row n of an import, with its facts.
func (f *forge) decision(campaign string, imp, n int64, verdict, by string) *Decision {
	f.t.Helper()
	v, err := Parse(f.w.rows[imp][n-1])
	f.must(err)
	row := v.(*Row)
	d := &Decision{
		Log: f.log, Campaign: campaign, Import: imp, Row: n, Item: ItemID(f.log, campaign, 1, row.Grant), Grant: row.Grant,
		Account: row.Account, Identity: row.Identity, Entitlement: row.Entitlement, Verdict: verdict, Reviewer: by,
		Opened: true, Salt: f.salt(),
	}
	if verdict != VerdictKeep {
		d.Reason = "because of a reason"
	}
	if verdict == VerdictException {
		d.Until, d.Owner, d.Control = "2026-12-31", "owen@test.example", "monthly check"
	}
	facts, err := Format(Facts{
		Log: f.log, Item: d.Item, Grant: d.Grant, Source: row.Source, Account: row.Account, Entitlement: row.Entitlement,
		Privilege: row.Privilege, Granted: "unknown", Expires: "never", LastUsed: "not-collected", Identity: row.Identity,
		IdentityKind: "human", IdentityStatus: "active", Salt: f.salt(),
	})
	f.must(err)
	d.ShownSHA256 = Sum(facts)
	f.w.facts[d.ShownSHA256] = facts
	return d
}

// decide signs a bundle of decisions; their reviewer is its actor.
func (f *forge) decide(decisions ...*Decision) int64 {
	f.t.Helper()
	actor := decisions[0].Reviewer
	b := &Bundle{Log: f.log, Campaign: decisions[0].Campaign, Act: ActDecision, Actor: actor, Elapsed: 60}
	var records []any
	for _, d := range decisions {
		records = append(records, d)
	}
	signer := actor
	if f.via == ViaHost {
		signer = hostName
		b.LoginKey = ssh.FingerprintSHA256(f.keys[actor].public())
	}
	return f.sign(signer, b, records...)
}

// manage signs a bundle of a manager's records of one act.
func (f *forge) manage(campaign, act string, records ...any) int64 {
	f.t.Helper()
	return f.sign(manager, &Bundle{Log: f.log, Campaign: campaign, Act: act, Actor: manager}, records...)
}

// signoff signs a sign-off with right counts.
func (f *forge) signoff(campaign, role, by string) int64 {
	f.t.Helper()
	c := f.r.Campaign(campaign)
	for _, text := range f.w.assigns[campaign] {
		v, err := Parse(text)
		f.must(err)
		c.Assign(v.(*Assignment).Item, v.(*Assignment).Reviewer)
	}
	n := c.Count(f.r.Size())
	if role == RoleReviewer {
		n = c.CountFor(by, f.r.Size())
	}
	return f.sign(by, &Signoff{
		Log: f.log, Campaign: campaign, Role: role, Items: n.Items, Decided: n.Decided, Open: n.Open(),
		Tally: FormatTally(ActDecision, n.Tally),
	})
}

// verify verifies the forged ledger.
func (f *forge) verify(o Options) *Report {
	f.t.Helper()
	return f.w.verify(f.t, o)
}

// wantOnly fails unless exactly these codes are reported.
func wantOnly(t testing.TB, r *Report, codes ...Code) {
	t.Helper()
	want := make(map[Code]bool)
	for _, c := range codes {
		want[c] = true
		if !r.Has(c) {
			t.Errorf("no %s among\n%s", c, words(r))
		}
	}
	for i := range r.Failures {
		if !want[r.Failures[i].Code] {
			t.Errorf("not expected: %s", r.Failures[i].Error())
		}
	}
}

func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = account(int64(i))
	}
	return list
}

// bigLedger has one campaign whose n items are decided in bundles of the given size.
func bigLedger(t testing.TB, n, perBundle int) *forge {
	f := newForge(t)
	f.standardRoster()
	imp := f.importRows("big", names(n))
	f.campaign("big", imp, "any", reviewer)
	for at := 0; at < n; at += perBundle {
		var batch []*Decision
		for i := at; i < min(n, at+perBundle); i++ {
			verdict := VerdictKeep
			if i%50 == 49 {
				verdict = VerdictException
			}
			batch = append(batch, f.decision("big", imp, int64(i+1), verdict, reviewer))
		}
		f.decide(batch...)
	}
	f.signoff("big", RoleReviewer, reviewer)
	f.signoff("big", RoleManager, manager)
	return f
}

func TestForgedLedgerVerifies(t *testing.T) {
	r := bigLedger(t, 120, 50).verify(Options{})
	wantOnly(t, r)
	if r.Records != 120 || r.Signatures != 8 {
		t.Errorf("%d records, %d signatures", r.Records, r.Signatures)
	}
}
