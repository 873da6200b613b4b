package store

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tickmark/ledger"
	"tickmark/review"
)

func TestImportComesBackAsLoaded(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	hostile := "zoë\x00\u202e<evil>\n\"q\""
	a := review.Account{NativeID: hostile, Login: "L", DisplayName: "D", Emails: []string{"Zoe@Corp.Example", "b@x"}, WorkerID: "77", IdentityKey: "zoe@corp.example",
		KeySource: "email", Kind: review.Service, KindInferred: true, Marks: []review.Mark{"shared", "third-party"}, Status: review.Locked, StatusRaw: "LCK",
		Created: review.Time{State: review.Known, At: time.Date(2024, 2, 3, 0, 0, 0, 0, time.UTC), Day: true, Raw: "03.02.2024"}, LastLogin: review.Time{State: review.Never, Raw: "n/a"},
		MFA: review.No, External: review.Yes, System: "ERP", Manager: "m", Owner: "o", Department: "d", Title: "t", Attributes: map[string]string{"k": "v\x00"},
		Credentials: []review.Credential{{NativeID: "AKIA", Kind: "access_key", Status: "active", Created: review.TimeAt(time.Unix(1700000000, 0))}},
		Unresolved:  true, Irrevocable: "managed elsewhere", Locator: "line 9", RawSHA256: [32]byte{1}}
	g := review.Grant{Kind: "credential", Account: hostile, Entitlement: review.Entitlement{NativeID: "E1", Name: "Ent", Kind: "credential", Description: "x", Privilege: review.Admin, PrivilegeReason: "star"},
		Resource: review.Resource{NativeID: "R if sha256:00", Name: "Res", Kind: "bucket"}, Path: "G-1", How: "group", State: "eligible", Level: "3",
		Granted:   review.Time{State: review.Known, At: time.Date(2023, 5, 6, 7, 8, 9, 0, time.UTC), Raw: "2023-05-06T07:08:09Z"},
		GrantedBy: "root", Expires: review.Time{State: review.NotApplicable}, LastUsed: review.Time{State: review.Known, At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Day: true, ZoneAssumed: true, Raw: "Jan 2 2026"},
		Condition: "if x", Irrevocable: "nested", Locator: "/users/0/keys/1", RawSHA256: [32]byte{2}}
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "erp", System: "ERP", Fingerprint: "fp"})
	k.must(err)
	k.must(l.Account(&a))
	k.must(l.Grant(&g))
	changed := a
	changed.Status = review.Disabled
	k.must(l.Account(&changed)) // a later record adds to it
	k.must(l.Entitlement(&review.Entitlement{NativeID: "E2", Name: "unheld"}, "ERP"))
	k.must(l.Worker(&review.Worker{ID: "1", Name: "W"}))
	k.must(l.Worker(&review.Worker{ID: "1", Name: "W2"}))
	k.must(l.SoDRule(&review.SoDRule{ID: "S1"}))
	k.must(l.Link(&review.Link{Account: "a", Identity: "i"}))
	k.must(l.Ownership(&review.Ownership{Subject: "s", Owner: "o", From: review.TimeAt(time.Unix(1600000000, 0))}))
	k.must(l.Usage(&review.Usage{Account: "a"}))
	k.must(l.Evidence(&review.Evidence{Kind: "trust"}))
	k.must(l.Reject(review.Reject{Line: 12, Column: "=cmd()", Reason: "long-row", Text: "f:12: too long"}))
	loaded, err := l.Finish()
	k.must(err)
	if _, err := k.db.Import(ctx, l.ID()); review.KindOf(err) != review.KindNotFound {
		t.Errorf("an import that is loading can be seen: %v", err)
	}
	id, err := l.Publish(ctx, review.ImportReport{File: "f.csv", SHA256: "ab", RowsRead: 2})
	k.must(err)
	want := Loaded{Rows: 1, Grants: 1, Accounts: 1, Identities: 1, Entitlements: 2, Workers: 1, SoDRules: 1, Links: 1, Ownerships: 1, Usages: 1, Evidence: 1, Rejects: 1,
		ItemsRoot: loaded.ItemsRoot, RejectsCSV: loaded.RejectsCSV}
	if d := cmp.Diff(want, loaded); d != "" {
		t.Error(d)
	}
	imp, err := k.db.Import(ctx, id)
	k.must(err)
	if imp.State != "pending" || imp.Fingerprint != "fp" || imp.RowsRead != 2 || imp.Source != "erp" {
		t.Errorf("import: %+v", imp)
	}

	var rows []*GrantRow
	k.must(k.db.Grants(ctx, id, GrantOptions{}, func(g *GrantRow) error { rows = append(rows, g); return nil }))
	wantGrant := g
	wantGrant.Key = review.GrantKey(ledger.GrantKey("credential", "erp", hostile, "E1", "R if sha256:00", "G-1").String())
	if d := cmp.Diff(wantGrant, rows[0].Grant); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(changed, *rows[0].Account); d != "" {
		t.Error(d)
	}
	if rows[0].Identity != "zoe@corp.example" || rows[0].Row != 1 {
		t.Errorf("identity %q, row %d", rows[0].Identity, rows[0].Row)
	}

	var texts []ledger.Row
	k.must(k.db.Rows(ctx, id, func(r *ledger.Row) error { texts = append(texts, *r); return nil }))
	wantText := ledger.Row{Log: testLog, Source: "erp", Row: 1, Locator: "/users/0/keys/1", Kind: "credential", Account: hostile, Entitlement: "E1", Resource: "R if sha256:00", Path: "G-1",
		Grant: rows[0].Key, Identity: "zoe@corp.example", Privilege: "admin", RawSHA256: ledger.Hash{2}}
	if d := cmp.Diff(wantText, texts[0], cmpopts.IgnoreFields(ledger.Row{}, "Salt")); d != "" {
		t.Error(d)
	}
	if len(texts[0].Salt) != 32 || texts[0].Salt == strings.Repeat("0", 32) {
		t.Errorf("salt %q", texts[0].Salt)
	}
	if got := ledger.Root([]ledger.Hash{ledger.LeafHash(k.format(&texts[0]))}); got != loaded.ItemsRoot || got != imp.ItemsRoot {
		t.Error("the row texts do not give the items root")
	}
	csv, err := k.db.File(ctx, loaded.RejectsCSV)
	k.must(err)
	if want := "\"line\",\"column\",\"reason\"\n\"12\",\"'=cmd()\",\"long-row\"\n"; string(csv) != want {
		t.Errorf("rejects %q, want %q", csv, want)
	}
	rejects, err := k.db.Rejects(ctx, id, 0)
	k.must(err)
	if len(rejects) != 1 || rejects[0].Text != "f:12: too long" {
		t.Errorf("rejects %+v", rejects)
	}
	names := []string{}
	k.must(k.db.Workers(ctx, id, func(w *review.Worker) error { names = append(names, w.Name); return nil }))
	if d := cmp.Diff([]string{"W2"}, names); d != "" {
		t.Error(d)
	}
	n := 0
	count := func() { n++ }
	k.must(k.db.SoDRules(ctx, id, func(*review.SoDRule) error { count(); return nil }))
	k.must(k.db.Links(ctx, id, func(*review.Link) error { count(); return nil }))
	k.must(k.db.Ownerships(ctx, id, func(o *review.Ownership) error {
		if !o.From.IsKnown() {
			t.Error("the day of an ownership is lost")
		}
		count()
		return nil
	}))
	k.must(k.db.Usages(ctx, id, func(*review.Usage) error { count(); return nil }))
	k.must(k.db.EvidenceOf(ctx, id, func(*review.Evidence) error { count(); return nil }))
	k.must(k.db.Entitlements(ctx, id, func(e *review.Entitlement, system string) error {
		if e.NativeID == "E2" && system != "ERP" {
			t.Errorf("system %q", system)
		}
		count()
		return nil
	}))
	if n != 7 {
		t.Errorf("%d extras and entitlements, want 7", n)
	}
	k.signImport(id, loaded)
	if imp, err = k.db.Import(ctx, id); err != nil || imp.State != "signed" || imp.Entry == 0 {
		t.Errorf("after signing: %v %+v", err, imp.ImportReport)
	}
	if again, err := k.db.ImportByEntry(ctx, imp.Entry); err != nil || again.ID != id {
		t.Errorf("by entry: %v %d", err, again.ID)
	}
	k.sound()
}

func TestRowsOfManyChunksGiveTheSignedRoot(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "big", System: "BIG"})
	k.must(err)
	const n = 3*chunkRows + 17
	for i := range n {
		a := accountOf("p" + string(rune('a'+i%26)) + hex.EncodeToString([]byte{byte(i / 26), byte(i / 26 >> 8)}))
		if i%3 == 0 {
			k.must(l.Account(&a))
		}
		if i%3 != 0 {
			a = accountOf("p" + string(rune('a'+(i-i%3)%26)) + hex.EncodeToString([]byte{byte((i - i%3) / 26), byte((i - i%3) / 26 >> 8)}))
		}
		g := grantOf(a.NativeID, "E"+hex.EncodeToString([]byte{byte(i), byte(i >> 8)}), i+2)
		k.must(l.Grant(&g))
	}
	loaded, err := l.Finish()
	k.must(err)
	id, err := l.Publish(ctx, review.ImportReport{})
	k.must(err)
	var tree ledger.Tree
	k.must(k.db.Rows(ctx, id, func(r *ledger.Row) error {
		if r.Row != tree.Size()+1 {
			t.Fatalf("row %d after %d", r.Row, tree.Size())
		}
		tree.Append(ledger.LeafHash(k.format(r)))
		return nil
	}))
	if tree.Size() != n || tree.Root() != loaded.ItemsRoot {
		t.Errorf("%d rows, root equal: %t", tree.Size(), tree.Root() == loaded.ItemsRoot)
	}
	row, err := k.db.Row(ctx, id, n)
	k.must(err)
	found, err := k.db.FindGrant(ctx, id, row.Grant)
	if err != nil || found != n {
		t.Errorf("the last row is found as %d: %v", found, err)
	}
	if has, err := k.db.HasGrant(ctx, id, ledger.Sum([]byte("other"))); err != nil || has {
		t.Errorf("a grant that is not there is found: %v", err)
	}
}

func TestAccountRows(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "acc", System: "A"})
	k.must(err)
	for i, status := range []review.Status{review.Active, review.Disabled, review.Locked, review.Deleted} {
		a := accountOf(string(rune('a' + i)))
		a.Status = status
		k.must(l.Account(&a))
	}
	loaded, err := l.Finish()
	k.must(err)
	if loaded.Rows != 2 || loaded.AccountRows != 2 || loaded.Grants != 0 || loaded.Accounts != 4 || loaded.Identities != 4 {
		t.Errorf("%+v", loaded)
	}
	id, err := l.Publish(ctx, review.ImportReport{})
	k.must(err)
	var kinds []string
	k.must(k.db.Rows(ctx, id, func(r *ledger.Row) error { kinds = append(kinds, r.Kind+" "+r.Account+" "+r.Locator); return nil }))
	if d := cmp.Diff([]string{"account a account 1", "account c account 3"}, kinds); d != "" {
		t.Error(d)
	}
}

func TestResetStartsOver(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "r", System: "R"})
	k.must(err)
	for i := range 3000 {
		a := accountOf("x" + hex.EncodeToString([]byte{byte(i), byte(i >> 8)}))
		k.must(l.Account(&a))
		g := grantOf(a.NativeID, "E", i)
		k.must(l.Grant(&g))
	}
	k.must(l.Reset())
	a := accountOf("only")
	k.must(l.Account(&a))
	g := grantOf("only", "E", 2)
	k.must(l.Grant(&g))
	loaded, err := l.Finish()
	k.must(err)
	id, err := l.Publish(ctx, review.ImportReport{})
	k.must(err)
	n := 0
	k.must(k.db.Accounts(ctx, id, func(*review.Account, string) error { n++; return nil }))
	if loaded.Rows != 1 || n != 1 {
		t.Errorf("%d rows and %d accounts after a reset", loaded.Rows, n)
	}
	k.sound()
}

func TestDiscardAndCancelLeaveNothing(t *testing.T) {
	k := newKit(t)
	ctx, cancel := context.WithCancel(context.Background())
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "d", System: "D"})
	k.must(err)
	for i := range 5000 {
		a := accountOf("x" + hex.EncodeToString([]byte{byte(i), byte(i >> 8)}))
		k.must(l.Account(&a))
	}
	cancel()
	for err == nil {
		a := accountOf("y")
		err = l.Account(&a)
	}
	k.refused(err, review.KindCancelled)
	k.must(l.Discard())
	k.must(l.Discard())
	k.empty("accounts", "imports", "loads", "extras", "grants")
}

// empty fails if a table has rows.
func (k *kit) empty(tables ...string) {
	k.Helper()
	for _, table := range tables {
		var n int
		k.must(k.db.r.QueryRow("SELECT count(*) FROM " + table).Scan(&n))
		if n != 0 {
			k.Errorf("%s has %d rows", table, n)
		}
	}
}

func TestLoadLeftByACrashIsDeletedAtOpen(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "c", System: "C"})
	k.must(err)
	a := accountOf("x")
	k.must(l.Account(&a))
	k.must(l.drain())
	k.must(l.stage.stop())
	// The process that loaded is another one, and gone.
	k.must(k.db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec("UPDATE loads SET run = 'gone', pid = 0x7ffffff0")
		return err
	}))
	k.must(k.db.Close())
	k.db = k.open(Options{})
	k.empty("accounts", "imports", "loads")
}

func TestLivingLoadSurvivesAnotherOpen(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "c", System: "C"})
	k.must(err)
	a := accountOf("x")
	k.must(l.Account(&a))
	k.must(l.drain())
	other := k.open(Options{})
	g := grantOf("x", "E", 2)
	k.must(l.Grant(&g))
	if _, err := l.Publish(ctx, review.ImportReport{}); err != nil {
		t.Fatal(err)
	}
	list, err := other.Imports(ctx)
	if err != nil || len(list) != 1 || list[0].Rows != 1 {
		t.Errorf("%v %+v", err, list)
	}
}

func TestLoadTakenForDeadFails(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	l, err := k.db.BeginImport(ctx, ImportStart{Source: "c", System: "C"})
	k.must(err)
	k.must(k.db.sweep(ctx, loadImport, int64(l.id)))
	a := accountOf("x")
	k.must(l.Account(&a))
	_, err = l.Finish()
	k.refused(err, review.KindConflict)
	k.must(l.Discard())
}

func TestDiff(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	accounts := []review.Account{accountOf("ann"), accountOf("ben")}
	first := []review.Grant{grantOf("ann", "READ", 2), grantOf("ann", "POST", 3), grantOf("ben", "READ", 4), grantOf("ben", "PAY", 5)}
	a := k.imported("erp", accounts, first)
	second := []review.Grant{grantOf("ann", "READ", 2), grantOf("ann", "POST", 3), grantOf("ben", "READ", 4), grantOf("ben", "NEW", 5)}
	second[1].Entitlement.Privilege = review.Admin
	second[2].LastUsed = review.Time{State: review.Never}
	b := k.imported("erp", accounts, second)
	d, lines, err := k.db.Diff(ctx, a, b, 10)
	k.must(err)
	if want := (review.Diff{From: a, To: b, Added: 1, Removed: 1, Changed: 2, Unchanged: 1}); d != want {
		t.Errorf("%+v, want %+v", d, want)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Change+" "+l.Account+" "+l.Entitlement+" "+l.Detail)
	}
	want := []string{"removed ben PAY ", "added ben NEW ", "changed ann POST privilege: admin, was write", "changed ben READ last used: never, was 2026-09-01T12:00:00Z"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, lines, err = k.db.Diff(ctx, a, b, 2); err != nil || len(lines) != 2 {
		t.Errorf("limit 2 gave %d lines: %v", len(lines), err)
	}
	latest, err := k.db.LatestImport(ctx, "erp")
	if err != nil || latest.ID != b {
		t.Errorf("latest is %d: %v", latest.ID, err)
	}
	sources, err := k.db.Sources(ctx)
	if err != nil || len(sources) != 1 || sources[0].ID != b {
		t.Errorf("sources: %v %d", err, len(sources))
	}
}

func TestProfiles(t *testing.T) {
	k := newKit(t)
	ctx := context.Background()
	p := Profile{Name: "q", HeaderHash: "aa", Format: "generic-csv", Source: "erp", Mapping: []review.Assign{{Name: "identity", Value: "USER"}}}
	k.must(k.db.SaveProfile(ctx, p))
	p.Format = "other"
	k.must(k.db.SaveProfile(ctx, p))
	got, ok, err := k.db.ProfileByHeader(ctx, "aa")
	k.must(err)
	if d := cmp.Diff(p, got); d != "" || !ok {
		t.Error(ok, d)
	}
	if _, ok, err := k.db.ProfileByHeader(ctx, "bb"); ok || err != nil {
		t.Error(ok, err)
	}
	list, err := k.db.Profiles(ctx)
	if err != nil || len(list) != 1 {
		t.Error(err, len(list))
	}
}

func TestPublishedImportDoesNotChange(t *testing.T) {
	k := newKit(t)
	k.small("erp")
	for _, sql := range []string{
		"UPDATE grants SET account = 1", "DELETE FROM grants", "UPDATE accounts SET status = 'x'", "DELETE FROM accounts", "DELETE FROM terms", "DELETE FROM imports",
		"UPDATE imports SET rows = 1", "UPDATE imports SET items_root = x'00'", "DELETE FROM grant_keys", "DELETE FROM entitlements",
		"UPDATE files SET bytes = x'00'", "DELETE FROM files", "INSERT OR REPLACE INTO grants SELECT * FROM grants",
		"UPDATE entries SET bytes = x'00'", "DELETE FROM entries", "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE idx = 1",
		"INSERT INTO entries VALUES (99, 'open', x'00', zeroblob(32))", "DELETE FROM head", "UPDATE head SET size = 1",
	} {
		err := k.db.Write(context.Background(), func(tx *Tx) error {
			_, err := tx.exec(sql)
			return err
		})
		if err == nil {
			t.Errorf("%s: nothing refuses it", sql)
		}
	}
	k.sound()
}

func TestCallbackErrorComesBackAsItIs(t *testing.T) {
	k := newKit(t)
	id := k.small("erp")
	mine := errors.New("mine")
	ctx := context.Background()
	for name, err := range map[string]error{
		"Grants":   k.db.Grants(ctx, id, GrantOptions{}, func(*GrantRow) error { return mine }),
		"Rows":     k.db.Rows(ctx, id, func(*ledger.Row) error { return mine }),
		"Accounts": k.db.Accounts(ctx, id, func(*review.Account, string) error { return mine }),
		"Entries":  k.db.Entries(ctx, 0, 0, func(Entry) error { return mine }),
		"Write":    k.db.Write(ctx, func(*Tx) error { return mine }),
	} {
		if err != mine {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

// TestDiffNamesAccountsThatHoldNothingAnyMore: also where the account itself is still in the export.
func TestDiffNamesAccountsThatHoldNothingAnyMore(t *testing.T) {
	k := newKit(t)
	accounts := []review.Account{accountOf("ann"), accountOf("ben"), accountOf("eve")}
	a := k.imported("erp", accounts, []review.Grant{grantOf("ann", "READ", 2), grantOf("ann", "POST", 3), grantOf("ben", "READ", 4), grantOf("eve", "READ", 5)})
	b := k.imported("erp", accounts[:2], []review.Grant{grantOf("ann", "READ", 2)})
	_, lines, err := k.db.Diff(t.Context(), a, b, 100)
	k.must(err)
	var got []string
	for _, l := range lines {
		got = append(got, l.Change+" "+l.Account)
	}
	want := []string{"removed ann", "removed ben", "removed eve", "account-gone ben", "account-gone eve"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	c := k.imported("other", accounts, nil)
	if _, _, err := k.db.Diff(t.Context(), a, c, 10); review.KindOf(err) != review.KindUsage {
		t.Errorf("two sources were compared: %v", err)
	}
}
