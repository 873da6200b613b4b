package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickmark/ledger"
	"tickmark/review"
)

const (
	alice = "alice@corp.example"
	bob   = "bob@corp.example"
	carol = "carol@corp.example"
)

var testNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// kit is a database with a ledger and hands that write into it. Signatures are not real: the store does not judge them.
type kit struct {
	testing.TB
	db   *DB
	now  time.Time
	path string
}

func newKit(tb testing.TB) *kit {
	k := &kit{TB: tb, now: testNow, path: filepath.Join(tb.TempDir(), "kit.db")}
	k.db = k.open(Options{Create: true})
	k.append(k.format(&ledger.Open{Log: testLog, Time: k.now, Title: "Test", Suite: "sshsig-sha512 rfc6962-sha256"}))
	k.sign(&ledger.Roster{Log: testLog, Version: 1, SignerLines: 1, SignersSHA256: ledger.Sum([]byte("signers"))}, alice, nil)
	return k
}

func (k *kit) open(o Options) *DB {
	k.Helper()
	o.Now = func() time.Time { return k.now }
	db, err := Open(context.Background(), k.path, o)
	k.must(err)
	k.Cleanup(func() { db.Close() })
	return db
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		var hint string
		if e, ok := err.(*review.Error); ok {
			hint = fmt.Sprint(" [", e.Kind, " ", e.Hint, " ", e.Err, "]")
		}
		k.Fatal(err, hint)
	}
}

// refused fails unless err is of the kind.
func (k *kit) refused(err error, kind review.ErrorKind) {
	k.Helper()
	if err == nil {
		k.Fatalf("nothing was refused, want %s", kind)
	}
	if got := review.KindOf(err); got != kind {
		k.Fatalf("%v is %s, want %s", err, got, kind)
	}
	if e, ok := err.(*review.Error); ok && e.Hint == "" && kind != review.KindNotFound {
		k.Errorf("%v has no hint", err)
	}
}

func (k *kit) format(v any) []byte {
	k.Helper()
	b, err := ledger.Format(v)
	k.must(err)
	return b
}

func (k *kit) head() ledger.Head {
	k.Helper()
	h, err := k.db.Head(context.Background())
	k.must(err)
	return h
}

func (k *kit) append(entries ...[]byte) {
	k.Helper()
	_, err := k.db.Append(context.Background(), k.head(), entries, nil)
	k.must(err)
}

// entry makes the signed entry of a statement by a person.
func (k *kit) entry(statement any, who string) []byte {
	k.Helper()
	chain, err := k.db.Signer(context.Background(), review.Principal(who))
	k.must(err)
	sig := ledger.SigOf(statement)
	*sig = ledger.Sig{Signer: who, Key: "SHA256:" + strings.Repeat("A", 43), Via: "key-file", Seq: chain.Seq + 1, Prev: chain.Prev,
		Time: k.now, Seen: k.head()}
	sig.Meaning = ledger.MeaningOf(statement)
	b, err := ledger.JoinEntry(k.format(statement), []byte("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"))
	k.must(err)
	return b
}

// sign appends records and the statement that covers them, and gives the statement's index.
func (k *kit) sign(statement any, who string, with func(*Tx) error, records ...any) review.EntryIndex {
	k.Helper()
	index, err := k.trySign(statement, who, with, records...)
	k.must(err)
	return index
}

func (k *kit) trySign(statement any, who string, with func(*Tx) error, records ...any) (review.EntryIndex, error) {
	k.Helper()
	var entries [][]byte
	for _, r := range records {
		entries = append(entries, k.format(r))
	}
	entries = append(entries, k.entry(statement, who))
	head, err := k.db.Append(context.Background(), k.head(), entries, with)
	return review.EntryIndex(head.Size - 1), err
}

// bundle signs records of one act.
func (k *kit) bundle(campaign string, act review.Act, who string, with func(*Tx) error, records ...any) review.EntryIndex {
	k.Helper()
	index, err := k.tryBundle(campaign, act, who, with, records...)
	k.must(err)
	return index
}

func (k *kit) tryBundle(campaign string, act review.Act, who string, with func(*Tx) error, records ...any) (review.EntryIndex, error) {
	k.Helper()
	tally := map[review.Act]string{review.ActDecision: "keep 0, revoke 0, exception 0, abstain 0", review.ActReassign: "reassign 0",
		review.ActClosure: "remediated 0, renewed 0, withdrawn 0", review.ActRemediation: "claimed 0, gone 0, still-present 0, came-back 0"}[act]
	b := &ledger.Bundle{Log: testLog, Campaign: campaign, Act: string(act), Actor: who, Records: int64(len(records)), Tally: tally, Elapsed: 30}
	return k.trySign(b, who, with, records...)
}

// grantOf makes a grant of an account.
func grantOf(account, entitlement string, line int) review.Grant {
	return review.Grant{Kind: "grant", Account: account, Entitlement: review.Entitlement{NativeID: entitlement, Name: "The " + entitlement, Kind: "role", Privilege: review.Write},
		How: "direct", Locator: fmt.Sprintf("line %d", line), RawSHA256: sha256.Sum256([]byte(account + entitlement)),
		LastUsed: review.Time{State: review.Known, At: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)}, Granted: review.Time{State: review.Unknown}}
}

// accountOf makes an account of a person.
func accountOf(id string) review.Account {
	return review.Account{NativeID: id, Login: strings.ToUpper(id), DisplayName: "Person " + id, Emails: []string{id + "@corp.example"}, IdentityKey: id,
		KeySource: "email", Kind: review.Human, Status: review.Active, System: "ERP", Department: "Dept " + id[:1], Title: "Clerk"}
}

// imported loads grants of some accounts as a signed import and gives its number.
func (k *kit) imported(source string, accounts []review.Account, grants []review.Grant) review.ImportID {
	k.Helper()
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: review.SourceID(source), System: strings.ToUpper(source)})
	k.must(err)
	for i := range accounts {
		k.must(l.Account(&accounts[i]))
	}
	for i := range grants {
		k.must(l.Grant(&grants[i]))
	}
	loaded, err := l.Finish()
	k.must(err)
	id, err := l.Publish(ctx, review.ImportReport{File: source + ".csv", SHA256: strings.Repeat("0", 64)})
	k.must(err)
	k.signImport(id, loaded)
	return id
}

func (k *kit) signImport(id review.ImportID, loaded Loaded) review.EntryIndex {
	k.Helper()
	imp, err := k.db.Import(context.Background(), id)
	k.must(err)
	st := &ledger.Import{Log: testLog, Source: string(imp.Source), System: imp.System, Environment: "production", Format: "generic-csv 1", FileName: imp.File,
		FileSHA256: ledger.Sum([]byte("file")), Encoding: "utf-8", Completeness: "full", RowsRead: loaded.Rows, RowsAccepted: loaded.Rows,
		Grants: loaded.Rows, Accounts: loaded.Accounts, Identities: loaded.Identities, ItemsRoot: loaded.ItemsRoot, RejectsSHA256: loaded.RejectsCSV}
	var entry review.EntryIndex
	size := k.head().Size
	k.sign(st, alice, func(tx *Tx) error {
		entry = review.EntryIndex(size)
		return tx.MarkImportSigned(id, entry)
	})
	return entry
}

// small is an import of six accounts with three entitlements each.
func (k *kit) small(source string) review.ImportID {
	k.Helper()
	var accounts []review.Account
	var grants []review.Grant
	for i, id := range []string{"ann", "ben", "cat", "dan", "eve", "fay"} {
		accounts = append(accounts, accountOf(id))
		for j, e := range []string{"READ", "POST", "PAY"} {
			grants = append(grants, grantOf(id, e, 2+3*i+j))
		}
	}
	return k.imported(source, accounts, grants)
}

// subjectOf makes the frozen identity of a row.
func subjectOf(g *GrantRow) *review.Identity {
	return &review.Identity{Key: g.Identity, DisplayName: g.Account.DisplayName, Emails: g.Account.Emails, Kind: g.Account.Kind, Manager: bob,
		Department: g.Account.Department, Title: g.Account.Title, Marks: g.Account.Marks}
}

// itemOf makes an item of a row for a reviewer.
func newItem(g *GrantRow, reviewer string) NewItem {
	return NewItem{Grant: g, Stage: 1, Subject: subjectOf(g), Kind: review.Human, Status: "active", Owner: "owner of " + g.Account.System, LastUsed: g.Grant.LastUsed, Reviewer: review.Principal(reviewer),
		Basis: "named", Change: review.New, PrevVerdict: review.NoVerdict}
}

// launch puts all rows of imports before a reviewer and gives the campaign's entry. edit may change an item or, with nil,
// leave it out.
func (k *kit) launch(campaign string, imports []review.ImportID, reviewer string, edit func(*NewItem) *NewItem) review.EntryIndex {
	k.Helper()
	ctx := context.Background()
	spec := review.CampaignSpec{ID: review.CampaignID(campaign), Title: campaign, Owner: alice, Due: k.now.AddDate(0, 0, 14)}
	k.must(k.db.CreateDraft(ctx, CampaignDraft{Spec: spec, By: alice}))
	p := k.prepare(campaign, imports, reviewer, edit)
	var entries []int64
	for _, id := range imports {
		imp, err := k.db.Import(ctx, id)
		k.must(err)
		entries = append(entries, int64(imp.Entry))
	}
	return k.sign(k.campaignStatement(campaign, p, entries), alice, func(tx *Tx) error { return tx.Launch(p) })
}

func (k *kit) campaignStatement(campaign string, p Prepared, imports []int64) *ledger.Campaign {
	return &ledger.Campaign{Log: testLog, Campaign: campaign, Title: campaign, Owner: alice, Scope: "all", PeriodStart: "2026-07-01", PeriodEnd: "2026-09-30",
		Due: k.now.AddDate(0, 0, 14), Stages: 1, NoAnswer: "leave-open", Assurance: "any", PolicySHA256: ledger.Sum([]byte("policy")),
		RulesSHA256: ledger.Sum([]byte("rules")), Imports: imports, Items: p.Items, PopulationRoot: p.PopulationRoot, AssignmentsRoot: p.AssignmentsRoot,
		Exclusions: []ledger.Exclusion{{Count: 2, Reason: "out of scope"}}}
}

func (k *kit) prepare(campaign string, imports []review.ImportID, reviewer string, edit func(*NewItem) *NewItem) Prepared {
	k.Helper()
	ctx := context.Background()
	l, err := k.db.PrepareLaunch(ctx, LaunchStart{Campaign: review.CampaignID(campaign)})
	k.must(err)
	for _, id := range imports {
		k.must(k.db.Grants(ctx, id, GrantOptions{Last: true}, func(g *GrantRow) error {
			n := newItem(g, reviewer)
			item := &n
			if edit != nil {
				item = edit(item)
			}
			if item == nil {
				return nil
			}
			return l.Item(item)
		}))
	}
	p, err := l.Finish()
	k.must(err)
	return p
}

// items lists a query.
func (k *kit) items(q review.Query) []review.Item {
	k.Helper()
	list := []review.Item{}
	k.must(k.db.Items(context.Background(), q, func(it *review.Item) error {
		list = append(list, *it)
		return nil
	}))
	return list
}

// item finds the item of an account and entitlement.
func (k *kit) item(campaign, account, entitlement string) review.ItemID {
	k.Helper()
	for _, it := range k.items(review.Query{Campaign: review.CampaignID(campaign)}) {
		if it.Account == account && it.Entitlement == entitlement {
			return it.ID
		}
	}
	k.Fatalf("there is no item of %s %s", account, entitlement)
	return ""
}

// record asks for one item's record.
func (k *kit) record(id review.ItemID) ItemRecord {
	k.Helper()
	list, err := k.db.Record(context.Background(), []review.ItemID{id})
	k.must(err)
	return list[0]
}

func (k *kit) facts(id review.ItemID) []byte { return []byte("facts of " + string(id) + "\n") }

// decision writes the record of a verdict.
func (k *kit) decision(id review.ItemID, who string, verdict review.Verdict) *ledger.Decision {
	k.Helper()
	r := k.record(id)
	d := &ledger.Decision{Log: testLog, Campaign: string(r.Campaign), Import: int64(r.ImportEntry), Row: r.Row, Item: r.ItemHash, Grant: r.GrantKey,
		Account: r.Account, Identity: r.RowIdentity, Entitlement: r.Entitlement, Verdict: string(verdict), Reason: "because", Reviewer: who,
		Opened: true, ShownSHA256: ledger.Sum(k.facts(id)), Supersedes: int64(r.InForce), Salt: strings.Repeat("0", 32)}
	if verdict == review.Except {
		d.Until, d.Owner, d.Control = "2027-03-31", "Olga Owner", "weekly check"
	}
	return d
}

// decide signs verdicts without staging them.
func (k *kit) decide(who string, verdict review.Verdict, ids ...review.ItemID) review.EntryIndex {
	k.Helper()
	var records []any
	for _, id := range ids {
		records = append(records, k.decision(id, who, verdict))
	}
	return k.bundle(string(k.record(ids[0]).Campaign), review.ActDecision, who, nil, records...)
}

// stage stages one verdict on items.
func (k *kit) stage(who string, verdict review.Verdict, ids ...review.ItemID) StageOutcome {
	k.Helper()
	var list []StagedVerdict
	for _, id := range ids {
		r := k.record(id)
		list = append(list, StagedVerdict{Staged: review.Staged{Item: id, Draft: review.Draft{Verdict: verdict, Reason: "staged " + string(verdict), Opened: true}, By: review.Principal(who)},
			Campaign: r.Campaign, Facts: k.facts(id), Supersedes: r.InForce})
	}
	out, err := k.db.Stage(context.Background(), review.Principal(who), fmt.Sprintf("%s on %d", verdict, len(ids)), list, nil)
	k.must(err)
	return out
}

// sound fails if a rebuild finds a difference or SQLite a fault.
func (k *kit) sound() {
	k.Helper()
	ctx := context.Background()
	r, err := k.db.Rebuild(ctx, false)
	k.must(err)
	for _, d := range r.Differences {
		k.Error("rebuild: ", d)
	}
	faults, err := k.db.Check(ctx)
	k.must(err)
	for _, f := range faults {
		k.Error("check: ", f)
	}
}
