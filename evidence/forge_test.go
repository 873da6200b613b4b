package evidence

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tickmark/ledger"
	"tickmark/review"
)

// forge makes a ledger in memory with keys of its own, and is a Source of it. What it makes is honest unless a test
// changes it.
type forge struct {
	t           testing.TB
	log         string
	entries     [][]byte
	nodes       ledger.Nodes
	people      map[string]*forger
	files       map[ledger.Hash][]byte
	originals   map[int64][]byte
	rows        map[int64][][]byte
	members     map[string][][]byte
	assignments map[string][][]byte
	facts       map[ledger.Hash][]byte
	notes       map[int64][]byte
	skey, vkey  string
	now         time.Time
	salts       int
	keyer       ledger.GrantKeyer
}

type forger struct {
	name   string
	signer ssh.Signer
	seq    int64
	prev   ledger.Hash
}

// forgeStart is when the forged ledgers begin.
var forgeStart = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

func newForge(t testing.TB) *forge {
	t.Helper()
	f := &forge{t: t, log: "reviews.example/test/0a1b2c3d", people: map[string]*forger{}, files: map[ledger.Hash][]byte{}, originals: map[int64][]byte{},
		rows: map[int64][][]byte{}, members: map[string][][]byte{}, assignments: map[string][][]byte{}, facts: map[ledger.Hash][]byte{}, notes: map[int64][]byte{}, now: forgeStart}
	var err error
	seed := sha256.Sum256([]byte("evidence forge"))
	if f.skey, f.vkey, err = ledger.GenerateNoteKey(f.log, bytes.NewReader(append(seed[:], seed[:]...))); err != nil {
		t.Fatal(err)
	}
	f.append(f.text(&ledger.Open{Log: f.log, Time: f.now, Title: "Access reviews of Example & Sons", Suite: ledger.Suite}))
	return f
}

func (f *forge) text(v any) []byte {
	f.t.Helper()
	b, err := ledger.Format(v)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

func (f *forge) append(entry []byte) int64 {
	f.entries = append(f.entries, entry)
	f.nodes.Append(ledger.LeafHash(entry))
	return int64(len(f.entries)) - 1
}

func (f *forge) salt() string {
	f.salts++
	sum := sha256.Sum256(fmt.Appendf(nil, "salt %d", f.salts))
	return hex.EncodeToString(sum[:16])
}

func (f *forge) file(text string) ledger.Hash {
	h := ledger.Sum([]byte(text))
	f.files[h] = []byte(text)
	return h
}

// person enrols nobody: it makes the key.
func (f *forge) person(name string) *forger {
	p := f.people[name]
	if p == nil {
		seed := sha256.Sum256([]byte("evidence forge: " + name))
		signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
		if err != nil {
			f.t.Fatal(err)
		}
		p = &forger{name: name, signer: signer}
		f.people[name] = p
	}
	return p
}

// line is the public key as an authorized_keys line.
func (p *forger) line() []byte { return ssh.MarshalAuthorizedKey(p.signer.PublicKey()) }

func (f *forge) fingerprint(name string) string {
	return ssh.FingerprintSHA256(f.person(name).signer.PublicKey())
}

func (f *forge) sshsig(name, namespace string, message []byte) []byte {
	f.t.Helper()
	p := f.person(name)
	sig, err := p.signer.Sign(nil, ledger.SignedData(namespace, message))
	if err != nil {
		f.t.Fatal(err)
	}
	return ledger.EncodeSSHSig(p.signer.PublicKey(), namespace, sig)
}

// sign seals a statement by a person and appends it. v is a pointer to a signed kind.
func (f *forge) sign(name string, v any, via string) int64 {
	f.t.Helper()
	return f.seal(name, v, via, f.nodes.Head())
}

func (f *forge) seal(name string, v any, via string, seen ledger.Head) int64 {
	f.t.Helper()
	p := f.person(name)
	f.now = f.now.Add(7 * time.Minute)
	s := ledger.SigOf(v)
	p.seq++
	*s = ledger.Sig{Signer: name, Key: f.fingerprint(name), Via: via, Seq: p.seq, Prev: p.prev, Time: f.now, Seen: seen}
	s.Meaning = ledger.MeaningOf(v)
	text := f.text(v)
	p.prev = ledger.Sum(text)
	entry, err := ledger.JoinEntry(text, f.sshsig(name, ledger.NamespaceOf(v), text))
	if err != nil {
		f.t.Fatal(err)
	}
	return f.append(entry)
}

const forgeManager = "carol@corp.example"

// roster enrols the manager for everything and reviewers for reviewing.
func (f *forge) roster(reviewers ...string) {
	f.t.Helper()
	after, before := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	line := func(name string, ns ...string) string {
		return ledger.FormatRosterLine(ledger.RosterLine{Principal: name, Namespaces: ns, ValidAfter: after, ValidBefore: before, Key: f.person(name).signer.PublicKey()}) + "\n"
	}
	text := line(forgeManager, ledger.NamespaceRoster, ledger.NamespaceImport, ledger.NamespaceManage, ledger.NamespaceReview, ledger.NamespaceExport)
	for _, r := range reviewers {
		text += line(r, ledger.NamespaceReview)
	}
	f.sign(forgeManager, &ledger.Roster{Log: f.log, Version: 1, SignerLines: int64(len(reviewers)) + 1, SignersSHA256: f.file(text)}, "agent")
}

// grant is a line of a forged export.
type grant struct{ account, entitlement, identity, privilege string }

func (f *forge) grants(source string, n int) []grant {
	out := make([]grant, n)
	for i := range out {
		out[i] = grant{fmt.Sprintf("ACC%05d", i), fmt.Sprintf("ROLE_%d", i%7), fmt.Sprintf("person%d@corp.example", i), []string{"admin", "write", "read"}[i%3]}
	}
	return out
}

// load imports grants as a source's export taken at a time.
func (f *forge) load(source string, taken time.Time, grants []grant) int64 {
	f.t.Helper()
	original := []byte("account;entitlement\n")
	var rows [][]byte
	var leaves []ledger.Hash
	accounts := map[string]bool{}
	for i, g := range grants {
		original = fmt.Appendf(original, "%s;%s\n", g.account, g.entitlement)
		accounts[g.account] = true
		row := f.text(&ledger.Row{Log: f.log, Source: source, Row: int64(i) + 1, Locator: fmt.Sprintf("line %d", i+2), Kind: "grant", Account: g.account,
			Entitlement: g.entitlement, Grant: f.keyer.Key("grant", source, g.account, g.entitlement, "", ""), Identity: g.identity, Privilege: g.privilege,
			RawSHA256: ledger.Sum(fmt.Appendf(nil, "%s;%s", g.account, g.entitlement)), Salt: f.salt()})
		rows = append(rows, row)
		leaves = append(leaves, ledger.LeafHash(row))
	}
	var previous int64
	for i, e := range f.entries {
		if v, _, _, _ := ledger.ParseEntry(e); v != nil {
			if imp, ok := v.(*ledger.Import); ok && imp.Source == source {
				previous = int64(i)
			}
		}
	}
	n := int64(len(grants))
	index := f.sign(forgeManager, &ledger.Import{Log: f.log, Source: source, System: "System " + source, Environment: "production", Format: "test 1",
		FileName: source + ".csv", FileSHA256: ledger.Sum(original), FileBytes: int64(len(original)), Encoding: "utf-8", Extracted: taken, ExtractedBy: "svc-export",
		Query: "SELECT * FROM grants", Completeness: "full", RowsRead: n, RowsAccepted: n, Grants: n, Accounts: int64(len(accounts)), Identities: n,
		ItemsRoot: ledger.Root(leaves), RejectsSHA256: f.file("\"line\",\"column\",\"reason\"\n"), MappingSHA256: f.file("account=account\nentitlement=entitlement\n"),
		Totals: []ledger.Total{{Name: "rows", Declared: n, Found: n}}, Previous: previous}, "agent")
	f.rows[index], f.originals[index] = rows, original
	return index
}

// forgedCampaign remembers what decisions need.
type forgedCampaign struct {
	id    string
	items []forgedItem
}

type forgedItem struct {
	id, grant ledger.Hash
	row       *ledger.Row
	imp       int64
	reviewer  string
}

// launch opens a campaign over all rows of imports, items going round the reviewers.
func (f *forge) launch(id string, p period, due time.Time, policy string, imports []int64, reviewers ...string) *forgedCampaign {
	f.t.Helper()
	c := &forgedCampaign{id: id}
	var members, assigned []ledger.Hash
	for _, imp := range imports {
		for _, text := range f.rows[imp] {
			v, err := ledger.Parse(text)
			if err != nil {
				f.t.Fatal(err)
			}
			row := v.(*ledger.Row)
			it := forgedItem{id: ledger.ItemID(f.log, id, 1, row.Grant), grant: row.Grant, row: row, imp: imp, reviewer: reviewers[len(c.items)%len(reviewers)]}
			c.items = append(c.items, it)
			m := f.text(&ledger.Member{Log: f.log, Campaign: id, Item: it.id, Grant: it.grant, Import: imp, Row: row.Row, Salt: f.salt()})
			a := f.text(&ledger.Assignment{Log: f.log, Campaign: id, Item: it.id, Reviewer: it.reviewer, Basis: "named", Salt: f.salt()})
			f.members[id], f.assignments[id] = append(f.members[id], m), append(f.assignments[id], a)
			members, assigned = append(members, ledger.LeafHash(m)), append(assigned, ledger.LeafHash(a))
		}
	}
	f.sign(forgeManager, &ledger.Campaign{Log: f.log, Campaign: id, Title: "Review " + id, Owner: forgeManager, Scope: "all", PeriodStart: p.start, PeriodEnd: p.end,
		Due: due, Stages: 1, NoAnswer: "leave-open", Assurance: "any", PolicySHA256: f.file(policy), RulesSHA256: f.file("# rules\ndormant 1\n"),
		Imports: imports, Items: int64(len(c.items)), PopulationRoot: ledger.Root(members), AssignmentsRoot: ledger.Root(assigned)}, "agent")
	return c
}

// bundle appends records and the bundle that covers them.
func (f *forge) bundle(signer, campaign, act string, tally map[string]int64, opened, bulk int64, records ...any) int64 {
	f.t.Helper()
	seen := f.nodes.Head()
	var leaves []ledger.Hash
	whole := sha256.New()
	for _, r := range records {
		text := f.text(r)
		whole.Write(text)
		leaves = append(leaves, ledger.LeafHash(text))
		f.append(text)
	}
	return f.seal(signer, &ledger.Bundle{Log: f.log, Campaign: campaign, Act: act, Actor: signer, Records: int64(len(records)), Tally: ledger.FormatTally(act, tally),
		RecordsRoot: ledger.Root(leaves), RecordsSHA256: ledger.Hash(whole.Sum(nil)), Opened: opened, Bulk: bulk, Elapsed: 12 * int64(len(records))}, "agent", seen)
}

// decide decides items by one person in one bundle; verdict gives the verdict of each. It gives the index of the first.
func (f *forge) decide(c *forgedCampaign, reviewer string, items []forgedItem, verdict func(i int) string) int64 {
	f.t.Helper()
	first := int64(len(f.entries))
	tally := map[string]int64{}
	var records []any
	var opened, bulk int64
	for i, it := range items {
		word := verdict(i)
		tally[word]++
		facts := &ledger.Facts{Log: f.log, Item: it.id, Grant: it.grant, Source: it.row.Source, Account: it.row.Account, AccountStatus: "active", Entitlement: it.row.Entitlement,
			EntitlementName: "Role " + it.row.Entitlement, Privilege: it.row.Privilege, Granted: "known 2024-02-03", Expires: "not-applicable", LastUsed: "unknown", Identity: it.row.Identity,
			IdentityKind: "human", IdentityStatus: "active", Salt: f.salt()}
		if i%5 == 0 {
			facts.Findings = []ledger.Finding{{Rule: "dormant", Version: 1, Severity: "high", Text: "Not used for 120 days"}}
		}
		text := f.text(facts)
		shown := ledger.Sum(text)
		f.facts[shown] = text
		d := &ledger.Decision{Log: f.log, Campaign: c.id, Import: it.imp, Row: it.row.Row, Item: it.id, Grant: it.grant, Account: it.row.Account, Identity: it.row.Identity,
			Entitlement: it.row.Entitlement, Verdict: word, Reviewer: reviewer, Opened: i%2 == 0, Bulk: i%3 == 0, ShownSHA256: shown, Salt: f.salt()}
		switch word {
		case ledger.VerdictKeep:
			d.Reason = "still needed"
		case ledger.VerdictRevoke:
			d.Reason = "=HYPERLINK(\"x\") moved to another team"
		case ledger.VerdictException:
			d.Reason, d.Owner, d.Control, d.Until = "until the migration", "pat@corp.example", "weekly log review", "2027-03-31"
		case ledger.VerdictAbstain:
			d.Reason = "I do not know this account"
		}
		if d.Opened {
			opened++
		}
		if d.Bulk {
			bulk++
		}
		records = append(records, d)
	}
	f.bundle(reviewer, c.id, ledger.ActDecision, tally, opened, bulk, records...)
	return first
}

func (f *forge) signOff(c *forgedCampaign, role, by string, items, decided int64, tally map[string]int64) {
	f.t.Helper()
	f.sign(by, &ledger.Signoff{Log: f.log, Campaign: c.id, Role: role, Items: items, Decided: decided, Open: items - decided, Tally: ledger.FormatTally(ledger.ActDecision, tally)}, "agent")
}

// note keeps a signed note of the present head.
func (f *forge) note() {
	f.t.Helper()
	n, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: f.log, Head: f.nodes.Head()}, f.skey)
	if err != nil {
		f.t.Fatal(err)
	}
	f.notes[f.nodes.Size()] = n
}

// testPolicy is one that verifiers read.
func testPolicy(controls ...string) string {
	p := review.DefaultPolicy()
	p.Controls, p.FinancialSources = controls, []string{"erp"}
	return string(p.Text())
}

// smallLedger has two campaigns of two quarters: verdicts of every kind, a renewal, a revoke that is proven gone, one
// that is only claimed, an anchor, an open item.
func smallLedger(t testing.TB) *forge {
	t.Helper()
	f := newForge(t)
	alice, bob := "alice@corp.example", "bob@corp.example"
	f.roster(alice, bob)
	third := period{"2026-07-01", "2026-09-30"}
	erp := f.load("erp", time.Date(2026, 9, 20, 6, 0, 0, 0, time.UTC), f.grants("erp", 6))
	q3 := f.launch("2026q3", third, time.Date(2026, 10, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc2:CC6.3", "soc1:OBJ-7", "csf:PR.AC-1"), []int64{erp}, alice)
	first := f.decide(q3, alice, q3.items, func(i int) string {
		return []string{"keep", "revoke", "exception", "keep", "revoke", "keep"}[i]
	})
	f.signOff(q3, "reviewer", alice, 6, 6, map[string]int64{"keep": 3, "revoke": 2, "exception": 1})
	f.signOff(q3, "manager", forgeManager, 6, 6, map[string]int64{"keep": 3, "revoke": 2, "exception": 1})
	f.note()
	head := f.nodes.Head()
	f.append(f.text(&ledger.Anchor{Log: f.log, Size: head.Size, Root: head.Root, Type: "receipt", Holder: "auditor@audit.example"}))
	f.now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	later := slices.Delete(f.grants("erp", 6), 1, 2)
	again := f.load("erp", time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), later)
	f.bundle(forgeManager, q3.id, ledger.ActRemediation, map[string]int64{"claimed": 2, "gone": 1}, 0, 0,
		&ledger.Remediation{Log: f.log, Campaign: q3.id, Item: q3.items[1].id, Decision: first + 1, State: "claimed", Ticket: "CHG-1", Done: time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC), Manager: forgeManager, Salt: f.salt()},
		&ledger.Remediation{Log: f.log, Campaign: q3.id, Item: q3.items[4].id, Decision: first + 4, State: "claimed", Ticket: "CHG-2", Done: time.Date(2026, 11, 4, 10, 0, 0, 0, time.UTC), Manager: forgeManager, Salt: f.salt()},
		&ledger.Remediation{Log: f.log, Campaign: q3.id, Item: q3.items[1].id, Decision: first + 1, State: "gone", Ticket: "CHG-1", Import: again, Manager: forgeManager, Salt: f.salt()})
	f.bundle(forgeManager, q3.id, ledger.ActClosure, map[string]int64{"renewed": 1}, 0, 0,
		&ledger.Closure{Log: f.log, Campaign: q3.id, Item: q3.items[2].id, Exception: first + 2, Outcome: "renewed", Until: "2027-06-30", Owner: "pat@corp.example", Control: "daily log review", Reason: "migration is late", Manager: forgeManager, Salt: f.salt()})
	hr := f.load("hr-app", time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC), []grant{{"@bot", "+ALL", "", "admin"}, {"O'Neil <b>", "ROLE & \"x\"", "o'neil@corp.example", "read"}, {"\u202eevil", "R", "", "unknown"}})
	q4 := f.launch("2026q4", period{"2026-10-01", "2026-12-31"}, time.Date(2026, 12, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc2:CC6.2", "soc2:CC6.3"), []int64{again, hr}, alice, bob)
	var hers, his []forgedItem
	for i, it := range q4.items {
		if i%2 == 0 {
			hers = append(hers, it)
		} else {
			his = append(his, it)
		}
	}
	f.decide(q4, alice, hers, func(i int) string { return []string{"keep", "revoke", "keep", "exception"}[i%4] })
	f.decide(q4, bob, his[:2], func(i int) string { return []string{"keep", "abstain"}[i] })
	f.note()
	return f
}

// sizedLedger has n decisions in bundles of 50 by ten reviewers.
func sizedLedger(t testing.TB, n int) *forge {
	t.Helper()
	f := newForge(t)
	var people []string
	for i := range 10 {
		people = append(people, fmt.Sprintf("reviewer%d@corp.example", i))
	}
	f.roster(people...)
	imp := f.load("erp", time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC), f.grants("erp", n))
	c := f.launch("big", period{"2026-10-01", "2027-12-31"}, time.Date(2027, 12, 20, 17, 0, 0, 0, time.UTC), testPolicy("soc2:CC6.3"), []int64{imp}, people...)
	byPerson := map[string][]forgedItem{}
	for _, it := range c.items {
		byPerson[it.reviewer] = append(byPerson[it.reviewer], it)
	}
	for _, p := range slices.Sorted(maps.Keys(byPerson)) {
		for chunk := range slices.Chunk(byPerson[p], 50) {
			f.decide(c, p, chunk, func(i int) string { return []string{"keep", "keep", "keep", "revoke", "keep", "exception"}[i%6] })
		}
	}
	f.note()
	return f
}

func (f *forge) options() Options {
	return Options{Exporter: forgeManager, Key: review.Fingerprint(f.fingerprint(forgeManager)), Tool: "tickmark test", IncludeOriginals: true}
}

// signer signs manifests as the manager.
func (f *forge) signer() Sign {
	return func(_ context.Context, namespace string, message []byte) ([]byte, error) {
		return f.sshsig(forgeManager, namespace, message), nil
	}
}

// forge is a Source.

func (f *forge) Log() string                               { return f.log }
func (f *forge) VKey() string                              { return f.vkey }
func (f *forge) Head(context.Context) (ledger.Head, error) { return f.nodes.Head(), nil }
func (f *forge) Checkpoints(context.Context) ([]int64, error) {
	return slices.Sorted(maps.Keys(f.notes)), nil
}

func (f *forge) Checkpoint(_ context.Context, size int64) ([]byte, error) {
	return lookUp(f.notes, size)
}

func (f *forge) Entries(_ context.Context, from, to int64) iter.Seq2[Text, error] {
	return texts(f.entries[from:to])
}

func (f *forge) File(_ context.Context, h ledger.Hash) ([]byte, error) { return lookUp(f.files, h) }

func (f *forge) Original(_ context.Context, i int64) (io.ReadCloser, error) {
	b, err := lookUp(f.originals, i)
	return io.NopCloser(bytes.NewReader(b)), err
}

func (f *forge) Rows(_ context.Context, i int64) iter.Seq2[Text, error] { return texts(f.rows[i]) }

func (f *forge) Members(_ context.Context, c string) iter.Seq2[Text, error] {
	return texts(f.members[c])
}

func (f *forge) Assignments(_ context.Context, c string) iter.Seq2[Text, error] {
	return texts(f.assignments[c])
}

func (f *forge) Facts(_ context.Context, shown []ledger.Hash) (map[ledger.Hash][]byte, error) {
	out := map[ledger.Hash][]byte{}
	for _, h := range shown {
		if b, ok := f.facts[h]; ok {
			out[h] = b
		}
	}
	return out, nil
}

func lookUp[K comparable](m map[K][]byte, k K) ([]byte, error) {
	b, ok := m[k]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return b, nil
}

func texts(list [][]byte) iter.Seq2[Text, error] {
	return func(yield func(Text, error) bool) {
		for _, b := range list {
			if !yield(Text{Bytes: b}, nil) {
				return
			}
		}
	}
}
